/* equation.c - tensors, equations, and what follows from who reads whom. */
#include "core/equation.h"
#include <stdlib.h>
#include <string.h>

const char *const reduction_name[] = {"", "sum", "mean", "max", "min", "prod", "argmax", "argmin"};

/* ---- names: each with the number last appended to it ------------------------------------------------------------------------------------ */

static const char *
unique_name(struct program *p, const char *name)
{
	int *last = map_get(p->arena, &p->names, name);
	if (!*last) {
		*last = 1;
		return name;
	}
	for (;;) {
		const char *numbered = arena_print(p->arena, "%s_%d", name, ++*map_get(p->arena, &p->names, name));
		int *taken = map_get(p->arena, &p->names, numbered);
		if (*taken) continue;
		*taken = 1;
		return numbered;
	}
}

/* ---- making --------------------------------------------------------------------------------------------------------------------------- */

struct program *
program_new(struct arena *arena)
{
	struct program *p = NEW(arena, struct program);
	p->arena = arena;
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

bool
tensor_is_param(const struct tensor *t)
{
	return t->role == ROLE_PARAM || t->role == ROLE_FROZEN;
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
	while (p->canonical.n <= k) PUSH(p->arena, &p->canonical, (struct index_list){0});
	struct index *c;
	for (int i = 0; i < p->canonical.at[k].n; i++) {
		c = p->canonical.at[k].at[i];
		if (c->size == size && c->batch == batch) return c;
	}
	c = batch ? index_batch(p, arena_print(p->arena, "%d", k)) : index_new(p, arena_print(p->arena, "%d", k), size);
	PUSH(p->arena, &p->canonical.at[k], c);
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
	return rename_indices(p, body, n, from, to);
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
	for (int i = key->values; i; i = p->values.at[i - 1].next) {
		const struct equation *q = p->values.at[i - 1].equation;
		if (q && q->reduction == r && q->lhs_count == lhs_count && q->bound_count == bound_count && (!p->only_means || r == MEAN) &&
		    same_sizes(lhs_count, q->lhs, lhs) && same_sizes(bound_count, q->bound, bound))
			return q->tensor;
	}
	return NULL;
}

static void
enter_value(struct program *p, struct expr *key, struct equation *q)
{
	if (p->only_means) return;
	int *end = &key->values; /* the oldest is found first */
	while (*end) end = &p->values.at[*end - 1].next;
	*end = p->values.n + 1;
	PUSH(p->arena, &p->values, (struct value_number){key, q, 0});
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
	enter_value(p, key, q);
	return t;
}

void
define_existing(struct program *p, struct equation *q)
{
	enter_value(p, canonical_body(p, q->lhs_count, q->lhs, q->bound_count, q->bound, q->body), q);
}

struct tensor *
define_once(struct program *p, struct equation *q)
{
	struct expr *key = canonical_body(p, q->lhs_count, q->lhs, q->bound_count, q->bound, q->body);
	struct tensor *t = find_value(p, key, q->lhs_count, q->lhs, q->reduction, q->bound_count, q->bound);
	if (!t) enter_value(p, key, q);
	return t;
}

void
forget_values(struct program *p, const char *kept)
{
	for (int i = 0; i < p->values.n; i++) {
		struct value_number *v = &p->values.at[i];
		if (!kept) v->key->values = 0;
		else if (v->equation && !kept[v->equation->tensor->id]) v->equation = NULL;
	}
	if (!kept) p->values.n = 0;
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
