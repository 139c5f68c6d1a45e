/* csv.c - reads tables of numbers and labels: one record a line, fields between commas (or semicolons or tabs, if line 1 has no comma), quotes as
 * in RFC 4180, CR LF or LF, with or without a header.
 *
 * Line 1 decides: its number of fields holds for all lines, and it is a header if one of its fields is text.  Then one pass over the
 * bytes, which a zero byte ends: fields that are wanted are parsed in place, the others are skipped. */
#include "readers.h"
#include "number.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct nn_csv {
	struct nn_intake *in;
	const char *at, *end;
	size_t line;           /* of `at` */
	char delimiter;
	unsigned char ends[256]; /* is a byte the end of a field without quotes? */
	size_t fields;         /* in every row */
	size_t first_line;     /* where they were counted */
	int header, numeric;   /* line 1: is a header; holds numbers only */
	int more;              /* further rows follow these bytes */
	char **names;          /* [fields] */
	size_t *pick;          /* [in->width] the field of each value */
	enum { SKIPPED, NUMBER, LABEL } *needed; /* [fields]; LABEL: a number or a word, as the list of labels says */
	size_t *value;         /* [fields] which value of a record it is, the first of them */
	double *row;           /* [fields] */
	double *values;        /* [in->width] */
	struct nn_error *e;
};

static NN_SELDOM int
is_missing(const char *text)
{
	static const char *const words[] = {"", "na", "n/a", "#n/a", "null", "none", "nil", "?", "-"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const char *t = text, *w = words[i];
		while (*t && (*t >= 'A' && *t <= 'Z' ? *t + 32 : *t) == *w)
			t++, w++;
		if (!*t && !*w)
			return 1;
	}
	return 0;
}

static NN_SELDOM int
is_number(const char *text)
{
	double value;
	const char *end = nn_number(text, &value);

	return end > text && !*end;
}

static const char *
skip_blanks(const struct nn_csv *c, const char *p)
{
	while (*p == ' ' || (*p == '\t' && c->delimiter != '\t'))
		p++;
	return p;
}

/* ---- fields as text ---- */

/* the text may end at c->end only: c->at is at a zero byte before it, which stands in line LINE */
static NN_SELDOM int
fail_zero(struct nn_csv *c, size_t line)
{
	return nn_fail(c->e, "%s:%zu: holds a zero byte: not a text file", c->in->found, line);
}

/* The end of a field without quotes that goes on at p.  Eight bytes are looked at together: those below 14, among them all ends of lines, and
 * delimiters have their high bits set in `marks`, the lowest of which is never a false one (Bit Twiddling Hacks, "hasless" and "haszero"). */
static inline const char *
plain_end(const struct nn_csv *c, const char *p)
{
	const uint64_t each = 0x0101010101010101u, delimiters = each * (unsigned char)c->delimiter;

	while (c->end - p >= 8) {
		uint64_t word = 0;
		for (int k = 0; k < 8; k++) /* one load where bytes are in this order */
			word |= (uint64_t)(unsigned char)p[k] << 8 * k;
		uint64_t other = word ^ delimiters, marks = (((word - each * 14) & ~word) | ((other - each) & ~other)) & each * 0x80;
		if (!marks) {
			p += 8;
			continue;
		}
		p += __builtin_ctzll(marks) / 8;
		if (c->ends[(unsigned char)*p])
			return p;
		p++;
	}
	while (!c->ends[(unsigned char)*p])
		p++;
	return p;
}

/* moves over one field, whatever it holds; *text and *length are what stands between blanks and quotes (a doubled quote stays double) */
static int
skip_field(struct nn_csv *c, const char **text, size_t *length)
{
	const char *p = skip_blanks(c, c->at), *start = p, *stop;

	if (*p != '"') {
		p = plain_end(c, p);
		for (stop = p; stop > start && (stop[-1] == ' ' || stop[-1] == '\t'); stop--)
			;
	} else {
		size_t opened = c->line;
		for (start = ++p; *p != '"' || p[1] == '"'; p++) {
			if (!*p && p < c->end)
				return fail_zero(c, opened);
			if (!*p)
				return nn_fail(c->e, "%s:%zu: a quote is never closed", c->in->found, opened);
			p += *p == '"';
			c->line += *p == '\n';
		}
		stop = p;
		p = skip_blanks(c, p + 1);
		if (!c->ends[(unsigned char)*p])
			return nn_fail(c->e, "%s:%zu: \"%.20s\" after a closing quote, expected `%c` or the end of the line",
			    c->in->found, c->line, p, c->delimiter);
	}
	*text = start;
	*length = (size_t)(stop - start);
	c->at = p;
	return 0;
}

/* the field as a string of its own, doubled quotes made single */
static NN_SELDOM char *
copy_field(const char *text, size_t length)
{
	char *copy = malloc(length + 1), *to = copy;

	for (size_t i = 0; copy && i < length; i++) {
		*to++ = text[i];
		i += text[i] == '"' && i + 1 < length && text[i + 1] == '"';
	}
	if (copy)
		*to = 0;
	return copy;
}

/* over LF, CR LF or CR, or to the end of the file */
static int
end_line(struct nn_csv *c)
{
	if (!*c->at)
		return c->at < c->end ? fail_zero(c, c->line) : 0;
	c->at += *c->at == '\r' && c->at[1] == '\n' ? 2 : 1;
	c->line++;
	return 0;
}

static NN_SELDOM void
free_names(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* one row as strings */
static NN_SELDOM int
split_row(struct nn_csv *c, char ***names, size_t *count)
{
	size_t room = 0, length;
	const char *text;

	*names = NULL;
	*count = 0;
	for (;;) {
		if (*count == room) {
			room = room ? room * 2 : 16;
			char **more = realloc(*names, room * sizeof *more);
			if (!more)
				return nn_fail(c->e, "%s: not enough memory for a row of %zu fields", c->in->found, *count);
			*names = more;
		}
		if (skip_field(c, &text, &length))
			return -1;
		(*names)[*count] = copy_field(text, length);
		if (!(*names)[*count])
			return nn_fail(c->e, "%s: not enough memory", c->in->found);
		(*count)++;
		if (*c->at != c->delimiter || c->at == c->end)
			return end_line(c);
		c->at++;
	}
}

/* ---- line 1: delimiter, header, columns ---- */

/* a comma anywhere in line 1, else the first semicolon or tab in it */
static NN_SELDOM void
find_delimiter(struct nn_csv *c)
{
	size_t length = strcspn(c->at, "\r\n"), other = strcspn(c->at, ";\t\r\n");

	c->delimiter = memchr(c->at, ',', length) || other == length ? ',' : c->at[other];
	c->ends[0] = c->ends['\n'] = c->ends['\r'] = c->ends[(unsigned char)c->delimiter] = 1;
}

/* whether only blank lines are left */
static int
at_end(const struct nn_csv *c)
{
	const char *p = c->at;

	while (*p == '\n' || *p == '\r' || *p == ' ' || *p == '\t')
		p++;
	return p == c->end;
}

/* could any input of the model have labels?  All sources of a file must agree whether it has a header */
static NN_SELDOM int
takes_labels(const struct nn_csv *c)
{
	int any = 0;

	for (size_t k = 0; c->in->labels && k < c->in->program->input_count; k++)
		any |= c->in->program->inputs[k].is_integer;
	return any;
}

/* Line 1 is a header if one of its fields is text.  Where other fields are numbers and line 2 has text in the same places, it may as
 * well be a record with labels: it is one where the model takes whole numbers, else the person must say. */
static NN_SELDOM int
find_header(struct nn_csv *c, int by_name)
{
	size_t texts = 0, same = 0, numbers = 0, count = 0;
	char **second = NULL;
	struct nn_csv ahead = *c;

	for (size_t i = 0; i < c->fields; i++)
		numbers += (size_t)is_number(c->names[i]);
	int status = at_end(c) ? 0 : split_row(&ahead, &second, &count);
	for (size_t i = 0; i < c->fields; i++) {
		int text = !is_number(c->names[i]) && !is_missing(c->names[i]);
		texts += (size_t)text;
		same += text && i < count && !is_number(second[i]) && !is_missing(second[i]);
	}
	free_names(second, count);
	c->header = texts > 0 || by_name;
	c->numeric = numbers == c->fields;
	if (status || texts == 0 || by_name || numbers == 0 || same < texts)
		return status;
	if (takes_labels(c)) {
		c->header = 0;
		return 0;
	}
	nn_fail(c->e, "%s:%zu: holds numbers and text, so it may be a header or a record", c->in->found, c->first_line);
	return nn_help(c->e, "put a line with a name for each of the %zu columns on top", c->fields);
}

/* the columns as they can be called, for help */
static NN_SELDOM int
help_columns(struct nn_csv *c, const char *name)
{
	char list[300];
	size_t used = 0, near = nn_nearest(name, (const char *const *)c->names, c->fields);

	list[0] = 0;
	for (size_t i = 0; i < c->fields && used < 200; i++)
		used += (size_t)snprintf(list + used, sizeof list - used, "%s\"%.40s\"", i ? ", " : "", c->names[i]);
	if (near < c->fields)
		return nn_help(c->e, "the nearest is \"%s\"; the columns are %s%s", c->names[near], list, used < 200 ? "" : ", ...");
	return nn_help(c->e, "the columns are %s%s", list, used < 200 ? "" : ", ...");
}

static NN_SELDOM int
find_column(struct nn_csv *c, const struct nn_source *s, const struct nn_column *column, size_t *field)
{
	const char *file = c->in->program->file;
	size_t found = c->fields;

	if (!column->name) {
		*field = column->number;
		if (column->number < c->fields)
			return 0;
		return nn_fail(c->e, "%s: has columns 0..%zu, no column %zu (%s:%d)", c->in->found, c->fields - 1, column->number, file, s->line);
	}
	for (size_t i = 0; i < c->fields; i++)
		if (strcmp(c->names[i], column->name) == 0) {
			if (found < c->fields)
				return nn_fail(c->e, "%s: columns %zu and %zu are both called \"%s\" (%s:%d)", c->in->found, found, i, column->name, file, s->line);
			found = i;
		}
	*field = found;
	if (found < c->fields)
		return 0;
	if (c->numeric) {
		nn_fail(c->e, "%s: has no header, so no column is called \"%s\" (%s:%d)", c->in->found, column->name, file, s->line);
		return nn_help(c->e, "choose by number: 0..%zu", c->fields - 1);
	}
	nn_fail(c->e, "%s: no column is called \"%s\" (%s:%d)", c->in->found, column->name, file, s->line);
	return help_columns(c, column->name);
}

/* the columns of a source, all where it names none, are to be `width` */
static NN_SELDOM int
check_width(struct nn_csv *c, const struct nn_source *s, size_t width)
{
	size_t chosen = s && s->column_count ? s->column_count : c->fields;
	char takes[NN_PLACE_MAX];

	if (chosen == width)
		return 0;
	nn_intake_takes(c->in, takes);
	if (s && s->column_count)
		return nn_fail(c->e, "%s: %zu columns are chosen (%s:%d), but %s", c->in->found, chosen, c->in->program->file, s->line, takes);
	nn_fail(c->e, "%s: %zu column%s, but %s", c->in->found, chosen, chosen == 1 ? "" : "s", takes);
	if (chosen == 1)
		return nn_help(c->e, "fields are separated by commas, semicolons or tabs");
	return s && chosen > width ? nn_help(c->e, "choose some: csv(\"%s\", columns=[...]), counted from 0 or by name", s->path) : -1;
}

/* the columns of a source, for the `width` values from `first` on */
static NN_SELDOM int
pick_columns(struct nn_csv *c, const struct nn_source *s, size_t first, size_t width)
{
	if (check_width(c, s, width))
		return -1;
	for (size_t i = first; i < first + width; i++) {
		size_t *field = &c->pick[i];
		*field = i - first;
		if (s && s->column_count && find_column(c, s, &s->columns[i - first], field))
			return -1;
		int kind = nn_intake_labels(c->in, i) ? LABEL : NUMBER, before = (int)c->needed[*field];
		if (before == SKIPPED)
			c->value[*field] = i;
		else if (c->value[*field] < first && (kind == LABEL || before == LABEL)) /* a word has one number in each input */
			return nn_fail(c->e, "%s: column %zu is wanted by two inputs", c->in->found, *field);
		c->needed[*field] = kind == LABEL ? LABEL : NUMBER;
	}
	return 0;
}

/* fills pick and needed: by source, or for all inputs together */
static NN_SELDOM int
choose_columns(struct nn_csv *c)
{
	struct nn_intake *in = c->in;

	c->pick = calloc(in->width, sizeof *c->pick);
	c->values = calloc(in->width, sizeof *c->values);
	c->row = calloc(c->fields, sizeof *c->row);
	c->needed = calloc(c->fields, sizeof *c->needed);
	c->value = calloc(c->fields, sizeof *c->value);
	if (!c->pick || !c->values || !c->row || !c->needed || !c->value)
		return nn_fail(c->e, "%s: not enough memory for a row of %zu fields", in->found, c->fields);
	if (!in->parts->source && pick_columns(c, in->source, 0, in->width))
		return -1;
	for (size_t k = 0, first = 0; in->parts->source && k < in->part_count; first += in->parts[k++].input->count)
		if (pick_columns(c, in->parts[k].source, first, in->parts[k].input->count))
			return -1;
	in->columns = c->pick;
	return 0;
}

static NN_SELDOM int
chooses_by_name(const struct nn_source *s)
{
	for (size_t i = 0; s && i < s->column_count; i++)
		if (s->columns[i].name)
			return 1;
	return 0;
}

/* sources that are read together have to agree whether line 1 is a header */
static NN_SELDOM int
find_headers(struct nn_csv *c)
{
	const struct nn_intake *in = c->in;
	int header = 0;

	if (!in->parts->source)
		return find_header(c, chooses_by_name(in->source));
	for (size_t k = 0; k < in->part_count; k++) {
		if (find_header(c, chooses_by_name(in->parts[k].source)))
			return -1;
		if (k > 0 && c->header != header)
			return nn_fail(c->e, "%s:%zu: is a header for one input and a record for another", in->found, c->first_line);
		header = c->header;
	}
	return 0;
}

static NN_SELDOM int
open_table(struct nn_csv *c)
{
	const unsigned char *b = (const unsigned char *)c->at;

	if (c->end - c->at >= 2 && ((b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF))) {
		nn_fail(c->e, "%s: is UTF-16 text, expected UTF-8", c->in->found);
		return nn_help(c->e, "convert it: iconv -f UTF-16 -t UTF-8");
	}
	if (c->end - c->at >= 3 && b[0] == 0xEF && b[1] == 0xBB && b[2] == 0xBF)
		c->at += 3;
	if (at_end(c))
		return nn_fail(c->e, "%s: is empty", c->in->found);
	find_delimiter(c);
	c->first_line = c->line;
	const char *start = c->at;
	if (split_row(c, &c->names, &c->fields) || find_headers(c) || choose_columns(c))
		return -1;
	if (!c->header) {
		c->at = start;
		c->line = c->first_line;
	} else if (at_end(c) && !c->more) {
		return nn_fail(c->e, "%s: holds a header and no records", c->in->found);
	}
	return 0;
}

/* ---- rows of numbers ---- */

/* the message for a field that is wanted and no number */
static NN_SELDOM int
fail_field(struct nn_csv *c, size_t field)
{
	const char *text;
	size_t length, line = c->line;
	char *copy, name[80] = "";
	struct nn_error *e = c->e;
	struct nn_label_list *list = c->needed[field] == LABEL ? nn_intake_labels(c->in, c->value[field]) : NULL;
	const char *expected = list && list->state != NN_LABELS_NUMBERS ? "a label" : "a number";

	if (skip_field(c, &text, &length))
		return -1;
	if (!*c->at && c->at < c->end)
		return fail_zero(c, c->line);
	copy = copy_field(text, length);
	if (!copy)
		return nn_fail(e, "%s: not enough memory", c->in->found);
	if (c->header)
		snprintf(name, sizeof name, " (\"%.40s\")", c->names[field]);
	if (!*copy)
		nn_fail(e, "%s:%zu: column %zu%s is empty, expected %s", c->in->found, line, field, name, expected);
	else if (is_missing(copy))
		nn_fail(e, "%s:%zu: column %zu%s is \"%s\", a missing value, expected %s", c->in->found, line, field, name, copy, expected);
	else
		nn_fail(e, "%s:%zu: column %zu%s is \"%.40s%s\", which is not a number",
		    c->in->found, line, field, name, copy, length > 40 ? "..." : "");
	if (is_missing(copy))
		nn_help(e, *copy && *expected == 'a' && expected[2] == 'l' ? "leave the record out, or write a label there: in quotes, \"%s\" is one" : "leave the record out, or write %s there", *copy && expected[2] == 'l' ? copy : expected);
	else if (c->delimiter == ',' && c->fields == 1)
		nn_help(e, "fields are separated by commas, semicolons or tabs");
	else if (strchr(copy, ',') || strchr(copy, ';'))
		nn_help(e, "numbers are written with a decimal point");
	else if (!list && nn_intake_may_have_labels(c->in, c->value[field]))
		nn_help(e, "no labels are known here: the weights, or the training data, have numbers");
	else if (list)
		nn_help(e, "its first record holds a number, so it is a column of numbers; labels are words from the first record on");
	free(copy);
	return -1;
}

/* one number, with or without quotes and blanks around it */
static inline int
read_number(struct nn_csv *c, size_t field)
{
	const char *p = skip_blanks(c, c->at);
	int quoted = *p == '"';

	if (quoted)
		p = skip_blanks(c, p + 1);
	const char *end = nn_number(p, &c->row[field]);
	if (end == p)
		return fail_field(c, field);
	if (!c->ends[(unsigned char)*end]) {
		end = skip_blanks(c, end);
		if (quoted && *end == '"')
			end = skip_blanks(c, end + 1);
		else if (quoted)
			return fail_field(c, field);
		if (!c->ends[(unsigned char)*end])
			return fail_field(c, field);
	} else if (quoted) {
		return fail_field(c, field);
	}
	c->at = end;
	return 0;
}

/* The first record of the training data decides between numbers and words.  An empty field or one such as NA is no label, but in quotes `NA` is. */
static int
read_label(struct nn_csv *c, size_t field)
{
	struct nn_csv before = *c;
	struct nn_label_list *list = nn_intake_labels(c->in, c->value[field]);
	const char *text;
	size_t length;
	int status;

	if (list->state == NN_LABELS_NUMBERS)
		return read_number(c, field);
	if (skip_field(c, &text, &length))
		return -1;
	int quoted = text > before.at && text[-1] == '"';
	size_t found = memchr(text, '"', length) ? list->count : nn_label_find(list, text, length);
	if (found < list->count && (quoted || !is_missing(list->names[found])))
		return nn_intake_label(c->in, c->value[field], text, length, &c->row[field], c->e);
	char *copy = copy_field(text, length);
	if (!copy)
		return nn_fail(c->e, "%s: not enough memory", c->in->found);
	if (is_missing(copy) && !(quoted && *copy)) {
		*c = before;
		status = fail_field(c, field);
	} else if (list->state == NN_LABELS_UNDECIDED && is_number(copy)) {
		list->state = NN_LABELS_NUMBERS;
		*c = before;
		status = read_number(c, field);
	} else {
		status = nn_intake_label(c->in, c->value[field], copy, strlen(copy), &c->row[field], c->e);
	}
	free(copy);
	return status;
}

static NN_SELDOM int
fail_ragged(struct nn_csv *c, size_t field, size_t line)
{
	const char *text;
	size_t length;

	while (*c->at == c->delimiter) {
		c->at++;
		if (skip_field(c, &text, &length))
			return -1;
		field++;
	}
	if (!*c->at && c->at < c->end)
		return end_line(c);
	return nn_fail(c->e, "%s:%zu: %zu field%s, but line %zu has %zu",
	    c->in->found, line, field, field == 1 ? "" : "s", c->first_line, c->fields);
}

/* fills c->row; where the record is not wanted, only counts fields */
static int
read_row(struct nn_csv *c, int wanted)
{
	const char *text;
	size_t length, line = c->line;

	for (size_t field = 0;;) {
		int kind = wanted ? c->needed[field] : SKIPPED;
		if (kind == NUMBER ? read_number(c, field) : kind == SKIPPED ? skip_field(c, &text, &length) : read_label(c, field))
			return -1;
		field++;
		if (*c->at == c->delimiter && field < c->fields) {
			c->at++;
			continue;
		}
		if (*c->at == c->delimiter || field < c->fields)
			return fail_ragged(c, field, line);
		return end_line(c);
	}
}

static int
read_rows(struct nn_csv *c)
{
	struct nn_intake *in = c->in;

	while (c->at < c->end) {
		if ((*c->at == '\n' || *c->at == '\r' || *c->at == ' ' || *c->at == '\t') && at_end(c))
			return 0;
		if (*c->at == '\n' || *c->at == '\r')
			return nn_fail(c->e, "%s:%zu: is blank, but line %zu has %zu field%s",
			    in->found, c->line, c->first_line, c->fields, c->fields == 1 ? "" : "s");
		in->line = c->line;
		if (read_row(c, nn_intake_wants(in, in->seen)))
			return -1;
		for (size_t i = 0; i < in->width; i++)
			c->values[i] = c->row[c->pick[i]];
		if (nn_intake_record(in, c->values, c->e))
			return -1;
	}
	return 0;
}

static NN_SELDOM void
close_table(struct nn_csv *c)
{
	c->in->columns = NULL;
	free_names(c->names, c->fields);
	free(c->pick);
	free(c->needed);
	free(c->value);
	free(c->row);
	free(c->values);
}

int
nn_csv_read(struct nn_intake *in, const unsigned char *bytes, size_t size, struct nn_error *e)
{
	struct nn_csv c = {.in = in, .at = (const char *)bytes, .end = (const char *)bytes + size, .line = 1, .e = e};
	int status = open_table(&c);

	if (status == 0)
		status = read_rows(&c);
	close_table(&c);
	return status;
}

const struct nn_format nn_csv = {"csv", nn_csv_read, 0, NULL};

/* ---- a table that comes in pieces ---- */

struct nn_csv *
nn_csv_open(struct nn_intake *in, struct nn_error *e)
{
	struct nn_csv *c = calloc(1, sizeof *c);

	if (!c)
		nn_fail(e, "not enough memory");
	else
		*c = (struct nn_csv){.in = in, .line = 1};
	return c;
}

int
nn_csv_more(struct nn_csv *c, const unsigned char *bytes, size_t size, int last, struct nn_error *e)
{
	c->at = (const char *)bytes;
	c->end = c->at + size;
	c->more = !last;
	c->e = e;
	if (!c->fields && open_table(c) != 0)
		return -1;
	return read_rows(c);
}

void
nn_csv_close(struct nn_csv *c)
{
	if (c)
		close_table(c);
	free(c);
}
