/* names.c - .nn names as C names, and text that is safe inside C. */
#include "emit/emit.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* keywords of C and C++, what the standard headers reserve, and the names that generated code uses itself; sorted */
static const char *const reserved[] = {
	"after", "alignas", "alignof", "all", "all_ints", "and", "any", "asm", "at", "auto", "before", "begins", "best", "block", "bool", "break",
	"call", "candidate", "case", "catch", "char", "class", "column", "columns", "const", "constexpr", "continue", "count", "default",
	"delete", "do", "double", "else", "end", "ends", "enum", "explicit", "export", "extern", "false", "few", "first", "float", "fold", "for", "friend",
	"from", "gather", "gather_ints", "goto", "if", "inline", "inside", "int", "ints", "ints_of", "kept", "kernel", "lane_index",
	"lane_sums", "lanes", "larger", "last", "left", "linux", "load", "load_ints", "load_part", "load_some", "long", "m", "madd", "main",
	"minus", "mutable", "n", "namespace", "new", "not", "nullptr", "number", "operator", "or", "panel", "panel_of", "part", "parts", "pick",
	"pick_ints", "place", "private", "protected", "public", "r", "real", "register", "restrict", "return", "right", "row", "rows", "run",
	"run_part", "samples", "samples_in", "seed", "short", "signed", "sink", "sizeof", "smadd", "smaller", "ssqrt", "static", "step",
	"store", "store_ints", "store_part", "store_some", "struct", "sum", "sums", "switch", "tap", "template", "term", "this", "throw", "to",
	"to_real", "transpose", "tree16", "true", "try", "typedef", "typename", "uints", "union", "unix", "unsigned", "using", "v", "vabs",
	"vec", "vecs", "virtual", "vmadd", "void", "volatile", "vsqrt", "while", "whole", "width", "xor",
};

static int
compare_words(const void *a, const void *b)
{
	return strcmp(a, *(const char *const *)b);
}

static bool
is_among(const char *const sorted[], size_t n, const char *word)
{
	return bsearch(word, sorted, n, sizeof *sorted, compare_words) != NULL;
}

/* a name that `struct NAME` cannot have in C or C++; the words are sorted */
bool
c_is_keyword(const char *name)
{
	static const char *const keywords[] = {
		"alignas", "alignof", "and", "asm", "auto", "bool", "break", "call", "case", "catch", "char", "class", "const", "constexpr",
		"continue", "default", "delete", "do", "double", "else", "enum", "explicit", "export", "extern", "false", "float", "for", "friend",
		"goto", "if", "inline", "int", "ints", "kernel", "lanes", "linux", "long", "mutable", "namespace", "new", "not", "nullptr",
		"operator", "or", "private", "protected", "public", "real", "register", "restrict", "return", "short", "signed", "sizeof",
		"static", "struct", "switch", "template", "this", "throw", "true", "try", "typedef", "typename", "uints", "union", "unix",
		"unsigned", "using", "virtual", "void", "volatile", "while", "xor",
	};
	if (is_among(keywords, sizeof keywords / sizeof *keywords, name)) return true;
	return name[0] == '_' || !strncmp(name, "nn_", 3);
}

static bool
is_reserved(const char *name)
{
	if (is_among(reserved, sizeof reserved / sizeof *reserved, name)) return true;
	/* the implementation's: _x, nn_ functions, all-capital macros */
	if (name[0] == '_' || !strncmp(name, "nn_", 3)) return true;
	if (strlen(name) > 2 && !strcmp(name + strlen(name) - 2, "_t")) return true; /* size_t */
	bool macro = strlen(name) > 2; /* INT32_MAX, LANES */
	for (const char *s = name; *s; s++) macro &= !islower((unsigned char)*s);
	return macro;
}

const char *
c_name(struct c_names *names, const char *from)
{
	return c_name_as(names, from, from);
}

const char *
c_name_as(struct c_names *names, const char *from, const char *wanted)
{
	int *known = map_find(&names->from, from);
	if (known) return names->to.at[*known];
	char *to = arena_print(names->arena, "%s", wanted);
	for (char *s = to; *s; s++)
		if (!isalnum((unsigned char)*s)) *s = *s == '\'' ? '1' : '_';
	const char *unique = is_reserved(to) ? arena_print(names->arena, "%s_", isalpha((unsigned char)*to) ? to : arena_print(names->arena, "x%s", to)) : to;
	for (int n = 2; map_find(&names->taken, unique); n++) unique = arena_print(names->arena, "%s_%d", to, n);
	*map_get(names->arena, &names->from, from) = names->to.n;
	PUSH(names->arena, &names->to, unique);
	c_reserve(names, unique);
	return unique;
}

void
c_reserve(struct c_names *names, const char *name)
{
	*map_get(names->arena, &names->taken, name) = 1;
}

static bool
fits_into_a_comment(const char *s)
{
	unsigned char c = (unsigned char)*s;
	return c >= 32 && c <= 126 && c != '\\' && c != '?' && !(c == '*' && s[1] == '/') && !(c == '/' && s[1] == '*');
}

const char *
c_comment(struct arena *a, const char *text)
{
	size_t n = 0;
	while (text[n] && fits_into_a_comment(text + n)) n++;
	if (!text[n]) return text;
	char *shown = arena_text(a, text, n + strlen(text + n));
	for (; text[n]; n++)
		if (!fits_into_a_comment(text + n)) shown[n] = '.';
	return shown;
}

const char *
c_string(struct arena *a, const char *text)
{
	struct text t = {.arena = a};
	if (!text) return "NULL";
	text_bytes(&t, "\"", 1);
	for (const char *s = text; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '"' || c == '\\') text_add(&t, "\\%c", c);
		else if (c < 32 || c > 126 || c == '?') text_add(&t, "\\%03o", c);
		else text_bytes(&t, s, 1);
	}
	text_bytes(&t, "\"", 1);
	return text_end(&t);
}

const char *
c_number(struct arena *a, double v, bool f64)
{
	if (isinf(v)) return v > 0 ? "NN_INFINITY" : "-NN_INFINITY";
	if (v == floor(v) && fabs(v) < 1e6) return arena_print(a, "%.0f.0%s", v, f64 ? "" : "f");
	char *s = NULL;
	for (int digits = f64 ? 15 : 6; digits <= 17; digits++) { /* a shorter one that is the same is printed with these, too */
		s = arena_print(a, "%.*g", digits, v);
		double back = strtod(s, NULL);
		if (f64 ? back == v : (float)back == (float)v && (digits >= 9 || (float)back == (float)v)) break;
	}
	if (!strpbrk(s, ".e")) s = arena_print(a, "%s.0", s);
	return f64 ? s : arena_print(a, "%sf", s);
}

/* names of the generated file's own that a .nn name may not become */
void
reserve_names(struct emission *e)
{
	static const char *const members[] = {"batch", "use", "samples", "panels", "seed", "step", "run", "pool", "sink", "gradients", "workspace", "panel_base", "params", "moments", "settings", "sums", "grad", "optimizer", "clip_norm", "when", "first", "more", "total", "so_far", "single", "room"};
	static const char *const functions[] = {"run", "run_part", "forward", "backward", "keep_gradient", "predict_some", "evaluate_some", "samples_in", "layout_predict", "layout_evaluate",
						"layout_train", "kernel", "call", "clip_gradients", "hand_over", "chunk_of", "is_finite", "panel_of", "ints_of", "load_some", "store_some",
						"run_step", "run_at", "run_step_at", "panels_at", "params_at", "plain_at", "smaller", "larger"};
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) c_reserve(&e->members, members[i]);
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) c_reserve(&e->functions, functions[i]);
}
