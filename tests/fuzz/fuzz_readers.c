/* fuzz_readers.c - every reader of files on hostile bytes (libFuzzer).  READER=csv|idx|npy|text|cifar10|safetensors|rows|settings|npz picks one; without it
 * the first byte of the input does, and the second the options.  What is accepted must be finite and within the declared range.
 *
 * build.sh builds it. */
#include "data.h"
#include "options.h"
#include "safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct nn_column columns[] = {{"x", 0}, {NULL, 1}};
static const struct nn_arith arith[] = {{'/', 255, 0}};
static const struct nn_input inputs[] = {
	{.name = "x", .line = 1, .rank = 1, .shape = {2}, .count = 2},
	{.name = "t", .line = 2, .is_target = 1, .count = 1, .is_integer = 1, .low = -3, .high = 9},
	{.name = "s", .line = 3, .rank = 1, .shape = {3}, .count = 3, .is_integer = 1, .low = 0, .high = 1000},
	{.name = "i", .line = 4, .rank = 1, .shape = {3072}, .count = 3072},
};
enum { INPUTS = sizeof inputs / sizeof *inputs };

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

/* a record is as declared */
static void
check_record(const struct nn_program *program, size_t input, const struct nn_column_data *column, size_t record)
{
	static union {
		int32_t whole[3072];
		float reals[3072];
	} values;

	nn_column_gather(program, input, column, NULL, record, 1, &values);
	for (size_t i = 0; i < inputs[input].count; i++)
		if (inputs[input].is_integer ? values.whole[i] < inputs[input].low || values.whole[i] > inputs[input].high : !isfinite(values.reals[i]))
			abort();
}

/* written down and read, labels are the same */
static void
check_labels(const struct nn_program *program, const struct nn_labels *labels)
{
	char *text = nn_labels_text(labels), *again = NULL;
	struct nn_labels read;
	struct nn_error e;

	if (text && (nn_labels_open(&read, program, &e) || nn_labels_read(&read, "labels", text, &e) || !(again = nn_labels_text(&read)) || strcmp(text, again)))
		abort();
	if (text) {
		nn_labels_close(&read);
		free(again);
	}
	free(text);
}

static const struct nn_format *const formats[] = {&nn_csv, &nn_idx, &nn_npy, &nn_npz, &nn_text, &nn_cifar10, NULL};

static void
read_data(const char *reader, const char *path, unsigned options)
{
	struct nn_source source = {.reader = reader, .path = path, .part = options & 1 ? "test_images" : "test_labels", .input = (int)(options % INPUTS), .line = 3,
		.arith = arith, .arith_count = options >> 2 & 1, .sliced = options >> 3 & 1, .first = 1, .last = 2, .columns = columns + (options >> 4 & 1),
		.column_count = options >> 5 & 1 ? 2 - (options >> 4 & 1) : 0};
	struct nn_program program = {.model = "M", .file = "m.nn", .real_size = 4, .inputs = inputs, .input_count = INPUTS, .sources = &source, .source_count = 1, .formats = formats};
	struct nn_dataset set = {0};
	struct nn_labels labels;
	struct nn_error e;

	if (nn_labels_open(&labels, &program, &e))
		return;
	nn_labels_begin(&labels);
	if (nn_data_read(&program, NN_DATA, NULL, options >> 6 & 1 ? &labels : NULL, &set, &e) && (!e.text[0] || set.inputs))
		abort();
	check_labels(&program, &labels);
	nn_labels_close(&labels);
	for (size_t r = 0; r < set.records; r++)
		check_record(&program, (size_t)source.input, &set.inputs[source.input], r);
	nn_data_free(&program, &set);
}

/* piece by piece the same records come as at once, or an error where there is one */
static void
read_rows(const char *path)
{
	struct nn_program program = {.model = "M", .file = "m.nn", .real_size = 4, .inputs = inputs, .input_count = 2};
	struct nn_dataset whole = {0}, piece;
	struct nn_error e;
	size_t record = 0;
	int status = nn_data_read_rows(&program, path, NULL, &whole, &e);
	struct nn_rows *rows = nn_rows_open(&program, path, NULL, &e);

	int failed = !rows;
	while (!failed && !(failed = nn_rows_next(rows, &piece, &e) != 0) && piece.records > 0)
		for (size_t r = 0; r < piece.records; r++, record++) {
			float a[2], b[2];
			nn_column_gather(&program, 0, &piece.inputs[0], NULL, r, 1, a);
			if (status || record == whole.records)
				continue; /* those before the error */
			nn_column_gather(&program, 0, &whole.inputs[0], NULL, record, 1, b);
			if (memcmp(a, b, sizeof a) != 0)
				abort();
		}
	if ((status != 0) != failed || (status == 0 && record != whole.records))
		abort();
	nn_rows_close(rows);
	nn_data_free(&program, &whole);
}

static void
read_settings(const char *path)
{
	struct nn_words words = {0};
	struct nn_error e;

	if (nn_settings_read(path, &words, &e) && !e.text[0])
		abort();
	for (size_t k = 0; k < words.count; k++)
		if (strncmp(words.at[k], "--", 2) != 0 || !strchr(words.at[k], '=') || !words.places[k])
			abort();
	nn_words_free(&words);
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	static const char *const readers[] = {"csv", "idx", "npy", "text", "cifar10", "safetensors", "rows", "settings", "npz"};
	static char folder[64], path[128];
	const char *reader = getenv("READER");
	struct nn_named_list list;
	struct nn_error e;

	if (size < 2)
		return 0;
	reader = reader ? reader : readers[bytes[0] % 9];
	snprintf(folder, sizeof folder, "/dev/shm/fuzz_readers.%ld", (long)getpid());
	snprintf(path, sizeof path, "%s/test_batch.bin", folder);
	mkdir(folder, 0700);
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(bytes + 2, 1, size - 2, f) != size - 2 || fclose(f))
		abort();
	if (strcmp(reader, "safetensors") == 0) {
		if (nn_safetensors_read(path, &list, &e) && (!e.text[0] || list.items))
			abort();
		nn_safetensors_free(&list);
	} else if (strcmp(reader, "rows") == 0) {
		read_rows(path);
	} else if (strcmp(reader, "settings") == 0) {
		read_settings(path);
	} else {
		read_data(reader, strcmp(reader, "cifar10") == 0 ? folder : path, bytes[1]);
	}
	remove(path);
	remove(folder);
	return 0;
}
