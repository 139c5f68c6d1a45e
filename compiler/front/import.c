/* import.c - the files that a file imports, read and parsed once each, whoever imports them.
 *
 * A path is relative to the folder of the file in which it stands.  Files must not import each other in a circle: so the list of all of them,
 * each behind those that it imports, can be elaborated in its order. */
#include "front/import.h"
#include <string.h>

enum { MOST_FILES = 256, MOST_DEPTH = 32 };

struct loading {
	struct arena *arena;
	struct diagnostics *d;
	const struct file_access *access;
	struct module_list seen, done; /* seen: also those whose imports are being read */
	bool full;                     /* said already that there are too many */
};

const char *
module_name(const struct module *m)
{
	const char *slash = strrchr(m->source->path, '/');
	return slash ? slash + 1 : m->source->path;
}

void
note_imports(struct diagnostics *d, int from, const struct module *m)
{
	for (int i = from; i < d->all.n; i++)
		for (const struct module *at = m; at->importer; at = at->importer)
			diag_note(d, d->all.at[i], "`%s` is imported on line %d of %s", module_name(at), span_place(at->statement->span).line, module_name(at->importer));
}

/* ---- paths ------------------------------------------------------------------------------------------------------------------------ */

static const char *
path_from(struct arena *a, const struct module *importer, const char *text)
{
	const char *path = importer->source->path, *slash = strrchr(path, '/');
	while (text[0] == '.' && text[1] == '/' && text[2]) text += 2;
	return *text == '/' || !slash ? text : arena_print(a, "%.*s%s", (int)(slash + 1 - path), path, text);
}

static const char *
identity_of(const struct loading *l, const char *path)
{
	const char *name = l->access->identity ? l->access->identity(l->access->context, l->arena, path) : NULL;
	return name ? name : path;
}

/* a path that can be shown and opened: neither empty nor with characters that a terminal obeys (among them the zero that would end it) */
static bool
check_path(struct loading *l, const struct node *n)
{
	const struct span inside = {n->name.file, n->name.begin + 1, n->name.end - 1};
	for (size_t i = inside.begin; i < inside.end; i++) {
		unsigned char c = (unsigned char)inside.file->text[i];
		if (c >= 32 && c != 127) continue;
		diag_new(l->d, "import", (struct span){inside.file, i, i + 1}, "", "a file's name cannot hold the byte 0x%02x", c);
		return false;
	}
	if (inside.begin < inside.end) return true;
	struct diagnostic *m = diag_new(l->d, "import", n->name, "", "`import` needs the name of a file");
	diag_help(l->d, m, "for example `import \"blocks.nn\"`");
	return false;
}

/* ---- what can be wrong -------------------------------------------------------------------------------------------------------------- */

static void
report_cycle(struct loading *l, const struct module *m, const struct node *n, const struct module *again)
{
	if (m == again) {
		diag_new(l->d, "import-cycle", n->name, "", "a file cannot import itself");
		return;
	}
	struct diagnostic *e = diag_new(l->d, "import-cycle", n->name, arena_print(l->arena, "back to %s", module_name(again)), "these files import each other");
	for (const struct module *at = m; at != again; at = at->importer) diag_label(l->d, e, at->statement->name, "imports %s", module_name(at));
	diag_help(l->d, e, "move what both need into a file of its own");
}

static void
report_unreadable(struct loading *l, const struct module *m, const struct node *n, const char *path, const char *why)
{
	struct diagnostic *e = diag_new(l->d, "import", n->name, why, "cannot read `%s`", path);
	if (!l->access->read) return;
	if (strcmp(path, n->text)) diag_note(l->d, e, "the path starts at the folder of %s", module_name(m));
	size_t length = strlen(path), ignored;
	const char *cause, *longer = arena_print(l->arena, "%s.nn", path);
	if ((length < 3 || strcmp(path + length - 3, ".nn")) && l->access->read(l->access->context, l->arena, longer, &ignored, &cause)) {
		diag_help(l->d, e, "write the whole name: `import \"%s.nn\"`", n->text);
		diag_edit(l->d, e, n->name, "\"%s.nn\"", n->text);
	} else if (length < 3 || strcmp(path + length - 3, ".nn")) {
		diag_help(l->d, e, "only .nn files are imported; the library is always there");
	}
}

static bool
has_room(struct loading *l, const struct module *m, const struct node *n)
{
	if (m->depth + 1 > MOST_DEPTH) {
		diag_new(l->d, "import", n->name, "", "imports are nested more than %d deep", MOST_DEPTH);
		return false;
	}
	if (l->seen.n > MOST_FILES && !l->full) diag_new(l->d, "import", n->name, "", "more than %d files are imported", MOST_FILES);
	l->full = l->seen.n > MOST_FILES;
	return !l->full;
}

/* ---- reading -------------------------------------------------------------------------------------------------------------------------- */

static void load(struct loading *l, struct module *m);

static const struct source *
read_source(struct loading *l, const struct module *m, const struct node *n, const char *path)
{
	const char *why = "files cannot be imported here";
	size_t length = 0;
	char *text = l->access->read ? l->access->read(l->access->context, l->arena, path, &length, &why) : NULL;
	if (!text) {
		report_unreadable(l, m, n, path, why);
		return NULL;
	}
	struct source *s = NEW(l->arena, struct source);
	*s = (struct source){path, text, length, false};
	return s;
}

/* the module that n, an `import` of m, names; NULL after a message */
static struct module *
find_module(struct loading *l, struct module *m, struct node *n)
{
	const char *path = path_from(l->arena, m, n->text), *identity = identity_of(l, path);
	for (int i = 0; i < l->seen.n; i++) {
		struct module *old = l->seen.at[i];
		if (strcmp(old->identity, identity)) continue;
		if (old->loading) report_cycle(l, m, n, old);
		return old->loading ? NULL : old;
	}
	const struct source *source = has_room(l, m, n) ? read_source(l, m, n, path) : NULL;
	if (!source) return NULL;
	struct module *new = NEW(l->arena, struct module);
	*new = (struct module){.source = source, .identity = identity, .importer = m, .statement = n, .depth = m->depth + 1};
	load(l, new);
	return new;
}

static void
load(struct loading *l, struct module *m)
{
	int messages = l->d->all.n;
	PUSH(l->arena, &l->seen, m);
	m->tree = parse_source(l->arena, l->d, m->source);
	note_imports(l->d, messages, m);
	m->loading = true;
	for (int i = 0; m->tree && i < m->tree->n && !l->full; i++) {
		struct node *n = m->tree->kid[i];
		struct module *found = n->kind == NODE_IMPORT && check_path(l, n) ? find_module(l, m, n) : NULL;
		if (found) PUSH(l->arena, &m->imports, (struct import){n, found});
	}
	m->loading = false;
	PUSH(l->arena, &l->done, m);
}

struct module_list
import_files(struct arena *a, struct diagnostics *d, const struct source *file, const struct file_access *access)
{
	struct loading l = {.arena = a, .d = d, .access = access};
	struct module *m = NEW(a, struct module);
	*m = (struct module){.source = file, .identity = identity_of(&l, file->path)};
	load(&l, m);
	return l.done;
}
