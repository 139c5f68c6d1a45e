# The Criterion tests: each tests/unit/test_*.c is a program of its own, linked with the runtime, hand_model.c and the compiler
# as a library.
#
# SANITIZE=-fsanitize=address,undefined BUILD=build/sanitized builds all of it with that; UNITS="expr front" runs test_expr and test_front only.
out=$BUILD/tests/unit
flags="-std=c11 -O1 -g -Wall -Wextra -Wpedantic -ffp-contract=off -pthread -D_POSIX_C_SOURCE=200809L ${SANITIZE:-}"
include="-Iruntime -Itests/unit -Icompiler -I. -I$BUILD"

for cc in ${CC:-clang-19 clang gcc}; do
	command -v "$cc" >/dev/null && break
done

has() { # header, library
	printf '#include <stdio.h>\n#include <%s>\nint main(void) { return 0; }\n' "$1" | $cc -x c - "$2" -o "$out/probe" 2>/dev/null
}

mkdir -p "$out"
if ! has criterion/criterion.h -lcriterion; then
	echo "skipped: criterion: not installed (./install --test)"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
libraries="-lcriterion -lm"
if has zlib.h -lz; then
	flags="$flags -DNN_HAVE_ZLIB" libraries="$libraries -lz"
fi

failed=0
root=$PWD
rm -f "$out"/*.o "$out/runtime.a"
(cd "$out" && $cc $flags -I"$root/runtime" -I"$root/tests/unit" -c "$root"/runtime/*.c "$root/tests/unit/hand_model.c") || exit 1
ar rcs "$out/runtime.a" "$out"/*.o
${MAKE:-make} -s "$BUILD/libnnc.a" || exit 1
has png.h -lpng && libraries="$libraries -lpng" # as the Makefile does, for what links the commands of nnc
has jpeglib.h -ljpeg && libraries="$libraries -ljpeg"
lbfgs=
if has lbfgs.h -llbfgs && $cc $flags -c tests/unit/liblbfgs.c -o "$out/liblbfgs.o"; then
	lbfgs="-DHAVE_LIBLBFGS $out/liblbfgs.o -llbfgs"
fi

names=
for file in tests/unit/test_*.c; do
	name=$(basename "$file" .c)
	case " ${UNITS:-${name#test_}} " in *" ${name#test_} "*) names="$names $name" ;; esac
done

rm -f "$out"/test_*
for name in $names; do
	own=
	[ $name != test_lbfgs ] || own=$lbfgs
	echo "$cc $flags $include tests/unit/$name.c $out/runtime.a $BUILD/libnnc.a $libraries $own -o $out/$name"
done | xargs -P "$(nproc)" -I COMMAND sh -c COMMAND 2>&1

for name in $names; do
	if [ ! -x "$out/$name" ]; then
		echo "tests/unit/$name.c does not build"
		failed=1
		continue
	fi
	"$out/$name" --color=never --verbose >"$out/log" 2>&1 || failed=1
	sed -e '/^\[\(RUN \|PASS\)\]/d' -e 's/^\[SKIP\] [^ ]*: /skipped: /' "$out/log"
done
exit $failed
