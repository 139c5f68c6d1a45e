/* expr_node.h - what the files of expr.h share: raw nodes, not yet canonical. */
#ifndef NNC_EXPR_NODE_H
#define NNC_EXPR_NODE_H

#include "core/expr.h"
#include <string.h>

/* the node with these kids; `like` carries the operator and its payload */
struct expr *expr_node(struct program *p, const struct expr *like, int n, struct expr *const kids[]);
struct expr *expr_plain(struct program *p, enum op op, int n, struct expr *const kids[]);
/* the canonical order of terms, factors and conjuncts, for qsort */
int expr_by_order(const void *a, const void *b);
bool is_truth(const struct expr *e, bool v);
/* (a - constant modulo g) / g, for a common factor g of the coefficients */
struct expr *affine_divided(struct program *p, const struct affine *a, long g);


/* what tells nodes with the same operator and kids apart, as one word */
static inline uint64_t
payload_of(const struct expr *e)
{
	_Static_assert(sizeof(double) == sizeof(void *) && sizeof(double) == sizeof(long), "all members of the union are as wide");
	uint64_t v = 0;
	memcpy(&v, &e->number, sizeof v);
	return v;
}

/* From node to node, for one walk.  Tables are kept for the next walk, which knows what is its own by the number of the walk. */
struct memo {
	struct memo *below; /* a walk inside another has a table of its own */
	struct memo_entry { struct expr *from, *to; uint32_t walk; } *at;
	int n, room;
	uint32_t walk;
};
struct memo *memo_start(struct program *p);
void memo_end(struct program *p, struct memo *m);
struct expr *memo_get(const struct memo *m, const struct expr *e); /* NULL: nothing yet */
void memo_put(struct program *p, struct memo *m, struct expr *e, struct expr *to);

#endif
