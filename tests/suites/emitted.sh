# What an emitted folder is: C without a warning, nothing but memcpy and memset from outside, no mutable data, a header for C and C++, the
# same files wherever it was made; and what names, strings and paths cannot do to it.
#
# An example is compiled to an object by one of the compilers, in turns, and read for warnings by the other; the models of tests/compare are read by one, in
# turns.  EMITTED=full: all by all.
. tests/say.sh
work=$PWD/$BUILD/tests/emitted
warnings="-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror"
arithmetic="-ffp-contract=off -fno-math-errno"

if [ $# = 0 ]; then
	begin emitted
	trainers
else # emitted.sh FILE NUMBER: that example alone, as a part of the suite
	said=$work/said.$(basename "$1" .nn)
fi

compilers=
for cc in "$(first clang-19 clang)" "$(first gcc)"; do
	[ -z "$cc" ] || compilers="$compilers $cc"
done
if [ $# = 0 ]; then
	[ -n "$(first clang-19 clang)" ] || skip "clang: not installed"
	[ -n "$(first gcc)" ] || skip "gcc: not installed"
fi
cxx=
for c in "$(first g++)" "$(first clang++-19 clang++)"; do
	[ -z "$c" ] || cxx="$cxx $c"
done
[ -n "$cxx" ] || [ $# != 0 ] || skip "c++: neither g++ nor clang++ is installed"
if [ "$(uname -m)" = x86_64 ]; then targets="native x86-64"; else targets="native native"; fi # one for each compiler, in turns

# ---- C ---------------------------------------------------------------------------------------------------------------------------------

is_turn_of() { # compiler, number
	[ "${EMITTED:-}" = full ] || [ "$(echo $compilers | cut -d' ' -f$((1 + ($2 + 1) % $(echo $compilers | wc -w))))" = "$1" ]
}

# m.c and m_main.c of a folder, all models, without a warning
without_warnings() { # folder, compiler, options ...
	from=$1 by=$2
	shift 2
	for c in "$from"/*.c; do
		$by $warnings $arithmetic "$@" -I"$from" -c "$c" -o "${c%.c}.o" >"$said" 2>&1 || return 1
	done
}

# the symbols that a model uses from outside or that are mutable.  Without -fno-pic, tables with pointers are for the loader to write.
wrong_symbols() { # folder
	for main in "$1"/*_main.c; do
		nm "${main%_main.c}.o"
	done | awk '$1 == "U" && $2 != "memcpy" && $2 != "memset" || $2 ~ /^[DdBbCGgSs]$/' >"$said"
	! [ -s "$said" ]
}

# all of it for one example; its messages and its counts go to a file, for examples run side by side
example() { # file, number
	file=$1
	name=$(basename "$file" .nn) folder=$work/c/$name
	mkdir -p "$work/c"
	"$nnc" emit "$file" -o "$folder" >"$said" 2>&1 && "$nnc" emit "$file" --real=f64 -o "$folder.f64" >>"$said" 2>&1
	ok $? "nnc emit $file"
	turn=0
	for cc in $compilers; do
		target=$(echo "$targets" | cut -d' ' -f$((1 + ($2 / 2 + turn) % 2)))
		if is_turn_of "$cc" "$2"; then
			without_warnings "$folder" "$cc" -O2 -march=$target -fno-pic
			ok $? "$name: $cc -march=$target without a warning"
			wrong_symbols "$folder"
			ok $? "$name: $cc -march=$target: what m.c takes from outside, and mutable data"
		else
			without_warnings "$folder" "$cc" -march=$target -fsyntax-only
			ok $? "$name: $cc without a warning"
		fi
		without_warnings "$folder.f64" "$cc" -fsyntax-only
		ok $? "$name: $cc, float64, without a warning"
		turn=$((turn + 1))
	done

	header=$(basename "$(ls "$folder"/*_main.c | head -n 1)" _main.c).h
	printf '#include "%s"\n#include "%s"\n' "$header" "$header" >"$said.header.c"
	for cc in $compilers; do
		$cc $warnings -I"$folder" -fsyntax-only "$said.header.c" >"$said" 2>&1
		ok $? "$name: $header alone in C11, $cc"
	done
	for c in $cxx; do
		$c -std=c++17 -Wall -Wextra -Wpedantic -Wconversion -Wold-style-cast -Werror -x c++ -I"$folder" -fsyntax-only "$said.header.c" >"$said" 2>&1
		ok $? "$name: $header alone in C++17, $c"
	done
}

if [ $# != 0 ]; then
	example "$1" "$2"
	counts
	exit
fi

mkdir -p "$work/c" "$work/examples"
number=0
for file in examples/*.nn; do
	echo "$file $number"
	number=$((number + 1))
done | xargs -P "$(nproc)" -L 1 sh -c 'sh tests/suites/emitted.sh "$1" "$2" >"$0/$(basename "$1" .nn)" 2>&1' "$work/examples"
for file in examples/*.nn; do
	log=$work/examples/$(basename "$file" .nn)
	sed '$d' "$log"
	add "$(tail -n 1 "$log")"
done

number=0
for file in tests/compare/models/*.nn; do # of every kind
	number=$((number + 1))
	folder=$work/c/model
	rm -rf "$folder"
	"$nnc" emit "$file" -o "$folder" >"$said" 2>&1
	ok $? "nnc emit $file"
	for cc in $compilers; do
		is_turn_of "$cc" "$number" || continue
		without_warnings "$folder" "$cc" -fsyntax-only
		ok $? "$file: without a warning, $cc"
	done
done
rm -rf "$work/c/model"

# several models in one program
for header in "$work"/c/*/*_main.c; do
	case $header in *.f64/*) continue ;; esac
	echo "#include \"${header%_main.c}.h\""
done >"$work/headers.c"
for cc in $compilers; do
	$cc $warnings -fsyntax-only "$work/headers.c" >"$said" 2>&1
	ok $? "the headers of all examples together, $cc"
done

# ---- the same files from everywhere ------------------------------------------------------------------------------------------------------

for file in examples/*.nn; do
	name=$(basename "$file")
	mkdir -p "$work/one" "$work/two/deep er"
	for part in "$file" $(sed -n 's/^import "\([a-z_]*\.nn\)".*/examples\/\1/p' "$file"); do
		cp "$part" "$work/one"
		cp "$part" "$work/two/deep er"
	done
	(cd "$work/one" && "$nnc" emit "$name" -o out) >"$said" 2>&1 && (cd "$work/two/deep er" && "$nnc" emit "$name" -o out) >>"$said" 2>&1 &&
		(cd / && "$nnc" emit "$work/one/$name" -o "$work/two/absolute") >>"$said" 2>&1 &&
		diff -r "$work/one/out" "$work/two/deep er/out" >>"$said" && diff -r "$work/one/out" "$work/two/absolute" >>"$said"
	ok $? "$name: the same files from three folders"
	rm -rf "$work/one" "$work/two"
done

# ---- once more into the same folder ------------------------------------------------------------------------------------------------------

rm -rf "$work/first" "$work/again"
"$nnc" emit examples/spiral.nn -o "$work/again" >"$said" 2>&1 && cp -r "$work/again" "$work/first" && find "$work/again" -type f -exec touch -d '2001-02-03' {} + &&
	"$nnc" emit examples/spiral.nn -o "$work/again" >>"$said" 2>&1 && [ -z "$(find "$work/again" -type f -newermt '2001-02-04')" ]
ok $? "files that are as they should be are left as they are"
sed 's/real/reel/' "$work/first/spiral.c" >"$work/again/spiral.c" && echo >>"$work/again/spiral.h" && : >"$work/again/nn_math.h" && rm "$work/again/spiral_main.c" &&
	"$nnc" emit examples/spiral.nn -o "$work/again" >"$said" 2>&1 && diff -r "$work/first" "$work/again" >>"$said"
ok $? "files that were changed, grew, lost their text or are gone are written again"
rm -rf "$work/first" "$work/again"

# ---- names -------------------------------------------------------------------------------------------------------------------------------

# every word that means something in C, in C++, in the headers or in generated code, as every kind of name that a file has
words='auto break case char const continue default do double enum extern float for goto int long main register return short signed sizeof static
	struct switch typedef union unsigned void volatile while inline restrict bool class new delete this template typename namespace operator
	private public virtual catch throw try using friend asm typeof linux unix NULL EOF errno NAN INFINITY M_PI I assert size_t int32_t uint32_t
	uint64_t nn_int memcpy memset printf malloc exit abort exp log sqrt sin cos tanh erf pow fabs lanes ints uints real load store all gather
	pick any madd vmadd smadd minus ssqrt vsqrt vabs tree16 transpose panel panels PANEL LANES WIDTH VECS HEADER PARAMS STATES MOMENTS MASKED INLINE
	UNROLL m n i j k r v p part parts first last rows sum step seed settings sums grad optimizer samples samples_in run run_part kernel call
	forward backward keep_gradient param_offset model inputs outputs sources arith_0 columns_0 literal_0 batch use pool sink gradients
	workspace params moments threads predict evaluate train open start prepare memory tensors nn_tensor nn_pack nn_total nn_trainer
	nn_program_of_model inputs_ open_ start_ NN_F64 NN_PARAM _Bool _x __func__ __LINE__ x_in x_out scalar per_sample block right before after
	acc best place at width vecs vec row column columns left lane_sums kept tap h c candidate NN_INFINITY int8_t UINT32_MAX INT32_MAX SIZE_MAX offsetof to from rest Dense_W Dense1_W dx'
mkdir -p "$work/names"
cd "$work/names" || exit 1

refused() { # the word itself is one of the language's
	printf 'model A {\n  input x: [2]\n  target r: [2]\n  param %s: [2] = 1\n  y = %s * x\n  loss = mse(y, r)\n  output y\n}\n' "$1" "$1" >probe.nn
	! "$nnc" check probe.nn >/dev/null 2>&1
}

free=
for word in $words; do
	refused "$word" || free="$free $word"
done

# parameters, values, outputs, indices and metrics of all these names in one model
{
	echo "model register {"
	echo "  input  int: [2]"
	echo "  target main: [2]"
	echo "  layer double = Dense(2)"
	echo "  float = int -> double"
	for word in $free; do
		case $word in int | main | double | float | tanh | sum) continue ;; esac
		echo "  param $word: [2, 2] ~ normal(0, 0.1)"
		echo "  y_$word[a] = sum(b) $word[a,b] * float[b]"
		echo "  float = float + tanh(y_$word)"
	done
	echo "  loss = mse(float, main) + 0.1 * l2(weights)"
	echo "  output float"
	echo "  output register = float * 2"
	echo "  output printf = argmax(float)"
	echo "  metric void = mae(float, main)"
	echo "  metric NULL = sum(float)"
	echo "}"
	echo "optimizer volatile(static = 0.1, goto = 2) {"
	echo "  state struct = 0"
	echo "  struct = struct * goto + grad"
	echo "  w = w - static * struct"
	echo "}"
	echo "train register {"
	echo "  data { int = csv(\"a.csv\")"
	echo "         main = csv(\"b.csv\") }"
	echo "  optimizer = volatile"
	echo "  optimizers = [SGD]"
	echo "}"
} >parameters.nn
# values and inputs of these names, and indices
{
	echo "model main {"
	for word in $free; do
		case $word in tanh | ones) continue ;; esac
		echo "  input $word: [3]"
	done
	echo "  target goto_: [3]"
	echo "  hidden_ = ones(3)"
	for word in $free; do
		case $word in tanh | ones) continue ;; esac
		echo "  w_$word[$word] = tanh(hidden_[$word])"
		echo "  hidden_ = w_$word + 0.5 * $word"
	done
	echo "  y = hidden_ -> Dense(3)"
	echo "  loss = mse(y, goto_)"
	echo "  output y"
	echo "}"
} >inputs.nn
# models of such names
for word in auto int main register double NULL EOF _Bool _x assert exit memcpy exp sin printf lanes real store size_t int32_t nn_tensor nn_vec nn_math m n x run \
	panel unix PANEL NN_F64 model Model MODEL xor class; do
	case " $free " in *" $word "*) ;; *) refused "$word" && continue ;; esac
	echo "model $word { input x: [2]; target r: [2]; y = x -> Dense(2); loss = mse(y, r); output y }"
done >models.nn
for name in parameters inputs models; do
	"$nnc" emit $name.nn -o $name >"$said" 2>&1
	ok $? "names: nnc emit $name.nn"
	for cc in $compilers; do
		without_warnings $name "$cc" -fsyntax-only
		ok $? "names: $name.nn without a warning, $cc"
		for header in $name/*.h; do
			case $header in */nn_vec.h | */nn_math.h) continue ;; esac
			echo "#include \"$header\""
		done >all.c
		$cc $warnings -fsyntax-only all.c >"$said" 2>&1
		ok $? "names: the headers of $name.nn together, $cc"
	done
done
for c in $cxx; do
	for name in parameters inputs; do
		echo "#include \"$name/$(basename "$(ls $name/*_main.c | head -n 1)" _main.c).h\"" >one.cc
		$c -std=c++17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only one.cc >"$said" 2>&1
		ok $? "names: the header of $name.nn in C++17, $c"
	done
done
"$nnc" build parameters.nn -o parameters.bin >"$said" 2>&1 && ./parameters.bin info >"$said" 2>&1
ok $? "names: the trainer of parameters.nn runs info"

# ---- strings, comments and paths ------------------------------------------------------------------------------------------------------------

mkdir -p "$work/paths"
cd "$work/paths" || exit 1
hostile='*/ #error "closed"
/* %s%n %d
a\
$(touch pwned)
`touch pwned`
x" ; touch pwned ; "y
??/ ??) trigraphs
; touch pwned #
--help
\x41\0\n
"; system("touch pwned"); "'

number=0
printf '%s\n' "$hostile" | while IFS= read -r text; do
	number=$((number + 1))
	string=$(printf '%s' "$text" | tr -d '"') # the language's text has no quotes in it
	cat >"text$number.nn" <<-END
		# $text
		model A { # $text
		  input  x: [2]    # $text
		  target r: real # $text
		  y = x -> Dense(1) # $text
		  loss = mse(y, r) # $text
		  output y # $text
		}
		train A {
		  data { x = csv("$string", columns=["$string", "b"])
		         r = csv("$string", columns=[0]) / 3 }
		  optimizer = SGD # $text
		}
		# $text
	END
	mkdir -p "in $number"
	file=$(printf '%s' "$text" | tr '/' '_').nn # a file's name has no slash: the folder's may end before it
	cp "text$number.nn" "in $number/$file"
	case $text in ?*/*) mkdir -p "in $number/${text%%/*}" && cp "text$number.nn" "in $number/${text%%/*}/a.nn" && printf '%s\n' "in $number/${text%%/*}/a.nn" ;; esac
	printf '%s\n' "text$number.nn" "in $number/$file"
done >list

number=0
while IFS= read -r file; do
	number=$((number + 1))
	rm -rf out
	"$nnc" emit "$file" -o out >"$said" 2>&1
	ok $? "paths: nnc emit $file"
	for cc in $compilers; do
		without_warnings out "$cc" -fsyntax-only
		ok $? "paths: $file without a warning, $cc"
	done
done <list

# the trainers: of a text with everything, under a name with everything
everything='$(touch pwned) %s x"y `touch pwned` ; touch pwned'
mkdir -p "$everything"
{
	echo 'model A { input x: [2]; target r: real; y = x -> Dense(1); loss = mse(y, r); output y }'
	echo 'train A {'
	echo '  data { x = csv("*/ $(touch pwned) %s%n.csv", columns=["%n", "`touch pwned`"])'
	echo '         r = csv("*/ $(touch pwned) %s%n.csv", columns=[0]) }'
	echo '  optimizer = SGD'
	echo '}'
} >"$everything/$everything.nn"
"$nnc" build "$everything/$everything.nn" -o "$everything/program" >"$said" 2>&1
ok $? "paths: nnc build of a file under such a name"
"$everything/program" info >"$said" 2>&1
ok $? "paths: its trainer runs info"
"$everything/program" train --epochs 1 >"$said" 2>&1 && echo 'it trained without data' >>"$said" && ok 1 "paths: its trainer has no data"
"$nnc" build "text1.nn" -o 'program $(touch pwned) %s "' >"$said" 2>&1 && './program $(touch pwned) %s "' info >"$said" 2>&1
ok $? "paths: a trainer under such a name runs info"
"$nnc" check "text1.nn" -D '$(touch pwned)=1' >"$said" 2>&1
"$nnc" build "text1.nn" -o x --cc '$(touch pwned)' >"$said" 2>&1
"$nnc" build "text1.nn" -o x --target 'native -o pwned' >"$said" 2>&1
"$nnc" build "text1.nn" -o x --target '$(touch pwned)' >"$said" 2>&1
find "$work" -name pwned >"$said"
! [ -s "$said" ] && ! [ -e "$root/pwned" ]
ok $? "paths: nothing was run"

cd "$root" || exit 1
said=/dev/null
rm -rf "$work"
counts
