/* alike.c - kernels that are alike: of one text, whatever their tensors are called.
 *
 * A description holds all that a kernel's text depends on: its equations, its loops, how its tensors are kept.  Indices, tensors and nodes are
 * numbered as they come up, so that the same description means the same kernel over other tensors.  Text is written for the first kernel of a
 * description only; the others find its function, and their operands by these numbers.
 *
 * Most kernels of a deep network are copies: they have the indices of another and differ in their tensors only.  That is seen by going through
 * both, and such a kernel needs no description. */
#include "emit/emit.h"
#include "core/function.h"
#include <string.h>

struct describer {
	struct emission *e;
	const struct plan *plan;
	struct text text;
	struct tensor_list tensors; /* by their numbers */
};

/* a whole number as digits to the base 127, none of them a zero byte; the last has no upper bit */
static void
put(struct describer *d, uint64_t v)
{
	char digits[16];
	size_t n = 0;
	for (; v >= 127; v /= 127) digits[n++] = (char)(v % 127 + 129);
	digits[n++] = (char)(v + 1);
	text_bytes(&d->text, digits, n);
}

static void
put_text(struct describer *d, const char *s)
{
	put(d, strlen(s));
	text_bytes(&d->text, s, strlen(s));
}

/* The number that a thing has in this description; a new one is said to be so, and what it is has to follow. */
static bool
put_number(struct describer *d, struct numbering *l, int id)
{
	struct emission *e = d->e;
	if (id >= l->room) {
		int room = 2 * (id + 512);
		struct number_of *wider = NEW_ARRAY(e->arena, room, struct number_of);
		if (l->room) memcpy(wider, l->at, (size_t)l->room * sizeof *wider);
		l->at = wider;
		l->room = room;
	}
	bool is_new = l->at[id].description != e->descriptions;
	if (is_new) l->at[id] = (struct number_of){e->descriptions, l->n++};
	put(d, (uint64_t)l->at[id].number + 1);
	return is_new;
}

static void
put_index(struct describer *d, const struct index *i)
{
	if (!i) {
		put(d, 0);
	} else if (put_number(d, &d->e->index_numbers, i->id)) {
		put_text(d, i->name);
		put(d, (uint64_t)i->size);
		put(d, i->batch);
	}
}

static void
put_indices(struct describer *d, int n, struct index *const indices[])
{
	put(d, (uint64_t)n);
	for (int i = 0; i < n; i++) put_index(d, indices[i]);
}

/* what has the same name in every function that reads it: a caller's array, a setting */
static bool
goes_by_name(const struct tensor *t)
{
	return t->role == ROLE_INPUT || t->role == ROLE_TARGET || t->role == ROLE_SETTING;
}

static void
put_tensor(struct describer *d, struct tensor *t)
{
	if (!t) {
		put(d, 0);
		return;
	}
	if (!put_number(d, &d->e->tensor_numbers, t->id)) return;
	PUSH(d->e->arena, &d->tensors, t);
	const struct slot *s = &d->plan->place[t->id];
	put_text(d, goes_by_name(t) ? t->name : "");
	put(d, t->role);
	put(d, (uint64_t)t->rank);
	for (int i = 0; i < t->rank; i++) put(d, (uint64_t)t->shape[i]);
	put(d, (uint64_t)(t->batch | t->integer << 1 | (t->draw == DRAW_NORMAL) << 2 | s->panels << 3 | s->rows << 4 | s->own_rows << 5));
	put(d, (uint64_t)t->low);
	put(d, (uint64_t)t->high);
	put(d, s->storage);
	put(d, (uint64_t)s->row_stride);
	put(d, (uint64_t)turned_columns_of(d->e, t));
	put_tensor(d, s->view);
}

static void
put_expr(struct describer *d, const struct expr *x)
{
	if (!x) {
		put(d, 0);
		return;
	}
	if (!put_number(d, &d->e->expr_numbers, x->id)) return;
	uint64_t bits;
	put(d, x->op);
	switch (x->op) {
	case OP_NUMBER: case OP_BOOL:
		memcpy(&bits, &x->number, sizeof bits);
		put(d, bits);
		break;
	case OP_INDEX: put_index(d, x->index); break;
	case OP_READ: put_tensor(d, x->tensor); break;
	case OP_DIV: case OP_MOD: put(d, (uint64_t)x->divisor); break;
	case OP_CALL: put_text(d, x->function->name); break;
	default: break;
	}
	put(d, (uint64_t)x->n);
	for (int i = 0; i < x->n; i++) put_expr(d, x->kid[i]);
}

static void
put_equation(struct describer *d, const struct kernel *k, const struct equation *q)
{
	put_tensor(d, q->tensor);
	put(d, q->reduction);
	put_indices(d, q->lhs_count, q->lhs);
	put_indices(d, q->bound_count, q->bound);
	put_expr(d, q->body);
	put_index(d, kernel_time(k, q));
}

static void
put_sliding(struct describer *d, const struct sliding *s)
{
	put_index(d, s->tap);
	put_expr(d, s->guard);
	put(d, (uint64_t)s->stretches.n);
	for (int i = 0; i < s->stretches.n; i++) {
		const struct stretch *r = &s->stretches.at[i];
		put(d, (uint64_t)r->from);
		put(d, (uint64_t)r->to);
		put(d, (uint64_t)r->first);
		put(d, (uint64_t)r->last);
	}
}

static void
put_kernel(struct describer *d, const struct kernel *k)
{
	put_text(d, d->plan->entry); /* the numbers of a step know which entries read them */
	put(d, k->kind);
	put(d, (uint64_t)(k->direct | k->over_samples << 1 | k->split_outer << 2 | (k->loop != NULL) << 3));
	put(d, (uint64_t)k->parts);
	put(d, (uint64_t)k->equations.n);
	for (int i = 0; i < k->equations.n; i++) put_equation(d, k, k->equations.at[i]);
	put(d, (uint64_t)k->merges.n);
	for (int i = 0; i < k->merges.n; i++) {
		put_index(d, k->merges.at[i].a);
		put_index(d, k->merges.at[i].b);
		put_index(d, k->merges.at[i].c);
	}
	put_indices(d, k->outer.n, k->outer.at);
	put_indices(d, k->sum.n, k->sum.at);
	put_indices(d, k->taps.n, k->taps.at);
	put(d, (uint64_t)k->slides.n);
	for (int i = 0; i < k->slides.n; i++) put_sliding(d, &k->slides.at[i]);
	put_index(d, k->row);
	put_index(d, k->lane);
	put_index(d, k->column);
	put_index(d, k->scattered);
	put_expr(d, k->left);
	put_expr(d, k->right);
	put_expr(d, k->guard);
	put_expr(d, k->condition);
	put_tensor(d, k->rows);
	put_tensor(d, k->gradient);
	put_tensor(d, k->finished);
}

struct description
describe(struct emission *e, const struct plan *plan, const struct kernel *k)
{
	struct describer d = {.e = e, .plan = plan, .text = {.arena = e->arena}};
	e->descriptions++;
	e->index_numbers.n = e->tensor_numbers.n = e->expr_numbers.n = 0;
	put_kernel(&d, k);
	return (struct description){text_end(&d.text), d.tensors};
}

/* ---- copies ------------------------------------------------------------------------------------------------------------------------------------------ */

static uint32_t
copy_hash(const struct plan *plan, const struct kernel *k)
{
	uint64_t h = (uint64_t)(uintptr_t)plan + (uint64_t)k->kind * 31 + (uint64_t)k->parts;
	for (int i = 0; i < k->equations.n; i++) h = (h ^ k->equations.at[i]->body->form) * 0x9e3779b97f4a7c15u + (uint64_t)k->equations.at[i]->reduction;
	return (uint32_t)(h ^ h >> 32);
}

static bool
same_loops(const struct kernel *a, const struct kernel *b)
{
	if (!same_indices(a->outer.n, a->outer.at, b->outer.n, b->outer.at) || !same_indices(a->sum.n, a->sum.at, b->sum.n, b->sum.at) ||
	    !same_indices(a->taps.n, a->taps.at, b->taps.n, b->taps.at) || a->merges.n != b->merges.n || a->slides.n != b->slides.n)
		return false;
	if (a->merges.n && memcmp(a->merges.at, b->merges.at, (size_t)a->merges.n * sizeof *a->merges.at)) return false;
	for (int i = 0; i < a->slides.n; i++) {
		const struct sliding *s = &a->slides.at[i], *t = &b->slides.at[i];
		if (s->tap != t->tap || s->guard != t->guard || s->stretches.n != t->stretches.n) return false;
		if (s->stretches.n && memcmp(s->stretches.at, t->stretches.at, (size_t)s->stretches.n * sizeof *s->stretches.at)) return false;
	}
	return a->row == b->row && a->lane == b->lane && a->column == b->column && a->scattered == b->scattered && a->guard == b->guard;
}

static bool
match_kernels(struct matching *m, const struct kernel *a, const struct kernel *b)
{
	if (a->kind != b->kind || a->parts != b->parts || a->direct != b->direct || a->over_samples != b->over_samples || a->split_outer != b->split_outer || a->equations.n != b->equations.n ||
	    !same_loops(a, b))
		return false;
	for (int i = 0; i < a->equations.n; i++)
		if (!match_equations(m, a->equations.at[i], b->equations.at[i])) return false;
	return match_exprs(m, a->left, b->left) && match_exprs(m, a->right, b->right) && match_exprs(m, a->condition, b->condition) && match_tensors(m, a->rows, b->rows) &&
	       match_tensors(m, a->gradient, b->gradient) && match_tensors(m, a->finished, b->finished);
}

/* kept in the same way, and what they are views of, too */
static bool
match_places(const struct emission *e, const struct plan *plan, struct matching *m)
{
	for (int i = 0; i < m->pairs; i++) { /* views add pairs */
		const struct tensor *t = m->from[i], *u = m->into[i];
		const struct slot *a = &plan->place[t->id], *b = &plan->place[u->id];
		if (goes_by_name(t) && t != u) return false;
		if (a->storage != b->storage || a->panels != b->panels || a->rows != b->rows || a->own_rows != b->own_rows || a->row_stride != b->row_stride) return false;
		if (turned_columns_of(e, t) != turned_columns_of(e, u) || !match_tensors(m, a->view, b->view)) return false;
	}
	return true;
}

static bool
take_operands(struct emission *e, const struct renaming *r, const struct kernel *from, struct kernel *k)
{
	int n = from->operands->n;
	struct operand_list *l = NEW(e->arena, struct operand_list);
	*l = (struct operand_list){n, n, NEW_ARRAY(e->arena, n + 1, struct operand)};
	for (int i = 0; i < n; i++) {
		bool known = false;
		l->at[i] = from->operands->at[i];
		for (int p = 0; p < r->pairs; p++) known |= r->from[p] == l->at[i].tensor;
		if (!known) return false;
		l->at[i].tensor = renamed_tensor(r, l->at[i].tensor);
	}
	k->operands = l;
	k->function = from->function;
	return true;
}

bool
recall_copy(struct emission *e, const struct plan *plan, struct kernel *k)
{
	struct program *p = plan->program;
	if (k->loop) return false;
	for (int i = e->by_form[copy_hash(plan, k) % BY_FORM]; i; i = e->originals.at[i - 1].next) {
		const struct original *o = &e->originals.at[i - 1];
		struct matching m;
		matching_start(&m, p);
		bool same = o->plan == plan && match_kernels(&m, o->kernel, k) && match_places(e, plan, &m);
		struct renaming r = matching_end(&m);
		if (same && take_operands(e, &r, o->kernel, k)) return true;
	}
	return false;
}

void
remember_original(struct emission *e, const struct plan *plan, const struct kernel *k)
{
	if (k->loop) return;
	int *first = &e->by_form[copy_hash(plan, k) % BY_FORM];
	PUSH(e->arena, &e->originals, (struct original){k, plan, *first});
	*first = e->originals.n;
}

/* ---- descriptions ------------------------------------------------------------------------------------------------------------------------------------ */

static int
number_in(const struct description *d, const struct tensor *t)
{
	for (int i = 0; i < d->tensors.n; i++)
		if (d->tensors.at[i] == t) return i;
	return -1;
}

void
remember(struct emission *e, const struct description *d, const struct kernel *k)
{
	struct alike a = {k->function, k->operands, NEW_ARRAY(e->arena, k->operands->n + 1, int)};
	for (int i = 0; i < k->operands->n; i++) {
		a.number[i] = number_in(d, k->operands->at[i].tensor);
		if (a.number[i] < 0) return; /* an operand that the kernel does not mention: nobody else could find its own */
	}
	*map_get(e->arena, &e->by_description, d->text) = e->alike.n + 1;
	PUSH(e->arena, &e->alike, a);
}

bool
recall(struct emission *e, const struct description *d, struct kernel *k)
{
	int *known = map_find(&e->by_description, d->text);
	if (!known) return false;
	const struct alike *a = &e->alike.at[*known - 1];
	k->function = a->function;
	k->operands = NEW(e->arena, struct operand_list);
	for (int i = 0; i < a->operands->n; i++) {
		struct operand o = a->operands->at[i];
		o.tensor = d->tensors.at[a->number[i]];
		PUSH(e->arena, k->operands, o);
	}
	return true;
}
