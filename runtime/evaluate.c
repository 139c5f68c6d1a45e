/* evaluate.c - loss and metrics over records, and reading the groups of a train block. */
#include "evaluate.h"

#include <stdlib.h>
#include <string.h>

int
nn_evaluate(struct nn_model *m, struct nn_batch *b, const struct nn_dataset *data, const uint32_t order[], size_t count, double means[],
    const volatile sig_atomic_t *stop)
{
	const struct nn_program *p = m->program;
	size_t figures = 1 + p->metric_count;

	memset(means, 0, figures * sizeof *means);
	p->prepare(m->handle);
	for (size_t done = 0, n; done < count; done += n) {
		n = count - done < b->capacity ? count - done : b->capacity;
		if (order)
			nn_batch_gather(b, data, order + done, n);
		else
			nn_batch_view(b, data, done, n);
		p->evaluate(m->handle, n, b->in, means);
		if (stop && *stop)
			return 1;
	}
	for (size_t k = 0; k < figures && count; k++)
		means[k] /= (double)count;
	return 0;
}

/* -- data ------------------------------------------------------------------------------------------------------------------ */

const char *const nn_group_names[NN_GROUPS] = {"data", "validation", "test"};

int
nn_read_group(const struct nn_options *o, enum nn_group group, struct nn_labels *labels, struct nn_dataset *out, struct nn_error *e)
{
	if (nn_data_read(o->program, group, o->data ? o->data : o->program->folder, labels, out, e) != 0)
		return -1;
	for (size_t k = 0; out->records && k < o->program->input_count; k++)
		if (!out->inputs[k].values) {
			nn_fail(e, "%s, line %d: the %s %s has no source in the group `%s`", o->program->file, o->program->inputs[k].line,
			    o->program->inputs[k].is_target ? "target" : "input", o->program->inputs[k].name, nn_group_names[group]);
			nn_data_free(o->program, out);
			return -1;
		}
	if (out->records <= UINT32_MAX)
		return 0;
	nn_data_free(o->program, out);
	return nn_fail(e, "the group `%s` has more than 4,294,967,295 records", nn_group_names[group]);
}
