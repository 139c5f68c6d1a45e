/* train.c - the train block: where the data comes from, how long. */
#include "front/elaborate.h"
#include <math.h>
#include <string.h>

/* ---- data ------------------------------------------------------------------------------------------------------------------------------------------ */

struct source_part {
	const char *name;
	long values;        /* in a record */
	long height, width; /* 0: it is no image */
};
static const struct source_part cifar10_parts[] = {{"train_images", 3 * 32 * 32, 32, 32}, {"train_labels", 1, 0, 0}, {"test_images", 3 * 32 * 32, 32, 32}, {"test_labels", 1, 0, 0}, {NULL, 0, 0, 0}};

static const struct reader {
	const char *name, *example;
	bool columns;                    /* takes `columns=[..]` */
	bool tokens;                     /* gives whole numbers, which are cut into windows */
	bool archive;                    /* `part` is the name of an array in it */
	bool shapes;                     /* a record has a shape in the file */
	const struct source_part *parts; /* the words that `part` may be, where the path is a folder */
} readers[] = {
	{"csv", "csv(\"file\", columns=[..])", true, false, false, false, NULL},
	{"idx", "idx(\"file\")", false, false, false, true, NULL},
	{"npy", "npy(\"file\")", false, false, false, true, NULL},
	{"npz", "npz(\"file\", part=\"x\")", false, false, true, true, NULL},
	{"text", "text(\"file\")", false, true, false, false, NULL},
	{"cifar10", "cifar10(\"folder\", part=..)", false, false, false, true, cifar10_parts},
};
enum { READERS = sizeof readers / sizeof *readers };

static bool
takes_part(const struct reader *r)
{
	return r->parts || r->archive;
}

static const struct reader *
find_reader(const char *name)
{
	for (int i = 0; name && i < READERS; i++)
		if (!strcmp(readers[i].name, name)) return &readers[i];
	return NULL;
}

static const char *
reader_examples(struct elaborator *e)
{
	struct text t = {.arena = e->arena};
	for (int i = 0; i < READERS; i++) text_add(&t, "%s%s", i ? ", " : "", readers[i].example);
	return text_end(&t);
}

static bool
no_such_part(struct elaborator *e, const struct reader *reader, struct span where, const char *found)
{
	const char *names[8];
	int n = 0;
	struct text t = {.arena = e->arena};
	for (const struct source_part *p = reader->parts; p && p->name && n < 8; p++) {
		text_add(&t, "%s`part=%s`", n ? ", " : "", p->name);
		names[n++] = p->name;
	}
	struct diagnostic *m = found ? problem(e, "data", where, "", "`%s` has no part `%s`", reader->name, found) : problem(e, "data", where, "", "`%s` needs a part", reader->name);
	const char *near = found ? nearest_name(found, names, n) : NULL;
	if (reader->archive) diag_help(e->d, m, "the name of an array in the file: `part=\"images\"`");
	else if (near) diag_help(e->d, m, "it is called `%s`", near);
	else diag_help(e->d, m, "there are %s", text_end(&t));
	if (near) diag_rename(e->d, m, found, near);
	return false;
}

/* `part=train_images`: a word that means something here only; of an archive also `part="train images"` */
static bool
read_part(struct elaborator *e, const struct reader *reader, struct node *word, struct source_entry *s)
{
	if (reader->archive && (word->kind == NODE_TEXT || word->kind == NODE_NAME) && word->text[0]) s->part = word->text;
	for (const struct source_part *p = reader->parts; p && p->name && word->kind == NODE_NAME; p++)
		if (!strcmp(p->name, word->text)) s->part = p->name;
	return s->part || no_such_part(e, reader, word->span, span_text(e->arena, word->span));
}

static bool
read_columns(struct elaborator *e, struct node *list, struct source_entry *s)
{
	if (list->kind != NODE_LIST || list->n == 0) {
		bool one = list->kind == NODE_TEXT || list->kind == NODE_NUMBER;
		struct diagnostic *m = problem(e, "data", list->span, "", "`columns` is a list of numbers or header names");
		diag_help(e->d, m, one ? "write `columns=[%s]`" : "for example `columns=[0, 1]`", span_text(e->arena, list->span));
		if (one) diag_edit(e->d, m, list->span, "[%s]", span_text(e->arena, list->span));
		return false;
	}
	for (int i = 0; i < list->n; i++) {
		const struct node *item = list->kid[i];
		if (item->kind == NODE_NAME && !look_up(e->globals, item->text)) { /* a header name without its quotes */
			struct diagnostic *m = problem(e, "data", item->span, "", "the names of columns are texts");
			diag_help(e->d, m, "write `\"%s\"`", item->text);
			diag_edit(e->d, m, item->span, "\"%s\"", item->text);
			return false;
		}
		struct value *v = evaluate(e, list->kid[i], e->globals);
		long number_;
		if (v->kind == VALUE_TEXT) {
			PUSH(e->arena, &s->columns, (struct source_column){v->text, 0});
		} else if (!whole_number(e, v, list->kid[i]->span, "a column", &number_)) {
			return false;
		} else if (number_ < 0) {
			problem(e, "data", list->kid[i]->span, "", "columns are counted from 0");
			return false;
		} else {
			PUSH(e->arena, &s->columns, (struct source_column){NULL, number_});
		}
	}
	return true;
}

/* what reads a file with this ending; NULL: it is none that says */
static const struct reader *
reader_of(const char *file)
{
	const char *ending = strrchr(file, '.');
	return ending ? find_reader(!strcmp(ending, ".txt") ? "text" : ending + 1) : NULL;
}

static bool
read_file_source(struct elaborator *e, struct node *n, struct source_entry *s)
{
	const char *name = n->kid[0]->text;
	const struct reader *reader = find_reader(name);
	if (!reader) {
		const char *names[READERS];
		for (int i = 0; i < READERS; i++) names[i] = readers[i].name;
		struct diagnostic *m = problem(e, "unknown-name", n->kid[0]->span, "", "there is no data source `%s`", span_text(e->arena, n->kid[0]->span));
		const char *near = name ? nearest_name(name, names, READERS) : NULL;
		const struct node *list = n->kid[1], *file = list->n ? list->kid[0] : NULL;
		const struct reader *by_ending = file && file->kind == NODE_TEXT ? reader_of(file->text) : NULL;
		if (by_ending) {
			diag_help(e->d, m, "such a file is read by `%s(%s)`", by_ending->name, span_text(e->arena, file->span));
			diag_edit(e->d, m, n->kid[0]->span, "%s", by_ending->name);
			return false;
		}
		if (near) diag_help(e->d, m, "there is one with a similar name: `%s`", near);
		else diag_help(e->d, m, "data comes from a list or one of these:\n%s", reader_examples(e));
		if (near) diag_rename(e->d, m, name, near);
		return false;
	}
	s->reader = reader->name;
	for (int i = 0; i < n->kid[1]->n; i++) {
		struct node *a = n->kid[1]->kid[i];
		if (a->kind == NODE_KEYWORD && !strcmp(a->text, "columns") && reader->columns) {
			if (!read_columns(e, a->kid[0], s)) return false;
		} else if (a->kind == NODE_KEYWORD && !strcmp(a->text, "part") && takes_part(reader) && !s->part) {
			if (!read_part(e, reader, a->kid[0], s)) return false;
		} else if (a->kind == NODE_TEXT && !s->path) {
			s->path = a->text;
		} else {
			struct diagnostic *m = problem(e, "data", a->span, "", "`%s` takes the %s name%s", reader->name, reader->parts ? "folder's" : "file's", reader->columns ? " and `columns`" : takes_part(reader) ? " and `part`" : "");
			if (a->kind == NODE_KEYWORD && reader->columns && a->kid[0]->kind == NODE_LIST) {
				diag_help(e->d, m, "columns are chosen by `columns=%s`", span_text(e->arena, a->kid[0]->span));
				diag_edit(e->d, m, a->span, "columns=%s", span_text(e->arena, a->kid[0]->span));
			}
			if (a->kind == NODE_DOT || a->kind == NODE_NAME) {
				diag_help(e->d, m, "names of files stand in quotes: `\"%s\"`", span_text(e->arena, a->span));
				diag_edit(e->d, m, a->span, "\"%s\"", span_text(e->arena, a->span));
			}
			return false;
		}
	}
	if (!s->path || !*s->path) {
		problem(e, "data", n->span, "", "`%s` needs the %s name", reader->name, reader->parts ? "folder's" : "file's");
		return false;
	}
	return !takes_part(reader) || s->part || no_such_part(e, reader, n->span, NULL);
}

/* images of this part can be cut to those of the input: the same planes, no smaller */
static struct diagnostic *
check_part(struct elaborator *e, const struct reader *reader, const struct source_part *p, const struct tensor *input, const struct source_entry *s, struct span where)
{
	const struct source_transform *crop = p->height && input->rank > 2 ? find_crop(s) : NULL;
	long height = crop ? input->shape[input->rank - 2] : 0, width = crop ? input->shape[input->rank - 1] : 0, count = tensor_count(input);
	if (crop && (height > p->height || width > p->width))
		return problem(e, "data", crop->span, "", "images of `%s` are %ld x %ld, smaller than `%s(%ld, %ld)`", reader->name, p->height, p->width, crop->name, crop->argument[0], crop->argument[1]);
	if (crop ? count / (height * width) == p->values / (p->height * p->width) : p->values == count) return NULL;
	return problem(e, "data", where, arena_print(e->arena, "%ld value%s", p->values, p->values == 1 ? "" : "s"), "`%s` of `%s` does not fit `%s`", p->name, reader->name, input->name);
}

/* `crop` goes by the height and width that records have in the file */
static struct diagnostic *
refuse_flat(struct elaborator *e, const struct reader *reader, const struct source_entry *s)
{
	const struct source_transform *crop = find_crop(s);
	if (!crop || (reader && reader->shapes)) return NULL;
	struct diagnostic *m = problem(e, "data", crop->span, "", "%s has no images with a height and a width that could be cut", reader ? arena_print(e->arena, "`%s`", reader->name) : "a list");
	diag_help(e->d, m, "images are in `idx`, `npy`, `npz` and `cifar10`; `nnc data pack` makes an NPZ of a folder of pictures");
	return m;
}

/* what is known before the files are read: how many values a part has, and that tokens are whole numbers */
static bool
check_source(struct elaborator *e, struct tensor *input, const struct source_entry *s, struct span where)
{
	const struct reader *reader = find_reader(s->reader);
	struct diagnostic *m = refuse_flat(e, reader, s);
	if (m) return false;
	if (reader && reader->tokens && !input->integer) {
		m = problem(e, "data", where, "whole numbers", "`%s` gives whole numbers, but `%s` is real", reader->name, input->name);
		const char *dims = input->rank > 1 ? dims_text(e->arena, input->rank - 1, input->shape + 1) : "[100]";
		diag_help(e->d, m, "a window of bytes is declared so: `%s: %s of 0..255`", input->name, dims);
		if (input->rank > 1) diag_edit(e->d, m, (struct span){input->span.file, input->span.end, input->span.end}, " of 0..255");
	}
	if (reader && s->columns.n && s->columns.n != tensor_count(input)) {
		m = problem(e, "data", where, arena_print(e->arena, "%d column%s", s->columns.n, s->columns.n == 1 ? "" : "s"), "`%s` takes %ld value%s of each record", input->name, tensor_count(input),
			    tensor_count(input) == 1 ? "" : "s");
		if (input->rank == 2 && !input->integer) diag_help(e->d, m, "name %ld of the columns, or declare `%s: [%d]`", tensor_count(input), input->name, s->columns.n);
	}
	for (const struct source_part *p = reader ? reader->parts : NULL; p && p->name; p++)
		if (!strcmp(p->name, s->part)) m = check_part(e, reader, p, input, s, where);
	if (m) diag_label(e->d, m, input->span, "declared here, %s%s", input->integer ? "in " : "as ", input_type_text(e->arena, input));
	return !m;
}

/* the shapes of two lists that are even inside: their lengths from the outside in */
static bool
same_lengths(const struct value *a, const struct value *b)
{
	while (a->kind == VALUE_LIST && b->kind == VALUE_LIST && a->n == b->n && a->n) {
		a = a->item[0];
		b = b->item[0];
	}
	return a->kind == b->kind && (a->kind != VALUE_LIST || a->n == b->n);
}

static bool
read_literal(struct elaborator *e, const struct value *v, struct source_entry *s, struct span span)
{
	if (too_much_work(e, span)) return false;
	if (v->kind == VALUE_NUMBER) {
		PUSH(e->arena, &s->literal, v->number);
		return true;
	}
	if (v->kind != VALUE_LIST) {
		struct diagnostic *m = problem(e, "data", v->span.file ? v->span : span, shape_text(e, v), "a list of data holds numbers");
		if (v->kind == VALUE_TEXT) diag_help(e->d, m, "classes are numbers here, from 0; words are read from a file: `csv(\"kinds.csv\", columns=[\"kind\"])`");
		return false;
	}
	for (int i = 0; i < v->n; i++) {
		if (!read_literal(e, v->item[i], s, span)) return false;
		if (same_lengths(v->item[i], v->item[0])) continue;
		struct diagnostic *m = problem(e, "data", v->item[i]->span, "", "the records of a list need equal shapes");
		diag_label(e->d, m, v->item[0]->span, "the first of them");
		return false;
	}
	return true;
}

static bool read_source(struct elaborator *e, struct node *n, struct source_entry *s);

static bool
holds_source(const struct node *n)
{
	if (n->kind == NODE_CALL || n->kind == NODE_LIST || n->kind == NODE_INDEX) return true;
	for (int i = 0; i < n->n; i++)
		if (n->kid[i] && holds_source(n->kid[i])) return true;
	return false;
}

static bool
read_arithmetic(struct elaborator *e, struct node *n, struct source_entry *s)
{
	static const char symbol[] = {[NODE_ADD] = '+', [NODE_SUBTRACT] = '-', [NODE_MULTIPLY] = '*', [NODE_DIVIDE] = '/', [NODE_POWER] = '^'};
	bool left = !holds_source(n->kid[0]);
	struct value *v = evaluate(e, n->kid[left ? 0 : 1], e->globals);
	if (v->kind == VALUE_ERROR || !read_source(e, n->kid[left ? 1 : 0], s)) return false;
	if (v->kind != VALUE_NUMBER) {
		problem(e, "data", n->kid[left ? 0 : 1]->span, shape_text(e, v), "arithmetic on data takes numbers known at compile time");
		return false;
	}
	PUSH(e->arena, &s->steps, (struct source_step){symbol[n->kind], v->number, left});
	return true;
}

static bool
read_source(struct elaborator *e, struct node *n, struct source_entry *s)
{
	switch (n->kind) {
	case NODE_ADD: case NODE_SUBTRACT: case NODE_MULTIPLY: case NODE_DIVIDE: case NODE_POWER: return read_arithmetic(e, n, s);
	case NODE_PIPE: return read_source(e, n->kid[0], s) && read_transformation(e, n->kid[1], 0, s);
	case NODE_CALL: /* `flip(x)` is `x -> flip` */
		if (!is_transformation(n->kid[0]->text) || !n->kid[1]->n || n->kid[1]->kid[0]->kind == NODE_KEYWORD) return read_file_source(e, n, s);
		return read_source(e, n->kid[1]->kid[0], s) && read_transformation(e, n, 1, s);
	case NODE_LIST:
		s->reader = "literal";
		s->list = evaluate(e, n, e->globals);
		return s->list->kind != VALUE_ERROR && read_literal(e, s->list, s, n->span);
	case NODE_NAME: case NODE_DOT: {
		struct value *v = evaluate(e, n, e->globals);
		s->reader = "literal";
		s->list = v;
		return v->kind != VALUE_ERROR && read_literal(e, v, s, n->span);
	}
	case NODE_INDEX: {
		struct node *r = n->kid[1]->n == 1 ? n->kid[1]->kid[0] : NULL;
		if (!r || r->kind != NODE_RANGE || s->sliced) break;
		if (!read_source(e, n->kid[0], s)) return false;
		s->sliced = true;
		if (!whole_number(e, evaluate(e, r->kid[0], e->globals), r->kid[0]->span, "the end of a slice", &s->first) ||
		    !whole_number(e, evaluate(e, r->kid[1], e->globals), r->kid[1]->span, "the end of a slice", &s->last))
			return false;
		if (s->first < 0 || s->last < s->first) {
			problem(e, "data", r->span, "", "this slice is empty");
			return false;
		}
		return true;
	}
	default: break;
	}
	struct diagnostic *m = problem(e, "data", n->span, "", "this is no data source");
	const struct reader *reader = n->kind == NODE_TEXT ? reader_of(n->text) : NULL;
	if (reader) {
		diag_help(e->d, m, "a file is read by a function: `%s(%s)`", reader->name, span_text(e->arena, n->span));
		diag_edit(e->d, m, n->span, "%s(%s)", reader->name, span_text(e->arena, n->span));
		return false;
	}
	diag_help(e->d, m, "data comes from a list or one of these:\n%s;\n`/ 255` and the like may follow", reader_examples(e));
	return false;
}

static int
input_named(const struct model *m, const char *name)
{
	for (int i = 0; i < m->inputs.n; i++)
		if (!strcmp(m->inputs.at[i]->name, name)) return i;
	return -1;
}

const char *
input_type_text(struct arena *a, const struct tensor *t)
{
	const char *dims = t->rank > 1 ? dims_text(a, t->rank - 1, t->shape + 1) : NULL;
	if (!t->integer) return dims ? dims : "real";
	return arena_print(a, "%s%s%ld..%ld", dims ? dims : "", dims ? " of " : "", t->low, t->high);
}

/* the name in `input x: [2]` */
struct span
declared_name(const struct tensor *t)
{
	struct span s = t->span;
	const char *text = s.file->text;
	while (s.begin < s.end && text[s.begin] != ' ' && text[s.begin] != '\t') s.begin++;
	while (s.begin < s.end && text[s.begin] != *t->name) s.begin++;
	return (struct span){s.file, s.begin, s.begin + strlen(t->name)};
}

static const struct node *
entry_named(const struct node *entries, const char *name)
{
	for (int i = 0; i < entries->n; i++)
		if (!strcmp(entries->kid[i]->text, name)) return entries->kid[i];
	return NULL;
}

static void
read_group(struct elaborator *e, struct model *m, struct node *g, int group)
{
	int strangers = 0;
	for (int i = 0; i < g->kid[0]->n; i++) {
		struct node *n = g->kid[0]->kid[i];
		int input = input_named(m, n->text);
		if (n->kind != NODE_SET || input < 0) {
			struct diagnostic *d = problem(e, "data", n->name, "", "model `%s` has no input or target `%s`", m->name, n->text);
			const char *names[32];
			int count = 0;
			for (int k = 0; k < m->inputs.n && count < 32; k++) names[count++] = m->inputs.at[k]->name;
			const char *near = nearest_name(n->text, names, count), *missing = NULL;
			for (int k = 0, left = strangers; k < m->inputs.n && !missing; k++) /* strangers and what is missing, in the same order */
				if (!entry_named(g->kid[0], m->inputs.at[k]->name) && left-- == 0) missing = m->inputs.at[k]->name;
			if (missing) diag_help(e->d, d, "`%s` has no data yet: write `%s = ...` here", missing, missing);
			else if (near) diag_help(e->d, d, "it has `%s`", near);
			if (missing || near) diag_rename(e->d, d, n->text, missing ? missing : near);
			if (!missing && !near) diag_help(e->d, d, "records to test with stand in a group of their own, `test { %s = ... }`", m->inputs.n ? m->inputs.at[0]->name : "x");
			strangers++;
			continue;
		}
		struct source_entry *s = NEW(e->arena, struct source_entry);
		s->group = group;
		s->input = input;
		s->span = n->span;
		bool again = false;
		for (int k = 0; k < m->training.sources.n; k++) again |= m->training.sources.at[k]->group == group && m->training.sources.at[k]->input == input;
		if (again) problem(e, "name-clash", n->name, "again here", "`%s` has two sources", n->text);
		else if (read_source(e, n->kid[0], s) && check_source(e, m->inputs.at[input], s, n->kid[0]->span) && check_records(e, m->inputs.at[input], s) && check_transformations(e, m->inputs.at[input], s))
			PUSH(e->arena, &m->training.sources, s);
	}
	check_lengths(e, m, group);
	for (int k = 0; k < m->inputs.n; k++) {
		if (entry_named(g->kid[0], m->inputs.at[k]->name) || strangers-- > 0) continue; /* a stranger stands where this belongs */
		struct tensor *t = m->inputs.at[k];
		struct diagnostic *d = problem(e, "no-data", g->name, arena_print(e->arena, "`%s = ...` is missing here", t->name), "`%s` of model `%s` has no data", t->name, m->name);
		diag_label(e->d, d, declared_name(t), "declared here, %s%s", t->integer ? "in " : "as ", input_type_text(e->arena, t));
		diag_help(e->d, d, "for example `%s = csv(\"points.csv\", columns=[2])`", t->name);
	}
}

/* ---- settings -------------------------------------------------------------------------------------------------------------------------------------- */

static const char *const group_names[] = {"data", "validation", "test"};

struct number_setting {
	const char *name;
	size_t offset; /* of its double in struct training */
	double least, most;
	bool whole, share;
	const char *truth; /* what is said to a truth; NULL: nothing */
};

#define SETTING(name, least, most, whole) {#name, offsetof(struct training, name), least, most, whole, false, NULL}
static const struct number_setting settings[] = {
	SETTING(batch_size, 1, 1e9, true), SETTING(epochs, 1, 1e9, true),           SETTING(steps, 1, 1e15, true),
	{"validation", offsetof(struct training, validation), 0, 1e12, false, true, "a tenth of the data is `validation = 0.1`"},
	{"early_stopping", offsetof(struct training, early_stopping), 1, 1e9, true, false, "say after how many epochs without a better loss: `early_stopping = 5`"},
	SETTING(seed, 0, 9e15, true),
	SETTING(split_seed, 0, 9e15, true),         SETTING(clip_norm, 1e-300, 1e300, false),
};

/* what a setting was given is no such number: a number in quotes, or a truth */
static void
refuse_number(struct elaborator *e, const struct node *n, const struct value *v, const struct number_setting *s)
{
	struct diagnostic *m = problem(e, "setting", n->kid[0]->span, shape_text(e, v), "`%s` is a %snumber %s %.0f", s->name, s->whole ? "whole " : "",
				       s->least == floor(s->least) ? "from" : "above", s->least);
	bool digits = v->kind == VALUE_TEXT && *v->text && v->text[strspn(v->text, "0123456789")] == 0;
	if (digits) {
		diag_help(e->d, m, "numbers are written without quotes: `%s = %s`", s->name, v->text);
		diag_edit(e->d, m, n->kid[0]->span, "%s", v->text);
	} else if (v->kind == VALUE_TRUTH && s->truth) {
		diag_help(e->d, m, "%s", s->truth);
	} else if (v->kind == VALUE_NUMBER && s->whole && floor(v->number) >= s->least && v->number <= s->most) { /* 32.5 */
		diag_help(e->d, m, "write `%s = %.0f`", s->name, floor(v->number));
		diag_edit(e->d, m, n->kid[0]->span, "%.0f", floor(v->number));
	}
}

static bool
set_number(struct elaborator *e, struct training *t, struct node *n)
{
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		const struct number_setting *s = &settings[i];
		if (strcmp(s->name, n->text)) continue;
		struct value *v = evaluate(e, n->kid[0], e->globals);
		if (v->kind == VALUE_ERROR) return true;
		bool fits = v->kind == VALUE_NUMBER && v->number >= s->least && v->number <= s->most && (!s->whole || v->number == floor(v->number));
		if (!fits) refuse_number(e, n, v, s);
		else if (s->share && v->number > 1 && v->number != floor(v->number)) problem(e, "setting", n->kid[0]->span, shape_text(e, v), "`%s` is a share below 1, or a number of records", s->name);
		else *(double *)((char *)t + s->offset) = v->number;
		return true;
	}
	return false;
}

/* `lr = 1e-3` as a setting: an option of the optimizer that the block names */
static void
help_optimizer_option(struct elaborator *e, struct diagnostic *d, const struct node *n)
{
	const struct node *train = e->train, *given = train ? entry_named(train->kid[0], "optimizer") : NULL;
	const struct node *name = given && given->kind == NODE_SET ? given->kid[0] : NULL;
	if (name && name->kind == NODE_CALL) name = name->kid[0];
	const struct value *v = name && name->kind == NODE_NAME ? look_up(e->globals, name->text) : NULL;
	if (!v || v->kind != VALUE_DEFINITION) return;
	const char *known = known_as(e, n->text), *value = span_text(e->arena, n->kid[0]->span);
	for (int i = 0; i < v->definition->kid[0]->n; i++) {
		const char *option = v->definition->kid[0]->kid[i]->text;
		if (strcmp(option, n->text) && (!known || strcmp(option, known))) continue;
		diag_help(e->d, d, "it is an option of the optimizer: `optimizer = %s(%s=%s)`", name->text, option, value);
		struct span end = given->kid[0]->span;
		end.begin = given->kid[0]->kind == NODE_CALL ? end.end - 1 : end.end; /* the closing parenthesis, or behind the name */
		bool more = given->kid[0]->kind == NODE_CALL && given->kid[0]->kid[1]->n;
		diag_edit(e->d, d, end, "%s%s=%s)", more ? ", " : given->kid[0]->kind == NODE_CALL ? "" : "(", option, value);
		diag_edit(e->d, d, n->span, "%s", "");
		return;
	}
}

/* `x = csv(..)` outside of `data { }`: one message, however many there are */
static bool
is_stray_source(struct elaborator *e, const struct model *m, const struct node *n)
{
	if (input_named(m, n->text) < 0) return false;
	for (int i = 0; i < e->train->kid[0]->n && e->train->kid[0]->kid[i] != n; i++)
		if (e->train->kid[0]->kid[i]->kind == NODE_SET && input_named(m, e->train->kid[0]->kid[i]->text) >= 0) return true;
	struct diagnostic *d = problem(e, "data", n->span, "", "the source of `%s` belongs into `data { ... }`", n->text);
	diag_help(e->d, d, "write `data { %s }`, with the other sources in it", span_text(e->arena, n->span));
	return true;
}

static void
set_entry(struct elaborator *e, struct model *m, struct node *n)
{
	struct training *t = &m->training;
	if (is_stray_source(e, m, n)) return;
	if (!strcmp(n->text, "optimizer")) {
		add_optimizer(e, m, n->kid[0], true);
	} else if (!strcmp(n->text, "optimizers")) {
		if (n->kid[0]->kind != NODE_LIST) problem(e, "setting", n->kid[0]->span, "", "`optimizers` is a list, for example `[SGD, Adam(lr=1e-3)]`");
		else
			for (int i = 0; i < n->kid[0]->n; i++) add_optimizer(e, m, n->kid[0]->kid[i], false);
	} else if (!strcmp(n->text, "shuffle")) {
		static const struct { const char *name, *truth; } said[] = {{"yes", "true"}, {"on", "true"}, {"no", "false"}, {"off", "false"}};
		const char *word = n->kid[0]->kind == NODE_NAME || n->kid[0]->kind == NODE_TEXT ? n->kid[0]->text : "";
		for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
			if (strcmp(said[i].name, word)) continue;
			struct diagnostic *d = problem(e, "setting", n->kid[0]->span, "", "`shuffle` is true or false");
			diag_help(e->d, d, "write `%s`", said[i].truth);
			diag_edit(e->d, d, n->kid[0]->span, "%s", said[i].truth);
			return;
		}
		struct value *v = evaluate(e, n->kid[0], e->globals);
		if (v->kind != VALUE_TRUTH && v->kind != VALUE_ERROR) problem(e, "setting", n->kid[0]->span, shape_text(e, v), "`shuffle` is true or false");
		else t->shuffle = v->number != 0;
	} else if (!strcmp(n->text, "early_stopping_on")) {
		const char *name = n->kid[0]->text;
		bool found = name && !strcmp(name, "loss");
		for (int i = 0; i < m->eval->metric_names.n && name; i++) found |= !strcmp(m->eval->metric_names.at[i], name);
		struct diagnostic *d = found ? NULL : problem(e, "setting", n->kid[0]->span, "", "`early_stopping_on` names a metric of the model");
		const char *only = m->eval->metric_names.n == 1 ? m->eval->metric_names.at[0] : NULL;
		if (d) diag_help(e->d, d, only ? "write `\"%s\"`, or `\"loss\"`" : m->eval->metric_names.n ? "for example `\"%s\"`" : "it has none: write `\"loss\"`", m->eval->metric_names.n ? m->eval->metric_names.at[0] : "");
		if (d && m->eval->metric_names.n <= 1) diag_edit(e->d, d, n->kid[0]->span, "\"%s\"", only ? only : "loss");
		else t->early_stopping_on = strcmp(name, "loss") ? name : NULL;
	} else if (!strcmp(n->text, "data") || !strcmp(n->text, "test")) {
		struct diagnostic *d = problem(e, "data", n->name, "", "`%s` gives a source to each input and target", n->text);
		struct text list = {.arena = e->arena};
		for (int i = 0; i < m->inputs.n; i++) text_add(&list, "%s%s = ...", i ? "; " : "", m->inputs.at[i]->name);
		diag_help(e->d, d, "write `%s { %s }`", n->text, text_end(&list));
	} else if (!set_number(e, t, n)) {
		const char *names[16] = {"optimizer", "optimizers", "shuffle", "early_stopping_on", "data", "test"};
		int count = 6;
		for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) names[count++] = settings[i].name;
		struct diagnostic *d = problem(e, "unknown-option", n->name, "not a setting", "a train block has no setting `%s`", n->text);
		const char *known = known_as(e, n->text);
		const char *near = known && strchr(known, ' ') ? NULL : nearest_name(n->text, names, count);
		int helps = d ? d->helps.n : 0;
		if (!strcmp(n->text, "freeze")) diag_help(e->d, d, "freeze a layer where it gets its name: `layer enc = frozen Encoder`");
		else if (near) diag_help(e->d, d, "it is called `%s`", near);
		else help_optimizer_option(e, d, n);
		if (d && d->helps.n == helps && known && strchr(known, ' ')) diag_help(e->d, d, "%s", known);
		if (near) diag_rename(e->d, d, n->text, near);
	}
}

void
elaborate_train(struct elaborator *e, struct model *m, struct node *train, struct scope *globals)
{
	struct training *t = &m->training;
	*t = (struct training){.batch_size = 32, .shuffle = true};
	if (!train) return;
	e->globals = globals;
	e->train = train;
	t->present = true;
	t->span = train->span;
	bool data = false;
	for (int i = 0; i < train->kid[0]->n; i++) {
		struct node *n = train->kid[0]->kid[i];
		for (int k = 0; k < i; k++)
			if (train->kid[0]->kid[k]->kind == n->kind && !strcmp(train->kid[0]->kid[k]->text, n->text)) {
				struct diagnostic *d = problem(e, "name-clash", n->name, "again here", "`%s` is set twice", n->text);
				diag_label(e->d, d, train->kid[0]->kid[k]->name, "first here");
			}
		if (n->kind == NODE_SET) {
			data |= input_named(m, n->text) >= 0 || !strcmp(n->text, "data"); /* not there, but not missing either */
			set_entry(e, m, n);
			continue;
		}
		int group = 0;
		while (group < 3 && strcmp(group_names[group], n->text)) group++;
		if (group == 3) {
			struct diagnostic *d = problem(e, "unknown-option", n->name, "", "the groups of a train block are data, validation and test");
			if (d) help_option(e, d, n->text, 3, group_names);
			bool gives_data = false;
			for (int j = 0; j < n->kid[0]->n; j++) gives_data |= n->kid[0]->kid[j]->text && input_named(m, n->kid[0]->kid[j]->text) >= 0;
			if (d && gives_data && !d->helps.n) {
				diag_help(e->d, d, "what is read into inputs and targets is the `data`: `data { ... }`");
				diag_edit(e->d, d, n->name, "data");
			}
			data |= gives_data || (d && d->helps.n); /* it may be the data */
		} else {
			read_group(e, m, n, group);
		}
		data |= group == 0;
	}
	if (!m->train->loss) {
		struct diagnostic *d = problem(e, "loss", m->span, "", "model `%s` has a train block but no loss", m->name);
		diag_help(e->d, d, "add `loss = ...` to the model, for example `loss = mse(y, t)`");
	}
	if (!data) {
		struct diagnostic *d = problem(e, "no-data", train->name, "", "the train block has no `data { ... }`");
		struct text list = {.arena = e->arena};
		for (int i = 0; i < m->inputs.n; i++) text_add(&list, "%s%s = ...", i ? "; " : "", m->inputs.at[i]->name);
		if (m->inputs.n) diag_help(e->d, d, "add `data { %s }` to it", text_end(&list));
	}
	if (!t->optimizers.n && !e->d->errors) {
		struct diagnostic *d = problem(e, "optimizer", train->name, "", "the train block names no optimizer");
		diag_help(e->d, d, "add `optimizer = Adam(lr=1e-3)`");
		diag_append(e->d, d, train->span, "optimizer = Adam(lr=1e-3)");
	}
	for (int i = 0; t->clip_norm > 0 && i < t->optimizers.n; i++)
		if (t->optimizers.at[i]->method) {
			struct diagnostic *d = problem(e, "setting", train->name, "", "`clip_norm` does not go with `%s`", t->optimizers.at[i]->name);
			diag_note(e->d, d, "its line search goes by the gradient as it is");
		}
	if (!t->epochs && !t->steps) t->epochs = 10;
	bool validation = t->validation > 0;
	for (int i = 0; i < t->sources.n; i++) validation |= t->sources.at[i]->group == 1;
	if (t->early_stopping > 0 && !validation) {
		struct diagnostic *d = problem(e, "early-stopping", train->name, "", "early stopping needs validation data");
		diag_help(e->d, d, "add `validation = 0.1` to hold out a tenth of the data");
		diag_append(e->d, d, train->span, "validation = 0.1");
	}
}
