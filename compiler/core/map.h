/* map.h - a hash table from texts to whole numbers, in an arena. */
#ifndef NNC_MAP_H
#define NNC_MAP_H

#include "core/arena.h"

struct map {
	struct map_entry { const char *key; uint32_t hash; int value; } *at;
	int n, room;
};

/* the value of `key`, entered as 0 when it is new; valid until the next call */
int *map_get(struct arena *a, struct map *m, const char *key);
/* the same without entering it; NULL: not there */
int *map_find(const struct map *m, const char *key);
/* FNV-1a (32 bit) */
uint32_t text_hash(const char *s);

#endif
