/* test_subscripts.c - random subscripts: the derived gather must equal a plain scatter-add, element by element.
 *
 *     input x: [4, 7]
 *     y[i in 0..2,j in 0..3] = sum(u in 0..1) x[(2*i + u)/3, 6 - (j + 3*u) % 4]
 *     loss = sum(y^2)/2                                                            so dy = y
 *
 * Subscripts are linear, with nested / and %, reversed, windows of sums; the shape of x is sometimes as tight as can be and sometimes what
 * intervals prove.  The rich models add what else a body may hold: products of two reads, look-ups, guards (some keep a read inside its
 * tensor, some just hold or not) and all reductions.  A model that the front end refuses for its bounds is built without it.
 * SUBSCRIPTS=100000 runs longer. */
#include "core/print.h"
#include "derive/derive.h"
#include "oracle.h"

#include <math.h>
#include <signal.h>

enum { MOST_AXES = 3, MOST_INDICES = 4, SAMPLE = MOST_INDICES, SAMPLES = 3, MOST_LOOKED_UP = 64 };

/* ---- random models ------------------------------------------------------------------------------------------------------------------------- */

struct formula { /* n: number k, i: index k, s: the input s at a, - : k - a, + * / % */
	char op;
	long k;
	struct formula *a, *b;
};

struct fetch { /* x[subscript...] */
	struct formula *subscript[MOST_AXES];
	long above[MOST_AXES]; /* > 0: subscript - above, guarded on both sides */
};

struct subject {
	struct arena arena;
	long seed;
	struct random r;
	int lhs_count, bound_count, rank;
	long size[MOST_INDICES], shape[MOST_AXES];
	enum reduction reduction;
	int fetches; /* the body is their product */
	struct fetch fetch[2];
	struct formula *low, *high; /* and holds where low <= high; NULL: everywhere */
	long looked_up_size, looked_up_range; /* of s; 0: there is none */
	double *looked_up;
	struct text text;
};

static const char *const index_names[2][2] = {{"i", "j"}, {"u", "v"}};

static struct formula *
drawn_new(struct subject *s, char op, long k, struct formula *a, struct formula *b)
{
	struct formula *w = NEW(&s->arena, struct formula);
	*w = (struct formula){op, k, a, b};
	return w;
}

/* 2*i + u + 3, sometimes of / or %, sometimes plus another such sum */
static struct formula *
random_subscript(struct subject *s, int depth)
{
	static const long factors[] = {1, 1, 1, 2, 3};
	int n = s->lhs_count + s->bound_count, used = 0, terms = (int)random_in(&s->r, 1, n < 3 ? n : 3);
	struct formula *e = NULL;
	while (terms) {
		int i = (int)random_in(&s->r, 0, n - 1);
		if (used >> i & 1) continue;
		used |= 1 << i;
		terms--;
		struct formula *t = drawn_new(s, '*', factors[random_in(&s->r, 0, 4)], drawn_new(s, 'i', i, NULL, NULL), NULL);
		e = e ? drawn_new(s, '+', 0, e, t) : t;
	}
	if (random_chance(&s->r, 0.3)) e = drawn_new(s, '+', 0, e, drawn_new(s, 'n', random_in(&s->r, 0, 3), NULL, NULL));
	if (depth < 2 && random_chance(&s->r, 0.35)) e = drawn_new(s, random_chance(&s->r, 0.5) ? '/' : '%', random_in(&s->r, 2, 4), e, NULL);
	if (depth < 2 && random_chance(&s->r, 0.2)) e = drawn_new(s, random_chance(&s->r, 0.5) ? '/' : '%', random_in(&s->r, 2, 4), e, NULL);
	if (depth < 1 && random_chance(&s->r, 0.3)) e = drawn_new(s, '+', 0, e, random_subscript(s, depth + 1));
	return e;
}

static long
drawn_value(const struct subject *s, const struct formula *w, const long at[])
{
	switch (w->op) {
	case 'n': return w->k;
	case 'i': return at[w->k];
	case 's': return (long)s->looked_up[at[SAMPLE] * s->looked_up_size + drawn_value(s, w->a, at)];
	case '*': return w->k * drawn_value(s, w->a, at);
	case '/': return drawn_value(s, w->a, at) / w->k; /* of nothing negative */
	case '%': return drawn_value(s, w->a, at) % w->k;
	case '-': return w->k - drawn_value(s, w->a, at);
	default: return drawn_value(s, w->a, at) + drawn_value(s, w->b, at);
	}
}

/* what intervals say is the most */
static long
drawn_most(const struct subject *s, const struct formula *w)
{
	long a = w->a ? drawn_most(s, w->a) : 0;
	switch (w->op) {
	case 'n': return w->k;
	case 'i': return s->size[w->k] - 1;
	case '*': return w->k * a;
	case '/': return a / w->k;
	case '%': return a < w->k ? a : w->k - 1;
	case '-': return w->k;
	case 's': return s->looked_up_range - 1;
	default: return a + drawn_most(s, w->b);
	}
}

static bool
next_point(const struct subject *s, long at[])
{
	for (int i = s->lhs_count + s->bound_count - 1; i >= 0; i--) {
		if (++at[i] < s->size[i]) return true;
		at[i] = 0;
	}
	return false;
}

static long
greatest(const struct subject *s, const struct formula *w)
{
	long at[MOST_INDICES + 1] = {0}, most = 0;
	do {
		long v = drawn_value(s, w, at);
		if (v > most) most = v;
	} while (next_point(s, at));
	return most;
}

static void
drawn_text(struct subject *s, const struct formula *w)
{
	struct text *t = &s->text;
	switch (w->op) {
	case 'n': text_add(t, "%ld", w->k); return;
	case 'i': text_add(t, "%s", w->k < s->lhs_count ? index_names[0][w->k] : index_names[1][w->k - s->lhs_count]); return;
	case 's': text_add(t, "s["); break;
	case '*': text_add(t, "%ld*", w->k); break;
	case '-': text_add(t, "%ld - (", w->k); break;
	case '/': case '%': text_add(t, "("); break;
	default: break;
	}
	drawn_text(s, w->a);
	if (w->op == 's') text_add(t, "]");
	if (w->op == '-') text_add(t, ")");
	if (w->op == '/' || w->op == '%') text_add(t, ")%c%ld", w->op, w->k);
	if (w->op != '+') return;
	text_add(t, " + ");
	drawn_text(s, w->b);
}

static void
ranges_text(struct subject *s, int from, int to)
{
	for (int i = from; i < to; i++)
		text_add(&s->text, "%s%s in 0..%ld", i > from ? "," : "", i < s->lhs_count ? index_names[0][i] : index_names[1][i - s->lhs_count], s->size[i] - 1);
}

static void
fetch_text(struct subject *s, const struct fetch *a)
{
	for (int k = 0; k < s->rank; k++) {
		text_add(&s->text, k ? ", " : "x[");
		drawn_text(s, a->subscript[k]);
		if (a->above[k]) text_add(&s->text, " - %ld", a->above[k]);
	}
	text_add(&s->text, "]");
}

/* the guards, as `if .. and .. then `; false: there are none */
static bool
guards_text(struct subject *s)
{
	struct text *t = &s->text;
	int n = 0;
	for (int i = 0; i < s->fetches; i++)
		for (int k = 0; k < s->rank; k++) {
			struct fetch *a = &s->fetch[i];
			if (!a->above[k]) continue;
			for (int side = 0; side < 2; side++) {
				text_add(t, n++ ? " and " : "(if ");
				drawn_text(s, a->subscript[k]);
				text_add(t, side ? " < %ld" : " >= %ld", side ? s->shape[k] + a->above[k] : a->above[k]);
			}
		}
	if (s->low) {
		text_add(t, n++ ? " and " : "(if ");
		drawn_text(s, s->low);
		text_add(t, " <= ");
		drawn_text(s, s->high);
	}
	if (n) text_add(t, " then ");
	return n > 0;
}

static void
model_text(struct subject *s)
{
	struct text *t = &s->text;
	int n = s->lhs_count + s->bound_count;
	text_add(t, "# seed %ld\nmodel M {\n  input x: [", s->seed);
	for (int k = 0; k < s->rank; k++) text_add(t, "%s%ld", k ? ", " : "", s->shape[k]);
	text_add(t, "]\n");
	if (s->looked_up) text_add(t, "  input s: [%ld] of 0..%ld\n", s->looked_up_size, s->looked_up_range - 1);
	text_add(t, "  y[");
	ranges_text(s, 0, s->lhs_count);
	text_add(t, "] = ");
	if (s->bound_count) {
		text_add(t, "%s(", reduction_name[s->reduction]);
		ranges_text(s, s->lhs_count, n);
		text_add(t, ") ");
	}
	bool guarded = guards_text(s);
	for (int i = 0; i < s->fetches; i++) {
		if (i) text_add(t, " * ");
		fetch_text(s, &s->fetch[i]);
	}
	text_add(t, "%s\n  loss = sum(y^2)/2\n}\n", guarded ? " else 0)" : "");
}

static struct formula *
random_look_up(struct subject *s, struct formula *at)
{
	if (!s->looked_up) {
		s->looked_up_size = 1 + random_in(&s->r, 0, 5);
		s->looked_up_range = random_in(&s->r, 1, 5);
		s->looked_up = NEW_ARRAY(&s->arena, SAMPLES * s->looked_up_size, double);
		for (long i = 0; i < SAMPLES * s->looked_up_size; i++) s->looked_up[i] = (double)random_in(&s->r, 0, s->looked_up_range - 1);
	}
	struct formula *inside = drawn_most(s, at) < s->looked_up_size ? at : s->looked_up_size > 1 ? drawn_new(s, '%', s->looked_up_size, at, NULL) : drawn_new(s, 'n', 0, NULL, NULL);
	return drawn_new(s, 's', 0, inside, NULL);
}

/* outside subscripts / is the division of reals: guards do without */
static struct formula *
without_division(struct subject *s, struct formula *w)
{
	if (!w) return NULL;
	return drawn_new(s, w->op == '/' ? '%' : w->op, w->k, without_division(s, w->a), without_division(s, w->b));
}

/* one axis of one read; the shape grows to what it needs, or guards keep the read inside */
static void
random_axis(struct subject *s, struct fetch *a, int k, bool rich)
{
	struct formula *e = random_subscript(s, 0);
	bool guarded = rich && random_chance(&s->r, 0.3);
	if (guarded) e = without_division(s, e);
	else if (rich && random_chance(&s->r, 0.15)) e = random_look_up(s, e);
	long most = e->op != 's' && random_chance(&s->r, 0.5) ? greatest(s, e) : drawn_most(s, e);
	if (!guarded && e->op != 's' && random_chance(&s->r, 0.15)) e = drawn_new(s, '-', most, e, NULL); /* reversed */
	if (guarded) {
		a->above[k] = random_in(&s->r, 1, 2);
		most -= random_in(&s->r, 0, 3);
	}
	a->subscript[k] = e;
	long need = (most < 0 ? 0 : most) + 1;
	if (need > s->shape[k]) s->shape[k] = need;
}

static void
subject_new(struct subject *s, long seed, bool rich)
{
	static const enum reduction reductions[] = {SUM, SUM, MEAN, MAX, MIN, PROD};
	*s = (struct subject){.seed = seed, .r = {(uint64_t)seed}};
	s->text.arena = &s->arena;
	s->lhs_count = (int)random_in(&s->r, 1, 2);
	s->bound_count = (int)random_in(&s->r, 0, 2);
	s->rank = (int)random_in(&s->r, 1, 3);
	for (int i = 0; i < s->lhs_count + s->bound_count; i++) s->size[i] = random_in(&s->r, 1, rich ? 4 : 5);
	s->fetches = rich ? (int)random_in(&s->r, 1, 2) : 1;
	for (int i = 0; i < s->fetches; i++)
		for (int k = 0; k < s->rank; k++) random_axis(s, &s->fetch[i], k, rich);
	for (int k = 0; k < s->rank; k++) s->shape[k] += random_chance(&s->r, 0.5) ? random_in(&s->r, 0, 2) : 0;
	if (rich && random_chance(&s->r, 0.3)) {
		s->low = without_division(s, random_subscript(s, 0));
		s->high = without_division(s, random_subscript(s, 0));
	}
	s->reduction = !s->bound_count ? MAP : rich ? reductions[random_in(&s->r, 0, LENGTH(reductions) - 1)] : random_chance(&s->r, 0.3) ? MEAN : SUM;
	model_text(s);
}

/* ---- the same model without the front end's proofs of bounds --------------------------------------------------------------------------------- */

struct hand { /* what a program built by hand refers to */
	struct program *p;
	struct index *index[1 + MOST_INDICES]; /* the samples' first */
	struct tensor *x, *s;
};

static struct expr *
drawn_expr(struct hand *h, const struct formula *w)
{
	struct program *p = h->p;
	switch (w->op) {
	case 'n': return number(p, (double)w->k);
	case 'i': return index_of(p, h->index[1 + w->k]);
	case 's': return read_of(p, h->s, 2, (struct expr *[]){index_of(p, h->index[0]), drawn_expr(h, w->a)});
	case '*': return scale(p, (double)w->k, drawn_expr(h, w->a));
	case '/': return floor_div(p, drawn_expr(h, w->a), w->k);
	case '%': return floor_mod(p, drawn_expr(h, w->a), w->k);
	case '-': return sub(p, number(p, (double)w->k), drawn_expr(h, w->a));
	default: return add(p, drawn_expr(h, w->a), drawn_expr(h, w->b));
	}
}

static struct expr *
fetch_expr(struct hand *h, const struct subject *s, const struct fetch *a, struct expr **guard)
{
	struct program *p = h->p;
	struct expr *at[1 + MOST_AXES] = {index_of(p, h->index[0])};
	for (int k = 0; k < s->rank; k++) {
		at[1 + k] = sub(p, drawn_expr(h, a->subscript[k]), number(p, (double)a->above[k]));
		if (!a->above[k]) continue;
		*guard = both(p, *guard, both(p, at_least_0(p, at[1 + k]), less(p, at[1 + k], number(p, (double)s->shape[k]))));
	}
	return read_of(p, h->x, 1 + s->rank, at);
}

static struct tensor *
input_by_hand(struct program *p, const char *name, int rank, const long shape[])
{
	long with_samples[1 + MOST_AXES] = {0};
	memcpy(with_samples + 1, shape, (size_t)rank * sizeof *shape);
	struct tensor *t = tensor_new(p, name, ROLE_INPUT, 1 + rank, with_samples);
	t->batch = true;
	return t;
}

static struct program *
program_by_hand(struct subject *s)
{
	struct program *p = program_new(&s->arena);
	struct hand h = {.p = p, .index = {index_batch(p, "n")}};
	int n = s->lhs_count + s->bound_count;
	for (int i = 0; i < n; i++) h.index[1 + i] = index_new(p, i < s->lhs_count ? index_names[0][i] : index_names[1][i - s->lhs_count], s->size[i]);
	h.x = input_by_hand(p, "x", s->rank, s->shape);
	if (s->looked_up) {
		h.s = input_by_hand(p, "s", 1, &s->looked_up_size);
		h.s->integer = true;
		h.s->high = s->looked_up_range - 1;
	}
	struct expr *body = number(p, 1), *guard = truth(p, true);
	for (int i = 0; i < s->fetches; i++) body = mul(p, body, fetch_expr(&h, s, &s->fetch[i], &guard));
	if (s->low) guard = both(p, guard, less_equal(p, drawn_expr(&h, s->low), drawn_expr(&h, s->high)));
	body = choose(p, guard, body, number(p, 0));
	struct tensor *y = define(p, "y", 1 + s->lhs_count, h.index, s->reduction, s->bound_count, h.index + 1 + s->lhs_count, body, ROLE_VALUE, (struct span){0});
	struct expr *square = scale(p, 0.5, power_of(p, read_at(p, y, h.index), 2));
	p->loss = define(p, "loss", 1, h.index, SUM, s->lhs_count, h.index + 1, square, ROLE_VALUE, (struct span){0});
	return p;
}

/* ---- both gradients ---------------------------------------------------------------------------------------------------------------------------- */

static bool
holds(const struct subject *s, const long at[])
{
	for (int i = 0; i < s->fetches; i++)
		for (int k = 0; k < s->rank; k++) {
			long above = s->fetch[i].above[k], v = above ? drawn_value(s, s->fetch[i].subscript[k], at) - above : 0;
			if (v < 0 || v >= s->shape[k]) return false;
		}
	return !s->low || drawn_value(s, s->low, at) <= drawn_value(s, s->high, at);
}

static long
place_in_x(const struct subject *s, const struct fetch *a, const long at[])
{
	long place = at[SAMPLE];
	for (int k = 0; k < s->rank; k++) place = place * s->shape[k] + drawn_value(s, a->subscript[k], at) - a->above[k];
	return place;
}

static double
body_value(const struct subject *s, const double *x, const long at[])
{
	if (!holds(s, at)) return 0;
	double v = 1;
	for (int i = 0; i < s->fetches; i++) v *= x[place_in_x(s, &s->fetch[i], at)];
	return v;
}

/* the next values of the bound indices alone */
static bool
next_bound(const struct subject *s, long at[])
{
	for (int i = s->lhs_count + s->bound_count - 1; i >= s->lhs_count; i--) {
		if (++at[i] < s->size[i]) return true;
		at[i] = 0;
	}
	return false;
}

/* dx += dbody * d body / dx */
static void
scatter_point(const struct subject *s, const double *x, double *dx, const long at[], double dbody)
{
	if (!holds(s, at)) return;
	for (int i = 0; i < s->fetches; i++) {
		double others = 1;
		for (int k = 0; k < s->fetches; k++)
			if (k != i) others *= x[place_in_x(s, &s->fetch[k], at)];
		dx[place_in_x(s, &s->fetch[i], at)] += dbody * others;
	}
}

/* One element of y, then its part of the gradient: dy = y.  The whole test hangs on these loops being plain. */
static void
scatter_element(const struct subject *s, const double *x, double *dx, long at[])
{
	double value[25] = {0}, y = s->reduction == PROD ? 1 : 0;
	int n = 0, best = 0;
	do value[n++] = body_value(s, x, at);
	while (next_bound(s, at));
	for (int i = 0; i < n; i++) {
		y = s->reduction == PROD ? y * value[i] : y + value[i];
		if (s->reduction == MAX ? value[i] > value[best] : value[i] < value[best]) best = i;
	}
	if (s->reduction == MAX || s->reduction == MIN) y = value[best];
	if (s->reduction == MEAN) y /= n;
	int i = 0;
	do {
		double d = y;
		if (s->reduction == MEAN) d /= n;
		if ((s->reduction == MAX || s->reduction == MIN) && i != best) d = 0;
		for (int k = 0; k < n && s->reduction == PROD; k++)
			if (k != i) d *= value[k];
		scatter_point(s, x, dx, at, d);
		i++;
	} while (next_bound(s, at));
}

static void
scatter(const struct subject *s, const double *x, double *dx)
{
	for (long sample = 0; sample < SAMPLES; sample++)
		for (long i = 0; i < s->size[0]; i++)
			for (long j = 0; j < (s->lhs_count == 2 ? s->size[1] : 1); j++) {
				long at[MOST_INDICES + 1] = {[SAMPLE] = sample};
				at[0] = i;
				if (s->lhs_count == 2) at[1] = j;
				scatter_element(s, x, dx, at);
			}
}

static double
difference(const struct subject *s, struct program *p, long seed)
{
	struct tensor *x = tensor_named(p, "x"), *looked_up = tensor_named(p, "s"), *gradient = p->gradients.n == 1 ? p->gradients.at[0].gradient : NULL;
	struct world *w = world_new(p, &arithmetic_f64_fused, SAMPLES);
	struct random r = {(uint64_t)seed};
	long n = world_count(w, x);
	double *value = world_tensor(w, x), *expected = NEW_ARRAY(p->arena, n, double), worst = 0;
	for (long i = 0; i < n; i++) value[i] = random_real(&r);
	for (long i = 0; s->looked_up && looked_up && i < SAMPLES * s->looked_up_size; i++) world_tensor(w, looked_up)[i] = s->looked_up[i];
	interpret(w);
	scatter(s, value, expected);
	for (long i = 0; i < n; i++) { /* a guard that never holds leaves no gradient at all */
		double error = fabs((gradient ? world_tensor(w, gradient)[i] : 0) - expected[i]) / fmax(1, fabs(expected[i]));
		worst = isnan(error) ? INFINITY : fmax(worst, error);
	}
	return worst;
}

static void
derive_for_x(struct program *p, bool simplified)
{
	struct tensor *x = tensor_named(p, "x");
	stabilise(p);
	split_scalars(p);
	derive(p, 1, &x);
	if (simplified) simplify(p);
}

/* the interpreter aborts where a read is outside its tensor */
static const char *now;

static void
last_words(int signal_)
{
	fprintf(stderr, "%s\n", now);
	signal(signal_, SIG_DFL);
	raise(signal_);
}

static void
enter(void)
{
	signal(SIGABRT, last_words);
	signal(SIGSEGV, last_words);
}

TestSuite(subscripts, .init = enter);

enum outcome { BY_FRONT_END, BY_HAND };

static enum outcome
check_seed(long seed, bool rich)
{
	struct subject s;
	struct compilation c;
	subject_new(&s, seed, rich);
	const char *text = now = text_end(&s.text);
	struct model *m = model_after(&c, text, "elaborate");
	struct program *p = m ? m->train : program_by_hand(&s);
	/* the only right refusal: bounds that neither intervals nor guards on the same subscript prove */
	for (int k = 0; !m && k < c.unit.diagnostics.all.n; k++)
		cr_assert(!strcmp(c.unit.diagnostics.all.at[k]->code, "out-of-range"), "seed %ld: %s\n%s", seed, c.unit.diagnostics.all.at[k]->title, text);
	derive_for_x(p, seed % 8 != 0); /* an eighth as it comes out of the derivation */
	double error = difference(&s, p, seed);
	if (error > 1e-10) {
		struct text equations = {.arena = p->arena};
		program_print(p, &equations, (struct print_style){0}, NULL, NULL);
		cr_assert_fail("seed %ld: error %g\n%s%s", seed, error, text, text_end(&equations));
	}
	compile_free(&c);
	arena_free(&s.arena);
	return m ? BY_FRONT_END : BY_HAND;
}

static void
check_seeds(bool rich)
{
	long seeds = setting_of("SUBSCRIPTS", 1000), first = setting_of("SEED", 1), by_hand = 0;
	for (long seed = first; seed < first + seeds; seed++) by_hand += check_seed(seed, rich) == BY_HAND;
	cr_log_info("%ld models, %ld of them refused by the front end and built by hand", seeds, by_hand);
	cr_expect_lt(by_hand, seeds / 2 + 1);
}

Test(subscripts, gather_equals_scatter)
{
	check_seeds(false);
}

Test(subscripts, rich_bodies)
{
	check_seeds(true);
}

/* a factor stays in the sum whose index bounds it through another index: q <= r + 2, r < u */
Test(subscripts, bounds_through_bounds)
{
	check_seed(98303, true);
}

/* a bound of what is looked up at data comes before the look-up */
Test(subscripts, conditions_on_data)
{
	check_seed(7291, true);
}
