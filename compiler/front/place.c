/* place.c - the place of a maximum where a loss needs scores: no gradient goes through it, and what it chooses from is what the loss is meant to
 * see. */
#include "front/apply.h"
#include "front/repair.h"
#include <ctype.h>
#include <string.h>

struct choice { /* `argmax(y)`, `argmax(k) y[k]`, `y -> argmax` as it stands in the source */
	struct span whole;
	const char *from; /* what it chooses from, as a text; NULL: the text does not show it */
};

static const char *
place_name(const struct equation *q)
{
	return q->reduction == ARGMAX ? "argmax" : "argmin";
}

/* the place of a maximum that is written in the file itself, not in a definition that this calls */
static bool
is_own_place(const struct equation *q)
{
	if (!q || (q->reduction != ARGMAX && q->reduction != ARGMIN) || !q->span.file || q->span.file->library) return false;
	const char *name = place_name(q);
	return !strncmp(q->span.file->text + q->span.begin, name, strlen(name));
}

/* `y` of `argmax(k) y[k]`, whose index is k */
static const char *
read_whole(struct arena *a, const char *text, size_t n, const char *index)
{
	size_t word = 0, k = strlen(index);
	while (word < n && (isalnum((unsigned char)text[word]) || text[word] == '_')) word++;
	bool bare = word && n == word + k + 2 && text[word] == '[' && !strncmp(text + word + 1, index, k) && text[n - 1] == ']';
	return bare ? arena_text(a, text, word) : NULL;
}

/* where the chain in front of the arrow at i begins */
static size_t
chain_start(const char *text, size_t i)
{
	int depth = 0;
	for (; i > 0 && text[i - 1] != '\n'; i--) {
		depth += strchr(")]", text[i - 1]) ? 1 : strchr("([", text[i - 1]) ? -1 : 0;
		if (depth < 0 || (depth == 0 && strchr("=,;{", text[i - 1]))) break;
	}
	return i + strspn(text + i, " \t");
}

static struct choice
read_choice(struct arena *a, struct span where, const char *name)
{
	const char *text = where.file->text + where.begin;
	size_t n = where.end - where.begin, length = strlen(name), close = length;
	struct choice c = {where, NULL};
	if (is_stage(where)) { /* y -> argmax */
		size_t arrow = where.begin;
		while (where.file->text[arrow] != '-') arrow--;
		while (arrow > 0 && isspace((unsigned char)where.file->text[arrow - 1])) arrow--;
		c.whole.begin = chain_start(where.file->text, arrow);
		if (c.whole.begin < arrow) c.from = span_text(a, (struct span){where.file, c.whole.begin, arrow});
		return c;
	}
	if (n < length + 2 || strncmp(text, name, length) || text[length] != '(') return c;
	for (int depth = 0; close < n; close++) {
		depth += text[close] == '(' ? 1 : text[close] == ')' ? -1 : 0;
		if (depth == 0) break;
	}
	if (close >= n) return c;
	const char *inside = arena_text(a, text + length + 1, close - length - 1);
	size_t rest = close + 1 + strspn(text + close + 1, " ");
	c.from = rest >= n ? inside : read_whole(a, text + rest, n - rest, inside);
	return c;
}

/* f(y) or y -> f: y */
static const char *
without_call(struct arena *a, const char *text)
{
	size_t n = strlen(text), open = strcspn(text, "("), i;
	const char *arrow = NULL;
	for (i = 0; i + 1 < n; i++)
		if (!strncmp(text + i, "->", 2)) arrow = text + i;
	if (arrow) {
		for (i = (size_t)(arrow - text); i > 0 && text[i - 1] == ' ';) i--;
		return arena_text(a, text, i);
	}
	return open < n && text[n - 1] == ')' ? arena_text(a, text + open + 1, n - open - 2) : text;
}

/* what the place is chosen from, as a value: the scores behind it, where it is their probabilities; NULL: no tensor of one sample */
static struct value *
chosen_from(struct elaborator *e, const struct equation *q, const char **text)
{
	const struct tensor *t = q->body->op == OP_READ ? q->body->tensor : NULL;
	if (!t || t->rank != 2 || t->shape[0] != 0) return NULL;
	struct value *v = value_of_tensor(e, q->body->tensor, 1, &e->batch, q->span);
	if (is_probability(e, v) && *text) *text = without_call(e->arena, *text);
	return v;
}

/* a loss of the library for these scores and a target of the model, as a text; NULL: none fits */
static const char *
fitting_loss(struct elaborator *e, struct value *scores, const char *text)
{
	struct value *f;
	for (int i = 0; i < e->p->tensors.n; i++) {
		struct tensor *t = e->p->tensors.at[i];
		if (t->role != ROLE_TARGET || !t->integer || t->rank != 1 || t->shape[0] != 0) continue;
		struct value *argument[2] = {scores, value_of_tensor(e, t, 1, &e->batch, scores->span)};
		for (int k = 0; (f = fact(e, "losses", k)) != NULL; k++) {
			if (f->kind != VALUE_DEFINITION) continue;
			struct value *v = try_call(e, f, 2, argument);
			if (v->kind == VALUE_TENSOR && v->n == 0) return arena_print(e->arena, "%s(%s, %s)", f->definition->text, text, t->name);
		}
	}
	return NULL;
}

/* the message at the place itself; *c: how it is written */
static struct diagnostic *
report_choice(struct elaborator *e, const struct equation *q, struct choice *c)
{
	const char *name = place_name(q);
	*c = read_choice(e->arena, q->span, name);
	struct diagnostic *m = problem(e, "no-gradient", q->span, "the number of an element", "no gradient goes through `%s`", name);
	return m;
}

/* without the call: `y` instead of `argmax(y)` or `y -> argmax` */
static void
help_scores(struct elaborator *e, struct diagnostic *m, const struct equation *q, const struct choice *c)
{
	if (c->from) {
		diag_help(e->d, m, "give it the scores, `%s`: the number of the class is for metrics and outputs", c->from);
		diag_edit(e->d, m, c->whole, "%s", c->from);
		return;
	}
	diag_help(e->d, m, "leave `%s` out: the number of the class is for metrics and outputs", place_name(q));
}

bool
report_place(struct elaborator *e, const struct expansion *x, const struct node *param, const struct value *v)
{
	const struct equation *q = v->kind == VALUE_TENSOR && v->n == 0 && v->body->op == OP_READ ? equation_of(e->p, v->body->tensor) : NULL;
	struct choice c;
	if (e->quiet || !is_own_place(q)) return false;
	struct diagnostic *m = report_choice(e, q, &c);
	if (!m) return true;
	struct span at = v->span.file ? v->span : x->args->call->span;
	bool apart = at.begin > q->span.end || at.end < q->span.begin;
	diag_label(e->d, m, apart ? at : x->args->call->kid[0]->span, "`%s` needs the scores as `%s`", x->definition->text, param->text);
	note_frames(e, m);
	help_scores(e, m, q, &c);
	return true;
}

bool
report_loss_of_place(struct unit *u, const struct model *m, struct tensor *place)
{
	struct elaborator e = {.unit = u, .arena = u->arena, .d = &u->diagnostics, .p = m->train, .globals = m->globals, .training = true, .batch = m->batch};
	const struct equation *q = equation_of(m->train, place);
	struct choice c;
	if (!is_own_place(q)) return false;
	PUSH(e.arena, &e.context, e.batch);
	struct diagnostic *d = report_choice(&e, q, &c);
	const char *text = c.from;
	struct span loss = m->loss_text->span;
	if (d && (loss.begin > q->span.begin || loss.end < q->span.end)) diag_label(e.d, d, loss, "nothing else reaches the loss");
	struct value *scores = d ? chosen_from(&e, q, &text) : NULL;
	const char *fitting = scores && text ? fitting_loss(&e, scores, text) : NULL;
	if (fitting) {
		diag_help(e.d, d, "train on the scores, `loss = %s`: the number of the class is for metrics and outputs", fitting);
		if (loss.file && !strstr(span_text(e.arena, loss), "weights")) diag_edit(e.d, d, loss, "%s", fitting);
	} else if (d) {
		help_scores(&e, d, q, &c);
	}
	return true;
}
