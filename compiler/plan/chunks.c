/* chunks.c - a batch that is larger than the memory, in pieces of some panels: which kernels run in each of them, which at the end.
 *
 * Only sums over the samples know of other pieces: their running sums are kept from one chunk to the next, so that a sum runs over the samples
 * in the order of one large batch, to the bit.  What reads such a sum has to wait for the last chunk.  When a sample's value reads one (the mean
 * of a BatchNorm, say), there are no chunks: the first sample needs the last. */
#include "plan/plan.h"

static bool
reads_any(struct plan *plan, struct equation *q, const char *set)
{
	int n;
	struct expr **reads = expr_reads(plan->program, q->body, &n);
	for (int i = 0; i < n; i++)
		if (set[plan_root(plan, reads[i]->tensor)->id]) return true;
	return false;
}

/* marks what sums over the samples reach; false when that is a sample's value, or another such sum */
static bool
mark_finished_late(struct plan *plan, char *late)
{
	for (int i = 0; i < plan->kernels.n; i++) {
		struct kernel *k = plan->kernels.at[i];
		for (int e = 0; e < k->equations.n; e++) {
			struct equation *q = k->equations.at[e];
			bool sum = has_batch_bound(q), reads = reads_any(plan, q, late);
			if ((sum && (reads || e > 0 || (q->reduction != SUM && q->reduction != MEAN))) || (reads && q->tensor->batch)) return false;
			late[q->tensor->id] = sum || reads;
			k->over_samples |= sum;
			k->at_last |= reads && !k->over_samples;
		}
	}
	return true;
}

static double
running_sums(const struct kernel *k)
{
	double n = (double)tensor_count(k->equations.at[0]->tensor) * (has_running_sums(k) ? 16 : 1);
	return (double)((long)(n + 15) / 16 * 16); /* whole cache lines */
}

void
plan_chunks(struct plan *plan)
{
	char *late = NEW_ARRAY(plan->program->arena, plan->program->tensors.n + 1, char);
	plan->accumulates = mark_finished_late(plan, late);
	for (int i = 0; i < plan->kernels.n; i++) {
		struct kernel *k = plan->kernels.at[i];
		if (!plan->accumulates) k->over_samples = k->at_last = false;
		if (!k->over_samples) continue;
		k->carried = plan->carried;
		plan->carried += running_sums(k);
	}
}
