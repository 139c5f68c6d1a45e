/* images.c - arrays as pictures: images side by side, several files in rows for comparison; and filters, whose numbers have two signs. */
#include "plot/plot.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	GAP = 1,   /* pixels of a bitmap between images */
	SPACE = 8, /* pixels of the picture between filters */
	MOST_PIXELS = 1 << 24,
};

struct planes { /* an array as a list of images */
	struct array array;
	const char *label;
	size_t n, rows, columns;
};

/* The last two axes are an image; where there is only one besides the records, --size says how it is cut, or it is a square. */
static int
find_size(struct plot *p, struct planes *s)
{
	const struct array *a = &s->array;
	if (p->o.size[0]) s->rows = (size_t)p->o.size[0], s->columns = (size_t)p->o.size[1];
	else if (a->rank >= 3) s->rows = a->shape[a->rank - 2], s->columns = a->shape[a->rank - 1];
	else {
		size_t width = a->shape[a->rank - 1];
		s->rows = s->columns = (size_t)(sqrt((double)width) + 0.5);
		if (s->rows * s->columns != width) {
			nn_fail(&p->error, "%s holds %s: %zu values are no square image", a->path, array_shape(p, a), width);
			return nn_help(&p->error, "say how many rows and columns one has: --size 20x30");
		}
	}
	size_t pixels = s->rows * s->columns, inner = 1;
	for (int k = a->rank - 1; k >= 0 && inner < pixels; k--) inner *= a->shape[k];
	if (inner % pixels) return nn_fail(&p->error, "%s holds %s, which is not cut into images of %zux%zu", a->path, array_shape(p, a), s->rows, s->columns);
	s->n = a->count / pixels;
	return 0;
}

/* Without what stands before the images in each record: other outputs of the model.  A record that is an image and no more stays whole, so
 * that inputs and outputs can be shown together. */
static void
drop_others(struct plot *p, struct array *a)
{
	size_t records = a->shape[0], width = a->count / records, skip = (size_t)p->o.skip, pixels = (size_t)(p->o.size[0] * p->o.size[1]);
	if (!skip || !pixels || width < skip + pixels) return;
	for (size_t r = 0; r < records; r++) memmove(a->at + r * (width - skip), a->at + r * width + skip, (width - skip) * sizeof *a->at);
	a->rank = 2;
	a->shape[1] = width - skip;
	a->count = records * (width - skip);
}

static int
read_planes(struct plot *p, struct planes *s, const struct input *in)
{
	if (array_read(p, &s->array, in->path, p->o.tensor)) return -1;
	drop_others(p, &s->array);
	if (find_size(p, s)) return -1;
	s->label = in->label;
	if ((size_t)p->o.first >= s->n) return nn_fail(&p->error, "%s has %zu images, so none has number %ld", s->array.path, s->n, p->o.first);
	return 0;
}

struct sheet { /* one bitmap of all images, a byte a pixel */
	unsigned char *pixels;
	int rows, columns;
};

static int
make_sheet(struct plot *p, struct sheet *s, size_t down, size_t across, const struct planes *of)
{
	double rows = (double)down * ((double)of->rows + GAP) - GAP, columns = (double)across * ((double)of->columns + GAP) - GAP;
	if (rows * columns > MOST_PIXELS) {
		nn_fail(&p->error, "a picture of %.0f x %.0f pixels is too large", rows, columns);
		return nn_help(&p->error, "choose some of the images: --count 100");
	}
	*s = (struct sheet){NULL, (int)rows, (int)columns};
	s->pixels = arena_alloc(&p->arena, (size_t)(rows * columns));
	memset(s->pixels, 255, (size_t)(rows * columns));
	return 0;
}

static unsigned char
byte_of(double share)
{
	return (unsigned char)(255 * fmin(fmax(share, 0), 1) + 0.5);
}

struct range {
	double low, high;
};

/* from black to white */
static void
grey_pixel(unsigned char *to, double value, const struct range *r)
{
	*to = isnan(value) ? 255 : byte_of((value - r->low) / (r->high - r->low));
}

/* blue below 0, orange above, white at 0 */
static void
signed_pixel(unsigned char *to, double value, const struct range *r)
{
	static const struct colour below = {0, 84, 160}, above = {200, 80, 0};
	double share = isnan(value) ? 0 : value / r->high;
	struct colour c = paler(share < 0 ? below : above, 1 - fmin(fabs(share), 1));
	to[0] = c.red, to[1] = c.green, to[2] = c.blue;
}

static void
put_plane(struct sheet *s, const struct planes *from, size_t k, size_t down, size_t across, const struct range *r)
{
	const double *at = from->array.at + k * from->rows * from->columns;
	size_t top = down * (from->rows + GAP), left = across * (from->columns + GAP);
	for (size_t i = 0; i < from->rows; i++)
		for (size_t j = 0; j < from->columns; j++)
			grey_pixel(s->pixels + (top + i) * (size_t)s->columns + left + j, *at++, r);
}

/* Black and white: as the options say, 0..255 for bytes, 0..1 for what lies in it (give or take a little), else the data's own */
static struct range
range_of(const struct plot *p, const struct array *a)
{
	struct range r = {INFINITY, -INFINITY};
	if (p->o.low < p->o.high) return (struct range){p->o.low, p->o.high};
	if (a->bytes) return (struct range){0, 255};
	for (size_t i = 0; i < a->count; i++)
		if (isfinite(a->at[i])) r.low = fmin(r.low, a->at[i]), r.high = fmax(r.high, a->at[i]);
	if (r.low >= -0.01 && r.high <= 1.01 && r.high > 0.2) return (struct range){0, 1};
	return r.low < r.high && isfinite(r.high - r.low) ? r : (struct range){0, 1};
}

/* pixels of the picture that one of the bitmap takes: as many as make it about 700 wide */
static double
scale_of(const struct plot *p, const struct sheet *s)
{
	return p->o.scale ? (double)p->o.scale : fmax(1, floor(700.0 / s->columns));
}

static size_t
at_most(size_t a, size_t b)
{
	return a < b ? a : b;
}

int
plot_images(struct plot *p)
{
	int files = p->o.inputs.n;
	struct planes *all = NEW_ARRAY(&p->arena, files, struct planes);
	struct sheet sheet = {0};
	double label = 0;
	for (int k = 0; k < files; k++) {
		if (read_planes(p, &all[k], &p->o.inputs.at[k])) return -1;
		if (all[k].rows != all[0].rows || all[k].columns != all[0].columns)
			return nn_fail(&p->error, "the images of %s are %zux%zu, those of %s %zux%zu", all[0].array.path, all[0].rows, all[0].columns, all[k].array.path, all[k].rows, all[k].columns);
		if (all[k].label) label = fmax(label, text_width(all[k].label) + 16);
	}
	size_t first = (size_t)p->o.first, across = p->o.columns ? (size_t)p->o.columns : 10;
	size_t count = at_most(p->o.count ? (size_t)p->o.count : files > 1 ? across : 10 * across, all[0].n - first);
	across = at_most(files > 1 ? count : across, count);
	size_t down = files > 1 ? (size_t)files : (count + across - 1) / across;
	if (make_sheet(p, &sheet, down, across, &all[0])) return -1;
	for (int f = 0; f < files; f++) {
		struct range range = range_of(p, &all[f].array);
		for (size_t k = 0; k < count && first + k < all[f].n; k++)
			put_plane(&sheet, &all[f], first + k, files > 1 ? (size_t)f : k / across, files > 1 ? k : k % across, &range);
	}
	double scale = scale_of(p, &sheet), top = p->o.title ? 52 : 16;
	svg_begin(p, label + 32 + sheet.columns * scale, top + sheet.rows * scale + 16);
	if (p->o.title) svg_text(p, 16, 30, START, "font-size=\"19\" font-weight=\"bold\"", p->o.title);
	for (int f = 0; f < files && label > 0; f++)
		if (all[f].label) svg_text(p, 16 + label - 12, top + ((f + 0.5) * (double)(all[f].rows + GAP)) * scale + 5, END, "", all[f].label);
	svg_image(p, 16 + label, top, scale, sheet.pixels, sheet.rows, sheet.columns, 1);
	svg_end(p);
	return 0;
}

/* ---- filters ---------------------------------------------------------------------------------------------------------------------------- */

/* a bar of the colours with the range at its ends */
static void
draw_bar(struct plot *p, double x, double y, double height, const struct range *r)
{
	enum { STEPS = 101 };
	unsigned char pixels[STEPS * 3];
	struct ticks t;
	struct scale s = {r->low, r->high, false, y + height, y};
	for (int i = 0; i < STEPS; i++) signed_pixel(pixels + 3 * i, r->high - (r->high - r->low) * i / (STEPS - 1), r);
	text_add(&p->out, "<g transform=\"translate(%.1f %.1f) scale(14 %.4f)\">\n", x, y, height / STEPS);
	svg_image(p, 0, 0, 1, pixels, STEPS, 1, 3);
	text_add(&p->out, "</g>\n<rect x=\"%.1f\" y=\"%.1f\" width=\"14\" height=\"%.1f\" fill=\"none\" stroke=\"#777\"/>\n", x, y, height);
	ticks_make(&t, &s, height < 160 ? 4 : 6);
	for (int i = 0; i < t.n; i++) svg_text(p, x + 22, scale_at(&s, t.at[i]) + 5.5, START, "", t.label[i]);
}

static void
draw_filter(struct plot *p, const struct planes *of, size_t k, double x, double y, double scale, const struct range *r)
{
	size_t pixels = of->rows * of->columns;
	unsigned char *bytes = arena_alloc(&p->arena, 3 * pixels);
	for (size_t i = 0; i < pixels; i++) signed_pixel(bytes + 3 * i, of->array.at[k * pixels + i], r);
	svg_image(p, x, y, scale, bytes, (int)of->rows, (int)of->columns, 3);
	text_add(&p->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"none\" stroke=\"#bbb\"/>\n", x, y, scale * (double)of->columns, scale * (double)of->rows);
}

int
plot_filters(struct plot *p)
{
	struct planes planes = {0};
	if (read_planes(p, &planes, &p->o.inputs.at[0])) return -1;
	size_t first = (size_t)p->o.first, count = at_most(p->o.count ? (size_t)p->o.count : 64, planes.n - first);
	size_t across = at_most(p->o.columns ? (size_t)p->o.columns : 8, count), down = (count + across - 1) / across;
	size_t pixels = planes.rows * planes.columns;
	struct range range = {-1, 0};
	for (size_t i = first * pixels; i < (first + count) * pixels; i++)
		if (isfinite(planes.array.at[i])) range.high = fmax(range.high, fabs(planes.array.at[i]));
	if (p->o.low < p->o.high) range.high = fmax(fabs(p->o.low), fabs(p->o.high));
	if (range.high == 0) range.high = 1;
	range.low = -range.high;
	if ((double)count * (double)pixels > MOST_PIXELS) return nn_fail(&p->error, "%s: %zu images of %zu x %zu are too many for one picture", planes.array.path, count, planes.rows, planes.columns);
	double scale = p->o.scale ? (double)p->o.scale : fmax(1, floor(480.0 / (double)(across * planes.columns))), top = p->o.title ? 52 : 16;
	double right = scale * (double)planes.columns + SPACE, below = scale * (double)planes.rows + SPACE, width = right * (double)across, height = below * (double)down - SPACE;
	svg_begin(p, width + 130, top + fmax(height, 60) + 16);
	if (p->o.title) svg_text(p, 16, 30, START, "font-size=\"19\" font-weight=\"bold\"", p->o.title);
	for (size_t k = 0; k < count; k++) draw_filter(p, &planes, first + k, 16 + right * (double)(k % across), top + below * (double)(k / across), scale, &range);
	draw_bar(p, width + 40, top + 6, fmax(height, 60) - 12, &range);
	svg_end(p);
	return 0;
}
