/* oversight.h - warnings about models that are legal, and surely not meant. */
#ifndef NNC_OVERSIGHT_H
#define NNC_OVERSIGHT_H

#include "front/elaborate.h"

/* Windows that leave out an edge, starting values and optimizers that cannot be right.  The training program is as elaborated. */
void check_oversights(struct unit *unit, const struct model *m);

#endif
