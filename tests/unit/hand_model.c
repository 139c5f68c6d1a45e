/* hand_model.c - a model written by hand behind the interface of runtime/program.h, so that the trainer can be tested without the
 * compiler: logistic regression on two inputs,
 *
 *	z = w . x + b,   loss = softplus(z) - t z + lambda / 2 |w|^2,   p = sigmoid(z),   acc = share of (z > 0) == t
 *
 * with a state (a running mean of x), SGD with momentum and an Adam without bias correction.  One text serves float and double: all
 * arithmetic is in double, rounded when stored. */
#include "hand_model.h"

#include <math.h>
#include <string.h>

double hand_gradient_factor = 1;

enum { W, B, MEAN, SGD_W, SGD_B, ADAM_MW, ADAM_MB, ADAM_SW, ADAM_SB, TENSORS };
enum { HEAD = 128, SLOT = 64, PART = 16 };
static const double lambda = 0.01;

struct hand {
	size_t real_size, batch;
	nn_run *run;
	void *pool;
	double *z, *loss; /* [batch] */
};

#define TENSOR(path, role, optimizer, rank, count, number) {path, role, optimizer, rank, {count}, count, HEAD + SLOT * number}
static const struct nn_tensor tensors[TENSORS] = {
	TENSOR("w", NN_PARAM, -1, 1, 2, W),
	TENSOR("b", NN_PARAM, -1, 0, 1, B),
	TENSOR("mean", NN_STATE, -1, 1, 2, MEAN),
	TENSOR("w.v", NN_MOMENT, 0, 1, 2, SGD_W),
	TENSOR("b.v", NN_MOMENT, 0, 0, 1, SGD_B),
	TENSOR("w.m", NN_MOMENT, 1, 1, 2, ADAM_MW),
	TENSOR("b.m", NN_MOMENT, 1, 0, 1, ADAM_MB),
	TENSOR("w.s", NN_MOMENT, 1, 1, 2, ADAM_SW),
	TENSOR("b.s", NN_MOMENT, 1, 0, 1, ADAM_SB),
};

static double
get(const struct hand *m, const void *values, size_t k)
{
	return m->real_size == sizeof(float) ? (double)((const float *)values)[k] : ((const double *)values)[k];
}

static void
put(const struct hand *m, void *values, size_t k, double value)
{
	if (m->real_size == sizeof(float))
		((float *)values)[k] = (float)value;
	else
		((double *)values)[k] = value;
}

static void *
tensor(struct hand *m, int number)
{
	return (char *)m + tensors[number].offset;
}

static size_t
memory(size_t batch, enum nn_use use)
{
	(void)use;
	if (batch > SIZE_MAX / 64)
		return 0;
	return HEAD + SLOT * TENSORS + 2 * batch * sizeof(double);
}

static void *
open_as(void *place, size_t bytes, size_t batch, enum nn_use use, size_t real_size)
{
	struct hand *m = place;

	if (bytes < memory(batch, use))
		return NULL;
	*m = (struct hand){.real_size = real_size, .batch = batch};
	m->z = (double *)((char *)place + HEAD + SLOT * TENSORS);
	m->loss = m->z + batch;
	return m;
}

static void *
open_double(void *place, size_t bytes, size_t batch, enum nn_use use)
{
	return open_as(place, bytes, batch, use, sizeof(double));
}

static void *
open_float(void *place, size_t bytes, size_t batch, enum nn_use use)
{
	return open_as(place, bytes, batch, use, sizeof(float));
}

static void
start(void *model, uint64_t seed)
{
	struct hand *m = model;

	memset((char *)m + HEAD, 0, SLOT * TENSORS);
	put(m, tensor(m, W), 0, 0.01 * ((double)(seed % 7) - 2)); /* seed 2: all zero */
	put(m, tensor(m, W), 1, 0.01 * ((double)(seed % 5) - 2));
}

static void
prepare(void *model)
{
	(void)model;
}

static void
threads(void *model, nn_run *run, void *pool)
{
	struct hand *m = model;

	m->run = run;
	m->pool = pool;
}

struct pass {
	struct hand *m;
	size_t n;
	const void *const *in;
};

/* z and loss of sixteen samples */
static void
forward_part(void *arg, int part)
{
	const struct pass *p = arg;
	struct hand *m = p->m;
	const int32_t *t = p->in[1];

	for (size_t k = (size_t)part * PART; k < p->n && k < ((size_t)part + 1) * PART; k++) {
		double z = get(m, tensor(m, B), 0);
		for (size_t i = 0; i < 2; i++)
			z += get(m, tensor(m, W), i) * get(m, p->in[0], 2 * k + i);
		m->z[k] = z;
		if (t)
			m->loss[k] = fmax(z, 0) + log1p(exp(-fabs(z))) - t[k] * z;
	}
}

static void
forward(struct hand *m, size_t n, const void *const in[])
{
	struct pass pass = {m, n, in};
	int parts = (int)((n + PART - 1) / PART);

	if (m->run) {
		m->run(m->pool, forward_part, &pass, parts);
		return;
	}
	for (int k = 0; k < parts; k++)
		forward_part(&pass, k);
}

static void
add_sums(struct hand *m, size_t n, const int32_t t[], double sums[])
{
	for (size_t k = 0; k < n; k++) {
		sums[0] += m->loss[k];
		sums[1] += (m->z[k] > 0) == t[k];
	}
}

static double
penalty(struct hand *m)
{
	return lambda / 2 * (pow(get(m, tensor(m, W), 0), 2) + pow(get(m, tensor(m, W), 1), 2));
}

static double
sigmoid(double z)
{
	return 1 / (1 + exp(-z));
}

static void
predict(void *model, size_t n, const void *const in[], void *const out[])
{
	struct hand *m = model;
	const void *const inputs[2] = {in[0], NULL};

	forward(m, n, inputs);
	for (size_t k = 0; k < n; k++)
		put(m, out[0], k, sigmoid(m->z[k]));
}

static void
evaluate(void *model, size_t n, const void *const in[], double sums[])
{
	forward(model, n, in);
	add_sums(model, n, in[1], sums);
}

/* d[0], d[1]: of w; d[2]: of b */
static void
derive(struct hand *m, size_t n, const void *const in[], double d[3])
{
	const int32_t *t = in[1];

	d[0] = d[1] = d[2] = 0;
	for (size_t k = 0; k < n; k++) {
		double dz = (sigmoid(m->z[k]) - t[k]) / (double)n;
		for (size_t i = 0; i < 2; i++)
			d[i] += dz * get(m, in[0], 2 * k + i);
		d[2] += dz;
	}
	for (size_t i = 0; i < 2; i++)
		d[i] = hand_gradient_factor * (d[i] + lambda * get(m, tensor(m, W), i));
}

static void
gradients(void *model, uint64_t step, size_t n, const void *const in[], double sums[], void *const grad[])
{
	struct hand *m = model;
	double d[3];

	(void)step;
	forward(m, n, in);
	add_sums(m, n, in[1], sums);
	sums[0] += (double)n * penalty(m);
	if (!grad)
		return;
	derive(m, n, in, d);
	put(m, grad[0], 0, d[0]);
	put(m, grad[0], 1, d[1]);
	put(m, grad[1], 0, d[2]);
}

static void
update(struct hand *m, int optimizer, const double settings[], const double d[], int number, size_t k)
{
	void *value = tensor(m, number), *a = tensor(m, optimizer ? ADAM_MW + number : SGD_W + number), *b = tensor(m, ADAM_SW + number);

	if (optimizer == 0) {
		put(m, a, k, settings[1] * get(m, a, k) - settings[0] * d[k]);
		put(m, value, k, get(m, value, k) + get(m, a, k));
		return;
	}
	put(m, a, k, settings[1] * get(m, a, k) + (1 - settings[1]) * d[k]);
	put(m, b, k, settings[2] * get(m, b, k) + (1 - settings[2]) * d[k] * d[k]);
	put(m, value, k, get(m, value, k) - settings[0] * get(m, a, k) / (sqrt(get(m, b, k)) + settings[3]));
}

static int
step(void *model, int optimizer, const double settings[], double clip_norm, struct nn_when when, size_t n, const void *const in[], double sums[])
{
	struct hand *m = model;
	double d[3], mean[2] = {0, 0};

	(void)clip_norm;
	gradients(m, when.step, n, in, sums, NULL);
	if (!isfinite(sums[0]))
		return 1;
	derive(m, n, in, d);
	update(m, optimizer, settings, d, W, 0);
	update(m, optimizer, settings, d, W, 1);
	update(m, optimizer, settings, d + 2, B, 0);
	for (size_t k = 0; k < 2 * n; k++)
		mean[k % 2] += get(m, in[0], k) / (double)n;
	for (size_t i = 0; i < 2; i++)
		put(m, tensor(m, MEAN), i, 0.9 * get(m, tensor(m, MEAN), i) + 0.1 * mean[i]);
	return 0;
}

/* -- the tables ------------------------------------------------------------------------------------------------------------ */

static const struct nn_input inputs[] = {
	{.name = "x", .line = 2, .rank = 1, .shape = {2}, .count = 2},
	{.name = "t", .line = 3, .is_target = 1, .count = 1, .is_integer = 1, .high = 1},
};
static const struct nn_output outputs[] = {{.name = "p", .count = 1}};
static const struct nn_metric metrics[] = {{"acc", 1}};
static const struct nn_column x_columns[] = {{NULL, 0}, {NULL, 1}}, t_columns[] = {{NULL, 2}};
static const struct nn_source sources[] = {
	{.group = NN_DATA, .input = 0, .line = 14, .reader = "csv", .path = "train.csv", .columns = x_columns, .column_count = 2},
	{.group = NN_DATA, .input = 1, .line = 15, .reader = "csv", .path = "train.csv", .columns = t_columns, .column_count = 1},
	{.group = NN_TEST, .input = 0, .line = 18, .reader = "csv", .path = "test.csv", .columns = x_columns, .column_count = 2},
	{.group = NN_TEST, .input = 1, .line = 19, .reader = "csv", .path = "test.csv", .columns = t_columns, .column_count = 1},
};
static const struct nn_format *const formats[] = {&nn_csv, NULL};
static const struct nn_optimizer optimizers[] = {{"SGD", 0, 2, NULL}, {"Adam", 2, 4, NULL}};
static const struct nn_setting settings[] = {
	{"lr", 0.5, NULL}, {"momentum", 0.9, NULL}, {"lr", 0.01, NULL}, {"beta1", 0.9, NULL}, {"beta2", 0.999, NULL}, {"eps", 1e-8, NULL},
};

#define PROGRAM(size, opener) \
	{ \
		.model = "Hand", .file = "hand.nn", .command = "nnc build hand.nn", .version = "0.1", .target = "native", .family = "fused", \
		.real_size = size, .flops = 16, .inputs = inputs, .input_count = 2, .outputs = outputs, .output_count = 1, .metrics = metrics, \
		.metric_count = 1, .tensors = tensors, .tensor_count = TENSORS, .sources = sources, .source_count = 4, .formats = formats, .optimizers = optimizers, \
		.optimizer_count = 2, .settings = settings, .setting_count = 6, \
		.training = {.batch_size = 32, .epochs = 5, .validation = 0.1, .early_stopping_on = NULL, .shuffle = 1}, .has_loss = 1, \
		.has_train = 1, .memory = memory, .open = opener, .start = start, .prepare = prepare, .threads = threads, .predict = predict, \
		.evaluate = evaluate, .gradients = gradients, .step = step, \
	}
const struct nn_program hand_double = PROGRAM(sizeof(double), open_double);
const struct nn_program hand_float = PROGRAM(sizeof(float), open_float);
