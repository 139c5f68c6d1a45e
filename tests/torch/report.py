"""Writes docs/pytorch.md: what was compared, the errors, what differs."""
import torch

import families as of_families
import models as library


def figure(x):
    return "-" if x is None else "0" if x == 0 else f"{x:.1e}"


def shape_text(inputs):
    shape = inputs[0]
    axes = shape.shape if isinstance(shape, library.Classes) else shape
    return f"[{', '.join(map(str, axes))}]" if axes else "one number"


def stages(family):
    """the stages that were compared, each with its shapes"""
    shapes = {}
    for case in family.cases:
        stage = case.stage.replace("3 * {x} -> ", "").replace("{x}", "x").replace("{t}", "t")
        shapes.setdefault(stage, []).append(shape_text(case.inputs))
    alike = {}  # stages with the same shapes are listed together
    for stage, of in shapes.items():
        alike.setdefault(" ".join(of), []).append(f"`{stage}`")
    return "; ".join(f"{' '.join(names)}: {of}" for of, names in alike.items())


SCHEDULES = """
Schedules are compared with NumPy over whole runs by `tests/torch/schedules.py`: `step`, `cosine` and `linear` with and without warm-up, `one_over_t`, and
one of a file's own, with settings of the file and of the command line, at most 1e-9. L-BFGS is compared with liblbfgs by `tests/unit/test_lbfgs.c`: the
same minima for about as many evaluations.
"""

DIFFERENCES = """
## What differs from PyTorch

| | nnc | PyTorch |
|---|---|---|
| momentum | the rate is inside the velocity: v = mu v - lr g, w = w + v | v = mu v + g, w = w - lr v: the same while lr is constant |
| schedules | the rate of each step from the step's number; `step(lr, at=[82])` as `MultiStepLR([82])`, `cosine(lr)` as `CosineAnnealingLR(steps)` stepped every step | stepped by the program, often once an epoch |
| warm-up | lr / warmup in the first step | `LinearLR` begins with a third |
| `clip_norm` | as `clip_grad_norm_`: all gradients times c / (norm + 1e-6) where that is below 1 | the same |
| `l2(w)` | sum of squares; `lambda / 2 * l2(weights)` is a term of the loss | `weight_decay=lambda` of SGD adds lambda w to the gradient: the same |
| `weights` | parameters that multiply: no biases, no slopes of PReLU, no gains of norms | `weight_decay` acts on all parameters given to the optimizer |
| `AdamW` | decays every parameter | the same |
| default rate of SGD | 0.01 | 0.001 |
| `Dense` and convolutions start from | glorot_uniform, bias 0; `init=` | uniform up to 1/sqrt(fan_in), biases too |
| recurrent layers start from | W glorot_uniform, U orthogonal, b 0 | uniform up to 1/sqrt(units) |
| recurrent layers | one bias for a gate; a set of weights for each gate: `RecurrentGate1.W` (from x), `.U` (from h), `.b`; of an LSTM i, f, g, o in this order, of a GRU r, z, and the candidate's own `W U b` | the gates stacked in `weight_ih`, `weight_hh` (i, f, g, o; r, z, n), two biases whose sum counts (of a GRU's candidate, `b_hh` is inside the reset: here 0) |
| recurrent layers, a sequence of one step | `U` is multiplied by zeros only: it does not exist | it exists, with gradient 0 |
| `ConvTranspose2d` | W: [filters, channels / groups, k, k], the first axis is out as everywhere | [channels, filters / groups, k, k] |
| `padding=same` | with any stride: ceil(size / stride) windows, the smaller half of the border in front | `'same'` with stride 1 only |
| `max_pool2d`, `avg_pool2d` | the border counts as -inf, or as zeros; no `ceil_mode`, no dilation | the same with `count_include_pad=True`, the default |
| `BatchNorm` | one name for vectors and images, the first axis is the channel; `gamma`, `beta`, `running_mean`, `running_var` | `weight`, `bias`; `num_batches_tracked` as well |
| `BatchNorm` of a single value for a channel | variance 0, the running one keeps its share of 0 | an error |
| `LayerNorm`, `RMSNorm` | over the last axis; `eps` 1e-5 | over as many as are named; `eps` of `RMSNorm` is that of the type (2.2e-16 in f64) unless given |
| `PReLU` | a slope for each element of the last axis, from 0.25 | one slope, or one a channel |
| `MultiHeadAttention` | `Dense1` to `Dense3` make queries, keys and values, `Dense4` the result; from one sequence | `in_proj_weight` is the three stacked; keys and values may come from elsewhere |
| `cross_entropy` | over the last axis; a sample's loss is a tensor where z is: `mean(...)` of it | over axis 1, averaged |
| `binary_cross_entropy` | takes a raw score | `binary_cross_entropy_with_logits` |
| `softplus` | exact | x above 20: off by up to 2e-9 |
| derivative of relu, abs at 0 | 0 | 0 |
| equal arguments of `max` | the first gets the gradient | `max` over an axis: the first; `amax` shares it |
| `gelu` | the erf form | erf by default |
| last batch of an epoch | smaller, divided by its own size | the same in DataLoader, unless `drop_last` |
"""


def write_docs(path, gradients, families, optimizers, trainings):
    with open(path, "w") as f:
        f.write(f"""# nnc and PyTorch

Measured by `tests/torch/compare.py --write-docs docs/pytorch.md` against PyTorch {torch.__version__.split('+')[0]}, CPU. `make test` makes the same
comparisons where PyTorch is installed. An error is the largest difference / the largest number of the tensor, the worst over all tensors.

## The library

Every layer, norm, pool, activation and loss in f64 over several shapes: the outputs by a trainer's `predict`, the loss and all gradients, with
respect to the input as well, by its `gradients`; batches of {' and '.join(map(str, of_families.BATCHES))} samples. Each error must be at most {of_families.LIMIT:.0e}.

| | against | what, of which shapes | outputs | gradients |
|---|---|---|---|---|
""")
        for family, worst in families:
            f.write(f"| {family.name} | {family.against} | {stages(family)} | {figure(worst.get('outputs'))} | {figure(worst.get('gradients'))} |\n")
        f.write(f"""
A gradient that is 0 but for rounding (the bias of the keys in attention) is measured against {of_families.LEAST:.0e} of the largest of its layer.

## Trainings

From the same weights on the same batches, noise and dropout at 0 unless named: the loss of every step beside PyTorch's, in the same precision. The weights before
step k are those that `train --steps k-1` saved (of ResNet-20: made by PyTorch's optimizer from nnc's gradients; those after the last step by `train`). "End" is
the error of the weights and running statistics after the last step.

| | | steps | loss | largest difference | end |
|---|---|---|---|---|---|
""")
        for t, result in trainings:
            difference, first, last, end = result or (None, 0, 0, None)
            f.write(f"| {t.name}, {t.real} | {t.what} | {t.steps} | {first:.4f} to {last:.4f} | {figure(difference)} | {figure(end) if t.real == 'f64' else ''} |\n")
        f.write(f"""
The losses must agree within 1e-4 in f32, in f64 BatchNorm's within 1e-9. `BatchNorm` sees 101 records in batches of 37, the last of each epoch 27; its outputs in
evaluation mode, by the running statistics, agree as well. ResNet-20 is
compared in f64: in f32 rounding grows from step to step, and the losses of PyTorch itself leave those in f64 by 0.2 within 20 steps, by 0.03 with a twentieth of the rate.

## Equations and steps

Small models, most of them in index notation: the same weights and the same batch (37 samples) given to a trainer's command `gradients` and to autograd. PyTorch computes in
f64, for the f32 program from the numbers as rounded to f32. The error must be at most {library.LIMIT['f64']:.0e} in f64 and {library.LIMIT['f32']:.0e} in f32. "A step" is how
far one training step of SGD(lr=1) in f64 moves the weights, against the same gradient. The last column is PyTorch's own error in f32.

| model | what is compared | f64 | a step | f32 | PyTorch f32 |
|---|---|---|---|---|---|
""")
        for m, e in gradients:
            f.write(f"| {m.name} | {m.what} | {figure(e.get('f64'))} | {figure(e.get('step'))} | {figure(e.get('f32'))} | {figure(e.get('torch'))} |\n")
        f.write(f"""
## Optimizers

{library.STEPS} steps in f64 on a net 6-16-16-4 (tanh, cross entropy, l2), {library.RECORDS} records in batches of {library.BATCH}, the last of each epoch {library.RECORDS % library.BATCH}, not
shuffled. The error of the weights after the last step; at most {library.OPTIMIZER_LIMIT:.0e}.

| in nnc | against | error |
|---|---|---|
""")
        for optimizer, reference, e in optimizers:
            f.write(f"| `{optimizer}` | `{reference}` | {figure(e)} |\n")
        f.write(SCHEDULES + DIFFERENCES)
