/* learning.c - what is said about parameters that cannot learn. */
#include "driver/learning.h"
#include "derive/derive.h"
#include <ctype.h>
#include <string.h>

static bool
same_span(struct span a, struct span b)
{
	return a.file == b.file && a.begin == b.begin && a.end == b.end;
}

static bool
lies_in(struct span a, struct span b)
{
	return a.file == b.file && a.begin >= b.begin && a.end <= b.end;
}

/* parameters that the same line makes and the same thing cuts off share a message */
static bool
same_story(const struct unreached *a, const struct unreached *b)
{
	return a->reason == b->reason && same_span(a->where, b->where) && same_span(a->param->span, b->param->span);
}

/* "`Dense1.W`, `Dense1.b` and 3 more", of those with the story of u[0]; *count of them */
static const char *
names_of(struct arena *a, const struct unreached *u, int n, int *count)
{
	struct text t = {.arena = a};
	*count = 0;
	for (int i = 0; i < n; i++) *count += same_story(&u[0], &u[i]);
	int shown = *count <= 3 ? *count : 2;
	for (int i = 0, k = 0; i < n && k < shown; i++) {
		if (!same_story(&u[0], &u[i])) continue;
		text_add(&t, "%s`%s`", k == 0 ? "" : k == *count - 1 ? " and " : ", ", u[i].param->name);
		k++;
	}
	if (*count > shown) text_add(&t, " and %d more", *count - shown);
	return text_end(&t);
}

static const char *
reason_text(struct arena *a, const struct unreached *u)
{
	switch (u->reason) {
	case BY_FUNCTION: return arena_print(a, "`%s` lets none through", u->function);
	case BY_PLACE: return "the place of a maximum or minimum has no derivative";
	case BY_WHOLE_NUMBER: return "whole numbers have no derivative";
	case BY_CONDITION: return "it only decides a condition here";
	default: return "";
	}
}

static char *
lower_case(struct arena *a, const char *name)
{
	char *s = arena_print(a, "%s", name);
	for (char *c = s; *c; c++) *c = (char)tolower((unsigned char)*c);
	return s;
}

static void
warn(struct diagnostics *d, const struct unreached *u, int n)
{
	int count;
	const char *names = names_of(d->arena, u, n, &count);
	struct diagnostic *m;
	if (u->reason == NOT_USED) {
		m = diag_warning(d, "unreached", u->param->span, "", "%s %s not reach the loss", names, count == 1 ? "does" : "do");
	} else {
		m = diag_warning(d, "unreached", u->where, reason_text(d->arena, u), "no gradient reaches %s", names);
		if (!lies_in(u->param->span, u->where)) diag_label(d, m, u->param->span, "made here");
	}
	diag_note(d, m, "%s as at the start: training changes only what the loss depends on", count == 1 ? "it stays" : "they stay");
	if (strchr(u->param->name, '.')) diag_help(d, m, "if this is meant, say so: `layer %.*s = frozen ...`", (int)strcspn(u->param->name, "0123456789."), lower_case(d->arena, u->param->name));
	else if (u->reason == NOT_USED) diag_help(d, m, "use it in the loss, or take it out");
}

/* nothing learns: an error; the primary span is the loss */
static void
report_constant_loss(struct unit *unit, const struct model *m, const struct unreached *u, int n)
{
	struct diagnostics *d = &unit->diagnostics;
	const struct unreached *blocked = NULL;
	for (int i = 0; i < n && !blocked; i++)
		if (u[i].reason != NOT_USED) blocked = &u[i];
	if (!blocked) {
		diag_new(d, "no-gradient", m->train->loss->span, n == 1 ? "without the only parameter" : arena_print(d->arena, "without any of the %d parameters", n),
			 "the loss does not depend on what model `%s` could learn", m->name);
		return;
	}
	if (blocked->place && report_loss_of_place(unit, m, blocked->place)) return;
	const struct span loss = m->train->loss->span;
	const char *why = reason_text(d->arena, blocked), *label = blocked->reason == BY_FUNCTION ? "" : "piecewise constant: its gradient is 0 everywhere";
	bool inside = lies_in(blocked->where, loss);
	struct diagnostic *e = diag_new(d, "no-gradient", loss, inside && !*label ? why : label, "the loss has no useful derivative");
	bool same = blocked->where.begin == loss.begin && blocked->where.end == loss.end;
	if (!inside && !same) diag_label(d, e, blocked->where, "%s", why);
	help_other_loss(unit, m, e);
}

void
check_learning(struct unit *unit, const struct model *m)
{
	struct diagnostics *d = &unit->diagnostics;
	struct unreached *u;
	int n = find_unreached(m->train, &u), params = 0;
	bool frozen = false;
	for (int i = 0; i < m->train->tensors.n; i++) {
		params += m->train->tensors.at[i]->role == ROLE_PARAM;
		frozen |= m->train->tensors.at[i]->role == ROLE_FROZEN;
	}
	if (!params && m->training.present)
		diag_new(d, "no-gradient", m->span, frozen ? "all of its parameters are frozen" : "it has no parameters", "model `%s` has a train block, but nothing to learn", m->name);
	if (n && n == params) {
		report_constant_loss(unit, m, u, n);
		return;
	}
	for (int i = 0; i < n; i++) {
		bool said = false;
		for (int k = 0; k < i; k++) said |= same_story(&u[k], &u[i]);
		if (!said) warn(d, u + i, n - i);
	}
}
