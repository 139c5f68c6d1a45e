"""Layers of the prelude with random options, chains of them, shared and frozen ones, repeats, and definitions of the model's own."""
import re

from notation import CLOSED, PRODUCT, REDUCTION, Term, Value, call, closed, elements, number, plus, power, times
from terms import SMOOTH, elementwise, function_of, settled, term

STARTS = ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "orthogonal", "normal", "uniform"]


def options(m, pairs, positional=0):
    """Arguments by name, in any order; those that are None are left out."""
    given = [f"{name}={value}" for name, value in pairs if value is not None]
    out = []
    while given:
        out.append(given.pop(m.draws.below(len(given))))
    return out


def maybe(m, percent, value):
    return value if m.draws.often(percent) else None


# ---- one layer of the prelude: (text, shape, most), or None where it does not fit ----------------------------------------------------------

def dense(m, shape, most):
    units = m.draws.within(1, 6)
    args = [str(units)] + options(m, [("bias", maybe(m, 20, "false")), ("init", maybe(m, 25, m.draws.of(STARTS)))])
    return f"Dense({', '.join(args)})", shape[:-1] + (units,), min(most * 0.6 * shape[-1] ** 0.5 + 0.9, 8)


def prelu(m, shape, most):
    return m.draws.of(["PReLU", "PReLU(start=0.1)", "PReLU()"]), shape, most


def noise(m, shape, most):
    return m.draws.of(["Dropout(0.3)", "Dropout(p=0.5)", "GaussianNoise(0.2)", "GaussianNoise", "Dropout(0)"]), shape, most * 1.5


def norm(m, shape, most):
    eps = maybe(m, 40, m.draws.of(["1e-3", "0.1"]))
    name = m.draws.of(["LayerNorm", "RMSNorm"])
    args = options(m, [("eps", eps)])
    return name + (f"({', '.join(args)})" if args or m.draws.often(20) else ""), shape, 3.0


def batch_norm(m, shape, most):
    args = options(m, [("eps", maybe(m, 60, "0.1")), ("momentum", maybe(m, 30, "0.3"))])
    return "BatchNorm" + (f"({', '.join(args)})" if args else ""), shape, 3.0


def softmax(m, shape, most):
    return ("softmax", shape, 1.0) if m.draws.often(60) else ("log_softmax", shape, most + 2)


def activation(m, shape, most):
    name = m.draws.of(SMOOTH + ["relu", "leaky_relu(a=0.3)", "leaky_relu", "selu", "identity", "abs", "clamp(-0.6, 0.8)", "elu(a=0.5)"])
    return name, shape, 1.0 if name in ("tanh", "sigmoid", "sin", "cos", "erf") else 1.8 * most


def windows(n, k, stride, padding, dilation):
    extent = dilation * (k - 1) + 1
    if padding == "same":
        return -(-n // stride)
    p = 0 if padding == "valid" else padding
    return (n + 2 * p - extent) // stride + 1 if n + 2 * p >= extent else 0


def window_options(m, sizes, most_k=3, dilated=True):
    """kernel size, stride, padding and dilation that leave something of every axis"""
    d = m.draws
    k, stride = d.within(1, most_k), d.of([1, 1, 2, 3])
    dilation = d.of([1, 1, 2]) if dilated else 1
    padding = d.of([0, "valid", "same", 1, 2])
    if padding in (1, 2) and (padding > k // 2 or k == 1):
        padding = "same"
    if any(windows(n, k, stride, padding, dilation) < 1 for n in sizes):
        k, dilation = 1, 1
    return k, stride, padding, dilation


def conv_args(m, filters, k, stride, padding, dilation, groups):
    args = [str(filters), str(k)] if m.draws.often(60) else [str(filters), f"kernel_size={k}"]
    return ", ".join(args + options(m, [("stride", stride if stride > 1 else None), ("padding", padding if padding != 0 else None), ("dilation", dilation if dilation > 1 else None),
                                        ("groups", groups if groups > 1 else None), ("bias", maybe(m, 20, "false")), ("init", maybe(m, 15, "he_normal"))]))


def grouped(m, channels):
    groups = m.draws.of([g for g in (1, 2, 3) if channels % g == 0])
    return groups, groups * m.draws.within(1, max(1, 4 // groups))


def conv(m, shape, most):
    two = len(shape) == 3
    sizes = shape[-2:] if two else shape[-1:]
    channels = shape[-3] if two else shape[-2]
    k, stride, padding, dilation = window_options(m, sizes)
    groups, filters = grouped(m, channels)
    out = tuple(windows(n, k, stride, padding, dilation) for n in sizes)
    text = f"Conv{'2d' if two else '1d'}({conv_args(m, filters, k, stride, padding, dilation, groups)})"
    return text, shape[:-len(sizes) - 1] + (filters,) + out, min(most * 0.6 * (k ** len(sizes) * channels) ** 0.5 + 0.9, 8)


def conv_transpose(m, shape, most):
    d = m.draws
    channels, sizes = shape[-3], shape[-2:]
    k, stride, dilation = d.within(1, 3), d.of([1, 2, 3]), d.of([1, 1, 2])
    padding = d.of([0, 0, 1])
    grow = lambda n: (n - 1) * stride - 2 * padding + dilation * (k - 1) + 1
    if any(grow(n) < 1 for n in sizes):
        padding = 0
    groups, filters = grouped(m, channels)
    out = tuple(grow(n) for n in sizes)
    return f"ConvTranspose2d({conv_args(m, filters, k, stride, padding, dilation, groups)})", (filters,) + out, min(most * 1.5 + 0.9, 8)


def pool(m, shape, most):
    d = m.draws
    if d.often(20):
        return "global_avg_pool2d", shape[:-2], most
    k, stride, padding, _ = window_options(m, shape[-2:], dilated=False)
    kind = d.of(["avg_pool2d", "max_pool2d"])
    args = ", ".join([str(k)] + options(m, [("stride", stride if stride != k else None), ("padding", padding if padding != 0 else None)]))
    return f"{kind}({args})", shape[:-2] + tuple(windows(n, k, stride, padding, 1) for n in shape[-2:]), most


def recurrent(m, shape, most):
    units = m.draws.within(1, 4)
    return f"{m.draws.of(['RNN', 'LSTM', 'GRU'])}({units})", shape[:-1] + (units,), 1.0


def attention(m, shape, most):
    heads = m.draws.of([h for h in (1, 2, 3) if shape[-1] % h == 0])
    causal = m.draws.of(["", ", causal=true", ", causal=false"])
    return f"MultiHeadAttention({heads}{causal})", shape, 4.0


def flat(m, shape, most):
    return ("flatten", (elements(shape),), most) if m.draws.often(50) else (f"reshape({[elements(shape)]})", (elements(shape),), most)


def stage(m, shape, most):
    rank = len(shape)
    layers = [(10, activation)]
    if rank >= 1:
        layers += [(12, dense), (2, prelu), (3, noise), (4, norm), (2, batch_norm), (3, softmax), (1, flat)]
    if rank == 2:
        layers += [(6, conv), (4, recurrent), (3, attention)]
    if rank == 3:
        layers += [(7, conv), (3, conv_transpose), (6, pool), (1, recurrent), (1, attention)]
    text, out, most = m.draws.weighted(layers)(m, shape, most)
    if elements(out) > m.LARGEST:
        text, out, most = dense(m, shape, most) if rank else ("tanh", shape, 1.0)
    return text, out, most


def stages(m, shape, most, n):
    texts = []
    for _ in range(n):
        text, out, most = stage(m, shape, most)
        if elements(out) > m.LARGEST:
            break
        shape = out
        if text.endswith("softmax") and (not texts or texts[-1] in ("sigmoid", "softmax")):
            texts.append("tanh")  # probabilities are no raw scores
        texts.append(text)
        if most > 6:
            texts.append("tanh")
            most = 1.0
    return texts, shape, most


def chain(m):
    v = m.value(rank=(1, 3), whole=False)
    texts, shape, most = stages(m, v.shape, v.most, m.draws.within(1, 4))
    if not texts:
        return elementwise(m)
    text = f"{v.name} -> {' -> '.join(texts)}"
    if shape == v.shape and m.draws.often(30):
        return m.define(f"{v.name} + ({text})", shape, v.most + most)
    m.define(text, shape, most)


def mapped_layer(m):
    """A layer of the prelude called as a function, inside a sum, or inside an equation: y[t] = x[t] -> Dense(4)."""
    d = m.draws
    v = m.value(rank=(1, 3), whole=False)
    if len(v.shape) >= 2 and d.often(50):
        text, shape, most = stage(m, v.shape[1:], v.most)
        if elements(shape) * v.shape[0] > m.LARGEST or "BatchNorm" in text:
            return elementwise(m)
        name = m.fresh("h")
        m.line(f"{name}[t] = {v.name}[t] -> {text}")
        return m.add(Value(name, v.shape[:1] + shape, most))
    text, shape, most = stage(m, v.shape, v.most)
    if elements(shape) > m.LARGEST:
        return elementwise(m)
    name, _, args = text.partition("(")
    text = f"{name}({v.name}, {args}" if args and args != ")" else f"{name}({v.name})"
    m.define(f"tanh({text})" if most > 3 else text, shape, min(most, 3))


# ---- structure ---------------------------------------------------------------------------------------------------------------------------

def same_shape(m, name, shape):
    """A chain from a shape back to itself."""
    units = shape[-1]
    return m.draws.of([f"Dense({units}) -> tanh", f"Dense(3) -> sin -> Dense({units})", f"LayerNorm -> Dense({units}, bias=false)", "sigmoid -> PReLU -> tanh", f"Dense({units}) -> BatchNorm(eps=0.1) -> tanh"])


def repeated(m):
    d = m.draws
    v = m.value(rank=(1, 3), whole=False)
    n = d.within(1, 3)
    name = m.fresh("h")
    m.line(f"{name} = {v.name}")
    shape = v.shape
    if d.often(30):
        first = d.below(2)
        m.line(f"repeat i in {first}..{first + n - 1} {{ {name} = {name} -> Dense(i + 1) -> tanh }}")
        shape = shape[:-1] + (first + n,)
    else:
        text = same_shape(m, name, shape)
        body = f"{name} = {name} + ({name} -> {text})" if d.often(50) else f"{name} = {name} -> {text}"
        if d.often(30):
            body = f"u = {name} -> {text} ; {name} = 0.5 * {name} + u"
        m.line(f"repeat {n} {{ {body} }}")
    m.add(Value(name, shape, min(v.most * 2 + n, 6)))


def shared(m):
    d = m.draws
    v = m.value(rank=(1, 2), whole=False)
    name, units = m.fresh("shared"), d.within(1, 5)
    layer = d.of([f"Dense({units})", f"Dense({units}, bias=false)"])
    m.line(f"layer {name} = {layer}")
    a = m.define(f"{v.name} -> {name} -> tanh", v.shape[:-1] + (units,))
    if units == v.shape[-1] and d.often(60):
        m.define(f"{a.name} -> {name} -> sin", a.shape)
    others = m.newest(lambda w: not w.whole and w.shape == v.shape and w.name != v.name)  # always the same shape
    if others and d.often(50):
        w = d.of(others)
        m.define(f"{w.name} -> {name} -> tanh", w.shape[:-1] + (units,))
    if len(a.shape) == 1 and d.often(40):  # tied
        m.define(f"{name}.W.T @ {a.name}", v.shape, 3.0)


def frozen(m):
    d = m.draws
    v = m.value(rank=(1, 2), whole=False)
    name, units = m.fresh("fixed"), d.within(1, 4)
    m.line(f"layer {name} = frozen {d.of([f'Dense({units})', f'Dense({units}, init=orthogonal)'])}")
    m.define(f"{v.name} -> {name} -> tanh", v.shape[:-1] + (units,))


# ---- definitions -----------------------------------------------------------------------------------------------------------------------------

class Inside:
    """Stands for the model while a definition's body is written: its values are the parameters of the signature."""

    def __init__(self, m, values):
        self.draws, self.values, self.LARGEST = m.draws, values, m.LARGEST

    def newest(self, fits):
        return [v for v in reversed(self.values) if fits(v)]

    def param(self, shape):
        return self.values[0]


def own_function(m):
    """fn f1(x, a = 0.5) = ..: any shape, element by element."""
    name = m.fresh("f")
    inside = Inside(m, [Value("x", ())] + ([Value("a", (), 0.5)] if m.draws.often(50) else []))
    body = term(inside, (), m.draws.within(1, 3))
    signature = "x" if len(inside.values) == 1 else f"x, a = {m.draws.of(['0.5', '1'])}"
    if not re.search(r"\bx\b", body.text):
        body = plus(Term("x", CLOSED), body)
    if m.draws.often(30):
        m.before.append(f"fn {name}({signature}) {{\n  y = {body.text}\n  return y\n}}\n")
    else:
        m.before.append(f"fn {name}({signature}) = {body.text}\n")
    v = m.value(rank=(0, 3), whole=False)
    most = min(6, body.most * max(1, v.most) ** 2)
    text = f"{name}({v.name}, a=0.25)" if len(inside.values) > 1 and m.draws.often(40) else m.draws.of([f"{name}({v.name})", f"{v.name} -> {name}"])
    m.define(f"tanh({text})", v.shape)


def two_results(m):
    name = m.fresh("f")
    first, second = m.draws.of(["x^2", "sin(x)", "x * 0.5"]), m.draws.of(["tanh(x) + x", "mean(x) * x", "x / sqrt(sum(x^2) + 1)"])
    m.before.append(f"fn {name}(x: [n]) {{\n  return {first}, {second}\n}}\n")
    v = m.value(rank=(1, 2), whole=False)
    a, b = m.fresh("h"), m.fresh("h")
    m.line(f"{a}, {b} = {name}({v.name})")
    for new in (a, b):
        m.add(Value(new, v.shape, max(v.most ** 2, v.most + 1, 1)))


def list_function(m):
    """fn f(x: [n]) = [mean(x), x[0]]: a list of numbers, for each row of what it is given."""
    name = m.fresh("f")
    of_row = m.draws.often(60)
    numbers = ["mean(x)", "tanh(sum(x))", "x[0]", "x[n-1]", "0.5"] if of_row else ["x", "tanh(x)", "x^2", "0.5", "1"]
    items = [m.draws.of(numbers[:3])] + [m.draws.of(numbers) for _ in range(m.draws.within(1, 3))]
    result = m.draws.of(["", f" -> [{len(items)}]"])
    m.before.append(f"fn {name}(x: {'[n]' if of_row else 'real'}){result} = [{', '.join(items)}]\n")
    v = m.value(rank=(1, 2), whole=False)
    lead = v.shape[:-1] if of_row else v.shape
    if not of_row and v.shape == (1,) and not result:
        lead = ()
    m.define(f"{v.name} -> {name}" if m.draws.often(50) else f"{name}({v.name})", lead + (len(items),), max(v.most ** 2, v.most, 1))


def gain_layer(m):
    """layer L(x: [n]) -> [n]: a parameter for each feature."""
    name = m.fresh("Gain")
    inside = Inside(m, [Value("g[k]", ()), Value("x[k]", ())])
    body = term(inside, (), m.draws.within(1, 3))
    if "x[k]" not in body.text:
        body = times(Term("x[k]", CLOSED), body)
    m.before.append(f"layer {name}(x: [n], start = 0.5) -> [n] {{\n  param g: [n] = start{m.draws.of(['', ' not in weights'])}\n  y[k] = {body.text}\n  return y\n}}\n")
    v = m.value(rank=(1, 3), whole=False)
    m.define(f"{v.name} -> {m.draws.of([name, name + '(start=1)'])} -> tanh", v.shape)


def linear_layer(m):
    """layer L(x: [n], units: int) -> [units], written out in one of many ways."""
    d = m.draws
    name, units = m.fresh("Mine"), d.within(1, 4)
    ways = ["  param W: [units, n] ~ he_normal\n  y[a] = sum(e) x[e] * W[a,e]\n", "  param W: [n, units] ~ normal(0, 0.6)\n  y = W.T @ x\n",
            "  param W: [units, n] ~ glorot_uniform\n  param b: [units] = 0.1\n  y = W @ x + b\n",
            "  param U: [units, 2] ~ normal(0, 1)\n  param V: [2, n] ~ normal(0, 1)\n  y = U @ V @ x\n",
            "  param A: [units, n, n] ~ normal(0, 0.3)\n  y[k] = sum(i, j) x[i] * A[k,i,j] * x[j]\n",
            "  param W: [units, n] ~ normal(0, 0.7)\n  param s: [units] = 1\n  r[j] = sum(i) W[j,i]^2\n  y[j] = s[j] / sqrt(r[j] + 0.1) * sum(i) W[j,i] * x[i]\n",
            "  h = x -> Dense(3) -> act\n  y = h -> Dense(units)\n", "  param c: [units, n] ~ normal(0, 1)\n  d[k] = sum(i) (x[i] - c[k,i])^2\n  y = exp(-0.5 * d)\n"]
    way = d.of(ways)
    act = ", act: fn = tanh" if "act" in way else ""
    m.before.append(f"layer {name}(x: [n], units: int{act}) -> [units] {{\n{way}  return y\n}}\n")
    v = m.value(rank=(1, 3), whole=False)
    given = f"{units}, act={d.of(['sigmoid', 'sin', 'gelu'])}" if act and d.often(50) else d.of([f"{units}", f"units={units}"])
    m.define(f"{v.name} -> {name}({given}) -> tanh", v.shape[:-1] + (units,))


def own_definition(m):
    m.draws.weighted([(3, own_function), (2, two_results), (2, list_function), (3, gain_layer), (5, linear_layer)])(m)
