/* function.c - kernels as C functions.
 *
 * A kernel's text is written with marks in place of what belongs to this kernel alone: its buffers, its parameters, the sites of its draws.  Kernels of
 * the same text become one function.  Where they differ in their operands, these are passed as offsets; so the code does not grow with the depth of
 * a network.  Where a text has one kernel, the marks become plain names. */
#include "emit/emit.h"
#include "core/print.h"
#include <stdlib.h>
#include <string.h>

/* marks: MARK_NAME 12 MARK_END is the C variable of operand 12, MARK_MEMORY p 12 MARK_END where it is, in the region p */
enum { MARK_NAME = 1, MARK_END = 2, MARK_MEMORY = 3, MARK_AT_PARAMETER = 4, MARK_AT_ARGUMENT = 5, LAST_MARK = MARK_AT_ARGUMENT };

struct writer
writer_new(struct emission *e, struct plan *plan, const struct kernel *k, enum lanes_are lanes, struct operand_list *operands, struct c_names *names)
{
	return (struct writer){.e = e, .plan = plan, .kernel = k, .lanes = lanes, .sample = "n", .indent = 1, .operands = operands, .names = names,
			       .body = {.arena = e->arena}};
}

/* ---- operands --------------------------------------------------------------------------------------------------------------------------------- */

static int
operand(struct writer *w, enum operand_kind kind, struct tensor *t, long stride)
{
	struct operand_list *l = w->operands;
	for (int i = 0; i < l->n; i++)
		if (l->at[i].kind == kind && l->at[i].tensor == t && l->at[i].stride == stride) return i;
	PUSH(w->e->arena, l, (struct operand){kind, t, stride});
	return l->n - 1;
}

const char *
operand_name(struct writer *w, enum operand_kind kind, struct tensor *t, long stride)
{
	return arena_print(w->e->arena, "%c%d%c", MARK_NAME, operand(w, kind, t, stride), MARK_END);
}

static bool
is_in_params(const struct tensor *t)
{
	return tensor_is_param(t) || t->role == ROLE_STATE;
}

/* What the number means that a call passes for an operand.  Kernels whose operands are in other regions have another text. */
struct region {
	char letter;
	const char *before, *after; /* at[k], in a function that several kernels share */
};

static const struct region *
region_of(enum operand_kind kind, const struct tensor *t)
{
	static const struct region panels = {'p', "panels_at(m, ", ")"}, plain = {'w', "plain_at(m, ", ")"}, params = {'m', "params_at(m, ", ")"},
							   carried = {'c', "carried_at(m, ", ")"}, site = {'s', "(uint32_t)", ""}, param = {'n', "(int)", ""};
	switch (kind) {
	case OPERAND_SITE: return &site;
	case OPERAND_PARAM: return &param;
	case OPERAND_CARRIED: return &carried;
	case OPERAND_PLAIN: return is_in_params(t) ? &params : &plain;
	default: return &panels;
	}
}

const char *
operand_memory(struct writer *w, enum operand_kind kind, struct tensor *t, long stride)
{
	return arena_print(w->e->arena, "%c%c%d%c", MARK_MEMORY, region_of(kind, t)->letter, operand(w, kind, t, stride), MARK_END);
}

static bool
has_memory(const struct operand *o)
{
	return o->kind != OPERAND_VALUE && o->kind != OPERAND_BEST;
}

/* where an operand is, in a function that only its own kernel has */
static const char *
plain_memory(struct emission *e, const struct operand *o)
{
	switch (o->kind) {
	case OPERAND_ROWS: return arena_print(e->arena, "m->%s", buffer_name(e, o->tensor, "rows"));
	case OPERAND_SITE: return arena_print(e->arena, "0x%08xu", o->tensor->site);
	case OPERAND_PARAM: return arena_print(e->arena, "%d", param_number(e, o->tensor));
	case OPERAND_CARRIED: return arena_print(e->arena, "m->%s", buffer_name(e, o->tensor, "so_far"));
	case OPERAND_PLAIN:
		if (is_in_params(o->tensor)) return arena_print(e->arena, "m->%s", param_member(e, o->tensor));
		/* fall through */
	default: return arena_print(e->arena, "m->%s", buffer_name(e, o->tensor, ""));
	}
}

/* the same in a function that several kernels share */
static const char *
shared_memory(struct emission *e, const struct operand *o, int slot)
{
	const struct region *r = region_of(o->kind, o->tensor);
	return arena_print(e->arena, "%sat[%d]%s", r->before, slot, r->after);
}

/* the number that a call passes for an operand */
static double
operand_offset(struct emission *e, const struct plan *plan, const struct kernel *k, const struct operand *o)
{
	const struct slot *at = &plan->place[o->tensor->id];
	switch (o->kind) {
	case OPERAND_ROWS: return at->rows_offset;
	case OPERAND_PARAM: return param_number(e, o->tensor);
	case OPERAND_CARRIED: return k->carried;
	case OPERAND_PLAIN:
		if (is_in_params(o->tensor)) return (double)param_place(e, o->tensor);
		/* fall through */
	default: return at->offset;
	}
}

/* do two kernels of one text mean the same members of the model? */
static bool
same_members(const struct operand_list *a, const struct operand_list *b)
{
	for (int i = 0; i < a->n; i++) {
		const struct operand *x = &a->at[i], *y = &b->at[i];
		if (has_memory(x) && (x->kind != OPERAND_SITE || x->tensor->site != y->tensor->site) && strcmp(x->tensor->name, y->tensor->name)) return false;
	}
	return true;
}

/* ---- lines, loops, values ------------------------------------------------------------------------------------------------------------------------- */

/* the text of an index is its variable, or begins with it: `k`, `k + r` */
static bool
has_variable(const char *text, const char *name)
{
	size_t n = strlen(name);
	return !strncmp(text, name, n) && (!text[n] || text[n] == ' ');
}

/* the C variable of an index: its own name, or j2, j3 ... where a loop around has that name */
const char *
loop_name(struct writer *w, const struct index *i)
{
	struct arena *a = w->e->arena;
	const char *name = NULL;
	for (int n = 1; !name; n++) {
		const char *wanted = n == 1 ? i->name : arena_print(a, "%s%d", i->name, n);
		const char *c = c_name_as(w->names, arena_print(a, "index %s %d", i->name, n), wanted);
		name = c;
		for (int k = 0; k < w->open.n; k++)
			if (w->open.at[k] != i && has_variable(name_of_index(w, w->open.at[k]), c)) name = NULL;
	}
	bind_index(w, i, name);
	return name;
}

void
enter_loop(struct writer *w, const struct index *i)
{
	PUSH(w->e->arena, &w->open, i);
}

void
open_range(struct writer *w, const struct index *i, const char *low, const char *high)
{
	const char *name = loop_name(w, i);
	if (i->size == 1) {
		bind_index(w, i, "0");
		write_line(w, "{");
	} else {
		write_line(w, "for (int %s = %s; %s < %s; %s++) {", name, low, name, high, name);
	}
	enter_loop(w, i);
	w->indent++;
}

void
open_loop(struct writer *w, const struct index *i)
{
	open_range(w, i, "0", arena_print(w->e->arena, "%ld", i->size));
}

void
open_scalar_loop(struct writer *w, const struct index *i)
{
	if (!i->batch) {
		open_loop(w, i);
		return;
	}
	const char *name = loop_name(w, i);
	write_line(w, "for (int %s = 0; %s < m->samples; %s++) {", name, name, name);
	enter_loop(w, i);
	w->indent++;
}

void
close_brace(struct writer *w)
{
	w->indent--;
	write_line(w, "}");
}

void
close_loop(struct writer *w)
{
	if (w->open.n) w->open.n--;
	close_brace(w);
}

void
close_loops(struct writer *w, int n)
{
	while (n-- > 0) close_loop(w);
}

static bool
is_bound_yet(const struct expr *condition, struct index *const later[], int n)
{
	return !mentions_any(condition, later, n);
}

/* i + rest >= 0 bounds the loop over i from below, rest - i >= 0 from above; false: it is no bound of i */
static bool
narrow(struct writer *w, struct expr *condition, const struct index *i, const char **low, const char **high)
{
	struct program *p = w->plan->program;
	struct arena *a = w->e->arena;
	if (condition->op != OP_GE0 || i->size == 1) return false;
	struct affine *f = affine_of(p, condition->kid[0]);
	for (int k = 0; k < f->n; k++) {
		long c = f->term[k].coefficient;
		struct expr *x = f->term[k].atom;
		if (x->op != OP_INDEX || x->index != i || (c != 1 && c != -1)) continue;
		struct expr *rest = sub(p, condition->kid[0], scale(p, (double)c, x));
		if (mentions(rest, i)) return false;
		if (c > 0) *low = arena_print(a, "larger(%s, %s)", *low, whole_text(w, scale(p, -1, rest), 0));
		else *high = arena_print(a, "smaller(%s, %s)", *high, whole_text(w, add(p, rest, number(p, 1)), 0));
		return true;
	}
	return false;
}

int
open_guarded_loops(struct writer *w, int n, struct index *const indices[], struct expr *guard)
{
	int braces = 0, count = guard ? conjunct_count(guard) : 0;
	bool *done = NEW_ARRAY(w->e->arena, count + 1, bool);
	for (int level = 0; level <= n; level++) {
		const char *low = "0", *high = level ? arena_print(w->e->arena, "%ld", indices[level - 1]->size) : "";
		struct expr *rest = truth(w->plan->program, true);
		for (int c = 0; c < count; c++) {
			struct expr *x = conjunct(guard, c);
			if (done[c] || !is_bound_yet(x, indices + level, n - level)) continue;
			done[c] = true;
			if (!level || !narrow(w, x, indices[level - 1], &low, &high)) rest = both(w->plan->program, rest, x);
		}
		if (level) {
			open_range(w, indices[level - 1], low, high);
			braces++;
		}
		if (rest->op == OP_BOOL) continue;
		struct lowered l = lower_equation(w->plan->program, &(struct equation){.body = rest});
		w->guarded++;
		write_line(w, "if (%s) {", write_value(w, &l).text);
		w->guarded--;
		enter_loop(w, NULL);
		w->indent++;
		braces++;
	}
	return braces;
}

void
bind_time(struct writer *w, const struct equation *q)
{
	const struct index *t = kernel_time(w->kernel, q);
	if (t) bind_index(w, t, w->time ? w->time : loop_name(w, t));
}

/* the name of time is that of the first equation of the kernel */
static const char *
time_name(struct writer *w)
{
	const struct equation *q = w->kernel->equations.n ? w->kernel->equations.at[0] : NULL;
	const struct index *t = q ? kernel_time(w->kernel, q) : NULL;
	if (!t) return NULL;
	if (!w->time) {
		w->time = loop_name(w, t);
		enter_loop(w, t);
	}
	return w->time;
}

const char *
time_parameter(struct writer *w)
{
	const char *t = time_name(w);
	return t ? arena_print(w->e->arena, ", int %s", t) : "";
}

const char *
time_argument(struct writer *w)
{
	const char *t = time_name(w);
	return t ? arena_print(w->e->arena, ", %s", t) : "";
}

void
write_panel_locals(struct writer *w)
{
	for (int i = 0; i < w->locals.n; i++) {
		if (!w->locals.at[i].of_panel) continue;
		write_line(w, "%s", w->locals.at[i].declaration);
		w->locals.at[i] = w->locals.at[--w->locals.n];
		i--;
	}
}

void
finish_function(struct writer *w, struct text *out, const char *type, const char *name, const char *parameters)
{
	text_add(out, "%s\n%s(const struct %s *m%c%s)\n{\n", type, name, w->e->prefix, MARK_AT_PARAMETER, parameters);
	for (int i = 0; i < w->locals.n; i++) text_add(out, "\t%s\n", w->locals.at[i].declaration);
	text_add(out, "%s}\n", text_end(&w->body));
}

const char *
inner_call(struct writer *w, const char *suffix)
{
	return arena_print(w->e->arena, "@@_%s(m%c", suffix, MARK_AT_ARGUMENT);
}

struct held
hold(struct writer *w, const struct tensor *t, const char *name, bool vector)
{
	struct held h = {t, name, vector};
	PUSH(w->e->arena, &w->held, h);
	return h;
}

bool
is_stored(const struct writer *w, const struct tensor *t)
{
	enum storage s = w->plan->place[t->id].storage;
	return s == IN_PANELS || s == IN_PLAIN;
}

/* the tensor at the equation's own left side */
struct expr *
own_element(struct writer *w, const struct equation *q)
{
	return read_at(w->plan->program, q->tensor, q->lhs);
}

/* how often the value is read inside the kernel at its own element */
static int
reads_inside(struct writer *w, const struct tensor *t)
{
	int count = 0;
	for (int i = 0; i < w->kernel->equations.n; i++) {
		int n;
		struct expr **reads = expr_reads(w->plan->program, w->kernel->equations.at[i]->body, &n);
		for (int r = 0; r < n; r++) count += reads[r]->tensor == t;
	}
	return count;
}

/* a map's value: into a variable when something here reads it, and into its place when something elsewhere does */
void
write_map_value(struct writer *w, const struct equation *q, struct value_text v)
{
	bool vector, integer = q->tensor->integer, lanes = w->lanes != NO_LANES;
	const char *at = is_stored(w, q->tensor) ? element_text(w, own_element(w, q), &vector) : NULL;
	if (reads_inside(w, q->tensor) > 0) {
		const char *name = operand_name(w, OPERAND_VALUE, q->tensor, 0);
		const char *type = integer ? (lanes ? "ints" : "int") : lanes ? "lanes" : "real";
		write_line(w, "const %s %s = %s;", type, name, lanes && !integer ? as_vector(w, v) : v.text);
		hold(w, q->tensor, name, lanes);
		v = (struct value_text){name, 4, lanes};
	}
	if (!at) return;
	if (!lanes) write_line(w, "%s = %s%s;", at, integer ? "(int32_t)" : "", v.text);
	else if (w->part) write_line(w, "store_some(&%s, %s, %s);", at, as_vector(w, v), w->part);
	else if (integer) write_line(w, "store_ints(&%s, %s);", at, v.text);
	else write_line(w, "store(&%s, %s);", at, as_vector(w, v));
}

/* an integer map (a class, a position) is written as lanes of whole numbers */
struct value_text
map_value(struct writer *w, const struct equation *q)
{
	struct lowered l = lower_equation(w->plan->program, q);
	if (!q->tensor->integer) return write_value(w, &l);
	if (w->lanes != LANES_ARE_SAMPLES) return (struct value_text){whole_text(w, q->body, 0), 0, false};
	return (struct value_text){whole_lanes_text(w, q->body), 0, true};
}

const char *
scaled_text(struct writer *w, const char *value, struct expr *scale_, bool vector)
{
	if (!scale_) return value;
	if (is_number(scale_, -1) && !vector) return arena_print(w->e->arena, "minus(%s)", value);
	if (scale_->op == OP_NUMBER) return arena_print(w->e->arena, "%s * %s", value, c_number(w->e->arena, scale_->number, w->e->f64));
	return arena_print(w->e->arena, "%s * m->%s", value, uniform_name(w->e, w->plan, scale_));
}

const char *
carried_sum(struct writer *w)
{
	const struct kernel *k = w->kernel;
	const struct equation *q = k->equations.at[0];
	struct program *p = w->plan->program;
	struct expr *at = affine_expr(p, flat_access(p, k, read_at(p, q->tensor, q->lhs)));
	if (has_running_sums(k)) at = scale(p, 16, at);
	const char *name = operand_name(w, OPERAND_CARRIED, q->tensor, 0);
	bool known = false;
	for (int i = 0; i < w->locals.n; i++) known |= !strcmp(w->locals.at[i].name, name);
	if (!known) PUSH(w->e->arena, &w->locals, (struct local){name, arena_print(w->e->arena, "real *%s = %s;", name, operand_memory(w, OPERAND_CARRIED, q->tensor, 0)), false});
	return arena_print(w->e->arena, "%s[%s]", name, whole_text(w, at, 0));
}

/* ---- from marks to text ------------------------------------------------------------------------------------------------------------------------------ */

static const char *
variable_of(struct emission *e, struct emitted *f, const struct operand_list *l, int i)
{
	const struct operand *o = &l->at[i];
	const char *name = o->tensor->name, *suffix = o->kind == OPERAND_ROWS ? "_rows" : o->kind == OPERAND_BEST ? "_best" : o->kind == OPERAND_CARRIED ? "_so_far" : "";
	for (int k = 0; k < l->n && o->kind == OPERAND_VALUE; k++) /* beside the pointer to its place */
		if (l->at[k].tensor == o->tensor && has_memory(&l->at[k]) && l->at[k].kind != OPERAND_CARRIED) suffix = "_here";
	if (o->kind == OPERAND_PLAIN && o->stride == 0 && o->tensor->rank > 1) suffix = "_flat";
	return c_name_as(&f->names, arena_print(e->arena, "operand %d", i), arena_print(e->arena, "%s%s", name, suffix));
}

static const char *
without_marks(struct emission *e, struct emitted *f)
{
	struct text t = {.arena = e->arena};
	const struct operand_list *l = f->kernels.at[0]->operands;
	int *slot = NEW_ARRAY(e->arena, l->n + 1, int), slots = 0;
	for (int i = 0; i < l->n; i++) slot[i] = has_memory(&l->at[i]) ? slots++ : -1;
	const char *s = f->key, *start = s;
	for (; *s; s++) {
		if (*s > LAST_MARK && (*s != '@' || s[1] != '@')) continue;
		text_bytes(&t, start, (size_t)(s - start));
		char *end = (char *)s;
		long i = *s == MARK_NAME ? strtol(s + 1, &end, 10) : *s == MARK_MEMORY ? strtol(s + 2, &end, 10) : 0;
		switch (*s) {
		case '@': text_add(&t, "%s", f->name); end++; break;
		case MARK_NAME: text_add(&t, "%s", variable_of(e, f, l, (int)i)); break;
		case MARK_MEMORY: text_add(&t, "%s", f->shared ? shared_memory(e, &l->at[i], slot[i]) : plain_memory(e, &l->at[i])); break;
		case MARK_AT_PARAMETER: text_add(&t, "%s", f->shared ? ", const size_t at[]" : ""); break;
		case MARK_AT_ARGUMENT: text_add(&t, "%s", f->shared ? ", at" : ""); break;
		default: text_bytes(&t, s, 1); /* a line's end or a tab */
		}
		s = end;
		start = s + 1;
	}
	text_add(&t, "%s", start);
	return text_end(&t);
}

static const char *
heading_of(struct emission *e, struct plan *plan, const struct kernel *k, int more)
{
	struct arena *a = e->arena;
	struct text out = {.arena = a};
	for (int i = 0; i < k->equations.n; i++) {
		const struct equation *q = k->equations.at[i];
		const char *line = c_comment(a, equation_text(plan->program, q, (struct print_style){0}));
		struct place at = span_place(q->span);
		bool own = q->span.file && !q->span.file->library;
		const char *slash = own ? strrchr(q->span.file->path, '/') : NULL;
		const char *where = own ? arena_print(a, "%s:%d", c_comment(a, slash ? slash + 1 : q->span.file->path), at.line) : "";
		const char *end = i == k->equations.n - 1 && !more ? " */" : "";
		if (own) text_add(&out, "%s%-100s  %s%s\n", i ? " * " : "/* ", line, where, end);
		else text_add(&out, "%s%s%s\n", i ? " * " : "/* ", line, end);
	}
	if (!k->equations.n) text_add(&out, "/* %s with the samples as rows%s\n", c_comment(a, k->rows->name), more ? "" : " */");
	if (more) text_add(&out, " * and %d more that differ in their operands only: at[] says where these lie */\n", more);
	return text_end(&out);
}

/* what a kernel computes: the last of its tensors, or the rows of one */
static const char *
result_of(struct emission *e, const struct kernel *k)
{
	if (k->kind == KERNEL_ROWS) return arena_print(e->arena, "%s rows", k->rows->name);
	return k->equations.at[k->equations.n - 1]->tensor->name;
}

/* the function of this text, old or new */
static struct emitted *
function_of(struct emission *e, const struct plan *plan, const struct kernel *k, const char *key, const struct c_names *names)
{
	int *known = map_get(e->arena, &e->by_text, key);
	if (*known) return e->emitted.at[*known - 1];
	struct emitted *f = NEW(e->arena, struct emitted);
	f->key = key;
	f->names = *names;
	PUSH(e->arena, &e->emitted, f);
	*known = e->emitted.n;
	f->name = c_name_as(&e->functions, arena_print(e->arena, "function %d", e->emitted.n), arena_print(e->arena, "compute %s%s", result_of(e, k), plan->single ? " alone" : ""));
	return f;
}

static void
make_kernel(struct emission *e, struct plan *plan, struct kernel *k)
{
	static void (*const writers[])(struct emission *, struct plan *, struct kernel *, struct c_names *, struct text *) = {
		[KERNEL_TILE] = write_tile, [KERNEL_PAIR] = write_pair, [KERNEL_LANES] = write_lanes, [KERNEL_ROWS] = write_rows, [KERNEL_OUTER] = write_outer,
		[KERNEL_DOT] = write_dot, [KERNEL_TAPS] = write_taps, [KERNEL_FOLD] = write_fold, [KERNEL_SCATTER] = write_scatter, [KERNEL_PLAIN] = write_plain,
	};
	static void (*const single[])(struct emission *, struct plan *, struct kernel *, struct c_names *, struct text *) = {
		[KERNEL_TILE] = write_single_tile, [KERNEL_PAIR] = write_single_pair, [KERNEL_LANES] = write_lanes, [KERNEL_PLAIN] = write_plain,
	};
	struct description d = describe(e, plan, k);
	if (!recall(e, &d, k)) {
		struct text body = {.arena = e->arena};
		struct c_names names = {.arena = e->arena};
		k->operands = NEW(e->arena, struct operand_list);
		(plan->single ? single : writers)[k->kind](e, plan, k, &names, &body);
		k->function = function_of(e, plan, k, text_end(&body), &names);
		remember(e, &d, k);
	}
	remember_original(e, plan, k);
}

void
write_kernel(struct emission *e, struct plan *plan, struct kernel *k)
{
	if (!recall_copy(e, plan, k)) make_kernel(e, plan, k);
	struct emitted *f = k->function;
	f->shared |= f->kernels.n && !same_members(f->kernels.at[0]->operands, k->operands);
	PUSH(e->arena, &f->kernels, k);
	PUSH(e->arena, &f->plans, plan);
}

void
write_functions(struct emission *e, struct text *out)
{
	for (int i = 0; i < e->emitted.n; i++) {
		struct emitted *f = e->emitted.at[i];
		text_add(out, "%s%s\n", heading_of(e, f->plans.at[0], f->kernels.at[0], f->shared ? f->kernels.n - 1 : 0), without_marks(e, f));
	}
}

/* ---- calls -------------------------------------------------------------------------------------------------------------------------------------------- */

/* a mark for each operand that lies somewhere */
static const char *
text_of_call(struct emission *e, const struct kernel *k, const char *guard)
{
	struct emitted *f = k->function;
	if (f->called && f->called_parts == k->parts && !strcmp(f->called_guard, guard)) return f->called;
	const char *parts = k->parts == 0 ? "m->panels" : arena_print(e->arena, "%d", k->parts), *step = k->loop ? ", t" : "";
	struct text t = {.arena = e->arena};
	text_add(&t, "%s%s%s(m, %s, %s%s", guard, k->loop ? "run_step" : "run", f->shared ? "_at" : "", f->name, parts, step);
	if (f->shared) {
		int n = 0;
		text_add(&t, ", (const size_t[]){");
		for (int i = 0; i < k->operands->n; i++)
			if (has_memory(&k->operands->at[i])) text_add(&t, "%s%c", n++ ? ", " : "", CALL_ARGUMENT);
		text_add(&t, "}");
	}
	text_add(&t, ");");
	f->called_parts = k->parts;
	f->called_guard = guard;
	return f->called = text_end(&t);
}

struct call
kernel_call(struct emission *e, struct plan *plan, const struct kernel *k, const char *guard)
{
	struct emitted *f = k->function;
	struct call c = {.text = text_of_call(e, k, guard)};
	if (!f->shared) return c;
	c.at = NEW_ARRAY(e->arena, k->operands->n + 1, struct call_argument);
	for (int i = 0; i < k->operands->n; i++) {
		const struct operand *o = &k->operands->at[i];
		if (!has_memory(o)) continue;
		bool site = o->kind == OPERAND_SITE;
		c.at[c.n++] = (struct call_argument){site ? o->tensor->site : operand_offset(e, plan, k, o), site ? ARGUMENT_SITE : ARGUMENT_PLACE};
	}
	c.makes = c_comment(e->arena, result_of(e, k));
	return c;
}
