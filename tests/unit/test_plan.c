/* test_plan.c - kernels: each value is there before it is read, a parameter is changed after its last read, the roles of indices decide and
 * not how an equation is spelled. */
#include "oracle.h"

/* ---- what holds for every plan ---------------------------------------------------------------------------------------------------------- */

static bool
is_given(const struct tensor *t)
{
	return t->role != ROLE_VALUE && t->role != ROLE_ADJOINT;
}

static bool
has_place(const struct plan *plan, const struct tensor *t)
{
	enum storage s = plan->place[t->id].storage;
	return s == IN_PANELS || s == IN_PLAIN || s == CALLERS_ROWS || s == IN_MODEL || s == COMPUTED;
}

/* the reads of kernel k, whose equations so far are in `maker` (by tensor id: its kernel + 1) */
static void
check_reads(const char *path, const struct plan *plan, int k, const struct equation *q, const int *maker)
{
	int n;
	struct expr **reads = expr_reads(plan->program, q->body, &n);
	for (int r = 0; r < n; r++) {
		const struct tensor *t = plan_root(plan, reads[r]->tensor);
		if (is_given(t)) continue;
		cr_assert(maker[t->id], "%s, %s: kernel %d reads %s before it is made", path, plan->entry, k, t->name);
		cr_assert(maker[t->id] == k + 1 || has_place(plan, t), "%s, %s: %s is read by kernel %d and not kept", path, plan->entry, t->name, k);
	}
}

/* kernels in order: what they read was made, and stored where another kernel made it; the kernels of a recurrence read each other */
static void
check_order(const char *path, const struct plan *plan)
{
	struct program *p = plan->program;
	int *maker = NEW_ARRAY(p->arena, p->tensors.n + 1, int);
	for (int k = 0; k < plan->kernels.n; k++) {
		const struct kernel *kernel = plan->kernels.at[k];
		for (int l = k; kernel->loop && l < plan->kernels.n && plan->kernels.at[l]->loop == kernel->loop; l++)
			for (int e = 0; e < plan->kernels.at[l]->equations.n; e++) maker[plan->kernels.at[l]->equations.at[e]->tensor->id] = l + 1;
		for (int e = 0; e < kernel->equations.n; e++) {
			const struct equation *q = kernel->equations.at[e];
			check_reads(path, plan, k, q, maker);
			cr_assert(!maker[q->tensor->id] || kernel->loop, "%s: %s is made twice", path, q->tensor->name);
			maker[q->tensor->id] = k + 1;
		}
	}
	for (int i = 0; i < p->gradients.n && !strcmp(plan->entry, "train"); i++) {
		struct tensor *g = p->gradients.at[i].gradient;
		cr_assert(maker[g->id] || maker[plan_root(plan, g)->id], "%s: the gradient of %s is missing", path, p->gradients.at[i].param->name);
	}
}

static bool
reads_param(struct program *p, const struct kernel *k, const struct tensor *param)
{
	for (int e = 0; e < k->equations.n; e++) {
		int n;
		struct expr **reads = expr_reads(p, k->equations.at[e]->body, &n);
		for (int r = 0; r < n; r++)
			if (reads[r]->tensor == param) return true;
	}
	return false;
}

/* a gradient handed to the update row by row changes its parameter: nothing may read that later */
static void
check_updates(const char *path, const struct plan *plan)
{
	for (int k = 0; k < plan->kernels.n; k++) {
		const struct kernel *kernel = plan->kernels.at[k];
		if (!kernel->direct) continue;
		cr_assert(kernel->gradient && kernel->finished, "%s", path);
		cr_assert_geq(k, plan->forward, "%s: %s changes before the loss is known", path, kernel->gradient->name);
		for (int later = k + 1; later < plan->kernels.n; later++)
			cr_assert(!reads_param(plan->program, plan->kernels.at[later], kernel->gradient), "%s: kernel %d reads %s, which kernel %d has changed", path, later, kernel->gradient->name, k);
	}
}

static void
check_kernel(const char *path, const struct plan *plan, const struct kernel *k)
{
	cr_assert(k->parts >= 0 && k->parts <= 16, "%s: %d parts", path, k->parts);
	if (k->kind == KERNEL_TILE || k->kind == KERNEL_OUTER) cr_assert(k->row && k->left && k->right && k->equations.n, "%s", path);
	if (k->kind == KERNEL_OUTER) cr_assert(k->lane && plan->place[plan_root(plan, k->rows)->id].rows, "%s: the rows of %s are missing", path, k->rows->name);
	if (k->kind == KERNEL_ROWS) cr_assert(k->rows && !k->equations.n, "%s", path);
	if (k->kind == KERNEL_FOLD || k->kind == KERNEL_PLAIN) cr_assert_eq(k->equations.n, 1, "%s", path);
}

static int kinds[KERNEL_PLAIN + 1];

static void
check_model(const char *path, struct compilation *c)
{
	for (int i = 0; i < c->built.n; i++)
		for (int e = 0; e < ENTRIES; e++) {
			const struct plan *plan = c->built.at[i].plans[e];
			if (!plan) continue;
			check_order(path, plan);
			check_updates(path, plan);
			for (int k = 0; k < plan->kernels.n; k++) {
				check_kernel(path, plan, plan->kernels.at[k]);
				kinds[plan->kernels.at[k]->kind]++;
			}
		}
}

Test(plan, every_model)
{
	cr_expect_geq(each_model("tests/compare/models", check_model), 10);
	cr_expect_geq(each_model("examples", check_model), 3);
	for (int k = 0; k < LENGTH(kinds); k++) cr_expect_gt(kinds[k], 0, "no kernel of kind %d", k);
}

/* ---- single models ------------------------------------------------------------------------------------------------------------------------ */

static struct compilation c;

static struct model *
model_of(const char *statements)
{
	char text[2048];
	snprintf(text, sizeof text, "model M {\n%s\n}\n", statements);
	struct model *m = model_after(&c, text, "simplify");
	cr_assert(m, "%s: %s", text, first_message(&c));
	return m;
}

static const struct kernel *
first_of_kind(const struct plan *plan, enum kernel_kind kind)
{
	for (int k = 0; k < plan->kernels.n; k++)
		if (plan->kernels.at[k]->kind == kind) return plan->kernels.at[k];
	return NULL;
}

/* the same layer in other words: other names, W transposed, @, three indices, Dense */
Test(plan, roles_of_indices)
{
	static const char *const spelled[] = {
		"input x: [40]\n param W: [30, 40] ~ normal\n param b: [30] = 0\n y[j] = sum(i) W[j,i] * x[i] + b[j]\n h = relu(y)\n loss = sum(h^2)",
		"input x: [40]\n param Q: [30, 40] ~ normal\n param b: [30] = 0\n y[apple] = sum(pear) x[pear] * Q[apple,pear] + b[apple]\n h = relu(y)\n loss = sum(h^2)",
		"input x: [40]\n param W: [40, 30] ~ normal\n param b: [30] = 0\n y[j] = sum(i) W[i,j] * x[i] + b[j]\n h = relu(y)\n loss = sum(h^2)",
		"input x: [40]\n param W: [30, 40] ~ normal\n param b: [30] = 0\n y = W @ x + b\n h = relu(y)\n loss = sum(h^2)",
		"input x: [5, 8]\n param W: [30, 5, 8] ~ normal\n param b: [30] = 0\n y[j] = sum(a,c) W[j,a,c] * x[a,c] + b[j]\n h = relu(y)\n loss = sum(h^2)",
		"input x: [40]\n h = x -> Dense(30) -> relu\n loss = sum(h^2)",
	};
	for (int i = 0; i < LENGTH(spelled); i++) {
		const struct plan *plan = plan_entry(model_of(spelled[i]), TRAIN, false);
		const struct kernel *tile = first_of_kind(plan, KERNEL_TILE), *outer = first_of_kind(plan, KERNEL_OUTER);
		cr_assert(tile && outer, "%s", spelled[i]);
		cr_expect_eq(tile->row->size, 30, "%s", spelled[i]);
		cr_assert_eq(tile->sum.n, 1, "%s: the axes of x are one in memory", spelled[i]);
		cr_expect_eq(tile->sum.at[0]->size, 40);
		cr_expect_geq(tile->equations.n, 2, "%s: bias and relu belong into the tile's store", spelled[i]);
		cr_expect_eq(outer->row->size * outer->lane->size, 30 * 40, "%s", spelled[i]);
		cr_expect(outer->direct && outer->gradient, "%s: the update takes the rows", spelled[i]);
		cr_expect_eq(plan->flops, 2.0 * (40 * 30 + 40 * 30), "%s: %g", spelled[i], plan->flops);
		compile_free(&c);
	}
}

/* the products of attention are tiles; what has too few rows or terms stays among the maps */
Test(plan, pairs)
{
	const struct plan *plan = plan_entry(model_of("input q: [9, 8]\n input k: [7, 8]\n s[i,j] = sum(c) q[i,c] * k[j,c]\n h = tanh(s)\n loss = sum(h^2)"), EVALUATE, false);
	const struct kernel *k = first_of_kind(plan, KERNEL_PAIR);
	cr_assert(k && k->row && k->column);
	cr_expect(k->row->size == 9 && k->column->size == 7 && k->sum.n == 1 && k->equations.n == 2);
	cr_expect_eq(plan->flops, 2.0 * 9 * 8 * 7);
	compile_free(&c);
	cr_expect_null(first_of_kind(plan_entry(model_of("input q: [3, 8]\n input k: [3, 8]\n s[i,j] = sum(c) q[i,c] * k[j,c]\n loss = sum(s^2)"), EVALUATE, false), KERNEL_PAIR));
	compile_free(&c);
	cr_expect_null(first_of_kind(plan_entry(model_of("input q: [9, 8]\n input k: [9, 8]\n s[i] = sum(c) q[i,c] * k[i,c]\n loss = sum(s^2)"), EVALUATE, false), KERNEL_PAIR));
	compile_free(&c);
}

/* the gradient of a window: its taps are found whatever they are called, and each stretch of the sum has the right ones; what does not slide is no tap */
Test(plan, taps)
{
	static const char *const spelled[] = {
		"input x: [8, 5, 9]\n param W: [6, 8, 3, 3] ~ normal\n y = x -> Conv2d(6, 3, padding=same)\n loss = sum(y^2)",
		"input x: [8, 5, 9]\n param W: [6, 8, 3, 3] ~ normal\n y[o,p in 0..4,q in 0..8] = sum(c,r,s) (if p + r >= 1 and p + r <= 5 and q + s >= 1 and q + s <= 9 then W[o,c,r,s] * x[c,p+r-1,q+s-1] else 0)\n"
		" loss = sum(y^2)",
	};
	static const struct stretch rows[] = {{0, 1, 1, 3}, {1, 4, 0, 3}, {4, 5, 0, 2}}, columns[] = {{0, 1, 1, 3}, {1, 8, 0, 3}, {8, 9, 0, 2}};
	for (int i = 0; i < LENGTH(spelled); i++) {
		const struct kernel *k = first_of_kind(plan_entry(model_of(spelled[i]), TRAIN, false), KERNEL_TAPS);
		cr_assert(k, "%s", spelled[i]);
		cr_expect_eq(k->row->size, 6);
		cr_assert(k->taps.n == 2 && k->taps.at[0]->size == 3 && k->taps.at[1]->size == 3 && k->sum.n == 2);
		for (int s = 0; s < 2; s++) {
			const struct sliding *slide = &k->slides.at[s];
			cr_expect_eq(slide->tap, k->taps.at[s]);
			cr_assert_eq(slide->stretches.n, 3, "%s: %d stretches of sum %d", spelled[i], slide->stretches.n, s);
			cr_expect(!memcmp(slide->stretches.at, s ? columns : rows, sizeof rows), "%s: stretches of sum %d", spelled[i], s);
		}
		compile_free(&c);
	}
	cr_expect_null(first_of_kind(plan_entry(model_of("input x: [5, 4, 4]\n y = x -> Conv2d(6, 1, stride=2)\n loss = sum(y^2)"), TRAIN, false), KERNEL_TAPS));
	compile_free(&c);
}

/* a gradient waits until nothing reads its parameter any more: then each layer's rows go straight to the update */
Test(plan, gradients_wait_for_the_last_read)
{
	const struct plan *plan = plan_entry(model_of("input x: [20]\n h = x -> Dense(30) -> tanh -> Dense(30) -> tanh -> Dense(30)\n loss = sum(h^2)"), TRAIN, false);
	int outer = 0;
	check_updates("three layers", plan);
	for (int k = 0; k < plan->kernels.n; k++) {
		if (plan->kernels.at[k]->kind != KERNEL_OUTER) continue;
		cr_expect(plan->kernels.at[k]->direct, "the gradient of %s is stored", plan->kernels.at[k]->gradient ? plan->kernels.at[k]->gradient->name : "?");
		outer++;
	}
	cr_expect_eq(outer, 3);
	compile_free(&c);
}

/* a gradient that something else needs whole is stored, not handed on; here the parameter is read after its gradient could be finished */
Test(plan, a_parameter_that_is_read_later)
{
	const struct plan *plan = plan_entry(model_of("input x: [8]\n param W: [8, 8] ~ normal\n h = W @ x\n g = W @ tanh(h)\n loss = sum(g^2)"), TRAIN, false);
	check_order("tied weights", plan);
	check_updates("tied weights", plan);
	int finishing = 0;
	for (int k = 0; k < plan->kernels.n; k++) finishing += plan->kernels.at[k]->gradient != NULL;
	cr_expect_eq(finishing, 1, "one kernel finishes the gradient of W");
	compile_free(&c);
}

/* a change of shape is neither computed nor stored, however many axes there are */
Test(plan, views)
{
	const struct plan *plan = plan_entry(model_of("input x: [3, 6, 4, 5]\n h = exp(x)\n f = flatten(h)\n g = reshape(f, [5, 8, 9])\n u = reshape(g, [12, 2, 15])\n"
						      " y[i] = u[i,1,2] * f[i+3]\n loss = sum(y)"), EVALUATE, false);
	for (int k = 0; k < plan->kernels.n; k++)
		for (int e = 0; e < plan->kernels.at[k]->equations.n; e++) {
			const char *name = plan->kernels.at[k]->equations.at[e]->tensor->name;
			cr_expect(*name != 'f' && *name != 'g' && *name != 'u', "%s is computed", name);
		}
	compile_free(&c);
}

/* a single sample has the same kernels, and no lanes beside it; where samples are added up there is no such plan, for evaluate or for predict */
Test(plan, a_single_sample)
{
	struct plan *plans[ENTRIES];
	plan_model(model_of("input x: [4]\n target t: 0..2\n y = x -> Dense(33) -> relu -> Dense(3)\n loss = cross_entropy(y, t)\n output p = softmax(y)"), false, plans);
	for (int one = PREDICT_ONE, of = PREDICT; one < ENTRIES; one++, of++) {
		cr_assert(plans[one]);
		cr_expect(plans[one]->single);
		cr_expect_eq(plans[one]->kernels.n, plans[of]->kernels.n);
		cr_expect_lt(plans[one]->sample_bytes, plans[of]->sample_bytes + 64 * 10, "%g of %g", plans[one]->sample_bytes, plans[of]->sample_bytes);
	}
	compile_free(&c);
	plan_model(model_of("input x: [4]\n y = x -> Dense(3)\n loss = sum(y)"), false, plans);
	cr_expect(!plans[PREDICT_ONE] && !plans[EVALUATE_ONE], "nothing is predicted");
	compile_free(&c);
	plan_model(model_of("input x: [4]\n m[i] = mean(batch) x[i]\n y = x - m\n loss = sum(y^2)\n output y"), false, plans);
	cr_expect(plans[PREDICT] && !plans[PREDICT_ONE] && !plans[EVALUATE_ONE], "a mean over samples");
	compile_free(&c);
}

Test(plan, only_what_an_entry_asks_for)
{
	struct model *m = model_of("input x: [4]\n target t: 0..2\n y = x -> Dense(3)\n loss = cross_entropy(y, t)\n output p = softmax(y)\n metric acc = accuracy(y, t)");
	struct plan *predict = plan_entry(m, PREDICT, false), *evaluate = plan_entry(m, EVALUATE, false), *train = plan_entry(m, TRAIN, false);
	cr_assert(predict && evaluate && train);
	for (int k = 0; k < predict->kernels.n; k++)
		for (int e = 0; e < predict->kernels.at[k]->equations.n; e++) {
			int n;
			struct expr **reads = expr_reads(predict->program, predict->kernels.at[k]->equations.at[e]->body, &n);
			for (int r = 0; r < n; r++) cr_expect_neq(reads[r]->tensor->role, ROLE_TARGET, "predict reads a target");
		}
	cr_expect_eq(train->forward < train->kernels.n, true, "gradients come behind the loss");
	cr_expect_eq(evaluate->forward, evaluate->kernels.n);
	compile_free(&c);
	cr_expect_null(plan_entry(model_of("input x: [4]\n y = x -> Dense(3)\n loss = sum(y)"), PREDICT, false), "no outputs");
	compile_free(&c);
	m = model_of("input x: [4]\n y = x -> Dense(3)\n output y");
	cr_expect_null(plan_entry(m, TRAIN, false), "no loss");
	cr_expect_null(plan_entry(m, EVALUATE, false));
	cr_expect(plan_entry(m, PREDICT, false));
	compile_free(&c);
}

Test(plan, panels)
{
	static const struct { double batch; int width; } expected[] = {{1, 16}, {16, 16}, {17, 32}, {32, 32}, {33, 64}, {128, 64}, {1e9, 64}};
	for (int i = 0; i < LENGTH(expected); i++) cr_expect_eq(panel_width(expected[i].batch), expected[i].width);
}

/* positions inside a sample as one affine form; a look-up is none */
Test(plan, flat_accesses)
{
	struct arena arena = {0};
	struct program *p = program_new(&arena);
	struct index *n = index_batch(p, "n"), *i = index_new(p, "i", 3), *j = index_new(p, "j", 4);
	struct tensor *x = tensor_new(p, "x", ROLE_INPUT, 3, (long[]){0, 5, 7}), *s = tensor_new(p, "s", ROLE_INPUT, 1, (long[]){0});
	x->batch = s->batch = s->integer = true;
	s->high = 4;
	struct expr *at = read_of(p, x, 3, (struct expr *[]){index_of(p, n), add(p, index_of(p, i), number(p, 1)), index_of(p, j)});
	struct affine *f = flat_access(p, NULL, at);
	cr_assert(f);
	cr_expect_eq(affine_expr(p, f), add_all(p, 3, (struct expr *[]){scale(p, 7, index_of(p, i)), index_of(p, j), number(p, 7)}));
	at = read_of(p, x, 3, (struct expr *[]){index_of(p, n), read_at(p, s, &n), index_of(p, j)});
	cr_expect_null(flat_access(p, NULL, at));
	arena_free(&arena);
}
