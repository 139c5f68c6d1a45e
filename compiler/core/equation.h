/* equation.h - the one idea: a program is a list of equations between tensors in index notation.
 *
 *     T[lhs] = body                       a map
 *     T[lhs] = sum(bound) body            one reduction of a body that has none
 *
 * A batch tensor has the samples as its first axis.  The order of the list has no meaning; who reads what does. */
#ifndef NNC_EQUATION_H
#define NNC_EQUATION_H

#include "core/expr.h"
#include "core/map.h"
#include "front/diagnostic.h"

enum { MAX_RANK = 8 }; /* axes of a tensor, the batch among them */

enum role {
	ROLE_INPUT, ROLE_TARGET, /* from the data */
	ROLE_PARAM,
	ROLE_STATE,   /* kept from step to step, not learned */
	ROLE_FROZEN,  /* a parameter that is not learned: it has no adjoint */
	ROLE_RANDOM,  /* drawn afresh at every step: never stored, computed from (seed, step, site, element) */
	ROLE_SETTING, /* a number known when running: lr, step */
	ROLE_VALUE,
	ROLE_ADJOINT,
};

enum reduction { MAP, SUM, MEAN, MAX, MIN, PROD, ARGMAX, ARGMIN };
extern const char *const reduction_name[];

enum draw { DRAW_UNIFORM, DRAW_NORMAL };

/* How a parameter starts: `= value`, or `~ word(arguments)`. */
struct start {
	const char *word; /* NULL: every element is argument[0] */
	double argument[2];
	int n;
};

struct equation;

struct tensor {
	const char *name;
	int id;
	enum role role;
	int rank;
	long shape[MAX_RANK]; /* shape[0] is 0 for a batch tensor: known when running */
	bool batch;
	bool integer;         /* whole numbers in low..high */
	long low, high;
	bool no_gradient;
	bool temporary;       /* a reduction without a name of its own in the source */
	bool outside_weights; /* a parameter that `weights` leaves out */
	bool proper;          /* an input or target in the file; not one that a command made up */
	enum draw draw;       /* ROLE_RANDOM */
	uint32_t site;        /* ROLE_RANDOM: the hash of drawn_as */
	const char *drawn_as; /* ROLE_RANDOM: the path of the call and the use of named layers around it */
	struct start start;   /* ROLE_PARAM, ROLE_FROZEN, ROLE_STATE */
	struct tensor *of;    /* of an adjoint: the tensor that it belongs to */
	struct equation *unshifted; /* of exp(e - max e) and its sum: sum exp(e), which they stand for in a quotient */
	struct span span;
};

struct equation {
	struct tensor *tensor;
	int lhs_count;
	struct index **lhs;
	enum reduction reduction;
	int bound_count;
	struct index **bound;
	struct expr *body;
	struct span span;
};

struct update { /* `state <- value` and the optimizers' new values: after the forward pass, old becomes new */
	struct tensor *old, *new;
};

struct gradient {
	struct tensor *param, *gradient;
};

struct value_number { /* a right side, as it was when it was entered */
	uint64_t order;            /* of its body */
	struct equation *equation; /* NULL: gone */
	int lhs_count, bound_count;
	struct index **lhs, **bound;
	enum reduction reduction;
	struct expr *body;
	int next;                  /* 1 + the next with the same order; 0: none */
};

enum { SMALL_NUMBERS = 66 };

struct program {
	struct arena *arena;
	LIST(struct tensor *) tensors;
	LIST(struct equation *) equations;
	struct tensor *loss;
	LIST(struct tensor *) outputs;
	LIST(const char *) output_names;
	LIST(struct tensor *) metrics;
	LIST(const char *) metric_names;
	LIST(struct update) updates;
	LIST(struct gradient) gradients;
	/* hash-consing, value numbering, names */
	struct expr_entry { struct expr *expr; uint32_t hash; } *table;
	int table_room, expr_count, index_count;
	struct expr *small[SMALL_NUMBERS]; /* the numbers from -1 on, which are asked for all the time */
	LIST(struct expr *) gathered; /* by expr.c, for the moment */
	struct memo *memos; /* those that no walk uses now (expr_node.h) */
	LIST(struct value_number) values;
	int *value_slots, value_room; /* a hash table: 1 + the first of the values with an order */
	struct form_table formed; /* by derive/forms.c: expressions with forms */
	bool only_means; /* of all values only means are found, and none are entered */
	struct map names;
};

struct program *program_new(struct arena *arena);

struct index *index_new(struct program *p, const char *name, long size);
struct index *index_batch(struct program *p, const char *name);

/* a tensor under a name that no other has: a number is appended where needed */
struct tensor *tensor_new(struct program *p, const char *name, enum role role, int rank, const long shape[]);
void tensor_rename(struct program *p, struct tensor *t, const char *name);
/* declared with `param`: learned or frozen */
bool tensor_is_param(const struct tensor *t);
/* elements of one sample (or of the tensor, without a batch); 0 when it does not fit into a long */
long tensor_count(const struct tensor *t);

struct equation *equation_new(struct program *p, struct tensor *t, int lhs_count, struct index *const lhs[], enum reduction r, int bound_count,
			      struct index *const bound[], struct expr *body, struct span span);
/* The tensor that an equation with this right side defines: an old one where some equation has the same up to index names, else new. */
struct tensor *define(struct program *p, const char *name, int lhs_count, struct index *const lhs[], enum reduction r, int bound_count,
		      struct index *const bound[], struct expr *body, enum role role, struct span span);
/* the tensor already defined by this right side, or NULL */
struct tensor *defined_as(struct program *p, int lhs_count, struct index *const lhs[], enum reduction r, int bound_count, struct index *const bound[],
			  struct expr *body);
/* enters an equation that exists into the value numbering */
void define_existing(struct program *p, struct equation *q);
/* the same, if no other has its right side: else nothing is entered, and the other's tensor is returned */
struct tensor *define_once(struct program *p, struct equation *q);
/* nobody may find the values of tensors that are gone: by tensor id, 0 for these; NULL: of any */
void forget_values(struct program *p, const char *kept);
struct equation *equation_of(const struct program *p, const struct tensor *t); /* NULL for inputs, parameters ... */
/* the same for all tensors at once, by tensor id */
struct equation **equation_table(struct program *p);

/* both with the same indices; see match_exprs */
bool match_equations(struct matching *m, const struct equation *q, const struct equation *r);

/* drops equations that nothing asked for depends on */
void remove_dead(struct program *p);
/* Equations in an order in which each reads only earlier ones, those of a recurrence side by side: at one step each reads only earlier ones.
 * false: equations read each other in a cycle that is no recurrence. */
bool order_equations(struct program *p);

struct recurrence_of { /* equations that read each other at earlier (or later) steps of one axis, in the order of one step */
	int n;
	struct equation **at;
	int *time;     /* by member: which axis of its left side is time */
	int direction; /* 1: steps 0, 1 ..; -1: backwards */
	long steps;
	int first;     /* place of at[0] among the ordered equations */
};

/* the recurrences of a program, in order */
int find_recurrences(struct program *p, struct recurrence_of ***out);
/* the step at which r->at[reader] reads a member, relative to its own */
long recurrence_offset(struct program *p, const struct recurrence_of *r, int reader, const struct expr *read);

/* the number of elements that the bound indices run over, without those over samples */
double bound_elements(const struct equation *q, bool *batch);

#endif
