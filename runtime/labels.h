/* labels.h - words where a model takes whole numbers: which word is which number.
 *
 * Only the training data make labels.  The first record of a source says whether its column holds numbers or words; words are numbered in the order of
 * their bytes, from the low end of the declared range on.  They are kept with the weights (metadata "labels", a JSON object of lists), and read from there
 * for all other data. */
#ifndef NN_LABELS_H
#define NN_LABELS_H

#include "message.h"
#include "program.h"

enum { NN_LABEL_MAX = 255, NN_LABELS_MOST = 65536 }; /* bytes of one, and how many there may be */

struct nn_label_list { /* of one input */
	enum {
		NN_LABELS_NONE,      /* numbers: no weights or training data say otherwise */
		NN_LABELS_UNDECIDED, /* the first record says */
		NN_LABELS_NUMBERS,   /* it was a number */
		NN_LABELS_NEW,       /* it was a word: new ones get the next number */
		NN_LABELS_KNOWN      /* these, and no others */
	} state;
	char **names;    /* [count] */
	size_t count, room;
	uint32_t *slots; /* [slot_count] places of names by their hash, from 1; 0: free */
	size_t slot_count;
};

struct nn_labels {
	const struct nn_program *program;
	struct nn_label_list *lists; /* [program->input_count] */
	struct nn_label_list *older; /* the same of the weights that a training starts from */
};

/* no labels: all inputs take numbers */
int nn_labels_open(struct nn_labels *l, const struct nn_program *program, struct nn_error *e);
void nn_labels_close(struct nn_labels *l);
/* Before training data are read: what is known now is older, and all inputs of whole numbers are undecided. */
void nn_labels_begin(struct nn_labels *l);
/* After them: the words of an input get their numbers.  Those of the weights that the training starts from, where all words are among them, else their
 * places in order.  places[k] is what word k, in order of appearance, became; NULL where nothing changed, or with a message in *e. */
uint32_t *nn_labels_settle(struct nn_labels *l, size_t input, struct nn_error *e);

/* As after nn_labels_begin, for an input whose data are read once more; not for one that was settled. */
void nn_labels_again(struct nn_labels *l, size_t input);

/* the place of a word, or list->count */
size_t nn_label_find(const struct nn_label_list *list, const char *text, size_t length);
int nn_label_add(struct nn_label_list *list, const char *text, size_t length, struct nn_error *e);
/* how an input is classified: its labels, NULL where it has none */
const struct nn_label_list *nn_labels_of(const struct nn_labels *l, size_t input);
/* "a", "b", "c", ... in at most `room` bytes */
void nn_label_names(const struct nn_label_list *list, char *text, size_t room);

/* as they stand in metadata, in fresh memory; NULL where there are none.  And back: names of inputs that the program has not are passed over */
char *nn_labels_text(const struct nn_labels *l);
int nn_labels_read(struct nn_labels *l, const char *path, const char *text, struct nn_error *e);

#endif
