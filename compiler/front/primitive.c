/* primitive.c - the functions that C does know by name: shapes, index maps, draws.  A row of the table each. */
#include "front/apply.h"
#include <math.h>
#include <string.h>

static struct value *
one_tensor(struct elaborator *e, const struct arguments *a, const char *name)
{
	if (a->n != 1) {
		wrong_count(e, a, name, "one argument");
		return NULL;
	}
	return as_tensor(e, a->at[0]);
}

static struct value *
run_rank(struct elaborator *e, const struct arguments *a)
{
	struct value *x = one_tensor(e, a, "rank");
	return x ? value_number(e, x->n, a->call->span) : value_error(e);
}

static struct value *
run_size(struct elaborator *e, const struct arguments *a)
{
	if (a->n < 1 || a->n > 2) return wrong_count(e, a, "size", "a tensor, and perhaps the number of an axis");
	struct value *x = as_tensor(e, a->at[0]);
	long axis, count = 1;
	if (!x) return value_error(e);
	if (a->n == 2) {
		if (!whole_number(e, a->at[1], a->at[1]->span, "an axis", &axis)) return value_error(e);
		if (axis < 0 || axis >= x->n) {
			struct diagnostic *m = problem(e, "out-of-range", a->at[1]->span, shape_text(e, x), "there is no axis %ld", axis);
			if (x->n) diag_help(e->d, m, "axes are counted from 0, and the batch is none of them: the last one is %d", x->n - 1);
			if (x->n && (axis == -1 || axis == x->n)) diag_edit(e->d, m, a->at[1]->span, "%d", x->n - 1);
			return value_error(e);
		}
		return value_number(e, (double)x->axis[axis]->size, a->call->span);
	}
	for (int i = 0; i < x->n; i++) count *= x->axis[i]->size;
	return value_number(e, (double)count, a->call->span);
}

static struct value *
run_shape(struct elaborator *e, const struct arguments *a)
{
	struct value *x = one_tensor(e, a, "shape"), *list = value_error(e);
	if (!x) return list;
	list->kind = VALUE_LIST;
	list->n = x->n;
	list->item = NEW_ARRAY(e->arena, x->n + 1, struct value *);
	for (int i = 0; i < x->n; i++) list->item[i] = value_number(e, (double)x->axis[i]->size, a->call->span);
	return list;
}

static struct value *
rounded(struct elaborator *e, const struct arguments *a, const char *name, double (*f)(double))
{
	if (a->n == 1 && a->at[0]->kind == VALUE_NUMBER) return value_number(e, f(a->at[0]->number), a->call->span);
	return wrong_count(e, a, name, "one number known at compile time");
}

static struct value *
run_floor(struct elaborator *e, const struct arguments *a)
{
	return rounded(e, a, "floor", floor);
}

static struct value *
run_ceil(struct elaborator *e, const struct arguments *a)
{
	return rounded(e, a, "ceil", ceil);
}

/* dims from a list, or from the numbers themselves; every product is checked by the caller through tensor sizes */
static bool
read_dims(struct elaborator *e, int n, struct value *const items[], struct span span, int *rank, long dims[])
{
	if (n == 1 && items[0]->kind == VALUE_LIST) return read_dims(e, items[0]->n, items[0]->item, items[0]->span, rank, dims);
	if (n > MAX_RANK - 1) {
		problem(e, "rank", span, "", "a tensor may have at most %d axes", MAX_RANK - 1);
		return false;
	}
	*rank = n;
	double count = 1;
	for (int i = 0; i < n; i++) {
		if (!whole_number(e, items[i], items[i]->span.file ? items[i]->span : span, "a size", &dims[i])) return false;
		count *= (double)dims[i];
		if (dims[i] < 1 || count > 1e12) {
			problem(e, "size", span, "", dims[i] < 1 ? "a size must be at least 1" : "this tensor is too large");
			return false;
		}
	}
	return true;
}

static struct value *
filled(struct elaborator *e, const struct arguments *a, double v)
{
	int rank;
	long dims[MAX_RANK];
	struct index *axes[MAX_RANK];
	if (!read_dims(e, a->n, a->at, a->call->span, &rank, dims)) return value_error(e);
	for (int i = 0; i < rank; i++) axes[i] = index_new(e->p, "j", dims[i]);
	return value_tensor(e, rank, axes, number(e->p, v), a->call->span);
}

static struct value *
run_zeros(struct elaborator *e, const struct arguments *a)
{
	return filled(e, a, 0);
}

static struct value *
run_ones(struct elaborator *e, const struct arguments *a)
{
	return filled(e, a, 1);
}

/* -1 among the sizes, as in other libraries: what it stands for has to be written */
static bool
all_sizes_said(struct elaborator *e, const struct arguments *a, const struct value *x)
{
	bool list = a->n == 2 && a->at[1]->kind == VALUE_LIST;
	int n = list ? a->at[1]->n : a->n - 1;
	struct value *const *item = list ? a->at[1]->item : a->at + 1, *open = NULL;
	double rest = 1;
	for (int i = 0; i < x->n; i++) rest *= (double)x->axis[i]->size;
	for (int i = 0; i < n; i++) {
		if (item[i]->kind != VALUE_NUMBER) return true;
		if (item[i]->number == -1) open = item[i];
		else rest /= item[i]->number;
	}
	if (!open) return true;
	struct diagnostic *m = problem(e, "size", open->span.file ? open->span : a->call->span, "", "`reshape` takes all sizes");
	if (rest >= 1 && rest == floor(rest)) {
		diag_help(e->d, m, "write `%.0f` instead of `-1`", rest);
		if (open->span.file) diag_edit(e->d, m, open->span, "%.0f", rest);
	}
	return false;
}

struct value *
reshaped(struct elaborator *e, const struct value *x, int rank, const long dims[], struct span span)
{
	struct program *p = e->p;
	struct index *axes[MAX_RANK];
	struct expr *flat = number(p, 0), *at[MAX_RANK];
	for (int i = 0; i < rank; i++) {
		axes[i] = index_new(p, rank == 1 ? "k" : (const char *[]){"h", "i", "j", "k", "l", "m", "n", "o"}[i], dims[i]);
		flat = add(p, scale(p, (double)dims[i], flat), index_of(p, axes[i]));
	}
	for (int i = x->n - 1; i >= 0; i--) {
		at[i] = i ? floor_mod(p, flat, x->axis[i]->size) : flat;
		flat = floor_div(p, flat, x->axis[i]->size);
	}
	return value_tensor(e, rank, axes, value_at(e, x, at), span);
}

/* one of the sizes, from the last one on, that makes the number of elements right; or those of a vector of all */
static void
help_sizes(struct elaborator *e, struct diagnostic *m, const struct arguments *a, const struct value *x, int rank, const long dims[])
{
	double count = 1;
	for (int i = 0; i < x->n; i++) count *= (double)x->axis[i]->size;
	for (int k = rank - 1; k >= 0; k--) {
		double others = 1;
		for (int i = 0; i < rank; i++) others *= i == k ? 1 : (double)dims[i];
		double size = count / others;
		if (size != floor(size) || size < 2) continue;
		long fitting[MAX_RANK];
		memcpy(fitting, dims, (size_t)rank * sizeof *dims);
		fitting[k] = (long)size;
		diag_help(e->d, m, "for example `%s`", dims_text(e->arena, rank, fitting));
		if (a->n == 2 && a->at[1]->kind == VALUE_LIST && a->at[1]->span.file) diag_edit(e->d, m, a->at[1]->span, "%s", dims_text(e->arena, rank, fitting));
		return;
	}
}

static struct value *
run_reshape(struct elaborator *e, const struct arguments *a)
{
	int rank;
	long dims[MAX_RANK];
	if (a->n < 2) return wrong_count(e, a, "reshape", "a tensor and a list of sizes");
	struct value *x = as_tensor(e, a->at[0]);
	if (!x || !all_sizes_said(e, a, x) || !read_dims(e, a->n - 1, a->at + 1, a->call->span, &rank, dims)) return value_error(e);
	double from = 1, to = 1;
	for (int i = 0; i < x->n; i++) from *= (double)x->axis[i]->size;
	for (int i = 0; i < rank; i++) to *= (double)dims[i];
	if (from != to) {
		struct diagnostic *m = problem(e, "shape", a->call->span, arena_print(e->arena, "%s has %.0f elements, %s %.0f", shape_text(e, x), from, dims_text(e->arena, rank, dims), to),
					       "`reshape` keeps the number of elements");
		note_frames(e, m);
		if (m) help_sizes(e, m, a, x, rank, dims);
		return value_error(e);
	}
	return reshaped(e, x, rank, dims, a->call->span);
}

/* concat([a, b]), concat(a, b, c): how two at a time are written */
static struct value *
not_two(struct elaborator *e, const struct arguments *a)
{
	struct diagnostic *m = problem(e, "arguments", a->call->span, "", "`concat` takes two tensors and `axis`");
	const struct node *list = a->call->kid[1];
	if (list->n == 1 && list->kid[0]->kind == NODE_LIST) list = list->kid[0];
	for (int i = 0; i < list->n; i++)
		if (list->kid[i]->kind == NODE_KEYWORD) return value_error(e);
	if (list->n < 2 || list->n > 8 || (list == a->call->kid[1] && a->n != list->n)) return value_error(e);
	const char *text = span_text(e->arena, list->kid[0]->span), *name = span_text(e->arena, a->call->kid[0]->span);
	for (int i = 1; i < list->n; i++) text = arena_print(e->arena, "%s(%s, %s)", name, text, span_text(e->arena, list->kid[i]->span));
	diag_help(e->d, m, "write `%s`", text);
	diag_edit(e->d, m, a->call->span, "%s", text);
	return value_error(e);
}

/* two tensors that do not fit along the first axis, but along another */
static void
help_axis(struct elaborator *e, struct diagnostic *m, const struct arguments *a, const struct value *x, const struct value *y)
{
	int axis = -1, different = 0;
	for (int i = 0; x->n == y->n && i < x->n; i++) {
		if (x->axis[i]->size == y->axis[i]->size) continue;
		axis = i;
		different++;
	}
	if (different != 1) return;
	struct span call_ = a->call->span, end = {call_.file, call_.end - 1, call_.end - 1};
	diag_help(e->d, m, "they differ in axis %d, counted from 0: `concat(%s, %s, axis=%d)`", axis, span_text(e->arena, a->at[0]->span), span_text(e->arena, a->at[1]->span), axis);
	diag_edit(e->d, m, end, ", axis=%d", axis);
}

static struct value *
run_concat(struct elaborator *e, const struct arguments *a)
{
	struct program *p = e->p;
	long axis = 0;
	if (a->n < 2 || a->n > 3 || (a->n == 3 && a->at[2]->kind == VALUE_TENSOR)) return not_two(e, a);
	struct value *x = as_tensor(e, a->at[0]), *y = as_tensor(e, a->at[1]);
	struct value *which = a->n == 3 ? a->at[2] : NULL;
	for (int i = 0; i < a->keyword_count; i++)
		if (!strcmp(a->keyword[i]->text, "axis")) which = a->keyword_value[i];
	if (!x || !y || (which && !whole_number(e, which, which->span, "an axis", &axis))) return value_error(e);
	if (x->n == y->n && which && x->n && (axis < 0 || axis >= x->n)) {
		struct diagnostic *m = problem(e, "shape", which->span, shape_text(e, x), "there is no axis %ld", axis);
		diag_help(e->d, m, "axes are counted from 0, and the batch is none of them: the last one is `axis=%d`", x->n - 1);
		if (axis == -1 || axis == x->n) diag_edit(e->d, m, which->span, "%d", x->n - 1);
		return value_error(e);
	}
	bool fits = x->n == y->n && axis >= 0 && axis < x->n;
	for (int i = 0; fits && i < x->n; i++) fits = i == axis || x->axis[i]->size == y->axis[i]->size;
	if (!fits) {
		struct diagnostic *m = problem(e, "shape", a->call->kid[0]->span, "", "`concat` needs equal shapes but for the axis");
		diag_label(e->d, m, a->at[0]->span, "%s", shape_text(e, x));
		diag_label(e->d, m, a->at[1]->span, "%s", shape_text(e, y));
		if (m && !which) help_axis(e, m, a, x, y);
		return value_error(e);
	}
	struct index *axes[MAX_RANK];
	struct expr *at[MAX_RANK];
	for (int i = 0; i < x->n; i++) {
		axes[i] = index_new(p, x->axis[i]->name, x->axis[i]->size + (i == axis ? y->axis[i]->size : 0));
		at[i] = index_of(p, axes[i]);
	}
	struct expr *first = value_at(e, x, at), *split = at[axis];
	at[axis] = sub(p, split, number(p, (double)x->axis[axis]->size));
	struct expr *inside = less(p, split, number(p, (double)x->axis[axis]->size));
	return value_tensor(e, x->n, axes, choose(p, inside, first, value_at(e, y, at)), a->call->span);
}

/* zeros around the last two axes (the only one of a vector) */
static struct value *
run_pad(struct elaborator *e, const struct arguments *a)
{
	struct program *p = e->p;
	long width;
	if (a->n != 2) return wrong_count(e, a, "pad", "a tensor and a width");
	struct value *x = as_tensor(e, a->at[0]);
	if (!x || !whole_number(e, a->at[1], a->at[1]->span, "the width of a border", &width)) return value_error(e);
	if (width < 0 || width > 1000000) {
		problem(e, "size", a->at[1]->span, "", "the width of a border must be at least 0");
		return value_error(e);
	}
	struct index *axes[MAX_RANK];
	struct expr *at[MAX_RANK], *inside = truth(p, true);
	for (int i = 0; i < x->n; i++) {
		long w = i >= x->n - 2 ? width : 0;
		axes[i] = index_new(p, x->axis[i]->name, x->axis[i]->size + 2 * w);
		at[i] = sub(p, index_of(p, axes[i]), number(p, (double)w));
		inside = all_of(p, 3, (struct expr *[]){inside, at_least_0(p, at[i]), at_least_0(p, sub(p, number(p, (double)(x->axis[i]->size - 1)), at[i]))});
	}
	return value_tensor(e, x->n, axes, choose(p, inside, value_at(e, x, at), number(p, 0)), a->call->span);
}

void
report_drawn(struct elaborator *e, struct span call, const char *name, struct value *const numbers[])
{
	struct diagnostic *m = problem(e, "arguments", call, "", "`%s` takes no arguments here: an independent number for each element", name);
	if (!m || !numbers || numbers[0]->kind != VALUE_NUMBER || numbers[1]->kind != VALUE_NUMBER) return;
	const double first = numbers[0]->number, second = numbers[1]->number, factor = strcmp(name, "normal") ? second - first : second;
	struct text t = {.arena = e->arena};
	if (first != 0) text_add(&t, "%.6g + ", first);
	if (factor != 1) text_add(&t, "%.6g * ", factor);
	text_add(&t, "%s()", name);
	const char *write = first != 0 ? arena_print(e->arena, "(%s)", text_end(&t)) : text_end(&t);
	diag_help(e->d, m, "write `%s`", write);
	diag_edit(e->d, m, call, "%s", write);
}

/* An independent draw per element of the value in which the call stands; materialise gives it its subscripts. */
static struct value *
draw(struct elaborator *e, const struct arguments *a, enum draw kind, const char *name)
{
	if (a->n || a->keyword_count) {
		report_drawn(e, a->call->span, name, a->n == 2 && !a->keyword_count ? a->at : NULL);
		return value_error(e);
	}
	const char *path = path_name(e, arena_print(e->arena, "%s%d", name, ++*call_counter(e, name)));
	struct tensor *t = tensor_new(e->p, path, ROLE_RANDOM, 0, NULL);
	t->draw = kind;
	t->drawn_as = draw_path(e, arena_print(e->arena, "%s%d", name, *call_counter(e, name)));
	t->site = text_hash(t->drawn_as);
	t->span = a->call->span;
	return value_tensor(e, 0, NULL, read_of(e->p, t, 0, NULL), a->call->span);
}

static struct value *
run_uniform(struct elaborator *e, const struct arguments *a)
{
	return draw(e, a, DRAW_UNIFORM, "uniform");
}

static struct value *
run_normal(struct elaborator *e, const struct arguments *a)
{
	return draw(e, a, DRAW_NORMAL, "normal");
}

static const struct primitive primitives[] = {
	{"rank", run_rank},       {"size", run_size},     {"shape", run_shape}, {"floor", run_floor},     {"ceil", run_ceil},     {"zeros", run_zeros},
	{"ones", run_ones},       {"reshape", run_reshape}, {"concat", run_concat}, {"pad", run_pad}, {"uniform", run_uniform}, {"normal", run_normal},
	{"lbfgs", run_lbfgs},
};

const char *
primitive_name(int i)
{
	return i < (int)(sizeof primitives / sizeof *primitives) ? primitives[i].name : NULL;
}

struct value *
primitive_named(struct elaborator *e, const char *name)
{
	for (size_t i = 0; i < sizeof primitives / sizeof *primitives; i++)
		if (!strcmp(primitives[i].name, name)) {
			struct value *v = value_error(e);
			v->kind = VALUE_PRIMITIVE;
			v->primitive = &primitives[i];
			return v;
		}
	return NULL;
}
