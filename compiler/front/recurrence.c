/* recurrence.c - equations over time that read their own earlier steps.
 *
 *     h[-1] = zeros(n)                       the start: as many as steps are looked back
 *     h[t] = tanh(W @ x[t] + U @ h[t-1])     the step
 *
 * There is no node for it: a read h[t-1] becomes `if t >= 1 then h[t-1] else start`, and the equations form a cycle.  How far t runs is known
 * before the first statement that reads h is evaluated: the definitions of h, and of what that reads, are walked for it. */
#include "front/elaborate.h"
#include <string.h>

enum { MOST_STARTS = 8 };

struct recurrence {
	const char *name;
	struct node *definition;  /* the statement `h[t] = ..` */
	int from, to;             /* the statements of its block between the first start and the definition */
	struct node *block;
	struct value *start[MOST_STARTS]; /* start[k] is h[-1-k] */
	int starts;
	struct span span;         /* of the first start */
	struct tensor *tensor;    /* NULL: its time is not known yet */
	long steps;
	int lead;                 /* the indices in front of time: samples, mapped axes */
	struct index *leads[MAX_RANK];
	bool defined;
};

long
recurrence_steps(const struct recurrence *r)
{
	return r->tensor ? r->steps : 0;
}

const struct value *
recurrence_start(const struct recurrence *r)
{
	return r->start[0];
}

/* ---- starts ------------------------------------------------------------------------------------------------------------------------------- */

/* -1, -2 .. as the first subscript of a left side; 0: it is something else */
static int
start_lag(const struct node *indexed)
{
	const struct node *first = indexed->kid[1]->kid[0];
	if (first->kind != NODE_NEGATE || first->kid[0]->kind != NODE_NUMBER) return 0;
	const char *text = first->kid[0]->text;
	return strlen(text) == 1 && text[0] >= '1' && text[0] <= '0' + MOST_STARTS ? text[0] - '0' : 0;
}

bool
is_start(const struct node *indexed)
{
	return indexed->kid[1]->kid[0]->kind == NODE_NEGATE;
}

static const char *
indexed_name(const struct node *n)
{
	return n->kind == NODE_INDEXED && n->kid[0]->kind == NODE_NAME ? n->kid[0]->text : "";
}

static struct recurrence *
recurrence_new(struct elaborator *e, struct node *n, const char *name)
{
	struct recurrence *r = NEW(e->arena, struct recurrence);
	*r = (struct recurrence){.name = name, .block = e->block, .from = e->position, .span = n->span, .lead = e->context.n};
	for (int i = 0; i < r->lead && i < MAX_RANK; i++) r->leads[i] = e->context.at[i];
	for (int i = e->position + 1; i < e->block->n; i++) {
		struct node *s = e->block->kid[i];
		if (strcmp(indexed_name(s), name) || is_start(s)) continue;
		r->definition = s;
		r->to = i;
		return r;
	}
	struct diagnostic *m = problem(e, "recurrence-step", n->kid[0]->span, "the start is here", "the recurrence for `%s` has a start, but no step", name);
	diag_help(e->d, m, "say how each step follows, for example `%s[t] = ... %s[t-1] ...`", name, name);
	return NULL;
}

/* `h[-1] = value`, or `h[-1,j] = value` */
void
run_start(struct elaborator *e, struct node *n, struct scope *s, const char *name)
{
	int lag = start_lag(n), context = e->context.n;
	struct index *axes[MAX_RANK];
	struct value *old = own_value(s, name);
	struct recurrence *r = old && old->kind == VALUE_RECURRENCE ? old->recurrence : NULL;
	if (!lag) {
		problem(e, "left-side", n->kid[1]->kid[0]->span, "", "a start is one of `%s[-1]` .. `%s[-%d]`", name, name, MOST_STARTS);
		scope_bind(e, s, name, value_error(e));
		return;
	}
	struct scope *inner = scope_new(e, s);
	struct node rest = *n->kid[1];
	rest.n--;
	rest.kid++;
	int count = left_side(e, &rest, s, inner, axes);
	struct value *v = count < 0 || (count && !infer_ranges(e, n->kid[2], inner)) ? NULL : as_tensor(e, evaluate(e, n->kid[2], inner));
	e->context.n = context;
	for (int i = 0; v && i < count; i++)
		if (!require_range(e, axes[i], rest.kid[i]->span)) v = NULL;
	if (v && !r) r = recurrence_new(e, n, name);
	if (!v || !r || v->n + count > MAX_RANK - 2) {
		scope_bind(e, s, name, value_error(e));
		return;
	}
	for (int i = 0; i < v->n; i++) axes[count + i] = v->axis[i];
	v = materialise(e, value_tensor(e, count + v->n, axes, v->body, n->span), arena_print(e->arena, "%s_start", name), false, n->span);
	r->start[lag - 1] = v;
	if (lag > r->starts) r->starts = lag;
	struct value *bound = value_new(e, VALUE_RECURRENCE, n->kid[0]->span);
	bound->recurrence = r;
	scope_bind(e, s, name, bound);
}

/* ---- time ----------------------------------------------------------------------------------------------------------------------------------- */

static bool
mentions_name(const struct node *n, const char *name)
{
	if (!n) return false;
	if (n->kind == NODE_NAME && !strcmp(n->text, name)) return true;
	for (int i = 0; i < n->n; i++)
		if (mentions_name(n->kid[i], name)) return true;
	return false;
}

/* The definition, and the statements that it leads to: those with the same index of time between the start and the definition. */
static int
connected_statements(const struct recurrence *r, const char *time, struct node **out)
{
	int n = 0;
	out[n++] = r->definition;
	for (int k = 0; k < n; k++)
		for (int i = r->from; i < r->to; i++) {
			struct node *s = r->block->kid[i];
			bool fits = *indexed_name(s) && !is_start(s) && mentions_name(out[k]->kid[2], indexed_name(s)), has_time = false;
			for (int x = 0; fits && x < s->kid[1]->n; x++) has_time |= s->kid[1]->kid[x]->text && !strcmp(s->kid[1]->kid[x]->text, time);
			for (int x = 0; x < n; x++) fits &= out[x] != s;
			if (fits && has_time) out[n++] = s;
		}
	return n;
}

static bool
same_starts(struct elaborator *e, struct recurrence *r)
{
	for (int k = 0; k < r->starts; k++) {
		if (!r->start[k]) {
			problem(e, "recurrence-start", r->span, arena_print(e->arena, "`%s[-%d]` is missing", r->name, k + 1), "the recurrence for `%s` has a gap among its starts", r->name);
			return false;
		}
		bool same = r->start[k]->n == r->start[0]->n;
		for (int i = 0; same && i < r->start[k]->n; i++) same = r->start[k]->axis[i]->size == r->start[0]->axis[i]->size;
		if (same) continue;
		struct diagnostic *m = problem(e, "shape", r->start[k]->span, shape_text(e, r->start[k]), "the starts of `%s` need equal shapes", r->name);
		diag_label(e->d, m, r->start[0]->span, "%s", shape_text(e, r->start[0]));
		return false;
	}
	return true;
}

/* the tensor of all steps, once something says how many there are */
static bool
make_ready(struct elaborator *e, struct recurrence *r, struct scope *s)
{
	if (r->tensor) return true;
	struct node *time = r->definition->kid[1]->kid[0], **statement = NEW_ARRAY(e->arena, r->to - r->from + 1, struct node *);
	if (!same_starts(e, r)) return false;
	if (!time->text) {
		problem(e, "left-side", time->span, "", "the first index of a recurrence is its time");
		return false;
	}
	int n = connected_statements(r, time->text, statement);
	r->steps = infer_time(e, n, statement, time->text, s);
	if (r->steps <= 0) {
		struct diagnostic *m = problem(e, "index-range", time->span, "", "nothing says how far `%s` runs", time->text);
		diag_help(e->d, m, "say its range: `%s[%s in 0..9] = ...`", r->name, time->text);
		note_frames(e, m);
		return false;
	}
	const struct value *start = r->start[0];
	long shape[MAX_RANK];
	if (r->lead + 1 + start->n > MAX_RANK) {
		problem(e, "rank", r->span, "", "a tensor may have at most %d axes, the batch among them", MAX_RANK);
		return false;
	}
	for (int i = 0; i < r->lead; i++) shape[i] = r->leads[i]->size;
	shape[r->lead] = r->steps;
	for (int i = 0; i < start->n; i++) shape[r->lead + 1 + i] = start->axis[i]->size;
	r->tensor = tensor_new(e->p, path_name(e, r->name), ROLE_VALUE, r->lead + 1 + start->n, shape);
	r->tensor->batch = r->lead && r->leads[0]->batch;
	r->tensor->span = r->definition->span;
	return true;
}

/* ---- reads ------------------------------------------------------------------------------------------------------------------------------------- */

/* t - k with k >= least: the k; -1 else */
static long
steps_back(struct program *p, struct expr *at, long steps, long least)
{
	struct affine *a = affine_of(p, at);
	bool is_step = a->n == 1 && a->term[0].coefficient == 1 && a->term[0].atom->op == OP_INDEX && a->term[0].atom->index->size == steps;
	return is_step && -a->constant >= least ? -a->constant : -1;
}

/* does the subscript pick a step that goes on into the starts: h[t-1] of a recurrence that is computed?  What else there is reads the tensor of all steps */
bool
recurrence_continues(struct elaborator *e, const struct recurrence *r, struct expr *at)
{
	bool open = at->op == OP_INDEX && at->index->size == 0 && !at->index->batch;
	return !r->defined || open || (at->op != OP_NUMBER && steps_back(e->p, at, r->steps, 0) >= 0);
}

/* h at the step `at`: a value over the axes of one step; NULL after a message */
struct value *
recurrence_at(struct elaborator *e, struct recurrence *r, struct scope *s, struct expr *at, struct node *n)
{
	struct program *p = e->p;
	if (!make_ready(e, r, s)) return NULL;
	if (at->op == OP_INDEX && at->index->size == 0 && !at->index->batch) at->index->size = r->steps;
	long back = steps_back(p, at, r->steps, r->defined ? 0 : 1);
	const char *text = span_text(e->arena, n->span);
	if (back < 0) {
		struct diagnostic *m = problem(e, "recurrence-order", n->span, r->defined ? "" : "not computed yet", "`%s` is not an earlier step of `%s`", text, r->name);
		const struct node *below = r->definition;
		if (below && below->span.file == n->span.file && below->span.begin > n->span.end && !r->defined && steps_back(p, at, r->steps, 0) == 0) {
			diag_label(e->d, m, below->span, "computed here");
			diag_help(e->d, m, "of one step, what is read comes first: move this line below that of `%s`", r->name);
			note_frames(e, m);
			return NULL;
		}
		const char *step = r->definition && r->definition->kid[1]->n && r->definition->kid[1]->kid[0]->text ? r->definition->kid[1]->kid[0]->text : "t";
		diag_help(e->d, m, "a recurrence reads steps before its own: `%s[%s-1]`", r->name, step);
		if (n->kid[1]->n == 1) diag_edit(e->d, m, n->span, "%s[%s-1]", r->name, step);
		note_frames(e, m);
		return NULL;
	}
	if (back > r->starts) {
		struct diagnostic *m = problem(e, "recurrence-start", n->span, arena_print(e->arena, "needs `%s[-%ld]` when %s = 0", r->name, back, r->definition->kid[1]->kid[0]->text),
					       "the recurrence for `%s` has too few start values", r->name);
		diag_help(e->d, m, "give the value before, for example `%s[-%ld] = zeros(n)`", r->name, back);
		note_frames(e, m);
		return NULL;
	}
	const struct value *start = r->start[0];
	struct index *axes[MAX_RANK];
	struct expr *subscript[MAX_RANK];
	new_axes(e, start->n, start->axis, axes);
	for (int i = 0; i < r->lead; i++) subscript[i] = index_of(p, r->leads[i]);
	subscript[r->lead] = at;
	for (int i = 0; i < start->n; i++) subscript[r->lead + 1 + i] = index_of(p, axes[i]);
	struct expr *value = NULL;
	for (int k = (int)back; k >= 1; k--) { /* the earliest start is what remains */
		struct expr *x = value_at(e, r->start[k - 1], subscript + r->lead + 1);
		value = value ? choose(p, at_least_0(p, add(p, at, number(p, k))), x, value) : x;
	}
	struct expr *step = read_of(p, r->tensor, r->tensor->rank, subscript);
	value = value ? choose(p, at_least_0(p, at), step, value) : step;
	return value_tensor(e, start->n, axes, value, n->span);
}

/* ---- the step ----------------------------------------------------------------------------------------------------------------------------------- */

/* `h[t, ..] = v`: the equation of the recurrence, over the indices of its left side */
struct value *
define_recurrence(struct elaborator *e, struct recurrence *r, int count, struct index *const indices[], struct value *v, struct node *n)
{
	struct program *p = e->p;
	const struct value *start = r->start[0];
	int rank = count - 1 + v->n;
	struct index *lhs[2 * MAX_RANK];
	bool same = rank == start->n;
	for (int i = 0; i < r->lead; i++) lhs[i] = r->leads[i];
	for (int i = 0; i < count; i++) lhs[r->lead + i] = indices[i];
	for (int i = 0; i < v->n; i++) lhs[r->lead + count + i] = v->axis[i];
	for (int i = 0; same && i < rank; i++) same = lhs[r->lead + 1 + i]->size == start->axis[i]->size;
	if (!same) {
		long shape[2 * MAX_RANK];
		for (int i = 0; i < rank; i++) shape[i] = lhs[r->lead + 1 + i]->size;
		struct diagnostic *m = problem(e, "shape", n->kid[2]->span, dims_text(e->arena, rank, shape), "a step of `%s` needs the shape of its start", r->name);
		diag_label(e->d, m, start->span, "%s", shape_text(e, start));
		note_frames(e, m);
		return NULL;
	}
	if (indices[0]->size != r->steps) {
		problem(e, "index-range", n->kid[1]->kid[0]->span, arena_print(e->arena, "%ld here", indices[0]->size), "`%s` runs over %ld steps", r->name, r->steps);
		return NULL;
	}
	struct expr *body = place_draws(e, v->body, r->tensor->rank, lhs, r->name);
	define_existing(p, equation_new(p, r->tensor, r->tensor->rank, lhs, MAP, 0, NULL, body, n->span));
	r->defined = true;
	if (!order_equations(p)) {
		struct diagnostic *m = problem(e, "recurrence-order", n->span, "", "the steps of `%s` read each other in a circle", r->name);
		diag_help(e->d, m, "a recurrence reads steps before its own: `%s[%s-1]`", r->name, n->kid[1]->kid[0]->text);
		note_frames(e, m);
		return NULL;
	}
	struct value *w = value_of_tensor(e, r->tensor, r->lead, r->leads, n->kid[0]->span);
	w->recurrence = r;
	return w;
}

/* the recurrence that a statement steps, ready; NULL: none.  *fine is false after a message. */
struct recurrence *
recurrence_stepped(struct elaborator *e, struct scope *s, const char *name, bool *fine)
{
	struct value *v = own_value(s, name);
	if (!v || v->kind != VALUE_RECURRENCE) return NULL;
	*fine = make_ready(e, v->recurrence, s);
	return v->recurrence;
}
