/* check.c - the derivative of one model against differences of its loss, in f64, by the interpreter.
 *
 *     check FILE.nn
 *
 * Differences are taken on the program as elaborated: neither stabilised nor derived nor simplified.  Two gradients are held against them: that of
 * the parameters as the driver makes it, and that of the parameters and the real inputs as derive() leaves it, before anything is simplified; at some
 * elements of each tensor and in one direction through all of it.  At a kink, where the slopes to the left and to the right differ however
 * small the step, there is nothing to compare with; the test is that of runtime/gradcheck.c.
 *
 * Says `ok N places, K at a kink, U not measured`, or what is wrong.  Ends with 0, 1 (a difference), 2 (a program that is refused). */
#include "core/arithmetic.h"
#include "core/interpret.h"
#include "derive/derive.h"
#include "driver/compile.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 4, ELEMENTS = 6, STEPS = 6, MOST_TENSORS = 256 };

static const double steps[STEPS] = {1e-3, 1e-4, 1e-2, 3e-2, 1e-5, 3e-4};
static const double limit = 1e-7, enough = 1e-9;

/* ---- programs ------------------------------------------------------------------------------------------------------------------------------ */

static struct program *
program_after(struct compilation *c, const char *path, const char *text, const char *last)
{
	*c = (struct compilation){0};
	if (compile(c, path, text, strlen(text), last) || c->unit.models.n != 1) {
		const struct diagnostics *d = &c->unit.diagnostics;
		printf("refused: %s\n", d->all.n ? d->all.at[0]->title : "no message");
		exit(2);
	}
	return c->unit.models.at[0]->train;
}

static bool
is_set(const struct tensor *t)
{
	return t->role == ROLE_INPUT || t->role == ROLE_TARGET || t->role == ROLE_PARAM || t->role == ROLE_STATE || t->role == ROLE_FROZEN;
}

static bool
varies(const struct tensor *t)
{
	return (t->role == ROLE_PARAM || t->role == ROLE_INPUT) && !t->integer;
}

static uint64_t
mix(uint64_t z)
{
	z += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* between -1 and 1, the same for the same name and place */
static double
noise(const char *name, long place)
{
	uint64_t key = 14695981039346656037u;
	for (; *name; name++) key = (key ^ (unsigned char)*name) * 1099511628211u;
	return (double)(mix(key ^ mix((uint64_t)place)) >> 11) * 0x1p-52 - 1;
}

static void
fill(struct world *w)
{
	for (int i = 0; i < w->program->tensors.n; i++) {
		const struct tensor *t = w->program->tensors.at[i];
		if (!is_set(t)) continue;
		double *v = world_tensor(w, t);
		for (long k = 0; k < world_count(w, t); k++) {
			double u = noise(t->name, k);
			v[k] = t->integer ? (double)t->low + floor((u + 1) / 2 * (double)(t->high - t->low + 1)) : 0.9 * u;
			if (t->integer && v[k] > (double)t->high) v[k] = (double)t->high;
		}
	}
}

static double
mean_loss(struct world *w)
{
	const struct tensor *t = w->program->loss;
	double sum = 0;
	for (long k = 0; k < world_count(w, t); k++) sum += world_tensor(w, t)[k];
	return sum / (double)world_count(w, t);
}

static struct tensor *
gradient_of(const struct program *p, const char *name)
{
	for (int i = 0; i < p->gradients.n; i++)
		if (!strcmp(p->gradients.at[i].param->name, name)) return p->gradients.at[i].gradient;
	return NULL;
}

/* the derivative of the mean loss, element by element; the adjoint of a tensor with samples is that of each sample's own loss */
static double *
slopes(struct world *w, const struct tensor *of)
{
	const struct tensor *g = gradient_of(w->program, of->name);
	long n = world_count(w, of);
	double *out = NEW_ARRAY(w->program->arena, n + 1, double);
	for (long k = 0; g && k < n; k++) out[k] = world_tensor(w, g)[k] / (of->batch ? SAMPLES : 1);
	return out;
}

static struct program *
derive_for_all(struct program *p)
{
	struct tensor *wrt[MOST_TENSORS];
	int n = 0;
	for (int i = 0; i < p->tensors.n && n < MOST_TENSORS; i++)
		if (varies(p->tensors.at[i])) wrt[n++] = p->tensors.at[i];
	stabilise(p);
	split_scalars(p);
	derive(p, n, wrt);
	return p;
}

static struct world *
interpreted(struct program *p)
{
	struct world *w = world_new(p, &arithmetic_f64_fused, SAMPLES);
	if (!order_equations(p)) {
		printf("WRONG: the equations have no order\n");
		exit(1);
	}
	fill(w);
	interpret(w);
	return w;
}

/* ---- one place ------------------------------------------------------------------------------------------------------------------------------- */

struct spot { /* an element of a tensor, or a direction through all of it */
	struct world *w;
	double *at, *start, *direction;
	long count, element; /* element < 0: the direction */
	double base;         /* the loss there */
};

static double
loss_at(struct spot *q, double distance)
{
	struct arena *own = q->w->program->arena, scratch = {0};
	for (long k = 0; k < q->count; k++) q->at[k] = q->start[k] + (q->element < 0 ? distance * q->direction[k] : k == q->element ? distance : 0);
	q->w->program->arena = &scratch; /* what a run leaves behind is dropped */
	interpret(q->w);
	q->w->program->arena = own;
	arena_free(&scratch);
	memcpy(q->at, q->start, (size_t)q->count * sizeof *q->at);
	return mean_loss(q->w);
}

enum verdict { RIGHT, KINK, UNMEASURED, WRONG };

/* how far the derivative `a` is from the differences: the best of several steps counts */
static enum verdict
measure(struct spot *q, double a, double *error, double *nearest)
{
	double n[STEPS], spread = INFINITY;
	bool kink = true;
	*error = INFINITY;
	for (int s = 0; s < STEPS && *error > enough; s++) {
		double h = steps[s], f[4];
		for (int j = 0; j < 4; j++) f[j] = loss_at(q, (double[]){-2, -1, 1, 2}[j] * h);
		n[s] = (8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * h);
		double bend = (f[3] - 2 * q->base + f[0]) / (2 * h) - 2 * (f[2] - 2 * q->base + f[1]) / h;
		double scale = fmax(fmax(fabs(a), fabs(n[s])), 1e-5 * fmax(1, fabs(q->base))), e = fabs(a - n[s]) / scale;
		if (e < *error) *error = e, *nearest = n[s];
		for (int k = 0; k < s; k++) spread = fmin(spread, fabs(n[k] - n[s]) / scale);
		kink &= fabs(a - n[s]) <= 3 * fabs(bend) + 16 * DBL_EPSILON * fabs(q->base) / h;
	}
	if (*error <= limit) return RIGHT;
	if (kink) return KINK;
	return *error <= 30 * spread || !isfinite(*nearest) ? UNMEASURED : WRONG;
}

struct counts {
	long places, kinks, unmeasured, wrong;
};

static void
judge(struct counts *c, struct spot *q, const struct tensor *t, double a, const char *which)
{
	double error, nearest = NAN;
	enum verdict v = measure(q, a, &error, &nearest);
	c->places++;
	c->kinks += v == KINK;
	c->unmeasured += v == UNMEASURED;
	c->wrong += v == WRONG;
	if (v != WRONG || c->wrong > 8) return;
	printf("WRONG: %s", t->name);
	if (q->element >= 0) printf(", element %ld of %ld", q->element, q->count);
	else printf(", a direction");
	printf(": %s %.12g, differences say %.12g (off by %.1g)\n", which, a, nearest, error);
}

/* the same derivative from two programs: only rounding may differ */
static void
agree(struct counts *c, const struct tensor *t, long n, const double *a, const double *b)
{
	double largest = 1e-3;
	for (long k = 0; k < n; k++) largest = fmax(largest, fmax(fabs(a[k]), fabs(b[k])));
	for (long k = 0; k < n; k++) {
		if (fabs(a[k] - b[k]) <= 1e-8 * largest) continue;
		c->wrong++;
		printf("WRONG: %s, element %ld of %ld: %.12g as derived, %.12g as simplified\n", t->name, k, n, b[k], a[k]);
		return;
	}
}

static void
check_tensor(struct counts *c, struct world *forward, const struct tensor *t, const double *gradient, double base)
{
	long n = world_count(forward, t);
	struct spot q = {.w = forward, .at = world_tensor(forward, t), .start = NEW_ARRAY(forward->program->arena, n + 1, double),
			  .direction = NEW_ARRAY(forward->program->arena, n + 1, double), .count = n, .element = -1, .base = base};
	double along = 0;
	memcpy(q.start, q.at, (size_t)n * sizeof *q.at);
	for (long k = 0; k < n; k++) {
		q.direction[k] = noise(t->name, k + 77) / sqrt((double)n);
		along += q.direction[k] * gradient[k];
	}
	if (n > 1) judge(c, &q, t, along, "derived");
	for (long k = 0; k < ELEMENTS && k < n; k++) {
		q.element = n <= ELEMENTS ? k : (long)(mix((uint64_t)(n * 131 + k)) % (uint64_t)n);
		judge(c, &q, t, gradient[q.element], "derived");
	}
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------------------------- */

static char *
read_whole(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = calloc(1, 1 << 20);
	if (!f || !text) {
		perror(path);
		exit(2);
	}
	size_t n = fread(text, 1, (1 << 20) - 1, f);
	text[n] = 0;
	fclose(f);
	return text;
}

int
main(int argc, char **argv)
{
	static struct compilation elaborated, derived, whole;
	struct counts c = {0};
	if (argc != 2) {
		fprintf(stderr, "usage: check FILE.nn\n");
		return 2;
	}
	char *text = read_whole(argv[1]);
	struct world *forward = interpreted(program_after(&elaborated, argv[1], text, "elaborate"));
	struct world *raw = interpreted(derive_for_all(program_after(&derived, argv[1], text, "elaborate")));
	struct world *made = interpreted(program_after(&whole, argv[1], text, "simplify"));
	double base = mean_loss(forward);
	if (!isfinite(base)) {
		printf("ok 0 places, 0 at a kink, 0 not measured: the loss is %g\n", base);
		return 0;
	}
	for (int k = 0; k < 2; k++) {
		double other = mean_loss(k ? made : raw);
		if (fabs(other - base) <= 1e-9 * fmax(1, fabs(base))) continue;
		printf("WRONG: the loss is %.15g, %s %.15g\n", base, k ? "simplified" : "stabilised", other);
		c.wrong++;
	}
	for (int i = 0; i < forward->program->tensors.n && c.wrong == 0; i++) {
		const struct tensor *t = forward->program->tensors.at[i];
		if (!varies(t)) continue;
		double *gradient = slopes(raw, t);
		if (t->role == ROLE_PARAM) agree(&c, t, world_count(forward, t), slopes(made, t), gradient);
		check_tensor(&c, forward, t, gradient, base);
	}
	if (c.wrong) return 1;
	printf("ok %ld places, %ld at a kink, %ld not measured\n", c.places, c.kinks, c.unmeasured);
	return 0;
}
