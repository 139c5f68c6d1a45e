# Random models (tests/random): nnc accepts each, the generated C has the interpreter's bits, the derivative is that of differences.
#
# RANDOM_FIRST=1 RANDOM_COUNT=100 say which seeds; `make random` tries 2,000, each built twice.
BUILD=${BUILD:-build}
if [ "$(uname -m)" != x86_64 ]; then
	echo "skipped: x86-64: this machine is another one"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
if ! command -v python3 >/dev/null; then
	echo "skipped: python3: not installed"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
for cc in ${CC:-clang-19 clang gcc}; do
	command -v "$cc" >/dev/null && break
done
${MAKE:-make} -s "$BUILD/nnc" "$BUILD/libnnc.a" BUILD="$BUILD" || exit 1
flags="-std=c11 -O2 -g -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -D_POSIX_C_SOURCE=200809L -ffp-contract=off -Icompiler -I. -I$BUILD"
$cc $flags tests/compare/compare.c tests/compare/reference.c "$BUILD/libnnc.a" -lm -ldl -lpthread -o "$BUILD/random_compare" || exit 1
$cc $flags tests/random/check.c "$BUILD/libnnc.a" -lm -o "$BUILD/random_check" || exit 1
PYTHONDONTWRITEBYTECODE=1 BUILD=$BUILD exec python3 tests/random/campaign.py --first "${RANDOM_FIRST:-1}" --count "${RANDOM_COUNT:-100}" ${RANDOM_OPTIONS:-}
