/* test_layout.c - nnc fmt (front/layout.c): each rule of the layout, comments, and that nothing is lost. */
#include "front/layout.h"
#include "oracle.h"

static struct arena arena;
static struct diagnostics d;

static void
leave(void)
{
	arena_free(&arena);
}

TestSuite(layout, .fini = leave);

static struct source
text_source(const char *text)
{
	return (struct source){.path = "net.nn", .text = text, .length = strlen(text)};
}

static char *
layout_of(const char *text)
{
	struct source *s = NEW(&arena, struct source);
	*s = text_source(text);
	d = (struct diagnostics){.arena = &arena};
	return layout(&arena, &d, s);
}

static const struct {
	const char *what, *text, *expected;
} rules[] = {
	{"nothing", "", ""},
	{"empty lines only", "\n\n \n", ""},
	{"comments only", "\n  # one \n\n\n# two", "# one\n\n# two\n"},
	{"blanks around signs", "fn f(x:[n],a=1)=x+a *2->relu", "fn f(x: [n], a = 1) = x+a * 2 -> relu\n"},
	{"operators that the author keeps together", "let a = 2*b+c -d", "let a = 2*b+c - d\n"},
	{"minus", "let a = - 1\nlet b = f(- x, -y) - -z", "let a = -1\nlet b = f(-x, -y) - -z\n"},
	{"arguments by name", "let a = f( x , units = 3 )", "let a = f(x, units=3)\n"},
	{"ranges and dots", "model M { target t : 0 .. 9\nx = enc . W . T\n}", "model M { target t: 0..9\n          x = enc.W.T\n}\n"},
	{"subscripts as the author has them", "fn f(x) {\ny[i,j] = x [i,j] + x[i, j+1]\nreturn y}", "fn f(x) {\n  y[i,j] = x[i,j] + x[i, j+1]\n  return y }\n"},
	{"lists and shapes with blanks", "let a = [1,2,[3,4]]", "let a = [1, 2, [3, 4]]\n"},
	{"sums", "let a = sum (i,j) (x[i]+y)\nlet b = mean(batch, i)(x)", "let a = sum(i,j) (x[i]+y)\nlet b = mean(batch, i) (x)\n"},
	{"line breaks stay", "let a = b\n   -> f\n -> g", "let a = b\n   -> f\n  -> g\n"},
	{"a continuation moves with its statement", "model M {\n      y = x -> a\n         -> b\n}", "model M {\n  y = x -> a\n     -> b\n}\n"},
	{"closing brackets", "let a = [\n1,\n2\n]", "let a = [\n  1,\n  2\n]\n"},
	{"at most one empty line, none at the edges of blocks", "model M {\n\n  x = 1\n\n\n\n  y = 2\n\n}\n\n\n", "model M {\n  x = 1\n\n  y = 2\n}\n"},
	{"inputs and targets are aligned", "model M {\n input x: real\n target t: real\n param w: real = 1\n}", "model M {\n  input  x: real\n  target t: real\n  param w: real = 1\n}\n"},
	{"inputs alone are not", "model M {\n input   x: real\n}", "model M {\n  input x: real\n}\n"},
	{"settings are aligned, groups in one line too", "train {\ndata { x = 1 }\noptimizer = A\nepochs = 2\n\nseed = 1\n}",
	 "train {\n  data      { x = 1 }\n  optimizer = A\n  epochs    = 2\n\n  seed = 1\n}\n"},
	{"a block behind its {", "train {\ndata { x = 1\n t = 2 }\n}", "train {\n  data { x = 1\n         t = 2 }\n}\n"},
	{"other columns where the author aligned one", "let a   = 1\nlet bcd = 2\n\nlet a = 1\nlet bcd = 2", "let a   = 1\nlet bcd = 2\n\nlet a = 1\nlet bcd = 2\n"},
	{"columns that went wrong", "let abcd = 1\nlet bc   = 2\nlet d  = 3", "let abcd = 1\nlet bc   = 2\nlet d    = 3\n"},
	{"repeats past other lines", "model M {\nrepeat n   { h = f(h) }\nh = g(h)\nrepeat n - 1 { h = f(h) }\n}",
	 "model M {\n  repeat n     { h = f(h) }\n  h = g(h)\n  repeat n - 1 { h = f(h) }\n}\n"},
	{"comments keep their column", "let a = 1      # one\nlet b = 2      # two", "let a = 1      # one\nlet b = 2      # two\n"},
	{"or move to the right, together", "let a=1 # one\nlet b=2 # two\n        # more", "let a = 1 # one\nlet b = 2 # two\n          # more\n"},
	{"comments in their line are indented", "model M {\n# one\n      # two\n  x = 1\n# three\n}\n# four", "model M {\n  # one\n  # two\n  x = 1\n  # three\n}\n# four\n"},
	{"a comment between the lines of a statement", "let a = f(\n  # why\n  1)", "let a = f(\n  # why\n  1)\n"},
	{"semicolons", "model M { a = 1;b = 2 ;\n}", "model M { a = 1; b = 2;\n}\n"},
	{"tabs and line ends of Windows", "model M {\r\n\tx\t=\t1\t# one\r\n}\r\n", "model M {\n  x = 1                         # one\n}\n"},
	{"a signature over several lines", "layer A(x: [n],\n        b = 1) {\nparam W: [n] = b\nreturn x }", "layer A(x: [n],\n        b = 1) {\n  param W: [n] = b\n  return x }\n"},
	{"what is required", "fn f(x) {\nrequire x>0, \"no\",label = \"{x}\", code=\"size\"\nreturn x\n}",
	 "fn f(x) {\n  require x > 0, \"no\", label=\"{x}\", code=\"size\"\n  return x\n}\n"},
	{"initialisers and states", "layer A(x) {\nparam W:[2]~he_normal not in weights\nstate s=0\ns<-s+1\nreturn x\n}",
	 "layer A(x) {\n  param W: [2] ~ he_normal not in weights\n  state s = 0\n  s <- s+1\n  return x\n}\n"},
};

Test(layout, rules)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		const char *got = layout_of(rules[i].text);
		cr_assert(got, "%s: %s", rules[i].what, d.all.n ? d.all.at[0]->title : "");
		cr_expect_str_eq(got, rules[i].expected, "%s:\n%s", rules[i].what, got);
		struct source one = text_source(rules[i].text), other = text_source(got);
		cr_expect(same_words(&arena, &one, &other), "%s: words are lost", rules[i].what);
		cr_expect_str_eq(layout_of(got), got, "%s: again", rules[i].what);
	}
}

/* ends of lines in odd places, and no end of the last line: still itself */
Test(layout, cut_everywhere)
{
	static const char text[] = "model M {  # a\n  input x: [3]\n\n  # b\n  y = x -> Dense( 4 )\n    -> relu; z = y[0 .. 1]\n  repeat 2 { y = f(y) }\n}\n# c";
	for (size_t i = 0; i <= strlen(text); i++) {
		char *cut = arena_print(&arena, "%.*s\n%s", (int)i, text, text + i), *got = layout_of(cut);
		if (!got) continue;
		struct source one = text_source(cut), other = text_source(got);
		cr_expect(same_words(&arena, &one, &other), "%s", cut);
		cr_expect_str_eq(layout_of(got), got, "%s", cut);
	}
}

Test(layout, mistakes_are_refused)
{
	cr_expect_null(layout_of("let a = (1\nlet b = 2\n"));
	cr_expect_eq(d.errors, 1);
	cr_expect_null(layout_of("let a = \001"));
}

Test(layout, other_words)
{
	static const char *const pairs[][2] = {{"let a = 1", "let a = 2"}, {"let a = 1", "let a = 1 # c"}, {"# a", "# b"}, {"let a = 1\nlet b = 2", "let a = 1; let b = 2"}};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct source one = text_source(pairs[i][0]), other = text_source(pairs[i][1]);
		cr_expect(!same_words(&arena, &one, &other), "%s", pairs[i][0]);
	}
}
