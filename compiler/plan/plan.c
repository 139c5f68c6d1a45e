/* plan.c - which kernels compute a program.
 *
 * 1. keep what the entry needs, in an order in which gradients follow as soon as everything that reads their parameter is done
 * 2. classify each equation by the roles of its indices
 * 3. fuse maps behind a contraction of the same shape, and runs of sample-wise equations into one kernel
 * 4. decide what has to be stored at all */
#include "plan/plan.h"
#include <stdlib.h>
#include <string.h>

int
panel_width(double batch_size)
{
	return batch_size <= 16 ? 16 : batch_size <= 32 ? 32 : 64;
}

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

struct affine *
flat_access(struct program *p, const struct kernel *k, const struct expr *read)
{
	const struct tensor *t = read->tensor;
	struct expr *flat = number(p, 0);
	for (int i = t->batch; i < read->n; i++) flat = add(p, scale(p, (double)t->shape[i], flat), read->kid[i]);
	struct affine *a = affine_of(p, flat);
	for (int i = 0; i < a->n; i++)
		if (a->term[i].atom->op != OP_INDEX || a->term[i].atom->index->batch) return NULL;
	apply_merges(p, k, a);
	return a;
}

/* ---- what is needed, in which order -------------------------------------------------------------------------------------------------------------------- */

static void
mark_needed(struct program *p, struct equation **of, char *need, const struct tensor *t)
{
	if (need[t->id] == 2) return;
	need[t->id] = 2;
	struct equation *q = of[t->id];
	int n;
	if (!q) return;
	struct expr **reads = expr_reads(p, q->body, &n);
	for (int i = 0; i < n; i++) mark_needed(p, of, need, reads[i]->tensor);
}

static bool
has_batch_bound(const struct equation *q)
{
	for (int i = 0; i < q->bound_count; i++)
		if (q->bound[i]->batch) return true;
	return false;
}

static struct tensor *
gradient_of(const struct program *p, const struct tensor *t)
{
	for (int i = 0; i < p->gradients.n; i++)
		if (p->gradients.at[i].gradient == t) return p->gradients.at[i].param;
	return NULL;
}

/* equations that lead to gradients only: everything about them can wait until it is ready */
struct schedule {
	struct program *p;
	struct equation **of;
	char *need, *done; /* by tensor id */
	LIST(struct equation *) order;
};

static bool
is_ready(struct schedule *s, const struct equation *q)
{
	int n;
	struct expr **reads = expr_reads(s->p, q->body, &n);
	for (int i = 0; i < n; i++)
		if (s->of[reads[i]->tensor->id] && !s->done[reads[i]->tensor->id]) return false;
	return true;
}

/* some equation still to come reads the parameter: its update must wait */
static bool
is_read_later(struct schedule *s, const struct tensor *param, const struct equation *but)
{
	for (int i = 0; i < s->p->equations.n; i++) {
		struct equation *q = s->p->equations.at[i];
		int n;
		if (q == but || s->done[q->tensor->id] || !s->need[q->tensor->id] || gradient_of(s->p, q->tensor)) continue;
		struct expr **reads = expr_reads(s->p, q->body, &n);
		for (int r = 0; r < n; r++)
			if (reads[r]->tensor == param) return true;
	}
	return false;
}

/* an equation after all that it reads */
static void
emit_equation(struct schedule *s, struct equation *q)
{
	int n;
	if (s->done[q->tensor->id]) return;
	s->done[q->tensor->id] = 1;
	struct expr **reads = expr_reads(s->p, q->body, &n);
	for (int i = 0; i < n; i++)
		if (s->of[reads[i]->tensor->id]) emit_equation(s, s->of[reads[i]->tensor->id]);
	PUSH(s->p->arena, &s->order, q);
}

/* does anything but gradients depend on it? */
static bool
belongs_to_a_gradient(const struct equation *q)
{
	return !q->tensor->batch && q->tensor->role == ROLE_ADJOINT;
}

/* Is it the gradient of a parameter that something still reads, or a part of one?  Parts wait, too: the rest is fused behind them. */
static bool
feeds_update_too_early(struct schedule *s, const struct equation *q)
{
	for (int i = 0; i < s->p->gradients.n; i++) {
		const struct gradient *g = &s->p->gradients.at[i];
		struct equation *whole = s->of[g->gradient->id];
		bool part = whole == q;
		int n;
		struct expr **reads = whole ? expr_reads(s->p, whole->body, &n) : NULL;
		for (int r = 0; whole && r < n; r++) part |= reads[r]->tensor == q->tensor;
		if (part && is_read_later(s, g->param, q)) return true;
	}
	return false;
}

static void
flush_gradients(struct schedule *s, bool all)
{
	for (bool again = true; again;) {
		again = false;
		for (int i = 0; i < s->p->equations.n; i++) {
			struct equation *q = s->p->equations.at[i];
			if (!s->need[q->tensor->id] || s->done[q->tensor->id] || !belongs_to_a_gradient(q) || !is_ready(s, q)) continue;
			if (!all && feeds_update_too_early(s, q)) continue;
			emit_equation(s, q);
			again = true;
		}
	}
}

/* first what the loss and the metrics need: an update may only follow when all of it is done */
static int
schedule_equations(struct program *p, const char *need, const char *forward, struct equation ***out)
{
	struct schedule s = {.p = p, .of = equation_table(p), .need = (char *)need, .done = NEW_ARRAY(p->arena, p->tensors.n + 1, char)};
	for (int i = 0; i < p->equations.n; i++)
		if (forward[p->equations.at[i]->tensor->id]) emit_equation(&s, p->equations.at[i]);
	for (int i = 0; i < p->equations.n; i++) {
		struct equation *q = p->equations.at[i];
		if (!need[q->tensor->id] || s.done[q->tensor->id] || belongs_to_a_gradient(q)) continue;
		emit_equation(&s, q);
		if (q->tensor->role == ROLE_ADJOINT) flush_gradients(&s, false);
	}
	flush_gradients(&s, true);
	*out = s.order.at;
	return s.order.n;
}

/* ---- roles ---------------------------------------------------------------------------------------------------------------------------------------------- */

/* the two factors of a sum's body, numbers and uniform factors aside; false when there are not exactly two plain reads */
static bool
two_reads(const struct equation *q, struct expr **a, struct expr **b)
{
	int n = 0;
	struct expr *found[2] = {NULL};
	if (q->reduction != SUM || q->body->op != OP_MUL) return false;
	for (int i = 0; i < q->body->n; i++) {
		struct expr *f = q->body->kid[i];
		if (is_uniform(f)) continue;
		if (f->op != OP_READ || f->tensor->integer || f->tensor->role == ROLE_RANDOM || n == 2) return false;
		found[n++] = f;
	}
	*a = found[0];
	*b = n == 2 ? found[1] : NULL;
	return n == 2;
}

static bool
starts_with_batch(const struct expr *read)
{
	return read->tensor->batch && read->kid[0]->op == OP_INDEX && read->kid[0]->index->batch;
}

static bool
in_access(const struct affine *a, const struct index *i)
{
	for (int k = 0; k < a->n; k++)
		if (a->term[k].atom->index == i) return true;
	return false;
}

static long
stride_in(const struct affine *a, const struct index *i)
{
	for (int k = 0; k < a->n; k++)
		if (a->term[k].atom->index == i) return a->term[k].coefficient;
	return 0;
}

/* Can a, b run as one index?  In every access both are absent, or a's stride is b's size times b's. */
static bool
can_merge(struct program *p, const struct kernel *k, struct index *a, struct index *b)
{
	for (int i = 0; i < k->equations.n; i++) {
		const struct equation *q = k->equations.at[i];
		int n;
		struct expr **nodes = expr_nodes(p, q->body, &n);
		for (int j = 0; j < n; j++) {
			if (nodes[j]->op != OP_READ || (!mentions(nodes[j], a) && !mentions(nodes[j], b))) continue;
			struct affine *f = flat_access(p, k, nodes[j]);
			if (!f || stride_in(f, b) <= 0 || stride_in(f, a) != b->size * stride_in(f, b)) return false;
		}
		/* an index used as a number, or in a condition, must stay itself */
		for (int j = 0; j < n; j++) {
			if (nodes[j]->op == OP_READ) continue;
			for (int c = 0; c < nodes[j]->n; c++) {
				struct expr *x = nodes[j]->kid[c];
				if (x->integer && x->op != OP_READ && (mentions(x, a) || mentions(x, b)) && nodes[j]->op != OP_ADD && nodes[j]->op != OP_MUL) return false;
			}
		}
	}
	return true;
}

static struct index *
merge_pair(struct program *p, struct kernel *k, struct index *a, struct index *b)
{
	struct index *c = index_new(p, b->name, a->size * b->size);
	PUSH(p->arena, &k->merges, (struct merge){a, b, c});
	return c;
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

/* ---- tiles ----------------------------------------------------------------------------------------------------------------------------------------------- */

/* y[n,..] = sum(i) W[..] * x[n,..]: W belongs to no sample */
static struct kernel *
tile_kernel(struct program *p, struct equation *q)
{
	struct expr *w, *x;
	if (!q->tensor->batch || has_batch_bound(q) || !two_reads(q, &w, &x)) return NULL;
	if (w->tensor->batch) {
		struct expr *swap = w;
		w = x;
		x = swap;
	}
	if (w->tensor->batch || !starts_with_batch(x)) return NULL;
	struct affine *in_w = flat_access(p, NULL, w), *in_x = flat_access(p, NULL, x);
	if (!in_w || !in_x) return NULL;
	for (int i = 0; i < q->bound_count; i++)
		if (!in_access(in_w, q->bound[i]) || !in_access(in_x, q->bound[i])) return NULL;
	struct kernel *k = NEW(p->arena, struct kernel);
	k->kind = KERNEL_TILE;
	PUSH(p->arena, &k->equations, q);
	k->left = w;
	k->right = x;
	return k;
}

/* the loops of a tile, once its equations are known */
static bool
tile_loops(struct program *p, struct kernel *k)
{
	struct equation *q = k->equations.at[0];
	struct index *rows[MAX_RANK];
	int n = 0;
	for (int i = 1; i < q->lhs_count; i++) rows[n++] = q->lhs[i];
	merge_neighbours(p, k, rows, &n);
	struct index *sums[MAX_RANK];
	int m = 0;
	for (int i = 0; i < q->bound_count; i++) sums[m++] = q->bound[i];
	merge_neighbours(p, k, sums, &m);
	struct affine *in_w = flat_access(p, k, k->left), *in_x = flat_access(p, k, k->right);
	int best = -1; /* rows: an index of W that x lacks, the longest */
	for (int i = 0; i < n; i++)
		if (in_access(in_w, rows[i]) && !in_access(in_x, rows[i]) && (best < 0 || rows[i]->size > rows[best]->size)) best = i;
	if (best < 0) return false;
	k->row = rows[best];
	for (int i = 0; i < n; i++)
		if (i != best) PUSH(p->arena, &k->outer, rows[i]);
	for (int i = 0; i < m; i++) PUSH(p->arena, &k->sum, sums[i]);
	return true;
}

/* dW[..,i] = sum(n) dz[n,..] * x[n,i]: the last axis belongs to one factor, the others to the other */
static struct kernel *
outer_kernel(struct program *p, struct equation *q)
{
	struct expr *a, *b;
	if (q->tensor->batch || q->lhs_count < 2 || q->bound_count != 1 || !q->bound[0]->batch || !two_reads(q, &a, &b)) return NULL;
	if (!starts_with_batch(a) || !starts_with_batch(b)) return NULL;
	struct index *lane = q->lhs[q->lhs_count - 1];
	if (mentions(a, lane)) {
		struct expr *swap = a;
		a = b;
		b = swap;
	}
	struct affine *in_a = flat_access(p, NULL, a), *in_b = flat_access(p, NULL, b);
	if (!in_a || !in_b || in_access(in_a, lane) || stride_in(in_b, lane) != 1) return NULL;
	for (int i = 0; i < q->lhs_count - 1; i++) /* rows belong to the left factor, or not to the right */
		if (!in_access(in_a, q->lhs[i]) && !in_access(in_b, q->lhs[i])) return NULL;
	struct kernel *k = NEW(p->arena, struct kernel);
	k->kind = KERNEL_OUTER;
	PUSH(p->arena, &k->equations, q);
	k->left = a;
	k->right = b;
	k->rows = b->tensor;
	return k;
}

static bool
outer_loops(struct program *p, struct kernel *k)
{
	struct equation *q = k->equations.at[0];
	struct index *list[MAX_RANK];
	int n = q->lhs_count;
	for (int i = 0; i < n; i++) list[i] = q->lhs[i];
	merge_neighbours(p, k, list, &n);
	struct affine *in_a = flat_access(p, k, k->left), *in_b = flat_access(p, k, k->right);
	k->lane = list[n - 1];
	if (n < 2 || in_access(in_a, k->lane) || stride_in(in_b, k->lane) != 1) return false;
	k->row = list[n - 2];
	if (!in_access(in_a, k->row) || in_access(in_b, k->row)) return false;
	for (int i = 0; i < n - 2; i++) PUSH(p->arena, &k->outer, list[i]);
	return true;
}

/* ---- fusing -------------------------------------------------------------------------------------------------------------------------------------------- */

struct fusing {
	struct program *p;
	struct plan *plan;
	struct equation **order;
	int n;
	char *taken;
	struct equation **of;
};

/* renames q's left side to the indices of `like` (same sizes) and returns whether that fits */
static bool
same_space(const struct equation *q, const struct equation *like)
{
	if (q->lhs_count != like->lhs_count) return false;
	for (int i = 0; i < q->lhs_count; i++)
		if (q->lhs[i]->size != like->lhs[i]->size || q->lhs[i]->batch != like->lhs[i]->batch) return false;
	return true;
}

static struct equation *
renamed(struct program *p, const struct equation *q, const struct equation *like)
{
	struct equation *r = NEW(p->arena, struct equation);
	struct expr *to[MAX_RANK];
	*r = *q;
	for (int i = 0; i < q->lhs_count; i++) to[i] = index_of(p, like->lhs[i]);
	r->lhs = like->lhs;
	r->body = substitute(p, q->body, q->lhs_count, q->lhs, to);
	return r;
}

/* the map reads what the kernel makes at its own element only, and everything else is there already */
static bool
fits_behind(struct fusing *f, const struct kernel *k, const struct equation *q, int position)
{
	int n;
	struct expr **reads = expr_reads(f->p, q->body, &n);
	bool reads_kernel = false;
	for (int i = 0; i < n; i++) {
		struct tensor *t = reads[i]->tensor;
		bool own = false;
		for (int e = 0; e < k->equations.n; e++) own |= k->equations.at[e]->tensor == t;
		if (own) {
			for (int s = 0; s < reads[i]->n; s++)
				if (reads[i]->kid[s]->op != OP_INDEX || reads[i]->kid[s]->index != q->lhs[s]) return false;
			reads_kernel = true;
			continue;
		}
		struct equation *maker = f->of[t->id];
		if (!maker) continue;
		bool before = false;
		for (int i2 = 0; i2 < position; i2++) before |= f->order[i2] == maker;
		if (!before) return false;
	}
	return reads_kernel;
}

static bool
finishes_gradient(const struct program *p, const struct kernel *k)
{
	for (int e = 0; e < k->equations.n; e++)
		if (gradient_of(p, k->equations.at[e]->tensor)) return true;
	return false;
}

static void
fuse_behind(struct fusing *f, struct kernel *k, int position)
{
	struct equation *first = k->equations.at[0];
	for (bool again = true; again;) {
		again = false;
		for (int i = position + 1; i < f->n; i++) {
			struct equation *q = f->order[i];
			if (f->taken[i] || q->reduction || !same_space(q, first)) continue;
			if (gradient_of(f->p, q->tensor) && finishes_gradient(f->p, k)) continue; /* one update a kernel */
			struct equation *r = renamed(f->p, q, first);
			if (!fits_behind(f, k, r, position)) continue;
			PUSH(f->p->arena, &k->equations, r);
			f->taken[i] = 1;
			again = true;
		}
	}
}

static void
add_kernel(struct fusing *f, struct kernel *k)
{
	PUSH(f->p->arena, &f->plan->kernels, k);
}

static struct kernel *
plain_kernel(struct fusing *f, enum kernel_kind kind, struct equation *q)
{
	struct kernel *k = NEW(f->p->arena, struct kernel);
	k->kind = kind;
	k->parts = 1;
	PUSH(f->p->arena, &k->equations, q);
	return k;
}

static double
size_of_tile(const struct kernel *k)
{
	double n = 1;
	const struct equation *q = k->equations.at[0];
	for (int i = 0; i < q->lhs_count; i++) n *= q->lhs[i]->batch ? 1 : (double)q->lhs[i]->size;
	for (int i = 0; i < q->bound_count; i++) n *= q->bound[i]->batch ? 1 : (double)q->bound[i]->size;
	return n;
}

/* pieces of at least a few hundred thousand multiply-adds for 64 samples, of whole tiles, at most 16 */
static int
parts_of(const struct kernel *k)
{
	double work = size_of_tile(k) * 64 / 400000;
	int most = (int)((k->row->size + 5) / 6 / 4);
	int parts = work < 2 ? 1 : work > 16 ? 16 : (int)work;
	return parts < most ? parts : most < 1 ? 1 : most;
}

static bool
is_sample_wise(const struct equation *q)
{
	return q->tensor->batch && !has_batch_bound(q);
}

/* copies for the outer product are made just before it */
static void
need_rows(struct fusing *f, struct tensor *t)
{
	struct slot *at = &f->plan->place[t->id];
	if (at->rows) return;
	at->rows = true;
	bool input = t->role == ROLE_INPUT || t->role == ROLE_TARGET;
	at->own_rows = input;
	at->row_stride = tensor_count(t);
	if (input) return;
	struct kernel *k = NEW(f->p->arena, struct kernel);
	k->kind = KERNEL_ROWS;
	k->parts = 0;
	k->rows = t;
	add_kernel(f, k);
}

static bool
try_contraction(struct fusing *f, int i)
{
	struct equation *q = f->order[i];
	struct kernel *k = tile_kernel(f->p, q);
	bool tile = k != NULL;
	if (!k) k = outer_kernel(f->p, q);
	if (!k) return false;
	if (tile || f->of) fuse_behind(f, k, i);
	if (!(tile ? tile_loops(f->p, k) : outer_loops(f->p, k))) { /* give back what was fused */
		for (int e = 1; e < k->equations.n; e++)
			for (int j = 0; j < f->n; j++)
				if (f->order[j]->tensor == k->equations.at[e]->tensor) f->taken[j] = 0;
		return false;
	}
	if (!tile) need_rows(f, k->rows);
	k->parts = parts_of(k);
	f->plan->flops += 2 * size_of_tile(k);
	f->taken[i] = 1;
	add_kernel(f, k);
	return true;
}

static void
form_kernels(struct fusing *f)
{
	struct kernel *lanes = NULL; /* the open run of sample-wise equations */
	for (int i = 0; i < f->n; i++) {
		struct equation *q = f->order[i];
		if (f->taken[i]) continue;
		if (try_contraction(f, i)) {
			lanes = NULL;
			continue;
		}
		f->taken[i] = 1;
		if (is_sample_wise(q)) {
			if (lanes) {
				PUSH(f->p->arena, &lanes->equations, q);
			} else {
				lanes = plain_kernel(f, KERNEL_LANES, q);
				lanes->parts = 0;
				add_kernel(f, lanes);
			}
			continue;
		}
		lanes = NULL;
		bool fold = has_batch_bound(q) && q->reduction == SUM && sample_order_of(q) == SIXTEEN;
		add_kernel(f, plain_kernel(f, fold ? KERNEL_FOLD : KERNEL_PLAIN, q));
	}
}

/* ---- storage ---------------------------------------------------------------------------------------------------------------------------------------------- */

static bool
is_asked_for(const struct plan *plan, const char *wanted, const struct tensor *t)
{
	(void)plan;
	return wanted[t->id] == 1;
}

/* the kernel that makes a tensor; -1: none */
static int
maker_of(const struct plan *plan, const struct tensor *t)
{
	for (int k = 0; k < plan->kernels.n; k++)
		for (int e = 0; e < plan->kernels.at[k]->equations.n; e++)
			if (plan->kernels.at[k]->equations.at[e]->tensor == t) return k;
	return -1;
}

static void
extend(int *first, int *last, int k)
{
	if (*first < 0 || k < *first) *first = k;
	if (k > *last) *last = k;
}

/* is the value read only by later equations of the same kernel, at the same element?  In a run of sample-wise equations only one number a sample
 * can stay in a register. */
static bool
stays_in_registers(struct program *p, const struct plan *plan, const struct tensor *t, int maker)
{
	const struct kernel *k = plan->kernels.at[maker];
	if (k->kind == KERNEL_FOLD || k->kind == KERNEL_PLAIN) return false;
	if (k->kind == KERNEL_LANES && t->rank > 1) return false;
	for (int j = 0; j < plan->kernels.n; j++)
		for (int e = 0; e < plan->kernels.at[j]->equations.n; e++) {
			int n;
			struct expr **reads = expr_reads(p, plan->kernels.at[j]->equations.at[e]->body, &n);
			for (int r = 0; r < n; r++)
				if (reads[r]->tensor == t && j != maker) return false;
		}
	for (int j = 0; j < plan->kernels.n; j++)
		if (plan->kernels.at[j]->rows == t) return false;
	return true;
}

static void
decide_storage(struct program *p, struct plan *plan, const char *wanted)
{
	for (int i = 0; i < p->tensors.n; i++) {
		struct tensor *t = p->tensors.at[i];
		struct slot *at = &plan->place[i];
		int maker = maker_of(plan, t);
		at->first = at->last = at->rows_first = at->rows_last = -1;
		switch (t->role) {
		case ROLE_INPUT: case ROLE_TARGET: at->storage = CALLERS_ROWS; break;
		case ROLE_PARAM: case ROLE_STATE: at->storage = IN_MODEL; break;
		case ROLE_RANDOM: at->storage = COMPUTED; break;
		default:
			if (maker < 0) break;
			bool kept = is_asked_for(plan, wanted, t);
			if (plan->kernels.at[maker]->direct && plan->kernels.at[maker]->finished == t) at->storage = NOT_STORED; /* handed on row by row */
			else if (!kept && stays_in_registers(p, plan, t, maker)) at->storage = NOT_STORED;
			else at->storage = t->batch ? IN_PANELS : IN_PLAIN;
			at->first = at->last = maker;
		}
	}
	for (int k = 0; k < plan->kernels.n; k++) {
		const struct kernel *kernel = plan->kernels.at[k];
		for (int e = 0; e < kernel->equations.n; e++) {
			int n;
			struct expr **reads = expr_reads(p, kernel->equations.at[e]->body, &n);
			for (int r = 0; r < n; r++) {
				struct slot *at = &plan->place[reads[r]->tensor->id];
				bool as_rows = kernel->kind == KERNEL_OUTER && e == 0 && reads[r] == kernel->right;
				if (as_rows) extend(&at->rows_first, &at->rows_last, k);
				else {
					extend(&at->first, &at->last, k);
					if (at->storage == CALLERS_ROWS) at->panels = true;
				}
			}
		}
		if (kernel->kind == KERNEL_ROWS) {
			struct slot *at = &plan->place[kernel->rows->id];
			extend(&at->first, &at->last, k);
			extend(&at->rows_first, &at->rows_last, k);
		}
	}
	for (int i = 0; i < p->tensors.n; i++) { /* packed at the start; what is asked for lives to the end */
		struct slot *at = &plan->place[i];
		if (at->panels) at->first = 0;
		if (at->storage == IN_PANELS || at->storage == IN_PLAIN)
			if (is_asked_for(plan, wanted, p->tensors.at[i])) at->last = plan->kernels.n;
	}
}

/* nothing after kernel k reads the parameter whose gradient it finishes, and the kernel itself reads it at the element of the moment only */
static bool
is_last_reader(struct program *p, const struct plan *plan, int k)
{
	const struct tensor *param = plan->kernels.at[k]->gradient;
	for (int j = k; j < plan->kernels.n; j++)
		for (int e = 0; e < plan->kernels.at[j]->equations.n; e++) {
			const struct equation *q = plan->kernels.at[j]->equations.at[e];
			int n;
			struct expr **reads = expr_reads(p, q->body, &n);
			for (int r = 0; r < n; r++) {
				if (reads[r]->tensor != param) continue;
				if (j > k || e == 0) return false;
				for (int i = 0; i < reads[r]->n; i++)
					if (reads[r]->kid[i]->op != OP_INDEX || reads[r]->kid[i]->index != q->lhs[i]) return false;
			}
		}
	return true;
}

static void
find_gradients(struct program *p, struct plan *plan)
{
	for (int k = 0; k < plan->kernels.n; k++) {
		struct kernel *kernel = plan->kernels.at[k];
		for (int e = 0; e < kernel->equations.n; e++) {
			struct tensor *param = gradient_of(p, kernel->equations.at[e]->tensor);
			if (!param) continue;
			kernel->gradient = param;
			kernel->finished = kernel->equations.at[e]->tensor;
		}
		kernel->direct = kernel->gradient && kernel->kind == KERNEL_OUTER && !plan->keeps_gradients && is_last_reader(p, plan, k);
	}
}

/* kernels up to the last that the loss or a metric needs */
static int
forward_kernels(const struct plan *plan, const char *forward)
{
	int n = 0;
	for (int k = 0; k < plan->kernels.n; k++)
		for (int e = 0; e < plan->kernels.at[k]->equations.n; e++)
			if (forward[plan->kernels.at[k]->equations.at[e]->tensor->id]) n = k + 1;
	return n;
}

struct plan *
plan_program(struct program *p, const char *entry, const char *wanted, int panel, bool f64, bool keeps_gradients)
{
	struct plan *plan = NEW(p->arena, struct plan);
	*plan = (struct plan){.program = p, .entry = entry, .panel = panel, .f64 = f64, .keeps_gradients = keeps_gradients};
	plan->place = NEW_ARRAY(p->arena, p->tensors.n + 1, struct slot);
	struct fusing f = {.p = p, .plan = plan, .of = equation_table(p)};
	char *need = NEW_ARRAY(p->arena, p->tensors.n + 1, char), *forward = NEW_ARRAY(p->arena, p->tensors.n + 1, char);
	for (int i = 0; i < p->tensors.n; i++) {
		if (wanted[i]) mark_needed(p, f.of, need, p->tensors.at[i]);
		if (wanted[i] && !gradient_of(p, p->tensors.at[i])) mark_needed(p, f.of, forward, p->tensors.at[i]);
	}
	f.n = schedule_equations(p, need, forward, &f.order);
	f.taken = NEW_ARRAY(p->arena, f.n + 1, char);
	form_kernels(&f);
	find_gradients(p, plan);
	decide_storage(p, plan, wanted);
	plan->forward = forward_kernels(plan, forward);
	place_memory(plan);
	return plan;
}

/* ---- entries ---------------------------------------------------------------------------------------------------------------------------------------------- */

struct plan *
plan_entry(struct model *m, enum entry entry, bool f64)
{
	static const char *const names[ENTRIES] = {"predict", "evaluate", "train"};
	struct program *p = entry == TRAIN ? m->train : m->eval;
	char *wanted = NEW_ARRAY(p->arena, p->tensors.n + 1, char);
	if (entry == PREDICT ? !p->outputs.n : !p->loss) return NULL;
	if (entry == PREDICT) {
		for (int i = 0; i < p->outputs.n; i++) wanted[p->outputs.at[i]->id] = 1;
	} else {
		wanted[p->loss->id] = 1;
		for (int i = 0; i < p->metrics.n; i++) wanted[p->metrics.at[i]->id] = 1;
	}
	for (int i = 0; entry == TRAIN && i < p->updates.n; i++) wanted[p->updates.at[i].new->id] = 1;
	for (int i = 0; entry == TRAIN && i < p->gradients.n; i++) wanted[p->gradients.at[i].gradient->id] = 1;
	struct plan *plan = plan_program(p, names[entry], wanted, panel_width(m->training.batch_size), f64, m->training.clip_norm > 0);
	if (entry == TRAIN) plan_chunks(plan);
	return plan;
}

void
plan_print(const struct plan *plan, struct text *t)
{
	static const char *const kinds[] = {"tile", "lanes", "rows", "outer", "fold", "plain"};
	text_add(t, "%s: panels of %d, %.0f bytes a panel (at least %.0f), %.0f FLOP a sample\n", plan->entry, plan->panel, plan->panel_bytes, plan->lower_bound, plan->flops);
	for (int i = 0; i < plan->kernels.n; i++) {
		const struct kernel *k = plan->kernels.at[i];
		text_add(t, "  %-6s %2d part%s ", kinds[k->kind], k->parts, k->parts == 1 ? " " : "s");
		if (k->row) text_add(t, " rows %ld", k->row->size);
		for (int s = 0; s < k->sum.n; s++) text_add(t, " sum %ld", k->sum.at[s]->size);
		if (k->lane) text_add(t, " lanes %ld", k->lane->size);
		for (int e = 0; e < k->equations.n; e++) text_add(t, " %s", k->equations.at[e]->tensor->name);
		if (k->kind == KERNEL_ROWS) text_add(t, " %s", k->rows->name);
		text_add(t, "\n");
	}
}
