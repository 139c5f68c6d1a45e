/* intake.c - takes in what a reader hands over: each record goes through the source's slice and arithmetic, is checked against what the
 * model declares, rounded once and stored, in as few bytes as that needs (column.c).  Nothing is allocated because a header says so:
 * memory follows records that are there. */
#include "readers.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1024 }; /* values of a run that are decoded at a time */

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
	size_t record = in->seen - in->begun;

	if (in->columns)
		snprintf(text, NN_PLACE_MAX, "%.900s:%zu: column %zu", in->found, in->line, in->columns[value]);
	else if (in->unit)
		snprintf(text, NN_PLACE_MAX, "%.900s: %s %zu", in->found, in->unit, value);
	else if (in->width == 1)
		snprintf(text, NN_PLACE_MAX, "%.900s: record %zu", in->found, record);
	else
		snprintf(text, NN_PLACE_MAX, "%.900s: record %zu, value %zu", in->found, record, value);
}

/* ---- memory ---- */

/* bytes that a whole number of this input takes as its distance from `low`; 0: more than two */
static unsigned
packed_bytes(const struct nn_input *input)
{
	if (!input->is_integer || input->low < INT32_MIN || input->high > INT32_MAX)
		return 0;
	long distance = input->high - input->low;
	return distance <= UINT8_MAX ? 1 : distance <= UINT16_MAX ? 2 : 0;
}

static size_t
value_size(const struct nn_intake *in, const struct nn_part *part)
{
	return part->out.packed ? part->out.packed : part->input->is_integer ? sizeof(int32_t) : in->program->real_size;
}

/* exactly `records` of room, for records side by side */
static int
set_room(struct nn_intake *in, size_t records, struct nn_error *e)
{
	for (size_t i = 0; i < in->part_count; i++) {
		struct nn_part *part = &in->parts[i];
		size_t bytes = value_size(in, part) * part->count;
		void *values = records > SIZE_MAX / bytes ? NULL : realloc(part->out.values, records * bytes);
		if (!values)
			return nn_fail(e, "%s: not enough memory for %zu records of '%s'", in->found, records, part->input->name);
		part->out.values = values;
	}
	in->room = records;
	return 0;
}

int
nn_intake_slice(const struct nn_intake *in, size_t records, struct nn_error *e)
{
	const struct nn_source *s = in->source;
	char of[80] = "";

	if (in->unit)
		snprintf(of, sizeof of, " of %zu %ss", in->width, in->unit);
	if (records > UINT32_MAX)
		return nn_fail(e, "%s: holds %zu records%s, more than %lu", in->found, records, of, (unsigned long)UINT32_MAX);
	if (!s || !s->sliced || (s->first <= s->last && s->last < records))
		return 0;
	return nn_fail(e, "%s: holds %zu records%s, 0..%zu, but [%zu..%zu] asks for more (%s:%d)", in->found, records, of, records - 1, s->first,
	    s->last, in->program->file, s->line);
}

/* how many of the records 0 .. records - 1 are in the slice */
static size_t
wanted(const struct nn_intake *in, size_t records)
{
	return records <= in->first ? 0 : (in->last < records ? in->last + 1 : records) - in->first;
}

int
nn_intake_expect(struct nn_intake *in, size_t records, struct nn_error *e)
{
	size_t all = records > SIZE_MAX - in->begun ? SIZE_MAX : in->begun + records, room = wanted(in, all);

	if (!in->more && !in->begun && nn_intake_slice(in, all, e)) /* of several files, all are counted first */
		return -1;
	return room > in->room ? set_room(in, room, e) : 0;
}

int
nn_intake_open(struct nn_intake *in, struct nn_error *e)
{
	int sliced = in->source && in->source->sliced;

	in->first = sliced ? in->source->first : 0;
	in->last = sliced ? in->source->last : SIZE_MAX - 1;
	for (size_t i = 0; i < in->part_count; i++) {
		struct nn_part *part = &in->parts[i];
		size_t count = part->input->count;
		if (count == 0 || count > SIZE_MAX / 64 - in->width)
			return nn_fail(e, "'%s' cannot have %zu values a sample (%s:%d)", part->input->name, count, in->program->file, part->input->line);
		in->width += part->count = count;
		part->out = (struct nn_column_data){.stride = count, .packed = packed_bytes(part->input)};
	}
	in->scratch = malloc((in->width < CHUNK ? CHUNK : in->width) * sizeof *in->scratch);
	return in->scratch ? 0 : nn_fail(e, "not enough memory for a sample of %zu values", in->width);
}

/* ---- images that are larger than their input ---- */

/* the `crop` behind the source, or, of a file typed on the command line, behind a source of the same input */
static const struct nn_transform *
find_crop(const struct nn_intake *in, int *line)
{
	const struct nn_program *p = in->program;

	for (size_t i = 0; in->part_count == 1 && i < p->source_count; i++) {
		const struct nn_source *s = &p->sources[i];
		if (in->source ? s != in->source : &p->inputs[s->input] != in->parts->input)
			continue;
		for (size_t k = 0; k < s->transform_count; k++)
			if (strcmp(s->transforms[k].name, "crop") == 0) {
				*line = s->line;
				return &s->transforms[k];
			}
	}
	return NULL;
}

int
nn_intake_crops(const struct nn_intake *in)
{
	int line;

	return find_crop(in, &line) != NULL;
}

int
nn_intake_image(struct nn_intake *in, size_t planes, size_t height, size_t width, struct nn_error *e)
{
	struct nn_part *part = in->parts;
	const struct nn_input *input = part->input;
	int line = 0;
	const struct nn_transform *crop = find_crop(in, &line);
	size_t size = crop->argument[0] * crop->argument[1], count = planes * height * width; /* values of a record that is here */
	const char *file = in->program->file;

	if (planes != input->count / size)
		return nn_fail(e, "%s: holds images of %zu plane%s, but '%s' has %zu (%s:%d)", in->found, planes, planes == 1 ? "" : "s", input->name,
		    input->count / size, file, input->line);
	if (height < crop->argument[0] || width < crop->argument[1])
		return nn_fail(e, "%s: holds images of %zu x %zu, smaller than crop(%zu, %zu) of '%s' (%s:%d)", in->found, height, width, crop->argument[0],
		    crop->argument[1], input->name, file, line);
	if (count == input->count)
		return 0;
	double *scratch = count > SIZE_MAX / sizeof *scratch ? NULL : realloc(in->scratch, (count < CHUNK ? CHUNK : count) * sizeof *scratch);
	if (!scratch)
		return nn_fail(e, "%s: not enough memory for a record of %zu values", in->found, count);
	in->scratch = scratch;
	in->width = part->count = part->out.stride = count;
	part->out.height = height;
	part->out.width = width;
	return 0;
}

int
nn_intake_close(struct nn_intake *in, int status, struct nn_error *e)
{
	free(in->scratch);
	in->scratch = NULL;
	if (status == 0)
		status = nn_intake_slice(in, in->seen, e);
	if (status == 0 && in->kept < in->room)
		status = set_room(in, in->kept, e);
	for (size_t i = 0; i < in->part_count; i++) {
		in->parts[i].out.records = in->kept;
		if (status)
			nn_column_free(&in->parts[i].out);
	}
	return status;
}

/* ---- arithmetic and checks ---- */

void
nn_arith_apply(const struct nn_program *program, const struct nn_arith *a, double x[], size_t n)
{
	int minus = a->op == '-' && !a->left; /* x - c is x + -c */
	double c = minus ? -a->operand : a->operand;

#define EACH(expression)                                                                                                               \
	do {                                                                                                                           \
		for (size_t i = 0; i < n; i++)                                                                                         \
			x[i] = (expression);                                                                                           \
	} while (0)
	switch (minus ? '+' : a->op) {
	case '+':
		EACH(x[i] + c);
		break;
	case '*':
		EACH(x[i] * c);
		break;
	case '-':
		EACH(c - x[i]);
		break;
	case '/':
		if (a->left)
			EACH(c / x[i]);
		else
			EACH(x[i] / c);
		break;
	case '^':
		if (a->left)
			EACH(program->power(c, x[i]));
		else
			EACH(program->power(x[i], c));
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
	nn_fail(e, "%s %s, but '%s' is declared %ld..%ld (%s:%d)", place, is, input->name, input->low, input->high, file, input->line);
	if (input->low == 0 && value == (double)input->high + 1)
		nn_help(e, "if its numbers start at 1, subtract 1 where the data are read (%s:%d): `... - 1`", file, in->source ? in->source->line : input->line);
	return -1;
}

/* Real numbers that are bytes in the file stay bytes, beside a table of what they stand for.  An entry may be no finite number: it is
 * an error where its byte occurs. */
int
nn_intake_bytes(struct nn_intake *in, struct nn_error *e)
{
	size_t size = in->program->real_size;

	for (size_t i = 0; i < in->part_count; i++) {
		struct nn_part *part = &in->parts[i];
		double x[256];
		if (part->input->is_integer || part->out.table)
			continue;
		part->out.table = malloc(256 * size);
		if (!part->out.table)
			return nn_fail(e, "%s: not enough memory", in->found);
		part->out.packed = 1;
		for (int b = 0; b < 256; b++)
			x[b] = b;
		for (size_t k = 0; k < part->arith_count; k++)
			nn_arith_apply(in->program, &part->arith[k], x, 256);
		nn_store_reals(x, 256, size, part->out.table);
	}
	return 0;
}

/* raw[0 .. n) of a part, to the place `at` among its stored values; `first` is what messages call the first of them */
static int
store(struct nn_intake *in, struct nn_part *part, const double raw[], size_t n, size_t at, size_t first, struct nn_error *e)
{
	const double *x = raw;
	size_t real_size = in->program->real_size, bad = n;

	if (part->out.table)
		bad = nn_store_bytes(part, raw, n, real_size, at);
	if (part->arith_count > 0 && !(part->out.table && bad == n)) {
		memcpy(in->scratch, raw, n * sizeof *raw);
		for (size_t i = 0; i < part->arith_count; i++)
			nn_arith_apply(in->program, &part->arith[i], in->scratch, n);
		x = in->scratch;
	}
	if (part->input->is_integer)
		bad = nn_store_integers(part, x, n, at);
	else if (!part->out.table)
		bad = nn_store_reals(x, n, real_size, (char *)part->out.values + at * real_size);
	return bad < n ? fail_value(in, part, first + bad, raw[bad], x[bad], e) : 0;
}

/* ---- labels ---- */

static const struct nn_part *
part_of(const struct nn_intake *in, size_t value)
{
	const struct nn_part *part = in->parts;

	for (size_t at = part->count; value >= at; at += part->count)
		part++;
	return part;
}

struct nn_label_list *
nn_intake_labels(const struct nn_intake *in, size_t value)
{
	struct nn_label_list *list = in->labels ? &in->labels->lists[part_of(in, value)->input - in->program->inputs] : NULL;

	return list && list->state != NN_LABELS_NONE ? list : NULL;
}

int
nn_intake_may_have_labels(const struct nn_intake *in, size_t value)
{
	return in->labels && part_of(in, value)->input->is_integer;
}

static int
check_label(const char *place, const char *text, size_t length, struct nn_error *e)
{
	for (size_t k = 0, n; k < length; k += n) {
		n = nn_utf8(text + k, length - k);
		if (n == 0) {
			nn_fail(e, "%s is \"%.*s\", which is not UTF-8", place, (int)(length < 40 ? length : 40), text);
			return nn_help(e, "convert the file: iconv -f LATIN1 -t UTF-8");
		}
		if ((unsigned char)text[k] < 0x20 || text[k] == 0x7F)
			return nn_fail(e, "%s is \"%.*s\": a label holds no control characters", place, (int)(length < 40 ? length : 40), text);
	}
	return length <= NN_LABEL_MAX ? 0 : nn_fail(e, "%s is a label of %zu bytes, more than %d: \"%.40s...\"", place, length, NN_LABEL_MAX, text);
}

/* the message for a word that is none of the labels */
static int
fail_label(const char *place, const struct nn_input *input, const struct nn_label_list *list, const char *text, struct nn_error *e)
{
	size_t near = nn_nearest(text, (const char *const *)list->names, list->count);
	char names[300];

	nn_label_names(list, names, sizeof names);
	nn_fail(e, "%s is \"%s\", which is no class of '%s'", place, text, input->name);
	if (near < list->count)
		return nn_help(e, "the nearest is \"%s\"; the classes are %s", list->names[near], names);
	return nn_help(e, "the classes are %s: those of the data that it was trained on", names);
}

static int
fail_more(const struct nn_intake *in, const char *place, const struct nn_input *input, const struct nn_label_list *list, const char *text, struct nn_error *e)
{
	char names[300];

	nn_label_names(list, names, sizeof names);
	nn_fail(e, "%s is \"%s\", label number %zu, but '%s' has %zu classes, %ld..%ld (%s:%d)", place, text, list->count + 1, input->name,
	    (size_t)(input->high - input->low) + 1, input->low, input->high, in->program->file, input->line);
	return nn_help(e, "the labels before it are %s", names);
}

int
nn_intake_label(struct nn_intake *in, size_t value, const char *text, size_t length, double *number, struct nn_error *e)
{
	const struct nn_part *part = part_of(in, value);
	const struct nn_input *input = part->input;
	struct nn_label_list *list = nn_intake_labels(in, value);
	size_t found = nn_label_find(list, text, length);
	char place[NN_PLACE_MAX], copy[NN_LABEL_MAX + 1];

	*number = (double)input->low + (double)found;
	if (found < list->count && part->arith_count == 0)
		return 0;
	name_place(in, value, place);
	if (check_label(place, text, length, e) != 0)
		return -1;
	memcpy(copy, text, length);
	copy[length] = 0;
	if (part->arith_count > 0) {
		nn_fail(e, "%s is the label \"%s\", with which there is no arithmetic (%s:%d)", place, copy, in->program->file, in->source ? in->source->line : input->line);
		return nn_help(e, "labels are numbered by themselves, from %ld on", input->low);
	}
	if (list->state == NN_LABELS_KNOWN)
		return fail_label(place, input, list, copy, e);
	if (list->count > (size_t)(input->high - input->low))
		return fail_more(in, place, input, list, copy, e);
	if (list->count == NN_LABELS_MOST)
		return nn_fail(e, "%s is \"%s\", label number %zu, more than there may be", place, copy, list->count + 1);
	list->state = NN_LABELS_NEW;
	return nn_label_add(list, copy, length, e);
}

/* ---- records, and windows of a run ---- */

int
nn_intake_record(struct nn_intake *in, const double values[], struct nn_error *e)
{
	if (nn_intake_wants(in, in->seen)) {
		if (in->kept == in->room && set_room(in, in->room < 256 ? 256 : in->room + in->room / 2, e))
			return -1;
		for (size_t i = 0, at = 0; i < in->part_count; at += in->parts[i++].count) {
			size_t count = in->parts[i].count;
			if (store(in, &in->parts[i], values + at, count, in->kept * count, at, e))
				return -1;
		}
		in->kept++;
	}
	in->seen++;
	return 0;
}

int
nn_intake_takes_windows(const struct nn_intake *in)
{
	return in->part_count == 1 && in->parts[0].input->is_integer;
}

int
nn_intake_windows(struct nn_intake *in, const struct nn_tokens *t, struct nn_error *e)
{
	struct nn_part *part = &in->parts[0];
	size_t stride = part->input->rank == 1 && in->width >= 2 ? in->width - 1 : in->width;
	char takes[NN_PLACE_MAX];
	double values[CHUNK];

	in->unit = t->unit;
	if (t->n < in->width) {
		nn_intake_takes(in, takes);
		return nn_fail(e, "%s: %zu %s%s, but %s", in->found, t->n, t->unit, t->n == 1 ? "" : "s", takes);
	}
	in->seen = (t->n - in->width) / stride + 1;
	if (nn_intake_slice(in, in->seen, e))
		return -1;
	in->kept = in->room = wanted(in, in->seen);
	size_t first = in->first * stride, n = (in->kept - 1) * stride + in->width;
	part->out.stride = stride;
	if (nn_intake_leave_run(in, t, first))
		return 0;
	part->out.values = n > SIZE_MAX / sizeof(int32_t) ? NULL : malloc(n * value_size(in, part));
	if (!part->out.values)
		return nn_fail(e, "%s: not enough memory for %zu %ss", in->found, n, t->unit);
	for (size_t at = 0, some; at < n; at += some) {
		some = n - at < CHUNK ? n - at : CHUNK;
		t->element->decode(t->bytes + (first + at) * t->element->size, some, t->big_endian, values);
		if (store(in, part, values, some, at, first + at, e))
			return -1;
	}
	return 0;
}
