/* make_cifar.c - draws coloured shapes into files like those of CIFAR-10, for machines that do not have it:  make_cifar DIR
 *
 * writes 5000 pictures to train on, in five files, and 1000 to test on, in the binary format of CIFAR-10: a byte for the class, then 32 x
 * 32 bytes each of red, green and blue.  A picture is one of ten shapes, turned, resized and moved by chance, in a light colour before a
 * dark one that changes from top to bottom, or in a quarter of them the other way round, and with noise.  About half of the light ones have
 * the colour of their class, the others any: colour helps, and shape decides.
 *
 * Everything is computed by operations that IEEE rounds one way only, so the files are the same from every compiler, with
 * -ffp-contract=off. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>

enum { SIDE = 32, PIXELS = SIDE * SIDE, CLASSES = 10, FILES = 5, TRAIN = 1000 /* a file */, TEST = 1000, FINE = 3 };

/* -- chance ---------------------------------------------------------------------------------------------------------------- */

static uint64_t chance; /* where in the sequence we are; each picture starts its own */

/* SplitMix64, from low to high */
static double
between(double low, double high)
{
	uint64_t z = chance += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return low + (high - low) * ((double)((z ^ z >> 31) >> 11) * 0x1p-53);
}

/* -- shapes: is a place inside?  About -1..1, x to the right and y down ------------------------------------------------------ */

static int disc(double x, double y) { return x * x + y * y < 0.72; }
static int ring(double x, double y) { return x * x + y * y < 0.81 && x * x + y * y > 0.3; }
static int square(double x, double y) { return fmax(fabs(x), fabs(y)) < 0.72; }
static int frame(double x, double y) { return fmax(fabs(x), fabs(y)) < 0.8 && fmax(fabs(x), fabs(y)) > 0.45; }
static int diamond(double x, double y) { return fabs(x) + fabs(y) < 0.95; }
static int triangle(double x, double y) { return y < 0.65 && y > 1.9 * fabs(x) - 0.85; }
static int plus(double x, double y) { return fmin(fabs(x), fabs(y)) < 0.26 && fmax(fabs(x), fabs(y)) < 0.88; }
static int cross(double x, double y) { return plus(0.7071 * (x + y), 0.7071 * (x - y)); }
static int stripes(double x, double y) { return fabs(x) < 0.85 && (fabs(y) < 0.17 || (fabs(y) > 0.5 && fabs(y) < 0.85)); }
static int moon(double x, double y) { return x * x + y * y < 0.8 && (x - 0.45) * (x - 0.45) + y * y > 0.5; }

struct colour {
	double red, green, blue; /* 0..1 */
};

static const struct shape {
	const char *name;
	int (*inside)(double x, double y);
	struct colour colour;
} shapes[CLASSES] = {
	{"disc", disc, {0.95, 0.45, 0.40}},       {"ring", ring, {0.95, 0.80, 0.35}},  {"square", square, {0.45, 0.85, 0.45}}, {"frame", frame, {0.45, 0.70, 0.95}},
	{"diamond", diamond, {0.80, 0.50, 0.95}}, {"triangle", triangle, {0.95, 0.60, 0.80}}, {"plus", plus, {0.55, 0.90, 0.90}},
	{"cross", cross, {0.95, 0.65, 0.35}},     {"stripes", stripes, {0.75, 0.90, 0.45}},   {"moon", moon, {0.85, 0.85, 0.85}},
};

/* -- a picture ------------------------------------------------------------------------------------------------------------- */

struct picture {
	const struct shape *shape;
	double x, y, size, turn; /* the middle in pixels; half a side; the tangent of an angle */
	struct colour ink, top, bottom;
};

static struct colour
any_colour(double low, double high)
{
	double red = between(low, high), green = between(low, high), blue = between(low, high);

	return (struct colour){red, green, blue};
}

static struct colour
mix(struct colour a, struct colour b, double share)
{
	return (struct colour){a.red + share * (b.red - a.red), a.green + share * (b.green - a.green), a.blue + share * (b.blue - a.blue)};
}

/* the picture with this number; its class is chance, and all are equally frequent */
static void
invent(struct picture *p, uint64_t number)
{
	chance = (number + 1) * 0xd1342543de82ef95;
	between(0, 1);
	p->shape = &shapes[(int)between(0, CLASSES)];
	p->size = between(8, 13);
	p->x = SIDE / 2.0 + between(-4, 4);
	p->y = SIDE / 2.0 + between(-4, 4);
	p->turn = between(-0.25, 0.25);
	int own = between(0, 1) < 0.5, dark = between(0, 1) < 0.25;
	p->ink = dark ? any_colour(0, 0.4) : own ? mix(p->shape->colour, any_colour(0.4, 1), 0.25) : any_colour(0.4, 1);
	p->top = any_colour(dark ? 0.4 : 0, dark ? 1 : 0.4);
	p->bottom = any_colour(dark ? 0.4 : 0, dark ? 1 : 0.4);
}

/* how much of a pixel the shape covers, 0..1 */
static double
cover(const struct picture *p, int row, int column)
{
	int inside = 0;

	for (int i = 0; i < FINE; i++)
		for (int j = 0; j < FINE; j++) {
			double x = (column + (j + 0.5) / FINE - p->x) / p->size, y = (row + (i + 0.5) / FINE - p->y) / p->size;
			inside += p->shape->inside(x + p->turn * y, y - p->turn * x);
		}
	return (double)inside / (FINE * FINE);
}

static unsigned char
byte_of(double value)
{
	return (unsigned char)(255 * fmin(fmax(value + between(-0.06, 0.06), 0), 1) + 0.5);
}

static void
draw(const struct picture *p, unsigned char planes[3][PIXELS])
{
	for (int row = 0; row < SIDE; row++)
		for (int column = 0; column < SIDE; column++) {
			struct colour behind = mix(p->top, p->bottom, (double)row / (SIDE - 1)), c = mix(behind, p->ink, cover(p, row, column));
			planes[0][row * SIDE + column] = byte_of(c.red);
			planes[1][row * SIDE + column] = byte_of(c.green);
			planes[2][row * SIDE + column] = byte_of(c.blue);
		}
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
		fprintf(stderr, "make_cifar: cannot write %s/%s\n", dir, name);
	return f;
}

static int
finish(FILE *f)
{
	int bad = f && ferror(f);

	return (f && fclose(f) != 0) || bad || !f;
}

static int
write_batch(const char *dir, const char *name, uint64_t first, uint64_t count)
{
	FILE *f = create(dir, name);
	unsigned char planes[3][PIXELS];
	struct picture p;

	for (uint64_t k = first; f && k < first + count; k++) {
		invent(&p, k);
		draw(&p, planes);
		putc((int)(p.shape - shapes), f);
		fwrite(planes, 1, sizeof planes, f);
	}
	return finish(f);
}

static int
write_names(const char *dir)
{
	FILE *f = create(dir, "batches.meta.txt");

	for (int k = 0; f && k < CLASSES; k++)
		fprintf(f, "%s\n", shapes[k].name);
	return finish(f);
}

int
main(int argc, char **argv)
{
	char name[32];
	int bad;

	if (argc != 2)
		return fprintf(stderr, "usage: make_cifar DIR\n"), 2;
	bad = write_names(argv[1]);
	for (int k = 0; k < FILES; k++) {
		snprintf(name, sizeof name, "data_batch_%d.bin", k + 1);
		bad |= write_batch(argv[1], name, (uint64_t)k * TRAIN, TRAIN);
	}
	bad |= write_batch(argv[1], "test_batch.bin", FILES * TRAIN, TEST);
	if (bad)
		fprintf(stderr, "make_cifar: the files in %s are not complete\n", argv[1]);
	return bad;
}
