# The folder of a run: killed at random moments and gone on with, with every operation on files failing once, interrupted, with settings from
# a file.  KILLS=500 kills more often; `make kill` does.
. tests/say.sh
begin runs
trainers
data=$PWD/examples

cd "$work" || exit 1
cp "$data/spiral.csv" .

# ---- trainers: Adam with noise; running means, noise, a schedule, clipping, momentum; L-BFGS -----------------------------------------------

sed 's/Dense(hidden) -> relu/& -> Dropout(0.1)/' "$data/spiral.nn" >noisy.nn
cat >states.nn <<'X'
model States {
  input  x: [2]
  target t: 0..2
  y = x -> Dense(16) -> BatchNorm -> relu -> Dropout(0.2) -> Dense(3)
  loss = cross_entropy(y, t)
  output p = softmax(y)
  metric acc = accuracy(y, t)
}
train States {
  data { x = csv("spiral.csv", columns=[0, 1]); t = csv("spiral.csv", columns=[2]) }
  test { x = csv("spiral.csv", columns=[0, 1])[0..99]; t = csv("spiral.csv", columns=[2])[0..99] }
  optimizer  = SGD(lr=cosine(0.3, warmup=10), momentum=0.9)
  batch_size = 32
  epochs     = 4
  clip_norm  = 1
}
X
sed 's/^  optimizer .*/  optimizer = LBFGS(history=5)/' noisy.nn >lbfgs.nn
for name in noisy states lbfgs; do
	"$nnc" build $name.nn -o $name >said 2>&1
	ok $? "$name.nn builds"
done

# ---- what is in the folder -----------------------------------------------------------------------------------------------------------------

./noisy train --validation 0.2 --epochs 4 --out first >said 2>&1
ok $? "a run"
[ "$(ls first | tr '\n' ' ')" = 'best.safetensors checkpoint.safetensors last.safetensors metrics.jsonl run.json settings.txt timing.jsonl ' ] || ls first >>said
ok $? "its files"
python3 - >said 2>&1 <<'X'
import json
lines = [json.loads(line) for line in open("first/metrics.jsonl")]
assert [line["epoch"] for line in lines] == [1, 2, 3, 4] and lines[-1]["step"] == 48, lines
assert all(set(line) == {"epoch", "step", "loss", "acc", "val_loss", "val_acc", "best"} for line in lines)
best = min(lines, key=lambda line: line["val_loss"])
assert [line["epoch"] for line in lines if line["best"]][-1] == best["epoch"]
times = [json.loads(line) for line in open("first/timing.jsonl")]
assert times[0]["event"] == "start" and [t["epoch"] for t in times[1:]] == [1, 2, 3, 4] and all(t["seconds"] > 0 for t in times[1:])
about = json.load(open("first/run.json"))
assert about["command"][1:] == ["train", "--validation", "0.2", "--epochs", "4", "--out", "first"] and about["records"] == 360, about
X
ok $? "metrics.jsonl, timing.jsonl and run.json are JSON and say what they should"
./noisy train --validation 0.2 --epochs 4 -q -o same.safetensors >said 2>&1 && cmp same.safetensors first/best.safetensors >>said 2>&1
ok $? "the best weights are those of a training without a run"
./noisy test --weights first >one 2>said && ./noisy test --weights first/best.safetensors >two 2>>said && cmp one two >>said && ./noisy test --weights first/checkpoint.safetensors >said 2>&1
ok $? "the folder stands for its best weights, a checkpoint for its weights"
./noisy train --validation 0.2 --epochs 4 --json --out json >one 2>said && cmp one first/metrics.jsonl >>said
ok $? "--json prints the lines of metrics.jsonl"
./noisy metrics first >one 2>said && python3 - >>said 2>&1 <<'X'
import csv, json
rows = list(csv.DictReader(open("one")))
lines = [json.loads(line) for line in open("first/metrics.jsonl")]
assert len(rows) == 4 and all(float(row[name]) == float(line[name]) for row, line in zip(rows, lines) for name in line)
assert list(rows[0]) == list(lines[0])
X
ok $? "the log as CSV"
mkdir -p odd && for line in '{"a": 1}\n{"b": 1}' '{"a": 1}\n{"a": x}' '{"a": 1}\n{"a": 1, "b": 2}' '{"a": 1}\n' '[]' '{"a": 1}\n{"a": 1} x' '{"a' '{"a": '; do
	printf "$line\n" >odd/metrics.jsonl
	./noisy metrics odd >out 2>said
	[ $? = 1 ] && says 'odd/metrics.jsonl:' 'no line of figures like line 1'
	ok $? "a log of $line is refused"
done
./states train --epochs 2 -q --out tested >one 2>said && [ "$(wc -l <one)" = 1 ] && grep -q '"records": 100, "epoch": 2, "loss"' tested/test.json
ok $? "--quiet prints the result only; test.json has it"
./noisy train --out first >said 2>&1
[ $? = 1 ] && says 'the run first is there already' '--resume first'
ok $? "a run is not written over"
mkdir full && touch full/x && ./noisy train --out full >said 2>&1
[ $? = 1 ] && says 'full is a folder with something in it, and no run' && [ "$(ls full)" = x ]
ok $? "nor another folder"

# ---- going on ------------------------------------------------------------------------------------------------------------------------------

same() { # RUN RUN: equal in all that is no time
	(cd "$1" && ls ./*.safetensors metrics.jsonl) | while read -r name; do
		cmp "$1/$name" "$2/$name" || exit 1
	done >>said 2>&1
}
./noisy train --resume first >said 2>&1 && says 'it was at its end already' && same first first
ok $? "a run at its end stays"
./noisy train --validation 0.2 --epochs 7 -q --out long >said 2>&1 && ./noisy train --resume first --epochs 7 --threads 1 >said 2>&1 && same long first
ok $? "a longer one is the same as from the start"
grep -q '^epochs = 7$' first/settings.txt
ok $? "and its settings say so"
for given in '--seed 1' '--optimizer.lr 1' '--batch_size 7' '--out other' '--set x'; do
	./noisy train --resume first $given >said 2>&1
	[ $? = 2 ] && says 'cannot be changed when the run first goes on'
	ok $? "--resume $given is refused"
done
./noisy train --resume nowhere >said 2>&1
[ $? = 2 ] && says 'there is no run nowhere'
ok $? "--resume of no run"
./states train --resume first >said 2>&1
[ $? != 0 ] && says 'first'
ok $? "--resume by another program is refused"
sed 's/1e-4/1e-3/' noisy.nn >other.nn && mkdir -p changed && cp other.nn changed/noisy.nn && "$nnc" build changed/noisy.nn -o changed/noisy >said 2>&1 && changed/noisy train --resume first --epochs 9 --data . >said 2>&1
[ $? = 1 ] && says 'the equations of noisy.nn have changed since'
ok $? "--resume by a program of changed equations is refused"
if [ "$(uname -m)" = x86_64 ]; then
	cp -r first moved && "$nnc" build noisy.nn --target=x86-64-v3 --cc=gcc -o noisy3 >said 2>&1 && ./noisy train --resume first --epochs 8 -q >>said 2>&1 && ./noisy3 train --resume moved --epochs 8 -q >>said 2>&1 &&
		same first moved
	ok $? "another compiler, another target: the same bits"
	"$nnc" build noisy.nn --target=x86-64 -o noisy1 >said 2>&1 && ./noisy1 train --resume moved --epochs 9 >said 2>&1
	[ $? = 1 ] && says 'was computed with fused multiply-adds, this program has unfused ones'
	ok $? "of another family: refused"
fi
mkdir -p else && sed 's/0\.5/0.6/' spiral.csv >else/spiral.csv && ./noisy train --resume first --epochs 9 --data else >said 2>&1
[ $? = 1 ] && says 'the data are not those that the run first was trained on'
ok $? "--resume with other data is refused"
cp -r long cut && head -c 100 long/metrics.jsonl >cut/metrics.jsonl && ./noisy train --resume cut >said 2>&1
[ $? = 1 ] && says 'cut/metrics.jsonl is shorter than its checkpoint says'
ok $? "a log that is cut is noticed"
cp -r long damaged && head -c 5000 long/checkpoint.safetensors >damaged/checkpoint.safetensors && ./noisy train --resume damaged >said 2>&1
[ $? = 1 ] && says 'damaged/checkpoint.safetensors' && cmp long/last.safetensors damaged/last.safetensors
ok $? "a checkpoint that is cut is refused"

# weights that are not learned, from another run: they are in all files of this one
cat >frozen.nn <<'X'
model Frozen {
  input  x: [2]
  target t: 0..2
  layer enc = frozen Dense(64)
  y = x -> enc -> relu -> Dense(8) -> relu -> Dense(3)
  loss = cross_entropy(y, t)
}
train Frozen {
  data { x = csv("spiral.csv", columns=[0, 1]); t = csv("spiral.csv", columns=[2]) }
  optimizer  = Adam
  validation = 0.2
  epochs     = 6
}
X
"$nnc" build frozen.nn -o frozen >said 2>&1
for epochs in 2 6; do
	python3 - first/best.safetensors part.safetensors >>said 2>&1 <<'X'
import json, struct, sys
data = open(sys.argv[1], "rb").read()
n = struct.unpack("<Q", data[:8])[0]
header = json.loads(data[8:8 + n])
keep = {k: v for k, v in header.items() if k.startswith("Dense1.")}
body, at, out = b"", 0, {}
for k, v in keep.items():
    piece = data[8 + n + v["data_offsets"][0]:8 + n + v["data_offsets"][1]]
    out[k.replace("Dense1", "enc")] = dict(v, data_offsets=[at, at + len(piece)])
    body, at = body + piece, at + len(piece)
text = json.dumps(out).encode()
open(sys.argv[2], "wb").write(struct.pack("<Q", len(text)) + text + body)
X
	./frozen train --weights part.safetensors --epochs $epochs --out frozen.$epochs -q >>said 2>&1
done
rm part.safetensors
cp -r frozen.2 frozen.copy && ./frozen train --resume frozen.copy -q >>said 2>&1 && same frozen.2 frozen.copy
ok $? "frozen weights of another run are in the best weights, too"
./frozen train --resume frozen.2 --epochs 6 -q >>said 2>&1 && same frozen.2 frozen.6 && grep -q '"val_loss"' frozen.2/metrics.jsonl && cmp frozen.2/best.safetensors frozen.6/best.safetensors
ok $? "frozen weights of another run stay"

# ---- signals -------------------------------------------------------------------------------------------------------------------------------

stopped() { # PROGRAM SIGNAL RUN OPTIONS...: begins a run, and ends it by the signal when its third epoch is there; the status is in $status
	program=$1 signal=$2 run=$3
	shift 3
	./$program train --out "$run" "$@" >out 2>said &
	pid=$!
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ "$(wc -l 2>/dev/null <"$run/metrics.jsonl" || echo 0)" -lt 3 ] || break
		sleep 0.05
	done
	kill -"$signal" $pid
	wait $pid
	status=$?
}
stopped noisy TERM term --epochs 100000 --validation 0.2
[ $status = 130 ] && says 'interrupted in epoch' 'all of it is saved in term   to go on: ./noisy train --resume term'
ok $? "SIGTERM saves, and says how to go on"
epochs=$(($(wc -l <term/metrics.jsonl) + 3))
./noisy train --resume term --epochs $epochs --threads 1 -q >said 2>&1 && ./noisy train --out never --epochs $epochs --validation 0.2 -q >said 2>&1 && same never term
ok $? "and the run goes on to the same bits"
if [ $((0x$(sed -n 's/^SigIgn:.*\(.\)$/\1/p' /proc/self/status) & 1)) = 0 ]; then # else nohup runs the tests
	stopped noisy HUP closed --epochs 100000
	[ $status = 130 ] && says 'to go on: ./noisy train --resume closed'
	ok $? "a terminal that is closed: the run is saved"
fi
stopped lbfgs TERM method --epochs 100000 --every 1steps
./lbfgs train --resume method -q >said 2>&1
[ $status = 130 ] && ./lbfgs train --out straight --epochs 100000 --every 1h -q >>said 2>&1 && same straight method
ok $? "L-BFGS interrupted, to its end"
stopped noisy INT twice --epochs 100000 --validation 0.2
kill -INT $pid 2>/dev/null
[ $status = 130 ] && ./noisy train --resume twice --epochs 50 --validation 0.2 >said 2>&1
[ $? = 2 ] && ./noisy train --resume twice --epochs 1 -q >said 2>&1
ok $? "interrupted, and made shorter than it is: nothing is left to do"
./noisy train --out hasty --epochs 100000 >out 2>said &
pid=$!
sleep 0.3
kill -INT $pid
kill -INT $pid 2>/dev/null
wait $pid
[ $? = 130 ] && ./noisy train --resume hasty --epochs 1 -q >>said 2>&1
ok $? "twice at once: it ends, and the run is whole"
cp -r term locked
./noisy train --resume locked --epochs 10000000 -q >out 2>said &
pid=$!
for i in 1 2 3 4 5 6 7 8 9 10; do
	[ "$(wc -l <locked/timing.jsonl)" -le "$(wc -l <term/timing.jsonl)" ] || break
	sleep 0.1
done
./noisy train --resume locked >said 2>&1
[ $? = 1 ] && says 'the run locked is being trained by another program'
ok $? "two programs do not train one run"
kill -TERM $pid
wait $pid

# ---- settings ------------------------------------------------------------------------------------------------------------------------------

cat >some.txt <<'X'
# what was found by trying
optimizer.lr = 0.02
epochs=3

  seed = 7
X
./noisy train --set some.txt -q --out set >said 2>&1 && ./noisy train --optimizer.lr 0.02 --epochs 3 --seed 7 -q --out typed >said 2>&1 && same set typed
ok $? "--set"
./noisy train --set some.txt --seed 8 -q --out over >said 2>&1 && ! cmp -s over/last.safetensors set/last.safetensors && grep -q '^seed = 8$' over/settings.txt
ok $? "what is typed counts more"
./noisy train --set set/settings.txt -q --out again >said 2>&1 && same set again
ok $? "the settings of a run make the same run"
wrong() { # TEXT MESSAGE
	printf "$1" >wrong.txt
	./noisy train --set wrong.txt -o no.safetensors >said 2>&1
	[ $? = 2 ] && says "$2" && ! [ -e no.safetensors ]
	ok $? "--set with $1"
}
wrong 'epochs = 3\nepohcs = 4\n' 'write --epochs'
wrong 'epochs = 3\nepohcs = 4\n' 'wrong.txt:2: '
wrong 'optimizer.rl = 3\n' 'wrong.txt:1: the optimizer Adam has no setting'
wrong 'epochs\n' 'wrong.txt:1: expected `name = value`'
wrong 'epochs =\n' 'wrong.txt:1: a value is missing'
wrong 'epochs = many\n' 'wrong.txt:1: --epochs takes a whole number'
wrong 'out = x.safetensors\n' 'wrong.txt:1: out is no setting of a training'
wrong 'e po = x\n' 'no name of a setting'
wrong '\0' 'zero byte'
./noisy train --set none.txt >said 2>&1
[ $? = 2 ] && says 'none.txt'
ok $? "--set without a file"
for every in 10 0s -5m 2.5steps 3days 1e99s; do
	./noisy train --out no --every $every >said 2>&1
	[ $? = 2 ] && says '--every takes a time' && ! [ -e no ]
	ok $? "--every $every is refused"
done
./noisy train -q --out kept --epochs 5 --every 10steps --keep 2 >said 2>&1 && [ "$(echo kept/checkpoint-*)" = 'kept/checkpoint-60.safetensors kept/checkpoint-70.safetensors' ]
ok $? "--keep keeps the last"

# ---- TensorBoard ---------------------------------------------------------------------------------------------------------------------------

./noisy train -q --out board --epochs 3 --validation 0.2 --tensorboard >said 2>&1 && ./noisy train -q --resume board --epochs 5 >said 2>&1
[ "$(ls board | grep -c '^events\.out\.tfevents')" = 2 ]
ok $? "--tensorboard writes events, also when the run goes on"
python3 - >said 2>&1 <<'X'
import glob, json, struct
def crc32c(data): # bit by bit, RFC 3720
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
assert crc32c(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF
count = 0
for name in glob.glob("board/events*"):
    data = open(name, "rb").read()
    while data:
        length, sum1 = struct.unpack("<QI", data[:12])
        assert crc32c(data[:8]) == sum1
        assert crc32c(data[12:12 + length]) == struct.unpack("<I", data[12 + length:16 + length])[0]
        data, count = data[16 + length:], count + 1
assert count == 2 * 2 + 5 * 4, count
X
ok $? "their frames and check sums"
if python3 -c 'import tensorboard' 2>/dev/null; then
	python3 - >said 2>&1 <<'X'
import json
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
board = EventAccumulator("board")
board.Reload()
lines = [json.loads(line) for line in open("board/metrics.jsonl")]
print(board.Tags())
assert len(lines) == 5
for tag, name in ("loss/train", "loss"), ("acc/train", "acc"), ("loss/validation", "val_loss"), ("acc/validation", "val_acc"):
    events = board.Scalars(tag)
    assert [e.step for e in events] == [line["step"] for line in lines], events
    assert all(abs(e.value - line[name]) <= 1e-6 * abs(line[name]) for e, line in zip(events, lines))
X
	ok $? "TensorBoard reads them"
else
	skip "tensorboard: not installed (pip install tensorboard)"
fi

# ---- kills and faults ----------------------------------------------------------------------------------------------------------------------

python3 "$root/tests/runs/kill.py" "$work" "${KILLS:-20}" >said 2>&1
ok $? "killed ${KILLS:-20} times, the same bits"
tail -n 1 said
if ! command -v strace >/dev/null; then
	skip "strace: not installed (./install --test): no faults are injected"
elif ! strace -o said -e trace=write -e inject=write:error=ENOSPC:when=999 true 2>>said; then
	skip "strace: cannot trace programs here: no faults are injected"
else
	for fault in 'write ENOSPC' 'fsync EIO' 'rename ENOSPC' 'openat EACCES' 'read EIO' 'link EPERM' 'getdents64 EIO'; do
		python3 "$root/tests/runs/faults.py" "$work" $fault >said 2>&1
		ok $? "faults: $fault"
		tail -n 1 said
	done
	for fault in 'write ENOSPC' 'fsync EIO' 'rename EIO' 'openat EMFILE' 'read EIO' 'ftruncate EIO' 'unlink EACCES'; do
		python3 "$root/tests/runs/faults.py" "$work" $fault resume >said 2>&1
		ok $? "faults: $fault when a run goes on"
		tail -n 1 said
	done
fi

cd "$root" || exit 1
counts
