"""The spiral model inside a Python program: NumPy arrays through ctypes, no copy, no other package.

    build/nnc emit examples/spiral.nn -o build/embed-spiral
    cc -std=c11 -O3 -march=native -ffp-contract=off -fno-math-errno -fPIC -shared build/embed-spiral/spiral.c -o build/embed-spiral/spiral.so
    python3 examples/embed/embed.py build/embed-spiral/spiral.so examples/spiral.csv [WEIGHTS.safetensors]

Trains as embed.c does, to the same bits.  With the package safetensors the weights are written to WEIGHTS.safetensors, which a trainer takes:
./spiral test --weights WEIGHTS.safetensors.
"""
import ctypes
import sys

import numpy as np

BATCH, EPOCHS = 45, 100
NN_PARAM, NN_TRAIN = 0, 1  # from spiral.h


class Tensor(ctypes.Structure):  # struct nn_tensor
    _fields_ = [("path", ctypes.c_char_p), ("role", ctypes.c_int), ("optimizer", ctypes.c_int), ("rank", ctypes.c_int),
                ("shape", ctypes.c_size_t * 8), ("count", ctypes.c_size_t), ("offset", ctypes.c_size_t)]


class When(ctypes.Structure):  # struct nn_when
    _fields_ = [("step", ctypes.c_uint64), ("steps", ctypes.c_uint64), ("epoch", ctypes.c_double)]


def array(dtype, *shape):
    return np.ctypeslib.ndpointer(dtype, len(shape), shape if all(shape) else None, "C_CONTIGUOUS")


class Spiral:
    """The model, in memory that belongs to a NumPy array; parameters are views of it."""

    def __init__(self, library, seed):
        self.c = ctypes.CDLL(library)
        reals, targets, sums = array(np.float32, 0, 0), array(np.int32, 0), array(np.float64, 0)
        self.c.spiral_memory.restype = ctypes.c_size_t
        self.c.spiral_memory.argtypes = [ctypes.c_size_t, ctypes.c_int]
        self.c.spiral_open.restype = ctypes.c_void_p
        self.c.spiral_open.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int]
        self.c.spiral_start.argtypes = [ctypes.c_void_p, ctypes.c_uint64]
        self.c.spiral_prepare.argtypes = [ctypes.c_void_p]
        self.c.spiral_step.argtypes = [ctypes.c_void_p, ctypes.c_int, sums, When, ctypes.c_size_t, reals, targets, sums]
        self.c.spiral_evaluate.argtypes = [ctypes.c_void_p, ctypes.c_size_t, reals, targets, sums]
        self.c.spiral_predict.argtypes = [ctypes.c_void_p, ctypes.c_size_t, reals, reals]
        size = self.c.spiral_memory(BATCH, NN_TRAIN)
        memory = np.zeros(size + 64, np.uint8)
        start = -memory.ctypes.data % 64
        self.memory = memory[start:start + size]
        self.m = self.c.spiral_open(self.memory.ctypes.data, size, BATCH, NN_TRAIN)
        if not self.m:
            raise MemoryError("the model does not fit its memory")
        self.c.spiral_start(self.m, seed)

    def tensors(self):
        """{"Dense1.W": view of [out, in], ...}: to read, and to change before prepare()"""
        count = ctypes.c_size_t.in_dll(self.c, "spiral_tensor_count").value
        table = (Tensor * count).in_dll(self.c, "spiral_tensors")
        return {t.path.decode(): self.memory[t.offset:t.offset + 4 * t.count].view(np.float32).reshape(t.shape[:t.rank])
                for t in table if t.role == NN_PARAM}

    def step(self, adam, when, x, t, sums):
        if self.c.spiral_step(self.m, 0, adam, when, len(x), x, t, sums):
            raise FloatingPointError("the loss is not finite")

    def evaluate(self, x, t):
        sums = np.zeros(2)
        self.c.spiral_prepare(self.m)
        self.c.spiral_evaluate(self.m, len(x), x, t, sums)
        return sums / len(x)

    def predict(self, x):
        x, p = np.ascontiguousarray(x, np.float32), np.empty((len(x), 3), np.float32)
        self.c.spiral_prepare(self.m)
        self.c.spiral_predict(self.m, len(x), x, p)
        return p


def main():
    library, path = sys.argv[1:3]
    rows = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.float32)
    x, t = np.ascontiguousarray(rows[:, :2]), rows[:, 2].astype(np.int32)
    model = Spiral(library, seed=1)
    adam = np.array([1e-2, 0.9, 0.999, 1e-8])  # lr, beta1, beta2, eps: the order stands in spiral.h
    step = 0
    for epoch in range(EPOCHS):
        sums = np.zeros(2)
        for first in range(0, len(x), BATCH):
            step += 1
            when = When(step, EPOCHS * len(x) // BATCH, epoch + first / len(x))
            model.step(adam, when, x[first:first + BATCH], t[first:first + BATCH], sums)
    loss, acc = model.evaluate(x, t)
    print(f"evaluated: loss {loss:.4f}  acc {100 * acc:.1f} %")
    p = model.predict([[0.5, 0.5]])[0]
    print(f"(0.5, 0.5) is on arm 0, 1, 2 with {p[0]:.4f}, {p[1]:.4f}, {p[2]:.4f}")
    if len(sys.argv) > 3:
        from safetensors.numpy import save_file
        save_file({name: np.array(w) for name, w in model.tensors().items()}, sys.argv[3])


main()
