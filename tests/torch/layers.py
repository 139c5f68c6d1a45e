"""The layers, norms, pools, activations and losses of the library over many shapes, for compare.py: each once as a stage of a chain in the
.nn language, once as PyTorch's own function.

All cases of a family are one model.  Case k is  y = x * s -> stage  with an input x and a parameter s of the same shape, so that the
gradient of s shows that of x; the stage's own weights are c<k>.NAME.  Its loss is the mean of (y[i] - 2 sin(1.7 i))^2 over the elements
of y in row-major order, the model's loss is the sum.  A stage that is no chain names its inputs itself, as {x} and {t}.

A function of PyTorch gets w (the weights of the stage by name) and the inputs, with the batch as the first axis.
"""
import math

import torch
import torch.nn.functional as F

from models import Classes, ce


class Case:
    def __init__(self, stage, inputs, function):
        self.stage, self.inputs, self.function = stage, inputs, function


class Family:
    def __init__(self, name, against, cases):
        self.name, self.against, self.cases = name, against, cases

    def text(self):
        lines = ["fn far(y) {", "  f = flatten(y)", "  d[i] = (f[i] - 2 * sin(1.7 * i))^2", "  return mean(d)", "}", "model M {"]
        for k, case in enumerate(self.cases, 1):
            for name, shape in zip("xt", case.inputs):
                axes = shape.shape if isinstance(shape, Classes) else shape
                kind = f"0..{shape.n - 1}" if isinstance(shape, Classes) else "real"
                lines.append(f"  input {name}{k}: " + (f"[{', '.join(map(str, axes))}]" + (f" of {kind}" if kind != "real" else "") if axes else kind))
            x = f"x{k}"
            if not isinstance(case.inputs[0], Classes):
                lines += [f"  param s{k}: [{', '.join(map(str, case.inputs[0]))}] = 1", f"  z{k} = {x} * s{k}"]
                x = f"z{k}"
            stage = case.stage
            if "{" in stage:
                stage = stage.format(x=x, t=f"t{k}")
            else:
                if stage[0].isupper():
                    lines.append(f"  layer c{k} = {stage}")
                    stage = f"c{k}"
                stage = f"{x} -> {stage}"
            lines += [f"  y{k} = {stage}", f"  output y{k}"]
        lines += ["  loss = " + " + ".join(f"far(y{k})" for k in range(1, len(self.cases) + 1)), "}", ""]
        return "\n".join(lines)


def far(y):
    f = y.flatten(1)
    return ((f - 2 * torch.sin(1.7 * torch.arange(f.shape[1], dtype=f.dtype))) ** 2).mean(1)


# ---- windows --------------------------------------------------------------------------------------------------------------

def border(extent, size, stride):
    """what `same` adds before and after an axis: ceil(size / stride) windows, the smaller half in front"""
    missing = max((math.ceil(size / stride) - 1) * stride + extent - size, 0)
    return missing // 2, missing - missing // 2


def padded(x, extent, stride, padding, value=0.0):
    """x with its borders, for `same`, and the padding that is left to PyTorch's function"""
    if padding != "same":
        return x, 0 if padding == "valid" else padding
    sides = [n for size in reversed(x.shape[2:]) for n in border(extent, size, stride)]
    return F.pad(x, sides, value=value), 0


def options(**given):
    return "".join(f", {k}={str(v).lower()}" for k, v in given.items())


def conv(axes, filters, k, shape, **o):
    function = F.conv1d if axes == 1 else F.conv2d
    stride, dilation, groups = o.get("stride", 1), o.get("dilation", 1), o.get("groups", 1)

    def apply(w, x):
        x, padding = padded(x, dilation * (k - 1) + 1, stride, o.get("padding", 0))
        return function(x, w["W"], w.get("b"), stride, padding, dilation, groups)
    return Case(f"Conv{axes}d({filters}, {k}{options(**o)})", [shape], apply)


def conv_transpose(filters, k, shape, **o):
    stride, padding, dilation, groups = o.get("stride", 1), o.get("padding", 0), o.get("dilation", 1), o.get("groups", 1)

    def apply(w, x):
        W = w["W"].unflatten(0, (groups, filters // groups)).transpose(1, 2).flatten(0, 1)  # [filters, c / groups, k, k] -> [c, filters / groups, k, k]
        return F.conv_transpose2d(x, W, w.get("b"), stride, padding, 0, groups, dilation)
    return Case(f"ConvTranspose2d({filters}, {k}{options(**o)})", [shape], apply)


def pool(name, k, shape, **o):
    stride = o.get("stride", k)

    def apply(w, x):
        x, padding = padded(x, k, stride, o.get("padding", 0), -math.inf if name == "max_pool2d" else 0.0)
        return F.max_pool2d(x, k, stride, padding) if name == "max_pool2d" else F.avg_pool2d(x, k, stride, padding, count_include_pad=True)
    return Case(f"{name}({k}{options(**o)})", [shape], apply)


families = [
    Family("Conv1d", "`F.conv1d`", [
        conv(1, 5, 3, (2, 11)), conv(1, 4, 1, (3, 8)), conv(1, 6, 5, (4, 13), stride=2, padding=2), conv(1, 6, 3, (2, 10), padding="same", dilation=2),
        conv(1, 6, 4, (2, 9), padding="same"), conv(1, 6, 3, (6, 10), groups=3, bias=False), conv(1, 6, 2, (4, 17), stride=3, padding=1, dilation=3, groups=2),
        conv(1, 3, 7, (1, 7), padding="valid"), conv(1, 2, 3, (2, 4), padding=4), conv(1, 17, 3, (1, 19), stride=2, bias=False),
        conv(1, 3, 4, (2, 11), padding="same", stride=3)]),
    Family("Conv2d", "`F.conv2d`", [
        conv(2, 5, 3, (2, 7, 9)), conv(2, 7, 1, (3, 5, 4)), conv(2, 4, 3, (3, 8, 8), padding=1), conv(2, 6, 3, (3, 9, 8), stride=2, padding=1),
        conv(2, 3, 5, (2, 8, 7), padding="same"), conv(2, 3, 4, (2, 7, 6), padding="same", bias=False), conv(2, 4, 3, (2, 8, 11), padding="same", stride=2),
        conv(2, 4, 2, (1, 6, 7), padding="valid", stride=2), conv(2, 6, 3, (4, 9, 9), dilation=2, groups=2), conv(2, 6, 3, (6, 7, 7), padding=1, groups=6, bias=False),
        conv(2, 6, 3, (3, 12, 11), stride=3, padding=2, dilation=2, groups=3), conv(2, 17, 3, (1, 6, 6), padding=1), conv(2, 2, 3, (2, 3, 4), padding=3),
        conv(2, 5, 4, (2, 4, 4)), conv(2, 4, 1, (4, 8, 8), stride=2, bias=False)]),
    Family("ConvTranspose2d", "`F.conv_transpose2d`, W with its first two axes in the other order", [
        conv_transpose(3, 3, (2, 4, 5)), conv_transpose(4, 2, (3, 4, 3), stride=2), conv_transpose(3, 4, (2, 4, 4), stride=2, padding=1),
        conv_transpose(2, 3, (2, 3, 5), stride=3, padding=1, bias=False), conv_transpose(4, 3, (4, 4, 4), stride=2, padding=1, groups=2),
        conv_transpose(3, 3, (2, 4, 3), dilation=2), conv_transpose(6, 2, (3, 3, 4), stride=3, dilation=3, groups=3, padding=2), conv_transpose(5, 1, (3, 4, 4))]),
    Family("max_pool2d", "`F.max_pool2d`", [
        pool("max_pool2d", 2, (3, 6, 8)), pool("max_pool2d", 2, (2, 7, 5)), pool("max_pool2d", 3, (2, 9, 8), stride=2), pool("max_pool2d", 3, (2, 8, 8), stride=2, padding=1),
        pool("max_pool2d", 3, (2, 6, 5), stride=1), pool("max_pool2d", 3, (2, 6, 5), stride=1, padding="same"), pool("max_pool2d", 2, (2, 8, 7), stride=3),
        pool("max_pool2d", 4, (1, 9, 9), stride=3, padding=2), pool("max_pool2d", 3, (2, 8, 7), stride=2, padding="same")]),
    Family("avg_pool2d", "`F.avg_pool2d`, zeros of the border count", [
        pool("avg_pool2d", 2, (3, 6, 8)), pool("avg_pool2d", 2, (2, 7, 5)), pool("avg_pool2d", 3, (2, 9, 8), stride=2), pool("avg_pool2d", 3, (2, 8, 8), stride=2, padding=1),
        pool("avg_pool2d", 3, (2, 6, 5), stride=1, padding="same"), pool("avg_pool2d", 4, (1, 9, 9), stride=3, padding=2), pool("avg_pool2d", 4, (5, 4, 4))]),
    Family("global_avg_pool2d", "`F.adaptive_avg_pool2d`", [
        Case("global_avg_pool2d", [shape], lambda w, x: F.adaptive_avg_pool2d(x, 1).flatten(1)) for shape in [(3, 4, 5), (7, 1, 1), (17, 8, 8)]]),
]


# ---- norms, look-ups, dense layers ---------------------------------------------------------------------------------------------

def layer_norm(shape, eps=1e-5):
    return Case("LayerNorm" if eps == 1e-5 else f"LayerNorm(eps={eps})", [shape], lambda w, x: F.layer_norm(x, shape[-1:], w["gamma"], w["beta"], eps))


def rms_norm(shape, eps=1e-5):
    return Case("RMSNorm" if eps == 1e-5 else f"RMSNorm(eps={eps})", [shape], lambda w, x: F.rms_norm(x, shape[-1:], w["gamma"], eps))


def dense(units, shape, **o):
    return Case(f"Dense({units}{options(**o)})", [shape], lambda w, x: F.linear(x, w["W"], w.get("b")))


families += [
    Family("LayerNorm", "`F.layer_norm`", [layer_norm((7,)), layer_norm((64,)), layer_norm((5, 9)), layer_norm((2, 3, 4)), layer_norm((6,), 0.1)]),
    Family("RMSNorm", "`F.rms_norm`", [rms_norm((7,)), rms_norm((64,)), rms_norm((5, 9)), rms_norm((2, 3, 4)), rms_norm((6,), 0.1)]),
    Family("Dense", "`F.linear`", [dense(5, (7,)), dense(1, (13,)), dense(130, (33,)), dense(4, (6, 5)), dense(3, (2, 3, 4), bias=False), dense(7, (1,), bias=False)]),
    Family("PReLU", "`F.prelu`, on rows", [
        Case("PReLU", [shape], lambda w, x: F.prelu(x.flatten(0, -2), w["a"]).reshape(x.shape)) for shape in [(7,), (5, 9)]]),
    Family("Embedding", "`F.embedding`", [
        Case(f"Embedding({dim})", [Classes(n, *shape)], lambda w, x: F.embedding(x, w["W"])) for n, dim, shape in [(11, 5, (6,)), (3, 1, (4,)), (100, 16, ()), (7, 4, (3, 5))]]),
]


# ---- recurrent layers, attention ---------------------------------------------------------------------------------------------------

GATES = {"RNN": [1], "LSTM": [1, 2, 3, 4], "GRU": [1, 2]}


def recurrent(kind, units, shape):
    def apply(w, x):
        rows = x.flatten(0, -3)
        parts = [[w[f"RecurrentGate{g}.{name}"] for g in GATES[kind]] + ([w[name]] if kind == "GRU" else []) for name in "WUb"]
        W, U, b = (torch.cat(p) for p in parts)
        h = torch.zeros(1, rows.shape[0], units, dtype=x.dtype)
        function, start = {"RNN": (torch.rnn_tanh, h), "LSTM": (torch.lstm, (h, h)), "GRU": (torch.gru, h)}[kind]
        y = function(rows, start, [W, U, b, torch.zeros_like(b)], True, 1, 0.0, True, False, True)[0]
        return y.reshape(*x.shape[:-1], units)
    return Case(f"{kind}({units})", [shape], apply)


def attention(heads, shape, causal):
    T, d = shape

    def apply(w, x):
        mask = torch.full((T, T), -math.inf, dtype=x.dtype).triu(1) if causal else None
        rows = x.transpose(0, 1)
        y, _ = F.multi_head_attention_forward(
            rows, rows, rows, d, heads, torch.cat([w[f"Dense{k}.W"] for k in (1, 2, 3)]), torch.cat([w[f"Dense{k}.b"] for k in (1, 2, 3)]), None, None, False, 0.0,
            w["Dense4.W"], w["Dense4.b"], attn_mask=mask, need_weights=False)
        return y.transpose(0, 1)
    return Case(f"MultiHeadAttention({heads}{', causal=true' if causal else ''})", [shape], apply)


families += [
    Family("RNN", "`torch.rnn_tanh`, b_hh 0", [recurrent("RNN", 5, (6, 3)), recurrent("RNN", 4, (2, 1)), recurrent("RNN", 19, (12, 7)), recurrent("RNN", 3, (2, 5, 4))]),
    Family("LSTM", "`torch.lstm`, b_hh 0", [recurrent("LSTM", 5, (6, 3)), recurrent("LSTM", 4, (2, 1)), recurrent("LSTM", 19, (12, 7)), recurrent("LSTM", 3, (2, 5, 4))]),
    Family("GRU", "`torch.gru`, b_hh 0", [recurrent("GRU", 5, (6, 3)), recurrent("GRU", 4, (2, 1)), recurrent("GRU", 19, (12, 7)), recurrent("GRU", 3, (2, 5, 4))]),
    Family("MultiHeadAttention", "`F.multi_head_attention_forward`", [
        attention(1, (5, 4), False), attention(2, (5, 6), True), attention(4, (7, 8), False), attention(3, (1, 6), True), attention(2, (17, 10), True)]),
]


# ---- activations, losses, shapes -----------------------------------------------------------------------------------------------------

def activation(stage, function):
    return [Case("3 * {x} -> " + stage, [shape], lambda w, x: function(3 * x)) for shape in [(29,), (3, 4, 5)]]


def one_loss(stage, function, x, t):
    return Case(stage, [x, t], lambda w, x, t: function(x, t))


def means(function):
    return lambda y, t: function(y, t, reduction="none").flatten(1).mean(1)


def bce(z, t):
    return F.binary_cross_entropy_with_logits(z, t.to(z.dtype), reduction="none")


families += [
    Family("activations", "`F.relu` and so on", [case for stage, function in [
        ("identity", lambda x: x), ("relu", F.relu), ("leaky_relu", F.leaky_relu), ("leaky_relu(0.2)", lambda x: F.leaky_relu(x, 0.2)), ("elu", F.elu),
        ("elu(0.5)", lambda x: F.elu(x, 0.5)), ("selu", F.selu), ("gelu", F.gelu), ("silu", F.silu), ("tanh", torch.tanh), ("sigmoid", torch.sigmoid),
        ("softplus", F.softplus), ("softmax", lambda x: F.softmax(x, -1)), ("log_softmax", lambda x: F.log_softmax(x, -1)),
        ("clamp(-1, 2)", lambda x: x.clamp(-1, 2))] for case in activation(stage, function)]),
    Family("losses", "`F.cross_entropy` and so on", [
        one_loss("cross_entropy({x}, {t})", ce, (2,), Classes(2)), one_loss("cross_entropy(9 * {x}, {t})", lambda z, t: ce(9 * z, t), (101,), Classes(101)),
        one_loss("cross_entropy({x}, {t})", lambda z, t: ce(z.transpose(1, 2), t), (6, 7), Classes(7, 6)),
        one_loss("binary_cross_entropy({x}, {t})", lambda z, t: bce(z[:, 0], t), (1,), Classes(2)), one_loss("binary_cross_entropy({x}, {t})", bce, (5, 3), Classes(2, 5, 3)),
        *[one_loss(f"{name}({{x}}, {{t}}{more})", means(function), shape, shape) for name, more, function in [
            ("mse", "", F.mse_loss), ("mae", "", F.l1_loss), ("huber", "", F.huber_loss), ("huber", ", d=0.3", lambda y, t, reduction: F.huber_loss(y, t, reduction, 0.3))]
          for shape in [(5,), (2, 3, 4)]]]),
    Family("shape", "`F.pad`, `torch.cat` and so on", [
        Case("pad(2)", [(2, 3, 4)], lambda w, x: F.pad(x, (2, 2, 2, 2))), Case("pad(1)", [(5,)], lambda w, x: F.pad(x, (1, 1))),
        *[Case(f"concat({{x}}, {{t}}, axis={axis})", [(3, 4), (3, 4)], lambda w, x, t, axis=axis: torch.cat([x, t], axis + 1)) for axis in (0, 1)],
        Case("reshape([4, 6])", [(2, 3, 4)], lambda w, x: x.reshape(-1, 4, 6)), Case("{x}.T", [(2, 3, 4)], lambda w, x: x.transpose(-1, -2)),
        Case("{x}[1..2]", [(5, 3)], lambda w, x: x[:, 1:3]), Case("{x} @ {t}", [(3, 4), (4, 5)], lambda w, x, t: x @ t),
        Case("Dropout(0)", [(7,)], lambda w, x: x), Case("GaussianNoise(0)", [(7,)], lambda w, x: x)]),
]
