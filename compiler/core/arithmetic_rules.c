/* arithmetic_rules.c - sums, products and powers in canonical form (rules A and M of docs/derivation.md). */
#include "core/equation.h"
#include "core/expr_node.h"
#include "core/function.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- sums ------------------------------------------------------------------------------------------------------------------------------- */

struct collected { /* coefficient * item, or item ^ coefficient */
	struct expr *item;
	double coefficient;
};

struct bag {
	struct program *p;
	struct collected *at;
	int n, room;
};

static void
bag_add(struct bag *b, struct expr *item, double c)
{
	for (int i = 0; i < b->n; i++)
		if (b->at[i].item == item) {
			b->at[i].coefficient += c;
			return;
		}
	if (b->n == b->room) b->at = list_room(b->p->arena, b->at, b->n, &b->room, sizeof *b->at);
	b->at[b->n++] = (struct collected){item, c};
}

static void
bag_remove(struct bag *b, int i)
{
	b->at[i] = b->at[--b->n];
}

static void
collect_terms(struct bag *b, double *constant, int n, struct expr *const terms[])
{
	for (int i = 0; i < n; i++) {
		if (terms[i]->op == OP_ADD) {
			collect_terms(b, constant, terms[i]->n, terms[i]->kid);
			continue;
		}
		struct expr *rest;
		double c = coefficient(b->p, terms[i], &rest);
		if (rest) bag_add(b, rest, c);
		else *constant += c;
	}
}

/* of what reads nothing: whole numbers first, and of these the largest multiples, as in `28 * i + j` */
static int
by_order(const void *a, const void *b)
{
	const struct collected *x = a, *y = b;
	double c = fabs(x->coefficient), d = fabs(y->coefficient);
	if (!x->item->has_read && !y->item->has_read) {
		if (x->item->integer != y->item->integer) return x->item->integer ? -1 : 1;
		if (x->item->integer && c != d) return c > d ? -1 : 1;
	}
	return expr_by_order(&x->item, &y->item);
}

/* most of what comes here is in order */
static void
sort(void *at, int n, size_t size, int (*compare)(const void *, const void *))
{
	for (int i = 1; i < n; i++)
		if (compare((char *)at + (size_t)(i - 1) * size, (char *)at + (size_t)i * size) > 0) {
			qsort(at, (size_t)n, size, compare);
			return;
		}
}

/* K * (e / K) + e % K = e; true when one pair was joined */
static bool
join_quotient(struct bag *b, double *constant)
{
	struct program *p = b->p;
	for (int i = 0; i < b->n; i++) {
		struct expr *m = b->at[i].item;
		if (m->op != OP_MOD) continue;
		struct expr *q = expr_node(p, &(struct expr){.op = OP_DIV, .divisor = m->divisor}, 1, m->kid);
		for (int k = 0; k < b->n; k++) {
			if (b->at[k].item != q || b->at[k].coefficient != b->at[i].coefficient * (double)m->divisor) continue;
			struct expr *whole = scale(p, b->at[i].coefficient, m->kid[0]);
			bag_remove(b, i > k ? i : k);
			bag_remove(b, i > k ? k : i);
			collect_terms(b, constant, 1, &whole);
			return true;
		}
	}
	return false;
}

/* c1 * (if q then a else b) + c2 * (if q then d else e) = if q then c1*a + c2*d else ...; for numbers that are no subscripts */
static bool
join_guards(struct bag *b, double *constant)
{
	struct program *p = b->p;
	for (int i = 0; i < b->n; i++) {
		struct expr *x = b->at[i].item;
		if (x->op != OP_IF || x->integer) continue;
		for (int k = i + 1; k < b->n; k++) {
			struct expr *y = b->at[k].item;
			if (y->op != OP_IF || y->integer || x->kid[0] != y->kid[0]) continue;
			double c = b->at[i].coefficient, d = b->at[k].coefficient;
			struct expr *joined = choose(p, x->kid[0], add(p, scale(p, c, x->kid[1]), scale(p, d, y->kid[1])),
						     add(p, scale(p, c, x->kid[2]), scale(p, d, y->kid[2])));
			bag_remove(b, k);
			bag_remove(b, i);
			collect_terms(b, constant, 1, &joined);
			return true;
		}
	}
	return false;
}

static void
drop_zeros(struct bag *b)
{
	for (int i = b->n - 1; i >= 0; i--)
		if (b->at[i].coefficient == 0) bag_remove(b, i);
}

struct expr *
add_all(struct program *p, int n, struct expr *const terms[])
{
	struct collected small[8];
	struct bag b = {p, small, 0, 8};
	double constant = 0;
	collect_terms(&b, &constant, n, terms);
	do drop_zeros(&b);
	while (join_quotient(&b, &constant) || join_guards(&b, &constant));
	sort(b.at, b.n, sizeof *b.at, by_order);
	if (b.n == 0) return number(p, constant);
	struct expr *few[16], **out = b.n + 1 <= 16 ? few : NEW_ARRAY(p->arena, b.n + 1, struct expr *);
	int count = 0;
	for (int i = 0; i < b.n; i++) out[count++] = scale(p, b.at[i].coefficient, b.at[i].item);
	if (constant != 0) out[count++] = number(p, constant);
	return count == 1 ? out[0] : expr_plain(p, OP_ADD, count, out);
}

struct expr *
add(struct program *p, struct expr *a, struct expr *b)
{
	return add_all(p, 2, (struct expr *[]){a, b});
}

struct expr *
sub(struct program *p, struct expr *a, struct expr *b)
{
	return add(p, a, scale(p, -1, b));
}

/* ---- products ---------------------------------------------------------------------------------------------------------------------------- */

struct product {
	struct bag powers;      /* item ^ coefficient */
	double number;
	const struct function *exponential; /* of the factors exp(..); NULL: there are none */
	struct expr *exponent;  /* the sum of their arguments */
	struct expr *guard;     /* a factor `if c then x else 0`: its c */
	bool whole;             /* of whole numbers only, which subscripts are made of: there is no guard */
};

static bool
is_exponential(const struct expr *e)
{
	return e->op == OP_CALL && e->function->exponential;
}

static void
collect_factors(struct product *m, int n, struct expr *const factors[])
{
	struct program *p = m->powers.p;
	for (int i = 0; i < n; i++) {
		struct expr *f = factors[i];
		if (f->op == OP_MUL) {
			collect_factors(m, f->n, f->kid);
		} else if (f->op == OP_NUMBER) {
			m->number *= f->number;
		} else if (is_exponential(f)) {
			m->exponential = f->function;
			m->exponent = m->exponent ? add(p, m->exponent, f->kid[0]) : f->kid[0];
		} else if (f->op == OP_IF && is_number(f->kid[2], 0) && !m->whole) {
			m->guard = m->guard ? both(p, m->guard, f->kid[0]) : f->kid[0];
			collect_factors(m, 1, &f->kid[1]);
		} else if (f->op == OP_POW && f->kid[1]->op == OP_NUMBER) {
			bag_add(&m->powers, f->kid[0], f->kid[1]->number);
		} else {
			bag_add(&m->powers, f, 1);
		}
	}
}

struct expr *
mul_all(struct program *p, int n, struct expr *const factors[])
{
	struct collected small[8];
	struct product m = {.powers = {p, small, 0, 8}, .number = 1, .whole = true};
	for (int i = 0; i < n; i++) m.whole &= factors[i]->integer;
	collect_factors(&m, n, factors);
	if (m.number == 0) return number(p, 0);
	if (m.guard) {
		struct expr *inner = number(p, m.number);
		for (int i = 0; i < m.powers.n; i++) inner = mul(p, inner, power_of(p, m.powers.at[i].item, m.powers.at[i].coefficient));
		if (m.exponent) inner = mul(p, inner, call(p, m.exponential, m.exponent));
		return choose(p, m.guard, inner, number(p, 0));
	}
	drop_zeros(&m.powers);
	struct expr *few[16], **out = m.powers.n + 2 <= 16 ? few : NEW_ARRAY(p->arena, m.powers.n + 2, struct expr *);
	int count = 0;
	bool again = false; /* a power that became a number or a product itself */
	for (int i = 0; i < m.powers.n; i++) {
		struct expr *f = power_of(p, m.powers.at[i].item, m.powers.at[i].coefficient);
		again |= f->op == OP_NUMBER || f->op == OP_MUL || is_exponential(f);
		out[count++] = f;
	}
	if (m.exponent) {
		struct expr *e = call(p, m.exponential, m.exponent);
		again |= e->op == OP_NUMBER || (e->op != OP_CALL && count > 0);
		out[count++] = e;
	}
	if (again) {
		out[count++] = number(p, m.number);
		return mul_all(p, count, out);
	}
	if (count == 1 && out[0]->op == OP_ADD && (m.number == -1 || (out[0]->integer && m.number == floor(m.number)))) {
		struct expr **terms = NEW_ARRAY(p->arena, out[0]->n, struct expr *);
		for (int i = 0; i < out[0]->n; i++) terms[i] = scale(p, m.number, out[0]->kid[i]);
		return add_all(p, out[0]->n, terms);
	}
	sort(out, count, sizeof *out, expr_by_order);
	if (m.number != 1 || count == 0) {
		memmove(out + 1, out, (size_t)count * sizeof *out);
		out[0] = number(p, m.number);
		count++;
	}
	return count == 1 ? out[0] : expr_plain(p, OP_MUL, count, out);
}

struct expr *
mul(struct program *p, struct expr *a, struct expr *b)
{
	return mul_all(p, 2, (struct expr *[]){a, b});
}

struct expr *
scale(struct program *p, double c, struct expr *a)
{
	if (c == 1) return a;
	bool is_factor = a->op == OP_INDEX || a->op == OP_READ || a->op == OP_DIV || a->op == OP_MOD; /* alone, nothing is to be collected */
	if (is_factor && c != 0) return expr_plain(p, OP_MUL, 2, (struct expr *[]){number(p, c), a});
	return mul(p, number(p, c), a);
}

struct expr *
divide(struct program *p, struct expr *a, struct expr *b)
{
	return mul(p, a, power_of(p, b, -1));
}

struct expr *
power_of(struct program *p, struct expr *b, double e)
{
	bool whole = e == floor(e);
	if (e == 0) return number(p, 1);
	if (e == 1) return b;
	if (b->op == OP_NUMBER && (b->number != 0 || e > 0)) return number(p, pow(b->number, e));
	if (is_exponential(b)) return call(p, b->function, scale(p, e, b->kid[0]));
	if (b->op == OP_POW && b->kid[1]->op == OP_NUMBER && whole) return power_of(p, b->kid[0], b->kid[1]->number * e);
	if (b->op == OP_MUL && whole) {
		struct expr **f = NEW_ARRAY(p->arena, b->n, struct expr *);
		for (int i = 0; i < b->n; i++) f[i] = power_of(p, b->kid[i], e);
		return mul_all(p, b->n, f);
	}
	if (b->op == OP_MUL && b->kid[0]->op == OP_NUMBER && b->kid[0]->number > 0) {
		struct expr *rest;
		double c = coefficient(p, b, &rest);
		return scale(p, pow(c, e), power_of(p, rest, e));
	}
	return expr_plain(p, OP_POW, 2, (struct expr *[]){b, number(p, e)});
}

struct expr *
power(struct program *p, struct expr *a, struct expr *b)
{
	if (b->op == OP_NUMBER) return power_of(p, a, b->number);
	return expr_plain(p, OP_POW, 2, (struct expr *[]){a, b});
}

struct expr *
call(struct program *p, const struct function *f, struct expr *x)
{
	if (x->op == OP_NUMBER) {
		double v = f->value(x->number);
		if (!isnan(v)) return number(p, v);
	}
	struct expr *better = f->rewrite ? f->rewrite(p, x) : NULL;
	return better ? better : expr_node(p, &(struct expr){.op = OP_CALL, .function = f}, 1, &x);
}
