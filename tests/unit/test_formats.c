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

/* ---- windows of texts and tokens ---- */

/* input s: [count] of low..high, or with more axes */
static void
window(int rank, size_t rows, size_t count, long low, long high)
{
	inputs[0] = (struct nn_input){.name = "s", .line = 3, .rank = rank, .count = rows * count, .is_integer = 1, .low = low, .high = high};
	inputs[0].shape[0] = rank == 2 ? rows : count;
	inputs[0].shape[1] = count;
}

static void
windows_are(const char *reader, const char *path, size_t records, const char *text)
{
	cr_assert_eq(read_from(reader, path), 0, "%s", e.text);
	cr_assert_eq(set.records, records);
	for (size_t i = 0; i < records * inputs[0].count; i++)
		cr_assert_eq(integer_at(0, i), text[i], "value %zu is %d", i, integer_at(0, i));
}

Test(formats, text_in_windows)
{
	put_text("a.txt", "abcdefghij");
	window(1, 1, 4, 0, 255); /* the last of a window is the first of the next */
	windows_are("text", "a.txt", 3, "abcddefgghij");
	cr_assert_eq(nn_column_bytes(&program, 0, &set.inputs[0]), 10);
	window(1, 1, 5, 0, 255); /* what fills no window is dropped */
	windows_are("text", "a.txt", 2, "abcdeefghi");
	window(1, 1, 10, 0, 255);
	windows_are("text", "a.txt", 1, "abcdefghij");
	window(1, 1, 2, 0, 255);
	windows_are("text", "a.txt", 9, "abbccddeeffgghhiij");
	window(1, 1, 1, 0, 255); /* side by side: a single byte, more axes */
	windows_are("text", "a.txt", 10, "abcdefghij");
	window(0, 1, 1, 0, 255);
	windows_are("text", "a.txt", 10, "abcdefghij");
	window(2, 2, 3, 0, 255);
	windows_are("text", "a.txt", 1, "abcdef");
	window(2, 1, 3, -1000, 100000);
	windows_are("text", "a.txt", 3, "abcdefghi");
	put("a.txt", "\0\xff\n\r\0", 5); /* any byte */
	window(1, 1, 5, 0, 255);
	cr_assert_eq(read_from("text", "a.txt"), 0, "%s", e.text);
	cr_assert(integer_at(0, 0) == 0 && integer_at(0, 1) == 255 && integer_at(0, 2) == 10 && integer_at(0, 4) == 0);
}

/* longer than the pieces in which it is decoded: every record is where it should be */
Test(formats, text_of_many_windows)
{
	static char text[100003];

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)(i * 2654435761u >> 7 & 127);
	put("a.txt", text, sizeof text);
	window(1, 1, 33, 0, 127);
	cr_assert_eq(read_from("text", "a.txt"), 0, "%s", e.text);
	cr_assert_eq(set.records, (sizeof text - 33) / 32 + 1);
	for (size_t r = 0; r < set.records; r++)
		for (size_t i = 0; i < 33; i++)
			cr_assert_eq(integer_at(0, 33 * r + i), text[32 * r + i]);
	slice(1000, 1002);
	cr_assert_eq(read_from("text", "a.txt"), 0, "%s", e.text);
	cr_assert_eq(set.records, 3);
	for (size_t i = 0; i < 3 * 33; i++)
		cr_assert_eq(integer_at(0, i), text[32 * (1000 + i / 33) + i % 33]);
}

Test(formats, text_slices_and_arithmetic)
{
	put_text("a.txt", "abcdefghij");
	window(1, 1, 4, 0, 255);
	slice(1, 2);
	windows_are("text", "a.txt", 2, "defgghij");
	slice(2, 2);
	windows_are("text", "a.txt", 1, "ghij");
	slice(1, 3);
	refuses("text", "a.txt", "a.txt: holds 3 records of 4 bytes, 0..2, but [1..3] asks for more (m.nn:20)");
	sources[0].sliced = 0;
	sources[0].arith = (struct nn_arith[]){{'-', 96, 0}, {'*', 2, 0}};
	sources[0].arith_count = 2;
	windows_are("text", "a.txt", 3, "\2\4\6\10\10\12\14\16\16\20\22\24");
	sources[0].arith = (struct nn_arith[]){{'/', 2, 0}};
	sources[0].arith_count = 1;
	refuses("text", "a.txt", "a.txt: byte 0 is 97, after the arithmetic 48.5, but 's' takes whole numbers, 0..255 (m.nn:3)");
}

Test(formats, text_messages)
{
	put_text("a.txt", "caf\xc3\xa9\n");
	window(1, 1, 4, 0, 127);
	refuses("text", "a.txt", "a.txt: byte 3 is 195, but 's' is declared 0..127 (m.nn:3)");
	slice(1, 1);
	refuses("text", "a.txt", "a.txt: holds 1 records of 4 bytes, 0..0, but [1..1] asks for more (m.nn:20)");
	sources[0].sliced = 0;
	window(1, 1, 7, 0, 255);
	refuses("text", "a.txt", "a.txt: 6 bytes, but 's' takes 7 values a sample (m.nn:3)");
	put_text("a.txt", "");
	refuses("text", "a.txt", "a.txt: 0 bytes, but 's' takes 7 values a sample (m.nn:3)");
	refuses("text", "no.txt", "there is no file no.txt or no.txt.gz (for 's', m.nn:20)");
	inputs[0].is_integer = 0;
	refuses("text", "a.txt", "a.txt: bytes are whole numbers, but 's' takes 7 values a sample (m.nn:3)");
}

Test(formats, tokens_of_every_type)
{
	static const struct {
		const char *type, *bytes;
		size_t size;
	} types[] = {
		{NPY("|u1", "False", "(5,)"), "\1\2\3\4\5", 5},
		{NPY("<u2", "False", "(5,)"), "\1\0\2\0\3\0\4\0\5\0", 10},
		{NPY(">u2", "False", "(5,)"), "\0\1\0\2\0\3\0\4\0\5", 10},
		{NPY("<i4", "True", "(5,)"), "\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5\0\0\0", 20},
		{NPY("<i8", "False", "(5,)"), "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0", 40},
	};
	struct nn_column_data column;

	window(1, 1, 3, 0, 50256);
	for (size_t i = 0; i < LENGTH(types); i++) {
		put_npy(1, types[i].type, types[i].bytes, types[i].size);
		windows_are("npy", "a.npy", 2, "\1\2\3\3\4\5");
		cr_assert_eq(nn_column_bytes(&program, 0, &set.inputs[0]), 10);
		/* the same typed on the command line */
		cr_assert_eq(nn_data_read_array(&program, 0, "a.npy", &column, &e), 0, "%s", e.text);
		cr_assert(column.records == 2 && ((const int32_t *)record_of(&program, 0, &column, 1))[2] == 5);
		nn_column_free(&column);
	}
	/* with an axis for the records they are taken as they are */
	put_npy(1, NPY("|u1", "False", "(2, 3)"), "\1\2\3\4\5\6", 6);
	windows_are("npy", "a.npy", 2, "\1\2\3\4\5\6");
	window(0, 1, 1, 0, 9);
	put_npy(1, NPY("|u1", "False", "(3,)"), "\1\2\3", 3);
	windows_are("npy", "a.npy", 3, "\1\2\3");
}

Test(formats, token_messages)
{
	window(1, 1, 3, 0, 50256);
	put_npy(1, NPY("<u2", "False", "(5,)"), "\1\0\2\0\3\0\4\0\377\377", 10);
	refuses("npy", "a.npy", "a.npy: value 4 is 65535, but 's' is declared 0..50256 (m.nn:3)");
	put_npy(1, NPY("<i4", "False", "(5,)"), "\1\0\0\0\377\377\377\377\3\0\0\0\4\0\0\0\5\0\0\0", 20);
	refuses("npy", "a.npy", "a.npy: value 1 is -1, but 's' is declared 0..50256 (m.nn:3)");
	put_npy(1, NPY("<f4", "False", "(3,)"), "\0\0\0\0\0\0\0\x3f\0\0\0\0", 12);
	refuses("npy", "a.npy", "a.npy: value 1 is 0.5, but 's' takes whole numbers, 0..50256 (m.nn:3)");
	npy_fails(NPY("<u2", "False", "(2,)"), 4, "a.npy: 2 values, but 's' takes 3 values a sample (m.nn:3)");
	npy_fails(NPY("<u2", "False", "(0,)"), 0, "a.npy: 0 values, but 's' takes 3 values a sample (m.nn:3)");
	npy_fails(NPY("<u2", "False", "(5,)"), 9, "a.npy: truncated: its header says uint16 [5], 10 bytes, but 9 follow");
	npy_fails(NPY("<u2", "False", "(2, 2)"), 8, "a.npy: holds uint16 [2, 2], but 's' takes 3 values a sample (m.nn:3)");
	one_real(3); /* real numbers are never cut */
	inputs[0].is_integer = 0;
	npy_fails(NPY("<f4", "False", "(5,)"), 20, "a.npy: holds float32 [5], but 's' takes 3 values a sample (m.nn:3)");
	/* nor are the bytes of an IDX file */
	window(1, 1, 3, 0, 255);
	idx_fails("\0\0\x08\1\0\0\0\3abc", 11, "a.idx: holds uint8 [3], but 's' takes 3 values a sample (m.nn:3)");
}

/* ---- CIFAR-10 ---- */

enum { CIFAR = 3073 };

/* pixel k of the picture with this number */
static unsigned char
pixel(size_t number, size_t k)
{
	return (unsigned char)(number * 31 + k * 7 + k / 1024 * 50);
}

static void
put_batch(const char *name, size_t first, size_t count)
{
	unsigned char *bytes = malloc(count * CIFAR);

	cr_assert_not_null(bytes);
	for (size_t r = 0; r < count; r++) {
		bytes[r * CIFAR] = (unsigned char)((first + r) % 10);
		for (size_t k = 0; k + 1 < CIFAR; k++)
			bytes[r * CIFAR + 1 + k] = pixel(first + r, k);
	}
	put(name, bytes, count * CIFAR);
	free(bytes);
}

/* a folder with batches of 1, 2, 3, 4 and 5 pictures, and one of 2 to test on; sources for images and classes */
static void
put_cifar(void)
{
	char name[32];

	cr_assert_eq(mkdir("c", 0700), 0);
	for (size_t k = 0; k < 5; k++) {
		snprintf(name, sizeof name, "c/data_batch_%zu.bin", k + 1);
		put_batch(name, k * (k + 1) / 2, k + 1);
	}
	put_batch("c/test_batch.bin", 100, 2);
	one_real(3072);
	sources[0].part = "train_images";
	sources[1] = (struct nn_source){.input = 1, .line = 21, .reader = "cifar10", .path = "c", .part = "train_labels"};
	program.source_count = 2;
}

Test(formats, cifar10_images_and_classes)
{
	put_cifar();
	cr_assert_eq(read_from("cifar10", "c"), 0, "%s", e.text);
	cr_assert_eq(set.records, 15);
	cr_assert_eq(nn_column_bytes(&program, 0, &set.inputs[0]), 15 * 3072);
	for (size_t r = 0; r < 15; r++) {
		const float *image = record_of(&program, 0, &set.inputs[0], r);
		for (size_t k = 0; k < 3072; k++)
			cr_assert_eq(image[k], (float)pixel(r, k), "picture %zu, value %zu", r, k);
		cr_assert_eq(integer_at(1, r), (int32_t)(r % 10));
	}
	sources[0].part = "test_images";
	sources[1].part = "test_labels";
	cr_assert_eq(read_from("cifar10", "c"), 0, "%s", e.text);
	cr_assert(set.records == 2 && x_at(3072 + 5) == pixel(101, 5) && integer_at(1, 1) == 1);
	/* a slice over several files, and arithmetic */
	sources[0].part = "train_images";
	sources[1].part = "train_labels";
	slice(2, 7);
	sources[1].sliced = 1, sources[1].first = 2, sources[1].last = 7;
	sources[0].arith = (struct nn_arith[]){{'/', 255, 0}};
	sources[0].arith_count = 1;
	cr_assert_eq(read_from("cifar10", "c"), 0, "%s", e.text);
	cr_assert(set.records == 6 && integer_at(1, 0) == 2 && integer_at(1, 5) == 7);
	cr_assert_eq(x_at(5 * 3072 + 9), (float)(pixel(7, 9) / 255.0));
	slice(2, 15);
	refuses("cifar10", "c", "c: holds 15 records, 0..14, but [2..15] asks for more (m.nn:20)");
}

Test(formats, cifar10_compressed)
{
#ifdef NN_HAVE_ZLIB
	put_cifar();
	cr_assert_eq(system("gzip c/data_batch_3.bin c/data_batch_5.bin"), 0);
	cr_assert_eq(read_from("cifar10", "c"), 0, "%s", e.text);
	cr_assert(set.records == 15 && integer_at(1, 14) == 4 && x_at(14 * 3072) == pixel(14, 0));
#else
	cr_skip_test("built without zlib");
#endif
}

Test(formats, cifar10_messages)
{
	char *bytes = calloc(3, CIFAR + 1);

	put_cifar();
	cr_assert_not_null(bytes);
	put("c/data_batch_3.bin", bytes, 2 * CIFAR + 7);
	refuses("cifar10", "c", "c/data_batch_3.bin: truncated: 6153 bytes are 2 records of 3073 bytes and 7 more");
	put("c/data_batch_3.bin", bytes, 1);
	refuses("cifar10", "c", "c/data_batch_3.bin: truncated: 1 bytes are 0 records of 3073 bytes and 1 more");
	put("c/data_batch_3.bin", bytes, 2 * (CIFAR + 1));
	refuses("cifar10", "c", "c/data_batch_3.bin: truncated: 6148 bytes are 2 records of 3073 bytes and 2 more");
	help_is("records of CIFAR-100 have 3074 bytes, two of them classes");
	put("c/data_batch_3.bin", bytes, 0);
	refuses("cifar10", "c", "c/data_batch_3.bin: is empty, expected records of 3073 bytes");
	bytes[CIFAR] = 10;
	put("c/data_batch_3.bin", bytes, 2 * CIFAR);
	refuses("cifar10", "c", "c/data_batch_3.bin: byte 3073, the class of record 1, is 10, expected 0..9");
	remove("c/data_batch_3.bin");
	refuses("cifar10", "c", "there is no file c/data_batch_3.bin or c/data_batch_3.bin.gz (for 'x', m.nn:20)");
	help_is("--data FOLDER says where the data files are");
	put_batch("c/data_batch_3.bin", 3, 3);
	refuses("cifar10", "nowhere", "there is no file nowhere/data_batch_1.bin or nowhere/data_batch_1.bin.gz (for 'x', m.nn:20)");
	inputs[1].high = 4; /* record 2 of the third file has class 5 */
	refuses("cifar10", "c", "c/data_batch_3.bin: record 2 is 5, but 't' is declared 0..4 (m.nn:7)");
	inputs[1].high = 9;
	one_real(784);
	refuses("cifar10", "c", "an image of CIFAR-10 has 3072 values, 3 x 32 x 32, but 'x' takes 784 values a sample (m.nn:5)");
	one_real(3072);
	sources[1].part = "train_images";
	refuses("cifar10", "c", "an image of CIFAR-10 has 3072 values, 3 x 32 x 32, but 't' takes 1 value a sample (m.nn:7)");
	sources[1].part = "test_labels";
	refuses("cifar10", "c", "'x' has 15 records (m.nn:20), but 't' has 2 (m.nn:21), in `data`");
	sources[0].part = "some";
	refuses("cifar10", "c", "cifar10 has no part 'some' (m.nn:20)");
	sources[0].part = NULL;
	refuses("cifar10", "c", "cifar10 has no part '' (m.nn:20)");
	free(bytes);
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
	char kept[256 * sizeof(double)], other[256 * sizeof(double)];

	for (int i = 0; i < 256; i++)
		doubles[i] = bytes[i] = (unsigned char)i;
	program.real_size = real_size;
	put_npy(1, NPY("|u1", "False", "(128, 2)"), bytes, sizeof bytes);
	cr_assert_eq(read_from("npy", "a.npy"), 0, "%s", e.text);
	cr_assert_eq(nn_column_bytes(&program, 0, &set.inputs[0]), 256);
	nn_column_gather(&program, 0, &set.inputs[0], NULL, 0, 128, kept);
	put_npy(1, NPY("<f8", "False", "(128, 2)"), doubles, sizeof doubles);
	cr_assert_eq(read_from("npy", "a.npy"), 0, "%s", e.text);
	cr_assert_eq(nn_column_bytes(&program, 0, &set.inputs[0]), 256 * real_size);
	nn_column_gather(&program, 0, &set.inputs[0], NULL, 0, 128, other);
	cr_assert_eq(memcmp(kept, other, 256 * real_size), 0);
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
	cr_assert_eq(nn_data_read(&program, NN_DATA, mnist, NULL, &set, &e), 0, "%s", e.text);
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
	cr_assert_eq(nn_data_read(&program, NN_DATA, mnist, NULL, &set, &e), -1);
	snprintf(path, sizeof path, "%s/t10k-labels-idx1-ubyte.gz: record 7 is 9, but 't' is declared 0..8 (m.nn:7)", mnist);
	cr_assert_str_eq(e.text, path);
}
