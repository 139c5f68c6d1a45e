/* lower.c - the written order of arithmetic.
 *
 *   a + b*c + d     starts from the first term that is no product; then, in canonical order, products are fused in (fma), other terms added
 *   a*b / (c*d)     left to right above and below, then one division
 *   x^2, x^3 ...    by repeated squaring; x^0.5 a square root; other exponents pow
 *   uniform parts   (settings, constants, batch size) are computed in double and rounded once
 *   sum: acc = fma(a, b, acc) for a product of two, fma(a*b, c, acc) of three ...; acc + x for anything else; `if c then x else 0` leaves acc
 *   alone where c does not hold.  Uniform factors of a sum are multiplied in at its end. */
#include "core/lower.h"
#include "core/function.h"
#include <math.h>
#include <stdlib.h>

struct lowering {
	struct program *p;
	int count;
	struct lowered_entry { struct expr *from; struct code *to; } *memo;
	int memo_n, memo_room;
};

bool
is_uniform(const struct expr *e)
{
	if (e->op == OP_INDEX || (e->op == OP_READ && e->tensor->role != ROLE_SETTING)) return false;
	for (int i = 0; i < e->n; i++)
		if (!is_uniform(e->kid[i])) return false;
	return true;
}

static struct code *
code_new(struct lowering *l, enum code_op op, struct code *a, struct code *b, struct code *c)
{
	struct code *x = NEW(l->p->arena, struct code);
	*x = (struct code){.op = op, .arg = {a, b, c}, .id = l->count++};
	for (int i = 0; i < 3; i++)
		if (x->arg[i]) x->arg[i]->uses++;
	return x;
}

static struct code *
code_leaf(struct lowering *l, enum code_op op, struct expr *e, double number_)
{
	struct code *x = code_new(l, op, NULL, NULL, NULL);
	x->expr = e;
	x->number = number_;
	return x;
}

static struct code *value(struct lowering *l, struct expr *e);

static struct code *
uniform(struct lowering *l, struct expr *e)
{
	return e->op == OP_NUMBER ? code_leaf(l, CODE_NUMBER, NULL, e->number) : code_leaf(l, CODE_UNIFORM, e, 0);
}

/* ---- products ---------------------------------------------------------------------------------------------------------------------------------------- */

struct factors {
	struct expr *uniform; /* number(1): none */
	int above_count, below_count;
	struct expr **above, **below;
};

/* the factors of a product: uniform ones together, then those above and below the line; POW(x, -k) goes below as x^k */
static struct factors
split_factors(struct lowering *l, struct expr *e)
{
	struct program *p = l->p;
	int n = e->op == OP_MUL ? e->n : 1;
	struct expr *const *factor = e->op == OP_MUL ? e->kid : &e;
	struct factors f = {.uniform = number(p, 1), .above = NEW_ARRAY(p->arena, 2 * n, struct expr *), .below = NEW_ARRAY(p->arena, n, struct expr *)};
	for (int i = 0; i < n; i++) {
		struct expr *x = factor[i];
		if (is_uniform(x)) f.uniform = mul(p, f.uniform, x);
		else if (x->op == OP_POW && x->kid[1]->op == OP_NUMBER && x->kid[1]->number < 0) f.below[f.below_count++] = power_of(p, x->kid[0], -x->kid[1]->number);
		else if (x->op == OP_POW && is_number(x->kid[1], 2)) { /* a square is a product of two */
			f.above[f.above_count++] = x->kid[0];
			f.above[f.above_count++] = x->kid[0];
		}
		else f.above[f.above_count++] = x;
	}
	return f;
}

static struct code *
product_of(struct lowering *l, struct expr *const *factor, int n)
{
	struct code *x = value(l, factor[0]);
	for (int i = 1; i < n; i++) x = code_new(l, CODE_MUL, x, value(l, factor[i]), NULL);
	return x;
}

static struct code *
lower_product(struct lowering *l, struct expr *e)
{
	struct factors f = split_factors(l, e);
	struct code *above = NULL;
	if (!is_number(f.uniform, 1) && !is_number(f.uniform, -1)) above = uniform(l, f.uniform);
	for (int i = 0; i < f.above_count; i++) above = above ? code_new(l, CODE_MUL, above, value(l, f.above[i]), NULL) : value(l, f.above[i]);
	if (f.below_count) {
		if (!above) above = code_leaf(l, CODE_NUMBER, NULL, 1);
		above = code_new(l, CODE_DIV, above, product_of(l, f.below, f.below_count), NULL);
	}
	return is_number(f.uniform, -1) ? code_new(l, CODE_NEG, above, NULL, NULL) : above;
}

/* a product without a division: what can be fused into a sum.  Returns the number of parts; a uniform factor is the first of them. */
static int
fusible(struct lowering *l, struct expr *e, struct factors *f)
{
	*f = (struct factors){0};
	if (e->op != OP_MUL && !(e->op == OP_POW && is_number(e->kid[1], 2))) return 0;
	*f = split_factors(l, e);
	if (f->below_count) return 0;
	int parts = f->above_count + !is_number(f->uniform, 1);
	return parts >= 2 ? parts : 0;
}

/* acc + e */
static struct code *
add_term(struct lowering *l, struct code *acc, struct expr *e)
{
	struct factors f;
	if (!fusible(l, e, &f)) return code_new(l, CODE_ADD, acc, value(l, e), NULL);
	bool minus = is_number(f.uniform, -1), scaled = !minus && !is_number(f.uniform, 1);
	if (minus && f.above_count == 1) return code_new(l, CODE_SUB, acc, value(l, f.above[0]), NULL);
	struct code *first = scaled ? uniform(l, f.uniform) : value(l, f.above[0]);
	for (int i = scaled ? 0 : 1; i < f.above_count - 1; i++) first = code_new(l, CODE_MUL, first, value(l, f.above[i]), NULL);
	if (minus) first = code_new(l, CODE_NEG, first, NULL, NULL);
	return code_new(l, CODE_FMA, first, value(l, f.above[f.above_count - 1]), acc);
}

static struct code *
lower_sum(struct lowering *l, struct expr *e)
{
	struct program *p = l->p;
	struct factors f;
	struct expr *constant = number(p, 0);
	int start = -1;
	for (int i = 0; i < e->n; i++) {
		if (is_uniform(e->kid[i])) constant = add(p, constant, e->kid[i]);
		else if (start < 0 && !fusible(l, e->kid[i], &f)) start = i;
	}
	struct code *acc = start >= 0 ? value(l, e->kid[start]) : NULL;
	bool constant_first = !acc && !is_number(constant, 0);
	if (constant_first) acc = uniform(l, constant);
	for (int i = 0; i < e->n; i++) {
		if (i == start || is_uniform(e->kid[i])) continue;
		acc = acc ? add_term(l, acc, e->kid[i]) : value(l, e->kid[i]);
	}
	return constant_first || is_number(constant, 0) ? acc : code_new(l, CODE_ADD, acc, uniform(l, constant), NULL);
}

/* ---- powers -------------------------------------------------------------------------------------------------------------------------------------------- */

/* x^n by squaring, n >= 1: the same products in the same order everywhere */
static struct code *
whole_power(struct lowering *l, struct code *x, long n)
{
	if (n == 1) return x;
	struct code *half = whole_power(l, x, n / 2), *square = code_new(l, CODE_MUL, half, half, NULL);
	return n % 2 ? code_new(l, CODE_MUL, square, x, NULL) : square;
}

static struct code *
lower_power(struct lowering *l, struct expr *e)
{
	struct code *x = value(l, e->kid[0]);
	if (e->kid[1]->op != OP_NUMBER) return code_new(l, CODE_POW, x, value(l, e->kid[1]), NULL);
	double n = e->kid[1]->number, size = fabs(n);
	struct code *y;
	if (size == floor(size) && size <= 64) y = whole_power(l, x, (long)size);
	else if (2 * size == floor(2 * size) && size <= 64) {
		y = code_new(l, CODE_SQRT, x, NULL, NULL);
		if (size > 1) y = code_new(l, CODE_MUL, whole_power(l, x, (long)size), y, NULL);
	} else return code_new(l, CODE_POW, x, code_leaf(l, CODE_NUMBER, NULL, n), NULL);
	return n < 0 ? code_new(l, CODE_DIV, code_leaf(l, CODE_NUMBER, NULL, 1), y, NULL) : y;
}

/* ---- all of it --------------------------------------------------------------------------------------------------------------------------------------- */

/* 0 without data; a read of data is one deeper than what its subscripts read */
static int
look_up_depth(struct program *p, struct expr *e)
{
	int n, depth = 0;
	struct expr **reads = expr_reads(p, e, &n);
	for (int i = 0; i < n; i++) {
		int below = 0;
		for (int k = 0; k < reads[i]->n; k++) {
			int d = look_up_depth(p, reads[i]->kid[k]);
			if (d > below) below = d;
		}
		if (below + 1 > depth) depth = below + 1;
	}
	return depth;
}

/* Conditions on indices come first, then those on data, then those on what is looked up at data: each may read only where the ones before hold. */
static struct code *
lower_and(struct lowering *l, struct expr *e)
{
	struct code *all = NULL;
	for (int depth = 0, placed = 0; placed < e->n; depth++)
		for (int i = 0; i < e->n; i++) {
			if (look_up_depth(l->p, e->kid[i]) != depth) continue;
			struct code *c = value(l, e->kid[i]);
			all = all ? code_new(l, CODE_AND, all, c, NULL) : c;
			placed++;
		}
	return all;
}

/* whole numbers that a condition chooses are chosen as reals: the condition may be about reals */
static bool
has_choice(const struct expr *e)
{
	if (e->op == OP_IF) return true;
	for (int i = 0; i < e->n; i++)
		if (has_choice(e->kid[i])) return true;
	return false;
}

static struct code *
lower_node(struct lowering *l, struct expr *e)
{
	if (!e->condition && is_uniform(e)) return uniform(l, e);
	if (e->integer && e->op != OP_READ && !has_choice(e)) return code_leaf(l, CODE_WHOLE, e, 0);
	switch (e->op) {
	case OP_READ: return code_leaf(l, e->tensor->integer ? CODE_WHOLE : CODE_READ, e, 0);
	case OP_BOOL: return code_leaf(l, CODE_TRUTH, NULL, e->number);
	case OP_ADD: return lower_sum(l, e);
	case OP_MUL: return lower_product(l, e);
	case OP_POW: return lower_power(l, e);
	case OP_CALL: {
		struct code *x = value(l, e->kid[0]);
		if (!e->function->c_name) return x;
		struct code *y = code_new(l, CODE_CALL, x, NULL, NULL);
		y->function = e->function;
		return y;
	}
	case OP_IF: {
		struct code *c = value(l, e->kid[0]), *yes = value(l, e->kid[1]);
		return code_new(l, CODE_SELECT, c, yes, value(l, e->kid[2]));
	}
	case OP_GE0: return code_leaf(l, CODE_GE0, e->kid[0], 0);
	case OP_EQ0: return code_leaf(l, CODE_EQ0, e->kid[0], 0);
	case OP_LT: case OP_LE: case OP_EQ: {
		struct code *a = value(l, e->kid[0]);
		return code_new(l, e->op == OP_LT ? CODE_LT : e->op == OP_LE ? CODE_LE : CODE_EQ, a, value(l, e->kid[1]), NULL);
	}
	case OP_AND: return lower_and(l, e);
	case OP_NOT: return code_new(l, CODE_NOT, value(l, e->kid[0]), NULL, NULL);
	default: return code_leaf(l, CODE_WHOLE, e, 0);
	}
}

static struct code *
value(struct lowering *l, struct expr *e)
{
	for (int i = 0; i < l->memo_n; i++)
		if (l->memo[i].from == e) return l->memo[i].to;
	struct code *x = lower_node(l, e);
	if (l->memo_n == l->memo_room) l->memo = list_room(l->p->arena, l->memo, l->memo_n, &l->memo_room, sizeof *l->memo);
	l->memo[l->memo_n++] = (struct lowered_entry){e, x};
	return x;
}

/* the accumulator after one more term */
static struct code *
accumulate(struct lowering *l, struct code *acc, struct expr *body)
{
	if (body->op == OP_IF && is_number(body->kid[2], 0)) {
		struct code *c = value(l, body->kid[0]);
		return code_new(l, CODE_SELECT, c, accumulate(l, acc, body->kid[1]), acc);
	}
	return add_term(l, acc, body);
}

/* sum body without its uniform factors, which go into *scale */
static struct expr *
without_uniform(struct lowering *l, struct expr *body, struct expr **scale_)
{
	struct program *p = l->p;
	if (body->op == OP_IF && is_number(body->kid[2], 0)) return choose(p, body->kid[0], without_uniform(l, body->kid[1], scale_), body->kid[2]);
	if (body->op != OP_MUL) return body;
	struct expr *rest = number(p, 1);
	for (int i = 0; i < body->n; i++) {
		if (is_uniform(body->kid[i])) *scale_ = mul(p, *scale_, body->kid[i]);
		else rest = mul(p, rest, body->kid[i]);
	}
	return rest;
}

struct lowered
lower_equation(struct program *p, const struct equation *q)
{
	struct lowering l = {.p = p};
	struct lowered r = {0};
	struct expr *scale_ = number(p, 1);
	if (q->reduction == SUM || q->reduction == MEAN) {
		bool batch;
		struct expr *body = without_uniform(&l, q->body, &scale_);
		double count = bound_elements(q, &batch);
		if (q->reduction == MEAN) scale_ = divide(p, scale_, batch ? scale(p, count, batch_size(p)) : number(p, count));
		r.body = accumulate(&l, code_leaf(&l, CODE_ACCUMULATOR, NULL, 0), body);
		if (!is_number(scale_, 1)) r.scale = scale_;
	} else if (q->reduction == PROD) {
		struct code *acc = code_leaf(&l, CODE_ACCUMULATOR, NULL, 0);
		r.body = code_new(&l, CODE_MUL, acc, value(&l, q->body), NULL);
	} else {
		r.body = value(&l, q->body);
	}
	r.body->uses++;
	r.count = l.count;
	return r;
}

static bool
reads_data(const struct expr *e)
{
	if (e->op == OP_READ) return true;
	for (int i = 0; i < e->n; i++)
		if (reads_data(e->kid[i])) return true;
	return false;
}

struct index *
scattered_index(const struct equation *q, struct expr **condition)
{
	if (q->reduction != SUM || q->body->op != OP_IF || !is_number(q->body->kid[2], 0)) return NULL;
	for (int i = 0; i < conjunct_count(q->body->kid[0]); i++) {
		struct expr *c = conjunct(q->body->kid[0], i);
		if (c->op != OP_EQ0 || !reads_data(c)) continue;
		struct expr *const *term = c->kid[0]->op == OP_ADD ? c->kid[0]->kid : &c->kid[0];
		for (int k = 0; k < (c->kid[0]->op == OP_ADD ? c->kid[0]->n : 1); k++) { /* p or -p, once */
			const struct expr *x = term[k]->op == OP_MUL && term[k]->n == 2 && is_number(term[k]->kid[0], -1) ? term[k]->kid[1] : term[k];
			bool once = x->op == OP_INDEX;
			for (int o = 0; once && o < c->kid[0]->n && c->kid[0]->op == OP_ADD; o++) once = o == k || !mentions(term[o], x->index);
			for (int l = 0; once && l < q->lhs_count; l++) {
				if (q->lhs[l] != x->index || x->index->batch) continue;
				*condition = c;
				return x->index;
			}
		}
	}
	return NULL;
}

/* a product of two or more that are no constants, behind any guard */
static bool
is_product(const struct expr *e)
{
	while (e->op == OP_IF && is_number(e->kid[2], 0)) e = e->kid[1];
	int n = e->op == OP_POW && is_number(e->kid[1], 2) ? 2 : 0;
	for (int i = 0; e->op == OP_MUL && i < e->n; i++) n += !is_uniform(e->kid[i]);
	return n >= 2;
}

/* a sum of multiples of indices and a constant, in which those of the result and those of the sum do not meet */
static bool
is_plain_subscript(const struct equation *q, const struct expr *e)
{
	if (!mentions_any(e, q->lhs, q->lhs_count)) {
		int indices = 0;
		for (int i = 0; (e->op == OP_ADD || e->op == OP_MUL) && i < e->n; i++) {
			if (!is_plain_subscript(q, e->kid[i])) return false;
			indices += e->kid[i]->op != OP_NUMBER;
		}
		if (e->op == OP_ADD || e->op == OP_MUL) return e->op == OP_ADD || indices < 2;
		return e->op == OP_NUMBER || e->op == OP_INDEX;
	}
	return e->op == OP_INDEX;
}

/* dW[..,i] = sum(n,t,..) dy[n,t,..] * x[n,t,..,i]: the last index is the last axis of one factor, and no window slides */
static bool
is_outer_sum(const struct equation *q)
{
	const struct index *lane = q->lhs[q->lhs_count - 1];
	const struct expr *body = q->body;
	int reads = 0, with_lane = 0;
	if (body->op == OP_IF && is_number(body->kid[2], 0)) {
		if (body->kid[0]->has_read || mentions_any(body->kid[0], q->lhs, q->lhs_count)) return false;
		body = body->kid[1];
	}
	for (int i = 0; body->op == OP_MUL && i < body->n; i++) {
		const struct expr *f = body->kid[i];
		if (is_uniform(f)) continue;
		if (f->op != OP_READ || !f->tensor->batch || f->tensor->integer || f->tensor->role == ROLE_RANDOM) return false;
		if (f->kid[0]->op != OP_INDEX || !f->kid[0]->index->batch) return false;
		for (int a = 1; a < f->n; a++) {
			if (!is_plain_subscript(q, f->kid[a])) return false;
			if (mentions(f->kid[a], lane) && a < f->n - 1) return false;
		}
		reads++;
		with_lane += mentions(f->kid[f->n - 1], lane);
	}
	if (reads != 2 || with_lane != 1) return false;
	for (int l = 0; l < q->lhs_count - 1; l++) { /* the other factor has rows of its own */
		bool other = false, same = false;
		for (int i = 0; i < body->n; i++) {
			const struct expr *f = body->kid[i];
			if (f->op != OP_READ || is_uniform(f)) continue;
			if (mentions(f, lane)) same |= mentions(f, q->lhs[l]);
			else other |= mentions(f, q->lhs[l]);
		}
		if (other && !same) return true;
	}
	return false;
}

enum sample_order
sample_order_of(const struct equation *q)
{
	struct expr *condition;
	if (scattered_index(q, &condition)) return IN_ORDER;
	bool samples_only = true;
	for (int i = 0; i < q->bound_count; i++) samples_only &= q->bound[i]->batch;
	if (q->lhs_count < 2) return SIXTEEN;
	return (samples_only ? is_product(q->body) : is_outer_sum(q)) ? IN_ORDER : SIXTEEN;
}

bool
sums_sixteen(const struct equation *q)
{
	bool batch = q->tensor->batch;
	for (int i = 0; i < q->bound_count; i++) batch |= q->bound[i]->batch;
	return !batch && (q->reduction == SUM || q->reduction == MEAN);
}
