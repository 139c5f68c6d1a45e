/* test_expression.c - expressions and values (front/expression.c, value.c): what they compute, by the interpreter, and what is said where
 * shapes or kinds do not fit. */
#include "oracle.h"

#include <math.h>

/* y of one sample with x = 1, 2, 3 ..., and what it has to be */
static const struct {
	const char *statements;
	double expected[12];
	int n;
} values[] = {
	{"input x: [3]\n y = x + 1", {2, 3, 4}, 3},
	{"input x: [3]\n y = 10 - x * 2", {8, 6, 4}, 3},
	{"input x: [3]\n y = -x^2", {-1, -4, -9}, 3},
	{"input x: [3]\n y = 2^x", {2, 4, 8}, 3},
	{"input x: [2]\n y = 2^3^x", {8, 512}, 2},
	{"input x: [3]\n y = x / 2", {0.5, 1, 1.5}, 3},
	{"input x: [2, 2]\n y = x + [10, 20]", {11, 22, 13, 24}, 4},
	{"input x: [2, 2]\n y = [[1, 0], [0, 1]] * x", {1, 0, 0, 4}, 4},
	{"input x: [3]\n y = if x > 1 and x < 3 then 7 else x", {1, 7, 3}, 3},
	{"input x: [3]\n y = if x == 2 or not (x >= 2) then 1 else 0", {1, 1, 0}, 3},
	{"input x: [3]\n y = if x != 2 then x else -x", {1, -2, 3}, 3},
	{"input x: [3]\n y = max(x, 2) + min(x, 2)", {3, 4, 5}, 3},
	{"input x: [2, 3]\n y = x @ [1, 10, 100]", {321, 654}, 2},
	{"input x: [2, 3]\n y = x @ x.T", {14, 32, 32, 77}, 4},
	{"input x: [2, 3]\n y = x.T", {1, 4, 2, 5, 3, 6}, 6},
	{"input x: [3]\n y = x @ x", {14}, 1},
	{"input x: [2, 3]\n y = x[1]", {4, 5, 6}, 3},
	{"input x: [2, 3]\n y = x[1, 0..1]", {4, 5}, 2},
	{"input x: [2, 3]\n y = x[0..1, 2]", {3, 6}, 2},
	{"input x: [5]\n y = x[1..3]", {2, 3, 4}, 3},
	{"input x: [4]\n y[i in 0..3] = x[3 - i]", {4, 3, 2, 1}, 4},
	{"input x: [2]\n y[i in 0..4] = x[i / 3] + 10 * (i % 3)", {1, 11, 21, 2, 12}, 5},
	{"input x: [2, 3]\n y[j] = sum(i) x[i,j]", {5, 7, 9}, 3},
	{"input x: [2, 3]\n y[i] = max(j) x[i,j] - mean(j) x[i,j]", {1, 1}, 2},
	{"input x: [4]\n y = sum(i in 1..2) x[i]", {5}, 1},
	{"input x: [4]\n y = sum(i) i * x[i]", {20}, 1},
	{"input x: [2, 2]\n y[i] = x[i] @ x[i]", {5, 25}, 2},
	{"input x: [3]\n y[t] = if t >= 1 then x[t-1] else 0", {0, 1, 2, 3}, 4},
	{"input x: [3]\n let k = [5, 6, 7]\n y = x * k[1]", {6, 12, 18}, 3},
	{"input x: [1]\n y = if 2 > 1 then x else x + 100", {1}, 1},
	{"input x: [3]\n y = (x + 1)[2]", {4}, 1},
	{"input x: [3]\n y = pi - pi + x[0] * 1e1", {10}, 1},
};

Test(expression, values)
{
	for (int i = 0; i < LENGTH(values); i++) {
		char text[1024];
		struct compilation c;
		snprintf(text, sizeof text, "model M {\n %s\n output y\n}\n", values[i].statements);
		struct model *m = model_after(&c, text, "elaborate");
		cr_assert(m, "%s: %s", values[i].statements, first_message(&c));
		struct world *w = world_new(m->eval, &arithmetic_f64_fused, 1);
		const struct tensor *x = tensor_named(m->eval, "x"), *y = m->eval->outputs.at[0];
		for (long k = 0; x && k < world_count(w, x); k++) world_tensor(w, x)[k] = (double)k + 1;
		interpret(w);
		cr_expect_eq(world_count(w, y), values[i].n, "%s: %ld elements", values[i].statements, world_count(w, y));
		for (int k = 0; k < values[i].n; k++)
			cr_expect_float_eq(world_tensor(w, y)[k], values[i].expected[k], 1e-12, "%s: y[%d] is %g, not %g", values[i].statements, k, world_tensor(w, y)[k], values[i].expected[k]);
		compile_free(&c);
	}
}

static const struct mistake mistakes[] = {
	{"input x: [2]\n input z: [3]\n loss = sum(x + z)", "shape", "`+` needs equal shapes", "+"},
	{"input x: [5, 1]\n input z: [5]\n loss = sum(x * z)", "shape", "`*` needs equal shapes", "*"},
	{"input x: [2]\n loss = sum(x @ 3)", "shape", "write `*` to multiply by a number", "@"},
	{"input x: [2]\n param W: [3, 4] = 0\n loss = sum(W @ x)", "shape", "4 columns on the left, 2 rows on the right", "W @ x"},
	{"input x: [4]\n param W: [4, 3] = 0\n loss = sum(W @ x)", "shape", "`W.T @ x` fits", "W @ x"},
	{"input x: [2]\n loss = sum(if x then 1 else 0)", "condition", "compare it with something", "x then"},
	{"input x: [2]\n input z: [3]\n loss = sum(if x > 0 then z else 0)", "shape", "the parts of an `if` need equal shapes", "x > 0"},
	{"input x: [2]\n loss = sum(not x)", "condition", "`not` needs a condition", "x)"},
	{"input x: [2]\n loss = x[0] / 0", "division", "division by zero", "0\n"},
	{"input x: [2]\n loss = x[0] * (1 / 0)", "division", "division by zero", "0)\n"},
	{"input x: [2]\n loss = x[5]", "out-of-range", "valid: 0..1", "5]"},
	{"input x: [2]\n loss = x[-1]", "out-of-range", "the last element is `x[1]`", "-1"},
	{"input x: [2]\n loss = sum(x[1..2])", "out-of-range", "no slice of `x`", "1..2"},
	{"input x: [2]\n loss = x[0, 1]", "subscript", "`x` has 1 axis, not 2", "1]\n"},
	{"input x: [2]\n loss = x[x[0]]", "subscript", "must be a whole number", "x[0]]"},
	{"input x: [2]\n loss = sum(x.T)", "shape", "`.T` transposes a matrix", "x.T"},
	{"input x: [2]\n loss = sum(i) x[i/0]", "whole-division", "by a positive constant", "/0"},
	{"input x: [2]\n loss = sum(i) x[i % -2]", "whole-division", "not positive", "%"},
	{"input x: [2]\n loss = sum(x % 2)", "whole-division", "no whole number", "%"},
	{"input x: [2]\n loss = sum(i in 2..1) x[i]", "index-range", "2..1 is empty", "2..1"},
	{"input x: [2]\n loss = sum(3) x[0]", "index", "names the indices to run over", "3)"},
	{"input x: [2]\n loss = sum(x) + 1e999", "number", "too large for double precision", "1e999"},
	{"input x: [2]\n loss = sum(\"text\")", "value", "a number or tensor is needed here", "\"text\""},
	{"input x: [2]\n loss = sum([])", "value", "a number or tensor is needed here", "[])"},
	{"input x: [2]\n loss = relu", "value", "give it its arguments: `relu(...)`", "relu"},
	{"input x: [2]\n y[j in 0..1] = sum(i) x[i] + x[k]\n loss = sum(y)", "index-scope", "write `sum(k)` in front of the product", "k]"},
	{"input x: [2]\n loss = sum(i) x[i] + x[i]", "index-scope", "use parentheses: `sum(i) (x[i] + x[i])`", NULL},
	{"input x: [2, 3]\n loss = sum(i) x[i,i]", "index-range", "runs over two different sizes", NULL},
	{"input x: [3]\n y[i in 0..2] = x[i+1]\n loss = sum(y)", "out-of-range", "reaches 1..3; valid: 0..2", "i+1"},
	{"input x: [2]\n loss = sum([[1, 2], [3]] + x)", "shape", "the parts of a list need equal shapes", "[3]"},
};

Test(expression, mistakes)
{
	check_mistakes(mistakes, LENGTH(mistakes));
}
