/* number.c - from decimal text to the nearest double, whatever the locale.
 *
 * A number is w * 10^e with a whole w.  Three ways, each exact before its one rounding:
 *   w <= 2^53, |e| <= 22    both are doubles: one multiplication or division (Clinger 1990)
 *   w < 2^64, |e| <= 27     5^|e| fits 64 bits: an exact product or quotient in 128-bit integers, rounded by hand
 *   all else                strtod, on text rewritten without a decimal point, which is all that a locale changes */
#include "number.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DIGITS = 800 }; /* 768 decide any double; of the rest only whether they are all zero */

static inline int
is_digit(char c)
{
	return (unsigned)(c - '0') < 10;
}

/* digits (with a point somewhere, which counts in `exponent` already) times 10^exponent */
static double
by_strtod(const char *digits, const char *end, int64_t exponent)
{
	char text[MOST_DIGITS + 32];
	size_t n = 0;
	int rest = 0;

	for (const char *p = digits; p < end; p++) {
		if (*p == '.' || (*p == '0' && n == 0))
			continue;
		if (n < MOST_DIGITS) {
			text[n++] = *p;
		} else {
			rest |= *p != '0';
			exponent++;
		}
	}
	if (n == 0)
		return 0;
	if (rest) {
		text[n++] = '1';
		exponent--;
	}
	/* n digits can shift the point by n at most, so this cannot turn a huge or tiny number into another one */
	if (exponent > 2000 || exponent < -20000)
		exponent = exponent > 0 ? 2000 : -20000;
	snprintf(text + n, sizeof text - n, "e%d", (int)exponent);
	return strtod(text, NULL);
}

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 wide;

static const uint64_t power_of_5[28] = {
	1u, 5u, 25u, 125u, 625u, 3125u, 15625u, 78125u, 390625u, 1953125u, 9765625u, 48828125u, 244140625u, 1220703125u, 6103515625u,
	30517578125u, 152587890625u, 762939453125u, 3814697265625u, 19073486328125u, 95367431640625u, 476837158203125u,
	2384185791015625u, 11920928955078125u, 59604644775390625u, 298023223876953125u, 1490116119384765625u, 7450580596923828125u,
};

/* q * 2^exponent, to even in a tie; `more` says that the true value is a little above; q >= 2^62, or exact */
static double
round_to_even(uint64_t q, int more, int exponent)
{
	int shift = __builtin_clzll(q);
	uint64_t rest, bits, scale;
	double unit;

	q <<= shift;
	bits = q >> 11;
	rest = q & 2047;
	bits += rest > 1024 || (rest == 1024 && (more || (bits & 1)));
	scale = (uint64_t)(exponent - shift + 11 + 1023) << 52; /* far from the ends of the range: |exponent| < 200 */
	memcpy(&unit, &scale, sizeof unit);
	return (double)bits * unit;
}

static double
by_integers(uint64_t w, int e)
{
	if (e >= 0) {
		wide product = (wide)w * power_of_5[e];
		uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
		if (high == 0)
			return round_to_even(low, 0, e);
		int shift = 64 - __builtin_clzll(high);
		return round_to_even((uint64_t)(product >> shift), (low & (UINT64_MAX >> (64 - shift))) != 0, e + shift);
	}
	/* both with their top bit set: then the quotient of (w << 63) has 63 or 64 bits */
	uint64_t divisor = power_of_5[-e];
	int w_shift = __builtin_clzll(w), d_shift = __builtin_clzll(divisor);
	divisor <<= d_shift;
	wide dividend = (wide)(w << w_shift) << 63;
	uint64_t q = (uint64_t)(dividend / divisor);
	return round_to_even(q, (wide)q * divisor != dividend, d_shift - w_shift - 63 + e);
}
#endif

static double
convert(uint64_t w, int64_t e, const char *digits, const char *end)
{
#if FLT_EVAL_METHOD == 0
	static const double power_of_10[23] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
		1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	if (w <= (uint64_t)1 << 53 && e >= -22 && e <= 22)
		return e < 0 ? (double)w / power_of_10[-e] : (double)w * power_of_10[e];
#endif
	if (w == 0)
		return 0;
#ifdef __SIZEOF_INT128__
	if (e >= -27 && e <= 27)
		return by_integers(w, (int)e);
#endif
	return by_strtod(digits, end, e);
}

/* appends digits to *w; four at a time, because each multiplication waits for the one before it */
static inline const char *
read_digits(const char *p, uint64_t *w)
{
	uint64_t n = *w;

	for (; is_digit(p[0]) && is_digit(p[1]) && is_digit(p[2]) && is_digit(p[3]); p += 4)
		n = n * 10000 + (uint64_t)((p[0] - '0') * 1000 + (p[1] - '0') * 100 + (p[2] - '0') * 10 + (p[3] - '0'));
	for (; is_digit(*p); p++)
		n = n * 10 + (uint64_t)(*p - '0');
	*w = n;
	return p;
}

/* inf, infinity, nan */
static const char *
word(const char *p, double *value)
{
	static const struct {
		const char *name;
		double value;
	} words[] = {{"infinity", HUGE_VAL}, {"inf", HUGE_VAL}, {"nan", NAN}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t n = 0;
		while (words[i].name[n] && (p[n] | 32) == words[i].name[n])
			n++;
		if (!words[i].name[n]) {
			*value = words[i].value;
			return p + n;
		}
	}
	return p;
}

/* the exponent after `e`, if there is one; far beyond any double it stops counting */
static const char *
read_exponent(const char *p, int64_t *exponent)
{
	const char *start = p;
	int64_t n = 0;
	int negative = *++p == '-';

	p += *p == '-' || *p == '+';
	if (!is_digit(*p))
		return start;
	for (; is_digit(*p); p++)
		if (n < INT64_C(1000000000000000000) / 100)
			n = n * 10 + (*p - '0');
	*exponent += negative ? -n : n;
	return p;
}

const char *
nn_number(const char *text, double *value)
{
	const char *p = text, *digits;
	int negative = *p == '-';
	uint64_t w = 0;
	int64_t exponent = 0;

	p += *p == '-' || *p == '+';
	digits = p;
	p = read_digits(p, &w);
	ptrdiff_t count = p - digits;
	if (*p == '.') {
		const char *fraction = ++p;
		p = read_digits(p, &w);
		exponent = fraction - p;
		count += p - fraction;
	}
	const char *end = p;
	if (count == 0) {
		p = word(digits, value);
		if (p == digits)
			return text;
	} else {
		if ((*p | 32) == 'e')
			p = read_exponent(p, &exponent);
		if (count > 19)
			for (const char *d = digits; d < end && (*d == '0' || *d == '.'); d++)
				count -= *d == '0';
		*value = count > 19 ? by_strtod(digits, end, exponent) : convert(w, exponent, digits, end);
	}
	if (negative)
		*value = -*value;
	return p;
}
