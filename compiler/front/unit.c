/* unit.c - the models and trains of a file. */
#include "front/elaborate.h"
#include <string.h>

static int
count_weights(const struct program *p)
{
	int n = 0;
	for (int i = 0; i < p->tensors.n; i++) n += p->tensors.at[i]->role == ROLE_PARAM && !p->tensors.at[i]->outside_weights;
	return n;
}

/* Elaborates one model in one mode.  Global names are evaluated anew: `training` differs, and values belong to a program. */
static struct program *
elaborate_mode(struct elaborator *base, struct model *m, struct node *model, bool training, struct elaborator *out)
{
	struct elaborator e = {.unit = base->unit, .arena = base->arena, .d = base->d, .training = training, .defines = base->defines, .define_count = base->define_count};
	e.p = program_new(e.arena);
	e.quiet++; /* the definitions of files were reported once before */
	open_globals(&e);
	e.quiet--;
	if (out) *out = e;
	if (!model) return e.p;
	e.model = m;
	e.batch = index_batch(e.p, "n");
	PUSH(e.arena, &e.context, e.batch);
	run_block(&e, model->kid[0], scope_new(&e, e.globals));
	if (e.weights_used.file && count_weights(e.p) > e.weights_count) {
		struct diagnostic *d = problem(&e, "weights", e.weights_used, arena_print(e.arena, "%d of %d so far", e.weights_count, count_weights(e.p)), "`weights` is used before all weights are there");
		diag_help(e.d, d, "put this line below the last layer");
	}
	return e.p;
}

/* the paths of parameters that something reads */
static void
mark_read_params(struct program *p, struct map *read)
{
	for (int i = 0; i < p->equations.n; i++) {
		int n;
		struct expr **reads = expr_reads(p, p->equations.at[i]->body, &n);
		for (int r = 0; r < n; r++)
			if (tensor_is_param(reads[r]->tensor)) *map_get(p->arena, read, reads[r]->tensor->name) = 1;
	}
}

/* A parameter that nothing reads, neither in training nor in evaluation, does not exist.  Ids index tables, so the lists keep their places: it
 * loses its role. */
static void
drop_unread_params(struct program *train, struct program *eval)
{
	struct program *both_[2] = {train, eval};
	struct map read = {0};
	for (int k = 0; k < 2; k++) {
		remove_dead(both_[k]);
		mark_read_params(both_[k], &read);
	}
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < both_[k]->tensors.n; i++) {
			struct tensor *t = both_[k]->tensors.at[i];
			if (tensor_is_param(t) && !map_find(&read, t->name)) t->role = ROLE_VALUE;
		}
}

static void
check_model(struct elaborator *e, struct model *m)
{
	struct program *p = m->train;
	if (!p->loss && !m->eval->outputs.n) {
		struct diagnostic *d = problem(e, "loss", m->span, "", "model `%s` has neither a loss nor an output", m->name);
		diag_help(e->d, d, "add `loss = ...` to train it");
	}
}

static void
elaborate_model(struct elaborator *e, struct node *file, struct node *n)
{
	struct model *m = NEW(e->arena, struct model);
	m->name = n->text;
	m->span = n->name;
	int errors = e->d->errors;
	m->train = elaborate_mode(e, m, n, true, NULL);
	if (e->d->errors == errors) m->eval = elaborate_mode(e, m, n, false, NULL);
	if (e->d->errors == errors) check_model(e, m);
	if (e->d->errors == errors) drop_unread_params(m->train, m->eval);
	struct node *train = NULL;
	for (int i = 0; i < file->n; i++) {
		struct node *t = file->kid[i];
		if (t->kind != NODE_TRAIN || (t->text && strcmp(t->text, n->text))) continue;
		if (train) {
			struct diagnostic *d = problem(e, "name-clash", t->name, "again here", "model `%s` has two train blocks", n->text);
			diag_label(e->d, d, train->name, "first here");
		}
		train = t;
	}
	if (e->d->errors == errors) {
		struct elaborator scope = {0};
		elaborate_mode(e, NULL, NULL, true, &scope);
		elaborate_train(&scope, m, train, scope.globals);
	}
	if (e->d->errors == errors) PUSH(e->arena, &e->unit->models, m);
}

void
elaborate(struct unit *u, struct define_option *defines, int define_count, const char *only)
{
	struct elaborator e = {.unit = u, .arena = u->arena, .d = &u->diagnostics, .training = true, .defines = defines, .define_count = define_count};
	struct node *file = u->modules.at[u->modules.n - 1]->tree;
	e.p = program_new(e.arena);
	open_globals(&e);
	check_defines(&e);
	if (u->diagnostics.errors) return; /* models would only stumble over it again */
	int models = 0;
	for (int i = 0; i < file->n; i++) {
		struct node *n = file->kid[i];
		if (n->kind == NODE_MODEL) {
			for (int k = 0; k < i; k++)
				if (file->kid[k]->kind == NODE_MODEL && !strcmp(file->kid[k]->text, n->text)) {
					struct diagnostic *m = problem(&e, "name-clash", n->name, "again here", "there are two models named `%s`", n->text);
					diag_label(e.d, m, file->kid[k]->name, "first here");
				}
			models++;
			if (!only || !strcmp(only, n->text)) elaborate_model(&e, file, n);
		}
		if (n->kind == NODE_TRAIN && n->text) {
			bool found = false;
			for (int k = 0; k < file->n; k++) found |= file->kid[k]->kind == NODE_MODEL && !strcmp(file->kid[k]->text, n->text);
			if (!found) {
				const char *names[64];
				int count = 0;
				for (int k = 0; k < file->n && count < 64; k++)
					if (file->kid[k]->kind == NODE_MODEL) names[count++] = file->kid[k]->text;
				struct diagnostic *m = problem(&e, "unknown-name", n->name, "not defined", "there is no model named `%s`", n->text);
				const char *near = nearest_name(n->text, names, count);
				if (near || count == 1) diag_help(e.d, m, "there is `%s`", near ? near : names[0]);
				if (near || count == 1) diag_rename(e.d, m, n->text, near ? near : names[0]);
			}
		}
	}
	if (only && models && !u->models.n && !u->diagnostics.errors) {
		const char *names[64];
		int n = 0;
		for (int i = 0; i < file->n && n < 64; i++)
			if (file->kid[i]->kind == NODE_MODEL) names[n++] = file->kid[i]->text;
		struct diagnostic *m = problem(&e, "unknown-name", (struct span){0}, "", "--model %s: the file has no such model", only);
		struct text all = {.arena = e.arena};
		for (int i = 0; i < n; i++) text_add(&all, "%s`%s`", i ? ", " : "", names[i]);
		const char *near = nearest_name(only, names, n);
		diag_help(e.d, m, "it has %s", near ? arena_print(e.arena, "`%s`", near) : text_end(&all));
	}
	if (!models && !u->diagnostics.errors) {
		struct diagnostic *m = problem(&e, "model", (struct span){file->span.file, 0, 0}, "", "there is no model in this file");
		diag_help(e.d, m, "a network is written `model Name { ... }`");
	}
}
