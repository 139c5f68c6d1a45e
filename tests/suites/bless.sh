# make bless, in a copy of the tree: it shows the difference and rewrites a golden; where the generated C differs from the interpreter (here an
# addition is printed as a subtraction) it refuses, and the golden stays.
. tests/say.sh
golden=tests/golden/logistic.grad

if [ "$(uname -m)" != x86_64 ]; then
	echo "skipped: x86-64: this machine is another one, the generated C is not compared"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi

bless() {
	(cd "$work/tree" && env -u MAKEFLAGS -u MAKELEVEL BITS= make bless BUILD=build) >"$work/said" 2>&1
}

begin bless
mkdir -p "$work/tree/tests/golden/errors" "$work/tree/tests/suites"
tests/copy "$work/tree"
cp -R tests/compare tests/say.sh "$work/tree/tests"
cp tests/suites/golden.sh tests/suites/bits.sh "$work/tree/tests/suites"
cp tests/golden/logistic.* "$work/tree/tests/golden"
: >"$work/tree/tests/golden/errors/pending"

cd "$work/tree" || exit 1
cp $golden "$work/right"
sed 's/sigmoid/tanh/' "$work/right" >$golden
bless
check "bless ends well"
cmp -s "$work/right" $golden
check "the golden is rewritten"
grep -q '^+.*sigmoid' "$work/said" && grep -q 'interpreter = generated C' "$work/said"
check "the difference is shown, and the comparison"

sed 's/sigmoid/tanh/' "$work/right" >$golden
cp $golden "$work/wrong"
sed 's/case CODE_ADD: return binary(w, c, "+", SUM_);/case CODE_ADD: return binary(w, c, "-", SUM_);/' compiler/emit/value.c >"$work/value.c"
! cmp -s "$work/value.c" compiler/emit/value.c && cp "$work/value.c" compiler/emit/value.c
check "there is an addition to turn into a subtraction"
! bless
check "bless refuses while interpreter and C differ"
cmp -s "$work/wrong" $golden
check "the golden stays"
grep -q 'has to agree with the interpreter first' "$work/said"
check "it is said why"

counts
