/* test_structure.c - the structure of models: named layers and their weights, frozen ones, several losses, draws. */
#define _GNU_SOURCE /* memmem */
#include "core/print.h"
#include "driver/memory.h"
#include "oracle.h"

static const char *
printed(struct compilation *c, struct program *p)
{
	struct text t = {.arena = &c->arena};
	program_print(p, &t, (struct print_style){0}, NULL, NULL);
	return text_end(&t);
}

/* all parameters by path, a `*` behind those that are frozen */
static const char *
params_of(struct compilation *c, const struct model *m)
{
	struct text t = {.arena = &c->arena};
	for (int i = 0; i < m->train->tensors.n; i++) {
		const struct tensor *x = m->train->tensors.at[i];
		if (tensor_is_param(x)) text_add(&t, "%s%s%s", t.length ? " " : "", x->name, x->role == ROLE_FROZEN ? "*" : "");
	}
	return text_end(&t);
}

/* ---- weights ------------------------------------------------------------------------------------------------------------------------------ */

#define DEFINITIONS                                                                                                                                       \
	"layer Enc(x: [n], k: int) = x -> Dense(k) -> tanh -> Dense(k)\n"                                                                                  \
	"layer Wrap(x: [n], f: fn) = x -> f\n"                                                                                                             \
	"layer Own(x: [n]) {\n layer a = Dense(3)\n y = x -> a -> tanh -> Dense(3)\n return y }\n"                                                                                 \
	"layer Twice(x: [n]) {\n layer o = Own\n y = x -> o -> o\n return y }\n"

static const struct {
	const char *what, *body, *params, *gradients;
} models[] = {
	{"one set of weights for a name", "layer e = Dense(3)\n y = x -> e -> tanh -> e\n", "e.W e.b", "e.W e.b"},
	{"as many as there are calls without one", "y = x -> Dense(3) -> tanh -> Dense(3)\n", "Dense1.W Dense1.b Dense2.W Dense2.b", "Dense1.W Dense1.b Dense2.W Dense2.b"},
	{"the same weights inside another layer and outside", "layer e = Dense(3)\n y = (x -> e) + Wrap(x, e)\n", "e.W e.b", "e.W e.b"},
	{"a layer's own named layer is its own", "y = x -> Own -> Own\n", "Own1.a.W Own1.a.b Own1.Dense1.W Own1.Dense1.b Own2.a.W Own2.a.b Own2.Dense1.W Own2.Dense1.b",
	 "Own1.a.W Own1.a.b Own1.Dense1.W Own1.Dense1.b Own2.a.W Own2.a.b Own2.Dense1.W Own2.Dense1.b"},
	{"named layers inside a shared one", "layer e = Own\n y = x -> e -> e\n", "e.a.W e.a.b e.Dense1.W e.Dense1.b", "e.a.W e.a.b e.Dense1.W e.Dense1.b"},
	{"named layers inside a shared one inside a shared one", "layer e = Twice\n y = x -> e -> e\n", "e.o.a.W e.o.a.b e.o.Dense1.W e.o.Dense1.b", "e.o.a.W e.o.a.b e.o.Dense1.W e.o.Dense1.b"},
	{"a weight by its name", "layer e = Dense(3)\n h = x -> e\n y = e.W.T @ h\n", "e.W e.b", "e.W e.b"},
	{"a weight inside a named layer", "layer e = Enc(3)\n h = x -> e\n y = e.Dense1.W @ h + e.Dense2.b\n", "e.Dense1.W e.Dense1.b e.Dense2.W e.Dense2.b", "e.Dense1.W e.Dense1.b e.Dense2.W e.Dense2.b"},
	{"a frozen layer", "layer e = frozen Enc(3)\n y = x -> Dense(3) -> e\n", "Dense1.W Dense1.b e.Dense1.W* e.Dense1.b* e.Dense2.W* e.Dense2.b*", "Dense1.W Dense1.b"},
	{"a frozen layer with named layers inside", "layer e = frozen Own\n y = x -> e -> Dense(3)\n", "e.a.W* e.a.b* e.Dense1.W* e.Dense1.b* Dense1.W Dense1.b", "Dense1.W Dense1.b"},
	{"a layer that learns inside a frozen one", "layer h = Dense(3)\n layer e = frozen Wrap(h)\n y = x -> e -> h\n", "h.W h.b", "h.W h.b"},
	{"a frozen layer inside one that learns", "layer h = frozen Dense(3)\n y = Wrap(x, h) -> Dense(3)\n", "h.W* h.b* Dense1.W Dense1.b", "Dense1.W Dense1.b"},
	{"one definition, frozen and not", "layer e = frozen Enc(3)\n layer f = Enc(3)\n y = x -> e -> f\n",
	 "e.Dense1.W* e.Dense1.b* e.Dense2.W* e.Dense2.b* f.Dense1.W f.Dense1.b f.Dense2.W f.Dense2.b", "f.Dense1.W f.Dense1.b f.Dense2.W f.Dense2.b"},
	{"`weights` without the frozen ones", "layer e = frozen Dense(3)\n y = x -> e -> Dense(3)\n loss = l2(weights)\n", "e.W* e.b* Dense1.W Dense1.b", "Dense1.W Dense1.b"},
	{"a penalty on frozen weights", "layer e = frozen Dense(3)\n y = x -> e -> Dense(3)\n loss = l2(e.W)\n", "e.W* e.b* Dense1.W Dense1.b", "Dense1.W Dense1.b"},
	{"a frozen weight that nothing reads", "layer e = frozen Dense(3, bias=false)\n y = x -> Dense(3) -> e\n", "Dense1.W Dense1.b e.W*", "Dense1.W Dense1.b"},
};

Test(structure, weights)
{
	for (int i = 0; i < LENGTH(models); i++) {
		char text[1024];
		struct compilation c;
		snprintf(text, sizeof text, DEFINITIONS "model M {\n input x: [3]\n target t: [3]\n %s loss = mse(y, t)\n output y }\n", models[i].body);
		struct model *m = model_after(&c, text, "simplify");
		cr_assert(m, "%s: %s", models[i].what, first_message(&c));
		cr_expect_str_eq(params_of(&c, m), models[i].params, "%s: %s", models[i].what, params_of(&c, m));
		struct text t = {.arena = &c.arena};
		for (int k = 0; k < m->train->gradients.n; k++) text_add(&t, "%s%s", k ? " " : "", m->train->gradients.at[k].param->name);
		cr_expect_str_eq(text_end(&t), models[i].gradients, "%s: gradients of %s", models[i].what, t.at);
		for (int k = 0; k < m->train->tensors.n; k++) /* nothing is computed for what does not learn */
			cr_expect(!m->train->tensors.at[k]->of || m->train->tensors.at[k]->of->role != ROLE_FROZEN, "%s: %s", models[i].what, m->train->tensors.at[k]->name);
		compile_free(&c);
	}
}

/* what does not learn changes no other gradient: those of the same model in which all learns, frozen layers apart */
Test(structure, frozen_layers_hand_gradients_on)
{
	static const char text[] = "model M {\n input x: [3]\n target t: [2]\n layer e = %s Dense(4)\n h = x -> Dense(3) -> e -> tanh\n y = h -> Dense(2)\n loss = mse(y, t)\n}\n";
	struct compilation c[2];
	struct model *m[2];
	for (int k = 0; k < 2; k++) {
		char own[256];
		snprintf(own, sizeof own, text, k ? "frozen" : "");
		m[k] = model_after(&c[k], own, "simplify");
		cr_assert(m[k], "%s", first_message(&c[k]));
	}
	static const char *const names[] = {"Dense1.dW", "Dense1.db", "Dense2.dW", "Dense2.db"};
	for (int i = 0; i < LENGTH(names); i++)
		for (int k = 0; k < 2; k++) {
			const struct tensor *g = tensor_named(m[k]->train, names[i]);
			cr_assert(g && equation_of(m[k]->train, g), "%s is missing", names[i]);
			cr_expect(strstr(printed(&c[k], m[k]->train), names[i]));
		}
	cr_expect(strstr(printed(&c[0], m[0]->train), "e.dW") && !strstr(printed(&c[1], m[1]->train), "e.dW"));
	compile_free(&c[0]);
	compile_free(&c[1]);
}

/* ---- losses ------------------------------------------------------------------------------------------------------------------------------- */

/* several `loss` lines are one sum, in training and, without the penalties, in evaluation */
Test(structure, losses_add_up)
{
	static const char *const losses[][2] = {
		{"loss = mse(y, t)\n loss = 0.5 * mae(y, t)\n loss = 0.1 * l2(weights)\n", "loss = mse(y, t) + 0.5 * mae(y, t) + 0.1 * l2(weights)\n"},
		{"loss = 0.1 * l2(weights)\n loss = mse(y, t)\n", "loss = 0.1 * l2(weights) + mse(y, t)\n"},
		{"loss = mse(y, t)\n loss = mse(y, t)\n", "loss = 2 * mse(y, t)\n"},
	};
	for (int i = 0; i < LENGTH(losses); i++) {
		struct compilation c[2];
		const char *train[2], *eval[2];
		for (int k = 0; k < 2; k++) {
			char text[512];
			snprintf(text, sizeof text, "model M {\n input x: [3]\n target t: [2]\n y = x -> Dense(2)\n %s output y\n}\n", losses[i][k]);
			struct model *m = model_after(&c[k], text, "elaborate");
			cr_assert(m, "%s: %s", losses[i][k], first_message(&c[k]));
			train[k] = strstr(printed(&c[k], m->train), "loss[n]");
			eval[k] = strstr(printed(&c[k], m->eval), "loss[n]");
			cr_assert(train[k] && eval[k]);
		}
		int line = (int)strcspn(train[0], "\n");
		cr_expect(!strncmp(train[0], train[1], (size_t)line), "%s in training: %.*s", losses[i][0], line, train[0]);
		line = (int)strcspn(eval[0], "\n");
		cr_expect(!strncmp(eval[0], eval[1], (size_t)line) && !memmem(eval[0], (size_t)line, "l2", 2), "%s in evaluation: %.*s", losses[i][0], line, eval[0]);
		compile_free(&c[0]);
		compile_free(&c[1]);
	}
}

/* ---- memory ------------------------------------------------------------------------------------------------------------------------------ */

Test(structure, sizes_as_typed)
{
	static const struct {
		const char *text;
		double bytes;
	} sizes[] = {{"1", 1},       {"100", 100},   {"100B", 100},  {"2k", 2000},     {"2K", 2000},   {"2kB", 2000},    {"2KiB", 2048},   {"1.5M", 1.5e6}, {"512MB", 512e6}, {"1GiB", 1073741824.0},
		     {"8G", 8e9},    {"2T", 2e12},   {"0", 0},       {"", 0},          {"M", 0},       {"-1M", 0},       {"1e3", 0},       {"0x10", 0},     {"1X", 0},        {"1 M", 0},
		     {"1MM", 0},     {"1MiBB", 0},   {"1BM", 0},     {"nan", 0},       {"inf", 0},     {"1..5", 0},      {"+1", 0}};
	for (int i = 0; i < LENGTH(sizes); i++) cr_expect_eq(read_size(sizes[i].text), sizes[i].bytes, "%s: %g", sizes[i].text, read_size(sizes[i].text));
}

/* a model with weights [100, 50] and [100], 600 bytes of them frozen, and a batch of 64: what it needs, and that the limit holds to the byte */
Test(structure, memory_is_refused_by_the_byte)
{
	static const char text[] = "model M {\n input x: [50]\n target t: [100]\n layer e = frozen PReLU\n y = x -> e -> Dense(100)\n loss = mse(y, t)\n}\n"
				   "train M { data { x = csv(\"x\"); t = csv(\"t\") }\n optimizer = Adam\n batch_size = 64 }\n";
	struct compilation c = {0};
	cr_assert_eq(compile(&c, "main.nn", text, sizeof text - 1, "plan"), 0, "%s", first_message(&c));
	double need = memory_needed(&c.built.at[0], false), learned = 4 * (100 * 50 + 100), frozen = 4 * 50;
	cr_expect_geq(need, 3 * learned + frozen + 64 * 4 * 50, "%g bytes: parameters, m and v, the inputs as panels", need);
	cr_expect_leq(need, 3 * learned + frozen + 64 * 4 * 4 * 200, "%g bytes", need);
	compile_free(&c);
	for (int over = 0; over < 2; over++) {
		c = (struct compilation){.options = {.max_memory = need - over}};
		cr_expect_eq(compile(&c, "main.nn", text, sizeof text - 1, NULL), over, "a limit of %.0f", need - over);
		cr_expect_eq(c.built.n && c.built.at[0].files.n, !over, "files: only what is within the limit is emitted");
		cr_expect(!over || !strcmp(c.unit.diagnostics.all.at[0]->code, "memory"));
		compile_free(&c);
	}
}

/* ---- draws -------------------------------------------------------------------------------------------------------------------------------- */

static int
sites_of(const struct program *p, uint32_t sites[], int most)
{
	int n = 0;
	for (int i = 0; i < p->tensors.n; i++) {
		const struct tensor *t = p->tensors.at[i];
		bool known = t->role != ROLE_RANDOM;
		for (int k = 0; k < n; k++) known |= sites[k] == t->site;
		if (!known && n < most) sites[n++] = t->site;
	}
	return n;
}

/* each use of a named layer draws anew, and the first as it would be the only one */
Test(structure, draws_of_shared_layers)
{
	static const struct {
		const char *body;
		int draws;
	} cases[] = {
		{"layer d = Dropout(0.5)\n y = x -> d\n", 1},
		{"layer d = Dropout(0.5)\n y = x -> d -> d -> d\n", 3},
		{"layer d = Twice\n y = x -> d -> d\n", 4},
		{"layer d = Nested\n y = x -> d -> d -> d\n", 6},
	};
	uint32_t first = 0;
	for (int i = 0; i < LENGTH(cases); i++) {
		char text[512];
		struct compilation c;
		uint32_t sites[16];
		snprintf(text, sizeof text, "layer Twice(x) = x -> Dropout(0.5) -> Dropout(0.25)\nlayer Nested(x) {\n layer own = Dropout(0.5)\n y = x -> own -> own\n return y }\nmodel M {\n input x: [3]\n %s loss = sum(y)\n}\n", cases[i].body);
		struct model *m = model_after(&c, text, "elaborate");
		cr_assert(m, "%s: %s", cases[i].body, first_message(&c));
		cr_expect_eq(sites_of(m->train, sites, 16), cases[i].draws, "%s: %d places of draws", cases[i].body, sites_of(m->train, sites, 16));
		if (i == 0) first = sites[0];
		if (i == 1) cr_expect_eq(sites[0], first);
		compile_free(&c);
	}
}
