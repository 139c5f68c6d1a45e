# nnc fmt: over copies of all examples, goldens, models of the tests and random models: no character but blanks changes, the syntax tree and what
# nnc check says stay, the layout of a layout is itself, and files with mistakes of syntax are left alone.  The project's own files are in the layout.
. tests/say.sh
begin fmt
mkdir -p "$work/copies/random"

holds() { # condition as a command, what is wrong if it fails
	eval "$1"
	check "$2"
}

# ---- the project's own files

holds '"$nnc" fmt --check examples/*.nn examples/lecture/*.nn compiler/prelude.nn tests/compare/models/*.nn tests/compare/models/lib/*.nn' "these files are not in the layout: nnc fmt writes it"

# ---- copies

cp -r examples/*.nn examples/lecture tests/golden tests/compare/models "$work/copies"
cp compiler/prelude.nn "$work/copies"
if command -v python3 >/dev/null; then
	for seed in $(seq 1 15); do
		python3 tests/random/generate.py "$seed" >"$work/copies/random/$seed.nn"
	done
else
	skip "python3: not installed: random models"
fi

# the titles of messages, without places; with the status
heard() { # file
	(cd "$(dirname "$1")" && timeout 20 "$nnc" check --color=never "$(basename "$1")" 2>&1 >/dev/null
		echo "status $?") | grep -E '^(error|warning|status)'
}

tree() { # file
	(cd "$(dirname "$1")" && "$nnc" check --dump=parse --stop-after=parse "$(basename "$1")" 2>/dev/null)
}

find "$work/copies" -name '*.nn' | sort >"$work/list"
for file in $(cat "$work/list"); do
	cp "$file" "$work/before.nn"
	"$nnc" fmt "$file" 2>"$work/said"
	status=$?
	if [ $status = 0 ]; then
		[ ! -s "$work/said" ] || fail "${file#"$work"/}: it says $(head -n 1 "$work/said")"
		tr -d ' \t\n\r\f' <"$work/before.nn" >"$work/characters"
		holds 'tr -d " \t\n\r\f" <"$file" | cmp -s - "$work/characters"' "${file#"$work"/}: more than blanks changed"
		holds '"$nnc" fmt --check "$file" >/dev/null' "${file#"$work"/}: the layout of the layout is another one"
		if ! cmp -s "$file" "$work/before.nn"; then
			cp "$file" "$work/after.nn"
			tree "$file" >"$work/tree"
			heard "$file" >"$work/heard"
			cp "$work/before.nn" "$file"
			holds 'tree "$file" | cmp -s - "$work/tree"' "${file#"$work"/}: another syntax tree"
			holds 'heard "$file" | cmp -s - "$work/heard"' "${file#"$work"/}: nnc check says something else"
		fi
	else
		holds 'cmp -s "$file" "$work/before.nn"' "${file#"$work"/}: a file that is refused was changed"
		holds 'grep -q "^error\[" "$work/said"' "${file#"$work"/}: refused without a message"
	fi
done

# ---- the command

cd "$work" || exit 1
printf 'let   a=1\n\n\n\nlet bc = 2 # two  \n' >odd.nn
printf 'let a = 1\n\nlet bc = 2 # two\n' >even.nn
holds '"$nnc" fmt - <odd.nn | cmp -s - even.nn' "fmt - does not print the layout"
holds '! "$nnc" fmt --check odd.nn even.nn >named && [ "$(cat named)" = odd.nn ]' "--check does not name the file"
holds '! "$nnc" fmt --check - <odd.nn >/dev/null && "$nnc" fmt --check - <even.nn' "--check of standard input"
touch -t 200001010000 even.nn
holds '"$nnc" fmt even.nn && [ -z "$(find even.nn -newermt 2001-01-01)" ]' "a file in the layout is written"
chmod 640 odd.nn
ln -s odd.nn link.nn
holds '"$nnc" fmt link.nn && cmp -s odd.nn even.nn && [ -L link.nn ] && [ "$(stat -c %a odd.nn)" = 640 ]' "links and permissions"
printf 'let a = (1\n' >wrong.nn
printf 'let   a=1\n' >odd.nn
holds '! "$nnc" fmt wrong.nn odd.nn none.nn 2>said && [ "$(cat wrong.nn)" = "let a = (1" ] && [ "$(cat odd.nn)" = "let a = 1" ] && grep -q "wrong.nn:2:1" said && grep -q "cannot read none.nn" said' "a wrong file among others"
holds '"$nnc" fmt 2>said; [ $? = 2 ] && grep -q "needs a .nn file" said' "no file"
if [ "$(id -u)" != 0 ]; then
	mkdir -p locked && printf 'let   a=1\n' >locked/odd.nn && chmod 555 locked
	holds '! "$nnc" fmt locked/odd.nn 2>said && grep -q "cannot write" said && [ "$(cat locked/odd.nn)" = "let   a=1" ]' "a folder that cannot be written"
	chmod 755 locked
fi
holds '[ -z "$(find . -name "*.tmp")" ]' "temporary files stay behind"

counts
