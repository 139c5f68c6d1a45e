#!/usr/bin/env python3
"""Draws with nnc plot and reads the pictures back:  tests/plot.py NNC FOLDER

A point that was drawn is turned back into numbers by the ticks of the axes, which carry their values as text."""
import json
import math
import os
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as xml

NNC, FOLDER = os.path.abspath(sys.argv[1]), sys.argv[2]
SVG = "{http://www.w3.org/2000/svg}"
counts = {True: 0, False: 0}


def check(name, good, *details):
    counts[bool(good)] += 1
    if not good:
        print("FAILED:", name, *details)


def plot(*args, stdin=b""):
    done = subprocess.run([NNC, "plot", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, input=stdin, cwd=FOLDER, timeout=120)
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


def write(name, content):
    with open(os.path.join(FOLDER, name), "wb") as f:
        f.write(content if isinstance(content, bytes) else content.encode())
    return name


def npy(shape, values, kind="<f4", order="False"):
    header = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': ({', '.join(map(str, shape))},), }}\n".encode()
    code = {"<f4": "f", "<f8": "d", "|u1": "B"}[kind]
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + struct.pack(f"<{len(values)}{code}", *values)


def picture(*args):
    status, out, errors = plot(*args)
    check(f"plot {' '.join(args)}", status == 0 and not errors, status, errors)
    return xml.fromstring(out) if status == 0 else xml.Element("none")


def number(text):
    text = text.replace("\u2212", "-")
    power = re.fullmatch("10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text)
    return 10.0 ** int(power[1].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))) if power else float(text)


def axes(root):
    """functions from pixels to numbers, by two ticks of each axis"""
    texts = [(float(t.get("x")), float(t.get("y")), t.get("text-anchor"), t.text) for t in root.iter(SVG + "text") if t.text and re.fullmatch("[−0-9.]+|10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", t.text)]
    x = [(t[0], number(t[3])) for t in texts if t[2] == "middle"]
    y = [(t[1] - 5.5, number(t[3])) for t in texts if t[2] == "end"]

    def line(ticks, log):
        (p, a), (q, b) = ticks[0], ticks[-1]
        if log:
            a, b = math.log10(a), math.log10(b)
        return lambda at: (lambda v: 10 ** v if log else v)(a + (at - p) / (q - p) * (b - a))
    return lambda log_x=False, log_y=False: (line(x, log_x), line(y, log_y))


def lines(root, log_x=False, log_y=False):
    """the points of each line, the last one drawn first in the file"""
    to_x, to_y = axes(root)(log_x, log_y)
    return [[(to_x(float(a)), to_y(float(b))) for a, b in re.findall(r"[ML]([-0-9.]+) ([-0-9.]+)", p.get("d"))] for p in reversed(list(root.iter(SVG + "path")))]


def near(points, function, tolerance):
    return len(points) > 1 and all(abs(y - function(x)) <= tolerance for x, y in points)


def check_functions():
    root = picture("function", "sigmoid", "cube=x^3 / 64", "relu")
    sigmoid = lambda x: 1 / (1 + math.exp(-x))
    wanted = [sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x)), lambda x: x ** 3 / 64, lambda x: 3 * x * x / 64, lambda x: max(x, 0)]
    for k, (points, f) in enumerate(zip(lines(root), wanted)):
        check(f"function {k}", near(points, f, 0.02))
    slope = lines(root)[5]
    check("the slope of relu", all(y == 0 or abs(y) < 0.01 if x < -0.05 else abs(y - 1) < 0.01 for x, y in slope if abs(x) > 0.05))
    write("own.nn", "fn double(x) = 2 * x\n")
    check("a function of a file", near(lines(picture("function", "double", "--file", "own.nn", "--from", "0", "--to", "1"))[0], lambda x: 2 * x, 0.01))


def check_curves():
    write("run.jsonl", "".join(json.dumps({"epoch": k, "loss": 10.0 ** -k, "note": "a, b", "parts": [1, {"x": 2}], "acc": None}) + "\n" for k in range(1, 8)))
    points = lines(picture("curves", "run.jsonl", "--y", "loss", "--log-y"), log_y=True)[0]
    check("a logarithmic axis", len(points) == 7 and all(abs(math.log10(y) + x) < 0.02 for x, y in points), points)
    write("gap.csv", "x;y\n1;1\n2;\n3;nan\n4;2\n5;3\n")
    root = picture("curves", "gap.csv")
    d = next(root.iter(SVG + "path")).get("d")
    check("a gap interrupts a line", d.count("M") == 2, d)
    check("columns by number", len(lines(picture("curves", write("plain.csv", "1,2,3\n2,3,4\n"), "--x", "1", "--y", "2"))[0]) == 2)
    root = picture("curves", "<a> & \"b\"=plain.csv", "--y", "1", "--title", "</svg><script>\x01\x7f")
    texts = [t.text for t in root.iter(SVG + "text")]
    check("text is escaped", "<a> & \"b\"" in texts and "</svg><script>\ufffd\ufffd" in texts, texts)
    many = write("many.csv", "x,y\n" + "".join(f"{k},{math.sin(k / 5000)}\n" for k in range(100000)))
    root = picture("curves", many)
    points = lines(root)[0]
    check("many points make a small picture", len(points) < 8000 and near(points, lambda x: math.sin(x / 5000), 0.06), len(points))


def check_histogram():
    root = picture("histogram", write("h.csv", "v\n" + "".join(f"{v}\n" for v in [0] * 10 + [1] * 30 + [2] * 60)), "--from", "0", "--to", "3", "--bins", "3")
    check("shares of bins", sorted({round(y, 2) for _, y in lines(root)[0]}) == [0, 0.1, 0.3, 0.6], lines(root))


def check_regions():
    write("points.csv", "x,y,class\n-1,-1,0\n1,1,1\n-1,1,0\n1,-1,1\n")
    status, grid, _ = plot("grid", "points.csv")
    places = [tuple(map(float, line.split(","))) for line in grid.decode().splitlines()[1:]]
    check("a grid", status == 0 and len(places) == 14400 and places[0] < places[1] and places[0][1] < places[-1][1])
    write("p.csv", "p\n" + "".join(f"{1 / (1 + math.exp(-4 * (x - 0.25)))}\n" for x, _ in places))
    root = picture("regions", "points.csv", "p.csv", "-o", "-")
    scale = next(g for g in root.iter(SVG + "g") if "scale" in g.get("transform", ""))
    left, side = (float(v) for v in re.search(r"translate\(([0-9.]+) .*scale\(([0-9.]+)\)", scale.get("transform")).groups())
    to_x = axes(root)()[0]
    border = [to_x(left + side * float(v)) for v in re.findall(r"[ML]([0-9.]+)", [p for p in scale.iter(SVG + "path")][-1].get("d")[4:])]
    check("the border", len(border) > 100 and all(abs(x - 0.25) < 0.01 for x in border), border[:3])
    check("points of both classes", len(list(root.iter(SVG + "circle"))) == 4)
    status, text, _ = plot("regions", "points.csv", "p.csv")
    rows = text.decode().splitlines()
    check("in the terminal", status == 0 and len(rows) == 30 and rows[15].startswith("....") and rows[15].endswith("::::"), rows[15])


def check_points():
    root = picture("points", write("ten.csv", "x,y,class\n" + "".join(f"{k % 5},{k // 5},{k}\n" for k in range(10)) + "0,0,3\n"))
    circles = [(c.get("fill"), c.get("cx"), c.get("cy")) for c in root.iter(SVG + "circle")]
    check("a dot for each point, a colour for each class", len(circles) == 11 and len({fill for fill, _, _ in circles}) == 10, circles)
    check("a legend of ten", sum("class " in (t.text or "") for t in root.iter(SVG + "text")) == 10)
    left, right = float(circles[0][1]), float(circles[4][1])
    check("to the right and up", right > left and float(circles[5][2]) < float(circles[0][2]) and circles[10][1:] == circles[0][1:], circles)


def check_images():
    root = picture("images", write("i.npy", npy((2, 2, 3), [0, 1, 0, 1, 0, 1, 1, 1, 1, 0, 0, 0])), "--columns", "2")
    squares = [(p.get("fill"), p.get("d")) for p in root.iter(SVG + "path")]
    check("two images side by side", squares[0] == ("#000000", "M0 0h1v1h-1z") and ("#000000", "M4 1h3v1h-3z") in squares, squares)
    big = write("big.idx", b"\0\0\x08\x03" + struct.pack(">3I", 4, 40, 40) + bytes(range(256)) * 25)
    image = next(picture("images", big, "--columns", "4").iter(SVG + "image"))
    import base64
    import zlib
    data = base64.b64decode(image.get("href").split(",")[1])
    width, height = struct.unpack(">2I", data[16:24])
    at, body = 8, b""
    while at < len(data):
        length, = struct.unpack(">I", data[at:at + 4])
        chunk = data[at + 4:at + 8 + length]
        check("a checksum of PNG", zlib.crc32(chunk) == struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0])
        body += chunk[4:] if chunk[:4] == b"IDAT" else b""
        at += 12 + length
    rows = zlib.decompress(body)
    check("a PNG", (width, height) == (163, 40) and rows[1:4] == b"\0\1\2" and rows[164 + 1] == 40, width, height, rows[:4])
    root = picture("images", write("two.npy", npy((2, 6), [9, 9, 0, 1, 1, 0] * 2)), "--size", "2x2", "--skip", "2", "--low", "0", "--high", "1")
    check("values before the image are passed over", [p.get("fill") for p in root.iter(SVG + "path")][:2] == ["#000000", "#ffffff"])
    root = picture("filters", write("w.npy", npy((1, 1, 3), [-2, 0, 1], "<f8")))
    check("filters have the sign as colour", [p.get("fill") for p in root.iter(SVG + "path")][:3] == ["#0054a0", "#ffffff", "#e4a880"], [p.get("fill") for p in root.iter(SVG + "path")][:3])


def check_mistakes():
    write("text.csv", "a,b\n1,x\n")
    write("ragged.csv", "a,b\n1,2\n3\n")
    write("empty.csv", "")
    write("header.csv", "a,b\n")
    write("bad.jsonl", '{"a": 1}\n{"a": }\n')
    write("twice.jsonl", '{"a": 1, "a": 2}\n')
    write("deep.jsonl", '{"a": ' + "[" * 100000 + "\n")
    write("zero.csv", b"a\n1\0\n")
    write("cut.npy", npy((3, 2), [1, 2, 3, 4]))
    write("huge.npy", b"\x93NUMPY\1\0\x60\0" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4611686018427387904), }".ljust(96))
    write("fortran.npy", npy((2, 2), [1, 2, 3, 4], order="True"))
    write("seven.npy", npy((1, 7), [1] * 7))
    write("cut.idx", b"\0\0\x08\x03" + struct.pack(">3I", 60000, 28, 28))
    write("none.npy", npy((0, 4), []))
    write("points3.csv", "x,y,class\n0,0,0\n1,1,10\n")
    write("inf.csv", "x,y\n1,inf\n2,nan\n")
    write("far.csv", "x,y\n1,-1e308\n2,1e308\n")
    write("weights.safetensors", struct.pack("<Q", 9) + b'{"a": 1}')
    mistakes = [
        (2, "usage", []),
        (2, "there is no picture called `curve`", ["curve", "run.jsonl"]),
        (2, "there is no option `--titel`", ["curves", "run.jsonl", "--titel", "x"]),
        (2, "--bins takes a whole number", ["histogram", "h.csv", "--bins", "0"]),
        (2, "--size takes rows and columns", ["images", "i.npy", "--size", "28"]),
        (2, "--width takes a number from", ["curves", "run.jsonl", "--width", "1e9"]),
        (2, "--from takes a number", ["curves", "run.jsonl", "--from", "nan"]),
        (2, "`regions` takes two files", ["regions", "points.csv"]),
        (2, "--mark takes a number and a text", ["curves", "run.jsonl", "--mark", "here"]),
        (2, "ends before it begins", ["curves", "run.jsonl", "--from", "3", "--to", "1"]),
        (1, "no column `los`", ["curves", "run.jsonl", "--y", "los"]),
        (1, "text.csv:2: column 1: `x` is no number", ["curves", "text.csv"]),
        (1, "ragged.csv:3: fewer than the 2 fields", ["curves", "ragged.csv"]),
        (1, "empty.csv is empty", ["curves", "empty.csv"]),
        (1, "header.csv has no numbers", ["curves", "header.csv"]),
        (1, "bad.jsonl:2", ["curves", "bad.jsonl"]),
        (1, "`a` stands twice", ["curves", "twice.jsonl"]),
        (1, "deep.jsonl:1", ["curves", "deep.jsonl"]),
        (1, "it has a zero byte", ["curves", "zero.csv"]),
        (1, "there is no file missing.csv", ["curves", "missing.csv"]),
        (1, "nothing to draw", ["curves", "inf.csv"]),
        (1, "too far apart", ["curves", "far.csv"]),
        (1, "truncated", ["images", "cut.npy"]),
        (1, "more than any file can hold", ["images", "huge.npy"]),
        (1, "Fortran order", ["images", "fortran.npy"]),
        (1, "7 values are no square image", ["images", "seven.npy"]),
        (1, "truncated", ["images", "cut.idx"]),
        (1, "nothing to draw", ["images", "none.npy"]),
        (1, "none has number 5", ["images", "i.npy", "--first", "5"]),
        (1, "not cut into images of 5x5", ["images", "i.npy", "--size", "5x5"]),
        (1, "neither .npy nor IDX", ["images", "h.csv"]),
        (1, "weights.safetensors", ["filters", "weights.safetensors"]),
        (1, "class 10 is not one of", ["grid", "points3.csv"]),
        (1, "has 7 rows, expected 14400", ["regions", "points.csv", "run.jsonl"]),
        (1, "nothing named `sigmod`", ["function", "sigmod"]),
        (1, "is no expression of x", ["function", "x }\nmodel Other { input y: [3]"]),
        (1, "cannot be drawn", ["function", "x +"]),
        (1, "cannot be drawn", ["function", "3"]),
        (1, "no/folder", ["curves", "run.jsonl", "-o", "no/folder/x.svg"]),
    ]
    for status, message, args in mistakes:
        got, out, errors = plot(*args)
        check(f"plot {args}", got == status and message in errors and not out and (errors.startswith("error") or not args), got, errors)
    check("--help", plot("--help")[0] == 0)


os.makedirs(FOLDER, exist_ok=True)
for test in (check_functions, check_curves, check_histogram, check_regions, check_points, check_images, check_mistakes):
    test()
print(f"{counts[True]} passed, {counts[False]} failed")
sys.exit(counts[False] > 0)
