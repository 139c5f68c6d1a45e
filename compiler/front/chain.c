/* chain.c - chains and calls as in other languages: what cannot follow an arrow, functions without a name, layers that are made and then called.
 *
 * Each function looks whether it applies, as in habit.c. */
#include "front/syntax.h"
#include <ctype.h>
#include <string.h>

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

/* Dense(128)(x) */
static bool
called_twice(const struct mistake *m)
{
	if (!found_is(m, "'('")) return false;
	size_t word = m->at.begin;
	while (word > 0 && word_end(m, word - 1) > word - 1) word--;
	if (word < m->at.begin && word > 1 && m->text[word - 1] == '.' && strchr(")]", m->text[word - 2])) { /* x.flatten().dense(10) */
		struct diagnostic *d = say(m, (struct span){m->p->source, word, m->at.begin}, "", "values have no methods");
		advise(m, d, "functions and layers follow each other in a chain: `x -> f -> g(10)`");
		return true;
	}
	if (char_before(m) != ')') return false;
	size_t from = m->at.begin - 1, end = m->at.end;
	int depth = 1;
	while (from > 0 && depth) { /* back to where the first call's arguments open */
		from--;
		depth += m->text[from] == ')' ? 1 : m->text[from] == '(' ? -1 : 0;
	}
	size_t name = from;
	while (name > 0 && (word_end(m, name - 1) > name - 1 || m->text[name - 1] == '.')) name--;
	while (m->text[end] && !strchr("()\n", m->text[end])) end++;
	if (name == from || m->text[end] != ')') return false;
	struct diagnostic *d = say(m, m->at, "", "the result of a call cannot be called");
	advise(m, d, "a value goes into a layer with an arrow: `%s -> %s`", slice(m, m->at.end, end), slice(m, name, m->at.begin));
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, name, end + 1}, "%s -> %s", slice(m, m->at.end, end), slice(m, name, m->at.begin));
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

bool
chain(const struct mistake *m)
{
	return called_twice(m) || tuple(m) || operator_after_chain(m) || subscript_after_chain(m) || value_after_arrow(m);
}
