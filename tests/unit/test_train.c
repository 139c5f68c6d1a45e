/* test_train.c - train blocks (front/train.c, optimizer.c): sources, settings, optimizers as equations, and mistakes in them. */
#include "oracle.h"

#define MODEL "model M {\n input x: [2]\n target t: 0..1\n z = x -> Dense(1)\n loss = binary_cross_entropy(z, t)\n metric acc = accuracy(z, t)\n}\n"
#define DATA "data { x = csv(\"a.csv\", columns=[0, 1])\n t = csv(\"a.csv\", columns=[2]) }\n"
#define SGD_ "optimizer = SGD(lr=0.1)\n"

static struct compilation c;

static struct training *
training_of(const char *text)
{
	struct model *m = model_after(&c, text, "elaborate");
	cr_assert(m, "%s: %s", text, first_message(&c));
	return &m->training;
}

static void
leave(void)
{
	compile_free(&c);
}

TestSuite(train, .fini = leave);

Test(train, defaults)
{
	struct training *t = training_of(MODEL "train M {\n" DATA SGD_ "}\n");
	cr_expect(t->present && t->batch_size == 32 && t->epochs == 10 && t->shuffle && t->validation == 0 && t->early_stopping == 0 && t->seed == 0);
	compile_free(&c);
	t = training_of(MODEL);
	cr_expect(!t->present && t->sources.n == 0 && t->optimizers.n == 0 && t->batch_size == 32);
}

Test(train, settings)
{
	struct training *t = training_of("let n = 3\n" MODEL "train {\n" DATA SGD_ "batch_size = 2^n\n epochs = n + 4\n validation = 0.25\n early_stopping = n\n early_stopping_on = acc\n seed = 7\n split_seed = 9\n"
					 " shuffle = false\n}\n");
	cr_expect(t->batch_size == 8 && t->epochs == 7 && t->validation == 0.25 && t->early_stopping == 3 && t->seed == 7 && t->split_seed == 9 && !t->shuffle);
	cr_expect_str_eq(t->early_stopping_on, "acc");
	compile_free(&c);
	t = training_of(MODEL "train {\n" DATA SGD_ "steps = 500\n}\n");
	cr_expect(t->steps == 500 && t->epochs == 0);
}

Test(train, sources)
{
	struct training *t = training_of("let points = [[0, 1], [2, 3]]\n" MODEL "train M {\n data { x = (1 - csv(\"a.csv\", columns=[\"left\", 3]) / 255)[10..19]\n t = idx(\"b\") }\n"
					 " validation { x = points\n t = [0, 1] }\n test { x = npy(\"c.npy\") * 2\n t = npy(\"d\") }\n" SGD_ "}\n");
	cr_assert_eq(t->sources.n, 6);
	const struct source_entry *s = t->sources.at[0];
	cr_expect(s->group == 0 && s->input == 0 && s->columns.n == 2 && s->sliced && s->first == 10 && s->last == 19);
	cr_expect_str_eq(s->reader, "csv");
	cr_expect_str_eq(s->path, "a.csv");
	cr_expect_str_eq(s->columns.at[0].name, "left");
	cr_expect(!s->columns.at[1].name && s->columns.at[1].number == 3);
	cr_assert_eq(s->steps.n, 2, "from the inside out");
	cr_expect(s->steps.at[0].op == '/' && s->steps.at[0].operand == 255 && !s->steps.at[0].left);
	cr_expect(s->steps.at[1].op == '-' && s->steps.at[1].operand == 1 && s->steps.at[1].left);
	s = t->sources.at[2];
	cr_expect(s->group == 1 && s->literal.n == 4 && s->literal.at[3] == 3);
	cr_expect(t->sources.at[4]->group == 2 && t->sources.at[5]->input == 1);
}

/* ---- optimizers --------------------------------------------------------------------------------------------------------------------------- */

/* w after `steps` steps with the gradient 2 * w from w = 1 */
static double
run(const struct optimizer *o, int steps)
{
	struct program *p = o->program;
	struct world *w = world_new(p, &arithmetic_f64_fused, 1);
	double weight = 1;
	for (int i = 0; i < o->settings.n; i++) world_tensor(w, o->settings.at[i].tensor)[0] = o->settings.at[i].value;
	for (int i = 0; i < o->states.n; i++) world_tensor(w, o->states.at[i])[0] = o->states.at[i]->start.argument[0];
	for (int k = 1; k <= steps; k++) {
		world_tensor(w, o->weight)[0] = weight;
		world_tensor(w, o->gradient)[0] = 2 * weight;
		world_tensor(w, o->step)[0] = k;
		interpret(w);
		double new_[16];
		for (int i = 0; i < p->updates.n; i++) new_[i] = world_tensor(w, p->updates.at[i].new)[0];
		for (int i = 0; i < p->updates.n; i++) {
			if (p->updates.at[i].old == o->weight) weight = new_[i];
			else world_tensor(w, p->updates.at[i].old)[0] = new_[i];
		}
	}
	return weight;
}

static const struct optimizer *
optimizer_of(const char *definitions, const char *call)
{
	static char text[2048];
	snprintf(text, sizeof text, "%s" MODEL "train M {\n" DATA "optimizer = %s\n}\n", definitions, call);
	struct training *t = training_of(text);
	cr_assert_eq(t->optimizers.n, 1);
	return t->optimizers.at[0];
}

Test(train, an_optimizer_is_its_equations)
{
	const struct optimizer *o = optimizer_of("", "SGD(lr=0.1)");
	cr_expect_eq(o->states.n, 0, "without momentum no velocity is kept");
	cr_expect_float_eq(run(o, 3), 0.8 * 0.8 * 0.8, 1e-15);
	compile_free(&c);
	o = optimizer_of("", "SGD(lr=0.1, momentum=0.5)");
	cr_assert_eq(o->states.n, 1);
	double w = 1, v = 0;
	for (int k = 0; k < 4; k++) {
		v = 0.5 * v - 0.1 * 2 * w;
		w += v;
	}
	cr_expect_float_eq(run(o, 4), w, 1e-14);
	compile_free(&c);
	o = optimizer_of("optimizer Decay(lr = 0.5, rate = 0.1) {\n w = w - lr / (1 + rate * step) * grad\n}\n", "Decay(lr=0.2)");
	w = 1;
	for (int k = 1; k <= 5; k++) w -= 0.2 / (1 + 0.1 * k) * 2 * w;
	cr_expect_float_eq(run(o, 5), w, 1e-14);
	cr_expect_eq(o->settings.n, 2);
}

/* a state that is read after its assignment has its new value; old values are read before */
Test(train, states_of_an_optimizer)
{
	const struct optimizer *o = optimizer_of("optimizer Two(a = 0.3) {\n state s = 2\n state u = 0\n u = u + s\n s = s * a + grad\n w = w - 0.01 * s - 0.001 * u\n}\n", "Two");
	double w = 1, s = 2, u = 0;
	for (int k = 0; k < 4; k++) {
		double g = 2 * w;
		u = u + s;
		s = s * 0.3 + g;
		w = w - 0.01 * s - 0.001 * u;
	}
	cr_assert_eq(o->states.n, 2);
	cr_expect_float_eq(run(o, 4), w, 1e-14);
}

Test(train, several_optimizers)
{
	struct training *t = training_of(MODEL "train M {\n" DATA "optimizer = Adam(lr=0.01)\n optimizers = [SGD, Adam(lr=5), RMSprop]\n}\n");
	cr_assert_eq(t->optimizers.n, 3);
	cr_expect_str_eq(t->optimizers.at[0]->name, "Adam");
	cr_expect_eq(t->optimizers.at[0]->settings.at[0].value, 0.01, "the first call's settings hold");
	cr_expect_str_eq(t->optimizers.at[2]->name, "RMSprop");
}

/* ---- mistakes ------------------------------------------------------------------------------------------------------------------------------ */

#define TRAIN(entries) MODEL "train M {\n" entries "}\n"

static const struct mistake mistakes[] = {
	{TRAIN(DATA), "optimizer", "add `optimizer = Adam(lr=1e-3)`", "M {\ndata"},
	{TRAIN(SGD_), "no-data", "has no `data { ... }`", NULL},
	{TRAIN(DATA "optimizer = Adm(lr=1)\n"), "unknown-name", "a similar name: `Adam`", "Adm"},
	{TRAIN(DATA "optimizer = SGD(learning_rate=1)\n"), "unknown-option", "options of `SGD`: lr, momentum", "learning_rate"},
	{TRAIN(DATA "optimizer = relu\n"), "unknown-name", "no optimizer", "relu"},
	{TRAIN(DATA SGD_ "batch_size = 0\n"), "setting", "a whole number from 1", "0\n}"},
	{TRAIN(DATA SGD_ "batch_size = 2.5\n"), "setting", "a whole number from 1", "2.5"},
	{TRAIN(DATA SGD_ "epoch = 3\n"), "unknown-option", "it is called `epochs`", "epoch ="},
	{TRAIN(DATA SGD_ "shuffle = 3\n"), "setting", "`shuffle` is true or false", "3\n}"},
	{TRAIN(DATA SGD_ "early_stopping = 3\n"), "early-stopping", "add `validation = 0.1`", NULL},
	{TRAIN(DATA SGD_ "validation = 0.1\n early_stopping = 3\n early_stopping_on = foo\n"), "setting", "names a metric of the model", "foo"},
	{TRAIN(DATA SGD_ "epochs = 3\n epochs = 4\n"), "name-clash", "`epochs` is set twice", "epochs = 4"},
	{TRAIN(DATA SGD_ "optimizers = SGD\n"), "setting", "`optimizers` is a list", NULL},
	{TRAIN("data { x = csv(\"a.csv\") }\n" SGD_), "no-data", "`t` of model `M` has no data", NULL},
	{TRAIN("data { x = csv(\"a\")\n t = foo(\"a\") }\n" SGD_), "unknown-name", "no data source `foo`", "foo"},
	{TRAIN("data { x = csv(3)\n t = csv(\"a\") }\n" SGD_), "data", "`csv` takes the file's name", "3)"},
	{TRAIN("data { x = csv(\"\")\n t = csv(\"a\") }\n" SGD_), "data", "needs the file's name", NULL},
	{TRAIN("data { x = csv(\"a\", columns=3)\n t = csv(\"a\") }\n" SGD_), "data", "a list of numbers or header names", "3)"},
	{TRAIN("data { x = csv(\"a\", columns=[-1])\n t = csv(\"a\") }\n" SGD_), "data", "counted from 0", "-1"},
	{TRAIN("data { x = csv(\"a\")[3..1]\n t = csv(\"a\") }\n" SGD_), "data", "this slice is empty", "3..1"},
	{TRAIN("data { x = csv(\"a\") / relu\n t = csv(\"a\") }\n" SGD_), "data", "numbers known at compile time", "relu"},
	{TRAIN("data { x = csv(\"a\")\n t = csv(\"a\")\n q = csv(\"b\") }\n" SGD_), "data", "no input or target `q`", "q ="},
	{TRAIN("data { x = csv(\"a\")\n t = csv(\"a\")\n x = csv(\"b\") }\n" SGD_), "name-clash", "`x` has two sources", NULL},
	{TRAIN("data { x = [[1, 2], [3]]\n t = csv(\"a\") }\n" SGD_), "data", "the records of a list need equal shapes", "[3]"},
	{TRAIN("data { x = [[1, \"a\"]]\n t = csv(\"a\") }\n" SGD_), "data", "a list of data holds numbers", NULL},
	{TRAIN("datum { x = csv(\"a\") }\n" DATA SGD_), "unknown-option", "the groups of a train block", "datum"},
	{"optimizer Still(lr = 1) {\n state s = 0\n s = s + grad\n}\n" TRAIN(DATA "optimizer = Still\n"), "optimizer", "never says what the new `w` is", NULL},
	{"model M {\n input x: [2]\n output x\n}\ntrain M {\n data { x = csv(\"a\") }\n" SGD_ "}\n", "loss", "a train block but no loss", NULL},
};

Test(train, mistakes)
{
	check_mistakes(mistakes, LENGTH(mistakes));
}
