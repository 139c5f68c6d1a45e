/* regions.c - what a network makes of the plane: the predicted class of every place as a colour, paler where it is less sure, a line where
 * the class changes, and the points on top.
 *
 *   nnc plot grid POINTS.csv -o GRID.csv              the places to ask about, x,y
 *   ./trainer predict GRID.csv ... -o PREDICTED.csv
 *   nnc plot regions POINTS.csv PREDICTED.csv         in the terminal; with -o OUT.svg as a picture
 *
 *   nnc plot points POINTS.csv -o OUT.svg             the points alone
 *
 * POINTS.csv has x, y and the class in its first three columns; PREDICTED.csv has the probability of each class, or that of class 1 alone,
 * for the places of the grid, row by row from below. */
#define _XOPEN_SOURCE 700
#include "plot/plot.h"
#include "runtime/file.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SIDE = 120,      /* places across and up */
	TERMINAL = 60,   /* characters across the terminal's picture, divides SIDE */
	LEVELS = 8,      /* how sure: not at all ... certain */
	MOST_CLASSES = COLOURS,
};

static const char point_signs[] = "oxv+#*%@sz"; /* of each class in a terminal without colour */
static const char region_signs[] = ".:-'`,~_;^";

struct picture {
	struct table points;
	double low_x, low_y, size; /* the square that is shown */
	int classes;
	double *p;                 /* [row][column][class], rows from below */
	unsigned char class[SIDE][SIDE], level[SIDE][SIDE];
};

static double
point_x(const struct picture *r, size_t k)
{
	return r->points.columns.at[0].at[k];
}

static double
point_y(const struct picture *r, size_t k)
{
	return r->points.columns.at[1].at[k];
}

static int
point_class(const struct picture *r, size_t k)
{
	return (int)r->points.columns.at[2].at[k];
}

/* the points, and a square around them with some room at the border */
static int
read_points(struct plot *p, struct picture *r, const char *path)
{
	double low_x = DBL_MAX, low_y = DBL_MAX, high_x = -DBL_MAX, high_y = -DBL_MAX;
	if (table_read(p, &r->points, path)) return -1;
	if (r->points.columns.n < 3) return nn_fail(&p->error, "%s has %d columns, expected x, y and class", r->points.path, r->points.columns.n);
	for (size_t k = 0; k < r->points.rows; k++) {
		double x = point_x(r, k), y = point_y(r, k), class = r->points.columns.at[2].at[k];
		if (!(class >= 0 && class < MOST_CLASSES && class == floor(class)))
			return nn_fail(&p->error, "%s: record %zu: class %g is not one of 0..%d", r->points.path, k, class, MOST_CLASSES - 1);
		if (!isfinite(x) || !isfinite(y)) return nn_fail(&p->error, "%s: record %zu: the place (%g, %g) is not finite", r->points.path, k, x, y);
		low_x = fmin(low_x, x), high_x = fmax(high_x, x);
		low_y = fmin(low_y, y), high_y = fmax(high_y, y);
	}
	r->size = 1.12 * fmax(high_x - low_x, high_y - low_y);
	if (!isfinite(r->size)) return nn_fail(&p->error, "%s: its points are too far apart", r->points.path);
	if (r->size == 0) r->size = 1;
	r->low_x = low_x + (high_x - low_x - r->size) / 2;
	r->low_y = low_y + (high_y - low_y - r->size) / 2;
	return 0;
}

/* the most probable class of a place, and how sure: from as likely as any other to certain */
static void
set_place(struct picture *r, int row, int column, const double probability[])
{
	int best = 0;
	for (int k = 1; k < r->classes; k++)
		if (probability[k] > probability[best]) best = k;
	double even = 1.0 / r->classes, share = (probability[best] - even) / (1 - even);
	r->class[row][column] = (unsigned char)best;
	r->level[row][column] = (unsigned char)fmin(fmax(share * LEVELS, 0), LEVELS - 1);
}

static int
read_predictions(struct plot *p, struct picture *r, const char *path)
{
	struct table t;
	if (table_read(p, &t, path)) return -1;
	if (t.rows != SIDE * SIDE) {
		nn_fail(&p->error, "%s has %zu rows, expected %d, one for each place of the grid", t.path, t.rows, SIDE * SIDE);
		return nn_help(&p->error, "`nnc plot grid POINTS.csv -o GRID.csv` writes the places to predict");
	}
	if (t.columns.n > MOST_CLASSES) return nn_fail(&p->error, "%s has %d classes, expected at most %d", t.path, t.columns.n, MOST_CLASSES);
	r->classes = t.columns.n > 1 ? t.columns.n : 2;
	r->p = NEW_ARRAY(&p->arena, SIDE * SIDE * r->classes, double);
	for (int place = 0; place < SIDE * SIDE; place++) {
		double *at = r->p + place * r->classes;
		for (int k = 0; k < t.columns.n; k++) at[k] = t.columns.at[k].at[place];
		if (t.columns.n == 1) at[1] = at[0], at[0] = 1 - at[1];
		for (int k = 0; k < r->classes; k++)
			if (!(at[k] >= -1e-3 && at[k] <= 1.001)) return nn_fail(&p->error, "%s: row %d: %g is no probability", t.path, place + 1, at[k]);
		set_place(r, place / SIDE, place % SIDE, at);
	}
	return 0;
}

/* ---- in the terminal -------------------------------------------------------------------------------------------------------------------- */

/* the colour of a place: that of its class, mixed with white */
static struct colour
shade(int class, int level)
{
	return paler(colour_of(class), 0.86 - 0.38 * level / (LEVELS - 1));
}

/* the class of the points in each cell of a picture of `rows` rows, -1 where there is none */
static void
mark_points(const struct picture *r, int rows, signed char marks[TERMINAL][TERMINAL])
{
	memset(marks, -1, TERMINAL * TERMINAL);
	for (size_t k = 0; k < r->points.rows; k++) {
		int row = (int)((point_y(r, k) - r->low_y) / r->size * rows), column = (int)((point_x(r, k) - r->low_x) / r->size * TERMINAL);
		if (row >= 0 && row < rows && column >= 0 && column < TERMINAL) marks[row][column] = (signed char)point_class(r, k);
	}
}

static struct colour
cell_colour(const struct picture *r, signed char marks[TERMINAL][TERMINAL], int row, int column)
{
	int at = SIDE / TERMINAL, y = row * at + at / 2, x = column * at + at / 2;
	return marks[row][column] >= 0 ? colour_of(marks[row][column]) : shade(r->class[y][x], r->level[y][x]);
}

/* a character is an upper half block: its foreground is one row, its background the next */
static void
write_in_colour(struct text *t, const struct picture *r)
{
	signed char marks[TERMINAL][TERMINAL];
	mark_points(r, TERMINAL, marks);
	for (int row = TERMINAL - 1; row > 0; row -= 2) {
		for (int column = 0; column < TERMINAL; column++) {
			struct colour a = cell_colour(r, marks, row, column), b = cell_colour(r, marks, row - 1, column);
			text_add(t, "\033[38;2;%d;%d;%d;48;2;%d;%d;%dm\xe2\x96\x80", a.red, a.green, a.blue, b.red, b.green, b.blue);
		}
		text_add(t, "\033[0m\n");
	}
}

static void
write_in_signs(struct text *t, const struct picture *r)
{
	signed char marks[TERMINAL][TERMINAL];
	int rows = TERMINAL / 2;
	mark_points(r, rows, marks);
	for (int row = rows - 1; row >= 0; row--) {
		for (int column = 0; column < TERMINAL; column++) {
			int y = (2 * row + 1) * SIDE / TERMINAL, x = (2 * column + 1) * SIDE / (2 * TERMINAL), mark = marks[row][column];
			text_add(t, "%c", mark >= 0 ? point_signs[mark] : r->level[y][x] > 0 ? region_signs[r->class[y][x]] : ' ');
		}
		text_add(t, "\n");
	}
}

static bool
is_colour_terminal(void)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0 && !(no_color && *no_color);
}

/* ---- as SVG ----------------------------------------------------------------------------------------------------------------------------- */

/* the runs of one class and level as one path, in units of a place */
static void
draw_level(struct plot *p, const struct picture *r, int class, int level)
{
	struct colour c = shade(class, level);
	bool begun = false;
	for (int row = 0; row < SIDE; row++)
		for (int column = 0, end; column < SIDE; column = end) {
			for (end = column; end < SIDE && r->class[row][end] == class && r->level[row][end] == level;) end++;
			if (end == column) {
				end++;
				continue;
			}
			text_add(&p->out, "%sM%d %dh%dv1h%dz", begun ? "" : arena_print(&p->arena, "<path fill=\"#%02x%02x%02x\" d=\"", c.red, c.green, c.blue), column, SIDE - 1 - row,
				end - column, column - end);
			begun = true;
		}
	if (begun) text_add(&p->out, "\"/>\n");
}

static double
log_of(double probability)
{
	return log(fmax(probability, 1e-12));
}

/* by how much the logarithm of class k's probability is above that of the most probable other one: nearly linear where a network is sure */
static double
lead(const struct picture *r, int row, int column, int k)
{
	const double *at = r->p + (row * SIDE + column) * r->classes;
	double other = 0;
	for (int j = 0; j < r->classes; j++)
		if (j != k) other = fmax(other, at[j]);
	return log_of(at[k]) - log_of(other);
}

/* The line where class k stops to lead, by marching squares: an end lies on an edge between two places of different signs, where the straight
 * line between their values passes 0. */
static void
draw_border(struct plot *p, const struct picture *r, int k)
{
	for (int row = 0; row + 1 < SIDE; row++)
		for (int column = 0; column + 1 < SIDE; column++) {
			static const int corners[5][2] = {{0, 0}, {0, 1}, {1, 1}, {1, 0}, {0, 0}};
			double x[4], y[4];
			int ends = 0;
			for (int c = 0; c < 4; c++) {
				const int *a = corners[c], *b = corners[c + 1];
				double from = lead(r, row + a[0], column + a[1], k), to = lead(r, row + b[0], column + b[1], k);
				if ((from > 0) == (to > 0)) continue;
				double share = from / (from - to);
				x[ends] = column + 0.5 + a[1] + share * (b[1] - a[1]);
				y[ends++] = SIDE - (row + 0.5 + a[0] + share * (b[0] - a[0]));
			}
			for (int e = 0; e + 1 < ends; e += 2) text_add(&p->out, "M%.2f %.2fL%.2f %.2f", x[e], y[e], x[e + 1], y[e + 1]);
		}
}

static void
draw_points(struct plot *p, const struct picture *r, const struct axes *f)
{
	double radius = r->points.rows > 1500 ? 2 : r->points.rows > 600 ? 3 : r->points.rows > 200 ? 4 : 5;
	text_add(&p->out, "<g stroke=\"#fff\" stroke-width=\"%g\">\n", radius > 2 ? 1 : 0.3);
	for (size_t k = 0; k < r->points.rows; k++) {
		struct colour c = colour_of(point_class(r, k));
		text_add(&p->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%g\" fill=\"#%02x%02x%02x\"/>\n", scale_at(&f->x, point_x(r, k)), scale_at(&f->y, point_y(r, k)), radius, c.red,
			c.green, c.blue);
	}
	text_add(&p->out, "</g>\n");
}

static void
draw_regions(struct plot *p, const struct picture *r, const struct axes *f)
{
	text_add(&p->out, "<clipPath id=\"plane\"><rect width=\"%d\" height=\"%d\"/></clipPath>\n", SIDE, SIDE);
	text_add(&p->out, "<g transform=\"translate(%.1f %.1f) scale(%.4f)\" clip-path=\"url(#plane)\">\n<g shape-rendering=\"crispEdges\">\n", f->left, f->top, f->square / SIDE);
	for (int class = 0; class < r->classes; class++)
		for (int level = 0; level < LEVELS; level++) draw_level(p, r, class, level);
	text_add(&p->out, "</g>\n<path fill=\"none\" stroke=\"#333\" stroke-width=\"0.4\" stroke-linecap=\"round\" d=\"M0 0");
	for (int k = r->classes == 2; k < r->classes; k++) draw_border(p, r, k);
	text_add(&p->out, "\"/>\n</g>\n");
}

/* the points, above the regions where there are predictions */
static void
draw(struct plot *p, const struct picture *r)
{
	enum { WIDTH = 560 };
	struct axes f = {0};
	struct key entries[MOST_CLASSES];
	f.x = (struct scale){r->low_x, r->low_x + r->size, false, 0, 0};
	f.y = (struct scale){r->low_y, r->low_y + r->size, false, 0, 0};
	for (int k = 0; k < r->classes; k++) entries[k] = (struct key){arena_print(&p->arena, "class %d", k), colour_of(k), false, true, 0};
	f.square = p->o.width ? p->o.width : WIDTH;
	axes_begin(p, &f, legend_width(entries, r->classes));
	if (r->p) draw_regions(p, r, &f);
	draw_points(p, r, &f);
	for (int k = 0; k < r->classes; k++) entries[k].y = f.top + 12 + 23 * k;
	legend_draw(p, &f, entries, r->classes);
	svg_end(p);
}

/* ---- kinds ------------------------------------------------------------------------------------------------------------------------------ */

int
plot_grid(struct plot *p)
{
	struct picture *r = NEW(&p->arena, struct picture);
	if (read_points(p, r, p->o.inputs.at[0].path)) return -1;
	p->out.arena = &p->arena;
	text_add(&p->out, "x,y\n");
	for (int row = 0; row < SIDE; row++)
		for (int column = 0; column < SIDE; column++)
			text_add(&p->out, "%.6g,%.6g\n", r->low_x + r->size / SIDE * (column + 0.5), r->low_y + r->size / SIDE * (row + 0.5));
	return 0;
}

int
plot_regions(struct plot *p)
{
	struct picture *r = NEW(&p->arena, struct picture);
	if (read_points(p, r, p->o.inputs.at[0].path) || read_predictions(p, r, p->o.inputs.at[1].path)) return -1;
	for (size_t k = 0; k < r->points.rows; k++)
		if (point_class(r, k) >= r->classes)
			return nn_fail(&p->error, "%s: record %zu has class %d, but %s predicts %d classes", r->points.path, k, point_class(r, k), p->o.inputs.at[1].path, r->classes);
	p->out.arena = &p->arena;
	if (p->o.output) draw(p, r);
	else if (is_colour_terminal()) write_in_colour(&p->out, r);
	else write_in_signs(&p->out, r);
	return 0;
}

int
plot_points(struct plot *p)
{
	struct picture *r = NEW(&p->arena, struct picture);
	if (read_points(p, r, p->o.inputs.at[0].path)) return -1;
	for (size_t k = 0; k < r->points.rows; k++)
		if (point_class(r, k) >= r->classes) r->classes = point_class(r, k) + 1;
	p->out.arena = &p->arena;
	draw(p, r);
	return 0;
}
