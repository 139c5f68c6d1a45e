/* option_table.h - inside options.c and option_text.c: the table of options, a row for each. */
#ifndef NN_OPTION_TABLE_H
#define NN_OPTION_TABLE_H

#include "options.h"

enum nn_option_kind { WHOLE, WHOLE64, NUMBER, TEXT, ON_OFF, FLAG, OPTIMIZER, EVERY };

struct nn_option {
	char name[18], value[8]; /* value: what stands for it in the help; empty: it takes none */
	char letter;             /* -o; 0: none */
	unsigned char kind;      /* enum nn_option_kind */
	unsigned char least;     /* smallest whole number allowed */
	unsigned short offset;   /* of its field in struct nn_options */
	const char *help;
	const char *commands;    /* that know it */
};

#define NN_ALL_COMMANDS "train test predict metrics init gradients gradcheck bench info"
enum { OPTIONS = 32, MAX_NAMES = 256, NAME_SIZE = 128 };
extern const struct nn_option nn_option_table[OPTIONS];
extern const char nn_options_of_a_run[];

/* is `command` (NULL: any) one of the words of `commands`? */
int nn_option_knows(const char *commands, const char *command);
void *nn_option_field(struct nn_options *o, const struct nn_option *option);
/* what the file says; `self` is argv[0] */
int nn_options_defaults(struct nn_options *o, const struct nn_program *program, const char *command, const char *self, struct nn_error *e);
/* a row of the settings, and those behind it that are under the same name: a list */
size_t nn_list_length(const struct nn_program *p, const struct nn_optimizer *optimizer, size_t row);

#endif
