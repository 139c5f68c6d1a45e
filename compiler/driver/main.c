#include "driver/compile.h"
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	FILE *f = fopen(argv[1], "rb");
	static char text[1 << 20];
	size_t n = fread(text, 1, sizeof text - 1, f);
	struct compilation c = {.options = {.dump = argc > 2 ? argv[2] : "elaborate"}};
	int errors = compile(&c, argv[1], text, n, NULL);
	diag_print(&c.unit.diagnostics, stderr, false);
	fputs(text_end(&c.dumped), stdout);
	compile_free(&c);
	return errors != 0;
}
