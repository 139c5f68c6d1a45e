"""Lets every operation of a training on files fail once, and looks at what it says and leaves.

    python3 tests/runs/faults.py FOLDER CALL ERROR [resume]

strace makes the N-th CALL (write, fsync, rename, openat, read ...) of a training, or of going on with one, fail with ERROR, for every N that there is.  The program may
manage without it; then all that it wrote is as ever.  Else its status is not 0, standard error has the text of the error and the file, and
the run goes on from what is left, which is a loadable checkpoint, to the bits of a run without a fault; where there is no run yet, it begins
anew under the same name, and nothing else was left behind.
"""
import errno
import os
import re
import shutil
import subprocess
import sys

import run as runs


def traced(folder, command, call, inject):
    log = os.path.join(folder, "strace.log")
    trace = ["strace", "-f", "-o", log, "-e", f"trace={call}", *(["-e", f"inject={call}:{inject}"] if inject else [])]
    done = subprocess.run(trace + command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120)
    with open(log, errors="replace") as f:
        return done.returncode, done.stderr.decode(errors="replace"), [line for line in f if re.search(rf"\b{call}\(", line)]


def half(case, folder):
    """A run that has ended in the middle, because its tenth file could not get its name."""
    run = os.path.join(folder, "half")
    shutil.rmtree(run, ignore_errors=True)
    status, said, _ = traced(folder, case.begin(run, 1), "rename", "error=EIO:when=10")
    if status != 1 or not os.path.isdir(run):
        raise AssertionError(f"no half of a run: {said}")
    return run


def check(case, folder, run, expected, call, error, n, start):
    """None if there is no N-th call, else what is wrong, or an empty text."""
    shutil.rmtree(run, ignore_errors=True)
    if start:
        shutil.copytree(start, run)
    status, said, calls = traced(folder, case.resume(run, 1) if start else case.begin(run, 1), call, f"error={error}:when={n}")
    hit = [line for line in calls if "(INJECTED)" in line]
    if not hit:
        return None
    where = hit[0].strip()
    text = os.strerror(getattr(errno, error))
    to_terminal = re.search(rf"\b{call}\(2,", where)
    left = [name for name in os.listdir(folder) if name.startswith(os.path.basename(run) + ".tmp.")]
    there = os.path.isdir(run)
    if status == 0:
        wrong = runs.difference(expected, runs.contents(run))
        return f"{where}: status 0, but {wrong} differ" if wrong else ""
    if left:
        return f"{where}: left behind {left}"
    if status not in (1, 2, 127) or (not to_terminal and text not in said):
        return f"{where}: status {status}: {said}"
    if status == 1 and not to_terminal and not re.search(r"(cannot|could not|is (written|made), but) [^:]*\S", said):
        return f"{where}: no file is named: {said}"
    if there:
        loads = subprocess.run([case.program, "test", "--weights", os.path.join(run, "checkpoint.safetensors")], capture_output=True)
        if loads.returncode != 0:
            return f"{where}: the checkpoint cannot be loaded: {loads.stderr.decode(errors='replace')}"
    runs.finished(case.resume(run, 1) if there else case.begin(run, 1))
    wrong = runs.difference(expected, runs.contents(run))
    return f"{where}: after going on, {wrong} differ" if wrong else ""


def main():
    folder, call, error = sys.argv[1:4]
    case = runs.Case("fault", os.path.join(folder, "noisy"), ["--epochs", "2", "--validation", "0.2", "--every", "1epoch", "--keep", "1"])
    expected = runs.reference(case, folder)
    run, n, bad = os.path.join(folder, f"fault-{call}"), 0, 0
    start = half(case, folder) if sys.argv[4:] == ["resume"] else None
    while True:
        n += 1
        try:
            wrong = check(case, folder, run, expected, call, error, n, start)
        except AssertionError as e:
            wrong = str(e)
        if wrong is None:
            break
        if wrong:
            bad += 1
            print(wrong)
    print(f"{call} {error}{' when a run goes on' if start else ''}: {n - 1} faults, {bad} not as they should be")
    return bad != 0 or n < 2


sys.exit(main())
