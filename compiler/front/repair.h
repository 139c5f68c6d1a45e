/* repair.h - edits of the source for helps that say what to type: found in its text. */
#ifndef NNC_REPAIR_H
#define NNC_REPAIR_H

#include "front/diagnostic.h"

/* the call stands behind an arrow: `x -> f(3)` */
bool is_stage(struct span call);
/* All edits belong to the last help, as those of diag_edit; m may be NULL, and nothing happens where the text is not as it has to be. */
/* the word everywhere in the file; not where the new one is there already */
void repair_rename(struct diagnostics *d, struct diagnostic *m, const struct source *file, const char *from, const char *to);
/* without this argument of a call */
void repair_argument(struct diagnostics *d, struct diagnostic *m, struct span argument);
/* x instead of `f(x)` or `x -> f`, which ends the span; false: it is neither */
bool repair_unwrap(struct diagnostics *d, struct diagnostic *m, struct span value, const char *f);
/* a statement on a line of its own in front of this one */
void repair_prepend(struct diagnostics *d, struct diagnostic *m, struct span statement, const char *text);
/* a statement on a new line behind this one */
void repair_append(struct diagnostics *d, struct diagnostic *m, struct span statement, const char *text);

#endif
