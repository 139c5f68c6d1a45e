/* safetensors.h - weights files: an 8-byte little-endian length, a JSON header, raw little-endian data.
 * https://github.com/huggingface/safetensors (format section of the README). */
#ifndef NN_SAFETENSORS_H
#define NN_SAFETENSORS_H

#include "message.h"
#include <stddef.h>

struct nn_named { /* one tensor of a file: "F32", "F64", "I32" ... */
	const char *path;
	char dtype[8];
	int rank;
	size_t shape[8];
	size_t count;
	void *values; /* as stored, in this machine's byte order; what is read is aligned to 64 bytes */
};

struct nn_named_list {
	struct nn_named *items;
	size_t count;
	char **metadata; /* key, value, key, value ... */
	size_t metadata_count; /* pairs */
	void *storage;
};

/* Reads a whole file; every length, offset, overlap and dtype is checked against the file's size first. */
int nn_safetensors_read(const char *path, struct nn_named_list *out, struct nn_error *e);
/* the same without the values */
int nn_safetensors_read_header(const char *path, struct nn_named_list *out, struct nn_error *e);
void nn_safetensors_free(struct nn_named_list *list);

/* Writes PATH.tmp.PID beside it, syncs it, renames it and syncs the folder: PATH is the old file or the whole new one.
 * The values start at a multiple of 64 bytes and follow each other in the order given, without gaps: the format allows none.
 * metadata may be NULL. */
int nn_safetensors_write(const char *path, const struct nn_named items[], size_t count, const char *const metadata[], size_t metadata_pairs, struct nn_error *e);

#endif
