/* chain.c - chains and calls as in other languages: what cannot follow an arrow, functions without a name, layers that are made and then called.
 *
 * Each function looks whether it applies, as in habit.c. */
#include "front/syntax.h"
#include <ctype.h>
#include <string.h>

enum { FAR = 2000, NEAR_ARROWS = 8 }; /* what is longer is not looked through */

/* the bracket that closes the one at i on the same line; its own place: none does, or far away */
static size_t
closing(const struct mistake *m, size_t i)
{
	int depth = 0;
	for (size_t k = i; m->text[k] && m->text[k] != '\n' && k < i + FAR; k++) {
		depth += strchr("([{", m->text[k]) ? 1 : strchr(")]}", m->text[k]) ? -1 : 0;
		if (depth == 0) return k;
	}
	return i;
}

/* parentheses around the source from `start` up to the mistake */
static void
enclose(const struct mistake *m, struct diagnostic *d, size_t start)
{
	size_t end = m->at.begin;
	while (end > start && isspace((unsigned char)m->text[end - 1])) end--;
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, start, start}, "(");
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, end, end}, ")");
}

/* let f = x -> x^2 */
static bool
arrow_function(const struct mistake *m, size_t start)
{
	size_t line = line_start(m), name = skip_blanks(m, line + 3), end = word_end(m, name), word = word_end(m, start), arrow = skip_blanks(m, word);
	if (!at_text(m, line, "let ") || end == name || word == start || !at_text(m, arrow, "->")) return false;
	size_t body = skip_blanks(m, arrow + 2);
	char *f = slice(m, name, end), *x = slice(m, start, word);
	struct diagnostic *d = say(m, (struct span){m->p->source, arrow, arrow + 2}, "", "a function is written with `fn`");
	advise(m, d, "write `fn %s(%s) = %s`", f, x, slice(m, body, line_end(m, body)));
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, line, body}, "fn %s(%s) = ", f, x);
	return true;
}

static bool
operator_after_chain(const struct mistake *m)
{
	if (m->found[0] != '\'' || !strchr("+-*/%@^", m->found[1])) return false;
	size_t start = expression_start(m, m->at.begin);
	char *chain = slice(m, start, m->at.begin);
	if (!strstr(chain, "->")) return false;
	if (behind(m, 0, "->")) return false;
	if (arrow_function(m, start)) return true;
	struct diagnostic *d = say(m, m->at, "the chain ends before this", "an arrow chain cannot continue with `%c`", m->found[1]);
	size_t end = skip_blanks(m, m->at.end), first = end;
	while (isalnum((unsigned char)m->text[end]) || (m->text[end] && strchr("_.", m->text[end]))) end++;
	if (m->text[end] == '(' || m->text[end] == '[' || end == first) advise(m, d, "put the chain in parentheses: `(%s) %c ...`", chain, m->found[1]);
	else advise(m, d, "put the chain in parentheses: `(%s) %c %s`", chain, m->found[1], slice(m, first, end));
	enclose(m, d, start);
	return true;
}

/* x -> LSTM(16)[9] */
static bool
subscript_after_chain(const struct mistake *m)
{
	if (!found_is(m, "'['") || behind(m, 0, "->")) return false;
	size_t start = expression_start(m, m->at.begin), end = m->at.end;
	char *chain = slice(m, start, m->at.begin);
	if (!strstr(chain, "->")) return false;
	while (m->text[end] && !strchr("]\n", m->text[end])) end++;
	if (behind(m, 0, "dotted") && m->text[end] == ']') { /* x -> f[3] */
		size_t word = m->at.begin;
		while (word > 0 && (word_end(m, word - 1) > word - 1 || m->text[word - 1] == '.')) word--;
		struct diagnostic *d = say(m, (struct span){m->p->source, m->at.begin, end + 1}, "", "arguments stand in parentheses");
		advise(m, d, "write `%s(%s)`", slice(m, word, m->at.begin), slice(m, m->at.end, end));
		diag_edit(m->p->diagnostics, d, m->at, "(");
		diag_edit(m->p->diagnostics, d, (struct span){m->p->source, end, end + 1}, ")");
		return true;
	}
	struct diagnostic *d = say(m, m->at, "the chain ends before this", "an arrow chain cannot be subscripted");
	advise(m, d, "put the chain in parentheses: `(%s)%s%s`", chain, slice(m, m->at.begin, end), m->text[end] == ']' ? "]" : "");
	enclose(m, d, start);
	return true;
}

static bool
value_after_arrow(const struct mistake *m)
{
	bool operator_ = found_is(m, "a number") || found_is(m, "a text") || m->found[0] == '\'';
	if (!behind(m, 0, "->") || !behind(m, 1, "pipe") || !operator_) return false;
	struct diagnostic *d = say(m, m->at, "expected a function or layer", "a chain goes on with the name of a function or layer");
	advise(m, d, "for example `x -> f(a)`; what is no function stands before the first `->`");
	return true;
}

/* (b -> enc).detach()   x.flatten().dense(10) */
static bool
method(const struct mistake *m)
{
	size_t word = m->at.begin;
	while (word > 0 && word_end(m, word - 1) > word - 1) word--;
	if (word == m->at.begin || word < 2 || m->text[word - 1] != '.' || !strchr(")]", m->text[word - 2])) return false;
	struct diagnostic *d = say(m, (struct span){m->p->source, word, m->at.begin}, "", "values have no methods");
	size_t base = expression_start(m, word - 1);
	const char *name = slice(m, word, m->at.begin);
	if (at_text(m, m->at.begin, "()") && m->text[base] == '(' && closing(m, base) == word - 2) {
		if (!strcmp(name, "detach")) name = "stop_gradient";
		advise(m, d, "write `%s -> %s`", slice(m, base, word - 1), name);
		diag_edit(m->p->diagnostics, d, (struct span){m->p->source, word - 1, m->at.end + 1}, " -> %s", name);
	} else if (!rewrite_methods(m, d, base)) {
		advise(m, d, "functions and layers follow each other in a chain: `x -> f -> g(10)`");
	}
	return true;
}

/* `Dense(10)(Dense(64)(x))` as `x -> Dense(64) -> Dense(10)`; what is no such call as it is */
static const char *
as_chain(const struct mistake *m, size_t from, size_t to)
{
	from = skip_blanks(m, from);
	while (to > from && m->text[to - 1] == ' ') to--;
	size_t open = word_end(m, from);
	while (m->text[open] == '.') open = word_end(m, open + 1);
	if (open == from || m->text[open] != '(') return slice(m, from, to);
	size_t close = closing(m, open), again = close + 1;
	if (close == open || m->text[again] != '(' || closing(m, again) + 1 != to) return slice(m, from, to);
	return arena_print(m->p->arena, "%s -> %s", as_chain(m, again + 1, to - 1), slice(m, from, again));
}

/* the first comma between arguments in from .. to; to: there is none */
static size_t
first_comma(const struct mistake *m, size_t from, size_t to)
{
	for (; from < to && m->text[from] != ','; from++)
		if (strchr("([{", m->text[from])) from = closing(m, from);
	return from < to ? from : to;
}

/* Add()([a, b]) */
static bool
joined(const struct mistake *m, struct span whole, const char *name, size_t from, size_t to)
{
	static const struct { const char *name, *before, *between, *behind; } joins[] = {
		{"Add", "", " + ", ""}, {"Subtract", "", " - ", ""}, {"Multiply", "", " * ", ""}, {"Dot", "", " @ ", ""},
		{"Concatenate", "concat(", ", ", ")"}, {"Maximum", "max(", ", ", ")"}, {"Minimum", "min(", ", ", ")"},
	};
	size_t comma = first_comma(m, from + 1, to - 1);
	if (m->text[from] != '[' || m->text[to - 1] != ']' || comma == to - 1 || first_comma(m, comma + 1, to - 1) < to - 1) return false;
	for (size_t i = 0; i < sizeof joins / sizeof *joins; i++) {
		if (strcmp(joins[i].name, name)) continue;
		const char *a = slice(m, from + 1, comma), *b = slice(m, skip_blanks(m, comma + 1), to - 1);
		const char *text = arena_print(m->p->arena, "%s%s%s%s%s", joins[i].before, a, joins[i].between, b, joins[i].behind);
		struct diagnostic *d = say(m, whole, "", "values are joined by operators and functions");
		advise(m, d, "write `%s`", text);
		diag_edit(m->p->diagnostics, d, whole, "%s", text);
		return true;
	}
	return false;
}

/* Dense(128)(x)   CrossEntropyLoss()(y, t) */
static bool
called_twice(const struct mistake *m)
{
	if (!found_is(m, "'('")) return false;
	if (method(m)) return true;
	if (char_before(m) != ')') return false;
	size_t from = m->at.begin - 1, end = closing(m, m->at.begin);
	int depth = 1;
	while (from > 0 && depth) { /* back to where the first call's arguments open */
		from--;
		depth += m->text[from] == ')' ? 1 : m->text[from] == '(' ? -1 : 0;
	}
	size_t name = from;
	while (name > 0 && (word_end(m, name - 1) > name - 1 || m->text[name - 1] == '.')) name--;
	if (name == from || end == m->at.begin) return false;
	struct span whole = {m->p->source, name, end + 1};
	size_t first = skip_blanks(m, m->at.end), comma = first_comma(m, first, end);
	if (joined(m, whole, slice(m, name, from), first, end)) return true;
	struct diagnostic *d = say(m, m->at, "", "the result of a call cannot be called");
	const char *own = slice(m, from + 1, m->at.begin - 1), *text;
	if (comma == end) text = as_chain(m, name, end + 1);
	else text = arena_print(m->p->arena, "%s(%s%s%s)", slice(m, name, from), slice(m, first, end), *own ? ", " : "", own);
	if (comma == end) advise(m, d, "a value goes into a layer with an arrow: `%s`", text);
	else advise(m, d, "all arguments stand in one pair of parentheses: `%s`", text);
	diag_edit(m->p->diagnostics, d, whole, "%s", text);
	return true;
}

/* (3, 3) */
static bool
tuple(const struct mistake *m)
{
	if (!found_is(m, "','") || m->bracket != '(') return false;
	size_t i = m->open.begin, close = m->at.end;
	if (i && (word_end(m, i - 1) > i - 1 || m->text[i - 1] == ')')) return false; /* arguments */
	while (m->text[close] && !strchr("()\n", m->text[close])) close++;
	if (at_text(m, line_start(m), "return") && skip_blanks(m, line_start(m) + 6) == m->open.begin && m->text[close] == ')') { /* return (h, c) */
		struct diagnostic *r = say(m, m->at, "", "several results stand without parentheses");
		advise(m, r, "write `return %s`", slice(m, m->open.end, close));
		diag_edit(m->p->diagnostics, r, m->open, "%s", "");
		diag_edit(m->p->diagnostics, r, (struct span){m->p->source, close, close + 1}, "%s", "");
		return true;
	}
	char *first = slice(m, m->open.end, m->at.begin), *rest = slice(m, skip_blanks(m, m->at.end), close);
	struct diagnostic *d = say(m, m->at, "", "values in parentheses make no pair");
	if (m->text[close] == ')' && !strcmp(first, rest)) {
		advise(m, d, "one number holds for all axes: `%s`", first);
		diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->open.begin, close + 1}, "%s", first);
	} else if (m->text[close] == ')') {
		size_t last = m->text[close - 1] == ',' ? close - 1 : close;
		advise(m, d, "a list is written `[%s]`", slice(m, m->open.end, last));
		diag_edit(m->p->diagnostics, d, m->open, "[");
		diag_edit(m->p->diagnostics, d, (struct span){m->p->source, last, close + 1}, "]");
	} else {
		advise(m, d, "a list is written `[a, b]`");
	}
	return true;
}

/* ---- functions without a name -------------------------------------------------------------------------------------------------------------- */

/* where a function's body ends: in front of a bracket that closes one around it, of the next arrow, or of the line's end */
static size_t
body_end(const struct mistake *m, size_t i)
{
	for (; m->text[i] && !strchr("#\n;)]}", m->text[i]) && !at_text(m, i, "->"); i++)
		if (strchr("([{", m->text[i])) i = closing(m, i);
	while (strchr(" \t\r", m->text[i - 1])) i--;
	return i;
}

struct nameless { /* `(h => relu(h))`, `lambda h: 2*h`, `fn(h) = h^2`, `|h| h^2` */
	size_t from, end;
	char *param, *body;
};

static bool
read_separator(const struct mistake *m, size_t *i, bool word)
{
	static const char *const all[] = {"=>", "->", ":", "=", "."};
	for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
		if (!at_text(m, *i, all[k]) || at_text(m, *i, "==")) continue;
		if (k > 1 && !word) return false;
		*i = skip_blanks(m, *i + strlen(all[k]));
		return true;
	}
	return false;
}

static bool
mentions_text(const char *text, const char *word)
{
	size_t n = strlen(word);
	for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
		if ((at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '_')) && !isalnum((unsigned char)at[n]) && at[n] != '_') return true;
	return false;
}

/* A function without a name that begins at i; what has no word in front and no parentheses around it has `=>`. */
static bool
read_nameless(const struct mistake *m, size_t i, struct nameless *f)
{
	static const char *const words[] = {"lambda", "fn", "function", "func", "fun", "def", "\\", "|"};
	bool word = false;
	f->from = i;
	if (at_text(m, i, "Lambda(")) i += strlen("Lambda");
	size_t close = m->text[i] == '(' ? closing(m, i) : i;
	bool around = close > i;
	i = skip_blanks(m, i + around);
	for (size_t k = 0; !word && k < sizeof words / sizeof *words; k++) {
		word = at_text(m, i, words[k]) && !(isalpha((unsigned char)*words[k]) && word_end(m, i) > i + strlen(words[k]));
		if (word) i = skip_blanks(m, i + strlen(words[k]));
	}
	bool paren = m->text[i] == '(';
	size_t name = skip_blanks(m, i + paren), end = word_end(m, name);
	i = skip_blanks(m, end);
	bool bar = word && m->text[i] == '|', block;
	if (end == name || isdigit((unsigned char)m->text[name]) || (paren && m->text[i] != ')')) return false;
	i = skip_blanks(m, i + (paren || bar));
	block = word && m->text[i] == '{';
	if (!block && !bar && !at_text(m, i, "=>") && !word && !around) return false;
	if (!block && !read_separator(m, &i, word) && !bar) return false;
	size_t stop = block ? closing(m, i) : body_end(m, i);
	f->end = around ? close + 1 : stop + block;
	if (block) i = skip_blanks(m, i + 1);
	if (at_text(m, i, "return ")) i = skip_blanks(m, i + strlen("return "));
	f->param = slice(m, name, end);
	f->body = slice(m, i, stop);
	if (!word && !around && !mentions_text(f->body, f->param)) return false; /* x => relu => .. is a chain */
	return stop > i && (!around || skip_blanks(m, stop + block) == close);
}

/* the start of the model or definition around i */
static size_t
item_start(const struct mistake *m, size_t i)
{
	for (;; i--) {
		while (i > 0 && m->text[i - 1] != '\n') i--;
		if (i == 0 || at_text(m, i, "model ") || at_text(m, i, "layer ") || at_text(m, i, "fn ")) return i;
	}
}

/* `relu(h)` of a parameter h is the function `relu` itself: its length in the body; 0: it is more */
static size_t
bare_function(const struct nameless *f)
{
	size_t n = 0, param = strlen(f->param);
	while (isalnum((unsigned char)f->body[n]) || (f->body[n] && strchr("_.", f->body[n]))) n++;
	bool same = n && f->body[n] == '(' && !strncmp(f->body + n + 1, f->param, param) && !strcmp(f->body + n + 1 + param, ")");
	return same ? n : 0;
}

/* x -> (h => relu(h)) -> Dense(10) */
bool
nameless_function(const struct mistake *m)
{
	size_t line = line_start(m), arrow = m->at.begin + 1;
	struct nameless f = {0};
	bool found = false;
	for (int n = 0; !found && n < NEAR_ARROWS && arrow > line + 2;) {
		arrow--;
		if (!at_text(m, arrow - 2, "->")) continue;
		found = read_nameless(m, skip_blanks(m, arrow), &f) && f.from <= m->at.begin && m->at.begin < f.end;
		n++;
	}
	if (!found) return false;
	struct diagnostic *d = say(m, (struct span){m->p->source, f.from, f.end}, "", "a function in a chain has a name");
	size_t bare = bare_function(&f), item = item_start(m, f.from);
	if (bare) {
		char *name = arena_text(m->p->arena, f.body, bare);
		advise(m, d, "write `-> %s`", name);
		diag_edit(m->p->diagnostics, d, d->labels.at[0].span, "%s", name);
		return true;
	}
	advise(m, d, "define it above, `fn f(%s) = %s`, and write `-> f`", f.param, f.body);
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, item, item}, "fn f(%s) = %s\n\n", f.param, f.body);
	diag_edit(m->p->diagnostics, d, d->labels.at[0].span, "f");
	return true;
}

bool
chain(const struct mistake *m)
{
	return called_twice(m) || tuple(m) || operator_after_chain(m) || subscript_after_chain(m) || value_after_arrow(m);
}
