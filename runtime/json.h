/* json.h - the little JSON that trainers read and write: strings and whole numbers, strictly by RFC 8259. */
#ifndef NN_JSON_H
#define NN_JSON_H

#include "message.h"
#include <stddef.h>
#include <stdio.h>

struct nn_json { /* a place in a text */
	const char *start, *at, *end;
	const char *name; /* of the file, for messages */
	struct nn_error *e;
};

/* each skips white space first; messages name the byte */
int nn_json_accept(struct nn_json *j, char c); /* moves over c if it is next: 1, else 0 */
int nn_json_expect(struct nn_json *j, char c);
/* a string as UTF-8 in fresh memory; \u0000, lone surrogates, control characters and invalid bytes are errors */
int nn_json_string(struct nn_json *j, char **text);
int nn_json_size(struct nn_json *j, size_t *value); /* a whole number that fits */
int nn_json_fail(struct nn_json *j, const char *expected);

/* "text" with the escapes that JSON asks for; bytes that are no UTF-8 become U+FFFD */
void nn_json_put(FILE *stream, const char *text);

#endif
