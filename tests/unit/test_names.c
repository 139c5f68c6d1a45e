/* test_names.c - names of .nn files in C, and text inside comments, strings and numbers of C. */
#include "oracle.h"

#include <ctype.h>
#include <math.h>

static struct arena arena;

static void
leave(void)
{
	arena_free(&arena);
}

TestSuite(names, .fini = leave);

static bool
is_identifier(const char *s)
{
	if (!isalpha((unsigned char)*s) && *s != '_') return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '_') return false;
	return true;
}

/* keywords of C and C++, and what the standard headers or the generated file have already */
Test(names, nothing_that_is_taken)
{
	static const char *const taken[] = {
		"int", "for", "while", "if", "else", "return", "static", "const", "void", "struct", "register", "restrict", "inline", "auto", "class", "new", "delete", "template",
		"namespace", "this", "private", "public", "true", "false", "bool", "main", "lanes", "real", "ints", "m", "n", "part", "panel", "samples", "load", "store", "madd", "pick",
		"size_t", "int32_t", "uint64_t", "INT32_MAX", "SIZE_MAX", "NULL", "PANEL", "LANES", "_x", "_Bool", "__func__", "nn_exp", "nn_anything", "linux", "unix",
	};
	for (int i = 0; i < LENGTH(taken); i++) {
		struct c_names names = {.arena = &arena};
		const char *c = c_name(&names, taken[i]);
		cr_expect_str_neq(c, taken[i]);
		cr_expect(is_identifier(c) && (!c_is_keyword(c) || !strncmp(c, "nn_", 3)), "%s became %s", taken[i], c);
		for (int k = 0; k < LENGTH(taken); k++) cr_expect_str_neq(c, taken[k]);
		cr_expect_str_eq(c_name(&names, taken[i]), c, "the same name again");
	}
}

Test(names, ordinary_names_stay)
{
	static const char *const ordinary[] = {"x", "W", "Dense1", "hidden_layer", "a2", "lr", "alpha"};
	struct c_names names = {.arena = &arena};
	for (int i = 0; i < LENGTH(ordinary); i++) cr_expect_str_eq(c_name(&names, ordinary[i]), ordinary[i]);
	cr_expect_str_eq(c_name(&names, "Dense1.W"), "Dense1_W");
}

/* different .nn names are different C names, however alike they become */
Test(names, clashes)
{
	static const char *const alike[] = {"a.b", "a_b", "a-b", "a_b_2", "a b", "a.b'", "a_b1", "a_b_3", "int", "int_", "int__", "INT", "Int", "x'", "x1"};
	struct c_names names = {.arena = &arena};
	const char *c[LENGTH(alike)];
	for (int i = 0; i < LENGTH(alike); i++) {
		c[i] = c_name(&names, alike[i]);
		cr_expect(is_identifier(c[i]), "%s became %s", alike[i], c[i]);
		for (int k = 0; k < i; k++) cr_expect_str_neq(c[i], c[k], "%s and %s", alike[i], alike[k]);
	}
	for (int i = 0; i < LENGTH(alike); i++) cr_expect_str_eq(c_name(&names, alike[i]), c[i]);
	const char *key = c_name_as(&names, "index i 1", "i"), *other = c_name_as(&names, "index i 2", "i");
	cr_expect_str_eq(key, "i");
	cr_expect_str_neq(other, key);
}

Test(names, members_of_the_generated_struct_are_reserved)
{
	struct emission e = {.arena = &arena, .members = {.arena = &arena}, .functions = {.arena = &arena}};
	reserve_names(&e);
	static const char *const members[] = {"batch", "use", "workspace", "params", "pool", "gradients"}, *const functions[] = {"forward", "backward", "panel_of"};
	for (int i = 0; i < LENGTH(members); i++) cr_expect_str_neq(c_name(&e.members, members[i]), members[i]);
	for (int i = 0; i < LENGTH(functions); i++) cr_expect_str_neq(c_name(&e.functions, functions[i]), functions[i]);
}

/* whatever the text: it neither ends the comment, opens another nor goes on in the next line */
Test(names, comments)
{
	static const char *const texts[] = {"*/ int evil; /*", "/*", "**//**/", "*", "/", "a\\", "\\\n", "line\nbreak", "?\?/", "tab\there", "\001\177\377", "100 %s %n", "x*/", "//*/"};
	for (int i = 0; i < LENGTH(texts); i++) {
		const char *s = c_comment(&arena, texts[i]);
		cr_expect_eq(strlen(s), strlen(texts[i]), "a character for a character");
		cr_expect(!strstr(s, "*/") && !strstr(s, "/*") && !strpbrk(s, "\\\n\r?"), "%s became %s", texts[i], s);
		for (const char *c = s; *c; c++) cr_expect(*c >= 32 && *c < 127);
	}
	cr_expect_str_eq(c_comment(&arena, "y[n,i] = x * 2 / 3"), "y[n,i] = x * 2 / 3");
}

/* a string literal as a C compiler reads it */
static void
unescape(const char *literal, char *out)
{
	const char *s = literal + 1;
	while (*s && !(*s == '"' && !s[1])) {
		cr_assert_neq(*s, '"', "the literal ends early: %s", literal);
		if (*s != '\\') {
			*out++ = *s++;
			continue;
		}
		s++;
		if (*s == '"' || *s == '\\') *out++ = *s++;
		else {
			cr_assert(s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' && s[2] <= '7', "%s", literal);
			*out++ = (char)((s[0] - '0') * 64 + (s[1] - '0') * 8 + s[2] - '0');
			s += 3;
		}
	}
	*out = 0;
}

Test(names, strings)
{
	static const char *const texts[] = {"plain", "", "quote \" and \\ backslash", "$(touch pwned) `rm`", "\n\t\r\001\177", "digits after \0011 2", "\xc3\xa9t\xc3\xa9", "?\?=", "ends with \\", "%s%n", "*/"};
	for (int i = 0; i < LENGTH(texts); i++) {
		char back[128];
		const char *s = c_string(&arena, texts[i]);
		unescape(s, back);
		cr_expect_str_eq(back, texts[i]);
		cr_expect(!strstr(s, "?\?"), "no trigraphs");
		for (const char *c = s; *c; c++) cr_expect(*c >= 32 && *c < 127);
	}
	cr_expect_str_eq(c_string(&arena, NULL), "NULL");
}

/* the shortest decimal number that is read back as the same float or double, and is of that type */
Test(names, numbers)
{
	struct random r = {2};
	for (int i = 0; i < 20000; i++) {
		double v = ldexp(random_real(&r), (int)random_in(&r, -30, 30));
		char *end;
		const char *d = c_number(&arena, v, true), *f = c_number(&arena, v, false);
		cr_assert(strtod(d, &end) == v && !*end, "%.17g became %s", v, d);
		cr_assert(strtof(f, &end) == (float)v && !strcmp(end, "f"), "%.17g became %s", v, f);
		cr_assert(strpbrk(d, ".e") && strpbrk(f, ".e"), "a whole number would be an int: %s", d);
	}
	cr_expect_str_eq(c_number(&arena, 0.1, false), "0.1f");
	cr_expect_str_eq(c_number(&arena, 0.1, true), "0.1");
	cr_expect_str_eq(c_number(&arena, 3, false), "3.0f");
	cr_expect_str_eq(c_number(&arena, 1e30, true), "1e+30");
	cr_expect_str_eq(c_number(&arena, -INFINITY, false), "-NN_INFINITY");
	cr_expect_str_eq(c_number(&arena, INFINITY, true), "NN_INFINITY");
}

Test(names, keywords_that_no_struct_may_have)
{
	cr_expect(c_is_keyword("int") && c_is_keyword("class") && c_is_keyword("_x") && c_is_keyword("nn_model"));
	cr_expect_not(c_is_keyword("net"));
	cr_expect_not(c_is_keyword("integer"));
}
