#define NN_F64 0
#define NN_FUSED 1
#define ARITHMETIC arithmetic_f32_fused
#include "core/arithmetic.inc"
