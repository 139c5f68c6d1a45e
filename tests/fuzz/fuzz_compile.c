/* fuzz_compile.c - any bytes as a .nn file: the compiler says what is wrong with them, or compiles them, and comes back (libFuzzer).
 *
 * The first zero byte ends the file; what follows is the text of every file that it imports.  No file of the disk is read.
 *
 * Beyond what the sanitizers see: spans of messages lie inside the file, no pass breaks a contract (a message `internal`), what `nnc grad`
 * prints is the language again.  build.sh builds it; FUZZ_PASS=elaborate in the environment stops there, without it all passes run, to the
 * C text. */
#include "core/print.h"
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

static void
wrong(const char *what, const char *text)
{
	fprintf(stderr, "%s\n%s\n", what, text);
	abort();
}

/* printing a message walks the lines around its spans */
static void
check_diagnostics(const struct compilation *c)
{
	static FILE *nowhere;
	const struct diagnostics *d = &c->unit.diagnostics;
	for (int i = 0; i < d->all.n; i++) {
		const struct diagnostic *m = d->all.at[i];
		if (!strcmp(m->code, "internal")) wrong("a pass broke a contract:", m->title);
		for (int k = 0; k < m->labels.n; k++) {
			struct span s = m->labels.at[k].span;
			if (s.file && (s.file->library || s.begin > s.end || s.end > s.file->length)) wrong("a span outside the file:", m->title);
		}
	}
	if (!nowhere) nowhere = fopen("/dev/null", "w");
	if (!nowhere) return;
	diag_print(d, nowhere, true);
	diag_print_json(d, nowhere);
}

static bool
is_adjoint(const struct equation *q, void *context)
{
	(void)context;
	return q->tensor->role == ROLE_ADJOINT;
}

static void
check_gradient(struct compilation *c, struct program *p)
{
	struct text t = {.arena = &c->arena};
	struct diagnostics d = {.arena = &c->arena};
	text_add(&t, "model M {\n");
	program_print(p, &t, (struct print_style){.sample = true, .join = true}, is_adjoint, NULL);
	text_add(&t, "}\n");
	struct source source = {"printed.nn", text_end(&t), t.length, false};
	parse_source(&c->arena, &d, &source);
	if (d.errors) wrong(d.all.at[0]->title, source.text);
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
	int errors = compile(&c, "fuzz.nn", text, own, last); /* NULL: all of them */
	check_diagnostics(&c);
	for (int i = 0; !errors && !last && i < c.unit.models.n; i++) check_gradient(&c, c.unit.models.at[i]->train);
	compile_free(&c);
	free(text);
	return 0;
}
