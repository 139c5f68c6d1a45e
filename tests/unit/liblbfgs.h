/* liblbfgs.h - Debian's liblbfgs as the oracle of test_lbfgs.c; in a file of its own because its header has the name of ours. */
#ifndef LIBLBFGS_H
#define LIBLBFGS_H

#include <stddef.h>

/* Minimises f from x, where it leaves the minimum; returns how many evaluations that took, or -1 where it failed. */
int liblbfgs_minimise(double (*f)(size_t n, const double x[], double g[]), size_t n, double x[], int history, double tolerance, double *value);

#endif
