# nnc data pack: folders of pictures as an archive, from which a trainer learns the names of the folders; pictures of every kind, compared with Pillow
# where it is there; what is wrong, cut off or damaged is answered.
. tests/say.sh
begin pictures
trainers

cd "$work" || exit 1
if ! command -v python3 >/dev/null; then
	skip "python3: not installed: pictures"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
"$nnc" data --help >said 2>&1 && says '--size HEIGHTxWIDTH' && "$nnc" --help | grep -q 'nnc data --help'
ok $? "help"

# ---- PNG -----------------------------------------------------------------------------------------------------------------------------------------

cat >tools.py <<'X'
import ast, struct, zipfile, zlib

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

def png(path, width, height, rows, depth=8, colour=2, more=b""):
    data = b"".join(b"\0" + row for row in rows)
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)) + more + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))

def array(path, name): # type, shape, bytes
    data = zipfile.ZipFile(path).read(name + ".npy") # compares the checksum
    n, = struct.unpack("<H", data[8:10])
    header = ast.literal_eval(data[10:10 + n].decode())
    return header["descr"], header["shape"], data[10 + n:]

def labels(path):
    kind, shape, data = array(path, "labels")
    size = 4 * int(kind[2:])
    return [data[k * size:(k + 1) * size].decode("utf-32-le").rstrip("\0") for k in range(shape[0])]
X
mkdir -p p/zebra p/cat "p/$(printf '\303\244rmel')" && python3 - >said 2>&1 <<'X'
from tools import *
import os, random
random.seed(1)
colour = [bytes(random.randrange(256) for _ in range(9)) for _ in range(2)]
png("p/cat/2.png", 3, 2, colour)
png("p/cat/10.PNG", 3, 2, [b"\x00\x80\xff", b"\x01\x02\x03"], colour=0)
png("p/zebra/bits.png", 3, 2, [b"\xa0", b"\x40"], depth=1, colour=0)
png("p/zebra/palette.png", 3, 2, [b"\x00\x01\x02", b"\x02\x01\x00"], colour=3, more=chunk(b"PLTE", b"\1\2\3\4\5\6\7\x08\x09") + chunk(b"tRNS", b"\0"))
png("p/zebra/alpha.png", 3, 2, [bytes(range(12)), bytes(range(12, 24))], colour=6)
png("p/\xe4rmel/deep.png".encode(), 3, 2, [b"\x12\x34" * 9, b"\xff\xff" * 9], depth=16)
open("p/cat/notes.txt", "w").write("no picture")
open("p/.hidden", "w").write("")
X
ok $? "pictures are made"
"$nnc" data pack p -o p.npz >said 2>&1 && says 'p.npz: 6 pictures of 3 x 2 x 3, 3 classes: cat 2, zebra 3,' '1 other file or folder passed over'
ok $? "packed"
"$nnc" data pack p/ -o grey.npz --grey >said 2>&1 && "$nnc" data pack p -o again.npz >>said 2>&1 && cmp p.npz again.npz >>said
ok $? "the same pictures give the same file"
python3 - >said 2>&1 <<'X'
from tools import *
import random
random.seed(1)
rgb = [[bytes(random.randrange(256) for _ in range(9)) for _ in range(2)]]
grey = lambda *rows: [b"".join(bytes([v] * 3) for v in row) for row in rows]
expected = [grey(b"\x00\x80\xff", b"\x01\x02\x03"), rgb[0], # cat: 10.PNG before 2.png
            [b"\0\1\2\4\5\6\x08\x09\x0a", b"\x0c\x0d\x0e\x10\x11\x12\x14\x15\x16"], grey(b"\xff\0\xff", b"\0\xff\0"),
            [b"\1\2\3\4\5\6\7\x08\x09", b"\7\x08\x09\4\5\6\1\2\3"], [b"\x12" * 9, b"\xff" * 9]]
kind, shape, data = array("p.npz", "images")
assert (kind, shape) == ("|u1", (6, 3, 2, 3)), (kind, shape)
for k, rows in enumerate(expected):
    pixels = b"".join(rows)
    assert data[18 * k:18 * k + 18] == pixels[0::3] + pixels[1::3] + pixels[2::3], k
assert labels("p.npz") == ["cat"] * 2 + ["zebra"] * 3 + ["\xe4rmel"]
kind, shape, data = array("grey.npz", "images")
assert shape == (6, 1, 2, 3)
for k, rows in enumerate(expected):
    pixels = b"".join(rows)
    assert list(data[6 * k:6 * k + 6]) == [(19595 * pixels[3 * i] + 38470 * pixels[3 * i + 1] + 7471 * pixels[3 * i + 2] + 32768) >> 16 for i in range(6)]
X
ok $? "every pixel and label"

# sizes: means of areas
mkdir -p s/a s/b && python3 - >said 2>&1 <<'X'
from tools import *
import random
random.seed(2)
for name, w, h in (("s/a/1.png", 7, 5), ("s/a/2.png", 4, 4), ("s/b/1.png", 1, 3)):
    png(name, w, h, [bytes(random.randrange(256) for _ in range(w)) for _ in range(h)], colour=0)
X
"$nnc" data pack s -o s.npz >said 2>&1
[ $? = 1 ] && says 's/a/2.png: has 4 x 4 pixels, but s/a/1.png has 7 x 5' '--size 5x7' && [ ! -e s.npz ] && [ -z "$(ls | grep tmp)" ]
ok $? "pictures of two sizes"
"$nnc" data pack s -o s.npz --size=3x4 --grey >said 2>&1 && python3 - >>said 2>&1 <<'X'
from tools import *
from fractions import Fraction as F
import random
random.seed(2)
def resized(rows, w, h, W, H):
    def share(i, k, n, m): # of new pixel i in old pixel k
        return max(F(0), min(F(i + 1) * n / m, F(k + 1)) - max(F(i) * n / m, F(k)))
    return [int(sum(share(y, r, h, H) * share(x, c, w, W) * rows[r][c] for r in range(h) for c in range(w)) * W * H / (w * h) + F(1, 2)) for y in range(H) for x in range(W)]
kind, shape, data = array("s.npz", "images")
assert shape == (3, 1, 3, 4), shape
for k, (w, h) in enumerate(((7, 5), (4, 4), (1, 3))):
    rows = [bytes(random.randrange(256) for _ in range(w)) for _ in range(h)]
    assert list(data[12 * k:12 * k + 12]) == resized(rows, w, h, 4, 3), k
X
ok $? "all of one size: the means of areas"

# ---- what is wrong -------------------------------------------------------------------------------------------------------------------------------

refuses() { # STATUS TEXT ... -- COMMAND...
	want=$1
	shift
	: >texts
	while [ "$1" != -- ]; do
		printf '%s\n' "$1" >>texts
		shift
	done
	shift
	"$@" >said 2>&1
	[ $? = "$want" ] && [ "$(grep -c '^error' said)" = 1 ] && ! [ -e x.npz ] && [ -z "$(ls | grep tmp)" ] && while IFS= read -r text; do
		grep -qF -- "$text" said || exit 1
	done <texts
	ok $? "$*"
}
mkdir -p empty flat bad/a bare/a
cp p/cat/2.png flat
refuses 2 'a folder of pictures is missing' -- "$nnc" data pack -o x.npz
refuses 2 '-o says where' -- "$nnc" data pack p
refuses 2 'called .npz' -- "$nnc" data pack p -o x.zip
refuses 2 'does not know `pak`' 'nnc data pack' -- "$nnc" data pak p -o x.npz
refuses 2 'there is no option `--sise=3`' '`--size`' -- "$nnc" data pack p -o x.npz --sise=3
for size in 0 3x 3x0 -1 x3 99999999999999999999 1x99999 3x4x5 16000x16000; do
	refuses 2 '--size takes HEIGHTxWIDTH' -- "$nnc" data pack p -o x.npz --size $size
done
refuses 2 'what is `s`' -- "$nnc" data pack p s -o x.npz
refuses 1 'none: No such file' -- "$nnc" data pack none -o x.npz
refuses 1 'empty: holds no folders' 'empty/cat/1.png' -- "$nnc" data pack empty -o x.npz
refuses 1 'flat: holds no folders' -- "$nnc" data pack flat -o x.npz
refuses 1 'bare/a: holds no picture' -- "$nnc" data pack bare -o x.npz
refuses 1 'none/x.npz' -- "$nnc" data pack p -o none/x.npz
bad() { # TEXT: of the picture bad/a/1.png
	refuses 1 "$1" bad/a/1.png -- "$nnc" data pack bad -o x.npz
}
: >bad/a/1.png
bad 'is empty'
echo 'no picture' >bad/a/1.png
bad 'neither PNG nor JPEG'
rm bad/a/1.png && mkfifo bad/a/1.png
timeout 10 "$nnc" data pack bad -o x.npz >said 2>&1 &
sleep 0.2
: >bad/a/1.png
wait $!
[ $? = 1 ] && says 'is not a plain file'
ok $? "a pipe"
rm bad/a/1.png
for size in '0, 1' '1, 0' '20000, 1' '16000, 16000' '2**31 - 1, 2**31 - 1'; do
	python3 -c "from tools import *; png('bad/a/1.png', $size, [b'\0' * 3])" && bad ''
done
(ulimit -v 400000 && "$nnc" data pack bad -o x.npz >said 2>&1)
[ $? = 1 ]
ok $? "a picture that says that it is large takes no memory"

# each byte cut off, and each damaged: an answer, and no archive that is not whole
cat >damage.py <<'X'
import os, subprocess, sys
from tools import *
nnc, original = sys.argv[1:]
data = open(original, "rb").read()
os.makedirs("cut/a", exist_ok=True)
path = "cut/a/1" + os.path.splitext(original)[1]
def pack():
    r = subprocess.run([nnc, "data", "pack", "cut", "-o", "cut.npz"], capture_output=True)
    assert r.returncode in (0, 1), (r.returncode, r.stderr)
    assert (r.returncode == 0) == os.path.exists("cut.npz") and (r.returncode == 0 or r.stderr.startswith(b"error: ")), r.stderr
    if r.returncode == 0:
        array("cut.npz", "images")
        os.remove("cut.npz")
    return r.returncode
step = 1 + len(data) // 250
for n in range(0, len(data) - 2, step):
    open(path, "wb").write(data[:n])
    assert pack() == 1, f"cut to {n} bytes"
for n in range(0, len(data), step):
    open(path, "wb").write(data[:n] + bytes([data[n] ^ 0xFF]) + data[n + 1:])
    pack()
X
python3 damage.py "$nnc" p/cat/2.png >said 2>&1
ok $? "a PNG cut and damaged anywhere"

# ---- JPEG, and what Pillow makes of both -----------------------------------------------------------------------------------------------------------

if python3 -c 'import PIL' 2>/dev/null; then
	mkdir -p j/one j/two && python3 - >said 2>&1 <<'X'
from PIL import Image
import random
random.seed(3)
def smooth(w, h, mode):
    n = len(mode) if mode != "LA" else 2
    small = Image.frombytes(mode, (4, 3), bytes(random.randrange(256) for _ in range(12 * n)))
    return small.resize((w, h), Image.BICUBIC)
smooth(24, 16, "RGB").save("j/one/1.jpg", quality=90)
smooth(24, 16, "RGB").save("j/one/2.jpeg", quality=70, progressive=True)
smooth(24, 16, "L").save("j/one/3.JPG")
smooth(24, 16, "RGBA").save("j/two/1.png")
smooth(24, 16, "LA").save("j/two/2.png")
smooth(24, 16, "RGB").quantize(16).save("j/two/3.png")
X
	"$nnc" data pack j -o j.npz >>said 2>&1 && "$nnc" data pack j -o jg.npz --grey >>said 2>&1 && python3 - >>said 2>&1 <<'X'
from tools import *
from PIL import Image
import glob
for name, mode, planes in ("j.npz", "RGB", 3), ("jg.npz", "L", 1):
    kind, shape, data = array(name, "images")
    assert shape == (6, planes, 16, 24), shape
    for k, path in enumerate(sorted(glob.glob("j/*/*"))):
        pixels = Image.open(path).convert("RGB").convert(mode).tobytes()
        record = data[k * planes * 384:(k + 1) * planes * 384]
        worst = max(abs(pixels[planes * i + c] - record[384 * c + i]) for i in range(384) for c in range(planes))
        assert worst <= (2 if "jp" in path.lower() else 0), (path, worst) # Pillow may bring another libjpeg
assert labels("j.npz") == ["one"] * 3 + ["two"] * 3
X
	ok $? "the pixels are those of Pillow"
	python3 damage.py "$nnc" j/one/1.jpg >said 2>&1
	ok $? "a JPEG cut and damaged anywhere"
	python3 damage.py "$nnc" j/one/2.jpeg >said 2>&1
	ok $? "a progressive one"
	python3 -c 'from PIL import Image; Image.new("CMYK", (8, 8)).save("bad/a/1.jpg")' && rm -f bad/a/1.png && refuses 1 'bad/a/1.jpg: is CMYK' -- "$nnc" data pack bad -o x.npz
else
	skip "pillow: not installed: JPEG"
fi

# ---- and learned from ----------------------------------------------------------------------------------------------------------------------------

mkdir -p shapes/across shapes/down && python3 - >said 2>&1 <<'X'
from tools import *
import random
random.seed(4)
for k in range(120):
    dark = [[random.randrange(60) for _ in range(8)] for _ in range(8)]
    at = random.randrange(8)
    for i in range(8):
        if k % 2: dark[at][i] += 190
        else: dark[i][at] += 190
    png(f"shapes/{'across' if k % 2 else 'down'}/{k}.png", 8, 8, [bytes(row) for row in dark], colour=0)
X
"$nnc" data pack shapes -o shapes.npz --grey >said 2>&1
ok $? "lines are packed"
cat >shapes.nn <<'END'
model Shapes {
  input  x: [1, 8, 8]
  target t: 0..1
  y = x -> flatten -> Dense(32) -> relu -> Dense(2)
  loss = cross_entropy(y, t)
  output p = softmax(y)
  metric acc = accuracy(y, t)
}
train Shapes {
  data {
    x = npz("shapes.npz", part="images") / 255
    t = npz("shapes.npz", part="labels")
  }
  optimizer = Adam(lr=0.01)
  epochs    = 60
}
END
"$nnc" build shapes.nn -o run >said 2>&1 && ./run train -q -o s.w >said 2>&1 && ./run test --weights s.w >said 2>&1 && says 'across' 'down' && awk '/^data / && $5 < 95 { exit 1 }' said
ok $? "a trainer learns them, and says their names"

cd "$root" || exit 1
counts
