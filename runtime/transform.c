/* transform.c - random transformations of images on their way into a training step: `flip` and `shift(n)` behind a source of the data.
 *
 * They act on the last two axes of an input, height and width, on all planes alike.  What is drawn is a function of the seed, the epoch, the number of
 * the record and the site, FNV-1a of "x.flip", and of nothing else (docs/numerics.md, section 6): not of the batch, the threads or the
 * steps before it.  The records in memory stay as they were read. */
#include "readers.h"
#include "shuffle.h"

#include <stdio.h>
#include <string.h>

struct plane { /* an image of one channel in a batch */
	char *values;
	size_t height, width, size; /* size: bytes of a value */
	const void *zero;           /* what moves in */
};

/* where `size` is a constant, the copies are single moves */
static inline void
reverse(char *left, size_t n, size_t size)
{
	char kept[sizeof(double)];

	for (char *right = left + (n - 1) * size; left < right; left += size, right -= size) {
		memcpy(kept, left, size);
		memcpy(left, right, size);
		memcpy(right, kept, size);
	}
}

static void
flip(const struct plane *p)
{
	char *row = p->values;

	for (size_t i = 0; i < p->height; i++, row += p->width * p->size)
		if (p->size == sizeof(float))
			reverse(row, p->width, sizeof(float));
		else
			reverse(row, p->width, sizeof(double));
}

static void
fill(const struct plane *p, char *to, size_t n)
{
	if (p->size == sizeof(float))
		for (size_t k = 0; k < n; k++)
			memcpy(to + k * sizeof(float), p->zero, sizeof(float));
	else
		for (size_t k = 0; k < n; k++)
			memcpy(to + k * sizeof(double), p->zero, sizeof(double));
}

/* Value (i, j) moves to (i + down, j + right).  The rows are made in an order in which none is overwritten before it is read. */
static void
move(const struct plane *p, long down, long right)
{
	long height = (long)p->height;
	size_t row = p->width * p->size, gap = (size_t)(right < 0 ? -right : right), stay = p->width - gap;

	for (long k = 0; k < height; k++) {
		long i = down > 0 ? height - 1 - k : k, from = i - down;
		char *to = p->values + (size_t)i * row;
		if (from < 0 || from >= height) {
			fill(p, to, p->width);
			continue;
		}
		const char *old = p->values + (size_t)from * row;
		memmove(to + (right > 0 ? gap * p->size : 0), old + (right < 0 ? gap * p->size : 0), stay * p->size);
		fill(p, to + (right > 0 ? 0 : stay * p->size), gap);
	}
}

/* ---- what is drawn ---- */

static uint32_t
site_of(const char *input, const char *transform)
{
	const char *parts[] = {input, ".", transform};
	uint32_t h = 2166136261u;

	for (size_t k = 0; k < 3; k++)
		for (const char *c = parts[k]; *c; c++)
			h = (h ^ (unsigned char)*c) * 16777619u;
	return h;
}

/* -most .. most, evenly to within 2^-32 (2 most + 1) */
static long
distance(uint32_t word, size_t most)
{
	return (long)((uint64_t)word * (2 * (uint64_t)most + 1) >> 32) - (long)most;
}

static void
transform_image(const struct nn_transform *t, struct plane plane, size_t planes, const uint32_t words[4])
{
	int is_flip = strcmp(t->name, "flip") == 0;
	size_t bytes = plane.height * plane.width * plane.size;

	if (is_flip && words[0] >> 31 == 0)
		return;
	for (size_t k = 0; k < planes; k++, plane.values += bytes)
		if (is_flip)
			flip(&plane);
		else
			move(&plane, distance(words[0], t->pixels), distance(words[1], t->pixels));
}

/* ---- batches ---- */

/* the source of this input's training records; NULL where their images stay as they are */
static const struct nn_source *
source_of(const struct nn_program *p, size_t input)
{
	for (size_t i = 0; i < p->source_count; i++)
		if (p->sources[i].group == NN_DATA && (size_t)p->sources[i].input == input && p->sources[i].transform_count)
			return &p->sources[i];
	return NULL;
}

/* what becomes of a 0 that moves in where `t` stands in the arithmetic */
static double
zero_of(const struct nn_source *s, const struct nn_transform *t)
{
	double x = 0;

	for (size_t k = t->after; k < s->arith_count; k++)
		nn_arith_apply(&s->arith[k], &x, 1);
	return x;
}

static void
transform_input(struct nn_batch *b, size_t input, const struct nn_source *s, const struct nn_transform *t, const uint32_t order[], size_t n, uint64_t seed,
    uint64_t epoch)
{
	const struct nn_input *in = &b->program->inputs[input];
	size_t height = in->shape[in->rank - 2], width = in->shape[in->rank - 1], bytes = nn_record_bytes(b->program, input);
	double zero = zero_of(s, t);
	float single = (float)zero;
	int32_t whole = in->is_integer ? (int32_t)zero : 0;
	const void *stored = in->is_integer ? (const void *)&whole : b->program->real_size == sizeof single ? (const void *)&single : &zero;
	struct plane plane = {b->values[input], height, width, bytes / in->count, stored};
	uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)}, counter[4] = {0, NN_FOR_TRANSFORMS, (uint32_t)epoch, site_of(in->name, t->name)}, words[4];

	for (size_t k = 0; k < n; k++, plane.values += bytes) {
		counter[0] = order[k];
		nn_philox(counter, key, words);
		transform_image(t, plane, in->count / (height * width), words);
	}
}

int
nn_transforms(const struct nn_program *p)
{
	for (size_t i = 0; i < p->input_count; i++)
		if (source_of(p, i))
			return 1;
	return 0;
}

void
nn_batch_transform(struct nn_batch *b, const uint32_t order[], size_t n, uint64_t seed, uint64_t epoch)
{
	for (size_t i = 0; i < b->program->input_count; i++) {
		const struct nn_source *s = b->in[i] ? source_of(b->program, i) : NULL;
		for (size_t k = 0; s && k < s->transform_count; k++)
			transform_input(b, i, s, &s->transforms[k], order, n, seed, epoch);
	}
}

const char *
nn_transforms_text(char text[NN_TRANSFORMS_MAX], const struct nn_program *p, size_t input)
{
	const struct nn_source *s = source_of(p, input);
	size_t at = 0;

	*text = 0;
	for (size_t k = 0; s && k < s->transform_count && at < NN_TRANSFORMS_MAX; k++) {
		const struct nn_transform *t = &s->transforms[k];
		double zero = zero_of(s, t);
		const char *comma = k ? ", " : "";
		int more = strcmp(t->name, "flip") == 0 ? snprintf(text + at, NN_TRANSFORMS_MAX - at, "%s%s", comma, t->name)
		    : zero == 0 ? snprintf(text + at, NN_TRANSFORMS_MAX - at, "%s%s(%zu)", comma, t->name, t->pixels)
				: snprintf(text + at, NN_TRANSFORMS_MAX - at, "%s%s(%zu) over %.9g", comma, t->name, t->pixels, zero);
		at += (size_t)more;
	}
	return text;
}
