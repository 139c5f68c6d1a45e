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

/* what to type instead of `text`, which a help put at a place of the file; NULL: the text is right, or nobody knows */
static const char *
checked(struct compilation *c, const char *text, struct span at)
{
	struct compilation trial = {.options = {.model = c->options.model, .files = c->options.files, .trial = true, .define_count = c->options.define_count}};
	const char *all = replaced(&c->arena, c->source.text, c->source.length, at.begin, at.end, text), *next = NULL;
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
		for (int step = 0; step < MOST_STEPS && help && (next = checked(c, text, e->span)) != NULL; step++) {
			help = help_with(&c->arena, help, text, next);
			if (help) m->helps.at[e->help] = help;
			if (help) e->text = text = next;
		}
	}
}
