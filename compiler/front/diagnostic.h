/* diagnostic.h - source files, spans in them, and messages about spans. */
#ifndef NNC_DIAGNOSTIC_H
#define NNC_DIAGNOSTIC_H

#include "core/arena.h"
#include "runtime/wrap.h"
#include <stdio.h>

struct source {
	const char *path; /* as the user wrote it */
	const char *text; /* zero-terminated */
	size_t length;
	bool library; /* the prelude: messages never point into it */
};

/* bytes begin .. end - 1 of a source; file == NULL: no place */
struct span {
	const struct source *file;
	size_t begin, end;
};

struct place { /* 1-based */
	int line, column;
};

struct place span_place(struct span s);
struct span span_join(struct span a, struct span b);
/* the text of a span, with blanks and line breaks inside it drawn together to one blank */
char *span_text(struct arena *a, struct span s);

/* One message.  Built by diag_new and the calls below it, printed at the end in the order of creation. */
struct diagnostic {
	bool warning;
	const char *code;  /* a word: `shape`, `unknown-name` */
	const char *title; /* lower case, no full stop */
	LIST(struct label { struct span span; const char *text; }) labels; /* the first is the primary one */
	LIST(const char *) notes;
	LIST(const char *) helps;
	LIST(struct edit { int help; struct span span; const char *text; }) edits; /* what a help says, done: `text` instead of the span; -1: what the title says */
};

struct diagnostics {
	struct arena *arena;
	LIST(struct diagnostic *) all;
	int errors;
};

struct diagnostic *diag_new(struct diagnostics *d, const char *code, struct span where, const char *label, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
struct diagnostic *diag_warning(struct diagnostics *d, const char *code, struct span where, const char *label, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
void diag_label(struct diagnostics *d, struct diagnostic *m, struct span where, const char *format, ...) __attribute__((format(printf, 4, 5)));
void diag_note(struct diagnostics *d, struct diagnostic *m, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_help(struct diagnostics *d, struct diagnostic *m, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The last help, where it is an exact text to type, as an edit of the source: a text instead of a span, which may be empty.  All edits of a help are
 * done together and do not overlap.  Places in the library are left out.  `diag_rename` edits the primary span, if that is the text `from`; `diag_swap`
 * lets two texts change places; `diag_append` adds a statement at the end of a block. */
void diag_edit(struct diagnostics *d, struct diagnostic *m, struct span where, const char *format, ...) __attribute__((format(printf, 4, 5)));
void diag_rename(struct diagnostics *d, struct diagnostic *m, const char *from, const char *to);
void diag_swap(struct diagnostics *d, struct diagnostic *m, struct span a, struct span b);
void diag_append(struct diagnostics *d, struct diagnostic *m, struct span block, const char *statement);

enum { DEFAULT_COLUMNS = NN_DEFAULT_COLUMNS };
/* no line is wider than this many columns but those with a path */
void diag_print(const struct diagnostics *d, FILE *out, bool color, int columns);
/* each message begins with FILE:LINE:COLUMN: error: TITLE [CODE], as gcc has it and editors know it; no text is broken into lines */
void diag_print_gcc(const struct diagnostics *d, FILE *out, bool color);
/* one object a line: level, code, title, labels, notes, helps, edits (`help` is the number of a help, or -1); spans as bytes `begin` .. `end` - 1 and as
 * line and column, of `end` behind the last character */
void diag_print_json(const struct diagnostics *d, FILE *out);

/* the nearest of `count` names by edit distance (case differences first), or NULL when none is near */
const char *nearest_name(const char *name, const char *const names[], int count);

#endif
