#!/usr/bin/env python3
"""Does docs/tutorial.md what it says?  tests/tutorial.py PAGE FOLDER [--write]

A block of `nn` whose first line is `# NAME.nn` becomes that file in FOLDER; each line `$ COMMAND` of a `console` block is run there by a
shell, with $BUILD in front of PATH, and what it writes to standard output must be the lines that follow.  --write puts what it wrote into the page."""
import os
import re
import subprocess
import sys


def blocks(lines):
    """(language, index of the first line, index behind the last)"""
    start = None
    for k, line in enumerate(lines):
        if line.startswith("```"):
            if start is None:
                start, language = k + 1, line[3:].strip()
            else:
                yield language, start, k
                start = None
    if start is not None:
        sys.exit(f"a block begins in line {start} and does not end")


def commands(block):
    """each command with the lines that should follow"""
    found = []
    for line in block:
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
        else:
            sys.exit(f"output before the first command: {line}")
    return found


def run(command, folder):
    path = os.path.abspath(os.environ.get("BUILD", "build")) + os.pathsep + os.environ["PATH"]
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=dict(os.environ, PATH=path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
    return done.stdout.splitlines(), done.stderr


def main(page, folder, write):
    with open(page, encoding="utf-8") as f:
        lines = f.read().splitlines()
    os.makedirs(folder, exist_ok=True)
    passed = failed = 0
    changes = []
    for language, start, end in blocks(lines):
        block = lines[start:end]
        name = re.fullmatch(r"# ([a-z0-9_]+\.nn)", block[0]) if block else None
        if language == "nn" and name:
            with open(os.path.join(folder, name[1]), "w", encoding="utf-8") as f:
                f.write("\n".join(block) + "\n")
        if language != "console":
            continue
        new = []
        for command, expected in commands(block):
            got, errors = run(command, folder)
            new += ["$ " + command] + got
            if got == expected:
                passed += 1
                continue
            failed += 1
            print(f"FAILED: $ {command}", *("  expected: " + e for e in expected), *("  got:      " + g for g in got), errors, sep="\n")
        changes.append((start, end, new))
    if write:
        for start, end, new in reversed(changes):
            lines[start:end] = new
        with open(page, "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
    print(f"{passed} passed, {failed} failed")
    return failed and not write


sys.exit(main(sys.argv[1], sys.argv[2], "--write" in sys.argv[3:]))
