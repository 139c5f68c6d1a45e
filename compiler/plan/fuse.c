/* fuse.c - kernels from ordered equations.
 *
 * A contraction takes along the maps of its shape that read what it makes at the element of the moment: they are computed while it is in registers.
 * Runs of other sample-wise equations become one kernel.  What belongs to a recurrence is not mixed with what does not. */
#include "plan/plan.h"
#include <stdlib.h>
#include <string.h>

enum { TYPICAL_BATCH = 64, BY_FORM = 256 };

struct laid_out { /* a contraction and what became of it */
	enum kernel_kind kind; /* before it had loops */
	struct expr *left;
	bool has_loops;
	const struct kernel *kernel;
	int next; /* 1 + the place of another with the same hash; 0: none */
};

struct fusing {
	struct plan *plan;
	struct program *p;
	struct schedule *s;
	char *taken; /* by position */
	LIST(struct laid_out) laid_out;
	int by_form[BY_FORM]; /* 1 + the place in `laid_out` of the last with a hash */
};

/* the same left side, sizes and samples */
static bool
same_space(const struct equation *q, const struct equation *like)
{
	if (q->lhs_count != like->lhs_count) return false;
	for (int i = 0; i < q->lhs_count; i++)
		if (q->lhs[i]->size != like->lhs[i]->size || q->lhs[i]->batch != like->lhs[i]->batch) return false;
	return true;
}

/* the equation over the indices of another of the same space */
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

static bool
is_made_by(const struct kernel *k, const struct tensor *t)
{
	for (int e = 0; e < k->equations.n; e++)
		if (k->equations.at[e]->tensor == t) return true;
	return false;
}

/* an earlier step of the kernel's own recurrence: it is there, wherever its equation stands */
static bool
is_earlier_step(struct fusing *f, const struct recurrence_of *loop, const struct equation *q, const struct expr *read)
{
	for (int i = 0; loop && i < loop->n; i++)
		for (int r = 0; r < loop->n && loop->at[i]->tensor == q->tensor; r++)
			if (loop->at[r]->tensor == read->tensor) {
				struct equation *own = loop->at[i];
				struct expr *to[MAX_RANK]; /* the read with the indices that the recurrence knows */
				for (int l = 0; l < q->lhs_count; l++) to[l] = index_of(f->p, own->lhs[l]);
				return recurrence_offset(f->p, loop, i, substitute(f->p, (struct expr *)read, q->lhs_count, q->lhs, to)) != 0;
			}
	return false;
}

/* the map reads what the kernel makes at its own element only, and everything else is there already */
static bool
fits_behind(struct fusing *f, const struct kernel *k, const struct equation *q, int position)
{
	int n;
	struct expr **reads = expr_reads(f->p, q->body, &n);
	bool reads_kernel = false;
	if (k->kind == KERNEL_OUTER && computes_with(f->p, q, q->lhs[q->lhs_count - 1])) return false; /* lanes differ in it */
	for (int i = 0; i < n; i++) {
		struct tensor *t = reads[i]->tensor;
		if (is_earlier_step(f, k->loop, q, reads[i])) continue;
		if (is_made_by(k, t)) {
			for (int s = 0; s < reads[i]->n; s++)
				if (reads[i]->kid[s]->op != OP_INDEX || reads[i]->kid[s]->index != q->lhs[s]) return false;
			reads_kernel = true;
			continue;
		}
		int maker = f->s->position[t->id];
		if (maker >= position) return false;
		if (maker >= 0 && !f->taken[maker]) return false;
	}
	return reads_kernel;
}

static bool
finishes_gradient(const struct kernel *k)
{
	for (int e = 0; e < k->equations.n; e++)
		if (param_of_gradient(k->equations.at[e]->tensor)) return true;
	return false;
}

/* the next map that can follow: among those that read what the kernel makes, in their order */
static bool
fuse_one(struct fusing *f, struct kernel *k, int position)
{
	int best = -1;
	struct equation *found = NULL;
	for (int e = 0; e < k->equations.n; e++) {
		const struct readers *r = &f->s->readers[k->equations.at[e]->tensor->id];
		for (int i = 0; i < r->n; i++) {
			int at = r->at[i];
			struct equation *q = f->s->order[at];
			if (at <= position || f->taken[at] || (best >= 0 && at >= best)) continue;
			if (q->reduction || f->s->loop[at] != k->loop || !same_space(q, k->equations.at[0])) continue;
			if (param_of_gradient(q->tensor) && finishes_gradient(k)) continue; /* one update a kernel */
			struct equation *x = renamed(f->p, q, k->equations.at[0]);
			if (!fits_behind(f, k, x, position)) continue;
			best = at;
			found = x;
		}
	}
	if (best < 0) return false;
	PUSH(f->p->arena, &k->equations, found);
	f->taken[best] = 1;
	return true;
}

static void
add_kernel(struct fusing *f, struct kernel *k)
{
	PUSH(f->p->arena, &f->plan->kernels, k);
}

static struct kernel *
plain_kernel(struct fusing *f, enum kernel_kind kind, struct equation *q, const struct recurrence_of *loop)
{
	struct kernel *k = NEW(f->p->arena, struct kernel);
	*k = (struct kernel){.kind = kind, .parts = kind == KERNEL_LANES ? 0 : 1, .loop = loop};
	PUSH(f->p->arena, &k->equations, q);
	add_kernel(f, k);
	return k;
}

/* copies for the outer product are made just before it */
static void
need_rows(struct fusing *f, struct tensor *t)
{
	t = plan_root(f->plan, t);
	struct slot *at = &f->plan->place[t->id];
	if (at->rows) return;
	at->rows = true;
	bool input = t->role == ROLE_INPUT || t->role == ROLE_TARGET;
	at->own_rows = input;
	at->row_stride = tensor_count(t);
	if (input) return;
	if (at->row_stride % 1024 == 0) at->row_stride += 16; /* else equal elements of all samples would share one set of the cache */
	struct kernel *k = NEW(f->p->arena, struct kernel);
	*k = (struct kernel){.kind = KERNEL_ROWS, .rows = t};
	add_kernel(f, k);
}

static uint32_t
form_hash(const struct kernel *k)
{
	uint32_t h = (uint32_t)k->kind;
	for (int i = 0; i < k->equations.n; i++) h = (h ^ k->equations.at[i]->body->form) * 0x9e3779b1u;
	return h >> 16;
}

/* an earlier contraction that differs in its tensors only */
static const struct laid_out *
laid_out_alike(struct fusing *f, const struct kernel *k)
{
	for (int i = f->by_form[form_hash(k) % BY_FORM]; i; i = f->laid_out.at[i - 1].next) {
		const struct laid_out *l = &f->laid_out.at[i - 1];
		if (l->kind != k->kind || l->kernel->equations.n != k->equations.n) continue;
		struct matching m;
		matching_start(&m, f->p);
		bool same = true;
		for (int e = 0; e < k->equations.n && same; e++) same = match_equations(&m, l->kernel->equations.at[e], k->equations.at[e]);
		same = same && match_exprs(&m, l->left, k->left);
		matching_end(&m);
		if (same) return l;
	}
	return NULL;
}

static void
take_loops(struct kernel *k, const struct laid_out *from)
{
	const struct kernel *o = from->kernel;
	struct expr *factor[] = {k->left, k->right};
	bool swapped = o->left != from->left;
	k->kind = o->kind;
	k->left = factor[swapped];
	k->right = factor[!swapped];
	k->rows = o->rows ? k->right->tensor : NULL;
	k->merges = o->merges;
	k->outer = o->outer;
	k->row = o->row;
	k->lane = o->lane;
	k->column = o->column;
	k->sum = o->sum;
	k->taps = o->taps;
	k->slides = o->slides;
}

/* Finding loops is dear, and equal layers have equal ones. */
static bool
find_loops(struct fusing *f, struct kernel *k)
{
	if (k->loop) return contraction_loops(f->p, k);
	const struct laid_out *known = laid_out_alike(f, k);
	if (known) {
		if (known->has_loops) take_loops(k, known);
		return known->has_loops;
	}
	int *first = &f->by_form[form_hash(k) % BY_FORM];
	struct laid_out l = {k->kind, k->left, false, k, *first};
	l.has_loops = contraction_loops(f->p, k);
	PUSH(f->p->arena, &f->laid_out, l);
	*first = f->laid_out.n;
	return l.has_loops;
}

static bool
try_contraction(struct fusing *f, int i)
{
	struct kernel *k = contraction(f->p, f->s->order[i], f->s->loop[i]);
	if (!k) return false;
	while (fuse_one(f, k, i)) {}
	if (!find_loops(f, k)) { /* give back what was fused */
		for (int e = 1; e < k->equations.n; e++) f->taken[f->s->position[k->equations.at[e]->tensor->id]] = 0;
		return false;
	}
	if (k->kind == KERNEL_OUTER) need_rows(f, k->rows);
	if (sums_in_memory(k)) need_rows(f, k->left->tensor);
	k->parts = contraction_parts(k, TYPICAL_BATCH);
	f->plan->flops += 2 * contraction_size(k);
	f->taken[i] = 1;
	add_kernel(f, k);
	return true;
}

static bool
try_scatter(struct fusing *f, int i)
{
	struct equation *q = f->s->order[i];
	struct expr *condition;
	if (q->tensor->batch || !has_batch_bound(q) || f->s->loop[i]) return false;
	struct index *scattered = scattered_index(q, &condition);
	if (!scattered) return false;
	struct kernel *k = plain_kernel(f, KERNEL_SCATTER, q, NULL);
	k->scattered = scattered;
	k->condition = condition;
	return true;
}

static bool
is_fold(const struct equation *q)
{
	return has_batch_bound(q) && (q->reduction == SUM || q->reduction == MEAN) && sample_order_of(q) == SIXTEEN;
}

void
form_kernels(struct plan *plan, struct schedule *s)
{
	struct fusing f = {.plan = plan, .p = plan->program, .s = s, .taken = NEW_ARRAY(plan->program->arena, s->n + 1, char)};
	struct kernel *lanes = NULL; /* the open run of sample-wise equations */
	for (int i = 0; i < s->n; i++) {
		struct equation *q = s->order[i];
		if (f.taken[i]) continue;
		if (try_contraction(&f, i)) {
			lanes = NULL;
			continue;
		}
		f.taken[i] = 1;
		if (q->tensor->batch && !has_batch_bound(q)) {
			if (lanes && lanes->loop == s->loop[i]) PUSH(f.p->arena, &lanes->equations, q);
			else lanes = plain_kernel(&f, KERNEL_LANES, q, s->loop[i]);
			continue;
		}
		lanes = NULL;
		if (!try_scatter(&f, i)) plain_kernel(&f, is_fold(q) ? KERNEL_FOLD : KERNEL_PLAIN, q, NULL);
	}
}
