/* function.c - a function of one number and its derivative, both as the compiler has them: a model with a parameter x of many elements is
 * compiled, its gradient derived, and the interpreter computes the values (in double).  So what is drawn is what would be trained. */
#include "plot/plot.h"
#include "core/interpret.h"
#include "driver/compile.h"
#include "driver/driver.h"
#include "runtime/file.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 401 };

/* a name is a function of x; anything else is an expression in x already */
static const char *
expression_of(struct plot *p, const char *text)
{
	bool name = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == strlen(text) && strcmp(text, "x");
	return name ? arena_print(&p->arena, "%s(x)", text) : text;
}

/* the file of --file, if any, with a model behind it that applies the function to each element of x */
static int
model_text(struct plot *p, struct text *t, const char *expression)
{
	*t = (struct text){.arena = &p->arena};
	if (strpbrk(expression, "\n\r{}#")) return nn_fail(&p->error, "`%s` is no expression of x", expression);
	if (p->o.model) {
		char *found = arena_alloc(&p->arena, NN_PATH_MAX);
		unsigned char *bytes;
		size_t size;
		if (nn_file_read(p->o.model, found, &bytes, &size, &p->error)) return -1;
		text_bytes(t, (const char *)bytes, size);
		free(bytes);
	}
	text_add(t, "\nfn plotted(x) = %s\nmodel Plotted {\n  param x: [%d] = 0\n  y[i] = plotted(x[i])\n  loss = sum(y)\n  output y\n}\n", expression, POINTS);
	return 0;
}

static struct tensor *
named(struct program *program, const char *name)
{
	for (int k = 0; k < program->tensors.n; k++)
		if (!strcmp(program->tensors.at[k]->name, name)) return program->tensors.at[k];
	return NULL;
}

/* y and dy/dx at x, from a compilation without errors */
static int
compute(struct plot *p, struct compilation *c, const double x[], double y[], double slope[])
{
	struct program *program = c->unit.models.at[0]->train;
	struct tensor *in = named(program, "x"), *out = named(program, "y"), *adjoint = named(program, "dx");
	if (!in || !out || !adjoint || !order_equations(program)) return nn_fail(&p->error, "nnc cannot order the equations of this function");
	struct world *w = world_new(program, &arithmetic_f64_fused, 1);
	memcpy(world_tensor(w, in), x, POINTS * sizeof *x);
	interpret(w);
	memcpy(y, world_tensor(w, out), POINTS * sizeof *y);
	memcpy(slope, world_tensor(w, adjoint), POINTS * sizeof *slope);
	return 0;
}

static int
add_function(struct plot *p, struct series_list *list, const struct input *in, const double x[])
{
	double *y = NEW_ARRAY(&p->arena, POINTS, double), *slope = NEW_ARRAY(&p->arena, POINTS, double);
	struct compilation c = {0};
	struct text t;
	int k = p->o.inputs.n > 1 ? list->n / 2 : 0;
	if (model_text(p, &t, expression_of(p, in->path))) return -1;
	c.options.model = "Plotted";
	c.options.files = disk_files;
	int status = compile(&c, p->o.model ? p->o.model : in->path, text_end(&t), t.length, "derive");
	diag_print(&c.unit.diagnostics, stderr, false, DEFAULT_COLUMNS);
	if (status) status = nn_fail(&p->error, "`%s` cannot be drawn", in->path);
	else status = compute(p, &c, x, y, slope);
	compile_free(&c);
	const char *label = in->label ? in->label : in->path;
	PUSH(&p->arena, list, (struct series){label, x, y, POINTS, k, false});
	PUSH(&p->arena, list, (struct series){arena_print(&p->arena, "%s, slope", label), x, slope, POINTS, k, true});
	return status;
}

int
plot_functions(struct plot *p)
{
	double *x = NEW_ARRAY(&p->arena, POINTS, double);
	struct series_list list = {0};
	if (p->o.from >= p->o.to) p->o.from = -4, p->o.to = 4;
	for (int i = 0; i < POINTS; i++) x[i] = p->o.from + (p->o.to - p->o.from) * i / (POINTS - 1);
	for (int k = 0; k < p->o.inputs.n; k++)
		if (add_function(p, &list, &p->o.inputs.at[k], x)) return -1;
	if (!p->o.x_label) p->o.x_label = "x";
	return draw_series(p, &list);
}
