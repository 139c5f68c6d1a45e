/* mend.h - helps for shapes that do not fit. */
#ifndef NNC_MEND_H
#define NNC_MEND_H

#include "front/apply.h"

/* an operation whose operands do not fit, which was said in a message since there were `messages` of them */
void mend_operands(struct elaborator *e, struct node *n, struct scope *s, int messages);
/* the same of the arguments of a call */
void mend_call(struct elaborator *e, struct value *callee, struct node *call_, struct scope *s, const struct arguments *a, int messages);
/* `m = mean(x, axis=0)` as an equation, where it is all that a name is given; false: it is something else */
bool mend_axis_number(struct elaborator *e, struct diagnostic *m, const struct arguments *a, const char *reduction);
/* A @ B, where B has as many elements as A has columns */
void mend_product(struct elaborator *e, struct diagnostic *m, const struct node *right, const struct value *a, const struct value *b);
/* an index of a `repeat` that goes beyond a list of n items */
void mend_repeat(struct elaborator *e, struct diagnostic *m, const struct node *index, struct scope *s, int n);
/* a value that says whether something holds, where a number is needed: reported; false: it is a number */
bool refuse_condition(struct elaborator *e, struct span at, const struct value *v);
/* a slice up to the size of the axis, of an input that was meant to have one more; false: it is something else */
bool mend_slice(struct elaborator *e, struct diagnostic *m, const struct node *range, const struct node *base, long size);

#endif
