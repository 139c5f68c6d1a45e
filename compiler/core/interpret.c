/* interpret.c - equations computed as lower.c orders them. */
#include "core/interpret.h"
#include "core/function.h"
#include "core/lower.h"
#include "runtime/nn_double.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A whole number: constant + the sum of its terms.  A term is factor * an atom: an index, a quotient or rest of `inner`, or any
 * other expression. */
struct subscript {
	long constant;
	int n;
	struct subscript_term {
		long factor;
		const struct expr *atom;
		struct subscript *inner;
	} *term;
};

/* An equation as it is computed.  Prepared once, for all elements, steps and calls. */
struct prepared {
	struct index **index; /* of the left side, then bound ones, those of samples first */
	struct lowered lowered;
	struct subscript **subscript; /* by the id of a node of the code: one for each axis that it reads, one of a whole number */
};

struct evaluation {
	struct world *w;
	const struct arithmetic *a;
	const struct prepared *prepared;
	long *at; /* the values of indices, by id */
	double accumulator;
};

struct world *
world_new(struct program *p, const struct arithmetic *a, long batch)
{
	struct world *w = NEW(p->arena, struct world);
	*w = (struct world){.program = p, .arithmetic = a, .batch = batch};
	w->value = NEW_ARRAY(p->arena, p->tensors.n + 1, double *);
	return w;
}

long
world_count(const struct world *w, const struct tensor *t)
{
	return tensor_count(t) * (t->batch ? w->batch : 1);
}

double *
world_tensor(struct world *w, const struct tensor *t)
{
	if (!w->value[t->id]) w->value[t->id] = NEW_ARRAY(w->program->arena, world_count(w, t) + 1, double);
	return w->value[t->id];
}

static long
size_of(const struct evaluation *v, const struct index *i)
{
	return i->batch ? v->w->batch : i->size;
}

static long whole(struct evaluation *v, const struct expr *e);
static double evaluate_code(struct evaluation *v, const struct code *c);

static void
prepare_subscript(struct program *p, struct subscript *s, struct expr *e)
{
	const struct affine *a = affine_of(p, e);
	*s = (struct subscript){a->constant, a->n, NEW_ARRAY(p->arena, a->n + 1, struct subscript_term)};
	for (int i = 0; i < a->n; i++) {
		struct expr *atom = a->term[i].atom;
		s->term[i] = (struct subscript_term){a->term[i].coefficient, atom, NULL};
		if (atom->op != OP_DIV && atom->op != OP_MOD) continue;
		s->term[i].inner = NEW(p->arena, struct subscript);
		prepare_subscript(p, s->term[i].inner, atom->kid[0]);
	}
}

static void
prepare_code(struct program *p, struct subscript **of, const struct code *c)
{
	if (of[c->id]) return;
	const bool reads = c->op == CODE_READ, whole = c->op == CODE_WHOLE || c->op == CODE_GE0 || c->op == CODE_EQ0;
	const int n = reads ? c->expr->n : whole;
	of[c->id] = NEW_ARRAY(p->arena, n + 1, struct subscript);
	for (int i = 0; i < n; i++) prepare_subscript(p, &of[c->id][i], reads ? c->expr->kid[i] : c->expr);
	for (int i = 0; i < 3; i++)
		if (c->arg[i]) prepare_code(p, of, c->arg[i]);
}

static struct prepared *
prepare(struct program *p, const struct equation *q)
{
	struct prepared *r = NEW(p->arena, struct prepared);
	r->index = NEW_ARRAY(p->arena, q->lhs_count + q->bound_count + 1, struct index *);
	for (int i = 0; i < q->lhs_count; i++) r->index[i] = q->lhs[i];
	int k = q->lhs_count;
	for (int pass = 0; pass < 2; pass++) /* samples first */
		for (int i = 0; i < q->bound_count; i++)
			if (q->bound[i]->batch == (pass == 0)) r->index[k++] = q->bound[i];
	r->lowered = lower_equation(p, q);
	r->subscript = NEW_ARRAY(p->arena, r->lowered.count, struct subscript *);
	prepare_code(p, r->subscript, r->lowered.body);
	return r;
}

static long
floored(long a, long k)
{
	return a / k - (a % k != 0 && (a < 0) != (k < 0));
}

static long
subscript(struct evaluation *v, const struct subscript *s)
{
	long r = s->constant;
	for (int i = 0; i < s->n; i++) {
		const struct subscript_term *t = &s->term[i];
		long k;
		if (t->atom->op == OP_INDEX) {
			k = v->at[t->atom->index->id];
		} else if (t->inner) {
			const long inner = subscript(v, t->inner), quotient = floored(inner, t->atom->divisor);
			k = t->atom->op == OP_DIV ? quotient : inner - t->atom->divisor * quotient;
		} else k = whole(v, t->atom);
		r += t->factor * k;
	}
	return r;
}

static void
impossible(const struct evaluation *v, const struct tensor *t)
{
	(void)v;
	fprintf(stderr, "nnc: internal error: a read of %s is outside it\n", t->name);
	abort();
}

/* of a read, whose subscripts may be prepared */
static long
element(struct evaluation *v, const struct expr *read, const struct subscript *prepared)
{
	const struct tensor *t = read->tensor;
	long at = 0;
	for (int i = 0; i < read->n; i++) {
		long size = t->batch && i == 0 ? v->w->batch : t->shape[i], k = prepared ? subscript(v, &prepared[i]) : whole(v, read->kid[i]);
		if (k < 0 || k >= size) impossible(v, t);
		at = at * size + k;
	}
	return at;
}

static double
draw_value(struct evaluation *v, const struct expr *read)
{
	const struct tensor *t = read->tensor;
	long index = 0, place = t->batch ? whole(v, read->kid[0]) : 0;
	for (int i = t->batch; i < read->n; i++) index = index * t->shape[i] + whole(v, read->kid[i]);
	return (t->draw == DRAW_UNIFORM ? v->a->uniform : v->a->normal)(v->w->seed, v->w->step, t->site, (uint32_t)place, (uint32_t)index);
}

/* a condition within a subscript: of whole numbers, as most are, at once */
static bool
holds(struct evaluation *v, struct expr *e)
{
	switch (e->op) {
	case OP_GE0: return whole(v, e->kid[0]) >= 0;
	case OP_EQ0: return whole(v, e->kid[0]) == 0;
	case OP_NOT: return !holds(v, e->kid[0]);
	case OP_AND:
		for (int i = 0; i < e->n; i++)
			if (!holds(v, e->kid[i])) return false;
		return true;
	case OP_LT:
	case OP_LE:
	case OP_EQ:
		if (!e->kid[0]->integer || !e->kid[1]->integer) break;
		const long a = whole(v, e->kid[0]), b = whole(v, e->kid[1]);
		return e->op == OP_LT ? a < b : e->op == OP_LE ? a <= b : a == b;
	default: break;
	}
	struct evaluation inner = *v;
	inner.prepared = prepare(v->w->program, &(struct equation){.body = e});
	return evaluate_code(&inner, inner.prepared->lowered.body) != 0;
}

static long
whole(struct evaluation *v, const struct expr *e)
{
	long r;
	switch (e->op) {
	case OP_NUMBER: return (long)e->number;
	case OP_INDEX: return v->at[e->index->id];
	case OP_READ: return (long)v->w->value[e->tensor->id][element(v, e, NULL)];
	case OP_ADD:
		r = 0;
		for (int i = 0; i < e->n; i++) r += whole(v, e->kid[i]);
		return r;
	case OP_MUL:
		r = 1;
		for (int i = 0; i < e->n; i++) r *= whole(v, e->kid[i]);
		return r;
	case OP_DIV: return floored(whole(v, e->kid[0]), e->divisor);
	case OP_MOD: r = whole(v, e->kid[0]); return r - e->divisor * floored(r, e->divisor);
	case OP_IF: return whole(v, e->kid[holds(v, e->kid[0]) ? 1 : 2]);
	default: break;
	}
	fprintf(stderr, "nnc: internal error: not a whole number\n");
	abort();
}

/* what belongs to no element, in double: with the functions that the generated code uses */
static double
uniform_value(struct evaluation *v, const struct expr *e)
{
	double r;
	switch (e->op) {
	case OP_NUMBER: return e->number;
	case OP_BATCH: return (double)v->w->batch;
	case OP_READ: return v->w->value[e->tensor->id][0];
	case OP_ADD:
		r = uniform_value(v, e->kid[0]);
		for (int i = 1; i < e->n; i++) r += uniform_value(v, e->kid[i]);
		return r;
	case OP_MUL:
		r = uniform_value(v, e->kid[0]);
		for (int i = 1; i < e->n; i++) r *= uniform_value(v, e->kid[i]);
		return r;
	case OP_POW: return nn_double_pow(uniform_value(v, e->kid[0]), uniform_value(v, e->kid[1]));
	case OP_CALL: return e->function->value(uniform_value(v, e->kid[0]));
	case OP_IF: return uniform_value(v, e->kid[uniform_value(v, e->kid[0]) != 0 ? 1 : 2]);
	case OP_LT: return uniform_value(v, e->kid[0]) < uniform_value(v, e->kid[1]);
	case OP_LE: return uniform_value(v, e->kid[0]) <= uniform_value(v, e->kid[1]);
	case OP_EQ: return uniform_value(v, e->kid[0]) == uniform_value(v, e->kid[1]);
	case OP_GE0: return uniform_value(v, e->kid[0]) >= 0;
	case OP_EQ0: return uniform_value(v, e->kid[0]) == 0;
	case OP_NOT: return uniform_value(v, e->kid[0]) == 0;
	case OP_AND:
		for (int i = 0; i < e->n; i++)
			if (uniform_value(v, e->kid[i]) == 0) return 0;
		return 1;
	default: return e->number;
	}
}

static double
evaluate_code(struct evaluation *v, const struct code *c)
{
	const struct arithmetic *a = v->a;
	const struct subscript *of = v->prepared->subscript[c->id];
#define ARG(i) evaluate_code(v, c->arg[i])
	switch (c->op) {
	case CODE_NUMBER: return a->round(c->number);
	case CODE_UNIFORM: return a->round(uniform_value(v, c->expr));
	case CODE_WHOLE: return a->round((double)subscript(v, of));
	case CODE_READ: return c->expr->tensor->role == ROLE_RANDOM ? draw_value(v, c->expr) : v->w->value[c->expr->tensor->id][element(v, c->expr, of)];
	case CODE_ACCUMULATOR: return v->accumulator;
	case CODE_ADD: return a->add(ARG(0), ARG(1));
	case CODE_SUB: return a->sub(ARG(0), ARG(1));
	case CODE_MUL: return a->mul(ARG(0), ARG(1));
	case CODE_DIV: return a->div(ARG(0), ARG(1));
	case CODE_FMA: return a->fma(ARG(0), ARG(1), ARG(2));
	case CODE_NEG: return -ARG(0);
	case CODE_SQRT: return a->sqrt(ARG(0));
	case CODE_POW: return a->pow(ARG(0), ARG(1));
	case CODE_CALL: return a->call(c->function->c_name, ARG(0));
	case CODE_SELECT: return ARG(0) != 0 ? ARG(1) : ARG(2);
	case CODE_LT: return ARG(0) < ARG(1);
	case CODE_LE: return ARG(0) <= ARG(1);
	case CODE_EQ: return ARG(0) == ARG(1);
	case CODE_NOT: return ARG(0) == 0;
	case CODE_AND: return ARG(0) != 0 && ARG(1) != 0;
	case CODE_GE0: return subscript(v, of) >= 0;
	case CODE_EQ0: return subscript(v, of) == 0;
	case CODE_TRUTH: return c->number;
	}
#undef ARG
	return 0;
}

/* the next values of the bound indices, the last one fastest; false after the last */
static bool
advance(struct evaluation *v, int from, int to)
{
	for (int i = to - 1; i >= from; i--) {
		long *at = &v->at[v->prepared->index[i]->id];
		if (++*at < size_of(v, v->prepared->index[i])) return true;
		*at = 0;
	}
	return false;
}

static double
tree16(const struct arithmetic *a, double p[16])
{
	for (int h = 8; h; h /= 2)
		for (int i = 0; i < h; i++) p[i] = a->add(p[i], p[i + h]);
	return p[0];
}

/* One element of a reduction.  A batch index among the bound ones comes first (it runs slowest). */
static double
reduced(struct evaluation *v, const struct equation *q, const struct lowered *l)
{
	int from = q->lhs_count, to = from + q->bound_count;
	bool samples = false, elements = sums_sixteen(q);
	for (int i = from; i < to; i++) {
		v->at[v->prepared->index[i]->id] = 0;
		samples |= v->prepared->index[i]->batch && (q->reduction == SUM || q->reduction == MEAN) && sample_order_of(q) == SIXTEEN;
	}
	double part[16], best = q->reduction == MAX || q->reduction == ARGMAX ? -INFINITY : INFINITY, start = q->reduction == PROD ? 1 : 0;
	for (int i = 0; i < 16; i++) part[i] = start;
	long flat = 0, best_at = 0;
	do {
		int lane = (int)(samples ? v->at[v->prepared->index[from]->id] % 16 : elements ? flat % 16 : 0);
		v->accumulator = part[lane];
		double x = evaluate_code(v, l->body);
		part[lane] = x;
		bool better = q->reduction == MAX || q->reduction == ARGMAX ? x > best : x < best;
		if (better) {
			best = x;
			best_at = flat;
		}
		flat++;
	} while (advance(v, from, to));
	if (q->reduction == MAX || q->reduction == MIN) return best;
	if (q->reduction == ARGMAX || q->reduction == ARGMIN) return (double)best_at;
	double r = samples || elements ? tree16(v->a, part) : part[0];
	return l->scale ? v->a->mul(r, v->a->round(uniform_value(v, l->scale))) : r;
}

/* equation number i, or, of a recurrence, one step of it: the axis `time` stays at `step` */
static void
interpret_equation(struct world *w, int number, int time, long step)
{
	const struct equation *q = w->program->equations.at[number];
	if (!w->prepared[number]) w->prepared[number] = prepare(w->program, q);
	struct evaluation v = {w, w->arithmetic, w->prepared[number], w->index_value, 0};
	const struct lowered *l = &v.prepared->lowered;
	double *out = world_tensor(w, q->tensor);
	for (int i = 0; i < q->lhs_count; i++) v.at[q->lhs[i]->id] = 0;
	if (time < 0) {
		long i = 0;
		do out[i++] = q->reduction ? reduced(&v, q, l) : evaluate_code(&v, l->body);
		while (advance(&v, 0, q->lhs_count));
		return;
	}
	do {
		long i = 0;
		v.at[q->lhs[time]->id] = step;
		for (int a = 0; a < q->lhs_count; a++) i = i * size_of(&v, q->lhs[a]) + v.at[q->lhs[a]->id];
		out[i] = q->reduction ? reduced(&v, q, l) : evaluate_code(&v, l->body);
	} while (advance(&v, time + 1, q->lhs_count) || advance(&v, 0, time));
}

static void
interpret_recurrence(struct world *w, const struct recurrence_of *r)
{
	for (long k = 0; k < r->steps; k++)
		for (int i = 0; i < r->n; i++) interpret_equation(w, r->first + i, r->time[i], r->direction > 0 ? k : r->steps - 1 - k);
}

void
interpret(struct world *w)
{
	struct program *p = w->program;
	if (!w->prepared) {
		w->prepared = NEW_ARRAY(p->arena, p->equations.n + 1, struct prepared *);
		w->recurrences = find_recurrences(p, &w->recurrence);
		w->index_value = NEW_ARRAY(p->arena, p->index_count + 1, long);
	}
	int next = 0;
	const uint64_t mode = w->arithmetic->begin();
	for (int i = 0; i < p->equations.n; i++) {
		if (next < w->recurrences && w->recurrence[next]->first == i) {
			interpret_recurrence(w, w->recurrence[next]);
			i += w->recurrence[next++]->n - 1;
		} else {
			interpret_equation(w, i, -1, 0);
		}
	}
	w->arithmetic->end(mode);
}
