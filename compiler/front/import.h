/* import.h - a file and the files that it imports. */
#ifndef NNC_IMPORT_H
#define NNC_IMPORT_H

#include "front/ast.h"

/* How `import` reaches files.  Without `read` it reaches none: a compilation of text in memory touches no disk unless it is told to. */
struct file_access {
	/* the text, zero-terminated, in the arena; NULL: it cannot be read, and *why says the cause, as "No such file or directory" */
	char *(*read)(void *context, struct arena *a, const char *path, size_t *length, const char **why);
	/* the same name for every path to one file; NULL: the path is its name */
	const char *(*identity)(void *context, struct arena *a, const char *path);
	void *context;
};

struct import {
	struct node *node;
	struct module *module;
};

struct module { /* a file */
	const struct source *source;
	const char *identity;
	struct node *tree;
	LIST(struct import) imports; /* in the order of the file */
	struct module *importer;     /* the first; NULL for the file that is compiled */
	struct node *statement;      /* its `import` */
	bool loading;                /* its imports are being read */
	int depth;                   /* of imports above it */
	struct scope *scope;         /* of the elaboration that is going on */
};

LIST_TYPE(module_list, struct module *);

/* Reads and parses what `file` imports, directly or not, each file once.  The list holds every file behind those that it imports; the last is
 * `file` itself.  Errors are in the diagnostics. */
struct module_list import_files(struct arena *a, struct diagnostics *d, const struct source *file, const struct file_access *access);

/* the file as its importers know it: without folders */
const char *module_name(const struct module *m);

/* says in each message from the `from`-th on where the file was imported */
void note_imports(struct diagnostics *d, int from, const struct module *m);

#endif
