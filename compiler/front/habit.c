/* habit.c - operators, ranges and numbers as in Python, PyTorch, Keras, C and mathematics, answered with how it is written here.
 *
 * Each function looks whether it applies, by the unexpected token, what stands before it, and the text around.  The table at the end has them in
 * the order in which they are asked. */
#include "front/syntax.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* the text at i begins with this */
bool
at_text(const struct mistake *m, size_t i, const char *text)
{
	return !strncmp(m->text + i, text, strlen(text));
}

char
char_before(const struct mistake *m)
{
	return m->at.begin ? m->text[m->at.begin - 1] : 0;
}

/* h[i in 0:10] */
static bool
index_range(const struct mistake *m)
{
	size_t from = m->at.begin, end = word_end(m, m->at.end);
	while (from > 0 && word_end(m, from - 1) > from - 1) from--;
	if (from < 4 || !at_text(m, from - 4, " in ") || end == m->at.end) return false;
	char *low = slice(m, from, m->at.begin), *high = slice(m, m->at.end, end);
	struct diagnostic *d = say(m, m->at, "", "ranges are written with `..` and include both ends");
	const char *last = isdigit((unsigned char)*high) ? arena_print(m->p->arena, "%ld", strtol(high, NULL, 10) - 1) : arena_print(m->p->arena, "%s-1", high);
	advise(m, d, "write `%s..%s`", low, last);
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, from, end}, "%s..%s", low, last);
	return true;
}

/* 0..<10 */
static bool
half_open(const struct mistake *m)
{
	size_t end = word_end(m, m->at.end);
	if (!found_is(m, "'<'") || !behind(m, 0, "..") || end == m->at.end) return false;
	char *high = slice(m, m->at.end, end);
	struct diagnostic *d = say(m, m->at, "", "ranges include both ends");
	const char *last = isdigit((unsigned char)*high) ? arena_print(m->p->arena, "%ld", strtol(high, NULL, 10) - 1) : arena_print(m->p->arena, "%s-1", high);
	advise(m, d, "the last one is `%s`", last);
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, end}, "%s", last);
	return true;
}

static bool
colon_slice(const struct mistake *m)
{
	bool base_ = m->open.begin > 0 && (word_end(m, m->open.begin - 1) > m->open.begin - 1 || strchr(")]", m->text[m->open.begin - 1]));
	if (!found_is(m, "':'") || m->bracket != '[' || !base_) return false;
	if (index_range(m) || python_slice(m)) return true;
	struct diagnostic *d = say(m, m->at, "", "slices are written with `..` and include both ends");
	size_t name = m->open.begin, from = m->open.end, end = m->at.end;
	while (name > 0 && word_end(m, name - 1) > name - 1) name--;
	while (isdigit((unsigned char)m->text[end])) end++;
	char *base = slice(m, name, m->open.begin), *low = slice(m, from, m->at.begin), *high = slice(m, m->at.end, end);
	static const char *const count[] = {"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"};
	if ((!strcmp(low, "0") || !*low) && strlen(high) == 1 && *high > '0') {
		int n = *high - '0';
		advise(m, d, "the first %s element%s `%s[0..%d]`", count[n], n == 1 ? " is" : "s are", base, n - 1);
		if (m->text[end] == ']') diag_edit(m->p->diagnostics, d, (struct span){m->p->source, from, end}, "0..%d", n - 1);
	} else if (!*low && m->text[end] == ',') { /* h[:, 0] */
		size_t rest = skip_blanks(m, end + 1), close = rest;
		while (m->text[close] && !strchr("]\n", m->text[close])) close++;
		bool exact = m->text[close] == ']' && !memchr(m->text + rest, ':', close - rest) && close > rest;
		if (exact) advise(m, d, "the batch is no axis: where `:` stands for it, write `%s[%s]`", base, slice(m, rest, close));
		else advise(m, d, "the batch is no axis: shapes are those of one sample");
		for (size_t i = m->at.begin, last = line_end(m, rest); exact && i < last; i++) /* everywhere on the line */
			if (at_text(m, i - 1, "[:,")) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, i, skip_blanks(m, i + 2)}, "%s", "");
		advise(m, d, "another whole axis is written by its range, `%s[0..9, ...]`, or with an index on both sides: `y[i] = %s[i, 0]`", base, base);
	} else if (!*low && !*high) {
		advise(m, d, "a whole axis is written by its range, `%s[0..9, ...]`, or with an index on both sides: `y[i] = %s[i, 0]`", base, base);
	} else {
		advise(m, d, "for example `%s[0..4]` for the first five elements", base);
	}
	return true;
}

static bool
double_star(const struct mistake *m)
{
	if (!found_is(m, "**")) return false;
	struct diagnostic *d = say(m, m->at, "", "the power operator is `^`");
	diag_edit(m->p->diagnostics, d, m->at, "^");
	size_t from = m->at.begin, end = m->at.end, call = m->open.begin;
	while (from > 0 && m->text[from - 1] == ' ') from--;
	size_t base = from;
	while (from > 0 && (isalnum((unsigned char)m->text[from - 1]) || strchr("_.", m->text[from - 1]))) from--;
	end = skip_blanks(m, end);
	size_t exponent = end;
	while (isalnum((unsigned char)m->text[end]) || (m->text[end] && strchr("_.", m->text[end]))) end++;
	if (from == base || exponent == end) {
		advise(m, d, "write `^` instead of `**`");
		return true;
	}
	char *power = arena_print(m->p->arena, "%s^%s", slice(m, from, m->at.begin), slice(m, exponent, end));
	while (m->bracket == '(' && call > 0 && word_end(m, call - 1) > call - 1) call--;
	if (m->bracket == '(' && call < m->open.begin && from == m->open.end && m->text[end] == ')')
		power = arena_print(m->p->arena, "%s(%s)", slice(m, call, m->open.begin), power);
	advise(m, d, "write `%s`", power);
	return true;
}

/* h += x */
static bool
in_place(const struct mistake *m)
{
	char op = m->found[0] == '\'' ? m->found[1] : 0;
	if (!op || !strchr("+-*/%@^", op) || m->text[m->at.end] != '=' || m->bracket) return false;
	size_t start = line_start(m), end = line_end(m, m->at.end);
	struct diagnostic *d = say(m, (struct span){m->p->source, m->at.begin, m->at.end + 1}, "", "there is no `%c=`: a value is defined, never changed", op);
	char *name = slice(m, start, m->at.begin), *value = slice(m, skip_blanks(m, m->at.end + 1), end);
	if (strstr(value, "->")) value = arena_print(m->p->arena, "(%s)", value); /* an arrow is looser than the sign */
	advise(m, d, "write `%s = %s %c %s`", name, name, op, value);
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, start, end}, "%s = %s %c %s", name, name, op, value);
	return true;
}

static bool
increment(const struct mistake *m)
{
	if (!found_is(m, "'+'") || (m->text[m->at.end] != '+' && char_before(m) != '+')) return false;
	bool first = m->text[m->at.end] == '+';
	struct diagnostic *d = say(m, (struct span){m->p->source, first ? m->at.begin : m->at.begin - 1, first ? m->at.end + 1 : m->at.end}, "", "there is no `++`");
	advise(m, d, "a sum is written `a + b`; indices run by themselves: `y[i] = ...`");
	return true;
}

/* = in a condition */
static bool
equals_in_condition(const struct mistake *m)
{
	if (!found_is(m, "'='") || !can_be(m, "then")) return false;
	struct diagnostic *d = say(m, m->at, "", "a comparison is written `==`");
	advise(m, d, "`=` only defines; write `==` here");
	diag_edit(m->p->diagnostics, d, m->at, "==");
	return true;
}

static bool
equals_defines(const struct mistake *m)
{
	if (!found_is(m, "==") || !behind(m, 1, "stmts")) return false;
	struct diagnostic *d = say(m, m->at, "a comparison", "a definition is written with one `=`");
	diag_edit(m->p->diagnostics, d, m->at, "=");
	advise(m, d, "write `%s = ...`", slice(m, line_start(m), m->at.begin));
	return true;
}

static bool
fat_arrow(const struct mistake *m)
{
	bool first = found_is(m, "'='") && m->text[m->at.end] == '>', second = found_is(m, "'>'") && (char_before(m) == '=' || char_before(m) == '>');
	if (!first && !second) return false;
	struct diagnostic *d = say(m, (struct span){m->p->source, first ? m->at.begin : m->at.begin - 1, first ? m->at.end + 1 : m->at.end}, "", "an arrow is written `->`");
	for (size_t i = d->labels.at[0].span.begin, end = line_end(m, i); i + 1 < end; i++)
		if (at_text(m, i, "=>")) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, i, i + 2}, "->");
	advise(m, d, "a chain is `x -> f(a)`, a function of one's own `fn f(x) = x + 1`");
	return true;
}

static bool
walrus(const struct mistake *m)
{
	if (!found_is(m, "':'") || m->text[m->at.end] != '=') return false;
	struct diagnostic *d = say(m, (struct span){m->p->source, m->at.begin, m->at.end + 1}, "", "a definition is written with `=`");
	diag_edit(m->p->diagnostics, d, d->labels.at[0].span, "=");
	size_t name = m->at.begin;
	while (name > 0 && word_end(m, name - 1) > name - 1) name--;
	if (m->bracket) advise(m, d, "write `%s=...`", slice(m, name, m->at.begin));
	else advise(m, d, "write `%s = ...`", slice(m, line_start(m), m->at.begin));
	return true;
}

static bool
comparison_chain(const struct mistake *m)
{
	static const char *const comparisons[] = {"'<'", "'>'", "<=", ">=", "==", "!="};
	bool compares = false, before = false;
	for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++) compares |= found_is(m, comparisons[i]);
	for (int k = 0; k < m->depth && k < 6; k++) before |= behind(m, k, "relop") || behind(m, k, "cmp");
	if (!compares || !before) return false;
	struct diagnostic *d = say(m, m->at, "", "comparisons do not chain");
	if (found_is(m, "'>'") && char_before(m) == '<') {
		d->labels.at[0].span.begin--;
		d->title = "unequal is written `!=`";
		diag_edit(m->p->diagnostics, d, d->labels.at[0].span, "!=");
		advise(m, d, "write `!=` instead of `<>`");
		return true;
	}
	size_t from = m->at.begin, start = expression_start(m, m->at.begin), end = m->at.end;
	while (from > start && !strchr("<>=!", m->text[from - 1])) from--;
	char *middle = slice(m, from, m->at.begin);
	while (end < m->p->source->length && !strchr(",;#{}()[]\n", m->text[end]) && strncmp(m->text + end, " then ", 6)) end++;
	if (from == start || !*middle) {
		advise(m, d, "write `a < b and b < c`");
		return true;
	}
	while (strchr("<>=!", m->text[from - 1]) || strchr(" \t", m->text[from - 1])) from--;
	while (from > start && !strchr(" \t,", m->text[from - 1])) from--;
	advise(m, d, "write `%s and %s%s`", slice(m, from, m->at.begin), middle, arena_print(m->p->arena, " %s", slice(m, m->at.begin, end)));
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, m->at.begin}, "and %s ", middle);
	return true;
}

/* target t: [0..9] */
static bool
range_as_type(const struct mistake *m)
{
	size_t close = m->at.end;
	while (isalnum((unsigned char)m->text[close]) || strchr(" -+_", m->text[close])) close++;
	if (m->text[close] != ']') return false;
	char *range = slice(m, m->open.end, close), *comma = strrchr(range, ',');
	struct diagnostic *d = say(m, m->at, "", "a range is no size");
	if (comma) { /* [5, 0..9] */
		range = arena_print(m->p->arena, "[%.*s] of %s", (int)(comma - range), range, comma + 1 + strspn(comma + 1, " "));
		advise(m, d, "whole numbers of this range are written `%s`", range);
	} else {
		advise(m, d, "one whole number is written `%s`", range);
	}
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->open.begin, close + 1}, "%s", range);
	return true;
}

/* sum(j=0..9); csv("a.csv", columns=0..3) */
static bool
range_in_call(const struct mistake *m)
{
	if (!found_is(m, "..") || m->bracket != '(') return false;
	size_t from = m->at.begin, end = m->at.end;
	while (from > 0 && isdigit((unsigned char)m->text[from - 1])) from--;
	while (isdigit((unsigned char)m->text[end])) end++;
	if (from == m->at.begin || end == m->at.end || m->text[from - 1] != '=') return false;
	size_t name = from - 1;
	while (name > 0 && word_end(m, name - 1) > name - 1) name--;
	if (behind(m, 4, "a reduction") || behind(m, 5, "a reduction") || behind(m, 3, "a reduction")) {
		struct diagnostic *d = say(m, (struct span){m->p->source, from - 1, from}, "", "an index runs `in` a range");
		advise(m, d, "write `%s in %s`", slice(m, name, from - 1), slice(m, from, end));
		diag_edit(m->p->diagnostics, d, d->labels.at[0].span, " in ");
		return true;
	}
	long low = strtol(m->text + from, NULL, 10), high = strtol(m->text + m->at.end, NULL, 10);
	if (high < low || high - low > 30) return false;
	struct text t = {.arena = m->p->arena};
	for (long i = low; i <= high; i++) text_add(&t, "%s%ld", i > low ? ", " : "", i);
	struct diagnostic *d = say(m, (struct span){m->p->source, from, end}, "", "a list has no ranges");
	advise(m, d, "write the numbers: `[%s]`", text_end(&t));
	diag_edit(m->p->diagnostics, d, d->labels.at[0].span, "[%s]", text_end(&t));
	return true;
}

/* x[..., 0] */
static bool
ellipsis(const struct mistake *m)
{
	if (!found_is(m, "..") || m->bracket != '[' || m->text[m->at.end] != '.') return false;
	struct diagnostic *d = say(m, (struct span){m->p->source, m->at.begin, m->at.end + 1}, "", "there is no `...`");
	if (at_text(m, line_start(m), "layer") || at_text(m, line_start(m), "fn")) advise(m, d, "all remaining axes of an argument are written `[c, rest..]`");
	else advise(m, d, "axes behind the subscripts stay whole, `x[0]`; those in front are read with an index, `y[i] = x[i, 0]`");
	return true;
}

/* not the subscripts of something */
static bool
in_list(const struct mistake *m)
{
	return m->bracket == '[' && (!m->open.begin || word_end(m, m->open.begin - 1) == m->open.begin - 1);
}

/* [0..9] */
static bool
range_in_list(const struct mistake *m)
{
	if (!found_is(m, "..") || !in_list(m)) return false;
	if ((at_text(m, line_start(m), "target") || at_text(m, line_start(m), "input")) && range_as_type(m)) return true;
	struct diagnostic *d = say(m, m->at, "", "a list has no ranges");
	size_t end = word_end(m, skip_blanks(m, m->at.end));
	char *low = slice(m, m->open.end, m->at.begin), *high = slice(m, m->at.end, end);
	long from = strtol(low, NULL, 10), to = strtol(high, NULL, 10);
	struct text t = {.arena = m->p->arena};
	for (long i = from; i <= to && to - from < 1000; i++) text_add(&t, "%s%ld", i > from ? ", " : "", i);
	bool numbers = t.length && isdigit((unsigned char)*low) && isdigit((unsigned char)*high);
	if (numbers && m->text[end] == ']') diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->open.end, end}, "%s", text_end(&t));
	if (numbers && to - from < 20) advise(m, d, "write the numbers: `[%s]`", text_end(&t));
	else if (numbers) advise(m, d, "write the numbers one by one: `[%ld, %ld, ..., %ld]`", from, from + 1, to);
	else advise(m, d, "write the numbers one by one: `[0, 1, 2]`");
	return true;
}

/* [rest.., c]   [a..b] */
static bool
behind_rest(const struct mistake *m)
{
	if (!behind(m, 0, "rest") || !in_list(m)) return false;
	size_t end = m->at.begin;
	while (isspace((unsigned char)m->text[end - 1])) end--;
	struct mistake range = *m;
	range.at = (struct span){m->p->source, end - 2, end};
	range.found = "..";
	if (found_is(m, "a name") || found_is(m, "a number") || found_is(m, "'-'") || found_is(m, "'('")) return range_in_list(&range);
	if (!found_is(m, "','")) return false;
	struct diagnostic *d = say(m, range.at, "", "what stands for all remaining axes stands last");
	advise(m, d, "write it behind the other axes: `[c, rest..]`");
	return true;
}

/* 0.5f   10k */
static bool
number_suffix(const struct mistake *m, const char *number, const char *suffix, size_t from)
{
	double times = !strcmp(suffix, "k") || !strcmp(suffix, "K") ? 1e3 : !strcmp(suffix, "M") ? 1e6 : !strcmp(suffix, "f") || !strcmp(suffix, "F") || !strcmp(suffix, "L") ? 1 : 0;
	if (times == 0) return false;
	char *text = times == 1 ? arena_print(m->p->arena, "%s", number) : arena_print(m->p->arena, "%.15g", times * strtod(number, NULL));
	struct diagnostic *d = say(m, m->at, "", "a number has no letters behind it");
	advise(m, d, "write `%s`", text);
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, from, m->at.end}, "%s", text);
	return true;
}

/* sum(x[i] for i in 0..9)   [x[i] for i in 0..9] */
static bool
comprehension(const struct mistake *m)
{
	size_t index = skip_blanks(m, m->at.end), end = word_end(m, index), in = skip_blanks(m, end), word = m->open.begin, close;
	if (!m->bracket || end == index || !at_text(m, in, "in ")) return false;
	for (close = in; m->text[close] && !strchr(")]\n", m->text[close]);) close++;
	while (word > 0 && word_end(m, word - 1) > word - 1) word--;
	struct diagnostic *d = say(m, m->at, "", "there are no comprehensions");
	char *what = slice(m, m->open.end, m->at.begin), *i = slice(m, index, end), *range = slice(m, in + 3, close);
	if (m->bracket == '(' && word < m->open.begin && m->text[close] == ')') {
		const char *sum = slice(m, word, m->open.begin);
		advise(m, d, "the index stands in front: `%s(%s in %s) (%s)`", sum, i, range, what);
		if (strstr(range, "..")) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, word, close + 1}, "%s(%s in %s) (%s)", sum, i, range, what);
	} else {
		advise(m, d, "every element is defined at once: `y[%s in %s] = %s`", i, strstr(range, "..") ? range : "0..9", what);
	}
	return true;
}

/* 2x; x y; a elif b */
static bool
missing_operator(const struct mistake *m)
{
	bool value = found_is(m, "a name") || found_is(m, "a number") || found_is(m, "'('") || found_is(m, "a reduction") || found_is(m, "a text");
	bool behind_value = behind(m, 0, "a number") || behind(m, 0, "primary") || behind(m, 0, "postfix") || behind(m, 0, "dotted") || behind(m, 0, "closed") ||
			    behind(m, 0, "redcall") || behind(m, 0, "a name");
	if (!value || !behind_value || at_statement(m)) return false;
	for (int k = 0; k < 3; k++)
		if (behind(m, k, "stmts") || behind(m, k, "items") || behind(m, k, "entries") || behind(m, k, "model") || behind(m, k, "fn") || behind(m, k, "layer") || behind(m, k, "train")) return false;
	if (!can_be(m, "'*'") && !can_be(m, "'+'") && !behind(m, 0, "a number")) return false;
	size_t from = m->at.begin, end = word_end(m, m->at.begin);
	while (from > 0 && (m->text[from - 1] == ' ' || m->text[from - 1] == '\t')) from--;
	size_t before = from;
	while (before > 0 && (isalnum((unsigned char)m->text[before - 1]) || strchr("_.", m->text[before - 1]))) before--;
	if (before > 2 && strchr("+-", m->text[before - 1]) && strchr("eE", m->text[before - 2]) && isdigit((unsigned char)m->text[before])) /* 1e-3 */
		for (before -= 2; before > 0 && (isdigit((unsigned char)m->text[before - 1]) || m->text[before - 1] == '.');) before--;
	if (at_text(m, m->at.begin, "for ") && comprehension(m)) return true;
	if (at_text(m, m->at.begin, "mod ")) { /* i mod 2 */
		struct diagnostic *d = say(m, m->at, "", "a remainder is written `%%`");
		diag_edit(m->p->diagnostics, d, m->at, "%%");
		advise(m, d, "write `%%` instead of `mod`");
		return true;
	}
	if (found_is(m, "a text")) {
		struct diagnostic *d = say(m, m->at, "", "a text cannot follow a value");
		advise(m, d, "texts are names of files only; they have no formats and do not join");
		return true;
	}
	if (before == from && before && strchr(")]", m->text[before - 1])) {
		struct diagnostic *d = say(m, m->at, "", "there is no operator in front of this");
		advise(m, d, "a product is written `a * b`; arguments and items stand behind `,`");
		return true;
	}
	if (before == from || m->text[from] == '\n') return false;
	char *left = slice(m, before, from), *right = slice(m, m->at.begin, end > m->at.begin ? end : m->at.end);
	if (!strcmp(right, "elif") || !strcmp(right, "elseif") || !strcmp(right, "elsif")) return foreign_word(m, "elif", m->at);
	if (!strcmp(left, "lambda")) return foreign_word(m, left, (struct span){m->p->source, before, from});
	if (isdigit((unsigned char)*left) && *right == '_') {
		struct diagnostic *d = say(m, m->at, "", "a number has no `_`");
		struct text digits = {.arena = m->p->arena};
		for (size_t i = before; i < end; i++)
			if (m->text[i] != '_') text_bytes(&digits, &m->text[i], 1);
		advise(m, d, "write `%s`", text_end(&digits));
		diag_edit(m->p->diagnostics, d, (struct span){m->p->source, before, end}, "%s", text_end(&digits));
		return true;
	}
	if (m->bracket == '[' && isdigit((unsigned char)*left) && *right == 'x' && right[1] && right[1 + strspn(right + 1, "0123456789")] == 0) { /* [28x28] */
		struct diagnostic *d = say(m, (struct span){m->p->source, before, end}, "", "sizes stand behind each other");
		advise(m, d, "write `%s, %s`", left, right + 1);
		diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, m->at.begin + 1}, ", ");
		return true;
	}
	if (isdigit((unsigned char)*left) && from == m->at.begin && number_suffix(m, left, right, before)) return true;
	if (missing_comma(m, left, right, from)) return true;
	struct diagnostic *d = say(m, m->at, "", "there is no operator between `%s` and `%s`", left, right);
	bool factor = isdigit((unsigned char)*left) && !isdigit((unsigned char)*right); /* 2x */
	if (*right == '(') advise(m, d, "a product is written `%s * (...)`", left);
	else if (factor) advise(m, d, "a product is written `%s * %s`", left, right);
	else advise(m, d, "a product is written `%s * %s`; arguments and items stand behind `,`", left, right);
	if (factor) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, from, m->at.begin}, " * ");
	return true;
}

static bool
point_without_digit(const struct mistake *m)
{
	bool after = found_is(m, "'.'") && isdigit((unsigned char)char_before(m));
	bool before = found_is(m, "'.'") && isdigit((unsigned char)m->text[m->at.end]);
	if (!after && !before) return false;
	struct diagnostic *d = say(m, m->at, "", "a number has digits on both sides of its point");
	size_t end = word_end(m, m->at.end), from = m->at.begin;
	while (from > 0 && isdigit((unsigned char)m->text[from - 1])) from--;
	diag_edit(m->p->diagnostics, d, m->at, after ? ".0" : "0.");
	if (after) advise(m, d, "write `%s.0`", slice(m, from, m->at.begin));
	else advise(m, d, "write `0.%s`", slice(m, m->at.end, end));
	return true;
}

/* 20% at the end of a line */
static bool
percent(const struct mistake *m)
{
	size_t i = m->at.begin;
	while (i > 0 && isspace((unsigned char)m->text[i - 1])) i--;
	if (i < 2 || m->text[i - 1] != '%' || i == m->at.begin || !isdigit((unsigned char)m->text[i - 2])) return false;
	struct diagnostic *d = say(m, (struct span){m->p->source, i - 1, i}, "", "`%%` is the remainder of a whole-number division");
	size_t from = --i;
	while (from > 0 && strchr("0123456789.", m->text[from - 1])) from--;
	advise(m, d, "a share is written as a number: `%.6g`", strtod(m->text + from, NULL) / 100);
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, from, i + 1}, "%.6g", strtod(m->text + from, NULL) / 100);
	return true;
}

static bool
trailing_comma(const struct mistake *m)
{
	if (!behind(m, 0, "','") || !(found_is(m, "']'") || found_is(m, "the end of the line"))) return false;
	struct diagnostic *d = say(m, m->at, "", "another value has to follow the `,`");
	size_t comma = m->at.begin - 1;
	while (comma > 0 && m->text[comma] != ',') comma--;
	if (found_is(m, "']'")) advise(m, d, "leave out the last `,` of a list");
	if (found_is(m, "']'")) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, comma, comma + 1}, "%s", "");
	return true;
}

/* [1, 2; 3, 4]   x .* y */
static bool
matlab(const struct mistake *m)
{
	bool subscript = m->open.begin > 0 && (word_end(m, m->open.begin - 1) > m->open.begin - 1 || strchr(")]", m->text[m->open.begin - 1]));
	if (m->bracket == '[' && !subscript && found_is(m, "a stray character") && m->text[m->at.begin] == ';') {
		size_t i = m->at.end, first = skip_blanks(m, m->open.end), end = word_end(m, first), second = skip_blanks(m, i), last = word_end(m, second);
		bool names = end > first && last > second && isalpha((unsigned char)m->text[first]) && isalpha((unsigned char)m->text[second]);
		bool two = names && skip_blanks(m, end) == i - 1 && m->text[skip_blanks(m, last)] == ']'; /* [a; b] */
		struct diagnostic *d = say(m, (struct span){m->p->source, i - 1, i}, "", two ? "values are joined by a function" : "the rows of a matrix are lists");
		if (two) advise(m, d, "write `concat(%s, %s)`", slice(m, first, end), slice(m, second, last));
		else advise(m, d, "write `[[1, 2], [3, 4]]`");
		if (two) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->open.begin, skip_blanks(m, last) + 1}, "concat(%s, %s)", slice(m, first, end), slice(m, second, last));
		return true;
	}
	if (m->found[0] != '\'' || !strchr("*/^", m->found[1]) || char_before(m) != '.') return false;
	struct diagnostic *d = say(m, (struct span){m->p->source, m->at.begin - 1, m->at.end}, "", "`%c` works element by element already", m->found[1]);
	advise(m, d, "write `%c`; `@` multiplies matrices", m->found[1]);
	diag_edit(m->p->diagnostics, d, d->labels.at[0].span, "%c", m->found[1]);
	return true;
}

bool
habit(const struct mistake *m)
{
	static bool (*const all[])(const struct mistake *) = {
		nameless_function, matlab, strange_character, colon_slice, double_star, walrus, in_place, increment, fat_arrow, equals_in_condition, equals_defines,
		foreign, half_open, comparison_chain, percent, chain, ellipsis, range_in_call, range_in_list, behind_rest, point_without_digit, slip, missing_operator, trailing_comma,
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i](m)) return true;
	return false;
}
