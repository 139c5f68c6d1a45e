// nn_double.h: how far each function is from the truth (libm in long double), and a hash of its results over fixed inputs, which must
// be the same from every build, whatever the compiler, the target and -O; run.sh compares them.
//
//   double        100,000 points a function
//   double full   5 million
//
// Prints a line a function; exits with 1 if one is over its bound or if a special value is wrong.
#include "nn_double.h"
#include <math.h>
#include <stdio.h>

static int wrong;

static uint64_t random_bits(void) // splitmix64
{
	static uint64_t state = 3;
	uint64_t z = state += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static double random_unit(void) { return (double)(random_bits() >> 11) * 0x1p-53; }

// a power of 2 by bits: the hashes must not depend on libm
static double power_of_2(int k) { return nn_double_exp2(k); }

// any bits, any exponent that matters, near 1, near a multiple of pi/2, moderate
static double sample(void)
{
	double sign = random_bits() & 1 ? 1 : -1, m = 1 + random_unit(), x;
	uint64_t bits = random_bits();
	switch (bits % 5) {
	case 0: bits = random_bits(); memcpy(&x, &bits, sizeof x); return x;
	case 1: return sign * m * power_of_2((int)(random_bits() % 72) - 60);
	case 2: return 1 + sign * m * power_of_2(-(int)(random_bits() % 54));
	case 3: return (double)(random_bits() % 600000) * 1.5707963267948966 * sign;
	default: return sign * 40 * random_unit();
	}
}

static long double ref_sigmoid(long double x) { return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x)); }
static long double ref_softplus(long double x) { return x > 0 ? x + log1pl(expl(-x)) : log1pl(expl(x)); }

static const struct row {
	const char *name;
	double (*f)(double);
	long double (*truth)(long double);
	double bound; // in ulp of the result; where absolute, as it is
	double most;  // of |x|
	int absolute;
} rows[] = {
	{"exp", nn_double_exp, expl, 3, INFINITY, 0},           {"log", nn_double_log, logl, 3, INFINITY, 0},
	{"tanh", nn_double_tanh, tanhl, 4, INFINITY, 0},        {"sigmoid", nn_double_sigmoid, ref_sigmoid, 3, INFINITY, 0},
	{"softplus", nn_double_softplus, ref_softplus, 3, INFINITY, 0}, {"erf", nn_double_erf, erfl, 12, INFINITY, 0},
	{"sin", nn_double_sin, sinl, 0x1p-51, 1e6, 1},          {"cos", nn_double_cos, cosl, 0x1p-51, 1e6, 1},
	{"sqrt", nn_double_sqrt, sqrtl, 0.501, INFINITY, 0},    {"abs", nn_double_abs, fabsl, 0, INFINITY, 0},
};

// |got - truth| in ulp of the truth
static double ulps(double got, long double truth)
{
	if (isnan(truth) || isnan(got)) return isnan(truth) && isnan(got) ? 0 : INFINITY;
	if ((long double)got == truth) return 0;
	if (isinf((double)truth) || isinf(got)) return isinf(got) && fabsl(truth) > 1.79e308L && (got > 0) == (truth > 0) ? 0 : INFINITY;
	int exponent = truth == 0 || ilogbl(truth) < -1022 ? -1022 : ilogbl(truth);
	return (double)ldexpl(fabsl((long double)got - truth), 52 - exponent);
}

static uint64_t hashed(uint64_t hash, double y)
{
	uint64_t bits;
	memcpy(&bits, &y, sizeof bits);
	if (y != y) bits = 0x7ff8000000000000;
	for (int k = 0; k < 8; k++, bits >>= 8) hash = (hash ^ (bits & 0xff)) * 0x100000001b3;
	return hash;
}

static void report(const char *name, double worst, double at, double bound, uint64_t hash)
{
	printf("%-9s %016llx\n", name, (unsigned long long)hash);
	fprintf(stderr, "%-9s worst %.3g of %.3g, at %.17g%s\n", name, worst, bound, at, worst <= bound ? "" : "  OVER");
	wrong |= !(worst <= bound);
}

static void check_row(const struct row *row, int points)
{
	uint64_t hash = 0xcbf29ce484222325;
	double worst = 0, where = 0;
	for (int i = 0; i < points; i++) {
		double x = sample(), y = row->f(x);
		if (i < 100000) hash = hashed(hash, y);
		if (!(fabs(x) <= row->most)) continue;
		long double truth = row->truth(x);
		double error = row->absolute ? (double)fabsl((long double)y - truth) : ulps(y, truth);
		if (error > worst) worst = error, where = x;
	}
	report(row->name, worst, where, row->bound, hash);
}

// whole and half exponents, and any
static void check_pow(int points)
{
	uint64_t hash = 0xcbf29ce484222325;
	double worst = 0, where = 0;
	for (int i = 0; i < points; i++) {
		double b = nn_double_abs(sample()), n = i % 2 ? (double)(random_bits() % 200) / 2 - 50 : (random_unit() - 0.5) * 40, y = nn_double_pow(b, n);
		if (i < 100000) hash = hashed(hash, y);
		if (!(fabs(n * log(b)) < 700)) continue;
		double relative = ulps(y, powl(b, n)) / (3 + 3 * fabs(n * log(b)) + fabs(n)); // squaring rounds, too
		if (relative > worst) worst = relative, where = n;
	}
	report("pow", worst, where, 1, hash);
}

static void expect(const char *what, double got, double want)
{
	if (isnan(want) ? isnan(got) : got == want && !signbit(got) == !signbit(want)) return;
	fprintf(stderr, "%s: %g, not %g\n", what, got, want);
	wrong = 1;
}

static void check_special_values(void)
{
	const double inf = INFINITY, not = NAN;
	expect("exp(-inf)", nn_double_exp(-inf), 0), expect("exp(inf)", nn_double_exp(inf), inf), expect("exp(0)", nn_double_exp(0), 1);
	expect("log(0)", nn_double_log(0), -inf), expect("log(inf)", nn_double_log(inf), inf), expect("log(1)", nn_double_log(1), 0);
	expect("log(-1)", nn_double_log(-1), not);
	expect("tanh(-inf)", nn_double_tanh(-inf), -1), expect("tanh(-0)", nn_double_tanh(-0.0), -0.0);
	expect("sigmoid(-inf)", nn_double_sigmoid(-inf), 0), expect("sigmoid(inf)", nn_double_sigmoid(inf), 1);
	expect("softplus(-inf)", nn_double_softplus(-inf), 0), expect("softplus(inf)", nn_double_softplus(inf), inf);
	expect("erf(inf)", nn_double_erf(inf), 1), expect("erf(-0)", nn_double_erf(-0.0), -0.0);
	expect("cos(0)", nn_double_cos(0), 1), expect("sin(inf)", nn_double_sin(inf), not), expect("cos(1e300)", nn_double_cos(1e300), 1);
	expect("0^0", nn_double_pow(0, 0), 1), expect("0^2", nn_double_pow(0, 2), 0), expect("0^-1", nn_double_pow(0, -1), inf);
	expect("0^0.3", nn_double_pow(0, 0.3), 0), expect("0^-0.3", nn_double_pow(0, -0.3), inf), expect("(-2)^3", nn_double_pow(-2, 3), -8);
	expect("(-2)^0.3", nn_double_pow(-2, 0.3), not), expect("4^0.5", nn_double_pow(4, 0.5), 2), expect("4^-1.5", nn_double_pow(4, -1.5), 0.125);
	expect("2^1e300", nn_double_pow(2, 1e300), inf), expect("2^-1e300", nn_double_pow(2, -1e300), 0), expect("2^NaN", nn_double_pow(2, not), not);
}

int main(int argc, char **argv)
{
	int points = argc > 1 && !strcmp(argv[1], "full") ? 5000000 : 100000;
	check_special_values();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) check_row(&rows[i], points);
	check_pow(points);
	return wrong;
}
