/* tile.c - contractions: a tile of 6 rows and a few vectors, all of its sums in registers.
 *
 * TILE    rows are features, vectors are samples side by side; the other factor is broadcast
 * PAIR    rows and columns are features, one vector of samples; both factors belong to samples
 * DOT     rows and columns are features, each element has 16 running sums over samples */
#include "emit/emit.h"
#include <stdlib.h>
#include <string.h>

/* ---- what the tiles share -------------------------------------------------------------------------------------------------------------------- */

const char *
outer_arguments(struct writer *w, bool declare)
{
	struct text t = {.arena = w->e->arena};
	for (int i = 0; i < w->kernel->outer.n; i++) {
		const struct index *o = w->kernel->outer.at[i];
		text_add(&t, "%s%s, ", declare ? "int " : "", declare ? loop_name(w, o) : name_of_index(w, o));
		if (declare) enter_loop(w, o);
	}
	return text_end(&t);
}

void
write_epilogue(struct writer *w, const char *sum, bool vector)
{
	const struct equation *q = w->kernel->equations.at[0];
	struct lowered l = lower_equation(w->plan->program, q);
	write_map_value(w, q, (struct value_text){scaled_text(w, sum, l.scale, vector), l.scale ? 2 : 4, vector});
	for (int i = 1; i < w->kernel->equations.n; i++) write_map_value(w, w->kernel->equations.at[i], map_value(w, w->kernel->equations.at[i]));
}

void
open_tile_loops(struct writer *w)
{
	write_line(w, "UNROLL for (int r = 0; r < rows; r++)");
	w->indent++;
	write_line(w, "UNROLL for (int v = 0; v < vecs; v++) {");
	w->indent++;
}

void
close_tile_loops(struct writer *w)
{
	close_brace(w);
	w->indent--;
}

void
write_zero_sums(struct writer *w)
{
	write_line(w, "lanes sum[%d][VECS];", ROWS);
	write_line(w, "UNROLL for (int r = 0; r < rows; r++)");
	write_line(w, "\tUNROLL for (int v = 0; v < vecs; v++) sum[r][v] = all(0);");
}

enum { STRETCH = 64 }; /* terms of a sum that one tile adds before it is the next tile's turn */

/* how many of the outermost index of the sum make a stretch; 0: all of them */
static long
stretch_size(const struct kernel *k)
{
	long inner = 1;
	for (int i = 1; i < k->sum.n; i++) inner *= k->sum.at[i]->size;
	if (!k->sum.n || k->guard || inner * k->sum.at[0]->size <= STRETCH) return 0;
	return inner < STRETCH ? STRETCH / inner : 1;
}

struct cut
cut_rows(long m)
{
	static const struct { int back; int n, piece[2]; } rest[ROWS] = {
		{0, 0, {0}}, {1, 2, {4, 3}}, {1, 2, {4, 4}}, {0, 1, {3}}, {0, 1, {4}}, {0, 1, {5}},
	};
	if (m < ROWS) return (struct cut){0, 1, {(int)m}};
	int r = (int)(m % ROWS);
	return (struct cut){m - r - ROWS * rest[r].back, rest[r].n, {rest[r].piece[0], rest[r].piece[1]}};
}

void
write_bounds_of_part(struct writer *w, long size)
{
	const int parts = w->kernel->parts;
	write_line(w, "const int from = part * %ld / %d, to = (part + 1) * %ld / %d;", size, parts, size, parts);
}

void
write_part_range(struct writer *w, struct cut c)
{
	const struct kernel *k = w->kernel;
	if (k->parts < 2) write_line(w, "(void)part;");
	else if (k->split_outer) write_bounds_of_part(w, k->outer.at[0]->size);
	else write_line(w, "const int from = part * %ld / %d * %d, to = (part + 1) * %ld / %d * %d;", c.sixes / ROWS, k->parts, ROWS, c.sixes / ROWS, k->parts, ROWS);
}

void
open_outer_loops(struct writer *w, int n)
{
	const struct kernel *k = w->kernel;
	for (int i = 0; i < n; i++) {
		if (i || k->parts < 2 || !k->split_outer) {
			open_loop(w, k->outer.at[i]);
			continue;
		}
		const char *name = loop_name(w, k->outer.at[0]);
		write_line(w, "for (int %s = from; %s < to; %s++) {", name, name, name);
		enter_loop(w, k->outer.at[0]);
		w->indent++;
	}
}

/* the rows behind the sixes, which belong to the last part */
static void
write_rest_calls(struct writer *w, struct cut c, void (*write)(struct writer *w, const char *rows, const char *first))
{
	bool parts = w->kernel->parts > 1 && !w->kernel->split_outer;
	if (!c.n) return;
	if (parts) {
		write_line(w, "if (part == %d) {", w->kernel->parts - 1);
		w->indent++;
	}
	long at = c.sixes;
	for (int i = 0; i < c.n; i++) {
		write(w, arena_print(w->e->arena, "%d", c.piece[i]), arena_print(w->e->arena, "%ld", at));
		at += c.piece[i];
	}
	if (parts) close_brace(w);
}

void
write_row_calls(struct writer *w, struct cut c, const char *row, void (*write)(struct writer *w, const char *rows, const char *first))
{
	struct arena *a = w->e->arena;
	bool parts = w->kernel->parts > 1 && !w->kernel->split_outer;
	if (c.sixes) {
		write_line(w, "for (int %s = %s; %s < %s; %s += %d) {", row, parts ? "from" : "0", row, parts ? "to" : arena_print(a, "%ld", c.sixes), row, ROWS);
		w->indent++;
		write(w, "6", row);
		close_brace(w);
	}
	write_rest_calls(w, c, write);
}

/* ---- TILE ---------------------------------------------------------------------------------------------------------------------------------------- */

/* Where each term of the sum reads another cache line of the factor that is broadcast (a matrix by columns), these lines fall out of the cache before
 * the next tile asks for what lies beside.  There a few tiles add a stretch of the sum each, then the next stretch; between, their sums wait in
 * memory.  The order of a sum stays. */

enum { LINE = 16, WAITING = 8 }; /* elements of a line; tiles whose sums may wait */

static bool
in_stretches(struct writer *w)
{
	const struct kernel *k = w->kernel;
	if (!stretch_size(k) || *time_parameter(w)) return false;
	const struct affine *f = flat_access(w->plan->program, k, k->left);
	return f && labs(stride_in(f, k->sum.at[k->sum.n - 1])) >= LINE;
}

static void
write_tile_calls(struct writer *w, const char *rows, const char *first, const char *stretch)
{
	const char *outer = outer_arguments(w, false), *call = inner_call(w, "tile"), *time = time_argument(w);
	write_line(w, "if (few) %s, %s, 1, panel%s, %s%s, n%s);", call, rows, time, outer, first, stretch);
	write_line(w, "else %s, %s, VECS, panel%s, %s%s, n%s);", call, rows, time, outer, first, stretch);
}

static void
call_tile(struct writer *w, const char *rows, const char *first)
{
	write_tile_calls(w, rows, first, "");
}

static void
call_whole_tile(struct writer *w, const char *rows, const char *first)
{
	write_tile_calls(w, rows, first, arena_print(w->e->arena, ", 0, %ld, sums[0]", w->kernel->sum.at[0]->size));
}

/* all rows of the part in stretches */
static void
write_stretches(struct writer *w, struct cut c, const char *row)
{
	const struct kernel *k = w->kernel;
	struct arena *a = w->e->arena;
	const bool parts = k->parts > 1 && !k->split_outer;
	const long size = k->sum.at[0]->size, stretch = stretch_size(k);
	const char *end = parts ? "to" : arena_print(a, "%ld", c.sixes);
	write_line(w, "lanes sums[%d][%d][VECS];", WAITING, ROWS);
	if (c.sixes) {
		write_line(w, "for (int first = %s; first < %s; first += %d)", parts ? "from" : "0", end, WAITING * ROWS);
		write_line(w, "\tfor (int term = 0; term < %ld; term += %ld)", size, stretch);
		write_line(w, "\t\tfor (int %s = first; %s < smaller(first + %d, %s); %s += %d) {", row, row, WAITING * ROWS, end, row, ROWS);
		w->indent += 3;
		const char *last = size % stretch ? arena_print(a, "smaller(term + %ld, %ld)", stretch, size) : arena_print(a, "term + %ld", stretch);
		write_tile_calls(w, "6", row, arena_print(a, ", term, %s, sums[(%s - first) / %d]", last, row, ROWS));
		close_brace(w);
		w->indent -= 2;
	}
	write_rest_calls(w, c, call_whole_tile);
}

static void
write_tile_function(struct emission *e, struct plan *plan, const struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	const char *time = time_parameter(&w), *outer = outer_arguments(&w, true), *row = loop_name(&w, k->row);
	const bool stretches = in_stretches(&w);
	for (int i = 0; i < k->equations.n; i++) bind_time(&w, k->equations.at[i]);
	enter_loop(&w, k->row);
	bool vector;
	write_line(&w, "lanes sum[%d][VECS];", ROWS);
	write_line(&w, "UNROLL for (int r = 0; r < rows; r++)");
	write_line(&w, "\tUNROLL for (int v = 0; v < vecs; v++) sum[r][v] = %sall(0);", stretches ? "from ? sums[r][v] : " : "");
	int braces = 0, plain = stretches ? 1 : 0;
	if (stretches) open_range(&w, k->sum.at[braces++], "from", "to");
	braces += open_guarded_loops(&w, k->sum.n - plain, k->sum.at + plain, k->guard);
	bind_index(&w, k->row, arena_print(e->arena, "%s + r", row));
	w.sample = "n + v * LANES";
	write_line(&w, "lanes right[VECS];");
	write_line(&w, "UNROLL for (int v = 0; v < vecs; v++) right[v] = load(&%s);", element_text(&w, k->right, &vector));
	write_line(&w, "UNROLL for (int r = 0; r < rows; r++)");
	write_line(&w, "\tUNROLL for (int v = 0; v < vecs; v++) sum[r][v] = madd(%s, right[v], sum[r][v]);", element_text(&w, k->left, &vector));
	close_loops(&w, braces);
	if (stretches) {
		write_line(&w, "if (to < %ld) {", k->sum.at[0]->size);
		write_line(&w, "\tUNROLL for (int r = 0; r < rows; r++)");
		write_line(&w, "\t\tUNROLL for (int v = 0; v < vecs; v++) sums[r][v] = sum[r][v];");
		write_line(&w, "\treturn;");
		write_line(&w, "}");
	}
	open_tile_loops(&w);
	write_epilogue(&w, "sum[r][v]", true);
	close_tile_loops(&w);
	finish_function(&w, out, "INLINE void", "@@_tile", arena_print(e->arena, ", const int rows, const int vecs, int panel%s, %sint %s, int n%s", time, outer, row,
					     stretches ? ", int from, int to, lanes sums[][VECS]" : ""));
}

void
write_tile(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out)
{
	write_tile_function(e, plan, k, names, out);
	text_add(out, "\n");
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	struct cut c = cut_rows(k->row->size);
	const char *time = time_parameter(&w);
	write_part_range(&w, c);
	write_line(&w, "for (int panel = 0; panel < m->panels; panel++)");
	write_line(&w, "\tfor (int n = 0; n < samples_in(m, panel); n += WIDTH) {");
	w.indent += 2;
	write_line(&w, "const int few = samples_in(m, panel) - n <= LANES; /* one vector is enough */");
	open_outer_loops(&w, k->outer.n);
	if (in_stretches(&w)) write_stretches(&w, c, loop_name(&w, k->row));
	else write_row_calls(&w, c, loop_name(&w, k->row), call_tile);
	close_loops(&w, k->outer.n);
	w.indent--;
	write_line(&w, "}");
	finish_function(&w, out, "static void", "@@", arena_print(e->arena, ", int part%s", time));
}

/* ---- PAIR ---------------------------------------------------------------------------------------------------------------------------------------- */

static void
write_pair_tile(struct emission *e, struct plan *plan, const struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	struct arena *a = e->arena;
	const char *outer = outer_arguments(&w, true), *row = loop_name(&w, k->row), *column = "";
	enter_loop(&w, k->row);
	if (k->column) {
		column = loop_name(&w, k->column);
		enter_loop(&w, k->column);
	}
	bool vector;
	write_line(&w, "lanes sum[%d][PAIR_COLUMNS];", ROWS);
	write_line(&w, "UNROLL for (int r = 0; r < rows; r++)");
	write_line(&w, "\tUNROLL for (int column = 0; column < columns; column++) sum[r][column] = all(0);");
	int braces = open_guarded_loops(&w, k->sum.n, k->sum.at, k->guard);
	bind_index(&w, k->row, arena_print(a, "%s + r", row));
	if (k->column) bind_index(&w, k->column, arena_print(a, "%s + column", column));
	write_line(&w, "lanes left[%d], right[PAIR_COLUMNS];", ROWS);
	write_line(&w, "UNROLL for (int r = 0; r < rows; r++) left[r] = load(&%s);", element_text(&w, k->left, &vector));
	write_line(&w, "UNROLL for (int column = 0; column < columns; column++) right[column] = load(&%s);", element_text(&w, k->right, &vector));
	write_line(&w, "UNROLL for (int r = 0; r < rows; r++)");
	write_line(&w, "\tUNROLL for (int column = 0; column < columns; column++) sum[r][column] = vmadd(left[r], right[column], sum[r][column]);");
	close_loops(&w, braces);
	write_line(&w, "UNROLL for (int r = 0; r < rows; r++)");
	w.indent++;
	write_line(&w, "UNROLL for (int column = 0; column < columns; column++) {");
	w.indent++;
	write_epilogue(&w, "sum[r][column]", true);
	close_tile_loops(&w);
	finish_function(&w, out, "INLINE void", "@@_tile",
			arena_print(a, ", const int rows, const int columns, int panel, int n, %sint %s%s", outer, row, k->column ? arena_print(a, ", int %s", column) : ""));
}

static void
call_pair(struct writer *w, const char *rows, const char *first)
{
	const struct kernel *k = w->kernel;
	const char *outer = outer_arguments(w, false), *call = inner_call(w, "tile");
	if (!k->column) {
		write_line(w, "%s, %s, 1, panel, n, %s%s);", call, rows, outer, first);
		return;
	}
	const char *c = loop_name(w, k->column);
	write_line(w, "{");
	w->indent++;
	write_line(w, "int %s = 0;", c);
	write_line(w, "for (; %s + PAIR_COLUMNS <= %ld; %s += PAIR_COLUMNS) %s, %s, PAIR_COLUMNS, panel, n, %s%s, %s);", c, k->column->size, c, call, rows, outer, first, c);
	write_line(w, "for (; %s < %ld; %s++) %s, %s, 1, panel, n, %s%s, %s);", c, k->column->size, c, call, rows, outer, first, c);
	close_brace(w);
}

void
write_pair(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out)
{
	write_pair_tile(e, plan, k, names, out);
	text_add(out, "\n");
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	struct cut c = cut_rows(k->row->size);
	write_part_range(&w, c);
	write_line(&w, "for (int panel = 0; panel < m->panels; panel++)");
	write_line(&w, "\tfor (int n = 0; n < samples_in(m, panel); n += LANES) {");
	w.indent += 2;
	open_outer_loops(&w, k->outer.n);
	write_row_calls(&w, c, loop_name(&w, k->row), call_pair);
	close_loops(&w, k->outer.n);
	w.indent--;
	write_line(&w, "}");
	finish_function(&w, out, "static void", "@@", ", int part");
}

/* ---- DOT ------------------------------------------------------------------------------------------------------------------------------------------ */

/* A few rows and a block of columns keep their running sums in memory that stays in the first cache.  For 16 samples and a stretch of the sum, the
 * operands of the rows stay there as well, while one tile of columns after the other takes its sums into registers. */

enum { COLUMN_BLOCK = 32 }; /* columns that share what is read for the rows */
enum { MOST_COLUMNS = 4 }; /* COLUMNS divides it on every target */

static long
columns_of(const struct kernel *k)
{
	return k->column ? k->column->size : 1;
}

static long
column_block(const struct kernel *k)
{
	return columns_of(k) < COLUMN_BLOCK ? columns_of(k) : COLUMN_BLOCK;
}

/* for each row, column and vector of the tile, or of the block */
static void
open_sum_loops(struct writer *w, const char *columns)
{
	write_line(w, "UNROLL for (int r = 0; r < rows; r++)");
	write_line(w, "\t%sfor (int column = 0; column < %s; column++)", strcmp(columns, "columns") ? "" : "UNROLL ", columns);
	w->indent += 2;
}

static void
write_dot_sums(struct writer *w, const struct kernel *k)
{
	bool vector;
	write_line(w, "lanes left[%d][SUM_VECS], right[COLUMNS][SUM_VECS];", ROWS);
	w->sample = "n + vec * LANES";
	write_line(w, "UNROLL for (int r = 0; r < rows; r++)");
	write_line(w, "\tUNROLL for (int vec = 0; vec < SUM_VECS; vec++) left[r][vec] = load(&%s);", element_text(w, k->left, &vector));
	write_line(w, "UNROLL for (int column = 0; column < columns; column++)");
	write_line(w, "\tUNROLL for (int vec = 0; vec < SUM_VECS; vec++) right[column][vec] = load(&%s);", element_text(w, k->right, &vector));
	open_sum_loops(w, "columns");
	write_line(w, "UNROLL for (int vec = 0; vec < SUM_VECS; vec++) sum[r][column][vec] = vmadd(left[r][vec], right[column][vec], sum[r][column][vec]);");
	w->indent -= 2;
}

/* names and text of the indices of a tile; returns its column's name */
static const char *
enter_dot(struct writer *w, const char **outer, const char **row)
{
	const struct kernel *k = w->kernel;
	*outer = outer_arguments(w, true);
	*row = loop_name(w, k->row);
	enter_loop(w, k->row);
	bind_index(w, k->row, arena_print(w->e->arena, "%s + r", *row));
	if (!k->column) return "";
	const char *column = loop_name(w, k->column);
	enter_loop(w, k->column);
	return column;
}

/* 16 samples, a stretch of the sum, a few columns */
static void
write_dot_tile(struct emission *e, struct plan *plan, const struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	struct arena *a = e->arena;
	const char *outer, *row, *column = enter_dot(&w, &outer, &row);
	if (k->column) bind_index(&w, k->column, arena_print(a, "%s + column", column));
	write_line(&w, "lanes sum[%d][COLUMNS][SUM_VECS];", ROWS);
	open_sum_loops(&w, "columns");
	write_line(&w, "UNROLL for (int vec = 0; vec < SUM_VECS; vec++) sum[r][column][vec] = sums[r][place + column][vec];");
	w.indent -= 2;
	int braces = stretch_size(k) ? 1 : 0;
	if (braces) open_range(&w, k->sum.at[0], "from", "to");
	braces += braces ? open_guarded_loops(&w, k->sum.n - 1, k->sum.at + 1, k->guard) : open_guarded_loops(&w, k->sum.n, k->sum.at, k->guard);
	write_dot_sums(&w, k);
	close_loops(&w, braces);
	open_sum_loops(&w, "columns");
	write_line(&w, "UNROLL for (int vec = 0; vec < SUM_VECS; vec++) sums[r][place + column][vec] = sum[r][column][vec];");
	w.indent -= 2;
	finish_function(&w, out, "INLINE void", "@@_tile",
			arena_print(a, ", const int rows, const int columns, lanes sums[][%ld][SUM_VECS], int place, int panel, int n, %s%sint %s%s", column_block(k),
				    stretch_size(k) ? "int from, int to, " : "", outer, row, k->column ? arena_print(a, ", int %s", column) : ""));
	text_add(out, "\n");
}

/* the calls for 16 samples: stretch after stretch of the sum, tile after tile of columns */
static void
write_dot_calls(struct writer *w, const char *outer, const char *row, const char *column)
{
	const struct kernel *k = w->kernel;
	struct arena *a = w->e->arena;
	long stretch = stretch_size(k);
	const char *range = "";
	if (stretch) {
		long size = k->sum.at[0]->size;
		write_line(w, "for (int from = 0; from < %ld; from += %ld) {", size, stretch);
		w->indent++;
		range = size % stretch ? arena_print(a, "from, smaller(from + %ld, %ld), ", stretch, size) : arena_print(a, "from, from + %ld, ", stretch);
	}
	const char *call = inner_call(w, "tile");
	if (!k->column) {
		write_line(w, "%s, rows, 1, sums, 0, panel, n, %s%s%s);", call, range, outer, row);
	} else {
		const char *rest = arena_print(a, "sums, %s - first, panel, n, %s%s%s, %s);", column, range, outer, row, column);
		write_line(w, "int %s = first;", column);
		write_line(w, "for (; %s + COLUMNS <= last; %s += COLUMNS) %s, rows, COLUMNS, %s", column, column, call, rest);
		if (columns_of(k) % MOST_COLUMNS) write_line(w, "for (; %s < last; %s++) %s, rows, 1, %s", column, column, call, rest);
	}
	if (stretch) close_brace(w);
}

/* some rows and a block of columns: all samples */
static void
write_dot_block(struct emission *e, struct plan *plan, const struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	struct arena *a = e->arena;
	long block = column_block(k);
	const char *outer, *row, *column = enter_dot(&w, &outer, &row), *columns = k->column ? "last - first" : "1";
	if (k->column) bind_index(&w, k->column, "first + column");
	write_line(&w, "lanes sums[%d][%ld][SUM_VECS], kept[%d][%ld][SUM_VECS];", ROWS, block, ROWS, block);
	write_line(&w, "memset(sums, 0, sizeof sums);");
	write_line(&w, "memset(kept, 0, sizeof kept);");
	if (k->over_samples) {
		write_line(&w, "if (m->first)");
		w.indent++;
		open_sum_loops(&w, columns);
		write_line(&w, "UNROLL for (int vec = 0; vec < SUM_VECS; vec++) sums[r][column][vec] = load(&%s + vec * LANES);", carried_sum(&w));
		w.indent -= 3;
	}
	write_line(&w, "for (int panel = 0; panel < m->panels; panel++) {");
	w.indent++;
	write_line(&w, "const int samples = samples_in(m, panel);");
	write_line(&w, "for (int n = 0; n < samples; n += 16) {");
	w.indent++;
	write_line(&w, "const int whole = n + 16 <= samples;");
	write_line(&w, "if (!whole) memcpy(kept, sums, sizeof sums);");
	write_dot_calls(&w, outer_arguments(&w, false), row, column);
	write_line(&w, "if (!whole) /* lanes behind the last sample keep their sums */");
	w.indent++;
	open_sum_loops(&w, columns);
	write_line(&w, "UNROLL for (int vec = 0; vec < SUM_VECS; vec++)");
	write_line(&w, "\tsums[r][column][vec] = pick(lane_index() + all_ints(n + vec * LANES) < all_ints(samples), sums[r][column][vec], kept[r][column][vec]);");
	w.indent -= 3;
	close_brace(&w);
	close_brace(&w);
	w.lanes = NO_LANES;
	if (k->over_samples) {
		write_line(&w, "if (m->more) {");
		w.indent++;
		open_sum_loops(&w, columns);
		write_line(&w, "UNROLL for (int vec = 0; vec < SUM_VECS; vec++) store(&%s + vec * LANES, sums[r][column][vec]);", carried_sum(&w));
		w.indent -= 2;
		write_line(&w, "return;");
		close_brace(&w);
	}
	write_line(&w, "for (int r = 0; r < rows; r++)");
	w.indent++;
	write_line(&w, "for (int column = 0; column < %s; column++) {", columns);
	w.indent++;
	write_line(&w, "real lane_sums[16];");
	write_line(&w, "for (int vec = 0; vec < SUM_VECS; vec++) store(&lane_sums[vec * LANES], sums[r][column][vec]);");
	write_epilogue(&w, "tree16(lane_sums)", false);
	close_tile_loops(&w);
	finish_function(&w, out, "INLINE void", "@@_block", arena_print(a, ", const int rows, %sint %s%s", outer, row, k->column ? ", int first, int last" : ""));
	text_add(out, "\n");
}

static void
call_dot(struct writer *w, const char *rows, const char *first)
{
	write_line(w, "%s, %s, %s%s%s);", inner_call(w, "block"), rows, outer_arguments(w, false), first, w->kernel->column ? ", first, last" : "");
}

void
write_dot(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out)
{
	write_dot_tile(e, plan, k, names, out);
	write_dot_block(e, plan, k, names, out);
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	struct cut c = cut_rows(k->row->size);
	long columns = columns_of(k), block = column_block(k);
	write_part_range(&w, c);
	open_outer_loops(&w, k->outer.n);
	if (k->column && columns == block) {
		write_line(&w, "const int first = 0, last = %ld;", columns);
	} else if (k->column) {
		write_line(&w, "for (int first = 0; first < %ld; first += %ld) {", columns, block);
		w.indent++;
		write_line(&w, columns % block ? "const int last = smaller(first + %ld, %ld);" : "const int last = first + %ld;", block, columns);
	}
	write_row_calls(&w, c, loop_name(&w, k->row), call_dot);
	if (k->column && columns > block) close_brace(&w);
	close_loops(&w, k->outer.n);
	finish_function(&w, out, "static void", "@@", ", int part");
}
