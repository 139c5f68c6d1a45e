"""The error states of the grammar, from bison's automaton, and whether the examples reach them all.

    states.py AUTOMATON.xml --list                   every state: can an error be found in it? if not, why
    states.py AUTOMATON.xml --missing EXAMPLES TRACER the error states that no example reaches, each with a program that does
    states.py AUTOMATON.xml --check EXAMPLES TRACER   the same, in words for the tests

A parser with exact look-ahead correction (LAC) looks whether a word can be taken before it reduces anything.  So an error is found in the
state in which the word is first looked at: after a shift, or after a reduction that needed no word.  All other states are entered with a word
that has been found good.  TRACER is nnc with bison's trace; EXAMPLES holds programs behind lines `=== title`.
"""

import collections
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

WORDS = {'"a name"': "x", '"a number"': "3", '"a text"': '"t"', '"a reduction"': "sum", '"the end of the line"': "\n"}
NL = '"the end of the line"'
NEVER = {NL, '"the end of the file"', '"an unclosed text"', '"a stray character"', '"**"', "error", '"invalid token"'}  # not in the examples that are made
ENDS = {'"a name"', '"a number"', '"a text"', '"a reduction"', '"fn"', "')'", "']'", "'}'"}  # behind these a line break ends a statement
WRONG = ["':'", "'='", "')'", '"a number"', '"a name"', "'}'", '".."', "'*'", '"then"', "','", '"let"', "'~'"]  # in this order, the first that fits


def word(token):
    return WORDS.get(token, token[1:-1])


class Automaton:
    def __init__(self, path):
        root = ElementTree.parse(path).getroot()
        self.tokens = [terminal.get("name") for terminal in root.find("grammar/terminals")]
        self.rules = {int(r.get("number")): (r.findtext("lhs"), [s.text for s in r.find("rhs").findall("symbol")]) for r in root.find("grammar/rules")}
        self.shift, self.goto, self.reduce, self.default, self.items = [], [], [], [], []
        for state in root.find("automaton"):
            actions = state.find("actions")
            self.shift.append({t.get("symbol"): int(t.get("state")) for t in actions.find("transitions") if t.get("type") == "shift"})
            self.goto.append({t.get("symbol"): int(t.get("state")) for t in actions.find("transitions") if t.get("type") == "goto"})
            reductions = {r.get("symbol"): r.get("rule") for r in actions.find("reductions") if r.get("enabled") == "true"}
            default = reductions.pop("$default", None)
            self.reduce.append({k: int(v) for k, v in reductions.items() if v != "accept"})
            self.default.append(None if default in (None, "accept") else int(default))
            self.items.append([(int(i.get("rule-number")), int(i.get("dot"))) for i in state.find("itemset")])

    def needs_word(self, state):
        return bool(self.shift[state] or self.reduce[state]) or self.default[state] is None

    def pop(self, stack, rule):
        lhs, rhs = self.rules[rule]
        stack = stack[: len(stack) - len(rhs)]
        return stack + (self.goto[stack[-1]][lhs],) if lhs in self.goto[stack[-1]] else None

    def settle(self, stack):
        """reductions that need no word"""
        while stack and not self.needs_word(stack[-1]):
            if self.default[stack[-1]] is None:
                return None
            stack = self.pop(stack, self.default[stack[-1]])
        return stack

    def feed(self, stack, token):
        """the stack after the token; None: an error"""
        while stack:
            state = stack[-1]
            if token in self.shift[state]:
                return self.settle(stack + (self.shift[state][token],))
            rule = self.reduce[state].get(token, self.default[state])
            if rule is None:
                return None
            stack = self.pop(stack, rule)
        return None

    def looked_at(self):
        """states in which a word is first looked at, and the reason for those in which none is"""
        predecessors = collections.defaultdict(set)
        for s, row in enumerate(zip(self.shift, self.goto)):
            for part in row:
                for t in part.values():
                    predecessors[t].add(s)
        fresh, todo = {0}, [0]
        for row in self.shift:
            for t in row.values():
                if t not in fresh:
                    fresh.add(t)
                    todo.append(t)
        while todo:
            state = todo.pop()
            if self.needs_word(state) or self.default[state] is None:
                continue
            lhs, rhs = self.rules[self.default[state]]
            bottoms = {state}
            for _ in rhs:
                bottoms = set().union(*(predecessors[b] for b in bottoms))
            for b in bottoms:
                t = self.goto[b].get(lhs)
                if t is not None and t not in fresh:
                    fresh.add(t)
                    todo.append(t)
        reasons = {}
        for s in range(len(self.shift)):
            if not self.needs_word(s):
                reasons[s] = "reduces whatever follows"
            elif s not in fresh:
                reasons[s] = "entered only with a word that LAC has found good"
            elif any(self.rules[r][0] == "$accept" and d == 2 for r, d in self.items[s]):
                reasons[s] = "the file is over"
            elif any("error" in (self.rules[r][1][d - 1],) for r, d in self.items[s] if d):
                reasons[s] = "stands behind an error: the line is skipped up to its end"
        return fresh - set(reasons), reasons

    def wrong_token(self, stack, last):
        turn = stack[-1] % len(WRONG)  # not always the same one
        for token in WRONG[turn:] + WRONG[:turn] + self.tokens:
            if token not in NEVER and not (token == "'}'" and last in ENDS) and self.feed(stack, token) is None:
                return token
        return None

    def shortest(self, wanted):
        """for each state the shortest words that lead into it, and a word that is wrong there"""
        found, seen = {}, set()
        todo = collections.deque([(self.settle((0,)), ())])
        while todo and wanted - set(found):
            stack, text = todo.popleft()
            if stack[-6:] in seen:
                continue
            seen.add(stack[-6:])
            last = text[-1] if text else None
            if stack[-1] in wanted and stack[-1] not in found:
                wrong = self.wrong_token(stack, last)
                if wrong:
                    found[stack[-1]] = text + (wrong,)
            for token in self.tokens:
                if (token not in NEVER or token == NL) and not (token == NL and last not in ENDS):
                    after = self.feed(stack, token)
                    if after:
                        todo.append((after, text + (token,)))
        return found

    def item_text(self, state):
        rule, dot = self.items[state][0]
        lhs, rhs = self.rules[rule]
        return f"{lhs}: {' '.join(rhs[:dot] + ['.'] + rhs[dot:])}"


def program(tokens):
    """the words as lines, with the blocks closed again"""
    text, blocks, last = "", 0, None
    for token in tokens:
        name = "M" if last in ('"model"', '"train"', '"layer"', '"optimizer"') and token == '"a name"' else word(token)
        tight = token in ("'('", "')'", "']'", "','", "'.'") or last in ("'('", "'['", "'.'", None) or (token == "'['" and last == '"a name"')
        if token == "'}'":
            blocks -= 1
        text += ("" if tight or text.endswith(("\n", "  ")) else " ") + name
        if token == "'{'":
            blocks += 1
            text += "\n" + "  " * blocks
        last = token
    return text + "".join("\n" + "  " * k + "}" for k in reversed(range(blocks)))


def examples(path):
    title, lines = None, []
    for line in open(path):
        if line.startswith("=== "):
            if title:
                yield title, "".join(lines)
            title, lines = line[4:].strip(), []
        else:
            lines.append(line)
    if title:
        yield title, "".join(lines)


def states_of_errors(tracer, text, work):
    with open(work, "w") as f:
        f.write(text)
    trace = subprocess.run([tracer, "check", "--color=never", work], capture_output=True, text=True, errors="replace").stderr
    state, found = 0, set()
    for line in trace.split("\n"):
        if line.startswith("Entering state "):
            state = int(line.split()[2])
        elif line.startswith("SYNTAX ERROR"):
            found.add(state)
    return found


def main():
    automaton = Automaton(sys.argv[1])
    wanted, reasons = automaton.looked_at()
    if sys.argv[2] == "--list":
        for s in range(len(automaton.shift)):
            print(f"{s:4}  {automaton.item_text(s)}  --  {reasons.get(s, 'an error state')}")
        return 0
    path, tracer = sys.argv[3:5]
    reached = set()
    for _, text in examples(path):
        reached |= states_of_errors(tracer, text, sys.argv[1] + ".example.nn")
    missing = wanted - reached
    if sys.argv[2] == "--missing":
        words = automaton.shortest(missing)
        for s in sorted(missing):
            print(f"=== {automaton.item_text(s)}")
            if s in words:
                print(program(words[s]))
            else:
                print("# no words found that lead here")
        return 0
    for s in sorted(missing):
        print(f"FAILED: no example reaches the error state `{automaton.item_text(s)}`")
    for s in sorted(reached - wanted):
        print(f"FAILED: an example reaches `{automaton.item_text(s)}`, which no error should: {reasons.get(s)}")
    counts = collections.Counter(reasons.values())
    print(f"{len(wanted)} error states; no error in {', '.join(f'{n} ({why})' for why, n in sorted(counts.items()))}")
    print(f"{len(wanted & reached)} passed, {len(missing) + len(reached - wanted)} failed")
    return 1 if missing or reached - wanted else 0


if __name__ == "__main__":
    sys.exit(main())
