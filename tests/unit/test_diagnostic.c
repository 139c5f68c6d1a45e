/* test_diagnostic.c - how messages look: spans, underlines, labels, notes; as JSON; names that are near. */
#include "oracle.h"

static struct arena arena;
static struct diagnostics d;
static struct source source;

static void
text_of(const char *text)
{
	d = (struct diagnostics){.arena = &arena};
	source = (struct source){.path = "net.nn", .text = text, .length = strlen(text)};
}

static void
leave(void)
{
	arena_free(&arena);
}

TestSuite(diagnostic, .fini = leave);

/* the n-th place of `words` in the text */
static struct span
span_of(const char *words, int n)
{
	const char *at = source.text - 1;
	for (int i = 0; i <= n; i++) {
		at = strstr(at + 1, words);
		cr_assert(at, "%s", words);
	}
	return (struct span){&source, (size_t)(at - source.text), (size_t)(at - source.text) + strlen(words)};
}

static char *
printed(void (*print)(FILE *out))
{
	char *text = NULL;
	size_t length;
	FILE *f = open_memstream(&text, &length);
	print(f);
	fclose(f);
	char *copy = arena_text(&arena, text, length);
	free(text);
	return copy;
}

static void plain(FILE *out) { diag_print(&d, out, false, DEFAULT_COLUMNS); }
static void colored(FILE *out) { diag_print(&d, out, true, DEFAULT_COLUMNS); }
static void gcc(FILE *out) { diag_print_gcc(&d, out, false); }
static void json(FILE *out) { diag_print_json(&d, out); }

Test(diagnostic, places)
{
	text_of("one\ntwo three\n\nfour");
	struct place p = span_place(span_of("three", 0));
	cr_expect(p.line == 2 && p.column == 5);
	p = span_place(span_of("four", 0));
	cr_expect(p.line == 4 && p.column == 1);
	struct span joined = span_join(span_of("two", 0), span_of("four", 0));
	cr_expect_str_eq(span_text(&arena, joined), "two three four", "blanks and line breaks are one blank");
	cr_expect_eq(span_join((struct span){0}, joined).begin, joined.begin);
	text_of("a +   # a comment\n   b");
	cr_expect_str_eq(span_text(&arena, (struct span){&source, 0, source.length}), "a + b");
}

Test(diagnostic, a_message_with_everything)
{
	text_of("model M {\n  y = a + b\n}\n");
	struct diagnostic *m = diag_new(&d, "shape", span_of("+", 0), "", "`%s` needs equal shapes", "+");
	diag_label(&d, m, span_of("a", 0), "[%d]", 2);
	diag_label(&d, m, span_of("b", 0), "[3]");
	diag_note(&d, m, "first\nsecond");
	diag_help(&d, m, "do this");
	cr_expect_str_eq(printed(plain),
			 "error[shape]: `+` needs equal shapes\n"
			 " --> net.nn:2:9\n"
			 "  |\n"
			 "2 |   y = a + b\n"
			 "  |       - ^ - [3]\n"
			 "  |       |\n"
			 "  |       [2]\n"
			 "  |\n"
			 "  = note: first\n"
			 "          second\n"
			 "  = help: do this\n");
	cr_expect_eq(d.errors, 1);
}

static int width;
static void narrow(FILE *out) { diag_print(&d, out, false, width); }

/* texts go on under their beginning; a label that has no room behind its underline stands below it */
Test(diagnostic, texts_in_a_narrow_window)
{
	text_of("model M {\n  y = relu(a + b)\n}\n");
	struct diagnostic *m = diag_new(&d, "shape", span_of("+", 0), "", "`%s` needs equal shapes on both of its sides, whatever they are", "+");
	diag_label(&d, m, span_of("a", 0), "a short one");
	diag_label(&d, m, span_of("b", 0), "this is declared far above as [3]");
	diag_note(&d, m, "how it gets its shape:\n   x -> f -> g -> h -> and so on  [2]");
	diag_help(&d, m, "write `(x -> Dense(16)) + y`, or leave out the second one");
	width = 40;
	cr_expect_str_eq(printed(narrow),
			 "error[shape]: `+` needs equal shapes on\n"
			 "              both of its sides,\n"
			 "              whatever they are\n"
			 " --> net.nn:2:14\n"
			 "  |\n"
			 "2 |   y = relu(a + b)\n"
			 "  |            - ^ -\n"
			 "  |            |   |\n"
			 "  |            |   this is declared far\n"
			 "  |            |   above as [3]\n"
			 "  |            |\n"
			 "  |            a short one\n"
			 "  |\n"
			 "  = note: how it gets its shape:\n"
			 "             x -> f -> g -> h -> and so\n"
			 "               on  [2]\n"
			 "  = help: write `(x -> Dense(16)) + y`,\n"
			 "          or leave out the second one\n", "%s", printed(narrow));
}

/* of a line that is too wide, the pieces with the marks; columns are those of the screen */
Test(diagnostic, long_lines_in_a_narrow_window)
{
	text_of("# \303\227\303\227\303\227 wrong, and a long way from here to the end of the line, where it stops");
	struct diagnostic *m = diag_new(&d, "syntax", span_of("wrong", 0), "this", "wrong");
	diag_label(&d, m, span_of("stops", 0), "that");
	width = 40;
	cr_expect_str_eq(printed(narrow),
			 "error[syntax]: wrong\n"
			 " --> net.nn:1:10\n"
			 "  |\n"
			 "1 | # \303\227\303\227\303\227 wrong, and a long way from ...\n"
			 "  |       ^^^^^ this\n"
			 "1 | ... of the line, where it stops\n"
			 "  |                           ----- that\n", "%s", printed(narrow));
	m->labels.n = 1;
	m->labels.at[0].span.end = source.length;
	m->labels.at[0].text = "all of it";
	cr_expect_str_eq(printed(narrow),
			 "error[syntax]: wrong\n"
			 " --> net.nn:1:10\n"
			 "  |\n"
			 "1 | ...wrong, and a long way from her...\n"
			 "  |    ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
			 "  |    |\n"
			 "  |    all of it\n", "%s", printed(narrow));
}

/* lines that are far apart, and wide line numbers */
Test(diagnostic, several_lines)
{
	char text[256] = "";
	for (int i = 1; i <= 12; i++) sprintf(text + strlen(text), "line%d\n", i);
	text_of(text);
	struct diagnostic *m = diag_new(&d, "name-clash", span_of("line12", 0), "again here", "twice");
	diag_label(&d, m, span_of("line2", 0), "first here");
	cr_expect_str_eq(printed(plain),
			 "error[name-clash]: twice\n"
			 "  --> net.nn:12:1\n"
			 "   |\n"
			 " 2 | line2\n"
			 "   | ----- first here\n"
			 "...\n"
			 "12 | line12\n"
			 "   | ^^^^^^ again here\n");
}

Test(diagnostic, warnings_are_no_errors)
{
	text_of("x\n");
	diag_warning(&d, "unread", span_of("x", 0), "", "nobody reads this");
	cr_expect_eq(d.errors, 0);
	cr_expect_eq(d.all.n, 1);
	cr_expect(strstr(printed(plain), "warning[unread]: nobody reads this"));
}

/* a tab is one blank wide, other control characters cannot move the cursor, a span behind the end is drawn at it */
Test(diagnostic, odd_texts)
{
	text_of("\ty = \033[31mx\rz\r\nw");
	diag_new(&d, "syntax", span_of("x", 0), "", "wrong");
	cr_expect(strstr(printed(plain), "1 |  y = ?[31mx?z\n  |           ^\n"), "%s", printed(plain));
	text_of("ab");
	diag_new(&d, "syntax", (struct span){&source, 2, 2}, "here", "end");
	cr_expect(strstr(printed(plain), "1 | ab\n  |   ^ here\n"), "%s", printed(plain));
	text_of("");
	diag_new(&d, "syntax", (struct span){&source, 0, 0}, "", "empty");
	cr_expect(strstr(printed(plain), "net.nn:1:1"));
	text_of("x");
	struct diagnostic *m = diag_new(&d, "many", span_of("x", 0), "", "many labels");
	for (int i = 0; i < 40; i++) diag_label(&d, m, span_of("x", 0), "label %d", i);
	cr_expect_gt(strlen(printed(plain)), 50);
	diag_label(&d, NULL, span_of("x", 0), "nothing happens");
	diag_note(&d, NULL, "nothing happens");
}

Test(diagnostic, no_place)
{
	text_of("x");
	diag_help(&d, diag_new(&d, "define", (struct span){0}, "", "-D a=1: no such let"), "there is `b`");
	cr_expect(strstr(printed(plain), "help: there is `b`") && !strstr(printed(plain), "-->"));
}

Test(diagnostic, colours)
{
	text_of("x");
	diag_new(&d, "shape", span_of("x", 0), "", "wrong");
	cr_expect(strstr(printed(colored), "\033[1;31merror[shape]\033[0m"));
	cr_expect(!strchr(printed(plain), '\033'));
}

Test(diagnostic, as_json)
{
	text_of("say \"hi\"\n");
	struct diagnostic *m = diag_new(&d, "syntax", span_of("\"hi\"", 0), "a \"quote\"\\\n", "tab\there");
	diag_note(&d, m, "a note");
	cr_expect_str_eq(printed(json), "{\"level\":\"error\",\"code\":\"syntax\",\"title\":\"tab\\u0009here\",\"labels\":[{\"file\":\"net.nn\",\"begin\":4,\"end\":8,\"line\":1,\"column\":5,"
					"\"end_line\":1,\"end_column\":9,\"text\":\"a \\\"quote\\\"\\\\\\u000a\"}],\"notes\":[\"a note\"],\"helps\":[],\"edits\":[]}\n");
}

Test(diagnostic, edits)
{
	text_of("a @ b\n");
	struct diagnostic *m = diag_new(&d, "shape", span_of("b", 0), "", "wrong");
	diag_rename(&d, m, "c", "d"); /* the span is no `c` */
	diag_help(&d, m, "turn them");
	diag_swap(&d, m, span_of("a", 0), span_of("b", 0));
	diag_help(&d, m, "or write `*`");
	diag_edit(&d, m, span_of("@", 0), "%c", '*');
	struct source library = {.path = "prelude.nn", .text = "y", .length = 1, .library = true};
	diag_edit(&d, m, (struct span){&library, 0, 1}, "z");
	diag_edit(&d, NULL, span_of("@", 0), "nothing happens");
	cr_assert_eq(m->edits.n, 3);
	cr_expect(m->edits.at[0].help == 0 && m->edits.at[0].span.begin == 0 && !strcmp(m->edits.at[0].text, "b"));
	cr_expect(m->edits.at[1].help == 0 && m->edits.at[1].span.begin == 4 && !strcmp(m->edits.at[1].text, "a"));
	cr_expect(m->edits.at[2].help == 1 && !strcmp(m->edits.at[2].text, "*"));
	cr_expect(strstr(printed(json), "\"edits\":[{\"help\":0,\"file\":\"net.nn\",\"begin\":0,\"end\":1,\"line\":1,\"column\":1,\"end_line\":1,\"end_column\":2,\"text\":\"b\"},"), "%s", printed(json));
	text_of("train {\n  epochs = 3\n}\n");
	m = diag_new(&d, "optimizer", span_of("train", 0), "", "none");
	diag_append(&d, m, (struct span){&source, 0, source.length - 1}, "optimizer = A");
	cr_expect_eq(m->edits.at[0].span.begin, strlen("train {\n  epochs = 3\n"));
	cr_expect_str_eq(m->edits.at[0].text, "  optimizer = A\n");
	text_of("train { epochs = 3 }");
	m = diag_new(&d, "optimizer", span_of("train", 0), "", "none");
	diag_append(&d, m, (struct span){&source, 0, source.length}, "optimizer = A");
	cr_expect_str_eq(m->edits.at[0].text, "; optimizer = A ");
}

Test(diagnostic, first_lines_for_editors)
{
	text_of("one\n  two\n");
	diag_label(&d, diag_warning(&d, "unused", span_of("two", 0), "here", "nobody reads this"), span_of("one", 0), "there");
	diag_new(&d, "define", (struct span){0}, "", "no place");
	cr_expect_str_eq(printed(gcc), "net.nn:2:3: warning: nobody reads this [unused]\n  |\n1 | one\n  | --- there\n2 |   two\n  |   ^^^ here\n\nnnc: error: no place [define]\n");
}

/* the library's text is not the user's */
Test(diagnostic, labels_in_the_library_are_left_out)
{
	text_of("x");
	struct source library = {.path = "prelude.nn", .text = "y", .length = 1, .library = true};
	struct diagnostic *m = diag_new(&d, "shape", span_of("x", 0), "", "wrong");
	diag_label(&d, m, (struct span){&library, 0, 1}, "inside");
	cr_expect_eq(m->labels.n, 1);
}

Test(diagnostic, near_names)
{
	static const char *const names[] = {"softmax", "sigmoid", "Dense", "cross_entropy", "x"};
	static const struct { const char *wrong, *right; } near[] = {{"sofmax", "softmax"}, {"Softmax", "softmax"}, {"dense", "Dense"}, {"corss_entropy", "cross_entropy"}, {"sigmod", "sigmoid"}, {"convolution", NULL}, {"q", NULL}};
	for (int i = 0; i < LENGTH(near); i++) {
		const char *got = nearest_name(near[i].wrong, names, LENGTH(names));
		cr_expect(got == near[i].right || (got && near[i].right && !strcmp(got, near[i].right)), "%s: %s", near[i].wrong, got ? got : "none");
	}
	char longer[200];
	memset(longer, 'a', sizeof longer - 1);
	longer[199] = 0;
	cr_expect_null(nearest_name(longer, names, LENGTH(names)));
	cr_expect_null(nearest_name("x", names, 0));
}
