/* table.c - reads a table of numbers: a CSV (commas, or semicolons or tabs where line 1 has no comma), or JSON objects, one a line. */
#include "plot/plot.h"
#include "runtime/file.h"
#include "runtime/json.h"
#include "runtime/number.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_COLUMNS = 4096, MOST_DEPTH = 32 };

struct lines { /* a file and a place in it */
	struct plot *p;
	struct table *table;
	const char *at; /* a zero byte ends it */
	size_t line;
};

static int
wrong_line(struct lines *l, const char *what)
{
	return nn_fail(&l->p->error, "%s:%zu: %s", l->table->path, l->line, what);
}

static struct column *
add_column(struct lines *l, const char *name)
{
	struct table *t = l->table;
	struct column c = {.name = name};
	for (size_t k = 0; k < t->rows; k++) PUSH(&l->p->arena, &c, NAN);
	PUSH(&l->p->arena, &t->columns, c);
	return &t->columns.at[t->columns.n - 1];
}

/* ---- CSV -------------------------------------------------------------------------------------------------------------------------------- */

/* the next field of the line, without blanks and quotes around it; moves behind the delimiter, or to the end of the line */
static const char *
next_field(struct lines *l, char delimiter, bool *more)
{
	const char *start = l->at, *end = start, *stop;
	while (*end && *end != '\n' && *end != delimiter) end++;
	*more = *end == delimiter;
	l->at = *more ? end + 1 : end;
	for (stop = end; stop > start && strchr(" \t\r", stop[-1]); stop--) continue;
	while (start < stop && (*start == ' ' || *start == '\t')) start++;
	if (stop - start >= 2 && *start == '"' && stop[-1] == '"') start++, stop--;
	return arena_text(&l->p->arena, start, (size_t)(stop - start));
}

static bool
is_number(const char *text, double *value)
{
	const char *end = nn_number(text, value);
	return end > text && !*end;
}

static bool
skip_blank_lines(struct lines *l)
{
	for (;;) {
		const char *s = l->at + strspn(l->at, " \t\r");
		if (*s != '\n') return *s != 0;
		l->at = s + 1;
		l->line++;
	}
}

/* line 1: names, or numbers; then the columns are called 0, 1, 2 ... and the line is read again */
static int
read_header(struct lines *l, char delimiter)
{
	const char *start = l->at;
	bool header = false, more = true;
	double value;
	while (more) {
		const char *name = next_field(l, delimiter, &more);
		if (*name && !is_number(name, &value)) header = true;
		if (l->table->columns.n == MOST_COLUMNS) return wrong_line(l, arena_print(&l->p->arena, "more than %d columns", MOST_COLUMNS));
		add_column(l, name);
	}
	if (header) return 0;
	l->at = start;
	for (int k = 0; k < l->table->columns.n; k++) l->table->columns.at[k].name = arena_print(&l->p->arena, "%d", k);
	return 0;
}

static int
read_row(struct lines *l, char delimiter)
{
	struct table *t = l->table;
	bool more = true;
	for (int k = 0; more; k++) {
		const char *field = next_field(l, delimiter, &more);
		double value = NAN;
		if (k == t->columns.n || (!more && k < t->columns.n - 1))
			return wrong_line(l, arena_print(&l->p->arena, "%s than the %d fields of line 1", more || k == t->columns.n ? "more" : "fewer", t->columns.n));
		if (*field && !is_number(field, &value)) return wrong_line(l, arena_print(&l->p->arena, "column %d: `%.40s` is no number", k, field));
		PUSH(&l->p->arena, &t->columns.at[k], value);
	}
	t->rows++;
	return 0;
}

static int
read_csv(struct lines *l)
{
	size_t first = strcspn(l->at, "\n");
	char delimiter = memchr(l->at, ',', first) ? ',' : memchr(l->at, ';', first) ? ';' : memchr(l->at, '\t', first) ? '\t' : ',';
	if (read_header(l, delimiter)) return -1;
	while (skip_blank_lines(l))
		if (read_row(l, delimiter)) return -1;
	return 0;
}

/* ---- JSON ------------------------------------------------------------------------------------------------------------------------------- */

/* moves over a text, list or object that holds no number to draw */
static int
skip_value(struct nn_json *j, int depth)
{
	char *text = NULL;
	double value;
	if (depth > MOST_DEPTH) return nn_json_fail(j, "fewer lists within lists");
	nn_json_accept(j, ' '); /* moves over white space */
	if (j->at < j->end && *j->at == '"') {
		if (nn_json_string(j, &text)) return -1;
		free(text);
		return 0;
	}
	bool object = nn_json_accept(j, '{');
	if (object || nn_json_accept(j, '[')) {
		if (nn_json_accept(j, object ? '}' : ']')) return 0;
		do {
			if (object && (nn_json_string(j, &text) || (free(text), nn_json_expect(j, ':')))) return -1;
			if (skip_value(j, depth + 1)) return -1;
		} while (nn_json_accept(j, ','));
		return nn_json_expect(j, object ? '}' : ']');
	}
	static const char *const words[] = {"null", "true", "false"};
	for (int i = 0; i < 3; i++)
		if ((size_t)(j->end - j->at) >= strlen(words[i]) && !memcmp(j->at, words[i], strlen(words[i]))) return j->at += strlen(words[i]), 0;
	const char *end = nn_number(j->at, &value);
	if (end == j->at || end > j->end) return nn_json_fail(j, "a value");
	j->at = end;
	return 0;
}

static struct column *
column_of_key(struct lines *l, const char *name)
{
	struct table *t = l->table;
	for (int k = 0; k < t->columns.n; k++)
		if (!strcmp(t->columns.at[k].name, name)) return &t->columns.at[k];
	return t->columns.n < MOST_COLUMNS ? add_column(l, arena_print(&l->p->arena, "%s", name)) : NULL;
}

static int
read_member(struct lines *l, struct nn_json *j)
{
	char *name = NULL;
	double value;
	if (nn_json_string(j, &name)) return -1;
	const char *key = arena_print(&l->p->arena, "%s", name);
	free(name);
	if (nn_json_expect(j, ':')) return -1;
	nn_json_accept(j, ' ');
	const char *end = nn_number(j->at, &value);
	if (end == j->at || end > j->end) return skip_value(j, 0);
	j->at = end;
	struct column *c = column_of_key(l, key);
	if (!c) return wrong_line(l, arena_print(&l->p->arena, "more than %d names", MOST_COLUMNS));
	if ((size_t)c->n > l->table->rows) return wrong_line(l, arena_print(&l->p->arena, "`%s` stands twice", key));
	PUSH(&l->p->arena, c, value);
	return 0;
}

static int
read_object(struct lines *l)
{
	struct nn_error e = {0};
	struct nn_json j = {l->at, l->at, l->at + strcspn(l->at, "\n"), l->table->path, &e};
	int bad = nn_json_expect(&j, '{');
	if (!bad && !nn_json_accept(&j, '}')) {
		do bad = read_member(l, &j);
		while (!bad && nn_json_accept(&j, ','));
		bad = bad || nn_json_expect(&j, '}');
	}
	nn_json_accept(&j, ' ');
	if (bad && l->p->error.text[0]) return -1;
	if (bad || j.at != j.end) return wrong_line(l, "this is no object of JSON, such as {\"epoch\": 1, \"loss\": 0.5}");
	l->at = j.end;
	l->table->rows++;
	for (int k = 0; k < l->table->columns.n; k++)
		if ((size_t)l->table->columns.at[k].n < l->table->rows) PUSH(&l->p->arena, &l->table->columns.at[k], NAN);
	return 0;
}

static int
read_json(struct lines *l)
{
	while (skip_blank_lines(l))
		if (read_object(l)) return -1;
	return 0;
}

/* ---- both ------------------------------------------------------------------------------------------------------------------------------- */

int
table_read(struct plot *p, struct table *t, const char *path)
{
	char *found = arena_alloc(&p->arena, NN_PATH_MAX);
	unsigned char *bytes;
	size_t size;
	bool standard = !strcmp(path, "-");
	*t = (struct table){.path = standard ? "standard input" : found};
	if (standard ? nn_file_read_descriptor(STDIN_FILENO, t->path, &bytes, &size, &p->error) : nn_file_read(path, found, &bytes, &size, &p->error)) return -1;
	struct lines l = {p, t, (const char *)bytes, 1};
	int status;
	if (memchr(bytes, 0, size)) status = nn_fail(&p->error, "%s is no table: it has a zero byte", t->path);
	else if (!skip_blank_lines(&l)) status = nn_fail(&p->error, "%s is empty", t->path);
	else status = *l.at == '{' ? read_json(&l) : read_csv(&l);
	free(bytes);
	if (!status && !t->rows) status = nn_fail(&p->error, "%s has no numbers: only its first line", t->path);
	if (!status && !t->columns.n) status = nn_fail(&p->error, "%s has no numbers", t->path);
	return status;
}

const struct column *
table_column(struct plot *p, const struct table *t, const char *name)
{
	const char **names = NEW_ARRAY(&p->arena, t->columns.n, const char *);
	char *end;
	for (int k = 0; k < t->columns.n; k++) {
		names[k] = t->columns.at[k].name;
		if (!strcmp(names[k], name)) return &t->columns.at[k];
	}
	long number = strtol(name, &end, 10);
	if (*name >= '0' && *name <= '9' && !*end && number < t->columns.n) return &t->columns.at[number];
	size_t near = nn_nearest(name, names, (size_t)t->columns.n);
	struct text all = {.arena = &p->arena};
	for (int k = 0; k < t->columns.n && all.length < 300; k++) text_add(&all, "%s%s", k ? ", " : "", names[k]);
	nn_fail(&p->error, "%s has no column `%s`", t->path, name);
	if (near < (size_t)t->columns.n) nn_help(&p->error, "there is `%s`", names[near]);
	else nn_help(&p->error, "it has %s", text_end(&all));
	return NULL;
}
