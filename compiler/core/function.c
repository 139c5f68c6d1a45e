/* function.c - the table of scalar functions.
 *
 * A row is everything: a new function needs its row here, its vector form in runtime/nn_math.h, and its form for one double (constants,
 * and what is computed once a step) in runtime/nn_double.h.  tests/unit/test_function.c walks the table and compares each derivative
 * with finite differences and each rewrite with the function itself. */
#include "core/function.h"
#include "core/equation.h"
#include "runtime/nn_double.h"
#include <string.h>

#define N(v) number(p, v)

static double
value_identity(double x)
{
	return x;
}

/* ---- derivatives: dy/dx in x and y --------------------------------------------------------------------------------------------- */
#define DERIVATIVE(name, formula)                                                                                                     \
	static struct expr *derivative_##name(struct program *p, struct expr *x, struct expr *y)                                      \
	{                                                                                                                             \
		(void)p, (void)x, (void)y;                                                                                            \
		return formula;                                                                                                       \
	}
DERIVATIVE(exp, y)
DERIVATIVE(log, divide(p, N(1), x))
DERIVATIVE(tanh, sub(p, N(1), power_of(p, y, 2)))
DERIVATIVE(sigmoid, mul(p, y, sub(p, N(1), y)))
DERIVATIVE(softplus, call(p, function_named("sigmoid"), x))
DERIVATIVE(sin, call(p, function_named("cos"), x))
DERIVATIVE(cos, scale(p, -1, call(p, function_named("sin"), x)))
DERIVATIVE(erf, scale(p, 1.1283791670955126, call(p, function_named("exp"), scale(p, -1, power_of(p, x, 2))))) /* 2/sqrt(pi) exp(-x^2) */
DERIVATIVE(abs, choose(p, less(p, N(0), x), N(1), choose(p, less(p, x, N(0)), N(-1), N(0))))
DERIVATIVE(stop, N(0))
DERIVATIVE(sqrt, scale(p, 0.5, power_of(p, x, -0.5)))

/* ---- rewrites -------------------------------------------------------------------------------------------------------------------- */
static bool
is_call(const struct expr *e, const char *name)
{
	return e->op == OP_CALL && !strcmp(e->function->name, name);
}

static struct expr *
rewrite_exp(struct program *p, struct expr *x)
{
	(void)p;
	return is_call(x, "log") ? x->kid[0] : NULL;
}

/* log(a * exp(b) / c) = log(a) + b - log(c), which cannot overflow; log(sigmoid(x)) = -softplus(-x); log(1 - sigmoid(x)) = -softplus(x) */
static struct expr *
rewrite_log(struct program *p, struct expr *x)
{
	const struct function *log_ = function_named("log"), *softplus = function_named("softplus");
	if (is_call(x, "exp")) return x->kid[0];
	if (is_call(x, "sigmoid")) return scale(p, -1, call(p, softplus, scale(p, -1, x->kid[0])));
	if (x->op == OP_ADD && x->n == 2 && is_number(x->kid[1], 1)) {
		struct expr *rest;
		if (coefficient(p, x->kid[0], &rest) == -1 && rest && is_call(rest, "sigmoid")) return scale(p, -1, call(p, softplus, rest->kid[0]));
	}
	if (x->op != OP_MUL) return NULL;
	/* only exponentials leave: what is left may be a product of two negative numbers */
	struct expr *sum = N(0), *rest = N(1);
	for (int i = 0; i < x->n; i++) {
		if (is_call(x->kid[i], "exp")) sum = add(p, sum, x->kid[i]->kid[0]);
		else rest = mul(p, rest, x->kid[i]);
	}
	if (is_number(sum, 0)) return NULL;
	if (rest->op == OP_POW && is_number(rest->kid[1], -1)) return sub(p, sum, call(p, log_, rest->kid[0]));
	return add(p, sum, call(p, log_, rest));
}

/* the argument without its factor -1, or NULL */
static struct expr *
negated(struct program *p, struct expr *x)
{
	struct expr *rest;
	return x->op == OP_MUL && coefficient(p, x, &rest) == -1 ? rest : NULL;
}

#define REWRITE_NEGATED(name, formula)                                                                                                \
	static struct expr *rewrite_##name(struct program *p, struct expr *minus_x)                                                   \
	{                                                                                                                             \
		struct expr *x = negated(p, minus_x);                                                                                 \
		return x ? formula : NULL;                                                                                            \
	}
REWRITE_NEGATED(sigmoid, sub(p, N(1), call(p, function_named("sigmoid"), x)))
REWRITE_NEGATED(tanh, scale(p, -1, call(p, function_named("tanh"), x)))
REWRITE_NEGATED(erf, scale(p, -1, call(p, function_named("erf"), x)))
REWRITE_NEGATED(sin, scale(p, -1, call(p, function_named("sin"), x)))
REWRITE_NEGATED(cos, call(p, function_named("cos"), x))
REWRITE_NEGATED(abs, call(p, function_named("abs"), x))

static struct expr *
rewrite_sqrt(struct program *p, struct expr *x)
{
	return power_of(p, x, 0.5);
}

/* ---- the table ------------------------------------------------------------------------------------------------------------------- */
static const struct function table[] = {
	/* name            in C           value               derivative           rewrite           transcendental  exponential */
	{"exp",           "nn_exp",      nn_double_exp,      derivative_exp,      rewrite_exp,      true,           true},
	{"log",           "nn_log",      nn_double_log,      derivative_log,      rewrite_log,      true,           false},
	{"tanh",          "nn_tanh",     nn_double_tanh,     derivative_tanh,     rewrite_tanh,     true,           false},
	{"sigmoid",       "nn_sigmoid",  nn_double_sigmoid,  derivative_sigmoid,  rewrite_sigmoid,  true,           false},
	{"softplus",      "nn_softplus", nn_double_softplus, derivative_softplus, NULL,             true,           false},
	{"sin",           "nn_sin",      nn_double_sin,      derivative_sin,      rewrite_sin,      true,           false},
	{"cos",           "nn_cos",      nn_double_cos,      derivative_cos,      rewrite_cos,      true,           false},
	{"erf",           "nn_erf",      nn_double_erf,      derivative_erf,      rewrite_erf,      true,           false},
	{"abs",           "vabs",        nn_double_abs,      derivative_abs,      rewrite_abs,      false,          false},
	{"sqrt",          "vsqrt",       nn_double_sqrt,     derivative_sqrt,     rewrite_sqrt,     false,          false},
	{"stop_gradient", NULL,          value_identity,     derivative_stop,     NULL,             false,          false},
};

const struct function *
function_row(int i)
{
	return i >= 0 && i < (int)(sizeof table / sizeof *table) ? &table[i] : NULL;
}

const struct function *
function_named(const char *name)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (!strcmp(table[i].name, name)) return &table[i];
	return NULL;
}
