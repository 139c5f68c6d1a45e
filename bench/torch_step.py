#!/usr/bin/env python3
"""PyTorch's full training step of a network of bench/run, on one thread.

    torch_step.py NETWORK BATCH OPTIMIZER [L2] [--no-compile]      for example: torch_step.py mlp:2,64,64,3 32 'Adam(lr=1e-2)' 2e-4

NETWORK: mlp:SIZES (relu between the layers, cross entropy), or a name of the table NETWORKS below: the examples of the same names.  L2 is weight decay
on the matrices.  The records lie in memory as tensors, and a batch is a view of them: no loader, no shuffling.  Eager in several settings
(optimizer for each tensor, all at once, fused; convolutions in both memory formats) and compiled.

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

from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)
RECORDS = 1024


class Block(nn.Module):
    """of a residual network (He et al. 2015, with projections where the shape changes)"""

    def __init__(self, n, filters, stride=1):
        super().__init__()
        self.f = nn.Sequential(nn.Conv2d(n, filters, 3, stride, 1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(),
                               nn.Conv2d(filters, filters, 3, 1, 1, bias=False), nn.BatchNorm2d(filters))
        self.s = nn.Identity() if stride == 1 else nn.Sequential(nn.Conv2d(n, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

    def forward(self, x):
        return F.relu(self.f(x) + self.s(x))


class CharLSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.lstm, self.dense = nn.Embedding(256, 64), nn.LSTM(64, 128, num_layers=2, batch_first=True), nn.Linear(128, 256)

    def forward(self, s):
        return self.dense(self.lstm(self.embedding(s))[0])


class Attention(nn.Module):
    def __init__(self, d, heads, drop):
        super().__init__()
        self.qkv, self.out, self.heads, self.drop = nn.Linear(d, 3 * d), nn.Linear(d, d), heads, drop

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = (y.view(n, t, self.heads, d // self.heads).transpose(1, 2) for y in self.qkv(x).split(d, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=self.drop)
        return F.dropout(self.out(y.transpose(1, 2).reshape(n, t, d)), self.drop)


class Transformer(nn.Module):
    def __init__(self, vocab=128, t=64, d=64, heads=4, layers=2, drop=0.1):
        super().__init__()
        self.e, self.p, self.drop = nn.Parameter(0.02 * torch.randn(vocab, d)), nn.Parameter(0.02 * torch.randn(t, d)), drop
        self.blocks = nn.ModuleList(nn.ModuleList([nn.LayerNorm(d), Attention(d, heads, drop), nn.LayerNorm(d),
                                                   nn.Sequential(nn.Linear(d, 4 * d), nn.GELU(), nn.Linear(4 * d, d), nn.Dropout(drop))]) for _ in range(layers))
        self.norm = nn.LayerNorm(d)

    def forward(self, s):
        h = F.dropout(F.embedding(s, self.e) + self.p, self.drop)
        for norm1, attention, norm2, dense in self.blocks:
            h = h + attention(norm1(h))
            h = h + dense(norm2(h))
        return self.norm(h) @ self.e.T


def mlp(sizes):
    layers = []
    for n, m in zip(sizes, sizes[1:]):
        layers += [nn.Linear(n, m), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def autoencoder():
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 50), nn.Linear(50, 256), nn.ReLU(),
                         nn.Linear(256, 512), nn.ReLU(), nn.Linear(512, 784), nn.Sigmoid())


def mnist_convnet():
    return nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))


def convnet():
    return nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(),
                         nn.MaxPool2d(2), nn.Conv2d(64, 128, 3, 2, 1), nn.BatchNorm2d(128), nn.ReLU(), nn.AvgPool2d(4), nn.Flatten(), nn.Dropout(0.5),
                         nn.Linear(128, 10))


def resnet():
    layers, n = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for filters, stride in [(16, 1)] * 3 + [(32, 2)] + [(32, 1)] * 2 + [(64, 2)] + [(64, 1)] * 2:
        layers.append(Block(n, filters, stride))
        n = filters
    return nn.Sequential(*layers, nn.AvgPool2d(8), nn.Flatten(), nn.Linear(64, 10))


def images(*shape):
    return torch.randn(RECORDS, *shape), torch.randint(0, 10, (RECORDS,))


def text(t, vocab):
    s = torch.randint(0, vocab, (RECORDS, t + 1))
    return s[:, :-1].contiguous(), s[:, 1:].contiguous()


def same(x):
    return x, x


# how to make it, its records, the gradient's greatest norm
NETWORKS = {
    "autoencoder": (autoencoder, lambda: same(torch.rand(RECORDS, 784)), None),
    "mnist_convnet": (mnist_convnet, lambda: images(1, 28, 28), None),
    "convnet": (convnet, lambda: images(1, 28, 28), None),
    "resnet": (resnet, lambda: images(3, 32, 32), None),
    "char_lstm": (CharLSTM, lambda: text(50, 256), 1),
    "gpt": (Transformer, lambda: text(64, 128), 1),
}


def network(name, batch):
    """the network, its batches, its loss, clip_norm"""
    torch.manual_seed(0)
    if name.startswith("mlp:"):
        sizes = [int(n) for n in name[4:].split(",")]
        net, (x, t), clip = mlp(sizes), (torch.randn(RECORDS, sizes[0]), torch.randint(0, sizes[-1], (RECORDS,))), None
    else:
        make, data, clip = NETWORKS[name]
        net, (x, t) = make(), data()
    if t.is_floating_point():
        loss = F.mse_loss
    else:
        def loss(y, t):
            return F.cross_entropy(y.reshape(-1, y.shape[-1]), t.reshape(-1))
    return net, [(x[k:k + batch], t[k:k + batch]) for k in range(0, RECORDS - batch + 1, batch)], loss, clip


def make_optimizer(text, net, l2, **settings):
    """Adam(lr=1e-2) -> torch.optim.Adam(..., lr=1e-2)"""
    name, arguments = text.rstrip(")").split("(")
    arguments = {k.strip(): float(v) for k, v in (a.split("=") for a in arguments.split(",") if a)}
    groups = [{"params": [p for p in net.parameters() if p.dim() > 1], "weight_decay": l2}, {"params": [p for p in net.parameters() if p.dim() == 1]}]
    return getattr(torch.optim, name)(groups if l2 else net.parameters(), **arguments, **settings)


def make_step(name, batch, optimizer_text, l2, settings, compiled, channels_last):
    net, batches, loss, clip = network(name, batch)
    if channels_last:
        net = net.to(memory_format=torch.channels_last)
        batches = [(x.to(memory_format=torch.channels_last), t) for x, t in batches]
    optimizer = make_optimizer(optimizer_text, net, l2, **settings)
    at = 0

    def loss_of(x, t):
        return loss(net(x), t)

    def update():
        if clip:
            nn.utils.clip_grad_norm_(net.parameters(), clip)
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
    while (now := time.perf_counter()) - start < 0.3 or len(times) < 5:
        step()
        times.append(time.perf_counter() - now)
    return 1e6 * statistics.median(times)


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    name, batch, text_of_optimizer = arguments[0], int(arguments[1]), arguments[2]
    l2 = float(arguments[3]) if len(arguments) > 3 else 0
    eager, compiled = {}, {}
    formats = [False, True] if "conv" in name or "resnet" in name else [False]
    for what, settings in [("loop", {"foreach": False}), ("foreach", {"foreach": True}), ("fused", {"fused": True})]:
        for kind, steps in [("eager", eager), ("compiled", compiled)]:
            if kind == "compiled" and ("--no-compile" in sys.argv or what == "loop"):
                continue
            for last in formats:
                try:
                    step = make_step(name, batch, text_of_optimizer, l2, settings, kind == "compiled", last)
                    for _ in range(3 if len(formats) > 1 else 20):
                        step()
                    steps[f"{kind} {what}{' channels last' if last else ''}"] = step
                except Exception as e:
                    print(f"{kind} {what}: {str(e).splitlines()[0][:200]}", file=sys.stderr)
    for _ in sys.stdin:
        line = []
        for steps in (eager, compiled):
            times = {what: median_step(step) for what, step in steps.items()}
            best = min(times, key=times.get, default=None)
            for what in times.keys() - {best}:
                del steps[what]
            line += [times.get(best, "-"), str(best).replace(" ", "_")]
        print(line[0], line[2], line[1], line[3], flush=True)


main()
