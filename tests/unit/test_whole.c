/* test_whole.c - affine forms and intervals; test_expr.c has what / and % do to random expressions. */
#include "oracle.h"

static struct arena arena;
static struct program *p;
static struct index *index_[3];
static struct expr *i, *j, *k;

static void
enter(void)
{
	static const long sizes[] = {6, 4, 5};
	p = program_new(&arena);
	for (int n = 0; n < 3; n++) index_[n] = index_new(p, (const char *[]){"i", "j", "k"}[n], sizes[n]);
	i = index_of(p, index_[0]);
	j = index_of(p, index_[1]);
	k = index_of(p, index_[2]);
}

static void
leave(void)
{
	arena_free(&arena);
}

TestSuite(whole, .init = enter, .fini = leave);

static struct expr *
linear(long a, long b, long c, long constant)
{
	return add_all(p, 4, (struct expr *[]){scale(p, (double)a, i), scale(p, (double)b, j), scale(p, (double)c, k), number(p, (double)constant)});
}

static long
coefficient_of(const struct affine *a, const struct expr *atom)
{
	long c = 0;
	for (int n = 0; n < a->n; n++)
		if (a->term[n].atom == atom) c += a->term[n].coefficient;
	return c;
}

Test(whole, affine_forms_there_and_back)
{
	for (long a = -3; a <= 3; a++)
		for (long b = -3; b <= 3; b++)
			for (long c = -2; c <= 2; c++) {
				struct expr *e = linear(a, b, c, a - 7);
				struct affine *f = affine_of(p, e);
				cr_assert_eq(f->n, (a != 0) + (b != 0) + (c != 0), "a term for each index that is there");
				cr_assert_eq(f->constant, a - 7);
				cr_assert(coefficient_of(f, i) == a && coefficient_of(f, j) == b && coefficient_of(f, k) == c);
				cr_assert_eq(affine_expr(p, f), e);
			}
}

/* what is no sum of indices is an atom */
Test(whole, atoms)
{
	struct expr *e = add(p, scale(p, 3, floor_div(p, i, 4)), scale(p, -2, mul(p, i, j)));
	struct affine *f = affine_of(p, e);
	cr_assert_eq(f->n, 2);
	cr_expect_eq(coefficient_of(f, floor_div(p, i, 4)), 3);
	cr_expect_eq(coefficient_of(f, mul(p, i, j)), -2);
}

Test(whole, common_divisors)
{
	cr_expect_eq(affine_gcd(affine_of(p, linear(6, -9, 0, 2))), 3);
	cr_expect_eq(affine_gcd(affine_of(p, linear(4, 8, -6, 1))), 2);
	cr_expect_eq(affine_gcd(affine_of(p, linear(5, 7, 0, 0))), 1);
	cr_expect_eq(affine_gcd(affine_of(p, number(p, 12))), 0, "a constant has no coefficients");
}

/* of a linear form each end is reached: the interval is tight */
Test(whole, intervals_of_linear_forms_are_tight)
{
	for (long a = -3; a <= 3; a++)
		for (long b = -3; b <= 3; b++)
			for (long c = -2; c <= 2; c++) {
				long low = 1000, high = -1000;
				for (long x = 0; x < 6; x++)
					for (long y = 0; y < 4; y++)
						for (long z = 0; z < 5; z++) {
							long v = a * x + b * y + c * z + 11;
							if (v < low) low = v;
							if (v > high) high = v;
						}
				struct interval n = interval_of(linear(a, b, c, 11));
				cr_assert(n.known && n.low == low && n.high == high, "%ld i + %ld j + %ld k: %ld..%ld, not %ld..%ld", a, b, c, n.low, n.high, low, high);
			}
}

Test(whole, intervals_of_divisions)
{
	struct interval n = interval_of(floor_mod(p, i, 4)), m = interval_of(floor_mod(p, sub(p, i, j), 4)), q = interval_of(floor_div(p, sub(p, i, number(p, 1)), 2));
	cr_expect(n.known && n.low == 0 && n.high == 3, "%ld..%ld", n.low, n.high);
	cr_expect(m.known && m.low == 0 && m.high == 3);
	cr_expect(q.known && q.low == -1 && q.high == 2, "%ld..%ld", q.low, q.high);
}

/* beyond the whole numbers that a double holds nothing is known, and nothing overflows */
Test(whole, intervals_end_where_doubles_do)
{
	struct index *large = index_new(p, "l", 1L << 40);
	struct expr *l = index_of(p, large), *square = mul(p, l, l);
	cr_expect(interval_of(l).known);
	cr_expect_not(interval_of(square).known);
	cr_expect_not(interval_of(add(p, square, l)).known);
	cr_expect_not(interval_of(mul(p, square, square)).known);
	cr_expect_not(interval_of(floor_div(p, square, 3)).known);
	struct interval rest = interval_of(floor_mod(p, square, 7));
	cr_expect(rest.known && rest.low >= 0 && rest.high <= 6, "a remainder is known whatever is divided");
	cr_expect_not(interval_of(index_of(p, index_new(p, "u", 0))).known, "an index without a range");
}

/* the place of an element after a change of shape is the place before it */
Test(whole, rests_come_together_again)
{
	struct expr *e = index_of(p, index_new(p, "e", 6 * 4 * 5 * 7));
	static const long shapes[][4] = {{6, 4, 5, 7}, {2, 3, 4, 35}, {7, 10, 2, 6}, {840, 1, 1, 1}, {5, 168, 1, 1}};
	for (int s = 0; s < LENGTH(shapes); s++) {
		struct expr *place = number(p, 0);
		long behind = 840;
		for (int a = 0; a < 4; a++) {
			behind /= shapes[s][a];
			place = add(p, scale(p, (double)shapes[s][a], place), floor_mod(p, floor_div(p, e, behind), shapes[s][a]));
		}
		cr_expect_eq(without_rests(p, place), e, "shape %d", s);
	}
	struct expr *other = add(p, scale(p, 5, floor_div(p, e, 7)), floor_mod(p, e, 7));
	cr_expect_neq(without_rests(p, other), e, "another order");
	cr_expect_eq(without_rests(p, linear(1, 2, 3, 4)), linear(1, 2, 3, 4));
}

Test(whole, division_rounds_down)
{
	for (long v = -20; v <= 20; v++)
		for (long d = 1; d <= 6; d++) {
			long q = 0;
			while (q * d > v) q--;
			while ((q + 1) * d <= v) q++;
			cr_expect_eq(floor_div(p, number(p, (double)v), d), number(p, (double)q), "%ld / %ld", v, d);
			cr_expect_eq(floor_mod(p, number(p, (double)v), d), number(p, (double)(v - q * d)), "%ld %% %ld", v, d);
		}
}
