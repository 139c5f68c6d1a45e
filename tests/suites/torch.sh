# Layers, gradients, optimizers and trainings against PyTorch (tests/torch/compare.py); docs/pytorch.md has the figures.
if ! python3 -c 'import numpy' 2>/dev/null; then
	echo "skipped: torch: numpy is not installed"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
if ! python3 -c 'import torch' 2>/dev/null; then
	echo "skipped: torch: not installed (pip install torch==2.13.0)"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
. tests/say.sh
begin torch
trainers "$PWD/tests/torch/cc"
${MAKE:-make} -s digits cifar text || exit 1
OMP_NUM_THREADS=1 exec python3 tests/torch/compare.py --nnc "$BUILD/nnc" --work "$BUILD/tests/torch"
