"""Whole trainings beside PyTorch's, from the same weights on the same batches: the loss of every step.

The weights before step k are those that `train --steps k-1` saved; `gradients` gives their loss on the k-th batch.  Where that would take
long (`stepwise`), the weights before a step are made by PyTorch's optimizer from nnc's own gradients, and only those after the last by
`train`.  With noise (`replay`), what a step draws is exported by `gradients --draws` and used again by PyTorch.
"""
import math
import os

import numpy as np
import torch
import torch.nn.functional as F

from models import ce, dense
from tools import largest_error, read_safetensors, run, write_safetensors

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


class Trajectory:
    """function(w, x): the mean loss of a batch, with w also the states of layers, which it moves on as a training step does.
    evaluate(w, x): the outputs as `predict` gives them after the last step."""

    def __init__(self, name, what, file, data, batches, function, optimizer, *, folder=".", defines=(), options=(), real="f32", steps=20, limit=1e-4, clip=0,
                 rate=None, stepwise=False, falls=True, evaluate=None, replay=False):
        self.name, self.what, self.file, self.data, self.batches, self.function, self.optimizer = name, what, file, data, batches, function, optimizer
        self.folder, self.defines, self.options, self.real, self.steps, self.limit, self.clip = folder, defines, options, real, steps, limit, clip
        self.rate, self.stepwise, self.falls, self.evaluate, self.replay = rate, stepwise, falls, evaluate, replay


def in_order(records, size):
    """the batches of a run without shuffling, the last of each epoch smaller"""
    while True:
        for first in range(0, records, size):
            yield slice(first, min(first + size, records))


class Reference:
    """PyTorch's training"""

    def __init__(self, trajectory, start):
        self.t = trajectory
        self.w = {k: torch.tensor(v) for k, v in start.items()}
        self.parameters = {k: v.requires_grad_() for k, v in self.w.items() if not k.endswith(("running_mean", "running_var"))}
        self.optimizer = trajectory.optimizer(list(self.parameters.values()))
        self.done = 0

    def update(self, gradients=None):
        """one step, by the gradients given or those of the last loss"""
        self.done += 1
        for k, g in (gradients or {}).items():
            self.parameters[k].grad = torch.tensor(g)
        if self.t.clip:
            torch.nn.utils.clip_grad_norm_(list(self.parameters.values()), self.t.clip)
        if self.t.rate:
            for group in self.optimizer.param_groups:
                group["lr"] = self.t.rate(self.done)
        self.optimizer.step()

    def loss(self, x):
        self.optimizer.zero_grad()
        loss = self.t.function(self.w, x)
        loss.backward()
        return loss.item()

    def weights(self):
        return {k: v.detach().numpy().copy() for k, v in self.w.items()}


class Trainer:
    """nnc's"""

    def __init__(self, c, trajectory):
        self.t, self.name = trajectory, trajectory.name.replace(" ", "_").replace(",", "")
        text = trajectory.file if trajectory.file.endswith(".nn") else None
        self.program = (c.build_file(os.path.join(ROOT, text), self.name, trajectory.real, trajectory.defines, level="-O1") if text
                        else c.build(self.name, trajectory.file, trajectory.real, trajectory.defines))
        self.path = os.path.join(c.work, self.name)
        self.folder = os.path.join(ROOT, trajectory.folder) if text else c.work

    def after(self, steps):
        """the weights, in the file of the path as well"""
        if steps == 0:
            run(self.program, "init", "--seed", 1, "-o", self.path + ".w")
        else:
            run(self.program, "train", "--seed", 1, "--steps", steps, "--shuffle", "off", "--data", self.folder, "-q", "-o", self.path + ".w", *self.t.options)
        return read_safetensors(self.path + ".w")[0]

    def loss(self, x, step):
        """of a step, counted from 1, with its gradients and draws"""
        options = ["--seed", 1, "--step", step, "--draws"] if self.t.replay else []
        for k, values in x.items():
            np.save(f"{self.path}_{k}.npy", values)
            options += [f"--data.{k}", f"{self.path}_{k}.npy"]
        run(self.program, "gradients", "--weights", self.path + ".w", *options, "-o", self.path + ".g")
        gradients, metadata = read_safetensors(self.path + ".g")
        return float(metadata["loss"]), gradients, {k: gradients.pop(k) for k in list(gradients) if k.startswith("draws.")}

    def outputs(self, x):
        np.save(self.path + "_in.npy", x)
        run(self.program, "predict", self.path + "_in.npy", "--weights", self.path + ".w", "-o", self.path + "_out.npy")
        return np.load(self.path + "_out.npy")


def compare_trajectory(c, t):
    """(largest difference between losses, first loss, last loss, largest error of the weights and states at the end)"""
    try:
        data = t.data(c.work)
        trainer = Trainer(c, t)
        start = trainer.after(0)
        reference, made = Reference(t, start), Reference(t, start)
        losses, worst = [], 0.0
        for step, batch in zip(range(t.steps), t.batches):
            if step and t.stepwise:
                made.update(gradients)
                write_safetensors(trainer.path + ".w", made.weights())
            elif step:
                trainer.after(step)
            x = {k: v[batch] for k, v in data.items()}
            loss, gradients, draws = trainer.loss(x, step + 1)
            if bool(draws) != t.replay:
                raise RuntimeError(f"the draws are {sorted(draws)}")
            if step:
                reference.update()
            losses.append(reference.loss({k: torch.tensor(v if v.dtype.kind == "f" else v.astype(np.int64)) for k, v in (x | draws).items()}))
            worst = max(worst, abs(loss - losses[-1]))
        c.judge(f"{t.steps} losses, {t.name}, {t.real}, from {losses[0]:.4f} to {losses[-1]:.4f}", worst, t.limit)
        if t.falls and not np.mean(losses[-5:]) < 0.99 * np.mean(losses[:5]):
            raise RuntimeError(f"the losses do not fall: {losses}")
        reference.update()
        error, where = largest_error(trainer.after(t.steps), reference.weights())
        if t.real == "f64":
            c.judge(f"weights and states after {t.steps} steps, {t.name}", error, t.limit, where)
        if t.evaluate:
            y = t.evaluate(reference.w, torch.tensor(data["x"])).detach().numpy()
            c.judge(f"outputs in evaluation mode, {t.name}", largest_error({"y": trainer.outputs(data["x"])}, {"y": y})[0], t.limit)
        return worst, losses[0], losses[-1], error
    except Exception as e:
        c.broken(f"{t.steps} steps, {t.name}", e)
        return None


# ---- data ---------------------------------------------------------------------------------------------------------------------

def pixels(work):
    with open(os.path.join(ROOT, "examples/digits/train-images-idx3-ubyte"), "rb") as f:
        return {"x": (np.frombuffer(f.read()[16:], np.uint8).reshape(-1, 784)[:1000] / np.float64(255)).astype(np.float32)}


def pictures(work):
    """for a program in f64"""
    with open(os.path.join(ROOT, "examples/cifar/data_batch_1.bin"), "rb") as f:
        records = np.frombuffer(f.read(), np.uint8).reshape(-1, 3073)
    return {"x": (records[:, 1:].reshape(-1, 3, 32, 32) / np.float64(255)), "t": records[:, 0].astype(np.int32)}


def windows(T):
    def read(work):
        with open(os.path.join(ROOT, "examples/text/fables.txt"), "rb") as f:
            text = np.frombuffer(f.read(), np.uint8)
        return {"s": np.stack([text[k * T:k * T + T + 1] for k in range(500)]).astype(np.int32)}
    return read


def made(name, records, x, t):
    def write(work):
        rng = np.random.default_rng(len(name))
        data = {"x": rng.standard_normal((records, *x)) + 0.5, "t": rng.integers(0, t, records).astype(np.int32)}
        for k, values in data.items():
            np.save(os.path.join(work, f"{name}_{k}.npy"), values)
        return data
    return write


# ---- batch normalisation ----------------------------------------------------------------------------------------------------------

def batch_norm(w, name, x, momentum=0.1, eps=1e-5, training=True):
    return F.batch_norm(x, w[name + ".running_mean"], w[name + ".running_var"], w[name + ".gamma"], w[name + ".beta"], training, momentum, eps)


def norm_text(name, x, body):
    return f"""
model M {{
  input  x: {list(x)}
  target t: 0..3
{body}
  loss = cross_entropy(y, t)
  output y
}}
train M {{
  data {{
    x = npy("{name}_x.npy")
    t = npy("{name}_t.npy")
  }}
  optimizer = SGD(lr=0.05, momentum=0.9)
  batch_size = 37
}}
"""


def momentum(parameters):
    return torch.optim.SGD(parameters, lr=0.05, momentum=0.9)


def norm_of_vectors(w, x, training=False):
    h = torch.tanh(batch_norm(w, "BatchNorm1", dense(w, "Dense1", x), training=training))
    return dense(w, "Dense2", batch_norm(w, "BatchNorm2", h, 0.3, 1e-3, training))


def norm_of_images(w, x, training=False):
    h = F.relu(batch_norm(w, "BatchNorm1", F.conv2d(x, w["Conv2d1.W"]), training=training))
    return dense(w, "Dense1", h.mean((2, 3)))


norms = [
    Trajectory("BatchNorm of vectors", "two `BatchNorm`, one with other settings", norm_text("vectors", (6,), """
  y = x -> Dense(8, bias=false) -> BatchNorm -> tanh -> BatchNorm(momentum=0.3, eps=1e-3) -> Dense(4)"""),
               made("vectors", 101, (6,), 4), in_order(101, 37), lambda w, x: ce(norm_of_vectors(w, x["x"], True), x["t"]).mean(), momentum,
               real="f64", steps=12, limit=1e-9, falls=False, evaluate=norm_of_vectors),
    Trajectory("BatchNorm of images", "`Conv2d -> BatchNorm -> relu -> global_avg_pool2d`", norm_text("images", (2, 5, 6), """
  y = x -> Conv2d(5, 3, bias=false) -> BatchNorm -> relu -> global_avg_pool2d -> Dense(4)"""),
               made("images", 101, (2, 5, 6), 4), in_order(101, 37), lambda w, x: ce(norm_of_images(w, x["x"], True), x["t"]).mean(), momentum,
               real="f64", steps=12, limit=1e-9, falls=False, evaluate=norm_of_images),
]


# ---- networks ---------------------------------------------------------------------------------------------------------------------

def dropped(x, path, h, p=0.1):
    """h, or what dropout leaves of it in a step with draws"""
    path = f"draws.{path}.uniform1"
    return torch.where(x[path] < p, torch.zeros_like(h), h / (1 - p)) if path in x else h


def denoiser(w, x):
    h = x["x"] + 0.3 * x.get("draws.GaussianNoise1.normal1", torch.zeros(()))
    for part in ("Encoder1", "Decoder1"):
        for k in (1, 2, 3):
            h = dense(w, f"{part}.Dense{k}", h)
            h = F.relu(h) if k < 3 else torch.sigmoid(h) if part == "Decoder1" else h
    return F.mse_loss(h, x["x"])


def char_lstm(w, x):
    h = F.embedding(x["s"][:, :-1], w["Embedding1.W"])
    for layer in ("TextbookLSTM1", "TextbookLSTM2"):
        W, U, b = (torch.cat([w[f"{layer}.Gate{g}.{name}"] for g in (1, 2, 4, 3)]) for name in "WUb")
        start = torch.zeros(1, len(h), U.shape[1], dtype=h.dtype)
        h = torch.lstm(h, (start, start), [W, U, b, torch.zeros_like(b)], True, 1, 0.0, True, False, True)[0]
    return F.cross_entropy(dense(w, "Dense1", h).flatten(0, 1), x["s"][:, 1:].flatten())


def residual_block(w, name, x, stride):
    f = F.relu(batch_norm(w, name + ".BatchNorm1", F.conv2d(x, w[name + ".Conv2d1.W"], None, stride, 1)))
    f = batch_norm(w, name + ".BatchNorm2", F.conv2d(f, w[name + ".Conv2d2.W"], None, 1, 1))
    if name + ".Conv2d3.W" in w:
        x = batch_norm(w, name + ".BatchNorm3", F.conv2d(x, w[name + ".Conv2d3.W"], None, stride))
    return F.relu(f + x)


def resnet(w, x):
    h = F.relu(batch_norm(w, "BatchNorm1", F.conv2d(x["x"], w["Conv2d1.W"], None, 1, 1)))
    for k in range(1, 10):
        h = residual_block(w, f"Block{k}", h, 2 if k in (4, 7) else 1)
    return F.cross_entropy(dense(w, "Dense1", h.mean((2, 3))), x["t"]) + 5e-5 * sum((t ** 2).sum() for k, t in w.items() if k.endswith("W"))


def gpt_block(w, x, name, h, heads):
    def norm(k, h):
        return F.layer_norm(h, h.shape[-1:], w[f"{name}.LayerNorm{k}.gamma"], w[f"{name}.LayerNorm{k}.beta"])
    attention = name + ".CausalSelfAttention1"
    q, k, v = (dense(w, f"{attention}.Dense{i}", norm(1, h)).unflatten(2, (heads, -1)).transpose(1, 2) for i in (1, 2, 3))
    later = torch.ones(h.shape[1], h.shape[1], dtype=torch.bool).triu(1)
    p = torch.softmax((q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])).masked_fill(later, -math.inf), -1)
    y = (dropped(x, attention + ".Dropout1", p) @ v).transpose(1, 2).flatten(2)
    h = h + dropped(x, attention + ".Dropout2", dense(w, attention + ".Dense4", y))
    return h + dropped(x, name + ".Dropout1", dense(w, name + ".Dense2", F.gelu(dense(w, name + ".Dense1", norm(2, h)))))


def gpt(w, x):
    s = x["s"]
    h = dropped(x, "Dropout1", F.embedding(s[:, :-1], w["E"]) + w["P"])
    for k in (1, 2):
        h = gpt_block(w, x, f"Block{k}", h, 4)
    y = F.layer_norm(h, h.shape[-1:], w["LayerNorm1.gamma"], w["LayerNorm1.beta"]) @ w["E"].T
    return F.cross_entropy(y.flatten(0, 1), s[:, 1:].flatten())


def denoising(name, what, noise):
    return Trajectory(name, "784-512-256-50-256-512-784, " + what, "examples/denoising.nn", pixels, in_order(1000, 32), denoiser, lambda p: torch.optim.Adam(p, lr=1e-3),
                      folder="examples/digits", defines=[f"noise={noise}"], options=["--batch_size", 32], replay=noise > 0)


def transformer(name, what, drop):
    return Trajectory(name, "two blocks of 32 with 4 heads, windows of 24 characters, " + what, "examples/gpt.nn", windows(24), in_order(500, 16), gpt,
                      lambda p: torch.optim.AdamW(p, lr=1e-2, betas=(0.9, 0.95), weight_decay=0.1), folder="examples", defines=["T=24", "d=32", f"drop={drop}"],
                      options=["--batch_size", 16, "--validation", 0, "--optimizer.lr", 1e-2, "--optimizer.lr.warmup", 20], clip=1, rate=lambda step: 1e-2 * step / 20,
                      replay=drop > 0)


networks = [
    denoising("denoising autoencoder", "Adam, batch 32", 0),
    denoising("denoising autoencoder, noise 0.3", "Adam, batch 32, the draws replayed", 0.3),
    Trajectory("character LSTM", "two layers of 32, windows of 20 characters, clip_norm 1, Adam, batch 16", "examples/char_lstm.nn", windows(20), in_order(500, 16), char_lstm,
               lambda p: torch.optim.Adam(p, lr=1e-2), folder="examples", defines=["T=20", "units=32", "d=16"],
               options=["--batch_size", 16, "--validation", 0, "--optimizer.lr", 1e-2], clip=1),
    transformer("GPT", "clip_norm 1, AdamW with a warm-up of 20 steps, batch 16", 0),
    transformer("GPT, dropout 0.1", "otherwise the same, the draws replayed", 0.1),
    # in f32 PyTorch itself leaves its f64 losses by 0.2 within these steps, and by 0.03 with a twentieth of the rate
    Trajectory("ResNet-20", "coloured shapes, SGD with momentum, l2, batch 16", "examples/resnet.nn", pictures, in_order(1000, 16), resnet,
               lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9), folder="examples", options=["--batch_size", 16, "--optimizer.lr", 0.01], real="f64", stepwise=True),
]
