"""Compares the families of layers.py: the outputs by `predict`, the loss and all gradients by `gradients`, for a batch of 37 and of 1."""
import os

import numpy as np
import torch

import layers
from models import Classes
from tools import largest_error, read_safetensors, run, write_safetensors

LIMIT, BATCHES = 1e-9, (37, 1)
LEAST = 1e-6  # of the largest gradient of a case: that of a bias of keys in attention is 0 but for rounding


def draw(family, rng, batch):
    """the inputs by name, in the order of the model's"""
    data = {}
    for k, case in enumerate(family.cases, 1):
        for name, shape in zip("xt", case.inputs):
            if isinstance(shape, Classes):
                data[f"{name}{k}"] = rng.integers(0, shape.n, (batch, *shape.shape))
            else:
                data[f"{name}{k}"] = rng.standard_normal((batch, *shape))
    return data


def in_torch(case, k, weights, data):
    """what PyTorch makes of case k: its output, its loss, the gradients by path"""
    own = {name: torch.tensor(t).requires_grad_() for name, t in weights.items() if name == f"s{k}" or name.startswith(f"c{k}.")}
    inputs = [torch.tensor(data[f"{name}{k}"]) for name, _ in zip("xt", case.inputs)]
    if f"s{k}" in own:
        inputs[0] = inputs[0] * own[f"s{k}"]
    y = case.function({name.split(".", 1)[-1]: t for name, t in own.items()}, *inputs)
    loss = layers.far(y.reshape(len(y), -1)).mean()
    loss.backward()
    return y.detach().numpy().reshape(len(y), -1), loss.item(), {name: t.grad.numpy() for name, t in own.items()}


def by_nnc(program, path, data):
    """all outputs side by side, the loss and the gradients"""
    options = []
    for name, values in data.items():
        np.save(f"{path}_{name}.npy", values)
        options += [f"--data.{name}", f"{path}_{name}.npy"]
    np.save(path + "_in.npy", np.concatenate([values.reshape(len(values), -1).astype(np.float64) for values in data.values()], 1))
    run(program, "gradients", "--weights", path + ".w", *options, "-o", path + ".g")
    run(program, "predict", path + "_in.npy", "--weights", path + ".w", "-o", path + "_out.npy")
    gradients, metadata = read_safetensors(path + ".g")
    outputs = np.load(path + "_out.npy")
    return outputs.reshape(len(outputs), -1), float(metadata["loss"]), gradients


def compare_family(c, family):
    """{"outputs": worst error, "gradients": worst error}; of a family, both over all cases and batches"""
    name, worst = family.name.replace(" ", "_"), {}
    try:
        program = c.build(name, family.text(), "f64")
        path = os.path.join(c.work, name)
        run(program, "init", "-o", path + ".w")
        weights, _ = read_safetensors(path + ".w")
        rng = np.random.default_rng(len(name))
        weights = {k: t + 0.1 * rng.standard_normal(t.shape) for k, t in weights.items()}
        write_safetensors(path + ".w", weights)
        found = {case: {"outputs": (0.0, ""), "gradients": (0.0, "")} for case in family.cases}
        for batch in BATCHES:
            data = draw(family, rng, batch)
            outputs, loss, gradients = by_nnc(program, path, data)
            total = place = 0
            for k, case in enumerate(family.cases, 1):
                y, part, expected = in_torch(case, k, weights, data)
                total += part
                if place + y.shape[1] > outputs.shape[1]:
                    raise RuntimeError(f"{outputs.shape[1]} outputs; those of {case.stage} would be {place} to {place + y.shape[1] - 1}")
                got = {"y": outputs[:, place:place + y.shape[1]]}
                place += y.shape[1]
                found[case]["outputs"] = max(found[case]["outputs"], largest_error(got, {"y": y}))
                if expected:
                    found[case]["gradients"] = max(found[case]["gradients"], largest_error({p: gradients.pop(p) for p in expected}, expected, LEAST))
            if gradients or place != outputs.shape[1]:
                raise RuntimeError(f"nothing to compare with {sorted(gradients)}, {outputs.shape[1] - place} outputs")
            c.judge(f"loss, {name}, batch {batch}", abs(loss - total) / abs(total), LIMIT)
        for case in family.cases:
            for what, (error, where) in found[case].items():
                c.judge(f"{what}, {case.stage} of {case.inputs[0] if isinstance(case.inputs[0], tuple) else case.inputs[0].shape}", error, LIMIT, where)
                worst[what] = max(worst.get(what, 0.0), error)
    except Exception as e:
        c.broken(f"layers, {name}", e)
    return worst
