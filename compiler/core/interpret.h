/* interpret.h - the reference evaluator: equations computed element by element, slowly, in the written order.  The oracle of the tests. */
#ifndef NNC_INTERPRET_H
#define NNC_INTERPRET_H

#include "core/arithmetic.h"
#include "core/equation.h"

struct world { /* everything an evaluation needs, and its results */
	struct program *program;
	const struct arithmetic *arithmetic;
	long batch;     /* samples */
	uint64_t seed;
	uint32_t step;
	double **value; /* by tensor id: row-major elements, the samples first; inputs, parameters, states and settings are set by the caller */

	/* made by the first call of interpret, for all that follow; the equations stay as they are */
	struct prepared **prepared; /* by equation */
	int recurrences;
	struct recurrence_of **recurrence;
	long *index_value; /* by id of the index */
};

struct world *world_new(struct program *p, const struct arithmetic *a, long batch);
/* memory for a tensor's elements, zeroed, from the program's arena */
double *world_tensor(struct world *w, const struct tensor *t);
long world_count(const struct world *w, const struct tensor *t);

/* Computes every equation, in order.  Requires an order without cycles.  A read outside its tensor aborts: the front end proved that none
 * can happen. */
void interpret(struct world *w);

#endif
