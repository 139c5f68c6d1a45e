/* test_main.c - nnc as a whole (driver/main.c): what each command prints, exit statuses, and what is said about wrong usage. */
#include "nnc.h"

static const char good[] =
	"let units = 4\nmodel Net {\n input x: [3]\n target t: 0..2\n y = x -> Dense(units) -> relu -> Dense(3)\n loss = cross_entropy(y, t)\n output p = softmax(y)\n}\n";
static const char two[] = "model First { input x: [2]\n loss = sum(x -> Dense(1)) }\nmodel Second { input x: [2]\n y = x -> Dense(2)\n loss = sum(y^2) }\n";

static void
enter(void)
{
	enter_folder();
	write_text("net.nn", good);
	write_text("two.nn", two);
	write_text("bad.nn", "model Net {\n input x: [3]\n loss = sum(y)\n}\n");
}

TestSuite(program, .init = enter);

static void
ends(const char *line, int status, const char *out, const char *err)
{
	const struct said *s = nnc(line);
	cr_expect_eq(s->status, status, "nnc %s: status %d\n%s%s", line, s->status, s->out, s->err);
	cr_expect(strstr(s->out, out), "nnc %s: `%s` is not in what it prints:\n%s", line, out, s->out);
	cr_expect(strstr(s->err, err), "nnc %s: `%s` is not in what it says:\n%s", line, err, s->err);
	if (status == 0 && !*err) cr_expect_str_empty(s->err, "nnc %s says %s", line, s->err);
}

Test(program, commands)
{
	ends("check net.nn", 0, "", "");
	cr_expect_str_empty(nnc("check net.nn")->out, "a right file gives no output");
	ends("shapes net.nn", 0, "Dense(units)", "");
	ends("shapes net.nn", 0, "31 parameters", "");
	ends("shapes net.nn -D units=5", 0, "38 parameters", "");
	ends("grad net.nn", 0, "Dense1.dW[j,i] = mean(batch)", "");
	ends("grad net.nn --of Dense2", 0, "Dense2.dW[", "");
	ends("grad two.nn", 0, "# model Second", "");
	ends("emit net.nn -o out", 0, "", "");
	cr_expect(is_there("out/net.c") && is_there("out/net.h") && is_there("out/net_main.c") && is_there("out/nn_vec.h") && is_there("out/runtime/trainer.c"));
	ends("emit two.nn -o out", 0, "", "");
	cr_expect(is_there("out/first.c") && is_there("out/second.c"));
	ends("emit two.nn -o one --model Second", 0, "", "");
	cr_expect(!is_there("one/first.c") && is_there("one/second.c"));
}

Test(program, what_is_asked_for_only)
{
	const struct said *s = nnc("grad net.nn --of Dense1");
	cr_expect(strstr(s->out, "Dense1.dW") && !strstr(s->out, "Dense2.dW"), "%s", s->out);
	ends("grad net.nn --of Nothing", 1, "", "belongs to `Nothing`");
	s = nnc("grad net.nn --all");
	cr_expect(strstr(s->out, "Dense1.y["), "%s", s->out);
	s = nnc("grad net.nn");
	cr_expect(!strstr(s->out, "Dense1.y[j] ="), "%s", s->out);
}

Test(program, dumps)
{
	for (int i = 0; pass_name(i); i++) {
		char line[128];
		snprintf(line, sizeof line, "check net.nn --dump=%s", pass_name(i));
		cr_expect_eq(nnc(line)->status, 0);
		cr_expect_gt(strlen(nnc(line)->out), 50, "%s", line);
		snprintf(line, sizeof line, "check net.nn --stop-after=%s --dump=%s", pass_name(i), pass_name(i));
		cr_expect_gt(strlen(nnc(line)->out), 50, "%s", line);
	}
	ends("check net.nn --time", 0, "", "elaborate");
	ends("check net.nn --dump=nosuch", 2, "", "there is no pass `nosuch`");
	ends("check net.nn --stop-after=nosuch", 2, "", "there is no pass `nosuch`");
}

Test(program, help_and_version)
{
	ends("--help", 0, "usage: nnc COMMAND", "");
	ends("help", 0, "usage: nnc COMMAND", "");
	ends("check --help", 0, "usage: nnc COMMAND", "");
	ends("--version", 0, "nnc " NNC_VERSION, "");
	ends("", 2, "", "usage: nnc COMMAND");
}

Test(program, wrong_usage)
{
	ends("chekc net.nn", 2, "", "there is check");
	ends("fly net.nn", 2, "", "there is no command `fly`");
	ends("check", 2, "", "nnc check needs a .nn file");
	ends("check nothere.nn", 1, "", "cannot read nothere.nn: No such file or directory");
	ends("check .", 1, "", "cannot read .");
	ends("check net.nn -D unit=3", 1, "", "it has `let units`");
	ends("check two.nn --model Thrid", 1, "", "the file has no such model");
	ends("build two.nn", 1, "", "choose one: nnc build two.nn --model First");
	ends("train two.nn", 1, "", "two.nn has 2 models");
}

Test(program, messages)
{
	const struct said *s = nnc("check bad.nn --color=never");
	cr_expect_eq(s->status, 1);
	cr_expect(strstr(s->err, "error[unknown-name]: nothing named `y`") && strstr(s->err, " --> bad.nn:3:13") && !strchr(s->err, '\033'), "%s", s->err);
	cr_expect(strchr(nnc("check bad.nn --color=always")->err, '\033'));
	cr_expect(!strchr(nnc("check bad.nn")->err, '\033'), "no colours into a file");
	s = nnc("check bad.nn --json");
	cr_expect(strstr(s->err, "{\"level\":\"error\",\"code\":\"unknown-name\"") && strstr(s->err, "\"line\":3,\"column\":13"), "%s", s->err);
	ends("grad bad.nn", 1, "", "unknown-name");
	ends("emit bad.nn -o none", 1, "", "unknown-name");
	cr_expect(!is_there("none"), "nothing is written for a wrong file");
}

/* what generated files say about how they were made has no folder in it */
Test(program, the_command_is_in_the_header)
{
	cr_assert(!mkdir("sub", 0777));
	write_text("sub/net.nn", good);
	ends("emit sub/net.nn -o out -D units=7 --real=f64 --target=generic", 0, "", "");
	size_t length;
	char *text = read_text("out/net.h", &length);
	cr_expect(strstr(text, "nnc emit net.nn -D units=7 --real=f64 --target=generic"), "%s", text);
	free(text);
}

Test(program, stories_of_messages)
{
	ends("explain", 0, "\nshape: ", "");
	ends("explain shape", 0, "    model Net {", "");
	ends("explain shpae", 1, "", "nnc explain shape");
}
