/* forms.c - what an expression costs, and its cheapest form (rules X and F): as it is, multiplied out, factored. */
#include "core/function.h"
#include "derive/derive.h"

/* ---- cost -------------------------------------------------------------------------------------------------------------------------------------- */

int
expr_cost(struct program *p, struct expr *e)
{
	int n, cost = 0;
	struct expr **nodes = expr_nodes(p, e, &n);
	for (int i = 0; i < n; i++) {
		const struct expr *x = nodes[i];
		if (x->integer) continue;
		switch (x->op) {
		case OP_ADD: cost += x->n - 1; break;
		case OP_MUL: cost += x->n - 1 - is_number(x->kid[0], -1); break;
		case OP_POW: cost += is_number(x->kid[1], 2) ? 1 : 4; break;
		case OP_CALL: cost += x->function->transcendental ? 20 : 1; break;
		case OP_READ: case OP_IF: cost += 1; break;
		default: break;
		}
	}
	return cost;
}

/* ---- F: a*S + b*S = (a + b)*S ------------------------------------------------------------------------------------------------------------------ */

static struct expr *factor(struct program *p, struct expr *e, void *context);

struct shared_factor {
	struct expr *factor;
	int count, cost;
};

static bool
has_factor(const struct expr *term, const struct expr *f)
{
	if (term == f) return true;
	for (int i = 0; term->op == OP_MUL && i < term->n; i++)
		if (term->kid[i] == f) return true;
	return false;
}

static struct expr *
without_factor(struct program *p, struct expr *term, const struct expr *f)
{
	if (term == f) return number(p, 1);
	struct expr **rest = NEW_ARRAY(p->arena, term->n, struct expr *);
	int n = 0;
	for (int i = 0; i < term->n; i++)
		if (term->kid[i] != f) rest[n++] = term->kid[i];
	return mul_all(p, n, rest);
}

/* the factor that most terms have, the dearest of these */
static struct expr *
best_factor(struct program *p, struct expr *const terms[], int n)
{
	struct shared_factor best = {0};
	for (int i = 0; i < n; i++) {
		int m = terms[i]->op == OP_MUL ? terms[i]->n : 1;
		for (int k = 0; k < m; k++) {
			struct expr *f = terms[i]->op == OP_MUL ? terms[i]->kid[k] : terms[i];
			int count = 0;
			if (f->op == OP_NUMBER) continue;
			for (int t = 0; t < n; t++) count += has_factor(terms[t], f);
			int cost = count > 1 ? expr_cost(p, f) : 0;
			if (count < 2 || count < best.count || (count == best.count && cost < best.cost)) continue;
			if (count == best.count && cost == best.cost && f->id >= best.factor->id) continue;
			best = (struct shared_factor){f, count, cost};
		}
	}
	return best.factor;
}

static struct expr *factored_sum(struct program *p, struct expr *e);

static struct expr *
factor(struct program *p, struct expr *e, void *context)
{
	if (e->op != OP_ADD || e->integer || e->n > 64) return NULL;
	struct expr **terms = NEW_ARRAY(p->arena, e->n, struct expr *), *inner = number(p, 0), *rest = number(p, 0);
	for (int i = 0; i < e->n; i++) terms[i] = rewrite(p, e->kid[i], factor, context);
	struct expr *f = best_factor(p, terms, e->n);
	if (!f) return add_all(p, e->n, terms);
	for (int i = 0; i < e->n; i++) {
		if (has_factor(terms[i], f)) inner = add(p, inner, without_factor(p, terms[i], f));
		else rest = add(p, rest, terms[i]);
	}
	struct expr *out = add(p, rest, mul(p, f, factored_sum(p, inner)));
	return out->op == OP_ADD && out->n < e->n ? factored_sum(p, out) : out;
}

/* one of reals, and only so many */
static struct expr *
factored_sum(struct program *p, struct expr *e)
{
	struct expr *out = factor(p, e, NULL);
	return out ? out : e;
}

/* ---- X: multiply out ------------------------------------------------------------------------------------------------------------------------------ */

static struct expr *
multiply_out(struct program *p, struct expr *e, void *context)
{
	if (e->op != OP_MUL) return NULL;
	struct expr **f = NEW_ARRAY(p->arena, e->n, struct expr *);
	for (int i = 0; i < e->n; i++) f[i] = rewrite(p, e->kid[i], multiply_out, context);
	for (int i = 0; i < e->n; i++) {
		struct expr *sum = f[i];
		if (sum->op != OP_ADD || sum->integer || sum->n > 16) continue;
		struct expr *out = number(p, 0);
		for (int t = 0; t < sum->n; t++) {
			f[i] = sum->kid[t];
			out = add(p, out, rewrite(p, mul_all(p, e->n, f), multiply_out, context));
		}
		return out;
	}
	return mul_all(p, e->n, f);
}

struct expr *
factored(struct program *p, struct expr *e)
{
	return rewrite(p, e, factor, NULL);
}

/* ---- the cheapest ------------------------------------------------------------------------------------------------------------------------------------ */

struct forms { /* of an expression with a sum */
	struct expr *out;      /* multiplied out; NULL: a copy of which nobody asked that */
	struct expr *cheapest; /* of this, of itself, and of both factored */
	uint64_t kinds;        /* of the nodes of `out` */
};

static struct forms *
find_forms(struct program *p, struct expr *e)
{
	struct forms *f = NEW(p->arena, struct forms);
	*f = (struct forms){rewrite(p, e, multiply_out, NULL), e, 0};
	f->kinds = f->out->kinds;
	struct expr *candidate[] = {factored(p, e), f->out, factored(p, f->out)};
	int least = expr_cost(p, e);
	for (int i = 0; i < 3; i++) {
		int c = expr_cost(p, candidate[i]);
		if (c >= least) continue;
		least = c;
		f->cheapest = candidate[i];
	}
	return f;
}

/* the same of a copy, whose tensors are called otherwise */
static struct expr *
copied(struct program *p, struct expr *form, const struct expr *from, struct expr *e, const struct renaming *r)
{
	return form == from ? e : rename_tensors(p, form, r);
}

static struct forms *
forms_of(struct program *p, struct expr *e, bool out)
{
	struct matching m;
	struct renaming r;
	if (e->forms && (e->forms->out || !out)) return e->forms;
	struct expr *alike = e->has_read ? find_alike(p, &p->formed, e, &m, &r) : NULL;
	if (!alike || !alike->forms) return e->forms = find_forms(p, e);
	if (!e->forms) e->forms = NEW(p->arena, struct forms);
	e->forms->kinds = alike->forms->kinds;
	if (out) e->forms->out = copied(p, alike->forms->out, alike, e, &r);
	if (!e->forms->cheapest) e->forms->cheapest = copied(p, alike->forms->cheapest, alike, e, &r);
	return e->forms;
}

struct expr *
multiplied_out(struct program *p, struct expr *e)
{
	return forms_of(p, e, true)->out;
}

uint64_t
kinds_multiplied_out(struct program *p, struct expr *e)
{
	return forms_of(p, e, false)->kinds;
}

struct expr *
cheapest(struct program *p, struct expr *e)
{
	return !e->condition && e->has_sum ? forms_of(p, e, false)->cheapest : e;
}
