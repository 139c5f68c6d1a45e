/* layout.h - the one layout of .nn files: what `nnc fmt` prints. */
#ifndef NNC_LAYOUT_H
#define NNC_LAYOUT_H

#include "front/diagnostic.h"

/* a word as the parser gets it; NL is a line break, or a `;`, that ends a statement */
struct lexeme {
	int token;
	struct span span;
};
LIST_TYPE(lexemes, struct lexeme);

/* nn.l: all words of a source in order, without the end of the file */
struct lexemes scan_words(struct arena *a, const struct source *source);

/* The source in the layout, or NULL: it has mistakes of syntax, which are in `d`.  The words, the comments and the line breaks that
 * end statements are those of the source (same_words); the layout of a layout is itself. */
char *layout(struct arena *a, struct diagnostics *d, const struct source *source);

/* Do two texts have the same words, comments and ends of statements?  The proof that a layout lost nothing. */
bool same_words(struct arena *a, const struct source *one, const struct source *other);

#endif
