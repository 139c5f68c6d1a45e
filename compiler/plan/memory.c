/* memory.c - where buffers lie: each gets the lowest offset that is free for as long as it lives (first fit by size, Sekiyama et al. 2018, 3). */
#include "plan/plan.h"
#include <stdlib.h>

struct block {
	double size, offset;
	double *result;
	int first, last;
};

enum { ALIGNMENT = 64 };

static double
rounded(double bytes)
{
	double n = (double)(long)(bytes / ALIGNMENT);
	return n * ALIGNMENT < bytes ? (n + 1) * ALIGNMENT : bytes;
}

static int
by_size(const void *a, const void *b)
{
	const struct block *x = a, *y = b;
	if (x->size != y->size) return x->size > y->size ? -1 : 1;
	return x->first - y->first ? x->first - y->first : x->last - y->last;
}

static bool
overlap(const struct block *a, const struct block *b)
{
	return a->first <= b->last && b->first <= a->last;
}

/* offsets for all blocks; returns the bytes that they need together */
static double
fit(struct block *block, int n)
{
	double total = 0;
	qsort(block, (size_t)n, sizeof *block, by_size);
	for (int i = 0; i < n; i++) {
		double at = 0;
		for (bool moved = true; moved;) {
			moved = false;
			for (int k = 0; k < i; k++)
				if (overlap(&block[i], &block[k]) && at < block[k].offset + block[k].size && block[k].offset < at + block[i].size) {
					at = block[k].offset + block[k].size;
					moved = true;
				}
		}
		block[i].offset = *block[i].result = at;
		if (at + block[i].size > total) total = at + block[i].size;
	}
	return total;
}

static double
most_alive(const struct block *block, int n, int kernels)
{
	double most = 0;
	for (int k = 0; k <= kernels; k++) {
		double now = 0;
		for (int i = 0; i < n; i++)
			if (block[i].first <= k && k <= block[i].last) now += block[i].size;
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
	int n = 0, m = 0;
	for (int i = 0; i < p->tensors.n; i++) {
		struct tensor *t = p->tensors.at[i];
		struct slot *at = &plan->place[i];
		double count = (double)tensor_count(t), size = t->integer ? 4 : real;
		if (at->storage == IN_PANELS || at->panels)
			panels[n++] = (struct block){rounded(count * plan->panel * size), 0, &at->offset, at->first, at->last};
		if (at->rows && !at->own_rows)
			panels[n++] = (struct block){rounded((double)at->row_stride * plan->panel * real), 0, &at->rows_offset, at->rows_first, at->rows_last};
		if (at->storage == IN_PLAIN) plain[m++] = (struct block){rounded(count * size), 0, &at->offset, at->first, at->last};
	}
	plan->lower_bound = most_alive(panels, n, plan->kernels.n);
	plan->panel_bytes = fit(panels, n);
	plan->plain_bytes = fit(plain, m);
}
