/* optimizer.c - update kernels: new parameters and states from a piece of the gradient, a vector of elements at a time. */
#include "emit/emit.h"
#include "core/print.h"
#include <stdlib.h>
#include <string.h>

static void
write_optimizer_values(struct writer *w, struct optimizer *o)
{
	struct program *p = o->program;
	for (int i = 0; i < p->equations.n; i++) {
		const struct equation *q = p->equations.at[i];
		struct lowered l = lower_equation(p, q);
		struct value_text v = write_value(w, &l);
		const char *name = c_name(w->names, arena_print(w->e->arena, "new %s", q->tensor->name));
		write_line(w, "const lanes %s = %s;", name, as_vector(w, v));
		hold(w, q->tensor, name, true);
	}
	for (int i = 0; i < p->updates.n; i++) {
		const char *name = "";
		for (int h = 0; h < w->held.n; h++)
			if (w->held.at[h].tensor == p->updates.at[i].new) name = w->held.at[h].name;
		write_line(w, "store_some(&%s[i], %s, part);", c_name(w->names, p->updates.at[i].old->name), name);
	}
}

/* new parameters and states from a piece of the gradient, a vector of elements at a time */
void
write_optimizer(struct emission *e, struct optimizer *o, struct text *out)
{
	struct arena *a = e->arena;
	struct program *p = o->program;
	struct plan plan = {.program = p, .place = NEW_ARRAY(a, p->tensors.n + 1, struct slot), .f64 = e->f64};
	struct kernel none = {.kind = KERNEL_PLAIN};
	struct operand_list operands = {0};
	struct c_names names = {.arena = a};
	c_reserve(&names, "i");
	struct writer w = writer_new(e, &plan, &none, LANES_ARE_ELEMENTS, &operands, &names);
	const char *function = c_name(&e->functions, arena_print(a, "%s update", o->name));
	struct text arguments = {.arena = a}, values = {.arena = a};
	const char *weight = c_name(&names, o->weight->name), *gradient = c_name(&names, o->gradient->name);
	text_add(&arguments, "real *%s", weight);
	text_add(&values, "&m->params[at]");
	for (int i = 0; i < o->states.n; i++) {
		const char *name = c_name(&names, o->states.at[i]->name);
		text_add(&arguments, ", real *%s", name);
		text_add(&values, ", &m->%s[at]", c_name(&e->members, arena_print(a, "%s %s", o->name, o->states.at[i]->name)));
		hold(&w, o->states.at[i], arena_print(a, "load_some(&%s[i], part)", name), true);
	}
	hold(&w, o->weight, arena_print(a, "load_some(&%s[i], part)", weight), true);
	hold(&w, o->gradient, arena_print(a, "load_some(&%s[i], part)", gradient), true);
	text_add(&arguments, ", const real *%s", gradient);
	write_optimizer_values(&w, o);
	text_add(out, "/* ---- %s: one vector of elements", c_comment(a, o->name));
	for (int i = 0; i < p->equations.n; i++) text_add(out, "\n *   %s", c_comment(a, equation_text(p, p->equations.at[i], (struct print_style){.sample = true})));
	text_add(out, " */\nINLINE void\n%s_vector(const struct %s *m, size_t i, const int part, %s)\n{\n%s", function, e->prefix, text_end(&arguments), text_end(&w.body));
	text_add(out, "}\n\nstatic void\n%s(const struct %s *m, int tensor, size_t first, size_t count, const real *gradient)\n{\n", function, e->prefix);
	text_add(out, "\tconst size_t at = (%s_tensors[tensor].offset - HEADER) / sizeof(real) + first;\n\tsize_t i = 0;\n", e->prefix);
	text_add(out, "\tfor (; i + LANES <= count; i += LANES) %s_vector(m, i, 0, %s, gradient);\n", function, text_end(&values));
	text_add(out, "\tif (i < count) %s_vector(m, i, (int)(count - i), %s, gradient);\n}\n\n", function, text_end(&values));
}
