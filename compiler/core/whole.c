/* whole.c - whole numbers: intervals, affine forms, and / and % by constants. */
#include "core/equation.h"
#include "core/expr_node.h"
#include "core/function.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- intervals --------------------------------------------------------------------------------------------------------------------------- */

static long
floor_quotient(long a, long k)
{
	return a / k - (a % k != 0 && (a < 0) != (k < 0));
}

static long
floor_rest(long a, long k)
{
	return a - k * floor_quotient(a, k);
}

static const struct interval unknown = {false, 0, 0};

/* a * b and a + b in intervals, unknown when they leave the whole numbers that a double holds */
static struct interval
checked(double low, double high)
{
	if (fabs(low) > WHOLE_MAX || fabs(high) > WHOLE_MAX) return unknown;
	return (struct interval){true, (long)low, (long)high};
}

static struct interval
interval_product(struct interval a, struct interval b)
{
	double q[4] = {(double)a.low * (double)b.low, (double)a.low * (double)b.high, (double)a.high * (double)b.low, (double)a.high * (double)b.high};
	double low = q[0], high = q[0];
	for (int i = 1; i < 4; i++) {
		low = fmin(low, q[i]);
		high = fmax(high, q[i]);
	}
	return checked(low, high);
}

struct interval
interval_of(const struct expr *e)
{
	if (!e->integer) return unknown;
	struct interval a, b;
	switch (e->op) {
	case OP_NUMBER: return (struct interval){true, (long)e->number, (long)e->number};
	case OP_INDEX: return e->index->size > 0 ? (struct interval){true, 0, e->index->size - 1} : unknown;
	case OP_READ: return (struct interval){true, e->tensor->low, e->tensor->high};
	case OP_MOD:
		a = interval_of(e->kid[0]);
		return (struct interval){true, 0, a.known && a.low >= 0 && a.high < e->divisor ? a.high : e->divisor - 1};
	case OP_DIV:
		a = interval_of(e->kid[0]);
		return a.known ? (struct interval){true, floor_quotient(a.low, e->divisor), floor_quotient(a.high, e->divisor)} : unknown;
	case OP_ADD:
	case OP_MUL:
		a = interval_of(e->kid[0]);
		for (int i = 1; i < e->n && a.known; i++) {
			b = interval_of(e->kid[i]);
			if (!b.known) return unknown;
			a = e->op == OP_MUL ? interval_product(a, b) : checked((double)a.low + (double)b.low, (double)a.high + (double)b.high);
		}
		return a;
	case OP_IF:
		a = interval_of(e->kid[1]);
		b = interval_of(e->kid[2]);
		if (!a.known || !b.known) return unknown;
		return (struct interval){true, a.low < b.low ? a.low : b.low, a.high > b.high ? a.high : b.high};
	default: return unknown;
	}
}

/* ---- whole numbers ------------------------------------------------------------------------------------------------------------------------ */

struct affine *
affine_of(struct program *p, struct expr *e)
{
	int n = e->op == OP_ADD ? e->n : 1;
	struct expr *const *terms = e->op == OP_ADD ? e->kid : &e;
	struct affine *a = arena_alloc(p->arena, sizeof *a + (size_t)n * sizeof a->term[0]);
	for (int i = 0; i < n; i++) {
		struct expr *rest;
		double c = coefficient(p, terms[i], &rest);
		if (!rest) {
			a->constant += (long)c;
			continue;
		}
		a->term[a->n].atom = rest;
		a->term[a->n++].coefficient = (long)c;
	}
	return a;
}

struct expr *
affine_expr(struct program *p, const struct affine *a)
{
	struct expr **terms = NEW_ARRAY(p->arena, a->n + 1, struct expr *);
	for (int i = 0; i < a->n; i++) terms[i] = scale(p, (double)a->term[i].coefficient, a->term[i].atom);
	terms[a->n] = number(p, (double)a->constant);
	return add_all(p, a->n + 1, terms);
}

static long
gcd(long a, long b)
{
	a = labs(a);
	b = labs(b);
	while (b) {
		long r = a % b;
		a = b;
		b = r;
	}
	return a;
}

long
affine_gcd(const struct affine *a)
{
	long g = 0;
	for (int i = 0; i < a->n; i++) g = gcd(g, a->term[i].coefficient);
	return g;
}

/* y - y % K = K * (y / K), where that makes e shorter */
static struct expr *
undo_mod(struct program *p, struct expr *e, long k)
{
	struct affine *a = affine_of(p, e);
	for (int i = 0; i < a->n; i++) {
		struct expr *m = a->term[i].atom;
		if (m->op != OP_MOD || m->divisor != k) continue;
		double c = (double)a->term[i].coefficient;
		struct expr *q = expr_node(p, &(struct expr){.op = OP_DIV, .divisor = k}, 1, m->kid);
		struct expr *shorter = add_all(p, 3, (struct expr *[]){e, scale(p, c, sub(p, m->kid[0], m)), scale(p, -c * (double)k, q)});
		if (affine_of(p, shorter)->n < a->n) return shorter;
	}
	return e;
}

/* e = K * *quotient + the returned rest, whose coefficients are smaller than K and whose constant is in 0 .. K - 1 */
static struct affine *
split_multiples(struct program *p, struct expr *e, long k, struct expr **quotient)
{
	struct affine *a = affine_of(p, e), *q = affine_of(p, e);
	int n = 0;
	for (int i = 0; i < a->n; i++) {
		long c = a->term[i].coefficient;
		q->term[i].coefficient = c / k;
		if (c % k == 0) continue;
		a->term[n] = a->term[i];
		a->term[n++].coefficient = c % k;
	}
	q->constant = floor_quotient(a->constant, k);
	a->constant = floor_rest(a->constant, k);
	a->n = n;
	*quotient = affine_expr(p, q);
	return a;
}

/* (rest - constant % g) / g: the affine form divided by a common factor of its coefficients */
struct expr *
affine_divided(struct program *p, const struct affine *a, long g)
{
	struct affine *d = arena_alloc(p->arena, sizeof *d + (size_t)a->n * sizeof a->term[0]);
	*d = *a;
	for (int i = 0; i < a->n; i++) {
		d->term[i].atom = a->term[i].atom;
		d->term[i].coefficient = a->term[i].coefficient / g;
	}
	d->constant = floor_quotient(a->constant, g);
	return affine_expr(p, d);
}

struct expr *
without_rests(struct program *p, struct expr *e)
{
	enum { MOST = 4 * MAX_RANK }; /* rests of rests, say of each axis of a shape */
	for (int times = 0; times < MOST; times++) {
		struct affine *a = affine_of(p, e);
		int i = 0;
		while (i < a->n && a->term[i].atom->op != OP_MOD) i++;
		if (i == a->n) break;
		struct expr *m = a->term[i].atom, *y = m->kid[0], *multiple = scale(p, (double)m->divisor, floor_div(p, y, m->divisor));
		const double c = (double)a->term[i].coefficient;
		e = add_all(p, 3, (struct expr *[]){e, scale(p, -c, m), scale(p, c, sub(p, y, multiple))});
	}
	return e;
}

struct expr *
floor_div(struct program *p, struct expr *e, long k)
{
	if (k == 1) return e;
	if (e->op == OP_NUMBER) return number(p, (double)floor_quotient((long)e->number, k));
	e = undo_mod(p, e, k);
	struct expr *quotient;
	struct affine *a = split_multiples(p, e, k, &quotient);
	struct expr *rest = affine_expr(p, a);
	struct interval b = interval_of(rest);
	if (b.known && b.low >= 0 && b.high < k) return quotient;
	long g = gcd(affine_gcd(a), k);
	if (g > 1) return add(p, quotient, floor_div(p, affine_divided(p, a, g), k / g));
	if (rest->op == OP_DIV) return add(p, quotient, floor_div(p, rest->kid[0], rest->divisor * k));
	return add(p, quotient, expr_node(p, &(struct expr){.op = OP_DIV, .divisor = k}, 1, &rest));
}

struct expr *
floor_mod(struct program *p, struct expr *e, long k)
{
	if (k == 1) return number(p, 0);
	if (e->op == OP_NUMBER) return number(p, (double)floor_rest((long)e->number, k));
	e = undo_mod(p, e, k);
	struct expr *quotient;
	struct affine *a = split_multiples(p, e, k, &quotient);
	struct expr *rest = affine_expr(p, a);
	struct interval b = interval_of(rest);
	if (b.known && b.low >= 0 && b.high < k) return rest;
	long g = gcd(affine_gcd(a), k);
	if (g > 1) return add(p, scale(p, (double)g, floor_mod(p, affine_divided(p, a, g), k / g)), number(p, (double)(a->constant % g)));
	if (rest->op == OP_MOD && rest->divisor % k == 0) return floor_mod(p, rest->kid[0], k);
	return expr_node(p, &(struct expr){.op = OP_MOD, .divisor = k}, 1, &rest);
}

/* ---- reads ---------------------------------------------------------------------------------------------------------------------------------- */

static bool
read_is_safe(const struct expr *read)
{
	for (int k = read->tensor->batch; k < read->n; k++) {
		struct interval b = interval_of(read->kid[k]);
		if (!b.known || b.low < 0 || b.high >= read->tensor->shape[k]) return false;
	}
	return true;
}

bool
reads_are_safe(struct program *p, struct expr *e)
{
	int n;
	struct expr **reads = expr_reads(p, e, &n);
	for (int i = 0; i < n; i++)
		if (!read_is_safe(reads[i])) return false;
	return true;
}

/* goes on below where it returns NULL */
static struct expr *
look_for_bare(struct program *p, struct expr *e, void *context)
{
	bool *safe = context;
	if (e->op == OP_READ) *safe &= read_is_safe(e);
	if (e->op == OP_IF) rewrite(p, e->kid[0], look_for_bare, safe);
	return e->op == OP_IF || !e->has_read || !*safe ? e : NULL;
}

bool
bare_reads_are_safe(struct program *p, struct expr *e)
{
	bool safe = true;
	rewrite(p, e, look_for_bare, &safe);
	return safe;
}
