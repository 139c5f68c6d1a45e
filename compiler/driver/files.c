/* files.c - files from the disk.  Imported ones are ordinary files only, so that no `import` waits for a pipe or reads a device without end. */
#define _XOPEN_SOURCE 700
#include "driver/driver.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_BYTES = 1 << 26 };

/* all of an open file */
static char *
read_all(struct arena *a, int fd, size_t size, size_t *length, const char **why)
{
	char *text = arena_alloc(a, size + 1);
	for (*length = 0; *length < size;) {
		ssize_t n = read(fd, text + *length, size - *length);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) *why = arena_print(a, "%s", strerror(errno));
		if (n < 0) return NULL;
		if (n == 0) break;
		*length += (size_t)n;
	}
	return text;
}

static char *
disk_read(void *context, struct arena *a, const char *path, size_t *length, const char **why)
{
	struct stat s;
	char *text = NULL;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	(void)context;
	if (fd < 0 || fstat(fd, &s)) *why = arena_print(a, "%s", strerror(errno));
	else if (S_ISDIR(s.st_mode)) *why = "this is a folder";
	else if (!S_ISREG(s.st_mode)) *why = "this is no ordinary file";
	else if (s.st_size > MOST_BYTES) *why = "this file is larger than 64 MiB";
	else text = read_all(a, fd, (size_t)s.st_size, length, why);
	if (fd >= 0) close(fd);
	if (text) report_file(path, text, *length);
	return text;
}

static const char *
disk_identity(void *context, struct arena *a, const char *path)
{
	char *full = realpath(path, NULL);
	const char *name = full ? arena_print(a, "%s", full) : NULL;
	(void)context;
	free(full);
	return name;
}

const struct file_access disk_files = {disk_read, disk_identity, NULL};

char *
read_stream(struct arena *a, FILE *f, size_t *length)
{
	struct text t = {.arena = a};
	char piece[65536];
	size_t n;
	while ((n = fread(piece, 1, sizeof piece, f)) > 0) text_bytes(&t, piece, n);
	*length = t.length;
	return ferror(f) ? NULL : text_end(&t);
}

char *
read_source(struct arena *a, const char *path, size_t *length)
{
	FILE *f = fopen(path, "rb");
	if (!f) return NULL;
	char *text = read_stream(a, f, length);
	int cause = errno;
	fclose(f);
	if (text) report_file(path, text, *length);
	errno = cause;
	return text;
}
