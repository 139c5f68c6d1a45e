/* options.c - nnc's command line, read from a table. */
#include "driver/options.h"
#include "driver/driver.h"
#include "driver/memory.h"
#include <stddef.h>
#include <string.h>

enum kind { FLAG, TEXT, DEFINE_OPTION, REAL, TARGET, COLOR, FORMAT, SIZE };

static const struct option {
	const char *name, *value, *help;
	enum kind kind;
	size_t offset;
} table[] = {
	{"-o", "PATH", "where the result goes", TEXT, offsetof(struct options, output)},
	{"-D", "NAME=VALUE", "replace `let NAME` at the top of the file", DEFINE_OPTION, 0},
	{"--model", "NAME", "only this model of the file", TEXT, offsetof(struct options, compile.model)},
	{"--real", "f32|f64", "numbers of the generated program (f32)", REAL, 0},
	{"--target", "NAME", "native, x86-64-v3, x86-64-v4, generic or any -march (native)", TARGET, 0},
	{"--cc", "COMPILER", "the C compiler (clang-19, clang, gcc: the first there is)", TEXT, offsetof(struct options, cc)},
	{"--max-memory", "SIZE", "refuse models that need more, for example 512M or 8G (no limit)", SIZE, 0},
	{"--of", "NAME", "grad: only what belongs to this layer or value", TEXT, offsetof(struct options, of)},
	{"--all", NULL, "grad: the forward equations first", FLAG, offsetof(struct options, all)},
	{"--dump", "PASS", "print what a pass made", TEXT, offsetof(struct options, compile.dump)},
	{"--stop-after", "PASS", "go no further", TEXT, offsetof(struct options, compile.stop_after)},
	{"--time", NULL, "milliseconds of each pass, on stderr", FLAG, offsetof(struct options, compile.time)},
	{"--check", NULL, "fmt: write nothing, name the files that are not in the layout", FLAG, offsetof(struct options, check)},
	{"--color", "auto|always|never", "colours in messages", COLOR, 0},
	{"--format", "text|gcc|json", "messages as text, each behind FILE:LINE:COLUMN: for editors, or as JSON, one a line", FORMAT, 0},
	{"--json", NULL, "the same as --format=json", FLAG, offsetof(struct options, json)},
	{"--help", NULL, "this", FLAG, offsetof(struct options, help)},
	{"--version", NULL, "the version", FLAG, offsetof(struct options, version)},
};

enum { OPTIONS = sizeof table / sizeof *table };

void
options_help(FILE *out)
{
	fprintf(out, "usage: nnc COMMAND FILE.nn [OPTIONS]\n\ncommands\n");
	for (int i = 0; command_row(i); i++) fprintf(out, "  %-8s %s\n", command_row(i)->name, command_row(i)->help);
	fprintf(out, "  %-8s %s\n", "plot", "pictures of runs, functions, regions, images: nnc plot --help");
	fprintf(out, "  %-8s %s\n\noptions\n", "data", "a folder of pictures, a folder in it for each class, as data for trainers: nnc data --help");
	for (int i = 0; i < OPTIONS; i++) {
		char left[64];
		snprintf(left, sizeof left, "%s%s%s", table[i].name, !table[i].value ? "" : table[i].name[1] == '-' ? "=" : " ", table[i].value ? table[i].value : "");
		fprintf(out, "  %-26s %s\n", left, table[i].help);
	}
	fprintf(out, "\npasses  ");
	for (int i = 0; pass_name(i); i++) fprintf(out, " %s", pass_name(i));
	fprintf(out, "\n");
}

static int
wrong(const char *format, const char *what, const char *help)
{
	fprintf(stderr, "error: ");
	fprintf(stderr, format, what);
	fprintf(stderr, "\n");
	if (help) fprintf(stderr, "  = help: %s\n", help);
	return 2;
}

/* letters, digits, dots, dashes and underscores: what a -march or a name of a model may hold */
static bool
is_plain(const char *s)
{
	if (!*s || *s == '-') return false;
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+")] == 0;
}

static int
take(struct options *o, struct arena *a, const struct option *t, const char *value)
{
	switch (t->kind) {
	case FLAG: *(bool *)((char *)o + t->offset) = true; return 0;
	case TEXT: *(const char **)((char *)o + t->offset) = value; return 0;
	case REAL:
		if (strcmp(value, "f32") && strcmp(value, "f64")) return wrong("--real is f32 or f64, not `%s`", value, NULL);
		o->compile.f64 = !strcmp(value, "f64");
		return 0;
	case TARGET:
		if (!is_plain(value)) return wrong("--target takes the name of a processor, not `%s`", value, "native, x86-64-v3, x86-64-v4, generic, or what the C compiler takes as -march");
		o->compile.target = value;
		return 0;
	case COLOR:
		o->color = !strcmp(value, "always") ? COLOR_ALWAYS : !strcmp(value, "never") ? COLOR_NEVER : COLOR_AUTO;
		if (o->color == COLOR_AUTO && strcmp(value, "auto")) return wrong("--color is auto, always or never, not `%s`", value, NULL);
		return 0;
	case FORMAT:
		o->format = !strcmp(value, "gcc") ? FORMAT_GCC : !strcmp(value, "json") ? FORMAT_JSON : FORMAT_TEXT;
		if (o->format == FORMAT_TEXT && strcmp(value, "text")) return wrong("--format is text, gcc or json, not `%s`", value, NULL);
		return 0;
	case SIZE:
		o->compile.max_memory = read_size(value);
		if (!o->compile.max_memory) return wrong("--max-memory takes a size, not `%s`", value, "for example 512M, 8G or 1.5GiB");
		return 0;
	case DEFINE_OPTION: {
		const char *equals = strchr(value, '=');
		if (!equals || equals == value) return wrong("-D takes NAME=VALUE, not `%s`", value, NULL);
		struct define_option *wider = NEW_ARRAY(a, o->compile.define_count + 1, struct define_option);
		if (o->compile.define_count) memcpy(wider, o->compile.defines, (size_t)o->compile.define_count * sizeof *wider);
		wider[o->compile.define_count++] = (struct define_option){arena_text(a, value, (size_t)(equals - value)), equals + 1, false};
		o->compile.defines = wider;
		return 0;
	}
	}
	return 0;
}

/* the option that argv[i] names; *value is what follows `=`, or the rest of -Dname=value */
static const struct option *
find(const char *arg, const char **value)
{
	*value = NULL;
	for (int i = 0; i < OPTIONS; i++) {
		size_t n = strlen(table[i].name);
		if (strncmp(arg, table[i].name, n)) continue;
		if (!arg[n]) return &table[i];
		if (table[i].value && arg[1] == '-' && arg[n] == '=') {
			*value = arg + n + 1;
			return &table[i];
		}
		if (table[i].value && arg[1] != '-') {
			*value = arg + n;
			return &table[i];
		}
	}
	return NULL;
}

static int
unknown_option(struct arena *a, const char *arg)
{
	const char *names[OPTIONS];
	for (int i = 0; i < OPTIONS; i++) names[i] = table[i].name;
	char *plain = arena_text(a, arg, strcspn(arg, "="));
	const char *near = nearest_name(plain, names, OPTIONS);
	return wrong("there is no option `%s`", plain, near ? arena_print(a, "there is `%s`", near) : "nnc --help lists them");
}

static bool
takes_many(const char *command)
{
	for (int i = 0; command_row(i); i++)
		if (!strcmp(command_row(i)->name, command)) return command_row(i)->alone;
	return false;
}

int
options_read(struct options *o, struct arena *a, int argc, char **argv)
{
	*o = (struct options){.files = NEW_ARRAY(a, argc, const char *)};
	for (int i = 1; i < argc; i++) {
		const char *value;
		if (!strcmp(argv[i], "--")) {
			o->rest = argv + i + 1;
			o->rest_count = argc - i - 1;
			break;
		}
		if (argv[i][0] != '-' || !argv[i][1]) {
			if (!o->command) o->command = argv[i];
			else o->files[o->file_count++] = argv[i];
			continue;
		}
		const struct option *t = find(argv[i], &value);
		if (!t) return unknown_option(a, argv[i]);
		if (t->value && !value) {
			if (i + 1 >= argc) return wrong("`%s` needs a value", argv[i], NULL);
			value = argv[++i];
		}
		int bad = take(o, a, t, value);
		if (bad) return bad;
	}
	o->file = o->files[0];
	if (o->file_count > 1 && !takes_many(o->command)) return wrong("one file at a time: what is `%s`?", o->files[1], "options of the trainer follow after `--`");
	return 0;
}
