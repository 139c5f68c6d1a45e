/* apply.c - calls: the layers and functions of the language and the rows of the scalar table.
 *
 * A definition says what it needs in its signature; extra leading axes of an argument are mapped over (rule R3): they become indices of the
 * context, and the body is elaborated once. */
#include "front/mend.h"
#include "front/repair.h"
#include <math.h>
#include <string.h>

bool
read_arguments(struct elaborator *e, const struct node *definition, struct node *call, struct scope *s, struct value *piped, struct arguments *a)
{
	struct node *list = call->kid[1];
	*a = (struct arguments){.call = call};
	if (piped) a->at[a->n++] = piped;
	if (list->n + a->n > MOST) {
		problem(e, "arguments", call->span, "", "a call takes at most %d arguments", MOST);
		return false;
	}
	bool fine = true;
	for (int i = 0; i < list->n; i++) {
		struct node *n = list->kid[i];
		bool unknown = n->kind == NODE_KEYWORD && definition && !has_parameter(definition, n->text); /* that is said by who puts it to the parameters */
		e->quiet += unknown;
		struct value *v = evaluate_argument(e, n->kind == NODE_KEYWORD ? n->kid[0] : n, s);
		e->quiet -= unknown;
		if (v->kind == VALUE_ERROR && !unknown) fine = false;
		struct value *w = NEW(e->arena, struct value);
		*w = *v;
		w->span = n->kind == NODE_KEYWORD ? n->kid[0]->span : n->span;
		if (n->kind == NODE_KEYWORD) {
			a->keyword[a->keyword_count] = n;
			a->keyword_value[a->keyword_count++] = w;
		} else {
			a->at[a->n++] = w;
		}
	}
	return fine;
}

struct value *
wrong_count(struct elaborator *e, const struct arguments *a, const char *name, const char *wants)
{
	problem(e, "arguments", a->call->span, "", "`%s` takes %s", name, wants);
	return value_error(e);
}
/* ---- reductions and scalar functions as calls ----------------------------------------------------------------------------------------------------- */

static struct expr *larger(struct program *p, struct expr *a, struct expr *b) { return choose(p, less_equal(p, b, a), a, b); }
static struct expr *smaller(struct program *p, struct expr *a, struct expr *b) { return choose(p, less_equal(p, a, b), a, b); }

/* sum(x): all of a tensor; max(a, b) element by element */
static struct value *
apply_reduction(struct elaborator *e, const struct arguments *a, const char *name)
{
	enum reduction r = SUM;
	while (strcmp(reduction_name[r], name)) r++;
	if (a->n == 2 && (r == MAX || r == MIN)) {
		if (a->at[0]->kind == VALUE_NUMBER && a->at[1]->kind == VALUE_NUMBER) {
			double x = a->at[0]->number, y = a->at[1]->number;
			return value_number(e, (x > y) == (r == MAX) ? x : y, a->call->span);
		}
		return elementwise(e, a->call->span, a->call->kid[0]->span, name, r == MAX ? larger : smaller, a->at[0], a->at[1]);
	}
	if (a->n != 1 || a->keyword_count) {
		struct diagnostic *m = problem(e, "arguments", a->call->span, "", "`%s` of a whole tensor takes that tensor and nothing else", name);
		const struct value *x = a->n ? a->at[0] : NULL;
		const char *of = x && x->span.file ? span_text(e->arena, x->span) : "x";
		if (m && x && mend_axis_number(e, m, a, name)) return value_error(e);
		if (x && x->kind == VALUE_TENSOR && x->n == 2 && strlen(of) < 20) diag_help(e->d, m, "there are no axis numbers: write `y[j] = %s(i) %s[i,j]` for the first axis, `y[i] = %s(j) %s[i,j]` for the second", name, of, name, of);
		else diag_help(e->d, m, "to run over one index, write `%s(i) x[i]`: there are no axis numbers", name);
		return value_error(e);
	}
	struct value *x = as_tensor(e, a->at[0]);
	return x && !refuse_condition(e, a->at[0]->span, x) ? reduce_all(e, r, x, a->call->span) : value_error(e);
}

static struct value *
apply_function(struct elaborator *e, const struct function *f, const struct arguments *a)
{
	if (a->n != 1 || a->keyword_count) return wrong_count(e, a, f->name, "one argument");
	if (a->at[0]->kind == VALUE_NUMBER) return value_number(e, f->value(a->at[0]->number), a->call->span);
	struct value *x = as_tensor(e, a->at[0]);
	return x && !refuse_condition(e, a->at[0]->span, x) ? value_tensor(e, x->n, x->axis, call(e->p, f, x->body), a->call->span) : value_error(e);
}

/* ---- definitions ---------------------------------------------------------------------------------------------------------------------------------- */

int *
call_counter(struct elaborator *e, const char *name)
{
	return map_get(e->arena, &e->counts, path_name(e, name));
}

/* everything counted inside the path so far starts anew: the second use of a named layer finds the same names */
static void
restart_counts(struct elaborator *e)
{
	const char *path = path_name(e, "");
	for (int i = 0; i < e->counts.room; i++)
		if (e->counts.at[i].key && !strncmp(e->counts.at[i].key, path, strlen(path))) e->counts.at[i].value = 0;
}

/* mapped axes become indices of the context; each argument is read at those that it has */
static void
map_axes(struct elaborator *e, struct expansion *x)
{
	static const char *const names[] = {"t", "u", "v", "w", "p", "q", "r", "s"};
	for (int i = 0; i < x->mapped; i++) {
		x->lead_index[i] = index_new(e->p, names[i], x->lead[i]);
		PUSH(e->arena, &e->context, x->lead_index[i]);
	}
	struct node *params = x->definition->kid[0];
	for (int k = 0; k < params->n; k++) {
		if (!x->extra[k]) continue;
		struct value *v = look_up(x->scope, params->kid[k]->text);
		struct expr *at[MAX_RANK];
		for (int i = 0; i < v->n; i++)
			at[i] = index_of(e->p, i < x->extra[k] ? x->lead_index[x->mapped - x->extra[k] + i] : v->axis[i]);
		scope_bind(e, x->scope, params->kid[k]->text, value_tensor(e, v->n - x->extra[k], v->axis + x->extra[k], value_at(e, v, at), v->span));
	}
}

/* the result with the mapped axes in front again */
static struct value *
unmap(struct elaborator *e, const struct expansion *x, struct value *v)
{
	if (v->kind != VALUE_TENSOR || x->mapped == 0) return v;
	if (v->n + x->mapped > MAX_RANK - 1) {
		problem(e, "rank", x->args->call->span, "", "a tensor may have at most %d axes", MAX_RANK - 1);
		return value_error(e);
	}
	struct index *axes[MAX_RANK];
	struct expr *to[MAX_RANK];
	for (int i = 0; i < x->mapped; i++) {
		axes[i] = index_new(e->p, x->lead_index[i]->name, x->lead[i]);
		to[i] = index_of(e->p, axes[i]);
	}
	for (int i = 0; i < v->n; i++) axes[x->mapped + i] = v->axis[i];
	return value_tensor(e, x->mapped + v->n, axes, substitute(e->p, v->body, x->mapped, x->lead_index, to), v->span);
}

static bool
holds_tensor(const struct value *v)
{
	bool found = v->kind == VALUE_TENSOR;
	for (int i = 0; v->kind == VALUE_LIST && i < v->n; i++) found |= holds_tensor(v->item[i]);
	return found;
}

/* a list of what is not known when compiling, as the tensor that it is; others may be sizes */
static struct value *
list_as_tensor(struct elaborator *e, struct value *v, bool needed)
{
	if (v->kind != VALUE_LIST || !needed || !holds_tensor(v)) return v;
	struct value *t = as_tensor(e, v);
	return t ? t : value_error(e);
}

static struct value *
finish(struct elaborator *e, const struct expansion *x, struct value *v, bool layer)
{
	v = list_as_tensor(e, v, x->mapped);
	if (v->kind == VALUE_SEVERAL) {
		for (int i = 0; i < v->n; i++) v->item[i] = finish(e, x, v->item[i], layer);
		return v;
	}
	if (v->kind != VALUE_TENSOR) return v;
	if (v->recurrence) v = value_tensor(e, v->n, v->axis, v->body, v->span);
	if (layer || x->mapped || v->body->op == OP_READ) v = materialise(e, v, layer ? "y" : x->definition->text, false, x->args->call->span);
	return unmap(e, x, v);
}

/* the result as the signature promises it, `rest..` as the axes that it stands for */
static struct value *
promised(struct elaborator *e, const struct expansion *x, struct value *v)
{
	struct node *types = x->definition->kid[1], *type = types && types->n == 1 ? types->kid[0]->kid[0] : NULL;
	v = list_as_tensor(e, v, type);
	if (!type || v->kind != VALUE_TENSOR) return v;
	int rank = 0;
	long dims[MAX_RANK], shape[MAX_RANK];
	if (!type_dims(e, types->kid[0], x->scope, &rank, dims)) return value_error(e);
	value_shape(v, shape);
	if (rank == v->n && !memcmp(dims, shape, (size_t)rank * sizeof *dims)) {
		if (!x->rest_name || x->rest_rank == 1) return v;
		memcpy(dims + rank - 1, x->rest, (size_t)x->rest_rank * sizeof *dims);
		return reshaped(e, v, rank - 1 + x->rest_rank, dims, v->span);
	}
	struct diagnostic *m = problem(e, "shape", types->kid[0]->span, dims_text(e->arena, rank, dims), "`%s` does not give what it promises", x->definition->text);
	if (m) diag_note(e->d, m, "its result is %s", shape_text(e, v));
	note_frames(e, m);
	struct span arrow = {types->kid[0]->span.file, types->kid[0]->span.begin, types->kid[0]->span.end};
	while (arrow.file && arrow.begin > 0 && arrow.file->text[arrow.begin - 1] != ')') arrow.begin--;
	if (m && arrow.file) diag_help(e->d, m, "leave the promise out: the shape follows from the result");
	if (m && arrow.file) diag_edit(e->d, m, arrow, "%s", "");
	return value_error(e);
}

static struct value *
expand_body(struct elaborator *e, struct expansion *x)
{
	struct node *body = x->definition->kid[2];
	struct value *v = body->kind == NODE_BODY ? evaluate(e, body->kid[0], x->scope) : run_block(e, body, x->scope);
	return v->kind == VALUE_ERROR ? v : promised(e, x, v);
}

/* weights of a named layer: the first use fixes the shape */
static bool
enter_instance(struct elaborator *e, struct instance *i, const struct arguments *a)
{
	long shape[MAX_RANK] = {0};
	struct value *v = a->n ? list_as_tensor(e, a->at[0], true) : NULL;
	if (v && v->kind == VALUE_ERROR) return false;
	if (v && v->kind != VALUE_TENSOR) v = NULL;
	if (v) value_shape(v, shape);
	if (i->used && v && (v->n != i->rank || memcmp(shape, i->shape, (size_t)v->n * sizeof *shape))) {
		struct diagnostic *m = problem(e, "shared-shape", v->span, shape_text(e, v), "`%s` already has weights for inputs of shape %s", i->name,
					       dims_text(e->arena, i->rank, i->shape));
		diag_label(e->d, m, i->first, "first used here with %s", dims_text(e->arena, i->rank, i->shape));
		if (m) diag_note(e->d, m, "a named layer has one set of weights, used wherever its name appears");
		return false;
	}
	if (!i->used && v) {
		i->rank = v->n;
		memcpy(i->shape, shape, sizeof shape);
		i->first = a->call->span;
	}
	return true;
}

/* The weights of a named layer stand under the place where it is declared, whoever uses it, and are frozen or not as it says there.  Its draws
 * are fresh in each use. */
static void
enter_path(struct elaborator *e, struct instance *i)
{
	e->path.at = NULL;
	e->path.n = e->path.room = 0;
	for (int k = 0; k < i->path_count; k++) PUSH(e->arena, &e->path, i->path[k]);
	PUSH(e->arena, &e->path, i->name);
	e->frozen = i->frozen;
	const char *use = ++i->uses > 1 ? arena_print(e->arena, "@%d", i->uses) : "";
	e->place = arena_print(e->arena, "%s%s%s%s", i->place, i->path_count ? "." : "", i->name, use);
	e->place_count = e->path.n;
	e->instance = i;
	restart_counts(e);
}

static void
leave_path(struct elaborator *e, const char **at, int n)
{
	e->path.at = at;
	e->path.n = e->path.room = n;
}

static void
list_layer(struct elaborator *e, const struct arguments *a, const char *path, const struct value *v, int tensors_before)
{
	if (e->frame || e->quiet || !e->model || !e->training || v->kind != VALUE_TENSOR || (!path && v->n == 0)) return;
	struct layer_shape l = {.text = span_text(e->arena, a->call->span), .path = path, .rank = v->n, .span = a->call->span};
	value_shape(v, l.shape);
	for (int i = tensors_before; i < e->p->tensors.n; i++) {
		const struct tensor *t = e->p->tensors.at[i];
		if (tensor_is_param(t)) l.parameters += (double)tensor_count(t);
		if (t->role == ROLE_FROZEN) l.frozen += (double)tensor_count(t);
	}
	PUSH(e->arena, &e->model->layers, l);
}

/* A call inside so many others is refused; where a definition stands in its own chain, because there is no recursion. */
static bool
enter_call(struct elaborator *e, const struct node *call_, const struct node *d)
{
	e->unit->work += 10 + e->path.n; /* a call costs more than an expression; the names of weights grow with the path */
	if (e->calls < MOST_CALLS) {
		e->chain[e->calls++] = (struct chained_call){d, call_->span};
		return true;
	}
	int again = MOST_CALLS - 1, first = -1;
	for (; again > 0 && first < 0; again -= first < 0)
		for (int i = 0; i < again; i++)
			if (e->chain[i].definition == e->chain[again].definition) first = i;
	if (first < 0) {
		problem(e, "depth", call_->span, "", "calls are nested more than %d deep", MOST_CALLS);
	} else {
		struct diagnostic *m = problem(e, "recursion", e->chain[again].span, "", "`%s` calls itself: there is no recursion", e->chain[again].definition->text);
		struct text by = {.arena = e->arena};
		for (int i = first + 1; i < again; i++) text_add(&by, "%s`%s`", by.length ? ", then " : "", e->chain[i].definition->text);
		if (by.length) diag_note(e->d, m, "by way of %s", text_end(&by));
	}
	give_up(e);
	return false;
}

/* for parameters: in an optimizer, a function that it calls sees its counters, too */
struct scope *
scope_of_call(struct elaborator *e, struct scope *home)
{
	struct scope *s = scope_new(e, home);
	if (!e->counters) return s;
	for (int i = 0; i < e->counters->bindings.n; i++) scope_bind(e, s, e->counters->bindings.at[i].name, e->counters->bindings.at[i].value);
	return scope_new(e, s);
}

/* the value, with the call that gave it */
static struct value *
made_by(struct elaborator *e, const struct expansion *x, const struct value *v, int tensors_before, const struct instance *instance)
{
	struct made *m = NEW(e->arena, struct made);
	int n = x->definition->kid[0]->n;
	*m = (struct made){.definition = x->definition, .call = x->args->call->span, .mapped = x->mapped, .learns = instance != NULL, .n = n, .argument = NEW_ARRAY(e->arena, n, struct value *),
			   .extra = NEW_ARRAY(e->arena, n, int)};
	for (int k = 0; k < n; k++) {
		m->argument[k] = x->given[k];
		m->extra[k] = x->extra[k];
	}
	for (int i = tensors_before; i < e->p->tensors.n; i++) m->learns |= tensor_is_param(e->p->tensors.at[i]);
	struct value *w = NEW(e->arena, struct value);
	*w = *v;
	w->by = m;
	return w;
}

/* [channels, height, width] as it comes out of a definition that asks for three axes, perhaps through functions that take anything */
static bool
is_image(const struct value *v)
{
	for (const struct stage *s = v->history; s && s->rank == 3 && s->by; s = s->before) {
		int asked = asked_rank(s->by->definition);
		if (asked) return asked == 3 && !s->by->mapped;
	}
	return false;
}

/* a layer with weights for the last axis of an image, and none for the others */
static void
note_mapped(struct elaborator *e, const struct made *by, struct span span)
{
	const struct value *x = by->n ? by->argument[0] : NULL;
	if (!e->training || !e->model || e->quiet || e->frame || !by->learns || by->mapped < 2 || asked_rank(by->definition) != 1 || !x || !is_image(x)) return;
	long shape[MAX_RANK];
	value_shape(x, shape);
	const char *f = flattening(e, x->n, shape, span);
	struct mapped_layer l = {span, shape_text(e, x), NULL};
	l.flatten = f;
	PUSH(e->arena, &e->model->mapped, l);
}

static struct value *
expand(struct elaborator *e, struct value *callee, struct arguments *a, struct instance *instance)
{
	struct node *d = callee->definition;
	bool layer = d->kind == NODE_LAYER;
	struct expansion x = {.definition = d, .args = a, .scope = scope_of_call(e, callee->home)};
	int context = e->context.n, tensors = e->p->tensors.n, path = e->path.n;
	const char **outer_path = e->path.at;
	bool outer_frozen = e->frozen;
	const char *outer_place = e->place;
	int outer_place_count = e->place_count;
	if (d->kind == NODE_OPTIMIZER || !match_arguments(e, &x) || !enter_call(e, a->call, d)) return value_error(e);
	const char *weights = layer && !instance ? arena_print(e->arena, "%s%d.", path_name(e, d->text), ++*call_counter(e, d->text)) : NULL;
	struct value *v = weights ? copy_expansion(e, &x, weights) : NULL;
	bool copied = v != NULL, fine = true;
	struct expanded *new = weights && !copied ? begin_expansion(e, a) : NULL;
	struct frame frame = {e->frame, span_text(e->arena, a->call->span), a->call->span, x.scope, d, x.given[0]};
	struct frame *outer = e->frame;
	struct instance *outer_instance = e->instance;
	int messages = e->d->all.n;
	if (!copied) {
		v = value_error(e);
		fine = !instance || enter_instance(e, instance, a);
		for (int k = 0; fine && k < d->kid[0]->n; k++) fine = bind_parameter(e, &x, k);
	}
	if (!copied && fine) {
		e->frame = &frame;
		if (instance) enter_path(e, instance);
		else if (layer) PUSH(e->arena, &e->path, arena_print(e->arena, "%s%d", d->text, *call_counter(e, d->text)));
		map_axes(e, &x);
		v = expand_body(e, &x);
		v = finish(e, &x, v, layer);
		e->frame = outer;
		e->instance = outer_instance;
	}
	if (fine) note_shifted(e, &x, messages);
	e->calls--;
	const char *name = copied ? weights : fine && layer ? path_name(e, "") : NULL;
	leave_path(e, outer_path, path);
	e->frozen = outer_frozen;
	e->place = outer_place;
	e->place_count = outer_place_count;
	e->context.n = context;
	if (instance) instance->used = true;
	if (fine && e->d->all.n == messages) end_expansion(e, new, &x, weights, v);
	list_layer(e, a, name, v, tensors);
	if (v->kind != VALUE_TENSOR) return v;
	v = made_by(e, &x, v, tensors, instance);
	note_mapped(e, v->by, a->call->span);
	return v;
}

struct value *
apply_definition(struct elaborator *e, struct value *callee, struct arguments *a)
{
	return expand(e, callee, a, NULL);
}

/* f(weights): the sum of f over every parameter that counts as a weight.  Where there are many, some are added up at a time: equations of equal
 * form, which cost one function, however deep the network. */
static struct value *
sum_over_weights(struct elaborator *e, struct value *callee, struct arguments *a)
{
	enum { AT_ONCE = 16 };
	struct value *sum = value_number(e, 0, a->call->span);
	int count = 0;
	e->weights_used = a->call->span;
	e->weights_count = 0;
	for (int i = 0; i < e->p->tensors.n; i++) e->weights_count += e->p->tensors.at[i]->role == ROLE_PARAM && !e->p->tensors.at[i]->outside_weights;
	for (int i = 0; i < e->p->tensors.n; i++) {
		struct tensor *t = e->p->tensors.at[i];
		if (t->role != ROLE_PARAM || t->outside_weights) continue;
		struct arguments one = *a;
		for (int k = 0; k < one.n; k++)
			if (one.at[k]->kind == VALUE_WEIGHTS) one.at[k] = value_of_tensor(e, t, 0, NULL, a->at[k]->span);
		struct value *v = expand(e, callee, &one, NULL);
		if (v->kind == VALUE_ERROR) return v;
		v = materialise(e, v, callee->definition->text, false, a->call->span);
		sum = elementwise(e, a->call->span, a->call->span, "+", add, sum, v);
		if (++count % AT_ONCE == 0 && count < e->weights_count) sum = materialise(e, sum, arena_print(e->arena, "%s_sum", callee->definition->text), true, a->call->span);
	}
	return sum;
}

bool
is_schedule(struct elaborator *e, const struct value *v)
{
	struct value *s;
	for (int i = 0; v->kind == VALUE_DEFINITION && (s = fact(e, "schedules", i)) != NULL; i++)
		if (s->kind == VALUE_DEFINITION && s->definition == v->definition) return true;
	return false;
}

/* `y = .. -> softmax` becomes the scores, and y's probabilities an output of the model */
static void
keep_probabilities(struct elaborator *e, struct diagnostic *m, const struct value *v)
{
	const char *name = span_text(e->arena, v->span), *text = arena_print(e->arena, "output p = %s(%s)", v->maker, name);
	struct span all = v->made;
	if (!m || e->frame || !e->block || !e->statement || !all.file) return;
	size_t equals = strcspn(all.file->text + all.begin, "=");
	if (all.begin + equals >= all.end) return;
	all.begin += equals + 1;
	while (all.file->text[all.begin] == ' ') all.begin++;
	if (!repair_unwrap(e->d, m, all, v->maker)) return;
	for (int i = 0; i < e->block->n; i++) {
		const struct node *n = e->block->kid[i];
		if (n->kind != NODE_OUTPUT) continue;
		if (n->kid[0] || strcmp(n->text, name)) return; /* it has another one */
		diag_edit(e->d, m, n->span, "%s", text);
		return;
	}
	repair_append(e->d, m, e->statement->span, text);
}

/* raw scores are asked for, but these are probabilities already */
static bool
check_scores(struct elaborator *e, const char *name, const struct value *result, const struct arguments *a)
{
	const struct value *v = a->n ? a->at[0] : NULL;
	if (!name || !v || v->kind != VALUE_TENSOR || result->kind != VALUE_TENSOR) return true;
	bool picked = !v->maker && !e->frame && v->n == 0 && v->body->op == OP_READ && is_probability(e, v); /* p[1] */
	enum makes_probabilities makes = v->maker || picked ? takes_logarithm_of(e, result, v) : MAKES_NONE;
	if (makes == MAKES_NONE) return true;
	if (picked) {
		struct diagnostic *one = problem(e, "double-softmax", v->span, "one of several probabilities", "`%s` takes a raw score, but this is a probability already", name);
		diag_help(e->d, one, "pass a score from before, or train on all of them with a loss for classes");
		return false;
	}
	struct diagnostic *m = problem(e, "double-softmax", v->span, "already probabilities", "`%s` takes raw scores, but these have been through `%s`", name, v->maker);
	bool apart = v->made.begin != v->span.begin || v->made.end != v->span.end;
	if (apart) diag_label(e->d, m, v->made, "`%s` applied here", v->maker);
	const struct value *maker = look_up(e->globals, v->maker);
	bool own = maker && maker->kind == VALUE_DEFINITION && maker->definition->span.file && !maker->definition->span.file->library; /* a function of the file */
	if (own) diag_note(e->d, m, "`%s` makes probabilities of scores itself; doing so twice slows and weakens learning", name);
	else if (is_of_one(e, v) == (makes == MAKES_SIGMOID)) diag_note(e->d, m, "`%s` applies the %s itself; a second one slows and weakens learning", name, v->maker);
	else diag_note(e->d, m, "`%s` makes probabilities of scores itself, in another way: %s in front of it slows and weakens learning", name, v->maker);
	if (apart) {
		diag_help(e->d, m, "pass the scores from before the %s, and keep the probabilities as an `output p = %s(%s)`", v->maker, v->maker, span_text(e->arena, v->span));
		keep_probabilities(e, m, v);
	} else {
		diag_help(e->d, m, "pass the scores from before the %s", v->maker);
		repair_unwrap(e->d, m, v->span, v->maker);
	}
	return false;
}

static struct value *
apply_instance(struct elaborator *e, struct instance *i, struct arguments *a)
{
	struct arguments all, own;
	if (!read_arguments(e, i->callee && i->callee->kind == VALUE_DEFINITION ? i->callee->definition : NULL, i->call, i->scope, NULL, &own)) return value_error(e);
	all = *a;
	for (int k = 0; k < own.n && all.n < MOST; k++) all.at[all.n++] = own.at[k];
	for (int k = 0; k < own.keyword_count && all.keyword_count < MOST; k++) {
		all.keyword[all.keyword_count] = own.keyword[k];
		all.keyword_value[all.keyword_count++] = own.keyword_value[k];
	}
	return expand(e, i->callee, &all, i);
}

/* `step` counts inside an optimizer; `step(..)` is the function of that name all the same */
static struct value *
callee_of(struct elaborator *e, struct node *call_, struct scope *s)
{
	struct node *name = call_->kid[0];
	struct value *v = e->counters && name->kind == NODE_NAME ? look_up(s, name->text) : NULL;
	for (int i = 0; v && i < e->counters->bindings.n; i++)
		if (e->counters->bindings.at[i].value == v) s = e->globals;
	return evaluate(e, name, s);
}

/* A function has no weights, and so it calls no layer: but one that it was given. */
static bool
forbidden_layer(struct elaborator *e, const struct node *name, const struct value *callee)
{
	const struct node *f = e->frame ? e->frame->definition : NULL;
	bool layer = callee->kind == VALUE_INSTANCE || (callee->kind == VALUE_DEFINITION && callee->definition->kind == NODE_LAYER);
	if (!f || f->kind != NODE_FN || !layer) return false;
	for (int i = 0; i < f->kid[0]->n; i++)
		if (name->kind == NODE_NAME && !strcmp(f->kid[0]->kid[i]->text, name->text)) return false;
	struct diagnostic *m = problem(e, "place", name->span, "a layer", "a function has no weights: it calls no layer");
	note_frames(e, m);
	help_layer(e, m, f);
	return true;
}

struct value *
apply_call(struct elaborator *e, struct node *call_, struct scope *s, struct value *piped)
{
	struct node *name = call_->kid[0];
	struct arguments a;
	bool reduction = false;
	for (int r = SUM; r <= ARGMIN && name->kind == NODE_NAME; r++) reduction |= !strcmp(reduction_name[r], name->text);
	struct value *callee = reduction ? NULL : callee_of(e, call_, s);
	bool unknown = callee && callee->kind == VALUE_ERROR;
	e->unknown_callee += unknown;
	bool fine = read_arguments(e, callee && callee->kind == VALUE_DEFINITION ? callee->definition : NULL, call_, s, piped, &a) && !(piped && piped->kind == VALUE_ERROR);
	e->unknown_callee -= unknown;
	if (!fine) {
		bool all = a.n + a.keyword_count == call_->kid[1]->n + (piped != NULL);
		if (callee && callee->kind == VALUE_DEFINITION && all) check_rest(e, callee->definition, &a);
		if (reduction && a.keyword_count) apply_reduction(e, &a, name->text);
		return value_error(e);
	}
	if (!reduction && !e->counters && is_schedule(e, callee)) {
		struct diagnostic *m = problem(e, "schedule", name->span, "", "`%s` is a schedule: it computes an option of an optimizer", name->text);
		diag_help(e->d, m, "its place is the train block: `lr = %s(..)`", name->text);
		return value_error(e);
	}
	if (reduction) return apply_reduction(e, &a, name->text);
	if (forbidden_layer(e, name, callee)) return value_error(e);
	bool weights = false;
	int messages = e->d->all.n;
	for (int i = 0; i < a.n; i++) weights |= a.at[i]->kind == VALUE_WEIGHTS;
	struct value *v;
	switch (callee->kind) {
	case VALUE_ERROR: return callee;
	case VALUE_DEFINITION:
		v = weights ? sum_over_weights(e, callee, &a) : expand(e, callee, &a, NULL);
		if (!check_scores(e, name->text, v, &a)) return value_error(e);
		break;
	case VALUE_INSTANCE: v = apply_instance(e, callee->instance, &a); break;
	case VALUE_FUNCTION: v = apply_function(e, callee->function, &a); break;
	case VALUE_PRIMITIVE: v = callee->primitive->run(e, &a); break;
	default: {
		struct diagnostic *m = problem(e, "call", name->span, shape_text(e, callee), "only layers and functions can be called");
		const char *of = span_text(e->arena, name->span), *at = a.n ? span_text(e->arena, a.at[0]->span) : "i";
		if (m && callee->kind == VALUE_TENSOR) diag_help(e->d, m, a.n == 1 && !piped && a.at[0]->kind == VALUE_NUMBER ? "an element is read with brackets, `%s[%s]`; the first is `%s[0]`" : "an element is read with brackets: `%s[%s]`", of, at, of);
		struct span open = {name->span.file, name->span.end, name->span.end + 1}, close = {name->span.file, call_->span.end - 1, call_->span.end};
		if (m && m->helps.n && !piped && open.file && open.file->text[open.begin] == '(' && a.n == 1) {
			diag_edit(e->d, m, open, "[");
			diag_edit(e->d, m, close, "]");
		}
		return value_error(e);
	}
	}
	if (v->kind == VALUE_ERROR && !piped) mend_call(e, callee, call_, s, &a, messages);
	if (v->kind != VALUE_TENSOR) return v;
	struct value *w = NEW(e->arena, struct value);
	*w = *v;
	if (w->span.file && w->span.file->library) w->span = call_->span;
	w->maker = is_probability(e, w) ? name->text : NULL;
	w->made = call_->span;
	note_certain(e, call_, w, piped, name->text);
	return piped ? materialise(e, w, name->text ? name->text : "v", false, call_->span) : w;
}
