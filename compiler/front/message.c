/* message.c - what diagnostics say about values: shapes, how they came about, in which call, and names that mean nothing. */
#include "front/elaborate.h"
#include "front/repair.h"
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- messages ---------------------------------------------------------------------------------------------------------------------------- */

struct span
own_place(const struct elaborator *e, struct span where)
{
	for (const struct frame *f = e->frame; where.file && where.file->library && f; f = f->up) where = f->span;
	if (where.file && where.file->library && e->statement) where = e->statement->span;
	return where;
}

const char *
asked_by(const struct elaborator *e, struct span where)
{
	if (!where.file || !where.file->library) return NULL;
	for (const struct frame *f = e->frame; f; f = f->up)
		if (f->span.file && !f->span.file->library) return f->definition->text;
	return NULL;
}

struct diagnostic *
problem(struct elaborator *e, const char *code, struct span where, const char *label, const char *format, ...)
{
	if (e->quiet) return NULL;
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	char *title = arena_alloc(e->arena, (size_t)n + 1);
	vsnprintf(title, (size_t)n + 1, format, again);
	va_end(args);
	va_end(again);
	where = own_place(e, where);
	if (e->answered.file && where.file == e->answered.file && where.begin >= e->answered.begin && where.end <= e->answered.end) return NULL;
	for (int i = 0; i < e->d->all.n; i++) { /* one mistake, one message */
		const struct diagnostic *m = e->d->all.at[i];
		const struct span *s = &m->labels.at[0].span;
		if (s->file == where.file && s->begin == where.begin && s->end == where.end && !strcmp(m->title, title)) return NULL;
	}
	return diag_new(e->d, code, where, label, "%s", title);
}

const char *
dims_text(struct arena *a, int rank, const long shape[])
{
	struct text t = {.arena = a};
	if (rank == 0) return "one number";
	for (int i = 0; i < rank; i++) text_add(&t, "%s%ld", i ? ", " : "[", shape[i]);
	text_add(&t, "]");
	return text_end(&t);
}

void
value_shape(const struct value *v, long shape[])
{
	for (int i = 0; v->kind == VALUE_TENSOR && i < v->n; i++) shape[i] = v->axis[i]->size;
}

const char *
shape_text(struct elaborator *e, const struct value *v)
{
	long shape[MAX_RANK];
	switch (v->kind) {
	case VALUE_NUMBER: return arena_print(e->arena, "the number %.6g", v->number);
	case VALUE_TRUTH: return v->number != 0 ? "true" : "false";
	case VALUE_WORD:
		if (v->n) return arena_print(e->arena, "the initialiser `%s(%.6g, %.6g)`", v->text, v->item[0]->number, v->item[1]->number);
		return arena_print(e->arena, "the word `%s`", v->text);
	case VALUE_TEXT: return "a text";
	case VALUE_LIST: return "a list";
	case VALUE_TENSOR: break;
	case VALUE_DEFINITION: return v->definition->kind == NODE_LAYER ? "a layer" : v->definition->kind == NODE_FN ? "a function" : "an optimizer";
	case VALUE_FUNCTION: case VALUE_PRIMITIVE: return "a function";
	case VALUE_INSTANCE: return "a layer";
	case VALUE_WEIGHTS: return "the set of all weights";
	case VALUE_RECURRENCE: return "a recurrence whose steps are still to come";
	case VALUE_SEVERAL: return arena_print(e->arena, "%d results", v->n);
	case VALUE_MODULE: return "an imported file";
	case VALUE_ERROR: return "unknown";
	}
	value_shape(v, shape);
	return dims_text(e->arena, v->n, shape);
}

/* "in `Affine(10)` on line 10, where `x` is [784] and `m` is 10"; the file is named where it is another one than the message's */
void
note_frames(struct elaborator *e, struct diagnostic *m)
{
	const struct source *file = m ? m->labels.at[0].span.file : NULL;
	for (struct frame *f = e->frame; m && f; f = f->up) {
		if (f->definition->span.file && f->definition->span.file->library) continue;
		struct text t = {.arena = e->arena};
		struct node *params = f->definition->kid[0];
		text_add(&t, "in `%s` on line %d", f->text, span_place(f->span).line);
		if (f->span.file && f->span.file != file) text_add(&t, " of %s", f->span.file->path);
		for (int i = 0, told = 0; i < params->n; i++) {
			struct value *v = NULL;
			for (int k = 0; k < f->scope->bindings.n; k++)
				if (!strcmp(f->scope->bindings.at[k].name, params->kid[i]->text)) v = f->scope->bindings.at[k].value;
			if (!v || v->kind == VALUE_ERROR) continue;
			const char *s = v->kind == VALUE_NUMBER ? arena_print(e->arena, "%.6g", v->number) : shape_text(e, v);
			text_add(&t, "%s`%s` is %s", told++ == 0 ? ", where " : i == params->n - 1 ? " and " : ", ", params->kid[i]->text, s);
		}
		diag_note(e->d, m, "%s", text_end(&t));
	}
}

enum { WIDEST_STAGE = 48 }; /* what is wider has its shape below it */

static int
stage_lines(const struct stage *s, int *width)
{
	int n = 0;
	for (; s; s = s->before, n++) {
		int columns = (int)strlen(s->text);
		if (columns > *width && columns <= WIDEST_STAGE) *width = columns;
	}
	return n;
}

/* a line a stage, the first one first */
void
note_stages(struct elaborator *e, struct diagnostic *m, const char *title, const struct stage *last)
{
	int width = 0, lines = stage_lines(last, &width), n = lines;
	const struct stage **list = NEW_ARRAY(e->arena, n, const struct stage *);
	for (const struct stage *s = last; s; s = s->before) list[--n] = s;
	struct text t = {.arena = e->arena};
	text_add(&t, "%s", title);
	for (int i = 0; i < lines; i++) {
		bool wide = strlen(list[i]->text) > WIDEST_STAGE;
		text_add(&t, "\n   %-*s  ", width, list[i]->text);
		text_add(&t, "%s%*s%s", wide ? "\n" : "", wide ? width + 5 : 0, "", dims_text(e->arena, list[i]->rank, list[i]->shape));
	}
	diag_note(e->d, m, "%s", text_end(&t));
}

void
note_history(struct elaborator *e, struct diagnostic *m, const char *name, const struct value *v)
{
	if (m && v->history && v->history->before) note_stages(e, m, arena_print(e->arena, "how `%s` gets its shape:", name), v->history);
}

struct value *
with_stage(struct elaborator *e, struct value *v, struct stage *before, const char *text)
{
	if (v->kind != VALUE_TENSOR) return v;
	struct stage *s = NEW(e->arena, struct stage);
	*s = (struct stage){.before = before, .by = v->by, .text = text, .rank = v->n};
	value_shape(v, s->shape);
	struct value *w = NEW(e->arena, struct value);
	*w = *v;
	w->history = s;
	return w;
}

/* ---- names ------------------------------------------------------------------------------------------------------------------------------- */

/* the index name is bound by some sum(..) of the statement, which ended before */
static struct node *
sum_binding(struct node *n, const char *name)
{
	if (!n) return NULL;
	if (n->kind == NODE_REDUCE) {
		struct node *args = n->kid[0]->kid[1];
		for (int i = 0; i < args->n; i++)
			if (args->kid[i]->text && !strcmp(args->kid[i]->text, name)) return n;
	}
	for (int i = 0; i < n->n; i++) {
		struct node *found = sum_binding(n->kid[i], name);
		if (found) return found;
	}
	return NULL;
}

/* the product of a quotient by n and a sum, `1/N * sum(i) ..` or `1/(2*N) * sum(i) ..`; NULL: the name stands in no such thing */
static struct node *
averaging(struct node *tree, const struct node *n)
{
	if (!tree) return NULL;
	struct node *left = tree->kind == NODE_MULTIPLY ? tree->kid[0] : NULL;
	if (left && left->kind == NODE_DIVIDE && tree->kid[1]->kind == NODE_REDUCE && tree->kid[1]->kid[0]->kid[1]->n == 1) {
		const struct node *by = left->kid[1];
		if (by->kind == NODE_MULTIPLY) by = by->kid[1];
		if (by->span.begin == n->span.begin) return tree;
	}
	for (int i = 0; i < tree->n; i++) {
		struct node *found = averaging(tree->kid[i], n);
		if (found) return found;
	}
	return NULL;
}

/* How many values that are read at the index have it for an axis; *all: of how many */
static int
axes_at(struct scope *s, const struct node *tree, const char *index, int *all)
{
	int n = 0;
	if (!tree) return 0;
	if (tree->kind == NODE_INDEX && tree->kid[0]->kind == NODE_NAME && tree->kid[1]->n == 1 && tree->kid[1]->kid[0]->kind == NODE_NAME && !strcmp(tree->kid[1]->kid[0]->text, index)) {
		const struct value *v = look_up(s, tree->kid[0]->text);
		++*all;
		return v && v->kind == VALUE_TENSOR && v->n && v->axis[0]->size > 1;
	}
	for (int i = 0; i < tree->n; i++) n += axes_at(s, tree->kid[i], index, all);
	return n;
}

/* `1/N * sum(n) (y[n] - t[n])^2` in a loss: a mean over the elements of a value, or over the samples, which is there already */
static bool
help_average(struct elaborator *e, struct diagnostic *m, const struct node *n, struct scope *s)
{
	struct node *product = e->statement && e->statement->kind == NODE_LOSS ? averaging(e->statement, n) : NULL;
	if (!product) return false;
	const struct node *left = product->kid[0], *sum = product->kid[1], *index = sum->kid[0]->kid[1]->kid[0], *body = sum->kid[1];
	const char *factor = span_text(e->arena, left->kid[0]->span), *of = left->kid[1]->kind == NODE_MULTIPLY ? span_text(e->arena, left->kid[1]->kid[0]->span) : NULL;
	if (of) factor = arena_print(e->arena, "%s/%s", factor, of);
	factor = strcmp(factor, "1") ? arena_print(e->arena, "%s * ", factor) : "";
	int all = 0, axes = index->kind == NODE_NAME ? axes_at(s, body, index->text, &all) : 0;
	e->answered = product->span;
	if (all && axes == all) {
		struct span written = {left->span.file, left->span.begin, sum->kid[0]->kid[0]->span.end};
		diag_help(e->d, m, "an average is written `%smean(%s) ...`", factor, index->text);
		diag_edit(e->d, m, written, "%smean", factor);
	} else if (all && !axes) {
		struct text t = {.arena = e->arena};
		const char *subscript = arena_print(e->arena, "[%s]", index->text);
		for (const char *at = span_text(e->arena, body->span); *at; at++) {
			if (!strncmp(at, subscript, strlen(subscript))) at += strlen(subscript) - 1;
			else text_bytes(&t, at, 1);
		}
		const char *one = text_end(&t);
		diag_help(e->d, m, "the loss is that of one sample, and averaged over the batch by itself: write `%s%s`", factor, one);
		diag_edit(e->d, m, product->span, "%s%s", factor, one);
	} else {
		diag_help(e->d, m, "the loss is that of one sample, and averaged over the batch by itself: no number of samples stands in it");
	}
	return true;
}

/* the statement of this block that defines the name behind its use */
static const struct node *
defined_later(const struct elaborator *e, const char *name)
{
	for (int i = e->position + 1; e->block && i < e->block->n; i++) {
		const struct node *n = e->block->kid[i], *left = n->kid[0];
		if (n->kind == NODE_INDEXED && left->kind == NODE_NAME && !strcmp(left->text, name)) return n;
		if ((n->kind == NODE_LET || n->kind == NODE_INPUT || n->kind == NODE_TARGET || n->kind == NODE_PARAM || n->kind == NODE_INSTANCE) && !strcmp(n->text, name)) return n;
		for (int k = 0; n->kind == NODE_DEFINE && k < left->n; k++)
			if (left->kid[k]->kind == NODE_NAME && !strcmp(left->kid[k]->text, name)) return n;
	}
	return NULL;
}

/* a `repeat` before this statement that defines the name for itself */
static const struct node *
defined_in_repeat(const struct elaborator *e, const char *name)
{
	for (int i = 0; e->block && i < e->position && i < e->block->n; i++) {
		const struct node *n = e->block->kid[i];
		for (int k = 0; n->kind == NODE_REPEAT && k < n->kid[1]->n; k++) {
			const struct node *s = n->kid[1]->kid[k];
			if (s->kind == NODE_INDEXED && s->kid[0]->text && !strcmp(s->kid[0]->text, name)) return n;
			for (int j = 0; s->kind == NODE_DEFINE && j < s->kid[0]->n; j++)
				if (s->kid[0]->kid[j]->kind == NODE_NAME && !strcmp(s->kid[0]->kid[j]->text, name)) return n;
		}
	}
	return NULL;
}

/* the call in the tree of which n is the callee; NULL: there is none */
static const struct node *
call_of(const struct node *tree, const struct node *n)
{
	if (!tree) return NULL;
	if (tree->kind == NODE_CALL && tree->kid[0]->span.begin == n->span.begin) return tree;
	for (int i = 0; i < tree->n; i++) {
		const struct node *found = call_of(tree->kid[i], n);
		if (found) return found;
	}
	return NULL;
}

/* n is what is called somewhere in the tree */
static bool
is_called(const struct node *tree, const struct node *n)
{
	return call_of(tree, n) != NULL;
}

static bool
mentions_word(const struct node *n, const char *name)
{
	if (!n) return false;
	bool found = n->kind == NODE_NAME && !strcmp(n->text, name);
	for (int i = 0; i < n->n && !found; i++) found = mentions_word(n->kid[i], name);
	return found;
}

/* the innermost `sum(value)` around a node: a reduction without an index */
static const struct node *
whole_sum(const struct node *tree, const struct node *n)
{
	if (!tree || n->span.begin < tree->span.begin || n->span.end > tree->span.end) return NULL;
	for (int i = 0; i < tree->n; i++) {
		const struct node *found = whole_sum(tree->kid[i], n);
		if (found) return found;
	}
	bool call = tree->kind == NODE_CALL && tree->kid[0]->kind == NODE_NAME && tree->kid[1]->n == 1;
	for (int r = SUM; call && r <= ARGMIN; r++)
		if (!strcmp(reduction_name[r], tree->kid[0]->text)) return tree;
	return NULL;
}

/* a value that has no name yet: where such names come from */
/* the name at this place is what goes into a chain */
static bool
starts_chain(const struct node *n, struct span name)
{
	if (n->kind != NODE_PIPE) return false;
	while (n->kind == NODE_PIPE) n = n->kid[0];
	return n->kind == NODE_NAME && n->span.begin == name.begin;
}

static void
help_value(struct elaborator *e, struct diagnostic *m, const char *name)
{
	size_t length = strlen(name);
	const struct node *d = e->frame ? e->frame->definition : NULL;
	if (e->statement && (e->statement->kind == NODE_INPUT || e->statement->kind == NODE_TARGET)) {
		diag_help(e->d, m, "the sizes of a model are numbers: write one, or `let %s = 10` above", name);
		return;
	}
	for (int i = 0; i < e->p->tensors.n; i++) {
		const struct tensor *t = e->p->tensors.at[i];
		size_t n = strlen(t->name);
		if (!tensor_is_param(t) || n <= length || strcmp(t->name + n - length, name) || t->name[n - length - 1] != '.') continue;
		diag_help(e->d, m, "weights of a layer have its name in front: `layer enc = ...`, then `enc.%s`; all of them together are `weights`", name);
		return;
	}
	const struct tensor *input = NULL;
	int inputs = 0;
	for (int i = 0; i < e->p->tensors.n; i++) {
		inputs += e->p->tensors.at[i]->role == ROLE_INPUT;
		if (e->p->tensors.at[i]->role == ROLE_INPUT) input = e->p->tensors.at[i];
	}
	if (!d && inputs == 1 && e->statement && e->statement->kind == NODE_DEFINE && starts_chain(e->statement->kid[1], m->labels.at[0].span)) {
		diag_help(e->d, m, "the input is `%s`: write `%s -> ...`", input->name, input->name);
		diag_rename(e->d, m, name, input->name);
		return;
	}
	if (e->statement && e->statement->kind == NODE_LOSS && length == 1 && isupper((unsigned char)*name)) { /* 1/N * ... */
		diag_help(e->d, m, "the loss is that of one sample, and averaged over the batch by itself: no number of samples stands in it");
		return;
	}
	if (d && e->statement && e->statement->kind == NODE_PARAM && !(d->kid[1] && mentions_word(d->kid[1], name))) { /* param g: [m], where the input is [n] */
		struct text known = {.arena = e->arena};
		int sizes = 0;
		const char *last = NULL;
		for (int i = 0; i < e->frame->scope->bindings.n; i++) {
			if (e->frame->scope->bindings.at[i].value->kind != VALUE_NUMBER) continue;
			last = e->frame->scope->bindings.at[i].name;
			text_add(&known, "%s`%s`", sizes++ ? ", " : "", last);
		}
		if (sizes) diag_help(e->d, m, "the size%s known here %s %s", sizes == 1 ? "" : "s", sizes == 1 ? "is" : "are", text_end(&known));
		if (sizes == 1) diag_rename(e->d, m, name, last);
		if (sizes) return;
	}
	if (d && d->kid[1] && mentions_word(d->kid[1], name)) {
		diag_help(e->d, m, "`%s` stands in the result only: make it a parameter, `%s: int`", name, name);
		struct span last = d->kid[0]->n ? d->kid[0]->kid[d->kid[0]->n - 1]->span : (struct span){0};
		if (last.file) diag_edit(e->d, m, (struct span){last.file, last.end, last.end}, ", %s: int", name);
	} else if (e->model) diag_help(e->d, m, "what is learned is a `param %s: ...`, what comes from the data an `input %s: ...`, a constant a `let %s = ...`", name, name, name);
}

/* the name is defined by the statement `later`, which has to come before this one */
static void
help_order(struct elaborator *e, struct diagnostic *m, const struct node *later)
{
	struct span here = e->statement ? e->statement->span : (struct span){0};
	diag_help(e->d, m, "line %d defines it: move it in front of this one", span_place(later->span).line);
	if (!here.file || here.file != later->span.file || here.begin >= later->span.begin) return;
	size_t line = here.begin;
	while (line > 0 && strchr(" \t", here.file->text[line - 1])) line--;
	bool first = line == 0 || here.file->text[line - 1] == '\n'; /* of its line */
	const char *between = first ? arena_print(e->arena, "\n%.*s", (int)(here.begin - line), here.file->text + line) : "; ";
	diag_edit(e->d, m, (struct span){here.file, here.begin, here.begin}, "%s%s", span_text(e->arena, later->span), between);
	diag_edit(e->d, m, later->span, "%s", "");
}

/* a model of the file, called as if it were a layer */
static bool
help_model(struct elaborator *e, struct diagnostic *m, const char *name)
{
	const struct node *tree = e->unit->modules.n ? e->unit->modules.at[e->unit->modules.n - 1]->tree : NULL;
	for (int i = 0; tree && i < tree->n; i++) {
		if (tree->kid[i]->kind != NODE_MODEL || !tree->kid[i]->text || strcmp(tree->kid[i]->text, name)) continue;
		diag_label(e->d, m, tree->kid[i]->name, "a model");
		diag_help(e->d, m, "models do not use each other: what both need is a `layer %s(x) { ... return y }`", name);
		return true;
	}
	return false;
}

/* `Wx`: two values side by side */
static bool
help_joined(struct elaborator *e, struct diagnostic *m, const struct node *n, struct scope *s)
{
	size_t length = strlen(n->text);
	for (size_t i = 1; i < length; i++) {
		const char *left = arena_text(e->arena, n->text, i), *right = n->text + i;
		const struct value *a = look_up(s, left), *b = look_up(s, right);
		if (!a || !b || a->kind != VALUE_TENSOR || b->kind != VALUE_TENSOR) continue;
		char op = a->n == 2 && b->n && a->axis[1]->size == b->axis[b->n == 2 ? 0 : b->n - 1]->size ? '@' : '*';
		diag_help(e->d, m, "a product is written `%s %c %s`", left, op, right);
		diag_edit(e->d, m, n->span, "%s %c %s", left, op, right);
		return true;
	}
	return false;
}

/* x -> Sequential(A(64), relu)   x -> TimeDistributed(A(64)) */
static bool
help_sequence(struct elaborator *e, struct diagnostic *m, const struct node *n)
{
	static const char *const names[] = {"Sequential", "sequential", "Compose", "Chain", "serial", "TimeDistributed"};
	const struct node *call_ = call_of(e->statement, n);
	struct text t = {.arena = e->arena};
	bool known = false;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) known |= !strcmp(names[i], n->text);
	if (!known || !call_) return false;
	const struct node *stages = call_->kid[1];
	if (stages->n == 1 && stages->kid[0]->kind == NODE_LIST) stages = stages->kid[0]; /* Sequential([A(64), relu]) */
	for (int i = 0; i < stages->n; i++) {
		const struct node *stage = stages->kid[i];
		if (stage->kind != NODE_CALL && stage->kind != NODE_NAME) return false;
		text_add(&t, "%s%s", i ? " -> " : "", span_text(e->arena, stage->span));
	}
	if (!t.length) return false;
	if (!is_stage(call_->span)) return help_layer_of_stages(e, m, call_, arena_print(e->arena, " -> %s", text_end(&t)));
	diag_help(e->d, m, stages->n == 1 ? "the layer itself takes its place: `-> %s`" : "a chain takes its place: `-> %s`", text_end(&t));
	diag_edit(e->d, m, call_->span, "%s", text_end(&t));
	return true;
}

/* `W_ji`: an element of W; what follows the `_` are letters of indices */
static bool
help_underscore(struct elaborator *e, struct diagnostic *m, const struct node *n, struct scope *s)
{
	const char *split = strrchr(n->text, '_');
	size_t axes = split ? strlen(split + 1) : 0;
	const struct value *v = axes ? look_up(s, arena_text(e->arena, n->text, (size_t)(split - n->text))) : NULL;
	if (!v || v->kind != VALUE_TENSOR || axes != (size_t)v->n || strspn(split + 1, "abcdefghijklmnopqrstuvwxyz0123456789") != axes) return false;
	struct text t = {.arena = e->arena};
	text_bytes(&t, n->text, (size_t)(split - n->text));
	for (size_t i = 0; i < axes; i++) text_add(&t, "%s%c", i ? "," : "[", split[1 + i]);
	text_add(&t, "]");
	diag_help(e->d, m, "an element is written `%s`", text_end(&t));
	diag_edit(e->d, m, n->span, "%s", text_end(&t));
	return true;
}

/* #define N 16: a comment here */
static bool
help_define(struct elaborator *e, struct diagnostic *m, const char *name)
{
	static const char word[] = "#define ";
	const struct source *f = m->labels.at[0].span.file;
	size_t n = strlen(name), i = 0;
	for (const char *at = f ? f->text : NULL; at && (at = strstr(at, word)) != NULL; at++) {
		const char *given = at + strlen(word), *value = given + n;
		if (strncmp(given, name, n) || *value != ' ' || (at > f->text && at[-1] != '\n')) continue;
		value += strspn(value, " ");
		size_t length = strcspn(value, "\n");
		while (length > 0 && strchr(" \t\r", value[length - 1])) length--;
		i = (size_t)(at - f->text);
		if (length == 0) return false;
		diag_label(e->d, m, (struct span){f, i, (size_t)(value - f->text) + length}, "a comment");
		diag_help(e->d, m, "a constant is written `let %s = %.*s`", name, (int)length, value);
		diag_edit(e->d, m, (struct span){f, i, (size_t)(value - f->text)}, "let %s = ", name);
		return true;
	}
	return false;
}

/* sum(i) -x[i]: read as `sum(i) - x[i]` */
static bool
sum_of_negative(struct elaborator *e, const struct node *n)
{
	const struct node *sum = whole_sum(e->statement, n);
	if (!sum || sum->kid[1]->kid[0] != n) return false;
	struct span call = sum->span;
	size_t i = call.end;
	if (!call.file) return false;
	while (call.file->text[i] == ' ') i++;
	if (call.file->text[i] != '-') return false;
	struct diagnostic *m = problem(e, "index-scope", call, "ends here", "a sum takes the product that follows: what begins with `-` stands in parentheses");
	struct span statement = e->statement->span;
	size_t end = i;
	for (int depth = 0; end < statement.end; end++) { /* the product */
		char c = call.file->text[end];
		if (depth == 0 && (strchr(",)];#\n", c) || (end > i && strchr("+-", c)))) break;
		depth += strchr("([", c) ? 1 : strchr(")]", c) ? -1 : 0;
	}
	while (end > i && call.file->text[end - 1] == ' ') end--;
	struct span product = {call.file, i, end};
	diag_help(e->d, m, "write `%s (%s)`", span_text(e->arena, call), span_text(e->arena, product));
	diag_edit(e->d, m, product, "(%s)", span_text(e->arena, product));
	return true;
}

/* a definition reads a value of the model that calls it */
static bool
help_outside(struct elaborator *e, struct diagnostic *m, const char *name)
{
	const struct node *d = e->frame ? e->frame->definition : NULL;
	bool there = false;
	for (int i = 0; i < e->p->tensors.n; i++) there |= !strcmp(e->p->tensors.at[i]->name, name);
	if (!d || !there) return false;
	diag_help(e->d, m, "a definition sees its parameters and what stands at the top of the file: give `%s` to `%s` as an argument", name, d->text);
	return true;
}

/* what an optimizer is given, and which of it a name means */
static void
help_given(struct elaborator *e, struct diagnostic *m, const char *name, const char *given)
{
	static const char *const names[] = {"w", "grad", "step", "steps", "epoch"};
	const char *near = nearest_name(name, names, 5);
	if (!strncmp(name, "grad", 4)) near = "grad";
	const struct node *statement = e->statement, *first = e->block && e->block->n ? e->block->kid[0] : NULL;
	bool kept = statement && first && statement->kind == NODE_DEFINE && statement->kid[0]->n == 1 && statement->kid[0]->kid[0]->text && !strcmp(statement->kid[0]->kid[0]->text, name);
	if (kept) { /* v = 0.9 * v + grad */
		diag_help(e->d, m, "what is kept from step to step is declared above: `state %s = 0`", name);
		repair_prepend(e->d, m, first->span, arena_print(e->arena, "state %s = 0", name));
	} else if (near && strlen(near) > 1) {
		diag_help(e->d, m, "%s: write `%s`", given, near);
		diag_rename(e->d, m, name, near);
	} else {
		diag_help(e->d, m, "%s", given);
	}
}

/* the size of the axis at which this index stands bare somewhere in the tree, but not at the place `but`; 0: there is none */
static long
size_at(struct elaborator *e, const struct node *tree, const char *index, struct scope *s, const struct node *but, bool only)
{
	if (!tree) return 0;
	const struct value *v = tree->kind == NODE_INDEX && tree->kid[0]->kind == NODE_NAME ? look_up(s, tree->kid[0]->text) : NULL;
	for (int i = 0; v && v->kind == VALUE_TENSOR && i < tree->kid[1]->n && i < v->n; i++) {
		const struct node *x = tree->kid[1]->kid[i];
		if (x->kind == NODE_NAME && (x == but) == only && !strcmp(x->text, index)) return v->axis[i]->size;
	}
	for (int i = 0; i < tree->n; i++) {
		long size = size_at(e, tree->kid[i], index, s, but, only);
		if (size) return size;
	}
	return 0;
}

/* The index of a sum, behind it at an axis of another size: an index of the left side was meant. */
static bool
help_index(struct elaborator *e, struct diagnostic *m, const struct node *sum, const struct node *n, struct scope *s)
{
	const struct node *whole = e->statement;
	long inside = size_at(e, sum, n->text, s, n, false), here = size_at(e, whole, n->text, s, n, true);
	if (!m || whole->kind != NODE_INDEXED || !inside || !here || inside == here) return false;
	for (int i = 0; i < whole->kid[1]->n; i++) {
		const struct node *left = whole->kid[1]->kid[i];
		if (left->kind != NODE_NAME || size_at(e, whole->kid[2], left->text, s, n, false) != here) continue;
		diag_help(e->d, m, "in the sum `%s` runs over %ld, but there are %ld here, as of `%s`: write `%s`", n->text, inside, here, left->text, left->text);
		diag_edit(e->d, m, n->span, "%s", left->text);
		return true;
	}
	return false;
}

/* the innermost sum whose product holds n */
static const struct node *
sum_around(const struct node *tree, const struct node *n)
{
	if (!tree) return NULL;
	for (int i = 0; i < tree->n; i++) {
		const struct node *inner = tree->kid[i] == n ? tree : sum_around(tree->kid[i], n);
		if (inner && tree->kind == NODE_REDUCE && inner->kind != NODE_REDUCE) return tree;
		if (inner) return inner;
	}
	return NULL;
}

/* sum(i) a[i] * W[i,j] * b[j]: the sum that says one index, and not the other */
static bool
sum_lacks(struct elaborator *e, struct diagnostic *m, const struct node *n)
{
	const struct node *sum = sum_around(e->statement, n);
	if (!sum || sum->kind != NODE_REDUCE || !sum->kid[0]->kid[1]->n) return false;
	const struct node *list = sum->kid[0]->kid[1], *last = list->kid[list->n - 1], *whole = e->statement;
	for (int i = 0; list->n == 1 && last->kind == NODE_NAME && whole->kind == NODE_INDEXED && i < whole->kid[1]->n; i++) {
		const struct node *left = whole->kid[1]->kid[i];
		if (left->kind != NODE_NAME || strcmp(left->text, last->text)) continue;
		diag_help(e->d, m, "`%s` is on the left already, so the sum runs over `%s`: `%s(%s)`", left->text, n->text, sum->kid[0]->kid[0]->text, n->text);
		diag_edit(e->d, m, last->span, "%s", n->text);
		return true;
	}
	diag_help(e->d, m, "the sum says over which indices: `%s(%s, %s)`", sum->kid[0]->kid[0]->text, span_text(e->arena, list->span), n->text);
	diag_edit(e->d, m, (struct span){last->span.file, last->span.end, last->span.end}, ", %s", n->text);
	return true;
}

struct value *
unknown_name(struct elaborator *e, struct node *n, struct scope *s)
{
	const char *name = n->text;
	if (e->quiet) return value_error(e);
	for (int i = 0; i < e->unknown.n; i++) /* one mistake, one message */
		if (!strcmp(e->unknown.at[i], name)) return value_error(e);
	PUSH(e->arena, &e->unknown, name);
	if (e->statement && sum_of_negative(e, n)) return value_error(e);
	struct node *sum = e->statement ? sum_binding(e->statement, name) : NULL;
	struct diagnostic *m;
	if (sum) {
		m = problem(e, "index-scope", n->span, arena_print(e->arena, "`%s` has no meaning here", name), "`%s` is used outside its `%s`", name,
			    span_text(e->arena, sum->kid[0]->span));
		diag_label(e->d, m, sum->span, "the sum ends here: it takes one product");
		note_frames(e, m);
		if (help_index(e, m, sum, n, s)) return value_error(e);
		struct node *all = e->statement->kid[e->statement->n - 1];
		size_t from = sum->kid[1]->span.begin;
		struct span inside = {all->span.file, from, all->span.end};
		if (sum->span.begin == all->span.begin) {
			diag_help(e->d, m, "to include it in the sum, use parentheses: `%s (%s)`", span_text(e->arena, sum->kid[0]->span), span_text(e->arena, inside));
			diag_edit(e->d, m, inside, "(%s)", span_text(e->arena, inside));
		}
		return value_error(e);
	}
	if (e->subscript && e->statement && e->statement->kind == NODE_INDEXED) {
		m = problem(e, "index-scope", n->span, "where does this index come from?", "index `%s` is neither on the left side nor summed over", name);
		note_frames(e, m);
		const struct node *whole = m ? whole_sum(e->statement->kid[e->statement->n - 1], n) : NULL;
		if (whole) { /* sum(W[i,j] * x[j]) */
			struct span inside = {whole->span.file, whole->kid[0]->span.end, whole->span.end};
			diag_help(e->d, m, "say over which index: `%s(%s) %s`", whole->kid[0]->text, name, span_text(e->arena, inside));
			diag_edit(e->d, m, (struct span){inside.file, inside.begin, inside.begin}, "(%s) ", name);
			return value_error(e);
		}
		if (m && sum_lacks(e, m, n)) return value_error(e);
		diag_help(e->d, m, "write `sum(%s)` in front of the product to add up over `%s`, or add `%s` to the left side to keep it as an axis", name, name, name);
		return value_error(e);
	}
	const struct node *left = e->subscript && e->statement && e->statement->kind == NODE_DEFINE && e->statement->kid[0]->n == 1 ? e->statement->kid[0]->kid[0] : NULL;
	if (left && left->kind == NODE_NAME && strlen(name) == 1) { /* y = W[j] */
		m = problem(e, "index-scope", n->span, "where does this index come from?", "index `%s` is neither on the left side nor summed over", name);
		note_frames(e, m);
		if (m && sum_lacks(e, m, n)) return value_error(e);
		diag_help(e->d, m, "write `%s[%s] = ...` to keep it as an axis, or `sum(%s)` in front of the product to add up over it", left->text, name, name);
		diag_edit(e->d, m, (struct span){left->span.file, left->span.end, left->span.end}, "[%s]", name);
		return value_error(e);
	}
	m = problem(e, "unknown-name", n->span, "not defined", "nothing named `%s`", name);
	const char *longer, *elsewhere = name_elsewhere(e, n->span.file, name, &longer);
	const struct node *later = defined_later(e, name);
	const struct node *copies = defined_in_repeat(e, name);
	if (m && (help_operator(e, m, n, name) || help_average(e, m, n, s) || help_sequence(e, m, n) || help_define(e, m, name) || help_underscore(e, m, n, s) || help_model(e, m, name) || help_joined(e, m, n, s) || help_outside(e, m, name))) return value_error(e);
	const char *given = e->optimizer ? "an optimizer is given `w`, `grad`, `step`, `steps` and `epoch`" : NULL;
	int helps = m ? m->helps.n : 0;
	bool schedule = given && !e->statement && n->span.file && n->span.file->text[n->span.end] == '(';
	if (schedule) help_schedule(e, m, name);
	else if (given && !is_called(e->statement, n)) {
		if (m && !e->statement) help_name(e, m, name, s); /* an option: bias=True */
		if (m && m->helps.n == helps) help_given(e, m, name, given);
	}
	else if (copies) diag_help(e->d, m, "the `repeat` on line %d keeps it to itself: give it a value in front, `%s = ...`", span_place(copies->span).line, name);
	else if (later) help_order(e, m, later);
	else if (elsewhere) diag_help(e->d, m, "%s", elsewhere);
	else help_name(e, m, name, s);
	bool other = (given && !is_called(e->statement, n)) || copies || later;
	if (!other && elsewhere && longer) diag_rename(e->d, m, name, longer);
	if (m && m->helps.n == helps && !is_called(e->statement, n)) help_value(e, m, name);
	return value_error(e);
}
