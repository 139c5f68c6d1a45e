#!/usr/bin/env python3
"""What bench/run leaves out: widths, threads, batches, compilers, targets, predictions, memory, sizes, growth.

    bench/survey.py [SECTION...]      all sections, or these: mlp threads batches compilers targets predict memory sizes growth

Writes a table for each section to the terminal, and all of them to bench/survey.md where every section ran.  The programs of a section are timed in
turn, ROUNDS times (5); a figure is the median, the spread is the lowest and highest round.  One thread unless it says otherwise.  The peak
is that of fused multiply-adds, measured in the same process between the timings.  Peers that are not installed have no column.
"""
import datetime
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NNC = os.path.join(ROOT, os.environ.get("BUILD", "build"), "nnc")
HERE = os.path.join(ROOT, "bench")
ROUNDS = int(os.environ.get("ROUNDS", "5"))
WORK = tempfile.mkdtemp(prefix="nnc-survey-")


# ---- programs and timings --------------------------------------------------------------------------------------------------


def example(name, optimizer=None):
    """the text of an example, with another optimizer"""
    with open(f"{ROOT}/examples/{name}.nn") as f:
        text = f.read()
    return re.sub(r"^( *optimizer *= *).*$", lambda m: m[1] + optimizer, text, flags=re.M) if optimizer else text


def build(name, text, *options):
    """the trainer of a text"""
    source, program = f"{WORK}/{name}.nn", f"{WORK}/{name}"
    with open(source, "w") as f:
        f.write(text)
    subprocess.run([NNC, "build", source, "-o", program, *options], check=True, stdout=subprocess.DEVNULL)
    return program


def bench(program, *options, threads=1):
    return json.loads(subprocess.run([program, "bench", "--json", "--threads", str(threads), *options], check=True, capture_output=True, text=True).stdout)


class Peer:
    """a script beside this one that answers each line with a line"""

    def __init__(self, *command):
        self.process = subprocess.Popen([sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def ask(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def has(module):
    return subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True).returncode == 0


def in_rounds(measures):
    """name -> list of what its function returned, all functions in turn"""
    values = {name: [] for name in measures}
    for _ in range(ROUNDS):
        for name, measure in measures.items():
            values[name].append(measure())
    return values


def median(values, key=None):
    return statistics.median(v[key] if key else v for v in values)


def microseconds(values):
    low, high = (f(v["microseconds"] for v in values) for f in (min, max))
    return f"{median(values, 'microseconds'):.4g} ({low:.4g} to {high:.4g})"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(x) for x in row) + " |" for row in rows])


# ---- sections ----------------------------------------------------------------------------------------------------------------


def mlp():
    """Training steps of MLPs, batch 128, beside the best peer"""
    optimizers = {"SGD": "SGD(lr=0.1)", "momentum": "SGD(lr=0.1, momentum=0.9)", "Adam": "Adam()"}
    rows, measures, peers = [], {}, {}
    for units, depth in ((512, 3), (1024, 4)):
        sizes = ",".join(["784"] + [str(units)] * depth + ["10"])
        for name, optimizer in optimizers.items():
            key = f"{units}x{depth} {name}"
            program = build(f"mlp_{units}_{name}", example("mnist_mlp", optimizer), "-D", f"units={units}", "-D", f"depth={depth}")
            measures[key] = lambda program=program: bench(program, "--steps", "60")
            if has("torch"):
                peers[key, "PyTorch"] = Peer(f"{HERE}/torch_step.py", f"mlp:{sizes}", "128", optimizer)
            if has("jax"):
                peers[key, "JAX"] = Peer(f"{HERE}/jax_step.py", sizes, "128", name)
    for key, peer in peers.items():
        peer.ask()  # compiles
        measures[key] = lambda peer=peer: min(float(x) for x in peer.ask()[:2] if x != "-")
    values = in_rounds(measures)
    for peer in peers.values():
        peer.close()
    for key in [k for k in measures if isinstance(k, str)]:
        us = median(values[key], "microseconds")
        of = {name: median(values[k]) for k in peers for name in [k[1]] if k[0] == key}
        rows.append([key, microseconds(values[key]), f"{median(values[key], 'percent_of_peak'):.1f}", f"{of['PyTorch']:.4g}" if "PyTorch" in of else "-",
                     f"{of['JAX']:.4g}" if "JAX" in of else "-", f"{min(of.values()) / us:.2f}" if of else "-"])
    return table(["784-N-10", "nnc, us", "% of peak", "PyTorch, us", "JAX, us", "best peer / nnc"], rows)


NETWORKS = {"MLP 512x3": ("mnist_mlp", "SGD(lr=0.1)"), "ConvNet": ("mnist_convnet", "Adam(lr=1e-3)"), "character LSTM": ("char_lstm", None), "GPT": ("gpt", None)}


def threads():
    """All threads against one"""
    count = os.cpu_count()
    programs = {name: build(f"threads_{example_}", example(example_, optimizer)) for name, (example_, optimizer) in NETWORKS.items()}
    values = in_rounds({(name, n): lambda program=program, n=n: bench(program, "--steps", "30", threads=n) for name, program in programs.items() for n in (1, count)})
    rows = [[name, microseconds(values[name, 1]), microseconds(values[name, count]),
             f"{statistics.median(a['microseconds'] / b['microseconds'] for a, b in zip(values[name, 1], values[name, count])):.2f}"] for name in programs]
    return table(["network", "1 thread, us", f"{count} threads, us", "times faster"], rows)


def batches():
    """Batches, MLP 512x3, SGD, built for each"""
    text = example("mnist_mlp", "SGD(lr=0.1)")
    programs = {n: build(f"batch_{n}", re.sub(r"^( *batch_size *= *).*$", rf"\g<1>{n}", text, flags=re.M)) for n in (1, 8, 32, 128, 256, 1000)}
    values = in_rounds({n: lambda program=program: bench(program, "--steps", "60") for n, program in programs.items()})
    return table(["batch", "us", "us a sample", "% of peak"],
                 [[n, microseconds(v), f"{median(v, 'microseconds') / n:.3g}", f"{median(v, 'percent_of_peak'):.1f}"] for n, v in values.items()])


def compilers():
    """gcc against clang"""
    if not (shutil.which("gcc") and shutil.which("clang-19")):
        return "gcc and clang-19 are needed."
    names = {name: {cc: build(f"{cc}_{file}", example(file, optimizer), f"--cc={cc}") for cc in ("clang-19", "gcc")} for name, (file, optimizer) in NETWORKS.items()}
    values = in_rounds({(name, cc): lambda program=program: bench(program, "--steps", "30") for name, programs in names.items() for cc, program in programs.items()})
    rows = [[name, microseconds(values[name, "clang-19"]), microseconds(values[name, "gcc"]),
             f"{statistics.median(b['microseconds'] / a['microseconds'] for a, b in zip(values[name, 'clang-19'], values[name, 'gcc'])):.2f}"] for name in names]
    version = subprocess.run(["gcc", "-dumpfullversion"], capture_output=True, text=True).stdout.strip()
    return table(["network", "clang 19, us", f"gcc {version}, us", "gcc / clang"], rows)


def targets():
    """The AVX2 target, against the peak of AVX2 on this machine"""
    programs = {name: build(f"avx2_{NETWORKS[name][0]}", example(*NETWORKS[name]), "--target=x86-64-v3") for name in ("MLP 512x3", "ConvNet")}
    values = in_rounds({name: lambda program=program: bench(program, "--steps", "40") for name, program in programs.items()})
    return table(["network", "us", "% of the AVX2 peak"], [[name, microseconds(v), f"{median(v, 'percent_of_peak'):.1f}"] for name, v in values.items()])


def predict():
    """Predictions of one sample"""
    programs = {name: build(f"predict_{NETWORKS[name][0]}", example(NETWORKS[name][0])) for name in ("MLP 512x3", "ConvNet")}
    measures = {(name, "nnc"): lambda program=program: bench(program, "--predict")["microseconds"] for name, program in programs.items()}
    kinds = [kind for kind, module in (("eager", "torch"), ("traced", "torch"), ("JAX", "jax"), ("ONNX Runtime", "onnxruntime")) if has(module)]
    if has("onnxruntime") and not has("onnx"):
        kinds.remove("ONNX Runtime")  # nothing to write the network with
    peers = {(name, kind): Peer(f"{HERE}/predict_peer.py", {"MLP 512x3": "mlp", "ConvNet": "convnet"}[name], kind) for name in programs for kind in kinds}
    for key, peer in peers.items():
        measures[key] = lambda peer=peer: float(peer.ask()[0])
    values = in_rounds(measures)
    for peer in peers.values():
        peer.close()
    rows = []
    for name in programs:
        us = median(values[name, "nnc"])
        best = min((median(values[name, kind]) for kind in kinds), default=0)
        rows.append([name, f"{us:.4g}"] + [f"{median(values[name, kind]):.4g}" for kind in kinds] + [f"{best / us:.2f}" if best else "-"])
    return table(["network", "nnc, us"] + [{"eager": "PyTorch eager", "traced": "PyTorch traced"}.get(k, k) for k in kinds] + ["best peer / nnc"], rows)


def peak_memory(command, folder):
    """the most that a process had in memory, in bytes"""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: status {status}")
    return usage.ru_maxrss * 1024


def memory():
    """Memory of a process that trains, without its records"""
    rows = []
    for name, (file, optimizer) in NETWORKS.items():
        program = build(f"memory_{file}", example(file, optimizer))
        result = bench(program, "--steps", "4")
        full = peak_memory([program, "bench", "--steps", "4", "--threads", "1"], WORK) - result["data_bytes"]
        rows.append([name, f"{result['bytes'] / 2**20:.1f}", f"{full / 2**20:.1f}", f"{full / result['bytes']:.2f}"])
    return table(["network", "parameters, optimizer, activations as planned, MB", "the process, MB", "times the plan"], rows)


def timed(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def size_of(folder, pattern):
    return sum(os.path.getsize(f"{folder}/{f}") for f in os.listdir(folder) if re.fullmatch(pattern, f))


def compile_model(folder):
    """seconds and bytes of code of the model's C, as nnc builds it"""
    name = next(f for f in os.listdir(folder) if f.endswith("_main.c"))[:-7]
    cc = shutil.which("clang-19") or shutil.which("clang") or shutil.which("gcc")
    seconds = timed([cc, "-std=c11", "-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-w", f"-I{folder}", "-c", f"{folder}/{name}.c", "-o", f"{folder}/{name}.o"])
    text = subprocess.run(["size", f"{folder}/{name}.o"], capture_output=True, text=True).stdout.split("\n")[1].split()[0]
    return seconds, int(text)


def sizes():
    """From the .nn file to the program"""
    rows = []
    for file in sorted(os.listdir(f"{ROOT}/examples")):
        if not file.endswith(".nn") or "model " not in example(file[:-3]):
            continue
        folder = f"{WORK}/emit_{file[:-3]}"
        ms = 1e3 * statistics.median(timed([NNC, "emit", f"{ROOT}/examples/{file}", "-o", folder]) for _ in range(ROUNDS))
        seconds, code = compile_model(folder)
        rows.append([f"`{file}`", f"{ms:.0f}", f"{size_of(folder, r'(?!.*_main).*[.]c') / 1024:.0f}", f"{code / 1024:.0f}", f"{seconds:.1f}"])
    return table(["example", "nnc, ms", "model's C, kB", "its code, kB", "C compiler, s"], rows)


def growth():
    """Growth"""
    rows, program = [], build("growth", example("mnist_mlp", "SGD(lr=0.1)"))
    widths = {n: build(f"width_{n}", example("mnist_mlp", "SGD(lr=0.1)"), "-D", f"units={n}") for n in (256, 512, 1024, 2048)}
    values = in_rounds({n: lambda p=p: bench(p, "--steps", "20")["microseconds"] for n, p in widths.items()})
    flops = {n: 784 * n + 2 * n * n + 10 * n for n in widths}
    for n in widths:
        rows.append([f"width {n}", f"{median(values[n]):.4g}", f"{1e3 * median(values[n]) / flops[n]:.3g} ns a 1000 weights"])
    for n in (8, 32, 128):
        program = build(f"depth_{n}", example("deep"), "-D", f"depth={n}")
        us = statistics.median(bench(program, "--steps", "20")["microseconds"] for _ in range(ROUNDS))
        folder = f"{WORK}/emit_depth_{n}"
        ms = 1e3 * statistics.median(timed([NNC, "emit", f"{ROOT}/examples/deep.nn", "-D", f"depth={n}", "-o", folder]) for _ in range(ROUNDS))
        seconds, code = compile_model(folder)
        rows.append([f"`deep.nn`, depth {n}", f"{us:.4g}", f"{us / n:.3g} us a layer; nnc {ms:.0f} ms; C {size_of(folder, r'(?!.*_main).*[.]c') / 1024:.0f} kB, code {code / 1024:.0f} kB, compiled in {seconds:.1f} s"])
    return table(["", "us a step", ""], rows)


SECTIONS = [mlp, threads, batches, compilers, targets, predict, memory, sizes, growth]


def processor():
    with open("/proc/cpuinfo") as f:
        return next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "?")


def main():
    wanted = sys.argv[1:] or [s.__name__ for s in SECTIONS]
    unknown = set(wanted) - {s.__name__ for s in SECTIONS}
    if unknown:
        raise SystemExit(f"no section {', '.join(sorted(unknown))}; there are {' '.join(s.__name__ for s in SECTIONS)}")
    text = [f"# More measurements\n\n{processor()}, {os.cpu_count()} cores; {datetime.date.today()}. Written by `bench/survey.py`: {ROUNDS} rounds, the programs of a table in turn; "
            "medians, and lowest to highest round. float32, one thread, batch 128 where nothing else is said."]
    for section in SECTIONS:
        if section.__name__ not in wanted:
            continue
        part = f"## {section.__doc__}\n\n{section()}"
        print(part + "\n", flush=True)
        text.append(part)
    shutil.rmtree(WORK)
    if len(wanted) == len(SECTIONS):
        with open(f"{HERE}/survey.md", "w") as f:
            f.write("\n\n".join(text) + "\n")


if __name__ == "__main__":
    main()
