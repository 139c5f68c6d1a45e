/* unused.c - names of the file that nothing reads: a warning each.
 *
 * Works on the syntax tree alone.  A definition is used where a later statement mentions its name before another one gives the name anew; inside
 * `repeat` also where an earlier statement does, in the next copy.  Names that start with _ are meant to be unused. */
#include "front/elaborate.h"
#include <string.h>

/* does the tree mention the name as a value? */
static bool
mentions_name(const struct node *n, const char *name)
{
	if (!n) return false;
	if (n->kind == NODE_NAME && !strcmp(n->text, name)) return true;
	if (n->kind == NODE_OUTPUT && !n->kid[0] && !strcmp(n->text, name)) return true;
	for (int i = 0; i < n->n; i++)
		if (mentions_name(n->kid[i], name)) return true;
	return false;
}

/* what the statement reads; the left side's own name is none of it */
static bool
reads_name(const struct node *n, const char *name)
{
	switch (n->kind) {
	case NODE_DEFINE: return mentions_name(n->kid[1], name);
	case NODE_INDEXED: return mentions_name(n->kid[1], name) || mentions_name(n->kid[2], name);
	default: return mentions_name(n, name);
	}
}

/* the k-th name that the statement gives a value to; NULL: there are no more */
static const struct node *
defined_name(const struct node *n, int k)
{
	switch (n->kind) {
	case NODE_DEFINE: return k < n->kid[0]->n && n->kid[0]->kid[k]->kind == NODE_NAME ? n->kid[0]->kid[k] : NULL;
	case NODE_INDEXED: return k == 0 && n->kid[0]->kind == NODE_NAME && !is_start(n) ? n->kid[0] : NULL;
	case NODE_LET: case NODE_INPUT: case NODE_TARGET: case NODE_PARAM: case NODE_INSTANCE: case NODE_STATE: return k == 0 ? n : NULL;
	default: return NULL;
	}
}

static bool
defines(const struct node *n, const char *name)
{
	const struct node *d;
	for (int k = 0; (d = defined_name(n, k)) != NULL; k++)
		if (!strcmp(d->text, name)) return true;
	return false;
}

struct place_in { /* a statement, and the blocks around it from the inside */
	const struct place_in *up;
	const struct node *block;
	int position;
	bool repeat;
};

/* the statement that gives the name anew before anything has read it; *used: something reads it */
static const struct node *
next_definition(const struct place_in *at, const char *name, bool *used)
{
	*used = false;
	for (const struct place_in *p = at; p; p = p->up) {
		bool known_outside = false;
		for (int i = p->position + 1; i < p->block->n; i++) {
			if (reads_name(p->block->kid[i], name)) {
				*used = true;
				return NULL;
			}
			if (defines(p->block->kid[i], name) && !p->repeat) return p->block->kid[i];
		}
		if (!p->repeat) return NULL;
		for (int i = 0; i <= p->position; i++)
			if (reads_name(p->block->kid[i], name)) *used = true; /* the next copy does */
		for (const struct place_in *up = p->up; up && !known_outside; up = up->up)
			for (int i = 0; i < up->position; i++) known_outside |= defines(up->block->kid[i], name);
		if (*used || !known_outside) return NULL;
	}
	return NULL;
}

static bool
is_read_elsewhere(const struct place_in *at, const char *name)
{
	for (int i = 0; i < at->block->n; i++)
		if (i != at->position && reads_name(at->block->kid[i], name)) return true;
	return false;
}

static void
check_statement(struct diagnostics *d, const struct place_in *at)
{
	const struct node *n = at->block->kid[at->position], *name, *again = NULL;
	bool any = false, used = false;
	for (int k = 0; (name = defined_name(n, k)) != NULL && !used; k++) {
		if (name->text[0] == '_') return;
		again = next_definition(at, name->text, &used);
		if (n->kind == NODE_INDEXED && !used) used = is_read_elsewhere(at, name->text); /* a recurrence reads what stands below */
		any = true;
	}
	if (!any || used) return;
	name = defined_name(n, 0);
	struct diagnostic *m = diag_warning(d, "unused", name->name.file ? name->name : name->span, again ? "this value" : "", again ? "the value of `%s` is never used" : "`%s` is never used", name->text);
	if (again) diag_label(d, m, again->span, "`%s` means this from here on", name->text);
	switch (n->kind) {
	case NODE_INPUT: case NODE_TARGET: diag_help(d, m, "take it out, and its data too; or call it `_%s` if that is meant", name->text); break;
	case NODE_PARAM: diag_help(d, m, "a parameter that nothing reads does not exist: take it out, or use it"); break;
	default: {
		static const char *const words[] = {"input", "target", "output", "metric", "loss", "param", "state"};
		const char *word = nearest_name(name->text, words, sizeof words / sizeof *words);
		if (word && strlen(name->text) <= strlen(word) + 2) diag_help(d, m, "`%s` is a statement: `%s%s = ...`", word, word, strcmp(word, "loss") ? " name" : "");
		else diag_help(d, m, "take it out, use it, or call it `_%s` if that is meant", name->text);
	}
	}
}

static void
check_block(struct diagnostics *d, const struct place_in *up, const struct node *block, bool repeat)
{
	for (int i = 0; i < block->n; i++) {
		const struct place_in at = {up, block, i, repeat};
		const struct node *n = block->kid[i];
		if (n->kind == NODE_REPEAT) check_block(d, &at, n->kid[1], true);
		else check_statement(d, &at);
	}
}

/* a parameter of a definition that neither its body nor the rest of its signature mentions */
static void
check_parameters(struct diagnostics *d, const struct node *n)
{
	const struct node *params = n->kid[0];
	for (int k = 0; k < params->n; k++) {
		const struct node *p = params->kid[k];
		bool used = p->text[0] == '_' || mentions_name(n->kid[2], p->text) || mentions_name(n->kid[1], p->text);
		for (int i = 0; i < params->n; i++) used |= i != k && mentions_name(params->kid[i], p->text);
		for (int i = 0; p->kid[0] && p->kid[0]->kid[0] && i < p->kid[0]->kid[0]->n; i++) { /* `like: [d, i, j]` is there for its sizes */
			const struct node *size = p->kid[0]->kid[0]->kid[i];
			used |= size->kind == NODE_NAME && (mentions_name(n->kid[2], size->text) || mentions_name(n->kid[1], size->text));
		}
		if (used) continue;
		struct diagnostic *m = diag_warning(d, "unused", p->name, "", "`%s` of `%s` is never used", p->text, n->text);
		diag_help(d, m, "take it out, use it, or call it `_%s` if that is meant", p->text);
	}
}

void
check_unused(struct diagnostics *d, const struct node *file)
{
	for (int i = 0; i < file->n; i++) {
		const struct node *n = file->kid[i];
		if (n->kind == NODE_MODEL) check_block(d, NULL, n->kid[0], false);
		if (n->kind != NODE_FN && n->kind != NODE_LAYER) continue;
		check_parameters(d, n);
		if (n->kid[2]->kind == NODE_BLOCK) check_block(d, NULL, n->kid[2], false);
	}
}
