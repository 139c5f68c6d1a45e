/* reference.c - made-up data and what the interpreter makes of it: outputs, sums, gradients, and a few steps of every optimizer.
 *
 * Numbers are drawn with splitmix64, keyed by a name and a place, so that they do not depend on what else a model has.  Every fourth is a
 * multiple of 1/2: conditions meet their edge, and maxima have rivals. */
#include "compare.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers ------------------------------------------------------------------------------------------------------------------ */

static uint64_t
mix(uint64_t z)
{
	z += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static uint64_t
key_of(const char *name, long place)
{
	uint64_t h = 14695981039346656037u;
	for (; *name; name++) h = (h ^ (unsigned char)*name) * 1099511628211u;
	return mix(h ^ mix((uint64_t)place));
}

/* about normal: the sum of four uniform numbers */
static double
noise(const char *name, long place)
{
	uint64_t key = key_of(name, place);
	double sum = 0;
	for (int i = 0; i < 4; i++) sum += (double)(mix(key + (uint64_t)i) >> 11) * 0x1p-53 - 0.5;
	sum *= sqrt(3);
	return mix(key + 4) % 4 == 0 ? round(2 * sum) / 2 : sum;
}

static struct values
values_of(struct reference *r, const struct tensor *t, long samples)
{
	struct values v = {t->name, NULL, tensor_count(t) * (t->batch ? samples : 1), t->rank - t->batch, t->shape + t->batch, t->integer};
	v.at = calloc((size_t)v.count + 1, sizeof *v.at);
	(void)r;
	if (!v.at) abort();
	return v;
}

/* ---- start -------------------------------------------------------------------------------------------------------------------- */

static uint32_t
site_of(const char *s)
{
	uint32_t h = 2166136261u;
	for (; *s; s++) h = (h ^ (unsigned char)*s) * 16777619u;
	return h;
}

static double
dot(const double *a, const double *b, long along, long length)
{
	double sum = 0;
	for (long j = 0; j < length; j++) sum += a[j * along] * b[j * along];
	return sum;
}

static void
make_orthogonal(const struct arithmetic *a, double *w, long rows, long columns)
{
	long n = rows < columns ? rows : columns, length = rows < columns ? columns : rows;
	long next = rows < columns ? columns : 1, along = rows < columns ? 1 : columns;
	for (long i = 0; i < n; i++) {
		double *wi = w + i * next;
		for (int pass = 0; pass < 2; pass++)
			for (long k = 0; k < i; k++) {
				double d = dot(wi, w + k * next, along, length);
				for (long j = 0; j < length; j++) wi[j * along] = a->round(wi[j * along] - d * w[k * next + j * along]);
			}
		double size = 1 / sqrt(dot(wi, wi, along, length));
		for (long j = 0; j < length; j++) wi[j * along] = a->round(wi[j * along] * size);
	}
}

/* initialisers by docs/language.md: glorot's and he's widths from fan_in = axis 1 and fan_out = axis 0, times the axes behind them */
static struct values
start_of(struct reference *r, const struct tensor *t)
{
	const struct arithmetic *a = r->arithmetic;
	struct values v = values_of(r, t, 0);
	double rest = 1, low = t->start.argument[0], high = t->start.argument[1];
	for (int i = 2; i < t->rank; i++) rest *= (double)t->shape[i];
	double out = (t->rank > 0 ? (double)t->shape[0] : 1) * rest, in = t->rank > 1 ? (double)t->shape[1] * rest : out;
	const char *word = t->start.word ? t->start.word : "";
	double fan = !strncmp(word, "glorot", 6) ? in + out : in;
	bool uniform = strstr(word, "uniform"), orthogonal = !strcmp(word, "orthogonal"), own = strchr(word, '_');
	if (uniform && own) high = sqrt(6 / fan), low = -high;
	if (!uniform && own) low = 0, high = sqrt(2 / fan);
	if (orthogonal) low = 0, high = 1;
	low = a->round(low), high = a->round(high);
	for (long i = 0; i < v.count; i++)
		v.at[i] = !*word    ? low
			  : uniform ? a->fma(a->uniform(SEED, 0, site_of(t->name), 0, (uint32_t)i), a->sub(high, low), low)
				    : a->fma(a->normal(SEED, 0, site_of(t->name), 0, (uint32_t)i), high, low);
	if (orthogonal) make_orthogonal(a, v.at, t->rank ? t->shape[0] : 1, t->rank ? v.count / t->shape[0] : 1);
	return v;
}

static void
make_parameters(struct reference *r)
{
	struct program *p = r->model->train;
	for (int i = 0; i < p->tensors.n; i++) {
		const struct tensor *t = p->tensors.at[i];
		if (t->role == ROLE_STATE || t->role == ROLE_FROZEN) PUSH(p->arena, &r->states, start_of(r, t));
		if (t->role != ROLE_PARAM) continue;
		struct values v = start_of(r, t), w = values_of(r, t, 0);
		for (long k = 0; k < v.count; k++) w.at[k] = r->arithmetic->round(v.at[k] + 0.25 * noise(t->name, k));
		PUSH(p->arena, &r->start, v);
		PUSH(p->arena, &r->params, w);
	}
}

static void
make_inputs(struct reference *r, struct batch *b)
{
	for (int i = 0; i < r->model->inputs.n; i++) {
		const struct tensor *t = r->model->inputs.at[i];
		struct values v = values_of(r, t, b->n);
		for (long k = 0; k < v.count; k++) {
			if (!t->integer) v.at[k] = r->arithmetic->round(noise(t->name, k + 1000003 * b->n));
			else v.at[k] = (double)(t->low + (long)(key_of(t->name, k + 1000003 * b->n) % (uint64_t)(t->high - t->low + 1)));
		}
		PUSH(r->model->train->arena, &b->inputs, v);
	}
}

/* ---- worlds ------------------------------------------------------------------------------------------------------------------- */

static struct world
world_of(const struct reference *r, struct program *p, long samples)
{
	struct world w = {.program = p, .arithmetic = r->arithmetic, .batch = samples, .seed = SEED};
	w.value = calloc((size_t)p->tensors.n + 1, sizeof *w.value);
	for (int i = 0; i < p->tensors.n; i++) {
		w.value[i] = calloc((size_t)world_count(&w, p->tensors.at[i]) + 1, sizeof **w.value);
		if (!w.value[i]) abort();
	}
	return w;
}

static void
world_free(struct world *w)
{
	for (int i = 0; i < w->program->tensors.n; i++) free(w->value[i]);
	free(w->value);
}

/* the values to all tensors of these names that equations read from outside */
static void
give(struct world *w, const struct value_list *values)
{
	for (int i = 0; i < w->program->tensors.n; i++) {
		const struct tensor *t = w->program->tensors.at[i];
		if (t->role == ROLE_VALUE || t->role == ROLE_ADJOINT || t->role == ROLE_RANDOM) continue;
		for (int k = 0; k < values->n; k++)
			if (!strcmp(values->at[k].name, t->name)) memcpy(w->value[i], values->at[k].at, (size_t)values->at[k].count * sizeof(double));
	}
}

static void
add_up(const struct world *w, double sums[])
{
	const struct program *p = w->program;
	for (int k = 0; k <= p->metrics.n; k++) {
		const struct tensor *t = k ? p->metrics.at[k - 1] : p->loss;
		sums[k] = 0;
		for (long n = 0; n < w->batch; n++) sums[k] += w->value[t->id][t->batch ? n : 0];
	}
}

static void
run_training(struct world *w, const struct batch *b, const struct value_list *params, const struct value_list *states, uint32_t step)
{
	give(w, &b->inputs);
	give(w, params);
	give(w, states);
	w->step = step;
	interpret(w);
}

static void
compute_evaluation(struct reference *r, struct batch *b)
{
	struct program *p = r->model->eval;
	struct world w = world_of(r, p, b->n);
	give(&w, &b->inputs);
	give(&w, &r->params);
	give(&w, &r->states);
	interpret(&w);
	for (int i = 0; i < p->outputs.n; i++) {
		struct values v = values_of(r, p->outputs.at[i], b->n);
		long each = tensor_count(p->outputs.at[i]);
		v.name = p->output_names.at[i];
		if (!p->outputs.at[i]->batch) { /* the same for every sample */
			v.count = each * b->n;
			v.at = calloc((size_t)v.count + 1, sizeof *v.at);
			for (long k = 0; k < v.count; k++) v.at[k] = w.value[p->outputs.at[i]->id][k % each];
		} else memcpy(v.at, w.value[p->outputs.at[i]->id], (size_t)v.count * sizeof *v.at);
		PUSH(p->arena, &b->outputs, v);
	}
	if (p->loss) add_up(&w, b->evaluated);
	world_free(&w);
}

static struct tensor *
gradient_of(const struct program *p, const char *param)
{
	for (int i = 0; i < p->gradients.n; i++)
		if (!strcmp(p->gradients.at[i].param->name, param)) return p->gradients.at[i].gradient;
	return NULL;
}

static struct value_list copies(struct arena *arena, const struct value_list *from);

/* s <- expr */
static void
update_states(const struct world *w, struct value_list *states)
{
	const struct program *p = w->program;
	for (int u = 0; u < p->updates.n; u++)
		for (int i = 0; i < states->n; i++)
			if (!strcmp(states->at[i].name, p->updates.at[u].old->name))
				memcpy(states->at[i].at, w->value[p->updates.at[u].new->id], (size_t)states->at[i].count * sizeof(double));
}

static void
compute_gradients(struct reference *r, struct batch *b)
{
	struct program *p = r->model->train;
	struct world w = world_of(r, p, b->n);
	run_training(&w, b, &r->params, &r->states, GRADIENT_STEP);
	add_up(&w, b->trained);
	for (int i = 0; i < r->params.n; i++) {
		struct values v = r->params.at[i];
		const struct tensor *g = gradient_of(p, v.name);
		v.at = calloc((size_t)v.count + 1, sizeof *v.at);
		if (g) memcpy(v.at, w.value[g->id], (size_t)v.count * sizeof *v.at);
		else fprintf(stderr, "note: %s has no gradient\n", v.name);
		PUSH(p->arena, &b->gradients, v);
	}
	b->states = copies(p->arena, &r->states);
	update_states(&w, &b->states);
	world_free(&w);
}

/* ---- steps -------------------------------------------------------------------------------------------------------------------- */

static void
update(struct optimizer *o, struct world *w, double step, double *param, const double *gradient, double **moments, long count)
{
	struct program *p = o->program;
	for (long i = 0; i < count; i++) {
		w->value[o->weight->id][0] = param[i];
		w->value[o->gradient->id][0] = gradient[i];
		w->value[o->step->id][0] = step;
		w->value[o->steps->id][0] = STEPS_IN_ALL;
		w->value[o->epoch->id][0] = (step - 1) / STEPS_AN_EPOCH;
		for (int s = 0; s < o->settings.n; s++) w->value[o->settings.at[s].tensor->id][0] = o->settings.at[s].value;
		for (int s = 0; s < o->states.n; s++) w->value[o->states.at[s]->id][0] = moments[s][i];
		interpret(w);
		for (int u = 0; u < p->updates.n; u++) {
			double v = w->value[p->updates.at[u].new->id][0];
			if (p->updates.at[u].old == o->weight) param[i] = v;
			for (int s = 0; s < o->states.n; s++)
				if (p->updates.at[u].old == o->states.at[s]) moments[s][i] = v;
		}
	}
}

/* docs/numerics.md, section 4: 16 running sums in double for each gradient, a tree, the gradients in the order of their parameters */
static double
squares(const double *x, long count)
{
	double sum[16] = {0};
	for (long i = 0; i < count; i++) sum[i % 16] += x[i] * x[i];
	for (int half = 8; half; half /= 2)
		for (int k = 0; k < half; k++) sum[k] += sum[k + half];
	return sum[0];
}

static void
clip(const struct reference *r, struct world *w, const struct value_list *params)
{
	double most = r->model->training.clip_norm, sum = 0;
	for (int i = 0; i < params->n; i++) {
		const struct tensor *g = gradient_of(w->program, params->at[i].name);
		if (g) sum += squares(w->value[g->id], params->at[i].count);
	}
	double factor = most / (sqrt(sum) + 1e-6);
	for (int i = 0; most > 0 && factor < 1 && i < params->n; i++) {
		const struct tensor *g = gradient_of(w->program, params->at[i].name);
		for (long k = 0; g && k < params->at[i].count; k++) w->value[g->id][k] = r->arithmetic->mul(w->value[g->id][k], r->arithmetic->round(factor));
	}
}

static struct value_list
copies(struct arena *arena, const struct value_list *from)
{
	struct value_list to = {0};
	for (int i = 0; i < from->n; i++) {
		struct values v = from->at[i];
		v.at = calloc((size_t)v.count + 1, sizeof *v.at);
		memcpy(v.at, from->at[i].at, (size_t)v.count * sizeof *v.at);
		PUSH(arena, &to, v);
	}
	return to;
}

static void
compute_steps(struct reference *r, struct batch *b, struct optimizer *o, struct stepped *s)
{
	struct program *p = r->model->train;
	struct world w = world_of(r, p, b->n), own = world_of(r, o->program, 1);
	int states = o->states.n;
	s->params = copies(p->arena, &r->params);
	s->states = copies(p->arena, &r->states);
	for (int k = 0; k < states; k++)
		for (int i = 0; i < r->params.n; i++) {
			struct values v = r->params.at[i];
			v.name = arena_print(p->arena, "%s.%s", v.name, o->states.at[k]->name);
			v.at = calloc((size_t)v.count + 1, sizeof *v.at);
			for (long m = 0; m < v.count; m++) v.at[m] = r->arithmetic->round(o->states.at[k]->start.argument[0]);
			PUSH(p->arena, &s->moments, v);
		}
	for (int step = 1; step <= STEPS; step++) {
		run_training(&w, b, &s->params, &s->states, (uint32_t)step);
		add_up(&w, s->sums[step - 1]);
		s->finite[step - 1] = isfinite(s->sums[step - 1][0]);
		if (!s->finite[step - 1]) continue;
		update_states(&w, &s->states);
		clip(r, &w, &s->params);
		for (int i = 0; i < s->params.n; i++) {
			struct tensor *g = gradient_of(p, s->params.at[i].name);
			double *moments[16];
			if (!g) continue;
			for (int k = 0; k < states; k++) moments[k] = s->moments.at[k * s->params.n + i].at;
			update(o, &own, step, s->params.at[i].at, w.value[g->id], moments, s->params.at[i].count);
		}
	}
	world_free(&w);
	world_free(&own);
}

/* ---- all of it ------------------------------------------------------------------------------------------------------------------ */

static bool
reduces_over_samples(const struct program *p)
{
	for (int i = 0; i < p->equations.n; i++) {
		bool batch;
		bound_elements(p->equations.at[i], &batch);
		if (batch) return true;
	}
	return false;
}

void
reference_compute(struct reference *r, const long sizes[], int n)
{
	const struct training *training = &r->model->training;
	bool ordered = order_equations(r->model->train) && order_equations(r->model->eval);
	for (int i = 0; i < training->optimizers.n; i++) ordered &= order_equations(training->optimizers.at[i]->program);
	if (!ordered) fprintf(stderr, "note: the equations form a cycle\n");
	make_parameters(r);
	r->metrics = r->model->eval->metrics.n;
	r->mixes_samples = reduces_over_samples(r->model->eval);
	r->batch_count = n;
	for (int i = 0; i < n; i++) {
		struct batch *b = &r->batch[i];
		b->n = sizes[i];
		make_inputs(r, b);
		compute_evaluation(r, b);
		if (!r->model->train->loss) continue;
		compute_gradients(r, b);
		/* every optimizer on one batch that fills no panel, the default on the others */
		b->stepped_count = b->n == 37 ? training->optimizers.n : training->optimizers.n > 0;
		b->stepped = calloc((size_t)b->stepped_count + 1, sizeof *b->stepped);
		for (int k = 0; k < b->stepped_count; k++) /* a method of the runtime is no step */
			if (!training->optimizers.at[k]->method) compute_steps(r, b, training->optimizers.at[k], &b->stepped[k]);
	}
}
