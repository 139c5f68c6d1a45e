# The fuzzers, a short run of each from the same seeds with the same random numbers, and so on the same inputs until the code changes: any bytes
# as a .nn file, as a data or weights file.  FUZZ_SECONDS=n: as many as there is time for.  `make fuzz` runs longer, and shows that they find bugs.
# What was found lies in $BUILD/tests/fuzz, to be run again as $BUILD/tests/fuzz/fuzz_compile FILE.
out=$BUILD/tests/fuzz
seconds=${FUZZ_SECONDS:-}
passed=0 failed=0

rm -rf "$out"
mkdir -p "$out"
echo 'int LLVMFuzzerTestOneInput(const unsigned char *b, unsigned long n); int LLVMFuzzerTestOneInput(const unsigned char *b, unsigned long n) { return !b && n; }' >"$out/probe.c"
cc=
for candidate in ${CC:-clang-19 clang}; do
	command -v "$candidate" >/dev/null && $candidate -fsanitize=fuzzer,address,undefined "$out/probe.c" -o "$out/probe" 2>/dev/null && cc=$candidate && break
done
if [ -z "$cc" ]; then
	echo "skipped: clang: none here has libFuzzer (./install --test)"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi

sh tests/fuzz/build.sh "$cc" "$BUILD/sanitized" "$out" || exit 1
sh tests/fuzz/seeds.sh "$out/seeds"

fuzz() { # name, inputs (the seeds among them), options
	name=$1 runs=$2
	shift 2
	mkdir -p "$out/corpus/$name"
	"$out/fuzz_$name" -seed=1 ${seconds:+-max_total_time="$seconds"} -runs="$([ -n "$seconds" ] && echo -1 || echo "$runs")" -timeout=20 -rss_limit_mb=2048 -max_len=2048 -mutate_depth=2 -print_final_stats=1 -artifact_prefix="$out/" "$@" \
		"$out/corpus/$name" "$out/seeds/$name" >"$out/$name.log" 2>&1
	echo $? >"$out/$name.status"
}

fuzz compile 1200 -dict=tests/fuzz/nn.dict &
fuzz readers 60000 &
wait

for name in compile readers; do
	if [ "$(cat "$out/$name.status")" = 0 ]; then
		passed=$((passed + 1))
		echo "fuzz_$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$name.log") inputs, nothing found"
	else
		failed=$((failed + 1))
		echo "FAILED: fuzz_$name"
		grep -v '^#' "$out/$name.log" | tail -n 90
	fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
