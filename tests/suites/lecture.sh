# The lecture with drawn digits and few epochs (make lecture-quick): every step runs, what is mathematics is the same as on the pages, and the
# convolution is the one that is computed by hand in docs/lecture/convolution.md.
. tests/say.sh
begin lecture
trainers "$PWD/tests/torch/cc"
work=$BUILD/lecture/quick

${MAKE:-make} -s digits || exit 1
rm -rf "$work"

for step in nodes recursions plane classes optimizers regularization depth denoising convolution autoencoder pca; do
	docs/lecture/run quick $step
	ok $? "$step"
done

# what stands on a page between `made` and `end`, without the marks of code
on_page() { # page, name
	awk -v begin="<!-- made: $2 -->" '$0 == begin { on = 1; next } $0 == "<!-- end -->" { on = 0 } on && $0 != "```"' "docs/lecture/$1.md"
}

on_page recursions recursions.txt | cmp -s - "$work/recursions.txt"
ok $? "the recursions on the page"
on_page nodes prelu.txt | cmp -s - "$work/prelu.txt"
ok $? "the gradient of a slope on the page"

# the slide, line by line
while read -r line; do
	grep -qxF "$line" "$work/recursions.txt"
	ok $? "the slide's $line"
done <<'END_OF_SLIDE'
x1[j] = tanh(n1[j])
dn3[j] = (1 - x3[j]^2) * (x3[j] - t[j])
dn2[j] = (sum(j2) dn3[j2] * W3[j2,j]) * (1 - x2[j]^2)
dn1[j] = (sum(j2) dn2[j2] * W2[j2,j]) * (1 - x1[j]^2)
dW2[j,i] = mean(batch) dn2[j] * x1[i]
db3[j] = mean(batch) dn3[j]
END_OF_SLIDE

# 1..16 under a 3 x 3 filter of ones: inside, with stride 2 and a border; the largest of windows of 2 x 2
case $(cat "$work/convolution.txt") in
54,63,90,99,14,30,57,99,6,8,14,16,14,24,30,22,*) ok 0 ;;
*) ok 1 "the convolution: $(cat "$work/convolution.txt")" ;;
esac

# behind sigmoids the gradient of the first of 50 layers is far below that of the last, and skip connections keep it
ratio() { # table
	awk -F, 'NR == 2 { first = $2 } END { print (first < 1e-20 * $2) }' "$work/$1.csv"
}
[ "$(ratio depth-48-false-sigmoid)" = 1 ] && [ "$(ratio depth-48-true-sigmoid)" = 0 ]
ok $? "gradients that vanish"

# a network separates what softmax regression cannot
accuracy() { # row of a table
	sed -n "$1p" "$work/classes.rows" | sed 's/.*| \([0-9.]*\) % |/\1/'
}
awk -v simple="$(accuracy 1)" -v deep="$(accuracy 2)" 'BEGIN { exit !(deep > simple + 10) }'
ok $? "a deep network against softmax regression"

for picture in "$work"/pictures/*.svg; do
	python3 -c 'import sys, xml.etree.ElementTree as x; x.parse(sys.argv[1])' "$picture"
	ok $? "$picture"
done

# the search on MNIST, in the small: goes on where it was stopped, and its table
runs=$BUILD/tests/lecture.runs
rm -f "$runs"
cat >"$runs" <<'RUNS'
search relu-512x3-plain 20 SGD 1e-1 128 0 11 98.40 - 1
search relu-512x3-plain 20 SGD 3e-2 128 0 9 97.88 - 1
search relu-512x3-plain 20 Adam 1e-3 128 0 9 98.20 - 1
test relu-512x3-plain 20 SGD 1e-1 128 1 9 98.20 1.60 1
test relu-512x3-plain 20 SGD 1e-1 128 2 9 98.20 1.60 1
RUNS
RUNS=$runs docs/lecture/mnist_table | grep -q '^| relu-512x3-plain | 1.5 % | not measured'
ok $? "a cell with two seeds is not measured"
SCALE=20 JOBS=2 MNIST=examples/digits RUNS=$runs docs/lecture/mnist relu-512x3-plain >/dev/null && [ "$(wc -l <"$runs")" = 6 ] && grep -q '^test relu-512x3-plain 20 SGD 1e-1 128 3 ' "$runs"
ok $? "the search goes on with the third seed of the best setting"
RUNS=$runs docs/lecture/mnist_table | grep -q '^| relu-512x3-plain | 1.5 % | \*\*1.60 %\*\*'
ok $? "the median of three seeds"
! said=$(RUNS=$runs docs/lecture/mnist relu-512x33 2>&1) && [ "$said" = "relu-512x33 is no cell of docs/lecture/mnist.cells" ]
ok $? "a cell that is none"

counts
