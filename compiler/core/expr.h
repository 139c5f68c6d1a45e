/* expr.h - expressions: hash-consed nodes in a canonical form.
 *
 * Equal expressions are the same pointer.  The constructors below keep them canonical: sums and products are flat, like terms and powers
 * are collected, whole-number parts are kept affine, guards `if c then x else 0` move outwards.  Derivation and simplification rely
 * on it: most of their cleverness is in a constructor. */
#ifndef NNC_EXPR_H
#define NNC_EXPR_H

#include "core/arena.h"

struct program;
struct function; /* function.h */

/* name, and what it means */
#define OPERATORS(X)                                                                                                                  \
	X(NUMBER)  /* `number`: a constant                                                                                         */ \
	X(BOOL)    /* `number` 0 or 1: a decided condition                                                                         */ \
	X(INDEX)   /* `index`                                                                                                      */ \
	X(READ)    /* `tensor` [kid...]                                                                                            */ \
	X(BATCH)   /* the number of samples, known when running                                                                    */ \
	X(ADD)     /* kid + kid + ...                                                                                              */ \
	X(MUL)     /* kid * kid * ...                                                                                              */ \
	X(POW)     /* kid ^ kid                                                                                                    */ \
	X(DIV)     /* floor(kid / divisor), whole numbers                                                                          */ \
	X(MOD)     /* kid - divisor * floor(kid / divisor)                                                                         */ \
	X(CALL)    /* `function` (kid)                                                                                             */ \
	X(IF)      /* if kid then kid else kid                                                                                     */ \
	X(GE0)     /* whole kid >= 0                                                                                               */ \
	X(EQ0)     /* whole kid == 0                                                                                               */ \
	X(LT)      /* kid < kid                                                                                                    */ \
	X(LE)      /* kid <= kid                                                                                                   */ \
	X(EQ)      /* kid == kid                                                                                                   */ \
	X(AND)     /* kid and kid and ...                                                                                          */ \
	X(NOT)     /* not kid                                                                                                      */

enum op {
#define X(op) OP_##op,
	OPERATORS(X)
#undef X
};

struct index { /* identity, not the name, tells indices apart */
	const char *name;
	long size;  /* runs over 0 .. size - 1; 0: not known yet */
	int id;
	bool batch; /* runs over the samples: its size is known when running */
	struct expr *node;  /* that is this index */
	struct index *inner, *joined; /* with `inner` it was last joined to one index, by plan/roles.c */
};

struct indices { /* a sorted set */
	int n;
	struct index *at[];
};

struct expr_list {
	int n;
	struct expr *at[];
};

struct expr {
	enum op op;
	bool integer;     /* a whole number, whatever the data */
	bool condition;   /* true or false, not a number */
	bool has_read;    /* it mentions a tensor */
	bool has_call;    /* it calls a function */
	bool has_sum;     /* it adds numbers that are not whole */
	bool legal, legal_guarded; /* verify.c found it so: everywhere, behind a condition */
	int n;
	int id;           /* in order of creation */
	uint32_t form;    /* a hash of the structure: the same for what differs only in its tensors */
	uint64_t kinds;   /* of its nodes but indices, a bit for each (kind_of) */
	uint64_t order;   /* the canonical order of terms and factors: a function of the structure alone, whatever its indices are called */
	const struct indices *free; /* the indices that it mentions */
	struct expr_list *nodes, *reads; /* computed when first asked for */
	union { /* the same */
		struct forms *forms;   /* of a number that is no read, by derive/forms.c */
		struct affine *flat;   /* of a read, by plan/roles.c */
		struct expr *negation; /* of a condition */
	};
	union {
		double number;
		struct index *index;
		struct tensor *tensor;
		long divisor;
		const struct function *function;
	};
	struct expr *kid[];
};

/* whole numbers stay exact in a double up to here */
#define WHOLE_MAX 9007199254740992.0

struct interval {
	bool known;
	long low, high;
};

/* ---- leaves ------------------------------------------------------------------------------------------------------------------------ */
struct expr *number(struct program *p, double v);
struct expr *truth(struct program *p, bool v);
struct expr *index_of(struct program *p, struct index *i);
struct expr *batch_size(struct program *p);
struct expr *read_of(struct program *p, struct tensor *t, int n, struct expr *const subscripts[]);
struct expr *read_at(struct program *p, struct tensor *t, struct index *const indices[]); /* as many as the tensor's rank */

/* ---- arithmetic -------------------------------------------------------------------------------------------------------------------- */
struct expr *add_all(struct program *p, int n, struct expr *const terms[]);
struct expr *mul_all(struct program *p, int n, struct expr *const factors[]);
struct expr *add(struct program *p, struct expr *a, struct expr *b);
struct expr *sub(struct program *p, struct expr *a, struct expr *b);
struct expr *mul(struct program *p, struct expr *a, struct expr *b);
struct expr *scale(struct program *p, double c, struct expr *a);
struct expr *divide(struct program *p, struct expr *a, struct expr *b);
struct expr *power(struct program *p, struct expr *a, struct expr *b);
struct expr *power_of(struct program *p, struct expr *a, double exponent);
struct expr *call(struct program *p, const struct function *f, struct expr *x);
struct expr *floor_div(struct program *p, struct expr *a, long k);
struct expr *floor_mod(struct program *p, struct expr *a, long k);
/* are all reads inside their tensors, without the help of a condition? */
bool reads_are_safe(struct program *p, struct expr *e);
bool bare_reads_are_safe(struct program *p, struct expr *e); /* but for those behind a condition of the expression's own */
/* the same number with y % K as y - K * (y / K): forms that are equal for all indices look equal more often */
struct expr *without_rests(struct program *p, struct expr *e);

/* ---- conditions -------------------------------------------------------------------------------------------------------------------- */
struct expr *choose(struct program *p, struct expr *condition, struct expr *yes, struct expr *no);
struct expr *at_least_0(struct program *p, struct expr *whole);
struct expr *less(struct program *p, struct expr *a, struct expr *b);
struct expr *less_equal(struct program *p, struct expr *a, struct expr *b);
struct expr *equal(struct program *p, struct expr *a, struct expr *b);
struct expr *both(struct program *p, struct expr *a, struct expr *b);
struct expr *either(struct program *p, struct expr *a, struct expr *b);
struct expr *negation(struct program *p, struct expr *a);
struct expr *all_of(struct program *p, int n, struct expr *const conditions[]);
/* the conjuncts of a condition: itself, or the kids of an AND */
int conjunct_count(const struct expr *condition);
struct expr *conjunct(struct expr *condition, int i);

/* ---- looking --------------------------------------------------------------------------------------------------------------------------- */
bool is_number(const struct expr *e, double v);
bool mentions(const struct expr *e, const struct index *i);
bool mentions_any(const struct expr *e, struct index *const indices[], int n);
struct interval interval_of(const struct expr *e); /* of a whole-number expression */
/* e = coefficient * rest; rest == NULL for a number */
double coefficient(struct program *p, struct expr *e, struct expr **rest);

struct affine { /* constant + sum of coefficient * atom, of a whole-number expression */
	int n;
	long constant;
	struct { struct expr *atom; long coefficient; } term[];
};
struct affine *affine_of(struct program *p, struct expr *e);
struct expr *affine_expr(struct program *p, const struct affine *a);
long affine_gcd(const struct affine *a); /* of the coefficients; 0 without terms */

/* ---- rewriting ------------------------------------------------------------------------------------------------------------------------- */
/* the same operator over other kids, through the constructors */
struct expr *rebuild(struct program *p, struct expr *e, struct expr *const kids[]);
/* Top-down: f(e) gives a replacement or NULL to go into the kids. */
typedef struct expr *rewriter(struct program *p, struct expr *e, void *context);
struct expr *rewrite(struct program *p, struct expr *e, rewriter *f, void *context);
struct expr *substitute(struct program *p, struct expr *e, int n, struct index *const from[], struct expr *const to[]);
/* every node once, kids before parents; *n of them; not to be changed */
struct expr **expr_nodes(struct program *p, struct expr *e, int *n);
/* every distinct read in e */
struct expr **expr_reads(struct program *p, struct expr *e, int *n);

/* ---- other names (rename.c) --------------------------------------------------------------------------------------------------------------- */
/* Are they the same where from[k] in one is into[k] in the other?  All indices that they mention are among these. */
bool same_but_indices(struct program *p, struct expr *a, struct expr *b, int n, struct index *const from[], struct index *const into[]);
/* Other tensors of the same shapes: those numbered from `first` become to[0], to[1] .., and from[k] into[k]. */
struct renaming {
	int first, n, pairs;
	bool merged; /* some of them became one */
	struct tensor *const *to, *const *from, *const *into;
};
/* the bit of nodes with this operator and so many kids; others may have it, too */
uint64_t kind_of(enum op op, int n);
struct expr *rename_tensors(struct program *p, struct expr *e, const struct renaming *r);
enum { MOST_PAIRS = 48 };
/* Pairs are put together as they are met: of expressions, each node of a kid of the other in the same place and over the same indices, and of
 * tensors of one kind.  false: they are not what one renaming makes of each other. */
struct matching {
	struct program *p;
	int pairs;
	struct tensor *from[MOST_PAIRS], *into[MOST_PAIRS];
	struct memo *met;
};
void matching_start(struct matching *m, struct program *p);
bool match_tensors(struct matching *m, struct tensor *s, struct tensor *t);
bool match_exprs(struct matching *m, struct expr *a, struct expr *b);
bool same_indices(int n, struct index *const a[], int m, struct index *const b[]); /* one by one */
struct renaming matching_end(struct matching *m); /* the renaming lives in m */
struct tensor *renamed_tensor(const struct renaming *r, struct tensor *t); /* t where it stays as it is */

struct form_table { /* a hash table: expressions of which none is a renaming of another */
	struct expr **at;
	int n, room;
};
/* The expression of the table that becomes e by the renaming in r; where there is none, e enters the table, and NULL. */
struct expr *find_alike(struct program *p, struct form_table *t, struct expr *e, struct matching *m, struct renaming *r);

#endif
