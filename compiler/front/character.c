/* character.c - characters that mean nothing here, quotes, and comments as in C and MATLAB.
 *
 * Each function looks whether it applies, as in habit.c. */
#include "front/syntax.h"
#include <ctype.h>
#include <string.h>

static bool
unclosed_text(const struct mistake *m)
{
	if (!found_is(m, "an unclosed text")) return false;
	say(m, m->at, "opened here", "this text is never closed");
	return true;
}

static const struct character {
	const char *text, *what, *help;
	const char *instead; /* the text to type; NULL: more than this changes */
} characters[] = {
	{";", "a `;` ends a statement, and cannot stand in brackets", "arguments and items stand behind `,`", NULL},
	{"&&", "`&&` means nothing in this language", "write `and` between conditions", "and"},
	{"||", "`||` means nothing in this language", "write `or` between conditions", "or"},
	{"|>", "`|>` means nothing in this language", "a value goes into a function with `->`", "->"},
	{"'", "the character `'` means nothing in this language", "texts are written with double quotes: \"...\"", NULL},
	{"!", "the character `!` means nothing in this language", "write `not` in front of a condition, `!=` between two values", NULL},
	{"?", "the character `?` means nothing in this language", "a choice is written `if c then a else b`", NULL},
	{"&", "the character `&` means nothing in this language", "write `and` between conditions", "and"},
	{"|", "the character `|` means nothing in this language", "write `or` between conditions", "or"},
	{"\\", "the character `\\` means nothing in this language", "a line goes on by itself behind an operator and inside brackets", NULL},
	{"`", "the character ` means nothing in this language", "texts are written with double quotes: \"...\"", NULL},
	{"\342\206\222", "files are plain ASCII: an arrow is written `->`", NULL, "->"},
	{"\303\227", "files are plain ASCII: a product is written `*`", NULL, "*"},
	{"\302\267", "files are plain ASCII: a product is written `*`", NULL, "*"},
	{"\342\210\222", "files are plain ASCII: minus is written `-`", NULL, "-"},
	{"\342\200\223", "files are plain ASCII: minus is written `-`", NULL, "-"},
	{"\342\211\244", "files are plain ASCII: less or equal is written `<=`", NULL, "<="},
	{"\342\211\245", "files are plain ASCII: greater or equal is written `>=`", NULL, ">="},
	{"\342\211\240", "files are plain ASCII: unequal is written `!=`", NULL, "!="},
	{"\342\210\221", "files are plain ASCII: a sum is written `sum(i) ...`", NULL, NULL},
	{"\302\262", "files are plain ASCII: a square is written `^2`", NULL, "^2"},
	{"\342\200\234", "files are plain ASCII: texts stand in straight quotes, \"...\"", NULL, "\""},
	{"\342\200\235", "files are plain ASCII: texts stand in straight quotes, \"...\"", NULL, "\""},
	{"\342\200\231", "files are plain ASCII: texts stand in straight quotes, \"...\"", NULL, NULL},
	{"\302\240", "there is a blank here that is no plain blank", "type it anew: it came with copied text", " "},
	{"\357\273\277", "the file starts with a byte order mark", "save it as plain ASCII or UTF-8 without one", ""},
};

/* |x| */
static bool
bars(const struct mistake *m)
{
	size_t end = line_end(m, m->at.end), close = m->at.end;
	while (close < end && m->text[close] != '|') close++;
	if (!can_be(m, "a number") || m->text[m->at.end] == '|' || close == end) return false;
	struct diagnostic *d = say(m, (struct span){m->p->source, m->at.begin, close + 1}, "", "an absolute value is a function");
	advise(m, d, "write `abs(%s)`", slice(m, m->at.end, close));
	diag_edit(m->p->diagnostics, d, m->at, "abs(");
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, close, close + 1}, ")");
	return true;
}

/* W' behind a value; 'same' */
static bool
quote(const struct mistake *m)
{
	size_t end = word_end(m, m->at.end);
	char before = char_before(m);
	if (isalnum((unsigned char)before) || before == '_' || before == ')' || before == ']') {
		struct diagnostic *d = say(m, m->at, "", "a transpose is written `.T`");
		diag_edit(m->p->diagnostics, d, m->at, ".T");
		advise(m, d, "write `%s.T`", slice(m, expression_start(m, m->at.begin), m->at.begin));
		return true;
	}
	size_t line = line_end(m, m->at.end);
	while (end < line && m->text[end] != '\'') end++;
	if (end == line) return false;
	bool word = behind(m, 0, "'='") && m->bracket == '(' && word_end(m, m->at.end) == end; /* f(x, init='normal') */
	if (word) {
		struct diagnostic *d = say(m, (struct span){m->p->source, m->at.begin, end + 1}, "", "words are written without quotes");
		advise(m, d, "write `%s`", slice(m, m->at.end, end));
		diag_edit(m->p->diagnostics, d, d->labels.at[0].span, "%s", slice(m, m->at.end, end));
		return true;
	}
	struct diagnostic *d = say(m, (struct span){m->p->source, m->at.begin, end + 1}, "", "texts are written with double quotes");
	advise(m, d, "write `\"%s\"`", slice(m, m->at.end, end));
	diag_edit(m->p->diagnostics, d, m->at, "\"");
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, end, end + 1}, "\"");
	return true;
}

/* a small Greek letter of two bytes, U+03B1 to U+03C9; NULL: it is none */
static const char *
greek_letter(const char *text)
{
	static const char *const names[] = {"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "omicron", "pi", "rho",
					    "sigma", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"};
	unsigned char high = (unsigned char)text[0], low = high ? (unsigned char)text[1] : 0;
	int letter = high == 0xce ? low - 0xb1 : high == 0xcf ? low - 0x80 + 15 : -1;
	return letter >= 0 && letter < (int)(sizeof names / sizeof *names) ? names[letter] : NULL;
}

static bool
stray_character(const struct mistake *m)
{
	if (!found_is(m, "a stray character")) return false;
	unsigned char c = (unsigned char)m->text[m->at.begin];
	if ((c == '|' && bars(m)) || (c == '\'' && quote(m))) return true;
	for (size_t i = 0; i < sizeof characters / sizeof *characters; i++) {
		if (!at_text(m, m->at.begin, characters[i].text)) continue;
		struct span whole = {m->p->source, m->at.begin, m->at.begin + strlen(characters[i].text)};
		struct diagnostic *d = say(m, whole, "", "%s", characters[i].what);
		if (characters[i].help) advise(m, d, "%s", characters[i].help);
		if (characters[i].instead) diag_edit(m->p->diagnostics, d, whole, "%s", characters[i].instead);
		return true;
	}
	struct span whole = m->at;
	int length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 1; /* of a character of UTF-8 */
	while (whole.end < m->p->source->length && whole.end - whole.begin < (size_t)length && ((unsigned char)m->text[whole.end] & 0xc0) == 0x80) whole.end++;
	if (length > 1 && whole.end - whole.begin == (size_t)length) {
		struct diagnostic *d = say(m, whole, "", "the character `%s` means nothing here: files are plain ASCII", slice(m, whole.begin, whole.end));
		const char *greek = greek_letter(m->text + whole.begin);
		if (greek) advise(m, d, "names have the letters of English: write `%s`", greek);
		else if (can_be(m, "a name")) advise(m, d, "names have the letters of English, for example `theta`");
		if (greek) diag_edit(m->p->diagnostics, d, whole, "%s", greek);
	}
	else if (c < 33 || c > 126) say(m, whole, "", "the byte 0x%02x means nothing here: files are plain ASCII", c);
	else say(m, whole, "", "the character `%c` means nothing in this language", c);
	return true;
}

/* two words without anything between them: no expression */
static bool
are_words(const struct mistake *m, size_t i)
{
	size_t first = skip_blanks(m, i), end = word_end(m, first), second = skip_blanks(m, end);
	return end > first && second > end && isalpha((unsigned char)m->text[first]) && isalpha((unsigned char)m->text[second]);
}

/* n // 2 between two words: inside subscripts `/` does it, elsewhere `floor` */
static bool
whole_quotient(const struct mistake *m, struct diagnostic *d, size_t right, size_t end)
{
	size_t left_end = m->at.begin - 1, left;
	while (left_end > 0 && m->text[left_end - 1] == ' ') left_end--;
	for (left = left_end; left > 0 && word_end(m, left - 1) > left - 1;) left--;
	if (left == left_end) return false;
	d->title = "a whole-number division has one `/`";
	const char *a = slice(m, left, left_end), *b = slice(m, right, end);
	bool subscript = m->bracket == '[' && m->open.begin > 0 && word_end(m, m->open.begin - 1) > m->open.begin - 1;
	const char *text = arena_print(m->p->arena, subscript ? "%s / %s" : "floor(%s / %s)", a, b);
	advise(m, d, "write `%s`", text);
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, left, end}, "%s", text);
	return true;
}

/* two inputs of one line between the signs of C */
static bool
comment_inside(const struct mistake *m, struct diagnostic *d)
{
	size_t from = d->labels.at[0].span.begin, end = from, close;
	while (end < m->p->source->length && m->text[end] != '\n') end++;
	for (close = from + 2; close + 1 < end && !at_text(m, close, "*/");) close++;
	if (!at_text(m, from, "/*") || close + 1 >= end) return false;
	size_t rest = skip_blanks(m, close + 2);
	if (rest < end && m->text[rest] != '\r') return false;
	advise(m, d, "write `# %s`", slice(m, skip_blanks(m, from + 2), close));
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, from, close + 2}, "# %s", slice(m, skip_blanks(m, from + 2), close));
	return true;
}

/* a text of three quotes around several lines */
static bool
docstring(const struct mistake *m)
{
	size_t from = m->at.begin, close;
	if (!at_text(m, from, "\"\"\"") || !at_statement(m)) return false;
	for (close = from + 3; m->text[close] && !at_text(m, close, "\"\"\"");) close++;
	if (!m->text[close]) return false;
	struct diagnostic *d = say(m, (struct span){m->p->source, from, from + 3}, "", "comments start with `#`");
	advise(m, d, "write `#` at the start of each line of it");
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, from, from + 3}, "#");
	for (size_t i = from + 3; i < close; i++)
		if (m->text[i] == '\n' && i + 1 < close) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, i + 1, i + 1}, "# ");
	bool alone = close > 0 && m->text[close - 1] == '\n';
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, close, close + 3}, alone ? "#" : "");
	return true;
}

static bool
comment(const struct mistake *m)
{
	bool slashes = found_is(m, "'/'") && char_before(m) == '/', star = found_is(m, "'*'") && char_before(m) == '/';
	bool alone = found_is(m, "'/'") && (at_statement(m) || m->text[m->at.end] == '/'); /* no quotient: the first of two cannot stand here */
	if (!slashes && !star && !alone && !(found_is(m, "**") && char_before(m) == '/')) return false;
	size_t end = m->at.end + ((m->text[m->at.end] == '/' || m->text[m->at.end] == '*') && !slashes && !star);
	struct diagnostic *d = say(m, (struct span){m->p->source, slashes || star ? m->at.begin - 1 : m->at.begin, end}, "", "comments start with `#`");
	size_t after = skip_blanks(m, m->at.end), stop = word_end(m, after);
	bool quotient = slashes && !are_words(m, m->at.end) && (m->bracket || behind(m, 1, "add")) && stop > after;
	if (quotient && whole_quotient(m, d, after, stop)) return true;
	if (quotient) advise(m, d, "a whole-number division is `/` inside `[...]`, and `floor(a / b)` of numbers known at compile time");
	else if (comment_inside(m, d)) return true;
	else advise(m, d, "write `#` at the start of each line of it");
	if (m->text[d->labels.at[0].span.begin + 1] == '/' && !quotient) diag_edit(m->p->diagnostics, d, d->labels.at[0].span, "#");
	return true;
}

/* words behind a `%` of MATLAB: `% the loss`, on a line of its own or behind blanks */
static bool
percent_comment(const struct mistake *m)
{
	size_t line = m->at.begin, sign;
	while (line > 0 && m->text[line - 1] != '\n') line--;
	if (found_is(m, "'%'") && skip_blanks(m, line) == m->at.begin) sign = m->at.begin;
	else if (found_is(m, "a name"))
		for (sign = m->at.begin; sign > line && m->text[sign] != '%'; sign--) {}
	else return false;
	bool first = skip_blanks(m, line) == sign, apart = sign > line && strchr(" \t", m->text[sign - 1]) && m->text[sign + 1] == ' ';
	size_t word = skip_blanks(m, sign + 1);
	if (m->text[sign] != '%' || !(first || apart) || !isalpha((unsigned char)m->text[word])) return false;
	for (size_t i = word; i < m->at.begin; i++)
		if (!isalpha((unsigned char)m->text[i]) && !strchr(" ,.'-", m->text[i])) return false;
	struct diagnostic *d = say(m, (struct span){m->p->source, sign, sign + 1}, "", "comments start with `#`");
	advise(m, d, "write `#` instead of `%%`");
	diag_edit(m->p->diagnostics, d, d->labels.at[0].span, "#");
	return true;
}

bool
strange_character(const struct mistake *m)
{
	return docstring(m) || unclosed_text(m) || stray_character(m) || comment(m) || percent_comment(m);
}
