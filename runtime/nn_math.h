// Elementwise functions and random numbers on lanes: exp log tanh sigmoid softplus sin cos erf pow, Philox, uniform, normal.
//
// libm's differ from platform to platform; these have the same bits everywhere within a family (fused, unfused: nn_vec.h). They
// use IEEE operations, vmadd and integers only, no branch and no table. Every polynomial is minimax, by tests/math/minimax.py.
// The bounds in ulp are tested by tests/math/ulp.c: over all 2^32 floats for functions of one argument, by a sample in double.
// The comments give the worse of both families, f32 / f64; docs/numerics-functions.md has them all.
#ifndef NN_MATH_H
#define NN_MATH_H

#include "nn_vec.h"

#if NN_F64
#define NN_INF __builtin_inf()
#define NN_NAN __builtin_nan("")
enum { NN_MANTISSA = 52, NN_BIAS = 1023 };
#define NN_ROUND 0x1.8p52               // x + NN_ROUND - NN_ROUND is x to the nearest whole number, which the sum's low bits hold
#define NN_LOG2_E 0x1.71547652b82fep+0
#define NN_LN2_HIGH 0x1.62e42fefa38p-1  // ends in zeros: a product with an exponent is exact
#define NN_LN2_LOW 0x1.ef35793c7673p-45
#define NN_EXP_MAX 710.0                // exp of it is infinite
#define NN_EXP_MIN (-746.0)             // exp of it is 0
#else
#define NN_INF __builtin_inff()
#define NN_NAN __builtin_nanf("")
enum { NN_MANTISSA = 23, NN_BIAS = 127 };
#define NN_ROUND 0x1.8p23f
#define NN_LOG2_E 1.44269504f
#define NN_LN2_HIGH 0.693145752f
#define NN_LN2_LOW 1.42860677e-06f
#define NN_EXP_MAX 89.0f
#define NN_EXP_MIN (-104.0f)
#endif

// c[0] x^(n-1) + .. + c[n-1], by Horner's rule
INLINE lanes nn_polynomial(lanes x, const real *c, const int n)
{
	lanes sum = all(c[0]);
	UNROLL for (int i = 1; i < n; i++) sum = vmadd(sum, x, all(c[i]));
	return sum;
}
#define NN_POLYNOMIAL(x, c) nn_polynomial(x, c, (int)(sizeof(c) / sizeof *(c)))

// size with the sign bit of sign; size has none
INLINE lanes nn_with_sign(lanes size, lanes sign)
{
	return (lanes)((uints)size | ((uints)sign & ~((nn_uint)-1 >> 1)));
}

// ---- exp and what is made of it ---------------------------------------------------------------------------------------

// x = *k ln 2 + r + *tail, |r| <= ln 2 / 2, after Cody and Waite; |x| < 1100. The tail, what rounding r lost, may be neglected.
INLINE lanes nn_reduce_exp(lanes x, ints *k, lanes *tail)
{
	lanes shifted = vmadd(x, all(NN_LOG2_E), all(NN_ROUND)), n = shifted - NN_ROUND;
	*k = (ints)((uints)shifted - (uints)all(NN_ROUND));
	lanes near = vmadd(n, all(-NN_LN2_HIGH), x), r = vmadd(n, all(-NN_LN2_LOW), near);
	*tail = vmadd(n, all(-NN_LN2_LOW), near - r);
	return r;
}

// exp(r) - 1 = r + r^2 P(r) for |r| <= ln 2 / 2: this is P
INLINE lanes nn_exp_polynomial(lanes r)
{
#if NN_F64
	static const real c[] = {0x1.ae6bb8219b9a0p-26, 0x1.28a2366a6251ep-22, 0x1.71de884b8aab7p-19, 0x1.a019a71cd123cp-16,
	                         0x1.a01a0174d7a69p-13, 0x1.6c16c17ef55b4p-10, 0x1.11111111190a4p-7, 0x1.555555555225cp-5,
	                         0x1.5555555555539p-3, 0x1.0000000000005p-1};
#else
	static const real c[] = {0.00138824747f, 0.00836658198f, 0.0416672006f, 0.166665435f, 0.49999997f};
#endif
	return NN_POLYNOMIAL(r, c);
}

INLINE lanes nn_small_exp(lanes r) { return vmadd(r * r, nn_exp_polynomial(r), r) + 1; }

// 2^k, for a normal result
INLINE lanes nn_exp2_int(ints k)
{
	return (lanes)(((uints)k + NN_BIAS) << NN_MANTISSA);
}

// x 2^k, also where that overflows or becomes denormal: in two steps, of which only the second one rounds
INLINE lanes nn_scale(lanes x, ints k)
{
	ints half = k >> 1;
	return x * nn_exp2_int(half) * nn_exp2_int(k - half);
}

INLINE lanes nn_clamp_exp(lanes x)
{
	x = pick(x > NN_EXP_MAX, all(NN_EXP_MAX), x);
	return pick(x < NN_EXP_MIN, all(NN_EXP_MIN), x);
}

// exp(x) = 2^k exp(r): Cody and Waite (1980), with a minimax polynomial for theirs. 1.05 / 1.04 ulp.
INLINE lanes nn_exp(lanes x)
{
	ints k;
	lanes tail, r = nn_reduce_exp(nn_clamp_exp(x), &k, &tail);
	return nn_scale(nn_small_exp(r), k);
}

// tanh(x) = y = E / (E + 2), E = exp(2|x|) - 1 = 2^k e + (2^k - 1): relatively exact down to x = 0. Where E is small, E/2 - E/2 y
// is the same, but rounding y counts less. 1.97 / 1.96 ulp.
INLINE lanes nn_tanh(lanes x)
{
	const real most = NN_F64 ? 20 : 10; // tanh rounds to 1
	lanes size = vabs(x);
	ints k;
	lanes tail, r = nn_reduce_exp(2 * pick(size > most, all(most), size), &k, &tail);
	lanes e = r + vmadd(r * r, nn_exp_polynomial(r), tail), power = nn_exp2_int(k);
	lanes E = vmadd(power, e, power - 1), y = E / (E + 2), half = E * (real)0.5;
	return nn_with_sign(pick(E < 1, vmadd(-half, y, half), y), x);
}

// 1 / (1 + exp(-x)). With e = exp(-|x|) and y = e / (1 + e) it is 1 - y, for x < 0 e - e y: relatively exact, denormal results
// too. 1.87 / 1.75 ulp.
INLINE lanes nn_sigmoid(lanes x)
{
	lanes e = nn_exp(-vabs(x)), y = e / (e + 1), top = pick(x < 0, e, all(1));
	return vmadd(-top, y, top);
}

// ---- log --------------------------------------------------------------------------------------------------------------

// x = 2^*k m, sqrt(1/2) <= m < sqrt(2), for 0 < x < inf, denormals too. From the bits alone.
INLINE lanes nn_split(lanes x, ints *k)
{
	const nn_uint root = NN_F64 ? (nn_uint)0x3fe6a09e667f3bcd : 0x3f3504f3; // bits of sqrt(1/2)
	const real least = NN_F64 ? (real)DBL_MIN : (real)FLT_MIN, up = NN_F64 ? (real)0x1p52 : (real)0x1p23;
	ints denormal = x < least;
	uints bits = (uints)pick(denormal, x * up, x);
	*k = (ints)(bits - root) >> NN_MANTISSA;
	lanes m = (lanes)(bits - ((uints)*k << NN_MANTISSA));
	*k -= denormal & NN_MANTISSA;
	return m;
}

#if NN_F64
// log(1 + f) - f + tail for sqrt(1/2) - 1 <= f <= 1: with s = f / (2 + f) and z = s^2, log(1 + f) = 2 atanh(s) = f - (f^2/2 -
// s (f^2/2 + z P(z))): the form of fdlibm, whose leading term f is exact
INLINE lanes nn_log1p_rest(lanes f, const real *c, const int n, lanes tail)
{
	lanes s = f / (f + 2), z = s * s, half = 0.5 * f * f;
	return vmadd(s, vmadd(z, nn_polynomial(z, c, n), half), tail) - half;
}
#endif

// log(x) = k log 2 + log(1 + f) for 0 < x < inf; f32: log(1 + f) = f + f^2 P(f). 0.87 / 0.81 ulp.
INLINE lanes nn_log_of_positive(lanes x)
{
	ints k;
	lanes f = nn_split(x, &k) - 1, n = to_real(k);
#if NN_F64
	static const real c[] = {0x1.2f11517d7711ep-3, 0x1.39a099c86634ep-3, 0x1.74664989426d7p-3, 0x1.c71c51d872643p-3,
	                         0x1.2492494229a4ep-2, 0x1.999999997f9ffp-2, 0x1.5555555555593p-1};
	return vmadd(n, all(NN_LN2_HIGH), f + nn_log1p_rest(f, c, 7, n * NN_LN2_LOW));
#else
	static const real c[] = {0.0674689934f, -0.116759256f, 0.118881814f, -0.124055371f, 0.142195433f, -0.166679993f,
	                         0.200021192f, -0.250000089f, 0.333333135f, -0.5f};
	return vmadd(n, all(NN_LN2_HIGH), f + vmadd(f * f, NN_POLYNOMIAL(f, c), n * NN_LN2_LOW));
#endif
}

// log(x): -inf for 0, NaN below; else as above
INLINE lanes nn_log(lanes x)
{
	lanes y = pick(x < NN_INF, nn_log_of_positive(x), x);
	return pick(x > 0, y, pick(x == 0, all(-NN_INF), all(NN_NAN)));
}

// log(1 + exp(x)) = max(x, 0) + log(1 + e), e = exp(-|x|). 2.28 / 1.92 ulp.
INLINE lanes nn_softplus(lanes x)
{
	lanes e = nn_exp(-vabs(x));
#if NN_F64
	static const real c[] = {0x1.5cee3ca1b86fdp-3, 0x1.55333f6b1f17ep-4, 0x1.eff4e607925afp-4, 0x1.1065f98a0bf69p-3,
	                         0x1.3b1dfe2b7609cp-3, 0x1.745cb262bce33p-3, 0x1.c71c74280b825p-3, 0x1.2492492074d45p-2,
	                         0x1.99999999a0a3cp-2, 0x1.5555555555534p-1};
	lanes log1p = e + nn_log1p_rest(e, c, 10, all(0));
#else
	static const real c[] = {-0.00329040899f, 0.0200860035f, -0.0574568585f, 0.106610999f, -0.153448701f,
	                         0.196921006f, -0.24958019f, 0.333304644f, -0.499999315f};
	lanes log1p = vmadd(e * e, NN_POLYNOMIAL(e, c), e);
#endif
	return pick(x > 0, x, all(0)) + log1p;
}

// ---- sin and cos ------------------------------------------------------------------------------------------------------

// sin(r + quarter pi/2) for |r| <= pi/4 (a little more does no harm)
INLINE lanes nn_sin_quarter(lanes r, ints quarter)
{
#if NN_F64
	static const real s[] = {0x1.5d92f83e1cf0ap-33, -0x1.ae5e668590cd2p-26, 0x1.71de3578c67c2p-19, -0x1.a01a019c13f0ep-13,
	                         0x1.111111110f89bp-7, -0x1.5555555555549p-3};
	static const real c[] = {-0x1.8fa6064ddedcap-37, 0x1.1ee9daffd2bafp-29, -0x1.27e4f7f09e14ep-22, 0x1.a01a019c8e36fp-16,
	                         -0x1.6c16c16c15010p-10, 0x1.555555555554bp-5};
#else
	static const real s[] = {-0.000195186003f, 0.00833219104f, -0.166666552f};
	static const real c[] = {2.44323655e-05f, -0.00138873095f, 0.0416666456f};
#endif
	lanes z = r * r;
	lanes sine = vmadd(r * z, NN_POLYNOMIAL(z, s), r);
	lanes cosine = vmadd(z * z, NN_POLYNOMIAL(z, c), vmadd(z, all((real)-0.5), all(1)));
	uints sign = (uints)(quarter & 2) << (8 * sizeof(real) - 2);
	return (lanes)((uints)pick((quarter & 1) == 1, cosine, sine) ^ sign);
}

// x = *quarter pi/2 + r, |r| <= pi/4, after Cody and Waite: pi/2 in parts so short that (but for the last two) part times quarter
// is exact, unfused for |quarter| <= 2^13 (f64: 2^20); a fused product is exact anyway. Too large an x counts as 0, infinity as
// NaN.
INLINE lanes nn_reduce_quarters(lanes x, ints *quarter)
{
#if NN_F64
	const real most = 0x1p50, two_over_pi = 0x1.45f306dc9c883p-1;
#if NN_FUSED
	static const real part[] = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110};
#else
	static const real part[] = {0x1.921fb544p+0, 0x1.0b4611a6p-34, 0x1.3198a2ep-69, 0x1.b839a252049c1p-104};
#endif
#else
	const real most = 0x1p22f, two_over_pi = 0.636619772f;
#if NN_FUSED
	static const real part[] = {1.57079637f, -4.37113883e-08f, -1.71512451e-15f};
#else
	static const real part[] = {1.5703125f, 0.000483751297f, 7.54953362e-08f, 2.56328292e-12f, 6.12323426e-17f};
#endif
#endif
	x = pick(vabs(x) <= most, x, x - x);
	lanes shifted = vmadd(x, all(two_over_pi), all(NN_ROUND)), n = shifted - NN_ROUND;
	*quarter = (ints)((uints)shifted - (uints)all(NN_ROUND));
	UNROLL for (int i = 0; i < (int)(sizeof part / sizeof *part); i++) x = vmadd(n, all(-part[i]), x);
	return x;
}

// sin(x) = sign(x) sin|x|. 2.48 / 1.95 ulp for |x| <= 12867 (f64: 1.6 million). Beyond, the absolute error
// is below 4e-7 / 2e-16 (fused), half an ulp of x (unfused). |x| > 2^22 (f64: 2^50), where neighbours are half a radian apart (a
// quarter), counts as 0.
INLINE lanes nn_sin(lanes x)
{
	ints quarter;
	lanes r = nn_reduce_quarters(vabs(x), &quarter);
	return (lanes)((uints)nn_sin_quarter(r, quarter) ^ ((uints)x & ~((nn_uint)-1 >> 1)));
}

// cos(x), as sin. 2.39 / 1.92 ulp.
INLINE lanes nn_cos(lanes x)
{
	ints quarter;
	lanes r = nn_reduce_quarters(x, &quarter);
	return nn_sin_quarter(r, quarter + 1);
}

// ---- erf --------------------------------------------------------------------------------------------------------------

// erf(x) = x + x P(x^2) for |x| < 1, beyond 1 - exp(Q(|x| - 1)), where Q approximates log erfc. 1.32 / 1.40 ulp.
INLINE lanes nn_erf(lanes x)
{
#if NN_F64
	static const real near_0[] = {-0x1.a09bed2b587fcp-31, 0x1.d35d61d00e17dp-27, -0x1.5b7bed8174e75p-23, 0x1.b9690aa7b3178p-20,
	                              -0x1.f4c7ff0e35fe9p-17, 0x1.f9a2946cc1c98p-14, -0x1.c02daea7ebcc9p-11, 0x1.565bcceeae438p-8,
	                              -0x1.b82ce311a9538p-6, 0x1.ce2f21a03f8b9p-4, -0x1.812746b03799dp-2, 0x1.06eba8214db68p-3};
	static const real log_erfc[] = {0x1.5e9e7f3581469p-40, -0x1.28a5d13d2780cp-35, 0x1.ced48dee7a3b7p-32, -0x1.b81f99007c2b6p-29,
	                                0x1.1917d020e07fcp-26, -0x1.e4b971cd76d0fp-25, 0x1.cc8fe4e9f1c35p-24, 0x1.10d9839b3d5dap-23,
	                                -0x1.11df326a80349p-19, 0x1.41d59ff896275p-17, -0x1.c7751b66d1fffp-16, 0x1.b8c5fd51f1f8bp-16,
	                                0x1.f1b49b4209edap-13, -0x1.033f69c3d48d8p-9, 0x1.48c9d41386d81p-7, -0x1.5477f09cf2bb7p-5,
	                                -0x1.afabc11a28a79p-1, -0x1.51c9b0006c244p+1, -0x1.d97fbf27aa2a1p+0};
	const real most = 6; // erf rounds to 1
#else
	static const real near_0[] = {7.80688933e-05f, -0.000799785194f, 0.0051871622f, -0.0268533472f, 0.112835787f, -0.37612626f,
	                              0.128379166f};
	static const real log_erfc[] = {7.24144047e-05f, -0.00144272635f, 0.00943481084f, -0.0412637666f, -0.843172312f, -2.63896275f,
	                                -1.84960556f};
	const real most = 4;
#endif
	lanes size = vabs(x);
	size = pick(size > most, all(most), size);
	lanes small = vmadd(size, NN_POLYNOMIAL(size * size, near_0), size);
	ints k;
	lanes tail, r = nn_reduce_exp(NN_POLYNOMIAL(size - 1, log_erfc), &k, &tail);
	lanes large = vmadd(-nn_small_exp(r), nn_exp2_int(k), all(1));
	return nn_with_sign(pick(size < 1, small, large), x);
}

// ---- pow --------------------------------------------------------------------------------------------------------------

// a*b = result + *low exactly (Dekker 1971 without fma)
INLINE lanes nn_product(lanes a, lanes b, lanes *low)
{
	lanes p = a * b;
#if NN_FUSED
	*low = vmadd(a, b, -p);
#else
	const real splitter = NN_F64 ? (real)134217729 : (real)4097;
	lanes ta = a * splitter, tb = b * splitter;
	lanes a1 = ta - (ta - a), b1 = tb - (tb - b), a2 = a - a1, b2 = b - b1;
	*low = ((a1 * b1 - p) + a1 * b2 + a2 * b1) + a2 * b2;
#endif
	return p;
}

// a + b = result + *low exactly, for |a| >= |b| or a = 0 (Dekker 1971)
INLINE lanes nn_sum(lanes a, lanes b, lanes *low)
{
	lanes sum = a + b;
	*low = b - (sum - a);
	return sum;
}

// log(x) as a sum of two reals, for 0 < x < inf: some ten bits more than one has, as pow needs. With s = f / (2 + f), log(1 + f)
// = 2 atanh(s) = s (2 + s^2 (2/3 + s^2 P(s^2))), where all but P is computed with both halves.
INLINE lanes nn_log_in_two(lanes x, lanes *low)
{
#if NN_F64
	static const real c[] = {0x1.eacaa5c6a1deep-4, 0x1.de3ce265d5a1ep-4, 0x1.1120726c4bf45p-3, 0x1.3b1364b5ddd8ap-3,
	                         0x1.745d182994f6cp-3, 0x1.c71c71c5962a4p-3, 0x1.2492492492f53p-2, 0x1.9999999999996p-2};
	const real two_thirds = 0x1.5555555555555p-1, two_thirds_low = 0x1.5555555555555p-55;
#else
	static const real c[] = {0.234196082f, 0.285470903f, 0.400001526f};
	const real two_thirds = 0.666666687f, two_thirds_low = -1.98682155e-08f;
#endif
	ints k;
	lanes m = nn_split(x, &k), f = m - 1, n = to_real(k);
	lanes d = m + 1, d_low = m - (d - 1), inverse = 1 / d;                    // s = f / d
	lanes s = f * inverse, sd_low, sd = nn_product(s, d, &sd_low);
	lanes s_low = (((f - sd) - sd_low) - s * d_low) * inverse;
	lanes z_low, z = nn_product(s, s, &z_low);                                // z = s^2
	z_low = vmadd(2 * s, s_low, z_low);
	lanes q_low, q = nn_sum(all(two_thirds), z * NN_POLYNOMIAL(z, c), &q_low); // q = 2/3 + z P(z)
	q_low += two_thirds_low;
	lanes w_low, w = nn_product(z, q, &w_low);                                // w = z q
	w_low = vmadd(z, q_low, vmadd(z_low, q, w_low));
	lanes v_low, v = nn_product(s, w, &v_low);                                // v = s w
	v_low = vmadd(s, w_low, vmadd(s_low, w, v_low));
	lanes low1, low2, sum = nn_sum(nn_sum(n * NN_LN2_HIGH, 2 * s, &low1), v, &low2);
	return nn_sum(sum, (low1 + low2) + vmadd(n, all(NN_LN2_LOW), vmadd(all(2), s_low, v_low)), low);
}

// a^b = exp(b log a) for a >= 0, NaN for a < 0 (whatever b is); a^0 = 1 also for a = 0 and inf; NaN where a or b is one.
// 1.1 / 1.1 ulp, in a sample.
INLINE lanes nn_pow(lanes a, lanes b)
{
	const real most = NN_F64 ? (real)0x1p70 : (real)0x1p40; // a larger b does the same, as |log a| > 2^-25 (f64: 2^-54) or 0
	lanes c = pick(b > most, all(most), pick(b < -most, all(-most), b));
	lanes log_low, log_a = nn_log_in_two(a, &log_low);
	lanes y_low, y = nn_product(c, log_a, &y_low);
	lanes clamped = nn_clamp_exp(y);
	y_low = pick(y == clamped, vmadd(c, log_low, y_low), all(0));
	ints k;
	lanes tail, r = nn_reduce_exp(clamped, &k, &tail);
	lanes power = nn_scale(nn_small_exp(r + (tail + y_low)), k);

	ints zero = a == 0;
	lanes edge = pick(b > 0, pick(zero, all(0), all(NN_INF)), pick(b < 0, pick(zero, all(NN_INF), all(0)), b + 1));
	power = pick(zero | (a == NN_INF), edge, power);
	return pick(a >= 0, power, all(NN_NAN));
}

// ---- random numbers ---------------------------------------------------------------------------------------------------

// Philox4x32-10: Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011), section 3.3.
enum { NN_PHILOX_ROUNDS = 10 };
#define NN_PHILOX_M0 0xd2511f53u
#define NN_PHILOX_M1 0xcd9e8d57u
#define NN_PHILOX_W0 0x9e3779b9u // the key's step from round to round
#define NN_PHILOX_W1 0xbb67ae85u

// The four random words of a counter, for single numbers: initial values, shuffles
static inline void nn_philox(uint64_t seed, const uint32_t counter[4], uint32_t out[4])
{
	uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
	uint32_t x0 = counter[0], x1 = counter[1], x2 = counter[2], x3 = counter[3];
	for (int round = 0; round < NN_PHILOX_ROUNDS; round++) {
		uint64_t p0 = (uint64_t)NN_PHILOX_M0 * x0, p1 = (uint64_t)NN_PHILOX_M1 * x2;
		x0 = (uint32_t)(p1 >> 32) ^ x1 ^ key0;
		x1 = (uint32_t)p1;
		x2 = (uint32_t)(p0 >> 32) ^ x3 ^ key1;
		x3 = (uint32_t)p0;
		key0 += NN_PHILOX_W0;
		key1 += NN_PHILOX_W1;
	}
	out[0] = x0, out[1] = x1, out[2] = x2, out[3] = x3;
}

// Words 0 and 1 of the counter (index, place, site, step), in the low halves of 64-bit lanes; the high halves hold rubbish
// throughout
INLINE void nn_philox_halves(uint64_t seed, uint32_t step, uint32_t site, nn_pairs place, nn_pairs index, nn_pairs word[2])
{
	const nn_pairs zero = {0}, m0 = zero + NN_PHILOX_M0, m1 = zero + NN_PHILOX_M1;
	uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
	nn_pairs x0 = index, x1 = place, x2 = zero + site, x3 = zero + step;
	UNROLL for (int round = 0; round < NN_PHILOX_ROUNDS; round++) {
		nn_pairs p0 = multiply_low_halves(m0, x0), p1 = multiply_low_halves(m1, x2);
		x0 = p1 >> 32 ^ x1 ^ key0;
		x1 = p1;
		x2 = p0 >> 32 ^ x3 ^ key1;
		x3 = p0;
		key0 += NN_PHILOX_W0;
		key1 += NN_PHILOX_W1;
	}
	word[0] = x0;
	word[1] = x1;
}

// The same in each lane
INLINE void nn_philox_lanes(uint64_t seed, uint32_t step, uint32_t site, ints place, ints index, uints word[2])
{
	const nn_pairs low_half = 0xffffffff - (nn_pairs){0};
	nn_pairs even[2];
	nn_philox_halves(seed, step, site, (nn_pairs)place, (nn_pairs)index, even);
#if NN_F64
	UNROLL for (int w = 0; w < 2; w++) word[w] = (uints)(even[w] & low_half);
#else
	nn_pairs odd[2];
	nn_philox_halves(seed, step, site, (nn_pairs)place >> 32, (nn_pairs)index >> 32, odd);
	UNROLL for (int w = 0; w < 2; w++) word[w] = (uints)((even[w] & low_half) | odd[w] << 32);
#endif
}

// Uniform in [0, 1): a multiple of 2^-24, the top bits of word 0; the same number in f32 and f64
INLINE lanes nn_uniform(uint64_t seed, uint32_t step, uint32_t site, ints place, ints index)
{
	uints word[2];
	nn_philox_lanes(seed, step, site, place, index, word);
	return to_real((ints)(word[0] >> 8)) * (real)0x1p-24;
}

// Standard normal, after Box and Muller (1958): sqrt(-2 log u) cos(2 pi v), 0 < u <= 1, v in whole units of 2^-24 turns, so that
// its reduction to a quarter turn is exact. |result| < 5.77, absolute error below 1e-6 / 1e-14.
INLINE lanes nn_normal(uint64_t seed, uint32_t step, uint32_t site, ints place, ints index)
{
	uints word[2];
	nn_philox_lanes(seed, step, site, place, index, word);
	lanes u = to_real((ints)(word[0] >> 8) + 1) * (real)0x1p-24;
	ints v = (ints)(word[1] >> 8), quarter = (v + (1 << 21)) >> 22;
	lanes angle = to_real(v - (quarter << 22)) * (real)3.7450702829239287e-07; // 2 pi / 2^24
	return vsqrt(-2 * nn_log_of_positive(u)) * nn_sin_quarter(angle, quarter + 1);
}

#endif
