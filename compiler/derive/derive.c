/* derive.c - the adjoint equations of a program.
 *
 * For each equation Y[l] = red(r) body that leads from a parameter to the loss: the adjoint of Y, times what the reduction asks for, goes backwards
 * through the body (reverse) to each read T[f(l, r)]; f = p is solved for l and r (solve), what is left over is summed (collect), and the
 * contributions to T from all its readers add up.  A scatter never appears. */
#include "derive/derive.h"
#include <string.h>

struct contribution {
	struct index **lhs;
	struct expr *value;
};

struct solved { /* what was solved before: equations that are copies have the same indices */
	uint32_t hash;
	int n, unknown_count, lhs_count;
	struct expr *const *subscript, *const *target;
	struct index *const *unknown;
	struct solution solution;
};

LIST_TYPE(index_list, struct index *);

struct derivation {
	struct program *p;
	struct index_list left[MAX_RANK]; /* the indices of adjoints, by axis */
	struct solved *solved;            /* a hash table */
	int solved_count, solved_room;
	struct equation **of;  /* by tensor id, of the program before */
	char *need;            /* by tensor id */
	int tensors;           /* before */
	struct tensor **adjoint;
	LIST(struct contribution) *contributions;
	struct map taken;      /* names of tensors that are no adjoints */
};

static bool
carries(const struct tensor *t, const struct equation *q)
{
	return !t->no_gradient && !t->integer && q->reduction != ARGMAX && q->reduction != ARGMIN;
}

/* what depends on wrt, and of that what the loss depends on */
static void
find_needed(struct derivation *d, int n, struct tensor *const wrt[])
{
	struct program *p = d->p;
	char *active = NEW_ARRAY(p->arena, d->tensors, char);
	for (int i = 0; i < n; i++) active[wrt[i]->id] = 1;
	for (bool changed = true; changed;) {
		changed = false;
		for (int i = 0; i < p->equations.n; i++) {
			struct equation *q = p->equations.at[i];
			if (active[q->tensor->id] || !carries(q->tensor, q)) continue;
			int reads_n;
			struct expr **reads = expr_reads(p, q->body, &reads_n);
			for (int r = 0; r < reads_n; r++)
				if (active[reads[r]->tensor->id]) active[q->tensor->id] = 1;
			changed |= active[q->tensor->id];
		}
	}
	LIST(struct tensor *) todo = {0};
	PUSH(p->arena, &todo, p->loss);
	while (todo.n) {
		struct tensor *t = todo.at[--todo.n];
		if (d->need[t->id] || !active[t->id]) continue;
		d->need[t->id] = 1;
		if (!d->of[t->id]) continue;
		int reads_n;
		struct expr **reads = expr_reads(p, d->of[t->id]->body, &reads_n);
		for (int r = 0; r < reads_n; r++) PUSH(p->arena, &todo, reads[r]->tensor);
	}
}

/* d + name, after the path: Dense1.W -> Dense1.dW; a name that is taken gets an underscore */
static const char *
adjoint_name(const struct derivation *d, const struct tensor *t, const char *suffix)
{
	struct program *p = d->p;
	const char *dot = strrchr(t->name, '.');
	const char *name = dot ? arena_print(p->arena, "%.*s.d%s%s", (int)(dot - t->name), t->name, dot + 1, suffix) : arena_print(p->arena, "d%s%s", t->name, suffix);
	return map_find(&d->taken, name) ? arena_print(p->arena, "%s_", name) : name;
}

/* adjoints share the indices of their left sides: copies of an equation give copies again */
static struct index *
left_index(struct derivation *d, int axis, const char *name, long size, bool batch)
{
	struct program *p = d->p;
	struct index_list *l = &d->left[axis];
	for (int i = 0; i < l->n; i++)
		if (l->at[i]->batch == batch && l->at[i]->size == size && !strcmp(l->at[i]->name, name)) return l->at[i];
	PUSH(p->arena, l, batch ? index_batch(p, name) : index_new(p, name, size));
	return l->at[l->n - 1];
}

/* indices for the axes of t, named as in its equation or at the read, where there is one; no equation of before has them */
static struct index **
new_lhs(struct derivation *d, const struct tensor *t, const struct expr *read)
{
	static const char *const letters[] = {"p", "q", "r", "s", "u", "v", "w", "y"};
	struct program *p = d->p;
	struct index **lhs = NEW_ARRAY(p->arena, t->rank + 1, struct index *);
	const struct equation *q = d->of[t->id];
	for (int i = 0; i < t->rank; i++) {
		const char *name = q ? q->lhs[i]->name : read && read->kid[i]->op == OP_INDEX ? read->kid[i]->index->name : letters[i % 8];
		for (int k = 0; k < i; k++)
			if (!strcmp(lhs[k]->name, name)) name = letters[i % 8];
		lhs[i] = t->batch && i == 0 ? left_index(d, i, "n", 0, true) : left_index(d, i, name, t->shape[i], false);
	}
	return lhs;
}

/* the product of all other factors: prefix * suffix would need recurrences, so the pairs are written out: prod(r') if r' == r then 1 else b[r'] */
static struct expr *
other_factors(struct program *p, const struct equation *q)
{
	int n = q->bound_count;
	struct index **again = NEW_ARRAY(p->arena, n, struct index *), **lhs = NEW_ARRAY(p->arena, q->lhs_count + n, struct index *);
	struct expr **to = NEW_ARRAY(p->arena, n, struct expr *), *same = truth(p, true);
	memcpy(lhs, q->lhs, (size_t)q->lhs_count * sizeof *lhs);
	for (int i = 0; i < n; i++) {
		again[i] = index_new(p, q->bound[i]->name, q->bound[i]->size);
		again[i]->batch = q->bound[i]->batch;
		to[i] = index_of(p, again[i]);
		lhs[q->lhs_count + i] = q->bound[i];
		same = both(p, same, equal(p, to[i], index_of(p, q->bound[i])));
	}
	struct expr *body = choose(p, same, number(p, 1), substitute(p, q->body, n, q->bound, to));
	struct tensor *t = define(p, arena_print(p->arena, "%s_others", q->tensor->name), q->lhs_count + n, lhs, PROD, n, again, body, ROLE_VALUE, q->span);
	return read_at(p, t, lhs);
}

/* the adjoint of the body: that of the whole, as the reduction hands it on */
static struct expr *
seed_of(struct derivation *d, const struct equation *q)
{
	struct program *p = d->p;
	struct expr *g = read_at(p, d->adjoint[q->tensor->id], q->lhs);
	bool batch;
	double count = bound_elements(q, &batch);
	switch (q->reduction) {
	case MEAN:
		g = scale(p, 1 / count, g);
		return batch ? divide(p, g, batch_size(p)) : g;
	case MAX:
	case MIN: {
		struct tensor *at = define(p, arena_print(p->arena, "%s_at", q->tensor->name), q->lhs_count, q->lhs, q->reduction == MAX ? ARGMAX : ARGMIN, q->bound_count, q->bound,
					   q->body, ROLE_VALUE, q->span);
		struct expr *flat = number(p, 0);
		for (int i = 0; i < q->bound_count; i++) flat = add(p, scale(p, (double)q->bound[i]->size, flat), index_of(p, q->bound[i]));
		return choose(p, equal(p, flat, read_at(p, at, q->lhs)), g, number(p, 0));
	}
	case PROD: return mul(p, g, other_factors(p, q));
	default: return g;
	}
}

static uint32_t
solved_hash(int n, struct expr *const subscripts[], struct expr *const target[], int unknown_count, struct index *const unknowns[])
{
	uint64_t h = 0;
	for (int i = 0; i < n; i++) h = (h * 31 + (uint64_t)subscripts[i]->id) * 31 + (uint64_t)target[i]->id;
	for (int i = 0; i < unknown_count; i++) h = h * 31 + (uint64_t)unknowns[i]->id;
	return (uint32_t)((h ^ h >> 32) * 0x9e3779b97f4a7c15u >> 32);
}

static struct solved *
solved_slot(struct solved *table, int room, const struct solved *key)
{
	for (int i = (int)(key->hash & (uint32_t)(room - 1));; i = (i + 1) & (room - 1)) {
		struct solved *s = &table[i];
		if (!s->unknown) return s;
		if (s->hash == key->hash && s->n == key->n && s->unknown_count == key->unknown_count && s->lhs_count == key->lhs_count &&
		    !memcmp(s->subscript, key->subscript, (size_t)key->n * sizeof *s->subscript) && !memcmp(s->target, key->target, (size_t)key->n * sizeof *s->target) &&
		    !memcmp(s->unknown, key->unknown, (size_t)key->unknown_count * sizeof *s->unknown))
			return s;
	}
}

static struct solution
solve_once(struct derivation *d, int n, struct expr *const subscripts[], struct expr *const target[], int unknown_count, struct index *const unknowns[], int lhs_count)
{
	struct program *p = d->p;
	struct solved key = {solved_hash(n, subscripts, target, unknown_count, unknowns), n, unknown_count, lhs_count, subscripts, target, unknowns, {0}};
	if (2 * (d->solved_count + 1) > d->solved_room) {
		struct solved *old = d->solved;
		int before = d->solved_room;
		d->solved_room = before ? 2 * before : 64;
		d->solved = NEW_ARRAY(p->arena, d->solved_room, struct solved);
		for (int i = 0; i < before; i++)
			if (old[i].unknown) *solved_slot(d->solved, d->solved_room, &old[i]) = old[i];
	}
	struct solved *s = solved_slot(d->solved, d->solved_room, &key);
	if (!s->unknown) {
		*s = key;
		s->solution = solve(p, n, subscripts, target, unknown_count, unknowns, lhs_count);
		d->solved_count++;
	}
	return s->solution;
}

static void
derive_equation(struct derivation *d, const struct equation *q)
{
	struct program *p = d->p;
	struct read_adjoint *reads;
	int n = reverse(p, q, seed_of(d, q), &reads);
	int unknown_count = q->lhs_count + q->bound_count;
	struct index **unknowns = NEW_ARRAY(p->arena, unknown_count + 1, struct index *);
	memcpy(unknowns, q->lhs, (size_t)q->lhs_count * sizeof *unknowns);
	memcpy(unknowns + q->lhs_count, q->bound, (size_t)q->bound_count * sizeof *unknowns);
	for (int i = 0; i < n; i++) {
		struct tensor *t = reads[i].read->tensor;
		if (t->id >= d->tensors || !d->need[t->id]) continue;
		struct index **lhs = new_lhs(d, t, reads[i].read);
		struct expr **target = NEW_ARRAY(p->arena, t->rank + 1, struct expr *);
		for (int k = 0; k < t->rank; k++) target[k] = index_of(p, lhs[k]);
		struct solution s = solve_once(d, t->rank, reads[i].read->kid, target, unknown_count, unknowns, q->lhs_count);
		/* guards first: only where they hold do the solved subscripts mean anything */
		struct expr *g = substitute(p, reads[i].adjoint, s.n, s.index, s.value);
		if (t->batch && !q->tensor->batch) g = mul(p, g, batch_size(p));
		if (!t->batch && q->tensor->batch) g = divide(p, g, batch_size(p));
		g = choose(p, s.guard, g, number(p, 0));
		g = collect(p, g, t->rank, lhs, s.left_count, s.left, adjoint_name(d, t, "_part"), q->span);
		PUSH(p->arena, &d->contributions[t->id], (struct contribution){lhs, g});
	}
}

/* dT[p] = the sum of all contributions */
static void
add_up(struct derivation *d, struct tensor *t)
{
	struct program *p = d->p;
	int n = d->contributions[t->id].n;
	struct contribution *c = d->contributions[t->id].at;
	struct index **lhs = n ? c[0].lhs : d->of[t->id] ? d->of[t->id]->lhs : new_lhs(d, t, NULL);
	struct expr *body = number(p, t == p->loss ? 1 : 0);
	for (int i = 0; i < n; i++) {
		struct expr **to = NEW_ARRAY(p->arena, t->rank + 1, struct expr *);
		for (int k = 0; k < t->rank; k++) to[k] = index_of(p, lhs[k]);
		body = add(p, body, substitute(p, c[i].value, t->rank, c[i].lhs, to));
	}
	struct span span = d->of[t->id] ? d->of[t->id]->span : t->span;
	equation_new(p, d->adjoint[t->id], t->rank, lhs, MAP, 0, NULL, body, span);
}

/* two parameters with one path but for the last name */
static bool
same_layer(const struct tensor *a, const struct tensor *b)
{
	const char *x = strrchr(a->name, '.'), *y = strrchr(b->name, '.');
	size_t n = x ? (size_t)(x - a->name) : 0, m = y ? (size_t)(y - b->name) : 0;
	return a->role == ROLE_PARAM && b->role == ROLE_PARAM && n == m && !strncmp(a->name, b->name, n);
}

void
derive(struct program *p, int n, struct tensor *const wrt[])
{
	struct derivation d = {.p = p, .of = equation_table(p), .tensors = p->tensors.n};
	int equations = p->equations.n;
	d.need = NEW_ARRAY(p->arena, d.tensors, char);
	d.adjoint = NEW_ARRAY(p->arena, d.tensors, struct tensor *);
	d.contributions = arena_array(p->arena, (size_t)d.tensors, sizeof *d.contributions);
	for (int i = 0; i < d.tensors; i++) *map_get(p->arena, &d.taken, p->tensors.at[i]->name) = 1;
	find_needed(&d, n, wrt);
	for (int i = 0; i < d.tensors; i++) {
		struct tensor *t = p->tensors.at[i];
		if (!d.need[i]) continue;
		d.adjoint[i] = tensor_new(p, adjoint_name(&d, t, ""), ROLE_ADJOINT, t->rank, t->shape);
		d.adjoint[i]->batch = t->batch;
		d.adjoint[i]->of = t;
		d.adjoint[i]->span = t->span;
	}
	for (int i = equations - 1; i >= 0; i--)
		if (d.need[p->equations.at[i]->tensor->id]) derive_equation(&d, p->equations.at[i]);
	for (int last = d.tensors - 1, first; last >= 0; last = first - 1) { /* backwards, but the parameters of one layer as they were declared */
		for (first = last; first > 0 && same_layer(p->tensors.at[first - 1], p->tensors.at[last]); first--) {}
		for (int i = first; i <= last; i++)
			if (d.need[i]) add_up(&d, p->tensors.at[i]);
	}
	for (int i = 0; i < n; i++)
		if (d.adjoint[wrt[i]->id]) PUSH(p->arena, &p->gradients, (struct gradient){wrt[i], d.adjoint[wrt[i]->id]});
	remove_dead(p);
	order_equations(p);
}
