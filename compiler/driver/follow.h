/* follow.h - helps whose text is checked in its turn. */
#ifndef NNC_FOLLOW_H
#define NNC_FOLLOW_H

#include "driver/compile.h"

/* Does what the helps of a compilation with errors say, on copies of its file, and completes those of which the text itself is answered by another. */
void follow_helps(struct compilation *c);

#endif
