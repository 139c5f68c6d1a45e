/* records.c - data that are written in the file against what the model declares: known before anything is trained. */
#include "front/elaborate.h"
#include <math.h>

double
after_steps(const struct source_entry *s, int first, double x)
{
	for (int i = first; i < s->steps.n; i++) {
		double by = s->steps.at[i].operand, a = s->steps.at[i].left ? by : x, b = s->steps.at[i].left ? x : by;
		switch (s->steps.at[i].op) {
		case '+': x = a + b; break;
		case '-': x = a - b; break;
		case '*': x = a * b; break;
		case '/': x = a / b; break;
		default: x = pow(a, b); break;
		}
	}
	return x;
}

static bool
is_in_range(const struct tensor *input, double x)
{
	return x == floor(x) && x >= (double)input->low && x <= (double)input->high;
}

/* the first number of a list that the input does not take; NULL: there is none */
static const struct value *
stranger(const struct tensor *input, const struct source_entry *s, const struct value *v)
{
	const struct value *found = NULL;
	if (v->kind == VALUE_NUMBER) return is_in_range(input, after_steps(s, 0, v->number)) ? NULL : v;
	for (int i = 0; v->kind == VALUE_LIST && i < v->n && !found; i++) found = stranger(input, s, v->item[i]);
	return found;
}

/* all numbers would be in range if they were less by one */
static bool
counts_from_1(const struct tensor *input, const struct source_entry *s)
{
	for (int i = 0; i < s->literal.n; i++)
		if (!is_in_range(input, after_steps(s, 0, s->literal.at[i]) - 1)) return false;
	return true;
}

static bool
check_numbers(struct elaborator *e, const struct tensor *input, const struct source_entry *s)
{
	const struct value *v = input->integer && !s->sliced ? stranger(input, s, s->list) : NULL;
	if (!v) return true;
	double x = after_steps(s, 0, v->number);
	struct diagnostic *m = problem(e, "data", v->span, arena_print(e->arena, s->steps.n ? "this becomes %.6g" : "this is %.6g", x), "`%s` takes whole numbers in %ld..%ld", input->name, input->low,
				       input->high);
	diag_label(e->d, m, declared_name(input), "declared here");
	if (m && counts_from_1(input, s)) {
		diag_help(e->d, m, "classes count from 0: subtract 1, `... - 1`");
		if (s->span.file && s->list->span.file == s->span.file && s->list->span.end == s->span.end) diag_edit(e->d, m, (struct span){s->span.file, s->span.end, s->span.end}, " - 1");
	}
	return false;
}

bool
check_records(struct elaborator *e, const struct tensor *input, const struct source_entry *s)
{
	const struct value *list = s->list;
	long width = tensor_count(input);
	if (!list || list->kind != VALUE_LIST || !list->n) return true;
	bool nested = list->item[0]->kind == VALUE_LIST;
	long given = nested ? s->literal.n / list->n : s->literal.n;
	if (nested ? given != width : given % width != 0) {
		struct diagnostic *m = problem(e, "data", nested ? list->item[0]->span : list->span, arena_print(e->arena, "%ld number%s", given, given == 1 ? "" : "s"),
					       "`%s` takes %ld value%s of each record", input->name, width, width == 1 ? "" : "s");
		diag_label(e->d, m, declared_name(input), "declared here, %s%s", input->integer ? "in " : "as ", input_type_text(e->arena, input));
		return false;
	}
	return check_numbers(e, input, s);
}

void
check_lengths(struct elaborator *e, const struct model *m, int group)
{
	const struct source_entry *first = NULL;
	for (int i = 0; i < m->training.sources.n; i++) {
		const struct source_entry *s = m->training.sources.at[i];
		if (s->group != group || !s->list || s->sliced) continue;
		if (!first) first = s;
		long a = first->literal.n / tensor_count(m->inputs.at[first->input]), b = s->literal.n / tensor_count(m->inputs.at[s->input]);
		if (a == b) continue;
		struct diagnostic *d = problem(e, "data", s->list->span, arena_print(e->arena, "%ld record%s", b, b == 1 ? "" : "s"), "`%s` and `%s` have different numbers of records",
					       m->inputs.at[first->input]->name, m->inputs.at[s->input]->name);
		diag_label(e->d, d, first->list->span, "%ld record%s", a, a == 1 ? "" : "s");
		diag_help(e->d, d, "each record has a value for every input and target");
		return;
	}
}
