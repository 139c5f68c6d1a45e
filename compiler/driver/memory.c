/* memory.c - sizes that the generated code can count, and the memory that a model will ask for.
 *
 * Generated loops count in int: whatever does not fit is refused before it is planned.  What a plan needs is known to the byte, so a limit is held
 * against it before anything is emitted. */
#include "driver/memory.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- sizes ---------------------------------------------------------------------------------------------------------------------------- */

static bool
fits(double n)
{
	return n <= (double)INT32_MAX;
}

static struct span
own_span(struct span s, const struct model *m)
{
	return s.file && !s.file->library ? s : m->span;
}

static bool
same_place(struct span a, struct span b)
{
	return a.file == b.file && a.begin == b.begin && a.end == b.end;
}

static double
elements(const struct tensor *t)
{
	double n = 1;
	for (int i = t->batch; i < t->rank; i++) n *= (double)t->shape[i];
	return n;
}

static const char *
shape_of(struct arena *a, const struct tensor *t)
{
	return dims_text(a, t->rank - t->batch, t->shape + t->batch);
}

static bool
check_tensor(struct diagnostics *d, const struct model *m, const struct tensor *t)
{
	if (fits(elements(t))) return true;
	struct diagnostic *e = diag_new(d, "size", own_span(t->span, m), shape_of(d->arena, t), "`%s` is too large", t->name);
	diag_note(d, e, "%.3g elements; a tensor has at most %d", elements(t), INT32_MAX);
	return false;
}

static bool
check_loops(struct diagnostics *d, const struct model *m, const struct equation *q)
{
	double n = 1;
	for (int i = 0; i < q->bound_count; i++) n *= q->bound[i]->batch ? 1 : (double)q->bound[i]->size;
	if (fits(n)) return true;
	diag_new(d, "size", own_span(q->span, m), "", "this %s runs over %.3g elements; at most %d can be counted", reduction_name[q->reduction], n, INT32_MAX);
	return false;
}

/* whole numbers of the data and of indices are 32 bits wide */
static bool
check_whole_numbers(struct diagnostics *d, const struct model *m, struct program *p, const struct equation *q)
{
	int n;
	struct expr **node = expr_nodes(p, q->body, &n);
	for (int i = 0; i < n; i++) {
		if (!node[i]->integer || node[i]->condition || node[i]->op == OP_NUMBER) continue;
		struct interval v = interval_of(node[i]);
		if (!v.known || (v.low >= INT32_MIN && v.high <= INT32_MAX)) continue;
		diag_new(d, "size", own_span(q->span, m), arena_print(d->arena, "reaches %ld..%ld", v.low, v.high), "whole numbers must fit into 32 bits");
		return false;
	}
	return true;
}

void
check_sizes(struct diagnostics *d, const struct model *m, struct program *p)
{
	for (int i = 0; i < p->tensors.n; i++) {
		const struct tensor *t = p->tensors.at[i];
		bool given = tensor_is_param(t) || t->role == ROLE_INPUT || t->role == ROLE_TARGET || t->role == ROLE_STATE;
		if (given && !check_tensor(d, m, t)) return;
	}
	for (int i = 0; i < p->equations.n; i++) {
		const struct equation *q = p->equations.at[i];
		if (!check_tensor(d, m, q->tensor) || !check_loops(d, m, q) || !check_whole_numbers(d, m, p, q)) return;
	}
}

/* ---- needs ---------------------------------------------------------------------------------------------------------------------------- */

struct item { /* a tensor, and what it takes */
	const struct tensor *tensor;
	double bytes;
	bool batch; /* once a sample */
};

struct needs {
	double params, kept, moments, shared, values; /* bytes: parameters; states; beside parameters; of no sample; of the samples */
	int moment_count;
	double samples, room; /* that are in memory at a time: a batch, or a chunk of it; whole panels */
	LIST(struct item) items;
};

static void
add_kept(struct arena *a, struct needs *n, const struct model *m, double real)
{
	for (int i = 0; i < m->training.optimizers.n; i++) n->moment_count += m->training.optimizers.at[i]->states.n;
	for (int i = 0; i < m->train->tensors.n; i++) {
		const struct tensor *t = m->train->tensors.at[i];
		double bytes = elements(t) * real;
		if (tensor_is_param(t)) n->params += bytes;
		else if (t->role == ROLE_STATE) n->kept += bytes;
		else continue;
		bool moments = t->role == ROLE_PARAM && m->train->loss;
		if (moments) n->moments += bytes * n->moment_count;
		PUSH(a, &n->items, (struct item){t, bytes * (moments ? 1 + n->moment_count : 1), false});
	}
}

static void
add_values(struct arena *a, struct needs *n, const struct plan *plan, double real)
{
	for (int i = 0; i < plan->program->tensors.n; i++) {
		const struct tensor *t = plan->program->tensors.at[i];
		const struct slot *at = &plan->place[i];
		if (at->view) continue;
		double size = elements(t) * (t->integer ? 4 : real);
		if (at->storage == IN_PANELS || at->panels || (at->rows && !at->own_rows)) PUSH(a, &n->items, (struct item){t, size * n->room, true});
		else if (at->storage == IN_PLAIN) PUSH(a, &n->items, (struct item){t, size, false});
	}
}

static struct needs
needs_of(struct arena *a, const struct built *b, bool f64)
{
	enum { AT_A_TIME = 4096 }; /* the trainer's --chunk, where nothing is said */
	const struct model *m = b->model;
	const struct plan *largest = NULL, *train = b->plans[TRAIN];
	struct needs n = {.samples = m->training.batch_size};
	double real = f64 ? 8 : 4;
	if (train && train->accumulates && n.samples > AT_A_TIME) {
		n.samples = AT_A_TIME;
		n.shared = train->carried * real;
	}
	const int panel = panel_width(m->training.batch_size);
	n.room = ceil(n.samples / panel) * panel;
	double so_far = n.shared;
	for (int k = PREDICT; k <= TRAIN; k++) {
		const struct plan *plan = b->plans[k];
		if (!plan) continue;
		n.shared = fmax(n.shared, so_far + plan->plain_bytes);
		if (!largest || plan->sample_bytes >= largest->sample_bytes) largest = plan;
	}
	add_kept(a, &n, m, real);
	if (largest) n.values = largest->sample_bytes * n.room;
	if (largest) add_values(a, &n, largest, real);
	return n;
}

static double
total_of(const struct needs *n)
{
	return n->params + n->kept + n->moments + n->shared + n->values;
}

double
memory_needed(const struct built *b, bool f64)
{
	struct needs n = needs_of(b->model->train->arena, b, f64);
	return total_of(&n);
}

/* ---- the limit ------------------------------------------------------------------------------------------------------------------------ */

const char *
bytes_text(struct arena *a, double bytes)
{
	static const char *const unit[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
	int u = 0;
	for (; bytes >= 1000 && u < 5; u++) bytes /= 1000;
	return arena_print(a, u == 0 || bytes >= 100 ? "%.0f %s" : "%.1f %s", bytes, unit[u]);
}

static int
by_bytes(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	if (a->bytes != b->bytes) return a->bytes < b->bytes ? 1 : -1;
	return a->tensor->id - b->tensor->id;
}

/* "1.3 GB of parameters, 2.6 GB that the optimizers keep beside them, 320 MB of values for 128 samples at a time" */
static const char *
parts_text(struct arena *a, const struct needs *n)
{
	struct text t = {.arena = a};
	text_add(&t, "%s of parameters", bytes_text(a, n->params));
	if (n->moments) text_add(&t, ", %s that the optimizers keep beside them", bytes_text(a, n->moments));
	if (n->kept) text_add(&t, ", %s of states", bytes_text(a, n->kept));
	text_add(&t, ", %s of values for %.0f samples at a time", bytes_text(a, n->values), n->samples);
	if (n->shared) text_add(&t, ", %s of values that belong to no sample", bytes_text(a, n->shared));
	return text_end(&t);
}

/* what takes most, a line each */
static const char *
largest_text(struct arena *a, struct needs *n)
{
	enum { SHOWN = 5 };
	struct text t = {.arena = a};
	qsort(n->items.at, (size_t)n->items.n, sizeof *n->items.at, by_bytes);
	for (int i = 0; i < n->items.n && i < SHOWN; i++) {
		const struct item *at = &n->items.at[i];
		text_add(&t, "\n   %8s  `%s` %s", bytes_text(a, at->bytes), at->tensor->name, shape_of(a, at->tensor));
		if (at->batch) text_add(&t, " of %.0f samples", n->samples);
		else if (tensor_is_param(at->tensor) && n->moments) text_add(&t, " and what is kept beside it");
	}
	return text_end(&t);
}

void
check_memory(struct diagnostics *d, const struct built *b, bool f64, double limit)
{
	struct arena *a = d->arena;
	const struct model *m = b->model;
	struct needs n = needs_of(a, b, f64);
	double need = total_of(&n);
	if (need <= limit) return;
	const char *much = bytes_text(a, need), *most = bytes_text(a, limit);
	if (!strcmp(much, most)) {
		much = arena_print(a, "%.0f bytes", need);
		most = arena_print(a, "%.0f bytes", limit);
	}
	struct diagnostic *e = diag_new(d, "memory", m->span, "", "model `%s` needs %s of memory, more than the limit of %s", m->name, much, most);
	const char *largest = largest_text(a, &n);
	diag_note(d, e, "%s", parts_text(a, &n));
	diag_note(d, e, "the largest:%s", largest);
	if (n.items.n && !same_place(own_span(n.items.at[0].tensor->span, m), m->span)) diag_label(d, e, own_span(n.items.at[0].tensor->span, m), "`%s` is made here", n.items.at[0].tensor->name);
	if (n.values > need / 2 && m->training.batch_size > 1) diag_help(d, e, "a smaller `batch_size` needs less: it is %.0f", m->training.batch_size);
}

double
read_size(const char *text)
{
	static const char units[] = "KMGT";
	char *end = NULL;
	double bytes = *text >= '0' && *text <= '9' ? strtod(text, &end) : 0;
	if (!end || !(bytes > 0) || !isfinite(bytes) || strspn(text, "0123456789.") != (size_t)(end - text)) return 0;
	const char *unit = *end ? strchr(units, *end >= 'a' ? *end - 'a' + 'A' : *end) : NULL;
	if (unit) {
		double step = end[1] == 'i' ? 1024 : 1000;
		for (const char *u = units; u <= unit; u++) bytes *= step;
		end += end[1] == 'i' ? 2 : 1;
	}
	if (*end == 'B') end++;
	return *end ? 0 : bytes;
}
