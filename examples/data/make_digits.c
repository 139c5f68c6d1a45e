/* make_digits.c - draws digits like those of MNIST, for machines that do not have MNIST:  make_digits DIR
 *
 * writes 5000 digits to train and 1000 to test on, as four IDX files with the names that MNIST's have.  A digit is one of a few ways
 * to write it, each given as strokes through points; the points are moved a little by chance, a smooth curve (Catmull and Rom, 1974)
 * is laid through them, slanted, turned and stretched, drawn with a pen of some width into 20 x 20 pixels, and placed with its
 * centre of mass near the middle of 28 x 28, as MNIST's digits are.
 *
 * Everything is computed by operations that IEEE rounds one way only (+ - * / sqrt, no sin or log), so the files are the same from every
 * compiler, with -ffp-contract=off. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, TRAIN = 5000, TEST = 1000, MOST_POINTS = 1024, PIECES = 6 };
static const double middle = 14, box = 17.5; /* pixels; with the width of the pen a box of about 20 */

/* The strokes: x to the right and y down, 0..100; `/` lifts the pen, `!` after a point makes a corner there. */
static const struct way {
	int digit;
	const char *strokes;
} ways[] = {
	{0, "52,5 27,18 18,50 27,82 50,95 73,82 82,50 74,18 50,5"},
	{0, "66,10 44,6 24,28 19,62 36,93 62,90 80,60 78,26 58,7 42,16"},
	{1, "50,5 50,50 50,95"},
	{1, "34,24 52,5! 51,50 50,95"},
	{1, "32,26 52,5! 52,95 / 30,95 74,95"},
	{2, "22,28 30,10 52,4 74,14 76,34 60,58 38,80 20,95! 50,94 84,92"},
	{2, "22,25 40,6 66,8 76,28 62,56 36,84 20,90 20,78 34,76 54,88 86,92"},
	{3, "24,14 48,4 72,14 70,36 44,47! 72,56 80,76 60,95 36,95 18,84"},
	{3, "22,8 76,8! 46,42! 74,52 78,78 54,96 20,88"},
	{4, "32,5 26,32 18,54! 50,54 84,51 / 68,8 65,50 62,96"},
	{4, "62,96 66,50 68,5! 42,34 16,66! 50,66 88,64"},
	{5, "32,8 26,44! 48,38 74,48 76,74 54,95 22,88 / 30,8 54,8 78,5"},
	{5, "78,6 34,8! 28,46! 52,38 76,54 74,82 50,96 20,86"},
	{6, "66,5 40,22 24,54 28,84 50,96 72,84 74,64 54,52 36,60 26,76"},
	{6, "52,4 30,36 22,72 40,96 66,90 72,70 54,58 28,72"},
	{7, "20,10 50,9 80,8! 60,44 44,95"},
	{7, "20,22 22,9! 82,8! 58,45 42,95"},
	{7, "20,10 50,9 80,8! 60,44 44,95 / 34,52 54,51 74,49"},
	{8, "72,16 50,4 28,16 34,36 52,48 72,62 74,82 52,96 28,84 28,64 50,47 68,34 72,16"},
	{8, "50,47 28,32 32,10 52,4 70,14 70,34 50,47 27,62 27,88 50,96 74,86 74,62 50,47"},
	{9, "74,24 56,6 32,12 26,34 42,50 64,42 74,22! 72,60 66,96"},
	{9, "74,22 54,5 30,16 26,38 44,50 66,42 76,22 77,50 68,80 46,96 26,88"},
};
enum { WAYS = sizeof ways / sizeof *ways };

/* -- chance ---------------------------------------------------------------------------------------------------------------- */

static uint64_t chance; /* where in the sequence we are; each digit starts its own */

/* SplitMix64, in -1..1 */
static double
random_number(void)
{
	uint64_t z = chance += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (double)((z ^ z >> 31) >> 11) * 0x1p-52 - 1;
}

/* mean 0, nearly normal, so that most digits are ordinary and a few are odd */
static double
around_zero(double spread)
{
	double sum = 0;

	for (int k = 0; k < 4; k++)
		sum += random_number();
	return spread * 0.866 * sum;
}

/* -- strokes to a curve ---------------------------------------------------------------------------------------------------- */

struct point {
	double x, y;
	int lifted; /* the pen comes down here: no line from the point before */
};

struct curve {
	struct point points[MOST_POINTS];
	int count;
};

static void
add(struct curve *c, double x, double y, int lifted)
{
	if (c->count < MOST_POINTS)
		c->points[c->count++] = (struct point){x, y, lifted};
}

/* the smooth curve from b to c, where a comes before and d after */
static void
add_piece(struct curve *out, struct point a, struct point b, struct point c, struct point d)
{
	for (int k = 1; k <= PIECES; k++) {
		double t = (double)k / (double)PIECES, tt = t * t, ttt = tt * t;
		double wa = 2 * tt - t - ttt, wb = 2 - 5 * tt + 3 * ttt, wc = t + 4 * tt - 3 * ttt, wd = ttt - tt;
		add(out, (wa * a.x + wb * b.x + wc * c.x + wd * d.x) / 2, (wa * a.y + wb * b.y + wc * c.y + wd * d.y) / 2, 0);
	}
}

/* a run of points without a corner in it */
static void
add_run(struct curve *out, const struct point run[], int count)
{
	for (int k = 0; k + 1 < count; k++)
		add_piece(out, run[k > 0 ? k - 1 : 0], run[k], run[k + 1], run[k + 2 < count ? k + 2 : count - 1]);
}

/* one way to write a digit, its points moved by chance */
static void
draw_strokes(struct curve *out, const char *strokes)
{
	struct point run[32];
	int count = 0, used;

	out->count = 0;
	for (const char *at = strokes; *at; at += used) {
		int x, y;
		char after = ' ';
		if (sscanf(at, " %d,%d%n%c", &x, &y, &used, &after) >= 2) {
			double right = around_zero(3.2), down = around_zero(3.2);
			run[count] = (struct point){x + right, y + down, count == 0};
			if (count++ == 0)
				add(out, run[0].x, run[0].y, 1);
			if (after == '!') {
				add_run(out, run, count);
				run[0] = run[count - 1];
				count = 1;
				used++;
			}
		} else { /* " /" */
			add_run(out, run, count);
			count = 0;
			used = 2;
		}
	}
	add_run(out, run, count);
}

/* -- a curve to pixels ----------------------------------------------------------------------------------------------------- */

/* turned, slanted and stretched */
static void
distort(struct curve *c)
{
	double turn = around_zero(0.11), slant = around_zero(0.18) - 0.08, wide = 0.95 + 0.25 * random_number();

	for (int k = 0; k < c->count; k++) {
		struct point *p = &c->points[k];
		double x = wide * (p->x - 50), y = p->y - 50;
		p->x = x + (turn + slant) * y;
		p->y = y - turn * x;
	}
}

/* brought to the size of the box */
static void
resize(struct curve *c)
{
	double low_x = 1e9, low_y = 1e9, high_x = -1e9, high_y = -1e9;

	for (int k = 0; k < c->count; k++) {
		low_x = fmin(low_x, c->points[k].x), high_x = fmax(high_x, c->points[k].x);
		low_y = fmin(low_y, c->points[k].y), high_y = fmax(high_y, c->points[k].y);
	}
	double scale = (box + 0.06 * box * random_number()) / fmax(high_x - low_x, high_y - low_y);
	for (int k = 0; k < c->count; k++)
		c->points[k].x *= scale, c->points[k].y *= scale;
}

/* moved so that the centre of mass of its lines is within a pixel of the middle */
static void
centre(struct curve *c)
{
	double sum = 0, x = 0, y = 0;

	for (int k = 1; k < c->count; k++) {
		struct point a = c->points[k - 1], b = c->points[k];
		double length = b.lifted ? 0 : sqrt((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y));
		sum += length;
		x += length * (a.x + b.x) / 2;
		y += length * (a.y + b.y) / 2;
	}
	x = middle - x / sum + random_number();
	y = middle - y / sum + random_number();
	for (int k = 0; k < c->count; k++)
		c->points[k].x += x, c->points[k].y += y;
}

static double
distance_to_line(double x, double y, struct point a, struct point b)
{
	double dx = b.x - a.x, dy = b.y - a.y, square = dx * dx + dy * dy;
	double t = square > 0 ? ((x - a.x) * dx + (y - a.y) * dy) / square : 0;

	t = fmin(fmax(t, 0), 1);
	x -= a.x + t * dx, y -= a.y + t * dy;
	return sqrt(x * x + y * y);
}

/* how dark the ink is at a place, 0..1: the edge of the line is a little soft */
static double
ink(const struct curve *c, double radius, double x, double y)
{
	double nearest = 1e9;

	for (int k = 1; k < c->count; k++)
		if (!c->points[k].lifted)
			nearest = fmin(nearest, distance_to_line(x, y, c->points[k - 1], c->points[k]));
	return fmin(fmax((radius + 0.7 - nearest) / 1.4, 0), 1);
}

static void
rasterise(const struct curve *c, double radius, unsigned char out[PIXELS])
{
	for (int row = 0; row < SIDE; row++)
		for (int column = 0; column < SIDE; column++)
			out[row * SIDE + column] = (unsigned char)(255 * ink(c, radius, column + 0.5, row + 0.5) + 0.5);
}

/* the digit with this number; returns which it is */
static int
draw_digit(uint64_t number, unsigned char out[PIXELS])
{
	static struct curve c;

	chance = (number + 1) * 0xd1342543de82ef95;
	random_number();
	/* all digits are equally frequent, and so are the ways to write one */
	int digit = (int)((random_number() + 1) * 5), first = 0, count = 0;
	while (ways[first].digit != digit)
		first++;
	while (first + count < WAYS && ways[first + count].digit == digit)
		count++;
	draw_strokes(&c, ways[first + (int)((random_number() + 1) / 2 * count)].strokes);
	distort(&c);
	resize(&c);
	centre(&c);
	rasterise(&c, 1.15 + 0.45 * random_number(), out);
	return digit;
}

/* -- files ----------------------------------------------------------------------------------------------------------------- */

static FILE *
create(const char *dir, const char *name)
{
	char path[4096];
	FILE *f = NULL;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, name) < sizeof path)
		f = fopen(path, "wb");
	if (!f)
		fprintf(stderr, "make_digits: cannot write %s/%s\n", dir, name);
	return f;
}

/* the magic number and the sizes, the most significant byte first */
static void
put_header(FILE *f, const uint32_t words[], int count)
{
	for (int k = 0; k < count; k++)
		for (int shift = 24; shift >= 0; shift -= 8)
			putc((int)(words[k] >> shift & 255), f);
}

static int
finish(FILE *f)
{
	int bad = f && ferror(f);

	return (f && fclose(f) != 0) || bad || !f;
}

static int
write_set(const char *dir, const char *images_name, const char *labels_name, uint64_t first, uint32_t count)
{
	FILE *images = create(dir, images_name), *labels = create(dir, labels_name);
	unsigned char pixels[PIXELS];

	if (images && labels) {
		put_header(images, (uint32_t[]){0x803, count, SIDE, SIDE}, 4);
		put_header(labels, (uint32_t[]){0x801, count}, 2);
		for (uint64_t k = first; k < first + count; k++) {
			putc(draw_digit(k, pixels), labels);
			fwrite(pixels, 1, PIXELS, images);
		}
	}
	int bad = finish(images);
	return finish(labels) || bad;
}

int
main(int argc, char **argv)
{
	int bad;

	if (argc != 2)
		return fprintf(stderr, "usage: make_digits DIR\n"), 2;
	bad = write_set(argv[1], "train-images-idx3-ubyte", "train-labels-idx1-ubyte", 0, TRAIN);
	bad |= write_set(argv[1], "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", TRAIN, TEST);
	if (bad)
		fprintf(stderr, "make_digits: the files in %s are not complete\n", argv[1]);
	return bad;
}
