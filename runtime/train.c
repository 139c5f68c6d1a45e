/* train.c - the commands train and init: epochs and steps, what they print, and how it ends. */
#define _POSIX_C_SOURCE 200809L
#include "training.h"
#include "wrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

volatile sig_atomic_t nn_stop;

static void
on_signal(int number)
{
	(void)number;
	if (nn_stop)
		_exit(NN_INTERRUPTED);
	nn_stop = 1;
}

/* -- epochs ---------------------------------------------------------------------------------------------------------------- */

/* a method looks at one function of the parameters: its images keep the draws of the first epoch */
void
nn_gather_records(struct nn_training_run *t, size_t epoch, const uint32_t order[], size_t n)
{
	nn_batch_gather_seen(&t->batch, &t->data, order, n, t->o->seed, t->method ? 1 : epoch);
}

/* gathers the records of a step of this epoch; returns how many */
size_t
nn_gather_step(struct nn_training_run *t, uint64_t step)
{
	size_t first, n = nn_records_of_step(t, step, &first);

	if (!nn_ahead_take(t, step))
		nn_gather_records(t, t->epoch, t->order + first, n);
	if (t->mapped)
		nn_ahead_ask(t, step + 1);
	return n;
}

/* the steps of an epoch are equally far apart, the last one, too, though its batch may be smaller */
static struct nn_when
when(const struct nn_training_run *t, uint64_t step)
{
	return (struct nn_when){step, t->last_step, (double)(step - 1) / (double)nn_steps_of_an_epoch(t)};
}

int
nn_take_step(struct nn_training_run *t, uint64_t step, size_t *n)
{
	memset(t->step_sums, 0, (1 + t->program->metric_count) * sizeof *t->step_sums);
	double start = t->o->time ? nn_now() : 0;
	*n = nn_gather_step(t, step);
	double gathered = t->o->time ? nn_now() : 0;
	int broken = t->program->step(t->model.handle, t->o->optimizer, nn_chosen_settings(t->o), t->o->clip_norm, when(t, step), *n, t->batch.in,
	    t->step_sums);
	if (t->o->time) {
		t->data_seconds += gathered - start;
		t->step_seconds += nn_now() - start;
		t->timed++;
	}
	return broken;
}

void
nn_choose_order(struct nn_training_run *t, size_t epoch)
{
	nn_ahead_stop(t);
	memcpy(t->order, t->records, t->count * sizeof *t->order);
	if (t->o->shuffle)
		nn_permute(t->order, t->count, t->o->seed, NN_FOR_ORDER, epoch);
}

/* for finite.c: from here on the steps can be done again */
static void
remember_tensors(struct nn_training_run *t)
{
	nn_snapshot_take(&t->model, t->epoch_tensors);
	t->epoch_tensors_step = t->step;
}

/* the next epoch, or the rest of one in which a run was taken up */
static void
begin_epoch(struct nn_training_run *t)
{
	if (!t->in_epoch) {
		t->epoch++;
		t->epoch_base = t->step;
		t->in_epoch = 1;
		memset(t->sums, 0, (1 + t->program->metric_count) * sizeof *t->sums);
	}
	nn_choose_order(t, t->epoch);
	t->epoch_started = nn_now();
	nn_ahead_begin(t);
	remember_tensors(t);
}

/* after a step, or after an epoch: is it time to save? */
static enum nn_outcome
save_if_due(struct nn_training_run *t, int epoch_ended, struct nn_error *e)
{
	if (!nn_run_is_due(t, epoch_ended))
		return NN_GOES_ON;
	if (nn_next_not_finite(&t->model, 0) < t->program->tensor_count)
		return NN_BROKEN;
	return nn_run_save(t, 1, e) == 0 ? NN_GOES_ON : NN_NOT_SAVED;
}

static void
show_progress(struct nn_training_run *t, size_t seen)
{
	if (t->progress.on)
		nn_progress_show(&t->progress, t->program, t->epoch, (double)seen / (double)t->count,
		    (double)(t->epoch - 1) * (double)t->count + (double)seen, t->sums, seen);
}

/* the steps that are left of an epoch; *seen counts its samples */
static enum nn_outcome
run_steps(struct nn_training_run *t, size_t *seen, struct nn_error *e)
{
	size_t figures = 1 + t->program->metric_count, n;
	uint64_t done = t->step - t->epoch_base;
	enum nn_outcome outcome = NN_GOES_ON;

	*seen = done >= nn_steps_of_an_epoch(t) ? t->count : (size_t)done * t->batch_size;
	for (; *seen < t->count && t->step < t->last_step && outcome == NN_GOES_ON; *seen += n) {
		if (nn_stop)
			return NN_INTERRUPTED_BY_SIGNAL;
		if (nn_take_step(t, t->step + 1, &n) != 0)
			return NN_BROKEN;
		t->step++;
		for (size_t k = 0; k < figures; k++)
			t->sums[k] += t->step_sums[k];
		show_progress(t, *seen + n);
		outcome = save_if_due(t, 0, e);
	}
	return outcome != NN_GOES_ON ? outcome : nn_stop ? NN_INTERRUPTED_BY_SIGNAL : NN_GOES_ON;
}

/* an iteration of a method: an epoch of one step */
static enum nn_outcome
run_iteration(struct nn_training_run *t, size_t *seen, struct nn_error *e)
{
	int keeps = t->run.path[0] != 0;

	*seen = t->count;
	if (t->step > t->epoch_base) /* taken up behind it */
		return NN_GOES_ON;
	if (keeps && nn_stop)
		return NN_INTERRUPTED_BY_SIGNAL;
	if (!t->full.lbfgs.known && t->full.lbfgs.evaluations) /* a run that is taken up looks once more at where it stands */
		t->full.lbfgs.evaluations--;
	enum nn_lbfgs_outcome outcome = t->method->step(&t->full, t->sums);
	if (!keeps && nn_stop)
		return NN_INTERRUPTED_BY_SIGNAL;
	if (outcome == NN_LBFGS_NOT_FINITE)
		return NN_BROKEN;
	if (outcome == NN_LBFGS_MOVED) {
		t->step++;
		show_progress(t, t->count);
		enum nn_outcome saved = save_if_due(t, 0, e);
		return saved != NN_GOES_ON ? saved : nn_stop ? NN_INTERRUPTED_BY_SIGNAL : NN_GOES_ON;
	}
	t->epoch--; /* this one changed nothing */
	t->in_epoch = 0;
	t->ended = outcome == NN_LBFGS_CONVERGED ? "converged" : "no lower loss is found";
	return NN_FINISHED;
}

static int
is_better(const struct nn_training_run *t)
{
	double now = t->validation_means[t->best_figure];

	if (!isfinite(now))
		return 0;
	return t->best_epoch == 0 || (t->best_figure ? now > t->best : now < t->best);
}

/* a line for every epoch, or about forty evenly spaced ones where there are more than a hundred */
static int
has_line(const struct nn_training_run *t)
{
	size_t every = 1;

	for (size_t k = 0; t->epochs > 100 && t->epochs / every > 40; k++)
		every = k % 3 == 1 ? every / 2 * 5 : every * 2;
	return t->epoch % every == 0 || t->epoch == 1 || t->step == t->last_step;
}

static void
print_epoch(struct nn_training_run *t, int better)
{
	nn_progress_clear(&t->progress);
	if (t->o->json) {
		nn_print_json_epoch(stdout, t, better);
		putchar('\n');
		nn_flush_results();
	}
	if (t->o->quiet || t->o->json || !has_line(t))
		return;
	printf("epoch %zu/%zu  train ", t->epoch, t->epochs);
	nn_print_figures(stdout, t->program, t->train_means);
	if (t->validate_on) {
		printf("  validation ");
		nn_print_figures(stdout, t->program, t->validation_means);
	}
	printf("%s\n", better ? "  *" : "");
	nn_flush_results();
}

/* --gradient-norms: of the gradients that the next step will see, the first of an epoch */
static void
print_norms(struct nn_training_run *t)
{
	const struct nn_program *p = t->program;

	if (!t->gradients)
		return;
	memset(t->step_sums, 0, (1 + p->metric_count) * sizeof *t->step_sums);
	if (t->method) {
		p->gradients(t->model.handle, 1, t->count, t->full.batch.in, t->step_sums, t->gradients);
	} else {
		nn_choose_order(t, t->epoch + 1);
		nn_gather_records(t, t->epoch + 1, t->order, t->batch_size);
		p->gradients(t->model.handle, t->step + 1, t->batch_size, t->batch.in, t->step_sums, t->gradients);
	}
	nn_progress_clear(&t->progress);
	for (size_t k = 0, g = 0; k < p->tensor_count; k++)
		if (p->tensors[k].role == NN_PARAM)
			printf("gradient-norm %zu %s %.8e\n", t->epoch, p->tensors[k].path, nn_norm(t->gradients[g++], p->tensors[k].count, p->real_size));
	fflush(stdout);
}

static enum nn_outcome
end_epoch(struct nn_training_run *t, size_t seen, struct nn_error *e)
{
	int better = 0;

	for (size_t k = 0; k < 1 + t->program->metric_count; k++)
		t->train_means[k] = t->sums[k] / (double)seen;
	if (nn_next_not_finite(&t->model, 0) < t->program->tensor_count)
		return NN_BROKEN;
	if (t->validate_on) {
		if (nn_evaluate(&t->model, &t->batch, t->validate_on, t->held_out, t->validation_count, t->validation_means, &nn_stop) != 0)
			return NN_INTERRUPTED_BY_SIGNAL;
		better = is_better(t);
	}
	if (better) {
		t->best = t->validation_means[t->best_figure];
		t->best_epoch = t->epoch;
		nn_snapshot_take(&t->model, t->best_tensors);
	}
	t->in_epoch = 0;
	print_epoch(t, better);
	print_norms(t);
	if (nn_run_log(t, better, e) != 0)
		return NN_NOT_SAVED;
	return save_if_due(t, 1, e);
}

/* is there nothing left to do, also for a run that is taken up? */
static int
is_over(const struct nn_training_run *t)
{
	size_t patience = t->o->early_stopping;

	return !t->in_epoch && (t->ended || t->step >= t->last_step || (patience && t->epoch && t->epoch - t->best_epoch >= patience));
}

/* --time: do the steps wait for their data? */
static void
print_time(const struct nn_training_run *t)
{
	char steps[32];

	if (t->timed)
		fprintf(stderr, "time: %s step%s of %.1f us, of which their data took %.1f us (%.1f %%)%s\n", nn_thousands(steps, (size_t)t->timed), nn_plural((size_t)t->timed),
		    1e6 * t->step_seconds / (double)t->timed, 1e6 * t->data_seconds / (double)t->timed, 100 * t->data_seconds / t->step_seconds, t->helper ? ", read ahead from the disk" : "");
}

static enum nn_outcome
run(struct nn_training_run *t, struct nn_error *e)
{
	enum nn_outcome outcome = NN_GOES_ON;

	nn_progress_start(&t->progress, t->o->quiet, (double)t->epochs * (double)t->count, t->epochs);
	t->progress.done_before = (double)t->epoch * (double)t->count;
	t->data_seconds = t->step_seconds = 0;
	t->timed = 0;
	if (t->method)
		t->method->start(&t->full);
	if (t->step == 0)
		print_norms(t);
	while (outcome == NN_GOES_ON && !is_over(t)) {
		size_t seen;
		begin_epoch(t);
		outcome = t->method ? run_iteration(t, &seen, e) : run_steps(t, &seen, e);
		if (outcome == NN_GOES_ON)
			outcome = end_epoch(t, seen, e);
	}
	if (outcome == NN_INTERRUPTED_BY_SIGNAL && nn_next_not_finite(&t->model, 0) < t->program->tensor_count)
		outcome = NN_BROKEN;
	nn_progress_clear(&t->progress);
	print_time(t);
	return outcome == NN_GOES_ON ? NN_FINISHED : outcome;
}

/* -- the end --------------------------------------------------------------------------------------------------------------- */

/* "./spiral predict --weights RUN IN.csv" */
static void
print_next(const struct nn_training_run *t, const char *weights)
{
	const char *input = nn_data_text(t->program) ? " IN.txt" : " IN.csv";

	fprintf(stderr, "   next: %s %s --weights %s%s\n", t->o->self, t->program->output_count ? "predict" : "test", weights,
	    t->program->output_count ? input : "");
}

static void
print_done(const struct nn_training_run *t)
{
	char time[32], passes[48] = "";

	if (t->o->quiet)
		return;
	if (t->method)
		snprintf(passes, sizeof passes, ", %zu passes over the data", t->full.lbfgs.evaluations);
	fprintf(stderr, "%s after epoch %zu%s, in %s\n", t->ended ? t->ended : t->step < t->last_step ? "stopped early" : "done", t->epoch, passes,
	    nn_duration(time, nn_now() - t->progress.started));
}

/* the test group, if there is one, with the weights that the model has now */
static int
test_weights(struct nn_training_run *t, struct nn_error *e)
{
	if (t->test.records == 0)
		return 0;
	if (nn_evaluate(&t->model, &t->batch, &t->test, NULL, t->test.records, t->validation_means, &nn_stop) != 0)
		return 1;
	if (t->o->json) {
		printf("{\"group\": \"test\", \"records\": %zu, ", t->test.records);
		nn_print_json_figures(stdout, t->program, "", t->validation_means);
		printf("}\n");
	} else {
		nn_print_test(t->program, "test", t->test.records, t->validation_means);
	}
	nn_flush_results();
	return nn_run_log_test(t, t->validation_means, e);
}

static int
status_of(enum nn_outcome outcome)
{
	return outcome == NN_FINISHED ? NN_SUCCESS : outcome == NN_BROKEN ? NN_NOT_FINITE : NN_INTERRUPTED;
}

/* what this outcome leaves, in one file of weights; returns the exit status */
static int
finish_weights(struct nn_training_run *t, enum nn_outcome outcome, struct nn_error *e)
{
	int best = t->best_epoch != 0 && outcome != NN_BROKEN, status;
	char which[80];

	if (best)
		nn_snapshot_put(&t->model, t->best_tensors);
	if (nn_weights_save(&t->model, NULL, t->path, e) != 0)
		return nn_report(e);
	if (best)
		snprintf(which, sizeof which, "best: epoch %zu", t->best_epoch);
	else
		snprintf(which, sizeof which, "after step %llu", (unsigned long long)t->step);
	if (outcome == NN_FINISHED) {
		print_done(t);
		status = test_weights(t, e);
		if (status < 0)
			return nn_report(e);
		outcome = status ? NN_INTERRUPTED_BY_SIGNAL : outcome;
	}
	if (outcome != NN_FINISHED) {
		nn_say_of("the weights", "%s(%s) are saved in %s%s", outcome == NN_BROKEN ? "as before it " : "", which, t->path,
		    outcome == NN_BROKEN ? "" : "   with --out RUN a training can be gone on with");
	} else if (!t->o->quiet) {
		fprintf(stderr, "weights: %s (%s)", t->path, which);
		print_next(t, t->path);
	}
	return status_of(outcome);
}

/* the same in the folder of a run */
static int
finish_run(struct nn_training_run *t, enum nn_outcome outcome, struct nn_error *e)
{
	const char *self = t->o->self, *path = t->run.path;
	int status = outcome == NN_BROKEN ? nn_run_save_weights(t, e) : nn_run_save(t, 0, e);

	if (status != 0)
		return nn_report(e);
	if (outcome == NN_FINISHED) {
		print_done(t);
		if (t->best_epoch)
			nn_snapshot_put(&t->model, t->best_tensors);
		status = test_weights(t, e);
		if (status < 0)
			return nn_report(e);
		outcome = status ? NN_INTERRUPTED_BY_SIGNAL : outcome;
	}
	if (outcome == NN_BROKEN)
		nn_say_of("the weights", "as before it (after step %llu) are saved in %s/last.safetensors", (unsigned long long)t->step, path);
	else if (outcome != NN_FINISHED)
		nn_say_of("all of it", "is saved in %s   to go on: %s train --resume %s", path, self, path);
	else if (!t->o->quiet) {
		fprintf(stderr, "run: %s (", path);
		if (t->best_epoch)
			fprintf(stderr, "best.safetensors: epoch %zu, ", t->best_epoch);
		fprintf(stderr, "last.safetensors: epoch %zu)", t->epoch);
		print_next(t, path);
	}
	return status_of(outcome);
}

static int
finish(struct nn_training_run *t, enum nn_outcome outcome, struct nn_error *e)
{
	if (outcome == NN_NOT_SAVED) {
		nn_help(e, "the run is as it was saved last; when this is put right, go on with: %s train --resume %s", t->o->self, t->run.path);
		return nn_report(e);
	}
	if (outcome == NN_INTERRUPTED_BY_SIGNAL)
		fprintf(stderr, "interrupted in epoch %zu after step %llu\n", t->epoch, (unsigned long long)t->step);
	if (outcome == NN_BROKEN)
		nn_diagnose(t);
	return (t->run.path[0] ? finish_run : finish_weights)(t, outcome, e);
}

/* fresh weights, and over them those of --weights */
static int
start_weights(struct nn_training_run *t, struct nn_error *e)
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

/* a run that was finished already says so instead of a plan */
static int
start(struct nn_training_run *t, struct nn_error *e)
{
	if (start_weights(t, e) != 0)
		return -1;
	if (t->run.fresh[0] && nn_run_create(t, e) != 0)
		return -1;
	if (t->o->resume && nn_run_resume(t, e) != 0)
		return -1;
	nn_training_print_plan(t);
	if (t->o->resume && !t->o->quiet) {
		fprintf(stderr, "%s goes on after step %llu (epoch %zu)%s\n", t->run.path, (unsigned long long)t->step, t->epoch,
		    is_over(t) ? ": it was at its end already; --epochs N trains longer" : "");
	}
	return 0;
}

/* Ctrl-C, kill, and a terminal that is closed, unless nohup says that this is nothing to end for */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNALS = sizeof signals / sizeof *signals };

static void
catch_signals(struct sigaction old[SIGNALS])
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	nn_stop = 0;
	sigemptyset(&action.sa_mask);
	for (int k = 0; k < SIGNALS; k++) {
		sigaction(signals[k], NULL, &old[k]);
		if (signals[k] != SIGHUP || old[k].sa_handler != SIG_IGN)
			sigaction(signals[k], &action, NULL);
	}
}

/* NULL: the optimizer works step by step, or there is none */
static const struct nn_method *
method_of(const struct nn_options *o)
{
	return o->program->optimizer_count ? o->program->optimizers[o->optimizer].method : NULL;
}

int
nn_train(const struct nn_options *o)
{
	struct nn_training_run t = {.o = o, .program = o->program, .method = method_of(o), .run = {.metrics = -1, .timing = -1, .events = -1}};
	struct sigaction old[SIGNALS];
	struct nn_error e;
	int status;

	if (nn_training_open(&t, &e) != 0) {
		nn_training_close(&t);
		return nn_report(&e);
	}
	catch_signals(old);
	status = start(&t, &e) == 0 ? finish(&t, run(&t, &e), &e) : nn_report(&e);
	for (int k = 0; k < SIGNALS; k++)
		sigaction(signals[k], &old[k], NULL);
	nn_training_close(&t);
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
		result = nn_weights_save(&m, NULL, out, &e);
	}
	nn_model_close(&m);
	return result == 0 ? NN_SUCCESS : nn_report(&e);
}
