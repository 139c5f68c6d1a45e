// Vectors: the one place with vector types, intrinsics and compiler specifics. Generated code, nn_math.h and the compiler's own
// interpreter are written on top of it, so that all of them compute the same bits.
//
// Set before inclusion (all optional):
//   NN_F64    1: real = double; 0: float (default)
//   NN_PANEL  the most samples side by side in a panel: 16, 32 or 64 (default)
//   NN_FUSED  1: a*b + c is rounded once, 0: twice. Default: 1 where the hardware has it (x86 with FMA, aarch64), else 0. Results
//             are bit-identical within each of the two families, whatever the compiler, its -O level, the target and LANES.
//             1 without such hardware calls fma() of libm, lane by lane: correct but slow.
//   NN_LANES  lanes of a vector, a power of two >= 2. Default: one register of the target.
//
// Compile with -ffp-contract=off -fno-math-errno, never with -ffast-math. (gcc has no pragma for contraction: there the option,
// or -std=c11 instead of -std=gnu11, is needed.) The bits of a NaN are not specified.
// Needs clang >= 14 or gcc >= 12.
#ifndef NN_VEC_H
#define NN_VEC_H

#include <float.h>
#include <stdint.h>
#include <string.h>
#if defined __x86_64__ || defined __i386__
#include <immintrin.h>
#elif defined __aarch64__
#include <arm_neon.h>
#endif

#if defined __FAST_MATH__ || (defined __FINITE_MATH_ONLY__ && __FINITE_MATH_ONLY__)
#error "this code needs IEEE arithmetic: compile it without -ffast-math"
#endif
#if FLT_EVAL_METHOD != 0
#error "this code needs arithmetic in the type's own precision (on 32-bit x86: -msse2 -mfpmath=sse)"
#endif
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#elif defined __GNUC__
// What gcc 12 makes wrong at -O3: of `c ? a[i] : a[i - 12]` two loads under one mask; of a float between two loops, the double that
// it was rounded from. Vectors are written out here: without these two nothing gets slower.
#pragma GCC optimize("no-tree-loop-if-convert", "no-tree-slp-vectorize")
#endif

#ifndef NN_F64
#define NN_F64 0
#endif
#ifndef NN_PANEL
#define NN_PANEL 64
#endif
#ifndef NN_FUSED
#if defined __FMA__ || defined __aarch64__
#define NN_FUSED 1
#else
#define NN_FUSED 0
#endif
#endif
#ifndef NN_LANES
#if defined __AVX512F__
#define NN_LANES (NN_F64 ? 8 : 16)
#elif defined __AVX__
#define NN_LANES (NN_F64 ? 4 : 8)
#else
#define NN_LANES (NN_F64 ? 2 : 4)
#endif
#endif
#if defined __AVX512F__ || defined __aarch64__
#define NN_MOST_VECS 4 // 32 vector registers
#else
#define NN_MOST_VECS 2 // 16
#endif

#define INLINE static inline __attribute__((always_inline))
#define APART static __attribute__((noinline)) // one copy, however many calls
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 64")
#endif
#ifdef __has_builtin
#define NN_HAS(builtin) __has_builtin(builtin)
#else
#define NN_HAS(builtin) 0
#endif

// ---- types ------------------------------------------------------------------------------------------------------------

// Vectors wider than the target's registers are passed differently by some compilers; every function here is inlined, so no
// matter.
#if defined __GNUC__ && !defined __clang__
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

#if NN_F64
typedef double real;
typedef int64_t nn_int;
typedef uint64_t nn_uint;
#else
typedef float real;
typedef int32_t nn_int;
typedef uint32_t nn_uint;
#endif

#define NN_BYTES (NN_LANES * (NN_F64 ? 8 : 4)) // of a vector
enum {
	LANES = NN_LANES,
	MOST = LANES * NN_MOST_VECS < 16 ? 16 : LANES * NN_MOST_VECS,
	PANEL = NN_PANEL < MOST ? NN_PANEL : MOST, // samples side by side: no more than a register tile takes, or it would read memory in jumps
	VECS = PANEL < LANES * NN_MOST_VECS ? PANEL / LANES : NN_MOST_VECS, // vectors in a row of a register tile
	WIDTH = LANES * VECS, // reals in a row of a register tile
	TILE_SUMS = 6 * NN_MOST_VECS, // vectors in a register tile
	PAIR_COLUMNS = NN_MOST_VECS, // of a tile with one vector an element
	ROW_VECS = 2 * NN_MOST_VECS, // of rows, where a single sample has its lanes there
	SUM_VECS = LANES < 16 ? 16 / LANES : 1, // vectors of 16 running sums
	COLUMNS = NN_MOST_VECS < SUM_VECS ? 1 : NN_MOST_VECS / SUM_VECS // of a tile of running sums
};
_Static_assert(LANES >= 2 && LANES <= 16 && (LANES & (LANES - 1)) == 0, "NN_LANES is a power of two, 2 to 16");

typedef real lanes __attribute__((vector_size(NN_BYTES)));
typedef nn_int ints __attribute__((vector_size(NN_BYTES)));    // what comparisons of lanes give: -1 where true, 0 where false
typedef nn_uint uints __attribute__((vector_size(NN_BYTES)));  // for arithmetic on bits, where overflow wraps
typedef uint64_t nn_pairs __attribute__((vector_size(NN_BYTES))); // 64-bit lanes, f32: two neighbours
typedef int32_t nn_int32s __attribute__((vector_size(NN_LANES * 4)));

// ---- denormals --------------------------------------------------------------------------------------------------------

// From here on, in this thread, results below the least normal number are zero, and so are such operands. Returns the mode as it
// was, for nn_set_mode. Averaged gradients of weights that no longer learn, and weights that decay, end in denormals, each of
// which costs many processors a hundred cycles and more. A processor of another kind has no such mode: its bits may differ there.
#if defined __SSE__
typedef unsigned nn_mode;
enum { NN_FLUSH = 0x8040 }; // of MXCSR: FTZ and DAZ
INLINE nn_mode nn_get_mode(void) { return _mm_getcsr(); }
INLINE void nn_put_mode(nn_mode mode) { _mm_setcsr(mode); }
#elif defined __aarch64__
typedef uint64_t nn_mode;
enum { NN_FLUSH = 1 << 24 }; // of FPCR: FZ
INLINE nn_mode
nn_get_mode(void)
{
	nn_mode mode;
	__asm__ volatile("mrs %0, fpcr" : "=r"(mode));
	return mode;
}
INLINE void nn_put_mode(nn_mode mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }
#else
typedef unsigned nn_mode;
enum { NN_FLUSH = 0 };
INLINE nn_mode nn_get_mode(void) { return 0; }
INLINE void nn_put_mode(nn_mode mode) { (void)mode; }
#endif
INLINE void nn_set_mode(nn_mode mode) { if ((mode & NN_FLUSH) != NN_FLUSH) nn_put_mode(mode); }
INLINE nn_mode
nn_flush_denormals(void)
{
	const nn_mode before = nn_get_mode();
	if ((before & NN_FLUSH) != NN_FLUSH) nn_put_mode(before | NN_FLUSH);
	return before;
}

// ---- memory -----------------------------------------------------------------------------------------------------------

INLINE lanes load(const real *p) { lanes v; memcpy(&v, p, sizeof v); return v; }
INLINE void store(real *p, lanes v) { memcpy(p, &v, sizeof v); }

// The first count lanes (0..LANES); what lies behind them in memory is neither read nor written, the other lanes are 0.
#if defined __AVX512F__ && NN_BYTES == 64 && NN_F64
INLINE lanes load_part(const real *p, int count) { return (lanes)_mm512_maskz_loadu_pd((__mmask8)((1u << count) - 1), p); }
INLINE void store_part(real *p, lanes v, int count) { _mm512_mask_storeu_pd(p, (__mmask8)((1u << count) - 1), (__m512d)v); }
#elif defined __AVX512F__ && NN_BYTES == 64
INLINE lanes load_part(const real *p, int count) { return (lanes)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p); }
INLINE void store_part(real *p, lanes v, int count) { _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)v); }
#else
INLINE lanes load_part(const real *p, int count)
{
	lanes v = {0};
	for (int l = 0; l < count; l++) v[l] = p[l];
	return v;
}

INLINE void store_part(real *p, lanes v, int count)
{
	for (int l = 0; l < count; l++) p[l] = v[l];
}
#endif

// Labels and tokens are int32_t in memory, whatever the width of a lane.
INLINE ints load_ints(const int32_t *p)
{
	nn_int32s v;
	memcpy(&v, p, sizeof v);
	return __builtin_convertvector(v, ints);
}

INLINE void store_ints(int32_t *p, ints v)
{
	nn_int32s w = __builtin_convertvector(v, nn_int32s);
	memcpy(p, &w, sizeof w);
}

// p[index] of each lane
INLINE lanes gather(const real *p, ints index)
{
	lanes v = {0};
	UNROLL for (int l = 0; l < LANES; l++) v[l] = p[index[l]];
	return v;
}

INLINE ints gather_ints(const int32_t *p, ints index)
{
	ints v = {0};
	UNROLL for (int l = 0; l < LANES; l++) v[l] = p[index[l]];
	return v;
}

// ---- lanes ------------------------------------------------------------------------------------------------------------

INLINE lanes all(real x) { return x - (lanes){0}; }
INLINE ints all_ints(nn_int i) { return i - (ints){0}; }
INLINE lanes vabs(lanes x) { return (lanes)((uints)x & ((nn_uint)-1 >> 1)); }
INLINE lanes to_real(ints i) { return __builtin_convertvector(i, lanes); } // to the nearest
INLINE ints to_ints(lanes x) { return __builtin_convertvector(x, ints); }  // towards 0; only for x that fit

// yes where mask is -1, no where it is 0
INLINE ints pick_ints(ints mask, ints yes, ints no) { return (mask & yes) | (~mask & no); }
INLINE ints inside(ints index, nn_int count) { return pick_ints((index >= 0) & (index < count), index, all_ints(0)); } // or the first
INLINE lanes pick(ints mask, lanes yes, lanes no) { return (lanes)((mask & (ints)yes) | (~mask & (ints)no)); }

// 0, 1, .. LANES-1
INLINE ints lane_index(void)
{
	ints v = {0};
	UNROLL for (int l = 0; l < LANES; l++) v[l] = l;
	return v;
}

// Is any lane of mask true?
INLINE int any(ints mask)
{
#if defined __AVX512F__ && NN_BYTES == 64
	return _mm512_test_epi32_mask((__m512i)mask, (__m512i)mask) != 0;
#elif defined __AVX__ && NN_BYTES == 32
	return !_mm256_testz_si256((__m256i)mask, (__m256i)mask);
#elif defined __SSE2__ && NN_BYTES == 16
	return _mm_movemask_epi8((__m128i)mask) != 0;
#else
	nn_int found = 0;
	for (int l = 0; l < LANES; l++) found |= mask[l];
	return found != 0;
#endif
}

// ---- multiply-add and square root -------------------------------------------------------------------------------------

#if NN_F64
#define NN_FMA __builtin_fma
#define NN_SQRT __builtin_sqrt
#else
#define NN_FMA __builtin_fmaf
#define NN_SQRT __builtin_sqrtf
#endif

// a*b + c. With gcc not a loop of fma over the lanes: with that, convolutions lost a third of their speed, others nearly all.
#if !NN_FUSED
INLINE lanes vmadd(lanes a, lanes b, lanes c) { return a * b + c; }
#elif NN_HAS(__builtin_elementwise_fma)
INLINE lanes vmadd(lanes a, lanes b, lanes c) { return __builtin_elementwise_fma(a, b, c); }
#elif defined __AVX512F__ && NN_BYTES == 64 && NN_F64
INLINE lanes vmadd(lanes a, lanes b, lanes c) { return (lanes)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c); }
#elif defined __AVX512F__ && NN_BYTES == 64
INLINE lanes vmadd(lanes a, lanes b, lanes c) { return (lanes)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
#elif defined __FMA__ && NN_BYTES == 32 && NN_F64
INLINE lanes vmadd(lanes a, lanes b, lanes c) { return (lanes)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c); }
#elif defined __FMA__ && NN_BYTES == 32
INLINE lanes vmadd(lanes a, lanes b, lanes c) { return (lanes)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
#elif defined __FMA__ && NN_BYTES == 16 && NN_F64
INLINE lanes vmadd(lanes a, lanes b, lanes c) { return (lanes)_mm_fmadd_pd((__m128d)a, (__m128d)b, (__m128d)c); }
#elif defined __FMA__ && NN_BYTES == 16
INLINE lanes vmadd(lanes a, lanes b, lanes c) { return (lanes)_mm_fmadd_ps((__m128)a, (__m128)b, (__m128)c); }
#elif defined __aarch64__ && NN_BYTES == 16 && NN_F64
INLINE lanes vmadd(lanes a, lanes b, lanes c) { return (lanes)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b); }
#elif defined __aarch64__ && NN_BYTES == 16
INLINE lanes vmadd(lanes a, lanes b, lanes c) { return (lanes)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
#else
INLINE lanes vmadd(lanes a, lanes b, lanes c)
{
	UNROLL for (int l = 0; l < LANES; l++) c[l] = NN_FMA(a[l], b[l], c[l]);
	return c;
}
#endif

INLINE lanes madd(real a, lanes b, lanes c) { return vmadd(all(a), b, c); }

// The same for single numbers, rounded the same
#if NN_FUSED
INLINE real smadd(real a, real b, real c) { return NN_FMA(a, b, c); }
#else
INLINE real smadd(real a, real b, real c) { return a * b + c; }
#endif

// -x.  gcc 12 makes (-a)*b - c of -fma(a, b, c), whatever it is told about signed zeros: 0 where that is -0.  It does not look through bits.
#if NN_FUSED && defined __GNUC__ && !defined __clang__
INLINE real minus(real x)
{
	union {
		real x;
		nn_uint bits;
	} u = {x};
	u.bits ^= (nn_uint)1 << (8 * sizeof x - 1);
	return u.x;
}
#else
INLINE real minus(real x) { return -x; }
#endif

// Intrinsics, because at -O0 the builtin is a call of libm.
#if defined __AVX512F__ && NN_BYTES == 64 && NN_F64
INLINE lanes vsqrt(lanes x) { return (lanes)_mm512_sqrt_pd((__m512d)x); }
#elif defined __AVX512F__ && NN_BYTES == 64
INLINE lanes vsqrt(lanes x) { return (lanes)_mm512_sqrt_ps((__m512)x); }
#elif defined __AVX__ && NN_BYTES == 32 && NN_F64
INLINE lanes vsqrt(lanes x) { return (lanes)_mm256_sqrt_pd((__m256d)x); }
#elif defined __AVX__ && NN_BYTES == 32
INLINE lanes vsqrt(lanes x) { return (lanes)_mm256_sqrt_ps((__m256)x); }
#elif defined __SSE2__ && NN_BYTES == 16 && NN_F64
INLINE lanes vsqrt(lanes x) { return (lanes)_mm_sqrt_pd((__m128d)x); }
#elif defined __SSE2__ && NN_BYTES == 16
INLINE lanes vsqrt(lanes x) { return (lanes)_mm_sqrt_ps((__m128)x); }
#elif defined __aarch64__ && NN_BYTES == 16 && NN_F64
INLINE lanes vsqrt(lanes x) { return (lanes)vsqrtq_f64((float64x2_t)x); }
#elif defined __aarch64__ && NN_BYTES == 16
INLINE lanes vsqrt(lanes x) { return (lanes)vsqrtq_f32((float32x4_t)x); }
#else
INLINE lanes vsqrt(lanes x)
{
	UNROLL for (int l = 0; l < LANES; l++) x[l] = NN_SQRT(x[l]);
	return x;
}
#endif

INLINE real ssqrt(real x) { return vsqrt(all(x))[0]; }

// ---- whole numbers ----------------------------------------------------------------------------------------------------

// The 64-bit products of the low 32 bits of a and b; gcc does not see it in the generic form
#if defined __AVX512F__ && NN_BYTES == 64
INLINE nn_pairs multiply_low_halves(nn_pairs a, nn_pairs b) { return (nn_pairs)_mm512_mul_epu32((__m512i)a, (__m512i)b); }
#elif defined __AVX2__ && NN_BYTES == 32
INLINE nn_pairs multiply_low_halves(nn_pairs a, nn_pairs b) { return (nn_pairs)_mm256_mul_epu32((__m256i)a, (__m256i)b); }
#elif defined __SSE2__ && NN_BYTES == 16
INLINE nn_pairs multiply_low_halves(nn_pairs a, nn_pairs b) { return (nn_pairs)_mm_mul_epu32((__m128i)a, (__m128i)b); }
#else
INLINE nn_pairs multiply_low_halves(nn_pairs a, nn_pairs b) { return (a & 0xffffffff) * (b & 0xffffffff); }
#endif

// ---- across lanes -----------------------------------------------------------------------------------------------------

// The canonical sum of 16 partial sums, in one order on every target: each half onto the other until one is left. Overwrites p.
INLINE real tree16(real p[16])
{
	UNROLL for (int half = 8; half > 0; half /= 2)
		UNROLL for (int i = 0; i < half; i++) p[i] += p[i + half];
	return p[0];
}

// The lanes of two vectors, dealt alternately: their first halves, and their second halves
#if !NN_HAS(__builtin_shufflevector)
#define NN_SHUFFLE 0
#elif NN_LANES == 2
#define NN_SHUFFLE 1
#define NN_FIRST_HALVES(x, y) __builtin_shufflevector(x, y, 0, 2)
#define NN_SECOND_HALVES(x, y) __builtin_shufflevector(x, y, 1, 3)
#elif NN_LANES == 4
#define NN_SHUFFLE 1
#define NN_FIRST_HALVES(x, y) __builtin_shufflevector(x, y, 0, 4, 1, 5)
#define NN_SECOND_HALVES(x, y) __builtin_shufflevector(x, y, 2, 6, 3, 7)
#elif NN_LANES == 8
#define NN_SHUFFLE 1
#define NN_FIRST_HALVES(x, y) __builtin_shufflevector(x, y, 0, 8, 1, 9, 2, 10, 3, 11)
#define NN_SECOND_HALVES(x, y) __builtin_shufflevector(x, y, 4, 12, 5, 13, 6, 14, 7, 15)
#elif NN_LANES == 16
#define NN_SHUFFLE 1
#define NN_FIRST_HALVES(x, y) __builtin_shufflevector(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define NN_SECOND_HALVES(x, y) __builtin_shufflevector(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#else
#define NN_SHUFFLE 0
#endif

// out[l][i] = in[i][l] of LANES x LANES, by log2(LANES) perfect shuffles; in and out may not overlap
INLINE void transpose(const real *in, size_t in_stride, real *out, size_t out_stride)
{
#if NN_SHUFFLE
	lanes a[LANES], b[LANES];
	UNROLL for (int i = 0; i < LANES; i++) a[i] = load(in + (size_t)i * in_stride);
	UNROLL for (int stage = 1; stage < LANES; stage *= 2) {
		UNROLL for (int i = 0; i < LANES / 2; i++) {
			lanes x = a[i], y = a[i + LANES / 2];
			b[2 * i] = NN_FIRST_HALVES(x, y);
			b[2 * i + 1] = NN_SECOND_HALVES(x, y);
		}
		UNROLL for (int i = 0; i < LANES; i++) a[i] = b[i];
	}
	UNROLL for (int i = 0; i < LANES; i++) store(out + (size_t)i * out_stride, a[i]);
#else
	for (size_t l = 0; l < LANES; l++)
		for (size_t i = 0; i < LANES; i++) out[l * out_stride + i] = in[i * in_stride + l];
#endif
}

#endif
