/* follow.c - helps that are followed to their end.
 *
 * What a help says to type may be wrong in its turn: `Linear(8, 4)(x)` is a chain, `x -> Linear(8, 4)`, of a layer that is called otherwise here and is
 * given no size of its input.  So an exact text is put into a copy of the file, and this is checked; where the text itself is wrong and that message says
 * what to type, too, both are done, and so on.  The person types once. */
#include "driver/follow.h"
#include <ctype.h>
#include <string.h>

enum { MOST_MESSAGES = 4, MOST_STEPS = 6, LONGEST = 1 << 20 }; /* each step checks a copy of the file */

/* `before` with `text` instead of a span, in an arena */
static char *
replaced(struct arena *a, const char *before, size_t length, size_t begin, size_t end, const char *text)
{
	struct text t = {.arena = a};
	text_bytes(&t, before, begin);
	text_add(&t, "%s", text);
	text_bytes(&t, before + end, length - end);
	return text_end(&t);
}

/* several words: a name alone has nothing in it that could be wrong */
static bool
is_expression(const char *text)
{
	while (isalnum((unsigned char)*text) || *text == '_') text++;
	return *text != 0;
}

/* all edits of the first help, if they lie in begin .. end of the file; they are done to `text`, which stands there.  NULL: there are none */
static const char *
next_text(struct arena *a, const struct diagnostic *m, const struct source *file, const char *text, size_t begin, size_t end)
{
	const struct edit *done = NULL;
	for (int i = 0; i < m->edits.n; i++)
		if (m->edits.at[i].help != m->edits.at[0].help || m->edits.at[i].span.file != file || m->edits.at[i].span.begin < begin || m->edits.at[i].span.end > end) return NULL;
	for (int k = 0; k < m->edits.n; k++) { /* from behind: what stands in front keeps its place */
		const struct edit *last = NULL;
		for (int i = 0; i < m->edits.n; i++) {
			const struct edit *e = &m->edits.at[i];
			bool before = !done || (e->span.begin < done->span.begin && e->span.end <= done->span.begin); /* two at one place have no order */
			if (before && (!last || e->span.begin > last->span.begin)) last = e;
		}
		if (!last) return NULL;
		text = replaced(a, text, strlen(text), last->span.begin - begin, last->span.end - begin, last->text);
		done = last;
	}
	return m->edits.n ? text : NULL;
}

/* the edit is one of those that a message's first help asks for, in the file, and does not touch the span */
static bool
is_apart(const struct compilation *c, const struct diagnostic *m, const struct edit *e, struct span at)
{
	return !m->warning && e->help == m->edits.at[0].help && e->span.file == &c->source && (e->span.end < at.begin || at.end < e->span.begin);
}

/* The file as all other messages would have it: they may hide what is wrong here.  *at: where the span is then.  NULL: there are none, or they meet. */
static const char *
others_done(struct compilation *c, const struct diagnostic *but, struct span *at)
{
	const struct diagnostics *d = &c->unit.diagnostics;
	struct text t = {.arena = &c->arena};
	struct span place = *at;
	size_t done = 0;
	for (;;) { /* from the front, one at a time */
		const struct edit *next = NULL;
		for (int i = 0; i < d->all.n; i++)
			for (int k = 0; d->all.at[i] != but && k < d->all.at[i]->edits.n; k++) {
				const struct edit *e = &d->all.at[i]->edits.at[k];
				if (!is_apart(c, d->all.at[i], e, *at) || (done && e->span.begin < done)) continue;
				if (!next || e->span.begin < next->span.begin) next = e;
			}
		if (!next || next->span.end < done) break;
		text_bytes(&t, c->source.text + done, next->span.begin - done);
		text_add(&t, "%s", next->text);
		if (next->span.end <= at->begin) {
			place.begin += strlen(next->text) - (next->span.end - next->span.begin);
			place.end += strlen(next->text) - (next->span.end - next->span.begin);
		}
		done = next->span.end > next->span.begin ? next->span.end : next->span.end + 1;
		if (done > next->span.end) text_bytes(&t, c->source.text + next->span.end, done - next->span.end);
		if (done >= c->source.length) return NULL;
	}
	if (!done) return NULL;
	text_bytes(&t, c->source.text + done, c->source.length - done);
	*at = place;
	return text_end(&t);
}

/* what to type instead of `text`, which a help put at a place of the file; NULL: the text is right, or nobody knows */
static const char *
checked(struct compilation *c, const char *file, const char *text, struct span at)
{
	struct compilation trial = {.options = {.model = c->options.model, .files = c->options.files, .trial = true, .define_count = c->options.define_count}};
	const char *all = replaced(&c->arena, file, strlen(file), at.begin, at.end, text), *next = NULL;
	size_t end = at.begin + strlen(text);
	trial.options.defines = NEW_ARRAY(&c->arena, c->options.define_count + 1, struct define_option);
	for (int i = 0; i < c->options.define_count; i++) trial.options.defines[i] = c->options.defines[i];
	compile(&trial, c->source.path, all, strlen(all), "elaborate");
	for (int i = 0; i < trial.unit.diagnostics.all.n && !next; i++) {
		const struct diagnostic *m = trial.unit.diagnostics.all.at[i];
		const struct span *where = &m->labels.at[0].span;
		if (!m->warning && where->file == &trial.source && where->begin >= at.begin && where->end <= end) next = next_text(&c->arena, m, &trial.source, text, at.begin, end);
	}
	compile_free(&trial);
	return next;
}

/* puts `to` instead of `from`, which stands in the help in quotes; NULL: it does not */
static const char *
help_with(struct arena *a, const char *help, const char *from, const char *to)
{
	const char *quoted = arena_print(a, "`%s`", from), *at = strstr(help, quoted);
	if (!at) return NULL;
	return replaced(a, help, strlen(help), (size_t)(at - help), (size_t)(at - help) + strlen(quoted), arena_print(a, "`%s`", to));
}

void
follow_helps(struct compilation *c)
{
	struct diagnostics *d = &c->unit.diagnostics;
	if (c->source.length > LONGEST || strlen(c->source.text) != c->source.length) return;
	for (int i = 0, tried = 0; i < d->all.n && tried < MOST_MESSAGES; i++) {
		struct diagnostic *m = d->all.at[i];
		struct edit *e = m->edits.n == 1 ? &m->edits.at[0] : NULL;
		if (m->warning || !e || e->help < 0 || e->span.file != &c->source || !is_expression(e->text)) continue;
		tried++;
		const char *text = e->text, *help = m->helps.at[e->help], *next;
		struct span at = e->span;
		const char *others = others_done(c, m, &at);
		for (int step = 0; step < MOST_STEPS && help; step++) {
			next = others ? checked(c, others, text, at) : NULL;
			if (!next) next = checked(c, c->source.text, text, e->span);
			if (!next) break;
			help = help_with(&c->arena, help, text, next);
			if (help) m->helps.at[e->help] = help;
			if (help) e->text = text = next;
		}
	}
}
