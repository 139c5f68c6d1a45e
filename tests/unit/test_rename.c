/* test_rename.c - other names (core/rename.c): expressions that differ in their indices or tensors only, and what a renaming makes of them. */
#include "core/expr_node.h"
#include "core/print.h"
#include "oracle.h"

struct names {
	struct arena arena;
	struct program *p;
	struct index *i, *j, *k, *l;
	struct tensor *a, *b, *c, *d, *wide;
};

static void
make_names(struct names *s)
{
	*s = (struct names){0};
	struct program *p = s->p = program_new(&s->arena);
	const long shape[] = {4, 4}, wide[] = {4, 5};
	s->i = index_new(p, "i", 4);
	s->j = index_new(p, "j", 4);
	s->k = index_new(p, "k", 4);
	s->l = index_new(p, "l", 4);
	s->a = tensor_new(p, "a", ROLE_VALUE, 2, shape);
	s->b = tensor_new(p, "b", ROLE_VALUE, 2, shape);
	s->c = tensor_new(p, "c", ROLE_VALUE, 2, shape);
	s->d = tensor_new(p, "d", ROLE_VALUE, 2, shape);
	s->wide = tensor_new(p, "wide", ROLE_VALUE, 2, wide);
}

static struct expr *
at(struct names *s, struct tensor *t, struct index *i, struct index *j)
{
	return read_at(s->p, t, (struct index *[]){i, j});
}

/* a[i,j] * (b[j,i] + 2) - i + 3*j, if i == j */
static struct expr *
example(struct names *s, struct tensor *a, struct tensor *b, struct index *i, struct index *j)
{
	struct program *p = s->p;
	struct expr *x = index_of(p, i), *y = index_of(p, j);
	struct expr *e = add(p, mul(p, at(s, a, i, j), add(p, at(s, b, j, i), number(p, 2))), sub(p, scale(p, 3, y), x));
	return choose(p, equal(p, x, y), e, number(p, 0));
}

Test(rename, indices)
{
	struct names s;
	make_names(&s);
	struct program *p = s.p;
	struct index *from[] = {s.i, s.j}, *into[] = {s.k, s.l}, *crossed[] = {s.l, s.k};
	struct expr *e = example(&s, s.a, s.b, s.i, s.j), *f = example(&s, s.a, s.b, s.k, s.l);
	cr_expect(same_but_indices(p, e, f, 2, from, into));
	cr_expect(same_but_indices(p, f, e, 2, into, from));
	cr_expect(!same_but_indices(p, e, f, 2, from, crossed));
	cr_expect(same_but_indices(p, e, e, 2, from, from));
	cr_expect(!same_but_indices(p, e, e, 2, from, (struct index *[]){s.j, s.i}), "a[i,j] is not a[j,i]");
	cr_expect(!same_but_indices(p, e, example(&s, s.b, s.a, s.k, s.l), 2, from, into), "over other tensors");
	/* terms that nothing but their indices tells apart stand as they were made */
	struct expr *x = add(p, at(&s, s.a, s.i, s.j), at(&s, s.a, s.j, s.i)), *y = add(p, at(&s, s.a, s.l, s.k), at(&s, s.a, s.k, s.l));
	cr_expect(same_but_indices(p, x, y, 2, from, into));
	struct expr *z = add(p, at(&s, s.a, s.l, s.l), at(&s, s.a, s.k, s.l));
	cr_expect(!same_but_indices(p, x, z, 2, from, into));
	/* i == j and l == k */
	cr_expect(same_but_indices(p, equal(p, index_of(p, s.i), index_of(p, s.j)), equal(p, index_of(p, s.l), index_of(p, s.k)), 2, from, into));
	arena_free(&s.arena);
}

Test(rename, tensors)
{
	struct names s;
	make_names(&s);
	struct program *p = s.p;
	struct matching m;
	struct expr *e = example(&s, s.a, s.b, s.i, s.j), *f = example(&s, s.c, s.d, s.i, s.j);
	matching_start(&m, p);
	cr_assert(match_exprs(&m, e, f));
	struct renaming r = matching_end(&m);
	cr_expect_eq(r.pairs, 2);
	cr_expect_eq(renamed_tensor(&r, s.a), s.c);
	cr_expect_eq(renamed_tensor(&r, s.b), s.d);
	cr_expect_eq(renamed_tensor(&r, s.wide), s.wide);
	cr_expect_eq(rename_tensors(p, e, &r), f, "hash-consed: the very node");
	cr_expect_eq(rename_tensors(p, mul(p, e, e), &r), mul(p, f, f));
	arena_free(&s.arena);
}

/* no renaming makes the second of the first */
Test(rename, different)
{
	struct names s;
	make_names(&s);
	struct program *p = s.p;
	struct expr *e = example(&s, s.a, s.b, s.i, s.j), *others[] = {
		example(&s, s.c, s.d, s.k, s.l),                                         /* other indices */
		example(&s, s.d, s.c, s.i, s.j),                                         /* the younger one is the other */
		example(&s, s.c, s.c, s.i, s.j),                                         /* two become one */
		example(&s, s.c, s.wide, s.i, s.j),                                      /* another shape */
		add(p, example(&s, s.c, s.d, s.i, s.j), number(p, 1)),                   /* another structure */
	};
	for (int k = 0; k < LENGTH(others); k++) {
		struct matching m;
		matching_start(&m, p);
		cr_expect(!match_exprs(&m, e, others[k]), "%d", k);
		matching_end(&m);
	}
	arena_free(&s.arena);
}

/* where two tensors become one, terms are collected */
Test(rename, merged)
{
	struct names s;
	make_names(&s);
	struct program *p = s.p;
	struct expr *e = add(p, at(&s, s.a, s.i, s.j), at(&s, s.b, s.i, s.j));
	struct tensor *from[] = {s.a, s.b}, *into[] = {s.c, s.c};
	struct renaming r = {.pairs = 2, .from = from, .into = into, .merged = true};
	cr_expect_eq(rename_tensors(p, e, &r), scale(p, 2, at(&s, s.c, s.i, s.j)));
	struct tensor *to[] = {s.c, s.d};
	cr_expect_eq(rename_tensors(p, e, &(struct renaming){.first = s.a->id, .n = 2, .to = to}), add(p, at(&s, s.c, s.i, s.j), at(&s, s.d, s.i, s.j)));
	arena_free(&s.arena);
}

Test(rename, table)
{
	struct names s;
	make_names(&s);
	struct program *p = s.p;
	struct form_table t = {0};
	struct matching m;
	struct renaming r;
	struct expr *e = example(&s, s.a, s.b, s.i, s.j), *f = example(&s, s.c, s.d, s.i, s.j), *g = example(&s, s.c, s.d, s.k, s.l);
	cr_expect_null(find_alike(p, &t, e, &m, &r));
	cr_expect_eq(find_alike(p, &t, f, &m, &r), e);
	cr_expect_eq(rename_tensors(p, e, &r), f);
	cr_expect_null(find_alike(p, &t, g, &m, &r));
	cr_expect_eq(find_alike(p, &t, g, &m, &r), g);
	for (int k = 0; k < 200; k++) cr_expect_null(find_alike(p, &t, add(p, e, number(p, k + 1)), &m, &r)); /* it grows */
	cr_expect_eq(find_alike(p, &t, add(p, f, number(p, 77)), &m, &r), add(p, e, number(p, 77)));
	arena_free(&s.arena);
}
