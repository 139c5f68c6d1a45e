/* options.h - nnc's command line. */
#ifndef NNC_OPTIONS_H
#define NNC_OPTIONS_H

#include "driver/compile.h"

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum message_format { FORMAT_TEXT, FORMAT_GCC, FORMAT_JSON };

struct options {
	const char *command;      /* check, grad ... */
	const char *file;         /* the first word after the command */
	const char **files;       /* all of them: more than one only for commands that take many */
	int file_count;
	const char *output;       /* -o */
	const char *of;           /* --of: only equations of this layer or tensor */
	bool all;                 /* --all: the forward equations, too */
	bool json;                /* --json, for --format=json */
	bool check;               /* --check: fmt writes nothing */
	bool help, version;
	enum color color;
	enum message_format format;
	const char *cc;
	struct compile_options compile;
	int rest_count;           /* after -- */
	char **rest;
};

/* Reads argv.  Returns 0, or 2 after a message on stderr. */
int options_read(struct options *o, struct arena *a, int argc, char **argv);
void options_help(FILE *out);

#endif
