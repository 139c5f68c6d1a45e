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

struct node *
node_new(struct parse *p, enum node_kind kind, struct span span, const char *text, struct span name, int n, ...)
{
	struct node *node = NEW(p->arena, struct node);
	*node = (struct node){.kind = kind, .span = span, .name = name, .text = text, .n = n, .kid = NEW_ARRAY(p->arena, n ? n : 1, struct node *)};
	va_list kids;
	va_start(kids, n);
	for (int i = 0; i < n; i++) node->kid[i] = va_arg(kids, struct node *);
	va_end(kids);
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
	list->span = span_join(list->span, kid->span);
	return list;
}
