# Syntax errors: each error state of the grammar has a program in tests/syntax/states.txt, which is shown to reach it (tests/syntax/states.py, from
# bison's own automaton); habits from other languages are in tests/syntax/habits.txt.  What nnc says to each program stands in the .err beside.
. tests/say.sh
begin syntax
cc=$(first ${CC:-clang-19 clang gcc})
${MAKE:-make} -s "$BUILD/libnnc.a" || exit 1

# what nnc says to each program of a file, behind its title
answers() { # file
	rm -rf "$work/one"
	mkdir -p "$work/one"
	awk -v to="$work/one/" '/^=== / { n++; name = sprintf("%s%04d", to, n); print >(name ".title"); next } { print >(name ".nn") }' "$1"
	for title in "$work"/one/*.title; do
		cat "$title"
		(cd "$work/one" && "$nnc" check --color=never "$(basename "$title" .title).nn" 2>&1 >/dev/null | sed 's/^\( *--> \)[0-9]*\.nn:/\1file.nn:/')
		echo
	done
}

for file in states habits; do
	answers tests/syntax/$file.txt >"$work/$file.err"
	if [ -n "${BLESS:-}" ]; then
		diff -u tests/syntax/$file.err "$work/$file.err"
		cp "$work/$file.err" tests/syntax/$file.err
	fi
	if cmp -s tests/syntax/$file.err "$work/$file.err"; then
		passed=$((passed + $(grep -c '^=== ' tests/syntax/$file.txt)))
	else
		fail "what is said to the programs of tests/syntax/$file.txt"
		diff -u tests/syntax/$file.err "$work/$file.err" | head -n 60
	fi
	# one mistake, one message, with a place, a reason or a help, and never just the news that something is wrong
	awk -v file=$file '
		function flush() {
			if (title != "" && (errors != 1 || !place || !more || said ~ /syntax error$/)) {
				print "FAILED: tests/syntax/" file ".txt: " title ": " errors + 0 " errors" (place ? "" : ", without a place") (more ? "" : ", without a reason or a help")
				bad++
			}
		}
		/^=== / { flush(); title = $0; errors = place = more = 0; said = ""; next }
		/^error\[/ { errors++; said = $0; if ($0 ~ / (closes no|never closed|needs|is written|plain ASCII|start with|once)/) more = 1 }
		/--> / { place = 1 }
		/[\^-] [a-z]/ || /= (help|note): / { more = 1 }
		length($0) > 80 && !/^ *[0-9]+ \|/ { print "FAILED: tests/syntax/" file ".txt: " title ": a line of " length($0) " columns"; bad++ }
		END { flush(); exit bad > 0 }' "$work/$file.err" || failed=$((failed + 1))
done

# a mistake in the middle of a long file: one message
awk 'BEGIN {
	for (i = 1; i <= 24; i++) {
		print "model M" i " {\n  input  x: [4]\n  target t: 0..2"
		for (k = 1; k <= 14; k++) print (i == 12 && k == 7) ? "  for i in range(10): h = h -> Dense(4)" : (k == 1 ? "  h = x -> Dense(4)" : "  h = h -> Dense(4) -> tanh")
		print "  y = h -> Dense(3)\n  loss = cross_entropy(y, t)\n  output y\n}"
	}
}' >"$work/long.nn"
(cd "$work" && "$nnc" check --color=never long.nn 2>long.err >/dev/null)
if [ "$(grep -c '^error' "$work/long.err")" = 1 ] && grep -q 'long.nn:241:' "$work/long.err" && [ "$(wc -l <"$work/long.nn")" -ge 500 ]; then
	passed=$((passed + 1))
else
	fail "a mistake in the middle of $(wc -l <"$work/long.nn") lines: $(grep -c '^error' "$work/long.err") messages"
	head -n 20 "$work/long.err"
fi

if ! command -v python3 >/dev/null; then
	skip "python3: not installed: the error states of the grammar"
else
	${BISON:-bison} -Dparse.trace --xml="$work/nn.xml" --header="$work/nn.h" -o "$work/nn.c" grammar/nn.y &&
		$cc -std=c11 -w -O1 -D_POSIX_C_SOURCE=200809L -DNN_DEBUG=1 -Dsyntax_error=traced_syntax_error -Icompiler -I. -I"$BUILD" -c "$work/nn.c" -o "$work/nn.o" &&
		$cc -std=c11 -Wall -Wextra -Wpedantic -O1 -D_POSIX_C_SOURCE=200809L -Icompiler -I. -I"$BUILD" tests/syntax/tracer.c "$work/nn.o" "$BUILD/libnnc.a" -lm -o "$work/tracer" || exit 1
	python3 tests/syntax/states.py "$work/nn.xml" --check tests/syntax/states.txt "$work/tracer" >"$work/states"
	cat "$work/states"
	add "$(tail -n 1 "$work/states")"
fi

counts
