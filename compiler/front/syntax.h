/* syntax.h - what to say about a syntax error. */
#ifndef NNC_SYNTAX_H
#define NNC_SYNTAX_H

#include "front/ast.h"

struct mistake { /* a syntax error, as the parser sees it */
	struct parse *p;
	struct span at;
	const char *found;           /* the name of the unexpected token: "'('", "a name", "let" */
	const char *const *expected; /* the names of those that could stand there */
	int n;
	const char *const *before;   /* the names of the symbols on the parser's stack, the last one first */
	int depth;

	/* syntax_error adds */
	const char *text;  /* of the whole source */
	int bracket;       /* '(' or '[' still open around it; 0: none */
	struct span open;  /* that bracket */
};

void syntax_error(struct mistake *m);

/* ---- inside: syntax.c, habit.c and its parts ----------------------------------------------------------------------------------------- */

/* says what is written instead, if this is a habit from another language */
bool habit(const struct mistake *m);
bool strange_character(const struct mistake *m); /* its parts: character.c, */
bool chain(const struct mistake *m);             /* chain.c, */
bool nameless_function(const struct mistake *m);
bool statement_if(const struct mistake *m);      /* block.c, */
bool rest_of_block(const struct mistake *m);
bool training_call(const struct mistake *m);
bool python_slice(const struct mistake *m);      /* slice.c, */
bool slip(const struct mistake *m);              /* slip.c, */
/* rewrite.c: a help with edits for what begins at this word, or with this value; false: it is something else */
bool rewrite_definition(const struct mistake *m, struct diagnostic *d, struct span word);
bool rewrite_loop(const struct mistake *m, struct diagnostic *d, struct span word);
bool rewrite_import(const struct mistake *m, struct diagnostic *d, struct span word);
/* lines below the one of i that are indented deeper: *first and *end of their text, without the last line break; false: there are none */
bool indented_block(const struct mistake *m, size_t i, size_t *first, size_t *end);
bool rewrite_constant(const struct mistake *m, struct diagnostic *d, struct span word);
bool rewrite_frozen(const struct mistake *m, struct diagnostic *d);
bool rewrite_methods(const struct mistake *m, struct diagnostic *d, size_t from);
/* unclosed.c: the `{` of a block that a line in front of the mistake leaves by its indentation, and where that line begins; false: there is none */
bool find_unclosed(const struct mistake *m, struct span *open, size_t *before);
void close_block(const struct mistake *m, struct diagnostic *d, struct span open, size_t before); /* an edit of the last help */
bool missing_comma(const struct mistake *m, const char *left, const char *right, size_t from);
bool foreign(const struct mistake *m);           /* and foreign.c */
/* what is written instead of a word that begins statements elsewhere; false: it is none */
bool foreign_word(const struct mistake *m, const char *word, struct span where);

bool at_text(const struct mistake *m, size_t i, const char *text); /* the source at i begins with this */
char char_before(const struct mistake *m);
bool found_is(const struct mistake *m, const char *token);
bool can_be(const struct mistake *m, const char *token);
/* the k-th symbol before the mistake is this one; 0 is the last */
bool behind(const struct mistake *m, int k, const char *symbol);
bool at_statement(const struct mistake *m); /* nothing of the statement has been read */
struct diagnostic *say(const struct mistake *m, struct span at, const char *label, const char *format, ...) __attribute__((format(printf, 4, 5)));
void advise(const struct mistake *m, struct diagnostic *d, const char *format, ...) __attribute__((format(printf, 3, 4)));
char *slice(const struct mistake *m, size_t from, size_t to); /* of the source, without blanks around it */
size_t word_end(const struct mistake *m, size_t i);           /* behind the letters, digits and _ from i on */
size_t skip_blanks(const struct mistake *m, size_t i);
size_t line_start(const struct mistake *m);                   /* of the mistake's statement on its line, without blanks */
size_t line_end(const struct mistake *m, size_t i);
/* where the expression before i begins: after the innermost open bracket, a comma, `=` or `return`, or at the start of its line */
size_t expression_start(const struct mistake *m, size_t i);

#endif
