/* test_print.c - equations as text: brackets where they are needed and nowhere else, and the text means what was printed. */
#include "core/function.h"
#include "oracle.h"

#include <math.h>

enum { REALS = 4 };

static struct arena arena;
static struct program *p;
static struct tensor *real_[REALS];
static struct index *i_, *j_, *n_;
static struct expr *a, *b, *c, *d, *i, *j;

static void
enter(void)
{
	static const char *const names[] = {"d", "c", "b", "a"};
	struct expr **at[] = {&d, &c, &b, &a};
	p = program_new(&arena);
	for (int k = 0; k < REALS; k++) {
		real_[k] = tensor_new(p, names[k], ROLE_PARAM, 0, NULL);
		*at[k] = read_at(p, real_[k], NULL);
	}
	n_ = index_batch(p, "n");
	i_ = index_new(p, "i", 4);
	j_ = index_new(p, "j", 3);
	i = index_of(p, i_);
	j = index_of(p, j_);
}

static void
leave(void)
{
	arena_free(&arena);
}

TestSuite(print, .init = enter, .fini = leave);

static void
is(struct expr *e, const char *expected)
{
	cr_expect_str_eq(expr_text(p, e, (struct print_style){0}), expected);
}

static struct expr *
times(struct expr *x, struct expr *y)
{
	return mul(p, x, y);
}

Test(print, brackets)
{
	struct expr *sum = add(p, a, b), *less_ = less(p, a, b);
	is(sum, "a + b");
	is(sub(p, a, b), "a - b");
	is(sub(p, a, add(p, b, c)), "a - b - c");
	is(times(sum, c), "(a + b) * c");
	is(divide(p, a, times(b, c)), "a / b / c");
	is(divide(p, a, sum), "a / (a + b)");
	is(power_of(p, sum, 2), "(a + b)^2");
	is(power_of(p, a, 0.5), "sqrt(a)");
	is(power_of(p, a, -1), "1 / a");
	is(scale(p, -1, a), "-a");
	is(scale(p, -1, sum), "-a - b");
	is(call(p, function_named("exp"), sum), "exp(a + b)");
	is(choose(p, less_, a, b), "if a < b then a else b");
	is(times(choose(p, less_, a, b), c), "(if a < b then a else b) * c");
	is(choose(p, both(p, less_, less(p, c, d)), a, b), "if a < b and c < d then a else b");
	is(choose(p, less(p, number(p, 0), a), a, b), "if a > 0 then a else b");
}

/* as many digits as are needed, sixteen at most: 0.1 + 0.2 is 0.3 for people */
Test(print, numbers)
{
	static const double values[] = {0.1, 1e-3, 1.0 / 3, 123456789, 1e300, 5e-324, 1e308, 2.5, 0x1p-1074, 0x1p52 + 1};
	for (int k = 0; k < LENGTH(values); k++) {
		double back = strtod(expr_text(p, number(p, values[k]), (struct print_style){0}), NULL);
		cr_expect(fabs(back - values[k]) <= 1e-15 * values[k], "%.17g became %.17g", values[k], back);
	}
	is(number(p, 0.1 + 0.2), "0.3");
	is(number(p, 0.5), "0.5");
	is(number(p, 1e-4), "0.0001");
	is(number(p, INFINITY), "inf");
	is(number(p, -INFINITY), "-inf");
}

Test(print, whole_numbers)
{
	is(at_least_0(p, sub(p, i, j)), "i >= j");
	is(at_least_0(p, sub(p, number(p, 2), i)), "i <= 2");
	is(negation(p, equal(p, i, j)), "i != j");
	is(equal(p, i, add(p, j, number(p, 1))), "i == j + 1");
}

Test(print, equations)
{
	struct tensor *x = tensor_new(p, "x", ROLE_INPUT, 2, (long[]){0, 9}), *w = tensor_new(p, "w", ROLE_PARAM, 1, (long[]){4});
	x->batch = true;
	struct expr *read = read_of(p, x, 2, (struct expr *[]){index_of(p, n_), add(p, scale(p, 2, i), j)});
	struct tensor *y = define(p, "y", 2, (struct index *[]){n_, j_}, SUM, 1, &i_, times(read_at(p, w, &i_), read), ROLE_VALUE, (struct span){0});
	const struct equation *q = equation_of(p, y);
	cr_expect_str_eq(equation_text(p, q, (struct print_style){0}), "y[n,j] = sum(i) w[i] * x[n,2*i+j]");
	cr_expect_str_eq(equation_text(p, q, (struct print_style){.sample = true}), "y[j in 0..2] = sum(i) w[i] * x[2*i+j]", "a range that no bare subscript says");
	struct index *other = index_new(p, "j", 4);
	struct tensor *z = define(p, "z", 2, (struct index *[]){n_, j_}, SUM, 1, &other, times(read_at(p, w, &other), read_of(p, x, 2, (struct expr *[]){index_of(p, n_), j})), ROLE_VALUE, (struct span){0});
	cr_expect_str_eq(equation_text(p, equation_of(p, z), (struct print_style){0}), "z[n,j] = sum(j2) w[j2] * x[n,j]", "two indices of one name");
	struct tensor *g = define(p, "g", 1, &i_, SUM, 1, &n_, divide(p, read_of(p, x, 2, (struct expr *[]){index_of(p, n_), i}), batch_size(p)), ROLE_VALUE, (struct span){0});
	cr_expect_str_eq(equation_text(p, equation_of(p, g), (struct print_style){.sample = true}), "g[i in 0..3] = mean(batch) x[i]");
	cr_expect_str_eq(equation_text(p, equation_of(p, g), (struct print_style){0}), "g[i] = mean(n) x[n,i]");
}

/* a sum without a name of its own that is read once is written where it is read */
Test(print, joined_sums)
{
	struct compilation k;
	struct model *m = model_after(&k, "model M {\n input x: [3]\n param w: [3] = 0\n z = sum(i) w[i]*x[i] + 1\n loss = z^2\n}\n", "elaborate");
	struct text t = {.arena = &k.arena};
	program_print(m->train, &t, (struct print_style){.sample = true, .join = true}, NULL, NULL);
	cr_expect(strstr(text_end(&t), "sum(i) w[i] * x[i]") && !strstr(t.at, "sum1"), "%s", t.at);
	compile_free(&k);
}

/* ---- the text means the same ------------------------------------------------------------------------------------------------------------ */

static struct expr *
random_expr(struct random *r, int depth)
{
	static const char *const functions[] = {"exp", "tanh", "sigmoid", "softplus", "sin", "abs"};
	struct expr *leaf[] = {a, b, c, d};
	if (depth <= 0 || random_chance(r, 0.1)) return random_chance(r, 0.2) ? number(p, (double)random_in(r, -3, 3) / 2) : leaf[random_in(r, 0, REALS - 1)];
	struct expr *x = random_expr(r, depth - 1), *y = random_expr(r, depth - 1);
	switch (random_in(r, 0, 9)) {
	case 0: return add(p, x, y);
	case 1: return sub(p, x, y);
	case 2: case 3: return mul(p, x, y);
	case 4: return divide(p, x, add(p, number(p, 3), power_of(p, y, 2)));
	case 5: return power_of(p, x, (double)random_in(r, 1, 3));
	case 6: return power_of(p, add(p, number(p, 1), power_of(p, x, 2)), 0.5 * (double)random_in(r, -3, 3));
	case 7: return call(p, function_named(functions[random_in(r, 0, LENGTH(functions) - 1)]), divide(p, x, add(p, number(p, 1), power_of(p, x, 2))));
	case 8: return choose(p, negation(p, both(p, less(p, x, y), less_equal(p, y, random_expr(r, depth - 1)))), x, y);
	default: return choose(p, either(p, less(p, x, y), equal(p, x, x)), x, scale(p, -1, y));
	}
}

static double
value_in(struct program *q, struct tensor *t, const double values[])
{
	struct world *w = world_new(q, &arithmetic_f64_fused, 1);
	for (int k = 0; k < REALS; k++)
		if (tensor_named(q, real_[k]->name)) world_tensor(w, tensor_named(q, real_[k]->name))[0] = values[k];
	for (int k = 0; k < q->tensors.n; k++)
		if (q->tensors.at[k]->role == ROLE_INPUT) world_tensor(w, q->tensors.at[k]);
	interpret(w);
	return world_tensor(w, t)[0];
}

Test(print, what_is_printed_is_what_was_meant, .timeout = 120)
{
	for (long seed = 1; seed <= setting_of("EXPRESSIONS", 1000); seed++) {
		struct random r = {(uint64_t)seed};
		struct expr *e = random_expr(&r, 4);
		struct program *direct = p;
		struct tensor *y = tensor_new(p, "y", ROLE_VALUE, 0, NULL);
		equation_new(p, y, 0, NULL, MAP, 0, NULL, e, (struct span){0});
		char *text = arena_print(&arena, "model M {\n input x: real\n param a: real = 0\n param b: real = 0\n param c: real = 0\n param d: real = 0\n y = %s\n loss = x + y\n}\n",
					 expr_text(p, e, (struct print_style){.sample = true}));
		struct compilation k;
		struct model *m = model_after(&k, text, "elaborate");
		cr_assert(m, "seed %ld: %s\n%s", seed, text, first_message(&k));
		for (int trial = 0; trial < 5; trial++) {
			double values[REALS];
			for (int v = 0; v < REALS; v++) values[v] = random_real(&r);
			double meant = value_in(direct, y, values), read = value_in(m->train, m->train->loss, values);
			cr_assert(fabs(meant - read) <= 1e-9 * fmax(1, fabs(meant)) || (isnan(meant) && isnan(read)) || fabs(meant) > 1e9, "seed %ld: %.17g, not %.17g: %s", seed, read, meant, text);
		}
		p->equations.n = 0;
		compile_free(&k);
	}
}
