/* uniform.c - numbers computed once a step, in double: members of the struct, assigned before the kernels that read them run.
 *
 * Their arithmetic is written in the order of the expression's parts, as the interpreter computes it.  What changes only how it looks is
 * exact: a + -1 * b is a - b. */
#include "emit/emit.h"
#include "core/function.h"
#include <string.h>

enum { CHOICE, CONJUNCTION, COMPARISON, SUM_, PRODUCT, ATOM }; /* how tightly a text binds */

struct scalars { /* what an optimizer's expressions read */
	struct emission *e;
	const struct optimizer *o; /* NULL: none, of the batch only */
	struct c_names names;      /* of local variables */
};

static const char *text_at(struct scalars *s, const struct expr *x, int level);

static bool
reads_setting(const struct expr *x)
{
	if (x->op == OP_READ) return x->tensor->role == ROLE_SETTING;
	for (int i = 0; i < x->n; i++)
		if (reads_setting(x->kid[i])) return true;
	return false;
}

/* the same text: of one program, or a function of the number of samples in both */
static bool
same_number(const struct expr *x, const struct expr *y)
{
	if (x == y) return true;
	if (x->op != y->op || x->n != y->n || (x->op != OP_NUMBER && x->op != OP_BATCH && x->op != OP_MUL && x->op != OP_POW) || x->number != y->number) return false;
	for (int i = 0; i < x->n; i++)
		if (!same_number(x->kid[i], y->kid[i])) return false;
	return true;
}

/* the member that holds x while kernels of this plan run */
const char *
uniform_name(struct emission *e, const struct plan *plan, struct expr *x)
{
	bool evaluates = plan->program == e->model->eval;
	for (int i = 0; i < e->uniforms.n; i++) {
		struct uniform *u = &e->uniforms.at[i];
		if (!same_number(u->expr, x)) continue;
		u->evaluates |= evaluates;
		u->trains |= !evaluates;
		return u->name;
	}
	const char *base = x->op == OP_READ ? x->tensor->name : x->op == OP_POW && x->kid[0]->op == OP_BATCH ? "per_sample" : "scalar";
	const char *name = c_name_as(&e->members, arena_print(e->arena, "uniform %d", e->uniforms.n), base);
	PUSH(e->arena, &e->uniforms, (struct uniform){x, name, reads_setting(x), !evaluates, evaluates});
	return name;
}

static const char *
local_name(struct scalars *s, const struct tensor *t)
{
	return c_name_as(&s->names, arena_print(s->e->arena, "%d", t->id), t->name);
}

static const char *
read_text(struct scalars *s, const struct tensor *t)
{
	if (t == s->o->step) return "(double)when.step";
	if (t == s->o->steps) return "(double)when.steps";
	if (t == s->o->epoch) return "when.epoch";
	return local_name(s, t);
}

static bool
is_negative(struct program *p, struct expr *x)
{
	struct expr *rest;
	return coefficient(p, x, &rest) < 0;
}

/* in the order of the terms; only the first two may change places, so that a sum need not begin with a minus */
static const char *
sum_text(struct scalars *s, const struct expr *x)
{
	struct program *p = s->o ? s->o->program : s->e->model->train;
	struct text t = {.arena = s->e->arena};
	bool swap = is_negative(p, x->kid[0]) && !is_negative(p, x->kid[1]);
	for (int i = 0; i < x->n; i++) {
		struct expr *term = x->kid[swap && i < 2 ? 1 - i : i];
		bool minus = i && is_negative(p, term);
		text_add(&t, "%s%s", !i ? "" : minus ? " - " : " + ", text_at(s, minus ? scale(p, -1, term) : term, i ? PRODUCT : SUM_));
	}
	return text_end(&t);
}

static const char *
product_text(struct scalars *s, const struct expr *x)
{
	struct text t = {.arena = s->e->arena};
	bool minus = is_number(x->kid[0], -1);
	if (minus) text_add(&t, "-");
	for (int i = minus; i < x->n; i++) text_add(&t, "%s%s", i > minus ? " * " : "", text_at(s, x->kid[i], ATOM));
	return text_end(&t);
}

static const char *
pair_text(struct scalars *s, const struct expr *x, const char *operator)
{
	return arena_print(s->e->arena, "%s %s %s", text_at(s, x->kid[0], SUM_), operator, text_at(s, x->kid[1], SUM_));
}

static const char *
text_at(struct scalars *s, const struct expr *x, int level)
{
	struct arena *a = s->e->arena;
	struct text all = {.arena = a};
	const char *t = "0";
	int own = ATOM;
	switch (x->op) {
	case OP_NUMBER: t = c_number(a, x->number, true); own = x->number < 0 ? PRODUCT : ATOM; break;
	case OP_BOOL: t = x->number != 0 ? "1" : "0"; break;
	case OP_BATCH: t = "(double)m->total"; break;
	case OP_READ: t = read_text(s, x->tensor); break;
	case OP_ADD: t = sum_text(s, x); own = SUM_; break;
	case OP_MUL: t = product_text(s, x); own = PRODUCT; break;
	case OP_POW:
		if (is_number(x->kid[1], -1)) t = arena_print(a, "1 / %s", text_at(s, x->kid[0], ATOM));
		else t = arena_print(a, "nn_double_pow(%s, %s)", text_at(s, x->kid[0], CHOICE), text_at(s, x->kid[1], CHOICE));
		own = is_number(x->kid[1], -1) ? PRODUCT : ATOM;
		break;
	case OP_CALL:
		if (!x->function->c_name) return text_at(s, x->kid[0], level);
		t = arena_print(a, "nn_double_%s(%s)", x->function->name, text_at(s, x->kid[0], CHOICE));
		break;
	case OP_IF:
		t = arena_print(a, "%s ? %s : %s", text_at(s, x->kid[0], CONJUNCTION), text_at(s, x->kid[1], CONJUNCTION), text_at(s, x->kid[2], CHOICE));
		own = CHOICE;
		break;
	case OP_LT: t = pair_text(s, x, "<"); own = COMPARISON; break;
	case OP_LE: t = pair_text(s, x, "<="); own = COMPARISON; break;
	case OP_EQ: t = pair_text(s, x, "=="); own = COMPARISON; break;
	case OP_NOT: t = arena_print(a, "!%s", text_at(s, x->kid[0], ATOM)); break;
	case OP_GE0: t = arena_print(a, "%s >= 0", text_at(s, x->kid[0], SUM_)); own = COMPARISON; break;
	case OP_EQ0: t = arena_print(a, "%s == 0", text_at(s, x->kid[0], SUM_)); own = COMPARISON; break;
	case OP_AND:
		for (int i = 0; i < x->n; i++) text_add(&all, "%s%s", i ? " && " : "", text_at(s, x->kid[i], COMPARISON));
		t = text_end(&all);
		own = CONJUNCTION;
		break;
	default: break;
	}
	return own < level ? arena_print(a, "(%s)", t) : t;
}

/* ---- which, where ----------------------------------------------------------------------------------------------------------------------------- */

static bool
reads(const struct expr *x, const struct tensor *t)
{
	if (x->op == OP_READ) return x->tensor == t;
	for (int i = 0; i < x->n; i++)
		if (reads(x->kid[i], t)) return true;
	return false;
}

/* does it belong to this optimizer's equations (NULL: to those of the model)? */
static bool
is_of(const struct uniform *u, const struct optimizer *o)
{
	bool any = false;
	for (int i = 0; o && i < o->program->tensors.n; i++) any |= reads(u->expr, o->program->tensors.at[i]);
	return o ? any : !u->of_optimizer;
}

static bool
is_used(const struct emission *e, const struct optimizer *o, const struct tensor *setting)
{
	for (int i = 0; i < e->uniforms.n; i++)
		if (is_of(&e->uniforms.at[i], o) && reads(e->uniforms.at[i].expr, setting)) return true;
	return false;
}

/* those that depend on the batch only; outside of training the batch is what one call of the kernels sees */
void
write_batch_uniforms(struct emission *e, struct text *t, bool training, const char *samples)
{
	struct scalars s = {.e = e, .names = {.arena = e->arena}};
	bool any = false;
	for (int i = 0; i < e->uniforms.n; i++) {
		const struct uniform *u = &e->uniforms.at[i];
		if (!is_of(u, NULL) || !(training ? u->trains : u->evaluates)) continue;
		if (!training && !any) text_add(t, "\tm->total = %s;\n", samples);
		any = true;
		text_add(t, "\tm->%s = (real)%s;\n", u->name, text_at(&s, u->expr, ATOM));
	}
}

/* those of an optimizer, and before them the settings that they read */
void
write_optimizer_uniforms(struct emission *e, struct text *t, const struct optimizer *o)
{
	struct scalars s = {.e = e, .o = o, .names = {.arena = e->arena}};
	static const char *const taken[] = {"settings", "optimizer", "when", "samples", "in", "out"};
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) c_reserve(&s.names, taken[i]);
	for (int i = 0; i < o->settings.n; i++)
		if (is_used(e, o, o->settings.at[i].tensor)) text_add(t, "\t\tconst double %s = settings[%d];\n", local_name(&s, o->settings.at[i].tensor), i);
	for (int i = 0; i < e->uniforms.n; i++)
		if (is_of(&e->uniforms.at[i], o)) text_add(t, "\t\tm->%s = (real)%s;\n", e->uniforms.at[i].name, text_at(&s, e->uniforms.at[i].expr, ATOM));
}
