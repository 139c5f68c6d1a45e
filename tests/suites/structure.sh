# The structure of files and models as a person meets it: imports and the cache of `nnc train`, several models in a file, frozen layers,
# optimizers of a file's own, and the examples of these.  The cases run in $BUILD/tests/structure.
. tests/say.sh
begin structure
trainers_alone
examples=$PWD/examples said=$work/got

mkdir "$work/lib"
cd "$work" || exit 1

# the numbers of a weights file, a line a tensor, in the order of the paths
tensors() { # file
	python3 - "$1" <<'END'
import json, struct, sys
data = open(sys.argv[1], "rb").read()
n, = struct.unpack("<Q", data[:8])
for path, t in sorted(json.loads(data[8:8 + n]).items()):
    if path != "__metadata__":
        first, last = t["data_offsets"]
        print(path, data[8 + n + first:8 + n + last].hex())
END
}

i=0
while [ $i -lt 40 ]; do
	echo "0.$i,-1.$i,$((i % 3)),0.$((i % 7))"
	i=$((i + 1))
done >points.csv
data='x = csv("points.csv", columns=[0, 1]) ; t = csv("points.csv", columns=[2])'

# -- imports: what is trained follows the imported file ---------------------------------------------------------------------------

cat >lib/blocks.nn <<'END'
let size = 5
layer Block(x: [n]) = x -> Dense(size) -> tanh
END
cat >imports.nn <<END
import "lib/blocks.nn"
model Imports {
  input  x: [2]
  target t: 0..2
  y = x -> Block -> Dense(3)
  loss = cross_entropy(y, t)
}
train Imports { data { $data }
  optimizer = SGD(lr=0.1)
  epochs = 2 }
END
"$nnc" train imports.nn -- -q -o five.w >got 2>&1 && [ "$(ls cache/nnc | grep -c '^imports-')" = 1 ]
check "a file that imports another is built and trained"
"$nnc" train imports.nn -- -q -o again.w >got 2>&1 && [ "$(ls cache/nnc | grep -c '^imports-')" = 1 ] && cmp -s five.w again.w
check "what has not changed is not built again"
sed -i 's/size = 5/size = 6/' lib/blocks.nn
"$nnc" train imports.nn -- -q -o six.w >got 2>&1 && [ "$(ls cache/nnc | grep -c '^imports-')" = 2 ] && [ "$(wc -c <six.w)" -gt "$(wc -c <five.w)" ]
check "a change in the imported file is built"
sed -i 's/tanh/sigmoid/' lib/blocks.nn
"$nnc" train imports.nn -- -q -o other.w >got 2>&1 && [ "$(ls cache/nnc | grep -c '^imports-')" = 3 ] && ! cmp -s six.w other.w
check "so is one that changes no size"
real=$(command -v clang-19 || command -v clang || command -v gcc)
mkdir -p bin
printf '#!/bin/sh\nexec %s "$@"\n' "$real" >bin/own-cc
chmod +x bin/own-cc
built() { "$nnc" train imports.nn --cc "$PWD/bin/own-cc" -- -q -o own.w >got 2>&1 && [ "$(ls cache/nnc | grep -c '^runtime-')" = $1 ]; }
before=$(ls cache/nnc | grep -c '^runtime-')
built $((before + 1)) && built $((before + 1)) && echo '# another version' >>bin/own-cc && built $((before + 2)) && cmp -s other.w own.w
check "objects of a compiler are not used where another version has its name"
"$nnc" shapes imports.nn -D size=7 >got 2>&1 && says 'Block1.Dense1.W' '[7, 2]'
check "-D reaches the imported file"
"$nnc" emit imports.nn -o emitted >got 2>&1 && grep -q 'nnc emit imports.nn, which imports blocks.nn' emitted/imports.h && grep -q '  blocks.nn:2' emitted/imports.c
check "emitted files name the imported one, and its lines"
(cd lib && "$nnc" emit ../imports.nn -o ../there) >got 2>&1 && diff -r emitted there >got
check "emitting from another folder gives equal files"
mkdir -p moved && cp -r lib imports.nn moved && mv moved/lib moved/elsewhere
"$nnc" build moved/imports.nn -o nothing >got 2>&1 || { says 'cannot read `moved/lib/blocks.nn`' 'moved/imports.nn:1:8' && [ ! -e nothing ]; }
check "an imported file that is missing"
mkfifo lib/pipe.nn && sed 's,blocks.nn,pipe.nn,' imports.nn >pipe.nn
timeout 10 "$nnc" check pipe.nn >got 2>&1
[ $? = 1 ] && says 'this is no ordinary file'
check "a pipe is not waited for"
ln -s blocks.nn lib/link.nn && sed 's,^import .*,&\nimport "lib/link.nn" as l\nimport "../structure/lib/./blocks.nn" as m,' imports.nn >links.nn
"$nnc" check links.nn >got 2>&1 && [ "$("$nnc" check links.nn --dump=parse | grep -c '^# ')" = 2 ]
check "a file is read once, whatever path leads to it"

# -- several models in a file ------------------------------------------------------------------------------------------------------

cat >several.nn <<END
layer Hidden(x: [n]) = x -> Dense(4) -> tanh
model Classes {
  input  x: [2]
  target t: 0..2
  target r: real
  layer enc = Hidden
  h = x -> enc
  y = h -> Dense(3)
  z = h -> Dense(1)
  loss = cross_entropy(y, t)
  loss = 0.5 * mse(z, r)
  output p = softmax(y)
  output z
  metric acc = accuracy(y, t)
  metric err = mae(z, r)
}
model Number {
  input  x: [2]
  target r: real
  z = x -> Hidden -> Dense(1)
  loss = mse(z, r)
  output z
}
model Doubled { input x: [2] ; output y = 2 * x }
train Classes { data { $data ; r = csv("points.csv", columns=[3]) }
  optimizer = Adam(lr=0.01)
  epochs = 3 }
train Number { data { x = csv("points.csv", columns=[0, 1]) ; r = csv("points.csv", columns=[3]) }
  optimizer = SGD(lr=0.01)
  epochs = 2 }
END
"$nnc" check several.nn >got 2>&1
check "check looks at all models"
"$nnc" shapes several.nn >got 2>&1 && says 'model Classes' 'model Number' 'model Doubled' 'enc.Dense1.W' 'Hidden1.Dense1.W'
check "shapes shows all models"
"$nnc" grad several.nn >got 2>&1 && says '# model Classes' '# model Number' 'enc.Dense1.dW' 'Hidden1.Dense1.dW' && ! grep -q Doubled got
check "grad prints those with a loss"
"$nnc" grad several.nn --model Number >got 2>&1 && says 'Hidden1.Dense1.dW' && ! grep -q 'enc\|#' got
check "grad of one model"
"$nnc" grad several.nn --of enc >got 2>&1 && says 'enc.Dense1.dW' && ! grep -q Hidden1 got
check "grad of a layer that one of the models has"
"$nnc" emit several.nn -o all >got 2>&1 && [ -f all/classes.c ] && [ -f all/number_main.c ] && [ -f all/doubled.h ]
check "emit writes all models"
for command in build train; do
	"$nnc" $command several.nn >got 2>&1
	[ $? = 1 ] && says '3 models: Classes, Number, Doubled' "nnc $command several.nn --model Classes"
	check "$command asks which"
done
"$nnc" build several.nn --model Number -o number >got 2>&1 && ./number train -q -o number.w >got 2>&1 && ./number test --weights number.w >got 2>&1 && says 'loss'
check "one is built, trained and tested"
"$nnc" train several.nn --model Classes -- -o classes.w >got 2>&1 && says 'acc' 'err' 'Classes: 32 parameters'
check "another is trained"
"$nnc" build several.nn --model Classes -o classes >got 2>&1 && cut -d, -f1,2 points.csv >xy.csv && ./classes predict xy.csv --weights classes.w >got 2>&1 && says 'p[0],p[1],p[2],z[0]' &&
	[ "$(wc -l <got)" = 41 ]
check "several outputs stand side by side"
"$nnc" train several.nn --model Doubled >got 2>&1
[ $? != 0 ] && says 'no train block'
check "a model without a train block is not trained"
printf 'model Net { input x: [2] ; output y = x }\nmodel NET { input x: [2] ; output y = x }\nmodel Net_main { input x: [2] ; output y = x }\nmodel nn_vec { input x: [2] ; output y = x }\n' >alike.nn
"$nnc" emit alike.nn -o alike >got 2>&1 && [ "$(ls alike/*.h | grep -vc '/nn_[a-z]*\.h')" = 4 ] && [ "$(cat alike/*.c | grep -c '^	\.model = ')" = 4 ]
check "models with names alike write files of their own"

# -- frozen layers -----------------------------------------------------------------------------------------------------------------

frozen() { # word
	cat <<END
layer Encoder(x: [n], k: int) = x -> Dense(6) -> tanh -> Dropout(0.2) -> Dense(k)
model Frozen {
  input  x: [2]
  target t: 0..2
  layer enc = $1 Encoder(4)
  y = x -> Dense(2) -> enc -> Dense(3)
  loss = cross_entropy(y, t) + 0.01 * l2(weights)
}
train Frozen { data { $data }
  optimizer = Adam(lr=0.05)
  epochs = 3 }
END
}
frozen frozen >frozen.nn
frozen '' >learning.nn
"$nnc" shapes frozen.nn >got 2>&1 && says '67 parameters, 46 of them frozen' 'enc.Dense1.W'
check "shapes says what is frozen"
"$nnc" build frozen.nn -o frozen >got 2>&1 && ./frozen info >got 2>&1 && says 'frozen     enc.Dense1.W' 'parameter  Dense1.W'
check "info says what is frozen"
./frozen init -o start.w && ./frozen train -o frozen.w >got 2>&1 && says '67 parameters (46 of them frozen)'
check "training with frozen layers"
if command -v python3 >/dev/null; then
	tensors start.w >start && tensors frozen.w >end && [ "$(grep -c . end)" = 8 ]
	check "frozen tensors are saved"
	grep '^enc' start >start.enc && grep '^enc' end | cmp -s - start.enc && ! { grep -v '^enc' end | grep -qxFf start; }
	check "they stay as they were, all others move"
	"$nnc" train learning.nn -- -q -o learned.w >got 2>&1 && ./frozen train --weights learned.w --epochs 1 -o taken.w >got 2>&1 && says 'start: 8 tensors from learned.w' &&
		tensors learned.w | grep '^enc' >start.enc && tensors taken.w | grep '^enc' | cmp -s - start.enc
	check "what another run learned is loaded into them"
else
	skip "python3: not installed"
	skip "python3: not installed"
fi
"$nnc" build frozen.nn --real=f64 -o frozen64 >got 2>&1 && ./frozen64 gradcheck >got 2>&1 && says 'Dense1.W' 'Dense2.W' && ! grep -q '^enc' got
check "gradcheck looks at what learns"
"$nnc" emit frozen.nn -o one >got 2>&1 && "$nnc" emit learning.nn -o two >got 2>&1 && ! grep -q 'enc_[A-Za-z0-9_]*_m;\|enc[A-Za-z0-9_.]*dW\|enc[A-Za-z0-9_.]*db' one/frozen.c && grep -q 'enc.*dW' two/frozen.c &&
	[ "$(sed -n 's/.* MOMENTS = \([0-9]*\).*/\1/p' one/frozen.c)" -lt "$(sed -n 's/.* MOMENTS = \([0-9]*\).*/\1/p' two/frozen.c)" ]
check "no code and no optimizer state for them"

# -- optimizers of a file's own ----------------------------------------------------------------------------------------------------

own() { # definitions, optimizer, file
	cat >"$3" <<END
$1
model Own {
  input  x: [2]
  target t: 0..2
  y = x -> Dense(5) -> tanh -> Dense(3)
  loss = cross_entropy(y, t)
}
train Own { data { $data }
  optimizer = $2
  epochs = 3 }
END
}
# the same weights as of a file with the library's
same() { # what, definitions, optimizer, of the library
	own "$2" "$3" own.nn
	own '' "$4" library.nn
	"$nnc" train own.nn -- -q -o own.w >got 2>&1 && "$nnc" train library.nn -- -q -o library.w >got 2>&1 && cmp own.w library.w >got
	check "$1"
}
adam='{
  state first = 0
  state second = 0
  first = beta1 * first + (1 - beta1) * grad
  second = beta2 * second + (1 - beta2) * grad^2
  w = w - lr * (first / (1 - beta1^step)) / (sqrt(second / (1 - beta2^step)) + eps)
}'
same "an optimizer written out is the library's, bit for bit" "optimizer Mine(lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8) $adam" 'Mine(lr=0.02)' 'Adam(lr=0.02)'
same "one with the library's name is the file's own" 'optimizer Adam(lr = 9, momentum = 0) {
  state v = 0
  v = momentum * v - lr * grad
  w = w + v
}' 'Adam(lr=0.1)' 'SGD(lr=0.1)'
same "the library's own definitions do not see the file's" 'fn sqrt(x) = 0 * x' 'Adam(lr=0.1)' 'Adam(lr=0.1)'
same "words and truths choose text" 'optimizer Choice(lr = 0.1, how = same, heavy = true, momentum = 0.5) {
  state v = 0
  v = (if heavy then momentum * v else 0) - lr * grad
  w = w + (if how == valid then 2 * v else v)
}' 'Choice' 'SGD(lr=0.1, momentum=0.5)'
same "a state that a truth makes useless is dropped" 'optimizer Choice(lr = 0.1, how = same, heavy = true, momentum = 0.5) {
  state v = 0
  v = (if heavy then momentum * v else 0) - lr * grad
  w = w + (if how == valid then 2 * v else v)
}' 'Choice(heavy=false)' 'SGD(lr=0.1)'
same "functions and constants of the file" 'let half = 0.5
fn pull(v, g, lr) = half * v - lr * g
optimizer Pulled(lr = 0.2 * half) {
  state v = 0
  v = pull(v, grad, lr)
  w = w + v
}' 'Pulled' 'SGD(lr=0.1, momentum=0.5)'
own "optimizer Mine(lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8) $adam" 'Mine(lr=0.02)' own.nn
"$nnc" build own.nn -o own >got 2>&1 && ./own info >got 2>&1 && says 'Mine(lr=0.02, beta1=0.9, beta2=0.999, eps=1e-08) [default]' &&
	./own train -q --optimizer.beta1 0.5 --optimizer.lr=0.1 -o own.w >got 2>&1 && own '' 'Adam(lr=0.1, beta1=0.5)' library.nn && "$nnc" train library.nn -- -q -o library.w >got 2>&1 && cmp own.w library.w >got
check "its settings are set when running"
own 'optimizer Broken(lr = 1) { state v = 0
  v = v + grad }' 'Broken' own.nn
"$nnc" check own.nn >got 2>&1
[ $? = 1 ] && says 'never says what the new `w` is' 'own.nn:1:11'
check "one that moves nothing"

# -- the examples --------------------------------------------------------------------------------------------------------------------

if [ -d "${MNIST:-}" ]; then
	for name in autoencoder denoising; do
		"$nnc" train "$examples/$name.nn" -- --data "$MNIST" --steps 60 -q -o $name.w >got 2>&1 && says 'test  loss' &&
			awk '/^test  loss/ { exit !($3 < 0.07) }' got # 0.23 at the start
		check "60 steps of $name.nn on MNIST: $(sed -n 's/^test  *//p' got)"
	done
else
	skip "mnist: no folder with the files (MNIST=DIR, examples/fetch-mnist)"
	skip "mnist: no folder with the files (MNIST=DIR, examples/fetch-mnist)"
fi

counts
