/* weights.c - the memory of a model, and its tensors to and from safetensors files. */
#define _POSIX_C_SOURCE 200809L
#include "weights.h"
#include "file.h"
#include "progress.h"
#include "safetensors.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void *
nn_allocate(size_t count, size_t size, const char *what, struct nn_error *e)
{
	size_t bytes = count * size, rounded = (bytes + 63) / 64 * 64;
	char text[32];
	void *p;

	if (size && (count > SIZE_MAX / size || bytes > SIZE_MAX / 2)) {
		nn_fail(e, "%s: %zu times %zu bytes cannot be addressed", what, count, size);
		return NULL;
	}
	p = aligned_alloc(64, rounded ? rounded : 64);
	if (!p)
		nn_fail(e, "not enough memory for %s (%s)", what, nn_bytes(text, (double)bytes));
	else
		memset(p, 0, rounded ? rounded : 64);
	return p;
}

/* -- the model ------------------------------------------------------------------------------------------------------------- */

int
nn_model_open(struct nn_model *m, const struct nn_program *program, size_t batch, enum nn_use use, size_t threads, struct nn_error *e)
{
	*m = (struct nn_model){.program = program, .use = use, .batch = batch, .bytes = program->memory(batch, use)};
	if (m->bytes == 0)
		return nn_fail(e, "a batch of %zu samples needs more memory than can be addressed", batch);
	m->memory = nn_allocate(m->bytes, 1, "the model", e);
	if (!m->memory)
		return -1;
	m->handle = program->open(m->memory, m->bytes, batch, use);
	if (!m->handle) {
		nn_model_close(m);
		return nn_fail(e, "internal error: the model does not fit the %zu bytes that it asked for", m->bytes);
	}
	if (threads > 1) {
		m->pool = nn_pool_open(threads, e);
		if (!m->pool) {
			nn_model_close(m);
			return -1;
		}
		program->threads(m->handle, nn_pool_run, m->pool);
	}
	return 0;
}

int
nn_model_open_training(struct nn_model *m, const struct nn_program *program, size_t batch, size_t chunk, int insist, size_t threads,
    struct nn_error *e)
{
	if (batch <= chunk || (!program->accumulates && !insist))
		return nn_model_open(m, program, batch, NN_TRAIN, threads, e);
	if (program->accumulates)
		return nn_model_open(m, program, chunk, NN_ACCUMULATE, threads, e);
	nn_fail(e, "%s cannot work on a batch of %zu samples in chunks of %zu: a sample's value depends on the whole batch (as in batch normalisation)",
	    program->model, batch, chunk);
	return nn_help(e, "leave --chunk out, or use a --batch_size of at most %zu", chunk);
}

void
nn_model_close(struct nn_model *m)
{
	nn_pool_close(m->pool);
	free(m->memory);
	*m = (struct nn_model){0};
}

size_t
nn_count(const struct nn_program *program, enum nn_role role)
{
	size_t n = 0;

	for (size_t t = 0; t < program->tensor_count; t++)
		if (program->tensors[t].role == role)
			n += program->tensors[t].count;
	return n;
}

void *
nn_tensor_values(const struct nn_model *m, size_t tensor)
{
	return m->memory + m->program->tensors[tensor].offset;
}

double
nn_real(const void *values, size_t k, size_t real_size)
{
	return real_size == sizeof(float) ? (double)((const float *)values)[k] : ((const double *)values)[k];
}

void
nn_set_real(void *values, size_t k, size_t real_size, double value)
{
	if (real_size == sizeof(float))
		((float *)values)[k] = (float)value;
	else
		((double *)values)[k] = value;
}

int
nn_all_finite(const void *values, size_t count, size_t real_size)
{
	for (size_t k = 0; k < count; k++)
		if (!isfinite(nn_real(values, k, real_size)))
			return 0;
	return 1;
}

/* a program opened for prediction only has no moments */
static int
is_here(const struct nn_model *m, size_t tensor)
{
	return m->use != NN_PREDICT || m->program->tensors[tensor].role != NN_MOMENT;
}

size_t
nn_next_not_finite(const struct nn_model *m, size_t tensor)
{
	const struct nn_program *p = m->program;

	while (tensor < p->tensor_count
	    && (!is_here(m, tensor) || nn_all_finite(nn_tensor_values(m, tensor), p->tensors[tensor].count, p->real_size)))
		tensor++;
	return tensor;
}

double
nn_norm(const void *values, size_t count, size_t real_size)
{
	double sum = 0;

	for (size_t k = 0; k < count; k++)
		sum += nn_real(values, k, real_size) * nn_real(values, k, real_size);
	return sqrt(sum);
}

/* -- gradients ------------------------------------------------------------------------------------------------------------- */

void **
nn_gradients_open(const struct nn_program *program, struct nn_error *e)
{
	void **gradients = calloc(program->tensor_count + 1, sizeof *gradients);

	if (!gradients)
		nn_fail(e, "out of memory");
	for (size_t t = 0, g = 0; gradients && t < program->tensor_count; t++) {
		const struct nn_tensor *tensor = &program->tensors[t];
		if (tensor->role != NN_PARAM || (gradients[g++] = nn_allocate(tensor->count, program->real_size, "the gradients", e)))
			continue;
		nn_gradients_close(gradients);
		return NULL;
	}
	return gradients;
}

void
nn_gradients_close(void **gradients)
{
	for (size_t k = 0; gradients && gradients[k]; k++)
		free(gradients[k]);
	free(gradients);
}

/* -- snapshots ------------------------------------------------------------------------------------------------------------- */

static size_t
tensor_bytes(const struct nn_program *program, size_t tensor)
{
	return program->tensors[tensor].count * program->real_size;
}

void *
nn_snapshot_open(const struct nn_model *m, const char *what, struct nn_error *e)
{
	size_t bytes = 0;

	for (size_t t = 0; t < m->program->tensor_count; t++)
		bytes += tensor_bytes(m->program, t);
	return nn_allocate(bytes, 1, what, e);
}

void
nn_snapshot_take(const struct nn_model *m, void *snapshot)
{
	char *to = snapshot;

	for (size_t t = 0; t < m->program->tensor_count; to += tensor_bytes(m->program, t++))
		if (is_here(m, t))
			memcpy(to, nn_tensor_values(m, t), tensor_bytes(m->program, t));
}

void *
nn_snapshot_values(const struct nn_program *program, void *snapshot, size_t tensor)
{
	char *at = snapshot;

	for (size_t t = 0; t < tensor; t++)
		at += tensor_bytes(program, t);
	return at;
}

void
nn_snapshot_put(struct nn_model *m, const void *snapshot)
{
	const char *from = snapshot;

	for (size_t t = 0; t < m->program->tensor_count; from += tensor_bytes(m->program, t++))
		if (is_here(m, t))
			memcpy(nn_tensor_values(m, t), from, tensor_bytes(m->program, t));
	m->program->prepare(m->handle);
}

/* -- files ----------------------------------------------------------------------------------------------------------------- */

int
nn_weights_save(const struct nn_model *m, void *snapshot, const char *path, struct nn_error *e)
{
	const struct nn_program *p = m->program;
	char *labels = nn_labels_text(m->labels);
	const char *metadata[] = {"format", "nnc", "model", p->model, "nnc", p->version, "labels", labels};
	size_t pairs = labels ? 4 : 3;
	struct nn_named *items = calloc(p->tensor_count + 1, sizeof *items);
	size_t count = 0, bad = 0;
	int result;

	for (size_t t = 0; items && t < p->tensor_count; t++) {
		const struct nn_tensor *tensor = &p->tensors[t];
		if (tensor->role == NN_MOMENT)
			continue;
		struct nn_named *item = &items[count++];
		*item = (struct nn_named){.path = tensor->path, .rank = tensor->rank, .count = tensor->count};
		item->values = snapshot ? nn_snapshot_values(p, snapshot, t) : nn_tensor_values(m, t);
		memcpy(item->dtype, p->real_size == sizeof(float) ? "F32" : "F64", 4);
		memcpy(item->shape, tensor->shape, sizeof item->shape);
		if (!bad && !nn_all_finite(item->values, item->count, p->real_size))
			bad = t + 1;
	}
	if (!items)
		result = nn_fail(e, "out of memory");
	else if (bad)
		result = nn_fail(e, "%s is not written: %s holds numbers that are not finite", path, p->tensors[bad - 1].path);
	else
		result = nn_safetensors_write(path, items, count, metadata, pairs, e);
	free(items);
	free(labels);
	return result;
}

/* a list of what does not fit, cut off politely where it gets long */
struct list {
	char text[NN_ANEW];
	size_t used, more;
};

static void list_add(struct list *l, const char *format, ...) NN_PRINTF(2, 3);

static void
list_add(struct list *l, const char *format, ...)
{
	char item[200];
	va_list ap;

	va_start(ap, format);
	int length = vsnprintf(item, sizeof item, format, ap);
	va_end(ap);
	if (length < 0 || (size_t)length >= sizeof item || l->used + (size_t)length + 3 > sizeof l->text) {
		l->more++;
		return;
	}
	l->used += (size_t)snprintf(l->text + l->used, sizeof l->text - l->used, "%s%s", l->used ? "; " : "", item);
}

static const struct nn_named *
find(const struct nn_named_list *list, const char *path)
{
	for (size_t k = 0; k < list->count; k++)
		if (strcmp(list->items[k].path, path) == 0)
			return &list->items[k];
	return NULL;
}

/* what a model has no place for; a checkpoint holds more than weights, and says what by a slash or a name of its own */
static int
is_known(const struct nn_program *p, const char *path, int checkpoint)
{
	if (checkpoint && (strchr(path, '/') || strncmp(path, "lbfgs.", 6) == 0))
		return 1;
	for (size_t t = 0; t < p->tensor_count; t++)
		if (strcmp(p->tensors[t].path, path) == 0)
			return 1;
	return 0;
}

static int
same_shape(const struct nn_named *a, const struct nn_tensor *b)
{
	return a->rank == b->rank && memcmp(a->shape, b->shape, (size_t)b->rank * sizeof *b->shape) == 0;
}

static void
compare_tensor(const struct nn_tensor *tensor, const struct nn_named *item, struct list *wrong)
{
	char here[128], there[128];

	if (!same_shape(item, tensor))
		list_add(wrong, "%s is %s instead of %s", tensor->path, nn_shape(there, item->rank, item->shape),
		    nn_shape(here, tensor->rank, tensor->shape));
	else if (strcmp(item->dtype, "F32") != 0 && strcmp(item->dtype, "F64") != 0)
		list_add(wrong, "%s is %s instead of F32 or F64", tensor->path, item->dtype);
}

static int
is_checkpoint(const struct nn_named_list *file)
{
	for (size_t k = 0; k < file->metadata_count; k++)
		if (strcmp(file->metadata[2 * k], "kind") == 0 && strcmp(file->metadata[2 * k + 1], "checkpoint") == 0)
			return 1;
	return 0;
}

static void
compare(const struct nn_program *p, const struct nn_named_list *file, struct list *wrong)
{
	for (size_t t = 0; t < p->tensor_count; t++) {
		const struct nn_tensor *tensor = &p->tensors[t];
		const struct nn_named *item = tensor->role == NN_MOMENT ? NULL : find(file, tensor->path);
		if (tensor->role == NN_MOMENT)
			continue;
		if (!item)
			list_add(wrong, "%s is missing", tensor->path);
		else
			compare_tensor(tensor, item, wrong);
	}
	for (size_t k = 0; k < file->count; k++)
		if (!is_known(p, file->items[k].path, is_checkpoint(file)))
			list_add(wrong, "%s is not in the model", file->items[k].path);
}

static void
copy(struct nn_model *m, size_t tensor, const struct nn_named *item)
{
	size_t real_size = m->program->real_size, stored = strcmp(item->dtype, "F32") == 0 ? sizeof(float) : sizeof(double);
	void *to = nn_tensor_values(m, tensor);

	if (stored == real_size)
		memcpy(to, item->values, item->count * real_size);
	else
		for (size_t k = 0; k < item->count; k++)
			nn_set_real(to, k, real_size, nn_real(item->values, k, stored));
}

static int
does_not_fit(const struct nn_program *p, const char *path, const struct list *wrong, struct nn_error *e)
{
	if (wrong->more)
		nn_fail(e, "%s does not fit the model %s: %s; and %zu more", path, p->model, wrong->text, wrong->more);
	else
		nn_fail(e, "%s does not fit the model %s: %s", path, p->model, wrong->text);
	return nn_help(e, "the tensors that %s needs are listed by the command info", p->model);
}

/* the file that a path stands for */
static int
find_weights(const char *path, char found[NN_PATH_MAX], struct nn_error *e)
{
	static const char *const names[] = {"best.safetensors", "last.safetensors"};
	struct stat status;
	int is_folder = stat(path, &status) == 0 && S_ISDIR(status.st_mode);

	if (nn_path_join(found, NULL, path, e) != 0)
		return -1;
	for (size_t k = 0; is_folder && k < 2; k++)
		if (nn_path_join(found, path, names[k], e) != 0)
			return -1;
		else if (access(found, F_OK) == 0)
			return 0;
	return is_folder ? nn_fail(e, "%s: not a plain file, and no run either: there is no best.safetensors or last.safetensors in it", path) : 0;
}

static int
read_weights(const char *path, char found[NN_PATH_MAX], struct nn_named_list *file, struct nn_error *e)
{
	return find_weights(path, found, e) ? -1 : nn_safetensors_read(found, file, e);
}

int
nn_weights_labels(const char *path, struct nn_labels *labels, struct nn_error *e)
{
	struct nn_named_list file;
	char found[NN_PATH_MAX];
	int status = 0;

	if (find_weights(path, found, e) != 0 || nn_safetensors_read_header(found, &file, e) != 0)
		return -1;
	for (size_t k = 0; k < file.metadata_count && status == 0; k++)
		if (strcmp(file.metadata[2 * k], "labels") == 0)
			status = nn_labels_read(labels, found, file.metadata[2 * k + 1], e);
	nn_safetensors_free(&file);
	return status;
}

int
nn_weights_take(struct nn_model *m, const char *path, char anew[NN_ANEW], struct nn_error *e)
{
	const struct nn_program *p = m->program;
	struct nn_named_list file;
	struct list wrong = {.used = 0}, left = {.used = 0};
	char found[NN_PATH_MAX];
	int taken = 0;

	if (read_weights(path, found, &file, e) != 0)
		return -1;
	for (size_t t = 0; t < p->tensor_count; t++) {
		const struct nn_named *item = p->tensors[t].role == NN_MOMENT ? NULL : find(&file, p->tensors[t].path);
		if (item)
			compare_tensor(&p->tensors[t], item, &wrong);
		else if (p->tensors[t].role != NN_MOMENT)
			list_add(&left, "%s", p->tensors[t].path);
		taken += item != NULL;
	}
	if (wrong.used || wrong.more)
		taken = does_not_fit(p, found, &wrong, e);
	else if (!taken)
		taken = nn_fail(e, "%s holds no tensor of the model %s", found, p->model);
	for (size_t t = 0; t < p->tensor_count && taken > 0; t++) {
		const struct nn_named *item = p->tensors[t].role == NN_MOMENT ? NULL : find(&file, p->tensors[t].path);
		if (item)
			copy(m, t, item);
	}
	p->prepare(m->handle);
	snprintf(anew, NN_ANEW, "%s", left.text);
	if (left.more)
		snprintf(anew + left.used, NN_ANEW - left.used, "; ...");
	nn_safetensors_free(&file);
	return taken;
}

int
nn_weights_load(struct nn_model *m, const char *path, struct nn_error *e)
{
	const struct nn_program *p = m->program;
	struct nn_named_list file;
	struct list wrong = {.used = 0};
	char found[NN_PATH_MAX];
	int result = 0;

	if (read_weights(path, found, &file, e) != 0)
		return -1;
	compare(p, &file, &wrong);
	if (wrong.used || wrong.more) {
		result = does_not_fit(p, found, &wrong, e);
	} else {
		for (size_t t = 0; t < p->tensor_count; t++)
			if (p->tensors[t].role != NN_MOMENT)
				copy(m, t, find(&file, p->tensors[t].path));
		p->prepare(m->handle);
	}
	nn_safetensors_free(&file);
	return result;
}
