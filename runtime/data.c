/* data.c - turns the sources of a `data`, `validation` or `test` block into arrays of samples: finds the files, has them read by the
 * reader of their format (csv.c, idx.c, npy.c ..., of those that the program names) into an intake (intake.c), and sees to it that the inputs of a group agree. */
#define _POSIX_C_SOURCE 200809L
#include "readers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* the numbers of a list in the .nn file are an array of doubles that is already here */
static int
read_literal(struct nn_intake *in, struct nn_error *e)
{
	const struct nn_source *s = in->source;
	char takes[NN_PLACE_MAX];

	if (s->literal_count == 0 || s->literal_count % in->width) {
		nn_intake_takes(in, takes);
		return nn_fail(e, "%s: the list has %zu numbers, but %s", in->found, s->literal_count, takes);
	}
	if (nn_intake_expect(in, s->literal_count / in->width, e))
		return -1;
	for (size_t at = 0; at < s->literal_count; at += in->width)
		if (nn_intake_record(in, s->literal + at, e))
			return -1;
	return 0;
}

/* the file read last: columns of one CSV often fill several inputs */
struct recent {
	char path[NN_PATH_MAX], found[NN_PATH_MAX];
	unsigned char *bytes; /* read; NULL: mapped */
	struct nn_map *map;
	size_t size;
};

static void
forget(struct recent *r)
{
	free(r->bytes);
	nn_map_release(r->map);
	r->bytes = NULL;
	r->map = NULL;
}

static int
load(struct recent *r, const struct nn_program *program, const struct nn_source *s, const char *folder, const char *name, int maps, struct nn_error *e)
{
	char path[NN_PATH_MAX];

	if (nn_path_join(path, folder, name, e))
		return -1;
	if ((r->bytes || (r->map && maps)) && strcmp(path, r->path) == 0)
		return 0;
	forget(r);
	r->map = maps ? nn_map_open(path) : NULL;
	if (r->map) {
		strcpy(r->found, path);
	} else if (nn_file_read(path, r->found, &r->bytes, &r->size, e)) {
		char help[sizeof e->help];
		strcpy(help, e->help);
		nn_fail(e, "%s (for '%s', %s:%d)", e->text, program->inputs[s->input].name, program->file, s->line);
		if (name[0] != '/' && access(r->found, F_OK))
			strcpy(help, "--data FOLDER says where the data files are");
		return nn_help(e, "%s", help);
	}
	strcpy(r->path, path);
	return 0;
}

/* from a file into the intake; the records of the next one follow */
static int
read_file(const struct nn_format *f, const struct nn_source *s, struct recent *r, const char *folder, const char *name, struct nn_intake *in,
    struct nn_error *e)
{
	if (load(r, in->program, s, folder, name, f->maps, e))
		return -1;
	in->found = r->found;
	in->begun = in->seen;
	in->map = r->map;
	if (!f->read(in, r->map ? r->map->bytes : r->bytes, r->map ? r->map->size : r->size, e))
		return 0;
	if (strstr(e->text, in->program->file) == NULL) { /* what the file is for, where that was not said */
		char help[sizeof e->help];
		strcpy(help, e->help);
		nn_fail(e, "%s (for '%s', %s:%d)", e->text, in->program->inputs[s->input].name, in->program->file, s->line);
		nn_help(e, "%s", help);
	}
	return -1;
}

/* the files in the folder that a source names */
static int
read_folder(const struct nn_format *f, const struct nn_source *s, struct recent *r, const char *folder, struct nn_intake *in, struct nn_error *e)
{
	const char *const *names = f->files(s->part);
	char path[NN_PATH_MAX];

	if (!names)
		return nn_fail(e, "%s has no part '%s' (%s:%d)", s->reader, s->part ? s->part : "", in->program->file, s->line);
	for (size_t i = 0; names[i]; i++) {
		in->more = names[i + 1] != NULL;
		if (nn_path_join(path, s->path, names[i], e) || read_file(f, s, r, folder, path, in, e))
			return -1;
	}
	in->found = s->path;
	return 0;
}

static int
read_path(const struct nn_source *s, struct recent *r, const char *folder, struct nn_intake *in, struct nn_error *e)
{
	const struct nn_format *const *all = in->program->formats, *f = NULL;

	for (; all && *all && !f; all++)
		f = strcmp((*all)->name, s->reader) == 0 ? *all : NULL;
	if (!f)
		return nn_fail(e, "no reader is called '%s' (%s:%d)", s->reader, in->program->file, s->line);
	return f->files ? read_folder(f, s, r, folder, in, e) : read_file(f, s, r, folder, s->path, in, e);
}

static int
read_source(const struct nn_program *program, const struct nn_source *s, struct recent *r,
    const char *folder, struct nn_labels *labels, struct nn_column_data *out, struct nn_error *e)
{
	struct nn_part part = {.input = &program->inputs[s->input], .arith = s->arith, .arith_count = s->arith_count};
	struct nn_intake in = {.program = program, .source = s, .parts = &part, .part_count = 1, .labels = labels};
	char place[NN_PATH_MAX];

	if (out->values)
		return nn_fail(e, "two sources for '%s' (%s:%d)", part.input->name, program->file, s->line);
	snprintf(place, sizeof place, "%s:%d", program->file, s->line);
	in.found = place;
	int status = nn_intake_open(&in, e);
	if (status == 0)
		status = s->path ? read_path(s, r, folder, &in, e) : read_literal(&in, e);
	status = nn_intake_close(&in, status, e);
	*out = part.out;
	return status;
}

/* ---- inputs that are columns of one CSV: in one pass over its bytes ---- */

static int
goes_with(const struct nn_source *a, const struct nn_source *b)
{
	return a->group == b->group && strcmp(a->reader, "csv") == 0 && strcmp(b->reader, "csv") == 0 && strcmp(a->path, b->path) == 0
	    && a->sliced == b->sliced && (!a->sliced || (a->first == b->first && a->last == b->last));
}

/* the parts of source `first` and of those behind it that go with it; returns how many, 0 where an input has two */
static size_t
list_parts(const struct nn_program *program, size_t first, const struct nn_dataset *data, struct nn_part parts[])
{
	size_t n = 0;

	for (size_t i = first; i < program->source_count; i++) {
		const struct nn_source *s = &program->sources[i];
		if (!goes_with(&program->sources[first], s))
			continue;
		for (size_t k = 0; k < n; k++)
			if (parts[k].source->input == s->input)
				return 0;
		if (data->inputs[s->input].values)
			return 0;
		parts[n++] = (struct nn_part){.input = &program->inputs[s->input], .arith = s->arith, .arith_count = s->arith_count, .source = s};
	}
	return n;
}

/* Reads source `first` and those that go with it, where there are any.  Whatever is wrong then, nothing has happened: each source on its own says it as it
 * should be said. */
static void
read_together(const struct nn_program *program, size_t first, struct recent *r, const char *folder, struct nn_labels *labels,
    struct nn_dataset *data)
{
	const struct nn_source *s = &program->sources[first];
	struct nn_part *parts = calloc(program->input_count, sizeof *parts);
	size_t n = parts ? list_parts(program, first, data, parts) : 0;
	struct nn_intake in = {.program = program, .source = s, .parts = parts, .part_count = n, .labels = labels};
	struct nn_error e;

	if (n >= 2 && load(r, program, s, folder, s->path, 0, &e) == 0) {
		in.found = r->found;
		int status = nn_intake_open(&in, &e);
		if (status == 0)
			status = nn_csv_read(&in, r->bytes, r->size, &e);
		status = nn_intake_close(&in, status, &e);
		for (size_t k = 0; k < n; k++)
			if (status == 0)
				data->inputs[parts[k].source->input] = parts[k].out;
			else if (labels)
				nn_labels_again(labels, (size_t)parts[k].source->input);
	}
	free(parts);
}

/* was it read with an earlier one? */
static int
is_read(const struct nn_program *program, size_t source, const struct nn_dataset *data)
{
	const struct nn_source *s = &program->sources[source];

	for (size_t i = 0; i < source; i++)
		if (program->sources[i].input == s->input && program->sources[i].group == s->group)
			return 0;
	return data->inputs[s->input].values != NULL;
}

static int
read_all(const struct nn_program *program, enum nn_group group, struct recent *r, const char *folder, struct nn_labels *labels,
    struct nn_dataset *data, struct nn_error *e)
{
	for (size_t i = 0; i < program->source_count; i++) {
		const struct nn_source *s = &program->sources[i];
		if (s->group != group || is_read(program, i, data))
			continue;
		int first = strcmp(s->reader, "csv") == 0;
		for (size_t k = 0; k < i; k++)
			first &= !goes_with(&program->sources[k], s);
		if (first)
			read_together(program, i, r, folder, labels, data);
		if (!is_read(program, i, data) && read_source(program, s, r, folder, labels, &data->inputs[s->input], e))
			return -1;
	}
	return 0;
}

/* new labels get their numbers when all are known */
static int
settle_labels(const struct nn_program *program, struct nn_labels *labels, struct nn_dataset *data, struct nn_error *e)
{
	for (size_t k = 0; labels && k < program->input_count; k++) {
		struct nn_label_list *list = &labels->lists[k];
		if (list->state == NN_LABELS_NEW) {
			uint32_t *places = nn_labels_settle(labels, k, e);
			if (!places)
				return -1;
			nn_column_renumber(program, k, &data->inputs[k], places);
			free(places);
		}
		if (list->state != NN_LABELS_KNOWN)
			list->state = NN_LABELS_NONE;
	}
	return 0;
}

/* all inputs of a group must have the records of the first */
static int
check_records(const struct nn_program *program, enum nn_group group, struct nn_dataset *data, struct nn_error *e)
{
	static const char *const names[NN_GROUPS] = {"data", "validation", "test"};
	const struct nn_source *first = NULL;

	for (size_t i = 0; i < program->source_count; i++) {
		const struct nn_source *s = &program->sources[i];
		if (s->group != group)
			continue;
		size_t records = data->inputs[s->input].records;
		if (first && records != data->records)
			return nn_fail(e, "'%s' has %zu records (%s:%d), but '%s' has %zu (%s:%d), in `%s`",
			    program->inputs[first->input].name, data->records,
			    program->file, first->line, program->inputs[s->input].name, records, program->file, s->line, names[group]);
		if (!first)
			data->records = records;
		first = first ? first : s;
	}
	return 0;
}

static int
make_dataset(const struct nn_program *program, struct nn_dataset *out, struct nn_error *e)
{
	out->records = 0;
	out->inputs = calloc(program->input_count ? program->input_count : 1, sizeof *out->inputs);
	return out->inputs ? 0 : nn_fail(e, "not enough memory");
}

int
nn_data_read(const struct nn_program *program, enum nn_group group, const char *folder, struct nn_labels *labels, struct nn_dataset *out,
    struct nn_error *e)
{
	struct recent recent = {0};
	int status = make_dataset(program, out, e);

	if (status == 0)
		status = read_all(program, group, &recent, folder, labels, out, e);
	forget(&recent);
	if (status == 0 && group == NN_DATA)
		status = settle_labels(program, labels, out, e);
	if (status == 0)
		status = check_records(program, group, out, e);
	if (status)
		nn_data_free(program, out);
	return status;
}

void
nn_data_free(const struct nn_program *program, struct nn_dataset *data)
{
	for (size_t i = 0; data->inputs && i < program->input_count; i++)
		nn_column_free(&data->inputs[i]);
	free(data->inputs);
	*data = (struct nn_dataset){0};
}

const struct nn_source *
nn_data_text(const struct nn_program *program)
{
	for (size_t i = 0; program->input_count == 1 && i < program->source_count; i++)
		if (program->sources[i].path && strcmp(program->sources[i].reader, "text") == 0)
			return &program->sources[i];
	return NULL;
}

static int
ends_with(const char *name, const char *end)
{
	size_t a = strlen(name), b = strlen(end);

	return a >= b && strcmp(name + a - b, end) == 0;
}

/* the bytes of a file typed on the command line, .npy by its first bytes, a text by its name where the model learns from one, else CSV, into the
 * inputs of `parts`; no arithmetic is done, but on a text that of the model's own */
static int
read_bytes(const struct nn_program *program, const char *path, const char *found, const unsigned char *bytes, size_t size, struct nn_map *map,
    struct nn_part parts[], size_t part_count, struct nn_labels *labels, struct nn_error *e)
{
	const struct nn_source *text = ends_with(path, ".txt") || ends_with(path, ".txt.gz") ? nn_data_text(program) : NULL;
	nn_reader *read = nn_npy_recognise(bytes, size) ? nn_npy_read : text ? nn_text_read : nn_csv_read;

	if (read == nn_text_read) {
		parts->arith = text->arith;
		parts->arith_count = text->arith_count;
	}
	struct nn_intake in = {.program = program, .found = found, .parts = parts, .part_count = part_count, .labels = labels, .map = map};
	int status = nn_intake_open(&in, e);
	if (status == 0)
		status = read(&in, bytes, size, e);
	return nn_intake_close(&in, status, e);
}

static int
read_typed(const struct nn_program *program, const char *path, struct nn_part parts[], size_t part_count, struct nn_labels *labels, struct nn_error *e)
{
	char found[NN_PATH_MAX];
	unsigned char *bytes;
	size_t size;
	struct nn_map *map = strcmp(path, "-") == 0 ? NULL : nn_map_open(path);

	if (map && nn_npy_recognise(map->bytes, map->size)) {
		int result = read_bytes(program, path, path, map->bytes, map->size, map, parts, part_count, labels, e);
		nn_map_release(map);
		return result;
	}
	nn_map_release(map);
	strcpy(found, "standard input");
	if (strcmp(path, "-") == 0 ? nn_file_read_descriptor(0, found, &bytes, &size, e) : nn_file_read(path, found, &bytes, &size, e))
		return -1;
	int status = read_bytes(program, path, found, bytes, size, NULL, parts, part_count, labels, e);
	free(bytes);
	return status;
}

int
nn_data_read_rows(const struct nn_program *program, const char *path, struct nn_labels *labels, struct nn_dataset *out, struct nn_error *e)
{
	return nn_data_take_rows(program, path, NULL, 0, labels, out, e);
}

int
nn_data_take_rows(const struct nn_program *program, const char *path, const unsigned char *bytes, size_t size, struct nn_labels *labels,
    struct nn_dataset *out, struct nn_error *e)
{
	size_t n = 0;

	if (make_dataset(program, out, e))
		return -1;
	struct nn_part *parts = calloc(program->input_count ? program->input_count : 1, sizeof *parts);
	int status = parts ? 0 : nn_fail(e, "not enough memory");
	for (size_t i = 0; status == 0 && i < program->input_count; i++)
		if (!program->inputs[i].is_target)
			parts[n++].input = &program->inputs[i];
	if (status == 0 && n == 0)
		status = nn_fail(e, "%s has no inputs to read from %s", program->model, path);
	else if (status == 0)
		status = bytes ? read_bytes(program, path, path, bytes, size, NULL, parts, n, labels, e) : read_typed(program, path, parts, n, labels, e);
	for (size_t i = 0; status == 0 && i < n; i++) {
		out->inputs[parts[i].input - program->inputs] = parts[i].out;
		out->records = parts[i].out.records;
	}
	free(parts);
	if (status)
		nn_data_free(program, out);
	return status;
}

int
nn_data_read_array(const struct nn_program *program, int input, const char *path, struct nn_column_data *out, struct nn_error *e)
{
	struct nn_part part = {.input = &program->inputs[input]};
	int status = read_typed(program, path, &part, 1, NULL, e);

	*out = part.out;
	return status;
}
