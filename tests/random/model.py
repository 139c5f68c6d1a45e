"""The model under construction: its lines, its names, and the values that a statement may read."""
import re

from notation import Value, dims, elements


class Model:
    NAMES = ["top", "ex", "Z", "dh", "dW", "y_at", "others", "main", "double", "n", "batches", "nn_exp", "W", "m", "real_", "sum1", "t1", "i"]
    SUFFIXES = ["_rows", "_so_far", "_best", "_here", "_2", "_part"]  # of what generated code names after a value

    LARGEST = 120     # elements of a value
    AXES = 4          # of a value

    def __init__(self, draws):
        self.draws = draws
        self.before = []      # definitions
        self.lines = []
        self.values = []
        self.inputs = []
        self.params = []
        self.taken = set()
        self.budget = 6000    # products that sums may still cost
        self.margin = "  "

    # ---- text ----

    def line(self, text):
        self.lines.append(self.margin + text)

    def fresh(self, stem):
        if stem == "h" and self.draws.often(6):
            for name in self.NAMES:
                if name not in self.taken:
                    stem = name
                    break
            self.taken.add(stem)
            return stem
        if stem in ("h", "w") and self.values and self.draws.often(8):
            name = self.draws.of(self.values).name + self.draws.of(self.SUFFIXES)
            if name not in self.taken:
                self.taken.add(name)
                return name
        k = 1
        while f"{stem}{k}" in self.taken:
            k += 1
        self.taken.add(f"{stem}{k}")
        return f"{stem}{k}"

    def is_read(self, name):
        """By some other statement than the one that defines it."""
        word = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)")
        reads = 0
        for text in self.lines:
            if text.lstrip().startswith("#"):
                continue
            reads += len(word.findall(text))
        return reads > self.definitions(name)

    def defines(self, line, name):
        return re.match(rf"\s*(?:(?:input|target|param|state) )?{re.escape(name)}(?:\[[^=]*\])?\s*(?:=|:)", line) is not None

    def definitions(self, name):
        return sum(self.defines(text, name) for text in self.lines)

    def has_weights(self):
        text = "\n".join(self.lines + self.before)
        return "Dense" in text or "param" in text

    def text(self):
        d = self.draws
        optimizer = d.of(["SGD(lr=0.05)", "SGD(lr=0.05, momentum=0.9)", "Adam(lr=0.01)", "RMSprop(lr=0.01)", "Adagrad(lr=0.05)", "AdamW(lr=0.01)",
                          "SGD(lr=cosine(0.1, warmup=1), momentum=0.5, nesterov=true)"])
        data = "".join(f"    {name} = csv(\"none.csv\")\n" for name in self.inputs)
        clip = "  clip_norm = 0.5\n" if d.often(15) else ""
        return ("".join(f"{text}\n" for text in self.before) + "model Random {\n" + "".join(f"{text}\n" for text in self.lines) + "}\n\ntrain Random {\n  data {\n" + data
                + f"  }}\n  optimizer = {optimizer}\n{clip}  batch_size = 16\n}}\n")

    # ---- values ----

    def add(self, value):
        self.values.append(value)
        return value

    def define(self, text, shape, most=1.0, high=None, stem="h"):
        name = self.fresh(stem)
        self.line(f"{name} = {text}")
        return self.add(Value(name, tuple(shape), most, high))

    def newest(self, fits):
        return [v for v in reversed(self.values) if fits(v)]

    def shape(self, rank):
        low, high = rank
        out = []
        for _ in range(self.draws.within(low, high)):
            room = self.LARGEST // max(elements(out), 1)
            out.append(min(self.draws.of([1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7]), max(1, room)))
        return tuple(out)

    def value(self, rank, whole=None, samples=None):
        """One that fits, the newest most likely; a new input or parameter where there is none, and sometimes anyway."""
        low, high = rank
        fits = lambda v: low <= len(v.shape) <= high and (whole is None or v.whole == whole) and not (samples and v.name in self.free_of_samples())
        found = self.newest(fits)
        if not found or self.draws.often(8):
            shape = self.shape(rank)
            if whole:
                return self.input(shape, high=self.draws.within(0, 6))
            return self.param(shape) if not samples and self.draws.often(40) else self.input(shape)
        return found[min(self.draws.below(len(found)), self.draws.below(len(found)))]

    def free_of_samples(self):
        return {match.group(1) for match in (re.match(r"\s*param (\w+):", text) for text in self.lines) if match}

    def input(self, shape, high=None, kind="input"):
        name = self.fresh("x" if kind == "input" else "t")
        kind_of = dims(shape) if high is None else f"0..{high}" if not shape else f"{dims(shape)} of 0..{high}"
        self.line(f"{kind} {name}: {kind_of}")
        self.inputs.append(name)
        return self.add(Value(name, tuple(shape), 1.0 if high is None else max(high, 1), high))

    def target(self, shape, high=None):
        value = self.input(shape, high, "target")
        self.values.remove(value)
        return value

    def param(self, shape):
        name = self.fresh("w")
        self.params.append(name)
        start = self.draws.of(["= 0.5", "~ normal(0, 0.5)", "~ uniform(-0.8, 0.8)", "~ glorot_uniform", "~ he_normal"])
        outside = " not in weights" if self.draws.often(15) else ""
        self.line(f"param {name}: {dims(shape)} {start}{outside}")
        return self.add(Value(name, tuple(shape)))
