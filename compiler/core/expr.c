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

/* of the structure, whatever tensors it reads */
static uint32_t
form_of(const struct expr *e)
{
	uint32_t h = mix((uint32_t)e->op * 0x85ebca6bu + (uint32_t)e->n, e->op == OP_READ ? (uint64_t)e->tensor->rank : payload_of(e));
	for (int i = 0; i < e->n; i++) h = mix(h, e->kid[i]->form);
	return h;
}

static uint32_t
node_hash(enum op op, uint64_t payload, int n, struct expr *const kids[])
{
	uint32_t h = mix((uint32_t)op * 0x9e3779b9u, payload);
	for (int i = 0; i < n; i++) h = mix(h, (uint64_t)kids[i]->id);
	return h ^ h >> 16;
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

uint64_t
kind_of(enum op op, int n)
{
	return (uint64_t)1 << ((unsigned)op * 7 + (unsigned)n) % 64;
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
	e->form = form_of(e);
	e->free = union_of_free(p, e->op, like->op == OP_INDEX ? like->index : NULL, n, kids);
	e->integer = is_integer_node(e);
	e->has_read = e->op == OP_READ;
	e->kinds = e->op == OP_INDEX ? 0 : kind_of(e->op, n);
	e->has_call = e->op == OP_CALL;
	e->has_sum = e->op == OP_ADD && !e->integer;
	for (int i = 0; i < n; i++) {
		e->has_read |= kids[i]->has_read;
		e->has_call |= kids[i]->has_call;
		e->has_sum |= kids[i]->has_sum;
		e->kinds |= kids[i]->kinds;
	}
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

struct expr *
number(struct program *p, double v)
{
	if (v == 0) v = 0; /* no negative zero among constants */
	const bool is_small = v >= -1 && v < SMALL_NUMBERS - 1 && v == (int)v;
	struct expr **known = is_small ? &p->small[(int)v + 1] : NULL;
	if (known && *known) return *known;
	struct expr *e = expr_node(p, &(struct expr){.op = OP_NUMBER, .number = v}, 0, NULL);
	if (known) *known = e;
	return e;
}

struct expr *
truth(struct program *p, bool v)
{
	return expr_node(p, &(struct expr){.op = OP_BOOL, .number = v}, 0, NULL);
}

struct expr *
index_of(struct program *p, struct index *i)
{
	if (!i->node) i->node = expr_node(p, &(struct expr){.op = OP_INDEX, .index = i}, 0, NULL);
	return i->node;
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

static struct memo_entry *
memo_place(const struct memo *m, const struct expr *e)
{
	int i = (int)((uint32_t)e->id * 0x9e3779b9u >> 7) & (m->room - 1);
	while (m->at[i].walk == m->walk && m->at[i].from != e) i = (i + 1) & (m->room - 1);
	return &m->at[i];
}

struct expr *
memo_get(const struct memo *m, const struct expr *e)
{
	const struct memo_entry *at = memo_place(m, e);
	return at->walk == m->walk ? at->to : NULL;
}

void
memo_put(struct program *p, struct memo *m, struct expr *e, struct expr *to)
{
	if (2 * (m->n + 1) > m->room) {
		struct memo_entry *old = m->at;
		int old_room = m->room;
		m->room *= 4;
		m->at = NEW_ARRAY(p->arena, m->room, struct memo_entry);
		for (int i = 0; i < old_room; i++)
			if (old[i].walk == m->walk) *memo_place(m, old[i].from) = old[i];
	}
	struct memo_entry *at = memo_place(m, e);
	m->n += at->walk != m->walk;
	*at = (struct memo_entry){e, to, m->walk};
}

struct memo *
memo_start(struct program *p)
{
	struct memo *m = p->memos;
	if (m) {
		p->memos = m->below;
	} else {
		enum { SMALLEST = 256 };
		m = NEW(p->arena, struct memo);
		m->room = SMALLEST;
		m->at = NEW_ARRAY(p->arena, m->room, struct memo_entry);
	}
	m->n = 0;
	if (++m->walk) return m;
	memset(m->at, 0, (size_t)m->room * sizeof *m->at); /* after 2^32 walks the numbers begin anew */
	m->walk = 1;
	return m;
}

void
memo_end(struct program *p, struct memo *m)
{
	m->below = p->memos;
	p->memos = m;
}

static struct expr *
rewrite_node(struct program *p, struct expr *e, rewriter *f, void *context, struct memo *m)
{
	if (e->op == OP_INDEX || e->op == OP_NUMBER) { /* nothing below: cheaper to ask again than to remember */
		struct expr *r = f(p, e, context);
		return r ? r : e;
	}
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
	memo_put(p, m, e, r);
	return r;
}

struct expr *
rewrite(struct program *p, struct expr *e, rewriter *f, void *context)
{
	struct memo *m = memo_start(p);
	struct expr *r = rewrite_node(p, e, f, context, m);
	memo_end(p, m);
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

static void
gather_nodes(struct program *p, struct expr *e, bool reads_only, struct memo *seen)
{
	if ((reads_only && !e->has_read) || memo_get(seen, e)) return;
	for (int i = 0; i < e->n; i++) gather_nodes(p, e->kid[i], reads_only, seen);
	memo_put(p, seen, e, e);
	if (!reads_only || e->op == OP_READ) PUSH(p->arena, &p->gathered, e);
}

static struct expr_list *
gathered(struct program *p, struct expr *e, bool reads_only)
{
	struct memo *seen = memo_start(p);
	p->gathered.n = 0;
	gather_nodes(p, e, reads_only, seen);
	memo_end(p, seen);
	size_t size = (size_t)p->gathered.n * sizeof(struct expr *);
	struct expr_list *l = arena_alloc(p->arena, sizeof *l + size);
	l->n = p->gathered.n;
	if (size) memcpy(l->at, p->gathered.at, size);
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
