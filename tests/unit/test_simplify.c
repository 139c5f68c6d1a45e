/* test_simplify.c - derivatives simplified: the forms that design and documentation promise, values as before, what is asked for kept, and
 * nothing left to do. */
#include "core/function.h"
#include "derive/derive.h"
#include "oracle.h"

#include <math.h>

enum { SAMPLES = 3 };

static const char *const models[] = {
	"input x: [2]\n target t: 0..1\n param w: [2] = 0\n param b: real = 0\n z = sum(i) w[i]*x[i] + b\n loss = binary_cross_entropy(z, t)\n output p = sigmoid(z)",
	"input x: [4]\n target t: 0..2\n y = x -> Dense(5) -> tanh -> Dense(3)\n loss = cross_entropy(y, t)\n metric acc = accuracy(y, t)",
	"input x: [4]\n target t: [2]\n y = x -> Dense(2)\n loss = mse(y, t) + 0.1 * l2(weights)",
	"input x: [2, 6]\n param W: [3, 2, 3] ~ he_normal\n y[f,i] = sum(a,u) W[f,a,u] * x[a,i+u]\n loss = sum(relu(y)^2)",
	"input x: [3, 4]\n a = softmax(x)\n y = a -> Dense(2)\n loss = sum(y^2)",
	"input s: [5] of 0..6\n param E: [7, 3] ~ normal\n y[t,k] = E[s[t],k]\n loss = sum(sigmoid(y))",
	"input x: [4]\n h = x -> Dense(4) -> sigmoid\n m = mean(h)\n y = (h - m) / sqrt(sum(h^2) + 1)\n loss = max(y) + prod(y)",
};

static struct program *
derived(struct compilation *c, int i)
{
	char text[2048];
	snprintf(text, sizeof text, "model M {\n%s\n}\n", models[i]);
	struct model *m = model_after(c, text, "derive");
	cr_assert(m, "%s: %s", text, first_message(c));
	return m->train;
}

static struct world *
run(struct program *p)
{
	struct world *w = world_new(p, &arithmetic_f64_fused, SAMPLES);
	for (int i = 0; i < p->tensors.n; i++) {
		const struct tensor *t = p->tensors.at[i];
		struct random r = {0};
		for (const char *s = t->name; *s; s++) r.state = 31 * r.state + (unsigned char)*s;
		if (t->role != ROLE_INPUT && t->role != ROLE_TARGET && t->role != ROLE_PARAM) continue;
		for (long k = 0; k < world_count(w, t); k++) world_tensor(w, t)[k] = t->integer ? (double)random_in(&r, t->low, t->high) : random_real(&r);
	}
	interpret(w);
	return w;
}

static int
cost(struct program *p)
{
	int sum = 0;
	for (int i = 0; i < p->equations.n; i++) sum += expr_cost(p, p->equations.at[i]->body);
	return sum;
}

Test(simplify, values_stay_and_costs_fall)
{
	for (int i = 0; i < LENGTH(models); i++) {
		struct compilation a, b;
		struct program *p = derived(&a, i), *q = derived(&b, i);
		int before = cost(q), count = q->equations.n;
		simplify(q);
		cr_expect_leq(cost(q), before, "%s", models[i]);
		cr_expect_leq(q->equations.n, count, "%s", models[i]);
		struct world *v = run(p), *w = run(q);
		cr_assert_eq(q->gradients.n, p->gradients.n);
		for (int g = 0; g < p->gradients.n; g++) {
			struct tensor *s = p->gradients.at[g].gradient, *t = q->gradients.at[g].gradient;
			for (long k = 0; k < world_count(v, s); k++) {
				double x = world_tensor(v, s)[k], y = world_tensor(w, t)[k];
				cr_expect(fabs(x - y) <= 1e-10 * fmax(1, fabs(x)), "%s: %s[%ld] is %.15g, not %.15g", models[i], s->name, k, y, x);
			}
		}
		compile_free(&a);
		compile_free(&b);
	}
}

Test(simplify, what_is_asked_for_is_kept)
{
	for (int i = 0; i < LENGTH(models); i++) {
		struct compilation c;
		struct program *p = derived(&c, i);
		simplify(p);
		cr_expect(equation_of(p, p->loss));
		for (int k = 0; k < p->metrics.n; k++) cr_expect(equation_of(p, p->metrics.at[k]));
		for (int k = 0; k < p->gradients.n; k++) cr_expect(equation_of(p, p->gradients.at[k].gradient));
		compile_free(&c);
	}
}

/* what comes out is a fixed point */
Test(simplify, a_second_time_changes_nothing)
{
	for (int i = 0; i < LENGTH(models); i++) {
		struct compilation c;
		struct program *p = derived(&c, i);
		simplify(p);
		const char *once = equations_text(p);
		simplify(p);
		cr_expect_str_eq(equations_text(p), once);
		compile_free(&c);
	}
}

/* no two equations have the same right side */
Test(simplify, equal_right_sides_are_merged)
{
	for (int i = 0; i < LENGTH(models); i++) {
		struct compilation c;
		struct program *p = derived(&c, i);
		simplify(p);
		for (int a = 0; a < p->equations.n; a++)
			for (int b = 0; b < a; b++) {
				const char *x = strchr(equation_text(p, p->equations.at[a], (struct print_style){0}), '='), *y = strchr(equation_text(p, p->equations.at[b], (struct print_style){0}), '=');
				bool same_space = p->equations.at[a]->lhs_count == p->equations.at[b]->lhs_count;
				cr_expect(!same_space || strcmp(x, y), "%s: %s and %s are both %s", models[i], p->equations.at[a]->tensor->name, p->equations.at[b]->tensor->name, x);
			}
		compile_free(&c);
	}
}

static struct expr *
body_of(struct program *p, const char *name)
{
	struct tensor *t = tensor_named(p, name);
	return t && equation_of(p, t) ? equation_of(p, t)->body : NULL;
}

/* the gradient of the scores is p - t, whatever the loss was written with */
Test(simplify, scores)
{
	struct compilation c;
	struct program *p = derived(&c, 0);
	simplify(p);
	struct expr *dz = body_of(p, "dz");
	cr_assert(dz, "%s", equations_text(p));
	cr_expect_str_eq(expr_text(p, dz, (struct print_style){.sample = true}), "sigmoid(z) - t");
	cr_expect_eq(p->gradients.n, 2);
	compile_free(&c);
	p = derived(&c, 1);
	simplify(p);
	struct expr *dy = body_of(p, "Dense2.dy");
	cr_assert(dy, "%s", equations_text(p));
	for (int i = 0; i < p->equations.n; i++) { /* exponentials of the forward pass only */
		int n;
		struct expr **nodes = expr_nodes(p, p->equations.at[i]->body, &n);
		for (int k = 0; k < n; k++)
			cr_expect(p->equations.at[i]->tensor->role != ROLE_ADJOINT || nodes[k]->op != OP_CALL, "%s computes %s again", p->equations.at[i]->tensor->name, nodes[k]->op == OP_CALL ? nodes[k]->function->name : "");
	}
	compile_free(&c);
}

/* activations whose derivatives read the adjoint behind them twice, one after the other: what is written stays in proportion to their number */
Test(simplify, long_chains)
{
	double written[2];
	for (int i = 0; i < 2; i++) {
		struct compilation c;
		struct text t = {.arena = &(struct arena){0}};
		text_add(&t, "model M {\n input x: [4]\n y = x -> Dense(4)");
		for (int k = 0; k < 10 << i; k++) text_add(&t, " -> leaky_relu -> elu");
		text_add(&t, "\n loss = sum(y^2)\n}\n");
		struct model *m = model_after(&c, text_end(&t), "simplify");
		cr_assert(m, "%s", first_message(&c));
		written[i] = (double)strlen(equations_text(m->train));
		compile_free(&c);
		arena_free(t.arena);
	}
	cr_expect_lt(written[1], 2.5 * written[0], "%g characters, %g for twice as many", written[0], written[1]);
}
