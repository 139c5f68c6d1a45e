# Data that stay in their files: the bits of data that were read, whatever the type, the arithmetic, the slice and the place on the disk; little memory;
# what is not finite named by file and record before the first step; a file that is cut off meanwhile.
root=$PWD
. tests/say.sh
begin mapped
trainers
said=$work/log

if ! command -v python3 >/dev/null; then
	skip "python3: not installed: mapped files"
	counts
	exit
fi
cd "$work" || exit 1

# the same whole numbers in every type, raw and compressed; fractions, which are used as they lie; larger images; a record that is not finite
cat >make.py <<END
import gzip, struct
exec(open("$root/tests/transforms.py").read().replace("sys.exit(main())", ""))
values = flat(images())
shape = (RECORDS, PLANES, HEIGHT, WIDTH)
def both(name, write):
    write(name)
    with open("gz_" + name + ".gz", "wb") as f:
        f.write(gzip.compress(open(name, "rb").read()))
for name, kind, code in ("u1", "|u1", "%dB"), ("u2", "<u2", "<%dH"), ("i2", ">i2", ">%dh"), ("i8", "<i8", "<%dq"), ("f4", "<f4", "<%df"), ("b4", ">f4", ">%df"), ("f8", "<f8", "<%dd"):
    both(name + ".npy", lambda path: write_npy(path, kind, shape, struct.pack(code % len(values), *values)))
both("images", lambda path: open(path, "wb").write(struct.pack(">BBBB4I", 0, 0, 8, 4, *shape) + bytes(values)))
fractions = [v / 255 - 0.5 for v in values]
for name, kind, code in ("p4", "<f4", "<%df"), ("p8", "<f8", "<%dd"):
    both(name + ".npy", lambda path: write_npy(path, kind, shape, struct.pack(code % len(fractions), *fractions)))
    fractions[33 * 40 + 7] = float("nan")
    write_npy("nan_" + name + ".npy", kind, shape, struct.pack(code % len(fractions), *fractions))
    fractions[33 * 40 + 7] = 0
write_npy("r.npy", "|u1", (RECORDS,), bytes(r % 3 for r in range(RECORDS)))
large = flat(images(LARGE_HEIGHT, LARGE_WIDTH))
both("y.npy", lambda path: write_npy(path, "<f4", (RECORDS, PLANES, LARGE_HEIGHT, LARGE_WIDTH), struct.pack("<%df" % len(large), *large)))
both("w.npy", lambda path: write_npy(path, "<u2", (65536,), struct.pack("<65536H", *((k * 7919 + 3) % 65536 for k in range(65536)))))
with open("drop.py", "w") as f:
    f.write("import os, sys\nfor name in sys.argv[1:]:\n    os.posix_fadvise(os.open(name, os.O_RDONLY), 0, 0, os.POSIX_FADV_DONTNEED)\n")
END
PYTHONDONTWRITEBYTECODE=1 python3 make.py >log 2>&1
check "the files are made"

model() { # NAME SOURCE [f64]
	cat >"$1.nn" <<X
model Pictures {
  input  x: [2, 5, 4]
  target t: 0..2
  y = x -> flatten -> Dense(3)
  loss = cross_entropy(y, t)
  output y
}

train Pictures {
  data       { x = $2; t = npy("r.npy")${4:-} }
  validation = 8
  optimizer  = SGD(lr=0.1)
  batch_size = 7
}
X
	"$nnc" build "$1.nn" --real="${3:-f32}" -o "$1" >log 2>&1
	check "$1: builds"
}

alike() { # NAME SOURCE(with FILE in it) FILE [f64] [SLICE OF t]: the weights of the file as it lies, and the run goes on with the compressed one
	model "$1" "$(echo "$2" | sed "s/FILE/$3/")" "${4:-f32}" "${5:-}"
	model "gz_$1" "$(echo "$2" | sed "s/FILE/gz_$3/")" "${4:-f32}" "${5:-}"
	rm -rf run_"$1" run_gz_"$1"
	./"$1" train --epochs 3 --out "run_$1" >log 2>&1 && ./"gz_$1" train --epochs 3 --out "run_gz_$1" >>log 2>&1 \
		&& cmp "run_$1/last.safetensors" "run_gz_$1/last.safetensors" >>log 2>&1 && grep -q 'in mapped files' log
	check "$1: the weights of data that are read"
	"./gz_$1" train --resume "run_$1" --epochs 5 >log 2>&1 && "./$1" train --resume "run_gz_$1" --epochs 5 >>log 2>&1 \
		&& cmp "run_$1/checkpoint.safetensors" "run_gz_$1/checkpoint.safetensors" >>log 2>&1
	check "$1: a run goes on with either"
}

for type in u1 u2 i2 i8 f4 b4 f8; do
	alike $type 'npy("FILE") / 255 - 0.5' $type.npy
done
alike idx 'idx("FILE") / 255 - 0.5' images
alike u1_f64 'npy("FILE") / 255 - 0.5' u1.npy f64
alike f4_f64 'npy("FILE") / 255 - 0.5' f4.npy f64
alike p4 'npy("FILE")' p4.npy
alike p8 'npy("FILE")' p8.npy
alike p8_f64 'npy("FILE")' p8.npy f64
alike slice '(npy("FILE")[5..30] / 255)' f8.npy f32 '[5..30]'
alike moved '(npy("FILE") / 255 -> flip -> shift(2) -> crop(5, 4))' y.npy
for type in u2 i2 i8 f4 b4 f8 idx; do
	cmp run_u1/last.safetensors run_$type/last.safetensors
done >log 2>&1
check "all types give the same weights"

# tokens that may be any number of their type
cat >tokens.nn <<'X'
model Tokens {
  input s: [17] of 0..65535
  param E: [65536] ~ normal(0, 0.1)
  loss = mean(i in 0..15) (E[s[i]] - E[s[i+1]])^2
}

train Tokens {
  data { s = npy("w.npy")[100..400] }
  optimizer = SGD(lr=0.1)
}
X
sed 's/w.npy/gz_w.npy/' tokens.nn >gz_tokens.nn
"$nnc" build tokens.nn -o tokens >log 2>&1 && "$nnc" build gz_tokens.nn -o gz_tokens >>log 2>&1 && ./tokens train --epochs 2 --out tokens.w >>log 2>&1 && grep -q 'in mapped files' log \
	&& ./gz_tokens train --epochs 2 --out gz_tokens.w >>log 2>&1 && cmp tokens.w gz_tokens.w >>log 2>&1
check "tokens of two bytes"

# predictions and tests of groups, whatever the batches
./f4 predict --part data --weights run_f4 -o a.csv >log 2>&1 && ./gz_f4 predict --part data --weights run_f4 --batch_size 9 -o b.csv >>log 2>&1 && cmp a.csv b.csv >>log 2>&1
check "predictions of a group"
gzip -nc f4.npy >typed.npy.gz
./f4 predict f4.npy --weights run_f4 -o a.csv >log 2>&1 && ./f4 predict typed.npy --weights run_f4 -o b.csv >>log 2>&1 && cmp a.csv b.csv >>log 2>&1
check "predictions of an array"

# ---- what is wrong ----
for name in p4 p8; do
	for real in f32 f64; do
		model nan "npy(\"nan_$name.npy\")" $real
		! ./nan train --steps 1 -o x.w >log 2>&1 && grep -q "^error: .*nan_$name.npy: record 33, value 7 is nan, but data must be finite" log && ! [ -e x.w ]
		check "not a number in $name.npy, as $real"
	done
done
model inverse '1 / (npy("u1.npy") - 101)'
! ./inverse train --steps 1 -o x.w >log 2>&1 && grep -q 'u1.npy: record [0-9]*, value [0-9]* is 101, after the arithmetic inf, but data must be finite' log
check "a byte that means no number"
head -c 3000 f4.npy >cut.npy
model cut 'npy("cut.npy")'
! ./cut train --steps 1 -o x.w >log 2>&1 && grep -q 'cut.npy: truncated' log
check "a file that is too short"

cp p4.npy short.npy
model short 'npy("short.npy")'
./short train --epochs 100000000 --out run_short --every 1s >log 2>&1 &
training=$!
while kill -0 $training 2>/dev/null && ! [ -e run_short/metrics.jsonl ]; do sleep 0.05; done
truncate -s 0 short.npy
wait $training
[ $? = 1 ] && grep -q 'error: .*short.npy cannot be read any more' log
check "a file that is cut off while it is used"

# ---- memory, and the disk ----
python3 - <<X
exec(open("$root/tests/transforms.py").read().replace("sys.exit(main())", ""))
write_npy("wide.npy", "<f8", (3000, 2000), b"")
write_npy("eight.npy", "|u1", (3000, 2000), bytes((r * 31 + k * 7) % 251 for r in range(3000) for k in range(2000)))
write_npy("wide_t.npy", "|u1", (3000,), bytes(r % 3 for r in range(3000)))
f = open("wide.npy", "r+b")
f.truncate(128 + 3000 * 2000 * 8)
for r in range(3000):
    f.seek(128 + r * 16000 + r % 2000 * 8)
    f.write(struct.pack("<d", r % 3 - 1))
X
cat >wide.nn <<'X'
model Wide {
  input  x: [2000]
  target t: 0..2
  loss = cross_entropy(x -> Dense(3), t)
}

train Wide {
  data      { x = npy("wide.npy"); t = npy("wide_t.npy") }
  optimizer = SGD(lr=0.1)
}
X
"$nnc" build wide.nn -o wide >log 2>&1
(ulimit -d 16000 && ./wide train --epochs 2 --out wide.w) >log 2>&1
check "48 MB in a program that may have 16"
sed 's/wide.npy/eight.npy/; s/")/") \/ 255/; s/_t.npy") .*/_t.npy") }/' wide.nn >eight.nn
"$nnc" build eight.nn -o eight >log 2>&1 && ./eight train --epochs 3 --out eight.w >log 2>&1
check "bytes, which need no look before the first step"
for options in '' '--batch_size 1000' '--shuffle off' '--steps 100'; do
	python3 drop.py eight.npy
	./eight train --epochs 3 $options --threads 2 --time --out dropped.w >log 2>&1 && python3 - >>log 2>&1 <<X && ./eight train --epochs 3 $options --out eight.w >>log 2>&1 && cmp eight.w dropped.w >>log 2>&1
import re
assert re.search(r"\ntime: [0-9,]+ steps? of [0-9.]+ us, of which their data took [0-9.]+ us \([0-9.]+ %\)(, read ahead from the disk)?\n", open("log").read())
X
	check "the same weights from a file that is not in memory, and what its steps took: $options"
done

counts
