/* shuffle.h - random numbers by counter, orders of records, and gathering records into batches. */
#ifndef NN_SHUFFLE_H
#define NN_SHUFFLE_H

#include "data.h"
#include "message.h"
#include "program.h"

/* Philox4x32-10 (Salmon et al. 2011): four words from a counter and a key */
void nn_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* what a stream of draws is for: streams of different purposes never share a counter */
enum nn_purpose { NN_FOR_ORDER, NN_FOR_SPLIT, NN_FOR_SAMPLES, NN_FOR_PARAMETERS, NN_FOR_CHOICE, NN_FOR_TRANSFORMS };

/* a stream of draws, determined by (seed, purpose, round) */
struct nn_draws {
	uint32_t key[2], counter[4], words[4];
	int left; /* words not yet used */
};
void nn_draws_start(struct nn_draws *d, uint64_t seed, enum nn_purpose purpose, uint64_t round);
uint32_t nn_draw_below(struct nn_draws *d, uint32_t bound); /* 0 .. bound - 1, evenly to within 2^-32 */
double nn_draw_normal(struct nn_draws *d);                  /* nearly: mean 0, variance 1, within -5 .. 5 */

/* puts order[0 .. n) into the order (Fisher-Yates, from the front) that belongs to (seed, purpose, round) */
void nn_permute(uint32_t order[], size_t n, uint64_t seed, enum nn_purpose purpose, uint64_t round);

/* room for `capacity` records of every input, side by side as the model takes them */
struct nn_batch {
	const struct nn_program *program;
	size_t capacity;
	void *storage;
	void **values;   /* [input_count], own memory */
	const void **in; /* [input_count], what to hand to the model; NULL where the data have no such input */
};
int nn_batch_open(struct nn_batch *b, const struct nn_program *program, size_t capacity, struct nn_error *e);
void nn_batch_close(struct nn_batch *b);
void nn_batch_gather(struct nn_batch *b, const struct nn_dataset *data, const uint32_t order[], size_t n);
/* the same for records first .. first + n - 1, without copying what lies as the model takes it */
void nn_batch_view(struct nn_batch *b, const struct nn_dataset *data, size_t first, size_t n);
/* transform.c: the same records as the sources of the data say that a training sees them in this epoch */
void nn_batch_gather_seen(struct nn_batch *b, const struct nn_dataset *data, const uint32_t order[], size_t n, uint64_t seed, uint64_t epoch);
/* are there any? */
int nn_transforms(const struct nn_program *program);
/* "flip, shift(4)" of this input, "" where its images stay as they are */
enum { NN_TRANSFORMS_MAX = 160 };
const char *nn_transforms_text(char text[NN_TRANSFORMS_MAX], const struct nn_program *program, size_t input);
/* a data set of made-up records: normal numbers, whole numbers evenly over their range */
int nn_synthetic_data(const struct nn_program *program, size_t records, uint64_t seed, struct nn_dataset *out, struct nn_error *e);

#endif
