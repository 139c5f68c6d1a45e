/* advice.c - what would fit instead of what was written: names, layers and losses, found by trying.
 *
 * Nothing of the library is known here.  Facts about it stand in it as lists (docs/language.md, section 6.1), and a file may add its own; whether a
 * candidate fits is found by elaborating it quietly: after an error nobody looks at the equations that this makes. */
#include "front/apply.h"
#include "front/repair.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

/* ---- facts -------------------------------------------------------------------------------------------------------------------------------- */

struct value *
fact(struct elaborator *e, const char *name, int i)
{
	const struct scope *s = e->globals;
	for (; s; s = s->up) {
		const struct value *list = own_value(s, name);
		if (!list || list->kind != VALUE_LIST) continue;
		if (i < list->n) return list->item[i];
		i -= list->n;
	}
	return NULL;
}

/* the name by which a file calls this; NULL: it is something else */
static const char *
name_of(const struct value *v)
{
	switch (v->kind) {
	case VALUE_TEXT: return v->text;
	case VALUE_DEFINITION: return v->definition->text;
	case VALUE_FUNCTION: return v->function->name;
	case VALUE_PRIMITIVE: return v->primitive->name;
	default: return NULL;
	}
}

static const struct value *
entry_with(struct elaborator *e, const char *name)
{
	struct value *entry;
	for (int i = 0; (entry = fact(e, "known_elsewhere", i)) != NULL; i++)
		for (int k = 1; entry->kind == VALUE_LIST && k < entry->n; k++)
			if (entry->item[k]->kind == VALUE_TEXT && !strcmp(entry->item[k]->text, name)) return entry->item[0];
	return NULL;
}

const char *
known_as(struct elaborator *e, const char *name)
{
	const struct value *v = entry_with(e, name);
	return v ? name_of(v) : NULL;
}

/* ---- trying ------------------------------------------------------------------------------------------------------------------------------- */

struct value *
filled_with_0(struct elaborator *e, int rank, const long shape[], struct span span)
{
	struct index *axes[MAX_RANK];
	for (int i = 0; i < rank; i++) axes[i] = index_new(e->p, "j", shape[i]);
	return value_tensor(e, rank, axes, number(e->p, 0), span);
}

struct value *
try_call(struct elaborator *e, struct value *callee, int n, struct value *const argument[])
{
	struct node *none = NEW(e->arena, struct node), *call_ = NEW(e->arena, struct node);
	struct arguments a = {.call = call_};
	*none = (struct node){.kind = NODE_LIST, .span = argument[0]->span};
	*call_ = (struct node){.kind = NODE_CALL, .span = argument[0]->span, .n = 2, .kid = NEW_ARRAY(e->arena, 2, struct node *)};
	call_->kid[0] = call_->kid[1] = none;
	for (int i = 0; i < n; i++) a.at[a.n++] = argument[i];
	e->quiet++;
	struct value *v = apply_definition(e, callee, &a);
	e->quiet--;
	return v;
}

static bool
has_shape(const struct value *v, int rank, const long shape[])
{
	bool same = v->kind == VALUE_TENSOR && v->n == rank;
	for (int i = 0; same && i < rank; i++) same = v->axis[i]->size == shape[i];
	return same;
}

/* a function of one tensor, which may be any */
static bool
takes_anything(const struct value *v)
{
	if (v->kind != VALUE_DEFINITION || v->definition->kind != NODE_FN) return false;
	const struct node *params = v->definition->kid[0];
	bool fits = params->n > 0 && !params->kid[0]->kid[0] && !params->kid[0]->kid[1];
	for (int i = 1; i < params->n; i++) fits &= params->kid[i]->kid[1] != NULL;
	return fits;
}

/* ---- names -------------------------------------------------------------------------------------------------------------------------------- */

static bool
is_layer(const struct value *v)
{
	return v && v->kind == VALUE_DEFINITION && v->definition->kind == NODE_LAYER;
}

/* a function element by element */
static bool
is_activation(struct elaborator *e, struct value *v)
{
	static const long shape[2] = {2, 3};
	if (v->kind == VALUE_FUNCTION) return true;
	if (!takes_anything(v)) return false;
	struct value *x = filled_with_0(e, 2, shape, v->span);
	return has_shape(try_call(e, v, 1, &x), 2, shape);
}

const char *
call_text(struct elaborator *e, const struct node *definition)
{
	const struct node *params = definition->kid[0];
	bool layer = definition->kind == NODE_LAYER;
	struct text t = {.arena = e->arena};
	for (int i = layer; i < params->n; i++)
		if (!params->kid[i]->kid[1]) text_add(&t, "%s%s", t.length ? ", " : "", params->kid[i]->text);
	const char *list = text_end(&t);
	return arena_print(e->arena, "%s%s%s%s%s", layer ? "x -> " : "", definition->text, *list ? "(" : "", list, *list ? ")" : "");
}

static const char *
usage_of(struct elaborator *e, const struct value *v)
{
	if (v->kind == VALUE_FUNCTION) return arena_print(e->arena, "%s(x)", v->function->name);
	return v->kind != VALUE_DEFINITION || v->definition->kind == NODE_OPTIMIZER ? name_of(v) : call_text(e, v->definition);
}

static bool
same_but_for_case(const char *a, const char *b)
{
	while (*a && tolower((unsigned char)*a) == tolower((unsigned char)*b)) {
		a++;
		b++;
	}
	return !*a && !*b;
}

static struct value *
value_named(struct elaborator *e, struct scope *s, const char *name)
{
	struct value *v = look_up(s, name);
	if (!v && function_named(name)) {
		v = value_new(e, VALUE_FUNCTION, (struct span){0});
		v->function = function_named(name);
	}
	return v ? v : primitive_named(e, name);
}

static void
help_near(struct elaborator *e, struct diagnostic *m, const char *name, const char *near, struct value *v)
{
	bool function = v && (v->kind == VALUE_FUNCTION || v->kind == VALUE_PRIMITIVE || (v->kind == VALUE_DEFINITION && v->definition->kind == NODE_FN));
	if (function && same_but_for_case(name, near)) {
		diag_help(e->d, m, "%s in lower case: `%s`", is_activation(e, v) ? "activations are functions," : "functions are written", near);
	} else {
		const char *what = is_layer(v) ? "a layer" : function ? "a function" : v && v->kind == VALUE_DEFINITION ? "an optimizer" : "a value";
		diag_help(e->d, m, "there is %s with a similar name: `%s`", what, near);
	}
	diag_rename(e->d, m, name, near);
}

void
help_name(struct elaborator *e, struct diagnostic *m, const char *name, struct scope *s)
{
	LIST(const char *) names = {0};
	if (!m) return;
	for (struct scope *at = s; at; at = at->up)
		for (int i = 0; i < at->bindings.n; i++)
			if (e->counters || !is_schedule(e, at->bindings.at[i].value)) PUSH(e->arena, &names, at->bindings.at[i].name);
	for (int i = 0; function_row(i); i++) PUSH(e->arena, &names, function_row(i)->name);
	for (int i = 0; primitive_name(i); i++) PUSH(e->arena, &names, primitive_name(i));
	for (int i = 0; i < names.n; i++)
		if (same_but_for_case(name, names.at[i])) {
			help_near(e, m, name, names.at[i], value_named(e, s, names.at[i]));
			return;
		}
	const struct value *known = entry_with(e, name);
	bool option = known && known->kind == VALUE_TEXT && !strchr(known->text, ' '), start = e->statement && e->statement->kind == NODE_PARAM;
	if (known && known->kind == VALUE_TEXT && !option) {
		diag_help(e->d, m, "%s", known->text);
	} else if (known && (!option || start)) {
		diag_help(e->d, m, "it is called `%s` here: `%s`", name_of(known), usage_of(e, known));
		diag_rename(e->d, m, name, name_of(known));
	} else {
		const char *near = nearest_name(name, names.at, names.n);
		if (near) help_near(e, m, name, near, value_named(e, s, near));
	}
}

/* the text of a dotted name */
static bool
is_plain_dotted(const struct node *n)
{
	while (n->kind == NODE_DOT) n = n->kid[0];
	return n->kind == NODE_NAME;
}

bool
unknown_package(struct elaborator *e, struct node *n, struct scope *s)
{
	const struct node *first = n;
	while (first->kind == NODE_DOT) first = first->kid[0];
	if (!is_plain_dotted(n) || look_up(s, first->text) || function_named(first->text) || primitive_named(e, first->text)) return false;
	if (look_up(s, span_text(e->arena, n->span))) return false;
	struct diagnostic *m = problem(e, "unknown-name", n->span, "not defined", "nothing named `%s`", span_text(e->arena, n->span));
	if (!m || help_operator(e, m, n, n->text)) return true;
	if (!value_named(e, s, n->text)) {
		const char *known = known_as(e, n->text);
		help_name(e, m, n->text, s);
		if (known && !strchr(known, ' ')) diag_edit(e->d, m, n->span, "%s", known);
		return true;
	}
	diag_help(e->d, m, "write `%s`: names have no `%s.` in front", n->text, span_text(e->arena, n->kid[0]->span));
	diag_edit(e->d, m, n->span, "%s", n->text);
	return true;
}

/* behind the parenthesis that closes the one at i; i: none does */
static size_t
closing_parenthesis(const char *text, size_t i)
{
	int depth = 0;
	for (size_t k = i; text[k] && text[k] != '\n'; k++) {
		depth += text[k] == '(' ? 1 : text[k] == ')' ? -1 : 0;
		if (depth == 0) return k + 1;
	}
	return i;
}

void
help_method(struct elaborator *e, struct diagnostic *m, const char *base, const char *name, struct scope *s)
{
	const char *known = value_named(e, s, name) ? name : known_as(e, name);
	struct span at = m->labels.at[0].span;
	bool subscripted = at.file && at.file->text[at.end] == '[' && at.begin > strlen(base) && !strncmp(at.file->text + at.begin - 1 - strlen(base), base, strlen(base));
	if (known && !strchr(known, ' ') && subscripted) { /* x.shape[0] */
		diag_help(e->d, m, "values have no methods: write `%s(%s)`", known, base);
		diag_edit(e->d, m, (struct span){at.file, at.begin - 1 - strlen(base), at.end}, "%s(%s)", known, base);
		return;
	}
	const struct value *other = look_up(s, name);
	if (other && other->kind == VALUE_TENSOR && at.file && at.begin) { /* w . x */
		size_t from = at.begin;
		while (from > 0 && strchr(" .", at.file->text[from - 1])) from--;
		diag_help(e->d, m, "a product is written `%s @ %s`, or `%s * %s` element by element", base, name, base, name);
		diag_edit(e->d, m, (struct span){at.file, from, at.begin}, " @ ");
		return;
	}
	struct value *f = known && strcmp(known, name) ? value_named(e, s, known) : NULL;
	bool alone = f && f->kind == VALUE_DEFINITION && f->definition->kid[0]->n == 1; /* it has no options: what stands in parentheses goes */
	if (alone && at.file && at.file->text[at.end] == '(') at.end = closing_parenthesis(at.file->text, at.end);
	if (known && !strchr(known, ' ')) diag_help(e->d, m, "values have no methods: write `%s -> %s`", base, known);
	if (known && !strchr(known, ' ') && at.file && at.begin && at.file->text[at.begin - 1] == '.') diag_edit(e->d, m, (struct span){at.file, at.begin - 1, at.end}, " -> %s", known);
	if (!known || strchr(known, ' ')) diag_help(e->d, m, "values have no methods: a function comes behind an arrow, `%s -> f(...)`", base);
}

bool
help_option(struct elaborator *e, struct diagnostic *m, const char *name, int n, const char *const options[])
{
	const char *near = NULL, *known = known_as(e, name);
	bool sentence = known && strchr(known, ' ');
	for (int i = 0; known && i < n && !near; i++)
		if (!strcmp(options[i], known)) near = options[i];
	if (!near && !sentence) near = nearest_name(name, options, n);
	for (int i = 0; i < n && !near && !sentence; i++)
		if (!strncmp(options[i], name, strlen(name))) near = options[i];
	int letters = 0;
	for (int i = 0; i < n && !sentence; i++) letters += !near && !options[i][1] && *options[i] == *name;
	for (int i = 0; i < n && letters == 1 && !near; i++) /* alpha=0.2 of leaky_relu(x, a) */
		if (!options[i][1] && *options[i] == *name) near = options[i];
	if (near) {
		diag_help(e->d, m, "it is called `%s`", near);
		diag_rename(e->d, m, name, near);
	} else if (sentence) {
		diag_help(e->d, m, "%s", known);
	}
	return near || known;
}

/* ---- shapes ------------------------------------------------------------------------------------------------------------------------------- */

struct template { /* an expression of a definition, to be written where it was called */
	struct elaborator *e;
	struct scope *scope;
	const struct node *param; /* the argument that has a name outside */
	const char *name;
	struct text text;
};

/* a number that the text computes or names, as it stands in the written-out expression; NULL: the text stays as it is */
static const char *
written_number(struct template *t, struct node *n)
{
	bool computed = n->kind == NODE_NAME || (n->kind >= NODE_ADD && n->kind <= NODE_POWER) || n->kind == NODE_NEGATE;
	if (!computed) return NULL;
	t->e->quiet++;
	struct value *v = evaluate(t->e, n, t->scope);
	t->e->quiet--;
	return v->kind == VALUE_NUMBER ? arena_print(t->e->arena, "%.6g", v->number) : NULL;
}

static void
write_out(struct template *t, struct node *n)
{
	const char *number_ = written_number(t, n);
	size_t at = n->span.begin;
	if (n->kind == NODE_NAME && !strcmp(n->text, t->param->text)) number_ = t->name;
	if (number_) {
		text_add(&t->text, "%s", number_);
		return;
	}
	for (int i = 0; i < n->n; i++) {
		struct node *kid = n->kid[i];
		if (!kid || (kid->kind == NODE_LIST && kid->n == 0) || kid->span.begin < at) continue;
		text_bytes(&t->text, n->span.file->text + at, kid->span.begin - at);
		write_out(t, kid);
		at = kid->span.end;
	}
	text_bytes(&t->text, n->span.file->text + at, n->span.end - at);
}

/* the body of a projection `layer P(x: [..], like: [..]) = expr`, with x and all sizes written out */
static const char *
projection_text(struct elaborator *e, struct value *projection, const char *name, const struct value *from, const struct value *to)
{
	struct node *d = projection->definition;
	struct template t = {.e = e, .scope = scope_new(e, projection->home), .param = d->kid[0]->kid[0], .name = name, .text = {.arena = e->arena}};
	const struct value *argument[2] = {from, to};
	for (int k = 0; k < 2; k++) {
		const struct node *type = d->kid[0]->kid[k]->kid[0], *dims = type ? type->kid[0] : NULL;
		for (int i = 0; dims && dims->kind == NODE_LIST && i < dims->n; i++)
			if (dims->kid[i]->kind == NODE_NAME) scope_bind(e, t.scope, dims->kid[i]->text, value_number(e, (double)argument[k]->axis[i]->size, dims->kid[i]->span));
	}
	write_out(&t, d->kid[2]->kid[0]);
	return text_end(&t.text);
}

static const char *
first_stage(const struct value *v)
{
	const struct stage *s = v->history;
	while (s && s->before) s = s->before;
	return s ? s->text : NULL;
}

bool
help_projection(struct elaborator *e, struct diagnostic *m, const struct value *to, const struct value *from, struct span at)
{
	struct value *projection;
	const char *name = span_text(e->arena, at.file ? at : from->span);
	if (!m || to->n != from->n || strlen(name) > 20 || strpbrk(name, "+-*/ ")) return false;
	for (int i = 0; (projection = fact(e, "projections", i)) != NULL; i++) {
		const struct node *d = projection->definition;
		if (!is_layer(projection) || d->kid[0]->n != 2 || d->kid[2]->kind != NODE_BODY) continue;
		long shape[MAX_RANK], old[MAX_RANK];
		value_shape(to, shape);
		value_shape(from, old);
		struct value *argument[2] = {filled_with_0(e, from->n, old, from->span), filled_with_0(e, to->n, shape, from->span)};
		struct value *v = try_call(e, projection, 2, argument);
		if (!has_shape(v, to->n, shape) || (v->by && v->by->mapped)) continue;
		const char *text = projection_text(e, projection, name, from, to);
		diag_help(e->d, m, "to add a shortcut of another shape, project it first:\n`%s`", text);
		if (at.file) diag_edit(e->d, m, at, "(%s)", text);
		return true;
	}
	return false;
}

/* a + b, where a came from b on a way that changed its shape: how to take b along */
void
help_shortcut(struct elaborator *e, struct diagnostic *m, const struct value *a, const char *a_name, const struct value *b, const char *b_name)
{
	const char *from_a = first_stage(a), *from_b = first_stage(b);
	if (!m || a->n != b->n) return;
	if (b->history && b->history->before && !(a->history && a->history->before) && from_b && !strcmp(from_b, a_name)) {
		help_shortcut(e, m, b, b_name, a, a_name);
		return;
	}
	if (!from_a || strcmp(from_a, b_name) || !a->history->before) return;
	bool here = b->span.file && !strcmp(span_text(e->arena, b->span), b_name);
	help_projection(e, m, a, b, here ? b->span : (struct span){0});
}

const char *
flattening(struct elaborator *e, int rank, const long shape[], struct span span)
{
	long count = 1;
	const char *found = NULL;
	struct program *keep = e->p;
	e->p = program_new(e->arena); /* the model's own stays as it is: this may be for a warning */
	for (int i = 0; i < rank; i++) count *= shape[i];
	for (const struct scope *s = e->globals; s && !found; s = s->up)
		for (int i = 0; i < s->bindings.n && !found; i++) {
			struct value *f = s->bindings.at[i].value, *x = filled_with_0(e, rank, shape, span);
			if (takes_anything(f) && has_shape(try_call(e, f, 1, &x), 1, &count)) found = f->definition->text;
		}
	e->p = keep;
	return found;
}

/* a layer in the history of v was repeated over axes that it was perhaps meant to see */
void
help_whole(struct elaborator *e, struct diagnostic *m, const struct value *v)
{
	const struct stage *first = NULL;
	for (const struct stage *s = v->history; s; s = s->before)
		if (s->by && s->by->mapped && s->by->learns && s->before && asked_rank(s->by->definition) == 1) first = s;
	if (!m || !first) return;
	const char *layer = first->by->definition->text, *f = flattening(e, first->before->rank, first->before->shape, v->span);
	if (!f) return;
	bool again = false;
	for (const struct stage *s = v->history; s != first; s = s->before) again |= s->by && s->by->definition == first->by->definition;
	diag_help(e->d, m, "`%s` works on the last axis and is repeated over the others; put `%s` before the %s`%s` to use the whole %s", layer, f, again ? "first " : "", layer,
		  first->before->rank == 3 ? "image" : "tensor");
	if (is_stage(first->by->call)) diag_edit(e->d, m, (struct span){first->by->call.file, first->by->call.begin, first->by->call.begin}, "%s -> ", f);
}

void
help_layer(struct elaborator *e, struct diagnostic *m, const struct node *function)
{
	char *name = arena_text(e->arena, function->text, strlen(function->text));
	name[0] = (char)toupper((unsigned char)name[0]);
	diag_help(e->d, m, "make it a layer: `layer %s(...)`", name);
	struct span s = function->span;
	if (!s.file || s.file->library || strncmp(s.file->text + s.begin, "fn ", 3) || !strcmp(name, function->text)) return;
	diag_edit(e->d, m, (struct span){s.file, s.begin, s.begin + 2}, "layer");
	repair_rename(e->d, m, s.file, function->text, name);
}

bool
help_swapped(struct elaborator *e, struct diagnostic *m, struct node *definition, struct scope *home, const struct arguments *a)
{
	struct value callee = {.kind = VALUE_DEFINITION, .definition = definition, .home = home};
	if (a->n != 2 || a->keyword_count || !a->at[0]->span.file || !a->at[1]->span.file || definition->kind != NODE_FN) return false;
	struct value *swapped[2] = {a->at[1], a->at[0]};
	if (try_call(e, &callee, 2, swapped)->kind != VALUE_TENSOR) return false;
	diag_help(e->d, m, "the other way round: `%s(%s, %s)`", definition->text, span_text(e->arena, a->at[1]->span), span_text(e->arena, a->at[0]->span));
	if (a->call->span.begin < a->at[0]->span.begin && a->at[1]->span.end < a->call->span.end) diag_swap(e->d, m, a->at[0]->span, a->at[1]->span);
	return true;
}

bool
help_swapped_call(struct elaborator *e, struct diagnostic *m)
{
	const struct frame *f = e->frame;
	while (f && f->span.file && f->span.file->library) f = f->up;
	if (!f || !f->definition->span.file || !f->definition->span.file->library || f->definition->kid[0]->n != 2 || f->scope->bindings.n < 2) return false;
	struct node *call_ = NEW(e->arena, struct node);
	*call_ = (struct node){.kind = NODE_CALL, .span = f->span};
	struct arguments a = {.call = call_, .n = 2, .at = {f->scope->bindings.at[0].value, f->scope->bindings.at[1].value}};
	return help_swapped(e, m, f->definition, f->scope->up, &a);
}

/* the numbers behind the input that stand without a name, as a text; *n: how many */
static const char *
plain_numbers(struct elaborator *e, const struct expansion *x, int *n)
{
	struct text t = {.arena = e->arena};
	for (*n = 0; *n + 1 < x->args->n; ++*n) {
		const struct value *v = x->args->at[*n + 1];
		if (v->kind != VALUE_NUMBER || !v->span.file) break;
		text_add(&t, "%s`%s` is %.6g", *n == 0 ? "" : *n + 2 == x->args->n ? " and " : ", ", x->definition->kid[0]->kid[*n + 1]->text, v->number);
	}
	return text_end(&t);
}

/* some argument is larger than usual: the row names parameters, each with the most that is usual */
static bool
is_unusual(const struct expansion *x, const struct value *row)
{
	const struct node *params = x->definition->kid[0];
	for (int i = 1; i + 1 < row->n; i += 2)
		for (int k = 0; k < params->n; k++)
			if (x->given[k] && x->given[k]->kind == VALUE_NUMBER && row->item[i]->kind == VALUE_TEXT && !strcmp(params->kid[k]->text, row->item[i]->text) &&
			    x->given[k]->number > row->item[i + 1]->number)
				return true;
	return false;
}

/* The first of the numbers is the size of the input, and with it there are more than are needed.  *first: up to where the second begins. */
static bool
repeats_input(const struct expansion *x, int numbers, struct span *first)
{
	const struct node *params = x->definition->kid[0], *type = params->kid[0]->kid[0], *dims = type ? type->kid[0] : NULL;
	const struct node *bound = dims && dims->kind == NODE_LIST && dims->n ? dims->kid[0] : NULL;
	if (type && type->kid[1] && type->kid[1]->kid[1]->kind == NODE_SUBTRACT) bound = type->kid[1]->kid[1]->kid[0]; /* 0..n-1 */
	const struct value *size = bound && bound->kind == NODE_NAME ? own_value(x->scope, bound->text) : NULL;
	int needed = 0;
	for (int k = 1; k < params->n; k++) needed += !params->kid[k]->kid[1];
	if (!size || size->kind != VALUE_NUMBER || numbers <= needed || numbers < 2 || x->args->at[1]->number != size->number) return false;
	struct span a = x->args->at[1]->span, b = x->args->at[2]->span, call_ = x->args->call->span;
	*first = (struct span){a.file, a.begin, b.begin};
	return call_.file && !call_.file->library && a.file == call_.file && b.file == call_.file && call_.begin <= a.begin && a.begin < b.begin && b.end <= call_.end;
}

void
note_shifted(struct elaborator *e, const struct expansion *x, int messages)
{
	const struct value *row;
	const struct node *params = x->definition->kid[0];
	const char *of = x->definition->text;
	struct span first, call_ = x->args->call->span;
	int n;
	for (int i = 0; (row = fact(e, "input_first", i)) != NULL; i++)
		if (row->kind == VALUE_LIST && row->n && row->item[0]->kind == VALUE_DEFINITION && row->item[0]->definition == x->definition) break;
	if (e->quiet || !row || !is_unusual(x, row)) return;
	const char *numbers = plain_numbers(e, x, &n);
	if (!repeats_input(x, n, &first)) return;
	struct diagnostic *m = messages < e->d->all.n ? e->d->all.at[messages] : NULL;
	for (int i = 0; !m && i < e->d->all.n; i++) /* said already */
		if (!strcmp(e->d->all.at[i]->code, "input-size") && e->d->all.at[i]->labels.at[0].span.begin == call_.begin) return;
	if (!m) {
		m = diag_warning(e->d, "input-size", call_, numbers, "the first number of `%s` is `%s`, not a size of the input", of, params->kid[1]->text);
		struct text named = {.arena = e->arena};
		for (int k = 0; k < n; k++) text_add(&named, "%s%s%s%.6g", k ? ", " : "", k ? params->kid[k + 1]->text : "", k ? "=" : "", x->args->at[k + 1]->number);
		diag_note(e->d, m, "if it is meant so, the names say it: `%s(%s)`", of, text_end(&named));
	}
	diag_help(e->d, m, "the size of the input is never written: `%s(%s`", of, span_text(e->arena, (struct span){call_.file, first.end, call_.end}));
	diag_edit(e->d, m, first, "%s", "");
}

/* ---- numbers ------------------------------------------------------------------------------------------------------------------------------ */

/* a quotient that should have been whole: which divisors would do */
void
help_divisor(struct elaborator *e, struct diagnostic *m, const struct value *v)
{
	const struct quotient *q = v->quotient;
	if (!m || !q) return;
	if (!m->labels.at[0].span.file || q->span.begin < m->labels.at[0].span.begin || q->span.end > m->labels.at[0].span.end)
		diag_label(e->d, m, q->span, "%.6g / %.6g", q->dividend, q->divisor);
	if (!q->name && v->number > 1 && v->number < 1e9 && !q->span.file->library) {
		diag_help(e->d, m, "write `floor(%s)`, which is %.0f, or `ceil(%s)`, %.0f", span_text(e->arena, q->span), floor(v->number), span_text(e->arena, q->span), ceil(v->number));
		diag_edit(e->d, m, q->span, "floor(%s)", span_text(e->arena, q->span));
	}
	if (q->dividend < 1 || q->dividend > 1e9 || q->dividend != floor(q->dividend) || q->divisor < 1 || !q->name) return;
	long n = (long)q->dividend, near[2] = {0, 0};
	for (long k = (long)ceil(q->divisor) - 1; k >= 1 && !near[1]; k--)
		if (n % k == 0) near[near[0] ? 1 : 0] = k;
	for (long k = (long)q->divisor + 1; k <= n && !near[1]; k++)
		if (n % k == 0) near[near[0] ? 1 : 0] = k;
	if (near[1]) diag_help(e->d, m, "`%s` must divide %ld: for example %ld or %ld", q->name, n, near[0] < near[1] ? near[0] : near[1], near[0] < near[1] ? near[1] : near[0]);
}

/* ---- losses ------------------------------------------------------------------------------------------------------------------------------- */

/* the first call of a function with several arguments */
static struct node *
first_call(struct node *n)
{
	if (!n) return NULL;
	if (n->kind == NODE_CALL && n->kid[1]->n >= 2) return n;
	for (int i = 0; i < n->n; i++) {
		struct node *found = first_call(n->kid[i]);
		if (found) return found;
	}
	return NULL;
}

bool
takes_classes(struct elaborator *e, struct value *loss, const struct value *scores, const struct value *class)
{
	struct node *params = loss->kind == VALUE_DEFINITION ? loss->definition->kid[0] : NULL;
	if (!params || params->n != 2 || !params->kid[1]->kid[0] || !params->kid[1]->kid[0]->kid[1]) return false;
	struct program *keep = e->p;
	long shape[MAX_RANK];
	value_shape(scores, shape);
	e->p = program_new(e->arena); /* the model's own stays as it is: this is for a warning */
	struct tensor *t = tensor_new(e->p, "t", ROLE_TARGET, 0, NULL);
	t->integer = true;
	t->low = class->body->tensor->low;
	t->high = class->body->tensor->high;
	struct value *argument[2] = {filled_with_0(e, scores->n, shape, scores->span), value_of_tensor(e, t, 0, NULL, class->span)};
	struct value *v = try_call(e, loss, 2, argument);
	e->p = keep;
	return v->kind == VALUE_TENSOR && v->n == 0;
}

static bool
has_letters(struct span s)
{
	for (size_t i = s.begin; i < s.end; i++)
		if (isalpha((unsigned char)s.file->text[i])) return true;
	return false;
}

/* The loss has no derivative: which loss of the library takes the same arguments? */
void
help_other_loss(struct unit *u, const struct model *m, struct diagnostic *d)
{
	struct node *call_ = first_call(m->loss_text);
	struct arguments a;
	struct elaborator e = {.unit = u, .arena = u->arena, .d = &u->diagnostics, .p = m->train, .globals = m->globals, .training = true, .batch = m->batch, .quiet = 1};
	if (!call_ || call_->kid[0]->kind != NODE_NAME) return;
	PUSH(e.arena, &e.context, e.batch);
	if (!read_arguments(&e, NULL, call_, m->scope, NULL, &a) || a.n != 2 || a.keyword_count || a.at[0]->kind != VALUE_TENSOR || a.at[1]->kind != VALUE_TENSOR) return;
	int count = 0;
	while (fact(&e, "losses", count)) count++;
	for (int i = 0; i < count; i++) { /* those for classes come first */
		struct value *f = fact(&e, "losses", a.at[1]->body->integer ? i : count - 1 - i);
		if (f->kind != VALUE_DEFINITION) continue;
		struct value *v = try_call(&e, f, 2, a.at);
		if (v->kind != VALUE_TENSOR || v->n > 1 || (v->n && v->axis[0]->size > 1)) continue;
		const char *name = call_->kid[0]->text;
		const char *arguments = span_text(e.arena, (struct span){call_->span.file, call_->kid[0]->span.end, call_->span.end});
		const char *metric = arena_print(e.arena, "metric %.3s = %s%s", name, name, arguments);
		diag_help(e.d, d, "train on `%s%s` and report %s with `%s`", f->definition->text, arguments, name, metric);
		struct span all = m->loss_text->span, before = {all.file, all.begin, call_->span.begin}, behind = {all.file, call_->span.end, all.end};
		if (has_letters(before) || has_letters(behind)) return;
		diag_edit(e.d, d, all, "%s%s", f->definition->text, arguments);
		if (!own_value(m->scope, arena_print(e.arena, "%.3s", name))) repair_append(e.d, d, m->loss_span, metric);
		return;
	}
}
