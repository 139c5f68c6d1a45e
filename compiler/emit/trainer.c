/* trainer.c - m_main.c: the model's tables, and a main of one line. */
#include "emit/emit.h"
#include <stdlib.h>
#include <string.h>

static void
write_shape(struct text *t, const struct tensor *x)
{
	text_add(t, "%d, {", x->rank - 1);
	for (int i = 1; i < x->rank; i++) text_add(t, "%s%ld", i > 1 ? ", " : "", x->shape[i]);
	text_add(t, "%s}, %ld", x->rank > 1 ? "" : "0", tensor_count(x));
}

static void
write_inputs(struct emission *e, struct text *t)
{
	text_add(t, "static const struct nn_input inputs[] = {\n");
	for (int i = 0; i < e->model->inputs.n; i++) {
		const struct tensor *x = e->model->inputs.at[i];
		text_add(t, "\t{%s, %d, %d, ", c_string(e->arena, x->name), span_place(x->span).line, x->role == ROLE_TARGET);
		write_shape(t, x);
		text_add(t, ", %d, %ld, %ld},\n", x->integer, x->low, x->high);
	}
	text_add(t, "};\n");
	const struct program *p = e->model->eval;
	if (p->outputs.n) text_add(t, "static const struct nn_output outputs[] = {\n");
	for (int i = 0; i < p->outputs.n; i++) {
		text_add(t, "\t{%s, ", c_string(e->arena, p->output_names.at[i]));
		write_shape(t, p->outputs.at[i]);
		text_add(t, ", %d},\n", p->outputs.at[i]->integer);
	}
	if (p->outputs.n) text_add(t, "};\n");
	/* a metric whose values are all 0 or 1 is a share */
	if (p->metrics.n) text_add(t, "static const struct nn_metric metrics[] = {\n");
	for (int i = 0; i < p->metrics.n; i++) {
		const struct tensor *x = p->metrics.at[i];
		const struct equation *q = equation_of(p, x);
		struct interval r = q ? interval_of(q->body) : (struct interval){0};
		bool share = r.known && r.low >= 0 && r.high <= 1;
		text_add(t, "\t{%s, %d},\n", c_string(e->arena, p->metric_names.at[i]), share);
	}
	if (p->metrics.n) text_add(t, "};\n");
}

static void
write_sources(struct emission *e, struct text *t)
{
	const struct training *g = &e->model->training;
	for (int i = 0; i < g->sources.n; i++) {
		const struct source_entry *s = g->sources.at[i];
		if (s->columns.n) text_add(t, "static const struct nn_column columns_%d[] = {", i);
		for (int k = 0; k < s->columns.n; k++) text_add(t, "%s{%s, %ld}", k ? ", " : "", c_string(e->arena, s->columns.at[k].name), s->columns.at[k].number);
		if (s->columns.n) text_add(t, "};\n");
		if (s->steps.n) text_add(t, "static const struct nn_arith arith_%d[] = {", i);
		for (int k = 0; k < s->steps.n; k++) text_add(t, "%s{'%c', %s, %d}", k ? ", " : "", s->steps.at[k].op, c_number(e->arena, s->steps.at[k].operand, true), s->steps.at[k].left);
		if (s->steps.n) text_add(t, "};\n");
		if (s->transforms.n) text_add(t, "static const struct nn_transform transforms_%d[] = {", i);
		for (int k = 0; k < s->transforms.n; k++) text_add(t, "%s{%s, {%ld, %ld}, %d}", k ? ", " : "", c_string(e->arena, s->transforms.at[k].name), s->transforms.at[k].argument[0], s->transforms.at[k].argument[1], s->transforms.at[k].after);
		if (s->transforms.n) text_add(t, "};\n");
		if (s->literal.n) text_add(t, "static const double literal_%d[] = {", i);
		for (int k = 0; k < s->literal.n; k++) text_add(t, "%s%s", k ? ", " : "", c_number(e->arena, s->literal.at[k], true));
		if (s->literal.n) text_add(t, "};\n");
	}
	if (!g->sources.n) return;
	text_add(t, "static const struct nn_source sources[] = {\n");
	for (int i = 0; i < g->sources.n; i++) {
		const struct source_entry *s = g->sources.at[i];
		static const char *const groups[] = {"NN_DATA", "NN_VALIDATION", "NN_TEST"};
		const char *columns = s->columns.n ? arena_print(e->arena, "columns_%d", i) : "NULL", *arith = s->steps.n ? arena_print(e->arena, "arith_%d", i) : "NULL";
		const char *literal = s->literal.n ? arena_print(e->arena, "literal_%d", i) : "NULL", *transforms = s->transforms.n ? arena_print(e->arena, "transforms_%d", i) : "NULL";
		text_add(t, "\t{%s, %d, %d, %s, %s, %s, %s, %d, %d, %ld, %ld, %s, %d, %s, %d, %s, %d},\n", groups[s->group], s->input, span_place(s->span).line, c_string(e->arena, s->reader),
			 c_string(e->arena, s->path), c_string(e->arena, s->part), columns, s->columns.n, s->sliced, s->first, s->last, arith, s->steps.n, literal, s->literal.n, transforms, s->transforms.n);
	}
	text_add(t, "};\n");
}

/* does the arithmetic of a source need `pow`?  Where it does not, it is not part of the program either */
static bool
has_power(const struct training *g)
{
	for (int i = 0; i < g->sources.n; i++)
		for (int k = 0; k < g->sources.at[i]->steps.n; k++)
			if (g->sources.at[i]->steps.at[k].op == '^') return true;
	return false;
}

/* the formats of the files that there are: no other reader becomes part of the program */
static bool
write_formats(struct emission *e, struct text *t)
{
	const struct training *g = &e->model->training;
	int n = 0;
	for (int i = 0; i < g->sources.n; i++) {
		const char *reader = g->sources.at[i]->reader;
		bool again = !g->sources.at[i]->path;
		for (int k = 0; k < i && !again; k++) again = !strcmp(g->sources.at[k]->reader, reader);
		if (!again) text_add(t, "%s&nn_%s", n++ ? ", " : "static const struct nn_format *const formats[] = {", reader);
	}
	if (n) text_add(t, ", NULL};\n");
	return n > 0;
}

static void
write_optimizers(struct emission *e, struct text *t)
{
	const struct training *g = &e->model->training;
	int n = 0;
	if (!g->optimizers.n) return;
	struct text settings = {.arena = e->arena};
	text_add(t, "static const struct nn_optimizer optimizers[] = {\n");
	for (int i = 0; i < g->optimizers.n; i++) {
		const struct optimizer *o = g->optimizers.at[i];
		text_add(t, "\t{%s, %d, %d, %s},\n", c_string(e->arena, o->name), n, o->settings.n, o->method ? arena_print(e->arena, "&nn_%s", o->method) : "NULL");
		for (int k = 0; k < o->settings.n; k++) text_add(&settings, "\t{%s, %s, %s},\n", c_string(e->arena, o->settings.at[k].name), c_number(e->arena, o->settings.at[k].value, true), c_string(e->arena, o->settings.at[k].schedule));
		n += o->settings.n;
	}
	text_add(t, "};\n");
	if (n) text_add(t, "static const struct nn_setting settings[] = {\n%s};\n", text_end(&settings));
}

/* in[k] as the argument of the model's function */
static const char *
arguments(struct emission *e, bool targets)
{
	struct text s = {.arena = e->arena};
	for (int i = 0; i < e->model->inputs.n; i++) {
		const struct tensor *x = e->model->inputs.at[i];
		if (x->role == ROLE_TARGET && !targets) continue;
		text_add(&s, ", (const %s *)in[%d]", x->integer ? "int32_t" : e->f64 ? "double" : "float", i);
	}
	return text_end(&s);
}

static void
write_adapters(struct emission *e, struct text *t)
{
	const char *p = e->prefix, *real = e->f64 ? "double" : "float";
	const struct program *eval = e->model->eval;
	bool clips = e->model->training.clip_norm > 0;
	text_add(t, "\nstatic void *open_(void *memory, size_t bytes, size_t batch, enum nn_use use) { return %s_open(memory, bytes, batch, use); }\n", p);
	text_add(t, "static void start_(void *m, uint64_t seed) { %s_start(m, seed); }\n", p);
	text_add(t, "static void prepare_(void *m) { %s_prepare(m); }\n", p);
	text_add(t, "static void threads_(void *m, nn_run *run, void *pool) { %s_threads(m, run, pool); }\n", p);
	if (eval->outputs.n) {
		text_add(t, "static void predict_(void *m, size_t n, const void *const in[], void *const out[])\n{\n\t%s_predict(m, n%s", p, arguments(e, false));
		for (int i = 0; i < eval->outputs.n; i++) text_add(t, ", out[%d]", i);
		text_add(t, ");\n}\n");
	}
	if (!e->model->train->loss) return;
	text_add(t, "static void evaluate_(void *m, size_t n, const void *const in[], double sums[])\n{\n\t%s_evaluate(m, n%s, sums);\n}\n", p, arguments(e, true));
	text_add(t, "static void gradients_(void *m, uint64_t step, size_t n, const void *const in[], double sums[], void *const grad[])\n{\n");
	text_add(t, "\t%s_gradients(m, step, n%s, sums, (%s *const *)grad);\n}\n", p, arguments(e, true), real);
	if (e->model->train->updates.n)
		text_add(t, "static void states_(void *m, uint64_t step, size_t n, const void *const in[], double sums[])\n{\n\t%s_states(m, step, n%s, sums);\n}\n", p, arguments(e, true));
	if (list_draws(e, NULL))
		text_add(t, "static void draws_(const void *m, uint64_t step, size_t n, void *const draws[])\n{\n\t%s_draws(m, step, n, (%s *const *)draws);\n}\n", p, real);
	if (has_step(e->model))
		text_add(t, "static int step_(void *m, int optimizer, const double set[], double clip_norm, struct nn_when when, size_t n, const void *const in[], double sums[])\n{\n%s\treturn %s_step(m, optimizer, set, %swhen, n%s, sums);\n}\n",
			 clips ? "" : "\t(void)clip_norm;\n", p, clips ? "clip_norm, " : "", arguments(e, true));
}

/* rows of the tensor table: parameters, states, and each parameter once for each state of each optimizer */
static int
tensor_rows(struct emission *e)
{
	const struct program *p = e->model->train;
	int params = 0, states = 0, moments = 0;
	for (int i = 0; i < p->tensors.n; i++) {
		params += p->tensors.at[i]->role == ROLE_PARAM;
		states += p->tensors.at[i]->role == ROLE_STATE || p->tensors.at[i]->role == ROLE_FROZEN;
	}
	for (int i = 0; i < e->model->training.optimizers.n; i++) moments += e->model->training.optimizers.at[i]->states.n;
	return params + states + params * moments;
}


void
write_trainer(struct emission *e, const char *command, const char *file, const char *target, double flops, struct file_list *out)
{
	struct arena *a = e->arena;
	struct text t = {.arena = a};
	const struct training *g = &e->model->training;
	const struct program *eval = e->model->eval;
	bool loss = e->model->train->loss, steps = loss && has_step(e->model);
	int settings = 0;
	for (int i = 0; i < g->optimizers.n; i++) settings += g->optimizers.at[i]->settings.n;
	text_add(&t, "/* %s_main.c - the trainer of model %s: tables for runtime/.  Made by nnc " NNC_VERSION ". */\n", e->prefix, c_comment(a, e->model->name));
	bool power = has_power(g);
	text_add(&t, "#include \"runtime/program.h\"\n#include \"%s.h\"\n%s\n", e->prefix, power ? "#include <math.h>\n" : "");
	write_inputs(e, &t);
	write_sources(e, &t);
	bool formats = write_formats(e, &t);
	write_optimizers(e, &t);
	int doubts = loss ? write_doubts(e, &t) : 0;
	write_adapters(e, &t);
	text_add(&t, "\n#if defined __FMA__ || defined __aarch64__\n#define FAMILY \"fused\"\n#else\n#define FAMILY \"unfused\"\n#endif\n#ifndef NN_FOLDER\n#define NN_FOLDER \"\"\n#endif\n\n");
	text_add(&t, "const struct nn_program nn_program_of_model = {\n");
	text_add(&t, "\t.model = %s, .file = %s, .folder = NN_FOLDER, .command = %s,\n\t.version = \"" NNC_VERSION "\", .target = %s, .family = FAMILY,\n", c_string(a, e->model->name), c_string(a, file), c_string(a, command), c_string(a, target));
	uint64_t print = fingerprint(e->model); /* sites of draws count in it, which are hashes of names: it is written as those are */
	text_add(&t, "\t.fingerprint = (uint64_t)0x%08xu << 32 | 0x%08xu,\n", (unsigned)(print >> 32), (unsigned)(print & 0xffffffff));
	text_add(&t, "\t.real_size = %d, .flops = %.0f,\n", e->f64 ? 8 : 4, flops);
	text_add(&t, "\t.inputs = inputs, .input_count = %d,\n", e->model->inputs.n);
	if (eval->outputs.n) text_add(&t, "\t.outputs = outputs, .output_count = %d,\n", eval->outputs.n);
	if (eval->metrics.n) text_add(&t, "\t.metrics = metrics, .metric_count = %d,\n", eval->metrics.n);
	text_add(&t, "\t.tensors = %s_tensors, .tensor_count = %d,\n", e->prefix, tensor_rows(e));
	if (g->sources.n) text_add(&t, "\t.sources = sources, .source_count = %d,\n", g->sources.n);
	if (formats) text_add(&t, "\t.formats = formats,\n");
	if (power) text_add(&t, "\t.power = pow,\n");
	if (g->optimizers.n) text_add(&t, "\t.optimizers = optimizers, .optimizer_count = %d,\n", g->optimizers.n);
	if (settings) text_add(&t, "\t.settings = settings, .setting_count = %d,\n", settings);
	text_add(&t, "\t.training = {.optimizer = 0, .batch_size = %.0f, .epochs = %.0f, .steps = %.0f, .validation = %s, .early_stopping = %.0f,\n", g->batch_size, g->epochs, g->steps,
		 c_number(a, g->validation, true), g->early_stopping);
	text_add(&t, "\t\t.early_stopping_on = %s, .seed = %.0f, .split_seed = %.0f, .shuffle = %d, .clip_norm = %s},\n", c_string(a, g->early_stopping_on), g->seed, g->split_seed, g->shuffle,
		 c_number(a, g->clip_norm, true));
	text_add(&t, "\t.accumulates = %d, .has_loss = %d, .has_train = %d,\n\t.memory = %s_memory, .open = open_, .start = start_, .prepare = prepare_, .threads = threads_,\n",
		 e->plans[TRAIN] && e->plans[TRAIN]->accumulates, loss, g->present, e->prefix);
	if (eval->outputs.n) text_add(&t, "\t.predict = predict_,\n");
	if (loss) text_add(&t, "\t.evaluate = evaluate_, .gradients = gradients_,\n");
	if (steps) text_add(&t, "\t.step = step_,\n");
	if (loss && e->model->train->updates.n) text_add(&t, "\t.states = states_,\n");
	if (loss && list_draws(e, NULL)) text_add(&t, "\t.draw_table = %s_draw_table, .draw_count = %d, .draws = draws_,\n", e->prefix, list_draws(e, NULL));
	if (doubts) text_add(&t, "\t.doubts = doubts, .doubt_count = %d,\n", doubts);
	text_add(&t, "};\n\nint\nmain(int argc, char **argv)\n{\n\treturn nn_trainer(&nn_program_of_model, argc, argv);\n}\n");
	PUSH(a, out, (struct file_text){arena_print(a, "%s_main.c", e->prefix), text_end(&t)});
}
