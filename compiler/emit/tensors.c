/* tensors.c - parameters and states: where they lie, the table of all tensors, and how they start.
 *
 * Rows of equal blocks differ in a number of their path and by a constant distance in memory: they are written once, as a macro of that number. */
#include "emit/emit.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- places ------------------------------------------------------------------------------------------------------------------------------------ */

/* frozen parameters lie among the states: no optimizer keeps anything beside them */
static bool
has_role(const struct tensor *t, enum role role)
{
	return t->role == role || (role == ROLE_STATE && t->role == ROLE_FROZEN);
}

struct parameters
list_role(struct emission *e, enum role role)
{
	const struct program *p = e->model->train;
	struct parameters r = {.at = NEW_ARRAY(e->arena, p->tensors.n + 1, const struct tensor *), .offset = NEW_ARRAY(e->arena, p->tensors.n + 1, long)};
	long align = e->f64 ? 8 : 16;
	for (int i = 0; i < p->tensors.n; i++) {
		if (!has_role(p->tensors.at[i], role)) continue;
		r.at[r.n] = p->tensors.at[i];
		r.offset[r.n++] = r.total;
		r.total += (tensor_count(p->tensors.at[i]) + align - 1) / align * align;
	}
	return r;
}

void
number_params(struct emission *e)
{
	e->params = list_role(e, ROLE_PARAM);
	e->states = list_role(e, ROLE_STATE);
	for (int i = 0; i < e->params.n; i++) *map_get(e->arena, &e->param_numbers, e->params.at[i]->name) = i;
	for (int i = 0; i < e->states.n; i++) *map_get(e->arena, &e->param_numbers, e->states.at[i]->name) = e->params.n + i;
}

int
param_number(struct emission *e, const struct tensor *param)
{
	return *map_get(e->arena, &e->param_numbers, param->name);
}

long
param_place(struct emission *e, const struct tensor *t)
{
	int i = param_number(e, t);
	return i < e->params.n ? e->params.offset[i] : e->params.total + e->states.offset[i - e->params.n];
}

/* the member that points to a parameter or state; there is one for each that some text names */
const char *
param_member(struct emission *e, const struct tensor *t)
{
	const char *name = c_name(&e->members, t->name);
	*map_get(e->arena, &e->used_params, name) = 1;
	return name;
}

static const char *
used_member(struct emission *e, const struct tensor *t)
{
	const char *name = c_name(&e->members, t->name);
	return map_find(&e->used_params, name) ? name : NULL;
}

const char *
shape_comment(struct emission *e, const struct tensor *t)
{
	struct text s = {.arena = e->arena};
	for (int i = t->batch; i < t->rank; i++) text_add(&s, "[%ld]", t->shape[i]);
	return text_end(&s);
}

static void
write_members(struct emission *e, struct text *t, const struct parameters *list)
{
	for (int i = 0; i < list->n; i++) {
		const char *name = used_member(e, list->at[i]);
		if (name) text_add(t, "\treal *%s; /* %s */\n", name, shape_comment(e, list->at[i]));
	}
}

void
write_param_members(struct emission *e, struct text *t)
{
	write_members(e, t, &e->params);
	write_members(e, t, &e->states);
}

void
write_param_places(struct emission *e, struct text *t)
{
	for (int i = 0; i < e->params.n; i++) {
		const char *name = used_member(e, e->params.at[i]);
		if (name) text_add(t, "\tm->%s = m->params + %ld;\n", name, e->params.offset[i]);
	}
	for (int i = 0; i < e->states.n; i++) {
		const char *name = used_member(e, e->states.at[i]);
		if (name) text_add(t, "\tm->%s = m->params + PARAMS + %ld;\n", name, e->states.offset[i]);
	}
}

/* ---- the table ----------------------------------------------------------------------------------------------------------------------------------- */

struct row {
	const char *path, *rest; /* behind the path, up to the place */
	const char *base;        /* of the block that it lies in, in reals */
	long offset;
};

LIST_TYPE(row_list, struct row);

static void
add_row(struct emission *e, struct row_list *l, const char *path, const char *role, int optimizer, const struct tensor *x, const char *base, long offset)
{
	struct text t = {.arena = e->arena};
	text_add(&t, "%s, %d, %d, {", role, optimizer, x->rank);
	for (int i = 0; i < x->rank; i++) text_add(&t, "%s%ld", i ? ", " : "", x->shape[i]);
	text_add(&t, "%s}, %ld", x->rank ? "" : "0", tensor_count(x));
	PUSH(e->arena, l, (struct row){path, text_end(&t), base, offset});
}

static struct row_list
list_rows(struct emission *e)
{
	struct row_list l = {0};
	struct arena *a = e->arena;
	for (int i = 0; i < e->params.n; i++) add_row(e, &l, e->params.at[i]->name, "NN_PARAM", -1, e->params.at[i], "", e->params.offset[i]);
	for (int i = 0; i < e->states.n; i++) add_row(e, &l, e->states.at[i]->name, e->states.at[i]->role == ROLE_FROZEN ? "NN_FROZEN" : "NN_STATE", -1, e->states.at[i], "PARAMS + ", e->states.offset[i]);
	int block = 0;
	for (int o = 0; o < e->model->training.optimizers.n; o++) {
		const struct optimizer *x = e->model->training.optimizers.at[o];
		for (int s = 0; s < x->states.n; s++, block++)
			for (int i = 0; i < e->params.n; i++)
				add_row(e, &l, arena_print(a, "%s.%s", e->params.at[i]->name, x->states.at[s]->name), "NN_MOMENT", o, e->params.at[i], arena_print(a, "PARAMS + STATES + %d * PARAMS + ", block),
					e->params.offset[i]);
	}
	return l;
}

struct numbered { /* a path around one of its numbers */
	int begin, end;
	long number;
};

/* b is a with one number that is one larger; where it is in a */
static bool
next_path(const char *a, const char *b, struct numbered *in)
{
	int i = 0;
	while (a[i] && a[i] == b[i]) i++;
	while (i > 0 && isdigit((unsigned char)a[i - 1])) i--;
	if (!isdigit((unsigned char)a[i]) || !isdigit((unsigned char)b[i])) return false;
	char *end_a, *end_b;
	long x = strtol(a + i, &end_a, 10), y = strtol(b + i, &end_b, 10);
	*in = (struct numbered){i, (int)(end_a - a), x};
	return y == x + 1 && !strcmp(end_a, end_b);
}

/* rows from .. from + period - 1 once more, one block on? */
static bool
is_next_block(const struct row_list *l, int from, int period)
{
	struct numbered first = {0}, in;
	long step = 0;
	for (int i = 0; i < period; i++) {
		const struct row *a = &l->at[from + i], *b = &l->at[from + period + i];
		if (strcmp(a->rest, b->rest) || strcmp(a->base, b->base) || !next_path(a->path, b->path, &in)) return false;
		if (i == 0) {
			first = in;
			step = b->offset - a->offset;
		} else if (in.number != first.number || b->offset - a->offset != step) {
			return false;
		}
	}
	return true;
}

static void
write_row(struct emission *e, struct text *t, const struct row *r)
{
	text_add(t, "\t{%s, %s, HEADER + (%s%ld) * sizeof(real)},\n", c_string(e->arena, r->path), r->rest, r->base, r->offset);
}

static void
write_block(struct emission *e, struct text *defines, struct text *t, const struct row_list *l, int from, int period, int blocks, int macro)
{
	struct arena *a = e->arena;
	struct numbered in = {0};
	text_add(defines, "#define BLOCK_%d(n) \\\n", macro);
	for (int i = 0; i < period; i++) {
		const struct row *r = &l->at[from + i];
		next_path(r->path, l->at[from + period + i].path, &in);
		text_add(defines, "\t{%s #n %s, %s, HEADER + (%s%ld + %ld * (n - %ld)) * sizeof(real)},%s\n", c_string(a, arena_text(a, r->path, (size_t)in.begin)), c_string(a, r->path + in.end), r->rest, r->base, r->offset,
			 l->at[from + period].offset - l->at[from].offset, in.number, i + 1 < period ? " \\" : "");
	}
	for (int b = 0; b < blocks; b++) text_add(t, "%sBLOCK_%d(%ld)%s", b % 10 ? " " : "\t", macro, in.number + b, b % 10 == 9 || b + 1 == blocks ? "\n" : "");
}

void
write_table(struct emission *e, struct text *t)
{
	enum { LONGEST_BLOCK = 200, FEWEST_BLOCKS = 3 };
	struct row_list l = list_rows(e);
	struct text rows = {.arena = e->arena}, defines = {.arena = e->arena};
	int macros = 0;
	for (int i = 0; i < l.n;) {
		int best = 0, most = 0;
		for (int period = 1; period <= LONGEST_BLOCK && i + FEWEST_BLOCKS * period <= l.n; period++) {
			int blocks = 1;
			while (i + (blocks + 1) * period <= l.n && is_next_block(&l, i + (blocks - 1) * period, period)) blocks++;
			if (blocks < FEWEST_BLOCKS || blocks * period <= most) continue;
			best = period;
			most = blocks * period;
		}
		if (best) write_block(e, &defines, &rows, &l, i, best, most / best, ++macros);
		else write_row(e, &rows, &l.at[i]);
		i += best ? most : 1;
	}
	text_add(t, "enum { HEADER = (sizeof(struct %s) + 63) / 64 * 64 };\n\n%s%sconst struct nn_tensor %s_tensors[] = {\n%s};\n", e->prefix, text_end(&defines), macros ? "\n" : "", e->prefix, text_end(&rows));
	text_add(t, "const size_t %s_tensor_count = sizeof %s_tensors / sizeof *%s_tensors;\n\n", e->prefix, e->prefix, e->prefix);
}

/* ---- starting values ------------------------------------------------------------------------------------------------------------------------------ */

/* Each weight by its initialiser: the distribution, and its width from fan_in and fan_out (Glorot and Bengio 2010; He et al. 2015).  `memory` is
 * where it lies. */
static const char *
start_text(struct emission *e, const struct tensor *x, const char *memory, const char *site)
{
	struct arena *a = e->arena;
	double rest = 1;
	for (int i = 2; i < x->rank; i++) rest *= (double)x->shape[i];
	double fan_out = (x->rank > 0 ? (double)x->shape[0] : 1) * rest, fan_in = (x->rank > 1 ? (double)x->shape[1] : x->rank > 0 ? (double)x->shape[0] : 1) * rest;
	const char *word = x->start.word;
	long count = tensor_count(x);
	double low = x->start.argument[0], high = x->start.argument[1];
	if (!word) return arena_print(a, "nn_start_constant(%s, %ld, %s);", memory, count, c_number(a, low, e->f64));
	if (!strcmp(word, "orthogonal")) return arena_print(a, "nn_start_orthogonal(%s, %ld, %ld, seed, %s);", memory, x->rank ? x->shape[0] : 1, x->rank ? count / x->shape[0] : 1, site);
	bool uniform = !strcmp(word, "uniform") || strstr(word, "_uniform");
	if (uniform && strcmp(word, "uniform")) {
		high = sqrt(6 / (word[0] == 'g' ? fan_in + fan_out : fan_in));
		low = -high;
	} else if (!uniform && strcmp(word, "normal")) {
		low = 0;
		high = sqrt(2 / (word[0] == 'g' ? fan_in + fan_out : fan_in));
	}
	return arena_print(a, "%s(%s, %ld, seed, %s, %s, %s);", uniform ? "nn_start_uniform" : "nn_start_normal", memory, count, site, c_number(a, low, e->f64), c_number(a, high, e->f64));
}

static struct call
start_call(struct emission *e, const struct tensor *x)
{
	struct call c = {.n = x->start.word ? 2 : 1, .at = NEW_ARRAY(e->arena, 2, struct call_argument)};
	const char *member = used_member(e, x), *argument = arena_print(e->arena, "%c", CALL_ARGUMENT);
	c.at[0].value = (double)param_place(e, x);
	c.at[1] = (struct call_argument){text_hash(x->name), ARGUMENT_SITE};
	c.text = start_text(e, x, arena_print(e->arena, "params_at(m, %c)", CALL_ARGUMENT), argument);
	if (member) c.alone = start_text(e, x, arena_print(e->arena, "m->%s", member), arena_print(e->arena, "0x%08xu", text_hash(x->name)));
	return c;
}

void
write_starts(struct emission *e, struct text *t)
{
	struct call_list calls = {0};
	text_add(t, "void\n%s_start(struct %s *m, uint64_t seed)\n{\n\tm->seed = seed;\n", e->prefix, e->prefix);
	for (int i = 0; i < e->params.n; i++) PUSH(e->arena, &calls, start_call(e, e->params.at[i]));
	for (int i = 0; i < e->states.n; i++) PUSH(e->arena, &calls, start_call(e, e->states.at[i]));
	write_sequence(e->arena, &calls, "\t", t);
	text_add(t, "\tif (m->use != NN_PREDICT) memset(m->moments, 0, MOMENTS * sizeof(real));\n");
	for (int i = 0; i < e->model->training.optimizers.n; i++) {
		const struct optimizer *o = e->model->training.optimizers.at[i];
		for (int k = 0; k < o->states.n; k++) {
			double first = o->states.at[k]->start.argument[0];
			if (first == 0) continue;
			text_add(t, "\tif (m->use != NN_PREDICT) nn_start_constant(m->%s, PARAMS, %s);\n", c_name(&e->members, arena_print(e->arena, "%s %s", o->name, o->states.at[k]->name)),
				 c_number(e->arena, first, e->f64));
		}
	}
	text_add(t, "}\n\n");
}
