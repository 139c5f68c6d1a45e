/* json.c - strings and whole numbers of JSON, from text and to text. */
#include "json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void
skip_spaces(struct nn_json *j)
{
	while (j->at < j->end && (*j->at == ' ' || *j->at == '\t' || *j->at == '\n' || *j->at == '\r'))
		j->at++;
}

int
nn_json_fail(struct nn_json *j, const char *expected)
{
	int n = j->end - j->at < 20 ? (int)(j->end - j->at) : 20;

	if (n == 0)
		return nn_fail(j->e, "%s: the header ends at byte %zu, expected %s", j->name, (size_t)(j->at - j->start), expected);
	return nn_fail(j->e, "%s: byte %zu of the header is \"%.*s\", expected %s", j->name, (size_t)(j->at - j->start), n, j->at, expected);
}

int
nn_json_accept(struct nn_json *j, char c)
{
	skip_spaces(j);
	if (j->at == j->end || *j->at != c)
		return 0;
	j->at++;
	return 1;
}

int
nn_json_expect(struct nn_json *j, char c)
{
	char expected[] = {'`', c, '`', 0};

	return nn_json_accept(j, c) ? 0 : nn_json_fail(j, expected);
}

/* four hexadecimal digits */
static int
read_unit(struct nn_json *j, unsigned *unit)
{
	*unit = 0;
	for (int i = 0; i < 4; i++, j->at++) {
		static const char digits[] = "0123456789abcdef0123456789ABCDEF";
		const char *digit = j->at < j->end && *j->at ? strchr(digits, *j->at) : NULL;
		if (!digit)
			return nn_json_fail(j, "four hexadecimal digits");
		*unit = *unit * 16 + (unsigned)(digit - digits) % 16;
	}
	return 0;
}

static char *
put_utf8(char *to, unsigned c)
{
	if (c < 0x80) {
		*to++ = (char)c;
		return to;
	}
	if (c < 0x800) {
		*to++ = (char)(0xC0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*to++ = (char)(0xE0 | c >> 12);
		} else {
			*to++ = (char)(0xF0 | c >> 18);
			*to++ = (char)(0x80 | (c >> 12 & 0x3F));
		}
		*to++ = (char)(0x80 | (c >> 6 & 0x3F));
	}
	*to++ = (char)(0x80 | (c & 0x3F));
	return to;
}

/* what follows a backslash; an escape is never shorter than its UTF-8 */
static int
read_escape(struct nn_json *j, char **to)
{
	static const char letters[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
	unsigned unit, low;

	for (const char *l = letters; j->at < j->end && *l; l += 2)
		if (*j->at == l[0]) {
			*(*to)++ = l[1];
			j->at++;
			return 0;
		}
	if (j->at == j->end || *j->at != 'u')
		return nn_json_fail(j, "an escape of JSON");
	j->at++;
	if (read_unit(j, &unit))
		return -1;
	if (unit == 0 || (unit >= 0xDC00 && unit <= 0xDFFF))
		return nn_json_fail(j, "another character than \\u0000 or half a pair before it");
	if (unit >= 0xD800 && unit <= 0xDBFF) {
		if (j->end - j->at < 2 || j->at[0] != '\\' || j->at[1] != 'u')
			return nn_json_fail(j, "the second half of a pair of \\u");
		j->at += 2;
		if (read_unit(j, &low))
			return -1;
		if (low < 0xDC00 || low > 0xDFFF)
			return nn_json_fail(j, "the second half of a pair of \\u before it");
		unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
	}
	*to = put_utf8(*to, unit);
	return 0;
}

/* the characters up to the closing quote */
static int
read_characters(struct nn_json *j, char *to)
{
	for (;;) {
		size_t n = nn_utf8(j->at, (size_t)(j->end - j->at));
		if (n == 0 || (unsigned char)*j->at < 0x20)
			return nn_json_fail(j, j->at == j->end ? "the end of a string" : "a character of UTF-8");
		if (*j->at == '"')
			break;
		if (*j->at == '\\') {
			j->at++;
			if (read_escape(j, &to))
				return -1;
			continue;
		}
		memcpy(to, j->at, n);
		to += n;
		j->at += n;
	}
	j->at++;
	*to = 0;
	return 0;
}

int
nn_json_string(struct nn_json *j, char **text)
{
	const char *close;

	skip_spaces(j);
	*text = NULL;
	if (j->at == j->end || *j->at != '"')
		return nn_json_fail(j, "a string");
	j->at++;
	for (close = j->at; close < j->end && *close != '"'; close++)
		close += *close == '\\';
	if (close > j->end)
		close = j->end;
	*text = malloc((size_t)(close - j->at) + 1);
	if (!*text)
		return nn_fail(j->e, "%s: not enough memory", j->name);
	if (read_characters(j, *text)) {
		free(*text);
		*text = NULL;
		return -1;
	}
	return 0;
}

int
nn_json_size(struct nn_json *j, size_t *value)
{
	skip_spaces(j);
	const char *start = j->at;

	for (*value = 0; j->at < j->end && *j->at >= '0' && *j->at <= '9'; j->at++) {
		size_t digit = (size_t)(*j->at - '0');
		if (*value > (SIZE_MAX - digit) / 10) {
			j->at = start;
			return nn_json_fail(j, "a smaller number");
		}
		*value = *value * 10 + digit;
	}
	if (j->at == start || (*start == '0' && j->at - start > 1) || (j->at < j->end && *j->at && strchr(".eE", *j->at))) {
		j->at = start;
		return nn_json_fail(j, "a whole number");
	}
	return 0;
}

void
nn_json_put(FILE *stream, const char *text)
{
	putc('"', stream);
	for (size_t left = strlen(text), n; left > 0; text += n, left -= n) {
		size_t length = nn_utf8(text, left);
		n = length ? length : 1;
		if (length == 0)
			fputs("\\ufffd", stream);
		else if (*text == '"' || *text == '\\')
			fprintf(stream, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			fprintf(stream, "\\u%04x", (unsigned)*text);
		else
			fwrite(text, 1, n, stream);
	}
	putc('"', stream);
}
