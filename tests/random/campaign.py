#!/usr/bin/env python3
"""Random models, one after the other: nnc accepts each, the generated C has the interpreter's bits, the derivative is that of differences.

    campaign.py [--first SEED] [--count N] [--jobs N] [--full] [--work FOLDER] [--no-shrink]

A model is built once, by one of the compilers at one of the levels for one of the targets, turn by turn; --full builds it twice, the second
time optimised.  One that fails is made simpler as long as it fails in the same way, and printed.  BUILD names the build, with nnc,
random_compare and random_check (tests/suites/random.sh makes them).  The last line: N passed, N failed.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import threading

from draws import Draws, shrink
from generate import model

BUILD = os.environ.get("BUILD", "build")
SECONDS = 60
FLAGS = ["-std=c11", "-ffp-contract=off", "-fno-math-errno", "-w", "-shared", "-fPIC", "-Wl,-Bsymbolic"]
KINKS, UNMEASURED = 0.10, 0.20  # shares of all places that may go without a comparison


def has(word):
    with open("/proc/cpuinfo") as f:
        return re.search(rf"\b{word}\b", f.read()) is not None


def ways():
    """compiler, level, target, kind of real, family: the turns that models take"""
    clang = next((c for c in ("clang-19", "clang") if shutil.which(c)), None)
    gcc = shutil.which("gcc")
    targets = (["x86-64-v3"] if has("avx2") and has("fma") else []) + (["x86-64-v4"] if has("avx512vl") and has("avx512dq") else [])
    fused = [(c, target, "f32", "fused") for c in (clang, gcc) if c for target in targets]
    turns = fused + [(c, target, "f64", "fused") for c, target, _, _ in fused[-1:]] + [(c, "x86-64", "f32", "unfused") for c in (clang, gcc) if c][:1]
    return turns


def run(command, work):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        return done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        return 124, f"{command[0]} takes more than {SECONDS} s\n"


class Failure(Exception):
    """kind: what has to stay the same while a model is made simpler"""

    def __init__(self, kind, text):
        super().__init__(kind)
        self.kind, self.text = kind, text


def first_line(text, word):
    return next((line for line in text.splitlines() if word in line), text[:200].strip())


def try_derivative(path):
    status, text = run([f"{BUILD}/random_check", path], None)
    if status == 0 and text.startswith("ok"):
        return [int(n) for n in re.findall(r"(\d+) (?:places|at a kink|not measured)", text)]
    if status == 1:
        raise Failure("derivative", text)
    if status == 2:
        raise Failure("refused", text)
    raise Failure(f"check ends with {status}", text)


def try_bits(path, folder, way, level):
    compiler, target, real, family = way
    status, text = run([f"{BUILD}/nnc", "emit", path, f"--real={real}", "-o", folder], None)
    if status == 1:
        code = re.search(r"error\[([a-z-]+)\]", text)
        raise Failure(f"refused: {code.group(1) if code else 'no code'}", text)
    if status:
        raise Failure(f"nnc ends with {status}", text)
    built = os.path.join(folder, "model.so")
    sources = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".c"))
    status, text = run([compiler, level, f"-march={target}", f"-I{folder}", *FLAGS, *sources, "tests/compare/trainer_stub.c", "-o", built], None)
    if status:
        raise Failure("the C does not compile", first_line(text, "error") + "\n")
    status, text = run([f"{BUILD}/random_compare", path, "--real", real, "--family", family, "--batches", "1,19", built], None)
    if status or "1 passed, 0 failed" not in text:
        raise Failure("bits", text)


def try_model(text, folder, turn, full):
    """places, kinks, unmeasured"""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "random.nn")
    with open(path, "w") as f:
        f.write(text)
    turns = ways()
    try_bits(path, os.path.join(folder, "c"), turns[turn % len(turns)], "-O0" if turn % 5 else "-O2")
    if full:
        try_bits(path, os.path.join(folder, "c2"), turns[(turn + 1 + turn // len(turns)) % len(turns)], "-O3")
    return try_derivative(path)


class Campaign:
    def __init__(self, options):
        self.options, self.lock = options, threading.Lock()
        self.passed = self.failed = 0
        self.measured = [0, 0, 0]

    def folder(self):
        return os.path.join(self.options.work, f"{os.getpid()}-{threading.get_ident()}")

    def attempt(self, draws, seed):
        text = model(draws)
        folder = self.folder()
        shutil.rmtree(folder, ignore_errors=True)
        return text, try_model(text, folder, seed, self.options.full)

    def simplest(self, draws, seed, kind):
        def fails(choices):
            again = Draws(replay=choices)
            try:
                self.attempt(again, seed)
            except Failure as failure:
                return (again.made, again.parts) if failure.kind == kind else None
            return None

        choices = shrink(draws.made, draws.parts, fails, self.options.trials)
        again = Draws(replay=choices)
        text = model(again)
        try:
            self.attempt(Draws(replay=choices), seed)
        except Failure as failure:
            return text, failure
        return text, None

    def one(self, seed):
        draws = Draws(seed)
        try:
            _, measured = self.attempt(draws, seed)
        except Failure as failure:
            text, again = model(Draws(seed)), failure
            if not self.options.no_shrink:
                text, again = self.simplest(draws, seed, failure.kind)
            with self.lock:
                self.failed += 1
                print(f"FAILED: seed {seed}: {failure.kind}\n{(again or failure).text}{text}", flush=True)
            return
        with self.lock:
            self.passed += 1
            self.measured = [a + b for a, b in zip(self.measured, measured)]

    def run(self):
        o = self.options
        with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
            for done in concurrent.futures.as_completed([pool.submit(self.one, seed) for seed in range(o.first, o.first + o.count)]):
                done.result()
        places, kinks, unmeasured = self.measured
        print(f"{places} derivatives compared, {kinks} of them at a kink, {unmeasured} not measured")
        if places and (kinks > KINKS * places or unmeasured > UNMEASURED * places):
            print("FAILED: too few of them say anything")
            self.failed += 1
        print(f"{self.passed} passed, {self.failed} failed")
        return self.failed > 0


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--first", type=int, default=1)
    p.add_argument("--count", type=int, default=100)
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    p.add_argument("--trials", type=int, default=250, help="how many simpler models are tried")
    p.add_argument("--full", action="store_true")
    p.add_argument("--no-shrink", action="store_true")
    p.add_argument("--work", default=f"{BUILD}/tests/random")
    options = p.parse_args()
    os.makedirs(options.work, exist_ok=True)
    sys.exit(Campaign(options).run())


if __name__ == "__main__":
    main()
