# Goldens: small .nn files with what nnc makes of them beside them; the ending says which command:
#
#	.err    stderr of nnc check --color=never, which ends with 1
#	.warn   the same, where it ends with 0
#	.grad   stdout of nnc grad
#	.eq     stdout of nnc check --dump=elaborate --stop-after=elaborate
#
# nnc runs in the folder of the file.  BLESS=1 rewrites what differs and prints the difference; for a new test, make an empty sidecar and
# bless.  Gradients and equations are rewritten only where the generated C computes what the interpreter computes, bit for bit, in every build
# (the suite `bits`, for this model).
#
# tests/golden/errors holds wrong programs with the messages that the language was designed with, broken to 80 columns: those are never rewritten.
# Its file `pending` lists the ones that are not met yet; when blessing, those that are met by now are taken out of it.
#
# tests/golden/newcomer holds mistakes of people who come from other libraries, and in `fixes` what the help says, as an edit: after it nnc accepts
# the program.
. tests/say.sh
begin golden
got=$work pending=tests/golden/errors/pending

# What nnc makes of NAME.nn in this folder, into the files $got/out and $got/other; returns its exit status.
produce() { # ending, name
	case $1 in
	err | warn) "$nnc" check --color=never "$2.nn" 2>"$got/out" >"$got/other" ;;
	grad) "$nnc" grad "$2.nn" >"$got/out" 2>"$got/other" ;;
	eq) "$nnc" check --dump=elaborate --stop-after=elaborate "$2.nn" >"$got/out" 2>"$got/other" ;;
	esac
}

difference() { # file
	diff -u -L "$1" -L "what nnc says" "$1" "$got/out"
}

is_pending() { # file
	[ "${1%/*}" = tests/golden/errors ] && grep -qx "$(basename "$1" .err).nn" $pending
}

# Is the generated C of tests/golden/NAME.nn what the interpreter says?  Messages have no C.
agreed=
agrees() { # ending, name
	case "$1 $agreed" in
	err* | warn* | *" $2 "*) return 0 ;;
	esac
	if BITS=${BITS-full} ONLY=tests/golden/$2.nn sh tests/suites/bits.sh >"$got/bits" 2>&1 && tail -n 1 "$got/bits" | grep -q '^[1-9]'; then
		agreed="$agreed $2 "
		echo "$2.nn: interpreter = generated C: $(tail -n 1 "$got/bits")"
		return 0
	fi
	fail "tests/golden/$2.$1 is not rewritten: the generated C has to agree with the interpreter first"
	tail -n 20 "$got/bits"
	return 1
}

for file in tests/golden/*.err tests/golden/*.warn tests/golden/*.grad tests/golden/*.eq tests/golden/errors/*.err tests/golden/newcomer/*.err tests/golden/newcomer/*.warn; do
	[ -f "$file" ] || continue
	folder=${file%/*} base=${file##*/}
	name=${base%.*} ending=${base##*.}
	expected=0
	[ "$ending" != err ] || expected=1
	(cd "$folder" && produce "$ending" "$name")
	status=$?
	if [ $status = $expected ] && cmp -s "$file" "$got/out"; then
		passed=$((passed + 1))
		if [ -n "${BLESS:-}" ] && is_pending "$file"; then
			echo "no longer pending: $file"
			grep -vx "$name.nn" $pending >"$got/pending"
			cp "$got/pending" $pending
		fi
	elif is_pending "$file" && [ $status -le 1 ]; then # no crash
		skip "diagnostics: not yet the message that was designed ($pending)"
	elif [ $status = $expected ] && [ -n "${BLESS:-}" ] && [ "$folder" != tests/golden/errors ]; then
		difference "$file"
		if agrees "$ending" "$name"; then
			cp "$got/out" "$file"
			passed=$((passed + 1))
		fi
	else
		fail "$file (nnc ended with status $status)"
		difference "$file"
		cat "$got/other"
	fi
done

for file in tests/golden/*.nn tests/golden/errors/*.nn tests/golden/newcomer/*.nn; do
	[ -f "$file" ] || continue
	base=${file%.nn}
	[ -f "$base.err" ] || [ -f "$base.warn" ] || [ -f "$base.grad" ] || [ -f "$base.eq" ] || fail "$file has nothing beside it that says what nnc makes of it"
done

for file in tests/golden/newcomer/*.nn; do
	[ -f "$file" ] || continue
	name=$(basename "$file" .nn)
	edit=$(sed -n "s/^$name //p" tests/golden/newcomer/fixes)
	sed "$edit" "$file" >"$got/fixed.nn"
	if [ -n "$edit" ] && ! cmp -s "$file" "$got/fixed.nn" && "$nnc" check --color=never "$got/fixed.nn" >"$got/other" 2>&1; then
		passed=$((passed + 1))
	else
		fail "$file: the help does not help: $edit"
		cat "$got/other"
	fi
done
long=$(find tests/golden -name '*.err' -o -name '*.warn' | xargs awk 'length($0) > 80 { print FILENAME ": " $0 }')
[ -z "$long" ] || fail "lines of more than 80 columns: $long"

counts
