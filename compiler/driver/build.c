/* build.c - from the emitted text to files and programs.  The C compiler is started with an argument vector, never through a shell. */
#define _XOPEN_SOURCE 700
#include "driver/driver.h"
#include "driver/embedded.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int
failed(const char *what, const char *path)
{
	fprintf(stderr, "error: cannot %s %s: %s\n", what, path, strerror(errno));
	return 1;
}

static int
make_folder(const char *path)
{
	struct stat s;
	if (!mkdir(path, 0777)) return 0;
	if (errno == EEXIST && !stat(path, &s) && S_ISDIR(s.st_mode)) return 0;
	return failed("make the folder", path);
}

static bool
holds(const char *path, const char *text, size_t length)
{
	struct stat s;
	char piece[16384];
	if (stat(path, &s) || !S_ISREG(s.st_mode) || (size_t)s.st_size != length) return false;
	FILE *f = fopen(path, "rb");
	size_t at = 0, n = 0;
	while (f && (n = fread(piece, 1, sizeof piece, f)) > 0 && n <= length - at && !memcmp(text + at, piece, n)) at += n;
	if (f) fclose(f);
	return f && n == 0 && at == length;
}

/* A file that appears only when it is complete; one that has this text already is left as it is, and with it what was built from it. */
static int
write_file(struct arena *a, const char *path, const char *text, size_t length)
{
	if (holds(path, text, length)) return 0;
	char *temporary = arena_print(a, "%s.%ld.tmp", path, (long)getpid());
	FILE *f = fopen(temporary, "wb");
	if (!f) return failed("write", path);
	bool bad = fwrite(text, 1, length, f) != length;
	bad |= fflush(f) != 0;
	int cause = errno;
	bad |= fclose(f) != 0;
	if (!bad && !rename(temporary, path)) return 0;
	if (bad && cause) errno = cause;
	int status = failed("write", path);
	unlink(temporary);
	return status;
}

static bool
is_runtime(const struct embedded *f)
{
	return !strncmp(f->path, "runtime/", 8);
}

static bool
is_vector_header(const struct embedded *f)
{
	return !strncmp(f->path, "runtime/nn_", 11);
}

int
write_folder(struct compilation *c, struct built *b, const char *folder)
{
	struct arena *a = &c->arena;
	if (make_folder(folder) || make_folder(arena_print(a, "%s/runtime", folder))) return 1;
	for (int i = 0; i < b->files.n; i++)
		if (write_file(a, arena_print(a, "%s/%s", folder, b->files.at[i].name), b->files.at[i].text, strlen(b->files.at[i].text))) return 1;
	for (const struct embedded *f = embedded_files; f->path; f++) {
		if (!is_runtime(f)) continue;
		const char *name = is_vector_header(f) ? f->path + 8 : f->path;
		if (write_file(a, arena_print(a, "%s/%s", folder, name), f->bytes, f->size)) return 1;
	}
	return 0;
}

/* ---- running the C compiler ------------------------------------------------------------------------------------------------------------------------- */

static pid_t
start_program(char *const argv[], bool quiet)
{
	pid_t p = fork();
	if (p) return p;
	if (quiet) {
		int null = open("/dev/null", O_WRONLY);
		if (null >= 0) {
			dup2(null, 1);
			dup2(null, 2);
		}
	}
	execvp(argv[0], argv);
	_exit(127);
}

static int
wait_for(pid_t p)
{
	int status;
	if (p < 0) return 127;
	while (waitpid(p, &status, 0) < 0)
		if (errno != EINTR) return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* where the program lies; NULL: it cannot be run */
static const char *
find_program(struct arena *a, const char *name)
{
	const char *path = getenv("PATH");
	if (strchr(name, '/')) return access(name, X_OK) ? NULL : name;
	for (const char *s = path ? path : "/usr/bin:/bin"; *s;) {
		size_t n = strcspn(s, ":");
		const char *file = arena_print(a, "%.*s/%s", (int)n, s, name);
		if (!access(file, X_OK)) return file;
		s += n + (s[n] == ':');
	}
	return NULL;
}

static const char *
find_compiler(struct arena *a, const char *asked)
{
	static const char *const known[] = {"clang-19", "clang-20", "clang-18", "clang", "gcc", "cc"};
	if (asked) {
		if (!strcmp(asked, "clang") && find_program(a, "clang-19")) return "clang-19";
		if (find_program(a, asked)) return asked;
		fprintf(stderr, "error: there is no C compiler `%s` here\n", asked);
		return NULL;
	}
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (find_program(a, known[i])) return known[i];
	fprintf(stderr, "error: there is no C compiler here\n  = help: install clang or gcc, for example `apt-get install clang`\n");
	return NULL;
}

LIST_TYPE(arguments, char *);

static void
add_argument(struct arena *a, struct arguments *list, const char *s)
{
	PUSH(a, list, s ? arena_print(a, "%s", s) : NULL);
}

static struct arguments
compiler_arguments(struct compilation *c, const char *cc, const char *optimise)
{
	struct arena *a = &c->arena;
	struct arguments v = {0};
	const char *target = c->options.target ? c->options.target : "native";
	static const char *const flags[] = {"-std=c11", "-D_POSIX_C_SOURCE=200809L", "-ffp-contract=off", "-fno-math-errno", "-ffunction-sections", "-fdata-sections", "-fno-asynchronous-unwind-tables", "-w"};
	add_argument(a, &v, cc);
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) add_argument(a, &v, flags[i]);
	add_argument(a, &v, optimise);
	if (strcmp(target, "generic")) add_argument(a, &v, arena_print(a, "-march=%s", target));
	return v;
}

static bool
has_zlib(struct compilation *c, const char *cc, const char *folder)
{
	struct arena *a = &c->arena;
	struct arguments v = {0};
	char *probe = arena_print(a, "%s/zlib_probe.c", folder);
	const char *text = "#include <zlib.h>\nint main(void) { return zlibVersion() == 0; }\n";
	if (write_file(a, probe, text, strlen(text))) return false;
	add_argument(a, &v, cc);
	add_argument(a, &v, probe);
	add_argument(a, &v, "-lz");
	add_argument(a, &v, "-o");
	add_argument(a, &v, arena_print(a, "%s/zlib_probe", folder));
	add_argument(a, &v, NULL);
	return wait_for(start_program(v.at, true)) == 0;
}

/* fnv-1a over everything that decides what a program is */
static uint64_t
add_hash(uint64_t h, const char *s)
{
	for (; *s; s++) h = (h ^ (unsigned char)*s) * 1099511628211u;
	return (h ^ 255) * 1099511628211u;
}

/* What runs for each record or number is compiled for speed, all else of the runtime to be small. */
static const char *const runs_often[] = {"runtime/column.c", "runtime/csv.c", "runtime/lbfgs.c", "runtime/number.c", "runtime/pool.c", "runtime/store.c"};
static const char *const for_speed[] = {"-O2", "-fno-unroll-loops", NULL};
static const char *const for_size[] = {"-Oz", "-fno-tree-vectorize", NULL};

static const char *const *
runtime_flags(const char *path)
{
	for (size_t i = 0; i < sizeof runs_often / sizeof *runs_often; i++)
		if (!strcmp(path, runs_often[i])) return for_speed;
	return for_size;
}

/* which compiler a name stands for today: another version is another file */
static uint64_t
add_compiler(uint64_t h, struct arena *a, const char *cc)
{
	const char *file = find_program(a, cc);
	struct stat s;
	if (!file || stat(file, &s)) return h;
	return add_hash(h, arena_print(a, "%s %lld %lld", file, (long long)s.st_size, (long long)s.st_mtime));
}

/* what -march=native means here: a home may be shared by machines */
static uint64_t
add_processor(uint64_t h)
{
	static const char *const kinds[] = {"model name", "flags", "CPU ", "Features"};
	char line[8192];
	FILE *f = fopen("/proc/cpuinfo", "r");
	while (f && fgets(line, sizeof line, f) && *line != '\n')
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
			if (!strncmp(line, kinds[i], strlen(kinds[i]))) h = add_hash(h, line);
	if (f) fclose(f);
	return h;
}

static uint64_t
runtime_hash(struct compilation *c, const char *cc)
{
	const struct arguments v = compiler_arguments(c, cc, "");
	uint64_t h = add_processor(add_compiler(14695981039346656037u, &c->arena, cc));
	for (int i = 0; i < v.n; i++) h = add_hash(h, v.at[i]);
	for (const struct embedded *f = embedded_files; f->path; f++)
		if (is_runtime(f)) h = add_hash(h, f->bytes);
	for (const char *const *flag = for_speed; *flag; flag++) h = add_hash(h, *flag);
	for (const char *const *flag = for_size; *flag; flag++) h = add_hash(h, *flag);
	return h;
}

static const char *
cache_folder(struct arena *a)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *base = cache && *cache == '/' ? arena_print(a, "%s", cache) : home && *home == '/' ? arena_print(a, "%s/.cache", home) : NULL;
	if (!base) return NULL;
	char *own = arena_print(a, "%s/nnc", base);
	struct stat s;
	mkdir(base, 0777);
	mkdir(own, 0777);
	return !stat(own, &s) && S_ISDIR(s.st_mode) && !access(own, W_OK) ? own : NULL;
}

static void
remove_folder(struct arena *a, const char *folder)
{
	struct arguments v = {0};
	add_argument(a, &v, "rm");
	add_argument(a, &v, "-rf");
	add_argument(a, &v, "--");
	add_argument(a, &v, folder);
	add_argument(a, &v, NULL);
	wait_for(start_program(v.at, true));
}

/* ---- the runtime's objects: made once for a compiler and target, kept in the cache ------------------------------------------------------------------------- */

enum { AT_ONCE = 4 };

static int
compile_runtime(struct compilation *c, const char *cc, const char *folder, const char *objects, bool zlib)
{
	struct arena *a = &c->arena;
	pid_t running[64];
	int n = 0, waited = 0, bad = 0;
	for (const struct embedded *f = embedded_files; f->path && n < 64; f++) {
		size_t length = strlen(f->path);
		if (!is_runtime(f) || strcmp(f->path + length - 2, ".c")) continue;
		const char *const *flag = runtime_flags(f->path);
		struct arguments v = compiler_arguments(c, cc, *flag);
		while (*++flag) add_argument(a, &v, *flag);
		if (zlib) add_argument(a, &v, "-DNN_HAVE_ZLIB");
		add_argument(a, &v, "-I");
		add_argument(a, &v, folder);
		add_argument(a, &v, "-c");
		add_argument(a, &v, arena_print(a, "%s/%s", folder, f->path));
		add_argument(a, &v, "-o");
		add_argument(a, &v, arena_print(a, "%s/%.*s.o", objects, (int)length - 10, f->path + 8));
		add_argument(a, &v, NULL);
		if (n - waited >= AT_ONCE) bad |= wait_for(running[waited++]);
		running[n++] = start_program(v.at, false);
	}
	while (waited < n) bad |= wait_for(running[waited++]);
	return bad;
}

/* the folder with the runtime's objects, from the cache or made in `folder`; *zlib: whether to link it */
static const char *
runtime_objects(struct compilation *c, const char *cc, const char *folder, bool *zlib)
{
	struct arena *a = &c->arena;
	const char *cache = cache_folder(a);
	char *objects = cache ? arena_print(a, "%s/runtime-%016llx", cache, (unsigned long long)runtime_hash(c, cc)) : arena_print(a, "%s/objects", folder);
	struct stat s;
	char *mark = arena_print(a, "%s/zlib", objects);
	if (cache && !access(objects, R_OK)) {
		*zlib = !stat(mark, &s);
		return objects;
	}
	char *fresh = arena_print(a, "%s.%ld", objects, (long)getpid());
	if (make_folder(fresh)) return NULL;
	*zlib = has_zlib(c, cc, folder);
	if (compile_runtime(c, cc, folder, fresh, *zlib)) return NULL;
	if (*zlib && write_file(a, arena_print(a, "%s/zlib", fresh), "", 0)) return NULL;
	if (rename(fresh, objects)) { /* somebody else was faster */
		remove_folder(a, fresh);
		if (access(objects, R_OK)) return NULL;
	}
	return objects;
}

static int
link_program(struct compilation *c, const char *cc, const char *objects, const char *folder, bool zlib, const char *program)
{
	struct arena *a = &c->arena;
	struct arguments v = {0};
	add_argument(a, &v, cc);
	add_argument(a, &v, arena_print(a, "%s/model.o", folder));
	add_argument(a, &v, arena_print(a, "%s/main.o", folder));
	for (const struct embedded *f = embedded_files; f->path; f++) {
		size_t length = strlen(f->path);
		if (is_runtime(f) && !strcmp(f->path + length - 2, ".c")) add_argument(a, &v, arena_print(a, "%s/%.*s.o", objects, (int)length - 10, f->path + 8));
	}
	add_argument(a, &v, "-Wl,--gc-sections");
	add_argument(a, &v, "-Wl,-z,noseparate-code");
	add_argument(a, &v, "-lm");
	add_argument(a, &v, "-lpthread");
	if (zlib) add_argument(a, &v, "-lz");
	add_argument(a, &v, "-o");
	add_argument(a, &v, program);
	add_argument(a, &v, NULL);
	return wait_for(start_program(v.at, false));
}

/* "-DNN_FOLDER=..." with the absolute folder of the .nn file: where the trainer looks for data unless told otherwise */
static const char *
folder_define(struct compilation *c)
{
	struct arena *a = &c->arena;
	char *folder = arena_print(a, "%s", c->source.path), *slash = strrchr(folder, '/');
	char full[PATH_MAX];
	if (slash) *slash = 0;
	if (!realpath(slash ? (*folder ? folder : "/") : ".", full)) return "-DNN_FOLDER=\"\"";
	return arena_print(a, "-DNN_FOLDER=%s", c_string(a, full));
}

static pid_t
start_compile(struct compilation *c, const char *cc, const char *folder, const char *source, const char *object, const char *define)
{
	struct arena *a = &c->arena;
	struct arguments v = compiler_arguments(c, cc, "-O3");
	if (define) add_argument(a, &v, define);
	add_argument(a, &v, "-I");
	add_argument(a, &v, folder);
	add_argument(a, &v, "-c");
	add_argument(a, &v, arena_print(a, "%s/%s", folder, source));
	add_argument(a, &v, "-o");
	add_argument(a, &v, arena_print(a, "%s/%s", folder, object));
	add_argument(a, &v, NULL);
	return start_program(v.at, false);
}

int
build_program(struct compilation *c, struct built *b, const struct options *o, const char *program)
{
	struct arena *a = &c->arena;
	const char *cc = find_compiler(a, o->cc), *tmp = getenv("TMPDIR");
	if (!cc) return 1;
	char *folder = arena_print(a, "%s/nnc-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(folder)) return failed("make a temporary folder", folder);
	int status = write_folder(c, b, folder);
	bool zlib = false;
	if (!status) {
		pid_t model = start_compile(c, cc, folder, arena_print(a, "%s.c", b->prefix), "model.o", NULL);
		pid_t main_ = start_compile(c, cc, folder, arena_print(a, "%s_main.c", b->prefix), "main.o", folder_define(c));
		const char *objects = runtime_objects(c, cc, folder, &zlib);
		status = wait_for(model) | wait_for(main_);
		if (!objects) status = 1;
		char *fresh = arena_print(a, "%s.%ld", program, (long)getpid());
		if (!status) status = link_program(c, cc, objects, folder, zlib, fresh);
		if (status) fprintf(stderr, "error: %s could not build %s\n", cc, program);
		if (!status && rename(fresh, program)) status = failed("write", program);
		if (status) unlink(fresh);
	}
	remove_folder(a, folder);
	return status ? 1 : 0;
}

const char *
cached_program(struct compilation *c, struct built *b, const struct options *o)
{
	struct arena *a = &c->arena;
	const char *cache = cache_folder(a), *cc = find_compiler(a, o->cc);
	if (!cache || !cc) return NULL;
	uint64_t h = add_hash(runtime_hash(c, cc), folder_define(c));
	for (int i = 0; i < b->files.n; i++) h = add_hash(h, b->files.at[i].text);
	char *program = arena_print(a, "%s/%s-%016llx", cache, b->prefix, (unsigned long long)h);
	if (!access(program, X_OK)) return program;
	return build_program(c, b, o, program) ? NULL : program;
}
