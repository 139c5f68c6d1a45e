# nnc plot: what is drawn, read back from the SVG, and what is said about files that are not what they should be.
${MAKE:-make} -s "$BUILD/nnc" || exit 1
PYTHONDONTWRITEBYTECODE=1 python3 tests/plot.py "$BUILD/nnc" "$BUILD/tests/plot"
