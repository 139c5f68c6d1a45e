/* compare.h - what the two halves of the comparison share.
 *
 * reference.c  what the interpreter says, for some batches of made-up data
 * compare.c    what an emitted model, built as a shared object, says of the same */
#ifndef COMPARE_H
#define COMPARE_H

#include "core/arithmetic.h"
#include "core/interpret.h"
#include "driver/compile.h"

enum { STEPS = 3, BATCHES = 4 };
enum { SEED = 12345, GRADIENT_STEP = 5 };
enum { STEPS_IN_ALL = 4, STEPS_AN_EPOCH = 2 }; /* as schedules see it */

struct values { /* of one tensor; the reals of the program as doubles */
	const char *name;
	double *at;
	long count;
	int rank;                /* without the batch */
	const long *shape;
	bool integer;
};

LIST_TYPE(value_list, struct values);

struct stepped { /* after STEPS steps of one optimizer */
	double sums[STEPS][16];
	int finite[STEPS];
	struct value_list params, states;
	struct value_list moments; /* state by state, parameter by parameter, as in the table */
};

struct batch { /* one batch, and everything the interpreter makes of it */
	long n;
	struct value_list inputs, outputs, gradients;
	struct value_list states; /* after the pass of the gradients */
	double evaluated[16], trained[16]; /* sums: loss, metrics */
	int stepped_count;                 /* optimizers that were tried */
	struct stepped *stepped;
};

struct reference {
	struct compilation compilation;
	struct model *model;
	const struct arithmetic *arithmetic;
	bool f64;
	bool mixes_samples; /* the evaluation reduces over samples: a batch in pieces is another batch */
	int metrics;
	struct value_list start, states; /* parameters and states after start(SEED) */
	struct value_list params;        /* perturbed: what everything below was computed with */
	int batch_count;
	struct batch batch[BATCHES];
};

/* Fills in r->batch[..] for these batch sizes; r->model and r->arithmetic are set. */
void reference_compute(struct reference *r, const long sizes[], int n);

#endif
