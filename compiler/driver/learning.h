/* learning.h - what is said about parameters that cannot learn. */
#ifndef NNC_LEARNING_H
#define NNC_LEARNING_H

#include "front/elaborate.h"

/* An error where no parameter can change the loss, a warning for each that cannot.  The training program has a loss, and no adjoints yet. */
void check_learning(struct unit *unit, const struct model *m);

#endif
