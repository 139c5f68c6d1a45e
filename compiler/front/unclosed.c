/* unclosed.c - which block lacks its `}`: read off the indentation of the lines, as people do. */
#include "front/syntax.h"
#include <string.h>

enum { MOST_OPEN = 64 };

struct opened {
	size_t brace, indent;
	bool deeper; /* a line of it is indented deeper than the one that opens it */
};

struct reading { /* of the source, line by line */
	const struct mistake *m;
	struct opened open[MOST_OPEN];
	int n, brackets; /* blocks; ( and [ */
};

/* what opens and closes on the line; false: too much is open */
static bool
read_line(struct reading *r, size_t i, size_t end, size_t indent)
{
	const char *text = r->m->text;
	for (; i < end && text[i] != '#'; i++) {
		if (text[i] == '"') {
			while (i + 1 < end && text[++i] != '"') {}
		} else if (text[i] == '{') {
			if (r->n == MOST_OPEN) return false;
			r->open[r->n++] = (struct opened){i, indent, false};
		} else if (text[i] == '}') {
			r->n -= r->n > 0;
		} else if (strchr("([", text[i])) {
			r->brackets++;
		} else if (strchr(")]", text[i])) {
			r->brackets -= r->brackets > 0;
		}
	}
	return true;
}

/* the line at i is not inside the innermost block by its indentation */
static bool
leaves_block(const struct reading *r, size_t i, size_t indent)
{
	const struct opened *top = r->n ? &r->open[r->n - 1] : NULL;
	if (!top || !top->deeper || r->brackets) return false;
	if (r->m->text[i] != '}') return indent <= top->indent;
	return indent < top->indent && r->n > 1 && indent == r->open[r->n - 2].indent;
}

bool
find_unclosed(const struct mistake *m, struct span *open, size_t *before)
{
	struct reading r = {.m = m};
	const char *text = m->text;
	for (size_t line = 0, end; line < m->p->source->length && line <= m->at.begin; line = end + 1) {
		for (end = line; end < m->p->source->length && text[end] != '\n'; end++) {}
		size_t i = skip_blanks(m, line), indent = i - line;
		if (i >= end || strchr("\r\n#", text[i])) continue;
		if (leaves_block(&r, i, indent)) {
			*open = (struct span){m->p->source, r.open[r.n - 1].brace, r.open[r.n - 1].brace + 1};
			*before = line;
			return true;
		}
		if (r.n && indent > r.open[r.n - 1].indent) r.open[r.n - 1].deeper = true;
		if (!read_line(&r, i, end, indent)) return false;
	}
	return false;
}

void
close_block(const struct mistake *m, struct diagnostic *d, struct span open, size_t before)
{
	size_t line = open.begin;
	while (line > 0 && m->text[line - 1] != '\n') line--;
	int indent = (int)(skip_blanks(m, line) - line);
	struct span at = {m->p->source, before, before};
	diag_edit(m->p->diagnostics, d, at, "%.*s}\n%s", indent, m->text + line, indent ? "" : "\n");
}
