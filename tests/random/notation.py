"""Pieces of text of the .nn language: values with shapes, and expressions that know when they need parentheses."""
from dataclasses import dataclass

# how tightly an expression binds, as in section 2.5 of docs/language.md
CHOICE, CHAIN, SUM, REDUCTION, PRODUCT, SIGN, POWER, CLOSED = range(8)


@dataclass(frozen=True)
class Value:
    """A name that a statement may read."""
    name: str
    shape: tuple
    most: float = 1.0        # about how large its elements are; what is built of them stays moderate
    high: int = None         # a whole number in 0 .. high
    random: bool = False     # made of draws or classes alone: nothing to learn

    @property
    def whole(self):
        return self.high is not None

    @property
    def count(self):
        return elements(self.shape)


def elements(shape):
    n = 1
    for size in shape:
        n *= size
    return n


@dataclass(frozen=True)
class Term:
    text: str
    level: int
    most: float = 1.0


def closed(t, level):
    """The text of t where something that binds like `level` is asked for."""
    return t.text if t.level >= level else f"({t.text})"


def number(v):
    text = f"{v:g}"
    if "e" in text and "." not in text and "-" not in text:
        text = f"{v:.1f}"
    return Term(text if v >= 0 else f"-{-v:g}", CLOSED if v >= 0 else SIGN, abs(v))


def plus(a, b):
    return Term(f"{closed(a, SUM)} + {closed(b, REDUCTION)}", SUM, a.most + b.most)


def minus(a, b):
    return Term(f"{closed(a, SUM)} - {closed(b, REDUCTION)}", SUM, a.most + b.most)


def times(a, b):
    return Term(f"{closed(a, PRODUCT)} * {closed(b, SIGN)}", PRODUCT, a.most * b.most)


def over(a, b, least):
    return Term(f"{closed(a, PRODUCT)} / {closed(b, SIGN)}", PRODUCT, a.most / least)


def negative(a):
    return Term(f"-{closed(a, POWER)}", SIGN, a.most)


def power(a, exponent):
    e = number(exponent)
    return Term(f"{closed(a, CLOSED)}^{closed(e, SIGN)}", POWER, max(a.most, 1) ** exponent if exponent > 0 else 1)


def call(name, a, most):
    return Term(f"{name}({a.text})", CLOSED, most)


def choose(condition, a, b):
    return Term(f"if {condition} then {closed(a, CHAIN)} else {closed(b, CHOICE)}", CHOICE, max(a.most, b.most))


def reduction(kind, ranges, body, most):
    """body: the text of one product."""
    return Term(f"{kind}({', '.join(ranges)}) {body}", REDUCTION, most)


def dims(shape):
    return "real" if not shape else "[" + ", ".join(map(str, shape)) + "]"
