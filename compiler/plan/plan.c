/* plan.c - the plan of an entry of the generated interface, and its text. */
#include "plan/plan.h"
#include <string.h>

int
panel_width(double batch_size)
{
	return batch_size <= 16 ? 16 : batch_size <= 32 ? 32 : 64;
}

/* t and all that it depends on */
static void
mark_needed(struct program *p, struct equation **of, char *need, const struct tensor *t)
{
	if (need[t->id]) return;
	need[t->id] = 1;
	struct equation *q = of[t->id];
	int n;
	if (!q) return;
	struct expr **reads = expr_reads(p, q->body, &n);
	for (int i = 0; i < n; i++) mark_needed(p, of, need, reads[i]->tensor);
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
plan_program(struct program *p, const char *entry, const char *wanted, bool f64, bool keeps_gradients)
{
	struct plan *plan = NEW(p->arena, struct plan);
	*plan = (struct plan){.program = p, .entry = entry, .f64 = f64, .keeps_gradients = keeps_gradients};
	plan->place = NEW_ARRAY(p->arena, p->tensors.n + 1, struct slot);
	struct equation **of = equation_table(p);
	char *need = NEW_ARRAY(p->arena, p->tensors.n + 1, char), *forward = NEW_ARRAY(p->arena, p->tensors.n + 1, char);
	for (int i = 0; i < p->tensors.n; i++) {
		if (!wanted[i]) continue;
		mark_needed(p, of, need, p->tensors.at[i]);
		if (!param_of_gradient(p->tensors.at[i])) mark_needed(p, of, forward, p->tensors.at[i]);
	}
	find_views(plan, wanted);
	struct schedule s = schedule_equations(plan, need, forward);
	form_kernels(plan, &s);
	find_gradients(plan);
	decide_storage(plan, wanted);
	plan->forward = forward_kernels(plan, forward);
	place_memory(plan);
	return plan;
}

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
	struct plan *plan = plan_program(p, names[entry], wanted, f64, m->training.clip_norm > 0);
	if (entry == TRAIN) plan_chunks(plan);
	return plan;
}

/* a sum over samples, or numbers of a sample that another one needs */
static bool
mixes_samples(const struct kernel *k)
{
	if (k->kind == KERNEL_TILE || k->kind == KERNEL_PAIR || k->kind == KERNEL_LANES) return false;
	return k->kind != KERNEL_PLAIN || has_batch_bound(k->equations.at[0]);
}

struct plan *
plan_for_one(const struct plan *plan, const char *entry)
{
	struct arena *a = plan->program->arena;
	struct plan *one = NEW(a, struct plan);
	*one = *plan;
	one->entry = entry;
	one->single = true;
	one->kernels.at = NEW_ARRAY(a, plan->kernels.n + 1, struct kernel *);
	one->place = NEW_ARRAY(a, plan->program->tensors.n + 1, struct slot);
	memcpy(one->place, plan->place, (size_t)plan->program->tensors.n * sizeof *one->place);
	for (int i = 0; i < plan->kernels.n; i++) {
		struct kernel *k = one->kernels.at[i] = NEW(a, struct kernel);
		*k = *plan->kernels.at[i];
		if (mixes_samples(k)) return NULL;
		k->parts = k->kind == KERNEL_TILE || k->kind == KERNEL_PAIR ? contraction_parts(k, 1) : 1;
	}
	place_memory(one);
	return one;
}

void
plan_model(struct model *m, bool f64, struct plan *plans[ENTRIES])
{
	for (int i = PREDICT; i <= TRAIN; i++) plans[i] = plan_entry(m, (enum entry)i, f64);
	struct plan *predict = plans[PREDICT] ? plan_for_one(plans[PREDICT], "predict_one") : NULL;
	struct plan *evaluate = plans[EVALUATE] ? plan_for_one(plans[EVALUATE], "evaluate_one") : NULL;
	const bool both = predict && (evaluate || !plans[EVALUATE]);
	plans[PREDICT_ONE] = both ? predict : NULL;
	plans[EVALUATE_ONE] = both ? evaluate : NULL;
}

void
plan_print(const struct plan *plan, struct text *t)
{
	static const char *const kinds[] = {"tile", "pair", "lanes", "rows", "outer", "dot", "taps", "fold", "scatter", "plain"};
	const struct recurrence_of *loop = NULL;
	if (plan->single) {
		text_add(t, "%s: the same kernels, %.0f bytes (at least %.0f)\n", plan->entry, plan->sample_bytes, plan->lower_bound);
		return;
	}
	text_add(t, "%s: %.0f bytes (at least %.0f) and %.0f FLOP a sample\n", plan->entry, plan->sample_bytes, plan->lower_bound, plan->flops);
	for (int i = 0; i < plan->kernels.n; i++) {
		const struct kernel *k = plan->kernels.at[i];
		if (k->loop && k->loop != loop) text_add(t, "  %ld steps%s:\n", k->loop->steps, k->loop->direction < 0 ? " backwards" : "");
		loop = k->loop;
		text_add(t, "%s  %-7s %2d part%s ", loop ? "  " : "", kinds[k->kind], k->parts, k->parts == 1 ? " " : "s");
		for (int o = 0; o < k->outer.n; o++) text_add(t, " loop %ld", k->outer.at[o]->size);
		if (k->row) text_add(t, " rows %ld", k->row->size);
		if (k->column) text_add(t, " columns %ld", k->column->size);
		for (int w = 0; w < k->taps.n; w++) text_add(t, " tap %ld", k->taps.at[w]->size);
		for (int s = 0; s < k->sum.n; s++) text_add(t, " sum %ld", k->sum.at[s]->size);
		if (k->lane) text_add(t, " lanes %ld", k->lane->size);
		for (int e = 0; e < k->equations.n; e++) text_add(t, " %s", k->equations.at[e]->tensor->name);
		if (k->kind == KERNEL_ROWS) text_add(t, " %s", k->rows->name);
		text_add(t, "\n");
	}
}
