/* test_model.c - the files of a model (emit/model.c, helpers.c, trainer.c): what the interface has, tables, helpers, and that they depend on
 * the file, the options and nothing else.  tests/suites/emitted.sh compiles them. */
#include "oracle.h"

#include <ctype.h>

static const char *
file_of(const struct compilation *c, int model, const char *name)
{
	const struct file_list *files = &c->built.at[model].files;
	for (int i = 0; i < files->n; i++)
		if (!strcmp(files->at[i].name, name)) return files->at[i].text;
	return NULL;
}

static void
compile_text(struct compilation *c, const char *path, const char *text)
{
	cr_assert_eq(compile(c, path, text, strlen(text), NULL), 0, "%s\n%s", text, all_messages(c));
}

static const char full[] =
	"model M {\n input x: [3]\n target t: 0..2\n y = x -> Dense(4) -> tanh -> Dense(3)\n loss = cross_entropy(y, t) + 0.1 * l2(weights)\n output p = softmax(y)\n output raw = y\n"
	" metric acc = accuracy(y, t)\n}\n"
	"train M {\n data { x = csv(\"d.csv\", columns=[0, 1, 2]) / 255\n t = csv(\"d.csv\", columns=[\"class\"]) }\n optimizer = Adam(lr=0.01)\n optimizers = [SGD(momentum=0.9)]\n"
	" batch_size = 20\n epochs = 7\n seed = 5\n}\n";

Test(model, three_files)
{
	struct compilation c = {0};
	compile_text(&c, "m.nn", full);
	cr_assert_eq(c.built.n, 1);
	cr_expect_str_eq(c.built.at[0].prefix, "m");
	cr_expect_eq(c.built.at[0].files.n, 3);
	cr_expect(file_of(&c, 0, "m.h") && file_of(&c, 0, "m.c") && file_of(&c, 0, "m_main.c"));
	compile_free(&c);
}

Test(model, the_interface_has_what_the_model_has)
{
	struct compilation c = {0};
	compile_text(&c, "m.nn", full);
	const char *h = file_of(&c, 0, "m.h");
	static const char *const all[] = {"size_t m_memory(size_t batch, enum nn_use use);", "struct m *m_open(", "void m_start(", "void m_predict(struct m *m, size_t n, const float *x", "void m_evaluate(",
					  "void m_gradients(", "int m_step(", "extern \"C\"", "sums[1] acc", "optimizer 0: Adam(lr, beta1, beta2, eps)", "optimizer 1: SGD(lr, momentum)"};
	for (int i = 0; i < LENGTH(all); i++) cr_expect(strstr(h, all[i]), "%s is not in\n%s", all[i], h);
	compile_free(&c);
	c = (struct compilation){.options = {.f64 = true}};
	compile_text(&c, "m.nn", "model M {\n input x: [3]\n y = x -> Dense(2)\n output y\n}\n");
	h = file_of(&c, 0, "m.h");
	cr_expect(strstr(h, "m_predict(struct m *m, size_t n, const double *x"), "%s", h);
	static const char *const none[] = {"m_evaluate(", "m_gradients(", "m_step("};
	for (int i = 0; i < LENGTH(none); i++) cr_expect(!strstr(h, none[i]), "%s without a loss", none[i]);
	compile_free(&c);
}

Test(model, tables_of_the_trainer)
{
	struct compilation c = {0};
	compile_text(&c, "some/where/m.nn", full);
	const char *t = file_of(&c, 0, "m_main.c");
	static const char *const rows[] = {
		"{\"x\", 2, 0, 1, {3}, 3, 0, 0, 0},", "{\"t\", 3, 1, 0, {0}, 1, 1, 0, 2},", "{\"p\", 1, {3}, 3, 0},", "{\"acc\", 1},", "{NN_DATA, 0, 11, \"csv\", \"d.csv\", ",
		"{\"class\", 0}", "{'/', 255.0, 0}", "{\"Adam\", 0, 4", "{\"SGD\", 4, 2", "{\"lr\", 0.01", ".file = \"m.nn\"", ".batch_size = 20, .epochs = 7", ".seed = 5", ".tensor_count = 16,",
	};
	for (int i = 0; i < LENGTH(rows); i++) cr_expect(strstr(t, rows[i]), "%s is not in\n%s", rows[i], t);
	compile_free(&c);
}

/* the same from any folder, and twice */
Test(model, files_depend_on_the_text_only)
{
	static const char *const paths[] = {"m.nn", "m.nn", "/tmp/a b/m.nn", "../m.nn"};
	struct compilation first = {0};
	compile_text(&first, paths[0], full);
	for (int i = 1; i < LENGTH(paths); i++) {
		struct compilation c = {0};
		compile_text(&c, paths[i], full);
		for (int k = 0; k < 3; k++) cr_expect_str_eq(c.built.at[0].files.at[k].text, first.built.at[0].files.at[k].text, "%s", paths[i]);
		compile_free(&c);
	}
	compile_free(&first);
}

/* every prefix is an identifier, and no two models have the same */
Test(model, prefixes)
{
	struct compilation c = {0};
	compile_text(&c, "m.nn", "model Int { input x: real\n output x2 = x*x }\nmodel INT { input x: real\n output x2 = x*x }\nmodel Lanes { input x: real\n output x2 = x*x }\n"
				 "model _a { input x: real\n output x2 = x*x }\n");
	cr_assert_eq(c.built.n, 4);
	for (int i = 0; i < 4; i++) {
		const char *p = c.built.at[i].prefix;
		cr_expect(!c_is_keyword(p) && (isalpha((unsigned char)*p) || *p == '_'), "%s", p);
		cr_expect(file_of(&c, i, arena_print(&c.arena, "%s.c", p)));
		for (int k = 0; k < i; k++) cr_expect_str_neq(p, c.built.at[k].prefix);
	}
	compile_free(&c);
}

/* ---- helpers ---------------------------------------------------------------------------------------------------------------------------- */

Test(model, only_helpers_that_are_called)
{
	struct arena a = {0};
	struct text none = {.arena = &a}, some = {.arena = &a}, alike = {.arena = &a};
	write_helpers(&none, "m->x = load(p); panel_of_something(3)");
	cr_expect_str_eq(text_end(&none), "");
	write_helpers(&some, "nn_start_orthogonal(w, 2, 3, seed, 1);");
	const char *needed = strstr(text_end(&some), "\nnn_start_normal("), *own = strstr(some.at, "\nnn_start_orthogonal(");
	cr_expect(needed && own && needed < own, "what a helper calls stands above it:\n%s", some.at);
	cr_expect(!strstr(some.at, "nn_unpack"));
	write_helpers(&alike, "nn_pack_ints(a, b, c, d, e);");
	cr_expect(strstr(text_end(&alike), "nn_pack_ints(") && !strstr(alike.at, "\nnn_pack("), "one name is the beginning of the other:\n%s", alike.at);
	arena_free(&a);
}

/* the name of the function whose body opens at `at`; "" for one that returns a pointer to an array */
static const char *
function_name(struct arena *a, const char *text, const char *at)
{
	const char *end = at, *name;
	int depth = 0;
	while (end > text && *end != ')') end--;
	for (; end > text; end--) {
		depth += (*end == ')') - (*end == '(');
		if (!depth) break;
	}
	for (name = end; name > text && (isalnum((unsigned char)name[-1]) || name[-1] == '_'); name--) {}
	return arena_text(a, name, (size_t)(end - name));
}

static int
uses_of(const char *text, const char *word)
{
	int uses = 0;
	size_t n = strlen(word);
	for (const char *s = text; (s = strstr(s, word)); s += n) uses += !isalnum((unsigned char)s[-1]) && s[-1] != '_' && !isalnum((unsigned char)s[n]) && s[n] != '_';
	return uses;
}

static void
check_calls(const char *path, struct compilation *c)
{
	for (int m = 0; m < c->built.n; m++) {
		const char *prefix = arena_print(&c->arena, "%s_", c->built.at[m].prefix), *text = file_of(c, m, arena_print(&c->arena, "%s.c", c->built.at[m].prefix));
		for (const char *at = text; (at = strstr(at, "\n{\n")); at++) {
			const char *name = function_name(&c->arena, text, at);
			bool public_ = !strncmp(name, prefix, strlen(prefix));
			cr_expect(!*name || public_ || uses_of(text, name) >= 2, "%s: %s is never used", path, name);
		}
	}
}

Test(model, no_function_is_idle)
{
	cr_expect_geq(each_model("tests/compare/models", check_calls), 10);
	cr_expect_geq(each_model("examples", check_calls), 3);
}
