/* driver.h - the commands of nnc. */
#ifndef NNC_DRIVER_H
#define NNC_DRIVER_H

#include "driver/options.h"

struct command {
	const char *name, *help;
	const char *last; /* the pass up to which it compiles */
	/* after a compilation without errors; returns the exit status */
	int (*run)(struct compilation *c, const struct options *o);
	/* or, for commands that compile nothing and take any number of words: all that it does */
	int (*alone)(const struct options *o);
};

const struct command *command_row(int i); /* NULL after the last */

/* files.c: imported files from the disk */
extern const struct file_access disk_files;

/* explain.c: the story of a diagnostic on stdout, or, without a code, a line for each */
int command_explain(const struct options *o);

/* build.c */
/* writes the folder: model, trainer, runtime; 0 or an error that was reported */
int write_folder(struct compilation *c, struct built *b, const char *folder);
/* compiles the model's trainer to `program` */
int build_program(struct compilation *c, struct built *b, const struct options *o, const char *program);
/* a path in nnc's cache for this exact compilation; NULL when there is none to be had */
const char *cached_program(struct compilation *c, struct built *b, const struct options *o);

#endif
