// How far is each function of nn_math.h from the truth, in units of its last place?
//
//   ulp        a sample (f32: each 499th float; f64: 500,000 points a function), a few seconds
//   ulp full   all 2^32 floats, some minutes a function; f64: 10 million points
//   ulp [full] exp tanh ..   only these
//
// The truth is libm in the next wider type. Built four times: NN_F64 and NN_FUSED 0 or 1. Prints a line per function and exits
// with 1 if one is over its bound or if a special value is wrong.
#include "nn_math.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#if NN_F64
typedef long double wide;
#define WIDE(f) f##l
enum { DIGITS = 53, LEAST_EXPONENT = -1022 };
#define MAX_REAL DBL_MAX
#else
typedef double wide;
#define WIDE(f) f
enum { DIGITS = 24, LEAST_EXPONENT = -126 };
#define MAX_REAL FLT_MAX
#endif

static wide ref_exp(wide x) { return WIDE(exp)(x); }
static wide ref_log(wide x) { return WIDE(log)(x); }
static wide ref_tanh(wide x) { return WIDE(tanh)(x); }
static wide ref_sigmoid(wide x) { return x < 0 ? WIDE(exp)(x) / (1 + WIDE(exp)(x)) : 1 / (1 + WIDE(exp)(-x)); }
static wide ref_softplus(wide x) { return x > 0 ? x + WIDE(log1p)(WIDE(exp)(-x)) : WIDE(log1p)(WIDE(exp)(x)); }
static wide ref_sin(wide x) { return WIDE(sin)(x); }
static wide ref_cos(wide x) { return WIDE(cos)(x); }
static wide ref_erf(wide x) { return WIDE(erf)(x); }

typedef void function(real *y, const real *x);
#define ROW(name) static void many_##name(real *y, const real *x) { store(y, nn_##name(load(x))); }
ROW(exp) ROW(log) ROW(tanh) ROW(sigmoid) ROW(softplus) ROW(sin) ROW(cos) ROW(erf)

// Beyond NEAR an error counts in ulp of the argument.
#if NN_F64
#define NEAR 0x1p20 * 1.57
#define FAR 0x1p50
#else
#define NEAR 12867
#define FAR 0x1p22
#endif
static const struct row {
	const char *name;
	function *f;
	wide (*truth)(wide);
	double bound;     // in ulp, f32 and f64
	double bound_f64;
	double least, most; // range of |x|
	int of_argument;
} rows[] = {
	{"exp",      many_exp,      ref_exp,      2,   2,   0,    INFINITY, 0},
	{"log",      many_log,      ref_log,      2,   2,   0,    INFINITY, 0},
	{"tanh",     many_tanh,     ref_tanh,     2,   2.5, 0,    INFINITY, 0},
	{"sigmoid",  many_sigmoid,  ref_sigmoid,  2,   2.5, 0,    INFINITY, 0},
	{"softplus", many_softplus, ref_softplus, 2.5, 2.5, 0,    INFINITY, 0},
	{"erf",      many_erf,      ref_erf,      2,   2.5, 0,    INFINITY, 0},
	{"sin",      many_sin,      ref_sin,      2.5, 2.5, 0,    NEAR,     0},
	{"cos",      many_cos,      ref_cos,      2.5, 2.5, 0,    NEAR,     0},
	{"sin_far",  many_sin,      ref_sin,      1,   1,   NEAR, FAR,      1},
	{"cos_far",  many_cos,      ref_cos,      1,   1,   NEAR, FAR,      1},
};

// |got - truth| in ulp of unit
static double ulps(real got, wide truth, wide unit)
{
	if (isnan(truth) || isnan(got)) return isnan(truth) && isnan(got) ? 0 : INFINITY;
	if ((wide)got == truth) return 0;
	if (isinf(got) && !isinf((real)truth)) return WIDE(fabs)(truth) > (wide)MAX_REAL / 2 && (got > 0) == (truth > 0) ? 1 : INFINITY;
	if (isinf((real)truth)) return isinf(got) && (got > 0) == (truth > 0) ? 0 : INFINITY;
#if NN_F64
	int exponent = unit == 0 ? LEAST_EXPONENT : ilogbl(unit);
#else
	uint64_t bits;
	memcpy(&bits, &unit, 8);
	int exponent = (int)(bits >> 52 & 0x7ff) - 1023;
#endif
	if (exponent < LEAST_EXPONENT) exponent = LEAST_EXPONENT;
#if NN_F64
	return (double)ldexpl(fabsl((wide)got - truth), DIGITS - 1 - exponent);
#else
	double scale;
	bits = (uint64_t)(DIGITS - 1 - exponent + 1023) << 52;
	memcpy(&scale, &bits, 8);
	return fabs((wide)got - truth) * scale;
#endif
}

static real from_bits(uint64_t bits)
{
	real x;
	nn_uint b = (nn_uint)bits;
	memcpy(&x, &b, sizeof x);
	return x;
}

static uint64_t random_state = 1;

static uint64_t random_bits(void) // splitmix64
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static double random_unit(void) { return (double)(random_bits() >> 11) * 0x1p-53; }

// A point worth testing: any bits, any exponent that matters, near 1, near a multiple of pi/2, moderate
static real sample(void)
{
	double sign = random_bits() & 1 ? 1 : -1, m = 1 + random_unit();
	switch (random_bits() % 5) {
	case 0: return from_bits(random_bits());
	case 1: return (real)(sign * m * ldexp(1, (int)(random_bits() % 72) - 60));
	case 2: return (real)(1 + sign * m * ldexp(1, -(int)(random_bits() % 54)));
	case 3: return (real)((double)(random_bits() % 1000000) * 1.5707963267948966 * sign);
	default: return (real)(sign * 40 * random_unit());
	}
}

struct worst { double ulp; real x, y, got; };

static void check_block(const struct row *row, const real *x, struct worst *worst)
{
	real y[LANES];
	row->f(y, x);
	for (int l = 0; l < LANES; l++) {
		real size = x[l] < 0 ? -x[l] : x[l];
		if (size < (real)row->least || size > (real)row->most) continue;
		wide truth = row->truth(x[l]);
		double u = ulps(y[l], truth, row->of_argument ? x[l] : truth);
		if (u > worst->ulp) *worst = (struct worst){u, x[l], 0, y[l]};
	}
}

static int report(const char *name, struct worst w, double bound, unsigned long long points)
{
	int over = !(w.ulp <= bound);
	printf("%-8s %s %-7s  worst %8.4f ulp (bound %g) at %.17g -> %.17g, %llu points%s\n", name, NN_F64 ? "f64" : "f32",
	       NN_FUSED ? "fused" : "unfused", w.ulp, bound, (double)w.x, (double)w.got, points, over ? "  OVER" : "");
	fflush(stdout);
	return over;
}

static int check_row(const struct row *row, int full)
{
	struct worst worst = {0};
	unsigned long long points = 0;
	real x[LANES];
	if (NN_F64) {
		for (points = 0; points < (full ? 10000000 : 500000); points += LANES) {
			for (int l = 0; l < LANES; l++) x[l] = sample();
			check_block(row, x, &worst);
		}
	} else {
		unsigned stride = full ? 1 : 499;
		for (uint64_t b = 0; b < (uint64_t)1 << 32; b += (uint64_t)LANES * stride, points += LANES) {
			for (unsigned l = 0; l < LANES; l++) x[l] = from_bits(b + (uint64_t)l * stride);
			check_block(row, x, &worst);
		}
	}
	return report(row->name, worst, NN_F64 ? row->bound_f64 : row->bound, points);
}

// a > 0 of any size, and b such that the result is somewhere between underflow and overflow
static int check_pow(int full)
{
	struct worst worst = {0};
	unsigned long long points = 0, count = (full ? 100000000 : 4000000) / (NN_F64 ? 10 : 1);
	for (; points < count; points += LANES) {
		real a[LANES], b[LANES], y[LANES];
		for (int l = 0; l < LANES; l++) {
			a[l] = sample();
			if (a[l] < 0) a[l] = -a[l];
			b[l] = (real)((random_unit() * 1.02 - 0.51) * (NN_F64 ? 1460 : 194) / (a[l] == 1 || !(a[l] > 0) ? 1 : log(a[l])));
		}
		store(y, nn_pow(load(a), load(b)));
		for (int l = 0; l < LANES; l++) {
			wide truth = WIDE(pow)(a[l], b[l]);
			double u = ulps(y[l], truth, truth);
			if (u > worst.ulp && !isnan(a[l]) && !isnan(b[l])) worst = (struct worst){u, a[l], b[l], y[l]};
		}
	}
	int over = report("pow", worst, 2, points);
	if (over) printf("         (b = %.17g)\n", (double)worst.y);
	return over;
}

static int wrong;

static void expect(const char *what, double argument, real got, double want)
{
	int same = isnan(want) ? isnan(got) : (double)got == want && !signbit(got) == !signbit(want);
	if (!same) printf("%s at %g: %g, not %g\n", what, argument, (double)got, want), wrong++;
}

static void check_special_values(void)
{
	const double inf = INFINITY, least = NN_F64 ? 0x1p-1074 : 0x1p-149;
	static const double xs[] = {0, -0.0, INFINITY, -INFINITY, NAN};
	static const double table[][5] = {
		{1, 1, INFINITY, 0, NAN},              // exp
		{-INFINITY, -INFINITY, INFINITY, NAN, NAN}, // log
		{0, -0.0, 1, -1, NAN},                 // tanh
		{0.5, 0.5, 1, 0, NAN},                 // sigmoid
		{NAN, NAN, INFINITY, 0, NAN},          // softplus; at 0 not exact
		{0, -0.0, 1, -1, NAN},                 // erf
		{0, -0.0, NAN, NAN, NAN},              // sin
		{1, 1, NAN, NAN, NAN},                 // cos
	};
	for (int r = 0; r < 8; r++)
		for (int i = 0; i < 5; i++) {
			real x[LANES], y[LANES];
			store(x, all((real)xs[i]));
			rows[r].f(y, x);
			if (r != 4 || i > 1) expect(rows[r].name, xs[i], y[0], table[r][i]);
		}
	expect("exp", -1e30, nn_exp(all((real)-1e30))[0], 0);
	expect("exp", 1e30, nn_exp(all((real)1e30))[0], inf);
	expect("log", -1, nn_log(all(-1))[0], NAN);
	expect("tanh", least, nn_tanh(all((real)least))[0], least);
	expect("erf", least, nn_erf(all((real)least))[0], least);
	expect("sin", least, nn_sin(all((real)least))[0], least);
	expect("sin", -1e30, nn_sin(all((real)-1e30))[0], -0.0);
	expect("cos", 1e30, nn_cos(all((real)1e30))[0], 1);

	static const double pows[][3] = { // a, b, a^b
		{0, 2, 0}, {0, 0, 1}, {0, -2, INFINITY}, {-0.0, 3, 0}, {0, 1e-30, 0}, {0, INFINITY, 0}, {0, -INFINITY, INFINITY},
		{1, INFINITY, 1}, {1, -INFINITY, 1}, {1, 1e38, 1}, {1, NAN, NAN}, {NAN, 0, NAN}, {NAN, 1, NAN}, {2, NAN, NAN}, {0, NAN, NAN},
		{2, 0, 1}, {2, -0.0, 1}, {2, 3, 8}, {2, -3, 0.125}, {3, 2, 9}, {10, 3, 1000}, {2, INFINITY, INFINITY}, {2, -INFINITY, 0},
		{0.5, INFINITY, 0}, {0.5, -INFINITY, INFINITY}, {2, 1e30, INFINITY}, {2, -1e30, 0}, {INFINITY, 2, INFINITY},
		{INFINITY, -2, 0}, {INFINITY, 0, 1}, {INFINITY, 1e-30, INFINITY}, {INFINITY, INFINITY, INFINITY}, {INFINITY, NAN, NAN},
		{-1, 2, NAN}, {-2, 0, NAN}, {-INFINITY, 2, NAN}, {4, 0.5, 2}, {0.25, -0.5, 2},
	};
	for (size_t i = 0; i < sizeof pows / sizeof *pows; i++)
		expect("pow", pows[i][0], nn_pow(all((real)pows[i][0]), all((real)pows[i][1]))[0], pows[i][2]);
	real b = (real)least;
	expect("pow", least, nn_pow(all(b), all(1))[0], least);
}

// The known answers of Random123 1.x (kat_vectors), the vector form against the scalar one, and the moments
static void check_random(void)
{
	static const struct { uint64_t seed; uint32_t counter[4], out[4]; } known[] = {
		{0, {0, 0, 0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{~(uint64_t)0, {~0u, ~0u, ~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{0x299f31d0a4093822, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	};
	for (int i = 0; i < 3; i++) {
		uint32_t out[4];
		nn_philox(known[i].seed, known[i].counter, out);
		for (int w = 0; w < 4; w++) expect("philox", i, (real)(out[w] >> 8), (double)(known[i].out[w] >> 8));
		if (memcmp(out, known[i].out, sizeof out)) printf("philox %d: wrong\n", i), wrong++;
	}
	double sum = 0, squares = 0, fourth = 0, uniform = 0, most = 0;
	const int n = 1 << 20;
	for (int i = 0; i < n; i += LANES) {
		ints place = all_ints(i * 7 - 5), index = lane_index() + i;
		uint64_t seed = 0x123456789abcdef0 + (uint64_t)i;
		lanes u = nn_uniform(seed, 3, 0xfedcba98, place, index), z = nn_normal(seed, 3, 0xfedcba98, place, index);
		for (int l = 0; l < LANES; l++) {
			uint32_t counter[4] = {(uint32_t)index[l], (uint32_t)place[l], 0xfedcba98, 3}, out[4];
			nn_philox(seed, counter, out);
			expect("uniform", i, u[l], (out[0] >> 8) * 0x1p-24);
			double normal = sqrt(-2 * log(((out[0] >> 8) + 1) * 0x1p-24)) * cos((out[1] >> 8) * 0x1p-24 * 6.283185307179586477);
			double error = fabs(normal - (double)z[l]);
			if (error > (NN_F64 ? 1e-14 : 2e-6)) printf("normal: %g, not %g\n", (double)z[l], normal), wrong++;
			if (error > most) most = error;
			double d = (double)z[l];
			uniform += (double)u[l], sum += d, squares += d * d, fourth += d * d * d * d;
		}
	}
	printf("normal   %s %-7s  worst absolute error %.2g; mean %.4f variance %.4f fourth moment %.3f; uniform's mean %.4f\n",
	       NN_F64 ? "f64" : "f32", NN_FUSED ? "fused" : "unfused", most, sum / n, squares / n, fourth / n, uniform / n);
	wrong += fabs(sum / n) > 0.005 || fabs(squares / n - 1) > 0.01 || fabs(fourth / n - 3) > 0.1 || fabs(uniform / n - 0.5) > 0.002;
}

int main(int argc, char **argv)
{
	int full = argc > 1 && !strcmp(argv[1], "full"), only = argc > 1 + full;
	check_special_values();
	check_random();
	for (size_t r = 0; r <= sizeof rows / sizeof *rows; r++) {
		const char *name = r < sizeof rows / sizeof *rows ? rows[r].name : "pow";
		int wanted = !only;
		for (int i = 1 + full; i < argc; i++) wanted |= !strcmp(argv[i], name);
		if (wanted) wrong += r < sizeof rows / sizeof *rows ? check_row(&rows[r], full) : check_pow(full);
	}
	return wrong != 0;
}
