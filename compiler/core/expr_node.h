/* expr_node.h - what the files of expr.h share: raw nodes, not yet canonical. */
#ifndef NNC_EXPR_NODE_H
#define NNC_EXPR_NODE_H

#include "core/expr.h"

/* the node with these kids; `like` carries the operator and its payload */
struct expr *expr_node(struct program *p, const struct expr *like, int n, struct expr *const kids[]);
struct expr *expr_plain(struct program *p, enum op op, int n, struct expr *const kids[]);
/* the canonical order of terms, factors and conjuncts, for qsort */
int expr_by_order(const void *a, const void *b);
bool is_truth(const struct expr *e, bool v);
/* (a - constant modulo g) / g, for a common factor g of the coefficients */
struct expr *affine_divided(struct program *p, const struct affine *a, long g);

#endif
