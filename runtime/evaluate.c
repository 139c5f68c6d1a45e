/* evaluate.c - the commands test and predict: what trained weights make of records. */
#define _POSIX_C_SOURCE 200809L
#include "evaluate.h"
#include "file.h"
#include "progress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
nn_evaluate(struct nn_model *m, struct nn_batch *b, const struct nn_dataset *data, const uint32_t order[], size_t count, double means[],
    const volatile sig_atomic_t *stop)
{
	const struct nn_program *p = m->program;
	size_t figures = 1 + p->metric_count;

	memset(means, 0, figures * sizeof *means);
	p->prepare(m->handle);
	for (size_t done = 0, n; done < count; done += n) {
		n = count - done < b->capacity ? count - done : b->capacity;
		if (order)
			nn_batch_gather(b, data, order + done, n);
		else
			nn_batch_view(b, data, done, n);
		p->evaluate(m->handle, n, b->in, means);
		if (stop && *stop)
			return 1;
	}
	for (size_t k = 0; k < figures && count; k++)
		means[k] /= (double)count;
	return 0;
}

/* -- data ------------------------------------------------------------------------------------------------------------------ */

static const char *const group_names[] = {"data", "validation", "test"};

int
nn_read_group(const struct nn_options *o, enum nn_group group, struct nn_dataset *out, struct nn_error *e)
{
	if (nn_data_read(o->program, group, o->data ? o->data : o->program->folder, out, e) != 0)
		return -1;
	for (size_t k = 0; out->records && k < o->program->input_count; k++)
		if (!out->inputs[k].values) {
			nn_fail(e, "%s, line %d: the %s %s has no source in the group `%s`", o->program->file, o->program->inputs[k].line,
			    o->program->inputs[k].is_target ? "target" : "input", o->program->inputs[k].name, group_names[group]);
			nn_data_free(o->program, out);
			return -1;
		}
	if (out->records <= UINT32_MAX)
		return 0;
	nn_data_free(o->program, out);
	return nn_fail(e, "the group `%s` has more than 4,294,967,295 records", group_names[group]);
}

/* -- test ------------------------------------------------------------------------------------------------------------------ */

void
nn_print_test(const struct nn_program *program, const char *group, size_t records, const double means[])
{
	char text[32];
	size_t shares = 0;

	for (size_t k = 0; k < program->metric_count; k++)
		shares += program->metrics[k].is_share != 0;
	printf("%s  ", group);
	nn_print_figures(stdout, program, means);
	for (size_t k = 0; k < program->metric_count; k++)
		if (program->metrics[k].is_share)
			printf("  %s error %s%s%.2f %%", group, shares > 1 ? program->metrics[k].name : "", shares > 1 ? " " : "", 100 * (1 - means[1 + k]));
	printf("  (%s record%s)\n", nn_thousands(text, records), nn_plural(records));
}

static int
test_on(const struct nn_options *o, enum nn_group group, const struct nn_dataset *data, struct nn_error *e)
{
	const struct nn_program *p = o->program;
	double *means = calloc(1 + p->metric_count, sizeof *means);
	struct nn_model m = {0};
	struct nn_batch b = {0};
	size_t batch = o->batch_size < data->records ? o->batch_size : data->records;
	int result = -1;

	if (!means)
		nn_fail(e, "out of memory");
	else if (nn_model_open(&m, p, batch, NN_TRAIN, o->threads, e) == 0 && nn_batch_open(&b, p, batch, e) == 0
	    && nn_weights_load(&m, o->weights, e) == 0)
		result = nn_evaluate(&m, &b, data, NULL, data->records, means, NULL);
	if (result == 0 && o->json) {
		printf("{\"group\": \"%s\", \"records\": %zu, ", group_names[group], data->records);
		nn_print_json_figures(stdout, p, "", means);
		printf("}\n");
	} else if (result == 0) {
		nn_print_test(p, group_names[group], data->records, means);
	}
	nn_batch_close(&b);
	nn_model_close(&m);
	free(means);
	return result;
}

static int
needs_weights(const struct nn_options *o)
{
	struct nn_error e;
	char path[256];

	nn_fail(&e, "%s needs the weights of a trained network", o->command);
	nn_help(&e, "%s %s --weights %s", o->self, o->command, nn_weights_path(path, o));
	return nn_report_usage(&e);
}

int
nn_test(const struct nn_options *o)
{
	struct nn_dataset data = {0};
	struct nn_error e;
	enum nn_group group = NN_TEST;
	int result;

	if (!o->weights)
		return needs_weights(o);
	if (!o->program->has_loss) {
		nn_fail(&e, "the model %s has no loss to test", o->program->model);
		return nn_report(&e);
	}
	result = nn_read_group(o, group, &data, &e);
	if (result == 0 && data.records == 0) {
		nn_data_free(o->program, &data);
		group = NN_DATA;
		result = nn_read_group(o, group, &data, &e);
		if (result == 0 && data.records)
			fprintf(stderr, "%s has no test group: these are the figures of the training data\n", o->program->file);
	}
	if (result == 0 && data.records == 0)
		result = nn_fail(&e, "%s has no data for %s: neither a test nor a data group", o->program->file, o->program->model);
	if (result == 0)
		result = test_on(o, group, &data, &e);
	nn_data_free(o->program, &data);
	return result == 0 ? NN_SUCCESS : nn_report(&e);
}

/* -- predict --------------------------------------------------------------------------------------------------------------- */

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

/* p[3][0]: the element `k` of an output */
static void
print_name(FILE *f, const struct nn_output *output, size_t k)
{
	size_t rest = output->count;

	fputs(output->name, f);
	for (int axis = 0; axis < output->rank; axis++) {
		rest /= output->shape[axis];
		fprintf(f, "[%zu]", k / rest % output->shape[axis]);
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

static void
print_header(FILE *f, const struct nn_program *p)
{
	const char *comma = "";

	for (size_t k = 0; k < p->output_count; k++)
		for (size_t j = 0; j < p->outputs[k].count; j++, comma = ",") {
			fputs(comma, f);
			print_name(f, &p->outputs[k], j);
		}
	fputc('\n', f);
}

static void
print_rows(FILE *f, const struct predictions *y, size_t n)
{
	const struct nn_program *p = y->program;

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

static void
predict_batch(struct nn_model *m, struct nn_batch *b, const struct nn_dataset *data, size_t first, size_t n, struct predictions *y)
{
	nn_batch_view(b, data, first, n);
	m->program->predict(m->handle, n, b->in, y->values);
}

static int
predict_csv(const struct nn_options *o, struct nn_model *m, struct nn_batch *b, const struct nn_dataset *data, struct predictions *y,
    struct nn_error *e)
{
	struct nn_output_file file = {.stream = stdout};

	if (o->out && nn_file_create(&file, o->out, e) != 0)
		return -1;
	print_header(file.stream, o->program);
	for (size_t done = 0, n; done < data->records && !ferror(file.stream); done += n) {
		n = data->records - done < b->capacity ? data->records - done : b->capacity;
		predict_batch(m, b, data, done, n, y);
		print_rows(file.stream, y, n);
	}
	if (!o->out)
		return 0;
	if (ferror(file.stream)) {
		nn_fail(e, "could not write %s: %s", o->out, strerror(errno));
		nn_file_abandon(&file);
		return -1;
	}
	return nn_file_commit(&file, e);
}

static int
predict_npy(const struct nn_options *o, struct nn_model *m, struct nn_batch *b, const struct nn_dataset *data, struct predictions *y,
    struct nn_error *e)
{
	const struct nn_program *p = o->program;
	int alone = p->output_count == 1, result;
	char *rows = nn_allocate(y->width * p->real_size, data->records, "the predictions", e);

	if (!rows)
		return -1;
	for (size_t done = 0, n; done < data->records; done += n) {
		n = data->records - done < b->capacity ? data->records - done : b->capacity;
		predict_batch(m, b, data, done, n, y);
		store_rows(rows, y, done, n);
	}
	result = nn_npy_write(o->out, rows, data->records, alone ? p->outputs[0].rank : 1, alone ? p->outputs[0].shape : &y->width, p->real_size,
	    alone && p->outputs[0].is_integer, e);
	free(rows);
	return result;
}

static int
ends_with(const char *text, const char *end)
{
	size_t a = strlen(text), b = strlen(end);

	return a >= b && strcmp(text + a - b, end) == 0;
}

static int
predict_on(const struct nn_options *o, const struct nn_dataset *data, struct nn_error *e)
{
	struct nn_model m = {0};
	struct nn_batch b = {0};
	struct predictions y = {0};
	size_t batch = o->batch_size < data->records ? o->batch_size : data->records ? data->records : 1;
	int result = -1;

	if (nn_model_open(&m, o->program, batch, NN_PREDICT, o->threads, e) == 0 && nn_batch_open(&b, o->program, batch, e) == 0
	    && predictions_open(&y, o->program, batch, e) == 0 && nn_weights_load(&m, o->weights, e) == 0)
		result = (o->out && ends_with(o->out, ".npy") ? predict_npy : predict_csv)(o, &m, &b, data, &y, e);
	predictions_close(&y);
	nn_batch_close(&b);
	nn_model_close(&m);
	return result;
}

int
nn_predict(const struct nn_options *o)
{
	struct nn_dataset data = {0};
	struct nn_error e;
	int result;

	if (!o->weights)
		return needs_weights(o);
	if (!o->argument) {
		nn_fail(&e, "predict needs a file of inputs: IN.csv, IN.npy, or - for a table on standard input");
		return nn_report_usage(&e);
	}
	if (o->program->output_count == 0) {
		nn_fail(&e, "the model %s has no output to predict", o->program->model);
		nn_help(&e, "add one, as in `output p = softmax(y)`");
		return nn_report(&e);
	}
	result = nn_data_read_rows(o->program, o->argument, &data, &e);
	if (result == 0)
		result = predict_on(o, &data, &e);
	nn_data_free(o->program, &data);
	return result == 0 ? NN_SUCCESS : nn_report(&e);
}
