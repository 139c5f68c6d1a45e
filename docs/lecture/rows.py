#!/usr/bin/env python3
"""Images of an IDX file as rows of an .npy file, for `predict`:  rows.py IDX OUT.npy FIRST COUNT [NOISE]

Pixels become 0..1; NOISE is the standard deviation of a normal number that is added to each, the same ones every time.  Labels become a
column of a CSV: rows.py IDX OUT.csv FIRST COUNT"""
import gzip
import os
import random
import struct
import sys


def read_idx(path):
    """bytes of all images, and the number in each"""
    if not os.path.exists(path):
        path += ".gz"
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
        data = f.read()
    if len(data) < 8 or data[:3] != b"\0\0\x08" or data[3] < 1:
        sys.exit(f"rows.py: {path} is no IDX file of bytes")
    shape = struct.unpack(f">{data[3]}I", data[4:4 + 4 * data[3]])
    size = 1
    for n in shape[1:]:
        size *= n
    return data[4 + 4 * data[3]:], size


def write_npy(path, values, width):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(values) // width}, {width}), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as f:
        f.write(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}f", *values))


def main(source, out, first, count, noise=0.0):
    data, size = read_idx(source)
    draw = random.Random(1)
    if out.endswith(".csv"):
        with open(out, "w") as f:
            f.write("class\n" + "".join(f"{b}\n" for b in data[int(first):int(first) + int(count)]))
        return
    pixels = data[int(first) * size:(int(first) + int(count)) * size]
    write_npy(out, [b / 255 + (draw.gauss(0, float(noise)) if float(noise) else 0) for b in pixels], size)


if len(sys.argv) not in (5, 6):
    sys.exit(__doc__)
main(*sys.argv[1:])
