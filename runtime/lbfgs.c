/* lbfgs.c - limited-memory BFGS with a search for the strong Wolfe conditions. */
#include "lbfgs.h"
#include "weights.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- memory ---------------------------------------------------------------------------------------------------------------- */

int
nn_lbfgs_check(const struct nn_lbfgs_settings *s, struct nn_error *e)
{
	if (!(s->history >= 1 && s->history <= 1000 && s->history == floor(s->history)))
		return nn_fail(e, "the history of L-BFGS is a whole number from 1 to 1000, not %g", s->history);
	if (!(s->armijo > 0 && s->armijo < s->curvature && s->curvature < 1))
		return nn_fail(e, "the line search of L-BFGS needs 0 < armijo < curvature < 1, not %g and %g", s->armijo, s->curvature);
	if (!(s->trials >= 1 && s->trials <= 1000 && s->trials == floor(s->trials)))
		return nn_fail(e, "a line search of L-BFGS takes 1 to 1000 trials, not %g", s->trials);
	if (!(s->tolerance >= 0))
		return nn_fail(e, "the tolerance of L-BFGS is 0 or more, not %g", s->tolerance);
	return 0;
}

int
nn_lbfgs_open(struct nn_lbfgs *l, size_t n, size_t history, struct nn_error *e)
{
	double **vectors[] = {&l->x, &l->gradient, &l->direction, &l->trial, &l->trial_gradient, &l->best, &l->best_gradient};

	*l = (struct nn_lbfgs){.n = n, .history = history};
	if (history > SIZE_MAX / sizeof(double) / (n + 1))
		return nn_fail(e, "%zu pairs of %zu numbers cannot be addressed", history, n);
	l->s = nn_allocate(history * n, sizeof *l->s, "the pairs of L-BFGS", e);
	l->y = nn_allocate(history * n, sizeof *l->y, "the pairs of L-BFGS", e);
	l->curvatures = nn_allocate(history, sizeof *l->curvatures, "the pairs of L-BFGS", e);
	l->weights = nn_allocate(history, sizeof *l->weights, "the pairs of L-BFGS", e);
	for (size_t k = 0; k < sizeof vectors / sizeof *vectors; k++)
		if (!(*vectors[k] = nn_allocate(n, sizeof(double), "the vectors of L-BFGS", e)))
			return -1;
	return l->s && l->y && l->curvatures && l->weights ? 0 : -1;
}

void
nn_lbfgs_close(struct nn_lbfgs *l)
{
	double *all[] = {l->s, l->y, l->curvatures, l->weights, l->x, l->gradient, l->direction, l->trial, l->trial_gradient, l->best, l->best_gradient};

	for (size_t k = 0; k < sizeof all / sizeof *all; k++)
		free(all[k]);
	*l = (struct nn_lbfgs){0};
}

/* -- vectors --------------------------------------------------------------------------------------------------------------- */

/* 16 running sums and a tree, as everywhere: fast, and the same bits from every compiler */
static double
dot(const double *a, const double *b, size_t n)
{
	double sum[16] = {0};
	size_t i = 0;

	for (; i + 16 <= n; i += 16)
		for (size_t k = 0; k < 16; k++)
			sum[k] += a[i + k] * b[i + k];
	for (; i < n; i++)
		sum[i % 16] += a[i] * b[i];
	for (size_t half = 8; half > 0; half /= 2)
		for (size_t k = 0; k < half; k++)
			sum[k] += sum[k + half];
	return sum[0];
}

/* a += c b */
static void
add(double *a, double c, const double *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		a[i] += c * b[i];
}

static void
multiply(double *a, double c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		a[i] *= c;
}

static void
copy(double *to, const double *from, size_t n)
{
	memcpy(to, from, n * sizeof *to);
}

/* -- the direction --------------------------------------------------------------------------------------------------------- */

/* the place of the pair that is `age` steps old */
static size_t
pair(const struct nn_lbfgs *l, size_t age)
{
	return (l->next + l->history - 1 - age) % l->history;
}

/* -H gradient, where H is what the pairs say of the inverse of the second derivatives (algorithm 7.4), from gamma times the unit matrix
 * (formula 7.20) */
static void
choose_direction(struct nn_lbfgs *l)
{
	double *d = l->direction;
	size_t n = l->n;

	copy(d, l->gradient, n);
	for (size_t age = 0; age < l->count; age++) {
		size_t k = pair(l, age);
		l->weights[k] = l->curvatures[k] * dot(l->s + k * n, d, n);
		add(d, -l->weights[k], l->y + k * n, n);
	}
	if (l->count) {
		const double *y = l->y + pair(l, 0) * n;
		multiply(d, 1 / (l->curvatures[pair(l, 0)] * dot(y, y, n)), n);
	}
	for (size_t age = l->count; age-- > 0;) {
		size_t k = pair(l, age);
		double beta = l->curvatures[k] * dot(l->y + k * n, d, n);
		add(d, l->weights[k] - beta, l->s + k * n, n);
	}
	multiply(d, -1, n);
}

/* the step from x to the trial point as a pair, where the function curves upwards along it */
static void
keep_pair(struct nn_lbfgs *l)
{
	double *s = l->s + l->next * l->n, *y = l->y + l->next * l->n;

	for (size_t i = 0; i < l->n; i++) {
		s[i] = l->best[i] - l->x[i];
		y[i] = l->best_gradient[i] - l->gradient[i];
	}
	double sy = dot(s, y, l->n);
	if (!(sy > DBL_EPSILON * dot(y, y, l->n)))
		return;
	l->curvatures[l->next] = 1 / sy;
	l->next = (l->next + 1) % l->history;
	l->count += l->count < l->history;
}

/* -- the search along it --------------------------------------------------------------------------------------------------- */

struct point { /* of the search: x + step direction */
	double step, value, slope;
};

struct search {
	struct nn_lbfgs *l;
	nn_function *f;
	void *context;
	const struct nn_lbfgs_settings *settings;
	struct point start;
	double best; /* value of l->best, which has descended enough; infinity: there is none */
	size_t trials;
};

static struct point
evaluate(struct search *s, double step)
{
	struct nn_lbfgs *l = s->l;
	struct point p = {.step = step, .value = INFINITY};

	copy(l->trial, l->x, l->n);
	add(l->trial, step, l->direction, l->n);
	s->trials++;
	l->evaluations++;
	double value = s->f(s->context, l->trial, l->trial_gradient), slope = dot(l->trial_gradient, l->direction, l->n);
	if (isfinite(value) && isfinite(slope)) {
		p.value = value;
		p.slope = slope;
	}
	return p;
}

/* the first of the Wolfe conditions (3.7a); what fulfils it is kept when it is the lowest so far */
static int
descends(struct search *s, const struct point *p)
{
	struct nn_lbfgs *l = s->l;

	if (!(p->value <= s->start.value + s->settings->armijo * p->step * s->start.slope) || !(p->value < s->start.value))
		return 0;
	if (p->value < s->best) {
		s->best = p->value;
		copy(l->best, l->trial, l->n);
		copy(l->best_gradient, l->trial_gradient, l->n);
	}
	return 1;
}

/* the second, in its strong form (3.7b) */
static int
is_flat(const struct search *s, const struct point *p)
{
	return fabs(p->slope) <= -s->settings->curvature * s->start.slope;
}

/* where the cubic through both points with their slopes is least (3.59); NaN where it has no minimum, or a value is not finite */
static double
least_of_cubic(const struct point *a, const struct point *b)
{
	double d1 = a->slope + b->slope - 3 * (a->value - b->value) / (a->step - b->step), square = d1 * d1 - a->slope * b->slope;
	double d2 = b->step > a->step ? sqrt(square) : -sqrt(square);

	return b->step - (b->step - a->step) * (b->slope + d2 - d1) / (b->slope - a->slope + 2 * d2);
}

static double
clamped(double x, double low, double high)
{
	return x > low ? (x < high ? x : high) : low; /* NaN: low */
}

/* Between `low`, the lowest point that descends, and `high`, on the side to which low slopes down, lies a step to accept (algorithm 3.6). */
static int
zoom(struct search *s, struct point low, struct point high)
{
	while (s->trials < (size_t)s->settings->trials) {
		double from = fmin(low.step, high.step), to = fmax(low.step, high.step), width = to - from, step = least_of_cubic(&low, &high);
		if (!(width > 4 * DBL_EPSILON * to))
			break;
		step = isnan(step) || isinf(high.value) ? from + width / 2 : clamped(step, from + 0.1 * width, to - 0.1 * width);
		struct point p = evaluate(s, step);
		if (!descends(s, &p) || p.value >= low.value) {
			high = p;
			continue;
		}
		if (is_flat(s, &p))
			return 1;
		if (p.slope * (high.step - low.step) >= 0)
			high = low;
		low = p;
	}
	return isfinite(s->best);
}

/* A step along the direction that fulfils both conditions (algorithm 3.5); l->best is the new point.  Where none is found in so many trials,
 * the lowest point that fulfils the first; 0: there is none. */
static int
search(struct search *s, double step)
{
	struct point before = s->start;

	while (s->trials < (size_t)s->settings->trials) {
		struct point p = evaluate(s, step);
		if (!descends(s, &p) || (before.step > 0 && p.value >= before.value))
			return zoom(s, before, p);
		if (is_flat(s, &p))
			return 1;
		if (p.slope >= 0)
			return zoom(s, p, before);
		double longer = p.step - before.step;
		step = clamped(least_of_cubic(&before, &p), p.step + 1.1 * longer, p.step + 4 * longer);
		before = p;
	}
	return isfinite(s->best);
}

/* -- a step ---------------------------------------------------------------------------------------------------------------- */

/* one search; 0: no lower point was found */
static int
descend(struct nn_lbfgs *l, nn_function *f, void *context, const struct nn_lbfgs_settings *settings)
{
	struct search s = {.l = l, .f = f, .context = context, .settings = settings, .best = INFINITY};

	choose_direction(l);
	s.start = (struct point){0, l->value, dot(l->gradient, l->direction, l->n)};
	double step = l->count ? 1 : 1 / sqrt(dot(l->direction, l->direction, l->n)); /* nothing is known yet: a move of length 1 */
	if (!(s.start.slope < 0) || !isfinite(step) || !search(&s, step))
		return 0;
	keep_pair(l);
	copy(l->x, l->best, l->n);
	copy(l->gradient, l->best_gradient, l->n);
	l->value = s.best;
	return 1;
}

enum nn_lbfgs_outcome
nn_lbfgs_step(struct nn_lbfgs *l, nn_function *f, void *context, const struct nn_lbfgs_settings *settings)
{
	if (!l->known) {
		l->value = f(context, l->x, l->gradient);
		l->evaluations++;
		l->known = isfinite(l->value) && isfinite(dot(l->gradient, l->gradient, l->n));
	}
	if (!l->known)
		return NN_LBFGS_NOT_FINITE;
	if (sqrt(dot(l->gradient, l->gradient, l->n)) <= settings->tolerance * fmax(1, sqrt(dot(l->x, l->x, l->n))))
		return NN_LBFGS_CONVERGED;
	if (descend(l, f, context, settings))
		return NN_LBFGS_MOVED;
	if (l->count == 0)
		return NN_LBFGS_STUCK;
	l->count = 0; /* the pairs misled: once more, straight down */
	return descend(l, f, context, settings) ? NN_LBFGS_MOVED : NN_LBFGS_STUCK;
}

/* -- checkpoints ----------------------------------------------------------------------------------------------------------- */

void
nn_lbfgs_tensors(struct nn_lbfgs *l, struct nn_named tensors[NN_LBFGS_TENSORS])
{
	const struct nn_named rows[NN_LBFGS_TENSORS] = {
		{.path = "lbfgs.s", .dtype = "F64", .rank = 2, .shape = {l->history, l->n}, .count = l->history * l->n, .values = l->s},
		{.path = "lbfgs.y", .dtype = "F64", .rank = 2, .shape = {l->history, l->n}, .count = l->history * l->n, .values = l->y},
		{.path = "lbfgs.pairs", .dtype = "F64", .rank = 1, .shape = {2}, .count = 2, .values = l->pairs},
	};

	l->pairs[0] = (double)l->count;
	l->pairs[1] = (double)l->next;
	memcpy(tensors, rows, sizeof rows);
}

static const struct nn_named *
find(const struct nn_named_list *list, const char *path)
{
	for (size_t k = 0; k < list->count; k++)
		if (strcmp(list->items[k].path, path) == 0)
			return &list->items[k];
	return NULL;
}

int
nn_lbfgs_restore(struct nn_lbfgs *l, const struct nn_named_list *saved, struct nn_error *e)
{
	struct nn_named tensors[NN_LBFGS_TENSORS];

	nn_lbfgs_tensors(l, tensors);
	for (size_t k = 0; k < NN_LBFGS_TENSORS; k++) {
		const struct nn_named *from = find(saved, tensors[k].path), *to = &tensors[k];
		if (!from)
			return nn_fail(e, "%s is missing", to->path);
		if (strcmp(from->dtype, to->dtype) != 0 || from->rank != to->rank || memcmp(from->shape, to->shape, (size_t)to->rank * sizeof *to->shape) != 0)
			return nn_fail(e, "%s is of another number of parameters or another history", to->path);
		if (!nn_all_finite(from->values, from->count, sizeof(double)))
			return nn_fail(e, "%s holds a number that is not finite", to->path);
		memcpy(to->values, from->values, to->count * sizeof(double));
	}
	double count = l->pairs[0], next = l->pairs[1], history = (double)l->history;
	if (!(count >= 0 && count <= history && next >= 0 && next < history && count == floor(count) && next == floor(next)))
		return nn_fail(e, "lbfgs.pairs does not say how many of the pairs are filled");
	l->count = (size_t)count;
	l->next = (size_t)next;
	l->known = 0;
	for (size_t age = 0; age < l->count; age++) {
		size_t k = pair(l, age);
		double sy = dot(l->s + k * l->n, l->y + k * l->n, l->n);
		if (!(sy > 0))
			return nn_fail(e, "the pairs of L-BFGS do not belong together");
		l->curvatures[k] = 1 / sy;
	}
	return 0;
}
