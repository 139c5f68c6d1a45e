/* memory.c - where buffers lie.
 *
 * What lives from the forward into the backward pass is all alive in between: it is laid out in the order of its birth, without holes.  Behind it lies
 * what lives in one of the passes only: each gets the lowest offset that is free for as long as it lives, in the order of birth (linear scan, Poletto and
 * Sarkar 1999).  Equal blocks of layers so get equal layouts at equal distances, which the printer turns into loops.
 *
 * What belongs to samples is counted for one of them: panels hold at least 16, so all of it begins at a multiple of 64 bytes there. */
#include "plan/plan.h"
#include <stdlib.h>

struct block {
	double size, offset;
	double *result;
	int first, last, tensor;
	bool saved;
};

enum { ALIGNMENT = 64 };

static double
rounded(double bytes)
{
	double n = (double)(long)(bytes / ALIGNMENT);
	return n * ALIGNMENT < bytes ? (n + 1) * ALIGNMENT : bytes;
}

static int
by_birth(const void *a, const void *b)
{
	const struct block *x = a, *y = b;
	if (x->first != y->first) return x->first - y->first;
	return x->tensor - y->tensor;
}

/* the blocks that are alive, by offset */
struct alive {
	int n;
	struct block **at;
};

static void
end_before(struct alive *alive, int kernel)
{
	int n = 0;
	for (int i = 0; i < alive->n; i++)
		if (alive->at[i]->last >= kernel) alive->at[n++] = alive->at[i];
	alive->n = n;
}

/* the lowest gap among the living that is wide enough */
static void
place_block(struct alive *alive, struct block *b)
{
	int i = 0;
	double at = 0;
	for (; i < alive->n; i++) {
		if (alive->at[i]->offset - at >= b->size) break;
		double end = alive->at[i]->offset + alive->at[i]->size;
		if (end > at) at = end;
	}
	b->offset = at;
	for (int k = alive->n; k > i; k--) alive->at[k] = alive->at[k - 1];
	alive->at[i] = b;
	alive->n++;
}

/* offsets for all blocks; returns the bytes that they need together */
static double
fit(struct arena *a, struct block *block, int n)
{
	double saved = 0, total = 0;
	struct alive alive = {0, NEW_ARRAY(a, n + 1, struct block *)};
	qsort(block, (size_t)n, sizeof *block, by_birth);
	for (int i = 0; i < n; i++) {
		if (!block[i].saved) continue;
		*block[i].result = saved;
		saved += block[i].size;
	}
	for (int i = 0; i < n; i++) {
		if (block[i].saved) continue;
		end_before(&alive, block[i].first);
		place_block(&alive, &block[i]);
		*block[i].result = saved + block[i].offset;
		if (block[i].offset + block[i].size > total) total = block[i].offset + block[i].size;
	}
	return saved + total;
}

static double
most_alive(struct arena *a, const struct block *block, int n, int kernels)
{
	double most = 0, now = 0, *change = NEW_ARRAY(a, kernels + 3, double);
	for (int i = 0; i < n; i++) {
		change[block[i].first < 0 ? 0 : block[i].first] += block[i].size;
		change[(block[i].last < 0 ? 0 : block[i].last) + 1] -= block[i].size;
	}
	for (int k = 0; k <= kernels; k++) {
		now += change[k];
		if (now > most) most = now;
	}
	return most;
}

void
place_memory(struct plan *plan)
{
	struct program *p = plan->program;
	double real = plan->f64 ? 8 : 4;
	struct block *panels = NEW_ARRAY(p->arena, 2 * p->tensors.n + 1, struct block), *plain = NEW_ARRAY(p->arena, p->tensors.n + 1, struct block);
	int n = 0, m = 0, f = plan->forward;
	for (int i = 0; i < p->tensors.n; i++) {
		struct tensor *t = p->tensors.at[i];
		struct slot *at = &plan->place[i];
		double count = (double)tensor_count(t), size = t->integer ? 4 : real;
		if (at->view) continue;
		if (at->storage == IN_PANELS || at->panels)
			panels[n++] = (struct block){plan->single ? rounded(count * size) : count * size, 0, &at->offset, at->first, at->last, i, at->first < f && at->last >= f};
		if (at->rows && !at->own_rows)
			panels[n++] = (struct block){(double)at->row_stride * real, 0, &at->rows_offset, at->rows_first, at->rows_last, i, false};
		if (at->storage == IN_PLAIN) plain[m++] = (struct block){rounded(count * size), 0, &at->offset, at->first, at->last, i, at->first < f && at->last >= f};
	}
	plan->lower_bound = most_alive(p->arena, panels, n, plan->kernels.n);
	plan->sample_bytes = fit(p->arena, panels, n);
	plan->plain_bytes = fit(p->arena, plain, m);
}
