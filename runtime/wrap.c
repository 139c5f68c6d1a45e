/* wrap.c - how wide a text is on a screen, and where it breaks into lines.
 *
 * The width of a character is that of terminals: 2 for those that Unicode Standard Annex 11 calls wide, 0 for marks that combine with the one
 * before, 1 for all others. */
#include "wrap.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const struct block {
	uint32_t first, last;
	int columns;
} blocks[] = {
	{0x0300, 0x036f, 0}, {0x1100, 0x115f, 2}, {0x200b, 0x200f, 0}, {0x20d0, 0x20ff, 0}, {0x2e80, 0x303e, 2}, {0x3041, 0xa4cf, 2}, {0xac00, 0xd7a3, 2},
	{0xf900, 0xfaff, 2}, {0xfe00, 0xfe0f, 0}, {0xfe30, 0xfe6f, 2}, {0xff00, 0xff60, 2}, {0xffe0, 0xffe6, 2}, {0x1f300, 0x1f64f, 2}, {0x1f900, 0x1f9ff, 2},
	{0x20000, 0x3fffd, 2},
};

int
nn_character_columns(const char *text, size_t n, size_t *bytes)
{
	unsigned char c = (unsigned char)text[0];
	size_t length = c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 1;
	uint32_t code = length == 1 ? c : c & (0x7fu >> length);

	*bytes = 1;
	if (length > n)
		return 1;
	for (size_t i = 1; i < length; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 1;
		code = code << 6 | ((unsigned char)text[i] & 0x3f);
	}
	*bytes = length;
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
		if (code >= blocks[i].first && code <= blocks[i].last)
			return blocks[i].columns;
	return 1;
}

int
nn_text_columns(const char *text, size_t n)
{
	int columns = 0;

	for (size_t i = 0, bytes; i < n; i += bytes)
		columns += nn_character_columns(text + i, n - i, &bytes);
	return columns;
}

/* how much of a text stands on a line of `room` columns, wherever it breaks: one character at least */
static size_t
bytes_that_fit(const char *text, size_t n, int room)
{
	size_t i = 0, bytes;

	for (; i < n; i += bytes) {
		room -= nn_character_columns(text + i, n - i, &bytes);
		if (room < 0 && i)
			break;
	}
	return i;
}

/* the `...` that begins at i fits into no line of `room` columns */
static int
is_too_long(const char *text, size_t n, size_t i, int room)
{
	const char *end = memchr(text + i + 1, '`', n - i - 1);

	return nn_text_columns(text + i, end ? (size_t)(end + 1 - text) - i : n - i) > room;
}

/* the bytes up to the line break, or more than fit */
static size_t
line_length(const char *text, int room)
{
	size_t n = 0, most = 4 * (size_t)room + 4;

	while (n < most && text[n] && text[n] != '\n')
		n++;
	return n;
}

size_t
nn_line_of_text(const char *text, int room, size_t *next)
{
	size_t n = line_length(text, room), fits = bytes_that_fit(text, n, room), at = 0, start = strspn(text, " ");
	int code = 0, open = 1; /* inside `...`; a blank here may be the end */

	*next = n + (text[n] == '\n');
	if (fits == n)
		return n;
	for (size_t i = start; i <= fits; i++) {
		if (text[i] == '`')
			code = !code;
		if (text[i] == '`' && code)
			open = is_too_long(text, n, i, room);
		if (text[i] == ' ' && (!code || open))
			at = i;
	}
	if (!at)
		at = fits;
	*next = at + strspn(text + at, " ");
	while (at > start + 1 && text[at - 1] == ' ')
		at--;
	return at;
}

enum { MANY = 8, WIDE = 400 }; /* lines, columns: more is not made even */

/* lines that a text takes up to its line break, MANY at most; *last: the columns of the last */
static int
count_lines(const char *text, int room, int *last)
{
	int lines = 0;

	for (size_t next; *text && lines < MANY; text += next) {
		*last = nn_text_columns(text, nn_line_of_text(text, room, &next));
		lines++;
		if (text[next - 1] == '\n')
			break;
	}
	return lines;
}

int
nn_even_room(const char *text, int room)
{
	int last = 0, lines;

	if (room > WIDE)
		return room;
	lines = count_lines(text, room, &last);
	for (int less = room; less > room - room / 4 && lines > 1 && lines < MANY; less--)
		if (count_lines(text, less, &last) == lines && last >= room / 4)
			return less;
	return room;
}

int
nn_screen_columns(int fd)
{
	enum { LEAST = 40, MOST = 10000 };
	const char *said = getenv("COLUMNS");
	struct winsize size = {0};
	long columns = said ? strtol(said, NULL, 10) : 0;

	if (columns <= 0 && isatty(fd) && !ioctl(fd, TIOCGWINSZ, &size))
		columns = size.ws_col;
	if (columns <= 0)
		return NN_DEFAULT_COLUMNS;
	return (int)(columns < LEAST ? LEAST : columns > MOST ? MOST : columns);
}

void
nn_say(const char *head, const char *text)
{
	int indent = nn_text_columns(head, strlen(head)) + 1, room;
	size_t next;

	if (!isatty(STDERR_FILENO) || !*text) {
		fprintf(stderr, "%s %s\n", head, text);
		return;
	}
	room = nn_even_room(text, nn_screen_columns(STDERR_FILENO) - indent);
	for (const char *line = text; *line; line += next) {
		int n = (int)nn_line_of_text(line, room, &next);
		if (line == text)
			fprintf(stderr, "%s %.*s\n", head, n, line);
		else
			fprintf(stderr, "%*s%.*s\n", indent, "", n, line);
	}
}

void
nn_say_of(const char *head, const char *format, ...)
{
	char text[8192];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	nn_say(head, text);
}
