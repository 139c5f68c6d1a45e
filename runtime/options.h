/* options.h - the trainer's commands, its options as one table, and their values. */
#ifndef NN_OPTIONS_H
#define NN_OPTIONS_H

#include "message.h"
#include "program.h"
#include <stdio.h>

enum { NN_SUCCESS = 0, NN_FAILURE = 1, NN_WRONG_USAGE = 2, NN_NOT_FINITE = 3, NN_INTERRUPTED = 130 };

struct nn_every { /* how often a run is saved: one of them is not 0 */
	double seconds;
	uint64_t steps, epochs;
};

/* words of a command line; `places` says where those of a file stand, "settings.txt:3" */
struct nn_words {
	char **at, **places; /* places[k] NULL: typed */
	size_t count;
};

/* what the command line asks for; what it leaves out has the default of the .nn file */
struct nn_options {
	const struct nn_program *program;
	const char *self;    /* argv[0] */
	const char *command; /* "train" */

	size_t epochs, steps, batch_size, chunk, early_stopping, threads, samples, keep;
	uint64_t seed, split_seed, step;
	double validation, clip_norm;
	struct nn_every every;
	int shuffle, quiet, json, help, draws, gradient_norms, time, tensorboard, predict;
	const char *early_stopping_on, *data, *out, *weights, *resume, *set, *classes, *part;
	int optimizer;
	double *settings;    /* as program->settings; those of an optimizer start at its first_setting */
	const char **arrays; /* [input_count]: --data.x FILE */
	const char *argument; /* IN of predict */
	uint64_t given;       /* a bit for each row of the table that the command line, or a file of --set, has */
	struct nn_words words; /* all of these, in the order in which they are read */
};

struct nn_command {
	const char *name;
	int (*run)(const struct nn_options *o); /* returns the exit status */
	const char *argument;                   /* "IN.csv|IN.npy|-" where it takes one, else NULL */
	const char *help;
};

/* the commands, each in the file of that name (init: train.c; gradients: gradcheck.c) */
int nn_train(const struct nn_options *o);
int nn_test(const struct nn_options *o);
int nn_predict(const struct nn_options *o);
int nn_metrics(const struct nn_options *o);
int nn_init(const struct nn_options *o);
int nn_gradients(const struct nn_options *o);
int nn_gradcheck(const struct nn_options *o);
int nn_bench(const struct nn_options *o);
int nn_info(const struct nn_options *o);

/* Reads argv[2 ..] for `command`. */
int nn_options_read(struct nn_options *o, const struct nn_program *program, const struct nn_command *command, int argc, char **argv,
    struct nn_error *e);
int nn_option_given(const struct nn_options *o, const char *name); /* on the command line */
void nn_options_free(struct nn_options *o);

/* Lists the options of `command` (NULL: of all) with the defaults of the file. */
int nn_options_help(FILE *f, const struct nn_program *program, const struct nn_command *command, struct nn_error *e);

/* Settings as a file: a line `name = value` for each, as in a train block; lines that begin with `#` are comments.  Reading appends a word
 * --name=value for each to w.  Writing gives everything that a run's bits depend on, besides the program and its data, and what else a
 * run keeps to. */
int nn_settings_read(const char *path, struct nn_words *w, struct nn_error *e);
int nn_settings_write(FILE *f, const struct nn_options *o, struct nn_error *e);
int nn_words_add(struct nn_words *w, const char *word, const char *place, struct nn_error *e);
void nn_words_free(struct nn_words *w);

/* the best of names[0 .. count) for a word that is none of them, or NULL if nothing is near */
const char *nn_suggestion(const char *word, const char *const names[], size_t count);

/* the settings of the chosen optimizer, and its text: "SGD(lr=0.1, momentum=0.9)" */
const double *nn_chosen_settings(const struct nn_options *o);
char *nn_optimizer_text(char out[256], const struct nn_options *o);
/* --out, else the model's name in lower case with .safetensors */
char *nn_weights_path(char out[256], const struct nn_options *o);

int nn_report(const struct nn_error *e);       /* prints error and help, returns NN_FAILURE */
int nn_report_usage(const struct nn_error *e); /* the same, returns NN_WRONG_USAGE */

#endif
