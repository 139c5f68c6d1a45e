# The compiler and the runtime under AddressSanitizer, UndefinedBehaviorSanitizer and LeakSanitizer, built into $BUILD/sanitized.
#
#	compiler   every .nn file of the project, right or wrong: check with every --dump, and what the commands write
#	trainers   the commands of some examples, on two threads
#	runtime    the unit tests of its readers, weights files and trainer
#	bad input  the suite of that name, its nnc and its trainers
#
# A report ends a program with status 99, which nothing else does.  Needs a compiler with the sanitizers' runtime library.
. tests/say.sh
begin sanitize
out=$BUILD/tests/sanitize
sanitized=$BUILD/sanitized
flags="-fsanitize=address,undefined -fno-sanitize-recover=all"

mkdir -p "$out/bin" "$out/files"
export ASAN_OPTIONS=exitcode=99:detect_leaks=1 UBSAN_OPTIONS=exitcode=99:print_stacktrace=1

# ---- a compiler whose sanitizers work -------------------------------------------------------------------------------------------------

# a program that does what its argument says; the sanitizers have to see it
cat >"$out/probe.c" <<'EOF'
#include <stdlib.h>
int
main(int argc, char **argv)
{
	char *volatile p = malloc(3);
	volatile int shift = 40;
	if (argc > 1 && *argv[1] == 'o') return p[argc + 1];
	if (argc > 1 && *argv[1] == 'u') return argc << shift;
	if (argc > 1 && *argv[1] == 'l') p = NULL;
	free(p);
	return 0;
}
EOF

cc=
for candidate in ${CC:-clang-19 clang gcc}; do
	command -v "$candidate" >/dev/null && $candidate $flags "$out/probe.c" -o "$out/probe" 2>/dev/null && cc=$candidate && break
done
if [ -z "$cc" ]; then
	echo "skipped: sanitizers: no compiler here has their runtime library (./install --test)"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
"$out/probe" leak 2>/dev/null
if [ $? != 99 ]; then
	skip "leaks: LeakSanitizer does not run here (under a debugger, or without the right to trace)"
	ASAN_OPTIONS=exitcode=99:detect_leaks=0
fi
for mistake in overflow undefined; do
	"$out/probe" $mistake 2>"$out/said"
	[ $? = 99 ]
	check "$cc: the sanitizers do not see: $mistake"
done
"$out/probe" || fail "$cc: the sanitizers see what is not there"

tests/sanitized "$cc" "$sanitized" || exit 1

# ---- the compiler ------------------------------------------------------------------------------------------------------------------------

# one file through the compiler: each run ends with 0 or 1
cat >"$out/one.sh" <<'EOF'
nnc=$1 file=$2 folder=$3 passed=0
shift 3
defines=$*
run() {
	"$nnc" "$@" $defines >"$folder.said" 2>&1
	status=$?
	if [ $status -le 1 ]; then
		passed=$((passed + 1))
	else
		echo "FAILED: nnc $* ended with status $status"
		grep -v '^ *$' "$folder.said" | head -n 40
	fi
}
for pass in parse simplify plan; do run check "$file" --dump=$pass; done
run check "$file" --color=always
run check "$file" --json
run grad "$file" --all
run shapes "$file"
run emit "$file" -o "$folder" --real=f64 --target=generic
defines=
run emit "$file" -o "$folder"
rm -rf "$folder"
echo "passed $passed"
EOF

compiler() {
	for file in examples/*.nn tests/golden/*.nn tests/golden/errors/*.nn tests/data/*.nn tests/data/wrong/*.nn tests/compare/models/*.nn; do
		case $file in # networks that repeat the same: all of it once, with `emit`
		*/07_resnet.nn | */resnet.nn) defines="-D n=2" ;;
		*/09_gpt.nn) defines="-D layers=2" ;;
		*/deep.nn) defines="-D depth=20" ;;
		*) defines= ;;
		esac
		echo "$file $out/files/$(echo "$file" | tr / _)${defines:+ $defines}"
	done | xargs -P 2 -L 1 sh -c 'sh "$0" "$@" >"$3.log"' "$out/one.sh" "$sanitized/nnc"
	cat "$out"/files/*.log
}

# ---- trainers --------------------------------------------------------------------------------------------------------------------------

# nnc finds this compiler first: what it builds is sanitized, too
real=$(command -v "$cc")
for name in clang-19 clang gcc; do
	printf '#!/bin/sh\nexec %s "$@" -O0 -g %s\n' "$real" "$flags" >"$out/bin/$name"
	chmod +x "$out/bin/$name"
done
export PATH="$PWD/$out/bin:$PATH" XDG_CACHE_HOME="$(build=$PWD/$sanitized nnc=$PWD/$sanitized/nnc && cache)"

trained() { # what it is called, command ...
	name=$1
	shift
	if "$@" >"$out/$name.said" 2>&1; then
		echo "passed 1"
	else
		echo "FAILED: $* ended with status $?"
		grep -v '^ *$' "$out/$name.said" | head -n 40
	fi
}

npy() { # type, shape, bytes in octal
	printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '$1', 'fortran_order': False, 'shape': $2, }"
	printf "$3"
}

some_trainers() {
	for file in examples/spiral.nn examples/xor.nn tests/compare/models/lookups.nn tests/compare/models/noise.nn; do
		name=$(basename "$file" .nn)
		trained $name "$sanitized/nnc" build "$file" -o "$out/$name"
		[ -x "$out/$name" ] || continue
		w=$out/$name.safetensors
		trained $name "$out/$name" init -o "$w"
		trained $name "$out/$name" info
		trained $name "$out/$name" gradcheck
		trained $name "$out/$name" bench --steps 3 --threads 2
		case $file in tests/*) continue ;; esac # those have no data
		trained $name "$out/$name" train --data examples --epochs 3 --threads 2 --out "$w"
		trained $name "$out/$name" test --data examples --weights "$w"
	done
	printf '0.5,0.25\n-1,2\n' >"$out/two.csv"
	printf 'epochs = 3\noptimizer.lr = 0.02\n' >"$out/set.txt"
	trained spiral "$out/spiral" train --data examples --set "$out/set.txt" --validation 0.1 --every 7steps --keep 2 --tensorboard --json --out "$out/run"
	trained spiral "$out/spiral" train --resume "$out/run" --epochs 5
	trained spiral "$out/spiral" metrics "$out/run"
	trained spiral "$out/spiral" test --data examples --weights "$out/run" --classes a,b,c
	trained spiral "$out/spiral" predict "$out/two.csv" --weights "$out/run" --classes a,b,c
	npy '<i4' '(2,)' '\000\000\000\000\001\000\000\000' >"$out/t.npy"
	npy '<f4' '(2, 2)' '\000\000\000\077\000\000\200\276\000\000\200\277\000\000\000\100' >"$out/x.npy" # 0.5, -0.25, -1, 2
	trained spiral "$out/spiral" gradients --data.x "$out/x.npy" --data.t "$out/t.npy" --weights "$out/spiral.safetensors" -o "$out/spiral.gradients"
	trained spiral "$out/spiral" predict "$out/two.csv" --weights "$out/spiral.safetensors" -o "$out/two.npy"
	trained spiral "$out/spiral" predict "$out/two.csv" --weights "$out/spiral.safetensors"
}

# ---- all at once -----------------------------------------------------------------------------------------------------------------------

compiler >"$out/compiler.log" 2>&1
rm -rf "$XDG_CACHE_HOME"
(nnc=$PWD/$sanitized/nnc && trainers)
some_trainers >"$out/trainers.log" 2>&1 &
(
	UNITS="data together safetensors trainer" SANITIZE="$flags" CC="$cc" BUILD="$sanitized" sh tests/suites/unit.sh
	echo "status $?"
) >"$out/runtime.log" 2>&1 &
BUILD="$sanitized" sh tests/suites/badinput.sh >"$out/badinput.log" 2>&1
wait

for part in compiler trainers; do
	grep -v '^passed ' "$out/$part.log"
	passed=$((passed + $(awk '/^passed / { n += $2 } END { print n + 0 }' "$out/$part.log")))
	failed=$((failed + $(grep -c '^FAILED' "$out/$part.log")))
done

# the Criterion programs and the other suite count for one each: they are counted elsewhere
part() { # name, what its log must have
	if grep -q "$2" "$out/$1.log" && ! grep -qE 'runtime error:|Sanitizer' "$out/$1.log"; then
		pass
	else
		fail "$1"
		grep -vE '^skipped|^\[(SKIP|====|----)' "$out/$1.log" | head -n 60
	fi
}
if grep -q '^skipped: criterion' "$out/runtime.log"; then
	skip "$(sed -n 's/^skipped: \(criterion\)/\1/p' "$out/runtime.log")"
else
	part runtime '^status 0$'
fi
part badinput ' 0 failed'

counts
