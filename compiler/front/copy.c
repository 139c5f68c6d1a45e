/* copy.c - a layer that is called again, as in `repeat`, with arguments of the same shapes: its equations are copied.
 *
 * What an expansion made is a stretch of tensors, of equations and of updates.  Where the same call stands again in the same chain of calls, these
 * are written down anew over the new arguments, with weights of their own and the same indices.  Who would ask for messages, draws, or anything
 * from outside the layer but its arguments is expanded in full, as if this file were not there. */
#include "front/apply.h"
#include <string.h>

struct expanded {
	const struct node *call;
	struct expansion x;
	int calls, context_count;
	struct chained_call *chain;
	struct index **context;
	bool frozen;
	int tensors, tensors_end, equations, equations_end, updates, updates_end;
	long work;
	const char *path; /* "Block1." */
	struct value *result;
	bool checked, refused;
	struct equation **of; /* of tensors..tensors_end: NULL for parameters and states */
};

/* ---- may it be copied? ------------------------------------------------------------------------------------------------------------------------ */

/* the tensor that an argument is a plain read of, its axes in order behind samples; else NULL */
static struct tensor *
plain_tensor(const struct elaborator *e, const struct value *v)
{
	const struct expr *b = v->body;
	if (b->op != OP_READ || b->tensor->temporary || b->tensor->role == ROLE_RANDOM || b->n < v->n) return NULL;
	int lead = b->n - v->n;
	for (int i = 0; i < b->n; i++) {
		if (b->kid[i]->op != OP_INDEX) return NULL;
		const struct index *at = b->kid[i]->index;
		if (i < lead ? at != e->batch : at != v->axis[i - lead]) return NULL;
	}
	return lead <= 1 ? b->tensor : NULL;
}

static bool
same_value(const struct elaborator *e, const struct value *a, const struct value *b)
{
	if (!a || !b) return a == b;
	if (a->kind != b->kind) return false;
	switch (a->kind) {
	case VALUE_NUMBER: case VALUE_TRUTH: return a->number == b->number;
	case VALUE_DEFINITION: return a->definition == b->definition && a->home == b->home;
	case VALUE_FUNCTION: return a->function == b->function;
	case VALUE_PRIMITIVE: return a->primitive == b->primitive;
	case VALUE_WORD: case VALUE_TEXT:
		if (strcmp(a->text, b->text)) return false;
		/* fall through */
	case VALUE_LIST:
		for (int i = 0; a->n == b->n && i < a->n; i++)
			if (!same_value(e, a->item[i], b->item[i])) return false;
		return a->n == b->n;
	case VALUE_TENSOR: {
		const struct tensor *s = plain_tensor(e, a), *t = plain_tensor(e, b);
		return s && t && a->n == b->n && s->role == t->role && s->rank == t->rank && s->batch == t->batch && s->no_gradient == t->no_gradient && s->integer == t->integer && s->low == t->low &&
		       s->high == t->high && !memcmp(s->shape, t->shape, sizeof s->shape) && !a->recurrence && !b->recurrence;
	}
	default: return false;
	}
}

static bool
same_chain(const struct expanded *t, const struct elaborator *e)
{
	if (t->calls != e->calls) return false;
	for (int i = 0; i < t->calls; i++)
		if (t->chain[i].definition != e->chain[i].definition || t->chain[i].span.begin != e->chain[i].span.begin || t->chain[i].span.file != e->chain[i].span.file) return false;
	return true;
}

static bool
same_call(const struct elaborator *e, const struct expanded *t, const struct expansion *x)
{
	if (t->x.definition != x->definition || t->call != x->args->call || t->x.scope->up != x->scope->up || t->frozen != e->frozen || !same_chain(t, e)) return false;
	if (t->context_count != e->context.n || (e->context.n && memcmp(t->context, e->context.at, (size_t)e->context.n * sizeof *t->context))) return false;
	for (int k = 0; k < x->definition->kid[0]->n; k++)
		if (!same_value(e, t->x.given[k], x->given[k])) return false;
	return true;
}

static bool
is_new_value(const struct elaborator *e, const struct expanded *t, const struct tensor *tensor)
{
	for (int i = t->updates; i < t->updates_end; i++)
		if (e->p->updates.at[i].new == tensor) return true;
	return false;
}

static bool
is_argument(const struct elaborator *e, const struct expanded *t, const struct tensor *tensor)
{
	for (int k = 0; k < t->x.definition->kid[0]->n; k++) {
		const struct value *v = t->x.given[k];
		if (v && v->kind == VALUE_TENSOR && plain_tensor(e, v) == tensor) return true;
	}
	return false;
}

/* what depends on nothing is the same wherever it is computed */
static bool
is_constant(const struct elaborator *e, const struct tensor *tensor)
{
	const struct equation *q = equation_of(e->p, tensor);
	return q && !q->body->has_read;
}

/* only arguments, constants and what was made before are read, and everything has a name inside the layer */
static bool
is_closed(struct elaborator *e, struct expanded *t)
{
	struct program *p = e->p;
	int n = t->tensors_end - t->tensors;
	t->of = NEW_ARRAY(e->arena, n, struct equation *);
	for (int i = t->equations; i < t->equations_end; i++) {
		struct equation *q = p->equations.at[i];
		int id = q->tensor->id, reads_n;
		if (id < t->tensors || id >= t->tensors_end || t->of[id - t->tensors]) return false;
		t->of[id - t->tensors] = q;
		struct expr **reads = expr_reads(p, q->body, &reads_n);
		for (int r = 0; r < reads_n; r++) {
			const struct tensor *read = reads[r]->tensor;
			if (read->id >= id || (read->id < t->tensors && !is_argument(e, t, read) && !is_constant(e, read))) return false;
		}
	}
	for (int i = 0; i < n; i++) {
		const struct tensor *made = p->tensors.at[t->tensors + i];
		bool kept = tensor_is_param(made) || made->role == ROLE_STATE;
		if (strncmp(made->name, t->path, strlen(t->path)) || (t->of[i] ? made->role != ROLE_VALUE : !kept)) return false;
	}
	for (int i = t->updates; i < t->updates_end; i++)
		if (p->updates.at[i].old->id < t->tensors || p->updates.at[i].new->id < t->tensors) return false;
	int reads_n;
	struct expr **reads = expr_reads(p, t->result->body, &reads_n);
	for (int r = 0; r < reads_n; r++)
		if (reads[r]->tensor->id < t->tensors || reads[r]->tensor->id >= t->tensors_end) return false;
	return reads_n > 0;
}

/* ---- copying ------------------------------------------------------------------------------------------------------------------------------------ */

static const char *
renamed(struct elaborator *e, const struct expanded *t, const struct tensor *tensor, const char *path)
{
	return arena_print(e->arena, "%s%s", path, tensor->name + strlen(t->path));
}

static bool
weights_are_free(struct elaborator *e, const struct expanded *t, const char *path)
{
	for (int i = t->tensors; i < t->tensors_end; i++)
		if (tensor_is_param(e->p->tensors.at[i]) && map_find(&e->p->names, renamed(e, t, e->p->tensors.at[i], path))) return false;
	return true;
}

static struct tensor *
copy_kept(struct elaborator *e, const struct tensor *from, const char *name)
{
	struct tensor *t = tensor_new(e->p, name, from->role, from->rank, from->shape);
	t->no_gradient = from->no_gradient;
	t->outside_weights = from->outside_weights;
	t->start = from->start;
	t->span = from->span;
	return t;
}

static struct tensor *
copy_equation(struct elaborator *e, const struct expanded *t, const struct equation *q, const char *name, struct renaming *r)
{
	struct program *p = e->p;
	struct expr *body = rename_tensors(p, q->body, r);
	int before = p->tensors.n;
	struct tensor *made;
	if (is_new_value(e, t, q->tensor)) {
		made = tensor_new(p, name, ROLE_VALUE, q->tensor->rank, q->tensor->shape);
		equation_new(p, made, q->lhs_count, q->lhs, q->reduction, q->bound_count, q->bound, body, q->span);
	} else {
		made = define(p, name, q->lhs_count, q->lhs, q->reduction, q->bound_count, q->bound, body, ROLE_VALUE, q->tensor->span);
	}
	if (made->id < before) {
		r->merged = true;
		return made;
	}
	p->equations.at[p->equations.n - 1]->span = q->span;
	made->temporary = q->tensor->temporary;
	made->no_gradient = q->tensor->no_gradient;
	return made;
}

static struct value *
copy(struct elaborator *e, const struct expanded *t, const struct expansion *x, const char *path)
{
	struct program *p = e->p;
	struct tensor *from[MOST], *into[MOST], **to = NEW_ARRAY(e->arena, t->tensors_end - t->tensors, struct tensor *);
	struct renaming r = {.first = t->tensors, .to = to, .from = from, .into = into};
	for (int k = 0; k < x->definition->kid[0]->n; k++)
		if (x->given[k] && x->given[k]->kind == VALUE_TENSOR) {
			from[r.pairs] = plain_tensor(e, t->x.given[k]);
			into[r.pairs++] = plain_tensor(e, x->given[k]);
		}
	for (int i = t->tensors; i < t->tensors_end; i++) {
		const struct tensor *old = p->tensors.at[i];
		const struct equation *q = t->of[i - t->tensors];
		const char *name = renamed(e, t, old, path);
		to[r.n++] = q ? copy_equation(e, t, q, name, &r) : copy_kept(e, old, name);
	}
	for (int i = t->updates; i < t->updates_end; i++) {
		const struct update *u = &p->updates.at[i];
		PUSH(e->arena, &p->updates, (struct update){to[u->old->id - t->tensors], to[u->new->id - t->tensors]});
	}
	e->unit->work += t->work;
	const struct value *v = t->result;
	struct index *axes[MAX_RANK];
	new_axes(e, v->n, v->axis, axes);
	struct value *w = value_tensor(e, v->n, axes, value_at_tail(e, v, v->n, axes), v->span);
	w->body = rename_tensors(p, w->body, &r);
	return w;
}

/* arguments that are one tensor stay one */
static bool
same_arguments_equal(const struct elaborator *e, const struct expanded *t, const struct expansion *x)
{
	for (int i = 0; i < x->definition->kid[0]->n; i++)
		for (int k = 0; k < i; k++) {
			const struct value *a = x->given[i], *b = x->given[k], *c = t->x.given[i], *d = t->x.given[k];
			if (!a || !b || a->kind != VALUE_TENSOR || b->kind != VALUE_TENSOR) continue;
			if ((plain_tensor(e, a) == plain_tensor(e, b)) != (plain_tensor(e, c) == plain_tensor(e, d))) return false;
		}
	return true;
}

static bool
is_ordinary(const struct elaborator *e)
{
	return !e->quiet && !e->counters && !e->instance && e->guards.n == 0 && !e->subscript;
}

/* ---- for apply.c ---------------------------------------------------------------------------------------------------------------------------------- */

struct value *
copy_expansion(struct elaborator *e, struct expansion *x, const char *path)
{
	if (!is_ordinary(e)) return NULL;
	for (int i = e->expanded.n - 1; i >= 0 && i >= e->expanded.n - 64; i--) { /* those of late: copies stand side by side */
		struct expanded *t = e->expanded.at[i];
		if (t->refused || !same_call(e, t, x)) continue;
		if (!t->checked) t->refused = !is_closed(e, t);
		t->checked = true;
		if (t->refused || !same_arguments_equal(e, t, x) || !weights_are_free(e, t, path)) continue;
		x->mapped = t->x.mapped;
		memcpy(x->extra, t->x.extra, sizeof x->extra);
		return copy(e, t, x, path);
	}
	return NULL;
}

struct expanded *
begin_expansion(struct elaborator *e, const struct arguments *a)
{
	if (!is_ordinary(e)) return NULL;
	struct expanded *t = NEW(e->arena, struct expanded);
	*t = (struct expanded){.call = a->call, .calls = e->calls, .frozen = e->frozen, .context_count = e->context.n, .tensors = e->p->tensors.n, .equations = e->p->equations.n,
			       .updates = e->p->updates.n, .work = e->unit->work};
	t->chain = NEW_ARRAY(e->arena, e->calls + 1, struct chained_call);
	memcpy(t->chain, e->chain, (size_t)e->calls * sizeof *t->chain);
	t->context = NEW_ARRAY(e->arena, e->context.n + 1, struct index *);
	if (e->context.n) memcpy(t->context, e->context.at, (size_t)e->context.n * sizeof *t->context);
	return t;
}

void
end_expansion(struct elaborator *e, struct expanded *t, const struct expansion *x, const char *path, struct value *v)
{
	if (!t || v->kind != VALUE_TENSOR || v->recurrence) return;
	t->x = *x;
	t->path = path;
	t->result = v;
	t->tensors_end = e->p->tensors.n;
	t->equations_end = e->p->equations.n;
	t->updates_end = e->p->updates.n;
	t->work = e->unit->work - t->work;
	PUSH(e->arena, &e->expanded, t);
}
