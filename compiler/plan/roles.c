/* roles.c - what an equation is by the roles of its indices.
 *
 * A contraction is a sum of products of two reads, perhaps behind a guard on indices.  Of the indices of its left side, rows are those that only one
 * factor has, columns those that only the other has; the rest are loops around a tile.  Nothing here knows how an equation was spelled. */
#include "plan/plan.h"
#include <stdlib.h>
#include <string.h>

/* ---- accesses -------------------------------------------------------------------------------------------------------------------------------------- */

/* Merged indices: a stands with b.size times b's coefficient, so a's term is dropped and b's becomes c's. */
static void
apply_merges(struct program *p, const struct kernel *k, struct affine *a)
{
	for (int m = 0; k && m < k->merges.n; m++) {
		const struct merge *g = &k->merges.at[m];
		int n = 0;
		for (int i = 0; i < a->n; i++) {
			struct expr *x = a->term[i].atom;
			if (x->op == OP_INDEX && x->index == g->a) continue;
			a->term[n] = a->term[i];
			if (x->op == OP_INDEX && x->index == g->b) a->term[n].atom = index_of(p, g->c);
			n++;
		}
		a->n = n;
	}
}

static struct affine *
flat_of(struct program *p, struct expr *read)
{
	const struct tensor *t = read->tensor;
	if (read->flat) return read->flat;
	struct expr *flat = number(p, 0);
	for (int i = t->batch; i < read->n; i++) flat = add(p, scale(p, (double)t->shape[i], flat), read->kid[i]);
	return read->flat = affine_of(p, flat);
}

struct affine *
flat_access(struct program *p, const struct kernel *k, struct expr *read)
{
	struct affine *flat = flat_of(p, read);
	for (int i = 0; i < flat->n; i++)
		if (flat->term[i].atom->op != OP_INDEX || flat->term[i].atom->index->batch) return NULL;
	size_t size = sizeof *flat + (size_t)flat->n * sizeof flat->term[0];
	struct affine *a = memcpy(arena_alloc(p->arena, size), flat, size);
	apply_merges(p, k, a);
	return a;
}

bool
in_access(const struct affine *a, const struct index *i)
{
	for (int k = 0; k < a->n; k++)
		if (a->term[k].atom->index == i) return true;
	return false;
}

long
stride_in(const struct affine *a, const struct index *i)
{
	for (int k = 0; k < a->n; k++)
		if (a->term[k].atom->index == i) return a->term[k].coefficient;
	return 0;
}

bool
has_batch_bound(const struct equation *q)
{
	for (int i = 0; i < q->bound_count; i++)
		if (q->bound[i]->batch) return true;
	return false;
}

struct index *
kernel_time(const struct kernel *k, const struct equation *q)
{
	for (int i = 0; k->loop && i < k->loop->n; i++)
		if (k->loop->at[i]->tensor == q->tensor) return q->lhs[k->loop->time[i]];
	return NULL;
}

/* ---- merging ---------------------------------------------------------------------------------------------------------------------------------------- */

/* a whole number that takes part in arithmetic beside subscripts, and depends on where in a it is, or in b */
static bool
is_number_of(const struct expr *x, const struct index *a, const struct index *b)
{
	return x->integer && x->op != OP_READ && (mentions(x, a) || mentions(x, b));
}

static bool
is_used_as_number(struct expr *body, struct expr *const *nodes, int n, const struct index *a, const struct index *b)
{
	if (is_number_of(body, a, b)) return true;
	for (int j = 0; j < n; j++) {
		if (nodes[j]->op == OP_READ || nodes[j]->integer) continue; /* a subscript, or part of a number that is met where it is used */
		for (int c = 0; c < nodes[j]->n; c++)
			if (is_number_of(nodes[j]->kid[c], a, b)) return true;
	}
	return false;
}

bool
computes_with(struct program *p, const struct equation *q, const struct index *i)
{
	int n;
	struct expr **nodes = expr_nodes(p, q->body, &n);
	return is_used_as_number(q->body, nodes, n, i, i);
}

/* Can a, b run as one index?  In every access both are absent, or a's stride is b's size times b's. */
static bool
can_merge(struct program *p, const struct kernel *k, struct index *a, struct index *b)
{
	for (int i = 0; i < k->equations.n; i++) {
		const struct equation *q = k->equations.at[i];
		int n, m;
		struct expr **reads = expr_reads(p, q->body, &n);
		for (int j = 0; j < n; j++) {
			if (!mentions(reads[j], a) && !mentions(reads[j], b)) continue;
			struct affine *f = flat_access(p, k, reads[j]);
			if (!f || stride_in(f, b) <= 0 || stride_in(f, a) != b->size * stride_in(f, b)) return false;
		}
		struct expr **nodes = expr_nodes(p, q->body, &m);
		if (is_used_as_number(q->body, nodes, m, a, b)) return false;
	}
	return true;
}

static struct index *
merge_pair(struct program *p, struct kernel *k, struct index *a, struct index *b)
{
	if (a->inner != b) {
		a->inner = b;
		a->joined = index_new(p, b->name, a->size * b->size);
	}
	PUSH(p->arena, &k->merges, (struct merge){a, b, a->joined});
	return a->joined;
}

/* joins neighbours of a list of indices where memory allows */
static void
merge_neighbours(struct program *p, struct kernel *k, struct index **list, int *n)
{
	for (int i = 0; i + 1 < *n;) {
		if (!can_merge(p, k, list[i], list[i + 1])) {
			i++;
			continue;
		}
		list[i] = merge_pair(p, k, list[i], list[i + 1]);
		memmove(list + i + 1, list + i + 2, (size_t)(*n - i - 2) * sizeof *list);
		--*n;
	}
}

/* ---- factors ---------------------------------------------------------------------------------------------------------------------------------------- */

struct product { /* the body of a contraction */
	struct expr *guard, *a, *b;
};

static bool
looks_up(const struct expr *read)
{
	for (int i = 0; i < read->n; i++)
		if (read->kid[i]->has_read) return true;
	return false;
}

/* numbers and uniform factors aside; false when there are not exactly two plain reads, or the guard depends on data */
static bool
two_reads(const struct equation *q, struct product *out)
{
	struct expr *body = q->body, *found[2];
	int n = 0;
	*out = (struct product){0};
	if (q->reduction != SUM) return false;
	if (body->op == OP_IF && is_number(body->kid[2], 0) && !body->kid[0]->has_read) {
		out->guard = body->kid[0];
		body = body->kid[1];
	}
	if (body->op != OP_MUL) return false;
	for (int i = 0; i < body->n; i++) {
		struct expr *f = body->kid[i];
		if (is_uniform(f)) continue;
		if (f->op != OP_READ || f->tensor->integer || f->tensor->role == ROLE_RANDOM || n == 2 || looks_up(f)) return false;
		found[n++] = f;
	}
	if (n < 2) return false;
	out->a = found[0];
	out->b = found[1];
	return true;
}

static bool
starts_with_batch(const struct expr *read)
{
	return read->tensor->batch && read->kid[0]->op == OP_INDEX && read->kid[0]->index->batch;
}

static struct kernel *
kernel_of(struct program *p, enum kernel_kind kind, struct equation *q, const struct recurrence_of *loop, const struct product *f)
{
	struct kernel *k = NEW(p->arena, struct kernel);
	*k = (struct kernel){.kind = kind, .loop = loop, .left = f->a, .right = f->b, .guard = f->guard};
	PUSH(p->arena, &k->equations, q);
	return k;
}

/* ---- kinds ------------------------------------------------------------------------------------------------------------------------------------------- */

/* y[n,..] = sum(i) W[..] * x[n,..]: W belongs to no sample */
static struct kernel *
tile_kernel(struct program *p, struct equation *q, const struct recurrence_of *loop)
{
	struct product f;
	if (!q->tensor->batch || has_batch_bound(q) || !two_reads(q, &f)) return NULL;
	if (f.a->tensor->batch) {
		struct expr *swap = f.a;
		f.a = f.b;
		f.b = swap;
	}
	if (f.a->tensor->batch || !starts_with_batch(f.b)) return NULL;
	return kernel_of(p, KERNEL_TILE, q, loop, &f);
}

/* s[n,..,i,j] = sum(k) q[n,..,i,k] * k[n,..,j,k]: what each sample makes of two values of its own */
static struct kernel *
pair_kernel(struct program *p, struct equation *q)
{
	struct product f;
	if (!q->tensor->batch || has_batch_bound(q) || !two_reads(q, &f) || !starts_with_batch(f.a) || !starts_with_batch(f.b)) return NULL;
	return kernel_of(p, KERNEL_PAIR, q, NULL, &f);
}

/* dW[..,i] = sum(n,..) dz[n,..] * x[n,..,i]: the last axis belongs to one factor, the others to the other */
static struct kernel *
outer_kernel(struct program *p, struct equation *q)
{
	struct product f;
	if (q->tensor->batch || q->lhs_count < 2 || !has_batch_bound(q) || sample_order_of(q) != IN_ORDER || !two_reads(q, &f)) return NULL;
	if (!starts_with_batch(f.a) || !starts_with_batch(f.b) || (f.guard && q->bound_count == 1)) return NULL;
	struct index *lane = q->lhs[q->lhs_count - 1];
	if (mentions(f.a, lane)) {
		struct expr *swap = f.a;
		f.a = f.b;
		f.b = swap;
	}
	struct affine *in_a = flat_access(p, NULL, f.a), *in_b = flat_access(p, NULL, f.b);
	if (!in_a || !in_b || in_access(in_a, lane) || stride_in(in_b, lane) != 1) return NULL;
	for (int i = 0; i < q->lhs_count - 1; i++) /* rows belong to the left factor, or not to the right */
		if (!in_access(in_a, q->lhs[i]) && !in_access(in_b, q->lhs[i])) return NULL;
	return kernel_of(p, KERNEL_OUTER, q, NULL, &f);
}

/* dW[f,a,..] = sum(n,i,..) dy[n,f,i,..] * x[n,a,..] by 16 running sums an element */
static struct kernel *
dot_kernel(struct program *p, struct equation *q)
{
	struct product f;
	if (q->tensor->batch || !has_batch_bound(q) || sample_order_of(q) != SIXTEEN || !two_reads(q, &f)) return NULL;
	if (!starts_with_batch(f.a) || !starts_with_batch(f.b)) return NULL;
	return kernel_of(p, KERNEL_DOT, q, NULL, &f);
}

struct kernel *
contraction(struct program *p, struct equation *q, const struct recurrence_of *loop)
{
	struct kernel *k = tile_kernel(p, q, loop);
	if (!k && !loop) k = pair_kernel(p, q);
	if (!k && !loop) k = outer_kernel(p, q);
	if (!k && !loop) k = dot_kernel(p, q);
	return k;
}

/* ---- loops --------------------------------------------------------------------------------------------------------------------------------------------- */

/* the indices of the left side but samples and time, merged */
static int
own_indices(struct program *p, struct kernel *k, struct index *out[])
{
	struct equation *q = k->equations.at[0];
	const struct index *time = kernel_time(k, q);
	int n = 0;
	for (int i = 0; i < q->lhs_count; i++)
		if (!q->lhs[i]->batch && q->lhs[i] != time) out[n++] = q->lhs[i];
	merge_neighbours(p, k, out, &n);
	return n;
}

/* does the factor depend on the index, or on what it was merged from? */
static bool
depends_on(const struct kernel *k, const struct expr *e, const struct index *i)
{
	if (e && mentions(e, i)) return true;
	for (int m = 0; e && m < k->merges.n; m++)
		if (k->merges.at[m].c == i) return depends_on(k, e, k->merges.at[m].a) || depends_on(k, e, k->merges.at[m].b);
	return false;
}

/* the longest index that only one factor has; -1: none */
static int
longest_own(const struct kernel *k, struct index *const list[], int n, const struct expr *own, const struct expr *other)
{
	int best = -1;
	for (int i = 0; i < n; i++)
		if (depends_on(k, own, list[i]) && !depends_on(k, other, list[i]) && !depends_on(k, k->guard, list[i]) && (best < 0 || list[i]->size > list[best]->size)) best = i;
	return best;
}

static void
set_sum(struct program *p, struct kernel *k)
{
	struct equation *q = k->equations.at[0];
	struct index *sums[2 * MAX_RANK];
	int m = 0;
	for (int i = 0; i < q->bound_count; i++)
		if (!q->bound[i]->batch) sums[m++] = q->bound[i];
	merge_neighbours(p, k, sums, &m);
	for (int i = 0; i < m; i++) PUSH(p->arena, &k->sum, sums[i]);
}

static void
set_outer(struct program *p, struct kernel *k, struct index *const list[], int n)
{
	for (int i = 0; i < n; i++)
		if (list[i] != k->row && list[i] != k->column && list[i] != k->lane) PUSH(p->arena, &k->outer, list[i]);
}

static bool
tile_loops(struct program *p, struct kernel *k)
{
	struct index *list[MAX_RANK];
	int n = own_indices(p, k, list), row = longest_own(k, list, n, k->left, k->right);
	if (row < 0) return false;
	k->row = list[row];
	set_outer(p, k, list, n);
	set_sum(p, k);
	return true;
}

static bool
outer_loops(struct program *p, struct kernel *k)
{
	struct index *list[MAX_RANK];
	int n = own_indices(p, k, list);
	struct affine *in_a = flat_access(p, k, k->left), *in_b = flat_access(p, k, k->right);
	set_sum(p, k);
	k->lane = list[n - 1];
	k->rows = k->right->tensor;
	if (n < 2 || in_access(in_a, k->lane) || stride_in(in_b, k->lane) != 1) return false;
	const int own = k->sum.n ? longest_own(k, list, n - 1, k->left, k->right) : n - 2;
	if (own < 0) return false;
	k->row = list[own];
	if (!in_access(in_a, k->row) || in_access(in_b, k->row)) return false;
	set_outer(p, k, list, n);
	return true;
}

static void
swap_factors(struct kernel *k)
{
	struct expr *swap = k->left;
	k->left = k->right;
	k->right = swap;
}

/* a window is one dimension of the tile; rows belong to the factor that it does not slide over */
static bool
taps_loops(struct program *p, struct kernel *k, struct index *list[], int n)
{
	if (!find_taps(p, k, list, n)) return false;
	int rest = 0;
	for (int i = 0; i < n; i++) {
		bool tap = false;
		for (int t = 0; t < k->taps.n; t++) tap |= k->taps.at[t] == list[i];
		if (!tap) list[rest++] = list[i];
	}
	int row = longest_own(k, list, rest, k->left, k->right);
	if (row < 0) return false;
	k->kind = KERNEL_TAPS;
	k->row = list[row];
	k->column = NULL;
	set_outer(p, k, list, rest);
	return true;
}

/* rows are the longest index of one factor, columns that of the other, if it has one */
static bool
rows_and_columns(struct program *p, struct kernel *k, struct index *list[], int n)
{
	int row = longest_own(k, list, n, k->left, k->right), other = longest_own(k, list, n, k->right, k->left);
	if (other >= 0 && (row < 0 || list[other]->size > list[row]->size)) { /* the longer one has the rows */
		swap_factors(k);
		int index = row;
		row = other;
		other = index;
	}
	if (row < 0) return false;
	k->row = list[row];
	k->column = other >= 0 ? list[other] : NULL;
	set_outer(p, k, list, n);
	return true;
}

static bool
dot_loops(struct program *p, struct kernel *k)
{
	struct index *list[MAX_RANK];
	int n = own_indices(p, k, list);
	set_sum(p, k);
	if (taps_loops(p, k, list, n)) return true;
	k->kind = KERNEL_DOT;
	return rows_and_columns(p, k, list, n);
}

enum { FEWEST_ROWS = 4, FEWEST_TERMS = 4 }; /* less is better off among the maps around it */

static bool
pair_loops(struct program *p, struct kernel *k)
{
	struct index *list[MAX_RANK];
	int n = own_indices(p, k, list);
	long terms = 1;
	set_sum(p, k);
	for (int i = 0; i < k->sum.n; i++) terms *= k->sum.at[i]->size;
	return rows_and_columns(p, k, list, n) && k->row->size >= FEWEST_ROWS && terms >= FEWEST_TERMS;
}

bool
contraction_loops(struct program *p, struct kernel *k)
{
	k->merges.n = k->outer.n = k->sum.n = k->taps.n = k->slides.n = 0;
	static bool (*const loops[])(struct program *, struct kernel *) = {
		[KERNEL_TILE] = tile_loops, [KERNEL_PAIR] = pair_loops, [KERNEL_OUTER] = outer_loops, [KERNEL_DOT] = dot_loops, [KERNEL_TAPS] = dot_loops,
	};
	return loops[k->kind](p, k);
}

/* ---- work ---------------------------------------------------------------------------------------------------------------------------------------------- */

bool
has_running_sums(const struct kernel *k)
{
	return k->kind == KERNEL_FOLD || k->kind == KERNEL_DOT || k->kind == KERNEL_TAPS;
}

bool
sums_in_memory(const struct kernel *k)
{
	return k->kind == KERNEL_OUTER && k->sum.n;
}

double
contraction_size(const struct kernel *k)
{
	double n = 1;
	const struct equation *q = k->equations.at[0];
	for (int i = 0; i < q->lhs_count; i++) n *= q->lhs[i]->batch ? 1 : (double)q->lhs[i]->size;
	for (int i = 0; i < q->bound_count; i++) n *= q->bound[i]->batch ? 1 : (double)q->bound[i]->size;
	return n;
}

long
tap_blocks(const struct kernel *k)
{
	const long outer = k->outer.n ? k->outer.at[k->outer.n - 1]->size : 1;
	return (k->row->size + TAP_ROWS - 1) / TAP_ROWS * ((outer + TAP_PLACES - 1) / TAP_PLACES);
}

/* pieces of at least a few hundred thousand multiply-adds for 64 samples, at most 16: of the first outer loop, or of whole tiles of rows, or blocks */
int
contraction_parts(struct kernel *k, int samples)
{
	double work = contraction_size(k) * samples / 400000;
	int parts = work < 2 ? 1 : work > 16 ? 16 : (int)work;
	if (k->kind == KERNEL_TAPS) return parts < tap_blocks(k) ? parts : (int)tap_blocks(k);
	int most = (int)((k->row->size + 5) / 6 / (sums_in_memory(k) ? 8 : 4));
	k->split_outer = k->outer.n && k->outer.at[0]->size > most;
	if (k->split_outer) most = k->outer.at[0]->size > 16 ? 16 : (int)k->outer.at[0]->size;
	return parts < most ? parts : most < 1 ? 1 : most;
}
