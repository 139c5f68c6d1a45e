/* test_compile.c - the pipeline (driver/compile.c): how far it goes, what it leaves, and that it leaves nothing behind. */
#include "oracle.h"

static const char good[] = "model Net {\n input x: [3]\n target t: 0..2\n y = x -> Dense(3)\n loss = cross_entropy(y, t)\n output p = softmax(y)\n}\ntrain Net {\n data { x = csv(\"a\")\n t = csv(\"b\") }\n optimizer = SGD\n}\n";

static int
run(struct compilation *c, const char *text, const char *last)
{
	return compile(c, "test.nn", text, strlen(text), last);
}

Test(compile, passes_in_order)
{
	static const char *const expected[] = {"parse", "elaborate", "derive", "simplify", "plan", "emit"};
	for (int i = 0; i < LENGTH(expected); i++) cr_expect_str_eq(pass_name(i), expected[i]);
	cr_expect_null(pass_name(LENGTH(expected)));
}

/* what is there after each pass */
Test(compile, it_stops_where_it_is_told)
{
	for (int i = 0; pass_name(i); i++)
		for (int how = 0; how < 2; how++) {
			struct compilation c = {0};
			if (how) c.options.stop_after = pass_name(i);
			cr_assert_eq(run(&c, good, how ? NULL : pass_name(i)), 0);
			cr_expect(c.file);
			cr_expect_eq(c.unit.models.n, i >= 1);
			cr_expect_eq(c.unit.models.n && c.unit.models.at[0]->train->gradients.n, i >= 2);
			cr_expect_eq(c.built.n, i >= 4);
			cr_expect_eq(c.built.n && c.built.at[0].files.n, i >= 5);
			compile_free(&c);
			cr_expect_null(c.arena.block);
		}
}

Test(compile, dumps_are_of_the_pass)
{
	static const struct { const char *pass, *words, *not; } expected[] = {
		{"parse", "MODEL Net", "Dense1.y[n,j]"}, {"elaborate", "Dense1.y[n,j] = Dense1.sum1[n,j] + Dense1.b[j]", "Dense1.dW"}, {"derive", "Dense1.dW", "FLOP a sample"},
		{"simplify", "Dense1.dW", "Dense1.dW_part"}, {"plan", "FLOP a sample", "#include"}, {"emit", "#include", NULL},
	};
	for (int i = 0; i < LENGTH(expected); i++) {
		struct compilation c = {.options = {.dump = expected[i].pass}};
		cr_assert_eq(run(&c, good, NULL), 0);
		const char *text = text_end(&c.dumped);
		cr_expect(strstr(text, expected[i].words), "%s: %s", expected[i].pass, text);
		cr_expect(!expected[i].not || !strstr(text, expected[i].not), "%s: %s", expected[i].pass, text);
		compile_free(&c);
	}
}

/* no pass runs after one with errors, and nothing is dumped */
Test(compile, errors_end_it)
{
	static const struct { const char *text, *last; } wrong[] = {
		{"model Net {", "parse"}, {"model Net { input x: [3]\n loss = sum(y) }", "elaborate"}, {"model Net { input x: [3]\n param w: [3] = 0\n loss = sum(floor_(w)) }", "elaborate"},
		{"model Net { input x: [3]\n param w: [3] = 0\n y = if w > 0 then 1 else 0\n loss = sum(y) }", "derive"},
	};
	for (int i = 0; i < LENGTH(wrong); i++) {
		struct compilation c = {.options = {.dump = "emit"}};
		cr_expect_gt(run(&c, wrong[i].text, NULL), 0, "%s", wrong[i].text);
		cr_expect_eq(c.built.n, 0);
		cr_expect_str_eq(text_end(&c.dumped), "");
		cr_expect_eq(strcmp(wrong[i].last, "derive") ? 0 : 1, c.unit.models.n, "%s", wrong[i].text);
		compile_free(&c);
	}
}

/* a loss that no parameter can change */
Test(compile, a_loss_without_a_gradient)
{
	static const struct mistake wrong[] = {
		{"model M {\n input x: [3]\n param w: [3] = 0\n y = if w > 0 then 1 else 0\n loss = sum(y)\n}\n", "no-gradient", "the loss has no useful derivative", "sum(y)"},
		{"model M {\n input x: [3]\n param w: [3] = 0\n loss = sum(stop_gradient(w) * x)\n}\n", "no-gradient", "no useful derivative", "sum(stop"},
	};
	for (int i = 0; i < LENGTH(wrong); i++) check_mistake(&wrong[i]);
}

Test(compile, one_model_of_several)
{
	static const char text[] = "model A { input x: [2]\n loss = sum(x -> Dense(1)) }\nmodel B { input x: [2]\n loss = sum(x -> Dense(2)) }\n";
	struct compilation c = {.options = {.model = "B"}};
	cr_assert_eq(run(&c, text, NULL), 0);
	cr_assert_eq(c.built.n, 1);
	cr_expect_str_eq(c.built.at[0].model->name, "B");
	compile_free(&c);
}

/* two compilations side by side do not know of each other */
Test(compile, nothing_is_shared)
{
	struct compilation a = {0}, b = {.options = {.f64 = true}}, again = {0};
	cr_assert_eq(run(&a, good, "plan"), 0);
	cr_assert_eq(run(&b, good, NULL), 0);
	cr_assert_eq(run(&again, good, NULL), 0);
	compile_free(&b);
	cr_expect(again.built.at[0].files.n == 3 && a.built.n == 1);
	cr_expect(strstr(again.built.at[0].files.at[0].text, "float32"));
	compile_free(&a);
	compile_free(&again);
}
