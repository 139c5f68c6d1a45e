/* instead.c - other definitions that have what was asked for: losses for classes, schedules, optimizers with an option. */
#include "front/apply.h"
#include "front/repair.h"
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
