/* plot.c - the command `nnc plot`: kinds of pictures and options, each a table. */
#define _POSIX_C_SOURCE 200809L
#include "plot/plot.h"
#include "runtime/file.h"
#include "runtime/number.h"
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct kind {
	const char *name, *files, *help;
	int least, most; /* files */
	int (*run)(struct plot *p);
} kinds[] = {
	{"curves", "[LABEL=]TABLE...", "columns of .csv or .jsonl files as lines", 1, 64, plot_curves},
	{"function", "[LABEL=]F...", "functions of one number and their derivatives, by the compiler", 1, 32, plot_functions},
	{"grid", "POINTS.csv", "the places of the plane that a network is to predict for `regions`", 1, 1, plot_grid},
	{"regions", "POINTS.csv PREDICTED.csv", "the class of every place; without -o in the terminal", 2, 2, plot_regions},
	{"points", "POINTS.csv", "points x,y with the colour of their class", 1, 1, plot_points},
	{"images", "[LABEL=]ARRAY...", "images of .npy, IDX or .safetensors files; several files are rows", 1, 64, plot_images},
	{"filters", "ARRAY", "images with negative numbers: weights", 1, 1, plot_filters},
	{"histogram", "[LABEL=]ARRAY...", "how often numbers occur, in arrays or in a column --x of tables", 1, 32, plot_histogram},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

enum take { TAKE_TEXT, TAKE_FLAG, TAKE_NUMBER, TAKE_COUNT, TAKE_SIZE, TAKE_MARK };

static const struct plot_option {
	const char *name, *value, *help;
	enum take take;
	size_t offset;
	long least, most; /* of a count or number */
} table[] = {
	{"-o", "FILE", "where the picture goes (standard output)", TAKE_TEXT, offsetof(struct plot_options, output), 0, 0},
	{"--title", "TEXT", "above the picture", TAKE_TEXT, offsetof(struct plot_options, title), 0, 0},
	{"--x", "COLUMN", "what runs to the right: a name, or a number from 0 (the first column)", TAKE_TEXT, offsetof(struct plot_options, x), 0, 0},
	{"--y", "COLUMNS", "what is drawn, with commas between (all)", TAKE_TEXT, offsetof(struct plot_options, y), 0, 0},
	{"--x-label", "TEXT", "below the axis", TAKE_TEXT, offsetof(struct plot_options, x_label), 0, 0},
	{"--y-label", "TEXT", "beside the axis", TAKE_TEXT, offsetof(struct plot_options, y_label), 0, 0},
	{"--log-x", NULL, "a logarithmic axis", TAKE_FLAG, offsetof(struct plot_options, log_x), 0, 0},
	{"--log-y", NULL, "a logarithmic axis", TAKE_FLAG, offsetof(struct plot_options, log_y), 0, 0},
	{"--from", "X", "where the axis begins", TAKE_NUMBER, offsetof(struct plot_options, from), 0, 0},
	{"--to", "X", "where it ends", TAKE_NUMBER, offsetof(struct plot_options, to), 0, 0},
	{"--low", "Y", "the lowest value that is shown; black", TAKE_NUMBER, offsetof(struct plot_options, low), 0, 0},
	{"--high", "Y", "the highest; white", TAKE_NUMBER, offsetof(struct plot_options, high), 0, 0},
	{"--mark", "X=TEXT", "a line at X with a text; up to 8", TAKE_MARK, 0, 0, 0},
	{"--file", "FILE.nn", "function: where functions of your own stand", TAKE_TEXT, offsetof(struct plot_options, model), 0, 0},
	{"--tensor", "NAME", "the one of a .safetensors file", TAKE_TEXT, offsetof(struct plot_options, tensor), 0, 0},
	{"--size", "HxW", "rows and columns of an image (from the array's shape)", TAKE_SIZE, 0, 1, 65536},
	{"--skip", "N", "values of each record that stand before its image, if it has so many more", TAKE_COUNT, offsetof(struct plot_options, skip), 0, 2000000000},
	{"--first", "K", "the image to begin with, from 0", TAKE_COUNT, offsetof(struct plot_options, first), 0, 2000000000},
	{"--count", "N", "how many images", TAKE_COUNT, offsetof(struct plot_options, count), 1, 1000000},
	{"--columns", "N", "images side by side", TAKE_COUNT, offsetof(struct plot_options, columns), 1, 100000},
	{"--scale", "N", "pixels that one of an image's takes", TAKE_COUNT, offsetof(struct plot_options, scale), 1, 1000},
	{"--bins", "N", "bars of a histogram (60)", TAKE_COUNT, offsetof(struct plot_options, bins), 1, 100000},
	{"--width", "N", "pixels of the picture", TAKE_NUMBER, offsetof(struct plot_options, width), 200, 10000},
	{"--height", "N", "pixels of the picture", TAKE_NUMBER, offsetof(struct plot_options, height), 150, 10000},
};
enum { OPTIONS = sizeof table / sizeof *table };

static int
help(FILE *out)
{
	fprintf(out, "usage: nnc plot KIND FILES [OPTIONS]\n\nkinds\n");
	for (int i = 0; i < KINDS; i++) fprintf(out, "  %-10s %-26s %s\n", kinds[i].name, kinds[i].files, kinds[i].help);
	fprintf(out, "\noptions\n");
	for (int i = 0; i < OPTIONS; i++) {
		char left[64];
		snprintf(left, sizeof left, "%s %s", table[i].name, table[i].value ? table[i].value : "");
		fprintf(out, "  %-18s %s\n", left, table[i].help);
	}
	return out == stdout ? 0 : 2;
}

static int
wrong(struct plot *p, const char *message, const char *advice)
{
	nn_fail(&p->error, "%s", message);
	if (advice) nn_help(&p->error, "%s", advice);
	return 2;
}

static bool
read_number(const char *text, double *value)
{
	const char *end = nn_number(text, value);
	return end > text && !*end && isfinite(*value);
}

static bool
read_count(const char *text, long *value, long least, long most)
{
	char *end;
	errno = 0;
	*value = strtol(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *value >= least && *value <= most;
}

/* one option; 0, or 2 with the message set */
static int
take(struct plot *p, const struct plot_option *t, const char *value)
{
	void *to = (char *)&p->o + t->offset;
	const char *expected = "a number", *equals = value ? strchr(value, '=') : NULL, *cross = value ? strchr(value, 'x') : NULL;
	switch (t->take) {
	case TAKE_TEXT: *(const char **)to = value; return 0;
	case TAKE_FLAG: *(bool *)to = true; return 0;
	case TAKE_NUMBER:
		if (read_number(value, to) && (t->least >= t->most || (*(double *)to >= (double)t->least && *(double *)to <= (double)t->most))) return 0;
		if (t->least < t->most) expected = arena_print(&p->arena, "a number from %ld to %ld", t->least, t->most);
		break;
	case TAKE_COUNT:
		if (read_count(value, to, t->least, t->most)) return 0;
		expected = arena_print(&p->arena, "a whole number from %ld to %ld", t->least, t->most);
		break;
	case TAKE_SIZE:
		expected = "rows and columns, such as 28x28";
		if (cross && read_count(arena_text(&p->arena, value, (size_t)(cross - value)), &p->o.size[0], t->least, t->most) && read_count(cross + 1, &p->o.size[1], t->least, t->most)) return 0;
		break;
	case TAKE_MARK:
		expected = "a number and a text, such as 12=stopped";
		if (p->o.mark_count == MOST_MARKS) return wrong(p, arena_print(&p->arena, "more than %d marks", MOST_MARKS), NULL);
		struct mark *m = &p->o.marks[p->o.mark_count];
		if (!equals || !read_number(arena_text(&p->arena, value, (size_t)(equals - value)), &m->at)) break;
		m->text = equals + 1;
		p->o.mark_count++;
		return 0;
	}
	return wrong(p, arena_print(&p->arena, "%s takes %s, not `%s`", t->name, expected, value), NULL);
}

/* FILE or LABEL=FILE; a file that is called so is no label and file */
static void
add_input(struct plot *p, const char *arg)
{
	size_t n = strcspn(arg, "=");
	bool labelled = arg[n] && arg[n + 1] != '=' && n > 0 && !strchr("<>!", arg[n - 1]) && access(arg, F_OK);
	struct input in = {labelled ? arena_text(&p->arena, arg, n) : NULL, labelled ? arg + n + 1 : arg};
	PUSH(&p->arena, &p->o.inputs, in);
}

static int
read_options(struct plot *p, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (argv[i][0] != '-' || !argv[i][1]) {
			add_input(p, argv[i]);
			continue;
		}
		const struct plot_option *t = NULL;
		const char *names[OPTIONS], *value = NULL;
		size_t n = argv[i][1] == '-' ? strcspn(argv[i], "=") : 2;
		for (int k = 0; k < OPTIONS; k++) {
			names[k] = table[k].name;
			if (strlen(names[k]) == n && !strncmp(argv[i], names[k], n)) t = &table[k];
		}
		if (!t) {
			char *plain = arena_text(&p->arena, argv[i], n);
			size_t near = nn_nearest(plain, names, OPTIONS);
			return wrong(p, arena_print(&p->arena, "there is no option `%s`", plain), near < OPTIONS ? arena_print(&p->arena, "there is `%s`", names[near]) : "nnc plot --help lists them");
		}
		if (argv[i][n]) value = argv[i] + n + (argv[i][n] == '=');
		if (value && !t->value) return wrong(p, arena_print(&p->arena, "%s takes no value", t->name), NULL);
		if (!value && t->value && i + 1 == argc) return wrong(p, arena_print(&p->arena, "%s needs a value", t->name), NULL);
		if (!value && t->value) value = argv[++i];
		if (take(p, t, value)) return 2;
	}
	return 0;
}

static const struct kind *
find_kind(struct plot *p, const char *name)
{
	const char *names[KINDS];
	for (int i = 0; i < KINDS; i++) {
		names[i] = kinds[i].name;
		if (!strcmp(name, names[i])) return &kinds[i];
	}
	size_t near = nn_nearest(name, names, KINDS);
	wrong(p, arena_print(&p->arena, "there is no picture called `%s`", name), near < KINDS ? arena_print(&p->arena, "there is `%s`", names[near]) : "nnc plot --help lists them");
	return NULL;
}

static int
write_picture(struct plot *p)
{
	struct nn_output_file f;
	const char *text = text_end(&p->out);
	if (!p->o.output || !strcmp(p->o.output, "-")) {
		if (fwrite(text, 1, p->out.length, stdout) == p->out.length && !fflush(stdout)) return 0;
		return nn_fail(&p->error, "cannot write to standard output: %s", strerror(errno));
	}
	if (nn_file_create(&f, p->o.output, &p->error)) return -1;
	if (!nn_file_write(&f, text, p->out.length, &p->error)) return nn_file_commit(&f, &p->error);
	nn_file_abandon(&f);
	return -1;
}

static int
run(struct plot *p, int argc, char **argv)
{
	const struct kind *kind = find_kind(p, argv[0]);
	if (!kind || read_options(p, argc - 1, argv + 1)) return 2;
	int n = p->o.inputs.n;
	if (n < kind->least || n > kind->most)
		return wrong(p, arena_print(&p->arena, "`%s` takes %s, not %d of them", kind->name, kind->least == kind->most ? kind->least == 1 ? "one file" : "two files" : "one file or more", n),
			arena_print(&p->arena, "nnc plot %s %s", kind->name, kind->files));
	if (p->o.from > p->o.to || p->o.low > p->o.high) return wrong(p, "an axis ends before it begins: --from and --to, or --low and --high", NULL);
	return kind->run(p) || write_picture(p) ? 1 : 0;
}

int
plot_main(int argc, char **argv)
{
	struct plot p = {0};
	if (!argc || !strcmp(argv[0], "--help") || !strcmp(argv[0], "help")) return help(argc ? stdout : stderr);
	int status = run(&p, argc, argv);
	if (status && p.error.text[0]) fprintf(stderr, "error: %s\n", p.error.text);
	if (status && p.error.help[0]) fprintf(stderr, "  = help: %s\n", p.error.help);
	arena_free(&p.arena);
	return status;
}
