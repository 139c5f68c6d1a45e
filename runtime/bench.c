/* bench.c - the command bench: how fast a training step is, from shuffled records to updated weights; or, with --predict, a prediction.
 *
 * Before every few timings a short burst of fused multiply-adds measures what the processor could do at that moment (clocks change), and
 * each timing is compared with the burst before it; the median of these shares is printed.  Steps too short for the clock are timed in
 * groups. */
#include "evaluate.h"
#include "progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#if defined __AVX2__ && defined __FMA__
#include <immintrin.h>
#elif defined __aarch64__
#include <arm_neon.h>
#endif

/* -- the peak -------------------------------------------------------------------------------------------------------------- */

/* the widest vectors of the target, for each type of real number */
#if defined __AVX512F__
typedef __m512 floats;
typedef __m512d doubles;
#define FLOATS_FMA(a, x, y) _mm512_fmadd_ps(a, x, y)
#define DOUBLES_FMA(a, x, y) _mm512_fmadd_pd(a, x, y)
#define FLOATS(x) _mm512_set1_ps(x)
#define DOUBLES(x) _mm512_set1_pd(x)
#elif defined __AVX2__ && defined __FMA__
typedef __m256 floats;
typedef __m256d doubles;
#define FLOATS_FMA(a, x, y) _mm256_fmadd_ps(a, x, y)
#define DOUBLES_FMA(a, x, y) _mm256_fmadd_pd(a, x, y)
#define FLOATS(x) _mm256_set1_ps(x)
#define DOUBLES(x) _mm256_set1_pd(x)
#elif defined __aarch64__
typedef float32x4_t floats;
typedef float64x2_t doubles;
#define FLOATS_FMA(a, x, y) vfmaq_f32(y, a, x)
#define DOUBLES_FMA(a, x, y) vfmaq_f64(y, a, x)
#define FLOATS(x) vdupq_n_f32(x)
#define DOUBLES(x) vdupq_n_f64(x)
#else /* no fused hardware: a product and a sum */
typedef float floats __attribute__((vector_size(16)));
typedef double doubles __attribute__((vector_size(16)));
#define FLOATS_FMA(a, x, y) ((a) * (x) + (y))
#define DOUBLES_FMA(a, x, y) ((a) * (x) + (y))
#define FLOATS(x) ((floats){x, x, x, x})
#define DOUBLES(x) ((doubles){x, x})
#endif

/* Twelve chains that do not wait for each other, in registers; returns operations a second.  Each start is read anew from a volatile,
 * so that the compiler cannot know the chains to be equal. */
#define PEAK_BURST(name, vector, real, FMA, SPLAT) \
	static double name(void) \
	{ \
		static volatile real factor = (real)0.999, term = (real)0.001, sink; \
		const long times = 60000; \
		vector x = SPLAT(factor), y = SPLAT(term); \
		vector a = SPLAT(term), b = SPLAT(term), c = SPLAT(term), d = SPLAT(term), e = SPLAT(term), f = SPLAT(term); \
		vector g = SPLAT(term), h = SPLAT(term), i = SPLAT(term), j = SPLAT(term), k = SPLAT(term), l = SPLAT(term); \
		real out[sizeof(vector) / sizeof(real)]; \
		double time = nn_now(); \
		for (long n = 0; n < times; n++) { \
			a = FMA(a, x, y), b = FMA(b, x, y), c = FMA(c, x, y), d = FMA(d, x, y); \
			e = FMA(e, x, y), f = FMA(f, x, y), g = FMA(g, x, y), h = FMA(h, x, y); \
			i = FMA(i, x, y), j = FMA(j, x, y), k = FMA(k, x, y), l = FMA(l, x, y); \
		} \
		a = FMA(FMA(FMA(a, b, c), d, e), FMA(FMA(f, g, h), i, j), FMA(k, l, a)); \
		memcpy(out, &a, sizeof out); \
		sink = out[0]; \
		(void)sink; \
		time = nn_now() - time; \
		return 2.0 * 12 * (double)times * (double)(sizeof(vector) / sizeof(real)) / time; \
	}

PEAK_BURST(burst_of_floats, floats, float, FLOATS_FMA, FLOATS)
PEAK_BURST(burst_of_doubles, doubles, double, DOUBLES_FMA, DOUBLES)

/* -- the timings ----------------------------------------------------------------------------------------------------------- */

enum { TIMINGS_A_BURST = 4, RECORDS_MOST = 1 << 16 };
static const double SHORTEST = 1e-4; /* seconds that a timing should last */

struct bench {
	const struct nn_options *o;
	const struct nn_program *program;
	struct nn_model model;
	struct nn_batch batch;
	struct nn_dataset data;
	uint32_t *order;
	size_t next; /* place in the order */
	uint64_t step, epoch;
	double *sums;
	void **outputs; /* [output_count]: predictions are timed; NULL: steps */
	size_t group, timings; /* steps in a timing */
	double *seconds, *shares, *peaks;
	size_t restarts;
	size_t data_bytes; /* of the made-up records */
};

static int
open_outputs(struct bench *b, size_t batch, struct nn_error *e)
{
	const struct nn_program *p = b->program;

	b->outputs = calloc(p->output_count + 1, sizeof *b->outputs);
	if (!b->outputs)
		return nn_fail(e, "out of memory");
	for (size_t k = 0; k < p->output_count; k++) {
		b->outputs[k] = nn_allocate(p->outputs[k].count * sizeof(double), batch, "the predictions", e);
		if (!b->outputs[k])
			return -1;
	}
	return 0;
}

static int
open_bench(struct bench *b, struct nn_error *e)
{
	const struct nn_program *p = b->program;
	size_t batch = b->o->predict && !nn_option_given(b->o, "batch_size") ? 1 : b->o->batch_size, bytes = 1, records;

	for (size_t k = 0; k < p->input_count; k++)
		bytes += nn_record_bytes(p, k);
	records = ((size_t)1 << 28) / bytes; /* 256 MB of them at most */
	records = records < RECORDS_MOST ? records : RECORDS_MOST;
	records = records / batch ? records / batch * batch : batch;
	if (records > UINT32_MAX)
		return nn_fail(e, "--batch_size takes at most 4294967295, not %zu", batch);
	if (b->o->predict && open_outputs(b, batch, e) != 0)
		return -1;
	if (nn_model_open(&b->model, p, batch, b->outputs ? NN_PREDICT : NN_TRAIN, b->o->threads, e) != 0 || nn_batch_open(&b->batch, p, batch, e) != 0
	    || nn_synthetic_data(p, records, b->o->seed, &b->data, e) != 0)
		return -1;
	b->data_bytes = records * (bytes - 1);
	b->order = nn_allocate(records, sizeof *b->order, "the order of the records", e);
	b->sums = nn_allocate(1 + p->metric_count, sizeof *b->sums, "the sums", e);
	b->seconds = nn_allocate(b->timings, sizeof *b->seconds, "the timings", e);
	b->shares = nn_allocate(b->timings, sizeof *b->shares, "the timings", e);
	b->peaks = nn_allocate(b->timings, sizeof *b->peaks, "the timings", e);
	b->next = records;
	for (size_t k = 0; b->order && k < records; k++)
		b->order[k] = (uint32_t)k;
	return b->order && b->sums && b->seconds && b->shares && b->peaks ? 0 : -1;
}

static void
close_bench(struct bench *b)
{
	nn_batch_close(&b->batch);
	nn_model_close(&b->model);
	nn_data_free(b->program, &b->data);
	for (size_t k = 0; b->outputs && k < b->program->output_count; k++)
		free(b->outputs[k]);
	free(b->outputs);
	free(b->order);
	free(b->sums);
	free(b->seconds);
	free(b->shares);
	free(b->peaks);
}

/* the next step, of so many that schedules stay at their beginning */
static struct nn_when
next(struct bench *b)
{
	return (struct nn_when){++b->step, (uint64_t)1 << 40, 0};
}

/* the next batch, through a step or a prediction; not 0 if a loss was not finite */
static int
work(struct bench *b)
{
	const struct nn_program *p = b->program;
	size_t n = b->batch.capacity;

	if (b->outputs) { /* records where they lie */
		b->step++;
		nn_batch_view(&b->batch, &b->data, b->next, n);
		p->predict(b->model.handle, n, b->batch.in, b->outputs);
		return 0;
	}
	nn_batch_gather(&b->batch, &b->data, b->order + b->next, n);
	return p->step(b->model.handle, b->o->optimizer, nn_chosen_settings(b->o), b->o->clip_norm, next(b), n, b->batch.in, b->sums);
}

/* seconds for one group of batches; less than 0 if a loss was not finite */
static double
time_group(struct bench *b)
{
	size_t n = b->batch.capacity;
	double time = 0;

	for (size_t left = b->group; left > 0;) {
		if (b->next + n > b->data.records) {
			nn_permute(b->order, b->data.records, b->o->seed, NN_FOR_ORDER, ++b->epoch);
			b->next = 0;
		}
		double start = nn_now();
		for (; left > 0 && b->next + n <= b->data.records; left--, b->next += n)
			if (work(b))
				return -1;
		time += nn_now() - start;
	}
	return time;
}

/* random targets may lead anywhere: then it begins again */
static int
begin_again(struct bench *b, struct nn_error *e)
{
	if (b->restarts++ > b->timings)
		return nn_fail(e, "the loss of made-up samples is not finite");
	b->program->start(b->model.handle, b->o->seed);
	b->program->prepare(b->model.handle);
	b->step = 0;
	return 0;
}

/* chooses how many steps make a timing, after warming up */
static int
warm_up(struct bench *b, struct nn_error *e)
{
	double start = nn_now(), time = 0;

	b->group = 1;
	while (b->step < 3 || nn_now() - start < 0.05) {
		time = time_group(b);
		if (time < 0 && begin_again(b, e) != 0)
			return -1;
		if (time >= 0 && time < SHORTEST && b->group < 1u << 20)
			b->group *= 2;
	}
	return 0;
}

static int
measure(struct bench *b, struct nn_error *e)
{
	double peak = 0;

	if (begin_again(b, e) != 0 || warm_up(b, e) != 0)
		return -1;
	for (size_t k = 0; k < b->timings;) {
		if (k % TIMINGS_A_BURST == 0)
			peak = (b->program->real_size == sizeof(float) ? burst_of_floats() : burst_of_doubles()) * (double)b->o->threads;
		double time = time_group(b);
		if (time < 0) {
			if (begin_again(b, e) != 0)
				return -1;
			continue;
		}
		b->seconds[k] = time / (double)b->group;
		b->shares[k] = b->program->flops * (double)b->batch.capacity / b->seconds[k] / peak;
		b->peaks[k++] = peak;
	}
	return 0;
}

static int
compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* of sorted numbers, the one that this share of them does not exceed */
static double
quantile(const double numbers[], size_t n, double share)
{
	return numbers[(size_t)(share * (double)(n - 1) + 0.5)];
}

/* how long a batch takes; its operations are not those of a step, so that there is no share of the peak */
static void
print_prediction(const struct bench *b, double us, double low, double high)
{
	size_t samples = b->batch.capacity, threads = b->o->threads;
	char bytes[32];

	if (b->o->json) {
		printf("{\"model\": \"%s\", \"batch_size\": %zu, \"threads\": %zu, \"timings\": %zu, \"predictions_a_timing\": %zu, \"microseconds\": %.6g, "
		       "\"microseconds_10\": %.6g, \"microseconds_90\": %.6g, \"bytes\": %zu}\n",
		    b->program->model, samples, threads, b->timings, b->group, us, low, high, b->model.bytes);
		return;
	}
	printf("%s, %zu sample%s, %zu thread%s: median %.4g us a prediction (80 %% within %.4g to %.4g; %zu timings of %zu)\n", b->program->model, samples,
	    nn_plural(samples), threads, nn_plural(threads), us, low, high, b->timings, b->group);
	printf("%.0f samples a second; memory %s (%zu bytes)\n", 1e6 * (double)samples / us, nn_bytes(bytes, (double)b->model.bytes), b->model.bytes);
}

static void
print_result(struct bench *b)
{
	const struct nn_options *o = b->o;
	size_t n = b->timings;
	char optimizer[256], bytes[32];

	qsort(b->seconds, n, sizeof *b->seconds, compare_numbers);
	qsort(b->shares, n, sizeof *b->shares, compare_numbers);
	qsort(b->peaks, n, sizeof *b->peaks, compare_numbers);
	double us = 1e6 * quantile(b->seconds, n, 0.5), low = 1e6 * quantile(b->seconds, n, 0.1), high = 1e6 * quantile(b->seconds, n, 0.9);
	double speed = b->program->flops * (double)b->batch.capacity / us * 1e-3, peak = 1e-9 * quantile(b->peaks, n, 0.5);
	double percent = 100 * quantile(b->shares, n, 0.5);
	if (o->predict) {
		print_prediction(b, us, low, high);
		return;
	}
	if (o->json) {
		printf("{\"model\": \"%s\", \"optimizer\": \"%s\", \"batch_size\": %zu, \"threads\": %zu, \"timings\": %zu, \"steps_a_timing\": %zu, ",
		    b->program->model, b->program->optimizers[o->optimizer].name, b->batch.capacity, o->threads, n, b->group);
		printf("\"microseconds\": %.6g, \"microseconds_10\": %.6g, \"microseconds_90\": %.6g, \"gflops\": %.6g, \"peak_gflops\": %.6g, "
		       "\"percent_of_peak\": %.4g, \"bytes\": %zu, \"data_bytes\": %zu}\n",
		    us, low, high, speed, peak, percent, b->model.bytes, b->data_bytes);
		return;
	}
	printf("%s, %s, batch %zu, %zu thread%s: median %.4g us a step (80 %% within %.4g to %.4g; %zu timings of %zu step%s)\n", b->program->model,
	    nn_optimizer_text(optimizer, o), b->batch.capacity, o->threads, nn_plural(o->threads), us, low, high, n, b->group, nn_plural(b->group));
	printf("%.1f GFLOP/s of %.1f peak = %.1f %%; memory %s (%zu bytes)\n", speed, peak, percent, nn_bytes(bytes, (double)b->model.bytes),
	    b->model.bytes);
}

int
nn_bench(const struct nn_options *o)
{
	struct bench b = {.o = o, .program = o->program, .timings = o->steps};
	struct nn_error e;
	int result;

	if (o->predict && o->program->output_count == 0) {
		nn_fail(&e, "the model %s has no outputs, so there is no prediction to time", o->program->model);
		return nn_report(&e);
	}
	if (!o->predict && (!o->program->has_loss || o->program->optimizer_count == 0)) {
		nn_fail(&e, "%s has no train block for the model %s, so there is no step to time", o->program->file, o->program->model);
		return nn_report(&e);
	}
	if (!o->predict && o->program->optimizers[o->optimizer].method) {
		nn_fail(&e, "bench times single steps, and %s has none: it takes all records at once", o->program->optimizers[o->optimizer].name);
		return nn_report(&e);
	}
	result = open_bench(&b, &e);
	if (result == 0)
		result = measure(&b, &e);
	if (result == 0)
		print_result(&b);
	close_bench(&b);
	return result == 0 ? NN_SUCCESS : nn_report(&e);
}
