/* model.c - m.h and m.c: the model as a library of pure functions over memory that the caller gives. */
#include "emit/emit.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- arguments of the interface ---------------------------------------------------------------------------------------------------------------------------- */

static const char *
input_type(const struct emission *e, const struct tensor *t)
{
	return t->integer ? "int32_t" : e->f64 ? "double" : "float";
}

const char *
input_member(struct emission *e, const struct tensor *t)
{
	return c_name(&e->members, arena_print(e->arena, "%s in", t->name));
}

/* ", const float *x, const int32_t *t" */
const char *
input_arguments(struct emission *e, bool targets, bool declare)
{
	struct text s = {.arena = e->arena};
	for (int i = 0; i < e->model->inputs.n; i++) {
		const struct tensor *t = e->model->inputs.at[i];
		if (t->role == ROLE_TARGET && !targets) continue;
		if (declare) text_add(&s, ", const %s *%s", input_type(e, t), input_member(e, t));
		else text_add(&s, ", %s", input_member(e, t));
	}
	return text_end(&s);
}

/* ", x_in + first * 784, t_in + first" */
const char *
input_rows(struct emission *e, bool targets)
{
	struct text s = {.arena = e->arena};
	for (int i = 0; i < e->model->inputs.n; i++) {
		const struct tensor *t = e->model->inputs.at[i];
		if (t->role == ROLE_TARGET && !targets) continue;
		text_add(&s, ", %s + first", input_member(e, t));
		if (tensor_count(t) != 1) text_add(&s, " * %ld", tensor_count(t));
	}
	return text_end(&s);
}

static const char *
output_argument(struct emission *e, int i)
{
	return c_name(&e->members, arena_print(e->arena, "%s out", e->model->eval->output_names.at[i]));
}

static const char *
output_arguments(struct emission *e, bool declare)
{
	struct text s = {.arena = e->arena};
	const struct program *p = e->model->eval;
	for (int i = 0; i < p->outputs.n; i++) {
		const char *name = output_argument(e, i);
		if (declare) text_add(&s, ", %s *%s", input_type(e, p->outputs.at[i]), name);
		else text_add(&s, ", %s", name);
	}
	return text_end(&s);
}

/* ---- the header ---------------------------------------------------------------------------------------------------------------------------------------------- */

static const char tensor_declarations[] =
	"#ifndef NN_TENSOR\n"
	"#define NN_TENSOR /* the same for every model */\n"
	"enum nn_role { NN_PARAM, NN_STATE, NN_MOMENT, NN_FROZEN, NN_DRAW };\n"
	"\n"
	"struct nn_tensor {\n"
	"\tconst char *path;  /* \"Dense1.W\" */\n"
	"\tenum nn_role role; /* parameter, state of a layer, what an optimizer keeps, a parameter that is not learned; or random numbers of a sample, which have no place */\n"
	"\tint optimizer;     /* which one; -1 */\n"
	"\tint rank;\n"
	"\tsize_t shape[8];\n"
	"\tsize_t count;      /* elements */\n"
	"\tsize_t offset;     /* bytes from the start of the memory given to open */\n"
	"};\n"
	"\n"
	"/* runs part(arg, 0) .. part(arg, parts - 1), in any order, on any threads, and returns when all are done */\n"
	"typedef void nn_part(void *arg, int part);\n"
	"typedef void nn_run(void *pool, nn_part *part, void *arg, int parts);\n"
	"\n"
	"/* what memory and open plan for: to train with any number of samples, a batch of them at a time, is NN_ACCUMULATE */\n"
	"enum nn_use { NN_PREDICT, NN_TRAIN, NN_ACCUMULATE };\n"
	"\n"
	"struct nn_when {   /* where a step stands */\n"
	"\tuint64_t step;  /* counted from 1 */\n"
	"\tuint64_t steps; /* how many there will be: what some schedules go by */\n"
	"\tdouble epoch;   /* epochs before this step, whole or not: what others go by */\n"
	"};\n"
	"#endif\n";

static void
write_banner(struct emission *e, struct text *t, const char *name, const char *what, const char *command)
{
	const struct program *p = e->model->train;
	double count = 0, frozen = 0;
	int n = 0;
	for (int i = 0; i < p->tensors.n; i++) {
		const struct tensor *x = p->tensors.at[i];
		n += tensor_is_param(x);
		if (tensor_is_param(x)) count += (double)tensor_count(x);
		if (x->role == ROLE_FROZEN) frozen += (double)tensor_count(x);
	}
	text_add(t, "/* %s - %s %s: %.0f parameters in %d tensors, %s%s.\n", c_comment(e->arena, name), what, c_comment(e->arena, e->model->name), count, n,
		 frozen ? arena_print(e->arena, "%.0f of them frozen, ", frozen) : "", e->f64 ? "float64" : "float32");
	text_add(t, " * Made by nnc " NNC_VERSION " with:  %s */\n", c_comment(e->arena, command));
}

static void
write_header(struct emission *e, const char *command, struct file_list *out)
{
	struct text t = {.arena = e->arena};
	const char *p = e->prefix, *real = e->f64 ? "double" : "float";
	struct arena *a = e->arena;
	const char *name = arena_print(a, "%s.h", p);
	struct text guard = {.arena = a};
	for (const char *s = p; *s; s++) text_add(&guard, "%c", toupper((unsigned char)*s));
	write_banner(e, &t, name, "the model", command);
	text_add(&t, "#ifndef %s_H\n#define %s_H\n\n#include <stddef.h>\n#include <stdint.h>\n\n", text_end(&guard), text_end(&guard));
	text_add(&t, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n%s\nstruct %s;\n\n", tensor_declarations, p);
	text_add(&t, "/* bytes for batches of up to `batch` samples, 0 if that is too much; the memory must be aligned to 64 bytes */\n");
	text_add(&t, "size_t %s_memory(size_t batch, enum nn_use use);\n", p);
	text_add(&t, "/* lays the model out in the memory; NULL if it is too small */\n");
	text_add(&t, "struct %s *%s_open(void *memory, size_t bytes, size_t batch, enum nn_use use);\n", p, p);
	text_add(&t, "/* initial parameters, states and moments */\n");
	text_add(&t, "void %s_start(struct %s *m, uint64_t seed);\n", p, p);
	text_add(&t, "/* after parameters were changed from outside, before predict or evaluate */\n");
	text_add(&t, "void %s_prepare(struct %s *m);\n", p, p);
	text_add(&t, "/* how to run parts of a kernel; without it they run in order */\n");
	text_add(&t, "void %s_threads(struct %s *m, nn_run *run, void *pool);\n\n", p, p);
	text_add(&t, "extern const struct nn_tensor %s_tensors[];\nextern const size_t %s_tensor_count;\n\n", p, p);
	text_add(&t, "/* Samples are rows of plain arrays:");
	for (int i = 0; i < e->model->inputs.n; i++) {
		const struct tensor *in = e->model->inputs.at[i];
		text_add(&t, "%s %s[n]%s", i ? "," : "", input_member(e, in), shape_comment(e, in));
		if (in->integer) text_add(&t, " in %ld..%ld", in->low, in->high);
	}
	text_add(&t, " */\n\n");
	if (e->model->eval->outputs.n) {
		text_add(&t, "/* evaluation mode */\nvoid %s_predict(struct %s *m, size_t n%s%s);\n", p, p, input_arguments(e, false, true), output_arguments(e, true));
	}
	if (e->model->train->loss) {
		text_add(&t, "/* adds up over the samples, in evaluation mode: sums[0] the loss without penalties");
		for (int i = 0; i < e->model->eval->metric_names.n; i++) text_add(&t, ", sums[%d] %s", i + 1, c_comment(a, e->model->eval->metric_names.at[i]));
		text_add(&t, " */\nvoid %s_evaluate(struct %s *m, size_t n%s, double sums[]);\n", p, p, input_arguments(e, true, true));
		text_add(&t, "/* one pass in training mode with the draws of `step`; grad[k] receives the gradient of the mean loss for the k-th parameter of\n"
			     " * the table, grad may be NULL: then only the sums (with penalties) */\n");
		text_add(&t, "void %s_gradients(struct %s *m, uint64_t step, size_t n%s, double sums[], %s *const grad[]);\n", p, p, input_arguments(e, true, true), real);
	}
	if (has_step(e->model)) write_step_declaration(e, &t);
	if (e->model->train->loss && e->model->train->updates.n)
		text_add(&t, "/* one pass in training mode, after which the states of layers are those after a step; sums as for gradients */\nvoid %s_states(struct %s *m, uint64_t step, size_t n%s, double sums[]);\n", p, p,
			 input_arguments(e, true, true));
	if (e->model->train->loss && list_draws(e, NULL))
		text_add(&t, "/* the random numbers that a step with n samples draws, in training mode: draws[k] receives [n][shape] for row k; NULL: not wanted */\n"
			     "extern const struct nn_tensor %s_draw_table[];\nextern const size_t %s_draw_count;\nvoid %s_draws(const struct %s *m, uint64_t step, size_t n, %s *const draws[]);\n", p, p, p, p, real);
	text_add(&t, "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
	PUSH(a, out, (struct file_text){name, text_end(&t)});
}

/* ---- entries ------------------------------------------------------------------------------------------------------------------------------------------------------------ */

static void
write_layout(struct emission *e, struct text *t, const struct plan *plan)
{
	struct program *p = plan->program;
	text_add(t, "/* buffers of %s: %.0f bytes%s */\nstatic void\nlayout_%s(struct %s *m%s)\n{\n", plan->entry, plan->sample_bytes, plan->single ? "" : " a sample", plan->entry, e->prefix, plan->single ? "" : ", int samples");
	text_add(t, plan->single ? "\tm->samples = m->panels = 1;\n\tm->room = 1;\n" : "\tm->samples = samples;\n\tm->panels = (samples + PANEL - 1) / PANEL;\n\tm->room = (size_t)m->panels * PANEL;\n");
	text_add(t, "\tm->panel_base = m->workspace + %.0f;\n", plan->plain_bytes);
	struct text own = {.arena = e->arena};
	for (int i = 0; i < p->tensors.n; i++) {
		struct tensor *x = p->tensors.at[i];
		const struct slot *at = &plan->place[i];
		const char *type = x->integer ? "int32_t" : "real", *name = at->view ? NULL : used_buffer(e, x, ""), *rows = at->rows && !at->own_rows ? used_buffer(e, x, "rows") : NULL;
		if (name && (at->storage == IN_PANELS || at->panels) && plan->single)
			text_add(&own, "\tm->%s = (%s *)(m->workspace + %.0f); /* %s */\n", name, type, plan->plain_bytes + at->offset, shape_comment(e, x));
		else if (name && (at->storage == IN_PANELS || at->panels))
			text_add(&own, "\tm->%s = (%s *)(m->panel_base + m->room * %.0f); /* [panels][%ld][PANEL] */\n", name, type, at->offset, tensor_count(x));
		if (rows) text_add(&own, "\tm->%s = (real *)(m->panel_base + m->room * %.0f); /* [samples][%ld] */\n", rows, at->rows_offset, at->row_stride);
		if (name && at->storage == IN_PLAIN) text_add(&own, "\tm->%s = (%s *)(m->workspace + %.0f); /* %s */\n", name, type, at->offset, shape_comment(e, x));
	}
	text_add(t, "%s}\n\n", text_end(&own));
}

static bool
is_read(const struct plan *plan, const struct tensor *input)
{
	for (int i = 0; i < plan->program->tensors.n; i++) {
		const struct slot *at = &plan->place[i];
		if ((at->panels || (at->rows && at->own_rows)) && !strcmp(plan->program->tensors.at[i]->name, input->name)) return true;
	}
	return false;
}

void
write_packing(struct emission *e, struct text *t, const struct plan *plan)
{
	struct program *p = plan->program;
	const bool predicts = plan == e->plans[PREDICT] || plan == e->plans[PREDICT_ONE];
	for (int i = 0; i < e->model->inputs.n; i++) {
		const struct tensor *x = e->model->inputs.at[i];
		if (!(predicts && x->role == ROLE_TARGET) && !is_read(plan, x)) text_add(t, "\t(void)%s; /* nothing here depends on it */\n", input_member(e, x));
	}
	for (int i = 0; i < p->tensors.n; i++) {
		struct tensor *x = p->tensors.at[i];
		if (!plan->place[i].panels) continue;
		const char *in = input_member(e, x), *to = buffer_name(e, x, "");
		if (plan->single) text_add(t, "\tmemcpy(m->%s, %s, %ld * sizeof(%s));\n", to, in, tensor_count(x), x->integer ? "int32_t" : "real");
		else if (x->integer) text_add(t, "\tnn_pack_ints(%s, %ld, samples, %ld, m->%s);\n", in, tensor_count(x), x->low, to);
		else text_add(t, "\tnn_pack(%s, %ld, samples, m->%s);\n", in, tensor_count(x), to);
	}
	for (int i = 0; i < p->tensors.n; i++)
		if (plan->place[i].rows && plan->place[i].own_rows) text_add(t, "\tm->%s = %s;\n", input_member(e, p->tensors.at[i]), input_member(e, p->tensors.at[i]));
}

/* a stored gradient goes to whoever takes it */
struct call
sink_call(struct emission *e, const struct plan *plan, const char *guard, const struct kernel *k)
{
	struct call c = {.n = 2, .at = NEW_ARRAY(e->arena, 2, struct call_argument)};
	int number_ = param_number(e, k->gradient);
	c.at[0] = (struct call_argument){number_, ARGUMENT_NUMBER};
	c.at[1].value = plan->place[k->finished->id].offset;
	c.text = arena_print(e->arena, "%sm->sink(m, %c, 0, %ld, plain_at(m, %c));", guard, CALL_ARGUMENT, tensor_count(k->finished), CALL_ARGUMENT);
	if (!k->function->shared) c.alone = arena_print(e->arena, "%sm->sink(m, %d, 0, %ld, m->%s);", guard, number_, tensor_count(k->finished), buffer_name(e, k->finished, ""));
	return c;
}

void
write_calls(struct emission *e, struct text *t, struct plan *plan, int from, int to)
{
	const struct recurrence_of *loop = NULL;
	struct call_list calls = {0};
	for (int i = from; i < to; i++) {
		struct kernel *k = plan->kernels.at[i];
		if (k->loop != loop) {
			write_sequence(e->arena, &calls, loop ? "\t\t" : "\t", t);
			calls = (struct call_list){0};
			if (loop) text_add(t, "\t}\n");
			if (k->loop && k->loop->direction > 0) text_add(t, "\tfor (int t = 0; t < %ld; t++) {\n", k->loop->steps);
			else if (k->loop) text_add(t, "\tfor (int t = %ld; t >= 0; t--) {\n", k->loop->steps - 1);
		}
		loop = k->loop;
		PUSH(e->arena, &calls, kernel_call(e, plan, k, k->at_last ? "if (!m->more) " : ""));
		if (k->gradient && !k->direct && k->early) PUSH(e->arena, &calls, sink_call(e, plan, plan->accumulates ? "if (!m->more) " : "", k));
	}
	write_sequence(e->arena, &calls, loop ? "\t\t" : "\t", t);
	if (loop) text_add(t, "\t}\n");
}

void
write_totals(struct emission *e, struct text *t, const struct program *p, const char *samples)
{
	text_add(t, "\tsums[0] = nn_total(sums[0], m->%s, %s);\n", buffer_name(e, p->loss, ""), samples);
	for (int i = 0; i < p->metrics.n; i++)
		text_add(t, "\tsums[%d] = nn_total%s(sums[%d], m->%s, %s); /* %s */\n", i + 1, p->metrics.at[i]->integer ? "_ints" : "", i + 1, buffer_name(e, p->metrics.at[i], ""), samples,
			 c_comment(e->arena, p->metric_names.at[i]));
}

/* name_some for a batch, name_one for a single sample: buffers, data into them, kernels; what comes of it follows */
static void
begin_pass(struct emission *e, struct text *t, struct plan *plan, const char *name, const char *arguments)
{
	const bool single = plan->single;
	text_add(t, "static void\n%s_%s(struct %s *m%s%s)\n{\n\tlayout_%s(m%s);\n", name, single ? "one" : "some", e->prefix, single ? "" : ", int samples", arguments, plan->entry, single ? "" : ", samples");
	write_batch_uniforms(e, t, false, single ? "1" : "samples");
	write_packing(e, t, plan);
	write_calls(e, t, plan, 0, plan->kernels.n);
}

/* the samples in pieces of what the memory is laid out for */
static void
write_pieces(struct emission *e, struct text *t, const char *name, const char *arguments)
{
	const bool single = e->plans[PREDICT_ONE] != NULL;
	text_add(t, "\tconst nn_mode mode = nn_flush_denormals();\n\tfor (size_t first = 0; first < n; first += m->batch) {\n\t\tint samples = (int)(n - first < m->batch ? n - first : m->batch);\n");
	if (single) text_add(t, "\t\tif (m->single) %s_one(m%s);\n\t\telse ", name, arguments);
	text_add(t, "%s%s_some(m, samples%s);\n\t}\n\tnn_set_mode(mode);\n}\n\n", single ? "" : "\t\t", name, arguments);
}

static void
write_predict_pass(struct emission *e, struct text *t, struct plan *plan)
{
	const struct program *p = plan->program;
	begin_pass(e, t, plan, "predict", arena_print(e->arena, "%s%s", input_arguments(e, false, true), output_arguments(e, true)));
	for (int i = 0; i < p->outputs.n; i++) {
		const struct tensor *x = p->outputs.at[i];
		const char *from = buffer_name(e, x, ""), *to = output_argument(e, i);
		if (plan->single) text_add(t, "\tmemcpy(%s, m->%s, %ld * sizeof *%s);\n", to, from, tensor_count(x), to);
		else text_add(t, "\tnn_unpack%s(m->%s, %ld, samples, %s);\n", x->integer ? "_ints" : "", from, tensor_count(x), to);
	}
	text_add(t, "}\n\n");
}

static void
write_predict(struct emission *e, struct text *t)
{
	const struct program *p = e->model->eval;
	struct text arguments = {.arena = e->arena};
	write_predict_pass(e, t, e->plans[PREDICT]);
	if (e->plans[PREDICT_ONE]) write_predict_pass(e, t, e->plans[PREDICT_ONE]);
	text_add(&arguments, "%s", input_rows(e, false));
	for (int i = 0; i < p->outputs.n; i++) text_add(&arguments, ", %s + first * %ld", output_argument(e, i), tensor_count(p->outputs.at[i]));
	text_add(t, "void\n%s_predict(struct %s *m, size_t n%s%s)\n{\n", e->prefix, e->prefix, input_arguments(e, false, true), output_arguments(e, true));
	write_pieces(e, t, "predict", text_end(&arguments));
}

static void
write_evaluate(struct emission *e, struct text *t)
{
	const char *arguments = input_arguments(e, true, true);
	for (int i = EVALUATE; i <= EVALUATE_ONE; i += EVALUATE_ONE - EVALUATE) {
		if (!e->plans[i]) continue;
		begin_pass(e, t, e->plans[i], "evaluate", arena_print(e->arena, "%s, double sums[]", arguments));
		write_totals(e, t, e->plans[i]->program, e->plans[i]->single ? "1" : "samples");
		text_add(t, "}\n\n");
	}
	text_add(t, "void\n%s_evaluate(struct %s *m, size_t n%s, double sums[])\n{\n", e->prefix, e->prefix, arguments);
	write_pieces(e, t, "evaluate", arena_print(e->arena, "%s, sums", input_rows(e, true)));
}

/* ---- the struct, the table ------------------------------------------------------------------------------------------------------------------------------------------------ */

static void
write_struct(struct emission *e, struct text *t)
{
	const struct training *training = &e->model->training;
	text_add(t, "struct %s {\n\tsize_t batch; /* samples that the memory is laid out for */\n\tenum nn_use use;\n\tint samples, panels; /* of this call */\n\tsize_t room; /* for so many samples: whole panels */\n\tint total, first, more; /* samples of the batch, before this chunk of it; whether another chunk follows */\n\tuint64_t seed;\n\tuint32_t step;\n", e->prefix);
	text_add(t, "\tnn_run *run;\n\tvoid *pool;\n\t/* takes some rows of a gradient: an optimizer, or a copy */\n");
	text_add(t, "\tvoid (*sink)(const struct %s *m, int tensor, size_t first, size_t count, const real *gradient);\n\treal *const *gradients;\n\tunsigned char *workspace, *panel_base; /* what belongs to no sample; panels */\n", e->prefix);
	text_add(t, "\treal *params, *moments, *so_far; /* so_far: running sums between the chunks of a batch */\n");
	if (e->plans[PREDICT_ONE]) text_add(t, "\tint single; /* the memory is for one sample */\n");
	write_param_members(e, t);
	for (int i = 0; i < training->optimizers.n; i++)
		for (int s = 0; s < training->optimizers.at[i]->states.n; s++)
			text_add(t, "\treal *%s; /* beside the parameters */\n", c_name(&e->members, arena_print(e->arena, "%s %s", training->optimizers.at[i]->name, training->optimizers.at[i]->states.at[s]->name)));
	for (int i = 0; i < e->buffers.n; i++) text_add(t, "\t%s *%s;\n", e->buffer_is_integer.at[i] ? "int32_t" : "real", e->buffers.at[i]);
	for (int i = 0; i < e->model->inputs.n; i++)
		if (!e->model->inputs.at[i]->integer) text_add(t, "\tconst real *%s; /* the caller's */\n", input_member(e, e->model->inputs.at[i]));
	for (int i = 0; i < e->uniforms.n; i++) text_add(t, "\treal %s;\n", e->uniforms.at[i].name);
	text_add(t, "};\n\n");
}

static int
moment_count(const struct emission *e)
{
	int n = 0;
	for (int i = 0; i < e->model->training.optimizers.n; i++) n += e->model->training.optimizers.at[i]->states.n;
	return n;
}

static void
write_open(struct emission *e, struct text *t, struct plan *const plans[ENTRIES])
{
	const char *p = e->prefix;
	double sample[2] = {0}, plain[2] = {0}; /* predict only, training */
	bool accumulates = plans[TRAIN] && plans[TRAIN]->accumulates;
	for (int i = PREDICT; i <= TRAIN; i++) {
		if (!plans[i]) continue;
		for (int use = i < 2 ? 0 : 1; use < 2; use++) {
			sample[use] = fmax(sample[use], plans[i]->sample_bytes);
			plain[use] = fmax(plain[use], plans[i]->plain_bytes);
		}
	}
	text_add(t, "size_t\n%s_memory(size_t batch, enum nn_use use)\n{\n", p);
	text_add(t, "\tconst size_t room = (batch / PANEL + (batch %% PANEL != 0)) * PANEL, sample = use != NN_PREDICT ? %.0f : %.0f;\n", sample[1], sample[0]);
	const bool turns = write_turns(e, NULL), single = plans[PREDICT_ONE];
	text_add(t, "\tconst size_t reals = PARAMS + STATES + (use != NN_PREDICT ? (size_t)MOMENTS : 0)%s, plain = use != NN_PREDICT ? %.0f : %.0f;\n\tconst size_t fixed = HEADER + reals * sizeof(real) + plain + 64;\n",
		 accumulates ? " + (use == NN_ACCUMULATE ? (size_t)SO_FAR : 0)" : "", plain[1], plain[0]);
	if (single) {
		double bytes = 0;
		for (int i = PREDICT_ONE; i < ENTRIES; i++)
			if (plans[i]) bytes = fmax(bytes, plans[i]->plain_bytes + plans[i]->sample_bytes);
		text_add(t, "\tif (use == NN_PREDICT && batch == 1) return HEADER + (PARAMS + STATES%s) * sizeof(real) + %.0f;\n", turns ? " + (size_t)PARAMS" : "", bytes + 64);
	}
	if (!accumulates) text_add(t, "\tif (use == NN_ACCUMULATE) return 0; /* some sample's value depends on all others */\n");
	text_add(t, "\tif (batch < 1 || batch > INT32_MAX / 2 || room > (SIZE_MAX / 2 - fixed) / (sample + 1)) return 0;\n\treturn fixed + room * sample;\n}\n\n");
	text_add(t, "struct %s *\n%s_open(void *memory, size_t bytes, size_t batch, enum nn_use use)\n{\n", p, p);
	text_add(t, "\tstruct %s *m = (struct %s *)memory;\n\tconst size_t need = %s_memory(batch, use);\n\tif (!m || !need || bytes < need) return NULL;\n", p, p, p);
	text_add(t, "\tmemset(m, 0, sizeof *m);\n\tm->batch = batch;\n\tm->use = use;\n\tm->params = (real *)((unsigned char *)memory + HEADER);\n");
	write_param_places(e, t);
	text_add(t, "\tm->moments = m->params + PARAMS + STATES;\n");
	int block = 0;
	for (int i = 0; i < e->model->training.optimizers.n; i++)
		for (int s = 0; s < e->model->training.optimizers.at[i]->states.n; s++, block++)
			text_add(t, "\tm->%s = m->moments + %d * PARAMS;\n", c_name(&e->members, arena_print(e->arena, "%s %s", e->model->training.optimizers.at[i]->name, e->model->training.optimizers.at[i]->states.at[s]->name)), block);
	if (single) text_add(t, "\tm->single = use == NN_PREDICT && batch == 1;\n");
	text_add(t, "\tm->workspace = (unsigned char *)(m->moments + (use != NN_PREDICT ? MOMENTS : %s));%s\n", turns ? "m->single ? PARAMS : 0" : "0", turns ? " /* for a single sample, matrices column by column */" : "");
	if (accumulates) write_carried(e, t, plans[TRAIN]);
	text_add(t, "\treturn m;\n}\n\n");
	text_add(t, "void\n%s_threads(struct %s *m, nn_run *run_parts, void *pool)\n{\n\tm->run = run_parts;\n\tm->pool = pool;\n}\n\n", p, p);
	text_add(t, "void\n%s_prepare(struct %s *m)\n{\n", p, p);
	if (turns) {
		text_add(t, "\tif (!m->single) return; /* parameters are read where they lie */\n");
		write_turns(e, t);
	} else {
		text_add(t, "\t(void)m; /* parameters are read where they lie */\n");
	}
	text_add(t, "}\n\n");
}

static const char *
replaced(struct arena *a, const char *text, const char *what, const char *with)
{
	struct text t = {.arena = a};
	for (const char *s; (s = strstr(text, what)); text = s + strlen(what)) {
		text_bytes(&t, text, (size_t)(s - text));
		text_add(&t, "%s", with);
	}
	text_add(&t, "%s", text);
	return text_end(&t);
}

static const char run_heading[] =
	"/* ---- parts: a kernel may run in pieces, which never share a sum --------------------------------------------------------------- */\n"
	"\n"
	"INLINE void\n"
	"run_parts(const struct MODEL *m, nn_part *part, void *call, int parts)\n"
	"{\n"
	"\tif (m->run && parts > 1) m->run(m->pool, part, call, parts);\n"
	"\telse\n"
	"\t\tfor (int i = 0; i < parts; i++) part(call, i);\n"
	"}\n"
	"\n";

/* ways to call a kernel: alone, a step of a recurrence, with offsets of its operands, both */
static const struct way {
	const char *run, *kernel, *parameters, *members, *start, *arguments;
} ways[] = {
	{"run", "kernel", "int part", "", "", "part"},
	{"run_step", "step_kernel", "int part, int t", "\tint t;\n", ", t", "part, c->t"},
	{"run_at", "kernel_at", "const size_t at[], int part", "\tconst size_t *at;\n", ", at", "c->at, part"},
	{"run_step_at", "step_kernel_at", "const size_t at[], int part, int t", "\tint t;\n\tconst size_t *at;\n", ", t, at", "c->at, part, c->t"},
};

static bool
calls_way(const char *body, const struct way *w)
{
	const size_t n = strlen(w->run);
	for (const char *s = body; (s = strstr(s, w->run)); s += n) /* not the end of another name */
		if (s > body && !isalnum((unsigned char)s[-1]) && s[-1] != '_' && !strncmp(s + n, "(m, ", 4)) return true;
	return false;
}

static void
write_ways(struct emission *e, struct text *t, const char *body)
{
	struct text own = {.arena = e->arena};
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		const struct way *w = &ways[i];
		const char *p = e->prefix;
		if (!calls_way(body, w)) continue;
		text_add(&own, "typedef void %s(const struct %s *m, %s);\n\nstruct %s_call {\n\tconst struct %s *m;\n\t%s *function;\n%s};\n\n", w->kernel, p, w->parameters, w->kernel, p, w->kernel, w->members);
		text_add(&own, "static void\n%s_part(void *arg, int part)\n{\n\tconst struct %s_call *c = (const struct %s_call *)arg;\n\tconst nn_mode mode = nn_flush_denormals();\n\tc->function(c->m, %s);\n\tnn_set_mode(mode);\n}\n\n", w->run, w->kernel, w->kernel, w->arguments);
		text_add(&own, "APART void\n%s(const struct %s *m, %s *function, int parts%s%s)\n{\n", w->run, p, w->kernel, strstr(w->start, ", t") ? ", int t" : "", strstr(w->start, ", at") ? ", const size_t at[]" : "");
		text_add(&own, "\tstruct %s_call c = {m, function%s};\n\trun_parts(m, %s_part, &c, parts);\n}\n\n", w->kernel, w->start, w->run);
	}
	if (own.length) text_add(t, "%s%s", replaced(e->arena, run_heading, "MODEL", e->prefix), text_end(&own));
}

/* where operands lie that a call names by offsets */
static void
write_places(struct emission *e, struct text *t, const char *body)
{
	const char *p = e->prefix;
	if (strstr(body, "panels_at(")) text_add(t, "INLINE void *panels_at(const struct %s *m, size_t at) { return m->panel_base + m->room * at; }\n", p);
	if (strstr(body, "plain_at(")) text_add(t, "INLINE void *plain_at(const struct %s *m, size_t at) { return m->workspace + at; }\n", p);
	if (strstr(body, "carried_at(")) text_add(t, "INLINE real *carried_at(const struct %s *m, size_t at) { return m->so_far ? m->so_far + at : 0; }\n", p);
	if (strstr(body, "params_at(")) text_add(t, "INLINE real *params_at(const struct %s *m, size_t at) { return m->params + at; }\n", p);
	if (strstr(body, "s_at(") || strstr(body, "plain_at(") || strstr(body, "carried_at(")) text_add(t, "\n");
}

/* ---- all of it -------------------------------------------------------------------------------------------------------------------------------------------- */

/* how many elements each block has: enumerators are ints, and so are their sums, so what is larger becomes a macro */
static void
write_block_sizes(struct emission *e, struct text *t, long params, long states)
{
	const struct plan *train = e->plans[TRAIN];
	const bool chunks = train && train->accumulates;
	const struct { const char *name; double count; } block[] = {
		{"PARAMS", (double)params}, {"STATES", (double)states}, {"MOMENTS", (double)params * moment_count(e)}, {"SO_FAR", chunks ? train->carried : 0}};
	double all = 0;
	for (int i = 0; i < 4; i++) all += block[i].count;
	const bool ints = all <= INT32_MAX;
	text_add(t, ints ? "enum { " : "/* elements of each block */\n");
	for (int i = 0; i < 3 + chunks; i++) text_add(t, ints ? "%s%s = %.0f" : "%s%s %.0fL\n", ints ? (i ? ", " : "") : "#define ", block[i].name, block[i].count);
	text_add(t, ints ? " }; /* elements of each block */\n\n" : "\n");
}

void
write_model(struct emission *e, const char *command, const char *file, const char *target, struct file_list *out)
{
	struct arena *a = e->arena;
	struct plan *plans[ENTRIES] = {NULL};
	struct text entries = {.arena = a}, optimizers = {.arena = a}, t = {.arena = a};
	(void)file;
	(void)target;
	struct text kernels = {.arena = a}, layouts = {.arena = a};
	number_params(e);
	for (int i = 0; i < e->params.n; i++) c_name(&e->members, e->params.at[i]->name); /* parameters have the first claim on their names */
	find_turned(e);
	for (int i = 0; i < ENTRIES; i++) {
		plans[i] = e->plans[i];
		for (int k = 0; plans[i] && k < plans[i]->kernels.n; k++) write_kernel(e, plans[i], plans[i]->kernels.at[k]);
	}
	write_functions(e, &kernels);
	for (int i = 0; i < e->model->training.optimizers.n; i++)
		if (!e->model->training.optimizers.at[i]->method) write_optimizer(e, e->model->training.optimizers.at[i], &optimizers);
	if (plans[PREDICT]) write_predict(e, &entries);
	if (plans[EVALUATE]) write_evaluate(e, &entries);
	if (plans[TRAIN]) write_training(e, &entries, plans[TRAIN]);
	if (plans[TRAIN] && has_step(e->model)) write_step(e, &entries, plans[TRAIN]);
	if (plans[TRAIN] && e->model->train->updates.n) write_states(e, &entries, plans[TRAIN]);
	if (plans[TRAIN]) write_draws(e, &entries);
	struct text memory = {.arena = a}, start = {.arena = a};
	write_starts(e, &start);
	write_open(e, &memory, plans);
	for (int i = 0; i < ENTRIES; i++)
		if (plans[i]) write_layout(e, &layouts, plans[i]);
	const char *body = arena_print(a, "%s%s%s%s", text_end(&kernels), text_end(&optimizers), text_end(&layouts), text_end(&entries)), *all = arena_print(a, "%s%s%s", body, text_end(&memory), text_end(&start));

	write_header(e, command, out);
	write_banner(e, &t, arena_print(a, "%s.c", e->prefix), "the computations of model", command);
	text_add(&t, "#include \"%s.h\"\n\n#define NN_F64 %d\n#define NN_PANEL %d\n#include \"nn_math.h\"\n%s\n", e->prefix, e->f64, e->panel,
		 strstr(body, "nn_double_") ? "#include \"nn_double.h\"\n" : "");
	text_add(&t, "#define NN_INFINITY ((real)__builtin_inf())\n#ifndef MASKED\n#define MASKED 0 /* what lies behind the last sample; no result depends on it */\n#endif\n\n");
	write_block_sizes(e, &t, e->params.total, e->states.total);
	write_struct(e, &t);
	write_table(e, &t);
	text_add(&t, "/* samples of a panel: the last may have fewer */\nINLINE int samples_in(const struct %s *m, int panel)\n{\n\tconst int left = m->samples - panel * PANEL;\n\treturn left < PANEL ? left : PANEL;\n}\n\n", e->prefix);
	write_helpers(&t, all);
	write_places(e, &t, all);
	write_ways(e, &t, body);
	text_add(&t, "/* ---- kernels ------------------------------------------------------------------------------------------------------------ */\n\n%s", body);
	text_add(&t, "/* ---- memory and start ---------------------------------------------------------------------------------------------------- */\n\n");
	text_add(&t, "%s%s", text_end(&memory), text_end(&start));
	PUSH(a, out, (struct file_text){arena_print(a, "%s.c", e->prefix), text_end(&t)});
}
