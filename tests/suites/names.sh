# The compiler knows no name of the library: tests/check-names.
exec tests/check-names
