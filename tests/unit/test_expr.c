/* test_expr.c - the canonical constructors.
 *
 * A random tree is computed as it stands and, beside it, built through the constructors, which rewrite it.  Both must have the same value
 * wherever the indices are; whole numbers exactly, reals within the error that the tree itself allows. */
#include "core/function.h"
#include "core/print.h"
#include "oracle.h"

#include <math.h>

/* ---- random trees ------------------------------------------------------------------------------------------------------------------------- */

enum { INDICES = 3, LOOKUPS = 2, REALS = 4 };

struct tree {
	char op; /* n: number k, i: index k, s: look-up k, x: real k, + - * / % ?, and in conditions g (>= 0) z (== 0) < & ! */
	long k;
	struct tree *kid[3];
};

struct setup { /* a program, and the values of what the trees mention */
	struct arena arena;
	struct program *p;
	struct random r;
	struct index *index[INDICES];
	struct tensor *lookup[LOOKUPS]; /* whole numbers, one for each value of index 0 */
	struct tensor *real[REALS];
	long at[INDICES];
	long looked_up[LOOKUPS][8];
	double x[REALS];
};

static void
setup_new(struct setup *s, uint64_t seed)
{
	static const char *const names[] = {"i", "j", "k"};
	*s = (struct setup){.r = {seed}};
	s->p = program_new(&s->arena);
	for (int i = 0; i < INDICES; i++) s->index[i] = index_new(s->p, names[i], random_in(&s->r, 1, 6));
	for (int i = 0; i < LOOKUPS; i++) {
		s->lookup[i] = tensor_new(s->p, "s", ROLE_INPUT, 1, &s->index[0]->size);
		s->lookup[i]->integer = true;
		s->lookup[i]->low = random_in(&s->r, -3, 3);
		s->lookup[i]->high = s->lookup[i]->low + random_in(&s->r, 0, 6);
		for (long k = 0; k < s->index[0]->size; k++) s->looked_up[i][k] = random_in(&s->r, s->lookup[i]->low, s->lookup[i]->high);
	}
	for (int i = 0; i < REALS; i++) s->real[i] = tensor_new(s->p, "x", ROLE_INPUT, 0, NULL);
}

static struct tree *
tree_new(struct setup *s, char op, long k, struct tree *a, struct tree *b, struct tree *c)
{
	struct tree *t = NEW(&s->arena, struct tree);
	*t = (struct tree){op, k, {a, b, c}};
	return t;
}

static struct tree *random_whole(struct setup *s, int depth);

static struct tree *
random_condition(struct setup *s, int depth)
{
	switch (random_in(&s->r, 0, depth > 0 ? 5 : 2)) {
	case 0: case 1: return tree_new(s, 'g', 0, random_whole(s, depth - 1), NULL, NULL);
	case 2: return tree_new(s, 'z', 0, random_whole(s, depth - 1), NULL, NULL);
	case 3: return tree_new(s, '<', 0, random_whole(s, depth - 1), random_whole(s, depth - 1), NULL);
	case 4: return tree_new(s, '!', 0, random_condition(s, depth - 1), NULL, NULL);
	default: return tree_new(s, '&', 0, random_condition(s, depth - 1), random_condition(s, depth - 1), NULL);
	}
}

static struct tree *
random_whole(struct setup *s, int depth)
{
	static const long factors[] = {-6, -3, -2, -1, 2, 2, 3, 4, 5, 6, 8, 12}, divisors[] = {1, 2, 2, 3, 3, 4, 5, 6, 8, 12};
	if (depth <= 0 || random_chance(&s->r, 0.15)) {
		long what = random_in(&s->r, 0, 9);
		if (what < 2) return tree_new(s, 'n', random_in(&s->r, -9, 9), NULL, NULL, NULL);
		if (what < 3) return tree_new(s, 's', random_in(&s->r, 0, LOOKUPS - 1), NULL, NULL, NULL);
		return tree_new(s, 'i', random_in(&s->r, 0, INDICES - 1), NULL, NULL, NULL);
	}
	struct tree *a = random_whole(s, depth - 1);
	switch (random_in(&s->r, 0, 9)) {
	case 0: case 1: case 2: return tree_new(s, '+', 0, a, random_whole(s, depth - 1), NULL);
	case 3: return tree_new(s, '-', 0, a, random_whole(s, depth - 1), NULL);
	case 4: case 5: return tree_new(s, '*', 0, tree_new(s, 'n', factors[random_in(&s->r, 0, LENGTH(factors) - 1)], NULL, NULL, NULL), a, NULL);
	case 6: case 7: return tree_new(s, '/', divisors[random_in(&s->r, 0, LENGTH(divisors) - 1)], a, NULL, NULL);
	case 8: return tree_new(s, '%', divisors[random_in(&s->r, 0, LENGTH(divisors) - 1)], a, NULL, NULL);
	default: return tree_new(s, '?', 0, random_condition(s, depth - 1), a, random_whole(s, depth - 1));
	}
}

/* ---- the tree, as it stands ------------------------------------------------------------------------------------------------------------------ */

static long
floored(long a, long k)
{
	long q = a / k;
	return q * k > a ? q - 1 : q;
}

static long
tree_whole(const struct setup *s, const struct tree *t)
{
	long a = t->kid[0] ? tree_whole(s, t->kid[0]) : 0;
	switch (t->op) {
	case 'n': return t->k;
	case 'i': return s->at[t->k];
	case 's': return s->looked_up[t->k][s->at[0]];
	case '+': return a + tree_whole(s, t->kid[1]);
	case '-': return a - tree_whole(s, t->kid[1]);
	case '*': return a * tree_whole(s, t->kid[1]);
	case '/': return floored(a, t->k);
	case '%': return a - t->k * floored(a, t->k);
	case 'g': return a >= 0;
	case 'z': return a == 0;
	case '<': return a < tree_whole(s, t->kid[1]);
	case '&': return a && tree_whole(s, t->kid[1]);
	case '!': return !a;
	default: return tree_whole(s, t->kid[a ? 1 : 2]);
	}
}

/* ---- the tree, through the constructors ------------------------------------------------------------------------------------------------------ */

static struct expr *
tree_expr(struct setup *s, const struct tree *t)
{
	struct program *p = s->p;
	struct expr *a = t->kid[0] ? tree_expr(s, t->kid[0]) : NULL, *b = t->kid[1] ? tree_expr(s, t->kid[1]) : NULL;
	switch (t->op) {
	case 'n': return number(p, (double)t->k);
	case 'i': return index_of(p, s->index[t->k]);
	case 's': return read_at(p, s->lookup[t->k], s->index);
	case 'x': return read_at(p, s->real[t->k], NULL);
	case '+': return add(p, a, b);
	case '-': return sub(p, a, b);
	case '*': return mul(p, a, b);
	case '/': return floor_div(p, a, t->k);
	case '%': return floor_mod(p, a, t->k);
	case '^': return power_of(p, a, (double)t->k);
	case 'r': return power_of(p, a, 0.5 * (double)t->k);
	case 'f': return call(p, function_row((int)t->k), a);
	case 'g': return at_least_0(p, a);
	case 'z': return equal(p, a, number(p, 0));
	case '<': return less(p, a, b);
	case '&': return both(p, a, b);
	case '!': return negation(p, a);
	default: return choose(p, a, b, tree_expr(s, t->kid[2]));
	}
}

/* ---- what was built, node by node ------------------------------------------------------------------------------------------------------------ */

static double expr_value(const struct setup *s, const struct expr *e);

static double
read_value(const struct setup *s, const struct expr *e)
{
	for (int i = 0; i < REALS; i++)
		if (e->tensor == s->real[i]) return s->x[i];
	for (int i = 0; i < LOOKUPS; i++)
		if (e->tensor == s->lookup[i]) return (double)s->looked_up[i][(long)expr_value(s, e->kid[0])];
	cr_assert_fail("a read of an unknown tensor");
	return 0;
}

static double
index_value(const struct setup *s, const struct expr *e)
{
	for (int i = 0; i < INDICES; i++)
		if (e->index == s->index[i]) return (double)s->at[i];
	cr_assert_fail("an unknown index");
	return 0;
}

static double
folded(const struct setup *s, const struct expr *e)
{
	double v = expr_value(s, e->kid[0]);
	for (int i = 1; i < e->n; i++) {
		double w = expr_value(s, e->kid[i]);
		v = e->op == OP_ADD ? v + w : e->op == OP_MUL ? v * w : (v != 0 && w != 0);
	}
	return v;
}

static double
expr_value(const struct setup *s, const struct expr *e)
{
#define KID(i) expr_value(s, e->kid[i])
	switch (e->op) {
	case OP_NUMBER: case OP_BOOL: return e->number;
	case OP_INDEX: return index_value(s, e);
	case OP_READ: return read_value(s, e);
	case OP_ADD: case OP_MUL: case OP_AND: return folded(s, e);
	case OP_POW: return pow(KID(0), KID(1));
	case OP_DIV: return (double)floored((long)KID(0), e->divisor);
	case OP_MOD: return KID(0) - (double)(e->divisor * floored((long)KID(0), e->divisor));
	case OP_CALL: return e->function->value(KID(0));
	case OP_IF: return KID(0) != 0 ? KID(1) : KID(2);
	case OP_GE0: return KID(0) >= 0;
	case OP_EQ0: return KID(0) == 0;
	case OP_LT: return KID(0) < KID(1);
	case OP_LE: return KID(0) <= KID(1);
	case OP_EQ: return KID(0) == KID(1);
	case OP_NOT: return KID(0) == 0;
	case OP_BATCH: break;
	}
#undef KID
	return NAN;
}

static bool
next_point(struct setup *s)
{
	for (int i = INDICES - 1; i >= 0; i--) {
		if (++s->at[i] < s->index[i]->size) return true;
		s->at[i] = 0;
	}
	return false;
}

/* ---- whole numbers ---------------------------------------------------------------------------------------------------------------------------- */

static void
check_everywhere(struct setup *s, const struct tree *t, struct expr *e, long seed)
{
	struct interval b = interval_of(e);
	bool whole = e->integer;
	memset(s->at, 0, sizeof s->at);
	do {
		long expected = tree_whole(s, t);
		double got = expr_value(s, e);
		cr_assert_eq(got, (double)expected, "seed %ld at %ld,%ld,%ld: %g, not %ld: %s", seed, s->at[0], s->at[1], s->at[2], got, expected,
			     expr_text(s->p, e, (struct print_style){0}));
		cr_assert(!whole || !b.known || (b.low <= expected && expected <= b.high), "seed %ld: %ld is outside %ld..%ld: %s", seed, expected, b.low, b.high,
			  expr_text(s->p, e, (struct print_style){0}));
	} while (next_point(s));
}

Test(expr, whole_numbers)
{
	long seeds = setting_of("EXPRESSIONS", 20000);
	for (long seed = 1; seed <= seeds; seed++) {
		struct setup s;
		setup_new(&s, (uint64_t)seed);
		struct tree *t = random_whole(&s, (int)random_in(&s.r, 1, 5));
		struct expr *e = tree_expr(&s, t);
		cr_assert(e->integer, "seed %ld: not a whole number", seed);
		check_everywhere(&s, t, e, seed);
		arena_free(&s.arena);
	}
}

Test(expr, conditions)
{
	long seeds = setting_of("EXPRESSIONS", 20000);
	for (long seed = 1; seed <= seeds; seed++) {
		struct setup s;
		setup_new(&s, (uint64_t)seed);
		struct tree *t = random_condition(&s, (int)random_in(&s.r, 1, 4));
		struct expr *e = tree_expr(&s, t);
		cr_assert(e->condition && !e->integer, "seed %ld: not a condition", seed);
		check_everywhere(&s, t, e, seed);
		arena_free(&s.arena);
	}
}

/* an index replaced by what stays inside its range: the value is that of the tree there */
Test(expr, substitution)
{
	for (long seed = 1; seed <= 10000; seed++) {
		struct setup s;
		setup_new(&s, (uint64_t)seed);
		struct tree *t = random_whole(&s, 4);
		long size = s.index[1]->size;
		struct tree *to = tree_new(&s, '%', size, random_whole(&s, 2), NULL, NULL);
		struct expr *value = tree_expr(&s, to), *e = substitute(s.p, tree_expr(&s, t), 1, &s.index[1], &value);
		do {
			double got = expr_value(&s, e);
			long j = s.at[1];
			s.at[1] = tree_whole(&s, to);
			long expected = tree_whole(&s, t);
			s.at[1] = j;
			cr_assert_eq(got, (double)expected, "seed %ld: %g, not %ld", seed, got, expected);
		} while (next_point(&s));
		arena_free(&s.arena);
	}
}

/* the interpreter, over all points at once */
Test(expr, interpreted)
{
	for (long seed = 1; seed <= 2000; seed++) {
		struct setup s;
		setup_new(&s, (uint64_t)seed);
		struct tree *t = random_whole(&s, 4);
		long shape[INDICES] = {s.index[0]->size, s.index[1]->size, s.index[2]->size};
		struct tensor *y = tensor_new(s.p, "y", ROLE_VALUE, INDICES, shape);
		equation_new(s.p, y, INDICES, s.index, MAP, 0, NULL, tree_expr(&s, t), (struct span){0});
		struct world *w = world_new(s.p, &arithmetic_f64_fused, 1);
		for (int i = 0; i < LOOKUPS; i++)
			for (long k = 0; k < shape[0]; k++) world_tensor(w, s.lookup[i])[k] = (double)s.looked_up[i][k];
		interpret(w);
		long at = 0;
		do {
			cr_assert_eq(world_tensor(w, y)[at], (double)tree_whole(&s, t), "seed %ld", seed);
			at++;
		} while (next_point(&s));
		arena_free(&s.arena);
	}
}

/* built again from its own kids, a canonical expression is itself */
Test(expr, rebuilding_changes_nothing)
{
	for (long seed = 1; seed <= 10000; seed++) {
		struct setup s;
		setup_new(&s, (uint64_t)seed);
		struct expr *e = tree_expr(&s, random_whole(&s, 4));
		int n;
		struct expr **nodes = expr_nodes(s.p, e, &n);
		for (int i = 0; i < n; i++) {
			struct expr *again = rebuild(s.p, nodes[i], nodes[i]->kid);
			cr_expect_eq(again, nodes[i], "seed %ld: %s became %s", seed, expr_text(s.p, nodes[i], (struct print_style){0}),
				     expr_text(s.p, again, (struct print_style){0}));
		}
		arena_free(&s.arena);
	}
}

/* ---- reals ------------------------------------------------------------------------------------------------------------------------------------ */

struct measured { /* a value, and how far rounding may move it */
	double value, error;
};

static struct tree *
random_real_tree(struct setup *s, int depth)
{
	static const char *const functions[] = {"exp", "log", "tanh", "sigmoid", "softplus", "sin", "cos", "erf", "abs", "sqrt"};
	if (depth <= 0 || random_chance(&s->r, 0.1)) {
		if (random_chance(&s->r, 0.2)) return tree_new(s, 'n', random_in(&s->r, -3, 3), NULL, NULL, NULL);
		return tree_new(s, 'x', random_in(&s->r, 0, REALS - 1), NULL, NULL, NULL);
	}
	struct tree *a = random_real_tree(s, depth - 1);
	switch (random_in(&s->r, 0, 9)) {
	case 0: case 1: return tree_new(s, '+', 0, a, random_real_tree(s, depth - 1), NULL);
	case 2: return tree_new(s, '-', 0, a, random_real_tree(s, depth - 1), NULL);
	case 3: case 4: return tree_new(s, '*', 0, a, random_real_tree(s, depth - 1), NULL);
	case 5: return tree_new(s, '^', random_in(&s->r, -3, 3), a, NULL, NULL);
	case 6: return tree_new(s, 'r', random_in(&s->r, -3, 3), a, NULL, NULL);
	case 7: case 8: {
		const char *name = functions[random_in(&s->r, 0, LENGTH(functions) - 1)];
		for (int i = 0;; i++)
			if (!strcmp(function_row(i)->name, name)) return tree_new(s, 'f', i, a, NULL, NULL);
	}
	default: return tree_new(s, '?', 0, random_condition(s, 1), a, random_chance(&s->r, 0.6) ? tree_new(s, 'n', 0, NULL, NULL, NULL) : random_real_tree(s, depth - 1));
	}
}

static struct measured
rounded(double value, double error)
{
	return (struct measured){value, error + 4e-16 * fabs(value)};
}

/* |f'| by differences is enough for an error bound */
static double
steepness(const struct function *f, double x)
{
	double h = 1e-4 * fmax(1, fabs(x));
	return fmax(fabs(f->value(x + h) - f->value(x)), fabs(f->value(x) - f->value(x - h))) / h;
}

static struct measured
tree_real(const struct setup *s, const struct tree *t)
{
	if (t->op == '?') return tree_real(s, t->kid[tree_whole(s, t->kid[0]) ? 1 : 2]);
	struct measured a = {0}, b = {0};
	if (t->kid[0]) a = tree_real(s, t->kid[0]);
	if (t->kid[1]) b = tree_real(s, t->kid[1]);
	double k = t->op == 'r' ? 0.5 * (double)t->k : (double)t->k;
	switch (t->op) {
	case 'n': return rounded((double)t->k, 0);
	case 'x': return rounded(s->x[t->k], 0);
	case '+': return rounded(a.value + b.value, a.error + b.error);
	case '-': return rounded(a.value - b.value, a.error + b.error);
	case '*': return rounded(a.value * b.value, fabs(a.value) * b.error + fabs(b.value) * a.error);
	case '^': case 'r': return rounded(pow(a.value, k), k == 0 ? 0 : fabs(k * pow(a.value, k - 1)) * a.error);
	default: return rounded(function_row((int)t->k)->value(a.value), steepness(function_row((int)t->k), a.value) * a.error);
	}
}

/* Where a part of the tree is not a number or too large to say anything, a better form may be one: such points are left out. */
static bool
is_tame(const struct setup *s, const struct tree *t)
{
	if (t->op == '?') return is_tame(s, t->kid[tree_whole(s, t->kid[0]) ? 1 : 2]);
	for (int i = 0; i < 2; i++)
		if (t->kid[i] && !is_tame(s, t->kid[i])) return false;
	double v = fabs(tree_real(s, t).value);
	return isfinite(v) && v < 1e6 && (v > 1e-6 || t->op == 'n');
}

Test(expr, reals)
{
	long seeds = setting_of("EXPRESSIONS", 20000), compared = 0;
	for (long seed = 1; seed <= seeds; seed++) {
		struct setup s;
		setup_new(&s, (uint64_t)seed);
		struct tree *t = random_real_tree(&s, (int)random_in(&s.r, 1, 5));
		struct expr *e = tree_expr(&s, t);
		do {
			for (int i = 0; i < REALS; i++) s.x[i] = (random_chance(&s.r, 0.3) ? -1 : 1) * (0.3 + fabs(random_real(&s.r)));
			if (!is_tame(&s, t)) continue;
			struct measured m = tree_real(&s, t);
			double got = expr_value(&s, e);
			cr_assert(fabs(got - m.value) <= 1e-10 * fmax(1, fabs(m.value)) + 1e5 * m.error, "seed %ld: %.17g, not %.17g (error %g): %s", seed, got, m.value, m.error,
				  expr_text(s.p, e, (struct print_style){0}));
			compared++;
		} while (next_point(&s));
		arena_free(&s.arena);
	}
	cr_assert_gt(compared, 10 * seeds);
}

/* ---- identities: equal expressions are the same pointer ---------------------------------------------------------------------------------------- */

static struct setup fixed;
static struct program *p;
static struct expr *i, *j, *x, *y, *c, *d, *zero, *one;

static void
enter(void)
{
	setup_new(&fixed, 1);
	p = fixed.p;
	for (int n = 0; n < INDICES; n++) fixed.index[n]->size = 6;
	i = index_of(p, fixed.index[0]);
	j = index_of(p, fixed.index[1]);
	x = read_at(p, fixed.real[0], NULL);
	y = read_at(p, fixed.real[1], NULL);
	c = at_least_0(p, sub(p, i, j));
	d = at_least_0(p, sub(p, i, number(p, 2)));
	zero = number(p, 0);
	one = number(p, 1);
}

static void
leave(void)
{
	arena_free(&fixed.arena);
}

TestSuite(identity, .init = enter, .fini = leave);

static struct expr *
f_of(const char *name, struct expr *e)
{
	return call(p, function_named(name), e);
}

Test(identity, sums)
{
	cr_expect_eq(add(p, x, y), add(p, y, x));
	cr_expect_eq(add(p, add(p, x, y), i), add(p, x, add(p, i, y)));
	cr_expect_eq(add(p, x, zero), x);
	cr_expect_eq(sub(p, x, x), zero);
	cr_expect_eq(add(p, x, x), scale(p, 2, x));
	cr_expect_eq(sub(p, scale(p, 3, x), x), scale(p, 2, x));
	cr_expect_eq(sub(p, x, y), scale(p, -1, sub(p, y, x)));
	cr_expect_eq(number(p, -0.0), zero);
	cr_expect_eq(number(p, 0.1), number(p, 0.1));
}

Test(identity, products)
{
	cr_expect_eq(mul(p, x, y), mul(p, y, x));
	cr_expect_eq(mul(p, mul(p, x, y), i), mul(p, x, mul(p, i, y)));
	cr_expect_eq(mul(p, x, one), x);
	cr_expect_eq(mul(p, x, zero), zero);
	cr_expect_eq(mul(p, x, x), power_of(p, x, 2));
	cr_expect_eq(divide(p, x, x), one);
	cr_expect_eq(divide(p, one, divide(p, one, x)), x);
	cr_expect_eq(divide(p, mul(p, x, y), y), x);
	cr_expect_eq(power_of(p, mul(p, x, y), 2), mul(p, power_of(p, x, 2), power_of(p, y, 2)));
	cr_expect_eq(power_of(p, power_of(p, x, 3), 2), power_of(p, x, 6));
	cr_expect_eq(power_of(p, x, 0), one);
	cr_expect_eq(mul(p, power_of(p, x, 0.5), power_of(p, x, 0.5)), x);
}

Test(identity, functions)
{
	cr_expect_eq(mul(p, f_of("exp", x), f_of("exp", y)), f_of("exp", add(p, x, y)));
	cr_expect_eq(mul(p, f_of("exp", x), f_of("exp", scale(p, -1, x))), one);
	cr_expect_eq(power_of(p, f_of("exp", x), 3), f_of("exp", scale(p, 3, x)));
	cr_expect_eq(f_of("log", f_of("exp", x)), x);
	cr_expect_eq(f_of("log", divide(p, f_of("exp", x), y)), sub(p, x, f_of("log", y)));
	cr_expect_eq(f_of("log", f_of("sigmoid", x)), scale(p, -1, f_of("softplus", scale(p, -1, x))));
	cr_expect_eq(f_of("log", sub(p, one, f_of("sigmoid", x))), scale(p, -1, f_of("softplus", x)));
	cr_expect_eq(f_of("sigmoid", scale(p, -1, x)), sub(p, one, f_of("sigmoid", x)));
	cr_expect_eq(f_of("tanh", scale(p, -1, x)), scale(p, -1, f_of("tanh", x)));
	cr_expect_eq(f_of("cos", scale(p, -1, x)), f_of("cos", x));
	cr_expect_eq(f_of("sqrt", x), power_of(p, x, 0.5));
}

Test(identity, whole_numbers)
{
	struct expr *e = add(p, scale(p, 6, i), j), *k = index_of(p, fixed.index[2]);
	cr_expect_eq(floor_div(p, e, 6), i);
	cr_expect_eq(floor_mod(p, e, 6), j);
	cr_expect_eq(floor_div(p, add(p, scale(p, 2, i), one), 2), i);
	cr_expect_eq(floor_div(p, i, 1), i);
	cr_expect_eq(floor_mod(p, i, 1), zero);
	cr_expect_eq(add(p, scale(p, 4, floor_div(p, i, 4)), floor_mod(p, i, 4)), i);
	cr_expect_eq(floor_div(p, floor_div(p, add(p, i, j), 2), 3), floor_div(p, add(p, i, j), 6));
	cr_expect_eq(floor_mod(p, floor_mod(p, e, 12), 4), floor_mod(p, e, 4));
	cr_expect_eq(floor_div(p, add(p, scale(p, 36, k), e), 36), k);
	cr_expect_eq(floor_div(p, number(p, -7), 2), number(p, -4));
	cr_expect_eq(floor_mod(p, number(p, -7), 2), one);
}

Test(identity, conditions)
{
	struct expr *yes = truth(p, true), *no = truth(p, false);
	cr_expect_eq(at_least_0(p, i), yes);
	cr_expect_eq(less(p, i, number(p, 6)), yes);
	cr_expect_eq(less(p, number(p, 5), i), no);
	cr_expect_eq(equal(p, i, number(p, 6)), no);
	cr_expect_eq(equal(p, i, i), yes);
	cr_expect_eq(equal(p, i, j), equal(p, j, i));
	cr_expect_eq(equal(p, scale(p, 2, i), add(p, one, scale(p, 4, j))), no);
	cr_expect_eq(at_least_0(p, add(p, one, scale(p, 2, sub(p, i, j)))), c);
	cr_expect_eq(negation(p, negation(p, c)), c);
	cr_expect_eq(both(p, c, d), both(p, d, c));
	cr_expect_eq(both(p, c, c), c);
	cr_expect_eq(both(p, c, yes), c);
	cr_expect_eq(both(p, c, no), no);
	cr_expect_eq(both(p, c, negation(p, c)), no);
	cr_expect_eq(either(p, c, negation(p, c)), yes);
	cr_expect_eq(both(p, both(p, c, d), c), both(p, c, d));
}

Test(identity, guards)
{
	struct expr *z = f_of("exp", x), *gx = choose(p, c, x, zero), *gy = choose(p, c, y, zero);
	cr_expect_eq(choose(p, c, x, x), x);
	cr_expect_eq(choose(p, truth(p, true), x, y), x);
	cr_expect_eq(choose(p, truth(p, false), x, y), y);
	cr_expect_eq(choose(p, negation(p, equal(p, i, j)), x, y), choose(p, equal(p, i, j), y, x));
	cr_expect_eq(mul(p, gx, y), choose(p, c, mul(p, x, y), zero));
	cr_expect_eq(mul(p, gx, choose(p, d, y, zero)), choose(p, both(p, c, d), mul(p, x, y), zero));
	cr_expect_eq(mul(p, gx, choose(p, negation(p, c), y, zero)), zero);
	cr_expect_eq(add(p, gx, gy), choose(p, c, add(p, x, y), zero));
	cr_expect_eq(choose(p, c, choose(p, c, x, z), y), choose(p, c, x, y));
	cr_expect_eq(choose(p, c, x, choose(p, c, z, y)), choose(p, c, x, y));
	cr_expect_eq(choose(p, c, x, choose(p, negation(p, c), z, y)), choose(p, c, x, z));
	cr_expect_eq(choose(p, c, choose(p, d, x, zero), zero), choose(p, both(p, c, d), x, zero));
	cr_expect_eq(choose(p, both(p, c, d), choose(p, c, x, y), zero), choose(p, both(p, c, d), x, zero));
}

/* ten thousand nodes are found again: the table grows and loses none */
Test(identity, many)
{
	enum { MANY = 10000 };
	static struct expr *node[MANY];
	for (int n = 0; n < MANY; n++) node[n] = add(p, x, number(p, n + 1));
	for (int n = 0; n < MANY; n++) cr_assert_eq(add(p, number(p, n + 1), x), node[n]);
}
