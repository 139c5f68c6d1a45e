#!/bin/sh
# Do the fuzzers find bugs?  planted.sh [WORD]        make fuzz
#
# Bugs are planted, one at a time, into a copy of the tree; the tree itself stays as it is.  For each the copy is built, and its fuzzer has a
# minute of one processor to come upon it from the seeds, none of which shows it.  First the fuzzers run for as long on the tree as it is, and
# have to find nothing.  WORD: only bugs with this word in their line.  The last line: N passed, N failed.
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build} seconds=60 only=${1:-} passed=0 failed=0
work=$PWD/$build/tests/planted

for cc in ${CC:-clang-19 clang}; do
	command -v "$cc" >/dev/null && break
done

rm -rf "$work"
mkdir -p "$work/tree/tests" "$work/found"
cp -Rp Makefile compiler grammar runtime "$work/tree"
cp -Rp tests/fuzz tests/sanitized "$work/tree/tests"
sh tests/fuzz/seeds.sh "$work/seeds"

fail() {
	echo "FAILED: $*"
	failed=$((failed + 1))
}

build() {
	(cd "$work/tree" && sh tests/fuzz/build.sh "$cc" build out) >"$work/log" 2>&1
}

# how many inputs a fuzzer had tried when it last said something
inputs() {
	sed -n 's/^#\([0-9]*\).*/\1/p' "$work/log" | tail -n 1 | grep . || echo 0
}

# runs a fuzzer from the seeds; succeeds when it found something.  On a machine with much to do a minute of a processor is longer than a minute.
finds() { # compile or readers
	rm -rf "$work/corpus" "$work"/found/*
	mkdir "$work/corpus"
	{ (
		ulimit -t $seconds
		exec "$work/tree/out/fuzz_$1" -seed=1 -max_total_time=$((10 * seconds)) -timeout=20 -rss_limit_mb=2048 -max_len=2048 -mutate_depth=2 -print_final_stats=1 \
			$([ "$1" = readers ] || echo -dict=tests/fuzz/nn.dict) -artifact_prefix="$work/found/" "$work/corpus" "$work/seeds/$1"
	) >"$work/log" 2>&1; } 2>/dev/null
	[ -n "$(ls "$work/found")" ]
}

plant() { # fuzzer, file, sed, what goes wrong
	case "$*" in *"$only"*) ;; *) return ;; esac
	file=$work/tree/$2
	cp -p "$file" "$work/before"
	sed "$3" "$work/before" >"$file"
	if cmp -s "$work/before" "$file"; then
		fail "$2: there is nothing to plant the bug into any more: $4"
		return
	fi
	if ! build; then
		fail "$2: does not build with the bug: $4"
		tail -n 5 "$work/log"
	elif "$work/tree/out/fuzz_$1" -runs=0 "$work/seeds/$1" >"$work/log" 2>&1; then
		start=$(date +%s)
		if finds "$1"; then
			passed=$((passed + 1))
			echo "found after $(($(date +%s) - start)) s, $(inputs) inputs: $2: $4"
			grep -m 1 -E '^SUMMARY' "$work/log" | sed "s:$work/tree/::; s/^/    /"
		else
			fail "not found, $(inputs) inputs: $2: $4"
		fi
	else
		fail "a seed shows it, so nothing is proved: $2: $4"
	fi
	mv "$work/before" "$file"
	touch "$file"
}

build || {
	tail -n 20 "$work/log"
	echo "0 passed, 1 failed"
	exit 1
}
for fuzzer in compile readers; do
	[ -z "$only" ] || continue
	if finds $fuzzer; then
		fail "fuzz_$fuzzer finds a bug that nobody planted"
		grep -v '^#' "$work/log" | head -n 60
	else
		passed=$((passed + 1))
		echo "fuzz_$fuzzer finds nothing in the tree as it is, $(inputs) inputs"
	fi
done

# the sed scripts quote the line that protects; when it changes, so must the script
plant compile compiler/front/declare.c 's/if (t->n > MAX_RANK - 1) {/if (false) {/' \
	"a type has more axes than there is room for: a write behind an array on the stack"
plant compile compiler/front/apply.c 's/if (list->n + a->n > MOST) {/if (false) {/' \
	"a call has more arguments than there is room for: the same"
plant compile compiler/front/expression.c 's/if (k <= 0 || !t/if (k < 0 || !t/' \
	"a whole number is divided by 0"
plant compile compiler/front/expression.c 's/(a->kind != NODE_NAME && a->kind != NODE_IN) || count == MAX_RANK/a->kind != NODE_NAME \&\& a->kind != NODE_IN/' \
	"a sum runs over more indices than there is room for"
plant compile compiler/front/range.c 's/number(e->p, (double)(a->size - 1)), a->subscript)/number(e->p, (double)a->size), a->subscript)/' \
	"the proof of bounds lets one element too much through: a pass breaks its contract"
plant compile compiler/front/foreign.c 's/for (; i < m->p->source->length; i++) {/for (;; i++) {/' \
	"the last line has no end: a read behind the text"
plant compile compiler/front/diagnostic.c 's/	if (n > MOST || strlen(a) > MOST) return 99;//' \
	"a long name that is near to none: a write behind an array on the stack"
plant readers runtime/idx.c 's/if (size < 4 + 4 \* b->rank)/if (size < 4)/' \
	"an IDX file ends inside its header: a read behind it"
plant readers runtime/npy.c 's/if (!close || close - start > 63 ||/if (!close ||/' \
	"the header of an .npy file has a long text: a write behind an array on the stack"
plant readers runtime/json.c 's/(j->at < j->end && \*j->at && strchr(".eE"/(*j->at \&\& strchr(".eE"/' \
	"the header of a weights file ends inside a number: a read behind it"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
