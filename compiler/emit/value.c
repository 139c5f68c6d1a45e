/* value.c - the arithmetic of one equation as a C expression, in the order that lower.c wrote down. */
#include "emit/emit.h"
#include "core/function.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COMPARE, SUM_, PRODUCT, UNARY, ATOM };

void
write_line(struct writer *w, const char *format, ...)
{
	size_t start = w->body.length;
	for (int i = 0; i < w->indent; i++) text_bytes(&w->body, "\t", 1);
	size_t indented = w->body.length;
	va_list args;
	va_start(args, format);
	text_vadd(&w->body, format, args);
	va_end(args);
	if (w->body.length == indented) w->body.length = start; /* a blank line has no tabs */
	text_bytes(&w->body, "\n", 1);
}

/* ---- names ------------------------------------------------------------------------------------------------------------------------------------------ */

void
bind_index(struct writer *w, const struct index *i, const char *text)
{
	for (int k = 0; k < w->index.n; k++)
		if (w->index.at[k].index == i) {
			w->index.at[k].text = text;
			return;
		}
	PUSH(w->e->arena, &w->index, (struct index_text){i, text});
}

const char *
name_of_index(struct writer *w, const struct index *i)
{
	for (int k = w->index.n - 1; k >= 0; k--)
		if (w->index.at[k].index == i) return w->index.at[k].text;
	return "0";
}

/* what no tensor can be called */
static const char *
buffer_of(struct emission *e, const struct tensor *t, const char *suffix)
{
	return *suffix ? arena_print(e->arena, "%s %s", t->name, suffix) : t->name;
}

const char *
buffer_name(struct emission *e, const struct tensor *t, const char *suffix)
{
	const char *buffer = buffer_of(e, t, suffix);
	int *place = map_get(e->arena, &e->buffer_places, buffer);
	if (*place) return e->buffers.at[*place - 1];
	PUSH(e->arena, &e->buffers, c_name(&e->members, buffer));
	PUSH(e->arena, &e->buffer_is_integer, t->integer);
	*place = e->buffers.n;
	return e->buffers.at[*place - 1];
}

const char *
used_buffer(struct emission *e, const struct tensor *t, const char *suffix)
{
	int *place = map_find(&e->buffer_places, buffer_of(e, t, suffix));
	return place ? e->buffers.at[*place - 1] : NULL;
}

/* the variable that holds the tensor's element of the moment; NULL: none does */
static const struct held *
held(const struct writer *w, const struct tensor *t)
{
	for (int i = w->held.n - 1; i >= 0; i--)
		if (w->held.at[i].tensor == t) return &w->held.at[i];
	return NULL;
}

static const char *
in_level(struct writer *w, struct value_text v, int least)
{
	return v.level < least ? arena_print(w->e->arena, "(%s)", v.text) : v.text;
}

/* all(2), not all(2.0f): the conversion is exact */
const char *
as_vector(struct writer *w, struct value_text v)
{
	char *end;
	if (v.vector) return v.text;
	double number_ = strtod(v.text, &end);
	bool whole = end > v.text && (!*end || !strcmp(end, "f")) && fabs(number_) < 1e6 && number_ == floor(number_);
	return whole ? arena_print(w->e->arena, "all(%.0f)", number_) : arena_print(w->e->arena, "all(%s)", v.text);
}

const char *
as_vector_or_scalar(struct writer *w, struct value_text v, bool vector)
{
	return vector ? as_vector(w, v) : v.text;
}

static const char *ints_text(struct writer *w, struct expr *e, int level);
static bool is_looked_up(const struct expr *read);
static const char *gathered(struct writer *w, struct expr *read, const char *gather);

/* ---- whole numbers -------------------------------------------------------------------------------------------------------------------------------------- */

static const char *whole_at(struct writer *w, struct expr *e, int level);

/* an index over one element has no loop: it is 0 */
static bool
is_zero(struct writer *w, const struct expr *e)
{
	if (e->op == OP_INDEX) return !strcmp(name_of_index(w, e->index), "0");
	for (int i = 0; e->op == OP_MUL && i < e->n; i++)
		if (is_zero(w, e->kid[i])) return true;
	return false;
}

static const char *
whole_sum(struct writer *w, struct expr *e)
{
	struct text t = {.arena = w->e->arena};
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < e->n; i++) {
			struct expr *rest;
			if (is_zero(w, e->kid[i])) continue;
			bool minus = coefficient(w->plan->program, e->kid[i], &rest) < 0;
			if (minus != (pass == 1)) continue;
			struct expr *x = minus && t.length ? scale(w->plan->program, -1, e->kid[i]) : e->kid[i];
			text_add(&t, "%s%s", !t.length ? "" : minus ? " - " : " + ", whole_at(w, x, t.length ? PRODUCT : SUM_));
		}
	return t.length ? text_end(&t) : "0";
}

static const char *
whole_division(struct writer *w, struct expr *e)
{
	struct interval i = interval_of(e->kid[0]);
	bool div = e->op == OP_DIV;
	if (i.known && i.low >= 0) return arena_print(w->e->arena, "%s %s %ld", whole_at(w, e->kid[0], PRODUCT), div ? "/" : "%", e->divisor);
	return arena_print(w->e->arena, "%s(%s, %ld)", div ? "nn_floor_div" : "nn_floor_mod", whole_at(w, e->kid[0], COMPARE), e->divisor);
}

static const char *
whole_at(struct writer *w, struct expr *e, int level)
{
	struct arena *a = w->e->arena;
	const char *s;
	int own = ATOM;
	bool vector;
	switch (e->op) {
	case OP_NUMBER:
		s = arena_print(a, "%.0f", e->number);
		own = e->number < 0 ? UNARY : ATOM;
		break;
	case OP_INDEX:
		s = name_of_index(w, e->index);
		own = strpbrk(s, " +") ? SUM_ : ATOM;
		break;
	case OP_ADD: s = whole_sum(w, e); own = SUM_; break;
	case OP_MUL: {
		struct text t = {.arena = a};
		if (is_zero(w, e)) return "0";
		for (int i = 0; i < e->n; i++) text_add(&t, "%s%s", i ? " * " : "", whole_at(w, e->kid[i], i ? UNARY : PRODUCT));
		s = text_end(&t);
		own = PRODUCT;
		break;
	}
	case OP_DIV: case OP_MOD: s = whole_division(w, e); own = strchr(s, '(') == s + 12 ? ATOM : PRODUCT; break;
	case OP_READ: {
		const struct held *h = held(w, e->tensor);
		s = h ? h->name : element_text(w, e, &vector);
		break;
	}
	case OP_IF: {
		struct lowered l = lower_equation(w->plan->program, &(struct equation){.body = e->kid[0]});
		w->guarded++;
		struct value_text c = write_value(w, &l);
		w->guarded--;
		s = arena_print(a, "(%s ? %s : %s)", c.text, whole_at(w, e->kid[1], COMPARE), whole_at(w, e->kid[2], COMPARE));
		break;
	}
	default: s = "0";
	}
	return own < level ? arena_print(a, "(%s)", s) : s;
}

const char *
whole_text(struct writer *w, struct expr *e, int level)
{
	return whole_at(w, e, level);
}

const char *
whole_lanes_text(struct writer *w, struct expr *e)
{
	return ints_text(w, e, COMPARE);
}

/* what is added first, then what is taken away */
static const char *
ints_sum(struct writer *w, struct expr *e)
{
	struct program *p = w->plan->program;
	struct text t = {.arena = w->e->arena};
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < e->n; i++) {
			struct expr *rest;
			bool minus = coefficient(p, e->kid[i], &rest) < 0;
			if (minus != (pass == 1)) continue;
			text_add(&t, "%s%s", !t.length ? "" : minus ? " - " : " + ", ints_text(w, minus && t.length ? scale(p, -1, e->kid[i]) : e->kid[i], t.length ? PRODUCT : SUM_));
		}
	return text_end(&t);
}

/* the samples themselves are numbered: n == m_at[k] */
static bool
counts_samples(const struct writer *w, const struct expr *e)
{
	for (int i = 0; w->lanes == LANES_ARE_SAMPLES && i < e->free->n; i++)
		if (e->free->at[i]->batch) return true;
	return false;
}

/* lanes of whole numbers: what the data of each sample says, and which sample it is */
static const char *
ints_text(struct writer *w, struct expr *e, int level)
{
	struct arena *a = w->e->arena;
	struct program *p = w->plan->program;
	if (!e->has_read && !counts_samples(w, e)) return arena_print(a, "all_ints(%s)", whole_at(w, e, COMPARE));
	const char *s;
	bool vector;
	int own = ATOM;
	switch (e->op) {
	case OP_INDEX: s = arena_print(a, "nn_places(m->first, panel, %s)", w->sample); break;
	case OP_READ:
		if (held(w, e->tensor)) return held(w, e->tensor)->name;
		if (is_looked_up(e)) {
			s = gathered(w, e, "gather_ints");
			break;
		}
		s = element_text(w, e, &vector);
		s = vector ? arena_print(a, "load_ints(&%s)", s) : arena_print(a, "all_ints(%s)", s);
		break;
	case OP_ADD: s = ints_sum(w, e); own = SUM_; break;
	case OP_MUL: {
		struct text t = {.arena = a};
		own = PRODUCT;
		for (int i = 0; i < e->n; i++) text_add(&t, "%s%s", i ? " * " : "", ints_text(w, e->kid[i], PRODUCT + 1));
		s = text_end(&t);
		break;
	}
	case OP_DIV: s = arena_print(a, "%s / %ld", ints_text(w, e->kid[0], PRODUCT), e->divisor); own = PRODUCT; break;
	case OP_MOD: s = arena_print(a, "%s %% %ld", ints_text(w, e->kid[0], PRODUCT), e->divisor); own = PRODUCT; break;
	case OP_IF: {
		struct lowered l = lower_equation(p, &(struct equation){.body = e->kid[0]});
		w->guarded++;
		struct value_text c = write_value(w, &l);
		w->guarded--;
		s = c.vector ? arena_print(a, "pick_ints(%s, %s, %s)", c.text, ints_text(w, e->kid[1], COMPARE), ints_text(w, e->kid[2], COMPARE))
			     : arena_print(a, "(%s ? %s : %s)", c.text, ints_text(w, e->kid[1], COMPARE), ints_text(w, e->kid[2], COMPARE));
		break;
	}
	default: s = "all_ints(0)";
	}
	return own < level ? arena_print(a, "(%s)", s) : s;
}

/* ---- elements -------------------------------------------------------------------------------------------------------------------------------------------- */

/* a pointer to the tensor in front of the function's body: [..][stride], or samples side by side */
const char *
local_pointer(struct writer *w, struct tensor *t, long stride, bool rows)
{
	struct arena *a = w->e->arena;
	const struct slot *at = &w->plan->place[t->id];
	const char *type = t->integer ? "int32_t" : "real", *declaration;
	bool panels = t->batch && !rows && w->lanes != NO_LANES && !w->plan->single;
	enum operand_kind kind = rows ? OPERAND_ROWS : !t->batch ? OPERAND_PLAIN : panels ? OPERAND_PANELS : OPERAND_SAMPLES;
	const char *name = operand_name(w, kind, t, t->batch ? 0 : stride);
	for (int i = 0; i < w->locals.n; i++)
		if (!strcmp(w->locals.at[i].name, name)) return name;
	if (rows && at->own_rows) {
		declaration = arena_print(a, "const real *%s = m->%s;", name, c_name(&w->e->members, arena_print(a, "%s in", t->name)));
	} else {
		const char *memory = operand_memory(w, kind, t, t->batch ? 0 : stride);
		if (rows) declaration = arena_print(a, "const real *%s = %s;", name, memory);
		else if (panels) declaration = arena_print(a, "%s (*%s)[PANEL] = %s(%s, %ld, panel);", type, name, t->integer ? "ints_of" : "panel_of", memory, tensor_count(t));
		else if (stride > 0) declaration = arena_print(a, "%s (*%s)[%ld] = (%s(*)[%ld])%s;", type, name, stride, type, stride, memory);
		else declaration = arena_print(a, "%s *%s = %s;", type, name, memory);
	}
	PUSH(a, &w->locals, (struct local){name, declaration, panels});
	return name;
}

/* the largest stride when everything else fits below it: W[j][i] instead of W[784 * j + i] */
static long
row_stride(const struct affine *f)
{
	long stride = 0, below = f->constant;
	for (int i = 0; i < f->n; i++)
		if (f->term[i].coefficient > stride) stride = f->term[i].coefficient;
	for (int i = 0; i < f->n; i++) {
		long c = f->term[i].coefficient;
		if (c < 0) return 0;
		if (c % stride == 0) continue;
		below += c * (f->term[i].atom->index->size - 1);
	}
	return stride > 1 && f->constant >= 0 && below < stride ? stride : 0;
}

static struct expr *
affine_part(struct program *p, const struct affine *f, long stride, bool high)
{
	struct expr *e = number(p, high ? 0 : (double)f->constant);
	for (int i = 0; i < f->n; i++) {
		bool above = f->term[i].coefficient % stride == 0;
		if (above != high) continue;
		e = add(p, e, scale(p, (double)(f->term[i].coefficient / (high ? stride : 1)), f->term[i].atom));
	}
	return e;
}

static struct expr *
flat_expr(struct program *p, const struct expr *read)
{
	struct expr *flat = number(p, 0);
	const struct tensor *t = read->tensor;
	for (int i = t->batch; i < read->n; i++) flat = add(p, scale(p, (double)t->shape[i], flat), read->kid[i]);
	return flat;
}

/* the subscripts of an element of a tensor without samples */
static const char *
plain_element(struct writer *w, struct expr *read)
{
	struct program *p = w->plan->program;
	struct arena *a = w->e->arena;
	struct tensor *t = plan_root(w->plan, read->tensor);
	struct affine *f = flat_access(p, w->kernel, read);
	long stride = f ? row_stride(f) : 0;
	if (t->rank == 0) return arena_print(a, "%s[0]", local_pointer(w, t, 0, false));
	if (stride) {
		const char *name = local_pointer(w, t, stride, false);
		return arena_print(a, "%s[%s][%s]", name, whole_at(w, affine_part(p, f, stride, true), COMPARE), whole_at(w, affine_part(p, f, stride, false), COMPARE));
	}
	struct expr *flat = f ? affine_expr(p, f) : flat_expr(p, read);
	return arena_print(a, "%s[%s]", local_pointer(w, t, 0, false), whole_at(w, flat, COMPARE));
}

const char *
element_text(struct writer *w, struct expr *read, bool *vector)
{
	struct program *p = w->plan->program;
	struct arena *a = w->e->arena;
	struct tensor *t = plan_root(w->plan, read->tensor);
	*vector = false;
	if (!t->batch) return plain_element(w, read);
	struct affine *f = flat_access(p, w->kernel, read);
	struct expr *flat = f ? affine_expr(p, f) : flat_expr(p, read);
	const char *name = local_pointer(w, t, 0, false);
	if (w->plan->single) return arena_print(a, "%s[%s]", name, whole_at(w, flat, COMPARE));
	if (w->lanes == NO_LANES)
		return arena_print(a, "%s[nn_place(%s, %ld, %s)]", name, whole_at(w, read->kid[0], COMPARE), tensor_count(t), whole_at(w, flat, COMPARE));
	*vector = true;
	return arena_print(a, "%s[%s][%s]", name, whole_at(w, flat, COMPARE), w->sample);
}

/* does the position depend on each sample's data? */
static bool
is_looked_up(const struct expr *read)
{
	for (int i = read->tensor->batch; i < read->n; i++)
		if (read->kid[i]->has_read) return true;
	return false;
}

/* The element of each lane, by gather or gather_ints.  Lanes in which a guard keeps the read from happening read something all the same: where only
 * the guard keeps them inside, they read the first element. */
static const char *
gathered(struct writer *w, struct expr *read, const char *gather)
{
	struct program *p = w->plan->program;
	struct arena *a = w->e->arena;
	struct tensor *t = plan_root(w->plan, read->tensor);
	bool safe = reads_are_safe(p, read);
	const char *at = ints_text(w, flat_expr(p, read), safe && t->batch ? UNARY : COMPARE), *name = local_pointer(w, t, 0, false);
	if (!safe) at = arena_print(a, "inside(%s, %ld)", at, tensor_count(t));
	if (t->batch) return arena_print(a, "%s(&%s[0][%s], %s * PANEL + lane_index())", gather, name, w->sample, at);
	return arena_print(a, "%s(%s, %s)", gather, name, at);
}

static struct value_text
drawn_read(struct writer *w, struct expr *read)
{
	struct arena *a = w->e->arena;
	const struct tensor *t = read->tensor;
	struct affine *f = flat_access(w->plan->program, w->kernel, read);
	const char *function = t->draw == DRAW_UNIFORM ? "nn_uniform" : "nn_normal";
	const char *index = whole_at(w, f ? affine_expr(w->plan->program, f) : flat_expr(w->plan->program, read), COMPARE);
	bool samples = w->lanes == LANES_ARE_SAMPLES && t->batch;
	const char *place = !t->batch ? "all_ints(0)" : samples ? arena_print(a, "nn_places(m->first, panel, %s)", w->sample) : arena_print(a, "all_ints(m->first + %s)", whole_at(w, read->kid[0], SUM_));
	const char *text = arena_print(a, "%s(m->seed, m->step, %s, %s, all_ints(%s))%s", function, operand_memory(w, OPERAND_SITE, read->tensor, 0), place, index, samples ? "" : "[0]");
	return (struct value_text){text, ATOM, samples};
}

static struct value_text
show_read(struct writer *w, struct expr *read)
{
	struct program *p = w->plan->program;
	struct arena *a = w->e->arena;
	const struct tensor *t = read->tensor;
	bool vector;
	const struct held *h = held(w, t);
	if (h) return (struct value_text){h->name, ATOM, h->vector};
	if (t->role == ROLE_RANDOM) return drawn_read(w, read);
	if (w->lanes == LANES_ARE_SAMPLES && is_looked_up(read)) return (struct value_text){gathered(w, read, "gather"), ATOM, true};
	const char *at = element_text(w, read, &vector);
	if (vector) return (struct value_text){arena_print(a, "load(&%s)", at), ATOM, true};
	if (w->lanes == LANES_ARE_LAST_AXIS) {
		struct affine *f = flat_access(p, w->kernel, read);
		for (int i = 0; f && i < f->n; i++) {
			if (f->term[i].atom->index != w->lane_index) continue;
			if (f->term[i].coefficient != 1) return (struct value_text){arena_print(a, "gather(&%s, lane_index() * %ld)", at, f->term[i].coefficient), ATOM, true};
			return (struct value_text){w->part ? arena_print(a, "load_some(&%s, %s)", at, w->part) : arena_print(a, "load(&%s)", at), ATOM, true};
		}
	}
	return (struct value_text){at, ATOM, false};
}

/* ---- arithmetic ------------------------------------------------------------------------------------------------------------------------------------------ */

static struct value_text show(struct writer *w, const struct code *c);

static bool
is_leaf(const struct code *c)
{
	return !c->arg[0];
}

static struct value_text
binary(struct writer *w, const struct code *c, const char *op, int level)
{
	struct value_text a = show(w, c->arg[0]), b = show(w, c->arg[1]);
	return (struct value_text){arena_print(w->e->arena, "%s %s %s", in_level(w, a, level), op, in_level(w, b, level + 1)), level, a.vector || b.vector};
}

static struct value_text
comparison(struct writer *w, const struct code *c, const char *op)
{
	struct value_text a = show(w, c->arg[0]), b = show(w, c->arg[1]);
	bool vector = a.vector || b.vector;
	if (c->arg[0]->op == CODE_NUMBER && c->op != CODE_EQ) { /* x > 0 reads better than 0 < x */
		struct value_text swap = a;
		a = b;
		b = swap;
		op = c->op == CODE_LT ? ">" : ">=";
	}
	if (vector) return (struct value_text){arena_print(w->e->arena, "%s %s %s", in_level(w, (struct value_text){as_vector(w, a), a.vector ? a.level : ATOM, true}, SUM_), op,
							 in_level(w, (struct value_text){as_vector(w, b), b.vector ? b.level : ATOM, true}, SUM_)), COMPARE, true};
	return (struct value_text){arena_print(w->e->arena, "%s %s %s", in_level(w, a, SUM_), op, in_level(w, b, SUM_)), COMPARE, false};
}

static struct value_text
fused(struct writer *w, const struct code *c)
{
	struct value_text a = show(w, c->arg[0]), b = show(w, c->arg[1]), s = show(w, c->arg[2]);
	struct arena *m = w->e->arena;
	if (!a.vector && !b.vector && !s.vector) return (struct value_text){arena_print(m, "smadd(%s, %s, %s)", a.text, b.text, s.text), ATOM, false};
	if (!a.vector && b.vector) return (struct value_text){arena_print(m, "madd(%s, %s, %s)", a.text, b.text, as_vector(w, s)), ATOM, true};
	if (a.vector && !b.vector) return (struct value_text){arena_print(m, "madd(%s, %s, %s)", b.text, a.text, as_vector(w, s)), ATOM, true};
	return (struct value_text){arena_print(m, "vmadd(%s, %s, %s)", as_vector(w, a), as_vector(w, b), as_vector(w, s)), ATOM, true};
}

/* does it read something that only a condition keeps inside its tensor? */
static bool
needs_condition(struct writer *w, const struct code *c)
{
	enum { UNKNOWN, NO, YES };
	if (w->needs[c->id] != UNKNOWN) return w->needs[c->id] == YES;
	bool any = c->op == CODE_READ && !reads_are_safe(w->plan->program, c->expr);
	for (int i = 0; i < 3 && c->arg[i]; i++) any |= needs_condition(w, c->arg[i]);
	w->needs[c->id] = any ? YES : NO;
	return any;
}

/* the conditions that hold together: those on indices, the same for all lanes, and those on the data of each */
static void
split_condition(struct writer *w, const struct code *c, struct text *of_all, struct text *of_each)
{
	if (c->op == CODE_AND) {
		split_condition(w, c->arg[0], of_all, of_each);
		split_condition(w, c->arg[1], of_all, of_each);
		return;
	}
	struct value_text v = show(w, c);
	if (v.vector) text_add(of_each, "%s(%s)", of_each->length ? " & " : "", v.text);
	else text_add(of_all, "%s%s", of_all->length ? " && " : "", v.text);
}

/* Lanes all read, whatever their data says, so a condition on indices has to stand in front of reads that need it; NULL: nothing needs that. */
static const char *
guarded_selection(struct writer *w, const struct code *c)
{
	struct arena *m = w->e->arena;
	struct text of_all = {.arena = m}, of_each = {.arena = m};
	if (c->arg[0]->op != CODE_AND || (!needs_condition(w, c->arg[0]) && !needs_condition(w, c->arg[1]))) return NULL;
	w->guarded++;
	split_condition(w, c->arg[0], &of_all, &of_each);
	const char *yes = of_all.length && of_each.length ? as_vector(w, show(w, c->arg[1])) : NULL;
	w->guarded--;
	if (!yes) return NULL;
	const char *no = as_vector(w, show(w, c->arg[2])), *all = text_end(&of_all), *each = text_end(&of_each);
	if (is_leaf(c->arg[2])) return arena_print(m, "(%s ? pick(%s, %s, %s) : %s)", all, each, yes, no, no);
	return arena_print(m, "pick((%s ? %s : all_ints(0)), (%s ? %s : all(0)), %s)", all, each, all, yes, no);
}

static struct value_text
selection(struct writer *w, const struct code *c)
{
	struct arena *m = w->e->arena;
	const char *guarded = guarded_selection(w, c);
	if (guarded) return (struct value_text){guarded, ATOM, true};
	struct value_text q = show(w, c->arg[0]);
	if (!q.vector) w->guarded++;
	struct value_text yes = show(w, c->arg[1]), no = show(w, c->arg[2]);
	if (!q.vector) w->guarded--;
	if (q.vector) return (struct value_text){arena_print(m, "pick(%s, %s, %s)", q.text, as_vector(w, yes), as_vector(w, no)), ATOM, true};
	bool vector = yes.vector || no.vector;
	return (struct value_text){arena_print(m, "(%s ? %s : %s)", q.text, as_vector_or_scalar(w, yes, vector), as_vector_or_scalar(w, no, vector)), ATOM, vector};
}

static struct value_text
whole_condition(struct writer *w, const struct code *c)
{
	const char *op = c->op == CODE_GE0 ? ">=" : "==";
	struct arena *m = w->e->arena;
	struct program *p = w->plan->program;
	struct affine *f = affine_of(p, c->expr);
	struct expr *left = number(p, f->constant > 0 ? (double)f->constant : 0), *right = number(p, f->constant < 0 ? (double)-f->constant : 0);
	for (int i = 0; i < f->n; i++) { /* a >= b reads better than a - b >= 0 */
		struct expr *x = scale(p, (double)labs(f->term[i].coefficient), f->term[i].atom);
		if (f->term[i].coefficient > 0) left = add(p, left, x);
		else right = add(p, right, x);
	}
	if (w->lanes == LANES_ARE_SAMPLES && (c->expr->has_read || counts_samples(w, c->expr)))
		return (struct value_text){arena_print(m, "%s %s %s", ints_text(w, left, SUM_), op, ints_text(w, right, SUM_)), COMPARE, true};
	return (struct value_text){arena_print(m, "%s %s %s", whole_at(w, left, SUM_), op, whole_at(w, right, SUM_)), COMPARE, false};
}

static struct value_text
function_call(struct writer *w, const char *name, struct value_text x)
{
	if (x.vector) return (struct value_text){arena_print(w->e->arena, "%s(%s)", name, x.text), ATOM, true};
	return (struct value_text){arena_print(w->e->arena, "%s(all(%s))[0]", name, x.text), ATOM, false};
}

/* what gcc may see as a multiply-add, whose negation it gets wrong: `minus` of nn_vec.h */
static bool
may_be_fused(const struct code *c)
{
	return c->op == CODE_FMA || c->op == CODE_ACCUMULATOR || c->op == CODE_SELECT;
}

static struct value_text
show_node(struct writer *w, const struct code *c)
{
	struct arena *m = w->e->arena;
	struct value_text a, b;
	switch (c->op) {
	case CODE_NUMBER: return (struct value_text){c_number(m, c->number, w->e->f64), c->number < 0 ? UNARY : ATOM, false};
	case CODE_UNIFORM: return (struct value_text){arena_print(m, "m->%s", uniform_name(w->e, w->plan, c->expr)), ATOM, false};
	case CODE_WHOLE:
		if (w->lanes == LANES_ARE_SAMPLES && (c->expr->has_read || counts_samples(w, c->expr))) return (struct value_text){arena_print(m, "to_real(%s)", ints_text(w, c->expr, COMPARE)), ATOM, true};
		return (struct value_text){arena_print(m, "(real)%s", whole_at(w, c->expr, ATOM)), UNARY, false};
	case CODE_READ: return show_read(w, c->expr);
	case CODE_ACCUMULATOR: return (struct value_text){w->accumulator, ATOM, w->accumulator_vector};
	case CODE_ADD: return binary(w, c, "+", SUM_);
	case CODE_SUB: return binary(w, c, "-", SUM_);
	case CODE_MUL: return binary(w, c, "*", PRODUCT);
	case CODE_DIV: return binary(w, c, "/", PRODUCT);
	case CODE_FMA: return fused(w, c);
	case CODE_NEG:
		a = show(w, c->arg[0]);
		if (!a.vector && may_be_fused(c->arg[0])) return (struct value_text){arena_print(m, "minus(%s)", a.text), ATOM, false};
		return (struct value_text){arena_print(m, "-%s", in_level(w, a, ATOM)), UNARY, a.vector};
	case CODE_SQRT: a = show(w, c->arg[0]); return (struct value_text){arena_print(m, "%s(%s)", a.vector ? "vsqrt" : "ssqrt", a.text), ATOM, a.vector};
	case CODE_POW:
		a = show(w, c->arg[0]);
		b = show(w, c->arg[1]);
		return (struct value_text){arena_print(m, "nn_pow(%s, %s)%s", as_vector(w, a), as_vector(w, b), a.vector || b.vector ? "" : "[0]"), ATOM, a.vector || b.vector};
	case CODE_CALL: return function_call(w, c->function->c_name, show(w, c->arg[0]));
	case CODE_SELECT: return selection(w, c);
	case CODE_LT: return comparison(w, c, "<");
	case CODE_LE: return comparison(w, c, "<=");
	case CODE_EQ: return comparison(w, c, "==");
	case CODE_NOT: a = show(w, c->arg[0]); return (struct value_text){arena_print(m, "%s(%s)", a.vector ? "~" : "!", a.text), UNARY, a.vector};
	case CODE_AND:
		a = show(w, c->arg[0]);
		if (!a.vector) w->guarded++;
		b = show(w, c->arg[1]);
		if (!a.vector) w->guarded--;
		if (a.vector && b.vector) return (struct value_text){arena_print(m, "((%s) & (%s))", a.text, b.text), ATOM, true};
		if (a.vector || b.vector) return (struct value_text){arena_print(m, "(%s ? %s : all_ints(0))", a.vector ? b.text : a.text, a.vector ? a.text : b.text), ATOM, true};
		return (struct value_text){arena_print(m, "(%s && %s)", a.text, b.text), ATOM, false};
	case CODE_GE0: case CODE_EQ0: return whole_condition(w, c);
	case CODE_TRUTH: return (struct value_text){c->number != 0 ? "1" : "0", ATOM, false};
	}
	return (struct value_text){"0", ATOM, false};
}

static bool
is_condition(const struct code *c)
{
	return c->op == CODE_LT || c->op == CODE_LE || c->op == CODE_EQ || c->op == CODE_NOT || c->op == CODE_AND || c->op == CODE_GE0 || c->op == CODE_EQ0 || c->op == CODE_TRUTH;
}

/* a value used twice gets a variable, unless it stands in a branch: there it may not be computable */
static struct value_text
show(struct writer *w, const struct code *c)
{
	if (w->temp && w->temp[c->id]) return (struct value_text){w->temp[c->id], ATOM, w->temp_vector[c->id]};
	struct value_text v = show_node(w, c);
	if (!w->temp || c->uses < 2 || is_leaf(c) || w->guarded || is_condition(c)) return v;
	++w->temp_count;
	const char *name = c_name_as(w->names, arena_print(w->e->arena, "value %d", w->temp_count), arena_print(w->e->arena, "t%d", w->temp_count));
	write_line(w, "const %s %s = %s;", v.vector ? "lanes" : "real", name, v.text);
	w->temp[c->id] = name;
	w->temp_vector[c->id] = v.vector;
	return (struct value_text){name, ATOM, v.vector};
}

struct value_text
write_value(struct writer *w, const struct lowered *l)
{
	const char **keep = w->temp;
	bool *keep_vector = w->temp_vector;
	char *keep_needs = w->needs;
	w->temp = NEW_ARRAY(w->e->arena, l->count + 1, const char *);
	w->temp_vector = NEW_ARRAY(w->e->arena, l->count + 1, bool);
	w->needs = NEW_ARRAY(w->e->arena, l->count + 1, char);
	struct value_text v = show(w, l->body);
	w->temp = keep;
	w->temp_vector = keep_vector;
	w->needs = keep_needs;
	return v;
}
