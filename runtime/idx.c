/* idx.c - reads IDX, the format of the MNIST files (http://yann.lecun.com/exdb/mnist): two zero bytes, a type, the number of
 * dimensions, the dimensions as 32-bit numbers, then the values; all big-endian. */
#include "readers.h"

#include <string.h>

static const struct {
	unsigned char code;
	char kind;
	unsigned char size;
} types[] = {{0x08, 'u', 1}, {0x09, 'i', 1}, {0x0B, 'i', 2}, {0x0C, 'i', 4}, {0x0D, 'f', 4}, {0x0E, 'f', 8}};

static const struct nn_element *
find_type(unsigned char code)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].code == code)
			return nn_element_find(types[i].kind, types[i].size);
	return NULL;
}

int
nn_idx_open(struct nn_block *b, const char *name, const unsigned char *bytes, size_t size, struct nn_error *e)
{
	*b = (struct nn_block){.big_endian = 1};
	if (size < 4)
		return nn_fail(e, "%s: %zu bytes, too short for an IDX file", name, size);
	if (bytes[0] || bytes[1]) {
		nn_fail(e, "%s: not an IDX file: it starts with %02x %02x %02x %02x, expected 00 00, a type and a rank", name, bytes[0],
		    bytes[1], bytes[2], bytes[3]);
		return nn_npy_recognise(bytes, size) ? nn_help(e, "it is an .npy file: read it with npy(...)") : -1;
	}
	b->element = find_type(bytes[2]);
	if (!b->element)
		return nn_fail(e, "%s: not an IDX file: type 0x%02x, expected 08 09 0b 0c 0d or 0e", name, bytes[2]);
	b->rank = bytes[3];
	if (b->rank == 0 || b->rank > NN_BLOCK_RANK)
		return nn_fail(e, "%s: %zu dimensions, expected 1 to %d", name, b->rank, NN_BLOCK_RANK);
	if (size < 4 + 4 * b->rank)
		return nn_fail(e, "%s: truncated: %zu bytes, but its header has %zu", name, size, 4 + 4 * b->rank);
	for (size_t i = 0; i < b->rank; i++) {
		const unsigned char *p = bytes + 4 + 4 * i;
		b->shape[i] = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	}
	b->bytes = bytes + 4 + 4 * b->rank;
	b->size = size - 4 - 4 * b->rank;
	return 0;
}

int
nn_idx_read(struct nn_intake *in, const unsigned char *bytes, size_t size, struct nn_error *e)
{
	struct nn_block b;

	return nn_idx_open(&b, in->found, bytes, size, e) ? -1 : nn_block_read(in, &b, e);
}

const struct nn_format nn_idx = {"idx", nn_idx_read, 1, NULL};
