/* map.c - open addressing with linear probing; never more than half full. */
#include "core/map.h"
#include <string.h>

uint32_t
text_hash(const char *s)
{
	uint32_t h = 2166136261u;
	for (; *s; s++) h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

static struct map_entry *
slot(const struct map *m, const char *key, uint32_t hash)
{
	int i = (int)(hash & (uint32_t)(m->room - 1));
	while (m->at[i].key && (m->at[i].hash != hash || strcmp(m->at[i].key, key))) i = (i + 1) & (m->room - 1);
	return &m->at[i];
}

int *
map_find(const struct map *m, const char *key)
{
	struct map_entry *e = m->room ? slot(m, key, text_hash(key)) : NULL;
	return e && e->key ? &e->value : NULL;
}

int *
map_get(struct arena *a, struct map *m, const char *key)
{
	if (2 * (m->n + 1) > m->room) {
		struct map old = *m;
		m->room = old.room ? 2 * old.room : 64;
		m->at = NEW_ARRAY(a, m->room, struct map_entry);
		for (int i = 0; i < old.room; i++)
			if (old.at[i].key) *slot(m, old.at[i].key, old.at[i].hash) = old.at[i];
	}
	uint32_t hash = text_hash(key);
	struct map_entry *e = slot(m, key, hash);
	if (!e->key) {
		*e = (struct map_entry){key, hash, 0};
		m->n++;
	}
	return &e->value;
}
