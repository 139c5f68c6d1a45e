/* rows.c - the records that a person asks about, as they come: a CSV from a pipe is answered row by row.
 *
 * Bytes are read as many as there are, and cut after the last whole row: a line end outside of quotes.  The pieces go through the same
 * reader as a whole file.  What is no CSV (an .npy, a text, something compressed) is read at once. */
#define _POSIX_C_SOURCE 200809L
#include "number.h"
#include "readers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 18 };

struct nn_rows {
	const struct nn_program *program;
	struct nn_labels *labels;
	struct nn_dataset whole; /* where all is read at once */
	int given;

	int descriptor, ended; /* descriptor -1: all is read at once */
	const char *name;
	unsigned char *bytes;  /* what is read and not yet taken in: [used], and a zero byte where a piece ends */
	size_t used, room;
	size_t scanned, rows_end; /* looked at; the end of the last whole row in it */
	size_t rows;           /* whole rows in it */
	unsigned char delimiter; /* 0: not known yet */
	enum { AT_FIELD, IN_FIELD, IN_QUOTES, AFTER_QUOTES } place; /* of `scanned` in its row */
	enum { BLANK, CONTENT, RETURNED } line; /* what the line holds so far; RETURNED: and a CR ended it, which an LF may follow */
	struct nn_part *parts;
	size_t part_count;
	struct nn_intake in;
	struct nn_csv *csv;
	struct nn_dataset piece;
};

/* ---- bytes ---- */

static int
make_room(struct nn_rows *r, struct nn_error *e)
{
	size_t room = r->room ? r->room * 2 : PIECE;
	unsigned char *larger = r->room > SIZE_MAX / 4 ? NULL : realloc(r->bytes, room + 1);

	if (!larger)
		return nn_fail(e, "%s: not enough memory for a row of more than %zu bytes", r->name, r->used);
	r->bytes = larger;
	r->room = room;
	return 0;
}

/* some more; waits for them */
static int
read_some(struct nn_rows *r, struct nn_error *e)
{
	if (r->used == r->room && make_room(r, e) != 0)
		return -1;
	for (;;) {
		ssize_t got = read(r->descriptor, r->bytes + r->used, r->room - r->used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return nn_fail(e, "cannot read %s: %s", r->name, strerror(errno));
		r->used += (size_t)got;
		r->ended = got == 0;
		return 0;
	}
}

/* the delimiter is that of line 1, as csv.c finds it; 0: line 1 is not there yet */
static int
find_delimiter(struct nn_rows *r)
{
	size_t n = 0, other;

	while (n < r->used && r->bytes[n] != '\n' && r->bytes[n] != '\r')
		n++;
	if (n == r->used)
		return 0;
	for (other = 0; other < n && r->bytes[other] != ';' && r->bytes[other] != '\t'; other++)
		;
	r->delimiter = memchr(r->bytes, ',', n) || other == n ? ',' : r->bytes[other];
	if (r->used >= 3 && memcmp(r->bytes, "\xEF\xBB\xBF", 3) == 0)
		r->scanned = 3;
	return 1;
}

/* Finds the whole rows in what is new.  A quote opens where a field begins, as in csv.c, and a doubled one closes and opens.  Blank lines belong to
 * what follows, as they may be the end. */
static void
scan(struct nn_rows *r)
{
	if (!r->delimiter && !find_delimiter(r))
		return;
	for (; r->scanned < r->used; r->scanned++) {
		unsigned char c = r->bytes[r->scanned];
		if (r->place == IN_QUOTES) {
			r->place = c == '"' ? AFTER_QUOTES : IN_QUOTES;
		} else if (c == '"' && r->place != IN_FIELD) {
			r->place = IN_QUOTES;
			r->line = CONTENT;
		} else if (c == '\n' || c == '\r') {
			if (c == '\n' && r->line != BLANK) {
				r->rows_end = r->scanned + 1;
				r->rows++;
			}
			r->line = c == '\r' && r->line == CONTENT ? RETURNED : BLANK;
			r->place = AT_FIELD;
		} else if (c == ' ' || c == '\t') {
			r->line = r->line == RETURNED ? BLANK : r->line;
			r->place = c == r->delimiter ? AT_FIELD : r->place == AT_FIELD ? AT_FIELD : IN_FIELD;
		} else {
			r->line = CONTENT;
			r->place = c == r->delimiter ? AT_FIELD : IN_FIELD;
		}
	}
}

/* Line 1 may be a header, which line 2 decides, unless it holds plain numbers.  It is whole. */
static int
may_be_header(const struct nn_rows *r)
{
	const char *at = (const char *)r->bytes;
	double ignored;

	while (*at != '\n') {
		const char *end = nn_number(at, &ignored);
		if (end == at || (*end != r->delimiter && *end != '\r' && *end != '\n'))
			return 1;
		at = end + (*end != '\n');
	}
	return 0;
}

/* until there are rows to take in, or nothing is left to read; the piece is [*size], ended by a zero byte in place of *after */
static int
next_piece(struct nn_rows *r, size_t *size, unsigned char *after, struct nn_error *e)
{
	int first = !r->csv;

	while (!r->ended && (r->rows == 0 || (first && r->rows < 2 && may_be_header(r)))) {
		if (read_some(r, e) != 0)
			return -1;
		scan(r);
	}
	*size = r->ended ? r->used : r->rows_end;
	*after = r->bytes[*size];
	r->bytes[*size] = 0;
	return 0;
}

static void
drop_piece(struct nn_rows *r, size_t size, unsigned char after)
{
	r->bytes[size] = after;
	r->used -= size;
	memmove(r->bytes, r->bytes + size, r->used);
	r->scanned -= size;
	r->rows = r->rows_end = 0;
}

/* ---- records ---- */

static int
open_parts(struct nn_rows *r, struct nn_error *e)
{
	const struct nn_program *p = r->program;

	r->parts = calloc(p->input_count + 1, sizeof *r->parts);
	r->piece.inputs = calloc(p->input_count + 1, sizeof *r->piece.inputs);
	if (!r->parts || !r->piece.inputs)
		return nn_fail(e, "not enough memory");
	for (size_t i = 0; i < p->input_count; i++)
		if (!p->inputs[i].is_target)
			r->parts[r->part_count++].input = &p->inputs[i];
	if (r->part_count == 0)
		return nn_fail(e, "%s has no inputs to read from %s", p->model, r->name);
	r->in = (struct nn_intake){.program = p, .found = r->name, .parts = r->parts, .part_count = r->part_count, .labels = r->labels};
	return nn_intake_open(&r->in, e);
}

static int
open_stream(struct nn_rows *r, const char *path, struct nn_error *e)
{
	int standard_input = strcmp(path, "-") == 0;

	r->name = standard_input ? "standard input" : path;
	r->descriptor = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (r->descriptor < 0)
		return 0; /* for the reader of whole files, which knows NAME.gz */
	if (read_some(r, e) != 0)
		return -1;
	scan(r);
	return 0;
}

/* what comes is not in rows, as the first bytes say: all of it, as a file */
static int
read_whole(struct nn_rows *r, const char *path, struct nn_error *e)
{
	if (r->descriptor != STDIN_FILENO) {
		if (r->descriptor >= 0)
			close(r->descriptor);
		r->descriptor = -1;
		return nn_data_read_rows(r->program, path, r->labels, &r->whole, e);
	}
	while (!r->ended)
		if (read_some(r, e) != 0)
			return -1;
	r->descriptor = -1;
	if (nn_file_expand(r->name, &r->bytes, &r->used, e) != 0)
		return -1;
	r->bytes[r->used] = 0;
	return nn_data_take_rows(r->program, r->name, r->bytes, r->used, r->labels, &r->whole, e);
}

static int
is_whole(const struct nn_rows *r, const char *path)
{
	size_t n = strlen(path);

	if (r->descriptor < 0 || (r->used >= 2 && r->bytes[0] == 0x1F && r->bytes[1] == 0x8B) || nn_npy_recognise(r->bytes, r->used))
		return 1;
	return nn_data_text(r->program) && n > 4 && strcmp(path + n - 4, ".txt") == 0;
}

struct nn_rows *
nn_rows_open(const struct nn_program *program, const char *path, struct nn_labels *labels, struct nn_error *e)
{
	struct nn_rows *r = calloc(1, sizeof *r);

	if (!r) {
		nn_fail(e, "not enough memory");
		return NULL;
	}
	r->program = program;
	r->labels = labels;
	r->descriptor = -1;
	if (open_stream(r, path, e) != 0 || (is_whole(r, path) ? read_whole(r, path, e) : open_parts(r, e)) != 0) {
		nn_rows_close(r);
		return NULL;
	}
	return r;
}

/* one piece to the intake */
static int
take_piece(struct nn_rows *r, struct nn_error *e)
{
	size_t size;
	unsigned char after;

	if (next_piece(r, &size, &after, e) != 0)
		return -1;
	if (!r->csv && !(r->csv = nn_csv_open(&r->in, e)))
		return -1;
	if (nn_csv_more(r->csv, r->bytes, size, r->ended, e) != 0)
		return -1;
	drop_piece(r, size, after);
	return 0;
}

int
nn_rows_next(struct nn_rows *r, struct nn_dataset *out, struct nn_error *e)
{
	*out = (struct nn_dataset){.inputs = r->piece.inputs};
	if (r->descriptor < 0) {
		if (!r->given)
			*out = r->whole;
		r->given = 1;
		return 0;
	}
	r->in.kept = 0;
	while (r->in.kept == 0 && !(r->ended && r->csv && r->used == 0)) /* a piece may be a header only */
		if (take_piece(r, e) != 0)
			return -1;
	for (size_t i = 0; i < r->part_count; i++) {
		r->parts[i].out.records = r->in.kept;
		r->piece.inputs[r->parts[i].input - r->program->inputs] = r->parts[i].out;
	}
	out->records = r->in.kept;
	return 0;
}

void
nn_rows_close(struct nn_rows *r)
{
	if (!r)
		return;
	nn_csv_close(r->csv);
	free(r->in.scratch);
	for (size_t i = 0; i < r->part_count; i++)
		nn_column_free(&r->parts[i].out);
	free(r->parts);
	free(r->piece.inputs);
	if (r->whole.inputs)
		nn_data_free(r->program, &r->whole);
	if (r->descriptor > STDIN_FILENO)
		close(r->descriptor);
	free(r->bytes);
	free(r);
}
