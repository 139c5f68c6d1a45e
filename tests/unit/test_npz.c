/* Archives of arrays, .npz, and arrays of texts: stored and deflated, with and without Zip64, cut and damaged anywhere. */
#define _XOPEN_SOURCE 700
#include "labels.h"
#include "reading.h"
#ifdef NN_HAVE_ZLIB
#include <zlib.h>
#endif

TestSuite(npz, .init = enter, .fini = leave);

/* ---- archives as NumPy writes them ---- */

static unsigned char zip[1 << 16];
static size_t used, directory_size, members;
static unsigned char directory[1 << 12];

static void
little(unsigned char *at, uint64_t value, int bytes)
{
	for (int k = 0; k < bytes; k++)
		at[k] = (unsigned char)(value >> 8 * k);
}

static uint32_t
checksum(const void *bytes, size_t size)
{
	uint32_t crc = 0xFFFFFFFF;

	for (size_t k = 0; k < size; k++) {
		crc ^= ((const unsigned char *)bytes)[k];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
	}
	return ~crc;
}

static void
begin(void)
{
	used = directory_size = members = 0;
}

/* `wide`: the directory says sizes and place in fields of 64 bits */
static void
add(const char *name, const void *bytes, size_t size, int deflated, int wide)
{
	unsigned char *local = zip + used, *entry = directory + directory_size;
	size_t n = strlen(name), place = used, packed = size;

	memset(local, 0, 30 + 20);
	memcpy(local, "PK\3\4", 4);
	memcpy(local + 30, name, n);
	little(local + 26, n, 2);
	little(local + 28, 20, 2); /* NumPy leaves room for Zip64 in each local header */
	memcpy(local + 30 + n, "\1\0\x10\0", 4);
	memset(local + 34 + n, 0, 16);
	used += 30 + n + 20;
	if (!deflated)
		memcpy(zip + used, bytes, size);
#ifdef NN_HAVE_ZLIB
	z_stream z = {0};
	if (deflated) {
		cr_assert_eq(deflateInit2(&z, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
		z.next_in = (z_const Bytef *)(uintptr_t)bytes;
		z.avail_in = (uInt)size;
		z.next_out = zip + used;
		z.avail_out = (uInt)(sizeof zip - used);
		cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
		packed = z.total_out;
		deflateEnd(&z);
	}
#endif
	used += packed;
	memset(entry, 0, 46);
	memcpy(entry, "PK\1\2", 4);
	little(entry + 10, deflated ? 8 : 0, 2);
	little(entry + 16, checksum(bytes, size), 4);
	little(entry + 20, wide ? UINT32_MAX : packed, 4);
	little(entry + 24, wide ? UINT32_MAX : size, 4);
	little(entry + 28, n, 2);
	little(entry + 30, wide ? 28 : 0, 2);
	little(entry + 42, wide ? UINT32_MAX : place, 4);
	memcpy(entry + 46, name, n);
	directory_size += 46 + n;
	if (wide) {
		memcpy(entry + 46 + n, "\1\0\x18\0", 4);
		little(entry + 50 + n, size, 8);
		little(entry + 58 + n, packed, 8);
		little(entry + 66 + n, place, 8);
		directory_size += 28;
	}
	members++;
}

static void
finish(const char *path, int wide)
{
	size_t place = used;

	memcpy(zip + used, directory, directory_size);
	used += directory_size;
	if (wide) {
		size_t end = used;
		memset(zip + used, 0, 76);
		memcpy(zip + used, "PK\6\6", 4);
		little(zip + used + 4, 44, 8);
		little(zip + used + 32, members, 8);
		little(zip + used + 40, directory_size, 8);
		little(zip + used + 48, place, 8);
		memcpy(zip + used + 56, "PK\6\7", 4);
		little(zip + used + 64, end, 8);
		used += 76;
	}
	memset(zip + used, 0, 22);
	memcpy(zip + used, "PK\5\6", 4);
	little(zip + used + 10, wide ? UINT16_MAX : members, 2);
	little(zip + used + 12, wide ? UINT32_MAX : directory_size, 4);
	little(zip + used + 16, wide ? UINT32_MAX : place, 4);
	used += 22;
	put(path, zip, used);
}

/* an .npy file; returns its size */
static size_t
array(unsigned char *to, const char *type, const char *shape, const void *values, size_t size)
{
	memcpy(to, "\x93NUMPY\1\0\x76", 10);
	int n = sprintf((char *)to + 10, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", type, shape);
	memset(to + 10 + n, ' ', (size_t)(118 - n));
	to[127] = '\n';
	memcpy(to + 128, values, size);
	return 128 + size;
}

static const float points[] = {1, 2, 3, 4, 5, 6};

static void
make(const char *path, int deflated, int wide)
{
	unsigned char npy[1024];

	begin();
	add("other.npy", npy, array(npy, "|u1", "(3,)", "\1\2\3", 3), 0, wide);
	add("points.npy", npy, array(npy, "<f4", "(3, 2)", points, sizeof points), deflated, wide);
	finish(path, wide);
	sources[0].part = "points";
}

/* ---- what is read ---- */

Test(npz, stored)
{
	make("a.npz", 0, 0);
	accepts("npz", "a.npz", 3, points);
	sources[0].part = "points.npy";
	accepts("npz", "a.npz", 3, points);
	slice(1, 2);
	accepts("npz", "a.npz", 2, points + 2);
	sources[0].sliced = 0;
	make("a.npz", 0, 1);
	accepts("npz", "a.npz", 3, points);
	truncate_all("npz", "a.npz", 0);
}

Test(npz, with_a_comment)
{
	make("a.npz", 0, 0);
	little(zip + used - 2, 8, 2);
	memcpy(zip + used, "PK\5\6 hey", 8);
	put("a.npz", zip, used + 8);
	accepts("npz", "a.npz", 3, points);
}

#ifdef NN_HAVE_ZLIB
Test(npz, deflated)
{
	for (int wide = 0; wide < 2; wide++) {
		make("a.npz", 1, wide);
		accepts("npz", "a.npz", 3, points);
		truncate_all("npz", "a.npz", 0);
	}
}
#endif

Test(npz, damaged)
{
#ifdef NN_HAVE_ZLIB
	enum { WAYS = 2 };
#else
	enum { WAYS = 1 };
#endif
	for (int way = 0; way < 2 * WAYS; way++) {
		make("a.npz", way / 2, way % 2);
		for (size_t k = 0; k < used; k++)
			for (int bit = 0; bit < 8; bit += 7) {
				zip[k] ^= (unsigned char)(1 << bit);
				put("b.npz", zip, used);
				zip[k] ^= (unsigned char)(1 << bit);
				if (read_from("npz", "b.npz") != 0) {
					cr_assert(e.text[0] && !set.inputs);
					continue;
				}
				cr_assert(set.records <= 3);
				for (size_t i = 0; i < 2 * set.records; i++)
					cr_assert(isfinite(x_at(i)));
			}
	}
}

Test(npz, refused)
{
	unsigned char npy[256];

	put_text("a.npz", "");
	sources[0].part = "points";
	refuses("npz", "a.npz", "a.npz: not an .npz file: it does not start with PK");
	put_text("a.npz", "PK\3\4 and no more");
	refuses("npz", "a.npz", "a.npz: truncated or damaged: there is no directory at its end");
	make("a.npz", 0, 0);
	sources[0].part = "point";
	refuses("npz", "a.npz", "a.npz: holds no part \"point\"");
	help_is("the nearest is \"points\"; there are \"other\", \"points\"");
	sources[0].part = "x";
	refuses("npz", "a.npz", "a.npz: holds no part \"x\"");
	help_is("there are \"other\", \"points\"");
	sources[0].part = "other";
	refuses("npz", "a.npz", "a.npz, \"other\": holds uint8 [3], but 'x' takes 2 values a sample (m.nn:5)");
	slice(1, 9);
	sources[0].part = "points";
	refuses("npz", "a.npz", "a.npz, \"points\": holds 3 records, 0..2, but [1..9] asks for more (m.nn:20)");
	sources[0].sliced = 0;
	begin();
	add("x.npy", npy, array(npy, "<f4", "(3, 2)", "\0\0\x80\x7f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24), 0, 0);
	finish("a.npz", 0);
	sources[0].part = "x";
	refuses("npz", "a.npz", "a.npz, \"x\": record 0, value 0 is inf, but data must be finite");
	directory[10] = 12;
	used -= 22 + directory_size;
	finish("a.npz", 0);
	refuses("npz", "a.npz", "a.npz: is packed by method 12 of zip, expected 0 (stored) or 8 (deflated)");
	directory[8] = 1;
	used -= 22 + directory_size;
	finish("a.npz", 0);
	refuses("npz", "a.npz", "a.npz: is encrypted");
	directory[8] = 0, directory[10] = 8; /* a gigabyte from nothing */
	little(directory + 24, 1 << 30, 4);
	used -= 22 + directory_size;
	finish("a.npz", 0);
	cr_assert_eq(read_from("npz", "a.npz"), -1);
#ifdef NN_HAVE_ZLIB
	refuses("npz", "a.npz", "a.npz: truncated or damaged: a member would be larger than deflate can make it");
#endif
}

/* ---- arrays of texts ---- */

static int
read_texts(const char *type, const char *shape, const void *values, size_t size)
{
	static struct nn_labels labels;
	unsigned char npy[512];

	nn_labels_close(&labels);
	cr_assert_eq(nn_labels_open(&labels, &program, &e), 0);
	nn_labels_begin(&labels);
	put("a.npy", npy, array(npy, type, shape, values, size));
	sources[0].reader = "npy";
	sources[0].path = "a.npy";
	nn_data_free(&program, &set);
	e = (struct nn_error){0};
	return nn_data_read(&program, NN_DATA, "", &labels, &set, &e);
}

static void
texts_fail(const char *type, const char *shape, const void *values, size_t size, const char *message)
{
	cr_assert_eq(read_texts(type, shape, values, size), -1);
	cr_assert(strncmp(e.text, message, strlen(message)) == 0, "%s", e.text);
	cr_assert_null(set.inputs);
}

Test(npz, texts_are_labels)
{
	static const char wide[] = "d\0\0\0o\0\0\0g\0\0\0" "c\0\0\0a\0\0\0t\0\0\0" "\xE9\0\0\0\0\0\0\0\0\0\0", big[] = "\0\0\0b\0\0\0a\0\0\0a\0\0\0";

	one_integer(0, 2);
	cr_assert_eq(read_texts("<U3", "(3,)", wide, 36), 0, "%s", e.text);
	cr_assert(set.records == 3 && integer_at(0, 0) == 1 && integer_at(0, 1) == 0 && integer_at(0, 2) == 2);
	cr_assert_eq(read_texts(">U2", "(2,)", big, 16), 0, "%s", e.text);
	cr_assert(integer_at(0, 0) == 1 && integer_at(0, 1) == 0);
	cr_assert_eq(read_texts("|S3", "(3, 1)", "dogcatdog", 9), 0, "%s", e.text);
	cr_assert(integer_at(0, 0) == 1 && integer_at(0, 1) == 0 && integer_at(0, 2) == 1);
}

Test(npz, texts_that_are_none)
{
	texts_fail("|S3", "(3, 2)", "dogcatdogdogcatdog", 18, "a.npy: holds texts, but 'x' takes numbers (m.nn:5)");
	one_integer(0, 1);
	texts_fail("|S1", "(3,)", "abc", 3, "a.npy: record 2 is \"c\", label number 3, but 't' has 2 classes, 0..1 (m.nn:7)");
	texts_fail("|S2", "(2,)", "ab\0\0", 4, "a.npy: record 1 is an empty text, expected a label");
	texts_fail("<U1", "(1,)", "\0\xD8\0\0", 4, "a.npy: record 0 holds a text that is no Unicode");
	texts_fail("<U1", "(1,)", "\0\0\x11\0", 4, "a.npy: record 0 holds a text that is no Unicode");
	texts_fail("|S1", "(1,)", "\xFF", 1, "a.npy: record 0 is \"\\xff\", which is not UTF-8");
	texts_fail("<U0", "(1,)", "", 0, "a.npy: holds type '<U0', expected texts of 1 to 1024 characters");
	texts_fail("<U9999999999999999999", "(1,)", "", 0, "a.npy: holds type '<U9999999999999999999', expected texts of 1 to 1024 characters");
	texts_fail("|S3", "(2,)", "abcab", 5, "a.npy: truncated: its header says text [2], 6 bytes, but 5 follow");
	cr_assert_eq(read_from("npy", "a.npy"), -1);
}
