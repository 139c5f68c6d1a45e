/* print.c - equations as text.  What is printed with the sample style is the language again. */
#include "core/print.h"
#include "core/function.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum level { IF_LEVEL, OR_LEVEL, AND_LEVEL, NOT_LEVEL, COMPARE_LEVEL, ADD_LEVEL, SUM_LEVEL, MUL_LEVEL, FACTOR_LEVEL, UNARY_LEVEL, POWER_LEVEL, ATOM_LEVEL };

struct named { /* an index and the name that it has in this equation */
	const struct index *index;
	const char *name;
};

struct print {
	struct program *p;
	struct print_style style;
	struct equation **inlined; /* by tensor id: printed where it is read */
	LIST(struct named) names;
};

struct piece { /* text and how tightly it binds */
	char *text;
	enum level level;
};

static struct piece show(struct print *s, struct expr *e);
static struct piece show_reduction(struct print *s, const struct equation *q, struct expr *const at[]);

static struct piece
piece(struct print *s, enum level level, char *text)
{
	(void)s;
	return (struct piece){text, level};
}

static char *
at_level(struct print *s, struct expr *e, enum level least)
{
	struct piece x = show(s, e);
	return x.level < least ? arena_print(s->p->arena, "(%s)", x.text) : x.text;
}

/* ---- names of indices -------------------------------------------------------------------------------------------------------------------------- */

static const char *
index_name(struct print *s, const struct index *i)
{
	for (int k = s->names.n - 1; k >= 0; k--)
		if (s->names.at[k].index == i) return s->names.at[k].name;
	return i->name;
}

/* a name that no other index in scope has: j, j2, j3 ... */
static void
name_index(struct print *s, const struct index *i)
{
	const char *name = i->batch ? (s->style.sample ? "batch" : i->name) : i->name;
	for (int number_ = 2;; number_++) {
		bool taken = false;
		for (int k = 0; k < s->names.n; k++) taken |= !strcmp(s->names.at[k].name, name);
		if (!taken) break;
		name = arena_print(s->p->arena, "%s%d", i->name, number_);
	}
	PUSH(s->p->arena, &s->names, (struct named){i, name});
}

/* ---- numbers ------------------------------------------------------------------------------------------------------------------------------------- */

static char *
number_text(struct program *p, double v)
{
	if (isinf(v)) return arena_print(p->arena, "%s", v < 0 ? "-inf" : "inf");
	for (int digits = 6; digits < 17; digits += 5) {
		char *s = arena_print(p->arena, "%.*g", digits, v);
		if (strtod(s, NULL) == v || digits == 16) return s;
	}
	return arena_print(p->arena, "%.17g", v);
}

/* ---- sums and products ------------------------------------------------------------------------------------------------------------------------------ */

static bool
is_negative(struct print *s, struct expr *e)
{
	struct expr *rest;
	if (e->op == OP_IF && e->kid[1]->op == OP_NUMBER && e->kid[1]->number < 0 && is_number(e->kid[2], 0)) return true;
	return coefficient(s->p, e, &rest) < 0;
}

static struct piece
show_sum(struct print *s, struct expr *e)
{
	struct text t = {.arena = s->p->arena};
	for (int pass = 0; pass < 2; pass++) /* what is added first, then what is taken away */
		for (int i = 0; i < e->n; i++) {
			struct expr *x = e->kid[i];
			bool negative = is_negative(s, x);
			if (negative != (pass == 1)) continue;
			if (negative && t.length && x->op == OP_IF) text_add(&t, " - %s", at_level(s, choose(s->p, x->kid[0], scale(s->p, -1, x->kid[1]), x->kid[2]), SUM_LEVEL));
			else if (negative && t.length) text_add(&t, " - %s", at_level(s, scale(s->p, -1, x), SUM_LEVEL));
			else text_add(&t, "%s%s", t.length ? " + " : "", at_level(s, x, t.length ? SUM_LEVEL : ADD_LEVEL));
		}
	return piece(s, ADD_LEVEL, text_end(&t));
}

/* the body of a map that stabilised an exponential, without the shift that cancels: exp(e) and sum(r) exp(e) */
static const struct equation *
unshifted_pair(struct print *s, const struct expr *e, int *numerator, int *denominator)
{
	for (int i = 0; i < e->n; i++)
		for (int k = 0; k < e->n; k++) {
			const struct expr *x = e->kid[i], *y = e->kid[k];
			if (x->op != OP_READ || !x->tensor->unshifted || y->op != OP_POW || !is_number(y->kid[1], -1) || y->kid[0]->op != OP_READ) continue;
			if (y->kid[0]->tensor->unshifted != x->tensor->unshifted || x->tensor == y->kid[0]->tensor) continue;
			*numerator = i;
			*denominator = k;
			(void)s;
			return x->tensor->unshifted;
		}
	return NULL;
}

/* exp(z[k]) / sum(j) exp(z[j]) for the stored quotient exp(z[k] - top) / Z */
static char *
show_unshifted(struct print *s, const struct equation *q, const struct expr *numerator, const struct expr *denominator)
{
	struct program *p = s->p;
	int n = q->lhs_count + q->bound_count;
	struct index **from = NEW_ARRAY(p->arena, n, struct index *);
	memcpy(from, q->lhs, (size_t)q->lhs_count * sizeof *from);
	memcpy(from + q->lhs_count, q->bound, (size_t)q->bound_count * sizeof *from);
	struct expr *top = substitute(p, q->body, n, from, numerator->kid);
	struct piece below = show_reduction(s, q, denominator->kid[0]->kid);
	return arena_print(p->arena, "%s / %s", at_level(s, top, FACTOR_LEVEL), arena_print(p->arena, "(%s)", below.text));
}

static struct piece
show_product(struct print *s, struct expr *e)
{
	struct program *p = s->p;
	struct expr *rest;
	if (coefficient(p, e, &rest) == -1) return piece(s, UNARY_LEVEL, arena_print(p->arena, "-%s", at_level(s, rest, FACTOR_LEVEL)));
	struct text up = {.arena = p->arena}, down = {.arena = p->arena};
	int top = -1, bottom = -1, count = 0;
	const struct equation *q = unshifted_pair(s, e, &top, &bottom);
	if (q) {
		text_add(&up, "%s", show_unshifted(s, q, e->kid[top], e->kid[bottom]));
		count++;
	}
	for (int i = 0; i < e->n; i++) {
		struct expr *f = e->kid[i];
		if (i == top || i == bottom) continue;
		if (f->op == OP_POW && f->kid[1]->op == OP_NUMBER && f->kid[1]->number < 0) {
			text_add(&down, " / %s", at_level(s, power_of(p, f->kid[0], -f->kid[1]->number), UNARY_LEVEL));
		} else {
			text_add(&up, "%s%s", up.length ? " * " : "", at_level(s, f, up.length ? FACTOR_LEVEL : MUL_LEVEL));
		}
		count++;
	}
	if (!up.length) text_add(&up, "1");
	return piece(s, count > 1 || down.length || q ? MUL_LEVEL : ATOM_LEVEL, arena_print(p->arena, "%s%s", text_end(&up), text_end(&down)));
}

static struct piece
show_power(struct print *s, struct expr *e)
{
	struct program *p = s->p;
	if (is_number(e->kid[1], 0.5)) return piece(s, ATOM_LEVEL, arena_print(p->arena, "sqrt(%s)", show(s, e->kid[0]).text));
	if (e->kid[1]->op == OP_NUMBER && e->kid[1]->number < 0)
		return piece(s, MUL_LEVEL, arena_print(p->arena, "1 / %s", at_level(s, power_of(p, e->kid[0], -e->kid[1]->number), UNARY_LEVEL)));
	return piece(s, POWER_LEVEL, arena_print(p->arena, "%s^%s", at_level(s, e->kid[0], ATOM_LEVEL), at_level(s, e->kid[1], ATOM_LEVEL)));
}

/* ---- conditions --------------------------------------------------------------------------------------------------------------------------------------- */

/* a - b REL 0 as a REL b, without negative terms */
static struct piece
show_whole(struct print *s, struct expr *e, const char *relation)
{
	struct program *p = s->p;
	struct affine *a = affine_of(p, e);
	struct expr *left = number(p, a->constant > 0 ? (double)a->constant : 0), *right = number(p, a->constant < 0 ? (double)-a->constant : 0);
	for (int i = 0; i < a->n; i++) {
		struct expr *x = scale(p, (double)labs(a->term[i].coefficient), a->term[i].atom);
		if (a->term[i].coefficient > 0) left = add(p, left, x);
		else right = add(p, right, x);
	}
	if (left->op == OP_NUMBER && !strcmp(relation, ">=")) {
		struct expr *swap = left;
		left = right;
		right = swap;
		relation = "<=";
	}
	return piece(s, COMPARE_LEVEL, arena_print(p->arena, "%s %s %s", at_level(s, left, ADD_LEVEL), relation, at_level(s, right, ADD_LEVEL)));
}

static struct piece
show_compare(struct print *s, struct expr *e, const char *relation)
{
	struct expr *a = e->kid[0], *b = e->kid[1];
	if (a->op == OP_NUMBER && b->op != OP_NUMBER) { /* 0 < x reads better as x > 0 */
		a = e->kid[1];
		b = e->kid[0];
		relation = e->op == OP_LT ? ">" : e->op == OP_LE ? ">=" : relation;
	}
	return piece(s, COMPARE_LEVEL, arena_print(s->p->arena, "%s %s %s", at_level(s, a, ADD_LEVEL), relation, at_level(s, b, ADD_LEVEL)));
}

static struct piece
show_and(struct print *s, struct expr *e)
{
	struct text t = {.arena = s->p->arena};
	for (int i = 0; i < e->n; i++) text_add(&t, "%s%s", i ? " and " : "", at_level(s, e->kid[i], NOT_LEVEL));
	return piece(s, AND_LEVEL, text_end(&t));
}

static struct piece
show_not(struct print *s, struct expr *e)
{
	struct expr *c = e->kid[0];
	if (c->op == OP_EQ0) return show_whole(s, c->kid[0], "!=");
	return piece(s, NOT_LEVEL, arena_print(s->p->arena, "not %s", at_level(s, c, NOT_LEVEL)));
}

/* ---- reads -------------------------------------------------------------------------------------------------------------------------------------------- */

/* without the blanks that a subscript does not need */
static char *
tight(char *s)
{
	char *to = s;
	for (char *from = s; *from; from++)
		if (*from != ' ') *to++ = *from;
	*to = 0;
	return s;
}

static struct piece
show_read(struct print *s, struct expr *e)
{
	struct equation *q = s->inlined ? s->inlined[e->tensor->id] : NULL;
	if (q) return show_reduction(s, q, e->kid);
	struct text t = {.arena = s->p->arena};
	text_add(&t, "%s", e->tensor->name);
	int first = s->style.sample && e->tensor->batch && e->n ? 1 : 0;
	for (int i = first; i < e->n; i++) {
		struct piece x = show(s, e->kid[i]);
		bool blanks = e->kid[i]->op == OP_ADD || e->kid[i]->op == OP_MUL || e->kid[i]->op == OP_DIV || e->kid[i]->op == OP_MOD;
		text_add(&t, "%s%s", i == first ? "[" : ",", blanks ? tight(x.text) : x.text);
	}
	if (e->n > first) text_add(&t, "]");
	return piece(s, ATOM_LEVEL, text_end(&t));
}

/* an index that stands bare in a subscript of its own size needs no range */
static bool
range_is_clear(struct program *p, struct expr *body, const struct index *v)
{
	int n;
	struct expr **reads = expr_reads(p, body, &n);
	for (int i = 0; i < n; i++)
		for (int k = 0; k < reads[i]->n; k++)
			if (reads[i]->kid[k]->op == OP_INDEX && reads[i]->kid[k]->index == v && reads[i]->tensor->shape[k] == v->size) return true;
	return false;
}

/* sum(n) .. / B is the mean over the samples; *body loses the factor */
static bool
take_batch_mean(struct program *p, struct expr **body)
{
	struct expr *b = *body, *guard = NULL;
	if (b->op == OP_IF && is_number(b->kid[2], 0)) {
		guard = b->kid[0];
		b = b->kid[1];
	}
	struct expr *inverse = power_of(p, batch_size(p), -1);
	bool has = b == inverse;
	for (int i = 0; b->op == OP_MUL && i < b->n; i++) has |= b->kid[i] == inverse;
	if (!has) return false;
	b = mul(p, b, batch_size(p));
	*body = guard ? choose(p, guard, b, number(p, 0)) : b;
	return true;
}

static struct piece
show_reduction(struct print *s, const struct equation *q, struct expr *const at[])
{
	struct program *p = s->p;
	int names = s->names.n, count = 0;
	struct expr *body = at ? substitute(p, q->body, q->lhs_count, q->lhs, at) : q->body;
	bool samples = false;
	struct text t = {.arena = p->arena}, list = {.arena = p->arena};
	for (int i = 0; i < q->bound_count; i++) samples |= q->bound[i]->batch;
	const char *outer = NULL;
	if (samples && q->reduction == SUM && take_batch_mean(p, &body)) outer = "mean";
	for (int i = 0; i < q->bound_count; i++) {
		struct index *v = q->bound[i];
		name_index(s, v);
		if (outer && v->batch) continue;
		bool clear = v->batch || range_is_clear(p, body, v);
		text_add(&list, "%s%s", count++ ? "," : "", v->batch && s->style.sample ? "batch" : index_name(s, v));
		if (!clear) text_add(&list, " in 0..%ld", v->size - 1);
	}
	if (outer) text_add(&t, "%s(%s) ", outer, s->style.sample ? "batch" : "n");
	if (count) text_add(&t, "%s(%s) ", reduction_name[q->reduction], text_end(&list));
	struct piece x = show(s, body);
	text_add(&t, x.level < MUL_LEVEL || x.level == UNARY_LEVEL ? "(%s)" : "%s", x.text);
	s->names.n = names;
	return piece(s, SUM_LEVEL, text_end(&t));
}

/* ---- all of it ----------------------------------------------------------------------------------------------------------------------------------------- */

static struct piece
show(struct print *s, struct expr *e)
{
	struct program *p = s->p;
	switch (e->op) {
	case OP_NUMBER: return piece(s, e->number < 0 ? UNARY_LEVEL : ATOM_LEVEL, number_text(p, e->number));
	case OP_BOOL: return piece(s, ATOM_LEVEL, arena_print(p->arena, "%s", e->number != 0 ? "true" : "false"));
	case OP_INDEX: return piece(s, ATOM_LEVEL, arena_print(p->arena, "%s", index_name(s, e->index)));
	case OP_BATCH: return piece(s, ATOM_LEVEL, arena_print(p->arena, "batch"));
	case OP_READ: return show_read(s, e);
	case OP_ADD: return show_sum(s, e);
	case OP_MUL: return show_product(s, e);
	case OP_POW: return show_power(s, e);
	case OP_DIV: return piece(s, MUL_LEVEL, arena_print(p->arena, "%s / %ld", at_level(s, e->kid[0], FACTOR_LEVEL), e->divisor));
	case OP_MOD: return piece(s, MUL_LEVEL, arena_print(p->arena, "%s %% %ld", at_level(s, e->kid[0], FACTOR_LEVEL), e->divisor));
	case OP_CALL: return piece(s, ATOM_LEVEL, arena_print(p->arena, "%s(%s)", e->function->name, show(s, e->kid[0]).text));
	case OP_IF:
		return piece(s, IF_LEVEL, arena_print(p->arena, "if %s then %s else %s", at_level(s, e->kid[0], OR_LEVEL), show(s, e->kid[1]).text, show(s, e->kid[2]).text));
	case OP_GE0: return show_whole(s, e->kid[0], ">=");
	case OP_EQ0: return show_whole(s, e->kid[0], "==");
	case OP_LT: return show_compare(s, e, "<");
	case OP_LE: return show_compare(s, e, "<=");
	case OP_EQ: return show_compare(s, e, "==");
	case OP_AND: return show_and(s, e);
	case OP_NOT: return show_not(s, e);
	}
	return piece(s, ATOM_LEVEL, arena_print(p->arena, "?"));
}

char *
expr_text(struct program *p, struct expr *e, struct print_style style)
{
	struct print s = {.p = p, .style = style};
	return show(&s, e).text;
}

static char *
show_equation(struct print *s, const struct equation *q)
{
	struct program *p = s->p;
	struct text t = {.arena = p->arena};
	s->names.n = 0;
	for (int i = 0; i < q->lhs_count; i++) name_index(s, q->lhs[i]);
	text_add(&t, "%s", q->tensor->name);
	int first = s->style.sample && q->tensor->batch ? 1 : 0;
	for (int i = first; i < q->lhs_count; i++) {
		struct index *v = q->lhs[i];
		bool clear = v->batch || !s->style.sample || range_is_clear(p, q->body, v);
		text_add(&t, "%s%s", i == first ? "[" : ",", index_name(s, v));
		if (!clear) text_add(&t, " in 0..%ld", v->size - 1);
	}
	struct piece body = q->reduction ? show_reduction(s, q, NULL) : show(s, q->body);
	text_add(&t, "%s = %s", q->lhs_count > first ? "]" : "", body.text);
	return text_end(&t);
}

char *
equation_text(struct program *p, const struct equation *q, struct print_style style)
{
	struct print s = {.p = p, .style = style};
	return show_equation(&s, q);
}

/* how often each tensor is written when shared nodes are spelled out */
static void
count_reads(const struct expr *e, int *count, int depth)
{
	if (e->op == OP_READ) count[e->tensor->id]++;
	for (int i = 0; i < e->n && depth < 40; i++) count_reads(e->kid[i], count, depth + 1);
}

static bool
is_kept(const struct program *p, const struct tensor *t)
{
	bool kept = t == p->loss;
	for (int i = 0; i < p->outputs.n; i++) kept |= p->outputs.at[i] == t;
	for (int i = 0; i < p->metrics.n; i++) kept |= p->metrics.at[i] == t;
	for (int i = 0; i < p->gradients.n; i++) kept |= p->gradients.at[i].gradient == t;
	return kept;
}

/* the recurrence that each tensor belongs to; NULL: none */
static const struct recurrence_of **
recurrence_table(struct program *p)
{
	const struct recurrence_of **table = NEW_ARRAY(p->arena, p->tensors.n + 1, const struct recurrence_of *);
	struct recurrence_of **r;
	int n = find_recurrences(p, &r);
	for (int i = 0; i < n; i++)
		for (int k = 0; k < r[i]->n; k++) table[r[i]->at[k]->tensor->id] = r[i];
	return table;
}

/* above the equations of a recurrence: "# for t = 99 .. 0"; the names of the indices are those of q, which belongs to it */
static const char *
steps_comment(struct print *s, const struct recurrence_of *r, const struct equation *q)
{
	int k = 0;
	while (r->at[k] != q) k++;
	long last = r->steps - 1;
	return arena_print(s->p->arena, "# for %s = %ld .. %ld\n", index_name(s, q->lhs[r->time[k]]), r->direction > 0 ? 0 : last, r->direction > 0 ? last : 0);
}

void
program_print(struct program *p, struct text *out, struct print_style style, bool (*keep)(const struct equation *, void *), void *context)
{
	struct print s = {.p = p, .style = style};
	if (style.join) {
		int *count = NEW_ARRAY(p->arena, p->tensors.n + 1, int);
		s.inlined = NEW_ARRAY(p->arena, p->tensors.n + 1, struct equation *);
		for (int i = 0; i < p->equations.n; i++) count_reads(p->equations.at[i]->body, count, 0);
		for (int i = 0; i < p->equations.n; i++) {
			struct equation *q = p->equations.at[i];
			if ((q->reduction == SUM || q->reduction == MEAN) && q->tensor->temporary && count[q->tensor->id] == 1 && !is_kept(p, q->tensor))
				s.inlined[q->tensor->id] = q;
		}
	}
	const struct recurrence_of **recurrence = recurrence_table(p), *last = NULL;
	for (int i = 0; i < p->equations.n; i++) {
		struct equation *q = p->equations.at[i];
		if ((s.inlined && s.inlined[q->tensor->id]) || (keep && !keep(q, context))) continue;
		const struct recurrence_of *r = recurrence[q->tensor->id];
		const char *equation = show_equation(&s, q);
		if (r && r != last) text_add(out, "%s", steps_comment(&s, r, q));
		text_add(out, "%s%s\n", r ? "  " : "", equation);
		last = r;
	}
}
