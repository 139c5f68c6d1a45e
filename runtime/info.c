/* info.c - the command info: what this program was built from, and what it holds. */
#include "options.h"
#include "progress.h"
#include "shuffle.h"
#include "weights.h"

/* text from a command line, on one line */
static void
print_line(const char *label, const char *text)
{
	printf("%-10s ", label);
	for (; *text; text++)
		putchar((unsigned char)*text < 32 || *text == 127 ? '?' : *text);
	putchar('\n');
}

static void
print_built_from(const struct nn_program *p)
{
	print_line("model", p->model);
	print_line("file", p->file);
	print_line("command", p->command);
	print_line("nnc", p->version);
	printf("%-10s %s, %s multiply-adds, %s\n", "target", p->target, p->family, p->real_size == sizeof(float) ? "float32" : "float64");
	printf("%-10s %.0f FLOP a sample\n\n", "step", p->flops);
}

static void
print_inputs_and_outputs(const struct nn_program *p)
{
	char shape[128], transforms[NN_TRANSFORMS_MAX];

	for (size_t k = 0; k < p->input_count; k++) {
		const struct nn_input *in = &p->inputs[k];
		printf("%-10s %s: %s", in->is_target ? "target" : "input", in->name, in->rank ? nn_shape(shape, in->rank, in->shape) : "");
		if (in->is_integer)
			printf("%s%ld..%ld", in->rank ? " of " : "", in->low, in->high);
		printf("%s", in->rank || in->is_integer ? "" : "a number");
		printf("%s%s\n", *nn_transforms_text(transforms, p, k) ? ", in training " : "", transforms);
	}
	for (size_t k = 0; k < p->output_count; k++) {
		const struct nn_output *out = &p->outputs[k];
		printf("%-10s %s: %s%s\n", "output", out->name, out->rank ? nn_shape(shape, out->rank, out->shape) : "a number",
		    out->is_integer ? " of whole numbers" : "");
	}
	for (size_t k = 0; k < p->metric_count; k++)
		printf("%-10s %s%s\n", "metric", p->metrics[k].name, p->metrics[k].is_share ? " (a share)" : "");
}

static void
print_tensors(const struct nn_program *p)
{
	static const char *const roles[] = {[NN_PARAM] = "parameter", [NN_STATE] = "state", [NN_FROZEN] = "frozen"};
	char shape[128], count[32];

	putchar('\n');
	for (size_t k = 0; k < p->tensor_count; k++)
		if (p->tensors[k].role != NN_MOMENT)
			printf("%-10s %-24s %-18s %12s\n", roles[p->tensors[k].role], p->tensors[k].path,
			    nn_shape(shape, p->tensors[k].rank, p->tensors[k].shape), nn_thousands(count, p->tensors[k].count));
	printf("%-10s %-24s %-18s %12s\n\n", "parameters", "in all", "", nn_thousands(count, nn_count(p, NN_PARAM) + nn_count(p, NN_FROZEN)));
}

static void
print_training(const struct nn_options *o)
{
	const struct nn_program *p = o->program;
	struct nn_options each = *o;
	char text[256];

	for (size_t k = 0; k < p->optimizer_count; k++) {
		each.optimizer = (int)k;
		printf("%-10s %s%s\n", "optimizer", nn_optimizer_text(text, &each), (int)k == p->training.optimizer ? " [default]" : "");
	}
	if (!p->has_train)
		return;
	printf("%-10s batch_size %zu", "training", o->batch_size);
	if (p->training.epochs)
		printf(", epochs %zu", p->training.epochs);
	if (p->training.steps)
		printf(", steps %zu", p->training.steps);
	printf(", validation %g, early_stopping %zu, seed %llu\n", p->training.validation, p->training.early_stopping,
	    (unsigned long long)p->training.seed);
}

int
nn_info(const struct nn_options *o)
{
	print_built_from(o->program);
	print_inputs_and_outputs(o->program);
	print_tensors(o->program);
	print_training(o);
	return NN_SUCCESS;
}
