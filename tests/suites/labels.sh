# Words as classes, from a table to a trained network: `train` numbers them, keeps them with the weights and the run, `test` and `predict` say them, a run
# goes on with them, to the same bits, and other data and other tools read them.
. tests/say.sh
begin labels
trainers

cd "$work" || exit 1

# three clouds of points, their names in no order, one of them with a comma and quotes, one beyond ASCII
flowers() { # seed, records
	awk -v seed="$1" -v n="$2" 'BEGIN {
		srand(seed)
		split("versicolor;\"Iris, \"\"blue\"\"\";virg\303\255nica", name, ";")
		print "length,width,species,petal"
		for (i = 0; i < n; i++) {
			k = int(3 * rand())
			printf "%.2f,%.2f,%s,%.2f\n", 4 + k + rand(), 3 - k + rand(), name[k + 1], 2 * k + rand()
		}
	}'
}
flowers 1 150 >flowers.csv
flowers 2 40 >others.csv
cat >flowers.nn <<'END'
model Flowers {
  input  x: [3]
  target t: 0..2
  y = x -> Dense(8) -> tanh -> Dense(3)
  loss = cross_entropy(y, t)
  output p = softmax(y)
  metric acc = accuracy(y, t)
}
train Flowers {
  data {
    x = csv("flowers.csv", columns=["length", "width", "petal"])
    t = csv("flowers.csv", columns=["species"])
  }
  test {
    x = csv("others.csv", columns=["length", "width", "petal"])
    t = csv("others.csv", columns=["species"])
  }
  validation = 0.2
  optimizer  = Adam(lr=0.02)
  epochs     = 40
}
END
"$nnc" build flowers.nn -o flowers >said 2>&1 && ./flowers train --out run >said 2>&1 && says 't: 3 labels, "Iris, "blue"", "versicolor", "virg'
ok $? "training on words"
./flowers test --weights run >said 2>&1 && says '100.00 %' 'versicolor' 'Iris, "blue"' "$(printf 'virg\303\255nica   ')"
ok $? "test says the words"
./flowers test --weights run --json >test.json 2>said
ok $? "test --json"
awk -F, 'NR > 1 { print $1 "," $2 "," $NF }' others.csv >rows.csv
./flowers predict rows.csv --weights run >predicted.csv 2>said
ok $? "predict"
python3 - >said 2>&1 <<'X'
import csv, json
true = [row["species"] for row in csv.DictReader(open("others.csv", encoding="utf-8"))]
said = list(csv.DictReader(open("predicted.csv", encoding="utf-8")))
names = sorted(set(true))
assert [row["t"] for row in said] == true, "every word is right"
for row in said:
    p = [float(row[f"p[{k}]"]) for k in range(3)]
    assert names[p.index(max(p))] == row["t"]
test = json.load(open("test.json", encoding="utf-8"))
assert [c["class"] for c in test["classes"]] == names and [c["records"] for c in test["classes"]] == [true.count(n) for n in names]
for name in "best", "last", "checkpoint":
    data = open(f"run/{name}.safetensors", "rb").read()
    header = json.loads(data[8:8 + int.from_bytes(data[:8], "little")])
    assert json.loads(header["__metadata__"]["labels"]) == {"t": names}, name
X
ok $? "the words are those of Python's csv, and in every file of weights"
./flowers predict rows.csv --weights run --classes numbers 2>said | tail -n +2 | cut -d, -f4 | sort -u | tr '\n' ' ' >got && [ "$(cat got)" = '0 1 2 ' ]
ok $? "numbers where they are asked for"
./flowers predict rows.csv --weights run -o p.npy >said 2>&1
ok $? "no column of words in an array"

# the same data with numbers give the same weights
awk -F, -v OFS=, 'NR == 1 { print; next } /blue/ { print $1, $2, 0, $NF; next } { print $1, $2, $3 == "versicolor" ? 1 : 2, $4 }' flowers.csv >numbers.csv
sed 's/flowers.csv/numbers.csv/; /^  test {/,/^  }/d' flowers.nn >numbers.nn
sed '/^  test {/,/^  }/d' flowers.nn >words.nn
"$nnc" build numbers.nn -o numbers >said 2>&1 && ./numbers train -q -o n.w >said 2>&1 && "$nnc" build words.nn -o words >>said 2>&1 && ./words train -q -o w.w >>said 2>&1 &&
	python3 - >>said 2>&1 <<'X'
def values(name):
    data = open(name, "rb").read()
    return data[8 + int.from_bytes(data[:8], "little"):]
assert values("n.w") == values("w.w")
X
ok $? "the same weights as with numbers"

# in any order of the records, and without a header, the numbers are the same
(head -n 1 flowers.csv; tail -n +2 flowers.csv | sort -r) >sorted.csv
sed 's/flowers.csv/sorted.csv/; s/^  test {/  validation {/; s/^  validation = .*//' flowers.nn >sorted.nn
"$nnc" build sorted.nn -o sorted >said 2>&1 && ./sorted train -q -o s.w >said 2>&1 && ./flowers test --weights s.w >said 2>&1 && says '100.00 %'
ok $? "records in another order"
tail -n +2 flowers.csv >bare.csv
sed 's/flowers.csv/bare.csv/; s/"length", "width", "petal"/0, 1, 3/; s/"species"/2/; /^  test {/,/^  }/d' flowers.nn >bare.nn
"$nnc" build bare.nn -o bare >said 2>&1 && ./bare train -q -o b.w >said 2>&1 && cmp b.w w.w >>said
ok $? "without a header"

# interrupted and gone on with; trained further on a part of the classes
./flowers train --out half --epochs 13 -q >said 2>&1 && ./flowers train --resume half --epochs 40 -q >said 2>&1 &&
	(cd half && sha256sum -- *.safetensors metrics.jsonl) >half.sums && (cd run && sha256sum -c) <half.sums >said 2>&1
ok $? "gone on with to the same bits"
sed 's/versicolor/Versicolor/' flowers.csv >renamed.csv
mkdir other && cp renamed.csv other/flowers.csv && sed 's/versicolor/Versicolor/' others.csv >other/others.csv
./flowers train --resume half --data other --epochs 50 >said 2>&1
[ $? = 1 ] && says 'the data are not those'
ok $? "words that are called otherwise are other data"
mkdir part && grep -v blue flowers.csv >part/flowers.csv && cp others.csv part
./flowers train --data part --weights run --epochs 1 -q --out p.w >said 2>&1 && ./flowers test --weights p.w >said 2>&1 && says '100.00 %'
ok $? "words that the weights know keep their numbers"
sed '5s/.*/1,2,versicolour,3/' others.csv >part/others.csv
./flowers test --weights run --data part >said 2>&1
[ $? = 1 ] && says 'part/others.csv:5: column 2 is "versicolour", which is no class of' 'the nearest is "versicolor"'
ok $? "a word that the model does not know"
sed '9s/.*/1,2,rose,3/' flowers.csv >part/flowers.csv
./flowers train --data part >said 2>&1
[ $? = 1 ] && says 'label number 4, but' '3 classes, 0..2 (flowers.nn:3)' 'the labels before it are'
ok $? "more words than classes"

# a word as input: predict takes it, too
cat >fruit.nn <<'END'
model Fruit {
  input  kind: 0..2
  input  x: real
  target y: real
  param table: [3] = 0
  loss = (table[kind] * x - y)^2
  output p = table[kind] * x
}
train Fruit {
  data {
    kind = csv("fruit.csv", columns=["kind"])
    x    = csv("fruit.csv", columns=["weight"])
    y    = csv("fruit.csv", columns=["price"])
  }
  optimizer = SGD(lr=0.05)
  epochs    = 300
}
END
printf 'kind,weight,price\npear,1,3\napple,1,2\nfig,1,5\napple,2,4\n' >fruit.csv
"$nnc" build fruit.nn -o fruit >said 2>&1 && ./fruit train -q -o f.w >>said 2>&1 && printf 'pear,2\nfig,1\n' | ./fruit predict - --weights f.w >got 2>>said &&
	awk 'NR == 2 && ($1 < 5.9 || $1 > 6.1) || NR == 3 && ($1 < 4.9 || $1 > 5.1) { exit 1 }' got
ok $? "words as inputs"
printf 'pear,2\nfigg,1\n' | ./fruit predict - --weights f.w >got 2>said
[ $? = 1 ] && says 'standard input:2: column 0 is "figg", which is no class of' 'the nearest is "fig"'
ok $? "an unknown word as input"

cd "$root" || exit 1
counts
