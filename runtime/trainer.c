/* trainer.c - nn_trainer: a table of commands, and how they are called.  Results go to standard output, messages to standard error. */
#include "options.h"
#include "progress.h"
#include "wrap.h"

#include <signal.h>
#include <string.h>

static const struct nn_command commands[] = {
	{"train", nn_train, NULL, "train the network and save its weights"},
	{"test", nn_test, NULL, "loss and metrics on the test data"},
	{"predict", nn_predict, "IN.csv|IN.npy|-", "the outputs for a table of inputs"},
	{"metrics", nn_metrics, "RUN", "what a run has logged, as CSV"},
	{"init", nn_init, NULL, "save the weights that training starts from"},
	{"gradients", nn_gradients, NULL, "loss and gradients of one batch from .npy files"},
	{"gradcheck", nn_gradcheck, NULL, "the derived gradients against finite differences"},
	{"bench", nn_bench, NULL, "how fast a training step is"},
	{"info", nn_info, NULL, "what this program was built from, its inputs, outputs and tensors"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

int
nn_report(const struct nn_error *e)
{
	nn_say("error:", e->text);
	if (*e->help)
		nn_say("  help:", e->help);
	return NN_FAILURE;
}

int
nn_report_usage(const struct nn_error *e)
{
	nn_report(e);
	return NN_WRONG_USAGE;
}

static int
print_help(FILE *f, const struct nn_program *p, const char *self, const struct nn_command *command)
{
	struct nn_error e;

	if (command) {
		fprintf(f, "%s %s [OPTIONS]%s%s: %s\n\n", self, command->name, command->argument ? " " : "",
		    command->argument ? command->argument : "", command->help);
	} else {
		fprintf(f, "%s COMMAND [OPTIONS]: the network %s of %s\n\n", self, p->model, p->file);
		for (size_t k = 0; k < COMMANDS; k++)
			fprintf(f, "  %-10s %s\n", commands[k].name, commands[k].help);
		fprintf(f, "\noptions, with [defaults] and the commands that know them:\n\n");
	}
	return nn_options_help(f, p, command, &e) == 0 ? NN_SUCCESS : nn_report(&e);
}

static const struct nn_command *
find(const char *name)
{
	for (size_t k = 0; k < COMMANDS; k++)
		if (strcmp(name, commands[k].name) == 0)
			return &commands[k];
	return NULL;
}

static int
unknown_command(const char *self, const char *name)
{
	const char *names[COMMANDS], *near;
	struct nn_error e;

	for (size_t k = 0; k < COMMANDS; k++)
		names[k] = commands[k].name;
	near = nn_suggestion(name, names, COMMANDS);
	nn_fail(&e, "there is no command '%s'", name);
	if (near)
		nn_help(&e, "write %s", near);
	else
		nn_help(&e, "%s --help lists the commands", self);
	return nn_report_usage(&e);
}

static int
run(const struct nn_program *p, const struct nn_command *command, int argc, char **argv)
{
	struct nn_options o;
	struct nn_error e = {.text = ""};
	int status;

	if (nn_options_read(&o, p, command, argc, argv, &e) != 0)
		status = nn_report_usage(&e);
	else if (o.help)
		status = print_help(stdout, p, argv[0], command);
	else
		status = command->run(&o);
	nn_options_free(&o);
	return status;
}

int
nn_trainer(const struct nn_program *program, int argc, char **argv)
{
	static const char *const helps[] = {"--help", "-h", "help"};
	const struct nn_command *command = argc > 1 ? find(argv[1]) : NULL;
	int status = NN_WRONG_USAGE, asked = 0;

#ifdef SIGXFSZ
	signal(SIGXFSZ, SIG_IGN); /* a file over the limit is then an error of write, which has a message and cleans up */
#endif
	for (int k = 0; argc > 1 && k < 3; k++)
		asked |= strcmp(argv[1], helps[k]) == 0;
	if (command)
		status = run(program, command, argc, argv);
	else if (asked)
		status = print_help(stdout, program, argv[0], argc > 2 ? find(argv[2]) : NULL);
	else if (argc > 1)
		status = unknown_command(argv[0], argv[1]);
	else
		print_help(stderr, program, argc ? argv[0] : "trainer", NULL);
	int cause = nn_results_cause();
	if (cause) {
		fprintf(stderr, "error: could not write to standard output: %s\n", strerror(cause));
		status = status == NN_SUCCESS ? NN_FAILURE : status;
	}
	return status;
}
