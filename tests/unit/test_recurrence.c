/* test_recurrence.c - recurrences (front/recurrence.c, core/order.c) against loops written out here: several steps back, several equations,
 * starts that depend on the sample, reads of the results in any way. */
#include "oracle.h"

#include <math.h>

enum { T = 7, SAMPLES = 2 };

static const char statements[] =
	"input x: [7]\n input s: real\n"
	" h[-1] = 0\n h[t] = tanh(x[t] + 0.5 * h[t-1])\n"
	" f[-1] = 1\n f[-2] = 2\n f[t] = 0.5 * f[t-1] + 0.25 * f[t-2] + x[t]\n"
	" a[-1] = s\n b[-1] = 2 * s\n a[t] = x[t] + 0.5 * b[t-1]\n b[t] = a[t] - 0.5 * a[t-1] * b[t-1]\n"
	" last = h[6]\n back[t in 0..6] = f[6 - t]\n total = sum(t) a[t] * b[t]\n"
	" output last\n output back\n output total";

static double
x_at(int sample, int t)
{
	return 0.3 * sin(1.7 * t + sample);
}

static void
loops(int sample, double s, double *last, double back[T], double *total)
{
	double h = 0, f1 = 1, f2 = 2, a = s, b = 2 * s;
	*total = 0;
	for (int t = 0; t < T; t++) {
		double x = x_at(sample, t), f = 0.5 * f1 + 0.25 * f2 + x, before = a;
		h = tanh(x + 0.5 * h);
		f2 = f1;
		f1 = f;
		back[T - 1 - t] = f;
		a = x + 0.5 * b;
		b = a - 0.5 * before * b;
		*total += a * b;
	}
	*last = h;
}

static const struct tensor *
output(const struct program *p, const char *name)
{
	for (int i = 0; i < p->outputs.n; i++)
		if (!strcmp(p->output_names.at[i], name)) return p->outputs.at[i];
	cr_assert_fail("no output %s", name);
	return NULL;
}

static void
check(const char *last)
{
	char text[1024];
	struct compilation c;
	snprintf(text, sizeof text, "model M {\n %s\n}\n", statements);
	struct model *m = model_after(&c, text, last);
	cr_assert(m, "%s", first_message(&c));
	struct world *w = world_new(m->eval, &arithmetic_f64_fused, SAMPLES);
	for (int n = 0; n < SAMPLES; n++) {
		world_tensor(w, tensor_named(m->eval, "s"))[n] = 0.4 - n;
		for (int t = 0; t < T; t++) world_tensor(w, tensor_named(m->eval, "x"))[T * n + t] = x_at(n, t);
	}
	interpret(w);
	for (int n = 0; n < SAMPLES; n++) {
		double h, back[T], total;
		loops(n, 0.4 - n, &h, back, &total);
		cr_expect_float_eq(world_tensor(w, output(m->eval, "last"))[n], h, 1e-13, "after %s", last);
		cr_expect_float_eq(world_tensor(w, output(m->eval, "total"))[n], total, 1e-13, "after %s", last);
		for (int t = 0; t < T; t++) cr_expect_float_eq(world_tensor(w, output(m->eval, "back"))[T * n + t], back[t], 1e-13, "after %s, %d", last, t);
	}
	compile_free(&c);
}

Test(recurrence, as_loops)
{
	check("elaborate");
	check("simplify");
}

/* equations of a cycle are in one recurrence; what only follows from it is not */
Test(recurrence, what_belongs_to_it)
{
	char text[1024];
	struct compilation c;
	snprintf(text, sizeof text, "model M {\n %s\n}\n", statements);
	struct model *m = model_after(&c, text, "elaborate");
	cr_assert(m && order_equations(m->eval), "%s", first_message(&c));
	compile_free(&c);
}

static const struct mistake mistakes[] = {
	{"input x: [5]\n h[t] = x[t] + h[t-1]\n loss = sum(h)", "recurrence-start", "`h[-1]`", NULL},
	{"input x: [5]\n h[-1] = 0\n h[t] = x[t] + h[t-2]\n loss = sum(h)", "recurrence-start", "", NULL},
	{"input x: [5]\n h[-1] = 0\n loss = sum(x)", "recurrence", "", NULL},
};

Test(recurrence, mistakes)
{
	struct compilation c;
	for (int i = 0; i < LENGTH(mistakes); i++) {
		if (*mistakes[i].words) {
			check_mistake(&mistakes[i]);
			continue;
		}
		char text[512];
		snprintf(text, sizeof text, "model M {\n %s\n}\n", mistakes[i].text);
		cr_expect(!model_after(&c, text, "elaborate"), "%s is accepted", text);
		compile_free(&c);
	}
}
