/* instead.c - what there is instead of what was asked for: losses for classes, schedules, operators for functions, optimizers with an option. */
#include "front/apply.h"
#include "front/repair.h"
#include <ctype.h>
#include <string.h>

bool
help_class_loss(struct elaborator *e, struct diagnostic *m, const struct value *scores, const struct value *class, struct span name)
{
	struct value *f;
	for (int i = 0; m && (f = fact(e, "losses", i)) != NULL; i++) {
		if (!takes_classes(e, f, scores, class)) continue;
		diag_help(e->d, m, "`%s` takes scores and a class", f->definition->text);
		if (name.file && !name.file->library) diag_edit(e->d, m, name, "%s", f->definition->text);
		return true;
	}
	return false;
}

void
help_schedule(struct elaborator *e, struct diagnostic *m, const char *name)
{
	struct text t = {.arena = e->arena};
	struct value *v;
	int helps = m ? m->helps.n : 0;
	if (!m) return;
	help_name(e, m, name, e->globals);
	if (m->helps.n > helps) return;
	for (int i = 0; (v = fact(e, "schedules", i)) != NULL; i++)
		if (v->kind == VALUE_DEFINITION) text_add(&t, "%s`%s`", i ? ", " : "", v->definition->text);
	diag_help(e->d, m, "schedules are %s, and any expression of `step` and `epoch`: `lr=1e-3 * 0.95^epoch`", text_end(&t));
}

void
note_no_target(struct elaborator *e, struct node *call, struct scope *s, struct tensor *metric)
{
	struct value *f = call->kid[0]->kind == NODE_NAME ? look_up(e->globals, call->kid[0]->text) : NULL, *argument[2];
	if (!f || f->kind != VALUE_DEFINITION || !f->definition->span.file->library) return;
	for (int k = 0; k < 2; k++) {
		argument[k] = call->kid[1]->kid[k]->kind == NODE_NAME ? look_up(s, call->kid[1]->kid[k]->text) : NULL;
		if (!argument[k] || argument[k]->kind != VALUE_TENSOR || argument[k]->n == 0) return; /* a class is a number */
		if (argument[k]->body->op == OP_READ && argument[k]->body->tensor->role != ROLE_VALUE) return;
	}
	if (target_behind(e->p, metric)) return;
	for (int i = 0; i < e->p->tensors.n; i++) {
		struct tensor *t = e->p->tensors.at[i];
		struct value *class = t->role == ROLE_TARGET && t->integer ? look_up(s, t->name) : NULL;
		if (!class || class->kind != VALUE_TENSOR || class->n >= argument[1]->n) continue;
		argument[1] = class;
		if (try_call(e, f, 2, argument)->kind != VALUE_TENSOR) return;
		struct span second = call->kid[1]->kid[1]->span;
		struct diagnostic *m = diag_warning(e->d, "no-target", call->span, "both are computed by the model", "this metric looks at no target");
		diag_label(e->d, m, declared_name(t), "a class");
		diag_help(e->d, m, "compare with the class: `%s(%s, %s)`", call->kid[0]->text, call->kid[1]->kid[0]->text, t->name);
		diag_edit(e->d, m, second, "%s", t->name);
		return;
	}
}

/* ---- chains ------------------------------------------------------------------------------------------------------------------------------- */

static bool
is_word_at(const struct source *f, size_t i, const char *word)
{
	size_t n = strlen(word);
	bool before = i > 0 && (isalnum((unsigned char)f->text[i - 1]) || strchr("_.\"", f->text[i - 1]));
	return !before && !strncmp(f->text + i, word, n) && !isalnum((unsigned char)f->text[i + n]) && f->text[i + n] != '_';
}

bool
help_layer_of_stages(struct elaborator *e, struct diagnostic *m, const struct node *call, const char *stages)
{
	const struct node *n = e->statement;
	if (!m || !n || n->kind != NODE_DEFINE || n->kid[0]->n != 1 || n->kid[0]->kid[0]->kind != NODE_NAME || n->kid[1] != call || !n->span.file) return false;
	const struct source *f = n->span.file;
	const char *name = n->kid[0]->kid[0]->text;
	char *layer = arena_print(e->arena, "%s", name);
	layer[0] = (char)toupper((unsigned char)layer[0]);
	size_t item = n->span.begin, end = item;
	while (item > 0 && !(f->text[item - 1] == '\n' && (is_word_at(f, item, "model") || is_word_at(f, item, "layer")))) item--;
	while (f->text[end] && f->text[end] != '}') end++;
	for (size_t i = 0; i < f->length; i++)
		if (!strcmp(layer, name) || is_word_at(f, i, layer)) return false;
	diag_help(e->d, m, "a chain with a name is a layer above the model:\n`layer %s(x) = x%s`", layer, stages);
	diag_edit(e->d, m, (struct span){f, item, item}, "layer %s(x) = x%s\n\n", layer, stages);
	diag_edit(e->d, m, n->span, "%s", "");
	for (size_t i = n->span.end; i < end; i++)
		if (is_word_at(f, i, name)) diag_edit(e->d, m, (struct span){f, i, i + strlen(name)}, "%s", layer);
	return true;
}

/* ---- operators ---------------------------------------------------------------------------------------------------------------------------- */

static const struct { /* functions elsewhere, with the arguments 1, 2 and 3 as they are written here */
	const char *name;
	int arguments;
	const char *before, *between, *then, *behind;
} written[] = {
	{"dot", 2, "", " @ ", "", ""}, {"matmul", 2, "", " @ ", "", ""}, {"mm", 2, "", " @ ", "", ""}, {"mv", 2, "", " @ ", "", ""}, {"bmm", 2, "", " @ ", "", ""},
	{"add", 2, "", " + ", "", ""}, {"subtract", 2, "", " - ", "", ""}, {"multiply", 2, "", " * ", "", ""}, {"mul", 2, "", " * ", "", ""}, {"divide", 2, "", " / ", "", ""},
	{"pow", 2, "", "^", "", ""}, {"power", 2, "", "^", "", ""}, {"square", 1, "", "", "", "^2"}, {"sqr", 1, "", "", "", "^2"}, {"transpose", 1, "", "", "", ".T"},
	{"where", 3, "if ", " then ", " else ", ""}, {"select", 3, "if ", " then ", " else ", ""}, {"cond", 3, "if ", " then ", " else ", ""}, {"ifelse", 3, "if ", " then ", " else ", ""},
	{"maximum", 2, "max(", ", ", "", ")"}, {"minimum", 2, "min(", ", ", "", ")"}, {"fmax", 2, "max(", ", ", "", ")"}, {"fmin", 2, "min(", ", ", "", ")"},
};

static const struct node *
call_at(const struct node *tree, const struct node *callee)
{
	if (!tree || tree->kind == NODE_TEXT) return NULL;
	if (tree->kind == NODE_CALL && tree->kid[0] == callee) return tree;
	for (int i = 0; i < tree->n; i++) {
		const struct node *found = call_at(tree->kid[i], callee);
		if (found) return found;
	}
	return NULL;
}

/* an argument as an operand */
static const char *
operand(struct elaborator *e, const struct node *n, bool choice)
{
	bool whole = n->kind == NODE_NAME || n->kind == NODE_NUMBER || n->kind == NODE_CALL || n->kind == NODE_INDEX || n->kind == NODE_DOT;
	return arena_print(e->arena, whole || choice ? "%s" : "(%s)", span_text(e->arena, n->span));
}

/* no operator stands beside the call */
static bool
stands_alone(struct span call)
{
	const char *text = call.file->text;
	size_t from = call.begin, to = call.end;
	while (from > 0 && strchr(" \t", text[from - 1])) from--;
	while (text[to] == ' ' || text[to] == '\t' || text[to] == '\r') to++;
	return from > 0 && strchr("=(,[", text[from - 1]) && (!text[to] || strchr("),]\n;#}", text[to]));
}

bool
help_operator(struct elaborator *e, struct diagnostic *m, const struct node *callee, const char *name)
{
	const struct node *call = call_at(e->statement, callee);
	if (!call && e->frame) call = call_at(e->frame->definition, callee);
	if (!m || !call || !call->span.file || call->span.file->library) return false;
	const struct node *list = call->kid[1];
	bool plain = true;
	for (int i = 0; i < list->n; i++) plain &= list->kid[i]->kind != NODE_KEYWORD && list->kid[i]->kind != NODE_IN;
	if (!plain || is_stage(call->span)) return false;
	for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
		if (strcmp(written[i].name, name) || written[i].arguments != list->n) continue;
		bool inside = written[i].before[0] || list->n == 3, function = strchr(written[i].before, '(') != NULL;
		struct text t = {.arena = e->arena};
		text_add(&t, "%s", written[i].before);
		for (int k = 0; k < list->n; k++) text_add(&t, "%s%s", k == 0 ? "" : k == 1 ? written[i].between : written[i].then, operand(e, list->kid[k], inside));
		text_add(&t, "%s", written[i].behind);
		bool tight = (written[i].between[0] == '^' || list->n == 1) && !strchr("^.[", call->span.file->text[call->span.end]);
		const char *text = arena_print(e->arena, function || tight || stands_alone(call->span) ? "%s" : "(%s)", text_end(&t));
		diag_help(e->d, m, "write `%s`", text);
		diag_edit(e->d, m, call->span, "%s", text);
		return true;
	}
	return false;
}

/* ---- options ---------------------------------------------------------------------------------------------------------------------------------- */

static bool
has_option(const struct node *definition, const char *name, int from)
{
	for (int i = from; i < definition->kid[0]->n; i++)
		if (!strcmp(definition->kid[0]->kid[i]->text, name)) return true;
	return false;
}

/* `Adam(lr=1e-3, decay=1e-4)`: the schedule of which it is an option, around the first option */
static bool
help_schedule_with(struct elaborator *e, struct diagnostic *m, const struct node *call, const struct node *option)
{
	const struct node *list = call->kid[1], *first = list->n ? list->kid[0] : NULL;
	struct value *v;
	if (!first || first == option || (first->kind == NODE_KEYWORD ? first->kid[0] : first)->kind != NODE_NUMBER) return false;
	for (int i = 0; (v = fact(e, "schedules", i)) != NULL; i++) {
		if (v->kind != VALUE_DEFINITION || !has_option(v->definition, option->text, 1)) continue;
		struct span value = first->kind == NODE_KEYWORD ? first->kid[0]->span : first->span;
		const char *text = arena_print(e->arena, "%s(%s, %s)", v->definition->text, span_text(e->arena, value), span_text(e->arena, option->span));
		diag_help(e->d, m, "a rate that changes is a schedule: `%s=%s`", first->kind == NODE_KEYWORD ? first->text : "lr", text);
		diag_edit(e->d, m, value, "%s", text);
		repair_argument(e->d, m, option->span);
		return true;
	}
	return false;
}

void
help_option_elsewhere(struct elaborator *e, struct diagnostic *m, const struct node *call, const struct node *option)
{
	struct text t = {.arena = e->arena};
	if (help_schedule_with(e, m, call, option)) return;
	for (const struct scope *at = e->globals; at; at = at->up)
		for (int i = 0; i < at->bindings.n; i++) {
			const struct value *o = at->bindings.at[i].value;
			if (o->kind == VALUE_DEFINITION && o->definition->kind == NODE_OPTIMIZER && has_option(o->definition, option->text, 0))
				text_add(&t, "%s`%s`", t.length ? ", " : "", at->bindings.at[i].name);
		}
	if (t.length) diag_help(e->d, m, "it is an option of %s", text_end(&t));
}
