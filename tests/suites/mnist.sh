# The real MNIST, in the folder that $MNIST names: two epochs of examples/mnist_mlp.nn, and what is true of its weights.
#
# LONG=1 also trains ten epochs, after which the test error must be at most 1.9 %, and five of examples/mnist_convnet.nn: at most 1.2 %.
. tests/say.sh
example=$PWD/examples/mnist_mlp.nn

for name in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
	file=${MNIST:-none}/$name-ubyte
	if [ ! -f "$file" ] && [ ! -f "$file.gz" ]; then
		if [ -n "${MNIST:-}" ]; then
			echo "skipped: mnist: no $file"
		else
			echo "skipped: mnist: no folder with the files (MNIST=DIR, examples/fetch-mnist)"
		fi
		echo "0 passed, 0 failed, 1 skipped"
		exit 0
	fi
done

begin mnist
trainers
MNIST=$(cd "$MNIST" && pwd)
cd "$work" || exit 1

check() { # what; the status is the verdict
	ok $? "$1" && echo "ok: $1"
}

# the test error in percent from a log
test_error() {
	sed -n 's/.*test error \([0-9.]*\) %.*/\1/p' "$1" | tail -n 1
}

at_most() { # number, limit
	awk -v x="$1" -v limit="$2" 'BEGIN { exit !(x != "" && x + 0 <= limit) }'
}

"$nnc" train "$example" -- --data "$MNIST" --epochs 2 --out two.w >two.log 2>&1
check "two epochs end well"
error=$(test_error two.log)
below "$error" 4
check "test error after two epochs ${error:-?} %, below 4 %"

"$nnc" build "$example" -o mnist
check "the trainer builds"
./mnist test --data "$MNIST" --weights two.w >test.log
check "test ends well"
[ "$(test_error test.log)" = "$error" ]
check "test says what train said"

# the test images as an .npy file of 784 numbers each, as the model takes them, and the classes one a line
plain() { # name
	if [ -f "$MNIST/$1" ]; then cat "$MNIST/$1"; else gzip -dc "$MNIST/$1.gz"; fi
}
plain t10k-labels-idx1-ubyte | tail -c +9 | od -An -v -t u1 -w1 | tr -d ' ' >classes
# pixels / 255 as a CSV of the first 1,000
plain t10k-images-idx3-ubyte | tail -c +17 | head -c 784000 | od -An -v -t u1 -w784 |
	awk '{ for (i = 1; i <= 784; i++) printf "%.9g%s", $i / 255, i < 784 ? "," : "\n" }' >images.csv
./mnist predict images.csv --weights two.w -o p.csv
check "predict ends well"
wrong=$(tail -n +2 p.csv | awk -F, '{ best = 1; for (i = 2; i <= 10; i++) if ($i > $best) best = i; print best - 1 }' |
	paste -d ' ' - classes | head -n 1000 | awk '$1 != $2 { wrong++ } END { print wrong + 0 }')

# the same thousand through test
mkdir -p thousand
plain t10k-images-idx3-ubyte | { printf '\000\000\010\003\000\000\003\350\000\000\000\034\000\000\000\034'; tail -c +17 | head -c 784000; } \
	>thousand/t10k-images-idx3-ubyte
plain t10k-labels-idx1-ubyte | { printf '\000\000\010\001\000\000\003\350'; tail -c +9 | head -c 1000; } >thousand/t10k-labels-idx1-ubyte
./mnist test --data thousand --weights two.w >thousand.log
check "test of a thousand ends well"
[ "$(test_error thousand.log)" = "$(awk -v n="$wrong" 'BEGIN { printf "%.2f", n / 10 }')" ]
check "test and predict agree: $(test_error thousand.log) %, $wrong of 1000 wrong"

# the bits do not depend on the number of threads
for threads in 1 2; do
	./mnist train --data "$MNIST" --steps 300 --seed 7 --threads $threads --quiet --out threads$threads.w >threads.log 2>&1
	check "300 steps with --threads $threads"
done
cmp threads1.w threads2.w
check "the same weights with --threads 1 and 2"

if [ -n "${LONG:-}" ]; then
	"$nnc" train "$example" -- --data "$MNIST" --epochs 10 --out ten.w >ten.log 2>&1
	check "ten epochs end well"
	error=$(test_error ten.log)
	at_most "$error" 1.9
	check "test error after ten epochs ${error:-?} %, at most 1.9 %"
	"$nnc" train "${example%/*}/mnist_convnet.nn" -- --data "$MNIST" --epochs 5 --out convnet.w >convnet.log 2>&1
	check "five epochs of a ConvNet end well"
	error=$(test_error convnet.log)
	at_most "$error" 1.2
	check "test error of a ConvNet after five epochs ${error:-?} %, at most 1.2 %"
fi

counts
