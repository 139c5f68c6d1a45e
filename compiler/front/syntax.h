/* syntax.h - what to say about a syntax error. */
#ifndef NNC_SYNTAX_H
#define NNC_SYNTAX_H

#include "front/ast.h"

/* Reports the unexpected token `found` at `at`; `expected` are the names of the tokens that could stand there. */
void syntax_error(struct parse *p, struct span at, const char *found, const char *const expected[], int n);

#endif
