/* mend.c - what would make two shapes fit: the matrix product that a `*` was meant to be, the same elements in another shape, a projection.
 *
 * Asked only behind an error; whether something fits is found by trying, quietly, as in advice.c. */
#include "front/mend.h"
#include "front/repair.h"
#include <ctype.h>
#include <string.h>

/* the last message, if it is about shapes, has come since there were `messages`, and knows no help */
static struct diagnostic *
helpless(struct elaborator *e, int messages)
{
	struct diagnostic *m = e->d->all.n > messages && !e->quiet ? e->d->all.at[e->d->all.n - 1] : NULL;
	return m && !strcmp(m->code, "shape") && !m->helps.n ? m : NULL;
}

static struct value *
quietly(struct elaborator *e, struct node *n, struct scope *s)
{
	e->quiet++;
	struct value *v = evaluate(e, n, s);
	e->quiet--;
	return v;
}

/* ---- conditions ---------------------------------------------------------------------------------------------------------------------------- */

bool
refuse_condition(struct elaborator *e, struct span at, const struct value *v)
{
	if (v->kind != VALUE_TENSOR || !v->body->condition) return false;
	struct diagnostic *m = problem(e, "condition", at, "a condition", "a condition is no number");
	bool own = at.file && !at.file->library, inside = own && at.begin > 0 && at.file->text[at.begin - 1] == '(' && at.file->text[at.end] == ')';
	const char *text = arena_print(e->arena, inside ? "if %s then 1 else 0" : "(if %s then 1 else 0)", own ? span_text(e->arena, at) : "c");
	diag_help(e->d, m, "a number comes of a choice: `%s`", text);
	if (own) diag_edit(e->d, m, at, "%s", text);
	note_frames(e, m);
	return true;
}

/* ---- products ---------------------------------------------------------------------------------------------------------------------------- */

/* the expression that a name was given in this block, or the one that stands there itself */
static struct node *
written_as(struct elaborator *e, struct node *n)
{
	if (n->kind != NODE_NAME || !e->block) return n;
	for (int i = e->position - 1; i >= 0; i--) {
		struct node *x = i < e->block->n ? e->block->kid[i] : NULL;
		if (x && x->kind == NODE_DEFINE && x->kid[0]->n == 1 && x->kid[0]->kid[0]->kind == NODE_NAME && !strcmp(x->kid[0]->kid[0]->text, n->text)) return x->kid[1];
	}
	return n;
}

/* The value that `W * x` would have as a matrix product, where one is a matrix of parameters and the other a vector of its columns; NULL: it is none */
static struct value *
as_product(struct elaborator *e, struct node *n, struct scope *s)
{
	if (n->kind != NODE_MULTIPLY) return NULL;
	struct value *a = quietly(e, n->kid[0], s), *b = quietly(e, n->kid[1], s);
	if (a->kind != VALUE_TENSOR || b->kind != VALUE_TENSOR || a->n != 2 || b->n != 1 || a->axis[1]->size != b->axis[0]->size) return NULL;
	if (a->body->op != OP_READ || !tensor_is_param(a->body->tensor)) return NULL;
	return filled_with_0(e, 1, (long[]){a->axis[0]->size}, n->span);
}

static void
help_product(struct elaborator *e, struct diagnostic *m, const struct node *product)
{
	struct span left = product->kid[0]->span, right = product->kid[1]->span, op = {left.file, left.end, right.begin};
	while (op.begin < op.end && op.file->text[op.begin] != '*') op.begin++;
	op.end = op.begin + 1;
	diag_help(e->d, m, "`*` works element by element; a matrix product is written `%s @ %s`", span_text(e->arena, left), span_text(e->arena, right));
	diag_edit(e->d, m, op, "@");
}

/* ---- the same elements in another shape ---------------------------------------------------------------------------------------------- */

static long
count_of(const struct value *v)
{
	long count = 1;
	for (int i = 0; i < v->n; i++) count *= v->axis[i]->size;
	return count;
}

/* how `from` is written in the shape of `to`, as a stage; NULL: it has other elements */
static const char *
reshaping(struct elaborator *e, const struct value *from, const struct value *to)
{
	long shape[MAX_RANK];
	if (!to->n || !from->n || count_of(from) != count_of(to)) return NULL;
	value_shape(from, shape);
	const char *flat = to->n == 1 ? flattening(e, from->n, shape, from->span) : NULL;
	if (flat) return flat;
	value_shape(to, shape);
	return arena_print(e->arena, "reshape(%s)", dims_text(e->arena, to->n, shape));
}

/* one argument of two in the shape of the other: the one that more axes have, or the second */
static bool
help_reshape(struct elaborator *e, struct diagnostic *m, struct value *callee, struct node *call_, const struct arguments *a)
{
	if (a->n != 2 || a->keyword_count || call_->kid[1]->n != 2 || a->at[0]->kind != VALUE_TENSOR || a->at[1]->kind != VALUE_TENSOR) return false;
	int k = a->at[0]->n > a->at[1]->n ? 0 : 1;
	const char *stage = reshaping(e, a->at[k], a->at[1 - k]);
	struct span at = call_->kid[1]->kid[k]->span;
	long shape[MAX_RANK];
	value_shape(a->at[1 - k], shape);
	struct value *other = filled_with_0(e, a->at[1 - k]->n, shape, at), *both[2] = {other, other};
	if (!stage || try_call(e, callee, 2, both)->kind != VALUE_TENSOR) return false;
	diag_help(e->d, m, "both have the same elements: `%s -> %s` has the shape of the other", span_text(e->arena, at), stage);
	diag_edit(e->d, m, (struct span){at.file, at.end, at.end}, " -> %s", stage);
	return true;
}

/* ---- axis numbers ------------------------------------------------------------------------------------------------------------------------- */

static bool
holds(const struct node *tree, const struct node *n)
{
	bool found = tree == n;
	for (int i = 0; tree && !found && i < tree->n; i++) found = holds(tree->kid[i], n);
	return found;
}

/* a name that is no word of the file */
static const char *
new_name(const struct source *f, const char *const names[], int n)
{
	for (int k = 0; k < n; k++) {
		bool used = false;
		for (const char *at = f->text; !used && (at = strstr(at, names[k])) != NULL; at++) {
			char before = at > f->text ? at[-1] : ' ', behind = at[strlen(names[k])];
			used = !(isalnum((unsigned char)before) || before == '_') && !(isalnum((unsigned char)behind) || behind == '_');
		}
		if (!used) return names[k];
	}
	return NULL;
}

/* the value and its mean get names in front of the statement that uses them */
static bool
named_apart(struct elaborator *e, struct diagnostic *m, const struct arguments *a, const char *reduction, const char *index, const char *left, const char *right)
{
	static const char *const values[] = {"v", "u", "value", "values"}, *const results[] = {"s", "r", "result", "results"};
	const struct node *n = e->statement;
	struct span at = a->call->kid[1]->kid[0]->span;
	if (!n || !holds(n, a->call) || !at.file || at.file->library) return false;
	const char *value = a->call->kid[1]->kid[0]->kind == NODE_NAME ? a->call->kid[1]->kid[0]->text : new_name(at.file, values, 4), *result = new_name(at.file, results, 4);
	if (!value || !result) return false;
	const char *first = a->call->kid[1]->kid[0]->kind == NODE_NAME ? "" : arena_print(e->arena, "%s = %s; ", value, span_text(e->arena, at));
	const char *text = arena_print(e->arena, "%s%s[%s] = %s(%s) %s[%s]", first, result, left, reduction, index, value, right);
	diag_help(e->d, m, "there are no axis numbers: write `%s` in front, and `%s` here", text, result);
	repair_prepend(e->d, m, n->span, text);
	diag_edit(e->d, m, a->call->span, "%s", result);
	return true;
}

bool
mend_axis_number(struct elaborator *e, struct diagnostic *m, const struct arguments *a, const char *reduction)
{
	static const char *const names[] = {"i", "j", "k", "l"};
	const struct node *n = e->statement;
	const struct value *x = a->at[0], *which = a->n == 2 ? a->at[1] : a->keyword_count ? a->keyword_value[0] : NULL;
	bool all = n && n->kind == NODE_DEFINE && n->kid[0]->n == 1 && n->kid[0]->kid[0]->kind == NODE_NAME && n->kid[1] == a->call && a->call->kid[1]->kid[0]->kind == NODE_NAME;
	if (a->n + a->keyword_count != 2 || x->kind != VALUE_TENSOR || x->n < 2 || x->n > 4 || !which || which->kind != VALUE_NUMBER) return false;
	long axis = (long)which->number + (which->number < 0 ? x->n : 0);
	if (axis < 0 || axis >= x->n) return false;
	struct text left = {.arena = e->arena}, right = {.arena = e->arena};
	for (int i = 0; i < x->n; i++) {
		if (i != axis) text_add(&left, "%s%s", left.length ? "," : "", names[i]);
		text_add(&right, "%s%s", i ? "," : "", names[i]);
	}
	if (!all) return named_apart(e, m, a, reduction, names[axis], text_end(&left), text_end(&right));
	const char *text = arena_print(e->arena, "%s[%s] = %s(%s) %s[%s]", n->kid[0]->kid[0]->text, text_end(&left), reduction, names[axis], a->call->kid[1]->kid[0]->text, text_end(&right));
	diag_help(e->d, m, "there are no axis numbers: write `%s`", text);
	diag_edit(e->d, m, n->span, "%s", text);
	return true;
}

/* ---- widths -------------------------------------------------------------------------------------------------------------------------------- */

/* the last layer with weights on the way to v says its size as a number: the other size */
static bool
help_width(struct elaborator *e, struct diagnostic *m, const struct value *v, const struct value *other)
{
	const struct stage *s = v->history;
	if (v->n != 1 || other->n != 1) return false;
	while (s && s->before && !(s->by && s->by->learns)) s = s->before;
	if (!s || !s->by || !s->by->learns || s->rank != 1 || s->shape[0] != v->axis[0]->size) return false;
	struct span call = s->by->call;
	const char *name = s->by->definition->text, *old = arena_print(e->arena, "%s(%ld", name, s->shape[0]);
	if (!call.file || strncmp(call.file->text + call.begin, old, strlen(old)) || !strchr("),", call.file->text[call.begin + strlen(old)])) return false;
	diag_help(e->d, m, "make its last layer as wide as the shortcut: `%s(%ld)`", name, other->axis[0]->size);
	diag_edit(e->d, m, (struct span){call.file, call.begin + strlen(name) + 1, call.begin + strlen(old)}, "%ld", other->axis[0]->size);
	return true;
}

void
mend_repeat(struct elaborator *e, struct diagnostic *m, const struct node *index, struct scope *s, int n)
{
	const struct value *v = index->kind == NODE_NAME ? look_up(s, index->text) : NULL;
	const struct source *f = v ? v->span.file : NULL; /* where the `repeat` names it */
	if (!m || !f || f->library || strncmp(f->text + v->span.end, " in ", 4) || n < 1) return;
	const char *dots = strstr(f->text + v->span.end, ".."), *brace = dots ? strchr(dots, '{') : NULL, *line = strchr(f->text + v->span.end, '\n');
	if (!brace || (line && line < brace)) return;
	struct span last = {f, (size_t)(dots - f->text) + 2, (size_t)(brace - f->text)};
	while (last.end > last.begin && f->text[last.end - 1] == ' ') last.end--;
	diag_help(e->d, m, "the list has %d item%s, counted from 0: `%s..%d`", n, n == 1 ? "" : "s", span_text(e->arena, (struct span){f, v->span.begin, last.begin - 2}), n - 1);
	diag_edit(e->d, m, last, "%d", n - 1);
}

/* ---- slices -------------------------------------------------------------------------------------------------------------------------------- */

/* `s[1..T]` of an input `s: [T]`: it was meant to have one more */
bool
mend_slice(struct elaborator *e, struct diagnostic *m, const struct node *range, const struct node *base, long size)
{
	const char *end = span_text(e->arena, range->kid[1]->span);
	for (int i = 0; base->kind == NODE_NAME && i < e->p->tensors.n; i++) {
		const struct tensor *t = e->p->tensors.at[i];
		if (t->role != ROLE_INPUT || strcmp(t->name, base->text) || !t->span.file) continue;
		const char *text = t->span.file->text, *open = memchr(text + t->span.begin, '[', t->span.end - t->span.begin);
		size_t from = open ? (size_t)(open - text) + 1 : 0, length = strlen(end);
		if (!open || strncmp(text + from, end, length) || text[from + length] != ']') return false;
		struct span at = {t->span.file, from, from + length};
		const char *more = range->kid[1]->kind == NODE_NUMBER ? arena_print(e->arena, "%ld", size + 1) : arena_print(e->arena, "%s+1", end);
		const char *rest = span_text(e->arena, (struct span){at.file, at.end + 1, t->span.end});
		diag_help(e->d, m, "declare one more element: `input %s: [%s]%s%s`", t->name, more, *rest ? " " : "", rest + strspn(rest, " "));
		diag_edit(e->d, m, at, "%s", more);
		return true;
	}
	return false;
}

void
mend_product(struct elaborator *e, struct diagnostic *m, const struct node *right, const struct value *a, const struct value *b)
{
	if (m->helps.n || b->n < 2 || count_of(b) != a->axis[a->n - 1]->size || right->kind != NODE_NAME) return;
	long shape[MAX_RANK];
	value_shape(b, shape);
	const char *flat = flattening(e, b->n, shape, right->span);
	if (!flat) return;
	diag_help(e->d, m, "write `(%s -> %s)`: all its elements as a vector", right->text, flat);
	diag_edit(e->d, m, right->span, "(%s -> %s)", right->text, flat);
}

/* ---- asked by operators and calls ------------------------------------------------------------------------------------------------------ */

void
mend_operands(struct elaborator *e, struct node *n, struct scope *s, int messages)
{
	struct diagnostic *m = helpless(e, messages);
	if (!m || !n->span.file || n->span.file->library) return;
	for (int k = 0; k < 2; k++) {
		struct node *product = written_as(e, n->kid[k]);
		struct value *v = as_product(e, product, s), *other = v ? quietly(e, n->kid[1 - k], s) : NULL;
		if (!v || other->kind != VALUE_TENSOR || other->n > 1 || (other->n && other->axis[0]->size != v->axis[0]->size)) continue;
		help_product(e, m, product);
		return;
	}
	struct value *a = quietly(e, n->kid[0], s), *b = quietly(e, n->kid[1], s);
	if (a->kind == VALUE_TENSOR && b->kind == VALUE_TENSOR && n->kind == NODE_ADD) /* h + (h -> Dense(64)) */
		for (int k = 0; k < 2; k++)
			if (n->kid[k]->kind == NODE_PIPE && n->kid[1 - k]->kind == NODE_NAME && help_width(e, m, k ? b : a, k ? a : b)) return;
	for (int k = 1; k >= 0 && a->kind == VALUE_TENSOR && b->kind == VALUE_TENSOR && a->n == 2 && b->n == 2; k--) { /* P is [d, T] */
		if (n->kid[k]->kind != NODE_NAME || a->axis[0]->size != b->axis[1]->size || a->axis[1]->size != b->axis[0]->size) continue;
		diag_help(e->d, m, "rows and columns are exchanged: `%s.T` fits", n->kid[k]->text);
		diag_edit(e->d, m, n->kid[k]->span, "%s.T", n->kid[k]->text);
		return;
	}
	bool inside_function = e->frame && e->frame->definition->kind == NODE_FN;
	if (a->kind == VALUE_TENSOR && b->kind == VALUE_TENSOR && !inside_function && (n->kind == NODE_ADD || n->kind == NODE_SUBTRACT))
		help_projection(e, m, a, b, n->kid[1]->span);
}

void
mend_call(struct elaborator *e, struct value *callee, struct node *call_, struct scope *s, const struct arguments *a, int messages)
{
	struct diagnostic *m = helpless(e, messages);
	if (!m || callee->kind != VALUE_DEFINITION || !call_->span.file || call_->span.file->library || a->n > 2 || call_->kid[1]->n != a->n) return;
	for (int k = 0; k < a->n; k++) {
		struct node *product = written_as(e, call_->kid[1]->kid[k]);
		struct value *argument[2] = {a->at[0], a->at[1]};
		argument[k] = as_product(e, product, s);
		if (!argument[k] || try_call(e, callee, a->n, argument)->kind != VALUE_TENSOR) continue;
		help_product(e, m, product);
		return;
	}
	help_reshape(e, m, callee, call_, a);
}
