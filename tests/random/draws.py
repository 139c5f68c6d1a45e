"""Choices, of which a random model is made.

Everything that is random is a whole number below some n, and 0 is the simplest one.  The choices of a run are written down: given back, they
make the same model; shortened and lowered, a smaller one.  This is how a failing model shrinks without knowing what a model is (the idea
of MacIver and Donaldson, Test-case reduction via test-case generation, 2020): each sequence of choices whatever makes a valid model.
"""

MASK = (1 << 64) - 1


class Draws:
    def __init__(self, seed=0, replay=None):
        self.state = seed & MASK
        self.replay = replay
        self.made = []      # the choices so far
        self.parts = []     # (first, behind the last) of each statement, nested ones too

    def bits(self):  # splitmix64: the same everywhere, for ever
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        return z ^ z >> 31

    def below(self, n):
        if n <= 1:
            return 0
        if self.replay is None:
            choice = self.bits() % n
        else:
            at = len(self.made)
            choice = min(self.replay[at], n - 1) if at < len(self.replay) else 0
        self.made.append(choice)
        return choice

    def within(self, low, high):
        return low + self.below(high - low + 1)

    def of(self, things):  # the first is the simplest
        return things[self.below(len(things))]

    def often(self, percent):  # "no" is the simpler answer
        return self.below(100) >= 100 - percent

    def weighted(self, things):  # [(weight, thing)], the simplest first
        at = self.below(sum(weight for weight, _ in things))
        for weight, thing in things:
            if at < weight:
                return thing
            at -= weight
        return things[-1][1]

    def part(self):
        return Part(self)


class Part:
    def __init__(self, draws):
        self.draws = draws

    def __enter__(self):
        self.first = len(self.draws.made)

    def __exit__(self, *_):
        self.draws.parts.append((self.first, len(self.draws.made)))


def simpler(choices, parts):
    """Sequences that are simpler than this one, the boldest first: without a statement, without a stretch, with zeros, with lower choices."""
    n = len(choices)
    for first, last in sorted(set(parts), key=lambda p: p[0] - p[1]):
        if last > first:
            yield choices[:first] + choices[last:]
    size = 32
    while size >= 1:
        for first in range(n - size, -1, -size):
            yield choices[:first] + choices[first + size:]
        size //= 2
    size = 16
    while size >= 2:
        for first in range(0, n, size):
            if any(choices[first:first + size]):
                yield choices[:first] + [0] * len(choices[first:first + size]) + choices[first + size:]
        size //= 2
    for at in range(n):
        for lower in (0, choices[at] // 2, choices[at] - 1):
            if 0 <= lower < choices[at]:
                yield choices[:at] + [lower] + choices[at + 1:]


def measure(choices):  # what shrinking makes smaller
    return (len(choices), sum(choices), choices)


def shrink(choices, parts, fails, trials):
    """The simplest choices found in so many trials for which fails(choices) still gives parts (a list), None where it does not fail."""
    again = True
    seen = set()
    while again:
        again = False
        for simple in simpler(choices, parts):
            if trials <= 0:
                return choices
            if measure(simple) >= measure(choices) or tuple(simple) in seen:
                continue
            seen.add(tuple(simple))
            trials -= 1
            outcome = fails(simple)
            if outcome is None:
                continue
            made, found = outcome
            if measure(made) < measure(choices):
                choices, parts, again = made, found, True
                break
    return choices
