/* test_formats.c - the formats of data files but CSV, and how their records are kept: what is read, and every message for what is refused. */
#define _XOPEN_SOURCE 700
#include "reading.h"

TestSuite(formats, .init = enter, .fini = leave);

/* ---- IDX ---- */

Test(formats, idx_of_every_type)
{
	static const struct {
		const char *bytes;
		size_t size;
	} files[] = {
		{"\0\0\x08\x02\0\0\0\1\0\0\0\2\3\xff", 14},
		{"\0\0\x09\x02\0\0\0\1\0\0\0\2\3\xff", 14},
		{"\0\0\x0B\x02\0\0\0\1\0\0\0\2\0\3\xff\xff", 16},
		{"\0\0\x0C\x02\0\0\0\1\0\0\0\2\0\0\0\3\xff\xff\xff\xff", 20},
		{"\0\0\x0D\x02\0\0\0\1\0\0\0\2\x40\x40\0\0\xbf\x80\0\0", 20},
		{"\0\0\x0E\x03\0\0\0\1\0\0\0\1\0\0\0\2\x40\x08\0\0\0\0\0\0\xbf\xf0\0\0\0\0\0\0", 32},
	};
	for (size_t i = 0; i < LENGTH(files); i++) {
		put("a.idx", files[i].bytes, files[i].size);
		accepts("idx", "a.idx", 1, (float[]){3, i == 0 ? 255 : -1});
	}
}

static void
idx_fails(const char *bytes, size_t size, const char *message)
{
	put("a.idx", bytes, size);
	refuses("idx", "a.idx", message);
}

Test(formats, idx_messages)
{
	idx_fails("", 0, "a.idx: 0 bytes, too short for an IDX file");
	idx_fails("\x89PNG", 4, "a.idx: not an IDX file: it starts with 89 50 4e 47, expected 00 00, a type and a rank");
	idx_fails("\0\1\x08\1", 4, "a.idx: not an IDX file: it starts with 00 01 08 01, expected 00 00, a type and a rank");
	idx_fails("\x93NUMPY", 6, "a.idx: not an IDX file: it starts with 93 4e 55 4d, expected 00 00, a type and a rank");
	help_is("it is an .npy file: read it with npy(...)");
	idx_fails("\0\0\x0A\1", 4, "a.idx: not an IDX file: type 0x0a, expected 08 09 0b 0c 0d or 0e");
	idx_fails("\0\0\x08\0", 4, "a.idx: 0 dimensions, expected 1 to 64");
	idx_fails("\0\0\x08\xff", 4, "a.idx: 255 dimensions, expected 1 to 64");
	idx_fails("\0\0\x08\2\0\0\0\1", 8, "a.idx: truncated: 8 bytes, but its header has 12");
	idx_fails("\0\0\x08\2\0\0\0\2\0\0\0\2" "abc", 15, "a.idx: truncated: its header says uint8 [2, 2], 4 bytes, but 3 follow");
	idx_fails("\0\0\x08\2\0\0\0\2\0\0\0\2" "abcde", 17, "a.idx: too long: its header says uint8 [2, 2], 4 bytes, but 5 follow");
	idx_fails("\0\0\x08\2\0\0\0\2\0\0\0\1" "ab", 14, "a.idx: holds uint8 [2, 1], but 'x' takes 2 values a sample (m.nn:5)");
	idx_fails("\0\0\x08\2\0\0\0\0\0\0\0\2", 12, "a.idx: holds uint8 [0, 2]: no records");
	idx_fails("\0\0\x08\3\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16,
	    "a.idx: its header says uint8 [4294967295, 4294967295, 4294967295], more than any file can hold");
	idx_fails("\0\0\x08\2\xff\xff\xff\xff\0\0\0\2", 12, "a.idx: truncated: its header says uint8 [4294967295, 2], 8589934590 bytes, but 0 follow");
	idx_fails("\0\0\x0D\2\0\0\0\1\0\0\0\2\x7f\xc0\0\0\0\0\0\0", 20, "a.idx: record 0, value 0 is nan, but data must be finite");
	one_integer(0, 9);
	idx_fails("\0\0\x08\1\0\0\0\3\0\1\x0c", 11, "a.idx: record 2 is 12, but 't' is declared 0..9 (m.nn:7)");
}

/* ---- NPY ---- */

/* a file with this dictionary; returns its size */
static size_t
put_npy(int version, const char *header, const void *values, size_t size)
{
	unsigned char file[4096] = "\x93NUMPY";
	size_t n = strlen(header), start = version == 1 ? 10 : 12;

	file[6] = (unsigned char)version;
	file[8] = (unsigned char)n;
	file[9] = (unsigned char)(n >> 8);
	memcpy(file + start, header, n);
	memcpy(file + start + n, values, size);
	put("a.npy", file, start + n + size);
	return start + n + size;
}

static void
npy_fails(const char *header, size_t size, const char *message)
{
	static const char zeros[64];

	put_npy(1, header, zeros, size);
	refuses("npy", "a.npy", message);
}

#define NPY(type, order, shape) "{'descr': '" type "', 'fortran_order': " order ", 'shape': " shape ", }\n"

Test(formats, npy_of_every_type)
{
	static const struct {
		const char *type, *bytes;
		size_t size;
	} types[] = {
		{NPY("<f4", "False", "(1, 2)"), "\0\0\x40\x40\0\0\x80\x3f", 8},
		{NPY(">f4", "False", "(1, 2)"), "\x40\x40\0\0\x3f\x80\0\0", 8},
		{NPY("<f8", "False", "(1, 2)"), "\0\0\0\0\0\0\x08\x40\0\0\0\0\0\0\xf0\x3f", 16},
		{NPY(">f8", "False", "(1, 2)"), "\x40\x08\0\0\0\0\0\0\x3f\xf0\0\0\0\0\0\0", 16},
		{NPY("|u1", "False", "(1, 2)"), "\3\1", 2},
		{NPY("|i1", "False", "(1, 2,)"), "\3\1", 2},
		{NPY("|b1", "False", "(1, 2)"), "\3\1", 2},
		{NPY("<i2", "False", "(1, 2)"), "\3\0\1\0", 4},
		{NPY("<u2", "False", "(1, 2)"), "\3\0\1\0", 4},
		{NPY(">i2", "False", "(1, 2)"), "\0\3\0\1", 4},
		{NPY("<i4", "False", "(1, 2)"), "\3\0\0\0\1\0\0\0", 8},
		{NPY("<u4", "False", "(1, 1, 2)"), "\3\0\0\0\1\0\0\0", 8},
		{NPY("<i8", "False", "(1L, 2L)"), "\3\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0", 16},
		{"{\"shape\":(1,2),\"descr\":\"<u8\",\"fortran_order\":True}", "\3\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0", 16},
	};
	for (size_t i = 0; i < LENGTH(types); i++)
		for (int version = 1; version <= 3; version++) {
			put_npy(version, types[i].type, types[i].bytes, types[i].size);
			accepts("npy", "a.npy", 1, (float[]){3, 1});
		}
}

Test(formats, npy_in_fortran_order)
{
	one_real(6);
	/* a[r][i][j] = 100 r + 10 i + j, r fastest */
	put_npy(1, NPY("|u1", "True", "(2, 2, 3)"), "\0\x64\x0a\x6e\x01\x65\x0b\x6f\x02\x66\x0c\x70", 12);
	accepts("npy", "a.npy", 2, (float[]){0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112});
}

Test(formats, npy_messages)
{
	put_text("a.npy", "1,2\n");
	refuses("npy", "a.npy", "a.npy: not an .npy file: it does not start with \\x93NUMPY");
	put("a.npy", "\x93NUMPY\1", 7);
	refuses("npy", "a.npy", "a.npy: truncated: 7 bytes, too short for an .npy file");
	put("a.npy", "\x93NUMPY\4\0\0\0\0\0", 12);
	refuses("npy", "a.npy", "a.npy: .npy version 4.0, expected 1.0, 2.0 or 3.0");
	put("a.npy", "\x93NUMPY\2\0\xff\xff\xff\xff", 12);
	refuses("npy", "a.npy", "a.npy: truncated: a header of 4294967295 bytes, but 0 follow");
	npy_fails(NPY("<f8", "False", "(2, 3)"), 48, "a.npy: holds float64 [2, 3], but 'x' takes 2 values a sample (m.nn:5)");
	npy_fails(NPY("<f8", "False", "(2, 2)"), 31, "a.npy: truncated: its header says float64 [2, 2], 32 bytes, but 31 follow");
	npy_fails(NPY("<f8", "False", "(2, 2)"), 33, "a.npy: too long: its header says float64 [2, 2], 32 bytes, but 33 follow");
	npy_fails(NPY("<f8", "False", "()"), 8, "a.npy: holds a single number, expected records along a first axis");
	npy_fails(NPY("<f8", "False", "(0, 2)"), 0, "a.npy: holds float64 [0, 2]: no records");
	npy_fails(NPY("<f8", "False", "(0, 1152921504606846976, 1152921504606846976)"), 0,
	    "a.npy: holds float64 [0, 1152921504606846976, 1152921504606846976], but 'x' takes 2 values a sample (m.nn:5)");
	npy_fails(NPY("<f8", "False", "(1152921504606846976, 2)"), 0, "a.npy: its header says float64 [1152921504606846976, 2], more than any file can hold");
	npy_fails(NPY("<f8", "False", "(1152921504606846, 2)"), 0,
	    "a.npy: truncated: its header says float64 [1152921504606846, 2], 18446744073709536 bytes, but 0 follow");
	npy_fails(NPY("<f8", "False", "(99999999999999999999, 2)"), 0, "a.npy: its header is damaged: a length of more than 18446744073709551615");
	npy_fails(NPY("<f2", "False", "(2, 2)"), 8, "a.npy: holds type '<f2', expected integers, bool, float32 or float64");
	npy_fails(NPY("<c16", "False", "(2, 2)"), 8, "a.npy: holds type '<c16', expected integers, bool, float32 or float64");
	help_is("convert it in Python: numpy.save(\"x.npy\", x.astype(numpy.float32))");
	npy_fails("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", 8, "a.npy: holds records with named fields, expected plain numbers");
	npy_fails("{'descr': '<f8', 'descr': '<f8'}", 8, "a.npy: its header is damaged: 'descr' comes twice");
	npy_fails("{'descr': '<f8', 'shape': (1, 2)}", 16, "a.npy: its header is damaged: no 'fortran_order'");
	npy_fails("{'order': 3}", 16, "a.npy: its header is damaged: unknown entry 'order'");
	npy_fails("{'fortran_order': 3}", 16, "a.npy: its header is damaged: expected True or False before \"3}\"");
	npy_fails("{'shape': (-1,)}", 16, "a.npy: its header is damaged: expected a length before \"-1,)}\"");
	npy_fails("{'shape': (1 2)}", 16, "a.npy: its header is damaged: expected `,` or `)` before \"2)}\"");
	npy_fails("{} junk", 16, "a.npy: its header is damaged: expected nothing more before \"junk\"");
}

Test(formats, npy_written_and_read)
{
	const float reals[] = {1.5f, -2, 3, 4};
	struct nn_column_data column;
	char *bytes;
	size_t size;

	cr_assert_eq(nn_npy_write("w.npy", reals, 2, 1, (size_t[]){2}, sizeof(float), 0, &e), 0, "%s", e.text);
	bytes = get("w.npy", &size);
	cr_assert_eq(size, 128 + sizeof reals);
	cr_assert_eq(memcmp(bytes, "\x93NUMPY\1\0\x76\0{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }  ", 70), 0);
	cr_assert_eq(bytes[127], '\n');
	free(bytes);
	cr_assert_eq(nn_data_read_array(&program, 0, "w.npy", &column, &e), 0, "%s", e.text);
	cr_assert(column.records == 2 && memcmp(column.values, reals, sizeof reals) == 0);
	nn_column_free(&column);
	cr_assert_eq(nn_npy_write("w.npy", (int32_t[]){7, 8, 9}, 3, 0, NULL, sizeof(float), 1, &e), 0);
	cr_assert_eq(nn_data_read_array(&program, 1, "w.npy", &column, &e), 0, "%s", e.text);
	cr_assert(column.records == 3 && *(const int32_t *)record_of(&program, 1, &column, 2) == 9);
	nn_column_free(&column);
	cr_assert_eq(nn_data_read_array(&program, 0, "w.npy", &column, &e), -1);
	cr_assert_str_eq(e.text, "w.npy: holds int32 [3], but 'x' takes 2 values a sample (m.nn:5)");
	cr_assert_null(column.values);
	cr_assert_eq(nn_npy_write("w.npy", (int32_t[]){7, 8, 90}, 3, 0, NULL, sizeof(float), 1, &e), 0);
	cr_assert_eq(nn_data_read_array(&program, 1, "w.npy", &column, &e), -1);
	cr_assert_str_eq(e.text, "w.npy: record 2 is 90, but 't' is declared 0..9 (m.nn:7)");
	cr_assert_null(column.values);
	cr_assert_eq(nn_npy_write("none/w.npy", reals, 2, 1, (size_t[]){2}, sizeof(float), 0, &e), -1);
	cr_assert_str_eq(e.text, "cannot create none/w.npy: No such file or directory");
}

Test(formats, every_truncation_is_noticed)
{
	put("a.idx", "\0\0\x0D\2\0\0\0\2\0\0\0\2\x40\x40\0\0\xbf\x80\0\0\x40\x40\0\0\xbf\x80\0\0", 28);
	truncate_all("idx", "a.idx", 0);
	put_npy(1, NPY("<i2", "True", "(2, 2)"), "\1\0\2\0\3\0\4", 8);
	truncate_all("npy", "a.npy", 0);
}

/* ---- how records are kept ---- */

/* whole numbers from low to high take so many bytes, and come back as they were */
static void
keeps_range(long low, long high, unsigned bytes, size_t sum)
{
	const double list[] = {(double)low, (double)high, (double)low, (double)(high - (high > low))};

	one_integer(low, high);
	inputs[0].count = 2;
	sources[0].literal = list;
	sources[0].literal_count = 4;
	cr_assert_eq(read_from("literal", NULL), 0, "%s", e.text);
	cr_expect_eq(set.inputs[0].packed, bytes, "%ld..%ld", low, high);
	cr_expect_eq(nn_column_bytes(&program, 0, &set.inputs[0]), sum);
	for (size_t i = 0; i < 4; i++)
		cr_expect_eq(integer_at(0, i), (int32_t)list[i], "%ld..%ld", low, high);
}

Test(formats, whole_numbers_take_the_bytes_of_their_range)
{
	keeps_range(0, 1, 1, 4);
	keeps_range(0, 255, 1, 4);
	keeps_range(-100, 155, 1, 4);
	keeps_range(0, 256, 2, 8);
	keeps_range(1000000, 1000255, 1, 4);
	keeps_range(-32768, 32767, 2, 8);
	keeps_range(0, 65536, 0, 16);
	keeps_range(INT32_MIN, INT32_MAX, 0, 16);
	keeps_range(INT32_MIN, INT32_MIN + 3L, 1, 4);
	keeps_range(INT32_MAX, INT32_MAX, 1, 4);
}

/* pixels: the same numbers as from any other type, in a byte each */
static void
keeps_bytes(size_t real_size)
{
	unsigned char bytes[256];
	double doubles[256];
	char kept[256 * sizeof(double)];

	for (int i = 0; i < 256; i++)
		doubles[i] = bytes[i] = (unsigned char)i;
	program.real_size = real_size;
	put_npy(1, NPY("|u1", "False", "(128, 2)"), bytes, sizeof bytes);
	cr_assert_eq(read_from("npy", "a.npy"), 0, "%s", e.text);
	cr_assert_eq(nn_column_bytes(&program, 0, &set.inputs[0]), 256);
	for (size_t r = 0; r < 128; r++)
		nn_column_get(&program, 0, &set.inputs[0], r, kept + r * 2 * real_size);
	put_npy(1, NPY("<f8", "False", "(128, 2)"), doubles, sizeof doubles);
	cr_assert_eq(read_from("npy", "a.npy"), 0, "%s", e.text);
	cr_assert_eq(nn_column_bytes(&program, 0, &set.inputs[0]), 256 * real_size);
	cr_assert_eq(memcmp(kept, set.inputs[0].values, 256 * real_size), 0);
}

Test(formats, pixels_stay_bytes)
{
	static const struct nn_arith one[] = {{'/', 255, 0}}, several[] = {{'/', 3, 0}, {'-', 1, 1}, {'^', 3, 0}}, reciprocal[] = {{'/', 1, 1}};

	keeps_bytes(sizeof(float));
	sources[0].arith = one;
	sources[0].arith_count = 1;
	keeps_bytes(sizeof(float));
	keeps_bytes(sizeof(double));
	sources[0].arith = several;
	sources[0].arith_count = 3;
	keeps_bytes(sizeof(float));
	keeps_bytes(sizeof(double));
	/* 1 / 0 is an error where there is a 0, and only there */
	sources[0].arith = reciprocal;
	sources[0].arith_count = 1;
	program.real_size = sizeof(float);
	put_npy(1, NPY("|u1", "False", "(2, 2)"), "\1\2\4\5", 4);
	accepts("npy", "a.npy", 2, (float[]){1, 0.5f, 0.25f, 0.2f});
	put_npy(1, NPY("|u1", "False", "(2, 2)"), "\1\2\4\0", 4);
	refuses("npy", "a.npy", "a.npy: record 1, value 1 is 0, after the arithmetic inf, but data must be finite");
}

/* ---- the real thing ---- */

Test(formats, mnist_as_it_comes, .timeout = 60)
{
	const char *mnist = getenv("MNIST") ? getenv("MNIST") : "/work/shared/mnist";
	char path[NN_PATH_MAX];

#ifndef NN_HAVE_ZLIB
	cr_skip_test("the files are compressed");
#endif
	snprintf(path, sizeof path, "%s/t10k-labels-idx1-ubyte.gz", mnist);
	if (access(path, R_OK))
		cr_skip_test("no MNIST files here");
	one_real(784);
	sources[0].arith = (struct nn_arith[]){{'/', 255, 0}};
	sources[0].arith_count = 1;
	sources[1] = (struct nn_source){.input = 1, .line = 21, .reader = "idx", .path = "t10k-labels-idx1-ubyte"};
	sources[0].reader = "idx";
	sources[0].path = "t10k-images-idx3-ubyte";
	program.source_count = 2;
	cr_assert_eq(nn_data_read(&program, NN_DATA, mnist, &set, &e), 0, "%s", e.text);
	cr_assert_eq(set.records, 10000);
	cr_assert(integer_at(1, 0) == 7 && integer_at(1, 1) == 2 && integer_at(1, 9999) == 6);
	double sum = 0;
	for (size_t r = 0; r < 10000; r++) {
		const float *image = record_of(&program, 0, &set.inputs[0], r);
		for (size_t i = 0; i < 784; i++)
			sum += (double)image[i] * 255;
	}
	cr_assert_float_eq(sum, 264923200, 10);
	inputs[1].high = 8;
	nn_data_free(&program, &set);
	cr_assert_eq(nn_data_read(&program, NN_DATA, mnist, &set, &e), -1);
	snprintf(path, sizeof path, "%s/t10k-labels-idx1-ubyte.gz: record 7 is 9, but 't' is declared 0..8 (m.nn:7)", mnist);
	cr_assert_str_eq(e.text, path);
}
