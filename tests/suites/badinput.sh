# Bad input: each mistake ends with one clear message (its essential words are asserted), a status that says so, and no damaged or temporary
# file.  The cases run in $BUILD/tests/bad.
. tests/say.sh
begin bad
trainers
export TMPDIR="$work/tmp"
unset NO_COLOR

mkdir -p "$work/tmp" "$work/d" "$work/idx"
cd "$work" || exit 1

# bad STATUS WORDS... -- COMMAND...: the command must end with STATUS, say one `error`, with all of the words (in any order), leave no
# new file (except `got` and what $allowed matches) and change none
allowed=
bad() {
	want=$1
	shift
	: >words
	while [ "$1" != -- ]; do
		printf '%s\n' "$1" >>words
		shift
	done
	shift
	find . -type f ! -name got ! -name words ! -name 'list*' ! -name report -exec cksum {} + | sort >list1
	"$@" >got 2>&1 </dev/null
	status=$?
	find . -type f ! -name got ! -name words ! -name 'list*' ! -name report -exec cksum {} + | sort >list2
	wrong=
	[ $status = "$want" ] || wrong="status $status instead of $want"
	errors=$(grep -c '^error' got)
	[ "$errors" = 1 ] || wrong="$wrong; $errors errors"
	while IFS= read -r word; do
		grep -qF -- "$word" got || wrong="$wrong; \`$word\` is not in it"
	done <words
	[ -n "$allowed" ] && grep -v "$allowed" list2 >list3 && mv list3 list2
	cmp -s list1 list2 || wrong="$wrong; files changed: $(diff list1 list2 | sed -n 's/^[<>] //p' | tr '\n' ' ')"
	allowed=
	if [ -n "$wrong" ]; then
		fail "$*: ${wrong#; }"
		sed 's/^/    /' got
	else
		passed=$((passed + 1))
	fi
}

# -- a program that reads CSV, one that reads IDX --------------------------------------------------------------------------------

cat >points.nn <<'EOF'
model Points {
  input  x: [2]
  target t: 0..1
  z = x -> Dense(3) -> tanh -> Dense(1)
  loss = binary_cross_entropy(z, t)
  output p = sigmoid(z)
  metric acc = accuracy(z, t)
}
train Points {
  data {
    x = csv("points.csv", columns=[0, 1])
    t = csv("points.csv", columns=[2])
  }
  optimizer  = SGD(lr=0.1)
  batch_size = 4
  epochs     = 3
}
EOF
cat >images.nn <<'EOF'
model Images {
  input  x: [4]
  target t: 0..2
  y = x -> Dense(5) -> relu -> Dense(3)
  loss = cross_entropy(y, t)
  output p = softmax(y)
}
train Images {
  data {
    x = idx("images") / 255
    t = idx("labels")
  }
  optimizer = Adam()
  epochs    = 1
}
EOF
cat >wide.nn <<'EOF'
model Wide {
  input  x: [64]
  target t: 0..2
  y = x -> Dense(512) -> relu -> Dense(3)
  loss = cross_entropy(y, t)
}
train Wide {
  data { x = idx("images"); t = idx("labels") }
  optimizer = SGD(lr=0.1)
  epochs = 1
}
EOF
cat >pair.nn <<'EOF'
model First  { input x: [2]; target t: [2]; loss = mse(x -> Dense(2), t) }
model Second { input x: [2]; target t: [2]; loss = mse(x -> Dense(2), t) }
EOF
for name in points images wide; do
	"$nnc" build $name.nn -o $name || exit 1
done

i=0
while [ $i -lt 12 ]; do
	echo "0.$i,-1.$i,$((i % 2))"
	i=$((i + 1))
done >d/points.csv
cut -d, -f1,2 d/points.csv >xy.csv
# 3 images of 2 x 2, 3 labels
printf '\000\000\010\003\000\000\000\003\000\000\000\002\000\000\000\002abcdefghijkl' >idx/images
printf '\000\000\010\001\000\000\000\003\000\001\002' >idx/labels
./points train --data d -q -o points.w && ./images train --data idx -q -o images.w && ./wide init -o wide.w || {
	echo "FAILED: good input is not accepted"
	echo "0 passed, 1 failed, 0 skipped"
	exit 1
}
passed=$((passed + 1))
mkdir bad

train_points() {
	./points train --data bad -o new.w
}
train_images() {
	./images train --data bad -o new.w
}

# -- CSV ------------------------------------------------------------------------------------------------------------------------

bad 1 'bad/points.csv' 'points.nn:11' '--data' -- train_points # missing
: >bad/points.csv
bad 1 'bad/points.csv' 'is empty' -- train_points
sed '5s/,.*//' d/points.csv >bad/points.csv
bad 1 'bad/points.csv:5' '1 field, but line 1 has 3' -- train_points
sed '7s/$/,4/' d/points.csv >bad/points.csv
bad 1 'bad/points.csv:7' '4 fields, but line 1 has 3' -- train_points
sed '7s/.*/0.5,oops,1/' d/points.csv >bad/points.csv
bad 1 'bad/points.csv:7' 'column 1' '"oops"' 'not a number' "for 'x', points.nn:11" -- train_points
sed '7s/.*/0.5,,1/' d/points.csv >bad/points.csv
bad 1 'bad/points.csv:7' 'column 1' 'is empty' 'expected a number' -- train_points
sed '7s/.*/0.5,nan,1/' d/points.csv >bad/points.csv
bad 1 'bad/points.csv:7' 'column 1' -- train_points
sed '7s/.*/0.5,1e999,1/' d/points.csv >bad/points.csv
bad 1 'bad/points.csv:7' 'column 1' 'finite' -- train_points
sed '9s/.$/2/' d/points.csv >bad/points.csv
bad 1 'bad/points.csv:9' 'column 2' 'is 2' "'t' is declared 0..1" 'points.nn:3' 'subtract 1' 'points.nn:12' -- train_points
sed '9s/.$/0.5/' d/points.csv >bad/points.csv
bad 1 'bad/points.csv:9' 'column 2' 'is 0.5' 'whole numbers, 0..1' 'points.nn:3' -- train_points
sed 's/,[^,]*$//' d/points.csv >bad/points.csv
bad 1 'bad/points.csv' 'columns 0..1, no column 2' 'points.nn:12' -- train_points
sed '6s/.*//' d/points.csv >bad/points.csv
bad 1 'bad/points.csv:6' 'blank' -- train_points
printf '\000\001\002\003' >bad/points.csv
bad 1 'bad/points.csv' -- train_points
rm bad/points.csv
mkdir bad/points.csv
bad 1 'bad/points.csv' 'directory' -- train_points
rmdir bad/points.csv

# -- IDX ------------------------------------------------------------------------------------------------------------------------

bad 1 'bad/images' "'x'" 'images.nn:10' '--data' -- train_images
cp idx/images bad/images
bad 1 'bad/labels' "'t'" 'images.nn:11' -- train_images
cp idx/labels bad/labels
: >bad/images
bad 1 'bad/images' '0 bytes' 'IDX' -- train_images
head -c 10 idx/images >bad/images
bad 1 'bad/images' 'truncated' -- train_images
head -c 25 idx/images >bad/images
bad 1 'bad/images' 'truncated' -- train_images
(cat idx/images && printf 'x') >bad/images
bad 1 'bad/images' -- train_images
printf '\211PNG\r\n\032\n0000000000000000' >bad/images
bad 1 'bad/images' 'not an IDX file' '89 50 4e 47' 'expected 00 00' -- train_images
printf '\000\000\007\003\000\000\000\003\000\000\000\002\000\000\000\002abcdefghijkl' >bad/images
bad 1 'bad/images' 'not an IDX file' 'type 0x07' -- train_images
printf '\000\000\010\003\377\377\377\377\377\377\377\377\377\377\377\377abcdefghijkl' >bad/images
bad 1 'bad/images' -- train_images
printf '\000\000\010\003\000\000\000\003\000\000\000\002\000\000\000\003abcdefghijklmnopqr' >bad/images # 2 x 3 values
bad 1 'bad/images' '[3, 2, 3]' "'x' takes 4" 'images.nn:2' -- train_images
cp idx/images bad/images
printf '\000\000\010\001\000\000\000\003\000\003\002' >bad/labels
bad 1 'bad/labels: record 1' 'is 3' "'t' is declared 0..2" 'images.nn:3' -- train_images
printf '\000\000\010\001\000\000\000\002\000\001' >bad/labels
bad 1 "'x' has 3 records" "'t' has 2" 'images.nn:10' 'images.nn:11' -- train_images
rm bad/labels
gzip -c idx/labels >labels.gz 2>/dev/null && head -c 20 labels.gz >bad/labels.gz && bad 1 'bad/labels.gz' -- train_images
rm -f bad/labels.gz labels.gz

# -- texts, tokens, CIFAR-10 ----------------------------------------------------------------------------------------------------

cat >letters.nn <<'EOF'
model Letters {
  input s: [5] of 0..127
  param E: [128, 128] ~ normal(0, 0.1)
  y[i in 0..3, k] = E[s[i], k]
  loss = mean(cross_entropy(y, s[1..4]))
  output y
}
train Letters {
  data { s = text("letters.txt") }
  optimizer = SGD(lr=0.1)
  steps     = 3
}
EOF
sed 's/text("letters.txt")/npy("letters.npy")/' letters.nn >tokens.nn
sed 's/text("letters.txt")/text("letters.txt")[2..9]/' letters.nn >sliced.nn
sed 's:text("letters.txt"):text("letters.txt") / 2:' letters.nn >halved.nn
cat >pictures.nn <<'EOF'
model Pictures {
  input  x: [3, 32, 32]
  target t: 0..9
  y = x -> flatten -> Dense(10)
  loss = cross_entropy(y, t)
}
train Pictures {
  data { x = cifar10("cifar", part=train_images) / 255
         t = cifar10("cifar", part=train_labels) }
  test { x = cifar10("cifar", part=test_images) / 255
         t = cifar10("cifar", part=test_labels) }
  optimizer = SGD(lr=0.1)
  epochs    = 1
}
EOF
for name in letters tokens sliced halved pictures; do
	"$nnc" build $name.nn -o $name || exit 1
done
printf 'once upon a time' >d/letters.txt # three windows
./letters train --data d -q -o letters.w && passed=$((passed + 1)) || fail "a text is not accepted"

train_on() { # NAME: its data from bad
	"./$1" train --data bad -o new.w
}

bad 1 'bad/letters.txt' "'s'" 'letters.nn:9' '--data' -- train_on letters
: >bad/letters.txt
bad 1 'bad/letters.txt: 0 bytes' "'s' takes 5" 'letters.nn:2' -- train_on letters
printf 'abcd' >bad/letters.txt
bad 1 'bad/letters.txt: 4 bytes' "'s' takes 5" 'letters.nn:2' -- train_on letters
printf 'caf\303\251 at noon' >bad/letters.txt
bad 1 'bad/letters.txt: byte 3 is 195' "'s' is declared 0..127" 'letters.nn:2' -- train_on letters
cp d/letters.txt bad/letters.txt
bad 1 'bad/letters.txt: holds 3 records of 5 bytes' '0..2' '[2..9]' 'sliced.nn:9' -- train_on sliced
bad 1 'bad/letters.txt: byte 0 is 111' 'after the arithmetic 55.5' 'whole numbers' 'halved.nn:2' -- train_on halved
printf '\037\213\010\000abc' >bad/letters.txt # gzip begins so
bad 1 'bad/letters.txt' 'gzip' -- train_on letters
rm bad/letters.txt
mkdir bad/letters.txt
bad 1 'bad/letters.txt' 'directory' -- train_on letters
rmdir bad/letters.txt

npy() { # SHAPE TYPE BYTES: bad/letters.npy
	printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '$2', 'fortran_order': False, 'shape': $1, }" >bad/letters.npy
	printf "$3" >>bad/letters.npy
}
bad 1 'bad/letters.npy' "'s'" 'tokens.nn:9' -- train_on tokens
npy '(4,)' '|u1' 'abcd'
bad 1 'bad/letters.npy: 4 values' "'s' takes 5" 'tokens.nn:2' -- train_on tokens
npy '(6,)' '<u2' 'a\000b\000c\000d\000e\001f\000'
bad 1 'bad/letters.npy: value 4 is 357' "'s' is declared 0..127" 'tokens.nn:2' -- train_on tokens
npy '(6,)' '<i2' 'a\000b\000\377\377d\000e\000f\000'
bad 1 'bad/letters.npy: value 2 is -1' "'s' is declared 0..127" -- train_on tokens
npy '(5,)' '<f4' '\000\000\200\077\000\000\000\077\000\000\200\077\000\000\200\077\000\000\200\077'
bad 1 'bad/letters.npy: value 1 is 0.5' 'whole numbers' -- train_on tokens
npy '(6,)' '<u2' 'a\000b\000c\000'
bad 1 'bad/letters.npy: truncated' '12 bytes' '6 follow' -- train_on tokens
npy '(2, 4)' '|u1' 'abcdefgh'
bad 1 'bad/letters.npy: holds uint8 [2, 4]' "'s' takes 5" -- train_on tokens
npy '(1, 5)' '|u1' 'abc\200e'
bad 1 'bad/letters.npy: record 0, value 3 is 128' "'s' is declared 0..127" -- train_on tokens
bad 1 'bad/letters.npy: record 0, value 3 is 128' "'s' is declared 0..127" -- ./letters predict bad/letters.npy --weights letters.w
printf 'abc' >bad/short.txt
bad 1 'bad/short.txt: 3 bytes' "'s' takes 5" -- ./letters predict bad/short.txt --weights letters.w
printf '1,2,3,4\n' >bad/tokens.csv
bad 1 'bad/tokens.csv: 4 columns' "'s' takes 5" -- ./letters predict bad/tokens.csv --weights letters.w
printf '1,2,3,4,5\n1,2,3,4,500\n' >bad/tokens.csv
bad 1 'bad/tokens.csv:2: column 4 is 500' "'s' is declared 0..127" -- ./letters predict bad/tokens.csv --weights letters.w

bad 1 'bad/cifar/data_batch_1.bin' "'x'" 'pictures.nn:8' '--data' -- train_on pictures
mkdir bad/cifar
for k in 1 2 3 4 5; do head -c 6146 /dev/zero >bad/cifar/data_batch_$k.bin; done
head -c 3073 /dev/zero >bad/cifar/test_batch.bin
cp -r bad/cifar d && ./pictures train --data d -q -o pictures.w >got && passed=$((passed + 1)) || fail "CIFAR-10 is not accepted"
rm bad/cifar/data_batch_4.bin
bad 1 'bad/cifar/data_batch_4.bin' "'x'" 'pictures.nn:8' -- train_on pictures
head -c 5000 /dev/zero >bad/cifar/data_batch_4.bin
bad 1 'bad/cifar/data_batch_4.bin: truncated' '5000 bytes' '1 records of 3073 bytes and 1927 more' -- train_on pictures
head -c 6148 /dev/zero >bad/cifar/data_batch_4.bin
bad 1 'bad/cifar/data_batch_4.bin' '3073' 'CIFAR-100' -- train_on pictures
: >bad/cifar/data_batch_4.bin
bad 1 'bad/cifar/data_batch_4.bin: is empty' '3073' -- train_on pictures
(head -c 3073 /dev/zero && printf '\012' && head -c 3072 /dev/zero) >bad/cifar/data_batch_4.bin
bad 1 'bad/cifar/data_batch_4.bin: byte 3073' 'record 1' 'is 10' '0..9' -- train_on pictures
cp d/cifar/data_batch_4.bin bad/cifar
rm bad/cifar/test_batch.bin
bad 1 'bad/cifar/test_batch.bin' "'x'" 'pictures.nn:10' -- train_on pictures
rm -r bad/cifar
: >bad/cifar
bad 1 'bad/cifar/data_batch_1.bin' 'Not a directory' -- train_on pictures
rm bad/cifar
bad 2 '--steps takes a whole number, at least 1' "not '0'" -- ./letters train --data d --steps 0
bad 2 '--steps takes a whole number' "not '2.5'" -- ./letters train --data d --steps 2.5
bad 1 'early_stopping = 1 needs validation data' -- ./letters train --data d --steps 5 --early_stopping 1 -o new.w
for steps in 0 -1 2.5 true; do
	sed "s/steps  *= 3/steps = $steps/" letters.nn >steps.nn
	bad 1 'steps.nn:11' '`steps` is a whole number from 1' -- "$nnc" check steps.nn
done

# -- weights --------------------------------------------------------------------------------------------------------------------

bad 1 'no.w' -- ./points test --data d --weights no.w
bad 1 'images.w' 'does not fit the model Points' 'Dense1.W is [5, 4] instead of [3, 2]' -- ./points test --data d --weights images.w
head -c 60 points.w >short.w
bad 1 'short.w' 'truncated' -- ./points test --data d --weights short.w
head -c -5 points.w >short.w
bad 1 'short.w' 'bytes' -- ./points test --data d --weights short.w
: >short.w
bad 1 'short.w' '0 bytes' 'safetensors' -- ./points predict xy.csv --weights short.w
bad 1 'points.csv' 'safetensors' -- ./points predict xy.csv --weights d/points.csv
bad 1 'd: not a plain file' -- ./points test --data d --weights d
bad 1 '3 columns' "'x' takes 2" 'points.nn:2' -- ./points predict d/points.csv --weights points.w
bad 1 'nosuch.csv' -- ./points predict nosuch.csv --weights points.w

# -- outputs --------------------------------------------------------------------------------------------------------------------

bad 1 'nowhere/w' 'No such file or directory' -- ./points train --data d -o nowhere/w
bad 1 'd is a folder' -- ./points train --data d -o d
bad 1 'nowhere/w' 'No such file or directory' -- ./points init -o nowhere/w
mkdir locked
cp points.w locked/w
chmod 555 locked
if [ "$(id -u)" = 0 ]; then
	skip "root: may write to a folder without permission"
else
	bad 1 'locked/w' 'Permission denied' -- ./points train --data d -o locked/w
fi
if [ -c /dev/full ]; then
	bad 1 '/dev/full' 'No space left on device' -- ./points init -o /dev/full
	bad 1 '/dev/full' 'No space left on device' -- ./points train --data d -q -o /dev/full
	bad 1 'standard output' 'No space left on device' -- sh -c './points predict xy.csv --weights points.w >/dev/full'
	bad 1 '/dev/full' 'No space left on device' -- ./points predict xy.csv --weights points.w -o /dev/full
	bad 1 'standard output' 'No space left on device' -- sh -c '"$1" grad points.nn >/dev/full' sh "$nnc"
fi
mkdir wide.d
printf '\000\000\010\002\000\000\000\002\000\000\000\100%128s' '' >wide.d/images
printf '\000\000\010\001\000\000\000\002\000\001' >wide.d/labels
cp wide.w keep.w
bad 1 'keep.w' 'File too large' -- sh -c 'ulimit -f 16 && ./wide init --seed 5 -o keep.w'
bad 1 'fresh.w' 'File too large' -- sh -c 'ulimit -f 16 && ./wide init -o fresh.w'
bad 1 'keep.w' 'File too large' -- sh -c 'ulimit -f 16 && ./wide train --data wide.d -q -o keep.w'
bad 1 'emitted' 'File too large' -- sh -c 'ulimit -f 1 && "$1" emit points.nn -o emitted' sh "$nnc"

# -- the trainer's command line -------------------------------------------------------------------------------------------------

bad 2 '--epochs takes a whole number, at least 1' "not 'abc'" -- ./points train --data d --epochs abc
bad 2 '--epochs takes a whole number, at least 1' "not '0'" -- ./points train --data d --epochs 0
bad 2 '--epochs takes a whole number' "not '-3'" -- ./points train --data d --epochs=-3
bad 2 '--epochs takes a whole number' "not '2x'" -- ./points train --data d --epochs 2x
bad 2 '--batch_size takes a whole number' -- ./points train --data d --batch-size 99999999999999999999
bad 2 '--epochs needs a value' -- ./points train --data d --epochs
bad 2 'no option --epoch' '--epochs' -- ./points train --data d --epoch 3
bad 2 'no option --nosuch' -- ./points train --nosuch 3
bad 2 "no command 'trian'" 'train' -- ./points trian
bad 2 "no command 'fly'" -- ./points fly
bad 2 "'Adam' is not compiled in" 'SGD' 'points.nn' -- ./points train --data d --optimizer Adam
bad 2 "no setting 'rate'" -- ./points train --data d --optimizer.rate 3
bad 2 '--optimizer.lr takes a number' "not 'fast'" -- ./points train --data d --optimizer.lr fast
bad 2 '--validation' -- ./points train --data d --validation -1
bad 1 'validation' '12 records' -- ./points train --data d --validation 12 -o new.w
bad 1 'early_stopping = 2 needs validation data' '--validation' -- ./points train --data d --early_stopping 2 -o new.w
bad 2 'options only' "'extra'" -- ./points train extra --data d
bad 2 'one file' "'xy2.csv'" -- ./points predict xy.csv xy2.csv --weights points.w
bad 2 'needs the weights' '--weights' -- ./points test --data d
bad 2 'needs a file of inputs' -- ./points predict --weights points.w
bad 1 'the values of the input x' '--data.x' -- ./points gradients --weights points.w
bad 2 'no option --data.y' -- ./points gradients --weights points.w --data.y y.npy

# -- nnc's command line ---------------------------------------------------------------------------------------------------------

cp "$root/examples/mnist_mlp.nn" mlp.nn
bad 2 'no command `trian`' 'train' -- "$nnc" trian points.nn
bad 2 'no command `fly`' -- "$nnc" fly points.nn
bad 2 'no option `--modle`' '--model' -- "$nnc" check points.nn --modle Points
bad 2 'no option `--nosuch`' -- "$nnc" check points.nn --nosuch
bad 2 'needs a .nn file' -- "$nnc" check
bad 2 'one file at a time' 'images.nn' -- "$nnc" check points.nn images.nn
bad 2 '--real is f32 or f64' '`f16`' -- "$nnc" check points.nn --real=f16
bad 2 '--target' -- "$nnc" check points.nn --target='-x'
bad 2 'no pass `nosuch`' -- "$nnc" check points.nn --dump=nosuch
bad 2 '-D takes NAME=VALUE' '`act`' -- "$nnc" check mlp.nn -D act
bad 1 'depht' 'depth' -- "$nnc" check mlp.nn -D depht=4
bad 1 'nosuch' -- "$nnc" check mlp.nn -D nosuch=4
bad 1 'nosuch' 'act' -- "$nnc" check mlp.nn -D act=nosuch
bad 1 'units' -- "$nnc" check mlp.nn -D units=0
bad 1 'units' -- "$nnc" check mlp.nn -D units=2.5
bad 1 'units' -- "$nnc" check mlp.nn -D units=
bad 1 'Pionts' 'Points' -- "$nnc" check points.nn --model Pionts
bad 1 'Third' -- "$nnc" build pair.nn --model Third -o pair
bad 1 '2 models' '--model First' -- "$nnc" build pair.nn -o pair
bad 1 'no C compiler `nosuch-cc`' -- "$nnc" build points.nn --cc nosuch-cc -o new
bad 1 'nowhere/new' -- "$nnc" build points.nn -o nowhere/new
bad 1 'd' 'directory' -- "$nnc" build points.nn -o d
bad 1 'points.nn' -- "$nnc" emit points.nn -o points.nn
bad 1 'nowhere/new' 'No such file or directory' -- "$nnc" emit points.nn -o nowhere/new

# more memory than allowed: said before anything is written
bad 1 'needs 3' 'limit of 10.0 kB' 'Dense1.W' '[512, 64]' -- "$nnc" emit wide.nn --max-memory 10k -o new
bad 1 'limit of 10.0 kB' -- "$nnc" check wide.nn --max-memory=10kB
bad 1 'limit of 10.0 kB' -- "$nnc" build wide.nn --max-memory=10kB -o new
bad 1 'limit of 10.0 kB' -- "$nnc" train wide.nn --max-memory=10kB
bad 2 '--max-memory takes a size' '`lots`' '8G' -- "$nnc" build wide.nn --max-memory lots -o new

# -- .nn files ------------------------------------------------------------------------------------------------------------------

bad 1 'nosuch.nn' 'No such file or directory' -- "$nnc" check nosuch.nn
bad 1 'cannot read d' 'directory' -- "$nnc" check d
: >empty.nn
bad 1 'empty.nn' 'model' -- "$nnc" build empty.nn -o new
printf '# only a comment\n' >comment.nn
bad 1 'comment.nn' 'model' -- "$nnc" build comment.nn -o new
head -c 3000 points >binary.nn
bad 1 'binary.nn' -- "$nnc" check binary.nn
head -c 200 points.nn >half.nn
bad 1 'half.nn:' -- "$nnc" check half.nn
printf 'model M {\n  input x: [2]\n  loss = sum(x)\000\n}\n' >nul.nn
bad 1 'nul.nn:3' -- "$nnc" check nul.nn

# -- a loss that is not finite --------------------------------------------------------------------------------------------------

./points init -o start.w
allowed=' \./inf\.w$'
bad 3 'step' 'not finite' 'Dense' 'inf.w' -- ./points train --data d --optimizer.lr 1e39 -o inf.w
allowed=' \./inf2\.w$'
bad 3 'step' 'not finite' 'inf2.w' -- ./images train --data idx --epochs 50 --optimizer.lr 1e30 -o inf2.w
for w in inf.w inf2.w; do
	header=$(od -An -t u8 -N 8 $w | tr -d ' ')
	od -An -v -t f4 -j $((8 + header)) $w >got
	if [ -s got ] && ! grep -qi -e nan -e inf got; then
		passed=$((passed + 1))
	else
		fail "the weights in $w are not finite"
	fi
done

# -- the width: broken on a terminal, one line elsewhere --------------------------------------------------------------------------

printf '0.1,0.2,a class that has words which say nothing about it\n' >bad/points.csv
train_points >got 2>&1 </dev/null
if [ "$(grep -c . got)" = 1 ] && grep -q '^error: .\{60,\}' got; then
	passed=$((passed + 1))
else
	fail "an error on one line: $(cat got)"
fi
if script -qec true /dev/null >/dev/null 2>&1; then
	script -qec "stty cols 60; ./points train --data bad -o new.w" /dev/null </dev/null | tr -d '\r' >broken
	if [ "$(grep -c . broken)" -gt 1 ] && [ "$(awk 'length($0) > 60' broken)" = "" ] && [ "$(tr -s ' \n' ' ' <broken)" = "$(tr -s ' \n' ' ' <got)" ]; then
		passed=$((passed + 1))
	else
		fail "an error on a terminal of 60 columns: $(cat broken)"
	fi
else
	skip "script: no program that gives a terminal"
fi

if [ -z "$(ls -A tmp)" ]; then
	passed=$((passed + 1))
else
	fail "left in TMPDIR: $(ls tmp)"
fi

counts
