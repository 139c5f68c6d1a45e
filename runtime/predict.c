/* predict.c - the command predict: what trained weights make of the records of a table, a row for each, as they come. */
#define _POSIX_C_SOURCE 200809L
#include "classes.h"
#include "evaluate.h"
#include "file.h"
#include "progress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* the outputs of a batch of predictions */
struct predictions {
	const struct nn_program *program;
	void **values; /* [output_count] */
	size_t width;  /* values in a row, all outputs side by side */
};

static int
predictions_open(struct predictions *y, const struct nn_program *p, size_t batch, struct nn_error *e)
{
	*y = (struct predictions){.program = p, .values = calloc(p->output_count + 1, sizeof *y->values)};
	if (!y->values)
		return nn_fail(e, "out of memory");
	for (size_t k = 0; k < p->output_count; k++) {
		y->values[k] = nn_allocate(p->outputs[k].count * sizeof(double), batch, "the predictions", e);
		if (!y->values[k])
			return -1;
		y->width += p->outputs[k].count;
	}
	return 0;
}

static void
predictions_close(struct predictions *y)
{
	for (size_t k = 0; y->values && k < y->program->output_count; k++)
		free(y->values[k]);
	free(y->values);
}

/* p[3][0]: the element `k` of something with that shape */
static void
print_element(FILE *f, const char *name, int rank, const size_t shape[], size_t count, size_t k)
{
	fputs(name, f);
	for (int axis = 0; axis < rank; axis++) {
		count /= shape[axis];
		fprintf(f, "[%zu]", k / count % shape[axis]);
	}
}

/* the shortest decimal that reads back as the same number */
static void
print_real(FILE *f, double value, size_t real_size)
{
	int digits = real_size == sizeof(float) ? 6 : 15, most = real_size == sizeof(float) ? 9 : 17;
	char text[40];

	do
		snprintf(text, sizeof text, "%.*g", digits, value);
	while (digits++ < most && (real_size == sizeof(float) ? (double)strtof(text, NULL) : strtod(text, NULL)) != value);
	fputs(text, f);
}

/* a class by its name, in quotes where a CSV needs them (RFC 4180) */
static void
print_class(FILE *f, const char *name)
{
	if (!strpbrk(name, ",\"\r\n")) {
		fputs(name, f);
		return;
	}
	putc('"', f);
	for (; *name; name++) {
		if (*name == '"')
			putc('"', f);
		putc(*name, f);
	}
	putc('"', f);
}

static void
print_header(FILE *f, const struct nn_program *p, const struct nn_classes *c)
{
	const char *comma = "";

	for (size_t k = 0; k < p->output_count; k++)
		for (size_t j = 0; j < p->outputs[k].count; j++, comma = ",") {
			fputs(comma, f);
			print_element(f, p->outputs[k].name, p->outputs[k].rank, p->outputs[k].shape, p->outputs[k].count, j);
		}
	for (size_t j = 0; c && j < c->values; j++) {
		putc(',', f);
		print_element(f, p->inputs[c->target].name, p->inputs[c->target].rank, p->inputs[c->target].shape, p->inputs[c->target].count, j);
	}
	fputc('\n', f);
}

static void
print_rows(FILE *f, const struct predictions *y, const struct nn_classes *c, size_t n)
{
	const struct nn_program *p = y->program;
	char text[64];

	for (size_t row = 0; row < n; row++) {
		const char *comma = "";
		for (size_t k = 0; k < p->output_count; k++)
			for (size_t j = row * p->outputs[k].count; j < (row + 1) * p->outputs[k].count; j++, comma = ",") {
				fputs(comma, f);
				if (p->outputs[k].is_integer)
					fprintf(f, "%ld", (long)((int32_t *)y->values[k])[j]);
				else
					print_real(f, nn_real(y->values[k], j, p->real_size), p->real_size);
			}
		for (size_t j = 0; c && j < c->values; j++) {
			size_t class = nn_class_of(c, y->values[c->output], row * c->values + j);
			putc(',', f);
			print_class(f, class < c->count ? nn_class_name(c, class, text) : "");
		}
		fputc('\n', f);
	}
}

/* a batch into rows of an array for .npy */
static void
store_rows(char *rows, const struct predictions *y, size_t first, size_t n)
{
	const struct nn_program *p = y->program;
	size_t place = first * y->width;

	for (size_t row = 0; row < n; row++)
		for (size_t k = 0; k < p->output_count; k++)
			for (size_t j = row * p->outputs[k].count; j < (row + 1) * p->outputs[k].count; j++, place++)
				if (!p->outputs[k].is_integer)
					nn_set_real(rows, place, p->real_size, nn_real(y->values[k], j, p->real_size));
				else if (p->output_count == 1)
					((int32_t *)(void *)rows)[place] = ((int32_t *)y->values[k])[j];
				else
					nn_set_real(rows, place, p->real_size, ((int32_t *)y->values[k])[j]);
}

/* -- the command ----------------------------------------------------------------------------------------------------------- */

/* where the predictions go: rows of text as they come, or an array that is written at the end */
struct writer {
	struct nn_output_file file; /* stream: standard output, or the file */
	int is_array;
	char *rows;
	size_t count, room;
	const struct nn_classes *classes; /* NULL: no column with them */
};

static int
open_writer(struct writer *w, const struct nn_options *o, struct nn_error *e)
{
	size_t n = o->out ? strlen(o->out) : 0;

	w->is_array = n >= 4 && strcmp(o->out + n - 4, ".npy") == 0;
	w->file.stream = stdout;
	if (w->is_array && o->classes)
		return nn_fail(e, "an .npy file holds numbers only: --classes needs a CSV");
	if (w->is_array)
		return 0;
	if (o->out && nn_file_create(&w->file, o->out, e) != 0)
		return -1;
	return 0;
}

static int
write_rows(struct writer *w, const struct nn_options *o, const struct predictions *y, size_t n, struct nn_error *e)
{
	size_t bytes = y->width * o->program->real_size;

	if (!w->is_array) {
		if (w->count == 0) /* not before the first rows were good */
			print_header(w->file.stream, o->program, w->classes);
		w->count += n;
		print_rows(w->file.stream, y, w->classes, n);
		return 0;
	}
	if (w->count + n > w->room) {
		size_t room = w->count + n > w->room * 2 ? w->count + n : w->room * 2;
		char *larger = room > SIZE_MAX / 2 / bytes ? NULL : realloc(w->rows, room * bytes);
		if (!larger)
			return nn_fail(e, "not enough memory for %zu predictions", room);
		w->rows = larger;
		w->room = room;
	}
	store_rows(w->rows, y, w->count, n);
	w->count += n;
	return 0;
}

static int
close_writer(struct writer *w, const struct nn_options *o, const struct predictions *y, struct nn_error *e)
{
	const struct nn_program *p = o->program;
	int alone = p->output_count == 1;

	if (w->is_array)
		return nn_npy_write(o->out, w->rows, w->count, alone ? p->outputs[0].rank : 1, alone ? p->outputs[0].shape : &y->width, p->real_size,
		    alone && p->outputs[0].is_integer, e);
	return o->out ? nn_file_commit(&w->file, e) : 0;
}

static int
predict_records(const struct nn_options *o, const struct nn_dataset *data, struct nn_model *m, struct nn_batch *b, struct predictions *y, struct writer *w,
    struct nn_error *e)
{
	for (size_t done = 0, n; done < data->records; done += n) {
		n = data->records - done < b->capacity ? data->records - done : b->capacity;
		nn_batch_view(b, data, done, n);
		m->program->predict(m->handle, n, b->in, y->values);
		if (write_rows(w, o, y, n, e) != 0)
			return -1;
	}
	return 0;
}

/* Rows that are there are answered before more are waited for.  What cannot be written any more ends it: a disk that is full, or somebody
 * who has read enough. */
static int
predict_rows(const struct nn_options *o, struct nn_rows *rows, struct nn_model *m, struct nn_batch *b, struct predictions *y, struct writer *w,
    struct nn_error *e)
{
	struct nn_dataset data;

	for (;;) {
		if (nn_rows_next(rows, &data, e) != 0)
			return -1;
		if (data.records == 0)
			return 0;
		if (predict_records(o, &data, m, b, y, w, e) != 0)
			return -1;
		if (w->is_array)
			continue;
		if (fflush(w->file.stream) != 0 || ferror(w->file.stream)) {
			nn_fail(e, "cannot write %s: %s", o->out ? o->out : "", strerror(errno));
			nn_flush_results(); /* of standard output the end of the program tells */
			return o->out ? -1 : 0;
		}
	}
}

static int
predict_on(const struct nn_options *o, struct nn_rows *rows, const struct nn_dataset *part, const struct nn_labels *labels, struct nn_error *e)
{
	struct nn_classes classes;
	struct nn_model m = {0};
	struct nn_batch b = {0};
	struct predictions y = {0};
	struct writer w = {.rows = NULL};
	size_t batch = o->batch_size;
	int classifies = nn_classes_find(&classes, o->program), result = -1;

	if (o->classes && !classifies)
		nn_fail(e, "--classes: no output of %s says a class of the target", o->program->model);
	else if (nn_model_open(&m, o->program, batch, NN_PREDICT, o->threads, e) == 0 && nn_batch_open(&b, o->program, batch, e) == 0
	    && predictions_open(&y, o->program, batch, e) == 0 && nn_weights_load(&m, o->weights, e) == 0
	    && (!classifies || nn_classes_label(&classes, labels, o->classes, e) == 0)) {
		w.classes = classifies && (o->classes || classes.names) ? &classes : NULL;
		result = open_writer(&w, o, e);
		if (result == 0)
			result = rows ? predict_rows(o, rows, &m, &b, &y, &w, e) : predict_records(o, part, &m, &b, &y, &w, e);
		if (result == 0)
			result = close_writer(&w, o, &y, e);
		else if (o->out && w.file.stream && w.file.stream != stdout)
			nn_file_abandon(&w.file);
	}
	free(w.rows);
	predictions_close(&y);
	nn_batch_close(&b);
	nn_model_close(&m);
	nn_classes_free(&classes);
	return result;
}

/* the records of a group of the file, read as `train` and `test` read them, with their arithmetic */
static int
read_part(const struct nn_options *o, struct nn_labels *labels, struct nn_dataset *data, struct nn_error *e)
{
	const char *near = nn_suggestion(o->part, nn_group_names, NN_GROUPS);
	enum nn_group group = NN_DATA;

	while (group < NN_GROUPS && strcmp(o->part, nn_group_names[group]) != 0)
		group++;
	if (group == NN_GROUPS) {
		nn_fail(e, "--part is data, validation or test, not '%s'", o->part);
		return near ? nn_help(e, "write %s", near) : -1;
	}
	if (nn_read_group(o, group, labels, data, e) != 0)
		return -1;
	return data->records ? 0 : nn_fail(e, "%s has no group `%s`", o->program->file, o->part);
}

int
nn_predict(const struct nn_options *o)
{
	struct nn_error e;
	struct nn_labels labels;
	struct nn_rows *rows = NULL;
	struct nn_dataset part = {0};
	int result;

	if (!o->weights)
		return nn_needs_weights(o);
	if (!o->argument && !o->part) {
		nn_fail(&e, "predict needs a file of inputs: IN.csv, IN.npy, or - for a table on standard input");
		nn_help(&e, "or --part test, for the test data of %s", o->program->file);
		return nn_report_usage(&e);
	}
	if (o->argument && o->part) {
		nn_fail(&e, "predict takes a file or --part, not both");
		return nn_report_usage(&e);
	}
	if (o->program->output_count == 0) {
		nn_fail(&e, "the model %s has no output to predict", o->program->model);
		nn_help(&e, "add one, as in `output p = softmax(y)`");
		return nn_report(&e);
	}
	if (nn_labels_open(&labels, o->program, &e) != 0)
		return nn_report(&e);
	result = nn_weights_labels(o->weights, &labels, &e);
	if (result == 0 && o->part)
		result = read_part(o, &labels, &part, &e);
	else if (result == 0)
		result = (rows = nn_rows_open(o->program, o->argument, &labels, &e)) ? 0 : -1;
	if (result == 0)
		result = predict_on(o, rows, &part, &labels, &e);
	nn_rows_close(rows);
	nn_data_free(o->program, &part);
	nn_labels_close(&labels);
	return result == 0 ? NN_SUCCESS : nn_report(&e);
}
