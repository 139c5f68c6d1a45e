#!/bin/sh
# Compares one model with the interpreter:  one.sh FILE.nn NUMBER FOLDER [NAME=VALUE | --batches=1,37]...
#
# Builds what nnc emits for it, by several compilers at several levels for several targets, and hands the objects to compare.  NUMBER says
# which of them (all with BITS=full): over all models every combination comes up.  In every second build, lanes behind the last
# sample are NaN.  The last line: N passed, N failed.
file=$1 number=$2 work=$3
shift 3
nnc=$BUILD/nnc passed=0 failed=0
mkdir -p "$work"

clang=
for cc in ${CC:-clang-19 clang}; do
	command -v "$cc" >/dev/null && clang=$cc && break
done
gcc=$(command -v gcc)
: "${clang:=$gcc}" "${gcc:=$clang}"

has() { grep -qw "$1" /proc/cpuinfo; }
v3= v4=
has avx2 && has fma && v3=x86-64-v3
has avx512f && has avx512vl && has avx512dq && has avx512bw && has avx512cd && v4=x86-64-v4
: "${v4:=$v3}"

fail() {
	echo "FAILED: $*"
	failed=$((failed + 1))
}

# the shared object of one build, its name in $object; fails where the C does not compile
build() { # folder, prefix, compiler, level, target
	object=$1/$2-${3##*/}$4-$5.so
	masked=
	[ $((builds % 2)) = 0 ] || masked="-DMASKED=__builtin_nan(\"\")"
	builds=$((builds + 1))
	level=$4
	[ "$4" != -O2 ] || level="-O2 -fno-unroll-loops" # half the time of -O3
	$3 -std=c11 $level -march=$5 -ffp-contract=off -fno-math-errno -w $masked -shared -fPIC -Wl,-Bsymbolic -I"$1" "$1/$2.c" "$1/$2_main.c" tests/compare/trainer_stub.c -o "$object"
}

# all models of the emitted folder, with these builds: "compiler level target" each
compare() { # real, family, builds ...
	folder=$work/$1 real=$1 family=$2
	shift 2
	if [ ! -d "$folder" ] && ! "$nnc" emit "$file" $defines --real=$real -o "$folder" >"$work/messages" 2>&1; then
		cat "$work/messages"
		fail "nnc emit $file --real=$real"
		return
	fi
	for main in "$folder"/*_main.c; do
		prefix=${main##*/}
		prefix=${prefix%_main.c}
		model=$(sed -n 's/^	\.model = "\([A-Za-z0-9_]*\)".*/\1/p' "$main")
		objects=
		for b; do
			if build "$folder" "$prefix" $b; then objects="$objects $object"; else fail "$file: $model does not compile: $b"; fi
		done
		[ -n "$objects" ] || continue
		counts=$("$BUILD/compare" "$file" --model "$model" $defines $batches --real "$real" --family "$family" $objects 2>&1 | tee "$work/differences" | tail -n 1)
		case $counts in
		*" passed, 0 failed") ;;
		*" passed, "*" failed")
			sed '$d' "$work/differences"
			echo "FAILED: $file: $model, $real, $family"
			;;
		*)
			cat "$work/differences"
			fail "$file: $model, $real, $family: no comparison"
			counts="0 passed, 0 failed"
			;;
		esac
		passed=$((passed + ${counts%% *}))
		counts=${counts#* passed, }
		failed=$((failed + ${counts%% *}))
		rm -f $objects
	done
}

defines= batches=
for option; do
	case $option in
	--batches=*) batches="--batches ${option#*=}" ;;
	*) defines="$defines -D $option" ;;
	esac
done

# Which builds: each model gets one as f32 and one as f64 with fused multiply-adds, and one for plain x86-64.  One of the three is optimised, in turns, which is
# what takes time: three of four at -O2, the fourth at -O3.  Compilers and targets take turns, too.
pick() { # number, two words
	if [ $(($1 % 2)) = 0 ]; then echo "$2"; else echo "$3"; fi
}
one_build() { # real, family, which of the three
	level=-O0
	[ $((number % 3)) != "$3" ] || level=$(pick $((number / 3 % 4 / 3)) -O2 -O3)
	target=x86-64
	[ "$2" = unfused ] || target=$(pick $((number / 6 + $3)) "$v4" "$v3")
	[ -z "$target" ] || compare "$1" "$2" "$(pick $((number / 3 + $3)) "$clang" "$gcc") $level $target"
}

builds=$number
if [ "${BITS:-}" = full ]; then
	set --
	for cc in "$clang" "$gcc"; do
		set -- "$@" "$cc -O0 $v3" "$cc -O2 $v3" "$cc -O3 $v3" "$cc -O0 $v4" "$cc -O2 $v4" "$cc -O3 $v4"
	done
	[ -z "$v3" ] || compare f32 fused "$@"
	[ -z "$v3" ] || compare f64 fused "$@"
	set -- "$clang -O0 x86-64" "$clang -O2 x86-64" "$clang -O3 x86-64" "$gcc -O0 x86-64" "$gcc -O2 x86-64" "$gcc -O3 x86-64"
	compare f32 unfused "$@"
	compare f64 unfused "$@"
else
	one_build f32 fused 0
	one_build f64 fused 1
	one_build "$(pick "$number" f32 f64)" unfused 2
fi
rm -rf "$work"
echo "$passed passed, $failed failed"
