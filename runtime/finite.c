/* finite.c - what is done where a number is not finite.
 *
 * Training is a function of file, data, seed and settings, so the steps since the copy of all tensors that was made at the start of the
 * epoch, or where the run was taken up, are done again, to the bit, up to the one that went wrong: that step, its tensors and its records
 * are named, and the weights as before it are kept. */
#include "training.h"

#include <math.h>
#include <string.h>

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

/* 1 if the loss or a gradient of the n records in the batch is not finite; prints the gradients if asked to */
static int
is_bad(struct nn_training_run *t, uint64_t step, size_t n, void **gradients, int print)
{
	const struct nn_program *p = t->program;
	int bad;

	memset(t->step_sums, 0, (1 + p->metric_count) * sizeof *t->step_sums);
	p->gradients(t->model.handle, step, n, t->batch.in, t->step_sums, gradients);
	bad = !isfinite(t->step_sums[0]);
	print &= !bad; /* where the loss is not finite, every gradient may follow */
	for (size_t k = 0, g = 0; k < p->tensor_count && !(bad && !print); k++) {
		if (p->tensors[k].role != NN_PARAM || !gradients[g] || nn_all_finite(gradients[g], p->tensors[k].count, p->real_size)) {
			g += p->tensors[k].role == NN_PARAM;
			continue;
		}
		g++;
		bad = 1;
		if (print)
			fprintf(stderr, "  the gradient of %s is not finite\n", p->tensors[k].path);
	}
	return bad;
}

/* names tensors and records of a step; the model is as before it */
static void
explain(struct nn_training_run *t, uint64_t step)
{
	struct nn_error e;
	void **gradients = nn_gradients_open(t->program, &e);
	size_t first = (size_t)(step - 1 - t->epoch_base) * t->batch_size, n = t->count, found = 0;

	if (!gradients)
		return;
	if (!t->method) { /* else there is room for single records only */
		n = nn_gather_step(t, step);
		is_bad(t, step, n, gradients, 1);
	}
	for (size_t k = 0; k < n && found < 5; k++) {
		uint32_t record = t->order[first + k];
		nn_batch_gather(&t->batch, &t->data, &record, 1);
		if (!is_bad(t, step, 1, gradients, 0))
			continue;
		fprintf(stderr, "  record %lu of the data (counted from 0) gives such numbers on its own\n", (unsigned long)record);
		found++;
	}
	if (!found)
		fprintf(stderr, "  none of its %zu records gives such numbers on its own; a smaller learning rate may help\n", n);
	nn_gradients_close(gradients);
}

/* the step after t->step, or one before it that went unnoticed, broke the numbers: goes back to before it */
void
nn_diagnose(struct nn_training_run *t)
{
	uint64_t bad = t->step + 1;

	if (nn_next_not_finite(&t->model, 0) == t->program->tensor_count) {
		fprintf(stderr, "error: the loss of step %llu (epoch %zu) is not finite\n", (unsigned long long)bad, t->epoch);
	} else {
		bad = find_culprit(t, t->step);
		fprintf(stderr, "error: step %llu (epoch %zu) made numbers that are not finite in", (unsigned long long)bad, t->epoch);
		for (size_t k = 0; (k = nn_next_not_finite(&t->model, k)) < t->program->tensor_count; k++)
			fprintf(stderr, " %s", t->program->tensors[k].path);
		fputc('\n', stderr);
		replay(t, bad - 1);
	}
	t->step = bad - 1;
	nn_snapshot_take(&t->model, t->epoch_tensors); /* those of the start are not needed any more */
	explain(t, bad);
	nn_snapshot_put(&t->model, t->epoch_tensors);
}
