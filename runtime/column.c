/* column.c - all records of one input in memory, and one of them as the model takes it.
 *
 * Data that are small in the file stay small: whole numbers take the bytes that their declared range needs, real numbers that came as
 * bytes (pixels) stay bytes beside a table of what each of the 256 stands for, and windows of a text overlap in one copy of it.  They
 * become int32_t, float or double when a batch is put together. */
#include "data.h"

#include <stdlib.h>
#include <string.h>

/* as the model takes a value */
static size_t
value_bytes(const struct nn_program *program, size_t input)
{
	return program->inputs[input].is_integer ? sizeof(int32_t) : program->real_size;
}

size_t
nn_record_bytes(const struct nn_program *program, size_t input)
{
	return program->inputs[input].count * value_bytes(program, input);
}

size_t
nn_column_bytes(const struct nn_program *program, size_t input, const struct nn_column_data *c)
{
	size_t count = program->inputs[input].count, values = c->records ? (c->records - 1) * c->stride + count : 0;

	return values * (c->packed ? c->packed : value_bytes(program, input));
}

/* for each record: out[i] = f(from[i]) */
#define EACH(stored, taken, f)                                                                                                         \
	do {                                                                                                                           \
		taken *out = to;                                                                                                       \
		for (size_t k = 0; k < n; k++, out += count) {                                                                         \
			const stored *from = (const stored *)c->values + (order ? order[k] : first + k) * c->stride;                   \
			for (size_t i = 0; i < count; i++)                                                                             \
				out[i] = (f);                                                                                          \
		}                                                                                                                      \
	} while (0)

void
nn_column_gather(const struct nn_program *program, size_t input, const struct nn_column_data *c, const uint32_t order[], size_t first, size_t n,
    void *to)
{
	size_t count = program->inputs[input].count, size = value_bytes(program, input), bytes = count * size, apart = c->stride * size;
	int32_t low = c->packed ? (int32_t)program->inputs[input].low : 0;
	const float *floats = c->table;
	const double *doubles = c->table;

	if (c->table && program->real_size == sizeof(float))
		EACH(uint8_t, float, floats[from[i]]);
	else if (c->table)
		EACH(uint8_t, double, doubles[from[i]]);
	else if (c->packed == 1)
		EACH(uint8_t, int32_t, low + from[i]);
	else if (c->packed == 2)
		EACH(uint16_t, int32_t, low + from[i]);
	else
		for (size_t k = 0; k < n; k++)
			memcpy((char *)to + k * bytes, (const char *)c->values + (order ? order[k] : first + k) * apart, bytes);
}

void
nn_column_renumber(const struct nn_program *program, size_t input, struct nn_column_data *c, const uint32_t places[])
{
	size_t n = nn_column_bytes(program, input, c) / (c->packed ? c->packed : sizeof(int32_t));
	int32_t low = (int32_t)program->inputs[input].low, *whole = c->values;
	uint8_t *bytes = c->values;
	uint16_t *pairs = c->values;

	for (size_t k = 0; k < n; k++)
		if (c->packed == 1)
			bytes[k] = (uint8_t)places[bytes[k]];
		else if (c->packed == 2)
			pairs[k] = (uint16_t)places[pairs[k]];
		else
			whole[k] = low + (int32_t)places[whole[k] - low];
}

void
nn_column_free(struct nn_column_data *c)
{
	free(c->values);
	free(c->table);
	*c = (struct nn_column_data){0};
}
