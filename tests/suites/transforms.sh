# Random transformations of images in a train block: what moves where against a second program, the same bits whatever the threads, batches,
# chunks and interruptions, and that nothing but training is touched.
nnc=$PWD/$BUILD/nnc
root=$PWD
work=$PWD/$BUILD/tests/transforms
passed=0 failed=0

${MAKE:-make} -s "$BUILD/nnc" || exit 1
rm -rf "$work"
mkdir -p "$work"
export XDG_CACHE_HOME="$work/cache" LC_ALL=C PYTHONDONTWRITEBYTECODE=1

ok() { # STATUS WHAT: what was printed is in $work/said
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $2"
		head -n 20 "$work/said"
	fi
}

moved() { # WEIGHTS EPOCHS SEED ZERO [CHAIN]
	python3 "$root/tests/transforms.py" compare . "$1" E "$2" "$3" "$4" "${5:-flip,shift}" >said 2>&1
}

# A step adds the images of its batch to rows of their own: w - lr * grad is E[r] + 8 * (x / 8).  All numbers are whole, so nothing is rounded.
model() { # NAME TYPE SOURCE [SOURCE OF THE OTHER GROUPS]: into NAME.nn
	others=${4:-'npy("x.npy")'}
	cat >"$1.nn" <<X
model Moved {
  input  x: [2, 5, 4]$2
  input  r: 0..39
  param  E: [40, 2, 5, 4] = 0
  q[c, i, j] = E[r, c, i, j] * x[c, i, j]
  loss = 0 - sum(q)
  metric v = sum(c, i, j) x[c, i, j]
}

train Moved {
  data       { x = $3; r = npy("r.npy") }
  validation { x = $others; r = npy("r.npy") }
  test       { x = $others; r = npy("r.npy") }
  optimizer  = SGD(lr=8)
  batch_size = 8
}
X
}

if ! command -v python3 >/dev/null; then
	echo "skipped: python3: not installed: transformations"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
cd "$work" || exit 1
python3 "$root/tests/transforms.py" make . >said 2>&1
ok $? "the images are made"

# bytes, floats, whole numbers; arithmetic before and behind
model bytes "" 'npy("x.npy") -> flip -> shift(3)'
model floats "" 'shift(flip(npy("f.npy")), 3)'
model whole " of 0..255" 'npy("x.npy") -> flip -> shift(3)'
model behind "" '((npy("x.npy") + 5) -> flip -> shift(3)) - 5'
for name in bytes floats whole behind; do
	"$nnc" build $name.nn -o $name >said 2>&1
	ok $? "$name: builds"
done
"$nnc" build bytes.nn --real=f64 -o doubles >said 2>&1
ok $? "doubles: builds"
"$nnc" build bytes.nn --target=generic -o generic >said 2>&1
ok $? "generic: builds"
for name in bytes floats whole doubles generic; do
	./$name train --epochs 3 -q -o $name.w >said 2>&1 && moved $name.w 3 0 0
	ok $? "$name: images move as docs/numerics.md says"
done
./behind train --epochs 3 -q -o behind.w >said 2>&1 && moved behind.w 3 0 -5
ok $? "behind: zeros move in where the transformation stands"
./bytes train --epochs 2 --seed 12345678901 -q -o seed.w >said 2>&1 && moved seed.w 2 12345678901 0
ok $? "--seed changes the draws"

# the same whatever the batches, the order, the threads, the chunks
n=0
for options in '--batch_size 1 --optimizer.lr 1' '--shuffle off' '--threads 1' '--threads 5'; do
	n=$((n + 1))
	./doubles train --epochs 3 $options -q -o same$n.w >said 2>&1 && moved same$n.w 3 0 0
	ok $? "the same images with $options"
done

./doubles train --epochs 3 --batch_size 40 -q -o all.w >said 2>&1 && ./doubles train --epochs 3 --batch_size 40 --chunk 16 -q -o chunk.w >>said 2>&1 && cmp all.w chunk.w >>said 2>&1
ok $? "the same images in chunks"

# only training is transformed: figures of validation and test are those of the images as they are
sum=$(python3 -c "import struct; d = open('x.npy', 'rb').read()[128:]; print('%.4g' % (sum(d) / 40))")
./bytes train --epochs 1 -o figures.w >said 2>&1
grep -q "validation .* v $sum" said && grep -q "^test .* v $sum" said && ! grep -q "train [^a-z]* loss[^a-z]* v $sum" said
ok $? "validation and test see the images as they are ($sum)"
./bytes test --weights figures.w >said 2>&1 && grep -q "v $sum" said
ok $? "so does the command test"

# ---- crop: larger images, any part of them in training, the middle elsewhere ----
large='npy("y.npy") -> crop(5, 4)'
model cut "" "$large -> flip -> shift(3)" "$large"
model late " of 0..255" 'npy("y.npy") -> shift(3) -> flip -> crop(5, 4)' "$large"
model halves "" '((npy("g.npy") + 5) -> flip -> crop(5, 4) -> shift(3)) - 5' '(npy("g.npy") + 5 -> crop(5, 4)) - 5'
model alone "" "$large" "$large"
cat >held.nn <<X
model Held {
  input  x: [2, 5, 4]
  y = x -> flatten -> Dense(3)
  loss = mean(y^2)
  output o = y
}

train Held {
  data       { x = $large }
  validation = 0.5
  optimizer  = SGD(lr=1e-3)
}
X
for pair in cut:crop,flip,shift:0 late:shift,flip,crop:0 halves:flip,crop,shift:-5 alone:crop:0; do
	name=${pair%%:*} chain=${pair#*:}
	zero=${chain#*:} chain=${chain%:*}
	"$nnc" build $name.nn --real=f64 -o $name >said 2>&1 && ./$name train --epochs 3 -q -o $name.w >said 2>&1 && moved $name.w 3 0 $zero $chain
	ok $? "$name: $chain as docs/numerics.md says"
done
./cut train --epochs 3 --batch_size 40 -q -o all.w >said 2>&1 && ./cut train --epochs 3 --batch_size 40 --chunk 16 --threads 3 -q -o chunk.w >>said 2>&1 && cmp all.w chunk.w >>said 2>&1
ok $? "the same crops in chunks, on other threads"
./cut train --epochs 2 --batch_size 4 --optimizer.lr 4 --seed 99 -q -o seed.w >said 2>&1 && moved seed.w 2 99 0 crop,flip,shift
ok $? "other crops with another seed, the same in other batches"

middle=$(python3 -c "import struct; d = open('middle.npy', 'rb').read()[128:]; print('%.4g' % (sum(d) / 40))")
./alone train --epochs 1 -o figures.w >said 2>&1
grep -q "validation .* v $middle" said && grep -q "^test .* v $middle" said && ! grep -q "train [^a-z]* loss[^a-z]* v $middle" said
ok $? "validation and test see the middle ($middle)"
"$nnc" build held.nn -o held >said 2>&1 && ./held train --epochs 1 --batch_size 7 -q -o held.w >said 2>&1 && ./held predict y.npy --weights held.w -o large.npy >>said 2>&1 \
	&& ./held predict middle.npy --weights held.w -o small.npy >>said 2>&1 && cmp large.npy small.npy >>said 2>&1
ok $? "predict: images of either size, the middle of the larger ones"
./alone info >said 2>&1 && grep -q 'x: \[2, 5, 4\], in training crop(5, 4)$' said
ok $? "info lists crop"

small() { # NAME MESSAGE: what is said of another y.npy
	mkdir -p wrong
	cp r.npy wrong
	cp "$1" wrong/y.npy
	! ./alone train --data wrong -q -o x.w >said 2>&1 && grep -qF "$2" said
	ok $? "wrong records: $1"
}
python3 - <<X
exec(open("$root/tests/transforms.py").read().replace("sys.exit(main())", ""))
for name, shape in ("low", (40, 2, 4, 9)), ("narrow", (40, 2, 9, 3)), ("grey", (40, 9, 7)), ("planes", (40, 3, 9, 7)), ("flat", (40, 126)), ("row", (40,)), ("empty", (40, 2, 0, 7)):
    n = 1
    for d in shape:
        n *= d
    write_npy(name + ".npy", "|u1", shape, bytes(n))
X
small low.npy "wrong/y.npy: holds images of 4 x 9, smaller than crop(5, 4) of 'x' (alone.nn:11)"
small narrow.npy "wrong/y.npy: holds images of 9 x 3, smaller than crop(5, 4) of 'x' (alone.nn:11)"
small grey.npy "wrong/y.npy: holds images of 1 plane, but 'x' has 2 (alone.nn:2)"
small planes.npy "wrong/y.npy: holds images of 3 planes, but 'x' has 2 (alone.nn:2)"
small flat.npy "holds uint8 [40, 126], no images with a height and a width that could be cut, and 'x' takes 40 values a sample (alone.nn:2)"
small row.npy "holds uint8 [40], no images"
small empty.npy "holds uint8 [40, 2, 0, 7], no images"

# CIFAR-10 knows its size: five files to 3 x 24 x 24
cat >colours.nn <<'X'
model Colours {
  input  x: [3, 24, 24]
  target t: 0..9
  loss = cross_entropy(x -> flatten -> Dense(10), t)
}

train Colours {
  data { x = cifar10("cifar", part=train_images) / 255 -> crop(24, 24); t = cifar10("cifar", part=train_labels) }
  test { x = cifar10("cifar", part=test_images) / 255 -> crop(24, 24); t = cifar10("cifar", part=test_labels) }
  optimizer = SGD(lr=0.01)
}
X
ln -s "$root/examples/cifar" cifar
"$nnc" build colours.nn -o colours >said 2>&1 && ./colours train --epochs 1 --out colours.w >said 2>&1 && grep -q 'x with crop(24, 24)' said && grep -q '^test ' said
ok $? "parts of CIFAR-10"

# interrupted anywhere, gone on with on other threads: the same bits
./bytes train --epochs 400 --every 3steps --out straight -q >said 2>&1
ok $? "runs: an uninterrupted one"
for pause in 0.02 0.06 0.15; do
	rm -rf killed
	./bytes train --epochs 400 --every 3steps --out killed --threads 2 -q >said 2>&1 &
	training=$!
	while kill -0 $training 2>/dev/null && ! [ -e killed/checkpoint.safetensors ]; do sleep 0.01; done
	sleep $pause
	kill -9 $training
	wait $training 2>/dev/null
	./bytes train --resume killed --threads 1 -q >said 2>&1 && cmp straight/last.safetensors killed/last.safetensors >>said 2>&1 \
		&& cmp straight/metrics.jsonl killed/metrics.jsonl >>said 2>&1 && cmp straight/checkpoint.safetensors killed/checkpoint.safetensors >>said 2>&1
	ok $? "runs: killed after $pause s, and gone on with"
done

# the program says what it does, and does not go on with another transformation
./behind info >said 2>&1 && grep -q 'x: \[2, 5, 4\], in training flip, shift(3) over -5$' said
ok $? "info lists them"
./behind train --epochs 1 -o plan.w >said 2>&1 && grep -q '^Moved: .* records.*, x with flip, shift(3) over -5, SGD' said
ok $? "the first line lists them"
model other "" 'npy("x.npy") -> flip -> shift(2)'
"$nnc" build other.nn -o other >said 2>&1 && ! ./other train --resume straight --epochs 500 >said 2>&1 && grep -q 'other transformations' said \
	&& grep -q 'there: x: flip, shift(3); here: x: flip, shift(2)' said
ok $? "a run is not gone on with other ones"

# a method that takes all records at once looks at one function: the draws are those of the first epoch
sed 's/SGD(lr=8)/LBFGS/; s/loss = .*/loss = mean(c, i, j) (E[r, c, i, j] - x[c, i, j])^2/' whole.nn >fit.nn
"$nnc" build fit.nn --real=f64 -o fit >said 2>&1 && ./fit train --epochs 60 -q -o fit.w >said 2>&1 && python3 - >said 2>&1 <<X
import sys
sys.argv = ["", "make", "."]
source = open("$root/tests/transforms.py").read().replace("sys.exit(main())", "")
exec(source)
want = flat([seen(r, image, 0, 1, 0) for r, image in enumerate(images())])
got = read_tensor("fit.w", "E")
print(max(abs(a - b) for a, b in zip(want, got)))
sys.exit(not max(abs(a - b) for a, b in zip(want, got)) < 1e-2)
X
ok $? "L-BFGS fits the images of the first epoch"

# the formatter leaves the meaning
printf 'train M {\n data {\n x=npy("x")/255->flip  ->shift( 3 )\n }\n}\n' >loose.nn
printf 'train M {\n  data {\n    x = npy("x")/255 -> flip -> shift(3)\n  }\n}\n' >tight.nn
"$nnc" fmt loose.nn >said 2>&1 && cmp loose.nn tight.nn >>said 2>&1
ok $? "nnc fmt"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
