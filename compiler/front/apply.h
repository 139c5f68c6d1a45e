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

/* false: some argument was wrong, which was reported */
bool read_arguments(struct elaborator *e, struct node *call, struct scope *s, struct value *piped, struct arguments *a);
struct value *wrong_count(struct elaborator *e, const struct arguments *a, const char *name, const char *wants);
/* the result of a layer or function of the language; wrong arguments are reported */
struct value *apply_definition(struct elaborator *e, struct value *callee, struct arguments *a);
/* for parameters: in an optimizer, a function that it calls sees its counters, too */
struct scope *scope_of_call(struct elaborator *e, struct scope *home);
/* a method of the runtime as an optimizer (optimizer.c) */
struct value *run_lbfgs(struct elaborator *e, const struct arguments *a);
/* how often `name` was called at this place of the path so far; to be counted up */
int *call_counter(struct elaborator *e, const char *name);

#endif
