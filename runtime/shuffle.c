/* shuffle.c - random numbers by counter, orders of records, and gathering records into batches.
 *
 * Every random choice of the trainer is a function of (seed, purpose, round), drawn with Philox4x32-10: the order of epoch 7 needs
 * no state from epoch 6, so a run can be continued or replayed from any point. */
#include "shuffle.h"
#include "weights.h"

#include <stdlib.h>
#include <string.h>

void
nn_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
	uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]}, k0 = key[0], k1 = key[1];

	for (int round = 0; round < 10; round++) {
		uint64_t a = (uint64_t)0xD2511F53u * c[0], b = (uint64_t)0xCD9E8D57u * c[2];
		uint32_t c1 = c[1], c3 = c[3];
		c[0] = (uint32_t)(b >> 32) ^ c1 ^ k0;
		c[1] = (uint32_t)b;
		c[2] = (uint32_t)(a >> 32) ^ c3 ^ k1;
		c[3] = (uint32_t)a;
		k0 += 0x9E3779B9u;
		k1 += 0xBB67AE85u;
	}
	memcpy(out, c, sizeof c);
}

void
nn_draws_start(struct nn_draws *d, uint64_t seed, enum nn_purpose purpose, uint64_t round)
{
	*d = (struct nn_draws){
		.key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
		.counter = {0, (uint32_t)purpose, (uint32_t)round, (uint32_t)(round >> 32)},
	};
}

static uint32_t
next(struct nn_draws *d)
{
	if (d->left == 0) {
		nn_philox(d->counter, d->key, d->words);
		d->counter[0]++;
		d->left = 4;
	}
	return d->words[4 - d->left--];
}

/* floor(u * bound) for a u of 64 bits: the high word of a product of 64 and 32 bits */
uint32_t
nn_draw_below(struct nn_draws *d, uint32_t bound)
{
	uint64_t high = next(d), low = next(d);

	return (uint32_t)((high * bound + (low * bound >> 32)) >> 32);
}

/* The sum of eight numbers of 16 bits, of mean 0 and variance 8 (2^32 - 1) / 12 = 53509.92^2 before it is divided: exact sums, no function of the C
 * library, so that made-up data are the same everywhere. */
double
nn_draw_normal(struct nn_draws *d)
{
	long sum = -4 * 65535L;

	for (int k = 0; k < 4; k++) {
		uint32_t word = next(d);
		sum += (long)(word >> 16) + (long)(word & 65535);
	}
	return (double)sum / 53509.92;
}

void
nn_permute(uint32_t order[], size_t n, uint64_t seed, enum nn_purpose purpose, uint64_t round)
{
	struct nn_draws d;

	nn_draws_start(&d, seed, purpose, round);
	for (size_t i = 0; i + 1 < n; i++) {
		size_t j = i + nn_draw_below(&d, (uint32_t)(n - i));
		uint32_t kept = order[i];
		order[i] = order[j];
		order[j] = kept;
	}
}

int
nn_batch_open(struct nn_batch *b, const struct nn_program *program, size_t capacity, struct nn_error *e)
{
	size_t bytes = 0, inputs = program->input_count;

	*b = (struct nn_batch){.program = program, .capacity = capacity};
	for (size_t i = 0; i < inputs; i++)
		bytes += (nn_record_bytes(program, i) + 63) / 64 * 64;
	b->values = calloc(inputs + 1, sizeof *b->values);
	b->in = calloc(inputs + 1, sizeof *b->in);
	if (b->values && b->in)
		b->storage = nn_allocate(bytes, capacity + 1, "a batch", e);
	else
		nn_fail(e, "out of memory");
	if (!b->storage) {
		nn_batch_close(b);
		return -1;
	}
	char *place = b->storage;
	for (size_t i = 0; i < inputs; i++) {
		b->values[i] = place;
		place += (nn_record_bytes(program, i) * capacity + 63) / 64 * 64;
	}
	return 0;
}

void
nn_batch_close(struct nn_batch *b)
{
	free(b->storage);
	free(b->values);
	free(b->in);
	*b = (struct nn_batch){0};
}

void
nn_batch_gather(struct nn_batch *b, const struct nn_dataset *data, const uint32_t order[], size_t n)
{
	for (size_t i = 0; i < b->program->input_count; i++) {
		const struct nn_column_data *column = &data->inputs[i];
		b->in[i] = column->values ? b->values[i] : NULL;
		if (column->values)
			nn_column_gather(b->program, i, column, order, 0, n, b->values[i]);
	}
}

void
nn_batch_view(struct nn_batch *b, const struct nn_dataset *data, size_t first, size_t n)
{
	for (size_t i = 0; i < b->program->input_count; i++) {
		const struct nn_column_data *column = &data->inputs[i];
		size_t size = nn_record_bytes(b->program, i) / b->program->inputs[i].count;
		int ready = !column->packed && !column->element && column->stride == b->program->inputs[i].count && (uintptr_t)column->values % size == 0;
		b->in[i] = !column->values ? NULL : ready ? (const char *)column->values + first * nn_record_bytes(b->program, i) : b->values[i];
		if (column->values && !ready)
			nn_column_gather(b->program, i, column, NULL, first, n, b->values[i]);
	}
}

static void
fill(void *values, const struct nn_input *in, size_t real_size, size_t count, struct nn_draws *d)
{
	for (size_t k = 0; k < count; k++)
		if (in->is_integer)
			((int32_t *)values)[k] = (int32_t)(in->low + (long)nn_draw_below(d, (uint32_t)(in->high - in->low) + 1));
		else if (real_size == sizeof(float))
			((float *)values)[k] = (float)nn_draw_normal(d);
		else
			((double *)values)[k] = nn_draw_normal(d);
}

int
nn_synthetic_data(const struct nn_program *program, size_t records, uint64_t seed, struct nn_dataset *out, struct nn_error *e)
{
	*out = (struct nn_dataset){.records = records, .inputs = calloc(program->input_count + 1, sizeof *out->inputs)};
	if (!out->inputs)
		return nn_fail(e, "out of memory");
	for (size_t i = 0; i < program->input_count; i++) {
		struct nn_column_data *column = &out->inputs[i];
		struct nn_draws d;

		*column = (struct nn_column_data){.records = records, .stride = program->inputs[i].count};
		column->values = nn_allocate(nn_record_bytes(program, i), records, "made-up data", e);
		if (!column->values) {
			nn_data_free(program, out);
			return -1;
		}
		nn_draws_start(&d, seed, NN_FOR_SAMPLES, i);
		fill(column->values, &program->inputs[i], program->real_size, program->inputs[i].count * records, &d);
	}
	return 0;
}
