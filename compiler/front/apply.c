/* apply.c - calls: the layers and functions of the language and the rows of the scalar table.
 *
 * A definition says what it needs in its signature; extra leading axes of an argument are mapped over (rule R3): they become indices of the
 * context, and the body is elaborated once. */
#include "front/apply.h"
#include <math.h>
#include <string.h>

bool
read_arguments(struct elaborator *e, struct node *call, struct scope *s, struct value *piped, struct arguments *a)
{
	struct node *list = call->kid[1];
	*a = (struct arguments){.call = call};
	if (piped) a->at[a->n++] = piped;
	if (list->n + a->n > MOST) {
		problem(e, "arguments", call->span, "", "a call takes at most %d arguments", MOST);
		return false;
	}
	bool fine = true;
	for (int i = 0; i < list->n; i++) {
		struct node *n = list->kid[i];
		struct value *v = evaluate(e, n->kind == NODE_KEYWORD ? n->kid[0] : n, s);
		if (v->kind == VALUE_ERROR) fine = false;
		struct value *w = NEW(e->arena, struct value);
		*w = *v;
		w->span = n->kind == NODE_KEYWORD ? n->kid[0]->span : n->span;
		if (n->kind == NODE_KEYWORD) {
			a->keyword[a->keyword_count] = n;
			a->keyword_value[a->keyword_count++] = w;
		} else {
			a->at[a->n++] = w;
		}
	}
	return fine;
}

struct value *
wrong_count(struct elaborator *e, const struct arguments *a, const char *name, const char *wants)
{
	problem(e, "arguments", a->call->span, "", "`%s` takes %s", name, wants);
	return value_error(e);
}
/* ---- reductions and scalar functions as calls ----------------------------------------------------------------------------------------------------- */

static struct expr *larger(struct program *p, struct expr *a, struct expr *b) { return choose(p, less_equal(p, b, a), a, b); }
static struct expr *smaller(struct program *p, struct expr *a, struct expr *b) { return choose(p, less_equal(p, a, b), a, b); }

/* sum(x): all of a tensor; max(a, b) element by element */
static struct value *
apply_reduction(struct elaborator *e, const struct arguments *a, const char *name)
{
	enum reduction r = SUM;
	while (strcmp(reduction_name[r], name)) r++;
	if (a->n == 2 && (r == MAX || r == MIN)) {
		if (a->at[0]->kind == VALUE_NUMBER && a->at[1]->kind == VALUE_NUMBER) {
			double x = a->at[0]->number, y = a->at[1]->number;
			return value_number(e, (x > y) == (r == MAX) ? x : y, a->call->span);
		}
		return elementwise(e, a->call->span, a->call->kid[0]->span, name, r == MAX ? larger : smaller, a->at[0], a->at[1]);
	}
	if (a->n != 1 || a->keyword_count) {
		struct diagnostic *m = problem(e, "arguments", a->call->span, "", "`%s` of a whole tensor takes that tensor and nothing else", name);
		const struct value *x = a->n ? a->at[0] : NULL;
		const char *of = x && x->span.file ? span_text(e->arena, x->span) : "x";
		if (x && x->kind == VALUE_TENSOR && x->n == 2 && strlen(of) < 20) diag_help(e->d, m, "there are no axis numbers: write `y[j] = %s(i) %s[i,j]` for the first axis,\n`y[i] = %s(j) %s[i,j]` for the second", name, of, name, of);
		else diag_help(e->d, m, "to run over one index, write `%s(i) x[i]`: there are no axis numbers", name);
		return value_error(e);
	}
	struct value *x = as_tensor(e, a->at[0]);
	return x ? reduce_all(e, r, x, a->call->span) : value_error(e);
}

static struct value *
apply_function(struct elaborator *e, const struct function *f, const struct arguments *a)
{
	if (a->n != 1 || a->keyword_count) return wrong_count(e, a, f->name, "one argument");
	if (a->at[0]->kind == VALUE_NUMBER) return value_number(e, f->value(a->at[0]->number), a->call->span);
	struct value *x = as_tensor(e, a->at[0]);
	return x ? value_tensor(e, x->n, x->axis, call(e->p, f, x->body), a->call->span) : value_error(e);
}

/* ---- definitions ---------------------------------------------------------------------------------------------------------------------------------- */

int *
call_counter(struct elaborator *e, const char *name)
{
	return map_get(e->arena, &e->counts, path_name(e, name));
}

/* everything counted inside the path so far starts anew: the second use of a named layer finds the same names */
static void
restart_counts(struct elaborator *e)
{
	const char *path = path_name(e, "");
	for (int i = 0; i < e->counts.room; i++)
		if (e->counts.at[i].key && !strncmp(e->counts.at[i].key, path, strlen(path))) e->counts.at[i].value = 0;
}

struct expansion { /* a definition being applied */
	struct node *definition;
	struct arguments *args;
	struct value *given[MOST]; /* by parameter; NULL: the default */
	struct scope *scope;
	int mapped; /* leading axes that the signature does not ask for */
	long lead[MAX_RANK];
	struct index *lead_index[MAX_RANK];
	int extra[MOST]; /* by parameter: how many of its axes are mapped */
};

static bool
is_parameter(const struct node *definition, const char *name)
{
	for (int i = 0; i < definition->kid[0]->n; i++)
		if (!strcmp(definition->kid[0]->kid[i]->text, name)) return true;
	return false;
}

static void
unknown_option(struct elaborator *e, const struct node *definition, const struct node *keyword)
{
	struct node *params = definition->kid[0];
	struct text t = {.arena = e->arena};
	const char *names[MOST];
	int n = 0;
	for (int i = 1; i < params->n && n < MOST; i++) {
		text_add(&t, "%s%s", i > 1 ? ", " : "", params->kid[i]->text);
		names[n++] = params->kid[i]->text;
	}
	struct diagnostic *m = problem(e, "unknown-option", keyword->name, "not an option", "`%s` has no option `%s`", definition->text, keyword->text);
	if (n) diag_note(e->d, m, "options of `%s`: %s", definition->text, text_end(&t));
	if (m) help_option(e, m, keyword->text, n, names);
}

static bool
is_compile_time(const struct node *type)
{
	struct node *t = type ? type->kid[0] : NULL;
	return t && (t->kind == NODE_ANY_FN || (t->kind == NODE_NAME && !strcmp(t->text, "int")));
}

/* `Dense(128)` alone: the number stands where the input belongs */
static bool
lacks_input(struct elaborator *e, const struct expansion *x)
{
	const struct value *first = x->given[0];
	struct node *params = x->definition->kid[0];
	if (!first || (first->kind != VALUE_NUMBER && first->kind != VALUE_LIST) || !params->kid[0]->kid[0] || is_compile_time(params->kid[0]->kid[0])) return false;
	struct diagnostic *m = problem(e, "arguments", x->args->call->span, arena_print(e->arena, "`%s` is missing", params->kid[0]->text), "`%s` gets no input", x->definition->text);
	note_frames(e, m);
	diag_help(e->d, m, "a value goes in with an arrow: `x -> %s`", span_text(e->arena, x->args->call->span));
	return true;
}

/* puts arguments to parameters; reports what is too many, unknown or missing */
static bool
match_arguments(struct elaborator *e, struct expansion *x)
{
	struct node *params = x->definition->kid[0];
	struct arguments *a = x->args;
	if (params->n > MOST) {
		problem(e, "arguments", x->definition->span, "", "a definition takes at most %d parameters", MOST);
		return false;
	}
	if (a->n > params->n) {
		struct diagnostic *m = problem(e, "arguments", a->at[params->n]->span.file ? a->at[params->n]->span : a->call->span, "one too many", "`%s` takes %d argument%s, not %d", x->definition->text,
					       params->n, params->n == 1 ? "" : "s", a->n);
		note_frames(e, m);
		return false;
	}
	for (int i = 0; i < a->n; i++) x->given[i] = a->at[i];
	for (int i = 0; i < a->keyword_count; i++) {
		int k = 0;
		while (k < params->n && strcmp(params->kid[k]->text, a->keyword[i]->text)) k++;
		if (k == params->n) {
			unknown_option(e, x->definition, a->keyword[i]);
			return false;
		}
		if (x->given[k]) {
			problem(e, "arguments", a->keyword[i]->span, "again here", "`%s` is given twice", params->kid[k]->text);
			return false;
		}
		x->given[k] = a->keyword_value[i];
	}
	for (int k = 0; k < params->n; k++)
		if (!x->given[k] && !params->kid[k]->kid[1]) {
			if (lacks_input(e, x)) return false;
			struct diagnostic *m = problem(e, "arguments", a->call->span, arena_print(e->arena, "`%s` is missing", params->kid[k]->text), "`%s` needs `%s`", x->definition->text,
						       params->kid[k]->text);
			note_frames(e, m);
			diag_help(e->d, m, "it is written `%s`", usage(e, x->definition));
			return false;
		}
	return true;
}

/* an argument becomes an equation of its own unless it is just a read: whatever reads it often computes it once */
static struct value *
settle(struct elaborator *e, const struct expansion *x, const struct node *param, struct value *v)
{
	if (v->kind != VALUE_TENSOR || v->body->condition) return v;
	return materialise(e, v, arena_print(e->arena, "%s_%s", x->definition->text, param->text), false, v->span);
}

static struct value *
wrong_shape(struct elaborator *e, struct expansion *x, struct node *param, struct value *v)
{
	struct node *type = param->kid[0];
	struct span at = v->span.file ? v->span : x->args->call->span;
	struct value *t = as_tensor(e, v);
	struct diagnostic *m = problem(e, "shape", at, shape_text(e, t ? t : v), "`%s` needs %s `%s`", x->definition->text,
				       type->kid[0] && type->kid[0]->kind == NODE_LIST ? arena_print(e->arena, "a tensor %s as", span_text(e->arena, type->kid[0]->span)) : "one number as", param->text);
	if (m) note_history(e, m, span_text(e->arena, at), v);
	note_frames(e, m);
	const struct node *dims = type->kid[0];
	if (t && dims && dims->kind == NODE_LIST && t->n == dims->n - 1 && t->n && t->n < MAX_RANK - 1) {
		long shape[MAX_RANK] = {1};
		value_shape(t, shape + 1);
		diag_help(e->d, m, "`%s` is missing in front: `%s -> reshape(%s)`", span_text(e->arena, dims->kid[0]->span), span_text(e->arena, at), dims_text(e->arena, t->n + 1, shape));
	}
	return NULL;
}

/* scores in the wrong number, or many of them for one class */
static void
report_scores(struct elaborator *e, const struct node *definition, const struct value *scores, const struct value *class)
{
	struct span at = scores->span.file ? scores->span : definition->span;
	struct interval i = interval_of(class->body);
	struct diagnostic *m = problem(e, "shape", at, shape_text(e, scores), "`%s` needs %ld scores, one per class", definition->text, i.high + 1);
	diag_label(e->d, m, class->span, "a class in %ld..%ld", i.low, i.high);
	if (m) note_history(e, m, span_text(e->arena, at), scores);
	note_frames(e, m);
	const struct stage *first = scores->history;
	while (first && first->before) first = first->before;
	if (m && scores->n == 2 && first && first->rank == 2 && first->shape[0] == scores->axis[0]->size)
		diag_help(e->d, m, "shapes are those of one sample: where %ld is the size of a batch, declare `%s: [%ld]`", first->shape[0], first->text, first->shape[1]);
	help_whole(e, m, scores);
}

bool
one_class_for_many(struct elaborator *e, const struct value *v)
{
	const struct made *by = v->by;
	if (!by || !by->mapped) return false;
	for (int k = 0; k < by->n; k++) {
		const struct node *type = by->definition->kid[0]->kid[k]->kid[0];
		const struct value *class = by->argument[k];
		if (!type || !type->kid[1] || by->extra[k] || !class || class->kind != VALUE_TENSOR || class->n || !interval_of(class->body).known) continue;
		for (int i = 0; i < k; i++)
			if (by->extra[i] == by->mapped && by->argument[i]) {
				report_scores(e, by->definition, by->argument[i], class);
				return true;
			}
	}
	return false;
}

/* a value from the data that is no class, and how it would be declared */
static void
report_no_class(struct elaborator *e, const struct expansion *x, const struct node *param, const struct value *v, long high)
{
	struct diagnostic *m = problem(e, "classes", v->span, v->n ? shape_text(e, v) : "a real number", "`%s` needs %s as `%s`", x->definition->text,
				       high >= 0 ? arena_print(e->arena, "a whole number in 0..%ld", high) : "whole numbers", param->text);
	const struct tensor *t = v->body->op == OP_READ ? v->body->tensor : NULL;
	note_frames(e, m);
	if (!t || (t->role != ROLE_INPUT && t->role != ROLE_TARGET)) return;
	diag_label(e->d, m, declared_name(t), "declared here, as %s", input_type_text(e->arena, t));
	const char *shape = high >= 0 || !v->n ? "" : arena_print(e->arena, "%s of ", shape_text(e, v));
	diag_help(e->d, m, "declare it as `%s %s: %s0..%ld`", t->role == ROLE_INPUT ? "input" : "target", t->name, shape, high >= 0 ? high : 99);
}

/* `10 scores for 26 classes`: t: 0..n-1 where n was bound by an earlier parameter */
static bool
check_classes(struct elaborator *e, struct expansion *x, struct node *param, struct value *v, long high)
{
	struct interval i = interval_of(v->body);
	if (i.known && i.low >= 0 && i.high == high) return true;
	struct value *first = x->given[0] && x->given[0]->kind == VALUE_TENSOR ? x->given[0] : NULL;
	struct span at = first && first->span.file ? first->span : x->args->call->span;
	struct diagnostic *m;
	if (!i.known) {
		report_no_class(e, x, param, v, high);
		return false;
	} else if (first && first->n - 1 > v->n && first->axis[first->n - 1]->size != i.high + 1) {
		report_scores(e, x->definition, first, v);
		return false;
	} else {
		m = problem(e, "classes", at, first ? shape_text(e, first) : "", "%ld scores for %ld classes", high + 1, i.high + 1);
		diag_label(e->d, m, v->span, "a class in %ld..%ld: %ld classes", i.low, i.high, i.high + 1);
	}
	if (m && first) note_history(e, m, span_text(e->arena, at), first);
	note_frames(e, m);
	if (m && i.low > 0 && i.high - i.low == high) {
		diag_help(e->d, m, "classes count from 0: declare 0..%ld, and subtract %ld from the data", high, i.low);
		return false;
	}
	if (m && first && first->history && !strncmp(first->history->text, "-> ", 3) && strstr(first->history->text, arena_print(e->arena, "(%ld", high + 1))) {
		const char *open = strchr(first->history->text, '(');
		diag_help(e->d, m, "make the last layer `%.*s(%ld)`", (int)(open - first->history->text - 3), first->history->text + 3, i.high + 1);
	}
	return false;
}

/* A plain name in a signature binds, whatever it means elsewhere; unless an earlier parameter bound it already. */
static bool
is_free(const struct expansion *x, const char *name)
{
	for (int i = 0; i < x->scope->bindings.n; i++)
		if (!strcmp(x->scope->bindings.at[i].name, name)) return false;
	return !is_parameter(x->definition, name);
}

/* Range `0..n-1` with a free name n binds it; else both ends are checked. */
static bool
bind_range(struct elaborator *e, struct expansion *x, struct node *param, struct value *v)
{
	struct node *range = param->kid[0]->kid[1], *high = range->kid[1];
	struct value *t = as_tensor(e, v);
	if (!t) return false;
	struct interval i = interval_of(t->body);
	bool free_name = high->kind == NODE_SUBTRACT && high->kid[0]->kind == NODE_NAME && is_free(x, high->kid[0]->text);
	if (free_name && !i.known) {
		report_no_class(e, x, param, t, -1);
		return false;
	}
	if (free_name) {
		scope_bind(e, x->scope, high->kid[0]->text, value_number(e, (double)(i.high + 1), high->span));
		return true;
	}
	long last;
	struct value *end = evaluate(e, high, x->scope);
	if (!whole_number(e, end, high->span, "the end of a range", &last)) return false;
	return check_classes(e, x, param, t, last);
}

/* the shape of one argument against the signature: binds plain names, finds how many axes are mapped */
static bool
bind_shape(struct elaborator *e, struct expansion *x, int k, struct value **value)
{
	struct node *param = x->definition->kid[0]->kid[k], *type = param->kid[0], *dims = type->kid[0];
	struct value *v = as_tensor(e, *value);
	if (!v) return false;
	int wanted = dims && dims->kind == NODE_LIST ? dims->n : 0;
	int extra = v->n - wanted;
	bool scalar = wanted == 0;
	if (scalar && extra == 1 && v->axis[0]->size == 1) { /* a tensor of one element counts as a number */
		struct expr *zero = number(e->p, 0);
		v = value_tensor(e, 0, NULL, value_at(e, v, &zero), v->span);
		extra = 0;
	}
	if (extra < 0) {
		wrong_shape(e, x, param, v);
		return false;
	}
	for (int i = 0; i < wanted; i++) {
		struct node *dim = dims->kid[i];
		long size = v->axis[extra + i]->size, asked;
		if (dim->kind == NODE_NAME && is_free(x, dim->text)) {
			scope_bind(e, x->scope, dim->text, value_number(e, (double)size, dim->span));
			continue;
		}
		if (!whole_number(e, evaluate(e, dim, x->scope), dim->span, "a size", &asked)) return false;
		if (asked != size) {
			wrong_shape(e, x, param, v);
			return false;
		}
	}
	for (int i = 0; i < extra; i++) { /* mapped axes agree from the inside out */
		int at = i - extra;
		if (-at <= x->mapped && x->lead[x->mapped + at] != v->axis[i]->size) {
			struct diagnostic *m = problem(e, "shape", v->span, shape_text(e, v), "the extra leading axes of `%s`'s arguments must be equal", x->definition->text);
			note_frames(e, m);
			return false;
		}
	}
	if (extra > x->mapped) {
		for (int i = 0; i < extra; i++) x->lead[i] = v->axis[i]->size;
		x->mapped = extra;
	}
	x->extra[k] = extra;
	*value = settle(e, x, param, v);
	return (*value)->kind != VALUE_ERROR;
}

/* texts are data only, and what is true or false by default is so when it is given */
static bool
is_kind(struct elaborator *e, const struct expansion *x, int k, const struct value *v)
{
	struct node *param = x->definition->kid[0]->kid[k];
	const char *name = param->text, *of = x->definition->text;
	if (v->kind == VALUE_TEXT) {
		struct diagnostic *m = problem(e, "option", v->span, "a text", "`%s` of `%s` takes no text", name, of);
		const struct value *word = look_up(e->globals, v->text);
		if (word && word->kind == VALUE_WORD) diag_help(e->d, m, "words are written without quotes: `%s=%s`", name, v->text);
		return false;
	}
	const struct node *usual = x->given[k] ? param->kid[1] : NULL;
	if (!usual || usual->kind != NODE_NAME || (strcmp(usual->text, "true") && strcmp(usual->text, "false")) || v->kind == VALUE_TRUTH || v->kind == VALUE_TENSOR) return true;
	struct diagnostic *m = problem(e, "option", v->span, shape_text(e, v), "`%s` of `%s` is true or false", name, of);
	const struct value *size = k ? x->given[k - 1] : NULL, *first = x->given[0];
	bool repeats_input = size && size->kind == VALUE_NUMBER && v->kind == VALUE_NUMBER && first->kind == VALUE_TENSOR && first->n && size->number == (double)first->axis[first->n - 1]->size;
	if (repeats_input) diag_help(e->d, m, "the size of the input is never written: `%s(%.6g)`", of, v->number);
	else diag_help(e->d, m, "write `%s=true` or `%s=false`", name, name);
	return false;
}

static bool
bind_parameter(struct elaborator *e, struct expansion *x, int k)
{
	struct node *param = x->definition->kid[0]->kid[k], *type = param->kid[0];
	struct value *v = x->given[k];
	if (!v) {
		v = evaluate(e, param->kid[1], x->scope);
		if (v->kind == VALUE_ERROR) return false;
	}
	if (!is_kind(e, x, k, v)) return false;
	if (!type || is_compile_time(type)) {
		long whole;
		if (type && type->kid[0]->kind == NODE_NAME && !whole_number(e, v, v->span, arena_print(e->arena, "`%s`", param->text), &whole)) return false;
		if (!type) v = settle(e, x, param, v);
		scope_bind(e, x->scope, param->text, v);
		return v->kind != VALUE_ERROR;
	}
	if (type->kid[1] && !bind_range(e, x, param, v)) return false;
	if (!bind_shape(e, x, k, &v)) return false;
	scope_bind(e, x->scope, param->text, v);
	return true;
}

/* mapped axes become indices of the context; each argument is read at those that it has */
static void
map_axes(struct elaborator *e, struct expansion *x)
{
	static const char *const names[] = {"t", "u", "v", "w", "p", "q", "r", "s"};
	for (int i = 0; i < x->mapped; i++) {
		x->lead_index[i] = index_new(e->p, names[i], x->lead[i]);
		PUSH(e->arena, &e->context, x->lead_index[i]);
	}
	struct node *params = x->definition->kid[0];
	for (int k = 0; k < params->n; k++) {
		if (!x->extra[k]) continue;
		struct value *v = look_up(x->scope, params->kid[k]->text);
		struct expr *at[MAX_RANK];
		for (int i = 0; i < v->n; i++)
			at[i] = index_of(e->p, i < x->extra[k] ? x->lead_index[x->mapped - x->extra[k] + i] : v->axis[i]);
		scope_bind(e, x->scope, params->kid[k]->text, value_tensor(e, v->n - x->extra[k], v->axis + x->extra[k], value_at(e, v, at), v->span));
	}
}

/* the result with the mapped axes in front again */
static struct value *
unmap(struct elaborator *e, const struct expansion *x, struct value *v)
{
	if (v->kind != VALUE_TENSOR || x->mapped == 0) return v;
	if (v->n + x->mapped > MAX_RANK - 1) {
		problem(e, "rank", x->args->call->span, "", "a tensor may have at most %d axes", MAX_RANK - 1);
		return value_error(e);
	}
	struct index *axes[MAX_RANK];
	struct expr *to[MAX_RANK];
	for (int i = 0; i < x->mapped; i++) {
		axes[i] = index_new(e->p, x->lead_index[i]->name, x->lead[i]);
		to[i] = index_of(e->p, axes[i]);
	}
	for (int i = 0; i < v->n; i++) axes[x->mapped + i] = v->axis[i];
	return value_tensor(e, x->mapped + v->n, axes, substitute(e->p, v->body, x->mapped, x->lead_index, to), v->span);
}

static struct value *
finish(struct elaborator *e, const struct expansion *x, struct value *v, bool layer)
{
	if (v->kind == VALUE_SEVERAL) {
		for (int i = 0; i < v->n; i++) v->item[i] = finish(e, x, v->item[i], layer);
		return v;
	}
	if (v->kind != VALUE_TENSOR) return v;
	if (v->recurrence) v = value_tensor(e, v->n, v->axis, v->body, v->span);
	if (layer || x->mapped || v->body->op == OP_READ) v = materialise(e, v, layer ? "y" : x->definition->text, false, x->args->call->span);
	return unmap(e, x, v);
}

static bool
check_result(struct elaborator *e, const struct expansion *x, struct value *v)
{
	struct node *types = x->definition->kid[1];
	if (!types || types->n != 1 || v->kind != VALUE_TENSOR) return true;
	int rank = 0;
	long dims[MAX_RANK], shape[MAX_RANK];
	if (!type_dims(e, types->kid[0], x->scope, &rank, dims)) return false;
	value_shape(v, shape);
	if (rank == v->n && !memcmp(dims, shape, (size_t)rank * sizeof *dims)) return true;
	struct diagnostic *m = problem(e, "shape", types->kid[0]->span, dims_text(e->arena, rank, dims), "`%s` does not give what it promises", x->definition->text);
	if (m) diag_note(e->d, m, "its result is %s", shape_text(e, v));
	note_frames(e, m);
	return false;
}

static struct value *
expand_body(struct elaborator *e, struct expansion *x)
{
	struct node *body = x->definition->kid[2];
	struct value *v = body->kind == NODE_BODY ? evaluate(e, body->kid[0], x->scope) : run_block(e, body, x->scope);
	if (v->kind == VALUE_ERROR || !check_result(e, x, v)) return value_error(e);
	return v;
}

/* weights of a named layer: the first use fixes the shape */
static bool
enter_instance(struct elaborator *e, struct instance *i, const struct arguments *a)
{
	long shape[MAX_RANK] = {0};
	struct value *v = a->n && a->at[0]->kind == VALUE_TENSOR ? a->at[0] : NULL;
	if (v) value_shape(v, shape);
	if (i->used && v && (v->n != i->rank || memcmp(shape, i->shape, (size_t)v->n * sizeof *shape))) {
		struct diagnostic *m = problem(e, "shared-shape", v->span, shape_text(e, v), "`%s` already has weights for inputs of shape %s", i->name,
					       dims_text(e->arena, i->rank, i->shape));
		diag_label(e->d, m, i->first, "first used here with %s", dims_text(e->arena, i->rank, i->shape));
		if (m) diag_note(e->d, m, "a named layer has one set of weights, used wherever its name appears");
		return false;
	}
	if (!i->used && v) {
		i->rank = v->n;
		memcpy(i->shape, shape, sizeof shape);
		i->first = a->call->span;
	}
	return true;
}

/* The weights of a named layer stand under the place where it is declared, whoever uses it, and are frozen or not as it says there.  Its draws
 * are fresh in each use. */
static void
enter_path(struct elaborator *e, struct instance *i)
{
	e->path.at = NULL;
	e->path.n = e->path.room = 0;
	for (int k = 0; k < i->path_count; k++) PUSH(e->arena, &e->path, i->path[k]);
	PUSH(e->arena, &e->path, i->name);
	e->frozen = i->frozen;
	const char *use = ++i->uses > 1 ? arena_print(e->arena, "@%d", i->uses) : "";
	e->place = arena_print(e->arena, "%s%s%s%s", i->place, i->path_count ? "." : "", i->name, use);
	e->place_count = e->path.n;
	e->instance = i;
	restart_counts(e);
}

static void
leave_path(struct elaborator *e, const char **at, int n)
{
	e->path.at = at;
	e->path.n = e->path.room = n;
}

static void
list_layer(struct elaborator *e, const struct arguments *a, const char *path, const struct value *v, int tensors_before)
{
	if (e->frame || e->quiet || !e->model || !e->training || v->kind != VALUE_TENSOR || (!path && v->n == 0)) return;
	struct layer_shape l = {.text = span_text(e->arena, a->call->span), .path = path, .rank = v->n, .span = a->call->span};
	value_shape(v, l.shape);
	for (int i = tensors_before; i < e->p->tensors.n; i++) {
		const struct tensor *t = e->p->tensors.at[i];
		if (tensor_is_param(t)) l.parameters += (double)tensor_count(t);
		if (t->role == ROLE_FROZEN) l.frozen += (double)tensor_count(t);
	}
	PUSH(e->arena, &e->model->layers, l);
}

/* A call inside so many others is refused; where a definition stands in its own chain, because there is no recursion. */
static bool
enter_call(struct elaborator *e, const struct node *call_, const struct node *d)
{
	e->unit->work += 10 + e->path.n; /* a call costs more than an expression; the names of weights grow with the path */
	if (e->calls < MOST_CALLS) {
		e->chain[e->calls++] = (struct chained_call){d, call_->span};
		return true;
	}
	int again = MOST_CALLS - 1, first = -1;
	for (; again > 0 && first < 0; again -= first < 0)
		for (int i = 0; i < again; i++)
			if (e->chain[i].definition == e->chain[again].definition) first = i;
	if (first < 0) {
		problem(e, "depth", call_->span, "", "calls are nested more than %d deep", MOST_CALLS);
	} else {
		struct diagnostic *m = problem(e, "recursion", e->chain[again].span, "", "`%s` calls itself: there is no recursion", e->chain[again].definition->text);
		struct text by = {.arena = e->arena};
		for (int i = first + 1; i < again; i++) text_add(&by, "%s`%s`", by.length ? ", then " : "", e->chain[i].definition->text);
		if (by.length) diag_note(e->d, m, "by way of %s", text_end(&by));
	}
	give_up(e);
	return false;
}

/* for parameters: in an optimizer, a function that it calls sees its counters, too */
struct scope *
scope_of_call(struct elaborator *e, struct scope *home)
{
	struct scope *s = scope_new(e, home);
	if (!e->counters) return s;
	for (int i = 0; i < e->counters->bindings.n; i++) scope_bind(e, s, e->counters->bindings.at[i].name, e->counters->bindings.at[i].value);
	return scope_new(e, s);
}

/* the value, with the call that gave it */
static struct value *
made_by(struct elaborator *e, const struct expansion *x, const struct value *v, int tensors_before, const struct instance *instance)
{
	struct made *m = NEW(e->arena, struct made);
	int n = x->definition->kid[0]->n;
	*m = (struct made){.definition = x->definition, .mapped = x->mapped, .learns = instance != NULL, .n = n, .argument = NEW_ARRAY(e->arena, n, struct value *),
			   .extra = NEW_ARRAY(e->arena, n, int)};
	for (int k = 0; k < n; k++) {
		m->argument[k] = x->given[k];
		m->extra[k] = x->extra[k];
	}
	for (int i = tensors_before; i < e->p->tensors.n; i++) m->learns |= tensor_is_param(e->p->tensors.at[i]);
	struct value *w = NEW(e->arena, struct value);
	*w = *v;
	w->by = m;
	return w;
}

int
asked_rank(const struct node *definition)
{
	const struct node *params = definition->kid[0], *type = params->n ? params->kid[0]->kid[0] : NULL;
	return type && type->kid[0] && type->kid[0]->kind == NODE_LIST ? type->kid[0]->n : 0;
}

/* [channels, height, width] as it comes out of a definition that asks for three axes, perhaps through functions that take anything */
static bool
is_image(const struct value *v)
{
	for (const struct stage *s = v->history; s && s->rank == 3 && s->by; s = s->before) {
		int asked = asked_rank(s->by->definition);
		if (asked) return asked == 3 && !s->by->mapped;
	}
	return false;
}

/* a layer with weights for the last axis of an image, and none for the others */
static void
note_mapped(struct elaborator *e, const struct made *by, struct span span)
{
	const struct value *x = by->n ? by->argument[0] : NULL;
	if (!e->training || !e->model || e->quiet || e->frame || !by->learns || by->mapped < 2 || asked_rank(by->definition) != 1 || !x || !is_image(x)) return;
	long shape[MAX_RANK];
	value_shape(x, shape);
	const char *f = flattening(e, x->n, shape, span);
	struct mapped_layer l = {span, shape_text(e, x), NULL};
	if (f) l.help = arena_print(e->arena, "to use the whole image, put `-> %s` in front", f);
	PUSH(e->arena, &e->model->mapped, l);
}

static struct value *
expand(struct elaborator *e, struct value *callee, struct arguments *a, struct instance *instance)
{
	struct node *d = callee->definition;
	bool layer = d->kind == NODE_LAYER;
	struct expansion x = {.definition = d, .args = a, .scope = scope_of_call(e, callee->home)};
	int context = e->context.n, tensors = e->p->tensors.n, path = e->path.n;
	const char **outer_path = e->path.at;
	bool outer_frozen = e->frozen;
	const char *outer_place = e->place;
	int outer_place_count = e->place_count;
	if (d->kind == NODE_OPTIMIZER || !match_arguments(e, &x) || !enter_call(e, a->call, d)) return value_error(e);
	struct frame frame = {e->frame, span_text(e->arena, a->call->span), a->call->span, x.scope, d, x.given[0]};
	struct frame *outer = e->frame;
	struct instance *outer_instance = e->instance;
	bool fine = !instance || enter_instance(e, instance, a);
	for (int k = 0; fine && k < d->kid[0]->n; k++) fine = bind_parameter(e, &x, k);
	struct value *v = value_error(e);
	if (fine) {
		e->frame = &frame;
		if (instance) enter_path(e, instance);
		else if (layer) PUSH(e->arena, &e->path, arena_print(e->arena, "%s%d", d->text, ++*call_counter(e, d->text)));
		map_axes(e, &x);
		v = expand_body(e, &x);
		v = finish(e, &x, v, layer);
		e->frame = outer;
		e->instance = outer_instance;
	}
	e->calls--;
	const char *name = fine && layer ? path_name(e, "") : NULL;
	leave_path(e, outer_path, path);
	e->frozen = outer_frozen;
	e->place = outer_place;
	e->place_count = outer_place_count;
	e->context.n = context;
	if (instance) instance->used = true;
	list_layer(e, a, name, v, tensors);
	if (v->kind != VALUE_TENSOR) return v;
	v = made_by(e, &x, v, tensors, instance);
	note_mapped(e, v->by, a->call->span);
	return v;
}

struct value *
apply_definition(struct elaborator *e, struct value *callee, struct arguments *a)
{
	return expand(e, callee, a, NULL);
}

/* f(weights): the sum of f over every parameter that counts as a weight.  Where there are many, some are added up at a time: equations of equal
 * form, which cost one function, however deep the network. */
static struct value *
sum_over_weights(struct elaborator *e, struct value *callee, struct arguments *a)
{
	enum { AT_ONCE = 16 };
	struct value *sum = value_number(e, 0, a->call->span);
	int count = 0;
	e->weights_used = a->call->span;
	e->weights_count = 0;
	for (int i = 0; i < e->p->tensors.n; i++) e->weights_count += e->p->tensors.at[i]->role == ROLE_PARAM && !e->p->tensors.at[i]->outside_weights;
	for (int i = 0; i < e->p->tensors.n; i++) {
		struct tensor *t = e->p->tensors.at[i];
		if (t->role != ROLE_PARAM || t->outside_weights) continue;
		struct arguments one = *a;
		for (int k = 0; k < one.n; k++)
			if (one.at[k]->kind == VALUE_WEIGHTS) one.at[k] = value_of_tensor(e, t, 0, NULL, a->at[k]->span);
		struct value *v = expand(e, callee, &one, NULL);
		if (v->kind == VALUE_ERROR) return v;
		v = materialise(e, v, callee->definition->text, false, a->call->span);
		sum = elementwise(e, a->call->span, a->call->span, "+", add, sum, v);
		if (++count % AT_ONCE == 0 && count < e->weights_count) sum = materialise(e, sum, arena_print(e->arena, "%s_sum", callee->definition->text), true, a->call->span);
	}
	return sum;
}

bool
is_schedule(struct elaborator *e, const struct value *v)
{
	struct value *s;
	for (int i = 0; v->kind == VALUE_DEFINITION && (s = fact(e, "schedules", i)) != NULL; i++)
		if (s->kind == VALUE_DEFINITION && s->definition == v->definition) return true;
	return false;
}

/* raw scores are asked for, but these are probabilities already */
static bool
check_scores(struct elaborator *e, const char *name, const struct value *result, const struct arguments *a)
{
	const struct value *v = a->n ? a->at[0] : NULL;
	if (!name || !v || !v->maker || v->kind != VALUE_TENSOR || result->kind != VALUE_TENSOR || !takes_logarithm_of(e, result, v)) return true;
	struct diagnostic *m = problem(e, "double-softmax", v->span, "already probabilities", "`%s` takes raw scores, but these have been through `%s`", name, v->maker);
	bool apart = v->made.begin != v->span.begin || v->made.end != v->span.end;
	if (apart) diag_label(e->d, m, v->made, "`%s` applied here", v->maker);
	diag_note(e->d, m, "`%s` applies the %s itself; a second one slows and weakens learning", name, v->maker);
	if (apart) diag_help(e->d, m, "pass the scores from before the %s, and keep the probabilities as an\n`output p = %s(%s)`", v->maker, v->maker, span_text(e->arena, v->span));
	else diag_help(e->d, m, "pass the scores from before the %s", v->maker);
	return false;
}

static struct value *
apply_instance(struct elaborator *e, struct instance *i, struct arguments *a)
{
	struct arguments all, own;
	if (!read_arguments(e, i->call, i->scope, NULL, &own)) return value_error(e);
	all = *a;
	for (int k = 0; k < own.n && all.n < MOST; k++) all.at[all.n++] = own.at[k];
	for (int k = 0; k < own.keyword_count && all.keyword_count < MOST; k++) {
		all.keyword[all.keyword_count] = own.keyword[k];
		all.keyword_value[all.keyword_count++] = own.keyword_value[k];
	}
	return expand(e, i->callee, &all, i);
}

/* `step` counts inside an optimizer; `step(..)` is the function of that name all the same */
static struct value *
callee_of(struct elaborator *e, struct node *call_, struct scope *s)
{
	struct node *name = call_->kid[0];
	struct value *v = e->counters && name->kind == NODE_NAME ? look_up(s, name->text) : NULL;
	for (int i = 0; v && i < e->counters->bindings.n; i++)
		if (e->counters->bindings.at[i].value == v) s = e->globals;
	return evaluate(e, name, s);
}

struct value *
apply_call(struct elaborator *e, struct node *call_, struct scope *s, struct value *piped)
{
	struct node *name = call_->kid[0];
	struct arguments a;
	bool reduction = false;
	for (int r = SUM; r <= ARGMIN && name->kind == NODE_NAME; r++) reduction |= !strcmp(reduction_name[r], name->text);
	struct value *callee = reduction ? NULL : callee_of(e, call_, s);
	if (!read_arguments(e, call_, s, piped, &a)) return value_error(e);
	if (!reduction && !e->counters && is_schedule(e, callee)) {
		struct diagnostic *m = problem(e, "schedule", name->span, "", "`%s` is a schedule: it computes an option of an optimizer", name->text);
		diag_help(e->d, m, "its place is the train block: `lr = %s(..)`", name->text);
		return value_error(e);
	}
	if (reduction) return apply_reduction(e, &a, name->text);
	bool weights = false;
	for (int i = 0; i < a.n; i++) weights |= a.at[i]->kind == VALUE_WEIGHTS;
	struct value *v;
	switch (callee->kind) {
	case VALUE_ERROR: return callee;
	case VALUE_DEFINITION:
		v = weights ? sum_over_weights(e, callee, &a) : expand(e, callee, &a, NULL);
		if (!check_scores(e, name->text, v, &a)) return value_error(e);
		break;
	case VALUE_INSTANCE: v = apply_instance(e, callee->instance, &a); break;
	case VALUE_FUNCTION: v = apply_function(e, callee->function, &a); break;
	case VALUE_PRIMITIVE: v = callee->primitive->run(e, &a); break;
	default: {
		struct diagnostic *m = problem(e, "call", name->span, shape_text(e, callee), "only layers and functions can be called");
		if (m && callee->kind == VALUE_TENSOR) diag_help(e->d, m, "to read one element, write `%s[i]`", span_text(e->arena, name->span));
		return value_error(e);
	}
	}
	if (v->kind != VALUE_TENSOR) return v;
	struct value *w = NEW(e->arena, struct value);
	*w = *v;
	if (w->span.file && w->span.file->library) w->span = call_->span;
	w->maker = is_probability(e, w) ? name->text : NULL;
	w->made = call_->span;
	return piped ? materialise(e, w, name->text ? name->text : "v", false, call_->span) : w;
}
