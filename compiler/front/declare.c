/* declare.c - what a model or layer declares: inputs, targets, parameters, states; their types and starting values. */
#include "front/apply.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- types ---------------------------------------------------------------------------------------------------------------------------------- */

/* range(10): a number of classes that a call was given; 0: something else */
static long
classes_given(const struct node *t)
{
	const struct node *n = t->kind == NODE_CALL && t->kid[1]->n == 1 ? t->kid[1]->kid[0] : NULL;
	size_t digits = n && n->kind == NODE_NUMBER ? strspn(n->text, "0123456789") : 0;
	return digits && digits < 9 && !n->text[digits] ? strtol(n->text, NULL, 10) : 0;
}

/* the tree calls a definition with this value in the place of a class, `t: 0..n-1` */
static bool
class_in(struct elaborator *e, const struct node *tree, const char *name)
{
	if (!tree) return false;
	const struct value *f = tree->kind == NODE_CALL && tree->kid[0]->kind == NODE_NAME ? look_up(e->globals, tree->kid[0]->text) : NULL;
	const struct node *params = f && f->kind == VALUE_DEFINITION ? f->definition->kid[0] : NULL;
	for (int k = 0; params && k < params->n && k < tree->kid[1]->n; k++) {
		const struct node *type = params->kid[k]->kid[0], *argument = tree->kid[1]->kid[k];
		if (type && type->kid[1] && argument->kind == NODE_NAME && !strcmp(argument->text, name)) return true;
	}
	for (int i = 0; i < tree->n; i++)
		if (class_in(e, tree->kid[i], name)) return true;
	return false;
}

/* some statement of the block does */
static bool
is_class(struct elaborator *e, const char *name)
{
	for (int i = 0; name && e->block && i < e->block->n; i++)
		if (class_in(e, e->block->kid[i], name)) return true;
	return false;
}

/* `784` for `[784]` or `0..783`; `float[784]` */
static void
help_type(struct elaborator *e, struct diagnostic *m, struct node *t, struct scope *s)
{
	e->quiet++;
	struct value *v = evaluate(e, t, s);
	e->quiet--;
	static const struct { const char *name, *what, *type; } elsewhere[] = {
		{"bool", "a truth is one of two classes: `0..1`", "0..1"}, {"boolean", "a truth is one of two classes: `0..1`", "0..1"}, {"float", "a number is `real`", "real"},
		{"double", "a number is `real`", "real"}, {"float32", "a number is `real`", "real"}, {"float64", "a number is `real`", "real"},
		{"Tensor", "a tensor is its shape, `[784]`", NULL}, {"int", "a whole number says its range, `0..9`", NULL}};
	for (size_t i = 0; t->kind == NODE_NAME && i < sizeof elsewhere / sizeof *elsewhere; i++) {
		if (strcmp(elsewhere[i].name, t->text)) continue;
		diag_help(e->d, m, "%s", elsewhere[i].what);
		if (elsewhere[i].type) diag_edit(e->d, m, t->span, "%s", elsewhere[i].type);
		return;
	}
	if (v->kind == VALUE_NUMBER && v->number > 1 && v->number == floor(v->number) && v->number < 1e9)
		if (e->statement && (e->statement->kind == NODE_INPUT || e->statement->kind == NODE_PARAM)) {
			struct span at = t->span;
			bool around = at.file && at.begin > 0 && at.file->text[at.begin - 1] == '(' && at.file->text[at.end] == ')';
			if (around) at = (struct span){at.file, at.begin - 1, at.end + 1};
			if (t->kind == NODE_NAME) diag_help(e->d, m, "a shape stands in brackets: `[%s]`", t->text);
			else diag_help(e->d, m, "%.0f numbers are `[%.0f]`", v->number, v->number);
			if (t->kind == NODE_NAME) diag_edit(e->d, m, at, "[%s]", t->text);
			else diag_edit(e->d, m, at, "[%.0f]", v->number);
		} else {
			diag_help(e->d, m, "%.0f numbers are `[%.0f]`, one of %.0f classes is `0..%.0f`", v->number, v->number, v->number, v->number - 1);
			if (e->statement && is_class(e, e->statement->text)) diag_edit(e->d, m, t->span, "0..%.0f", v->number - 1);
			else diag_edit(e->d, m, t->span, "[%.0f]", v->number);
		}
	else if (t->kind == NODE_INDEX) {
		diag_help(e->d, m, "a tensor of real numbers is written `[%s]`", span_text(e->arena, t->kid[1]->span));
		diag_edit(e->d, m, t->span, "[%s]", span_text(e->arena, t->kid[1]->span));
	} else if (classes_given(t) > 1 && e->statement && e->statement->kind == NODE_TARGET) {
		diag_help(e->d, m, "one of %ld classes is `0..%ld`: both ends are included", classes_given(t), classes_given(t) - 1);
		diag_edit(e->d, m, t->span, "0..%ld", classes_given(t) - 1);
	} else
		diag_help(e->d, m, "a type is `real`, a shape as `[784]`, a range as `0..9`, or `[100] of 0..255`");
}

/* the sizes written in a type; `real` and ranges have none */
bool
type_dims(struct elaborator *e, struct node *type, struct scope *s, int *rank, long shape[])
{
	struct node *t = type ? type->kid[0] : NULL;
	*rank = 0;
	if (!t || (t->kind == NODE_NAME && !strcmp(t->text, "real"))) return true;
	if (t->kind != NODE_LIST) {
		struct diagnostic *m = problem(e, "type", t->span, "", "this is no type");
		help_type(e, m, t, s);
		return false;
	}
	if (t->n > MAX_RANK - 1) {
		problem(e, "rank", t->span, "", "a tensor may have at most %d axes", MAX_RANK - 1);
		return false;
	}
	double count = 1;
	for (int i = 0; i < t->n; i++) {
		if (!whole_number(e, evaluate(e, t->kid[i], s), t->kid[i]->span, "a size", &shape[i])) return false;
		count *= (double)shape[i];
		if (shape[i] < 1 || count > 1e12) {
			problem(e, "size", t->kid[i]->span, arena_print(e->arena, "this is %ld", shape[i]), shape[i] < 1 ? "a size must be at least 1" : "this tensor is too large");
			return false;
		}
	}
	*rank = t->n;
	return true;
}

static bool
type_range(struct elaborator *e, struct node *type, struct scope *s, struct tensor *t)
{
	struct node *range = type->kid[1];
	if (!range) return true;
	if (!whole_number(e, evaluate(e, range->kid[0], s), range->kid[0]->span, "the end of a range", &t->low) ||
	    !whole_number(e, evaluate(e, range->kid[1], s), range->kid[1]->span, "the end of a range", &t->high))
		return false;
	if (t->low > t->high || t->low < INT32_MIN || t->high > INT32_MAX) {
		struct diagnostic *m = problem(e, "index-range", range->span, "", t->low > t->high ? "this range is empty" : "whole numbers must fit into 32 bits");
		if (t->low > t->high) diag_help(e->d, m, "the smaller end stands first: `%ld..%ld`", t->high, t->low);
		if (t->low > t->high) diag_edit(e->d, m, range->span, "%ld..%ld", t->high, t->low);
		return false;
	}
	t->integer = true;
	return true;
}

/* ---- declarations ----------------------------------------------------------------------------------------------------------------------------- */

void
run_input(struct elaborator *e, struct node *n, struct scope *s)
{
	int rank;
	long shape[MAX_RANK] = {0};
	if (e->frame || !e->model) {
		problem(e, "place", n->span, "", "`%s` belongs directly into a model", n->kind == NODE_INPUT ? "input" : "target");
		return;
	}
	for (int i = 0; i < e->p->tensors.n; i++) {
		const struct tensor *old = e->p->tensors.at[i];
		if ((old->role != ROLE_INPUT && old->role != ROLE_TARGET) || strcmp(old->name, n->text)) continue;
		struct diagnostic *m = problem(e, "name-clash", n->name, "again here", "there are two inputs or targets named `%s`", n->text);
		diag_label(e->d, m, old->span, "first here");
		return;
	}
	scope_bind(e, s, n->text, value_error(e));
	if (!type_dims(e, n->kid[0], s, &rank, shape + 1)) return;
	struct tensor *t = tensor_new(e->p, n->text, n->kind == NODE_INPUT ? ROLE_INPUT : ROLE_TARGET, rank + 1, shape);
	t->batch = true;
	t->proper = true;
	t->span = n->span;
	if (!type_range(e, n->kid[0], s, t)) return;
	struct value *v = value_of_tensor(e, t, 1, &e->batch, n->name);
	scope_bind(e, s, n->text, with_stage(e, v, NULL, n->text));
	if (e->training) PUSH(e->arena, &e->model->inputs, t);
}

static const struct initialiser {
	const char *name;
	int least, most;
	double argument[2];
} initialisers[] = {
	{"normal", 0, 2, {0, 1}},    {"uniform", 0, 2, {0, 1}}, {"glorot_uniform", 0, 0, {0}}, {"glorot_normal", 0, 0, {0}},
	{"he_uniform", 0, 0, {0}},   {"he_normal", 0, 0, {0}},  {"orthogonal", 0, 0, {0}},
};

static const struct initialiser *
initialiser_named(const char *name)
{
	for (size_t i = 0; name && i < sizeof initialisers / sizeof *initialisers; i++)
		if (!strcmp(initialisers[i].name, name)) return &initialisers[i];
	return NULL;
}

static void
no_initialiser(struct elaborator *e, const struct node *name)
{
	enum { ALL = sizeof initialisers / sizeof *initialisers };
	const char *names[ALL];
	struct text t = {.arena = e->arena};
	for (int i = 0; i < ALL; i++) text_add(&t, "%s%s", i ? ", " : "", names[i] = initialisers[i].name);
	struct diagnostic *m = problem(e, "param-init", name->span, "", "there is no initialiser named `%s`", name->text);
	if (m && !help_option(e, m, name->text, ALL, names)) diag_help(e->d, m, "there are %s", text_end(&t));
}

/* the numbers of `normal(0, 0.02)` */
static bool
read_numbers(struct elaborator *e, const struct initialiser *i, struct node *call, struct scope *s, struct start *start)
{
	const struct node *list = call->kid[1];
	if (list->n > i->most) {
		problem(e, "arguments", call->span, "", "`%s` takes %s", i->name, i->most ? "two numbers" : "no arguments");
		return false;
	}
	for (int k = 0; k < list->n; k++) {
		struct node *a = list->kid[k];
		if (a->kind == NODE_KEYWORD) { /* normal(std=0.01) */
			struct diagnostic *m = problem(e, "arguments", a->span, "", "`%s` takes its numbers by position", i->name);
			const char *two = list->n > 1 ? "" : !strcmp(a->text, "mean") || !strcmp(a->text, "low") ? ", 1" : "0, ", *text = span_text(e->arena, a->kid[0]->span);
			bool behind = *two == ',';
			if (list->n == 1) diag_help(e->d, m, "write `%s(%s%s%s)`", i->name, behind ? "" : two, text, behind ? two : "");
			if (list->n == 1) diag_edit(e->d, m, a->span, "%s%s%s", behind ? "" : two, text, behind ? two : "");
			else diag_edit(e->d, m, a->span, "%s", text);
			return false;
		}
		struct value *v = evaluate(e, a, s);
		if (v->kind != VALUE_NUMBER) {
			if (v->kind != VALUE_ERROR) problem(e, "value", a->span, shape_text(e, v), "an initialiser takes numbers known at compile time");
			return false;
		}
		start->argument[k] = v->number;
	}
	const bool normal = !strcmp(i->name, "normal");
	if (normal ? start->argument[1] >= 0 : start->argument[0] <= start->argument[1]) return true;
	problem(e, "param-init", call->span, normal ? "mean, deviation" : "from, to", normal ? "a deviation is at least 0" : "this range is empty");
	return false;
}

struct value *
evaluate_argument(struct elaborator *e, struct node *n, struct scope *s)
{
	struct node *name = n->kind == NODE_CALL ? n->kid[0] : n;
	const struct initialiser *i = name->kind == NODE_NAME ? initialiser_named(name->text) : NULL;
	const struct value *own = i ? look_up(s, name->text) : NULL; /* the program may use the name for something else */
	if (!i || n->kind != NODE_CALL || !n->kid[1]->n || (own && own->kind != VALUE_WORD)) return evaluate(e, n, s);
	struct start start = {.word = i->name, .n = 2, .argument = {i->argument[0], i->argument[1]}};
	if (!read_numbers(e, i, n, s, &start)) return value_error(e);
	struct value *v = value_new(e, VALUE_WORD, n->span);
	v->text = i->name;
	v->n = start.n;
	v->item = NEW_ARRAY(e->arena, start.n, struct value *);
	for (int k = 0; k < start.n; k++) v->item[k] = value_number(e, start.argument[k], n->span);
	return v;
}

/* `~ normal(0, 0.02)`: a word and its numbers; both may come through a parameter (`init = he_normal`) */
static bool
read_drawn(struct elaborator *e, struct node *expr, struct scope *s, struct start *start)
{
	struct node *name = expr->kind == NODE_CALL ? expr->kid[0] : expr;
	const struct value *given = NULL;
	const char *word = name->text;
	if (name->kind == NODE_NAME && !initialiser_named(word) && !look_up(s, word)) {
		no_initialiser(e, name);
		return false;
	}
	if (name->kind == NODE_NAME && !initialiser_named(word)) {
		struct value *v = evaluate(e, name, s);
		if (v->kind == VALUE_ERROR) return false;
		word = v->kind == VALUE_WORD ? v->text : v->kind == VALUE_PRIMITIVE ? v->primitive->name : NULL;
		given = v->kind == VALUE_WORD && v->n ? v : NULL;
	}
	const struct initialiser *i = initialiser_named(word);
	if (!i) {
		struct diagnostic *m = problem(e, "param-init", name->span, "", "this is no initialiser");
		diag_help(e->d, m, "one of glorot_uniform, glorot_normal, he_uniform, he_normal, orthogonal, normal(mean, std), uniform(low, high)");
		return false;
	}
	*start = (struct start){.word = i->name, .n = 2, .argument = {i->argument[0], i->argument[1]}};
	for (int k = 0; given && k < 2; k++) start->argument[k] = given->item[k]->number;
	return expr->kind != NODE_CALL || read_numbers(e, i, expr, s, start);
}

static bool
read_start(struct elaborator *e, struct node *init, struct scope *s, struct start *start)
{
	if (init->kind == NODE_DRAWN) return read_drawn(e, init->kid[0], s, start);
	const struct node *drawn = init->kid[0]->kind == NODE_CALL ? init->kid[0]->kid[0] : init->kid[0];
	if (drawn->kind == NODE_NAME && initialiser_named(drawn->text)) {
		struct diagnostic *m = problem(e, "param-init", init->span, "", "a random start is written with `~`");
		diag_help(e->d, m, "write `~ %s`", span_text(e->arena, init->kid[0]->span));
		diag_edit(e->d, m, init->span, "~ %s", span_text(e->arena, init->kid[0]->span));
		return false;
	}
	struct value *v = evaluate(e, init->kid[0], s);
	if (v->kind == VALUE_ERROR) return false;
	struct value *t = v->kind == VALUE_TENSOR ? v : NULL;
	if (t && t->body->op == OP_NUMBER) v = value_number(e, t->body->number, v->span);
	if (v->kind != VALUE_NUMBER) {
		struct diagnostic *m = problem(e, "param-init", init->span, shape_text(e, v), "a starting value is one number known at compile time");
		diag_help(e->d, m, "all elements start with it, `= 0`, or are drawn, `~ normal(0, 0.1)`");
		return false;
	}
	*start = (struct start){.n = 1, .argument = {v->number}};
	return true;
}

/* the second use of a named layer reads the weights of the first */
static struct tensor *
shared_param(struct elaborator *e, const char *path)
{
	if (!e->instance || (!e->instance->used && !e->instance->again)) return NULL;
	for (int i = 0; i < e->p->tensors.n; i++)
		if (tensor_is_param(e->p->tensors.at[i]) && !strcmp(e->p->tensors.at[i]->name, path)) return e->p->tensors.at[i];
	return NULL;
}

struct tensor *
weight_of(struct elaborator *e, const struct instance *i, const char *name)
{
	struct text path = {.arena = e->arena};
	for (int k = 0; k < i->path_count; k++) text_add(&path, "%s.", i->path[k]);
	text_add(&path, "%s.%s", i->name, name);
	for (int k = 0; k < e->p->tensors.n; k++)
		if (tensor_is_param(e->p->tensors.at[k]) && !strcmp(e->p->tensors.at[k]->name, text_end(&path))) return e->p->tensors.at[k];
	return NULL;
}

void
run_param(struct elaborator *e, struct node *n, struct scope *s)
{
	int rank;
	long shape[MAX_RANK];
	const char *path = path_name(e, n->text);
	scope_bind(e, s, n->text, value_error(e));
	if (e->frame && e->frame->definition->kind == NODE_FN) {
		help_layer(e, problem(e, "place", n->span, "", "a function has no weights"), e->frame->definition);
		return;
	}
	if (!n->kid[1]) {
		struct diagnostic *m = problem(e, "param-init", n->span, arena_print(e->arena, "%s, but filled with what?", span_text(e->arena, n->kid[0]->span)),
					       "parameter `%s` has no starting value", n->text);
		diag_help(e->d, m, "add an initialiser, for example `~ glorot_uniform`, `~ normal(0, 0.02)` or `= 0`");
		bool matrix = n->kid[0]->kid[0]->kind == NODE_LIST && n->kid[0]->kid[0]->n > 1;
		diag_edit(e->d, m, (struct span){n->span.file, n->kid[0]->span.end, n->kid[0]->span.end}, matrix ? " ~ glorot_uniform" : " = 0");
		return;
	}
	if (!type_dims(e, n->kid[0], s, &rank, shape)) return;
	struct tensor *t = shared_param(e, path);
	if (!t) {
		struct start start;
		if (!read_start(e, n->kid[1], s, &start)) return;
		t = tensor_new(e->p, path, e->frozen ? ROLE_FROZEN : ROLE_PARAM, rank, shape);
		if (strcmp(t->name, path)) {
			problem(e, "weight-path", n->span, "", "there are two weights with the path `%s`", path);
			return;
		}
		t->start = start;
		t->span = own_place(e, n->span);
		t->outside_weights = n->kid[2] != NULL;
		if (n->kid[2] && strcmp(n->kid[2]->text, "weights")) {
			struct diagnostic *m = problem(e, "syntax", n->kid[2]->span, "", "a parameter can only be left out of `weights`");
			diag_help(e->d, m, "write `not in weights`");
			diag_edit(e->d, m, n->kid[2]->span, "weights");
		}
	}
	scope_bind(e, s, n->text, value_of_tensor(e, t, 0, NULL, n->name));
}

void
run_state(struct elaborator *e, struct node *n, struct scope *s)
{
	int rank = 0;
	long shape[MAX_RANK];
	struct start start;
	scope_bind(e, s, n->text, value_error(e));
	if (n->kid[0] && !type_dims(e, n->kid[0], s, &rank, shape)) return;
	if (!read_start(e, &(struct node){.kind = NODE_VALUE, .span = n->kid[1]->span, .n = 1, .kid = &n->kid[1]}, s, &start)) return;
	struct tensor *t = tensor_new(e->p, path_name(e, n->text), ROLE_STATE, rank, shape);
	t->start = start;
	t->span = n->span;
	t->no_gradient = true;
	scope_bind(e, s, n->text, value_of_tensor(e, t, 0, NULL, n->name));
	PUSH(e->arena, &e->states, (struct state_binding){s, n->text, t});
}
