#define NN_F64 1
#define NN_FUSED 0
#define ARITHMETIC arithmetic_f64_unfused
#include "core/arithmetic.inc"
