/* explain.c - `nnc explain CODE`: the story of a diagnostic, from compiler/explain/CODE.md, which nnc carries inside.
 *
 * A story is a heading `# code: one line`, a few paragraphs, and programs between ``` lines: after the first, `wrong` or `right`, and what nnc
 * is called with beyond the file.  The suite `explain` runs them all. */
#include "driver/driver.h"
#include "driver/embedded.h"
#include "runtime/wrap.h"
#include <string.h>

static const char folder[] = "compiler/explain/", ending[] = ".md";

/* the code that an embedded file tells about; NULL: it is no story */
static const char *
story_code(struct arena *a, const struct embedded *f)
{
	size_t before = sizeof folder - 1, after = sizeof ending - 1, n = strlen(f->path);
	if (n < before + after || strncmp(f->path, folder, before) || strcmp(f->path + n - after, ending)) return NULL;
	return arena_text(a, f->path + before, n - before - after);
}

/* the heading without its `# ` */
static void
print_heading(const struct embedded *f)
{
	printf("%.*s\n", (int)strcspn(f->bytes, "\n") - 2, f->bytes + 2);
}

/* the lines that have been collected, broken to the width of the screen */
static void
print_paragraph(struct text *t)
{
	size_t next;
	for (const char *s = text_end(t); *s; s += next) printf("%.*s\n", (int)nn_line_of_text(s, nn_screen_columns(1), &next), s);
	*t = (struct text){.arena = t->arena};
}

/* programs are indented, and what they are stands above them in words */
static void
print_story(struct arena *a, const struct embedded *f)
{
	bool inside = false;
	struct text paragraph = {.arena = a};
	print_heading(f);
	for (const char *line = strchr(f->bytes, '\n') + 1; *line; line += strcspn(line, "\n") + 1) {
		int length = (int)strcspn(line, "\n");
		if (strncmp(line, "```", 3) && !inside && length) {
			text_add(&paragraph, "%s%.*s", paragraph.length ? " " : "", length, line);
		} else if (strncmp(line, "```", 3)) {
			print_paragraph(&paragraph);
			printf("%s%.*s\n", inside && length ? "    " : "", length, line);
		} else {
			print_paragraph(&paragraph);
			const char *what = memchr(line, ' ', (size_t)length);
			inside = !inside;
			if (inside && what) printf("%.*s:\n\n", length - (int)(what + 1 - line), what + 1);
		}
		if (!line[length]) break;
	}
	print_paragraph(&paragraph);
}

static int
no_story(struct arena *a, const char *code)
{
	LIST(const char *) codes = {0};
	for (const struct embedded *f = embedded_files; f->path; f++) {
		const char *c = story_code(a, f);
		if (c) PUSH(a, &codes, c);
	}
	const char *near = nearest_name(code, codes.at, codes.n);
	fprintf(stderr, "error: there is no code `%s`\n  = help: ", code);
	if (near) fprintf(stderr, "the nearest is `%s`: nnc explain %s\n", near, near);
	else fprintf(stderr, "nnc explain lists them\n");
	return 1;
}

static int
explain(struct arena *a, const char *code)
{
	for (const struct embedded *f = embedded_files; f->path; f++) {
		const char *c = story_code(a, f);
		if (c && !code) print_heading(f);
		if (!c || !code || strcmp(c, code)) continue;
		print_story(a, f);
		return 0;
	}
	return code ? no_story(a, code) : 0;
}

int
command_explain(const struct options *o)
{
	struct arena a = {0};
	int status = o->file ? 0 : explain(&a, NULL);
	for (int i = 0; i < o->file_count; i++) {
		if (i) printf("\n");
		status |= explain(&a, o->files[i]);
	}
	arena_free(&a);
	return status;
}
