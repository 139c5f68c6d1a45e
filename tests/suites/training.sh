# What a trainer does beyond single steps: batches in chunks, methods that take all records at once, norms of gradients, draws.
. tests/say.sh
begin training
trainers
data=$PWD/examples

cd "$work" || exit 1

# ---- chunks ------------------------------------------------------------------------------------------------------------------------------

# noise, a penalty, a last batch of another size: 450 records in batches of 200, one panel of 32 at a time, 2 threads or 1
sed 's/Dense(hidden) -> relu/& -> Dropout(0.1)/' "$data/spiral.nn" >noisy.nn
grep -q 'Dropout(0.1)' noisy.nn && "$nnc" build noisy.nn -o noisy >said 2>&1
ok $? "chunks: noisy.nn builds"
./noisy train --data "$data" --batch_size 200 --epochs 7 -q -o whole.w >said 2>&1
ok $? "chunks: training without them"
for chunk in 1 33 64 199; do
	./noisy train --data "$data" --batch_size 200 --epochs 7 --chunk $chunk --threads $((chunk % 2 + 1)) -q -o $chunk.w >said 2>&1
	cmp whole.w $chunk.w >>said 2>&1
	ok $? "chunks: --chunk $chunk gives the same weights"
done
./noisy train --data "$data" --batch_size 200 --epochs 1 --chunk 64 -o 64.w >said 2>&1
grep -q 'batch 200 in chunks of 64' said
ok $? "chunks: the first line says so"

cat >normal.nn <<'END'
model Normal {
  input  x: [2]
  target t: 0..2
  m[i] = mean(batch) x[i]
  y = x - m -> Dense(3)
  loss = cross_entropy(y, t)
}
train Normal {
  data { x = csv("spiral.csv", columns=[0, 1]); t = csv("spiral.csv", columns=[2]) }
  optimizer  = SGD(lr=0.1)
  batch_size = 450
  epochs     = 3
}
END
"$nnc" build normal.nn -o normal >said 2>&1 && ./normal train --data "$data" -o normal.w >>said 2>&1
ok $? "chunks: a model whose samples depend on each other trains without them"
./normal train --data "$data" --chunk 100 -o normal.w >said 2>&1
[ $? = 1 ] && grep -q 'cannot work on a batch of 450 samples in chunks of 100' said
ok $? "chunks: and refuses them"

# ---- L-BFGS ------------------------------------------------------------------------------------------------------------------------------

sed 's/^  optimizer .*/  optimizer = LBFGS/' "$data/logistic.nn" >logistic.nn
"$nnc" build logistic.nn --real=f64 -o logistic >said 2>&1
ok $? "lbfgs: logistic.nn builds"
./logistic train --data "$data" --epochs 100 -o logistic.w >said 2>&1
grep -q 'converged after epoch [0-9]*, [0-9]* passes over the data' said
ok $? "lbfgs: it converges"
passes=$(sed -n 's/.* \([0-9]*\) passes over.*/\1/p' said)
[ "${passes:-1000}" -le 30 ]
ok $? "lbfgs: in at most 30 passes"
# the gradient of the loss at the weights that it found, by Python alone
python3 - "$data/points.csv" logistic.w >said 2>&1 <<'END'
import json, math, struct, sys
with open(sys.argv[2], "rb") as f:
    header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
    data = f.read()
def tensor(name):
    first, last = header[name]["data_offsets"]
    return struct.unpack(f"<{(last - first) // 8}d", data[first:last])
w, (b,) = tensor("w"), tensor("b")
rows = [[float(v) for v in line.split(",")] for line in open(sys.argv[1]).read().split()[1:]]
g = [0, 0, 0]
for x, y, t in rows:
    dz = 1 / (1 + math.exp(-w[0] * x - w[1] * y - b)) - t
    g = [g[0] + dz * x / len(rows), g[1] + dz * y / len(rows), g[2] + dz / len(rows)]
norm, size = math.hypot(*g), math.hypot(*w, b)
print(w, b, g)
sys.exit(not (norm <= 1e-7 * max(1, size) * 1.001 and size > 1))
END
ok $? "lbfgs: the gradient vanishes there"

sed 's/^  optimizer .*/  optimizer = LBFGS(history=5)\n  optimizers = [Adam]\n  validation = 0.2/' noisy.nn >methods.nn
"$nnc" build methods.nn -o methods >said 2>&1
ok $? "lbfgs: a net with noise builds, with Adam beside it"
./methods train --data "$data" --epochs 25 --threads 1 -q -o one.w >said 2>&1
ok $? "lbfgs: it trains"
for options in '--threads 2' '--chunk 1' '--chunk 100 --threads 2'; do
	./methods train --data "$data" --epochs 25 $options -q -o two.w >said 2>&1
	cmp one.w two.w >>said 2>&1
	ok $? "lbfgs: the same weights with $options"
done
./methods train --data "$data" --optimizer Adam --epochs 2 -o adam.w >said 2>&1
ok $? "lbfgs: Adam trains, too"
./methods train --data "$data" --batch_size 10 -o no.w >said 2>&1
[ $? = 1 ] && grep -q 'LBFGS takes all 360 records in every step' said && ! [ -e no.w ]
ok $? "lbfgs: a batch size is refused"
./methods train --data "$data" --optimizer.curvature 2 -o no.w >said 2>&1
[ $? = 1 ] && grep -q '0 < armijo < curvature < 1' said && ! [ -e no.w ]
ok $? "lbfgs: settings are checked"
./methods bench >said 2>&1
[ $? = 1 ] && grep -q 'takes all records at once' said
ok $? "lbfgs: bench has nothing to time"
./methods bench --predict --steps 5 --json >said 2>&1 && python3 -c 'import json
r = json.load(open("said"))
assert r["batch_size"] == 1 and r["timings"] == 5 and 0 < r["microseconds_10"] <= r["microseconds"] <= r["microseconds_90"]'
ok $? "bench --predict: one sample"
./methods bench --predict --steps 5 --batch_size 7 >said 2>&1 && grep -q ', 7 samples, .* us a prediction' said
ok $? "bench --predict: several samples"
./methods train --data "$data" --epochs 60 -o best.w >said 2>&1 && [ "$(grep -c '^epoch.*  [*]$' said)" -gt 1 ] && grep -q 'best: epoch' said
ok $? "lbfgs: the best weights are kept"

# states of layers follow the iterations
cat >counted.nn <<'END'
layer Count(x: [n]) -> [n] {
  state seen: real = 0
  seen <- seen + 1
  return x
}
model Counted {
  input  x: [2]
  target t: 0..2
  y = x -> Count -> Dense(3)
  loss = cross_entropy(y, t)
}
train Counted {
  data { x = csv("spiral.csv", columns=[0, 1]); t = csv("spiral.csv", columns=[2]) }
  optimizer = LBFGS
  epochs    = 4
}
END
"$nnc" build counted.nn -o counted >said 2>&1 && ./counted train --data "$data" -q -o counted.w >>said 2>&1 &&
	[ "$(tail -c 4 counted.w | od -An -t f4 | tr -d ' ')" = 4 ] || od -An -t f4 counted.w | tail -n 2 >>said
ok $? "lbfgs: states of layers are updated once an iteration"

# a loss that is not finite at the start, worked on in chunks
cat >broken.nn <<'END'
model Broken {
  input  x: [2]
  target t: real
  y = x -> Dense(1)
  loss = mse(y, t)
}
train Broken {
  data { x = csv("broken.csv", columns=[0, 1]); t = csv("broken.csv", columns=[2]) }
  optimizer = LBFGS
}
END
awk 'BEGIN { for (i = 0; i < 100; i++) print i % 7 "," i % 5 "," (i == 77 ? "1e38" : i) }' >broken.csv
"$nnc" build broken.nn -o broken >said 2>&1 && ./broken train --chunk 10 -o broken.w >>said 2>&1
[ $? = 3 ] && grep -q 'the loss of step 1 (epoch 1) is not finite' said && grep -q 'record 77 of the data' said
ok $? "lbfgs: a loss that is not finite names the record"

# ---- numbers that are not finite -----------------------------------------------------------------------------------------------------------

# the root of 0 in one row: the loss is finite, its gradient is not
cat >root.nn <<'END'
model Root {
  input  x: [2]
  target t: real
  param w: real = 1
  h = x -> Dense(3)
  a = h -> Dense(2)
  r = sqrt(sum(i) x[i]^2 * w^2)
  y = sum(k) a[k] + r
  loss = mse(y, t)
  output y
}
train Root {
  data { x = csv("root.csv", columns=[0, 1]); t = csv("root.csv", columns=[2]) }
  optimizer  = Adam(lr=0.01)
  batch_size = 10
  epochs     = 3
}
END
awk 'BEGIN { for (i = 0; i < 200; i++) print i == 77 ? "0,0,0" : i % 7 + 1 "," i % 5 "," i % 3 }' >root.csv
"$nnc" build root.nn -o root >said 2>&1 && ./root train -o root.w >said 2>&1
[ $? = 3 ] && grep -q 'made numbers that are not finite in w ' said && grep -q 'the gradient of w is not finite' said && grep -q 'record 77 of the data' said &&
	grep -q 'such a gradient can come from root.nn:7, ' said && ! grep -q 'gradient of Dense' said
ok $? "root of 0: step, tensor, record and line are named, and status 3"
step=$(sed -n 's/^error: step \([0-9]*\) .*/\1/p' said)
./root train --steps $((step - 1)) -q -o before.w >said 2>&1 && cmp root.w before.w >>said 2>&1
ok $? "root of 0: the weights are those before step $step"
./root train --out root.run --every 1steps >said 2>&1
[ $? = 3 ] && grep -q "error: step $step " said && cmp root.w root.run/last.safetensors >>said 2>&1
ok $? "root of 0: the same in a run"
./root test --weights root.run/checkpoint.safetensors >said 2>&1 && ./root train --resume root.run >said 2>&1
[ $? = 3 ] && grep -q "error: step $step " said && grep -q 'record 77' said && cmp root.w root.run/last.safetensors >>said 2>&1
ok $? "root of 0: and when the run goes on"
# a number that is none, among many: found before the first step
awk 'BEGIN { print "x,y,z"; for (i = 1; i <= 20000; i++) print i % 7 "," (i == 12345 ? "nan" : i % 5) "," i % 3 }' >root.csv
./root train --out nan.run >said 2>&1
[ $? = 1 ] && grep -q 'root.csv:12346: column 1 is nan, but data must be finite' said && ! [ -e nan.run ] && [ -z "$(ls | grep tmp)" ]
ok $? "NaN in row 12,345: file, line and column are named, and nothing is begun"
# a loss that is not finite: the line of the division
sed 's/r = .*/r = 1 \/ (x[0] - 3)/' root.nn >division.nn
awk 'BEGIN { for (i = 0; i < 200; i++) print i == 77 ? "3,0,0" : i % 2 "," i % 5 "," i % 3 }' >root.csv
"$nnc" build division.nn -o division >said 2>&1 && ./division train -o division.w >said 2>&1
[ $? = 3 ] && grep -q '^error: the loss of step' said && grep -q 'record 77 of the data' said && grep -q 'such a loss can come from division.nn:7, ' said
ok $? "division by 0: record and line are named"
if script -qec true /dev/null >/dev/null 2>&1; then
	script -qec "stty cols 60; ./division train -q -o division.w" /dev/null </dev/null | tr -d '\r' >said
	grep -q '^error: the loss of step' said && ! grep -q '.\{61\}' said && tr -s '\n ' ' ' <said | grep -q 'such a loss can come from division.nn:7, where something is divided'
	ok $? "division by 0: broken into lines of 60 columns on a terminal"
else
	skip "script: no program that gives a terminal"
fi

# ---- norms of gradients, draws -----------------------------------------------------------------------------------------------------------

./noisy train --data "$data" --epochs 3 --gradient-norms -q -o norms.w >norms 2>said
[ "$(grep -c '^gradient-norm [0-3] Dense[1-3]\.[Wb] [0-9.e+-]*$' norms)" = 24 ] && [ "$(grep -vc '^gradient-norm' norms)" = 0 ]
ok $? "norms: four times the six parameters"
./noisy train --data "$data" --epochs 3 -q -o plain.w >said 2>&1 && cmp norms.w plain.w >>said 2>&1
ok $? "norms: printing them changes nothing"

# those before step 1 are what `gradients` gives for the batch of step 1, with its draws
./noisy train --data "$data" --batch_size 450 --shuffle off --epochs 1 --gradient-norms --seed 7 -q -o end.w >norms 2>said
./noisy init --seed 7 -o start.w >>said 2>&1
python3 - "$data/spiral.csv" >>said 2>&1 <<'END'
import struct, sys
rows = [line.split(",") for line in open(sys.argv[1]).read().split()[1:]]
def npy(name, kind, shape, values):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(name, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + b"".join(values))
npy("x.npy", "<f8", f"({len(rows)}, 2)", [struct.pack("<2d", float(r[0]), float(r[1])) for r in rows])
npy("t.npy", "<i4", f"({len(rows)},)", [struct.pack("<i", int(r[2])) for r in rows])
END
./noisy gradients --weights start.w --data.x x.npy --data.t t.npy --seed 7 --step 1 --draws -o draws.g >>said 2>&1
ok $? "draws: gradients --draws"
python3 - >>said 2>&1 <<'END'
import json, math, struct, sys
with open("draws.g", "rb") as f:
    header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
    data = f.read()
header.pop("__metadata__")
def numbers(t):
    first, last = t["data_offsets"]
    return struct.unpack(f"<{(last - first) // 4}f", data[first:last])
for line in open("norms").read().splitlines()[:6]:
    _, epoch, path, norm = line.split()
    own = math.sqrt(sum(g * g for g in numbers(header[path])))
    print(line, own)
    assert epoch == "0" and abs(own - float(norm)) < 1e-6 * own
draw = header["draws.Dropout1.uniform1"]
u = numbers(draw)
print(draw, min(u), max(u), sum(u) / len(u), len(header))
assert draw["shape"] == [450, 64] and 0 <= min(u) and max(u) < 1 and abs(sum(u) / len(u) - 0.5) < 0.01 and len(set(u)) > 28000
assert len(header) == 7
END
ok $? "norms and draws: as the file of the gradients has them"
./noisy gradients --weights start.w --data.x x.npy --data.t t.npy --seed 7 --chunk 64 --draws -o chunks.g >>said 2>&1 && cmp draws.g chunks.g >>said 2>&1
ok $? "draws: the same in chunks"
./noisy gradients --weights start.w --data.x x.npy --data.t t.npy --draws >said 2>&1
[ $? = 2 ] && grep -q -- '--draws go into the file' said
ok $? "draws: need a file"
./methods train --data "$data" --epochs 3 --gradient-norms -q -o norms.w >norms 2>said
[ "$(grep -c '^gradient-norm [0-3] ' norms)" = 24 ]
ok $? "norms: of a method, too"

counts
