/* stabilise.c - forward equations that cannot overflow and whose derivative is cheap.
 *
 * S: S[i] = sum(r) exp(e)  becomes  M[i] = max(r) e,  E[i,r] = exp(e - M[i]),  Z[i] = sum(r) E[i,r],  and each read of S  exp(M) * Z.
 *    M has no gradient because S does not depend on it.  The constructors of products and logarithms do the rest: softmax becomes E / Z,
 *    log-sum-exp M + log(Z).
 * L: log(..) looks through a read of a map whose body is an exponential or a sigmoid.
 * H: a factor of a sum that is computed and depends on some of the indices only (relu(x[i]) in sum(i) W[j,i] * relu(x[i])) becomes an equation: it
 *    is computed once, and the sum is a product of plain reads.
 * T: transcendental values inside a map, and sums under one, become equations, so that the derivative can read them; but for those that only a
 *    condition around them keeps inside of what they read. */
#include "core/function.h"
#include "derive/derive.h"
#include <string.h>

/* ---- S ---------------------------------------------------------------------------------------------------------------------------------------- */

struct shifted { /* by the tensor of the sum */
	struct tensor *top, *sum;
};

static bool
is_exp(const struct expr *e)
{
	return e->op == OP_CALL && e->function == function_named("exp");
}

static const char *
beside(struct program *p, const struct tensor *t, const char *name)
{
	const char *dot = strrchr(t->name, '.');
	return dot ? arena_print(p->arena, "%.*s.%s", (int)(dot - t->name), t->name, name) : name;
}

/* max(r) e, without a gradient: a tensor of its own where the model computes that maximum, too, whose gradient is its own affair */
static struct tensor *
top_of(struct program *p, const struct equation *q, struct expr *e)
{
	struct tensor *top = defined_as(p, q->lhs_count, q->lhs, MAX, q->bound_count, q->bound, e);
	if (top && top->no_gradient) return top;
	long shape[MAX_RANK] = {0};
	for (int i = 0; i < q->lhs_count && i < MAX_RANK; i++) shape[i] = q->lhs[i]->size;
	top = tensor_new(p, beside(p, q->tensor, "top"), ROLE_VALUE, q->lhs_count, shape);
	top->batch = q->tensor->batch;
	top->span = q->span;
	top->no_gradient = true;
	define_existing(p, equation_new(p, top, q->lhs_count, q->lhs, MAX, q->bound_count, q->bound, e, q->span));
	return top;
}

static struct shifted
shift(struct program *p, const struct equation *q)
{
	int n = q->lhs_count + q->bound_count;
	struct index **all = NEW_ARRAY(p->arena, n, struct index *);
	memcpy(all, q->lhs, (size_t)q->lhs_count * sizeof *all);
	memcpy(all + q->lhs_count, q->bound, (size_t)q->bound_count * sizeof *all);
	struct expr *e = q->body->kid[0];
	struct tensor *top = top_of(p, q, e);
	struct expr *body = call(p, q->body->function, sub(p, e, read_at(p, top, q->lhs)));
	struct tensor *ex = define(p, beside(p, q->tensor, "ex"), n, all, MAP, 0, NULL, body, ROLE_VALUE, q->span);
	struct tensor *sum = define(p, beside(p, q->tensor, "Z"), q->lhs_count, q->lhs, SUM, q->bound_count, q->bound, read_at(p, ex, all), ROLE_VALUE, q->span);
	struct equation *kept = NEW(p->arena, struct equation);
	*kept = *q;
	ex->unshifted = sum->unshifted = kept;
	return (struct shifted){top, sum};
}

static struct expr *
unshift_reads(struct program *p, struct expr *e, void *context)
{
	struct shifted *of = context;
	if (e->op != OP_READ || !of[e->tensor->id].sum) return NULL;
	struct shifted s = of[e->tensor->id];
	struct expr **at = NEW_ARRAY(p->arena, e->n + 1, struct expr *);
	for (int i = 0; i < e->n; i++) at[i] = rewrite(p, e->kid[i], unshift_reads, of);
	return mul(p, call(p, function_named("exp"), read_of(p, s.top, e->n, at)), read_of(p, s.sum, e->n, at));
}

/* ---- L ---------------------------------------------------------------------------------------------------------------------------------------- */

static bool
is_exponential(const struct expr *e)
{
	bool found = is_exp(e) || (e->op == OP_CALL && e->function == function_named("sigmoid"));
	for (int i = 0; e->op == OP_MUL && i < e->n; i++) found |= is_exp(e->kid[i]);
	return found;
}

static struct expr *
look_through(struct program *p, struct expr *e, void *context)
{
	struct equation **of = context;
	struct equation *q = e->op == OP_READ ? of[e->tensor->id] : NULL;
	if (!q || q->reduction || !is_exponential(q->body)) return NULL;
	return substitute(p, q->body, q->lhs_count, q->lhs, e->kid);
}

static struct expr *
open_logs(struct program *p, struct expr *e, void *context)
{
	const struct function *log_ = function_named("log");
	if (e->op != OP_CALL || e->function != log_) return NULL;
	struct expr *opened = call(p, log_, rewrite(p, e->kid[0], look_through, context));
	return opened->op == OP_CALL && opened->function == log_ ? NULL : opened;
}

void
stabilise(struct program *p)
{
	int equations = p->equations.n, tensors = p->tensors.n;
	struct shifted *of = NEW_ARRAY(p->arena, tensors + 8 * equations + 1, struct shifted);
	bool any = false;
	for (int i = 0; i < equations; i++) {
		struct equation *q = p->equations.at[i];
		if (q->reduction != SUM || !is_exp(q->body) || !mentions_any(q->body, q->bound, q->bound_count)) continue;
		of[q->tensor->id] = shift(p, q);
		any = true;
	}
	for (int i = 0; any && i < p->equations.n; i++) p->equations.at[i]->body = rewrite(p, p->equations.at[i]->body, unshift_reads, of);
	struct equation **table = equation_table(p);
	for (int i = 0; i < p->equations.n; i++)
		if (p->equations.at[i]->body->has_call) p->equations.at[i]->body = rewrite(p, p->equations.at[i]->body, open_logs, table);
	remove_dead(p);
	order_equations(p);
}

/* ---- T ---------------------------------------------------------------------------------------------------------------------------------------- */

struct split {
	struct equation *q;
	bool arguments; /* name the sums under functions; else the functions */
};

/* the left-hand indices that e mentions, when it mentions no others */
static int
own_indices(const struct equation *q, const struct expr *e, struct index *out[])
{
	int n = 0;
	for (int i = 0; i < q->lhs_count; i++)
		if (mentions(e, q->lhs[i])) out[n++] = q->lhs[i];
	return n == e->free->n ? n : -1;
}

static bool
reads_a_value(struct program *p, struct expr *e)
{
	int n;
	struct expr **reads = expr_reads(p, e, &n);
	for (int i = 0; i < n; i++)
		if (reads[i]->tensor->role != ROLE_INPUT && reads[i]->tensor->role != ROLE_RANDOM) return true;
	return false;
}

static struct expr *
name_scalars(struct program *p, struct expr *e, void *context)
{
	struct split *s = context;
	struct index *lhs[MAX_RANK];
	if (e->op != OP_CALL || !e->function->transcendental) return NULL;
	struct expr *x = rewrite(p, e->kid[0], name_scalars, s);
	int reads;
	expr_reads(p, x, &reads);
	if (s->arguments) {
		int n = own_indices(s->q, x, lhs);
		if (is_exp(e) || x->op != OP_ADD || reads < 2 || x->integer || n < 0 || !reads_are_safe(p, x)) return call(p, e->function, x);
		struct tensor *t = define(p, arena_print(p->arena, "%s_in", s->q->tensor->name), n, lhs, MAP, 0, NULL, x, ROLE_VALUE, s->q->span);
		return call(p, e->function, read_at(p, t, lhs));
	}
	struct expr *y = call(p, e->function, x);
	int n = own_indices(s->q, y, lhs);
	if ((e == s->q->body && s->q->tensor != p->loss) || y->op != OP_CALL || y->free->n == 0 || n < 0 || !reads_a_value(p, x) || !reads_are_safe(p, y)) return y;
	struct tensor *t = define(p, arena_print(p->arena, "%s_%s", s->q->tensor->name, e->function->name), n, lhs, MAP, 0, NULL, y, ROLE_VALUE, s->q->span);
	return read_at(p, t, lhs);
}

void
split_scalars(struct program *p)
{
	int n = p->equations.n;
	for (int i = 0; i < n; i++) {
		struct equation *q = p->equations.at[i];
		if (q->reduction || q->tensor->no_gradient || !q->body->has_call) continue;
		q->body = rewrite(p, q->body, name_scalars, &(struct split){q, true});
		q->body = rewrite(p, q->body, name_scalars, &(struct split){q, false});
	}
	order_equations(p);
}

/* ---- H ---------------------------------------------------------------------------------------------------------------------------------------- */

/* the equation's indices that e mentions, samples first */
static int
indices_of(const struct equation *q, const struct expr *e, struct index *out[])
{
	int n = 0;
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < q->lhs_count + q->bound_count; i++) {
			struct index *v = i < q->lhs_count ? q->lhs[i] : q->bound[i - q->lhs_count];
			if (v->batch == (pass == 0) && mentions(e, v)) out[n++] = v;
		}
	return n;
}

/* the factor as a read of an equation of its own, where that is computed less often than the sum's body */
static struct expr *
settled(struct program *p, const struct equation *q, struct expr *f)
{
	struct index *lhs[2 * MAX_RANK];
	int n = indices_of(q, f, lhs), reads;
	expr_reads(p, f, &reads);
	if (f->op == OP_READ || f->integer || reads == 0 || n == 0 || n >= q->lhs_count + q->bound_count || n > MAX_RANK || !reads_are_safe(p, f)) return f;
	struct tensor *t = define(p, arena_print(p->arena, "%s_factor", q->tensor->name), n, lhs, MAP, 0, NULL, f, ROLE_VALUE, q->span);
	return read_at(p, t, lhs);
}

static bool
is_within(const struct expr *a, const struct expr *b)
{
	for (int i = 0; i < a->free->n; i++)
		if (!mentions(b, a->free->at[i])) return false;
	return true;
}

/* if c then a * b * .. else 0, with a condition on data: back to the factor that it came from */
static struct expr *
guard_factor(struct program *p, struct expr *body)
{
	if (body->op != OP_IF || !is_number(body->kid[2], 0) || body->kid[1]->op != OP_MUL) return body;
	struct expr *c = body->kid[0], *product = body->kid[1], *out = number(p, 1);
	for (int i = 0; i < conjunct_count(c); i++)
		if (!conjunct(c, i)->has_read || conjunct(c, i)->op == OP_EQ0) return body;
	int best = -1;
	for (int k = 0; k < product->n; k++)
		if (is_within(c, product->kid[k]) && (best < 0 || product->kid[k]->free->n < product->kid[best]->free->n)) best = k;
	if (best < 0 || !reads_are_safe(p, c)) return body;
	struct expr *f = choose(p, c, product->kid[best], number(p, 0));
	struct index *lhs[MAX_RANK];
	int n = 0;
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < f->free->n && n < MAX_RANK; i++)
			if (f->free->at[i]->batch == (pass == 0)) lhs[n++] = f->free->at[i];
	struct tensor *t = define(p, "factor", n, lhs, MAP, 0, NULL, f, ROLE_VALUE, (struct span){0});
	for (int k = 0; k < product->n; k++) out = mul(p, out, k == best ? read_at(p, t, lhs) : product->kid[k]);
	return out;
}

void
settle_factors(struct program *p)
{
	int equations = p->equations.n;
	for (int i = 0; i < equations; i++) {
		struct equation *q = p->equations.at[i];
		if (q->reduction != SUM) continue;
		q->body = guard_factor(p, q->body);
		if (q->body->op != OP_MUL) continue;
		struct expr *body = number(p, 1);
		for (int k = 0; k < q->body->n; k++) body = mul(p, body, settled(p, q, q->body->kid[k]));
		q->body = body;
	}
	order_equations(p);
}
