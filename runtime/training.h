/* training.h - inside the command train: what a training is, and which file does what with it.
 *
 *   prepare.c     from options and data to a training that can begin, and the line that says what it will be
 *   train.c       epochs and steps, what they print, how it ends
 *   ahead.c       what the next steps need from the disk
 *   run.c         the folder of a run: made, gone on with, and saved
 *   checkpoint.c  everything that the next step depends on, to a file and back
 *   finite.c      what is done where a number is not finite */
#ifndef NN_TRAINING_H
#define NN_TRAINING_H

#include "evaluate.h"
#include "file.h"
#include "fullbatch.h"
#include "progress.h"

enum nn_outcome { NN_GOES_ON, NN_FINISHED, NN_INTERRUPTED_BY_SIGNAL, NN_BROKEN, NN_NOT_SAVED };

struct nn_run { /* a folder; path empty: there is none */
	char path[NN_PATH_MAX];      /* as it was typed, without a slash at its end */
	char fresh[NN_PATH_MAX + 32]; /* the name under which it is made; empty once it is there */
	int metrics, timing, events; /* open files, to append; -1: not open */
	uint64_t logged;             /* bytes of metrics.jsonl that belong to the run */
	double saved;                /* when, by nn_now */
	size_t saved_best;           /* the epoch that best.safetensors is of; 0: none */
	uint64_t data;               /* fingerprint of what is trained and validated on */
};

struct nn_training_run {
	const struct nn_options *o;
	const struct nn_program *program;
	char path[NN_PATH_MAX]; /* of the weights, where they are all that is kept */
	struct nn_run run;

	struct nn_dataset data, validation, test;
	struct nn_labels labels; /* of the data, kept with the weights */
	uint32_t *records;       /* of data: those to train on, then those held out */
	uint32_t *order;         /* of this epoch */
	size_t count;            /* records to train on */
	const uint32_t *held_out;              /* records to validate on; NULL: all */
	const struct nn_dataset *validate_on;  /* NULL: nothing */
	size_t validation_count;

	int mapped, ahead;       /* data lie in mapped files; they are read from the disk in this epoch, and so ahead */
	uint64_t waited;         /* pages waited for before it */
	struct nn_ahead *helper; /* NULL: none was needed yet */
	double data_seconds, step_seconds; /* with --time: of `timed` steps, for their data and in all */
	uint64_t timed;

	struct nn_model model;
	struct nn_batch batch;
	struct nn_progress progress;
	size_t batch_size;

	uint64_t step, last_step;   /* steps taken, steps to take */
	uint64_t epoch_base;        /* steps taken before this epoch */
	size_t epoch, epochs;       /* from 1 */
	int in_epoch;               /* this epoch has begun, and its line is not yet written */
	double epoch_started;       /* by nn_now */
	double *sums, *step_sums;   /* of this epoch, of one step */
	double *train_means, *validation_means;
	void *epoch_tensors;        /* at the start of this epoch, or where the run was taken up */
	uint64_t epoch_tensors_step; /* steps taken by then */
	void *best_tensors;
	size_t best_epoch, best_figure; /* best_figure: 0 the loss, 1 + k metric k */
	double best;
	void **gradients;           /* for --gradient-norms; NULL: not asked for */
	struct nn_fullbatch full;   /* where the optimizer is a method that takes all records at once */
	const struct nn_method *method; /* NULL: none */
	const char *ended;          /* why it ended before its time, NULL: it did not */
};

extern volatile sig_atomic_t nn_stop; /* a signal asks for the end */

/* -- prepare.c -- */
int nn_training_open(struct nn_training_run *t, struct nn_error *e);
void nn_training_close(struct nn_training_run *t);
void nn_training_print_plan(struct nn_training_run *t);
uint64_t nn_steps_of_an_epoch(const struct nn_training_run *t);

/* -- train.c -- */
/* one step of this epoch; *n gets the number of its samples, t->step_sums the sums; 1 if the loss is not finite: nothing is changed */
int nn_take_step(struct nn_training_run *t, uint64_t step, size_t *n);
size_t nn_gather_step(struct nn_training_run *t, uint64_t step);
/* the records order[0 .. n) into t->batch, as this epoch sees them */
void nn_gather_records(struct nn_training_run *t, size_t epoch, const uint32_t order[], size_t n);
void nn_choose_order(struct nn_training_run *t, size_t epoch);

/* -- ahead.c -- */
/* where the records of a step of this epoch begin in its order; returns how many they are */
size_t nn_records_of_step(const struct nn_training_run *t, uint64_t step, size_t *first);
void nn_ahead_begin(struct nn_training_run *t); /* an epoch begins, its order is chosen */
void nn_ahead_stop(struct nn_training_run *t);  /* before the order changes */
int nn_ahead_take(struct nn_training_run *t, uint64_t step);  /* 1: t->batch now holds the records of this step; 0: it has to be gathered */
void nn_ahead_ask(struct nn_training_run *t, uint64_t step);  /* this step comes next; nothing happens where nothing has to be waited for */
void nn_ahead_close(struct nn_training_run *t);

/* -- finite.c -- */
/* A step after t->epoch_tensors_step broke the numbers: says which on standard error, and takes the model and t->step back to before it. */
void nn_diagnose(struct nn_training_run *t);

/* -- run.c -- */
/* Does `out` name the folder of a run?  A file of weights ends in .safetensors or .w, or is there already and no folder. */
int nn_names_a_run(const char *out);
int nn_run_begin(struct nn_training_run *t, const char *path, struct nn_error *e);  /* before the data are read: is the place free? */
int nn_run_create(struct nn_training_run *t, struct nn_error *e); /* with the checkpoint of step 0, all at once */
int nn_run_resume(struct nn_training_run *t, struct nn_error *e);
int nn_run_is_due(const struct nn_training_run *t, int epoch_ended); /* to be saved? */
int nn_run_save(struct nn_training_run *t, int keep, struct nn_error *e);
int nn_run_save_weights(struct nn_training_run *t, struct nn_error *e); /* best and last only */
int nn_run_log(struct nn_training_run *t, int better, struct nn_error *e); /* the line of an epoch */
int nn_run_log_test(struct nn_training_run *t, const double means[], struct nn_error *e);
void nn_run_close(struct nn_training_run *t);
/* the line of metrics.jsonl without its end */
void nn_print_json_epoch(FILE *f, const struct nn_training_run *t, int better);

/* -- checkpoint.c -- */
int nn_checkpoint_write(struct nn_training_run *t, const char *path, struct nn_error *e);
int nn_checkpoint_read(struct nn_training_run *t, const char *path, struct nn_error *e);
uint64_t nn_data_fingerprint(const struct nn_training_run *t);

#endif
