/* readers.h - inside data.c and its readers: what a format hands over, and to whom.
 *
 * A reader turns the bytes of a file into records of doubles, one after the other, and gives each to the intake (intake.c), which applies
 * the arithmetic, checks the declared range and stores.  What has no records of its own, a text, it gives as one run of values.  A new
 * format is one file with one function, and one row in data.c. */
#ifndef NN_READERS_H
#define NN_READERS_H

#include "data.h"
#include "file.h"
#include "labels.h"
#include "message.h"
#include "program.h"

enum { NN_PLACE_MAX = 1024 }; /* "points.csv:17: column 2", "x.npy: record 4, value 3" */

struct nn_part { /* the piece of a record that fills one input */
	const struct nn_input *input;
	const struct nn_arith *arith;
	size_t arith_count;
	const struct nn_source *source; /* of several that are read together; NULL: that of the intake */
	size_t count; /* values of it in a record of the file: those of the input, or more where larger images are cut to its size */
	struct nn_column_data out;
};

struct nn_intake {
	const struct nn_program *program;
	const struct nn_source *source; /* NULL: a file typed on the command line */
	const char *found;              /* the file as found, for messages; for a literal "spiral.nn:16" */
	struct nn_part *parts;          /* side by side in a record */
	size_t part_count;
	size_t width;                   /* values in a record */
	size_t first, last;             /* the records wanted, both included */
	size_t seen, kept, room;        /* records so far: met, stored, with memory */
	size_t begun;                   /* records met before this file */
	int more;                       /* after this file comes another of the same source */
	double *scratch;                /* [width], and at least a chunk of a run */
	size_t line;                    /* of the record in hand, 0 where records have no lines */
	const size_t *columns;          /* [width] where in a row a value stood; NULL where values are merely counted */
	const char *unit;               /* "byte": what the values of a run are; NULL where there are records */
	struct nn_labels *labels;       /* NULL: words are no values */
	struct nn_map *map;             /* the file, where it is mapped and the records may stay in it; else NULL */
};

/* "'x' takes 2 values a sample (spiral.nn:5)", or the same for several inputs */
void nn_intake_takes(const struct nn_intake *in, char text[NN_PLACE_MAX]);
/* widths, slice and scratch, before the first file; the memory of what was read after the last, where `status` says that all went well,
 * else nothing is left in the parts.  nn_intake_close returns the status. */
int nn_intake_open(struct nn_intake *in, struct nn_error *e);
int nn_intake_close(struct nn_intake *in, int status, struct nn_error *e);
/* all values of this source are bytes, 0..255: called before its first record, it lets real inputs keep them as such */
int nn_intake_bytes(struct nn_intake *in, struct nn_error *e);
/* memory for exactly this many records of this file, before they come; for a file that has said how many it holds and is as long as that */
int nn_intake_expect(struct nn_intake *in, size_t records, struct nn_error *e);
/* Are images of this intake cut to the size of its input, by `crop`?  Then nn_intake_image says of which size they are, before the first record; for
 * each file of a source it is the same.  Errors: images that are smaller than the input, or have another number of planes. */
int nn_intake_crops(const struct nn_intake *in);
int nn_intake_image(struct nn_intake *in, size_t planes, size_t height, size_t width, struct nn_error *e);
/* are there as many records as the slice asks for? */
int nn_intake_slice(const struct nn_intake *in, size_t records, struct nn_error *e);
/* the next record, [width]; records outside first..last are only counted */
int nn_intake_record(struct nn_intake *in, const double values[], struct nn_error *e);

/* Values x[0 .. n), or bytes raw[0 .. n) that have a table, as stored values, those of a part from its place `at` on.  They return n, or the index of the first
 * that is no finite number, or no whole one in the declared range. */
size_t nn_store_reals(const double x[], size_t n, size_t real_size, void *to);
size_t nn_store_bytes(const struct nn_part *part, const double raw[], size_t n, size_t real_size, size_t at);
size_t nn_store_integers(const struct nn_part *part, const double x[], size_t n, size_t at);

/* x[0 .. n) = x[k] OP operand, or operand OP x[k] */
void nn_arith_apply(const struct nn_program *program, const struct nn_arith *a, double x[], size_t n);

/* The labels that value `value` of a record may have; NULL where it has none and takes numbers. */
struct nn_label_list *nn_intake_labels(const struct nn_intake *in, size_t value);
/* whether it could have some, had the training data any */
int nn_intake_may_have_labels(const struct nn_intake *in, size_t value);
/* The number of a word, which is a new label where the list is undecided or new.  Errors: a word that is no label, more labels than classes, no UTF-8,
 * control characters, longer than NN_LABEL_MAX, arithmetic. */
int nn_intake_label(struct nn_intake *in, size_t value, const char *text, size_t length, double *number, struct nn_error *e);

static inline int
nn_intake_wants(const struct nn_intake *in, size_t record)
{
	return record >= in->first && record <= in->last;
}

/* a type of number as stored */
struct nn_element {
	char name[8]; /* "float64" */
	size_t size;
	void (*decode)(const unsigned char *from, size_t n, int big_endian, double to[]);
};
/* by numpy's kind and size: 'f' 8 is float64, 'b' 1 is bool; NULL where there is none */
const struct nn_element *nn_element_find(char kind, size_t size);

/* A run of n whole numbers without records, each a `unit`, cut into windows of `width`.  Windows of a vector of two or more start width - 1 apart: the last
 * value of one, the target there, is the first of the next.  Others lie side by side.  What is left at the end is dropped. */
struct nn_tokens {
	const struct nn_element *element;
	int big_endian;
	const unsigned char *bytes;
	size_t n;
	const char *unit;
};
/* may this intake's records be windows?  It has one input, of whole numbers */
int nn_intake_takes_windows(const struct nn_intake *in);
int nn_intake_windows(struct nn_intake *in, const struct nn_tokens *t, struct nn_error *e);

/* an array as it lies in a file: the first axis counts the records */
enum { NN_BLOCK_RANK = 64 };
struct nn_block {
	const struct nn_element *element;
	int big_endian, fortran; /* fortran: the first index runs fastest */
	size_t characters;       /* of each text, where the elements are texts and not numbers: bytes, or UTF-32 where an element is four times as long */
	struct nn_element text;  /* what such an element is */
	int windows;             /* of rank 1: a run of values, to be cut where that is possible */
	size_t rank, shape[NN_BLOCK_RANK];
	const unsigned char *bytes;
	size_t size; /* bytes there are */
};
/* Records, or a run of values, that lie side by side in a mapped file stay there, where they can.  1: they do, and are checked; 0: they have to be taken in
 * one by one; -1: an error. */
int nn_intake_leave_records(struct nn_intake *in, const struct nn_block *block, struct nn_error *e);
int nn_intake_leave_run(struct nn_intake *in, const struct nn_tokens *t, size_t first);
/* checks the block's shape against its size and against the inputs, then takes in its records */
int nn_block_read(struct nn_intake *in, const struct nn_block *block, struct nn_error *e);
/* what the header of a file says; the block's bytes are the file's, and not yet compared with its shape */
int nn_npy_open(struct nn_block *block, const char *name, const unsigned char *bytes, size_t size, struct nn_error *e);
int nn_idx_open(struct nn_block *block, const char *name, const unsigned char *bytes, size_t size, struct nn_error *e);
/* whether the file holds exactly what the header says: no less and no more; describes the block as "float64 [100, 3]" */
int nn_block_fits(const struct nn_block *block, const char *name, char what[256], struct nn_error *e);

/* bytes[size] is a zero byte */
typedef int nn_reader(struct nn_intake *in, const unsigned char *bytes, size_t size, struct nn_error *e);
nn_reader nn_csv_read, nn_idx_read, nn_npy_read, nn_npz_read, nn_text_read, nn_cifar10_read;

struct nn_format { /* what is read under the name that sources have for it */
	const char *name;
	nn_reader *read;
	int maps; /* no zero byte is needed after the last one, so that the file can be mapped */
	const char *const *(*files)(const char *part); /* in the folder that is the path; NULL: the path is a file */
};

/* A CSV in pieces of whole rows, each ended by a zero byte; the first has line 1, and line 2 where line 1 may be a header.  What it holds goes
 * to the intake, which may be emptied between two pieces.  `last`: nothing follows. */
struct nn_csv *nn_csv_open(struct nn_intake *in, struct nn_error *e);
int nn_csv_more(struct nn_csv *c, const unsigned char *bytes, size_t size, int last, struct nn_error *e);
void nn_csv_close(struct nn_csv *c);

/* nn_data_read_rows, of bytes that are read already (bytes[size] is a zero byte) */
int nn_data_take_rows(const struct nn_program *program, const char *path, const unsigned char *bytes, size_t size, struct nn_labels *labels,
    struct nn_dataset *out, struct nn_error *e);

/* the files of a part of CIFAR-10, ended by NULL; NULL where no part is called that */
const char *const *nn_cifar10_files(const char *part);

/* the first bytes of an .npy file */
int nn_npy_recognise(const unsigned char *bytes, size_t size);

#endif
