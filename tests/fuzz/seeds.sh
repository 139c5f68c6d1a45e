#!/bin/sh
# What the fuzzers start from:  seeds.sh FOLDER        makes FOLDER/compile and FOLDER/readers
#
# compile: the .nn files of the project, but those that take long to compile, and the wrong ones of tests/syntax.  readers: a small file for each reader, behind two bytes that fuzz_readers.c takes as the reader and
# its options.
out=$1
mkdir -p "$out/compile" "$out/readers"

for file in examples/*.nn tests/golden/*.nn tests/golden/errors/*.nn tests/data/wrong/*.nn tests/compare/models/*.nn compiler/prelude.nn; do
	case $file in *residual* | *transformer* | *convnet*) continue ;; esac
	cp "$file" "$out/compile/$(echo "$file" | tr / _)"
done

# what people are used to from elsewhere, each a few lines that are answered at once
awk -v out="$out/compile/habit" '/^=== / { close(file); file = sprintf("%s%03d.nn", out, ++n); next } { print >file }' tests/syntax/habits.txt

# files that import another: its text stands behind a zero byte
together() { # file, imported
	{ cat "$1" && printf '\000' && cat "$2"; } >"$out/compile/$(echo "$1 $2" | tr '/ ' __)"
}
together examples/denoising.nn examples/autoencoder.nn
together tests/golden/import.nn tests/golden/lib/blocks.nn
together tests/golden/import_clash.nn tests/golden/lib/scale.nn
together tests/golden/import_chain.nn tests/golden/lib/blocks.nn
together tests/compare/models/several.nn tests/compare/models/lib/parts.nn

# readers: csv idx npy text cifar10 safetensors rows settings npz weights metrics names, and 12 for each of `more` in fuzz_readers.c; options: input x, t, s or i, arithmetic 4,
# a slice 8, columns from the second 16, columns 32, labels 64
seed() { # reader, options, name; the bytes from $out/bytes
	printf "\\$(printf %03o "$1")\\$(printf %03o "$2")" | cat - "$out/bytes" >"$out/readers/$3-$1-$2"
}
npy() { # type, Fortran order, shape; the values from stdin
	printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '$1', 'fortran_order': $2, 'shape': $3, }" | cat - "$out/values" >"$out/bytes"
}
values() { printf "$1" >"$out/values"; }

for options in 0 1 2 5 8 12 32 49; do
	printf 'x,y,class\n0.5,-1e3,1\n"0.25",2,0\n,3,9\n' >"$out/bytes"
	seed 0 $options csv-header
	printf '1,2\r\n3,4\r\n5,6' >"$out/bytes"
	seed 0 $options csv
	printf '\000\000\010\002\000\000\000\003\000\000\000\002abcdef' >"$out/bytes"
	seed 1 $options idx
	printf '\000\000\010\001\000\000\000\003\000\001\002' >"$out/bytes"
	seed 1 $options idx-classes
	printf '\000\000\015\001\000\000\000\001\077\200\000\000' >"$out/bytes"
	seed 1 $options idx-float
	values '\000\000\000\077\000\000\200\276\000\000\200\277\000\000\000\100'
	npy '<f4' False '(2, 2)' && seed 2 $options npy-f4
	npy '<i4' False '(2, 2)' && seed 2 $options npy-i4
	npy '>f4' True '(2, 2)' && seed 2 $options npy-fortran
	npy '<f8' False '(1, 2)' && seed 2 $options npy-f8
	npy '<f8' False '(1, 2)' && seed 14 $options npy-f8
	values '\001\002\003\004'
	npy '|u1' False '(2, 2)' && seed 2 $options npy-u1
	npy '|i1' False '(4,)' && seed 2 $options npy-i1
	printf 'a text\nof two lines' >"$out/bytes"
	seed 3 $options text
done
printf 'x,y\na,b\n"c, ""d""",a\nNA,1\n' >"$out/bytes"
seed 0 97 csv-labels
printf '1,b\n2,a\n' >"$out/bytes"
seed 0 113 csv-labels
printf 'ant,1\nbee,2\ncow,3\n' >"$out/bytes"
seed 192 81 csv-known
printf '%d\n' -3 -2 -1 0 1 2 3 4 5 6 7 8 9 9 9 | sed 's/^/class /; s/-/less /' >"$out/bytes"
seed 0 81 csv-classes
printf '"x",y,t\n1,2,ant\n3,4,bee\n' >"$out/bytes"
for more in 4 5 20; do
	seed $((12 * more)) 96 csv-together
done
values '\141\000\000\000\142\000\000\000\143\000\000\000\000\000\000\000' # ab c
npy '<U2' False '(2,)' && seed 2 65 npy-texts
npy '|S8' True '(2, 1)' && seed 2 65 npy-bytes
values '\001\000\002\000\003\000\004\000\005\000\006\000\007\000\010\000\011\000'
npy '<u2' False '(9,)' && seed 2 2 npy-run
npy '<u2' False '(1, 3, 3)' && seed 98 0 npy-image && seed 98 4 npy-image
npy '|u1' False '(18,)' && seed 98 1 npy-run
npy '|u1' False '(9, 2)' && seed 98 1 npy-whole
npy '|u1' False '(2, 3, 3)' && seed 98 0 npy-images && seed 98 4 npy-images
{ printf '\005' && head -c 3072 /dev/zero && printf '\007' && head -c 3072 /dev/zero; } >"$out/bytes"
seed 4 0 cifar
seed 4 1 cifar
seed 4 3 cifar
{
	printf '\173\000\000\000\000\000\000\000'
	printf '%-123s' '{"a.W":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F64","shape":[],"data_offsets":[8,16]}}'
	printf '\000\000\000\077\000\000\200\276\000\000\200\277\000\000\000\100'
} >"$out/bytes"
seed 5 0 safetensors
printf 'a,b\n1,2\n3,4\n' | gzip -c >"$out/bytes" 2>/dev/null && seed 0 0 csv-gz
rm -f "$out/bytes"
printf 'x,y\n0.5,-1e3\n"0.25",2\n,3\n' >"$out/bytes"
seed 6 0 rows-header
printf '1,2\r\n3,4\r\n5,6' >"$out/bytes"
seed 6 0 rows
printf '1;"2"\n3; 4\n\n \n' >"$out/bytes"
seed 6 0 rows-blank
printf '# comment\nepochs = 3\noptimizer.lr=0.1\n' >"$out/bytes"
seed 7 0 settings
# test_labels.npy, words, and test_images.npy, 2 x 2 bytes, deflated
base64 -d >"$out/bytes" <<'END'
UEsDBBQAAAAIAAAAIQCp/Oz3TwAAAJgAAAAPAAAAdGVzdF9sYWJlbHMubnB5m+wX6hsQychQxlCtnpJanFykbqWgbhNqpK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaxjqaOgq1ChQAri
QGCEiE0iB+MhADAFBLAwQUAAAACAAAACEAgl9Y60oAAACEAAAADwAAAHRlc3RfaW1hZ2VzLm5weZvsF+obEMnIUMZQrZ6SWpxcpG6loF5Taqiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5
GkY6CkaaOgq1CmQDLkYmZhYAUEsBAhQDFAAAAAgAAAAhAKn87PdPAAAAmAAAAA8AAAAAAAAAAAAAAIABAAAAAHRlc3RfbGFiZWxzLm5weVBLAQIUAxQAAAAIAAAAIQCCX1jrSgAAAIQAAAAPAAAAAA
AAAAAAAACAAXwAAAB0ZXN0X2ltYWdlcy5ucHlQSwUGAAAAAAIAAgB6AAAA8wAAAAAA
END
for options in 0 1 64 65; do
	seed 8 $options npz
done
# test_labels.npy, two bytes, deflated, all sizes in 64 bits
base64 -d >"$out/bytes" <<'END'
UEsDBC0AAAAIAAAAIQBiAmVf//////////8PABQAdGVzdF9sYWJlbHMubnB5AQAQAIIAAAAAAAAARgAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBeU2qorqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ck
FqQC+RpGOpo6CrUKFAAuRiYAUEsBAi0ALQAAAAgAAAAhAGICZV///////////w8AHAAAAAAAAAAAAAAA/////3Rlc3RfbGFiZWxzLm5weQEAGACCAAAAAAAAAEYAAAAAAAAAAAAAAAAAAABQSwYGLAAAAAAA
AAAtAC0AAAAAAAAAAAABAAAAAAAAAAEAAAAAAAAAWQAAAAAAAACHAAAAAAAAAFBLBgcAAAAA4AAAAAAAAAABAAAAUEsFBgAAAAD///////////////8AAA==
END
seed 8 0 npz64
# the tensors of the model there, in a file of weights and, with more, in a checkpoint
weights() { # the header, padded to 248 bytes; options
	{ printf '\370\000\000\000\000\000\000\000%-248s' "$1" && printf '\000\000\200\077\000\000\000\100\000\000\100\100\000\000\200\100\000\000\240\100'; } >"$out/bytes"
	seed 9 "$2" weights
}
weights '{"__metadata__":{"format":"nnc","labels":"{\"t\": [\"ant\", \"\uD83D\uDE00\"]}"},"a.W":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[],"data_offsets":[8,12]},"c":{"dtype":"F64","shape":[1],"data_offsets":[12,20]}}' 1
weights '{"__metadata__":{"kind":"checkpoint"},"a.W":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[],"data_offsets":[8,12]},"a.W.m/1":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}' 0
printf '{"epoch": 1, "loss": 0.5, "best": true, "val_loss": null}\n{"epoch": 2, "loss": 1e-3, "best": false, "val_loss": 2.5}\n' >"$out/bytes"
seed 10 0 metrics
printf 'zero\none\ntwo\r\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\ntwelve\n' >"$out/bytes"
seed 11 0 names
printf '1,2\n3,4\n' | gzip -c >"$out/bytes" 2>/dev/null && seed 6 1 rows-gz
printf '1,2\n3,4\n' >"$out/bytes" && seed 6 1 rows
rm -f "$out/bytes" "$out/values"
