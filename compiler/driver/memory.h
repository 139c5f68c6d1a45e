/* memory.h - sizes that the generated code can count, and the memory that a model will ask for. */
#ifndef NNC_MEMORY_H
#define NNC_MEMORY_H

#include "driver/compile.h"

/* Refuses tensors, sums and whole numbers that do not fit into 32 bits. */
void check_sizes(struct diagnostics *d, const struct model *m, struct program *p);

/* bytes that PREFIX_memory() will ask for with the file's batch size: for training where the model has a loss, else to predict */
double memory_needed(const struct built *b, bool f64);
/* "5.3 MB", "12 bytes" */
const char *bytes_text(struct arena *a, double bytes);
/* Refuses a model that needs more than `limit` bytes, and says what for. */
void check_memory(struct diagnostics *d, const struct built *b, bool f64, double limit);

#define MOST_MEMORY 70368744177664.0 /* 64 TiB: more than a process can address */

/* "512M" (millions), "1.5GiB" as bytes; 0: this is no size */
double read_size(const char *text);

#endif
