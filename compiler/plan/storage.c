/* storage.c - what has to be stored, as what, and for how long.
 *
 * A map that only reads another tensor's elements in the same order (reshape, flatten) is a view: it has no code and no place of its own.  A value that
 * only its own kernel reads, at the element of the moment, stays in registers. */
#include "plan/plan.h"
#include <stdlib.h>
#include <string.h>

struct tensor *
plan_root(const struct plan *plan, struct tensor *t)
{
	while (plan->place[t->id].view) t = plan->place[t->id].view;
	return t;
}

/* ---- views ----------------------------------------------------------------------------------------------------------------------------------- */

static struct expr *
flat(struct program *p, const struct tensor *t, struct expr *const at[])
{
	struct expr *e = number(p, 0);
	for (int i = t->batch; i < t->rank; i++) e = add(p, scale(p, (double)t->shape[i], e), at[i]);
	return e;
}

static bool
is_view(struct program *p, const struct equation *q)
{
	const struct expr *b = q->body;
	struct expr *own[MAX_RANK];
	if (q->reduction || b->op != OP_READ || b->tensor == q->tensor || b->tensor->batch != q->tensor->batch || b->tensor->integer != q->tensor->integer) return false;
	if (b->tensor->role == ROLE_RANDOM || b->tensor->role == ROLE_SETTING || tensor_count(b->tensor) != tensor_count(q->tensor)) return false;
	if (q->tensor->batch && (b->kid[0]->op != OP_INDEX || b->kid[0]->index != q->lhs[0])) return false;
	for (int i = 0; i < q->lhs_count; i++) own[i] = index_of(p, q->lhs[i]);
	return without_rests(p, flat(p, b->tensor, b->kid)) == without_rests(p, flat(p, q->tensor, own));
}

void
find_views(struct plan *plan, const char *wanted)
{
	struct program *p = plan->program;
	for (int i = 0; i < p->equations.n; i++) {
		struct equation *q = p->equations.at[i];
		if (!wanted[q->tensor->id] && is_view(p, q)) plan->place[q->tensor->id].view = q->body->tensor;
	}
}

/* ---- who reads it ------------------------------------------------------------------------------------------------------------------------------- */

struct uses { /* by tensor id */
	int *maker;    /* kernel; -1: none */
	char *outside; /* some other kernel reads it, or its own at another element */
};

static bool
is_own_element(const struct equation *q, const struct expr *read)
{
	if (read->n != q->lhs_count) return false;
	for (int i = 0; i < read->n; i++)
		if (read->kid[i]->op != OP_INDEX || read->kid[i]->index != q->lhs[i]) return false;
	return true;
}

static struct uses
find_uses(struct plan *plan)
{
	struct program *p = plan->program;
	struct uses u = {NEW_ARRAY(p->arena, p->tensors.n + 1, int), NEW_ARRAY(p->arena, p->tensors.n + 1, char)};
	for (int i = 0; i < p->tensors.n; i++) u.maker[i] = -1;
	for (int k = 0; k < plan->kernels.n; k++)
		for (int e = 0; e < plan->kernels.at[k]->equations.n; e++) u.maker[plan->kernels.at[k]->equations.at[e]->tensor->id] = k;
	for (int k = 0; k < plan->kernels.n; k++) {
		const struct kernel *kernel = plan->kernels.at[k];
		if (kernel->kind == KERNEL_ROWS) u.outside[plan_root(plan, kernel->rows)->id] = 1;
		for (int e = 0; e < kernel->equations.n; e++) {
			const struct equation *q = kernel->equations.at[e];
			int n;
			struct expr **reads = expr_reads(p, q->body, &n);
			for (int r = 0; r < n; r++) {
				struct tensor *t = plan_root(plan, reads[r]->tensor);
				bool at_hand = t == reads[r]->tensor && u.maker[t->id] == k && (kernel->kind == KERNEL_LANES || is_own_element(q, reads[r]));
				u.outside[t->id] |= !at_hand;
			}
		}
	}
	return u;
}

/* In a run of sample-wise equations only one number a sample can stay in a register. */
static bool
stays_in_registers(const struct plan *plan, const struct uses *u, const struct tensor *t)
{
	const struct kernel *k = plan->kernels.at[u->maker[t->id]];
	if (sums_in_memory(k) && k->equations.at[0]->tensor == t) return false;
	if (k->kind == KERNEL_FOLD || k->kind == KERNEL_PLAIN || k->kind == KERNEL_SCATTER || (k->kind == KERNEL_LANES && t->rank > 1)) return false;
	return !u->outside[t->id];
}

/* ---- lifetimes ------------------------------------------------------------------------------------------------------------------------------------ */

static void
extend(int *first, int *last, int k)
{
	if (*first < 0 || k < *first) *first = k;
	if (k > *last) *last = k;
}

/* the kernels of the recurrence that kernel k belongs to: what one of them touches lives through all steps */
static void
extend_through(const struct plan *plan, int *first, int *last, int k)
{
	const struct recurrence_of *loop = plan->kernels.at[k]->loop;
	int from = k, to = k;
	while (loop && from > 0 && plan->kernels.at[from - 1]->loop == loop) from--;
	while (loop && to + 1 < plan->kernels.n && plan->kernels.at[to + 1]->loop == loop) to++;
	extend(first, last, from);
	extend(first, last, to);
}

static void
find_lifetimes(struct plan *plan)
{
	struct program *p = plan->program;
	for (int k = 0; k < plan->kernels.n; k++) {
		const struct kernel *kernel = plan->kernels.at[k];
		for (int e = 0; e < kernel->equations.n; e++) {
			int n;
			struct slot *own = &plan->place[kernel->equations.at[e]->tensor->id];
			extend_through(plan, &own->first, &own->last, k);
			struct expr **reads = expr_reads(p, kernel->equations.at[e]->body, &n);
			for (int r = 0; r < n; r++) {
				struct slot *at = &plan->place[plan_root(plan, reads[r]->tensor)->id];
				if (kernel->kind == KERNEL_OUTER && e == 0 && (reads[r] == kernel->right || (sums_in_memory(kernel) && reads[r] == kernel->left))) {
					extend(&at->rows_first, &at->rows_last, k);
				} else {
					extend_through(plan, &at->first, &at->last, k);
					at->panels |= at->storage == CALLERS_ROWS;
				}
			}
		}
		if (kernel->kind == KERNEL_ROWS) {
			struct slot *at = &plan->place[kernel->rows->id];
			extend(&at->first, &at->last, k);
			extend(&at->rows_first, &at->rows_last, k);
		}
		if (kernel->gradient && !kernel->direct && !kernel->early) plan->place[kernel->finished->id].last = plan->kernels.n;
	}
}

void
decide_storage(struct plan *plan, const char *wanted)
{
	struct program *p = plan->program;
	struct uses u = find_uses(plan);
	for (int i = 0; i < p->tensors.n; i++) {
		struct tensor *t = p->tensors.at[i];
		struct slot *at = &plan->place[i];
		at->first = at->last = at->rows_first = at->rows_last = -1;
		switch (t->role) {
		case ROLE_INPUT: case ROLE_TARGET: at->storage = CALLERS_ROWS; break;
		case ROLE_PARAM: case ROLE_FROZEN: case ROLE_STATE: at->storage = IN_MODEL; break;
		case ROLE_RANDOM: at->storage = COMPUTED; break;
		default:
			if (u.maker[i] < 0) break;
			struct kernel *k = plan->kernels.at[u.maker[i]];
			k->direct &= k->finished != t || !u.outside[i];
			bool finished = param_of_gradient(t) != NULL, kept = wanted[i] == 1 && !finished;
			if (k->direct && k->finished == t) at->storage = NOT_STORED; /* handed on row by row */
			else if (!kept && !finished && stays_in_registers(plan, &u, t)) at->storage = NOT_STORED;
			else at->storage = t->batch ? IN_PANELS : IN_PLAIN;
		}
	}
	find_lifetimes(plan);
	for (int i = 0; i < p->tensors.n; i++) { /* packed at the start; what is asked for lives to the end */
		struct slot *at = &plan->place[i];
		if (at->panels) at->first = 0;
		if ((at->storage == IN_PANELS || at->storage == IN_PLAIN) && wanted[i] == 1 && !param_of_gradient(p->tensors.at[i])) at->last = plan->kernels.n;
	}
}

/* ---- gradients -------------------------------------------------------------------------------------------------------------------------------------- */

/* by tensor id of a parameter: the last kernel that reads it otherwise than at the element of the moment behind a contraction */
static int *
last_readers(struct plan *plan)
{
	struct program *p = plan->program;
	int *last = NEW_ARRAY(p->arena, p->tensors.n + 1, int);
	for (int k = 0; k < plan->kernels.n; k++) {
		const struct kernel *kernel = plan->kernels.at[k];
		for (int e = 0; e < kernel->equations.n; e++) {
			const struct equation *q = kernel->equations.at[e];
			int n;
			struct expr **reads = expr_reads(p, q->body, &n);
			for (int r = 0; r < n; r++) {
				struct tensor *t = plan_root(plan, reads[r]->tensor);
				bool own = t == kernel->gradient && t == reads[r]->tensor && e > 0 && is_own_element(q, reads[r]);
				if (!own) last[t->id] = 2 * k + 1;
				else if (last[t->id] < 2 * k) last[t->id] = 2 * k; /* harmless in its own kernel, not in an earlier one */
			}
		}
	}
	return last;
}

/* Which kernels finish a gradient, and whether it may be handed on at once: nothing after the kernel reads the parameter. */
void
find_gradients(struct plan *plan)
{
	for (int k = 0; k < plan->kernels.n; k++) {
		struct kernel *kernel = plan->kernels.at[k];
		for (int e = 0; e < kernel->equations.n; e++) {
			struct tensor *param = param_of_gradient(kernel->equations.at[e]->tensor);
			if (!param) continue;
			kernel->gradient = param;
			kernel->finished = kernel->equations.at[e]->tensor;
		}
	}
	int *last = last_readers(plan);
	for (int k = 0; k < plan->kernels.n; k++) {
		struct kernel *kernel = plan->kernels.at[k];
		if (!kernel->gradient || plan->keeps_gradients) continue;
		kernel->early = last[kernel->gradient->id] <= 2 * k + 1;
		kernel->direct = kernel->kind == KERNEL_OUTER && !kernel->sum.n && last[kernel->gradient->id] <= 2 * k;
	}
}
