/* test_verify.c - each check of the verifier on a program that is made wrong by hand, and its silence on all that is right. */
#include "core/verify.h"
#include "oracle.h"

static struct arena arena;
static struct program *p;
static struct index *n, *i, *j;
static struct tensor *x, *w, *class_;
static const struct span nowhere;

static void
enter(void)
{
	p = program_new(&arena);
	n = index_batch(p, "n");
	i = index_new(p, "i", 4);
	j = index_new(p, "j", 3);
	x = tensor_new(p, "x", ROLE_INPUT, 2, (long[]){0, 4});
	x->batch = true;
	w = tensor_new(p, "w", ROLE_PARAM, 2, (long[]){3, 4});
	class_ = tensor_new(p, "class", ROLE_INPUT, 1, (long[]){0});
	class_->batch = class_->integer = true;
	class_->high = 2;
}

static void
leave(void)
{
	arena_free(&arena);
}

TestSuite(verify, .init = enter, .fini = leave);

static struct expr *
x_at(struct expr *sample, struct expr *k)
{
	return read_of(p, x, 2, (struct expr *[]){sample, k});
}

/* y[n, i] = body */
static struct equation *
maps(struct expr *body)
{
	struct tensor *y = tensor_new(p, "y", ROLE_VALUE, 2, (long[]){0, 4});
	y->batch = true;
	return equation_new(p, y, 2, (struct index *[]){n, i}, MAP, 0, NULL, body, nowhere);
}

static void
is_right(void)
{
	const char *bad = verify(p);
	cr_expect_null(bad, "%s", bad);
}

static void
is_wrong(const char *words)
{
	const char *bad = verify(p);
	cr_expect(bad && strstr(bad, words), "`%s` should say: %s", bad ? bad : "(nothing)", words);
}

Test(verify, right_equations)
{
	struct expr *back = sub(p, number(p, 3), index_of(p, i)), *before = sub(p, index_of(p, i), number(p, 1));
	maps(x_at(index_of(p, n), index_of(p, i)));
	maps(x_at(index_of(p, n), back));
	maps(x_at(index_of(p, n), floor_div(p, add(p, index_of(p, i), number(p, 3)), 2)));
	maps(choose(p, at_least_0(p, before), x_at(index_of(p, n), before), number(p, 0)));
	maps(read_of(p, w, 2, (struct expr *[]){read_of(p, class_, 1, (struct expr *[]){index_of(p, n)}), index_of(p, i)}));
	define(p, "s", 1, &n, SUM, 1, &i, x_at(index_of(p, n), index_of(p, i)), ROLE_VALUE, nowhere);
	define(p, "g", 2, (struct index *[]){j, i}, SUM, 1, &n, x_at(index_of(p, n), index_of(p, i)), ROLE_VALUE, nowhere);
	is_right();
}

Test(verify, a_second_definition)
{
	struct equation *q = maps(x_at(index_of(p, n), index_of(p, i)));
	is_right();
	equation_new(p, q->tensor, 2, (struct index *[]){n, i}, MAP, 0, NULL, number(p, 0), nowhere);
	is_wrong("is defined twice");
}

Test(verify, a_left_side_of_another_rank)
{
	struct equation *q = maps(number(p, 0));
	q->lhs_count = 1;
	is_wrong("another rank");
}

Test(verify, an_index_of_another_size)
{
	struct equation *q = maps(number(p, 0));
	q->lhs[1] = j;
	is_wrong("runs `j` over 3 instead of 4");
}

Test(verify, an_index_twice_on_the_left)
{
	struct tensor *t = tensor_new(p, "t", ROLE_VALUE, 2, (long[]){4, 4});
	equation_new(p, t, 2, (struct index *[]){i, i}, MAP, 0, NULL, number(p, 0), nowhere);
	is_wrong("twice on the left");
}

Test(verify, samples_elsewhere_than_first)
{
	struct equation *q = maps(number(p, 0));
	q->tensor->batch = false;
	is_wrong("samples elsewhere than first");
}

Test(verify, a_tensor_with_samples_needs_them_on_the_left)
{
	struct equation *q = maps(number(p, 0));
	q->lhs[0] = index_new(p, "k", 1);
	is_wrong("samples elsewhere than first");
}

Test(verify, a_map_with_bound_indices)
{
	struct equation *q = maps(number(p, 0));
	q->bound_count = 1;
	q->bound = &j;
	is_wrong("is a map with bound indices");
}

Test(verify, a_reduction_over_nothing)
{
	maps(number(p, 0))->reduction = SUM;
	is_wrong("is a reduction over nothing");
}

Test(verify, an_index_that_nobody_binds)
{
	maps(index_of(p, j));
	is_wrong("mentions `j`");
}

/* read_of with fewer subscripts than axes: no constructor makes it on purpose */
Test(verify, a_read_that_is_not_whole)
{
	maps(read_of(p, x, 1, (struct expr *[]){index_of(p, n)}));
	is_wrong("reads `x` with 1 subscripts instead of 2");
}

Test(verify, a_subscript_that_is_no_whole_number)
{
	struct tensor *v = tensor_new(p, "v", ROLE_PARAM, 0, NULL);
	maps(x_at(index_of(p, n), read_at(p, v, NULL)));
	is_wrong("no whole number");
}

Test(verify, another_sample)
{
	maps(x_at(number(p, 0), index_of(p, i)));
	is_wrong("reads `x` of another sample");
}

Test(verify, a_read_below_and_above)
{
	struct equation *q = maps(x_at(index_of(p, n), sub(p, index_of(p, i), number(p, 1))));
	is_wrong("reads `x` outside its axis 1");
	q->body = x_at(index_of(p, n), add(p, index_of(p, i), number(p, 1)));
	is_wrong("reads `x` outside its axis 1");
	q->body = x_at(index_of(p, n), scale(p, 2, index_of(p, i)));
	is_wrong("reads `x` outside its axis 1");
	class_->high = 4; /* a class with no row */
	q->body = x_at(index_of(p, n), read_of(p, class_, 1, (struct expr *[]){index_of(p, n)}));
	is_wrong("reads `x` outside its axis 1");
}

/* deep inside a body, and inside a subscript */
Test(verify, reads_everywhere_are_looked_at)
{
	struct expr *outside = x_at(index_of(p, n), add(p, index_of(p, i), number(p, 1)));
	maps(add(p, number(p, 1), mul(p, x_at(index_of(p, n), index_of(p, i)), power_of(p, outside, 2))));
	is_wrong("outside its axis");
}
