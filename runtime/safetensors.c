/* safetensors.c - reads and writes weights files: 8 bytes (the length of a header, little-endian), the header in JSON, then the values
 * of all tensors without a gap.
 *
 *     {"__metadata__": {"key": "value"}, "Dense1.W": {"dtype": "F32", "shape": [512, 784], "data_offsets": [0, 1605632]}}
 *
 * Reading takes the header first and checks every length against the file's size; only then is memory allocated, as much as the file
 * is long, and each tensor read to a place aligned for it. */
#define _POSIX_C_SOURCE 200809L
#include "safetensors.h"
#include "file.h"
#include "json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER_MAX = 100000000, ALIGN = 64 };

static const struct {
	const char *name;
	size_t size;
} dtypes[] = {{"F64", 8}, {"F32", 4}, {"I64", 8}, {"I32", 4}, {"U8", 1}};

static size_t
dtype_size(const char *name)
{
	for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
		if (strcmp(dtypes[i].name, name) == 0)
			return dtypes[i].size;
	return 0;
}

static int
little_endian(void)
{
	const uint16_t one = 1;

	return *(const unsigned char *)&one;
}

static void
swap_bytes(unsigned char *p, size_t count, size_t size)
{
	for (; count > 0; count--, p += size)
		for (size_t i = 0; i < size / 2; i++) {
			unsigned char t = p[i];
			p[i] = p[size - 1 - i];
			p[size - 1 - i] = t;
		}
}

/* ---- reading ---- */

struct span { /* where the values of items[index] lie, after the header */
	size_t begin, end, index;
};

struct reading {
	const char *path;
	int descriptor;
	size_t file_size, header_size, data_size;
	char *header;
	struct nn_json json;
	struct nn_named_list *list;
	struct span *spans; /* [list->count] */
	size_t room, metadata_room;
	struct nn_error *e;
};

static int
no_memory(struct reading *r)
{
	return nn_fail(r->e, "%s: not enough memory", r->path);
}

/* exactly `size` bytes from `offset` */
static int
read_bytes(struct reading *r, void *to, size_t size, size_t offset)
{
	for (size_t done = 0; done < size;) {
		size_t ask = size - done < (1 << 30) ? size - done : 1 << 30;
		ssize_t got = pread(r->descriptor, (char *)to + done, ask, (off_t)(offset + done));
		if (got == 0)
			return nn_fail(r->e, "%s: truncated after %zu bytes", r->path, offset + done);
		if (got < 0 && errno != EINTR)
			return nn_fail(r->e, "cannot read %s: %s", r->path, strerror(errno));
		done += got > 0 ? (size_t)got : 0;
	}
	return 0;
}

static int
read_header(struct reading *r)
{
	struct stat status;
	unsigned char length[8];
	uint64_t size = 0;

	if (fstat(r->descriptor, &status))
		return nn_fail(r->e, "cannot read %s: %s", r->path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return nn_fail(r->e, "%s: not a plain file", r->path);
	r->file_size = (size_t)status.st_size;
	if (r->file_size < sizeof length)
		return nn_fail(r->e, "%s: %zu bytes, too short for a safetensors file", r->path, r->file_size);
	if (read_bytes(r, length, sizeof length, 0))
		return -1;
	for (int i = 7; i >= 0; i--)
		size = size << 8 | length[i];
	if (size > HEADER_MAX)
		return nn_fail(r->e, "%s: not a safetensors file: its header would have %llu bytes, more than %d",
		    r->path, (unsigned long long)size, HEADER_MAX);
	if (size > r->file_size - sizeof length)
		return nn_fail(r->e, "%s: truncated: a header of %llu bytes, but %zu follow",
		    r->path, (unsigned long long)size, r->file_size - sizeof length);
	r->header_size = (size_t)size;
	r->data_size = r->file_size - sizeof length - r->header_size;
	r->header = malloc(r->header_size ? r->header_size : 1); /* no byte behind it, which a sanitizer sees */
	if (!r->header)
		return no_memory(r);
	if (read_bytes(r, r->header, r->header_size, sizeof length))
		return -1;
	r->json = (struct nn_json){.start = r->header, .at = r->header, .end = r->header + r->header_size, .name = r->path, .e = r->e};
	return r->header_size && *r->header == '{' ? 0 : nn_json_fail(&r->json, "`{`");
}

/* { "key": "value", ... }; a key twice is found when all are known */
static int
read_metadata(struct reading *r)
{
	struct nn_json *j = &r->json;
	struct nn_named_list *list = r->list;

	if (r->metadata_room)
		return nn_fail(r->e, "%s: \"__metadata__\" comes twice", r->path);
	if (nn_json_expect(j, '{'))
		return -1;
	for (int more = !nn_json_accept(j, '}'); more; more = !nn_json_accept(j, '}')) {
		if (list->metadata_count > 0 && nn_json_expect(j, ','))
			return -1;
		if (list->metadata_count == r->metadata_room) {
			r->metadata_room = r->metadata_room ? r->metadata_room * 2 : 8;
			char **larger = realloc(list->metadata, r->metadata_room * 2 * sizeof *larger);
			if (!larger)
				return no_memory(r);
			list->metadata = larger;
		}
		char **pair = list->metadata + 2 * list->metadata_count;
		if (nn_json_string(j, &pair[0]))
			return -1;
		pair[1] = NULL;
		list->metadata_count++;
		if (nn_json_expect(j, ':') || nn_json_string(j, &pair[1]))
			return -1;
	}
	r->metadata_room = r->metadata_room ? r->metadata_room : 1;
	return 0;
}

static int
read_dtype(struct reading *r, struct nn_named *item)
{
	char *text;

	if (nn_json_string(&r->json, &text))
		return -1;
	int status = 0;
	if (!dtype_size(text))
		status = nn_fail(r->e, "%s: '%s' has type %.20s, expected F64, F32, I64, I32 or U8", r->path, item->path, text);
	else
		strcpy(item->dtype, text);
	free(text);
	return status;
}

static int
read_shape(struct reading *r, struct nn_named *item)
{
	struct nn_json *j = &r->json;

	if (nn_json_expect(j, '['))
		return -1;
	for (item->rank = 0; !nn_json_accept(j, ']'); item->rank++) {
		if (item->rank == 8)
			return nn_fail(r->e, "%s: '%s' has more than 8 axes", r->path, item->path);
		if ((item->rank > 0 && nn_json_expect(j, ',')) || nn_json_size(j, &item->shape[item->rank]))
			return -1;
	}
	return 0;
}

static int
read_offsets(struct reading *r, struct span *span)
{
	struct nn_json *j = &r->json;

	return nn_json_expect(j, '[') || nn_json_size(j, &span->begin) || nn_json_expect(j, ',') || nn_json_size(j, &span->end)
	    || nn_json_expect(j, ']') ? -1 : 0;
}

/* sets the count; the bytes that the shape needs must be those between the offsets, inside the file */
static int
check_tensor(struct reading *r, struct nn_named *item, const struct span *span)
{
	size_t bytes = dtype_size(item->dtype), zero = 0;

	for (int i = 0; i < item->rank; i++)
		zero |= item->shape[i] == 0;
	for (int i = 0; i < item->rank && !zero; i++) {
		if (item->shape[i] > SIZE_MAX / bytes)
			return nn_fail(r->e, "%s: the shape of '%s' is larger than any file", r->path, item->path);
		bytes *= item->shape[i];
	}
	if (zero)
		bytes = 0;
	if (span->begin > span->end || span->end > r->data_size)
		return nn_fail(r->e, "%s: '%s' lies at %zu..%zu, but the file has %zu bytes of values",
		    r->path, item->path, span->begin, span->end, r->data_size);
	if (span->end - span->begin != bytes)
		return nn_fail(r->e, "%s: '%s' has %zu bytes, but its shape needs %zu", r->path, item->path, span->end - span->begin, bytes);
	item->count = bytes / dtype_size(item->dtype);
	return 0;
}

/* { "dtype": ..., "shape": ..., "data_offsets": ... } in any order */
static int
read_tensor(struct reading *r, struct nn_named *item, struct span *span)
{
	static const char *const keys[] = {"dtype", "shape", "data_offsets"};
	struct nn_json *j = &r->json;
	int have[3] = {0};
	char *key;

	if (nn_json_expect(j, '{'))
		return -1;
	for (int n = 0; !nn_json_accept(j, '}'); n++) {
		int which = 0;
		if ((n > 0 && nn_json_expect(j, ',')) || nn_json_string(j, &key))
			return -1;
		while (which < 3 && strcmp(keys[which], key) != 0)
			which++;
		if (which == 3 || have[which])
			nn_fail(r->e, "%s: '%s' has %s \"%.40s\"", r->path, item->path, which == 3 ? "an unknown entry" : "twice", key);
		free(key);
		if (which == 3 || have[which]++ || nn_json_expect(j, ':'))
			return -1;
		if (which == 0 ? read_dtype(r, item) : which == 1 ? read_shape(r, item) : read_offsets(r, span))
			return -1;
	}
	for (int i = 0; i < 3; i++)
		if (!have[i])
			return nn_fail(r->e, "%s: '%s' has no \"%s\"", r->path, item->path, keys[i]);
	return check_tensor(r, item, span);
}

static int
make_room(struct reading *r)
{
	if (r->list->count < r->room)
		return 0;
	r->room = r->room ? r->room * 2 : 16;
	struct nn_named *items = realloc(r->list->items, r->room * sizeof *items);
	if (!items)
		return no_memory(r);
	r->list->items = items;
	struct span *spans = realloc(r->spans, r->room * sizeof *spans);
	if (!spans)
		return no_memory(r);
	r->spans = spans;
	return 0;
}

/* one entry of the header */
static int
read_entry(struct reading *r)
{
	char *name;

	if (nn_json_string(&r->json, &name))
		return -1;
	if (strcmp(name, "__metadata__") == 0) {
		free(name);
		return nn_json_expect(&r->json, ':') || read_metadata(r) ? -1 : 0;
	}
	if (make_room(r)) {
		free(name);
		return -1;
	}
	size_t n = r->list->count++;
	r->list->items[n] = (struct nn_named){.path = name};
	r->spans[n] = (struct span){.index = n};
	return nn_json_expect(&r->json, ':') || read_tensor(r, &r->list->items[n], &r->spans[n]) ? -1 : 0;
}

static int
read_entries(struct reading *r)
{
	struct nn_json *j = &r->json;

	if (nn_json_expect(j, '{'))
		return -1;
	for (int n = 0; !nn_json_accept(j, '}'); n++)
		if ((n > 0 && nn_json_expect(j, ',')) || read_entry(r))
			return -1;
	nn_json_accept(j, ' '); /* padding */
	return j->at == j->end ? 0 : nn_json_fail(j, "its end");
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* names[0], names[stride] ... must differ */
static int
check_names(struct reading *r, const char *what, const char **names, size_t n)
{
	qsort(names, n, sizeof *names, by_text);
	for (size_t i = 1; i < n; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			return nn_fail(r->e, "%s: %s '%s' comes twice", r->path, what, names[i]);
	return 0;
}

static int
check_duplicates(struct reading *r)
{
	struct nn_named_list *list = r->list;
	size_t n = list->count > list->metadata_count ? list->count : list->metadata_count;
	const char **names = calloc(n + 1, sizeof *names);

	if (!names)
		return no_memory(r);
	for (size_t i = 0; i < list->count; i++)
		names[i] = list->items[i].path;
	int status = check_names(r, "tensor", names, list->count);
	for (size_t i = 0; i < list->metadata_count; i++)
		names[i] = list->metadata[2 * i];
	if (status == 0)
		status = check_names(r, "metadata", names, list->metadata_count);
	free(names);
	return status;
}

static int
by_place(const void *a, const void *b)
{
	const struct span *s = a, *t = b;

	if (s->begin != t->begin)
		return s->begin < t->begin ? -1 : 1;
	if (s->end != t->end)
		return s->end < t->end ? -1 : 1;
	return s->index < t->index ? -1 : s->index > t->index;
}

/* the values must follow each other without gap or overlap, to the end of the file */
static int
check_places(struct reading *r)
{
	size_t at = 0;

	if (r->list->count > 0)
		qsort(r->spans, r->list->count, sizeof *r->spans, by_place);
	for (size_t i = 0; i < r->list->count; at = r->spans[i++].end)
		if (r->spans[i].begin != at)
			return nn_fail(r->e, "%s: '%s' starts at %zu, but the values before it end at %zu", r->path, r->list->items[r->spans[i].index].path,
			    r->spans[i].begin, at);
	return at == r->data_size ? 0 : nn_fail(r->e, "%s: %zu bytes of values, but its tensors have %zu", r->path, r->data_size, at);
}

static size_t
align(size_t n)
{
	return (n + ALIGN - 1) / ALIGN * ALIGN;
}

/* one block for all values, each tensor aligned in it */
static int
read_values(struct reading *r)
{
	size_t total = ALIGN, at = 0, start = 8 + r->header_size;

	for (size_t i = 0; i < r->list->count; i++)
		total += align(r->spans[i].end - r->spans[i].begin);
	r->list->storage = malloc(total);
	if (!r->list->storage)
		return nn_fail(r->e, "%s: not enough memory for %zu bytes", r->path, total);
	unsigned char *base = (unsigned char *)r->list->storage + (ALIGN - (uintptr_t)r->list->storage % ALIGN) % ALIGN;
	for (size_t i = 0; i < r->list->count; i++) {
		struct span *s = &r->spans[i];
		struct nn_named *item = &r->list->items[s->index];
		item->values = base + at;
		at += align(s->end - s->begin);
		if (read_bytes(r, item->values, s->end - s->begin, start + s->begin))
			return -1;
		if (!little_endian())
			swap_bytes(item->values, item->count, dtype_size(item->dtype));
	}
	return 0;
}

static int
read_file(const char *path, int with_values, struct nn_named_list *out, struct nn_error *e)
{
	struct reading r = {.path = path, .list = out, .e = e};

	*out = (struct nn_named_list){0};
	r.descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (r.descriptor < 0)
		return nn_fail(e, "cannot open %s: %s", path, strerror(errno));
	int status = read_header(&r) || read_entries(&r) || check_duplicates(&r) || check_places(&r) || (with_values && read_values(&r)) ? -1 : 0;
	close(r.descriptor);
	free(r.header);
	free(r.spans);
	if (status)
		nn_safetensors_free(out);
	return status;
}

int
nn_safetensors_read(const char *path, struct nn_named_list *out, struct nn_error *e)
{
	return read_file(path, 1, out, e);
}

int
nn_safetensors_read_header(const char *path, struct nn_named_list *out, struct nn_error *e)
{
	return read_file(path, 0, out, e);
}

void
nn_safetensors_free(struct nn_named_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free((char *)(uintptr_t)list->items[i].path);
	for (size_t i = 0; i < 2 * list->metadata_count; i++)
		free(list->metadata[i]);
	free(list->items);
	free(list->metadata);
	free(list->storage);
	*list = (struct nn_named_list){0};
}

/* ---- writing ---- */

/* the header with spaces after it, so that the values start at a multiple of 64 */
static int
make_header(const struct nn_named items[], size_t count, const char *const metadata[], size_t pairs, char **text, size_t *size)
{
	FILE *s = open_memstream(text, size);
	size_t at = 0;

	if (!s)
		return errno;
	putc('{', s);
	for (size_t i = 0; i < pairs; i++) {
		fputs(i ? "," : "\"__metadata__\":{", s);
		nn_json_put(s, metadata[2 * i]);
		putc(':', s);
		nn_json_put(s, metadata[2 * i + 1]);
	}
	fputs(pairs ? count ? "}," : "}" : "", s);
	for (size_t i = 0; i < count; i++) {
		size_t bytes = items[i].count * dtype_size(items[i].dtype);
		fputs(i ? "," : "", s);
		nn_json_put(s, items[i].path);
		fprintf(s, ":{\"dtype\":\"%s\",\"shape\":[", items[i].dtype);
		for (int k = 0; k < items[i].rank; k++)
			fprintf(s, "%s%zu", k ? "," : "", items[i].shape[k]);
		fprintf(s, "],\"data_offsets\":[%zu,%zu]}", at, at + bytes);
		at += bytes;
	}
	putc('}', s);
	for (fflush(s); *size > 0 && (*size + 8) % ALIGN; fflush(s))
		putc(' ', s);
	int cause = ferror(s) ? ENOMEM : 0;
	return fclose(s) ? ENOMEM : cause;
}

/* the bytes of a tensor in the order of the file */
static int
write_values(struct nn_output_file *f, const struct nn_named *item, struct nn_error *e)
{
	size_t size = dtype_size(item->dtype);

	if (little_endian())
		return nn_file_write(f, item->values, item->count * size, e);
	for (size_t i = 0; i < item->count; i++) {
		unsigned char value[8];
		memcpy(value, (const char *)item->values + i * size, size);
		swap_bytes(value, 1, size);
		if (nn_file_write(f, value, size, e))
			return -1;
	}
	return 0;
}

static int
write_all(struct nn_output_file *f, const char *header, size_t size, const struct nn_named items[], size_t count, struct nn_error *e)
{
	unsigned char length[8];

	for (int i = 0; i < 8; i++)
		length[i] = (unsigned char)((uint64_t)size >> 8 * i);
	if (nn_file_write(f, length, sizeof length, e) || nn_file_write(f, header, size, e))
		return -1;
	for (size_t i = 0; i < count; i++)
		if (write_values(f, &items[i], e))
			return -1;
	return 0;
}

int
nn_safetensors_write(const char *path, const struct nn_named items[], size_t count,
    const char *const metadata[], size_t metadata_pairs, struct nn_error *e)
{
	struct nn_output_file f;
	char *header = NULL;
	size_t size = 0;
	int status = -1;

	for (size_t i = 0; i < count; i++)
		if (!dtype_size(items[i].dtype))
			return nn_fail(e, "cannot write '%s' of type %.8s to %s", items[i].path, items[i].dtype, path);
	int cause = make_header(items, count, metadata, metadata ? metadata_pairs : 0, &header, &size);
	if (cause) {
		nn_fail(e, "cannot write %s: %s", path, strerror(cause));
	} else if (size > HEADER_MAX) {
		nn_fail(e, "cannot write %s: its header would have %zu bytes, more than %d", path, size, HEADER_MAX);
	} else if (nn_file_create(&f, path, e) == 0) {
		status = write_all(&f, header, size, items, count, e);
		if (status)
			nn_file_abandon(&f);
		else
			status = nn_file_commit(&f, e);
	}
	free(header);
	return status;
}
