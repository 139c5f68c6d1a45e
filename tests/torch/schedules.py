#!/usr/bin/env python3
"""Schedules over whole runs, against NumPy.

    schedules.py [--nnc build/nnc] [--work FOLDER]

A net 6-16-4 (tanh, cross entropy) with weight decay in the loss, in f64, is trained by nnc and by the loop below: gradients written out by
hand, the rate of each step from the formulas of docs/training.md, written out again.  The weights at the end may differ by 1e-9 of the
largest of their tensor.  Each row is also run with settings changed on the command line.
"""
import argparse
import math
import os
import sys

import numpy as np

from tools import Comparison, largest_error, read_safetensors, run

LIMIT, RECORDS, BATCH, EPOCHS, DECAY = 1e-9, 100, 32, 12, 1e-3
AN_EPOCH = -(-RECORDS // BATCH)

TEXT = """
fn falling(lr, k = 0.5) = lr * exp(-k * epoch) / sqrt(1 + step / steps)
model M {{
  input  x: [6]
  target t: 0..3
  y = x -> Dense(16) -> tanh -> Dense(4)
  loss = cross_entropy(y, t) + {decay} / 2 * l2(weights)
}}
train M {{
  data {{
    x = npy("x.npy")
    t = npy("t.npy")
  }}
  optimizer = {optimizer}
  batch_size = {batch}
  epochs = {epochs}
  shuffle = false
}}
"""


# ---- the rates: step counts from 1, steps is how many there will be ----------------------------------------------------------

def drops(lr, at, factor):
    return lambda step, steps: lr * factor ** sum((step - 1) // AN_EPOCH >= a for a in at)


def after_warmup(lr, warmup, curve):
    return lambda step, steps: lr * step / warmup if step <= warmup else curve((step - 1 - warmup) / (steps - warmup))


def cosine(lr, warmup=0, least=0):
    return after_warmup(lr, warmup, lambda share: least + (lr - least) * (1 + math.cos(math.pi * share)) / 2)


def linear(lr, warmup=0, least=0):
    return after_warmup(lr, warmup, lambda share: lr + (least - lr) * share)


def one_over_t(lr, decay=1):
    return lambda step, steps: lr / (1 + decay * (step - 1))


def falling(lr, k):
    return lambda step, steps: lr * math.exp(-k * (step - 1) / AN_EPOCH) / math.sqrt(1 + step / steps)


# the optimizer in nnc, what the command line changes, how many steps, and the same here: which optimizer, its rate, its other numbers
ROWS = [
    ("SGD(lr=step(0.5, at=[3, 7]), momentum=0.9)", [], 48, "sgd", drops(0.5, [3, 7], 0.1), (0.9,)),
    ("SGD(lr=step(0.5, at=[3, 7], factor=0.1), momentum=0.9)", ["lr.at=1,2", "lr.factor=0.3", "lr=0.2"], 48, "sgd", drops(0.2, [1, 2], 0.3), (0.9,)),
    ("SGD(lr=step(0.5, at=[3, 7, 11]))", ["lr.at=2.5,4,6"], 48, "sgd", lambda step, steps: 0.5 * 0.1 ** sum((step - 1) / AN_EPOCH >= a for a in [2.5, 4, 6]), (0,)),
    ("SGD(lr=cosine(0.4), momentum=0.8)", [], 48, "sgd", cosine(0.4), (0.8,)),
    ("SGD(lr=cosine(0.4, warmup=10, least=1e-3), momentum=0.8)", [], 48, "sgd", cosine(0.4, 10, 1e-3), (0.8,)),
    ("SGD(lr=cosine(0.4, warmup=10))", ["lr.warmup=3", "lr.least=0.05", "momentum=0.5"], 19, None, None, None),
    ("SGD(lr=cosine(0.4, warmup=10), momentum=0.5)", ["lr.warmup=3", "lr.least=0.05"], 19, "sgd", cosine(0.4, 3, 0.05), (0.5,)),
    ("SGD(lr=cosine(0.4, warmup=100))", [], 48, "sgd", cosine(0.4, 100), (0,)),
    ("SGD(lr=linear(0.4, warmup=5), momentum=0.9)", [], 48, "sgd", linear(0.4, 5), (0.9,)),
    ("SGD(lr=linear(0.4))", ["lr=0.7", "lr.least=0.1"], 31, "sgd", linear(0.7, 0, 0.1), (0,)),
    ("SGD(lr=one_over_t(0.9), momentum=0.3)", [], 48, "sgd", one_over_t(0.9), (0.3,)),
    ("SGD(lr=one_over_t(0.5, decay=0.1))", ["lr.decay=0.02"], 48, "sgd", one_over_t(0.5, 0.02), (0,)),
    ("Adam(lr=cosine(2e-2, warmup=8), beta1=0.8)", [], 48, "adam", cosine(2e-2, 8), (0.8, 0.999, 1e-8)),
    ("Adam(lr=falling(3e-2))", ["lr.k=0.2"], 48, "adam", falling(3e-2, 0.2), (0.9, 0.999, 1e-8)),
    ("Adam(lr=1e-2, beta1=linear(0.9, least=0.5))", [], 48, "adam", lambda step, steps: 1e-2, (linear(0.9, 0, 0.5), 0.999, 1e-8)),
]


# ---- the training ------------------------------------------------------------------------------------------------------------

def gradients(w, x, t):
    h = np.tanh(x @ w["Dense1.W"].T + w["Dense1.b"])
    z = h @ w["Dense2.W"].T + w["Dense2.b"]
    dz = np.exp(z - z.max(1, keepdims=True))
    dz /= dz.sum(1, keepdims=True)
    dz[np.arange(len(t)), t] -= 1
    dz /= len(t)
    da = dz @ w["Dense2.W"] * (1 - h ** 2)
    return {"Dense1.W": da.T @ x + DECAY * w["Dense1.W"], "Dense1.b": da.sum(0), "Dense2.W": dz.T @ h + DECAY * w["Dense2.W"], "Dense2.b": dz.sum(0)}


def sgd(w, g, state, rate, numbers):
    """the lecture's momentum: the rate is inside the velocity"""
    for k in w:
        state[k] = numbers[0] * state.get(k, 0) - rate * g[k]
        w[k] += state[k]


def adam(w, g, state, rate, numbers):
    step = state["step"] = state.get("step", 0) + 1
    beta1, beta2, eps = numbers
    for k in w:
        m, v = state.get(k, (0, 0))
        m, v = beta1 * m + (1 - beta1) * g[k], beta2 * v + (1 - beta2) * g[k] ** 2
        state[k] = m, v
        w[k] -= rate * (m / (1 - beta1 ** step)) / (np.sqrt(v / (1 - beta2 ** step)) + eps)


def train(w, x, t, steps, update, rate, numbers):
    state = {}
    for step in range(1, steps + 1):
        first = (step - 1) % AN_EPOCH * BATCH
        g = gradients(w, x[first:first + BATCH], t[first:first + BATCH])
        update(w, g, state, rate(step, steps), [n(step, steps) if callable(n) else n for n in numbers])
    return w


def compare(c, number, row, x, t):
    optimizer, changes, steps, update, rate, numbers = row
    what, name = f"{steps} steps, {' '.join([optimizer] + changes)}", f"schedule{number}"
    try:
        program = c.build(name, TEXT.format(optimizer=optimizer, decay=DECAY, batch=BATCH, epochs=EPOCHS), "f64")
        path = os.path.join(c.work, name)
        options = [f"--optimizer.{change}" for change in changes] + ([] if steps == EPOCHS * AN_EPOCH else ["--steps", steps])
        command = [program, "train", "--seed", 3, "--data", c.work, "-q", "-o", path + ".end.w", *options]
        if update is None:  # SGD without momentum has no such setting
            try:
                run(*command)
            except RuntimeError as e:
                c.judge(what + ", refused", 0.0 if "has no setting 'momentum'" in str(e) else 1.0, 0.5)
                return
            raise RuntimeError("it was accepted")
        run(program, "init", "--seed", 3, "-o", path + ".start")
        run(*command)
        start, _ = read_safetensors(path + ".start")
        end, _ = read_safetensors(path + ".end.w")
        moved = largest_error(end, start)[0]
        if not moved > 1e-2:
            raise RuntimeError(f"training moved the weights by {moved:.1e} only")
        c.judge(what, *[largest_error(end, train(start, x, t, steps, {"sgd": sgd, "adam": adam}[update], rate, numbers))[0], LIMIT])
    except Exception as e:
        c.broken(what, e)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--nnc", default="build/nnc")
    p.add_argument("--work", default="build/tests/schedules")
    arguments = p.parse_args()
    os.makedirs(arguments.work, exist_ok=True)
    arguments.work = os.path.abspath(arguments.work)
    rng = np.random.default_rng(2)
    x = rng.standard_normal((RECORDS, 6))
    t = (x @ rng.standard_normal((6, 4)) + 0.5 * rng.standard_normal((RECORDS, 4))).argmax(1)
    np.save(os.path.join(arguments.work, "x.npy"), x)
    np.save(os.path.join(arguments.work, "t.npy"), t)
    c = Comparison(arguments)
    for number, row in enumerate(ROWS):
        compare(c, number, row, x, t)
    print(f"{c.passed} passed, {c.failed} failed, 0 skipped")
    return 1 if c.failed else 0


if __name__ == "__main__":
    sys.exit(main())
