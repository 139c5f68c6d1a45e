"""What the tests of runs share: programs in a scratch folder, and what must be equal at the end."""
import os
import shutil
import subprocess


class Case:
    """A trainer, and the options of a training that takes a fraction of a second."""

    def __init__(self, name, program, options):
        self.name, self.program, self.options = name, os.path.abspath(program), options

    def begin(self, run, threads):
        return [self.program, "train", "--out", run, "--threads", str(threads), *self.options]

    def resume(self, run, threads):
        return [self.program, "train", "--resume", run, "--threads", str(threads)]


def contents(run):
    """Every file of a run that depends on model, data, seed and settings only."""
    result = {}
    for name in sorted(os.listdir(run)):
        if name.endswith(".safetensors") or name in ("metrics.jsonl", "test.json"):
            with open(os.path.join(run, name), "rb") as f:
                result[name] = f.read()
        elif ".tmp." in name:
            result[name] = b"left behind"
    return result


def difference(a, b):
    """What differs between two such runs, or an empty text."""
    return ", ".join(name for name in sorted(set(a) | set(b)) if a.get(name) != b.get(name))


def finished(command):
    """Runs it to its end, which must be a good one; returns what it says on standard error."""
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: status {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stderr.decode(errors="replace")


def reference(case, folder):
    """The uninterrupted run."""
    run = os.path.join(folder, f"reference-{case.name}")
    shutil.rmtree(run, ignore_errors=True)
    finished(case.begin(run, 1))
    return contents(run)


def cases(folder):
    """The trainers that the suite has built in `folder`, with what each is to show."""
    program = lambda name: os.path.join(folder, name)
    return [
        Case("adam", program("noisy"), ["--epochs", "8", "--validation", "0.2", "--every", "5steps", "--keep", "3"]),
        Case("early", program("noisy"), ["--epochs", "40", "--validation", "0.2", "--early_stopping", "3", "--optimizer.lr", "0.1", "--every", "1epoch", "--seed", "3"]),
        Case("every-step", program("states"), ["--epochs", "2", "--every", "1step"]),
        Case("schedule", program("states"), ["--steps", "70", "--every", "0.002s", "--seed", "9"]),
        Case("lbfgs", program("lbfgs"), ["--epochs", "12", "--validation", "0.2", "--every", "1steps", "--keep", "2"]),
    ]
