/* test_copy.c - copied expansions (front/copy.c): what `repeat` makes is what the same lines make when each stands in the text, and copies are
 * made where they may be. */
#include "core/print.h"
#include "oracle.h"

#define BLOCK "layer Block(x: [n], width: int = 4) {\n h = x -> Dense(width) -> tanh -> Dense(n)\n return relu(h + x)\n}\n"
#define NOISY "layer Noisy(x: [n]) {\n h = x -> Dense(n) -> Dropout(0.5)\n return h + x\n}\n"
#define BOTH "layer Both(a: [n], b: [n]) {\n param w: [n] = 1\n return a * w + b\n}\n"
#define SAME "layer Same(x: [n]) {\n return x\n}\n"
#define COUNTED "layer Counted(x: [n]) {\n state seen: [n] = 0\n seen <- seen + mean(b) x[b] \n return x - seen\n}\n"

/* a line, the same three times, and whether the second and third are copies of the first */
static const struct {
	const char *definitions, *line;
	bool copied;
} repeated[] = {
	{"", "h = h -> Dense(3)", true},
	{"", "h = h -> Dense(3) -> relu -> Dense(3)", true},
	{BLOCK, "h = h -> Block", true},
	{BLOCK, "h = h -> Block(5) -> Block(width=2)", true},
	{"", "h = h -> Dense(3) -> BatchNorm", true},
	{"", "h = h -> LayerNorm -> Dense(3, bias=false)", true},
	{BOTH, "h = Both(h, h)", true},
	{BOTH, "h = Both(h, x)", true},
	{BOTH, "h = Both(h, h + x)", false},
	{"", "h = reshape(h, 1, 3) -> Dense(3) -> flatten", false}, /* what goes in is no plain read */
	{"", "h = h -> Dropout(0.5)", false},
	{NOISY, "h = h -> Noisy", true}, /* the layer in it, not Noisy itself: a draw has a place of its own */
	{SAME, "h = h -> Same", false},
};

static struct model *
model_of(struct compilation *c, const char *definitions, const char *body, const char *pass)
{
	static char text[4096];
	snprintf(text, sizeof text, "%smodel M {\n input x: [3]\n h = x\n%s output h\n loss = sum(h)\n}\n", definitions, body);
	struct model *m = model_after(c, text, pass);
	cr_assert(m, "%s: %s", text, first_message(c));
	return m;
}

static bool
same_start(const struct start *a, const struct start *b)
{
	return a->word == b->word && a->n == b->n && a->argument[0] == b->argument[0] && a->argument[1] == b->argument[1];
}

static void
compare(struct program *a, struct program *b, const char *line)
{
	cr_assert_eq(a->tensors.n, b->tensors.n, "%s: %d and %d tensors", line, a->tensors.n, b->tensors.n);
	for (int i = 0; i < a->tensors.n; i++) {
		const struct tensor *s = a->tensors.at[i], *t = b->tensors.at[i];
		cr_expect_str_eq(s->name, t->name, "%s", line);
		cr_expect(s->role == t->role && s->rank == t->rank && s->batch == t->batch && s->temporary == t->temporary && s->no_gradient == t->no_gradient, "%s: %s", line, s->name);
		cr_expect(same_start(&s->start, &t->start) && s->site == t->site && s->outside_weights == t->outside_weights, "%s: %s starts otherwise", line, s->name);
	}
	cr_assert_eq(a->equations.n, b->equations.n, "%s: %d and %d equations", line, a->equations.n, b->equations.n);
	for (int i = 0; i < a->equations.n; i++) {
		const char *s = equation_text(a, a->equations.at[i], (struct print_style){0}), *t = equation_text(b, b->equations.at[i], (struct print_style){0});
		cr_expect_str_eq(s, t, "%s", line);
	}
	cr_assert_eq(a->updates.n, b->updates.n, "%s", line);
	for (int i = 0; i < a->updates.n; i++) {
		cr_expect_str_eq(a->updates.at[i].old->name, b->updates.at[i].old->name);
		cr_expect_str_eq(a->updates.at[i].new->name, b->updates.at[i].new->name);
	}
}

/* copies have the indices of what they are copies of; others may share that of the samples */
static bool
has_copies(const struct program *p)
{
	for (int i = 0; i < p->equations.n; i++)
		for (int k = 0; k < i; k++) {
			const struct equation *a = p->equations.at[i], *b = p->equations.at[k];
			if (a->lhs_count && b->lhs_count == a->lhs_count && !a->lhs[a->lhs_count - 1]->batch && a->lhs[a->lhs_count - 1] == b->lhs[b->lhs_count - 1]) return true;
		}
	return false;
}

Test(copy, as_written_out)
{
	for (int i = 0; i < LENGTH(repeated); i++) {
		char body[1024];
		struct compilation c, d;
		const char *line = repeated[i].line;
		snprintf(body, sizeof body, " repeat 3 { %s }\n", line);
		struct model *m = model_of(&c, repeated[i].definitions, body, "elaborate");
		snprintf(body, sizeof body, " %s\n %s\n %s\n", line, line, line);
		struct model *n = model_of(&d, repeated[i].definitions, body, "elaborate");
		compare(m->train, n->train, line);
		compare(m->eval, n->eval, line);
		cr_expect_eq(has_copies(m->train), repeated[i].copied, "%s is %scopied", line, repeated[i].copied ? "not " : "");
		cr_expect(!has_copies(n->train), "%s: nothing is called again", line);
		cr_expect_eq(m->layers.n, n->layers.n, "%s: %d and %d layers in the table", line, m->layers.n, n->layers.n);
		for (int k = 0; k < m->layers.n && k < n->layers.n; k++) {
			cr_expect_str_eq(m->layers.at[k].path ? m->layers.at[k].path : "", n->layers.at[k].path ? n->layers.at[k].path : "");
			cr_expect_eq(m->layers.at[k].parameters, n->layers.at[k].parameters);
		}
		compile_free(&c);
		compile_free(&d);
	}
}

/* what was found for one equation holds for its copies: the derivative is the one of the text that stands there three times */
Test(copy, derivatives)
{
	for (int i = 0; i < LENGTH(repeated); i++) {
		char body[1024];
		struct compilation c, d;
		const char *line = repeated[i].line;
		snprintf(body, sizeof body, " repeat 3 { %s }\n", line);
		struct model *m = model_of(&c, repeated[i].definitions, body, "simplify");
		snprintf(body, sizeof body, " %s\n %s\n %s\n", line, line, line);
		struct model *n = model_of(&d, repeated[i].definitions, body, "simplify");
		cr_assert_eq(m->train->equations.n, n->train->equations.n, "%s", line);
		for (int k = 0; k < m->train->equations.n; k++)
			cr_expect_str_eq(equation_text(m->train, m->train->equations.at[k], (struct print_style){0}), equation_text(n->train, n->train->equations.at[k], (struct print_style){0}), "%s", line);
		compile_free(&c);
		compile_free(&d);
	}
}
