/* expr.c - hash-consing and the canonical constructors (docs/derivation.md has the table of rules: A, M, I). */
#include "core/expr.h"
#include "core/equation.h"
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
	const struct indices *largest = NULL;
	for (int i = 0; i < n; i++) {
		most += kids[i]->free->n;
		if (!largest || kids[i]->free->n > largest->n) largest = kids[i]->free;
	}
	struct index **set = NEW_ARRAY(p->arena, most ? most : 1, struct index *);
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
	struct expr **wider = NEW_ARRAY(p->arena, room, struct expr *);
	for (int i = 0; i < p->table_room; i++) {
		if (!p->table[i]) continue;
		int at = (int)(p->table[i]->hash & (uint32_t)(room - 1));
		while (wider[at]) at = (at + 1) & (room - 1);
		wider[at] = p->table[i];
	}
	p->table = wider;
	p->table_room = room;
}

/* the node with these parts; `like` carries op and payload */
static struct expr *
node(struct program *p, const struct expr *like, int n, struct expr *const kids[])
{
	if (2 * (p->expr_count + 1) > p->table_room) grow_table(p);
	uint32_t hash = node_hash(like->op, payload_of(like), n, kids);
	int at = (int)(hash & (uint32_t)(p->table_room - 1));
	for (struct expr *e; (e = p->table[at]); at = (at + 1) & (p->table_room - 1))
		if (e->hash == hash && e->op == like->op && e->n == n && payload_of(e) == payload_of(like) &&
		    (n == 0 || !memcmp(e->kid, kids, (size_t)n * sizeof *kids)))
			return e;
	struct expr *e = arena_alloc(p->arena, sizeof *e + (size_t)n * sizeof *kids);
	e->op = like->op;
	e->number = like->number; /* the widest member */
	e->n = n;
	e->hash = hash;
	e->id = p->expr_count++;
	if (n) memcpy(e->kid, kids, (size_t)n * sizeof *kids);
	e->free = union_of_free(p, e->op, like->op == OP_INDEX ? like->index : NULL, n, kids);
	e->integer = is_integer_node(e);
	e->condition = e->op == OP_BOOL || e->op == OP_GE0 || e->op == OP_EQ0 || e->op == OP_LT || e->op == OP_LE || e->op == OP_EQ ||
		       e->op == OP_AND || e->op == OP_NOT;
	return p->table[at] = e;
}

static struct expr *
plain(struct program *p, enum op op, int n, struct expr *const kids[])
{
	return node(p, &(struct expr){.op = op}, n, kids);
}

_Static_assert(sizeof(double) == sizeof(void *) && sizeof(double) == sizeof(long), "payload_of compares the union as one word");

struct expr *
number(struct program *p, double v)
{
	if (v == 0) v = 0; /* no negative zero among constants */
	return node(p, &(struct expr){.op = OP_NUMBER, .number = v}, 0, NULL);
}

struct expr *
truth(struct program *p, bool v)
{
	return node(p, &(struct expr){.op = OP_BOOL, .number = v}, 0, NULL);
}

struct expr *
index_of(struct program *p, struct index *i)
{
	return node(p, &(struct expr){.op = OP_INDEX, .index = i}, 0, NULL);
}

struct expr *
batch_size(struct program *p)
{
	return plain(p, OP_BATCH, 0, NULL);
}

struct expr *
read_of(struct program *p, struct tensor *t, int n, struct expr *const subscripts[])
{
	return node(p, &(struct expr){.op = OP_READ, .tensor = t}, n, subscripts);
}

struct expr *
read_at(struct program *p, struct tensor *t, struct index *const indices[])
{
	struct expr *s[MAX_RANK];
	for (int i = 0; i < t->rank; i++) s[i] = index_of(p, indices[i]);
	return read_of(p, t, t->rank, s);
}

/* ---- looking -------------------------------------------------------------------------------------------------------------------------- */

bool
is_number(const struct expr *e, double v)
{
	return e->op == OP_NUMBER && e->number == v;
}

static bool
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
		*rest = e->n == 2 ? e->kid[1] : plain(p, OP_MUL, e->n - 1, e->kid + 1);
		return e->kid[0]->number;
	}
	*rest = e;
	return 1;
}

static long
floor_quotient(long a, long k)
{
	return a / k - (a % k != 0 && (a < 0) != (k < 0));
}

static long
floor_rest(long a, long k)
{
	return a - k * floor_quotient(a, k);
}

static const struct interval unknown = {false, 0, 0};

/* a * b and a + b in intervals, unknown when they leave the whole numbers that a double holds */
static struct interval
checked(double low, double high)
{
	if (fabs(low) > WHOLE_MAX || fabs(high) > WHOLE_MAX) return unknown;
	return (struct interval){true, (long)low, (long)high};
}

static struct interval
interval_product(struct interval a, struct interval b)
{
	double q[4] = {(double)a.low * (double)b.low, (double)a.low * (double)b.high, (double)a.high * (double)b.low, (double)a.high * (double)b.high};
	double low = q[0], high = q[0];
	for (int i = 1; i < 4; i++) {
		low = fmin(low, q[i]);
		high = fmax(high, q[i]);
	}
	return checked(low, high);
}

struct interval
interval_of(const struct expr *e)
{
	if (!e->integer) return unknown;
	struct interval a, b;
	switch (e->op) {
	case OP_NUMBER: return (struct interval){true, (long)e->number, (long)e->number};
	case OP_INDEX: return e->index->size > 0 ? (struct interval){true, 0, e->index->size - 1} : unknown;
	case OP_READ: return (struct interval){true, e->tensor->low, e->tensor->high};
	case OP_MOD:
		a = interval_of(e->kid[0]);
		return (struct interval){true, 0, a.known && a.low >= 0 && a.high < e->divisor ? a.high : e->divisor - 1};
	case OP_DIV:
		a = interval_of(e->kid[0]);
		return a.known ? (struct interval){true, floor_quotient(a.low, e->divisor), floor_quotient(a.high, e->divisor)} : unknown;
	case OP_ADD:
	case OP_MUL:
		a = interval_of(e->kid[0]);
		for (int i = 1; i < e->n && a.known; i++) {
			b = interval_of(e->kid[i]);
			if (!b.known) return unknown;
			a = e->op == OP_MUL ? interval_product(a, b) : checked((double)a.low + (double)b.low, (double)a.high + (double)b.high);
		}
		return a;
	case OP_IF:
		a = interval_of(e->kid[1]);
		b = interval_of(e->kid[2]);
		if (!a.known || !b.known) return unknown;
		return (struct interval){true, a.low < b.low ? a.low : b.low, a.high > b.high ? a.high : b.high};
	default: return unknown;
	}
}

/* ---- sums ------------------------------------------------------------------------------------------------------------------------------- */

struct collected { /* coefficient * item, or item ^ coefficient */
	struct expr *item;
	double coefficient;
};

struct bag {
	struct program *p;
	struct collected *at;
	int n, room;
};

static void
bag_add(struct bag *b, struct expr *item, double c)
{
	for (int i = 0; i < b->n; i++)
		if (b->at[i].item == item) {
			b->at[i].coefficient += c;
			return;
		}
	if (b->n == b->room) b->at = list_room(b->p->arena, b->at, b->n, &b->room, sizeof *b->at);
	b->at[b->n++] = (struct collected){item, c};
}

static void
bag_remove(struct bag *b, int i)
{
	b->at[i] = b->at[--b->n];
}

static void
collect_terms(struct bag *b, double *constant, int n, struct expr *const terms[])
{
	for (int i = 0; i < n; i++) {
		if (terms[i]->op == OP_ADD) {
			collect_terms(b, constant, terms[i]->n, terms[i]->kid);
			continue;
		}
		struct expr *rest;
		double c = coefficient(b->p, terms[i], &rest);
		if (rest) bag_add(b, rest, c);
		else *constant += c;
	}
}

static int
by_id(const void *a, const void *b)
{
	const struct collected *x = a, *y = b;
	return (x->item->id > y->item->id) - (x->item->id < y->item->id);
}

static int
expr_by_id(const void *a, const void *b)
{
	const struct expr *x = *(struct expr *const *)a, *y = *(struct expr *const *)b;
	return (x->id > y->id) - (x->id < y->id);
}

/* K * (e / K) + e % K = e; true when one pair was joined */
static bool
join_quotient(struct bag *b, double *constant)
{
	struct program *p = b->p;
	for (int i = 0; i < b->n; i++) {
		struct expr *m = b->at[i].item;
		if (m->op != OP_MOD) continue;
		struct expr *q = node(p, &(struct expr){.op = OP_DIV, .divisor = m->divisor}, 1, m->kid);
		for (int k = 0; k < b->n; k++) {
			if (b->at[k].item != q || b->at[k].coefficient != b->at[i].coefficient * (double)m->divisor) continue;
			struct expr *whole = scale(p, b->at[i].coefficient, m->kid[0]);
			bag_remove(b, i > k ? i : k);
			bag_remove(b, i > k ? k : i);
			collect_terms(b, constant, 1, &whole);
			return true;
		}
	}
	return false;
}

/* c1 * (if q then a else b) + c2 * (if q then d else e) = if q then c1*a + c2*d else ...; for numbers that are no subscripts */
static bool
join_guards(struct bag *b, double *constant)
{
	struct program *p = b->p;
	for (int i = 0; i < b->n; i++) {
		struct expr *x = b->at[i].item;
		if (x->op != OP_IF || x->integer) continue;
		for (int k = i + 1; k < b->n; k++) {
			struct expr *y = b->at[k].item;
			if (y->op != OP_IF || y->integer || x->kid[0] != y->kid[0]) continue;
			double c = b->at[i].coefficient, d = b->at[k].coefficient;
			struct expr *joined = choose(p, x->kid[0], add(p, scale(p, c, x->kid[1]), scale(p, d, y->kid[1])),
						     add(p, scale(p, c, x->kid[2]), scale(p, d, y->kid[2])));
			bag_remove(b, k);
			bag_remove(b, i);
			collect_terms(b, constant, 1, &joined);
			return true;
		}
	}
	return false;
}

static void
drop_zeros(struct bag *b)
{
	for (int i = b->n - 1; i >= 0; i--)
		if (b->at[i].coefficient == 0) bag_remove(b, i);
}

struct expr *
add_all(struct program *p, int n, struct expr *const terms[])
{
	struct collected small[8];
	struct bag b = {p, small, 0, 8};
	double constant = 0;
	collect_terms(&b, &constant, n, terms);
	do drop_zeros(&b);
	while (join_quotient(&b, &constant) || join_guards(&b, &constant));
	qsort(b.at, (size_t)b.n, sizeof *b.at, by_id);
	if (b.n == 0) return number(p, constant);
	struct expr *few[16], **out = b.n + 1 <= 16 ? few : NEW_ARRAY(p->arena, b.n + 1, struct expr *);
	int count = 0;
	for (int i = 0; i < b.n; i++) out[count++] = scale(p, b.at[i].coefficient, b.at[i].item);
	if (constant != 0) out[count++] = number(p, constant);
	return count == 1 ? out[0] : plain(p, OP_ADD, count, out);
}

struct expr *
add(struct program *p, struct expr *a, struct expr *b)
{
	return add_all(p, 2, (struct expr *[]){a, b});
}

struct expr *
sub(struct program *p, struct expr *a, struct expr *b)
{
	return add(p, a, scale(p, -1, b));
}

/* ---- products ---------------------------------------------------------------------------------------------------------------------------- */

struct product {
	struct bag powers;      /* item ^ coefficient */
	double number;
	struct expr *exponent;  /* of all factors exp(..); NULL: none */
	struct expr *guard;     /* a factor `if c then x else 0`: its c */
};

static void
collect_factors(struct product *m, int n, struct expr *const factors[])
{
	struct program *p = m->powers.p;
	for (int i = 0; i < n; i++) {
		struct expr *f = factors[i];
		if (f->op == OP_MUL) {
			collect_factors(m, f->n, f->kid);
		} else if (f->op == OP_NUMBER) {
			m->number *= f->number;
		} else if (f->op == OP_CALL && f->function == function_named("exp")) {
			m->exponent = m->exponent ? add(p, m->exponent, f->kid[0]) : f->kid[0];
		} else if (f->op == OP_IF && is_number(f->kid[2], 0) && !f->integer) {
			m->guard = m->guard ? both(p, m->guard, f->kid[0]) : f->kid[0];
			collect_factors(m, 1, &f->kid[1]);
		} else if (f->op == OP_POW && f->kid[1]->op == OP_NUMBER) {
			bag_add(&m->powers, f->kid[0], f->kid[1]->number);
		} else {
			bag_add(&m->powers, f, 1);
		}
	}
}

struct expr *
mul_all(struct program *p, int n, struct expr *const factors[])
{
	struct collected small[8];
	struct product m = {.powers = {p, small, 0, 8}, .number = 1};
	collect_factors(&m, n, factors);
	if (m.number == 0) return number(p, 0);
	if (m.guard) {
		struct expr *inner = number(p, m.number);
		for (int i = 0; i < m.powers.n; i++) inner = mul(p, inner, power_of(p, m.powers.at[i].item, m.powers.at[i].coefficient));
		if (m.exponent) inner = mul(p, inner, call(p, function_named("exp"), m.exponent));
		return choose(p, m.guard, inner, number(p, 0));
	}
	drop_zeros(&m.powers);
	struct expr *few[16], **out = m.powers.n + 2 <= 16 ? few : NEW_ARRAY(p->arena, m.powers.n + 2, struct expr *);
	int count = 0;
	bool again = false; /* a power that became a number or a product itself */
	for (int i = 0; i < m.powers.n; i++) {
		struct expr *f = power_of(p, m.powers.at[i].item, m.powers.at[i].coefficient);
		again |= f->op == OP_NUMBER || f->op == OP_MUL || (f->op == OP_CALL && f->function == function_named("exp"));
		out[count++] = f;
	}
	if (m.exponent) {
		struct expr *e = call(p, function_named("exp"), m.exponent);
		again |= e->op == OP_NUMBER || (e->op != OP_CALL && count > 0);
		out[count++] = e;
	}
	if (again) {
		out[count++] = number(p, m.number);
		return mul_all(p, count, out);
	}
	if (count == 1 && out[0]->op == OP_ADD && (m.number == -1 || (out[0]->integer && m.number == floor(m.number)))) {
		struct expr **terms = NEW_ARRAY(p->arena, out[0]->n, struct expr *);
		for (int i = 0; i < out[0]->n; i++) terms[i] = scale(p, m.number, out[0]->kid[i]);
		return add_all(p, out[0]->n, terms);
	}
	qsort(out, (size_t)count, sizeof *out, expr_by_id);
	if (m.number != 1 || count == 0) {
		memmove(out + 1, out, (size_t)count * sizeof *out);
		out[0] = number(p, m.number);
		count++;
	}
	return count == 1 ? out[0] : plain(p, OP_MUL, count, out);
}

struct expr *
mul(struct program *p, struct expr *a, struct expr *b)
{
	return mul_all(p, 2, (struct expr *[]){a, b});
}

struct expr *
scale(struct program *p, double c, struct expr *a)
{
	return c == 1 ? a : mul(p, number(p, c), a);
}

struct expr *
divide(struct program *p, struct expr *a, struct expr *b)
{
	return mul(p, a, power_of(p, b, -1));
}

struct expr *
power_of(struct program *p, struct expr *b, double e)
{
	bool whole = e == floor(e);
	if (e == 0) return number(p, 1);
	if (e == 1) return b;
	if (b->op == OP_NUMBER && (b->number != 0 || e > 0)) return number(p, pow(b->number, e));
	if (b->op == OP_CALL && b->function == function_named("exp")) return call(p, b->function, scale(p, e, b->kid[0]));
	if (b->op == OP_POW && b->kid[1]->op == OP_NUMBER && whole) return power_of(p, b->kid[0], b->kid[1]->number * e);
	if (b->op == OP_MUL && whole) {
		struct expr **f = NEW_ARRAY(p->arena, b->n, struct expr *);
		for (int i = 0; i < b->n; i++) f[i] = power_of(p, b->kid[i], e);
		return mul_all(p, b->n, f);
	}
	if (b->op == OP_MUL && b->kid[0]->op == OP_NUMBER && b->kid[0]->number > 0) {
		struct expr *rest;
		double c = coefficient(p, b, &rest);
		return scale(p, pow(c, e), power_of(p, rest, e));
	}
	return plain(p, OP_POW, 2, (struct expr *[]){b, number(p, e)});
}

struct expr *
power(struct program *p, struct expr *a, struct expr *b)
{
	if (b->op == OP_NUMBER) return power_of(p, a, b->number);
	return plain(p, OP_POW, 2, (struct expr *[]){a, b});
}

struct expr *
call(struct program *p, const struct function *f, struct expr *x)
{
	if (x->op == OP_NUMBER) {
		double v = f->value(x->number);
		if (!isnan(v)) return number(p, v);
	}
	struct expr *better = f->rewrite ? f->rewrite(p, x) : NULL;
	return better ? better : node(p, &(struct expr){.op = OP_CALL, .function = f}, 1, &x);
}

/* ---- whole numbers ------------------------------------------------------------------------------------------------------------------------ */

struct affine *
affine_of(struct program *p, struct expr *e)
{
	int n = e->op == OP_ADD ? e->n : 1;
	struct expr *const *terms = e->op == OP_ADD ? e->kid : &e;
	struct affine *a = arena_alloc(p->arena, sizeof *a + (size_t)n * sizeof a->term[0]);
	for (int i = 0; i < n; i++) {
		struct expr *rest;
		double c = coefficient(p, terms[i], &rest);
		if (!rest) {
			a->constant += (long)c;
			continue;
		}
		a->term[a->n].atom = rest;
		a->term[a->n++].coefficient = (long)c;
	}
	return a;
}

struct expr *
affine_expr(struct program *p, const struct affine *a)
{
	struct expr **terms = NEW_ARRAY(p->arena, a->n + 1, struct expr *);
	for (int i = 0; i < a->n; i++) terms[i] = scale(p, (double)a->term[i].coefficient, a->term[i].atom);
	terms[a->n] = number(p, (double)a->constant);
	return add_all(p, a->n + 1, terms);
}

static long
gcd(long a, long b)
{
	a = labs(a);
	b = labs(b);
	while (b) {
		long r = a % b;
		a = b;
		b = r;
	}
	return a;
}

long
affine_gcd(const struct affine *a)
{
	long g = 0;
	for (int i = 0; i < a->n; i++) g = gcd(g, a->term[i].coefficient);
	return g;
}

/* y - y % K = K * (y / K), where that makes e shorter */
static struct expr *
undo_mod(struct program *p, struct expr *e, long k)
{
	struct affine *a = affine_of(p, e);
	for (int i = 0; i < a->n; i++) {
		struct expr *m = a->term[i].atom;
		if (m->op != OP_MOD || m->divisor != k) continue;
		double c = (double)a->term[i].coefficient;
		struct expr *q = node(p, &(struct expr){.op = OP_DIV, .divisor = k}, 1, m->kid);
		struct expr *shorter = add_all(p, 3, (struct expr *[]){e, scale(p, c, sub(p, m->kid[0], m)), scale(p, -c * (double)k, q)});
		if (affine_of(p, shorter)->n < a->n) return shorter;
	}
	return e;
}

/* e = K * *quotient + the returned rest, whose coefficients are smaller than K and whose constant is in 0 .. K - 1 */
static struct affine *
split_multiples(struct program *p, struct expr *e, long k, struct expr **quotient)
{
	struct affine *a = affine_of(p, e), *q = affine_of(p, e);
	int n = 0;
	for (int i = 0; i < a->n; i++) {
		long c = a->term[i].coefficient;
		q->term[i].coefficient = c / k;
		if (c % k == 0) continue;
		a->term[n] = a->term[i];
		a->term[n++].coefficient = c % k;
	}
	q->constant = floor_quotient(a->constant, k);
	a->constant = floor_rest(a->constant, k);
	a->n = n;
	*quotient = affine_expr(p, q);
	return a;
}

/* (rest - constant % g) / g: the affine form divided by a common factor of its coefficients */
static struct expr *
divided(struct program *p, const struct affine *a, long g)
{
	struct affine *d = arena_alloc(p->arena, sizeof *d + (size_t)a->n * sizeof a->term[0]);
	*d = *a;
	for (int i = 0; i < a->n; i++) {
		d->term[i].atom = a->term[i].atom;
		d->term[i].coefficient = a->term[i].coefficient / g;
	}
	d->constant = floor_quotient(a->constant, g);
	return affine_expr(p, d);
}

struct expr *
floor_div(struct program *p, struct expr *e, long k)
{
	if (k == 1) return e;
	if (e->op == OP_NUMBER) return number(p, (double)floor_quotient((long)e->number, k));
	e = undo_mod(p, e, k);
	struct expr *quotient;
	struct affine *a = split_multiples(p, e, k, &quotient);
	struct expr *rest = affine_expr(p, a);
	struct interval b = interval_of(rest);
	if (b.known && b.low >= 0 && b.high < k) return quotient;
	long g = gcd(affine_gcd(a), k);
	if (g > 1) return add(p, quotient, floor_div(p, divided(p, a, g), k / g));
	if (rest->op == OP_DIV) return add(p, quotient, floor_div(p, rest->kid[0], rest->divisor * k));
	return add(p, quotient, node(p, &(struct expr){.op = OP_DIV, .divisor = k}, 1, &rest));
}

struct expr *
floor_mod(struct program *p, struct expr *e, long k)
{
	if (k == 1) return number(p, 0);
	if (e->op == OP_NUMBER) return number(p, (double)floor_rest((long)e->number, k));
	e = undo_mod(p, e, k);
	struct expr *quotient;
	struct affine *a = split_multiples(p, e, k, &quotient);
	struct expr *rest = affine_expr(p, a);
	struct interval b = interval_of(rest);
	if (b.known && b.low >= 0 && b.high < k) return rest;
	long g = gcd(affine_gcd(a), k);
	if (g > 1) return add(p, scale(p, (double)g, floor_mod(p, divided(p, a, g), k / g)), number(p, (double)(a->constant % g)));
	if (rest->op == OP_MOD && rest->divisor % k == 0) return floor_mod(p, rest->kid[0], k);
	return node(p, &(struct expr){.op = OP_MOD, .divisor = k}, 1, &rest);
}

/* ---- conditions ---------------------------------------------------------------------------------------------------------------------------- */

struct expr *
at_least_0(struct program *p, struct expr *e)
{
	if (e->op == OP_NUMBER) return truth(p, e->number >= 0);
	struct interval b = interval_of(e);
	if (b.known && b.low >= 0) return truth(p, true);
	if (b.known && b.high < 0) return truth(p, false);
	struct affine *a = affine_of(p, e);
	struct expr *smaller = divided(p, a, affine_gcd(a));
	return plain(p, OP_GE0, 1, &smaller);
}

/* a == b for whole numbers: decided, or EQ0 of a form with a positive first coefficient */
static struct expr *
equal_whole(struct program *p, struct expr *a, struct expr *b)
{
	struct expr *e = sub(p, a, b);
	if (e->op == OP_NUMBER) return truth(p, e->number == 0);
	struct affine *f = affine_of(p, e);
	long g = affine_gcd(f);
	if (f->constant % g) return truth(p, false);
	struct interval i = interval_of(e);
	if (i.known && (i.low > 0 || i.high < 0)) return truth(p, false);
	if (i.known && i.low == 0 && i.high == 0) return truth(p, true);
	if (f->term[0].coefficient < 0) g = -g;
	struct expr *smaller = divided(p, f, g);
	return plain(p, OP_EQ0, 1, &smaller);
}

struct expr *
equal(struct program *p, struct expr *a, struct expr *b)
{
	if (a->integer && b->integer) return equal_whole(p, a, b);
	if (a->op == OP_NUMBER && b->op == OP_NUMBER) return truth(p, a->number == b->number);
	return plain(p, OP_EQ, 2, (struct expr *[]){a, b});
}

struct expr *
less(struct program *p, struct expr *a, struct expr *b)
{
	if (a->op == OP_NUMBER && b->op == OP_NUMBER) return truth(p, a->number < b->number);
	if (a->integer && b->integer) return at_least_0(p, add_all(p, 3, (struct expr *[]){b, scale(p, -1, a), number(p, -1)}));
	return plain(p, OP_LT, 2, (struct expr *[]){a, b});
}

struct expr *
less_equal(struct program *p, struct expr *a, struct expr *b)
{
	if (a->op == OP_NUMBER && b->op == OP_NUMBER) return truth(p, a->number <= b->number);
	if (a->integer && b->integer) return at_least_0(p, sub(p, b, a));
	return plain(p, OP_LE, 2, (struct expr *[]){a, b});
}

struct expr *
negation(struct program *p, struct expr *c)
{
	if (c->op == OP_BOOL) return truth(p, c->number == 0);
	if (c->op == OP_NOT) return c->kid[0];
	if (c->op == OP_GE0) return at_least_0(p, add(p, scale(p, -1, c->kid[0]), number(p, -1)));
	return plain(p, OP_NOT, 1, &c);
}

int
conjunct_count(const struct expr *c)
{
	return c->op == OP_AND ? c->n : 1;
}

struct expr *
conjunct(struct expr *c, int i)
{
	return c->op == OP_AND ? c->kid[i] : c;
}

static bool
contains(int n, struct expr *const list[], const struct expr *e)
{
	for (int i = 0; i < n; i++)
		if (list[i] == e) return true;
	return false;
}

struct expr *
all_of(struct program *p, int n, struct expr *const conditions[])
{
	int room = 0;
	for (int i = 0; i < n; i++) room += conditions[i]->op == OP_AND ? conditions[i]->n : 1;
	struct expr *few[16], **set = room <= 16 ? few : NEW_ARRAY(p->arena, room, struct expr *);
	int count = 0;
	for (int i = 0; i < n; i++) {
		for (int k = 0; k < conjunct_count(conditions[i]); k++) {
			struct expr *part = conjunct(conditions[i], k);
			if (is_truth(part, false)) return part;
			if (!is_truth(part, true) && !contains(count, set, part)) set[count++] = part;
		}
	}
	for (int i = 0; i < count; i++)
		if (contains(count, set, negation(p, set[i]))) return truth(p, false);
	if (count == 0) return truth(p, true);
	qsort(set, (size_t)count, sizeof *set, expr_by_id);
	return count == 1 ? set[0] : plain(p, OP_AND, count, set);
}

struct expr *
both(struct program *p, struct expr *a, struct expr *b)
{
	return all_of(p, 2, (struct expr *[]){a, b});
}

struct expr *
either(struct program *p, struct expr *a, struct expr *b)
{
	return negation(p, both(p, negation(p, a), negation(p, b)));
}

/* the conjuncts of `c` that `known` does not already say; *dropped counts the others */
static struct expr *
without_known(struct program *p, struct expr *c, struct expr *known, int *dropped)
{
	int n = conjunct_count(c), count = 0;
	struct expr **left = NEW_ARRAY(p->arena, n, struct expr *);
	for (int i = 0; i < n; i++) {
		bool said = false;
		for (int k = 0; k < conjunct_count(known); k++) said |= conjunct(known, k) == conjunct(c, i);
		if (!said) left[count++] = conjunct(c, i);
	}
	*dropped = n - count;
	return all_of(p, count, left);
}

struct expr *
choose(struct program *p, struct expr *c, struct expr *yes, struct expr *no)
{
	if (is_truth(c, true)) return yes;
	if (is_truth(c, false)) return no;
	if (yes == no) return yes;
	if (c->op == OP_NOT) return choose(p, c->kid[0], no, yes);
	if (yes->op == OP_IF) { /* what is known inside the branch disappears */
		int dropped;
		struct expr *left = without_known(p, yes->kid[0], c, &dropped);
		if (dropped) return choose(p, c, choose(p, left, yes->kid[1], yes->kid[2]), no);
		if (yes->kid[2] == no) return choose(p, both(p, c, yes->kid[0]), yes->kid[1], no);
	}
	if (no->op == OP_IF) {
		if (no->kid[0] == c) return choose(p, c, yes, no->kid[2]);
		if (no->kid[0] == negation(p, c)) return choose(p, c, yes, no->kid[1]);
	}
	return plain(p, OP_IF, 3, (struct expr *[]){c, yes, no});
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

struct memo { /* from node to its replacement, for one call of rewrite */
	struct memo_entry { struct expr *from, *to; } *at;
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
		struct memo old = *m;
		m->room *= 4;
		m->at = calloc((size_t)m->room, sizeof *m->at);
		if (!m->at) abort();
		for (int i = 0; i < old.room; i++)
			if (old.at[i].from) m->at[memo_place(m, old.at[i].from)] = old.at[i];
		free(old.at);
	}
	int i = memo_place(m, e);
	m->n += !m->at[i].from;
	m->at[i] = (struct memo_entry){e, to};
}

static void
memo_start(struct memo *m)
{
	*m = (struct memo){.room = 32};
	m->at = calloc((size_t)m->room, sizeof *m->at);
	if (!m->at) abort();
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
	free(m.at);
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

static struct expr **
gathered(struct program *p, struct expr *e, bool reads_only, int *n)
{
	struct gather g = {.reads_only = reads_only};
	memo_start(&g.seen);
	gather_nodes(p, e, &g);
	free(g.seen.at);
	*n = g.nodes.n;
	return g.nodes.at;
}

struct expr **
expr_nodes(struct program *p, struct expr *e, int *n)
{
	return gathered(p, e, false, n);
}

struct expr **
expr_reads(struct program *p, struct expr *e, int *n)
{
	return gathered(p, e, true, n);
}

bool
has_read(struct program *p, struct expr *e)
{
	int n;
	expr_reads(p, e, &n);
	return n > 0;
}
