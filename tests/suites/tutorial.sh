# The tutorial: each of its files and commands, and what they print; NNC_WRITE=1 rewrites what they print.
work=$BUILD/tests/tutorial

${MAKE:-make} -s "$BUILD/nnc" || exit 1
rm -rf "$work"
PYTHONDONTWRITEBYTECODE=1 python3 tests/tutorial.py docs/tutorial.md "$work" ${NNC_WRITE:+--write}
