/* equation.c - tensors, equations, and what follows from who reads whom. */
#include "core/equation.h"
#include <stdlib.h>
#include <string.h>

const char *const reduction_name[] = {"", "sum", "mean", "max", "min", "prod", "argmax", "argmin"};

/* ---- names: a hash table from taken names to the number last appended ---------------------------------------------------------------- */

struct names {
	struct taken { const char *name; int last; } *at;
	int n, room;
};

static struct taken *
names_slot(struct names *t, const char *name)
{
	uint32_t h = 2166136261u;
	for (const char *s = name; *s; s++) h = (h ^ (unsigned char)*s) * 16777619u;
	int i = (int)(h & (uint32_t)(t->room - 1));
	while (t->at[i].name && strcmp(t->at[i].name, name)) i = (i + 1) & (t->room - 1);
	return &t->at[i];
}

static void
names_grow(struct program *p)
{
	struct names *t = p->names, old = *t;
	if (2 * (t->n + 1) <= t->room) return;
	t->room = old.room ? 2 * old.room : 256;
	t->at = NEW_ARRAY(p->arena, t->room, struct taken);
	for (int i = 0; i < old.room; i++)
		if (old.at[i].name) *names_slot(t, old.at[i].name) = old.at[i];
}

static const char *
unique_name(struct program *p, const char *name)
{
	names_grow(p);
	struct taken *t = names_slot(p->names, name);
	if (!t->name) {
		*t = (struct taken){name, 1};
		p->names->n++;
		return name;
	}
	for (;;) { /* the slot may move when the table grows */
		const char *numbered = arena_print(p->arena, "%s_%d", name, ++names_slot(p->names, name)->last);
		if (names_slot(p->names, numbered)->name) continue;
		names_grow(p);
		*names_slot(p->names, numbered) = (struct taken){numbered, 1};
		p->names->n++;
		return numbered;
	}
}

/* ---- making --------------------------------------------------------------------------------------------------------------------------- */

struct program *
program_new(struct arena *arena)
{
	struct program *p = NEW(arena, struct program);
	p->arena = arena;
	p->names = NEW(arena, struct names);
	return p;
}

struct index *
index_new(struct program *p, const char *name, long size)
{
	struct index *i = NEW(p->arena, struct index);
	*i = (struct index){.name = name, .size = size, .id = p->index_count++};
	return i;
}

struct index *
index_batch(struct program *p, const char *name)
{
	struct index *i = index_new(p, name, 0);
	i->batch = true;
	return i;
}

struct tensor *
tensor_new(struct program *p, const char *name, enum role role, int rank, const long shape[])
{
	struct tensor *t = NEW(p->arena, struct tensor);
	t->name = unique_name(p, name);
	t->id = p->tensors.n;
	t->role = role;
	t->rank = rank;
	for (int i = 0; i < rank; i++) t->shape[i] = shape[i];
	PUSH(p->arena, &p->tensors, t);
	return t;
}

void
tensor_rename(struct program *p, struct tensor *t, const char *name)
{
	t->name = unique_name(p, name);
}

long
tensor_count(const struct tensor *t)
{
	long n = 1;
	for (int i = t->batch; i < t->rank; i++)
		if (__builtin_mul_overflow(n, t->shape[i], &n)) return 0;
	return n;
}

static struct index **
copy_indices(struct program *p, int n, struct index *const from[])
{
	struct index **to = NEW_ARRAY(p->arena, n ? n : 1, struct index *);
	if (n) memcpy(to, from, (size_t)n * sizeof *to);
	return to;
}

struct equation *
equation_new(struct program *p, struct tensor *t, int lhs_count, struct index *const lhs[], enum reduction r, int bound_count, struct index *const bound[],
	     struct expr *body, struct span span)
{
	struct equation *q = NEW(p->arena, struct equation);
	*q = (struct equation){t, lhs_count, copy_indices(p, lhs_count, lhs), r, bound_count, copy_indices(p, bound_count, bound), body, span};
	PUSH(p->arena, &p->equations, q);
	return q;
}

/* ---- value numbering -------------------------------------------------------------------------------------------------------------------- */

/* the k-th index of every canonical equation whose k-th index has this size */
static struct index *
canonical_index(struct program *p, int k, long size, bool batch)
{
	char name[32];
	snprintf(name, sizeof name, "%d", k);
	for (int i = 0; i < p->canonical.n; i++) {
		struct index *c = p->canonical.at[i];
		if (c->size == size && c->batch == batch && !strcmp(c->name, name)) return c;
	}
	struct index *c = batch ? index_batch(p, arena_text(p->arena, name, strlen(name))) : index_new(p, arena_text(p->arena, name, strlen(name)), size);
	PUSH(p->arena, &p->canonical, c);
	return c;
}

/* The body with its indices replaced by canonical ones: equal for equations that differ only in the names of indices. */
static struct expr *
canonical_body(struct program *p, int lhs_count, struct index *const lhs[], int bound_count, struct index *const bound[], struct expr *body)
{
	int n = lhs_count + bound_count;
	struct index **from = NEW_ARRAY(p->arena, n + 1, struct index *);
	struct expr **to = NEW_ARRAY(p->arena, n + 1, struct expr *);
	for (int i = 0; i < n; i++) {
		from[i] = i < lhs_count ? lhs[i] : bound[i - lhs_count];
		to[i] = index_of(p, canonical_index(p, i, from[i]->size, from[i]->batch));
	}
	return substitute(p, body, n, from, to);
}

static bool
same_sizes(int n, struct index *const a[], struct index *const b[])
{
	for (int i = 0; i < n; i++)
		if (a[i]->size != b[i]->size || a[i]->batch != b[i]->batch) return false;
	return true;
}

static struct tensor *
find_value(struct program *p, struct expr *key, int lhs_count, struct index *const lhs[], enum reduction r, int bound_count, struct index *const bound[])
{
	for (int i = 0; i < p->values.n; i++) {
		const struct equation *q = p->values.at[i].equation;
		if (p->values.at[i].key == key && q->reduction == r && q->lhs_count == lhs_count && q->bound_count == bound_count &&
		    same_sizes(lhs_count, q->lhs, lhs) && same_sizes(bound_count, q->bound, bound))
			return q->tensor;
	}
	return NULL;
}

struct tensor *
defined_as(struct program *p, int lhs_count, struct index *const lhs[], enum reduction r, int bound_count, struct index *const bound[], struct expr *body)
{
	struct expr *key = canonical_body(p, lhs_count, lhs, bound_count, bound, body);
	return find_value(p, key, lhs_count, lhs, r, bound_count, bound);
}

struct tensor *
define(struct program *p, const char *name, int lhs_count, struct index *const lhs[], enum reduction r, int bound_count, struct index *const bound[],
       struct expr *body, enum role role, struct span span)
{
	struct expr *key = canonical_body(p, lhs_count, lhs, bound_count, bound, body);
	struct tensor *t = find_value(p, key, lhs_count, lhs, r, bound_count, bound);
	if (t) return t;
	long shape[MAX_RANK] = {0};
	for (int i = 0; i < lhs_count && i < MAX_RANK; i++) shape[i] = lhs[i]->size;
	t = tensor_new(p, name, role, lhs_count, shape);
	t->batch = lhs_count && lhs[0]->batch;
	t->span = span;
	struct interval range = interval_of(body);
	if (r == ARGMAX || r == ARGMIN) {
		bool batch;
		t->integer = true;
		t->high = (long)bound_elements(&(struct equation){.bound_count = bound_count, .bound = (struct index **)bound}, &batch) - 1;
	} else if (body->integer && range.known && (r == MAP || r == MAX || r == MIN)) {
		t->integer = true;
		t->low = range.low;
		t->high = range.high;
	}
	struct equation *q = equation_new(p, t, lhs_count, lhs, r, bound_count, bound, body, span);
	PUSH(p->arena, &p->values, (struct value_number){key, q});
	return t;
}

void
define_existing(struct program *p, struct equation *q)
{
	struct expr *key = canonical_body(p, q->lhs_count, q->lhs, q->bound_count, q->bound, q->body);
	PUSH(p->arena, &p->values, (struct value_number){key, q});
}

struct equation *
equation_of(const struct program *p, const struct tensor *t)
{
	for (int i = p->equations.n - 1; i >= 0; i--)
		if (p->equations.at[i]->tensor == t) return p->equations.at[i];
	return NULL;
}

double
bound_elements(const struct equation *q, bool *batch)
{
	double n = 1;
	*batch = false;
	for (int i = 0; i < q->bound_count; i++) {
		if (q->bound[i]->batch) *batch = true;
		else n *= (double)q->bound[i]->size;
	}
	return n;
}

/* ---- dependence --------------------------------------------------------------------------------------------------------------------------- */

struct equation **
equation_table(struct program *p)
{
	struct equation **of = NEW_ARRAY(p->arena, p->tensors.n + 1, struct equation *);
	for (int i = 0; i < p->equations.n; i++) of[p->equations.at[i]->tensor->id] = p->equations.at[i];
	return of;
}

struct walk {
	struct program *p;
	struct equation **of;
	char *state; /* 1: being visited, 2: done */
	LIST(struct equation *) order;
	bool cycle;
};

static void
visit(struct walk *w, struct tensor *t)
{
	struct equation *q = w->of[t->id];
	if (w->state[t->id] == 1) w->cycle = true;
	if (w->state[t->id]) return;
	w->state[t->id] = 1;
	if (q) {
		int n;
		struct expr **reads = expr_reads(w->p, q->body, &n);
		for (int i = 0; i < n; i++) visit(w, reads[i]->tensor);
		PUSH(w->p->arena, &w->order, q);
	}
	w->state[t->id] = 2;
}

static struct walk
walk_new(struct program *p)
{
	return (struct walk){.p = p, .of = equation_table(p), .state = NEW_ARRAY(p->arena, p->tensors.n + 1, char)};
}

void
remove_dead(struct program *p)
{
	struct walk w = walk_new(p);
	if (p->loss) visit(&w, p->loss);
	for (int i = 0; i < p->outputs.n; i++) visit(&w, p->outputs.at[i]);
	for (int i = 0; i < p->metrics.n; i++) visit(&w, p->metrics.at[i]);
	for (int i = 0; i < p->updates.n; i++) visit(&w, p->updates.at[i].new);
	for (int i = 0; i < p->gradients.n; i++) visit(&w, p->gradients.at[i].gradient);
	int n = 0;
	for (int i = 0; i < p->equations.n; i++)
		if (w.state[p->equations.at[i]->tensor->id]) p->equations.at[n++] = p->equations.at[i];
	p->equations.n = n;
	n = 0;
	for (int i = 0; i < p->values.n; i++) /* nobody may find what is gone */
		if (w.state[p->values.at[i].equation->tensor->id]) p->values.at[n++] = p->values.at[i];
	p->values.n = n;
}

bool
order_equations(struct program *p)
{
	struct walk w = walk_new(p);
	for (int i = 0; i < p->equations.n; i++) visit(&w, p->equations.at[i]->tensor);
	if (w.cycle) return false;
	p->equations.at = w.order.at;
	p->equations.n = w.order.n;
	p->equations.room = w.order.room;
	return true;
}
