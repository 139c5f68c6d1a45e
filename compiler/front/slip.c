/* slip.c - small slips: a keyword misspelt, braces or commas left out, an element in parentheses, a loss without its word.
 *
 * Each function looks whether it applies, as in habit.c. */
#include "front/syntax.h"
#include "grammar/nn.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* taget t: 0..9   modle Net { */
static bool
misspelt_keyword(const struct mistake *m)
{
	static const char *const of_files[] = {"model", "train", "layer", "import", "optimizer"},
				 *const of_blocks[] = {"input", "target", "param", "output", "metric", "repeat", "return", "state", "require"};
	size_t i = line_start(m), end = word_end(m, i), next = skip_blanks(m, end);
	bool file = m->at.begin == i && (m->depth == 0 || behind(m, 0, "items"));
	bool block = m->at.begin == next && next > end && behind(m, 1, "stmts") && (behind(m, 0, "names") || behind(m, 0, "dotted") || behind(m, 0, "a name"));
	if (end < i + 4 || next == end || (!file && !block) || !(found_is(m, "a name") || found_is(m, "a number"))) return false;
	if (file && (!isalpha((unsigned char)m->text[next]) && m->text[next] != '"')) return false;
	const char *word = slice(m, i, end), *near = file ? nearest_name(word, of_files, sizeof of_files / sizeof *of_files) : nearest_name(word, of_blocks, sizeof of_blocks / sizeof *of_blocks);
	if (!near) return false;
	struct span at = {m->p->source, i, end};
	struct diagnostic *d = say(m, at, "", "`%s` is no keyword of the language", word);
	advise(m, d, "write `%s`", near);
	diag_edit(m->p->diagnostics, d, at, "%s", near);
	return true;
}

/* repeat 3 h = h -> Dense(16) */
static bool
repeat_without_braces(const struct mistake *m)
{
	size_t i = line_start(m), end = line_end(m, m->at.end), equals = skip_blanks(m, m->at.end);
	if (!at_text(m, i, "repeat ") || !found_is(m, "a name") || m->bracket || m->text[equals] != '=' || m->text[equals + 1] == '=') return false;
	while (end > equals && isspace((unsigned char)m->text[end - 1])) end--;
	struct diagnostic *d = say(m, (struct span){m->p->source, m->at.begin, end}, "", "what is repeated stands in braces");
	advise(m, d, "write `%s { %s }`", slice(m, i, m->at.begin), slice(m, m->at.begin, end));
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, m->at.begin}, "{ ");
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, end, end}, " }");
	return true;
}

/* repeat i in range(3) { */
static bool
repeat_over_call(const struct mistake *m)
{
	size_t i = line_start(m);
	if (!found_is(m, "'{'") || !at_text(m, i, "repeat ")) return false;
	size_t name = skip_blanks(m, i + strlen("repeat ")), in = skip_blanks(m, word_end(m, name));
	if (!at_text(m, in, "in ")) return false;
	size_t call = skip_blanks(m, in + strlen("in ")), open = word_end(m, call), digits = open + 1;
	if (open == call || m->text[open] != '(') return false;
	while (isdigit((unsigned char)m->text[digits])) digits++;
	if (digits == open + 1 || digits > open + 9 || m->text[digits] != ')') return false;
	struct span range = {m->p->source, call, digits + 1};
	long n = strtol(m->text + open + 1, NULL, 10);
	if (n < 1) return false;
	struct diagnostic *d = say(m, range, "", "a range says both of its ends");
	advise(m, d, "write `%s in 0..%ld`", slice(m, name, word_end(m, name)), n - 1);
	diag_edit(m->p->diagnostics, d, range, "0..%ld", n - 1);
	return true;
}

/* h(k) = tanh(x[k] + h(k-1)): each `h(..)` of the line as an edit */
static void
bracket_elements(const struct mistake *m, struct diagnostic *d, size_t from, size_t to, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = from; i + n < to; i++) {
		bool word = at_text(m, i, name) && m->text[i + n] == '(' && (i == from || word_end(m, i - 1) == i - 1);
		size_t close = i + n;
		while (word && close < to && m->text[close] != ')') close++;
		if (!word || close == to) continue;
		diag_edit(m->p->diagnostics, d, (struct span){m->p->source, i + n, i + n + 1}, "[");
		diag_edit(m->p->diagnostics, d, (struct span){m->p->source, close, close + 1}, "]");
	}
}

static bool
element_in_parentheses(const struct mistake *m)
{
	size_t from = line_start(m), open = word_end(m, from), close = open, end = line_end(m, from);
	if (open == from || m->text[open] != '(' || m->at.begin != open || !behind(m, 1, "stmts")) return false;
	while (close < end && (word_end(m, close) > close || strchr("(, ", m->text[close]))) close++;
	if (m->text[close] != ')') return false;
	size_t equals = skip_blanks(m, close + 1);
	if (m->text[equals] != '=' || m->text[equals + 1] == '=') return false;
	const char *name = slice(m, from, open), *indices = slice(m, open + 1, close);
	struct diagnostic *d = say(m, (struct span){m->p->source, from, close + 1}, "", "the elements of a value are written with brackets");
	advise(m, d, "write `%s[%s] = ...`; a function `fn %s(%s) = ...` stands at the top of the file", name, indices, name, indices);
	bracket_elements(m, d, from, end, name);
	return true;
}

/* the block around the mistake is a model without a `loss = ` */
static bool
lacks_loss(const struct mistake *m)
{
	struct span open = nn_scan_block(m->p);
	size_t line = open.begin, i;
	int depth = 0;
	if (!open.file) return false;
	while (line > 0 && m->text[line - 1] != '\n') line--;
	if (!at_text(m, line, "model ")) return false;
	for (i = open.begin; i < m->p->source->length; i++) {
		depth += m->text[i] == '{' ? 1 : m->text[i] == '}' ? -1 : 0;
		if (depth == 0) break;
		if (at_text(m, i, "loss") && word_end(m, i) == i + 4 && word_end(m, i - 1) == i - 1 && m->text[skip_blanks(m, i + 4)] == '=') return false;
	}
	return true;
}

/* cross_entropy(y, t) as a statement, in a model without a loss */
static bool
unnamed_loss(const struct mistake *m)
{
	size_t from = line_start(m), end = line_end(m, from), open = word_end(m, from);
	while (end > from && isspace((unsigned char)m->text[end - 1])) end--;
	if (open == from || m->text[open] != '(' || m->text[end - 1] != ')' || m->at.begin != open || !behind(m, 1, "stmts") || !lacks_loss(m)) return false;
	struct diagnostic *d = say(m, (struct span){m->p->source, from, end}, "", "the result of a call needs a name");
	advise(m, d, "the loss of a model is written `loss = %s`", slice(m, from, end));
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, from, from}, "loss = ");
	return true;
}

/* sum[i] w[i] * x[i] */
static bool
index_in_brackets(const struct mistake *m)
{
	size_t close = m->at.end;
	if (!found_is(m, "'['") || !behind(m, 0, "a reduction")) return false;
	while (word_end(m, close) > close || (m->text[close] && strchr(" ,", m->text[close]))) close++;
	if (m->text[close] != ']') return false;
	size_t word = m->at.begin;
	while (word > 0 && word_end(m, word - 1) > word - 1) word--;
	struct diagnostic *d = say(m, (struct span){m->p->source, m->at.begin, close + 1}, "", "the indices of a sum stand in parentheses");
	advise(m, d, "write `%s(%s)`", slice(m, word, m->at.begin), slice(m, m->at.end, close));
	diag_edit(m->p->diagnostics, d, d->labels.at[0].span, "(%s)", slice(m, m->at.end, close));
	return true;
}

/* columns=[0:4] */
static bool
colon_in_list(const struct mistake *m)
{
	size_t from = m->open.end, end = word_end(m, skip_blanks(m, m->at.end));
	bool list = m->bracket == '[' && (!m->open.begin || word_end(m, m->open.begin - 1) == m->open.begin - 1) && !strchr(")]", m->text[m->open.begin - (m->open.begin > 0)]);
	if (!found_is(m, "':'") || !list || m->text[end] != ']') return false;
	char *low = slice(m, from, m->at.begin), *high = slice(m, skip_blanks(m, m->at.end), end);
	if ((*low && low[strspn(low, "0123456789")]) || !*high || high[strspn(high, "0123456789")]) return false;
	long first = strtol(low, NULL, 10), last = strtol(high, NULL, 10) - 1;
	if (last < first || last - first >= 100) return false;
	struct text t = {.arena = m->p->arena};
	for (long i = first; i <= last; i++) text_add(&t, "%s%ld", i > first ? ", " : "", i);
	struct diagnostic *d = say(m, m->at, "", "a list has no ranges");
	if (last - first < 12) advise(m, d, "write the numbers: `[%s]`", text_end(&t));
	else advise(m, d, "write the numbers one by one: `[%ld, %ld, ..., %ld]`", first, first + 1, last);
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, from, end}, "%s", text_end(&t));
	return true;
}

bool
slip(const struct mistake *m)
{
	return index_in_brackets(m) || colon_in_list(m) || misspelt_keyword(m) || repeat_without_braces(m) || repeat_over_call(m) || element_in_parentheses(m) || unnamed_loss(m);
}

/* [1 0; 0 1]: rows of numbers up to the closing bracket */
static bool
rows_of_numbers(const struct mistake *m)
{
	struct text t = {.arena = m->p->arena};
	size_t i = m->open.end;
	bool row = false, several = false;
	for (; m->text[i] && m->text[i] != ']'; i++) {
		size_t number_ = strspn(m->text + i, "0123456789.-");
		if (m->text[i] == ';') several = true;
		if (m->text[i] == ';') row = false;
		if (number_) {
			text_add(&t, "%s%s", row ? ", " : t.length ? "], [" : "[", slice(m, i, i + number_));
			row = true;
			i += number_ - 1;
		} else if (!strchr(" ,;", m->text[i])) {
			return false;
		}
	}
	if (!several || !row || m->text[i] != ']') return false;
	struct span all = {m->p->source, m->open.begin, i + 1};
	struct diagnostic *d = say(m, all, "", "the rows of a matrix are lists");
	advise(m, d, "write `[%s]]`", text_end(&t));
	diag_edit(m->p->diagnostics, d, all, "[%s]]", text_end(&t));
	return true;
}

/* Conv2d(16 3)   [1 2]: a comma is missing between `left`, which ends at from, and `right`, which begins at the mistake */
bool
missing_comma(const struct mistake *m, const char *left, const char *right, size_t from)
{
	size_t before = m->open.begin;
	bool call = m->bracket == '(' && before > 0 && word_end(m, before - 1) > before - 1, list = m->bracket == '[';
	size_t end = skip_blanks(m, word_end(m, m->at.begin));
	bool numbers = isdigit((unsigned char)*left) && isdigit((unsigned char)*right), named = m->text[end] == '=' && m->text[end + 1] != '=';
	if (list && rows_of_numbers(m)) return true;
	if (!(call || list) || !(numbers || (call && named))) return false;
	struct diagnostic *d = say(m, m->at, "", "there is no `,` between `%s` and `%s`", left, right);
	if (named && call) advise(m, d, "write `%s, %s=...`", left, right);
	else advise(m, d, "write `%s, %s`", left, right);
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, from, m->at.begin}, ", ");
	return true;
}
