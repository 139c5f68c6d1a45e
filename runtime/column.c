/* column.c - all records of one input in memory, and one of them as the model takes it.
 *
 * Data that are small in the file stay small: whole numbers take the bytes that their declared range needs, real numbers that came as
 * bytes (pixels) stay bytes beside a table of what each of the 256 stands for, and windows of a text overlap in one copy of it.  They
 * become int32_t, float or double when a batch is put together. */
#include "data.h"

#include <stdlib.h>
#include <string.h>

size_t
nn_record_bytes(const struct nn_program *program, size_t input)
{
	const struct nn_input *in = &program->inputs[input];

	return in->count * (in->is_integer ? sizeof(int32_t) : program->real_size);
}

size_t
nn_column_bytes(const struct nn_program *program, size_t input, const struct nn_column_data *c)
{
	size_t count = program->inputs[input].count, values = c->records ? (c->records - 1) * c->stride + count : 0;

	return values * (c->packed ? c->packed : nn_record_bytes(program, input) / count);
}

/* to[i] = f(from[i]) for n stored values from `at` on */
#define EACH(stored, taken, f)                                                                                                         \
	do {                                                                                                                           \
		const stored *from = (const stored *)c->values + at;                                                                   \
		taken *out = to;                                                                                                       \
		for (size_t i = 0; i < n; i++)                                                                                         \
			out[i] = (f);                                                                                                  \
	} while (0)

void
nn_column_get(const struct nn_program *program, size_t input, const struct nn_column_data *c, size_t record, void *to)
{
	size_t n = program->inputs[input].count, at = record * c->stride;
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
		memcpy(to, (const char *)c->values + at * (nn_record_bytes(program, input) / n), nn_record_bytes(program, input));
}

void
nn_column_free(struct nn_column_data *c)
{
	free(c->values);
	free(c->table);
	*c = (struct nn_column_data){0};
}
