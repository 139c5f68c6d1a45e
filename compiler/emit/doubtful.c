/* doubtful.c - which lines of the .nn file can make numbers that are not finite, for the trainer's message when some are.
 *
 * Doubtful is an equation that divides, takes a root, or calls a function that is not finite everywhere.  Where it belongs to the gradient, a
 * number that is not finite there reaches the gradients of all parameters on which the tensor depends whose adjoint it defines, and no others:
 * so the set of gradients that went wrong points at the line. */
#include "core/function.h"
#include "emit/emit.h"
#include <math.h>
#include <string.h>

enum { MOST = 64 }; /* rows of the table */

struct doubt {
	const char *where;     /* "root.nn:7" */
	bool in_gradient;
	unsigned char *params; /* [params]: does it depend on this one? */
};

/* is f finite at numbers as they occur? */
static bool
is_total(const struct function *f)
{
	static const double probes[] = {-1000, -1, 0, 1, 1000};
	for (size_t i = 0; i < sizeof probes / sizeof *probes; i++)
		if (!isfinite(f->value(probes[i]))) return false;
	return true;
}

static bool
node_is_doubtful(const struct expr *x)
{
	if (x->op == OP_CALL) return !is_total(x->function);
	if (x->op != OP_POW || x->kid[0]->op == OP_BATCH || x->kid[0]->op == OP_NUMBER) return false;
	const struct expr *exponent = x->kid[1];
	return exponent->op != OP_NUMBER || exponent->number < 0 || exponent->number != floor(exponent->number);
}

static bool
is_doubtful(struct program *p, const struct equation *q)
{
	int n;
	struct expr **nodes = expr_nodes(p, q->body, &n);
	for (int i = 0; i < n; i++)
		if (node_is_doubtful(nodes[i])) return true;
	return false;
}

struct dependence { /* of the tensors of the forward pass on parameters, a bit for each */
	int tensors;    /* those of the gradient come behind them */
	size_t words;
	uint64_t *bits; /* [tensors][words] */
};

static uint64_t *
row_of(const struct dependence *d, const struct tensor *t)
{
	return d->bits + (size_t)t->id * d->words;
}

static bool
join(uint64_t *to, const uint64_t *from, size_t words)
{
	uint64_t more = 0;
	for (size_t w = 0; w < words; w++) {
		more |= from[w] & ~to[w];
		to[w] |= from[w];
	}
	return more != 0;
}

/* Equations stand behind what they read, but for recurrences: sweeps, until one finds nothing new. */
static struct dependence
find_dependence(struct emission *e)
{
	struct program *p = e->model->train;
	struct dependence d = {.words = ((size_t)e->params.n + 63) / 64};
	while (d.tensors < p->tensors.n && p->tensors.at[d.tensors]->role != ROLE_ADJOINT) d.tensors++;
	d.bits = arena_array(e->arena, (size_t)d.tensors + 1, d.words * sizeof *d.bits);
	for (int i = 0; i < e->params.n; i++) row_of(&d, e->params.at[i])[i / 64] |= (uint64_t)1 << i % 64;
	for (bool more = true; more;) {
		more = false;
		for (int i = 0; i < p->equations.n; i++) {
			int n;
			const struct equation *q = p->equations.at[i];
			if (q->tensor->id >= d.tensors) continue;
			struct expr **reads = expr_reads(p, q->body, &n);
			for (int k = 0; k < n; k++)
				if (reads[k]->tensor->id < d.tensors) more |= join(row_of(&d, q->tensor), row_of(&d, reads[k]->tensor), d.words);
		}
	}
	return d;
}

static const char *
place_text(struct arena *a, struct span s)
{
	if (!s.file || s.file->library) return NULL;
	const char *slash = strrchr(s.file->path, '/');
	return arena_print(a, "%s:%d", slash ? slash + 1 : s.file->path, span_place(s).line);
}

static bool
is_known(const struct doubt *all, int n, const struct doubt *d, int params)
{
	for (int i = 0; i < n; i++)
		if (all[i].in_gradient == d->in_gradient && !strcmp(all[i].where, d->where) && !memcmp(all[i].params, d->params, (size_t)params)) return true;
	return false;
}

static int
list_doubts(struct emission *e, struct doubt all[MOST])
{
	struct program *p = e->model->train;
	int n = 0, params = e->params.n;
	struct dependence on = find_dependence(e);
	for (int i = 0; i < p->equations.n && n < MOST; i++) {
		const struct equation *q = p->equations.at[i];
		const struct tensor *of = q->tensor->role == ROLE_ADJOINT ? q->tensor->of : NULL;
		if (!is_doubtful(p, q)) continue;
		struct doubt d = {place_text(e->arena, q->span), q->tensor->role == ROLE_ADJOINT, NULL};
		if (!d.where) continue;
		d.params = NEW_ARRAY(e->arena, params + 1, unsigned char);
		for (int k = 0; of && of->id < on.tensors && k < params; k++) d.params[k] = row_of(&on, of)[k / 64] >> k % 64 & 1;
		if (!is_known(all, n, &d, params)) all[n++] = d;
	}
	return n;
}

int
write_doubts(struct emission *e, struct text *t)
{
	struct doubt all[MOST];
	int n = list_doubts(e, all);
	for (int i = 0; i < n; i++) {
		if (!all[i].in_gradient) continue;
		text_add(t, "static const unsigned char doubt_%d[] = {", i);
		for (int k = 0; k < e->params.n; k++) text_bytes(t, (all[i].params[k] ? ", 1" : ", 0") + (k ? 0 : 2), k ? 3 : 1);
		text_add(t, "%s};\n", e->params.n ? "" : "0");
	}
	if (n) text_add(t, "static const struct nn_doubt doubts[] = {\n");
	for (int i = 0; i < n; i++)
		text_add(t, "\t{%s, %s},\n", c_string(e->arena, all[i].where), all[i].in_gradient ? arena_print(e->arena, "doubt_%d", i) : "NULL");
	if (n) text_add(t, "};\n");
	return n;
}
