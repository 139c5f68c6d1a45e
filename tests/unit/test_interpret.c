/* test_interpret.c - the interpreter against numbers written down here: reductions, the order of sums, draws, the four arithmetics. */
#include "core/function.h"
#include "oracle.h"

#include <math.h>

static struct compilation c;

static struct world *
world_of(const char *statements, const struct arithmetic *a, long batch)
{
	char text[2048];
	snprintf(text, sizeof text, "model M {\n%s\n}\n", statements);
	struct model *m = model_after(&c, text, "elaborate");
	cr_assert(m, "%s: %s", text, first_message(&c));
	return world_new(m->train, a, batch);
}

static double *
named(struct world *w, const char *name)
{
	struct tensor *t = tensor_named(w->program, name);
	cr_assert(t, "there is no %s in\n%s", name, equations_text(w->program));
	return world_tensor(w, t);
}

static void
leave(void)
{
	compile_free(&c);
}

TestSuite(interpret, .fini = leave);

Test(interpret, every_reduction)
{
	struct world *w = world_of("input x: [5]\n a = sum(x)\n b = mean(x)\n c = max(x)\n d = min(x)\n e = prod(x)\n f[i in 0..4] = if i == argmax(x) then 1 else 0\n g[i in 0..4] = if i == argmin(x) then 1 else 0\n"
				   " loss = a + b + c + d + e + sum(f) + sum(g)", &arithmetic_f64_fused, 2);
	static const double x[] = {2, 4, -1, 4, 0.5, 3, 3, 3, 3, 3};
	memcpy(named(w, "x"), x, sizeof x);
	interpret(w);
	cr_expect_eq(named(w, "a")[0], 9.5);
	cr_expect_eq(named(w, "a")[1], 15);
	cr_expect_float_eq(named(w, "b")[0], 1.9, 1e-15);
	cr_expect_eq(named(w, "c")[0], 4);
	cr_expect_eq(named(w, "d")[0], -1);
	cr_expect_eq(named(w, "e")[0], -16);
	for (int i = 0; i < 5; i++) { /* the first of equals */
		cr_expect_eq(named(w, "f")[i], i == 1);
		cr_expect_eq(named(w, "g")[i], i == 2);
		cr_expect_eq(named(w, "f")[5 + i], i == 0);
		cr_expect_eq(named(w, "g")[5 + i], i == 0);
	}
}

/* a NaN never wins, and an empty comparison gives the start */
Test(interpret, comparisons_and_nan)
{
	struct world *w = world_of("input x: [3]\n c = max(x)\n f[i in 0..2] = if i == argmax(x) then 1 else 0\n loss = c + sum(f)", &arithmetic_f64_fused, 2);
	static const double x[] = {NAN, 1, NAN, NAN, NAN, NAN};
	memcpy(named(w, "x"), x, sizeof x);
	interpret(w);
	cr_expect_eq(named(w, "c")[0], 1);
	cr_expect_eq(named(w, "f")[1], 1);
	cr_expect_eq(named(w, "c")[1], -INFINITY);
	cr_expect_eq(named(w, "f")[3], 1, "position 0 where nothing is better than the start");
}

/* p[i] += p[i + 8], + 4, + 2, + 1 */
static float
tree(float part[16])
{
	for (int h = 8; h; h /= 2)
		for (int i = 0; i < h; i++) part[i] = part[i] + part[i + h];
	return part[0];
}

/* docs/numerics.md, 4: numbers of very different sizes, so that another order shows */
Test(interpret, sums_in_the_written_order)
{
	enum { N = 37, SAMPLES = 41 };
	struct world *w = world_of("input x: [37]\n param w: [37] = 0\n param v: [3] = 0\n a = sum(x)\n loss = a + l2(w) + v[0]", &arithmetic_f32_unfused, SAMPLES);
	struct program *p = w->program;
	struct index *n = index_batch(p, "n"), *j = index_new(p, "j", 3), *i = index_new(p, "i", N);
	struct tensor *x = tensor_named(p, "x"), *v = tensor_named(p, "v");
	struct expr *first = read_of(p, x, 2, (struct expr *[]){index_of(p, n), index_of(p, j)});
	define(p, "one_axis", 1, &j, SUM, 1, &n, first, ROLE_VALUE, (struct span){0});
	define(p, "two_axes", 2, (struct index *[]){j, i}, SUM, 1, &n, mul(p, first, read_at(p, x, (struct index *[]){n, i})), ROLE_VALUE, (struct span){0});
	define(p, "kept", 1, &j, MAP, 0, NULL, read_at(p, v, &j), ROLE_VALUE, (struct span){0});
	w = world_new(p, &arithmetic_f32_unfused, SAMPLES);
	struct random r = {5};
	double *value = named(w, "x"), *weight = named(w, "w");
	named(w, "v");
	for (int k = 0; k < N * SAMPLES; k++) value[k] = (float)ldexp(random_real(&r), (int)random_in(&r, -12, 12));
	for (int k = 0; k < N; k++) weight[k] = (float)ldexp(random_real(&r), (int)random_in(&r, -12, 12));
	interpret(w);
	for (int s = 0; s < SAMPLES; s++) { /* of a sample: one accumulator, index after index */
		float sum = 0;
		for (int k = 0; k < N; k++) sum = sum + (float)value[N * s + k];
		cr_assert_eq(named(w, "a")[s], (double)sum, "sample %d", s);
	}
	float part[16] = {0};
	for (int k = 0; k < N; k++) { /* without samples: 16 */
		float square = (float)weight[k] * (float)weight[k];
		part[k % 16] = part[k % 16] + square;
	}
	bool found = false;
	float expected = tree(part);
	for (int k = 0; k < p->tensors.n; k++) found |= p->tensors.at[k]->rank == 0 && w->value[k] && w->value[k][0] == (double)expected;
	cr_expect(found, "l2(w) is the tree of 16 running sums");
	for (int k = 0; k < 3; k++) { /* over samples, one axis left: 16, and in order with two */
		memset(part, 0, sizeof part);
		for (int s = 0; s < SAMPLES; s++) part[s % 16] = part[s % 16] + (float)value[N * s + k];
		cr_assert_eq(named(w, "one_axis")[k], (double)tree(part), "%d", k);
		for (int l = 0; l < N; l++) {
			float sum = 0;
			for (int s = 0; s < SAMPLES; s++) {
				float product = (float)value[N * s + k] * (float)value[N * s + l];
				sum = sum + product;
			}
			cr_assert_eq(named(w, "two_axes")[N * k + l], (double)sum, "%d, %d", k, l);
		}
	}
}

Test(interpret, fused_is_rounded_once)
{
	double a = 1 + 0x1p-12, less_a = -(1 + 0x1p-11); /* a * a + less_a = 2^-24, the last bit of the product */
	cr_expect_eq(arithmetic_f32_fused.fma(a, a, less_a), 0x1p-24);
	cr_expect_eq(arithmetic_f32_unfused.fma(a, a, less_a), 0, "the product is rounded first");
	cr_expect_eq(arithmetic_f64_unfused.fma(a, a, less_a), 0x1p-24, "in doubles the product is exact");
	double x = 1 + 0x1p-27, less_x = -(1 + 0x1p-26);
	cr_expect_eq(arithmetic_f64_fused.fma(x, x, less_x), 0x1p-54);
	cr_expect_eq(arithmetic_f64_unfused.fma(x, x, less_x), 0);
	cr_expect_eq(arithmetic_f32_fused.add(1, 0x1p-30), 1);
	cr_expect_eq(arithmetic_f64_fused.add(1, 0x1p-30), 1 + 0x1p-30);
	for (int f64 = 0; f64 < 2; f64++)
		for (int fused = 0; fused < 2; fused++) {
			const struct arithmetic *m = arithmetic_of(f64, fused);
			cr_expect(m->round(0.1) == (f64 ? 0.1 : (double)0.1f));
			cr_expect(m->sqrt(2) == (f64 ? sqrt(2) : (double)sqrtf(2)));
			cr_expect(m->fma(3, 4, 5) == 17 && m->sub(3, 4) == -1 && m->mul(3, 4) == 12 && m->div(3, 4) == 0.75);
		}
}

/* every function of the table that has a name in C is known to every arithmetic */
Test(interpret, all_functions_are_there)
{
	for (int i = 0; function_row(i); i++) {
		const struct function *f = function_row(i);
		for (int k = 0; f->c_name && k < 4; k++) {
			double got = arithmetic_of(k / 2, k % 2)->call(f->c_name, 0.7), right = f->value(0.7);
			cr_expect(fabs(got - right) <= (k / 2 ? 1e-14 : 1e-6) * fmax(1, fabs(right)), "%s(0.7) is %.17g, not %.17g", f->name, got, right);
		}
	}
}

/* draws depend on seed, step, site, sample and element, and on nothing else */
Test(interpret, draws)
{
	struct world *w = world_of("input x: [50]\n y = x + uniform()\n z = x + normal()\n loss = sum(y) + sum(z)", &arithmetic_f64_fused, 40);
	double first[2000], sum = 0, squares = 0;
	w->seed = 7;
	w->step = 3;
	named(w, "x");
	interpret(w);
	memcpy(first, named(w, "y"), sizeof first);
	for (int k = 0; k < 2000; k++) {
		cr_assert(first[k] >= 0 && first[k] < 1);
		for (int l = 0; l < k && k < 100; l++) cr_assert_neq(first[k], first[l]);
		sum += first[k];
		squares += named(w, "z")[k] * named(w, "z")[k];
	}
	cr_expect_float_eq(sum / 2000, 0.5, 0.03);
	cr_expect_float_eq(squares / 2000, 1, 0.15);
	interpret(w);
	cr_expect(!memcmp(first, named(w, "y"), sizeof first), "the same again");
	w->step = 4;
	interpret(w);
	cr_expect_neq(first[0], named(w, "y")[0]);
	w->step = 3;
	w->seed = 8;
	interpret(w);
	cr_expect_neq(first[0], named(w, "y")[0]);
}

Test(interpret, a_read_outside_stops, .signal = 6)
{
	struct arena arena = {0};
	struct program *p = program_new(&arena);
	struct tensor *x = tensor_new(p, "x", ROLE_INPUT, 1, (long[]){3});
	struct index *i = index_new(p, "i", 4);
	define(p, "y", 1, &i, MAP, 0, NULL, read_at(p, x, &i), ROLE_VALUE, (struct span){0});
	struct world *w = world_new(p, &arithmetic_f64_fused, 1);
	world_tensor(w, x);
	interpret(w);
}
