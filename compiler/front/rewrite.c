/* rewrite.c - definitions, loops, constants, imports and chains of methods of other languages, written out as they are here.
 *
 * Each function has the word or the mistake, looks at the text from there on, and adds a help with its edits to a message; false: the text is not as it
 * would have to be. */
#include "front/syntax.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static size_t
end_of_line(const struct mistake *m, size_t i)
{
	while (i < m->p->source->length && m->text[i] != '\n') i++;
	return i;
}

/* blanks that the line of i begins with */
static size_t
indent_of(const struct mistake *m, size_t i)
{
	while (i > 0 && m->text[i - 1] != '\n') i--;
	return skip_blanks(m, i) - i;
}

static bool
is_empty_line(const struct mistake *m, size_t i)
{
	i = skip_blanks(m, i);
	return i >= m->p->source->length || strchr("\r\n#", m->text[i]);
}

bool
indented_block(const struct mistake *m, size_t i, size_t *first, size_t *end)
{
	size_t outside = indent_of(m, i), at = end_of_line(m, i);
	*first = *end = 0;
	while (at < m->p->source->length) {
		size_t line = at + 1, stop = end_of_line(m, line);
		if (!is_empty_line(m, line) && indent_of(m, line) <= outside) break;
		if (!is_empty_line(m, line)) {
			if (!*first) *first = skip_blanks(m, line);
			*end = stop;
		}
		at = stop;
	}
	while (*end > *first && isspace((unsigned char)m->text[*end - 1])) --*end;
	return *first != 0;
}

static void
replace(const struct mistake *m, struct diagnostic *d, size_t from, size_t to, const char *text)
{
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, from, to}, "%s", text);
}

/* behind the bracket that closes the one at i, on one line; i: none does */
static size_t
behind_bracket(const struct mistake *m, size_t i)
{
	int depth = 0;
	for (size_t k = i; m->text[k] && m->text[k] != '\n'; k++) {
		depth += strchr("([{", m->text[k]) ? 1 : strchr(")]}", m->text[k]) ? -1 : 0;
		if (depth == 0) return k + 1;
	}
	return i;
}

static bool
holds_word(const struct mistake *m, size_t from, size_t to, const char *word)
{
	for (size_t i = from; i < to; i++)
		if (at_text(m, i, word) && word_end(m, i) == i + strlen(word) && (i == 0 || word_end(m, i - 1) == i - 1)) return true;
	return false;
}

/* `def f(x):` with its body below: `return e` alone becomes ` = e`, several lines a block */
bool
rewrite_definition(const struct mistake *m, struct diagnostic *d, struct span word)
{
	size_t name = skip_blanks(m, word.end), open = word_end(m, name), close = behind_bracket(m, open), first, end;
	if (open == name || m->text[open] != '(' || close == open || word.begin != line_start(m)) return false;
	const char *head = arena_print(m->p->arena, "fn %s", slice(m, name, close));
	size_t next = skip_blanks(m, close);
	if (at_text(m, next, "->")) next = skip_blanks(m, word_end(m, skip_blanks(m, next + 2))); /* -> float */
	if (m->text[next] == '{' || (m->text[next] == '=' && m->text[next + 1] != '=')) {
		advise(m, d, "write `%s %c`", head, m->text[next]);
		replace(m, d, word.begin, word.end, "fn");
		return true;
	}
	if (m->text[next] != ':') return false;
	size_t same = skip_blanks(m, next + 1);
	bool one_line = !is_empty_line(m, same);
	if (one_line) first = same, end = end_of_line(m, same);
	else if (!indented_block(m, word.begin, &first, &end)) return false;
	if (holds_word(m, first, end, "param") || memchr(m->text + first, '#', end - first)) return false;
	bool single = at_text(m, first, "return ") && !memchr(m->text + first, '\n', end - first);
	if (single) {
		size_t value = skip_blanks(m, first + strlen("return "));
		advise(m, d, "write `%s = %s`", head, slice(m, value, end));
		replace(m, d, word.begin, value, arena_print(m->p->arena, "%s = ", head));
		return true;
	}
	advise(m, d, "write `%s {`, and `}` behind its lines", head);
	replace(m, d, word.begin, next + 1, arena_print(m->p->arena, "%s {%s", head, one_line ? " " : ""));
	replace(m, d, end, end, one_line ? " }" : "\n}");
	return true;
}

struct loop {
	size_t name, name_end; /* its index */
	const char *count;     /* how often */
	size_t head_end;
	char opens; /* '{' or ':'; 0: its lines end with `end` */
};

/* what follows `for`: `i in range(n)`, `i in 0..n-1`, `(int i = 0; i < n; i++)`, `i = 1:n` */
static bool
read_loop(const struct mistake *m, size_t i, struct loop *l)
{
	bool c = m->text[i] == '(';
	i = skip_blanks(m, i + c);
	if (at_text(m, i, "int ")) i = skip_blanks(m, i + 4);
	l->name = i;
	l->name_end = i = word_end(m, i);
	i = skip_blanks(m, i);
	size_t from, to;
	if (c) { /* = 0; i < n; i++) */
		size_t less = i;
		while (m->text[less] && !strchr("<\n", m->text[less])) less++;
		if (m->text[i] != '=' || m->text[less] != '<' || m->text[less + 1] == '=' || m->text[skip_blanks(m, i + 1)] != '0') return false;
		from = skip_blanks(m, less + 1);
		to = word_end(m, from);
		while (m->text[i] && !strchr(")\n", m->text[i])) i++;
		if (m->text[i++] != ')') return false;
	} else if (at_text(m, i, "in range(")) {
		from = i + strlen("in range(");
		to = word_end(m, from);
		if (m->text[i = to] != ')') return false;
		i++;
	} else if (m->text[i] == '=' && at_text(m, skip_blanks(m, i + 1), "1:")) {
		from = skip_blanks(m, i + 1) + 2;
		i = to = word_end(m, from);
	} else {
		return false;
	}
	if (from == to) return false;
	l->count = slice(m, from, to);
	i = skip_blanks(m, i);
	l->opens = m->text[i] == '{' || m->text[i] == ':' ? m->text[i] : 0;
	l->head_end = l->opens ? i + 1 : i;
	return l->opens || is_empty_line(m, i);
}

/* the lines of the loop: up to its `}`, or to where they are not indented any more; *from .. *end is their text */
static bool
loop_body(const struct mistake *m, const struct loop *l, size_t begin, size_t *from, size_t *end)
{
	if (l->opens == '{') {
		int depth = 1;
		*from = l->head_end;
		for (*end = *from; *end < m->p->source->length && depth; ++*end) depth += m->text[*end] == '{' ? 1 : m->text[*end] == '}' ? -1 : 0;
		return depth == 0;
	}
	return is_empty_line(m, l->head_end) && indented_block(m, begin, from, end);
}

/* for i in range(n) { h = h -> Block }: copies of a layer, where the index is no subscript */
bool
rewrite_loop(const struct mistake *m, struct diagnostic *d, struct span word)
{
	struct loop l;
	size_t from, end, i;
	if (word.begin != line_start(m) || !read_loop(m, skip_blanks(m, word.end), &l) || !loop_body(m, &l, word.begin, &from, &end)) return false;
	const char *index = slice(m, l.name, l.name_end);
	bool used = holds_word(m, from, end, index);
	for (i = from; i < end; i++) /* a sum over elements is no repetition */
		if (m->text[i] == '[' || (strchr("+-*", m->text[i]) && m->text[i + 1] == '=')) return false;
	const char *last = isdigit((unsigned char)*l.count) ? arena_print(m->p->arena, "%ld", strtol(l.count, NULL, 10) - 1) : arena_print(m->p->arena, "%s-1", l.count);
	const char *head = used ? arena_print(m->p->arena, "repeat %s in 0..%s {", index, last) : arena_print(m->p->arena, "repeat %s {", l.count);
	size_t next = end_of_line(m, end) + 1, stop = skip_blanks(m, next < m->p->source->length ? next : end);
	bool ends = !l.opens && at_text(m, stop, "end") && word_end(m, stop) == stop + strlen("end");
	if (!l.opens && !ends) return false;
	advise(m, d, l.opens == '{' ? "write `%s`" : "write `%s`, and `}` behind its lines", head);
	replace(m, d, word.begin, l.head_end, head);
	if (ends) replace(m, d, stop, stop + 3, "}");
	else if (l.opens == ':') replace(m, d, end, end, arena_print(m->p->arena, "\n%*s}", (int)indent_of(m, word.begin), ""));
	return true;
}

/* static const int n = 3;   float rate = 0.1; */
bool
rewrite_constant(const struct mistake *m, struct diagnostic *d, struct span word)
{
	size_t name = word.begin, end = word.end, next;
	while ((next = skip_blanks(m, end)) > end && word_end(m, next) > next) {
		name = next;
		end = word_end(m, next);
	}
	if (name == word.begin || word.begin != line_start(m) || m->text[next] != '=') return false;
	size_t value = skip_blanks(m, next + 1);
	if (!(isdigit((unsigned char)m->text[value]) || m->text[value] == '-')) return false;
	advise(m, d, "write `let %s`", slice(m, name, line_end(m, name)));
	replace(m, d, word.begin, name, "let ");
	return true;
}

/* x -> frozen Block(3): the layer with a name in front of the statement */
bool
rewrite_frozen(const struct mistake *m, struct diagnostic *d)
{
	size_t layer = skip_blanks(m, m->at.end), end = word_end(m, layer), line = line_start(m), before = line;
	while (m->text[end] == '.') end = word_end(m, end + 1);
	if (m->text[end] == '(') {
		if (behind_bracket(m, end) == end) return false;
		end = behind_bracket(m, end);
	}
	const char *name = holds_word(m, 0, m->p->source->length, "enc") ? "fixed" : "enc";
	if (end == layer || holds_word(m, 0, m->p->source->length, name)) return false;
	while (before > 0 && strchr(" \t", m->text[before - 1])) before--;
	bool alone = before == 0 || m->text[before - 1] == '\n';
	const char *statement = arena_print(m->p->arena, "layer %s = frozen %s", name, slice(m, layer, end));
	advise(m, d, "write `%s` above, and `-> %s`", statement, name);
	replace(m, d, line, line, alone ? arena_print(m->p->arena, "%s\n%.*s", statement, (int)(line - before), m->text + before) : arena_print(m->p->arena, "%s; ", statement));
	replace(m, d, m->at.begin, end, name);
	return true;
}

/* import blocks.nn   #include <blocks.nn> without its `#` */
bool
rewrite_import(const struct mistake *m, struct diagnostic *d, struct span word)
{
	size_t path = skip_blanks(m, word.end), from = path + (m->text[path] == '<' || m->text[path] == '\'' || m->text[path] == '"'), end = from;
	while (word_end(m, end) > end || (m->text[end] && strchr("./-", m->text[end]))) end++;
	size_t to = end + (end > from && strchr(">'\"", m->text[end]) != NULL && m->text[end]);
	if (word.begin != line_start(m) || end < from + 4 || !at_text(m, end - 3, ".nn") || !(is_empty_line(m, to) || at_text(m, skip_blanks(m, to), "as ") || m->text[to] == ';')) return false;
	d->title = "the file of an import stands in quotes";
	advise(m, d, "write `import \"%s\"`", slice(m, from, end));
	replace(m, d, word.begin, to, arena_print(m->p->arena, "import \"%s\"", slice(m, from, end)));
	return true;
}

/* `x.flatten().relu()` from `from` on, as `x -> flatten -> relu` */
bool
rewrite_methods(const struct mistake *m, struct diagnostic *d, size_t from)
{
	struct text t = {.arena = m->p->arena};
	size_t i = m->text[from] == '(' ? behind_bracket(m, from) : word_end(m, from);
	if (i == from) return false;
	text_add(&t, "%s", slice(m, from, i));
	int methods = 0;
	while (m->text[i] == '.') {
		size_t name = i + 1, open = word_end(m, name), close = m->text[open] == '(' ? behind_bracket(m, open) : open;
		if (open == name || close == open) return false;
		const char *arguments = slice(m, open + 1, close - 1);
		text_add(&t, " -> %s%s%s%s", slice(m, name, open), *arguments ? "(" : "", arguments, *arguments ? ")" : "");
		i = close;
		methods++;
	}
	if (!methods || i < m->at.begin) return false;
	bool whole = is_empty_line(m, i) || strchr(");,}", m->text[i]) || at_text(m, skip_blanks(m, i), "->");
	advise(m, d, "functions and layers follow each other in a chain: `%s%s%s`", whole ? "" : "(", text_end(&t), whole ? "" : ")");
	replace(m, d, from, i, arena_print(m->p->arena, "%s%s%s", whole ? "" : "(", text_end(&t), whole ? "" : ")"));
	return true;
}
