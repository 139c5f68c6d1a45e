/* arrow.c - what is said about chains: sums that an arrow takes as a whole. */
#include "front/elaborate.h"
#include <string.h>

/* an arrow of this tree that n stands in front of: n is no whole chain */
static bool
goes_on(const struct node *tree, const struct node *n)
{
	if (!tree || n->span.begin < tree->span.begin || n->span.end > tree->span.end) return false;
	if (tree->kind == NODE_PIPE && tree->kid[0] == n) return true;
	for (int i = 0; i < tree->n; i++)
		if (goes_on(tree->kid[i], n)) return true;
	return false;
}

static bool
same_shape(const struct value *a, const struct value *b)
{
	bool same = a && a->kind == VALUE_TENSOR && b->kind == VALUE_TENSOR && a->n == b->n;
	for (int i = 0; same && i < a->n; i++) same = a->axis[i]->size == b->axis[i]->size;
	return same;
}

void
note_doubled(struct elaborator *e, const struct node *chain, const struct value *result, struct scope *s)
{
	const struct node *sum = chain->kid[0];
	while (sum->kind == NODE_PIPE) sum = sum->kid[0];
	if (sum->kind != NODE_ADD || sum->kid[0]->kind != NODE_NAME || sum->kid[1]->kind != NODE_NAME || strcmp(sum->kid[0]->text, sum->kid[1]->text)) return;
	if (e->quiet || !e->training || !sum->span.file || sum->span.file->library || goes_on(e->statement, chain)) return;
	for (int i = 0; i < e->d->all.n; i++)
		if (!strcmp(e->d->all.at[i]->code, "arrow") && e->d->all.at[i]->labels.at[0].span.begin == sum->span.begin) return;
	struct span behind = {sum->span.file, sum->kid[1]->span.begin, chain->span.end};
	struct diagnostic *m = diag_warning(e->d, "arrow", sum->span, arena_print(e->arena, "twice `%s`", sum->kid[0]->text), "the whole sum goes into the chain");
	diag_note(e->d, m, "`->` is looser than `+`: what stands in front of the first arrow is its input");
	if (!same_shape(look_up(s, sum->kid[0]->text), result)) return;
	diag_help(e->d, m, "a shortcut past the layers is written `%s + (%s)`", sum->kid[0]->text, span_text(e->arena, behind));
	diag_edit(e->d, m, behind, "(%s)", span_text(e->arena, behind));
}
