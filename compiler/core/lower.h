/* lower.h - from canonical expressions to arithmetic with a written order: which operation comes first, which products are fused.
 *
 * The interpreter and the C printer both walk this form, so that they cannot differ.  docs/numerics.md states the order in words. */
#ifndef NNC_LOWER_H
#define NNC_LOWER_H

#include "core/equation.h"

#define CODE_OPS(X)                                                                                                                   \
	X(NUMBER)      /* number, rounded once                                                                                     */ \
	X(UNIFORM)     /* expr: constants, settings and the batch size only; computed in double, rounded once                      */ \
	X(WHOLE)       /* expr: a whole number, as a real                                                                          */ \
	X(READ)        /* expr: an element of a tensor                                                                             */ \
	X(ACCUMULATOR) /* of the reduction around it                                                                               */ \
	X(ADD) X(SUB) X(MUL) X(DIV)                                                                                                   \
	X(FMA)         /* a * b + c                                                                                                */ \
	X(NEG)                                                                                                                        \
	X(SQRT)                                                                                                                       \
	X(POW)                                                                                                                        \
	X(CALL)        /* function(a)                                                                                              */ \
	X(SELECT)      /* if a then b else c                                                                                       */ \
	X(LT) X(LE) X(EQ)                                                                                                             \
	X(NOT) X(AND)                                                                                                                 \
	X(GE0) X(EQ0)  /* expr: a whole number, compared with 0                                                                    */ \
	X(TRUTH)       /* number 0 or 1                                                                                            */

enum code_op {
#define X(op) CODE_##op,
	CODE_OPS(X)
#undef X
};

struct code {
	enum code_op op;
	struct code *arg[3];
	int uses; /* by other nodes of the same body */
	int id;
	double number;
	struct expr *expr;
	const struct function *function;
};

struct lowered {
	struct code *body; /* the value of a map; of a sum or product, the new accumulator; else the value compared */
	int count;         /* of distinct nodes */
	struct expr *scale; /* the finished reduction is multiplied by this uniform number; NULL: not at all */
};

struct lowered lower_equation(struct program *p, const struct equation *q);

/* constants, settings and the batch size only */
bool is_uniform(const struct expr *e);

/* A sum (or mean) that neither belongs to a sample nor runs over samples has 16 running sums too: element k goes into the (k % 16)-th. */
bool sums_sixteen(const struct equation *q);

/* How a sum over samples runs.  IN_ORDER: one accumulator, sample after sample, for an outer product (dW[j,i] = sum(n) dz[n,j] * x[n,i],
 * or over steps of each sample, too) and for what look-ups scatter.  SIXTEEN, for all others: sample n goes into the (n % 16)-th of 16 running sums, which are added up as a tree. */
enum sample_order { IN_ORDER, SIXTEEN };
enum sample_order sample_order_of(const struct equation *q);

/* The index p of the left side in sum(n,t) if s[n,t] == p then .. else 0: each term goes to one place.  NULL: there is none. */
struct index *scattered_index(const struct equation *q, struct expr **condition);

#endif
