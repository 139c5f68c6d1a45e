# From files to trained networks: the pictures of `make cifar` and the fables of `make text` are learned from; the same tokens from a text,
# from arrays of every type and from a table give the same weights and predictions; steps and epochs.
. tests/say.sh
begin data
trainers
examples=$PWD/examples said=$work/log

${MAKE:-make} -s cifar text || exit 1
cd "$work" || exit 1

same() { # what, file, files ...
	what=$1 first=$2
	shift 2
	for other; do
		cmp -s "$first" "$other" || echo "$first and $other differ"
	done >log
	[ ! -s log ]
	check "$what"
}

# the number behind a word in the last line of the log that has it
figure() { # word
	sed -n "s/.*$1 \([0-9.e+-]*\).*/\1/p" log | tail -n 1
}

# -- made data: the same from every compiler -------------------------------------------------------------------------------------

cat "$examples"/cifar/data_batch_[1-5].bin "$examples/cifar/test_batch.bin" | cksum >log
[ "$(cat log)" = "2471952623 18438000" ]
check "the pictures are those that are always drawn"
cksum <"$examples/text/fables.txt" >log
[ "$(cat log)" = "3388734480 400084" ]
check "the fables are those that are always told"

# -- pictures --------------------------------------------------------------------------------------------------------------------

"$nnc" train "$examples/shapes.nn" -- --epochs 8 --out shapes.w >log 2>&1
check "eight epochs of shapes.nn"
grep -q '4,500 records and 500 for validation' log
check "a tenth of the pictures is held out"
below "$(figure 'test error')" 35
check "test error $(figure 'test error') %, below 35 %"
cp log train.log
"$nnc" build "$examples/shapes.nn" -o shapes && ./shapes test --weights shapes.w >log
check "test ends well"
[ "$(head -n 1 log)" = "$(grep '^test' train.log)" ]
check "test says what train said"

# the first hundred pictures compressed, as .npy, and as IDX: another way into the same memory
mkdir -p packed/cifar idx
for k in 1 2 3 4 5; do
	head -c 61460 "$examples/cifar/data_batch_$k.bin" | gzip -n >packed/cifar/data_batch_$k.bin.gz
done
cp "$examples/cifar/test_batch.bin" packed/cifar
./shapes train --data packed --epochs 2 --quiet --out packed.w >log 2>&1
check "compressed batches of twenty"
sed 's/cifar10("cifar", part=train_images)/idx("images")/; s/cifar10("cifar", part=train_labels)/idx("labels")/; /^  test {/,/^  }/d' "$examples/shapes.nn" >idx.nn
for k in 1 2 3 4 5; do gzip -dc packed/cifar/data_batch_$k.bin.gz; done >hundred
(
	printf '\000\000\010\001\000\000\000\144'
	od -An -v -t u1 -w3073 hundred | awk '{ printf "%o\n", $1 }' | while read -r class; do printf "\\$class"; done
) >idx/labels
(
	printf '\000\000\010\002\000\000\000\144\000\000\014\000'
	k=0
	while [ $k -lt 100 ]; do
		tail -c +$((k * 3073 + 2)) hundred | head -c 3072
		k=$((k + 1))
	done
) >idx/images
"$nnc" train idx.nn -- --data idx --epochs 2 --quiet --out idx.w >log 2>&1
check "the same pictures as IDX"
same "CIFAR-10, compressed or not, and IDX give the same weights" packed.w idx.w

# -- texts and tokens ------------------------------------------------------------------------------------------------------------

cat >bigram.nn <<'END'
let T = 16
model Bigram {
  input s: [T+1] of 0..127
  param E: [128, 128] ~ normal(0, 0.1)
  y[i in 0..T-1, k] = E[s[i], k]
  loss = mean(cross_entropy(y, s[1..T]))
  output y
  metric acc = accuracy(y, s[1..T])
}
train Bigram {
  data { s = text("tokens.txt") }
  validation = 0.1
  optimizer  = Adam(lr=1e-2)
  batch_size = 20
  epochs     = 2
}
END
head -c 8001 "$examples/text/fables.txt" >tokens.txt # 500 windows of 17 bytes
"$nnc" build bigram.nn -o bigram || exit 1
./bigram train --out text.w >log 2>&1
check "two epochs of a text"
grep -q '450 records and 50 for validation' log && grep -q 'memory .* + 8.0 kB of data' log
check "500 windows, in the memory of the text"
below "$(figure 'train loss')" 4.85
check "training loss $(figure 'train loss'), below that of the start"

source_is() { # NAME SOURCE: the program NAME reads SOURCE
	sed "s|text(\"tokens.txt\")|$2|" bigram.nn >"$1.nn" && "$nnc" build "$1.nn" -o "$1"
}

gzip -c tokens.txt >packed.txt.gz
source_is gz 'text("packed.txt")' && ./gz train --quiet --out gz.w >log 2>&1
check "a compressed text"
(printf '%16s' ''; cat tokens.txt; printf 'more than is asked for, and then some') >longer.txt
source_is slice 'text("longer.txt")[1..500]' && ./slice train --quiet --out slice.w >log 2>&1
check "a slice of a text"
tr '\012-\176' '\013-\177' <tokens.txt >shifted.txt
source_is shift 'text("shifted.txt") - 1' && ./shift train --quiet --out shift.w >log 2>&1
check "a text with arithmetic"
same "compressed, sliced or shifted: the same weights" text.w gz.w slice.w shift.w

if command -v python3 >/dev/null; then
	python3 - <<'END'
import struct
text = open("tokens.txt", "rb").read()
def save(name, kind, code, shape, values):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(name, "wb") as f:
        f.write(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + struct.pack(code % len(values), *values))
for name, kind, code in ("u1", "|u1", "%dB"), ("u2", "<u2", "<%dH"), ("i4", ">i4", ">%di"), ("i8", "<i8", "<%dq"):
    save("run_%s.npy" % name, kind, code, "(%d,)" % len(text), text)
windows = [text[16 * k:16 * k + 17] for k in range(500)]
save("windows.npy", "<i8", "<%dq", "(500, 17)", b"".join(windows))
open("windows.csv", "w").write("".join(",".join(map(str, w)) + "\n" for w in windows))
END
	for tokens in run_u1.npy run_u2.npy run_i4.npy run_i8.npy windows.npy windows.csv; do
		source_is tokens "${tokens##*.}(\"$tokens\")" && ./tokens train --quiet --out "$tokens.w" >log 2>&1
		check "training on $tokens"
		./bigram predict "$tokens" --weights text.w -o "$tokens.p" >log 2>&1
		check "prediction from $tokens"
		./bigram gradients --data.s "$tokens" --weights text.w >"$tokens.g" 2>log
		check "gradients from $tokens"
	done
	./bigram predict tokens.txt --weights text.w -o text.p >log 2>&1
	check "prediction from a text"
	./shift predict shifted.txt --weights text.w -o shift.p >log 2>&1
	check "prediction from a text with arithmetic"
	same "arrays of tokens, of windows and tables of them: the same weights" text.w run_??.npy.w windows.npy.w windows.csv.w
	same "the same predictions" text.p run_??.npy.p windows.npy.p windows.csv.p shift.p
	same "the same gradients" run_u1.npy.g run_??.npy.g windows.npy.g windows.csv.g
	[ "$(wc -l <text.p)" = 501 ]
	check "a line for each window"
else
	skip "python3: not installed: arrays of tokens"
fi

# -- archives of arrays, as NumPy writes them ------------------------------------------------------------------------------------

if python3 -c 'import numpy' 2>/dev/null; then
	python3 - <<'END'
import numpy
rng = numpy.random.default_rng(1)
kind = rng.integers(0, 3, 300)
x = (rng.normal(size=(300, 2)) * 0.3 + numpy.array([[0, 0], [2, 0], [0, 2]])[kind]).astype(numpy.float32)
words = numpy.array(["red", "gr\u00fcn", "blue"])[kind]
order = numpy.array([2, 1, 0])[kind] # blue, gr\u00fcn, red
numpy.save("x.npy", x)
numpy.save("numbers.npy", order)
numpy.savez("plain.npz", x=x, kind=words, numbers=order)
numpy.savez_compressed("packed.npz", x=x, kind=words, numbers=order)
END
	cat >colours.nn <<'END'
model Colours {
  input  x: [2]
  target t: 0..2
  y = x -> Dense(8) -> tanh -> Dense(3)
  loss = cross_entropy(y, t)
  output p = softmax(y)
}
train Colours {
  data { x = npy("x.npy"); t = npy("numbers.npy") }
  optimizer = Adam(lr=0.02)
  epochs = 20
}
END
	colours() { # NAME SOURCE SOURCE
		sed "s|npy(\"x.npy\")|$2|; s|npy(\"numbers.npy\")|$3|" colours.nn >$1.nn && "$nnc" build $1.nn -o $1 >log 2>&1 && ./$1 train -q -o $1.w >log 2>&1
		check "training on $2 and $3"
		[ $1 = arrays ] || [ ! -f $1.w ] || python3 - $1.w arrays.w <<'END' >log 2>&1
import sys
def values(name):
    data = open(name, "rb").read()
    return data[8 + int.from_bytes(data[:8], "little"):]
assert values(sys.argv[1]) == values(sys.argv[2])
END
		check "the weights are those of plain arrays"
	}
	colours arrays 'npy("x.npy")' 'npy("numbers.npy")'
	colours plain 'npz("plain.npz", part="x")' 'npz("plain.npz", part=numbers)'
	colours deflated 'npz("packed.npz", part="x")' 'npz("packed.npz", part="numbers")'
	colours called 'npz("packed.npz", part=x)' 'npz("packed.npz", part=kind)'
	./called test --weights called.w >log 2>&1 && grep -q "$(printf '^gr\303\274n ')" log
	check "classes are called as the words of an array"
	./called predict x.npy --weights called.w 2>&1 | cut -d, -f4 | sort | uniq -c | grep -q ' red$'
	check "predictions are, too"
else
	skip "numpy: not installed: archives of arrays"
fi

# a validation and a test group of other windows of the same text
sed 's/^  data .*/  data { s = text("tokens.txt")[0..399] }\n  validation { s = text("tokens.txt")[400..449] }\n  test { s = text("tokens.txt")[450..499] }/; /validation = /d' \
	bigram.nn >groups.nn
"$nnc" build groups.nn -o groups && ./groups train --out groups.w >log 2>&1
check "a text in three groups"
grep -q '400 records and 50 for validation' log && grep -q '^test .*(50 records)$' log
check "their sizes"

# -- steps -----------------------------------------------------------------------------------------------------------------------

# 450 records in batches of 20: 23 steps an epoch
steps() { # OPTIONS...
	./bigram train "$@" >log 2>&1
}
steps --steps 5 --out a.w && [ "$(grep -c '^epoch 1/1 .* validation loss' log)" = 1 ] && grep -q ', 5 steps,' log
check "less than an epoch: one line with validation"
steps --steps 50 --out b.w && [ "$(grep -c '^epoch ./3 .* validation loss' log)" = 3 ]
check "two epochs and a piece: three lines with validation"
steps --epochs 7 --steps 50 --out c.w
check "steps when they end before the epochs"
steps --epochs 2 --steps 50 --out d.w && [ "$(grep -c '^epoch ./2' log)" = 2 ] && steps --steps 46 --out e.w
check "epochs when they end before the steps"
same "50 steps are 50 steps" b.w c.w
same "two epochs are 46 steps" text.w d.w e.w
steps --steps 5 --shuffle off --out f.w && steps --steps 5 --shuffle off --out g.w
check "records in their order"
same "the same again" f.w g.w
! cmp -s a.w f.w
check "in another order other weights"
steps --steps 2000 --optimizer.lr 0.3 --early_stopping 2 --out h.w && grep -q 'stopped early after epoch' log && grep -q '(best: epoch' log
check "early stopping in a run of steps"
sed 's/epochs *= 2/steps = 50/' bigram.nn >steps.nn && "$nnc" build steps.nn -o steps && ./steps train --out i.w >log 2>&1 && ./steps info | grep -q 'steps 50'
check "steps in the train block"
same "as on the command line" b.w i.w
./steps train --epochs 2 --out j.w >log 2>&1
check "epochs on the command line instead"
same "as in the train block" text.w j.w

# -- arithmetic: a power is part of a trainer only where a source has one ------------------------------------------------------------

sed 's/^    x = \(.*\)$/    x = \1 ^ 2/; s/epochs *= .*/epochs = 2/' "$examples/spiral.nn" >power.nn
sed 's/epochs *= .*/epochs = 2/' "$examples/spiral.nn" >plain.nn
cp "$examples/spiral.csv" .
"$nnc" build power.nn -o power >log 2>&1 && "$nnc" build plain.nn -o plain >log 2>&1 && ./power train --out power.w >log 2>&1
check "squares of what the file holds"
awk -F, 'BEGIN { OFMT = CONVFMT = "%.17g" } $1 ~ /^[-0-9.]/ { $1 = $1 * $1; $2 = $2 * $2 } { print $1 "," $2 "," $3 }' spiral.csv >squares.csv
mkdir squares && mv squares.csv squares/spiral.csv && ./plain train --data squares --out squares.w >log 2>&1
check "a file of squares"
same "both are the same" power.w squares.w
nm power >log && grep -qw pow log && nm plain >log && ! grep -qw pow log
check "pow is linked where it is called"

counts
