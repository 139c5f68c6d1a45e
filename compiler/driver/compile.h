/* compile.h - one compilation: the pipeline as a table of passes.  This is nnc as a library. */
#ifndef NNC_COMPILE_H
#define NNC_COMPILE_H

#include "emit/emit.h"
#include "front/elaborate.h"
#include "plan/plan.h"

struct compile_options {
	struct define_option *defines; /* -D */
	int define_count;
	const char *model;      /* --model; NULL: all */
	const char *dump;       /* --dump=PASS; NULL: none */
	const char *stop_after; /* --stop-after=PASS; NULL: go through */
	bool time;              /* --time: a line a pass on stderr */
	double max_memory;      /* --max-memory: bytes; 0: whatever can be addressed */
	bool f64;               /* --real=f64 */
	const char *target;     /* native, x86-64-v3, ... */
	const char *command;    /* as typed, for the header of what is generated */
	struct file_access files; /* how imported files are read; zeros: not at all */
	bool trial;             /* of a text that a help suggests: helps are not followed further */
};

struct built { /* of one model */
	struct model *model;
	const char *prefix; /* of its C names and files */
	struct plan *plans[ENTRIES];
	struct file_list files;
};

struct compilation {
	struct arena arena;
	struct compile_options options;
	struct source source;
	struct unit unit;
	struct node *file; /* its syntax tree */
	LIST(struct built) built;
	struct text dumped; /* what --dump prints */
	const char *pass;   /* that is running or broke a contract, for reports of nnc's own mistakes; NULL: none */
};

/* Runs the passes up to `last` (NULL: all) on the text.  Returns the number of errors; the messages are in unit.diagnostics.
 * compile_free gives everything back. */
int compile(struct compilation *c, const char *path, const char *text, size_t length, const char *last);
void compile_free(struct compilation *c);

/* names of the passes, for --help; NULL after the last */
const char *pass_name(int i);

#endif
