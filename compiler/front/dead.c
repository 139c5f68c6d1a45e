/* dead.c - branches of an `if` that are never taken: a warning each.
 *
 * A condition on indices is decided by their ranges, one without names by itself.  What depends on a constant or an option is there to be changed, and
 * is not looked at; a definition's `if` is dead only if it is so in every call. */
#include "front/elaborate.h"
#include <string.h>

/* the condition depends on nothing but indices and sizes that a signature binds */
static bool
is_fixed(const struct node *n, const struct scope *s)
{
	if (n->kind == NODE_CALL || n->kind == NODE_DOT || n->kind == NODE_INDEX) return false;
	if (n->kind == NODE_NAME) {
		const struct value *v = look_up(s, n->text);
		return v && v->kind == VALUE_TENSOR && v->n == 0 && v->body->op == OP_INDEX;
	}
	for (int i = 0; i < n->n; i++)
		if (!is_fixed(n->kid[i], s)) return false;
	return true;
}

/* "i is 0..9, k is 0..2", of the indices in the condition */
static void
add_ranges(struct text *t, const struct node *n, const struct scope *s)
{
	if (n->kind == NODE_NAME) {
		const struct index *i = look_up(s, n->text)->body->index;
		if (!strstr(t->length ? t->at : "", arena_print(t->arena, "%s is", n->text))) text_add(t, "%s%s is 0..%ld", t->length ? ", " : "", n->text, i->size - 1);
	}
	for (int i = 0; i < n->n; i++) add_ranges(t, n->kid[i], s);
}

void
note_verdict(struct elaborator *e, const struct node *n, const struct value *condition, const struct scope *s)
{
	if (e->quiet || n->span.file->library || !is_fixed(n->kid[0], s)) return;
	bool decided = condition->kind == VALUE_TRUTH || condition->body->op == OP_BOOL;
	bool held = decided && (condition->kind == VALUE_TRUTH ? condition->number != 0 : condition->body->number != 0);
	struct verdict *v = NULL;
	for (int i = 0; i < e->unit->verdicts.n && !v; i++)
		if (e->unit->verdicts.at[i].node == n) v = &e->unit->verdicts.at[i];
	if (!v) {
		struct text t = {.arena = e->arena};
		add_ranges(&t, n->kid[0], s);
		PUSH(e->arena, &e->unit->verdicts, (struct verdict){.node = n, .ranges = text_end(&t)});
		v = &e->unit->verdicts.at[e->unit->verdicts.n - 1];
	}
	v->held |= held;
	v->failed |= decided && !held;
	v->open |= !decided;
}

void
check_verdicts(struct unit *u)
{
	for (int i = 0; i < u->verdicts.n; i++) {
		const struct verdict *v = &u->verdicts.at[i];
		if (v->open || v->held == v->failed) continue;
		const struct node *condition = v->node->kid[0], *dead = v->node->kid[v->held ? 2 : 1];
		struct diagnostic *m = diag_warning(&u->diagnostics, "dead-branch", dead->span, "never taken", "this branch of an `if` is never taken");
		diag_label(&u->diagnostics, m, condition->span, v->held ? "always true" : "never true");
		if (*v->ranges) diag_note(&u->diagnostics, m, "%s", v->ranges);
		diag_help(&u->diagnostics, m, "write `%s` alone, or correct the condition", span_text(u->arena, v->node->kid[v->held ? 1 : 2]->span));
		diag_edit(&u->diagnostics, m, v->node->span, "%s", span_text(u->arena, v->node->kid[v->held ? 1 : 2]->span));
	}
}
