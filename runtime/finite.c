/* finite.c - what is done where a number is not finite.
 *
 * Training is a function of file, data, seed and settings, so the steps since the copy of all tensors that was made at the start of the
 * epoch, or where the run was taken up, are done again, to the bit, up to the one that went wrong: that step, its tensors and its records
 * are named, and the weights as before it are kept. */
#include "training.h"
#include "wrap.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* a line of what is said: broken into several where standard error is a terminal */
struct line {
	FILE *f;
	char *text;
	size_t size;
};

static void NN_PRINTF(2, 3)
add(struct line *l, const char *format, ...)
{
	va_list args;

	if (!l->f && !(l->f = open_memstream(&l->text, &l->size)))
		return;
	va_start(args, format);
	vfprintf(l->f, format, args);
	va_end(args);
}

/* says it, if anything was added; without memory for it, nothing */
static void
say(struct line *l, const char *head)
{
	if (l->f && fclose(l->f) == 0)
		nn_say(head, l->text);
	free(l->text);
	*l = (struct line){0};
}

/* takes the model back to where it was after `step`, a step of this epoch */
static void
replay(struct nn_training_run *t, uint64_t step)
{
	size_t n;

	nn_snapshot_put(&t->model, t->epoch_tensors);
	for (uint64_t s = t->epoch_tensors_step + 1; s <= step; s++)
		nn_take_step(t, s, &n);
}

/* the first step of this epoch after which a tensor is not finite; the model is left there */
static uint64_t
find_culprit(struct nn_training_run *t, uint64_t last)
{
	size_t n;

	nn_snapshot_put(&t->model, t->epoch_tensors);
	for (uint64_t s = t->epoch_tensors_step + 1; s <= last; s++) {
		nn_take_step(t, s, &n);
		if (nn_next_not_finite(&t->model, 0) < t->program->tensor_count)
			return s;
	}
	return last;
}

/* what a pass over some records shows */
struct verdict {
	int loss;              /* it is not finite */
	unsigned char *params; /* [NN_PARAM rows] the gradient is not finite */
	size_t bad;            /* how many of them */
};

/* of the n records in the batch */
static void
look(struct nn_training_run *t, uint64_t step, size_t n, void **gradients, struct verdict *v)
{
	const struct nn_program *p = t->program;

	memset(t->step_sums, 0, (1 + p->metric_count) * sizeof *t->step_sums);
	p->gradients(t->model.handle, step, n, t->batch.in, t->step_sums, gradients);
	v->loss = !isfinite(t->step_sums[0]);
	v->bad = 0;
	for (size_t k = 0, g = 0; k < p->tensor_count; k++)
		if (p->tensors[k].role == NN_PARAM) {
			v->params[g] = !nn_all_finite(gradients[g], p->tensors[k].count, p->real_size);
			v->bad += v->params[g++];
		}
}

/* the lines of which such numbers can come: of the loss, or those whose way back to the parameters is the one that shows */
static void
name_lines(const struct nn_program *p, const struct verdict *v, size_t params)
{
	struct line l = {0};
	size_t shown = 0;

	for (size_t k = 0; k < p->doubt_count && shown < 4; k++) {
		const struct nn_doubt *d = &p->doubts[k];
		int fits = v->loss ? !d->params : d->params && memcmp(d->params, v->params, params) == 0, before = 0;
		for (size_t j = 0; j < k && fits; j++)
			before |= strcmp(p->doubts[j].where, d->where) == 0 && !p->doubts[j].params == !d->params;
		if (fits && !before)
			add(&l, "%s%s", shown++ ? ", " : v->loss ? "such a loss can come from " : "such a gradient can come from ", d->where);
	}
	if (shown)
		add(&l, ", where something is divided, or has a root or another function that is not finite everywhere");
	say(&l, " ");
}

static void
name_gradients(const struct nn_program *p, const struct verdict *v)
{
	struct line l = {0};

	for (size_t k = 0, g = 0; k < p->tensor_count; k++)
		if (p->tensors[k].role == NN_PARAM && v->params[g++]) {
			add(&l, "the gradient of %s is not finite", p->tensors[k].path);
			say(&l, " ");
		}
}

/* the records of the step that are wrong on their own; the verdict of the first stays in v */
static size_t
name_records(struct nn_training_run *t, uint64_t step, size_t n, void **gradients, struct verdict *v, struct verdict *alone)
{
	struct line l = {0};
	size_t first = (size_t)(step - 1 - t->epoch_base) * t->batch_size, found = 0;

	for (size_t k = 0; k < n && found < 5; k++) {
		uint32_t record = t->order[first + k];
		nn_gather_records(t, t->epoch, &record, 1);
		look(t, step, 1, gradients, alone);
		if (!alone->loss && !alone->bad)
			continue;
		add(&l, "record %lu of the data (counted from 0) gives such numbers on its own", (unsigned long)record);
		say(&l, " ");
		if (found++ == 0) {
			struct verdict other = *v;
			*v = *alone;
			*alone = other;
		}
	}
	return found;
}

/* names tensors, lines and records of a step; the model is as before it */
static void
explain(struct nn_training_run *t, uint64_t step)
{
	struct nn_error e;
	struct line l = {0};
	void **gradients = nn_gradients_open(t->program, &e);
	size_t params = 0, n = t->count;

	for (size_t k = 0; k < t->program->tensor_count; k++)
		params += t->program->tensors[k].role == NN_PARAM;
	struct verdict v = {.params = calloc(params + 1, 1)}, alone = {.params = calloc(params + 1, 1)};
	if (gradients && v.params && alone.params) {
		if (!t->method) { /* else there is room for single records only */
			n = nn_gather_step(t, step);
			look(t, step, n, gradients, &v);
			if (!v.loss) /* where the loss is not finite, every gradient may follow */
				name_gradients(t->program, &v);
		}
		if (!name_records(t, step, n, gradients, &v, &alone))
			add(&l, "none of its %zu records gives such numbers on its own; a smaller learning rate may help", n);
		say(&l, " ");
		if (v.loss || v.bad)
			name_lines(t->program, &v, params);
	}
	nn_gradients_close(gradients);
	free(v.params);
	free(alone.params);
}

/* the step after t->step, or one before it that went unnoticed, broke the numbers: goes back to before it */
void
nn_diagnose(struct nn_training_run *t)
{
	uint64_t bad = t->step + 1;
	struct line l = {0};

	if (nn_next_not_finite(&t->model, 0) == t->program->tensor_count) {
		add(&l, "the loss of step %llu (epoch %zu) is not finite", (unsigned long long)bad, t->epoch);
	} else {
		bad = find_culprit(t, t->step);
		add(&l, "step %llu (epoch %zu) made numbers that are not finite in", (unsigned long long)bad, t->epoch);
		for (size_t k = 0; (k = nn_next_not_finite(&t->model, k)) < t->program->tensor_count; k++)
			add(&l, " %s", t->program->tensors[k].path);
		replay(t, bad - 1);
	}
	say(&l, "error:");
	t->step = bad - 1;
	nn_snapshot_take(&t->model, t->epoch_tensors); /* those of the start are not needed any more */
	explain(t, bad);
	nn_snapshot_put(&t->model, t->epoch_tensors);
}
