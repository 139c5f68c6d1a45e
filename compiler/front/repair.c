/* repair.c - edits of the source for helps that say what to type: found in its text, where the tree does not keep the place. */
#include "front/repair.h"
#include <ctype.h>
#include <string.h>

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static size_t
back_over_blanks(const char *text, size_t i)
{
	while (i > 0 && isspace((unsigned char)text[i - 1])) i--;
	return i;
}

bool
is_stage(struct span call)
{
	if (!call.file) return false;
	const char *text = call.file->text;
	size_t i = back_over_blanks(text, call.begin);
	return i > 1 && text[i - 2] == '-' && text[i - 1] == '>';
}

/* where the next word begins that is no part of a comment, a text or `lib.word`; the file's end: there is none.  *end: behind it */
static size_t
next_word(const struct source *f, size_t i, size_t *end)
{
	for (; i < f->length; i++) {
		char c = f->text[i];
		if (c == '#') {
			while (i + 1 < f->length && f->text[i + 1] != '\n') i++;
		} else if (c == '"') {
			while (i + 1 < f->length && f->text[i + 1] != '\n' && f->text[i + 1] != '"') i++;
			i++;
		} else if (is_word(c)) {
			size_t begin = i;
			while (i < f->length && is_word(f->text[i])) i++;
			*end = i;
			if (!isdigit((unsigned char)c) && (!begin || f->text[begin - 1] != '.')) return begin;
			i--;
		}
	}
	return f->length;
}

static bool
word_is(const struct source *f, size_t begin, size_t end, const char *word)
{
	return end - begin == strlen(word) && !strncmp(f->text + begin, word, end - begin);
}

void
repair_rename(struct diagnostics *d, struct diagnostic *m, const struct source *file, const char *from, const char *to)
{
	size_t end = 0;
	if (!m || !file || file->library) return;
	for (size_t i = next_word(file, 0, &end); i < file->length; i = next_word(file, end, &end))
		if (word_is(file, i, end, to)) return;
	for (size_t i = next_word(file, 0, &end); i < file->length; i = next_word(file, end, &end))
		if (word_is(file, i, end, from)) diag_edit(d, m, (struct span){file, i, end}, "%s", to);
}

void
repair_argument(struct diagnostics *d, struct diagnostic *m, struct span argument)
{
	if (!m || !argument.file) return;
	const char *text = argument.file->text;
	size_t from = back_over_blanks(text, argument.begin), to = argument.end;
	while (isspace((unsigned char)text[to])) to++;
	if (from > 0 && text[from - 1] == ',') {
		diag_edit(d, m, (struct span){argument.file, from - 1, argument.end}, "%s", "");
	} else if (text[to] == ',') {
		to++;
		while (text[to] == ' ') to++;
		diag_edit(d, m, (struct span){argument.file, argument.begin, to}, "%s", "");
	} else if (from > 0 && text[from - 1] == '(' && text[to] == ')') { /* the only one: f(..) is f in a chain */
		diag_edit(d, m, (struct span){argument.file, from - 1, to + 1}, "%s", "");
	}
}

/* the parenthesis at `open` is closed by the one at `close` */
static bool
is_pair(const char *text, size_t open, size_t close)
{
	int depth = 0;
	for (size_t i = open; i < close; i++) {
		depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
		if (depth == 0) return false;
	}
	return depth == 1 && text[close] == ')';
}

bool
repair_unwrap(struct diagnostics *d, struct diagnostic *m, struct span value, const char *f)
{
	if (!m || !value.file || value.end - value.begin < strlen(f) + 2) return false;
	const char *text = value.file->text;
	size_t n = strlen(f), last = value.end - n;
	if (!strncmp(text + last, f, n) && is_stage((struct span){value.file, last, value.end})) {
		size_t arrow = back_over_blanks(text, last) - 2;
		diag_edit(d, m, (struct span){value.file, back_over_blanks(text, arrow), value.end}, "%s", "");
		return true;
	}
	if (strncmp(text + value.begin, f, n) || text[value.begin + n] != '(' || !is_pair(text, value.begin + n, value.end - 1)) return false;
	diag_edit(d, m, (struct span){value.file, value.begin, value.begin + n + 1}, "%s", "");
	diag_edit(d, m, (struct span){value.file, value.end - 1, value.end}, "%s", "");
	return true;
}

/* the blanks that a statement begins its line with; NULL: something else stands in front of it */
static const char *
indentation(struct span statement, int *blanks)
{
	const char *all = statement.file->text;
	size_t line = statement.begin;
	while (line > 0 && strchr(" \t", all[line - 1])) line--;
	*blanks = (int)(statement.begin - line);
	return line == 0 || all[line - 1] == '\n' ? all + line : NULL;
}

void
repair_prepend(struct diagnostics *d, struct diagnostic *m, struct span statement, const char *text)
{
	if (!m || !statement.file) return;
	int blanks;
	const char *indent = indentation(statement, &blanks);
	struct span at = {statement.file, statement.begin, statement.begin};
	if (indent) diag_edit(d, m, at, "%s\n%.*s", text, blanks, indent);
	else diag_edit(d, m, at, "%s; ", text);
}

void
repair_append(struct diagnostics *d, struct diagnostic *m, struct span statement, const char *text)
{
	if (!m || !statement.file) return;
	int blanks;
	const char *indent = indentation(statement, &blanks);
	struct span at = {statement.file, statement.end, statement.end};
	if (indent) diag_edit(d, m, at, "\n%.*s%s", blanks, indent, text);
	else diag_edit(d, m, at, "; %s", text);
}
