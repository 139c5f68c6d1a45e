/* range.c - which range an index runs over, and the proof that every read stays inside.
 *
 * Before an indexed statement is evaluated its right side is walked: (1) an index used bare as a subscript runs over that axis, and all such
 * axes must agree; (2) else, when the other indices of a subscript are known, it takes the largest range from 0 that stays inside;
 * (3) else it must be said: `y[t in 0..9]`.  Afterwards every subscript is proved to be inside its axis from intervals, taking the `if`
 * guards around it into account. */
#include "front/elaborate.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct bare { /* an index used bare as a subscript */
	struct index *index;
	const char *base;
	struct span span;
	long size;
	bool said;           /* its range stands in the text, and needs not be that of the axis */
};

struct pending { /* a subscript that is no bare index */
	struct expr *subscript;
	long size;
};

struct inference {
	struct elaborator *e;
	LIST(struct bare) bare;
	LIST(struct pending) pending;
};

static struct index *
plain_index(const struct value *v)
{
	return v && v->kind == VALUE_TENSOR && v->n == 0 && v->body->op == OP_INDEX ? v->body->index : NULL;
}

static void
use_bare(struct inference *f, struct index *v, struct node *sub, struct node *base, long size)
{
	bool said = v->size != 0;
	for (int i = 0; i < f->bare.n; i++)
		if (f->bare.at[i].index == v) said = f->bare.at[i].said;
	PUSH(f->e->arena, &f->bare, (struct bare){v, base->text, sub->span, size, said});
	if (v->size == 0) v->size = size;
}

/* a subscript without calls or look-ups can be evaluated without consequences */
static bool
is_simple(const struct node *n)
{
	if (!n || n->kind == NODE_CALL || n->kind == NODE_INDEX || n->kind == NODE_PIPE || n->kind == NODE_REDUCE || n->kind == NODE_IF) return false;
	for (int i = 0; i < n->n; i++)
		if (!is_simple(n->kid[i])) return false;
	return true;
}

static void walk(struct inference *f, struct node *n, struct scope *s);

/* h[t] or h[t-1] of a recurrence of T steps: t runs over its steps, too; false: the subscript is of another kind */
static bool
use_step(struct inference *f, const struct recurrence *r, struct node *sub, struct node *base, struct scope *s)
{
	struct elaborator *e = f->e;
	if (recurrence_steps(r) <= 0 || !is_simple(sub)) return false;
	bool keep = e->subscript;
	e->quiet++;
	e->subscript = true;
	struct value *x = evaluate(e, sub, s);
	e->subscript = keep;
	e->quiet--;
	if (x->kind != VALUE_TENSOR || x->n || !x->body->integer) return false;
	struct affine *a = affine_of(e->p, x->body);
	if (a->n != 1 || a->term[0].coefficient != 1 || a->term[0].atom->op != OP_INDEX || a->constant > 0) return false;
	use_bare(f, a->term[0].atom->index, sub, base, recurrence_steps(r));
	return true;
}

static void
walk_subscripts(struct inference *f, struct node *n, struct scope *s)
{
	struct elaborator *e = f->e;
	struct node *base = n->kid[0], *subs = n->kid[1];
	struct value *v = NULL;
	if (base->kind == NODE_NAME) v = look_up(s, base->text);
	else if (base->kind == NODE_DOT && is_simple(base)) {
		e->quiet++;
		v = evaluate(e, base, s);
		e->quiet--;
	} else walk(f, base, s);
	for (int i = 0; i < subs->n; i++) {
		struct node *sub = subs->kid[i];
		walk(f, sub, s);
		const struct value *shape = v;
		int axis = i;
		if (v && v->recurrence && sub->kind != NODE_RANGE) {
			if (i == 0 && (use_step(f, v->recurrence, sub, base, s) || v->kind == VALUE_RECURRENCE)) continue;
			if (v->kind == VALUE_RECURRENCE) {
				shape = recurrence_start(v->recurrence);
				axis = i - 1;
			}
		}
		if (!shape || shape->kind != VALUE_TENSOR || axis >= shape->n || sub->kind == NODE_RANGE) continue;
		long size = shape->axis[axis]->size;
		struct index *bare = sub->kind == NODE_NAME ? plain_index(look_up(s, sub->text)) : NULL;
		if (bare) {
			use_bare(f, bare, sub, base, size);
		} else if (is_simple(sub)) {
			bool keep = e->subscript;
			e->quiet++;
			e->subscript = true;
			struct value *x = evaluate(e, sub, s);
			e->subscript = keep;
			e->quiet--;
			if (x->kind == VALUE_TENSOR && x->n == 0 && x->body->integer) PUSH(e->arena, &f->pending, (struct pending){x->body, size});
		}
	}
}

/* a sum inside: its own indices get stand-ins, so that what they bound can be inferred too */
static void
walk_reduce(struct inference *f, struct node *n, struct scope *s)
{
	struct elaborator *e = f->e;
	struct node *args = n->kid[0]->kid[1];
	struct scope *inner = scope_new(e, s);
	for (int i = 0; i < args->n; i++) {
		struct node *a = args->kid[i];
		if (!a->text) continue;
		struct index *v = index_new(e->p, a->text, 0);
		struct expr *as = index_of(e->p, v);
		if (a->kind == NODE_IN) {
			e->quiet++;
			struct value *low = evaluate(e, a->kid[0]->kid[0], s), *high = evaluate(e, a->kid[0]->kid[1], s);
			e->quiet--;
			if (low->kind != VALUE_NUMBER || high->kind != VALUE_NUMBER || high->number < low->number) continue;
			v->size = (long)(high->number - low->number) + 1;
			as = add(e->p, as, number(e->p, low->number));
		}
		scope_bind(e, inner, a->text, value_tensor(e, 0, NULL, as, a->span));
	}
	walk(f, n->kid[1], inner);
}

static void
walk(struct inference *f, struct node *n, struct scope *s)
{
	if (!n) return;
	if (n->kind == NODE_INDEX) walk_subscripts(f, n, s);
	else if (n->kind == NODE_REDUCE) walk_reduce(f, n, s);
	else
		for (int i = 0; i < n->n; i++) walk(f, n->kid[i], s);
}

/* the one index of unknown size in an affine subscript, and how far it may run; 0: says nothing */
static long
largest_range(struct program *p, const struct pending *w, struct index **which)
{
	struct affine *a = affine_of(p, w->subscript);
	long reach = a->constant, c = 0;
	*which = NULL;
	for (int i = 0; i < a->n; i++) {
		struct expr *x = a->term[i].atom;
		if (x->op != OP_INDEX) return 0;
		if (x->index->size == 0) {
			if (*which) return 0;
			*which = x->index;
			c = a->term[i].coefficient;
		} else if (a->term[i].coefficient > 0) {
			reach += a->term[i].coefficient * (x->index->size - 1);
		}
	}
	if (!*which || c <= 0) return 0;
	long room = w->size - 1 - reach;
	return room < 0 ? 0 : room / c + 1;
}

static void
resolve(struct inference *f)
{
	for (bool changed = true; changed;) {
		changed = false;
		struct index *target = NULL;
		long least = 0;
		for (int i = 0; i < f->pending.n; i++) { /* the first index that something bounds, by the tightest of all */
			struct index *v;
			long size = largest_range(f->e->p, &f->pending.at[i], &v);
			if (size && (!target || (v == target && size < least))) {
				target = v;
				least = size;
			}
		}
		if (target) {
			target->size = least;
			changed = true;
		}
	}
}

/* ---- an index over two sizes ------------------------------------------------------------------------------------------------------------------- */

/* the first and the last use of an index disagree; said ranges are left to the proof of bounds */
static bool
find_conflict(const struct inference *f, bool left_side, int *first, int *second)
{
	for (int i = 0; i < f->bare.n; i++)
		for (int k = i + 1; k < f->bare.n; k++) {
			const struct bare *a = &f->bare.at[i], *b = &f->bare.at[k];
			if (a->index != b->index || a->size == b->size || a->said) continue;
			bool bound_left = false;
			for (int c = 0; c < f->e->context.n; c++) bound_left |= f->e->context.at[c] == a->index;
			if (bound_left != left_side) continue;
			*first = i;
			*second = k;
			return true;
		}
	return false;
}

/* `W` is [784, 10]: two bare subscripts that would both fit if they changed places */
static void
help_swap(const struct inference *f, struct diagnostic *m, const struct bare *use)
{
	for (int i = 0; i + 1 < f->bare.n; i++) {
		const struct bare *a = &f->bare.at[i], *b = &f->bare.at[i + 1];
		if (a->base != b->base || !a->base || a->size == b->size || (a->index != use->index && b->index != use->index)) continue;
		bool fits = true;
		for (int k = 0; k < f->bare.n; k++) {
			if (k == i || k == i + 1) continue;
			if (f->bare.at[k].index == a->index) fits &= f->bare.at[k].size == b->size;
			if (f->bare.at[k].index == b->index) fits &= f->bare.at[k].size == a->size;
		}
		if (!fits) continue;
		diag_help(f->e->d, m, "`%s` is [%ld, %ld]: write `%s[%s,%s]`, or declare it `[%ld, %ld]`", a->base, a->size, b->size, a->base, b->index->name, a->index->name, b->size, a->size);
		diag_swap(f->e->d, m, a->span, b->span);
		return;
	}
}

static bool
report_conflict(struct inference *f, struct scope *s)
{
	struct elaborator *e = f->e;
	int i, k;
	if (!find_conflict(f, true, &i, &k) && !find_conflict(f, false, &i, &k)) return false;
	const struct bare *a = &f->bare.at[i], *b = &f->bare.at[k];
	struct diagnostic *m = problem(e, "index-range", b->span, arena_print(e->arena, "%ld here", b->size), "`%s` runs over two different sizes", b->index->name);
	diag_label(e->d, m, a->span, "%ld here", a->size);
	if (m && a->base && b->base) {
		struct value *x = look_up(s, a->base), *y = look_up(s, b->base);
		if (x && y && x->kind == VALUE_TENSOR && y->kind == VALUE_TENSOR && strcmp(a->base, b->base))
			diag_note(e->d, m, "`%s` is %s, `%s` is %s", a->base, shape_text(e, x), b->base, shape_text(e, y));
	}
	note_frames(e, m);
	if (m) help_swap(f, m, a);
	return true;
}

bool
infer_ranges(struct elaborator *e, struct node *n, struct scope *s)
{
	struct inference f = {.e = e};
	walk(&f, n, s);
	if (report_conflict(&f, s)) return false;
	resolve(&f);
	return true;
}

long
infer_time(struct elaborator *e, int n, struct node *const statements[], const char *time, struct scope *s)
{
	struct inference f = {.e = e};
	struct index *t = index_new(e->p, time, 0);
	for (int k = 0; k < n; k++) {
		struct scope *inner = scope_new(e, s);
		struct node *indices = statements[k]->kid[1];
		for (int i = 0; i < indices->n; i++) {
			struct node *x = indices->kid[i];
			if (!x->text) continue;
			bool is_time = !strcmp(x->text, time);
			struct index *v = is_time ? t : index_new(e->p, x->text, 0);
			if (is_time && x->kind == NODE_IN) {
				e->quiet++;
				struct value *high = evaluate(e, x->kid[0]->kid[1], s);
				e->quiet--;
				if (high->kind == VALUE_NUMBER && high->number >= 0 && high->number < 1e9) return (long)high->number + 1;
			}
			scope_bind(e, inner, x->text, value_tensor(e, 0, NULL, index_of(e->p, v), x->span));
		}
		walk(&f, statements[k]->kid[2], inner);
	}
	resolve(&f);
	return t->size;
}

/* the factor of the other index in a subscript like 2*j + i of this statement; 0: there is none */
static long
window_step(struct elaborator *e, const char *name)
{
	const struct node *n = e->statement;
	const char *text = n && n->span.file ? n->span.file->text : NULL;
	size_t length = strlen(name);
	for (size_t at = text ? n->span.begin : 0; text && at + length < n->span.end; at++) {
		bool word = !strncmp(text + at, name, length) && !isalnum((unsigned char)text[at + length]) && text[at + length] != '_';
		size_t back = at;
		while (back > n->span.begin && text[back - 1] == ' ') back--;
		if (!word || text[back - 1] != '+') continue;
		for (back--; back > n->span.begin && (isalnum((unsigned char)text[back - 1]) || strchr(" *_", text[back - 1])); back--) {}
		while (text[back] == ' ') back++;
		char *end;
		long step = strtol(text + back, &end, 10);
		if (end > text + back && end[strspn(end, " ")] == '*' && step > 1 && step < 1000) return step;
	}
	return 0;
}

/* the range of this index, and of those behind it in the same list that are like it */
static void
edit_ranges(struct elaborator *e, struct diagnostic *m, struct span span, const char *name, long step)
{
	const char *text = span.file->text;
	diag_edit(e->d, m, span, "%s in 0..%ld", name, step - 1);
	for (size_t i = span.end; text[i] == ',';) {
		size_t begin = i + 1 + strspn(text + i + 1, " "), end = begin;
		while (isalnum((unsigned char)text[end]) || text[end] == '_') end++;
		const char *next = arena_text(e->arena, text + begin, end - begin);
		long own = end > begin && text[end] && strchr(",)", text[end]) ? window_step(e, next) : 0;
		if (own > 1) diag_edit(e->d, m, (struct span){span.file, begin, end}, "%s in 0..%ld", next, own - 1);
		i = end;
	}
}

bool
require_range(struct elaborator *e, struct index *i, struct span span)
{
	if (i->size > 0) return true;
	struct diagnostic *m = problem(e, "index-range", span, "", "nothing says how far `%s` runs", i->name);
	long step = window_step(e, i->name);
	if (step > 1) diag_help(e->d, m, "say its range: windows of %ld side by side are `%s in 0..%ld`", step, i->name, step - 1);
	else diag_help(e->d, m, "say its range: `%s in 0..9`", i->name);
	if (step > 1 && span.file && span.end - span.begin == strlen(i->name)) edit_ranges(e, m, span, i->name, step);
	note_frames(e, m);
	return false;
}

/* ---- bounds ------------------------------------------------------------------------------------------------------------------------------- */

/* x >= 0 without whole divisions: floor(y / K) + r >= 0 says y + K*r >= 0, and r - floor(y / K) >= 0 says K*r + K - 1 - y >= 0 */
static struct expr *
undivided(struct program *p, struct expr *condition)
{
	for (int depth = 0; condition->op == OP_GE0 && depth < 16; depth++) {
		struct affine *a = affine_of(p, condition->kid[0]);
		int k = 0;
		while (k < a->n && (a->term[k].atom->op != OP_DIV || labs(a->term[k].coefficient) != 1)) k++;
		if (k == a->n) break;
		struct expr *division = a->term[k].atom, *y = division->kid[0];
		bool below = a->term[k].coefficient < 0;
		double K = (double)division->divisor;
		struct expr *rest = sub(p, condition->kid[0], scale(p, below ? -1 : 1, division));
		condition = at_least_0(p, add_all(p, 3, (struct expr *[]){scale(p, K, rest), scale(p, below ? -1 : 1, y), number(p, below ? K - 1 : 0)}));
	}
	return condition;
}

/* x >= 0 from intervals, or because some guard g >= 0 has x - g >= 0, or because a guard never holds */
static bool
proved(struct program *p, struct expr *x, const struct access *a)
{
	struct expr *wanted = undivided(p, at_least_0(p, x)); /* without common factors, like the guards */
	if (wanted->op == OP_BOOL && wanted->number) return true;
	for (int k = 0; k < a->guard_count; k++)
		for (int c = 0; c < conjunct_count(a->guards[k]); c++) {
			struct expr *g = undivided(p, conjunct(a->guards[k], c));
			if (g->op == OP_BOOL && !g->number) return true;
			if (g->op != OP_GE0 || wanted->op != OP_GE0) continue;
			struct interval i = interval_of(sub(p, wanted->kid[0], g->kid[0]));
			if (i.known && i.low >= 0) return true;
		}
	return false;
}

/* y[i in 0..9] = sum(u) w[u] * x[i+u]: without its range an index goes as far as it stays inside */
static void
help_free_range(struct elaborator *e, struct diagnostic *m, const struct affine *f)
{
	const struct node *indices = e->statement && e->statement->kind == NODE_INDEXED ? e->statement->kid[1] : NULL;
	for (int i = 0; indices && i < indices->n; i++) {
		const struct node *x = indices->kid[i];
		bool read = false;
		for (int k = 0; k < f->n; k++) read |= f->term[k].atom->op == OP_INDEX && f->term[k].coefficient >= 1 && x->text && !strcmp(f->term[k].atom->index->name, x->text);
		if (x->kind != NODE_IN || !read) continue;
		diag_help(e->d, m, "without a range, `%s` goes as far as it stays inside: write `%s` instead of `%s`", x->text, x->text, span_text(e->arena, x->span));
		diag_edit(e->d, m, x->span, "%s", x->text);
		return;
	}
}

/* p[t+1] of a class t, which counts from 0; x[2*i+2] where the range of i is said: a shorter one */
static bool
help_shifted(struct elaborator *e, struct diagnostic *m, const struct access *a, const struct affine *f, long over)
{
	const struct expr *atom = f->term[0].atom;
	long coefficient = f->term[0].coefficient;
	const char *text = span_text(e->arena, a->span);
	size_t word = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
	if (atom->op == OP_READ && coefficient == 1 && f->constant == over && text[word + strspn(text + word, " ")] == '+') {
		diag_help(e->d, m, "the first is number 0: write `%.*s`", (int)word, text);
		diag_edit(e->d, m, a->span, "%.*s", (int)word, text);
		return true;
	}
	const struct node *indices = e->statement && e->statement->kind == NODE_INDEXED ? e->statement->kid[1] : NULL;
	long last = coefficient > 1 ? (a->size - 1 - f->constant) / coefficient : -1;
	for (int i = 0; indices && atom->op == OP_INDEX && last >= 0 && i < indices->n; i++) {
		const struct node *x = indices->kid[i];
		if (x->kind != NODE_IN || !x->text || strcmp(x->text, atom->index->name)) continue;
		diag_help(e->d, m, "let it run to %ld: `%s in 0..%ld`", last, x->text, last);
		diag_edit(e->d, m, x->span, "%s in 0..%ld", x->text, last);
		return true;
	}
	return false;
}

/* x[i+1] that reaches one too far: the range that would do; `whole` is all of the read */
static void
help_shorter(struct elaborator *e, struct diagnostic *m, const struct access *a, long over, struct span whole)
{
	const char *text = span_text(e->arena, whole);
	struct affine *f = affine_of(e->p, a->subscript);
	const struct index *v = f->n == 1 && f->term[0].atom->op == OP_INDEX && f->term[0].coefficient == 1 ? f->term[0].atom->index : NULL;
	if (f->n > 1) help_free_range(e, m, f);
	if (f->n == 1 && help_shifted(e, m, a, f, over)) return;
	if (!v || v->batch || v->size <= over) return;
	diag_help(e->d, m, "let it run to %ld, `%s in 0..%ld`, or ask: `if %s <= %ld then %s else 0`", v->size - 1 - over, v->name, v->size - 1 - over, v->name, v->size - 1 - over, text);
	if (whole.file && whole.end > whole.begin && whole.file->text[whole.end - 1] == ']') diag_edit(e->d, m, whole, "(if %s <= %ld then %s else 0)", v->name, v->size - 1 - over, text);
}

static void
out_of_range(struct elaborator *e, const struct access *a)
{
	struct interval i = interval_of(a->subscript);
	struct frame *keep = e->frame;
	e->frame = a->frame;
	struct span whole = span_join(a->base, a->span);
	if (whole.file && whole.end < whole.file->length) whole.end++; /* the closing bracket */
	char *text = span_text(e->arena, whole), *base = span_text(e->arena, a->base);
	const char *reach = i.known ? arena_print(e->arena, "reaches %ld..%ld; valid: 0..%ld", i.low, i.high, a->size - 1)
				    : arena_print(e->arena, "valid: 0..%ld", a->size - 1);
	struct diagnostic *m = problem(e, "out-of-range", a->span, reach, "`%s` reads outside `%s`", text, base);
	struct text t = {.arena = e->arena};
	for (int k = 0; k < a->subscript->free->n; k++) {
		struct index *v = a->subscript->free->at[k];
		if (!v->batch) text_add(&t, "%s%s is 0..%ld", t.length ? ", " : "", v->name, v->size - 1);
	}
	if (m && t.length) diag_note(e->d, m, "%s", text_end(&t));
	note_frames(e, m);
	if (m && i.known && i.low < 0) {
		struct expr *shifted = add(e->p, a->subscript, number(e->p, (double)-i.low));
		struct text s = {.arena = e->arena};
		struct affine *f = affine_of(e->p, shifted);
		for (int k = 0; k < f->n && f->term[k].atom->op == OP_INDEX && f->term[k].coefficient == 1; k++)
			text_add(&s, "%s%s", k ? "+" : "", f->term[k].atom->index->name);
		if (s.length && f->constant == 0) diag_help(e->d, m, "to read zeros outside, pad first: `pad(%s, %ld)[%s]`", base, -i.low, text_end(&s));
	}
	if (m && i.known && i.low >= 0 && i.high >= a->size) help_shorter(e, m, a, i.high - a->size + 1, whole);
	e->frame = keep;
}

void
prove_accesses(struct elaborator *e, int from)
{
	for (int i = from; i < e->accesses.n; i++) {
		const struct access *a = &e->accesses.at[i];
		bool known = true;
		for (int k = 0; k < a->subscript->free->n; k++) known &= a->subscript->free->at[k]->size > 0 || a->subscript->free->at[k]->batch;
		if (!known) continue; /* reported by require_range */
		struct expr *above = sub(e->p, number(e->p, (double)(a->size - 1)), a->subscript);
		if (!proved(e->p, a->subscript, a) || !proved(e->p, above, a)) {
			out_of_range(e, a);
			break;
		}
	}
	e->accesses.n = from;
}
