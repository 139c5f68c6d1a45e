/* data.c - turns the sources of a `data`, `validation` or `test` block into arrays of samples.
 *
 * A reader (csv.c, idx.c, npy.c) hands over records of doubles.  Here each record goes through the source's slice and arithmetic, is
 * checked against what the model declares, rounded once and stored.  Nothing is allocated because a header says so: memory follows
 * records that are there. */
#define _POSIX_C_SOURCE 200809L
#include "readers.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	nn_reader *read;
} readers[] = {
	{"csv", nn_csv_read},
	{"idx", nn_idx_read},
	{"npy", nn_npy_read},
};

/* ---- intake: one record at a time ---- */

void
nn_intake_takes(const struct nn_intake *in, char text[NN_PLACE_MAX])
{
	const struct nn_input *input = in->parts[0].input;
	const char *file = in->program->file, *s = in->width == 1 ? "" : "s";

	if (in->part_count == 1)
		snprintf(text, NN_PLACE_MAX, "'%s' takes %zu value%s a sample (%s:%d)", input->name, in->width, s, file, input->line);
	else
		snprintf(text, NN_PLACE_MAX, "the %zu inputs of %s take %zu values a sample (%s:%d)", in->part_count, in->program->model, in->width,
		    file, input->line);
}

/* which value of which record is meant, as precisely as the format allows */
static void
name_place(const struct nn_intake *in, size_t value, char text[NN_PLACE_MAX])
{
	if (in->columns)
		snprintf(text, NN_PLACE_MAX, "%.900s:%zu: column %zu", in->found, in->line, in->columns[value]);
	else if (in->width == 1)
		snprintf(text, NN_PLACE_MAX, "%.900s: record %zu", in->found, in->seen);
	else
		snprintf(text, NN_PLACE_MAX, "%.900s: record %zu, value %zu", in->found, in->seen, value);
}

static size_t
value_size(const struct nn_intake *in, const struct nn_part *part)
{
	return part->input->is_integer ? sizeof(int32_t) : in->program->real_size;
}

/* exactly `records` of room */
static int
set_room(struct nn_intake *in, size_t records, struct nn_error *e)
{
	for (size_t i = 0; i < in->part_count; i++) {
		struct nn_part *part = &in->parts[i];
		size_t bytes = value_size(in, part) * part->input->count;
		void *values = records > SIZE_MAX / bytes ? NULL : realloc(part->out.values, records * bytes);
		if (!values)
			return nn_fail(e, "%s: not enough memory for %zu records of '%s'", in->found, records, part->input->name);
		part->out.values = values;
	}
	in->room = records;
	return 0;
}

static int
check_slice(const struct nn_intake *in, size_t records, struct nn_error *e)
{
	const struct nn_source *s = in->source;

	if (records > UINT32_MAX)
		return nn_fail(e, "%s: holds %zu records, more than %lu", in->found, records, (unsigned long)UINT32_MAX);
	if (!s || !s->sliced || (s->first <= s->last && s->last < records))
		return 0;
	return nn_fail(e, "%s: holds %zu records, 0..%zu, but [%zu..%zu] asks for more (%s:%d)",
	    in->found, records, records - 1, s->first, s->last,
	    in->program->file, s->line);
}

int
nn_intake_expect(struct nn_intake *in, size_t records, struct nn_error *e)
{
	if (check_slice(in, records, e))
		return -1;
	return set_room(in, (in->last < records ? in->last + 1 : records) - in->first, e);
}

static void
apply(const struct nn_arith *a, double x[], size_t n)
{
	double c = a->operand;

#define EACH(expression)                                                                                                               \
	do {                                                                                                                           \
		for (size_t i = 0; i < n; i++)                                                                                         \
			x[i] = (expression);                                                                                           \
	} while (0)
	switch (a->op) {
	case '+':
		EACH(x[i] + c);
		break;
	case '*':
		EACH(x[i] * c);
		break;
	case '-':
		if (a->left)
			EACH(c - x[i]);
		else
			EACH(x[i] - c);
		break;
	case '/':
		if (a->left)
			EACH(c / x[i]);
		else
			EACH(x[i] / c);
		break;
	case '^':
		if (a->left)
			EACH(pow(c, x[i]));
		else
			EACH(pow(x[i], c));
		break;
	}
#undef EACH
}

/* the message for a value that does not fit its input; `raw` is what the file holds, `value` what the arithmetic made of it */
static int
fail_value(const struct nn_intake *in, const struct nn_part *part, size_t value_index, double raw, double value, struct nn_error *e)
{
	const struct nn_input *input = part->input;
	const char *file = in->program->file;
	char place[NN_PLACE_MAX], is[80];

	name_place(in, value_index, place);
	snprintf(is, sizeof is, "is %.15g", raw);
	if (!isfinite(raw))
		return nn_fail(e, "%s %s, but data must be finite", place, is);
	if (part->arith_count > 0)
		snprintf(is, sizeof is, "is %.15g, after the arithmetic %.15g", raw, value);
	if (!isfinite(value))
		return nn_fail(e, "%s %s, but data must be finite", place, is);
	if (!input->is_integer)
		return nn_fail(e, "%s %s, too large for a float", place, is);
	if (value != floor(value))
		return nn_fail(e, "%s %s, but '%s' takes whole numbers, %ld..%ld (%s:%d)",
		    place, is, input->name, input->low, input->high, file, input->line);
	return nn_fail(e, "%s %s, but '%s' is declared %ld..%ld (%s:%d)", place, is, input->name, input->low, input->high, file, input->line);
}

/* x[0 .. n) as int32, or the index of the first that does not fit */
static size_t
store_integers(const struct nn_input *input, const double x[], size_t n, int32_t to[])
{
	double low = input->low < INT32_MIN ? INT32_MIN : (double)input->low, high = input->high > INT32_MAX ? INT32_MAX : (double)input->high;

	for (size_t i = 0; i < n; i++) {
		if (!(x[i] >= low && x[i] <= high) || x[i] != floor(x[i]))
			return i;
		to[i] = (int32_t)x[i];
	}
	return n;
}

/* the same as reals: all are stored before any is looked at, so that both loops vectorise */
static size_t
store_reals(const double x[], size_t n, size_t real_size, void *to)
{
	double most = real_size == sizeof(float) ? (double)FLT_MAX : DBL_MAX;
	int bad = 0;

	if (real_size == sizeof(float)) {
		float *out = to;
		for (size_t i = 0; i < n; i++) {
			out[i] = (float)x[i];
			bad |= !(fabsf(out[i]) <= FLT_MAX);
		}
	} else {
		memcpy(to, x, n * sizeof *x);
		for (size_t i = 0; i < n; i++)
			bad |= !(fabs(x[i]) <= DBL_MAX);
	}
	if (!bad)
		return n;
	for (size_t i = 0; i < n; i++)
		if (real_size == sizeof(float) ? !(fabsf((float)x[i]) <= FLT_MAX) : !(fabs(x[i]) <= most))
			return i;
	return n;
}

static int
store(struct nn_intake *in, struct nn_part *part, const double raw[], size_t first_value, struct nn_error *e)
{
	const struct nn_input *input = part->input;
	size_t n = input->count, bad;
	const double *x = raw;
	void *to = (char *)part->out.values + in->kept * n * value_size(in, part);

	if (part->arith_count > 0) {
		memcpy(in->scratch, raw, n * sizeof *raw);
		for (size_t i = 0; i < part->arith_count; i++)
			apply(&part->arith[i], in->scratch, n);
		x = in->scratch;
	}
	bad = input->is_integer ? store_integers(input, x, n, to) : store_reals(x, n, in->program->real_size, to);
	return bad < n ? fail_value(in, part, first_value + bad, raw[bad], x[bad], e) : 0;
}

int
nn_intake_record(struct nn_intake *in, const double values[], struct nn_error *e)
{
	if (nn_intake_wants(in, in->seen)) {
		if (in->kept == in->room && set_room(in, in->room < 256 ? 256 : in->room + in->room / 2, e))
			return -1;
		for (size_t i = 0, at = 0; i < in->part_count; at += in->parts[i++].input->count)
			if (store(in, &in->parts[i], values + at, at, e))
				return -1;
		in->kept++;
	}
	in->seen++;
	return 0;
}

/* ---- from files to columns ---- */

/* sets the widths up, reads, and gives back the memory that was too much */
static int
take_in(struct nn_intake *in, nn_reader *read, const unsigned char *bytes, size_t size, struct nn_error *e)
{
	int sliced = in->source && in->source->sliced;

	in->first = sliced ? in->source->first : 0;
	in->last = sliced ? in->source->last : SIZE_MAX - 1;
	for (size_t i = 0; i < in->part_count; i++) {
		size_t count = in->parts[i].input->count;
		if (count == 0 || count > SIZE_MAX / 64 - in->width)
			return nn_fail(e, "'%s' cannot have %zu values a sample (%s:%d)", in->parts[i].input->name, count, in->program->file,
			    in->parts[i].input->line);
		in->width += count;
	}
	in->scratch = malloc(in->width * sizeof *in->scratch);
	int status = in->scratch ? read(in, bytes, size, e) : nn_fail(e, "not enough memory for a sample of %zu values", in->width);
	free(in->scratch);
	in->scratch = NULL;
	if (status == 0)
		status = check_slice(in, in->seen, e);
	if (status == 0 && in->kept < in->room)
		status = set_room(in, in->kept, e);
	for (size_t i = 0; i < in->part_count; i++) {
		in->parts[i].out.records = in->kept;
		if (status) {
			free(in->parts[i].out.values);
			in->parts[i].out = (struct nn_column_data){0};
		}
	}
	return status;
}

/* the numbers of a list in the .nn file are an array of doubles that is already here */
static int
read_literal(struct nn_intake *in, const unsigned char *bytes, size_t size, struct nn_error *e)
{
	const struct nn_source *s = in->source;
	char takes[NN_PLACE_MAX];

	(void)bytes;
	(void)size;
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
	unsigned char *bytes;
	size_t size;
};

static int
load(struct recent *r, const struct nn_program *program, const struct nn_source *s, const char *folder, struct nn_error *e)
{
	char path[NN_PATH_MAX];

	if (nn_path_join(path, folder, s->path, e))
		return -1;
	if (r->bytes && strcmp(path, r->path) == 0)
		return 0;
	free(r->bytes);
	r->bytes = NULL;
	if (nn_file_read(path, r->found, &r->bytes, &r->size, e)) {
		char help[sizeof e->help];
		strcpy(help, e->help);
		nn_fail(e, "%s (for '%s', %s:%d)", e->text, program->inputs[s->input].name, program->file, s->line);
		if (s->path[0] != '/' && access(r->found, F_OK))
			strcpy(help, "--data FOLDER says where the data files are");
		return nn_help(e, "%s", help);
	}
	strcpy(r->path, path);
	return 0;
}

static int
read_source(const struct nn_program *program, const struct nn_source *s, struct recent *r,
    const char *folder, struct nn_column_data *out, struct nn_error *e)
{
	struct nn_part part = {.input = &program->inputs[s->input], .arith = s->arith, .arith_count = s->arith_count};
	struct nn_intake in = {.program = program, .source = s, .parts = &part, .part_count = 1};
	char place[NN_PATH_MAX];
	int status = -1;

	if (out->values)
		return nn_fail(e, "two sources for '%s' (%s:%d)", part.input->name, program->file, s->line);
	if (!s->path) {
		snprintf(place, sizeof place, "%s:%d", program->file, s->line);
		in.found = place;
		status = take_in(&in, read_literal, NULL, 0, e);
	} else {
		size_t i = 0, n = sizeof readers / sizeof *readers;
		while (i < n && strcmp(readers[i].name, s->reader) != 0)
			i++;
		if (i == n)
			return nn_fail(e, "no reader is called '%s' (%s:%d)", s->reader, program->file, s->line);
		if (load(r, program, s, folder, e))
			return -1;
		in.found = r->found;
		status = take_in(&in, readers[i].read, r->bytes, r->size, e);
	}
	*out = part.out;
	return status;
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
nn_data_read(const struct nn_program *program, enum nn_group group, const char *folder, struct nn_dataset *out, struct nn_error *e)
{
	struct recent recent = {0};
	int status = make_dataset(program, out, e);

	for (size_t i = 0; i < program->source_count && status == 0; i++) {
		const struct nn_source *s = &program->sources[i];
		if (s->group == group)
			status = read_source(program, s, &recent, folder, &out->inputs[s->input], e);
	}
	free(recent.bytes);
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
		free(data->inputs[i].values);
	free(data->inputs);
	*data = (struct nn_dataset){0};
}

/* a file typed on the command line, CSV or .npy by its first bytes, into the inputs of `parts` */
static int
read_typed(const struct nn_program *program, const char *path, struct nn_part parts[], size_t part_count, struct nn_error *e)
{
	char found[NN_PATH_MAX] = "standard input";
	unsigned char *bytes;
	size_t size;
	int standard_input = strcmp(path, "-") == 0;

	if (standard_input ? nn_file_read_descriptor(0, found, &bytes, &size, e) : nn_file_read(path, found, &bytes, &size, e))
		return -1;
	struct nn_intake in = {.program = program, .found = found, .parts = parts, .part_count = part_count};
	int status = take_in(&in, nn_npy_recognise(bytes, size) ? nn_npy_read : nn_csv_read, bytes, size, e);
	free(bytes);
	return status;
}

int
nn_data_read_rows(const struct nn_program *program, const char *path, struct nn_dataset *out, struct nn_error *e)
{
	size_t n = 0;

	if (make_dataset(program, out, e))
		return -1;
	struct nn_part *parts = calloc(program->input_count ? program->input_count : 1, sizeof *parts);
	int status = parts ? 0 : nn_fail(e, "not enough memory");
	for (size_t i = 0; status == 0 && i < program->input_count; i++)
		if (!program->inputs[i].is_target)
			parts[n++].input = &program->inputs[i];
	if (status == 0)
		status = n ? read_typed(program, path, parts, n, e) : nn_fail(e, "%s has no inputs to read from %s", program->model, path);
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
	int status = read_typed(program, path, &part, 1, e);

	*out = part.out;
	return status;
}
