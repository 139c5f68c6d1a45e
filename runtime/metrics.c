/* metrics.c - the command metrics: what a run has logged, metrics.jsonl, as a CSV for spreadsheets. */
#define _POSIX_C_SOURCE 200809L
#include "file.h"
#include "json.h"
#include "number.h"
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MOST = 256 };

struct log { /* the table so far */
	const char *name;
	size_t line;
	char *columns[COLUMNS_MOST]; /* the members of line 1 */
	size_t count;
	FILE *to;
};

static int
fail_line(const struct log *l, struct nn_error *e)
{
	return nn_fail(e, "%s:%zu: no line of figures like line 1", l->name, l->line);
}

/* a number as it stands there; true and false are 1 and 0, null is an empty field */
static int
copy_value(struct log *l, struct nn_json *j, struct nn_error *e)
{
	static const char *const words[] = {"true", "false", "null"}, *const fields[] = {"1", "0", ""};
	double value;

	while (j->at < j->end && *j->at == ' ')
		j->at++;
	for (size_t k = 0; k < 3; k++)
		if (strncmp(j->at, words[k], strlen(words[k])) == 0) {
			fputs(fields[k], l->to);
			j->at += strlen(words[k]);
			return 0;
		}
	const char *end = nn_number(j->at, &value);
	if (end == j->at || end > j->end)
		return fail_line(l, e);
	fwrite(j->at, 1, (size_t)(end - j->at), l->to);
	j->at = end;
	return 0;
}

/* in line 1 the names come first, in a row of their own */
static int
read_names(struct log *l, struct nn_json j, struct nn_error *e)
{
	double ignored;

	for (int more = nn_json_accept(&j, '{'); more; more = nn_json_accept(&j, ',')) {
		char *name;
		if (l->count == COLUMNS_MOST || nn_json_string(&j, &name) != 0)
			return fail_line(l, e);
		l->columns[l->count++] = name;
		if (strpbrk(name, ",\"\r\n") || !nn_json_accept(&j, ':'))
			return fail_line(l, e);
		fprintf(l->to, "%s%s", l->count > 1 ? "," : "", name);
		while (j.at < j.end && *j.at == ' ')
			j.at++;
		const char *end = nn_number(j.at, &ignored);
		while (end == j.at && j.at < j.end && *j.at >= 'a' && *j.at <= 'z')
			end = ++j.at;
		j.at = end;
	}
	putc('\n', l->to);
	return l->count ? 0 : fail_line(l, e);
}

static int
copy_line(struct log *l, struct nn_json j, struct nn_error *e)
{
	size_t k = 0;

	for (int more = nn_json_accept(&j, '{'); more; more = nn_json_accept(&j, ','), k++) {
		char *name;
		if (k == l->count || nn_json_string(&j, &name) != 0)
			return fail_line(l, e);
		int same = strcmp(name, l->columns[k]) == 0;
		free(name);
		if (!same || !nn_json_accept(&j, ':'))
			return fail_line(l, e);
		fputs(k ? "," : "", l->to);
		if (copy_value(l, &j, e) != 0)
			return -1;
	}
	putc('\n', l->to);
	return k == l->count && nn_json_accept(&j, '}') && j.at == j.end ? 0 : fail_line(l, e);
}

static int
copy_log(struct log *l, const char *text, size_t size, struct nn_error *e)
{
	struct nn_error ignored;
	int status = 0;

	for (const char *at = text, *stop; at < text + size && status == 0; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(text + size - at));
		if (!stop) /* a line that is still being written */
			return 0;
		struct nn_json j = {.start = at, .at = at, .end = stop, .name = l->name, .e = &ignored};
		l->line++;
		if (l->line == 1)
			status = read_names(l, j, e);
		if (status == 0)
			status = copy_line(l, j, e);
	}
	return status;
}

int
nn_metrics(const struct nn_options *o)
{
	struct nn_output_file file = {.stream = stdout};
	struct log l = {.line = 0};
	struct nn_error e;
	char path[NN_PATH_MAX], found[NN_PATH_MAX];
	unsigned char *bytes;
	size_t size;

	if (!o->argument) {
		nn_fail(&e, "metrics needs the folder of a run");
		nn_help(&e, "%s train --out RUN makes one", o->self);
		return nn_report_usage(&e);
	}
	if (nn_path_join(path, o->argument, "metrics.jsonl", &e) != 0 || nn_file_read(path, found, &bytes, &size, &e) != 0)
		return nn_report(&e);
	int status = o->out ? nn_file_create(&file, o->out, &e) : 0;
	if (status == 0) {
		l.name = found;
		l.to = file.stream;
		status = copy_log(&l, (const char *)bytes, size, &e);
		if (status == 0 && o->out)
			status = nn_file_commit(&file, &e);
		else if (o->out)
			nn_file_abandon(&file);
	}
	for (size_t k = 0; k < l.count; k++)
		free(l.columns[k]);
	free(bytes);
	return status == 0 ? NN_SUCCESS : nn_report(&e);
}
