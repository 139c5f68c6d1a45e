/* settings.c - settings from a file: each line `name = value` becomes a word of a command line. */
#include "file.h"
#include "options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

int
nn_words_add(struct nn_words *w, const char *word, const char *place, struct nn_error *e)
{
	size_t room = (w->count + 1) * sizeof(char *), length = strlen(word) + 1;
	char **at = realloc(w->at, room), **places = realloc(w->places, room);

	w->at = at ? at : w->at;
	w->places = places ? places : w->places;
	if (!at || !places)
		return nn_fail(e, "out of memory");
	w->at[w->count] = malloc(length);
	w->places[w->count] = place ? malloc(strlen(place) + 1) : NULL;
	if (!w->at[w->count] || (place && !w->places[w->count])) {
		free(w->at[w->count]);
		free(w->places[w->count]);
		return nn_fail(e, "out of memory");
	}
	memcpy(w->at[w->count], word, length);
	if (place)
		memcpy(w->places[w->count], place, strlen(place) + 1);
	w->count++;
	return 0;
}

void
nn_words_free(struct nn_words *w)
{
	for (size_t k = 0; k < w->count; k++) {
		free(w->at[k]);
		free(w->places[k]);
	}
	free(w->at);
	free(w->places);
	*w = (struct nn_words){0};
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* line[0 .. end) without what is blank at both ends */
static char *
trimmed(char *line, char *end)
{
	while (end > line && is_blank(end[-1]))
		end--;
	*end = 0;
	while (is_blank(*line))
		line++;
	return line;
}

static int
read_line(char *line, char *end, const char *place, struct nn_words *w, struct nn_error *e)
{
	char word[NN_PATH_MAX + 256], *equals = memchr(line, '=', (size_t)(end - line));
	const char *text = trimmed(line, end);

	if (!*text || *text == '#')
		return 0;
	if (!equals)
		return nn_fail(e, "%s: expected `name = value`, not '%.60s'", place, text);
	const char *value = trimmed(equals + 1, end), *name = trimmed(line, equals);
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_.-", *c))
			return nn_fail(e, "%s: '%.60s' is no name of a setting", place, name);
	if (!*name || !*value)
		return nn_fail(e, "%s: a %s is missing before or after `=`", place, *name ? "value" : "name");
	if (snprintf(word, sizeof word, "--%s=%s", name, value) >= (int)sizeof word)
		return nn_fail(e, "%s: the value of %.60s is too long", place, name);
	return nn_words_add(w, word, place, e);
}

int
nn_settings_read(const char *path, struct nn_words *w, struct nn_error *e)
{
	char found[NN_PATH_MAX], place[NN_PATH_MAX + 32];
	unsigned char *bytes;
	size_t size, number = 1;
	int status = 0;

	if (nn_file_read(path, found, &bytes, &size, e) != 0)
		return -1;
	char *text = (char *)bytes, *end = text + size;
	if (memchr(text, 0, size))
		status = nn_fail(e, "%s: not a text: there is a zero byte in it", found);
	for (char *line = text; line < end && status == 0; number++) {
		char *stop = memchr(line, '\n', (size_t)(end - line));
		snprintf(place, sizeof place, "%s:%zu", found, number);
		stop = stop ? stop : end;
		status = read_line(line, stop, place, w, e);
		line = stop + 1;
	}
	free(bytes);
	return status;
}
