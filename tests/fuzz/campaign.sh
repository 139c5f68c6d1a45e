#!/bin/sh
# The readers of files on very many inputs each:  campaign.sh [READER ...]        make fuzz-readers N=20000000
#
# N inputs for each reader (all, or those named), in rounds of ROUND; the next round is that of the reader that has had the fewest.  What is reached is kept in
# $BUILD/fuzz-readers, and so a campaign that was stopped, or asked for more, goes on: corpus/READER, the inputs that reach something new; READER.figures, inputs,
# seconds of processor time, edges reached; found/READER-*, what went wrong, to be run again as READER=csv $BUILD/fuzz-readers/fuzz_readers FILE.  A reader with something
# found rests until that is put away.  A change of the tree needs `make fuzz-readers` to be started again, which builds anew.
#
# At the end, or with N=0: a line for each reader, and the last line: N passed, N failed.  Where llvm-cov is installed, the line has how much of the reader's file is
# run by what is in the corpus; some of these files have parts that write, which is another's work.
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build} most=${N:-20000000} round=${ROUND:-250000}
state=$build/fuzz-readers
all="csv idx npy npz text cifar10 rows safetensors weights settings metrics names"
readers=${*:-$all}

for cc in ${CC:-clang-19 clang}; do
	command -v "$cc" >/dev/null && break
done
mkdir -p "$state/found"
[ "$most" = 0 ] || {
	sh tests/fuzz/build.sh "$cc" - "$state" || exit 1
	sh tests/fuzz/seeds.sh "$state/seeds"
}

figure() { # reader, which: 1 inputs, 2 seconds, 3 edges
	cut -d ' ' -f "$2" "$state/$1.figures" 2>/dev/null || echo 0
}

run() { # reader, inputs
	mkdir -p "$state/corpus/$1"
	times >"$state/before"
	ASAN_OPTIONS=malloc_context_size=2:quarantine_size_mb=8 READER=$1 "$state/fuzz_readers" -seed=$(($(figure "$1" 1) + 1)) -runs="$2" -timeout=20 -rss_limit_mb=2048 \
		-max_len=$([ "$1" = cifar10 ] && echo 6400 || echo 2048) -mutate_depth=3 -reload=0 -print_final_stats=1 -artifact_prefix="$state/found/$1-" \
		"$state/corpus/$1" "$state/seeds/readers" >"$state/$1.log" 2>&1
	status=$?
	times >"$state/after"
	# new inputs are those after the corpus was read in
	awk -v inputs="$(figure "$1" 1)" -v seconds="$(figure "$1" 2)" '
		function sum(k, t, s) { gsub(/s/, ""); for (k = 1; k <= 2; k++) { split($k, t, "m"); s += 60 * t[1] + t[2] } return s }
		FILENAME ~ /before$/ { seconds -= FNR == 2 ? sum() : 0 }
		FILENAME ~ /after$/ { seconds += FNR == 2 ? sum() : 0 }
		$2 == "INITED" { inputs -= substr($1, 2) }
		/cov: / { for (k = 1; k < NF; k++) if ($k == "cov:") edges = $(k + 1) }
		/^#[0-9]+/ { last = substr($1, 2) }
		END { print inputs + last, seconds, edges }' "$state/before" "$state/after" "$state/$1.log" >"$state/$1.new" && mv "$state/$1.new" "$state/$1.figures"
	return $status
}

# the reader that has had the fewest inputs, of those that have not had all and have nothing found
next() {
	for reader in $readers; do
		[ -z "$(ls "$state/found" | grep "^$reader-")" ] && echo "$(figure "$reader" 1) $reader"
	done | sort -n | awk -v most="$most" 'NR == 1 && $1 < most { print $2 }'
}

while reader=$(next) && [ -n "$reader" ]; do
	run "$reader" "$round" || ls "$state/found" | grep -q "^$reader-" || {
		tail -n 20 "$state/$reader.log"
		exit 1
	}
done

# a build that counts lines; it runs the corpus of a reader
for version in -19 ''; do
	command -v "llvm-cov$version" >/dev/null && command -v "llvm-profdata$version" >/dev/null &&
		sh tests/fuzz/build.sh "$cc" - "$state/lines" -fprofile-instr-generate -fcoverage-mapping && counts=$version && break
done
lines() { # reader, file
	READER=$1 LLVM_PROFILE_FILE=$state/lines/raw "$state/lines/fuzz_readers" -runs=0 -max_len=6400 "$state/corpus/$1" "$state/seeds/readers" >/dev/null 2>&1
	"llvm-profdata$counts" merge -o "$state/lines/merged" "$state/lines/raw"
	"llvm-cov$counts" report "$state/lines/fuzz_readers" -instr-profile="$state/lines/merged" "runtime/$2" | awk -v file="$2" '$1 == "TOTAL" { print ", " $10 " of the lines of " file }'
}

passed=0 failed=0
for reader in $readers; do
	if [ -n "$(ls "$state/found" | grep "^$reader-")" ]; then
		failed=$((failed + 1))
		echo "FAILED: $reader: $(ls "$state/found" | grep "^$reader-" | tr '\n' ' ')"
		grep -a -m 1 '^SUMMARY' "$state/$reader.log"
	else
		passed=$((passed + 1))
	fi
	[ -f "$state/$reader.figures" ] || continue
	covered=
	[ -z "${counts+x}" ] || covered=$(lines "$reader" "$([ "$reader" = names ] && echo classes || echo "$reader").c")
	awk -v reader="$reader" -v covered="$covered" '{ printf "%-12s %9d inputs, %6d a second, %4d edges%s\n", reader, $1, $1 / ($2 > 0 ? $2 : 1), $3, covered }' "$state/$reader.figures"
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
