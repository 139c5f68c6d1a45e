/* ast.c - making nodes of the syntax tree. */
#include "front/ast.h"
#include <string.h>

static const char *const kind_name[] = {
#define X(kind) #kind,
	NODE_KINDS(X)
#undef X
};

const char *
node_kind_name(enum node_kind kind)
{
	return kind_name[kind];
}

void
node_too_deep(struct parse *p, struct span at)
{
	if (p->too_deep) return;
	p->too_deep = true;
	struct diagnostic *m = diag_new(p->diagnostics, "depth", at, "", "this is nested more than %d deep", MOST_NESTED);
	diag_help(p->diagnostics, m, "give parts of it names of their own");
}

/* the node becomes deeper than its kid */
static void
grow_over(struct parse *p, struct node *node, const struct node *kid)
{
	if (!kid || kid->depth < node->depth) return;
	node->depth = kid->depth + 1;
	if (node->depth > MOST_NESTED) node_too_deep(p, (struct span){node->span.file, node->span.end > node->span.begin ? node->span.end - 1 : node->span.begin, node->span.end});
}

struct node *
node_new(struct parse *p, enum node_kind kind, struct span span, const char *text, struct span name, int n, ...)
{
	struct node *node = NEW(p->arena, struct node);
	*node = (struct node){.kind = kind, .span = span, .name = name, .text = text, .n = n, .kid = NEW_ARRAY(p->arena, n ? n : 1, struct node *)};
	va_list kids;
	va_start(kids, n);
	for (int i = 0; i < n; i++) node->kid[i] = va_arg(kids, struct node *);
	va_end(kids);
	node->depth = 1;
	for (int i = 0; i < n; i++) grow_over(p, node, node->kid[i]);
	return node;
}

/* lists grow by doubling at powers of two, so that long files stay linear */
struct node *
node_push(struct parse *p, struct node *list, struct node *kid)
{
	if (!kid) return list;
	if ((list->n & (list->n - 1)) == 0) {
		struct node **wider = NEW_ARRAY(p->arena, list->n ? 2 * list->n : 1, struct node *);
		memcpy(wider, list->kid, (size_t)list->n * sizeof *wider);
		list->kid = wider;
	}
	list->kid[list->n++] = kid;
	grow_over(p, list, kid);
	list->span = span_join(list->span, kid->span);
	return list;
}
