/* reading.h - what the tests of the data readers share: a folder for each test, a model of one or two inputs, and a source for it. */
#ifndef READING_H
#define READING_H

#include "data.h"
#include "file.h"
#include "message.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LENGTH(a) (sizeof(a) / sizeof *(a))

/* ---- a folder for each test ---- */

static char folder[] = "/tmp/nn-data-XXXXXX";
static struct nn_error e;

static inline void
enter(void)
{
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
}

static inline int
remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status, (void)type, (void)place;
	return remove(path);
}

static inline void
leave(void)
{
	if (chdir("/") == 0)
		nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void
put(const char *name, const void *bytes, size_t size)
{
	FILE *f = fopen(name, "wb");

	cr_assert(f && fwrite(bytes, 1, size, f) == size && fclose(f) == 0);
}

static inline void
put_text(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

static inline char *
get(const char *name, size_t *size)
{
	char found[NN_PATH_MAX];
	unsigned char *bytes;

	cr_assert_eq(nn_file_read(name, found, &bytes, size, &e), 0, "%s", e.text);
	return (char *)bytes;
}

/* ---- a model, and what it reads ---- */

static struct nn_input inputs[2] = {
	{.name = "x", .line = 5, .rank = 1, .shape = {2}, .count = 2},
	{.name = "t", .line = 7, .is_target = 1, .count = 1, .is_integer = 1, .low = 0, .high = 9},
};
static struct nn_source sources[2] = {{.input = 0, .line = 20}, {.input = 1, .line = 21}};
static const struct nn_format *const formats[] = {&nn_csv, &nn_idx, &nn_npy, &nn_npz, &nn_text, &nn_cifar10, NULL};
static struct nn_program program = {
	.model = "M", .file = "m.nn", .real_size = sizeof(float), .inputs = inputs, .input_count = 2, .sources = sources, .source_count = 1, .formats = formats, .power = pow,
};
static struct nn_dataset set;

static inline int
read_from(const char *reader, const char *path)
{
	sources[0].reader = reader;
	sources[0].path = path;
	nn_data_free(&program, &set);
	e = (struct nn_error){0};
	return nn_data_read(&program, NN_DATA, "", NULL, &set, &e);
}

/* a record as the model takes it */
static inline const void *
record_of(const struct nn_program *p, size_t input, const struct nn_column_data *column, size_t record)
{
	static double values[4096];

	cr_assert(record < column->records && nn_record_bytes(p, input) <= sizeof values);
	nn_column_gather(p, input, column, NULL, record, 1, values);
	return values;
}

static inline float
x_at(size_t i)
{
	size_t n = inputs[0].count;

	return ((const float *)record_of(&program, 0, &set.inputs[0], i / n))[i % n];
}

static inline int32_t
integer_at(size_t input, size_t i)
{
	size_t n = inputs[input].count;

	return ((const int32_t *)record_of(&program, input, &set.inputs[input], i / n))[i % n];
}

static inline void
accepts(const char *reader, const char *path, size_t records, const float expected[])
{
	cr_assert_eq(read_from(reader, path), 0, "%s", e.text);
	cr_assert_eq(set.records, records);
	for (size_t i = 0; i < records * inputs[0].count; i++)
		cr_assert_eq(x_at(i), expected[i], "%s: value %zu is %g", path, i, (double)x_at(i));
}

static inline void
refuses(const char *reader, const char *path, const char *message)
{
	char whole[sizeof e.text]; /* what the file is for is said at the end, where the message does not say it by itself */

	cr_assert_eq(read_from(reader, path), -1, "%s is read, expected: %s", path, message);
	snprintf(whole, sizeof whole, "%s%s", message, strstr(message, "m.nn:") ? "" : " (for '");
	if (whole[strlen(whole) - 1] == '\'')
		snprintf(whole + strlen(whole), sizeof whole - strlen(whole), "%s', m.nn:%d)", inputs[0].name, sources[0].line);
	cr_assert_str_eq(e.text, whole);
	cr_assert_null(set.inputs);
}

static inline void
help_is(const char *help)
{
	cr_assert_str_eq(e.help, help);
}

static inline void
slice(size_t first, size_t last)
{
	sources[0].sliced = 1;
	sources[0].first = first;
	sources[0].last = last;
}

static inline void
one_integer(long low, long high)
{
	inputs[0] = (struct nn_input){.name = "t", .line = 7, .count = 1, .is_integer = 1, .low = low, .high = high};
}

static inline void
one_real(size_t count)
{
	inputs[0].count = inputs[0].shape[0] = count;
}

/* cut[0 .. n) for every n: an error, or as many whole records as there can be */
static inline void
truncate_all(const char *reader, const char *path, int may_be_shorter)
{
	size_t size;
	char *whole = get(path, &size);

	cr_assert_eq(read_from(reader, path), 0, "%s", e.text);
	size_t records = set.records;
	for (size_t n = 0; n < size; n++) {
		put("cut", whole, n);
		int status = read_from(reader, "cut");
		cr_assert(status == 0 ? may_be_shorter && set.records <= records : e.text[0] && !set.inputs, "%s cut to %zu bytes", path, n);
		if (status)
			cr_assert(strncmp(e.text, "cut", 3) == 0, "%s", e.text);
		for (size_t i = 0; status == 0 && i < set.records * 2; i++)
			cr_assert(isfinite(x_at(i)));
	}
	free(whole);
}

#endif
