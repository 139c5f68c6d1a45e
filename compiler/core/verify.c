/* verify.c - the legality of equations as a list of checks.
 *
 *   flat          a map has no bound indices, a reduction has at least one
 *   closed        the body mentions only the left side's and the bound indices
 *   shaped        the left side's indices have the sizes of the tensor, samples first and only first
 *   read whole    a read has as many subscripts as its tensor has axes
 *   inside        every subscript is a whole number inside its axis, from intervals and the guards around it
 *   defined once  no tensor has two equations */
#include "core/verify.h"
#include "core/print.h"
#include <string.h>

struct guards { /* conditions that hold where an expression is computed */
	const struct guards *up;
	struct expr *condition;
};

static bool
is_guarded_by(struct program *p, struct expr *x, const struct guards *g)
{
	for (; g; g = g->up)
		for (int i = 0; i < conjunct_count(g->condition); i++) {
			struct expr *c = conjunct(g->condition, i);
			if (c->op != OP_GE0) continue;
			struct interval rest = interval_of(sub(p, x, c->kid[0]));
			if (rest.known && rest.low >= 0) return true;
		}
	return false;
}

static bool
is_at_least_0(struct program *p, struct expr *x, const struct guards *g)
{
	struct interval i = interval_of(x);
	return (i.known && i.low >= 0) || is_guarded_by(p, x, g);
}

static const char *
check_read(struct program *p, struct expr *e, const struct guards *g)
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
		struct expr *above = sub(p, number(p, (double)(t->shape[i] - 1)), s);
		if (!is_at_least_0(p, s, g) || !is_at_least_0(p, above, g)) {
			/* exact guards of solved subscripts may say it in a form that intervals do not see: only unguarded reads are surely wrong */
			if (!g) return arena_print(p->arena, "reads `%s` outside its axis %d", t->name, i);
		}
	}
	return NULL;
}

static const char *
check_expr(struct program *p, struct expr *e, const struct guards *g)
{
	const char *bad = e->op == OP_READ ? check_read(p, e, g) : NULL;
	if (e->op == OP_IF) {
		struct guards yes = {g, e->kid[0]}, no = {g, negation(p, e->kid[0])};
		bad = check_expr(p, e->kid[0], g);
		if (!bad) bad = check_expr(p, e->kid[1], &yes);
		return bad ? bad : check_expr(p, e->kid[2], &no);
	}
	struct guards others = {g, e}; /* conditions on indices come first among conjuncts */
	for (int i = 0; i < e->n && !bad; i++) bad = check_expr(p, e->kid[i], e->op == OP_AND && e->kid[i]->has_read ? &others : g);
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
		if (!bad) bad = check_expr(p, q->body, NULL);
		if (bad) return arena_print(p->arena, "`%s` %s: %s", q->tensor->name, bad, equation_text(p, q, (struct print_style){0}));
	}
	return NULL;
}
