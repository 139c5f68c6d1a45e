/* schedule.c - the order of equations: first what the loss needs, then adjoints, each gradient as soon as all that reads its parameter is done.
 *
 * A recurrence stays together; what it reads from outside comes before it.  Gradients wait in a list until they are ready. */
#include "plan/plan.h"
#include <stdlib.h>
#include <string.h>

struct scheduling {
	struct plan *plan;
	struct program *p;
	struct equation **of;
	const char *need;
	char *done; /* by tensor id */
	LIST(struct equation *) order;
	LIST(const struct recurrence_of *) loop;
	const struct recurrence_of **in; /* by tensor id */
	LIST(struct equation *) *readers; /* by tensor id: all equations that are needed */
	int *missing;            /* by tensor id: how many of what its equation reads is not there yet */
	LIST(struct equation *) waiting; /* equations of gradients that are ready */
	struct tensor **param;   /* by tensor id: the parameter whose gradient this is, or is a part of */
	struct map gradients;
};

struct tensor *
param_of_gradient(const struct tensor *t)
{
	return t->role == ROLE_ADJOINT && t->of && t->of->role == ROLE_PARAM ? t->of : NULL;
}

/* equations that lead to gradients only: everything about them can wait until it is ready */
static bool
belongs_to_a_gradient(const struct equation *q)
{
	return !q->tensor->batch && q->tensor->role == ROLE_ADJOINT;
}

static struct tensor *
root_read(const struct scheduling *s, const struct expr *read)
{
	return plan_root(s->plan, read->tensor);
}

static bool
is_to_come(const struct scheduling *s, const struct tensor *t)
{
	return s->of[t->id] && s->need[t->id] && !s->done[t->id];
}

static void
push_equation(struct scheduling *s, struct equation *q, const struct recurrence_of *loop)
{
	struct arena *a = s->p->arena;
	s->done[q->tensor->id] = 1;
	PUSH(a, &s->order, q);
	PUSH(a, &s->loop, loop);
	for (int i = 0; i < s->readers[q->tensor->id].n; i++) {
		struct equation *r = s->readers[q->tensor->id].at[i];
		if (--s->missing[r->tensor->id] == 0 && belongs_to_a_gradient(r) && !s->done[r->tensor->id]) PUSH(a, &s->waiting, r);
	}
}

static void emit_equation(struct scheduling *s, struct equation *q);

static void
emit_reads(struct scheduling *s, struct equation *q)
{
	int n;
	struct expr **reads = expr_reads(s->p, q->body, &n);
	for (int i = 0; i < n; i++) {
		struct tensor *t = root_read(s, reads[i]);
		if (s->of[t->id] && !s->done[t->id]) emit_equation(s, s->of[t->id]);
	}
}

/* an equation after all that it reads; of a recurrence all equations */
static void
emit_equation(struct scheduling *s, struct equation *q)
{
	const struct recurrence_of *r = s->in[q->tensor->id];
	if (s->done[q->tensor->id]) return;
	if (!r) {
		s->done[q->tensor->id] = 1;
		emit_reads(s, q);
		push_equation(s, q, NULL);
		return;
	}
	for (int i = 0; i < r->n; i++) s->done[r->at[i]->tensor->id] = 1;
	for (int i = 0; i < r->n; i++) emit_reads(s, r->at[i]);
	for (int i = 0; i < r->n; i++)
		if (!s->plan->place[r->at[i]->tensor->id].view) push_equation(s, r->at[i], r);
}

/* some equation still to come reads the parameter: its update must wait */
static bool
is_read_later(struct scheduling *s, const struct tensor *param, const struct equation *but)
{
	for (int i = 0; i < s->readers[param->id].n; i++) {
		const struct equation *q = s->readers[param->id].at[i];
		const struct tensor *own = s->param[q->tensor->id];
		bool finishes = own && s->plan->program->gradients.n && param_of_gradient(q->tensor);
		if (q != but && is_to_come(s, q->tensor) && !finishes) return true;
	}
	return false;
}

/* Gradients that are ready.  One waits while something still reads its parameter, and its parts with it: the rest is fused behind them. */
static void
flush_gradients(struct scheduling *s, bool all)
{
	for (bool again = true; again;) {
		again = false;
		int kept = 0, n = s->waiting.n;
		for (int i = 0; i < n; i++) {
			struct equation *q = s->waiting.at[i];
			const struct tensor *param = s->param[q->tensor->id];
			if (s->done[q->tensor->id]) continue;
			if (!all && param && is_read_later(s, param, q)) {
				s->waiting.at[kept++] = q;
				continue;
			}
			emit_equation(s, q);
			again = true;
		}
		for (int i = n; i < s->waiting.n; i++) s->waiting.at[kept++] = s->waiting.at[i];
		s->waiting.n = kept;
	}
}

static void
find_readers(struct scheduling *s)
{
	struct program *p = s->p;
	int *mark = NEW_ARRAY(p->arena, p->tensors.n + 1, int);
	for (int i = 0; i < p->equations.n; i++) {
		struct equation *q = p->equations.at[i];
		int n;
		if (!s->need[q->tensor->id] || s->plan->place[q->tensor->id].view) continue;
		struct expr **reads = expr_reads(p, q->body, &n);
		for (int r = 0; r < n; r++) {
			struct tensor *t = root_read(s, reads[r]);
			if (mark[t->id] == i + 1) continue;
			mark[t->id] = i + 1;
			PUSH(p->arena, &s->readers[t->id], q);
			s->missing[q->tensor->id] += s->of[t->id] != NULL;
		}
		if (!s->missing[q->tensor->id] && belongs_to_a_gradient(q)) PUSH(p->arena, &s->waiting, q);
	}
}

/* the gradient of a parameter and what it is a sum of */
static void
find_parts(struct scheduling *s)
{
	struct program *p = s->p;
	for (int i = 0; i < p->gradients.n; i++) {
		const struct gradient *g = &p->gradients.at[i];
		struct equation *whole = s->of[g->gradient->id];
		int n;
		s->param[g->gradient->id] = g->param;
		struct expr **reads = whole ? expr_reads(p, whole->body, &n) : NULL;
		for (int r = 0; whole && r < n; r++)
			if (!s->param[reads[r]->tensor->id]) s->param[reads[r]->tensor->id] = g->param;
	}
}

static struct schedule
finish_schedule(struct scheduling *s)
{
	struct program *p = s->p;
	int count = p->tensors.n + 1, n;
	struct schedule r = {.p = p, .of = s->of, .n = s->order.n, .order = s->order.at, .loop = s->loop.at, .position = NEW_ARRAY(p->arena, count, int),
			     .readers = NEW_ARRAY(p->arena, count, struct readers)};
	for (int i = 0; i < count; i++) r.position[i] = -1;
	for (int i = 0; i < r.n; i++) r.position[r.order[i]->tensor->id] = i;
	for (int i = 0; i < p->tensors.n; i++) r.position[i] = r.position[plan_root(s->plan, p->tensors.at[i])->id];
	LIST(int) *lists = arena_array(p->arena, (size_t)count, sizeof *lists);
	for (int i = 0; i < r.n; i++) {
		struct expr **reads = expr_reads(p, r.order[i]->body, &n);
		for (int k = 0; k < n; k++) {
			int id = reads[k]->tensor->id;
			if (!lists[id].n || lists[id].at[lists[id].n - 1] != i) PUSH(p->arena, &lists[id], i);
		}
	}
	for (int i = 0; i < count; i++) r.readers[i] = (struct readers){lists[i].n, lists[i].at};
	return r;
}

struct schedule
schedule_equations(struct plan *plan, const char *need, const char *forward)
{
	struct program *p = plan->program;
	int count = p->tensors.n + 1, loops;
	struct recurrence_of **r;
	struct scheduling s = {.plan = plan, .p = p, .of = equation_table(p), .need = need, .done = NEW_ARRAY(p->arena, count, char),
			       .in = NEW_ARRAY(p->arena, count, const struct recurrence_of *), .missing = NEW_ARRAY(p->arena, count, int),
			       .param = NEW_ARRAY(p->arena, count, struct tensor *)};
	s.readers = arena_array(p->arena, (size_t)count, sizeof *s.readers);
	loops = find_recurrences(p, &r);
	for (int i = 0; i < loops; i++)
		for (int k = 0; k < r[i]->n; k++) s.in[r[i]->at[k]->tensor->id] = r[i];
	for (int i = 0; i < p->tensors.n; i++) /* a view is not computed */
		if (plan->place[i].view) s.of[i] = NULL;
	find_readers(&s);
	find_parts(&s);
	/* first what the loss and the metrics need: an update may only follow when all of it is done */
	for (int i = 0; i < p->equations.n; i++) {
		struct equation *q = p->equations.at[i];
		if (forward[q->tensor->id] && s.of[q->tensor->id]) emit_equation(&s, q);
	}
	for (int i = 0; i < p->equations.n; i++) {
		struct equation *q = p->equations.at[i];
		if (!is_to_come(&s, q->tensor) || belongs_to_a_gradient(q)) continue;
		emit_equation(&s, q);
		if (q->tensor->role == ROLE_ADJOINT) flush_gradients(&s, false);
	}
	flush_gradients(&s, true);
	return finish_schedule(&s);
}
