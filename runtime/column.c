/* column.c - all records of one input in memory, or in a mapped file, and one of them as the model takes it.
 *
 * Data that are small in the file stay small: whole numbers take the bytes that their declared range needs, real numbers that came as
 * bytes (pixels) stay bytes beside a table of what each of the 256 stands for, and windows of a text overlap in one copy of it.  They
 * become int32_t, float or double when a batch is put together, and images are then cut and moved as they are to be seen. */
#include "readers.h"

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
	size_t last = c->height ? c->stride : program->inputs[input].count, values = c->records ? (c->records - 1) * c->stride + last : 0;

	return values * (c->packed ? c->packed : value_bytes(program, input));
}

/* out[i] = f(from[i]) */
#define EACH(stored, taken, f)                                                                                                         \
	do {                                                                                                                           \
		const stored *from = (const stored *)c->values + at;                                                                   \
		taken *out = to;                                                                                                       \
		for (size_t i = 0; i < n; i++)                                                                                         \
			out[i] = (f);                                                                                                  \
	} while (0)

enum { CHUNK = 512 };

/* real numbers in the type of their file; they were checked when it was read */
static void
take_elements(const struct nn_program *program, const struct nn_column_data *c, size_t at, size_t n, void *to)
{
	const unsigned char *from = (const unsigned char *)c->values + at * c->element->size;
	double x[CHUNK], *doubles = to;
	float *floats = to;

	for (size_t some; n > 0; n -= some, from += some * c->element->size) {
		some = n < CHUNK ? n : CHUNK;
		c->element->decode(from, some, c->big_endian, x);
		for (size_t k = 0; k < c->arith_count; k++)
			nn_arith_apply(program, &c->arith[k], x, some);
		for (size_t i = 0; i < some; i++)
			if (program->real_size == sizeof *floats)
				*floats++ = (float)x[i];
			else
				*doubles++ = x[i];
	}
}

void
nn_column_take(const struct nn_program *program, size_t input, const struct nn_column_data *c, size_t at, size_t n, void *to)
{
	size_t size = value_bytes(program, input);
	int32_t low = c->packed ? (int32_t)program->inputs[input].low : 0;
	const float *floats = c->table;
	const double *doubles = c->table;

	if (c->element)
		take_elements(program, c, at, n, to);
	else if (c->table && program->real_size == sizeof(float))
		EACH(uint8_t, float, floats[from[i]]);
	else if (c->table)
		EACH(uint8_t, double, doubles[from[i]]);
	else if (c->packed == 1)
		EACH(uint8_t, int32_t, low + from[i]);
	else if (c->packed == 2)
		EACH(uint16_t, int32_t, low + from[i]);
	else
		memcpy(to, (const char *)c->values + at * size, n * size);
}

/* the middle of an axis; of an odd rest, the smaller part is before it */
static struct nn_axis
middle(size_t stored, size_t size)
{
	return (struct nn_axis){(long)((stored - size) / 2), 1, size, 0, (long)size};
}

void
nn_column_gather(const struct nn_program *program, size_t input, const struct nn_column_data *c, const uint32_t order[], size_t first, size_t n,
    void *to)
{
	const struct nn_input *in = &program->inputs[input];
	size_t bytes = nn_record_bytes(program, input);
	char *out = to;
	struct nn_view view;

	if (c->height)
		view = (struct nn_view){middle(c->height, in->shape[in->rank - 2]), middle(c->width, in->shape[in->rank - 1])};
	for (size_t k = 0; k < n; k++, out += bytes) {
		size_t record = order ? order[k] : first + k;
		if (c->height)
			nn_column_view(program, input, c, record, &view, NULL, out);
		else
			nn_column_take(program, input, c, record * c->stride, in->count, out);
	}
}

void
nn_column_ahead(const struct nn_program *program, size_t input, const struct nn_column_data *c, const uint32_t order[], size_t n)
{
	size_t size = c->element ? c->element->size : c->packed ? c->packed : value_bytes(program, input);

	for (size_t k = 0; c->map && k < n; k++)
		nn_map_ahead((const char *)c->values + order[k] * c->stride * size, (c->height ? c->stride : program->inputs[input].count) * size);
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
	if (c->map)
		nn_map_release(c->map);
	else
		free(c->values);
	free(c->table);
	*c = (struct nn_column_data){0};
}
