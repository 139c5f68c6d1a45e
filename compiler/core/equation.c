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

static bool
same_sizes(int n, struct index *const a[], struct index *const b[])
{
	for (int i = 0; i < n; i++)
		if (a[i]->size != b[i]->size || a[i]->batch != b[i]->batch) return false;
	return true;
}

static bool
same_side(struct program *p, const struct value_number *v, int lhs_count, struct index *const lhs[], enum reduction r, int bound_count, struct index *const bound[], struct expr *body)
{
	if (v->reduction != r || v->lhs_count != lhs_count || v->bound_count != bound_count || !same_sizes(lhs_count, v->lhs, lhs) || !same_sizes(bound_count, v->bound, bound)) return false;
	int n = lhs_count + bound_count;
	struct index *few[2][32], **a = n <= 32 ? few[0] : NEW_ARRAY(p->arena, n, struct index *), **b = n <= 32 ? few[1] : NEW_ARRAY(p->arena, n, struct index *);
	for (int i = 0; i < n; i++) {
		a[i] = i < lhs_count ? v->lhs[i] : v->bound[i - lhs_count];
		b[i] = i < lhs_count ? lhs[i] : bound[i - lhs_count];
	}
	return same_but_indices(p, v->body, body, n, a, b);
}

/* `order` is the same for all bodies that differ only in their indices */
static int *
value_slot(const struct program *p, uint64_t order)
{
	int i = (int)((order ^ order >> 32) * 0x9e3779b1u >> 7 & (uint32_t)(p->value_room - 1));
	while (p->value_slots[i] && p->values.at[p->value_slots[i] - 1].order != order) i = (i + 1) & (p->value_room - 1);
	return &p->value_slots[i];
}

/* the oldest is found first */
static struct tensor *
find_value(struct program *p, int lhs_count, struct index *const lhs[], enum reduction r, int bound_count, struct index *const bound[], struct expr *body)
{
	if (!p->values.n || (p->only_means && r != MEAN)) return NULL;
	for (int i = *value_slot(p, body->order); i; i = p->values.at[i - 1].next) {
		const struct value_number *v = &p->values.at[i - 1];
		if (v->equation && same_side(p, v, lhs_count, lhs, r, bound_count, bound, body)) return v->equation->tensor;
	}
	return NULL;
}

static void
enter_number(struct program *p, int number)
{
	struct value_number *v = &p->values.at[number - 1];
	int *end = value_slot(p, v->order);
	while (*end) end = &p->values.at[*end - 1].next;
	*end = number;
}

static void
enter_value(struct program *p, struct equation *q)
{
	if (p->only_means) return;
	PUSH(p->arena, &p->values, (struct value_number){q->body->order, q, q->lhs_count, q->bound_count, q->lhs, q->bound, q->reduction, q->body, 0});
	if (2 * p->values.n <= p->value_room) {
		enter_number(p, p->values.n);
		return;
	}
	p->value_room = p->value_room ? 4 * p->value_room : 256;
	p->value_slots = NEW_ARRAY(p->arena, p->value_room, int);
	for (int i = 1; i <= p->values.n; i++) {
		p->values.at[i - 1].next = 0;
		enter_number(p, i);
	}
}

struct tensor *
defined_as(struct program *p, int lhs_count, struct index *const lhs[], enum reduction r, int bound_count, struct index *const bound[], struct expr *body)
{
	return find_value(p, lhs_count, lhs, r, bound_count, bound, body);
}

struct tensor *
define(struct program *p, const char *name, int lhs_count, struct index *const lhs[], enum reduction r, int bound_count, struct index *const bound[],
       struct expr *body, enum role role, struct span span)
{
	struct tensor *t = find_value(p, lhs_count, lhs, r, bound_count, bound, body);
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
	enter_value(p, equation_new(p, t, lhs_count, lhs, r, bound_count, bound, body, span));
	return t;
}

void
define_existing(struct program *p, struct equation *q)
{
	enter_value(p, q);
}

struct tensor *
define_once(struct program *p, struct equation *q)
{
	struct tensor *t = find_value(p, q->lhs_count, q->lhs, q->reduction, q->bound_count, q->bound, q->body);
	if (!t) enter_value(p, q);
	return t;
}

void
forget_values(struct program *p, const char *kept)
{
	for (int i = 0; kept && i < p->values.n; i++)
		if (p->values.at[i].equation && !kept[p->values.at[i].equation->tensor->id]) p->values.at[i].equation = NULL;
	if (kept) return;
	p->values.n = 0;
	if (p->value_room) memset(p->value_slots, 0, (size_t)p->value_room * sizeof *p->value_slots);
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
