/* message.h - how a trainer speaks: errors are kept as text and travel up as a status; only the commands print them.
 *
 * Every function of runtime/ that can fail takes a `struct nn_error *` and returns 0 for success, -1 for failure with the message
 * set.  A message is one sentence in lower case, no full stop, naming the file and line or record, what was found and what was
 * expected; `help` is a change to make (may be empty). */
#ifndef NN_MESSAGE_H
#define NN_MESSAGE_H

#include <stddef.h>

struct nn_error {
	char text[1024];
	char help[512];
};

#if defined __GNUC__
#define NN_PRINTF(a, b) __attribute__((format(printf, a, b)))
#define NN_SELDOM __attribute__((cold)) /* runs for a file or a mistake, in a file of code that runs for each record: is to be small */
#else
#define NN_PRINTF(a, b)
#define NN_SELDOM
#endif

/* sets the text (control characters and invalid bytes in it are shown escaped), clears help; returns -1.  e->text may be an argument */
int nn_fail(struct nn_error *e, const char *format, ...) NN_PRINTF(2, 3) NN_SELDOM;
/* sets help; returns -1 */
int nn_help(struct nn_error *e, const char *format, ...) NN_PRINTF(2, 3) NN_SELDOM;

/* the index of the name that `name` was probably meant to be (edit distance, case aside); count where none is near */
size_t nn_nearest(const char *name, const char *const names[], size_t count);
/* bytes of the UTF-8 character at text[0 .. n), 0 where there is none (overlong forms and surrogates are none) */
size_t nn_utf8(const char *text, size_t n);

#endif
