/* option_text.c - options as text: the lists of --help, an optimizer with its settings, the settings of a run. */
#include "option_table.h"
#include "number.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* -- help ------------------------------------------------------------------------------------------------------------------ */

static void
print_default(FILE *f, struct nn_options *o, const struct nn_option *option)
{
	const char *text = option->kind == TEXT ? *(const char **)nn_option_field(o, option) : NULL;

	switch (option->kind) {
	case WHOLE:
		if (*(size_t *)nn_option_field(o, option) >= option->least)
			fprintf(f, " [%zu]", *(size_t *)nn_option_field(o, option));
		break;
	case WHOLE64:
		fprintf(f, " [%llu]", (unsigned long long)*(uint64_t *)nn_option_field(o, option));
		break;
	case NUMBER:
		fprintf(f, " [%g]", *(double *)nn_option_field(o, option));
		break;
	case ON_OFF:
		fprintf(f, " [%s]", *(int *)nn_option_field(o, option) ? "on" : "off");
		break;
	case OPTIMIZER:
		if (o->program->optimizer_count)
			fprintf(f, " [%s]", o->program->optimizers[o->optimizer].name);
		break;
	case TEXT:
		if (text)
			fprintf(f, " [%s]", text);
		break;
	case EVERY:
		fprintf(f, " [10m]");
		break;
	case FLAG:
		break;
	}
}

static void
print_optimizers(FILE *f, const struct nn_program *p)
{
	char name[NAME_SIZE];

	for (size_t k = 0; k < p->optimizer_count; k++) {
		size_t first = p->optimizers[k].first_setting, end = first + p->optimizers[k].setting_count;
		for (size_t row = first, length; row < end; row += length) {
			const struct nn_setting *s = &p->settings[row];
			length = nn_list_length(p, &p->optimizers[k], row);
			snprintf(name, sizeof name, "optimizer.%s X%s", s->name, length > 1 ? ",.." : "");
			fprintf(f, "      --%-23s of %s%s%s [", name, p->optimizers[k].name, s->schedule ? ", by the schedule " : "",
			    s->schedule ? s->schedule : "");
			for (size_t j = 0; j < length; j++)
				fprintf(f, "%s%g", j ? "," : "", s[j].value);
			fprintf(f, "]\n");
		}
	}
}

static void
print_option(FILE *f, struct nn_options *o, const struct nn_option *option, int with_commands)
{
	char name[NAME_SIZE], letter[8] = "    ";

	snprintf(name, sizeof name, "%s%s%s", option->name, *option->value ? " " : "", option->value);
	if (option->letter)
		snprintf(letter, sizeof letter, "-%c, ", option->letter);
	fprintf(f, "  %s--%-23s %s", letter, name, option->help);
	print_default(f, o, option);
	if (with_commands && strcmp(option->commands, NN_ALL_COMMANDS) != 0)
		fprintf(f, " (%s)", option->commands);
	fputc('\n', f);
}

int
nn_options_help(FILE *f, const struct nn_program *program, const struct nn_command *command, struct nn_error *e)
{
	const char *name = command ? command->name : NULL;
	struct nn_options o;
	char path[256];
	int result = nn_options_defaults(&o, program, name, "", e);

	for (size_t k = 0; k < OPTIONS && result == 0; k++) {
		if (!nn_option_knows(nn_option_table[k].commands, name) || (strcmp(nn_option_table[k].name, "clip_norm") == 0 && program->training.clip_norm == 0))
			continue;
		if (strcmp(nn_option_table[k].name, "out") == 0 && name && nn_option_knows("train init", name))
			o.out = nn_weights_path(path, &o);
		print_option(f, &o, &nn_option_table[k], !name);
		if (nn_option_table[k].kind == OPTIMIZER)
			print_optimizers(f, program);
	}
	for (size_t k = 0; nn_option_knows("gradients", name) && k < program->input_count && result == 0; k++) {
		snprintf(path, sizeof path, "data.%s FILE.npy", program->inputs[k].name);
		fprintf(f, "      --%-23s values of the input %s%s\n", path, program->inputs[k].name, name ? "" : " (gradients)");
	}
	nn_options_free(&o);
	return result;
}

/* -- what several commands need -------------------------------------------------------------------------------------------- */

const double *
nn_chosen_settings(const struct nn_options *o)
{
	return o->settings + o->program->optimizers[o->optimizer].first_setting;
}

static void append(char out[256], const char *format, ...) NN_PRINTF(2, 3);

/* appends to out[256]; what does not fit is left out */
static void
append(char out[256], const char *format, ...)
{
	size_t used = strlen(out);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(out + used, 256 - used, format, arguments);
	va_end(arguments);
}

/* one number, or [82, 123] */
static void
append_numbers(char out[256], const double *numbers, size_t count)
{
	if (count > 1)
		append(out, "[");
	for (size_t k = 0; k < count; k++)
		append(out, "%s%g", k ? ", " : "", numbers[k]);
	if (count > 1)
		append(out, "]");
}

/* what a schedule is called with stands in its parentheses */
char *
nn_optimizer_text(char out[256], const struct nn_options *o)
{
	const struct nn_program *p = o->program;
	const struct nn_optimizer *optimizer = &p->optimizers[o->optimizer];
	size_t first = optimizer->first_setting, end = first + optimizer->setting_count, inside = 0; /* of the option's name, in a schedule */

	snprintf(out, 256, "%.60s(", optimizer->name);
	for (size_t row = first, length; row < end; row += length) {
		const struct nn_setting *s = &p->settings[row], *before = s - (row > first);
		if (inside && (strncmp(s->name, before->name, inside) != 0 || s->name[inside] != '.')) {
			append(out, ")");
			inside = 0;
		}
		append(out, "%s%.60s=", row > first ? ", " : "", s->name + (inside ? inside + 1 : 0));
		if (s->schedule) {
			append(out, "%.60s(", s->schedule);
			inside = strlen(s->name);
		}
		length = nn_list_length(p, optimizer, row);
		append_numbers(out, o->settings + row, length);
	}
	append(out, inside ? "))" : ")");
	return out;
}

char *
nn_weights_path(char out[256], const struct nn_options *o)
{
	size_t k = 0;

	for (; o->program->model[k] && k < 200; k++)
		out[k] = (char)tolower((unsigned char)o->program->model[k]);
	snprintf(out + k, 256 - k, ".safetensors");
	return out;
}

/* -- settings as text ------------------------------------------------------------------------------------------------------ */

/* the fewest digits that read back as the same number */
static void
print_number(FILE *f, double value)
{
	char text[40];
	double back;

	for (int digits = 6; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, value);
		if (nn_number(text, &back) != text && back == value)
			break;
	}
	fputs(text, f);
}

static void
print_every(FILE *f, const struct nn_every *every)
{
	if (every->steps || every->epochs)
		fprintf(f, "%llu%s", (unsigned long long)(every->steps + every->epochs), every->steps ? "steps" : "epochs");
	else {
		print_number(f, every->seconds);
		putc('s', f);
	}
}

/* `name = value`, unless it is what nothing is said of */
static int
print_setting(FILE *f, struct nn_options *o, const struct nn_option *option, struct nn_error *e)
{
	const void *value = nn_option_field(o, option);
	const char *text = option->kind == TEXT ? *(const char *const *)value : NULL;

	if ((option->kind == TEXT && !text) || (option->kind == WHOLE && !*(const size_t *)value) || (option->kind == FLAG && !*(const int *)value))
		return 0;
	for (const char *c = text; c && *c; c++)
		if ((unsigned char)*c < ' ')
			return nn_fail(e, "a run cannot keep --%s: there is a control character in it", option->name);
	fprintf(f, "%s = ", option->name);
	switch (option->kind) {
	case WHOLE:
		fprintf(f, "%zu", *(const size_t *)value);
		break;
	case WHOLE64:
		fprintf(f, "%llu", (unsigned long long)*(const uint64_t *)value);
		break;
	case NUMBER:
		print_number(f, *(const double *)value);
		break;
	case TEXT:
		fputs(text, f);
		break;
	case ON_OFF:
	case FLAG:
		fputs(*(const int *)value ? "on" : "off", f);
		break;
	case OPTIMIZER:
		fputs(o->program->optimizers[o->optimizer].name, f);
		break;
	case EVERY:
		print_every(f, value);
		break;
	}
	putc('\n', f);
	return 0;
}

int
nn_settings_write(FILE *f, const struct nn_options *o, struct nn_error *e)
{
	struct nn_options all = *o;
	const struct nn_optimizer *optimizer = &o->program->optimizers[o->optimizer];
	size_t end = optimizer->first_setting + optimizer->setting_count;

	for (size_t k = 0; k < OPTIONS; k++)
		if (nn_option_knows(nn_options_of_a_run, nn_option_table[k].name) && print_setting(f, &all, &nn_option_table[k], e) != 0)
			return -1;
	for (size_t row = optimizer->first_setting, length; row < end; row += length) {
		length = nn_list_length(o->program, optimizer, row);
		fprintf(f, "optimizer.%s = ", o->program->settings[row].name);
		for (size_t j = 0; j < length; j++) {
			fputs(j ? "," : "", f);
			print_number(f, o->settings[row + j]);
		}
		putc('\n', f);
	}
	return 0;
}
