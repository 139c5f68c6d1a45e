/* npy.c - reads and writes NumPy's .npy (versions 1.0 to 3.0): a magic number, a version, the length of a header, the header as the
 * text of a Python dictionary {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4)}, then the values.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
#define _POSIX_C_SOURCE 200809L
#include "readers.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

int
nn_npy_recognise(const unsigned char *bytes, size_t size)
{
	return size >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

enum { TEXT_MAX = 1024 };

struct header {
	const char *name; /* of the file, for messages */
	const char *at, *end;
	struct nn_block *block;
	unsigned have; /* a bit for each key met */
	struct nn_error *e;
};

static void
skip_spaces(struct header *h)
{
	while (h->at < h->end && strchr(" \t\r\n", *h->at) && *h->at)
		h->at++;
}

static int
accept(struct header *h, const char *word)
{
	size_t n = strlen(word);

	skip_spaces(h);
	if ((size_t)(h->end - h->at) < n || memcmp(h->at, word, n) != 0)
		return 0;
	h->at += n;
	return 1;
}

static int
fail_here(struct header *h, const char *expected)
{
	int n = h->end - h->at < 20 ? (int)(h->end - h->at) : 20;

	return nn_fail(h->e, "%s: its header is damaged: expected %s before \"%.*s\"", h->name, expected, n, h->at);
}

/* 'text' or "text" without escapes */
static int
read_text(struct header *h, char text[64])
{
	skip_spaces(h);
	char quote = h->at < h->end ? *h->at : 0;
	const char *start = h->at + 1, *close = quote == '\'' || quote == '"' ? memchr(start, quote, (size_t)(h->end - start)) : NULL;

	if (!close || close - start > 63 || memchr(start, '\\', (size_t)(close - start)))
		return fail_here(h, "a short text in quotes");
	memcpy(text, start, (size_t)(close - start));
	text[close - start] = 0;
	h->at = close + 1;
	return 0;
}

/* '<U10', '|S10': texts of so many characters, of UTF-32 or bytes */
static int
read_text_type(struct header *h, const char *type)
{
	struct nn_block *b = h->block;
	size_t n = 0;

	for (const char *p = type + 2; *p >= '0' && *p <= '9' && n <= TEXT_MAX; p++)
		n = n * 10 + (size_t)(*p - '0');
	if (n == 0 || n > TEXT_MAX || type[2 + strspn(type + 2, "0123456789")])
		return nn_fail(h->e, "%s: holds type '%s', expected texts of 1 to %d characters", h->name, type, TEXT_MAX);
	b->characters = n;
	b->text = (struct nn_element){"text", type[1] == 'U' ? 4 * n : n, NULL};
	b->element = &b->text;
	b->big_endian = type[0] == '>';
	return 0;
}

/* '<f8': byte order, kind, size */
static int
read_type(struct header *h)
{
	char text[64] = "";
	struct nn_block *b = h->block;

	if (accept(h, "["))
		return nn_fail(h->e, "%s: holds records with named fields, expected plain numbers", h->name);
	if (read_text(h, text))
		return -1;
	if (strlen(text) > 2 && strchr("<>|=", text[0]) && (text[1] == 'U' || text[1] == 'S'))
		return read_text_type(h, text);
	int plain = strlen(text) == 3 && strchr("<>|=", text[0]) && text[2] >= '1' && text[2] <= '8';
	b->element = plain ? nn_element_find(text[1], (size_t)(text[2] - '0')) : NULL;
	if (!b->element || (text[0] == '|' && b->element->size > 1)) {
		nn_fail(h->e, "%s: holds type '%s', expected integers, bool, float32 or float64", h->name, text);
		return nn_help(h->e, "convert it in Python: numpy.save(\"x.npy\", x.astype(numpy.float32))");
	}
	b->big_endian = text[0] == '>';
	return 0;
}

static int
read_order(struct header *h)
{
	h->block->fortran = accept(h, "True");
	return h->block->fortran || accept(h, "False") ? 0 : fail_here(h, "True or False");
}

static int
read_length(struct header *h, size_t *length)
{
	const char *start = h->at;

	for (*length = 0; h->at < h->end && *h->at >= '0' && *h->at <= '9'; h->at++) {
		size_t digit = (size_t)(*h->at - '0');
		if (*length > (SIZE_MAX - digit) / 10)
			return nn_fail(h->e, "%s: its header is damaged: a length of more than %zu", h->name, SIZE_MAX);
		*length = *length * 10 + digit;
	}
	if (h->at == start)
		return fail_here(h, "a length");
	accept(h, "L"); /* Python 2 wrote 3L */
	return 0;
}

/* () (3,) (3, 4) */
static int
read_shape(struct header *h)
{
	struct nn_block *b = h->block;

	if (!accept(h, "("))
		return fail_here(h, "a shape");
	for (b->rank = 0; !accept(h, ")"); b->rank++) {
		if (b->rank == NN_BLOCK_RANK)
			return nn_fail(h->e, "%s: more than %d dimensions", h->name, NN_BLOCK_RANK);
		if (b->rank > 0 && !accept(h, ","))
			return fail_here(h, "`,` or `)`");
		if (b->rank > 0 && accept(h, ")"))
			return 0;
		skip_spaces(h);
		if (read_length(h, &b->shape[b->rank]))
			return -1;
	}
	return 0;
}

static const struct {
	const char *name;
	int (*read)(struct header *h);
} keys[] = {{"descr", read_type}, {"fortran_order", read_order}, {"shape", read_shape}};

static int
read_entry(struct header *h)
{
	char name[64] = "";

	if (read_text(h, name))
		return -1;
	if (!accept(h, ":"))
		return fail_here(h, "`:`");
	for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(keys[i].name, name) == 0) {
			if (h->have & 1u << i)
				return nn_fail(h->e, "%s: its header is damaged: '%s' comes twice", h->name, name);
			h->have |= 1u << i;
			return keys[i].read(h);
		}
	return nn_fail(h->e, "%s: its header is damaged: unknown entry '%s'", h->name, name);
}

static int
read_dictionary(struct header *h)
{
	if (!accept(h, "{"))
		return fail_here(h, "`{`");
	while (!accept(h, "}")) {
		if (read_entry(h))
			return -1;
		if (!accept(h, ",")) {
			if (!accept(h, "}"))
				return fail_here(h, "`,` or `}`");
			break;
		}
	}
	skip_spaces(h);
	if (h->at < h->end)
		return fail_here(h, "nothing more");
	for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++)
		if (!(h->have & 1u << i))
			return nn_fail(h->e, "%s: its header is damaged: no '%s'", h->name, keys[i].name);
	return 0;
}

int
nn_npy_open(struct nn_block *b, const char *name, const unsigned char *bytes, size_t size, struct nn_error *e)
{
	size_t version = size >= 8 ? bytes[6] : 1, start = version == 1 ? 10 : 12, length;

	*b = (struct nn_block){0};
	if (!nn_npy_recognise(bytes, size))
		return nn_fail(e, "%s: not an .npy file: it does not start with \\x93NUMPY", name);
	if (size < start)
		return nn_fail(e, "%s: truncated: %zu bytes, too short for an .npy file", name, size);
	if (version < 1 || version > 3)
		return nn_fail(e, "%s: .npy version %d.%d, expected 1.0, 2.0 or 3.0", name, bytes[6], bytes[7]);
	length = bytes[8] | (size_t)bytes[9] << 8;
	if (version > 1)
		length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
	if (length > size - start)
		return nn_fail(e, "%s: truncated: a header of %zu bytes, but %zu follow", name, length, size - start);
	const char *text = (const char *)bytes + start;
	struct header h = {.name = name, .at = text, .end = text + length, .block = b, .e = e};
	if (read_dictionary(&h))
		return -1;
	if (b->rank == 0)
		return nn_fail(e, "%s: holds a single number, expected records along a first axis", name);
	b->windows = b->rank == 1;
	b->bytes = bytes + start + length;
	b->size = size - start - length;
	return 0;
}

int
nn_npy_read(struct nn_intake *in, const unsigned char *bytes, size_t size, struct nn_error *e)
{
	struct nn_block b;

	return nn_npy_open(&b, in->found, bytes, size, e) ? -1 : nn_block_read(in, &b, e);
}

const struct nn_format nn_npy = {"npy", nn_npy_read, 1, NULL};

/* magic, version, length and dictionary, padded with spaces so that the values start at a multiple of 64 */
static size_t
make_header(char header[1024], const char *type, size_t records, int rank, const size_t shape[])
{
	char shape_text[600];
	int n = snprintf(shape_text, sizeof shape_text, "%zu,", records);

	for (int i = 0; i < rank; i++)
		n += snprintf(shape_text + n, sizeof shape_text - (size_t)n, "%s%zu%s", i ? ", " : " ", shape[i], "");
	memcpy(header, magic, sizeof magic);
	size_t used = 10 + (size_t)snprintf(header + 10, 1000, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", type, shape_text);
	while ((used + 1) % 64)
		header[used++] = ' ';
	header[used++] = '\n';
	header[6] = 1;
	header[7] = 0;
	header[8] = (char)((used - 10) & 0xFF);
	header[9] = (char)((used - 10) >> 8);
	return used;
}

int
nn_npy_write(const char *path, const void *values, size_t records, int rank, const size_t shape[],
    size_t real_size, int is_integer, struct nn_error *e)
{
	const uint16_t one = 1;
	const int little = *(const unsigned char *)&one;
	struct nn_output_file f;
	char header[1024];
	char type[4] = {little ? '<' : '>', is_integer ? 'i' : 'f', is_integer || real_size == 4 ? '4' : '8', 0};
	size_t width = 1, size = is_integer ? 4 : real_size;

	for (int i = 0; i < rank; i++)
		width *= shape[i];
	size_t length = make_header(header, type, records, rank, shape);
	if (nn_file_create(&f, path, e))
		return -1;
	if (nn_file_write(&f, header, length, e) || nn_file_write(&f, values, records * width * size, e)) {
		nn_file_abandon(&f);
		return -1;
	}
	return nn_file_commit(&f, e);
}
