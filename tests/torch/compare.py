#!/usr/bin/env python3
"""nnc against PyTorch: the gradients of small models, and 200 steps of every optimizer.

    compare.py [--nnc build/nnc] [--work FOLDER] [--write-docs docs/pytorch.md] [NAME...]

For each model: the trainer's own initial weights with noise added (so that biases are not 0), one batch of random data, then `gradients`
against autograd on the same numbers; then one step of SGD(lr=1) from the initial weights, which must move them by autograd's gradient (in a
step, weights are updated while other gradients are still to come).  PyTorch computes in f64, also for the f32 program, from the numbers as rounded to f32: what differs
is nnc's error alone.  The error of a tensor is the largest difference over the largest number of that tensor in PyTorch (no less than 1e-8
of the largest of all).  Prints a line a comparison and `N passed, N failed, 0 skipped`.
"""
import argparse
import os
import sys

import numpy as np
import torch

import models as library
from tools import Comparison, largest_error, read_safetensors, run, write_safetensors

LIMIT = {"f64": 1e-10, "f32": 1e-5}
OPTIMIZER_LIMIT, STEPS, RECORDS, BATCH = 1e-9, 200, 100, 32


def as_torch(arrays, dtype=torch.float64):
    return {k: torch.tensor(a, dtype=dtype if a.dtype.kind == "f" else torch.int64) for k, a in arrays.items()}


def autograd(model, weights, data, dtype=torch.float64):
    w = {k: t.requires_grad_() for k, t in as_torch(weights, dtype).items()}
    loss = model.loss(w, as_torch(data, dtype)).mean()
    if model.penalty:
        loss = loss + model.penalty(w)
    loss.backward()
    return loss.item(), {k: t.grad.double().numpy() for k, t in w.items()}


def draw(model, rng, real):
    data = {}
    for name, shape in model.draw.items():
        if isinstance(shape, library.Classes):
            data[name] = rng.integers(0, shape.n, (model.batch, *shape.shape))
        else:
            data[name] = rng.standard_normal((model.batch, *shape)).astype(real)
    return data


def with_train_block(model, name, real):
    sources = "".join(f'    {k} = npy("{name}_{real}_{k}.npy")\n' for k in model.draw)
    return f"""{model.text}
train M {{
  data {{
{sources}  }}
  optimizer = SGD(lr=1)
  batch_size = {model.batch}
  epochs = 1
  shuffle = false
}}
"""


def one_step(c, model, program, path, data):
    run(program, "init", "-o", path + ".start")
    run(program, "train", "--steps", 1, "-q", "--data", c.work, "-o", path + ".end")
    start, _ = read_safetensors(path + ".start")
    end, _ = read_safetensors(path + ".end")
    _, expected = autograd(model, start, data)
    return largest_error({k: start[k].astype(np.float64) - end[k] for k in start}, expected)


def compare_gradients(c, number, model):
    """the errors by real, PyTorch's own in f32, and that of a step"""
    errors = {}
    for real in ("f64", "f32"):
        what, name = f"gradients, {model.name}, {real}", f"m{number}"
        rng = np.random.default_rng(number)
        try:
            program = c.build(name, with_train_block(model, name, real), real, model.defines)
            path = os.path.join(c.work, f"{name}_{real}")
            run(program, "init", "-o", path + ".w")
            weights, _ = read_safetensors(path + ".w")
            kind = np.float32 if real == "f32" else np.float64
            for k, t in weights.items():
                if t.dtype != kind:
                    raise RuntimeError(f"init wrote {k} as {t.dtype}")
                weights[k] = (t + 0.1 * rng.standard_normal(t.shape)).astype(kind)
            write_safetensors(path + ".w", weights)
            data = draw(model, rng, kind)
            options = []
            for k, a in data.items():
                np.save(f"{path}_{k}.npy", a)
                options += [f"--data.{k}", f"{path}_{k}.npy"]
            run(program, "gradients", "--weights", path + ".w", *options, *(["--draws"] if model.replay else []), "-o", path + ".g")
            got, metadata = read_safetensors(path + ".g")
            data.update({k: got.pop(k) for k in list(got) if k.startswith("draws.")})
            loss, expected = autograd(model, weights, data)
            error, where = largest_error(got, expected)
            loss_error = abs(float(metadata["loss"]) - loss) / abs(loss)
            if not loss_error <= error:
                error, where = loss_error, "the loss"
            errors[real] = error
            c.judge(what, error, LIMIT[real], where)
            if real == "f64":
                errors["step"], where = one_step(c, model, program, path, data)
                c.judge(f"a step, {model.name}, f64", errors["step"], LIMIT[real], where)
            else:
                errors["torch"] = largest_error(autograd(model, weights, data, torch.float32)[1], expected)[0]
        except Exception as e:
            c.broken(what, e)
    return errors


def lecture(parameters, settings):
    """the lecture's momentum: the rate is inside the velocity"""
    rate, mu, nesterov = settings
    velocity = [torch.zeros_like(p) for p in parameters]

    def step():
        with torch.no_grad():
            for p, v in zip(parameters, velocity):
                v.copy_(mu * v - rate * p.grad)
                p += mu * v - rate * p.grad if nesterov else v
                p.grad = None
    return step


def reference_training(weights, data, make, clip=0):
    """the weights after STEPS steps, and how many of these were clipped"""
    w = {k: t.requires_grad_() for k, t in as_torch(weights).items()}
    x = as_torch(data)
    optimizer = None if isinstance(make, tuple) else make(list(w.values()))
    step = lecture(list(w.values()), make) if optimizer is None else optimizer.step
    at = clipped = 0
    for _ in range(STEPS):
        if optimizer:
            optimizer.zero_grad()
        loss = library.optimizer_loss(w, {k: t[at:at + BATCH] for k, t in x.items()}).mean()
        (loss + library.OPTIMIZER_PENALTY * sum((t ** 2).sum() for k, t in w.items() if k.endswith("W"))).backward()
        if clip:
            clipped += torch.nn.utils.clip_grad_norm_(list(w.values()), clip).item() > clip
        step()
        at = at + BATCH if at + BATCH < RECORDS else 0
    return {k: t.detach().numpy() for k, t in w.items()}, clipped


def compare_optimizer(c, number, optimizer, reference, make, clip=(), options=()):
    what, name = f"{STEPS} steps, {optimizer}, {reference}", f"o{number}"
    try:
        more = f"clip_norm = {clip[0]}" if clip else ""
        program = c.build(name, library.optimizer_text.format(optimizer=optimizer, penalty=library.OPTIMIZER_PENALTY, more=more), "f64")
        path = os.path.join(c.work, name)
        run(program, "init", "--seed", 3, "-o", path + ".start")
        run(program, "train", "--seed", 3, "--steps", STEPS, "--data", c.work, "-q", "-o", path + ".end", *options)
        start, _ = read_safetensors(path + ".start")
        end, _ = read_safetensors(path + ".end")
        moved = largest_error(end, start)[0]
        if not moved > 1e-2:
            raise RuntimeError(f"training moved the weights by {moved:.1e} only")
        data = {k: np.load(os.path.join(c.work, k + ".npy")) for k in "xt"}
        expected, clipped = reference_training(start, data, make, clip[-1] if clip else 0)
        if clip and clip[-1] and not STEPS / 10 < clipped < STEPS:
            raise RuntimeError(f"{clipped} of {STEPS} steps were clipped: nothing to compare")
        error, where = largest_error(end, expected)
        c.judge(what, error, OPTIMIZER_LIMIT, where)
        return error
    except Exception as e:
        c.broken(what, e)
        return None


def optimizer_data(folder):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((RECORDS, 6))
    np.save(os.path.join(folder, "x.npy"), x)
    np.save(os.path.join(folder, "t.npy"), (x @ rng.standard_normal((6, 4)) + 0.5 * rng.standard_normal((RECORDS, 4))).argmax(1))


def figure(x):
    return "-" if x is None else "0" if x == 0 else f"{x:.1e}"


def write_docs(path, gradients, optimizers):
    with open(path, "w") as f:
        f.write(f"""# nnc and PyTorch

Measured by `tests/torch/compare.py --write-docs docs/pytorch.md` against PyTorch {torch.__version__.split('+')[0]}, CPU. `make test` makes the same
comparisons where PyTorch is installed.

## Gradients

The same weights and the same batch (37 samples) given to a trainer's command `gradients` and to autograd. PyTorch computes in f64, for the f32
program from the numbers as rounded to f32. The error is the largest over all tensors and the loss: largest difference / largest
number of the tensor. It must be at most {LIMIT['f64']:.0e} in f64 and {LIMIT['f32']:.0e} in f32. "A step" is how far one training step of SGD(lr=1) in
f64 moves the weights, against the same gradient. The last column is PyTorch's own error in f32.

| model | what is compared | f64 | a step | f32 | PyTorch f32 |
|---|---|---|---|---|---|
""")
        for m, e in gradients:
            f.write(f"| {m.name} | {m.what} | {figure(e.get('f64'))} | {figure(e.get('step'))} | {figure(e.get('f32'))} | {figure(e.get('torch'))} |\n")
        f.write(f"""
## Optimizers

{STEPS} steps in f64 on a net 6-16-16-4 (tanh, cross entropy, l2), {RECORDS} records in batches of {BATCH}, the last of each epoch {RECORDS % BATCH}, not shuffled. The error of the
weights after the last step, as above; at most {OPTIMIZER_LIMIT:.0e}.

| in nnc | against | error |
|---|---|---|
""")
        for (optimizer, reference, _), e in optimizers:
            f.write(f"| `{optimizer}` | `{reference}` | {figure(e)} |\n")
        f.write("""
Schedules are compared with NumPy over whole runs by `tests/torch/schedules.py`: `step`, `cosine` and `linear` with and without warm-up, `one_over_t`, and
one of a file's own, with settings of the file and of the command line, at most 1e-9. L-BFGS is compared with liblbfgs by `tests/unit/test_lbfgs.c`: the
same minima for about as many evaluations.

## What differs from PyTorch

| | nnc | PyTorch |
|---|---|---|
| momentum | the rate is inside the velocity: v = mu v - lr g, w = w + v | v = mu v + g, w = w - lr v: the same while lr is constant |
| schedules | the rate of each step from the step's number; `step(lr, at=[82])` as `MultiStepLR([82])`, `cosine(lr)` as `CosineAnnealingLR(steps)` stepped every step | stepped by the program, often once an epoch |
| warm-up | lr / warmup in the first step | `LinearLR` begins with a third |
| `clip_norm` | as `clip_grad_norm_`: all gradients times c / (norm + 1e-6) where that is below 1 | the same |
| `l2(w)` | sum of squares; `lambda / 2 * l2(weights)` is a term of the loss | `weight_decay=lambda` of SGD adds lambda w to the gradient: the same |
| `weights` | parameters that multiply: no biases, no slopes of PReLU | `weight_decay` acts on all parameters given to the optimizer |
| `AdamW` | decays every parameter | the same |
| `Dense` starts from | glorot_uniform, bias 0 | `Linear`: uniform up to 1/sqrt(fan_in), bias too |
| `PReLU` | a slope for each element, from 0.25 | one slope, or one a channel |
| derivative of relu, abs at 0 | 0 | 0 |
| equal arguments of `max` | the first gets the gradient | `max` over an axis: the first; `amax` shares it |
| `gelu` | the erf form | erf by default |
| last batch of an epoch | smaller, divided by its own size | the same in DataLoader, unless `drop_last` |
""")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--nnc", default="build/nnc")
    p.add_argument("--work", default="build/tests/torch")
    p.add_argument("--write-docs")
    p.add_argument("names", nargs="*")
    arguments = p.parse_args()
    torch.set_num_threads(1)
    os.makedirs(arguments.work, exist_ok=True)
    arguments.work = os.path.abspath(arguments.work)
    c = Comparison(arguments)
    wanted = [m for m in library.models if not arguments.names or m.name in arguments.names]
    gradients = [(m, compare_gradients(c, library.models.index(m), m)) for m in wanted]
    optimizer_data(arguments.work)
    rows = [] if arguments.names else library.optimizers
    optimizers = [(row, compare_optimizer(c, k, *row)) for k, row in enumerate(rows)]
    for k, (optimizer, norm, changed, make) in enumerate([] if arguments.names else library.clipped):
        row = (f"{optimizer}, clip_norm = {norm}" + ("" if changed is None else f", --clip_norm {changed}"), "clip_grad_norm_", None)
        options = () if changed is None else ("--clip_norm", changed)
        optimizers.append((row, compare_optimizer(c, f"c{k}", optimizer, row[0], make, (norm,) if changed is None else (norm, changed), options)))
    if arguments.write_docs:
        write_docs(arguments.write_docs, gradients, optimizers)
    print(f"{c.passed} passed, {c.failed} failed, 0 skipped")
    return 1 if c.failed else 0


if __name__ == "__main__":
    sys.exit(main())
