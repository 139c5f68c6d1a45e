/* wrap.h - how wide a text is on a screen, and where it breaks into lines: for the messages of nnc and of trainers. */
#ifndef NN_WRAP_H
#define NN_WRAP_H

#include <stddef.h>
#include <stdio.h>

enum { NN_DEFAULT_COLUMNS = 80 };

/* the columns of the first character of a text of n > 0 bytes, and its bytes; what is no UTF-8 is one column a byte */
int nn_character_columns(const char *text, size_t n, size_t *bytes);
int nn_text_columns(const char *text, size_t n);
/* The bytes of a text that stand on a line of `room` columns, without the blanks at its end; *next: where the following line begins.  It breaks at
 * line breaks, and at blanks: not inside `...` unless this is longer than a line; a word that is longer than a line is cut. */
size_t nn_line_of_text(const char *text, int room, size_t *next);
/* a little less room than `room`, where the text up to its line break takes no more lines then and does not end with a short one */
int nn_even_room(const char *text, int room);
/* columns of the screen behind a file descriptor: COLUMNS, else the terminal's, else 80; 40 at least */
int nn_screen_columns(int fd);
/* "HEAD TEXT" on standard error, and a line break: where this is a terminal as wide as the screen, the text of further lines below that of the
 * first; elsewhere on one line */
void nn_say(const char *head, const char *text);
/* the same of a text that is made here; of one that is longer than 8 kB, its begin */
void nn_say_of(const char *head, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
