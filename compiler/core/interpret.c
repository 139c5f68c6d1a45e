/* interpret.c - equations computed as lower.c orders them. */
#include "core/interpret.h"
#include "core/function.h"
#include "core/lower.h"
#include "runtime/nn_double.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct evaluation {
	struct world *w;
	const struct arithmetic *a;
	int n;
	struct index *const *index; /* all indices of the equation */
	long *at;                   /* their values */
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
impossible(const struct evaluation *v, const struct tensor *t)
{
	(void)v;
	fprintf(stderr, "nnc: internal error: a read of %s is outside it\n", t->name);
	abort();
}

static long
element(struct evaluation *v, const struct expr *read)
{
	const struct tensor *t = read->tensor;
	long at = 0;
	for (int i = 0; i < read->n; i++) {
		long size = t->batch && i == 0 ? v->w->batch : t->shape[i], k = whole(v, read->kid[i]);
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

static long
floored(long a, long k)
{
	return a / k - (a % k != 0 && (a < 0) != (k < 0));
}

static long
whole(struct evaluation *v, const struct expr *e)
{
	long r;
	switch (e->op) {
	case OP_NUMBER: return (long)e->number;
	case OP_INDEX:
		for (int i = 0; i < v->n; i++)
			if (v->index[i] == e->index) return v->at[i];
		break;
	case OP_READ: return (long)v->w->value[e->tensor->id][element(v, e)];
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
	case OP_IF: {
		struct lowered l = lower_equation(v->w->program, &(struct equation){.body = e->kid[0]});
		return whole(v, e->kid[evaluate_code(v, l.body) != 0 ? 1 : 2]);
	}
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
#define ARG(i) evaluate_code(v, c->arg[i])
	switch (c->op) {
	case CODE_NUMBER: return a->round(c->number);
	case CODE_UNIFORM: return a->round(uniform_value(v, c->expr));
	case CODE_WHOLE: return a->round((double)whole(v, c->expr));
	case CODE_READ: return c->expr->tensor->role == ROLE_RANDOM ? draw_value(v, c->expr) : v->w->value[c->expr->tensor->id][element(v, c->expr)];
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
	case CODE_GE0: return whole(v, c->expr) >= 0;
	case CODE_EQ0: return whole(v, c->expr) == 0;
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
		if (++v->at[i] < size_of(v, v->index[i])) return true;
		v->at[i] = 0;
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
		v->at[i] = 0;
		samples |= v->index[i]->batch && (q->reduction == SUM || q->reduction == MEAN) && sample_order_of(q) == SIXTEEN;
	}
	double part[16], best = q->reduction == MAX || q->reduction == ARGMAX ? -INFINITY : INFINITY, start = q->reduction == PROD ? 1 : 0;
	for (int i = 0; i < 16; i++) part[i] = start;
	long flat = 0, best_at = 0;
	do {
		int lane = (int)(samples ? v->at[from] % 16 : elements ? flat % 16 : 0);
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

/* the equation, or, of a recurrence, one step of it: the axis `time` stays at `step` */
static void
interpret_equation(struct world *w, const struct equation *q, int time, long step)
{
	struct program *p = w->program;
	int n = q->lhs_count + q->bound_count;
	struct index **index = NEW_ARRAY(p->arena, n + 1, struct index *);
	for (int i = 0; i < q->lhs_count; i++) index[i] = q->lhs[i];
	int k = q->lhs_count;
	for (int pass = 0; pass < 2; pass++) /* samples first */
		for (int i = 0; i < q->bound_count; i++)
			if (q->bound[i]->batch == (pass == 0)) index[k++] = q->bound[i];
	struct evaluation v = {w, w->arithmetic, n, index, NEW_ARRAY(p->arena, n + 1, long), 0};
	struct lowered l = lower_equation(p, q);
	double *out = world_tensor(w, q->tensor);
	if (time < 0) {
		long i = 0;
		do out[i++] = q->reduction ? reduced(&v, q, &l) : evaluate_code(&v, l.body);
		while (advance(&v, 0, q->lhs_count));
		return;
	}
	do {
		long i = 0;
		v.at[time] = step;
		for (int a = 0; a < q->lhs_count; a++) i = i * size_of(&v, q->lhs[a]) + v.at[a];
		out[i] = q->reduction ? reduced(&v, q, &l) : evaluate_code(&v, l.body);
	} while (advance(&v, time + 1, q->lhs_count) || advance(&v, 0, time));
}

static void
interpret_recurrence(struct world *w, const struct recurrence_of *r)
{
	for (long k = 0; k < r->steps; k++)
		for (int i = 0; i < r->n; i++) interpret_equation(w, r->at[i], r->time[i], r->direction > 0 ? k : r->steps - 1 - k);
}

void
interpret(struct world *w)
{
	struct program *p = w->program;
	struct recurrence_of **r;
	int count = find_recurrences(p, &r), next = 0;
	const uint64_t mode = w->arithmetic->begin();
	for (int i = 0; i < p->equations.n; i++) {
		if (next < count && r[next]->first == i) {
			interpret_recurrence(w, r[next]);
			i += r[next++]->n - 1;
		} else {
			interpret_equation(w, p->equations.at[i], -1, 0);
		}
	}
	w->arithmetic->end(mode);
}
