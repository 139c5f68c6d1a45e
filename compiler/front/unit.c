/* unit.c - a file: its definitions, models and trains, and the constants that -D replaces. */
#include "front/elaborate.h"
#include <stdlib.h>
#include <string.h>

static struct value *
definition_value(struct elaborator *e, struct node *n, struct scope *globals)
{
	struct value *v = value_error(e);
	v->kind = VALUE_DEFINITION;
	v->span = n->name;
	v->definition = n;
	v->text = n->text;
	v->home = globals;
	return v;
}

static bool
starts_upper(const char *name)
{
	return name[0] >= 'A' && name[0] <= 'Z';
}

/* Capitals learn: layers are Capitalised, functions are not. */
static void
check_capital(struct elaborator *e, struct node *n)
{
	if (n->span.file->library || (n->kind != NODE_FN && n->kind != NODE_LAYER) || (n->kind == NODE_LAYER) == starts_upper(n->text)) return;
	char *fixed = arena_text(e->arena, n->text, strlen(n->text));
	fixed[0] = (char)(n->kind == NODE_LAYER ? fixed[0] - 'a' + 'A' : fixed[0] - 'A' + 'a');
	struct diagnostic *m = problem(e, "capitals", n->name, "", n->kind == NODE_LAYER ? "a layer's name starts with a capital letter" : "a function's name starts with a small letter");
	if (n->text[0] != '_') diag_help(e->d, m, "call it `%s`: capitals show where the weights are", fixed);
}

static void
define_global(struct elaborator *e, struct node *n, struct value *v)
{
	for (int i = 0; i < e->globals->bindings.n; i++) {
		struct value *old = e->globals->bindings.at[i].value;
		if (strcmp(e->globals->bindings.at[i].name, n->text)) continue;
		if (old->span.file && !old->span.file->library) {
			struct diagnostic *m = problem(e, "name-clash", n->name, "again here", "`%s` is defined twice", n->text);
			diag_label(e->d, m, old->span, "first here");
		}
	}
	scope_bind(e, e->globals, n->text, v);
}

/* the value of -D name=text: a number, or a name that means something at the top of the file */
static struct value *
defined_value(struct elaborator *e, struct define_option *d, struct node *n)
{
	char *end;
	double v = strtod(d->value, &end);
	if (*d->value && !*end) return value_number(e, v, n->name);
	if (!strcmp(d->value, "true") || !strcmp(d->value, "false")) return value_truth(e, *d->value == 't', n->name);
	struct node name = {.kind = NODE_NAME, .span = n->name, .name = n->name, .text = d->value};
	e->quiet++;
	struct value *named = evaluate(e, &name, e->globals);
	e->quiet--;
	if (named->kind == VALUE_ERROR) problem(e, "define", n->name, arena_print(e->arena, "replaced by -D %s=%s", d->name, d->value), "`%s` is neither a number nor a known name", d->value);
	return named;
}

static void
run_global_let(struct elaborator *e, struct node *n)
{
	struct value *v = NULL;
	for (int i = 0; i < e->define_count && !n->span.file->library; i++)
		if (!strcmp(e->defines[i].name, n->text)) {
			e->defines[i].used = true;
			v = defined_value(e, &e->defines[i], n);
		}
	if (!v) v = evaluate(e, n->kid[0], e->globals);
	struct value *w = NEW(e->arena, struct value);
	*w = *v;
	w->span = n->name;
	define_global(e, n, w);
}

static void
define_items(struct elaborator *e, struct node *file)
{
	for (int i = 0; i < file->n; i++) {
		struct node *n = file->kid[i];
		switch (n->kind) {
		case NODE_LET: run_global_let(e, n); break;
		case NODE_FN: case NODE_LAYER: case NODE_OPTIMIZER:
			check_capital(e, n);
			define_global(e, n, definition_value(e, n, e->globals));
			break;
		case NODE_IMPORT: {
			struct diagnostic *m = problem(e, "not-yet", n->span, "", "`import` is not supported yet");
			diag_help(e->d, m, "copy the definitions that you need into this file");
			break;
		}
		default: break;
		}
	}
}

static void
bind_builtins(struct elaborator *e, bool training)
{
	static const char *const words[] = {"same", "valid", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "orthogonal"};
	struct span none = {0};
	scope_bind(e, e->globals, "true", value_truth(e, true, none));
	scope_bind(e, e->globals, "false", value_truth(e, false, none));
	scope_bind(e, e->globals, "pi", value_number(e, 3.14159265358979323846, none));
	scope_bind(e, e->globals, "inf", value_number(e, (double)__builtin_inf(), none));
	scope_bind(e, e->globals, "training", value_truth(e, training, none));
	struct value *weights = value_error(e);
	weights->kind = VALUE_WEIGHTS;
	scope_bind(e, e->globals, "weights", weights);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct value *v = value_error(e);
		v->kind = VALUE_WORD;
		v->text = words[i];
		scope_bind(e, e->globals, words[i], v);
	}
}

static int
count_weights(const struct program *p)
{
	int n = 0;
	for (int i = 0; i < p->tensors.n; i++) n += p->tensors.at[i]->role == ROLE_PARAM && !p->tensors.at[i]->outside_weights;
	return n;
}

/* Elaborates one model in one mode.  Global names are evaluated anew: `training` differs, and values belong to a program. */
static struct program *
elaborate_mode(struct elaborator *base, struct node *prelude, struct node *file, struct model *m, struct node *model, bool training, bool quiet,
	       struct elaborator *out)
{
	struct elaborator e = {.unit = base->unit, .arena = base->arena, .d = base->d, .training = training, .quiet = quiet, .defines = base->defines,
			       .define_count = base->define_count};
	e.p = program_new(e.arena);
	e.globals = scope_new(&e, NULL);
	bind_builtins(&e, training);
	e.quiet++; /* the file's own definitions were reported once before */
	define_items(&e, prelude);
	define_items(&e, file);
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
			if (reads[r]->tensor->role == ROLE_PARAM) *map_get(p->arena, read, reads[r]->tensor->name) = 1;
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
			if (t->role == ROLE_PARAM && !map_find(&read, t->name)) t->role = ROLE_VALUE;
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
elaborate_model(struct elaborator *e, struct node *prelude, struct node *file, struct node *n)
{
	struct model *m = NEW(e->arena, struct model);
	m->name = n->text;
	m->span = n->name;
	int errors = e->d->errors;
	m->train = elaborate_mode(e, prelude, file, m, n, true, false, NULL);
	if (e->d->errors == errors) m->eval = elaborate_mode(e, prelude, file, m, n, false, false, NULL);
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
		elaborate_mode(e, prelude, file, NULL, NULL, true, false, &scope);
		elaborate_train(&scope, m, train, scope.globals);
	}
	if (e->d->errors == errors) PUSH(e->arena, &e->unit->models, m);
}

void
elaborate(struct unit *u, struct node *prelude, struct node *file, struct define_option *defines, int define_count, const char *only)
{
	struct elaborator e = {.unit = u, .arena = u->arena, .d = &u->diagnostics, .training = true, .defines = defines, .define_count = define_count};
	e.p = program_new(e.arena);
	e.globals = scope_new(&e, NULL);
	bind_builtins(&e, true);
	define_items(&e, prelude);
	define_items(&e, file);
	for (int i = 0; i < define_count; i++) {
		if (defines[i].used) continue;
		const char *names[64];
		int n = 0;
		for (int k = 0; k < file->n && n < 64; k++)
			if (file->kid[k]->kind == NODE_LET) names[n++] = file->kid[k]->text;
		struct diagnostic *m = problem(&e, "define", (struct span){0}, "", "-D %s=%s: the file has no `let %s`", defines[i].name, defines[i].value, defines[i].name);
		const char *near = nearest_name(defines[i].name, names, n);
		if (near) diag_help(e.d, m, "it has `let %s`", near);
	}
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
			if (!only || !strcmp(only, n->text)) elaborate_model(&e, prelude, file, n);
		}
		if (n->kind == NODE_TRAIN && n->text) {
			bool found = false;
			for (int k = 0; k < file->n; k++) found |= file->kid[k]->kind == NODE_MODEL && !strcmp(file->kid[k]->text, n->text);
			if (!found) problem(&e, "unknown-name", n->name, "not defined", "there is no model named `%s`", n->text);
		}
	}
	if (only && models && !u->models.n && !u->diagnostics.errors) {
		const char *names[64];
		int n = 0;
		for (int i = 0; i < file->n && n < 64; i++)
			if (file->kid[i]->kind == NODE_MODEL) names[n++] = file->kid[i]->text;
		struct diagnostic *m = problem(&e, "unknown-name", (struct span){0}, "", "--model %s: the file has no such model", only);
		const char *near = nearest_name(only, names, n);
		diag_help(e.d, m, "it has `%s`", near ? near : names[0]);
	}
	if (!models && !u->diagnostics.errors) {
		struct diagnostic *m = problem(&e, "model", (struct span){file->span.file, 0, 0}, "", "there is no model in this file");
		diag_help(e.d, m, "a network is written `model Name { ... }`");
	}
}
