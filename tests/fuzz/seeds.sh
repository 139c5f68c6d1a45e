#!/bin/sh
# What the fuzzers start from:  seeds.sh FOLDER        makes FOLDER/compile and FOLDER/readers
#
# compile: the .nn files of the project, but those that take long to compile.  readers: a small file for each reader, behind two bytes that fuzz_readers.c takes as the reader and
# its options.
out=$1
mkdir -p "$out/compile" "$out/readers"

for file in examples/*.nn tests/golden/*.nn tests/golden/errors/*.nn tests/data/wrong/*.nn tests/compare/models/*.nn compiler/prelude.nn; do
	case $file in *residual* | *transformer* | *convnet*) continue ;; esac
	cp "$file" "$out/compile/$(echo "$file" | tr / _)"
done

# files that import another: its text stands behind a zero byte
together() { # file, imported
	{ cat "$1" && printf '\000' && cat "$2"; } >"$out/compile/$(echo "$1 $2" | tr '/ ' __)"
}
together examples/denoising.nn examples/autoencoder.nn
together tests/golden/import.nn tests/golden/lib/blocks.nn
together tests/golden/import_clash.nn tests/golden/lib/scale.nn
together tests/golden/import_chain.nn tests/golden/lib/blocks.nn
together tests/compare/models/several.nn tests/compare/models/lib/parts.nn

seed() { # name; the bytes from stdin
	cat >"$out/readers/$1"
}

for options in '\000' '\001' '\002' '\004' '\010' '\030' '\037'; do
	name=$(printf "$options" | od -An -tu1 | tr -d ' ')
	{ printf '\000%b' "$options" && printf 'x,y,class\n0.5,-1e3,1\n"0.25",2,0\n,3,9\n'; } | seed csv-header-$name
	{ printf '\000%b' "$options" && printf '1,2\r\n3,4\r\n5,6'; } | seed csv-$name
	{ printf '\001%b' "$options" && printf '\000\000\010\002\000\000\000\003\000\000\000\002abcdef'; } | seed idx-$name
	{ printf '\001%b' "$options" && printf '\000\000\010\001\000\000\000\003\000\001\002'; } | seed idx-one-$name
	{ printf '\001%b' "$options" && printf '\000\000\015\001\000\000\000\001\077\200\000\000'; } | seed idx-float-$name
	for type in '<f4' '>f8' '|u1' '<i4'; do
		{
			printf '\002%b' "$options"
			printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '$type', 'fortran_order': False, 'shape': (2, 2), }"
			printf '\000\000\000\077\000\000\200\276\000\000\200\277\000\000\000\100\000\000\000\077\000\000\200\276\000\000\200\277\000\000\000\100'
		} | seed "npy-$(echo "$type" | tr -d '<>|')-$name"
	done
done
{
	printf '\003\000'
	printf '\173\000\000\000\000\000\000\000'
	printf '%-123s' '{"a.W":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F64","shape":[],"data_offsets":[8,16]}}'
	printf '\000\000\000\077\000\000\200\276\000\000\200\277\000\000\000\100'
} | seed safetensors
