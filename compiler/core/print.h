/* print.h - equations as text, in the notation of a .nn file. */
#ifndef NNC_PRINT_H
#define NNC_PRINT_H

#include "core/equation.h"

struct print_style {
	bool sample;  /* for one sample: the batch index is left out, sums over samples are written mean(batch) or sum(batch) */
	bool join;    /* a reduction without a name of its own that is read once is written where it is read */
};

char *expr_text(struct program *p, struct expr *e, struct print_style style);
char *equation_text(struct program *p, const struct equation *q, struct print_style style);

/* All equations (or those whose tensor `keep` accepts), in order, one a line. */
void program_print(struct program *p, struct text *out, struct print_style style, bool (*keep)(const struct equation *, void *), void *context);

#endif
