/* rename.c - expressions that differ only in the names of their indices, or of their tensors. */
#include "core/equation.h"
#include "core/expr_node.h"

/* ---- other indices ------------------------------------------------------------------------------------------------------------------------------ */

struct pairing {
	int n;
	struct index *const *from, *const *into;
	struct memo *met; /* nodes that were found to be the same, with what */
};

static bool is_paired(struct program *p, struct expr *a, struct expr *b, struct pairing *names);

/* Kids stand in their order, which says nothing about those that have the same. */
static bool
kids_paired(struct program *p, struct expr *a, struct expr *b, struct pairing *names)
{
	uint64_t taken = 0;
	for (int i = 0; i < a->n; i++) {
		int k = i;
		if (a->n <= 64) {
			for (k = 0; k < b->n && ((taken >> k & 1) || b->kid[k]->order != a->kid[i]->order || !is_paired(p, a->kid[i], b->kid[k], names)); k++)
				;
			if (k == b->n) return false;
			taken |= (uint64_t)1 << k;
		} else if (!is_paired(p, a->kid[i], b->kid[k], names)) {
			return false;
		}
	}
	return true;
}

static bool
is_paired(struct program *p, struct expr *a, struct expr *b, struct pairing *names)
{
	if (a->op != b->op || a->n != b->n || a->free->n != b->free->n) return false;
	if (a->free->n == 0 && a == b) return true;
	if (a->op == OP_INDEX) {
		int k = 0;
		while (k < names->n && names->from[k] != a->index) k++;
		return k < names->n && names->into[k] == b->index;
	}
	if (payload_of(a) != payload_of(b)) return false;
	struct expr *known = memo_get(names->met, a);
	if (known == b) return true;
	bool same = true, ordered = a->op == OP_ADD || a->op == OP_MUL || a->op == OP_AND;
	if (ordered) same = kids_paired(p, a, b, names);
	for (int i = 0; same && !ordered && i < a->n; i++) same = is_paired(p, a->kid[i], b->kid[i], names);
	if (!same && a->op == OP_EQ0) same = is_paired(p, a->kid[0], scale(p, -1, b->kid[0]), names); /* the sign is that of its first term */
	if (!same && a->op == OP_EQ) same = is_paired(p, a->kid[0], b->kid[1], names) && is_paired(p, a->kid[1], b->kid[0], names);
	if (same && !known) memo_put(p, names->met, a, b);
	return same;
}

bool
same_but_indices(struct program *p, struct expr *a, struct expr *b, int n, struct index *const from[], struct index *const into[])
{
	struct pairing names = {n, from, into, memo_start(p)};
	bool same = is_paired(p, a, b, &names);
	memo_end(p, names.met);
	return same;
}

/* ---- other tensors ------------------------------------------------------------------------------------------------------------------------------ */

/* to derivation and simplification they are the same */
static bool
same_kind(const struct tensor *s, const struct tensor *t)
{
	return s->role == t->role && s->rank == t->rank && s->batch == t->batch && s->integer == t->integer && s->low == t->low && s->high == t->high && s->draw == t->draw &&
	       s->no_gradient == t->no_gradient && s->temporary == t->temporary && !s->unshifted && !t->unshifted && !memcmp(s->shape, t->shape, sizeof s->shape);
}

bool
match_tensors(struct matching *m, struct tensor *s, struct tensor *t)
{
	if (!s || !t) return s == t;
	for (int i = 0; i < m->pairs; i++)
		if (m->from[i] == s || m->into[i] == t) return m->from[i] == s && m->into[i] == t;
	if (m->pairs == MOST_PAIRS || !same_kind(s, t)) return false;
	/* and as old in comparison with the others, on which the order of terms and factors depends */
	for (int i = 0; i < m->pairs; i++)
		if ((m->from[i]->id < s->id) != (m->into[i]->id < t->id)) return false;
	m->from[m->pairs] = s;
	m->into[m->pairs++] = t;
	return true;
}

static bool
match_nodes(struct matching *m, struct expr *a, struct expr *b)
{
	if (!a->has_read) return a == b;
	if (a->form != b->form || a->op != b->op || a->n != b->n) return false;
	if (a->op == OP_READ ? !match_tensors(m, a->tensor, b->tensor) : payload_of(a) != payload_of(b)) return false;
	struct expr *known = memo_get(m->met, a);
	if (known) return known == b;
	memo_put(m->p, m->met, a, b);
	for (int i = 0; i < a->n; i++)
		if (!match_nodes(m, a->kid[i], b->kid[i])) return false;
	return true;
}

bool
match_exprs(struct matching *m, struct expr *a, struct expr *b)
{
	return a && b ? match_nodes(m, a, b) : a == b;
}

bool
same_indices(int n, struct index *const a[], int m, struct index *const b[])
{
	return n == m && (n == 0 || !memcmp(a, b, (size_t)n * sizeof *a));
}

bool
match_equations(struct matching *m, const struct equation *q, const struct equation *r)
{
	return q->reduction == r->reduction && same_indices(q->lhs_count, q->lhs, r->lhs_count, r->lhs) && same_indices(q->bound_count, q->bound, r->bound_count, r->bound) &&
	       match_tensors(m, q->tensor, r->tensor) && match_exprs(m, q->body, r->body);
}

void
matching_start(struct matching *m, struct program *p)
{
	m->p = p;
	m->pairs = 0;
	m->met = memo_start(p);
}

struct renaming
matching_end(struct matching *m)
{
	memo_end(m->p, m->met);
	return (struct renaming){.pairs = m->pairs, .from = m->from, .into = m->into};
}

struct tensor *
renamed_tensor(const struct renaming *r, struct tensor *t)
{
	if (t->id >= r->first && t->id < r->first + r->n) return r->to[t->id - r->first];
	for (int i = 0; i < r->pairs; i++)
		if (r->from[i] == t) return r->into[i];
	return t;
}

/* Other tensors under the same nodes; what depends on an order, as terms and factors do, is built again. */
static struct expr *
rename_node(struct program *p, struct expr *e, const struct renaming *r, struct memo *m)
{
	if (!e->has_read) return e;
	struct expr *known = memo_get(m, e);
	if (known) return known;
	struct expr *few[8], **kids = e->n <= 8 ? few : NEW_ARRAY(p->arena, e->n, struct expr *), *out;
	for (int i = 0; i < e->n; i++) kids[i] = rename_node(p, e->kid[i], r, m);
	bool ordered = e->op == OP_ADD || e->op == OP_MUL || e->op == OP_AND || e->op == OP_EQ0 || e->op == OP_EQ;
	if (e->op == OP_READ) out = read_of(p, renamed_tensor(r, e->tensor), e->n, kids);
	else out = ordered || r->merged ? rebuild(p, e, kids) : expr_node(p, e, e->n, kids);
	memo_put(p, m, e, out);
	return out;
}

struct expr *
rename_tensors(struct program *p, struct expr *e, const struct renaming *r)
{
	struct memo *m = memo_start(p);
	struct expr *out = rename_node(p, e, r, m);
	memo_end(p, m);
	return out;
}

enum { MOST_TRIES = 8 }; /* of expressions with one form */

struct expr *
find_alike(struct program *p, struct form_table *t, struct expr *e, struct matching *m, struct renaming *r)
{
	if (2 * (t->n + 1) > t->room) {
		struct form_table old = *t;
		t->room = old.room ? 2 * old.room : 64;
		t->at = NEW_ARRAY(p->arena, t->room, struct expr *);
		for (int i = 0; i < old.room; i++) {
			if (!old.at[i]) continue;
			int at = (int)(old.at[i]->form & (uint32_t)(t->room - 1));
			while (t->at[at]) at = (at + 1) & (t->room - 1);
			t->at[at] = old.at[i];
		}
	}
	int i = (int)(e->form & (uint32_t)(t->room - 1)), tries = 0;
	for (; t->at[i]; i = (i + 1) & (t->room - 1)) {
		if (t->at[i]->form != e->form) continue;
		matching_start(m, p);
		bool same = match_exprs(m, t->at[i], e);
		*r = matching_end(m);
		if (same) return t->at[i];
		if (++tries == MOST_TRIES) return NULL;
	}
	t->at[i] = e;
	t->n++;
	return NULL;
}
