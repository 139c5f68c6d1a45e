/* test_report.c - mistakes of nnc's own (driver/report.c): the text of a report, where it goes, and crashes. */
#include "nnc.h"
#include <signal.h>
#include <sys/wait.h>

static struct arena arena;

static void
leave(void)
{
	arena_free(&arena);
}

TestSuite(report, .init = enter_folder, .fini = leave);

static const char *
content(const char *path)
{
	size_t length;
	const char *text = read_source(&arena, path, &length);
	cr_assert(text, "%s", path);
	return text;
}

static char *words[] = {(char *)"/some/where/nnc", (char *)"check", (char *)"it's.nn", (char *)"-D", (char *)"n=3; $(x)", (char *)"", NULL};

static struct report
example(void)
{
	struct report r = {.pass = "simplify", .what = "the equation `h` reads `x` outside its axis 0: h[i] = x[i+1]", .words = 6, .word = words};
	r.files[r.file_count++] = (struct reported_file){"it's.nn", "import \"b.nn\"\nlet n = 1", 23};
	r.files[r.file_count++] = (struct reported_file){"b.nn", "", 0};
	return r;
}

static const char expected[] =
	"A mistake of nnc's own, and all that it takes to see it again.  It holds the text of the files below: look at them before you send it.\n"
	"\n"
	"version  nnc " NNC_VERSION "\n"
	"pass     simplify\n"
	"mistake  the equation `h` reads `x` outside its axis 0: h[i] = x[i+1]\n"
	"command  nnc check 'it'\\''s.nn' -D 'n=3; $(x)' ''\n"
	"\n"
	"==== it's.nn: 23 bytes\n"
	"import \"b.nn\"\nlet n = 1\n"
	"==== b.nn: 0 bytes\n"
	"\n"
	"==== end\n";

/* the library says its own version */
static const char *
with_version(const char *text)
{
	const char *at = strstr(text, "version  nnc "), *end = at ? strchr(at, '\n') : NULL;
	cr_assert(end && end > at + strlen("version  nnc "));
	return arena_print(&arena, "%.*sversion  nnc " NNC_VERSION "%s", (int)(at - text), text, end);
}

Test(report, text)
{
	struct report r = example();
	const char *name = report_write(&r);
	cr_assert_str_eq(name, "nnc-report-1.txt");
	cr_expect_str_eq(with_version(content(name)), expected);
	struct stat s;
	cr_expect(!stat(name, &s) && (s.st_mode & 0777) == 0600, "it is for its owner only");
}

Test(report, never_over_another_file)
{
	struct report r = example();
	write_text("nnc-report-1.txt", "mine");
	cr_assert(!symlink("elsewhere", "nnc-report-2.txt"));
	cr_expect_str_eq(report_write(&r), "nnc-report-3.txt");
	cr_expect_str_eq(content("nnc-report-1.txt"), "mine");
	cr_expect(!is_there("elsewhere"));
	for (int i = 4; i <= 9; i++) cr_expect(report_write(&r));
	cr_expect_null(report_write(&r), "nine are enough");
}

Test(report, no_folder_to_write_to)
{
	struct report r = example();
	cr_assert(!mkdir("gone", 0777) && !chdir("gone") && !rmdir("../gone"));
	cr_expect_null(report_write(&r));
}

Test(report, nothing_known)
{
	struct report r = {0};
	const char *text = content(report_write(&r));
	cr_expect(strstr(text, "pass     none\nmistake  not known\ncommand \n\n==== end\n"), "%s", text);
}

Test(report, a_broken_contract)
{
	struct compilation c = {.pass = "derive"};
	struct diagnostics d = {.arena = &arena};
	report_begin(3, words, &c);
	report_file("net.nn", "let a = 1\n", 10);
	struct diagnostic *other = diag_new(&d, "shape", (struct span){0}, "", "a mistake of the user");
	report_mistakes(&d);
	cr_expect(!is_there("nnc-report-1.txt") && other->helps.n == 0);
	struct diagnostic *m = diag_new(&d, "internal", (struct span){0}, "", "nnc itself made a mistake in pass `derive`");
	diag_note(&d, m, "the equation `h` is defined twice: h = 1");
	report_mistakes(&d);
	cr_assert_eq(m->helps.n, 1);
	cr_expect(strstr(m->helps.at[0], "nnc-report-1.txt"), "%s", m->helps.at[0]);
	const char *text = content("nnc-report-1.txt");
	cr_expect(strstr(text, "pass     derive\nmistake  the equation `h` is defined twice: h = 1\n"), "%s", text);
	cr_expect(strstr(text, "==== net.nn: 10 bytes\nlet a = 1\n"), "%s", text);
}

/* each signal in a process of its own: it says so, leaves the file, and ends by the signal */
static int
crash(int argc, char **argv)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	struct compilation c = {.pass = "plan"};
	int status;
	pid_t p = fork();
	if (p) return waitpid(p, &status, 0) == p && WIFSIGNALED(status) ? WTERMSIG(status) : -1;
	int number = signals[atoi(argv[1])];
	for (int i = 0; i < LENGTH(signals); i++) signal(signals[i], SIG_DFL);
	report_begin(argc, argv, &c);
	report_file("net.nn", "let a = 1\n", 10);
	raise(number);
	_exit(0);
}

Test(report, crashes)
{
	static const struct {
		int number;
		const char *name;
	} all[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGFPE, "SIGFPE"}, {SIGILL, "SIGILL"}, {SIGABRT, "SIGABRT"}};
	for (int i = 0; i < LENGTH(all); i++) {
		const struct said *s = run_with(crash, arena_print(&arena, "%d", i));
		const char *name = arena_print(&arena, "nnc-report-%d.txt", i + 1);
		cr_expect_eq(s->status, all[i].number, "%s: %d", all[i].name, s->status);
		cr_expect(strstr(s->err, "error[internal]: nnc itself made a mistake in pass `plan`") && strstr(s->err, all[i].name), "%s", s->err);
		cr_expect(strstr(s->err, "not your fault") && strstr(s->err, name), "%s", s->err);
		cr_expect(strstr(content(name), "pass     plan\n") && strstr(content(name), "let a = 1\n"));
	}
}

/* a stack that is full leaves no room for a handler but on a stack of its own */
static int
deeper(volatile int *n)
{
	volatile int here = *n + 1;
	return here > 0 ? deeper(&here) + here : 0;
}

static int
overflow(int argc, char **argv)
{
	struct compilation c = {.pass = "elaborate"};
	int status, n = 0;
	pid_t p = fork();
	if (p) return waitpid(p, &status, 0) == p && WIFSIGNALED(status) ? WTERMSIG(status) : -1;
	signal(SIGSEGV, SIG_DFL);
	report_begin(argc, argv, &c);
	_exit(deeper(&n) == 1);
}

Test(report, no_stack_left)
{
	const struct said *s = run_with(overflow, "");
	cr_expect_eq(s->status, SIGSEGV, "%d", s->status);
	cr_expect(strstr(s->err, "in pass `elaborate`") && is_there("nnc-report-1.txt"), "%s", s->err);
}
