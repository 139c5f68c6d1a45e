# The commands test and predict: the same row gives the same bits however it comes, tables come as streams, classes have names, and the
# figures of classes are those that Python counts.
. tests/say.sh
begin predict
trainers
data=$PWD/examples

cd "$work" || exit 1

# ---- 1,000 rows, in batches of any size and one by one ---------------------------------------------------------------------------------------

awk 'BEGIN { srand(1); for (i = 0; i < 1000; i++) print 2 * rand() - 1 "," 2 * rand() - 1 }' >rows.csv
for real in f32 f64; do
	"$nnc" build "$data/spiral.nn" --real=$real -o spiral >said 2>&1 && ./spiral train --data "$data" --epochs 20 -q -o $real.w >>said 2>&1 &&
		./spiral predict rows.csv --weights $real.w >rows >>said 2>&1
	./spiral predict rows.csv --weights $real.w >rows 2>said && [ "$(wc -l <rows)" = 1001 ]
	ok $? "$real: 1,000 rows"
	for batch in 1 7 64 1000; do
		./spiral predict rows.csv --weights $real.w --batch_size $batch --threads $((batch % 2 + 1)) 2>said | cmp - rows >>said 2>&1
		ok $? "$real: in batches of $batch"
		./spiral predict - --weights $real.w --batch_size $batch <rows.csv 2>said | cmp - rows >>said 2>&1
		ok $? "$real: in batches of $batch from standard input"
	done
	while read -r row; do
		echo "$row" | ./spiral predict - --weights $real.w | tail -n 1
	done <rows.csv >alone 2>said
	tail -n +2 rows | cmp - alone >>said 2>&1
	ok $? "$real: each row by a program of its own"
	while read -r row; do # a row a write: the pipe has one at a time, or a few
		echo "$row"
	done <rows.csv | ./spiral predict - --weights $real.w 2>said | cmp - rows >>said 2>&1
	ok $? "$real: a row at a time"
	./spiral predict rows.csv --weights $real.w -o rows.npy >said 2>&1 && python3 - >>said 2>&1 <<'X'
import ast, struct
data = open("rows.npy", "rb").read()
header = ast.literal_eval(data[10:10 + struct.unpack("<H", data[8:10])[0]].decode())
size = int(header["descr"][2])
values = struct.unpack(f"<3000{'f' if size == 4 else 'd'}", data[10 + struct.unpack("<H", data[8:10])[0]:])
rows = [float(v) for line in open("rows").read().split()[1:] for v in line.split(",")]
assert header["shape"] == (1000, 3), header
assert all(v == struct.unpack("f", struct.pack("f", r))[0] if size == 4 else v == r for v, r in zip(values, rows))
X
	ok $? "$real: the same numbers as .npy"
done

# ---- streams -----------------------------------------------------------------------------------------------------------------------------------

# a row is answered before the next one is there
python3 - >said 2>&1 <<'X'
import subprocess, select
p = subprocess.Popen(["./spiral", "predict", "-", "--weights", "f64.w"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
def answer():
    assert select.select([p.stdout], [], [], 20)[0], "no answer"
    return p.stdout.readline()
rows = open("rows").read().splitlines()
for k, row in enumerate(open("rows.csv").read().splitlines()[:20]):
    p.stdin.write((row + "\n").encode())
    p.stdin.flush()
    if k == 0:
        assert answer().decode().strip() == rows[0]
    assert answer().decode().strip() == rows[k + 1]
p.stdin.close()
assert p.stdout.read() == b"" and p.wait() == 0
X
ok $? "a row is answered before the next one comes"

tail -n +2 rows | head -n 3 >three
head -n 3 rows.csv >plain
comes() { # WHAT COMMAND...: prints a table on standard output
	what=$1
	shift
	"$@" | ./spiral predict - --weights f64.w 2>said | tail -n +2 | cmp - three >>said 2>&1
	ok $? "$what"
	"$@" >file.csv
	./spiral predict file.csv --weights f64.w 2>said | tail -n +2 | cmp - three >>said 2>&1
	ok $? "$what, from a file"
}
comes 'a header' sh -c 'echo x,y; cat plain'
comes 'a header and a pause' sh -c 'echo x,y; sleep 0.2; cat plain'
comes 'no end of line at the end' sh -c 'printf %s "$(cat plain)"'
comes 'blank lines at the end' sh -c 'cat plain; sleep 0.2; printf "\n \n\n"'
comes 'CR LF' sed 's/$/\r/' plain
comes 'CR alone' sh -c 'tr "\n" "\r" <plain'
comes 'semicolons' sed 's/,/;/' plain
comes 'quotes' sed 's/\(.*\),\(.*\)/"\1" , "\2"/' plain
comes 'quotes over lines in the header' sh -c 'printf "\"x\nfirst\",y\n"; cat plain'
comes 'a mark of UTF-8' sh -c 'printf "\357\273\277"; cat plain'
comes 'gzip' gzip -c plain
comes 'a line in two pieces' sh -c 'head -c 5 plain; sleep 0.2; tail -c +6 plain'
wrong() { # STATUS TEXT COMMAND...: is refused, with rows before it or without
	text=$1
	shift
	"$@" | ./spiral predict - --weights f64.w >out 2>said
	[ $? = 1 ] && says "standard input:$text"
	ok $? "$text"
}
wrong '1001: column 1 is "x"' sh -c 'head -n 1000 rows.csv; echo 1,x'
wrong '3: 3 fields, but line 1 has 2' sh -c 'head -n 2 rows.csv; sleep 0.2; echo 1,2,3'
wrong '3: is blank' sh -c 'head -n 2 rows.csv; echo; sleep 0.2; echo 1,2'
wrong '2: is blank' sh -c "printf '1,2\r\r\n'; sleep 0.2; echo 1,2"
wrong ' is empty' true
wrong ' holds a header and no records' echo x,y
wrong ' holds a header and no records' echo '1;5,4' # no number where the comma separates
wrong '2: a quote is never closed' sh -c 'head -n 1 rows.csv; echo "\"1,2"'
for zero in '1,\0002' '1,2\000' '\0001,2' '1,"\000"' '1,2,\000'; do # with row 1, or after it
	wrong '2: holds a zero byte' sh -c "printf '1,2\n$zero\n'"
	wrong '2: holds a zero byte' sh -c "printf '1,2\n'; sleep 0.1; printf '$zero\n'"
done
head -n 700 rows.csv >bad.csv
echo 1,nan >>bad.csv
./spiral predict bad.csv --weights f64.w -o none.csv >said 2>&1
[ $? = 1 ] && says 'bad.csv:701: column 1 is nan, but data must be finite' && ! [ -e none.csv ] && [ -z "$(ls | grep tmp)" ]
ok $? "no file where a row is wrong"
yes 0.5,-0.5 | ./spiral predict - --weights f64.w 2>said | head -n 200001 | sort | uniq -c | sort -n >counts
[ "$(awk '{ print $1 }' counts | tr '\n' ' ')" = '1 200000 ' ]
ok $? "a table without an end, until nobody reads any more"

# ---- the data of the file --------------------------------------------------------------------------------------------------------------------------

tail -n +2 "$data/spiral.csv" | cut -d, -f1,2 >points.csv
./spiral predict points.csv --weights f64.w --classes numbers >points 2>said && ./spiral predict --part data --data "$data" --weights f64.w --classes numbers 2>>said | cmp - points >>said 2>&1
ok $? "--part data"
cat >pixels.nn <<'X'
model Pixels {
  input  x: [4]
  target t: 0..2
  y = x -> Dense(3)
  loss = cross_entropy(y, t)
  output p = softmax(y)
}
train Pixels {
  data { x = idx("images")[0..19] / 255; t = idx("classes")[0..19] }
  test { x = idx("images")[20..29] / 255; t = idx("classes")[20..29] }
  optimizer = SGD(lr=0.5)
}
X
python3 - >said 2>&1 <<'X'
import random
random.seed(5)
x = [bytes(random.randrange(256) for _ in range(4)) for _ in range(30)]
open("images", "wb").write(b"\0\0\x08\2" + (30).to_bytes(4, "big") + (4).to_bytes(4, "big") + b"".join(x))
open("classes", "wb").write(b"\0\0\x08\1" + (30).to_bytes(4, "big") + bytes(k % 3 for k in range(30)))
open("pixels.csv", "w").write("".join(",".join(repr(v / 255) for v in row) + "\n" for row in x[20:]))
X
"$nnc" build pixels.nn -o pixels >>said 2>&1 && ./pixels train -q -o px.w >>said 2>&1 && ./pixels predict pixels.csv --weights px.w >pixels.out 2>>said && ./pixels predict --part test --weights px.w -o part.csv >>said 2>&1 &&
	cmp part.csv pixels.out >>said 2>&1 && ./pixels predict --part=test --weights px.w --batch_size 3 2>>said | cmp - pixels.out >>said 2>&1
ok $? "--part test: IDX, with the arithmetic of the file"
./pixels predict --part validation --weights px.w >said 2>&1
[ $? = 1 ] && says 'pixels.nn has no group `validation`'
ok $? "a group that is not there"
./pixels predict --part tset --weights px.w >said 2>&1
[ $? = 1 ] && says "not 'tset'" 'write test'
ok $? "a group that nothing is called"
./pixels predict pixels.csv --part test --weights px.w >said 2>&1
[ $? = 2 ] && says 'not both'
ok $? "a file and a group"

# ---- classes -----------------------------------------------------------------------------------------------------------------------------------

./spiral test --data "$data" --weights f64.w --json >test.json 2>said
ok $? "test --json"
tail -n +2 "$data/spiral.csv" | cut -d, -f1,2 >points.csv
./spiral predict points.csv --weights f64.w --classes 'one,"two",th ree' >named.csv 2>said && ./spiral predict points.csv --weights f64.w --classes numbers >numbers.csv 2>>said
ok $? "predict --classes"
python3 - "$data/spiral.csv" >said 2>&1 <<'X'
import csv, json, sys
true = [int(line.split(",")[2]) for line in open(sys.argv[1]).read().split()[1:]]
named, numbers = list(csv.reader(open("named.csv"))), list(csv.reader(open("numbers.csv")))
assert named[0] == numbers[0] == ["p[0]", "p[1]", "p[2]", "t"]
said = []
for a, b in zip(named[1:], numbers[1:]):
    p = [float(v) for v in a[:3]]
    said.append(p.index(max(p)))
    assert a[3] == ["one", '"two"', "th ree"][said[-1]] and b[3] == str(said[-1]), (a, b)
counts = [[sum(t == i and s == j for t, s in zip(true, said)) for j in range(3)] for i in range(3)]
test = json.load(open("test.json"))
assert test["confusion"] == counts and sum(map(sum, counts)) == 450, counts
assert abs(test["acc"] - sum(counts[k][k] for k in range(3)) / 450) < 1e-12
for k, c in enumerate(test["classes"]):
    right, records, claimed = counts[k][k], sum(counts[k]), sum(row[k] for row in counts)
    assert c["class"] == str(k) and c["records"] == records
    assert abs(c["recall"] - right / records) < 1e-12 and abs(c["precision"] - right / claimed) < 1e-12
    assert abs(c["f1"] - 2 * right / (records + claimed)) < 1e-12
X
ok $? "the table of classes is what Python counts"
./spiral test --data "$data" --weights f64.w --classes one,two,three >said 2>&1 && says 'precision' 'is\said' 'three'
ok $? "test prints the table"
printf 'red\ngreen\nblue\n' >names && ./spiral predict rows.csv --weights f64.w --classes names 2>said | tail -n +2 | cut -d, -f4 | sort -u | tr '\n' ' ' >got
[ "$(cat got)" = 'blue green red ' ]
ok $? "names from a file"
./spiral predict rows.csv --weights f64.w --classes one,two >said 2>&1
[ $? = 1 ] && says "--classes has 2 names, but 't' has the 3 classes 0..2"
ok $? "a name too few"
./spiral predict rows.csv --weights f64.w --classes numbers -o x.npy >said 2>&1
[ $? = 1 ] && says '--classes needs a CSV'
ok $? "no names in .npy"
# two classes by one number
"$nnc" build "$data/logistic.nn" -o logistic >said 2>&1 && ./logistic train --data "$data" --epochs 20 -q -o l.w >>said 2>&1 &&
	./logistic predict rows.csv --weights l.w --classes no,yes 2>>said >out && awk -F, 'NR > 1 && ($1 > 0.5) != ($2 == "yes") { exit 1 }' out
ok $? "two classes by one number"

cd "$root" || exit 1
counts
