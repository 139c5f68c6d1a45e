/* pack.c - nnc data pack FOLDER: the pictures of a folder, a folder in it for each class, decoded once and written as arrays.
 *
 * Classes are the names of the folders, in the order of their bytes, and so are the pictures of a class: the same folder gives the same file.  The archive
 * holds `images`, bytes [pictures, 3 or 1, height, width], and `labels`, the names, which a trainer takes as labels (runtime/labels.h). */
#include "data/data.h"
#include "core/arena.h"
#include "runtime/labels.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct class {
	const char *name;
	size_t characters;
	int first, pictures; /* its places among all */
};

LIST_TYPE(names, const char *);

struct pack {
	struct arena arena;
	const char *folder, *output;
	size_t width, height; /* 0: those of the first picture */
	bool grey, help;
	LIST(struct class) classes;
	struct names pictures; /* paths, class after class */
	int passed_over;
	struct nn_error e;
};

/* ---- the folder ---- */

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* names in a folder, in order, without hidden ones */
static int
list_folder(struct pack *p, const char *path, struct names *out)
{
	DIR *d = opendir(path);
	if (!d) return nn_fail(&p->e, "cannot read the folder %s: %s", path, strerror(errno));
	struct dirent *entry;
	while (errno = 0, (entry = readdir(d)))
		if (entry->d_name[0] != '.') PUSH(&p->arena, out, arena_print(&p->arena, "%s", entry->d_name));
	int cause = errno;
	closedir(d);
	if (cause) return nn_fail(&p->e, "cannot read the folder %s: %s", path, strerror(cause));
	if (out->n) qsort(out->at, (size_t)out->n, sizeof *out->at, by_bytes);
	return 0;
}

static bool
is_folder(const char *path)
{
	struct stat s;
	return !stat(path, &s) && S_ISDIR(s.st_mode);
}

static bool
is_picture_name(const char *name)
{
	static const char *const ends[] = {".png", ".jpg", ".jpeg"};
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		const char *t = strrchr(name, '.'), *w = ends[i];
		for (; t && *w && (*t >= 'A' && *t <= 'Z' ? *t + 32 : *t) == *w; t++) w++;
		if (t && !*t && !*w) return true;
	}
	return false;
}

/* a class becomes a label: the same rules as for those of a table */
static int
check_name(struct pack *p, const char *name, size_t *characters)
{
	*characters = 0;
	for (size_t k = 0, n, size = strlen(name); k < size; k += n, ++*characters) {
		n = nn_utf8(name + k, size - k);
		if (n == 0 || (unsigned char)name[k] < 0x20 || name[k] == 0x7F || size > NN_LABEL_MAX)
			return nn_fail(&p->e, "%s/%s: the name of a class is UTF-8 without control characters, at most %d bytes long", p->folder, name, NN_LABEL_MAX);
	}
	return 0;
}

static int
find_pictures(struct pack *p, const char *name)
{
	char *path = arena_print(&p->arena, "%s/%s", p->folder, name);
	struct class class = {.name = name, .first = p->pictures.n};
	struct names files = {0};
	if (check_name(p, name, &class.characters) || list_folder(p, path, &files)) return -1;
	for (int i = 0; i < files.n; i++) {
		char *file = arena_print(&p->arena, "%s/%s", path, files.at[i]);
		if (!is_picture_name(files.at[i]) || is_folder(file)) p->passed_over++;
		else PUSH(&p->arena, &p->pictures, file);
	}
	class.pictures = p->pictures.n - class.first;
	if (!class.pictures) {
		nn_fail(&p->e, "%s: holds no picture", path);
		return nn_help(&p->e, "each folder in %s is a class, and holds files called .png, .jpg or .jpeg", p->folder);
	}
	PUSH(&p->arena, &p->classes, class);
	return 0;
}

static int
find_classes(struct pack *p)
{
	struct names names = {0};
	if (list_folder(p, p->folder, &names)) return -1;
	for (int i = 0; i < names.n; i++) {
		if (!is_folder(arena_print(&p->arena, "%s/%s", p->folder, names.at[i]))) p->passed_over++;
		else if (find_pictures(p, names.at[i])) return -1;
	}
	if (p->classes.n) return 0;
	nn_fail(&p->e, "%s: holds no folders", p->folder);
	return nn_help(&p->e, "each class has a folder with its pictures: %s/cat/1.png, %s/dog/2.png", p->folder, p->folder);
}

/* ---- the archive ---- */

/* one picture in the size of all, as the bytes of a record */
static int
read_record(struct pack *p, const char *path, bool sized, unsigned char **record, size_t *size)
{
	struct picture picture;
	if (picture_read(&picture, path, &p->e)) return -1;
	int status = 0;
	if (!p->width) {
		p->width = picture.width;
		p->height = picture.height;
	}
	if (sized) status = picture_resize(&picture, p->width, p->height, &p->e);
	else if (picture.width != p->width || picture.height != p->height) {
		status = nn_fail(&p->e, "%s: has %zu x %zu pixels, but %s has %zu x %zu", path, picture.width, picture.height, p->pictures.at[0], p->width, p->height);
		nn_help(&p->e, "--size %zux%zu gives all of them one size", p->height, p->width);
	}
	*size = p->width * p->height * (p->grey ? 1 : 3);
	if (!status && !*record && !(*record = malloc(*size))) status = nn_fail(&p->e, "not enough memory for a picture");
	if (!status) picture_planes(&picture, p->grey, *record);
	picture_free(&picture);
	return status;
}

static int
write_images(struct pack *p, struct archive *a)
{
	bool sized = p->width != 0;
	unsigned char *record = NULL;
	size_t size;
	int status = 0;
	for (int i = 0; i < p->pictures.n && !status; i++) {
		status = read_record(p, p->pictures.at[i], sized, &record, &size);
		if (!status && i == 0)
			status = archive_begin(a, "images.npy", "|u1", 4, (size_t[]){(size_t)p->pictures.n, p->grey ? 1 : 3, p->height, p->width}, &p->e);
		if (!status) status = archive_write(a, record, size, &p->e);
	}
	free(record);
	return status;
}

/* UTF-8, which is checked, as UTF-32 with zeros at its end */
static void
widen(const char *name, size_t characters, unsigned char *to)
{
	memset(to, 0, 4 * characters);
	for (size_t left = strlen(name), n; left > 0; name += n, left -= n, to += 4) {
		n = nn_utf8(name, left);
		uint32_t c = (unsigned char)name[0];
		if (n > 1) c &= 0x7Fu >> n;
		for (size_t k = 1; k < n; k++) c = c << 6 | ((unsigned char)name[k] & 0x3F);
		for (int k = 0; k < 3; k++) to[k] = (unsigned char)(c >> 8 * k);
	}
}

static int
write_labels(struct pack *p, struct archive *a)
{
	size_t longest = 1;
	for (int i = 0; i < p->classes.n; i++)
		if (p->classes.at[i].characters > longest) longest = p->classes.at[i].characters;
	unsigned char text[4 * NN_LABEL_MAX];
	int status = archive_begin(a, "labels.npy", arena_print(&p->arena, "<U%zu", longest), 1, (size_t[]){(size_t)p->pictures.n}, &p->e);
	for (int i = 0; i < p->classes.n && !status; i++) {
		widen(p->classes.at[i].name, longest, text);
		for (int k = 0; k < p->classes.at[i].pictures && !status; k++) status = archive_write(a, text, 4 * longest, &p->e);
	}
	return status;
}

static int
write_archive(struct pack *p)
{
	struct archive a;
	if (archive_open(&a, p->output, &p->e)) return -1;
	if (!write_images(p, &a) && !write_labels(p, &a)) return archive_commit(&a, &p->e);
	archive_abandon(&a);
	return -1;
}

/* ---- the command ---- */

static int
help(FILE *f)
{
	fprintf(f, "usage: nnc data pack FOLDER -o FILE.npz [OPTIONS]\n\n"
		   "The pictures (PNG, JPEG) of a folder that holds a folder for each class, as arrays for a trainer:\n"
		   "`images`, bytes [pictures, 3, height, width], and `labels`, the names of their folders.\n\noptions\n"
		   "  -o FILE.npz                the archive\n"
		   "  --size HEIGHTxWIDTH        gives all pictures this size, by the means of areas (they must have one size)\n"
		   "  --grey                     one plane instead of red, green and blue\n"
		   "  --help                     this\n");
	return f == stdout ? 0 : 2;
}

static int
wrong(struct pack *p, const char *text, const char *help_)
{
	nn_fail(&p->e, "%s", text);
	if (help_) nn_help(&p->e, "%s", help_);
	return 2;
}

/* 32x48 is 32 rows of 48; 32 alone is a square */
static int
read_size(struct pack *p, const char *text)
{
	char *end;
	unsigned long height = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0, width = height;
	if (height && *end == 'x' && end[1] >= '0' && end[1] <= '9') width = strtoul(end + 1, &end, 10);
	if (!height || !width || *end || height > PICTURE_SIDE || width > PICTURE_SIDE || height * width > PICTURE_PIXELS)
		return wrong(p, arena_print(&p->arena, "--size takes HEIGHTxWIDTH, not `%s`", text), "for example --size 32x32");
	p->height = height;
	p->width = width;
	return 0;
}

static int
read_options(struct pack *p, int argc, char **argv)
{
	static const char *const names[] = {"-o", "--size", "--grey", "--gray", "--help"};
	enum { OUTPUT, SIZE, GREY, GRAY, HELP, NAMES };
	for (int i = 0; i < argc; i++) {
		const char *value = NULL;
		size_t n = argv[i][1] == '-' ? strcspn(argv[i], "=") : strlen(argv[i]), k = 0;
		if (argv[i][0] != '-') {
			if (p->folder) return wrong(p, arena_print(&p->arena, "one folder at a time: what is `%s`?", argv[i]), NULL);
			p->folder = argv[i];
			continue;
		}
		while (k < NAMES && (strlen(names[k]) != n || strncmp(argv[i], names[k], n))) k++;
		if (k == NAMES) {
			size_t near = nn_nearest(arena_text(&p->arena, argv[i], n), names, NAMES);
			return wrong(p, arena_print(&p->arena, "there is no option `%s`", argv[i]), near < NAMES ? arena_print(&p->arena, "there is `%s`", names[near]) : "nnc data --help lists them");
		}
		if (argv[i][n]) value = argv[i] + n + 1;
		if (value && k != SIZE) return wrong(p, arena_print(&p->arena, "%s takes no value", names[k]), NULL);
		if (!value && k <= SIZE && i + 1 == argc) return wrong(p, arena_print(&p->arena, "%s needs a value", names[k]), NULL);
		if (!value && k <= SIZE) value = argv[++i];
		if (k == OUTPUT) p->output = value;
		else if (k == SIZE && read_size(p, value)) return 2;
		p->grey |= k == GREY || k == GRAY;
		p->help |= k == HELP;
	}
	return 0;
}

static void
print_summary(const struct pack *p)
{
	printf("%s: %d pictures of %d x %zu x %zu, %d class%s:", p->output, p->pictures.n, p->grey ? 1 : 3, p->height, p->width, p->classes.n, p->classes.n == 1 ? "" : "es");
	for (int i = 0; i < p->classes.n && i < 20; i++) printf("%s %s %d", i ? "," : "", p->classes.at[i].name, p->classes.at[i].pictures);
	printf("%s\n", p->classes.n > 20 ? ", ..." : "");
	if (p->passed_over) printf("%d other %s passed over\n", p->passed_over, p->passed_over == 1 ? "file or folder" : "files and folders");
	printf("in the model   input x: [%d, %zu, %zu]; target t: 0..%d\n", p->grey ? 1 : 3, p->height, p->width, p->classes.n - 1);
	printf("in its data    x = npz(\"%s\", part=\"images\") / 255; t = npz(\"%s\", part=\"labels\")\n", p->output, p->output);
}

static int
run(struct pack *p, int argc, char **argv)
{
	if (strcmp(argv[0], "pack")) return wrong(p, arena_print(&p->arena, "nnc data does not know `%s`", argv[0]), "nnc data pack FOLDER -o FILE.npz");
	if (read_options(p, argc - 1, argv + 1)) return 2;
	if (p->help) return help(stdout);
	if (!p->folder || !p->output) return wrong(p, p->folder ? "-o says where the pictures go" : "a folder of pictures is missing", "nnc data pack FOLDER -o FILE.npz");
	size_t n = strlen(p->output);
	if (n < 4 || strcmp(p->output + n - 4, ".npz")) return wrong(p, arena_print(&p->arena, "the archive is called .npz, not `%s`", p->output), NULL);
	if (find_classes(p) || write_archive(p)) return 1;
	print_summary(p);
	return 0;
}

int
data_main(int argc, char **argv)
{
	struct pack p = {0};
	if (!argc || !strcmp(argv[0], "--help") || !strcmp(argv[0], "help")) return help(argc ? stdout : stderr);
	int status = run(&p, argc, argv);
	if (status && p.e.text[0]) fprintf(stderr, "error: %s\n", p.e.text);
	if (status && p.e.help[0]) fprintf(stderr, "  = help: %s\n", p.e.help);
	arena_free(&p.arena);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "error: cannot write to standard output: %s\n", strerror(errno));
		return 1;
	}
	return status;
}
