/* make_points.c - the points that ship with the examples:  make_points logistic > points.csv,  make_points spiral > spiral.csv
 *                                                                make_points moons > lecture/moons.csv
 *
 *	logistic   two clouds in the plane that overlap a little, class 0 and 1
 *	spiral     three arms of a spiral with noise, arm 0, 1 and 2
 *	moons      two half circles that reach into each other, with so much noise that they overlap
 *
 * The files are in the repository; this program is how they came about, and writes them again. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { POINTS_PER_CLOUD = 150, ARMS = 3, POINTS_PER_ARM = 150, POINTS_PER_MOON = 230 };

static const double pi = 3.14159265358979323846;

/* the draw with this number, in 0..1: SplitMix64, so a point does not depend on the points before it */
static double
uniform(uint64_t number)
{
	uint64_t z = (number + 1) * 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

/* nearly normal with mean 0 and standard deviation 1: twelve draws added up */
static double
normal(uint64_t number)
{
	double sum = -6;

	for (uint64_t k = 0; k < 12; k++)
		sum += uniform(number << 8 | k);
	return sum;
}

static void
print_clouds(void)
{
	static const double middle[2][2] = {{-1.0, 0.6}, {1.2, -0.4}};

	printf("x,y,class\n");
	for (uint64_t k = 0; k < 2 * POINTS_PER_CLOUD; k++) {
		int class = (int)(k % 2);
		printf("%.3f,%.3f,%d\n", middle[class][0] + 0.9 * normal(2 * k), middle[class][1] + 0.9 * normal(2 * k + 1), class);
	}
}

/* An arm starts near the middle and makes three quarters of a turn; the noise moves a point along the turn. */
static void
print_spiral(void)
{
	printf("x,y,arm\n");
	for (uint64_t k = 0; k < ARMS * POINTS_PER_ARM; k++) {
		int arm = (int)(k % ARMS);
		double along = ((double)(k / ARMS) + 0.5) / (double)POINTS_PER_ARM;
		double radius = 0.08 + 0.92 * along;
		double angle = 2 * pi * arm / (double)ARMS + 1.5 * pi * along + 0.3 * normal(k);
		printf("%.3f,%.3f,%d\n", radius * cos(angle), radius * sin(angle), arm);
	}
}

/* the upper half of a circle, and the lower half of one that is moved to the right and down */
static void
print_moons(void)
{
	printf("x,y,class\n");
	for (uint64_t k = 0; k < 2 * POINTS_PER_MOON; k++) {
		int class = (int)(k % 2), sign = class ? -1 : 1;
		double angle = pi * uniform(3 * k + 1000000);
		double x = sign * cos(angle) + (class ? 1 : 0), y = sign * sin(angle) + (class ? 0.4 : 0);
		printf("%.3f,%.3f,%d\n", x + 0.3 * normal(3 * k + 1000001), y + 0.3 * normal(3 * k + 1000002), class);
	}
}

int
main(int argc, char **argv)
{
	const char *which = argc == 2 ? argv[1] : "";

	if (strcmp(which, "logistic") == 0)
		print_clouds();
	else if (strcmp(which, "spiral") == 0)
		print_spiral();
	else if (strcmp(which, "moons") == 0)
		print_moons();
	else
		return fprintf(stderr, "usage: make_points logistic|spiral|moons > FILE.csv\n"), 2;
	return fflush(stdout) != 0 || ferror(stdout);
}
