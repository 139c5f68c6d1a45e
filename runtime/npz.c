/* npz.c - reads one array of NumPy's .npz: a zip archive of .npy files, stored (numpy.savez) or deflated (numpy.savez_compressed).
 *
 * The directory at the end of the archive says where each member lies (PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.6 to 4.3.16 and 4.5.3); sizes and places
 * of more than 32 bits are in the fields of Zip64.  Every place is checked against the bytes that are there, and memory is taken only for as much as
 * deflate can make of a member. */
#include "readers.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef NN_HAVE_ZLIB
#include <zlib.h>
#endif

enum { LOCAL = 30, ENTRY = 46, END = 22, END64 = 56, LOCATOR64 = 20 }; /* bytes of the records, without what varies */
enum { STORED = 0, DEFLATED = 8, ENCRYPTED = 1 };
enum { RATIO = 1032 }; /* deflate makes no more of a byte */

struct member {
	const char *name; /* [name_length] */
	size_t name_length;
	unsigned method, flags;
	uint32_t crc;
	uint64_t packed, size, place; /* bytes in the archive, and unpacked; of its local header */
};

struct archive {
	const char *found;
	const unsigned char *bytes;
	size_t size;
	size_t directory, directory_size; /* all within size */
	uint64_t count;
	struct nn_error *e;
};

static uint64_t
number(const unsigned char *p, int bytes)
{
	uint64_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | p[bytes];
	return value;
}

static int
has_signature(const struct archive *a, uint64_t place, size_t size, const char *last)
{
	return size <= a->size && place <= a->size - size && memcmp(a->bytes + place, "PK", 2) == 0 && memcmp(a->bytes + place + 2, last, 2) == 0;
}

static int
damaged(const struct archive *a, const char *what)
{
	return nn_fail(a->e, "%s: truncated or damaged: %s", a->found, what);
}

/* -- the directory --------------------------------------------------------------------------------------------------------- */

/* Finds the end record: the last one whose comment ends with the file. */
static int
find_directory(struct archive *a)
{
	size_t least = a->size > END + UINT16_MAX ? a->size - END - UINT16_MAX : 0, at = a->size < END ? 0 : a->size - END;
	uint64_t size, place;

	if (a->size < 4 || memcmp(a->bytes, "PK", 2) != 0)
		return nn_fail(a->e, "%s: not an .npz file: it does not start with PK", a->found);
	while (at > least && !(has_signature(a, at, END, "\5\6") && number(a->bytes + at + 20, 2) == a->size - at - END))
		at--;
	if (!has_signature(a, at, END, "\5\6") || number(a->bytes + at + 20, 2) != a->size - at - END)
		return damaged(a, "there is no directory at its end");
	a->count = number(a->bytes + at + 10, 2);
	size = number(a->bytes + at + 12, 4);
	place = number(a->bytes + at + 16, 4);
	if (at >= LOCATOR64 && has_signature(a, at - LOCATOR64, LOCATOR64, "\6\7")) {
		uint64_t end = number(a->bytes + at - LOCATOR64 + 8, 8);
		if (!has_signature(a, end, END64, "\6\6"))
			return damaged(a, "the end of its directory is not where it should be");
		a->count = number(a->bytes + end + 32, 8);
		size = number(a->bytes + end + 40, 8);
		place = number(a->bytes + end + 48, 8);
	}
	if (size > at || place > at - size)
		return damaged(a, "its directory does not lie within it");
	a->directory = (size_t)place;
	a->directory_size = (size_t)size;
	return 0;
}

/* 64-bit numbers stand in an extra field, in this order, for those that are all ones in the entry */
static int
read_extra(const struct archive *a, const unsigned char *extra, size_t length, struct member *m)
{
	uint64_t *const wide[] = {&m->size, &m->packed, &m->place};

	while (length >= 4) {
		size_t size = (size_t)number(extra + 2, 2), used = 0;
		if (size > length - 4)
			break;
		for (size_t k = 0; number(extra, 2) == 1 && k < 3; k++) {
			if (*wide[k] != UINT32_MAX)
				continue;
			if (size - used < 8)
				return damaged(a, "an entry of its directory is too short");
			*wide[k] = number(extra + 4 + used, 8);
			used += 8;
		}
		extra += 4 + size;
		length -= 4 + size;
	}
	return 0;
}

/* the entry at *at of the directory, which moves on */
static int
read_entry(const struct archive *a, size_t *at, struct member *m)
{
	size_t left = a->directory_size - *at;
	const unsigned char *p = a->bytes + a->directory + *at;

	if (left < ENTRY || !has_signature(a, a->directory + *at, ENTRY, "\1\2"))
		return damaged(a, "its directory ends too early");
	size_t name = (size_t)number(p + 28, 2), extra = (size_t)number(p + 30, 2), comment = (size_t)number(p + 32, 2);
	if (name + extra + comment > left - ENTRY)
		return damaged(a, "its directory ends too early");
	*m = (struct member){.name = (const char *)p + ENTRY, .name_length = name, .flags = (unsigned)number(p + 8, 2), .method = (unsigned)number(p + 10, 2),
		.crc = (uint32_t)number(p + 16, 4), .packed = number(p + 20, 4), .size = number(p + 24, 4), .place = number(p + 42, 4)};
	*at += ENTRY + name + extra + comment;
	return read_extra(a, p + ENTRY + name, extra, m);
}

/* "images" is the member images.npy */
static size_t
stem_length(const struct member *m)
{
	return m->name_length > 4 && memcmp(m->name + m->name_length - 4, ".npy", 4) == 0 ? m->name_length - 4 : m->name_length;
}

/* the message for a part that is not there, with those that are */
static int
fail_part(const struct archive *a, const char *part)
{
	char list[400] = "", near[64] = "", name[64];
	const char *const wanted[] = {part};
	struct member m;
	size_t used = 0;

	for (size_t at = 0, k = 0; k < a->count && read_entry(a, &at, &m) == 0; k++) {
		snprintf(name, sizeof name, "%.*s", (int)(stem_length(&m) < 60 ? stem_length(&m) : 60), m.name);
		if (!near[0] && nn_nearest(name, wanted, 1) == 0)
			snprintf(near, sizeof near, "%s", name);
		if (used < sizeof list - 80)
			used += (size_t)snprintf(list + used, sizeof list - used, "%s\"%s\"", k ? ", " : "", name);
	}
	nn_fail(a->e, "%s: holds no part \"%s\"", a->found, part);
	if (near[0])
		return nn_help(a->e, "the nearest is \"%s\"; there are %s", near, list);
	return nn_help(a->e, a->count ? "there are %s" : "it is empty", list);
}

static int
find_member(const struct archive *a, const char *part, struct member *m)
{
	size_t length = strlen(part);

	for (size_t at = 0, k = 0; k < a->count; k++) {
		if (read_entry(a, &at, m) != 0)
			return -1;
		if ((stem_length(m) == length || m->name_length == length) && memcmp(m->name, part, length) == 0)
			return 0;
	}
	return fail_part(a, part);
}

/* -- a member -------------------------------------------------------------------------------------------------------------- */

/* where its bytes are, all of them within the archive */
static int
find_bytes(const struct archive *a, const struct member *m, const unsigned char **bytes)
{
	uint64_t left;

	if (!has_signature(a, m->place, LOCAL, "\3\4"))
		return damaged(a, "a member is not where its directory says");
	*bytes = a->bytes + m->place + LOCAL;
	left = a->size - m->place - LOCAL;
	uint64_t skip = number(*bytes - LOCAL + 26, 2) + number(*bytes - LOCAL + 28, 2);
	if (skip > left || m->packed > left - skip)
		return damaged(a, "a member does not lie within it");
	*bytes += skip;
	return 0;
}

#ifdef NN_HAVE_ZLIB
static uint32_t
crc_of(const unsigned char *bytes, size_t size)
{
	uLong crc = crc32(0, NULL, 0);

	for (size_t n; size > 0; bytes += n, size -= n) {
		n = size < UINT_MAX ? size : UINT_MAX;
		crc = crc32(crc, bytes, (uInt)n);
	}
	return (uint32_t)crc;
}

/* the deflated bytes of `m` to exactly m->size bytes at `to`: 0, or 1 where they are others */
static int
inflate_to(const struct member *m, const unsigned char *from, unsigned char *to)
{
	z_stream z = {0};
	size_t in = (size_t)m->packed, out = (size_t)m->size;
	int status = inflateInit2(&z, -MAX_WBITS);

	if (status != Z_OK)
		return 1;
	z.next_in = (z_const Bytef *)(uintptr_t)from;
	z.next_out = to;
	while (status == Z_OK) {
		uInt given = in < UINT_MAX ? (uInt)in : UINT_MAX, offered = out < UINT_MAX ? (uInt)out : UINT_MAX;
		z.avail_in = given;
		z.avail_out = offered;
		status = inflate(&z, Z_NO_FLUSH);
		in -= given - z.avail_in;
		out -= offered - z.avail_out;
		if (status == Z_OK && given == z.avail_in && offered == z.avail_out)
			status = Z_BUF_ERROR;
	}
	inflateEnd(&z);
	return status != Z_STREAM_END || in > 0 || out > 0;
}

static int
unpack(const struct archive *a, const struct member *m, const unsigned char *from, unsigned char **to)
{
	if (m->size / RATIO > m->packed || m->size > SIZE_MAX - 1)
		return damaged(a, "a member would be larger than deflate can make it");
	*to = malloc((size_t)m->size + 1);
	if (!*to)
		return nn_fail(a->e, "%s: not enough memory for %llu bytes", a->found, (unsigned long long)m->size);
	if (inflate_to(m, from, *to))
		return damaged(a, "its deflated bytes are not those of an array");
	return 0;
}

static int
check_sum(const struct archive *a, const struct member *m, const unsigned char *bytes)
{
	return crc_of(bytes, (size_t)m->size) == m->crc ? 0 : damaged(a, "the checksum of a member is another");
}
#else
static int
unpack(const struct archive *a, const struct member *m, const unsigned char *from, unsigned char **to)
{
	(void)m, (void)from, (void)to;
	nn_fail(a->e, "%s is compressed, but this program was built without zlib", a->found);
	return nn_help(a->e, "write it with numpy.savez, which does not compress, or install zlib and build again");
}

static int
check_sum(const struct archive *a, const struct member *m, const unsigned char *bytes)
{
	(void)a, (void)m, (void)bytes;
	return 0;
}
#endif

/* the array in the bytes of a member; `name` is what messages call it */
static int
read_array(struct nn_intake *in, const char *name, const unsigned char *bytes, size_t size, struct nn_error *e)
{
	const char *found = in->found;
	struct nn_block b;

	in->found = name;
	int status = nn_npy_open(&b, name, bytes, size, e) ? -1 : nn_block_read(in, &b, e);
	in->found = found;
	return status;
}

static int
read_member(struct nn_intake *in, const struct archive *a, const struct member *m, struct nn_error *e)
{
	char name[NN_PLACE_MAX];
	const unsigned char *bytes;
	unsigned char *unpacked = NULL;
	int status;

	if (m->flags & ENCRYPTED)
		return nn_fail(e, "%s: is encrypted", a->found);
	if (m->method != STORED && m->method != DEFLATED)
		return nn_fail(e, "%s: is packed by method %u of zip, expected 0 (stored) or 8 (deflated)", a->found, m->method);
	if (find_bytes(a, m, &bytes) != 0)
		return -1;
	if (m->method == STORED && m->packed != m->size)
		return damaged(a, "a stored member has two sizes");
	status = m->method == DEFLATED ? unpack(a, m, bytes, &unpacked) : 0;
	if (status == 0)
		status = check_sum(a, m, unpacked ? unpacked : bytes);
	snprintf(name, sizeof name, "%.800s, \"%.*s\"", a->found, (int)(stem_length(m) < 100 ? stem_length(m) : 100), m->name);
	if (status == 0)
		status = read_array(in, name, unpacked ? unpacked : bytes, (size_t)m->size, e);
	free(unpacked);
	return status;
}

int
nn_npz_read(struct nn_intake *in, const unsigned char *bytes, size_t size, struct nn_error *e)
{
	struct archive a = {.found = in->found, .bytes = bytes, .size = size, .e = e};
	const char *part = in->source && in->source->part ? in->source->part : "";
	struct member m;

	return find_directory(&a) || find_member(&a, part, &m) ? -1 : read_member(in, &a, &m, e);
}

const struct nn_format nn_npz = {"npz", nn_npz_read, 1, NULL};
