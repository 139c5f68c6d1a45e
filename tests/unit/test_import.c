/* test_import.c - files that import each other, from memory: which names they see, which files are read, what -D reaches, what is refused. */
#include "core/print.h"
#include "oracle.h"

struct text_file {
	const char *path, *text;
};

struct disk { /* files in memory; a `*` in front of the path: for every path that ends so */
	const struct text_file *file;
	int read; /* how often one was asked for */
};

static char *
read_memory(void *context, struct arena *a, const char *path, size_t *length, const char **why)
{
	struct disk *d = context;
	d->read++;
	for (const struct text_file *f = d->file; f && f->path; f++) {
		bool any = f->path[0] == '*';
		size_t n = strlen(f->path) - any, m = strlen(path);
		if (any ? m < n || strcmp(path + m - n, f->path + 1) : strcmp(path, f->path)) continue;
		*length = strlen(f->text);
		return arena_text(a, f->text, *length);
	}
	*why = "no such text";
	return NULL;
}

static struct disk disk;

/* elaborates the text as main.nn; the number of errors */
static int
compile_with(struct compilation *c, const char *text, const struct text_file *files, struct define_option *defines, int define_count)
{
	disk = (struct disk){files, 0};
	*c = (struct compilation){.options = {.files = {read_memory, NULL, &disk}, .defines = defines, .define_count = define_count}};
	return compile(c, "main.nn", text, strlen(text), "elaborate");
}

/* ---- names -------------------------------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *what, *text;
	struct text_file files[4];
	const char *equation; /* somewhere in what is printed */
} programs[] = {
	{"a definition sees the names of its own file", "import \"a.nn\"\nlet k = 7\nmodel M { input x: [2]\n y = f(x)\n loss = sum(y) }", {{"a.nn", "import \"b.nn\" as b\nfn f(x) = b.k * x"}, {"b.nn", "let k = 5"}},
	 "y[n,j] = 5 * x[n,j]\n"},
	{"what is imported is not passed on", "import \"a.nn\"\nfn g(x) = 4 * x\nmodel M { input x: [2]\n y = f(x) + g(x)\n loss = sum(y) }",
	 {{"a.nn", "import \"b.nn\"\nfn f(x) = g(x)"}, {"b.nn", "fn g(x) = 3 * x"}}, "y[n,j] = 7 * x[n,j]\n"},
	{"two files may import a third", "import \"a.nn\"\nimport \"b.nn\"\nmodel M { input x: [2]\n y = f(x) + g(x)\n loss = sum(y) }",
	 {{"a.nn", "import \"c.nn\"\nfn f(x) = k * x"}, {"b.nn", "import \"c.nn\"\nfn g(x) = k * x"}, {"c.nn", "let k = 2"}}, "y[n,j] = 4 * x[n,j]\n"},
	{"a file may shadow the library for itself, not for the library", "import \"a.nn\"\nmodel M { input x: [2]\n y = silu(x) + sigmoid(x)\n loss = sum(y) }", {{"a.nn", "fn sigmoid(x) = 9 * x"}},
	 "y[n,j] = sigmoid(x[n,j]) * x[n,j] + 9 * x[n,j]\n"},
	{"paths start at the importing file", "import \"lib/a.nn\"\nmodel M { input x: [2]\n y = f(x)\n loss = sum(y) }", {{"lib/a.nn", "import \"deep/b.nn\" as b\nfn f(x) = b.k * x"}, {"lib/deep/b.nn", "let k = 8"}},
	 "y[n,j] = 8 * x[n,j]\n"},
	{"`./` in front changes nothing", "import \"./a.nn\"\nmodel M { input x: [2]\n y = f(x)\n loss = sum(y) }", {{"a.nn", "fn f(x) = 6 * x"}}, "y[n,j] = 6 * x[n,j]\n"},
	{"an absolute path stands for itself", "import \"/a.nn\"\nmodel M { input x: [2]\n y = f(x)\n loss = sum(y) }", {{"/a.nn", "fn f(x) = 6 * x"}}, "y[n,j] = 6 * x[n,j]\n"},
	{"models and trains stay behind", "import \"a.nn\"\nmodel M { input x: [2]\n y = f(x)\n loss = sum(y) }", {{"a.nn", "fn f(x) = 6 * x\nmodel M { y = oops }\ntrain M { oops = 1 }\nmodel N { nothing = 1 + this }"}},
	 "y[n,j] = 6 * x[n,j]\n"},
	{"a layer in a function's place", "import \"a.nn\" as a\nlayer Twice(x, f: fn) = x -> f -> f\nmodel M { input x: [2]\n y = Twice(x, a.double)\n loss = sum(y) }", {{"a.nn", "fn double(x) = 2 * x"}},
	 "Twice1.f_2[n,j] = 2 * Twice1.f[n,j]\n"},
};

Test(import, names)
{
	for (int i = 0; i < LENGTH(programs); i++) {
		struct compilation c;
		int errors = compile_with(&c, programs[i].text, programs[i].files, NULL, 0);
		cr_expect_eq(errors, 0, "%s: %s", programs[i].what, first_message(&c));
		struct text t = {.arena = &c.arena};
		if (!errors) program_print(c.unit.models.at[0]->train, &t, (struct print_style){0}, NULL, NULL);
		cr_expect(!errors && c.unit.models.n == 1 && strstr(text_end(&t), programs[i].equation), "%s: `%s` is not in\n%s", programs[i].what, programs[i].equation, t.at);
		compile_free(&c);
	}
}

Test(import, every_file_is_read_once)
{
	static const struct text_file files[] = {
		{"a.nn", "import \"c.nn\" as c\nlet x = 1"}, {"b.nn", "import \"c.nn\" as c\nimport \"a.nn\" as a\nlet y = 1"}, {"c.nn", "import \"d.nn\" as d"}, {"d.nn", "let z = 1"}, {0}};
	struct compilation c;
	cr_expect_eq(compile_with(&c, "import \"a.nn\"\nimport \"b.nn\"\nimport \"c.nn\" as c\nmodel M { input x: [2]\n loss = sum(x) }", files, NULL, 0), 0, "%s", first_message(&c));
	cr_expect_eq(disk.read, 4, "%d files were asked for", disk.read);
	cr_expect_eq(c.unit.modules.n, 5);
	compile_free(&c);
}

/* optimizers and data of another file */
Test(import, train_blocks_use_imported_names)
{
	static const struct text_file files[] = {{"o.nn", "let rate = 0.5\nlet points = [[1], [2], [3]]\noptimizer Mine(lr = rate) {\n w = w - k * lr * grad\n}\nlet k = 2\n"}, {0}};
	struct compilation c;
	int errors = compile_with(&c, "import \"o.nn\" as o\nlet rate = 9\nmodel M { input x: [1]\n loss = sum(x -> Dense(1)) }\ntrain M { data { x = o.points }\n optimizer = o.Mine\n optimizers = [SGD(lr=o.rate)] }", files, NULL, 0);
	cr_assert_eq(errors, 0, "%s", first_message(&c));
	const struct training *t = &c.unit.models.at[0]->training;
	cr_assert_eq(t->optimizers.n, 2);
	cr_expect_str_eq(t->optimizers.at[0]->name, "Mine");
	cr_expect_eq(t->optimizers.at[0]->settings.at[0].value, 0.5, "the default of `lr` is what `rate` means in o.nn");
	cr_expect_eq(t->optimizers.at[1]->settings.at[0].value, 0.5);
	cr_expect_eq(t->sources.at[0]->literal.n, 3);
	compile_free(&c);
}

/* ---- -D ------------------------------------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *define, *value;
	bool known;
} defined[] = {{"own", "2", true}, {"size", "4", true}, {"lib.size", "5", true}, {"hidden", "4", false}, {"lib.own", "4", false}, {"lib", "4", false}, {"li.size", "4", false}, {"lib.", "4", false}};

/* the sizes of w are `own` of main.nn, `size` of a.nn and of b.nn: which of them -D reached */
Test(import, what_D_reaches)
{
	static const struct text_file files[] = {{"a.nn", "import \"c.nn\"\nlet size = 3\nfn a() = size + hidden - 1"}, {"b.nn", "let size = 3\nfn b() = size"}, {"c.nn", "let hidden = 1"}, {0}};
	static const long sizes[][3] = {{2, 3, 3}, {1, 4, 3}, {1, 3, 5}};
	for (int i = 0; i < LENGTH(defined); i++) {
		struct compilation c;
		struct define_option d = {defined[i].define, defined[i].value, false};
		int errors = compile_with(&c, "import \"a.nn\"\nimport \"b.nn\" as lib\nlet own = 1\nmodel M { input x: [1]\n param w: [own, a(), lib.b()] = 0\n loss = sum(w) }", files, &d, 1);
		cr_expect_eq(errors != 0, !defined[i].known, "-D %s=%s: %d errors", defined[i].define, defined[i].value, errors);
		for (int k = 0; !errors && k < 3; k++)
			cr_expect_eq(tensor_named(c.unit.models.at[0]->train, "w")->shape[k], sizes[i][k], "-D %s=%s: size %d", defined[i].define, defined[i].value, k);
		compile_free(&c);
	}
}

/* ---- what is refused -------------------------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *text;
	struct text_file files[4];
	const char *code, *file; /* of the first message */
} refused[] = {
	{"import \"a.nn\"", {{0}}, "import", "main.nn"},
	{"import \"\"", {{0}}, "import", "main.nn"},
	{"import \"a\\b\177.nn\"", {{0}}, "import", "main.nn"},
	{"import \"main.nn\"", {{0}}, "import-cycle", "main.nn"},
	{"import \"./main.nn\"", {{0}}, "import-cycle", "main.nn"},
	{"import \"a.nn\"", {{"a.nn", "\n\nimport \"main.nn\""}}, "import-cycle", "a.nn"},
	{"import \"a.nn\"", {{"a.nn", "import \"b.nn\""}, {"b.nn", "import \"a.nn\""}}, "import-cycle", "b.nn"},
	{"import \"a.nn\"", {{"a.nn", "let x = ="}}, "syntax", "a.nn"},
	{"import \"a.nn\"", {{"a.nn", "let x = y"}}, "unknown-name", "a.nn"},
	{"import \"a.nn\"\nlet x = 1", {{"a.nn", "let x = 2"}}, "name-clash", "main.nn"},
	{"let x = 1\nimport \"a.nn\"", {{"a.nn", "fn x() = 2"}}, "name-clash", "main.nn"},
	{"import \"a.nn\"\nimport \"b.nn\"", {{"a.nn", "let x = 1"}, {"b.nn", "let x = 1"}}, "name-clash", "main.nn"},
	{"import \"a.nn\" as x\nimport \"b.nn\" as x", {{"a.nn", "let x = 1"}, {"b.nn", "let x = 1"}}, "name-clash", "main.nn"},
	{"import \"a.nn\" as x\nlet x = 2", {{"a.nn", "let y = 1"}}, "name-clash", "main.nn"},
	{"import \"a.nn\"\nimport \"a.nn\"", {{"a.nn", "let x = 1"}}, "name-clash", "main.nn"},
	{"import \"a.nn\" as a\nlet x = a.y", {{"a.nn", "let x = 1"}}, "unknown-name", "main.nn"},
	{"import \"a.nn\" as a\nlet x = a", {{"a.nn", "let x = 1"}}, NULL, NULL},
	{"import \"*/deeper.nn\"", {{"*/deeper.nn", "import \"d/deeper.nn\" as d\nlet x = 1"}}, "import", NULL},
};

Test(import, refused)
{
	static const char model[] = "\nmodel M { input x: [2]\n loss = sum(x) }\n";
	for (int i = 0; i < LENGTH(refused); i++) {
		struct compilation c;
		char text[256];
		snprintf(text, sizeof text, "%s%s", refused[i].text, model);
		int errors = compile_with(&c, text, refused[i].files, NULL, 0);
		const struct diagnostic *m = c.unit.diagnostics.all.n ? c.unit.diagnostics.all.at[0] : NULL;
		cr_expect_eq(errors > 0, refused[i].code != NULL, "%s: %d errors", refused[i].text, errors);
		if (refused[i].code && m) {
			const struct source *file = m->labels.at[0].span.file;
			cr_expect_str_eq(m->code, refused[i].code, "%s: %s", refused[i].text, m->title);
			cr_expect(file && (!refused[i].file || !strcmp(file->path, refused[i].file)), "%s: said about %s", refused[i].text, file ? file->path : "nothing");
		}
		compile_free(&c);
	}
}

/* 300 files in one, and a chain of 40: refused after a bounded number of reads */
Test(import, limits)
{
	static const struct text_file any[] = {{"*.nn", "let x = 1"}, {0}};
	char *text = malloc(300 * 32), *at = text;
	struct compilation c;
	for (int i = 0; i < 300; i++) at += sprintf(at, "import \"f%d.nn\" as f%d\n", i, i);
	cr_expect_eq(compile_with(&c, text, any, NULL, 0), 1, "one message");
	cr_expect_eq(disk.read, 256);
	compile_free(&c);
	free(text);

	static const struct text_file chain[] = {{"*/a.nn", "import \"a/a.nn\""}, {0}};
	cr_expect_eq(compile_with(&c, "import \"a/a.nn\"", chain, NULL, 0), 1, "one message");
	cr_expect_leq(disk.read, 40);
	compile_free(&c);
}

/* without a way to read them, no file is touched */
Test(import, no_files_unless_asked)
{
	static const char text[] = "import \"tests/data/05_autoencoder.nn\"\nmodel M { input x: [2]\n loss = sum(x) }";
	struct compilation c = {0};
	cr_expect_eq(compile(&c, "main.nn", text, sizeof text - 1, "simplify"), 1);
	cr_expect_str_eq(c.unit.diagnostics.all.at[0]->code, "import");
	compile_free(&c);
}
