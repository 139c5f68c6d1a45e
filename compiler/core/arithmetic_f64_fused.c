#define NN_F64 1
#define NN_FUSED 1
#define ARITHMETIC arithmetic_f64_fused
#include "core/arithmetic.inc"
