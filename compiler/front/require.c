/* require.c - `require condition, "title", label="..", help=".."`: what a definition asks of its arguments, in its author's words.
 *
 * {name} in a text is what the name means there: a number, a shape, a word; {call} is the call that asked for it.  Further `name=expr` give names
 * to the texts.  `fix` is what to write instead of the call, `declare` the type that the input should have: where the source allows it, an edit.
 * A requirement of the library that fails is shown at the user's call. */
#include "front/apply.h"
#include "front/repair.h"
#include <string.h>

/* the outermost call of a definition of the same file as the requirement, from the inside */
static const struct frame *
outermost(const struct elaborator *e, const struct node *n)
{
	const struct frame *f = e->frame;
	while (f && f->up && f->up->definition->span.file == n->span.file && f->span.file == n->span.file) f = f->up;
	return f;
}

static const char *
field_text(struct elaborator *e, struct node *n, const char *name, struct scope *s, struct span where)
{
	const struct frame *f = outermost(e, n);
	if (!strcmp(name, "call")) return f ? f->definition->text : "model";
	const struct value *v = look_up(s, name);
	if (!v) {
		problem(e, "unknown-name", where, "", "nothing named `%s` for the text of a requirement", name);
		return "?";
	}
	return v->kind == VALUE_NUMBER ? arena_print(e->arena, "%.6g", v->number) : v->kind == VALUE_WORD ? v->text : shape_text(e, v);
}

/* the text with its fields filled in */
static const char *
filled(struct elaborator *e, struct node *n, struct node *text, struct scope *s)
{
	struct text t = {.arena = e->arena};
	for (const char *c = text->text; *c;) {
		size_t plain = strcspn(c, "{"), name = c[plain] ? strcspn(c + plain + 1, "}") : 0;
		text_bytes(&t, c, plain);
		c += plain;
		if (!*c) break;
		if (!c[1 + name]) { /* never closed: it stands for itself */
			text_bytes(&t, c, strlen(c));
			break;
		}
		text_add(&t, "%s", field_text(e, n, arena_text(e->arena, c + 1, name), s, text->span));
		c += name + 2;
	}
	return text_end(&t);
}

struct requirement {
	struct node *condition, *title, *label, *help, *code, *fix, *declare;
	LIST(struct node *) names; /* `room=h + 2*p`: what {room} is in the texts, evaluated where the condition does not hold */
};

static bool
read_requirement(struct elaborator *e, struct node *n, struct requirement *r)
{
	struct node *list = n->kid[0];
	struct { const char *name; struct node **to; } part[] = {{"label", &r->label}, {"help", &r->help}, {"code", &r->code}, {"fix", &r->fix}, {"declare", &r->declare}};
	int position = 0;
	for (int i = 0; i < list->n; i++) {
		struct node *a = list->kid[i], **to = position == 0 ? &r->condition : position == 1 ? &r->title : NULL;
		if (a->kind == NODE_KEYWORD) {
			to = NULL;
			for (size_t k = 0; k < sizeof part / sizeof *part; k++)
				if (!strcmp(part[k].name, a->text)) to = part[k].to;
			if (!to) PUSH(e->arena, &r->names, a);
			if (!to) continue;
		} else {
			position++;
		}
		struct node *value = a->kind == NODE_KEYWORD ? a->kid[0] : a;
		if (!to || *to || (to != &r->condition && value->kind != NODE_TEXT)) {
			struct diagnostic *m = problem(e, "require", a->span, "", "`require` takes a condition and texts");
			diag_help(e->d, m, "write `require n > 0, \"what is wrong\", label=\"the fact\", help=\"what to change\"`");
			return false;
		}
		*to = value;
	}
	if (r->condition && r->title) return true;
	struct diagnostic *m = problem(e, "require", n->span, "", "`require` needs a condition and a text");
	diag_help(e->d, m, "write `require n > 0, \"what is wrong\"`");
	return false;
}

/* the call is replaced where it stands in a chain and has one argument at most: others would be lost */
static void
edit_call(struct elaborator *e, struct diagnostic *m, const struct frame *f, const char *text)
{
	bool several = false;
	for (size_t i = f->span.begin; f->span.file && i < f->span.end; i++) several |= f->span.file->text[i] == ',';
	if (is_stage(f->span) && !several) diag_edit(e->d, m, f->span, "%s", text);
}

/* the declaration of the input that the call was given as it is */
static void
edit_input(struct elaborator *e, struct diagnostic *m, const struct frame *f, const char *type)
{
	const struct stage *from = f->first ? f->first->history : NULL;
	for (int i = 0; from && !from->before && i < e->p->tensors.n; i++) {
		const struct tensor *t = e->p->tensors.at[i];
		if (t->role == ROLE_INPUT && !t->integer && !strcmp(t->name, from->text)) diag_edit(e->d, m, t->span, "input %s: %s", t->name, type);
	}
}

static void
report(struct elaborator *e, struct node *n, const struct requirement *r, struct scope *s)
{
	const struct frame *f = outermost(e, n);
	struct scope *inner = scope_new(e, s);
	for (int i = 0; i < r->names.n; i++) scope_bind(e, inner, r->names.at[i]->text, evaluate(e, r->names.at[i]->kid[0], inner));
	s = inner;
	struct span where = f ? f->span : r->condition->span;
	const char *label = r->label ? filled(e, n, r->label, s) : "";
	struct diagnostic *m = problem(e, r->code ? r->code->text : "requirement", where, label, "%s", filled(e, n, r->title, s));
	if (f) diag_label(e->d, m, r->condition->span, "required here");
	if (m && f && f->first && f->first->history && f->first->history->before) note_stages(e, m, "the shapes up to here:", f->first->history);
	note_frames(e, m);
	if (!r->help) return;
	diag_help(e->d, m, "%s", filled(e, n, r->help, s));
	if (f && r->fix) edit_call(e, m, f, filled(e, n, r->fix, s));
	if (f && r->declare) edit_input(e, m, f, filled(e, n, r->declare, s));
}

/* NULL: it holds; else an error value, which ends the definition */
struct value *
run_require(struct elaborator *e, struct node *n, struct scope *s)
{
	struct requirement r = {0};
	if (!read_requirement(e, n, &r)) return value_error(e);
	struct value *v = evaluate(e, r.condition, s);
	if (v->kind == VALUE_TRUTH && v->number) return NULL;
	if (v->kind == VALUE_TRUTH) {
		report(e, n, &r, s);
	} else if (v->kind != VALUE_ERROR) {
		struct diagnostic *m = problem(e, "require", r.condition->span, shape_text(e, v), "`require` needs a condition known at compile time");
		diag_help(e->d, m, "sizes and options can be compared, values from the data cannot");
	}
	return value_error(e);
}

/* Whatever depends on other arguments is unknown, and what depends on that: such a condition is no truth. */
void
check_requirements(struct elaborator *e, struct expansion *x)
{
	struct node *d = x->definition, *body = d->kid[2];
	if (e->quiet || body->kind == NODE_BODY) return;
	struct scope *s = scope_new(e, x->scope ? x->scope : e->globals);
	e->quiet++;
	for (int k = 0; k < d->kid[0]->n; k++) {
		struct node *param = d->kid[0]->kid[k], *type = param->kid[0];
		bool plain = k > 0 && (!type || (type->kid[0] && type->kid[0]->kind == NODE_NAME && !strcmp(type->kid[0]->text, "int")));
		struct value *v = !plain ? value_error(e) : x->given[k] ? x->given[k] : evaluate(e, param->kid[1], s);
		scope_bind(e, s, param->text, v->kind == VALUE_NUMBER || v->kind == VALUE_WORD || v->kind == VALUE_TRUTH ? v : value_error(e));
	}
	e->quiet--;
	struct frame frame = {e->frame, span_text(e->arena, x->args->call->span), x->args->call->span, s, d, NULL};
	e->frame = &frame;
	for (int i = 0; i < body->n; i++) {
		struct node *n = body->kid[i];
		struct requirement r = {0};
		e->quiet++;
		if (n->kind == NODE_LET) scope_bind(e, s, n->text, evaluate(e, n->kid[0], s));
		bool read = n->kind == NODE_REQUIRE && read_requirement(e, n, &r);
		struct value *v = read ? evaluate(e, r.condition, s) : NULL;
		e->quiet--;
		if (!v || v->kind != VALUE_TRUTH || v->number) continue;
		report(e, n, &r, s);
		break;
	}
	e->frame = frame.up;
}
