/* transform.c - random transformations in a train block, `x = idx("images") / 255 -> flip -> shift(4)`: what the stages behind a source mean,
 * and whether the input is an image.  They are drawn and done in runtime/transform.c. */
#include "front/elaborate.h"
#include "front/repair.h"
#include <ctype.h>
#include <math.h>
#include <string.h>

enum { FLIP, SHIFT, CROP }; /* only to find a row that a message has to name */

static const struct transformation {
	const char *name, *example;
	int arguments;         /* numbers of pixels */
	const char *takes, *on, *does; /* for messages */
	bool zeros;            /* moves zeros in */
	bool cuts;             /* its numbers are height and width of what it leaves: the input's; of images that are not trained on, that is the middle */
	const char *habits[5]; /* what others call it */
} transformations[] = {
	[FLIP]  = {"flip", "flip", 0, "nothing", "moves the pixels of an image", "left and right are exchanged by `flip`", false, false,
		   {"mirror", "hflip", "fliplr", "horizontal_flip", "RandomHorizontalFlip"}},
	[SHIFT] = {"shift", "shift(4)", 1, "a number of pixels", "moves the pixels of an image", "images are moved by up to so many pixels by `shift(4)`", true, false,
		   {"translate", "random_shift", "RandomTranslation", "RandomAffine"}},
	[CROP]  = {"crop", "crop(24, 24)", 2, "a height and a width", "cuts an image", "larger images are cut to the height and width of the input by `crop(24, 24)`", false, true,
		   {"random_crop", "center_crop", "RandomCrop", "CenterCrop"}},
};
enum { TRANSFORMATIONS = sizeof transformations / sizeof *transformations, HABITS = sizeof transformations->habits / sizeof *transformations->habits };

static const struct transformation *
find_transformation(const char *name)
{
	for (int i = 0; name && i < TRANSFORMATIONS; i++)
		if (!strcmp(transformations[i].name, name)) return &transformations[i];
	return NULL;
}

bool
is_transformation(const char *name)
{
	return find_transformation(name) != NULL;
}

/* what is meant by a name that is none of them; NULL: nobody knows */
static const struct transformation *
find_meant(const char *name)
{
	const char *names[TRANSFORMATIONS];
	for (int i = 0; i < TRANSFORMATIONS; i++) {
		names[i] = transformations[i].name;
		for (int k = 0; k < HABITS; k++)
			if (transformations[i].habits[k] && !strcmp(transformations[i].habits[k], name)) return &transformations[i];
	}
	return find_transformation(nearest_name(name, names, TRANSFORMATIONS));
}

/* `RandomCrop(28, padding=4)`: a crop of what was padded is a shift */
static bool
pads(const struct node *arguments)
{
	for (int i = 0; i < arguments->n; i++)
		if (arguments->kid[i]->kind == NODE_KEYWORD && !strcmp(arguments->kid[i]->text, "padding")) return true;
	return false;
}

static bool
no_such_transformation(struct elaborator *e, struct node *callee, const struct node *arguments)
{
	const char *name = callee->kind == NODE_NAME ? callee->text : NULL;
	struct diagnostic *m = problem(e, "unknown-name", callee->span, "", "there is no transformation `%s` of data", span_text(e->arena, callee->span));
	const struct transformation *meant = name ? find_meant(name) : NULL;
	if (meant && meant->cuts && pads(arguments)) meant = &transformations[SHIFT];
	if (!meant) {
		diag_help(e->d, m, "there are `flip`, `shift(4)` and `crop(24, 24)`; layers belong into the model");
		return false;
	}
	diag_help(e->d, m, "%s", meant->does);
	diag_rename(e->d, m, name, meant->name);
	return false;
}

static bool
read_pixels(struct elaborator *e, const struct transformation *t, struct node *n, long *pixels)
{
	struct value *v = evaluate(e, n->kind == NODE_KEYWORD ? n->kid[0] : n, e->globals);
	if (v->kind == VALUE_ERROR) return false;
	if (n->kind != NODE_KEYWORD && v->kind == VALUE_NUMBER && v->number >= 0 && v->number <= 1e6 && v->number == floor(v->number)) {
		*pixels = (long)v->number;
		return true;
	}
	struct diagnostic *m = problem(e, "data", n->span, n->kind == NODE_KEYWORD ? "" : shape_text(e, v), "`%s` takes %s, whole and not below 0", t->name, t->takes);
	diag_help(e->d, m, "for example `%s`", t->example);
	return false;
}

bool
read_transformation(struct elaborator *e, struct node *stage, int first, struct source_entry *s)
{
	struct node *callee = stage->kid[0], *arguments = stage->kid[1];
	const struct transformation *t = callee->kind == NODE_NAME ? find_transformation(callee->text) : NULL;
	struct source_transform new = {.span = stage->span, .after = s->steps.n};
	if (!t) return no_such_transformation(e, callee, arguments);
	new.name = t->name;
	if (arguments->n - first != t->arguments) {
		struct diagnostic *m = problem(e, "data", stage->span, "", "`%s` takes %s", t->name, t->takes);
		diag_help(e->d, m, "write `%s`", t->example);
		if (first == 0) diag_edit(e->d, m, stage->span, "%s", t->example);
		return false;
	}
	for (int i = 0; i < t->arguments; i++)
		if (!read_pixels(e, t, arguments->kid[first + i], &new.argument[i])) return false;
	for (int i = 0; i < s->transforms.n; i++) {
		if (strcmp(s->transforms.at[i].name, t->name)) continue;
		struct diagnostic *m = problem(e, "name-clash", stage->span, "again here", "`%s` is there twice", t->name);
		diag_label(e->d, m, s->transforms.at[i].span, "first here");
		return false;
	}
	PUSH(e->arena, &s->transforms, new);
	return true;
}

const struct source_transform *
find_crop(const struct source_entry *s)
{
	for (int i = 0; i < s->transforms.n; i++)
		if (find_transformation(s->transforms.at[i].name)->cuts) return &s->transforms.at[i];
	return NULL;
}

/* an edit of the whole stage; elsewhere, `shift(x, 4)`, it would have to know the source */
static void
help_stage(struct elaborator *e, struct diagnostic *m, const struct source_transform *t, const char *before, const char *stage)
{
	diag_help(e->d, m, "%s`%s`", before, stage);
	if (is_stage(t->span)) diag_edit(e->d, m, t->span, "%s", stage);
}

static struct diagnostic *
check_transformation(struct elaborator *e, struct tensor *input, const struct source_entry *s, const struct source_transform *t)
{
	const struct transformation *kind = find_transformation(t->name);
	long height = input->rank > 2 ? input->shape[input->rank - 2] : 0, width = input->rank > 2 ? input->shape[input->rank - 1] : 0;
	long least = height < width ? height : width;
	double zero = after_steps(s, t->after, 0); /* what the arithmetic behind it makes of the zeros that move in */
	struct diagnostic *m = NULL;
	if (s->group != 0 && !kind->cuts) {
		m = problem(e, "data", t->span, "", "only training samples are transformed: `%s` belongs into `data`", t->name);
		diag_help(e->d, m, "leave it out here: validation and test are done on the images as they are");
		size_t arrow = t->span.begin;
		while (arrow > 0 && isspace((unsigned char)t->span.file->text[arrow - 1])) arrow--;
		bool stage = is_stage(t->span);
		for (arrow -= stage ? 2 : 0; stage && arrow > 0 && t->span.file->text[arrow - 1] == ' ';) arrow--;
		if (stage) diag_edit(e->d, m, (struct span){t->span.file, arrow, t->span.end}, "%s", "");
	} else if (input->role == ROLE_TARGET) {
		m = problem(e, "data", t->span, "", "`%s` is a target: only inputs are transformed", input->name);
	} else if (input->rank < 3) {
		m = problem(e, "data", t->span, "", "`%s` %s, but `%s` has no two axes", t->name, kind->on, input->name);
		diag_help(e->d, m, "an image is declared with its height and width, `%s: [28, 28]`; in the model, `%s -> flatten` makes a vector of it", input->name, input->name);
	} else if (kind->cuts && (t->argument[0] != height || t->argument[1] != width)) {
		m = problem(e, "data", t->span, "", "`%s(%ld, %ld)` leaves images of %ld x %ld, but `%s` takes %ld x %ld", t->name, t->argument[0], t->argument[1], t->argument[0], t->argument[1],
			    input->name, height, width);
		help_stage(e, m, t, "write ", arena_print(e->arena, "%s(%ld, %ld)", t->name, height, width));
	} else if (kind->zeros && t->argument[0] >= least) {
		m = problem(e, "data", t->span, "", "`%s(%ld)` can move all of an image of %ld x %ld out of sight", t->name, t->argument[0], height, width);
		help_stage(e, m, t, "at most ", arena_print(e->arena, "%s(%ld)", t->name, least - 1));
	} else if (kind->zeros && t->argument[0] > 0 && !isfinite(zero)) {
		m = problem(e, "data", t->span, "", "`%s` moves zeros in, of which the arithmetic behind it makes %g", t->name, zero);
	} else if (kind->zeros && t->argument[0] > 0 && input->integer && (zero < (double)input->low || zero > (double)input->high || zero != floor(zero))) {
		m = problem(e, "data", t->span, arena_print(e->arena, "%g moves in", zero), "`%s` moves numbers in that `%s` cannot be", t->name, input->name);
	}
	return m;
}

bool
check_transformations(struct elaborator *e, struct tensor *input, const struct source_entry *s)
{
	for (int i = 0; i < s->transforms.n; i++) {
		struct diagnostic *m = check_transformation(e, input, s, &s->transforms.at[i]);
		if (!m) continue;
		if (s->group == 0 || find_transformation(s->transforms.at[i].name)->cuts) diag_label(e->d, m, input->span, "declared here, %s%s", input->integer ? "in " : "as ", input_type_text(e->arena, input));
		return false;
	}
	return true;
}
