/* file.c - whole files: from a path to bytes in memory, and from a stream to a file that appears only when it is complete.
 *
 * Reading allocates what the file's size says (or grows with what arrives) and gunzips by content, not by name.  Writing goes to
 * PATH.tmp.PID, which is synced and renamed over PATH: at every moment PATH is the old file or the whole new one. */
#define _XOPEN_SOURCE 700 /* POSIX.1-2008 with realpath */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef NN_HAVE_ZLIB
#include <zlib.h>
#endif

/* twice the room */
static int
grow(unsigned char **bytes, size_t *room, const char *name, struct nn_error *e)
{
	unsigned char *larger = *room > SIZE_MAX / 2 ? NULL : realloc(*bytes, *room * 2);

	if (!larger)
		return nn_fail(e, "%s: not enough memory for more than %zu bytes", name, *room);
	*bytes = larger;
	*room *= 2;
	return 0;
}

/* everything that can still be read, with a zero byte after it */
static int
read_all(int descriptor, const char *name, unsigned char **bytes, size_t *size, struct nn_error *e)
{
	struct stat status;
	size_t room = 1 << 16, used = 0;
	ssize_t got;

	/* one byte for the zero, one for the read that finds the end */
	if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 && (uintmax_t)status.st_size < SIZE_MAX - 2)
		room = (size_t)status.st_size + 2;
	*bytes = malloc(room);
	if (!*bytes)
		return nn_fail(e, "%s: not enough memory for %zu bytes", name, room);
	for (;;) {
		if (used + 1 == room && grow(bytes, &room, name, e))
			return -1;
		size_t ask = room - used - 1 < (1 << 30) ? room - used - 1 : 1 << 30;
		got = read(descriptor, *bytes + used, ask);
		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			return nn_fail(e, "cannot read %s: %s", name, strerror(errno));
		used += got > 0 ? (size_t)got : 0;
	}
	(*bytes)[used] = 0;
	*size = used;
	return 0;
}

#ifdef NN_HAVE_ZLIB
/* room for what the stream has to say next: at most UINT_MAX bytes at a time, and one more for the zero byte */
static int
offer_room(z_stream *z, unsigned char **out, size_t *room, size_t used, const char *name, struct nn_error *e)
{
	if (used + 1 == *room && grow(out, room, name, e))
		return -1;
	size_t left = *room - used - 1;
	z->next_out = *out + used;
	z->avail_out = left < UINT_MAX ? (uInt)left : UINT_MAX;
	return 0;
}

/* one or more gzip members, and nothing after them; zlib checks length and CRC of each */
static int
inflate_members(z_stream *z, const unsigned char *in, size_t in_size, const char *name, unsigned char **out, size_t *size, struct nn_error *e)
{
	size_t room = in_size < 1 << 16 ? 1 << 16 : in_size < SIZE_MAX / 4 ? in_size * 4 : in_size, used = 0, eaten = 0;

	*out = malloc(room);
	if (!*out)
		return nn_fail(e, "%s: not enough memory for %zu bytes", name, room);
	for (;;) {
		if (offer_room(z, out, &room, used, name, e))
			return -1;
		uInt offered = z->avail_out, given = in_size - eaten < UINT_MAX ? (uInt)(in_size - eaten) : UINT_MAX;
		z->next_in = (z_const Bytef *)(uintptr_t)(in + eaten);
		z->avail_in = given;
		int status = inflate(z, Z_NO_FLUSH);
		eaten += given - z->avail_in;
		used += offered - z->avail_out;
		if (status == Z_STREAM_END && eaten == in_size)
			break;
		if (status == Z_STREAM_END)
			status = inflateReset(z); /* another member follows, or the next call finds that it is none */
		else if (status == Z_BUF_ERROR || (status == Z_OK && eaten == in_size && z->avail_out > 0))
			return nn_fail(e, "%s: the gzip stream is truncated after %zu bytes", name, in_size);
		if (status != Z_OK)
			return nn_fail(e, "%s: the gzip stream is damaged near byte %zu: %s", name, eaten, z->msg ? z->msg : zError(status));
	}
	(*out)[used] = 0;
	*size = used;
	return 0;
}

static int
gunzip(const char *name, unsigned char **bytes, size_t *size, struct nn_error *e)
{
	z_stream z = {0};
	unsigned char *plain = NULL;

	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return nn_fail(e, "%s: zlib cannot start: %s", name, z.msg ? z.msg : "not enough memory");
	int status = inflate_members(&z, *bytes, *size, name, &plain, size, e);
	inflateEnd(&z);
	if (status) {
		free(plain);
		return -1;
	}
	free(*bytes);
	*bytes = plain;
	return 0;
}
#else
static int
gunzip(const char *name, unsigned char **bytes, size_t *size, struct nn_error *e)
{
	(void)bytes;
	(void)size;
	nn_fail(e, "%s is compressed, but this program was built without zlib", name);
	return nn_help(e, "decompress it with gunzip, or install zlib and build again");
}
#endif

int
nn_file_expand(const char *name, unsigned char **bytes, size_t *size, struct nn_error *e)
{
	return *size >= 2 && (*bytes)[0] == 0x1F && (*bytes)[1] == 0x8B ? gunzip(name, bytes, size, e) : 0;
}

int
nn_file_read_descriptor(int descriptor, const char *name, unsigned char **bytes, size_t *size, struct nn_error *e)
{
	*bytes = NULL;
	*size = 0;
	int status = read_all(descriptor, name, bytes, size, e);
	if (status == 0)
		status = nn_file_expand(name, bytes, size, e);
	if (status) {
		free(*bytes);
		*bytes = NULL;
		*size = 0;
	}
	return status;
}

int
nn_file_read(const char *path, char found[NN_PATH_MAX], unsigned char **bytes, size_t *size, struct nn_error *e)
{
	*bytes = NULL;
	*size = 0;
	if (strlen(path) + sizeof ".gz" > NN_PATH_MAX)
		return nn_fail(e, "a file name of %zu characters is too long", strlen(path));
	strcpy(found, path);
	int descriptor = open(found, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0 && errno == ENOENT) {
		strcat(found, ".gz");
		descriptor = open(found, O_RDONLY | O_CLOEXEC);
		if (descriptor < 0 && errno == ENOENT)
			return nn_fail(e, "there is no file %s or %s", path, found);
	}
	if (descriptor < 0)
		return nn_fail(e, "cannot open %s: %s", found, strerror(errno));
	int status = nn_file_read_descriptor(descriptor, found, bytes, size, e);
	close(descriptor);
	return status;
}

/* PATH, or what it links to: the link stays, its target is replaced */
static int
resolve(struct nn_output_file *f, const char *path, struct stat *status, struct nn_error *e)
{
	int exists = stat(path, status) == 0;
	struct stat link;
	char *target = exists && lstat(path, &link) == 0 && S_ISLNK(link.st_mode) ? realpath(path, NULL) : NULL;
	const char *name = target ? target : path;

	*f = (struct nn_output_file){0};
	if (strlen(name) >= NN_PATH_MAX)
		nn_fail(e, "a file name of %zu characters is too long", strlen(name));
	else
		strcpy(f->path, name);
	free(target);
	if (!f->path[0])
		return path[0] ? -1 : nn_fail(e, "cannot create a file without a name");
	return exists;
}

int
nn_file_create(struct nn_output_file *f, const char *path, struct nn_error *e)
{
	struct stat status;
	int exists = resolve(f, path, &status, e), descriptor, flags = O_WRONLY | O_CLOEXEC;

	if (exists < 0)
		return -1;
	if (exists && S_ISDIR(status.st_mode))
		return nn_fail(e, "cannot create %s: %s", f->path, strerror(EISDIR));
	if (exists && !S_ISREG(status.st_mode)) {
		descriptor = open(f->path, flags);
	} else {
		snprintf(f->temporary, sizeof f->temporary, "%s.tmp.%ld", f->path, (long)getpid());
		unlink(f->temporary); /* left by a killed process that had our number */
		descriptor = open(f->temporary, flags | O_CREAT | O_EXCL, 0666);
	}
	if (descriptor < 0)
		return nn_fail(e, "cannot create %s: %s", f->path, strerror(errno));
	f->stream = fdopen(descriptor, "wb");
	if (!f->stream) {
		nn_fail(e, "cannot create %s: %s", f->path, strerror(errno));
		close(descriptor);
		if (f->temporary[0])
			unlink(f->temporary);
		return -1;
	}
	return 0;
}

static int
fail_write(const struct nn_output_file *f, int cause, struct nn_error *e)
{
	return nn_fail(e, "cannot write %s: %s", f->path, strerror(cause));
}

int
nn_file_write(struct nn_output_file *f, const void *bytes, size_t size, struct nn_error *e)
{
	if (size > 0 && fwrite(bytes, 1, size, f->stream) != size)
		return fail_write(f, errno, e);
	return 0;
}

/* everything down to the disk; 0 or the cause of the first failure, also of a write that nobody checked */
static int
flush(struct nn_output_file *f)
{
	if (fflush(f->stream))
		return errno;
	if (ferror(f->stream)) { /* its errno is lost: this file goes away, so ask again with one more byte */
		ssize_t more = write(fileno(f->stream), "", 1);
		return more < 0 ? errno : EIO;
	}
	return f->temporary[0] && fsync(fileno(f->stream)) ? errno : 0;
}

/* makes the new name itself durable; some file systems know no fsync of folders */
int
nn_sync_folder(const char *path)
{
	char folder[NN_PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) + (slash == path) : 1;

	memcpy(folder, slash ? path : ".", length);
	folder[length] = 0;
	int descriptor = open(folder, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return errno == EACCES ? 0 : errno; /* a folder may be writable and not readable */
	int cause = fsync(descriptor) ? errno : 0;
	close(descriptor);
	return cause == EINVAL || cause == ENOTSUP ? 0 : cause;
}

int
nn_file_commit(struct nn_output_file *f, struct nn_error *e)
{
	int cause = flush(f);

	if (fclose(f->stream) && !cause)
		cause = errno;
	f->stream = NULL;
	if (!f->temporary[0])
		return cause ? fail_write(f, cause, e) : 0;
	if (!cause && rename(f->temporary, f->path))
		cause = errno;
	if (cause) {
		unlink(f->temporary);
		return fail_write(f, cause, e);
	}
	cause = nn_sync_folder(f->path);
	return cause ? nn_fail(e, "%s is written, but its folder cannot be synced: %s", f->path, strerror(cause)) : 0;
}

void
nn_file_abandon(struct nn_output_file *f)
{
	if (f->stream)
		fclose(f->stream);
	f->stream = NULL;
	if (f->temporary[0])
		unlink(f->temporary);
}

int
nn_path_join(char out[NN_PATH_MAX], const char *folder, const char *name, struct nn_error *e)
{
	int alone = name[0] == '/' || !folder || !folder[0];
	const char *slash = alone || folder[strlen(folder) - 1] == '/' ? "" : "/";
	int length = snprintf(out, NN_PATH_MAX, "%s%s%s", alone ? "" : folder, slash, name);

	if (length < 0 || length >= NN_PATH_MAX)
		return nn_fail(e, "the name of a file is longer than %d characters: %.60s...", NN_PATH_MAX - 1, out);
	return 0;
}
