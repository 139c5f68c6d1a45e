/* leave.c - data that stay in their file: records of numbers side by side in a mapped file, of any size, are looked at where they lie.
 *
 * Each value is checked once, as all data are, before the first step; only bytes that mean a finite number whatever they are need no look.  What lies as the
 * model takes it is used as it is, bytes beside a table of their 256 meanings (column.c); other real numbers are worked out whenever they are
 * taken.  Whole numbers may index something: they stay in the file only where their type holds none that is out of range, whoever writes
 * to it meanwhile. */
#include "readers.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* how the values of a part lie */
enum manner {
	COPIED,   /* they do not stay */
	BYTES,    /* real numbers, a table says which */
	AS_TAKEN, /* as the model takes them */
	ELEMENTS, /* real numbers that have to be worked out */
	WHOLE,    /* whole numbers of one or two bytes that may be any of their type */
};

static int
is_native(const struct nn_element *element, int big_endian)
{
	const uint16_t one = 1;

	return element->size == 1 || big_endian != *(const unsigned char *)&one;
}

/* what was unpacked lies elsewhere, and goes away */
static int
is_in_map(const struct nn_map *m, const unsigned char *bytes)
{
	return m && (uintptr_t)bytes >= (uintptr_t)m->bytes && (uintptr_t)bytes - (uintptr_t)m->bytes < m->size;
}

static enum manner
manner_of_whole(const struct nn_part *part, const struct nn_element *element)
{
	const struct nn_input *input = part->input;
	long most = element->size == 1 ? 255 : 65535;

	return part->arith_count == 0 && part->out.packed == element->size && input->low == 0 && input->high == most ? WHOLE : COPIED;
}

static enum manner
manner_of(const struct nn_intake *in, const unsigned char *bytes, const struct nn_element *element, int big_endian)
{
	const struct nn_part *part = in->parts;
	int native = is_native(element, big_endian), natural = strncmp(element->name, "uint", 4) == 0, real = strncmp(element->name, "float", 5) == 0;

	if (!is_in_map(in->map, bytes) || in->part_count != 1 || in->more || in->begun)
		return COPIED;
	if (part->input->is_integer)
		return native && natural ? manner_of_whole(part, element) : COPIED;
	if (natural && element->size == 1)
		return BYTES;
	return real && native && element->size == in->program->real_size && part->arith_count == 0 ? AS_TAKEN : ELEMENTS;
}

/* ---- checks ---- */

static int
table_is_finite(const struct nn_part *part, size_t real_size)
{
	const float *floats = part->out.table;
	const double *doubles = part->out.table;

	for (int b = 0; b < 256; b++)
		if (!(real_size == sizeof *floats ? fabsf(floats[b]) <= FLT_MAX : fabs(doubles[b]) <= DBL_MAX))
			return 0;
	return 1;
}

/* numbers as the model takes them: whether all are finite, so that no closer look is needed */
static int
all_finite(const unsigned char *bytes, size_t n, size_t real_size)
{
	int bad = 0;

	if (real_size == sizeof(float))
		for (size_t i = 0; i < n; i++) {
			float x;
			memcpy(&x, bytes + i * sizeof x, sizeof x);
			bad |= !(fabsf(x) <= FLT_MAX);
		}
	else
		for (size_t i = 0; i < n; i++) {
			double x;
			memcpy(&x, bytes + i * sizeof x, sizeof x);
			bad |= !(fabs(x) <= DBL_MAX);
		}
	return !bad;
}

/* every wanted record, as nn_intake_record checks it, into the place of one */
static int
check_records(struct nn_intake *in, const struct nn_block *b, enum manner manner, struct nn_error *e)
{
	struct nn_part *part = in->parts;
	size_t bytes = in->width * b->element->size;
	double *values = malloc(in->width * sizeof *values);
	part->out.values = malloc(in->width * sizeof *values);
	int status = values && part->out.values ? 0 : nn_fail(e, "%s: not enough memory for a record of %zu values", in->found, in->width);

	nn_map_order(in->map, NN_IN_ORDER);
	for (size_t r = in->first; r < b->shape[0] && r <= in->last && status == 0; r++) {
		const unsigned char *record = b->bytes + r * bytes;
		if (manner == AS_TAKEN && all_finite(record, in->width, in->program->real_size))
			continue;
		in->seen = r;
		in->kept = 0;
		in->room = 1;
		b->element->decode(record, in->width, b->big_endian, values);
		status = nn_intake_record(in, values, e);
	}
	nn_map_order(in->map, NN_ANYHOW);
	free(values);
	free(part->out.values);
	part->out.values = NULL;
	in->room = 0;
	return status;
}

/* ---- what stays ---- */

static void
leave(struct nn_intake *in, const unsigned char *from)
{
	struct nn_column_data *out = &in->parts->out;

	out->values = (void *)(uintptr_t)from; /* never written to: nn_column_renumber is for labels, which are copied */
	out->map = nn_map_share(in->map);
}

int
nn_intake_leave_records(struct nn_intake *in, const struct nn_block *b, struct nn_error *e)
{
	struct nn_part *part = in->parts;
	enum manner manner = b->fortran ? COPIED : manner_of(in, b->bytes, b->element, b->big_endian);

	if (manner == COPIED)
		return 0;
	if (nn_intake_slice(in, b->shape[0], e) || (manner == BYTES && nn_intake_bytes(in, e)))
		return -1;
	int checked = manner == WHOLE || (manner == BYTES && table_is_finite(part, in->program->real_size));
	if (!checked && check_records(in, b, manner, e))
		return -1;
	in->seen = b->shape[0];
	in->kept = in->room = (in->last < in->seen ? in->last + 1 : in->seen) - in->first;
	if (manner == ELEMENTS) {
		part->out.element = b->element;
		part->out.big_endian = b->big_endian;
		part->out.arith = part->arith;
		part->out.arith_count = part->arith_count;
	}
	leave(in, b->bytes + in->first * in->width * b->element->size);
	return 1;
}

int
nn_intake_leave_run(struct nn_intake *in, const struct nn_tokens *t, size_t first)
{
	if (manner_of(in, t->bytes, t->element, t->big_endian) != WHOLE)
		return 0;
	leave(in, t->bytes + first * t->element->size);
	return 1;
}
