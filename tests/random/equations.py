"""Index notation: subscripts of every form, guards, reductions, sums within sums, recurrences.

Ranges are chosen so that each read is inside its tensor, or guarded.  An index that stands bare over a whole axis may leave its range to be
inferred; all others say it.
"""
from dataclasses import dataclass, field

from notation import CLOSED, PRODUCT, SUM, Term, Value, call, choose, closed, elements, minus, number, plus, power, reduction, times
from terms import elementwise, function_of, settled, term

LETTERS = "ijkluvabcq"


@dataclass
class Index:
    name: str
    size: int
    bare: list = field(default_factory=list)   # sizes of the axes over which it runs bare
    used: int = 0

    def range(self, m):
        if self.bare and all(size == self.size for size in self.bare) and not m.draws.often(25):
            return self.name
        return f"{self.name} in 0..{self.size - 1}"


class Indices:
    def __init__(self, m, letters=LETTERS):
        self.m, self.letters, self.all = m, letters, []

    def new(self, size):
        index = Index(self.letters[len(self.all)], size)
        self.all.append(index)
        return index

    def of_size(self, size):
        found = [i for i in self.all if i.size == size]
        if found and (self.m.draws.often(60) or len(self.all) >= 5):
            return self.m.draws.of(found)
        return self.new(size) if len(self.all) < 6 else None

    def up_to(self, most):
        found = [i for i in self.all if i.size <= most]
        if found and (self.m.draws.often(50) or len(self.all) >= 5):
            return self.m.draws.of(found)
        if len(self.all) >= 6:
            return None
        return self.new(self.m.draws.within(1, min(most, 5)))


def linear(m, indices, reach):
    """c1*i + c2*u + k with a greatest value of at most `reach`: its text, its greatest value."""
    d = m.draws
    constant = d.below(min(reach, 2) + 1) if d.often(40) else 0
    left, parts, used = reach - constant, [], []
    for _ in range(d.within(1, 2)):
        c = d.of([1, 1, 2, 3])
        index = indices.up_to(left // c + 1)
        if index is None or index in used:
            continue
        used.append(index)
        index.used += 1
        left -= c * (index.size - 1)
        parts.append(index.name if c == 1 else f"{c}*{index.name}" if d.often(70) else f"{index.name}*{c}")
    if constant or not parts:
        parts.append(str(constant))
    return " + ".join(parts), reach - left


def subscript(m, indices, size, guards):
    d = m.draws
    how = d.below(14)
    if how < 5:
        index = indices.of_size(size)
        if index:
            index.bare.append(size)
            index.used += 1
            return index.name
    if how == 5:
        return str(d.below(size))
    if how == 6:
        text, _ = linear(m, indices, size - 1)
        return f"{size - 1} - ({text})" if "+" in text else f"{size - 1} - {text}"
    if how == 7:
        k = d.within(2, 3)
        text, _ = linear(m, indices, size * k - 1)
        return f"({text}) / {k}" if "+" in text or "*" in text else f"{text} / {k}"
    if how == 8:
        k = d.within(1, size)
        text, _ = linear(m, indices, d.within(0, 8))
        return f"({text}) % {k}" if "+" in text or "*" in text else f"{text} % {k}"
    if how == 9:  # guarded on the sides where it leaves
        text, most = linear(m, indices, size + 1)
        shift = d.within(0, 2)
        if shift:
            guards.append(f"{text} >= {shift}")
        if not shift:
            bare(indices, text, size)
        if most - shift > size - 1:
            guards.append(f"{text} - {shift} <= {size - 1}" if shift else f"{text} < {size}")
        return f"{text} - {shift}" if shift else text
    if how == 10:
        found = m.newest(lambda v: v.whole and v.high < size and len(v.shape) <= 2)
        if not found and size <= 7 and d.often(50):
            found = [m.input((d.within(1, 4),), high=size - 1)]
        if found:
            v = d.of(found)
            inside = [subscript(m, indices, n, guards) for n in v.shape]
            return f"{v.name}[{', '.join(inside)}]" if inside else v.name
    if how == 11:  # mixed radix
        a, b = d.within(1, 3), d.within(2, 3)
        text, _ = linear(m, indices, a * b * size - 1)
        return f"({text}) / {b} / {a}" if d.often(50) else f"({text}) / {a * b}"
    text, _ = linear(m, indices, size - 1)
    bare(indices, text, size)
    return text


def bare(indices, text, size):
    """Where the subscript is one index alone, this is what says its range."""
    for index in indices.all:
        if index.name == text:
            index.bare.append(size)


def read(m, indices, v, guards):
    if not v.shape:
        return Term(v.name, CLOSED, v.most)
    return Term(f"{v.name}[{', '.join(subscript(m, indices, size, guards) for size in v.shape)}]", CLOSED, v.most)


def guarded(m, guards, t):
    return choose(" and ".join(dict.fromkeys(guards)), t, number(m.draws.of([0, 0, 0, 0.5]))) if guards else t


def inner_sum(m, indices, v):
    """sum(..) over indices of its own, inside the body of another: (sum(p) a[i,p] * b[p])."""
    own = Indices(m, "pstr")
    guards, parts = [], []
    for size in v.shape:
        if m.draws.often(60) or not own.all:
            index = own.of_size(size)
            if index:
                index.bare.append(size)
                index.used += 1
                parts.append(index.name)
                continue
        parts.append(subscript(m, indices, size, guards))
    body = guarded(m, guards, Term(f"{v.name}[{', '.join(parts)}]", CLOSED, v.most))
    if not guards and m.draws.often(50):
        body = settled(m, function_of(m, body))
    n = elements([i.size for i in own.all])
    kind = m.draws.of(["sum", "mean", "max"]) if n > 1 else "sum"
    return reduction(kind, [i.range(m) for i in own.all], closed(body, PRODUCT) if not body.text.startswith("-") else f"({body.text})", body.most * (n ** 0.5 if kind == "sum" else 1)), n


def body_of(m, indices):
    d = m.draws
    factors, inner = [], 1
    together = []
    for _ in range(d.within(1, 3)):
        v = m.value(rank=(1, 4)) if d.often(90) else m.value(rank=(0, 0))
        if v.shape and not v.whole and len(v.shape) <= 3 and d.often(12):
            t, n = inner_sum(m, indices, v)
            inner = max(inner, n)
        else:
            guards = []
            t = read(m, indices, v, guards)
            if d.often(40):
                together += guards
            else:
                t = guarded(m, guards, t)
            if d.often(30):
                t = settled(m, function_of(m, t))
        factors.append(settled(m, t))
    t = factors[0]
    for f in factors[1:]:
        t = settled(m, d.weighted([(5, times), (2, plus), (1, minus)])(t, f), 20)
    if indices.all and d.often(15):
        i = d.of(indices.all)
        i.used += 1
        t = d.of([times(Term(i.name, CLOSED, i.size), t), times(call("sin", Term(f"{i.name} / 3", PRODUCT), 1), t), times(power(Term(i.name, CLOSED, i.size), 2), t)])
    if len(indices.all) > 1 and d.often(15):
        i, j = indices.all[0], indices.all[-1]
        i.used, j.used = i.used + 1, j.used + 1
        together.append(d.of([f"{i.name} <= {j.name}", f"{i.name} != {j.name}", f"({i.name} + {j.name}) % 2 == 0", f"{i.name} == {j.name}"]))
    return guarded(m, together, settled(m, t, 20)), inner


def equation(m):
    d = m.draws
    indices = Indices(m)
    body, inner = body_of(m, indices)
    used = [i for i in indices.all if i.used]
    if not used:
        return elementwise(m)
    kind = d.of(["sum", "sum", "sum", "mean", "max", "min", "prod", "argmax", "argmin"]) if d.often(70) else None
    free, bound = list(used), []
    while free and (len(free) > m.AXES - 1 or elements([i.size for i in free]) > m.LARGEST or (kind and (not bound or d.often(45)))):
        bound.append(free.pop(d.below(len(free))))
    if bound and not kind:
        kind = "sum"
    work = elements([i.size for i in used]) * inner
    if work > m.budget or work > 2500:
        return elementwise(m)
    m.budget -= work
    n = elements([i.size for i in bound])
    high = None
    if kind == "prod" and n > 8:
        kind = "mean"
    if kind == "prod":
        body = call("sigmoid", body, 1)
    if kind in ("argmax", "argmin"):
        high = n - 1
    if bound:
        most = body.most * (n ** 0.5 if kind == "sum" else 1)
        text = body.text if body.level >= PRODUCT and not body.text.startswith("-") else f"({body.text})"
        body = reduction(kind, [i.range(m) for i in bound], text, most)
        if high is None:
            body = settled(m, body)
            if d.often(20):
                body = settled(m, function_of(m, body))
            if d.often(15) and len(free) == 1:
                w = m.param((free[0].size,))
                free[0].bare.append(free[0].size)
                body = settled(m, plus(body, Term(f"{w.name}[{free[0].name}]", CLOSED, 1)))
    else:
        body = settled(m, body)
    free = [free.pop(d.below(len(free))) for _ in range(len(free))]
    name = m.fresh("h")
    left = f"{name}[{', '.join(i.range(m) for i in free)}]" if free else name
    m.line(f"{left} = {body.text}")
    m.add(Value(name, tuple(i.size for i in free), max(high, 1) if high is not None else body.most, high))


def convolution(m):
    """Written out, its ranges inferred: y[f,i] = sum(a,u) W[f,a,u] * x[a, 2*i+u]"""
    d = m.draws
    x = m.value(rank=(1, 3), whole=False)
    channels, sizes = (x.shape[0], x.shape[1:]) if len(x.shape) > 1 else (None, x.shape)
    stride, k, filters = d.of([1, 1, 2, 3]), [d.within(1, min(3, n)) for n in sizes], d.within(1, 3)
    W = m.param((filters,) + ((channels,) if channels else ()) + tuple(k))
    places, offsets = "ij"[:len(sizes)], "uv"[:len(sizes)]
    at = [d.of([f"{i}+{u}", f"{u} + {i}"]) if stride == 1 else f"{stride}*{i}+{u}" for i, u in zip(places, offsets)]
    bound, lead = (["a"] if channels else []) + list(offsets), ["a"] if channels else []
    factors = [Term(f"{W.name}[{','.join(['f'] + lead + list(offsets))}]", CLOSED), Term(f"{x.name}[{','.join(lead + at)}]", CLOSED, x.most)]
    if d.often(40):
        factors.reverse()
    body = settled(m, reduction(d.of(["sum", "sum", "mean"]), [bound.pop(d.below(len(bound))) for _ in range(len(bound))], times(*factors).text, 2 * x.most))
    name = m.fresh("h")
    m.line(f"{name}[{','.join('f' + places)}] = {body.text}")
    m.add(Value(name, (filters,) + tuple((n - w) // stride + 1 for n, w in zip(sizes, k)), min(body.most, 6)))


def index_of_scores(m):
    """Rows of a table, looked up by whole numbers: E[s[t], k], E[s], one-hot, and layers that do it."""
    d = m.draws
    s = m.value(rank=(0, 2), whole=True)
    rows, n = s.high + 1, d.within(1, 4)
    if rows > 40:
        return elementwise(m)
    how = d.below(4)
    if how == 0 and len(s.shape) == 1:
        table = m.param((rows, n))
        name = m.fresh("h")
        m.line(f"{name}[t,k] = {table.name}[{s.name}[t],k]")
        m.add(Value(name, s.shape + (n,)))
    elif how == 1:
        table = m.param((rows, n))
        m.define(f"{table.name}[{s.name}]", s.shape + (n,))
    elif how == 2 and len(s.shape) <= 1:
        name = m.fresh("h")
        left, read_ = (f"{name}[t,k in 0..{rows - 1}]", f"{s.name}[t]") if s.shape else (f"{name}[k in 0..{rows - 1}]", s.name)
        m.line(f"{left} = if k == {read_} then 1 else 0")
        m.add(Value(name, s.shape + (rows,)))
    else:
        m.define(d.of([f"{s.name} -> Embedding({n})", f"Embedding({s.name}, {n})", f"{s.name} -> Embedding({n}, init=glorot_normal)"]), s.shape + (n,), 2.0)


# ---- recurrences ------------------------------------------------------------------------------------------------------------------------

def start(m, shape):
    d = m.draws
    found = m.newest(lambda v: v.shape == shape and not v.whole)
    if not shape:
        return d.of(["0", "0.5"] + [v.name for v in found[:2]])
    zero = f"zeros({', '.join(map(str, shape))})"
    return d.of([zero, zero, m.param(shape).name if d.often(50) else zero] + [v.name for v in found[:2]])


def recurrence(m):
    d = m.draws
    x = m.value(rank=(1, 3), whole=False)
    steps, shape = x.shape[0], x.shape[1:]
    names = [m.fresh("h") for _ in range(d.of([1, 1, 1, 2, 2, 3]))]
    back = {name: d.of([1, 1, 1, 2, 3]) for name in names}
    for name in names:
        for k in range(back[name]):
            m.line(f"{name}[-{k + 1}] = {start(m, shape)}")
    if shape and len(shape) <= 1 and d.often(30):
        written = indexed_steps
    else:
        written = whole_steps
    for k, name in enumerate(names):
        written(m, x, name, names, k, back)
        m.add(Value(name, x.shape, 1.5))


def past(m, name, names, back, k):
    """What the step of names[k] reads of earlier steps: its own, and others' that are this step's where they are computed already."""
    d = m.draws
    own = [(name, d.within(1, back[name]))]
    for j, other in enumerate(names):
        if other == name or not d.often(70):
            continue
        own.append((other, d.below(2) if j < k else d.within(1, back[other])))
    return own


def step_text(m, terms, x):
    d = m.draws
    t = terms[0]
    for other in terms[1:]:
        t = d.weighted([(4, plus), (2, times), (1, minus)])(t, other)
    t = settled(m, d.weighted([(4, plus), (2, times), (1, minus)])(t, x) if x else t, 3)
    return d.of([lambda: call("tanh", t, 1), lambda: call("sigmoid", t, 1), lambda: call("sin", t, 1), lambda: plus(times(number(0.5), t), number(0.1)), lambda: times(number(0.5), t)])()


def whole_steps(m, x, name, names, k, back):
    """h[t] = tanh(U @ h[t-1] + x[t])"""
    d = m.draws
    shape = x.shape[1:]
    terms = []
    for other, lag in past(m, name, names, back, k):
        t = Term(f"{other}[t{f'-{lag}' if lag else ''}]", CLOSED, 1.5)
        if len(shape) == 1 and d.often(50):
            U = m.param((shape[0], shape[0]))
            t = Term(f"{U.name} @ {t.text}", PRODUCT, 2)
        elif d.often(25):
            t = times(Term(m.param(shape).name, CLOSED), t)
        terms.append(t)
    last = x.shape[0] - 1
    at = d.of(["t", "t", f"{last} - t"]) if k else "t"
    left = f"{name}[t in 0..{last}]" if d.often(15) or at != "t" else f"{name}[t]"
    m.line(f"{left} = {step_text(m, terms, Term(f'{x.name}[{at}]', CLOSED, x.most)).text}")


def indexed_steps(m, x, name, names, k, back):
    """h[t,j] = tanh(sum(i) U[j,i] * h[t-1,i] + x[t,j])"""
    d = m.draws
    n = x.shape[1]
    terms = []
    for other, lag in past(m, name, names, back, k):
        at = f"t{f'-{lag}' if lag else ''}"
        if d.often(50):
            U = m.param((n, n))
            terms.append(reduction("sum", ["i"], f"{U.name}[j,i] * {other}[{at},i]", 2))
        else:
            terms.append(Term(f"{other}[{at},j]", CLOSED, 1.5))
    m.line(f"{name}[t,j] = {step_text(m, terms, Term(f'{x.name}[t,j]', CLOSED, x.most)).text}")
