"""Expressions element by element."""
import math

from notation import CLOSED, Term, Value, call, choose, closed, minus, negative, number, over, plus, power, times

MODERATE = 6.0


def settled(m, t, limit=MODERATE):
    """The term, brought back to a moderate size where it has left it."""
    if t.most <= limit:
        return t
    how = m.draws.below(4)
    if how == 0:
        return call("tanh", t, 1)
    if how == 1:
        return call("sin", t, 1)
    if how == 2 and t.most < 600:
        return times(number(float(f"{limit / t.most / 2:.1g}")), t)
    return call("sigmoid", t, 1)


SMOOTH = ["tanh", "sigmoid", "sin", "cos", "softplus", "erf", "gelu", "silu", "elu"]
EDGED = ["relu", "leaky_relu", "abs", "selu"]


def function_of(m, t):
    d = m.draws
    how = d.below(16)
    if how < 6:
        name = d.of(SMOOTH)
        return call(name, t, 1 if name in ("tanh", "sigmoid", "sin", "cos", "erf") else t.most + 0.7)
    if how == 6:
        return call(d.of(EDGED), t, 2 * t.most)
    if how == 7:
        return call("exp", settled(m, t, 2.0), math.exp(min(t.most, 2)))
    if how == 8:
        return call("log", plus(power(t, 2), number(d.of([1, 0.5]))), 1 + math.log(1 + t.most ** 2))
    if how == 9:
        return call("sqrt", plus(power(t, 2), number(d.of([1, 0.1]))), 1 + t.most)
    if how == 10:
        return settled(m, power(t, d.of([2, 3])))
    if how == 11:
        return over(number(1), plus(power(t, 2), number(0.5)), 0.5)
    if how == 12:
        return power(plus(power(t, 2), number(0.5)), d.of([0.5, 1.5, -1, -0.5, -2, 0.3]))
    if how == 13:
        return negative(t)
    if how == 14:
        return call("exp", negative(power(t, 2)), 1)
    return Term(f"2^{closed(settled(m, t, 2.0), CLOSED)}", 6, 4)


def combined(m, a, b):
    how = m.draws.below(9)
    if how < 2:
        return plus(a, b)
    if how < 4:
        return times(a, b)
    if how == 4:
        return minus(a, b)
    if how == 5:
        return over(a, plus(number(2), call("sin", b, 1)), 1)
    if how == 6:
        return choose(condition(m, a, b), a, b)
    if how == 7:
        return Term(f"{m.draws.of(['max', 'min'])}({a.text}, {b.text})", CLOSED, max(a.most, b.most))
    return plus(times(number(m.draws.of([0.3, -0.7, 2])), a), b)


def condition(m, a, b):
    d = m.draws
    compare = lambda x, y: f"{closed(x, 2)} {d.of(['<', '>', '<=', '>='])} {closed(y, 2)}"
    text = compare(a, number(d.of([0, 0.25, -0.5])))
    if d.often(40):
        text += f" {d.of(['and', 'or'])} " + d.of(["", "not "]).ljust(0)
        text += f"({compare(b, a)})" if text.endswith("not ") else compare(b, a)
    return text


def leaf(m, shape, full):
    """A value of this shape, a tail of it, or a number."""
    fits = lambda v: v.shape == shape if full else len(v.shape) <= len(shape) and v.shape == shape[len(shape) - len(v.shape):]
    found = m.newest(fits)
    if found and (full or not m.draws.often(15)):
        v = m.draws.of(found)
        return Term(v.name, CLOSED, v.most)
    if full:
        v = m.param(shape)
        return Term(v.name, CLOSED, 1)
    return number(m.draws.of([1, 0.5, 0.25, -0.75, 3]))


def term(m, shape, depth, full=True):
    """An expression of this shape; not `full`: of a tail of it."""
    d = m.draws
    if depth == 0:
        return leaf(m, shape, full)
    how = d.below(3)
    if how == 0:
        return settled(m, function_of(m, term(m, shape, depth - 1, full)))
    if how == 1:
        return settled(m, combined(m, term(m, shape, depth - 1, full), term(m, shape, depth - 1, False)))
    a, b = term(m, shape, depth - 1, full), term(m, shape, depth - 1, False)
    if d.often(30):
        a, b = b, a
    return settled(m, plus(a, b) if d.often(50) else times(a, b))


def elementwise(m):
    v = m.value(rank=(0, 4))
    a = term(m, v.shape, m.draws.within(1, 3))
    if m.draws.often(10):
        return m.define(f"if training then {closed(a, 1)} else {v.name}", v.shape, max(a.most, v.most))
    return m.define(a.text, v.shape, a.most)
