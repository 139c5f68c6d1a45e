/* gradcheck.c - the commands gradients (loss and gradients of one batch, into a file) and gradcheck (the derived gradients against
 * finite differences).
 *
 * gradcheck takes made-up samples and parameters near their start, and compares for each tensor some single elements and some random
 * directions, tilted towards the gradient so that the difference stands out of the rounding.  Differences are of fourth order with
 * several steps h, and the best counts:
 *
 *	n(h) = (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h
 *
 * At a kink (relu at 0, max between equals) there is no derivative to compare with.  It shows in the slopes to the left and to the
 * right: on smooth ground their difference D(h) = (f(h) - 2f(0) + f(-h)) / h doubles with h, beside a kink it does not.  Where for
 * every h the two derivatives differ by no more than |D(2h) - 2D(h)| or rounding explains, the place is skipped and counted. */
#include "evaluate.h"
#include "progress.h"
#include "safetensors.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* a model, a batch of samples, and a place for every gradient */
struct checked {
	const struct nn_program *program;
	struct nn_model model;
	size_t samples;
	uint64_t step;
	const void **in;   /* [input_count] */
	void **gradients;  /* [parameters] in table order */
	size_t *tensors;   /* [parameters] which tensor each is */
	size_t parameters;
	double *sums;
};

static int
checked_open(struct checked *c, const struct nn_options *o, size_t samples, struct nn_error *e)
{
	int insist = nn_option_given(o, "chunk");

	const struct nn_program *p = o->program;

	*c = (struct checked){.program = p, .samples = samples, .step = o->step};
	c->in = calloc(p->input_count + 1, sizeof *c->in);
	c->gradients = calloc(p->tensor_count + 1, sizeof *c->gradients);
	c->tensors = calloc(p->tensor_count + 1, sizeof *c->tensors);
	c->sums = calloc(1 + p->metric_count, sizeof *c->sums);
	if (!c->in || !c->gradients || !c->tensors || !c->sums)
		return nn_fail(e, "out of memory");
	for (size_t k = 0; k < p->tensor_count; k++) {
		if (p->tensors[k].role != NN_PARAM)
			continue;
		c->tensors[c->parameters] = k;
		c->gradients[c->parameters] = nn_allocate(p->tensors[k].count, p->real_size, "the gradients", e);
		if (!c->gradients[c->parameters++])
			return -1;
	}
	return nn_model_open_training(&c->model, p, samples, o->chunk, insist, o->threads, e);
}

static void
checked_close(struct checked *c)
{
	for (size_t k = 0; k < c->parameters; k++)
		free(c->gradients[k]);
	free(c->in);
	free(c->gradients);
	free(c->tensors);
	free(c->sums);
	nn_model_close(&c->model);
}

/* the mean loss; with gradients if asked for */
static double
loss(struct checked *c, int with_gradients)
{
	memset(c->sums, 0, (1 + c->program->metric_count) * sizeof *c->sums);
	c->program->gradients(c->model.handle, c->step, c->samples, c->in, c->sums, with_gradients ? c->gradients : NULL);
	return c->sums[0] / (double)c->samples;
}

struct draws { /* what a step draws; count 0: not asked for */
	size_t count;
	void **values;
	char (*paths)[256];
};

/* -- gradients ------------------------------------------------------------------------------------------------------------- */

static int
read_arrays(const struct nn_options *o, struct nn_dataset *data, struct nn_error *e)
{
	const struct nn_program *p = o->program;

	data->inputs = calloc(p->input_count + 1, sizeof *data->inputs);
	if (!data->inputs)
		return nn_fail(e, "out of memory");
	for (size_t k = 0; k < p->input_count; k++) {
		struct nn_column_data *column = &data->inputs[k];
		if (!o->arrays[k]) {
			nn_fail(e, "gradients needs the values of the %s %s", p->inputs[k].is_target ? "target" : "input", p->inputs[k].name);
			return nn_help(e, "--data.%s FILE.npy", p->inputs[k].name);
		}
		if (nn_data_read_array(p, (int)k, o->arrays[k], column, e) != 0)
			return -1;
		if (k && column->records != data->records)
			return nn_fail(e, "%s has %zu records, but %s has %zu", o->arrays[k], column->records, o->arrays[0], data->records);
		data->records = column->records;
	}
	return data->records ? 0 : nn_fail(e, "there are no records in %s", o->arrays[0]);
}

/* room for everything that a step draws: [samples][shape] each */
static int
draws_open(struct draws *d, const struct checked *c, struct nn_error *e)
{
	const struct nn_program *p = c->program;

	d->values = calloc(p->draw_count + 1, sizeof *d->values);
	d->paths = calloc(p->draw_count + 1, sizeof *d->paths);
	if (!d->values || !d->paths)
		return nn_fail(e, "out of memory");
	for (; d->count < p->draw_count; d->count++) {
		const struct nn_tensor *t = &p->draw_table[d->count];
		snprintf(d->paths[d->count], sizeof *d->paths, "draws.%.248s", t->path);
		d->values[d->count] = nn_allocate(t->count * p->real_size, c->samples, "the random numbers", e);
		if (!d->values[d->count])
			return -1;
	}
	if (p->draws)
		p->draws(c->model.handle, c->step, c->samples, d->values);
	return 0;
}

static void
draws_close(struct draws *d)
{
	for (size_t k = 0; k < d->count; k++)
		free(d->values[k]);
	free(d->values);
	free(d->paths);
}

static struct nn_named
named(const struct nn_program *p, const char *path, const struct nn_tensor *t, void *values)
{
	struct nn_named item = {.path = path, .rank = t->rank, .count = t->count, .values = values};

	memcpy(item.dtype, p->real_size == sizeof(float) ? "F32" : "F64", 4);
	memcpy(item.shape, t->shape, sizeof item.shape);
	return item;
}

/* the gradients, and what was drawn, with the samples as first axis */
static int
save_gradients(const struct checked *c, const struct draws *d, const char *path, double mean, struct nn_error *e)
{
	const struct nn_program *p = c->program;
	struct nn_named *items = calloc(c->parameters + d->count + 1, sizeof *items), *item = items;
	char text[40];
	const char *metadata[] = {"format", "nnc", "model", p->model, "loss", text};
	int result;

	if (!items)
		return nn_fail(e, "out of memory");
	snprintf(text, sizeof text, "%.17g", mean);
	for (size_t k = 0; k < c->parameters; k++, item++)
		*item = named(p, p->tensors[c->tensors[k]].path, &p->tensors[c->tensors[k]], c->gradients[k]);
	for (size_t k = 0; k < d->count; k++, item++) {
		*item = named(p, d->paths[k], &p->draw_table[k], d->values[k]);
		memmove(item->shape + 1, item->shape, (size_t)item->rank++ * sizeof *item->shape);
		item->shape[0] = c->samples;
		item->count *= c->samples;
	}
	result = nn_safetensors_write(path, items, (size_t)(item - items), metadata, 3, e);
	free(items);
	return result;
}

static int
gradients(const struct nn_options *o, struct nn_error *e)
{
	struct nn_dataset data = {0};
	struct nn_batch batch = {0};
	struct checked c = {0};
	struct draws d = {0};
	int result = read_arrays(o, &data, e);

	if (result == 0)
		result = checked_open(&c, o, data.records, e);
	if (result == 0) {
		o->program->start(c.model.handle, o->seed); /* of the draws */
		result = nn_weights_load(&c.model, o->weights, e);
	}
	if (result == 0)
		result = nn_batch_open(&batch, o->program, data.records, e);
	if (result == 0 && o->draws)
		result = draws_open(&d, &c, e);
	if (result == 0) {
		nn_batch_view(&batch, &data, 0, data.records);
		memcpy(c.in, batch.in, o->program->input_count * sizeof *c.in);
		double mean = loss(&c, 1);
		printf("loss %.17g\n", mean);
		if (o->out)
			result = save_gradients(&c, &d, o->out, mean, e);
	}
	nn_batch_close(&batch);
	draws_close(&d);
	checked_close(&c);
	nn_data_free(o->program, &data);
	return result;
}

int
nn_gradients(const struct nn_options *o)
{
	struct nn_error e;

	if (!o->program->has_loss) {
		nn_fail(&e, "the model %s has no loss", o->program->model);
		return nn_report(&e);
	}
	if (!o->weights) {
		nn_fail(&e, "gradients needs weights");
		nn_help(&e, "%s init -o W.safetensors makes some; then --weights W.safetensors", o->self);
		return nn_report_usage(&e);
	}
	if (o->draws && !o->out) {
		nn_fail(&e, "--draws go into the file of the gradients");
		nn_help(&e, "say which: -o G.safetensors");
		return nn_report_usage(&e);
	}
	return gradients(o, &e) == 0 ? NN_SUCCESS : nn_report(&e);
}

/* -- gradcheck ------------------------------------------------------------------------------------------------------------- */

enum { ELEMENTS = 32, DIRECTIONS = 4, STEPS = 7, POINTS = 3 };

/* how close is close, for each type of real number; `floor` is the smallest derivative, as a share of the whole gradient, whose digits
 * are looked at */
struct closeness {
	double limit, enough, floor, epsilon;
	double steps[STEPS];
};
static const struct closeness for_double = {1e-7, 1e-8, 1e-8, DBL_EPSILON, {1e-3, 1e-4, 1e-2, 1e-5, 1e-1, 1e-6, 1}};
static const struct closeness for_float = {2e-2, 5e-3, 1e-2, FLT_EPSILON, {3e-2, 1e-2, 1e-1, 3e-1, 3e-3, 1e-3, 1}};

struct check {
	struct checked c;
	const struct closeness *close;
	double base;        /* the loss at the parameters themselves */
	double size;        /* length of the whole gradient */
	void *before;       /* all tensors */
	double *direction;  /* in the tensor that is looked at */
	size_t tensor;      /* its number in the table */
	double *start;      /* its values */
	size_t checked, kinks;
	double worst;
};

/* the loss at start + distance * direction */
static double
at(struct check *k, double distance)
{
	const struct nn_tensor *t = &k->c.program->tensors[k->tensor];
	void *values = nn_tensor_values(&k->c.model, k->tensor);

	for (size_t i = 0; i < t->count; i++)
		nn_set_real(values, i, k->c.program->real_size, k->start[i] + distance * k->direction[i]);
	return loss(&k->c, 0);
}

/* the loss with one element of the tensor moved */
static double
at_element(struct check *k, double distance, size_t element)
{
	void *values = nn_tensor_values(&k->c.model, k->tensor);

	nn_set_real(values, element, k->c.program->real_size, k->start[element] + distance);
	double result = loss(&k->c, 0);
	nn_set_real(values, element, k->c.program->real_size, k->start[element]);
	return result;
}

/* Compares the derivative `a` along an element, or along k->direction where element is `count`.  Where no step comes close, a kink is assumed if
 * the difference is explained by how much the one-sided slopes differ, or by rounding: for every step but one, because the bends of
 * several kinks may cancel.  A wrong derivative is found by all steps that are neither too short nor too long. */
static void
compare(struct check *k, double a, size_t element)
{
	const struct closeness *close = k->close;
	size_t count = k->c.program->tensors[k->tensor].count;
	double best = INFINITY;
	int unexplained = 0;

	for (int s = 0; s < STEPS && best > close->enough; s++) {
		static const double times[4] = {-2, -1, 1, 2};
		double h = close->steps[s], f[4];
		for (int j = 0; j < 4; j++)
			f[j] = element < count ? at_element(k, times[j] * h, element) : at(k, times[j] * h);
		double n = (8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * h);
		double bend = (f[3] - 2 * k->base + f[0]) / (2 * h) - 2 * (f[2] - 2 * k->base + f[1]) / h;
		double error = fabs(a - n) / fmax(fmax(fabs(a), fabs(n)), fmax(close->floor * k->size, 1e-300));
		if (isfinite(error) && error < best)
			best = error;
		unexplained += !(fabs(a - n) <= 3 * fabs(bend) + 16 * close->epsilon * fabs(k->base) / h);
	}
	k->checked++;
	if (best > close->limit && unexplained <= 1)
		k->kinks++;
	else if (!(best <= k->worst))
		k->worst = best;
}

/* a random direction plus the direction of the gradient, both of length 1; returns the derivative along it */
static double
choose_direction(struct check *k, const void *gradient, struct nn_draws *d)
{
	size_t count = k->c.program->tensors[k->tensor].count, real_size = k->c.program->real_size;
	double random = 0, own = 0, a = 0;

	for (size_t i = 0; i < count; i++) {
		double g = nn_real(gradient, i, real_size);
		k->direction[i] = nn_draw_normal(d);
		random += k->direction[i] * k->direction[i];
		own += g * g;
	}
	for (size_t i = 0; i < count; i++) {
		double g = nn_real(gradient, i, real_size);
		k->direction[i] = k->direction[i] / sqrt(random) + (own > 0 ? g / sqrt(own) : 0);
		a += g * k->direction[i];
	}
	return a;
}

static void
check_tensor(struct check *k, size_t parameter, uint64_t seed)
{
	const struct nn_program *p = k->c.program;
	const void *gradient = k->c.gradients[parameter];
	struct nn_draws d;

	k->tensor = k->c.tensors[parameter];
	k->checked = k->kinks = 0;
	k->worst = 0;
	nn_draws_start(&d, seed, NN_FOR_CHOICE, parameter);
	size_t count = p->tensors[k->tensor].count, elements = count < ELEMENTS ? count : ELEMENTS;
	for (size_t i = 0; i < count; i++)
		k->start[i] = nn_real(nn_tensor_values(&k->c.model, k->tensor), i, p->real_size);
	for (size_t j = 0; j < elements; j++) { /* one from each of as many equal stretches */
		size_t first = (size_t)((double)count / (double)elements * (double)j), last = (size_t)((double)count / (double)elements * (double)(j + 1));
		size_t element = first + nn_draw_below(&d, (uint32_t)(last > first ? last - first : 1));
		if (element < count)
			compare(k, nn_real(gradient, element, p->real_size), element);
	}
	for (int j = 0; j < DIRECTIONS && count > 1; j++)
		compare(k, choose_direction(k, gradient, &d), count);
	nn_snapshot_put(&k->c.model, k->before);
}

/* parameters near their start, so that zeros and ones are not special */
static void
perturb(struct check *k, uint64_t seed)
{
	const struct nn_program *p = k->c.program;

	p->start(k->c.model.handle, seed);
	for (size_t j = 0; j < k->c.parameters; j++) {
		void *values = nn_tensor_values(&k->c.model, k->c.tensors[j]);
		struct nn_draws d;
		nn_draws_start(&d, seed, NN_FOR_PARAMETERS, j);
		for (size_t i = 0; i < p->tensors[k->c.tensors[j]].count; i++)
			nn_set_real(values, i, p->real_size, nn_real(values, i, p->real_size) + 0.1 * nn_draw_normal(&d));
	}
	p->prepare(k->c.model.handle);
}

static int
open_check(struct check *k, const struct nn_options *o, struct nn_dataset *data, struct nn_error *e)
{
	const struct nn_program *p = o->program;
	size_t largest = 1;

	k->close = p->real_size == sizeof(float) ? &for_float : &for_double;
	for (size_t j = 0; j < p->tensor_count; j++)
		if (p->tensors[j].role == NN_PARAM && p->tensors[j].count > largest)
			largest = p->tensors[j].count;
	if (nn_synthetic_data(p, o->samples, o->seed, data, e) != 0 || checked_open(&k->c, o, o->samples, e) != 0)
		return -1;
	for (size_t j = 0; j < p->input_count; j++)
		k->c.in[j] = data->inputs[j].values;
	k->direction = nn_allocate(largest, sizeof *k->direction, "a direction", e);
	k->start = nn_allocate(largest, sizeof *k->start, "a tensor", e);
	k->before = nn_snapshot_open(&k->c.model, "a copy of the parameters", e);
	return k->direction && k->start && k->before ? 0 : -1;
}

static void
close_check(struct check *k, struct nn_dataset *data)
{
	nn_data_free(k->c.program, data);
	free(k->direction);
	free(k->start);
	free(k->before);
	checked_close(&k->c);
}

enum verdict { RIGHT, WRONG, KINKS };

/* prints the table; KINKS: nothing is wrong, but too much could not be looked at */
static enum verdict
check_all(struct check *k, const struct nn_options *o)
{
	const struct nn_program *p = k->c.program;
	size_t checked = 0, kinks = 0;
	double worst = 0;
	char shape[128];

	k->size = 0;
	for (size_t j = 0; j < k->c.parameters; j++)
		for (size_t i = 0; i < p->tensors[k->c.tensors[j]].count; i++)
			k->size += nn_real(k->c.gradients[j], i, p->real_size) * nn_real(k->c.gradients[j], i, p->real_size);
	k->size = sqrt(k->size);
	printf("%-24s %-18s %8s %6s %12s\n", "tensor", "shape", "checked", "kinks", "worst error");
	for (size_t j = 0; j < k->c.parameters; j++) {
		const struct nn_tensor *t = &p->tensors[k->c.tensors[j]];
		check_tensor(k, j, o->seed);
		printf("%-24s %-18s %8zu %6zu %12.1e  %s\n", t->path, nn_shape(shape, t->rank, t->shape), k->checked, k->kinks, k->worst,
		    k->worst <= k->close->limit ? "ok" : "WRONG");
		fflush(stdout);
		checked += k->checked;
		kinks += k->kinks;
		worst = k->worst <= worst ? worst : k->worst;
	}
	int few = kinks * 20 <= checked, right = worst <= k->close->limit;
	printf("%s: worst error %.1e, limit %.0e; %zu of %zu places skipped at a kink%s\n", !right ? "WRONG" : few ? "ok" : "unclear", worst, k->close->limit,
	    kinks, checked, few ? "" : ", more than 5 %");
	return !right ? WRONG : few ? RIGHT : KINKS;
}

/* A unit may happen to lie so near a kink that every step of whatever leads to it crosses it: then another point is looked at. */
static int
check_points(struct check *k, const struct nn_options *o, struct nn_error *e)
{
	enum verdict v = KINKS;

	for (int point = 0; point < POINTS && v == KINKS; point++) {
		perturb(k, o->seed + (uint64_t)point * 0x9e3779b97f4a7c15u);
		nn_snapshot_take(&k->c.model, k->before);
		k->base = loss(&k->c, 1);
		if (!isfinite(k->base))
			return nn_fail(e, "the loss of made-up samples is not finite (%g)", k->base);
		if (point)
			printf("\nat another point:\n");
		v = check_all(k, o);
	}
	if (o->program->real_size == sizeof(float))
		fprintf(stderr, "note: floats see large errors only; build with --real=f64 for a limit of 1e-7\n");
	return v == RIGHT ? NN_SUCCESS : NN_FAILURE;
}

int
nn_gradcheck(const struct nn_options *o)
{
	struct nn_dataset data = {0};
	struct check k = {.c = {.program = o->program}};
	struct nn_error e;
	int result, status = NN_FAILURE;

	if (!o->program->has_loss) {
		nn_fail(&e, "the model %s has no loss, so there is no gradient to check", o->program->model);
		return nn_report(&e);
	}
	result = open_check(&k, o, &data, &e);
	if (result == 0) {
		status = check_points(&k, o, &e);
		result = status < 0 ? -1 : 0;
	}
	close_check(&k, &data);
	return result == 0 ? status : nn_report(&e);
}
