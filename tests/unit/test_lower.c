/* test_lower.c - the written order of docs/numerics.md: what lower.c makes of an expression, as text. */
#include "core/function.h"
#include "core/lower.h"
#include "oracle.h"

static struct arena arena;
static struct program *p;
static struct index *n_, *i_, *j_;
static struct expr *a, *b, *c, *d, *lr, *i, *j;

static struct expr *
scalar(const char *name, enum role role)
{
	return read_at(p, tensor_new(p, name, role, 0, NULL), NULL);
}

static void
enter(void)
{
	p = program_new(&arena);
	d = scalar("d", ROLE_VALUE); /* youngest first: terms and factors come as a, b, c, d */
	c = scalar("c", ROLE_VALUE);
	b = scalar("b", ROLE_VALUE);
	a = scalar("a", ROLE_VALUE);
	lr = scalar("lr", ROLE_SETTING);
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

TestSuite(lower, .init = enter, .fini = leave);

static bool
is_infix(enum code_op op)
{
	return op == CODE_ADD || op == CODE_SUB || op == CODE_MUL || op == CODE_DIV || op == CODE_LT || op == CODE_LE || op == CODE_EQ || op == CODE_AND || op == CODE_SELECT;
}

/* the arithmetic, each operation in brackets but for the outermost and the arguments of functions */
static char *
shown(const struct code *x)
{
	static const char *const name[] = {[CODE_ADD] = "%s + %s", [CODE_SUB] = "%s - %s", [CODE_MUL] = "%s * %s", [CODE_DIV] = "%s / %s", [CODE_LT] = "%s < %s",
					   [CODE_LE] = "%s <= %s", [CODE_EQ] = "%s == %s", [CODE_AND] = "%s and %s"};
	struct print_style plain = {0};
	char *s[3] = {0};
	for (int k = 0; k < 3; k++)
		if (x->arg[k]) s[k] = is_infix(x->arg[k]->op) ? arena_print(&arena, "(%s)", shown(x->arg[k])) : shown(x->arg[k]);
	switch (x->op) {
	case CODE_NUMBER: case CODE_TRUTH: return arena_print(&arena, "%g", x->number);
	case CODE_UNIFORM: return arena_print(&arena, "uniform{%s}", expr_text(p, x->expr, plain));
	case CODE_WHOLE: return arena_print(&arena, "whole{%s}", expr_text(p, x->expr, plain));
	case CODE_READ: return expr_text(p, x->expr, plain);
	case CODE_ACCUMULATOR: return arena_print(&arena, "acc");
	case CODE_FMA: return arena_print(&arena, "fma(%s, %s, %s)", shown(x->arg[0]), shown(x->arg[1]), shown(x->arg[2]));
	case CODE_NEG: return arena_print(&arena, "-%s", s[0]);
	case CODE_SQRT: return arena_print(&arena, "sqrt(%s)", shown(x->arg[0]));
	case CODE_POW: return arena_print(&arena, "pow(%s, %s)", shown(x->arg[0]), shown(x->arg[1]));
	case CODE_CALL: return arena_print(&arena, "%s(%s)", x->function->name, shown(x->arg[0]));
	case CODE_SELECT: return arena_print(&arena, "if %s then %s else %s", shown(x->arg[0]), shown(x->arg[1]), shown(x->arg[2]));
	case CODE_NOT: return arena_print(&arena, "not %s", s[0]);
	case CODE_GE0: return arena_print(&arena, "%s >= 0", expr_text(p, x->expr, plain));
	case CODE_EQ0: return arena_print(&arena, "%s == 0", expr_text(p, x->expr, plain));
	default: return arena_print(&arena, name[x->op], s[0], s[1]);
	}
}

static void
is(struct expr *body, const char *expected)
{
	struct lowered l = lower_equation(p, &(struct equation){.body = body});
	cr_expect_str_eq(shown(l.body), expected);
	cr_expect_null(l.scale);
}

static void
reduces(enum reduction r, int bound_count, struct index *const bound[], struct expr *body, const char *expected, const char *scale_)
{
	struct lowered l = lower_equation(p, &(struct equation){.reduction = r, .bound_count = bound_count, .bound = (struct index **)bound, .body = body});
	cr_expect_str_eq(shown(l.body), expected);
	cr_expect_str_eq(l.scale ? expr_text(p, l.scale, (struct print_style){0}) : "", scale_);
}

static struct expr *
times(struct expr *x, struct expr *y)
{
	return mul(p, x, y);
}

static struct expr *
sum(struct expr *x, struct expr *y, struct expr *z)
{
	return add_all(p, 3, (struct expr *[]){x, y, z});
}

/* a sum starts with the first term that is no product; products are fused into it */
Test(lower, sums)
{
	is(add(p, a, b), "a + b");
	is(add(p, a, times(b, c)), "fma(b, c, a)");
	is(add(p, times(a, b), c), "fma(a, b, c)");
	is(add(p, times(a, b), times(c, d)), "fma(c, d, a * b)");
	is(sum(a, times(b, c), d), "fma(b, c, a) + d");
	is(add(p, a, times(times(b, c), d)), "fma(b * c, d, a)");
	is(sub(p, a, b), "a - b");
	is(sub(p, a, times(b, c)), "fma(-b, c, a)");
	is(add(p, a, divide(p, b, c)), "a + (b / c)");
	is(add(p, a, times(b, divide(p, c, d))), "a + ((b * c) / d)");
	is(add(p, a, power_of(p, b, 2)), "fma(b, b, a)");
}

/* uniform parts are one number, computed in double and added last; without any other start, first */
Test(lower, uniform_terms)
{
	is(sum(a, b, number(p, 2)), "(a + b) + 2");
	is(sum(a, lr, number(p, 1)), "a + uniform{lr + 1}");
	is(add(p, times(a, b), number(p, 1)), "fma(a, b, 1)");
	is(sum(times(a, b), times(c, d), lr), "fma(c, d, fma(a, b, uniform{lr}))");
	is(add(p, a, times(lr, b)), "fma(uniform{lr}, b, a)");
	is(sub(p, a, times(lr, b)), "fma(uniform{-lr}, b, a)");
	is(power_of(p, add(p, scale(p, 2, lr), number(p, 1)), 0.5), "uniform{sqrt(2 * lr + 1)}");
	is(divide(p, a, batch_size(p)), "uniform{1 / batch} * a");
}

/* uniform factors first, then from left to right; what has a negative exponent goes below one division */
Test(lower, products)
{
	is(times(times(a, b), c), "(a * b) * c");
	is(times(number(p, 3), times(a, b)), "(3 * a) * b");
	is(divide(p, a, b), "a / b");
	is(divide(p, times(a, b), times(c, d)), "(a * b) / (c * d)");
	is(divide(p, number(p, 1), a), "1 / a");
	is(divide(p, lr, times(a, b)), "uniform{lr} / (a * b)");
	is(scale(p, -1, times(a, b)), "-(a * b)");
	is(times(times(a, a), b), "(a * a) * b");
	is(divide(p, a, power_of(p, b, 2)), "a / (b * b)");
}

Test(lower, powers)
{
	is(power_of(p, a, 2), "a * a");
	is(power_of(p, a, 3), "(a * a) * a");
	is(power_of(p, a, 5), "((a * a) * (a * a)) * a");
	is(power_of(p, a, 0.5), "sqrt(a)");
	is(power_of(p, a, 1.5), "a * sqrt(a)");
	is(power_of(p, a, -0.5), "1 / sqrt(a)");
	is(power_of(p, a, 0.3), "pow(a, 0.3)");
	is(power_of(p, a, 65), "pow(a, 65)");
	is(power(p, a, b), "pow(a, b)");
}

Test(lower, conditions_and_functions)
{
	is(call(p, function_named("exp"), add(p, a, b)), "exp(a + b)");
	is(call(p, function_named("stop_gradient"), a), "a");
	is(choose(p, less(p, a, b), c, d), "if a < b then c else d");
	is(choose(p, negation(p, less_equal(p, a, b)), c, d), "if a <= b then d else c");
	is(choose(p, at_least_0(p, sub(p, i, j)), a, number(p, 0)), "if i - j >= 0 then a else 0");
	is(add(p, a, i), "a + whole{i}");
	is(times(a, add(p, i, number(p, 1))), "a * whole{i + 1}");
}

/* conditions on indices come first: the others may read only where these hold */
Test(lower, indices_are_asked_first)
{
	struct expr *inside = at_least_0(p, sub(p, i, j)), *data = less(p, a, b);
	struct lowered l = lower_equation(p, &(struct equation){.body = choose(p, both(p, data, inside), c, d)});
	cr_assert_eq(l.body->op, CODE_SELECT);
	cr_assert_eq(l.body->arg[0]->op, CODE_AND);
	cr_expect_eq(l.body->arg[0]->arg[0]->op, CODE_GE0);
	cr_expect_eq(l.body->arg[0]->arg[1]->op, CODE_LT);
}

Test(lower, sums_over_indices)
{
	reduces(SUM, 1, &i_, times(a, i), "fma(a, whole{i}, acc)", "");
	reduces(SUM, 1, &i_, times(a, b), "fma(a, b, acc)", "");
	reduces(SUM, 1, &i_, times(times(a, b), c), "fma(a * b, c, acc)", "");
	reduces(SUM, 1, &i_, a, "acc + a", "");
	reduces(SUM, 1, &i_, divide(p, a, b), "acc + (a / b)", "");
	reduces(SUM, 1, &i_, power_of(p, a, 2), "fma(a, a, acc)", "");
	reduces(SUM, 1, &i_, scale(p, -1, a), "acc + a", "-1");
	reduces(SUM, 1, &i_, choose(p, less(p, a, b), times(c, d), number(p, 0)), "if a < b then fma(c, d, acc) else acc", "");
	reduces(PROD, 1, &i_, add(p, a, b), "acc * (a + b)", "");
	reduces(MAX, 1, &i_, add(p, a, b), "a + b", "");
	reduces(ARGMIN, 1, &i_, a, "a", "");
}

/* uniform factors are multiplied in at the end; a mean is a sum with one */
Test(lower, scales)
{
	reduces(SUM, 1, &i_, times(lr, times(a, b)), "fma(a, b, acc)", "lr");
	reduces(SUM, 1, &i_, choose(p, less(p, a, b), times(number(p, 3), c), number(p, 0)), "if a < b then acc + c else acc", "3");
	reduces(MEAN, 1, &i_, a, "acc + a", "0.25");
	reduces(MEAN, 2, (struct index *[]){i_, j_}, scale(p, 6, a), "acc + a", "0.5");
	reduces(MEAN, 1, &n_, a, "acc + a", "1 / batch");
	reduces(MEAN, 2, (struct index *[]){n_, i_}, a, "acc + a", "0.25 / batch");
}

/* section 4: which sums have 16 accumulators */
Test(lower, sixteen_sums)
{
	struct tensor *plain = tensor_new(p, "plain", ROLE_VALUE, 1, (long[]){4}), *batch = tensor_new(p, "batch", ROLE_VALUE, 1, (long[]){0});
	batch->batch = true;
	struct index *lhs[] = {i_, j_};
	struct equation q = {.tensor = plain, .lhs_count = 1, .lhs = lhs, .reduction = SUM, .bound_count = 1, .bound = &j_, .body = a};
	cr_expect(sums_sixteen(&q), "without samples at all");
	q.bound = &n_;
	cr_expect_not(sums_sixteen(&q), "over samples");
	cr_expect_eq(sample_order_of(&q), SIXTEEN);
	q.lhs_count = 2;
	cr_expect_eq(sample_order_of(&q), SIXTEEN, "two axes, and no product");
	q.body = times(a, b);
	cr_expect_eq(sample_order_of(&q), IN_ORDER, "dW: an outer product over samples");
	q.bound_count = 2;
	q.bound = (struct index *[]){n_, j_};
	cr_expect_eq(sample_order_of(&q), SIXTEEN, "over samples and something else");
	q.bound_count = 1;
	q.tensor = batch;
	q.bound = &j_;
	cr_expect_not(sums_sixteen(&q), "of a sample");
	q.tensor = plain;
	q.reduction = MAX;
	cr_expect_not(sums_sixteen(&q));
}

/* a value that stands twice in a body is one node, used twice */
Test(lower, shared_values)
{
	struct expr *e = call(p, function_named("exp"), a);
	struct lowered l = lower_equation(p, &(struct equation){.body = divide(p, e, add(p, e, b))});
	cr_assert_eq(l.body->op, CODE_DIV);
	struct code *top = l.body->arg[0], *below = l.body->arg[1];
	cr_expect(below->arg[0] == top || below->arg[1] == top);
	cr_expect_eq(top->uses, 2);
	cr_expect_eq(l.body->uses, 1);
}

Test(lower, uniform_expressions)
{
	cr_expect(is_uniform(add(p, lr, number(p, 1))) && is_uniform(batch_size(p)) && is_uniform(number(p, 3)));
	cr_expect_not(is_uniform(a));
	cr_expect_not(is_uniform(add(p, lr, i)));
}
