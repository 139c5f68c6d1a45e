/* test_function.c - walks the table of scalar functions: a new row is tested by being there.
 *
 * Each derivative against central differences, each rewrite against the function, and nn_math.h against the C library. */
#include "core/function.h"
#include "core/print.h"
#include "oracle.h"

#include <float.h>
#include <math.h>

enum { POINTS = 400 };

/* points from -9 to 9 without 0, where abs and sqrt have none or two slopes; near it and far from it */
static double
point(int k)
{
	double m = k % 2 ? -1 : 1, t = (k + 0.5) / POINTS;
	return k < POINTS / 2 ? m * 9 * t * 2 : m * exp(-7 + 9 * (t - 0.5));
}

static bool
defined_at(const struct function *f, double x)
{
	return isfinite(f->value(x)) && isfinite(f->value(x - 1e-2 * fabs(x)));
}

/* what only stands in a formula and is not computed: stop_gradient */
static bool
is_formal(const struct function *f)
{
	return !f->c_name;
}

/* ---- a formula in x and y, at all points ---------------------------------------------------------------------------------------------------- */

struct formula {
	struct arena arena;
	struct program *p;
	struct index *k;
	struct tensor *x, *y, *result;
	struct expr *at_x, *at_y;
};

static void
formula_open(struct formula *f)
{
	long size = POINTS;
	f->p = program_new(&f->arena);
	f->k = index_new(f->p, "k", size);
	f->x = tensor_new(f->p, "x", ROLE_INPUT, 1, &size);
	f->y = tensor_new(f->p, "y", ROLE_INPUT, 1, &size);
	f->result = tensor_new(f->p, "z", ROLE_VALUE, 1, &size);
	f->at_x = read_at(f->p, f->x, &f->k);
	f->at_y = read_at(f->p, f->y, &f->k);
}

/* z[k] = e, with y = f(x) beside it */
static struct world *
formula_values(struct formula *f, const struct function *row, struct expr *e)
{
	struct world *w = world_new(f->p, &arithmetic_f64_fused, 1);
	for (int k = 0; k < POINTS; k++) {
		world_tensor(w, f->x)[k] = point(k);
		world_tensor(w, f->y)[k] = row->value(point(k));
	}
	equation_new(f->p, f->result, 1, &f->k, MAP, 0, NULL, e, (struct span){0});
	interpret(w);
	return w;
}

/* ---- derivatives --------------------------------------------------------------------------------------------------------------------------------- */

/* central differences of fourth order */
static double
slope(const struct function *f, double x)
{
	double h = 1e-3 * fmin(1, fabs(x));
	return (8 * (f->value(x + h) - f->value(x - h)) - (f->value(x + 2 * h) - f->value(x - 2 * h))) / (12 * h);
}

static void
check_derivative(const struct function *f)
{
	struct formula m = {0};
	formula_open(&m);
	struct world *w = formula_values(&m, f, f->derivative(m.p, m.at_x, m.at_y));
	int compared = 0;
	for (int k = 0; k < POINTS; k++) {
		double x = point(k), got = world_tensor(w, m.result)[k], expected = is_formal(f) ? 0 : slope(f, x);
		if (!defined_at(f, x)) continue;
		cr_expect(fabs(got - expected) <= 1e-8 * fmax(fabs(expected), 1), "%s'(%g) = %.12g, not %.12g", f->name, x, got, expected);
		compared++;
	}
	cr_expect_geq(compared, POINTS / 3, "%s: %d points", f->name, compared);
	arena_free(&m.arena);
}

Test(function, derivatives)
{
	for (int i = 0; function_row(i); i++) check_derivative(function_row(i));
}

/* ---- rewrites ------------------------------------------------------------------------------------------------------------------------------------ */

/* the arguments on which some row has a better form, and others beside them */
enum { ARGUMENTS = 14 };

static struct expr *
argument(struct formula *m, int k)
{
	struct program *p = m->p;
	struct expr *x = m->at_x, *minus = scale(p, -1, x), *one = number(p, 1);
	const struct function *e = function_named("exp"), *l = function_named("log"), *s = function_named("sigmoid");
	switch (k) {
	case 0: return x;
	case 1: return minus;
	case 2: return scale(p, -2.5, x);
	case 3: return call(p, e, x);
	case 4: return call(p, l, x);
	case 5: return call(p, s, x);
	case 6: return sub(p, one, call(p, s, x));
	case 7: return mul_all(p, 3, (struct expr *[]){number(p, 3), call(p, e, x), power_of(p, add(p, one, power_of(p, x, 2)), -1)});
	case 8: return mul_all(p, 3, (struct expr *[]){x, call(p, e, x), sub(p, x, one)}); /* two factors that change sign */
	case 9: return divide(p, call(p, e, minus), x);
	case 10: return power_of(p, x, 2);
	case 11: return add(p, one, call(p, s, minus));
	case 12: return mul(p, number(p, -2), call(p, e, x));
	default: return call(p, function_named("tanh"), minus);
	}
}

static double
argument_value(int k, double x)
{
	double s = 1 / (1 + exp(-x));
	switch (k) {
	case 0: return x;
	case 1: return -x;
	case 2: return -2.5 * x;
	case 3: return exp(x);
	case 4: return log(x);
	case 5: return s;
	case 6: return 1 / (1 + exp(x));
	case 7: return 3 * exp(x) / (1 + x * x);
	case 8: return x * exp(x) * (x - 1);
	case 9: return exp(-x) / x;
	case 10: return x * x;
	case 11: return 1 + 1 / (1 + exp(x));
	case 12: return -2 * exp(x);
	default: return tanh(-x);
	}
}

/* true when the row had a form of its own for this argument */
static bool
check_rewrite(const struct function *f, int k)
{
	struct formula m = {0};
	formula_open(&m);
	struct expr *x = argument(&m, k), *better = f->rewrite ? f->rewrite(m.p, x) : NULL, *e = call(m.p, f, x);
	cr_expect(!better || better == e, "%s: the constructor does not use the rewrite", f->name);
	struct world *w = formula_values(&m, f, e);
	for (int i = 0; i < POINTS; i++) {
		double a = argument_value(k, point(i)), expected = f->value(a), got = world_tensor(w, m.result)[i];
		if (!isfinite(expected) || !isfinite(a) || fabs(expected) > 1e12) continue;
		/* the argument has been rounded before the function sees it */
		cr_expect(fabs(got - expected) <= 1e-13 * fmax(fmax(fabs(expected), fabs(a)), 1), "%s(%s) = %.15g at %g, not %.15g", f->name, expr_text(m.p, x, (struct print_style){0}), got,
			  point(i), expected);
	}
	arena_free(&m.arena);
	return better != NULL;
}

Test(function, rewrites)
{
	for (int i = 0; function_row(i); i++) {
		int used = 0;
		for (int k = 0; k < ARGUMENTS; k++) used += check_rewrite(function_row(i), k);
		cr_expect(used > 0 || !function_row(i)->rewrite, "%s: no argument of this test uses its rewrite", function_row(i)->name);
	}
}

/* ---- nn_math.h ----------------------------------------------------------------------------------------------------------------------------------- */

/* in units of the last place of the result */
static double
distance(double got, double expected)
{
	if (got == expected || (isnan(got) && isnan(expected))) return 0;
	return fabs(got - expected) / fmax(fabs(expected) * DBL_EPSILON, DBL_TRUE_MIN);
}

Test(function, in_c)
{
	static const double special[] = {0, -0.0, 1, -1, INFINITY, -INFINITY, NAN, 700, -700};
	for (int i = 0; function_row(i); i++) {
		const struct function *f = function_row(i);
		if (is_formal(f)) continue;
		for (int k = 0; k < POINTS + LENGTH(special); k++) {
			double x = k < POINTS ? point(k) : special[k - POINTS];
			double expected = f->value(x), fused = arithmetic_f64_fused.call(f->c_name, x), unfused = arithmetic_f64_unfused.call(f->c_name, x);
			/* docs/numerics-functions.md: at most 2 units, and libm's own error */
			cr_expect_leq(distance(fused, expected), 4, "%s(%g) = %.17g, not %.17g", f->c_name, x, fused, expected);
			cr_expect_leq(distance(unfused, expected), 4, "%s(%g) = %.17g, not %.17g (unfused)", f->c_name, x, unfused, expected);
		}
	}
}

Test(function, names)
{
	for (int i = 0; function_row(i); i++) {
		const struct function *f = function_row(i);
		cr_expect_eq(function_named(f->name), f, "%s stands twice", f->name);
		cr_expect(f->value && f->derivative);
	}
	cr_expect_null(function_named("no such function"));
	cr_expect_null(function_row(-1));
}
