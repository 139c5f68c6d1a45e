/* kernel.c - a kernel as a C function, its equations above it. */
#include "emit/emit.h"
#include "core/print.h"
#include <stdlib.h>
#include <string.h>

enum { ROWS = 6, CHUNK = 1024 }; /* rows of a tile; columns of a block of gradients */

/* ---- writing ------------------------------------------------------------------------------------------------------------------------------------------ */

static struct writer
writer_new(struct emission *e, struct plan *plan, const struct kernel *k, enum lanes_are lanes)
{
	struct writer w = {.e = e, .plan = plan, .kernel = k, .lanes = lanes, .sample = "n", .indent = 1, .part = "0"};
	w.names.arena = w.body.arena = e->arena;
	return w;
}

/* the C variable of an index: its own name, or j2, j3 ... where a loop around has that name */
static const char *
loop_name(struct writer *w, const struct index *i)
{
	struct arena *a = w->e->arena;
	const char *name = NULL;
	for (int n = 1; !name; n++) {
		const char *wanted = n == 1 ? i->name : arena_print(a, "%s%d", i->name, n);
		const char *c = c_name_as(&w->names, arena_print(a, "index %s %d", i->name, n), wanted);
		name = c;
		for (int k = 0; k < w->open.n; k++)
			if (w->open.at[k] != i && !strcmp(name_of_index(w, w->open.at[k]), c)) name = NULL;
	}
	bind_index(w, i, name);
	return name;
}

static void
enter(struct writer *w, const struct index *i)
{
	PUSH(w->e->arena, &w->open, i);
}

static void
open_loop(struct writer *w, const struct index *i)
{
	const char *name = loop_name(w, i);
	if (i->size == 1) {
		bind_index(w, i, "0");
		write_line(w, "{");
	} else {
		write_line(w, "for (int %s = 0; %s < %ld; %s++) {", name, name, i->size, name);
	}
	enter(w, i);
	w->indent++;
}

static void
close_brace(struct writer *w)
{
	w->indent--;
	write_line(w, "}");
}

static void
close_loop(struct writer *w)
{
	if (w->open.n) w->open.n--;
	close_brace(w);
}

static void
close_loops(struct writer *w, int n)
{
	while (n-- > 0) close_loop(w);
}

/* head { locals body } */
static void
finish_function(struct writer *w, struct text *out, const char *head)
{
	text_add(out, "%s\n{\n", head);
	for (int i = 0; i < w->locals.n; i++) text_add(out, "\t%s\n", w->locals.at[i].declaration);
	text_add(out, "%s}\n", text_end(&w->body));
}

static struct held
hold(struct writer *w, const struct tensor *t, const char *name, bool vector)
{
	struct held h = {t, name, vector};
	PUSH(w->e->arena, &w->held, h);
	return h;
}

static bool
is_stored(const struct writer *w, const struct tensor *t)
{
	enum storage s = w->plan->place[t->id].storage;
	return s == IN_PANELS || s == IN_PLAIN;
}

/* the tensor at the equation's own left side */
static struct expr *
own_element(struct writer *w, const struct equation *q)
{
	return read_at(w->plan->program, q->tensor, q->lhs);
}

/* how often the value is read inside the kernel */
static int
reads_inside(struct writer *w, const struct tensor *t)
{
	int count = 0;
	for (int i = 0; i < w->kernel->equations.n; i++) {
		int n;
		struct expr **reads = expr_reads(w->plan->program, w->kernel->equations.at[i]->body, &n);
		for (int r = 0; r < n; r++) count += reads[r]->tensor == t;
	}
	return count;
}

/* a map's value: into a variable when something here reads it, and into its place when something elsewhere does */
static void
write_map_value(struct writer *w, const struct equation *q, struct value_text v)
{
	bool vector;
	const char *at = is_stored(w, q->tensor) ? element_text(w, own_element(w, q), &vector) : NULL;
	bool named = reads_inside(w, q->tensor) > 0, integer = q->tensor->integer;
	bool lanes = w->lanes != NO_LANES;
	if (named) {
		const char *name = c_name(&w->names, arena_print(w->e->arena, "%s here", q->tensor->name));
		const char *shown = c_name(&w->names, q->tensor->name);
		bool is_local = false;
		for (int i = 0; i < w->locals.n; i++) is_local |= !strcmp(w->locals.at[i].name, shown);
		if (!is_local && !at) name = shown;
		const char *type = integer ? (lanes ? "ints" : "int") : lanes ? "lanes" : "real";
		write_line(w, "const %s %s = %s;", type, name, lanes && !integer ? as_vector(w, v) : v.text);
		hold(w, q->tensor, name, lanes);
		v = (struct value_text){name, 4, lanes};
	}
	if (!at) return;
	if (!lanes) write_line(w, "%s = %s%s;", at, integer ? "(int32_t)" : "", v.text);
	else if (w->lanes == LANES_ARE_LAST_AXIS) write_line(w, "store_some(&%s, %s, %s);", at, as_vector(w, v), w->part);
	else if (integer) write_line(w, "store_ints(&%s, %s);", at, v.text);
	else write_line(w, "store(&%s, %s);", at, as_vector(w, v));
}

/* an integer map (a class, a position) is written as lanes of whole numbers */
static struct value_text
map_value(struct writer *w, const struct equation *q)
{
	struct lowered l = lower_equation(w->plan->program, q);
	if (!q->tensor->integer) return write_value(w, &l);
	if (w->lanes != LANES_ARE_SAMPLES) return (struct value_text){whole_text(w, q->body, 0), 0, false};
	return (struct value_text){whole_lanes_text(w, q->body), 0, true};
}

/* ---- KERNEL_TILE ------------------------------------------------------------------------------------------------------------------------------------------ */

static const char *
outer_arguments(struct writer *w, bool declare)
{
	struct text t = {.arena = w->e->arena};
	for (int i = 0; i < w->kernel->outer.n; i++) {
		const struct index *o = w->kernel->outer.at[i];
		text_add(&t, "%s%s, ", declare ? "int " : "", loop_name(w, o));
		if (declare) enter(w, o);
	}
	return text_end(&t);
}

/* the finished sum and the maps behind it, for row r and vector v of the tile */
static void
write_epilogue(struct writer *w, const char *vectors)
{
	const struct equation *q = w->kernel->equations.at[0];
	struct lowered l = lower_equation(w->plan->program, q);
	write_line(w, "UNROLL for (int r = 0; r < rows; r++)");
	w->indent++;
	write_line(w, "UNROLL for (int v = 0; v < %s; v++) {", vectors);
	w->indent++;
	struct value_text sum = {"sum[r][v]", 4, true};
	if (l.scale) sum = (struct value_text){arena_print(w->e->arena, "sum[r][v] * %s", is_number(l.scale, l.scale->number) && l.scale->op == OP_NUMBER ? c_number(w->e->arena, l.scale->number, w->e->f64)
									   : arena_print(w->e->arena, "m->%s", uniform_name(w->e, l.scale))), 2, true};
	write_map_value(w, q, sum);
	for (int i = 1; i < w->kernel->equations.n; i++) {
		const struct equation *next = w->kernel->equations.at[i];
		write_map_value(w, next, map_value(w, next));
	}
}

static void
write_zero_sums(struct writer *w, const char *vectors)
{
	write_line(w, "lanes sum[%d][VECS];", ROWS);
	write_line(w, "UNROLL for (int r = 0; r < rows; r++)");
	write_line(w, "\tUNROLL for (int v = 0; v < %s; v++) sum[r][v] = all(0);", vectors);
}

/* how m rows are cut: sixes, then what is left as pieces of at least 3 where possible */
struct cut {
	long sixes;  /* rows covered by pieces of 6 */
	int n, piece[2];
};

static struct cut
cut_rows(long m)
{
	static const struct { int back; int n, piece[2]; } rest[ROWS] = {
		{0, 0, {0}}, {1, 2, {4, 3}}, {1, 2, {4, 4}}, {0, 1, {3}}, {0, 1, {4}}, {0, 1, {5}},
	};
	if (m < ROWS) return (struct cut){0, 1, {(int)m}};
	int r = (int)(m % ROWS);
	return (struct cut){m - r - ROWS * rest[r].back, rest[r].n, {rest[r].piece[0], rest[r].piece[1]}};
}

/* rows of this part: from .. to, in sixes */
static void
write_part_range(struct writer *w, struct cut c, int parts)
{
	if (parts < 2) return;
	write_line(w, "const int from = part * %ld / %d * %d, to = (part + 1) * %ld / %d * %d;", c.sixes / ROWS, parts, ROWS, c.sixes / ROWS, parts, ROWS);
}

/* calls of the tile for all rows; `format` takes the number of rows and the first row */
static void
write_row_calls(struct writer *w, struct cut c, int parts, const char *row, void (*each)(struct writer *w, const char *rows, const char *first))
{
	struct arena *a = w->e->arena;
	if (c.sixes) {
		write_line(w, "for (int %s = %s; %s < %s; %s += %d) {", row, parts > 1 ? "from" : "0", row, parts > 1 ? "to" : arena_print(a, "%ld", c.sixes), row, ROWS);
		w->indent++;
		each(w, "6", row);
		close_brace(w);
	}
	if (!c.n) return;
	if (parts > 1) {
		write_line(w, "if (part == %d) {", parts - 1);
		w->indent++;
	}
	long at = c.sixes;
	for (int i = 0; i < c.n; i++) {
		each(w, arena_print(a, "%d", c.piece[i]), arena_print(a, "%ld", at));
		at += c.piece[i];
	}
	if (parts > 1) close_brace(w);
}

static void
call_tile(struct writer *w, const char *rows, const char *first)
{
	const char *outer = outer_arguments(w, false);
	write_line(w, "if (few) @@_tile(m, %s, 1, panel, %s%s, n);", rows, outer, first);
	write_line(w, "else @@_tile(m, %s, VECS, panel, %s%s, n);", rows, outer, first);
}

static void
write_tile_function(struct emission *e, struct plan *plan, const struct kernel *k, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES);
	const char *outer = outer_arguments(&w, true), *row = loop_name(&w, k->row);
	enter(&w, k->row);
	write_zero_sums(&w, "vecs");
	for (int i = 0; i < k->sum.n; i++) open_loop(&w, k->sum.at[i]);
	bool vector;
	bind_index(&w, k->row, arena_print(e->arena, "%s + r", row));
	w.sample = "n + v * LANES";
	write_line(&w, "lanes right[VECS];");
	write_line(&w, "UNROLL for (int v = 0; v < vecs; v++) right[v] = load(&%s);", element_text(&w, k->right, &vector));
	write_line(&w, "UNROLL for (int r = 0; r < rows; r++)");
	write_line(&w, "\tUNROLL for (int v = 0; v < vecs; v++) sum[r][v] = madd(%s, right[v], sum[r][v]);", element_text(&w, k->left, &vector));
	close_loops(&w, k->sum.n);
	write_epilogue(&w, "vecs");
	close_brace(&w);
	w.indent--;
	finish_function(&w, out, arena_print(e->arena, "INLINE void\n@@_tile(const struct %s *m, const int rows, const int vecs, int panel, %sint %s, int n)", e->prefix, outer, row));
}

static void
write_tile(struct emission *e, struct plan *plan, struct kernel *k, struct text *out)
{
	write_tile_function(e, plan, k, out);
	text_add(out, "\n");
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES);
	struct cut c = cut_rows(k->row->size);
	if (k->parts > 1) write_part_range(&w, c, k->parts);
	else write_line(&w, "(void)part;");
	write_line(&w, "for (int panel = 0; panel < m->panels; panel++)");
	write_line(&w, "\tfor (int n = 0; n < samples_in(m, panel); n += WIDTH) {");
	w.indent += 2;
	write_line(&w, "const int few = samples_in(m, panel) - n <= LANES; /* a single sample, say: one vector is enough */");
	for (int i = 0; i < k->outer.n; i++) open_loop(&w, k->outer.at[i]);
	write_row_calls(&w, c, k->parts, loop_name(&w, k->row), call_tile);
	close_loops(&w, k->outer.n);
	w.indent--;
	write_line(&w, "}");
	finish_function(&w, out, arena_print(e->arena, "static void\n@@(const struct %s *m, int part)", e->prefix));
}

/* ---- KERNEL_LANES ------------------------------------------------------------------------------------------------------------------------------------------- */

static const char *
start_text(enum reduction r)
{
	return r == PROD ? "all(1)" : r == MAX || r == ARGMAX ? "all(-NN_INFINITY)" : r == MIN || r == ARGMIN ? "all(NN_INFINITY)" : "all(0)";
}

/* one reduction over features, a vector of samples at a time */
static void
write_lane_reduction(struct writer *w, const struct equation *q)
{
	struct arena *a = w->e->arena;
	bool where = q->reduction == ARGMAX || q->reduction == ARGMIN, best = where || q->reduction == MAX || q->reduction == MIN;
	const char *name = c_name(&w->names, q->tensor->name), *acc = where ? c_name(&w->names, arena_print(a, "%s best", q->tensor->name)) : name;
	bool is_local = is_stored(w, q->tensor);
	if (is_local) name = c_name(&w->names, arena_print(a, "%s here", q->tensor->name));
	if (!where) acc = name;
	write_line(w, "lanes %s = %s;", acc, start_text(q->reduction));
	if (where) write_line(w, "ints %s = all_ints(0);", name);
	for (int i = 0; i < q->bound_count; i++) open_loop(w, q->bound[i]);
	struct lowered l = lower_equation(w->plan->program, q);
	w->accumulator = acc;
	w->accumulator_vector = true;
	struct value_text v = write_value(w, &l);
	if (!best) {
		write_line(w, "%s = %s;", acc, as_vector(w, v));
	} else {
		const char *x = "candidate", *op = q->reduction == MAX || q->reduction == ARGMAX ? ">" : "<";
		write_line(w, "const lanes %s = %s;", x, as_vector(w, v));
		if (where) {
			struct expr *flat = number(w->plan->program, 0);
			for (int i = 0; i < q->bound_count; i++) flat = add(w->plan->program, scale(w->plan->program, (double)q->bound[i]->size, flat), index_of(w->plan->program, q->bound[i]));
			write_line(w, "%s = pick_ints(%s %s %s, all_ints(%s), %s);", name, x, op, acc, whole_text(w, flat, 0), name);
		}
		write_line(w, "%s = pick(%s %s %s, %s, %s);", acc, x, op, acc, x, acc);
	}
	close_loops(w, q->bound_count);
	if (l.scale) write_line(w, "%s = %s * %s;", acc, acc, l.scale->op == OP_NUMBER ? c_number(a, l.scale->number, w->e->f64) : arena_print(a, "m->%s", uniform_name(w->e, l.scale)));
	if (q->tensor->rank == 1) hold(w, q->tensor, name, true);
	bool vector;
	if (is_stored(w, q->tensor)) write_line(w, "%s(&%s, %s);", where ? "store_ints" : "store", element_text(w, own_element(w, q), &vector), name);
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
	int n = first + 1;
	for (; n < k->equations.n; n++) {
		const struct equation *q = k->equations.at[n];
		int count;
		if (q->reduction || !same_loops(q, k->equations.at[first])) break;
		struct expr **reads = expr_reads(w->plan->program, q->body, &count);
		bool fits = true;
		for (int r = 0; r < count; r++)
			for (int e = first; e < n; e++) {
				if (reads[r]->tensor != k->equations.at[e]->tensor) continue;
				for (int s = 0; s < reads[r]->n; s++) fits &= reads[r]->kid[s]->op == OP_INDEX && reads[r]->kid[s]->index == q->lhs[s];
			}
		if (!fits) break;
	}
	return n;
}

static int
write_lane_maps(struct writer *w, int first)
{
	const struct kernel *k = w->kernel;
	const struct equation *lead = k->equations.at[first];
	int end = lead->lhs_count > 1 ? maps_together(w, first) : first + 1, held = w->held.n;
	for (int i = 1; i < lead->lhs_count; i++) open_loop(w, lead->lhs[i]);
	for (int e = first; e < end; e++) {
		const struct equation *q = k->equations.at[e];
		for (int i = 1; i < q->lhs_count; i++) bind_index(w, q->lhs[i], name_of_index(w, lead->lhs[i]));
		write_map_value(w, q, map_value(w, q));
	}
	close_loops(w, lead->lhs_count - 1);
	if (lead->lhs_count > 1) w->held.n = held; /* their variables ended with the loop */
	return end;
}

static void
write_lanes(struct emission *e, struct plan *plan, struct kernel *k, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES);
	write_line(&w, "for (int n = 0; n < samples_in(m, panel); n += LANES) {");
	w.indent++;
	for (int i = 0; i < k->equations.n;) {
		const struct equation *q = k->equations.at[i];
		if (!q->reduction) {
			i = write_lane_maps(&w, i);
			continue;
		}
		for (int o = 1; o < q->lhs_count; o++) open_loop(&w, q->lhs[o]);
		write_lane_reduction(&w, q);
		close_loops(&w, q->lhs_count - 1);
		i++;
	}
	close_brace(&w);
	finish_function(&w, out, arena_print(e->arena, "static void\n@@(const struct %s *m, int panel)", e->prefix));
}

/* ---- KERNEL_ROWS -------------------------------------------------------------------------------------------------------------------------------------------- */

static void
write_rows(struct emission *e, struct plan *plan, struct kernel *k, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES);
	long features = tensor_count(k->rows);
	const char *x = local_pointer(&w, k->rows, 0, false), *rows = buffer_name(e, k->rows, "_rows");
	write_line(&w, "nn_to_rows(%s, %ld, samples_in(m, panel), m->%s + (size_t)panel * PANEL * %ld);", x, features, rows, features);
	finish_function(&w, out, arena_print(e->arena, "static void\n@@(const struct %s *m, int panel)", e->prefix));
}

/* ---- sums over the samples ------------------------------------------------------------------------------------------------------------------------------------ */

/* where the running sum of an element is kept between the chunks of a batch; of 16, the first */
static const char *
carried_sum(struct writer *w, const struct kernel *k)
{
	const struct equation *q = k->equations.at[0];
	struct program *p = w->plan->program;
	struct expr *at = affine_expr(p, flat_access(p, k, read_at(p, q->tensor, q->lhs)));
	if (k->kind == KERNEL_FOLD) at = scale(p, 16, at);
	return arena_print(w->e->arena, "m->%s[%s]", buffer_name(w->e, q->tensor, "_so_far"), whole_text(w, at, 0));
}

/* ---- KERNEL_OUTER ------------------------------------------------------------------------------------------------------------------------------------------- */

int
param_number(struct emission *e, const struct tensor *param)
{
	int n = 0;
	const struct program *p = e->model->train;
	for (int i = 0; i < p->tensors.n; i++) {
		if (p->tensors.at[i] == param) return n;
		n += p->tensors.at[i]->role == ROLE_PARAM;
	}
	return 0;
}

static void
write_outer_tile(struct emission *e, struct plan *plan, const struct kernel *k, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_LAST_AXIS);
	const char *outer = outer_arguments(&w, true), *row = loop_name(&w, k->row);
	enter(&w, k->row);
	const char *lane = loop_name(&w, k->lane);
	enter(&w, k->lane);
	struct program *p = plan->program;
	long features = tensor_count(k->rows);
	bool vector, gradient = k->direct;
	write_zero_sums(&w, "vecs");
	bind_index(&w, k->row, arena_print(e->arena, "%s + r", row));
	bind_index(&w, k->lane, arena_print(e->arena, "%s + v * LANES", lane));
	if (k->over_samples) {
		write_line(&w, "if (m->first)");
		write_line(&w, "\tUNROLL for (int r = 0; r < rows; r++)");
		write_line(&w, "\t\tUNROLL for (int v = 0; v < vecs; v++) sum[r][v] = load_some(&%s, part);", carried_sum(&w, k));
	}
	write_line(&w, "for (int panel = 0; panel < m->panels; panel++) {");
	w.indent++;
	/* the factor that is broadcast is read as samples, the other as rows */
	w.lanes = LANES_ARE_SAMPLES;
	const char *left = element_text(&w, k->left, &vector);
	struct affine *f = flat_access(p, k, k->right);
	const char *right = whole_text(&w, affine_expr(p, f), 0), *x = local_pointer(&w, k->rows, 0, true);
	for (int i = 0; i < w.locals.n; i++) /* pointers into the panel are made inside this loop */
		if (strstr(w.locals.at[i].declaration, "panel)")) {
			write_line(&w, "%s", w.locals.at[i].declaration);
			w.locals.at[i] = w.locals.at[--w.locals.n];
			i--;
		}
	write_line(&w, "const int samples = samples_in(m, panel);");
	write_line(&w, "for (int n = 0; n < samples; n++) {");
	w.indent++;
	write_line(&w, "const real *row = %s + ((size_t)panel * PANEL + (size_t)n) * %ld;", x, features);
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
		write_line(&w, "\t\tUNROLL for (int v = 0; v < vecs; v++) store_some(&%s, sum[r][v], part);", carried_sum(&w, k));
		write_line(&w, "\treturn;");
		write_line(&w, "}");
	}
	write_epilogue(&w, "vecs");
	if (gradient) {
		const char *value = NULL;
		for (int i = 0; i < w.held.n; i++)
			if (w.held.at[i].tensor == k->finished) value = w.held.at[i].name;
		if (!value) {
			const struct equation *q = k->equations.at[k->equations.n - 1];
			struct value_text v;
			if (k->equations.n == 1) {
				struct lowered l = lower_equation(p, q);
				v = (struct value_text){l.scale ? arena_print(e->arena, "sum[r][v] * m->%s", uniform_name(e, l.scale)) : "sum[r][v]", 2, true};
			} else {
				v = map_value(&w, q);
			}
			value = as_vector(&w, v);
		}
		write_line(&w, "store_some(&block[r][%s + v * LANES - first], %s, part);", lane, value);
	}
	close_brace(&w);
	w.indent--;
	finish_function(&w, out, arena_print(e->arena, "INLINE void\n@@_tile(const struct %s *m, const int rows, const int vecs, const int part, %sint %s, int %s%s)", e->prefix, outer, row, lane,
					     gradient ? arena_print(e->arena, ", int first, real block[][%ld]", k->lane->size < CHUNK ? (k->lane->size + 15) / 16 * 16 : CHUNK) : ""));
}

/* all columns of some rows; then the rows are handed on */
static void
call_outer(struct writer *w, const char *rows, const char *first)
{
	const struct kernel *k = w->kernel;
	struct arena *a = w->e->arena;
	long columns = k->lane->size, chunk = columns < CHUNK ? columns : CHUNK;
	const char *i = loop_name(w, k->lane), *outer = outer_arguments(w, false);
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
	write_line(w, "for (; %s + WIDTH <= %s; %s += WIDTH) @@_tile(m, %s, VECS, 0, %s%s, %s%s);", i, to, i, rows, outer, first, i, block);
	write_line(w, "for (; %s + LANES <= %s; %s += LANES) @@_tile(m, %s, 1, 0, %s%s, %s%s);", i, to, i, rows, outer, first, i, block);
	if (columns % 16) write_line(w, "if (%s < %s) @@_tile(m, %s, 1, %s - %s, %s%s, %s%s);", i, to, rows, to, i, outer, first, i, block);
	if (k->direct) {
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
		write_line(w, "%sfor (int r = 0; r < %s; r++) m->sink(m, %d, %s, %s, block[r]);", k->over_samples ? "\t" : "", rows, param_number(w->e, k->gradient), text_end(&at),
			   chunks ? "(size_t)(last - first)" : to);
	}
	close_brace(w);
}

static void
write_outer(struct emission *e, struct plan *plan, struct kernel *k, struct text *out)
{
	write_outer_tile(e, plan, k, out);
	text_add(out, "\n");
	struct writer w = writer_new(e, plan, k, LANES_ARE_LAST_AXIS);
	struct cut c = cut_rows(k->row->size);
	if (k->direct) write_line(&w, "real block[%d][%ld];", ROWS, k->lane->size < CHUNK ? (k->lane->size + 15) / 16 * 16 : CHUNK);
	if (k->parts > 1) write_part_range(&w, c, k->parts);
	else write_line(&w, "(void)part;");
	for (int i = 0; i < k->outer.n; i++) open_loop(&w, k->outer.at[i]);
	write_row_calls(&w, c, k->parts, loop_name(&w, k->row), call_outer);
	close_loops(&w, k->outer.n);
	finish_function(&w, out, arena_print(e->arena, "static void\n@@(const struct %s *m, int part)", e->prefix));
}

/* ---- KERNEL_FOLD and KERNEL_PLAIN ------------------------------------------------------------------------------------------------------------------------------ */

static const char *
scaled_text(struct writer *w, const char *value, struct expr *scale_)
{
	if (!scale_) return value;
	if (scale_->op == OP_NUMBER) return arena_print(w->e->arena, "%s * %s", value, c_number(w->e->arena, scale_->number, w->e->f64));
	return arena_print(w->e->arena, "%s * m->%s", value, uniform_name(w->e, scale_));
}

/* sums over samples, 16 running sums: sample n goes into the (n % 16)-th */
static void
write_fold(struct emission *e, struct plan *plan, struct kernel *k, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES);
	const struct equation *q = k->equations.at[0];
	bool vector;
	int loops = 0;
	write_line(&w, "(void)part;");
	for (int i = 0; i < q->lhs_count; i++) open_loop(&w, q->lhs[i]);
	write_line(&w, "real sum[16] = {0};");
	if (k->over_samples) write_line(&w, "if (m->first) memcpy(sum, &%s, sizeof sum);", carried_sum(&w, k));
	write_line(&w, "for (int panel = 0; panel < m->panels; panel++) {");
	w.indent++;
	struct text keep = w.body;
	w.body = (struct text){.arena = e->arena};
	write_line(&w, "const int samples = samples_in(m, panel);");
	write_line(&w, "for (int n = 0; n < samples; n += LANES) {");
	w.indent++;
	write_line(&w, "const lanes before = load(&sum[n %% 16]);");
	write_line(&w, "lanes after = before;");
	for (int i = 0; i < q->bound_count; i++)
		if (!q->bound[i]->batch) {
			open_loop(&w, q->bound[i]);
			loops++;
		}
	struct lowered l = lower_equation(plan->program, q);
	w.accumulator = "after";
	w.accumulator_vector = true;
	struct value_text v = write_value(&w, &l);
	write_line(&w, "after = %s;", as_vector(&w, v));
	close_loops(&w, loops);
	write_line(&w, "store(&sum[n %% 16], n + LANES <= samples ? after : pick(lane_index() < all_ints(samples - n), after, before));");
	close_brace(&w);
	close_brace(&w);
	struct text inner = w.body;
	w.body = keep;
	w.indent++;
	for (int i = 0; i < w.locals.n; i++) /* pointers into the panel */
		if (strstr(w.locals.at[i].declaration, "panel)")) {
			for (int t = 0; t < w.indent; t++) text_bytes(&w.body, "\t", 1);
			text_add(&w.body, "%s\n", w.locals.at[i].declaration);
			w.locals.at[i] = w.locals.at[--w.locals.n];
			i--;
		}
	w.indent--;
	text_add(&w.body, "%s", text_end(&inner));
	w.lanes = NO_LANES;
	if (k->over_samples) write_line(&w, "if (m->more) memcpy(&%s, sum, sizeof sum);", carried_sum(&w, k));
	write_line(&w, "%s%s = %s;", k->over_samples ? "else " : "", element_text(&w, own_element(&w, q), &vector), scaled_text(&w, "tree16(sum)", l.scale));
	close_loops(&w, q->lhs_count);
	finish_function(&w, out, arena_print(e->arena, "static void\n@@(const struct %s *m, int part)", e->prefix));
}

static void
open_scalar_loop(struct writer *w, const struct index *i)
{
	if (!i->batch) {
		open_loop(w, i);
		return;
	}
	const char *name = loop_name(w, i);
	write_line(w, "for (int %s = 0; %s < m->samples; %s++) {", name, name, name);
	enter(w, i);
	w->indent++;
}

static void
write_plain_reduction(struct writer *w, const struct equation *q)
{
	bool where = q->reduction == ARGMAX || q->reduction == ARGMIN, best = where || q->reduction == MAX || q->reduction == MIN;
	bool sixteen = sums_sixteen(q), vector;
	const char *start = q->reduction == PROD ? "1" : q->reduction == MAX || q->reduction == ARGMAX ? "-NN_INFINITY" : q->reduction == MIN || q->reduction == ARGMIN ? "NN_INFINITY" : "0";
	if (sixteen) write_line(w, "real sum[16] = {0};");
	else if (w->kernel->over_samples) write_line(w, "real sum = m->first ? %s : 0;", carried_sum(w, w->kernel));
	else write_line(w, "real sum = %s;", start);
	if (sixteen || where) write_line(w, "size_t place = 0;");
	if (where) write_line(w, "int32_t best = 0;");
	w->accumulator = sixteen ? "sum[place % 16]" : "sum";
	w->accumulator_vector = false;
	for (int pass = 0; pass < 2; pass++) /* samples outermost */
		for (int i = 0; i < q->bound_count; i++)
			if (q->bound[i]->batch == (pass == 0)) open_scalar_loop(w, q->bound[i]);
	struct lowered l = lower_equation(w->plan->program, q);
	struct value_text v = write_value(w, &l);
	if (best) {
		const char *op = q->reduction == MAX || q->reduction == ARGMAX ? ">" : "<";
		write_line(w, "const real candidate = %s;", v.text);
		if (where) write_line(w, "if (candidate %s sum) best = (int32_t)place;", op);
		write_line(w, "if (candidate %s sum) sum = candidate;", op);
		if (where) write_line(w, "place++;");
	} else {
		write_line(w, "%s = %s;", w->accumulator, v.text);
		if (sixteen) write_line(w, "place++;");
	}
	close_loops(w, q->bound_count);
	const char *at = element_text(w, own_element(w, q), &vector);
	if (w->kernel->over_samples) write_line(w, "if (m->more) %s = sum;", carried_sum(w, w->kernel));
	write_line(w, "%s%s = %s;", w->kernel->over_samples ? "else " : "", at, where ? "best" : scaled_text(w, sixteen ? "tree16(sum)" : "sum", l.scale));
}

static void
write_plain(struct emission *e, struct plan *plan, struct kernel *k, struct text *out)
{
	struct writer w = writer_new(e, plan, k, NO_LANES);
	const struct equation *q = k->equations.at[0];
	write_line(&w, "(void)part;");
	for (int i = 0; i < q->lhs_count; i++) open_scalar_loop(&w, q->lhs[i]);
	if (q->reduction) write_plain_reduction(&w, q);
	else write_map_value(&w, q, map_value(&w, q));
	close_loops(&w, q->lhs_count);
	finish_function(&w, out, arena_print(e->arena, "static void\n@@(const struct %s *m, int part)", e->prefix));
}

/* ---- optimizers ------------------------------------------------------------------------------------------------------------------------------------------------ */

static void
write_optimizer_values(struct writer *w, struct optimizer *o)
{
	struct program *p = o->program;
	for (int i = 0; i < p->equations.n; i++) {
		const struct equation *q = p->equations.at[i];
		struct lowered l = lower_equation(p, q);
		struct value_text v = write_value(w, &l);
		const char *name = c_name(&w->names, arena_print(w->e->arena, "new %s", q->tensor->name));
		write_line(w, "const lanes %s = %s;", name, as_vector(w, v));
		hold(w, q->tensor, name, true);
	}
	for (int i = 0; i < p->updates.n; i++) {
		const char *name = "";
		for (int h = 0; h < w->held.n; h++)
			if (w->held.at[h].tensor == p->updates.at[i].new) name = w->held.at[h].name;
		write_line(w, "store_some(&%s[i], %s, part);", c_name(&w->names, p->updates.at[i].old->name), name);
	}
}

/* new parameters and states from a piece of the gradient, a vector of elements at a time */
void
write_optimizer(struct emission *e, struct optimizer *o, struct text *out)
{
	struct arena *a = e->arena;
	struct program *p = o->program;
	struct plan plan = {.program = p, .place = NEW_ARRAY(a, p->tensors.n + 1, struct slot), .f64 = e->f64, .panel = e->panel};
	struct kernel none = {.kind = KERNEL_PLAIN};
	struct writer w = writer_new(e, &plan, &none, LANES_ARE_ELEMENTS);
	const char *function = c_name(&e->functions, arena_print(a, "%s update", o->name));
	struct text arguments = {.arena = a}, values = {.arena = a};
	const char *weight = c_name(&w.names, o->weight->name), *gradient = c_name(&w.names, o->gradient->name);
	(void)c_name(&w.names, "i");
	text_add(&arguments, "real *%s", weight);
	text_add(&values, "&m->params[at]");
	for (int i = 0; i < o->states.n; i++) {
		const char *name = c_name(&w.names, o->states.at[i]->name);
		text_add(&arguments, ", real *%s", name);
		text_add(&values, ", &m->%s[at]", c_name(&e->members, arena_print(a, "%s %s", o->name, o->states.at[i]->name)));
		hold(&w, o->states.at[i], arena_print(a, "load_some(&%s[i], part)", name), true);
	}
	hold(&w, o->weight, arena_print(a, "load_some(&%s[i], part)", weight), true);
	hold(&w, o->gradient, arena_print(a, "load_some(&%s[i], part)", gradient), true);
	text_add(&arguments, ", const real *%s", gradient);
	write_optimizer_values(&w, o);
	text_add(out, "/* ---- %s: one vector of elements", c_comment(a, o->name));
	for (int i = 0; i < p->equations.n; i++) text_add(out, "\n *   %s", c_comment(a, equation_text(p, p->equations.at[i], (struct print_style){.sample = true})));
	text_add(out, " */\nINLINE void\n%s_vector(const struct %s *m, size_t i, const int part, %s)\n{\n%s", function, e->prefix, text_end(&arguments), text_end(&w.body));
	text_add(out, "}\n\nstatic void\n%s(const struct %s *m, int tensor, size_t first, size_t count, const real *gradient)\n{\n", function, e->prefix);
	text_add(out, "\tconst size_t at = param_offset[tensor] + first;\n\tsize_t i = 0;\n");
	text_add(out, "\tfor (; i + LANES <= count; i += LANES) %s_vector(m, i, 0, %s, gradient);\n", function, text_end(&values));
	text_add(out, "\tif (i < count) %s_vector(m, i, (int)(count - i), %s, gradient);\n}\n\n", function, text_end(&values));
}

/* ---- all --------------------------------------------------------------------------------------------------------------------------------------------------------- */

static const char *
named_text(struct arena *a, const char *text, const char *name)
{
	struct text t = {.arena = a};
	for (const char *s; (s = strstr(text, "@@")); text = s + 2) {
		text_bytes(&t, text, (size_t)(s - text));
		text_add(&t, "%s", name);
	}
	text_add(&t, "%s", text);
	return text_end(&t);
}

static void
write_heading(struct emission *e, struct plan *plan, const struct kernel *k, struct text *out)
{
	struct arena *a = e->arena;
	for (int i = 0; i < k->equations.n; i++) {
		const struct equation *q = k->equations.at[i];
		const char *line = c_comment(a, equation_text(plan->program, q, (struct print_style){0}));
		struct place at = span_place(q->span);
		bool own = q->span.file && !q->span.file->library;
		const char *slash = own ? strrchr(q->span.file->path, '/') : NULL;
		const char *where = own ? arena_print(a, "%s:%d", c_comment(a, slash ? slash + 1 : q->span.file->path), at.line) : "";
		const char *end = i == k->equations.n - 1 ? " */" : "";
		if (own) text_add(out, "%s%-100s  %s%s\n", i ? " * " : "/* ", line, where, end);
		else text_add(out, "%s%s%s\n", i ? " * " : "/* ", line, end);
	}
	if (!k->equations.n) text_add(out, "/* %s with the samples as rows */\n", c_comment(a, k->rows->name));
}

void
write_kernel(struct emission *e, struct plan *plan, struct kernel *k)
{
	static void (*const writers[])(struct emission *, struct plan *, struct kernel *, struct text *) = {
		[KERNEL_TILE] = write_tile, [KERNEL_LANES] = write_lanes, [KERNEL_ROWS] = write_rows,
		[KERNEL_OUTER] = write_outer, [KERNEL_FOLD] = write_fold, [KERNEL_PLAIN] = write_plain,
	};
	struct text body = {.arena = e->arena};
	writers[k->kind](e, plan, k, &body);
	const char *key = text_end(&body);
	for (int i = 0; i < e->emitted.n; i++)
		if (!strcmp(e->emitted.at[i].key, key)) {
			k->name = e->emitted.at[i].name;
			return;
		}
	const struct tensor *t = k->kind == KERNEL_ROWS ? k->rows : k->equations.at[k->equations.n - 1]->tensor;
	const char *base = arena_print(e->arena, "compute %s%s", t->name, k->kind == KERNEL_ROWS ? " rows" : "");
	k->name = c_name(&e->functions, base);
	for (int n = 2;; n++) { /* another kernel may end in a tensor of the same name */
		bool taken = false;
		for (int i = 0; i < e->emitted.n; i++) taken |= !strcmp(e->emitted.at[i].name, k->name);
		if (!taken) break;
		k->name = c_name(&e->functions, arena_print(e->arena, "%s %d", base, n));
	}
	PUSH(e->arena, &e->emitted, (struct emitted){key, k->name});
	write_heading(e, plan, k, &e->kernels);
	text_add(&e->kernels, "%s\n", named_text(e->arena, key, k->name));
}
