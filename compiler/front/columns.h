/* columns.h - how wide a text is on a screen, and where it breaks into lines. */
#ifndef NNC_COLUMNS_H
#define NNC_COLUMNS_H

#include <stddef.h>

/* the columns of the first character of a text of n > 0 bytes, and its bytes; what is no UTF-8 is one column a byte */
int character_columns(const char *text, size_t n, size_t *bytes);
int text_columns(const char *text, size_t n);
/* The bytes of a text that stand on a line of `room` columns, without the blanks at its end; *next: where the following line begins.  It breaks at
 * line breaks, and at blanks: not inside `...` unless this is longer than a line; a word that is longer than a line is cut. */
size_t line_of_text(const char *text, int room, size_t *next);
/* a little less room than `room`, where the text up to its line break takes no more lines then and does not end with a short one */
int even_room(const char *text, int room);

#endif
