/* liblbfgs.c - see liblbfgs.h. */
#include "liblbfgs.h"
#include <lbfgs.h>

struct problem {
	double (*f)(size_t n, const double x[], double g[]);
	int calls;
};

static lbfgsfloatval_t
evaluate(void *context, const lbfgsfloatval_t *x, lbfgsfloatval_t *g, const int n, const lbfgsfloatval_t step)
{
	struct problem *p = context;

	(void)step;
	p->calls++;
	return p->f((size_t)n, x, g);
}

int
liblbfgs_minimise(double (*f)(size_t n, const double x[], double g[]), size_t n, double x[], int history, double tolerance, double *value)
{
	struct problem p = {f, 0};
	lbfgs_parameter_t parameters;

	lbfgs_parameter_init(&parameters);
	parameters.m = history;
	parameters.epsilon = tolerance;
	return lbfgs((int)n, x, value, evaluate, NULL, &p, &parameters) == LBFGS_SUCCESS ? p.calls : -1;
}
