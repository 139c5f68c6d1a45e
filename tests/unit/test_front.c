/* test_front.c - the front end: from text to printed equations and back, and what it does with text that is no program.
 *
 * Wrong programs, truncated ones and ones with a byte changed must end in a diagnostic that points into the file, or in a program: never in a
 * crash, and never in a compiler that does not come back.  MUTATIONS=n runs longer. */
#include "core/print.h"
#include "derive/derive.h"
#include "oracle.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#ifndef TEST_DATA
#define TEST_DATA "tests/data" /* seen from the root of the repository, where tests run */
#endif

/* the examples, at a size that compiles in a moment */
static const struct {
	const char *name;
	struct define_option defines[6];
} examples[] = {
	{"01_logistic.nn", {{0}}},
	{"02_xor_spiral.nn", {{"hidden", "5", false}}},
	{"03_mnist_mlp.nn", {{"units", "6", false}, {"lambda", "0.01", false}, {"drop", "0.5", false}}},
	{"04_convnet.nn", {{0}}},
	{"05_autoencoder.nn", {{"code", "3", false}}},
	{"06_denoising.nn", {{"code", "3", false}}},
	{"07_resnet.nn", {{"n", "2", false}}},
	{"08_lstm.nn", {{"T", "4", false}, {"units", "3", false}}},
	{"09_gpt.nn", {{"vocab", "11", false}, {"T", "4", false}, {"d", "6", false}, {"heads", "2", false}, {"layers", "2", false}}},
	{"10_custom.nn", {{0}}},
};

static char *read_import(void *context, struct arena *a, const char *path, size_t *length, const char **why);

/* the one file that an example imports, and no other, whatever a mutation asks for */
static char *
read_import(void *context, struct arena *a, const char *path, size_t *length, const char **why)
{
	static const char known[] = "05_autoencoder.nn";
	(void)context;
	*why = "not for this test";
	if (strcmp(path, known)) return NULL;
	char *text = read_text(TEST_DATA "/05_autoencoder.nn", length), *copy = arena_text(a, text, *length);
	free(text);
	return copy;
}

static struct compile_options
options_of(int example)
{
	static struct define_option copy[6];
	struct compile_options o = {.defines = copy, .files = {read_import, NULL, NULL}};
	if (example < 0) return o;
	memcpy(copy, examples[example].defines, sizeof copy);
	while (o.define_count < LENGTH(copy) && copy[o.define_count].name) o.define_count++;
	return o;
}

static char *
example_text(int i, size_t *length)
{
	char path[256];
	snprintf(path, sizeof path, TEST_DATA "/%s", examples[i].name);
	return read_text(path, length);
}

/* ---- a program that may be wrong -------------------------------------------------------------------------------------------------------------- */

static char doing[256]; /* said when the compiler crashes or hangs */

static void
last_words(int signal_)
{
	static const char crashed[] = "\ncrashed: ", hangs[] = "\nhangs: ";
	ssize_t said = signal_ == SIGALRM ? write(2, hangs, sizeof hangs - 1) : write(2, crashed, sizeof crashed - 1);
	said += write(2, doing, strlen(doing));
	said += write(2, "\n", 1);
	signal(signal_, SIG_DFL);
	raise(said > 0 ? signal_ : SIGKILL);
}

static void
enter(void)
{
	signal(SIGSEGV, last_words);
	signal(SIGABRT, last_words);
	signal(SIGFPE, last_words);
	signal(SIGALRM, last_words);
}

TestSuite(front, .init = enter);

static void
check_span(struct span s, const char *what)
{
	if (!s.file) return;
	cr_expect(!s.file->library, "%s: a diagnostic points into the library", what);
	cr_expect(s.begin <= s.end && s.end <= s.file->length, "%s: a diagnostic about bytes %zu..%zu of %zu", what, s.begin, s.end, s.file->length);
}

/* compiles as far as `last`; the number of errors, each with a title and with spans inside the file */
static int
errors_of(const char *what, int example, const char *text, size_t length, const char *last)
{
	struct compilation c = {.options = options_of(example)};
	snprintf(doing, sizeof doing, "%s", what);
	alarm(20);
	int errors = compile(&c, "test.nn", text, length, last);
	alarm(0);
	const struct diagnostics *d = &c.unit.diagnostics;
	int counted = 0;
	for (int i = 0; i < d->all.n; i++) {
		const struct diagnostic *m = d->all.at[i];
		counted += !m->warning;
		cr_expect(m->title && m->title[0] && m->code, "%s: a diagnostic without words", what);
		for (int k = 0; k < m->labels.n; k++) check_span(m->labels.at[k].span, what);
	}
	cr_expect_eq(counted, errors, "%s: %d errors, %d of them said", what, errors, counted);
	compile_free(&c);
	return errors;
}

/* ---- right programs ------------------------------------------------------------------------------------------------------------------------------ */

static const struct {
	const char *text, *equations;
} printed[] = {
	{"model M {\n input x: [2]\n target t: 0..1\n param w: [2] = 0\n param b: real = 0\n z = sum(i) w[i]*x[i] + b\n loss = binary_cross_entropy(z, t)\n}\n",
	 "sum1[n] = sum(i) w[i] * x[n,i]\n"
	 "z[n] = sum1[n] + b\n"
	 "loss[n] = softplus(z[n]) - z[n] * t[n]\n"},
	{"model M {\n input x: [3, 4]\n y = x -> Dense(2) -> relu\n loss = sum(y)\n}\n",
	 "Dense1.sum1[n,t,j] = sum(i) Dense1.W[j,i] * x[n,t,i]\n"
	 "Dense1.y[n,t,j] = Dense1.sum1[n,t,j] + Dense1.b[j]\n"},
	{"model M {\n input x: [7]\n param w: [3] = 1\n y[i in 0..2] = sum(u) w[u] * x[2*i+u]\n loss = sum(y^2)\n}\n", "y[n,i] = sum(u) w[u] * x[n,2*i+u]\n"},
	{"model M {\n input x: [4]\n y[i in 0..3] = if i >= 1 then x[i-1] else 0\n loss = sum(y)\n}\n", "y[n,i] = if i >= 1 then x[n,i-1] else 0\n"},
	{"model M {\n input x: [2, 3]\n y = reshape(x, [6])\n z[k in 0..5] = y[5-k]\n loss = max(z)\n}\n", "y[n,k] = x[n,k/3,k%3]\n"
	 "z[n,k] = y[n,5-k]\n"
	 "max1[n] = max(j) z[n,j]\n"},
};

Test(front, printed_equations)
{
	for (int i = 0; i < LENGTH(printed); i++) {
		struct compilation c;
		struct model *m = model_after(&c, printed[i].text, "elaborate");
		cr_assert(m, "%s: %s", printed[i].text, first_message(&c));
		struct text t = {.arena = &c.arena};
		program_print(m->train, &t, (struct print_style){0}, NULL, NULL);
		cr_expect(strstr(text_end(&t), printed[i].equations), "not in what is printed:\n%s---\n%s", printed[i].equations, t.at);
		compile_free(&c);
	}
}

/* `nnc grad` prints .nn: it parses again, and a second printing of the parsed text is not needed to know it */
static void
check_gradient_parses(const char *name, struct program *p)
{
	for (int join = 0; join < 2; join++) {
		struct text t = {.arena = p->arena};
		struct diagnostics d = {.arena = p->arena};
		text_add(&t, "model M {\n");
		program_print(p, &t, (struct print_style){.sample = true, .join = join}, NULL, NULL);
		text_add(&t, "}\n");
		struct source source = {"printed.nn", text_end(&t), t.length, false};
		parse_source(p->arena, &d, &source);
		cr_expect_eq(d.errors, 0, "%s: %s in\n%s", name, d.all.n ? d.all.at[0]->title : "", source.text);
	}
}

Test(front, gradients_of_examples_parse, .timeout = 120)
{
	int checked = 0;
	for (int i = 0; i < LENGTH(examples); i++) {
		size_t length;
		char *text = example_text(i, &length);
		struct compilation c = {.options = options_of(i)};
		compile(&c, examples[i].name, text, length, "simplify");
		for (int k = 0; k < c.unit.models.n && !c.unit.diagnostics.errors; k++, checked++) check_gradient_parses(examples[i].name, c.unit.models.at[k]->train);
		compile_free(&c);
		free(text);
	}
	cr_expect_geq(checked, 6, "only %d models of the examples compile", checked);
}

/* spans of the syntax tree lie inside the file, and those of kids inside their parent's */
static void
check_tree(const struct node *n, const struct node *parent, size_t length)
{
	if (!n) return;
	cr_expect(n->span.begin <= n->span.end && n->span.end <= length, "%s: bytes %zu..%zu of %zu", node_kind_name(n->kind), n->span.begin, n->span.end, length);
	if (parent && n->span.end > n->span.begin)
		cr_expect(parent->span.begin <= n->span.begin && n->span.end <= parent->span.end, "%s sticks out of %s", node_kind_name(n->kind), node_kind_name(parent->kind));
	for (int i = 0; i < n->n; i++) check_tree(n->kid[i], n, length);
}

Test(front, spans_of_trees)
{
	for (int i = 0; i < LENGTH(examples); i++) {
		size_t length;
		char *text = example_text(i, &length);
		struct compilation c = {.options = options_of(i)};
		cr_expect_eq(compile(&c, examples[i].name, text, length, "parse"), 0, "%s: %s", examples[i].name, first_message(&c));
		check_tree(c.file, NULL, length);
		compile_free(&c);
		free(text);
	}
}

/* ---- wrong programs -------------------------------------------------------------------------------------------------------------------------------- */

static void
check_wrong(const char *name)
{
	char path[512];
	size_t length;
	snprintf(path, sizeof path, TEST_DATA "/wrong/%s", name);
	char *text = read_text(path, &length);
	struct compilation c = {0};
	compile(&c, name, text, length, "simplify");
	cr_expect_gt(c.unit.diagnostics.all.n, 0, "%s: nothing is said", name);
	compile_free(&c);
	errors_of(name, -1, text, length, "simplify");
	free(text);
}

Test(front, wrong_programs)
{
	DIR *d = opendir(TEST_DATA "/wrong");
	cr_assert(d, TEST_DATA "/wrong: not here");
	int n = 0;
	for (struct dirent *f; (f = readdir(d));) {
		size_t length = strlen(f->d_name);
		if (length < 4 || strcmp(f->d_name + length - 3, ".nn")) continue;
		check_wrong(f->d_name);
		n++;
	}
	closedir(d);
	cr_expect_geq(n, 20);
}

Test(front, odd_texts)
{
	static const char *const texts[] = {
		"", "\n", "#", "# no end of line", "model", "model M", "model M {", "model M {}", "model M {\n}\n", "}", "let x = x", "fn f(x) = f(x)", "layer L(x) = x -> L",
		"let a = 1 / 0", "let a = 1e999", "model M { input x: [0]\n loss = sum(x) }", "model M { input x: [-1]\n loss = sum(x) }", "model M { input x: [1e30]\n loss = sum(x) }",
		"model M { input x: [3000000, 3000000, 3000000]\n loss = sum(x) }", "model M { input x: [2]\n repeat 1e9 { x = x + 1 }\n loss = sum(x) }",
		"model M { input x: [2]\n repeat -1 { x = x + 1 }\n loss = sum(x) }", "model M { input x: [2]\n loss = x }", "model M { input x: [2]\n loss = sum(x)\n loss = sum(x) }",
		"model M { input x: [2]\n loss = sum(i) x[i/0] }", "model M { input x: [2]\n loss = sum(i in 0..1) x[i%0] }", "model M { input x: [2]\n loss = sum(i in 1..0) x[i] }",
		"model M { input x: [2]\n y[i, i] = x[i]\n loss = sum(y) }", "model M { input x: [1,1,1,1,1,1,1,1,1]\n loss = sum(x) }", "model M { input x: [2]\n y = reshape(x, [3])\n loss = sum(y) }",
		"model M { input x: 5..2\n loss = x }", "model M { input x: 0..99999999999999999999\n loss = x }", "model M { input x: [2]\n loss = x[0.5] }", "model M { input x: [2]\n loss = x[-1] }",
		"model M { input x: [2]\n loss = sum(x[2..1]) }", "model M { input x: [2]\n y = x -> Dense(0)\n loss = sum(y) }", "model M { input x: [2]\n y = x -> Dense(1e18)\n loss = sum(y) }",
		"model M { input x: [2]\n y = x -> Dense(-1)\n loss = sum(y) }", "model M { param w: [2] ~ w\n loss = sum(w) }", "model M { input x: [2]\n input x: [2]\n loss = sum(x) }",
		"model M { loss = 1 }", "model M { input x: [2]\n y = 1 -> leaky_relu -> elu -> Dense(3)\n loss = sum(y) }",
		"model M { input x: [9]\n target t: 0..3\n loss = 1 - accuracy(x, t) }", "model M { loss = loss }", "model M { input x: [2]\n loss = sum(x) ^ -1 ^ 0.5 ^ 1e9 }", "\"", "model M { input x: [\"a\"]\n loss = sum(x) }", "\377\376\0", "train {}",
		"train M { batch_size = 0 }", "model M { input x: [2]\n loss = sum(x) }\ntrain M { optimizer = SGD(lr=sum) }", "import \"nothing here.nn\"", "optimizer O() { w = w }",
		"model M { input x: [2]\n a = b\n b = a\n loss = sum(a) }", "model M { input x: [3]\n h[t] = h[t-1] + x[t]\n loss = sum(h) }", "model M { input x: [3]\n y[i] = y[i] + x[i]\n loss = sum(y) }",
	};
	for (int i = 0; i < LENGTH(texts); i++) {
		errors_of(texts[i], -1, texts[i], strlen(texts[i]), "parse");
		errors_of(texts[i], -1, texts[i], strlen(texts[i]), "simplify");
	}
}

/* one message, and soon: sums inside sums over 32 indices, a list of nine axes, copies of copies, a list that doubles forty times */
Test(front, more_than_there_is_room_for)
{
	char text[8192], *at = text;
	at += sprintf(at, "model M {\n input x: [40]\n loss = ");
	for (int i = 0; i < 32; i++) at += sprintf(at, "%si%d in 0..1%s", i % 8 ? ", " : "sum(", i, i % 8 == 7 ? ") " : "");
	at += sprintf(at, "x[i0");
	for (int i = 1; i < 32; i++) at += sprintf(at, "+i%d", i);
	sprintf(at, "]\n}\n");
	cr_expect_eq(errors_of("32 indices", -1, text, strlen(text), "simplify"), 1);
	strcpy(text, "model M {\n input x: [2]\n loss = sum(x)\n output o = [[[[[[[[1, 2]]]]]]]]\n}\n");
	cr_expect_eq(errors_of("eight axes", -1, text, strlen(text), "simplify"), 1);
	strcpy(text, "model M {\n input x: [2]\n repeat 100000 { repeat 100000 { } }\n loss = sum(x)\n}\n");
	cr_expect_eq(errors_of("copies of copies", -1, text, strlen(text), "simplify"), 1);
	at = text + sprintf(text, "let a0 = [1, 1]\n");
	for (int i = 1; i < 40; i++) at += sprintf(at, "let a%d = [a%d, a%d]\n", i, i - 1, i - 1);
	sprintf(at, "model M {\n input x: [2]\n loss = sum(x)\n}\ntrain { data { x = a39 }\n optimizer = SGD }\n");
	cr_expect_eq(errors_of("a list that doubles", -1, text, strlen(text), "simplify"), 1);
}

/* brackets and operators as deep as a fuzzer likes them */
Test(front, deep_nesting)
{
	static const char *const pieces[][3] = {{"(", "x", ")"}, {"[", "x", "]"}, {"-", "x", ""}, {"x + ", "x", ""}, {"x -> ", "relu", ""}, {"x ^ ", "x", ""},
						{"if x > 0 then ", "x", " else 0"}, {"relu(", "x", ")"}, {"not ", "x", ""}, {"sum(i) x[i] * ", "x[0]", ""},
						{"", "x", ".T"}, {"", "x", "[0]"}, {"", "x", " and x > 0"}, {"", "x", " -> relu"}, {"repeat 1 {\n", "", "}"}};
	static const int depths[] = {100, 900, 9000, 100000};
	for (int m = 0, depth; m < LENGTH(depths); m++)
		for (int i = 0; i < LENGTH(pieces); i++) {
			size_t room = (size_t)(depth = depths[m]) * 32 + 256;
			char *text = malloc(room), *at = text, what[64];
			at += sprintf(at, "model M {\n input x: [2]\n y = ");
			for (int k = 0; k < depth; k++) at = stpcpy(at, pieces[i][0]);
			at = stpcpy(at, pieces[i][1]);
			for (int k = 0; k < depth; k++) at = stpcpy(at, pieces[i][2]);
			at = stpcpy(at, "\n loss = sum(y)\n}\n");
			snprintf(what, sizeof what, "%d times `%s`", depth, pieces[i][0]);
			errors_of(what, -1, text, (size_t)(at - text), "elaborate");
			free(text);
		}
}

/* definitions that never end, or double at every level: one message, in a moment */
static const struct {
	const char *what, *definitions; /* %1$d: a level, %2$d: the next; written for 0 .. levels - 1 */
	int levels;
	const char *rest, *code;
} endless[] = {
	{"a function of itself", "", 0, "fn f(x) = f(x)\nmodel M { input x: [4]\n loss = sum(f(x)) }", "recursion"},
	{"a function of itself, twice", "", 0, "fn f(x) = f(x) + f(x)\nmodel M { input x: [4]\n loss = sum(f(x)) }", "recursion"},
	{"two functions of each other", "", 0, "fn f(x) = g(x) * g(x)\nfn g(x) = f(x) + f(x)\nmodel M { input x: [4]\n loss = sum(f(x)) }", "recursion"},
	{"a layer of itself, with another in front", "", 0, "layer F(x) = x -> Dense(3) -> F\nmodel M { input x: [4]\n loss = sum(x -> F) }", "recursion"},
	{"layers of each other, twice", "", 0, "layer F(x) = (x -> G) + (x -> G)\nlayer G(x) = (x -> F) + (x -> F)\nmodel M { input x: [4]\n loss = sum(x -> F) }", "recursion"},
	{"a default value of itself", "", 0, "fn f(x, y = f(x)) = x\nmodel M { input x: [4]\n loss = sum(f(x)) }", "recursion"},
	{"a size of itself", "", 0, "fn h(n) = h(n)\nlayer F(x: [n]) -> [h(n)] = x\nmodel M { input x: [4]\n loss = sum(x -> F) }", "recursion"},
	{"a function handed to itself", "", 0, "fn f(g: fn, x) = g(g, x)\nmodel M { input x: [4]\n loss = sum(f(f, x)) }", "recursion"},
	{"an optimizer's function of itself", "", 0,
	 "fn f(x) = f(x) + f(x)\noptimizer O(lr = 1) { w = w - f(grad) }\nmodel M { input x: [1]\n loss = sum(x -> Dense(1)) }\ntrain M { data { x = [1] }\n optimizer = O }", "recursion"},
	{"functions that double", "fn f%1$d(x) = f%2$d(x) + f%2$d(x * 2)\n", 60, "fn f60(x) = x\nmodel M { input x: [4]\n loss = sum(f0(x)) }", "size"},
	{"numbers that double", "fn f%1$d(x) = f%2$d(x) + f%2$d(x * 2)\n", 60, "fn f60(x) = x\nmodel M { input x: [4]\n param w: [f0(1)] = 0\n loss = sum(w) }", "size"},
	{"layers that double", "layer F%1$d(x) = x -> F%2$d -> F%2$d\n", 60, "layer F60(x) = x -> Dense(4)\nmodel M { input x: [4]\n loss = sum(x -> F0) }", "size"},
	{"lists that double", "let l%2$d = [l%1$d, l%1$d]\n", 60, "let l0 = [1]\nmodel M { input x: [1]\n loss = sum(x -> Dense(1)) }\ntrain M { data { x = l59 }\n optimizer = SGD }", NULL},
	{"many copies", "", 0, "model M { input x: [4]\n repeat 1000000000 { x = x + 1 }\n loss = sum(x) }", "size"},
	{"copies of copies", "", 0, "model M { input x: [4]\n repeat 9999 { repeat 9999 { repeat 9999 { } } }\n loss = sum(x) }", "size"},
	{"calls inside calls", "fn f%1$d(x) = f%2$d(x) + 1\n", 150, "fn f150(x) = x\nmodel M { input x: [4]\n loss = sum(f0(x)) }", "depth"},
};

Test(front, endless_programs, .timeout = 300)
{
	for (int i = 0; i < LENGTH(endless); i++) {
		struct compilation c = {0};
		char *text = malloc(64 * (size_t)endless[i].levels + 1024), *at = text;
		for (int k = 0; k < endless[i].levels; k++) at += snprintf(at, 64, endless[i].definitions, k, k + 1);
		at = stpcpy(at, endless[i].rest);
		snprintf(doing, sizeof doing, "%s", endless[i].what);
		alarm(60);
		clock_t start = clock();
		int errors = compile(&c, "test.nn", text, (size_t)(at - text), "simplify");
		double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
		alarm(0);
		cr_expect_geq(errors, 1, "%s: no error", endless[i].what);
		cr_expect(!endless[i].code || !strcmp(c.unit.diagnostics.all.at[0]->code, endless[i].code), "%s: %s", endless[i].what, first_message(&c));
		cr_expect(!endless[i].code || errors == 1, "%s: %d messages", endless[i].what, errors);
		cr_expect_leq(seconds, 20, "%s: %.1f s", endless[i].what, seconds); /* a tenth of one, without sanitizers */
		compile_free(&c);
		free(text);
	}
}

/* every beginning of every example */
Test(front, truncations, .timeout = 600)
{
	for (int i = 0; i < LENGTH(examples); i++) {
		size_t length;
		char *text = example_text(i, &length), what[64];
		for (size_t n = 0; n < length; n++) {
			char *copy = calloc(1, n + 1); /* of its own, so that a read behind it is seen */
			memcpy(copy, text, n);
			snprintf(what, sizeof what, "%s, %zu bytes", examples[i].name, n);
			errors_of(what, i, copy, n, "elaborate");
			free(copy);
		}
		free(text);
	}
}

/* what ends where a habit would go on */
Test(front, early_ends)
{
	static const char *const ends[] = {"f(x", "n = ", "layer L(x) -> (y", "model M {\n  h(t", "model M {\n  y = sum(i) if x", "repeat i in range(3", "train M { optimizer = Adam(model.parameters()"};
	for (int i = 0; i < LENGTH(ends); i++) {
		size_t n = strlen(ends[i]);
		char *copy = calloc(1, n + 1); /* of its own, so that a read behind it is seen */
		memcpy(copy, ends[i], n);
		errors_of(ends[i], 0, copy, n, "elaborate");
		free(copy);
	}
}

/* a random byte becomes another one, goes, or comes twice */
static size_t
mutate(struct random *r, char *text, size_t length)
{
	static const char likely[] = "0123456789()[]{}.,:;=+-*/%@^<>~#\"\n abxinte_";
	size_t at = (size_t)random_in(r, 0, (long)length - 1);
	switch (random_in(r, 0, 3)) {
	case 0: text[at] = (char)random_in(r, 0, 255); return length;
	case 1: text[at] = likely[random_in(r, 0, (long)sizeof likely - 2)]; return length;
	case 2: memmove(text + at, text + at + 1, length - at); return length - 1;
	default: memmove(text + at + 1, text + at, length - at + 1); return length + 1;
	}
}

Test(front, mutations, .timeout = 3600)
{
	long each = setting_of("MUTATIONS", 300);
	for (int i = 0; i < LENGTH(examples); i++) {
		size_t length;
		char *text = example_text(i, &length), what[64];
		for (long seed = 1; seed <= each; seed++) {
			struct random r = {(uint64_t)seed * 100 + (uint64_t)i};
			char *copy = calloc(1, length + 2);
			memcpy(copy, text, length);
			size_t n = mutate(&r, copy, length);
			snprintf(what, sizeof what, "%s, mutation %ld", examples[i].name, seed);
			errors_of(what, i, copy, n, seed % 4 ? "elaborate" : "simplify");
			free(copy);
		}
		free(text);
	}
}
