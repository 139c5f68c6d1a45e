/* outer.c - outer products summed over samples: rows are features of one factor, vectors are features of the other.
 *
 * Over samples alone, dW[j,i] = sum(n) dz[n,j] * x[n,i], a tile has all of its sum in registers, and finished rows can be handed to the update.
 * Over more, dW[j,i] = sum(n,t) dz[n,t,j] * x[n,t,i], both factors are read as rows, and what a few samples add to all tiles comes before the next
 * samples: these rows stay in the cache, and between, the sums wait in the gradient's own place. */
#include "emit/emit.h"
#include <string.h>

/* ---- samples alone -------------------------------------------------------------------------------------------------------------------------------- */

static long
block_width(const struct kernel *k)
{
	return k->lane->size < CHUNK ? (k->lane->size + 15) / 16 * 16 : CHUNK;
}

/* the finished element of the gradient, for the block of rows that is handed on */
static const char *
finished_value(struct writer *w)
{
	const struct kernel *k = w->kernel;
	struct program *p = w->plan->program;
	for (int i = 0; i < w->held.n; i++)
		if (w->held.at[i].tensor == k->finished) return w->held.at[i].name;
	const struct equation *last = k->equations.at[k->equations.n - 1];
	if (k->equations.n > 1) return as_vector(w, map_value(w, last));
	struct lowered l = lower_equation(p, last);
	return scaled_text(w, "sum[r][v]", l.scale, true);
}

static void
write_outer_tile(struct emission *e, struct plan *plan, const struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	struct program *p = plan->program;
	struct tensor *rows_of = plan_root(plan, k->rows);
	const char *outer = outer_arguments(&w, true), *row = loop_name(&w, k->row);
	enter_loop(&w, k->row);
	const char *lane = loop_name(&w, k->lane);
	enter_loop(&w, k->lane);
	bool vector;
	bind_index(&w, k->row, arena_print(e->arena, "%s + r", row));
	bind_index(&w, k->lane, arena_print(e->arena, "%s + v * LANES", lane));
	write_zero_sums(&w);
	if (k->over_samples) {
		write_line(&w, "if (m->first)");
		write_line(&w, "\tUNROLL for (int r = 0; r < rows; r++)");
		write_line(&w, "\t\tUNROLL for (int v = 0; v < vecs; v++) sum[r][v] = load_some(&%s, part);", carried_sum(&w));
	}
	write_line(&w, "for (int panel = 0; panel < m->panels; panel++) {");
	w.indent++;
	/* the factor that is broadcast is read as samples, the other as rows */
	const char *left = element_text(&w, k->left, &vector);
	const char *right = whole_text(&w, affine_expr(p, flat_access(p, k, k->right)), 0), *x = local_pointer(&w, rows_of, 0, true);
	write_panel_locals(&w);
	write_line(&w, "const int samples = samples_in(m, panel);");
	write_line(&w, "for (int n = 0; n < samples; n++) {");
	w.indent++;
	write_line(&w, "const real *row = %s + ((size_t)panel * PANEL + (size_t)n) * %ld;", x, plan->place[rows_of->id].row_stride);
	write_line(&w, "lanes right[VECS];");
	write_line(&w, "UNROLL for (int v = 0; v < vecs; v++) right[v] = load_some(&row[%s], part);", right);
	write_line(&w, "UNROLL for (int r = 0; r < rows; r++)");
	write_line(&w, "\tUNROLL for (int v = 0; v < vecs; v++) sum[r][v] = madd(%s, right[v], sum[r][v]);", left);
	close_brace(&w);
	close_brace(&w);
	w.lanes = LANES_ARE_LAST_AXIS;
	w.lane_index = k->lane;
	w.part = "part";
	if (k->over_samples) {
		write_line(&w, "if (m->more) {");
		write_line(&w, "\tUNROLL for (int r = 0; r < rows; r++)");
		write_line(&w, "\t\tUNROLL for (int v = 0; v < vecs; v++) store_some(&%s, sum[r][v], part);", carried_sum(&w));
		write_line(&w, "\treturn;");
		write_line(&w, "}");
	}
	open_tile_loops(&w);
	write_epilogue(&w, "sum[r][v]", true);
	if (k->direct) write_line(&w, "store_some(&block[r][%s + v * LANES - first], %s, part);", lane, finished_value(&w));
	close_tile_loops(&w);
	finish_function(&w, out, "INLINE void", "@@_tile", arena_print(e->arena, ", const int rows, const int vecs, const int part, %sint %s, int %s%s", outer, row, lane,
					     k->direct ? arena_print(e->arena, ", int first, real block[][%ld]", block_width(k)) : ""));
}

/* hands the rows of the block on: the place of its first element, row by row */
static void
write_sink(struct writer *w, const char *rows, const char *first, bool chunks, const char *count)
{
	const struct kernel *k = w->kernel;
	struct arena *a = w->e->arena;
	struct text at = {.arena = a};
	struct equation *q = k->equations.at[0];
	struct affine *f = flat_access(w->plan->program, k, read_at(w->plan->program, q->tensor, q->lhs));
	for (int t = 0; t < f->n; t++) {
		const struct index *x = f->term[t].atom->index;
		if (x == k->lane) continue;
		const char *row = strcmp(first, "0") ? arena_print(a, "%s + r", first) : "r";
		text_add(&at, "%s%ld * (size_t)(%s)", at.length ? " + " : "", f->term[t].coefficient, x == k->row ? row : name_of_index(w, x));
	}
	if (chunks) text_add(&at, " + (size_t)first");
	if (k->over_samples) write_line(w, "if (!m->more)");
	write_line(w, "%sfor (int r = 0; r < %s; r++) m->sink(m, %s, %s, %s, block[r]);", k->over_samples ? "\t" : "", rows, operand_memory(w, OPERAND_PARAM, k->gradient, 0), text_end(&at), count);
}

/* all columns of some rows; then the rows are handed on */
static void
call_outer(struct writer *w, const char *rows, const char *first)
{
	const struct kernel *k = w->kernel;
	struct arena *a = w->e->arena;
	long columns = k->lane->size, chunk = columns < CHUNK ? columns : CHUNK;
	const char *i = loop_name(w, k->lane), *outer = outer_arguments(w, false), *call = inner_call(w, "tile");
	bool chunks = columns > CHUNK;
	const char *from = chunks ? "first" : "0", *to = chunks ? "last" : arena_print(a, "%ld", columns);
	const char *block = k->direct ? arena_print(a, ", %s, block", from) : "";
	if (chunks) {
		write_line(w, "for (int first = 0; first < %ld; first += %ld) {", columns, chunk);
		w->indent++;
		write_line(w, "const int last = first + %ld < %ld ? first + %ld : %ld;", chunk, columns, chunk, columns);
	} else {
		write_line(w, "{");
		w->indent++;
	}
	write_line(w, "int %s = %s;", i, from);
	write_line(w, "for (; %s + WIDTH <= %s; %s += WIDTH) %s, %s, VECS, 0, %s%s, %s%s);", i, to, i, call, rows, outer, first, i, block);
	write_line(w, "for (; %s + LANES <= %s; %s += LANES) %s, %s, 1, 0, %s%s, %s%s);", i, to, i, call, rows, outer, first, i, block);
	if (columns % 16) write_line(w, "if (%s < %s) %s, %s, 1, %s - %s, %s%s, %s%s);", i, to, call, rows, to, i, outer, first, i, block);
	if (k->direct) write_sink(w, rows, first, chunks, chunks ? "(size_t)(last - first)" : to);
	close_brace(w);
}

/* ---- samples and more ---------------------------------------------------------------------------------------------------------------------------- */

enum { TERMS = 64 }; /* of each sum that a tile adds at a time, if a sample has no more */

static long
samples_at_a_time(const struct kernel *k)
{
	long terms = 1;
	for (int i = 0; i < k->sum.n; i++) terms *= k->sum.at[i]->size;
	return terms < TERMS ? TERMS / terms : 1;
}

/* Points to what the tile reads of the factor for a term of the sum. */
static void
write_factor(struct writer *w, const char *name, struct expr *read)
{
	struct program *p = w->plan->program;
	struct tensor *t = plan_root(w->plan, read->tensor);
	write_line(w, "const real *%s = %s + ((size_t)panel * PANEL + (size_t)n) * %ld + (%s);", name, local_pointer(w, t, 0, true), w->plan->place[t->id].row_stride,
		   whole_text(w, affine_expr(p, flat_access(p, w->kernel, read)), 0));
}

/* some samples, all other indices of the sum */
static void
write_sums_tile(struct emission *e, struct plan *plan, const struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_LAST_AXIS, k->operands, names);
	const char *outer = outer_arguments(&w, true), *row = loop_name(&w, k->row);
	enter_loop(&w, k->row);
	const char *lane = loop_name(&w, k->lane);
	enter_loop(&w, k->lane);
	bool vector;
	bind_index(&w, k->row, arena_print(e->arena, "%s + r", row));
	bind_index(&w, k->lane, arena_print(e->arena, "%s + v * LANES", lane));
	w.lane_index = k->lane;
	w.part = "part";
	const char *sum = element_text(&w, own_element(&w, k->equations.at[0]), &vector), *so_far = k->over_samples ? carried_sum(&w) : NULL;
	write_line(&w, "const int begins = !panel && !from%s, ends = panel + 1 == m->panels && to == samples_in(m, panel);", k->over_samples ? " && !m->first" : "");
	write_line(&w, "lanes sum[%d][VECS];", ROWS);
	write_line(&w, "UNROLL for (int r = 0; r < rows; r++)");
	const char *waiting = so_far ? arena_print(e->arena, "panel || from ? &%s : &%s", sum, so_far) : arena_print(e->arena, "&%s", sum);
	write_line(&w, "\tUNROLL for (int v = 0; v < vecs; v++) sum[r][v] = begins ? all(0) : load_some(%s, part);", waiting);
	write_line(&w, "for (int n = from; n < to; n++) {");
	w.indent++;
	int braces = open_guarded_loops(&w, k->sum.n, k->sum.at, k->guard);
	bind_index(&w, k->row, row);
	bind_index(&w, k->lane, lane);
	write_factor(&w, "left", k->left);
	write_factor(&w, "right", k->right);
	const long stride = stride_in(flat_access(plan->program, k, k->left), k->row);
	const char *step = stride > 1 ? arena_print(e->arena, "%ld * r", stride) : "r";
	write_line(&w, "lanes vec[VECS];");
	write_line(&w, "UNROLL for (int v = 0; v < vecs; v++) vec[v] = load_some(&right[v * LANES], part);");
	write_line(&w, "UNROLL for (int r = 0; r < rows; r++)");
	write_line(&w, "\tUNROLL for (int v = 0; v < vecs; v++) sum[r][v] = madd(left[%s], vec[v], sum[r][v]);", step);
	close_loops(&w, braces);
	close_brace(&w);
	write_line(&w, "if (!ends%s) {", k->over_samples ? " || m->more" : "");
	write_line(&w, "\tUNROLL for (int r = 0; r < rows; r++)");
	const char *place = so_far ? arena_print(e->arena, "ends ? &%s : &%s", so_far, sum) : arena_print(e->arena, "&%s", sum);
	write_line(&w, "\t\tUNROLL for (int v = 0; v < vecs; v++) store_some(%s, sum[r][v], part);", place);
	write_line(&w, "\treturn;");
	write_line(&w, "}");
	bind_index(&w, k->row, arena_print(e->arena, "%s + r", row));
	bind_index(&w, k->lane, arena_print(e->arena, "%s + v * LANES", lane));
	open_tile_loops(&w);
	write_epilogue(&w, "sum[r][v]", true);
	close_tile_loops(&w);
	finish_function(&w, out, "INLINE void", "@@_tile",
			arena_print(e->arena, ", const int rows, const int vecs, const int part, int panel, int from, int to, %sint %s, int %s", outer, row, lane));
	text_add(out, "\n");
}

static void
call_sums(struct writer *w, const char *rows, const char *first, const char *width, const char *part)
{
	write_line(w, "%s, %s, %s, %s, panel, n, last, %s%s, %s);", inner_call(w, "tile"), rows, width, part, outer_arguments(w, false), first, loop_name(w, w->kernel->lane));
}

static void
call_wide_sums(struct writer *w, const char *rows, const char *first)
{
	call_sums(w, rows, first, "VECS", "0");
}

static void
call_narrow_sums(struct writer *w, const char *rows, const char *first)
{
	call_sums(w, rows, first, "1", "0");
}

static void
call_last_sums(struct writer *w, const char *rows, const char *first)
{
	call_sums(w, rows, first, "1", arena_print(w->e->arena, "%ld - %s", w->kernel->lane->size, loop_name(w, w->kernel->lane)));
}

static void
write_sums(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out)
{
	write_sums_tile(e, plan, k, names, out);
	struct writer w = writer_new(e, plan, k, LANES_ARE_LAST_AXIS, k->operands, names);
	const struct cut c = cut_rows(k->row->size);
	const long columns = k->lane->size, some = samples_at_a_time(k);
	write_part_range(&w, c);
	write_line(&w, "for (int panel = 0; panel < m->panels; panel++)");
	write_line(&w, "\tfor (int n = 0; n < samples_in(m, panel); n += %ld) {", some);
	w.indent += 2;
	write_line(&w, "const int last = smaller(n + %ld, samples_in(m, panel));", some);
	open_outer_loops(&w, k->outer.n);
	const char *row = loop_name(&w, k->row), *i = loop_name(&w, k->lane);
	write_line(&w, "int %s = 0;", i);
	write_line(&w, "for (; %s + WIDTH <= %ld; %s += WIDTH) {", i, columns, i);
	w.indent++;
	write_row_calls(&w, c, row, call_wide_sums);
	close_brace(&w);
	if (columns % 64) { /* WIDTH divides 64, LANES 16 */
		write_line(&w, "for (; %s + LANES <= %ld; %s += LANES) {", i, columns, i);
		w.indent++;
		write_row_calls(&w, c, row, call_narrow_sums);
		close_brace(&w);
	}
	if (columns % 16) {
		write_line(&w, "if (%s < %ld) {", i, columns);
		w.indent++;
		write_row_calls(&w, c, row, call_last_sums);
		close_brace(&w);
	}
	close_loops(&w, k->outer.n);
	w.indent--;
	write_line(&w, "}");
	finish_function(&w, out, "static void", "@@", ", int part");
}

/* ---- both ---------------------------------------------------------------------------------------------------------------------------------------- */

void
write_outer(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out)
{
	if (sums_in_memory(k)) {
		write_sums(e, plan, k, names, out);
		return;
	}
	write_outer_tile(e, plan, k, names, out);
	text_add(out, "\n");
	struct writer w = writer_new(e, plan, k, LANES_ARE_LAST_AXIS, k->operands, names);
	struct cut c = cut_rows(k->row->size);
	if (k->direct) write_line(&w, "real block[%d][%ld];", ROWS, block_width(k));
	write_part_range(&w, c);
	open_outer_loops(&w, k->outer.n);
	write_row_calls(&w, c, loop_name(&w, k->row), call_outer);
	close_loops(&w, k->outer.n);
	finish_function(&w, out, "static void", "@@", ", int part");
}
