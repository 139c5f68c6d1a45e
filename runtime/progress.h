/* progress.h - numbers as people read them, the lines of figures, and the progress bar on a terminal. */
#ifndef NN_PROGRESS_H
#define NN_PROGRESS_H

#include "program.h"
#include <stdio.h>

double nn_now(void); /* seconds, monotonic */

char *nn_bytes(char out[32], double bytes);              /* "23.4 MB" */
char *nn_thousands(char out[32], size_t n);              /* "932,362" */
char *nn_duration(char out[32], double seconds);         /* "0:07", "1:02:03" */
char *nn_shape(char out[128], int rank, const size_t shape[]); /* "[512, 784]", "[]" */
const char *nn_plural(size_t n);                         /* "" or "s" */

/* The figures of a pass over a group: means[0] the loss, means[1 + k] metric k: "loss 0.0723  acc 98.38 %". */
void nn_print_figures(FILE *f, const struct nn_program *program, const double means[]);
/* the same as members of a JSON object: "loss": 0.0723, "acc": 0.9838 */
void nn_print_json_figures(FILE *f, const struct nn_program *program, const char *prefix, const double means[]); /* "val_loss" for "val_" */
void nn_print_json_number(FILE *f, double value); /* null where it is not finite */

/* Standard output to where it goes; the cause of a first failure is kept for the end. */
void nn_flush_results(void);
int nn_results_cause(void); /* flushes, too; 0: all went well */

/* A bar on standard error, redrawn in place some times a second; silent where that is no terminal. */
struct nn_progress {
	int on, drawn;
	double started, last; /* time of the first and of the last drawing */
	double total, done_before; /* samples of the whole training, and of it before this program began */
	size_t epochs;
};
void nn_progress_start(struct nn_progress *p, int quiet, double total, size_t epochs);
/* `done` samples of the whole training, `share` of this epoch, of which `sums` are those of the loss and the metrics of `seen` samples */
void nn_progress_show(struct nn_progress *p, const struct nn_program *program, size_t epoch, double share, double done, const double sums[], size_t seen);
void nn_progress_clear(struct nn_progress *p);

#endif
