/* training.c - the entries that train: gradients, step, states.
 *
 * A batch is one pass forward and backward, or one for each chunk of it; what reads finished sums over the samples waits for the last chunk. */
#include "emit/emit.h"
#include <string.h>

bool
has_step(const struct model *m)
{
	for (int i = 0; i < m->training.optimizers.n; i++)
		if (!m->training.optimizers.at[i]->method) return true;
	return false;
}

/* ---- gradients that are handed on when all are there ---------------------------------------------------------------------------------------- */

/* what waits for the end: something read the parameter behind the kernel, or the norm of all gradients is wanted first */
static bool
waits(const struct kernel *k)
{
	return k->gradient && !k->direct && !k->early;
}

static void
write_hand_over(struct emission *e, struct text *t, struct plan *plan)
{
	struct call_list calls = {0};
	for (int i = 0; i < plan->kernels.n; i++)
		if (waits(plan->kernels.at[i])) PUSH(e->arena, &calls, sink_call(e, plan, "", plan->kernels.at[i]));
	write_sequence(e->arena, &calls, "\t", t);
}

static bool
hands_over(const struct plan *plan)
{
	for (int i = 0; i < plan->kernels.n; i++)
		if (waits(plan->kernels.at[i])) return true;
	return false;
}

/* each parameter's gradient, in the order of the table; NULL where the loss does not depend on it */
static const struct kernel **
kernels_of_gradients(struct emission *e, const struct plan *plan, int params)
{
	const struct kernel **k = NEW_ARRAY(e->arena, params + 1, const struct kernel *);
	for (int i = 0; i < plan->kernels.n; i++)
		if (plan->kernels.at[i]->gradient) k[param_number(e, plan->kernels.at[i]->gradient)] = plan->kernels.at[i];
	return k;
}

/* clip_norm: the norm of all gradients together, in the order of docs/numerics.md, section 4 */
static void
write_clipping(struct emission *e, struct text *t, const struct plan *plan)
{
	int params = e->params.n;
	const struct kernel **k = kernels_of_gradients(e, plan, params);
	text_add(t, "/* scales all gradients by the same factor, so that their norm is at most `most` */\nstatic void\nclip_gradients(struct %s *m, double most)\n{\n\tdouble sum = 0;\n", e->prefix);
	for (int i = 0; i < params; i++)
		if (k[i]) text_add(t, "\tsum += nn_squares(m->%s, %ld);\n", buffer_name(e, k[i]->finished, ""), tensor_count(k[i]->finished));
	text_add(t, "\tconst double factor = most / (nn_double_sqrt(sum) + 1e-6);\n\tif (!(factor < 1)) return;\n");
	for (int i = 0; i < params; i++)
		if (k[i]) text_add(t, "\tnn_multiply(m->%s, %ld, (real)factor);\n", buffer_name(e, k[i]->finished, ""), tensor_count(k[i]->finished));
	text_add(t, "}\n\n");
}

/* ---- passes ------------------------------------------------------------------------------------------------------------------------------------ */

/* all samples at once, or a loop over the chunks of the batch, up to the loss of each; `then` is what follows it */
static void
write_passes(struct emission *e, struct text *t, const struct plan *plan, const char *then)
{
	const char *in = plan->accumulates ? "\t" : "";
	text_add(t, "\tm->total = (int)n;\n");
	if (plan->accumulates) {
		text_add(t, "\tconst size_t chunk = chunk_of(m, n);\n\tfor (size_t first = 0; first < n; first += chunk) {\n");
		text_add(t, "\t\tm->first = (int)first;\n\t\tm->more = n - first > chunk;\n\t\tforward(m, (int)(m->more ? chunk : n - first)%s, sums);\n", input_rows(e, true));
	} else {
		text_add(t, "\tforward(m, (int)n%s, sums);\n", input_arguments(e, true, false));
	}
	for (const char *line = then, *end; *line; line = end) {
		end = strchr(line, '\n') + 1;
		text_add(t, "%s\t%.*s", in, (int)(end - line), line);
	}
	if (plan->accumulates) text_add(t, "\t}\n");
}

static void
write_chunk_size(struct emission *e, struct text *t)
{
	text_add(t, "/* samples worked on at a time: the whole batch, or as many panels of it as there is memory for */\nstatic size_t\nchunk_of(const struct %s *m, size_t n)\n{\n", e->prefix);
	text_add(t, "\tif (m->use != NN_ACCUMULATE) return n;\n\treturn (m->batch + PANEL - 1) / PANEL * PANEL;\n}\n\n");
}

void
write_training(struct emission *e, struct text *t, struct plan *plan)
{
	const char *p = e->prefix, *inputs = input_arguments(e, true, true);
	text_add(t, "/* the loss and metrics in training mode */\nstatic void\nforward(struct %s *m, int samples%s, double sums[])\n{\n", p, inputs);
	text_add(t, "\tlayout_%s(m, samples);\n", plan->entry);
	write_batch_uniforms(e, t, true, "samples");
	write_packing(e, t, plan);
	write_calls(e, t, plan, 0, plan->forward);
	write_totals(e, t, plan->program, "samples");
	text_add(t, "}\n\n");
	text_add(t, "/* what follows the loss%s */\nstatic void\nbackward(struct %s *m)\n{\n", plan->keeps_gradients ? "" : ": each gradient goes to m->sink as soon as some rows of it are there", p);
	if (plan->forward == plan->kernels.n) text_add(t, "\t(void)m;\n");
	write_calls(e, t, plan, plan->forward, plan->kernels.n);
	if (plan->keeps_gradients) {
		text_add(t, "}\n\n");
		write_clipping(e, t, plan);
		text_add(t, "static void\nhand_over(const struct %s *m)\n{\n", p);
	}
	else if (plan->accumulates && hands_over(plan)) {
		text_add(t, "\tif (m->more) return;\n");
	}
	write_hand_over(e, t, plan);
	text_add(t, "}\n\nstatic void\nkeep_gradient(const struct %s *m, int tensor, size_t first, size_t count, const real *gradient)\n{\n", p);
	text_add(t, "\tif (m->gradients[tensor]) memcpy(m->gradients[tensor] + first, gradient, count * sizeof *gradient);\n}\n\n");
	if (plan->accumulates) write_chunk_size(e, t);
	text_add(t, "void\n%s_gradients(struct %s *m, uint64_t step, size_t n%s, double sums[], real *const grad[])\n{\n", p, p, inputs);
	text_add(t, "\tconst nn_mode mode = nn_flush_denormals();\n\tm->step = (uint32_t)step;\n\tm->gradients = grad;\n\tm->sink = keep_gradient;\n");
	const struct program *program = plan->program;
	char *derived = NEW_ARRAY(e->arena, program->tensors.n + 1, char);
	for (int i = 0; i < program->gradients.n; i++) derived[program->gradients.at[i].param->id] = 1;
	for (int i = 0, number_ = 0; i < program->tensors.n; i++) {
		const struct tensor *x = program->tensors.at[i];
		if (x->role != ROLE_PARAM) continue;
		if (!derived[i]) text_add(t, "\tif (grad && grad[%d]) memset(grad[%d], 0, %ld * sizeof(real)); /* the loss does not depend on %s */\n", number_, number_, tensor_count(x), c_comment(e->arena, x->name));
		number_++;
	}
	write_passes(e, t, plan, "if (grad) backward(m);\n");
	if (plan->keeps_gradients) text_add(t, "\tif (grad) hand_over(m);\n");
	text_add(t, "\tnn_set_mode(mode);\n}\n\n");
}

/* ---- steps -------------------------------------------------------------------------------------------------------------------------------------- */

/* s <- expr: the new value takes the place of the old */
static void
write_updates(struct emission *e, struct text *t, const struct plan *plan)
{
	const struct program *p = plan->program;
	struct call_list calls = {0};
	for (int i = 0; i < p->updates.n; i++) {
		const struct tensor *old = p->updates.at[i].old, *new = p->updates.at[i].new;
		struct call c = {.n = 2, .at = NEW_ARRAY(e->arena, 2, struct call_argument)};
		c.at[0].value = (double)param_place(e, old);
		c.at[1].value = plan->place[new->id].offset;
		c.text = arena_print(e->arena, "memcpy(params_at(m, %c), plain_at(m, %c), %ld * sizeof(real));", CALL_ARGUMENT, CALL_ARGUMENT, tensor_count(old));
		PUSH(e->arena, &calls, c);
	}
	write_sequence(e->arena, &calls, "\t", t);
}

void
write_step(struct emission *e, struct text *t, const struct plan *plan)
{
	const char *p = e->prefix;
	const struct training *training = &e->model->training;
	bool clips = training->clip_norm > 0;
	text_add(t, "int\n%s_step(struct %s *m, int optimizer, const double settings[], %sstruct nn_when when, size_t n%s, double sums[])\n{\n", p, p, clips ? "double clip_norm, " : "", input_arguments(e, true, true));
	text_add(t, "\tconst nn_mode mode = nn_flush_denormals();\n\tconst double before = sums[0];\n\tm->step = (uint32_t)when.step;\n\tswitch (optimizer) {\n");
	int last = training->optimizers.n - 1;
	while (training->optimizers.at[last]->method) last--;
	for (int i = 0; i <= last; i++) {
		const struct optimizer *o = training->optimizers.at[i];
		if (o->method) continue;
		text_add(t, "\t%s: { /* %s */\n", i == last ? "default" : arena_print(e->arena, "case %d", i), c_comment(e->arena, o->name));
		write_optimizer_uniforms(e, t, o);
		text_add(t, "\t\tm->sink = %s;\n\t\tbreak;\n\t}\n", c_name(&e->functions, arena_print(e->arena, "%s update", o->name)));
	}
	text_add(t, "\t}\n\t(void)settings;\n");
	write_passes(e, t, plan, arena_print(e->arena, "if (%s!is_finite(sums[0] - before)) {\n\tnn_set_mode(mode);\n\treturn 1;\n}\nbackward(m);\n", plan->accumulates ? "!m->more && " : ""));
	if (clips) text_add(t, "\tif (clip_norm > 0) clip_gradients(m, clip_norm);\n\thand_over(m);\n");
	write_updates(e, t, plan);
	text_add(t, "\tnn_set_mode(mode);\n\treturn 0;\n}\n\n");
}

/* for methods that take gradients and know no step: what a step does to the states of layers */
void
write_states(struct emission *e, struct text *t, const struct plan *plan)
{
	const char *p = e->prefix;
	text_add(t, "void\n%s_states(struct %s *m, uint64_t step, size_t n%s, double sums[])\n{\n\tconst nn_mode mode = nn_flush_denormals();\n\tm->step = (uint32_t)step;\n", p, p, input_arguments(e, true, true));
	write_passes(e, t, plan, "");
	write_updates(e, t, plan);
	text_add(t, "\tnn_set_mode(mode);\n}\n\n");
}

/* its declaration, with the settings of each optimizer above it */
void
write_step_declaration(struct emission *e, struct text *t)
{
	const struct training *training = &e->model->training;
	bool clips = training->clip_norm > 0;
	text_add(t, "/* one training step.");
	for (int i = 0, n = 0; i < training->optimizers.n; i++) {
		const struct optimizer *o = training->optimizers.at[i];
		if (o->method) continue;
		text_add(t, "%soptimizer %d: %s(", n++ ? " *                     " : "  ", i, c_comment(e->arena, o->name));
		for (int s = 0; s < o->settings.n; s++) text_add(t, "%s%s", s ? ", " : "", c_comment(e->arena, o->settings.at[s].name));
		text_add(t, "), its settings in this order\n");
	}
	if (clips) text_add(t, " * clip_norm: the most that the norm of all gradients together may be; 0: anything\n");
	text_add(t, " * returns 1 when the loss is not finite: then nothing was changed; else 0 */\n");
	text_add(t, "int %s_step(struct %s *m, int optimizer, const double settings[], %sstruct nn_when when, size_t n%s, double sums[]);\n", e->prefix, e->prefix, clips ? "double clip_norm, " : "",
		 input_arguments(e, true, true));
}

/* running sums of the chunks so far */
void
write_carried(struct emission *e, struct text *t, const struct plan *plan)
{
	text_add(t, "\tif (use == NN_ACCUMULATE) {\n\t\treal *so_far = (real *)(void *)m->workspace;\n\t\tm->so_far = so_far;\n");
	for (int i = 0; i < plan->kernels.n; i++) {
		const struct kernel *k = plan->kernels.at[i];
		const struct tensor *x = k->equations.n ? k->equations.at[0]->tensor : NULL;
		const char *name = k->over_samples ? used_buffer(e, x, "so_far") : NULL;
		if (name) text_add(t, "\t\tm->%s = so_far + %.0f; /* %s%s */\n", name, k->carried, shape_comment(e, x), has_running_sums(k) ? "[16]" : "");
	}
	text_add(t, "\t\tm->workspace += SO_FAR * sizeof(real);\n\t}\n");
}

/* ---- random numbers ------------------------------------------------------------------------------------------------------------------------------ */

int
list_draws(struct emission *e, struct random_site **out)
{
	struct program *p = e->model->train;
	char *read = NEW_ARRAY(e->arena, p->tensors.n + 1, char);
	LIST(struct random_site) draws = {0};
	for (int i = 0; i < p->equations.n; i++) {
		int n;
		struct expr **reads = expr_reads(p, p->equations.at[i]->body, &n);
		for (int r = 0; r < n; r++) read[reads[r]->tensor->id] = 1;
	}
	for (int i = 0; i < p->tensors.n; i++) {
		const struct tensor *t = p->tensors.at[i];
		if (t->role != ROLE_RANDOM || !t->batch || !read[i]) continue;
		int k = 0; /* what several equations read is drawn once */
		while (k < draws.n && strcmp(draws.at[k].path, t->drawn_as)) k++;
		if (k == draws.n) PUSH(e->arena, &draws, (struct random_site){t->drawn_as, t});
		else if (tensor_count(t) > tensor_count(draws.at[k].tensor)) draws.at[k].tensor = t;
	}
	if (out) *out = draws.at;
	return draws.n;
}

void
write_draws(struct emission *e, struct text *t)
{
	const char *p = e->prefix;
	struct random_site *draw;
	int n = list_draws(e, &draw);
	if (!n) return;
	text_add(t, "const struct nn_tensor %s_draw_table[] = {\n", p);
	for (int i = 0; i < n; i++) {
		const struct tensor *x = draw[i].tensor;
		text_add(t, "\t{%s, NN_DRAW, -1, %d, {", c_string(e->arena, draw[i].path), x->rank - 1);
		for (int k = 1; k < x->rank; k++) text_add(t, "%s%ld", k > 1 ? ", " : "", x->shape[k]);
		text_add(t, "%s}, %ld, 0},\n", x->rank > 1 ? "" : "0", tensor_count(x));
	}
	text_add(t, "};\nconst size_t %s_draw_count = %d;\n\n", p, n);
	text_add(t, "void\n%s_draws(const struct %s *m, uint64_t step, size_t n, real *const draws[])\n{\n", p, p);
	for (int i = 0; i < n; i++)
		text_add(t, "\tif (draws[%d]) nn_%ss(m->seed, (uint32_t)step, 0x%08xu, n, %ld, draws[%d]);\n", i, draw[i].tensor->draw == DRAW_UNIFORM ? "uniform" : "normal", draw[i].tensor->site,
			 tensor_count(draw[i].tensor), i);
	text_add(t, "}\n\n");
}
