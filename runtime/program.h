/* program.h - what a generated m_main.c tells the trainer about its model.
 *
 * `nnc emit m.nn` writes m.c (pure computation) and m_main.c: the tables below, filled in, and a main of one line that calls
 * nn_trainer.  Everything a person does with a trainer (train, test, predict, ...) is in runtime/, once, for all models.
 *
 * "real" is float or double, as real_size says.  Values of a sample are plain row-major arrays [n][shape]; an input declared as
 * whole numbers (`0..9`) is an array of int32_t.  Nothing here is owned by the callee. */
#ifndef NN_PROGRAM_H
#define NN_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { NN_MAX_RANK = 8 };

#ifndef NN_TENSOR
#define NN_TENSOR /* m.h declares the same, so that it can stand alone */
enum nn_role { NN_PARAM, NN_STATE, NN_MOMENT, NN_FROZEN, NN_DRAW };

/* a tensor in the model's memory: parameters, states of layers, what the optimizers keep (their path is
 * "Dense1.W.m", role NN_MOMENT, `optimizer` the index of the optimizer that owns it; -1 for the others), and parameters
 * that are not learned.  In a table of its own, NN_DRAW: random numbers of one sample, which have no place */
struct nn_tensor {
	const char *path;
	enum nn_role role;
	int optimizer;
	int rank;
	size_t shape[8];
	size_t count;  /* elements */
	size_t offset; /* bytes from the start of the memory given to m_open */
};

/* runs part(arg, 0) .. part(arg, parts - 1), in any order and on any threads, and returns when all are done */
typedef void nn_part(void *arg, int part);
typedef void nn_run(void *pool, nn_part *part, void *arg, int parts);

/* what m_memory and m_open plan for: predict alone (moments have no place); everything; everything, and gradients and step take any number
 * of samples, a batch of them at a time, to the same bits */
enum nn_use { NN_PREDICT, NN_TRAIN, NN_ACCUMULATE };

struct nn_when { /* where a step stands */
	uint64_t step;  /* counted from 1 */
	uint64_t steps; /* how many there will be: what some schedules go by */
	double epoch;   /* epochs before this step, whole or not: what others go by */
};
#endif

struct nn_input { /* `input x: [784]` or `target t: 0..9` */
	const char *name;
	int line; /* in the .nn file */
	int is_target;
	int rank;
	size_t shape[NN_MAX_RANK];
	size_t count; /* values in one sample */
	int is_integer;
	long low, high; /* both ends of the range, where is_integer */
};

struct nn_output { /* `output p = softmax(y)` */
	const char *name;
	int rank;
	size_t shape[NN_MAX_RANK];
	size_t count;
	int is_integer; /* then an array of int32_t */
};

struct nn_metric {
	const char *name;
	int is_share; /* a share in 0..1, printed in percent (accuracy) */
};

enum nn_group { NN_DATA, NN_VALIDATION, NN_TEST, NN_GROUPS };

/* one step of arithmetic on a source, applied to each value in double: value = value OP operand, or operand OP value if `left` */
struct nn_arith {
	char op; /* + - * / ^ */
	double operand;
	int left;
};

struct nn_transform { /* `flip`, `shift(4)`, `crop(24, 24)`: what is done at random to the images of training samples */
	const char *name;
	size_t argument[2]; /* of shift: how far at most; of crop: height and width, those of the input */
	size_t after;       /* how many steps of the arithmetic come before it */
};

struct nn_column { /* of a CSV file: by header name, or by number from 0 where name is NULL */
	const char *name;
	size_t number;
};

struct nn_source { /* `x = idx("train-images-idx3-ubyte")[0..5999] / 255` in a `data`, `validation` or `test` block */
	enum nn_group group;
	int input;          /* which input it fills */
	int line;           /* in the .nn file */
	const char *reader; /* "csv" "idx" "npy" "npz" "text" "cifar10" "literal" */
	const char *path;   /* as written; NULL for a literal */
	const char *part;   /* of a folder of files, "train_images", or of an archive; NULL where the path is a plain file */
	const struct nn_column *columns;
	size_t column_count; /* 0: all */
	int sliced;
	size_t first, last; /* records, both ends included, where sliced */
	const struct nn_arith *arith;
	size_t arith_count;
	const double *literal; /* records one after the other */
	size_t literal_count;
	const struct nn_transform *transforms; /* in order; but for `crop`, which cuts the middle out of what is not trained on, of NN_DATA only */
	size_t transform_count;
};

/* Parts of runtime/ that a program names in its tables: what it does not name is not linked.  Formats of data (readers.h), and methods of optimization
 * that work on the gradients of all records (fullbatch.h). */
struct nn_format;
struct nn_method;
extern const struct nn_format nn_csv, nn_idx, nn_npy, nn_npz, nn_text, nn_cifar10;
extern const struct nn_method nn_lbfgs;

struct nn_optimizer {
	const char *name;
	size_t first_setting, setting_count; /* its rows in `settings` */
	const struct nn_method *method; /* its rows are the method's numbers; NULL: `step` */
};

/* A number that an optimizer takes when running: --optimizer.lr=0.1.  Rows that follow each other under one name are a list.  Where a
 * schedule computes an option, its first number has the option's name and the others are `lr.warmup` ... */
struct nn_setting {
	const char *name;
	double value;         /* the default: from the train block, else from the optimizer's definition */
	const char *schedule; /* in the row with the option's name: what computes it; else NULL */
};

struct nn_training { /* the rest of the train block; --NAME on the command line */
	int optimizer;       /* index of the default */
	size_t batch_size;   /* 32 where the file says nothing */
	size_t epochs;       /* 0 where `steps` rules */
	size_t steps;        /* 0: none */
	double validation;   /* in (0, 1) a share of the data, >= 1 a number of records, 0 none */
	size_t early_stopping;         /* epochs without a better validation figure; 0: off */
	const char *early_stopping_on; /* NULL: the loss; else a metric */
	uint64_t seed, split_seed;
	int shuffle;
	double clip_norm;    /* the most that the norm of all gradients together may be; 0: clipping is not compiled in */
};

/* A line of the .nn file that can make numbers that are not finite: it divides, takes a root ... */
struct nn_doubt {
	const char *where; /* "root.nn:7" */
	const unsigned char *params; /* [NN_PARAM rows]: whose gradient is wrong when it goes wrong in the gradient; NULL: it belongs to the loss */
};

struct nn_program {
	const char *model;   /* "Spiral" */
	const char *file;    /* "spiral.nn" */
	const char *folder;  /* where its data lies unless --data says otherwise; NULL or "": the current folder */
	const char *command; /* the nnc command that made it */
	const char *version; /* of nnc */
	const char *target;  /* "native", "x86-64-v3", ... */
	const char *family;  /* "fused" or "unfused": which programs give the same bits */
	uint64_t fingerprint; /* of the equations: programs with the same one compute the same */
	size_t real_size;    /* 4 or 8 */
	double flops;        /* multiply-adds of a training step for one sample, times two */

	const struct nn_input *inputs;
	size_t input_count;
	const struct nn_output *outputs;
	size_t output_count;
	const struct nn_metric *metrics;
	size_t metric_count;
	const struct nn_tensor *tensors;
	size_t tensor_count;
	const struct nn_tensor *draw_table; /* what a step draws for each sample */
	size_t draw_count;
	const struct nn_source *sources;
	size_t source_count;
	const struct nn_format *const *formats; /* those of the sources, ended by NULL; NULL where none is a file */
	double (*power)(double, double); /* pow; NULL where no source has `^` */
	const struct nn_optimizer *optimizers;
	size_t optimizer_count;
	const struct nn_setting *settings;
	size_t setting_count;
	const struct nn_doubt *doubts;
	size_t doubt_count;
	struct nn_training training;
	int accumulates; /* it can be opened for NN_ACCUMULATE: no sample's value depends on other samples */
	int has_loss, has_train; /* has_train: the file has a train block for this model */

	/* The model's own functions (see m.h).  `model` is what open returned.
	 *
	 * memory     bytes needed for batches of up to `batch` samples; 0 if that is not representable, or for NN_ACCUMULATE in a model that
	 *            does not accumulate
	 * open       lays the model out in `memory` (64-byte aligned, `bytes` long); NULL if it is too small
	 * start      the initial parameters, states and moments for a seed
	 * prepare    call after the parameters were changed from outside, before predict or evaluate
	 * threads    how to run parts; without it they run in order
	 * predict    out[k] = array for output k; evaluation mode; in[] may be NULL for targets
	 * evaluate   adds to sums: [0] the loss without penalties, [1 + k] metric k, each summed over the n samples; evaluation mode
	 * gradients  one pass in training mode with the draws of `step`: sums as above but the loss with its penalties; grad[k] =
	 *            array for the k-th NN_PARAM tensor in table order, the gradient of the mean loss over the n samples;
	 *            grad may be NULL: only the sums
	 * step       one training step; sums as for gradients; returns 0, or 1 when the loss was not finite: then nothing was changed.
	 *            `settings`: the numbers of that optimizer, in the order of its rows; clip_norm as above (0: no clipping), without
	 *            effect where it is not compiled in; NULL where every optimizer has a method
	 * states     one pass in training mode, after which the states of layers are as after a step; NULL where there are none
	 * draws      the random numbers that a step draws for n samples: draws[k] receives [n][shape] of row k of the draw_table, as reals; NULL
	 *            where nothing is drawn */
	size_t (*memory)(size_t batch, enum nn_use use);
	void *(*open)(void *memory, size_t bytes, size_t batch, enum nn_use use);
	void (*start)(void *model, uint64_t seed);
	void (*prepare)(void *model);
	void (*threads)(void *model, nn_run *run, void *pool);
	void (*predict)(void *model, size_t n, const void *const in[], void *const out[]);
	void (*evaluate)(void *model, size_t n, const void *const in[], double sums[]);
	void (*gradients)(void *model, uint64_t step, size_t n, const void *const in[], double sums[], void *const grad[]);
	int (*step)(void *model, int optimizer, const double settings[], double clip_norm, struct nn_when when, size_t n, const void *const in[],
	    double sums[]);
	void (*states)(void *model, uint64_t step, size_t n, const void *const in[], double sums[]);
	void (*draws)(const void *model, uint64_t step, size_t n, void *const draws[]);
};

/* The trainer's main: commands, options, messages.  Returns the exit status. */
int nn_trainer(const struct nn_program *program, int argc, char **argv);

#endif
