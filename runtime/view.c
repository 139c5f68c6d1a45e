/* view.c - what an image of a batch shows of a stored one: its rows are taken, turned round where left is right, and filled where they show nothing. */
#include "data.h"

#include <string.h>

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

static inline void
fill(char *to, size_t first, size_t last, const void *value, size_t size)
{
	for (size_t k = first; k < last; k++)
		memcpy(to + k * size, value, size);
}

/* what is taken is in its place */
static inline void
finish_row(char *to, const struct nn_axis *a, const void *zero, size_t size)
{
	size_t low = (size_t)a->low, high = (size_t)a->high;

	if (a->step < 0 && low < high)
		reverse(to + low * size, high - low, size);
	fill(to, 0, low, zero, size);
	fill(to, high, a->size, zero, size);
}

void
nn_column_view(const struct nn_program *program, size_t input, const struct nn_column_data *c, size_t record, const struct nn_view *v,
    const void *zero, void *to)
{
	const struct nn_input *in = &program->inputs[input];
	const struct nn_axis nothing = {0, 1, v->across.size, 0, 0};
	size_t height = c->height ? c->height : in->shape[in->rank - 2], width = c->height ? c->width : in->shape[in->rank - 1];
	size_t planes = in->count / (in->shape[in->rank - 2] * in->shape[in->rank - 1]), at = record * c->stride, size = nn_record_bytes(program, input) / in->count;
	char *row = to;

	for (size_t k = 0; k < planes; k++, at += height * width)
		for (long i = 0; i < (long)v->down.size; i++, row += v->across.size * size) {
			const struct nn_axis *a = i >= v->down.low && i < v->down.high ? &v->across : &nothing;
			long i_stored = v->down.first + v->down.step * i, j_stored = a->first + a->step * (a->step > 0 ? a->low : a->high - 1);
			if (a->low < a->high)
				nn_column_take(program, input, c, at + (size_t)i_stored * width + (size_t)j_stored, (size_t)(a->high - a->low), row + (size_t)a->low * size);
			if (size == sizeof(float))
				finish_row(row, a, zero, sizeof(float));
			else
				finish_row(row, a, zero, sizeof(double));
		}
}
