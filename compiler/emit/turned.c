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

/* some vectors of rows: the columns are added in the order of the sum */
static void
write_columns(struct emission *e, struct plan *plan, const struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	struct program *p = plan->program;
	struct arena *a = e->arena;
	const char *outer = outer_arguments(&w, true), *row = loop_name(&w, k->row);
	struct expr *column = sub(p, affine_expr(p, flat_access(p, k, k->left)), scale(p, (double)turned_columns(e, p, k), index_of(p, k->row)));
	bool vector;
	enter_loop(&w, k->row);
	w.sample = "0";
	bind_index(&w, k->row, "0");
	for (int i = 0; i < k->sum.n; i++) bind_index(&w, k->sum.at[i], "0");
	write_line(&w, "const real *matrix = &%s + m->turned + %s;", element_text(&w, k->left, &vector), row);
	write_line(&w, "lanes sum[ROW_VECS];");
	write_line(&w, "UNROLL for (int v = 0; v < vecs; v++) sum[v] = all(0);");
	int braces = open_guarded_loops(&w, k->sum.n, k->sum.at, k->guard);
	write_line(&w, "const real *column = matrix + %s;", whole_text(&w, scale(p, (double)k->row->size, column), 1));
	write_line(&w, "UNROLL for (int v = 0; v < vecs; v++) sum[v] = madd(%s, load(&column[v * LANES]), sum[v]);", element_text(&w, k->right, &vector));
	close_loops(&w, braces);
	write_line(&w, "real sums[ROW_VECS * LANES];");
	write_line(&w, "UNROLL for (int v = 0; v < vecs; v++) store(&sums[v * LANES], sum[v]);");
	bind_index(&w, k->row, arena_print(a, "%s + r", row));
	write_line(&w, "for (int r = 0; r < vecs * LANES; r++) {");
	w.indent++;
	write_epilogue(&w, "all(sums[r])", true);
	close_brace(&w);
	finish_function(&w, out, "INLINE void", "@@_columns", arena_print(a, ", const int vecs, int panel, %sint %s", outer, row));
	text_add(out, "\n");
}

/* As many vectors of rows at a time as there are; rows that fill none as tiles of one.  Parts are pieces of the first outer loop, or groups of vectors. */
void
write_one_sample(struct emission *e, struct plan *plan, const struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	const long rows = k->row->size;
	const bool split_rows = k->parts > 1 && !k->split_outer;
	write_columns(e, plan, k, names, out);
	if (k->parts < 2) write_line(&w, "(void)part;");
	else if (k->split_outer) write_line(&w, "const int from = part * %ld / %d, to = (part + 1) * %ld / %d;", k->outer.at[0]->size, k->parts, k->outer.at[0]->size, k->parts);
	else {
		write_line(&w, "enum { GROUP = ROW_VECS * LANES, GROUPS = %ld / GROUP };", rows);
		write_line(&w, "const int to = part < %d ? (part + 1) * GROUPS / %d * GROUP : %ld;", k->parts - 1, k->parts, rows);
	}
	open_outer_loops(&w);
	const char *row = loop_name(&w, k->row), *columns = inner_call(&w, "columns"), *outer = outer_arguments(&w, false);
	const char *to = split_rows ? "to" : arena_print(e->arena, "%ld", rows);
	write_line(&w, "int %s = %s;", row, split_rows ? arena_print(e->arena, "part * GROUPS / %d * GROUP", k->parts) : "0");
	for (const char *const *vecs = (const char *const[]){"ROW_VECS", "ROW_VECS / 2", "ROW_VECS / 4", "1", NULL}; *vecs; vecs++) {
		const char *step = **vecs == '1' ? "LANES" : arena_print(e->arena, "%s * LANES", *vecs);
		write_line(&w, "for (; %s + %s <= %s; %s += %s) %s, %s, 0, %s%s);", row, step, to, row, step, columns, *vecs, outer, row);
	}
	if (rows % 16) write_line(&w, "for (; %s < %s; %s++) %s, 1, 1, 0, %s%s, 0);", row, to, row, inner_call(&w, "tile"), outer, row);
	close_loops(&w, k->outer.n);
	finish_function(&w, out, "static void", "@@_one_sample", ", int part");
	text_add(out, "\n");
}
