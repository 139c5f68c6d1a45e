# What a trainer does beyond single steps: batches in chunks.
nnc=$PWD/$BUILD/nnc
work=$PWD/$BUILD/tests/training
data=$PWD/examples
passed=0 failed=0

${MAKE:-make} -s "$BUILD/nnc" || exit 1
rm -rf "$work"
mkdir -p "$work"
export XDG_CACHE_HOME="$work/cache" LC_ALL=C

ok() { # STATUS WHAT: what was printed is in $work/said
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED: $2"
		head -n 20 "$work/said"
	fi
}

cd "$work" || exit 1

# ---- chunks ------------------------------------------------------------------------------------------------------------------------------

# noise, a penalty, a last batch of another size: 450 records in batches of 200, one panel of 32 at a time, 2 threads or 1
sed 's/Dense(64) -> relu/Dense(64) -> relu -> Dropout(0.1)/' "$data/spiral.nn" >noisy.nn
"$nnc" build noisy.nn -o noisy >said 2>&1
ok $? "chunks: noisy.nn builds"
./noisy train --data "$data" --batch_size 200 --epochs 7 -q -o whole.w >said 2>&1
ok $? "chunks: training without them"
for chunk in 1 33 64 199; do
	./noisy train --data "$data" --batch_size 200 --epochs 7 --chunk $chunk --threads $((chunk % 2 + 1)) -q -o $chunk.w >said 2>&1
	cmp whole.w $chunk.w >>said 2>&1
	ok $? "chunks: --chunk $chunk gives the same weights"
done
./noisy train --data "$data" --batch_size 200 --epochs 1 --chunk 64 -o 64.w >said 2>&1
grep -q 'batch 200 in chunks of 64' said
ok $? "chunks: the first line says so"

cat >normal.nn <<'END'
model Normal {
  input  x: [2]
  target t: 0..2
  m[i] = mean(batch) x[i]
  y = x - m -> Dense(3)
  loss = cross_entropy(y, t)
}
train Normal {
  data { x = csv("spiral.csv", columns=[0, 1]); t = csv("spiral.csv", columns=[2]) }
  optimizer  = SGD(lr=0.1)
  batch_size = 450
  epochs     = 3
}
END
"$nnc" build normal.nn -o normal >said 2>&1 && ./normal train --data "$data" -o normal.w >>said 2>&1
ok $? "chunks: a model whose samples depend on each other trains without them"
./normal train --data "$data" --chunk 100 -o normal.w >said 2>&1
[ $? = 1 ] && grep -q 'cannot work on a batch of 450 samples in chunks of 100' said
ok $? "chunks: and refuses them"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
