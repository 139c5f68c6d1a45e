# The generated C against the interpreter, bit for bit: every example, golden and model of tests/compare/models, as f32 and f64, by clang and
# gcc, at -O0, -O2 and -O3, for AVX2, AVX-512 and plain x86-64 (the unfused family), in batches of 1, 37, 128 and the file's own, with parts in
# order, in reverse, and on 2 and 3 threads.  A model gets three builds of these; BITS=full makes all.  ONLY=word tests files with that
# word in their path.
BUILD=${BUILD:-build}
case $BUILD in
/*) ;;
*) BUILD=$PWD/$BUILD ;;
esac
export BUILD
compare=tests/compare out=$BUILD/tests/bits
passed=0 failed=0 skipped=0

if [ "$(uname -m)" != x86_64 ]; then
	echo "skipped: x86-64: this machine is another one"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
if ! grep -qw avx2 /proc/cpuinfo || ! grep -qw fma /proc/cpuinfo; then
	echo "skipped: AVX2: this processor has none (the fused family is not compared)"
	skipped=$((skipped + 1))
fi
if ! grep -qw avx512f /proc/cpuinfo; then
	echo "skipped: AVX-512: this processor has none"
	skipped=$((skipped + 1))
fi
for cc in clang-19 gcc; do
	command -v $cc >/dev/null && continue
	echo "skipped: $cc: not installed"
	skipped=$((skipped + 1))
done

rm -rf "$out"
mkdir -p "$out"
${MAKE:-make} -s "$BUILD/nnc" "$BUILD/libnnc.a" BUILD="$BUILD" || exit 1
for cc in ${CC:-clang-19 clang gcc}; do
	command -v "$cc" >/dev/null && break
done
$cc -std=c11 -O2 -g -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -D_POSIX_C_SOURCE=200809L -ffp-contract=off -Icompiler -I. \
	-I"$BUILD" "$compare/compare.c" "$compare/reference.c" "$BUILD/libnnc.a" -lm -ldl -lpthread -o "$BUILD/compare" || exit 1

# the options of nnc that make a model small enough for an interpreter, and of compare
options() { # file
	case $1 in
	examples/mnist_convnet.nn) echo "filters=2 units=9 --batches=1,19" ;;
	examples/convnet.nn) echo "filters=2 --batches=1,19" ;;
	examples/resnet.nn) echo "n=1 width=1 --batches=1,5" ;;
	examples/char_lstm.nn) echo "T=5 units=7 d=4 --batches=1,19" ;;
	examples/gpt.nn) echo "vocab=13 T=7 d=8 heads=2 --batches=1,19" ;;
	examples/custom.nn) echo "size=16 units=3 --batches=1,19" ;;
	*/mnist_*.nn) echo "units=19 lambda=1e-3 drop=0.25 --batches=1,37" ;;
	*/autoencoder.nn | */denoising.nn) echo "code=5 wide=19 middle=11 --batches=1,37" ;;
	*/shapes.nn) echo "units=9 --batches=1,37" ;;
	*/characters.nn) echo "seen=3 new=5 d=4 units=9 --batches=1,37" ;;
	*/wide.nn) echo "--batches=1,19" ;;
	*/taps.nn | */strips.nn | */outer_sums.nn) echo "--batches=1,21" ;;
	*/turned.nn | */guarded.nn | */oversights.nn) echo "--batches=1,3" ;;
	examples/deep.nn) echo "depth=20 --batches=1,37" ;;
	*/dense_wide.nn) echo "--batches=1,66" ;;
	*/convnet.nn | */upsampled.nn | */residual.nn | */recurrent.nn | */transformer.nn) echo "--batches=1,19" ;;
	esac
}

number=0
for file in examples/*.nn tests/golden/*.nn tests/compare/models/*.nn; do
	[ -f "$file" ] || continue
	case $file in *"${ONLY:-}"*) ;; *) continue ;; esac
	case $file in # a golden may be a program that is wrong on purpose; a model of ours may not
	tests/golden/*) "$BUILD/nnc" check "$file" >/dev/null 2>&1 || continue ;;
	esac
	echo "$number $file $(options "$file")" # xargs: a blank at the end would join two lines
	number=$((number + 1))
done | sed "s, *$,," >"$out/list"

xargs -P "$(nproc)" -L 1 sh -c 'number=$0 file=$1; shift; sh tests/compare/one.sh "$file" $number '"$out"'/$number "$@" >'"$out"'/$number.log 2>&1' <"$out/list"

while read -r number file _; do
	counts=$(tail -n 1 "$out/$number.log")
	case $counts in
	*" passed, "*" failed")
		sed '$d' "$out/$number.log"
		passed=$((passed + ${counts%% *}))
		counts=${counts#* passed, }
		failed=$((failed + ${counts%% *}))
		;;
	*)
		echo "FAILED: $file: the comparison ended early"
		cat "$out/$number.log"
		failed=$((failed + 1))
		;;
	esac
done <"$out/list"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
