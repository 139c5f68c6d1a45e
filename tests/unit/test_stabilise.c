/* test_stabilise.c - exponentials that cannot overflow, logarithms that look through them, and factors and functions with equations of
 * their own: the values stay, and each rule does what docs/derivation.md, 4 says. */
#include "core/function.h"
#include "core/verify.h"
#include "derive/derive.h"
#include "oracle.h"

#include <math.h>

enum { SAMPLES = 3 };

typedef void rule(struct program *p);

static struct program *
program_of(struct compilation *c, const char *statements)
{
	char text[2048];
	snprintf(text, sizeof text, "model M {\n%s\n}\n", statements);
	struct model *m = model_after(c, text, "elaborate");
	cr_assert(m, "%s: %s", text, first_message(c));
	return m->train;
}

/* inputs and parameters of about this size, the same for the same name */
static double *
losses(struct program *p, const struct arithmetic *a, double size)
{
	struct world *w = world_new(p, a, SAMPLES);
	for (int i = 0; i < p->tensors.n; i++) {
		const struct tensor *t = p->tensors.at[i];
		struct random r = {(unsigned char)t->name[0]};
		if (t->role != ROLE_INPUT && t->role != ROLE_TARGET && t->role != ROLE_PARAM) continue;
		for (long k = 0; k < world_count(w, t); k++) world_tensor(w, t)[k] = t->integer ? (double)random_in(&r, t->low, t->high) : size * random_real(&r);
	}
	interpret(w);
	return world_tensor(w, p->loss);
}

static void
all_rules(struct program *p)
{
	stabilise(p);
	settle_factors(p);
	split_scalars(p);
}

static const char *const models[] = {
	"input x: [4]\n target t: 0..3\n loss = cross_entropy(x, t)",
	"input x: [4]\n target t: 0..3\n p = softmax(x)\n loss = -log(p[t])",
	"input x: [4]\n loss = log(sum(j) exp(x[j]))",
	"input x: [4]\n p[i] = exp(2*x[i] + 1) / sum(j) exp(2*x[j] + 1)\n loss = sum(i) p[i] * x[i]",
	"input x: [3, 4]\n a = softmax(x)\n loss = sum(a^2)",
	"input x: [4]\n target t: 0..1\n z = sum(x)\n p = sigmoid(z)\n loss = -(t*log(p) + (1-t)*log(1-p))",
	"input x: [4]\n a = log(exp(x) / 3) + log(2 * exp(x))\n loss = sum(a)",
	"input x: [4]\n param W: [3, 4] ~ normal\n y[j] = sum(i) W[j,i] * relu(x[i])\n loss = sum(y^2)",
	"input x: [4]\n param w: [4] ~ normal\n y[i] = x[i] * tanh(w[i] * x[i] + 1) * exp(-w[i]^2)\n loss = sum(y)",
};

Test(stabilise, the_values_stay)
{
	static rule *const rules[] = {stabilise, settle_factors, split_scalars, all_rules};
	for (int i = 0; i < LENGTH(models); i++)
		for (int k = 0; k < LENGTH(rules); k++) {
			struct compilation before, after;
			struct program *p = program_of(&before, models[i]), *q = program_of(&after, models[i]);
			rules[k](q);
			const char *bad = verify(q);
			cr_assert(!bad, "%s: %s", models[i], bad);
			double *x = losses(p, &arithmetic_f64_fused, 2), *y = losses(q, &arithmetic_f64_fused, 2);
			for (int n = 0; n < SAMPLES; n++) cr_expect(fabs(x[n] - y[n]) <= 1e-12 * fmax(1, fabs(x[n])), "%s, rule %d: %.15g, not %.15g", models[i], k, y[n], x[n]);
			compile_free(&before);
			compile_free(&after);
		}
}

/* the same with numbers whose exponentials no float holds */
Test(stabilise, nothing_overflows)
{
	for (int i = 0; i < 7; i++) {
		struct compilation c;
		struct program *p = program_of(&c, models[i]);
		stabilise(p);
		double *x = losses(p, &arithmetic_f32_fused, 1000);
		for (int n = 0; n < SAMPLES; n++) cr_expect(isfinite(x[n]), "%s: %g\n%s", models[i], x[n], equations_text(p));
		compile_free(&c);
	}
}

/* the number of sums whose body is a product of plain reads */
static int
plain_products(const struct program *p)
{
	int n = 0;
	for (int i = 0; i < p->equations.n; i++) {
		const struct equation *q = p->equations.at[i];
		bool plain = q->reduction == SUM && q->body->op == OP_MUL;
		for (int k = 0; plain && k < q->body->n; k++) plain = q->body->kid[k]->op == OP_READ;
		n += plain;
	}
	return n;
}

Test(stabilise, a_computed_factor_gets_an_equation)
{
	struct compilation c;
	struct program *p = program_of(&c, models[7]);
	cr_expect_eq(plain_products(p), 0);
	settle_factors(p);
	cr_expect_eq(plain_products(p), 1, "%s", equations_text(p));
	compile_free(&c);
	p = program_of(&c, "input x: [4]\n param w: [4] ~ normal\n y = sum(i) w[i] * relu(x[i])\n loss = y");
	int before = p->equations.n;
	settle_factors(p);
	cr_expect_eq(p->equations.n, before + 1, "the factor does not depend on the sample's sum: %s", equations_text(p));
	compile_free(&c);
}

Test(stabilise, functions_inside_a_map_get_equations)
{
	struct compilation c;
	struct program *p = program_of(&c, models[8]);
	split_scalars(p);
	int alone = 0;
	for (int i = 0; i < p->equations.n; i++) {
		struct expr *body = p->equations.at[i]->body;
		int n;
		struct expr **nodes = expr_nodes(p, body, &n);
		for (int k = 0; k < n; k++) {
			if (nodes[k]->op != OP_CALL || !nodes[k]->function->transcendental) continue;
			alone += nodes[k] == body;
			cr_expect_eq(nodes[k], body, "%s is inside of %s", nodes[k]->function->name, p->equations.at[i]->tensor->name);
		}
	}
	cr_expect_eq(alone, 2);
	compile_free(&c);
}
