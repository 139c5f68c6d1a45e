/* compile.c - the pipeline: each pass is a row, and --dump, --stop-after, --time and the checks follow from it. */
#include "driver/compile.h"
#include "core/print.h"
#include "core/verify.h"
#include "derive/derive.h"
#include "driver/embedded.h"
#include "driver/follow.h"
#include "driver/learning.h"
#include "driver/memory.h"
#include "driver/oversight.h"
#include <ctype.h>
#include <string.h>
#include <time.h>

static const struct embedded *
embedded_named(const char *path)
{
	for (const struct embedded *f = embedded_files; f->path; f++)
		if (!strcmp(f->path, path)) return f;
	return NULL;
}

/* ---- passes ------------------------------------------------------------------------------------------------------------------------------------- */

static void
run_parse(struct compilation *c)
{
	const struct embedded *f = embedded_named("compiler/prelude.nn");
	struct source *s = NEW(&c->arena, struct source);
	*s = (struct source){"prelude.nn", f->bytes, f->size, true};
	c->unit.prelude = parse_source(&c->arena, &c->unit.diagnostics, s);
	c->unit.modules = import_files(&c->arena, &c->unit.diagnostics, &c->source, &c->options.files);
	c->file = c->unit.modules.at[c->unit.modules.n - 1]->tree;
}

static void
print_node(struct text *t, const struct node *n, int depth)
{
	if (!n) return;
	text_add(t, "%*s%s%s%s\n", 2 * depth, "", node_kind_name(n->kind), n->text ? " " : "", n->text ? n->text : "");
	for (int i = 0; i < n->n; i++) print_node(t, n->kid[i], depth + 1);
}

static void
print_parse(struct compilation *c, struct text *t)
{
	for (int i = 0; i < c->unit.modules.n; i++) {
		if (c->unit.modules.n > 1) text_add(t, "# %s\n", module_name(c->unit.modules.at[i]));
		print_node(t, c->unit.modules.at[i]->tree, 0);
	}
}

static bool
sizes_fit(struct compilation *c, const struct model *m)
{
	if (!c->unit.diagnostics.errors) check_sizes(&c->unit.diagnostics, m, m->train);
	if (!c->unit.diagnostics.errors) check_sizes(&c->unit.diagnostics, m, m->eval);
	return !c->unit.diagnostics.errors;
}

static void
run_elaborate(struct compilation *c)
{
	elaborate(&c->unit, c->options.defines, c->options.define_count, c->options.model);
	if (!c->unit.diagnostics.errors) {
		check_unused(&c->unit.diagnostics, c->file);
		check_verdicts(&c->unit);
	}
	for (int i = 0; i < c->unit.models.n && sizes_fit(c, c->unit.models.at[i]); i++) {}
}

static void
print_equations(struct compilation *c, struct text *t)
{
	for (int i = 0; i < c->unit.models.n; i++) {
		struct model *m = c->unit.models.at[i];
		text_add(t, "# model %s, training\n", m->name);
		program_print(m->train, t, (struct print_style){0}, NULL, NULL);
		text_add(t, "# model %s, evaluation\n", m->name);
		program_print(m->eval, t, (struct print_style){0}, NULL, NULL);
	}
}

static void
run_derive(struct compilation *c)
{
	for (int i = 0; i < c->unit.models.n; i++) {
		struct model *m = c->unit.models.at[i];
		check_oversights(&c->unit, m);
		stabilise(m->eval);
		stabilise(m->train);
		settle_factors(m->eval);
		settle_factors(m->train);
		if (!m->train->loss) continue;
		split_scalars(m->train);
		LIST(struct tensor *) params = {0};
		for (int k = 0; k < m->train->tensors.n; k++)
			if (m->train->tensors.at[k]->role == ROLE_PARAM) PUSH(&c->arena, &params, m->train->tensors.at[k]);
		check_learning(&c->unit, m);
		derive(m->train, params.n, params.at);
	}
}

static void
run_simplify(struct compilation *c)
{
	for (int i = 0; i < c->unit.models.n; i++) {
		struct model *m = c->unit.models.at[i];
		simplify(m->train);
		simplify(m->eval);
		for (int k = 0; k < m->training.optimizers.n; k++) simplify(m->training.optimizers.at[k]->program);
	}
}

/* two models would write the same file: Net and NET, or Net with its net_main.c and Net_main with its net_main.c */
static bool
prefix_is_taken(struct compilation *c, const char *prefix)
{
	for (int i = 0; i < c->built.n; i++) {
		const char *other = c->built.at[i].prefix;
		if (!strcmp(other, prefix) || !strcmp(arena_print(&c->arena, "%s_main", other), prefix) || !strcmp(arena_print(&c->arena, "%s_main", prefix), other)) return true;
	}
	return false;
}

/* what the model's files and C names start with */
static const char *
prefix_of(struct compilation *c, const struct model *m)
{
	char *lower = arena_print(&c->arena, "%s", m->name);
	for (char *s = lower; *s; s++) *s = (char)tolower((unsigned char)*s);
	const char *name = c_is_keyword(lower) ? arena_print(&c->arena, "model_%s", lower) : lower, *prefix = name;
	for (int n = 2; prefix_is_taken(c, prefix); n++) prefix = arena_print(&c->arena, "%s_%d", name, n);
	return prefix;
}

static void
run_plan(struct compilation *c)
{
	for (int i = 0; i < c->unit.models.n; i++) {
		struct model *m = c->unit.models.at[i];
		struct built b = {.model = m, .prefix = prefix_of(c, m)};
		if (!sizes_fit(c, m)) return; /* derivatives have sizes of their own */
		plan_model(m, c->options.f64, b.plans);
		check_memory(&c->unit.diagnostics, &b, c->options.f64, c->options.max_memory ? c->options.max_memory : MOST_MEMORY);
		PUSH(&c->arena, &c->built, b);
	}
}

static void
print_plan(struct compilation *c, struct text *t)
{
	for (int i = 0; i < c->built.n; i++) {
		text_add(t, "# model %s\n", c->built.at[i].model->name);
		for (int k = 0; k < ENTRIES; k++)
			if (c->built.at[i].plans[k]) plan_print(c->built.at[i].plans[k], t);
	}
}

/* the command and the names of imported files */
static const char *
made_with(struct compilation *c)
{
	struct text t = {.arena = &c->arena};
	text_add(&t, "%s", c->options.command ? c->options.command : "nnc");
	for (int i = 0; i < c->unit.modules.n - 1; i++) text_add(&t, "%s%s", i ? ", " : ", which imports ", module_name(c->unit.modules.at[i]));
	return text_end(&t);
}

static void
run_emit(struct compilation *c)
{
	for (int i = 0; i < c->built.n; i++) {
		struct built *b = &c->built.at[i];
		struct emission e = {.arena = &c->arena, .plans = b->plans, .model = b->model, .prefix = b->prefix, .f64 = c->options.f64,
				     .panel = panel_width(b->model->training.batch_size), .members = {.arena = &c->arena}, .functions = {.arena = &c->arena}};
		const char *command = c->options.command ? c->options.command : "nnc", *target = c->options.target ? c->options.target : "native";
		const char *slash = strrchr(c->source.path, '/'), *file = slash ? slash + 1 : c->source.path;
		reserve_names(&e);
		write_model(&e, made_with(c), file, target, &b->files);
		write_trainer(&e, command, file, target, b->plans[TRAIN] ? b->plans[TRAIN]->flops : 0, &b->files);
	}
}

static void
print_emit(struct compilation *c, struct text *t)
{
	for (int i = 0; i < c->built.n; i++)
		for (int k = 0; k < c->built.at[i].files.n; k++) text_add(t, "%s", c->built.at[i].files.at[k].text);
}

/* after each pass over equations: what all programs must keep to */
static const char *
check_equations(struct compilation *c)
{
	for (int i = 0; i < c->unit.models.n; i++) {
		struct model *m = c->unit.models.at[i];
		const char *bad = verify(m->train);
		if (!bad) bad = verify(m->eval);
		for (int k = 0; !bad && k < m->training.optimizers.n; k++) bad = verify(m->training.optimizers.at[k]->program);
		if (bad) return bad;
	}
	return NULL;
}

static const struct pass {
	const char *name;
	void (*run)(struct compilation *c);
	void (*print)(struct compilation *c, struct text *t);
	const char *(*check)(struct compilation *c); /* NULL: nothing is wrong */
} passes[] = {
	{"parse", run_parse, print_parse, NULL},
	{"elaborate", run_elaborate, print_equations, check_equations},
	{"derive", run_derive, print_equations, check_equations},
	{"simplify", run_simplify, print_equations, check_equations},
	{"plan", run_plan, print_plan, NULL},
	{"emit", run_emit, print_emit, NULL},
};

enum { PASSES = sizeof passes / sizeof *passes };

const char *
pass_name(int i)
{
	return i < PASSES ? passes[i].name : NULL;
}

/* ---- the pipeline ----------------------------------------------------------------------------------------------------------------------------------- */

static double
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int
compile(struct compilation *c, const char *path, const char *text, size_t length, const char *last)
{
	c->unit.arena = c->unit.diagnostics.arena = c->dumped.arena = &c->arena;
	c->source = (struct source){path, text, length, false};
	for (int i = 0; i < PASSES && !c->unit.diagnostics.errors; i++) {
		double start = now();
		c->pass = passes[i].name;
		passes[i].run(c);
		const char *bad = passes[i].check && !c->unit.diagnostics.errors ? passes[i].check(c) : NULL;
		if (bad) {
			struct diagnostic *d = diag_new(&c->unit.diagnostics, "internal", (struct span){&c->source, 0, 0}, "", "nnc itself made a mistake in pass `%s`", passes[i].name);
			diag_note(&c->unit.diagnostics, d, "the equation %s", bad);
			diag_note(&c->unit.diagnostics, d, "it is not your fault");
		}
		if (!bad) c->pass = NULL;
		if (c->options.time) fprintf(stderr, "%-12s %8.2f ms\n", passes[i].name, 1e3 * (now() - start));
		if (c->options.dump && !strcmp(c->options.dump, passes[i].name) && !c->unit.diagnostics.errors) passes[i].print(c, &c->dumped);
		if ((last && !strcmp(last, passes[i].name)) || (c->options.stop_after && !strcmp(c->options.stop_after, passes[i].name))) break;
	}
	if (c->unit.diagnostics.errors && !c->options.trial) follow_helps(c);
	return c->unit.diagnostics.errors;
}

void
compile_free(struct compilation *c)
{
	arena_free(&c->arena);
}
