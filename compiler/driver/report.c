/* report.c - what nnc says, and how: messages in the form that the options ask for; and what it says about mistakes of its own.
 *
 * A pass that breaks a contract, and a signal like a wrong address, are mistakes of nnc's.  Then one text file in the current folder holds all
 * that it takes to see it again: the command line, and every file that was read.  The signal handler can rely on nothing: what it needs is kept
 * in one place as the files are read, and it calls only what POSIX.1-2008 allows in handlers (section 2.4.3), on a stack of its own. */
#define _XOPEN_SOURCE 700
#include "driver/driver.h"
#include "runtime/wrap.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
report_messages(const struct options *o, const struct diagnostics *d)
{
	const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
	bool plain = (no_color && *no_color) || (terminal && !strcmp(terminal, "dumb"));
	bool color = o->color == COLOR_ALWAYS || (o->color == COLOR_AUTO && isatty(2) && !plain);
	if (o->json || o->format == FORMAT_JSON) diag_print_json(d, stderr);
	else if (o->format == FORMAT_GCC) diag_print_gcc(d, stderr, color);
	else diag_print(d, stderr, color, nn_screen_columns(2));
}

/* ---- the text of a report ----------------------------------------------------------------------------------------------------------------- */

static bool
put_bytes(int fd, const char *s, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, s, n);
		if (done < 0 && errno == EINTR) continue;
		if (done < 0) return false;
		s += done;
		n -= (size_t)done;
	}
	return true;
}

static bool
put_text(int fd, const char *s)
{
	return put_bytes(fd, s, strlen(s));
}

static bool
put_number(int fd, size_t n)
{
	char digits[24], *s = digits + sizeof digits;
	do *--s = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	return put_bytes(fd, s, (size_t)(digits + sizeof digits - s));
}

/* a word of the command line as a shell reads it */
static bool
put_word(int fd, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
	if (*s && strspn(s, plain) == strlen(s)) return put_text(fd, s);
	bool good = put_text(fd, "'");
	for (; *s && good; s++) good = *s == '\'' ? put_text(fd, "'\\''") : put_bytes(fd, s, 1);
	return good && put_text(fd, "'");
}

static bool
put_line(int fd, const char *name, const char *value)
{
	return put_text(fd, name) && put_text(fd, value) && put_text(fd, "\n");
}

bool
report_print(int fd, const struct report *r)
{
	bool good = put_text(fd, "A mistake of nnc's own, and all that it takes to see it again.  It holds the text of the files below: look at them before you send it.\n\n");
	good = good && put_line(fd, "version  nnc ", NNC_VERSION) && put_line(fd, "pass     ", r->pass ? r->pass : "none");
	good = good && put_line(fd, "mistake  ", r->what ? r->what : "not known") && put_text(fd, "command ");
	for (int i = 0; i < r->words && good; i++) good = put_text(fd, " ") && put_word(fd, i ? r->word[i] : "nnc");
	good = good && put_text(fd, "\n");
	for (int i = 0; i < r->file_count && good; i++) {
		const struct reported_file *f = &r->files[i];
		good = put_text(fd, "\n==== ") && put_text(fd, f->path) && put_text(fd, ": ") && put_number(fd, f->length) && put_text(fd, " bytes\n");
		good = good && put_bytes(fd, f->text, f->length);
	}
	return good && put_text(fd, "\n==== end\n");
}

/* never over a file that is there */
const char *
report_write(const struct report *r)
{
	static char name[] = "nnc-report-1.txt";
	char *digit = &name[sizeof "nnc-report-" - 1];
	for (char c = '1'; c <= '9'; c++) {
		*digit = c;
		int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 && errno == EEXIST) continue;
		if (fd < 0) return NULL;
		bool good = report_print(fd, r);
		good &= !close(fd);
		if (!good) unlink(name);
		return good ? name : NULL;
	}
	return NULL;
}

/* ---- nnc's own -------------------------------------------------------------------------------------------------------------------------------- */

static struct report own;
static const struct compilation *watched;

void
report_file(const char *path, const char *text, size_t length)
{
	if (own.file_count < MOST_REPORTED) own.files[own.file_count++] = (struct reported_file){path, text, length};
}

void
report_forget(void)
{
	own.file_count = 0;
	watched = NULL;
}

static const struct {
	int signal;
	const char *what;
} crashes[] = {
	{SIGSEGV, "an address that is not nnc's (SIGSEGV)"}, {SIGBUS, "a place in memory that is not there (SIGBUS)"}, {SIGFPE, "arithmetic without a result (SIGFPE)"},
	{SIGILL, "an instruction that is none (SIGILL)"}, {SIGABRT, "a contract between its parts was broken (SIGABRT)"},
};

enum { CRASHES = sizeof crashes / sizeof *crashes };

static void
tell(const char *what, const char *pass)
{
	own.what = what;
	own.pass = pass;
	const char *name = report_write(&own);
	const char *const said[] = {"error[internal]: nnc itself made a mistake", pass ? " in pass `" : "", pass ? pass : "", pass ? "`" : "", "\n  = note: ", what,
				    "\n  = note: it is not your fault\n  = help: please report it with ", name ? "the file " : "the command and your .nn files", name ? name : "",
				    name ? ",\n          which holds the command and the text of your .nn files\n" : "\n"};
	for (size_t i = 0; i < sizeof said / sizeof *said; i++) put_text(2, said[i]);
}

/* says so, and ends as the signal would have ended it */
static void
crashed(int number)
{
	const char *what = "a signal";
	for (int i = 0; i < CRASHES; i++)
		if (crashes[i].signal == number) what = crashes[i].what;
	tell(what, watched ? watched->pass : NULL);
	raise(number); /* SA_RESETHAND: nobody catches it any more */
}

void
report_begin(int argc, char **argv, const struct compilation *c)
{
	static char stack[65536];
	stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
	struct sigaction catch = {.sa_handler = crashed, .sa_flags = (int)(SA_ONSTACK | SA_RESETHAND | SA_NODEFER)}, before;
	own = (struct report){.words = argc, .word = argv};
	watched = c;
	if (sigaltstack(&other, NULL)) return;
	for (int i = 0; i < CRASHES; i++)
		if (!sigaction(crashes[i].signal, NULL, &before) && before.sa_handler == SIG_DFL) sigaction(crashes[i].signal, &catch, NULL); /* a sanitizer has its own */
}

void
report_mistake(const char *what)
{
	tell(what, NULL);
}

void
report_mistakes(struct diagnostics *d)
{
	for (int i = 0; i < d->all.n; i++) {
		struct diagnostic *m = d->all.at[i];
		if (strcmp(m->code, "internal")) continue;
		own.what = m->notes.n ? m->notes.at[0] : m->title;
		own.pass = watched ? watched->pass : NULL;
		const char *name = report_write(&own);
		if (name) diag_help(d, m, "please report it with the file %s, which holds the command and the text of your .nn files", name);
		else diag_help(d, m, "please report it with the command and your .nn files");
	}
}
