/* derive.h - from equations to the equations of their gradient.
 *
 * stabilise.c  before: exponentials that cannot overflow, transcendental values that the derivative will read
 * derive.c     the adjoint of every equation that leads from the parameters to the loss
 * reverse.c      - inside one body: from the adjoint of the whole to the adjoint of each read
 * solve.c        - subscripts = p solved for the indices, so that a scatter becomes a gather
 * collect.c      - sums with everything taken out that need not be inside
 * simplify.c   after: rounds of inlining and cheaper forms until nothing changes
 * forms.c        - of one expression: multiplied out, factored, what it costs
 * reach.c      beside: which parameters the gradient does not reach, and why
 *
 * docs/derivation.md has the rules with their letters and where they come from. */
#ifndef NNC_DERIVE_H
#define NNC_DERIVE_H

#include "core/equation.h"

/* Rules S and L on a forward program: sum(r) exp(e) is computed as exp(e - max e), logarithms look through exponentials. */
void stabilise(struct program *p);
/* Rule H: computed factors of sums become equations of their own. */
void settle_factors(struct program *p);
/* Rule T: an inner transcendental node of a map, and a sum under one, become equations of their own. */
void split_scalars(struct program *p);

/* Appends the adjoint equations of p->loss with respect to `wrt` and lists them in p->gradients.  The adjoint of a tensor with samples is
 * that of each sample's own loss (the batch's times their number); of one without, that of the mean.  Requires flat equations. */
void derive(struct program *p, int n, struct tensor *const wrt[]);

enum unreached_reason {
	NOT_USED,        /* the loss does not depend on it */
	BY_FUNCTION,     /* behind a function whose derivative is 0: stop_gradient */
	BY_PLACE,        /* behind argmax or argmin */
	BY_WHOLE_NUMBER, /* behind another whole number */
	BY_CONDITION,    /* it only decides a condition */
};

struct unreached {
	const struct tensor *param;
	enum unreached_reason reason;
	struct span where;    /* of what is in the way */
	struct tensor *place; /* the place of a maximum that is in the way; NULL: something else */
	const char *function; /* BY_FUNCTION */
};

/* The parameters that no gradient of p->loss reaches, in their order.  Returns how many. */
int find_unreached(struct program *p, struct unreached **out);

/* Rewrites to a fixpoint; keeps the loss, outputs, metrics, gradients and updates. */
void simplify(struct program *p);

/* ---- inside -------------------------------------------------------------------------------------------------------------------------------------- */

struct read_adjoint {
	struct expr *read, *adjoint;
};

/* The adjoint of each read in q's body, given that of the whole.  Returns how many. */
int reverse(struct program *p, const struct equation *q, struct expr *seed, struct read_adjoint **out);

struct solution {
	int n;                 /* solved indices and their values in terms of the targets and `left` */
	struct index **index;
	struct expr **value;
	struct expr *guard;    /* where the solution exists */
	int left_count;        /* indices that stay free: the sum runs over them */
	struct index **left;
};

/* subscripts[k] = target[k] for the unknown indices; the first `lhs_count` unknowns belong to an equation's left side and are preferred */
struct solution solve(struct program *p, int n, struct expr *const subscripts[], struct expr *const target[], int unknown_count,
		      struct index *const unknowns[], int lhs_count);

/* sum(left) g as an expression over `lhs`, with a reduction equation `name` for what really has to be summed */
struct expr *collect(struct program *p, struct expr *g, int lhs_count, struct index *const lhs[], int left_count, struct index *const left[], const char *name,
		     struct span span);

/* the price of an expression: operations of its DAG, transcendental functions counted as 20 */
int expr_cost(struct program *p, struct expr *e);
/* its products of sums as sums of products (rule X); without a sum of reals there are none, and nothing to factor */
struct expr *multiplied_out(struct program *p, struct expr *e);
uint64_t kinds_multiplied_out(struct program *p, struct expr *e); /* of its nodes */
/* a*S + b*S = (a + b)*S, wherever it is found */
struct expr *factored(struct program *p, struct expr *e);
/* the cheapest of: as it is, multiplied out, factored (rules X and F) */
struct expr *cheapest(struct program *p, struct expr *e);

#endif
