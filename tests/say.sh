# What suites share.  A suite is run with sh in the root of the project; it begins with
#
#	. tests/say.sh
#	begin NAME
#
# and ends with `counts`.  What a command printed is in the file $said, for the tests after it, and shown if one of them fails.
export BUILD="${BUILD:-build}"
case $BUILD in
/*) build=$BUILD ;;
*) build=$PWD/$BUILD ;;
esac
root=$PWD nnc=$build/nnc said=/dev/null
passed=0 failed=0 skipped=0

# nnc is made, $work is an empty folder of the suite's own
begin() { # NAME
	work=$build/tests/$1 said=$build/tests/$1/said
	${MAKE:-make} -s "$BUILD/nnc" || exit 1
	rm -rf "$work"
	mkdir -p "$work" || exit 1
	export XDG_CACHE_HOME="$(cache)" LC_ALL=C PYTHONDONTWRITEBYTECODE=1
}

# where all suites keep the runtime's objects: a folder for each nnc, which carries the runtime and its flags inside
cache() {
	echo "$build/tests/cache-$(cksum <"$nnc" | cut -d' ' -f1)"
}

# The suite builds trainers, by this compiler or nnc's own choice: the runtime's objects are made once for all suites that do.
trainers() { # [COMPILER]
	made=$XDG_CACHE_HOME/made$(echo "$*" | tr / _)
	mkdir -p "$XDG_CACHE_HOME"
	(
		flock 9
		[ -e "$made" ] || { "$nnc" build examples/xor.nn ${1:+--cc="$1"} -o "$work/xor" && rm "$work/xor" && : >"$made"; }
	) 9>"$XDG_CACHE_HOME/lock" || exit 1
}

# the same with a cache of the suite's own, which holds these objects and nothing else
trainers_alone() {
	trainers
	mkdir -p "$work/cache/nnc"
	for runtime in "$XDG_CACHE_HOME"/nnc/runtime-*; do
		[ ! -d "$runtime" ] || ln -s "$runtime" "$work/cache/nnc"
	done
	export XDG_CACHE_HOME="$work/cache"
}

pass() {
	passed=$((passed + 1))
}

fail() { # WHAT
	failed=$((failed + 1))
	echo "FAILED: $*"
	[ ! -f "$said" ] || head -n 40 "$said" | sed 's/^/    /'
	return 1
}

ok() { # STATUS WHAT
	if [ "$1" = 0 ]; then pass; else fail "$2"; fi
}

check() { # WHAT, as the status of the command before says
	ok $? "$1"
}

skip() { # REASON
	skipped=$((skipped + 1))
	echo "skipped: $*"
}

says() { # TEXT...: each is in what was printed
	for text; do
		grep -qF -- "$text" "$said" && continue
		echo "it does not say: $text"
		return 1
	done
}

# what another program counted in its last line
add() { # "N passed, N failed"
	case $1 in
	[0-9]*" passed, "[0-9]*" failed"*) ;;
	*) fail "no counts, but: $1"; return ;;
	esac
	passed=$((passed + ${1%% *}))
	set -- "${1#* passed, }"
	failed=$((failed + ${1%% *}))
}

# the first of these commands that this machine has
first() { # COMMAND...
	for command; do
		command -v "$command" >/dev/null && echo "$command" && return
	done
}

below() { # NUMBER LIMIT
	awk -v x="$1" -v limit="$2" 'BEGIN { exit !(x != "" && x + 0 < limit) }'
}

# the last line, and whether all is well as the status
counts() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed = 0 ]
}
