/* test_map.c - the hash table from texts to whole numbers. */
#include "core/map.h"
#include "oracle.h"

Test(map, what_is_entered_is_found)
{
	enum { N = 5000 };
	struct arena a = {0};
	struct map m = {0};
	cr_expect_null(map_find(&m, "x"), "nothing is in an empty table");
	for (int i = 0; i < N; i++) *map_get(&a, &m, arena_print(&a, "key%d", i * 7919 % N)) = i;
	cr_expect_eq(m.n, N);
	for (int i = 0; i < N; i++) {
		char key[16];
		snprintf(key, sizeof key, "key%d", i * 7919 % N); /* another pointer, the same text */
		int *v = map_find(&m, key);
		cr_assert(v && *v == i, "%s", key);
		cr_assert_eq(map_get(&a, &m, key), v);
	}
	cr_expect_eq(m.n, N, "looking enters nothing");
	cr_expect_null(map_find(&m, "key"));
	cr_expect_null(map_find(&m, "key5000"));
	cr_expect_eq(*map_get(&a, &m, "new"), 0, "new ones are 0");
	cr_expect_eq(*map_get(&a, &m, ""), 0);
	cr_expect_eq(m.n, N + 2);
	arena_free(&a);
}

/* FNV-1a, 32 bit: the known answers; draws depend on it */
Test(map, hashes)
{
	cr_expect_eq(text_hash(""), 0x811c9dc5u);
	cr_expect_eq(text_hash("a"), 0xe40c292cu);
	cr_expect_eq(text_hash("foobar"), 0xbf9cf968u);
}
