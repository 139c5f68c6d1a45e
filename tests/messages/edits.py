"""What the messages of nnc suggest, done to the letter: python3 tests/messages/edits.py NNC FOLDER

Every wrong program of the tests (tests/golden, tests/syntax, compiler/explain) is checked with --json.  Each line has to be an object whose spans
lie in the file, with line and column as the bytes say.  For each help with edits, these are applied to a copy of the program; then this
message has to be gone.  The last line is `N passed, N failed`."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

nnc, folder = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
passed, failures, accepted, suggested = 0, [], 0, set()


def programs():
    """(name, text, folder with what it imports)"""
    for path in sorted(glob.glob("tests/golden/*.nn") + glob.glob("tests/golden/errors/*.nn") + glob.glob("tests/golden/newcomer/*.nn")):
        with open(path, "rb") as f:
            yield path, f.read(), os.path.dirname(path)
    for path in ("tests/syntax/habits.txt", "tests/syntax/states.txt"):
        with open(path, "rb") as f:
            for part in f.read().split(b"=== ")[1:]:
                title, _, text = part.partition(b"\n")
                yield path + ": " + title.decode("latin-1"), text, None
    for path in sorted(glob.glob("compiler/explain/*.md")):
        with open(path, "rb") as f:
            for text in re.findall(rb"^```nn wrong\n(.*?)^```", f.read(), re.M | re.S):
                yield path, text, None


def messages(text, where):
    path = os.path.join(where, "program.nn")
    with open(path, "wb") as f:
        f.write(text)
    run = subprocess.run([nnc, "check", "program.nn", "--json"], cwd=where, capture_output=True, timeout=60)
    assert run.returncode in (0, 1), run
    lines = [json.loads(line) for line in run.stderr.decode("latin-1").splitlines()]
    assert (run.returncode == 1) == any(m["level"] == "error" for m in lines), run
    return lines


def check_span(span, text, where):
    if not span["file"]:
        return
    if span["file"] != "program.nn":
        with open(os.path.join(where, span["file"]), "rb") as f:
            text = f.read()
    assert 0 <= span["begin"] <= span["end"] <= len(text), span
    for at, line, column in (("begin", "line", "column"), ("end", "end_line", "end_column")):
        before = text[:span[at]]
        assert span[line] == before.count(b"\n") + 1 and span[column] == len(before) - (before.rfind(b"\n") + 1) + 1, span


def apply(edits, text):
    for e in sorted(edits, key=lambda e: e["begin"], reverse=True):
        text = text[:e["begin"]] + e["text"].encode("latin-1") + text[e["end"]:]
    return text


def is_same(a, b):
    return a["code"] == b["code"] and a["title"] == b["title"]


for name, text, beside in programs():
    where = os.path.join(folder, "program")
    shutil.rmtree(where, ignore_errors=True)
    if beside:
        shutil.copytree(beside, where, ignore=shutil.ignore_patterns("*.err", "newcomer", "errors"))
    else:
        os.makedirs(where)
    try:
        said = messages(text, where)
        for m in said:
            for span in m["labels"] + m["edits"]:
                check_span(span, text, where)
        passed += 1
    except (AssertionError, ValueError) as e:
        failures.append(f"{name}: {e}")
        continue
    for m in said:
        for number in sorted({e["help"] for e in m["edits"]}):
            edits = [e for e in m["edits"] if e["help"] == number]
            if any(e["file"] != "program.nn" for e in edits):
                continue
            spans = sorted((e["begin"], e["end"]) for e in edits)
            overlap = any(a[1] > b[0] for a, b in zip(spans, spans[1:]))
            fixed = apply(edits, text)
            after = messages(fixed, where)
            count = [sum(is_same(m, other) for other in all) for all in (said, after)]
            suggested.add(m["code"])
            accepted += not any(x["level"] == "error" for x in after)
            if overlap or count[1] >= count[0]:
                failures.append(f"{name}: {m['title']}: the edit of `{m['helps'][number] if number >= 0 else m['title']}` does not help:\n{fixed.decode('latin-1')}")
            else:
                passed += 1

if len(suggested) < 15:
    failures.append(f"only messages with the codes {sorted(suggested)} suggest edits")
for failure in failures:
    print("FAILED:", failure)
print(f"{accepted} programs have no error after one edit; codes with edits: {' '.join(sorted(suggested))}")
print(f"{passed} passed, {len(failures)} failed")
