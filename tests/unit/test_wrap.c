/* test_wrap.c - how wide texts are, and where they break into lines. */
#include "oracle.h"
#include "runtime/wrap.h"

Test(wrap, widths)
{
	static const struct { const char *text; int columns; } all[] = {
		{"", 0}, {"abc", 3}, {"a\303\227b", 3}, {"\342\206\222", 1}, {"e\314\201", 1}, {"\346\274\242", 2}, {"\360\237\230\200", 2}, {"\377\376", 2}, {"\342\206", 2}, {"\303(", 2}};
	for (int i = 0; i < LENGTH(all); i++) cr_expect_eq(nn_text_columns(all[i].text, strlen(all[i].text)), all[i].columns, "%s", all[i].text);
	size_t bytes;
	cr_expect(nn_character_columns("\342\206\222x", 4, &bytes) == 1 && bytes == 3);
	cr_expect(nn_character_columns("\342\206\222x", 2, &bytes) == 1 && bytes == 1, "it does not look behind the end");
}

/* all lines of a text, with `/` between them */
static const char *
lines(const char *text, int room)
{
	static char all[4096];
	all[0] = 0;
	for (size_t next; *text; text += next) {
		size_t n = nn_line_of_text(text, room, &next);
		cr_assert_gt(next, 0);
		sprintf(all + strlen(all), "%s%.*s", *all ? "/" : "", (int)n, text);
	}
	return all;
}

Test(wrap, lines)
{
	static const struct { const char *text; int room; const char *lines; } all[] = {
		{"one two three", 20, "one two three"},
		{"one two three", 8, "one two/three"},
		{"one two three", 7, "one two/three"},
		{"one two three", 6, "one/two/three"},
		{"one   two", 5, "one/two"},
		{"one\ntwo three", 20, "one/two three"},
		{"one\n\ntwo", 20, "one//two"},
		{"  one two", 6, "  one/two"},
		{"abcdefgh", 3, "abc/def/gh"},
		{"write `a b c` here", 12, "write/`a b c` here"},         /* not inside code */
		{"write `a b c d e f` here", 10, "write `a b/c d e/f` here"}, /* but where it is longer than a line */
		{"the ` alone", 5, "the `/alone"},
		{"\303\227\303\227\303\227 a", 3, "\303\227\303\227\303\227/a"},
		{"\346\274\242\346\274\242", 3, "\346\274\242/\346\274\242"}, /* wide characters */
		{"\346\274\242", 1, "\346\274\242"},
	};
	for (int i = 0; i < LENGTH(all); i++) cr_expect_str_eq(lines(all[i].text, all[i].room), all[i].lines, "%s: %s", all[i].text, lines(all[i].text, all[i].room));
}

Test(wrap, no_short_last_line)
{
	cr_expect_eq(nn_even_room("this is a text that ends with one short word", 41), 38, "%d", nn_even_room("this is a text that ends with one short word", 41));
	cr_expect_eq(nn_even_room("a text on one line", 40), 40);
	cr_expect_eq(nn_even_room("abcdefghijabcdefghijabcdefghija", 30), 24, "%d", nn_even_room("abcdefghijabcdefghijabcdefghija", 30));
	cr_expect_eq(nn_even_room("", 30), 30);
	cr_expect_eq(nn_even_room("ab\ncd", 30), 30);
}

/* a text of a million characters takes no longer than its length */
Test(wrap, long_texts, .timeout = 10)
{
	enum { N = 2000000 };
	char *text = malloc(N + 1);
	cr_assert(text);
	memset(text, 'a', N);
	text[N] = 0;
	int count = 0;
	size_t next;
	for (const char *s = text; *s; s += next, count++) nn_line_of_text(s, nn_even_room(s, 50), &next);
	cr_expect_eq(count, N / 50);
	free(text);
}
