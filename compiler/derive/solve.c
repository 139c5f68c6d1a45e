/* solve.c - subscripts = p, solved for the indices in them.
 *
 * Every step is an equivalence, so the guards are exact; indices that are not determined are left, to be summed over.
 *   1. i / K and i % K of an unknown i:      i = K*q + r, with new unknowns q and r
 *   2. e / K and e % K of a sum e:           new unknowns q, r and one more equation e = K*q + r
 *   3. again and again the cheapest equation:
 *      no unknown left        a guard
 *      one unknown, or mixed radix (each coefficient larger than what the smaller ones reach): digits by division
 *      else                   one unknown, preferably of the left side and with the longest range; the others stay
 * What holds a look-up is never solved: it ends as the guard s[t] == p. */
#include "derive/derive.h"
#include <stdlib.h>
#include <string.h>

struct pair {
	struct expr *subscript, *target;
};

struct solver {
	struct program *p;
	LIST(struct pair) equations;
	LIST(struct expr *) guards;
	LIST(struct index *) left;
	LIST(struct index *) solved;
	LIST(struct expr *) values;
	int unknown_count, lhs_count;
	struct index *const *unknowns;
};

static bool
is_left(const struct solver *s, const struct index *v)
{
	for (int i = 0; i < s->left.n; i++)
		if (s->left.at[i] == v) return true;
	return false;
}

static bool
mentions_left(const struct solver *s, const struct expr *e)
{
	return mentions_any(e, s->left.at, s->left.n);
}

static void
require(struct solver *s, struct expr *condition)
{
	PUSH(s->p->arena, &s->guards, condition);
}

/* v := e everywhere */
static void
put(struct solver *s, struct index *v, struct expr *e)
{
	struct program *p = s->p;
	for (int i = 0; i < s->values.n; i++) s->values.at[i] = substitute(p, s->values.at[i], 1, &v, &e);
	for (int i = 0; i < s->guards.n; i++) s->guards.at[i] = substitute(p, s->guards.at[i], 1, &v, &e);
	for (int i = 0; i < s->equations.n; i++) s->equations.at[i].subscript = substitute(p, s->equations.at[i].subscript, 1, &v, &e);
	PUSH(p->arena, &s->solved, v);
	PUSH(p->arena, &s->values, e);
	for (int i = 0; i < s->left.n; i++)
		if (s->left.at[i] == v) {
			memmove(s->left.at + i, s->left.at + i + 1, (size_t)(s->left.n - i - 1) * sizeof *s->left.at);
			s->left.n--;
			break;
		}
}

/* ---- 1 and 2: divisions ------------------------------------------------------------------------------------------------------------------------------ */

static bool
split_index(struct solver *s)
{
	struct program *p = s->p;
	for (int k = 0; k < s->equations.n; k++) {
		int n;
		struct expr **nodes = expr_nodes(p, s->equations.at[k].subscript, &n);
		for (int i = 0; i < n; i++) {
			struct expr *x = nodes[i];
			if ((x->op != OP_DIV && x->op != OP_MOD) || x->kid[0]->op != OP_INDEX || !is_left(s, x->kid[0]->index)) continue;
			struct index *v = x->kid[0]->index;
			long K = x->divisor;
			struct index *q = index_new(p, arena_print(p->arena, "%so", v->name), (v->size + K - 1) / K);
			struct index *r = index_new(p, arena_print(p->arena, "%si", v->name), v->size < K ? v->size : K);
			PUSH(p->arena, &s->left, q);
			PUSH(p->arena, &s->left, r);
			struct expr *e = add(p, scale(p, (double)K, index_of(p, q)), index_of(p, r));
			if (v->size % K && v->size > K) require(s, at_least_0(p, sub(p, number(p, (double)(v->size - 1)), e)));
			put(s, v, e);
			return true;
		}
	}
	return false;
}

struct division { /* e / K -> q, e % K -> r */
	struct expr *e;
	long K;
	struct expr *q, *r;
};

static struct expr *
replace_division(struct program *p, struct expr *x, void *context)
{
	struct division *d = context;
	(void)p;
	if ((x->op != OP_DIV && x->op != OP_MOD) || x->kid[0] != d->e || x->divisor != d->K) return NULL;
	return x->op == OP_DIV ? d->q : d->r;
}

static bool
has_division(struct program *p, struct expr *e)
{
	int n;
	struct expr **nodes = expr_nodes(p, e, &n);
	for (int i = 0; i < n; i++)
		if (nodes[i]->op == OP_DIV || nodes[i]->op == OP_MOD || nodes[i]->op == OP_READ) return true;
	return false;
}

static bool
split_sum(struct solver *s)
{
	struct program *p = s->p;
	for (int k = 0; k < s->equations.n; k++) {
		int n;
		struct expr **nodes = expr_nodes(p, s->equations.at[k].subscript, &n);
		for (int i = 0; i < n; i++) {
			struct expr *x = nodes[i];
			if ((x->op != OP_DIV && x->op != OP_MOD) || !mentions_left(s, x->kid[0]) || x->kid[0]->op == OP_INDEX || has_division(p, x->kid[0])) continue;
			struct interval b = interval_of(x->kid[0]);
			if (!b.known) continue;
			long K = x->divisor, low = (long)interval_of(floor_div(p, number(p, (double)b.low), K)).low;
			long high = (long)interval_of(floor_div(p, number(p, (double)b.high), K)).low;
			struct index *q = index_new(p, "q", high - low + 1), *r = index_new(p, "r", K);
			PUSH(p->arena, &s->left, q);
			PUSH(p->arena, &s->left, r);
			struct division d = {x->kid[0], K, add(p, index_of(p, q), number(p, (double)low)), index_of(p, r)};
			for (int m = 0; m < s->equations.n; m++) s->equations.at[m].subscript = rewrite(p, s->equations.at[m].subscript, replace_division, &d);
			struct expr *whole = add(p, scale(p, (double)K, d.q), d.r);
			PUSH(p->arena, &s->equations, (struct pair){sub(p, d.e, whole), number(p, 0)});
			return true;
		}
	}
	return false;
}

/* ---- 3: one equation after the other ------------------------------------------------------------------------------------------------------------------ */

struct term {
	struct index *index;
	long coefficient;
};

struct candidate {
	int equation, cost;
	struct expr *rest; /* what holds no unknown */
	int n;
	struct term term[32]; /* by falling coefficient */
};

static int
by_size(const void *a, const void *b)
{
	const struct term *x = a, *y = b;
	long m = labs(x->coefficient), n = labs(y->coefficient);
	if (m != n) return m > n ? -1 : 1;
	return (x->index->id > y->index->id) - (x->index->id < y->index->id);
}

static bool
is_mixed_radix(const struct candidate *c)
{
	long reach = 0;
	for (int i = c->n - 1; i >= 0; i--) {
		if (c->term[i].coefficient <= reach) return false;
		reach += c->term[i].coefficient * (c->term[i].index->size - 1);
	}
	return true;
}

/* false: a subscript with a look-up or a division of unknowns */
static bool
look_at(struct solver *s, int k, struct candidate *c)
{
	struct program *p = s->p;
	struct affine *a = affine_of(p, s->equations.at[k].subscript);
	*c = (struct candidate){.equation = k, .rest = number(p, (double)a->constant)};
	for (int i = 0; i < a->n; i++) {
		struct expr *x = a->term[i].atom;
		if (x->op == OP_INDEX && is_left(s, x->index) && c->n < 32) c->term[c->n++] = (struct term){x->index, a->term[i].coefficient};
		else if (mentions_left(s, x)) return false;
		else c->rest = add(p, c->rest, scale(p, (double)a->term[i].coefficient, x));
	}
	qsort(c->term, (size_t)c->n, sizeof *c->term, by_size);
	c->cost = c->n == 0 ? 0 : c->n == 1 && c->term[0].coefficient > 0 ? 1 : is_mixed_radix(c) ? 2 : c->n == 1 ? 1 : 3;
	return true;
}

static void
solve_digits(struct solver *s, const struct candidate *c, struct expr *value)
{
	struct program *p = s->p;
	if (c->term[0].index->batch) { /* a sample's value is read in the same sample: the whole range, on both sides */
		put(s, c->term[0].index, value);
		return;
	}
	require(s, at_least_0(p, value));
	struct expr *current = value, *digit[32];
	for (int i = 0; i < c->n; i++) {
		long k = c->term[i].coefficient;
		if (i == c->n - 1 && k > 1) require(s, equal(p, floor_mod(p, current, k), number(p, 0)));
		digit[i] = floor_div(p, current, k);
		current = floor_mod(p, current, k);
		require(s, at_least_0(p, sub(p, number(p, (double)(c->term[i].index->size - 1)), digit[i])));
	}
	for (int i = 0; i < c->n; i++) put(s, c->term[i].index, digit[i]);
}

/* how much we like to solve for v: an index of the left side, then a long range */
static long
preference(const struct solver *s, const struct index *v)
{
	for (int i = 0; i < s->lhs_count; i++)
		if (s->unknowns[i] == v) return v->size + (1L << 40);
	return v->size;
}

static void
solve_one(struct solver *s, const struct candidate *c, struct expr *value)
{
	struct program *p = s->p;
	int best = 0;
	for (int i = 1; i < c->n; i++)
		if (preference(s, c->term[i].index) > preference(s, c->term[best].index)) best = i;
	struct index *v = c->term[best].index;
	long k = c->term[best].coefficient;
	for (int i = 0; i < c->n; i++)
		if (i != best) value = sub(p, value, scale(p, (double)c->term[i].coefficient, index_of(p, c->term[i].index)));
	if (k < 0) {
		value = scale(p, -1, value);
		k = -k;
	}
	if (k > 1) require(s, equal(p, floor_mod(p, value, k), number(p, 0)));
	require(s, at_least_0(p, value));
	struct expr *e = floor_div(p, value, k);
	require(s, at_least_0(p, sub(p, number(p, (double)(v->size - 1)), e)));
	put(s, v, e);
}

static bool
solve_next(struct solver *s)
{
	struct program *p = s->p;
	struct candidate best = {.cost = 9}, c;
	for (int k = 0; k < s->equations.n; k++)
		if (look_at(s, k, &c) && c.cost < best.cost) best = c;
	if (best.cost == 9) return false;
	struct pair e = s->equations.at[best.equation];
	memmove(s->equations.at + best.equation, s->equations.at + best.equation + 1, (size_t)(s->equations.n - best.equation - 1) * sizeof e);
	s->equations.n--;
	struct expr *value = sub(p, e.target, best.rest);
	if (best.cost == 0) require(s, equal(p, best.rest, e.target));
	else if (best.cost < 3 && best.term[best.n - 1].coefficient > 0) solve_digits(s, &best, value);
	else solve_one(s, &best, value);
	return true;
}

struct solution
solve(struct program *p, int n, struct expr *const subscripts[], struct expr *const target[], int unknown_count, struct index *const unknowns[], int lhs_count)
{
	struct solver s = {.p = p, .unknown_count = unknown_count, .lhs_count = lhs_count, .unknowns = unknowns};
	for (int i = 0; i < n; i++) PUSH(p->arena, &s.equations, (struct pair){subscripts[i], target[i]});
	for (int i = 0; i < unknown_count; i++) PUSH(p->arena, &s.left, unknowns[i]);
	while (split_index(&s)) {}
	while (split_sum(&s)) {}
	while (s.equations.n && solve_next(&s)) {}
	for (int i = 0; i < s.equations.n; i++) require(&s, equal(p, s.equations.at[i].subscript, s.equations.at[i].target));
	return (struct solution){s.solved.n, s.solved.at, s.values.at, all_of(p, s.guards.n, s.guards.at), s.left.n, s.left.at};
}
