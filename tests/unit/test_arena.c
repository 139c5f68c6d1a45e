/* test_arena.c - memory of a compilation: what is handed out is zero, aligned and apart; lists and texts keep what is in them. */
#include "oracle.h"

#include <signal.h>

static bool
is_zero(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i]) return false;
	return true;
}

/* pieces of all sizes, each filled with its own byte: none is touched by another */
Test(arena, pieces_are_zeroed_aligned_and_apart)
{
	enum { PIECES = 2000 };
	struct arena a = {0};
	struct random r = {1};
	unsigned char *piece[PIECES];
	size_t size[PIECES], total = 0;
	for (int i = 0; i < PIECES; i++) {
		size[i] = i == 777 ? 1000000 : (size_t)random_in(&r, 0, 3000); /* one larger than a block */
		piece[i] = arena_alloc(&a, size[i]);
		cr_assert(is_zero(piece[i], size[i]));
		cr_assert_eq((uintptr_t)piece[i] % 16, 0);
		memset(piece[i], i % 255 + 1, size[i]);
		total += size[i];
	}
	for (int i = 0; i < PIECES; i++)
		for (size_t k = 0; k < size[i]; k++) cr_assert_eq(piece[i][k], i % 255 + 1, "piece %d", i);
	cr_expect_geq(a.total, total);
	arena_free(&a);
	cr_expect(!a.block && !a.total);
	cr_expect(arena_alloc(&a, 1), "a freed arena can be used again");
	arena_free(&a);
}

Test(arena, sizes_that_overflow_are_refused, .signal = SIGABRT)
{
	struct arena a = {0};
	arena_array(&a, SIZE_MAX / 8, 16);
}

Test(arena, a_size_near_the_largest_is_refused, .signal = SIGABRT)
{
	struct arena a = {0};
	arena_alloc(&a, SIZE_MAX - 8);
}

Test(arena, lists_grow)
{
	struct arena a = {0};
	LIST(int) list = {0};
	for (int i = 0; i < 10000; i++) {
		PUSH(&a, &list, i * i);
		cr_assert_leq(list.n, list.room);
	}
	cr_assert_eq(list.n, 10000);
	for (int i = 0; i < list.n; i++) cr_assert_eq(list.at[i], i * i);
	arena_free(&a);
}

Test(arena, texts_grow_and_end)
{
	struct arena a = {0};
	struct text t = {.arena = &a};
	cr_expect_str_eq(text_end(&t), "");
	char line[2001], expected[50000] = "";
	memset(line, 'x', 2000); /* longer than the room that is tried first */
	line[2000] = 0;
	for (int i = 0; i < 20; i++) {
		text_add(&t, "%d:%s;", i, line);
		sprintf(expected + strlen(expected), "%d:%s;", i, line);
	}
	text_bytes(&t, "a\0b", 3);
	cr_expect_eq(t.length, strlen(expected) + 3);
	cr_expect_str_eq(text_end(&t), strcat(expected, "a"), "bytes behind a zero are kept, but end the text for C");
	cr_expect_eq(t.at[t.length - 1], 'b');
	cr_expect_eq(t.at[t.length], 0);
	cr_expect_str_eq(arena_print(&a, "%s %d", "n =", 7), "n = 7");
	cr_expect_str_eq(arena_text(&a, "abcdef", 3), "abc");
	arena_free(&a);
}
