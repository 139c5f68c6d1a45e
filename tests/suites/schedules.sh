# Schedules over whole runs against NumPy (tests/torch/schedules.py).
if ! python3 -c 'import numpy' 2>/dev/null; then
	echo "skipped: numpy: not installed"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
. tests/say.sh
begin schedules
trainers "$PWD/tests/torch/cc"
OMP_NUM_THREADS=1 exec python3 tests/torch/schedules.py --nnc "$BUILD/nnc" --work "$BUILD/tests/schedules"
