// Prints a hash of the results of every function of nn_vec.h and nn_math.h over fixed inputs. Builds of one family (NN_FUSED) and
// one real (NN_F64) must print the same, whatever the compiler, the target, -O and NN_LANES; run.sh compares them. Functions that
// only move data are checked against plain loops.
#include "nn_math.h"
#include <math.h>
#include <stdio.h>

enum { N = 4096 };
static real a[N], b[N], c[N], y[N];
static int wrong;

static uint64_t random_bits(void) // splitmix64
{
	static uint64_t state = 7;
	uint64_t z = state += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

// Any bits; of moderate size; and the special ones
static real sample(int i)
{
	static const real special[] = {0, -(real)0, 1, -1, (real)INFINITY, -(real)INFINITY, (real)NAN, (real)FLT_MIN, (real)1e-40,
	                               (real)88.72, (real)-87.4, (real)-103.9, (real)709.7, (real)-745.1, (real)1.5707964, (real)3e6};
	uint64_t bits = random_bits();
	real x;
	nn_uint word = (nn_uint)bits;
	memcpy(&x, &word, sizeof x);
	switch (i % 4) {
	case 0: return x;
	case 1: return (real)((int)(bits >> 40) - (1 << 23)) * (real)0x1p-23;
	case 2: return (real)((int)(bits >> 40) - (1 << 23)) * (real)0x1p-16;
	default: return special[bits % (sizeof special / sizeof *special)];
	}
}

// FNV-1a over the bits of y; all NaN count as one
static void print_hash(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325;
	for (int i = 0; i < N; i++) {
		uint64_t bits = 0;
		memcpy(&bits, &y[i], sizeof y[i]);
		if (y[i] != y[i]) bits = 0x7fc00000;
		for (int k = 0; k < 8; k++, bits >>= 8) hash = (hash ^ (bits & 0xff)) * 0x100000001b3;
	}
	printf("%-10s %016llx\n", name, (unsigned long long)hash);
}

static void expect(int right, const char *what)
{
	if (!right) fprintf(stderr, "%s: wrong\n", what), wrong = 1;
}

// u, v, w: the lanes of the inputs; i: their first index
#define EACH(name, expression) \
	do { \
		for (int i = 0; i < N; i += LANES) { \
			lanes u = load(a + i), v = load(b + i), w = load(c + i); \
			(void)u, (void)v, (void)w; \
			store(y + i, expression); \
		} \
		print_hash(name); \
	} while (0)

// Plain loops that gcc 12 -O3 makes wrong where nn_vec.h does not keep it from that: a choice between two loads ...
__attribute__((noinline)) static void chosen_loads(const real *from, real *to)
{
	for (int t = 0; t < 5; t++)
		for (int u = 0; u < 12; u++)
			for (int j = 0; j < 2; j++) {
				const real here = (5 >= u ? from[12 * t + 2 * u + j] : from[12 * t + 2 * u + j - 12]);
				to[24 * t + 2 * u + j] = here;
			}
}

// ... and what is rounded between two loops in double
__attribute__((noinline)) static void orthonormal(real *w, size_t rows, size_t columns)
{
	for (size_t i = 0; i < rows; i++) {
		for (int pass = 0; pass < 2; pass++)
			for (size_t k = 0; k < i; k++) {
				double dot = 0;
				for (size_t j = 0; j < columns; j++) dot += (double)w[i * columns + j] * (double)w[k * columns + j];
				for (size_t j = 0; j < columns; j++) w[i * columns + j] = (real)((double)w[i * columns + j] - dot * (double)w[k * columns + j]);
			}
		double size = 0;
		for (size_t j = 0; j < columns; j++) size += (double)w[i * columns + j] * (double)w[i * columns + j];
		size = 1 / __builtin_sqrt(size);
		for (size_t j = 0; j < columns; j++) w[i * columns + j] = (real)((double)w[i * columns + j] * size);
	}
}

static void check_moves(void)
{
	enum { SIDE = 32 };
	static real out[SIDE * SIDE];
	for (size_t i = 0; i < SIDE; i += LANES)
		for (size_t j = 0; j < SIDE; j += LANES) transpose(a + i * SIDE + j, SIDE, out + j * SIDE + i, SIDE);
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) expect(!memcmp(&out[j * SIDE + i], &a[i * SIDE + j], sizeof(real)), "transpose");

	for (int count = 0; count <= LANES; count++) {
		real part[LANES], target[LANES];
		store(part, load_part(c, count));
		store(target, load(b));
		store_part(target, load(c), count);
		for (int l = 0; l < LANES; l++) {
			const real zero = 0;
			expect(!memcmp(&part[l], l < count ? &c[l] : &zero, sizeof zero), "load_part");
			expect(!memcmp(&target[l], l < count ? &c[l] : &b[l], sizeof zero), "store_part");
		}
	}

	int32_t whole[LANES], back[LANES];
	for (int l = 0; l < LANES; l++) whole[l] = (l * 37 + 5) % 1000 - 300;
	ints i = load_ints(whole);
	store_ints(back, i);
	lanes picked = gather(c, i + 300), converted = to_real(i);
	ints truncated = to_ints(converted + all(0.25));
	for (int l = 0; l < LANES; l++) {
		expect(i[l] == whole[l] && back[l] == whole[l], "load_ints");
		expect(!memcmp(&c[whole[l] + 300], &(real){picked[l]}, sizeof(real)), "gather");
		expect(converted[l] == (real)whole[l] && truncated[l] == whole[l] + (whole[l] < 0), "to_real, to_ints");
		expect(lane_index()[l] == l, "lane_index");
		expect(any(lane_index() == l) == 1, "any");
	}
	expect(!any(lane_index() == LANES), "any");
	ints odd = (lane_index() & 1) == 1, chosen = pick_ints(odd, all_ints(-5), lane_index());
	for (int l = 0; l < LANES; l++) expect(chosen[l] == (l % 2 ? -5 : l), "pick_ints");
}

int main(void)
{
	for (int i = 0; i < N; i++) a[i] = sample(i), b[i] = sample(i / 4), c[i] = sample(1 + i % 2);
	check_moves();
	EACH("vmadd", vmadd(u, v, w));
	EACH("madd", madd((real)1.1, u, v));
	EACH("vsqrt", vsqrt(vabs(u)));
	EACH("pick", pick(u > v, u, w));
	EACH("exp", nn_exp(u));
	EACH("exp_small", nn_exp(w));
	EACH("log", nn_log(u));
	EACH("log_small", nn_log(vabs(w)));
	EACH("tanh", nn_tanh(u));
	EACH("tanh_small", nn_tanh(w));
	EACH("sigmoid", nn_sigmoid(u));
	EACH("softplus", nn_softplus(u));
	EACH("sin", nn_sin(u));
	EACH("cos", nn_cos(u));
	EACH("sin_small", nn_sin(w));
	EACH("cos_small", nn_cos(w));
	EACH("erf", nn_erf(u));
	EACH("erf_small", nn_erf(w));
	EACH("pow", nn_pow(u, v));
	EACH("pow_small", nn_pow(vabs(w), u));
	EACH("uniform", nn_uniform(0x0123456789abcdef, 7, 0x89abcdef, all_ints(i / 16 - 3), lane_index() + i));
	EACH("normal", nn_normal(0xfedcba9876543210, 7, 0x89abcdef, lane_index() + i, all_ints(-i / 16)));
	for (int i = 0; i < N; i++) y[i] = smadd(a[i], b[i], c[i]);
	print_hash("smadd");
	for (int i = 0; i < N; i++) y[i] = minus(smadd(a[i], i % 2 ? 0 : b[i], i % 3 ? 0 : c[i]));
	print_hash("minus");
	for (int i = 0; i < N; i++) y[i] = ssqrt(a[i] < 0 ? -a[i] : a[i]);
	print_hash("ssqrt");
	for (int i = 0; i + 120 <= N; i += 120) chosen_loads(a + i, y + i);
	print_hash("chosen");
	for (int i = 0; i < N; i++) y[i] = (real)((int)(random_bits() >> 40) - (1 << 23)) * (real)0x1p-23;
	for (int i = 0; i + 8 <= N; i += 8) orthonormal(y + i, 2, 4);
	print_hash("orthonormal");
	for (int i = 0; i + 16 <= N; i++) {
		real p[16];
		memcpy(p, c + i, sizeof p);
		y[i] = tree16(p);
	}
	print_hash("tree16");
	return wrong;
}
