/* optimizer.c - optimizers: a definition of the language, for one element, with the numbers that a train block gives it.
 *
 * An option that is a number is a setting of the running program.  So are the numbers of a schedule, a function that computes an option from
 * `step`, `steps` and `epoch`: `lr = cosine(0.1, warmup=100)` makes the settings lr and lr.warmup, and lr itself is an expression that is
 * computed once a step. */
#include "core/lower.h"
#include "front/apply.h"
#include <ctype.h>
#include <string.h>

/* ---- the equations ------------------------------------------------------------------------------------------------------------------------ */

/* states whose old value nothing reads are none: SGD without momentum keeps no velocity */
static void
drop_unread_states(struct program *p)
{
	for (bool changed = true; changed;) {
		changed = false;
		remove_dead(p);
		for (int i = 0; i < p->updates.n; i++) {
			struct tensor *state = p->updates.at[i].old;
			bool read = state->role != ROLE_STATE;
			for (int k = 0; k < p->equations.n; k++) {
				int n;
				struct expr **reads = expr_reads(p, p->equations.at[k]->body, &n);
				for (int r = 0; r < n; r++) read |= reads[r]->tensor == state;
			}
			if (read) continue;
			p->updates.at[i] = p->updates.at[--p->updates.n];
			changed = true;
			break;
		}
	}
}

static struct value *
scalar_value(struct elaborator *e, struct tensor **out, const char *name, enum role role, struct span span)
{
	*out = tensor_new(e->p, name, role, 0, NULL);
	return value_of_tensor(e, *out, 0, NULL, span);
}

/* ---- options -------------------------------------------------------------------------------------------------------------------------------- */

struct option {
	struct node *param;  /* of the definition */
	struct node *given;  /* in the call; NULL: the default holds */
	struct value *value; /* when last evaluated */
	bool fixed;          /* a number that decides whether a state exists: no setting */
};

enum { MOST_SETTINGS = 256 };

/* a number as a setting of the running program */
static struct value *
setting_value(struct elaborator *e, struct optimizer *o, const char *name, const char *schedule, struct value *v)
{
	struct setting s = {.name = name, .value = v->number, .schedule = schedule};
	if (o->settings.n == MOST_SETTINGS) {
		problem(e, "arguments", v->span, "", "an optimizer takes at most %d numbers", MOST_SETTINGS);
		return value_error(e);
	}
	struct value *w = scalar_value(e, &s.tensor, name, ROLE_SETTING, v->span);
	PUSH(e->arena, &o->settings, s);
	return w;
}

static bool
is_list_of_numbers(const struct value *v)
{
	for (int i = 0; v->kind == VALUE_LIST && i < v->n; i++)
		if (v->item[i]->kind != VALUE_NUMBER) return false;
	return v->kind == VALUE_LIST && v->n > 0;
}

/* the numbers that a schedule is called with become settings: its first keeps the option's name, the others are named after it */
static struct value *
schedule_argument(struct elaborator *e, struct optimizer *o, const char *option, const struct node *definition, int k, struct value *v)
{
	const char *name = k ? arena_print(e->arena, "%s.%s", option, definition->kid[0]->kid[k]->text) : option, *schedule = k ? NULL : definition->text;
	if (v->kind == VALUE_NUMBER) return setting_value(e, o, name, schedule, v);
	if (v->kind == VALUE_LIST && !is_list_of_numbers(v)) problem(e, "setting", v->span, "", "a list in a schedule holds numbers");
	if (!is_list_of_numbers(v)) return v;
	struct value *list = value_new(e, VALUE_LIST, v->span);
	list->n = v->n;
	list->item = NEW_ARRAY(e->arena, v->n, struct value *);
	for (int i = 0; i < v->n; i++) list->item[i] = setting_value(e, o, name, i ? NULL : schedule, v->item[i]);
	return list;
}

static bool
is_truth_by_default(const struct node *param)
{
	const struct node *usual = param->kid[1];
	return usual && usual->kind == NODE_NAME && (!strcmp(usual->text, "true") || !strcmp(usual->text, "false"));
}

/* a call of a function of the language, with its numbers as settings */
static struct value *
schedule_value(struct elaborator *e, struct optimizer *o, const char *option, struct node *call, struct value *callee, struct scope *s)
{
	struct node *params = callee->definition->kid[0];
	struct arguments given, all = {.call = call};
	if (!read_arguments(e, NULL, call, s, NULL, &given)) return value_error(e);
	for (int k = 0; k < params->n; k++) {
		struct value *v = k < given.n ? given.at[k] : NULL;
		struct node *keyword = NEW(e->arena, struct node);
		*keyword = (struct node){.kind = NODE_KEYWORD, .span = call->span, .name = call->span, .text = params->kid[k]->text};
		for (int i = 0; i < given.keyword_count; i++)
			if (!strcmp(given.keyword[i]->text, keyword->text)) v = given.keyword_value[i];
		if (v && v->kind == VALUE_TRUTH && !is_truth_by_default(params->kid[k])) {
			problem(e, "setting", v->span, shape_text(e, v), "`%s` of `%s` is a number", keyword->text, callee->definition->text);
			return value_error(e);
		}
		if (!v && params->kid[k]->kid[1]) v = evaluate(e, params->kid[k]->kid[1], callee->home);
		if (!v || v->kind == VALUE_ERROR) return value_error(e); /* apply_definition said so before */
		all.keyword[all.keyword_count] = keyword;
		all.keyword_value[all.keyword_count++] = schedule_argument(e, o, option, callee->definition, k, v);
	}
	return apply_definition(e, callee, &all);
}

/* what the library says about its schedules, for a help */
static void
help_schedules(struct elaborator *e, struct diagnostic *m, const char *option)
{
	struct text t = {.arena = e->arena};
	struct value *schedule;
	for (int i = 0; (schedule = fact(e, "schedules", i)) != NULL; i++)
		if (schedule->text) text_add(&t, "%s%s", t.length ? ", " : "", schedule->text);
	if (t.length) diag_help(e->d, m, "`%s` is a number, or computed by a schedule: %s", option, text_end(&t));
}

/* an option that is a number by default takes numbers, and what can be computed once a step */
static bool
check_option(struct elaborator *e, const struct value *definition, const struct option *option)
{
	struct node *usual = option->param->kid[1];
	struct value *v = option->value;
	if (!usual || !option->given) return true;
	e->quiet++;
	struct value *like = evaluate(e, usual, definition->home);
	e->quiet--;
	bool number_ = like->kind == VALUE_NUMBER || like->kind == VALUE_TENSOR;
	bool computed = v->kind == VALUE_TENSOR && v->n == 0 && !v->body->condition && is_uniform(v->body);
	bool fits = number_ ? v->kind == VALUE_NUMBER || computed : v->kind == like->kind;
	if (fits || like->kind == VALUE_ERROR) return true;
	const char *what = v->kind == VALUE_TENSOR && !v->n ? "not known before a step" : shape_text(e, v);
	struct diagnostic *m = problem(e, "setting", option->given->span, what, "`%s` of `%s` is %s", option->param->text, definition->text,
				       number_ ? "a number" : like->kind == VALUE_TRUTH ? "true or false" : "something else");
	bool quoted = number_ && v->kind == VALUE_TEXT && isdigit((unsigned char)*v->text) && !v->text[strspn(v->text, "0123456789.e+-")];
	if (quoted) {
		diag_help(e->d, m, "numbers have no quotes: write `%s=%s`", option->param->text, v->text);
		diag_edit(e->d, m, option->given->span, "%s", v->text);
	} else if (number_) {
		help_schedules(e, m, option->param->text);
	}
	return false;
}

/* the option's value in the optimizer's equations */
static struct value *
option_value(struct elaborator *e, struct optimizer *o, const struct value *definition, struct option *option, struct scope *s)
{
	struct node *n = option->given ? option->given : option->param->kid[1];
	const char *name = option->param->text;
	struct value *v = option->value = evaluate(e, n, option->given ? s : definition->home);
	if (v->kind == VALUE_ERROR || !check_option(e, definition, option)) return value_error(e);
	if (v->kind == VALUE_NUMBER) return option->fixed ? v : setting_value(e, o, name, NULL, v);
	if (v->kind != VALUE_TENSOR || n->kind != NODE_CALL) return v;
	struct value *callee = n->kid[0]->kind == NODE_NAME ? look_up(e->globals, n->kid[0]->text) : NULL;
	bool schedule = callee && callee->kind == VALUE_DEFINITION && callee->definition->kind == NODE_FN;
	return schedule ? schedule_value(e, o, name, n, callee, s) : v;
}

/* puts the arguments of `Adam(lr=1e-3)` to the options of the definition */
static bool
match_options(struct elaborator *e, struct node *d, struct node *call, struct option *option)
{
	struct node *params = d->kid[0], *list = call && call->kind == NODE_CALL ? call->kid[1] : NULL;
	int position = 0;
	bool fine = true;
	for (int i = 0; i < params->n; i++) option[i] = (struct option){.param = params->kid[i]};
	for (int i = 0; list && i < list->n; i++) {
		struct node *a = list->kid[i];
		int k = 0;
		if (a->kind == NODE_KEYWORD) {
			while (k < params->n && strcmp(params->kid[k]->text, a->text)) k++;
		} else {
			k = position++;
		}
		if (k >= params->n) {
			const char *names[MOST];
			int n = 0;
			struct text t = {.arena = e->arena};
			for (int m = 0; m < params->n && n < MOST; m++) {
				names[n++] = params->kid[m]->text;
				text_add(&t, "%s%s", m ? ", " : "", params->kid[m]->text);
			}
			struct diagnostic *m = a->kind == NODE_KEYWORD ? problem(e, "unknown-option", a->name, "not an option", "`%s` has no option `%s`", d->text, a->text)
								       : problem(e, "arguments", a->span, "one too many", "`%s` has %d option%s", d->text, params->n, params->n == 1 ? "" : "s");
			diag_note(e->d, m, "options of `%s`: %s", d->text, text_end(&t));
			if (m && a->kind == NODE_KEYWORD) help_option(e, m, a->text, n, names);
			if (m && a->kind == NODE_KEYWORD && !m->helps.n) help_option_elsewhere(e, m, call, a);
			fine = false;
			continue;
		}
		if (option[k].given) {
			problem(e, "arguments", a->span, "again here", "`%s` is given twice", params->kid[k]->text);
			return false;
		}
		option[k].given = a->kind == NODE_KEYWORD ? a->kid[0] : a;
	}
	if (!fine) return false;
	for (int i = 0; i < params->n; i++) {
		if (option[i].given || params->kid[i]->kid[1]) continue;
		problem(e, "arguments", call->span, arena_print(e->arena, "`%s` is missing", params->kid[i]->text), "`%s` needs `%s`", d->text, params->kid[i]->text);
		return false;
	}
	return true;
}

/* ---- methods ---------------------------------------------------------------------------------------------------------------------------------- */

/* A method of the runtime: it takes the gradient, and these numbers, which become the optimizer's settings in this order. */
struct method {
	const char *name;
	int n;
	struct method_number {
		const char *name;
		double value;
	} number[8];
};

static const struct method lbfgs = {"lbfgs", 5, {{"history", 10}, {"armijo", 1e-4}, {"curvature", 0.9}, {"trials", 20}, {"tolerance", 1e-7}}};

/* the setting that the value is, or one of the method's own for a number */
static bool
method_setting(struct elaborator *e, const struct method *method, int k, struct value *v, struct setting *out)
{
	*out = (struct setting){.name = method->number[k].name, .value = method->number[k].value};
	if (!v) return true;
	if (v->kind == VALUE_NUMBER) out->value = v->number;
	for (int i = 0; v->kind == VALUE_TENSOR && i < e->optimizer->settings.n; i++) {
		const struct setting *s = &e->optimizer->settings.at[i];
		if (v->n || v->body->op != OP_READ || v->body->tensor != s->tensor) continue;
		*out = *s;
		return true;
	}
	if (v->kind == VALUE_NUMBER) return true;
	problem(e, "method", v->span, shape_text(e, v), "`%s` takes numbers and options of the optimizer as they are", method->name);
	return false;
}

/* `w = lbfgs(grad, history, ..)`: the optimizer is this method; its settings are the method's numbers */
static struct value *
run_method(struct elaborator *e, const struct arguments *a, const struct method *method)
{
	struct optimizer *o = e->optimizer;
	struct value *given[8] = {NULL};
	LIST(struct setting) settings = {0};
	if (!o) {
		struct diagnostic *m = problem(e, "method", a->call->span, "", "`%s` is a method of optimization: its place is the body of an optimizer", method->name);
		diag_help(e->d, m, "`w = %s(grad)`", method->name);
		return value_error(e);
	}
	if (a->n < 1 || a->n > method->n + 1 || a->at[0]->kind != VALUE_TENSOR || a->at[0]->body->op != OP_READ || a->at[0]->body->tensor != o->gradient)
		return wrong_count(e, a, method->name, "`grad`, and then its numbers");
	for (int i = 1; i < a->n; i++) given[i - 1] = a->at[i];
	for (int i = 0; i < a->keyword_count; i++) {
		int k = 0;
		while (k < method->n && strcmp(method->number[k].name, a->keyword[i]->text)) k++;
		if (k < method->n) given[k] = a->keyword_value[i];
		else problem(e, "unknown-option", a->keyword[i]->name, "not an option", "`%s` has no option `%s`", method->name, a->keyword[i]->text);
	}
	for (int k = 0; k < method->n; k++) {
		struct setting s;
		if (!method_setting(e, method, k, given[k], &s)) return value_error(e);
		PUSH(e->arena, &settings, s);
	}
	o->settings.at = settings.at;
	o->settings.n = settings.n;
	o->settings.room = settings.room;
	o->method = method->name;
	return value_of_tensor(e, o->weight, 0, NULL, a->call->span);
}

struct value *
run_lbfgs(struct elaborator *e, const struct arguments *a)
{
	return run_method(e, a, &lbfgs);
}

/* ---- optimizers ----------------------------------------------------------------------------------------------------------------------------- */

/* step, steps and epoch: in the optimizer, in its options, and in the functions that these call */
static struct scope *
bind_counters(struct elaborator *e, struct optimizer *o, struct span span)
{
	struct scope *s = scope_new(e, e->globals); /* options are written in the file that is compiled */
	scope_bind(e, s, "step", scalar_value(e, &o->step, "step", ROLE_SETTING, span));
	scope_bind(e, s, "steps", scalar_value(e, &o->steps, "steps", ROLE_SETTING, span));
	scope_bind(e, s, "epoch", scalar_value(e, &o->epoch, "epoch", ROLE_SETTING, span));
	return e->counters = s;
}

/* the body is `w = METHOD(..)` and that is all */
static bool
says_nothing_else(const struct optimizer *o, const struct node *body)
{
	const struct program *p = o->program;
	const struct equation *q = p->updates.n == 1 ? equation_of(p, p->updates.at[0].new) : NULL;
	return body->n == 1 && q && q->body->op == OP_READ && q->body->tensor == o->weight;
}

/* NULL: something was wrong, which was reported */
static struct optimizer *
build_optimizer(struct elaborator *outer, const struct value *definition, struct option *option)
{
	struct node *d = definition->definition;
	struct elaborator e = {.unit = outer->unit, .arena = outer->arena, .d = outer->d, .training = true, .quiet = outer->quiet};
	struct optimizer *o = NEW(e.arena, struct optimizer);
	int errors = e.d->errors;
	e.p = o->program = program_new(e.arena);
	e.optimizer = o;
	e.globals = outer->globals;
	o->name = d->text;
	o->span = d->name;
	struct scope *counters = bind_counters(&e, o, d->name), *s = scope_of_call(&e, definition->home);
	scope_bind(&e, s, "w", scalar_value(&e, &o->weight, "w", ROLE_PARAM, d->name));
	scope_bind(&e, s, "grad", scalar_value(&e, &o->gradient, "grad", ROLE_INPUT, d->name));
	PUSH(e.arena, &e.states, (struct state_binding){s, "w", o->weight});
	for (int i = 0; i < d->kid[0]->n; i++) scope_bind(&e, s, option[i].param->text, option_value(&e, o, definition, &option[i], counters));
	if (e.d->errors > errors) return NULL;
	run_block(&e, d->kid[1], s);
	bool moves = false;
	for (int i = 0; i < e.p->updates.n; i++) moves |= e.p->updates.at[i].old == o->weight;
	if (!moves && e.d->errors == errors && !e.unit->gave_up) {
		struct diagnostic *m = problem(&e, "optimizer", d->name, "", "`%s` never says what the new `w` is", d->text);
		const struct node *last = d->kid[1]->n ? d->kid[1]->kid[d->kid[1]->n - 1] : NULL;
		const bool returns = last && last->kind == NODE_RETURN;
		if (returns) diag_label(e.d, m, last->span, "an optimizer returns nothing");
		diag_help(e.d, m, "a line of it gives the weight its new value, for example `w = w - lr * grad`");
	}
	if (o->method && e.d->errors == errors && !says_nothing_else(o, d->kid[1]))
		problem(&e, "method", d->name, "", "an optimizer with `%s` says nothing but the new `w`", o->method);
	if (e.d->errors > errors) return NULL;
	drop_unread_states(e.p);
	for (int i = 0; i < e.p->updates.n; i++)
		if (e.p->updates.at[i].old->role == ROLE_STATE) PUSH(e.arena, &o->states, e.p->updates.at[i].old);
	return o;
}

/* `Adam(lr=1e-3)` or `Adam`.  A number that is 0 and thereby makes a state disappear is fixed: another value needs another program. */
struct optimizer *
elaborate_optimizer(struct elaborator *e, struct value *definition, struct node *call)
{
	struct option option[MOST];
	struct node *d = definition->definition;
	if (d->kid[0]->n > MOST) {
		problem(e, "arguments", d->span, "", "an optimizer takes at most %d options", MOST);
		return NULL;
	}
	if (!match_options(e, d, call, option)) return NULL;
	struct optimizer *o = build_optimizer(e, definition, option);
	for (int i = 0; o && i < d->kid[0]->n; i++) {
		if (option[i].value->kind != VALUE_NUMBER || option[i].value->number != 0) continue;
		int errors = e->d->errors, messages = e->d->all.n;
		option[i].fixed = true;
		struct optimizer *smaller = build_optimizer(e, definition, option);
		e->d->errors = errors; /* it was only tried: a division by this 0 is no mistake of anybody's */
		e->d->all.n = messages;
		if (smaller && smaller->states.n < o->states.n) o = smaller;
		else option[i].fixed = false;
	}
	return o;
}

/* `Adam`, or `lib.Adam` of an imported file; NULL: no such optimizer */
static struct value *
optimizer_named(struct elaborator *e, struct node *name)
{
	struct value *v = NULL;
	e->quiet++;
	if (name->kind == NODE_NAME) v = look_up(e->globals, name->text);
	else if (name->kind == NODE_DOT) v = evaluate(e, name, e->globals);
	e->quiet--;
	return v && v->kind == VALUE_DEFINITION && v->definition->kind == NODE_OPTIMIZER ? v : NULL;
}

/* the same optimizer as its definition has it, to compare with */
static void
add_usual(struct elaborator *e, struct optimizer *o, struct value *definition)
{
	struct node *params = definition->definition->kid[0];
	struct text t = {.arena = e->arena};
	for (int i = 0; i < params->n; i++) {
		if (!params->kid[i]->kid[1]) return;
		text_add(&t, "%s%s=%s", i ? ", " : "", params->kid[i]->text, span_text(e->arena, params->kid[i]->kid[1]->span));
	}
	e->quiet++;
	o->usual = elaborate_optimizer(e, definition, NULL);
	e->quiet--;
	o->usual_text = text_end(&t);
}

/* an entry of `optimizer = ..` or `optimizers = [..]` */
void
add_optimizer(struct elaborator *e, struct model *m, struct node *n, bool first)
{
	struct node *name = n->kind == NODE_CALL ? n->kid[0] : n;
	struct value *v = optimizer_named(e, name);
	if (!v) {
		const char *names[64];
		int count = 0;
		for (const struct scope *at = e->globals; at; at = at->up)
			for (int i = 0; i < at->bindings.n && count < 64; i++) {
				struct value *o = at->bindings.at[i].value;
				if (o->kind == VALUE_DEFINITION && o->definition->kind == NODE_OPTIMIZER) names[count++] = at->bindings.at[i].name;
			}
		struct diagnostic *d = problem(e, "unknown-name", name->span, "no optimizer", "there is no optimizer named `%s`", span_text(e->arena, name->span));
		const char *near = name->text ? nearest_name(name->text, names, count) : NULL;
		struct text t = {.arena = e->arena};
		for (int i = 0; i < count; i++) text_add(&t, "%s%s", i ? ", " : "", names[i]);
		if (near) diag_help(e->d, d, "there is one with a similar name: `%s`", near);
		else diag_help(e->d, d, "there are %s", text_end(&t));
		if (near) diag_edit(e->d, d, name->span, "%s", near);
		return;
	}
	for (int i = 0; i < m->training.optimizers.n; i++) {
		const struct optimizer *old = m->training.optimizers.at[i];
		if (first || strcmp(old->name, v->text)) continue;
		if (old->span.file == v->definition->name.file && old->span.begin == v->definition->name.begin) return; /* listed again: the first call's settings hold */
		struct diagnostic *d = problem(e, "name-clash", name->span, "", "there are two optimizers named `%s`", v->text);
		diag_help(e->d, d, "rename one of them: a trainer chooses by name");
		return;
	}
	struct optimizer *o = elaborate_optimizer(e, v, n);
	if (!o) return;
	o->call = n->span;
	if (n->kind == NODE_CALL && n->kid[1]->n) add_usual(e, o, v);
	PUSH(e->arena, &m->training.optimizers, o);
}
