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
/* all of a file, zero-terminated; NULL: errno says why */
char *read_source(struct arena *a, const char *path, size_t *length);
char *read_stream(struct arena *a, FILE *f, size_t *length);

/* report.c */
/* messages on stderr, in the form and colours that the options ask for */
void report_messages(const struct options *o, const struct diagnostics *d);

/* What somebody needs who looks for a mistake of nnc's: the command, and the text of every file that was read. */
enum { MOST_REPORTED = 256 };
struct report {
	const char *pass, *what; /* NULL: not known */
	int words;
	char *const *word;       /* of the command line */
	int file_count;
	struct reported_file {
		const char *path, *text;
		size_t length;
	} files[MOST_REPORTED];
};
/* Writes it to a descriptor, with calls only that a signal handler may make; false: errno says why. */
bool report_print(int fd, const struct report *r);
/* Writes it to a new file of the current folder and returns its name; NULL: there is none to be had. */
const char *report_write(const struct report *r);

/* nnc's own report: from here on a signal that means a mistake of nnc's writes it.  argv stays where it is. */
void report_begin(int argc, char **argv, const struct compilation *c);
/* a file that was read; its text lives until report_forget */
void report_file(const char *path, const char *text, size_t length);
void report_forget(void);
/* where a message says that nnc made a mistake: writes the report, and adds to the message what to do with it */
void report_mistakes(struct diagnostics *d);
/* the same for a mistake that no message tells: on stderr */
void report_mistake(const char *what);

/* fmt.c */
int command_fmt(const struct options *o);

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
