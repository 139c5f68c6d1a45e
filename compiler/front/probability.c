/* probability.c - probabilities where raw scores are taken: recognised from the equations, whatever the functions are called.
 *
 * Probabilities are sigmoid(..) and exp(z[k]) / sum(j) exp(z[j]), their logarithms z[k] - log(sum(j) exp(z[j])).  A function takes raw scores when it
 * forms the logarithm of such a sum of its argument, or softplus of it. */
#include "front/elaborate.h"
#include <string.h>

static bool
is_call(const struct expr *e, const char *name)
{
	return e->op == OP_CALL && e->function == function_named(name);
}

/* the right side behind a read of a map; e itself else */
static struct expr *
looked_through(struct program *p, struct expr *e)
{
	const struct equation *q = e->op == OP_READ ? equation_of(p, e->tensor) : NULL;
	return q && q->reduction == MAP ? substitute(p, q->body, q->lhs_count, q->lhs, e->kid) : e;
}

/* the sum over one index that this reads; NULL: it is none */
static const struct equation *
sum_read(struct program *p, const struct expr *sum)
{
	const struct equation *q = sum->op == OP_READ ? equation_of(p, sum->tensor) : NULL;
	return q && q->reduction == SUM && q->bound_count == 1 ? q : NULL;
}

enum { MOST_PICKS = 16 };

/* sum is a read of sum(j) term[k := j] for one of the indices of term, or for a number in its place: z[1] */
static bool
is_sum_of(struct program *p, const struct expr *sum, const struct expr *term)
{
	const struct equation *q = sum_read(p, sum);
	if (!q) return false;
	struct expr *body = substitute(p, q->body, q->lhs_count, q->lhs, sum->kid);
	for (long k = 0; k < q->bound[0]->size && k < MOST_PICKS; k++) {
		struct expr *as = number(p, (double)k);
		if (substitute(p, body, 1, &q->bound[0], &as) == term) return true;
	}
	for (int i = 0; i < term->free->n; i++) {
		struct expr *as = index_of(p, term->free->at[i]);
		if (!mentions(sum, term->free->at[i]) && substitute(p, body, 1, &q->bound[0], &as) == term) return true;
	}
	return false;
}

/* exp(z[k]) / sum(j) exp(z[j]); *sum: the read of the sum */
static bool
is_softmax(struct program *p, const struct expr *e, const struct expr **sum)
{
	if (e->op != OP_MUL || e->n != 2) return false;
	for (int k = 0; k < 2; k++) {
		const struct expr *a = e->kid[k], *b = looked_through(p, e->kid[1 - k]); /* stabilised: reads of exp and of the inverse */
		if (!is_call(looked_through(p, e->kid[k]), "exp") || b->op != OP_POW || !is_number(b->kid[1], -1) || !is_sum_of(p, b->kid[0], a)) continue;
		if (sum) *sum = b->kid[0];
		return true;
	}
	return false;
}

/* z[k] - log(sum(j) exp(z[j])) */
static bool
is_log_softmax(struct program *p, struct expr *e, const struct expr **sum)
{
	for (int k = 0; e->op == OP_ADD && k < e->n; k++) {
		struct expr *rest;
		if (coefficient(p, e->kid[k], &rest) != -1 || !rest || !is_call(rest, "log")) continue;
		struct expr *z = add(p, e, rest);
		if (!is_sum_of(p, rest->kid[0], call(p, function_named("exp"), z))) continue;
		if (sum) *sum = rest->kid[0];
		return true;
	}
	return false;
}

bool
is_of_one(struct elaborator *e, const struct value *v)
{
	return is_call(looked_through(e->p, v->body), "sigmoid");
}

bool
is_probability(struct elaborator *e, const struct value *v)
{
	struct expr *x = looked_through(e->p, v->body);
	return is_call(x, "sigmoid") || is_softmax(e->p, x, NULL) || is_log_softmax(e->p, x, NULL);
}

/* the only probability of its kind */
static bool
is_certain(struct elaborator *e, const struct value *v)
{
	struct expr *x = looked_through(e->p, v->body);
	const struct expr *sum;
	return (is_softmax(e->p, x, &sum) || is_log_softmax(e->p, x, &sum)) && sum_read(e->p, sum)->bound[0]->size == 1;
}

/* softmax of one score is 1, whatever the score */
void
note_certain(struct elaborator *e, const struct node *call_, const struct value *v, const struct value *piped, const char *name)
{
	const struct span at = call_->span;
	if (!v->maker || e->quiet || !e->training || !at.file || at.file->library || !is_certain(e, v)) return;
	for (int i = 0; i < e->d->all.n; i++)
		if (!strcmp(e->d->all.at[i]->code, "one-score") && e->d->all.at[i]->labels.at[0].span.begin == at.begin) return;
	struct diagnostic *m = diag_warning(e->d, "one-score", at, "always the same", "`%s` of one score does not depend on it", name);
	diag_note(e->d, m, "the probabilities of all classes add up to 1: that of the only one is 1");
	if (looked_through(e->p, v->body)->op == OP_ADD) return; /* its logarithm */
	diag_help(e->d, m, "the probability of one score is its sigmoid: `%s`", piped ? "-> sigmoid" : "sigmoid(y)");
	diag_edit(e->d, m, call_->kid[0]->span, "sigmoid");
}

/* a read of these probabilities, or of the equation that was made of them for a call */
static bool
reads_argument(struct program *p, const struct value *v, struct expr *x)
{
	if (x->op != OP_READ) return false;
	if (v->body->op == OP_READ && v->body->tensor == x->tensor) return true;
	const struct equation *q = equation_of(p, x->tensor);
	return q && q->reduction == MAP && (is_call(q->body, "sigmoid") || is_softmax(p, q->body, NULL) || is_log_softmax(p, q->body, NULL));
}

/* log(sum(j) exp(v[j])) or softplus(v) in the result */
enum makes_probabilities
takes_logarithm_of(struct elaborator *e, const struct value *result, const struct value *v)
{
	int n;
	struct program *p = e->p;
	struct expr **nodes = expr_nodes(p, looked_through(p, result->body), &n);
	for (int i = 0; i < n; i++) {
		struct expr *x = nodes[i];
		if (is_call(x, "softplus") && reads_argument(p, v, x->kid[0])) return MAKES_SIGMOID;
		const struct equation *q = is_call(x, "log") && x->kid[0]->op == OP_READ ? equation_of(p, x->kid[0]->tensor) : NULL;
		if (q && q->reduction == SUM && is_call(q->body, "exp") && reads_argument(p, v, q->body->kid[0])) return MAKES_SOFTMAX;
	}
	return MAKES_NONE;
}
