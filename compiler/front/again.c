/* again.c - reading on behind mistakes: where the helps of a file's syntax errors are edits, the text as it would be after them is parsed, too, and what
 * is still wrong on the lines that they change is said in the same run.
 *
 * The parser gives up a statement at its first mistake.  Messages about the changed text are told of the text as it is, and left out where they speak of
 * what an edit wrote; so are those that know no edit, which may be consequences. */
#include "front/again.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_ROUNDS = 8, MOST_BYTES = 1 << 20 };

struct change { /* bytes from .. to - 1 of the file became new_from .. new_to - 1 of the changed text */
	size_t from, to, new_from, new_to;
	const char *text;
};

struct changes {
	struct arena *arena;
	const struct source *file;
	LIST(struct change) all;
};

static bool
overlaps(const struct changes *c, int n, struct span s)
{
	for (int i = 0; i < n; i++)
		if (s.begin <= c->all.at[i].to && c->all.at[i].from <= s.end) return true;
	return false;
}

/* the edits of the message's first help, if none of them is of another file or meets another's */
static void
add_edits(struct changes *c, const struct diagnostic *m)
{
	int n = c->all.n, help = m->edits.n ? m->edits.at[0].help : 0;
	for (int i = 0; i < m->edits.n; i++) {
		const struct edit *e = &m->edits.at[i];
		if (e->help != help) continue;
		if (e->span.file != c->file || overlaps(c, n, e->span)) {
			c->all.n = n;
			return;
		}
		PUSH(c->arena, &c->all, (struct change){.from = e->span.begin, .to = e->span.end, .text = e->text});
	}
}

static int
by_place(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	return x->from < y->from ? -1 : x->from > y->from;
}

/* the text after all changes */
static struct source *
changed_text(struct changes *c)
{
	struct source *s = NEW(c->arena, struct source);
	struct text t = {.arena = c->arena};
	size_t at = 0;
	qsort(c->all.at, (size_t)c->all.n, sizeof *c->all.at, by_place);
	for (int i = 0; i < c->all.n; i++) {
		struct change *x = &c->all.at[i];
		if (x->from < at) return NULL;
		text_bytes(&t, c->file->text + at, x->from - at);
		x->new_from = t.length;
		text_bytes(&t, x->text, strlen(x->text));
		x->new_to = t.length;
		at = x->to;
	}
	text_bytes(&t, c->file->text + at, c->file->length - at);
	*s = *c->file;
	s->length = t.length;
	s->text = text_end(&t);
	return s;
}

/* a place of the changed text in the file; false: an edit wrote it */
static bool
place_back(const struct changes *c, struct span *s)
{
	size_t begin = s->begin, end = s->end;
	for (int i = 0; i < c->all.n; i++) {
		const struct change *x = &c->all.at[i];
		if (begin < x->new_to && x->new_from < end) return false;
		if (x->new_to > s->begin) break;
		begin = s->begin - x->new_to + x->to;
		end = s->end - x->new_to + x->to;
	}
	*s = (struct span){c->file, begin, end};
	return true;
}

static bool
same_line(const struct source *file, size_t a, size_t b)
{
	size_t from = a < b ? a : b, to = a < b ? b : a;
	return !memchr(file->text + from, '\n', to - from);
}

/* a line that a change or a label of a message before it, `first` and following, stands on: the parser has not read all of it */
static bool
on_changed_line(const struct changes *c, const struct diagnostics *d, int first, struct span s)
{
	for (int i = 0; i < c->all.n; i++)
		if (same_line(c->file, c->all.at[i].to, s.begin) || same_line(c->file, c->all.at[i].from, s.begin)) return true;
	for (int i = first; i < d->all.n; i++)
		for (int k = 0; k < d->all.at[i]->labels.n && d->all.at[i]->edits.n; k++)
			if (same_line(c->file, d->all.at[i]->labels.at[k].span.begin, s.begin)) return true;
	return false;
}

/* a change lies between the places of the message: what is said is of the changed text */
static bool
spans_change(const struct changes *c, const struct diagnostic *m)
{
	size_t from = m->labels.at[0].span.begin, to = m->labels.at[0].span.end;
	for (int i = 0; i < m->edits.n; i++) {
		const struct span *s = &m->edits.at[i].span;
		if (s->begin < from) from = s->begin;
		if (s->end > to) to = s->end;
	}
	for (int i = 0; i < c->all.n; i++)
		if (c->all.at[i].from < to && from < c->all.at[i].to) return true;
	return false;
}

/* the message with the places that it has in the file; false: it is none to say */
static bool
told_of_file(const struct changes *c, const struct diagnostics *d, int first, struct diagnostic *m)
{
	if (!m->edits.n) return false;
	for (int i = 0; i < m->labels.n; i++)
		if (!m->labels.at[i].span.file || !place_back(c, &m->labels.at[i].span)) return false;
	for (int i = 0; i < m->edits.n; i++)
		if (!place_back(c, &m->edits.at[i].span)) return false;
	return on_changed_line(c, d, first, m->labels.at[0].span) && !spans_change(c, m);
}

/* sorts the messages from `first` on by their places */
static void
sort_messages(struct diagnostics *d, int first)
{
	for (int i = first + 1; i < d->all.n; i++) {
		struct diagnostic *m = d->all.at[i];
		int k = i;
		for (; k > first && d->all.at[k - 1]->labels.at[0].span.begin > m->labels.at[0].span.begin; k--) d->all.at[k] = d->all.at[k - 1];
		d->all.at[k] = m;
	}
}

static bool
is_said(const struct diagnostics *d, int first, const struct diagnostic *m)
{
	for (int i = first; i < d->all.n; i++)
		if (d->all.at[i]->labels.at[0].span.begin == m->labels.at[0].span.begin) return true;
	return false;
}

bool
read_again(struct arena *a, struct diagnostics *d, const struct source *file, int first, int round, struct node *(*parse)(struct arena *, struct diagnostics *, const struct source *))
{
	struct changes c = {.arena = a, .file = file};
	struct diagnostics after = {.arena = a};
	if (round >= MOST_ROUNDS || file->length > MOST_BYTES) return false;
	for (int i = first; i < d->all.n; i++) add_edits(&c, d->all.at[i]);
	struct source *text = c.all.n ? changed_text(&c) : NULL;
	if (!text) return false;
	parse(a, &after, text);
	bool more = false;
	for (int i = 0; i < after.all.n; i++) {
		struct diagnostic *m = after.all.at[i];
		if (!told_of_file(&c, d, first, m) || is_said(d, first, m)) continue;
		PUSH(d->arena, &d->all, m);
		d->errors++;
		more = true;
	}
	if (more) sort_messages(d, first);
	return more;
}
