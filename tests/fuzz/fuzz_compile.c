/* fuzz_compile.c - any bytes as a .nn file: the compiler says what is wrong with them, or compiles them, and comes back (libFuzzer).
 *
 * The first zero byte ends the file; what follows is the text of every file that it imports.  No file of the disk is read.
 *
 * Beyond what the sanitizers see: every message has a place, spans of messages lie inside the file, no pass breaks a contract (a message `internal`), what `nnc grad`
 * prints is the language again, a layout has the words of the file and is its own layout.  Most changes are of words, not of bytes: a few are repeated, moved or dropped, a list or a name becomes longer,
 * a number another, the text ends early.
 *
 * build.sh builds it.  FUZZ_PASS=elaborate in the environment stops there; without it all passes run, to the C text. */
#include "core/print.h"
#include "driver/compile.h"
#include "front/layout.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed);

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
		if (!strcmp(m->code, "internal")) wrong("a pass broke a contract:", m->notes.n ? m->notes.at[0] : m->title);
		if (!m->labels.n || !m->labels.at[0].span.file) wrong("a message without a place:", m->title);
		for (int k = 0; k < m->labels.n; k++) {
			struct span s = m->labels.at[k].span;
			if (s.file && (s.file->library || s.begin > s.end || s.end > s.file->length)) wrong("a span outside the file:", m->title);
		}
		for (int k = 0; k < m->edits.n; k++) {
			struct span s = m->edits.at[k].span;
			if (!s.file || s.file->library || s.begin > s.end || s.end > s.file->length) wrong("an edit outside the file:", m->title);
		}
	}
	if (!nowhere) nowhere = fopen("/dev/null", "w");
	if (!nowhere) return;
	diag_print(d, nowhere, true, DEFAULT_COLUMNS);
	diag_print_gcc(d, nowhere, false);
	diag_print_json(d, nowhere);
}

static bool
is_adjoint(const struct equation *q, void *context)
{
	(void)context;
	return q->tensor->role == ROLE_ADJOINT;
}

/* the name of the loss is a keyword: a gradient that reads it is for people only */
static bool
reads_loss(struct program *p)
{
	for (int i = 0; i < p->equations.n; i++) {
		int n;
		struct expr **reads = expr_reads(p, p->equations.at[i]->body, &n);
		for (int k = 0; k < n; k++)
			if (reads[k]->tensor == p->loss) return true;
	}
	return false;
}

/* the language has no name for the place of a sample in its batch, by which the gradient of min(batch) finds its sample: for people only, too */
static bool
numbers_samples(const char *text)
{
	for (const char *s = text; (s = strstr(s, "batch")); s++)
		if (s > text && s[-1] == ' ') return true;
	return false;
}

static void
check_gradient(struct compilation *c, struct program *p)
{
	if (reads_loss(p)) return;
	struct text t = {.arena = &c->arena};
	struct diagnostics d = {.arena = &c->arena};
	text_add(&t, "model M {\n");
	program_print(p, &t, (struct print_style){.sample = true, .join = true}, is_adjoint, NULL);
	text_add(&t, "}\n");
	if (numbers_samples(text_end(&t))) return;
	struct source source = {"printed.nn", text_end(&t), t.length, false};
	parse_source(&c->arena, &d, &source);
	if (d.errors) wrong(d.all.at[0]->title, source.text);
}

/* nnc fmt: the same words, and the layout of the layout is itself */
static void
check_layout(const char *text, size_t length)
{
	struct arena a = {0};
	struct diagnostics d = {.arena = &a};
	struct source source = {.path = "fuzz.nn", .text = text, .length = length}, made = {.path = "layout.nn"};
	char *got = layout(&a, &d, &source);
	if (got) {
		made.text = got;
		made.length = strlen(got);
		if (!same_words(&a, &source, &made)) wrong("a layout with other words:", got);
		char *again = layout(&a, &d, &made);
		if (!again || strcmp(again, got)) wrong("the layout of a layout is another one:", got);
	}
	arena_free(&a);
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
	check_layout(text, own);
	free(text);
	return 0;
}

/* ---- changes of words ---------------------------------------------------------------------------------------------------------------- */

enum { WORDS = 4096, RUN = 6, TIMES = 20 };

struct words { /* word k is bytes at[k] .. at[k + 1] - 1, blanks behind it included */
	int n;
	size_t at[WORDS + 1];
};

static bool
is_part(int c)
{
	return isalnum(c) || c == '_' || c == '.';
}

static void
split_words(struct words *w, const uint8_t *bytes, size_t size)
{
	w->n = 0;
	for (size_t i = 0; i < size && w->n < WORDS;) {
		w->at[w->n++] = i;
		if (is_part(bytes[i])) while (i < size && is_part(bytes[i])) i++;
		else i++;
		while (i < size && isspace(bytes[i])) i++;
	}
	w->at[w->n] = size;
}

/* bytes from .. to - 1 give way to `length` others; the new size, or the old one where there is no room */
static size_t
put(uint8_t *bytes, size_t size, size_t most, size_t from, size_t to, const uint8_t *other, size_t length)
{
	if (size - (to - from) + length > most) return size;
	memmove(bytes + from + length, bytes + to, size - to);
	memcpy(bytes + from, other, length);
	return size - (to - from) + length;
}

static int
below(uint64_t *random, int k)
{
	*random = *random * 6364136223846793005u + 1442695040888963407u;
	return (int)(*random >> 33) % k;
}

/* the first word of its last item in front of the bracket that word `close` closes; `close` itself when there is none */
static int
last_item(const struct words *w, const uint8_t *bytes, int close)
{
	int depth = 0;
	for (int k = close - 1; k >= 0; k--) {
		int c = bytes[w->at[k]];
		depth += (c == ')' || c == ']') - (c == '(' || c == '[');
		if (depth < 0 || (depth == 0 && c == ',')) return k + 1;
	}
	return close;
}

/* [2, 3] becomes [2, 3, 3, 3] */
static size_t
longer_list(const struct words *w, uint8_t *bytes, size_t size, size_t most, int from, int times)
{
	while (from < w->n && bytes[w->at[from]] != ']' && bytes[w->at[from]] != ')') from++;
	if (from == w->n) return size;
	size_t at = w->at[from], length = at - w->at[last_item(w, bytes, from)];
	uint8_t *item = malloc(length + 2);
	if (!item) return size;
	item[0] = ',';
	memcpy(item + 1, bytes + at - length, length);
	for (int k = 0; k < times && length; k++) size = put(bytes, size, most, at, at, item, length + 1);
	free(item);
	return size;
}

/* one more, one less, 0, or a number at some edge */
static size_t
other_number(const struct words *w, uint8_t *bytes, size_t size, size_t most, int from, int which)
{
	static const char *const edges[] = {"1 ", "-1 ", "2 ", "7 ", "8 ", "9 ", "16 ", "17 ", "65 ", "1000001 ", "2147483648 ", "1e15 ", "1e300 ", "0.5 "};
	char near[32];
	while (from < w->n && !isdigit(bytes[w->at[from]])) from++;
	if (from == w->n) return size;
	long now = 0;
	for (size_t i = w->at[from]; i < w->at[from + 1] && isdigit(bytes[i]) && now < 1000000; i++) now = 10 * now + bytes[i] - '0';
	snprintf(near, sizeof near, "%ld ", which % 2 ? now + 1 : now - 1);
	const char *number = which % 8 < 4 ? near : which % 8 < 6 ? "0 " : edges[which / 8 % (int)(sizeof edges / sizeof *edges)];
	return put(bytes, size, most, w->at[from], w->at[from + 1], (const uint8_t *)number, strlen(number));
}

/* a name becomes a longer one, by up to 160 letters */
static size_t
longer_name(const struct words *w, uint8_t *bytes, size_t size, size_t most, int from, int times)
{
	while (from < w->n && !isalpha(bytes[w->at[from]])) from++;
	if (from == w->n) return size;
	size_t at = w->at[from], length = 0;
	while (at + length < size && is_part(bytes[at + length])) length++;
	uint8_t *name = malloc(length + 1);
	if (!name) return size;
	memcpy(name, bytes + at, length);
	for (size_t k = 0; k * length < 8 * (size_t)times; k++) size = put(bytes, size, most, at, at, name, length);
	free(name);
	return size;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t most, unsigned seed)
{
	static struct words w;
	uint64_t random = seed;
	split_words(&w, bytes, size);
	if (w.n < 2 || !below(&random, 5)) return LLVMFuzzerMutate(bytes, size, most);
	int first = below(&random, w.n), last = first + 1 + below(&random, RUN), there = below(&random, w.n), drop = below(&random, 2);
	int times = 1 + below(&random, drop ? TIMES : 2);
	if (last > w.n) last = w.n;
	size_t from = w.at[first], to = w.at[last], length = to - from;
	uint8_t *copy = malloc(length + 1);
	if (!copy) return size;
	memcpy(copy, bytes + from, length);
	switch (below(&random, 8)) {
	case 0: /* again and again behind itself */
		for (int k = 0; k < times; k++) size = put(bytes, size, most, to, to, copy, length);
		break;
	case 1: size = put(bytes, size, most, w.at[there], w.at[there + drop], copy, length); break;
	case 2: size = put(bytes, size, most, from, to, copy, 0); break;
	case 3: size = longer_list(&w, bytes, size, most, first, times); break;
	case 4: size = longer_name(&w, bytes, size, most, first, times); break;
	case 5: /* the text ends here, in the middle of a line */
		size = to;
		while (size && isspace(bytes[size - 1])) size--;
		break;
	default: size = other_number(&w, bytes, size, most, first, below(&random, 1000));
	}
	free(copy);
	return size;
}
