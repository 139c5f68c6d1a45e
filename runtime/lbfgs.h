/* lbfgs.h - limited-memory BFGS: minimises a smooth function of many numbers from its values and gradients.
 *
 * Nocedal and Wright, Numerical Optimization (2nd edition, 2006): the direction by the two-loop recursion (algorithm 7.4), the step along it
 * by a search for the strong Wolfe conditions (algorithms 3.5 and 3.6, with cubic interpolation, formula 3.59).  All in double, every sum in
 * a fixed order, so a function with the same bits has the same path everywhere. */
#ifndef NN_LBFGS_H
#define NN_LBFGS_H

#include "message.h"
#include "safetensors.h"
#include <stddef.h>

/* The value at x[0 .. n), and its gradient.  It may move x to a point nearby that it can represent.  A value that is not finite says that x is
 * outside: the search turns back. */
typedef double nn_function(void *context, double x[], double gradient[]);

struct nn_lbfgs_settings { /* the arguments of the method in a .nn file, in this order */
	double history;   /* pairs of steps and changes of the gradient that are kept */
	double armijo;    /* c1: how much of the decrease that the slope promises is enough */
	double curvature; /* c2: what share of the slope may be left; armijo < curvature < 1 */
	double trials;    /* points that a search may try */
	double tolerance; /* the end: length of the gradient at most this, times the length of x where that is above 1 */
};
/* 0, or -1 with what is wrong with them */
int nn_lbfgs_check(const struct nn_lbfgs_settings *s, struct nn_error *e);

struct nn_lbfgs {
	size_t n, history;   /* numbers, room for pairs */
	size_t count, next;  /* pairs that there are, place of the next */
	double *s, *y;       /* [history][n] */
	double *curvatures;  /* [history]: 1 / (s . y) */
	double *weights;     /* [history] of the recursion */
	double *x, *gradient, value; /* the present point; value is valid once `known` */
	int known;
	double *direction, *trial, *trial_gradient, *best, *best_gradient; /* [n] */
	size_t evaluations;  /* so far, for tests and messages */
	double pairs[2];     /* count and next, for a checkpoint */
};

enum nn_lbfgs_outcome {
	NN_LBFGS_MOVED,      /* to a lower point */
	NN_LBFGS_CONVERGED,  /* the gradient is short enough; nothing moved */
	NN_LBFGS_STUCK,      /* no lower point is found along the slope: so close to a minimum that rounding hides the rest, or a wrong gradient */
	NN_LBFGS_NOT_FINITE, /* the value at the start, or its gradient */
};

/* room for n numbers; fill in l->x before the first step */
int nn_lbfgs_open(struct nn_lbfgs *l, size_t n, size_t history, struct nn_error *e);
void nn_lbfgs_close(struct nn_lbfgs *l);
/* one iteration: x, gradient and value are those of the new point */
enum nn_lbfgs_outcome nn_lbfgs_step(struct nn_lbfgs *l, nn_function *f, void *context, const struct nn_lbfgs_settings *s);

/* What a checkpoint keeps besides x: everything that the next steps depend on, as tensors that point into l.  Restoring wants the same n and
 * history, and takes exactly what was saved. */
enum { NN_LBFGS_TENSORS = 3 };
void nn_lbfgs_tensors(struct nn_lbfgs *l, struct nn_named tensors[NN_LBFGS_TENSORS]);
int nn_lbfgs_restore(struct nn_lbfgs *l, const struct nn_named_list *saved, struct nn_error *e);

#endif
