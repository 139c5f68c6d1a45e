/* helpers.c - the small functions that a generated m.c may need: those that its text mentions are written into it, no others. */
#include "emit/emit.h"
#include <string.h>

static const struct helper {
	const char *name, *text;
} helpers[] = {
	{"panel_of",
	 "INLINE real (*panel_of(real *base, size_t features, int panel))[PANEL]\n"
	 "{\n"
	 "\treturn (real (*)[PANEL])(base + (size_t)panel * features * PANEL);\n"
	 "}\n"
	 "\n"},
	{"ints_of",
	 "INLINE int32_t (*ints_of(int32_t *base, size_t features, int panel))[PANEL]\n"
	 "{\n"
	 "\treturn (int32_t (*)[PANEL])(base + (size_t)panel * features * PANEL);\n"
	 "}\n"
	 "\n"},
	{"nn_place",
	 "/* where sample n has a feature */\n"
	 "INLINE size_t nn_place(int n, long features, long feature)\n"
	 "{\n"
	 "\treturn (size_t)((n / PANEL) * features + feature) * PANEL + (size_t)(n % PANEL);\n"
	 "}\n"
	 "\n"},
	{"load_some",
	 "INLINE lanes load_some(const real *p, int part) { return part ? load_part(p, part) : load(p); }\n"
	 "\n"},
	{"store_some",
	 "INLINE void store_some(real *p, lanes v, int part)\n"
	 "{\n"
	 "\tif (part) store_part(p, v, part);\n"
	 "\telse store(p, v);\n"
	 "}\n"
	 "\n"},
	{"nn_places",
	 "/* the places of a vector of samples in the batch: what draws depend on */\n"
	 "INLINE ints nn_places(int first, int panel, int n) { return all_ints(first + panel * PANEL + n) + lane_index(); }\n"
	 "\n"},
	{"nn_turn",
	 "/* a copy of a matrix, column by column, so many elements behind it */\n"
	 "APART void\n"
	 "nn_turn(real *matrix, size_t rows, size_t columns, size_t behind)\n"
	 "{\n"
	 "\tfor (size_t j = 0; j < rows; j++)\n"
	 "\t\tfor (size_t i = 0; i < columns; i++) matrix[behind + i * rows + j] = matrix[j * columns + i];\n"
	 "}\n"
	 "\n"},
	{"nn_pack",
	 "/* rows[n][features] of a batch as panels; lanes behind the last sample get MASKED */\n"
	 "static void\n"
	 "nn_pack(const real *rows, size_t features, int samples, real *panels)\n"
	 "{\n"
	 "\tconst size_t whole = features - features % LANES;\n"
	 "\tfor (int first = 0; first < samples; first += PANEL) {\n"
	 "\t\treal(*to)[PANEL] = panel_of(panels, features, first / PANEL);\n"
	 "\t\tconst real *from = rows + (size_t)first * features;\n"
	 "\t\tconst int here = samples - first < PANEL ? samples - first : PANEL;\n"
	 "\t\tint n = 0;\n"
	 "\t\tfor (; n + LANES <= here; n += LANES) {\n"
	 "\t\t\tfor (size_t i = 0; i < whole; i += LANES) transpose(from + (size_t)n * features + i, features, &to[i][n], PANEL);\n"
	 "\t\t\tfor (size_t i = whole; i < features; i++)\n"
	 "\t\t\t\tfor (int l = 0; l < LANES; l++) to[i][n + l] = from[(size_t)(n + l) * features + i];\n"
	 "\t\t}\n"
	 "\t\tfor (; n < PANEL; n++)\n"
	 "\t\t\tfor (size_t i = 0; i < features; i++) to[i][n] = n < here ? from[(size_t)n * features + i] : MASKED;\n"
	 "\t}\n"
	 "}\n"
	 "\n"},
	{"nn_pack_ints",
	 "APART void\n"
	 "nn_pack_ints(const int32_t *rows, size_t features, int samples, int32_t low, int32_t *panels)\n"
	 "{\n"
	 "\tfor (int first = 0; first < samples; first += PANEL) {\n"
	 "\t\tint32_t(*to)[PANEL] = ints_of(panels, features, first / PANEL);\n"
	 "\t\tconst int here = samples - first < PANEL ? samples - first : PANEL;\n"
	 "\t\tfor (size_t i = 0; i < features; i++) {\n"
	 "\t\t\tfor (int n = 0; n < here; n++) to[i][n] = rows[(size_t)(first + n) * features + i];\n"
	 "\t\t\tfor (int n = here; n < PANEL; n++) to[i][n] = low;\n"
	 "\t\t}\n"
	 "\t}\n"
	 "}\n"
	 "\n"},
	{"nn_unpack",
	 "APART void\n"
	 "nn_unpack(const real *panels, size_t features, int samples, real *rows)\n"
	 "{\n"
	 "\tfor (int n = 0; n < samples; n++)\n"
	 "\t\tfor (size_t i = 0; i < features; i++) rows[(size_t)n * features + i] = panels[nn_place(n, (long)features, (long)i)];\n"
	 "}\n"
	 "\n"},
	{"nn_unpack_ints",
	 "APART void\n"
	 "nn_unpack_ints(const int32_t *panels, size_t features, int samples, int32_t *rows)\n"
	 "{\n"
	 "\tfor (int n = 0; n < samples; n++)\n"
	 "\t\tfor (size_t i = 0; i < features; i++) rows[(size_t)n * features + i] = panels[nn_place(n, (long)features, (long)i)];\n"
	 "}\n"
	 "\n"},
	{"nn_to_rows",
	 "/* one panel as rows[n][features], `stride` apart */\n"
	 "INLINE void\n"
	 "nn_to_rows(real (*panel)[PANEL], const size_t features, int samples, real *rows, const size_t stride)\n"
	 "{\n"
	 "\tconst size_t whole = features - features % LANES;\n"
	 "\tfor (int n = 0; n < samples; n += LANES) {\n"
	 "\t\tfor (size_t i = 0; i < whole; i += LANES) transpose(&panel[i][n], PANEL, rows + (size_t)n * stride + i, stride);\n"
	 "\t\tfor (size_t i = whole; i < features; i++)\n"
	 "\t\t\tfor (int l = 0; l < LANES; l++) rows[(size_t)(n + l) * stride + i] = panel[i][n + l];\n"
	 "\t}\n"
	 "}\n"
	 "\n"},
	{"nn_total",
	 "/* the sum with the samples added to it, in their order */\n"
	 "APART double\n"
	 "nn_total(double sum, const real *panels, int samples)\n"
	 "{\n"
	 "\tfor (int n = 0; n < samples; n++) sum += (double)panels[nn_place(n, 1, 0)];\n"
	 "\treturn sum;\n"
	 "}\n"
	 "\n"},
	{"nn_total_ints",
	 "APART double\n"
	 "nn_total_ints(double sum, const int32_t *panels, int samples)\n"
	 "{\n"
	 "\tfor (int n = 0; n < samples; n++) sum += (double)panels[nn_place(n, 1, 0)];\n"
	 "\treturn sum;\n"
	 "}\n"
	 "\n"},
	{"is_finite",
	 "INLINE int is_finite(double x) { return x - x == 0; }\n"
	 "\n"},
	{"smaller",
	 "INLINE int smaller(int a, int b) { return a < b ? a : b; }\n"
	 "\n"},
	{"larger",
	 "INLINE int larger(int a, int b) { return a > b ? a : b; }\n"
	 "\n"},
	{"nn_floor_div",
	 "INLINE int nn_floor_div(int a, int k) { return a / k - (a % k < 0); }\n"
	 "\n"},
	{"nn_floor_mod",
	 "INLINE int nn_floor_mod(int a, int k) { return a % k + (a % k < 0 ? k : 0); }\n"
	 "\n"},
	{"nn_squares",
	 "/* the sum of the squares: 16 running sums, the k-th number into sum k % 16, then a tree, as in nn_vec.h */\n"
	 "static double\n"
	 "nn_squares(const real *x, size_t count)\n"
	 "{\n"
	 "\tdouble sum[16] = {0};\n"
	 "\tsize_t i = 0;\n"
	 "\tfor (; i + 16 <= count; i += 16)\n"
	 "\t\tfor (size_t k = 0; k < 16; k++) sum[k] += (double)x[i + k] * (double)x[i + k];\n"
	 "\tfor (; i < count; i++) sum[i % 16] += (double)x[i] * (double)x[i];\n"
	 "\tfor (size_t half = 8; half > 0; half /= 2)\n"
	 "\t\tfor (size_t k = 0; k < half; k++) sum[k] += sum[k + half];\n"
	 "\treturn sum[0];\n"
	 "}\n"
	 "\n"},
	{"nn_multiply",
	 "static void\n"
	 "nn_multiply(real *x, size_t count, real factor)\n"
	 "{\n"
	 "\tfor (size_t i = 0; i < count; i++) x[i] *= factor;\n"
	 "}\n"
	 "\n"},
	{"nn_uniforms",
	 "/* what a step draws at one site: [n][count] */\n"
	 "static void\n"
	 "nn_uniforms(uint64_t seed, uint32_t step, uint32_t site, size_t n, size_t count, real *to)\n"
	 "{\n"
	 "\tfor (size_t k = 0; k < n; k++)\n"
	 "\t\tfor (size_t i = 0; i < count; i++) to[k * count + i] = nn_uniform(seed, step, site, all_ints((int32_t)k), all_ints((int32_t)i))[0];\n"
	 "}\n"
	 "\n"},
	{"nn_normals",
	 "static void\n"
	 "nn_normals(uint64_t seed, uint32_t step, uint32_t site, size_t n, size_t count, real *to)\n"
	 "{\n"
	 "\tfor (size_t k = 0; k < n; k++)\n"
	 "\t\tfor (size_t i = 0; i < count; i++) to[k * count + i] = nn_normal(seed, step, site, all_ints((int32_t)k), all_ints((int32_t)i))[0];\n"
	 "}\n"
	 "\n"},
	{"nn_start_constant",
	 "static void\n"
	 "nn_start_constant(real *w, size_t count, real value)\n"
	 "{\n"
	 "\tfor (size_t i = 0; i < count; i++) w[i] = value;\n"
	 "}\n"
	 "\n"},
	{"nn_start_uniform",
	 "/* low + (high - low) * u, a draw for each element */\n"
	 "static void\n"
	 "nn_start_uniform(real *w, size_t count, uint64_t seed, uint32_t site, real low, real high)\n"
	 "{\n"
	 "\tfor (size_t i = 0; i < count; i++) w[i] = smadd(nn_uniform(seed, 0, site, all_ints(0), all_ints((int32_t)i))[0], high - low, low);\n"
	 "}\n"
	 "\n"},
	{"nn_start_normal",
	 "static void\n"
	 "nn_start_normal(real *w, size_t count, uint64_t seed, uint32_t site, real mean, real deviation)\n"
	 "{\n"
	 "\tfor (size_t i = 0; i < count; i++) w[i] = smadd(nn_normal(seed, 0, site, all_ints(0), all_ints((int32_t)i))[0], deviation, mean);\n"
	 "}\n"
	 "\n"},
	{"nn_start_orthogonal",
	 "/* normal draws, made orthonormal row by row (column by column where there are more rows): Gram-Schmidt, twice */\n"
	 "static void\n"
	 "nn_start_orthogonal(real *w, size_t rows, size_t columns, uint64_t seed, uint32_t site)\n"
	 "{\n"
	 "\tconst size_t n = rows < columns ? rows : columns, length = rows < columns ? columns : rows;\n"
	 "\tconst size_t next = rows < columns ? columns : 1, along = rows < columns ? 1 : columns;\n"
	 "\tnn_start_normal(w, rows * columns, seed, site, 0, 1);\n"
	 "\tfor (size_t i = 0; i < n; i++) {\n"
	 "\t\tfor (int pass = 0; pass < 2; pass++)\n"
	 "\t\t\tfor (size_t k = 0; k < i; k++) {\n"
	 "\t\t\t\tdouble dot = 0;\n"
	 "\t\t\t\tfor (size_t j = 0; j < length; j++) dot += (double)w[i * next + j * along] * (double)w[k * next + j * along];\n"
	 "\t\t\t\tfor (size_t j = 0; j < length; j++) w[i * next + j * along] = (real)((double)w[i * next + j * along] - dot * (double)w[k * next + j * along]);\n"
	 "\t\t\t}\n"
	 "\t\tdouble size = 0;\n"
	 "\t\tfor (size_t j = 0; j < length; j++) size += (double)w[i * next + j * along] * (double)w[i * next + j * along];\n"
	 "\t\tsize = 1 / __builtin_sqrt(size);\n"
	 "\t\tfor (size_t j = 0; j < length; j++) w[i * next + j * along] = (real)((double)w[i * next + j * along] * size);\n"
	 "\t}\n"
	 "}\n"
	 "\n"},
};

enum { HELPERS = sizeof helpers / sizeof *helpers };

static bool
calls(const char *text, const char *name)
{
	size_t n = strlen(name);
	for (const char *s = text; (s = strstr(s, name)); s += n)
		if (s[n] == '(') return true;
	return false;
}

/* a helper may need those above it */
void
write_helpers(struct text *t, const char *body)
{
	bool used[HELPERS];
	for (int i = HELPERS - 1; i >= 0; i--) {
		used[i] = calls(body, helpers[i].name);
		for (int k = i + 1; k < HELPERS; k++) used[i] |= used[k] && calls(helpers[k].text, helpers[i].name);
	}
	for (int i = 0; i < HELPERS; i++)
		if (used[i]) text_add(t, "%s", helpers[i].text);
}
