/* fingerprint.c - a number for what a model computes: a run goes on only with a program that has the same.
 *
 * A hash over the equations in their order, mixed as in SplitMix64 (Steele, Lea, Flood, OOPSLA 2014, section 4).  Tensors count by their place among those met so far, indices by their place in the
 * equation, so neither names nor files count, nor what the C is compiled for. */
#include "core/function.h"
#include "emit/emit.h"
#include <string.h>

struct hash {
	uint64_t value;
	int *places; /* [highest id + 1] of tensors: 1 + the order in which they were met; 0: not yet */
	int met;
	const struct equation *q;
};

static void
add_number(struct hash *h, uint64_t x)
{
	uint64_t z = (h->value ^ x) + 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	h->value = z ^ z >> 31;
}

static void
add_tensor(struct hash *h, const struct tensor *t)
{
	bool fresh = !h->places[t->id];
	if (fresh) h->places[t->id] = ++h->met;
	add_number(h, (uint64_t)h->places[t->id]);
	if (!fresh) return;
	add_number(h, (uint64_t)t->role);
	add_number(h, (uint64_t)t->integer);
	add_number(h, t->role == ROLE_RANDOM ? t->site : 0);
	add_number(h, t->role == ROLE_RANDOM ? (uint64_t)t->draw : 0);
	for (int i = 0; i < t->rank; i++) add_number(h, (uint64_t)t->shape[i]);
}

static void
add_index(struct hash *h, const struct index *x)
{
	int place = 0;
	while (place < h->q->lhs_count && h->q->lhs[place] != x) place++;
	if (place == h->q->lhs_count)
		while (place < h->q->lhs_count + h->q->bound_count && h->q->bound[place - h->q->lhs_count] != x) place++;
	add_number(h, (uint64_t)place);
	add_number(h, (uint64_t)x->size);
}

static void
add_expression(struct hash *h, const struct expr *x)
{
	uint64_t bits = 0;
	add_number(h, (uint64_t)x->op);
	add_number(h, (uint64_t)x->n);
	switch (x->op) {
	case OP_NUMBER:
	case OP_BOOL:
		memcpy(&bits, &x->number, sizeof bits);
		add_number(h, bits);
		break;
	case OP_INDEX:
		add_index(h, x->index);
		break;
	case OP_READ:
		add_tensor(h, x->tensor);
		break;
	case OP_DIV:
	case OP_MOD:
		add_number(h, (uint64_t)x->divisor);
		break;
	case OP_CALL:
		for (const char *s = x->function->name; *s; s++) add_number(h, (unsigned char)*s);
		break;
	default:
		break;
	}
	for (int i = 0; i < x->n; i++) add_expression(h, x->kid[i]);
}

static uint64_t
of_program(uint64_t value, const struct program *p)
{
	int highest = 0;
	for (int i = 0; i < p->tensors.n; i++) highest = p->tensors.at[i]->id > highest ? p->tensors.at[i]->id : highest;
	struct hash h = {.value = value, .places = arena_array(p->arena, (size_t)highest + 1, sizeof(int))};
	memset(h.places, 0, ((size_t)highest + 1) * sizeof *h.places);
	for (int i = 0; i < p->equations.n; i++) {
		h.q = p->equations.at[i];
		add_number(&h, (uint64_t)h.q->reduction);
		add_expression(&h, h.q->body);
		add_tensor(&h, h.q->tensor);
	}
	for (int i = 0; i < p->updates.n; i++) {
		add_tensor(&h, p->updates.at[i].old);
		add_tensor(&h, p->updates.at[i].new);
	}
	for (int i = 0; i < p->gradients.n; i++) {
		add_tensor(&h, p->gradients.at[i].param);
		if (p->gradients.at[i].gradient) add_tensor(&h, p->gradients.at[i].gradient);
	}
	return h.value;
}

uint64_t
fingerprint(const struct model *m)
{
	uint64_t value = of_program(of_program(0, m->train), m->eval);
	for (int i = 0; i < m->training.optimizers.n; i++) value = of_program(value, m->training.optimizers.at[i]->program);
	return value;
}
