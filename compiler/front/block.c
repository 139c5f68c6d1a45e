/* block.c - statements that other languages have: `if` with a block, the ends of loops, calls that train.
 *
 * Each function looks whether it applies, as in habit.c. */
#include "front/syntax.h"
#include <ctype.h>
#include <string.h>

/* ---- if -------------------------------------------------------------------------------------------------------------------------------- */

struct branch { /* one statement: `name = value` or `return value` */
	char *what, *value;
	size_t end;
};

static size_t
skip_space(const struct mistake *m, size_t i)
{
	while (isspace((unsigned char)m->text[i])) i++;
	return i;
}

static size_t
indent_of(const struct mistake *m, size_t i)
{
	size_t line = i;
	while (line > 0 && m->text[line - 1] != '\n') line--;
	return skip_blanks(m, line) - line;
}

/* the single statement in from .. to */
static bool
read_statement(const struct mistake *m, size_t from, size_t to, struct branch *b)
{
	from = skip_space(m, from);
	while (to > from && (isspace((unsigned char)m->text[to - 1]) || m->text[to - 1] == ';')) to--;
	for (size_t i = from; i < to; i++)
		if (strchr("#\n;{}", m->text[i])) return false;
	size_t word = word_end(m, from), equals = skip_blanks(m, word);
	if (word == from || to <= equals) return false;
	bool result = at_text(m, from, "return ");
	if (!result && (m->text[equals] != '=' || m->text[equals + 1] == '=')) return false;
	b->what = result ? "return" : arena_print(m->p->arena, "%s =", slice(m, from, word));
	b->value = slice(m, skip_blanks(m, result ? equals : equals + 1), to);
	return *b->value != 0;
}

/* `{ y = a }`, or behind a colon: the rest of the line, else the next line, which is indented deeper */
static bool
read_branch(const struct mistake *m, size_t i, struct branch *b)
{
	size_t length = m->p->source->length;
	if (m->text[i] == '{') {
		size_t close = i + 1;
		while (close < length && m->text[close] != '}' && m->text[close] != '{') close++;
		b->end = close + 1;
		return m->text[close] == '}' && read_statement(m, i + 1, close, b);
	}
	if (m->text[i] != ':') return false;
	size_t outside = indent_of(m, i), from = skip_space(m, i + 1), end = from;
	while (end < length && m->text[end] != '\n') end++;
	size_t next = skip_space(m, end);
	bool same_line = !memchr(m->text + i, '\n', from - i);
	if (!same_line && (indent_of(m, from) <= outside || (next < length && indent_of(m, next) > outside))) return false;
	b->end = end;
	return read_statement(m, from, end, b);
}

/* `if c then y = a else y = b` on one line */
static bool
read_then(const struct mistake *m, size_t i, struct branch *yes, struct branch *no)
{
	size_t end = line_end(m, i), at = i;
	while (at < end && !at_text(m, at, " else ")) at++;
	if (!read_statement(m, i, at, yes)) return false;
	yes->end = at;
	if (at < end && !read_statement(m, at + strlen(" else "), end, no)) return false;
	if (at < end) no->end = end;
	return true;
}

/* both branches of the `if` whose condition ends at i; no->value stays NULL where there is no `else` */
static bool
read_branches(const struct mistake *m, size_t i, struct branch *yes, struct branch *no)
{
	if (at_text(m, i, "then ")) return read_then(m, i + strlen("then "), yes, no);
	if (!read_branch(m, i, yes)) return false;
	size_t next = skip_space(m, yes->end);
	if (!at_text(m, next, "else") || word_end(m, next) != next + strlen("else")) return true;
	return read_branch(m, skip_blanks(m, next + strlen("else")), no);
}

/* the word stands before the mistake, in the block around it or above */
static bool
stands_before(const struct mistake *m, const char *word)
{
	size_t n = strlen(word), i = m->at.begin;
	for (int lines = 0; i > 0 && lines < 1000; lines += m->text[--i] == '\n')
		if (at_text(m, i - 1, word) && word_end(m, i - 1) == i - 1 + n && (i == 1 || word_end(m, i - 2) == i - 2)) return true;
	return false;
}

/* if c { y = a } else { y = b } */
bool
statement_if(const struct mistake *m)
{
	if (!found_is(m, "if") || !at_statement(m)) return false;
	size_t from = skip_blanks(m, m->at.end), i = from, length = m->p->source->length;
	while (i < length && !strchr("{:\n", m->text[i]) && !(at_text(m, i, "then ") && m->text[i - 1] == ' ')) i++;
	char *condition = slice(m, from, i);
	struct branch yes = {0}, no = {0};
	struct diagnostic *d = say(m, m->at, "", "`if` is part of an expression, not a statement");
	if (!*condition) {
		advise(m, d, "write `y = if c then a else b`");
	} else if (!read_branches(m, i, &yes, &no) || (no.what && strcmp(yes.what, no.what)) || (!no.what && !strcmp(yes.what, "return"))) {
		advise(m, d, "each value makes the choice itself: `y = if %s then a else b`", condition);
	} else {
		const char *other = no.value ? no.value : arena_text(m->p->arena, yes.what, strcspn(yes.what, " "));
		bool known = no.value || stands_before(m, other);
		if (!known) other = "...";
		advise(m, d, "write `%s if %s then %s else %s`", yes.what, condition, yes.value, other);
		if (known) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, no.value ? no.end : yes.end}, "%s if %s then %s else %s", yes.what, condition, yes.value, other);
	}
	return true;
}

/* the `else` or `end` of an `if` or a loop that was answered above */
bool
rest_of_block(const struct mistake *m)
{
	static const char *const words[] = {"else", "elif", "elseif", "end", "endif", "endfor", "done", "fi"};
	const struct diagnostics *all = m->p->diagnostics;
	size_t i = line_start(m), end = word_end(m, i);
	bool known = false;
	for (size_t k = 0; k < sizeof words / sizeof *words; k++) known |= strlen(words[k]) == end - i && at_text(m, i, words[k]);
	if (!known || m->at.begin > skip_blanks(m, end) || all->all.n == m->p->first_message) return false;
	const char *title = all->all.at[all->all.n - 1]->title;
	return !strcmp(title, "`if` is part of an expression, not a statement") || !strcmp(title, "there are no loops");
}

/* ---- calls that are statements --------------------------------------------------------------------------------------------------------- */

static const char derived[] = "nnc derives gradients, and the trainer makes the steps: there is nothing to call",
		  training_block[] = "there is nothing to call: a `train` block says how a model is trained",
		  of_trainer[] = "a file describes a network: the trainer is a program of its own",
		  by_itself[] = "there is nothing to call: a trainer does this by itself";

static const struct told {
	const char *name, *title, *help;
	bool drop; /* the line is left out */
} told[] = {
	{"backward", derived, "leave this line out; `nnc grad` prints the gradient", true},
	{"zero_grad", derived, "leave this line out", true},
	{"step", derived, "leave this line out", true},
	{"compile", training_block, "the loss is a line of the model, `loss = ...`; `optimizer = ...` and `epochs = ...` stand in `train Name { ... }`", false},
	{"fit", training_block, "write `train Name { ... }` below the model, and run `nnc train`", false},
	{"evaluate", of_trainer, "`nnc build` makes it: it has commands `train`, `test` and `predict`", false},
	{"predict", of_trainer, "`nnc build` makes it: it has commands `train`, `test` and `predict`", false},
	{"save", of_trainer, "leave this line out: `train` saves the weights", true},
	{"summary", of_trainer, "leave this line out; `nnc shapes` prints layers and parameters", true},
	{"eval", by_itself, "leave this line out: dropout and noise act while training only", true},
	{"cuda", by_itself, "leave this line out", true},
	{"manual_seed", by_itself, "leave this line out; `seed = 1` in the `train` block is another start", true},
};

/* loss.backward()   compile(optimizer="adam") */
bool
training_call(const struct mistake *m)
{
	size_t from = line_start(m), end = line_end(m, from), open = from, name;
	while (open < end && (word_end(m, open) > open || m->text[open] == '.')) open++;
	if (open == from || m->text[open] != '(' || m->at.begin < from || m->at.begin > open) return false;
	for (name = open; name > from && word_end(m, name - 1) > name - 1;) name--;
	for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
		if (strlen(told[i].name) != open - name || !at_text(m, name, told[i].name)) continue;
		struct span line = {m->p->source, from, end};
		while (line.end > from + 1 && isspace((unsigned char)m->text[line.end - 1])) line.end--;
		struct diagnostic *d = say(m, line, "", "%s", told[i].title);
		advise(m, d, "%s", told[i].help);
		if (told[i].drop) diag_edit(m->p->diagnostics, d, line, "%s", "");
		return true;
	}
	return false;
}
