/* test_equation.c - tensors and equations: names, value numbering, what depends on what. */
#include "oracle.h"

static struct arena arena;
static struct program *p;
static const struct span nowhere;

static void
enter(void)
{
	p = program_new(&arena);
}

static void
leave(void)
{
	arena_free(&arena);
}

TestSuite(equation, .init = enter, .fini = leave);

static struct tensor *
vector(const char *name, enum role role, long size)
{
	return tensor_new(p, name, role, 1, &size);
}

static struct expr *
at(struct tensor *t, struct index *i)
{
	return read_at(p, t, &i);
}

/* name[i] = factor * from[i] */
static struct tensor *
scaled(const char *name, struct tensor *from, double factor)
{
	struct index *i = index_new(p, "i", from->shape[0]);
	return define(p, name, 1, &i, MAP, 0, NULL, scale(p, factor, at(from, i)), ROLE_VALUE, nowhere);
}

Test(equation, names_are_unique)
{
	char name[32];
	for (int n = 0; n < 1000; n++) vector("x", ROLE_VALUE, 2);
	vector("x_5", ROLE_VALUE, 2);
	vector("x_2000", ROLE_VALUE, 2);
	for (int a = 0; a < p->tensors.n; a++) {
		cr_assert_eq(p->tensors.at[a]->id, a);
		for (int b = 0; b < a; b++) cr_assert_str_neq(p->tensors.at[a]->name, p->tensors.at[b]->name);
	}
	cr_expect_str_eq(p->tensors.at[0]->name, "x");
	snprintf(name, sizeof name, "x_%d", 2);
	cr_expect_str_eq(p->tensors.at[1]->name, name);
	tensor_rename(p, p->tensors.at[3], "y");
	cr_expect_str_eq(p->tensors.at[3]->name, "y");
	tensor_rename(p, p->tensors.at[4], "y");
	cr_expect_str_neq(p->tensors.at[4]->name, "y");
}

Test(equation, sizes_are_counted_with_care)
{
	long most = 1L << 31, shape[] = {most, most, most};
	cr_expect_eq(tensor_count(tensor_new(p, "a", ROLE_VALUE, 0, NULL)), 1);
	cr_expect_eq(tensor_count(tensor_new(p, "b", ROLE_VALUE, 3, (long[]){2, 3, 4})), 24);
	cr_expect_eq(tensor_count(tensor_new(p, "c", ROLE_VALUE, 3, shape)), 0, "it does not fit into a long");
	struct tensor *batch = tensor_new(p, "d", ROLE_INPUT, 3, (long[]){0, 3, 4});
	batch->batch = true;
	cr_expect_eq(tensor_count(batch), 12, "of one sample");
}

/* equal up to the names of indices is equal; another size, order or reduction is not */
Test(equation, equal_right_sides_are_one_tensor)
{
	struct index *i = index_new(p, "i", 3), *j = index_new(p, "j", 3), *k = index_new(p, "k", 4);
	struct tensor *A = tensor_new(p, "A", ROLE_PARAM, 2, (long[]){3, 3}), *B = tensor_new(p, "B", ROLE_PARAM, 2, (long[]){3, 4});
	struct expr *ij = read_at(p, A, (struct index *[]){i, j}), *ji = read_at(p, A, (struct index *[]){j, i});
	struct tensor *s = define(p, "s", 1, &i, SUM, 1, &j, ij, ROLE_VALUE, nowhere);
	cr_expect_eq(define(p, "t", 1, &j, SUM, 1, &i, ji, ROLE_VALUE, nowhere), s, "names of indices do not count");
	cr_expect_eq(defined_as(p, 1, &j, SUM, 1, &i, ji), s);
	cr_expect_null(defined_as(p, 1, &i, SUM, 1, &j, ji), "the sum over the other axis");
	cr_expect_null(defined_as(p, 1, &i, MAX, 1, &j, ij), "another reduction");
	cr_expect_null(defined_as(p, 1, &i, SUM, 1, &k, read_at(p, B, (struct index *[]){i, k})), "another tensor");
	cr_expect_eq(p->equations.n, 1);
}

Test(equation, what_defines_a_tensor_says_what_it_holds)
{
	struct index *i = index_new(p, "i", 3), *n = index_batch(p, "n");
	struct tensor *x = tensor_new(p, "x", ROLE_INPUT, 2, (long[]){0, 3});
	x->batch = true;
	struct expr *read = read_at(p, x, (struct index *[]){n, i});
	struct tensor *place = define(p, "place", 1, &n, ARGMAX, 1, &i, read, ROLE_VALUE, nowhere);
	cr_expect(place->batch && place->integer && place->low == 0 && place->high == 2, "a position");
	struct tensor *whole = define(p, "whole", 1, &i, MAP, 0, NULL, sub(p, scale(p, 2, index_of(p, i)), number(p, 1)), ROLE_VALUE, nowhere);
	cr_expect(!whole->batch && whole->integer && whole->low == -1 && whole->high == 3);
	struct tensor *sum = define(p, "sum", 1, &n, SUM, 1, &i, index_of(p, i), ROLE_VALUE, nowhere);
	cr_expect_not(sum->integer, "a sum of whole numbers is a real: nothing bounds it");
	struct tensor *largest = define(p, "largest", 1, &n, MAX, 1, &i, read, ROLE_VALUE, nowhere);
	cr_expect_not(largest->integer);
	cr_expect_eq(equation_of(p, largest)->reduction, MAX);
	cr_expect_null(equation_of(p, x));
	cr_expect_eq(equation_table(p)[largest->id], equation_of(p, largest));
	cr_expect_null(equation_table(p)[x->id]);
}

Test(equation, elements_that_are_summed)
{
	struct index *bound[] = {index_new(p, "i", 3), index_batch(p, "n"), index_new(p, "j", 5)};
	bool batch;
	cr_expect_eq(bound_elements(&(struct equation){.bound_count = 3, .bound = bound}, &batch), 15.0);
	cr_expect(batch);
	cr_expect_eq(bound_elements(&(struct equation){.bound_count = 1, .bound = bound}, &batch), 3.0);
	cr_expect_not(batch);
}

Test(equation, what_nothing_asks_for_goes)
{
	struct tensor *x = vector("x", ROLE_INPUT, 4), *a = scaled("a", x, 2), *b = scaled("b", a, 3), *c = scaled("c", a, 5), *d = scaled("d", x, 7), *e = scaled("e", c, 11);
	p->loss = b;
	PUSH(&arena, &p->updates, (struct update){x, d});
	remove_dead(p);
	cr_expect_eq(p->equations.n, 3);
	for (int i = 0; i < p->equations.n; i++) {
		const struct tensor *t = p->equations.at[i]->tensor;
		cr_expect(t == a || t == b || t == d, "%s is left", t->name);
	}
	cr_expect_neq(scaled("c", a, 5), c, "nobody finds what is gone");
	(void)e;
}

Test(equation, an_order_in_which_all_is_there_before_it_is_read)
{
	struct tensor *t[50], *x = vector("x", ROLE_INPUT, 4);
	struct random r = {3};
	for (int i = 0; i < 50; i++) t[i] = scaled("t", i ? t[random_in(&r, 0, i - 1)] : x, i + 2);
	for (int i = p->equations.n - 1; i > 0; i--) { /* shuffled */
		int k = (int)random_in(&r, 0, i);
		struct equation *swap = p->equations.at[i];
		p->equations.at[i] = p->equations.at[k];
		p->equations.at[k] = swap;
	}
	cr_assert(order_equations(p));
	cr_assert_eq(p->equations.n, 50);
	char done[64] = {0};
	for (int i = 0; i < p->equations.n; i++) {
		int n;
		struct expr **reads = expr_reads(p, p->equations.at[i]->body, &n);
		for (int k = 0; k < n; k++) cr_assert(reads[k]->tensor == x || done[reads[k]->tensor->id]);
		done[p->equations.at[i]->tensor->id] = 1;
	}
}

Test(equation, a_cycle_has_no_order)
{
	struct index *i = index_new(p, "i", 4);
	struct tensor *a = vector("a", ROLE_VALUE, 4), *b = scaled("b", a, 2);
	equation_new(p, a, 1, &i, MAP, 0, NULL, at(b, i), nowhere);
	cr_expect_not(order_equations(p));
}
