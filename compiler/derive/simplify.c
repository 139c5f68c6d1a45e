/* simplify.c - after derivation: rounds of rewriting until nothing changes.
 *
 * C: inline constants, bare reads and c * read anywhere; a map adjoint with one reader into a map when no transcendental is repeated;
 *    one-hot maps into a sum that then disappears.
 * R: an expression equal to a forward map's body, up to index names, becomes a read of it; also inside a product.
 * X, F: of an expression as it is, multiplied out and factored (forms.c), the cheapest in operations stays.
 * Then every sum is collected again, and what nobody reads is dropped.  At the end equal right sides become one equation (merge), and
 * dW = dW_part gives the reduction the name (takeover). */
#include "core/function.h"
#include "derive/derive.h"
#include <stdlib.h>
#include <string.h>

/* ---- R: read what is already computed --------------------------------------------------------------------------------------------------------------- */

LIST_TYPE(pattern_list, struct equation *);

struct reuse {
	struct program *p;
	struct pattern_list *patterns; /* forward maps that are worth reading, by the id of the youngest tensor that they read */
	const struct equation *q;
	uint64_t kinds; /* of the bodies of all patterns that q may read: a bit for each */
	int *place; /* of equations, by tensor id, for "only earlier ones" */
};

static bool match(const struct expr *pattern, struct expr *e, const struct equation *q, struct expr *bound[]);

/* the kids from `from` on, each with a kid of e that is not `taken` yet: terms and factors stand in the order of their creation, which says nothing */
static bool
match_any_order(const struct expr *pattern, struct expr *e, const struct equation *q, struct expr *bound[], int from, uint64_t taken)
{
	if (from == pattern->n) return true;
	struct expr *before[MAX_RANK];
	memcpy(before, bound, sizeof before);
	for (int i = 0; i < e->n; i++) {
		if (taken >> i & 1) continue;
		if (match(pattern->kid[from], e->kid[i], q, bound) && match_any_order(pattern, e, q, bound, from + 1, taken | (uint64_t)1 << i)) return true;
		memcpy(bound, before, sizeof before);
	}
	return false;
}

/* one-way matching: the pattern's indices stand for whole-number expressions */
static bool
match(const struct expr *pattern, struct expr *e, const struct equation *q, struct expr *bound[])
{
	if (pattern->op == OP_INDEX)
		for (int i = 0; i < q->lhs_count; i++)
			if (q->lhs[i] == pattern->index) {
				if (bound[i]) return bound[i] == e;
				bound[i] = e;
				return e->integer;
			}
	if (pattern == e) return true;
	if (pattern->op != e->op || pattern->n != e->n || pattern->n == 0) return false;
	if (pattern->op == OP_READ && pattern->tensor != e->tensor) return false;
	if (pattern->op == OP_CALL && pattern->function != e->function) return false;
	if ((pattern->op == OP_DIV || pattern->op == OP_MOD) && pattern->divisor != e->divisor) return false;
	if ((e->op == OP_ADD || e->op == OP_MUL || e->op == OP_AND) && e->n <= 6) return match_any_order(pattern, e, q, bound, 0, 0);
	for (int i = 0; i < e->n; i++)
		if (!match(pattern->kid[i], e->kid[i], q, bound)) return false;
	return true;
}

static struct expr *
read_one_of(struct reuse *r, const struct pattern_list *list, struct expr *e)
{
	struct program *p = r->p;
	for (int k = 0; k < list->n; k++) {
		const struct equation *q = list->at[k];
		if (q->body->op != e->op || q == r->q || r->place[q->tensor->id] >= r->place[r->q->tensor->id]) continue;
		struct expr *bound[MAX_RANK] = {0};
		if (!match(q->body, e, q, bound)) continue;
		bool fits = true;
		for (int i = 0; i < q->lhs_count && fits; i++) {
			struct interval b = bound[i] ? interval_of(bound[i]) : (struct interval){0};
			bool same_batch = bound[i] && bound[i]->op == OP_INDEX && bound[i]->index->batch && q->lhs[i]->batch;
			fits = same_batch || (b.known && b.low >= 0 && b.high < q->lhs[i]->size);
		}
		if (fits) return read_of(p, q->tensor, q->lhs_count, bound);
	}
	return NULL;
}

/* The kinds of the maps that read something of what e reads, and that an expression with these kinds of nodes may contain: each node of a map that
 * matches has one of the same operator with as many kids. */
static uint64_t
kinds_to_reuse(const struct reuse *r, struct expr *e, uint64_t has)
{
	int n;
	uint64_t kinds = 0;
	struct expr **reads = expr_reads(r->p, e, &n);
	for (int i = 0; i < n; i++) {
		const struct pattern_list *list = &r->patterns[reads[i]->tensor->id];
		for (int k = 0; k < list->n; k++)
			if (!(list->at[k]->body->kinds & ~has & ~kind_of(OP_MUL, 2))) kinds |= kind_of(list->at[k]->body->op, list->at[k]->body->n);
	}
	return kinds;
}

/* what a map reads, e has to read, too */
static struct expr *
read_instead(struct reuse *r, struct expr *e)
{
	int n;
	if (!(r->kinds & kind_of(e->op, e->n))) return NULL;
	struct expr **reads = expr_reads(r->p, e, &n), *hit = NULL;
	for (int i = 0; i < n && !hit; i++) hit = read_one_of(r, &r->patterns[reads[i]->tensor->id], e);
	return hit;
}

static struct expr *
reuse_node(struct program *p, struct expr *e, void *context)
{
	struct reuse *r = context;
	if (e->op == OP_INDEX || e->op == OP_NUMBER || e->op == OP_READ) return NULL;
	struct expr *hit = read_instead(r, e);
	if (hit || e->op != OP_MUL || e->n < 3 || e->n > 8 || !(r->kinds & kind_of(OP_MUL, 2))) return hit;
	for (int a = 0; a < e->n; a++) /* a pair hiding inside a larger product */
		for (int b = a + 1; b < e->n; b++) {
			hit = read_instead(r, mul(p, e->kid[a], e->kid[b]));
			if (!hit) continue;
			for (int i = 0; i < e->n; i++)
				if (i != a && i != b) hit = mul(p, hit, rewrite(p, e->kid[i], reuse_node, r));
			return hit;
		}
	return NULL;
}

static bool
is_worth_reading(struct program *p, const struct equation *q)
{
	int n;
	if (q->tensor == p->loss) return false; /* the language reads no loss */
	if (q->reduction || q->tensor->role == ROLE_ADJOINT || q->lhs_count != q->body->free->n || q->body->op == OP_READ) return false;
	struct expr **nodes = expr_nodes(p, q->body, &n);
	for (int i = 0; i < n; i++)
		if (nodes[i]->op == OP_POW || (nodes[i]->op == OP_CALL && nodes[i]->function->transcendental)) return true;
	return false;
}

static const struct tensor *
youngest_read(struct program *p, const struct equation *q)
{
	int n;
	struct expr **reads = expr_reads(p, q->body, &n);
	const struct tensor *t = NULL;
	for (int i = 0; i < n; i++)
		if (!t || reads[i]->tensor->id > t->id) t = reads[i]->tensor;
	return t;
}

static struct reuse
reuse_new(struct program *p)
{
	int n = p->tensors.n + 1;
	struct reuse r = {.p = p, .patterns = NEW_ARRAY(p->arena, n, struct pattern_list), .place = NEW_ARRAY(p->arena, n, int)};
	for (int i = 0; i < p->equations.n; i++) {
		struct equation *q = p->equations.at[i];
		const struct tensor *t = youngest_read(p, q);
		r.place[q->tensor->id] = i;
		if (t && is_worth_reading(p, q)) PUSH(p->arena, &r.patterns[t->id], q);
	}
	return r;
}

/* reuse first, then the cheapest form, each with reuse again */
static struct expr *
improve(struct program *p, const struct equation *q, struct reuse *r)
{
	r->q = q;
	r->kinds = kinds_to_reuse(r, q->body, q->body->kinds);
	struct expr *e = r->kinds ? rewrite(p, q->body, reuse_node, r) : q->body, *best = cheapest(p, e);
	if (e->condition || !e->has_sum) return best;
	r->kinds = kinds_to_reuse(r, e, kinds_multiplied_out(p, e));
	struct expr *plain = r->kinds ? multiplied_out(p, e) : NULL, *out = plain ? rewrite(p, plain, reuse_node, r) : NULL;
	if (out == plain) return best;
	struct expr *out_factored = factored(p, out);
	if (expr_cost(p, out) < expr_cost(p, best)) best = out;
	if (expr_cost(p, out_factored) < expr_cost(p, best)) best = out_factored;
	return best;
}

/* ---- C: inline --------------------------------------------------------------------------------------------------------------------------------------- */

struct inlining {
	struct program *p;
	struct equation **of; /* by tensor id */
	char *keep;
	int *readers;         /* equations that read the tensor */
	struct equation *reader;
};

/* What changed in which round, by tensor id: what has not changed, and reads nothing that has, is as simple as it can be. */
struct changes {
	int n, *round, *readers;
	struct expr **body;    /* before this round */
	int pattern;           /* the last round in which something changed that others may read instead */
};

static void
mark_kept(struct program *p, char *keep)
{
	if (p->loss) keep[p->loss->id] = 1;
	for (int i = 0; i < p->outputs.n; i++) keep[p->outputs.at[i]->id] = 1;
	for (int i = 0; i < p->metrics.n; i++) keep[p->metrics.at[i]->id] = 1;
	for (int i = 0; i < p->gradients.n; i++) keep[p->gradients.at[i].gradient->id] = 1;
	for (int i = 0; i < p->updates.n; i++) keep[p->updates.at[i].new->id] = 1;
}

static bool
is_trivial(const struct equation *q)
{
	const struct expr *b = q->body;
	if (q->reduction) return false;
	return b->op == OP_NUMBER || b->op == OP_INDEX || b->op == OP_READ || (b->op == OP_MUL && b->n == 2 && b->kid[0]->op == OP_NUMBER && b->kid[1]->op == OP_READ) ||
	       (b->op == OP_POW && b->kid[0]->op == OP_BATCH);
}

static bool
has_transcendental(struct program *p, struct expr *e)
{
	int n;
	if (!e->has_call) return false;
	struct expr **nodes = expr_nodes(p, e, &n);
	for (int i = 0; i < n; i++)
		if (nodes[i]->op == OP_CALL && nodes[i]->function->transcendental) return true;
	return false;
}

static int
reads_of(struct program *p, struct expr *e, const struct tensor *t)
{
	int n, count = 0;
	struct expr **reads = expr_reads(p, e, &n);
	for (int i = 0; i < n; i++) count += reads[i]->tensor == t;
	return count;
}

enum { LONGEST_REPEATED = 40 }; /* nodes of what may stand in a reader several times */

/* nodes of an expression as it is written out, where those that it shares count each time; at most `most` + 1 */
static int
written_size(const struct expr *e, int most)
{
	int size = 1;
	for (int i = 0; i < e->n && size <= most; i++) size += written_size(e->kid[i], most - size);
	return size;
}

/* how often a tensor is read in an expression as it is written out, looking at `budget` nodes; what is left is in it */
static int
times_written(const struct expr *e, const struct tensor *t, int *budget)
{
	int times = e->op == OP_READ && e->tensor == t;
	--*budget;
	for (int i = 0; i < e->n && times < 2 && *budget > 0; i++) times += times_written(e->kid[i], t, budget);
	return times;
}

/* In place of a read that its reader has twice, a long body would stand there twice: after some layers, the adjoint of one would be written out
 * thousands of times in that of another. */
static bool
would_grow(const struct equation *q, const struct equation *reader)
{
	int budget = 50 * LONGEST_REPEATED;
	if (written_size(q->body, LONGEST_REPEATED) <= LONGEST_REPEATED) return false;
	return times_written(reader->body, q->tensor, &budget) > 1 || budget <= 0;
}

static double
elements(const struct equation *q)
{
	double n = 1;
	for (int i = 0; i < q->lhs_count; i++) n *= q->lhs[i]->batch ? 64 : (double)q->lhs[i]->size;
	return n;
}

/* one reader, a map, nothing dear computed more often than before */
static bool
is_cheap(const struct inlining *in, const struct equation *q)
{
	const struct equation *u = in->reader;
	if (q->reduction || u->reduction || q->tensor->role != ROLE_ADJOINT || in->readers[q->tensor->id] != 1) return false;
	if (has_transcendental(in->p, q->body) && elements(u) > elements(q)) return false;
	return reads_of(in->p, u->body, q->tensor) == 1 && !would_grow(q, u);
}

/* sum(k) dp[k] * .. with dp[k] = if k == t then ..: the delta rule will remove the sum */
static bool
is_one_hot(const struct inlining *in, const struct equation *q, const struct expr *read)
{
	const struct equation *u = in->reader;
	if (u->reduction != SUM || q->reduction || q->tensor->role != ROLE_ADJOINT || q->body->op != OP_IF || !is_number(q->body->kid[2], 0)) return false;
	for (int i = 0; i < conjunct_count(q->body->kid[0]); i++) {
		struct expr *c = conjunct(q->body->kid[0], i);
		if (c->op != OP_EQ0 || !c->has_read) continue;
		struct affine *a = affine_of(in->p, c->kid[0]);
		for (int k = 0; k < a->n; k++)
			for (int l = 0; l < q->lhs_count; l++) {
				if (a->term[k].atom->op != OP_INDEX || a->term[k].atom->index != q->lhs[l] || read->kid[l]->op != OP_INDEX) continue;
				for (int b = 0; b < u->bound_count; b++)
					if (u->bound[b] == read->kid[l]->index) return true;
			}
	}
	return false;
}

static bool
has_whole_division(struct program *p, struct expr *e)
{
	int n;
	if (!(e->kinds & (kind_of(OP_DIV, 1) | kind_of(OP_MOD, 1)))) return false;
	struct expr **nodes = expr_nodes(p, e, &n);
	for (int i = 0; i < n; i++)
		if (nodes[i]->op == OP_DIV || nodes[i]->op == OP_MOD) return true;
	return false;
}

/* a view (reshape, flatten) stays an equation of its own in front of sums, and so does a look-up */
static bool
is_view_for_sum(const struct inlining *in, const struct equation *q)
{
	if (!in->reader->reduction || q->body->op != OP_READ) return false;
	for (int i = 0; i < q->body->n; i++)
		if (affine_of(in->p, q->body->kid[i])->n > 1 || q->body->kid[i]->has_read) return true;
	return false;
}

/* at other indices, as many and as long: what stands there looks the same */
static bool
renames_only(const struct equation *q, const struct expr *read)
{
	for (int i = 0; i < read->n; i++) {
		const struct expr *at = read->kid[i];
		if (at->op != OP_INDEX || at->index->size != q->lhs[i]->size) return false;
		for (int k = 0; k < i; k++)
			if (read->kid[k] == at) return false;
	}
	return true;
}

/* a view by divisions, which may cancel where it is read */
static bool
is_view_by_division(const struct inlining *in, const struct equation *q)
{
	return (in->reader->reduction || q->tensor->role != ROLE_ADJOINT) && has_whole_division(in->p, q->body);
}

/* the equation that a read may be replaced by; NULL: none */
static struct equation *
inlined_equation(const struct inlining *in, const struct expr *e)
{
	struct equation *q = e->op == OP_READ ? in->of[e->tensor->id] : NULL;
	if (!q || q == in->reader || in->keep[q->tensor->id]) return NULL;
	return (is_trivial(q) || is_cheap(in, q) || is_one_hot(in, q, e)) && !is_view_for_sum(in, q) ? q : NULL;
}

static struct expr *
inline_read(struct program *p, struct expr *e, void *context)
{
	struct inlining *in = context;
	struct equation *q = inlined_equation(in, e);
	if (!q) return NULL;
	bool divides = is_view_by_division(in, q);
	if (divides && renames_only(q, e)) return NULL;
	struct expr *r = substitute(p, q->body, q->lhs_count, q->lhs, e->kid);
	if (divides && has_whole_division(p, r)) return NULL;
	return rewrite(p, r, inline_read, in);
}

static void
grow_changes(struct program *p, struct changes *c)
{
	int n = p->tensors.n + 1, old = c->n;
	if (n <= old) return;
	int *round = NEW_ARRAY(p->arena, 2 * n, int), *readers = NEW_ARRAY(p->arena, 2 * n, int);
	struct expr **body = NEW_ARRAY(p->arena, 2 * n, struct expr *);
	if (old) {
		memcpy(round, c->round, (size_t)old * sizeof *round);
		memcpy(readers, c->readers, (size_t)old * sizeof *readers);
		memcpy(body, c->body, (size_t)old * sizeof *body);
	}
	*c = (struct changes){2 * n, round, readers, body, c->pattern};
}

/* compares with the round before; an equation that is new has changed */
static void
note_changes(struct program *p, struct changes *c, int round, const int *readers)
{
	grow_changes(p, c);
	for (int i = 0; i < p->equations.n; i++) {
		const struct equation *q = p->equations.at[i];
		int id = q->tensor->id;
		if (c->body[id] == q->body && (!readers || c->readers[id] == readers[id])) continue;
		if (c->body[id] != q->body && is_worth_reading(p, q)) c->pattern = round;
		c->round[id] = round;
		c->body[id] = q->body;
		if (readers) c->readers[id] = readers[id];
	}
}

static bool
is_settled(struct program *p, const struct changes *c, const struct equation *q, int round)
{
	int n;
	if (c->round[q->tensor->id] >= round - 1) return false;
	struct expr **reads = expr_reads(p, q->body, &n);
	for (int i = 0; i < n; i++)
		if (c->round[reads[i]->tensor->id] >= round - 1) return false;
	return true;
}

static void
inline_all(struct program *p, struct changes *c, int round)
{
	struct inlining in = {.p = p, .of = equation_table(p), .keep = NEW_ARRAY(p->arena, p->tensors.n + 1, char), .readers = NEW_ARRAY(p->arena, p->tensors.n + 1, int)};
	mark_kept(p, in.keep);
	for (int i = 0; i < p->equations.n; i++) {
		int n;
		struct expr **reads = expr_reads(p, p->equations.at[i]->body, &n);
		for (int r = 0; r < n; r++) { /* each tensor once per reader */
			bool before = false;
			for (int k = 0; k < r; k++) before |= reads[k]->tensor == reads[r]->tensor;
			in.readers[reads[r]->tensor->id] += !before;
		}
	}
	note_changes(p, c, round, in.readers);
	for (int i = 0; i < p->equations.n; i++) {
		in.reader = p->equations.at[i];
		if (is_settled(p, c, in.reader, round)) continue;
		int n;
		bool any = false;
		struct expr **reads = expr_reads(p, in.reader->body, &n);
		for (int r = 0; r < n && !any; r++) any = inlined_equation(&in, reads[r]) != NULL;
		if (any) in.reader->body = rewrite(p, in.reader->body, inline_read, &in);
	}
}

/* ---- sums again ---------------------------------------------------------------------------------------------------------------------------------------- */

/* bodies changed: take invariants out again.  Where nothing changes but the body, the equation keeps its place and name. */
static void
collect_again(struct program *p, struct equation *q)
{
	int equations = p->equations.n;
	p->only_means = true;
	struct expr *r = collect(p, q->body, q->lhs_count, q->lhs, q->bound_count, q->bound, arena_print(p->arena, "%s_s", q->tensor->name), q->span);
	p->only_means = false;
	struct equation *z = p->equations.n == equations + 1 ? p->equations.at[equations] : NULL;
	bool same = z && r->op == OP_READ && r->tensor == z->tensor && r->n == q->lhs_count;
	for (int i = 0; same && i < r->n; i++) same = r->kid[i]->op == OP_INDEX && r->kid[i]->index == q->lhs[i];
	if (same) {
		p->equations.n = equations;
		q->bound_count = z->bound_count;
		q->bound = z->bound;
		q->body = z->body;
		return;
	}
	q->reduction = MAP;
	q->bound_count = 0;
	q->body = r;
}

static void
collect_sums(struct program *p, const struct changes *c, int round)
{
	int n = p->equations.n;
	for (int i = 0; i < n; i++) {
		struct equation *q = p->equations.at[i];
		if (is_settled(p, c, q, round) && c->body[q->tensor->id] == q->body) continue;
		if (q->reduction == SUM && q->tensor->role == ROLE_ADJOINT) collect_again(p, q);
		else if (q->reduction == MEAN && !mentions_any(q->body, q->bound, q->bound_count)) {
			q->reduction = MAP;
			q->bound_count = 0;
		}
	}
}

/* ---- the end ---------------------------------------------------------------------------------------------------------------------------------------------- */

static struct expr *
replace_merged(struct program *p, struct expr *e, void *context)
{
	struct tensor **by = context;
	if (e->op != OP_READ || !by[e->tensor->id]) return NULL;
	struct expr **at = NEW_ARRAY(p->arena, e->n + 1, struct expr *);
	for (int i = 0; i < e->n; i++) at[i] = rewrite(p, e->kid[i], replace_merged, by);
	return read_of(p, by[e->tensor->id], e->n, at);
}

static bool
reads_merged(struct program *p, struct expr *e, struct tensor *const by[])
{
	int n;
	struct expr **reads = expr_reads(p, e, &n);
	for (int i = 0; i < n; i++)
		if (by[reads[i]->tensor->id]) return true;
	return false;
}

/* two equations with the same right side are one */
static void
merge(struct program *p)
{
	struct tensor **by = NEW_ARRAY(p->arena, p->tensors.n + 1, struct tensor *);
	char *keep = NEW_ARRAY(p->arena, p->tensors.n + 1, char);
	mark_kept(p, keep);
	forget_values(p, NULL);
	for (int i = 0; i < p->equations.n; i++) {
		struct equation *q = p->equations.at[i];
		if (reads_merged(p, q->body, by)) q->body = rewrite(p, q->body, replace_merged, by);
		struct tensor *t = define_once(p, q);
		if (t) t->no_gradient &= q->tensor->no_gradient;
		if (t && !keep[q->tensor->id]) by[q->tensor->id] = t;
	}
	for (int i = 0; i < p->equations.n; i++) {
		struct equation *q = p->equations.at[i];
		if (reads_merged(p, q->body, by)) q->body = rewrite(p, q->body, replace_merged, by);
	}
	remove_dead(p);
}

/* dW[j,i] = dW_part[j,i]: the reduction gets the name */
static void
takeover(struct program *p)
{
	struct equation **of = equation_table(p);
	int *readers = NEW_ARRAY(p->arena, p->tensors.n + 1, int);
	for (int i = 0; i < p->equations.n; i++) {
		int n;
		struct expr **reads = expr_reads(p, p->equations.at[i]->body, &n);
		for (int r = 0; r < n; r++) readers[reads[r]->tensor->id]++;
	}
	for (int i = 0; i < p->equations.n; i++) {
		struct equation *q = p->equations.at[i];
		struct expr *b = q->body;
		if (q->reduction || b->op != OP_READ || q->tensor->role != ROLE_ADJOINT) continue;
		struct equation *z = of[b->tensor->id];
		if (!z || z == q || z->tensor->role != ROLE_ADJOINT || readers[z->tensor->id] != 1 || b->n != q->lhs_count) continue;
		bool bare = true;
		for (int k = 0; k < b->n; k++) bare &= b->kid[k]->op == OP_INDEX && b->kid[k]->index == q->lhs[k];
		if (!bare) continue;
		q->reduction = z->reduction;
		q->bound_count = z->bound_count;
		q->bound = z->bound;
		q->lhs = z->lhs;
		q->body = z->body;
	}
	remove_dead(p);
}

struct snapshot {
	struct tensor *tensor;
	struct expr *body;
	enum reduction reduction;
};

static bool
unchanged(const struct program *p, const struct snapshot *before, int n)
{
	if (p->equations.n != n) return false;
	for (int i = 0; i < n; i++) {
		const struct equation *q = p->equations.at[i];
		if (q->tensor != before[i].tensor || q->body != before[i].body || q->reduction != before[i].reduction) return false;
	}
	return true;
}

void
simplify(struct program *p)
{
	enum { MOST_ROUNDS = 40 };
	struct changes c = {0};
	order_equations(p);
	for (int round = 1; round <= MOST_ROUNDS; round++) {
		int n = p->equations.n;
		struct snapshot *before = NEW_ARRAY(p->arena, n + 1, struct snapshot);
		for (int i = 0; i < n; i++) before[i] = (struct snapshot){p->equations.at[i]->tensor, p->equations.at[i]->body, p->equations.at[i]->reduction};
		inline_all(p, &c, round);
		struct reuse r = reuse_new(p);
		for (int i = 0; i < p->equations.n; i++) {
			struct equation *q = p->equations.at[i];
			if (c.pattern < round - 1 && is_settled(p, &c, q, round) && c.body[q->tensor->id] == q->body) continue;
			q->body = improve(p, q, &r);
		}
		collect_sums(p, &c, round);
		remove_dead(p);
		order_equations(p);
		if (unchanged(p, before, n)) break;
	}
	merge(p);
	takeover(p);
	order_equations(p);
}
