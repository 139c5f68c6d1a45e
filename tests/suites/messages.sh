# How messages are said: as JSON, with edits that do what the help says; with first lines for editors; with colours and without.
. tests/say.sh
begin messages

check() { # what, then a command that has to succeed
	what=$1
	shift
	"$@"
	ok $? "$what"
}

python3 tests/messages/edits.py "$nnc" "$work" >"$work/edits"
cat "$work/edits"
add "$(tail -n 1 "$work/edits")"

# the first line of each message: FILE:LINE:COLUMN: error: TITLE [CODE]; what follows is the text without its place
for file in tests/golden/errors/*.nn tests/golden/*.nn; do
	COLUMNS=10000 "$nnc" check --color=never "$file" 2>"$work/text" >/dev/null # titles unbroken
	"$nnc" check --color=never --format=gcc "$file" 2>"$work/gcc" >/dev/null
	sed -n 's/^\(error\|warning\)\[\([a-z-]*\)\]: \(.*\)/\1: \3 [\2]/p' "$work/text" >"$work/heads"
	sed -n 's/^ *--> //p' "$work/text" >"$work/places"
	[ "$(wc -l <"$work/heads")" = "$(wc -l <"$work/places")" ] || continue # some have no place
	paste -d ' ' "$work/places" "$work/heads" | sed 's/^\([^ ]*\) /\1: /' >"$work/expected"
	grep -E '^[^ ]*:[0-9]+:[0-9]+: (error|warning): .* \[[a-z-]+\]$' "$work/gcc" >"$work/got"
	check "--format=gcc of $file" cmp -s "$work/expected" "$work/got"
done

wrong=tests/golden/errors/01_residual.nn
escape=$(printf '\033')
"$nnc" check $wrong --color=always 2>"$work/always"
"$nnc" check $wrong --color=never 2>"$work/never"
"$nnc" check $wrong 2>"$work/auto"
"$nnc" check $wrong --format=text 2>"$work/plain"
NO_COLOR=1 "$nnc" check $wrong --color=always 2>"$work/asked"
check "--color=always" grep -q "$escape\[1;31merror" "$work/always"
check "a file is no terminal" cmp -s "$work/never" "$work/auto"
check "--format=text" cmp -s "$work/never" "$work/plain"
check "what is asked for wins over NO_COLOR" cmp -s "$work/always" "$work/asked"
check "colours change no letter" sh -c "sed 's/$escape\[[0-9;]*m//g' '$work/always' | cmp -s - '$work/never'"
if script -qec true /dev/null >/dev/null 2>&1; then # a terminal
	script -qec "TERM=xterm '$nnc' check $wrong" /dev/null >"$work/terminal" </dev/null
	script -qec "TERM=xterm NO_COLOR=1 '$nnc' check $wrong" /dev/null >"$work/no" </dev/null
	script -qec "TERM=xterm NO_COLOR= '$nnc' check $wrong" /dev/null >"$work/empty" </dev/null
	script -qec "TERM=dumb '$nnc' check $wrong" /dev/null >"$work/dumb" </dev/null
	check "colours on a terminal" grep -q "$escape" "$work/terminal"
	check "NO_COLOR" sh -c "! grep -q '$escape' '$work/no'"
	check "an empty NO_COLOR says nothing" grep -q "$escape" "$work/empty"
	check "a terminal without colours" sh -c "! grep -q '$escape' '$work/dumb'"
else
	skip "script: no program that gives a terminal"
fi

# the width: COLUMNS, the terminal, else 80
widest() { # file: the width of its widest line
	awk 'length($0) > most { most = length($0) } END { print most + 0 }' "$1"
}
for file in tests/golden/*/*.nn; do
	COLUMNS=60 "$nnc" check "$file" 2>"$work/narrow" >/dev/null
	check "60 columns for $file: $(widest "$work/narrow")" [ "$(widest "$work/narrow")" -le 60 ]
	"$nnc" check --format=gcc "$file" 2>"$work/gcc" >/dev/null
	COLUMNS=60 "$nnc" check --format=gcc "$file" 2>"$work/narrow" >/dev/null
	check "--format=gcc is not broken into lines: $file" cmp -s "$work/gcc" "$work/narrow"
done
long=tests/golden/double_softmax.nn
for columns in "" no 0 -5; do
	COLUMNS=$columns "$nnc" check $long 2>"$work/out"
	check "80 columns where COLUMNS is '$columns'" [ "$(widest "$work/out")" -gt 70 -a "$(widest "$work/out")" -le 80 ]
done
COLUMNS=1 "$nnc" check $long 2>"$work/out"
check "40 columns at least" [ "$(widest "$work/out")" -gt 30 -a "$(widest "$work/out")" -le 50 ]
if script -qec true /dev/null >/dev/null 2>&1; then
	script -qec "stty cols 66; TERM=dumb '$nnc' check $long" /dev/null </dev/null | tr -d '\r' >"$work/out"
	check "a terminal of 66 columns: $(widest "$work/out")" [ "$(widest "$work/out")" -gt 60 -a "$(widest "$work/out")" -le 66 ]
fi
"$nnc" check $wrong --format=xml 2>"$work/out"
check "--format=xml" grep -q 'is text, gcc or json' "$work/out"

counts
