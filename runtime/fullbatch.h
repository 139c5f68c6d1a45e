/* fullbatch.h - training by a method that works on the gradients of all records together: one step is one iteration of the method.
 *
 * The loss must be the same function in every pass, so draws are those of step 1 throughout. */
#ifndef NN_FULLBATCH_H
#define NN_FULLBATCH_H

#include "lbfgs.h"
#include "options.h"
#include "shuffle.h"
#include "weights.h"
#include <signal.h>

struct nn_fullbatch {
	const struct nn_program *program;
	struct nn_model *model;
	struct nn_batch batch; /* all records */
	size_t records;
	void **gradients;      /* [parameters] in table order */
	double *sums, value;   /* of the last pass */
	const volatile sig_atomic_t *stop;
	struct nn_lbfgs_settings settings;
	struct nn_lbfgs lbfgs;
};

/* What a training calls; a program without such an optimizer has none of it.
 *
 * open     for records order[0 .. records) of the data (NULL: all, in their order).  The model is open to train with that many samples.  *stop ends a
 *          step early
 * start    takes up the parameters of the model: once before the first step
 * step     one iteration; the model has the new parameters, and sums are those of the loss and the metrics there
 * tensors  what a checkpoint keeps, NN_LBFGS_TENSORS of them; restore takes it back */
struct nn_method {
	int (*open)(struct nn_fullbatch *f, const struct nn_options *o, struct nn_model *model, const struct nn_dataset *data, const uint32_t order[],
	    size_t records, const volatile sig_atomic_t *stop, struct nn_error *e);
	void (*close)(struct nn_fullbatch *f);
	void (*start)(struct nn_fullbatch *f);
	enum nn_lbfgs_outcome (*step)(struct nn_fullbatch *f, double sums[]);
	void (*tensors)(struct nn_lbfgs *l, struct nn_named tensors[NN_LBFGS_TENSORS]);
	int (*restore)(struct nn_lbfgs *l, const struct nn_named_list *saved, struct nn_error *e);
};

#endif
