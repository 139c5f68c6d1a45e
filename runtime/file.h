/* file.h - whole files, safely: bounded reads, atomic writes, plain or gzip. */
#ifndef NN_FILE_H
#define NN_FILE_H

#include "message.h"
#include <stddef.h>
#include <stdio.h>

/* Reads PATH, or PATH.gz where PATH does not exist; gzip is recognised by its first two bytes and needs zlib (NN_HAVE_ZLIB). *found
 * (NN_PATH_MAX bytes) gets the name actually read.  A truncated or damaged gzip stream is an error.  The caller frees *bytes; a zero
 * byte follows the last one, so that text can be scanned without asking for its end. */
enum { NN_PATH_MAX = 4096 };
int nn_file_read(const char *path, char found[NN_PATH_MAX], unsigned char **bytes, size_t *size, struct nn_error *e);
/* the same for an open file, for example standard input; `name` is for messages */
int nn_file_read_descriptor(int descriptor, const char *name, unsigned char **bytes, size_t *size, struct nn_error *e);

/* the same for bytes that are read already: gunzips them where they are gzip */
int nn_file_expand(const char *name, unsigned char **bytes, size_t *size, struct nn_error *e);

/* An output that appears under its name only when it is complete: written to a temporary file beside it, synced, renamed.
 * What is not a plain file (/dev/stdout, a pipe) is written directly: `temporary` is empty. */
struct nn_output_file {
	FILE *stream;
	char path[NN_PATH_MAX], temporary[NN_PATH_MAX + 32];
};
int nn_file_create(struct nn_output_file *f, const char *path, struct nn_error *e);
int nn_file_write(struct nn_output_file *f, const void *bytes, size_t size, struct nn_error *e); /* fails with the cause, at once */
int nn_file_commit(struct nn_output_file *f, struct nn_error *e); /* sync, rename, sync the folder; on failure the temporary is removed */
void nn_file_abandon(struct nn_output_file *f);

/* Makes a new name durable: syncs the folder that `path` is in.  Returns 0 or the cause. */
int nn_sync_folder(const char *path);

/* folder + "/" + name, or name itself where it is absolute or folder is NULL or empty */
int nn_path_join(char out[NN_PATH_MAX], const char *folder, const char *name, struct nn_error *e);

#endif
