# `nnc explain`: each code that the sources can emit has a story in compiler/explain, and each story is of such a code; the wrong programs
# of a story give that code and no other, the right ones compile without a word.
. tests/say.sh
begin explain

# the codes that stand in the sources: second argument of the functions that make messages, and `code="..."` of requirements
cat compiler/*/*.[ch] grammar/nn.[ly] | tr '\n' ' ' |
	grep -oE '(diag_new|diag_warning|problem)\([^";]*"[a-z][a-z-]*"( *: *"[a-z-]+")?' | grep -oE '"[a-z-]+"' | tr -d '"' >"$work/all"
sed -n 's/.*code *= *"\([a-z-]*\)".*/\1/p' compiler/prelude.nn >>"$work/all"
sort -u "$work/all" >"$work/codes"
"$nnc" explain >"$work/list" || fail "nnc explain ends with $?"
sed 's/:.*//' "$work/list" | sort >"$work/told"
[ "$(wc -l <"$work/codes")" -gt 50 ]
ok $? "the sources have no codes: $(cat "$work/codes")"
for code in $(comm -23 "$work/codes" "$work/told"); do
	fail "the code \`$code\` has no story: write compiler/explain/$code.md, after the others there"
done
for code in $(comm -13 "$work/codes" "$work/told"); do
	fail "compiler/explain/$code.md tells about a code that nothing in the compiler says"
done
for file in compiler/explain/*.md; do
	[ "$(sed -n '1s/^# \([a-z-]*\): .*/\1/p' "$file")" = "$(basename "$file" .md)" ]
	ok $? "$file does not begin with \`# $(basename "$file" .md): ...\`"
	[ -z "$(awk 'length($0) > 100' "$file")" ]
	ok $? "$file has lines of more than 100 columns"
done

# The programs of a story, into a folder: wrong1.nn (or the commands wrong1.sh that print it), right1.nn, other files by name.  What nnc is
# called with stands in wrong1.with.
unpack() { # story, folder
	awk -v to="$2/" '
		/^```/ && !inside {
			inside = 1
			name = $2 == "file" ? $3 : $2 (++n[$2]) (substr($1, 4) == "sh" ? ".sh" : ".nn")
			with = ""
			for (k = 3; k <= NF && $2 != "file"; k++) with = with " " $k
			if ($2 != "file") print with >(to $2 n[$2] ".with")
			next
		}
		/^```/ { inside = 0; close(to name); next }
		inside { print >(to name) }' "$1"
}

run() { # name of the program
	"$nnc" check --color=never $(cat "$1.with") "$1.nn" >"$1.out" 2>&1
}

for code in $(cat "$work/told"); do
	folder=$work/$code
	mkdir -p "$folder"
	unpack "compiler/explain/$code.md" "$folder"
	cd "$folder" || exit 1
	[ ! -f wrong1.nn ] || cp wrong1.nn wrong.nn # it may name itself
	for program in wrong*.sh; do
		[ ! -f "$program" ] || sh "$program" >"${program%.sh}.nn"
	done
	for with in wrong*.with right*.with; do
		name=${with%.with}
		[ -f "$with" ] || continue
		run "$name"
		status=$?
		case $name in
		right*)
			[ $status = 0 ] && [ ! -s "$name.out" ]
			ok $? "the right program of $code: $(cat "$name.out")"
			"$nnc" fmt --check "$name.nn" >/dev/null
			ok $? "the right program of $code is not in the layout: nnc fmt" ;;
		wrong*)
			[ $status -le 1 ] && [ "$(sed -n 's/^\(error\|warning\)\[\([a-z-]*\)\]: .*/\2/p' "$name.out" | sort -u)" = "$code" ]
			ok $? "the wrong program of $code: $(cat "$name.out")" ;;
		esac
	done
	if [ "$code" != internal ]; then # no program shows that one
		[ -f wrong1.with ] && [ -f right1.with ]
		ok $? "compiler/explain/$code.md has no wrong or no right program"
	fi
	"$nnc" explain "$code" >story 2>&1 && [ "$(head -n 1 story)" = "$(grep "^$code: " "$work/list")" ] && ! grep -q '```' story
	ok $? "nnc explain $code: $(head -n 3 story)"
	[ -z "$(awk 'length($0) > 80' story)" ]
	ok $? "nnc explain $code: $(awk 'length($0) > 80' story)"
	cd - >/dev/null || exit 1
done

"$nnc" explain shap >"$work/out" 2>&1
[ $? = 1 ] && grep -q 'nnc explain shape' "$work/out"
ok $? "the nearest code: $(cat "$work/out")"
"$nnc" explain qqqqqqqqqqqqqqqqqq >"$work/out" 2>&1
[ $? = 1 ] && grep -q 'nnc explain lists them' "$work/out"
ok $? "no near code: $(cat "$work/out")"

counts
