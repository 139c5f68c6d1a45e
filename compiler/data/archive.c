/* archive.c - writes an .npz: a zip archive (PKWARE's APPNOTE.TXT 6.3.10) of .npy files, stored, always with the fields of Zip64.  The local header of a
 * member is written again when its size and checksum are known. */
#include "data/data.h"
#include "runtime/message.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LOCAL = 30, LOCAL_EXTRA = 20, ENTRY = 46, ENTRY_EXTRA = 28, END64 = 56, LOCATOR64 = 20, END = 22, VERSION = 45 };

/* the polynomial of zip and gzip, a byte at a time (ISO 3309) */
static uint32_t
add_to_crc(uint32_t crc, const unsigned char *bytes, size_t size)
{
	static uint32_t table[256];
	for (uint32_t k = 0; !table[255] && k < 256; k++) {
		uint32_t c = k;
		for (int bit = 0; bit < 8; bit++) c = c & 1 ? c >> 1 ^ 0xEDB88320u : c >> 1;
		table[k] = c;
	}
	crc = ~crc;
	for (size_t i = 0; i < size; i++) crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xFF];
	return ~crc;
}

static void
put(unsigned char *to, uint64_t value, int bytes)
{
	for (int k = 0; k < bytes; k++) to[k] = (unsigned char)(value >> 8 * k);
}

int
archive_open(struct archive *a, const char *path, struct nn_error *e)
{
	*a = (struct archive){0};
	if (nn_file_create(&a->file, path, e)) return -1;
	if (a->file.temporary[0]) return 0;
	archive_abandon(a);
	return nn_fail(e, "%s is no plain file: an archive cannot be written to it", path);
}

/* the header of member k, with what is known of it */
static int
write_local(struct archive *a, int k, struct nn_error *e)
{
	const struct archive_member *m = &a->members[k];
	unsigned char h[LOCAL + LOCAL_EXTRA] = "PK\3\4";
	size_t n = strlen(m->name);
	put(h + 4, VERSION, 2);
	put(h + 12, 0x21, 2); /* the first of January 1980: the same pictures give the same bytes */
	put(h + 14, m->crc, 4);
	put(h + 18, UINT32_MAX, 4);
	put(h + 22, UINT32_MAX, 4);
	put(h + 26, n, 2);
	put(h + 28, LOCAL_EXTRA, 2);
	put(h + LOCAL, 1, 2);
	put(h + LOCAL + 2, 16, 2);
	put(h + LOCAL + 4, m->size, 8);
	put(h + LOCAL + 12, m->size, 8);
	return nn_file_write(&a->file, h, LOCAL, e) || nn_file_write(&a->file, m->name, n, e) || nn_file_write(&a->file, h + LOCAL, LOCAL_EXTRA, e) ? -1 : 0;
}

static int
seek(struct archive *a, uint64_t place, struct nn_error *e)
{
	if (place > INT64_MAX || fseeko(a->file.stream, (off_t)place, SEEK_SET)) return nn_fail(e, "cannot write %s: %s", a->file.path, strerror(errno));
	return 0;
}

/* size and checksum of the last member go into its header */
static int
end_member(struct archive *a, struct nn_error *e)
{
	if (!a->count) return 0;
	return seek(a, a->members[a->count - 1].place, e) || write_local(a, a->count - 1, e) || seek(a, a->at, e) ? -1 : 0;
}

int
archive_begin(struct archive *a, const char *name, const char *type, int rank, const size_t shape[], struct nn_error *e)
{
	char header[512] = "\x93NUMPY\1";
	if (end_member(a, e)) return -1;
	a->members[a->count] = (struct archive_member){.name = name, .place = a->at};
	if (write_local(a, a->count++, e)) return -1;
	a->at += LOCAL + LOCAL_EXTRA + strlen(name);
	int used = 10 + sprintf(header + 10, "{'descr': '%s', 'fortran_order': False, 'shape': (", type);
	for (int k = 0; k < rank; k++) used += sprintf(header + used, "%s%zu", k ? ", " : "", shape[k]);
	used += sprintf(header + used, "%s), }", rank == 1 ? "," : "");
	while ((used + 1) % 64) header[used++] = ' ';
	header[used++] = '\n';
	put((unsigned char *)header + 8, (uint64_t)used - 10, 2);
	return archive_write(a, header, (size_t)used, e);
}

int
archive_write(struct archive *a, const void *bytes, size_t size, struct nn_error *e)
{
	struct archive_member *m = &a->members[a->count - 1];
	m->crc = add_to_crc(m->crc, bytes, size);
	m->size += size;
	a->at += size;
	return nn_file_write(&a->file, bytes, size, e);
}

static int
write_entry(struct archive *a, const struct archive_member *m, struct nn_error *e)
{
	unsigned char h[ENTRY + ENTRY_EXTRA] = "PK\1\2";
	size_t n = strlen(m->name);
	put(h + 4, VERSION, 2);
	put(h + 6, VERSION, 2);
	put(h + 14, 0x21, 2);
	put(h + 16, m->crc, 4);
	put(h + 20, UINT32_MAX, 4);
	put(h + 24, UINT32_MAX, 4);
	put(h + 28, n, 2);
	put(h + 30, ENTRY_EXTRA, 2);
	put(h + 42, UINT32_MAX, 4);
	put(h + ENTRY, 1, 2);
	put(h + ENTRY + 2, 24, 2);
	put(h + ENTRY + 4, m->size, 8);
	put(h + ENTRY + 12, m->size, 8);
	put(h + ENTRY + 20, m->place, 8);
	a->at += ENTRY + ENTRY_EXTRA + n;
	return nn_file_write(&a->file, h, ENTRY, e) || nn_file_write(&a->file, m->name, n, e) || nn_file_write(&a->file, h + ENTRY, ENTRY_EXTRA, e) ? -1 : 0;
}

int
archive_commit(struct archive *a, struct nn_error *e)
{
	unsigned char h[END64 + LOCATOR64 + END] = "PK\6\6", *locator = h + END64, *end = locator + LOCATOR64;
	int status = end_member(a, e);
	uint64_t place = a->at;
	for (int k = 0; k < a->count && !status; k++) status = write_entry(a, &a->members[k], e);
	put(h + 4, END64 - 12, 8);
	put(h + 12, VERSION, 2);
	put(h + 14, VERSION, 2);
	put(h + 24, (uint64_t)a->count, 8);
	put(h + 32, (uint64_t)a->count, 8);
	put(h + 40, a->at - place, 8);
	put(h + 48, place, 8);
	memcpy(locator, "PK\6\7", 4);
	put(locator + 8, a->at, 8);
	put(locator + 16, 1, 4);
	memcpy(end, "PK\5\6", 4);
	put(end + 8, UINT16_MAX, 2);
	put(end + 10, UINT16_MAX, 2);
	put(end + 12, UINT32_MAX, 4);
	put(end + 16, UINT32_MAX, 4);
	if (!status) status = nn_file_write(&a->file, h, sizeof h, e);
	if (!status) return nn_file_commit(&a->file, e);
	archive_abandon(a);
	return -1;
}

void
archive_abandon(struct archive *a)
{
	nn_file_abandon(&a->file);
}
