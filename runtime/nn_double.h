// Functions of one double: for numbers that are computed once a step (rates from schedules, bias corrections), and for constants
// of the compiler. libm's differ from platform to platform; these have the same bits everywhere, in both families: sums and
// products only, never fused, in the written order. Speed does not matter here, so the series are written out as loops.
//
// Errors in units of the last place of the result, as tests/math/ulp.c checks them: exp, log, sigmoid, softplus 3,
// tanh 4, erf 12; sin and cos 2^-51 absolute for |x| <= 10^6. docs/numerics-functions.md has the special values.
//
// Compile with -ffp-contract=off (or, with gcc, -std=c11) and never with -ffast-math, as nn_vec.h says.
#ifndef NN_DOUBLE_H
#define NN_DOUBLE_H

#include <stdint.h>
#include <string.h>
#if defined __SSE2__
#include <emmintrin.h>
#endif

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

#define NN_DOUBLE_INF __builtin_inf()
#define NN_DOUBLE_NAN __builtin_nan("")
#define NN_DOUBLE_ROUND 0x1.8p52 // x + it - it is x to the nearest whole number
#define NN_DOUBLE_LN2_HIGH 0x1.62e42fefa38p-1 // ends in zeros: a product with an exponent is exact
#define NN_DOUBLE_LN2_LOW 0x1.ef35793c7673p-45

static inline double nn_double_abs(double x)
{
	return __builtin_fabs(x);
}

// An intrinsic, because at -O0 the builtin is a call of libm.
static inline double nn_double_sqrt(double x)
{
#if defined __SSE2__
	return _mm_cvtsd_f64(_mm_sqrt_pd(_mm_set1_pd(x)));
#else
	return __builtin_sqrt(x);
#endif
}

// 2^k, for a normal result
static inline double nn_double_exp2(int64_t k)
{
	const uint64_t bits = (uint64_t)(k + 1023) << 52;
	double x;
	memcpy(&x, &bits, sizeof x);
	return x;
}

// exp(r) - 1 for |r| <= ln 2 / 2: the series r + r^2/2! + .. from its end
static inline double nn_double_small_expm1(double r)
{
	double sum = 1;
	for (int k = 15; k >= 2; k--) sum = 1 + sum * (r / k);
	return r * sum;
}

// exp(x) = 2^k exp(r), x = k ln 2 + r (Cody and Waite 1980)
static inline double nn_double_exp(double x)
{
	if (x != x) return x;
	if (x > 710) return NN_DOUBLE_INF;
	if (x < -746) return 0;
	const double n = x * 0x1.71547652b82fep+0 + NN_DOUBLE_ROUND - NN_DOUBLE_ROUND;
	const double r = x - n * NN_DOUBLE_LN2_HIGH - n * NN_DOUBLE_LN2_LOW;
	const int64_t k = (int64_t)n, half = k / 2; // in two steps, of which only the second one rounds
	return (1 + nn_double_small_expm1(r)) * nn_double_exp2(half) * nn_double_exp2(k - half);
}

// exp(x) - 1
static inline double nn_double_expm1(double x)
{
	return x > -0.34 && x < 0.34 ? nn_double_small_expm1(x) : nn_double_exp(x) - 1;
}

// log(1 + f) for sqrt(1/2) <= 1 + f <= 2: with s = f / (2 + f) it is 2 atanh(s) = f - (f^2/2 - s (f^2/2 + z P(z))), z = s^2, the
// form of fdlibm, whose leading term f is exact; P is the series 2/3 + 2/5 z + ..
static inline double nn_double_log1p(double f)
{
	const double s = f / (2 + f), z = s * s, half = f * f / 2;
	double rest = 0;
	for (int k = 35; k >= 3; k -= 2) rest = z * (2.0 / k + rest);
	return f - (half - s * (half + rest));
}

static inline double nn_double_log(double x)
{
	if (x != x || x < 0) return NN_DOUBLE_NAN;
	if (x == 0) return -NN_DOUBLE_INF;
	if (x == NN_DOUBLE_INF) return x;
	const int denormal = x < 0x1p-1022;
	uint64_t bits;
	if (denormal) x *= 0x1p52;
	memcpy(&bits, &x, sizeof bits);
	// x = 2^k m, sqrt(1/2) <= m < sqrt(2)
	const uint64_t root = 0x3fe6a09e667f3bcd, above = bits + (UINT64_C(1022) << 52) - root;
	const int64_t k = (int64_t)(above >> 52) - 1022;
	bits -= (uint64_t)k << 52;
	memcpy(&x, &bits, sizeof x);
	const double n = (double)(denormal ? k - 52 : k);
	return n * NN_DOUBLE_LN2_HIGH + (nn_double_log1p(x - 1) + n * NN_DOUBLE_LN2_LOW);
}

// E / (E + 2), E = exp(2|x|) - 1
static inline double nn_double_tanh(double x)
{
	const double size = nn_double_abs(x), E = nn_double_expm1(2 * (size > 20 ? 20 : size)), y = E / (E + 2);
	return x != x ? x : x < 0 ? -y : x > 0 ? y : x;
}

static inline double nn_double_sigmoid(double x)
{
	const double e = nn_double_exp(-nn_double_abs(x));
	return (x < 0 ? e : 1) / (1 + e);
}

// log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|))
static inline double nn_double_softplus(double x)
{
	const double rest = nn_double_log1p(nn_double_exp(-nn_double_abs(x)));
	return x > 0 ? x + rest : rest;
}

// sin(r + quarter pi/2), |r| <= pi/4: the series from their ends
static inline double nn_double_sin_quarter(double r, int64_t quarter)
{
	const double z = r * r;
	double s = 1, c = 1;
	for (int k = 20; k >= 2; k -= 2) {
		s = 1 - s * z / (k * (k + 1));
		c = 1 - c * z / (k * (k - 1));
	}
	const double y = quarter & 1 ? c : r * s;
	return quarter & 2 ? -y : y;
}

// x = n pi/2 + r with pi/2 in three parts (Cody and Waite 1980); the first two products are exact for |x| <= 10^6. Where
// neighbouring numbers are more than a quarter turn apart, x counts as 0.
static inline double nn_double_turned(double x, int64_t quarters)
{
	if (!(nn_double_abs(x) < 0x1p50)) return x - x == 0 ? (double)(quarters & 1) : NN_DOUBLE_NAN;
	const double n = x * 0x1.45f306dc9c883p-1 + NN_DOUBLE_ROUND - NN_DOUBLE_ROUND;
	const double r = x - n * 0x1.921fb544p+0 - n * 0x1.0b4611a6p-34 - n * 0x1.3198a2e037073p-69;
	return nn_double_sin_quarter(r, (int64_t)n + quarters);
}

static inline double nn_double_sin(double x)
{
	return nn_double_turned(x, 0);
}

static inline double nn_double_cos(double x)
{
	return nn_double_turned(x, 1);
}

// up to 3 the series 2 / sqrt(pi) exp(-x^2) x (1 + 2x^2/3 + (2x^2)^2/(3 5) + ..), all of whose terms add up; beyond it
// 1 - exp(-x^2) / sqrt(pi) / (x + 1/2 / (x + 1 / (x + 3/2 / ..))) (Abramowitz and Stegun 7.1.6, 7.1.14)
static inline double nn_double_erf(double x)
{
	const double a = nn_double_abs(x), e = nn_double_exp(-a * a);
	double y;
	if (x != x) return x;
	if (a < 3) {
		double sum = 1;
		for (int k = 121; k >= 3; k -= 2) sum = 1 + sum * (2 * a * a / k);
		y = 0x1.20dd750429b6dp+0 * a * e * sum;
	} else {
		double below = a;
		for (int k = 60; k >= 1; k--) below = a + k / (2 * below);
		y = a > 6 ? 1 : 1 - e / (0x1.c5bf891b4ef6bp+0 * below);
	}
	return x < 0 ? -y : x > 0 ? y : x;
}

// b^n: by squaring where n is whole, times the square root where it is a half more: |n| + 3 units; else exp(n log b), whose error
// grows with |n log b|: 3 + 3 |n log b| units. b^0 is 1; b < 0 has whole powers only.
static inline double nn_double_pow(double b, double n)
{
	const double size = nn_double_abs(n);
	if (!(size < 0x1p53) || 2 * size != (double)(uint64_t)(2 * size))
		return b > 0 ? nn_double_exp(n * nn_double_log(b)) : b == 0 ? (n > 0 ? 0 : n < 0 ? NN_DOUBLE_INF : n) : NN_DOUBLE_NAN;
	const double whole = (double)(uint64_t)size;
	double power = 1, square = b;
	for (uint64_t k = (uint64_t)size; k; k /= 2) {
		if (k % 2) power *= square;
		square *= square;
	}
	if (size != whole) power = nn_double_sqrt(b) * power;
	return n < 0 ? 1 / power : power;
}

#endif
