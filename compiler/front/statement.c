/* statement.c - what each statement of a model, layer or function does. */
#include "front/apply.h"
#include "front/repair.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- definitions --------------------------------------------------------------------------------------------------------------------------------- */

static const char *
dotted_name(struct elaborator *e, struct node *n)
{
	return n->kind == NODE_DOT ? arena_print(e->arena, "%s.%s", dotted_name(e, n->kid[0]), n->text) : n->text;
}

static struct tensor *
state_named(struct elaborator *e, struct scope *s, const char *name)
{
	for (int i = e->states.n - 1; i >= 0; i--)
		if (e->states.at[i].scope == s && !strcmp(e->states.at[i].name, name)) return e->states.at[i].tensor;
	return NULL;
}

/* the state's value after this step; what reads the name later sees it */
static void
update_state(struct elaborator *e, struct scope *s, const char *name, struct tensor *state, struct value *v, struct span span)
{
	struct value *t = as_tensor(e, v);
	if (!t || (!e->training && e->model)) return;
	struct index *axes[MAX_RANK];
	struct expr *at[MAX_RANK];
	if (t->n > state->rank) {
		problem(e, "shape", span, shape_text(e, t), "the state `%s` is %s", name, dims_text(e->arena, state->rank, state->shape));
		return;
	}
	for (int i = 0; i < state->rank; i++) axes[i] = index_new(e->p, "j", state->shape[i]);
	for (int i = 0; i < t->n; i++) at[i] = index_of(e->p, axes[state->rank - t->n + i]);
	struct expr *body = value_at(e, t, at);
	if (mentions(body, e->batch)) {
		problem(e, "state", span, "differs from sample to sample", "a state belongs to no sample");
		return;
	}
	for (int i = 0; i < e->context.n; i++) {
		if (!mentions(body, e->context.at[i])) continue;
		struct diagnostic *m = problem(e, "state", span, "differs along an axis over which the layer is repeated", "a state belongs to the whole layer");
		note_frames(e, m);
		diag_help(e->d, m, "name that axis in the signature, `x: [t, n]`, and reduce over it");
		return;
	}
	struct tensor *new = tensor_new(e->p, arena_print(e->arena, e->model ? "%s_new" : "%s'", state->name), ROLE_VALUE, state->rank, state->shape);
	equation_new(e->p, new, state->rank, axes, MAP, 0, NULL, body, span);
	for (int i = 0; i < e->p->updates.n; i++)
		if (e->p->updates.at[i].old == state) {
			e->p->updates.at[i].new = new;
			goto bound;
		}
	PUSH(e->arena, &e->p->updates, (struct update){state, new});
bound:
	scope_bind(e, s, name, value_of_tensor(e, new, 0, NULL, span));
}

static void
define_name(struct elaborator *e, struct scope *s, struct node *name, struct value *v, struct span span)
{
	const char *text = dotted_name(e, name);
	struct tensor *state = state_named(e, s, text);
	if (state && !e->model) { /* in an optimizer, `m = ...` is the state's new value */
		update_state(e, s, text, state, v, span);
		return;
	}
	if (v->kind == VALUE_TENSOR && v->recurrence) v = value_tensor(e, v->n, v->axis, v->body, v->span); /* another name: its start is no part of it */
	if (v->kind == VALUE_TENSOR && !v->body->condition) v = materialise(e, v, text, false, span);
	rebind(e, s, text, v);
}

static void
run_define(struct elaborator *e, struct node *n, struct scope *s)
{
	struct node *names = n->kid[0];
	struct value *v = evaluate(e, n->kid[1], s);
	if (v->kind == VALUE_TENSOR && !v->history) v->span = n->kid[1]->span;
	if (v->kind == VALUE_TENSOR && v->maker) v->made = n->span;
	if (v->kind != VALUE_ERROR && names->n > 1 && (v->kind != VALUE_SEVERAL || v->n != names->n)) {
		struct diagnostic *m = problem(e, "results", n->kid[1]->span, shape_text(e, v), "%d names for %d result%s", names->n, v->kind == VALUE_SEVERAL ? v->n : 1,
					       v->kind == VALUE_SEVERAL ? "s" : "");
		if (v->kind != VALUE_SEVERAL) {
			diag_help(e->d, m, "write `%s = ...`", span_text(e->arena, names->kid[0]->span));
			diag_edit(e->d, m, names->span, "%s", span_text(e->arena, names->kid[0]->span));
		}
		v = value_error(e);
	}
	if (names->n == 1 && v->kind == VALUE_SEVERAL) {
		problem(e, "results", n->kid[1]->span, "", "%d results for one name", v->n);
		v = value_error(e);
	}
	for (int i = 0; i < names->n; i++) define_name(e, s, names->kid[i], v->kind == VALUE_SEVERAL ? v->item[i] : v, n->span);
}

/* does the right side read `name[..]`? then the first such read */
static struct node *
own_read(struct node *n, const char *name)
{
	if (!n) return NULL;
	if (n->kind == NODE_INDEX && n->kid[0]->kind == NODE_NAME && !strcmp(n->kid[0]->text, name)) return n;
	for (int i = 0; i < n->n; i++) {
		struct node *found = own_read(n->kid[i], name);
		if (found) return found;
	}
	return NULL;
}

/* would the step of a recurrence give the shape that it was given?  Tried quietly: after an error nobody looks at the equations that this makes */
static bool
step_keeps(struct elaborator *e, struct node *n, struct scope *s, const char *name, int rank, long size)
{
	struct index *indices[MAX_RANK], *axes[2] = {index_new(e->p, "t", 1 << 20), index_new(e->p, "i", size)};
	struct scope *given = scope_new(e, s), *inner = scope_new(e, given);
	int context = e->context.n, accesses = e->accesses.n;
	scope_bind(e, given, name, value_tensor(e, 1 + rank, axes, number(e->p, 0), n->span));
	e->quiet++;
	struct value *v = left_side(e, n->kid[1], given, inner, indices) == 1 && infer_ranges(e, n->kid[2], inner) ? as_tensor(e, evaluate(e, n->kid[2], inner)) : NULL;
	e->quiet--;
	e->context.n = context;
	e->accesses.n = accesses;
	return v && v->n == rank && (rank == 0 || v->axis[0]->size == size);
}

/* a size as the definition around calls it, or as a number */
static const char *
size_name(struct elaborator *e, const struct scope *s, long size)
{
	for (; s && s != e->globals; s = s->up)
		for (int i = 0; i < s->bindings.n && e->frame; i++)
			if (s->bindings.at[i].value->kind == VALUE_NUMBER && s->bindings.at[i].value->number == (double)size) return s->bindings.at[i].name;
	return arena_print(e->arena, "%ld", size);
}

enum { MOST_SIZES = 16 };

/* the value in front of the first step: one number, or as many as some axis has.  NULL: neither fits */
static const char *
start_fitting(struct elaborator *e, struct node *n, struct scope *s, const char *name)
{
	long sizes[MOST_SIZES];
	int count = 0, tensors = e->p->tensors.n;
	if (step_keeps(e, n, s, name, 0, 0)) return "0";
	for (int i = 0; i < tensors; i++) {
		const struct tensor *t = e->p->tensors.at[i];
		for (int k = t->batch; k < t->rank && count < MOST_SIZES; k++) {
			bool seen = t->shape[k] < 1;
			for (int j = 0; j < count; j++) seen |= sizes[j] == t->shape[k];
			if (seen) continue;
			sizes[count++] = t->shape[k];
			if (step_keeps(e, n, s, name, 1, t->shape[k])) return arena_print(e->arena, "zeros(%s)", size_name(e, s, t->shape[k]));
		}
	}
	return NULL;
}

/* a recurrence without a start, which is reported */
static bool
lacks_start(struct elaborator *e, struct node *n, struct scope *s, const char *name)
{
	struct node *indices = n->kid[1], *read = own_read(n->kid[2], name);
	if (!read || look_up(s, name)) return false;
	struct node *index = indices->kid[0];
	struct diagnostic *m = problem(e, "recurrence-start", read->span, arena_print(e->arena, "needs `%s[-1]` when %s = 0", name, index->text),
				       "the recurrence for `%s` has no start value", name);
	note_frames(e, m);
	const char *start = m && indices->n == 1 ? start_fitting(e, n, s, name) : NULL;
	for (int i = 0; m && !start && indices->n == 1 && e->block && i < e->block->n; i++) { /* as that of another value */
		const struct node *x = e->block->kid[i], *first = x->kind == NODE_INDEXED ? x->kid[1]->kid[0] : NULL;
		if (first && x->kid[1]->n == 1 && !strcmp(span_text(e->arena, first->span), "-1")) start = span_text(e->arena, x->kid[2]->span);
	}
	diag_help(e->d, m, "give the value before the first step, for example `%s[-1] = %s`", name, start ? start : "zeros(n)");
	if (start) repair_prepend(e->d, m, n->span, arena_print(e->arena, "%s[-1] = %s", name, start));
	scope_bind(e, s, name, value_error(e));
	return true;
}

/* `y[0] = a`, `y[1] = b`: all of them as a list, which stands where the last one stood */
static void
help_list(struct elaborator *e, struct diagnostic *m, const char *name)
{
	struct text t = {.arena = e->arena};
	const struct node *element[MAX_RANK];
	int n = 0;
	bool in_order = m && e->block;
	for (int i = 0; in_order && i < e->block->n; i++) {
		const struct node *x = e->block->kid[i];
		if (x->kind != NODE_INDEXED || strcmp(dotted_name(e, x->kid[0]), name)) continue;
		const struct node *index = x->kid[1]->kid[0];
		in_order = n < MAX_RANK && x->kid[1]->n == 1 && index->kind == NODE_NUMBER && strtol(index->text, NULL, 10) == n;
		text_add(&t, "%s%s", n ? ", " : "", span_text(e->arena, x->kid[2]->span));
		if (in_order) element[n++] = x;
	}
	if (!in_order || n < 2) {
		diag_help(e->d, m, "every element is defined at once, `%s[i] = ...`; a few are a list, `%s = [a, b]`", name, name);
		return;
	}
	diag_help(e->d, m, "a few elements are a list: `%s = [%s]`", name, text_end(&t));
	for (int i = 0; i < n - 1; i++) diag_edit(e->d, m, element[i]->span, "%s", "");
	diag_edit(e->d, m, element[n - 1]->span, "%s = [%s]", name, text_end(&t));
}

/* `y[0] = ..`: a single element, which cannot be set */
static bool
is_element(struct elaborator *e, struct node *n, struct scope *s, const char *name)
{
	const struct node *index = n->kid[1]->kid[0];
	const struct value *old = own_value(s, name);
	if (index->kind != NODE_NUMBER) return false;
	if (old && old->kind == VALUE_ERROR) return true; /* said at the first of them */
	struct diagnostic *m = problem(e, "left-side", index->span, "", "the left side of an equation has plain, distinct index names");
	for (int i = 0; e->block && i < e->block->n; i++) {
		struct node *other = e->block->kid[i];
		if (other->kind != NODE_INDEXED || strcmp(dotted_name(e, other->kid[0]), name) || !own_read(other->kid[2], name)) continue;
		diag_help(e->d, m, "a recurrence starts in front of its first step: `%s[-1] = %s`", name, span_text(e->arena, n->kid[2]->span));
		diag_edit(e->d, m, index->span, "-1");
		scope_bind(e, s, name, value_error(e));
		return true;
	}
	help_list(e, m, name);
	scope_bind(e, s, name, value_error(e));
	return true;
}

/* the left side's indices, into a scope and the context */
int
left_side(struct elaborator *e, struct node *indices, struct scope *outer, struct scope *inner, struct index *out[])
{
	for (int i = 0; i < indices->n; i++) {
		struct node *x = indices->kid[i];
		if ((x->kind != NODE_NAME && x->kind != NODE_IN) || i >= MAX_RANK - 1) {
			struct diagnostic *m = problem(e, "left-side", x->span, "", "the left side of an equation has plain, distinct index names");
			if (x->kind == NODE_ADD && x->kid[0]->kind == NODE_NAME) diag_help(e->d, m, "name the step itself, and read those before it: `h[%s] = ... h[%s-1] ...`", x->kid[0]->text, x->kid[0]->text);
			else diag_help(e->d, m, "every element is defined at once: `y[i] = ...`");
			return -1;
		}
		for (int k = 0; k < i; k++)
			if (!strcmp(out[k]->name, x->text)) {
				struct diagnostic *m = problem(e, "left-side", x->span, "again here", "the index `%s` stands twice on the left side", x->text);
				diag_help(e->d, m, "write it once: a diagonal has one axis; a matrix that is 0 elsewhere is `y[i,j] = if i == j then ... else 0`");
				if (k == i - 1) diag_edit(e->d, m, (struct span){x->span.file, indices->kid[k]->span.end, x->span.end}, "%s", "");
				return -1;
			}
		out[i] = index_new(e->p, x->text, 0);
		if (x->kind == NODE_IN) {
			long low, high;
			struct node *range = x->kid[0];
			if (!whole_number(e, evaluate(e, range->kid[0], outer), range->kid[0]->span, "the end of a range", &low) ||
			    !whole_number(e, evaluate(e, range->kid[1], outer), range->kid[1]->span, "the end of a range", &high))
				return -1;
			if (low != 0 || high < 0) {
				problem(e, "index-range", range->span, "", "on the left side a range starts at 0");
				return -1;
			}
			out[i]->size = high + 1;
		}
		scope_bind(e, inner, x->text, value_tensor(e, 0, NULL, index_of(e->p, out[i]), x->span));
	}
	for (int i = 0; i < indices->n; i++) PUSH(e->arena, &e->context, out[i]);
	return indices->n;
}

static void
run_indexed(struct elaborator *e, struct node *n, struct scope *s)
{
	const char *name = dotted_name(e, n->kid[0]);
	struct index *indices[MAX_RANK];
	struct scope *inner = scope_new(e, s);
	int context = e->context.n;
	if (is_start(n)) {
		run_start(e, n, s, name);
		return;
	}
	if (is_element(e, n, s, name)) return;
	if (lacks_start(e, n, s, name)) return;
	bool fine = true;
	struct recurrence *r = recurrence_stepped(e, s, name, &fine);
	int count = fine ? left_side(e, n->kid[1], s, inner, indices) : -1;
	struct value *v = NULL;
	if (count >= 0) {
		if (r && indices[0]->size == 0) indices[0]->size = recurrence_steps(r);
		v = infer_ranges(e, n->kid[2], inner) ? as_tensor(e, evaluate(e, n->kid[2], inner)) : NULL;
		for (int i = 0; v && i < count; i++)
			if (!require_range(e, indices[i], n->kid[1]->kid[i]->span)) v = NULL;
	}
	if (v && v->n + count > MAX_RANK - 1) {
		problem(e, "rank", n->span, "", "a tensor may have at most %d axes", MAX_RANK - 1);
		v = NULL;
	}
	e->context.n = context;
	if (v && r) v = define_recurrence(e, r, count, indices, v, n);
	if (!v || r) {
		rebind(e, s, name, v ? with_stage(e, v, NULL, name) : value_error(e));
		return;
	}
	/* the whole left side becomes axes of one value, in front of those that the right side leaves */
	for (int i = 0; i < v->n; i++) indices[count + i] = v->axis[i];
	struct value *all = value_tensor(e, count + v->n, indices, v->body, n->span);
	struct value *w = materialise(e, all, name, true, n->span);
	rebind(e, s, name, with_stage(e, w, NULL, name));
}

static void
run_assign(struct elaborator *e, struct node *n, struct scope *s)
{
	struct tensor *state = state_named(e, s, n->text);
	struct value *v = evaluate(e, n->kid[0], s);
	if (v->kind == VALUE_ERROR) return;
	if (!state) {
		struct diagnostic *m = problem(e, "state", n->name, "", "`%s` is no state of this layer", n->text);
		if (e->model && !e->frame) diag_help(e->d, m, "declare it first: `state %s = 0`; a value is defined with `=`", n->text);
		else diag_help(e->d, m, "declare it first: `state %s = 0`", n->text);
		const char *text = n->span.file ? n->span.file->text : NULL;
		size_t arrow = n->name.end;
		while (text && arrow < n->span.end && text[arrow] == ' ') arrow++;
		if (e->model && !e->frame && text && text[arrow] == '<') diag_edit(e->d, m, (struct span){n->span.file, arrow, arrow + 2}, "=");
		scope_bind(e, s, n->text, value_error(e));
		return;
	}
	update_state(e, s, n->text, state, v, n->span);
}

/* ---- what a model gives ---------------------------------------------------------------------------------------------------------------------------- */

/* an equation for the value with the samples in front, whatever it depends on */
static struct tensor *
per_sample(struct elaborator *e, struct value *v, const char *name, struct span span)
{
	struct index *lhs[MAX_RANK];
	struct expr *at[MAX_RANK];
	lhs[0] = e->batch;
	for (int i = 0; i < v->n; i++) {
		lhs[i + 1] = index_new(e->p, v->axis[i]->name, v->axis[i]->size);
		at[i] = index_of(e->p, lhs[i + 1]);
	}
	struct expr *body = value_at(e, v, at);
	if (body->op == OP_READ && body->n == v->n + 1 && body->tensor->batch && (body->tensor->role == ROLE_VALUE)) {
		bool whole = true;
		for (int i = 0; i < body->n; i++) whole &= body->kid[i]->op == OP_INDEX && body->kid[i]->index == lhs[i];
		if (whole && !body->tensor->temporary) return body->tensor;
		if (whole) {
			body->tensor->temporary = false;
			tensor_rename(e->p, body->tensor, name);
			return body->tensor;
		}
	}
	struct tensor *t = define(e->p, path_name(e, name), v->n + 1, lhs, MAP, 0, NULL, body, ROLE_VALUE, span);
	return t;
}

static bool
belongs_to_model(struct elaborator *e, struct node *n)
{
	if (!e->frame && e->model) return true;
	struct diagnostic *m = problem(e, "place", n->span, "", "this statement belongs directly into a model");
	if (e->frame) diag_help(e->d, m, "a layer gives its result with `return`");
	return false;
}

/* a target that is read on the way to t; NULL: there is none */
const struct tensor *
target_behind(struct program *p, struct tensor *t)
{
	struct equation **of = equation_table(p);
	char *seen = NEW_ARRAY(p->arena, p->tensors.n + 1, char);
	LIST(struct tensor *) todo = {0};
	seen[t->id] = 1;
	PUSH(p->arena, &todo, t);
	while (todo.n) {
		const struct tensor *at = todo.at[--todo.n];
		int n = 0;
		if (at->role == ROLE_TARGET) return at;
		struct expr **reads = of[at->id] ? expr_reads(p, of[at->id]->body, &n) : NULL;
		for (int i = 0; i < n; i++) {
			if (seen[reads[i]->tensor->id]) continue;
			seen[reads[i]->tensor->id] = 1;
			PUSH(p->arena, &todo, reads[i]->tensor);
		}
	}
	return NULL;
}

static void
run_output(struct elaborator *e, struct node *n, struct scope *s)
{
	if (!belongs_to_model(e, n)) return;
	struct node name = {.kind = NODE_NAME, .span = n->name, .name = n->name, .text = n->text};
	struct value *v = as_tensor(e, evaluate(e, n->kid[0] ? n->kid[0] : &name, s));
	if (v && n->kid[0]) scope_bind(e, s, n->text, v);
	if (!v || e->training) return;
	for (int i = 0; i < e->p->output_names.n; i++)
		if (!strcmp(e->p->output_names.at[i], n->text)) {
			problem(e, "name-clash", n->name, "", "there are two outputs named `%s`", n->text);
			return;
		}
	struct tensor *t = per_sample(e, v, n->text, n->span);
	const struct tensor *target = target_behind(e->p, t);
	if (target) {
		struct diagnostic *m = problem(e, "output", n->name, "", "an output depends on the target `%s`, which `predict` does not have", target->name);
		diag_label(e->d, m, declared_name(target), "a target");
		diag_help(e->d, m, "what compares with a target is shown by training and `test`: `metric %s = ...`", n->text);
		if (n->kid[0]) diag_edit(e->d, m, (struct span){n->span.file, n->span.begin, n->span.begin + strlen("output")}, "metric");
		else diag_edit(e->d, m, n->span, "metric %s = %s", n->text, n->text);
	}
	PUSH(e->arena, &e->p->outputs, t);
	PUSH(e->arena, &e->p->output_names, n->text);
}

static void
run_metric(struct elaborator *e, struct node *n, struct scope *s)
{
	if (!belongs_to_model(e, n)) return;
	for (int i = 0; i < e->p->metric_names.n; i++)
		if (!strcmp(e->p->metric_names.at[i], n->text)) {
			problem(e, "name-clash", n->name, "again here", "there are two metrics named `%s`", n->text);
			return;
		}
	struct value *v = as_tensor(e, evaluate(e, n->kid[0], s));
	if (!v) return;
	if (v->body->condition) {
		struct diagnostic *m = problem(e, "condition", n->kid[0]->span, "a condition", "a metric is a number");
		diag_help(e->d, m, "count how often it holds: `metric %s = if %s then 1 else 0`", n->text, span_text(e->arena, n->kid[0]->span));
		diag_edit(e->d, m, n->kid[0]->span, "if %s then 1 else 0", span_text(e->arena, n->kid[0]->span));
		return;
	}
	if (v->n) v = reduce_all(e, MEAN, v, n->span);
	PUSH(e->arena, &e->p->metrics, per_sample(e, v, n->text, n->span));
	if (e->training && !e->quiet && n->kid[0]->kind == NODE_CALL && n->kid[0]->kid[1]->n == 2) note_no_target(e, n->kid[0], s, e->p->metrics.at[e->p->metrics.n - 1]);
	PUSH(e->arena, &e->p->metric_names, n->text);
}

/* the terms of the loss that belong to a sample; penalties on weights are left to training */
static struct expr *
without_penalties(struct elaborator *e, struct expr *body)
{
	struct expr *sum = number(e->p, 0);
	bool any = false;
	for (int i = 0; i < (body->op == OP_ADD ? body->n : 1); i++) {
		struct expr *term = body->op == OP_ADD ? body->kid[i] : body;
		if (!mentions(term, e->batch)) continue;
		sum = add(e->p, sum, term);
		any = true;
	}
	return any ? sum : body;
}

/* a loss of scores and a class that takes them one by one */
static bool
loss_for_class(struct elaborator *e, struct diagnostic *m, struct node *loss, struct scope *s)
{
	if (loss->kind != NODE_CALL || loss->kid[0]->kind != NODE_NAME || loss->kid[1]->n != 2) return false;
	e->quiet++;
	struct value *scores = evaluate(e, loss->kid[1]->kid[0], s), *class = evaluate(e, loss->kid[1]->kid[1], s);
	e->quiet--;
	bool target = class->kind == VALUE_TENSOR && class->n == 0 && class->body->op == OP_READ && class->body->tensor->role == ROLE_TARGET && class->body->tensor->integer;
	return target && scores->kind == VALUE_TENSOR && help_class_loss(e, m, scores, class, loss->kid[0]->span);
}

static void
run_loss(struct elaborator *e, struct node *n, struct scope *s)
{
	if (!belongs_to_model(e, n)) return;
	struct value *v = as_tensor(e, evaluate(e, n->kid[0], s));
	if (!v) return;
	if (e->training) {
		e->model->loss_text = n->kid[0];
		e->model->loss_span = n->span;
		e->model->scope = s;
		e->model->globals = e->globals;
		e->model->batch = e->batch;
	}
	if (v->n && one_class_for_many(e, v)) return;
	if (v->n == 1 && v->axis[0]->size == 1) {
		struct expr *zero = number(e->p, 0);
		v = value_tensor(e, 0, NULL, value_at(e, v, &zero), v->span);
	}
	if (v->n) {
		struct diagnostic *m = problem(e, "loss-shape", n->kid[0]->span, shape_text(e, v), "the loss must be a single number");
		if (m && loss_for_class(e, m, n->kid[0], s)) return;
		if (m && v->n == 1) diag_note(e->d, m, "one value for each of the %ld positions", v->axis[0]->size);
		diag_help(e->d, m, "average them: `loss = mean(%s)`", span_text(e->arena, n->kid[0]->span));
		diag_edit(e->d, m, n->kid[0]->span, "mean(%s)", span_text(e->arena, n->kid[0]->span));
		return;
	}
	e->loss = e->loss ? add(e->p, e->loss, v->body) : v->body;
	struct expr *body = e->training ? e->loss : without_penalties(e, e->loss);
	if (e->p->loss) { /* several losses add up */
		equation_of(e->p, e->p->loss)->body = body;
		return;
	}
	struct tensor *t = tensor_new(e->p, "loss", ROLE_VALUE, 1, (long[]){0});
	t->batch = true;
	t->span = n->kid[0]->span;
	equation_new(e->p, t, 1, &e->batch, MAP, 0, NULL, body, n->span);
	e->p->loss = t;
}

/* ---- the rest ------------------------------------------------------------------------------------------------------------------------------------------ */

static void
run_let(struct elaborator *e, struct node *n, struct scope *s)
{
	struct value *v = evaluate_argument(e, n->kid[0], s);
	if (v->kind == VALUE_TENSOR) {
		struct diagnostic *m = problem(e, "let", n->kid[0]->span, shape_text(e, v), "`let` is for numbers, lists and functions known at compile time");
		diag_help(e->d, m, "a value of the network has its name only: `%s = ...`", n->text);
		diag_edit(e->d, m, (struct span){n->span.file, n->span.begin, n->name.begin}, "%s", "");
	}
	rebind(e, s, n->text, v);
}

/* layer enc = x -> Dense(8): its input is given where it is used */
static void
report_no_layer(struct elaborator *e, const struct node *n, const struct value *found)
{
	const struct node *expr = n->kid[0], *first = expr;
	struct diagnostic *m = problem(e, "layer", expr->span, shape_text(e, found), "`layer %s = ...` names a layer", n->text);
	int stages = 0;
	for (; first->kind == NODE_PIPE; first = first->kid[0]) stages++;
	if (!m || !stages || first->kind != NODE_NAME) return;
	const char *rest = span_text(e->arena, (struct span){expr->span.file, first->span.end, expr->span.end});
	if (stages == 1) {
		const char *arrow = strstr(rest, "->"), *layer = arrow ? arrow + 2 + strspn(arrow + 2, " ") : rest;
		diag_help(e->d, m, "the input comes where it is used, `%s -> %s`: write `layer %s = %s`", first->text, n->text, n->text, layer);
		diag_edit(e->d, m, expr->span, "%s", layer);
	} else {
		char *name = arena_print(e->arena, "%s", n->text);
		name[0] = (char)toupper((unsigned char)name[0]);
		diag_help(e->d, m, "a chain is a layer of its own, above the model: `layer %s(%s) = %s`; then `layer %s = %s`, and `%s -> %s`", name, first->text,
			  span_text(e->arena, expr->span), n->text, name, first->text, n->text);
	}
}

static void
run_instance(struct elaborator *e, struct node *n, struct scope *s)
{
	struct node *expr = n->kid[0];
	struct node *call_ = expr->kind == NODE_CALL ? expr : NULL;
	struct value *callee = evaluate(e, call_ ? call_->kid[0] : expr, s);
	scope_bind(e, s, n->text, value_error(e));
	if (callee->kind == VALUE_ERROR) return;
	if (callee->kind != VALUE_DEFINITION || callee->definition->kind != NODE_LAYER) {
		report_no_layer(e, n, callee);
		return;
	}
	struct instance *i = NEW(e->arena, struct instance);
	struct node *empty = NEW(e->arena, struct node);
	*empty = (struct node){.kind = NODE_LIST, .span = expr->span};
	struct node *plain = NEW(e->arena, struct node);
	*plain = (struct node){.kind = NODE_CALL, .span = expr->span, .n = 2, .kid = NEW_ARRAY(e->arena, 2, struct node *)};
	plain->kid[0] = expr;
	plain->kid[1] = empty;
	*i = (struct instance){.name = n->text, .callee = callee, .call = call_ ? call_ : plain, .scope = s, .frozen = e->frozen || n->kid[1], .place = draw_path(e, "")};
	i->again = e->instance && (e->instance->used || e->instance->again);
	i->path_count = e->path.n;
	i->path = NEW_ARRAY(e->arena, e->path.n + 1, const char *);
	if (e->path.n) memcpy(i->path, e->path.at, (size_t)e->path.n * sizeof *i->path);
	struct value *v = value_error(e);
	v->kind = VALUE_INSTANCE;
	v->span = n->span;
	v->instance = i;
	scope_bind(e, s, n->text, v);
}

enum { MOST_COPIES = 100000 };

static struct value *
run_repeat(struct elaborator *e, struct node *n, struct scope *s)
{
	long low = 1, high;
	struct node *count = n->kid[0];
	if (count->kind == NODE_RANGE) {
		if (!whole_number(e, evaluate(e, count->kid[0], s), count->kid[0]->span, "the end of a range", &low) ||
		    !whole_number(e, evaluate(e, count->kid[1], s), count->kid[1]->span, "the end of a range", &high))
			return NULL;
	} else if (!whole_number(e, evaluate(e, count, s), count->span, "a number of copies", &high)) {
		return NULL;
	}
	if (high - low >= MOST_COPIES) {
		problem(e, "size", count->span, arena_print(e->arena, "%ld copies", high - low + 1), "a `repeat` makes at most %d copies", MOST_COPIES);
		return NULL;
	}
	int errors = e->d->errors;
	for (long i = low; i <= high && e->d->errors == errors && !too_much_work(e, n->span); i++) {
		struct scope *inner = scope_new(e, s);
		inner->repeat = true;
		if (n->text) scope_bind(e, inner, n->text, value_number(e, (double)i, n->name));
		struct value *v = run_block(e, n->kid[1], inner);
		if (v->kind != VALUE_ERROR) {
			problem(e, "return", n->span, "", "`return` cannot stand inside `repeat`");
			return NULL;
		}
	}
	return NULL;
}

static struct value *
run_return(struct elaborator *e, struct node *n, struct scope *s)
{
	struct node *list = n->kid[0];
	if (!e->frame && e->model && !s->repeat) {
		struct diagnostic *m = problem(e, "place", n->span, "", "`return` belongs into a function or layer");
		diag_help(e->d, m, "a model names what `predict` gives: `output %s`", list->kid[0]->kind == NODE_NAME ? list->kid[0]->text : "y = ...");
		if (list->kid[0]->kind == NODE_NAME && list->n == 1) diag_edit(e->d, m, n->span, "output %s", list->kid[0]->text);
		return value_error(e);
	}
	if (list->n == 1) return evaluate(e, list->kid[0], s);
	struct value *v = value_error(e);
	v->kind = VALUE_SEVERAL;
	v->n = list->n;
	v->item = NEW_ARRAY(e->arena, list->n, struct value *);
	for (int i = 0; i < list->n; i++) v->item[i] = evaluate(e, list->kid[i], s);
	return v;
}

static struct value *
run_statement(struct elaborator *e, struct node *n, struct scope *s)
{
	switch (n->kind) {
	case NODE_LET: run_let(e, n, s); break;
	case NODE_INPUT: case NODE_TARGET: run_input(e, n, s); break;
	case NODE_PARAM: run_param(e, n, s); break;
	case NODE_STATE: run_state(e, n, s); break;
	case NODE_INSTANCE: run_instance(e, n, s); break;
	case NODE_DEFINE: run_define(e, n, s); break;
	case NODE_INDEXED: run_indexed(e, n, s); break;
	case NODE_ASSIGN: run_assign(e, n, s); break;
	case NODE_OUTPUT: run_output(e, n, s); break;
	case NODE_METRIC: run_metric(e, n, s); break;
	case NODE_LOSS: run_loss(e, n, s); break;
	case NODE_REPEAT: return run_repeat(e, n, s);
	case NODE_RETURN: return run_return(e, n, s);
	case NODE_REQUIRE: return run_require(e, n, s);
	default: problem(e, "syntax", n->span, "", "this cannot stand here");
	}
	return NULL;
}

/* runs the statements; the value of `return`, or an error value when there is none */
struct value *
run_block(struct elaborator *e, struct node *block, struct scope *s)
{
	struct node *outer_block = e->block;
	int outer_position = e->position, unknown = e->frame ? e->unknown.n : 0;
	for (int i = 0; i < block->n; i++) {
		struct node *outer = e->statement;
		struct span answered = e->answered;
		int accesses = e->accesses.n;
		e->statement = block->kid[i];
		e->answered = (struct span){0};
		e->block = block;
		e->position = i;
		e->unknown.n = unknown; /* of a statement: those of the one that calls this definition stay */
		struct value *v = run_statement(e, block->kid[i], s);
		prove_accesses(e, accesses);
		e->statement = outer;
		e->answered = answered;
		e->block = outer_block;
		e->position = outer_position;
		if (v) return v;
	}
	return value_error(e);
}
