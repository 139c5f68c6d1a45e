/* transform.c - transformations of images on their way into a training step: `flip`, `shift(n)` and `crop(height, width)` behind a source of the data.
 *
 * They act on the last two axes of an input, height and width, on all planes alike.  Each of them is a map between the places of the new image and
 * of the old one, along either axis on its own; what stands behind a source is their composition, and the values of a record are moved once, when
 * they are gathered (column.c).  What is drawn is a function of the seed, the epoch, the number of the record and the site, FNV-1a of "x.flip", and of
 * nothing else (docs/numerics.md, section 6): not of the batch, the threads or the steps before it.  The records in memory stay as they were read. */
#include "readers.h"
#include "shuffle.h"

#include <stdio.h>
#include <string.h>

/* ---- maps between places ---- */

static long
within(long k, size_t size)
{
	return k < 0 ? 0 : k > (long)size ? (long)size : k;
}

/* place k of the new axis, of 0 .. size - 1, is place first + step k of the one before, step 1 or -1 */
static void
compose(struct nn_axis *a, long first, long step, size_t size)
{
	long low = step > 0 ? a->low - first : first - a->high + 1, high = step > 0 ? a->high - first : first - a->low + 1;

	*a = (struct nn_axis){a->first + a->step * first, a->step * step, size, within(low, size), within(high, size)};
}

/* 0 .. count - 1, evenly to within 2^-32 count */
static long
choice(uint32_t word, size_t count)
{
	return (long)((uint64_t)word * count >> 32);
}

static void
flip(struct nn_view *v, const size_t argument[2], const uint32_t words[4])
{
	(void)argument;
	if (words[0] >> 31)
		compose(&v->across, (long)v->across.size - 1, -1, v->across.size);
}

/* value (i, j) moves to (i + down, j + right), each of -n .. n */
static void
shift(struct nn_view *v, const size_t argument[2], const uint32_t words[4])
{
	long n = (long)argument[0], down = choice(words[0], 2 * argument[0] + 1) - n, right = choice(words[1], 2 * argument[0] + 1) - n;

	compose(&v->down, -down, 1, v->down.size);
	compose(&v->across, -right, 1, v->across.size);
}

/* a part of this height and width, anywhere */
static void
crop(struct nn_view *v, const size_t argument[2], const uint32_t words[4])
{
	compose(&v->down, choice(words[0], v->down.size - argument[0] + 1), 1, argument[0]);
	compose(&v->across, choice(words[1], v->across.size - argument[1] + 1), 1, argument[1]);
}

static const struct kind {
	const char *name;
	int arguments, zeros; /* zeros: values move in that are in no image */
	void (*apply)(struct nn_view *v, const size_t argument[2], const uint32_t words[4]);
} kinds[] = {{"flip", 0, 0, flip}, {"shift", 1, 1, shift}, {"crop", 2, 0, crop}};

static const struct kind *
kind_of(const struct nn_transform *t)
{
	const struct kind *k = kinds;

	while (strcmp(k->name, t->name) != 0)
		k++;
	return k;
}

/* ---- what a record shows ---- */

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
zero_of(const struct nn_program *p, const struct nn_source *s, const struct nn_transform *t)
{
	double x = 0;

	for (size_t k = t->after; k < s->arith_count; k++)
		nn_arith_apply(p, &s->arith[k], &x, 1);
	return x;
}

/* the record as it is, where nothing is done to it */
static struct nn_view
start_view(const struct nn_input *in, const struct nn_column_data *c)
{
	size_t height = c->height ? c->height : in->shape[in->rank - 2], width = c->height ? c->width : in->shape[in->rank - 1];

	return (struct nn_view){.down = {0, 1, height, 0, (long)height}, .across = {0, 1, width, 0, (long)width}};
}

static void
gather_images(struct nn_batch *b, size_t input, const struct nn_source *s, const struct nn_column_data *c, const uint32_t order[], size_t n, uint64_t seed,
    uint64_t epoch)
{
	const struct nn_input *in = &b->program->inputs[input];
	size_t bytes = nn_record_bytes(b->program, input);
	char *to = b->values[input];
	uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)}, words[4];
	double zero = 0;

	for (size_t i = 0; i < s->transform_count; i++)
		if (kind_of(&s->transforms[i])->zeros)
			zero = zero_of(b->program, s, &s->transforms[i]);
	float single = (float)zero;
	int32_t whole = in->is_integer ? (int32_t)zero : 0;
	const void *stored = in->is_integer ? (const void *)&whole : b->program->real_size == sizeof single ? (const void *)&single : &zero;
	for (size_t k = 0; k < n; k++, to += bytes) {
		struct nn_view view = start_view(in, c);
		for (size_t i = 0; i < s->transform_count; i++) {
			const struct nn_transform *t = &s->transforms[i];
			uint32_t counter[4] = {order[k], NN_FOR_TRANSFORMS, (uint32_t)epoch, site_of(in->name, t->name)};
			nn_philox(counter, key, words);
			kind_of(t)->apply(&view, t->argument, words);
		}
		nn_column_view(b->program, input, c, order[k], &view, stored, to);
	}
}

void
nn_batch_gather_seen(struct nn_batch *b, const struct nn_dataset *data, const uint32_t order[], size_t n, uint64_t seed, uint64_t epoch)
{
	for (size_t i = 0; i < b->program->input_count; i++) {
		const struct nn_column_data *column = &data->inputs[i];
		const struct nn_source *s = source_of(b->program, i);
		b->in[i] = column->values ? b->values[i] : NULL;
		if (column->values && s)
			gather_images(b, i, s, column, order, n, seed, epoch);
		else if (column->values)
			nn_column_gather(b->program, i, column, order, 0, n, b->values[i]);
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

const char *
nn_transforms_text(char text[NN_TRANSFORMS_MAX], const struct nn_program *p, size_t input)
{
	static const char *const formats[] = {"%s%s", "%s%s(%zu)", "%s%s(%zu, %zu)"};
	const struct nn_source *s = source_of(p, input);
	size_t at = 0;

	*text = 0;
	for (size_t k = 0; s && k < s->transform_count && at < NN_TRANSFORMS_MAX; k++) {
		const struct nn_transform *t = &s->transforms[k];
		const struct kind *kind = kind_of(t);
		double zero = kind->zeros ? zero_of(p, s, t) : 0;
		at += (size_t)snprintf(text + at, NN_TRANSFORMS_MAX - at, formats[kind->arguments], k ? ", " : "", t->name, t->argument[0], t->argument[1]);
		if (zero != 0 && at < NN_TRANSFORMS_MAX)
			at += (size_t)snprintf(text + at, NN_TRANSFORMS_MAX - at, " over %.9g", zero);
	}
	return text;
}
