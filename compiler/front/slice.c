/* slice.c - slices of Python, `x[:, 0:6]`, written with ranges: both ends included, and whole axes by their size where the value is declared in the
 * file. */
#include "front/syntax.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct sizes { /* of a declared value, as they are written */
	const char *at[8];
	int n;
};

/* splits from .. to at the commas outside of brackets; -1: there are too many */
static int
split(const struct mistake *m, size_t from, size_t to, const char *part[], int most)
{
	int n = 0, depth = 0;
	for (size_t i = from;; i++) {
		if (i < to) depth += strchr("([", m->text[i]) ? 1 : strchr(")]", m->text[i]) ? -1 : 0;
		if (i < to && (m->text[i] != ',' || depth)) continue;
		if (n == most) return -1;
		size_t begin = skip_blanks(m, from);
		part[n++] = slice(m, begin < i ? begin : i, i);
		if (i >= to) return n;
		from = i + 1;
	}
}

/* `name: [50, 12]` behind a keyword in front of the mistake */
static bool
declared_sizes(const struct mistake *m, const char *name, struct sizes *s)
{
	size_t n = strlen(name);
	for (size_t i = 1; i < m->at.begin; i++) {
		if (!at_text(m, i, name) || word_end(m, i) != i + n || !strchr(" \t(,", m->text[i - 1])) continue;
		size_t colon = skip_blanks(m, i + n), open = m->text[colon] == ':' ? skip_blanks(m, colon + 1) : colon, close = open;
		while (m->text[colon] == ':' && m->text[open] == '[' && m->text[close] && !strchr("]\n", m->text[close])) close++;
		if (close == open || m->text[close] != ']') continue;
		s->n = split(m, open + 1, close, s->at, 8);
		return s->n > 0;
	}
	return false;
}

static const char *
one_less(const struct mistake *m, const char *size)
{
	if (size[strspn(size, "0123456789")] == 0) return arena_print(m->p->arena, "%ld", strtol(size, NULL, 10) - 1);
	size_t n = strlen(size);
	if (n > 2 && !strcmp(size + n - 2, "+1")) return arena_text(m->p->arena, size, n - 2);
	return arena_print(m->p->arena, "%s-1", size);
}

/* one subscript; size NULL: it is not known.  NULL: it cannot be written here */
static const char *
subscript(const struct mistake *m, const char *text, const char *size)
{
	const char *colon = strchr(text, ':');
	if (!colon) return *text == '-' || !*text ? NULL : text;
	char *low = arena_text(m->p->arena, text, (size_t)(colon - text));
	const char *high = colon + 1 + strspn(colon + 1, " ");
	while (*low && low[strlen(low) - 1] == ' ') low[strlen(low) - 1] = 0;
	if (strchr(high, ':') || *low == '-' || (!*high && !size)) return NULL;
	if (*high == '-') { /* all but the last */
		long less = strtol(high + 1, NULL, 10);
		if (!size || high[1 + strspn(high + 1, "0123456789")] || less < 1 || size[strspn(size, "0123456789")]) return NULL;
		high = arena_print(m->p->arena, "%ld", strtol(size, NULL, 10) - less);
	} else if (!*high) {
		high = size;
	}
	return arena_print(m->p->arena, "%s..%s", *low ? low : "0", one_less(m, high));
}

/* x[:, 0:6]   x[0, :] */
bool
python_slice(const struct mistake *m)
{
	size_t name = m->open.begin, close = m->open.end;
	const char *part[8];
	struct sizes s = {.n = 0};
	while (name > 0 && word_end(m, name - 1) > name - 1) name--;
	while (m->text[close] && !strchr("[]\n", m->text[close])) close++;
	int n = m->text[close] == ']' && name < m->open.begin ? split(m, m->open.end, close, part, 8) : -1, first = 0;
	bool known = n > 0 && declared_sizes(m, slice(m, name, m->open.begin), &s);
	size_t digit = n == 1 ? strlen(part[0]) - 1 : 0;
	if (n <= 0 || (n == 1 && digit && part[0][digit - 1] == ':' && isdigit((unsigned char)part[0][digit]) && (digit == 1 || !strncmp(part[0], "0:", 2)))) return false; /* the first few */
	if (known && s.n == n - 1 && !strcmp(part[0], ":")) first = 1; /* the batch */
	if (known && s.n < n - first) return false;
	while (n > first + 1 && !strcmp(part[n - 1], ":")) n--; /* axes behind the subscripts stay whole */
	struct text t = {.arena = m->p->arena};
	for (int i = first; i < n; i++) {
		const char *text = subscript(m, part[i], known ? s.at[i - first] : NULL);
		if (!text) return false;
		text_add(&t, "%s%s", i > first ? ", " : "", text);
	}
	struct diagnostic *d = say(m, m->at, "", "slices are written with `..` and include both ends");
	advise(m, d, "write `%s[%s]`%s", slice(m, name, m->open.begin), text_end(&t), first ? ": the batch is no axis" : "");
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->open.end, close}, "%s", text_end(&t));
	return true;
}
