# Every example: its derived gradient in f64 against finite differences, in a small size, and the parameters that it has in its own.
. tests/say.sh
begin examples
trainers "$PWD/tests/torch/cc"

# the options of nnc that make an example small
small() { # name
	case $1 in
	mnist_mlp) echo "-D units=19 -D lambda=1e-3 -D drop=0.25" ;;
	mnist_convnet) echo "-D filters=2 -D units=9" ;;
	autoencoder | denoising) echo "-D code=5 -D wide=12 -D middle=9" ;;
	convnet) echo "-D filters=2" ;;
	deep) echo "-D depth=20" ;;
	resnet) echo "-D n=1 -D width=2" ;;
	shapes) echo "-D units=9" ;;
	characters) echo "-D seen=3 -D new=5 -D d=4 -D units=9" ;;
	char_lstm) echo "-D T=5 -D units=7 -D d=4" ;;
	gpt) echo "-D vocab=13 -D T=7 -D d=8 -D heads=2" ;;
	custom) echo "-D size=16 -D units=3" ;;
	lecture/mnist_mlp) echo "-D units=19 -D lambda=1e-3 -D drop=0.25" ;;
	lecture/mnist_conv) echo "-D filters=2 -D units=9" ;;
	lecture/mnist_resnet) echo "-D n=1 -D width=2" ;;
	lecture/autoencoder) echo "-D code=5 -D wide=12 -D middle=9" ;;
	lecture/pca) echo "-D code=5" ;;
	lecture/depth) echo "-D depth=20 -D skip=true" ;;
	esac
}

differences() { # name; those that compute for long are optimised
	case $1 in
	*resnet) level=-O1 ;;
	*) level=-O0 ;;
	esac
	LEVEL=$level "$nnc" build "examples/$1.nn" $(small "$1") --real=f64 --cc="$PWD/tests/torch/cc" -o "$work/program" && timeout 100 "$work/program" gradcheck
}

list="$work/list"
for file in examples/*.nn examples/lecture/*.nn; do
	name=${file#examples/}
	if grep -q '^ *loss =' "$file"; then echo "${name%.nn}"; fi
done >"$list"

while read -r name; do
	if differences "$name" </dev/null >"$work/log" 2>&1; then
		pass
		echo "ok: $name, $(tail -n 1 "$work/log")"
	else
		fail "$name"
		tail -n 20 "$work/log"
	fi
done <"$list"

# known counts; the sizes of published networks by -D
while read -r name parameters defines; do
	counted=$("$nnc" shapes "examples/$name.nn" $defines | sed -n 's/^ *\([0-9]*\) parameters;.*/\1/p')
	[ "$counted" = "$parameters" ]
	ok $? "$name $defines has ${counted:-no} parameters instead of $parameters"
done <<'END'
mnist_mlp 932362 -D units=512
mnist_convnet 421642
convnet 94346
resnet 272474
resnet 1730714 -D n=18
char_lstm 936192 -D T=100 -D units=256
gpt 124439808 -D vocab=50257 -D T=1024 -D d=768 -D heads=12 -D layers=12
custom 726122
END

counts
