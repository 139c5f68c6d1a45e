/* classes.c - which output says the class of which target, and what the classes are called. */
#define _POSIX_C_SOURCE 200809L
#include "classes.h"
#include "file.h"
#include "weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* how `output` could tell the classes of `target` */
static int
tells(const struct nn_output *output, const struct nn_input *target, struct nn_classes *c)
{
	size_t same = (size_t)target->rank * sizeof *target->shape;
	int alike = output->rank >= target->rank && memcmp(output->shape, target->shape, same) == 0;

	if (!alike)
		return 0;
	if (output->rank == target->rank && (output->is_integer || c->count == 2)) {
		c->by = output->is_integer ? NN_BY_NUMBER : NN_BY_HALF;
		return 1;
	}
	c->by = NN_BY_LARGEST;
	return output->rank == target->rank + 1 && !output->is_integer && output->shape[target->rank] == c->count;
}

int
nn_classes_find(struct nn_classes *c, const struct nn_program *program)
{
	size_t targets = 0;

	*c = (struct nn_classes){.program = program};
	for (size_t k = 0; k < program->input_count; k++)
		if (program->inputs[k].is_target && program->inputs[k].is_integer) {
			c->target = k;
			targets++;
		}
	if (targets != 1)
		return 0;
	const struct nn_input *target = &program->inputs[c->target];
	if (target->high <= target->low || target->high - target->low >= NN_CLASSES_MOST)
		return 0;
	c->count = (size_t)(target->high - target->low) + 1;
	c->values = target->count;
	for (c->output = 0; c->output < program->output_count; c->output++)
		if (tells(&program->outputs[c->output], target, c))
			return 1;
	return 0;
}

/* -- names ----------------------------------------------------------------------------------------------------------------- */

static int
add_name(struct nn_classes *c, const char *text, size_t length, size_t *count, struct nn_error *e)
{
	if (length && text[length - 1] == '\r')
		length--;
	if (*count < c->count) {
		c->names[*count] = malloc(length + 1);
		if (!c->names[*count])
			return nn_fail(e, "out of memory");
		memcpy(c->names[*count], text, length);
		c->names[*count][length] = 0;
	}
	++*count;
	return 0;
}

static int
split(struct nn_classes *c, const char *text, char separator, size_t *count, struct nn_error *e)
{
	for (const char *stop; *text; text = *stop ? stop + 1 : stop) {
		for (stop = text; *stop && *stop != separator; stop++)
			;
		if (add_name(c, text, (size_t)(stop - text), count, e) != 0)
			return -1;
	}
	return 0;
}

int
nn_classes_name(struct nn_classes *c, const char *names, struct nn_error *e)
{
	char found[NN_PATH_MAX];
	unsigned char *bytes;
	size_t size, count = 0;
	int status;

	if (strcmp(names, "numbers") == 0)
		return 0;
	c->names = calloc(c->count, sizeof *c->names);
	if (!c->names)
		return nn_fail(e, "out of memory");
	if (strchr(names, ',') || access(names, F_OK) != 0) {
		status = split(c, names, ',', &count, e);
	} else {
		if (nn_file_read(names, found, &bytes, &size, e) != 0)
			return -1;
		status = split(c, (const char *)bytes, '\n', &count, e);
		free(bytes);
	}
	if (status == 0 && count != c->count) {
		status = nn_fail(e, "--classes has %zu name%s, but '%s' has the %zu classes %ld..%ld", count, count == 1 ? "" : "s",
		    c->program->inputs[c->target].name, c->count, c->program->inputs[c->target].low, c->program->inputs[c->target].high);
		nn_help(e, "names with commas between them, a file with a name a line, or `numbers`");
	}
	return status;
}

int
nn_classes_label(struct nn_classes *c, const struct nn_labels *labels, const char *names, struct nn_error *e)
{
	const struct nn_label_list *list = nn_labels_of(labels, c->target);
	size_t count = 0;

	if (names)
		return nn_classes_name(c, names, e);
	if (!list)
		return 0;
	c->names = calloc(c->count, sizeof *c->names);
	if (!c->names)
		return nn_fail(e, "out of memory");
	for (size_t k = 0; k < list->count && k < c->count; k++)
		if (add_name(c, list->names[k], strlen(list->names[k]), &count, e) != 0)
			return -1;
	return 0;
}

void
nn_classes_free(struct nn_classes *c)
{
	for (size_t k = 0; c->names && k < c->count; k++)
		free(c->names[k]);
	free(c->names);
	c->names = NULL;
}

char *
nn_class_name(const struct nn_classes *c, size_t k, char out[64])
{
	if (c->names && k < c->count && c->names[k])
		return c->names[k];
	snprintf(out, 64, "%ld", c->program->inputs[c->target].low + (long)k);
	return out;
}

/* -- classes --------------------------------------------------------------------------------------------------------------- */

size_t
nn_class_of(const struct nn_classes *c, const void *output, size_t k)
{
	size_t real_size = c->program->real_size, best = 0;

	if (c->by == NN_BY_NUMBER) {
		long class = ((const int32_t *)output)[k] - c->program->inputs[c->target].low;
		return class >= 0 && (size_t)class < c->count ? (size_t)class : c->count;
	}
	if (c->by == NN_BY_HALF)
		return nn_real(output, k, real_size) > 0.5;
	for (size_t j = 1; j < c->count; j++)
		if (nn_real(output, k * c->count + j, real_size) > nn_real(output, k * c->count + best, real_size))
			best = j;
	return best;
}
