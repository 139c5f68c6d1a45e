/* again.h - reading on behind mistakes: what is still wrong on a line after the edits of its first messages. */
#ifndef NNC_AGAIN_H
#define NNC_AGAIN_H

#include "front/ast.h"

/* Parses the file as the messages from `first` on would have it, by `parse`, and adds what it finds on the lines that they change, told of the file as it
 * is; `round` counts from 0.  True: it found something, and there may be more. */
bool read_again(struct arena *a, struct diagnostics *d, const struct source *file, int first, int round, struct node *(*parse)(struct arena *, struct diagnostics *, const struct source *));

#endif
