"""The models that compare.py gives to nnc and to PyTorch: each once in the .nn language, once as a function of PyTorch.

A torch function gets w (the weights by their path in nnc), x (the inputs by name, with the batch as the first axis) and gives the loss
of each sample; the penalty, if there is one, is a second function of w alone.  Data are drawn by `draw`: name -> shape, or (classes,) for
whole numbers below that.
"""
import math

import torch
import torch.nn.functional as F

LIMIT = {"f64": 1e-10, "f32": 1e-5}  # of gradients and single steps
OPTIMIZER_LIMIT, STEPS, RECORDS, BATCH = 1e-9, 200, 100, 32  # of runs with an optimizer


class Model:
    def __init__(self, name, what, text, loss, draw, penalty=None, batch=37, defines=(), replay=False):
        self.name, self.what, self.text, self.loss, self.draw = name, what, text, loss, draw
        self.penalty, self.batch, self.defines = penalty, batch, defines
        self.replay = replay  # x also has what the step drew, as "draws.PATH", from `gradients --draws`


class Classes:
    def __init__(self, n, *shape):
        self.n, self.shape = n, shape


def dense(w, name, x):
    y = x @ w[name + ".W"].T
    return y + w[name + ".b"] if name + ".b" in w else y


def mse(y, t):
    return ((y - t) ** 2).flatten(1).mean(1)


def ce(z, t):
    return F.cross_entropy(z, t, reduction="none")


def pick(rows, t):
    return rows.gather(1, t[:, None])[:, 0]


models = []


def model(*args, **more):
    models.append(Model(*args, **more))


# ---- layers ---------------------------------------------------------------------------------------------------------------

model("Dense", "`Dense`, mse", """
model M {
  input  x: [7]
  target t: [5]
  y = x -> Dense(5)
  loss = mse(y, t)
}
""", lambda w, x: mse(dense(w, "Dense1", x["x"]), x["t"]), {"x": (7,), "t": (5,)})

model("Dense, bias=false", "`Dense(5, bias=false)`, mse", """
model M {
  input  x: [7]
  target t: [5]
  y = x -> Dense(6, bias=false) -> tanh -> Dense(5, bias=false)
  loss = mse(y, t)
}
""", lambda w, x: mse(dense(w, "Dense2", torch.tanh(dense(w, "Dense1", x["x"]))), x["t"]), {"x": (7,), "t": (5,)})

model("PReLU", "`PReLU` between two `Dense`, mse", """
model M {
  input  x: [7]
  target t: [5]
  y = x -> Dense(9) -> PReLU -> Dense(5)
  loss = mse(y, t)
}
""", lambda w, x: mse(dense(w, "Dense2", F.prelu(dense(w, "Dense1", x["x"]), w["PReLU1.a"])), x["t"]), {"x": (7,), "t": (5,)})

model("odd sizes", "101-67-70-13 relu, batch 130, cross_entropy", """
model M {
  input  x: [101]
  target t: 0..12
  y = x -> Dense(67) -> relu -> Dense(70) -> relu -> Dense(13)
  loss = cross_entropy(y, t)
}
""", lambda w, x: ce(dense(w, "Dense3", F.relu(dense(w, "Dense2", F.relu(dense(w, "Dense1", x["x"]))))), x["t"]),
      {"x": (101,), "t": Classes(13)}, batch=130)

model("mapped Dense", "one `Dense` on each row of `[6, 5]`, mean over the rows", """
model M {
  input  x: [6, 5]
  target t: 0..3
  h = x -> Dense(8) -> tanh
  m[j] = mean(i) h[i,j]
  y = m -> Dense(4)
  loss = cross_entropy(y, t)
}
""", lambda w, x: ce(dense(w, "Dense2", torch.tanh(dense(w, "Dense1", x["x"])).mean(1)), x["t"]), {"x": (6, 5), "t": Classes(4)})

model("shared layer", "`layer enc = Dense(6)` called three times, `l2(enc.W)`", """
model M {
  input  a: [6]
  input  b: [6]
  target t: [6]
  layer enc = Dense(6)
  u = a -> enc -> tanh
  v = b -> enc -> tanh -> enc
  loss = mse(u * v, t) + 0.01 * l2(enc.W)
}
""", lambda w, x: mse(torch.tanh(dense(w, "enc", x["a"])) * dense(w, "enc", torch.tanh(dense(w, "enc", x["b"]))), x["t"]),
      {"a": (6,), "b": (6,), "t": (6,)}, penalty=lambda w: 0.01 * (w["enc.W"] ** 2).sum())


def residual(w, x):
    h = x["x"]
    for k in (1, 2, 3):
        h = h + F.relu(dense(w, f"Block{k}.Dense1", h))
    return ce(dense(w, "Dense1", h), x["t"])


model("residual blocks", "`repeat 3 { h = h + (h -> Block) }`", """
layer Block(x: [n]) = x -> Dense(n) -> relu
model M {
  input  x: [8]
  target t: 0..3
  h = x
  repeat 3 { h = h + (h -> Block) }
  y = h -> Dense(4)
  loss = cross_entropy(y, t)
}
""", residual, {"x": (8,), "t": Classes(4)})

# ---- activations ----------------------------------------------------------------------------------------------------------

for name, function in [("relu", F.relu), ("leaky_relu", lambda z: F.leaky_relu(z, 0.01)), ("elu", F.elu), ("selu", F.selu), ("gelu", F.gelu),
                       ("silu", F.silu), ("sigmoid", torch.sigmoid), ("tanh", torch.tanh), ("softplus", F.softplus)]:
    model(name, f"`{name}` between two `Dense`, mse; by `-D act={name}`", """
let act = identity
model M {
  input  x: [7]
  target t: [5]
  y = x -> Dense(18) -> act -> Dense(5)
  loss = mse(y, t)
}
""", lambda w, x, f=function: mse(dense(w, "Dense2", f(dense(w, "Dense1", x["x"]))), x["t"]), {"x": (7,), "t": (5,)}, defines=[f"act={name}"])

model("softmax", "`softmax` as a layer, mse", """
model M {
  input  x: [7]
  target t: [5]
  y = x -> Dense(5) -> softmax
  loss = mse(y, t)
}
""", lambda w, x: mse(torch.softmax(dense(w, "Dense1", x["x"]), 1), x["t"]), {"x": (7,), "t": (5,)})

model("log_softmax", "`log_softmax`, the loss `-l[t]`", """
model M {
  input  x: [7]
  target t: 0..4
  l = x -> Dense(5) -> log_softmax
  loss = -l[t]
}
""", lambda w, x: -pick(torch.log_softmax(dense(w, "Dense1", x["x"]), 1), x["t"]), {"x": (7,), "t": Classes(5)})

# ---- losses and penalties -------------------------------------------------------------------------------------------------

model("cross_entropy", "`cross_entropy`, scores up to 100", """
model M {
  input  x: [7]
  target t: 0..4
  y = 30 * (x -> Dense(5))
  loss = cross_entropy(y, t)
}
""", lambda w, x: ce(30 * dense(w, "Dense1", x["x"]), x["t"]), {"x": (7,), "t": Classes(5)})

model("binary_cross_entropy", "`binary_cross_entropy` of a score", """
model M {
  input  x: [7]
  target t: 0..1
  z = x -> Dense(6) -> tanh -> Dense(1)
  loss = binary_cross_entropy(z, t)
}
""", lambda w, x: F.binary_cross_entropy_with_logits(dense(w, "Dense2", torch.tanh(dense(w, "Dense1", x["x"])))[:, 0],
                                                     x["t"].to(x["x"].dtype), reduction="none"), {"x": (7,), "t": Classes(2)})

model("mae", "`mae`", """
model M {
  input  x: [7]
  target t: [5]
  y = x -> Dense(5)
  loss = mae(y, t)
}
""", lambda w, x: (dense(w, "Dense1", x["x"]) - x["t"]).abs().mean(1), {"x": (7,), "t": (5,)})

for delta in (1, 0.3):
    argument = "" if delta == 1 else f", d={delta}"
    model(f"huber{argument}", f"`huber(y, t{argument})`", f"""
model M {{
  input  x: [7]
  target t: [5]
  y = x -> Dense(5)
  loss = huber(y, t{argument})
}}
""", lambda w, x, d=delta: F.huber_loss(dense(w, "Dense1", x["x"]), x["t"], reduction="none", delta=d).mean(1), {"x": (7,), "t": (5,)})


model("l1, l2", "`l1(Dense.W)` and `lambda / 2 * l2(weights)`: biases are outside", """
let lambda = 0.003
model M {
  input  x: [7]
  target t: 0..4
  layer first = Dense(6)
  y = x -> first -> tanh -> Dense(5)
  loss = cross_entropy(y, t) + 0.01 * l1(first.W) + lambda / 2 * l2(weights)
}
""", lambda w, x: ce(dense(w, "Dense1", torch.tanh(dense(w, "first", x["x"]))), x["t"]), {"x": (7,), "t": Classes(5)},
      penalty=lambda w: 0.01 * w["first.W"].abs().sum() + 0.003 / 2 * sum((w[k] ** 2).sum() for k in ("first.W", "Dense1.W")))

# ---- index notation -------------------------------------------------------------------------------------------------------

model("other index names", "`h[a] = sum(b) V[a,b] * x[b] + c[a]`", """
model M {
  input  x: [11]
  target t: 0..4
  param V: [9, 11] ~ glorot_uniform
  param c: [9] = 0
  param U: [5, 9] ~ normal(0, 0.3)
  h[a] = tanh(sum(b) V[a,b] * x[b] + c[a])
  z[q] = sum(r) U[q,r] * h[r]
  loss = cross_entropy(z, t)
}
""", lambda w, x: ce(torch.tanh(x["x"] @ w["V"].T + w["c"]) @ w["U"].T, x["t"]), {"x": (11,), "t": Classes(5)})

model("transposed weights", "`h[j] = sum(i) W[i,j] * x[i]`", """
model M {
  input  x: [11]
  target t: 0..4
  param W: [11, 9] ~ normal(0, 0.3)
  param U: [9, 5] ~ normal(0, 0.3)
  h[j] = relu(sum(i) W[i,j] * x[i])
  z[k] = sum(j) U[j,k] * h[j]
  loss = cross_entropy(z, t)
}
""", lambda w, x: ce(F.relu(x["x"] @ w["W"]) @ w["U"], x["t"]), {"x": (11,), "t": Classes(5)})

model("three indices", "`h[a,b] = sum(c,d) W[a,b,c,d] * x[c,d] + v[a,b]`", """
model M {
  input  x: [4, 6]
  target t: 0..4
  param W: [3, 5, 4, 6] ~ normal(0, 0.2)
  param v: [3, 5] = 0
  param U: [5, 3, 5] ~ normal(0, 0.3)
  h[a,b] = tanh(sum(c,d) W[a,b,c,d] * x[c,d] + v[a,b])
  z[k] = sum(a,b) U[k,a,b] * h[a,b]
  loss = cross_entropy(z, t)
}
""", lambda w, x: ce(torch.einsum("kab,nab->nk", w["U"], torch.tanh(torch.einsum("abcd,ncd->nab", w["W"], x["x"]) + w["v"])), x["t"]),
      {"x": (4, 6), "t": Classes(5)})

model("`@` and `.T`", "`U @ tanh(W.T @ x + b)`", """
model M {
  input  x: [11]
  target t: 0..4
  param W: [11, 9] ~ normal(0, 0.3)
  param b: [9] = 0
  param U: [5, 9] ~ normal(0, 0.3)
  z = U @ tanh(W.T @ x + b)
  loss = cross_entropy(z, t)
}
""", lambda w, x: ce(torch.tanh(x["x"] @ w["W"] + w["b"]) @ w["U"].T, x["t"]), {"x": (11,), "t": Classes(5)})

model("written-out softmax and log", "`p[k] = exp(z[k]) / sum(j) exp(z[j])`, loss `-log(p[t])`", """
model M {
  input  x: [7]
  target t: 0..4
  z = x -> Dense(5)
  p[k] = exp(z[k]) / sum(j) exp(z[j])
  loss = -log(p[t])
}
""", lambda w, x: -pick(torch.log_softmax(dense(w, "Dense1", x["x"]), 1), x["t"]), {"x": (7,), "t": Classes(5)})

model("quadratic forms", "`y[k] = sum(i,j) A[k,i,j] * x[i] * x[j] + sum(i) W[k,i] * x[i]`", """
model M {
  input  x: [6]
  target t: [4]
  param A: [4, 7, 7] ~ normal(0, 0.2)
  param W: [4, 7] ~ normal(0, 0.3)
  h = x -> Dense(7)
  y[k] = sum(i, j) A[k,i,j] * h[i] * h[j] + sum(i) W[k,i] * h[i]
  loss = mse(y, t)
}
""", lambda w, x: (lambda h: mse(torch.einsum("kij,ni,nj->nk", w["A"], h, h) + h @ w["W"].T, x["t"]))(dense(w, "Dense1", x["x"])),
      {"x": (6,), "t": (4,)})


def attention(w, x):
    q, k, v = (x["x"] @ w[name] for name in ("Q", "K", "V"))
    p = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(4), 2)
    return ce(torch.einsum("nij,nja->na", p, v) @ w["U"].T, x["t"])


model("attention", "matrix products of two values, `softmax` of each row", """
model M {
  input  x: [5, 6]
  target t: 0..2
  param Q: [6, 4] ~ normal(0, 0.4)
  param K: [6, 4] ~ normal(0, 0.4)
  param V: [6, 4] ~ normal(0, 0.4)
  param U: [3, 4] ~ normal(0, 0.4)
  q = x @ Q
  k = x @ K
  v = x @ V
  p = softmax(q @ k.T / sqrt(4))
  h[a] = sum(i, j) p[i,j] * v[j,a]
  z = U @ h
  loss = cross_entropy(z, t)
}
""", attention, {"x": (5, 6), "t": Classes(3)})

model("windows", "`y[i] = sum(u) k[u] * x[i+u]`, twice", """
model M {
  input  x: [12]
  target t: [8]
  param f: [3] ~ normal(0, 0.5)
  param g: [3] ~ normal(0, 0.5)
  h[i] = tanh(sum(u) f[u] * x[i+u])
  y[i] = sum(u) g[u] * h[i+u]
  loss = mse(y, t)
}
""", lambda w, x: mse(F.conv1d(torch.tanh(F.conv1d(x["x"][:, None], w["f"][None, None])), w["g"][None, None])[:, 0], x["t"]),
      {"x": (12,), "t": (8,)})

model("max and mean", "`max(i) h[i,j]`, `mean(i) h[i,j]`", """
model M {
  input  x: [6, 5]
  target t: [4]
  param W: [4, 5] ~ normal(0, 0.4)
  h[i,j] = sum(k) W[j,k] * x[i,k]
  a[j] = max(i) h[i,j]
  b[j] = mean(i) h[i,j]^2
  loss = mse(a + b, t)
}
""", lambda w, x: (lambda h: mse(h.max(1).values + (h ** 2).mean(1), x["t"]))(x["x"] @ w["W"].T), {"x": (6, 5), "t": (4,)})


def scalars(w, x):
    a, b = x["x"] @ w["W"].T, x["x"] @ w["V"].T
    y = torch.sin(a) * torch.cos(b) + torch.exp(-(a ** 2)) + torch.log(1 + b ** 2) + torch.sqrt(2 + torch.sin(a)) + torch.erf(b) + (1 + a ** 2) ** torch.tanh(b) \
        + (a.abs() * a.detach()) / 3
    return mse(y, x["t"])


model("scalar functions", "sin cos exp log sqrt erf abs `^` stop_gradient", """
model M {
  input  x: [6]
  target t: [4]
  param W: [4, 6] ~ normal(0, 0.4)
  param V: [4, 6] ~ normal(0, 0.4)
  a = W @ x
  b = V @ x
  y = sin(a) * cos(b) + exp(-a^2) + log(1 + b^2) + sqrt(2 + sin(a)) + erf(b) + (1 + a^2)^tanh(b) + abs(a) * stop_gradient(a) / 3
  loss = mse(y, t)
}
""", scalars, {"x": (6,), "t": (4,)})


def choices(w, x):
    a = x["x"] @ w["W"].T
    return mse(torch.where(a > 0, 2.0, 1.0) * a + torch.where((a > 0.5) & (x["t"] < 1), a ** 2, -a), x["t"])


def chosen_penalty(w):
    W = w["W"]
    return 0.1 * ((torch.where(W > 0, 2.0, 1.0) + torch.where(W > 0.1, 3.0, 1.0)) * W ** 2).sum()


model("choices", "`if` on values, between whole numbers, with `and`; in a penalty, too", """
model M {
  input  x: [6]
  target t: [4]
  param W: [4, 6] ~ normal(0, 0.4)
  a = W @ x
  y = (if a > 0 then 2 else 1) * a + (if a > 0.5 and t < 1 then a^2 else -a)
  loss = mse(y, t) + 0.1 * sum(i,j) ((if W[i,j] > 0 then 2 else 1) + (if W[i,j] > 0.1 then 3 else 1)) * W[i,j]^2
}
""", choices, {"x": (6,), "t": (4,)}, penalty=chosen_penalty)


def embedding(w, x):
    rows = x["x"].unflatten(1, (4, 3))
    return mse(torch.einsum("nij,kji->nk", torch.tanh(rows), w["W"]), x["t"])


model("`/` and `%` in subscripts", "`y[k] = sum(p) W[k, p % 3, p / 3] * tanh(x[p])`", """
model M {
  input  x: [12]
  target t: [5]
  param W: [5, 3, 4] ~ normal(0, 0.4)
  y[k] = sum(p in 0..11) W[k, p % 3, p / 3] * tanh(x[p])
  loss = mse(y, t)
}
""", embedding, {"x": (12,), "t": (5,)})

model("reversed", "`h[i] = tanh(W[11-i] * x[11-i])`, `y[j] = h[2*j] + h[2*j+1] * W[j]`", """
model M {
  input  x: [12]
  target t: [6]
  param W: [12] ~ normal(0, 1)
  h[i in 0..11] = tanh(W[11-i] * x[11-i])
  y[j in 0..5] = h[2*j] + h[2*j+1] * W[j]
  loss = mse(y, t)
}
""", lambda w, x: (lambda h: mse(h[:, 0::2] + h[:, 1::2] * w["W"][:6], x["t"]))(torch.tanh(w["W"] * x["x"]).flip(1)), {"x": (12,), "t": (6,)})

model("products of parameters", "`y[i] = A[i] * B[i] * x[i] + sum(j,k) C[i,j] * D[j,k] * x[k]`: each gradient reads the other parameter", """
model M {
  input  x: [6]
  target t: [6]
  param A: [6] ~ normal(0, 1)
  param B: [6] ~ normal(0, 1)
  param C: [6, 3] ~ normal(0, 0.4)
  param D: [3, 6] ~ normal(0, 0.4)
  y[i] = A[i] * B[i] * x[i] + sum(j,k) C[i,j] * D[j,k] * x[k]
  loss = mse(y, t) + 0.01 * sum(i) A[i]^2 * B[i]
}
""", lambda w, x: mse(w["A"] * w["B"] * x["x"] + x["x"] @ (w["C"] @ w["D"]).T, x["t"]), {"x": (6,), "t": (6,)},
      penalty=lambda w: 0.01 * (w["A"] ** 2 * w["B"]).sum())

# ---- optimizers -----------------------------------------------------------------------------------------------------------


def dropped(x, path, p, h):
    return torch.where(x["draws." + path] < p, torch.zeros_like(h), h / (1 - p))


model("Dropout, GaussianNoise", "a step with noise, its draws replayed in PyTorch", """
model M {
  input  x: [3, 7]
  target t: 0..2
  h = x -> GaussianNoise(0.3) -> Dense(6) -> tanh -> Dropout(0.4)
  y = flatten(h) -> Dense(11) -> relu -> Dropout(0.2) -> Dense(3)
  loss = cross_entropy(y, t)
}
""", lambda w, x: ce(dense(w, "Dense3", dropped(x, "Dropout2.uniform1", 0.2, torch.relu(dense(w, "Dense2", dropped(
    x, "Dropout1.uniform1", 0.4, torch.tanh(dense(w, "Dense1", x["x"] + 0.3 * x["draws.GaussianNoise1.normal1"]))).flatten(1))))), x["t"]),
    {"x": (3, 7), "t": Classes(3)}, replay=True)


SGD_LECTURE = "v = mu v - lr g; w = w + v"
SGD_NESTEROV = "v = mu v - lr g; w = w + mu v - lr g"

optimizers = [  # in nnc, the reference in words, what makes it; a pair (mu, nesterov) is the lecture's velocity, written out in compare.py
    ("SGD(lr=0.1)", "torch.optim.SGD", lambda p: torch.optim.SGD(p, lr=0.1)),
    ("SGD(lr=0.05, momentum=0.9)", "torch.optim.SGD", lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)),
    ("SGD(lr=0.05, momentum=0.9)", SGD_LECTURE, (0.05, 0.9, False)),
    ("SGD(lr=0.05, momentum=0.9, nesterov=true)", "torch.optim.SGD", lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True)),
    ("SGD(lr=0.05, momentum=0.9, nesterov=true)", SGD_NESTEROV, (0.05, 0.9, True)),
    ("RMSprop(lr=1e-3)", "torch.optim.RMSprop", lambda p: torch.optim.RMSprop(p, lr=1e-3)),
    ("RMSprop(lr=2e-3, alpha=0.9, eps=1e-6)", "torch.optim.RMSprop", lambda p: torch.optim.RMSprop(p, lr=2e-3, alpha=0.9, eps=1e-6)),
    ("Adagrad(lr=0.05)", "torch.optim.Adagrad", lambda p: torch.optim.Adagrad(p, lr=0.05)),
    ("Adam()", "torch.optim.Adam", torch.optim.Adam),
    ("Adam(lr=5e-3, beta1=0.8, beta2=0.99, eps=1e-6)", "torch.optim.Adam",
     lambda p: torch.optim.Adam(p, lr=5e-3, betas=(0.8, 0.99), eps=1e-6)),
    ("AdamW()", "torch.optim.AdamW", torch.optim.AdamW),
    ("AdamW(lr=5e-3, weight_decay=0.1)", "torch.optim.AdamW", lambda p: torch.optim.AdamW(p, lr=5e-3, weight_decay=0.1)),
]
clipped = [  # the same with a clip_norm, in the file and changed on the command line: None, or the norm given there
    ("SGD(lr=0.5, momentum=0.9)", 0.1, None, lambda p: torch.optim.SGD(p, lr=0.5, momentum=0.9)),
    ("SGD(lr=0.5, momentum=0.9)", 0.1, 0.4, lambda p: torch.optim.SGD(p, lr=0.5, momentum=0.9)),
    ("AdamW(lr=5e-3, weight_decay=0.1)", 0.3, None, lambda p: torch.optim.AdamW(p, lr=5e-3, weight_decay=0.1)),
    ("SGD(lr=0.5)", 0.01, 0, lambda p: torch.optim.SGD(p, lr=0.5)),
]

OPTIMIZER_PENALTY = 1e-3
optimizer_text = """
model M {{
  input  x: [6]
  target t: 0..3
  y = x -> Dense(16) -> tanh -> Dense(16) -> tanh -> Dense(4)
  loss = cross_entropy(y, t) + {penalty} * l2(weights)
}}
train M {{
  data {{
    x = npy("x.npy")
    t = npy("t.npy")
  }}
  optimizer = {optimizer}
  {more}
  batch_size = 32
  epochs = 50
  shuffle = false
}}
"""


def optimizer_loss(w, x):
    return ce(dense(w, "Dense3", torch.tanh(dense(w, "Dense2", torch.tanh(dense(w, "Dense1", x["x"]))))), x["t"])
