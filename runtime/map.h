/* map.h - files that are used where they lie. */
#ifndef NN_MAP_H
#define NN_MAP_H

#include <stddef.h>
#include <stdint.h>

struct nn_map {
	const unsigned char *bytes;
	size_t size;
	int users;
	struct nn_map *next;
	char name[]; /* for messages */
};

/* The file, with one user; NULL where it has to be read: it is not there, compressed, empty, no plain file, or cannot be mapped.  What is wrong
 * with it is then said by who reads it. */
struct nn_map *nn_map_open(const char *path);
struct nn_map *nn_map_share(struct nn_map *m); /* one user more */
void nn_map_release(struct nn_map *m);         /* one less; m may be NULL */

/* these bytes of a mapped file are needed soon: they are read while the program goes on */
void nn_map_ahead(const void *from, size_t n);
/* in which order it is looked at from now on */
enum nn_map_order { NN_ANYHOW, NN_IN_ORDER, NN_AT_RANDOM };
void nn_map_order(const struct nn_map *m, enum nn_map_order order);
/* how many pages this process has waited for since it began, because they were not in memory */
uint64_t nn_pages_waited_for(void);

#endif
