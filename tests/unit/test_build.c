/* test_build.c - files and programs from a compilation (driver/build.c), and imported files from the disk (driver/files.c). */
#include "nnc.h"

#include "driver/embedded.h"
#include <sys/wait.h>

static const char good[] = "model Net {\n input x: [2]\n target t: [1]\n y = x -> Dense(1)\n loss = mse(y, t)\n output y\n}\n";
static struct compilation c;
static struct options o;

static void
enter(void)
{
	enter_folder();
	char cache[512];
	cr_assert(getcwd(cache, sizeof cache - 8));
	strcat(cache, "/cache");
	setenv("XDG_CACHE_HOME", cache, 1);
	setenv("TMPDIR", ".", 1);
	o = (struct options){0};
	cr_assert_eq(compile(&c, "net.nn", good, strlen(good), NULL), 0);
}

static void
leave(void)
{
	compile_free(&c);
}

TestSuite(build, .init = enter, .fini = leave);

static int folder(int argc, char **argv) { return write_folder(&c, &c.built.at[0], argc > 1 ? argv[1] : "."); }
static int program(int argc, char **argv) { return build_program(&c, &c.built.at[0], &o, argc > 1 ? argv[1] : "net"); }

static bool
is_embedded(const char *path, const char *text, size_t length)
{
	for (const struct embedded *f = embedded_files; f->path; f++)
		if (!strcmp(f->path, path)) return f->size == length && !memcmp(f->bytes, text, length);
	return false;
}

/* what is there and was not before; temporary files have .tmp */
static int
leftovers(const char *path)
{
	int n = 0;
	DIR *d = opendir(path);
	for (struct dirent *at; d && (at = readdir(d));) n += strstr(at->d_name, ".tmp") || strstr(at->d_name, "nnc-");
	if (d) closedir(d);
	return n;
}

Test(build, a_folder)
{
	size_t length;
	cr_assert_eq(run_with(folder, "out")->status, 0);
	for (int i = 0; i < c.built.at[0].files.n; i++) {
		const struct file_text *f = &c.built.at[0].files.at[i];
		char path[64], *text;
		snprintf(path, sizeof path, "out/%s", f->name);
		text = read_text(path, &length);
		cr_expect_str_eq(text, f->text);
		free(text);
	}
	char *text = read_text("out/nn_vec.h", &length);
	cr_expect(is_embedded("runtime/nn_vec.h", text, length), "the vector headers lie beside the model");
	free(text);
	cr_expect(is_there("out/runtime/trainer.c") && !is_there("out/runtime/nn_vec.h"));
	cr_expect_eq(leftovers("out"), 0);
	cr_expect_eq(run_with(folder, "out")->status, 0, "again into the same folder");
}

Test(build, a_folder_that_cannot_be)
{
	write_text("file", "x");
	const struct said *s = run_with(folder, "file");
	cr_expect(s->status == 1 && strstr(s->err, "error: cannot make the folder file"), "%s", s->err);
	s = run_with(folder, "no/such/folder");
	cr_expect(s->status == 1 && strstr(s->err, "No such file or directory"), "%s", s->err);
	cr_assert(!mkdir("blocked", 0777) && !mkdir("blocked/net.c", 0777));
	s = run_with(folder, "blocked");
	cr_expect(s->status == 1 && strstr(s->err, "error: cannot write blocked/net.c"), "%s", s->err);
	cr_expect_eq(leftovers("blocked"), 0);
}

Test(build, a_program, .timeout = 120)
{
	const struct said *s = run_with(program, "./net");
	cr_assert_eq(s->status, 0, "%s", s->err);
	pid_t p = fork();
	if (!p) {
		int null = open("/dev/null", O_WRONLY);
		dup2(null, 1);
		execl("./net", "./net", "info", (char *)NULL);
		_exit(127);
	}
	int status;
	cr_assert(waitpid(p, &status, 0) == p);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	cr_expect_eq(leftovers("."), 0, "the temporary folder is gone");
	s = run_with(program, "./no/such/net");
	cr_expect(s->status == 1 && strstr(s->err, "error:"), "%s", s->err);
}

/* a compiler that fails, and none at all: a message, no program, no temporary files */
Test(build, a_compiler_that_fails)
{
	write_text("bad-cc", "#!/bin/sh\nexit 3\n");
	cr_assert(!chmod("bad-cc", 0755));
	o.cc = "./bad-cc";
	const struct said *s = run_with(program, "net");
	cr_expect(s->status == 1 && strstr(s->err, "could not build net"), "%s", s->err);
	cr_expect(!is_there("net"));
	o.cc = "no-such-compiler";
	s = run_with(program, "net");
	cr_expect(s->status == 1 && strstr(s->err, "there is no C compiler `no-such-compiler` here"), "%s", s->err);
	cr_expect_eq(leftovers("."), 0);
}

/* what a model's files, target and compiler are decides the place in the cache */
static const char *
cached(struct compilation *k, const char *cc)
{
	struct options own = {.cc = cc};
	return cached_program(k, &k->built.at[0], &own);
}

Test(build, the_cache, .timeout = 120)
{
	/* this compiler makes an empty program of anything */
	write_text("fast-cc", "#!/bin/sh\nfor a; do [ \"$before\" = -o ] && { echo '#!/bin/sh' >\"$a\"; chmod +x \"$a\"; }; before=$a; done\nexit 0\n");
	cr_assert(!chmod("fast-cc", 0755));
	struct compilation again = {0}, other = {0}, target = {.options = {.target = "generic"}};
	static const char wider[] = "model Net {\n input x: [3]\n target t: [1]\n y = x -> Dense(1)\n loss = mse(y, t)\n output y\n}\n";
	cr_assert(!compile(&again, "net.nn", good, strlen(good), NULL) && !compile(&other, "net.nn", wider, strlen(wider), NULL) && !compile(&target, "net.nn", good, strlen(good), NULL));
	const char *first = cached(&c, "./fast-cc"), *second = cached(&again, "./fast-cc"), *third = cached(&other, "./fast-cc"), *fourth = cached(&target, "./fast-cc");
	cr_assert(first && second && third && fourth);
	cr_expect_str_eq(first, second, "the same program");
	cr_expect_str_neq(first, third, "another model");
	cr_expect_str_neq(first, fourth, "another target");
	cr_expect(!access(first, X_OK) && !access(third, X_OK));
	compile_free(&again);
	compile_free(&other);
	compile_free(&target);
}

/* ---- imports from the disk ---------------------------------------------------------------------------------------------------------------- */

static char *
disk(const char *path, const char **why)
{
	size_t length = 0;
	*why = NULL;
	char *text = disk_files.read(disk_files.context, &c.arena, path, &length, why);
	if (text) cr_expect_eq(text[length], 0);
	return text;
}

Test(build, ordinary_files_only)
{
	const char *why;
	write_text("lib.nn", "let a = 1\n");
	cr_assert(!mkdir("folder", 0777) && !mkfifo("pipe", 0666));
	cr_expect_str_eq(disk("lib.nn", &why), "let a = 1\n");
	cr_expect(!disk("folder", &why) && !strcmp(why, "this is a folder"));
	cr_expect(!disk("pipe", &why) && !strcmp(why, "this is no ordinary file"), "nobody waits for a pipe");
	cr_expect(!disk("/dev/zero", &why) && !strcmp(why, "this is no ordinary file"));
	cr_expect(!disk("nothere.nn", &why) && strstr(why, "No such file"));
	write_text("empty.nn", "");
	cr_expect_str_eq(disk("empty.nn", &why), "");
}

Test(build, one_file_by_several_names)
{
	write_text("lib.nn", "let a = 1\n");
	cr_assert(!mkdir("folder", 0777) && !symlink("lib.nn", "link.nn"));
	const char *one = disk_files.identity(NULL, &c.arena, "lib.nn"), *two = disk_files.identity(NULL, &c.arena, "folder/../lib.nn"), *three = disk_files.identity(NULL, &c.arena, "link.nn");
	cr_assert(one && two && three);
	cr_expect_str_eq(one, two);
	cr_expect_str_eq(one, three);
	cr_expect_null(disk_files.identity(NULL, &c.arena, "nothere.nn"));
}
