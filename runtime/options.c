/* options.c - the trainer's command line: one table of options, `--name value` or `--name=value`.
 *
 * The defaults are those of the .nn file.  Besides the table there are two families of names that depend on the model:
 * --optimizer.NAME for each setting of the chosen optimizer, and --data.NAME for each input (of `gradients`).  In names `-` and `_`
 * are the same.  A name that does not exist is answered with the nearest that does. */
#define _POSIX_C_SOURCE 200809L
#include "option_table.h"
#include "number.h"
#include "pool.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTION(name, letter, kind, least, value, help, commands) \
	{#name, value, letter, kind, least, offsetof(struct nn_options, name), help, commands}

const struct nn_option nn_option_table[] = {
	OPTION(epochs, 0, WHOLE, 1, "N", "passes over the training data", "train"),
	OPTION(steps, 0, WHOLE, 1, "N", "train: stop after N steps; bench: timings", "train bench"),
	OPTION(batch_size, 0, WHOLE, 1, "N", "samples in a step", "train test predict bench"),
	OPTION(chunk, 0, WHOLE, 1, "N", "samples worked on at a time, where a batch is larger", "train gradients"),
	OPTION(optimizer, 0, OPTIMIZER, 0, "NAME", "one that was compiled in", "train bench"),
	OPTION(clip_norm, 0, NUMBER, 0, "X", "the most that the norm of all gradients together may be; 0: anything", "train bench"),
	OPTION(seed, 0, WHOLE64, 0, "S", "of every random choice", "train init gradients gradcheck bench"),
	OPTION(shuffle, 0, ON_OFF, 0, "on|off", "a new order of the records each epoch", "train"),
	OPTION(validation, 0, NUMBER, 0, "F", "hold out a share (below 1) or a number of records", "train"),
	OPTION(split_seed, 0, WHOLE64, 0, "S", "which records are held out", "train"),
	OPTION(early_stopping, 0, WHOLE, 0, "N", "stop after N epochs without a better figure; 0: off", "train"),
	OPTION(early_stopping_on, 0, TEXT, 0, "NAME", "what is the better figure: loss or a metric", "train"),
	OPTION(weights, 0, TEXT, 0, "FILE", "a .safetensors file; train: what to start from", "train test predict gradients"),
	OPTION(data, 0, TEXT, 0, "DIR", "folder of the data files", "train test predict"),
	OPTION(out, 'o', TEXT, 0, "FILE", "where the result goes; train: a file of weights, as a.safetensors, or the folder of a run", "train predict metrics init gradients"),
	OPTION(resume, 0, TEXT, 0, "RUN", "go on with a run, with its settings", "train"),
	OPTION(every, 0, EVERY, 0, "TIME", "how often a run is saved: 10m, 500steps, 1epoch", "train"),
	OPTION(keep, 0, WHOLE, 1, "N", "earlier checkpoints of a run to keep", "train"),
	OPTION(set, 0, TEXT, 0, "FILE", "settings from a file, a line `name = value` for each", "train"),
	OPTION(tensorboard, 0, FLAG, 0, "", "write events for TensorBoard into the run", "train"),
	OPTION(step, 0, WHOLE64, 1, "N", "the step whose random draws are used", "gradients"),
	OPTION(samples, 0, WHOLE, 1, "N", "made-up samples", "gradcheck"),
	OPTION(threads, 0, WHOLE, 1, "N", "threads", "train test predict gradients gradcheck bench"),
	OPTION(draws, 0, FLAG, 0, "", "write the random numbers of the step, too", "gradients"),
	OPTION(gradient_norms, 0, FLAG, 0, "", "print the norm of each parameter's gradient after each epoch", "train"),
	OPTION(time, 0, FLAG, 0, "", "say at the end what a step took, and how much of it for the data", "train"),
	OPTION(part, 0, TEXT, 0, "NAME", "data, validation or test: the records of that group of the file, instead of IN", "predict"),
	OPTION(classes, 0, TEXT, 0, "NAMES", "cat,dog,.., a file with a name a line, or `numbers`; predict: a column with the class", "test predict"),
	OPTION(predict, 0, FLAG, 0, "", "a prediction instead of a step, of one sample if --batch_size says nothing", "bench"),
	OPTION(json, 0, FLAG, 0, "", "the result as JSON", "train test bench"),
	OPTION(quiet, 'q', FLAG, 0, "", "errors and results only", "train test"),
	OPTION(help, 'h', FLAG, 0, "", "this list", NN_ALL_COMMANDS),
};
_Static_assert(sizeof nn_option_table / sizeof *nn_option_table == OPTIONS, "as many as option_table.h says");
_Static_assert(OPTIONS <= 64, "a bit of `given` for each");

/* what a run keeps, besides the settings of its optimizer; and what may be said when it goes on */
const char nn_options_of_a_run[] = "epochs steps batch_size optimizer clip_norm seed shuffle validation split_seed early_stopping early_stopping_on data "
                                   "every keep tensorboard";
static const char when_it_goes_on[] = "resume epochs steps early_stopping data every keep threads chunk gradient_norms time tensorboard json quiet help";

/* is `command` (NULL: any) one of the words of `commands`? */
int
nn_option_knows(const char *commands, const char *command)
{
	size_t length = command ? strlen(command) : 0;

	if (!command)
		return 1;
	for (const char *at = commands; (at = strstr(at, command)); at += length)
		if ((at == commands || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
			return 1;
	return 0;
}

/* a name of which `word` is the beginning, else the one that it was probably meant to be, else NULL */
const char *
nn_suggestion(const char *word, const char *const names[], size_t count)
{
	size_t near = nn_nearest(word, names, count);

	for (size_t k = 0; k < count && strlen(word) > 1; k++)
		if (strncmp(word, names[k], strlen(word)) == 0)
			return names[k];
	return near < count ? names[near] : NULL;
}

/* -- values ---------------------------------------------------------------------------------------------------------------- */

void *
nn_option_field(struct nn_options *o, const struct nn_option *option)
{
	return (char *)o + option->offset;
}

static int
expected(struct nn_error *e, const char *name, const char *what, const char *value)
{
	return nn_fail(e, "--%s takes %s, not '%s'", name, what, value);
}

static int
read_whole(const char *name, const char *value, unsigned long long least, unsigned long long most, unsigned long long *out, struct nn_error *e)
{
	char *end, what[80];

	errno = 0;
	*out = strtoull(value, &end, 10);
	if (value[0] >= '0' && value[0] <= '9' && *end == '\0' && errno == 0 && *out >= least && *out <= most)
		return 0;
	if (least)
		snprintf(what, sizeof what, "a whole number, at least %llu", least);
	else
		snprintf(what, sizeof what, "a whole number");
	return expected(e, name, what, value);
}

static int
read_number(const char *name, const char *value, double *out, struct nn_error *e)
{
	const char *end = nn_number(value, out);

	if (end != value && *end == '\0' && isfinite(*out))
		return 0;
	return expected(e, name, "a number", value);
}

static int
read_on_off(const char *name, const char *value, int *out, struct nn_error *e)
{
	static const char *const words[] = {"off", "on", "false", "true", "no", "yes", "0", "1"};

	for (int k = 0; k < 8; k++)
		if (strcmp(value, words[k]) == 0) {
			*out = k % 2;
			return 0;
		}
	return expected(e, name, "on or off", value);
}

/* 10m, 1.5h, 500steps, 1epoch */
static int
read_every(const char *name, const char *value, struct nn_every *out, struct nn_error *e)
{
	static const struct {
		const char *unit;
		double seconds;
		int steps, epochs;
	} units[] = {{"s", 1, 0, 0}, {"m", 60, 0, 0}, {"h", 3600, 0, 0}, {"steps", 0, 1, 0}, {"step", 0, 1, 0}, {"epochs", 0, 0, 1}, {"epoch", 0, 0, 1}};
	double number;
	const char *unit = nn_number(value, &number);

	for (size_t k = 0; k < sizeof units / sizeof *units && unit != value && number > 0 && number < 1e15; k++) {
		if (strcmp(unit, units[k].unit) != 0 || (units[k].seconds == 0 && number != floor(number)))
			continue;
		*out = (struct nn_every){number * units[k].seconds, units[k].steps ? (uint64_t)number : 0, units[k].epochs ? (uint64_t)number : 0};
		return 0;
	}
	return expected(e, name, "a time, a number of steps or of epochs, as 10m, 500steps or 1epoch", value);
}

static int
read_optimizer(const struct nn_program *p, const char *value, int *out, struct nn_error *e)
{
	const char *names[MAX_NAMES];
	char list[256] = "";
	size_t used = 0;

	for (size_t k = 0; k < p->optimizer_count && k < MAX_NAMES; k++) {
		names[k] = p->optimizers[k].name;
		if (strcmp(value, names[k]) == 0) {
			*out = (int)k;
			return 0;
		}
		if (used < sizeof list)
			used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", k ? ", " : "", names[k]);
	}
	const char *near = nn_suggestion(value, names, p->optimizer_count < MAX_NAMES ? p->optimizer_count : MAX_NAMES);
	nn_fail(e, "the optimizer '%s' is not compiled in; this program has %s", value, *list ? list : "none");
	if (near)
		return nn_help(e, "write --optimizer=%s", near);
	return nn_help(e, "add it to `optimizers = [...]` in the train block of %s and build again: %s", p->file, p->command);
}

static int
read_value(struct nn_options *o, const struct nn_option *option, const char *value, struct nn_error *e)
{
	unsigned long long whole = 0;
	int result = 0;

	switch (option->kind) {
	case WHOLE:
		result = read_whole(option->name, value, option->least, SIZE_MAX, &whole, e);
		*(size_t *)nn_option_field(o, option) = (size_t)whole;
		break;
	case WHOLE64:
		result = read_whole(option->name, value, option->least, UINT64_MAX, &whole, e);
		*(uint64_t *)nn_option_field(o, option) = whole;
		break;
	case NUMBER:
		result = read_number(option->name, value, nn_option_field(o, option), e);
		break;
	case TEXT:
		*(const char **)nn_option_field(o, option) = value;
		break;
	case ON_OFF:
		result = read_on_off(option->name, value, nn_option_field(o, option), e);
		break;
	case FLAG:
		*(int *)nn_option_field(o, option) = 1;
		break;
	case OPTIMIZER:
		result = read_optimizer(o->program, value, nn_option_field(o, option), e);
		break;
	case EVERY:
		result = read_every(option->name, value, nn_option_field(o, option), e);
		break;
	}
	return result;
}

/* -- reading the command line ---------------------------------------------------------------------------------------------- */

int
nn_options_defaults(struct nn_options *o, const struct nn_program *program, const char *command, const char *self, struct nn_error *e)
{
	const struct nn_training *t = &program->training;

	*o = (struct nn_options){
		.program = program, .command = command, .self = self,
		.epochs = t->epochs, .steps = t->steps, .batch_size = t->batch_size ? t->batch_size : 32,
		.early_stopping = t->early_stopping, .early_stopping_on = t->early_stopping_on, .validation = t->validation, .clip_norm = t->clip_norm,
		.seed = t->seed, .split_seed = t->split_seed, .shuffle = t->shuffle, .optimizer = t->optimizer,
		.threads = nn_default_threads(), .chunk = 4096, .samples = 5, .step = 1, .every = {.seconds = 600},
		.settings = calloc(program->setting_count + 1, sizeof *o->settings),
		.arrays = calloc(program->input_count + 1, sizeof *o->arrays),
	};
	if (command && strcmp(command, "bench") == 0)
		o->steps = 200;
	if (!o->settings || !o->arrays)
		return nn_fail(e, "out of memory");
	for (size_t k = 0; k < program->setting_count; k++)
		o->settings[k] = program->settings[k].value;
	return 0;
}

void
nn_options_free(struct nn_options *o)
{
	free(o->settings);
	free(o->arrays);
	nn_words_free(&o->words);
	o->settings = NULL;
	o->arrays = NULL;
}

static int
unknown(const struct nn_options *o, const char *name, struct nn_error *e)
{
	static const char optimizer[] = "optimizer.", data[] = "data.";
	const struct nn_program *p = o->program;
	const char *names[MAX_NAMES];
	char made[MAX_NAMES][NAME_SIZE];
	size_t count = 0, made_count = 0;

	for (size_t k = 0; k < OPTIONS; k++)
		if (nn_option_knows(nn_option_table[k].commands, o->command))
			names[count++] = nn_option_table[k].name;
	for (size_t k = 0; nn_option_knows("train bench", o->command) && k < p->setting_count && count < MAX_NAMES; k++) {
		snprintf(made[made_count], NAME_SIZE, "%s%s", optimizer, p->settings[k].name);
		names[count++] = made[made_count++];
	}
	for (size_t k = 0; nn_option_knows("gradients", o->command) && k < p->input_count && count < MAX_NAMES; k++) {
		snprintf(made[made_count], NAME_SIZE, "%s%s", data, p->inputs[k].name);
		names[count++] = made[made_count++];
	}
	const char *near = nn_suggestion(name, names, count);
	nn_fail(e, "%s has no option --%s", o->command, name);
	if (near)
		return nn_help(e, "write --%s", near);
	return nn_help(e, "%s %s --help lists all options", o->self, o->command);
}

/* a row of the settings, and those behind it that are under the same name: a list */
size_t
nn_list_length(const struct nn_program *p, const struct nn_optimizer *optimizer, size_t row)
{
	size_t n = 1;

	while (row + n < optimizer->first_setting + optimizer->setting_count && strcmp(p->settings[row].name, p->settings[row + n].name) == 0)
		n++;
	return n;
}

/* 82,123: as many numbers as the list has in the file */
static int
read_list(const char *name, const char *value, double out[], size_t count, struct nn_error *e)
{
	const char *at = value;

	for (size_t k = 0; k < count; k++) {
		const char *end = nn_number(at, &out[k]);
		if (end == at || *end != (k + 1 < count ? ',' : '\0') || !isfinite(out[k]))
			return nn_fail(e, "--%s takes %zu numbers with commas between them, not '%s'", name, count, value);
		at = end + 1;
	}
	return 0;
}

/* --optimizer.lr: a setting of the optimizer that is chosen once the whole line has been read */
static int
read_setting(struct nn_options *o, const char *name, const char *value, struct nn_error *e)
{
	const struct nn_optimizer *optimizer = &o->program->optimizers[o->optimizer];
	const char *names[MAX_NAMES], *wanted = name + strlen("optimizer.");
	size_t count = optimizer->setting_count < MAX_NAMES ? optimizer->setting_count : MAX_NAMES;

	for (size_t k = 0; k < count; k++) {
		size_t row = optimizer->first_setting + k, length = nn_list_length(o->program, optimizer, row);
		names[k] = o->program->settings[row].name;
		if (strcmp(wanted, names[k]) == 0)
			return length > 1 ? read_list(name, value, &o->settings[row], length, e) : read_number(name, value, &o->settings[row], e);
	}
	const char *near = nn_suggestion(wanted, names, count);
	nn_fail(e, "the optimizer %s has no setting '%s'", optimizer->name, wanted);
	if (near)
		return nn_help(e, "write --optimizer.%s", near);
	return nn_help(e, "%s %s --help lists its settings", o->self, o->command);
}

static int
read_array(struct nn_options *o, const char *name, const char *value, struct nn_error *e)
{
	for (size_t k = 0; k < o->program->input_count; k++)
		if (strcmp(name + strlen("data."), o->program->inputs[k].name) == 0) {
			o->arrays[k] = value;
			return 0;
		}
	return unknown(o, name, e);
}

/* an argument of the command line taken apart; value NULL where none is joined by '=' */
struct word {
	char name[NAME_SIZE];
	const char *value;
	const struct nn_option *option;
	int setting, array;
};

static int
take_apart(const struct nn_options *o, const char *text, struct word *w, struct nn_error *e)
{
	const char *name = text + (text[1] == '-' ? 2 : 1), *equals = strchr(name, '=');
	size_t length = equals ? (size_t)(equals - name) : strlen(name);

	*w = (struct word){.value = equals ? equals + 1 : NULL};
	if (length >= sizeof w->name)
		return nn_fail(e, "%s has no option as long as %.40s...", o->command, text);
	for (size_t k = 0; k < length; k++)
		w->name[k] = name[k];
	for (size_t k = 0; k < OPTIONS; k++) {
		int letter = text[1] != '-' && length == 1 && nn_option_table[k].letter == name[0], same = text[1] == '-';
		for (size_t j = 0; same && j <= length; j++)
			same = nn_option_table[k].name[j] == (w->name[j] == '-' ? '_' : w->name[j]);
		if ((letter || same) && nn_option_knows(nn_option_table[k].commands, o->command))
			w->option = &nn_option_table[k];
	}
	w->setting = strncmp(w->name, "optimizer.", 10) == 0 && nn_option_knows("train bench", o->command) && o->program->optimizer_count;
	w->array = strncmp(w->name, "data.", 5) == 0 && nn_option_knows("gradients", o->command);
	return w->option || w->setting || w->array ? 0 : unknown(o, w->name, e);
}

static int
apply(struct nn_options *o, const struct word *w, int settings_now, struct nn_error *e)
{
	if (w->setting != settings_now)
		return 0;
	if (w->setting)
		return read_setting(o, w->name, w->value, e);
	if (w->array)
		return read_array(o, w->name, w->value, e);
	return read_value(o, w->option, w->value, e);
}

/* a word and its value, which may be the next one: *k moves to the last of them */
static int
read_option(struct nn_options *o, size_t *k, int settings_now, struct nn_error *e)
{
	const struct nn_words *words = &o->words;
	int typed = !words->places[*k];
	struct word w;

	if (take_apart(o, words->at[*k], &w, e) != 0)
		return -1;
	int flag = w.option && w.option->kind == FLAG;
	if (flag && w.value && (typed || strcmp(w.value, "on") != 0))
		return nn_fail(e, "--%s takes no value", w.name);
	if (!typed && w.option && !nn_option_knows(nn_options_of_a_run, w.option->name))
		return nn_fail(e, "%s is no setting of a training, but belongs on the command line", w.name);
	if (typed && o->resume && !(w.option && nn_option_knows(when_it_goes_on, w.option->name))) {
		nn_fail(e, "--%s cannot be changed when the run %s goes on: its settings are in %s/settings.txt", w.name, o->resume, o->resume);
		return nn_help(e, "begin another run with them: --set %s/settings.txt --%s ... --out ANOTHER", o->resume, w.name);
	}
	if (!flag && !w.value && ++*k == words->count)
		return nn_fail(e, "--%s needs a value", w.name);
	if (!flag && !w.value)
		w.value = words->at[*k];
	if (w.option && (typed || !o->resume))
		o->given |= (uint64_t)1 << (w.option - nn_option_table);
	return apply(o, &w, settings_now, e);
}

/* the message about a word of a file names its line */
static int
fail_at(const char *place, struct nn_error *e)
{
	char help[sizeof e->help];

	memcpy(help, e->help, sizeof help);
	if (place)
		nn_fail(e, "%s: %s", place, e->text);
	memcpy(e->help, help, sizeof help);
	return -1;
}

/* two rounds: the settings of the optimizer wait until it is known which */
static int
read_round(struct nn_options *o, const struct nn_command *command, int settings_now, struct nn_error *e)
{
	int only_arguments = 0;

	o->argument = NULL;
	for (size_t k = 0; k < o->words.count; k++) {
		const char *word = o->words.at[k], *place = o->words.places[k];
		if (!only_arguments && strcmp(word, "--") == 0) {
			only_arguments = 1;
		} else if (only_arguments || word[0] != '-' || word[1] == '\0') {
			if (!command->argument || o->argument)
				return nn_fail(e, "%s takes %s, not '%s'", o->command, command->argument ? "one file" : "options only", word);
			o->argument = word;
		} else if (read_option(o, &k, settings_now, e) != 0) {
			return fail_at(place, e);
		}
	}
	return 0;
}

/* the value of --name where the command line has it, else NULL */
static const char *
look_ahead(const char *name, int argc, char **argv)
{
	size_t length = strlen(name);
	const char *value = NULL;

	for (int k = 2; k < argc && strcmp(argv[k], "--") != 0; k++)
		if (strncmp(argv[k], "--", 2) == 0 && strncmp(argv[k] + 2, name, length) == 0) {
			if (argv[k][2 + length] == '=')
				value = argv[k] + 3 + length;
			else if (argv[k][2 + length] == '\0' && k + 1 < argc)
				value = argv[k + 1];
		}
	return value;
}

/* the settings of a run that goes on, those of --set, then what was typed: the later counts */
static int
collect_words(struct nn_options *o, int argc, char **argv, struct nn_error *e)
{
	int trains = strcmp(o->command, "train") == 0;
	const char *resume = trains ? look_ahead("resume", argc, argv) : NULL, *set = trains ? look_ahead("set", argc, argv) : NULL;
	char path[4096];

	if (resume) {
		o->resume = resume;
		o->epochs = o->steps = 0; /* the run has at least one of them */
		if (snprintf(path, sizeof path, "%s/settings.txt", resume) >= (int)sizeof path)
			return nn_fail(e, "the name of the run is too long");
		if (access(path, F_OK) != 0 && errno == ENOENT) {
			nn_fail(e, "there is no run %s: no file %s", resume, path);
			return nn_help(e, "%s train --out %s begins one", o->self, resume);
		}
		if (nn_settings_read(path, &o->words, e) != 0)
			return -1;
	} else if (set && nn_settings_read(set, &o->words, e) != 0) {
		return -1;
	}
	for (int k = 2; k < argc; k++)
		if (nn_words_add(&o->words, argv[k], NULL, e) != 0)
			return -1;
	return 0;
}

int
nn_option_given(const struct nn_options *o, const char *name)
{
	for (size_t k = 0; k < OPTIONS; k++)
		if (strcmp(nn_option_table[k].name, name) == 0)
			return (o->given >> k & 1) != 0;
	return 0;
}

/* clipping by norm needs all gradients at once: whether it is done decides how the model is compiled */
static int
check_clipping(const struct nn_options *o, struct nn_error *e)
{
	if (o->clip_norm < 0)
		return nn_fail(e, "--clip_norm takes a number above 0, or 0 for no clipping, not %g", o->clip_norm);
	if (o->clip_norm == 0 || o->program->training.clip_norm > 0)
		return 0;
	nn_fail(e, "clipping is not compiled in");
	return nn_help(e, "add `clip_norm = %g` to the train block of %s and build again: %s", o->clip_norm, o->program->file, o->program->command);
}

int
nn_options_read(struct nn_options *o, const struct nn_program *program, const struct nn_command *command, int argc, char **argv,
    struct nn_error *e)
{
	if (nn_options_defaults(o, program, command->name, argv[0], e) != 0)
		return -1;
	if (collect_words(o, argc, argv, e) != 0 || read_round(o, command, 0, e) != 0 || read_round(o, command, 1, e) != 0)
		return -1;
	if (strcmp(o->command, "train") == 0 && nn_option_given(o, "epochs") != nn_option_given(o, "steps"))
		*(nn_option_given(o, "epochs") ? &o->steps : &o->epochs) = 0; /* the one that was asked for rules */
	if (o->keep > 1000)
		return nn_fail(e, "--keep takes at most 1000, not %zu", o->keep);
	if (o->threads > 256)
		return nn_fail(e, "--threads takes at most 256, not %zu", o->threads);
	if (o->validation < 0 || (o->validation > 1 && o->validation != floor(o->validation)))
		return nn_fail(e, "--validation takes a share below 1 or a whole number of records, not %g", o->validation);
	return check_clipping(o, e);
}
