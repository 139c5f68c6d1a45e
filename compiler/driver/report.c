/* report.c - what nnc says, and how: messages in the form that the options ask for. */
#define _XOPEN_SOURCE 700
#include "driver/driver.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
print_messages(const struct options *o, const struct diagnostics *d)
{
	const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
	bool plain = (no_color && *no_color) || (terminal && !strcmp(terminal, "dumb"));
	bool color = o->color == COLOR_ALWAYS || (o->color == COLOR_AUTO && isatty(2) && !plain);
	if (o->json) diag_print_json(d, stderr);
	else diag_print(d, stderr, color);
}
