/* arena.c - memory, lists and growing text of one compilation. */
#define _DEFAULT_SOURCE /* madvise */
#include "core/arena.h"
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	size_t clean; /* from here on all bytes are zero */
	_Alignas(max_align_t) unsigned char bytes[];
};

/* blocks of a size that starts small and doubles, up to pieces for which the system may take huge pages: fewer faults */
enum { SMALLEST_BLOCK = 256 * 1024, LARGEST_BLOCK = 32 * 1024 * 1024, HUGE_PAGE = 2 * 1024 * 1024 };

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
	signal(SIGABRT, SIG_DFL); /* no mistake of nnc's: driver/report.c has nothing to say */
	abort();
}

static size_t
taken_by(size_t size)
{
	return (size + 15) / 16 * 16 + GAP;
}

static bool
is_mapped(size_t size)
{
	return size >= HUGE_PAGE && !GAP; /* a sanitizer wants to know of all memory */
}

/* zeros; large blocks as the system gives them, where huge pages may begin */
static struct arena_block *
new_block(size_t size)
{
	if (!is_mapped(size)) return calloc(1, size);
	unsigned char *from = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (from == MAP_FAILED) return NULL;
	size_t before = (HUGE_PAGE - (uintptr_t)from % HUGE_PAGE) % HUGE_PAGE;
	if (before) munmap(from, before);
	munmap(from + before + size, HUGE_PAGE - before);
#ifdef MADV_HUGEPAGE
	madvise(from + before, size, MADV_HUGEPAGE);
#endif
	return (struct arena_block *)(from + before);
}

static void
free_block(struct arena_block *b)
{
	size_t size = b->size + sizeof *b;
	if (is_mapped(size)) munmap(b, size);
	else free(b);
}

/* `size` bytes from `at` on may have been written to */
static void
note_written(struct arena_block *b, const void *at, size_t size)
{
	size_t end = (size_t)((const unsigned char *)at - b->bytes) + size;
	if (end > b->clean) b->clean = end;
}

/* makes zeros of what is not */
static void
clean(struct arena_block *b, void *at, size_t size)
{
	size_t begin = (size_t)((unsigned char *)at - b->bytes);
	if (begin < b->clean) memset(at, 0, b->clean - begin < size ? b->clean - begin : size);
	note_written(b, at, size);
}

static void
add_block(struct arena *a, size_t taken)
{
	size_t size = a->block ? 2 * a->block->size : SMALLEST_BLOCK;
	if (size > LARGEST_BLOCK) size = LARGEST_BLOCK;
	while (size < taken + sizeof(struct arena_block)) size *= 2;
	struct arena_block *b = new_block(size);
	if (!b) out_of_memory();
	*b = (struct arena_block){.next = a->block, .size = size - sizeof *b};
	a->block = b;
	ASAN_POISON_MEMORY_REGION(b->bytes, b->size);
}

void *
arena_alloc(struct arena *a, size_t size)
{
	if (size > SIZE_MAX / 4) out_of_memory();
	size_t taken = taken_by(size);
	if (!a->block || a->block->size - a->block->used < taken) add_block(a, taken);
	void *p = a->block->bytes + a->block->used;
	ASAN_UNPOISON_MEMORY_REGION(p, size);
	clean(a->block, p, size);
	a->block->used += taken;
	a->total += taken;
	return p;
}

/* A copy of the `size` bytes with room for `wider`; where nothing was allocated since, they stay where they are. */
static void *
arena_widen(struct arena *a, void *at, size_t size, size_t wider)
{
	struct arena_block *b = a->block;
	size_t taken = taken_by(size), more = taken_by(wider) - taken;
	if (at && wider <= SIZE_MAX / 4 && (unsigned char *)at + taken == b->bytes + b->used && b->size - b->used >= more) {
		ASAN_UNPOISON_MEMORY_REGION(at, wider);
		clean(b, (unsigned char *)at + size, wider - size);
		b->used += more;
		a->total += more;
		return at;
	}
	void *copy = arena_alloc(a, wider);
	if (size) memcpy(copy, at, size);
	return copy;
}

/* Gives back what is behind the first `narrower` bytes, where nothing was allocated since.  Returns the size that is left. */
static size_t
arena_narrow(struct arena *a, void *at, size_t size, size_t narrower)
{
	struct arena_block *b = a->block;
	size_t taken = taken_by(size), less = taken - taken_by(narrower);
	if ((unsigned char *)at + taken != b->bytes + b->used) return size;
	ASAN_POISON_MEMORY_REGION((unsigned char *)at + narrower, size - narrower);
	b->used -= less;
	a->total -= less;
	return narrower;
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

struct print { /* what snprintf(at, room, ..) would do */
	char *at;
	size_t room, length;
};

static void
put_bytes(struct print *p, const char *bytes, size_t n)
{
	if (p->length + n < p->room) memcpy(p->at + p->length, bytes, n);
	p->length += n;
}

static void
put_whole(struct print *p, long v)
{
	char digits[24], *end = digits + sizeof digits, *at = end;
	unsigned long rest = v < 0 ? 0 - (unsigned long)v : (unsigned long)v;
	do *--at = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (v < 0) *--at = '-';
	put_bytes(p, at, (size_t)(end - at));
}

/* %s, %.*s, %c, %d, %ld and %.0f of a whole number, which is nearly all that is printed, and several times as fast; false: something else is asked for */
static bool
print_plain(struct print *p, const char *format, va_list args)
{
	for (const char *f = format; *f;) {
		size_t n = 0;
		while (f[n] && f[n] != '%') n++;
		put_bytes(p, f, n);
		f += n;
		if (!*f) break;
		if (f[1] == 's') {
			const char *s = va_arg(args, const char *);
			put_bytes(p, s, strlen(s));
		} else if (f[1] == 'c') {
			put_bytes(p, &(char){(char)va_arg(args, int)}, 1);
		} else if (f[1] == 'd') {
			put_whole(p, va_arg(args, int));
		} else if (f[1] == 'l' && f[2] == 'd') {
			put_whole(p, va_arg(args, long));
			f++;
		} else if (!strncmp(f + 1, ".0f", 3)) {
			double v = va_arg(args, double);
			if (!(fabs(v) < 1e15) || v != (double)(long)v || (v == 0 && signbit(v))) return false;
			put_whole(p, (long)v);
			f += 2;
		} else if (!strncmp(f + 1, ".*s", 3)) {
			int most = va_arg(args, int);
			const char *s = va_arg(args, const char *);
			put_bytes(p, s, most < 0 ? strlen(s) : strnlen(s, (size_t)most));
			f += 2;
		} else {
			return false;
		}
		f += 2;
	}
	if (p->length < p->room) p->at[p->length] = 0;
	return true;
}

/* vsnprintf; returns the length of the whole text, without the zero byte */
static size_t
print_into(char *at, size_t room, const char *format, va_list args)
{
	struct print p = {at, room, 0};
	va_list again;
	va_copy(again, args);
	size_t n = print_plain(&p, format, args) ? p.length : (size_t)vsnprintf(at, room, format, again);
	va_end(again);
	return n;
}

/* Most texts fit behind what is allocated: they are printed there, and what they take is allocated afterwards. */
char *
arena_vprint(struct arena *a, const char *format, va_list args)
{
	struct arena_block *b = a->block;
	size_t room = b ? b->size - b->used : 0;
	char *s = room ? (char *)b->bytes + b->used : NULL;
	va_list again;
	va_copy(again, args);
	ASAN_UNPOISON_MEMORY_REGION(s, room);
	size_t n = print_into(s, room, format, args);
	if (room) note_written(b, s, n < room ? n + 1 : room);
	ASAN_POISON_MEMORY_REGION(s, room);
	if (taken_by(n + 1) <= room) {
		ASAN_UNPOISON_MEMORY_REGION(s, n + 1);
		b->used += taken_by(n + 1);
		a->total += taken_by(n + 1);
	} else {
		s = arena_alloc(a, n + 1);
		print_into(s, n + 1, format, again);
	}
	va_end(again);
	return s;
}

char *
arena_print(struct arena *a, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *s = arena_vprint(a, format, args);
	va_end(args);
	return s;
}

void
arena_free(struct arena *a)
{
	for (struct arena_block *b = a->block, *next; b; b = next) {
		next = b->next;
		free_block(b);
	}
	*a = (struct arena){0};
}

void *
list_room(struct arena *a, void *at, int n, int *room, size_t size)
{
	if (n < *room) return at;
	if ((size_t)*room > SIZE_MAX / 8 / size) out_of_memory();
	size_t before = (size_t)*room * size;
	*room = *room ? 2 * *room : 8;
	return arena_widen(a, at, before, (size_t)*room * size);
}

/* room for that many bytes more, and the zero byte behind them */
static void
text_room(struct text *t, size_t length)
{
	if (t->length + length < t->room) return;
	size_t before = t->room;
	t->room = 2 * (t->length + length + 64);
	t->at = arena_widen(t->arena, t->at, before, t->room);
}

void
text_bytes(struct text *t, const char *bytes, size_t length)
{
	text_room(t, length);
	memcpy(t->at + t->length, bytes, length);
	t->length += length;
	t->at[t->length] = 0;
}

void
text_vadd(struct text *t, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	size_t room = t->room - t->length;
	size_t n = print_into(room ? t->at + t->length : NULL, room, format, args);
	if (n >= room) {
		text_room(t, n);
		print_into(t->at + t->length, n + 1, format, again);
	}
	t->length += n;
	va_end(again);
}

void
text_add(struct text *t, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	text_vadd(t, format, args);
	va_end(args);
}

char *
text_end(struct text *t)
{
	if (!t->at) text_bytes(t, "", 0);
	t->room = arena_narrow(t->arena, t->at, t->room, t->length + 1);
	return t->at;
}
