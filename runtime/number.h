/* number.h - decimal numbers in text, whatever the locale. */
#ifndef NN_NUMBER_H
#define NN_NUMBER_H

/* Reads the number at `text` (zero-terminated somewhere): [+-] digits [. digits] [e [+-] digits], or inf, infinity, nan in any case.
 * The value is the nearest double (ties to even), infinite where it is too large.  Returns the end of the number; `text` where there
 * is none. */
const char *nn_number(const char *text, double *value);

#endif
