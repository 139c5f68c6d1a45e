/* fuzz_readers.c - every reader of files on hostile bytes (libFuzzer).  READER=csv|idx|npy|text|cifar10|safetensors|rows|settings|npz|weights|metrics|names picks
 * one; without it the first byte of the input does, in whose rest and in the second are options.  What is accepted must be finite and within the declared range, what is refused must
 * have a message and leave nothing half loaded, and arrays and weights are refused without their last byte.
 *
 * The bytes stay in memory: build.sh has the linker put what is called __wrap_NAME here in the place of NAME, so that a file is read, or mapped, from a block of
 * memory of just its size, behind which AddressSanitizer looks.  Readers that open files themselves find them in a descriptor that stays open.
 *
 * build.sh builds it. */
#define _GNU_SOURCE 1 /* memfd_create */
#include "classes.h"
#include "data.h"
#include "file.h"
#include "options.h"
#include "safetensors.h"
#include "weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct nn_column columns[] = {{"x", 0}, {NULL, 1}, {"t", 0}};
static const struct nn_arith arith[][3] = {{{'/', 255, 0}}, {{'*', 3, 0}, {'-', 1, 1}, {'^', 2, 0}}};
static const struct nn_transform crop[] = {{"crop", {2, 2}, 0}};
static const struct nn_input inputs[] = {
	{.name = "x", .line = 1, .rank = 1, .shape = {2}, .count = 2},
	{.name = "t", .line = 2, .is_target = 1, .count = 1, .is_integer = 1, .low = -3, .high = 9},
	{.name = "s", .line = 3, .rank = 1, .shape = {3}, .count = 3, .is_integer = 1, .low = 0, .high = 1000},
	{.name = "i", .line = 4, .rank = 1, .shape = {3072}, .count = 3072},
	{.name = "g", .line = 5, .rank = 2, .shape = {2, 2}, .count = 4},
	{.name = "b", .line = 6, .rank = 1, .shape = {2}, .count = 2, .is_integer = 1, .low = 0, .high = 255},
};
enum { INPUTS = sizeof inputs / sizeof *inputs };
/* more options: numbers are double; the second arithmetic; t from the same file; input g, or b where the first option is set; the labels are known before */
enum { DOUBLE = 1, LONGER = 2, TOGETHER = 4, OTHER = 8, KNOWN = 16 };
static unsigned more;

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

/* ---- the file that every path means ---- */

static const unsigned char *content; /* of the input in hand */
static size_t content_size;
static char content_path[64]; /* for those who open it themselves: see put_content */

int __wrap_nn_file_read(const char *path, char found[NN_PATH_MAX], unsigned char **bytes, size_t *size, struct nn_error *e);
struct nn_map *__wrap_nn_map_open(const char *path);
void __wrap_nn_map_release(struct nn_map *m);
int __wrap_nn_report(const struct nn_error *e);

int
__wrap_nn_file_read(const char *path, char found[NN_PATH_MAX], unsigned char **bytes, size_t *size, struct nn_error *e)
{
	snprintf(found, NN_PATH_MAX, "%s", path);
	*bytes = malloc(content_size + 1);
	*size = content_size;
	memcpy(*bytes, content, content_size);
	(*bytes)[content_size] = 0;
	if (nn_file_expand(found, bytes, size, e) == 0)
		return 0;
	free(*bytes);
	*bytes = NULL;
	return -1;
}

struct nn_map *
__wrap_nn_map_open(const char *path)
{
	if (content_size < 1 || (content_size >= 2 && content[0] == 0x1F && content[1] == 0x8B))
		return NULL;
	struct nn_map *m = malloc(sizeof *m + strlen(path) + 1);
	unsigned char *bytes = malloc(content_size);
	memcpy(bytes, content, content_size);
	*m = (struct nn_map){.bytes = bytes, .size = content_size, .users = 1};
	strcpy(m->name, path);
	return m;
}

void
__wrap_nn_map_release(struct nn_map *m)
{
	if (!m || --m->users > 0)
		return;
	free((void *)(uintptr_t)m->bytes);
	free(m);
}

/* commands report their errors themselves */
int
__wrap_nn_report(const struct nn_error *e)
{
	if (!e->text[0])
		abort();
	return NN_FAILURE;
}

/* the content in a file that has no name but content_path, and is the standard input */
static void
put_content(void)
{
	static int descriptor = -1;

	if (descriptor < 0) {
		descriptor = memfd_create("content", MFD_CLOEXEC);
		snprintf(content_path, sizeof content_path, "/proc/self/fd/%d", descriptor);
		dup2(descriptor, STDIN_FILENO);
	}
	if (ftruncate(descriptor, (off_t)content_size) != 0 || pwrite(descriptor, content, content_size, 0) != (ssize_t)content_size)
		abort();
}

/* ---- data ---- */

/* a record is as declared */
static void
check_record(const struct nn_program *program, size_t input, const struct nn_column_data *column, size_t record)
{
	static union {
		int32_t whole[3072];
		float floats[3072];
		double doubles[3072];
	} values;

	nn_column_gather(program, input, column, NULL, record, 1, &values);
	for (size_t i = 0; i < inputs[input].count; i++)
		if (inputs[input].is_integer         ? values.whole[i] < inputs[input].low || values.whole[i] > inputs[input].high
		    : program->real_size == sizeof(float) ? !isfinite(values.floats[i])
		                                          : !isfinite(values.doubles[i]))
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

/* a file that says how long it is: without its last byte it is none */
static void
check_shorter(const struct nn_program *program)
{
	struct nn_dataset set = {0};
	struct nn_error e;

	content_size--;
	if (nn_data_read(program, NN_DATA, NULL, NULL, &set, &e) == 0)
		abort();
	content_size++;
}

static void
read_data(const char *reader, unsigned options)
{
	int input = more & OTHER ? 4 + (int)(options & 1) : (int)(options & 3);
	struct nn_source sources[2] = {{.reader = reader, .path = "data", .part = options & 1 ? "test_images" : "test_labels", .input = input, .line = 3,
		.arith = arith[more & LONGER ? 1 : 0], .arith_count = options & 4 ? more & LONGER ? 3 : 1 : 0, .sliced = options >> 3 & 1, .first = 1, .last = 2,
		.columns = columns + (options >> 4 & 1), .column_count = options >> 5 & 1 ? 2 - (options >> 4 & 1) : 0, .transforms = crop, .transform_count = input == 4}};
	struct nn_program program = {.model = "M", .file = "m.nn", .real_size = more & DOUBLE ? 8 : 4, .inputs = inputs, .input_count = INPUTS, .sources = sources,
		.source_count = more & TOGETHER ? 2 : 1, .formats = formats, .power = pow};
	struct nn_dataset set = {0};
	struct nn_labels labels;
	struct nn_error e;

	sources[1] = sources[0];
	sources[1].input = 1;
	sources[1].arith_count = 0;
	sources[1].columns = columns + 2;
	sources[1].column_count = 1;
	if (nn_labels_open(&labels, &program, &e))
		return;
	if (more & KNOWN && nn_labels_read(&labels, "weights", "{\"t\": [\"ant\", \"bee\"]}", &e))
		abort();
	if (!(more & KNOWN) || options & 1) /* else they stay as they are, as for validation */
		nn_labels_begin(&labels);
	int status = nn_data_read(&program, NN_DATA, NULL, options >> 6 & 1 ? &labels : NULL, &set, &e);
	if (status && (!e.text[0] || set.inputs))
		abort();
	check_labels(&program, &labels);
	if (status == 0 && (strcmp(reader, "idx") == 0 || strcmp(reader, "npy") == 0))
		check_shorter(&program);
	nn_labels_close(&labels);
	for (size_t k = 0; k < program.source_count; k++)
		for (size_t r = 0; r < set.records; r++)
			check_record(&program, (size_t)sources[k].input, &set.inputs[sources[k].input], r);
	nn_data_free(&program, &set);
}

/* piece by piece the same records come as at once, or an error where there is one */
static void
read_rows(const char *reader, unsigned options)
{
	struct nn_program program = {.model = "M", .file = "m.nn", .real_size = 4, .inputs = inputs, .input_count = 2};
	struct nn_dataset whole = {0}, piece;
	struct nn_error e;
	size_t record = 0;

	(void)reader;
	put_content();
	int status = nn_data_read_rows(&program, content_path, NULL, &whole, &e);
	if (lseek(STDIN_FILENO, 0, SEEK_SET) != 0)
		abort();
	struct nn_rows *rows = nn_rows_open(&program, options & 1 ? "-" : content_path, NULL, &e);
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

/* ---- weights ---- */

static void
read_safetensors(const char *reader, unsigned options)
{
	struct nn_named_list list;
	struct nn_error e;

	(void)reader;
	(void)options;
	put_content();
	int status = nn_safetensors_read(content_path, &list, &e);
	if (status && (!e.text[0] || list.items))
		abort();
	nn_safetensors_free(&list);
	if (status)
		return;
	content_size--;
	put_content();
	if (nn_safetensors_read(content_path, &list, &e) == 0)
		abort();
}

static const struct nn_tensor tensors[] = {
	{.path = "a.W", .rank = 1, .shape = {2}, .count = 2, .offset = 0, .optimizer = -1},
	{.path = "b", .role = NN_STATE, .rank = 0, .count = 1, .offset = 8, .optimizer = -1},
	{.path = "a.W.m", .role = NN_MOMENT, .rank = 1, .shape = {2}, .count = 2, .offset = 12},
};
enum { TENSORS = sizeof tensors / sizeof *tensors };

static void
prepare(void *model)
{
	(void)model;
}

/* into a model: all of its tensors are taken, or, where that is asked for, those that are there, or none is touched; and the labels beside them */
static void
read_weights(const char *reader, unsigned options)
{
	struct nn_program program = {.model = "M", .file = "m.nn", .real_size = 4, .inputs = inputs, .input_count = INPUTS, .tensors = tensors, .tensor_count = TENSORS, .prepare = prepare};
	float memory[5] = {1, 2, 3, 4, 5}, before[5] = {1, 2, 3, 4, 5};
	struct nn_model m = {.program = &program, .memory = (unsigned char *)memory, .bytes = sizeof memory, .handle = memory};
	struct nn_labels labels;
	struct nn_error e;
	char anew[NN_ANEW];

	(void)reader;
	put_content();
	int taken = options & 1 ? nn_weights_take(&m, content_path, anew, &e) : nn_weights_load(&m, content_path, &e);
	if (taken < 0 ? !e.text[0] || memcmp(memory, before, sizeof memory) != 0 : memcmp(memory + 3, before + 3, 2 * sizeof *memory) != 0)
		abort();
	if (nn_labels_open(&labels, &program, &e))
		return;
	if (nn_weights_labels(content_path, &labels, &e) == 0)
		check_labels(&program, &labels);
	nn_labels_close(&labels);
}

/* ---- texts ---- */

static void
read_settings(const char *reader, unsigned options)
{
	struct nn_words words = {0};
	struct nn_error e;

	(void)reader;
	(void)options;
	if (nn_settings_read("settings", &words, &e) && !e.text[0])
		abort();
	for (size_t k = 0; k < words.count; k++)
		if (strncmp(words.at[k], "--", 2) != 0 || !strchr(words.at[k], '=') || !words.places[k])
			abort();
	nn_words_free(&words);
}

/* the log of a run */
static void
read_metrics(const char *reader, unsigned options)
{
	(void)reader;
	(void)options;
	nn_metrics(&(struct nn_options){.self = "m", .argument = "run", .out = "/dev/null"});
}

/* names of classes, one a line; "." is a path that is there */
static void
read_names(const char *reader, unsigned options)
{
	struct nn_program program = {.model = "M", .file = "m.nn", .real_size = 4, .inputs = inputs, .input_count = INPUTS};
	struct nn_classes classes = {.program = &program, .target = 1, .count = 13};
	struct nn_error e = {.text = ""};

	(void)reader;
	(void)options;
	if (nn_classes_name(&classes, ".", &e) ? !e.text[0] : !classes.names || !classes.names[12])
		abort();
	nn_classes_free(&classes);
}

/* ---- which ---- */

static const struct {
	const char *name;
	void (*read)(const char *name, unsigned options);
} readers[] = {
	{"csv", read_data},     {"idx", read_data},           {"npy", read_data},   {"text", read_data},         {"cifar10", read_data}, {"safetensors", read_safetensors},
	{"rows", read_rows},    {"settings", read_settings},  {"npz", read_data},   {"weights", read_weights},   {"metrics", read_metrics}, {"names", read_names},
};
enum { READERS = sizeof readers / sizeof *readers };

/* the reader that READER names; READERS: it names none */
static size_t
chosen(void)
{
	const char *name = getenv("READER");
	size_t k = name ? 0 : READERS;

	while (k < READERS && strcmp(readers[k].name, name) != 0)
		k++;
	if (name && k == READERS) {
		fprintf(stderr, "READER=%s: there is no such reader\n", name);
		exit(2);
	}
	return k;
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	static size_t always = READERS + 1; /* not asked yet */

	if (always > READERS)
		always = chosen();
	if (size < 2)
		return 0;
	size_t k = always < READERS ? always : bytes[0] % READERS;
	more = bytes[0] / READERS;
	content = bytes + 2;
	content_size = size - 2;
	readers[k].read(readers[k].name, bytes[1]);
	return 0;
}
