#!/usr/bin/env python3
"""The prediction of one sample by a peer, on one thread:  predict_peer.py mlp|convnet eager|traced|JAX|"ONNX Runtime"

The networks are those of examples/mnist_mlp.nn and examples/mnist_convnet.nn, with a softmax behind them.  For each line on standard input it prints one
line: the median of a prediction in microseconds over about 0.3 s, from an array in memory to the probabilities.
"""
import os

os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", XLA_FLAGS="--xla_cpu_multi_thread_eigen=false")

import statistics
import sys
import time

import numpy as np

network, kind = sys.argv[1:]
x = np.random.default_rng(0).standard_normal((1, 784) if network == "mlp" else (1, 1, 28, 28)).astype(np.float32)


def weights():
    """(outputs, inputs...) and bias of each layer"""
    random = np.random.default_rng(1)
    shapes = [(512, 784), (512, 512), (512, 512), (10, 512)] if network == "mlp" else [(32, 1, 3, 3), (64, 32, 3, 3), (128, 3136), (10, 128)]
    return [(random.standard_normal(s).astype(np.float32) * np.float32((2 / np.prod(s[1:])) ** 0.5), np.zeros(s[0], np.float32)) for s in shapes]


def by_torch():
    import torch
    from torch import nn
    torch.set_num_threads(1)
    layers = []
    for w, b in weights():
        layer = nn.Linear(w.shape[1], w.shape[0]) if w.ndim == 2 else nn.Conv2d(w.shape[1], w.shape[0], 3, padding=1)
        layer.weight.data, layer.bias.data = torch.from_numpy(w), torch.from_numpy(b)
        if network == "convnet" and w.shape == (128, 3136):
            layers.append(nn.Flatten())
        layers += [layer, nn.ReLU()] + ([nn.MaxPool2d(2)] if w.ndim == 4 else [])
    net, sample = nn.Sequential(*layers[:-1], nn.Softmax(dim=1)).eval(), torch.from_numpy(x)
    if kind == "traced":
        net = torch.jit.freeze(torch.jit.trace(net, sample))

    def run():
        with torch.inference_mode():
            return net(sample)
    return run


def by_jax():
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    import jax
    from jax import lax, numpy as jnp

    def net(layers, x):
        for k, (w, b) in enumerate(layers):
            if w.ndim == 4:
                x = jax.nn.relu(lax.conv_general_dilated(x, w, (1, 1), "SAME") + b[:, None, None])
                x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
            else:
                x = x.reshape(x.shape[0], -1) @ w.T + b
                x = jax.nn.relu(x) if k + 1 < len(layers) else x
        return jax.nn.softmax(x)
    layers, sample, fast = jax.device_put(weights()), jax.device_put(x), jax.jit(net)
    return lambda: fast(layers, sample).block_until_ready()


def by_onnx():
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
    nodes, constants, at = [], [], "x"

    def then(op, *inputs, **options):
        nonlocal at
        nodes.append(helper.make_node(op, [at, *inputs], [f"{at}{len(nodes)}"], **options))
        at = nodes[-1].output[0]
    layers = weights()
    for k, (w, b) in enumerate(layers):
        constants += [numpy_helper.from_array(w, f"w{k}"), numpy_helper.from_array(b, f"b{k}")]
        if w.shape == (128, 3136):
            then("Flatten")
        if w.ndim == 4:
            then("Conv", f"w{k}", f"b{k}", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        else:
            then("Gemm", f"w{k}", f"b{k}", transB=1)
        if k + 1 < len(layers):
            then("Relu")
        if w.ndim == 4:
            then("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    then("Softmax")
    graph = helper.make_graph(nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
                              [helper.make_tensor_value_info(at, TensorProto.FLOAT, (1, 10))], constants)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"x": x})


run = {"eager": by_torch, "traced": by_torch, "JAX": by_jax, "ONNX Runtime": by_onnx}[kind]()
for _ in range(20):
    run()
for _ in sys.stdin:
    times, start = [], time.perf_counter()
    while (now := time.perf_counter()) - start < 0.3:
        run()
        times.append(time.perf_counter() - now)
    print(f"{1e6 * statistics.median(times):.6g}", flush=True)
