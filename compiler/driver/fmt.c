/* fmt.c - nnc fmt: files in the one layout (front/layout.c), rewritten in place or only looked at. */
#define _XOPEN_SOURCE 700
#include "driver/driver.h"
#include "front/layout.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
failed(const char *what, const char *path)
{
	fprintf(stderr, "error: cannot %s %s: %s\n", what, path, strerror(errno));
	return 1;
}

static bool
write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, text, length);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) return false;
		text += n;
		length -= (size_t)n;
	}
	return true;
}

/* The file that a path means, behind links, with a new text and the old permissions: complete or, where something fails, as it was. */
static int
replace_file(struct arena *a, const char *path, const char *text)
{
	struct stat s;
	char *real = realpath(path, NULL);
	if (!real) return failed("find", path);
	char *temporary = arena_print(a, "%s.%ld.tmp", real, (long)getpid()), *target = arena_print(a, "%s", real);
	free(real);
	int fd = stat(target, &s) || access(target, W_OK) ? -1 : open(temporary, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0) return failed("write", path);
	bool good = write_all(fd, text, strlen(text)) && !fchmod(fd, s.st_mode & 07777);
	int cause = errno;
	good &= !close(fd);
	if (good && !rename(temporary, target)) return 0;
	if (!good && cause) errno = cause;
	int status = failed("write", path);
	unlink(temporary);
	return status;
}

/* the layout of one file; NULL after a message */
static char *
layout_file(struct arena *a, const struct options *o, const struct source *source)
{
	struct diagnostics d = {.arena = a};
	char *text = layout(a, &d, source);
	report_messages(o, &d);
	if (!text) return NULL;
	struct source made = {.path = source->path, .text = text, .length = strlen(text)};
	if (same_words(a, source, &made)) return text;
	report_mistake(arena_print(a, "the layout of %s would change its words; the file is left alone", source->path));
	return NULL;
}

/* 0: the file is in the layout now; 1: it is not, or there was a message */
static int
format_file(const struct options *o, const char *path)
{
	struct arena a = {0};
	bool input = !strcmp(path, "-");
	struct source source = {.path = input ? "standard input" : path};
	char *text = NULL;
	int status = 1;
	source.text = input ? read_stream(&a, stdin, &source.length) : read_source(&a, path, &source.length);
	if (source.text && input) report_file(source.path, source.text, source.length);
	if (!source.text) failed("read", source.path);
	else text = layout_file(&a, o, &source);
	if (text) {
		bool same = strlen(text) == source.length && !memcmp(text, source.text, source.length);
		if (o->check) {
			if (!same) printf("%s\n", source.path);
			status = !same;
		} else if (input) {
			fputs(text, stdout);
			status = 0;
		} else {
			status = same ? 0 : replace_file(&a, path, text);
		}
	}
	report_forget();
	arena_free(&a);
	return status;
}

int
command_fmt(const struct options *o)
{
	int status = 0;
	if (!o->file) {
		fprintf(stderr, "error: nnc fmt needs a .nn file, or `-` for standard input\n");
		return 2;
	}
	for (int i = 0; i < o->file_count; i++) status |= format_file(o, o->files[i]);
	return status;
}
