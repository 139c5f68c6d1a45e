/* test_lbfgs.c - L-BFGS against liblbfgs (Okazaki's port of Nocedal's code, with the search of More and Thuente): the same minima from the same
 * starts, for about as many evaluations; what it keeps for a checkpoint; and searches that cannot succeed. */
#include "lbfgs.h"
#include "liblbfgs.h"
#include "shuffle.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -- functions to minimise --------------------------------------------------------------------------------------------------- */

/* the valley 100 (y - x^2)^2 + (1 - x)^2 for each pair of numbers */
static double
rosenbrock(size_t n, const double x[], double g[])
{
	double f = 0;

	for (size_t i = 0; i < n; i += 2) {
		double a = 1 - x[i], b = 10 * (x[i + 1] - x[i] * x[i]);
		g[i + 1] = 20 * b;
		g[i] = -2 * (x[i] * g[i + 1] + a);
		f += a * a + b * b;
	}
	return f;
}

static void
rosenbrock_start(size_t n, double x[])
{
	for (size_t i = 0; i < n; i++)
		x[i] = i % 2 ? 1 : -1.2;
}

/* Powell's singular function (More, Garbow and Hillstrom 1981, number 13): its second derivatives vanish in two directions at the minimum */
static double
powell(size_t n, const double x[], double g[])
{
	double f = 0;

	for (size_t i = 0; i + 3 < n; i += 4) {
		double a = x[i] + 10 * x[i + 1], b = x[i + 2] - x[i + 3], c = x[i + 1] - 2 * x[i + 2], d = x[i] - x[i + 3];
		f += a * a + 5 * b * b + pow(c, 4) + 10 * pow(d, 4);
		g[i] = 2 * a + 40 * pow(d, 3);
		g[i + 1] = 20 * a + 4 * pow(c, 3);
		g[i + 2] = 10 * b - 8 * pow(c, 3);
		g[i + 3] = -10 * b - 40 * pow(d, 3);
	}
	return f;
}

static void
powell_start(size_t n, double x[])
{
	static const double start[] = {3, -1, 0, 1};

	for (size_t i = 0; i < n; i++)
		x[i] = start[i % 4];
}

/* Beale's function (number 5): a product in each of three squares */
static double
beale(size_t n, const double x[], double g[])
{
	static const double y[] = {1.5, 2.25, 2.625};
	double f = 0;

	(void)n;
	g[0] = g[1] = 0;
	for (int k = 0; k < 3; k++) {
		double power = pow(x[1], k + 1), r = y[k] - x[0] * (1 - power);
		f += r * r;
		g[0] += -2 * r * (1 - power);
		g[1] += 2 * r * x[0] * (k + 1) * pow(x[1], k);
	}
	return f;
}

static void
beale_start(size_t n, double x[])
{
	(void)n;
	x[0] = x[1] = 1;
}

/* 1, 4, 9 .. times the squares: long axes and short ones */
static double
squares(size_t n, const double x[], double g[])
{
	double f = 0;

	for (size_t i = 0; i < n; i++) {
		double scale = (double)((i + 1) * (i + 1)), d = x[i] - 1 / (double)(i + 1);
		f += scale * d * d / 2;
		g[i] = scale * d;
	}
	return f;
}

static void
squares_start(size_t n, double x[])
{
	for (size_t i = 0; i < n; i++)
		x[i] = 2;
}

/* logistic regression of 200 records with a little L2 */
enum { RECORDS = 200, INPUTS = 8 };

static double
record(size_t k, size_t i)
{
	struct nn_draws d;
	uint32_t w[4];

	nn_draws_start(&d, 3, NN_FOR_SAMPLES, k * 64 + i);
	nn_philox(d.counter, d.key, w);
	return sqrt(-2 * log((w[0] + 0.5) / 4294967296.0)) * cos(6.283185307179586 * (w[1] + 0.5) / 4294967296.0); /* normal, by Box and Muller */
}

static double inputs[RECORDS][INPUTS];
static double targets[RECORDS];

static void
make_records(void)
{
	for (size_t k = 0; k < RECORDS; k++) {
		for (size_t i = 0; i < INPUTS; i++)
			inputs[k][i] = record(k, i) * (double)(i + 1);
		targets[k] = inputs[k][0] - inputs[k][1] / 2 + sin(inputs[k][2]) + record(k, 60) > 0;
	}
}

static double
logistic(size_t n, const double x[], double g[])
{
	double f = 0;

	for (size_t i = 0; i < n; i++) {
		g[i] = 1e-3 * x[i];
		f += 1e-3 / 2 * x[i] * x[i];
	}
	for (size_t k = 0; k < RECORDS; k++) {
		double z = x[n - 1];
		for (size_t i = 0; i + 1 < n; i++)
			z += x[i] * inputs[k][i];
		f += (fmax(z, 0) + log1p(exp(-fabs(z))) - targets[k] * z) / RECORDS;
		double dz = (1 / (1 + exp(-z)) - targets[k]) / RECORDS;
		for (size_t i = 0; i + 1 < n; i++)
			g[i] += dz * inputs[k][i];
		g[n - 1] += dz;
	}
	return f;
}

static void
logistic_start(size_t n, double x[])
{
	make_records();
	memset(x, 0, n * sizeof *x);
}

/* examples/logistic.nn: w[0], w[1], b on the points of examples/points.csv */
enum { POINTS = 300 };
static double points[POINTS][3];

static double
example(size_t n, const double x[], double g[])
{
	double f = 0;

	memset(g, 0, n * sizeof *g);
	for (size_t k = 0; k < POINTS; k++) {
		const double *p = points[k];
		double z = x[0] * p[0] + x[1] * p[1] + x[2], dz = (1 / (1 + exp(-z)) - p[2]) / POINTS;
		f += (fmax(z, 0) + log1p(exp(-fabs(z))) - p[2] * z) / POINTS;
		g[0] += dz * p[0];
		g[1] += dz * p[1];
		g[2] += dz;
	}
	return f;
}

static void
example_start(size_t n, double x[])
{
	FILE *f = fopen("examples/points.csv", "r");
	char line[128];
	size_t k = 0;

	cr_assert(f && fgets(line, sizeof line, f)); /* the header */
	while (k < POINTS && fscanf(f, "%lf,%lf,%lf", &points[k][0], &points[k][1], &points[k][2]) == 3)
		k++;
	fclose(f);
	cr_assert(k == POINTS, "%zu points", k);
	memset(x, 0, n * sizeof *x);
}

/* a net 8-5-1 with tanh on the same records, and enough L2 that both find the same minimum */
enum { HIDDEN = 5, MLP = HIDDEN * (INPUTS + 2) + 1 };

static double
mlp(size_t n, const double x[], double g[])
{
	const double *W = x, *b = W + HIDDEN * INPUTS, *v = b + HIDDEN, *c = v + HIDDEN;
	double *dW = g, *db = dW + HIDDEN * INPUTS, *dv = db + HIDDEN, *dc = dv + HIDDEN, f = 0;

	for (size_t i = 0; i < n; i++) {
		g[i] = 1e-2 * x[i];
		f += 1e-2 / 2 * x[i] * x[i];
	}
	for (size_t k = 0; k < RECORDS; k++) {
		double h[HIDDEN], z = c[0];
		for (size_t j = 0; j < HIDDEN; j++) {
			double a = b[j];
			for (size_t i = 0; i < INPUTS; i++)
				a += W[j * INPUTS + i] * inputs[k][i];
			h[j] = tanh(a);
			z += v[j] * h[j];
		}
		f += (fmax(z, 0) + log1p(exp(-fabs(z))) - targets[k] * z) / RECORDS;
		double dz = (1 / (1 + exp(-z)) - targets[k]) / RECORDS;
		dc[0] += dz;
		for (size_t j = 0; j < HIDDEN; j++) {
			double da = dz * v[j] * (1 - h[j] * h[j]);
			dv[j] += dz * h[j];
			db[j] += da;
			for (size_t i = 0; i < INPUTS; i++)
				dW[j * INPUTS + i] += da * inputs[k][i];
		}
	}
	return f;
}

static void
mlp_start(size_t n, double x[])
{
	make_records();
	for (size_t i = 0; i < n; i++)
		x[i] = 0.3 * record(1000, i);
}

struct problem {
	const char *name;
	double (*f)(size_t n, const double x[], double g[]);
	void (*start)(size_t n, double x[]);
	size_t n;
	double tolerance;
};
static const struct problem problems[] = {
	{"Rosenbrock, 2", rosenbrock, rosenbrock_start, 2, 1e-6},
	{"Rosenbrock, 100", rosenbrock, rosenbrock_start, 100, 1e-6},
	{"Powell, 4", powell, powell_start, 4, 1e-6},
	{"Powell, 60", powell, powell_start, 60, 1e-6},
	{"Beale", beale, beale_start, 2, 1e-7},
	{"squares, 30", squares, squares_start, 30, 1e-7},
	{"logistic regression", logistic, logistic_start, INPUTS + 1, 1e-6},
	{"examples/logistic.nn", example, example_start, 3, 1e-7},
	{"MLP", mlp, mlp_start, MLP, 1e-5},
};
enum { PROBLEMS = sizeof problems / sizeof *problems };

static double
evaluate(void *context, double x[], double g[])
{
	const struct problem *p = context;

	return p->f(p->n, x, g);
}

static struct nn_lbfgs_settings
settings_of(const struct problem *p, double history)
{
	return (struct nn_lbfgs_settings){history, 1e-4, 0.9, 40, p->tolerance};
}

/* from the start of a problem to its end; returns the iterations */
static int
minimise(const struct problem *p, double history, struct nn_lbfgs *l)
{
	struct nn_lbfgs_settings s = settings_of(p, history);
	struct nn_error e;
	int k = 0;

	cr_assert(nn_lbfgs_open(l, p->n, (size_t)history, &e) == 0, "%s", e.text);
	p->start(p->n, l->x);
	while (k < 1000 && nn_lbfgs_step(l, evaluate, (void *)p, &s) == NN_LBFGS_MOVED)
		k++;
	cr_expect(nn_lbfgs_step(l, evaluate, (void *)p, &s) == NN_LBFGS_CONVERGED, "%s: %d iterations, value %g", p->name, k, l->value);
	return k;
}

/* -- tests ------------------------------------------------------------------------------------------------------------------- */

/* the gradients above are right: else nothing below says anything */
Test(lbfgs, gradients_of_the_problems)
{
	for (size_t k = 0; k < PROBLEMS; k++) {
		const struct problem *p = &problems[k];
		double x[100], g[100], other[100], h = 1e-6;
		p->start(p->n, x);
		p->f(p->n, x, g);
		for (size_t i = 0; i < p->n; i++) {
			double keep = x[i];
			x[i] = keep + h;
			double above = p->f(p->n, x, other);
			x[i] = keep - h;
			double below = p->f(p->n, x, other);
			x[i] = keep;
			cr_expect(fabs((above - below) / (2 * h) - g[i]) < 1e-4 * (1 + fabs(g[i])), "%s, number %zu", p->name, i);
		}
	}
}

Test(lbfgs, the_same_minima_as_liblbfgs_for_about_as_many_evaluations)
{
#ifdef HAVE_LIBLBFGS
	size_t here = 0, there = 0;

	for (size_t k = 0; k < PROBLEMS; k++)
		for (int history = 5; history <= 10; history += 5) {
			const struct problem *p = &problems[k];
			struct nn_lbfgs l;
			double x[100], value = 0;
			minimise(p, history, &l);
			p->start(p->n, x);
			int calls = liblbfgs_minimise(p->f, p->n, x, history, p->tolerance, &value);
			cr_assert(calls > 0, "%s: liblbfgs fails", p->name);
			cr_log_info("%s, history %d: value %.10g after %zu evaluations; liblbfgs %.10g after %d", p->name, history, l.value, l.evaluations,
			    value, calls);
			cr_expect(fabs(l.value - value) < 1e-8 * (1 + fabs(value)), "%s: %.12g, liblbfgs %.12g", p->name, l.value, value);
			cr_expect((double)l.evaluations <= 1.5 * calls + 5, "%s: %zu evaluations, liblbfgs %d", p->name, l.evaluations, calls);
			for (size_t i = 0; i < p->n && p->f != powell && p->f != mlp; i++)
				cr_expect(fabs(l.x[i] - x[i]) < 1e-3 * (1 + fabs(x[i])), "%s: number %zu is %g, liblbfgs %g", p->name, i, l.x[i], x[i]);
			here += l.evaluations;
			there += (size_t)calls;
			nn_lbfgs_close(&l);
		}
	cr_expect((double)here <= 1.15 * (double)there, "%zu evaluations in all, liblbfgs %zu", here, there);
#else
	cr_skip("liblbfgs: not installed (./install --test)");
#endif
}

/* each iteration ends where both of Wolfe's conditions hold */
Test(lbfgs, steps_fulfil_the_wolfe_conditions)
{
	for (size_t k = 0; k < PROBLEMS; k++) {
		const struct problem *p = &problems[k];
		struct nn_lbfgs_settings s = settings_of(p, 6);
		struct nn_lbfgs l;
		struct nn_error e;
		double before[100], gradient[100];
		cr_assert(nn_lbfgs_open(&l, p->n, 6, &e) == 0);
		p->start(p->n, l.x);
		double value = p->f(p->n, l.x, gradient);
		memcpy(before, l.x, p->n * sizeof *before);
		for (int i = 0; i < 200 && nn_lbfgs_step(&l, evaluate, (void *)p, &s) == NN_LBFGS_MOVED; i++) {
			double slope = 0, left = 0; /* times the step */
			for (size_t j = 0; j < p->n; j++) {
				slope += gradient[j] * (l.x[j] - before[j]);
				left += l.gradient[j] * (l.x[j] - before[j]);
			}
			cr_expect(slope < 0 && l.value <= value + 1e-4 * slope + 1e-13, "%s, iteration %d", p->name, i);
			cr_expect(fabs(left) <= -0.9 * slope + 1e-13, "%s, iteration %d: slope %g of %g is left", p->name, i, left, slope);
			value = l.value;
			memcpy(before, l.x, p->n * sizeof *before);
			memcpy(gradient, l.gradient, p->n * sizeof *gradient);
		}
		nn_lbfgs_close(&l);
	}
}

/* a run that is saved to a file, and read again, goes on as if nothing had happened, to the bit */
Test(lbfgs, a_checkpoint_continues_to_the_bit)
{
	const struct problem *p = &problems[1];
	struct nn_lbfgs_settings s = settings_of(p, 6);
	char path[] = "/tmp/test_lbfgs.XXXXXX";
	struct nn_lbfgs whole, first, second;
	struct nn_named tensors[NN_LBFGS_TENSORS + 1];
	struct nn_named_list list;
	struct nn_error e;

	cr_assert(close(mkstemp(path)) == 0);
	minimise(p, 6, &whole);
	for (int cut = 0; cut <= 20; cut += 4) { /* with none, some, and all of the pairs */
		cr_assert(nn_lbfgs_open(&first, p->n, 6, &e) == 0 && nn_lbfgs_open(&second, p->n, 6, &e) == 0);
		p->start(p->n, first.x);
		for (int i = 0; i < cut; i++)
			cr_assert(nn_lbfgs_step(&first, evaluate, (void *)p, &s) == NN_LBFGS_MOVED);
		nn_lbfgs_tensors(&first, tensors);
		tensors[NN_LBFGS_TENSORS] = (struct nn_named){.path = "x", .dtype = "F64", .rank = 1, .shape = {p->n}, .count = p->n, .values = first.x};
		cr_assert(nn_safetensors_write(path, tensors, NN_LBFGS_TENSORS + 1, NULL, 0, &e) == 0, "%s", e.text);
		cr_assert(nn_safetensors_read(path, &list, &e) == 0, "%s", e.text);
		for (size_t k = 0; k < list.count; k++)
			if (strcmp(list.items[k].path, "x") == 0)
				memcpy(second.x, list.items[k].values, p->n * sizeof(double));
		cr_assert(nn_lbfgs_restore(&second, &list, &e) == 0, "%s", e.text);
		nn_safetensors_free(&list);
		while (nn_lbfgs_step(&second, evaluate, (void *)p, &s) == NN_LBFGS_MOVED)
			;
		cr_expect(memcmp(second.x, whole.x, p->n * sizeof(double)) == 0 && second.value == whole.value, "cut after %d iterations", cut);
		nn_lbfgs_close(&first);
		nn_lbfgs_close(&second);
	}
	remove(path);
	nn_lbfgs_close(&whole);
}

Test(lbfgs, a_damaged_checkpoint_is_refused)
{
	struct nn_lbfgs l;
	struct nn_named tensors[NN_LBFGS_TENSORS], saved[NN_LBFGS_TENSORS];
	struct nn_named_list list = {.items = saved, .count = NN_LBFGS_TENSORS};
	double s[40], y[40], pairs[2];
	struct nn_error e;

	minimise(&problems[0], 20, &l);
	nn_lbfgs_tensors(&l, tensors);
	for (int k = 0; k < 6; k++) {
		memcpy(saved, tensors, sizeof saved);
		memcpy(s, l.s, sizeof s);
		memcpy(y, l.y, sizeof y);
		memcpy(pairs, l.pairs, sizeof pairs);
		saved[0].values = s;
		saved[1].values = y;
		saved[2].values = pairs;
		list.count = NN_LBFGS_TENSORS;
		switch (k) {
		case 0: list.count = 2; break;
		case 1: saved[1].shape[1] = 3; break;
		case 2: s[1] = NAN; break;
		case 3: pairs[0] = 21; break;
		case 4: pairs[1] = 0.5; break;
		case 5: y[0] = -y[0], y[1] = -y[1], y[2] = -y[2], y[3] = -y[3]; break;
		}
		struct nn_lbfgs other;
		cr_assert(nn_lbfgs_open(&other, 2, 20, &e) == 0);
		cr_expect(nn_lbfgs_restore(&other, &list, &e) == -1, "damage %d", k);
		cr_expect(e.text[0] != '\0');
		nn_lbfgs_close(&other);
	}
	nn_lbfgs_close(&l);
}

/* -- searches that fail, or nearly -------------------------------------------------------------------------------------------- */

static double
falling(void *context, double x[], double g[])
{
	(void)context;
	g[0] = -1;
	return -x[0];
}

static double
wrong_slope(void *context, double x[], double g[])
{
	(void)context;
	g[0] = -2 * x[0]; /* the sign */
	return x[0] * x[0];
}

static double
walled(void *context, double x[], double g[])
{
	(void)context;
	g[0] = 1 - 1 / x[0];
	return x[0] > 0 ? x[0] - log(x[0]) : NAN; /* nothing to the left of 0 */
}

static double
nowhere(void *context, double x[], double g[])
{
	(void)context;
	(void)x;
	g[0] = 0;
	return NAN;
}

/* what a float can hold of it: the search must cope with a floor of rounding */
static double
coarse(void *context, double x[], double g[])
{
	(void)context;
	x[0] = (float)x[0];
	g[0] = (float)(2 * (x[0] - 1.1));
	return (float)(1000 + (x[0] - 1.1) * (x[0] - 1.1));
}

static enum nn_lbfgs_outcome
run_from(nn_function *f, double x, double *end, int most, double tolerance)
{
	struct nn_lbfgs_settings s = {5, 1e-4, 0.9, 30, tolerance};
	struct nn_lbfgs l;
	struct nn_error e;
	enum nn_lbfgs_outcome outcome = NN_LBFGS_MOVED;

	cr_assert(nn_lbfgs_open(&l, 1, 5, &e) == 0);
	l.x[0] = x;
	for (int k = 0; k < most && outcome == NN_LBFGS_MOVED; k++)
		outcome = nn_lbfgs_step(&l, f, NULL, &s);
	*end = l.x[0];
	nn_lbfgs_close(&l);
	return outcome;
}

Test(lbfgs, hard_cases)
{
	double end;

	cr_expect(run_from(falling, 0, &end, 1, 0) == NN_LBFGS_MOVED && end > 1e3 && isfinite(end), "%g", end);
	cr_expect(run_from(wrong_slope, 3, &end, 10, 1e-9) == NN_LBFGS_STUCK && end == 3);
	cr_expect(run_from(nowhere, 3, &end, 10, 1e-9) == NN_LBFGS_NOT_FINITE && end == 3);
	cr_expect(run_from(walled, 30, &end, 100, 1e-9) == NN_LBFGS_CONVERGED && fabs(end - 1) < 1e-8, "%g", end);
	cr_expect(run_from(walled, 1e-3, &end, 100, 1e-9) == NN_LBFGS_CONVERGED && fabs(end - 1) < 1e-8, "%g", end);
	enum nn_lbfgs_outcome outcome = run_from(coarse, -4, &end, 100, 1e-12);
	cr_expect((outcome == NN_LBFGS_STUCK || outcome == NN_LBFGS_CONVERGED) && fabs(end - 1.1) < 0.01, "%d %g", outcome, end);
}

Test(lbfgs, settings_are_checked)
{
	static const struct nn_lbfgs_settings wrong[] = {
		{0, 1e-4, 0.9, 20, 0}, {2.5, 1e-4, 0.9, 20, 0}, {1e9, 1e-4, 0.9, 20, 0}, {5, 0, 0.9, 20, 0}, {5, 0.95, 0.9, 20, 0},
		{5, 1e-4, 1, 20, 0}, {5, 1e-4, 0.9, 0, 0}, {5, 1e-4, 0.9, 20, -1},
	};
	struct nn_lbfgs_settings right = {1, 1e-4, 0.9, 1, 0};
	struct nn_error e;

	for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
		cr_expect(nn_lbfgs_check(&wrong[k], &e) == -1, "settings %zu", k);
	cr_expect(nn_lbfgs_check(&right, &e) == 0);
}
