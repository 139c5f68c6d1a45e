/* prepare.c - from options and data to a training that can begin, and the line that says what it will be. */
#define _POSIX_C_SOURCE 200809L
#include "readers.h"
#include "training.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* which records are held out does not depend on the seed; the others keep their order */
static int
compare_records(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int
split(struct nn_training_run *t, double share, struct nn_error *e)
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

/* Labels that the run, or the weights to start from, knows already keep their numbers. */
static int
open_labels(struct nn_training_run *t, struct nn_error *e)
{
	char path[NN_PATH_MAX];
	const char *from = t->o->weights;

	if (nn_labels_open(&t->labels, t->program, e) != 0)
		return -1;
	if (t->o->resume && nn_path_join(path, t->o->resume, "checkpoint.safetensors", e) != 0)
		return -1;
	if (t->o->resume)
		from = access(path, R_OK) == 0 ? path : NULL; /* what is wrong with the run is said when it is gone on with */
	if (from && nn_weights_labels(from, &t->labels, e) != 0)
		return -1;
	nn_labels_begin(&t->labels);
	return 0;
}

static int
read_data(struct nn_training_run *t, struct nn_error *e)
{
	if (open_labels(t, e) != 0 || nn_read_group(t->o, NN_DATA, &t->labels, &t->data, e) != 0
	    || nn_read_group(t->o, NN_VALIDATION, &t->labels, &t->validation, e) != 0 || nn_read_group(t->o, NN_TEST, &t->labels, &t->test, e) != 0)
		return -1;
	for (size_t k = 0; k < t->program->input_count; k++)
		t->mapped |= t->data.records && t->data.inputs[k].map;
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
choose_figure(struct nn_training_run *t, struct nn_error *e)
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
	return near ? nn_help(e, "write %s", near) : -1;
}

uint64_t
nn_steps_of_an_epoch(const struct nn_training_run *t)
{
	return (t->count + t->batch_size - 1) / t->batch_size;
}

static int
choose_length(struct nn_training_run *t, struct nn_error *e)
{
	const struct nn_options *o = t->o;

	if (t->method && nn_option_given(o, "batch_size"))
		return nn_fail(e, "%s takes all %zu records in every step: --batch_size has no meaning for it", t->program->optimizers[o->optimizer].name,
		    t->count);
	t->batch_size = !t->method && o->batch_size < t->count ? o->batch_size : t->count;
	uint64_t an_epoch = nn_steps_of_an_epoch(t);
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
choose_path(struct nn_training_run *t, struct nn_error *e)
{
	char path[256];
	const char *out = t->o->out ? t->o->out : nn_weights_path(path, t->o);
	struct nn_output_file file;
	struct stat status;

	if (t->o->resume)
		return 0;
	if (nn_names_a_run(out))
		return nn_run_begin(t, out, e);
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

/* an iteration that a signal cuts short takes another step: where there is a run, it ends first */
static const volatile sig_atomic_t never;

int
nn_training_open(struct nn_training_run *t, struct nn_error *e)
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
	t->model.labels = &t->labels;
	if (nn_batch_open(&t->batch, p, t->method ? t->model.batch : t->batch_size, e) != 0)
		return -1;
	if (t->method && t->method->open(&t->full, t->o, &t->model, &t->data, t->held_out || nn_transforms(p) ? t->records : NULL, t->count,
		t->o->resume || t->run.fresh[0] ? &never : &nn_stop, e) != 0)
		return -1;
	if (t->o->gradient_norms && !(t->gradients = nn_gradients_open(p, e)))
		return -1;
	t->epoch_tensors = nn_snapshot_open(&t->model, "a copy of the weights", e);
	t->best_tensors = nn_snapshot_open(&t->model, "a copy of the weights", e);
	return t->epoch_tensors && t->best_tensors ? 0 : -1;
}

void
nn_training_close(struct nn_training_run *t)
{
	nn_run_close(t);
	nn_ahead_close(t);
	nn_data_free(t->program, &t->data);
	nn_data_free(t->program, &t->validation);
	nn_data_free(t->program, &t->test);
	nn_gradients_close(t->gradients);
	nn_batch_close(&t->batch);
	if (t->method)
		t->method->close(&t->full);
	nn_model_close(&t->model);
	free(t->records);
	free(t->order);
	free(t->sums);
	free(t->epoch_tensors);
	free(t->best_tensors);
	nn_labels_close(&t->labels);
}

/* in memory, or in mapped files */
static void
add_column_bytes(const struct nn_program *p, size_t input, const struct nn_dataset *data, double *memory, double *mapped)
{
	const struct nn_column_data *c = data->records ? &data->inputs[input] : NULL;
	double bytes = c ? (double)nn_column_bytes(p, input, c) : 0;

	if (c && c->element)
		bytes *= (double)c->element->size / (double)p->real_size;
	*(c && c->map ? mapped : memory) += bytes;
}

/* What a step takes: one if that is long, else the faster of two; then all is as it was.  0: not measured */
static double
time_of_a_step(struct nn_training_run *t)
{
	double best = 0;
	size_t n;

	if (t->method || t->step > 0)
		return 0;
	nn_choose_order(t, 1);
	nn_snapshot_take(&t->model, t->epoch_tensors);
	if (t->mapped)
		nn_gather_step(t, 1); /* from the disk, which is not what is measured */
	for (int k = 0, bad = 0; k < 2 && best < 0.5 && !bad; k++) {
		double time = nn_now();
		bad = nn_take_step(t, 1, &n);
		time = nn_now() - time;
		best = bad ? 0 : k == 0 || time < best ? time : best;
	}
	nn_snapshot_put(&t->model, t->epoch_tensors);
	return best;
}

void
nn_training_print_plan(struct nn_training_run *t)
{
	const struct nn_program *p = t->program;
	size_t learned = nn_count(p, NN_PARAM), frozen = nn_count(p, NN_FROZEN);
	char parameters[32], fixed[32], records[32], validation[32], optimizer[256], clip[40] = "", chunks[60] = "", model[32], data[32], length[32], transforms[NN_TRANSFORMS_MAX];
	double bytes = 0, mapped = 0;

	if (t->o->quiet)
		return;
	for (size_t k = 0; k < p->input_count; k++)
		for (int g = 0; g < NN_GROUPS; g++)
			add_column_bytes(p, k, g == NN_DATA ? &t->data : g == NN_VALIDATION ? &t->validation : &t->test, &bytes, &mapped);
	fprintf(stderr, "%s: %s parameters", p->model, nn_thousands(parameters, learned + frozen));
	if (frozen)
		fprintf(stderr, " (%s of them frozen)", nn_thousands(fixed, frozen));
	fprintf(stderr, ", %s record%s", nn_thousands(records, t->count), nn_plural(t->count));
	if (t->validate_on)
		fprintf(stderr, " and %s for validation", nn_thousands(validation, t->validation_count));
	for (size_t k = 0; k < p->input_count; k++)
		if (*nn_transforms_text(transforms, p, k))
			fprintf(stderr, ", %s with %s", p->inputs[k].name, transforms);
	if (t->o->clip_norm > 0)
		snprintf(clip, sizeof clip, ", clip_norm %g", t->o->clip_norm);
	if (t->model.use == NN_ACCUMULATE)
		snprintf(chunks, sizeof chunks, " in chunks of %zu", t->model.batch);
	fprintf(stderr, ", %s%s, batch %zu%s, %s %s, %zu thread%s, memory %s + %s of data", nn_optimizer_text(optimizer, t->o), clip, t->batch_size, chunks,
	    nn_thousands(length, t->o->epochs ? t->epochs : (size_t)t->last_step), t->o->epochs ? "epochs" : "steps", t->o->threads,
	    nn_plural(t->o->threads), nn_bytes(model, (double)t->model.bytes), nn_bytes(data, bytes));
	if (mapped > 0)
		fprintf(stderr, ", %s in mapped files", nn_bytes(data, mapped));
	double step = time_of_a_step(t);
	if (step > 0)
		fprintf(stderr, step < 1e-5 ? ", about %.1f us a step" : step < 1e-3 ? ", about %.0f us a step" : step < 1 ? ", about %.1f ms a step" : ", about %.1f s a step",
		    step * (step < 1e-3 ? 1e6 : step < 1 ? 1e3 : 1));
	fputc('\n', stderr);
	for (size_t k = 0; k < p->input_count; k++) {
		const struct nn_label_list *labels = nn_labels_of(&t->labels, k);
		char names[200];
		if (!labels)
			continue;
		nn_label_names(labels, names, sizeof names);
		fprintf(stderr, "%s: %zu label%s, %s\n", p->inputs[k].name, labels->count, nn_plural(labels->count), names);
	}
}
