#define NN_F64 0
#define NN_FUSED 0
#define ARITHMETIC arithmetic_f32_unfused
#include "core/arithmetic.inc"
