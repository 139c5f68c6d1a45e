/* test_options.c - nnc's command line: every option, in every form, and what is said about those that are wrong. */
#include "nnc.h"

static struct arena arena;
static struct options o;

static void
leave(void)
{
	arena_free(&arena);
}

TestSuite(options, .fini = leave);

static int
read_options(int argc, char **argv)
{
	return options_read(&o, &arena, argc, argv);
}

static int
read_line(const char *line)
{
	return run_with(read_options, line)->status;
}

Test(options, command_and_file)
{
	cr_assert_eq(read_line("grad net.nn"), 0);
	cr_expect_str_eq(o.command, "grad");
	cr_expect_str_eq(o.file, "net.nn");
	cr_assert_eq(read_line("--all net.nn"), 0, "the first word is the command, wherever it stands");
	cr_expect_str_eq(o.command, "net.nn");
	cr_expect(!o.file && o.all);
	cr_assert_eq(read_line(""), 0);
	cr_expect(!o.command && !o.help);
}

/* as `--name value`, `--name=value`, `-o value`, `-ovalue` */
Test(options, values)
{
	static const char *const same[] = {"emit f.nn -o DIR --model Net --real f64 --target x86-64-v3 --cc gcc --of Dense1 --dump plan --stop-after plan --color never",
					   "emit f.nn -oDIR --model=Net --real=f64 --target=x86-64-v3 --cc=gcc --of=Dense1 --dump=plan --stop-after=plan --color=never",
					   "-o DIR --model=Net emit --real f64 --target x86-64-v3 f.nn --cc gcc --of Dense1 --dump plan --stop-after=plan --color never"};
	for (int i = 0; i < LENGTH(same); i++) {
		cr_assert_eq(read_line(same[i]), 0, "%s", same[i]);
		cr_expect_str_eq(o.command, "emit");
		cr_expect_str_eq(o.file, "f.nn");
		cr_expect_str_eq(o.output, "DIR");
		cr_expect_str_eq(o.compile.model, "Net");
		cr_expect(o.compile.f64);
		cr_expect_str_eq(o.compile.target, "x86-64-v3");
		cr_expect_str_eq(o.cc, "gcc");
		cr_expect_str_eq(o.of, "Dense1");
		cr_expect_str_eq(o.compile.dump, "plan");
		cr_expect_str_eq(o.compile.stop_after, "plan");
		cr_expect_eq(o.color, COLOR_NEVER);
	}
}

Test(options, flags_and_defaults)
{
	cr_assert_eq(read_line("check f.nn"), 0);
	cr_expect(!o.all && !o.json && !o.help && !o.version && !o.compile.time && !o.compile.f64 && o.color == COLOR_AUTO);
	cr_expect(!o.output && !o.cc && !o.of && !o.compile.target && !o.compile.dump && !o.compile.define_count && !o.rest_count);
	cr_assert_eq(read_line("check f.nn --all --json --time --help --version --color=always"), 0);
	cr_expect(o.all && o.json && o.help && o.version && o.compile.time && o.color == COLOR_ALWAYS);
	cr_assert_eq(read_line("check f.nn --real=f64 --real=f32"), 0);
	cr_expect_not(o.compile.f64, "the last one counts");
}

Test(options, definitions)
{
	cr_assert_eq(read_line("check f.nn -D n=3 -Dact=tanh -D empty= -D twice=a=b"), 0);
	static const char *const expected[][2] = {{"n", "3"}, {"act", "tanh"}, {"empty", ""}, {"twice", "a=b"}};
	cr_assert_eq(o.compile.define_count, 4);
	for (int i = 0; i < 4; i++) {
		cr_expect_str_eq(o.compile.defines[i].name, expected[i][0]);
		cr_expect_str_eq(o.compile.defines[i].value, expected[i][1]);
	}
}

/* `fmt` alone takes many files */
Test(options, many_files)
{
	cr_assert_eq(read_line("fmt --check a.nn - b.nn"), 0);
	cr_expect(o.check && o.file_count == 3);
	cr_expect_str_eq(o.files[1], "-");
	cr_assert_eq(read_line("check a.nn"), 0);
	cr_expect(!o.check && o.file_count == 1);
	cr_assert_eq(read_line("a.nn b.nn"), 0, "the second is the file");
}

/* what follows `--` is the trainer's */
Test(options, the_rest)
{
	cr_assert_eq(read_line("train f.nn --real=f64 -- --epochs 3 -D n=2 --nosuch"), 0);
	cr_assert_eq(o.rest_count, 5);
	cr_expect_str_eq(o.rest[0], "--epochs");
	cr_expect_str_eq(o.rest[4], "--nosuch");
	cr_expect_eq(o.compile.define_count, 0);
	cr_assert_eq(read_line("train f.nn --"), 0);
	cr_expect_eq(o.rest_count, 0);
}

static const struct {
	const char *line, *words[3];
} wrong[] = {
	{"check a.nn b.nn", {"one file at a time", "`b.nn`", "`--`"}},
	{"check f.nn --nosuch", {"no option `--nosuch`", "nnc --help"}},
	{"check f.nn --modl=Net", {"no option `--modl`", "there is `--model`"}},
	{"check f.nn --jsn", {"no option `--jsn`", "`--json`"}},
	{"check f.nn -x", {"no option `-x`"}},
	{"check f.nn --json=yes", {"no option `--json`"}},
	{"check f.nn -o", {"`-o` needs a value"}},
	{"check f.nn --model", {"`--model` needs a value"}},
	{"check f.nn --real=f16", {"--real is f32 or f64", "`f16`"}},
	{"check f.nn --real", {"`--real` needs a value"}},
	{"check f.nn --target=a;b", {"--target takes the name of a processor", "x86-64-v3"}},
	{"check f.nn --target=-mfoo", {"--target"}},
	{"check f.nn --target=", {"--target"}},
	{"check f.nn --target=$(x)", {"--target"}},
	{"check f.nn --color=blue", {"--color is auto, always or never", "`blue`"}},
	{"check f.nn -D n", {"-D takes NAME=VALUE", "`n`"}},
	{"check f.nn -D =3", {"-D takes NAME=VALUE"}},
	{"check f.nn -D", {"`-D` needs a value"}},
};

/* status 2, and one message on stderr that begins with `error: ` */
Test(options, mistakes)
{
	for (int i = 0; i < LENGTH(wrong); i++) {
		const struct said *s = run_with(read_options, wrong[i].line);
		cr_expect_eq(s->status, 2, "%s: status %d", wrong[i].line, s->status);
		cr_expect(!strncmp(s->err, "error: ", 7) && !strstr(s->err + 7, "error: ") && !*s->out, "%s: %s", wrong[i].line, s->err);
		for (int k = 0; k < 3 && wrong[i].words[k]; k++) cr_expect(strstr(s->err, wrong[i].words[k]), "%s: `%s` is not in: %s", wrong[i].line, wrong[i].words[k], s->err);
	}
}

/* --help knows every command, option and pass */
Test(options, help)
{
	char *text = NULL;
	size_t length;
	FILE *f = open_memstream(&text, &length);
	options_help(f);
	fclose(f);
	for (int i = 0; command_row(i); i++) cr_expect(strstr(text, command_row(i)->name) && strstr(text, command_row(i)->help));
	for (int i = 0; pass_name(i); i++) cr_expect(strstr(text, pass_name(i)));
	static const char *const options[] = {"-o PATH", "-D NAME=VALUE", "--model=NAME", "--real=f32|f64", "--target=NAME", "--cc=COMPILER", "--of=NAME", "--all", "--dump=PASS", "--stop-after=PASS",
					      "--time", "--color=auto|always|never", "--json", "--help", "--version"};
	for (int i = 0; i < LENGTH(options); i++) cr_expect(strstr(text, options[i]), "%s", options[i]);
	free(text);
}
