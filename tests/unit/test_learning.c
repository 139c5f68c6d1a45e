/* test_learning.c - parameters that the gradient does not reach (derive/reach.c, driver/learning.c): each is named once, with what is in the
 * way; where there is no other, it is an error. */
#include "oracle.h"

static const struct {
	const char *statements, *code, *words[3];
	int messages, errors;
} cases[] = {
	{"param w: [2] = 1\n y = w * x\n loss = sum(y)", "", {NULL}, 0, 0},
	{"param w: [2] = 1\n param u: [2] = 1\n y = w * x + stop_gradient(u)\n loss = sum(y)", "unreached", {"no gradient reaches `u`", "`stop_gradient` lets none through", "it stays as at the start"}, 1, 0},
	{"param w: [2] = 1\n param u: [2] = 1\n y = if u > 0 then w * x else x\n loss = sum(y)", "unreached", {"no gradient reaches `u`", "it only decides a condition here"}, 1, 0},
	{"param w: [2] = 1\n param u: [2] = 1\n y = w * x\n k = argmax(u)\n loss = sum(y) + y[k]", "unreached", {"no gradient reaches `u`", "the place of a maximum or minimum"}, 1, 0},
	{"param w: [2] = 1\n param u: [2] = 1\n y = w * x\n loss = sum(y)\n output o = u * x", "unreached", {"`u` does not reach the loss", "take it out"}, 1, 0},
	{"z = x -> Dense(3)\n y = x -> Dense(2)\n loss = sum(y)\n output z", "unreached", {"`Dense1.W` and `Dense1.b` do not reach the loss", "they stay as at the start", "`layer dense = frozen ...`"}, 1, 0},
	{"z = stop_gradient(x -> Dense(3) -> Dense(2))\n y = x -> Dense(2)\n loss = sum(y * z)", "unreached", {"no gradient reaches `Dense1.W` and `Dense1.b`", "no gradient reaches `Dense2.W`", "`stop_gradient`"}, 2, 0},
	{"param w: [2] = 1\n y = if w > 0 then x else 2 * x\n loss = sum(y)", "no-gradient", {"the loss has no useful derivative", "it only decides a condition"}, 1, 1},
	{"param w: [2] = 1\n loss = sum(stop_gradient(w) * x)", "no-gradient", {"the loss has no useful derivative", "lets none through"}, 1, 1},
	{"param w: [2] = 1\n loss = sum(x)\n output o = w * x", "no-gradient", {"does not depend on what model `M` could learn", "without the only parameter"}, 1, 1},
	{"z = x -> Dense(3)\n loss = sum(x)\n output z", "no-gradient", {"without any of the 2 parameters"}, 1, 1},
};

Test(learning, what_is_not_reached)
{
	for (int i = 0; i < LENGTH(cases); i++) {
		char text[1024];
		struct compilation c = {0};
		snprintf(text, sizeof text, "model M {\n input x: [2]\n %s\n}\n", cases[i].statements);
		int errors = compile(&c, "test.nn", text, strlen(text), NULL);
		const struct diagnostics *d = &c.unit.diagnostics;
		cr_expect_eq(errors, cases[i].errors, "%s%s", text, all_messages(&c));
		cr_expect_eq(d->all.n, cases[i].messages, "%s%s", text, all_messages(&c));
		for (int k = 0; k < d->all.n; k++) cr_expect_str_eq(d->all.at[k]->code, cases[i].code);
		for (int w = 0; w < 3 && cases[i].words[w]; w++) {
			bool said = false;
			for (int k = 0; k < d->all.n; k++) said |= message_has(d->all.at[k], cases[i].words[w]);
			cr_expect(said, "%s should say %s; it says\n%s", text, cases[i].words[w], all_messages(&c));
		}
		compile_free(&c);
	}
}

/* a train block of a model without parameters */
Test(learning, nothing_to_learn)
{
	static const struct mistake wrong[] = {
		{"model M {\n input x: [2]\n loss = sum(x)\n}\ntrain M {\n data { x = [[1, 2]] }\n optimizer = SGD\n}\n", "no-gradient", "nothing to learn", "M {\n input"},
		{"model M {\n input x: [2]\n layer e = frozen Dense(2)\n y = x -> e\n loss = sum(y)\n}\ntrain M {\n data { x = [[1, 2]] }\n optimizer = SGD\n}\n", "no-gradient", "all of its parameters are frozen", NULL},
	};
	check_mistakes(wrong, LENGTH(wrong));
}
