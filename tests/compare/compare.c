/* compare.c - holds generated C against the interpreter, bit for bit.
 *
 *     compare FILE.nn [--model M] [-D NAME=VALUE] [--real f32|f64] [--family fused|unfused] [--batches 1,37,128] [-v] OBJECT...
 *
 * Each OBJECT is an emitted folder (m.c and m_main.c) built with -shared -fPIC and trainer_stub.c.  The interpreter computes FILE once;
 * every object, in a process of its own, has to give the same predictions, sums, gradients, and parameters after some steps of each
 * optimizer, with its parts run in order, in reverse order, and by 2 and 3 threads.  Memory handed to the model is full of 0xff bytes
 * (NaN, -1) and ends where a page without access begins, as all arrays do; what the model may not write cannot be written.
 *
 * Says what differs, in hexadecimal; the last line is `N passed, N failed`, counting objects.  Ends with 1 when any failed. */
#define _GNU_SOURCE
#include "compare.h"
#include "driver/driver.h"
#include "runtime/program.h"
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_SHOWN = 12, ALIGNED = 64, SECONDS = 120 };

/* ---- memory that ends at a page without access ------------------------------------------------------------------------------------ */

struct block {
	unsigned char *at;
	size_t bytes, mapped;
	unsigned char *map;
};

static struct block
block_new(size_t bytes, size_t align, int fill)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (bytes + align - 1) / align * align, mapped = (room + page - 1) / page * page;
	struct block b = {.bytes = bytes, .mapped = mapped + 2 * page};
	b.map = mmap(NULL, b.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (b.map == MAP_FAILED || mprotect(b.map, page, PROT_NONE) || mprotect(b.map + page + mapped, page, PROT_NONE)) {
		perror("memory");
		exit(2);
	}
	memset(b.map + page, fill, mapped);
	b.at = b.map + page + mapped - room;
	return b;
}

static void
block_protect(struct block *b)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	mprotect(b->map + page, b->mapped - 2 * page, PROT_READ);
}

static void
block_free(struct block *b)
{
	munmap(b->map, b->mapped);
}

/* ---- reals ---------------------------------------------------------------------------------------------------------------------------- */

struct tried { /* what is being looked at */
	const struct nn_program *program;
	const struct reference *reference;
	const char *object, *how;
	long n;
	int differences;
	long compared;
	int parallel; /* calls of a run function with more than one part */
};

static void
put(const struct tried *t, unsigned char *to, long i, double v, bool integer)
{
	int32_t whole = (int32_t)v;
	float single = (float)v;
	if (integer) memcpy(to + 4 * i, &whole, 4);
	else if (t->program->real_size == 4) memcpy(to + 4 * i, &single, 4);
	else memcpy(to + 8 * i, &v, 8);
}

static double
get(const struct tried *t, const unsigned char *from, long i, bool integer)
{
	int32_t whole;
	float single;
	double v;
	if (integer) return memcpy(&whole, from + 4 * i, 4), whole;
	if (t->program->real_size == 4) return memcpy(&single, from + 4 * i, 4), single;
	return memcpy(&v, from + 8 * i, 8), v;
}

static bool
same_bits(double a, double b)
{
	return (isnan(a) && isnan(b)) || !memcmp(&a, &b, sizeof a);
}

static void
show_bits(const struct tried *t, double v, bool integer, bool is_double)
{
	float single = (float)v;
	uint32_t bits;
	uint64_t wide;
	memcpy(&bits, &single, 4);
	memcpy(&wide, &v, 8);
	if (integer) printf("%.0f", v);
	else if (t->program->real_size == 4 && !is_double) printf("%.9g (%08x)", v, bits);
	else printf("%.17g (%016llx)", v, (unsigned long long)wide);
}

static void
report(struct tried *t, const char *what, const struct values *v, long i, long total, double got, double want, bool is_double)
{
	if (t->differences++ >= MOST_SHOWN) return;
	printf("%s: batch of %ld, %s: %s", t->object, t->n, t->how, what);
	if (v) {
		long rest = i;
		printf(" %s", v->name);
		if (total > 1 && total != v->count) printf("[n=%ld]", i / (v->count / (total ? total : 1)));
		long place[MAX_RANK];
		for (int k = v->rank - 1; k >= 0; rest /= v->shape[k], k--) place[k] = rest % v->shape[k];
		if (rest || total > 1) printf("[n=%ld]", rest);
		for (int k = 0; k < v->rank; k++) printf("[%ld]", place[k]);
	}
	printf(": ");
	show_bits(t, got, v && v->integer, is_double);
	printf(", the interpreter has ");
	show_bits(t, want, v && v->integer, is_double);
	printf("\n");
	fflush(stdout);
}

static void
compare_values(struct tried *t, const char *what, const struct values *want, const unsigned char *got, long samples)
{
	t->compared += want->count;
	for (long i = 0; i < want->count; i++) {
		double v = get(t, got, i, want->integer);
		if (!same_bits(v, want->at[i])) report(t, what, want, i, samples, v, want->at[i], false);
	}
}

static void
compare_sums(struct tried *t, const char *what, const double want[], const double got[])
{
	for (int k = 0; k <= t->reference->metrics; k++) {
		const char *name = k ? t->program->metrics[k - 1].name : "the loss";
		t->compared++;
		if (!same_bits(got[k], want[k])) report(t, what, &(struct values){.name = name}, 0, 0, got[k], want[k], true);
	}
}

static void
complain(struct tried *t, const char *what, const char *name)
{
	if (t->differences++ < MOST_SHOWN) printf("%s: batch of %ld, %s: %s %s\n", t->object, t->n, t->how, what, name);
}

/* ---- ways to run parts ------------------------------------------------------------------------------------------------------------------ */

static void
run_reversed(void *pool, nn_part *part, void *arg, int parts)
{
	struct tried *t = pool;
	t->parallel += parts > 1;
	for (int i = parts - 1; i >= 0; i--) part(arg, i);
}

struct team {
	nn_part *part;
	void *arg;
	int parts;
	atomic_int next;
};

static void *
work(void *arg)
{
	struct team *team = arg;
	for (int i; (i = atomic_fetch_add(&team->next, 1)) < team->parts;) team->part(team->arg, i);
	return NULL;
}

static void
run_threads(int threads, nn_part *part, void *arg, int parts)
{
	struct team team = {part, arg, parts, 0};
	pthread_t other[3];
	for (int i = 0; i < threads - 1; i++) pthread_create(&other[i], NULL, work, &team);
	work(&team);
	for (int i = 0; i < threads - 1; i++) pthread_join(other[i], NULL);
}

static void
run_two(void *pool, nn_part *part, void *arg, int parts)
{
	(void)pool;
	run_threads(2, part, arg, parts);
}

static void
run_three(void *pool, nn_part *part, void *arg, int parts)
{
	(void)pool;
	run_threads(3, part, arg, parts);
}

static const struct way {
	const char *name;
	nn_run *run;
	int fill; /* of memory */
} ways[] = {
	{"parts in order", NULL, 0xff},
	{"parts in reverse order", run_reversed, 0x00},
	{"2 threads", run_two, 0xff},
	{"3 threads", run_three, 0x7f},
};

/* ---- one object ---------------------------------------------------------------------------------------------------------------------------- */

struct places { /* as many as a model has inputs, gradients, draws ... */
	int n;
	struct block *block;
	void **at;
};

static struct places
places_new(size_t n)
{
	return (struct places){(int)n, calloc(n + 1, sizeof(struct block)), calloc(n + 1, sizeof(void *))};
}

static void
place(struct places *p, int i, size_t bytes, size_t alignment)
{
	p->block[i] = block_new(bytes, alignment, 0xff);
	p->at[i] = p->block[i].at;
}

static void
places_free(struct places *p)
{
	for (int i = 0; i < p->n; i++) block_free(&p->block[i]);
	free(p->block);
	free(p->at);
}

struct data { /* the batch as the model takes it */
	struct places in, out, gradients;
	const void **inputs, **features; /* features: without targets */
};

static size_t
size_of(const struct tried *t, const struct values *v)
{
	return (size_t)v->count * (v->integer ? 4 : t->program->real_size);
}

static struct data
data_of(const struct tried *t, const struct batch *b)
{
	const size_t real = t->program->real_size;
	struct data d = {.in = places_new((size_t)b->inputs.n), .out = places_new((size_t)b->outputs.n), .gradients = places_new((size_t)b->gradients.n)};
	d.inputs = calloc((size_t)d.in.n + 1, sizeof *d.inputs);
	d.features = calloc((size_t)d.in.n + 1, sizeof *d.features);
	for (int i = 0; i < d.in.n; i++) {
		const struct values *v = &b->inputs.at[i];
		place(&d.in, i, size_of(t, v), v->integer ? 4 : real);
		for (long k = 0; k < v->count; k++) put(t, d.in.at[i], k, v->at[k], v->integer);
		block_protect(&d.in.block[i]);
		d.inputs[i] = d.in.at[i];
		d.features[i] = t->program->inputs[i].is_target ? NULL : d.in.at[i];
	}
	for (int i = 0; i < d.out.n; i++) place(&d.out, i, size_of(t, &b->outputs.at[i]), b->outputs.at[i].integer ? 4 : real);
	for (int i = 0; i < d.gradients.n; i++) place(&d.gradients, i, size_of(t, &b->gradients.at[i]), real);
	return d;
}

static void
data_free(struct data *d)
{
	places_free(&d->in);
	places_free(&d->out);
	places_free(&d->gradients);
	free(d->inputs);
	free(d->features);
}

struct opened {
	struct block memory;
	void *model;
};

/* the tensors of a role (and optimizer) from the table, in its order; frozen parameters count as states */
static void
compare_tensors(struct tried *t, const struct opened *o, const char *what, enum nn_role role, int optimizer, const struct value_list *want)
{
	int k = 0;
	for (size_t i = 0; i < t->program->tensor_count; i++) {
		const struct nn_tensor *x = &t->program->tensors[i];
		if ((x->role == NN_FROZEN ? NN_STATE : x->role) != role || (role == NN_MOMENT && x->optimizer != optimizer)) continue;
		if (k >= want->n || strcmp(want->at[k].name, x->path) || (size_t)want->at[k].count != x->count) {
			complain(t, "the table has another tensor than the equations:", x->path);
			return;
		}
		compare_values(t, what, &want->at[k++], o->memory.at + x->offset, 0);
	}
	if (k != want->n) complain(t, "the table lacks tensors of this kind:", what);
}

static struct opened
open_model(struct tried *t, long batch, enum nn_use use, int fill)
{
	struct opened o;
	size_t bytes = t->program->memory((size_t)batch, use);
	o.memory = block_new(bytes, ALIGNED, fill);
	if (t->program->open(o.memory.at, bytes - 1, (size_t)batch, use)) complain(t, "open takes", "memory that is too small");
	o.model = t->program->open(o.memory.at, bytes, (size_t)batch, use);
	if (!o.model) {
		printf("%s: it cannot be opened in %zu bytes for %ld samples\n", t->object, bytes, batch);
		exit(1);
	}
	return o;
}

/* start, then the parameters that the interpreter had */
static void
set_up(struct tried *t, struct opened *o)
{
	const struct reference *r = t->reference;
	int k = 0;
	t->program->start(o->model, SEED);
	compare_tensors(t, o, "at the start,", NN_PARAM, -1, &r->start);
	compare_tensors(t, o, "at the start,", NN_STATE, -1, &r->states);
	for (size_t i = 0; i < t->program->tensor_count && k < r->params.n; i++) {
		const struct nn_tensor *x = &t->program->tensors[i];
		if (x->role != NN_PARAM) continue;
		for (long e = 0; e < r->params.at[k].count; e++) put(t, o->memory.at + x->offset, e, r->params.at[k].at[e], false);
		k++;
	}
	t->program->prepare(o->model);
}

static void
try_evaluation(struct tried *t, const struct batch *b, struct opened *o, struct data *d)
{
	double sums[16] = {0};
	if (t->program->predict) {
		t->program->predict(o->model, (size_t)b->n, d->features, d->out.at);
		for (int i = 0; i < b->outputs.n; i++) compare_values(t, "output", &b->outputs.at[i], d->out.at[i], b->n);
	}
	if (t->program->evaluate) {
		t->program->evaluate(o->model, (size_t)b->n, d->inputs, sums);
		compare_sums(t, "evaluation,", b->evaluated, sums);
	}
}

static void
try_gradients(struct tried *t, const struct batch *b, struct opened *o, struct data *d)
{
	double sums[16] = {0}, alone[16] = {0};
	if (!t->program->gradients) return;
	t->program->gradients(o->model, GRADIENT_STEP, (size_t)b->n, d->inputs, sums, d->gradients.at);
	compare_sums(t, "training mode,", b->trained, sums);
	for (int i = 0; i < b->gradients.n; i++) compare_values(t, "gradient of", &b->gradients.at[i], d->gradients.at[i], 0);
	t->program->gradients(o->model, GRADIENT_STEP, (size_t)b->n, d->inputs, alone, NULL);
	compare_sums(t, "training mode, sums alone,", b->trained, alone);
	if (!t->program->states) return;
	double last[16] = {0};
	t->program->states(o->model, GRADIENT_STEP, (size_t)b->n, d->inputs, last);
	compare_sums(t, "training mode, with states,", b->trained, last);
	compare_tensors(t, o, "after a pass,", NN_STATE, -1, &b->states);
	set_up(t, o); /* the next pass may read the states */
}

static struct nn_when
when(int step)
{
	return (struct nn_when){(uint64_t)step, STEPS_IN_ALL, (double)(step - 1) / STEPS_AN_EPOCH};
}

static void
try_steps(struct tried *t, const struct batch *b, struct opened *o, struct data *d)
{
	double settings[64];
	for (int k = 0; t->program->step && k < b->stepped_count; k++) {
		const struct stepped *s = &b->stepped[k];
		const struct nn_optimizer *optimizer = &t->program->optimizers[k];
		char what[128];
		if (optimizer->method) continue;
		set_up(t, o);
		for (size_t i = 0; i < optimizer->setting_count; i++) settings[i] = t->program->settings[optimizer->first_setting + i].value;
		for (int step = 1; step <= STEPS; step++) {
			double sums[16] = {0};
			int bad = t->program->step(o->model, k, settings, t->program->training.clip_norm, when(step), (size_t)b->n, d->inputs, sums);
			snprintf(what, sizeof what, "%s, step %d,", optimizer->name, step);
			compare_sums(t, what, s->sums[step - 1], sums);
			if ((bad == 0) != s->finite[step - 1]) complain(t, "another opinion of whether the loss is finite, in", what);
		}
		snprintf(what, sizeof what, "after %d steps of %s,", STEPS, optimizer->name);
		compare_tensors(t, o, what, NN_PARAM, -1, &s->params);
		compare_tensors(t, o, what, NN_STATE, -1, &s->states);
		compare_tensors(t, o, what, NN_MOMENT, k, &s->moments);
	}
}

/* what a step draws: the interpreter's numbers at each place; the site is the hash of the path */
static void
try_draws(struct tried *t, const struct batch *b, struct opened *o)
{
	const struct arithmetic *a = t->reference->arithmetic;
	const size_t real = t->program->real_size;
	struct places draws = places_new(t->program->draw_count);
	for (int k = 0; k < draws.n; k++) place(&draws, k, (size_t)b->n * t->program->draw_table[k].count * real, real);
	if (t->program->draws) t->program->draws(o->model, GRADIENT_STEP, (size_t)b->n, draws.at);
	for (size_t k = 0; k < t->program->draw_count; k++) {
		const struct nn_tensor *x = &t->program->draw_table[k];
		const char *kind = strrchr(x->path, '.') ? strrchr(x->path, '.') + 1 : x->path;
		uint32_t site = 2166136261u;
		for (const char *s = x->path; *s; s++) site = (site ^ (unsigned char)*s) * 16777619u;
		struct values want = {x->path, calloc((size_t)b->n * x->count + 1, sizeof(double)), b->n * (long)x->count, 0, NULL, false};
		for (long n = 0; n < b->n; n++)
			for (long i = 0; i < (long)x->count; i++)
				want.at[n * (long)x->count + i] = (strncmp(kind, "normal", 6) ? a->uniform : a->normal)(SEED, GRADIENT_STEP, site, (uint32_t)n, (uint32_t)i);
		compare_values(t, "draws of", &want, draws.at[k], 0);
		free(want.at);
	}
	places_free(&draws);
}

/* memory for more samples than there are, for fewer, and for predict only */
static void
try_other_memory(struct tried *t, const struct batch *b, struct data *d)
{
	struct opened o = open_model(t, b->n + 100, NN_TRAIN, 0xff);
	t->how = "memory for more samples";
	set_up(t, &o);
	try_gradients(t, b, &o, d);
	try_evaluation(t, b, &o, d);
	try_gradients(t, b, &o, d);
	block_free(&o.memory);
	t->how = "memory for predict only";
	o = open_model(t, b->n, NN_PREDICT, 0xff);
	set_up(t, &o);
	try_evaluation(t, b, &o, d);
	block_free(&o.memory);
	if (b->n == 1 || !t->program->predict || t->reference->mixes_samples) return;
	t->how = "memory for fewer samples";
	long capacity = b->n / 2 - 1 < 1 ? 1 : b->n / 2 - 1;
	o = open_model(t, capacity, NN_PREDICT, 0xff);
	set_up(t, &o);
	for (int i = 0; i < b->outputs.n; i++) memset(d->out.at[i], 0xff, d->out.block[i].bytes);
	t->program->predict(o.model, (size_t)b->n, d->features, d->out.at);
	for (int i = 0; i < b->outputs.n; i++) compare_values(t, "output", &b->outputs.at[i], d->out.at[i], b->n);
	if (t->program->evaluate) {
		double got[16] = {0};
		t->program->evaluate(o.model, (size_t)b->n, d->inputs, got);
		compare_sums(t, "evaluation,", b->evaluated, got);
	}
	block_free(&o.memory);
}

/* a batch in pieces of one panel: the same bits */
static void
try_chunks(struct tried *t, const struct batch *b, struct data *d)
{
	if (!t->program->accumulates) {
		if (t->program->memory(1, NN_ACCUMULATE)) complain(t, "it says that it does not accumulate, and", "takes memory for it");
		return;
	}
	static const struct way chunk_ways[] = {{"in chunks", NULL, 0xff}, {"in chunks, 2 threads", run_two, 0x7f}};
	for (size_t k = 0; k < sizeof chunk_ways / sizeof *chunk_ways; k++) {
		struct opened o = open_model(t, 1, NN_ACCUMULATE, chunk_ways[k].fill);
		t->how = chunk_ways[k].name;
		t->program->threads(o.model, chunk_ways[k].run, t);
		set_up(t, &o);
		try_gradients(t, b, &o, d);
		if (!t->reference->mixes_samples) try_evaluation(t, b, &o, d);
		try_gradients(t, b, &o, d);
		try_steps(t, b, &o, d);
		block_free(&o.memory);
	}
}

/* generated code computes in a mode of the processor, and leaves it as it was */
static bool
keeps_denormals(void)
{
	volatile float least = 0x1p-126f;
	return least * 0.5f > 0;
}

static int
try_object(const struct reference *r, const char *path, const char *family, bool verbose)
{
	struct tried t = {.reference = r, .object = path, .how = "-"};
	const char *slash = strrchr(path, '/');
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!object || !(t.program = dlsym(object, "nn_program_of_model"))) {
		printf("%s\n", dlerror());
		return 1;
	}
	if (slash) t.object = slash + 1;
	if (strcmp(t.program->family, family) || t.program->real_size != (r->f64 ? 8 : 4) || strcmp(t.program->model, r->model->name)) {
		printf("%s: it is %s, %s, of %zu bytes a number\n", t.object, t.program->model, t.program->family, t.program->real_size);
		return 1;
	}
	for (int i = 0; i < r->batch_count; i++) {
		const struct batch *b = &r->batch[i];
		t.n = b->n;
		for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
			struct data d = data_of(&t, b);
			struct opened o = open_model(&t, b->n, NN_TRAIN, ways[k].fill);
			t.how = ways[k].name;
			t.program->threads(o.model, ways[k].run, &t);
			set_up(&t, &o);
			try_evaluation(&t, b, &o, &d);
			try_gradients(&t, b, &o, &d);
			try_draws(&t, b, &o);
			try_steps(&t, b, &o, &d);
			block_free(&o.memory);
			if (k == 0) try_other_memory(&t, b, &d);
			if (k == 0) try_chunks(&t, b, &d);
			data_free(&d);
		}
	}
	if (!keeps_denormals()) {
		printf("%s: after the calls, denormals are zero here, too\n", t.object);
		t.differences++;
	}
	if (t.differences > MOST_SHOWN) printf("%s: %d differences\n", t.object, t.differences);
	if (verbose) printf("%s: %ld numbers compared, %d calls with parts\n", t.object, t.compared, t.parallel);
	return t.differences > 0;
}

/* in a process of its own: a crash or an endless loop is that object's alone */
static int
try_apart(const struct reference *r, const char *path, const char *family, bool verbose)
{
	int status;
	fflush(stdout);
	pid_t child = fork();
	if (child < 0) return perror("fork"), 1;
	if (!child) {
		alarm(SECONDS);
		int bad = try_object(r, path, family, verbose);
		fflush(stdout);
		_exit(bad);
	}
	if (waitpid(child, &status, 0) < 0) return perror("waitpid"), 1;
	if (WIFSIGNALED(status)) printf("%s: ended by signal %d (%s)\n", path, WTERMSIG(status), strsignal(WTERMSIG(status)));
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* ---- main -------------------------------------------------------------------------------------------------------------------------------------- */

static char *
read_whole(const char *path, size_t *length)
{
	FILE *f = fopen(path, "rb");
	char *text = malloc(1 << 20);
	if (!f || !text) {
		perror(path);
		exit(2);
	}
	*length = fread(text, 1, (1 << 20) - 1, f);
	text[*length] = 0;
	fclose(f);
	return text;
}

static int
usage(void)
{
	fprintf(stderr, "usage: compare FILE.nn [--model M] [-D NAME=VALUE] [--real f32|f64] [--family fused|unfused] [--batches 1,37,128] [-v] OBJECT...\n");
	return 2;
}

static void
print_messages(const struct compilation *c)
{
	for (int i = 0; i < c->unit.diagnostics.all.n; i++) fprintf(stderr, "%s: %s\n", c->source.path, c->unit.diagnostics.all.at[i]->title);
}

int
main(int argc, char **argv)
{
	static struct reference r;
	struct define_option defines[32] = {0};
	const char *file = NULL, *family = "fused", *object[64];
	long sizes[BATCHES] = {1, 37, 128};
	int size_count = 3, objects = 0, failed = 0;
	bool verbose = false, own_batch = true;
	for (int i = 1; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : "";
		if (!strcmp(argv[i], "--model")) r.compilation.options.model = next, i++;
		else if (!strcmp(argv[i], "--family")) family = next, i++;
		else if (!strcmp(argv[i], "--real")) r.f64 = !strcmp(next, "f64"), i++;
		else if (!strcmp(argv[i], "-v")) verbose = true;
		else if (!strcmp(argv[i], "--batches")) {
			size_count = 0, own_batch = false;
			for (char *s = argv[++i]; s && *s && size_count < BATCHES; s += *s == ',') sizes[size_count++] = strtol(s, &s, 10);
		} else if (!strcmp(argv[i], "-D")) {
			char *name = strdup(next), *equals = strchr(name, '=');
			if (!equals || r.compilation.options.define_count == 32) return usage();
			*equals = 0;
			defines[r.compilation.options.define_count++] = (struct define_option){name, equals + 1, false};
			i++;
		} else if (!file) file = argv[i];
		else if (objects < 64) object[objects++] = argv[i];
	}
	if (!file) return usage();
	size_t length;
	char *text = read_whole(file, &length);
	r.compilation.options.defines = defines;
	r.compilation.options.files = disk_files;
	if (compile(&r.compilation, file, text, length, "simplify") || r.compilation.unit.models.n != 1) {
		print_messages(&r.compilation);
		fprintf(stderr, "%s: %d models\n", file, r.compilation.unit.models.n);
		return 2;
	}
	r.model = r.compilation.unit.models.at[0];
	r.arithmetic = arithmetic_of(r.f64, !strcmp(family, "fused"));
	long own = (long)r.model->training.batch_size;
	for (int i = 0; i < size_count; i++) own_batch &= own != sizes[i];
	if (own_batch && own > 0 && own < 1000) sizes[size_count++] = own;
	reference_compute(&r, sizes, size_count);
	for (int i = 0; i < objects; i++) failed += try_apart(&r, object[i], family, verbose);
	printf("%d passed, %d failed\n", objects - failed, failed);
	compile_free(&r.compilation);
	free(text);
	return failed > 0;
}
