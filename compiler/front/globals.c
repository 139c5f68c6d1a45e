/* globals.c - the names at the top of files: definitions, imports, and the constants that -D replaces.
 *
 * The library is one scope.  Above it each file has one of its own with what it defines and imports, so that a definition sees the names of the
 * file in which it stands, whoever uses it. */
#include "front/elaborate.h"
#include "front/repair.h"
#include <stdlib.h>
#include <string.h>

LIST_TYPE(name_list, const char *);

/* ---- definitions -------------------------------------------------------------------------------------------------------------------------- */

static struct value *
definition_value(struct elaborator *e, struct node *n, struct scope *home)
{
	struct value *v = value_new(e, VALUE_DEFINITION, n->name);
	v->definition = n;
	v->text = n->text;
	v->home = home;
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
	if (n->text[0] != '_') repair_rename(e->d, m, n->span.file, n->text, fixed);
}

/* the `import` by which a value came into the file m; NULL: it is m's own */
static struct node *
import_of(const struct module *m, const struct value *v)
{
	for (int i = 0; m && i < m->imports.n; i++)
		if (m->imports.at[i].module->source == v->span.file && !m->imports.at[i].node->kid[0]) return m->imports.at[i].node;
	return NULL;
}

/* a name that the file has already: where both come from */
static void
report_clash(struct elaborator *e, const struct module *m, const char *name, struct span again, const struct value *new, const struct value *old)
{
	struct node *import = import_of(m, old);
	struct diagnostic *d = problem(e, "name-clash", again, new->span.file == again.file ? "again here" : "again from here", "`%s` is defined twice", name);
	if (new->span.file != again.file) diag_label(e->d, d, new->span, "again here");
	if (import) diag_label(e->d, d, import->name, "first from here");
	diag_label(e->d, d, old->span, "first here");
	if (import || new->span.file != again.file) diag_help(e->d, d, "give the imported file a name: `import \"...\" as lib`, then `lib.%s`", name);
}

/* a block that gives nothing */
static void
check_return(struct elaborator *e, const struct node *n)
{
	if ((n->kind != NODE_FN && n->kind != NODE_LAYER) || n->kid[2]->kind != NODE_BLOCK) return;
	const struct node *block = n->kid[2], *last = NULL;
	for (int i = 0; i < block->n; i++) {
		if (block->kid[i]->kind == NODE_RETURN) return;
		if (block->kid[i]->kind == NODE_DEFINE || block->kid[i]->kind == NODE_INDEXED) last = block->kid[i];
	}
	const struct node *name = last && last->kind == NODE_DEFINE ? last->kid[0]->kid[0] : last ? last->kid[0] : NULL;
	struct diagnostic *m = problem(e, "return", n->name, "", "`%s` does not say what it gives", n->text);
	diag_help(e->d, m, "end it with `return %s`", name && name->kind == NODE_NAME ? name->text : "...");
	if (name && name->kind == NODE_NAME) diag_append(e->d, m, block->span, arena_print(e->arena, "return %s", name->text));
}

static void
define_global(struct elaborator *e, const struct module *m, struct scope *s, const char *name, struct span place, struct value *v)
{
	const struct value *old = own_value(s, name);
	if (old) report_clash(e, m, name, place, v, old);
	else scope_bind(e, s, name, v);
}

/* ---- constants ---------------------------------------------------------------------------------------------------------------------------- */

/* does -D wanted=... mean this `let` of the file m?  One that the compiled file can name: its own, an imported one, `lib.size`. */
static bool
is_meant(const struct module *file, const struct module *m, const char *let, const char *wanted)
{
	if (file == m) return !strcmp(let, wanted);
	for (int i = 0; i < file->imports.n; i++) {
		if (file->imports.at[i].module != m) continue;
		const struct node *as = file->imports.at[i].node->kid[0];
		size_t n = as ? strlen(as->text) : 0;
		if (!as ? !strcmp(let, wanted) : !strncmp(as->text, wanted, n) && wanted[n] == '.' && !strcmp(let, wanted + n + 1)) return true;
	}
	return false;
}

/* the value of -D name=text: a number, or a name that means something where the `let` stands */
static struct value *
defined_value(struct elaborator *e, struct define_option *d, struct node *n, struct scope *s)
{
	char *end;
	double v = strtod(d->value, &end);
	if (*d->value && !*end) return value_number(e, v, n->name);
	if (!strcmp(d->value, "true") || !strcmp(d->value, "false")) return value_truth(e, *d->value == 't', n->name);
	struct node name = {.kind = NODE_NAME, .span = n->name, .name = n->name, .text = d->value};
	e->quiet++;
	struct value *named = evaluate(e, &name, s);
	e->quiet--;
	if (named->kind == VALUE_ERROR) problem(e, "define", n->name, arena_print(e->arena, "replaced by -D %s=%s", d->name, d->value), "`%s` is neither a number nor a known name", d->value);
	return named;
}

static void
run_global_let(struct elaborator *e, const struct module *m, struct node *n, struct scope *s)
{
	const struct module_list *files = &e->unit->modules;
	struct value *v = NULL;
	for (int i = 0; m && i < e->define_count; i++)
		if (is_meant(files->at[files->n - 1], m, n->text, e->defines[i].name)) {
			e->defines[i].used = true;
			v = defined_value(e, &e->defines[i], n, s);
		}
	if (!v) v = evaluate_argument(e, n->kid[0], s);
	struct value *w = NEW(e->arena, struct value);
	*w = *v;
	w->span = n->name;
	define_global(e, m, s, n->text, n->name, w);
}

/* ---- scopes ------------------------------------------------------------------------------------------------------------------------------- */

static void
bind_builtins(struct elaborator *e, struct scope *s)
{
	static const char *const words[] = {"same", "valid", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "orthogonal"};
	struct span none = {0};
	scope_bind(e, s, "true", value_truth(e, true, none));
	scope_bind(e, s, "false", value_truth(e, false, none));
	scope_bind(e, s, "pi", value_number(e, 3.14159265358979323846, none));
	scope_bind(e, s, "inf", value_number(e, (double)__builtin_inf(), none));
	scope_bind(e, s, "training", value_truth(e, e->training, none));
	scope_bind(e, s, "weights", value_new(e, VALUE_WEIGHTS, none));
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct value *v = value_new(e, VALUE_WORD, none);
		v->text = words[i];
		scope_bind(e, s, words[i], v);
	}
}

/* what a file defines itself */
static bool
is_exported(const struct module *m, const struct value *v)
{
	return v->kind != VALUE_MODULE && v->span.file == m->source;
}

/* `import "lib.nn"` brings what that file defines itself, not what it imports; `as lib` brings one name for the whole file */
static void
run_import(struct elaborator *e, const struct module *m, const struct import *import, struct scope *s)
{
	const struct node *n = import->node, *as = n->kid[0];
	const struct scope *from = import->module->scope;
	if (as) {
		struct value *v = value_new(e, VALUE_MODULE, as->span);
		v->module = import->module;
		v->text = as->text;
		define_global(e, m, s, as->text, as->span, v);
		return;
	}
	for (int i = 0; i < m->imports.n && m->imports.at[i].node != n; i++) {
		const struct import *before = &m->imports.at[i];
		if (before->module != import->module || before->node->kid[0]) continue;
		struct diagnostic *d = problem(e, "name-clash", n->name, "again here", "`%s` is imported twice", module_name(import->module));
		diag_label(e->d, d, before->node->name, "first here");
		return;
	}
	int brought = 0;
	for (int i = 0; i < from->bindings.n; i++) {
		if (!is_exported(import->module, from->bindings.at[i].value)) continue;
		define_global(e, m, s, from->bindings.at[i].name, n->name, from->bindings.at[i].value);
		brought++;
	}
	if (brought || e->quiet) return;
	struct diagnostic *d = diag_warning(e->d, "import", n->name, "", "%s defines nothing that could be imported", module_name(import->module));
	diag_note(e->d, d, "models and train blocks stay in their file");
}

static void
define_items(struct elaborator *e, const struct module *m, struct node *tree, struct scope *s)
{
	for (int i = 0; m && i < m->imports.n; i++) run_import(e, m, &m->imports.at[i], s);
	for (int i = 0; i < tree->n; i++) {
		struct node *n = tree->kid[i];
		switch (n->kind) {
		case NODE_LET: run_global_let(e, m, n, s); break;
		case NODE_FN: case NODE_LAYER: case NODE_OPTIMIZER:
			check_capital(e, n);
			check_return(e, n);
			define_global(e, m, s, n->text, n->name, definition_value(e, n, s));
			break;
		default: break;
		}
	}
}

void
open_globals(struct elaborator *e)
{
	struct scope *library = scope_new(e, NULL);
	bind_builtins(e, library);
	e->globals = library;
	define_items(e, NULL, e->unit->prelude, library);
	for (int i = 0; i < e->unit->modules.n; i++) {
		struct module *m = e->unit->modules.at[i];
		int messages = e->d->all.n;
		e->globals = m->scope = scope_new(e, library);
		define_items(e, m, m->tree, m->scope);
		note_imports(e->d, messages, m);
	}
}

/* ---- names of other files -------------------------------------------------------------------------------------------------------------------- */

static const struct value *
exported(const struct module *m, const char *name)
{
	const struct value *v = m->scope ? own_value(m->scope, name) : NULL;
	return v && is_exported(m, v) ? v : NULL;
}

/* `lib.name` */
struct value *
value_of_module(struct elaborator *e, const struct value *lib, struct node *n)
{
	const struct module *m = lib->module;
	const struct value *v = exported(m, n->text);
	if (v) {
		struct value *w = NEW(e->arena, struct value);
		*w = *v;
		w->span = n->span;
		return w;
	}
	struct name_list names = {0};
	for (int i = 0; i < m->scope->bindings.n; i++)
		if (is_exported(m, m->scope->bindings.at[i].value)) PUSH(e->arena, &names, m->scope->bindings.at[i].name);
	struct diagnostic *d = problem(e, "unknown-name", n->name, "not there", "%s defines nothing named `%s`", module_name(m), n->text);
	const char *near = nearest_name(n->text, names.at, names.n);
	if (near) diag_help(e->d, d, "it defines `%s`", near);
	if (near) diag_rename(e->d, d, n->text, near);
	return value_error(e);
}

/* where a name that means nothing in a file could come from, as a help; NULL: from nowhere; *longer: how it is written here, if it can be */
const char *
name_elsewhere(struct elaborator *e, const struct source *file, const char *name, const char **longer)
{
	*longer = NULL;
	const struct module_list *all = &e->unit->modules;
	const struct module *m = NULL;
	for (int i = 0; i < all->n; i++)
		if (all->at[i]->source == file) m = all->at[i];
	for (int i = 0; m && i < m->imports.n; i++)
		if (m->imports.at[i].node->kid[0] && exported(m->imports.at[i].module, name)) {
			*longer = arena_print(e->arena, "%s.%s", m->imports.at[i].node->kid[0]->text, name);
			return arena_print(e->arena, "write `%s`: it is in %s", *longer, module_name(m->imports.at[i].module));
		}
	for (int i = 0; m && i < all->n; i++)
		if (all->at[i] != m && exported(all->at[i], name)) return arena_print(e->arena, "`%s` is in %s, which this file does not import itself", name, all->at[i]->source->path);
	return NULL;
}

/* ---- -D of nothing ------------------------------------------------------------------------------------------------------------------------ */

static void
add_lets(struct arena *a, struct name_list *names, const struct module *m, const struct node *as)
{
	for (int i = 0; i < m->tree->n; i++)
		if (m->tree->kid[i]->kind == NODE_LET) PUSH(a, names, as ? arena_print(a, "%s.%s", as->text, m->tree->kid[i]->text) : m->tree->kid[i]->text);
}

void
check_defines(struct elaborator *e)
{
	const struct module *file = e->unit->modules.at[e->unit->modules.n - 1];
	struct name_list names = {0};
	add_lets(e->arena, &names, file, NULL);
	for (int i = 0; i < file->imports.n; i++) add_lets(e->arena, &names, file->imports.at[i].module, file->imports.at[i].node->kid[0]);
	for (int i = 0; i < e->define_count; i++) {
		const struct define_option *d = &e->defines[i];
		if (d->used) continue;
		struct diagnostic *m = problem(e, "define", (struct span){0}, "", "-D %s=%s: the file has no `let %s`", d->name, d->value, d->name);
		const char *near = nearest_name(d->name, names.at, names.n);
		if (near) diag_help(e->d, m, "it has `let %s`", near);
	}
}
