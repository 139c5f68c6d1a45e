/* labels.c - lists of words, found by a hash, put in order, and written down. */
#define _POSIX_C_SOURCE 200809L
#include "labels.h"
#include "json.h"

#include <stdlib.h>
#include <string.h>

/* -- one list -------------------------------------------------------------------------------------------------------------- */

/* FNV-1a (Fowler, Noll, Vo) */
static uint32_t
hash(const char *text, size_t length)
{
	uint32_t h = 2166136261u;

	for (size_t k = 0; k < length; k++)
		h = (h ^ (unsigned char)text[k]) * 16777619u;
	return h;
}

/* where a word is, or the free slot where it would be */
static uint32_t *
slot_of(const struct nn_label_list *list, const char *text, size_t length)
{
	size_t at = hash(text, length) & (list->slot_count - 1);

	for (;; at = (at + 1) & (list->slot_count - 1)) {
		const char *name = list->slots[at] ? list->names[list->slots[at] - 1] : NULL;
		if (!name || (strncmp(name, text, length) == 0 && !name[length]))
			return &list->slots[at];
	}
}

size_t
nn_label_find(const struct nn_label_list *list, const char *text, size_t length)
{
	uint32_t place = list->slot_count ? *slot_of(list, text, length) : 0;

	return place ? place - 1 : list->count;
}

/* at least half of the slots are free */
static int
make_room(struct nn_label_list *list)
{
	if (list->count < list->room)
		return 0;
	size_t room = list->room ? list->room * 2 : 16;
	char **names = realloc(list->names, room * sizeof *names);
	list->names = names ? names : list->names;
	uint32_t *slots = calloc(2 * room, sizeof *slots);
	if (!names || !slots) {
		free(slots);
		return -1;
	}
	free(list->slots);
	list->slots = slots;
	list->slot_count = 2 * room;
	list->room = room;
	for (size_t k = 0; k < list->count; k++)
		*slot_of(list, names[k], strlen(names[k])) = (uint32_t)k + 1;
	return 0;
}

int
nn_label_add(struct nn_label_list *list, const char *text, size_t length, struct nn_error *e)
{
	char *copy = malloc(length + 1);

	if (!copy || make_room(list) != 0) {
		free(copy);
		return nn_fail(e, "not enough memory for %zu labels", list->count);
	}
	memcpy(copy, text, length);
	copy[length] = 0;
	list->names[list->count++] = copy;
	*slot_of(list, copy, length) = (uint32_t)list->count;
	return 0;
}

static void
empty(struct nn_label_list *list)
{
	for (size_t k = 0; k < list->count; k++)
		free(list->names[k]);
	free(list->names);
	free(list->slots);
	*list = (struct nn_label_list){.state = NN_LABELS_NONE};
}

void
nn_label_names(const struct nn_label_list *list, char *text, size_t room)
{
	size_t used = 0;

	text[0] = 0;
	for (size_t k = 0; k < list->count; k++) {
		size_t length = strlen(list->names[k]) + 4;
		if (used + length + sizeof ", ..." > room) {
			memcpy(text + used, ", ...", used ? sizeof ", ..." : 1);
			return;
		}
		used += (size_t)snprintf(text + used, room - used, "%s\"%s\"", k ? ", " : "", list->names[k]);
	}
}

/* -- those of a program ---------------------------------------------------------------------------------------------------- */

int
nn_labels_open(struct nn_labels *l, const struct nn_program *program, struct nn_error *e)
{
	size_t n = program->input_count + 1;

	*l = (struct nn_labels){.program = program, .lists = calloc(n, sizeof *l->lists), .older = calloc(n, sizeof *l->older)};
	if (l->lists && l->older)
		return 0;
	nn_labels_close(l);
	return nn_fail(e, "not enough memory");
}

void
nn_labels_close(struct nn_labels *l)
{
	for (size_t k = 0; l->lists && l->older && k < l->program->input_count; k++) {
		empty(&l->lists[k]);
		empty(&l->older[k]);
	}
	free(l->lists);
	free(l->older);
	*l = (struct nn_labels){0};
}

void
nn_labels_begin(struct nn_labels *l)
{
	for (size_t k = 0; k < l->program->input_count; k++) {
		empty(&l->older[k]);
		l->older[k] = l->lists[k];
		l->lists[k] = (struct nn_label_list){.state = l->program->inputs[k].is_integer ? NN_LABELS_UNDECIDED : NN_LABELS_NONE};
	}
}

void
nn_labels_again(struct nn_labels *l, size_t input)
{
	struct nn_label_list *list = &l->lists[input];

	if (list->state != NN_LABELS_NUMBERS && list->state != NN_LABELS_NEW)
		return;
	empty(list);
	list->state = NN_LABELS_UNDECIDED;
}

const struct nn_label_list *
nn_labels_of(const struct nn_labels *l, size_t input)
{
	return l && l->lists && l->lists[input].count ? &l->lists[input] : NULL;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* the words of `from` in order, and no others */
static int
put_in_order(const struct nn_label_list *from, struct nn_label_list *to, struct nn_error *e)
{
	char **sorted = malloc(from->count * sizeof *sorted);
	int status = sorted ? 0 : nn_fail(e, "not enough memory");

	if (status == 0) {
		memcpy(sorted, from->names, from->count * sizeof *sorted);
		qsort(sorted, from->count, sizeof *sorted, by_bytes);
	}
	for (size_t k = 0; k < from->count && status == 0; k++)
		status = nn_label_add(to, sorted[k], strlen(sorted[k]), e);
	free(sorted);
	return status;
}

static int
has_all(const struct nn_label_list *list, const struct nn_label_list *words)
{
	for (size_t k = 0; k < words->count; k++)
		if (nn_label_find(list, words->names[k], strlen(words->names[k])) == list->count)
			return 0;
	return 1;
}

uint32_t *
nn_labels_settle(struct nn_labels *l, size_t input, struct nn_error *e)
{
	struct nn_label_list *list = &l->lists[input], *older = &l->older[input], settled = {.state = NN_LABELS_NONE};
	uint32_t *places = NULL;

	if (list->state != NN_LABELS_NEW)
		return NULL;
	if (older->count && has_all(older, list)) {
		settled = *older;
		*older = (struct nn_label_list){.state = NN_LABELS_NONE};
	} else if (put_in_order(list, &settled, e) != 0) {
		empty(&settled);
		return NULL;
	}
	settled.state = NN_LABELS_KNOWN;
	places = malloc(list->count * sizeof *places);
	if (!places)
		nn_fail(e, "not enough memory");
	for (size_t k = 0; places && k < list->count; k++)
		places[k] = (uint32_t)nn_label_find(&settled, list->names[k], strlen(list->names[k]));
	empty(list);
	*list = settled;
	return places;
}

/* -- as text --------------------------------------------------------------------------------------------------------------- */

char *
nn_labels_text(const struct nn_labels *l)
{
	char *text = NULL;
	size_t size, written = 0;
	FILE *f = l && l->lists ? open_memstream(&text, &size) : NULL;

	for (size_t k = 0; f && k < l->program->input_count; k++) {
		const struct nn_label_list *list = &l->lists[k];
		if (!list->count)
			continue;
		fputs(written++ ? ", " : "{", f);
		nn_json_put(f, l->program->inputs[k].name);
		for (size_t n = 0; n < list->count; n++) {
			fputs(n ? ", " : ": [", f);
			nn_json_put(f, list->names[n]);
		}
		putc(']', f);
	}
	if (f && written)
		putc('}', f);
	if (!f || fclose(f) != 0 || !written) {
		free(text);
		return NULL;
	}
	return text;
}

/* the list for an input of that name; NULL: there is none that takes labels */
static struct nn_label_list *
list_named(struct nn_labels *l, const char *name)
{
	for (size_t k = 0; k < l->program->input_count; k++)
		if (strcmp(l->program->inputs[k].name, name) == 0)
			return l->program->inputs[k].is_integer ? &l->lists[k] : NULL;
	return NULL;
}

static size_t
classes_of(const struct nn_labels *l, const struct nn_label_list *list)
{
	const struct nn_input *input = &l->program->inputs[list - l->lists];

	return input->high < input->low ? 0 : (size_t)(input->high - input->low) + 1;
}

/* ["a", "b"] */
static int
read_list(struct nn_json *j, struct nn_label_list *list)
{
	char *text;
	int status = 0;

	if (nn_json_expect(j, '['))
		return -1;
	for (size_t n = 0; status == 0 && !nn_json_accept(j, ']'); n++) {
		if ((n > 0 && nn_json_expect(j, ',')) || nn_json_string(j, &text))
			return -1;
		size_t length = strlen(text);
		if (list && (length > NN_LABEL_MAX || n >= NN_LABELS_MOST || nn_label_find(list, text, length) < list->count))
			status = nn_fail(j->e, "%s: its labels are damaged near \"%.40s\"", j->name, text);
		else if (list)
			status = nn_label_add(list, text, length, j->e);
		free(text);
	}
	if (list && list->count)
		list->state = NN_LABELS_KNOWN;
	return status;
}

int
nn_labels_read(struct nn_labels *l, const char *path, const char *text, struct nn_error *e)
{
	struct nn_json j = {.start = text, .at = text, .end = text + strlen(text), .name = path, .e = e};
	char *name;

	if (nn_json_expect(&j, '{'))
		return -1;
	for (size_t n = 0; !nn_json_accept(&j, '}'); n++) {
		if ((n > 0 && nn_json_expect(&j, ',')) || nn_json_string(&j, &name))
			return -1;
		struct nn_label_list *list = list_named(l, name);
		int status = list && list->count ? nn_fail(e, "%s: has labels of '%.40s' twice", path, name) : 0;
		free(name);
		if (status || nn_json_expect(&j, ':') || read_list(&j, list))
			return -1;
		if (list && list->count > classes_of(l, list)) /* of another model */
			empty(list);
	}
	return j.at == j.end ? 0 : nn_json_fail(&j, "the end of the labels");
}
