/* fullbatch.c - what stands between a method of optimization, which knows a vector of doubles, and a model with its tensors. */
#include "fullbatch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DRAWS = 1 }; /* the step whose draws are used */

static int
open_vectors(struct nn_fullbatch *f, struct nn_error *e)
{
	const struct nn_program *p = f->program;

	f->gradients = nn_gradients_open(p, e);
	if (!f->gradients)
		return -1;
	f->sums = calloc(1 + p->metric_count, sizeof *f->sums);
	if (!f->sums)
		return nn_fail(e, "out of memory");
	return nn_lbfgs_open(&f->lbfgs, nn_count(p, NN_PARAM), (size_t)f->settings.history, e);
}

static int
open_method(struct nn_fullbatch *f, const struct nn_options *o, struct nn_model *model, const struct nn_dataset *data,
    const uint32_t order[], size_t records, const volatile sig_atomic_t *stop, struct nn_error *e)
{
	const double *s = nn_chosen_settings(o);

	*f = (struct nn_fullbatch){.program = o->program, .model = model, .records = records, .stop = stop, .settings = {s[0], s[1], s[2], s[3], s[4]}};
	if (nn_lbfgs_check(&f->settings, e) != 0 || nn_batch_open(&f->batch, o->program, records, e) != 0)
		return -1;
	if (order)
		nn_batch_gather_seen(&f->batch, data, order, records, o->seed, 1);
	else
		nn_batch_view(&f->batch, data, 0, records);
	return open_vectors(f, e);
}

static void
close_method(struct nn_fullbatch *f)
{
	nn_gradients_close(f->gradients);
	free(f->sums);
	nn_batch_close(&f->batch);
	nn_lbfgs_close(&f->lbfgs);
}

/* all parameters from the model, one after the other */
static void
read_parameters(const struct nn_fullbatch *f, double x[])
{
	const struct nn_program *p = f->program;
	size_t at = 0;

	for (size_t t = 0; t < p->tensor_count; t++)
		for (size_t k = 0; p->tensors[t].role == NN_PARAM && k < p->tensors[t].count; k++)
			x[at++] = nn_real(nn_tensor_values(f->model, t), k, p->real_size);
}

static void
write_parameters(struct nn_fullbatch *f, const double x[])
{
	const struct nn_program *p = f->program;
	size_t at = 0;

	for (size_t t = 0; t < p->tensor_count; t++)
		for (size_t k = 0; p->tensors[t].role == NN_PARAM && k < p->tensors[t].count; k++)
			nn_set_real(nn_tensor_values(f->model, t), k, p->real_size, x[at++]);
}

/* a pass in training mode at the parameters of the model, with gradients or without */
static double
pass(struct nn_fullbatch *f, int with_gradients)
{
	memset(f->sums, 0, (1 + f->program->metric_count) * sizeof *f->sums);
	f->program->gradients(f->model->handle, DRAWS, f->records, f->batch.in, f->sums, with_gradients ? f->gradients : NULL);
	return f->value = f->sums[0] / (double)f->records;
}

/* the mean loss at x, which becomes what the model can hold of it */
static double
mean_loss(void *context, double x[], double gradient[])
{
	struct nn_fullbatch *f = context;
	const struct nn_program *p = f->program;
	size_t at = 0;

	memset(gradient, 0, f->lbfgs.n * sizeof *gradient);
	if (*f->stop)
		return NAN; /* the search gives up, and what it has is kept */
	write_parameters(f, x);
	read_parameters(f, x);
	pass(f, 1);
	for (size_t t = 0, g = 0; t < p->tensor_count; t++) {
		if (p->tensors[t].role != NN_PARAM)
			continue;
		for (size_t k = 0; k < p->tensors[t].count; k++)
			gradient[at++] = nn_real(f->gradients[g], k, p->real_size);
		g++;
	}
	return f->value;
}

static void
start(struct nn_fullbatch *f)
{
	read_parameters(f, f->lbfgs.x);
	f->lbfgs.known = 0;
}

static enum nn_lbfgs_outcome
step(struct nn_fullbatch *f, double sums[])
{
	enum nn_lbfgs_outcome outcome = nn_lbfgs_step(&f->lbfgs, mean_loss, f, &f->settings);

	write_parameters(f, f->lbfgs.x);
	if (outcome != NN_LBFGS_MOVED)
		return outcome;
	if (f->program->states) {
		memset(f->sums, 0, (1 + f->program->metric_count) * sizeof *f->sums);
		f->program->states(f->model->handle, DRAWS, f->records, f->batch.in, f->sums);
	} else if (f->value != f->lbfgs.value) {
		pass(f, 0); /* the last trial was not the one that was taken */
	}
	memcpy(sums, f->sums, (1 + f->program->metric_count) * sizeof *sums);
	return outcome;
}

const struct nn_method nn_lbfgs = {open_method, close_method, start, step, nn_lbfgs_tensors, nn_lbfgs_restore};
