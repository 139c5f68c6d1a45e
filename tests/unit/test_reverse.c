/* test_reverse.c - inside one body: the adjoint of every read against central differences of the body. */
#include "core/function.h"
#include "derive/derive.h"
#include "oracle.h"

#include <math.h>

enum { READS = 3 };

static struct arena arena;
static struct program *p;
static struct tensor *of[READS];
static struct expr *a, *b, *c;

static void
enter(void)
{
	static const char *const names[] = {"a", "b", "c"};
	p = program_new(&arena);
	for (int k = 0; k < READS; k++) of[k] = tensor_new(p, names[k], ROLE_PARAM, 0, NULL);
	a = read_at(p, of[0], NULL);
	b = read_at(p, of[1], NULL);
	c = read_at(p, of[2], NULL);
}

static void
leave(void)
{
	arena_free(&arena);
}

TestSuite(reverse, .init = enter, .fini = leave);

static double
value_with(struct world *w, struct tensor *y, int k, double step)
{
	w->value[of[k]->id][0] += step;
	interpret(w);
	w->value[of[k]->id][0] -= step;
	return world_tensor(w, y)[0];
}

/* y = body; seed 1.5 */
static void
check(struct expr *body)
{
	struct tensor *y = tensor_new(p, "y", ROLE_VALUE, 0, NULL), *slope[READS] = {0};
	struct equation *q = equation_new(p, y, 0, NULL, MAP, 0, NULL, body, (struct span){0});
	struct read_adjoint *reads;
	int n = reverse(p, q, number(p, 1.5), &reads);
	for (int i = 0; i < n; i++)
		for (int k = 0; k < READS; k++) {
			if (reads[i].read->tensor != of[k]) continue;
			cr_assert(!slope[k], "a read has one adjoint: %s", expr_text(p, body, (struct print_style){0}));
			slope[k] = tensor_new(p, "slope", ROLE_VALUE, 0, NULL);
			equation_new(p, slope[k], 0, NULL, MAP, 0, NULL, reads[i].adjoint, (struct span){0});
		}
	cr_assert(order_equations(p));
	struct world *w = world_new(p, &arithmetic_f64_fused, 1);
	struct random r = {9};
	for (int trial = 0; trial < 20; trial++) {
		for (int k = 0; k < READS; k++) world_tensor(w, of[k])[0] = 0.3 + fabs(random_real(&r));
		for (int k = 0; k < READS; k++) {
			double h = 1e-5, expected = 1.5 * (value_with(w, y, k, h) - value_with(w, y, k, -h)) / (2 * h);
			interpret(w);
			double got = slope[k] ? world_tensor(w, slope[k])[0] : 0;
			cr_expect(fabs(got - expected) <= 1e-7 * fmax(1, fabs(expected)), "%s by %s: %.12g, not %.12g", expr_text(p, body, (struct print_style){0}), of[k]->name, got, expected);
		}
	}
	p->equations.n = 0;
}

static struct expr *
f_of(const char *name, struct expr *x)
{
	return call(p, function_named(name), x);
}

Test(reverse, sums_and_products)
{
	check(add(p, a, scale(p, -3, b)));
	check(mul_all(p, 3, (struct expr *[]){a, b, c}));
	check(divide(p, mul(p, a, b), c));
	check(divide(p, number(p, 1), a));
	check(mul(p, add(p, a, b), sub(p, a, b)));
	check(number(p, 2));
}

Test(reverse, a_read_that_stands_twice)
{
	check(add(p, mul(p, a, b), f_of("exp", a)));
	check(mul(p, add(p, a, number(p, 1)), power_of(p, add(p, a, b), 2)));
	struct expr *shared = f_of("tanh", mul(p, a, b));
	check(add(p, shared, mul(p, shared, add(p, shared, c))));
}

Test(reverse, powers)
{
	check(power_of(p, a, 3));
	check(power_of(p, a, -2));
	check(power_of(p, a, 0.5));
	check(power_of(p, add(p, a, b), 1.7));
	check(power(p, a, b));
	check(power(p, number(p, 2), a));
	check(power(p, add(p, a, b), mul(p, b, c)));
}

Test(reverse, every_function)
{
	for (int i = 0; function_row(i); i++) {
		const struct function *f = function_row(i);
		if (!f->c_name) continue; /* stop_gradient: none, on purpose */
		check(call(p, f, a));
		check(mul(p, call(p, f, mul(p, a, b)), c));
	}
}

Test(reverse, choices)
{
	struct expr *relu = choose(p, less(p, number(p, 0), sub(p, a, b)), sub(p, a, b), number(p, 0));
	check(relu);
	check(mul(p, relu, c));
	check(choose(p, less(p, a, b), mul(p, a, c), power_of(p, b, 2)));
	check(choose(p, both(p, less(p, a, b), less(p, b, c)), a, choose(p, less(p, c, a), mul(p, b, c), c)));
}

Test(reverse, what_carries_no_gradient)
{
	struct read_adjoint *reads;
	struct tensor *y = tensor_new(p, "y", ROLE_VALUE, 0, NULL);
	struct equation *q = equation_new(p, y, 0, NULL, MAP, 0, NULL, f_of("stop_gradient", mul(p, a, b)), (struct span){0});
	for (int i = 0, n = reverse(p, q, number(p, 1), &reads); i < n; i++) cr_expect(is_number(reads[i].adjoint, 0));
	q->body = choose(p, less(p, a, b), number(p, 1), number(p, 2)); /* only conditions read */
	cr_expect_eq(reverse(p, q, number(p, 1), &reads), 0);
}
