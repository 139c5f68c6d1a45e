/* fuzz_compile.c - any bytes as a .nn file: the compiler says what is wrong with them, or compiles them, and comes back.
 *
 * The first zero byte ends the file; what follows is the text of every file that it imports.  No file of the disk is read.
 *
 *     flags="-g -O1 -std=c11 -D_POSIX_C_SOURCE=200809L -DNNC_VERSION=\"0\" -ffp-contract=off -Icompiler -I. -Ibuild"
 *     clang-19 $flags -fsanitize=fuzzer,address,undefined tests/fuzz/fuzz_compile.c compiler/{core,front,derive,plan,emit}/[a-z]*.c
 *              compiler/driver/compile.c build/grammar/{nn,lex}.c build/embedded.c -lm -o fuzz_compile
 *     mkdir -p corpus && cp tests/data/[0-9]*.nn tests/data/wrong/[0-9]*.nn corpus
 *     ./fuzz_compile -max_total_time=180 -timeout=20 -rss_limit_mb=4096 -max_len=4096 corpus
 *
 * FUZZ_PASS=elaborate in the environment stops there; without it all passes run, to the C text. */
#include "driver/compile.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct bytes {
	const char *at;
	size_t n;
};

static char *
imported(void *context, struct arena *a, const char *path, size_t *length, const char **why)
{
	const struct bytes *rest = context;
	(void)path;
	*why = "there is only one file";
	*length = rest->n;
	return rest->n ? arena_text(a, rest->at, rest->n) : NULL;
}

/* a span of a diagnostic must lie inside the file; printing it walks the lines around it */
static void
check_diagnostics(const struct compilation *c)
{
	static FILE *nowhere;
	const struct diagnostics *d = &c->unit.diagnostics;
	for (int i = 0; i < d->all.n; i++)
		for (int k = 0; k < d->all.at[i]->labels.n; k++) {
			struct span s = d->all.at[i]->labels.at[k].span;
			if (s.file && !s.file->library && (s.begin > s.end || s.end > s.file->length)) abort();
		}
	if (!nowhere) nowhere = fopen("/dev/null", "w");
	if (!nowhere) return;
	diag_print(d, nowhere, false);
	diag_print_json(d, nowhere);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	size_t own = size ? strnlen((const char *)bytes, size) : 0;
	struct bytes rest = {(const char *)bytes + own + 1, own < size ? size - own - 1 : 0};
	char *text = malloc(own + 1); /* zero-terminated, and no byte more */
	if (!text) return 0;
	memcpy(text, bytes, own);
	text[own] = 0;
	struct compilation c = {.options = {.files = {imported, NULL, &rest}}};
	const char *last = getenv("FUZZ_PASS");
	compile(&c, "fuzz.nn", text, own, last); /* NULL: all of them */
	check_diagnostics(&c);
	compile_free(&c);
	free(text);
	return 0;
}
