#!/usr/bin/env python3
"""JAX's full training step of an MLP, jit, on one thread:  jax_step.py SIZES BATCH OPTIMIZER      for example: jax_step.py 784,512,10 128 Adam

relu between the layers, cross entropy; OPTIMIZER is SGD, momentum or Adam, written out.  The parameters are donated to the step, and the batches lie in
memory as arrays of the device.  For each line on standard input it prints one line: the median of a step in microseconds over about 0.3 s.
"""
import os
import statistics
import sys
import time

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import jax
import jax.numpy as jnp

sizes, batch, optimizer = [int(n) for n in sys.argv[1].split(",")], int(sys.argv[2]), sys.argv[3]
RECORDS = 1024
tree_map = jax.tree_util.tree_map


def loss(weights, x, t):
    for k, (w, b) in enumerate(weights):
        x = x @ w + b
        if k + 1 < len(weights):
            x = jax.nn.relu(x)
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(x), t[:, None], 1))


def sgd(weights, state, gradient):
    return tree_map(lambda w, g: w - 0.1 * g, weights, gradient), state


def momentum(weights, state, gradient):
    state = tree_map(lambda m, g: 0.9 * m + g, state, gradient)
    return tree_map(lambda w, m: w - 0.1 * m, weights, state), state


def adam(weights, state, gradient):
    first, second, step = state
    step = step + 1
    first = tree_map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
    second = tree_map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
    scale = 1e-3 * jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    return tree_map(lambda w, m, v: w - scale * m / (jnp.sqrt(v) + 1e-8), weights, first, second), (first, second, step)


update = {"SGD": sgd, "momentum": momentum, "Adam": adam}[optimizer]


def train(weights, state, x, t):
    value, gradient = jax.value_and_grad(loss)(weights, x, t)
    return (*update(weights, state, gradient), value)


def zeros(weights):
    return tree_map(jnp.zeros_like, weights)


key = jax.random.PRNGKey(0)
weights = [(jax.random.normal(jax.random.fold_in(key, k), (n, m)) * (2 / n) ** 0.5, jnp.zeros(m)) for k, (n, m) in enumerate(zip(sizes, sizes[1:]))]
state = {"SGD": (), "momentum": zeros(weights), "Adam": (zeros(weights), zeros(weights), jnp.float32(0))}[optimizer]
x, t = jax.random.normal(key, (RECORDS, sizes[0])), jax.random.randint(key, (RECORDS,), 0, sizes[-1])
batches = [(x[k:k + batch] + 0, t[k:k + batch] + 0) for k in range(0, RECORDS - batch + 1, batch)]
step = jax.jit(train, donate_argnums=(0, 1))
at = 0

for _ in sys.stdin:
    times, start = [], time.perf_counter()
    while (now := time.perf_counter()) - start < 0.3 or len(times) < 5:
        weights, state, value = step(weights, state, *batches[at % len(batches)])
        value.block_until_ready()
        jax.block_until_ready(weights)
        at += 1
        times.append(time.perf_counter() - now)
    print(f"{1e6 * statistics.median(times):.6g}", flush=True)
