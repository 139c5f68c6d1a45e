/* nnc.h - nnc as a program, inside a test: to be included first. */
#ifndef TEST_NNC_H
#define TEST_NNC_H

#ifndef NNC_VERSION
#define NNC_VERSION "(in a test)"
#endif
#define main nnc_main
#include "driver/main.c"
#undef main

#include "oracle.h"

#include <fcntl.h>
#include <sys/stat.h>

struct said { /* by a run: the ends are cut */
	int status;
	char out[65536], err[8192];
};

/* a descriptor to an empty file without a name */
static inline int
nameless_file(void)
{
	char path[] = "/tmp/nnc-test-XXXXXX";
	int file = mkstemp(path);
	cr_assert_geq(file, 0);
	unlink(path);
	return file;
}

static inline void
take_back(int file, char *to, size_t room)
{
	ssize_t n = pread(file, to, room - 1, 0);
	to[n > 0 ? n : 0] = 0;
	close(file);
}

/* f(argc, argv) with the words of a line, split at blanks; what it prints is caught */
static inline struct said *
run_with(int (*f)(int argc, char **argv), const char *line)
{
	static struct said said;
	static char buffer[2048], *argv[64];
	int argc = 0, out = nameless_file(), err = nameless_file(), keep_out = dup(1), keep_err = dup(2);
	snprintf(buffer, sizeof buffer, "nnc %s", line);
	for (char *s = strtok(buffer, " "); s && argc < 63; s = strtok(NULL, " ")) argv[argc++] = s;
	argv[argc] = NULL;
	fflush(NULL);
	dup2(out, 1);
	dup2(err, 2);
	said.status = f(argc, argv);
	fflush(NULL);
	dup2(keep_out, 1);
	dup2(keep_err, 2);
	close(keep_out);
	close(keep_err);
	take_back(out, said.out, sizeof said.out);
	take_back(err, said.err, sizeof said.err);
	return &said;
}

static inline struct said *
nnc(const char *line)
{
	return run_with(nnc_main, line);
}

/* a folder of its own for a test, which goes there */
static inline void
enter_folder(void)
{
	static char path[] = "/tmp/nnc-unit-XXXXXX";
	cr_assert(mkdtemp(path) && !chdir(path));
}

static inline void
write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "wb");
	cr_assert(f && fputs(text, f) >= 0 && !fclose(f), "%s", path);
}

static inline bool
is_there(const char *path)
{
	struct stat s;
	return !stat(path, &s);
}

#endif
