/* test_memory.c - where buffers lie: nothing that lives at the same time overlaps, offsets are aligned, and what is over is used again. */
#include "oracle.h"

enum { LEAST_PANEL = 16, KERNELS = 40 };

/* one buffer of a plan as it was placed */
struct placed {
	const char *name;
	double from, to;
	int first, last;
};

LIST_TYPE(placed_list, struct placed);

static double
bytes_of(const struct plan *plan, const struct tensor *t)
{
	return (double)tensor_count(t) * (t->integer ? 4 : plan->f64 ? 8 : 4);
}

/* everything in the block that each sample has (plain: that the batch has once) */
static void
list_placed(const struct plan *plan, bool plain, struct placed_list *out)
{
	struct program *p = plan->program;
	for (int i = 0; i < p->tensors.n; i++) {
		const struct tensor *t = p->tensors.at[i];
		const struct slot *s = &plan->place[i];
		if (plain && s->storage == IN_PLAIN) PUSH(p->arena, out, (struct placed){t->name, s->offset, s->offset + bytes_of(plan, t), s->first, s->last});
		if (plain) continue;
		if (s->storage == IN_PANELS || s->panels) PUSH(p->arena, out, (struct placed){t->name, s->offset, s->offset + bytes_of(plan, t), s->first, s->last});
		if (s->rows && !s->own_rows)
			PUSH(p->arena, out, (struct placed){t->name, s->rows_offset, s->rows_offset + (double)s->row_stride * (plan->f64 ? 8 : 4), s->rows_first, s->rows_last});
	}
}

static void
check_block(const char *what, const struct plan *plan, bool plain, double total)
{
	struct placed_list list = {0};
	const int times = plain || plan->single ? 1 : LEAST_PANEL; /* side by side */
	list_placed(plan, plain, &list);
	for (int a = 0; a < list.n; a++) {
		const struct placed *x = &list.at[a];
		cr_assert(x->from >= 0 && x->to <= total, "%s: %s lies outside", what, x->name);
		cr_assert_eq((long)x->from * times % 64, 0, "%s: %s is not aligned", what, x->name);
		cr_assert_leq(x->first, x->last, "%s: %s never lives", what, x->name);
		for (int b = 0; b < a; b++) {
			const struct placed *y = &list.at[b];
			bool together = x->first <= y->last && y->first <= x->last, apart = x->to <= y->from || y->to <= x->from;
			cr_assert(!together || apart, "%s: %s and %s overlap", what, x->name, y->name);
		}
	}
	for (int k = 0; !plain && k <= plan->kernels.n; k++) {
		double alive = 0;
		for (int a = 0; a < list.n; a++) alive += list.at[a].first <= k && k <= list.at[a].last ? list.at[a].to - list.at[a].from : 0;
		cr_assert_leq(alive, total, "%s: more lives at kernel %d than there is room for", what, k);
		cr_assert_leq(alive, plan->lower_bound + 63 * list.n, "%s: the lower bound is too low at kernel %d", what, k);
	}
	if (!plain) cr_assert_leq(plan->lower_bound, total);
}

static void
check_plan(const char *what, const struct plan *plan)
{
	check_block(what, plan, false, plan->sample_bytes);
	check_block(what, plan, true, plan->plain_bytes);
}

/* buffers of random sizes that live at random times */
static struct plan *
random_plan(struct arena *arena, uint64_t seed)
{
	struct random r = {seed};
	struct program *p = program_new(arena);
	struct plan *plan = NEW(arena, struct plan);
	int n = (int)random_in(&r, 1, 60);
	*plan = (struct plan){.program = p, .f64 = random_chance(&r, 0.5)};
	for (int i = 0; i < n; i++) {
		struct tensor *t = tensor_new(p, "t", ROLE_VALUE, 2, (long[]){0, random_in(&r, 1, 200)});
		t->batch = true;
		t->integer = random_chance(&r, 0.2);
	}
	plan->place = NEW_ARRAY(arena, n + 1, struct slot);
	for (int i = 0; i < n; i++) {
		int first = (int)random_in(&r, 0, KERNELS - 1), last = (int)random_in(&r, first, KERNELS - 1);
		struct slot s = {.storage = random_chance(&r, 0.7) ? IN_PANELS : IN_PLAIN, .first = first, .last = last};
		if (random_chance(&r, 0.2)) {
			s.rows = true;
			s.row_stride = random_in(&r, 1, 100);
			s.rows_first = last;
			s.rows_last = KERNELS;
		}
		plan->place[i] = s;
	}
	for (int k = 0; k < KERNELS; k++) PUSH(arena, &plan->kernels, NEW(arena, struct kernel));
	return plan;
}

Test(memory, random_lifetimes)
{
	double placed = 0, bound = 0;
	for (long seed = 1; seed <= 500; seed++) {
		struct arena arena = {0};
		char what[32];
		snprintf(what, sizeof what, "seed %ld", seed);
		struct plan *plan = random_plan(&arena, (uint64_t)seed);
		place_memory(plan);
		check_plan(what, plan);
		placed += plan->sample_bytes;
		bound += plan->lower_bound;
		arena_free(&arena);
	}
	cr_expect_leq(placed, 1.2 * bound, "%.0f bytes where %.0f live at once", placed, bound);
}

/* a chain in which each buffer is read by the next kernel only takes the place of two */
Test(memory, a_chain_takes_turns)
{
	struct arena arena = {0};
	struct program *p = program_new(&arena);
	struct plan plan = {.program = p, .place = NEW_ARRAY(&arena, 21, struct slot)};
	for (int i = 0; i < 20; i++) {
		struct tensor *t = tensor_new(p, "t", ROLE_VALUE, 2, (long[]){0, 8});
		t->batch = true;
		plan.place[i] = (struct slot){.storage = IN_PANELS, .first = i, .last = i + 1};
		PUSH(&arena, &plan.kernels, NEW(&arena, struct kernel));
	}
	place_memory(&plan);
	check_plan("chain", &plan);
	cr_expect_eq(plan.sample_bytes, 2 * 8 * 4);
	cr_expect_eq(plan.lower_bound, 2 * 8 * 4);
	arena_free(&arena);
}

/* sizes near the largest that a type allows are numbers, not overflows */
Test(memory, large_sizes)
{
	struct arena arena = {0};
	struct program *p = program_new(&arena);
	struct plan plan = {.program = p, .f64 = true, .place = NEW_ARRAY(&arena, 3, struct slot)};
	for (int i = 0; i < 2; i++) {
		tensor_new(p, "t", ROLE_VALUE, 2, (long[]){0, 1000000000000})->batch = true;
		plan.place[i] = (struct slot){.storage = IN_PANELS, .first = 0, .last = 1};
	}
	place_memory(&plan);
	cr_expect_eq(plan.sample_bytes, 2.0 * 8 * 1e12);
	arena_free(&arena);
}

static void
check_model(const char *path, struct compilation *c)
{
	for (int i = 0; i < c->built.n; i++)
		for (int f64 = 0; f64 < 2; f64++) {
			struct plan *plans[ENTRIES];
			plan_model(c->built.at[i].model, f64, plans);
			for (int e = 0; e < ENTRIES; e++)
				if (plans[e]) check_plan(path, plans[e]);
		}
}

Test(memory, plans_of_every_model)
{
	cr_expect_geq(each_model("tests/compare/models", check_model), 10);
	cr_expect_geq(each_model("examples", check_model), 3);
}
