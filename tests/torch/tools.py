"""What the comparisons with NumPy and PyTorch share: programs to run, safetensors files, errors, verdicts."""
import json
import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

DTYPES = {"F32": np.float32, "F64": np.float64}
QUICK_COMPILER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cc")


def read_safetensors(path):
    with open(path, "rb") as f:
        header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
        data = f.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, t in header.items():
        first, last = t["data_offsets"]
        tensors[name] = np.frombuffer(data[first:last], DTYPES[t["dtype"]]).reshape(t["shape"]).copy()
    return tensors, metadata


def write_safetensors(path, tensors):
    header, at = {}, 0
    for name, t in tensors.items():
        header[name] = {"dtype": "F32" if t.dtype == np.float32 else "F64", "shape": list(t.shape), "data_offsets": [at, at + t.nbytes]}
        at += t.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(len(text).to_bytes(8, "little") + text)
        for t in tensors.values():
            f.write(t.tobytes())


def run(*command, cwd=None, **environment):
    done = subprocess.run([str(c) for c in command], cwd=cwd, env=dict(os.environ, **environment), capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def largest_error(got, expected, least=1e-8):
    """over all tensors: largest difference / largest number of the tensor (no less than `least` of the largest of all)"""
    if set(got) != set(expected):
        raise RuntimeError(f"tensors {sorted(got)} instead of {sorted(expected)}")
    overall = max(np.abs(e).max() for e in expected.values())
    worst, where = 0.0, ""
    for name, e in expected.items():
        if got[name].shape != e.shape:
            raise RuntimeError(f"{name} is {got[name].shape} instead of {e.shape}")
        error = np.abs(got[name].astype(np.float64) - e).max() / max(np.abs(e).max(), least * overall)
        if not error <= worst:
            worst, where = float(error), name
    return worst, where


class Comparison:
    def __init__(self, arguments):
        self.nnc, self.work = os.path.abspath(arguments.nnc), arguments.work
        self.passed = self.failed = 0
        self.lock = threading.Lock()

    def build(self, name, text, real, defines=()):
        source = os.path.join(self.work, name + ".nn")
        with open(source, "w") as f:
            f.write(text)
        return self.build_file(source, name, real, defines)

    def build_file(self, source, name, real, defines=(), level="-O0"):
        """level: of optimisation; what trains for long is faster with -O1 in all"""
        program = os.path.join(self.work, f"{name}_{real}")
        run(self.nnc, "build", source, f"--real={real}", f"--cc={QUICK_COMPILER}", *[word for d in defines for word in ("-D", d)], "-o", program, LEVEL=level)
        return program

    def together(self, function, rows):
        """function(row) for each row, a row a processor; the results in order"""
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            return list(pool.map(function, rows))

    def judge(self, what, error, limit, where=""):
        good = bool(error <= limit)
        with self.lock:
            self.passed += good
            self.failed += not good
            print(f"{'ok' if good else 'FAILED'}: {what}: {error:.1e}{'' if good else f' in {where}, at most {limit:.0e} expected'}", flush=True)

    def broken(self, what, error):
        with self.lock:
            self.failed += 1
            print(f"FAILED: {what}: {error}", flush=True)
