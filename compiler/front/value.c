/* value.c - values while elaborating.
 *
 * A tensor value is lazy: axes and a body that is a function of them.  Reading it substitutes subscripts for axes, so reshape, transpose,
 * slices and mapping over extra axes cost nothing; a definition makes an equation of it (materialise). */
#include "front/elaborate.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
/* ---- scopes --------------------------------------------------------------------------------------------------------------------------------- */

struct scope *
scope_new(struct elaborator *e, struct scope *up)
{
	struct scope *s = NEW(e->arena, struct scope);
	s->up = up;
	return s;
}

static struct binding *
own_binding(const struct scope *s, const char *name)
{
	for (int i = s->bindings.n - 1; i >= 0; i--)
		if (!strcmp(s->bindings.at[i].name, name)) return &s->bindings.at[i];
	return NULL;
}

struct value *
own_value(const struct scope *s, const char *name)
{
	struct binding *b = own_binding(s, name);
	return b ? b->value : NULL;
}

struct value *
look_up(const struct scope *s, const char *name)
{
	for (; s; s = s->up) {
		struct binding *b = own_binding(s, name);
		if (b) return b->value;
	}
	return NULL;
}

void
scope_bind(struct elaborator *e, struct scope *s, const char *name, struct value *v)
{
	struct binding *b = own_binding(s, name);
	if (b) b->value = v;
	else PUSH(e->arena, &s->bindings, (struct binding){name, v});
}

void
rebind(struct elaborator *e, struct scope *s, const char *name, struct value *v)
{
	struct scope *at = s;
	while (at->repeat && !own_binding(at, name)) at = at->up;
	scope_bind(e, own_binding(at, name) ? at : s, name, v);
}


/* ---- making values --------------------------------------------------------------------------------------------------------------------------- */

struct value *
value_new(struct elaborator *e, enum value_kind kind, struct span span)
{
	struct value *v = NEW(e->arena, struct value);
	v->kind = kind;
	v->span = span;
	return v;
}

struct value *
value_error(struct elaborator *e)
{
	return value_new(e, VALUE_ERROR, (struct span){0});
}

struct value *
value_number(struct elaborator *e, double number, struct span span)
{
	struct value *v = value_new(e, VALUE_NUMBER, span);
	v->number = number;
	return v;
}

struct value *
value_truth(struct elaborator *e, bool truth_, struct span span)
{
	struct value *v = value_new(e, VALUE_TRUTH, span);
	v->number = truth_;
	return v;
}

struct value *
value_tensor(struct elaborator *e, int rank, struct index *const axes[], struct expr *body, struct span span)
{
	struct value *v = value_new(e, VALUE_TENSOR, span);
	v->n = rank;
	v->axis = rank ? NEW_ARRAY(e->arena, rank, struct index *) : NULL;
	for (int i = 0; i < rank; i++) v->axis[i] = axes[i];
	v->body = body;
	return v;
}

static const char *const axis_names[] = {"j", "k", "l", "a", "b", "c", "d", "e"};

/* fresh axes with the sizes of the tensor's own */
void
new_axes(struct elaborator *e, int rank, struct index *const like[], struct index *out[])
{
	for (int i = 0; i < rank; i++) out[i] = index_new(e->p, like && like[i]->name ? like[i]->name : axis_names[i], like ? like[i]->size : 0);
}

/* the tensor read at [lead, axes...], axes fresh */
struct value *
value_of_tensor(struct elaborator *e, struct tensor *t, int leading, struct index *const lead[], struct span span)
{
	struct index *all[MAX_RANK], *axes[MAX_RANK];
	int rank = t->rank - leading;
	for (int i = 0; i < leading; i++) all[i] = lead[i];
	for (int i = 0; i < rank; i++) all[leading + i] = axes[i] = index_new(e->p, axis_names[i], t->shape[leading + i]);
	return value_tensor(e, rank, axes, read_at(e->p, t, all), span);
}

struct expr *
value_at(struct elaborator *e, const struct value *v, struct expr *const subscripts[])
{
	return substitute(e->p, v->body, v->n, v->axis, subscripts);
}

/* the value at the last v->n of `n` indices */
struct expr *
value_at_tail(struct elaborator *e, const struct value *v, int n, struct index *const axes[])
{
	struct expr *s[MAX_RANK];
	for (int i = 0; i < v->n; i++) s[i] = index_of(e->p, axes[n - v->n + i]);
	return value_at(e, v, s);
}

static bool
same_shape(const struct value *a, const struct value *b)
{
	bool same = a->n == b->n;
	for (int i = 0; same && i < a->n; i++) same = a->axis[i]->size == b->axis[i]->size;
	return same;
}

enum { MOST_ITEMS = 1000 };

/* a list of numbers as a tensor: a chain of `if i == 0 then .. else` */
static struct value *
list_tensor(struct elaborator *e, struct value *v)
{
	if (v->n == 0) return NULL;
	if (v->n > MOST_ITEMS) {
		struct diagnostic *m = problem(e, "size", v->span, arena_print(e->arena, "%d items", v->n), "a list of more than %d items cannot be a tensor", MOST_ITEMS);
		diag_help(e->d, m, "long tables come as an `input` from the data, or as a `param`");
		return NULL;
	}
	struct value *first = as_tensor(e, v->item[0]);
	if (!first) return NULL;
	if (first->n + 1 > MAX_RANK - 1) {
		problem(e, "rank", v->span, "", "a tensor may have at most %d axes", MAX_RANK - 1);
		return NULL;
	}
	struct index *axes[MAX_RANK];
	axes[0] = index_new(e->p, "i", v->n);
	new_axes(e, first->n, first->axis, axes + 1);
	struct expr *body = NULL;
	for (int i = v->n - 1; i >= 0; i--) {
		struct value *item = as_tensor(e, v->item[i]);
		if (!item) return NULL;
		if (!same_shape(item, first)) {
			struct diagnostic *m = problem(e, "shape", v->item[i]->span, shape_text(e, item), "the parts of a list need equal shapes");
			diag_label(e->d, m, v->item[0]->span, "%s", shape_text(e, first));
			return NULL;
		}
		struct expr *x = value_at_tail(e, item, first->n + 1, axes);
		body = body ? choose(e->p, equal(e->p, index_of(e->p, axes[0]), number(e->p, i)), x, body) : x;
	}
	return value_tensor(e, first->n + 1, axes, body, v->span);
}

struct value *
as_tensor(struct elaborator *e, struct value *v)
{
	struct value *t = NULL;
	int errors = e->d->errors;
	switch (v->kind) {
	case VALUE_TENSOR: return v;
	case VALUE_ERROR: return NULL;
	case VALUE_NUMBER: return value_tensor(e, 0, NULL, number(e->p, v->number), v->span);
	case VALUE_TRUTH: return value_tensor(e, 0, NULL, truth(e->p, v->number != 0), v->span);
	case VALUE_LIST:
		t = list_tensor(e, v);
		if (!t && e->d->errors > errors) return NULL; /* what is wrong inside was said */
		break;
	default: break;
	}
	if (!t && v->kind == VALUE_WORD && v->n) {
		report_drawn(e, v->item[0]->span, v->text, v->item);
	} else if (!t) {
		struct diagnostic *m = problem(e, "value", v->span, shape_text(e, v), "a number or tensor is needed here");
		if (m && v->kind == VALUE_SEVERAL) diag_help(e->d, m, "give each of them a name first: `%s = ...`", v->n == 2 ? "a, b" : "a, b, c");
		if (m && v->kind == VALUE_DEFINITION) diag_help(e->d, m, "give it its arguments: `%s(...)`", v->definition->text);
	}
	return t;
}

bool
whole_number(struct elaborator *e, struct value *v, struct span span, const char *what, long *out)
{
	if (v->kind == VALUE_ERROR) return false;
	if (v->kind != VALUE_NUMBER) {
		struct diagnostic *m = problem(e, "size", span, shape_text(e, v), "%s must be a whole number known at compile time", what);
		bool equal_ = v->kind == VALUE_LIST && v->n > 0;
		for (int i = 0; equal_ && i < v->n; i++) equal_ = v->item[i]->kind == VALUE_NUMBER && v->item[i]->number == v->item[0]->number;
		if (equal_) diag_help(e->d, m, "write `%.6g`: it holds for all axes", v->item[0]->number);
		else if (v->kind == VALUE_LIST) diag_help(e->d, m, "write one number; layers of several sizes are calls of their own");
		if (equal_) diag_edit(e->d, m, span, "%.6g", v->item[0]->number);
		return false;
	}
	if (v->number != floor(v->number) || fabs(v->number) > 1e15) {
		struct diagnostic *m = problem(e, "size", span, arena_print(e->arena, "this is %.4g", v->number), "%s must be a whole number", what);
		note_frames(e, m);
		help_divisor(e, m, v);
		return false;
	}
	*out = (long)v->number;
	return true;
}

/* ---- equations from values ------------------------------------------------------------------------------------------------------------------- */

const char *
path_name(struct elaborator *e, const char *base)
{
	struct text t = {.arena = e->arena};
	for (int i = 0; i < e->path.n; i++) text_add(&t, "%s.", e->path.at[i]);
	text_add(&t, "%s", base);
	return text_end(&t);
}

/* the context's indices that the body mentions, but for `minus`; `out` has room for the whole context */
int
dependencies(struct elaborator *e, struct expr *body, int n, struct index *const minus[], struct index **out)
{
	int count = 0;
	for (int i = 0; i < e->context.n; i++) {
		struct index *v = e->context.at[i];
		bool skip = !mentions(body, v);
		for (int k = 0; k < n; k++) skip |= minus[k] == v;
		for (int k = 0; k < count; k++) skip |= out[k] == v;
		if (!skip) out[count++] = v;
	}
	return count;
}

/* a bare read, perhaps behind a guard on indices (pad, concat): it needs no equation of its own */
static bool
is_view(struct program *p, struct expr *b)
{
	int n;
	if (b->op == OP_IF) return !b->kid[0]->has_read && is_number(b->kid[2], 0) && is_view(p, b->kid[1]);
	if (b->op != OP_NUMBER && b->op != OP_READ && b->op != OP_INDEX) return false;
	struct expr **nodes = expr_nodes(p, b, &n);
	for (int i = 0; i < n; i++)
		if (nodes[i]->op == OP_DIV || nodes[i]->op == OP_MOD || (nodes[i] != b && nodes[i]->op == OP_READ)) return false;
	return true;
}

struct draws {
	struct elaborator *e;
	int n;
	struct index **lhs;
	const char *name;
};

const char *
draw_path(struct elaborator *e, const char *name)
{
	struct text t = {.arena = e->arena};
	if (e->place_count) text_add(&t, "%s", e->place);
	for (int i = e->place_count; i < e->path.n; i++) text_add(&t, "%s%s", i ? "." : "", e->path.at[i]);
	if (*name) text_add(&t, "%s%s", e->path.n ? "." : "", name);
	return text_end(&t);
}

/* a draw without subscripts becomes one per element of the equation in which it stands */
static struct expr *
place_draw(struct program *p, struct expr *x, void *context)
{
	struct draws *d = context;
	if (x->op != OP_READ || x->tensor->role != ROLE_RANDOM || x->n || d->n == 0) return NULL;
	long shape[MAX_RANK];
	for (int i = 0; i < d->n; i++) shape[i] = d->lhs[i]->size;
	struct tensor *t = tensor_new(p, x->tensor->name, ROLE_RANDOM, d->n, shape);
	t->batch = d->lhs[0]->batch;
	t->draw = x->tensor->draw;
	t->site = x->tensor->site;
	t->drawn_as = x->tensor->drawn_as;
	t->span = x->tensor->span;
	return read_at(p, t, d->lhs);
}

static bool
has_open_draw(struct program *p, struct expr *body)
{
	int n;
	struct expr **reads = expr_reads(p, body, &n);
	for (int i = 0; i < n; i++)
		if (reads[i]->tensor->role == ROLE_RANDOM && reads[i]->n == 0) return true;
	return false;
}

struct expr *
place_draws(struct elaborator *e, struct expr *body, int n, struct index *lhs[], const char *name)
{
	return has_open_draw(e->p, body) ? rewrite(e->p, body, place_draw, &(struct draws){e, n, lhs, name}) : body;
}

static bool
reads_settings_only(struct program *p, struct expr *body)
{
	int n;
	struct expr **reads = expr_reads(p, body, &n);
	for (int i = 0; i < n; i++)
		if (reads[i]->tensor->role != ROLE_SETTING) return false;
	return true;
}

/* `m = mean(x)`: the reduction's own equation takes the name that the source gives it */
static bool
adopt(struct elaborator *e, struct expr *body, int n, struct index *const lhs[], const char *name, struct span span)
{
	if (body->op != OP_READ || !body->tensor->temporary || body->n != n) return false;
	for (int i = 0; i < n; i++)
		if (body->kid[i]->op != OP_INDEX || body->kid[i]->index != lhs[i]) return false;
	body->tensor->temporary = false;
	body->tensor->span = span;
	tensor_rename(e->p, body->tensor, name);
	return true;
}

struct value *
materialise(struct elaborator *e, struct value *v, const char *base, bool force, struct span span)
{
	if (v->kind != VALUE_TENSOR) return v;
	if (e->counters && reads_settings_only(e->p, v->body)) return v; /* computed once a step, wherever it stands */
	struct program *p = e->p;
	struct index **lhs = NEW_ARRAY(e->arena, e->context.n + MAX_RANK, struct index *), *axes[MAX_RANK];
	bool draws = has_open_draw(p, v->body);
	span = own_place(e, span);
	if (v->body->integer && !force && !draws) return v;
	new_axes(e, v->n, v->axis, axes);
	struct expr *body = value_at_tail(e, v, v->n, axes);
	int lead;
	if (draws) { /* every index of the context counts: a draw is fresh for each sample */
		lead = 0;
		for (int i = 0; i < e->context.n && lead < MAX_RANK; i++) lhs[lead++] = e->context.at[i];
	} else {
		lead = dependencies(e, body, v->n, axes, lhs);
	}
	if (lead + v->n > MAX_RANK) {
		problem(e, "rank", span, "", "a tensor may have at most %d axes, the batch among them", MAX_RANK);
		return value_error(e);
	}
	for (int i = 0; i < v->n; i++) lhs[lead + i] = axes[i];
	int rank = lead + v->n;
	body = place_draws(e, body, rank, lhs, base);
	const char *name = path_name(e, base);
	if (adopt(e, body, rank, lhs, name, span)) return v;
	if (!force && is_view(p, body)) return v;
	struct tensor *t = define(p, name, rank, lhs, MAP, 0, NULL, body, ROLE_VALUE, span);
	struct value *w = value_of_tensor(e, t, lead, lhs, v->span);
	w->history = v->history;
	w->by = v->by;
	w->maker = v->maker;
	w->made = v->made;
	return w;
}

/* In an optimizer everything is one number: a sum over a list is written out, so that it can be computed once a step. */
static struct value *
written_out(struct elaborator *e, enum reduction r, int n, struct index *const bound[], struct value *v, struct span span)
{
	struct program *p = e->p;
	struct expr *all = NULL, *at[2 * MAX_RANK];
	long count = 1;
	for (int i = 0; i < n; i++) count *= bound[i]->size > 0 && count < 4096 ? bound[i]->size : 4096;
	if (count >= 4096 || r == ARGMAX || r == ARGMIN) {
		problem(e, "value", span, "", "an optimizer has sums over short lists only, and no `%s`", reduction_name[r]);
		return value_error(e);
	}
	for (long k = 0; k < count; k++) {
		long rest = k;
		for (int i = n - 1; i >= 0; rest /= bound[i]->size, i--) at[i] = number(p, (double)(rest % bound[i]->size));
		struct expr *x = substitute(p, v->body, n, bound, at);
		if (!all) all = x;
		else if (r == SUM || r == MEAN) all = add(p, all, x);
		else if (r == PROD) all = mul(p, all, x);
		else all = r == MAX ? choose(p, less(p, all, x), x, all) : choose(p, less(p, x, all), x, all);
	}
	if (r == MEAN) all = scale(p, 1 / (double)count, all);
	return value_tensor(e, v->n, v->axis, all, span);
}

/* red(bound) body, for the body's value at fresh axes; the result has these axes */
struct value *
reduce_value(struct elaborator *e, enum reduction r, int n, struct index *const bound[], struct value *v, struct span span)
{
	if (e->counters) return written_out(e, r, n, bound, v, span);
	struct program *p = e->p;
	struct index **lhs = NEW_ARRAY(e->arena, e->context.n + MAX_RANK, struct index *), *axes[MAX_RANK];
	span = own_place(e, span);
	new_axes(e, v->n, v->axis, axes);
	struct expr *body = value_at_tail(e, v, v->n, axes);
	if (n == 0) return value_tensor(e, v->n, axes, body, span);
	if (has_open_draw(p, body)) {
		problem(e, "draw", span, "", "name the drawn value first, then reduce it");
		return value_error(e);
	}
	struct index *minus[2 * MAX_RANK];
	for (int i = 0; i < n; i++) minus[i] = bound[i];
	for (int i = 0; i < v->n; i++) minus[n + i] = axes[i];
	int lead = dependencies(e, body, n + v->n, minus, lhs);
	for (int i = 0; i < v->n; i++) lhs[lead + i] = axes[i];
	if (lead + v->n > MAX_RANK) {
		problem(e, "rank", span, "", "a tensor may have at most %d axes, the batch among them", MAX_RANK);
		return value_error(e);
	}
	const char *name = path_name(e, arena_print(e->arena, "%s1", reduction_name[r]));
	int before = p->tensors.n;
	struct tensor *t = define(p, name, lead + v->n, lhs, r, n, bound, body, ROLE_VALUE, span);
	if (p->tensors.n > before) t->temporary = true;
	return value_tensor(e, v->n, axes, read_at(p, t, lhs), span);
}

struct value *
reduce_all(struct elaborator *e, enum reduction r, struct value *v, struct span span)
{
	struct index *axes[MAX_RANK];
	new_axes(e, v->n, v->axis, axes);
	struct value *body = value_tensor(e, 0, NULL, value_at_tail(e, v, v->n, axes), span);
	return reduce_value(e, r, v->n, axes, body, span);
}
