/* test_collect.c - sum(left) g with everything taken out of the sum that need not be inside, against the sum computed term by term; and that
 * it is taken out.  TERMS=n runs longer. */
#include "derive/derive.h"
#include "oracle.h"

#include <math.h>

enum { SAMPLES = 3 };

static struct arena arena;
static struct program *p;
static struct index *i_, *j_, *r_, *s_, *n_;
static struct expr *i, *j, *r, *s, *n;
static struct tensor *u, *v, *A, *x;

static void
enter(void)
{
	p = program_new(&arena);
	n_ = index_batch(p, "n");
	i_ = index_new(p, "i", 4);
	j_ = index_new(p, "j", 3);
	r_ = index_new(p, "r", 4);
	s_ = index_new(p, "s", 3);
	i = index_of(p, i_);
	j = index_of(p, j_);
	r = index_of(p, r_);
	s = index_of(p, s_);
	n = index_of(p, n_);
	u = tensor_new(p, "u", ROLE_PARAM, 1, (long[]){4});
	v = tensor_new(p, "v", ROLE_PARAM, 1, (long[]){3});
	A = tensor_new(p, "A", ROLE_PARAM, 2, (long[]){4, 3});
	x = tensor_new(p, "x", ROLE_INPUT, 2, (long[]){0, 4});
	x->batch = true;
}

static void
leave(void)
{
	arena_free(&arena);
}

TestSuite(collect, .init = enter, .fini = leave);

static struct expr *
at(struct tensor *t, struct expr *first, struct expr *second)
{
	return read_of(p, t, second ? 2 : 1, (struct expr *[]){first, second});
}

/* the value of `e` at all i, j, as an equation in the world */
static double *
values(struct world *w, struct tensor *t)
{
	return world_tensor(w, t);
}

/* sum(left) g over i and j, collected, and all of g summed here; the number of sums that were made is returned.  Expressions from before
 * are gone after it. */
static int
check(struct expr *g, int left_count, struct index *const left[])
{
	struct index *lhs[] = {i_, j_}, *all[5] = {i_, j_};
	int first = p->equations.n, sums = 0;
	struct expr *e = collect(p, g, 2, lhs, left_count, left, "part", (struct span){0});
	for (int k = first; k < p->equations.n; k++) sums += p->equations.at[k]->reduction == SUM;
	struct tensor *got = tensor_new(p, "got", ROLE_VALUE, 2, (long[]){4, 3});
	equation_new(p, got, 2, lhs, MAP, 0, NULL, e, (struct span){0});
	/* every term; samples have to come first */
	bool batch = false;
	long shape[5] = {4, 3};
	int rank = 2;
	for (int k = 0; k < left_count; k++) batch |= left[k]->batch;
	if (batch) {
		all[0] = n_;
		all[1] = i_;
		all[2] = j_;
		rank = 3;
	}
	for (int k = 0; k < left_count; k++)
		if (!left[k]->batch) all[rank++] = left[k];
	for (int k = 0; k < rank; k++) shape[k] = all[k]->size;
	struct tensor *term = tensor_new(p, "term", ROLE_VALUE, rank, shape);
	term->batch = batch;
	equation_new(p, term, rank, all, MAP, 0, NULL, g, (struct span){0});
	cr_assert(order_equations(p));
	struct world *w = world_new(p, &arithmetic_f64_fused, SAMPLES);
	struct random random = {7};
	for (int t = 0; t < 4; t++)
		for (long k = 0; k < world_count(w, (struct tensor *[]){u, v, A, x}[t]); k++) world_tensor(w, (struct tensor *[]){u, v, A, x}[t])[k] = random_real(&random);
	interpret(w);
	double sum[12] = {0};
	long count = world_count(w, term), inner = count / 12 / (batch ? SAMPLES : 1);
	for (long k = 0; k < count; k++) sum[(batch ? k % (12 * inner) : k) / inner] += values(w, term)[k];
	for (int k = 0; k < 12; k++)
		cr_assert(fabs(values(w, got)[k] - sum[k]) <= 1e-12 * fmax(1, fabs(sum[k])), "%s: %.15g, not %.15g\n%s", expr_text(p, g, (struct print_style){0}), values(w, got)[k], sum[k], equations_text(p));
	leave(); /* a program for each */
	enter();
	return sums;
}

static struct expr *
guard(struct expr *condition, struct expr *e)
{
	return choose(p, condition, e, number(p, 0));
}

static struct expr *
times(struct expr *a, struct expr *b)
{
	return mul(p, a, b);
}

/* D: where a guard says what the summed index is, there is no sum */
Test(collect, a_guard_that_fixes_an_index)
{
	cr_expect_eq(check(guard(equal(p, r, i), times(at(u, r, NULL), at(v, j, NULL))), 1, &r_), 0);
	cr_expect_eq(check(guard(equal(p, r, add(p, i, number(p, 1))), at(u, r, NULL)), 1, &r_), 0, "outside the range there is nothing");
	cr_expect_eq(check(guard(both(p, equal(p, r, i), equal(p, s, j)), at(A, r, s)), 2, (struct index *[]){r_, s_}), 0);
	cr_expect_eq(check(guard(equal(p, i, number(p, 2)), at(u, r, NULL)), 1, &r_), 1, "a guard on another index fixes nothing");
}

/* P: (d*r + e) % k == 0 */
Test(collect, every_so_manieth)
{
	for (long d = 1; d <= 3; d++)
		for (long k = 2; k <= 4; k++)
			check(guard(equal(p, floor_mod(p, add(p, scale(p, (double)d, r), add(p, i, number(p, 1))), k), number(p, 0)), times(at(u, r, NULL), at(v, j, NULL))), 1, &r_);
}

Test(collect, factors_go_out)
{
	cr_expect_eq(check(times(at(u, i, NULL), at(v, j, NULL)), 1, &r_), 0, "an index that is not mentioned is a factor");
	cr_expect_eq(check(times(at(u, i, NULL), at(u, r, NULL)), 1, &r_), 1);
	cr_expect_eq(check(times(times(at(u, i, NULL), at(u, r, NULL)), at(v, s, NULL)), 2, (struct index *[]){r_, s_}), 1);
	cr_expect_eq(check(add(p, at(u, r, NULL), at(A, r, j)), 1, &r_), 2, "a sum a term");
	cr_expect_eq(check(times(at(u, i, NULL), add(p, at(u, r, NULL), number(p, 2))), 1, &r_), 1, "of a constant no sum is left");
	struct index *lhs[] = {i_, j_};
	struct expr *e = collect(p, times(at(u, i, NULL), at(u, r, NULL)), 2, lhs, 1, &r_, "part", (struct span){0});
	cr_assert_eq(p->equations.n, 1);
	cr_expect_eq(p->equations.at[0]->lhs_count, 0, "u[i] is not inside: %s", equations_text(p));
	cr_expect(mentions(e, i_));
}

Test(collect, samples)
{
	cr_expect_eq(check(at(x, n, i), 1, &n_), 1);
	cr_expect_eq(check(divide(p, times(at(x, n, i), at(v, j, NULL)), batch_size(p)), 1, &n_), 1);
	cr_expect_eq(check(divide(p, at(v, j, NULL), batch_size(p)), 1, &n_), 0, "the mean of what belongs to no sample is itself");
	cr_expect_eq(check(times(at(x, n, i), at(x, n, r)), 2, (struct index *[]){n_, r_}), 1);
}

/* guards keep the reads behind them inside their tensors, wherever these go */
Test(collect, guards_stay_with_what_they_protect)
{
	check(guard(at_least_0(p, sub(p, r, number(p, 1))), times(at(u, sub(p, r, number(p, 1)), NULL), at(u, i, NULL))), 1, &r_);
	check(guard(at_least_0(p, sub(p, number(p, 2), i)), times(at(u, add(p, i, number(p, 1)), NULL), at(u, r, NULL))), 1, &r_);
	check(guard(less(p, at(u, r, NULL), at(u, i, NULL)), times(at(u, r, NULL), at(v, j, NULL))), 1, &r_);
	check(guard(both(p, less(p, number(p, 0), at(u, i, NULL)), at_least_0(p, sub(p, r, i))), at(u, r, NULL)), 1, &r_);
}

static struct expr *
random_factor(struct random *random)
{
	struct expr *rows[] = {i, r, sub(p, number(p, 3), r), i, r}, *columns[] = {j, s, sub(p, number(p, 2), j)};
	switch (random_in(random, 0, 4)) {
	case 0: return at(u, rows[random_in(random, 0, 4)], NULL);
	case 1: return at(v, columns[random_in(random, 0, 2)], NULL);
	case 2: return at(A, rows[random_in(random, 0, 4)], columns[random_in(random, 0, 2)]);
	case 3: return number(p, (double)random_in(random, -2, 3));
	default: return add(p, at(u, rows[random_in(random, 0, 4)], NULL), at(v, columns[random_in(random, 0, 2)], NULL));
	}
}

static struct expr *
random_condition(struct random *random)
{
	struct expr *rows[] = {i, r}, *columns[] = {j, s}, *a = rows[random_in(random, 0, 1)], *b = columns[random_in(random, 0, 1)];
	struct expr *d = add(p, sub(p, scale(p, (double)random_in(random, 1, 2), a), b), number(p, (double)random_in(random, -2, 2)));
	switch (random_in(random, 0, 3)) {
	case 0: return equal(p, d, number(p, 0));
	case 1: return at_least_0(p, d);
	case 2: return equal(p, floor_mod(p, d, random_in(random, 2, 3)), number(p, 0));
	default: return less(p, at(u, rows[random_in(random, 0, 1)], NULL), number(p, 0.2));
	}
}

Test(collect, random_terms, .timeout = 120)
{
	for (long seed = 1; seed <= setting_of("TERMS", 1000); seed++) {
		struct random random = {(uint64_t)seed};
		struct expr *g = number(p, 1);
		for (long k = random_in(&random, 1, 4); k; k--) g = mul(p, g, random_factor(&random));
		for (long k = random_in(&random, 0, 2); k; k--) g = guard(random_condition(&random), g);
		check(g, 2, (struct index *[]){r_, s_});
	}
}
