/* single.c - kernels for a single sample, whose elements lie side by side.
 *
 * With one sample there are no others to fill a vector, but a tile W[f,a,..] * x[n,a,..] has rows f that can: memory for one sample keeps a copy
 * of such a W column by column, so that the lanes are rows.  Each row is summed in the order of the tile, so the bits are the same.  All else is
 * computed one number at a time. */
#include "emit/emit.h"
#include <string.h>

enum { FEWEST_ROWS = 16 }; /* that fill a vector of any target */

/* ---- copies of matrices ------------------------------------------------------------------------------------------------------------------------ */

/* the columns of the kernel's left factor as a matrix over its rows, whose parameter nothing else reads; 0: it is no such matrix */
static long
own_columns(struct program *p, const struct kernel *k)
{
	if (k->kind != KERNEL_TILE || k->row->size < FEWEST_ROWS || !tensor_is_param(k->left->tensor)) return 0;
	if (k->guard && mentions(k->guard, k->row)) return 0;
	const struct affine *a = flat_access(p, k, k->left);
	const long columns = tensor_count(k->left->tensor) / k->row->size;
	if (!a || a->constant || stride_in(a, k->row) != columns) return 0;
	long last = 0;
	for (int i = 0; i < k->sum.n; i++) last += stride_in(a, k->sum.at[i]) * (k->sum.at[i]->size - 1);
	for (int i = 0; i < a->n; i++) {
		bool known = a->term[i].atom->index == k->row;
		for (int s = 0; s < k->sum.n; s++) known |= a->term[i].atom->index == k->sum.at[s];
		if (!known || a->term[i].coefficient < 0) return 0;
	}
	return last < columns ? columns : 0;
}

void
find_turned(struct emission *e)
{
	for (int i = PREDICT_ONE; i < ENTRIES; i++)
		for (int k = 0; e->plans[i] && k < e->plans[i]->kernels.n; k++) {
			const struct kernel *kernel = e->plans[i]->kernels.at[k];
			long columns = own_columns(e->plans[i]->program, kernel);
			if (!columns) continue;
			int *known = map_get(e->arena, &e->turned_places, kernel->left->tensor->name);
			if (!*known) {
				PUSH(e->arena, &e->turned, (struct turned){kernel->left->tensor, kernel->row->size, columns});
				*known = e->turned.n;
			} else if (e->turned.at[*known - 1].columns != columns) {
				e->turned.at[*known - 1].columns = 0; /* as two matrices: neither */
			}
		}
}

long
turned_columns_of(const struct emission *e, const struct tensor *t)
{
	int *known = tensor_is_param(t) ? map_find(&e->turned_places, t->name) : NULL;
	return known ? e->turned.at[*known - 1].columns : 0;
}

long
turned_columns(const struct emission *e, struct program *p, const struct kernel *k)
{
	long columns = own_columns(p, k);
	return columns && columns == turned_columns_of(e, k->left->tensor) ? columns : 0;
}

bool
write_turns(struct emission *e, struct text *t)
{
	struct call_list calls = {0};
	for (int i = 0; i < e->turned.n; i++) {
		const struct turned *m = &e->turned.at[i];
		struct call c = {.n = 1, .at = NEW(e->arena, struct call_argument)};
		if (!m->columns) continue;
		c.at[0] = (struct call_argument){(double)param_place(e, m->tensor), ARGUMENT_PLACE};
		c.text = arena_print(e->arena, "nn_turn(m->params + %c, %ld, %ld, PARAMS + STATES);", CALL_ARGUMENT, m->rows, m->columns);
		PUSH(e->arena, &calls, c);
	}
	if (t) write_sequence(e->arena, &calls, "\t", t);
	return calls.n > 0;
}

/* ---- tiles whose lanes are rows ----------------------------------------------------------------------------------------------------------------- */

enum { FEW_PLACES = 4, MANY_PLACES = 8, SHORT_LINE = 20 };

/* The index of the innermost loop around the tile, along which neighbours share the columns that are read; NULL: too few are there, or a condition
 * on them is no affine bound. */
static struct index *
line_of(struct program *p, const struct kernel *k)
{
	struct index *line = k->outer.n ? k->outer.at[k->outer.n - 1] : NULL;
	if (!line || line->size < FEW_PLACES) return NULL;
	for (int i = 0; k->guard && i < conjunct_count(k->guard); i++) {
		const struct expr *c = conjunct(k->guard, i);
		if (!mentions(c, line)) continue;
		if (c->op != OP_GE0) return NULL;
		const struct affine *a = affine_of(p, c->kid[0]);
		for (int t = 0; t < a->n; t++)
			if (a->term[t].atom->op != OP_INDEX) return NULL;
	}
	return line;
}

/* the conditions of the kernel but for those on a line, which a block's caller knows to hold; NULL: none */
static struct expr *
guard_without(struct program *p, const struct kernel *k, const struct index *line)
{
	struct expr *guard = truth(p, true);
	for (int i = 0; k->guard && i < conjunct_count(k->guard); i++)
		if (!line || !mentions(conjunct(k->guard, i), line)) guard = both(p, guard, conjunct(k->guard, i));
	return guard->op == OP_BOOL ? NULL : guard;
}

/* does the expression depend on the kernel's row, or on what was merged into it? */
static bool
depends_on_row(const struct kernel *k, const struct expr *x, const struct index *row)
{
	if (mentions(x, row)) return true;
	for (int i = 0; i < k->merges.n; i++) {
		const struct merge *m = &k->merges.at[i];
		if (m->c == row && (depends_on_row(k, x, m->a) || depends_on_row(k, x, m->b))) return true;
	}
	return false;
}

/* does each lane find its own numbers behind those of the first, where the lanes are rows? */
static bool
fits_rows(struct program *p, const struct kernel *k, struct expr *x)
{
	if (!depends_on_row(k, x, k->row)) return true;
	if (x->op == OP_READ) return !x->tensor->integer && x->tensor->role != ROLE_RANDOM && flat_access(p, k, x);
	if (x->integer || x->op == OP_INDEX) return false;
	for (int i = 0; i < x->n; i++)
		if (!fits_rows(p, k, x->kid[i])) return false;
	return true;
}

/* Can the maps behind the sum be computed for a vector of rows?  What is stored has to lie side by side. */
static bool
ends_in_lanes(const struct plan *plan, const struct kernel *k)
{
	struct program *p = plan->program;
	for (int i = 0; i < k->equations.n; i++) {
		struct equation *q = k->equations.at[i];
		if (q->tensor->integer || (i > 0 && !fits_rows(p, k, q->body))) return false;
		if (plan->place[q->tensor->id].storage == NOT_STORED) continue;
		const struct affine *a = flat_access(p, k, read_at(p, q->tensor, q->lhs));
		if (!a || stride_in(a, k->row) != 1) return false;
	}
	return true;
}

/* the finished sums, and the maps behind them */
static void
write_end_of_rows(struct writer *w, const char *each, const char *sum, const char *most)
{
	const struct kernel *k = w->kernel;
	struct arena *a = w->e->arena;
	const char *row = name_of_index(w, k->row);
	if (ends_in_lanes(w->plan, k)) {
		w->lanes = LANES_ARE_LAST_AXIS;
		w->lane_index = k->row;
		bind_index(w, k->row, arena_print(a, "%s + v * LANES", row));
		write_line(w, "%sUNROLL for (int v = 0; v < vecs; v++) {", each);
		w->indent++;
		write_epilogue(w, arena_print(a, "%s[v]", sum), true);
		close_brace(w);
		return;
	}
	write_line(w, "real sums%s[ROW_VECS * LANES];", most);
	write_line(w, "%sUNROLL for (int v = 0; v < vecs; v++) store(&%s[v * LANES], %s[v]);", each, *most ? "sums[place]" : "sums", sum);
	bind_index(w, k->row, arena_print(a, "%s + r", row));
	write_line(w, "for (int r = 0; r < vecs * LANES; r++)%s", *most ? "" : " {");
	w->indent++;
	if (*most) write_line(w, "for (int place = 0; place < places; place++) {");
	w->indent += *most != 0;
	write_epilogue(w, *most ? "sums[place][r]" : "sums[r]", false);
	w->indent -= *most != 0;
	if (*most) write_line(w, "}");
	w->indent--;
	if (!*most) write_line(w, "}");
}

/* The columns are added in the order of the sum, for some vectors of rows; in a block for some places of the line, too. */
static void
write_columns(struct emission *e, struct plan *plan, const struct kernel *k, const struct index *line, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, NO_LANES, k->operands, names);
	struct program *p = plan->program;
	struct arena *a = e->arena;
	const char *time = time_parameter(&w), *outer = outer_arguments(&w, true), *row = loop_name(&w, k->row);
	const char *each = line ? "UNROLL for (int place = 0; place < places; place++) " : "", *sum = line ? "sum[place]" : "sum", *most = line ? arena_print(a, "[%d]", MANY_PLACES) : "";
	struct expr *column = sub(p, affine_expr(p, flat_access(p, k, k->left)), scale(p, (double)turned_columns(e, p, k), index_of(p, k->row)));
	bool vector;
	for (int i = 0; i < k->equations.n; i++) bind_time(&w, k->equations.at[i]);
	enter_loop(&w, k->row);
	bind_index(&w, k->row, "0");
	for (int i = 0; i < k->sum.n; i++) bind_index(&w, k->sum.at[i], "0");
	write_line(&w, "const real *matrix = &%s + PARAMS + STATES + %s;", element_text(&w, k->left, &vector), row);
	write_line(&w, "lanes sum%s[ROW_VECS];", most);
	write_line(&w, "%sUNROLL for (int v = 0; v < vecs; v++) %s[v] = all(0);", each, sum);
	int braces = open_guarded_loops(&w, k->sum.n, k->sum.at, guard_without(p, k, line));
	write_line(&w, "const real *column = matrix + %s;", whole_text(&w, scale(p, (double)k->row->size, column), 1));
	if (line) bind_index(&w, line, arena_print(a, "%s + place", name_of_index(&w, line)));
	write_line(&w, "%sUNROLL for (int v = 0; v < vecs; v++) %s[v] = madd(%s, load(&column[v * LANES]), %s[v]);", each, sum, element_text(&w, k->right, &vector), sum);
	close_loops(&w, braces);
	bind_index(&w, k->row, row);
	write_end_of_rows(&w, each, sum, most);
	finish_function(&w, out, "INLINE void", line ? "@@_block" : "@@_columns", arena_print(a, ", const int vecs%s%s, %sint %s", line ? ", const int places" : "", time, outer, row));
	text_add(out, "\n");
}

/* a bound, for every element of the sum and the places `first` to `last` of a line: where it is least */
static const char *
holds_for_block(struct writer *w, const struct expr *condition, const struct index *line, const char *first)
{
	struct program *p = w->plan->program;
	const struct affine *a = affine_of(p, condition->kid[0]);
	struct expr *least = number(p, (double)a->constant);
	bind_index(w, line, stride_in(a, line) < 0 ? "last" : first);
	for (int i = 0; i < a->n; i++) {
		struct expr *at = a->term[i].atom;
		const double c = (double)a->term[i].coefficient;
		for (int s = 0; s < w->kernel->sum.n; s++)
			if (at == index_of(p, w->kernel->sum.at[s])) at = number(p, c < 0 ? (double)w->kernel->sum.at[s]->size - 1 : 0);
		least = add(p, least, scale(p, c, at));
	}
	const char *text = whole_text(w, least, 1);
	bind_index(w, line, first);
	return arena_print(w->e->arena, "%s >= 0", text);
}

/* the places of a line before `to`: as blocks where no condition cuts their sums */
static void
write_line_of_places(struct emission *e, struct plan *plan, const struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, NO_LANES, k->operands, names);
	const struct index *line = line_of(plan->program, k);
	struct text whole = {.arena = e->arena};
	const char *time = time_parameter(&w), *then = time_argument(&w), *outer = outer_arguments(&w, true), *arguments = outer_arguments(&w, false), *at = name_of_index(&w, line), *row = loop_name(&w, k->row);
	for (int i = 0; k->guard && i < conjunct_count(k->guard); i++)
		if (mentions(conjunct(k->guard, i), line)) text_add(&whole, " && %s", holds_for_block(&w, conjunct(k->guard, i), line, at));
	if (line->size < SHORT_LINE) write_line(&w, "const int places = %d;", FEW_PLACES);
	else write_line(&w, "const int places = vecs < ROW_VECS / 2 ? %d : %d;", MANY_PLACES, FEW_PLACES);
	write_line(&w, "while (%s < to) {", at);
	write_line(&w, "\tconst int last = %s + places - 1;", at);
	write_line(&w, "\tif (vecs <= ROW_VECS / 2 && last < to%s) {", text_end(&whole));
	write_line(&w, "\t\t%s, vecs, places%s, %s%s);", inner_call(&w, "block"), then, arguments, row);
	write_line(&w, "\t\t%s += places;", at);
	write_line(&w, "\t} else {");
	write_line(&w, "\t\t%s, vecs%s, %s%s);", inner_call(&w, "columns"), then, arguments, row);
	write_line(&w, "\t\t%s++;", at);
	write_line(&w, "\t}");
	write_line(&w, "}");
	finish_function(&w, out, "INLINE void", "@@_line", arena_print(e->arena, ", const int vecs%s, %sint %s, int to", time, outer, row));
	text_add(out, "\n");
}

/* As many vectors of rows at a time as there are. */
static void
write_row_vectors(struct writer *w, const char *row, const char *call, const char *arguments, const char *to, const char *more)
{
	for (const char *const *vecs = (const char *const[]){"ROW_VECS", "ROW_VECS / 2", "ROW_VECS / 4", "1", NULL}; *vecs; vecs++) {
		const char *step = **vecs == '1' ? "LANES" : arena_print(w->e->arena, "%s * LANES", *vecs);
		write_line(w, "for (; %s + %s <= %s; %s += %s) %s, %s%s, %s%s%s);", row, step, to, row, step, call, *vecs, time_argument(w), arguments, row, more);
	}
}

/* ---- tiles of single numbers ---------------------------------------------------------------------------------------------------------------------------- */

static const char *
column_parameter(struct writer *w, bool declare)
{
	const struct index *c = w->kernel->column;
	if (!c) return "";
	const char *name = declare ? loop_name(w, c) : name_of_index(w, c);
	if (declare) enter_loop(w, c);
	return arena_print(w->e->arena, ", %s%s", declare ? "int " : "", name);
}

/* some rows, each a sum of its own in a register */
static void
write_rows_of_numbers(struct emission *e, struct plan *plan, const struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, NO_LANES, k->operands, names);
	const char *time = time_parameter(&w), *outer = outer_arguments(&w, true), *row = loop_name(&w, k->row);
	for (int i = 0; i < k->equations.n; i++) bind_time(&w, k->equations.at[i]);
	enter_loop(&w, k->row);
	const char *column = column_parameter(&w, true);
	bool vector;
	write_line(&w, "real sum[%d];", ROWS);
	write_line(&w, "UNROLL for (int r = 0; r < rows; r++) sum[r] = 0;");
	int braces = open_guarded_loops(&w, k->sum.n, k->sum.at, k->guard);
	bind_index(&w, k->row, arena_print(e->arena, "%s + r", row));
	write_line(&w, "const real right = %s;", element_text(&w, k->right, &vector));
	write_line(&w, "UNROLL for (int r = 0; r < rows; r++) sum[r] = smadd(%s, right, sum[r]);", element_text(&w, k->left, &vector));
	close_loops(&w, braces);
	write_line(&w, "UNROLL for (int r = 0; r < rows; r++) {");
	w.indent++;
	write_epilogue(&w, "sum[r]", false);
	close_brace(&w);
	finish_function(&w, out, "INLINE void", "@@_rows", arena_print(e->arena, ", const int rows%s, %sint %s%s", time, outer, row, column));
	text_add(out, "\n");
}

static void
call_rows(struct writer *w, const char *rows, const char *first)
{
	write_line(w, "%s, %s%s, %s%s%s);", inner_call(w, "rows"), rows, time_argument(w), outer_arguments(w, false), first, column_parameter(w, false));
}

static void
write_numbers(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out)
{
	write_rows_of_numbers(e, plan, k, names, out);
	struct writer w = writer_new(e, plan, k, NO_LANES, k->operands, names);
	const char *time = time_parameter(&w);
	struct cut c = cut_rows(k->row->size);
	write_part_range(&w, c);
	open_outer_loops(&w, k->outer.n);
	if (k->column) open_loop(&w, k->column);
	write_row_calls(&w, c, loop_name(&w, k->row), call_rows);
	close_loops(&w, k->outer.n + (k->column != NULL));
	finish_function(&w, out, "static void", "@@", arena_print(e->arena, ", int part%s", time));
}

/* ---- both ----------------------------------------------------------------------------------------------------------------------------------------------- */

/* Parts are pieces of the first outer loop, or groups of vectors. */
void
write_single_tile(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out)
{
	if (!turned_columns(e, plan->program, k)) {
		write_numbers(e, plan, k, names, out);
		return;
	}
	const long rows = k->row->size;
	const bool split_rows = k->parts > 1 && !k->split_outer;
	const struct index *line = line_of(plan->program, k);
	write_columns(e, plan, k, NULL, names, out);
	if (line) write_columns(e, plan, k, line, names, out);
	if (line) write_line_of_places(e, plan, k, names, out);
	if (rows % FEWEST_ROWS) write_rows_of_numbers(e, plan, k, names, out);
	struct writer w = writer_new(e, plan, k, NO_LANES, k->operands, names);
	const char *time = time_parameter(&w);
	if (k->parts < 2) write_line(&w, "(void)part;");
	else if (!split_rows) write_bounds_of_part(&w, k->outer.at[0]->size);
	if (split_rows) {
		write_line(&w, "enum { GROUP = ROW_VECS * LANES, GROUPS = %ld / GROUP };", rows);
		write_line(&w, "const int to = part < %d ? (part + 1) * GROUPS / %d * GROUP : %ld;", k->parts - 1, k->parts, rows);
	}
	open_outer_loops(&w, k->outer.n - (line != NULL));
	const bool split_line = line && k->outer.n == 1 && k->parts > 1 && k->split_outer;
	const char *row = loop_name(&w, k->row), *to = split_rows ? "to" : arena_print(e->arena, "%ld", rows), *more = "";
	const char *first = split_line ? "from" : "0", *end = split_line ? "to" : line ? arena_print(e->arena, "%ld", line->size) : "";
	if (line) {
		bind_index(&w, line, first);
		more = arena_print(e->arena, ", %s", end);
	}
	write_line(&w, "int %s = %s;", row, split_rows ? arena_print(e->arena, "part * GROUPS / %d * GROUP", k->parts) : "0");
	write_row_vectors(&w, row, inner_call(&w, line ? "line" : "columns"), outer_arguments(&w, false), to, more);
	if (rows % FEWEST_ROWS) {
		write_line(&w, "for (; %s < %s; %s++) {", row, to, row);
		enter_loop(&w, k->row);
		w.indent++;
		if (line) open_range(&w, line, first, end);
		call_rows(&w, "1", row);
		if (line) close_loop(&w);
		close_loop(&w);
	}
	close_loops(&w, k->outer.n - (line != NULL));
	finish_function(&w, out, "static void", "@@", arena_print(e->arena, ", int part%s", time));
}

void
write_single_pair(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out)
{
	write_numbers(e, plan, k, names, out);
}
