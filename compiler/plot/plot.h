/* plot.h - nnc plot: pictures of runs, models and data, as SVG that is written here.
 *
 * A kind of picture is a function and a row in plot.c.  It reads its files (table.c, array.c), and draws with a frame of axes (axes.c) and
 * the few shapes of svg.c.  Coordinates of a picture are pixels from its upper left corner.  Functions that can fail return 0, or -1 with
 * the message in p->error; all memory is the picture's arena. */
#ifndef NNC_PLOT_H
#define NNC_PLOT_H

#include "core/arena.h"
#include "runtime/message.h"

enum { MOST_MARKS = 8 };

struct input { /* FILE, or LABEL=FILE; for functions, an expression of x */
	const char *label, *path;
};
LIST_TYPE(input_list, struct input);

struct mark { /* --mark 12="stopped here" */
	double at;
	const char *text;
};

struct plot_options {
	struct input_list inputs;
	const char *output;
	const char *title, *x_label, *y_label;
	const char *x, *y;           /* columns; several names of y with commas */
	const char *tensor;          /* of a weights file */
	const char *model;           /* --file: where functions are defined */
	bool log_x, log_y;
	double from, to;             /* of the x axis; from == to: what the data has */
	double low, high;            /* of the y axis, or black and white of images; low == high: what the data has */
	double width, height;        /* 0: the kind's own */
	long count, first, columns, scale, bins; /* 0: the kind's own */
	long skip;                   /* values of a record before its images */
	long size[2];                /* rows and columns of an image; 0: from its shape */
	struct mark marks[MOST_MARKS];
	int mark_count;
};

struct plot {
	struct arena arena;
	struct plot_options o;
	struct text out; /* the picture */
	struct nn_error error;
};

/* `nnc plot` and what follows it.  Returns the exit status: 0, 1 for an error, 2 for wrong usage. */
int plot_main(int argc, char **argv);

/* ---- kinds ------------------------------------------------------------------------------------------------------------------------------ */

int plot_curves(struct plot *p);
int plot_histogram(struct plot *p);
int plot_functions(struct plot *p);
int plot_grid(struct plot *p);
int plot_regions(struct plot *p);
int plot_points(struct plot *p);
int plot_images(struct plot *p);
int plot_filters(struct plot *p);

/* ---- svg.c ------------------------------------------------------------------------------------------------------------------------------ */

struct colour {
	unsigned char red, green, blue;
};
enum { COLOURS = 10 };
/* From 0 and around: Okabe and Ito's colours, which people with any kind of colour blindness tell apart (https://jfly.uni-koeln.de/color/), with
 * brown and greys; yellow, which is pale on white, is the last but one. */
struct colour colour_of(int k);
/* mixed with white: 0 is the colour, 1 is white */
struct colour paler(struct colour c, double white);

enum anchor { START, MIDDLE, END };
enum { FONT = 16 }; /* pixels */

void svg_begin(struct plot *p, double width, double height);
void svg_end(struct plot *p);
/* `attributes` are SVG; the text may be anything: it is escaped */
void svg_text(struct plot *p, double x, double y, enum anchor anchor, const char *attributes, const char *text);
void svg_escape(struct text *t, const char *text);
void svg_line(struct plot *p, double x1, double y1, double x2, double y2, const char *attributes);
/* about how wide a text is, in pixels */
double text_width(const char *text);
/* An image of rows x columns pixels of one byte (channels 1) or three, `scale` times as large, without smoothing: squares where they are
 * few, else a PNG. */
void svg_image(struct plot *p, double x, double y, double scale, const unsigned char *pixels, int rows, int columns, int channels);

/* ---- axes.c ----------------------------------------------------------------------------------------------------------------------------- */

struct scale { /* from the data's numbers to a picture's */
	double low, high;
	bool log;
	double from, to;
};
double scale_at(const struct scale *s, double value);
/* widened so that it ends at ticks; `log` has to be set, and low > 0 where it is true */
void scale_round(struct scale *s, int most_ticks);

enum { MOST_TICKS = 16 };
struct ticks {
	int n;
	double at[MOST_TICKS];
	char label[MOST_TICKS][32];
};
/* round numbers between low and high: 1, 2 or 5 times a power of ten apart, or powers of ten */
void ticks_make(struct ticks *t, const struct scale *s, int most);

struct axes { /* a pair of axes */
	double left, top, right, bottom;
	double square; /* pixels across and up; 0: as large as the picture allows */
	struct scale x, y;
};
/* begins a picture with the axes, their ticks and labels, the title; `margin` pixels on the right are left for labels */
void axes_begin(struct plot *p, struct axes *f, double margin);

struct key { /* of the legend, which stands at the right */
	const char *label;
	struct colour colour;
	bool dashed, block;
	double y; /* where it would like to stand */
};
double legend_width(const struct key entries[], int n);
void legend_draw(struct plot *p, const struct axes *f, struct key entries[], int n);

/* ---- curves.c --------------------------------------------------------------------------------------------------------------------------- */

struct series {
	const char *label;
	const double *x, *y;
	size_t n;
	int colour;
	bool dashed;
};
LIST_TYPE(series_list, struct series);
/* one picture of all; a value that is not finite interrupts its line */
int draw_series(struct plot *p, struct series_list *list);

/* ---- table.c ---------------------------------------------------------------------------------------------------------------------------- */

struct column {
	const char *name;
	double *at; /* NaN where nothing stands */
	int n, room;
};
struct table {
	const char *path; /* as found, for messages */
	LIST(struct column) columns;
	size_t rows;
};
/* A CSV with or without a header, or a file of JSON objects, one a line, as metrics.jsonl; "-" is standard input.  Texts and lists in
 * JSON are passed over. */
int table_read(struct plot *p, struct table *t, const char *path);
/* by its name, or by its number from 0 */
const struct column *table_column(struct plot *p, const struct table *t, const char *name);

/* ---- array.c ---------------------------------------------------------------------------------------------------------------------------- */

enum { ARRAY_RANK = 8 };
struct array {
	const char *path;
	int rank;
	size_t shape[ARRAY_RANK], count;
	double *at; /* the last axis runs fastest */
	bool bytes; /* pixels of 0..255 */
};
/* .npy, IDX, or the tensor `name` of a .safetensors file, whichever the file is */
int array_read(struct plot *p, struct array *a, const char *path, const char *name);
const char *array_shape(struct plot *p, const struct array *a); /* "[10, 28, 28]" */

#endif
