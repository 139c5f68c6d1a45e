/* oversight.c - legal and surely not meant: windows that leave out an edge, parameters that start too large or all alike, an optimizer whose step
 * goes nowhere.  All of it is read off the equations: no function, layer or optimizer is known by name. */
#include "driver/oversight.h"
#include "core/interpret.h"
#include "front/repair.h"
#include <math.h>
#include <string.h>

/* ---- windows ------------------------------------------------------------------------------------------------------------------------------ */

struct window {
	long size, extent, stride, dropped;
};

static bool
is_bound(const struct equation *q, const struct index *i)
{
	for (int k = 0; k < q->bound_count; k++)
		if (q->bound[k] == i) return true;
	return false;
}

/* s*i + u with 0 <= u < extent along an axis of `size`: windows side by side or overlapping that end before the axis does */
static bool
leaves_edge(struct program *p, const struct equation *q, struct expr *subscript, long size, struct window *w)
{
	struct affine *a = affine_of(p, subscript);
	struct interval reach = interval_of(subscript);
	*w = (struct window){.size = size};
	if (a->n != 2 || !reach.known || reach.high >= size - 1 || reach.low > 0) return false;
	for (int k = 0; k < 2; k++) {
		if (a->term[k].atom->op != OP_INDEX) return false;
		const struct index *i = a->term[k].atom->index;
		if (is_bound(q, i) && a->term[k].coefficient == 1) w->extent = i->size;
		else if (!is_bound(q, i)) w->stride = a->term[k].coefficient;
	}
	w->dropped = size - 1 - reach.high;
	return w->extent >= w->stride && w->stride > 1;
}

/* pooling: a maximum, minimum or mean over windows of one tensor */
static void
check_windows(struct diagnostics *d, struct program *p)
{
	for (int i = 0; i < p->equations.n; i++) {
		const struct equation *q = p->equations.at[i];
		int n;
		if (q->reduction != MAX && q->reduction != MIN && q->reduction != MEAN) continue;
		struct expr **reads = expr_reads(p, q->body, &n);
		struct window w;
		for (int k = 0; n == 1 && k < reads[0]->n; k++) {
			const struct expr *r = reads[0];
			if (!leaves_edge(p, q, r->kid[k], r->tensor->shape[k], &w)) continue;
			struct diagnostic *m = diag_warning(d, "edge", q->span, arena_print(d->arena, "the last %s of %ld in no window", w.dropped == 1 ? "one" : arena_print(d->arena, "%ld", w.dropped), w.size),
							    "these windows leave out an edge of what they pool");
			diag_note(d, m, "windows of %ld, every %ld: they cover %ld of %ld", w.extent, w.stride, w.size - w.dropped, w.size);
			diag_help(d, m, "with `padding=same` all of it counts; windows of %ld fit %ld and %ld", w.extent, w.size - w.dropped, w.size - w.dropped + w.stride);
			break;
		}
	}
}

/* ---- starting values ------------------------------------------------------------------------------------------------------------------------ */

/* the deviation of a drawn start; 0: all alike; -1: it follows from the shape */
static double
spread(const struct start *s)
{
	if (!s->word) return 0;
	if (!strcmp(s->word, "normal")) return s->argument[1];
	if (!strcmp(s->word, "uniform")) return (s->argument[1] - s->argument[0]) / sqrt(12);
	return -1;
}

static bool
is_matrix(const struct tensor *t)
{
	return t->role == ROLE_PARAM && t->rank >= 2 && t->shape[0] > 1;
}

static void
check_starts(struct diagnostics *d, const struct program *p)
{
	for (int i = 0; i < p->tensors.n; i++) {
		const struct tensor *t = p->tensors.at[i];
		double fan = 1, s = spread(&t->start);
		if (!is_matrix(t) || !t->start.word) continue;
		for (int k = 1; k < t->rank; k++) fan *= (double)t->shape[k];
		if (s == 0) {
			struct diagnostic *m = diag_warning(d, "start", t->span, "drawn, but all alike", "`%s` starts with equal numbers", t->name);
			diag_help(d, m, "give `%s` two different numbers, or write `= %.6g`", t->start.word, t->start.argument[0]);
		} else if (s > 5 && s * sqrt(fan) > 50) {
			struct diagnostic *m = diag_warning(d, "start", t->span, arena_print(d->arena, "a deviation of %.3g", s), "`%s` starts far too large", t->name);
			diag_note(d, m, "a sum of %.0f products with it has a deviation of about %.0f", fan, s * sqrt(fan));
			diag_help(d, m, "use `glorot_uniform` or `he_normal`, or a deviation near %.2g", 1 / sqrt(fan));
		}
	}
}

/* per tensor, in the order of equations: it depends on a matrix that starts with equal numbers */
static bool
alike_in_chain(struct program *p, const struct tensor **first, const struct tensor **second)
{
	const struct tensor **from = NEW_ARRAY(p->arena, p->tensors.n + 1, const struct tensor *);
	for (int i = 0; i < p->equations.n; i++) {
		const struct equation *q = p->equations.at[i];
		int n;
		struct expr **reads = expr_reads(p, q->body, &n);
		const struct tensor *matrix = NULL, *before = NULL;
		for (int k = 0; k < n; k++) {
			if (reads[k]->tensor->role == ROLE_PARAM && reads[k]->tensor->rank >= 2) matrix = reads[k]->tensor; /* also one of a single row behind it */
			if (from[reads[k]->tensor->id]) before = from[reads[k]->tensor->id];
		}
		if (matrix && before && matrix != before && q->reduction == SUM && q->body->op == OP_MUL) {
			*first = before;
			*second = matrix;
			return true;
		}
		from[q->tensor->id] = before ? before : matrix && is_matrix(matrix) && q->reduction == SUM ? matrix : NULL;
	}
	return false;
}

/* layers behind each other whose matrices all start with equal numbers: the units of the first get equal gradients for ever */
static void
check_alike(struct diagnostics *d, struct program *p)
{
	const struct tensor *first, *second;
	for (int i = 0; i < p->tensors.n; i++) {
		const struct tensor *t = p->tensors.at[i];
		if ((t->role == ROLE_PARAM || t->role == ROLE_FROZEN) && t->start.word && spread(&t->start) != 0) return;
		if (t->role == ROLE_RANDOM) return; /* what is drawn tells them apart, too */
	}
	if (!order_equations(p) || !alike_in_chain(p, &first, &second)) return;
	struct diagnostic *m = diag_warning(d, "start", first->span, "all elements alike", "nothing tells the rows of `%s` apart", first->name);
	diag_label(d, m, second->span, "all elements alike, too");
	diag_note(d, m, "equal rows get equal gradients: they stay equal, as if there were only one");
	diag_help(d, m, "let one of them start at random: `~ glorot_uniform` instead of `= %.6g`", first->start.argument[0]);
}

/* ---- optimizers ------------------------------------------------------------------------------------------------------------------------------ */

enum { TRIED = 10 }; /* steps */

/* how far down a weight at 1 gets in some steps under a gradient of 1; not finite: nowhere, or it cannot be computed here */
static double
way(const struct optimizer *o)
{
	struct program *p = o->program;
	struct world *w = world_new(p, arithmetic_of(true, true), 1);
	if (o->method || !order_equations(p)) return NAN;
	for (int i = 0; i < p->tensors.n; i++) {
		const struct tensor *t = p->tensors.at[i];
		double *v = world_tensor(w, t);
		if (t->role == ROLE_STATE) *v = t->start.argument[0];
	}
	world_tensor(w, o->weight)[0] = world_tensor(w, o->gradient)[0] = 1;
	world_tensor(w, o->steps)[0] = 1000;
	for (int i = 0; i < o->settings.n; i++)
		if (o->settings.at[i].tensor) world_tensor(w, o->settings.at[i].tensor)[0] = o->settings.at[i].value;
	for (int s = 1; s <= TRIED; s++) {
		world_tensor(w, o->step)[0] = s;
		interpret(w);
		for (int i = 0; i < p->updates.n; i++) world_tensor(w, p->updates.at[i].old)[0] = world_tensor(w, p->updates.at[i].new)[0];
	}
	return 1 - world_tensor(w, o->weight)[0];
}

/* an optimizer as it is written goes up, whatever its options: a sign is wrong in it */
static void
check_direction(struct diagnostics *d, const struct optimizer *o)
{
	if (o->method || (o->span.file && o->span.file->library) || way(o) >= 0 || !isfinite(way(o))) return;
	struct diagnostic *e = diag_warning(d, "step-size", o->span, "", "this `%s` goes up the gradient: the loss grows", o->name);
	diag_note(d, e, "with a gradient of 1, %d steps move a weight by %+.3g", TRIED, -way(o));
	diag_help(d, e, "the step goes against the gradient: for example `w = w - lr * grad`");
}

/* Each optimizer is tried on one weight with a gradient of 1, and so is the one with its usual options. */
static void
check_optimizers(struct diagnostics *d, const struct model *m)
{
	for (int i = 0; i < m->training.optimizers.n; i++) {
		const struct optimizer *o = m->training.optimizers.at[i];
		double usual = o->usual && !o->method ? way(o->usual) : NAN;
		if (!o->usual || usual < 0) check_direction(d, o);
		if (!isfinite(usual) || usual <= 0) continue;
		double down = way(o);
		struct diagnostic *e = NULL;
		if (!isfinite(down)) e = diag_warning(d, "step-size", o->call, "", "a weight is no finite number after %d steps of this `%s`", TRIED, o->name);
		else if (down < 0) e = diag_warning(d, "step-size", o->call, "", "this `%s` goes up the gradient: the loss grows", o->name);
		else if (down == 0) e = diag_warning(d, "step-size", o->call, "", "this `%s` never moves a weight", o->name);
		else if (down / usual > 500) e = diag_warning(d, "step-size", o->call, "", "the steps of this `%s` are %.0f times as long as usual", o->name, down / usual);
		if (isfinite(down) && down) diag_note(d, e, "with a gradient of 1, %d steps move a weight by %.3g; with the usual options by %.3g", TRIED, -down, -usual);
		diag_help(d, e, "the usual options are `%s(%s)`", o->name, o->usual_text);
	}
}

void
check_oversights(struct unit *unit, const struct model *m)
{
	struct diagnostics *d = &unit->diagnostics;
	check_windows(d, m->train);
	check_starts(d, m->train);
	check_alike(d, m->train);
	check_optimizers(d, m);
	for (int i = 0; i < m->mapped.n; i++) {
		const struct mapped_layer *l = &m->mapped.at[i];
		struct diagnostic *e = diag_warning(d, "mapped", l->span, l->text, "this layer works on the rows of an image, one by one");
		diag_note(d, e, "it looks at the last axis only, and is repeated over the others with the same weights");
		if (!l->flatten) continue;
		diag_help(d, e, "to use the whole image, put `-> %s` in front", l->flatten);
		if (is_stage(l->span)) diag_edit(d, e, (struct span){l->span.file, l->span.begin, l->span.begin}, "%s -> ", l->flatten);
	}
}
