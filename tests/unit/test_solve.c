/* test_solve.c - subscripts = target, solved: where the guard holds, and for what is left free, exactly the solutions that trying all values
 * of the unknowns finds.  SYSTEMS=n runs longer. */
#include "derive/derive.h"
#include "oracle.h"

enum { UNKNOWNS = 4, MOST = 32 };

/* ---- values of indices ---------------------------------------------------------------------------------------------------------------------- */

struct valued {
	const struct index *index;
	long value;
};

static struct valued known[64];
static int known_count;

static void
set(const struct index *i, long value)
{
	for (int k = 0; k < known_count; k++)
		if (known[k].index == i) {
			known[k].value = value;
			return;
		}
	known[known_count++] = (struct valued){i, value};
}

static long
whole(const struct expr *e)
{
	long v = 0, w;
	switch (e->op) {
	case OP_NUMBER: case OP_BOOL: return (long)e->number;
	case OP_INDEX:
		for (int k = 0; k < known_count; k++)
			if (known[k].index == e->index) return known[k].value;
		cr_assert_fail("an index without a value: %s", e->index->name);
		return 0;
	case OP_ADD:
		for (int i = 0; i < e->n; i++) v += whole(e->kid[i]);
		return v;
	case OP_MUL:
		for (v = 1, w = 0; w < e->n; w++) v *= whole(e->kid[w]);
		return v;
	case OP_DIV: v = whole(e->kid[0]); return v / e->divisor - (v % e->divisor < 0);
	case OP_MOD: v = whole(e->kid[0]) % e->divisor; return v < 0 ? v + e->divisor : v;
	case OP_GE0: return whole(e->kid[0]) >= 0;
	case OP_EQ0: return whole(e->kid[0]) == 0;
	case OP_NOT: return !whole(e->kid[0]);
	case OP_AND:
		for (v = 1, w = 0; w < e->n && v; w++) v = whole(e->kid[w]);
		return v;
	case OP_IF: return whole(e->kid[whole(e->kid[0]) ? 1 : 2]);
	default: cr_assert_fail("not a whole number"); return 0;
	}
}

/* the next values of some indices; false after the last */
static bool
next(int n, struct index *const index[], long at[])
{
	for (int i = n - 1; i >= 0; i--) {
		if (++at[i] < index[i]->size) {
			set(index[i], at[i]);
			return true;
		}
		at[i] = 0;
		set(index[i], 0);
	}
	return false;
}

static void
start(int n, struct index *const index[], long at[])
{
	for (int i = 0; i < n; i++) {
		at[i] = 0;
		set(index[i], 0);
	}
}

/* ---- a system ---------------------------------------------------------------------------------------------------------------------------- */

struct system_ {
	struct arena arena;
	struct program *p;
	int unknown_count, count;
	struct index *unknown[UNKNOWNS], *target[2];
	struct expr *subscript[2], *wanted[2];
};

static struct expr *
random_subscript(struct system_ *s, struct random *r)
{
	static const long coefficients[] = {1, 1, 1, 2, 2, 3, 4, 6, -1, -2};
	struct expr *e = number(s->p, (double)random_in(r, 0, 3));
	for (int i = 0; i < s->unknown_count; i++) {
		struct expr *x = index_of(s->p, s->unknown[i]);
		if (random_chance(r, 0.3)) continue;
		if (random_chance(r, 0.2)) x = floor_div(s->p, x, random_in(r, 2, 3));
		else if (random_chance(r, 0.2)) x = floor_mod(s->p, x, random_in(r, 2, 3));
		e = add(s->p, e, scale(s->p, (double)coefficients[random_in(r, 0, LENGTH(coefficients) - 1)], x));
	}
	if (random_chance(r, 0.15)) e = floor_div(s->p, e, random_in(r, 2, 4));
	else if (random_chance(r, 0.1)) e = floor_mod(s->p, e, random_in(r, 2, 4));
	return e;
}

static void
random_system(struct system_ *s, uint64_t seed)
{
	struct random r = {seed};
	*s = (struct system_){.unknown_count = (int)random_in(&r, 1, UNKNOWNS), .count = (int)random_in(&r, 1, 2)};
	s->p = program_new(&s->arena);
	for (int i = 0; i < s->unknown_count; i++) s->unknown[i] = index_new(s->p, "i", random_in(&r, 1, 5));
	for (int k = 0; k < s->count; k++) {
		s->target[k] = index_new(s->p, "t", random_in(&r, 2, 12));
		s->wanted[k] = index_of(s->p, s->target[k]);
		s->subscript[k] = random_subscript(s, &r);
	}
}

static bool
is_solved(const struct system_ *s)
{
	for (int k = 0; k < s->count; k++)
		if (whole(s->subscript[k]) != whole(s->wanted[k])) return false;
	return true;
}

/* which values the unknowns have, as one number */
static long
place(const struct system_ *s)
{
	long at = 0;
	for (int i = 0; i < s->unknown_count; i++) at = at * s->unknown[i]->size + whole(index_of(s->p, s->unknown[i]));
	return at;
}

/* the unknowns' values out of the solution's; false: one is outside its range */
static bool
take_values(const struct system_ *s, const struct solution *x)
{
	long value[UNKNOWNS];
	bool given[UNKNOWNS] = {false};
	for (int i = 0; i < s->unknown_count; i++)
		for (int k = 0; k < x->n; k++)
			if (x->index[k] == s->unknown[i]) {
				value[i] = whole(x->value[k]);
				given[i] = true;
			}
	for (int i = 0; i < s->unknown_count; i++) {
		if (given[i]) set(s->unknown[i], value[i]);
		long v = whole(index_of(s->p, s->unknown[i]));
		if (v < 0 || v >= s->unknown[i]->size) return false;
	}
	return true;
}

static void
check(struct system_ *s, long seed)
{
	long wanted[2], at[UNKNOWNS], free_[MOST];
	char hit[5 * 5 * 5 * 5];
	struct solution x = solve(s->p, s->count, s->subscript, s->wanted, s->unknown_count, s->unknown, 1);
	cr_assert_lt(x.left_count, MOST);
	known_count = 0;
	start(s->count, s->target, wanted);
	do {
		memset(hit, 0, sizeof hit);
		start(x.left_count, x.left, free_);
		do {
			if (!whole(x.guard)) continue;
			cr_assert(take_values(s, &x), "seed %ld: outside", seed);
			cr_assert(is_solved(s), "seed %ld: no solution: %s == %ld", seed, expr_text(s->p, s->subscript[0], (struct print_style){0}), wanted[0]);
			cr_assert(!hit[place(s)]++, "seed %ld: a solution twice", seed);
			for (int i = 0; i < x.left_count; i++) set(x.left[i], free_[i]);
		} while (next(x.left_count, x.left, free_));
		start(s->unknown_count, s->unknown, at);
		do cr_assert_eq(hit[place(s)], is_solved(s), "seed %ld: a solution is missing", seed);
		while (next(s->unknown_count, s->unknown, at));
	} while (next(s->count, s->target, wanted));
}

Test(solve, exactly_the_solutions, .timeout = 120)
{
	for (long seed = 1; seed <= setting_of("SYSTEMS", 3000); seed++) {
		struct system_ s;
		random_system(&s, (uint64_t)seed);
		check(&s, seed);
		arena_free(&s.arena);
	}
}

/* x[i] at p: i is p, and nothing is left to be summed; x[2*i+u] leaves the window */
Test(solve, what_is_left)
{
	struct arena arena = {0};
	struct program *p = program_new(&arena);
	struct index *i = index_new(p, "i", 6), *u = index_new(p, "u", 3), *t = index_new(p, "t", 13);
	struct expr *target = index_of(p, t), *bare = index_of(p, i);
	struct solution x = solve(p, 1, &bare, &target, 1, &i, 1);
	cr_assert_eq(x.left_count, 0);
	cr_expect_eq(x.value[0], target);
	struct expr *window = add(p, scale(p, 2, bare), index_of(p, u));
	x = solve(p, 1, &window, &target, 2, (struct index *[]){i, u}, 1);
	cr_assert_eq(x.left_count, 1);
	cr_expect_eq(x.left[0], u, "the index of the left side is solved, the window's is left");
	arena_free(&arena);
}
