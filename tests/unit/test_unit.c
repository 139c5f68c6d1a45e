/* test_unit.c - a file (front/unit.c, globals.c): its definitions and models, -D, --model; and what messages say about how a value came
 * about (front/message.c). */
#include "oracle.h"

static const char text[] =
	"let n = 3\nlet act = relu\nlet deep = true\nlet sizes = [4, 5]\n"
	"model M {\n input x: [2]\n y = x -> Dense(n) -> act\n z = if deep then y -> Dense(sizes[0]) else y\n loss = sum(z)\n}\nmodel N {\n input x: [2]\n loss = sum(x -> Dense(n))\n}\n";

/* the first model's equations under these definitions, or the first message */
static const char *
with(struct compilation *c, struct define_option *defines, int n, const char *only)
{
	*c = (struct compilation){.options = {.defines = defines, .define_count = n, .model = only}};
	int errors = compile(c, "test.nn", text, strlen(text), "elaborate");
	return errors ? all_messages(c) : equations_text(c->unit.models.at[0]->train);
}

static long
units_of(const struct compilation *c, const char *path)
{
	struct tensor *t = tensor_named(c->unit.models.at[0]->train, path);
	return t ? t->shape[0] : 0;
}

Test(unit, definitions_from_outside)
{
	struct compilation c;
	with(&c, NULL, 0, NULL);
	cr_expect(units_of(&c, "Dense1.W") == 3 && units_of(&c, "Dense2.W") == 4 && c.unit.models.n == 2);
	compile_free(&c);
	struct define_option all[] = {{"n", "7", false}, {"act", "tanh", false}, {"deep", "false", false}};
	const char *equations = with(&c, all, 3, NULL);
	cr_expect(strstr(equations, "tanh("), "%s", equations);
	cr_expect(units_of(&c, "Dense1.W") == 7 && units_of(&c, "Dense2.W") == 0 && all[0].used && all[2].used);
	compile_free(&c);
	struct define_option number[] = {{"n", "1e1", false}};
	with(&c, number, 1, NULL);
	cr_expect_eq(units_of(&c, "Dense1.W"), 10);
	compile_free(&c);
}

Test(unit, definitions_that_fit_nothing)
{
	static const struct { struct define_option define; const char *words; } wrong[] = {
		{{"m", "3", false}, "the file has no `let m`"}, {{"acct", "3", false}, "it has `let act`"}, {{"n", "three", false}, "neither a number nor a known name"},
		{{"n", "", false}, "neither a number nor a known name"}, {{"n", "2.5", false}, "must be a whole number"}, {{"n", "relu", false}, "must be a whole number"},
		{{"n", "1e999", false}, ""}, {{"n", "0x10", false}, ""},
	};
	for (int i = 0; i < LENGTH(wrong); i++) {
		struct compilation c;
		struct define_option d = wrong[i].define;
		const char *said = with(&c, &d, 1, NULL);
		if (!*wrong[i].words) { /* whatever it is taken for, it ends */
			compile_free(&c);
			continue;
		}
		cr_expect(c.unit.diagnostics.errors && strstr(said, wrong[i].words), "-D %s=%s: %s", d.name, d.value, said);
		compile_free(&c);
	}
}

Test(unit, one_model)
{
	struct compilation c;
	with(&c, NULL, 0, "N");
	cr_assert_eq(c.unit.models.n, 1);
	cr_expect_str_eq(c.unit.models.at[0]->name, "N");
	compile_free(&c);
	cr_expect(strstr(with(&c, NULL, 0, "Q"), "the file has no such model"));
	compile_free(&c);
}

static const struct mistake mistakes[] = {
	{"let a = 1\nlet a = 2\nmodel M {\n input x: [2]\n loss = sum(x)\n}\n", "name-clash", "`a` is defined twice", "a = 2"},
	{"fn f(x) = x\nlayer F(x) = x\nfn f(x) = 2 * x\nmodel M {\n input x: [2]\n loss = sum(x)\n}\n", "name-clash", "`f` is defined twice", NULL},
	{"fn F(x) = x\nmodel M {\n input x: [2]\n loss = sum(x)\n}\n", "capitals", "call it `f`", "F("},
	{"layer dense(x) = x\nmodel M {\n input x: [2]\n loss = sum(x)\n}\n", "capitals", "call it `Dense`", "dense("},
	{"model M {\n input x: [2]\n loss = sum(x)\n}\nmodel M {\n input x: [3]\n loss = sum(x)\n}\n", "name-clash", "two models named `M`", NULL},
	{"model M {\n input x: [2]\n loss = sum(x)\n}\ntrain N {\n}\n", "unknown-name", "no model named `N`", "N {"},
	{"model M {\n input x: [2]\n loss = sum(x)\n}\ntrain M {\n}\ntrain M {\n}\n", "name-clash", "two train blocks", NULL},
	{"let a = 1 # no model here\n", "model", "a network is written `model Name { ... }`", NULL},
	{"model M {\n input x: [2]\n}\n", "loss", "neither a loss nor an output", "M {"},
	{"input x: [2]\n param w: [2] = 0\n loss = l2(weights)\n y = x -> Dense(3)\n output y", "weights", "put this line below the last layer", "l2("},
	{"let a = b\nmodel M {\n input x: [2]\n loss = sum(x)\n}\n", "unknown-name", "nothing named `b`", "b\n"},
};

Test(unit, mistakes)
{
	for (int i = 0; i < LENGTH(mistakes); i++) check_mistake(&mistakes[i]);
}

/* ---- how a value came about ------------------------------------------------------------------------------------------------------------------ */

static const struct mistake told[] = {
	/* each step of a chain with its shape */
	{"input x: [784]\n target t: 0..9\n y = x -> Dense(512) -> relu -> Dense(12)\n loss = cross_entropy(y, t)", "classes", "-> Dense(512)  [512]\n   -> relu        [512]\n   -> Dense(12)   [12]", NULL},
	{"input x: [784]\n target t: 0..9\n y = x -> Dense(12)\n loss = cross_entropy(y, t)", "classes", "make the last layer `Dense(10)`", NULL},
	/* the call in which it happened, and what its parameters were */
	{"layer Add(x: [n], k: int) {\n param w: [k] = 0\n return x + w\n}\nmodel M {\n input x: [3]\n y = x -> Add(4)\n loss = sum(y)\n}\n", "shape", "in `Add(4)` on line 7, where `x` is [3] and `k` is 4", "+ w"},
	/* in the library: the user's call, never its text */
	{"input x: [3]\n y = softmax(3)\n loss = sum(y)", "shape", "`softmax` needs a tensor", NULL},
	{"input x: [3]\n y = x -> Dense(4) -> sofmax\n loss = sum(y)", "unknown-name", "a similar name: `softmax`", "sofmax"},
	{"input x: [3]\n y = x -> Dnse(4)\n loss = sum(y)", "unknown-name", "there is a layer with a similar name: `Dense`", "Dnse"},
	{"input value: [3]\n loss = sum(vlaue)", "unknown-name", "there is a value with a similar name: `value`", "vlaue"},
};

Test(unit, what_messages_tell)
{
	check_mistakes(told, LENGTH(told));
}

/* one mistake, one message: a name that is not known is said once a statement */
Test(unit, one_message_for_one_mistake)
{
	static const char *const texts[] = {"model M {\n input x: [2]\n y = q + q * q\n z = y + 1\n loss = sum(z) + sum(y)\n}\n", "model M {\n input x: [2]\n y = x + [1, 2, 3]\n z = y -> Dense(3) -> relu\n loss = sum(z)\n}\n"};
	for (int i = 0; i < LENGTH(texts); i++) {
		struct compilation c = {0};
		cr_expect_eq(compile(&c, "test.nn", texts[i], strlen(texts[i]), NULL), 1, "%s", all_messages(&c));
		compile_free(&c);
	}
}
