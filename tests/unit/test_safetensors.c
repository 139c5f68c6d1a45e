/* test_safetensors.c - weights files: what is written is read back, and every message for a header that is wrong. */
#define _XOPEN_SOURCE 700
#include "file.h"
#include "json.h"
#include "safetensors.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define LENGTH(a) (sizeof(a) / sizeof *(a))

static char folder[] = "/tmp/nn-safetensors-XXXXXX";
static struct nn_error e;
static struct nn_named_list list;

static void
enter(void)
{
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
}

static int
remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status, (void)type, (void)place;
	return remove(path);
}

static void
leave(void)
{
	if (chdir("/") == 0)
		nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(safetensors, .init = enter, .fini = leave);

static void
put(const char *name, const void *bytes, size_t size)
{
	FILE *f = fopen(name, "wb");

	cr_assert(f && fwrite(bytes, 1, size, f) == size && fclose(f) == 0);
}

/* the file "w" with this header, which says it has `length` bytes, and `values` bytes of zeros */
static void
put_header_of(const char *header, size_t size, uint64_t length, size_t values)
{
	unsigned char bytes[4096] = {0};

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(length >> 8 * i);
	memcpy(bytes + 8, header, size);
	put("w", bytes, 8 + size + values);
}

static void
refuses(const char *message)
{
	cr_assert_eq(nn_safetensors_read("w", &list, &e), -1, "read, expected: %s", message);
	cr_assert_str_eq(e.text, message);
	cr_assert(!list.items && !list.metadata && !list.storage && !list.count);
}

static void
fails(const char *header, size_t values, const char *message)
{
	put_header_of(header, strlen(header), strlen(header), values);
	refuses(message);
}

static void
reads(const char *header, size_t values, size_t tensors)
{
	put_header_of(header, strlen(header), strlen(header), values);
	cr_assert_eq(nn_safetensors_read("w", &list, &e), 0, "%s", e.text);
	cr_assert_eq(list.count, tensors);
}

static const float w[6] = {1, 2, 3, 4, 5, 6};
static const double m[1] = {0.1};
static const uint8_t u[3] = {7, 8, 9};
static const int32_t i32[2] = {-1, 5};
static const int64_t i64[1] = {-1234567890123};

static const struct nn_named items[] = {
	{.path = "Dense1.W", .dtype = "F32", .rank = 2, .shape = {2, 3}, .count = 6, .values = (void *)(uintptr_t)w},
	{.path = "u", .dtype = "U8", .rank = 1, .shape = {3}, .count = 3, .values = (void *)(uintptr_t)u},
	{.path = "a \"quoted\"\n\xc3\xa9", .dtype = "F64", .rank = 0, .count = 1, .values = (void *)(uintptr_t)m},
	{.path = "i", .dtype = "I32", .rank = 1, .shape = {2}, .count = 2, .values = (void *)(uintptr_t)i32},
	{.path = "empty", .dtype = "F32", .rank = 2, .shape = {0, 5}, .count = 0},
	{.path = "l", .dtype = "I64", .rank = 1, .shape = {1}, .count = 1, .values = (void *)(uintptr_t)i64},
};
static const char *const metadata[] = {"model", "Spiral", "line\n", "\x01\xff\\"};

Test(safetensors, what_is_written_is_read)
{
	static const size_t sizes[] = {24, 3, 8, 8, 0, 8};

	cr_assert_eq(nn_safetensors_write("w", items, LENGTH(items), metadata, 2, &e), 0, "%s", e.text);
	cr_assert_eq(nn_safetensors_read("w", &list, &e), 0, "%s", e.text);
	cr_assert_eq(list.count, LENGTH(items));
	for (size_t i = 0; i < list.count; i++) {
		const struct nn_named *t = &list.items[i];
		cr_assert_str_eq(t->path, items[i].path);
		cr_assert_str_eq(t->dtype, items[i].dtype);
		cr_assert(t->rank == items[i].rank && t->count == items[i].count);
		for (int k = 0; k < t->rank; k++)
			cr_assert_eq(t->shape[k], items[i].shape[k]);
		cr_assert_eq((uintptr_t)t->values % 64, 0);
		cr_assert(sizes[i] == 0 || memcmp(t->values, items[i].values, sizes[i]) == 0);
	}
	cr_assert_eq(list.metadata_count, 2);
	cr_assert_str_eq(list.metadata[0], "model");
	cr_assert_str_eq(list.metadata[1], "Spiral");
	cr_assert_str_eq(list.metadata[2], "line\n");
	cr_assert_str_eq(list.metadata[3], "\x01\xef\xbf\xbd\\");
	nn_safetensors_free(&list);
	cr_assert_eq(list.count, 0);
}

Test(safetensors, bytes_of_a_file)
{
	char found[NN_PATH_MAX];
	unsigned char *bytes;
	size_t size;

	cr_assert_eq(nn_safetensors_write("w", items, 2, NULL, 0, &e), 0, "%s", e.text);
	cr_assert_eq(nn_file_read("w", found, &bytes, &size, &e), 0);
	const char *header = "{\"Dense1.W\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},\"u\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[24,27]}}";
	cr_assert_eq(bytes[0], 120);
	cr_assert_eq(memcmp(bytes + 8, header, strlen(header)), 0);
	cr_assert_eq(bytes[127], ' ');
	cr_assert_eq(size, 128 + 27);
	cr_assert_eq(memcmp(bytes + 128, w, sizeof w), 0);
	free(bytes);
	cr_assert_eq(nn_safetensors_write("w", NULL, 0, metadata, 1, &e), 0);
	cr_assert_eq(nn_safetensors_read("w", &list, &e), 0, "%s", e.text);
	cr_assert(list.count == 0 && list.metadata_count == 1);
	nn_safetensors_free(&list);
	cr_assert_eq(nn_safetensors_write("w", NULL, 0, NULL, 0, &e), 0);
	cr_assert_eq(nn_safetensors_read("w", &list, &e), 0, "%s", e.text);
	nn_safetensors_free(&list);
}

Test(safetensors, headers_of_every_form)
{
	reads("{}", 0, 0);
	nn_safetensors_free(&list);
	reads("{ \"\\u0041\\ud83d\\ude00\\/\\b\" : {\"data_offsets\":[ 0 , 4 ],\"shape\":[ ],\"dtype\":\"F32\"} } \n\t ", 4, 1);
	cr_assert_str_eq(list.items[0].path, "A\xf0\x9f\x98\x80/\b");
	cr_assert_eq(list.items[0].count, 1);
	nn_safetensors_free(&list);
	reads("{\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[2,5]},\"__metadata__\":{},\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 5, 2);
	cr_assert_str_eq(list.items[0].path, "b");
	nn_safetensors_free(&list);
}

#define T(shape, offsets) "{\"w\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

Test(safetensors, sizes_that_lie)
{
	put("w", "", 0);
	refuses("w: 0 bytes, too short for a safetensors file");
	put_header_of("{}", 2, UINT64_MAX, 0);
	refuses("w: not a safetensors file: its header would have 18446744073709551615 bytes, more than 100000000");
	put_header_of("{}", 2, 100, 0);
	refuses("w: truncated: a header of 100 bytes, but 2 follow");
	put_header_of("{}", 2, 0, 0);
	refuses("w: the header ends at byte 0, expected `{`");
	fails(T("[2]", "[0,8]"), 7, "w: 'w' lies at 0..8, but the file has 7 bytes of values");
	fails(T("[2]", "[0,8]"), 9, "w: 9 bytes of values, but its tensors have 8");
	fails(T("[3]", "[0,8]"), 8, "w: 'w' has 8 bytes, but its shape needs 12");
	fails(T("[2]", "[8,0]"), 8, "w: 'w' lies at 8..0, but the file has 8 bytes of values");
	fails(T("[2]", "[4,12]"), 12, "w: 'w' starts at 4, but the values before it end at 0");
	fails(T("[4611686018427387904,4611686018427387904]", "[0,8]"), 8, "w: the shape of 'w' is larger than any file");
	fails(T("[4611686018427387904]", "[0,8]"), 8, "w: the shape of 'w' is larger than any file");
	fails(T("[1152921504606846976]", "[0,8]"), 8, "w: 'w' has 8 bytes, but its shape needs 4611686018427387904");
	fails(T("[0,4611686018427387904,4611686018427387904]", "[0,8]"), 8, "w: 'w' has 8 bytes, but its shape needs 0");
	fails("{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[2,5]}}", 5,
	    "w: 'b' starts at 2, but the values before it end at 3");
	fails("{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}}", 3,
	    "w: 'b' starts at 0, but the values before it end at 3");
}

Test(safetensors, headers_that_are_wrong)
{
	fails("[]", 0, "w: byte 0 of the header is \"[]\", expected `{`");
	fails(" {}", 0, "w: byte 0 of the header is \" {}\", expected `{`");
	fails("{", 0, "w: the header ends at byte 1, expected a string");
	fails("{} x", 0, "w: byte 3 of the header is \"x\", expected its end");
	fails("{\"a\"}", 0, "w: byte 4 of the header is \"}\", expected `:`");
	fails("{\"a", 0, "w: the header ends at byte 3, expected the end of a string");
	fails("{\"a\\", 0, "w: the header ends at byte 4, expected an escape of JSON");
	fails("{\"\\x\"", 0, "w: byte 3 of the header is \"x\"\", expected an escape of JSON");
	fails("{\"\\u00g0\"", 0, "w: byte 6 of the header is \"g0\"\", expected four hexadecimal digits");
	fails("{\"\\u0000\"", 0, "w: byte 8 of the header is \"\"\", expected another character than \\u0000 or half a pair before it");
	fails("{\"\\ud800\"", 0, "w: byte 8 of the header is \"\"\", expected the second half of a pair of \\u");
	fails("{\"\\ud800\\u0041\"", 0, "w: byte 14 of the header is \"\"\", expected the second half of a pair of \\u before it");
	fails("{\"\xff\"", 0, "w: byte 2 of the header is \"\\xff\"\", expected a character of UTF-8");
	fails("{\"\n\"", 0, "w: byte 2 of the header is \"\\n\"\", expected a character of UTF-8");
	fails(T("[2],\"shape\":[2]", "[0,8]"), 8, "w: 'w' has twice \"shape\"");
	fails(T("[2],\"x\":[2]", "[0,8]"), 8, "w: 'w' has an unknown entry \"x\"");
	fails("{\"w\":{\"dtype\":\"F32\",\"shape\":[]}}", 0, "w: 'w' has no \"data_offsets\"");
	fails("{\"w\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[0,2]}}", 2, "w: 'w' has type BF16, expected F64, F32, I64, I32 or U8");
	fails(T("[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "w: 'w' has more than 8 axes");
	fails(T("[-1]", "[0,4]"), 4, "w: byte 29 of the header is \"-1],\"data_offsets\":[\", expected a whole number");
	fails(T("[1.0]", "[0,4]"), 4, "w: byte 29 of the header is \"1.0],\"data_offsets\":\", expected a whole number");
	fails(T("[01]", "[0,4]"), 4, "w: byte 29 of the header is \"01],\"data_offsets\":[\", expected a whole number");
	fails(T("[1 2]", "[0,4]"), 4, "w: byte 31 of the header is \"2],\"data_offsets\":[0\", expected `,`");
	fails(T("[99999999999999999999]", "[0,4]"), 4, "w: byte 29 of the header is \"99999999999999999999\", expected a smaller number");
	fails("{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8,
	    "w: tensor 'w' comes twice");
	fails("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "w: \"__metadata__\" comes twice");
	fails("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "w: metadata 'a' comes twice");
	fails("{\"__metadata__\":{\"a\":1}}", 0, "w: byte 21 of the header is \"1}}\", expected a string");
	fails("{\"__metadata__\":{\"a\":\"1\",}}", 0, "w: byte 25 of the header is \"}}\", expected a string");
	put_header_of("{\"a\0\"", 5, 5, 0);
	refuses("w: byte 3 of the header is \"\", expected a character of UTF-8");
}

Test(safetensors, every_truncation_is_noticed)
{
	char found[NN_PATH_MAX];
	unsigned char *bytes;
	size_t size;

	cr_assert_eq(nn_safetensors_write("whole", items, LENGTH(items), metadata, 2, &e), 0, "%s", e.text);
	cr_assert_eq(nn_file_read("whole", found, &bytes, &size, &e), 0);
	for (size_t n = 0; n < size; n++) {
		put("w", bytes, n);
		cr_assert_eq(nn_safetensors_read("w", &list, &e), -1, "cut to %zu bytes", n);
		cr_assert(e.text[0] && !list.items && !list.storage);
	}
	/* and every byte of the header changed: an error, or a list that is whole */
	for (size_t n = 0; n < size - 51; n++)
		for (int bit = 0; bit < 8; bit++) {
			bytes[n] ^= (unsigned char)(1 << bit);
			put("w", bytes, size);
			if (nn_safetensors_read("w", &list, &e) == 0)
				cr_assert_eq(list.count, LENGTH(items));
			nn_safetensors_free(&list);
			bytes[n] ^= (unsigned char)(1 << bit);
		}
	free(bytes);
}

Test(safetensors, files_that_cannot_be)
{
	static const float large[20000];
	const struct nn_named item = {.path = "x", .dtype = "F32", .rank = 1, .shape = {20000}, .count = 20000, .values = (void *)(uintptr_t)large};
	const struct nn_named half = {.path = "x", .dtype = "F16", .rank = 1, .shape = {2}, .count = 2, .values = (void *)(uintptr_t)large};
	struct rlimit limit = {50000, 50000};

	cr_assert_eq(nn_safetensors_read("none", &list, &e), -1);
	cr_assert_str_eq(e.text, "cannot open none: No such file or directory");
	cr_assert_eq(nn_safetensors_read(".", &list, &e), -1);
	cr_assert_str_eq(e.text, ".: not a plain file");
	cr_assert_eq(nn_safetensors_write("none/w", &item, 1, NULL, 0, &e), -1);
	cr_assert_str_eq(e.text, "cannot create none/w: No such file or directory");
	cr_assert_eq(nn_safetensors_write("w", &half, 1, NULL, 0, &e), -1);
	cr_assert_str_eq(e.text, "cannot write 'x' of type F16 to w");
	cr_assert_eq(nn_safetensors_write("/dev/full", &item, 1, NULL, 0, &e), -1);
	cr_assert_str_eq(e.text, "cannot write /dev/full: No space left on device");
	cr_assert_eq(nn_safetensors_write("w", items, LENGTH(items), NULL, 0, &e), 0);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_assert_eq(nn_safetensors_write("w", &item, 1, NULL, 0, &e), -1);
	cr_assert_str_eq(e.text, "cannot write w: File too large");
	cr_assert_eq(nn_safetensors_read("w", &list, &e), 0, "the old file is damaged: %s", e.text);
	cr_assert_eq(list.count, LENGTH(items));
	nn_safetensors_free(&list);
	cr_assert_eq(system("test \"$(ls -A)\" = w"), 0);
}
