/* order.c - what follows from who reads whom: an order of computation, recurrences, and what nobody needs.
 *
 * Equations that read each other in a cycle are a recurrence: all of them run over one axis, time, and read each other at steps before (or, as
 * adjoints do, after) their own.  The strongly connected components (Tarjan 1972) come out in an order in which each reads only earlier ones;
 * inside a recurrence, what is read at the same step comes first. */
#include "core/equation.h"
#include <stdlib.h>
#include <string.h>

struct equation **
equation_table(struct program *p)
{
	struct equation **of = NEW_ARRAY(p->arena, p->tensors.n + 1, struct equation *);
	for (int i = 0; i < p->equations.n; i++) of[p->equations.at[i]->tensor->id] = p->equations.at[i];
	return of;
}

/* ---- what nobody needs --------------------------------------------------------------------------------------------------------------------- */

static void
mark_read(struct program *p, struct equation **of, char *seen, const struct tensor *t)
{
	struct equation *q = of[t->id];
	int n;
	if (seen[t->id]) return;
	seen[t->id] = 1;
	if (!q) return;
	struct expr **reads = expr_reads(p, q->body, &n);
	for (int i = 0; i < n; i++) mark_read(p, of, seen, reads[i]->tensor);
}

void
remove_dead(struct program *p)
{
	struct equation **of = equation_table(p);
	char *seen = NEW_ARRAY(p->arena, p->tensors.n + 1, char);
	if (p->loss) mark_read(p, of, seen, p->loss);
	for (int i = 0; i < p->outputs.n; i++) mark_read(p, of, seen, p->outputs.at[i]);
	for (int i = 0; i < p->metrics.n; i++) mark_read(p, of, seen, p->metrics.at[i]);
	for (int i = 0; i < p->updates.n; i++) mark_read(p, of, seen, p->updates.at[i].new);
	for (int i = 0; i < p->gradients.n; i++) mark_read(p, of, seen, p->gradients.at[i].gradient);
	int n = 0;
	for (int i = 0; i < p->equations.n; i++)
		if (seen[p->equations.at[i]->tensor->id]) p->equations.at[n++] = p->equations.at[i];
	p->equations.n = n;
	forget_values(p, seen);
}

/* ---- recurrences ------------------------------------------------------------------------------------------------------------------------------- */

/* v + k in a subscript: true, and the k */
static bool
is_offset(struct program *p, struct expr *subscript, const struct index *v, long *k)
{
	struct affine *a = affine_of(p, subscript);
	*k = a->constant;
	return a->n == 1 && a->term[0].coefficient == 1 && a->term[0].atom->op == OP_INDEX && a->term[0].atom->index == v;
}

struct members { /* of a component, by tensor id: 1 + the place in the component; 0: not in it */
	struct program *p;
	struct recurrence_of *r;
	const int *place;
};

static int
member_of(const struct members *m, const struct expr *read)
{
	return m->place[read->tensor->id] - 1;
}

/* the axis of time of every member, from one that is known on; false when the reads do not agree */
static bool
spread_time(struct members *m, int from)
{
	const struct equation *q = m->r->at[from];
	const struct index *t = q->lhs[m->r->time[from]];
	int n;
	long k;
	struct expr **reads = expr_reads(m->p, q->body, &n);
	for (int i = 0; i < n; i++) {
		int to = member_of(m, reads[i]);
		if (to < 0) continue;
		if (m->r->time[to] >= 0) {
			if (!is_offset(m->p, reads[i]->kid[m->r->time[to]], t, &k)) return false;
			continue;
		}
		for (int s = 0; s < reads[i]->n; s++)
			if (is_offset(m->p, reads[i]->kid[s], t, &k)) m->r->time[to] = s;
		if (m->r->time[to] < 0 || !spread_time(m, to)) return false;
	}
	return true;
}

/* one read at another step says which axis is time, and in which direction it runs */
static bool
find_time(struct members *m)
{
	struct recurrence_of *r = m->r;
	for (int i = 0; i < r->n; i++) {
		int n;
		long k;
		struct expr **reads = expr_reads(m->p, r->at[i]->body, &n);
		for (int a = 0; a < n; a++)
			for (int s = 0; member_of(m, reads[a]) >= 0 && s < reads[a]->n; s++)
				for (int l = 0; l < r->at[i]->lhs_count; l++) {
					if (!is_offset(m->p, reads[a]->kid[s], r->at[i]->lhs[l], &k) || k == 0) continue;
					for (int x = 0; x < r->n; x++) r->time[x] = -1;
					r->time[i] = l;
					r->direction = k < 0 ? 1 : -1;
					r->steps = r->at[i]->lhs[l]->size;
					if (spread_time(m, i)) return true;
				}
	}
	return false;
}

/* the step, relative to its own, at which a member reads another */
long
recurrence_offset(struct program *p, const struct recurrence_of *r, int reader, const struct expr *read)
{
	for (int i = 0; i < r->n; i++) {
		long k = 0;
		if (r->at[i]->tensor != read->tensor) continue;
		is_offset(p, read->kid[r->time[i]], r->at[reader]->lhs[r->time[reader]], &k);
		return k;
	}
	return 0;
}

/* members that are read at the same step first; false: they read each other at it, or steps that come later */
static bool
visit_member(struct members *m, int i, char *state, struct equation **order, int *time, int *count)
{
	int n;
	if (state[i]) return state[i] == 2;
	state[i] = 1;
	struct expr **reads = expr_reads(m->p, m->r->at[i]->body, &n);
	for (int a = 0; a < n; a++) {
		int to = member_of(m, reads[a]);
		if (to < 0) continue;
		long k = recurrence_offset(m->p, m->r, i, reads[a]) * m->r->direction;
		if (k > 0 || (k == 0 && !visit_member(m, to, state, order, time, count))) return false;
	}
	state[i] = 2;
	order[*count] = m->r->at[i];
	time[(*count)++] = m->r->time[i];
	return true;
}

static bool
order_recurrence(struct members *m)
{
	struct recurrence_of *r = m->r;
	struct equation **order = NEW_ARRAY(m->p->arena, r->n, struct equation *);
	int *time = NEW_ARRAY(m->p->arena, r->n, int), count = 0;
	char *state = NEW_ARRAY(m->p->arena, r->n, char);
	if (!find_time(m)) return false;
	for (int i = 0; i < r->n; i++)
		if (!visit_member(m, i, state, order, time, &count)) return false;
	r->at = order;
	r->time = time;
	return true;
}

/* ---- components -------------------------------------------------------------------------------------------------------------------------------- */

struct components {
	struct program *p;
	struct equation **of;
	int *number, *low; /* by tensor id; number 0: not seen */
	char *on_stack;
	int count;
	LIST(struct tensor *) stack;
	LIST(struct equation *) order;
	LIST(struct recurrence_of *) recurrences;
	int *place; /* by tensor id, for members_of */
	bool broken;
};

static bool
reads_itself(struct program *p, const struct equation *q)
{
	int n;
	struct expr **reads = expr_reads(p, q->body, &n);
	for (int i = 0; i < n; i++)
		if (reads[i]->tensor == q->tensor) return true;
	return false;
}

/* the tensors above `root` on the stack are one component */
static void
finish_component(struct components *c, const struct tensor *root)
{
	struct program *p = c->p;
	int from = c->stack.n - 1;
	while (c->stack.at[from] != root) from--;
	int n = c->stack.n - from;
	for (int i = from; i < c->stack.n; i++) c->on_stack[c->stack.at[i]->id] = 0;
	c->stack.n = from;
	if (n == 1 && !reads_itself(p, c->of[root->id])) {
		PUSH(p->arena, &c->order, c->of[root->id]);
		return;
	}
	struct recurrence_of *r = NEW(p->arena, struct recurrence_of);
	*r = (struct recurrence_of){.n = n, .at = NEW_ARRAY(p->arena, n, struct equation *), .time = NEW_ARRAY(p->arena, n, int), .first = c->order.n};
	for (int i = 0; i < n; i++) {
		r->at[i] = c->of[c->stack.at[from + i]->id];
		c->place[r->at[i]->tensor->id] = i + 1;
	}
	struct members m = {p, r, c->place};
	c->broken |= !order_recurrence(&m);
	for (int i = 0; i < n; i++) {
		c->place[r->at[i]->tensor->id] = 0;
		PUSH(p->arena, &c->order, r->at[i]);
	}
	PUSH(p->arena, &c->recurrences, r);
}

static void
visit(struct components *c, struct tensor *t)
{
	struct equation *q = c->of[t->id];
	int n;
	if (c->number[t->id] || !q) return;
	c->number[t->id] = c->low[t->id] = ++c->count;
	c->on_stack[t->id] = 1;
	PUSH(c->p->arena, &c->stack, t);
	struct expr **reads = expr_reads(c->p, q->body, &n);
	for (int i = 0; i < n; i++) {
		const struct tensor *r = reads[i]->tensor;
		if (!c->of[r->id]) continue;
		if (!c->number[r->id]) {
			visit(c, reads[i]->tensor);
			if (c->low[r->id] < c->low[t->id]) c->low[t->id] = c->low[r->id];
		} else if (c->on_stack[r->id] && c->number[r->id] < c->low[t->id]) {
			c->low[t->id] = c->number[r->id];
		}
	}
	if (c->low[t->id] == c->number[t->id]) finish_component(c, t);
}

static struct components
components_of(struct program *p)
{
	int n = p->tensors.n + 1;
	struct components c = {.p = p, .of = equation_table(p), .number = NEW_ARRAY(p->arena, n, int), .low = NEW_ARRAY(p->arena, n, int),
			       .on_stack = NEW_ARRAY(p->arena, n, char), .place = NEW_ARRAY(p->arena, n, int)};
	for (int i = 0; i < p->equations.n; i++) visit(&c, p->equations.at[i]->tensor);
	return c;
}

bool
order_equations(struct program *p)
{
	struct components c = components_of(p);
	p->equations.at = c.order.at;
	p->equations.n = c.order.n;
	p->equations.room = c.order.room;
	return !c.broken;
}

int
find_recurrences(struct program *p, struct recurrence_of ***out)
{
	struct components c = components_of(p);
	*out = c.recurrences.at;
	return c.recurrences.n;
}
