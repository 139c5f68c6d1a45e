/* syntax.c - from the parser's state at a syntax error to a message that says what to write.
 *
 * The scanner names the bracket left open; a table of habits from other languages is tried in order; the last resort says what was
 * found and, when there are few, what could stand there. */
#include "front/syntax.h"
#include "grammar/nn.h"
#include <ctype.h>
#include <string.h>

struct mistake { /* a syntax error, as the habits below look at it */
	struct parse *p;
	const char *text; /* of the whole source */
	struct span at;
	const char *found;
	int bracket; /* '(' or '[' still open around it; 0: none */
	struct span open;
	const char *const *expected;
	int n;
};

static bool
is(const struct mistake *m, const char *found)
{
	return !strcmp(m->found, found);
}

static bool
can_be(const struct mistake *m, const char *token)
{
	for (int i = 0; i < m->n; i++)
		if (!strcmp(m->expected[i], token)) return true;
	return false;
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* the line break (or end) after position i */
static size_t
line_end(const struct mistake *m, size_t i)
{
	while (i < m->p->source->length && m->text[i] != '\n') i++;
	return i;
}

/* where the expression before `i` begins: after the innermost open bracket, a comma, `=` or `return`, or at the start of its line */
static size_t
expression_start(const struct mistake *m, size_t i)
{
	int depth = 0;
	size_t k = i;
	for (; k > 0; k--) {
		char c = m->text[k - 1];
		if (c == ')' || c == ']') depth++;
		if ((c == '(' || c == '[') && depth-- == 0) break;
		if (depth == 0 && (c == ',' || c == ';' || c == '{')) break;
		if (depth == 0 && c == '=' && !strchr("=<>!", m->text[k - 2 < k ? k - 2 : 0])) break;
		if (depth == 0 && c == '\n' && !strstr("->", (char[]){m->text[k], 0})) break;
	}
	while (k < i && isspace((unsigned char)m->text[k])) k++;
	if (!strncmp(m->text + k, "return ", 7)) k += 7;
	return k;
}

static char *
slice(const struct mistake *m, size_t from, size_t to)
{
	while (to > from && isspace((unsigned char)m->text[to - 1])) to--;
	return span_text(m->p->arena, (struct span){m->p->source, from, to});
}

static struct diagnostic *
say(const struct mistake *m, const char *label, const char *title)
{
	return diag_new(m->p->diagnostics, "syntax", m->at, label, "%s", title);
}

/* ---- habits: each returns false when it does not apply -------------------------------------------------------------------------- */

static bool
unclosed_text(const struct mistake *m)
{
	if (!is(m, "an unclosed text")) return false;
	say(m, "opened here", "this text is never closed");
	return true;
}

static bool
stray_character(const struct mistake *m)
{
	if (!is(m, "a stray character")) return false;
	unsigned char c = (unsigned char)m->text[m->at.begin];
	struct diagnostic *d = c < 33 || c > 126
		? diag_new(m->p->diagnostics, "syntax", m->at, "", "the byte 0x%02x means nothing here: files are plain ASCII", c)
		: diag_new(m->p->diagnostics, "syntax", m->at, "", "the character `%c` means nothing in this language", c);
	if (c == '\'') diag_help(m->p->diagnostics, d, "texts are written with double quotes: \"...\"");
	if (c == '!') diag_help(m->p->diagnostics, d, "write `not` in front of a condition, `!=` between two values");
	if (c == '&') diag_help(m->p->diagnostics, d, "write `and` between conditions");
	if (c == '|') diag_help(m->p->diagnostics, d, "write `or` between conditions");
	return true;
}

static bool
colon_slice(const struct mistake *m)
{
	if (!is(m, "':'") || m->bracket != '[') return false;
	struct diagnostic *d = say(m, "", "slices are written with `..` and include both ends");
	size_t name = m->open.begin, from = m->open.end, end = m->at.end;
	while (name > 0 && is_word(m->text[name - 1])) name--;
	while (end < m->p->source->length && isdigit((unsigned char)m->text[end])) end++;
	char *base = slice(m, name, m->open.begin), *low = slice(m, from, m->at.begin), *high = slice(m, m->at.end, end);
	static const char *const count[] = {"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"};
	if (!strcmp(low, "0") && strlen(high) == 1 && *high > '0') {
		int n = *high - '0';
		diag_help(m->p->diagnostics, d, "the first %s elements are `%s[0..%d]`", count[n], base, n - 1);
	} else {
		diag_help(m->p->diagnostics, d, "for example `%s[0..4]` for the first five elements", base);
	}
	return true;
}

static bool
double_star(const struct mistake *m)
{
	if (!is(m, "**")) return false;
	struct diagnostic *d = say(m, "", "the power operator is `^`");
	size_t from = m->at.begin, end = m->at.end, call = m->open.begin;
	while (from > 0 && m->text[from - 1] == ' ') from--;
	while (from > 0 && (is_word(m->text[from - 1]) || m->text[from - 1] == '.')) from--;
	while (m->text[end] == ' ') end++;
	size_t exponent = end;
	while (end < m->p->source->length && (is_word(m->text[end]) || m->text[end] == '.')) end++;
	char *power = arena_print(m->p->arena, "%s^%s", slice(m, from, m->at.begin), slice(m, exponent, end));
	while (m->bracket == '(' && call > 0 && is_word(m->text[call - 1])) call--;
	if (m->bracket == '(' && call < m->open.begin && from == m->open.end && m->text[end] == ')')
		power = arena_print(m->p->arena, "%s(%s)", slice(m, call, m->open.begin), power);
	diag_help(m->p->diagnostics, d, "write `%s`", power);
	return true;
}

static bool
misplaced_frozen(const struct mistake *m)
{
	if (!is(m, "frozen")) return false;
	struct diagnostic *d = say(m, "", "`frozen` stands in front of the layer that a name is given to");
	diag_help(m->p->diagnostics, d, "for example `layer enc = frozen Dense(64)`, then `x -> enc`");
	return true;
}

static bool
keyword_as_name(const struct mistake *m)
{
	if (!can_be(m, "a name") || !isalpha((unsigned char)m->found[0]) || !strncmp(m->found, "a ", 2) || !strncmp(m->found, "the ", 4) ||
	    !strncmp(m->found, "an ", 3))
		return false;
	struct diagnostic *d = diag_new(m->p->diagnostics, "syntax", m->at, "", "`%s` is a keyword of the language and cannot be a name", m->found);
	diag_help(m->p->diagnostics, d, "choose another name");
	return true;
}

static bool
operator_after_chain(const struct mistake *m)
{
	if (m->found[0] != '\'' || !strchr("+-*/%@^", m->found[1])) return false;
	size_t start = expression_start(m, m->at.begin);
	char *chain = slice(m, start, m->at.begin);
	if (!strstr(chain, "->")) return false;
	struct diagnostic *d = diag_new(m->p->diagnostics, "syntax", m->at, "the chain ends before this", "an arrow chain cannot continue with `%c`", m->found[1]);
	size_t end = m->at.end, stop = line_end(m, m->at.end);
	while (end < stop && m->text[end] == ' ') end++;
	size_t first = end;
	while (end < stop && (is_word(m->text[end]) || m->text[end] == '.')) end++;
	diag_help(m->p->diagnostics, d, "put the chain in parentheses: `(%s) %c %s`", chain, m->found[1], slice(m, first, end));
	return true;
}

static bool
minus_after_sum(const struct mistake *m)
{
	if (!is(m, "'='") || !can_be(m, "then")) return false;
	struct diagnostic *d = say(m, "", "a comparison is written `==`");
	diag_help(m->p->diagnostics, d, "`=` only defines; write `==` here");
	return true;
}

static bool
never_closed(const struct mistake *m)
{
	if (!m->bracket || can_be(m, m->bracket == '(' ? "')'" : "']'") == false) return false;
	bool goes_on = is(m, "the end of the file") || is(m, "'}'") || is(m, "'='") || is(m, "the end of the line") || is(m, "'->'") ||
		       span_place(m->at).line != span_place(m->open).line;
	if (!goes_on) return false;
	struct diagnostic *d = diag_new(m->p->diagnostics, "syntax", m->open, "opened here", "this `%c` is never closed", m->bracket);
	size_t i = m->at.begin;
	struct place here = span_place(m->at);
	if (here.line != span_place(m->open).line && i < m->p->source->length) {
		while (i > 0 && m->text[i - 1] != '\n') i--;
		while (m->text[i] == ' ' || m->text[i] == '\t') i++;
		diag_label(m->p->diagnostics, d, (struct span){m->p->source, i, i + 1}, "still open here");
	}
	return true;
}

static bool
statement_from_python(const struct mistake *m)
{
	static const struct { const char *word, *help; } habit[] = {
		{"def", "a function is written `fn name(x) = ...`, one with weights `layer Name(x) = ...`"},
		{"class", "a network is written `model Name { ... }`, a part of one `layer Name(x) { ... }`"},
		{"for", "copies of a layer are written `repeat 3 { h = h -> Block }`, a sum over an index `sum(i) ...`"},
		{"while", "there are no loops: `repeat` copies text, `sum(i)` adds up"},
		{"return", "a model has no `return`: name what `predict` gives with `output y`"},
		{"import", "only .nn files are imported: `import \"blocks.nn\"`"},
		{"from", "only .nn files are imported: `import \"blocks.nn\"`"},
	};
	size_t i = m->at.begin;
	while (i > 0 && m->text[i - 1] != '\n') i--;
	while (m->text[i] == ' ' || m->text[i] == '\t') i++;
	size_t end = i;
	while (is_word(m->text[end])) end++;
	for (size_t k = 0; k < sizeof habit / sizeof *habit; k++) {
		if (strlen(habit[k].word) != end - i || strncmp(m->text + i, habit[k].word, end - i)) continue;
		struct diagnostic *d = diag_new(m->p->diagnostics, "syntax", (struct span){m->p->source, i, end}, "", "`%s` does not start a statement here", habit[k].word);
		diag_help(m->p->diagnostics, d, "%s", habit[k].help);
		return true;
	}
	return false;
}

/* ---- the last resort -------------------------------------------------------------------------------------------------------------- */

static const char *
shown(const struct mistake *m, const char *token)
{
	if (token[0] == '\'') return arena_print(m->p->arena, "`%.*s`", (int)strlen(token) - 2, token + 1);
	if (!strncmp(token, "a ", 2) || !strncmp(token, "an ", 3) || !strncmp(token, "the ", 4)) return token;
	return arena_print(m->p->arena, "`%s`", token);
}

static void
plain(const struct mistake *m)
{
	bool word = is(m, "a name") || is(m, "a number") || is(m, "a text") || is(m, "a reduction");
	const char *found = word ? arena_print(m->p->arena, "`%s`", slice(m, m->at.begin, m->at.end)) : shown(m, m->found);
	struct text expected = {.arena = m->p->arena};
	for (int i = 0; i < m->n && m->n <= 4; i++) text_add(&expected, "%s%s", i == 0 ? "" : i == m->n - 1 ? " or " : ", ", shown(m, m->expected[i]));
	struct diagnostic *d = diag_new(m->p->diagnostics, "syntax", m->at, "", "%s cannot stand here", found);
	if (expected.length) d->labels.at[0].text = arena_print(m->p->arena, "expected %s", text_end(&expected));
	else if (can_be(m, "a name") && can_be(m, "a number")) d->labels.at[0].text = "expected a value";
	else if (can_be(m, "a name")) d->labels.at[0].text = "expected a name";
	else if (can_be(m, "the end of the line")) d->labels.at[0].text = "the statement ends before this";
	if (is(m, "'='") && can_be(m, "the end of the line")) diag_help(m->p->diagnostics, d, "one definition a line; a comparison is written `==`");
}

void
syntax_error(struct parse *p, struct span at, const char *found, const char *const expected[], int n)
{
	static bool (*const habits[])(const struct mistake *) = {
		unclosed_text, stray_character, colon_slice, double_star, minus_after_sum, never_closed, misplaced_frozen, keyword_as_name, operator_after_chain, statement_from_python,
	};
	struct mistake m = {.p = p, .text = p->source->text, .at = at, .found = found, .expected = expected, .n = n};
	if (!nn_scan_recover(p, &m.open, &m.bracket)) m.bracket = 0;
	for (size_t i = 0; i < sizeof habits / sizeof *habits; i++)
		if (habits[i](&m)) return;
	plain(&m);
}
