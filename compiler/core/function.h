/* function.h - the table of scalar functions: all that the compiler knows about each stands in one row. */
#ifndef NNC_FUNCTION_H
#define NNC_FUNCTION_H

#include "core/expr.h"

struct function {
	const char *name;    /* in .nn files */
	const char *c_name;  /* in nn_math.h; NULL: the function is its argument */
	double (*value)(double x);
	/* dy/dx as a formula in x and the result y */
	struct expr *(*derivative)(struct program *p, struct expr *x, struct expr *y);
	/* a simpler or more stable form of f(x), or NULL */
	struct expr *(*rewrite)(struct program *p, struct expr *x);
	bool transcendental; /* dear to compute: kept in a tensor rather than computed twice */
	bool exponential;    /* f(x) * f(y) = f(x + y) */
};

const struct function *function_named(const char *name); /* NULL: none */
const struct function *function_row(int i);              /* NULL after the last: for tests and listings */

#endif
