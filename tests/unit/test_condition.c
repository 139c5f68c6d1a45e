/* test_condition.c - conditions and what they choose: what stands in a condition twice, or is known around it, disappears.  test_expr.c
 * has their values. */
#include "oracle.h"

static struct arena arena;
static struct program *p;
static struct expr *i, *j, *x, *y, *z, *c, *d, *e, *yes, *no;

static void
enter(void)
{
	p = program_new(&arena);
	i = index_of(p, index_new(p, "i", 9));
	j = index_of(p, index_new(p, "j", 9));
	x = read_at(p, tensor_new(p, "x", ROLE_INPUT, 0, NULL), NULL);
	y = read_at(p, tensor_new(p, "y", ROLE_INPUT, 0, NULL), NULL);
	z = read_at(p, tensor_new(p, "z", ROLE_INPUT, 0, NULL), NULL);
	c = less(p, x, y);
	d = less_equal(p, y, z);
	e = at_least_0(p, sub(p, i, j));
	yes = truth(p, true);
	no = truth(p, false);
}

static void
leave(void)
{
	arena_free(&arena);
}

TestSuite(condition, .init = enter, .fini = leave);

Test(condition, conjunctions_are_flat_sets)
{
	struct expr *all = all_of(p, 5, (struct expr *[]){c, both(p, d, e), c, yes, d});
	cr_assert_eq(conjunct_count(all), 3);
	for (int k = 0; k < 3; k++) {
		struct expr *part = conjunct(all, k);
		cr_expect(part == c || part == d || part == e);
		for (int l = 0; l < k; l++) cr_expect_neq(conjunct(all, l), part);
	}
	cr_expect_eq(conjunct_count(c), 1);
	cr_expect_eq(conjunct(c, 0), c);
	cr_expect_eq(all_of(p, 0, NULL), yes);
	cr_expect_eq(all_of(p, 2, (struct expr *[]){c, no}), no);
}

Test(condition, contradictions_are_false)
{
	cr_expect_eq(both(p, c, negation(p, c)), no);
	cr_expect_eq(both(p, e, at_least_0(p, sub(p, sub(p, j, i), number(p, 1)))), no, "i >= j and j >= i + 1");
	cr_expect_eq(both(p, both(p, c, d), negation(p, d)), no);
}

Test(condition, or_is_not_and_not)
{
	cr_expect_eq(either(p, c, d), either(p, d, c));
	cr_expect_eq(either(p, c, negation(p, c)), yes);
	cr_expect_eq(either(p, c, yes), yes);
	cr_expect_eq(either(p, c, no), c);
	cr_expect_eq(either(p, c, d), negation(p, both(p, negation(p, c), negation(p, d))));
}

Test(condition, comparisons_of_whole_numbers)
{
	cr_expect_eq(less(p, i, j), at_least_0(p, sub(p, sub(p, j, i), number(p, 1))));
	cr_expect_eq(negation(p, less(p, i, j)), less_equal(p, j, i));
	cr_expect_eq(less_equal(p, scale(p, 2, i), number(p, 7)), less_equal(p, i, number(p, 3)), "rounded to what whole numbers can be");
	cr_expect_eq(equal(p, scale(p, 3, i), scale(p, 6, j)), equal(p, i, scale(p, 2, j)));
	cr_expect_eq(equal(p, i, number(p, -1)), no);
	cr_expect_eq(less(p, i, number(p, 9)), yes);
	cr_expect(c->condition && !c->integer && e->condition);
}

/* numbers of the data may be NaN: `not (x < y)` is no `y <= x` */
Test(condition, reals_are_not_turned_around)
{
	cr_expect_neq(negation(p, less(p, x, y)), less_equal(p, y, x));
	cr_expect_eq(negation(p, negation(p, c)), c);
}

Test(condition, choices)
{
	cr_expect_eq(choose(p, yes, x, y), x);
	cr_expect_eq(choose(p, no, x, y), y);
	cr_expect_eq(choose(p, c, x, x), x);
	cr_expect_eq(choose(p, negation(p, c), x, y), choose(p, c, y, x));
	/* what is known around a choice */
	cr_expect_eq(choose(p, c, choose(p, c, x, y), z), choose(p, c, x, z));
	cr_expect_eq(choose(p, c, x, choose(p, c, y, z)), choose(p, c, x, z));
	cr_expect_eq(choose(p, c, x, choose(p, negation(p, c), y, z)), choose(p, c, x, y));
	cr_expect_eq(choose(p, c, choose(p, both(p, c, d), x, y), z), choose(p, c, choose(p, d, x, y), z));
	/* one guard instead of two */
	cr_expect_eq(choose(p, c, choose(p, d, x, number(p, 0)), number(p, 0)), choose(p, both(p, c, d), x, number(p, 0)));
}
