#!/usr/bin/env python3
"""A random model of the .nn language.

    generate.py SEED               prints the model of this seed

The model is drawn from the language, not from what nnc is known to do: every statement here follows docs/language.md, sizes and bounds are kept
right by construction, and so nnc has to accept each model.  What is built of values stays moderate in size (Value.most), so that differences
of the loss say something about its derivative; functions are mostly smooth.
"""
import sys

from draws import Draws
from equations import convolution, equation, index_of_scores, recurrence
from layers import chain, frozen, mapped_layer, own_definition, repeated, shared
from model import Model
from notation import Term, Value, call, dims, minus, number, over, plus, power, times
from terms import elementwise, settled


# ---- views ---------------------------------------------------------------------------------------------------------------------------

def divisors(n):
    return [k for k in range(1, n + 1) if n % k == 0]


def reshaped(m):
    v = m.value(rank=(1, 4))
    shape, rest = [], v.count
    while rest > 1 and len(shape) < 3:
        k = m.draws.of([rest] + divisors(rest)[:-1])
        shape.append(k)
        rest //= k
    shape = tuple(shape + [rest] if rest > 1 or not shape else shape)
    text = m.draws.of([f"reshape({v.name}, {list(shape)})", f"{v.name} -> reshape({list(shape)})", f"reshape({v.name}, {', '.join(map(str, shape))})"])
    if len(shape) == 1 and m.draws.often(50):
        text = f"flatten({v.name})"
    m.define(text, shape, v.most, high=v.high)


def joined(m):
    v = m.value(rank=(1, 3), whole=False)
    axis = m.draws.below(len(v.shape))
    same = lambda w: not w.whole and len(w.shape) == len(v.shape) and all(a == b for k, (a, b) in enumerate(zip(w.shape, v.shape)) if k != axis)
    w = m.draws.of(m.newest(same))
    shape = v.shape[:axis] + (v.shape[axis] + w.shape[axis],) + v.shape[axis + 1:]
    if shape[axis] * v.count // v.shape[axis] > m.LARGEST:
        return elementwise(m)
    text = f"concat({v.name}, {w.name}, axis={axis})" if axis or m.draws.often(30) else f"concat({v.name}, {w.name})"
    m.define(text, shape, max(v.most, w.most))


def padded(m):
    v = m.value(rank=(1, 3), whole=False)
    n = m.draws.within(1, 2)
    shape = v.shape[:-2] + tuple(size + 2 * n for size in v.shape[-2:])
    if Value("", shape).count > m.LARGEST:
        return sliced(m)
    m.define(m.draws.of([f"pad({v.name}, {n})", f"{v.name} -> pad({n})"]), shape, v.most)


def sliced(m):
    v = m.value(rank=(1, 4))
    subscripts, shape = [], []
    for size in v.shape[:m.draws.within(1, len(v.shape))]:
        if m.draws.often(50):
            subscripts.append(str(m.draws.below(size)))
            continue
        first = m.draws.below(size)
        last = first + m.draws.below(size - first)
        subscripts.append(f"{first}..{last}")
        shape.append(last - first + 1)
    m.define(f"{v.name}[{', '.join(subscripts)}]", tuple(shape) + v.shape[len(subscripts):], v.most, high=v.high)


def turned(m):
    v = m.value(rank=(2, 3))
    m.define(f"{v.name}.T", v.shape[:-2] + (v.shape[-1], v.shape[-2]), v.most, high=v.high)


def reduced(m):
    v = m.value(rank=(1, 3), whole=False)
    kind = m.draws.of(["sum", "mean", "max", "min", "argmax", "argmin", "prod"])
    if kind in ("argmax", "argmin"):
        return m.define(m.draws.of([f"{kind}({v.name})", f"{v.name} -> {kind}"]), (), v.count, high=v.count - 1)
    most = {"sum": v.most * v.count ** 0.5, "prod": max(v.most, 1) ** min(v.count, 8)}.get(kind, v.most)
    a = m.draws.of([Term(v.name, 7, v.most), call("tanh", Term(v.name, 7), 1), call("sigmoid", Term(v.name, 7), 1)])
    if kind == "prod":
        a, most = call("sigmoid", Term(v.name, 7), 1), 1
    m.define(settled(m, Term(f"{kind}({a.text})", 7, most)).text, (), min(most, 6))


def product(m):
    """A @ B: matrix and matrix, matrix and vector, vector and vector."""
    a = m.value(rank=(1, 3), whole=False)
    n = a.shape[-1]
    fits = lambda w: not w.whole and (w.shape == (n,) or (len(w.shape) == 2 and len(a.shape) >= 2 and w.shape[0] == n))
    found = m.newest(fits)
    if found and not m.draws.often(40):
        b = m.draws.of(found)
    else:
        b = m.param((n,) if len(a.shape) == 1 else (n, m.draws.within(1, 4)))
    text, shape = f"{a.name} @ {b.name}", a.shape[:-1] + b.shape[1:]
    if len(b.shape) == 2 and m.draws.often(30):
        c = m.param((b.shape[1], b.shape[0]))
        text = f"{a.name} @ {c.name}.T"
    m.define(settled(m, Term(text, 4, a.most * b.most * n ** 0.5)).text, shape, 4)


# ---- samples --------------------------------------------------------------------------------------------------------------------------

def over_samples(m):
    """Statistics over the batch, by name; sometimes kept in a state."""
    v = m.value(rank=(0, 2), whole=False, samples=True)
    letters = ["k", "l"][:len(v.shape)]
    read = f"{v.name}[{', '.join(letters)}]" if letters else v.name
    kind = m.draws.of(["mean", "mean", "sum", "max", "min"])
    free = letters[:m.draws.within(0, len(letters))] if kind != "sum" else letters
    bound = ["batch"] + [k for k in letters if k not in free]
    left = lambda name: f"{name}[{', '.join(free)}]" if free else name
    name = m.fresh("m")
    m.line(f"{left(name)} = {kind}({', '.join(bound)}) {read}")
    mean = Term(left(name), 7, v.most)
    if kind == "sum":
        mean = call("sin", mean, 1)
    if m.draws.often(40):
        shape = v.shape[:len(free)]
        s = m.fresh("s")
        m.line(f"state {s}: {dims(shape)} = {m.draws.of(['0', '1', '0.5'])}")
        m.line(f"{s} <- {m.draws.of(['0.9', '0.5'])} * {s} + 0.1 * {name}")
        if kind != "sum" and m.draws.often(50):
            mean = Term(f"(if training then {left(name)} else {left(s)})", 7, v.most)
    out, t = m.fresh("h"), minus(Term(read, 7, v.most), mean)
    if kind == "mean" and m.draws.often(50):
        var = m.fresh("v")
        m.line(f"{left(var)} = mean({', '.join(bound)}) {power(t, 2).text}")
        t = over(t, call("sqrt", plus(Term(left(var), 7, v.most), number(0.2)), 1), 0.5)
    t = settled(m, t)
    m.line(f"{out}[{', '.join(letters)}] = {t.text}" if letters else f"{out} = {t.text}")
    m.add(Value(out, v.shape, t.most))


# ---- the whole -------------------------------------------------------------------------------------------------------------------------

STATEMENTS = [
    (14, elementwise), (14, chain), (6, mapped_layer), (24, equation), (4, convolution), (9, recurrence), (4, index_of_scores), (4, reshaped), (4, joined), (3, padded), (4, sliced),
    (2, turned), (3, reduced), (5, product), (4, repeated), (4, shared), (3, frozen), (7, own_definition), (4, over_samples),
]


def squared(v):
    if v.whole:
        return Term(v.name, 7)
    return power(Term(v.name, 7), 2) if v.most < 3 else power(call("tanh", Term(v.name, 7), 1), 2)


def scores(m, v):
    """Losses of raw scores do not take what gives probabilities."""
    own = next((text for text in m.lines if m.defines(text, v.name)), "")
    return f"2 * {v.name}" if "softmax" in own or "sigmoid" in own else v.name


def task(m):
    """A loss as one writes it: scores or values, and a target."""
    kind = m.draws.of(["mse", "cross_entropy", "binary_cross_entropy", "huber", "mapped", "by hand"])
    if kind in ("cross_entropy", "by hand"):
        z = m.value(rank=(1, 1), whole=False)
        t = m.target((), high=z.shape[0] - 1)
        if kind == "by hand":
            p = m.fresh("p")
            m.line(f"{p} = softmax({z.name})")
            return Term(f"-log({p}[{t.name}])", 5)
        return Term(f"cross_entropy({scores(m, z)}, {t.name})", 7)
    if kind == "mapped":
        z = m.value(rank=(2, 2), whole=False)
        t = m.target(z.shape[:1], high=z.shape[1] - 1)
        return Term(f"mean(cross_entropy({scores(m, z)}, {t.name}))", 7)
    v = m.value(rank=(0, 3), whole=False)
    if kind == "binary_cross_entropy":
        t = m.target(v.shape, high=1)
        return Term(f"mean(binary_cross_entropy({scores(m, v)}, {t.name}))" if v.shape else f"binary_cross_entropy({scores(m, v)}, {t.name})", 7)
    t = m.target(v.shape)
    return Term(f"{kind}({v.name}, {t.name}" + (", d=0.7)" if kind == "huber" and m.draws.often(50) else ")"), 7)


def losses(m):
    """Nothing is left out: what no other statement reads is in the loss."""
    terms = [task(m)] if m.draws.often(70) else []
    for v in m.values:
        if m.is_read(v.name) or v.whole:
            continue
        a = squared(v)
        if v.shape:
            a = Term(f"{m.draws.of(['mean', 'sum'])}({a.text})", 7, 3)
        terms.append(times(number(m.draws.of([1, 0.5, 0.1])), a))
    if m.has_weights() and m.draws.often(40):
        terms.append(times(number(0.01), Term(m.draws.of(["l2(weights)", "l1(weights)"]), 7)))
    terms.append(times(number(0.1), Term(f"sum({m.params[0]}^2)", 7)))
    while len(terms) > 2 and m.draws.often(30):
        m.line(f"loss = {terms.pop().text}")
    total = terms[0]
    for t in terms[1:]:
        total = plus(total, t)
    m.line(f"loss = {total.text}")


def shown(m):
    names = [v for v in m.values if v.random is False and m.draws.often(25)]
    for v in names[:4]:
        m.line(f"output {v.name}" if v.name not in m.inputs else f"output {m.fresh('o')} = {v.name}")
    reals = [v for v in m.values if not v.whole]
    if reals and m.draws.often(40):
        v = m.draws.of(reals[::-1])
        m.line(f"metric {m.fresh('figure')} = " + (f"mean(abs({v.name}))" if v.shape else f"abs({v.name})"))


def model(draws):
    m = Model(draws)
    x = m.input(m.shape(rank=(1, 3)))
    w = m.param(x.shape)  # so that there is something to learn
    m.define(f"{x.name} * {w.name}", x.shape)
    for _ in range(3 + draws.below(7)):
        with draws.part():
            draws.weighted(STATEMENTS)(m)
    with draws.part():
        losses(m)
    with draws.part():
        shown(m)
    return m.text()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(model(Draws(int(sys.argv[1]))), end="")
