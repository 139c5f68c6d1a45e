/* message.c - turns a failure into the text that a person reads.
 *
 * Names and fields from files end up in messages, so everything is passed through one filter: well-formed UTF-8 stays, control
 * characters (also those of Unicode that turn the direction of text), and bytes that are no UTF-8 are shown as \xNN.  A message that
 * does not fit ends in "...". */
#include "message.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* RFC 3629, table 3-7 of the Unicode standard: the range of the second byte depends on the first */
size_t
nn_utf8(const char *text, size_t n)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t length = n == 0 || s[0] == 0 ? 0 : s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF5 ? 4 : 0;

	if (length > n)
		return 0;
	if (length >= 2) {
		unsigned low = s[0] == 0xE0 ? 0xA0 : s[0] == 0xF0 ? 0x90 : 0x80;
		unsigned high = s[0] == 0xED ? 0x9F : s[0] == 0xF4 ? 0x8F : 0xBF;
		if (s[1] < low || s[1] > high)
			return 0;
	}
	for (size_t i = 2; i < length; i++)
		if (s[i] < 0x80 || s[i] > 0xBF)
			return 0;
	return length;
}

/* characters that must not reach a terminal: C0, DEL, C1, and the marks that reorder text */
static int
is_control(const char *text, size_t length)
{
	const unsigned char *s = (const unsigned char *)text;

	if (length == 1)
		return s[0] < 0x20 || s[0] == 0x7F;
	if (length == 2)
		return s[0] == 0xC2 && s[1] < 0xA0;
	return length == 3 && s[0] == 0xE2
	    && ((s[1] == 0x80 && ((s[2] >= 0xA8 && s[2] <= 0xAE) || s[2] == 0x8E || s[2] == 0x8F))
	        || (s[1] == 0x81 && s[2] >= 0xA6 && s[2] <= 0xA9));
}

/* one piece of output for the start of text[0 .. n); returns how many bytes of text it stands for */
static size_t
escape(char piece[8], const char *text, size_t n)
{
	static const char letters[] = "\nn\tt\rr";
	size_t length = nn_utf8(text, n);

	if (length > 0 && !is_control(text, length)) {
		memcpy(piece, text, length);
		piece[length] = 0;
		return length;
	}
	for (const char *l = letters; *l; l += 2)
		if (text[0] == l[0]) {
			snprintf(piece, 8, "\\%c", l[1]);
			return 1;
		}
	snprintf(piece, 8, "\\x%02x", (unsigned)(unsigned char)text[0]);
	return 1;
}

static void
put_escaped(char *out, size_t room, const char *format, va_list arguments)
{
	char text[2048], piece[8];
	size_t n, used = 0;

	if (vsnprintf(text, sizeof text, format, arguments) < 0)
		strcpy(text, "a message that cannot be written");
	n = strlen(text);
	for (size_t i = 0; i < n;) {
		i += escape(piece, text + i, n - i);
		size_t length = strlen(piece);
		if (used + length + sizeof "..." > room) {
			strcpy(piece, "...");
			length = 3;
			i = n;
		}
		memcpy(out + used, piece, length);
		used += length;
	}
	out[used] = 0;
}

int
nn_fail(struct nn_error *e, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put_escaped(e->text, sizeof e->text, format, arguments);
	va_end(arguments);
	e->help[0] = 0;
	return -1;
}

int
nn_help(struct nn_error *e, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put_escaped(e->help, sizeof e->help, format, arguments);
	va_end(arguments);
	return -1;
}

/* changes of one letter that turn a into b (Levenshtein), case aside; names longer than 63 are cut */
static size_t
distance(const char *a, const char *b)
{
	size_t row[64], n = strlen(b);

	if (n > 63)
		n = 63;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; i < 63 && a[i]; i++) {
		size_t diagonal = row[0];
		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t change = diagonal + (tolower((unsigned char)a[i]) != tolower((unsigned char)b[j]));
			diagonal = row[j + 1];
			size_t least = (row[j] < diagonal ? row[j] : diagonal) + 1;
			row[j + 1] = change < least ? change : least;
		}
	}
	return row[n];
}

size_t
nn_nearest(const char *name, const char *const names[], size_t count)
{
	size_t best = count, least = (strlen(name) + 2) / 3 + 1;

	for (size_t i = 0; i < count; i++) {
		size_t d = distance(name, names[i]);
		if (d < least) {
			least = d;
			best = i;
		}
	}
	return best;
}
