/* collect.c - sum(left) g with everything taken out that need not be inside.
 *
 * D: a guard r == x fixes r: substitute and drop the sum.
 * P: a guard (x + d*u) % s == 0 has the solutions u = S*u' + u0(x): the sum runs over its residue class only.
 * Then + is split into one sum a term; factors free of the summed indices go out, and guards free of them that test data; guards on indices stay
 * inside (they protect the reads there) and stand outside as well when a read was taken out.  An index that is not mentioned is a factor.
 * V: the sum of what already has a mean is size * mean. */
#include "derive/derive.h"
#include <stdlib.h>
#include <string.h>

struct sum {
	struct program *p;
	int lhs_count;
	struct index *const *lhs;
	const char *name;
	struct span span;
};

struct bound { /* the indices still summed over */
	int n;
	struct index *at[64];
};

static struct bound
without(const struct bound *b, const struct index *v)
{
	struct bound r = {0};
	for (int i = 0; i < b->n; i++)
		if (b->at[i] != v) r.at[r.n++] = b->at[i];
	return r;
}

static bool
mentions_bound(const struct expr *e, const struct bound *b)
{
	return mentions_any(e, b->at, b->n);
}

static bool
is_guarded(const struct expr *e)
{
	return e->op == OP_IF && is_number(e->kid[2], 0);
}

static struct expr *
guarded(struct program *p, struct expr *c, struct expr *e)
{
	return choose(p, c, e, number(p, 0));
}

/* all conjuncts of c but the k-th */
static struct expr *
all_but(struct program *p, struct expr *c, int k)
{
	struct expr **rest = NEW_ARRAY(p->arena, conjunct_count(c), struct expr *);
	int n = 0;
	for (int i = 0; i < conjunct_count(c); i++)
		if (i != k) rest[n++] = conjunct(c, i);
	return all_of(p, n, rest);
}

static struct expr *
inside(struct program *p, struct expr *x, long size)
{
	return both(p, at_least_0(p, x), at_least_0(p, sub(p, number(p, (double)(size - 1)), x)));
}

/* ---- D ---------------------------------------------------------------------------------------------------------------------------------------- */

/* a conjunct r == x with r bound and x free of bound indices; NULL: none */
static struct expr *
fixed_value(struct program *p, struct expr *condition, const struct bound *b, struct index **r)
{
	if (condition->op != OP_EQ0) return NULL;
	struct affine *a = affine_of(p, condition->kid[0]);
	for (int i = 0; i < a->n; i++) {
		struct expr *v = a->term[i].atom;
		long c = a->term[i].coefficient;
		if (v->op != OP_INDEX || v->index->batch || (c != 1 && c != -1)) continue;
		bool bound = false;
		for (int k = 0; k < b->n; k++) bound |= b->at[k] == v->index;
		struct expr *x = scale(p, (double)-c, sub(p, condition->kid[0], scale(p, (double)c, v)));
		if (!bound || mentions_bound(x, b)) continue;
		*r = v->index;
		return x;
	}
	return NULL;
}

static struct expr *
apply_delta(struct program *p, struct expr *g, struct bound *b)
{
	for (bool again = true; again && is_guarded(g);) {
		again = false;
		for (int k = 0; k < conjunct_count(g->kid[0]); k++) {
			struct index *r;
			struct expr *x = fixed_value(p, conjunct(g->kid[0], k), b, &r);
			if (!x) continue;
			struct expr *rest = guarded(p, all_but(p, g->kid[0], k), g->kid[1]);
			*b = without(b, r);
			g = guarded(p, inside(p, x, r->size), substitute(p, rest, 1, &r, &x));
			again = true;
			break;
		}
	}
	return g;
}

/* ---- P ---------------------------------------------------------------------------------------------------------------------------------------- */

static long
greatest_divisor(long a, long b)
{
	a = labs(a);
	while (b) {
		long r = a % b;
		a = b;
		b = r;
	}
	return a;
}

static long
inverse_modulo(long d, long s)
{
	d = ((d % s) + s) % s;
	for (long i = 1; i < s; i++)
		if (d * i % s == 1) return i;
	return 1 % s;
}

static bool
apply_phase(struct program *p, struct expr **g, struct bound *b, int k)
{
	struct expr *c = conjunct((*g)->kid[0], k);
	if (c->op != OP_EQ0 || c->kid[0]->op != OP_MOD) return false;
	struct affine *a = affine_of(p, c->kid[0]->kid[0]);
	long s = c->kid[0]->divisor;
	int found = -1, others = 0;
	for (int i = 0; i < a->n; i++) {
		if (!mentions_bound(a->term[i].atom, b)) continue;
		if (a->term[i].atom->op == OP_INDEX && found < 0) found = i;
		else others++;
	}
	if (found < 0 || others || s > 4096) return false;
	struct index *u = a->term[found].atom->index;
	long d = a->term[found].coefficient, gcd = greatest_divisor(d, s), S = s / gcd;
	if (S == 1 || u->batch) return false;
	struct expr *x = scale(p, -1, sub(p, c->kid[0]->kid[0], scale(p, (double)d, index_of(p, u)))); /* d*u = x modulo s */
	struct index *w = index_new(p, arena_print(p->arena, "%so", u->name), (u->size + S - 1) / S);
	struct expr *first = floor_mod(p, scale(p, (double)inverse_modulo(d / gcd, S), floor_div(p, x, gcd)), S);
	struct expr *e = add(p, scale(p, (double)S, index_of(p, w)), first);
	struct expr *rest = guarded(p, all_but(p, (*g)->kid[0], k), (*g)->kid[1]);
	struct expr *ok = both(p, at_least_0(p, sub(p, number(p, (double)(u->size - 1)), e)), equal(p, floor_mod(p, x, gcd), number(p, 0)));
	for (int i = 0; i < b->n; i++)
		if (b->at[i] == u) b->at[i] = w;
	*g = guarded(p, ok, substitute(p, rest, 1, &u, &e));
	return true;
}

static struct expr *
apply_phases(struct program *p, struct expr *g, struct bound *b)
{
	for (bool again = true; again && is_guarded(g);) {
		again = false;
		for (int k = 0; !again && k < conjunct_count(g->kid[0]); k++) again = apply_phase(p, &g, b, k);
	}
	return g;
}

/* ---- factors ------------------------------------------------------------------------------------------------------------------------------------ */

static bool
is_batch_factor(const struct expr *f)
{
	return f->op == OP_BATCH || (f->op == OP_POW && f->kid[0]->op == OP_BATCH);
}

static bool
shares_index(const struct expr *a, const struct expr *b)
{
	for (int i = 0; i < a->free->n; i++)
		if (mentions(b, a->free->at[i])) return true;
	return false;
}

/* A factor may leave the sum when no guard that stays inside may be what protects its reads.  Guards protect through each other: where q <= s + 2
 * and s + 1 <= u, the range of u bounds q. */
static bool
may_leave(struct program *p, struct expr *f, struct expr *guard, const struct bound *b)
{
	if (reads_are_safe(p, f)) return true;
	int n = conjunct_count(guard);
	bool *linked = NEW_ARRAY(p->arena, n + 1, bool);
	for (bool again = true; again;) {
		again = false;
		for (int i = 0; i < n; i++) {
			struct expr *c = conjunct(guard, i);
			bool links = shares_index(c, f);
			for (int k = 0; k < n && !links; k++) links = linked[k] && shares_index(c, conjunct(guard, k));
			if (linked[i] || !links) continue;
			if (mentions_bound(c, b)) return false;
			linked[i] = again = true;
		}
	}
	return true;
}

/* a guard on data keeps a read inside its tensor when that reads the same data in a subscript: x[s[t]-1] where s[t] >= 1 */
static bool
guards_a_read(struct program *p, struct expr *guard, struct expr *e)
{
	int n, m, of_guard;
	struct expr **reads = expr_reads(p, e, &n), **data = expr_reads(p, guard, &of_guard);
	for (int i = 0; i < n; i++) {
		if (reads_are_safe(p, reads[i])) continue;
		for (int k = 0; k < reads[i]->n; k++) {
			struct expr **inside_ = expr_reads(p, reads[i]->kid[k], &m);
			for (int a = 0; a < m; a++)
				for (int b = 0; b < of_guard; b++)
					if (inside_[a] == data[b]) return true;
		}
	}
	return false;
}

static struct expr *collect_sum(struct sum *s, struct expr *g, struct bound b);

static struct expr *
collect_terms(struct sum *s, struct expr *guard, struct expr *terms, struct expr *const factors[], int n, const struct bound *b)
{
	struct program *p = s->p;
	struct expr *total = number(p, 0), *scale_ = mul_all(p, n, factors);
	for (int i = 0; i < terms->n; i++) total = add(p, total, collect_sum(s, guarded(p, guard, mul(p, terms->kid[i], scale_)), *b));
	return total;
}

/* the reduction equation itself, and what stands in front of it */
static struct expr *
make_sum(struct sum *s, struct expr *guard, struct expr *outer, struct expr **free, int free_count, struct expr **core, int core_count, const struct bound *all)
{
	struct program *p = s->p;
	struct bound b = {0};
	struct expr **of_batch = NEW_ARRAY(p->arena, core_count + 1, struct expr *);
	int plain_count = 0, batch_count = 0;
	for (int i = 0; i < core_count; i++) {
		if (is_batch_factor(core[i])) of_batch[batch_count++] = core[i];
		else core[plain_count++] = core[i];
	}
	struct expr *plain = mul_all(p, plain_count, core), *batch = mul_all(p, batch_count, of_batch);
	for (int i = 0; i < all->n; i++) {
		struct index *v = all->at[i];
		if (mentions(plain, v) || mentions(guard, v)) b.at[b.n++] = v;
		else free[free_count++] = v->batch ? batch_size(p) : number(p, (double)v->size);
	}
	struct expr *front = mul_all(p, free_count, free);
	if (b.n == 0) return guarded(p, both(p, outer, guard), mul_all(p, 3, (struct expr *[]){front, plain, batch}));
	struct expr *body = guarded(p, guard, mul(p, plain, batch));
	struct index *lhs[MAX_RANK];
	int n = 0;
	for (int i = 0; i < s->lhs_count; i++)
		if (mentions(body, s->lhs[i])) lhs[n++] = s->lhs[i];
	struct tensor *mean = defined_as(p, n, lhs, MEAN, b.n, b.at, guarded(p, guard, plain));
	if (mean) {
		for (int i = 0; i < b.n; i++) front = mul(p, front, b.at[i]->batch ? batch_size(p) : number(p, (double)b.at[i]->size));
		return guarded(p, outer, mul_all(p, 3, (struct expr *[]){front, batch, read_at(p, mean, lhs)}));
	}
	int before = p->tensors.n;
	struct tensor *t = define(p, s->name, n, lhs, SUM, b.n, b.at, body, ROLE_ADJOINT, s->span);
	if (p->tensors.n > before) t->temporary = true;
	return guarded(p, outer, mul(p, front, read_at(p, t, lhs)));
}

static struct expr *
collect_sum(struct sum *s, struct expr *g, struct bound b)
{
	struct program *p = s->p;
	g = apply_delta(p, g, &b);
	g = apply_phases(p, g, &b);
	if (b.n == 0 || is_number(g, 0)) return g;
	struct expr *none = truth(p, true), *guard = none, *out = none, *out_index = none, *inner = g;
	if (g->op == OP_ADD) return collect_terms(s, none, g, NULL, 0, &b);
	if (is_guarded(g)) {
		int n = conjunct_count(g->kid[0]), kept = 0, gone = 0, plain = 0;
		struct expr **part = NEW_ARRAY(p->arena, 3 * n, struct expr *), **leaving = part + n, **of_indices = part + 2 * n;
		inner = g->kid[1];
		for (int i = 0; i < n; i++) {
			struct expr *c = conjunct(g->kid[0], i);
			bool leaves = !mentions_bound(c, &b);
			if (leaves && c->has_read && may_leave(p, c, g->kid[0], &b) && !guards_a_read(p, c, inner)) leaving[gone++] = c;
			else part[kept++] = c;
			if (leaves && !c->has_read) of_indices[plain++] = c;
		}
		guard = kept == n ? g->kid[0] : all_of(p, kept, part);
		out_index = all_of(p, plain, of_indices);
		if (gone) out = both(p, all_of(p, gone, leaving), out_index); /* they protect what it reads */
	}
	if (inner->op == OP_ADD) return guarded(p, out, collect_terms(s, guard, inner, NULL, 0, &b));
	int n = inner->op == OP_MUL ? inner->n : 1, free_count = 0, core_count = 0, sums = 0;
	struct expr *const *factor = inner->op == OP_MUL ? inner->kid : &inner;
	struct expr **free = NEW_ARRAY(p->arena, n + b.n + 1, struct expr *), **core = NEW_ARRAY(p->arena, n + 1, struct expr *), *sum_ = NULL;
	bool read_left = false;
	for (int i = 0; i < n; i++) {
		if (!mentions_bound(factor[i], &b) && !is_batch_factor(factor[i]) && may_leave(p, factor[i], guard, &b)) {
			free[free_count++] = factor[i];
			read_left |= factor[i]->has_read;
		} else {
			core[core_count++] = factor[i];
			if (is_batch_factor(factor[i])) continue;
			sums++;
			sum_ = factor[i];
		}
	}
	if (sums == 1 && sum_->op == OP_ADD) { /* linear: one sum a term */
		struct expr **others = NEW_ARRAY(p->arena, n + 1, struct expr *);
		int k = 0;
		for (int i = 0; i < n; i++)
			if (factor[i] != sum_) others[k++] = factor[i];
		return guarded(p, out, collect_terms(s, guard, sum_, others, k, &b));
	}
	struct expr *outer = read_left ? both(p, out, out_index) : out;
	return make_sum(s, guard, outer, free, free_count, core, core_count, &b);
}

struct expr *
collect(struct program *p, struct expr *g, int lhs_count, struct index *const lhs[], int left_count, struct index *const left[], const char *name, struct span span)
{
	struct sum s = {p, lhs_count, lhs, name, span};
	struct bound b = {0};
	for (int i = 0; i < left_count && b.n < 64; i++) b.at[b.n++] = left[i];
	return collect_sum(&s, g, b);
}
