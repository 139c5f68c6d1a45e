#!/bin/sh
# Builds the fuzzers of the tree in this folder:  build.sh CLANG BUILD OUT [OPTION of clang ...]
#
# The compiler goes into BUILD, the programs OUT/fuzz_compile and OUT/fuzz_readers; BUILD -: only the latter.  Fails where CLANG has no libFuzzer (Debian:
# libclang-rt-19-dev).
cc=$1 build=$2 out=$3
flags="-std=c11 -O1 -g -D_POSIX_C_SOURCE=200809L -fsanitize=fuzzer,address,undefined,float-cast-overflow -fno-sanitize-recover=all"

mkdir -p "$out"
shift 3
if [ "$build" != - ]; then
	tests/sanitized "$cc" "$build" || exit 1
	$cc $flags "$@" -Icompiler -I. -I"$build" tests/fuzz/fuzz_compile.c "$build/libnnc.a" -lm -o "$out/fuzz_compile" || exit 1
fi
zlib=
printf '#include <zlib.h>\nint main(void) { return 0; }\n' | $cc -x c - -lz -o "$out/probe" 2>/dev/null && zlib="-DNN_HAVE_ZLIB -lz"
wrap=-Wl,--wrap=nn_file_read,--wrap=nn_map_open,--wrap=nn_map_release,--wrap=nn_report # fuzz_readers.c says why
$cc $flags "$@" -Iruntime tests/fuzz/fuzz_readers.c runtime/*.c $wrap $zlib -lm -lpthread -o "$out/fuzz_readers"
