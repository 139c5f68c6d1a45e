/* apply.h - the arguments of a call, shared by apply.c and primitive.c. */
#ifndef NNC_APPLY_H
#define NNC_APPLY_H

#include "front/elaborate.h"

enum { MOST = 16 }; /* arguments of a call */

struct arguments {
	struct node *call;
	int n;
	struct value *at[MOST];
	int keyword_count;
	struct node *keyword[MOST];
	struct value *keyword_value[MOST];
};

struct primitive {
	const char *name;
	struct value *(*run)(struct elaborator *e, const struct arguments *a);
};

struct expansion { /* a definition being applied */
	struct node *definition;
	struct arguments *args;
	struct value *given[MOST]; /* by parameter; NULL: the default */
	struct scope *scope;
	int mapped; /* leading axes that the signature does not ask for */
	long lead[MAX_RANK];
	struct index *lead_index[MAX_RANK];
	int extra[MOST]; /* by parameter: how many of its axes are mapped */
	const char *rest_name; /* the first of `rest..` by the name that the result has; NULL: no argument has it */
	int rest_rank;         /* the axes that it stands for */
	long rest[MAX_RANK];
};

/* signature.c: puts arguments to parameters; reports what is too many, unknown or missing */
bool match_arguments(struct elaborator *e, struct expansion *x);
/* the k-th argument, or its default, as a name of the definition's scope; false: it does not fit, which was reported */
bool bind_parameter(struct elaborator *e, struct expansion *x, int k);
/* Some argument is wrong, and the definition is not applied: reports what else is wrong with the arguments, whatever that one was meant to be. */
void check_rest(struct elaborator *e, struct node *definition, struct arguments *a);

bool has_parameter(const struct node *definition, const char *name);
/* false: some argument was wrong, which was reported; definition: what is called, NULL: none of the language */
bool read_arguments(struct elaborator *e, const struct node *definition, struct node *call, struct scope *s, struct value *piped, struct arguments *a);
struct value *wrong_count(struct elaborator *e, const struct arguments *a, const char *name, const char *wants);
/* the result of a layer or function of the language; wrong arguments are reported */
struct value *apply_definition(struct elaborator *e, struct value *callee, struct arguments *a);
/* advice.c: a tensor of zeros, to try something with; a help that `from`, which is written at `at`, is projected to the shape of `to` */
struct value *filled_with_0(struct elaborator *e, int rank, const long shape[], struct span span);
bool help_projection(struct elaborator *e, struct diagnostic *m, const struct value *to, const struct value *from, struct span at);
/* for parameters: in an optimizer, a function that it calls sees its counters, too */
struct scope *scope_of_call(struct elaborator *e, struct scope *home);
/* place.c: one number where a tensor of scores is asked for, which is the place of a maximum; false: it is something else */
bool report_place(struct elaborator *e, const struct expansion *x, const struct node *param, const struct value *v);
/* a help where two arguments fit the other way round */
bool help_swapped(struct elaborator *e, struct diagnostic *m, struct node *definition, struct scope *home, const struct arguments *a);
/* the same of the call of the library inside of which something does not fit */
bool help_swapped_call(struct elaborator *e, struct diagnostic *m);
/* require.c: what a definition that is not applied requires of those arguments that are known */
void check_requirements(struct elaborator *e, struct expansion *x);
/* The arguments are those of another library, where the size of the input is the first: a warning, or a help for what was said about the call, which is
 * message number `messages` and following. */
void note_shifted(struct elaborator *e, const struct expansion *x, int messages);
/* a method of the runtime as an optimizer (optimizer.c) */
struct value *run_lbfgs(struct elaborator *e, const struct arguments *a);
/* copy.c: the result of a call that was expanded before with arguments of the same shapes, its tensors under `path`; NULL: none was */
struct value *copy_expansion(struct elaborator *e, struct expansion *x, const char *path);
/* what is made from now on until the end belongs to this call; NULL: it is not one that may be copied */
struct expanded *begin_expansion(struct elaborator *e, const struct arguments *a);
void end_expansion(struct elaborator *e, struct expanded *t, const struct expansion *x, const char *path, struct value *v);
/* how often `name` was called at this place of the path so far; to be counted up */
int *call_counter(struct elaborator *e, const char *name);

#endif
