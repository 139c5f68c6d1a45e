/* arena.c - memory, lists and growing text of one compilation. */
#include "core/arena.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char bytes[];
};

enum { BLOCK = 256 * 1024 };

/* Under AddressSanitizer what is not handed out is poisoned, and so is a gap behind each allocation: a step outside it is seen. */
#if defined __has_feature
#if __has_feature(address_sanitizer)
#define GUARDED
#endif
#elif defined __SANITIZE_ADDRESS__
#define GUARDED
#endif
#ifdef GUARDED
#include <sanitizer/asan_interface.h>
enum { GAP = 16 };
#else
enum { GAP = 0 };
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

/* Out of memory has no better answer here than to say so: every structure of the compilation is half built. */
static void
out_of_memory(void)
{
	fputs("nnc: out of memory\n", stderr);
	abort();
}

void *
arena_alloc(struct arena *a, size_t size)
{
	if (size > SIZE_MAX / 2) out_of_memory();
	size_t taken = (size + 15) / 16 * 16 + GAP;
	if (!a->block || a->block->size - a->block->used < taken) {
		size_t room = taken > BLOCK ? taken : BLOCK;
		struct arena_block *b = malloc(sizeof *b + room);
		if (!b) out_of_memory();
		*b = (struct arena_block){.next = a->block, .size = room};
		a->block = b;
		ASAN_POISON_MEMORY_REGION(b->bytes, room);
	}
	void *p = a->block->bytes + a->block->used;
	ASAN_UNPOISON_MEMORY_REGION(p, size);
	a->block->used += taken;
	a->total += taken;
	return memset(p, 0, size);
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / 4 / size) out_of_memory();
	return arena_alloc(a, count * size);
}

char *
arena_text(struct arena *a, const char *bytes, size_t length)
{
	char *s = arena_alloc(a, length + 1);
	memcpy(s, bytes, length);
	return s;
}

char *
arena_print(struct arena *a, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	char *s = arena_alloc(a, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, format, again);
	va_end(args);
	va_end(again);
	return s;
}

void
arena_free(struct arena *a)
{
	for (struct arena_block *b = a->block, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct arena){0};
}

void *
list_room(struct arena *a, void *at, int n, int *room, size_t size)
{
	if (n < *room) return at;
	*room = *room ? 2 * *room : 8;
	void *wider = arena_array(a, (size_t)*room, size);
	if (n) memcpy(wider, at, (size_t)n * size);
	return wider;
}

void
text_bytes(struct text *t, const char *bytes, size_t length)
{
	if (t->length + length + 1 > t->room) {
		t->room = 2 * (t->length + length + 64);
		char *wider = arena_alloc(t->arena, t->room);
		if (t->length) memcpy(wider, t->at, t->length);
		t->at = wider;
	}
	memcpy(t->at + t->length, bytes, length);
	t->length += length;
	t->at[t->length] = 0;
}

void
text_add(struct text *t, const char *format, ...)
{
	char small[512];
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(small, sizeof small, format, args);
	if ((size_t)n < sizeof small) {
		text_bytes(t, small, (size_t)n);
	} else {
		char *s = arena_alloc(t->arena, (size_t)n + 1);
		vsnprintf(s, (size_t)n + 1, format, again);
		text_bytes(t, s, (size_t)n);
	}
	va_end(args);
	va_end(again);
}

char *
text_end(struct text *t)
{
	if (!t->at) text_bytes(t, "", 0);
	return t->at;
}
