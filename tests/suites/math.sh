# The vector functions of the runtime: the same bits from every build, every function within its bound.
exec sh tests/math/run.sh
