/* ast.h - the syntax tree: what the grammar builds, one constructor call an action. */
#ifndef NNC_AST_H
#define NNC_AST_H

#include "front/diagnostic.h"

/* kind, and its children in order.  "?" may be NULL.  A `text` of its own is named in capitals. */
#define NODE_KINDS(X)                                                                                                                 \
	X(FILE)      /* items                                                                                                      */ \
	X(IMPORT)    /* PATH; name?                                                                                                */ \
	X(LET)       /* NAME; expr                                                                                                 */ \
	X(FN)        /* NAME; parameters, result?, body                                                                            */ \
	X(LAYER)     /* NAME; parameters, result?, body                                                                            */ \
	X(OPTIMIZER) /* NAME; parameters, block                                                                                    */ \
	X(MODEL)     /* NAME; block                                                                                                */ \
	X(TRAIN)     /* MODEL?; entries                                                                                            */ \
	X(SET)       /* NAME; expr                            an entry of a train block                                            */ \
	X(GROUP)     /* NAME; entries                                                                                              */ \
	X(LIST)      /* anything                                                                                                   */ \
	X(PARAMETER) /* NAME; type?, default?                 of a signature                                                       */ \
	X(TYPE)      /* shape?, range?                                                                                             */ \
	X(ANY_FN)    /*                                       the type `fn`                                                        */ \
	X(REST)      /* NAME                                  `rest..` in a signature's shape                                      */ \
	X(RANGE)     /* low, high                                                                                                  */ \
	X(BODY)      /* expr                                  `= expr`                                                             */ \
	X(BLOCK)     /* statements                                                                                                 */ \
	X(INPUT)     /* NAME; type                                                                                                 */ \
	X(TARGET)    /* NAME; type                                                                                                 */ \
	X(PARAM)     /* NAME; type, initialiser?, outside?                                                                         */ \
	X(DRAWN)     /* expr                                  `~ expr`                                                             */ \
	X(VALUE)     /* expr                                  `= expr`                                                             */ \
	X(INSTANCE)  /* NAME; expr, frozen?                   `layer enc = frozen ...`                                             */ \
	X(STATE)     /* NAME; type?, expr                                                                                          */ \
	X(DEFINE)    /* names, expr                                                                                                */ \
	X(INDEXED)   /* NAME; indices, expr                   `y[j] = ...`                                                         */ \
	X(ASSIGN)    /* NAME; expr                            `s <- expr`                                                          */ \
	X(OUTPUT)    /* NAME; expr?                                                                                                */ \
	X(METRIC)    /* NAME; expr                                                                                                 */ \
	X(LOSS)      /* expr                                                                                                       */ \
	X(REPEAT)    /* INDEX?; count or range, block                                                                              */ \
	X(RETURN)    /* exprs                                                                                                      */ \
	X(REQUIRE)   /* condition, texts                      `require n > 0, "..."`                                                */ \
	X(IF)        /* condition, then, else                                                                                      */ \
	X(PIPE)      /* expr, stage (a CALL)                                                                                       */ \
	X(OR) X(AND) X(NOT) X(NEGATE)                                                                                                 \
	X(LESS) X(GREATER) X(LESS_EQUAL) X(GREATER_EQUAL) X(EQUAL) X(UNEQUAL)                                                         \
	X(ADD) X(SUBTRACT) X(MULTIPLY) X(DIVIDE) X(MODULO) X(MATRIX) X(POWER)                                                         \
	X(REDUCE)    /* call, body                            `sum(i) body`                                                        */ \
	X(CALL)      /* function, arguments                                                                                        */ \
	X(KEYWORD)   /* NAME; expr                            `name = expr` among arguments                                        */ \
	X(IN)        /* NAME; range                           `i in 0..3`                                                          */ \
	X(INDEX)     /* base, subscripts                                                                                           */ \
	X(DOT)       /* base; NAME                                                                                                 */ \
	X(NAME)      /* NAME                                                                                                       */ \
	X(NUMBER)    /* TEXT                                                                                                       */ \
	X(TEXT)      /* TEXT without its quotes                                                                                    */

enum node_kind {
#define X(kind) NODE_##kind,
	NODE_KINDS(X)
#undef X
};

struct node {
	enum node_kind kind;
	struct span span; /* all of it */
	struct span name; /* the span of `text` */
	const char *text;
	int n;
	int depth; /* of the tree below it, itself counted */
	struct node **kid;
};

/* A deeper tree is refused: everything that walks it may do so by recursion. */
enum { MOST_NESTED = 1000 };

/* What the parser shares with its actions and the scanner. */
struct parse {
	struct arena *arena;
	struct diagnostics *diagnostics;
	const struct source *source;
	struct node *file; /* the result */
	int first_message; /* of this file, in `diagnostics` */
	bool too_deep;     /* or too many mistakes: said already; the scanner ends the file */
	struct scan *scan; /* the newline filter's state */
};

struct node *node_new(struct parse *p, enum node_kind kind, struct span span, const char *text, struct span name, int n, ...);
/* says, once, that the text is nested too deeply at this place */
void node_too_deep(struct parse *p, struct span at);
struct node *node_push(struct parse *p, struct node *list, struct node *kid);
const char *node_kind_name(enum node_kind kind);

/* Parses a source; NULL only when nothing could be read.  Errors are in `diagnostics`. */
struct node *parse_source(struct arena *arena, struct diagnostics *diagnostics, const struct source *source);

#endif
