/* test.c - the command test: loss and metrics of trained weights, and, where a model tells classes apart, which it takes for which. */
#include "classes.h"
#include "evaluate.h"
#include "json.h"
#include "progress.h"

#include <stdlib.h>
#include <string.h>

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

/* -- classes --------------------------------------------------------------------------------------------------------------- */

enum { MATRIX_MOST = 20, ROWS_MOST = 100 }; /* classes that are printed; --json has all */

/* counts[true][said] over all records; what is said may be no class: column `count` */
struct confusion {
	struct nn_classes classes;
	uint64_t *counts;
};

static int
open_confusion(struct confusion *c, struct nn_error *e)
{
	c->counts = nn_allocate(c->classes.count * (c->classes.count + 1), sizeof *c->counts, "the table of classes", e);
	return c->counts ? 0 : -1;
}

static uint64_t
count_of(const struct confusion *c, size_t true_class, size_t said)
{
	return c->counts[true_class * (c->classes.count + 1) + said];
}

static int
fill_confusion(struct confusion *c, struct nn_model *m, struct nn_batch *b, const struct nn_dataset *data, struct nn_error *e)
{
	const struct nn_program *p = m->program;
	void **values = calloc(p->output_count + 1, sizeof *values);
	int status = values ? 0 : nn_fail(e, "out of memory");

	for (size_t k = 0; k < p->output_count && status == 0; k++)
		if (!(values[k] = nn_allocate(p->outputs[k].count * sizeof(double), b->capacity, "the predictions", e)))
			status = -1;
	for (size_t done = 0, n; done < data->records && status == 0; done += n) {
		n = data->records - done < b->capacity ? data->records - done : b->capacity;
		nn_batch_view(b, data, done, n);
		p->predict(m->handle, n, b->in, values);
		const int32_t *target = b->in[c->classes.target];
		for (size_t k = 0; k < n * c->classes.values; k++) {
			size_t true_class = (size_t)(target[k] - p->inputs[c->classes.target].low);
			c->counts[true_class * (c->classes.count + 1) + nn_class_of(&c->classes, values[c->classes.output], k)]++;
		}
	}
	for (size_t k = 0; values && k < p->output_count; k++)
		free(values[k]);
	free(values);
	return status;
}

struct figures { /* of a class; -1: there is nothing to divide by */
	uint64_t records;
	double precision, recall, f1;
};

static struct figures
figures_of(const struct confusion *c, size_t class)
{
	struct figures f = {0, -1, -1, -1};
	uint64_t said = 0, right = count_of(c, class, class);

	for (size_t k = 0; k <= c->classes.count; k++)
		f.records += count_of(c, class, k);
	for (size_t k = 0; k < c->classes.count; k++)
		said += count_of(c, k, class);
	if (said)
		f.precision = (double)right / (double)said;
	if (f.records)
		f.recall = (double)right / (double)f.records;
	if (said + f.records)
		f.f1 = 2 * (double)right / (double)(said + f.records);
	return f;
}

static void
print_share(double share)
{
	if (share < 0)
		printf(" %10s", "-");
	else
		printf(" %8.2f %%", 100 * share);
}

static size_t
characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}

/* a name in `width` places, cut where it is longer; `right`: blanks come first */
static void
print_name(const char *name, size_t width, int right)
{
	size_t n = characters(name), bytes = 0, left = width;
	int blanks = n < width ? (int)(width - n) : 0;

	for (; name[bytes] && (left > 0 || ((unsigned char)name[bytes] & 0xC0) == 0x80); bytes++)
		left -= ((unsigned char)name[bytes] & 0xC0) != 0x80;
	printf("%*s%.*s%*s", right ? blanks : 0, "", (int)bytes, name, right ? 0 : blanks, "");
}

static void
print_confusion(const struct confusion *c)
{
	size_t n = c->classes.count, widest = 7;
	char text[64];

	for (size_t k = 0; k < n; k++)
		widest = characters(nn_class_name(&c->classes, k, text)) > widest ? characters(nn_class_name(&c->classes, k, text)) : widest;
	int width = widest < 32 ? (int)widest : 32;
	if (n > ROWS_MOST) {
		printf("%zu classes: --json lists them\n", n);
		return;
	}
	printf("\n%-*s %9s %10s %10s %10s\n", width, "class", "records", "precision", "recall", "F1");
	for (size_t k = 0; k < n; k++) {
		struct figures f = figures_of(c, k);
		print_name(nn_class_name(&c->classes, k, text), (size_t)width, 0);
		printf(" %9llu", (unsigned long long)f.records);
		print_share(f.precision);
		print_share(f.recall);
		print_share(f.f1);
		putchar('\n');
	}
	if (n > MATRIX_MOST)
		return;
	printf("\n%-*s", width, "is\\said");
	for (size_t k = 0; k < n; k++) {
		putchar(' ');
		print_name(nn_class_name(&c->classes, k, text), (size_t)width, 1);
	}
	putchar('\n');
	for (size_t k = 0; k < n; k++) {
		print_name(nn_class_name(&c->classes, k, text), (size_t)width, 0);
		for (size_t j = 0; j < n; j++)
			printf(" %*llu", width, (unsigned long long)count_of(c, k, j));
		putchar('\n');
	}
}

static void
print_json_share(const char *name, double share)
{
	printf(", \"%s\": ", name);
	if (share < 0)
		printf("null");
	else
		nn_print_json_number(stdout, share);
}

static void
print_json_confusion(const struct confusion *c)
{
	char text[64];

	printf(", \"classes\": [");
	for (size_t k = 0; k < c->classes.count; k++) {
		struct figures f = figures_of(c, k);
		printf("%s{\"class\": ", k ? ", " : "");
		nn_json_put(stdout, nn_class_name(&c->classes, k, text));
		printf(", \"records\": %llu", (unsigned long long)f.records);
		print_json_share("precision", f.precision);
		print_json_share("recall", f.recall);
		print_json_share("f1", f.f1);
		putchar('}');
	}
	printf("], \"confusion\": [");
	for (size_t k = 0; k < c->classes.count; k++) {
		printf("%s[", k ? ", " : "");
		for (size_t j = 0; j < c->classes.count; j++)
			printf("%s%llu", j ? ", " : "", (unsigned long long)count_of(c, k, j));
		putchar(']');
	}
	putchar(']');
}

/* -- the command ----------------------------------------------------------------------------------------------------------- */

static void
print_result(const struct nn_options *o, enum nn_group group, size_t records, const double means[], const struct confusion *c)
{
	if (o->json) {
		printf("{\"group\": \"%s\", \"records\": %zu, ", nn_group_names[group], records);
		nn_print_json_figures(stdout, o->program, "", means);
		if (c->counts)
			print_json_confusion(c);
		printf("}\n");
		return;
	}
	nn_print_test(o->program, nn_group_names[group], records, means);
	if (c->counts && !o->quiet)
		print_confusion(c);
}

static int
test_on(const struct nn_options *o, enum nn_group group, const struct nn_dataset *data, const struct nn_labels *labels, struct nn_error *e)
{
	const struct nn_program *p = o->program;
	double *means = calloc(1 + p->metric_count, sizeof *means);
	struct confusion c = {.counts = NULL};
	struct nn_model m = {0};
	struct nn_batch b = {0};
	size_t batch = o->batch_size < data->records ? o->batch_size : data->records;
	int classifies = nn_classes_find(&c.classes, p), result = -1;

	if (!means)
		nn_fail(e, "out of memory");
	else if (o->classes && !classifies)
		nn_fail(e, "--classes: no output of %s says a class of the target", p->model);
	else if (nn_model_open(&m, p, batch, NN_TRAIN, o->threads, e) == 0 && nn_batch_open(&b, p, batch, e) == 0
	    && nn_weights_load(&m, o->weights, e) == 0 && (!classifies || nn_classes_label(&c.classes, labels, o->classes, e) == 0))
		result = nn_evaluate(&m, &b, data, NULL, data->records, means, NULL);
	if (result == 0 && classifies)
		result = open_confusion(&c, e) == 0 ? fill_confusion(&c, &m, &b, data, e) : -1;
	if (result == 0)
		print_result(o, group, data->records, means, &c);
	free(c.counts);
	nn_classes_free(&c.classes);
	nn_batch_close(&b);
	nn_model_close(&m);
	free(means);
	return result;
}

int
nn_needs_weights(const struct nn_options *o)
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
	struct nn_labels labels;
	struct nn_error e;
	enum nn_group group = NN_TEST;
	int result;

	if (!o->weights)
		return nn_needs_weights(o);
	if (!o->program->has_loss) {
		nn_fail(&e, "the model %s has no loss to test", o->program->model);
		return nn_report(&e);
	}
	if (nn_labels_open(&labels, o->program, &e) != 0)
		return nn_report(&e);
	result = nn_weights_labels(o->weights, &labels, &e);
	if (result == 0)
		result = nn_read_group(o, group, &labels, &data, &e);
	if (result == 0 && data.records == 0) {
		nn_data_free(o->program, &data);
		group = NN_DATA;
		result = nn_read_group(o, group, &labels, &data, &e);
		if (result == 0 && data.records)
			fprintf(stderr, "%s has no test group: these are the figures of the training data\n", o->program->file);
	}
	if (result == 0 && data.records == 0)
		result = nn_fail(&e, "%s has no data for %s: neither a test nor a data group", o->program->file, o->program->model);
	if (result == 0)
		result = test_on(o, group, &data, &labels, &e);
	nn_labels_close(&labels);
	nn_data_free(o->program, &data);
	return result == 0 ? NN_SUCCESS : nn_report(&e);
}
