/* test_emit.c - C expressions (emit/value.c) and functions (emit/kernel.c): brackets by precedence, fused operations by their kind, the
 * equation above each function, one function for equal kernels.  tests/suites/bits.sh has what they compute. */
#include "core/function.h"
#include "oracle.h"

static struct arena arena;
static struct program *p;
static struct emission e;
static struct plan plan;
static struct kernel kernel;
static struct tensor *x, *s;
static struct index *n, *i, *j;
static struct expr *a, *b, *c;

static struct expr *
scalar(const char *name, enum role role)
{
	return read_at(p, tensor_new(p, name, role, 0, NULL), NULL);
}

static void
enter(void)
{
	p = program_new(&arena);
	c = scalar("c", ROLE_PARAM);
	b = scalar("b", ROLE_PARAM);
	a = scalar("a", ROLE_PARAM);
	n = index_batch(p, "n");
	i = index_new(p, "i", 6);
	j = index_new(p, "j", 4);
	x = tensor_new(p, "x", ROLE_INPUT, 3, (long[]){0, 6, 4});
	x->batch = true;
	s = tensor_new(p, "s", ROLE_INPUT, 1, (long[]){0});
	s->batch = s->integer = true;
	s->high = 5;
	e = (struct emission){.arena = &arena, .members = {.arena = &arena}, .functions = {.arena = &arena}};
	plan = (struct plan){.program = p, .place = NEW_ARRAY(&arena, 64, struct slot)};
	kernel = (struct kernel){.kind = KERNEL_LANES};
}

static void
leave(void)
{
	arena_free(&arena);
}

TestSuite(emit, .init = enter, .fini = leave);

static struct writer
writer_of(enum lanes_are lanes)
{
	struct c_names *names = NEW(&arena, struct c_names);
	names->arena = &arena;
	return (struct writer){.e = &e, .plan = &plan, .kernel = &kernel, .lanes = lanes, .sample = "n", .part = "0", .indent = 1, .names = names,
			       .operands = NEW(&arena, struct operand_list), .body = {.arena = &arena}};
}

/* the text with the names of tensors where the writer has left marks for what it reads: \1 number \2 */
static const char *
with_names(const struct writer *w, const char *text)
{
	struct text t = {.arena = &arena};
	while (*text) {
		if (*text != 1) {
			text_bytes(&t, text++, 1);
			continue;
		}
		char *end;
		text_add(&t, "%s", w->operands->at[strtol(text + 1, &end, 10)].tensor->name);
		cr_assert_eq(*end, 2);
		text = end + 1;
	}
	return text_end(&t);
}

static void
is(enum lanes_are lanes, struct expr *body, const char *expected)
{
	struct writer w = writer_of(lanes);
	bind_index(&w, i, "i");
	bind_index(&w, j, "j");
	bind_index(&w, n, "n");
	struct lowered l = lower_equation(p, &(struct equation){.body = body});
	cr_expect_str_eq(with_names(&w, write_value(&w, &l).text), expected);
}

static struct expr *
x_at(struct expr *first, struct expr *second)
{
	return read_of(p, x, 3, (struct expr *[]){index_of(p, n), first, second});
}

Test(emit, one_number_at_a_time)
{
	is(NO_LANES, add(p, a, b), "a[0] + b[0]");
	is(NO_LANES, mul(p, add(p, a, b), c), "(a[0] + b[0]) * c[0]");
	is(NO_LANES, divide(p, a, mul(p, b, c)), "a[0] / (b[0] * c[0])");
	is(NO_LANES, divide(p, mul(p, a, b), c), "a[0] * b[0] / c[0]");
	is(NO_LANES, add(p, a, mul(p, b, c)), "smadd(b[0], c[0], a[0])");
	is(NO_LANES, sub(p, a, b), "a[0] - b[0]");
	is(NO_LANES, scale(p, -1, mul(p, a, b)), "-(a[0] * b[0])");
	is(NO_LANES, scale(p, 2, a), "2.0f * a[0]");
	is(NO_LANES, power_of(p, a, 0.5), "ssqrt(a[0])");
	is(NO_LANES, choose(p, less(p, number(p, 0), a), b, c), "(a[0] > 0.0f ? b[0] : c[0])");
	is(NO_LANES, choose(p, at_least_0(p, sub(p, index_of(p, i), index_of(p, j))), a, number(p, 0)), "(i >= j ? a[0] : 0.0f)");
	is(NO_LANES, mul(p, a, index_of(p, i)), "a[0] * (real)i");
	is(NO_LANES, call(p, function_named("exp"), a), "nn_exp(all(a[0]))[0]");
	e.f64 = true;
	is(NO_LANES, scale(p, 2, a), "2.0 * a[0]");
}

Test(emit, vectors_of_samples)
{
	struct expr *v = x_at(index_of(p, i), index_of(p, j));
	is(LANES_ARE_SAMPLES, v, "load(&x[4 * i + j][n])");
	is(LANES_ARE_SAMPLES, add(p, v, a), "load(&x[4 * i + j][n]) + a[0]");
	is(LANES_ARE_SAMPLES, add(p, a, mul(p, b, v)), "madd(b[0], load(&x[4 * i + j][n]), all(a[0]))");
	is(LANES_ARE_SAMPLES, call(p, function_named("tanh"), v), "nn_tanh(load(&x[4 * i + j][n]))");
	is(LANES_ARE_SAMPLES, choose(p, less(p, number(p, 0), v), v, number(p, 0)), "pick(load(&x[4 * i + j][n]) > all(0), load(&x[4 * i + j][n]), all(0))");
	is(LANES_ARE_SAMPLES, choose(p, less(p, a, b), v, number(p, 0)), "(a[0] < b[0] ? load(&x[4 * i + j][n]) : all(0))");
	is(LANES_ARE_SAMPLES, x_at(read_at(p, s, &n), index_of(p, j)), "gather(&x[0][n], (all_ints(4) * load_ints(&s[0][n]) + all_ints(j)) * PANEL + lane_index())");
	is(LANES_ARE_SAMPLES, choose(p, equal(p, read_at(p, s, &n), index_of(p, i)), a, b), "pick(load_ints(&s[0][n]) == all_ints(i), all(a[0]), all(b[0]))");
}

/* whole numbers: what is negative somewhere is divided down, what is not with the operator of C */
Test(emit, subscripts)
{
	is(LANES_ARE_SAMPLES, x_at(floor_div(p, index_of(p, i), 2), floor_mod(p, index_of(p, i), 4)), "load(&x[4 * (i / 2) + i % 4][n])");
	is(LANES_ARE_SAMPLES, x_at(sub(p, number(p, 5), index_of(p, i)), number(p, 3)), "load(&x[23 - 4 * i][n])");
	is(NO_LANES, mul(p, a, floor_div(p, sub(p, index_of(p, i), index_of(p, j)), 3)), "a[0] * (real)nn_floor_div(i - j, 3)");
}

/* a value that stands twice is computed once */
Test(emit, shared_values_get_a_variable)
{
	struct writer w = writer_of(NO_LANES);
	struct expr *shared = call(p, function_named("exp"), a);
	struct lowered l = lower_equation(p, &(struct equation){.body = divide(p, shared, add(p, shared, b))});
	const char *text = write_value(&w, &l).text;
	cr_expect_str_eq(with_names(&w, text), "t1 / (t1 + b[0])");
	cr_expect_str_eq(with_names(&w, text_end(&w.body)), "\tconst real t1 = nn_exp(all(a[0]))[0];\n");
}

/* ---- functions -------------------------------------------------------------------------------------------------------------------------- */

static const char *
model_text(struct compilation *k, const char *statements)
{
	char text[2048];
	snprintf(text, sizeof text, "model M {\n%s\n}\n", statements);
	struct model *m = model_after(k, text, NULL);
	cr_assert(m && k->built.n == 1, "%s: %s", text, first_message(k));
	for (int f = 0; f < k->built.at[0].files.n; f++)
		if (!strcmp(k->built.at[0].files.at[f].name, "m.c")) return k->built.at[0].files.at[f].text;
	cr_assert_fail("there is no m.c");
	return "";
}

static int
count(const char *text, const char *word)
{
	int number_ = 0;
	for (const char *at = text; (at = strstr(at, word)); at++) number_++;
	return number_;
}

Test(emit, the_equation_stands_above)
{
	struct compilation k;
	const char *text = model_text(&k, "input x: [7]\n param W: [5, 7] ~ normal\n y[j] = sum(i) W[j,i] * x[i]\n h = relu(y)\n loss = sum(h^2)");
	cr_expect(strstr(text, "y[n,j] = sum(i) W[j,i] * x[n,i]"), "%s", text);
	cr_expect(strstr(text, "test.nn:4"), "the line of the model");
	compile_free(&k);
}

/* ten equal layers: no more functions than two, no matter how deep */
Test(emit, equal_kernels_share_a_function)
{
	struct compilation two, ten;
	const char *shallow = model_text(&two, "input x: [8]\n h = x\n repeat 3 { h = h -> Dense(8) -> tanh }\n loss = sum(h^2)");
	int functions = count(shallow, "\nstatic void\n") + count(shallow, "\nINLINE void\n");
	const char *deep = model_text(&ten, "input x: [8]\n h = x\n repeat 4 { h = h -> Dense(8) -> tanh }\n loss = sum(h^2)");
	int more = count(deep, "\nstatic void\n") + count(deep, "\nINLINE void\n");
	cr_expect_gt(functions, 5);
	cr_expect_leq(more, functions + 8, "%d functions for three layers, %d for four", functions, more);
	compile_free(&two);
	compile_free(&ten);
}

/* a way to call kernels that is only gone behind a condition is there, too */
Test(emit, ways_behind_conditions)
{
	struct compilation k;
	const char *text = model_text(&k, "input x: [7]\n param w: [7] = 0.5\n h = w -> Dense(4) -> LayerNorm(eps=0.1)\n y[i,j] = x[i] * h[j]\n loss = mean((x * w)^2) + mean(tanh(y)^2)");
	cr_expect(strstr(text, "if (!m->more) run_at(m, "), "%s", text);
	cr_expect_null(strstr(text, "\trun_at(m, "), "the test needs a model that has it nowhere else");
	cr_expect(strstr(text, "\nrun_at(const "));
	compile_free(&k);
}

/* nothing that a person would not write; offsets in a table may be 0 */
Test(emit, no_idle_arithmetic)
{
	struct compilation k;
	const char *text = model_text(&k, "input x: [1, 7]\n target t: 0..2\n y = flatten(x) -> Dense(5) -> relu -> Dense(3)\n loss = cross_entropy(y, t)\n output p = softmax(y)");
	static const char *const idle[] = {" * 1;", " * 1)", " * 1 ", " + 0;", " + 0)", " 0 * ", "[0 + ", "+ -", "- -", " * 1.0f"};
	for (const char *line = text, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		char *copy = arena_text(&arena, line, (size_t)(end - line));
		if (strstr(copy, "HEADER +") || strstr(copy, "workspace +") || strstr(copy, "params +") || strstr(copy, "so_far +")) continue;
		for (int w = 0; w < LENGTH(idle); w++) cr_expect(!strstr(copy, idle[w]), "`%s` in %s", idle[w], copy);
	}
	compile_free(&k);
}
