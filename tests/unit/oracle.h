/* oracle.h - what the tests of the compiler share: random numbers that are the same everywhere, models from text, and what messages say. */
#ifndef ORACLE_H
#define ORACLE_H

#include "core/arithmetic.h"
#include "core/interpret.h"
#include "core/print.h"
#include "driver/compile.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(a) ((int)(sizeof(a) / sizeof *(a)))

/* ---- random numbers: splitmix64 --------------------------------------------------------------------------------------------------------- */

struct random {
	uint64_t state;
};

static inline uint64_t
random_bits(struct random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* low .. high, both included */
static inline long
random_in(struct random *r, long low, long high)
{
	return low + (long)(random_bits(r) % (uint64_t)(high - low + 1));
}

static inline bool
random_chance(struct random *r, double p)
{
	return (double)(random_bits(r) >> 11) * 0x1p-53 < p;
}

/* between -1 and 1 */
static inline double
random_real(struct random *r)
{
	return (double)(random_bits(r) >> 11) * 0x1p-52 - 1;
}

/* a number from the environment: how long a test runs */
static inline long
setting_of(const char *name, long otherwise)
{
	const char *v = getenv(name);
	return v ? atol(v) : otherwise;
}

/* ---- models ------------------------------------------------------------------------------------------------------------------------------ */

static inline const char *
first_message(const struct compilation *c)
{
	const struct diagnostics *d = &c->unit.diagnostics;
	return d->all.n ? d->all.at[0]->title : "(no message)";
}

/* the only model of a text after the pass `last`; NULL when it has errors */
static inline struct model *
model_after(struct compilation *c, const char *text, const char *last)
{
	*c = (struct compilation){0};
	int errors = compile(c, "test.nn", text, strlen(text), last);
	return errors || !c->unit.models.n ? NULL : c->unit.models.at[0];
}

/* a file of the project: tests run in its root; to be freed */
static inline char *
read_text(const char *path, size_t *length)
{
	FILE *f = fopen(path, "rb");
	cr_assert(f, "%s: not here; tests run in the root of the repository", path);
	char *text = calloc(1, 1 << 16);
	*length = fread(text, 1, (1 << 16) - 1, f);
	fclose(f);
	return text;
}

/* f for each .nn file of a folder that compiles to the end; the number of them */
static inline int
each_model(const char *folder, void (*f)(const char *path, struct compilation *c))
{
	DIR *d = opendir(folder);
	cr_assert(d, "%s: not here", folder);
	int n = 0;
	for (struct dirent *at; (at = readdir(d));) {
		char path[512];
		size_t name = strlen(at->d_name), length;
		if (name < 4 || strcmp(at->d_name + name - 3, ".nn")) continue;
		snprintf(path, sizeof path, "%s/%s", folder, at->d_name);
		char *text = read_text(path, &length);
		struct compilation c = {0};
		if (!compile(&c, path, text, length, NULL)) {
			f(path, &c);
			n++;
		}
		compile_free(&c);
		free(text);
	}
	closedir(d);
	return n;
}

/* all equations of a program, one a line */
static inline const char *
equations_text(struct program *p)
{
	struct text t = {.arena = p->arena};
	program_print(p, &t, (struct print_style){0}, NULL, NULL);
	return text_end(&t);
}

static inline struct tensor *
tensor_named(const struct program *p, const char *name)
{
	for (int i = 0; i < p->tensors.n; i++)
		if (!strcmp(p->tensors.at[i]->name, name)) return p->tensors.at[i];
	return NULL;
}

/* ---- messages ---------------------------------------------------------------------------------------------------------------------------- */

static inline bool
message_has(const struct diagnostic *m, const char *words)
{
	bool has = strstr(m->title, words);
	for (int i = 0; i < m->labels.n; i++) has |= m->labels.at[i].text && strstr(m->labels.at[i].text, words);
	for (int i = 0; i < m->notes.n; i++) has |= strstr(m->notes.at[i], words) != NULL;
	for (int i = 0; i < m->helps.n; i++) has |= strstr(m->helps.at[i], words) != NULL;
	return has;
}

/* a program that is wrong, and what has to be said about it: an error with this code and these words, where `where` first stands (NULL:
 * anywhere) */
struct mistake {
	const char *text, *code, *words, *where;
};

static inline const char *
all_messages(const struct compilation *c)
{
	struct text t = {.arena = c->unit.arena};
	for (int i = 0; i < c->unit.diagnostics.all.n; i++) {
		const struct diagnostic *m = c->unit.diagnostics.all.at[i];
		text_add(&t, "  [%s] %s", m->code, m->title);
		for (int k = 0; k < m->labels.n; k++) text_add(&t, " | %s", m->labels.at[k].text ? m->labels.at[k].text : "");
		for (int k = 0; k < m->notes.n; k++) text_add(&t, " | %s", m->notes.at[k]);
		for (int k = 0; k < m->helps.n; k++) text_add(&t, " | %s", m->helps.at[k]);
		text_add(&t, "\n");
	}
	return text_end(&t);
}

/* statements of a model are put into one */
static inline void
check_mistake(const struct mistake *w)
{
	struct compilation c = {0};
	char text[4096];
	snprintf(text, sizeof text, strstr(w->text, "model") ? "%s" : "model M {\n %s\n}\n", w->text);
	int errors = compile(&c, "test.nn", text, strlen(text), "plan");
	bool said = false;
	for (int i = 0; i < c.unit.diagnostics.all.n; i++) {
		const struct diagnostic *m = c.unit.diagnostics.all.at[i];
		const struct span at = m->labels.at[0].span;
		bool there = !w->where || (at.file && strstr(text, w->where) && at.begin == (size_t)(strstr(text, w->where) - text));
		said |= !strcmp(m->code, w->code) && message_has(m, w->words) && there;
	}
	cr_expect(errors > 0 && said, "%s\nshould say [%s] %s%s%s; it says\n%s", w->text, w->code, w->words, w->where ? " at " : "", w->where ? w->where : "", all_messages(&c));
	compile_free(&c);
}

static inline void
check_mistakes(const struct mistake *w, int n)
{
	for (int i = 0; i < n; i++) check_mistake(&w[i]);
}

#endif
