/* condition.c - conditions, and values that they choose (rule I of docs/derivation.md). */
#include "core/equation.h"
#include "core/expr_node.h"
#include "core/function.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- conditions ---------------------------------------------------------------------------------------------------------------------------- */

struct expr *
at_least_0(struct program *p, struct expr *e)
{
	if (e->op == OP_NUMBER) return truth(p, e->number >= 0);
	struct interval b = interval_of(e);
	if (b.known && b.low >= 0) return truth(p, true);
	if (b.known && b.high < 0) return truth(p, false);
	struct affine *a = affine_of(p, e);
	struct expr *smaller = affine_divided(p, a, affine_gcd(a));
	return expr_plain(p, OP_GE0, 1, &smaller);
}

/* a == b for whole numbers: decided, or EQ0 of a form with a positive first coefficient */
static struct expr *
equal_whole(struct program *p, struct expr *a, struct expr *b)
{
	struct expr *e = sub(p, a, b);
	if (e->op == OP_NUMBER) return truth(p, e->number == 0);
	struct affine *f = affine_of(p, e);
	long g = affine_gcd(f);
	if (f->constant % g) return truth(p, false);
	struct interval i = interval_of(e);
	if (i.known && (i.low > 0 || i.high < 0)) return truth(p, false);
	if (i.known && i.low == 0 && i.high == 0) return truth(p, true);
	if (f->term[0].coefficient < 0) g = -g;
	struct expr *smaller = affine_divided(p, f, g);
	return expr_plain(p, OP_EQ0, 1, &smaller);
}

struct expr *
equal(struct program *p, struct expr *a, struct expr *b)
{
	if (a->integer && b->integer) return equal_whole(p, a, b);
	if (a->op == OP_NUMBER && b->op == OP_NUMBER) return truth(p, a->number == b->number);
	return expr_plain(p, OP_EQ, 2, (struct expr *[]){a, b});
}

struct expr *
less(struct program *p, struct expr *a, struct expr *b)
{
	if (a->op == OP_NUMBER && b->op == OP_NUMBER) return truth(p, a->number < b->number);
	if (a->integer && b->integer) return at_least_0(p, add_all(p, 3, (struct expr *[]){b, scale(p, -1, a), number(p, -1)}));
	return expr_plain(p, OP_LT, 2, (struct expr *[]){a, b});
}

struct expr *
less_equal(struct program *p, struct expr *a, struct expr *b)
{
	if (a->op == OP_NUMBER && b->op == OP_NUMBER) return truth(p, a->number <= b->number);
	if (a->integer && b->integer) return at_least_0(p, sub(p, b, a));
	return expr_plain(p, OP_LE, 2, (struct expr *[]){a, b});
}

struct expr *
negation(struct program *p, struct expr *c)
{
	if (c->op == OP_BOOL) return truth(p, c->number == 0);
	if (c->op == OP_NOT) return c->kid[0];
	if (c->op != OP_GE0) return expr_plain(p, OP_NOT, 1, &c);
	if (!c->negation) c->negation = at_least_0(p, add(p, scale(p, -1, c->kid[0]), number(p, -1)));
	return c->negation;
}

int
conjunct_count(const struct expr *c)
{
	return c->op == OP_AND ? c->n : 1;
}

struct expr *
conjunct(struct expr *c, int i)
{
	return c->op == OP_AND ? c->kid[i] : c;
}

static bool
contains(int n, struct expr *const list[], const struct expr *e)
{
	for (int i = 0; i < n; i++)
		if (list[i] == e) return true;
	return false;
}

struct expr *
all_of(struct program *p, int n, struct expr *const conditions[])
{
	int room = 0;
	for (int i = 0; i < n; i++) room += conditions[i]->op == OP_AND ? conditions[i]->n : 1;
	struct expr *few[16], **set = room <= 16 ? few : NEW_ARRAY(p->arena, room, struct expr *);
	int count = 0;
	for (int i = 0; i < n; i++) {
		for (int k = 0; k < conjunct_count(conditions[i]); k++) {
			struct expr *part = conjunct(conditions[i], k);
			if (is_truth(part, false)) return part;
			if (!is_truth(part, true) && !contains(count, set, part)) set[count++] = part;
		}
	}
	for (int i = 0; i < count; i++)
		if (contains(count, set, negation(p, set[i]))) return truth(p, false);
	if (count == 0) return truth(p, true);
	qsort(set, (size_t)count, sizeof *set, expr_by_order);
	return count == 1 ? set[0] : expr_plain(p, OP_AND, count, set);
}

struct expr *
both(struct program *p, struct expr *a, struct expr *b)
{
	return all_of(p, 2, (struct expr *[]){a, b});
}

struct expr *
either(struct program *p, struct expr *a, struct expr *b)
{
	return negation(p, both(p, negation(p, a), negation(p, b)));
}

/* the conjuncts of `c` that `known` does not already say; *dropped counts the others */
static struct expr *
without_known(struct program *p, struct expr *c, struct expr *known, int *dropped)
{
	int n = conjunct_count(c), count = 0;
	struct expr **left = NEW_ARRAY(p->arena, n, struct expr *);
	for (int i = 0; i < n; i++) {
		bool said = false;
		for (int k = 0; k < conjunct_count(known); k++) said |= conjunct(known, k) == conjunct(c, i);
		if (!said) left[count++] = conjunct(c, i);
	}
	*dropped = n - count;
	return all_of(p, count, left);
}

struct expr *
choose(struct program *p, struct expr *c, struct expr *yes, struct expr *no)
{
	if (is_truth(c, true)) return yes;
	if (is_truth(c, false)) return no;
	if (yes == no) return yes;
	if (c->op == OP_NOT) return choose(p, c->kid[0], no, yes);
	if (yes->op == OP_IF) { /* what is known inside the branch disappears */
		int dropped;
		struct expr *left = without_known(p, yes->kid[0], c, &dropped);
		if (dropped) return choose(p, c, choose(p, left, yes->kid[1], yes->kid[2]), no);
		if (yes->kid[2] == no) return choose(p, both(p, c, yes->kid[0]), yes->kid[1], no);
	}
	if (no->op == OP_IF) {
		if (no->kid[0] == c) return choose(p, c, yes, no->kid[2]);
		if (no->kid[0] == negation(p, c)) return choose(p, c, yes, no->kid[1]);
	}
	return expr_plain(p, OP_IF, 3, (struct expr *[]){c, yes, no});
}
