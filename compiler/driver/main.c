/* main.c - nnc: the commands as a table.
 *
 *   read the options, read the file, run the passes up to the one that the command needs, print the messages, run the command */
#define _XOPEN_SOURCE 700 /* SIGXFSZ */
#include "driver/driver.h"
#include "driver/memory.h"
#include "core/print.h"
#include "data/data.h"
#include "plot/plot.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- commands --------------------------------------------------------------------------------------------------------------------------------------- */

static int
command_check(struct compilation *c, const struct options *o)
{
	(void)o;
	(void)c;
	return 0;
}

static int
command_shapes(struct compilation *c, const struct options *o)
{
	(void)o;
	for (int i = 0; i < c->unit.models.n; i++) {
		const struct model *m = c->unit.models.at[i];
		double total = 0, frozen = 0;
		printf("model %s\n", m->name);
		for (int k = 0; k < m->inputs.n; k++)
			printf("  %-40s %s\n", m->inputs.at[k]->name, input_type_text(&c->arena, m->inputs.at[k]));
		for (int k = 0; k < m->layers.n; k++) {
			const struct layer_shape *l = &m->layers.at[k];
			printf("  %-40s %-20s", l->text, dims_text(&c->arena, l->rank, l->shape));
			if (l->parameters) printf(" %12.0f parameters", l->parameters);
			if (l->frozen && l->frozen < l->parameters) printf(", %.0f of them frozen", l->frozen);
			else if (l->frozen) printf(", frozen");
			printf("\n");
		}
		for (int k = 0; k < m->train->tensors.n; k++) {
			const struct tensor *t = m->train->tensors.at[k];
			if (!tensor_is_param(t)) continue;
			total += (double)tensor_count(t);
			if (t->role == ROLE_FROZEN) frozen += (double)tensor_count(t);
			printf("  parameter %-30s %-20s %12ld%s\n", t->name, dims_text(&c->arena, t->rank, t->shape), tensor_count(t), t->role == ROLE_FROZEN ? " frozen" : "");
		}
		const struct plan *plan = i < c->built.n ? c->built.at[i].plans[TRAIN] : NULL;
		printf("  %.0f parameters", total);
		if (frozen) printf(", %.0f of them frozen", frozen);
		if (plan) printf("; %.0f FLOP and %.0f bytes of buffers a sample in training", plan->flops, plan->sample_bytes);
		if (plan) printf("; %s in all for batches of %.0f", bytes_text(&c->arena, memory_needed(&c->built.at[i], c->options.f64)), m->training.batch_size);
		printf("\n");
	}
	return 0;
}

struct asked { /* --of NAME, --all */
	const char *of;
	bool all;
};

static bool
is_asked(const struct equation *q, void *context)
{
	const struct asked *a = context;
	const struct tensor *t = q->tensor;
	if (t->role != ROLE_ADJOINT && !a->all) return false;
	if (!a->of) return true;
	const struct tensor *of = t->of ? t->of : t;
	size_t n = strlen(a->of);
	if (!strcmp(of->name, a->of) || !strcmp(t->name, a->of)) return true;
	for (const char *s = t->name; s; s = strchr(s, '.') ? strchr(s, '.') + 1 : NULL) /* Dense1 or Dense in Hidden2.Dense1.dW */
		if (!strncmp(s, a->of, n) && strspn(s + n, "0123456789") == strcspn(s + n, ".") && s[n + strspn(s + n, "0123456789")] == '.') return true;
	return false;
}

static int
command_grad(struct compilation *c, const struct options *o)
{
	int losses = 0, printed = 0;
	for (int i = 0; i < c->unit.models.n; i++) {
		struct model *m = c->unit.models.at[i];
		struct text t = {.arena = &c->arena};
		struct asked asked = {o->of, o->all};
		if (!m->train->loss) continue;
		losses++;
		program_print(m->train, &t, (struct print_style){.sample = true, .join = true}, is_asked, &asked);
		if (o->of && !t.length) continue;
		if (c->unit.models.n > 1) printf("%s# model %s\n", printed ? "\n" : "", m->name);
		printf("%s", text_end(&t));
		printed++;
	}
	if (!losses) fprintf(stderr, "error: no model of %s has a loss, so there is no gradient\n", c->source.path);
	else if (!printed) fprintf(stderr, "error: nothing in the gradient belongs to `%s`\n", o->of);
	return printed ? 0 : 1;
}

static int
command_emit(struct compilation *c, const struct options *o)
{
	const char *folder = o->output ? o->output : ".";
	for (int i = 0; i < c->built.n; i++)
		if (write_folder(c, &c->built.at[i], folder)) return 1;
	return 0;
}

/* the one model to build; with several the user has to choose */
static struct built *
chosen(struct compilation *c, const char *command)
{
	if (c->built.n == 1) return &c->built.at[0];
	fprintf(stderr, "error: %s has %d models: ", c->source.path, c->built.n);
	for (int i = 0; i < c->built.n; i++) fprintf(stderr, "%s%s", i ? ", " : "", c->built.at[i].model->name);
	fprintf(stderr, "\n  = help: choose one: nnc %s %s --model %s\n", command, c->source.path, c->built.at[0].model->name);
	return NULL;
}

static const char *
stem(struct compilation *c)
{
	const char *name = strrchr(c->source.path, '/');
	name = name ? name + 1 : c->source.path;
	const char *dot = strrchr(name, '.');
	return arena_text(&c->arena, name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

static int
command_build(struct compilation *c, const struct options *o)
{
	struct built *b = chosen(c, "build");
	return b ? build_program(c, b, o, o->output ? o->output : stem(c)) : 1;
}

static int
command_train(struct compilation *c, const struct options *o)
{
	struct built *b = chosen(c, "train");
	const char *program = b ? cached_program(c, b, o) : NULL;
	if (!program) return 1;
	char **argv = NEW_ARRAY(&c->arena, o->rest_count + 3, char *);
	argv[0] = (char *)program;
	argv[1] = (char *)"train";
	for (int i = 0; i < o->rest_count; i++) argv[i + 2] = o->rest[i];
	fflush(NULL);
	execv(program, argv);
	fprintf(stderr, "error: cannot run %s: %s\n", program, strerror(errno));
	return 1;
}

static const struct command commands[] = {
	{"check", "look for mistakes", "derive", command_check, NULL},
	{"shapes", "the shape, parameters and cost of every layer", "plan", command_shapes, NULL},
	{"grad", "the derived gradient, as equations", "simplify", command_grad, NULL},
	{"emit", "the C files, into the folder -o", "emit", command_emit, NULL},
	{"build", "the trainer, a program of its own", "emit", command_build, NULL},
	{"train", "build and train; the trainer's options follow after --", "emit", command_train, NULL},
	{"fmt", "the one layout for FILE.nn ..., in place; `-` from standard input to standard output", NULL, NULL, command_fmt},
	{"explain", "the story of a diagnostic, CODE for FILE.nn; all codes where none is named", NULL, NULL, command_explain},
};

const struct command *
command_row(int i)
{
	return i < (int)(sizeof commands / sizeof *commands) ? &commands[i] : NULL;
}

/* ---- main -------------------------------------------------------------------------------------------------------------------------------------------- */

/* what made the files, without paths: emitting from another folder gives the same text */
static const char *
command_line(struct arena *a, const struct options *o)
{
	struct text t = {.arena = a};
	const char *name = strrchr(o->file, '/');
	text_add(&t, "nnc emit %s", name ? name + 1 : o->file);
	for (int i = 0; i < o->compile.define_count; i++) text_add(&t, " -D %s=%s", o->compile.defines[i].name, o->compile.defines[i].value);
	if (o->compile.model) text_add(&t, " --model=%s", o->compile.model);
	if (o->compile.f64) text_add(&t, " --real=f64");
	if (o->compile.target) text_add(&t, " --target=%s", o->compile.target);
	return text_end(&t);
}

static const struct command *
find_command(const char *name)
{
	const char *names[16];
	int n = 0;
	for (int i = 0; command_row(i); i++) {
		if (!strcmp(command_row(i)->name, name)) return command_row(i);
		names[n++] = command_row(i)->name;
	}
	const char *near = nearest_name(name, names, n);
	fprintf(stderr, "error: there is no command `%s`\n  = help: %s%s\n", name, near ? "there is " : "nnc --help lists them", near ? near : "");
	return NULL;
}

static bool
is_pass(const char *name)
{
	for (int i = 0; name && pass_name(i); i++)
		if (!strcmp(pass_name(i), name)) return true;
	return !name;
}

static int
run_command(struct compilation *c, const struct command *command, const struct options *o)
{
	size_t length;
	char *text = read_source(&c->arena, o->file, &length);
	if (!text) {
		fprintf(stderr, "error: cannot read %s: %s\n", o->file, strerror(errno));
		return 1;
	}
	if (!is_pass(o->compile.dump) || !is_pass(o->compile.stop_after)) {
		fprintf(stderr, "error: there is no pass `%s`\n  = help: nnc --help lists them\n", is_pass(o->compile.dump) ? o->compile.stop_after : o->compile.dump);
		return 2;
	}
	c->options = o->compile;
	c->options.command = command_line(&c->arena, o);
	c->options.files = disk_files;
	bool plan = o->compile.max_memory && strcmp(command->last, "emit"); /* the limit is held against plans */
	compile(c, o->file, text, length, o->compile.dump || o->compile.stop_after ? NULL : plan ? "plan" : command->last);
	report_mistakes(&c->unit.diagnostics);
	report_messages(o, &c->unit.diagnostics);
	if (c->unit.diagnostics.errors) return 1;
	if (o->compile.dump || o->compile.stop_after) {
		fputs(text_end(&c->dumped), stdout);
		return 0;
	}
	return command->run(c, o);
}

int
main(int argc, char **argv)
{
	struct compilation c = {0};
	struct options o;
	signal(SIGXFSZ, SIG_IGN); /* a file-size limit is an error like a full disk, with its message */
	report_begin(argc, argv, &c);
	if (argc > 1 && !strcmp(argv[1], "plot")) return plot_main(argc - 2, argv + 2); /* it has files and options of its own */
	if (argc > 1 && !strcmp(argv[1], "data")) return data_main(argc - 2, argv + 2);
	int status = options_read(&o, &c.arena, argc, argv);
	if (!status && o.version) {
		printf("nnc " NNC_VERSION "\n");
	} else if (!status && (o.help || (o.command && !strcmp(o.command, "help")))) {
		options_help(stdout);
	} else if (!status && !o.command) {
		options_help(stderr);
		status = 2;
	} else if (!status) {
		const struct command *command = find_command(o.command);
		if (!command) status = 2;
		else if (!o.file && command->last) {
			fprintf(stderr, "error: nnc %s needs a .nn file\n", command->name);
			status = 2;
		} else status = command->alone ? command->alone(&o) : run_command(&c, command, &o);
	}
	report_forget();
	compile_free(&c);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "error: cannot write to standard output: %s\n", strerror(errno));
		status = 1;
	}
	return status;
}
