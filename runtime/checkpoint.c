/* checkpoint.c - everything that the next step of a training depends on, to a file and back.
 *
 * The order of the records and all draws are functions of seed, epoch and step, so a checkpoint is: all tensors of the model, with what the
 * optimizer keeps; the weights of the best epoch (best/PATH); the sums of the epoch in hand; the pairs of L-BFGS; and, as metadata, counters
 * and the place in the log.  The file depends on model, data, seed, settings and step only: not on threads, nor on when it was written.
 *
 * Reading checks everything before it changes anything. */
#include "training.h"
#include "number.h"
#include "safetensors.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 20, FIELD_SIZE = 40 };

/* -- fingerprints ---------------------------------------------------------------------------------------------------------- */

/* FNV-1a (Fowler, Noll, Vo) over words of 8 bytes instead of single ones, turned so that high bits reach low ones */
static uint64_t
add_bytes(uint64_t h, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;

	for (size_t n; size > 0; at += n, size -= n) {
		uint64_t word = 0;
		n = size < sizeof word ? size : sizeof word;
		memcpy(&word, at, n);
		h = (h ^ word ^ n) * 1099511628211u;
		h ^= h >> 29;
	}
	return h;
}

/* the same for a file that is mapped and for one that was read */
static uint64_t
add_values(uint64_t h, const struct nn_program *p, size_t input, const struct nn_column_data *c)
{
	size_t n = nn_column_bytes(p, input, c) / p->real_size;
	double some[256];

	if (c->map)
		nn_map_order(c->map, NN_IN_ORDER);
	if (!c->element)
		h = add_bytes(h, c->values, nn_column_bytes(p, input, c));
	for (size_t at = 0, k; c->element && at < n; at += k) {
		k = n - at < 256 ? n - at : 256;
		nn_column_take(p, input, c, at, k, some);
		h = add_bytes(h, some, k * p->real_size);
	}
	if (c->map)
		nn_map_order(c->map, NN_ANYHOW);
	return h;
}

static uint64_t
add_dataset(uint64_t h, const struct nn_program *p, const struct nn_dataset *data)
{
	h = add_bytes(h, &data->records, sizeof data->records);
	for (size_t k = 0; data->records && k < p->input_count; k++) {
		const struct nn_column_data *column = &data->inputs[k];
		if (!column->values)
			continue;
		h = add_values(h, p, k, column);
		h = add_bytes(h, column->table, column->table ? 256 * p->real_size : 0);
	}
	return h;
}

uint64_t
nn_data_fingerprint(const struct nn_training_run *t)
{
	uint64_t h = add_dataset(add_dataset(14695981039346656037u, t->program, &t->data), t->program, &t->validation);
	char *labels = nn_labels_text(&t->labels);

	h = add_bytes(h, labels, labels ? strlen(labels) : 0);
	free(labels);
	return h;
}

/* -- metadata -------------------------------------------------------------------------------------------------------------- */

/* names and values side by side, as safetensors take them */
struct fields {
	const char *pairs[2 * FIELDS];
	char numbers[FIELDS][FIELD_SIZE];
	size_t count;
	char *labels; /* NULL: there are none */
	char transforms[FIELD_SIZE * 8];
};

static void
add_text(struct fields *f, const char *name, const char *value)
{
	f->pairs[2 * f->count] = name;
	f->pairs[2 * f->count + 1] = value;
	f->count++;
}

static void
add_whole(struct fields *f, const char *name, uint64_t value)
{
	snprintf(f->numbers[f->count], FIELD_SIZE, "%" PRIu64, value);
	add_text(f, name, f->numbers[f->count]);
}

static void
add_fingerprint(struct fields *f, const char *name, uint64_t value)
{
	snprintf(f->numbers[f->count], FIELD_SIZE, "%016" PRIx64, value);
	add_text(f, name, f->numbers[f->count]);
}

/* "x: flip, shift(4)": what a training does to its images */
static void
print_transforms(const struct nn_program *p, char *text, size_t room)
{
	char some[NN_TRANSFORMS_MAX];

	*text = 0;
	for (size_t k = 0, at = 0; k < p->input_count && at < room; k++)
		if (*nn_transforms_text(some, p, k))
			at += (size_t)snprintf(text + at, room - at, "%s%s: %s", at ? "; " : "", p->inputs[k].name, some);
}

static void
make_fields(const struct nn_training_run *t, struct fields *f)
{
	const struct nn_program *p = t->program;

	*f = (struct fields){.labels = nn_labels_text(&t->labels)};
	add_text(f, "format", "nnc");
	add_text(f, "kind", "checkpoint");
	add_text(f, "model", p->model);
	add_text(f, "nnc", p->version);
	add_text(f, "family", p->family);
	add_text(f, "ended", t->ended ? t->ended : "");
	add_fingerprint(f, "program", p->fingerprint);
	add_fingerprint(f, "data", t->run.data);
	print_transforms(p, f->transforms, sizeof f->transforms);
	add_text(f, "transforms", f->transforms);
	add_whole(f, "step", t->step);
	add_whole(f, "epoch", t->epoch);
	add_whole(f, "epoch_base", t->epoch_base);
	add_whole(f, "in_epoch", t->in_epoch != 0);
	add_whole(f, "best_epoch", t->best_epoch);
	add_whole(f, "evaluations", t->method ? t->full.lbfgs.evaluations : 0);
	add_whole(f, "logged", t->run.logged);
	snprintf(f->numbers[f->count], FIELD_SIZE, "%.17g", t->best_epoch ? t->best : 0);
	add_text(f, "best", f->numbers[f->count]);
	if (f->labels)
		add_text(f, "labels", f->labels);
}

static const char *
field(const struct nn_named_list *file, const char *name)
{
	for (size_t k = 0; k < file->metadata_count; k++)
		if (strcmp(file->metadata[2 * k], name) == 0)
			return file->metadata[2 * k + 1];
	return "";
}

static int
read_whole(const struct nn_named_list *file, const char *name, uint64_t most, uint64_t *value)
{
	const char *text = field(file, name);

	*value = 0;
	if (!*text)
		return -1;
	for (; *text >= '0' && *text <= '9'; text++) {
		unsigned digit = (unsigned)(*text - '0');
		if (*value > (most - digit) / 10)
			return -1;
		*value = *value * 10 + digit;
	}
	return *text ? -1 : 0;
}

/* -- tensors --------------------------------------------------------------------------------------------------------------- */

/* the tensors of a checkpoint of this training; the path of one of best/ is in `paths` */
struct tensors {
	struct nn_named *items;
	char *paths;
	size_t count;
};

static void
add_tensor(const struct nn_training_run *t, struct tensors *all, size_t tensor, const char *path, void *values)
{
	const struct nn_tensor *from = &t->program->tensors[tensor];
	struct nn_named *item = &all->items[all->count++];

	*item = (struct nn_named){.path = path, .rank = from->rank, .count = from->count, .values = values};
	memcpy(item->dtype, t->program->real_size == sizeof(float) ? "F32" : "F64", 4);
	memcpy(item->shape, from->shape, sizeof item->shape);
}

/* of all optimizers that are compiled in, only the chosen one has something to keep */
static int
is_kept(const struct nn_training_run *t, size_t tensor)
{
	return t->program->tensors[tensor].role != NN_MOMENT || t->program->tensors[tensor].optimizer == t->o->optimizer;
}

static int
changes(const struct nn_program *p, size_t tensor)
{
	return p->tensors[tensor].role == NN_PARAM || p->tensors[tensor].role == NN_STATE;
}

static int
list_tensors(struct nn_training_run *t, int with_best, struct tensors *all, struct nn_error *e)
{
	const struct nn_program *p = t->program;
	size_t room = 0, figures = 1 + p->metric_count;
	char *at;

	for (size_t k = 0; k < p->tensor_count; k++)
		room += strlen(p->tensors[k].path) + sizeof "best/";
	*all = (struct tensors){.items = calloc(2 * p->tensor_count + 1 + NN_LBFGS_TENSORS, sizeof *all->items), .paths = malloc(room + 1)};
	if (!all->items || !all->paths) {
		free(all->items);
		free(all->paths);
		return nn_fail(e, "out of memory");
	}
	for (size_t k = 0; k < p->tensor_count; k++)
		if (is_kept(t, k))
			add_tensor(t, all, k, p->tensors[k].path, nn_tensor_values(&t->model, k));
	at = all->paths;
	for (size_t k = 0; k < p->tensor_count && with_best; k++)
		if (changes(p, k)) {
			size_t length = (size_t)sprintf(at, "best/%s", p->tensors[k].path) + 1;
			add_tensor(t, all, k, at, nn_snapshot_values(p, t->best_tensors, k));
			at += length;
		}
	all->items[all->count++] = (struct nn_named){.path = "epoch/sums", .dtype = "F64", .rank = 1, .shape = {figures}, .count = figures, .values = t->sums};
	if (t->method) {
		t->method->tensors(&t->full.lbfgs, all->items + all->count);
		all->count += NN_LBFGS_TENSORS;
	}
	return 0;
}

static void
free_tensors(struct tensors *all)
{
	free(all->items);
	free(all->paths);
}

/* -- to a file ------------------------------------------------------------------------------------------------------------- */

int
nn_checkpoint_write(struct nn_training_run *t, const char *path, struct nn_error *e)
{
	size_t bad = nn_next_not_finite(&t->model, 0);
	struct fields f;
	struct tensors all;

	if (bad < t->program->tensor_count)
		return nn_fail(e, "%s is not written: %s holds numbers that are not finite", path, t->program->tensors[bad].path);
	if (list_tensors(t, t->best_epoch != 0, &all, e) != 0)
		return -1;
	make_fields(t, &f);
	int status = nn_safetensors_write(path, all.items, all.count, f.pairs, f.count, e);
	free(f.labels);
	free_tensors(&all);
	return status;
}

/* -- and back -------------------------------------------------------------------------------------------------------------- */

static const struct nn_named *
find(const struct nn_named_list *file, const char *path)
{
	for (size_t k = 0; k < file->count; k++)
		if (strcmp(file->items[k].path, path) == 0)
			return &file->items[k];
	return NULL;
}

static int
check_fields(const struct nn_training_run *t, const struct fields *now, const char *path, const struct nn_named_list *file, struct nn_error *e)
{
	const struct nn_program *p = t->program;

	if (strcmp(field(file, "kind"), "checkpoint") != 0)
		return nn_fail(e, "%s is not a checkpoint", path);
	for (size_t k = 2; k < now->count; k++) {
		const char *name = now->pairs[2 * k], *here = now->pairs[2 * k + 1], *there = field(file, name);
		if (strcmp(here, there) == 0)
			continue;
		if (strcmp(name, "model") == 0)
			return nn_fail(e, "%s is of the model %s, and this program trains %s", path, there, here);
		if (strcmp(name, "program") == 0) {
			nn_fail(e, "%s is of another version of %s: the equations of %s have changed since", path, p->model, p->file);
			return nn_help(e, "go on with the program that began the run, or begin another: --weights %s takes its weights", path);
		}
		if (strcmp(name, "family") == 0) {
			nn_fail(e, "%s was computed with %s multiply-adds, this program has %s ones, and would not give the same bits", path, there, here);
			return nn_help(e, "build it for a processor like that one: nnc build --target");
		}
		if (strcmp(name, "transforms") == 0) {
			nn_fail(e, "the run %s was trained on images with other transformations", t->run.path);
			return nn_help(e, "there: %s; here: %s", *there ? there : "none", *here ? here : "none");
		}
		if (strcmp(name, "data") == 0) {
			nn_fail(e, "the data are not those that the run %s was trained on", t->run.path);
			return nn_help(e, "--data says in which folder they are");
		}
	}
	return 0;
}

/* the same program, and the same data? */
static int
check_origin(const struct nn_training_run *t, const char *path, const struct nn_named_list *file, struct nn_error *e)
{
	struct fields now;

	make_fields(t, &now);
	int status = check_fields(t, &now, path, file, e);
	free(now.labels);
	return status;
}

static int
check_tensor(const char *path, const struct nn_named *there, const struct nn_named *here, struct nn_error *e)
{
	if (!there)
		return nn_fail(e, "%s: %s is missing", path, here->path);
	if (strcmp(there->dtype, here->dtype) != 0 || there->rank != here->rank
	    || memcmp(there->shape, here->shape, (size_t)here->rank * sizeof *here->shape) != 0)
		return nn_fail(e, "%s: %s has another shape or type than in this program", path, here->path);
	if (!nn_all_finite(there->values, there->count, strcmp(there->dtype, "F32") == 0 ? sizeof(float) : sizeof(double)))
		return nn_fail(e, "%s: %s holds numbers that are not finite", path, here->path);
	return 0;
}

/* the counters of a checkpoint */
struct counters {
	uint64_t step, epoch, epoch_base, in_epoch, best_epoch, evaluations, logged;
	double best;
};

static int
read_counters(const struct nn_training_run *t, const char *path, const struct nn_named_list *file, struct counters *c, struct nn_error *e)
{
	const char *best = field(file, "best"), *end = nn_number(best, &c->best);
	uint64_t an_epoch = nn_steps_of_an_epoch(t);
	int bad = read_whole(file, "step", UINT64_MAX / 2, &c->step) || read_whole(file, "epoch", SIZE_MAX / 2, &c->epoch)
	    || read_whole(file, "epoch_base", c->step, &c->epoch_base) || read_whole(file, "in_epoch", 1, &c->in_epoch)
	    || read_whole(file, "best_epoch", c->epoch, &c->best_epoch) || read_whole(file, "evaluations", SIZE_MAX / 2, &c->evaluations)
	    || read_whole(file, "logged", INT64_MAX, &c->logged) || end == best || *end || !isfinite(c->best);

	if (bad || c->step - c->epoch_base > an_epoch || (c->in_epoch && c->epoch == 0) || (c->step && c->epoch == 0))
		return nn_fail(e, "%s: its counters do not fit together", path);
	return 0;
}

/* the best weights are those of the model, as far as these do not change, and what the checkpoint has of them */
static void
copy_tensors(struct nn_training_run *t, const struct nn_named_list *file, const struct tensors *all)
{
	for (int best = 0; best < 2; best++) {
		for (size_t k = 0; k < all->count; k++) {
			const struct nn_named *item = &all->items[k];
			size_t size = strcmp(item->dtype, "F32") == 0 ? sizeof(float) : sizeof(double);
			if ((strncmp(item->path, "best/", 5) == 0) == best)
				memcpy(item->values, find(file, item->path)->values, item->count * size);
		}
		if (!best)
			nn_snapshot_take(&t->model, t->best_tensors);
	}
}

static int
restore(struct nn_training_run *t, const char *path, const struct nn_named_list *file, struct nn_error *e)
{
	static const char *const ends[] = {"converged", "no lower loss is found"};
	struct counters c;
	struct tensors all;
	int status;

	if (check_origin(t, path, file, e) != 0 || read_counters(t, path, file, &c, e) != 0 || list_tensors(t, c.best_epoch != 0, &all, e) != 0)
		return -1;
	status = all.count == file->count ? 0 : nn_fail(e, "%s has %zu tensors instead of %zu", path, file->count, all.count);
	for (size_t k = 0; k < all.count && status == 0; k++)
		status = check_tensor(path, find(file, all.items[k].path), &all.items[k], e);
	if (status == 0 && t->method)
		status = t->method->restore(&t->full.lbfgs, file, e);
	if (status == 0)
		copy_tensors(t, file, &all);
	free_tensors(&all);
	if (status != 0)
		return -1;
	t->step = c.step;
	t->epoch = (size_t)c.epoch;
	t->epoch_base = c.epoch_base;
	t->in_epoch = (int)c.in_epoch;
	t->best_epoch = (size_t)c.best_epoch;
	t->best = c.best;
	t->run.logged = c.logged;
	for (size_t k = 0; k < 2; k++)
		if (strcmp(field(file, "ended"), ends[k]) == 0)
			t->ended = ends[k];
	if (t->method)
		t->full.lbfgs.evaluations = (size_t)c.evaluations;
	t->program->prepare(t->model.handle);
	return 0;
}

int
nn_checkpoint_read(struct nn_training_run *t, const char *path, struct nn_error *e)
{
	struct nn_named_list file;

	if (nn_safetensors_read(path, &file, e) != 0)
		return -1;
	int status = restore(t, path, &file, e);
	nn_safetensors_free(&file);
	return status;
}
