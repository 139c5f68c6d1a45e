/* lanes.c - the kernels that are no contractions.
 *
 * LANES    maps and reductions of samples, a vector of samples at a time
 * ROWS     a panel as rows
 * FOLD     sums over samples by 16 running sums
 * SCATTER  sums over samples whose terms go where a look-up says
 * PLAIN    one number at a time */
#include "emit/emit.h"
#include <stdlib.h>
#include <string.h>

/* ---- LANES ----------------------------------------------------------------------------------------------------------------------------------------- */

static const char *
start_text(enum reduction r)
{
	return r == PROD ? "1" : r == MAX || r == ARGMAX ? "-NN_INFINITY" : r == MIN || r == ARGMIN ? "NN_INFINITY" : "0";
}

/* what a vector of samples needs, and a single sample does not */
static const char *
in_all(struct writer *w, const char *function, const char *x)
{
	return w->lanes == NO_LANES ? x : arena_print(w->e->arena, "%s(%s)", function, x);
}

static const char *
chosen(struct writer *w, const char *function, const char *condition, const char *yes, const char *no)
{
	if (w->lanes == NO_LANES) return arena_print(w->e->arena, "%s ? %s : %s", condition, yes, no);
	return arena_print(w->e->arena, "%s(%s, %s, %s)", function, condition, yes, no);
}

/* a condition on indices in front of a sum's term: where it does not hold, nothing is added */
static struct expr *
index_guard(const struct equation *q)
{
	bool sum = q->reduction == SUM || q->reduction == MEAN;
	return sum && q->body->op == OP_IF && is_number(q->body->kid[2], 0) && !q->body->kid[0]->has_read ? q->body->kid[0] : NULL;
}

/* the equation without that condition */
static struct equation
unguarded(const struct equation *q, const struct expr *guard)
{
	struct equation r = *q;
	if (guard) r.body = q->body->kid[1];
	return r;
}

/* the position among the bound indices, in the order of the loops */
static const char *
position_text(struct writer *w, const struct equation *q)
{
	struct program *p = w->plan->program;
	struct expr *flat = number(p, 0);
	for (int i = 0; i < q->bound_count; i++) flat = add(p, scale(p, (double)q->bound[i]->size, flat), index_of(p, q->bound[i]));
	return whole_text(w, flat, 0);
}

/* where the greatest or the least of whole numbers begins: nothing is below, nothing above */
static const char *
whole_start(enum reduction r)
{
	return r == MAX ? "INT32_MIN" : "INT32_MAX";
}

/* one reduction over features, a vector of samples at a time, or one of a single sample */
static void
write_lane_reduction(struct writer *w, const struct equation *q)
{
	struct program *p = w->plan->program;
	bool where = q->reduction == ARGMAX || q->reduction == ARGMIN, best = where || q->reduction == MAX || q->reduction == MIN, whole = q->tensor->integer && !where;
	const char *name = operand_name(w, OPERAND_VALUE, q->tensor, 0), *acc = where ? operand_name(w, OPERAND_BEST, q->tensor, 0) : name;
	const bool lanes = w->lanes != NO_LANES;
	const char *real = lanes ? "lanes" : "real", *ints = lanes ? "ints" : "int32_t";
	struct expr *guard = index_guard(q);
	struct equation inner = unguarded(q, guard);
	if (whole) write_line(w, "%s %s = %s;", ints, name, in_all(w, "all_ints", whole_start(q->reduction)));
	else write_line(w, "%s %s = %s;", real, acc, in_all(w, "all", start_text(q->reduction)));
	if (where) write_line(w, "%s %s = %s;", ints, name, in_all(w, "all_ints", "0"));
	int braces = open_guarded_loops(w, q->bound_count, q->bound, guard);
	struct lowered l = lower_equation(p, &inner);
	w->accumulator = acc;
	w->accumulator_vector = lanes;
	const char *value = whole ? lanes ? whole_lanes_text(w, inner.body) : whole_text(w, inner.body, 0) : as_vector_or_scalar(w, write_value(w, &l), lanes);
	if (!best) {
		write_line(w, "%s = %s;", acc, value);
	} else {
		const char *x = "candidate", *better = arena_print(w->e->arena, "%s %s %s", x, q->reduction == MAX || q->reduction == ARGMAX ? ">" : "<", acc);
		write_line(w, "const %s %s = %s;", whole ? ints : real, x, value);
		if (where) write_line(w, "%s = %s;", name, chosen(w, "pick_ints", better, in_all(w, "all_ints", position_text(w, q)), name));
		write_line(w, "%s = %s;", acc, chosen(w, whole ? "pick_ints" : "pick", better, x, acc));
	}
	close_loops(w, braces);
	if (l.scale) write_line(w, "%s = %s;", acc, scaled_text(w, acc, l.scale, lanes));
	if (q->tensor->rank == 1) hold(w, q->tensor, name, lanes);
	bool vector;
	if (!is_stored(w, q->tensor)) return;
	const char *at = element_text(w, own_element(w, q), &vector);
	if (lanes) write_line(w, "%s(&%s, %s);", where || whole ? "store_ints" : "store", at, name);
	else write_line(w, "%s = %s;", at, name);
}

static bool
same_loops(const struct equation *a, const struct equation *b)
{
	if (a->lhs_count != b->lhs_count) return false;
	for (int i = 1; i < a->lhs_count; i++)
		if (a->lhs[i]->size != b->lhs[i]->size) return false;
	return true;
}

/* equations first .. of the kernel that can share one loop: maps of one shape that read each other at their own element only */
static int
maps_together(struct writer *w, int first)
{
	const struct kernel *k = w->kernel;
	const struct equation *lead = k->equations.at[first];
	const struct index *time = kernel_time(k, lead);
	int n = first + 1;
	for (; n < k->equations.n; n++) {
		const struct equation *q = k->equations.at[n];
		const struct index *own_time = kernel_time(k, q);
		int count;
		if (q->reduction || !same_loops(q, lead)) break;
		bool fits = true;
		for (int i = 1; i < q->lhs_count; i++) fits &= (q->lhs[i] == own_time) == (lead->lhs[i] == time);
		struct expr **reads = expr_reads(w->plan->program, q->body, &count);
		for (int r = 0; r < count; r++)
			for (int e = first; e < n; e++) {
				if (plan_root(w->plan, reads[r]->tensor) != k->equations.at[e]->tensor) continue;
				fits &= reads[r]->tensor == k->equations.at[e]->tensor;
				for (int s = 0; s < reads[r]->n; s++) fits &= reads[r]->kid[s]->op == OP_INDEX && reads[r]->kid[s]->index == q->lhs[s];
			}
		if (!fits) break;
	}
	return n;
}

enum { WIDE = 4096 }; /* elements of a sample that are too many to stay in a cache until the next equation */

/* Are the samples the innermost loop?  Then a panel is read from its first byte to the last.  Where they are the outermost one, a vector of samples can
 * keep numbers in registers from one equation to the next, and finds the elements of few features in the cache. */
static bool
samples_are_inside(const struct writer *w)
{
	const struct kernel *k = w->kernel;
	double most = 0;
	if (w->lanes == NO_LANES) return false;
	for (int i = 0; i < k->equations.n; i++) {
		const struct equation *q = k->equations.at[i];
		double n = 1;
		if (q->lhs_count < 2 || kernel_time(k, q)) return false;
		for (int l = 1; l < q->lhs_count; l++) n *= (double)q->lhs[l]->size;
		if (n > most) most = n;
	}
	return most > WIDE;
}

/* loops over the left side but samples and time; over samples, where they are inside */
static int
open_left_loops(struct writer *w, const struct equation *q)
{
	const struct index *time = kernel_time(w->kernel, q);
	int loops = 0;
	for (int i = 0; i < q->lhs_count; i++) {
		if (q->lhs[i]->batch || q->lhs[i] == time) continue;
		open_loop(w, q->lhs[i]);
		loops++;
	}
	if (!samples_are_inside(w)) return loops;
	write_line(w, "for (int n = 0; n < samples; n += LANES) {");
	enter_loop(w, NULL);
	w->indent++;
	return loops + 1;
}

static int
write_lane_maps(struct writer *w, int first)
{
	const struct kernel *k = w->kernel;
	const struct equation *lead = k->equations.at[first];
	int end = lead->lhs_count > 1 ? maps_together(w, first) : first + 1, held = w->held.n;
	int loops = open_left_loops(w, lead);
	for (int e = first; e < end; e++) {
		const struct equation *q = k->equations.at[e];
		for (int i = 1; i < q->lhs_count; i++) bind_index(w, q->lhs[i], name_of_index(w, lead->lhs[i]));
		write_map_value(w, q, map_value(w, q));
	}
	close_loops(w, loops);
	if (lead->lhs_count > 1) w->held.n = held; /* their variables ended with the loop */
	return end;
}

void
write_lanes(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, plan->single ? NO_LANES : LANES_ARE_SAMPLES, k->operands, names);
	const char *time = time_parameter(&w);
	for (int i = 0; i < k->equations.n; i++) bind_time(&w, k->equations.at[i]);
	bool inside = samples_are_inside(&w), around = !plan->single && !inside;
	write_line(&w, plan->single ? "(void)part;" : inside ? "const int samples = samples_in(m, panel);" : "for (int n = 0; n < samples_in(m, panel); n += LANES) {");
	w.indent += around;
	for (int i = 0; i < k->equations.n;) {
		const struct equation *q = k->equations.at[i];
		if (!q->reduction) {
			i = write_lane_maps(&w, i);
			continue;
		}
		int loops = open_left_loops(&w, q);
		write_lane_reduction(&w, q);
		close_loops(&w, loops);
		i++;
	}
	if (around) close_brace(&w);
	finish_function(&w, out, "static void", "@@", arena_print(e->arena, ", int %s%s", plan->single ? "part" : "panel", time));
}

/* ---- ROWS ------------------------------------------------------------------------------------------------------------------------------------------- */

void
write_rows(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	long features = tensor_count(k->rows), stride = plan->place[k->rows->id].row_stride;
	const char *x = local_pointer(&w, k->rows, 0, false), *rows = operand_memory(&w, OPERAND_ROWS, k->rows, 0);
	write_line(&w, "real *rows = %s;", rows);
	write_line(&w, "nn_to_rows(%s, %ld, samples_in(m, panel), rows + (size_t)panel * PANEL * %ld, %ld);", x, features, stride, stride);
	finish_function(&w, out, "static void", "@@", ", int panel");
}

/* ---- FOLD -------------------------------------------------------------------------------------------------------------------------------------------- */

/* sums over samples, 16 running sums: sample n goes into the (n % 16)-th */
void
write_fold(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	struct program *p = plan->program;
	const struct equation *q = k->equations.at[0];
	struct expr *guard = index_guard(q);
	struct equation inner = unguarded(q, guard);
	struct index *bound[2 * MAX_RANK];
	bool vector;
	int loops = 0, n = 0;
	write_line(&w, "(void)part;");
	for (int i = 0; i < q->lhs_count; i++, loops++) open_loop(&w, q->lhs[i]);
	write_line(&w, "real sum[16] = {0};");
	if (k->over_samples) write_line(&w, "if (m->first) memcpy(sum, &%s, sizeof sum);", carried_sum(&w));
	write_line(&w, "for (int panel = 0; panel < m->panels; panel++) {");
	struct text keep = w.body;
	w.body = (struct text){.arena = e->arena};
	w.indent += 2;
	write_line(&w, "const lanes before = load(&sum[n %% 16]);");
	write_line(&w, "lanes after = before;");
	for (int i = 0; i < q->bound_count; i++)
		if (!q->bound[i]->batch) bound[n++] = q->bound[i];
	int braces = open_guarded_loops(&w, n, bound, guard);
	struct lowered l = lower_equation(p, &inner);
	w.accumulator = "after";
	w.accumulator_vector = true;
	struct value_text v = write_value(&w, &l);
	write_line(&w, "after = %s;", as_vector(&w, v));
	close_loops(&w, braces);
	write_line(&w, "store(&sum[n %% 16], n + LANES <= samples ? after : pick(lane_index() < all_ints(samples - n), after, before));");
	const char *sums = text_end(&w.body);
	w.body = keep;
	w.indent--;
	write_panel_locals(&w);
	write_line(&w, "const int samples = samples_in(m, panel);");
	write_line(&w, "for (int n = 0; n < samples; n += LANES) {");
	text_add(&w.body, "%s", sums);
	write_line(&w, "}");
	close_brace(&w);
	w.lanes = NO_LANES;
	const struct equation *mean = q;
	struct lowered whole = lower_equation(p, mean);
	if (k->over_samples) write_line(&w, "if (m->more) memcpy(&%s, sum, sizeof sum);", carried_sum(&w));
	write_line(&w, "%s%s = %s;", k->over_samples ? "else " : "", element_text(&w, own_element(&w, q), &vector), scaled_text(&w, "tree16(sum)", whole.scale, false));
	close_loops(&w, loops);
	finish_function(&w, out, "static void", "@@", ", int part");
}

/* ---- SCATTER ------------------------------------------------------------------------------------------------------------------------------------------- */

/* the value of the scattered index that the condition asks for: s in p - s == 0 */
static struct expr *
scattered_value(struct program *p, const struct kernel *k)
{
	struct expr *e = k->condition->kid[0], *index = index_of(p, k->scattered);
	struct affine *a = affine_of(p, e);
	double c = 1;
	for (int i = 0; i < a->n; i++)
		if (a->term[i].atom == index) c = (double)a->term[i].coefficient;
	return scale(p, -c, sub(p, e, scale(p, c, index)));
}

/* all terms in the order of samples, each added to the elements that its look-up names */
void
write_scatter(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, NO_LANES, k->operands, names);
	struct program *p = plan->program;
	const struct equation *q = k->equations.at[0];
	struct expr *rest = truth(p, true);
	bool vector;
	for (int i = 0; i < conjunct_count(q->body->kid[0]); i++)
		if (conjunct(q->body->kid[0], i) != k->condition) rest = both(p, rest, conjunct(q->body->kid[0], i));
	write_line(&w, "(void)part;");
	long count = tensor_count(q->tensor);
	const char *number_ = local_pointer(&w, q->tensor, 0, false);
	write_line(&w, "%sfor (size_t i = 0; i < %ld; i++) %s[i] = 0;", k->over_samples ? "if (!m->first) " : "", count, number_);
	if (k->over_samples) {
		carried_sum(&w);
		const char *so_far = operand_name(&w, OPERAND_CARRIED, q->tensor, 0);
		write_line(&w, "if (m->first) memcpy(%s, %s, %ld * sizeof(real));", number_, so_far, count);
	}
	int loops = 0;
	for (int pass = 0; pass < 2; pass++) /* samples outermost */
		for (int i = 0; i < q->bound_count; i++)
			if (q->bound[i]->batch == (pass == 0)) {
				open_scalar_loop(&w, q->bound[i]);
				loops++;
			}
	struct expr *value = scattered_value(p, k);
	for (int i = 0; i < q->lhs_count; i++) /* what decides the place */
		if (mentions(value, q->lhs[i])) {
			open_loop(&w, q->lhs[i]);
			loops++;
		}
	const char *where = loop_name(&w, k->scattered);
	write_line(&w, "const int %s = %s;", where, whole_text(&w, value, 0));
	write_line(&w, "if (%s < 0 || %s >= %ld) continue;", where, where, k->scattered->size);
	enter_loop(&w, k->scattered);
	for (int i = 0; i < q->lhs_count; i++)
		if (q->lhs[i] != k->scattered && !mentions(value, q->lhs[i])) {
			open_loop(&w, q->lhs[i]);
			loops++;
		}
	struct equation term = *q;
	term.body = rest->op == OP_BOOL ? q->body->kid[1] : choose(p, rest, q->body->kid[1], number(p, 0));
	struct lowered l = lower_equation(p, &term);
	const char *at = element_text(&w, own_element(&w, q), &vector);
	w.accumulator = at;
	w.accumulator_vector = false;
	write_line(&w, "%s = %s;", at, write_value(&w, &l).text);
	close_loops(&w, loops);
	if (k->over_samples) {
		write_line(&w, "if (m->more) {");
		write_line(&w, "\tmemcpy(%s, %s, %ld * sizeof(real));", operand_name(&w, OPERAND_CARRIED, q->tensor, 0), number_, count);
		write_line(&w, "\treturn;");
		write_line(&w, "}");
	}
	if (l.scale) write_line(&w, "for (size_t i = 0; i < %ld; i++) %s[i] = %s;", count, number_, scaled_text(&w, arena_print(e->arena, "%s[i]", number_), l.scale, false));
	finish_function(&w, out, "static void", "@@", ", int part");
}

/* ---- PLAIN ------------------------------------------------------------------------------------------------------------------------------------------------ */

static void
write_plain_reduction(struct writer *w, const struct equation *q)
{
	bool where = q->reduction == ARGMAX || q->reduction == ARGMIN, best = where || q->reduction == MAX || q->reduction == MIN;
	bool sixteen = sums_sixteen(q), whole = q->tensor->integer && !where, vector;
	const char *start = q->reduction == PROD ? "1" : q->reduction == MAX || q->reduction == ARGMAX ? "-NN_INFINITY" : q->reduction == MIN || q->reduction == ARGMIN ? "NN_INFINITY" : "0";
	if (sixteen) write_line(w, "real sum[16] = {0};");
	else if (w->kernel->over_samples) write_line(w, "real sum = m->first ? %s : 0;", carried_sum(w));
	else write_line(w, "%s sum = %s;", whole ? "int32_t" : "real", whole ? whole_start(q->reduction) : start);
	if (sixteen || where) write_line(w, "size_t place = 0;");
	if (where) write_line(w, "int32_t best = 0;");
	w->accumulator = sixteen ? "sum[place % 16]" : "sum";
	w->accumulator_vector = false;
	for (int pass = 0; pass < 2; pass++) /* samples outermost */
		for (int i = 0; i < q->bound_count; i++)
			if (q->bound[i]->batch == (pass == 0)) open_scalar_loop(w, q->bound[i]);
	struct lowered l = lower_equation(w->plan->program, q);
	struct value_text v = whole ? (struct value_text){.text = whole_text(w, q->body, 0)} : write_value(w, &l);
	if (best) {
		const char *op = q->reduction == MAX || q->reduction == ARGMAX ? ">" : "<";
		write_line(w, "const %s candidate = %s;", whole ? "int32_t" : "real", v.text);
		if (where) write_line(w, "if (candidate %s sum) best = (int32_t)place;", op);
		write_line(w, "if (candidate %s sum) sum = candidate;", op);
		if (where) write_line(w, "place++;");
	} else {
		write_line(w, "%s = %s;", w->accumulator, v.text);
		if (sixteen) write_line(w, "place++;");
	}
	close_loops(w, q->bound_count);
	const char *at = element_text(w, own_element(w, q), &vector);
	if (w->kernel->over_samples) write_line(w, "if (m->more) %s = sum;", carried_sum(w));
	write_line(w, "%s%s = %s;", w->kernel->over_samples ? "else " : "", at, where ? "best" : scaled_text(w, sixteen ? "tree16(sum)" : "sum", l.scale, false));
}

void
write_plain(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, NO_LANES, k->operands, names);
	const struct equation *q = k->equations.at[0];
	write_line(&w, "(void)part;");
	for (int i = 0; i < q->lhs_count; i++) open_scalar_loop(&w, q->lhs[i]);
	if (q->reduction) write_plain_reduction(&w, q);
	else write_map_value(&w, q, map_value(&w, q));
	close_loops(&w, q->lhs_count);
	finish_function(&w, out, "static void", "@@", ", int part");
}
