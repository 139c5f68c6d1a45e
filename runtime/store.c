/* store.c - the loops in which values are checked and stored, in as few bytes as they need (column.c): what is done to each number of the data. */
#include "readers.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* all are stored before any is looked at, so that both loops vectorise */
size_t
nn_store_reals(const double x[], size_t n, size_t real_size, void *to)
{
	double most = real_size == sizeof(float) ? (double)FLT_MAX : DBL_MAX;
	int bad = 0;

	if (real_size == sizeof(float)) {
		float *out = to;
		for (size_t i = 0; i < n; i++) {
			out[i] = (float)x[i];
			bad |= !(fabsf(out[i]) <= FLT_MAX);
		}
	} else {
		memcpy(to, x, n * sizeof *x);
		for (size_t i = 0; i < n; i++)
			bad |= !(fabs(x[i]) <= DBL_MAX);
	}
	if (!bad)
		return n;
	for (size_t i = 0; i < n; i++)
		if (real_size == sizeof(float) ? !(fabsf((float)x[i]) <= FLT_MAX) : !(fabs(x[i]) <= most))
			return i;
	return n;
}

size_t
nn_store_bytes(const struct nn_part *part, const double raw[], size_t n, size_t real_size, size_t at)
{
	uint8_t *to = (uint8_t *)part->out.values + at;
	const float *floats = part->out.table;
	const double *doubles = part->out.table;
	int bad = 0;

	for (size_t i = 0; i < n; i++) {
		to[i] = (uint8_t)raw[i];
		bad |= real_size == sizeof(float) ? !(fabsf(floats[to[i]]) <= FLT_MAX) : !(fabs(doubles[to[i]]) <= DBL_MAX);
	}
	for (size_t i = 0; bad && i < n; i++)
		if (real_size == sizeof(float) ? !(fabsf(floats[to[i]]) <= FLT_MAX) : !(fabs(doubles[to[i]]) <= DBL_MAX))
			return i;
	return n;
}

size_t
nn_store_integers(const struct nn_part *part, const double x[], size_t n, size_t at)
{
	const struct nn_input *input = part->input;
	double low = input->low < INT32_MIN ? INT32_MIN : (double)input->low, high = input->high > INT32_MAX ? INT32_MAX : (double)input->high;
	uint8_t *bytes = part->out.values;
	uint16_t *pairs = part->out.values;
	int32_t *whole = part->out.values;

	for (size_t i = 0; i < n; i++)
		if (!(x[i] >= low && x[i] <= high) || x[i] != floor(x[i]))
			return i;
	for (size_t i = 0; i < n; i++)
		if (part->out.packed == 1)
			bytes[at + i] = (uint8_t)(x[i] - low);
		else if (part->out.packed == 2)
			pairs[at + i] = (uint16_t)(x[i] - low);
		else
			whole[at + i] = (int32_t)x[i];
	return n;
}
