/* train.c - the commands train and init.
 *
 * Training is a function of file, data, seed and settings: the order of an epoch is keyed by (seed, epoch), random draws by the step.
 * So when a step meets a number that is not finite, the epoch is replayed from the copy of all tensors made at its start, to the bit,
 * up to the step that went wrong: that step, its tensors and its records are named, and the weights as before it are kept. */
#define _POSIX_C_SOURCE 200809L
#include "evaluate.h"
#include "file.h"
#include "fullbatch.h"
#include "progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum outcome { GOES_ON, FINISHED, INTERRUPTED, BROKEN };

struct training {
	const struct nn_options *o;
	const struct nn_program *program;
	char path[NN_PATH_MAX]; /* of the weights */

	struct nn_dataset data, validation, test;
	uint32_t *records;       /* of data: those to train on, then those held out */
	uint32_t *order;         /* of this epoch */
	size_t count;            /* records to train on */
	const uint32_t *held_out;              /* records to validate on; NULL: all */
	const struct nn_dataset *validate_on;  /* NULL: nothing */
	size_t validation_count;

	struct nn_model model;
	struct nn_batch batch;
	struct nn_progress progress;
	size_t batch_size;

	uint64_t step, last_step;   /* steps taken, steps to take */
	uint64_t epoch_base;        /* steps taken before this epoch */
	size_t epoch, epochs;       /* from 1 */
	double *sums, *step_sums;   /* of this epoch, of one step */
	double *train_means, *validation_means;
	void *epoch_tensors;        /* at the start of this epoch */
	void *best_tensors;
	size_t best_epoch, best_figure; /* best_figure: 0 the loss, 1 + k metric k */
	double best;
	void **gradients;           /* for --gradient-norms; NULL: not asked for */
	struct nn_fullbatch full;   /* where the optimizer is a method that takes all records at once */
	const char *method, *ended; /* its name, NULL: none; why it ended before its time, NULL: it did not */
};

static volatile sig_atomic_t stop;

static void
on_signal(int number)
{
	(void)number;
	if (stop)
		_exit(NN_INTERRUPTED);
	stop = 1;
}

/* -- before it starts ------------------------------------------------------------------------------------------------------ */

/* which records are held out does not depend on the seed; the others keep their order */
static int
compare_records(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int
split(struct training *t, double share, struct nn_error *e)
{
	size_t n = t->data.records;
	double held_out = share < 1 ? round(share * (double)n) : share;
	size_t k = held_out < (double)n ? (size_t)held_out : n;

	t->records = nn_allocate(n, sizeof *t->records, "the order of the records", e);
	t->order = nn_allocate(n, sizeof *t->order, "the order of the records", e);
	if (!t->records || !t->order)
		return -1;
	if (k == n)
		return nn_fail(e, "validation = %g would hold out all of the %zu records: none is left to train on", share, n);
	for (size_t i = 0; i < n; i++)
		t->records[i] = (uint32_t)i;
	t->count = n - k;
	if (k == 0)
		return 0;
	nn_permute(t->records, n, t->o->split_seed, NN_FOR_SPLIT, 0);
	memcpy(t->order, t->records, k * sizeof *t->order);
	memmove(t->records, t->records + k, t->count * sizeof *t->records);
	memcpy(t->records + t->count, t->order, k * sizeof *t->records);
	qsort(t->records, t->count, sizeof *t->records, compare_records);
	t->held_out = t->records + t->count;
	t->validate_on = &t->data;
	t->validation_count = k;
	return 0;
}

static int
read_data(struct training *t, struct nn_error *e)
{
	if (nn_read_group(t->o, NN_DATA, &t->data, e) != 0 || nn_read_group(t->o, NN_VALIDATION, &t->validation, e) != 0
	    || nn_read_group(t->o, NN_TEST, &t->test, e) != 0)
		return -1;
	if (t->data.records == 0)
		return nn_fail(e, "%s has no data group with records for %s", t->program->file, t->program->model);
	if (t->validation.records && nn_option_given(t->o, "validation") && t->o->validation != 0)
		return nn_fail(e, "--validation holds out records of the data, but %s has a validation group of its own", t->program->file);
	if (t->validation.records == 0)
		return split(t, t->o->validation, e);
	t->validate_on = &t->validation;
	t->validation_count = t->validation.records;
	return split(t, 0, e);
}

static int
choose_figure(struct training *t, struct nn_error *e)
{
	const char *on = t->o->early_stopping_on, *names[64];
	size_t count = 0;

	t->best_figure = 0;
	names[count++] = "loss";
	for (size_t k = 0; k < t->program->metric_count && count < 64; k++)
		names[count++] = t->program->metrics[k].name;
	if (t->o->early_stopping && !t->validate_on) {
		nn_fail(e, "early_stopping = %zu needs validation data, and there are none", t->o->early_stopping);
		return nn_help(e, "hold some out with --validation=0.1, or train without it: --early_stopping=0");
	}
	for (size_t k = 0; on && k < count; k++)
		if (strcmp(on, names[k]) == 0) {
			t->best_figure = k;
			return 0;
		}
	if (!on)
		return 0;
	const char *near = nn_suggestion(on, names, count);
	nn_fail(e, "early_stopping_on = %s is neither loss nor a metric of %s", on, t->program->model);
	return near ? nn_help(e, "did you mean %s?", near) : -1;
}

static int
choose_length(struct training *t, struct nn_error *e)
{
	const struct nn_options *o = t->o;

	if (t->method && nn_option_given(o, "batch_size"))
		return nn_fail(e, "%s takes all %zu records in every step: --batch_size has no meaning for it", t->program->optimizers[o->optimizer].name,
		    t->count);
	t->batch_size = !t->method && o->batch_size < t->count ? o->batch_size : t->count;
	uint64_t an_epoch = (t->count + t->batch_size - 1) / t->batch_size;
	if (o->epochs == 0 && o->steps == 0)
		return nn_fail(e, "neither epochs nor steps say how long to train");
	if (o->epochs > UINT64_MAX / an_epoch)
		return nn_fail(e, "--epochs=%zu is too long", o->epochs);
	t->last_step = o->epochs ? o->epochs * an_epoch : o->steps;
	if (o->steps && o->steps < t->last_step)
		t->last_step = o->steps;
	t->epochs = (size_t)((t->last_step + an_epoch - 1) / an_epoch);
	return 0;
}

/* an output that cannot be written is known before hours of training */
static int
choose_path(struct training *t, struct nn_error *e)
{
	char path[256];
	const char *out = t->o->out ? t->o->out : nn_weights_path(path, t->o);
	struct nn_output_file file;
	struct stat status;

	if (strlen(out) >= sizeof t->path)
		return nn_fail(e, "the name of the weights file is too long");
	memcpy(t->path, out, strlen(out) + 1);
	if (stat(out, &status) == 0 && S_ISDIR(status.st_mode)) {
		nn_fail(e, "%s is a folder, not a file for the weights", out);
		return nn_help(e, "--out %s/%s", out, nn_weights_path(path, t->o));
	}
	if (nn_file_create(&file, out, e) != 0)
		return -1;
	nn_file_abandon(&file);
	return 0;
}

static int
open_training(struct training *t, struct nn_error *e)
{
	const struct nn_program *p = t->program;
	size_t figures = 1 + p->metric_count;

	if (!p->has_train || !p->has_loss || p->optimizer_count == 0)
		return nn_fail(e, "%s has no train block for the model %s", p->file, p->model);
	if (choose_path(t, e) != 0 || read_data(t, e) != 0 || choose_figure(t, e) != 0 || choose_length(t, e) != 0)
		return -1;
	t->sums = calloc(4 * figures, sizeof *t->sums);
	if (!t->sums)
		return nn_fail(e, "out of memory");
	t->step_sums = t->sums + figures;
	t->train_means = t->step_sums + figures;
	t->validation_means = t->train_means + figures;
	if (nn_model_open_training(&t->model, p, t->batch_size, t->o->chunk, nn_option_given(t->o, "chunk"), t->o->threads, e) != 0)
		return -1;
	if (nn_batch_open(&t->batch, p, t->method ? t->model.batch : t->batch_size, e) != 0)
		return -1;
	if (t->method && nn_fullbatch_open(&t->full, t->o, &t->model, &t->data, t->held_out ? t->records : NULL, t->count, &stop, e) != 0)
		return -1;
	if (t->o->gradient_norms && !(t->gradients = nn_gradients_open(p, e)))
		return -1;
	t->epoch_tensors = nn_snapshot_open(&t->model, "a copy of the weights", e);
	t->best_tensors = nn_snapshot_open(&t->model, "a copy of the weights", e);
	return t->epoch_tensors && t->best_tensors ? 0 : -1;
}

static void
close_training(struct training *t)
{
	nn_data_free(t->program, &t->data);
	nn_data_free(t->program, &t->validation);
	nn_data_free(t->program, &t->test);
	nn_gradients_close(t->gradients);
	nn_batch_close(&t->batch);
	nn_fullbatch_close(&t->full);
	nn_model_close(&t->model);
	free(t->records);
	free(t->order);
	free(t->sums);
	free(t->epoch_tensors);
	free(t->best_tensors);
}

static double
column_bytes(const struct nn_program *p, size_t input, const struct nn_dataset *data)
{
	return data->records ? (double)nn_column_bytes(p, input, &data->inputs[input]) : 0;
}

static void
print_plan(const struct training *t)
{
	const struct nn_program *p = t->program;
	size_t learned = nn_count(p, NN_PARAM), frozen = nn_count(p, NN_FROZEN);
	char parameters[32], fixed[32], records[32], validation[32], optimizer[256], clip[40] = "", chunks[60] = "", model[32], data[32], length[32];
	double bytes = 0;

	if (t->o->quiet)
		return;
	for (size_t k = 0; k < p->input_count; k++)
		bytes += column_bytes(p, k, &t->data) + column_bytes(p, k, &t->validation) + column_bytes(p, k, &t->test);
	fprintf(stderr, "%s: %s parameters", p->model, nn_thousands(parameters, learned + frozen));
	if (frozen)
		fprintf(stderr, " (%s of them frozen)", nn_thousands(fixed, frozen));
	fprintf(stderr, ", %s record%s", nn_thousands(records, t->count), nn_plural(t->count));
	if (t->validate_on)
		fprintf(stderr, " and %s for validation", nn_thousands(validation, t->validation_count));
	if (t->o->clip_norm > 0)
		snprintf(clip, sizeof clip, ", clip_norm %g", t->o->clip_norm);
	if (t->model.use == NN_ACCUMULATE)
		snprintf(chunks, sizeof chunks, " in chunks of %zu", t->model.batch);
	fprintf(stderr, ", %s%s, batch %zu%s, %s %s, %zu thread%s, memory %s + %s of data\n", nn_optimizer_text(optimizer, t->o), clip, t->batch_size, chunks,
	    nn_thousands(length, t->o->epochs ? t->epochs : (size_t)t->last_step), t->o->epochs ? "epochs" : "steps", t->o->threads,
	    nn_plural(t->o->threads), nn_bytes(model, (double)t->model.bytes), nn_bytes(data, bytes));
}

/* -- epochs ---------------------------------------------------------------------------------------------------------------- */

/* gathers the records of a step of this epoch; returns how many */
static size_t
gather(struct training *t, uint64_t step)
{
	size_t first = (size_t)(step - 1 - t->epoch_base) * t->batch_size;
	size_t n = t->count - first < t->batch_size ? t->count - first : t->batch_size;

	nn_batch_gather(&t->batch, &t->data, t->order + first, n);
	return n;
}

/* the steps of an epoch are equally far apart, the last one, too, though its batch may be smaller */
static struct nn_when
when(const struct training *t, uint64_t step)
{
	uint64_t an_epoch = (t->count + t->batch_size - 1) / t->batch_size;

	return (struct nn_when){step, t->last_step, (double)(step - 1) / (double)an_epoch};
}

static int
take_step(struct training *t, uint64_t step, size_t *n)
{
	memset(t->step_sums, 0, (1 + t->program->metric_count) * sizeof *t->step_sums);
	*n = gather(t, step);
	return t->program->step(t->model.handle, t->o->optimizer, nn_chosen_settings(t->o), t->o->clip_norm, when(t, step), *n, t->batch.in,
	    t->step_sums);
}

static void
choose_order(struct training *t, size_t epoch)
{
	memcpy(t->order, t->records, t->count * sizeof *t->order);
	if (t->o->shuffle)
		nn_permute(t->order, t->count, t->o->seed, NN_FOR_ORDER, epoch);
}

static void
begin_epoch(struct training *t)
{
	t->epoch++;
	t->epoch_base = t->step;
	choose_order(t, t->epoch);
	memset(t->sums, 0, (1 + t->program->metric_count) * sizeof *t->sums);
	nn_snapshot_take(&t->model, t->epoch_tensors);
}

/* the steps of one epoch; *seen counts its samples */
static enum outcome
run_steps(struct training *t, size_t *seen)
{
	size_t figures = 1 + t->program->metric_count, n;

	for (*seen = 0; *seen < t->count && t->step < t->last_step; *seen += n) {
		if (stop)
			return INTERRUPTED;
		if (take_step(t, t->step + 1, &n) != 0)
			return BROKEN;
		t->step++;
		for (size_t k = 0; k < figures; k++)
			t->sums[k] += t->step_sums[k];
		nn_progress_show(&t->progress, t->epoch, (double)(*seen + n) / (double)t->count,
		    (double)(t->epoch - 1) * (double)t->count + (double)(*seen + n), t->sums[0] / (double)(*seen + n));
	}
	return stop ? INTERRUPTED : GOES_ON;
}

/* an iteration of a method: an epoch of one step */
static enum outcome
run_iteration(struct training *t, size_t *seen)
{
	enum nn_lbfgs_outcome outcome = nn_fullbatch_step(&t->full, t->sums);

	*seen = t->count;
	if (stop)
		return INTERRUPTED;
	if (outcome == NN_LBFGS_NOT_FINITE)
		return BROKEN;
	if (outcome == NN_LBFGS_MOVED) {
		t->step++;
		nn_progress_show(&t->progress, t->epoch, 1, (double)t->epoch * (double)t->count, t->sums[0] / (double)t->count);
		return GOES_ON;
	}
	t->epoch--; /* this one changed nothing */
	t->ended = outcome == NN_LBFGS_CONVERGED ? "converged" : "no lower loss is found";
	return FINISHED;
}

static int
is_better(const struct training *t)
{
	double now = t->validation_means[t->best_figure];

	if (!isfinite(now))
		return 0;
	return t->best_epoch == 0 || (t->best_figure ? now > t->best : now < t->best);
}

/* a line for every epoch, or about forty evenly spaced ones where there are more than a hundred */
static int
has_line(const struct training *t)
{
	size_t every = 1;

	for (size_t k = 0; t->epochs > 100 && t->epochs / every > 40; k++)
		every = k % 3 == 1 ? every / 2 * 5 : every * 2;
	return t->epoch % every == 0 || t->epoch == 1 || t->step == t->last_step;
}

static void
print_epoch(struct training *t, int better)
{
	if (t->o->quiet || !has_line(t))
		return;
	nn_progress_clear(&t->progress);
	printf("epoch %zu/%zu  train ", t->epoch, t->epochs);
	nn_print_figures(stdout, t->program, t->train_means);
	if (t->validate_on) {
		printf("  validation ");
		nn_print_figures(stdout, t->program, t->validation_means);
	}
	printf("%s\n", better ? "  *" : "");
	fflush(stdout);
}

/* --gradient-norms: of the gradients that the next step will see, the first of an epoch */
static void
print_norms(struct training *t)
{
	const struct nn_program *p = t->program;

	if (!t->gradients)
		return;
	memset(t->step_sums, 0, (1 + p->metric_count) * sizeof *t->step_sums);
	if (t->method) {
		p->gradients(t->model.handle, 1, t->count, t->full.batch.in, t->step_sums, t->gradients);
	} else {
		choose_order(t, t->epoch + 1);
		nn_batch_gather(&t->batch, &t->data, t->order, t->batch_size);
		p->gradients(t->model.handle, t->step + 1, t->batch_size, t->batch.in, t->step_sums, t->gradients);
	}
	nn_progress_clear(&t->progress);
	for (size_t k = 0, g = 0; k < p->tensor_count; k++)
		if (p->tensors[k].role == NN_PARAM)
			printf("gradient-norm %zu %s %.8e\n", t->epoch, p->tensors[k].path, nn_norm(t->gradients[g++], p->tensors[k].count, p->real_size));
	fflush(stdout);
}

static enum outcome
end_epoch(struct training *t, size_t seen)
{
	int better = 0;

	for (size_t k = 0; k < 1 + t->program->metric_count; k++)
		t->train_means[k] = t->sums[k] / (double)seen;
	if (nn_next_not_finite(&t->model, 0) < t->program->tensor_count)
		return BROKEN;
	if (t->validate_on) {
		if (nn_evaluate(&t->model, &t->batch, t->validate_on, t->held_out, t->validation_count, t->validation_means, &stop) != 0)
			return INTERRUPTED;
		better = is_better(t);
	}
	if (better) {
		t->best = t->validation_means[t->best_figure];
		t->best_epoch = t->epoch;
		nn_snapshot_take(&t->model, t->best_tensors);
	}
	print_epoch(t, better);
	print_norms(t);
	if (t->step == t->last_step || (t->o->early_stopping && t->epoch - t->best_epoch >= t->o->early_stopping))
		return FINISHED;
	return GOES_ON;
}

static enum outcome
run(struct training *t)
{
	enum outcome outcome = GOES_ON;

	nn_progress_start(&t->progress, t->o->quiet, (double)t->last_step * (double)t->batch_size, t->epochs);
	if (t->method)
		nn_fullbatch_start(&t->full);
	print_norms(t);
	while (outcome == GOES_ON) {
		size_t seen;
		begin_epoch(t);
		outcome = t->method ? run_iteration(t, &seen) : run_steps(t, &seen);
		if (outcome == GOES_ON)
			outcome = end_epoch(t, seen);
	}
	if (outcome == INTERRUPTED && nn_next_not_finite(&t->model, 0) < t->program->tensor_count)
		outcome = BROKEN;
	nn_progress_clear(&t->progress);
	return outcome;
}

/* -- numbers that are not finite ------------------------------------------------------------------------------------------- */

/* takes the model back to where it was after `step`, a step of this epoch */
static void
replay(struct training *t, uint64_t step)
{
	size_t n;

	nn_snapshot_put(&t->model, t->epoch_tensors);
	for (uint64_t s = t->epoch_base + 1; s <= step; s++)
		take_step(t, s, &n);
}

/* the first step of this epoch after which a tensor is not finite; the model is left there */
static uint64_t
find_culprit(struct training *t, uint64_t last)
{
	size_t n;

	nn_snapshot_put(&t->model, t->epoch_tensors);
	for (uint64_t s = t->epoch_base + 1; s <= last; s++) {
		take_step(t, s, &n);
		if (nn_next_not_finite(&t->model, 0) < t->program->tensor_count)
			return s;
	}
	return last;
}

/* 1 if the loss or a gradient of the n records in the batch is not finite; prints the gradients if asked to */
static int
is_bad(struct training *t, uint64_t step, size_t n, void **gradients, int print)
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
explain(struct training *t, uint64_t step)
{
	struct nn_error e;
	void **gradients = nn_gradients_open(t->program, &e);
	size_t first = (size_t)(step - 1 - t->epoch_base) * t->batch_size, n = t->count, found = 0;

	if (!gradients)
		return;
	if (!t->method) { /* else there is room for single records only */
		n = gather(t, step);
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
static void
diagnose(struct training *t)
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
	nn_snapshot_take(&t->model, t->best_tensors); /* the best ones are not needed any more */
	explain(t, bad);
	nn_snapshot_put(&t->model, t->best_tensors);
}

/* -- the end --------------------------------------------------------------------------------------------------------------- */

static void
print_end(const struct training *t, const char *which)
{
	const char *self = t->o->self;

	if (t->o->quiet)
		return;
	const char *input = nn_data_text(t->program) ? " IN.txt" : " IN.csv";
	fprintf(stderr, "weights: %s (%s)   next: %s %s --weights %s%s\n", t->path, which, self, t->program->output_count ? "predict" : "test",
	    t->path, t->program->output_count ? input : "");
}

static int
test_weights(struct training *t)
{
	if (t->test.records == 0)
		return 0;
	if (nn_evaluate(&t->model, &t->batch, &t->test, NULL, t->test.records, t->validation_means, &stop) != 0)
		return 1;
	nn_print_test(t->program, "test", t->test.records, t->validation_means);
	fflush(stdout);
	return 0;
}

/* saves the weights that this outcome leaves; returns the exit status */
static int
finish(struct training *t, enum outcome outcome, struct nn_error *e)
{
	int best = t->best_epoch != 0 && outcome != BROKEN;
	char which[80], time[32], passes[48] = "";

	if (outcome == INTERRUPTED)
		fprintf(stderr, "interrupted in epoch %zu after step %llu\n", t->epoch, (unsigned long long)t->step);
	if (outcome == BROKEN)
		diagnose(t);
	if (best)
		nn_snapshot_put(&t->model, t->best_tensors);
	if (nn_weights_save(&t->model, t->path, e) != 0)
		return nn_report(e);
	if (best)
		snprintf(which, sizeof which, "best: epoch %zu", t->best_epoch);
	else
		snprintf(which, sizeof which, "after step %llu", (unsigned long long)t->step);
	if (t->method)
		snprintf(passes, sizeof passes, ", %zu passes over the data", t->full.lbfgs.evaluations);
	if (outcome == FINISHED && !t->o->quiet)
		fprintf(stderr, "%s after epoch %zu%s, in %s\n", t->ended ? t->ended : t->step < t->last_step ? "stopped early" : "done", t->epoch, passes,
		    nn_duration(time, nn_now() - t->progress.started));
	if (outcome == FINISHED && test_weights(t) != 0)
		outcome = INTERRUPTED;
	if (outcome != FINISHED)
		fprintf(stderr, "the weights%s (%s) are saved in %s\n", outcome == BROKEN ? " as before it" : "", which, t->path);
	else
		print_end(t, which);
	return outcome == FINISHED ? NN_SUCCESS : outcome == BROKEN ? NN_NOT_FINITE : NN_INTERRUPTED;
}

/* fresh weights, and over them those of --weights */
static int
start_weights(struct training *t, struct nn_error *e)
{
	char anew[NN_ANEW];

	t->program->start(t->model.handle, t->o->seed);
	if (!t->o->weights)
		return 0;
	int taken = nn_weights_take(&t->model, t->o->weights, anew, e);
	if (taken < 0)
		return -1;
	if (!t->o->quiet)
		fprintf(stderr, "start: %d tensor%s from %s%s%s\n", taken, nn_plural((size_t)taken), t->o->weights, *anew ? "; anew: " : "", anew);
	return 0;
}

int
nn_train(const struct nn_options *o)
{
	struct training t = {.o = o, .program = o->program, .method = nn_method(o)};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, old_int, old_term;
	struct nn_error e;
	int status;

	if (open_training(&t, &e) != 0) {
		close_training(&t);
		return nn_report(&e);
	}
	print_plan(&t);
	stop = 0;
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, &old_int);
	sigaction(SIGTERM, &action, &old_term);
	if (start_weights(&t, &e) == 0)
		status = finish(&t, run(&t), &e);
	else
		status = nn_report(&e);
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGTERM, &old_term, NULL);
	close_training(&t);
	return status;
}

int
nn_init(const struct nn_options *o)
{
	struct nn_model m = {0};
	struct nn_error e;
	char path[256];
	const char *out = o->out ? o->out : nn_weights_path(path, o);
	int result = nn_model_open(&m, o->program, 1, o->program->has_loss ? NN_TRAIN : NN_PREDICT, 1, &e);

	if (result == 0) {
		o->program->start(m.handle, o->seed);
		result = nn_weights_save(&m, out, &e);
	}
	nn_model_close(&m);
	return result == 0 ? NN_SUCCESS : nn_report(&e);
}
