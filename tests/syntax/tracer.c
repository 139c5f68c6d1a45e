/* tracer.c - parses a file with bison's trace on, and says SYNTAX ERROR where the parser reports one.  For states.py. */
#include "front/ast.h"
#include "front/syntax.h"
#include "grammar/nn.h"
#include <stdio.h>
#include <stdlib.h>

extern int nn_debug;

/* the traced parser is compiled with this name for syntax_error */
void traced_syntax_error(struct mistake *m);

void
traced_syntax_error(struct mistake *m)
{
	fprintf(stderr, "SYNTAX ERROR\n");
	syntax_error(m);
}

int
main(int argc, char **argv)
{
	static char text[1 << 16];
	struct arena arena = {0};
	struct diagnostics diagnostics = {.arena = &arena};
	FILE *f = fopen(argv[argc - 1], "r");
	if (!f) return 1;
	size_t length = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	struct source source = {argv[argc - 1], text, length, false};
	nn_debug = 1;
	parse_source(&arena, &diagnostics, &source);
	diag_print(&diagnostics, stderr, false, DEFAULT_COLUMNS);
	arena_free(&arena);
	return 0;
}
