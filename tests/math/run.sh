#!/bin/sh
# Checks nn_vec.h and nn_math.h: the same bits from every build of a family (bits.c), every function within its bound (ulp.c); and
# nn_double.h: the same bits from every build, every function within its bound (double.c).
#
#   run.sh            about half a minute: ulp.c on a sample
#   run.sh full       ulp.c over all floats: about ten minutes
#   COMPILERS="clang gcc" run.sh
#
# Targets that this machine cannot run, and compilers that it does not have, are skipped. The last line: N passed, N failed.
here=$(dirname "$0")
headers=$here/../../runtime
options="-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror -ffp-contract=off -fno-math-errno -I$headers"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 full=$1

has() { grep -qw "$1" /proc/cpuinfo 2>/dev/null; }

compilers=
for cc in ${COMPILERS:-${CC:-clang-19} gcc}; do
	if command -v "$cc" >/dev/null; then compilers="$compilers $cc"; else echo "skipped: $cc (not here)"; fi
done

targets=native
if [ "$(uname -m)" = x86_64 ]; then
	targets=x86-64
	if has avx2 && has fma; then targets="$targets x86-64-v3"; else echo "skipped: x86-64-v3"; fi
	if has avx512f && has avx512vl && has avx512dq && has avx512bw && has avx512cd; then
		targets="$targets x86-64-v4"
	else
		echo "skipped: x86-64-v4"
	fi
fi

report() { # status, what
	if [ "$1" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $2"; fi
}

# Build bits.c with these options and compare what it prints with the first build of the same real and family.
bits() { # f64, fused, compiler, options
	family="f64=$1 fused=$2" cc=$3 first=$work/bits-$1-$2 flags="-DNN_F64=$1 -DNN_FUSED=$2"
	shift 3
	if $cc $options $flags "$@" "$here/bits.c" -o "$work/bits" -lm && "$work/bits" >"$work/out"; then
		[ -f "$first" ] || cp "$work/out" "$first"
		diff "$first" "$work/out"
		report $? "bits of $family: $cc $*"
	else
		report 1 "bits of $family: $cc $*"
	fi
}

for f64 in 0 1; do
	for fused in 0 1; do
		for cc in $compilers; do
			for target in $targets; do
				for level in -O0 -O3; do
					bits $f64 $fused "$cc" -march=$target $level
				done
			done
			# 4 lanes (double: 2) on the widest target, as the interpreter has them
			bits $f64 $fused "$cc" -march=$target -O2 -DNN_LANES=$((4 - 2 * f64))
		done
	done
done

for cc in $compilers; do
	for target in $targets; do
		for level in -O0 -O3; do
			first=$work/double
			if $cc $options -march=$target $level "$here/double.c" -o "$work/double.exe" -lm && "$work/double.exe" $full >"$work/out" 2>"$work/errors"; then
				[ -f "$first" ] || cp "$work/out" "$first"
				diff "$first" "$work/out"
				report $? "bits of nn_double.h: $cc -march=$target $level"
			else
				cat "$work/errors"
				report 1 "nn_double.h: $cc -march=$target $level"
			fi
		done
	done
done

set -- $compilers
for f64 in 0 1; do
	for fused in 0 1; do
		$1 $options -O2 -march=native -DNN_F64=$f64 -DNN_FUSED=$fused "$here/ulp.c" -o "$work/ulp" -lm && "$work/ulp" $full
		report $? "ulp f64=$f64 fused=$fused"
	done
done

echo "$passed passed, $failed failed"
[ $failed = 0 ]
