/* test_syntax.c - the scanner, the parser and what is said about a syntax error (grammar/, front/syntax.c, ast.c): habits from other
 * languages, where statements end, and the shape of the tree. */
#include "oracle.h"

static const struct mistake mistakes[] = {
	{"input x: [9]\n y = x[0:5]\n loss = sum(y)", "syntax", "the first five elements are `x[0..4]`", ":5"},
	{"input x: [9]\n y = x[2:5]\n loss = sum(y)", "syntax", "slices are written with `..`", ":5"},
	{"input x: [2]\n y = x ** 2\n loss = sum(y)", "syntax", "write `x^2`", "**"},
	{"input x: [2]\n y = x + exp(x ** 2)\n loss = sum(y)", "syntax", "`exp(x^2)`", "**"},
	{"input x: [2]\n param = x\n loss = sum(x)", "syntax", "`param` is a keyword", "param"},
	{"input x: [2]\n y = x -> relu + 1\n loss = sum(y)", "syntax", "put the chain in parentheses: `(x -> relu) + 1`", "+"},
	{"input x: [2]\n y = x + (x -> relu * 2)\n loss = sum(y)", "syntax", "an arrow chain cannot continue with `*`", "*"},
	{"input x: [2]\n y = 'a'\n loss = sum(x)", "syntax", "double quotes", "'"},
	{"input x: [2]\n y = \"abc\n loss = sum(x)", "syntax", "this text is never closed", "\"abc"},
	{"input x: [2]\n y = (x + 1\n loss = sum(y)", "syntax", "this `(` is never closed", "(x"},
	{"input x: [2]\n y = [1, 2\n loss = sum(y)", "syntax", "this `[` is never closed", "[1"},
	{"input x: [2]\n y = x && x\n loss = sum(y)", "syntax", "write `and`", "&&"},
	{"input x: [2]\n y = x || x\n loss = sum(y)", "syntax", "write `or`", "||"},
	{"input x: [2]\n y = !x\n loss = sum(y)", "syntax", "write `not`", "!"},
	{"input x: [2]\n y = \303\251\n loss = sum(y)", "syntax", "files are plain ASCII", "\303"},
	{"input x: [2]\n for i in 0..3 { y = 1 }\n loss = sum(x)", "syntax", "`repeat 3 { h = h -> Block }`", "for"},
	{"input x: [2]\n y == x\n loss = sum(x)", "syntax", "a definition is written with one `=`", "=="},
	{"input x: [2]\n y = x -> \n loss = sum(x)", "syntax", "`loss` is a keyword", "loss"},
	{"import torch\nmodel M {\n input x: [2]\n loss = sum(x)\n}\n", "syntax", "`import \"blocks.nn\"`", "import"},
	{"model M {\n input x: [2]\n loss = sum(x)\n", "syntax", "", NULL},
	{"model M {\n input x: [2]\n loss = sum(x)\n}\n}\n", "syntax", "this `}` closes no `{`", NULL},
};

Test(syntax, mistakes)
{
	check_mistakes(mistakes, LENGTH(mistakes));
}

/* ---- what a tree looks like ------------------------------------------------------------------------------------------------------------ */

static void
add_node(struct text *t, const struct node *n)
{
	if (!n) {
		text_add(t, "-");
		return;
	}
	text_add(t, "%s%s%s", node_kind_name(n->kind), n->text ? ":" : "", n->text ? n->text : "");
	if (!n->n) return;
	text_add(t, "(");
	for (int i = 0; i < n->n; i++) {
		if (i) text_add(t, " ");
		add_node(t, n->kid[i]);
	}
	text_add(t, ")");
}

/* the tree of an expression: of `let a = ...` */
static const char *
tree(struct arena *a, const char *expression)
{
	struct text t = {.arena = a};
	struct diagnostics d = {.arena = a};
	char *text = arena_print(a, "let a = %s\n", expression);
	struct source source = {.path = "test.nn", .text = text, .length = strlen(text)};
	struct node *file = parse_source(a, &d, &source);
	cr_assert_eq(d.errors, 0, "%s: %s", expression, d.all.n ? d.all.at[0]->title : "");
	add_node(&t, file->kid[0]->kid[0]);
	return text_end(&t);
}

/* two ways to write the same */
static void
same(const char *a, const char *b)
{
	struct arena arena = {0};
	cr_expect_str_eq(tree(&arena, a), tree(&arena, b), "%s is not %s: %s", a, b, tree(&arena, a));
	arena_free(&arena);
}

static void
differ(const char *a, const char *b)
{
	struct arena arena = {0};
	cr_expect_str_neq(tree(&arena, a), tree(&arena, b), "%s is %s", a, b);
	arena_free(&arena);
}

Test(syntax, precedence)
{
	same("a + b * c", "a + (b * c)");
	same("a - b - c", "(a - b) - c");
	same("a / b / c", "(a / b) / c");
	same("a ^ b ^ c", "a ^ (b ^ c)");
	same("-a ^ b", "-(a ^ b)");
	same("a ^ -b", "a ^ (-b)");
	same("-a * b", "(-a) * b");
	same("a < b + c", "a < (b + c)");
	same("not a < b", "not (a < b)");
	same("not a and b", "(not a) and b");
	same("a or b and c", "a or (b and c)");
	same("if a then b else c + d", "if a then b else (c + d)");
	same("a + b -> f", "(a + b) -> f");
	same("a -> f -> g", "(a -> f) -> g");
	same("a @ b @ c", "(a @ b) @ c");
	differ("a - b - c", "a - (b - c)");
	differ("(a -> f) + b", "a -> f");
}

/* a sum takes the product that follows, as in mathematics */
Test(syntax, sums)
{
	same("sum(i) a[i] * b[i] + c", "(sum(i) a[i] * b[i]) + c");
	same("sum(i) a[i] * sum(j) b[j]", "sum(i) (a[i] * sum(j) b[j])");
	same("2 * sum(i) a[i]", "2 * (sum(i) a[i])");
	same("sum(i) a[i] / b", "sum(i) (a[i] / b)");
	differ("sum(i) (a[i] + b[i])", "sum(i) a[i] + b[i]");
	differ("sum(a)", "sum(a) b");
}

/* line breaks end a statement, except where it cannot end */
Test(syntax, line_breaks)
{
	same("a +\n b", "a + b");
	same("a\n + b", "a + b");
	same("a\n -> f", "a -> f");
	same("f(a,\n b)", "f(a, b)");
	same("[1,\n 2\n]", "[1, 2]");
	same("if a\n then b\n else c", "if a then b else c");
	same("a # comment\n + b", "a + b");
	same("a\n and b", "a and b");
}

Test(syntax, numbers_and_texts)
{
	struct arena a = {0};
	cr_expect_str_eq(tree(&a, "1e-4"), "NUMBER:1e-4");
	cr_expect_str_eq(tree(&a, "0.5"), "NUMBER:0.5");
	cr_expect_str_eq(tree(&a, "\"a b\\\""), "TEXT:a b\\", "a backslash is a backslash");
	cr_expect_str_eq(tree(&a, "[]"), "LIST");
	arena_free(&a);
}

/* a file with a mistake still has a tree, of what could be read */
Test(syntax, the_parser_goes_on)
{
	static const char text[] = "let a = 1\nlet b = = 2\nlet c = 3\nmodel M {\n input x: [2]\n y = = x\n loss = sum(x)\n}\n";
	struct arena a = {0};
	struct diagnostics d = {.arena = &a};
	struct source source = {.path = "test.nn", .text = text, .length = strlen(text)};
	struct node *file = parse_source(&a, &d, &source);
	cr_expect_eq(d.errors, 2, "both mistakes are said");
	cr_assert(file && file->n >= 3);
	struct text t = {.arena = &a};
	add_node(&t, file);
	cr_expect(strstr(text_end(&t), "LET:a") && strstr(t.at, "LET:c") && strstr(t.at, "LOSS:loss"), "%s", t.at);
	arena_free(&a);
}
