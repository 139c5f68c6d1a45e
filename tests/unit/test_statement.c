/* test_statement.c - statements of models and layers: what they declare and define, and what is said where they cannot. */
#include "oracle.h"

static struct compilation c;

static struct model *
model_of(const char *statements)
{
	char text[4096];
	snprintf(text, sizeof text, strstr(statements, "model ") ? "%s" : "model M {\n %s\n}\n", statements);
	struct model *m = model_after(&c, text, "elaborate");
	cr_assert(m, "%s: %s", text, first_message(&c));
	return m;
}

static void
leave(void)
{
	compile_free(&c);
}

TestSuite(statement, .fini = leave);

static const struct tensor *
there(const struct program *p, const char *name)
{
	const struct tensor *t = tensor_named(p, name);
	cr_assert(t, "there is no %s", name);
	return t;
}

Test(statement, inputs_and_targets)
{
	struct model *m = model_of("input x: [2, 3]\n input s: [4] of 0..9\n target t: -1..1\n target r: real\n y = sum(x) + r + t + s[0]\n loss = y");
	cr_assert_eq(m->inputs.n, 4);
	const struct tensor *x = there(m->train, "x"), *s = there(m->train, "s"), *t = there(m->train, "t");
	cr_expect(x->batch && x->rank == 3 && x->shape[1] == 2 && x->shape[2] == 3 && x->role == ROLE_INPUT && !x->integer);
	cr_expect(s->integer && s->low == 0 && s->high == 9 && s->rank == 2 && s->shape[1] == 4);
	cr_expect(t->integer && t->low == -1 && t->high == 1 && t->rank == 1 && t->role == ROLE_TARGET);
	cr_expect(m->inputs.at[0] == x && m->inputs.at[3] == there(m->train, "r"), "in the order of the file");
	cr_expect(tensor_named(m->eval, "x"));
}

Test(statement, parameters_and_how_they_start)
{
	struct model *m = model_of("input x: [2]\n param a: [3, 2] ~ normal(0.5, 2)\n param b: [3] = 7\n param c: [3, 2] ~ he_normal\n param d: real ~ uniform not in weights\n"
				   " y = a @ x + b + c @ x + d\n loss = sum(y) + l2(weights)");
	const struct tensor *a = there(m->train, "a"), *b = there(m->train, "b"), *d = there(m->train, "d");
	cr_expect(a->role == ROLE_PARAM && !a->batch && a->rank == 2 && a->shape[0] == 3);
	cr_expect_str_eq(a->start.word, "normal");
	cr_expect(a->start.argument[0] == 0.5 && a->start.argument[1] == 2);
	cr_expect(!b->start.word && b->start.argument[0] == 7);
	cr_expect_str_eq(there(m->train, "c")->start.word, "he_normal");
	cr_expect(d->outside_weights && !a->outside_weights && d->start.argument[0] == 0 && d->start.argument[1] == 1, "uniform alone is 0, 1");
	int squares = 0;
	for (int i = 0; i < m->train->equations.n; i++) squares += m->train->equations.at[i]->reduction == SUM && m->train->equations.at[i]->tensor->batch == false;
	cr_expect_eq(squares, 3, "l2 of a, b and c, and not of d: %s", equations_text(m->train));
}

/* an argument, its default and a `let` may say how a parameter starts, with the numbers of this very call */
Test(statement, starts_come_through_parameters)
{
	static const char text[] =
		"let wide = uniform(-3, 3)\n"
		"layer Mine(x: [n], m: int, init = normal(0, m / 10)) {\n param W: [m, n] ~ init\n y[j] = sum(i) W[j,i] * x[i]\n return y\n}\n"
		"model M {\n input x: [4]\n y = x -> Mine(5) -> Mine(5, wide) -> Mine(5, init=normal(1, 2)) -> Mine(5, normal(1, 2)) -> Mine(5, init=normal(1, 3))\n"
		" loss = sum(y)\n}\n";
	static const struct { const char *path, *word; double first, second; } expected[] = {
		{"Mine1.W", "normal", 0, 0.5}, {"Mine2.W", "uniform", -3, 3}, {"Mine3.W", "normal", 1, 2}, {"Mine4.W", "normal", 1, 2}, {"Mine5.W", "normal", 1, 3},
	};
	struct model *m = model_of(text);
	for (int i = 0; i < LENGTH(expected); i++) {
		const struct tensor *w = there(m->train, expected[i].path);
		cr_expect_str_eq(w->start.word, expected[i].word, "%s", w->name);
		cr_expect(w->start.argument[0] == expected[i].first && w->start.argument[1] == expected[i].second, "%s: %g, %g", w->name, w->start.argument[0], w->start.argument[1]);
	}
}

Test(statement, a_parameter_that_nothing_reads_does_not_exist)
{
	struct model *m = model_of("input x: [2]\n param unused: [3] = 0\n y = x -> Dense(3, bias=false)\n loss = sum(y)");
	for (int i = 0; i < m->train->tensors.n; i++) {
		const struct tensor *t = m->train->tensors.at[i];
		cr_expect(t->role != ROLE_PARAM || !strcmp(t->name, "Dense1.W"), "%s", t->name);
	}
}

/* copies have weights of their own; outer names change, inner ones do not outlive the copy */
Test(statement, repeat)
{
	struct model *m = model_of("input x: [4]\n h = x\n repeat 3 { h = h -> Dense(4)\n inner = h }\n loss = sum(h)");
	cr_expect(tensor_named(m->train, "Dense1.W") && tensor_named(m->train, "Dense3.W") && !tensor_named(m->train, "Dense4.W"));
	static const struct mistake gone = {"input x: [4]\n h = x\n repeat 2 { inner = h }\n loss = sum(inner)", "unknown-name", "nothing named `inner`", "inner)"};
	check_mistake(&gone);
	compile_free(&c);
	m = model_of("input x: [4]\n h = x\n repeat i in 2..4 { h = h -> Dense(i) }\n loss = sum(h)");
	cr_expect(there(m->train, "Dense1.W")->shape[0] == 2 && there(m->train, "Dense3.W")->shape[0] == 4);
	compile_free(&c);
	m = model_of("input x: [4]\n h = x\n repeat 0 { h = h -> Dense(4) }\n loss = sum(h)");
	cr_expect(!tensor_named(m->train, "Dense1.W"));
}

/* evaluation leaves out penalties and draws; outputs and metrics are there only */
Test(statement, two_modes)
{
	struct model *m = model_of("input x: [4]\n target t: [4]\n param w: [4] = 1\n y = x * w -> Dropout(0.5)\n loss = mse(y, t) + 0.1 * l2(weights)\n output y\n metric err = mae(y, t)");
	const char *train = equations_text(m->train), *eval = equations_text(m->eval);
	cr_expect(strstr(train, "uniform") && !strstr(eval, "uniform"), "dropout is off in evaluation");
	cr_expect_eq(m->eval->outputs.n, 1);
	cr_expect_eq(m->eval->metrics.n, 1);
	cr_expect_str_eq(m->eval->output_names.at[0], "y");
	int squares = 0;
	for (int i = 0; i < m->eval->equations.n; i++) squares += m->eval->equations.at[i]->tensor->batch == false;
	cr_expect_eq(squares, 0, "no penalty: %s", eval);
}

Test(statement, a_loss_of_one_element)
{
	struct model *m = model_of("input x: [3]\n y = x -> Dense(1)\n loss = y^2");
	cr_expect(m->train->loss->rank == 1 && m->train->loss->batch);
}

/* a state's next value is what later statements see; it belongs to no sample */
Test(statement, states)
{
	struct model *m = model_of("layer Count(x: [n]) {\n state s: [n] = 3\n m[k] = mean(batch) x[k]\n s <- 0.5 * s + m\n return x * s\n}\nmodel M {\n input x: [2]\n y = x -> Count\n loss = sum(y)\n}\n");
	cr_assert_eq(m->train->updates.n, 1);
	const struct update u = m->train->updates.at[0];
	cr_expect_str_eq(u.old->name, "Count1.s");
	cr_expect(u.old->role == ROLE_STATE && u.old->start.argument[0] == 3 && equation_of(m->train, u.new));
	cr_expect_eq(m->eval->updates.n, 0, "evaluation changes nothing");
}

static const struct mistake mistakes[] = {
	{"input x: [2]\n input x: [3]\n loss = sum(x)", "name-clash", "two inputs or targets named `x`", "x: [3]"},
	{"input x: foo\n loss = sum(x)", "type", "a type is `real`", "foo"},
	{"input x: [1,1,1,1,1,1,1,1]\n loss = sum(x)", "rank", "at most 7 axes", "[1,1"},
	{"input x: [0]\n loss = sum(x)", "size", "a size must be at least 1", "0]"},
	{"input x: [2.5]\n loss = sum(x)", "size", "a size must be a whole number", "2.5"},
	{"input x: 3..1\n loss = x", "index-range", "this range is empty", "3..1"},
	{"input x: 0..4294967296\n loss = x", "index-range", "fit into 32 bits", "0..4"},
	{"input x: [2]\n param w: [2]\n loss = sum(x*w)", "param-init", "has no starting value", "param w"},
	{"input x: [2]\n param w: [2] ~ relu\n loss = sum(x*w)", "param-init", "one of glorot_uniform", "relu"},
	{"input x: [2]\n param w: [2] ~ normal(1,2,3)\n loss = sum(x*w)", "arguments", "`normal` takes two numbers", "normal("},
	{"input x: [2]\n param w: [2] ~ orthogonal(1)\n loss = sum(x*w)", "arguments", "`orthogonal` takes no arguments", "orthogonal("},
	{"input x: [2]\n param w: [2] ~ normal(x, 1)\n loss = sum(x*w)", "value", "known at compile time", "x, 1"},
	{"input x: [2]\n param w: [2] = x\n loss = sum(x*w)", "param-init", "one number known at compile time", NULL},
	{"input x: [2]\n param w: [2] ~ normal(0, -1)\n loss = sum(x*w)", "param-init", "a deviation is at least 0", "normal"},
	{"input x: [2]\n y = x -> Dense(3, init=uniform(2, 1))\n loss = sum(y)", "param-init", "this range is empty", "uniform"},
	{"input x: [2]\n y = x -> Dense(3, init=normal(0, x))\n loss = sum(y)", "value", "numbers known at compile time", "x))"},
	{"input x: [2]\n y = x -> Dense(3, bias=normal(0, 1))\n loss = sum(y)", "option", "true or false", "normal"},
	{"input x: [2]\n y = x -> Dense(normal(0, 1))\n loss = sum(y)", "size", "a whole number known at compile time", "normal"},
	{"input x: [2]\n param w: [2] = 0 not in biases\n loss = sum(x*w)", "syntax", "write `not in weights`", NULL},
	{"input x: [2]\n param w: [2] = 0\n param w: [2] = 1\n loss = sum(x*w)", "weight-path", "two weights with the path `w`", "param w: [2] = 1"},
	{"input x: [2]\n y = x\n loss = y", "loss-shape", "average them: `loss = mean(y)`", NULL},
	{"input x: [2]\n loss = sum(x)\n output nothere", "unknown-name", "nothing named `nothere`", "nothere"},
	{"input x: [2]\n loss = sum(x)\n output p = x\n output p = x + 1", "name-clash", "two outputs named `p`", "p = x + 1"},
	{"input x: [2]\n a, b = x\n loss = sum(a)", "results", "2 names for 1 result", "x\n loss"},
	{"fn two(x) {\n return x, x + 1\n}\nmodel M {\n input x: [2]\n a = two(x)\n loss = sum(a)\n}\n", "results", "2 results for one name", "two(x)\n loss"},
	{"input x: [2]\n repeat 1000000 { x = x + 1 }\n loss = sum(x)", "size", "at most 100000 copies", "1000000"},
	{"input x: [2]\n repeat 2.5 { x = x + 1 }\n loss = sum(x)", "size", "a whole number", "2.5"},
	{"input x: [2]\n repeat 2 { return x }\n loss = sum(x)", "return", "cannot stand inside `repeat`", "repeat"},
	{"input x: [2]\n let k = x\n loss = sum(x)", "let", "known at compile time", NULL},
	{"input x: [2]\n layer e = relu\n loss = sum(x)", "layer", "names a layer", "relu"},
	{"input x: [2]\n y[i,i] = x[i]\n loss = sum(y)", "left-side", "stands twice on the left side", "i] = x"},
	{"input x: [2]\n y[2*i] = x[i]\n loss = sum(y)", "left-side", "plain, distinct index names", "2*i"},
	{"input x: [2]\n y[i in 1..2] = x[0]\n loss = sum(y)", "index-range", "a range starts at 0", "1..2"},
	{"input x: [2]\n y[i] = x[0]\n loss = sum(y)", "index-range", "say its range", "i] = x"},
	{"input x: [2]\n s <- x\n loss = sum(x)", "state", "declare it first", "s <- x"},
	{"layer L(x: [n]) {\n state s: [n] = 0\n s <- x\n return x\n}\nmodel M {\n input x: [2]\n y = x -> L\n loss = sum(y)\n}\n", "state", "a state belongs to no sample", NULL},
	{"layer L(x: [n]) {\n state s: [n] = 0\n s <- mean(batch) x\n return x\n}\nmodel M {\n input x: [3, 2]\n y = x -> L\n loss = sum(y)\n}\n", "state", "a state belongs to the whole layer", NULL},
	{"input x: [2]\n metric m = y\n loss = sum(x)", "unknown-name", "nothing named `y`", "y\n loss"},
	{"fn f(x) {\n loss = sum(x)\n return x\n}\nmodel M {\n input x: [2]\n y = f(x)\n loss = sum(y)\n}\n", "place", "directly into a model", "loss = sum(x)"},
	{"fn f(x) {\n input z: [2]\n return x\n}\nmodel M {\n input x: [2]\n y = f(x)\n loss = sum(y)\n}\n", "place", "directly into a model", "input z"},
};

Test(statement, mistakes)
{
	check_mistakes(mistakes, LENGTH(mistakes));
}
