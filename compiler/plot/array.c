/* array.c - reads an array of numbers: .npy, IDX, or a tensor of a .safetensors file.  The readers are those of trainers (runtime/). */
#include "plot/plot.h"
#include "runtime/file.h"
#include "runtime/readers.h"
#include "runtime/safetensors.h"
#include <stdlib.h>
#include <string.h>

static int
set_shape(struct plot *p, struct array *a, size_t rank, const size_t shape[], const char *what)
{
	if (rank > ARRAY_RANK) return nn_fail(&p->error, "%s: %s has more than %d axes", a->path, what, ARRAY_RANK);
	a->rank = (int)rank;
	a->count = 1;
	for (size_t k = 0; k < rank; k++) a->count *= a->shape[k] = shape[k];
	if (!a->count) return nn_fail(&p->error, "%s holds %s: nothing to draw", a->path, what);
	a->at = NEW_ARRAY(&p->arena, a->count, double);
	return 0;
}

static int
read_block(struct plot *p, struct array *a, const struct nn_block *b)
{
	char what[256];
	if (nn_block_fits(b, a->path, what, &p->error) || set_shape(p, a, b->rank, b->shape, what)) return -1;
	if (b->fortran && b->rank > 1) {
		nn_fail(&p->error, "%s is in Fortran order", a->path);
		return nn_help(&p->error, "convert it in Python: numpy.save(\"x.npy\", numpy.ascontiguousarray(x))");
	}
	if (b->characters) return nn_fail(&p->error, "%s: holds texts, expected numbers", a->path);
	b->element->decode(b->bytes, a->count, b->big_endian, a->at);
	a->bytes = b->element == nn_element_find('u', 1);
	return 0;
}

static int
no_tensor(struct plot *p, const struct nn_named_list *list, const char *path, const char *name)
{
	const char **names = NEW_ARRAY(&p->arena, list->count, const char *);
	struct text all = {.arena = &p->arena};
	for (size_t k = 0; k < list->count; k++) {
		names[k] = arena_print(&p->arena, "%s", list->items[k].path);
		if (all.length < 300) text_add(&all, "%s%s", k ? ", " : "", names[k]);
	}
	if (!name) nn_fail(&p->error, "%s holds several tensors", path);
	else nn_fail(&p->error, "%s has no tensor `%s`", path, name);
	return nn_help(&p->error, "choose one: --tensor %s", text_end(&all));
}

static int
read_tensor(struct plot *p, struct array *a, const char *path, const char *name)
{
	struct nn_named_list list;
	if (nn_safetensors_read(path, &list, &p->error)) return -1;
	const struct nn_named *t = !name && list.count == 1 ? &list.items[0] : NULL;
	for (size_t k = 0; k < list.count && name; k++)
		if (!strcmp(list.items[k].path, name)) t = &list.items[k];
	int status = t ? 0 : no_tensor(p, &list, path, name);
	const char *types[] = {"F32", "F64", "I32"};
	int type = -1;
	for (int i = 0; t && i < 3; i++)
		if (!strcmp(t->dtype, types[i])) type = i;
	if (t && type < 0) status = nn_fail(&p->error, "%s: `%s` has type %s, expected F32, F64 or I32", path, t->path, t->dtype);
	if (!status) status = set_shape(p, a, (size_t)t->rank, t->shape, t->path);
	for (size_t k = 0; !status && k < a->count; k++)
		a->at[k] = type == 0 ? (double)((const float *)t->values)[k] : type == 1 ? ((const double *)t->values)[k] : (double)((const int32_t *)t->values)[k];
	nn_safetensors_free(&list);
	return status;
}

int
array_read(struct plot *p, struct array *a, const char *path, const char *name)
{
	char *found = arena_alloc(&p->arena, NN_PATH_MAX);
	unsigned char *bytes;
	size_t size;
	struct nn_block b;
	*a = (struct array){.path = found};
	if (nn_file_read(path, found, &bytes, &size, &p->error)) return -1;
	int status;
	if (nn_npy_recognise(bytes, size)) status = nn_npy_open(&b, found, bytes, size, &p->error) || read_block(p, a, &b) ? -1 : 0;
	else if (size >= 4 && !bytes[0] && !bytes[1]) status = nn_idx_open(&b, found, bytes, size, &p->error) || read_block(p, a, &b) ? -1 : 0;
	else if (size >= 9 && bytes[8] == '{') status = read_tensor(p, a, found, name);
	else status = nn_fail(&p->error, "%s is neither .npy nor IDX nor .safetensors", found);
	free(bytes);
	return status;
}

const char *
array_shape(struct plot *p, const struct array *a)
{
	struct text t = {.arena = &p->arena};
	for (int k = 0; k < a->rank; k++) text_add(&t, "%s%zu", k ? ", " : "[", a->shape[k]);
	text_add(&t, "]");
	return text_end(&t);
}
