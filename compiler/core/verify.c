/* verify.c - the legality of equations as a list of checks.
 *
 *   flat          a map has no bound indices, a reduction has at least one
 *   closed        the body mentions only the left side's and the bound indices
 *   shaped        the left side's indices have the sizes of the tensor, samples first and only first
 *   read whole    a read has as many subscripts as its tensor has axes
 *   inside        every subscript is a whole number, and inside its axis where no condition stands around the read: what conditions guard is
 *                 in solved subscripts said in forms that intervals do not see
 *   defined once  no tensor has two equations */
#include "core/verify.h"
#include "core/print.h"
#include <string.h>

static bool
is_inside(struct program *p, struct expr *subscript, long size)
{
	struct interval at = interval_of(subscript);
	if (at.known && at.low >= 0 && at.high < size) return true;
	struct interval above = interval_of(sub(p, number(p, (double)(size - 1)), subscript)); /* x % 4 - x % 4 has no interval, 0 has */
	return at.known && at.low >= 0 && above.known && above.low >= 0;
}

static const char *
check_read(struct program *p, struct expr *e, bool guarded)
{
	const struct tensor *t = e->tensor;
	if (e->n != t->rank) return arena_print(p->arena, "reads `%s` with %d subscripts instead of %d", t->name, e->n, t->rank);
	for (int i = 0; i < e->n; i++) {
		struct expr *s = e->kid[i];
		if (!s->integer) return arena_print(p->arena, "reads `%s` at something that is no whole number", t->name);
		if (t->batch && i == 0) {
			if (s->op != OP_INDEX || !s->index->batch) return arena_print(p->arena, "reads `%s` of another sample", t->name);
			continue;
		}
		if (!guarded && !is_inside(p, s, t->shape[i])) return arena_print(p->arena, "reads `%s` outside its axis %d", t->name, i);
	}
	return NULL;
}

/* what was found legal without a condition around it is legal everywhere, in every equation */
static const char *
check_expr(struct program *p, struct expr *e, bool guarded)
{
	if (e->legal || (guarded && e->legal_guarded)) return NULL;
	const char *bad = e->op == OP_READ ? check_read(p, e, guarded) : NULL;
	for (int i = 0; i < e->n && !bad; i++) {
		bool condition = (e->op == OP_IF && i > 0) || (e->op == OP_AND && e->kid[i]->has_read); /* conditions on indices come first among conjuncts */
		bad = check_expr(p, e->kid[i], guarded || condition);
	}
	if (!bad && guarded) e->legal_guarded = true;
	else if (!bad) e->legal = true;
	return bad;
}

static const char *
check_shape(struct program *p, const struct equation *q)
{
	const struct tensor *t = q->tensor;
	if (q->lhs_count != t->rank) return "has a left side of another rank than its tensor";
	for (int i = 0; i < t->rank; i++) {
		const struct index *v = q->lhs[i];
		if (v->batch != (t->batch && i == 0)) return "has samples elsewhere than first";
		if (!v->batch && v->size != t->shape[i]) return arena_print(p->arena, "runs `%s` over %ld instead of %ld", v->name, v->size, t->shape[i]);
		for (int k = 0; k < i; k++)
			if (q->lhs[k] == v) return "has an index twice on the left";
	}
	if ((q->reduction == MAP) != (q->bound_count == 0)) return q->reduction == MAP ? "is a map with bound indices" : "is a reduction over nothing";
	return NULL;
}

static const char *
check_closed(struct program *p, const struct equation *q)
{
	for (int i = 0; i < q->body->free->n; i++) {
		const struct index *v = q->body->free->at[i];
		bool known = false;
		for (int k = 0; k < q->lhs_count; k++) known |= q->lhs[k] == v;
		for (int k = 0; k < q->bound_count; k++) known |= q->bound[k] == v;
		if (!known) return arena_print(p->arena, "mentions `%s`, which is neither on the left nor bound", v->name);
	}
	return NULL;
}

const char *
verify(struct program *p)
{
	char *defined = NEW_ARRAY(p->arena, p->tensors.n + 1, char);
	for (int i = 0; i < p->equations.n; i++) {
		const struct equation *q = p->equations.at[i];
		const char *bad = defined[q->tensor->id]++ ? "is defined twice" : check_shape(p, q);
		if (!bad) bad = check_closed(p, q);
		if (!bad) bad = check_expr(p, q->body, false);
		if (bad) return arena_print(p->arena, "`%s` %s: %s", q->tensor->name, bad, equation_text(p, q, (struct print_style){0}));
	}
	return NULL;
}
