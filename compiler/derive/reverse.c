/* reverse.c - reverse differentiation inside one body: one sweep over its nodes, from the whole to the reads.
 *
 * Where a node is the whole right side, its value is a read of the equation's own tensor: 1 - h^2 instead of 1 - tanh(z)^2. */
#include "core/function.h"
#include "derive/derive.h"
#include <stdlib.h>

struct sweep {
	struct program *p;
	const struct equation *q;
	int n;
	struct expr **node;    /* kids before parents */
	struct expr **adjoint; /* beside; NULL: none */
};

static int
place_of(const struct sweep *s, const struct expr *e)
{
	for (int i = s->n - 1; i >= 0; i--)
		if (s->node[i] == e) return i;
	return -1;
}

static void
accumulate(struct sweep *s, struct expr *e, struct expr *g)
{
	if (is_number(g, 0) || e->op == OP_NUMBER) return;
	int i = place_of(s, e);
	s->adjoint[i] = s->adjoint[i] ? add(s->p, s->adjoint[i], g) : g;
}

/* the value of e: the stored result where e is the whole body of a map */
static struct expr *
saved(const struct sweep *s, struct expr *e)
{
	return e == s->q->body && s->q->reduction == MAP ? read_at(s->p, s->q->tensor, s->q->lhs) : e;
}

static void
reverse_product(struct sweep *s, struct expr *e, struct expr *g)
{
	struct program *p = s->p;
	struct expr *y = saved(s, e), **others = NEW_ARRAY(p->arena, e->n, struct expr *);
	for (int i = 0; i < e->n; i++) {
		struct expr *f = e->kid[i];
		if (f->op == OP_POW && f->kid[1]->op == OP_NUMBER && f->kid[1]->number < 0 && y != e) { /* d(e/Z)/dZ = -y/Z */
			struct expr *z = f->kid[0];
			accumulate(s, z, mul_all(p, 4, (struct expr *[]){g, f->kid[1], y, power_of(p, z, -1)}));
			continue;
		}
		for (int k = 0; k < e->n; k++) others[k] = k == i ? g : e->kid[k];
		accumulate(s, f, mul_all(p, e->n, others));
	}
}

static void
reverse_power(struct sweep *s, struct expr *e, struct expr *g)
{
	struct program *p = s->p;
	struct expr *b = e->kid[0], *x = e->kid[1], *y = saved(s, e);
	if (is_number(x, -1) && y != e) accumulate(s, b, scale(p, -1, mul(p, g, power_of(p, y, 2))));
	else accumulate(s, b, mul_all(p, 3, (struct expr *[]){g, x, power(p, b, sub(p, x, number(p, 1)))}));
	if (x->op != OP_NUMBER) accumulate(s, x, mul_all(p, 3, (struct expr *[]){g, y, call(p, function_named("log"), b)}));
}

static void
reverse_if(struct sweep *s, struct expr *e, struct expr *g)
{
	struct program *p = s->p;
	struct expr *c = e->kid[0], *zero = number(p, 0);
	struct expr *y = saved(s, e);
	/* if x > 0 then x else 0: the result says as much as x, which is then not needed after the forward pass */
	if (y != e && is_number(e->kid[2], 0) && c->op == OP_LT && is_number(c->kid[0], 0) && c->kid[1] == e->kid[1]) c = less(p, zero, y);
	accumulate(s, e->kid[1], choose(p, c, g, zero));
	accumulate(s, e->kid[2], choose(p, c, zero, g));
}

static void
reverse_node(struct sweep *s, struct expr *e, struct expr *g)
{
	struct program *p = s->p;
	switch (e->op) {
	case OP_ADD:
		for (int i = 0; i < e->n; i++) accumulate(s, e->kid[i], g);
		break;
	case OP_MUL: reverse_product(s, e, g); break;
	case OP_POW: reverse_power(s, e, g); break;
	case OP_IF: reverse_if(s, e, g); break;
	case OP_CALL: accumulate(s, e->kid[0], mul(p, g, e->function->derivative(p, e->kid[0], saved(s, e)))); break;
	default: break; /* numbers, whole numbers and conditions carry no gradient */
	}
}

int
reverse(struct program *p, const struct equation *q, struct expr *seed, struct read_adjoint **out)
{
	struct sweep s = {.p = p, .q = q};
	s.node = expr_nodes(p, q->body, &s.n);
	s.adjoint = NEW_ARRAY(p->arena, s.n, struct expr *);
	s.adjoint[s.n - 1] = seed;
	LIST(struct read_adjoint) reads = {0};
	for (int i = s.n - 1; i >= 0; i--) {
		struct expr *e = s.node[i], *g = s.adjoint[i];
		if (!g || is_number(g, 0)) continue;
		if (e->op == OP_READ) PUSH(p->arena, &reads, (struct read_adjoint){e, g});
		else if (!e->integer) reverse_node(&s, e, g);
	}
	*out = reads.at;
	return reads.n;
}
