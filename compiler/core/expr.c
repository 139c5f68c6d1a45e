/* expr.c - hash-consed nodes, and walking over them. */
#include "core/equation.h"
#include "core/expr_node.h"
#include "core/function.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- nodes ---------------------------------------------------------------------------------------------------------------------------- */

static uint32_t
mix(uint32_t h, uint64_t v)
{
	h ^= (uint32_t)(v ^ v >> 32);
	return (h ^ h >> 15) * 0x85ebca6bu + 0x9e3779b9u;
}

static uint32_t
node_hash(enum op op, uint64_t payload, int n, struct expr *const kids[])
{
	uint32_t h = mix((uint32_t)op * 0x9e3779b9u, payload);
	for (int i = 0; i < n; i++) h = mix(h, (uint64_t)kids[i]->id);
	return h ^ h >> 16;
}

static uint64_t
payload_of(const struct expr *e)
{
	uint64_t v = 0;
	memcpy(&v, &e->number, sizeof v); /* all members of the union are as wide */
	return v;
}

static const struct indices *
union_of_free(struct program *p, enum op op, struct index *own, int n, struct expr *const kids[])
{
	int most = op == OP_INDEX;
	bool same = n > 0;
	const struct indices *largest = NULL;
	for (int i = 0; i < n; i++) {
		most += kids[i]->free->n;
		same &= kids[i]->free->n == 0 || kids[i]->free == largest || !largest || largest->n == 0;
		if (!largest || kids[i]->free->n > largest->n) largest = kids[i]->free;
	}
	if (same) return largest; /* the others have none, or the very same */
	struct index *few[32], **set = most <= 32 ? few : NEW_ARRAY(p->arena, most, struct index *);
	int count = 0;
	if (op == OP_INDEX) set[count++] = own;
	for (int k = 0; k < n; k++)
		for (int i = 0; i < kids[k]->free->n; i++) {
			struct index *v = kids[k]->free->at[i];
			int at = count;
			while (at > 0 && set[at - 1]->id > v->id) at--;
			if (at > 0 && set[at - 1] == v) continue;
			memmove(set + at + 1, set + at, (size_t)(count - at) * sizeof *set);
			set[at] = v;
			count++;
		}
	if (largest && largest->n == count) return largest;
	struct indices *out = arena_alloc(p->arena, sizeof *out + (size_t)count * sizeof *set);
	out->n = count;
	memcpy(out->at, set, (size_t)count * sizeof *set);
	return out;
}

/* Terms and factors stand in the order of their youngest tensor, youngest first (`W * x`, `dz * x`), then of a hash of their structure; what reads
 * nothing comes last, as it was made.  Indices count for nothing, so an equation over other indices keeps its order: every copy of it computes
 * the same bits. */
static uint64_t
structural_order(const struct expr *e)
{
	uint32_t youngest = 0, h = mix(0x9e3779b9u, (uint64_t)e->op + 1);
	if (e->op == OP_READ) {
		youngest = (uint32_t)e->tensor->id + 1;
		h = mix(h, youngest);
	} else if (e->op == OP_CALL) {
		for (const char *s = e->function->name; *s; s++) h = mix(h, (uint64_t)*s);
	} else if (e->op == OP_NUMBER || e->op == OP_BOOL || e->op == OP_DIV || e->op == OP_MOD) {
		h = mix(h, payload_of(e));
	}
	for (int i = 0; i < e->n; i++) {
		uint32_t below = ~(uint32_t)(e->kid[i]->order >> 32);
		if (below > youngest) youngest = below;
		h = mix(h, e->kid[i]->order);
	}
	return (uint64_t)~youngest << 32 | (youngest ? h : 0);
}

static bool
all_integer(int n, struct expr *const kids[])
{
	for (int i = 0; i < n; i++)
		if (!kids[i]->integer) return false;
	return true;
}

static bool
is_integer_node(const struct expr *e)
{
	switch (e->op) {
	case OP_NUMBER: return e->number == floor(e->number) && fabs(e->number) <= WHOLE_MAX;
	case OP_INDEX: case OP_DIV: case OP_MOD: return true;
	case OP_READ: return e->tensor->integer;
	case OP_ADD: case OP_MUL: return all_integer(e->n, e->kid);
	case OP_IF: return e->kid[1]->integer && e->kid[2]->integer;
	default: return false;
	}
}

static void
grow_table(struct program *p)
{
	int room = p->table_room ? 2 * p->table_room : 4096;
	struct expr_entry *wider = NEW_ARRAY(p->arena, room, struct expr_entry);
	for (int i = 0; i < p->table_room; i++) {
		if (!p->table[i].expr) continue;
		int at = (int)(p->table[i].hash & (uint32_t)(room - 1));
		while (wider[at].expr) at = (at + 1) & (room - 1);
		wider[at] = p->table[i];
	}
	p->table = wider;
	p->table_room = room;
}

/* the node with these parts; `like` carries op and payload */
struct expr *
expr_node(struct program *p, const struct expr *like, int n, struct expr *const kids[])
{
	if (4 * (p->expr_count + 1) > 3 * p->table_room) grow_table(p);
	uint32_t hash = node_hash(like->op, payload_of(like), n, kids);
	int at = (int)(hash & (uint32_t)(p->table_room - 1));
	for (; p->table[at].expr; at = (at + 1) & (p->table_room - 1)) {
		struct expr *known = p->table[at].expr;
		if (p->table[at].hash == hash && known->op == like->op && known->n == n && payload_of(known) == payload_of(like) &&
		    (n == 0 || !memcmp(known->kid, kids, (size_t)n * sizeof *kids)))
			return known;
	}
	struct expr *e = arena_alloc(p->arena, sizeof *e + (size_t)n * sizeof *kids);
	e->op = like->op;
	e->number = like->number; /* the widest member */
	e->n = n;
	e->id = p->expr_count++;
	if (n) memcpy(e->kid, kids, (size_t)n * sizeof *kids);
	e->order = structural_order(e);
	e->free = union_of_free(p, e->op, like->op == OP_INDEX ? like->index : NULL, n, kids);
	e->integer = is_integer_node(e);
	e->has_read = e->op == OP_READ;
	for (int i = 0; i < n; i++) e->has_read |= kids[i]->has_read;
	e->condition = e->op == OP_BOOL || e->op == OP_GE0 || e->op == OP_EQ0 || e->op == OP_LT || e->op == OP_LE || e->op == OP_EQ ||
		       e->op == OP_AND || e->op == OP_NOT;
	p->table[at] = (struct expr_entry){e, hash};
	return e;
}

struct expr *
expr_plain(struct program *p, enum op op, int n, struct expr *const kids[])
{
	return expr_node(p, &(struct expr){.op = op}, n, kids);
}

_Static_assert(sizeof(double) == sizeof(void *) && sizeof(double) == sizeof(long), "payload_of compares the union as one word");

struct expr *
number(struct program *p, double v)
{
	if (v == 0) v = 0; /* no negative zero among constants */
	return expr_node(p, &(struct expr){.op = OP_NUMBER, .number = v}, 0, NULL);
}

struct expr *
truth(struct program *p, bool v)
{
	return expr_node(p, &(struct expr){.op = OP_BOOL, .number = v}, 0, NULL);
}

struct expr *
index_of(struct program *p, struct index *i)
{
	return expr_node(p, &(struct expr){.op = OP_INDEX, .index = i}, 0, NULL);
}

struct expr *
batch_size(struct program *p)
{
	return expr_plain(p, OP_BATCH, 0, NULL);
}

struct expr *
read_of(struct program *p, struct tensor *t, int n, struct expr *const subscripts[])
{
	return expr_node(p, &(struct expr){.op = OP_READ, .tensor = t}, n, subscripts);
}

struct expr *
read_at(struct program *p, struct tensor *t, struct index *const indices[])
{
	struct expr *s[MAX_RANK];
	for (int i = 0; i < t->rank; i++) s[i] = index_of(p, indices[i]);
	return read_of(p, t, t->rank, s);
}

int
expr_by_order(const void *a, const void *b)
{
	const struct expr *x = *(struct expr *const *)a, *y = *(struct expr *const *)b;
	if (x->order != y->order) return x->order < y->order ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* ---- looking -------------------------------------------------------------------------------------------------------------------------- */

bool
is_number(const struct expr *e, double v)
{
	return e->op == OP_NUMBER && e->number == v;
}

bool
is_truth(const struct expr *e, bool v)
{
	return e->op == OP_BOOL && (e->number != 0) == v;
}

bool
mentions(const struct expr *e, const struct index *i)
{
	for (int k = 0; k < e->free->n; k++)
		if (e->free->at[k] == i) return true;
	return false;
}

bool
mentions_any(const struct expr *e, struct index *const indices[], int n)
{
	for (int k = 0; k < n; k++)
		if (mentions(e, indices[k])) return true;
	return false;
}

double
coefficient(struct program *p, struct expr *e, struct expr **rest)
{
	if (e->op == OP_NUMBER) {
		*rest = NULL;
		return e->number;
	}
	if (e->op == OP_MUL && e->kid[0]->op == OP_NUMBER) {
		*rest = e->n == 2 ? e->kid[1] : expr_plain(p, OP_MUL, e->n - 1, e->kid + 1);
		return e->kid[0]->number;
	}
	*rest = e;
	return 1;
}


/* ---- rewriting ---------------------------------------------------------------------------------------------------------------------------- */

struct expr *
rebuild(struct program *p, struct expr *e, struct expr *const k[])
{
	switch (e->op) {
	case OP_NUMBER: case OP_BOOL: case OP_INDEX: case OP_BATCH: return e;
	case OP_READ: return read_of(p, e->tensor, e->n, k);
	case OP_ADD: return add_all(p, e->n, k);
	case OP_MUL: return mul_all(p, e->n, k);
	case OP_POW: return power(p, k[0], k[1]);
	case OP_DIV: return floor_div(p, k[0], e->divisor);
	case OP_MOD: return floor_mod(p, k[0], e->divisor);
	case OP_CALL: return call(p, e->function, k[0]);
	case OP_IF: return choose(p, k[0], k[1], k[2]);
	case OP_GE0: return at_least_0(p, k[0]);
	case OP_EQ0: return equal(p, k[0], number(p, 0));
	case OP_LT: return less(p, k[0], k[1]);
	case OP_LE: return less_equal(p, k[0], k[1]);
	case OP_EQ: return equal(p, k[0], k[1]);
	case OP_AND: return all_of(p, e->n, k);
	case OP_NOT: return negation(p, k[0]);
	}
	return e;
}

enum { FEW = 32 };

struct memo { /* from node to its replacement, for one call of rewrite */
	struct memo_entry { struct expr *from, *to; } *at, few[FEW];
	int n, room;
};

static int
memo_place(const struct memo *m, const struct expr *e)
{
	int i = (int)((uint32_t)e->id * 0x9e3779b9u >> 7) & (m->room - 1);
	while (m->at[i].from && m->at[i].from != e) i = (i + 1) & (m->room - 1);
	return i;
}

static struct expr *
memo_get(const struct memo *m, const struct expr *e)
{
	return m->at[memo_place(m, e)].to;
}

static void
memo_put(struct memo *m, struct expr *e, struct expr *to)
{
	if (2 * (m->n + 1) > m->room) {
		struct memo_entry *old = m->at;
		int old_room = m->room;
		m->room *= 4;
		m->at = calloc((size_t)m->room, sizeof *m->at);
		if (!m->at) abort();
		for (int i = 0; i < old_room; i++)
			if (old[i].from) m->at[memo_place(m, old[i].from)] = old[i];
		if (old != m->few) free(old);
	}
	int i = memo_place(m, e);
	m->n += !m->at[i].from;
	m->at[i] = (struct memo_entry){e, to};
}

static void
memo_start(struct memo *m)
{
	memset(m->few, 0, sizeof m->few);
	m->at = m->few;
	m->n = 0;
	m->room = FEW;
}

static void
memo_end(struct memo *m)
{
	if (m->at != m->few) free(m->at);
}

static struct expr *
rewrite_node(struct program *p, struct expr *e, rewriter *f, void *context, struct memo *m)
{
	struct expr *known = memo_get(m, e);
	if (known) return known;
	struct expr *r = f(p, e, context);
	if (!r) {
		struct expr *few[8], **kids = e->n <= 8 ? few : NEW_ARRAY(p->arena, e->n, struct expr *);
		bool same = true;
		for (int i = 0; i < e->n; i++) {
			kids[i] = rewrite_node(p, e->kid[i], f, context, m);
			same &= kids[i] == e->kid[i];
		}
		r = same ? e : rebuild(p, e, kids);
	}
	memo_put(m, e, r);
	return r;
}

struct expr *
rewrite(struct program *p, struct expr *e, rewriter *f, void *context)
{
	struct memo m;
	memo_start(&m);
	struct expr *r = rewrite_node(p, e, f, context, &m);
	memo_end(&m);
	return r;
}

struct substitution {
	int n;
	struct index *const *from;
	struct expr *const *to;
};

static struct expr *
substitute_node(struct program *p, struct expr *e, void *context)
{
	struct substitution *s = context;
	(void)p;
	if (e->op == OP_INDEX) {
		for (int i = 0; i < s->n; i++)
			if (s->from[i] == e->index) return s->to[i];
		return e;
	}
	return mentions_any(e, s->from, s->n) ? NULL : e;
}

struct expr *
substitute(struct program *p, struct expr *e, int n, struct index *const from[], struct expr *const to[])
{
	struct substitution s = {n, from, to};
	bool moves = false;
	for (int i = 0; i < n; i++) moves |= to[i]->op != OP_INDEX || to[i]->index != from[i];
	return moves ? rewrite(p, e, substitute_node, &s) : e;
}

/* ---- other names ---------------------------------------------------------------------------------------------------------------------------- */

struct pairing {
	int n;
	struct index *const *from, *const *into;
	struct memo met; /* nodes that were found to be the same, with what */
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
	struct expr *known = memo_get(&names->met, a);
	if (known == b) return true;
	bool same = true, ordered = a->op == OP_ADD || a->op == OP_MUL || a->op == OP_AND;
	if (ordered) same = kids_paired(p, a, b, names);
	for (int i = 0; same && !ordered && i < a->n; i++) same = is_paired(p, a->kid[i], b->kid[i], names);
	if (!same && a->op == OP_EQ0) same = is_paired(p, a->kid[0], scale(p, -1, b->kid[0]), names); /* the sign is that of its first term */
	if (!same && a->op == OP_EQ) same = is_paired(p, a->kid[0], b->kid[1], names) && is_paired(p, a->kid[1], b->kid[0], names);
	if (same && !known) memo_put(&names->met, a, b);
	return same;
}

bool
same_but_indices(struct program *p, struct expr *a, struct expr *b, int n, struct index *const from[], struct index *const into[])
{
	struct pairing names = {.n = n, .from = from, .into = into};
	memo_start(&names.met);
	bool same = is_paired(p, a, b, &names);
	memo_end(&names.met);
	return same;
}

static struct tensor *
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
	memo_put(m, e, out);
	return out;
}

struct expr *
rename_tensors(struct program *p, struct expr *e, const struct renaming *r)
{
	struct memo m;
	memo_start(&m);
	struct expr *out = rename_node(p, e, r, &m);
	memo_end(&m);
	return out;
}

struct gather {
	LIST(struct expr *) nodes;
	bool reads_only;
	struct memo seen;
};

static void
gather_nodes(struct program *p, struct expr *e, struct gather *g)
{
	if (memo_get(&g->seen, e)) return;
	for (int i = 0; i < e->n; i++) gather_nodes(p, e->kid[i], g);
	memo_put(&g->seen, e, e);
	if (!g->reads_only || e->op == OP_READ) PUSH(p->arena, &g->nodes, e);
}

static struct expr_list *
gathered(struct program *p, struct expr *e, bool reads_only)
{
	struct gather g;
	g.reads_only = reads_only;
	g.nodes.n = g.nodes.room = 0;
	g.nodes.at = NULL;
	memo_start(&g.seen);
	gather_nodes(p, e, &g);
	memo_end(&g.seen);
	struct expr_list *l = arena_alloc(p->arena, sizeof *l + (size_t)g.nodes.n * sizeof *l->at);
	l->n = g.nodes.n;
	if (l->n) memcpy(l->at, g.nodes.at, (size_t)l->n * sizeof *l->at);
	return l;
}

struct expr **
expr_nodes(struct program *p, struct expr *e, int *n)
{
	if (!e->nodes) e->nodes = gathered(p, e, false);
	*n = e->nodes->n;
	return e->nodes->at;
}

struct expr **
expr_reads(struct program *p, struct expr *e, int *n)
{
	if (!e->reads) e->reads = gathered(p, e, true);
	*n = e->reads->n;
	return e->reads->at;
}
