#!/usr/bin/env python3
"""Coefficients of runtime/nn_math.h: minimax polynomials by Remez' exchange algorithm, in 60 digits.

Each row of TABLE is a function g, the interval, a weight (the factor by which an error of the polynomial becomes a relative
error of the function that uses it) and a degree per precision. Coefficients are rounded one after the other, lowest first;
those not yet rounded are solved again for what is left (all at once where the interval has 0 inside, as x^i then changes its
sign). Prints C, highest coefficient first, in about 20 s; needs mpmath. Arguments choose: a part of a name, erfc, parts.
"""
import struct
import sys
from mpmath import mp, mpf, matrix, lu_solve, exp, expm1, log, log1p, sin, cos, erf, erfc, sqrt, atanh, cos as mcos, pi, polyval

mp.dps = 60


def series(f, small, terms):
    """f, but by its Taylor terms (lowest first) where |x| is small, because there f would cancel"""
    return lambda x: polyval(list(reversed([mpf(t) for t in terms])), x) if abs(x) < small else f(x)


def remez(g, w, a, b, degree, low):
    """c[low..degree] minimising max |w(x) (g(x) - sum c_i x^i)| on [a, b]; returns coefficients and that maximum"""
    n = degree - low + 1
    points = [(a + b) / 2 - (b - a) / 2 * mcos(pi * (i + mpf(1) / 2) / (n + 1)) for i in range(n + 1)]
    grid = [(a + b) / 2 - (b - a) / 2 * mcos(pi * i / mpf(40 * (n + 1))) for i in range(40 * (n + 1) + 1)]
    gw = [(x, g(x), w(x)) for x in grid]
    for _ in range(30):
        A, y = matrix(n + 1, n + 1), matrix(n + 1, 1)
        for r, x in enumerate(points):
            for i in range(n):
                A[r, i] = w(x) * x ** (low + i)
            A[r, n] = (-1) ** r
            y[r] = w(x) * g(x)
        s = lu_solve(A, y)
        c, level = [s[i] for i in range(n)], abs(s[n])
        error = [(wx * (gx - x ** low * polyval(c[::-1], x)), x) for x, gx, wx in gw]
        best = []                                        # the largest error of each run of equal sign
        for e, x in error:
            if best and (best[-1][0] > 0) == (e > 0):
                if abs(e) > abs(best[-1][0]):
                    best[-1] = (e, x)
            else:
                best.append((e, x))
        while len(best) > n + 1:
            best.pop(0 if abs(best[0][0]) < abs(best[-1][0]) else -1)
        top = max(abs(e) for e, _ in error)
        if len(best) < n + 1 or top < level * mpf('1.02'):
            break
        points = [x for _, x in best]
    return c, top


def to_real(x, f64):
    """x rounded to float or double"""
    if f64:
        return mpf(float(x))
    return mpf(struct.unpack('f', struct.pack('f', float(x)))[0])


def literal(x, f64):
    return float(x).hex() if f64 else '%.9gf' % float(x)


def fit(g, w, a, b, degree, f64):
    """minimax coefficients, each a float or double, and the maximum of the weighted error that is left"""
    a, b = mpf(a), mpf(b)
    done = []
    for low in range(degree + 1):
        rest = (lambda x: g(x) - polyval(done[::-1], x)) if done else g
        c, top = remez(rest, w, a, b, degree, low)
        done.append(to_real(c[0], f64))
        if a < 0 < b:
            done = [to_real(v, f64) for v in c]
            break
    n = 600
    left = max(abs(w(x) * (g(x) - polyval(done[::-1], x))) for x in (a + (b - a) * i / n for i in range(n + 1)))
    return done, left


half_ln2 = log(2) / 2 * mpf('1.001')
small = mpf('1e-15')
F = mpf  # short


def atanh_from(order):
    """with z = s^2: (2 atanh(s) - the terms below s^order) / s^order"""
    def g(z):
        return sum(F(2) / (2 * i + order) * z ** i for i in range(60)) if z < F('0.05') else \
            (2 * atanh(sqrt(z)) - sum(F(2) / k * sqrt(z) ** k for k in range(1, order, 2))) / sqrt(z) ** order
    return g


TABLE = [
    # name, g, weight, interval, degree f32, degree f64
    ('exp', series(lambda r: (expm1(r) - r) / r ** 2, small, [F(1) / 2, F(1) / 6, F(1) / 24]),
     lambda r: max(abs(r ** 2 / expm1(r)) if r else F(0), F('0.01')), -half_ln2, half_ln2, 4, 9),
    ('log (f32)', series(lambda f: (log1p(f) - f + f ** 2 / 2) / f ** 3, small, [F(1) / 3, -F(1) / 4, F(1) / 5]),
     lambda f: f ** 3 / log1p(f) if f else F(0), 1 / sqrt(F(2)) - 1, sqrt(F(2)) - 1, 8, None),
    ('log (f64), in s^2', atanh_from(3), lambda z: z, 0, F('0.02945'), None, 6),
    ('pow, in s^2', atanh_from(5), lambda z: z ** 2, 0, F('0.02945'), 2, 7),
    ('softplus (f32)', series(lambda e: (log1p(e) - e) / e ** 2, small, [-F(1) / 2, F(1) / 3, -F(1) / 4]),
     lambda e: e ** 2 / log1p(e) if e else F(0), 0, 1, 8, None),
    ('softplus (f64), in s^2', atanh_from(3), lambda z: z, 0, F('0.1112'), None, 9),
    ('sin, in r^2', series(lambda z: (sin(sqrt(z)) / sqrt(z) - 1) / z, small, [-F(1) / 6, F(1) / 120, -F(1) / 5040]),
     lambda z: z, 0, F('0.6175'), 2, 5),
    ('cos, in r^2', series(lambda z: (cos(sqrt(z)) - 1 + z / 2) / z ** 2, small, [F(1) / 24, -F(1) / 720, F(1) / 40320]),
     lambda z: z ** 2 / cos(sqrt(z)), 0, F('0.6175'), 2, 5),
    ('erf, |x| < 1, in x^2', series(lambda z: erf(sqrt(z)) / sqrt(z) - 1, small, [2 / sqrt(pi) - 1, -2 / sqrt(pi) / 3]),
     lambda z: 1 / F('1.1283') if z < small else sqrt(z) / erf(sqrt(z)), 0, 1, 6, 11),
]


def main():
    only = sys.argv[1:]
    for name, g, w, a, b, f32, f64 in TABLE:
        for degree, double in ((f32, False), (f64, True)):
            if degree is None or (only and not any(o in name for o in only)):
                continue
            c, left = fit(g, w, a, b, degree, double)
            print('// %s, %s: degree %d, error 2^%.1f' % (name, 'f64' if double else 'f32', degree, log(left, 2)))
            print('\t' + ', '.join(literal(v, double) for v in reversed(c)))
    for double, to, degree in ((False, 4, 6), (True, 6, 18)):
        if only and 'erfc' not in only:
            continue
        c, left = fit(lambda t: log(erfc(1 + t)), lambda t: erfc(1 + t) / erf(1 + t), 0, to - 1, degree, double)
        print('// log erfc(1 + t), 1 + t < %d, %s: degree %d, error 2^%.1f' % (to, 'f64' if double else 'f32', degree, log(left, 2)))
        print('\t' + ', '.join(literal(v, double) for v in reversed(c)))
    if only and 'parts' not in only:
        return
    print_parts('ln 2 f32', log(2), [16, 24], False)
    print_parts('ln 2 f64', log(2), [42, 53], True)
    print_parts('pi/2 f32 fused', pi / 2, [24, 24, 24], False)
    print_parts('pi/2 f32 unfused', pi / 2, [11, 11, 11, 11, 24], False)
    print_parts('pi/2 f64 fused', pi / 2, [53, 53, 53], True)
    print_parts('pi/2 f64 unfused', pi / 2, [33, 33, 33, 53], True)
    print_parts('2/3 f32', F(2) / 3, [24, 24], False)
    print_parts('2/3 f64', F(2) / 3, [53, 53], True)


def print_parts(name, x, widths, double):
    """x as a sum of numbers of so many bits each (Cody and Waite)"""
    out = []
    for i, bits in enumerate(widths):
        e = int(mp.floor(log(abs(x), 2))) + 1
        unit = F(2) ** (e - bits)
        part = mp.nint(x / unit) * unit if i == len(widths) - 1 or bits in (24, 53) else mp.floor(x / unit) * unit
        out.append(literal(to_real(part, double), double))
        x -= part
    print('// %s\n\t%s' % (name, ', '.join(out)))


if __name__ == '__main__':
    main()
