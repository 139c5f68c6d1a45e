/* block.c - takes in arrays that lie in a file as they would in memory: rows of one type of number, in either byte order, in C or
 * Fortran order. */
#include "readers.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline uint64_t
load(const unsigned char *p, size_t bytes, int big_endian)
{
	uint64_t u = 0;

	for (size_t i = 0; i < bytes; i++)
		u |= (uint64_t)p[i] << 8 * (big_endian ? bytes - 1 - i : i);
	return u;
}

#define DECODE(name, type, bits)                                                                                                        \
	static void decode_##name(const unsigned char *from, size_t n, int big_endian, double to[])                                     \
	{                                                                                                                               \
		for (size_t i = 0; i < n; i++) {                                                                                        \
			uint##bits##_t u = (uint##bits##_t)load(from + i * sizeof u, sizeof u, big_endian);                             \
			type value;                                                                                                     \
			memcpy(&value, &u, sizeof value);                                                                               \
			to[i] = (double)value;                                                                                          \
		}                                                                                                                       \
	}
DECODE(u8, uint8_t, 8)
DECODE(i8, int8_t, 8)
DECODE(u16, uint16_t, 16)
DECODE(i16, int16_t, 16)
DECODE(u32, uint32_t, 32)
DECODE(i32, int32_t, 32)
DECODE(u64, uint64_t, 64)
DECODE(i64, int64_t, 64)
DECODE(f32, float, 32)
DECODE(f64, double, 64)

static const struct {
	char kind;
	struct nn_element element;
} elements[] = {
	{'u', {"uint8", 1, decode_u8}},    {'i', {"int8", 1, decode_i8}},     {'u', {"uint16", 2, decode_u16}}, {'i', {"int16", 2, decode_i16}},
	{'u', {"uint32", 4, decode_u32}},  {'i', {"int32", 4, decode_i32}},   {'u', {"uint64", 8, decode_u64}}, {'i', {"int64", 8, decode_i64}},
	{'f', {"float32", 4, decode_f32}}, {'f', {"float64", 8, decode_f64}}, {'b', {"bool", 1, decode_u8}},
};

const struct nn_element *
nn_element_find(char kind, size_t size)
{
	for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
		if (elements[i].kind == kind && elements[i].element.size == size)
			return &elements[i].element;
	return NULL;
}

/* "float64 [100, 3]" */
static void
describe(const struct nn_block *b, char text[256])
{
	int n = snprintf(text, 256, "%s [", b->element->name);

	for (size_t i = 0; i < b->rank && n < 200; i++)
		n += snprintf(text + n, 256 - (size_t)n, "%s%zu", i ? ", " : "", b->shape[i]);
	snprintf(text + n, 256 - (size_t)n, n < 200 ? "]" : ", ...]");
}

/* *product = shape[0] * ... ; 0 where it does not fit */
static int
multiply(size_t n, const size_t shape[], size_t factor, size_t *product)
{
	int zero = 0;

	*product = factor;
	for (size_t i = 0; i < n; i++)
		zero |= shape[i] == 0;
	for (size_t i = 0; i < n && !zero; i++) {
		if (*product > SIZE_MAX / shape[i])
			return 0;
		*product *= shape[i];
	}
	if (zero)
		*product = 0;
	return 1;
}

/* tokens one after the other, which records of this intake can be cut from */
static int
is_run(const struct nn_intake *in, const struct nn_block *b)
{
	return b->windows && !b->characters && in->width > 1 && nn_intake_takes_windows(in);
}

int
nn_block_fits(const struct nn_block *b, const char *name, char what[256], struct nn_error *e)
{
	size_t bytes;

	describe(b, what);
	if (!multiply(b->rank, b->shape, b->element->size, &bytes))
		return nn_fail(e, "%s: its header says %s, more than any file can hold", name, what);
	if (b->size < bytes)
		return nn_fail(e, "%s: truncated: its header says %s, %zu bytes, but %zu follow", name, what, bytes, b->size);
	if (b->size > bytes)
		return nn_fail(e, "%s: too long: its header says %s, %zu bytes, but %zu follow", name, what, bytes, b->size);
	return 0;
}

/* the records are images, the last two axes height and width, of any size that can be cut to that of the input */
static int
check_images(struct nn_intake *in, const struct nn_block *b, const char *what, size_t width, struct nn_error *e)
{
	size_t height = b->rank > 2 ? b->shape[b->rank - 2] : 0, across = b->shape[b->rank - 1];
	char takes[NN_PLACE_MAX];

	if (b->rank == 2 && width == in->width) /* flat, and nothing to cut */
		return 0;
	if (b->rank > 2 && width > 0)
		return nn_intake_image(in, width / height / across, height, across, e);
	nn_intake_takes(in, takes);
	return nn_fail(e, "%s: holds %s, no images with a height and a width that could be cut, and %s", in->found, what, takes);
}

/* the file must hold what its header says, and the records what the inputs take */
static int
check(struct nn_intake *in, const struct nn_block *b, struct nn_error *e)
{
	char what[256], takes[NN_PLACE_MAX];
	size_t width;

	if (nn_block_fits(b, in->found, what, e))
		return -1;
	for (size_t at = 0, k = 0; b->characters && k < in->part_count; at += in->parts[k++].count) {
		if (nn_intake_labels(in, at))
			continue;
		nn_fail(e, "%s: holds texts, but '%s' takes numbers (%s:%d)", in->found, in->parts[k].input->name, in->program->file, in->parts[k].input->line);
		return nn_intake_may_have_labels(in, at) ? nn_help(e, "no labels are known here: the weights, or the training data, have numbers") : -1;
	}
	int fits = multiply(b->rank - 1, b->shape + 1, 1, &width);
	if (fits && nn_intake_crops(in)) {
		if (check_images(in, b, what, width, e))
			return -1;
	} else if (is_run(in, b)) {
		return 0;
	} else if (!fits || width != in->width) {
		nn_intake_takes(in, takes);
		return nn_fail(e, "%s: holds %s, but %s", in->found, what, takes);
	}
	if (b->shape[0] == 0)
		return nn_fail(e, "%s: holds %s: no records", in->found, what);
	return 0;
}

/* where each value of record 0 lies, in elements, in Fortran order */
static void
fortran_offsets(const struct nn_block *b, size_t width, size_t offsets[])
{
	for (size_t k = 0; k < width; k++) {
		size_t rest = k, stride = b->shape[0], *offset = &offsets[k];
		size_t block = width;
		*offset = 0;
		for (size_t axis = 1; axis < b->rank; axis++) {
			block /= b->shape[axis];
			*offset += rest / block * stride;
			rest %= block;
			stride *= b->shape[axis];
		}
	}
}

/* record r of an array in Fortran order, gathered into C order */
static void
gather(const struct nn_block *b, size_t width, const size_t offsets[], size_t r, unsigned char *row)
{
	size_t size = b->element->size;

	for (size_t k = 0; k < width; k++)
		memcpy(row + k * size, b->bytes + (offsets[k] + r) * size, size);
}

/* one character as UTF-8; 0: it is none */
static size_t
put_character(uint64_t c, char *to)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return 0;
	for (size_t k = n; k-- > 1; c >>= 6)
		to[k] = (char)(0x80 | (c & 0x3F));
	to[0] = (char)(n == 1 ? c : n == 2 ? 0xC0 | c : n == 3 ? 0xE0 | c : 0xF0 | c);
	return n;
}

/* the texts of a record as the numbers of labels; zeros at their ends are padding */
static int
read_labels(struct nn_intake *in, const struct nn_block *b, const unsigned char *from, double values[], char *text, struct nn_error *e)
{
	size_t unit = b->text.size / b->characters;

	for (size_t k = 0; k < in->width; k++, from += b->text.size) {
		size_t n = b->characters, length = 0;
		while (n > 0 && load(from + (n - 1) * unit, unit, b->big_endian) == 0)
			n--;
		for (size_t c = 0; c < n; c++) {
			size_t bytes = 1;
			if (unit == 1)
				text[length] = (char)from[c];
			else
				bytes = put_character(load(from + c * unit, unit, b->big_endian), text + length);
			if (bytes == 0)
				return nn_fail(e, "%s: record %zu holds a text that is no Unicode", in->found, in->seen);
			length += bytes;
		}
		if (length == 0)
			return nn_fail(e, "%s: record %zu is an empty text, expected a label", in->found, in->seen);
		if (nn_intake_label(in, k, text, length, &values[k], e))
			return -1;
	}
	return 0;
}

static int
read_texts(struct nn_intake *in, const struct nn_block *b, double values[], const size_t offsets[], unsigned char *row, struct nn_error *e)
{
	size_t bytes = in->width * b->text.size;
	char *text = malloc(4 * b->characters + 1);
	int status = text ? nn_intake_expect(in, b->shape[0], e) : nn_fail(e, "%s: not enough memory", in->found);

	for (size_t r = 0; r < b->shape[0] && status == 0; r++) {
		if (nn_intake_wants(in, r)) {
			if (b->fortran)
				gather(b, in->width, offsets, r, row);
			status = read_labels(in, b, b->fortran ? row : b->bytes + r * bytes, values, text, e);
		}
		if (status == 0)
			status = nn_intake_record(in, values, e);
	}
	free(text);
	return status;
}

static int
read_records(struct nn_intake *in, const struct nn_block *b, double values[], const size_t offsets[], unsigned char *row, struct nn_error *e)
{
	size_t bytes = in->width * b->element->size;
	int left = nn_intake_leave_records(in, b, e);

	if (left)
		return left < 0 ? -1 : 0;
	if ((b->element->decode == decode_u8 && nn_intake_bytes(in, e)) || nn_intake_expect(in, b->shape[0], e))
		return -1;
	for (size_t r = 0; r < b->shape[0]; r++) {
		if (nn_intake_wants(in, r)) {
			if (b->fortran)
				gather(b, in->width, offsets, r, row);
			b->element->decode(b->fortran ? row : b->bytes + r * bytes, in->width, b->big_endian, values);
		}
		if (nn_intake_record(in, values, e))
			return -1;
	}
	return 0;
}

int
nn_block_read(struct nn_intake *in, const struct nn_block *b, struct nn_error *e)
{
	if (check(in, b, e))
		return -1;
	if (is_run(in, b))
		return nn_intake_windows(in, &(struct nn_tokens){b->element, b->big_endian, b->bytes, b->shape[0], "value"}, e);
	/* the width is a record of a file that is here: it cannot be too large to multiply by 8 unless memory is full anyway */
	double *values = calloc(in->width, sizeof *values);
	size_t *offsets = b->fortran ? calloc(in->width, sizeof *offsets) : NULL;
	unsigned char *row = b->fortran ? calloc(in->width, b->element->size) : NULL;
	int status;

	if (!values || (b->fortran && (!offsets || !row))) {
		status = nn_fail(e, "%s: not enough memory for a record of %zu values", in->found, in->width);
	} else {
		if (b->fortran)
			fortran_offsets(b, in->width, offsets);
		status = (b->characters ? read_texts : read_records)(in, b, values, offsets, row, e);
	}
	free(values);
	free(offsets);
	free(row);
	return status;
}
