/* classes.h - a model that tells classes apart: which output says the class of which target, and what the classes are called. */
#ifndef NN_CLASSES_H
#define NN_CLASSES_H

#include "labels.h"
#include "message.h"
#include "program.h"

enum { NN_CLASSES_MOST = 4096 }; /* of more no table is made */

struct nn_classes {
	const struct nn_program *program;
	size_t target, output; /* their places in the tables of the program */
	size_t count;          /* classes: the target's range */
	size_t values;         /* targets, each with a class, in one record */
	enum { NN_BY_LARGEST, NN_BY_HALF, NN_BY_NUMBER } by; /* numbers of all classes; of the second; the class itself */
	char **names;          /* [count]; NULL, or a name that is: its number */
};

/* Looks for a target of whole numbers, and for the first output that has a number for each of its classes, or a probability of the upper of
 * two, or the class itself.  0: there is none, or the file has several such targets. */
int nn_classes_find(struct nn_classes *c, const struct nn_program *program);
/* "cat,dog", or a file with a name a line, or "numbers" */
int nn_classes_name(struct nn_classes *c, const char *names, struct nn_error *e);
/* what the labels of the target say, where it has any and `names` is NULL; else as nn_classes_name */
int nn_classes_label(struct nn_classes *c, const struct nn_labels *labels, const char *names, struct nn_error *e);
void nn_classes_free(struct nn_classes *c);

/* the class, from 0, that the output says for target k of a batch (records one after the other); of equals the first; count: none */
size_t nn_class_of(const struct nn_classes *c, const void *output, size_t k);
char *nn_class_name(const struct nn_classes *c, size_t k, char out[64]);

#endif
