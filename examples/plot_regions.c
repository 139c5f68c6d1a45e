/* plot_regions.c - a picture of what a network that sorts points of the plane makes of every place in it.
 *
 *	plot_regions grid POINTS.csv > GRID.csv                places all over the plane, to be predicted
 *	plot_regions draw POINTS.csv PREDICTED.csv             the picture for a terminal
 *	plot_regions draw POINTS.csv PREDICTED.csv OUT.svg     the picture as a file
 *
 * POINTS has columns x, y, class.  PREDICTED has the probabilities of the classes at the places of GRID, row after row; where it has one
 * column, that is the probability of class 1.  Colours get paler where the network is less sure.  On a terminal each character
 * shows two places in 24-bit colour; elsewhere (a pipe, TERM=dumb, NO_COLOR) signs take the place of colours. */
#define _POSIX_C_SOURCE 200809L
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SIDE = 228,       /* places in a row of the grid, and rows */
	TERMINAL = 76,    /* colour cells in a row of the terminal's picture */
	SVG_CELL = 3,     /* size of a place in the SVG */
	MOST_CLASSES = 6,
	LEVELS = 4,       /* of sureness */
	LINE = 4096
};
_Static_assert(SIDE % TERMINAL == 0, "every cell of the terminal is a place of the grid");

static const struct colour {
	int red, green, blue;
} colours[MOST_CLASSES] = { /* told apart by colour-blind people too (Paul Tol, "vibrant") */
	{0, 119, 187}, {238, 119, 51}, {0, 153, 136}, {204, 51, 17}, {51, 187, 238}, {238, 51, 119},
};
static const char region_signs[] = ".+%o*=", point_signs[] = "012345";

struct point {
	double x, y;
	int class;
};

struct picture {
	struct point *points;
	size_t count, room;
	double low_x, low_y, size;      /* the square that is shown */
	unsigned char class[SIDE][SIDE]; /* most probable, the first row lowest in y */
	unsigned char level[SIDE][SIDE]; /* 0: hardly sure .. LEVELS - 1: sure */
};

static void
fail(const char *format, ...)
{
	va_list ap;

	fputs("plot_regions: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

/* -- reading --------------------------------------------------------------------------------------------------------------- */

/* the numbers of a line; 0 if it has none, as a header */
static int
read_numbers(const char *line, double out[], int most)
{
	int count = 0;

	for (char *end; count < most; line = end + 1) {
		out[count] = strtod(line, &end);
		if (end == line)
			break;
		count++;
		if (*end != ',')
			break;
	}
	return count;
}

static void
add_point(struct picture *p, struct point point)
{
	if (p->count == p->room) {
		p->room = p->room ? 2 * p->room : 256;
		p->points = realloc(p->points, p->room * sizeof *p->points);
		if (!p->points)
			fail("out of memory");
	}
	p->points[p->count++] = point;
}

static FILE *
open_file(const char *path, const char *mode)
{
	FILE *f = fopen(path, mode);

	if (!f)
		fail("cannot open %s", path);
	return f;
}

/* the points, and a square around them with some room at the border */
static void
read_points(struct picture *p, const char *path)
{
	FILE *f = open_file(path, "r");
	char line[LINE];
	double v[3], low_x = DBL_MAX, low_y = DBL_MAX, high_x = -DBL_MAX, high_y = -DBL_MAX;

	while (fgets(line, sizeof line, f)) {
		if (read_numbers(line, v, 3) < 3)
			continue;
		if (!(v[2] >= 0 && v[2] < (double)MOST_CLASSES))
			fail("%s: class %g is not in 0..%d", path, v[2], MOST_CLASSES - 1);
		add_point(p, (struct point){v[0], v[1], (int)v[2]});
		low_x = fmin(low_x, v[0]), high_x = fmax(high_x, v[0]);
		low_y = fmin(low_y, v[1]), high_y = fmax(high_y, v[1]);
	}
	fclose(f);
	if (p->count == 0)
		fail("%s has no points: lines of x,y,class", path);
	p->size = 1.12 * fmax(high_x - low_x, high_y - low_y);
	p->size = p->size > 0 ? p->size : 1;
	p->low_x = (low_x + high_x - p->size) / 2;
	p->low_y = (low_y + high_y - p->size) / 2;
}

/* the most probable class of a place, and how sure: from as likely as any other to certain */
static void
set_place(struct picture *p, int row, int column, const double probability[], int classes)
{
	int best = 0;

	for (int k = 1; k < classes; k++)
		if (probability[k] > probability[best])
			best = k;
	double even = 1.0 / classes, share = (probability[best] - even) / (1 - even);
	p->class[row][column] = (unsigned char)best;
	p->level[row][column] = (unsigned char)fmin(fmax(share * (double)LEVELS, 0), (double)LEVELS - 1);
}

static void
read_predictions(struct picture *p, const char *path)
{
	FILE *f = open_file(path, "r");
	char line[LINE];
	double v[MOST_CLASSES];
	int place = 0, classes;

	while (place < SIDE * SIDE && fgets(line, sizeof line, f)) {
		classes = read_numbers(line, v, MOST_CLASSES);
		if (classes == 0)
			continue;
		if (classes == 1)
			v[1] = v[0], v[0] = 1 - v[1], classes = 2;
		set_place(p, place / SIDE, place % SIDE, v, classes);
		place++;
	}
	fclose(f);
	if (place < SIDE * SIDE)
		fail("%s has %d places instead of %d", path, place, SIDE * SIDE);
}

/* -- drawing --------------------------------------------------------------------------------------------------------------- */

static void
print_grid(const struct picture *p)
{
	double step = p->size / (double)SIDE;

	printf("x,y\n");
	for (int row = 0; row < SIDE; row++)
		for (int column = 0; column < SIDE; column++)
			printf("%.6g,%.6g\n", p->low_x + step * (column + 0.5), p->low_y + step * (row + 0.5));
}

/* the colour of a place: that of its class, mixed with white */
static struct colour
shade(int class, int level)
{
	struct colour c = colours[class];
	int white = 72 - 8 * level; /* percent */

	c.red += (255 - c.red) * white / 100;
	c.green += (255 - c.green) * white / 100;
	c.blue += (255 - c.blue) * white / 100;
	return c;
}

/* the class of the points in each cell of a picture of `rows` rows, -1 where there is none */
static void
mark_points(const struct picture *p, int rows, signed char marks[TERMINAL][TERMINAL])
{
	double high = rows / p->size, wide = (double)TERMINAL / p->size;

	memset(marks, -1, TERMINAL * TERMINAL);
	for (size_t k = 0; k < p->count; k++) {
		int row = (int)((p->points[k].y - p->low_y) * high), column = (int)((p->points[k].x - p->low_x) * wide);
		marks[row][column] = (signed char)p->points[k].class;
	}
}

static struct colour
cell_colour(const struct picture *p, signed char marks[TERMINAL][TERMINAL], int row, int column)
{
	int at = SIDE / TERMINAL, y = row * at + at / 2, x = column * at + at / 2;

	return marks[row][column] >= 0 ? colours[(int)marks[row][column]] : shade(p->class[y][x], p->level[y][x]);
}

/* a character is an upper half block: its foreground is one row, its background the next */
static void
print_in_colour(const struct picture *p)
{
	signed char marks[TERMINAL][TERMINAL];

	mark_points(p, TERMINAL, marks);
	for (int row = TERMINAL - 1; row > 0; row -= 2) {
		for (int column = 0; column < TERMINAL; column++) {
			struct colour a = cell_colour(p, marks, row, column), b = cell_colour(p, marks, row - 1, column);
			printf("\033[38;2;%d;%d;%d;48;2;%d;%d;%dm\xe2\x96\x80", a.red, a.green, a.blue, b.red, b.green, b.blue);
		}
		printf("\033[0m\n");
	}
}

static void
print_in_signs(const struct picture *p)
{
	signed char marks[TERMINAL][TERMINAL];
	int rows = TERMINAL / 2;

	mark_points(p, rows, marks);
	for (int row = rows - 1; row >= 0; row--) {
		for (int column = 0; column < TERMINAL; column++) {
			int y = (2 * row + 1) * SIDE / TERMINAL, x = (2 * column + 1) * SIDE / (2 * TERMINAL);
			int class = p->class[y][x], mark = marks[row][column];
			putchar(mark >= 0 ? point_signs[mark] : p->level[y][x] > 0 ? region_signs[class] : ' ');
		}
		putchar('\n');
	}
}

static void
draw_svg(const struct picture *p, FILE *f)
{
	double scale = SIDE * SVG_CELL / p->size;

	fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\">\n", SIDE * SVG_CELL, SIDE * SVG_CELL, SIDE * SVG_CELL);
	fprintf(f, "<g shape-rendering=\"crispEdges\">\n");
	for (int row = 0; row < SIDE; row++)
		for (int column = 0, end; column < SIDE; column = end) {
			int class = p->class[row][column], level = p->level[row][column];
			for (end = column + 1; end < SIDE && p->class[row][end] == class && p->level[row][end] == level; end++)
				;
			struct colour c = shade(class, level);
			fprintf(f, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#%02x%02x%02x\"/>\n", column * SVG_CELL,
			    (SIDE - 1 - row) * SVG_CELL, (end - column) * SVG_CELL, SVG_CELL, c.red, c.green, c.blue);
		}
	fprintf(f, "</g>\n<g stroke=\"white\">\n");
	for (size_t k = 0; k < p->count; k++) {
		const struct point *q = &p->points[k];
		struct colour c = colours[q->class];
		fprintf(f, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" fill=\"#%02x%02x%02x\"/>\n", (q->x - p->low_x) * scale,
		    (p->low_y + p->size - q->y) * scale, c.red, c.green, c.blue);
	}
	fprintf(f, "</g>\n</svg>\n");
}

static int
is_colour_terminal(void)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0 && !(no_color && *no_color);
}

int
main(int argc, char **argv)
{
	static struct picture p;
	int draw = argc > 3 && argc < 6 && strcmp(argv[1], "draw") == 0, grid = argc == 3 && strcmp(argv[1], "grid") == 0;

	if (!draw && !grid)
		return fprintf(stderr, "usage: plot_regions grid POINTS.csv > GRID.csv\n"
		                       "       plot_regions draw POINTS.csv PREDICTED.csv [OUT.svg]\n"), 2;
	read_points(&p, argv[2]);
	if (draw)
		read_predictions(&p, argv[3]);
	if (grid) {
		print_grid(&p);
	} else if (argc == 5) {
		FILE *f = open_file(argv[4], "w");
		draw_svg(&p, f);
		if (ferror(f) | (fclose(f) != 0))
			fail("could not write %s", argv[4]);
	} else if (is_colour_terminal()) {
		print_in_colour(&p);
	} else {
		print_in_signs(&p);
	}
	free(p.points);
	if (fflush(stdout) != 0 || ferror(stdout))
		fail("could not write to standard output");
	return 0;
}
