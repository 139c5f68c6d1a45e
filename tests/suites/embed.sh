# The examples of embedding: in C, in C++ with threads, from Python through ctypes; all to the bits of the trainer, whose weights Python's
# safetensors reads and writes.  And a trainer by itself: what it needs, how large it is, that it runs without nnc.
. tests/say.sh
begin embed
trainers
examples=$PWD/examples

cd "$work" || exit 1
flags="-std=c11 -O3 -march=native -ffp-contract=off -fno-math-errno"
cc=$(first clang-19 clang gcc)
"$nnc" emit "$examples/spiral.nn" -o m >said 2>&1 && $cc $flags -fPIC -c m/spiral.c -o spiral.o >>said 2>&1
ok $? "spiral.c compiles"
"$nnc" build "$examples/spiral.nn" -o spiral >said 2>&1 && ./spiral train --data "$examples" --seed 1 --shuffle off --batch_size 45 --epochs 100 -o trained.safetensors >said 2>&1
ok $? "the trainer, with the same order and batches"
figures=$(./spiral test --data "$examples" --weights trained.safetensors -q 2>said | sed -n 's/^data  \(loss [0-9.]*  acc [0-9]*\.[0-9]\).*/\1/p')

# ---- C, C++ --------------------------------------------------------------------------------------------------------------------------------

$cc $flags -Wall -Wextra -Wpedantic -Werror -Im "$examples/embed/embed.c" spiral.o -o embed >said 2>&1 && ./embed "$examples/spiral.csv" >c.out 2>>said
ok $? "embed.c"
cat c.out >>said
[ -n "$figures" ] && grep -qF "evaluated: $figures" c.out
ok $? "embed.c: the figures of the trainer"
tail -n 2 c.out >expected
./embed nowhere >said 2>&1
[ $? = 1 ]
ok $? "embed.c: without data"
for cxx in "$(first g++)" "$(first clang++-19 clang++)"; do
	if [ -z "$cxx" ]; then
		skip "c++: one of g++ and clang++ is not installed"
		continue
	fi
	$cxx -std=c++17 -O2 -pthread -Wall -Wextra -Wpedantic -Werror -Im "$examples/embed/embed.cpp" spiral.o -o embed++ >said 2>&1 && ./embed++ "$examples/spiral.csv" >cpp.out 2>>said &&
		cmp expected cpp.out >>said 2>&1
	ok $? "embed.cpp by $cxx: the same figures on two threads"
done

# ---- Python --------------------------------------------------------------------------------------------------------------------------------

$cc -shared spiral.o -o spiral.so >said 2>&1
ok $? "a shared library"
if ! python3 -c 'import numpy' 2>/dev/null; then
	skip "numpy: not installed (pip install numpy)"
elif ! python3 -c 'import safetensors' 2>/dev/null; then
	python3 "$examples/embed/embed.py" ./spiral.so "$examples/spiral.csv" >py.out 2>said && cmp expected py.out >>said 2>&1
	ok $? "embed.py: the same figures"
	skip "safetensors: not installed (pip install safetensors)"
else
	python3 "$examples/embed/embed.py" ./spiral.so "$examples/spiral.csv" python.safetensors >py.out 2>said && cmp expected py.out >>said 2>&1
	ok $? "embed.py: the same figures"
	python3 - >said 2>&1 <<'X'
from safetensors.numpy import load_file
a, b = load_file("trained.safetensors"), load_file("python.safetensors")
print({k: v.shape for k, v in a.items()}, {k: v.shape for k, v in b.items()})
assert sorted(a) == sorted(b) and len(a) == 6 and all((a[k] == b[k]).all() and a[k].shape == b[k].shape for k in a)
X
	ok $? "embed.py: the bits of the trainer's weights, read by safetensors"
	./spiral test --data "$examples" --weights python.safetensors >one 2>said && ./spiral test --data "$examples" --weights trained.safetensors >two 2>>said && cmp one two >>said
	ok $? "the trainer takes what safetensors wrote"
	# a finetuning: some tensors from Python, one of them frozen there
	python3 -c '
from safetensors.numpy import load_file, save_file
w = load_file("trained.safetensors")
save_file({k: v for k, v in w.items() if not k.startswith("Dense3")}, "part.safetensors")' >said 2>&1
	./spiral train --data "$examples" --weights part.safetensors --epochs 1 -o tuned.safetensors >said 2>&1 && grep -q 'start: 4 tensors from part.safetensors; anew: Dense3.W; Dense3.b' said
	ok $? "finetuning from a file with some of the tensors"
fi

# ---- a trainer by itself -------------------------------------------------------------------------------------------------------------------

mkdir -p elsewhere && cp spiral "$examples/spiral.csv" elsewhere && strip elsewhere/spiral
(cd elsewhere && env -i PATH=/nowhere ./spiral train --data . --epochs 2 --out run && env -i ./spiral train --resume run --epochs 3) >said 2>&1
ok $? "moved to a place without nnc it trains, and goes on"
if command -v ldd >/dev/null; then
	ldd elsewhere/spiral >said
	! grep -vE 'linux-vdso|ld-linux|ld-musl|lib(c|m|z|pthread)\.' said >/dev/null
	ok $? "it needs libc, libm, libpthread and zlib only"
fi
size=$(wc -c <elsewhere/spiral)
echo "$size bytes" >said
[ "$size" -le 220000 ]
ok $? "stripped it has at most 220 kB"
if command -v musl-gcc >/dev/null; then
	NNC=$nnc "$examples/static" "$examples/spiral.nn" static >said 2>&1
	ok $? "a static program with musl"
	size=$(wc -c <static)
	echo "$size bytes" >>said
	[ "$size" -le 256000 ]
	ok $? "has at most 256 kB"
	./static train --data "$examples" --seed 1 --shuffle off --batch_size 45 --epochs 100 -q -o static.w >said 2>&1 && ./spiral test --data "$examples" --weights static.w -q >>said 2>&1
	ok $? "and trains"
else
	skip "musl: not installed (./install --test)"
fi

cd "$root" || exit 1
counts
