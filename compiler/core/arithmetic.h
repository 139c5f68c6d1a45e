/* arithmetic.h - the operations of the generated code, one number at a time: the very functions of runtime/nn_vec.h and nn_math.h, for float and
 * double, fused and unfused.  Numbers travel as doubles that hold a value of the type. */
#ifndef NNC_ARITHMETIC_H
#define NNC_ARITHMETIC_H

#include <stdbool.h>
#include <stdint.h>

struct arithmetic {
	uint64_t (*begin)(void);    /* denormals are zero from here on, as in generated code; returns the mode as it was, for `end` */
	void (*end)(uint64_t mode);
	double (*round)(double x);
	double (*add)(double a, double b);
	double (*sub)(double a, double b);
	double (*mul)(double a, double b);
	double (*div)(double a, double b);
	double (*fma)(double a, double b, double c);
	double (*sqrt)(double x);
	double (*pow)(double a, double b);
	double (*call)(const char *c_name, double x);
	double (*uniform)(uint64_t seed, uint32_t step, uint32_t site, uint32_t place, uint32_t index);
	double (*normal)(uint64_t seed, uint32_t step, uint32_t site, uint32_t place, uint32_t index);
};

extern const struct arithmetic arithmetic_f32_fused, arithmetic_f32_unfused, arithmetic_f64_fused, arithmetic_f64_unfused;

static inline const struct arithmetic *
arithmetic_of(bool f64, bool fused)
{
	return f64 ? (fused ? &arithmetic_f64_fused : &arithmetic_f64_unfused) : (fused ? &arithmetic_f32_fused : &arithmetic_f32_unfused);
}

#endif
