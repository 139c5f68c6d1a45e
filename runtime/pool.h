/* pool.h - a few worker threads that run the parts of a kernel. */
#ifndef NN_POOL_H
#define NN_POOL_H

#include "message.h"
#include "program.h"

struct nn_pool;

size_t nn_default_threads(void); /* processors that are online, at most 8 */

/* `threads` counts the caller, who takes part */
struct nn_pool *nn_pool_open(size_t threads, struct nn_error *e);
void nn_pool_close(struct nn_pool *pool);

/* an nn_run: runs part(arg, 0) .. part(arg, parts - 1) and returns when all are done; called by one thread at a time */
void nn_pool_run(void *pool, nn_part *part, void *arg, int parts);

#endif
