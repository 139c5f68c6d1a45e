#!/usr/bin/env python3
"""nnc against PyTorch: the gradients of small models, every layer of the library over many shapes (families.py), 200 steps of every
optimizer, whole trainings (trajectories.py).

    compare.py [--nnc build/nnc] [--work FOLDER] [--write-docs docs/pytorch.md] [NAME...]

For each model: the trainer's own initial weights with noise added (so that biases are not 0), one batch of random data, then `gradients`
against autograd on the same numbers; then one step of SGD(lr=1) from the initial weights, which must move them by autograd's gradient (in a
step, weights are updated while other gradients are still to come).  PyTorch computes in f64, also for the f32 program, from the numbers as rounded to f32: what differs
is nnc's error alone.  The error of a tensor is the largest difference over the largest number of that tensor in PyTorch (no less than 1e-8
of the largest of all).  Prints a line a comparison and `N passed, N failed, 0 skipped`.
"""
import argparse
import os
import re
import sys

import numpy as np
import torch

import layers
import models as library
import schedules
import trajectories
from families import compare_family
from models import BATCH, LIMIT, OPTIMIZER_LIMIT, RECORDS, STEPS
from report import write_docs
from tools import Comparison, largest_error, read_safetensors, run, write_safetensors


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
    run(program, "train", "--steps", 1, "-q", "--data", c.work, "-o", path + ".end.w")
    start, _ = read_safetensors(path + ".start")
    end, _ = read_safetensors(path + ".end.w")
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
        run(program, "train", "--seed", 3, "--steps", STEPS, "--data", c.work, "-q", "-o", path + ".end.w", *options)
        start, _ = read_safetensors(path + ".start")
        end, _ = read_safetensors(path + ".end.w")
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


def compare_row(c, row):
    """of the optimizers, or of those with a clip_norm"""
    number, (optimizer, *rest) = row
    if not isinstance(rest[0], str):
        norm, changed, make = rest
        name = f"{optimizer}, clip_norm = {norm}" + ("" if changed is None else f", --clip_norm {changed}")
        options = () if changed is None else ("--clip_norm", changed)
        return name, "clip_grad_norm_", compare_optimizer(c, number, optimizer, name, make, (norm,) if changed is None else (norm, changed), options)
    return optimizer, rest[0], compare_optimizer(c, number, optimizer, *rest)


def compare_names(c, prelude):
    """everything that the library defines is compared with something"""
    within = {"window_count", "window_room", "window_start", "RecurrentGate"}  # of what is compared
    chains = {"ProjectMaps", "ProjectVector"}  # one expression each, of what is compared
    metrics = {"accuracy", "class_accuracy"}  # counts
    elsewhere = {"LBFGS"}  # its oracle is liblbfgs
    with open(prelude) as f:
        defined = re.findall(r"^(?:fn|layer|optimizer) (\w+)\(", f.read(), re.M)
    texts = [family.text() for family in layers.families] + [m.text + " ".join(m.defines) for m in library.models] + [row[0] for row in library.optimizers + schedules.ROWS]
    compared = set(re.findall(r"\w+", " ".join(texts + [t.file for t in trajectories.norms])))
    missing = [name for name in defined if name not in compared | within | chains | metrics | elsewhere]
    c.judge(f"all {len(defined)} definitions of the library are compared", len(missing), 0, ", ".join(missing))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--nnc", default="build/nnc")
    p.add_argument("--work", default="build/tests/torch")
    p.add_argument("--write-docs")
    p.add_argument("names", nargs="*", help="models, families or trainings; without, all and the optimizers")
    arguments = p.parse_args()
    torch.set_num_threads(1)
    os.makedirs(arguments.work, exist_ok=True)
    arguments.work = os.path.abspath(arguments.work)
    c = Comparison(arguments)

    def wanted(rows):
        return [r for r in rows if not arguments.names or r.name in arguments.names]

    def compare(function, rows):
        return list(zip(rows, c.together(lambda row: function(c, row), rows)))

    trainings = compare(trajectories.compare_trajectory, wanted(trajectories.networks + trajectories.norms))
    families = compare(compare_family, wanted(layers.families))
    gradients = compare(lambda c, m: compare_gradients(c, library.models.index(m), m), wanted(library.models))
    compare_names(c, os.path.join(trajectories.ROOT, "compiler/prelude.nn"))
    optimizer_data(arguments.work)
    rows = [] if arguments.names else list(enumerate(library.optimizers + library.clipped))
    optimizers = c.together(lambda row: compare_row(c, row), rows)
    if arguments.write_docs:
        write_docs(arguments.write_docs, gradients, families, optimizers, trainings)
    print(f"{c.passed} passed, {c.failed} failed, 0 skipped")
    return 1 if c.failed else 0


if __name__ == "__main__":
    sys.exit(main())
