/* verify.h - what must hold for every program between passes.  A violation is a mistake of nnc's, never of the user's. */
#ifndef NNC_VERIFY_H
#define NNC_VERIFY_H

#include "core/equation.h"

/* NULL when all is well; else a sentence about the first violation, with its equation. */
const char *verify(struct program *p);

#endif
