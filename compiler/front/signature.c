/* signature.c - arguments against the signature of a definition: which parameter each is for, what sizes they bind, how many axes are mapped, and
 * what is said where they do not fit. */
#include "front/apply.h"
#include "front/repair.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

bool
has_parameter(const struct node *definition, const char *name)
{
	for (int i = 0; i < definition->kid[0]->n; i++)
		if (!strcmp(definition->kid[0]->kid[i]->text, name)) return true;
	return false;
}

/* `activation=relu` of a layer: the function that a value is or names; NULL: none */
static const char *
function_meant(struct elaborator *e, const struct value *v)
{
	const struct value *f = v->kind == VALUE_TEXT ? look_up(e->globals, v->text) : v;
	const char *name = v->kind == VALUE_TEXT && function_named(v->text) ? v->text : f && f->kind == VALUE_FUNCTION ? f->function->name : NULL;
	return name ? name : f && f->kind == VALUE_DEFINITION && f->definition->kind == NODE_FN ? f->definition->text : NULL;
}

/* an option that other libraries have for what is known here */
static bool
follows_from_input(struct elaborator *e, const char *option)
{
	const struct value *name;
	for (int i = 0; (name = fact(e, "from_input", i)) != NULL; i++)
		if (name->kind == VALUE_TEXT && !strcmp(name->text, option)) return true;
	return false;
}

static const char leave[] = "leave it out"; /* what the text for an option that nothing takes the place of ends with */

static void
unknown_option(struct elaborator *e, const struct expansion *x, const struct node *keyword, const struct value *given)
{
	const struct node *definition = x->definition;
	struct node *params = definition->kid[0];
	struct text t = {.arena = e->arena};
	const char *names[MOST];
	int n = 0;
	for (int i = 1; i < params->n && n < MOST; i++) {
		text_add(&t, "%s%s", i > 1 ? ", " : "", params->kid[i]->text);
		names[n++] = params->kid[i]->text;
	}
	struct diagnostic *m = problem(e, "unknown-option", keyword->name, "not an option", "`%s` has no option `%s`", definition->text, keyword->text);
	if (n) diag_note(e->d, m, "options of `%s`: %s", definition->text, text_end(&t));
	const char *f = function_meant(e, given);
	struct span call = x->args->call->span;
	if (m && f && definition->kind == NODE_LAYER) {
		diag_help(e->d, m, "a function stands behind the layer: `-> %s`", f);
		if (!is_stage(call)) return;
		repair_argument(e->d, m, keyword->span);
		diag_edit(e->d, m, (struct span){call.file, call.end, call.end}, " -> %s", f);
	} else if (m && follows_from_input(e, keyword->text)) {
		diag_help(e->d, m, "the size of the input is never written: leave out `%s`", span_text(e->arena, keyword->span));
		repair_argument(e->d, m, keyword->span);
	} else if (m) {
		help_option(e, m, keyword->text, n, names);
		const char *last = m->helps.n ? m->helps.at[m->helps.n - 1] : "";
		if (strlen(last) > strlen(leave) && !strcmp(last + strlen(last) - strlen(leave), leave)) repair_argument(e->d, m, keyword->span);
	}
}

static bool
is_compile_time(const struct node *type)
{
	struct node *t = type ? type->kid[0] : NULL;
	return t && (t->kind == NODE_ANY_FN || (t->kind == NODE_NAME && !strcmp(t->text, "int")));
}

/* the name that a statement gives a value; NULL: none, or several */
static const char *
name_given(const struct node *n)
{
	return n->kind == NODE_DEFINE && n->kid[0]->n == 1 && n->kid[0]->kid[0]->kind == NODE_NAME ? n->kid[0]->kid[0]->text : NULL;
}

/* What a layer without an input is meant to get: the old value of its name, the value in front of it, or the only input.  NULL: it is not clear. */
static const char *
input_meant(struct elaborator *e)
{
	const char *own = e->statement ? name_given(e->statement) : NULL, *input = NULL;
	int inputs = 0;
	if (!own || !e->block) return NULL;
	for (int i = 0; i < e->position && i < e->block->n; i++)
		if (name_given(e->block->kid[i]) && !strcmp(name_given(e->block->kid[i]), own)) return own;
	const char *before = e->position > 0 && e->position <= e->block->n ? name_given(e->block->kid[e->position - 1]) : NULL;
	if (before) return before;
	for (int i = 0; i < e->position && i < e->block->n; i++) {
		const struct node *n = e->block->kid[i];
		if (n->kind == NODE_INPUT) inputs++;
		if (n->kind == NODE_INPUT) input = n->text;
		if (n->kind == NODE_DEFINE) return NULL;
	}
	return inputs == 1 ? input : NULL;
}

/* `Dense(128)` alone: the number stands where the input belongs */
static bool
lacks_input(struct elaborator *e, const struct expansion *x)
{
	const struct value *first = x->given[0];
	struct node *params = x->definition->kid[0];
	if (!first || (first->kind != VALUE_NUMBER && first->kind != VALUE_LIST) || !params->kid[0]->kid[0] || is_compile_time(params->kid[0]->kid[0])) return false;
	if (e->unknown_callee) return true; /* Sequential(Dense(128), relu) */
	struct diagnostic *m = problem(e, "arguments", x->args->call->span, arena_print(e->arena, "`%s` is missing", params->kid[0]->text), "`%s` gets no input", x->definition->text);
	note_frames(e, m);
	const char *input = input_meant(e), *call = span_text(e->arena, x->args->call->span);
	diag_help(e->d, m, "a value goes in with an arrow: `%s -> %s`", input ? input : "x", call);
	if (input && !is_stage(x->args->call->span)) diag_edit(e->d, m, x->args->call->span, "%s -> %s", input, call);
	return true;
}

/* f(filters=16, 3): the 3 stands where `filters` belongs, by its place */
static void
given_twice(struct elaborator *e, const struct expansion *x, int keyword, int k)
{
	const struct arguments *a = x->args;
	struct node *params = x->definition->kid[0];
	struct diagnostic *m = problem(e, "arguments", a->keyword[keyword]->span, "again here", "`%s` is given twice", params->kid[k]->text);
	if (!m || k >= a->n || !a->at[k]->span.file) return;
	diag_label(e->d, m, a->at[k]->span, "by its place this is `%s`", params->kid[k]->text);
	const char *missing = NULL;
	for (int i = 0; i < params->n; i++) { /* the next one that has to be given, and is not */
		bool given = i < a->n || params->kid[i]->kid[1];
		for (int j = 0; j < a->keyword_count; j++) given |= !strcmp(a->keyword[j]->text, params->kid[i]->text);
		if (!given && !missing) missing = params->kid[i]->text;
	}
	if (missing && k == a->n - 1) {
		diag_help(e->d, m, "what follows a named argument is named, too: `%s=%s`", missing, span_text(e->arena, a->at[k]->span));
		diag_edit(e->d, m, a->at[k]->span, "%s=%s", missing, span_text(e->arena, a->at[k]->span));
	} else {
		diag_help(e->d, m, "it is written `%s`", call_text(e, x->definition));
	}
}

/* 0,5 for 0.5 among the arguments: the places of both numbers; false: there is none */
static bool
decimal_comma(const struct arguments *a, struct span *where)
{
	for (int i = 0; i + 1 < a->n; i++) {
		struct span left = a->at[i]->span, right = a->at[i + 1]->span;
		if (a->at[i]->kind != VALUE_NUMBER || a->at[i + 1]->kind != VALUE_NUMBER || !left.file || left.file != right.file || right.begin != left.end + 1) continue;
		*where = (struct span){left.file, left.begin, right.end};
		const char *text = left.file->text;
		size_t digits = strspn(text + left.begin, "0123456789"), more = strspn(text + right.begin, "0123456789");
		if (digits == left.end - left.begin && more == right.end - right.begin && text[left.end] == ',') return true;
	}
	return false;
}

/* puts arguments to parameters; reports what is too many, unknown or missing */
bool
match_arguments(struct elaborator *e, struct expansion *x)
{
	struct node *params = x->definition->kid[0];
	struct arguments *a = x->args;
	if (params->n > MOST) {
		problem(e, "arguments", x->definition->span, "", "a definition takes at most %d parameters", MOST);
		return false;
	}
	if (a->n > params->n) {
		struct diagnostic *m = problem(e, "arguments", a->at[params->n]->span.file ? a->at[params->n]->span : a->call->span, "one too many", "`%s` takes %d argument%s, not %d", x->definition->text,
					       params->n, params->n == 1 ? "" : "s", a->n);
		note_frames(e, m);
		struct span comma;
		if (m && a->n == params->n + 1 && decimal_comma(a, &comma)) { /* Dropout(0,5) */
			size_t split = (size_t)(strchr(comma.file->text + comma.begin, ',') - comma.file->text);
			m->labels.at[0] = (struct label){comma, "two arguments"};
			diag_help(e->d, m, "a number has a point: `%s.%s`", span_text(e->arena, (struct span){comma.file, comma.begin, split}),
				  span_text(e->arena, (struct span){comma.file, split + 1, comma.end}));
			diag_edit(e->d, m, (struct span){comma.file, split, split + 1}, ".");
		}
		const struct value *in = a->at[0], *first = a->n > 2 ? a->at[1] : NULL, *second = a->n > 2 ? a->at[2] : NULL;
		bool repeated = first && a->n == params->n + 1 && first->kind == VALUE_NUMBER && in->kind == VALUE_TENSOR && in->n && first->number == (double)in->axis[in->n - 1]->size;
		if (repeated && first->span.file == second->span.file && first->span.begin < second->span.begin && first->span.begin > a->call->span.begin) { /* LSTM(28, 64) */
			diag_help(e->d, m, "the size of the input is never written: `%s(%s`", x->definition->text, span_text(e->arena, (struct span){a->call->span.file, second->span.begin, a->call->span.end}));
			diag_edit(e->d, m, (struct span){first->span.file, first->span.begin, second->span.begin}, "%s", "");
		}
		if (m && !m->helps.n && params->n > 1) diag_help(e->d, m, "it is written `%s`", call_text(e, x->definition));
		return false;
	}
	for (int i = 0; i < a->n; i++) x->given[i] = a->at[i];
	bool known = true;
	for (int i = 0; i < a->keyword_count; i++) {
		int k = 0;
		while (k < params->n && strcmp(params->kid[k]->text, a->keyword[i]->text)) k++;
		if (k == params->n) {
			unknown_option(e, x, a->keyword[i], a->keyword_value[i]);
			known = false;
			continue;
		}
		if (x->given[k]) {
			given_twice(e, x, i, k);
			return false;
		}
		x->given[k] = a->keyword_value[i];
	}
	if (!known) return false;
	for (int k = 0; k < params->n; k++)
		if (!x->given[k] && !params->kid[k]->kid[1]) {
			if (lacks_input(e, x)) return false;
			struct diagnostic *m = problem(e, "arguments", a->call->span, arena_print(e->arena, "`%s` is missing", params->kid[k]->text), "`%s` needs `%s`", x->definition->text,
						       params->kid[k]->text);
			note_frames(e, m);
			diag_help(e->d, m, "it is written `%s`", call_text(e, x->definition));
			return false;
		}
	return true;
}

/* only indices of the equations around, and no data */
static bool
is_of_context(const struct elaborator *e, const struct expr *condition)
{
	int known = 0;
	for (int i = 0; i < e->context.n; i++) known += mentions(condition, e->context.at[i]);
	return !condition->has_read && known == condition->free->n;
}

/* the value behind the conditions that stand around the call, where its reads need them: 0 where these do not hold, and nobody looks; NULL: they are
 * conditions on data, too */
static struct value *
behind_conditions(struct elaborator *e, struct value *v)
{
	struct expr *guard = truth(e->p, true);
	if (bare_reads_are_safe(e->p, v->body)) return v;
	for (int i = 0; i < e->guards.n; i++)
		if (is_of_context(e, e->guards.at[i])) guard = both(e->p, guard, e->guards.at[i]);
	struct value *w = NEW(e->arena, struct value);
	*w = *v;
	w->body = choose(e->p, guard, v->body, number(e->p, 0));
	return bare_reads_are_safe(e->p, w->body) ? w : NULL;
}

/* an argument becomes an equation of its own unless it is just a read: whatever reads it often computes it once */
static struct value *
settle(struct elaborator *e, const struct expansion *x, const struct node *param, struct value *v)
{
	if (v->kind != VALUE_TENSOR || v->body->condition) return v;
	struct value *whole = behind_conditions(e, v);
	return !whole ? v : materialise(e, whole, arena_print(e->arena, "%s_%s", x->definition->text, param->text), false, v->span);
}

/* the call without its i-th argument, and without the first where this repeats the size of the input; as a stage behind a value */
static const char *
stage_text(struct elaborator *e, const struct expansion *x, int input)
{
	const struct arguments *a = x->args;
	const struct value *in = a->at[input];
	struct text t = {.arena = e->arena};
	bool repeated = input > 1 && a->at[0]->kind == VALUE_NUMBER && a->at[0]->number == (double)in->axis[in->n - 1]->size;
	for (int i = repeated; i < a->n; i++)
		if (i != input) text_add(&t, "%s%s", t.length ? ", " : "", span_text(e->arena, a->at[i]->span));
	for (int i = 0; i < a->keyword_count; i++) text_add(&t, "%s%s", t.length ? ", " : "", span_text(e->arena, a->keyword[i]->span));
	return arena_print(e->arena, "%s -> %s(%s)", span_text(e->arena, in->span), span_text(e->arena, a->call->kid[0]->span), text_end(&t));
}

/* Dense(64, x): the input stands behind the sizes */
static bool
input_behind(struct elaborator *e, const struct expansion *x)
{
	const struct arguments *a = x->args;
	struct span call = a->call->span;
	int input = a->n - 1;
	if (input < 1 || a->at[0]->kind != VALUE_NUMBER || a->at[input]->kind != VALUE_TENSOR || a->at[input]->n == 0 || !call.file || call.file->library || is_stage(call)) return false;
	for (int i = 0; i < a->n; i++)
		if (a->at[i]->span.file != call.file || a->at[i]->span.begin < call.begin || a->at[i]->span.end > call.end) return false;
	const char *text = stage_text(e, x, input);
	struct diagnostic *m = problem(e, "arguments", a->at[input]->span, "the input", "the input of `%s` stands in front of its sizes",
				       call.end - call.begin < 32 ? span_text(e->arena, call) : x->definition->text);
	note_frames(e, m);
	size_t before = call.begin;
	while (before > 0 && call.file->text[before - 1] == ' ') before--;
	bool inside = before > 0 && !strchr("=(,[", call.file->text[before - 1]); /* of a sum or a product */
	diag_help(e->d, m, "write `%s%s%s`", inside ? "(" : "", text, inside ? ")" : "");
	diag_edit(e->d, m, call, "%s%s%s", inside ? "(" : "", text, inside ? ")" : "");
	return true;
}

static struct value *
wrong_shape(struct elaborator *e, struct expansion *x, struct node *param, struct value *v)
{
	if (report_place(e, x, param, v) || (param == x->definition->kid[0]->kid[0] && input_behind(e, x))) return NULL;
	struct node *type = param->kid[0];
	struct span at = v->span.file ? v->span : x->args->call->span;
	struct value *t = as_tensor(e, v);
	const char *asked = asked_by(e, x->args->call->span);
	struct diagnostic *m = problem(e, "shape", at, shape_text(e, t ? t : v), "`%s` needs %s `%s`", asked ? asked : x->definition->text,
				       type->kid[0] && type->kid[0]->kind == NODE_LIST ? arena_print(e->arena, "a tensor %s as", span_text(e->arena, type->kid[0]->span)) : "one number as", param->text);
	if (m) note_history(e, m, span_text(e->arena, at), v);
	note_frames(e, m);
	if (m && asked && help_swapped_call(e, m)) return NULL;
	if (m && !asked && help_swapped(e, m, x->definition, x->scope->up, x->args)) return NULL;
	const struct node *dims = type->kid[0];
	const char *first = v->span.file && !v->span.file->library ? v->span.file->text + v->span.begin : "";
	if (t && !t->n && isdigit((unsigned char)*first) && dims && dims->kind == NODE_LIST && dims->n == 1) {
		diag_help(e->d, m, "a list of one is written `[%s]`", span_text(e->arena, v->span));
		diag_edit(e->d, m, v->span, "[%s]", span_text(e->arena, v->span));
	}
	if (t && dims && dims->kind == NODE_LIST && t->n == 1 && dims->n == 2) { /* which axis it is nobody knows */
		const char *rows = span_text(e->arena, dims->kid[0]->span), *columns = span_text(e->arena, dims->kid[1]->span), *text = span_text(e->arena, at);
		long size = t->axis[0]->size;
		diag_help(e->d, m, "where %ld is `%s`, write `%s -> reshape([%ld, 1])`; where it is `%s`, `%s -> reshape([1, %ld])`", size, rows, text, size, columns, text, size);
	} else if (t && dims && dims->kind == NODE_LIST && t->n == dims->n - 1 && t->n && t->n < MAX_RANK - 1) {
		long shape[MAX_RANK] = {1};
		value_shape(t, shape + 1);
		diag_help(e->d, m, "`%s` is missing in front: `%s -> reshape(%s)`", span_text(e->arena, dims->kid[0]->span), span_text(e->arena, at), dims_text(e->arena, t->n + 1, shape));
		diag_edit(e->d, m, at, "%s -> reshape(%s)", span_text(e->arena, at), dims_text(e->arena, t->n + 1, shape));
	}
	return NULL;
}

/* scores in the wrong number, or many of them for one class */
static void
report_scores(struct elaborator *e, const struct node *definition, const struct value *scores, const struct value *class)
{
	struct span at = scores->span.file ? scores->span : definition->span;
	struct interval i = interval_of(class->body);
	struct diagnostic *m = problem(e, "shape", at, shape_text(e, scores), "`%s` needs %ld scores, one per class", definition->text, i.high + 1);
	diag_label(e->d, m, class->span, "a class in %ld..%ld", i.low, i.high);
	if (m) note_history(e, m, span_text(e->arena, at), scores);
	note_frames(e, m);
	const struct stage *first = scores->history;
	while (first && first->before) first = first->before;
	bool sequence = false; /* a layer has seen it as one */
	for (const struct stage *x = scores->history; x; x = x->before) sequence |= x->by && !x->by->mapped && asked_rank(x->by->definition) == 2;
	if (m && scores->n == 2 && first && first->rank == 2 && first->shape[0] == scores->axis[0]->size && !sequence) {
		diag_help(e->d, m, "shapes are those of one sample: where %ld is the size of a batch, declare `%s: [%ld]`", first->shape[0], first->text, first->shape[1]);
		for (int k = 0; k < e->p->tensors.n; k++) {
			const struct tensor *t = e->p->tensors.at[k];
			if (t->role == ROLE_INPUT && !t->integer && !strcmp(t->name, first->text)) diag_edit(e->d, m, t->span, "input %s: [%ld]", t->name, first->shape[1]);
		}
	}
	const char *name = span_text(e->arena, at);
	bool steps = scores->n == 2 && first && first->rank == 2 && first->shape[0] == scores->axis[0]->size && scores->axis[1]->size == i.high + 1;
	if (m && steps && at.file && name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == 0) {
		diag_help(e->d, m, "where %ld are the steps of a sequence, the last one's are `%s[%ld]`", first->shape[0], name, first->shape[0] - 1);
		diag_edit(e->d, m, at, "%s[%ld]", name, first->shape[0] - 1);
	}
	if (!steps || !sequence) help_whole(e, m, scores);
}

bool
one_class_for_many(struct elaborator *e, const struct value *v)
{
	const struct made *by = v->by;
	if (!by || !by->mapped) return false;
	for (int k = 0; k < by->n; k++) {
		const struct node *type = by->definition->kid[0]->kid[k]->kid[0];
		const struct value *class = by->argument[k];
		if (!type || !type->kid[1] || by->extra[k] || !class || class->kind != VALUE_TENSOR || class->n || !interval_of(class->body).known) continue;
		for (int i = 0; i < k; i++)
			if (by->extra[i] == by->mapped && by->argument[i]) {
				report_scores(e, by->definition, by->argument[i], class);
				return true;
			}
	}
	return false;
}

/* the first of more numbers than are needed, in a call that says the size of its input elsewhere, too; 0: there is none */
static long
count_given(struct elaborator *e, const struct expansion *x)
{
	const struct arguments *a = x->args;
	const struct value *row, *count = a->n > 2 ? a->at[1] : NULL;
	int needed = 0;
	for (int k = 1; k < x->definition->kid[0]->n; k++) needed += !x->definition->kid[0]->kid[k]->kid[1];
	for (int i = 0; (row = fact(e, "input_first", i)) != NULL; i++)
		if (row->kind == VALUE_LIST && row->n && row->item[0]->kind == VALUE_DEFINITION && row->item[0]->definition == x->definition) break;
	if (!row || !count || a->n - 1 <= needed || count->kind != VALUE_NUMBER || count->number < 2 || count->number > 1e9 || count->number != floor(count->number)) return 0;
	struct span s = count->span, next = a->at[2]->span, call = a->call->span;
	return s.file && s.file == next.file && s.file == call.file && call.begin < s.begin && s.begin < next.begin && next.end <= call.end ? (long)count->number : 0;
}

/* a value from the data that is no class, and how it would be declared */
static void
report_no_class(struct elaborator *e, const struct expansion *x, const struct node *param, const struct value *v, long high)
{
	struct diagnostic *m = problem(e, "classes", v->span, v->n ? shape_text(e, v) : "a real number", "`%s` needs %s as `%s`", x->definition->text,
				       high >= 0 ? arena_print(e->arena, "a whole number in 0..%ld", high) : "whole numbers", param->text);
	const struct tensor *t = v->body->op == OP_READ ? v->body->tensor : NULL;
	note_frames(e, m);
	if (!t || (t->role != ROLE_INPUT && t->role != ROLE_TARGET)) return;
	diag_label(e->d, m, declared_name(t), "declared here, as %s", input_type_text(e->arena, t));
	const char *shape = high >= 0 || !v->n ? "" : arena_print(e->arena, "%s of ", shape_text(e, v));
	long count = high < 0 ? count_given(e, x) : 0;
	if (count) { /* Embedding(5000, 32) */
		diag_help(e->d, m, "there are %ld: declare it as `%s %s: %s0..%ld`; their number is not written again", count, t->role == ROLE_INPUT ? "input" : "target", t->name, shape, count - 1);
		diag_edit(e->d, m, t->span, "%s %s: %s0..%ld", t->role == ROLE_INPUT ? "input" : "target", t->name, shape, count - 1);
		diag_edit(e->d, m, (struct span){x->args->at[1]->span.file, x->args->at[1]->span.begin, x->args->at[2]->span.begin}, "%s", "");
		return;
	}
	diag_help(e->d, m, "declare it as `%s %s: %s0..%ld`", t->role == ROLE_INPUT ? "input" : "target", t->name, shape, high >= 0 ? high : 99);
	if (high >= 0) diag_edit(e->d, m, t->span, "%s %s: %s0..%ld", t->role == ROLE_INPUT ? "input" : "target", t->name, shape, high);
}

/* one score for one class: there is nothing to tell apart */
static void
warn_one_class(struct elaborator *e, const struct expansion *x, const struct value *v)
{
	const struct tensor *t = v->body->op == OP_READ ? v->body->tensor : NULL;
	struct span at = own_place(e, x->args->call->span);
	if (e->quiet || !e->training) return;
	for (int i = 0; i < e->d->all.n; i++)
		if (!strcmp(e->d->all.at[i]->code, "one-score") && e->d->all.at[i]->labels.at[0].span.begin == at.begin) return;
	struct diagnostic *m = diag_warning(e->d, "one-score", at, "one score for one class", "there is only one class: it is always right");
	if (t && t->role == ROLE_TARGET) diag_label(e->d, m, declared_name(t), "declared here, in %s", input_type_text(e->arena, t));
	diag_help(e->d, m, "two classes are `0..1`, with a score for each, or one score for both in a loss that takes the sigmoid of it");
}

/* 0..10 for ten classes */
static void
help_last_class(struct elaborator *e, struct diagnostic *m, const struct value *v, struct interval i, long high)
{
	const struct tensor *t = v->body->op == OP_READ ? v->body->tensor : NULL;
	if (i.low || i.high != high + 1 || !t || t->role != ROLE_TARGET || v->n) return;
	diag_help(e->d, m, "both ends of a range are included: where there are %ld classes, they are `0..%ld`", high + 1, high);
	diag_edit(e->d, m, t->span, "target %s: 0..%ld", t->name, high);
}

/* `10 scores for 26 classes`: t: 0..n-1 where n was bound by an earlier parameter */
static bool
check_classes(struct elaborator *e, struct expansion *x, struct node *param, struct value *v, long high)
{
	struct interval i = interval_of(v->body);
	if (i.known && i.low >= 0 && i.high == high) {
		if (high == 0) warn_one_class(e, x, v);
		return true;
	}
	struct value *first = x->given[0] && x->given[0]->kind == VALUE_TENSOR ? x->given[0] : NULL;
	struct span at = first && first->span.file ? first->span : x->args->call->span;
	struct diagnostic *m;
	if (!i.known) {
		report_no_class(e, x, param, v, high);
		return false;
	} else if (first && first->n - 1 > v->n && first->axis[first->n - 1]->size != i.high + 1) {
		report_scores(e, x->definition, first, v);
		return false;
	} else {
		m = problem(e, "classes", at, first ? shape_text(e, first) : "", "%ld score%s for %ld class%s", high + 1, high ? "s" : "", i.high + 1, i.high ? "es" : "");
		diag_label(e->d, m, v->span, "a class in %ld..%ld: %ld class%s", i.low, i.high, i.high + 1, i.high ? "es" : "");
	}
	if (m && first) note_history(e, m, span_text(e->arena, at), first);
	note_frames(e, m);
	if (m && i.low > 0 && i.high - i.low == high) {
		diag_help(e->d, m, "classes count from 0: declare 0..%ld, and subtract %ld from the data", high, i.low);
		return false;
	}
	if (m && first && first->history && !strncmp(first->history->text, "-> ", 3) && strstr(first->history->text, arena_print(e->arena, "(%ld", high + 1))) {
		const char *open = strchr(first->history->text, '(');
		int length = (int)(open - first->history->text - 3), digits = snprintf(NULL, 0, "%ld", high + 1);
		diag_help(e->d, m, "make the last layer `%.*s(%ld)`", length, first->history->text + 3, i.high + 1);
		struct span call = first->history->by ? first->history->by->call : (struct span){0};
		if (call.file && !strncmp(call.file->text + call.begin, first->history->text + 3, (size_t)(length + 1 + digits)))
			diag_edit(e->d, m, (struct span){call.file, call.begin + (size_t)length + 1, call.begin + (size_t)(length + 1 + digits)}, "%ld", i.high + 1);
		help_last_class(e, m, v, i, high);
	}
	return false;
}

/* A plain name in a signature binds, whatever it means elsewhere; unless an earlier parameter bound it already. */
static bool
is_free(const struct expansion *x, const char *name)
{
	for (int i = 0; i < x->scope->bindings.n; i++)
		if (!strcmp(x->scope->bindings.at[i].name, name)) return false;
	return !has_parameter(x->definition, name);
}

/* Range `0..n-1` with a free name n binds it; else both ends are checked. */
static bool
bind_range(struct elaborator *e, struct expansion *x, struct node *param, struct value *v)
{
	struct node *range = param->kid[0]->kid[1], *high = range->kid[1];
	struct value *t = as_tensor(e, v);
	if (!t) return false;
	struct interval i = interval_of(t->body);
	bool free_name = high->kind == NODE_SUBTRACT && high->kid[0]->kind == NODE_NAME && is_free(x, high->kid[0]->text);
	if (free_name && !i.known) {
		report_no_class(e, x, param, t, -1);
		return false;
	}
	if (free_name) {
		scope_bind(e, x->scope, high->kid[0]->text, value_number(e, (double)(i.high + 1), high->span));
		return true;
	}
	long last;
	struct value *end = evaluate(e, high, x->scope);
	if (!whole_number(e, end, high->span, "the end of a range", &last)) return false;
	return check_classes(e, x, param, t, last);
}

/* the axes of a declared result, `-> [T, units]`; NULL: it is a number, or not declared */
static const struct node *
result_axes(const struct node *definition)
{
	const struct node *types = definition->kid[1], *result = types && types->n == 1 ? types->kid[0]->kid[0] : NULL;
	return result && result->kind == NODE_LIST && result->n ? result : NULL;
}

/* all axes from this one on as one: what `rest..` stands for */
static struct value *
flattened_from(struct elaborator *e, struct expansion *x, const char *name, struct value *v, int first)
{
	long shape[MAX_RANK];
	const struct node *result = result_axes(x->definition), *rest = result ? result->kid[result->n - 1] : NULL;
	value_shape(v, shape);
	if (!x->rest_name && rest && rest->kind == NODE_REST && !strcmp(rest->text, name)) {
		x->rest_name = name;
		x->rest_rank = v->n - first;
		memcpy(x->rest, shape + first, (size_t)x->rest_rank * sizeof *shape);
	}
	if (v->n == first + 1) return v;
	for (int i = first + 1; i < v->n; i++) shape[first] *= shape[i];
	if (v->n == first) shape[first] = 1;
	return reshaped(e, v, first + 1, shape, v->span);
}

/* the shape of one argument against the signature: binds plain names, finds how many axes are mapped */
static bool
bind_shape(struct elaborator *e, struct expansion *x, int k, struct value **value)
{
	struct node *param = x->definition->kid[0]->kid[k], *type = param->kid[0], *dims = type->kid[0];
	struct value *v = as_tensor(e, *value);
	if (!v) return false;
	int wanted = dims && dims->kind == NODE_LIST ? dims->n : 0;
	if (wanted && dims->kid[wanted - 1]->kind == NODE_REST) {
		if (v->n < wanted - 1) {
			wrong_shape(e, x, param, v);
			return false;
		}
		v = flattened_from(e, x, dims->kid[wanted - 1]->text, v, wanted - 1);
	}
	int extra = v->n - wanted;
	bool one = extra == 1 && v->axis[0]->size == 1;
	if (wanted == 0 && one && !result_axes(x->definition)) { /* a tensor of one element counts as a number where a number comes of it */
		struct expr *zero = number(e->p, 0);
		v = value_tensor(e, 0, NULL, value_at(e, v, &zero), v->span);
		extra = 0;
	}
	if (extra < 0) {
		wrong_shape(e, x, param, v);
		return false;
	}
	for (int i = 0; i < wanted; i++) {
		struct node *dim = dims->kid[i];
		long size = v->axis[extra + i]->size, asked;
		if ((dim->kind == NODE_NAME || dim->kind == NODE_REST) && is_free(x, dim->text)) {
			scope_bind(e, x->scope, dim->text, value_number(e, (double)size, dim->span));
			continue;
		}
		if (!whole_number(e, evaluate(e, dim, x->scope), dim->span, "a size", &asked)) return false;
		if (asked != size) {
			wrong_shape(e, x, param, v);
			return false;
		}
	}
	for (int i = 0; i < extra; i++) { /* mapped axes agree from the inside out */
		int at = i - extra;
		if (-at <= x->mapped && x->lead[x->mapped + at] != v->axis[i]->size) {
			struct diagnostic *m = problem(e, "shape", v->span, shape_text(e, v), "the extra leading axes of `%s`'s arguments must be equal", x->definition->text);
			note_frames(e, m);
			return false;
		}
	}
	if (extra > x->mapped) {
		for (int i = 0; i < extra; i++) x->lead[i] = v->axis[i]->size;
		x->mapped = extra;
	}
	x->extra[k] = extra;
	*value = settle(e, x, param, v);
	return (*value)->kind != VALUE_ERROR;
}

/* `Dense(16, relu)`: the function that stands where an option belongs, behind the layer */
static bool
help_function_behind(struct elaborator *e, struct diagnostic *m, const struct expansion *x, const struct value *v)
{
	const char *f = function_meant(e, v);
	struct span call = x->args->call->span;
	if (!m || !f || x->definition->kind != NODE_LAYER) return false;
	diag_help(e->d, m, "a function stands behind the layer: `-> %s`", f);
	if (!is_stage(call) || !v->span.file || v->span.begin < call.begin || v->span.end > call.end) return true;
	struct span argument = v->span;
	const struct node *list = x->args->call->kid[1];
	for (int i = 0; i < list->n; i++) /* with its name */
		if (list->kid[i]->span.end == v->span.end) argument = list->kid[i]->span;
	repair_argument(e->d, m, argument);
	diag_edit(e->d, m, (struct span){call.file, call.end, call.end}, " -> %s", f);
	return true;
}

/* a number that is true or false elsewhere stands behind the size: `Dense(784, 128)` */
static bool
help_input_repeated(struct elaborator *e, struct diagnostic *m, const struct expansion *x, int k, const struct value *v)
{
	const struct value *size = k ? x->given[k - 1] : NULL;
	if (!size || size->kind != VALUE_NUMBER || v->kind != VALUE_NUMBER || v->number < 2) return false;
	if (!size->span.file || size->span.file != v->span.file || size->span.begin >= v->span.begin || k >= x->args->n) return false;
	diag_help(e->d, m, "the size of the input is never written: `%s(%.6g)`", x->definition->text, v->number);
	diag_edit(e->d, m, (struct span){size->span.file, size->span.begin, v->span.begin}, "%s", "");
	return true;
}

/* texts are data only, and what is true or false by default is so when it is given */
static bool
is_kind(struct elaborator *e, const struct expansion *x, int k, const struct value *v)
{
	struct node *param = x->definition->kid[0]->kid[k];
	const char *name = param->text, *of = x->definition->text;
	if (v->kind == VALUE_TEXT) {
		struct diagnostic *m = problem(e, "option", v->span, "a text", "`%s` of `%s` takes no text", name, of);
		const struct value *word = look_up(e->globals, v->text);
		if (word && word->kind == VALUE_WORD) {
			diag_help(e->d, m, "words are written without quotes: `%s=%s`", name, v->text);
			diag_edit(e->d, m, v->span, "%s", v->text);
		} else {
			help_function_behind(e, m, x, v);
		}
		return false;
	}
	const struct node *usual = x->given[k] ? param->kid[1] : NULL;
	if (!usual || usual->kind != NODE_NAME || (strcmp(usual->text, "true") && strcmp(usual->text, "false")) || v->kind == VALUE_TRUTH || v->kind == VALUE_TENSOR) return true;
	struct diagnostic *m = problem(e, "option", v->span, shape_text(e, v), "`%s` of `%s` is true or false", name, of);
	if (help_input_repeated(e, m, x, k, v) || help_function_behind(e, m, x, v)) return false;
	diag_help(e->d, m, "write `%s=true` or `%s=false`", name, name);
	return false;
}

bool
bind_parameter(struct elaborator *e, struct expansion *x, int k)
{
	struct node *param = x->definition->kid[0]->kid[k], *type = param->kid[0];
	struct value *v = x->given[k];
	if (!v) {
		v = evaluate_argument(e, param->kid[1], x->scope);
		if (v->kind == VALUE_ERROR) return false;
	}
	if (!is_kind(e, x, k, v)) return false;
	if (!type || is_compile_time(type)) {
		long whole;
		if (type && type->kid[0]->kind == NODE_NAME && !whole_number(e, v, v->span, arena_print(e->arena, "`%s`", param->text), &whole)) return false;
		if (!type) v = settle(e, x, param, v);
		scope_bind(e, x->scope, param->text, v);
		return v->kind != VALUE_ERROR;
	}
	if (type->kid[1] && !bind_range(e, x, param, v)) return false;
	if (!bind_shape(e, x, k, &v)) return false;
	scope_bind(e, x->scope, param->text, v);
	return true;
}

void
check_rest(struct elaborator *e, struct node *definition, struct arguments *a)
{
	struct expansion x = {.definition = definition, .args = a};
	if (definition->kind == NODE_OPTIMIZER || !match_arguments(e, &x)) return;
	for (int k = 0; k < definition->kid[0]->n; k++) {
		const struct node *param = definition->kid[0]->kid[k], *type = param->kid[0];
		struct value *v = x.given[k];
		long whole;
		if (!v || v->kind == VALUE_ERROR || (k == 0 && definition->kind == NODE_LAYER) || !is_kind(e, &x, k, v)) continue;
		if (is_compile_time(type) && type->kid[0]->kind == NODE_NAME) whole_number(e, v, v->span, arena_print(e->arena, "`%s`", param->text), &whole);
	}
	check_requirements(e, &x);
}

int
asked_rank(const struct node *definition)
{
	const struct node *params = definition->kid[0], *type = params->n ? params->kid[0]->kid[0] : NULL;
	return type && type->kid[0] && type->kid[0]->kind == NODE_LIST ? type->kid[0]->n : 0;
}
