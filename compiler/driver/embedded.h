/* embedded.h - files that nnc carries inside: the prelude, the stories of diagnostics, and the runtime. */
#ifndef NNC_EMBEDDED_H
#define NNC_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char *path; /* as in the repository: "runtime/trainer.c" */
	const char *bytes; /* zero-terminated */
	size_t size;
};

extern const struct embedded embedded_files[]; /* ends with a NULL path */

#endif
