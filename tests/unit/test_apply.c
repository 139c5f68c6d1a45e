/* test_apply.c - calls (front/apply.c): arguments, sizes that a signature binds and checks, mapping over extra axes, results; and the
 * primitives (front/primitive.c). */
#include "oracle.h"

/* y of one sample with x = 1, 2, 3 ..., and what it has to be */
static const struct {
	const char *definitions, *statements;
	double expected[16];
	int n;
} values[] = {
	/* arguments */
	{"fn f(a, b = 10, c = 100) = a + b + c\n", "input x: real\n y = f(x) + f(x, 1) + f(x, c=2) + f(c=3, b=4, a=x)", {111 + 102 + 13 + 8}, 1},
	{"fn f(a, b = a * 2) = a + b\n", "input x: real\n y = f(x)", {3}, 1},
	{"fn f(a, g: fn) = g(g(a))\nfn double(x) = 2 * x\n", "input x: real\n y = f(x, double)", {4}, 1},
	{"fn f(a) = a * 2\n", "input x: [2]\n y = x -> f -> f", {4, 8}, 2},
	{"fn two(a) {\n return a + 1, a * 10\n}\n", "input x: [2]\n p, q = two(x)\n y = p + q", {12, 23}, 2},
	/* sizes: a name binds, another use of it is checked */
	{"fn f(a: [n], b: [n]) = sum(i) a[i] * b[i] * n\n", "input x: [2]\n y = f(x, x)", {10}, 1},
	{"fn f(a: [r, c]) = a * (10 * r + c)\n", "input x: [2, 3]\n y = f(x)", {23, 46, 69, 92, 115, 138}, 6},
	{"fn f(a: real) = a + 1\n", "input x: [1]\n y = f(x)", {2}, 1},
	/* R3: extra leading axes are mapped over */
	{"layer Twice(x: [n]) -> [n] {\n return 2 * x\n}\n", "input x: [2]\n layer d = Twice\n p = [x[0], 1] -> d\n y = x + p + (x -> d)", {5, 8}, 2},
	{"fn pair(a: real) -> [2] = [a, 2 * a]\n", "input x: [1]\n y = pair(x)[0]", {1, 2}, 2}, /* of one, too */
	{"fn pair(a: real) = [a, 3 * a]\n", "input x: [3]\n y = pair(x)[1..2]", {2, 6, 3, 9}, 4},
	{"fn both(a: [n]) {\n return [sum(a), 1], a\n}\n", "input x: [2, 2]\n p, q = both(x)\n y = p + q", {3 + 1, 1 + 2, 7 + 3, 1 + 4}, 4},
	{"fn total(a: [n]) = sum(a)\n", "input x: [2, 3]\n y = total(x)", {6, 15}, 2},
	{"fn total(a: [n]) = sum(a)\n", "input x: [2, 2, 2]\n y = total(x)", {3, 7, 11, 15}, 4},
	{"fn scaled(a: [n], b: [n]) = a * sum(b)\n", "input x: [2, 2]\n y = scaled(x, [1, 2])", {3, 6, 9, 12}, 4},
	{"fn dot(a: [n], b: [n]) = sum(i) a[i] * b[i]\n", "input x: [2, 2]\n y = dot(x, x)", {5, 25}, 2},
	{"fn swap(a: [r, c]) -> [c, r] = a.T\n", "input x: [2, 2, 1]\n y = swap(x)", {1, 2, 3, 4}, 4},
	/* all remaining axes as one, and as what they were */
	{"fn f(a: [n, m..]) -> [n, m..] {\n b[i,k] = a[i,k] * (10 * i + m)\n return b\n}\n", "input x: [2, 1, 2]\n y = f(x)[1]", {3 * 12, 4 * 12}, 2},
	{"fn f(a: [n, m..]) -> [n, m..] = a * m\n", "input x: [3]\n y = f(x)", {1, 2, 3}, 3},
	{"fn f(a: [n, m..]) = a\n", "input x: [2, 1, 2]\n y = rank(f(x)) * 10 + size(f(x), 1) + x[0,0,0] - 1", {22}, 1},
	{"fn f(all: [m..]) -> [m..] = all + sum(all)\n", "input x: [2, 2]\n y = f(x)[1] + f(x[0,0])", {13 + 2, 14 + 2}, 2},
	{"fn f(a: [n, m..], b: [m]) = sum(i) a[0,i] * b[i]\n", "input x: [1, 2, 2]\n y = f(x, [1, 2, 3, 4])", {30}, 1},
	{"fn f(a: [n, m..], b: [n, k..]) -> [n, k..] = b * m + sum(a)\n", "input x: [2, 1, 2]\n y = f(x, [[1], [2]])", {12, 14}, 2},
	{"fn f(a: [n, m..], b: [k..]) -> [n, m..] = a * k\n", "input x: [2, 1, 2]\n y = f(x, [[1, 2, 3], [4, 5, 6]])[1]", {18, 24}, 2},
	{"fn f(a: [n, m]) -> [n, m..] = a\n", "input x: [1, 3]\n y = f(x)", {1, 2, 3}, 3},
	/* primitives */
	{"", "input x: [2, 3]\n y = reshape(x, [3, 2]) @ [1, 10]", {21, 43, 65}, 3},
	{"", "input x: [6]\n y = reshape(x, 2, 3)[1]", {4, 5, 6}, 3},
	{"", "input x: [2]\n y = concat(x, x + 10)", {1, 2, 11, 12}, 4},
	{"", "input x: [2, 2]\n y = concat(x, x * 10, axis=1)", {1, 2, 10, 20, 3, 4, 30, 40}, 8},
	{"", "input x: [2]\n y = pad(x, 2)", {0, 0, 1, 2, 0, 0}, 6},
	{"", "input x: [1, 2]\n y = pad(x, 1)", {0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0}, 12},
	{"", "input x: [2, 3]\n y = rank(x) * 100 + size(x) * 10 + size(x, 1) + x[0, 0] - 1", {263}, 1},
	{"", "input x: [2, 3]\n y = zeros(shape(x)) + ones([2, 3]) * x[0, 1]", {2, 2, 2, 2, 2, 2}, 6},
	{"", "input x: [2]\n y = x + floor(2.7) + ceil(2.1) + floor(-0.5)", {5, 6}, 2},
	{"", "input x: [2, 3]\n y = sum(x) + mean(x) + max(x) - min(x)", {21 + 3.5 + 5}, 1},
	{"", "input x: [2]\n y = abs(x - 2) + sqrt(x * x)", {2, 2}, 2},
};

Test(apply, values)
{
	for (int i = 0; i < LENGTH(values); i++) {
		char text[1024];
		struct compilation c;
		snprintf(text, sizeof text, "%smodel M {\n %s\n output y\n}\n", values[i].definitions, values[i].statements);
		struct model *m = model_after(&c, text, "elaborate");
		cr_assert(m, "%s: %s", text, first_message(&c));
		struct world *w = world_new(m->eval, &arithmetic_f64_fused, 1);
		const struct tensor *x = tensor_named(m->eval, "x"), *y = m->eval->outputs.at[0];
		for (long k = 0; x && k < world_count(w, x); k++) world_tensor(w, x)[k] = (double)k + 1;
		interpret(w);
		cr_expect_eq(world_count(w, y), values[i].n, "%s: %ld elements", text, world_count(w, y));
		for (int k = 0; k < values[i].n; k++)
			cr_expect_float_eq(world_tensor(w, y)[k], values[i].expected[k], 1e-12, "%s: y[%d] is %g, not %g", text, k, world_tensor(w, y)[k], values[i].expected[k]);
		compile_free(&c);
	}
}

/* a mapped layer has one set of weights; paths count the calls in the enclosing text */
Test(apply, paths_of_weights)
{
	static const char text[] = "layer Block(x: [n]) {\n h = x -> Dense(n) -> Dense(n)\n return h + x\n}\n"
				   "model M {\n input x: [3, 4]\n y = x -> Dense(5) -> Block -> Block\n loss = sum(y)\n}\n";
	static const char *const paths[] = {"Dense1.W", "Dense1.b", "Block1.Dense1.W", "Block1.Dense2.W", "Block2.Dense1.W", "Block2.Dense2.b"};
	struct compilation c;
	struct model *m = model_after(&c, text, "elaborate");
	cr_assert(m, "%s", first_message(&c));
	for (int i = 0; i < LENGTH(paths); i++) cr_expect(tensor_named(m->train, paths[i]), "%s is not there", paths[i]);
	const struct tensor *w = tensor_named(m->train, "Dense1.W");
	cr_expect(w->rank == 2 && w->shape[0] == 5 && w->shape[1] == 4, "mapped over the three rows");
	int params = 0;
	for (int i = 0; i < m->train->tensors.n; i++) params += m->train->tensors.at[i]->role == ROLE_PARAM;
	cr_expect_eq(params, 10);
	compile_free(&c);
}

/* draws: as many as there are elements of the value in which they stand, another site for each call */
Test(apply, draws)
{
	struct compilation c;
	struct model *m = model_after(&c, "model M {\n input x: [2, 3]\n y = x + uniform()\n z = y * normal() + uniform()\n loss = sum(z)\n}\n", "elaborate");
	cr_assert(m, "%s", first_message(&c));
	int n = 0;
	uint32_t site[3] = {0};
	for (int i = 0; i < m->train->tensors.n; i++) {
		const struct tensor *t = m->train->tensors.at[i];
		if (t->role != ROLE_RANDOM || t->rank == 0) continue;
		cr_assert_lt(n, 3);
		cr_expect(t->batch && t->rank == 3 && t->shape[1] == 2 && t->shape[2] == 3);
		for (int k = 0; k < n; k++) cr_expect_neq(site[k], t->site);
		site[n++] = t->site;
	}
	cr_expect_eq(n, 3);
	compile_free(&c);
}

#define WITH(definition, statements) definition "model M {\n " statements "\n}\n"

static const struct mistake mistakes[] = {
	{"input x: [2]\n y = Dense(x)\n loss = sum(y)", "arguments", "`Dense` needs `units`", "Dense(x)"},
	{"input x: [2]\n y = Dense(x, 3, true, glorot_uniform, 6)\n loss = sum(y)", "arguments", "takes 4 arguments, not 5", "6)"},
	{"input x: [2]\n y = x -> Dense(3, unit=4)\n loss = sum(y)", "unknown-option", "it is called `units`", "unit=4"},
	{"input x: [2]\n y = x -> Dense(3, units=4)\n loss = sum(y)", "arguments", "`units` is given twice", "units=4"},
	{"input x: [2]\n y = x -> Dense(2.5)\n loss = sum(y)", "size", "`units` must be a whole number", "2.5"},
	{"input x: [2]\n y = x + 3\n loss = sum(y(x))", "call", "an element is read with brackets: `y[x]`", "y(x)"},
	{"input x: [2]\n loss = sum(exp(x, x))", "arguments", "`exp` takes one argument", "exp("},
	{"input x: [2]\n loss = sum(x, 1)", "arguments", "there are no axis numbers", NULL},
	{"input x: real\n y = x -> Dense(3)\n loss = sum(y)", "shape", "`Dense` needs a tensor [n] as `x`", "x -> Dense"},
	{"input x: [3]\n target t: 0..4\n loss = cross_entropy(x, t)", "classes", "3 scores for 5 classes", "x, t"},
	{"input x: [3]\n target t: real\n loss = cross_entropy(x, t)", "classes", "needs a whole number in 0..2", "t)"},
	{"input x: [3]\n target t: 0..2\n y = softmax(x)\n loss = cross_entropy(y, t)", "double-softmax", "pass the scores from before the softmax", "y, t"},
	{"input x: [2]\n input z: [3]\n layer e = Dense(2)\n a = x -> e\n b = z -> e\n loss = sum(a) + sum(b)", "shared-shape", "already has weights for inputs of shape [2]", NULL},
	{WITH("fn f(a: [n], b: [n]) = sum(a) + sum(b)\n", "input x: [2]\n loss = f(x, [1, 2, 3])"), "shape", "`f` needs a tensor [n] as `b`", "[1, 2"},
	{WITH("fn f(a: [n]) -> [n, n] = a\n", "input x: [2]\n loss = sum(f(x))"), "shape", "does not give what it promises", NULL},
	{WITH("fn f(a: [n], b: [n]) = sum(a) + sum(b)\n", "input x: [2, 2]\n input z: [3, 2]\n loss = sum(f(x, z))"), "shape", "extra leading axes", NULL},
	{WITH("fn f(a) = f(a)\n", "input x: [2]\n loss = sum(f(x))"), "recursion", "there is no recursion", NULL},
	{"input x: [2]\n loss = sum(reshape(x, [3]))", "shape", "`reshape` keeps the number of elements", "reshape"},
	{"input x: [2]\n loss = sum(reshape(x))", "arguments", "`reshape` takes", "reshape"},
	{"input x: [2]\n loss = sum(pad(x, -1))", "size", "at least 0", "-1"},
	{"input x: [2]\n loss = sum(pad(x))", "arguments", "`pad` takes a tensor and a width", "pad"},
	{"input x: [2, 3]\n input z: [3]\n loss = sum(concat(x, z))", "shape", "equal shapes but for the axis", "concat"},
	{"input x: [2]\n loss = sum(concat(x, x, axis=3))", "shape", "there is no axis 3", "3"},
	{"input x: [2]\n loss = sum(concat(x, x, axis=-1))", "shape", "the last one is `axis=0`", "-1"},
	{"input x: [2]\n loss = sum(x) + size(x, 1)", "out-of-range", "there is no axis 1", NULL},
	{"input x: [2]\n loss = sum(x) * rank(x, x)", "arguments", "`rank` takes one argument", "rank"},
	{"input x: [2]\n loss = sum(zeros(0)) + sum(x)", "size", "at least 1", "zeros"},
	{"input x: [2]\n loss = sum(zeros(1e7, 1e7)) + sum(x)", "size", "too large", "zeros"},
	{"input x: [2]\n loss = sum(x) + floor(x)", "arguments", "known at compile time", "floor"},
	{"fn f(a: [n, k, m..]) = sum(a)\nmodel M {\n input x: [2]\n loss = f(x)\n}\n", "shape", "needs a tensor [n, k, m..] as `a`", "x)"},
	{"fn f(a: [n, m..], b: [m]) = sum(b)\nmodel M {\n input x: [2, 3, 4]\n loss = f(x, [1, 2])\n}\n", "shape", "needs a tensor [m] as `b`", "[1, 2]"},
	{"fn f(a: [n, m..]) -> [m..] = a\nmodel M {\n input x: [2, 3, 4]\n loss = sum(f(x))\n}\n", "shape", "does not give what it promises", "[m..]"},
	{"input x: [2, m..]\n loss = sum(x)", "place", "stands for all remaining axes of an argument", "m.."},
	{"input x: [2]\n y = reshape(x, [m..])\n loss = sum(y)", "place", "`layer Scale(x: [c, m..])`", "m.."},
	{"input x: [2]\n loss = sum(x * uniform(3))", "arguments", "an independent number for each element", "uniform"},
	{"input x: [2]\n y = x * uniform(-1, 1)\n loss = sum(y)", "arguments", "write `(-1 + 2 * uniform())`", "uniform"},
	{"input x: [2]\n y = x + tanh(normal(0, 3))\n loss = sum(y)", "arguments", "write `3 * normal()`", "normal"},
	{"input x: [2]\n loss = sum(x + normal())", "draw", "name the drawn value first", NULL},
};

Test(apply, mistakes)
{
	check_mistakes(mistakes, LENGTH(mistakes));
}
