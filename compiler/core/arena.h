/* arena.h - the memory of one compilation: allocated in blocks, freed at once. */
#ifndef NNC_ARENA_H
#define NNC_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena {
	struct arena_block *block;
	size_t total; /* bytes asked for so far */
};

/* zeroed memory, aligned for anything; never NULL (a compiler without memory reports it and stops, see arena_on_failure) */
void *arena_alloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t count, size_t size);
char *arena_text(struct arena *a, const char *bytes, size_t length);
char *arena_print(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprint(struct arena *a, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
void arena_free(struct arena *a);

#define NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define NEW_ARRAY(arena, count, type) ((type *)arena_array((arena), (size_t)(count), sizeof(type)))

/* A growing list in an arena: `struct { T *at; int n, room; }`.  PUSH may move `at`. */
#define LIST(type)                                                                                                                    \
	struct {                                                                                                                      \
		type *at;                                                                                                             \
		int n, room;                                                                                                          \
	}
#define PUSH(arena, list, ...)                                                                                                        \
	((list)->at = list_room((arena), (list)->at, (list)->n, &(list)->room, sizeof *(list)->at), (list)->at[(list)->n++] = (__VA_ARGS__))
/* a list that functions can take: struct NAME */
#define LIST_TYPE(name, type)                                                                                                         \
	struct name {                                                                                                                 \
		type *at;                                                                                                             \
		int n, room;                                                                                                          \
	}
void *list_room(struct arena *a, void *at, int n, int *room, size_t size);

/* Text that grows, in an arena. */
struct text {
	struct arena *arena;
	char *at;
	size_t length, room;
};
void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vadd(struct text *t, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
void text_bytes(struct text *t, const char *bytes, size_t length);
char *text_end(struct text *t); /* the finished text; never NULL */

#endif
