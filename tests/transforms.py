"""Random transformations of images, from the formulas in docs/numerics.md, section 6, compared with what a trainer did.

    python3 tests/transforms.py make FOLDER                                             the images x.npy, their numbers r.npy; larger ones, y.npy
    python3 tests/transforms.py compare FOLDER WEIGHTS TENSOR EPOCHS SEED ZERO CHAIN    is the tensor the sum of what the epochs showed?

CHAIN is what stands behind the source, `flip,shift`; with `crop` in it, the images are the larger ones.

The models of tests/suites/transforms.sh add each image that a step sees to a row of their own, by gradient descent without rounding.
"""
import json
import struct
import sys

RECORDS, PLANES, HEIGHT, WIDTH, PIXELS = 40, 2, 5, 4, 3
LARGE_HEIGHT, LARGE_WIDTH = 9, 7
WORD = 0xFFFFFFFF


def pixel(r, c, i, j):
    return (r * 37 + c * 101 + i * 19 + j * 7 + 1) % 250


def images(height=HEIGHT, width=WIDTH):
    return [[[[pixel(r, c, i, j) for j in range(width)] for i in range(height)] for c in range(PLANES)] for r in range(RECORDS)]


def philox(counter, key):
    a, b, c, d = counter
    k, l = key
    for _ in range(10):
        p, q = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = q >> 32 ^ b ^ k, q & WORD, p >> 32 ^ d ^ l, p & WORD
        k, l = k + 0x9E3779B9 & WORD, l + 0xBB67AE85 & WORD
    return a, b, c, d


def site(name):
    h = 2166136261
    for byte in name.encode():
        h = (h ^ byte) * 16777619 & WORD
    return h


def words(seed, epoch, record, name):
    return philox((record, 5, epoch & WORD, site(name)), (seed & WORD, seed >> 32))


def flip(plane, w, zero):
    return [row[::-1] for row in plane] if w[0] >> 31 else plane


def shift(plane, w, zero):
    down, right = ((word * (2 * PIXELS + 1) >> 32) - PIXELS for word in w[:2])
    height, width = len(plane), len(plane[0])
    return [[plane[i - down][j - right] if 0 <= i - down < height and 0 <= j - right < width else zero for j in range(width)] for i in range(height)]


def cut(plane, top, left):
    return [row[left:left + WIDTH] for row in plane[top:top + HEIGHT]]


def crop(plane, w, zero):
    return cut(plane, w[0] * (len(plane) - HEIGHT + 1) >> 32, w[1] * (len(plane[0]) - WIDTH + 1) >> 32)


def middle(image):
    return [cut(plane, (len(plane) - HEIGHT) // 2, (len(plane[0]) - WIDTH) // 2) for plane in image]


def seen(record, image, seed, epoch, zero, chain="flip,shift"):
    for name in chain.split(","):
        w = words(seed, epoch, record, "x." + name)
        image = [{"flip": flip, "shift": shift, "crop": crop}[name](plane, w, zero) for plane in image]
    return image


def write_npy(path, dtype, shape, data):
    header = ("{'descr': '%s', 'fortran_order': False, 'shape': (%s,), }" % (dtype, ", ".join(map(str, shape)))).ljust(117) + "\n"
    with open(path, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)


def flat(values):
    return [v for item in values for v in flat(item)] if isinstance(values, list) else [values]


def read_tensor(path, name):
    with open(path, "rb") as f:
        header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
        data = f.read()
    first, last = header[name]["data_offsets"]
    size, code = (4, "f") if header[name]["dtype"] == "F32" else (8, "d")
    return list(struct.unpack(f"<{(last - first) // size}{code}", data[first:last]))


def compare(folder, weights, tensor, epochs, seed, zero, chain):
    shown = images(LARGE_HEIGHT, LARGE_WIDTH) if "crop" in chain else images()
    total = [0.0] * (RECORDS * PLANES * HEIGHT * WIDTH)
    for epoch in range(1, epochs + 1):
        epoch_sees = flat([seen(r, image, seed, epoch, zero, chain) for r, image in enumerate(shown)])
        total = [a + b for a, b in zip(total, epoch_sees)]
    got = read_tensor(weights, tensor)
    wrong = [k for k in range(len(total)) if total[k] != got[k]]
    for k in wrong[:3]:
        print(f"record {k // (PLANES * HEIGHT * WIDTH)}, value {k % (PLANES * HEIGHT * WIDTH)}: {got[k]}, expected {total[k]}")
    still = sum(seen(r, image, seed, 1, zero, chain) == middle(image) for r, image in enumerate(shown))
    print(f"{len(wrong)} of {len(total)} differ; {still} of {RECORDS} images stay as they are in the first epoch")
    return 1 if wrong or still > RECORDS // 4 else 0


def main():
    folder = sys.argv[2]
    if sys.argv[1] == "make":
        write_npy(f"{folder}/x.npy", "|u1", (RECORDS, PLANES, HEIGHT, WIDTH), bytes(flat(images())))
        large, shape = flat(images(LARGE_HEIGHT, LARGE_WIDTH)), (RECORDS, PLANES, LARGE_HEIGHT, LARGE_WIDTH)
        write_npy(f"{folder}/y.npy", "|u1", shape, bytes(large))
        write_npy(f"{folder}/g.npy", "<f4", shape, struct.pack(f"<{len(large)}f", *large))
        write_npy(f"{folder}/middle.npy", "|u1", (RECORDS, PLANES, HEIGHT, WIDTH), bytes(flat([middle(image) for image in images(LARGE_HEIGHT, LARGE_WIDTH)])))
        write_npy(f"{folder}/f.npy", "<f4", (RECORDS, PLANES, HEIGHT, WIDTH), struct.pack(f"<{RECORDS * PLANES * HEIGHT * WIDTH}f", *flat(images())))
        write_npy(f"{folder}/r.npy", "|u1", (RECORDS,), bytes(range(RECORDS)))
        return 0
    return compare(folder, sys.argv[3], sys.argv[4], int(sys.argv[5]), int(sys.argv[6]), float(sys.argv[7]), sys.argv[8])


sys.exit(main())
