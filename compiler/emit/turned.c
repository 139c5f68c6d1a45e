/* turned.c - matrices for a single sample.
 *
 * With one sample there are no others to fill a vector, but a tile W[f,a,..] * x[n,a,..] has rows f that can: memory for one sample keeps a copy
 * of such a W column by column, so that the lanes are rows.  Each row is summed in the order of the tile, so the bits are the same. */
#include "emit/emit.h"
#include <string.h>

enum { FEWEST_ROWS = 16 }; /* that fill a vector of any target */

/* the columns of the kernel's left factor as a matrix over its rows, whose parameter nothing else reads; 0: it is no such matrix */
static long
own_columns(struct program *p, const struct kernel *k)
{
	if (k->kind != KERNEL_TILE || k->loop || k->row->size < FEWEST_ROWS || !tensor_is_param(k->left->tensor)) return 0;
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
	for (int i = 0; i < TRAIN; i++)
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
		c.text = arena_print(e->arena, "nn_turn(m->params + %c, %ld, %ld, m->turned);", CALL_ARGUMENT, m->rows, m->columns);
		PUSH(e->arena, &calls, c);
	}
	if (t) write_sequence(e->arena, &calls, "\t", t);
	return calls.n > 0;
}

/* ---- one sample ---------------------------------------------------------------------------------------------------------------------------------- */

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

/* The columns are added in the order of the sum, for some vectors of rows; in a block for some places of the line, too. */
static void
write_columns(struct emission *e, struct plan *plan, const struct kernel *k, const struct index *line, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	struct program *p = plan->program;
	struct arena *a = e->arena;
	const char *outer = outer_arguments(&w, true), *row = loop_name(&w, k->row);
	const char *each = line ? "UNROLL for (int place = 0; place < places; place++) " : "", *sum = line ? "sum[place]" : "sum", *most = line ? arena_print(a, "[%d]", MANY_PLACES) : "";
	struct expr *column = sub(p, affine_expr(p, flat_access(p, k, k->left)), scale(p, (double)turned_columns(e, p, k), index_of(p, k->row)));
	bool vector;
	enter_loop(&w, k->row);
	w.sample = "0";
	bind_index(&w, k->row, "0");
	for (int i = 0; i < k->sum.n; i++) bind_index(&w, k->sum.at[i], "0");
	write_line(&w, "const real *matrix = &%s + m->turned + %s;", element_text(&w, k->left, &vector), row);
	write_line(&w, "lanes sum%s[ROW_VECS];", most);
	write_line(&w, "%sUNROLL for (int v = 0; v < vecs; v++) %s[v] = all(0);", each, sum);
	int braces = open_guarded_loops(&w, k->sum.n, k->sum.at, guard_without(p, k, line));
	write_line(&w, "const real *column = matrix + %s;", whole_text(&w, scale(p, (double)k->row->size, column), 1));
	if (line) bind_index(&w, line, arena_print(a, "%s + place", name_of_index(&w, line)));
	write_line(&w, "%sUNROLL for (int v = 0; v < vecs; v++) %s[v] = madd(%s, load(&column[v * LANES]), %s[v]);", each, sum, element_text(&w, k->right, &vector), sum);
	close_loops(&w, braces);
	write_line(&w, "real sums%s[ROW_VECS * LANES];", most);
	write_line(&w, "%sUNROLL for (int v = 0; v < vecs; v++) store(&%s[v * LANES], %s[v]);", each, line ? "sums[place]" : "sums", sum);
	bind_index(&w, k->row, arena_print(a, "%s + r", row));
	if (line) write_line(&w, "for (int place = 0; place < places; place++)");
	w.indent += line != NULL;
	write_line(&w, "for (int r = 0; r < vecs * LANES; r++) {");
	w.indent++;
	write_epilogue(&w, line ? "all(sums[place][r])" : "all(sums[r])", true);
	close_brace(&w);
	finish_function(&w, out, "INLINE void", line ? "@@_block" : "@@_columns", arena_print(a, ", const int vecs, %sint panel, %sint %s", line ? "const int places, " : "", outer, row));
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
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	const struct index *line = line_of(plan->program, k);
	struct text whole = {.arena = e->arena};
	const char *outer = outer_arguments(&w, true), *arguments = outer_arguments(&w, false), *at = name_of_index(&w, line), *row = loop_name(&w, k->row);
	for (int i = 0; k->guard && i < conjunct_count(k->guard); i++)
		if (mentions(conjunct(k->guard, i), line)) text_add(&whole, " && %s", holds_for_block(&w, conjunct(k->guard, i), line, at));
	if (line->size < SHORT_LINE) write_line(&w, "const int places = %d;", FEW_PLACES);
	else write_line(&w, "const int places = vecs < ROW_VECS / 2 ? %d : %d;", MANY_PLACES, FEW_PLACES);
	write_line(&w, "while (%s < to) {", at);
	write_line(&w, "\tconst int last = %s + places - 1;", at);
	write_line(&w, "\tif (vecs <= ROW_VECS / 2 && last < to%s) {", text_end(&whole));
	write_line(&w, "\t\t%s, vecs, places, panel, %s%s);", inner_call(&w, "block"), arguments, row);
	write_line(&w, "\t\t%s += places;", at);
	write_line(&w, "\t} else {");
	write_line(&w, "\t\t%s, vecs, panel, %s%s);", inner_call(&w, "columns"), arguments, row);
	write_line(&w, "\t\t%s++;", at);
	write_line(&w, "\t}");
	write_line(&w, "}");
	finish_function(&w, out, "INLINE void", "@@_line", arena_print(e->arena, ", const int vecs, int panel, %sint %s, int to", outer, row));
	text_add(out, "\n");
}

/* As many vectors of rows at a time as there are; rows that fill none as tiles of one. */
static void
write_row_vectors(struct writer *w, const char *row, const char *call, const char *arguments, const char *to, const char *more)
{
	for (const char *const *vecs = (const char *const[]){"ROW_VECS", "ROW_VECS / 2", "ROW_VECS / 4", "1", NULL}; *vecs; vecs++) {
		const char *step = **vecs == '1' ? "LANES" : arena_print(w->e->arena, "%s * LANES", *vecs);
		write_line(w, "for (; %s + %s <= %s; %s += %s) %s, %s, 0, %s%s%s);", row, step, to, row, step, call, *vecs, arguments, row, more);
	}
}

/* Parts are pieces of the first outer loop, or groups of vectors. */
void
write_one_sample(struct emission *e, struct plan *plan, const struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	const long rows = k->row->size;
	const bool split_rows = k->parts > 1 && !k->split_outer;
	const struct index *line = line_of(plan->program, k);
	write_columns(e, plan, k, NULL, names, out);
	if (line) write_columns(e, plan, k, line, names, out);
	if (line) write_line_of_places(e, plan, k, names, out);
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
	if (rows % 16) {
		write_line(&w, "for (; %s < %s; %s++) {", row, to, row);
		enter_loop(&w, k->row);
		w.indent++;
		if (line) open_range(&w, line, first, end);
		write_line(&w, "%s, 1, 1, 0, %s%s, 0);", inner_call(&w, "tile"), outer_arguments(&w, false), row);
		if (line) close_loop(&w);
		close_loop(&w);
	}
	close_loops(&w, k->outer.n - (line != NULL));
	finish_function(&w, out, "static void", "@@_one_sample", ", int part");
	text_add(out, "\n");
}
