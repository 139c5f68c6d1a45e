/* evaluate.h - loss and metrics over records, and reading the groups of a train block. */
#ifndef NN_EVALUATE_H
#define NN_EVALUATE_H

#include "data.h"
#include "options.h"
#include "shuffle.h"
#include "weights.h"
#include <signal.h>

/* Means over records order[0 .. count) (NULL: 0 .. count - 1) in evaluation mode: means[0] the loss, means[1 + k] metric k.  Returns 0,
 * or 1 if *stop became true on the way (NULL: never). */
int nn_evaluate(struct nn_model *m, struct nn_batch *b, const struct nn_dataset *data, const uint32_t order[], size_t count, double means[],
    const volatile sig_atomic_t *stop);

/* Reads a group from --data, else the folder of the .nn file, and sees to it that every input the loss needs is there.  records 0: the
 * file has no such group.  `labels` as in nn_data_read. */
int nn_read_group(const struct nn_options *o, enum nn_group group, struct nn_labels *labels, struct nn_dataset *out, struct nn_error *e);

extern const char *const nn_group_names[NN_GROUPS]; /* as in a file */
int nn_needs_weights(const struct nn_options *o); /* reports that --weights is missing; returns the status */

/* "test  loss 0.0723  acc 98.38 %  test error 1.62 %" on standard output */
void nn_print_test(const struct nn_program *program, const char *group, size_t records, const double means[]);

#endif
