/* reach.c - which parameters the gradient does not reach, and what is in its way.
 *
 * From the loss the gradient goes on to what an equation reads, unless it is read in a condition or a subscript, behind a function whose
 * derivative is 0, or is a whole number.  Where an equation that the gradient reaches reads something that it does not reach, whatever leads there
 * is cut off. */
#include "core/function.h"
#include "derive/derive.h"

struct search {
	struct program *p;
	struct equation **of; /* by tensor id */
	char *reached;        /* by tensor id */
	char *mark;           /* by expression id */
	LIST(struct tensor *) todo;
};

static bool
is_flat(struct program *p, const struct expr *e)
{
	return e->op == OP_CALL && is_number(e->function->derivative(p, e->kid[0], e->kid[0]), 0);
}

/* does the gradient of e go on to its k-th kid? */
static bool
goes_on(struct program *p, const struct expr *e, int k)
{
	switch (e->op) {
	case OP_ADD: case OP_MUL: case OP_POW: return true;
	case OP_IF: return k > 0;
	case OP_CALL: return !is_flat(p, e);
	default: return false;
	}
}

static bool
carries_gradient(const struct search *s, const struct tensor *t)
{
	const struct equation *q = s->of[t->id];
	return !t->integer && !t->no_gradient && !(q && (q->reduction == ARGMAX || q->reduction == ARGMIN));
}

static void
reach(struct search *s, struct tensor *t)
{
	if (s->reached[t->id] || !carries_gradient(s, t)) return;
	s->reached[t->id] = 1;
	PUSH(s->p->arena, &s->todo, t);
}

/* everything to which the gradient goes on through one body; marks go from the whole to its parts */
static void
reach_reads(struct search *s, struct expr *body)
{
	int n;
	struct expr **node = expr_nodes(s->p, body, &n);
	s->mark[body->id] = 1;
	for (int i = n - 1; i >= 0; i--) {
		const struct expr *e = node[i];
		bool marked = s->mark[e->id];
		s->mark[e->id] = 0;
		if (!marked || e->integer) continue;
		if (e->op == OP_READ) reach(s, e->tensor);
		for (int k = 0; k < e->n; k++)
			if (goes_on(s->p, e, k)) s->mark[e->kid[k]->id] = 1;
	}
}

/* what the body does with t that stops the gradient */
static void
find_reason(struct search *s, const struct equation *q, struct tensor *t, struct unreached *u)
{
	const struct equation *maker = s->of[t->id];
	int n;
	u->where = q->span;
	if (t->integer && maker) {
		u->where = maker->span;
		u->reason = maker->reduction == ARGMAX || maker->reduction == ARGMIN ? BY_PLACE : BY_WHOLE_NUMBER;
		if (u->reason == BY_PLACE) u->place = t;
		return;
	}
	u->reason = BY_CONDITION;
	struct expr **node = expr_nodes(s->p, q->body, &n);
	for (int i = 0; i < n; i++) {
		if (!is_flat(s->p, node[i])) continue;
		int reads_n;
		struct expr **reads = expr_reads(s->p, node[i], &reads_n);
		for (int r = 0; r < reads_n; r++)
			if (reads[r]->tensor == t) {
				u->reason = BY_FUNCTION;
				u->function = node[i]->function->name;
			}
	}
}

/* everything that leads to t, which the gradient does not reach, is cut off at q */
static void
cut_off(struct search *s, const struct equation *q, struct tensor *t, struct unreached *by_id, char *seen)
{
	struct unreached u = {0};
	if (seen[t->id]) return;
	find_reason(s, q, t, &u);
	s->todo.n = 0;
	seen[t->id] = 1;
	PUSH(s->p->arena, &s->todo, t);
	while (s->todo.n) {
		struct tensor *at = s->todo.at[--s->todo.n];
		by_id[at->id] = u;
		if (!s->of[at->id]) continue;
		int n;
		struct expr **reads = expr_reads(s->p, s->of[at->id]->body, &n);
		for (int r = 0; r < n; r++) {
			struct tensor *from = reads[r]->tensor;
			if (seen[from->id] || s->reached[from->id]) continue;
			seen[from->id] = 1;
			PUSH(s->p->arena, &s->todo, from);
		}
	}
}

int
find_unreached(struct program *p, struct unreached **out)
{
	struct search s = {.p = p, .of = equation_table(p), .reached = NEW_ARRAY(p->arena, p->tensors.n + 1, char), .mark = NEW_ARRAY(p->arena, p->expr_count + 1, char)};
	int n = 0;
	reach(&s, p->loss);
	while (s.todo.n) {
		const struct equation *q = s.of[s.todo.at[--s.todo.n]->id];
		if (q) reach_reads(&s, q->body);
	}
	for (int i = 0; i < p->tensors.n; i++) n += p->tensors.at[i]->role == ROLE_PARAM && !s.reached[i];
	*out = NEW_ARRAY(p->arena, n + 1, struct unreached);
	if (n == 0) return 0;
	struct unreached *by_id = NEW_ARRAY(p->arena, p->tensors.n + 1, struct unreached);
	char *seen = NEW_ARRAY(p->arena, p->tensors.n + 1, char);
	for (int i = 0; i < p->equations.n; i++) {
		const struct equation *q = p->equations.at[i];
		int reads_n;
		if (!s.reached[q->tensor->id]) continue;
		struct expr **reads = expr_reads(p, q->body, &reads_n);
		for (int r = 0; r < reads_n; r++)
			if (!s.reached[reads[r]->tensor->id]) cut_off(&s, q, reads[r]->tensor, by_id, seen);
	}
	n = 0;
	for (int i = 0; i < p->tensors.n; i++) {
		if (p->tensors.at[i]->role != ROLE_PARAM || s.reached[i]) continue;
		by_id[i].param = p->tensors.at[i];
		(*out)[n++] = by_id[i];
	}
	return n;
}
