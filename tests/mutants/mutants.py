#!/usr/bin/env python3
"""Does the suite notice each small mistake in the derivation?

    mutants.py [--only WORD] [--jobs N] [--work FOLDER] [--table]

Each mutant of table.py is put into a copy of the tree, what depends on the file is built again, and the fast tests run until one of them fails: units
(gradients, subscripts, expressions, functions ...), goldens, and some random models against differences.  Prints the list with the verdicts; --table
as a table for docs/testing.md.  BUILD names the build, which has to be made (libnnc.a, the units, random_check).  The last line: N passed, N
failed; a mutant that no test notices has failed, and so has a row whose text is gone.
"""
import argparse
import concurrent.futures
import os
import queue
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "random"))
from draws import Draws
from generate import model
from table import TABLE, rows_of_functions

UNITS = ["function", "gradient", "expr", "whole", "condition", "subscripts", "ranges", "equation", "interpret", "structure"]
SUITES = UNITS + ["identity"]  # in the order in which they are tried
MODELS = 24
SECONDS = 300
CC = next((c for c in ("clang-19", "clang", "gcc") if shutil.which(c)), "cc")
FLAGS = ["-std=c11", "-O1", "-w", "-D_POSIX_C_SOURCE=200809L", "-ffp-contract=off", "-pthread"]


def run(command, folder, seconds=SECONDS, **environment):
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds, env={**os.environ, **environment}, errors="replace")
        return done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        return 124, "it does not come back"


def must(command, folder, **environment):
    status, text = run(command, folder, 600, **environment)
    if status:
        sys.exit(f"{' '.join(command)} in {folder}: status {status}\n{text[-3000:]}")


class Tree:
    """A copy of the sources with a build of its own."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        for name in ("compiler", "grammar", "runtime", "tests", "Makefile"):
            target = os.path.join(folder, name)
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(name, target) if os.path.isdir(name) else shutil.copy(name, target)
        for name in ("core", "derive"):  # objects of an earlier run may be of a mutant, and newer than the sources
            shutil.rmtree(os.path.join(folder, "build/compiler", name), ignore_errors=True)
        must(["make", "-s", "build/libnnc.a", "build/nnc", f"CC={CC}", "CFLAGS=-O1"], folder)
        os.makedirs(os.path.join(folder, "units"), exist_ok=True)
        for unit in UNITS:
            must([CC, *FLAGS, "-Iruntime", "-Itests/unit", "-Icompiler", "-I.", "-Ibuild", "-c", f"tests/unit/test_{unit}.c", "-o", f"units/{unit}.o"], folder)
        must([CC, *FLAGS, "-Icompiler", "-I.", "-Ibuild", "-c", "tests/random/check.c", "-o", "units/check.o"], folder)
        os.makedirs(os.path.join(folder, "models"), exist_ok=True)
        for seed in range(1, MODELS + 1):
            with open(os.path.join(folder, f"models/{seed}.nn"), "w") as f:
                f.write(model(Draws(seed)))

    def noticed(self):
        """By which test; None: by none."""
        status, text = run([CC, *(f"units/{unit}.o" for unit in UNITS), "build/libnnc.a", "-lcriterion", "-lm", "-o", "units/all"], self.folder)
        if status:
            return None, f"the units do not link\n{text[-500:]}"
        for suite in SUITES:
            status, _ = run(["units/all", "--color=never", "--fail-fast", "--filter", f"{suite}/*"], self.folder, SUBSCRIPTS="300")
            if status:
                return f"the units of {suite}" + (" (it hangs)" if status == 124 else ""), ""
        status, text = run([CC, "units/check.o", "build/libnnc.a", "-lm", "-o", "units/check"], self.folder)
        for seed in range(1, MODELS + 1):
            status, _ = run(["units/check", f"models/{seed}.nn"], self.folder)
            if status:
                return f"random model {seed}", ""
        status, text = run(["sh", "tests/suites/golden.sh"], self.folder, BUILD="build")
        return ("goldens" if status else None), ""

    def verdict(self, mutant):
        path = os.path.join(self.folder, mutant.file)
        with open(path) as f:
            text = f.read()
        if text.count(mutant.old) != 1:
            return False, f"its text is there {text.count(mutant.old)} times"
        try:
            with open(path, "w") as f:
                f.write(text.replace(mutant.old, mutant.new))
            status, message = run(["make", "-s", "build/libnnc.a", "build/nnc", f"CC={CC}", "CFLAGS=-O1 -w"], self.folder)
            if status:
                return False, "it does not compile\n" + message[-800:]
            by, message = self.noticed()
            return bool(by), f"noticed by {by}" if by else message or "nothing notices it"
        finally:
            with open(path, "w") as f:
                f.write(text)
            now = time.time() + 1
            os.utime(path, (now, now))


def all_mutants():
    def read(path):
        with open(path) as f:
            return f.read()

    return TABLE + list(rows_of_functions(read))


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--only", default="")
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    p.add_argument("--work", default=os.path.join(os.environ.get("BUILD", "build"), "mutants"))
    p.add_argument("--table", action="store_true")
    options = p.parse_args()
    mutants = [m for m in all_mutants() if options.only in m.rule]
    trees = queue.Queue()
    for k in range(min(options.jobs, len(mutants)) or 1):
        trees.put(Tree(os.path.abspath(os.path.join(options.work, str(k)))))
    tree = trees.get()
    by, message = tree.noticed()
    if by or message:
        sys.exit(f"the tests fail without any mutant: {by or message}")
    trees.put(tree)

    def judge(mutant):
        if mutant.proof:
            return None, mutant.proof
        tree = trees.get()
        try:
            return tree.verdict(mutant)
        finally:
            trees.put(tree)

    passed = failed = excluded = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for mutant, (good, text) in zip(mutants, pool.map(judge, mutants)):
            passed, failed, excluded = passed + (good is True), failed + (good is False), excluded + (good is None)
            word = "FAILED:" if good is False else "excluded:" if good is None else "ok:"
            print(f"| {mutant.rule} | {text} |" if options.table else f"{word} {mutant.rule}: {text}", flush=True)
    print(f"{excluded} excluded, each with its proof\n{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
