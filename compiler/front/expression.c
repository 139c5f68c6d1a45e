/* expression.c - expressions of the syntax tree as values. */
#include "front/mend.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- operators -------------------------------------------------------------------------------------------------------------------------------- */

/* scores minus the number of a class, as in a mean square */
static void
warn_class(struct elaborator *e, struct span where, const struct value *scores, const struct value *class)
{
	const struct tensor *t = class->n == 0 && class->body->op == OP_READ ? class->body->tensor : NULL;
	if (!t || t->role != ROLE_TARGET || !t->integer || scores->n != 1 || scores->axis[0]->size < 2 || scores->body->integer || e->quiet || !e->training || e->d->errors) return;
	struct diagnostic *m = diag_warning(e->d, "class-number", own_place(e, where), arena_print(e->arena, "%s minus one number in %ld..%ld", shape_text(e, scores), t->low, t->high),
					    "the number of a class is taken from each of %ld values", scores->axis[0]->size);
	diag_label(e->d, m, declared_name(t), "a class");
	struct span call = own_place(e, where);
	size_t length = e->frame ? strlen(e->frame->definition->text) : 0;
	bool named = length && !strncmp(call.file->text + call.begin, e->frame->definition->text, length) && call.file->text[call.begin + length] == '(';
	help_class_loss(e, m, scores, class, named ? (struct span){call.file, call.begin, call.begin + length} : (struct span){0});
}

struct value *
elementwise(struct elaborator *e, struct span span, struct span op, const char *name,
	    struct expr *(*f)(struct program *, struct expr *, struct expr *), struct value *a, struct value *b)
{
	struct value *x = as_tensor(e, a), *y = as_tensor(e, b);
	if (!x || !y) return value_error(e);
	struct value *longer = x->n >= y->n ? x : y, *shorter = longer == x ? y : x;
	for (int i = 0; i < shorter->n; i++) {
		if (shorter->axis[i]->size == longer->axis[longer->n - shorter->n + i]->size) continue;
		const char *asked = asked_by(e, op); /* the library's insides are not the user's */
		const char *both = asked ? arena_print(e->arena, "%s and %s", shape_text(e, x), shape_text(e, y)) : "";
		struct diagnostic *m = problem(e, "shape", op, both, "`%s` needs equal shapes", asked ? asked : name);
		diag_label(e->d, m, a->span, "%s", shape_text(e, x));
		diag_label(e->d, m, b->span, "%s", shape_text(e, y));
		if (m) note_history(e, m, span_text(e->arena, a->span), x);
		if (m) note_history(e, m, span_text(e->arena, b->span), y);
		note_frames(e, m);
		help_shortcut(e, m, x, span_text(e->arena, a->span), y, span_text(e->arena, b->span));
		return value_error(e);
	}
	if (f == sub) warn_class(e, op, longer, shorter);
	struct index **axes = longer->axis; /* its body stays as it is, the other's is moved there */
	return value_tensor(e, longer->n, axes, f(e->p, value_at_tail(e, x, longer->n, axes), value_at_tail(e, y, longer->n, axes)), span);
}

static struct expr *greater(struct program *p, struct expr *a, struct expr *b) { return less(p, b, a); }
static struct expr *greater_equal(struct program *p, struct expr *a, struct expr *b) { return less_equal(p, b, a); }
static struct expr *unequal(struct program *p, struct expr *a, struct expr *b) { return negation(p, equal(p, a, b)); }
static struct expr *whole_div(struct program *p, struct expr *a, struct expr *b) { return floor_div(p, a, (long)b->number); }
static struct expr *whole_mod(struct program *p, struct expr *a, struct expr *b) { return floor_mod(p, a, (long)b->number); }

static double number_add(double a, double b) { return a + b; }
static double number_sub(double a, double b) { return a - b; }
static double number_mul(double a, double b) { return a * b; }
static double number_div(double a, double b) { return a / b; }
static double number_mod(double a, double b) { return a - b * floor(a / b); }
static double number_less(double a, double b) { return a < b; }
static double number_greater(double a, double b) { return a > b; }
static double number_less_equal(double a, double b) { return a <= b; }
static double number_greater_equal(double a, double b) { return a >= b; }
static double number_equal(double a, double b) { return a == b; }
static double number_unequal(double a, double b) { return a != b; }

static const struct operation {
	const char *name;
	struct expr *(*expr)(struct program *, struct expr *, struct expr *);
	double (*number)(double, double);
	bool compares;
} operations[] = {
	[NODE_ADD] = {"+", add, number_add, false},
	[NODE_SUBTRACT] = {"-", sub, number_sub, false},
	[NODE_MULTIPLY] = {"*", mul, number_mul, false},
	[NODE_DIVIDE] = {"/", divide, number_div, false},
	[NODE_MODULO] = {"%", whole_mod, number_mod, false},
	[NODE_POWER] = {"^", power, pow, false},
	[NODE_LESS] = {"<", less, number_less, true},
	[NODE_GREATER] = {">", greater, number_greater, true},
	[NODE_LESS_EQUAL] = {"<=", less_equal, number_less_equal, true},
	[NODE_GREATER_EQUAL] = {">=", greater_equal, number_greater_equal, true},
	[NODE_EQUAL] = {"==", equal, number_equal, true},
	[NODE_UNEQUAL] = {"!=", unequal, number_unequal, true},
};

/* the operator's own characters, between its operands */
static struct span
operator_span(struct node *n)
{
	struct span s = {n->span.file, n->kid[0]->span.end, n->kid[1]->span.begin};
	const char *text = s.file->text, *name = operations[n->kind].name ? operations[n->kind].name : "@";
	while (s.begin < s.end && strncmp(text + s.begin, name, strlen(name))) s.begin++;
	s.end = s.begin + strlen(name);
	return s;
}

static bool
is_constant(const struct value *v)
{
	return v->kind == VALUE_NUMBER || v->kind == VALUE_TRUTH;
}

/* words, truths and lists compare by equality at compile time */
static struct value *
compare_words(struct elaborator *e, struct node *n, struct value *a, struct value *b)
{
	bool same = a->kind == b->kind && ((a->kind == VALUE_WORD && !strcmp(a->text, b->text)) || (a->kind == VALUE_TRUTH && a->number == b->number));
	return value_truth(e, same == (n->kind == NODE_EQUAL), n->span);
}

static const struct quotient *
quotient_of(struct elaborator *e, const struct node *n, double a, double b)
{
	struct quotient *q = NEW(e->arena, struct quotient);
	*q = (struct quotient){a, b, n->kid[1]->kind == NODE_NAME ? n->kid[1]->text : NULL, n->span};
	return q;
}

static bool
is_condition(const struct value *v)
{
	return v->kind == VALUE_TENSOR && v->body->condition;
}

static struct value *
evaluate_operation(struct elaborator *e, struct node *n, struct scope *s)
{
	const struct operation *op = &operations[n->kind];
	struct value *a = evaluate(e, n->kid[0], s), *b = evaluate(e, n->kid[1], s);
	if (a->kind == VALUE_ERROR || b->kind == VALUE_ERROR) return value_error(e);
	if ((n->kind == NODE_EQUAL || n->kind == NODE_UNEQUAL) && (a->kind == VALUE_WORD || b->kind == VALUE_WORD)) return compare_words(e, n, a, b);
	bool whole = n->kind == NODE_MODULO || (n->kind == NODE_DIVIDE && e->subscript);
	bool zero = is_constant(b) && b->number == 0 && (n->kind == NODE_DIVIDE || n->kind == NODE_MODULO);
	if (zero && (is_constant(a) || (!whole && !e->guards.n))) { /* an `if` may keep it from being computed */
		problem(e, "division", n->kid[1]->span, "this is 0", "division by zero");
		return value_error(e);
	}
	if (is_constant(a) && is_constant(b)) {
		double v = op->number(a->number, b->number);
		if (n->kind == NODE_DIVIDE && e->subscript) v = floor(v);
		if (op->compares) return value_truth(e, v != 0, n->span);
		struct value *number_ = value_number(e, v, n->span);
		if (n->kind == NODE_DIVIDE) number_->quotient = quotient_of(e, n, a->number, b->number);
		return number_;
	}
	const bool alike = (n->kind == NODE_EQUAL || n->kind == NODE_UNEQUAL) && is_condition(a) && is_condition(b);
	if (!alike && (refuse_condition(e, n->kid[0]->span, a) || refuse_condition(e, n->kid[1]->span, b))) return value_error(e);
	struct value w = *a, x = *b;
	w.span = n->kid[0]->span; /* messages underline the operands as written */
	x.span = n->kid[1]->span;
	if (whole) {
		long k;
		struct value *t = as_tensor(e, a);
		if (!t || !whole_number(e, b, n->kid[1]->span, "what a whole number is divided by", &k)) return value_error(e);
		if (k <= 0 || !t->body->integer) {
			problem(e, "whole-division", operator_span(n), k <= 0 ? "divides by a number that is not positive" : "the left side is no whole number",
				"`%s` here works on whole numbers, by a positive constant", op->name);
			return value_error(e);
		}
		return elementwise(e, n->span, operator_span(n), op->name, n->kind == NODE_DIVIDE ? whole_div : whole_mod, &w, &x);
	}
	int messages = e->d->all.n;
	struct value *v = elementwise(e, n->span, operator_span(n), op->name, op->expr, &w, &x);
	if (v->kind == VALUE_ERROR) mend_operands(e, n, s, messages);
	return v;
}

/* A @ B of which one fits when it is transposed: a declared matrix is so on the left, of two computed ones the right one as in attention */
static void
help_transposed(struct elaborator *e, struct diagnostic *m, const struct node *n, const struct value *a, const struct value *b)
{
	const struct node *left = n->kid[0], *right = n->kid[1];
	bool left_fits = a->n == 2 && a->axis[0]->size == b->axis[0]->size, right_fits = b->n == 2 && a->axis[a->n - 1]->size == b->axis[1]->size;
	bool declared = a->body->op == OP_READ && tensor_is_param(a->body->tensor);
	const char *l = span_text(e->arena, left->span), *r = span_text(e->arena, right->span);
	if (left_fits && declared) {
		diag_help(e->d, m, "`%s.T @ %s` fits, or declare `%s: [%ld, %ld]`: outputs first, inputs second", l, r, l, a->axis[1]->size, a->axis[0]->size);
		if (left->kind == NODE_NAME) diag_edit(e->d, m, left->span, "%s.T", left->text);
	} else if (right_fits && a->n > 1 && right->kind == NODE_NAME) {
		diag_help(e->d, m, "`%s @ %s.T` fits", l, r);
		diag_edit(e->d, m, right->span, "%s.T", right->text);
	} else if (left_fits) {
		diag_help(e->d, m, left->kind == NODE_NAME ? "`%s.T @ %s` fits" : "`(%s).T @ %s` fits", l, r);
		if (left->kind == NODE_NAME) diag_edit(e->d, m, left->span, "%s.T", left->text);
	}
}

/* A @ B: matrix.matrix, matrix.vector, vector.vector; leading axes of A are mapped */
static struct value *
evaluate_matrix(struct elaborator *e, struct node *n, struct scope *s)
{
	struct value *a = as_tensor(e, evaluate(e, n->kid[0], s)), *b = as_tensor(e, evaluate(e, n->kid[1], s));
	if (!a || !b) return value_error(e);
	if (a->n == 0 || b->n == 0 || b->n > 2) {
		struct diagnostic *m = problem(e, "shape", operator_span(n), "", "`@` multiplies matrices and vectors");
		diag_label(e->d, m, n->kid[0]->span, "%s", shape_text(e, a));
		diag_label(e->d, m, n->kid[1]->span, "%s", shape_text(e, b));
		if (m) diag_help(e->d, m, "write `*` to multiply by a number");
		if (a->n == 0 || b->n == 0) diag_edit(e->d, m, operator_span(n), "*");
		return value_error(e);
	}
	if (a->axis[a->n - 1]->size != b->axis[0]->size) {
		struct diagnostic *m = problem(e, "shape", n->kid[0]->span, shape_text(e, a), "`@` needs the inner sizes to agree");
		diag_label(e->d, m, n->kid[1]->span, "%s", shape_text(e, b));
		diag_note(e->d, m, "%ld columns on the left, %ld rows on the right", a->axis[a->n - 1]->size, b->axis[0]->size);
		if (m) help_transposed(e, m, n, a, b);
		if (m) mend_product(e, m, n->kid[1], a, b);
		if (b->n == 2 && a->n == 1 && b->axis[1]->size == a->axis[0]->size) {
			diag_help(e->d, m, "write `%s @ %s`: the matrix stands on the left", span_text(e->arena, n->kid[1]->span), span_text(e->arena, n->kid[0]->span));
			diag_swap(e->d, m, n->kid[0]->span, n->kid[1]->span);
		}
		note_frames(e, m);
		return value_error(e);
	}
	struct index *i = index_new(e->p, "i", b->axis[0]->size), *axes[MAX_RANK], *column = NULL;
	struct expr *left[MAX_RANK], *right[2] = {index_of(e->p, i)};
	int rank = a->n - 1;
	new_axes(e, rank, a->axis, axes);
	for (int k = 0; k < rank; k++) left[k] = index_of(e->p, axes[k]);
	left[rank] = index_of(e->p, i);
	if (b->n == 2) {
		if (rank == MAX_RANK) return value_error(e);
		axes[rank++] = column = index_new(e->p, b->axis[1]->name, b->axis[1]->size);
		right[1] = index_of(e->p, column);
	}
	struct value *product = value_tensor(e, rank, axes, mul(e->p, value_at(e, a, left), value_at(e, b, right)), n->span);
	return reduce_value(e, SUM, 1, &i, product, n->span);
}

/* ---- the other expressions ---------------------------------------------------------------------------------------------------------------------- */

static struct value *
evaluate_if(struct elaborator *e, struct node *n, struct scope *s)
{
	struct value *c = evaluate(e, n->kid[0], s);
	if (c->kind == VALUE_ERROR) return c;
	if (c->kind == VALUE_TRUTH) {
		note_verdict(e, n, c, s);
		return evaluate(e, n->kid[c->number != 0 ? 1 : 2], s);
	}
	struct value *condition = as_tensor(e, c);
	if (!condition) return value_error(e);
	if (!condition->body->condition) {
		struct diagnostic *m = problem(e, "condition", n->kid[0]->span, shape_text(e, c), "`if` needs a condition");
		diag_help(e->d, m, "compare it with something, for example `... > 0`");
		return value_error(e);
	}
	note_verdict(e, n, condition, s);
	PUSH(e->arena, &e->guards, condition->body);
	struct value *yes = as_tensor(e, evaluate(e, n->kid[1], s));
	e->guards.at[e->guards.n - 1] = negation(e->p, condition->body);
	struct value *no = as_tensor(e, evaluate(e, n->kid[2], s));
	e->guards.n--;
	if (!yes || !no) return value_error(e);
	struct value *longest = yes->n >= no->n ? yes : no;
	if (condition->n > longest->n) longest = condition;
	struct value *all[3] = {condition, yes, no};
	for (int k = 0; k < 3; k++)
		for (int i = 0; i < all[k]->n; i++)
			if (all[k]->axis[i]->size != longest->axis[longest->n - all[k]->n + i]->size) {
				struct diagnostic *m = problem(e, "shape", n->kid[k]->span, shape_text(e, all[k]), "the parts of an `if` need equal shapes");
				for (int o = 0; m && o < 3; o++)
					if (o != k) diag_label(e->d, m, n->kid[o]->span, "%s", shape_text(e, all[o]));
				note_frames(e, m);
				return value_error(e);
			}
	struct index **axes = longest->axis;
	struct expr *part[3];
	for (int k = 0; k < 3; k++) part[k] = value_at_tail(e, all[k], longest->n, axes);
	return value_tensor(e, longest->n, axes, choose(e->p, part[0], part[1], part[2]), n->span);
}

static struct value *
evaluate_logic(struct elaborator *e, struct node *n, struct scope *s)
{
	struct value *a = evaluate(e, n->kid[0], s);
	if (a->kind == VALUE_TRUTH && (a->number != 0) != (n->kind == NODE_AND)) return a;
	struct value *b = evaluate(e, n->kid[1], s);
	if (a->kind == VALUE_TRUTH) return b;
	struct span op = {n->span.file, n->kid[0]->span.end, n->kid[1]->span.begin};
	return elementwise(e, n->span, op, n->kind == NODE_AND ? "and" : "or", n->kind == NODE_AND ? both : either, a, b);
}

static struct value *
evaluate_reduce(struct elaborator *e, struct node *n, struct scope *s)
{
	struct node *args = n->kid[0]->kid[1], *name = n->kid[0]->kid[0];
	struct index *bound[MAX_RANK];
	struct scope *inner = scope_new(e, s);
	int count = 0, context = e->context.n;
	bool batch = false;
	enum reduction r = SUM;
	while (strcmp(reduction_name[r], name->text)) r++;
	for (int i = 0; i < args->n; i++) {
		struct node *a = args->kid[i];
		if ((a->kind != NODE_NAME && a->kind != NODE_IN) || count == MAX_RANK) {
			struct diagnostic *m = problem(e, "index", a->span, "", "`%s(...)` in front of a product names the indices to run over", name->text);
			diag_help(e->d, m, "write `%s(i) ...`, or `%s(x)` with nothing after it for a whole tensor", name->text, name->text);
			return value_error(e);
		}
		struct index *v;
		if (a->kind == NODE_NAME && !strcmp(a->text, "batch")) {
			v = index_batch(e->p, "n'");
			batch = true;
		} else {
			v = index_new(e->p, a->text, 0);
			struct expr *as = index_of(e->p, v);
			if (a->kind == NODE_IN) {
				long low, high;
				if (!whole_number(e, evaluate(e, a->kid[0]->kid[0], s), a->kid[0]->kid[0]->span, "the end of a range", &low) ||
				    !whole_number(e, evaluate(e, a->kid[0]->kid[1], s), a->kid[0]->kid[1]->span, "the end of a range", &high))
					return value_error(e);
				if (high < low) {
					problem(e, "index-range", a->kid[0]->span, arena_print(e->arena, "%ld..%ld is empty", low, high), "a range needs at least one element");
					return value_error(e);
				}
				v->size = high - low + 1;
				as = add(e->p, as, number(e->p, (double)low));
			}
			scope_bind(e, inner, a->text, value_tensor(e, 0, NULL, as, a->span));
		}
		bound[count++] = v;
		PUSH(e->arena, &e->context, v);
	}
	struct value *body = infer_ranges(e, n->kid[1], inner) ? as_tensor(e, evaluate(e, n->kid[1], inner)) : NULL;
	e->context.n = context;
	for (int i = 0; body && i < count; i++)
		if (!bound[i]->batch && !require_range(e, bound[i], args->kid[i]->span)) body = NULL;
	if (!body || refuse_condition(e, n->kid[1]->span, body)) return value_error(e);
	if (batch) { /* the samples of this reduction are its own */
		struct value *w = NEW(e->arena, struct value);
		*w = *body;
		for (int i = 0; i < count; i++) {
			struct expr *to = index_of(e->p, bound[i]);
			if (bound[i]->batch) w->body = substitute(e->p, w->body, 1, &e->batch, &to);
		}
		body = w;
	}
	return reduce_value(e, r, count, bound, body, n->span);
}

/* one subscript: a pick, a slice, the whole axis, or look-ups at every element of a tensor of whole numbers */
struct subscript {
	bool slice;
	long low;
	struct expr *pick;
	struct value *each;
};

static void
report_subscript(struct elaborator *e, const struct node *n, const struct value *v, const struct node *base, long size)
{
	struct diagnostic *m = problem(e, "subscript", n->span, v->n ? shape_text(e, v) : "a real number", "a subscript must be a whole number");
	struct tensor *t = v->body->op == OP_READ ? v->body->tensor : NULL;
	if (!m || !t || (t->role != ROLE_INPUT && t->role != ROLE_TARGET)) return;
	const char *word = t->role == ROLE_INPUT ? "input" : "target", *shape = v->n ? arena_print(e->arena, "%s of ", shape_text(e, v)) : "";
	diag_label(e->d, m, declared_name(t), "declared here, as %s", input_type_text(e->arena, t));
	diag_help(e->d, m, "`%s` has %ld rows: declare `%s %s: %s0..%ld`", span_text(e->arena, base->span), size, word, t->name, shape, size - 1);
	diag_edit(e->d, m, t->span, "%s %s: %s0..%ld", word, t->name, shape, size - 1);
}

static bool
read_subscript(struct elaborator *e, struct node *n, struct scope *s, const struct node *base, long size, struct subscript *out, long *axis)
{
	bool keep = e->subscript;
	e->subscript = true;
	bool fine = false;
	if (n->kind == NODE_RANGE) {
		long low, high;
		if (whole_number(e, evaluate(e, n->kid[0], s), n->kid[0]->span, "the end of a slice", &low) &&
		    whole_number(e, evaluate(e, n->kid[1], s), n->kid[1]->span, "the end of a slice", &high)) {
			fine = low >= 0 && high < size && low <= high;
			struct diagnostic *m = fine ? NULL : problem(e, "out-of-range", n->span, arena_print(e->arena, "valid: 0..%ld", size - 1), "%ld..%ld is no slice of `%s`", low,
									   high, span_text(e->arena, base->span));
			if (m && high == size && low > 0 && mend_slice(e, m, n, base, size)) fine = false;
			else if (m && high == size && low >= 0) diag_help(e->d, m, "both ends are included: write `%ld..%ld`", low, size - 1);
			else if (m && high == -1 && low >= 0) diag_help(e->d, m, "indices count from the start: write `%ld..%ld`", low, size - 2);
			if (m && m->helps.n && !m->edits.n && low >= 0 && low <= size - 2) diag_edit(e->d, m, n->span, "%ld..%ld", low, high == -1 ? size - 2 : size - 1);
			*out = (struct subscript){.slice = true, .low = low};
			*axis = high - low + 1;
		}
	} else {
		struct value *v = as_tensor(e, evaluate(e, n, s));
		if (v && !v->body->integer) {
			report_subscript(e, n, v, base, size);
		} else if (v) {
			*out = (struct subscript){.pick = v->body, .each = v->n ? v : NULL};
			fine = true;
			if (v->body->op == OP_INDEX && v->body->index->size == 0 && !v->body->index->batch) v->body->index->size = size;
			if (v->body->op == OP_NUMBER && (v->body->number < 0 || v->body->number >= (double)size)) {
				struct diagnostic *m = problem(e, "out-of-range", n->span, arena_print(e->arena, "valid: 0..%ld", size - 1), "index %.0f is outside `%s`",
							       v->body->number, span_text(e->arena, base->span));
				if (m && v->body->number == -1) {
					diag_help(e->d, m, "the last element is `%s[%ld]`; `[-1]` is only the start of a recurrence", span_text(e->arena, base->span), size - 1);
					diag_edit(e->d, m, n->span, "%ld", size - 1);
				}
				fine = false;
			} else {
				struct expr **guards = NEW_ARRAY(e->arena, e->guards.n + 1, struct expr *);
				if (e->guards.n) memcpy(guards, e->guards.at, (size_t)e->guards.n * sizeof *guards);
				PUSH(e->arena, &e->accesses, (struct access){v->body, size, e->guards.n, guards, base->span, n->span, e->frame});
			}
		}
	}
	e->subscript = keep;
	return fine;
}

/* the step of a recurrence that a subscript picks; NULL: it is a slice, or no whole number */
static struct expr *
read_step(struct elaborator *e, struct node *n, struct scope *s)
{
	if (n->kind == NODE_RANGE) return NULL;
	bool keep = e->subscript;
	e->subscript = true;
	struct value *v = evaluate(e, n, s);
	e->subscript = keep;
	if (v->kind == VALUE_NUMBER) v = as_tensor(e, v);
	return v && v->kind == VALUE_TENSOR && v->n == 0 && v->body->integer ? v->body : NULL;
}

static struct value *
evaluate_index(struct elaborator *e, struct node *n, struct scope *s)
{
	struct value *base = evaluate(e, n->kid[0], s);
	struct node *subs = n->kid[1];
	if (base->kind == VALUE_LIST && subs->n == 1 && subs->kid[0]->kind != NODE_RANGE) {
		long i;
		struct value *v = evaluate(e, subs->kid[0], s);
		if (v->kind == VALUE_NUMBER && whole_number(e, v, subs->kid[0]->span, "a subscript", &i)) {
			if (i >= 0 && i < base->n) return base->item[i];
			mend_repeat(e, problem(e, "out-of-range", subs->kid[0]->span, arena_print(e->arena, "valid: 0..%d", base->n - 1), "index %ld is outside the list", i), subs->kid[0], s, base->n);
			return value_error(e);
		}
	}
	int first = 0; /* subscripts that are dealt with */
	if (base->recurrence) {
		struct expr *step = read_step(e, subs->kid[0], s);
		if (step && recurrence_continues(e, base->recurrence, step)) {
			base = recurrence_at(e, base->recurrence, s, step, n);
			if (!base) return value_error(e);
			first = 1;
		}
	}
	base = as_tensor(e, base);
	if (!base) return value_error(e);
	if (subs->n - first > base->n) {
		struct diagnostic *m = problem(e, "subscript", subs->kid[first + base->n]->span, shape_text(e, base), "`%s` has %d %s, not %d", span_text(e->arena, n->kid[0]->span),
					       first + base->n, first + base->n == 1 ? "axis" : "axes", subs->n);
		if (first + base->n == 0) { /* (y[n] - t[n])^2 */
			diag_help(e->d, m, "it is the number of one sample, and `loss` is averaged over the batch by itself: write `%s`", span_text(e->arena, n->kid[0]->span));
			diag_edit(e->d, m, n->span, "%s", span_text(e->arena, n->kid[0]->span));
		}
		return value_error(e);
	}
	struct index *axes[MAX_RANK];
	struct expr *at[MAX_RANK];
	int rank = 0;
	for (int i = 0; i < base->n; i++) {
		struct subscript u = {.slice = true};
		long size = base->axis[i]->size;
		if (first + i < subs->n && !read_subscript(e, subs->kid[first + i], s, n->kid[0], base->axis[i]->size, &u, &size)) return value_error(e);
		if (u.slice) {
			axes[rank] = index_new(e->p, base->axis[i]->name, size);
			u.pick = add(e->p, index_of(e->p, axes[rank++]), number(e->p, (double)u.low));
		} else if (u.each) {
			struct expr *own[MAX_RANK];
			if (rank + u.each->n + base->n - i > MAX_RANK) {
				problem(e, "rank", subs->kid[first + i]->span, shape_text(e, u.each), "a tensor may have at most %d axes, the batch among them", MAX_RANK);
				return value_error(e);
			}
			new_axes(e, u.each->n, u.each->axis, axes + rank);
			for (int k = 0; k < u.each->n; k++) own[k] = index_of(e->p, axes[rank++]);
			u.pick = value_at(e, u.each, own);
		}
		at[i] = u.pick;
	}
	return value_tensor(e, rank, axes, value_at(e, base, at), n->span);
}

/* `enc.W`, `enc.Dense1.W`: a weight of a named layer; NULL: the dots mean something else */
static struct tensor *
dotted_weight(struct elaborator *e, struct node *n, struct scope *s)
{
	const char *name = n->text;
	const struct node *first = n->kid[0];
	while (first->kind == NODE_DOT) first = first->kid[0];
	const struct value *v = first->kind == NODE_NAME ? look_up(s, first->text) : NULL;
	if (!v || v->kind != VALUE_INSTANCE) return NULL;
	for (n = n->kid[0]; n != first; n = n->kid[0]) name = arena_print(e->arena, "%s.%s", n->text, name);
	return weight_of(e, v->instance, name);
}

static struct value *
evaluate_dot(struct elaborator *e, struct node *n, struct scope *s)
{
	struct tensor *weight = dotted_weight(e, n, s);
	if (weight) return value_of_tensor(e, weight, 0, NULL, n->span);
	if (unknown_package(e, n, s)) return value_error(e);
	struct value *base = evaluate(e, n->kid[0], s);
	if (base->kind == VALUE_ERROR) return base;
	if (base->kind == VALUE_MODULE) return value_of_module(e, base, n);
	if (!strcmp(n->text, "T")) {
		base = as_tensor(e, base);
		if (!base) return value_error(e);
		if (base->n < 2) {
			struct diagnostic *m = problem(e, "shape", n->kid[0]->span, shape_text(e, base), "`.T` transposes a matrix");
			if (base->n) diag_help(e->d, m, "a vector is neither a row nor a column: leave out `.T`; `a @ b` of two is a number, `y[i,j] = a[i] * b[j]` a matrix");
			if (base->n) diag_edit(e->d, m, (struct span){n->span.file, n->kid[0]->span.end, n->span.end}, "%s", "");
			return value_error(e);
		}
		struct index *axes[MAX_RANK];
		new_axes(e, base->n, base->axis, axes);
		struct expr *at[MAX_RANK];
		for (int i = 0; i < base->n; i++) at[i] = index_of(e->p, axes[i]);
		struct index *last = axes[base->n - 1];
		axes[base->n - 1] = axes[base->n - 2];
		axes[base->n - 2] = last;
		return value_tensor(e, base->n, axes, value_at(e, base, at), n->span);
	}
	if (base->kind == VALUE_INSTANCE) {
		struct diagnostic *m = problem(e, "unknown-name", n->name, "not there", "`%s` has no weights named `%s` yet", base->instance->name, n->text);
		diag_help(e->d, m, "a named layer gets its weights where it is first used");
		return value_error(e);
	}
	struct diagnostic *m = problem(e, "unknown-name", n->name, "", "%s has no part `%s`", shape_text(e, base), n->text);
	if (m && base->kind == VALUE_TENSOR) help_method(e, m, span_text(e->arena, n->kid[0]->span), n->text, s);
	return value_error(e);
}

static struct value *
evaluate_list(struct elaborator *e, struct node *n, struct scope *s)
{
	struct value *v = value_new(e, VALUE_LIST, n->span);
	v->n = n->n;
	v->item = NEW_ARRAY(e->arena, n->n ? n->n : 1, struct value *);
	for (int i = 0; i < n->n; i++) {
		v->item[i] = evaluate(e, n->kid[i], s);
		if (v->item[i]->kind == VALUE_ERROR) return v->item[i];
	}
	return v;
}

/* the size that all remaining axes have together; their name is bound by the signature in which they stand */
static struct value *
evaluate_rest(struct elaborator *e, struct node *n, struct scope *s)
{
	struct node name = {.kind = NODE_NAME, .span = n->name, .name = n->name, .text = n->text};
	const struct value *v = e->frame ? look_up(s, n->text) : NULL;
	if (v && v->kind == VALUE_NUMBER) return evaluate(e, &name, s);
	struct diagnostic *m = problem(e, "place", n->span, "", "`%s..` stands for all remaining axes of an argument", n->text);
	diag_help(e->d, m, "it belongs into the signature of a function or layer: `layer Scale(x: [c, %s..])`", n->text);
	return value_error(e);
}

static struct value *
evaluate_pipe(struct elaborator *e, struct node *n, struct scope *s)
{
	struct value *x = evaluate(e, n->kid[0], s);
	if (x->kind == VALUE_ERROR) return apply_call(e, n->kid[1], s, x); /* what the stages say themselves */
	if (x->kind == VALUE_TENSOR && !x->history) x = with_stage(e, x, NULL, span_text(e->arena, n->kid[0]->span));
	struct value *piped = NEW(e->arena, struct value); /* messages underline what stands in front of the arrow, also later */
	*piped = *x;
	piped->span = n->kid[0]->span;
	struct value *y = apply_call(e, n->kid[1], s, piped);
	struct span stage = n->kid[1]->span;
	y->made = n->span;
	note_doubled(e, n, y, s);
	return with_stage(e, y, x->history, arena_print(e->arena, "-> %s", span_text(e->arena, stage)));
}

static struct value *
evaluate_name(struct elaborator *e, struct node *n, struct scope *s)
{
	struct value *v = look_up(s, n->text);
	const struct function *f;
	if (!v && (f = function_named(n->text))) {
		v = value_new(e, VALUE_FUNCTION, n->span);
		v->function = f;
	}
	if (!v) v = primitive_named(e, n->text);
	if (!v) return unknown_name(e, n, s);
	struct value *w = NEW(e->arena, struct value); /* the value with the place where it is used */
	*w = *v;
	w->span = n->span;
	return w;
}

static struct value *
evaluate_negate(struct elaborator *e, struct node *n, struct scope *s)
{
	struct value *v = evaluate(e, n->kid[0], s);
	if (v->kind == VALUE_NUMBER) return value_number(e, -v->number, n->span);
	v = as_tensor(e, v);
	if (!v || refuse_condition(e, n->kid[0]->span, v)) return value_error(e);
	return value_tensor(e, v->n, v->axis, scale(e->p, -1, v->body), n->span);
}

static struct value *
evaluate_not(struct elaborator *e, struct node *n, struct scope *s)
{
	struct value *v = evaluate(e, n->kid[0], s);
	if (v->kind == VALUE_TRUTH) return value_truth(e, v->number == 0, n->span);
	v = as_tensor(e, v);
	if (!v) return value_error(e);
	if (!v->body->condition) {
		problem(e, "condition", n->kid[0]->span, shape_text(e, v), "`not` needs a condition");
		return value_error(e);
	}
	return value_tensor(e, v->n, v->axis, negation(e->p, v->body), n->span);
}

static struct value *
evaluate_number(struct elaborator *e, struct node *n, struct scope *s)
{
	(void)s;
	char *end;
	double v = strtod(n->text, &end); /* the scanner let only digits, a point and an exponent through */
	if (!isfinite(v)) {
		problem(e, "number", n->span, "", "this number is too large for double precision");
		return value_error(e);
	}
	return value_number(e, v, n->span);
}

static struct value *
evaluate_text(struct elaborator *e, struct node *n, struct scope *s)
{
	(void)s;
	struct value *v = value_new(e, VALUE_TEXT, n->span);
	v->text = n->text;
	return v;
}

static struct value *
evaluate_call(struct elaborator *e, struct node *n, struct scope *s)
{
	return apply_call(e, n, s, NULL);
}

static struct value *(*const evaluators[])(struct elaborator *, struct node *, struct scope *) = {
	[NODE_IF] = evaluate_if,         [NODE_PIPE] = evaluate_pipe,        [NODE_OR] = evaluate_logic,       [NODE_AND] = evaluate_logic,
	[NODE_NOT] = evaluate_not,       [NODE_NEGATE] = evaluate_negate,    [NODE_LESS] = evaluate_operation, [NODE_GREATER] = evaluate_operation,
	[NODE_LESS_EQUAL] = evaluate_operation, [NODE_GREATER_EQUAL] = evaluate_operation, [NODE_EQUAL] = evaluate_operation,
	[NODE_UNEQUAL] = evaluate_operation, [NODE_ADD] = evaluate_operation, [NODE_SUBTRACT] = evaluate_operation,
	[NODE_MULTIPLY] = evaluate_operation, [NODE_DIVIDE] = evaluate_operation, [NODE_MODULO] = evaluate_operation,
	[NODE_MATRIX] = evaluate_matrix, [NODE_POWER] = evaluate_operation, [NODE_REDUCE] = evaluate_reduce,   [NODE_CALL] = evaluate_call,
	[NODE_INDEX] = evaluate_index,   [NODE_DOT] = evaluate_dot,         [NODE_NAME] = evaluate_name,       [NODE_NUMBER] = evaluate_number,
	[NODE_TEXT] = evaluate_text,     [NODE_LIST] = evaluate_list,       [NODE_REST] = evaluate_rest,
};

enum { MOST_WORK = 1500000 }; /* a network of a thousand layers takes a hundred thousand */

bool
too_much_work(struct elaborator *e, struct span span)
{
	if (++e->unit->work <= MOST_WORK) return false;
	if (e->unit->gave_up) return true;
	e->unit->gave_up = true;
	int quiet = e->quiet;
	e->quiet = 0; /* nobody asks again */
	struct diagnostic *m = problem(e, "size", span, "", "the models of this file are too large: writing them out takes more than %d steps", MOST_WORK);
	diag_help(e->d, m, "definitions that use each other twice or more double at every level; so do `repeat`s inside each other");
	e->quiet = quiet;
	return true;
}

void
give_up(struct elaborator *e)
{
	e->unit->work = MOST_WORK;
	e->unit->gave_up = true;
}

struct value *
evaluate(struct elaborator *e, struct node *n, struct scope *s)
{
	if ((size_t)n->kind >= sizeof evaluators / sizeof *evaluators || !evaluators[n->kind]) {
		problem(e, "value", n->span, "", "a value is needed here");
		return value_error(e);
	}
	if (too_much_work(e, n->span)) return value_error(e);
	if (++e->depth > 2000) {
		if (e->depth == 2001) problem(e, "depth", n->span, "", "this is nested too deeply");
		e->depth--;
		return value_error(e);
	}
	struct value *v = evaluators[n->kind](e, n, s);
	e->depth--;
	return v;
}
