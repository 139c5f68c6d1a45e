#!/usr/bin/env python3
"""PyTorch's full training step of a multilayer perceptron, on one thread, for bench/run.

    torch_step.py SIZES BATCH OPTIMIZER [L2] [--no-compile]      for example: torch_step.py 2,64,64,3 32 'Adam(lr=1e-2)' 2e-4

SIZES joined by commas, relu between the layers, cross entropy; L2 is weight decay on the matrices.  The records lie in memory as tensors, and a
batch is a view of them: no loader, no shuffling.  Eager in several settings (optimizer for each tensor, all at once, fused) and compiled.

For each line on standard input it prints one line: the median of a step in microseconds over about 0.3 s, eager and compiled ("-" where
torch.compile does not work here), and the names of the two settings.  The first line times every setting, and only the two best stay.
"""
import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import statistics
import sys
import time

import torch

torch.set_num_threads(1)
RECORDS = 4096


def network(sizes, batch):
    torch.manual_seed(0)
    layers = []
    for n, m in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(n, m), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    x, t = torch.randn(RECORDS, sizes[0]), torch.randint(0, sizes[-1], (RECORDS,))
    return net, [(x[k:k + batch], t[k:k + batch]) for k in range(0, RECORDS - batch + 1, batch)]


def make_optimizer(text, net, l2, **settings):
    """Adam(lr=1e-2) -> torch.optim.Adam(..., lr=1e-2)"""
    name, arguments = text.rstrip(")").split("(")
    arguments = {k.strip(): float(v) for k, v in (a.split("=") for a in arguments.split(",") if a)}
    groups = [{"params": [p for p in net.parameters() if p.dim() > 1], "weight_decay": l2}, {"params": [p for p in net.parameters() if p.dim() == 1]}]
    return getattr(torch.optim, name)(groups if l2 else net.parameters(), **arguments, **settings)


def make_step(sizes, batch, optimizer_text, l2, settings, compiled):
    net, batches = network(sizes, batch)
    optimizer = make_optimizer(optimizer_text, net, l2, **settings)
    cross_entropy = torch.nn.functional.cross_entropy
    at = 0

    def loss_of(x, t):
        return cross_entropy(net(x), t)

    def update():
        optimizer.step()

    if compiled:
        loss_of = torch.compile(loss_of)
        if settings.get("foreach"):
            update = torch.compile(update)

    def step():
        nonlocal at
        x, t = batches[at]
        at = (at + 1) % len(batches)
        loss_of(x, t).backward()
        update()
        optimizer.zero_grad(set_to_none=True)
    return step


def median_step(step):
    times, start = [], time.perf_counter()
    while (now := time.perf_counter()) - start < 0.3 or len(times) < 10:
        step()
        times.append(time.perf_counter() - now)
    return 1e6 * statistics.median(times)


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    sizes, batch, text = [int(n) for n in arguments[0].split(",")], int(arguments[1]), arguments[2]
    l2 = float(arguments[3]) if len(arguments) > 3 else 0
    eager, compiled = {}, {}
    for name, settings in [("loop", {"foreach": False}), ("foreach", {"foreach": True}), ("fused", {"fused": True})]:
        for kind, steps in [("eager", eager), ("compiled", compiled)]:
            if kind == "compiled" and "--no-compile" in sys.argv:
                continue
            try:
                step = make_step(sizes, batch, text, l2, settings, kind == "compiled")
                for _ in range(20):
                    step()
                steps[f"{kind} {name}"] = step
            except Exception as e:
                print(f"{kind} {name}: {str(e).splitlines()[0][:200]}", file=sys.stderr)
    for _ in sys.stdin:
        line = []
        for steps in (eager, compiled):
            times = {name: median_step(step) for name, step in steps.items()}
            best = min(times, key=times.get, default=None)
            for name in times.keys() - {best}:
                del steps[name]
            line += [times.get(best, "-"), str(best).replace(" ", "_")]
        print(line[0], line[2], line[1], line[3], flush=True)


main()
