/* test_trainer.c - the trainer as a person meets it, with a model written by hand: every command is called with a command line, and what
 * it prints, writes and returns is looked at. */
#define _POSIX_C_SOURCE 200809L
#include "hand_model.h"
#include "options.h"
#include "pool.h"
#include "progress.h"
#include "safetensors.h"
#include "shuffle.h"
#include "weights.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* -- a folder of data, and calling the trainer in it ------------------------------------------------------------------------- */

static char folder[] = "/tmp/test_trainer.XXXXXX";
static char out[65536], err[65536]; /* what the last call printed */

static void
write_text(const char *path, const char *format, ...)
{
	FILE *f = fopen(path, "w");
	va_list ap;

	cr_assert(f);
	va_start(ap, format);
	vfprintf(f, format, ap);
	va_end(ap);
	fclose(f);
}

static void
write_points(const char *path, size_t n, uint64_t seed)
{
	FILE *f = fopen(path, "w");
	struct nn_draws d;

	cr_assert(f);
	nn_draws_start(&d, seed, NN_FOR_SAMPLES, 0);
	for (size_t k = 0; k < n; k++) {
		double x = nn_draw_normal(&d), y = nn_draw_normal(&d);
		fprintf(f, "%.6f,%.6f,%d\n", x, y, x - 2 * y + 0.3 * nn_draw_normal(&d) > 0);
	}
	fclose(f);
}

static void
set_up(void)
{
	cr_assert(mkdtemp(folder));
	cr_assert(chdir(folder) == 0);
	write_points("train.csv", 500, 1);
	write_points("test.csv", 100, 2);
}

static void
tear_down(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", folder);
	cr_assert(system(command) == 0);
}

static void
read_text(const char *path, char text[65536])
{
	FILE *f = fopen(path, "r");

	cr_assert(f);
	text[fread(text, 1, 65535, f)] = '\0';
	fclose(f);
}

static int
redirect(int to, const char *path)
{
	int old = dup(to), file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	cr_assert(old >= 0 && file >= 0);
	dup2(file, to);
	close(file);
	return old;
}

static int
call_with(const struct nn_program *program, const char *line)
{
	char words[1024], *argv[32] = {(char[]){"./hand"}};
	int argc = 1;

	snprintf(words, sizeof words, "%s", line);
	for (char *save, *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	fflush(stdout);
	int old_out = redirect(1, "stdout.txt"), old_err = redirect(2, "stderr.txt");
	int status = nn_trainer(program, argc, argv);
	fflush(stdout);
	dup2(old_out, 1);
	dup2(old_err, 2);
	close(old_out);
	close(old_err);
	read_text("stdout.txt", out);
	read_text("stderr.txt", err);
	return status;
}

static int
call(const char *line)
{
	return call_with(&hand_double, line);
}

static int
same_files(const char *a, const char *b)
{
	char x[65536], y[65536];
	FILE *f = fopen(a, "rb"), *g = fopen(b, "rb");

	cr_assert(f && g);
	size_t n = fread(x, 1, sizeof x, f), m = fread(y, 1, sizeof y, g);
	fclose(f);
	fclose(g);
	return n == m && memcmp(x, y, n) == 0;
}

static int
count_lines(const char *text, const char *begin)
{
	int n = 0;

	for (const char *at = text; (at = strstr(at, begin)); at++)
		n += at == text || at[-1] == '\n';
	return n;
}

static double
number_after(const char *text, const char *label)
{
	const char *at = strstr(text, label);

	cr_assert(at, "no '%s' in: %s", label, text);
	return strtod(at + strlen(label), NULL);
}

/* the values of a tensor of a weights file */
static void
read_tensor(const char *file, const char *path, double values[])
{
	struct nn_named_list list;
	struct nn_error e;

	cr_assert(nn_safetensors_read(file, &list, &e) == 0, "%s", e.text);
	for (size_t k = 0; k < list.count; k++)
		for (size_t i = 0; strcmp(list.items[k].path, path) == 0 && i < list.items[k].count; i++)
			values[i] = nn_real(list.items[k].values, i, list.items[k].dtype[1] == '3' ? 4 : 8);
	nn_safetensors_free(&list);
}

static double
tensor_value(const char *file, const char *path, size_t element)
{
	double values[16] = {0};

	read_tensor(file, path, values);
	return values[element];
}

TestSuite(trainer, .init = set_up, .fini = tear_down, .timeout = 60);

/* -- random numbers and orders ----------------------------------------------------------------------------------------------- */

Test(shuffle, philox_known_answers)
{
	static const struct {
		uint32_t counter[4], key[2], out[4];
	} known[] = {
		{{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}, {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	};

	for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
		uint32_t words[4];
		nn_philox(known[k].counter, known[k].key, words);
		cr_expect(memcmp(words, known[k].out, sizeof words) == 0, "answer %zu", k);
	}
}

Test(shuffle, orders_are_permutations)
{
	enum { N = 1000 };
	uint32_t a[N], b[N], c[N];
	char seen[N] = {0};
	int same_as_b = 0, same_as_c = 0;

	for (uint32_t k = 0; k < N; k++)
		a[k] = b[k] = c[k] = k;
	nn_permute(a, N, 7, NN_FOR_ORDER, 3);
	nn_permute(b, N, 7, NN_FOR_ORDER, 3);
	nn_permute(c, N, 7, NN_FOR_ORDER, 4);
	for (uint32_t k = 0; k < N; k++) {
		seen[a[k]] = 1;
		same_as_b += a[k] == b[k];
		same_as_c += a[k] == c[k];
	}
	cr_expect(memchr(seen, 0, N) == NULL);
	cr_expect(same_as_b == N);
	cr_expect(same_as_c < 20);
}

Test(shuffle, draws_are_even)
{
	struct nn_draws d;
	int counts[7] = {0};
	double sum = 0, squares = 0;

	nn_draws_start(&d, 5, NN_FOR_CHOICE, 0);
	for (int k = 0; k < 70000; k++)
		counts[nn_draw_below(&d, 7)]++;
	for (int k = 0; k < 7; k++)
		cr_expect(abs(counts[k] - 10000) < 500, "%d of %d", counts[k], k);
	for (int k = 0; k < 20000; k++) {
		double x = nn_draw_normal(&d);
		sum += x / 20000;
		squares += x * x / 20000;
	}
	cr_expect(fabs(sum) < 0.03 && fabs(squares - 1) < 0.05);
}

/* -- the pool ---------------------------------------------------------------------------------------------------------------- */

struct job {
	int counts[64];
	atomic_int running;
};

static void
count_part(void *arg, int part)
{
	struct job *j = arg;

	atomic_fetch_add(&j->running, 1);
	j->counts[part]++;
}

Test(pool, every_part_runs_once, .timeout = 60)
{
	static const size_t threads[] = {1, 2, 3, 8};

	for (size_t t = 0; t < 4; t++) {
		struct nn_error e;
		struct nn_pool *pool = nn_pool_open(threads[t], &e);
		cr_assert(pool, "%s", e.text);
		for (int run = 0; run < 3000; run++) {
			struct job job = {.counts = {0}};
			int parts = run % 64 + 1;
			nn_pool_run(pool, count_part, &job, parts);
			cr_assert(atomic_load(&job.running) == parts);
			for (int k = 0; k < 64; k++)
				cr_assert(job.counts[k] == (k < parts));
			if (run % 1000 == 999) /* long enough for the workers to fall asleep */
				nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
		}
		nn_pool_close(pool);
	}
}

/* -- numbers for people ------------------------------------------------------------------------------------------------------ */

Test(progress, numbers_for_people)
{
	char text[32], shape[128];

	cr_expect_str_eq(nn_thousands(text, 0), "0");
	cr_expect_str_eq(nn_thousands(text, 999), "999");
	cr_expect_str_eq(nn_thousands(text, 1234567), "1,234,567");
	cr_expect_str_eq(nn_bytes(text, 12), "12 bytes");
	cr_expect_str_eq(nn_bytes(text, 23400000), "23.4 MB");
	cr_expect_str_eq(nn_duration(text, 7), "0:07");
	cr_expect_str_eq(nn_duration(text, 3723), "1:02:03");
	cr_expect_str_eq(nn_shape(shape, 0, NULL), "[]");
	cr_expect_str_eq(nn_shape(shape, 2, (size_t[]){3, 4}), "[3, 4]");
}

/* -- the command line -------------------------------------------------------------------------------------------------------- */

Test(trainer, wrong_usage_is_answered)
{
	static const struct {
		const char *line, *text;
	} lines[] = {
		{"", "COMMAND [OPTIONS]"},
		{"trian", "write train"},
		{"train --epohcs 3", "write --epochs"},
		{"train --epochs abc", "--epochs takes a whole number, at least 1, not 'abc'"},
		{"train --epochs=-1", "not '-1'"},
		{"train --epochs 99999999999999999999999", "--epochs takes"},
		{"train --epochs", "--epochs needs a value"},
		{"train --validation x", "--validation takes a number, not 'x'"},
		{"train --validation 1.5", "--validation takes a share"},
		{"train --shuffle maybe", "on or off"},
		{"train --quiet=1", "takes no value"},
		{"train --clip_norm 1", "clipping is not compiled in\n  help: add `clip_norm = 1` to the train block of hand.nn and build again: nnc build hand.nn"},
		{"train --clip_norm=-1", "--clip_norm takes a number above 0, or 0 for no clipping, not -1"},
		{"test --weights W --clip_norm 1", "test has no option --clip_norm"},
		{"train --optimizer adam", "write --optimizer=Adam"},
		{"train --optimizer Lion", "hand.nn"},
		{"train --optimizer.lrr 1", "write --optimizer.lr"},
		{"train --optimizer=Adam --optimizer.momentum=1", "no setting 'momentum'"},
		{"init --json", "init has no option --json"},
		{"train extra", "not 'extra'"},
		{"test", "needs the weights"},
		{"predict --weights W", "needs a file of inputs"},
		{"predict --weights W a b", "takes one file"},
		{"gradients --weights W --data.y 1", "write --data.x"},
	};

	for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) {
		cr_expect(call(lines[k].line) == NN_WRONG_USAGE, "%s", lines[k].line);
		cr_expect(strstr(err, lines[k].text), "%s: %s", lines[k].line, err);
		cr_expect_str_empty(out);
	}
}

Test(trainer, help_lists_options_with_defaults_of_the_file)
{
	cr_expect(call("--help") == NN_SUCCESS);
	cr_expect(strstr(out, "--epochs N") && strstr(out, "[5]") && strstr(out, "gradcheck"));
	cr_expect(call("train --help") == NN_SUCCESS);
	cr_expect(strstr(out, "of Adam [0.01]") && strstr(out, "[hand.safetensors]") && !strstr(out, "--classes"));
	cr_expect(call("help test") == NN_SUCCESS);
	cr_expect(strstr(out, "--json"));
}

Test(trainer, options_join_and_separate)
{
	cr_expect(call("train --epochs=1 --batch-size 100 -o a.safetensors --optimizer.lr=0.1 --optimizer SGD") == NN_SUCCESS, "%s", err);
	cr_expect(call("train --optimizer=SGD --optimizer.lr 0.1 --batch_size=100 --epochs 1 --out=b.safetensors") == NN_SUCCESS, "%s", err);
	cr_expect(same_files("a.safetensors", "b.safetensors"));
}

/* the rows of an option that a schedule computes: shown as in the .nn file, a list given with commas */
Test(trainer, settings_of_a_schedule)
{
	static const struct nn_setting settings[] = {
		{"lr", 0.5, "drop"}, {"lr.at", 2, NULL}, {"lr.at", 3.5, NULL}, {"lr.factor", 0.1, NULL}, {"momentum", 0.9, NULL}, {"m", 1, "half"},
	};
	static const struct nn_optimizer optimizers[] = {{"SGD", 0, 6, NULL}};
	static const struct {
		const char *line, *text;
	} wrong[] = {
		{"train --optimizer.lr.at 1", "--optimizer.lr.at takes 2 numbers with commas between them, not '1'"},
		{"train --optimizer.lr.at 1,2,3", "not '1,2,3'"},
		{"train --optimizer.lr.at 1,", "not '1,'"},
		{"train --optimizer.lr.at 1,inf", "not '1,inf'"},
		{"train --optimizer.lr.facto 1", "write --optimizer.lr.factor"},
		{"train --optimizer.lr 1,2", "--optimizer.lr takes a number, not '1,2'"},
	};
	struct nn_program program = hand_double;

	program.settings = settings;
	program.setting_count = 6;
	program.optimizers = optimizers;
	program.optimizer_count = 1;
	cr_expect(call_with(&program, "info") == NN_SUCCESS);
	cr_expect(strstr(out, "SGD(lr=drop(0.5, at=[2, 3.5], factor=0.1), momentum=0.9, m=half(1)) [default]"), "%s", out);
	cr_expect(call_with(&program, "train --help") == NN_SUCCESS);
	cr_expect(strstr(out, "--optimizer.lr X          of SGD, by the schedule drop [0.5]\n"), "%s", out);
	cr_expect(strstr(out, "--optimizer.lr.at X,..    of SGD [2,3.5]\n"), "%s", out);
	cr_expect(call_with(&program, "train --epochs 1 --optimizer.lr.at=7,-8e1 --optimizer.lr=0.25") == NN_SUCCESS, "%s", err);
	cr_expect(strstr(err, "SGD(lr=drop(0.25, at=[7, -80], factor=0.1), momentum=0.9, m=half(1))"), "%s", err);
	for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
		cr_expect(call_with(&program, wrong[k].line) == NN_WRONG_USAGE, "%s", wrong[k].line);
		cr_expect(strstr(err, wrong[k].text), "%s: %s", wrong[k].line, err);
	}
}

/* -- training ---------------------------------------------------------------------------------------------------------------- */

Test(trainer, train_then_test)
{
	cr_assert(call("train") == NN_SUCCESS, "%s", err);
	cr_expect(count_lines(out, "epoch ") == 5);
	cr_expect(count_lines(out, "test  loss") == 1);
	cr_expect(strstr(out, "  *\n"));
	cr_expect(strstr(err, "Hand: 3 parameters, 450 records and 50 for validation, SGD(lr=0.5, momentum=0.9), batch 32, 5 epochs"), "%s", err);
	cr_expect(strstr(err, "weights: hand.safetensors (best"));
	double error = number_after(out, "test error ");
	cr_expect(error < 15);
	cr_expect(call("test --weights hand.safetensors") == NN_SUCCESS);
	cr_expect(number_after(out, "test error ") == error);
	cr_expect(call("test --weights hand.safetensors --json") == NN_SUCCESS);
	cr_expect(fabs(100 * (1 - number_after(out, "\"acc\": ")) - error) < 0.01);
}

Test(trainer, test_without_a_test_group_takes_the_data)
{
	struct nn_program program = hand_double;

	program.source_count = 2;
	cr_expect(call_with(&program, "train --epochs 1") == NN_SUCCESS);
	cr_expect(strstr(out, "test") == NULL);
	cr_expect(call_with(&program, "test --weights hand.safetensors") == NN_SUCCESS);
	cr_expect(strncmp(out, "data  loss", 10) == 0 && strstr(out, "500 records"));
	program.source_count = 0;
	cr_expect(call_with(&program, "test --weights hand.safetensors") == NN_FAILURE);
}

Test(trainer, same_bits_for_any_number_of_threads)
{
	cr_assert(call("train --epochs 2 --batch_size 50 --threads 1 --out a.w") == NN_SUCCESS, "%s", err);
	cr_assert(call("train --epochs 2 --batch_size 50 --threads 3 --out b.w") == NN_SUCCESS, "%s", err);
	cr_assert(call("train --epochs 2 --batch_size 50 --threads 3 --out c.w --seed 1") == NN_SUCCESS, "%s", err);
	cr_expect(same_files("a.w", "b.w"));
	cr_expect(!same_files("a.w", "c.w"));
}

Test(trainer, float_and_double)
{
	cr_assert(call_with(&hand_float, "train --epochs 2 --out f.w") == NN_SUCCESS, "%s", err);
	cr_assert(call("train --epochs 2 --out d.w") == NN_SUCCESS, "%s", err);
	double f[2], d[2];
	read_tensor("f.w", "w", f);
	read_tensor("d.w", "w", d);
	cr_expect(fabs(f[0] - d[0]) < 1e-4 && f[0] != d[0]);
	cr_expect(call("test --weights f.w") == NN_SUCCESS, "floats are taken by a program of doubles: %s", err);
}

Test(trainer, init_is_the_start_of_training)
{
	double w[2];

	cr_assert(call("init -o a.w --seed 3") == NN_SUCCESS);
	cr_assert(call("train --out b.w --seed 3 --steps 1 --optimizer.lr 0") == NN_SUCCESS);
	read_tensor("a.w", "w", w);
	cr_expect(w[0] == 0.01 && w[1] == 0.01);
	read_tensor("b.w", "w", w);
	cr_expect(w[0] == 0.01 && w[1] == 0.01);
}

/* ten steps an epoch */
Test(trainer, steps_and_epochs_are_the_same_run)
{
	cr_assert(call("train --steps 20 --validation 0 --batch_size 50 --out a.w") == NN_SUCCESS);
	cr_expect(strstr(err, "20 steps") && strstr(err, "after step 20"), "%s", err);
	cr_expect(count_lines(out, "epoch 2/2") == 1);
	cr_assert(call("train --epochs 2 --validation 0 --batch_size 50 --out b.w") == NN_SUCCESS);
	cr_expect(same_files("a.w", "b.w"));
	cr_assert(call("train --epochs 2 --steps 1000 --validation 0 --batch_size 50 --out b.w") == NN_SUCCESS);
	cr_expect(strstr(err, "2 epochs") && same_files("a.w", "b.w"));
	cr_assert(call("train --epochs 100 --steps 20 --validation 0 --batch_size 50 --out b.w") == NN_SUCCESS);
	cr_expect(count_lines(out, "epoch 2/2") == 1 && same_files("a.w", "b.w"));
}

/* the piece of an epoch has a line, a validation, and figures over its own records */
Test(trainer, steps_end_in_the_middle_of_an_epoch)
{
	cr_assert(call("train --steps 3 --validation 100 --batch_size 50 --optimizer.lr 0 --out a.w") == NN_SUCCESS);
	cr_expect(count_lines(out, "epoch ") == 1 && count_lines(out, "epoch 1/1  train loss") == 1 && strstr(out, "  validation loss "), "%s", out);
	double piece = number_after(out, "train loss "), held_out = number_after(out, "validation loss ");
	cr_assert(call("train --steps 8 --validation 100 --batch_size 50 --optimizer.lr 0 --out a.w") == NN_SUCCESS);
	cr_expect(piece != number_after(out, "train loss ") && held_out == number_after(out, "validation loss "));
	cr_assert(call("train --steps 19 --validation 100 --batch_size 50 --out a.w") == NN_SUCCESS);
	cr_expect(count_lines(out, "epoch ") == 3 && count_lines(out, "epoch 3/3") == 1, "%s", out);
	cr_assert(call("train --steps 8 --validation 100 --batch_size 50 --out b.w") == NN_SUCCESS);
	const char *first = strstr(out, "train loss");
	char line[128];
	snprintf(line, sizeof line, "%.60s", first);
	cr_assert(call("train --steps 19 --validation 100 --batch_size 50 --out a.w") == NN_SUCCESS);
	cr_expect(strncmp(strstr(out, "train loss"), line, 40) == 0, "the first epoch is the same: %s and %s", line, out);
	cr_expect(call("train --steps 400 --validation 100 --batch_size 50 --optimizer.lr 30 --early_stopping 2") == NN_SUCCESS);
	cr_expect(strstr(err, "stopped early") && count_lines(out, "epoch ") < 50, "%s", err);
}

Test(trainer, a_model_that_does_not_accumulate_has_no_chunks)
{
	cr_expect(call("train --chunk 10 --batch_size 50 --validation 0") == NN_FAILURE);
	cr_expect(strstr(err, "cannot work on a batch of 50 samples in chunks of 10") && strstr(err, "leave --chunk out"), "%s", err);
	cr_expect(call("train --chunk 50 --batch_size 50 --epochs 1") == NN_SUCCESS, "%s", err);
	cr_expect(call("train --chunk 0") == NN_WRONG_USAGE);
}

Test(trainer, the_last_batch_may_be_smaller)
{
	cr_assert(call("train --validation 0 --epochs 1 --batch_size 499 --optimizer.momentum 0") == NN_SUCCESS);
	cr_expect(strstr(err, "after step 2"));
}

Test(trainer, many_epochs_have_few_lines)
{
	cr_assert(call("train --epochs 2000") == NN_SUCCESS);
	cr_expect(count_lines(out, "epoch ") <= 42);
	cr_expect(count_lines(out, "epoch 2000/2000") == 1);
}

Test(trainer, quiet_prints_results_only)
{
	cr_assert(call("train --quiet") == NN_SUCCESS);
	cr_expect_str_empty(err);
	cr_expect(count_lines(out, "epoch ") == 0 && count_lines(out, "test  ") == 1);
}

/* the validation figure of the weights that are saved is the least of all epochs */
Test(trainer, the_best_weights_are_kept)
{
	double least = INFINITY;

	cr_assert(call("train --epochs 12 --optimizer.lr 3") == NN_SUCCESS);
	for (const char *at = out; (at = strstr(at, "validation loss ")); at++)
		least = fmin(least, number_after(at, "validation loss "));
	int epoch = (int)number_after(err, "best: epoch ");
	cr_assert(call("train --epochs 12 --optimizer.lr 3 --early_stopping 2 --out early.w") == NN_SUCCESS);
	int epochs = count_lines(out, "epoch ");
	cr_expect(epochs < 12 && strstr(err, "stopped early"), "%s", out);
	char line[64];
	snprintf(line, sizeof line, "train --epochs %d --optimizer.lr 3 --out again.w", epoch);
	cr_assert(call(line) == NN_SUCCESS);
	cr_expect(same_files("again.w", "hand.safetensors"));
	cr_expect(number_after(strstr(out, "validation"), "loss ") >= least);
}

Test(trainer, early_stopping_on_a_metric_or_without_validation)
{
	cr_expect(call("train --epochs 50 --early_stopping 1 --early_stopping_on acc") == NN_SUCCESS);
	cr_expect(count_lines(out, "epoch ") < 50);
	cr_expect(call("train --early_stopping 1 --early_stopping_on lost") == NN_FAILURE);
	cr_expect(strstr(err, "write loss"));
	cr_expect(call("train --early_stopping 1 --validation 0") == NN_FAILURE);
	cr_expect(strstr(err, "needs validation data"));
}

Test(trainer, a_split_does_not_depend_on_the_seed)
{
	/* with a rate of zero the validation figure depends on the records held out alone */
	cr_assert(call("train --epochs 1 --optimizer.lr 0 --seed 35") == NN_SUCCESS);
	double a = number_after(out, "validation loss ");
	cr_assert(call("train --epochs 1 --optimizer.lr 0 --seed 70") == NN_SUCCESS);
	double b = number_after(out, "validation loss ");
	cr_assert(call("train --epochs 1 --optimizer.lr 0 --seed 70 --split_seed 1") == NN_SUCCESS);
	double c = number_after(out, "validation loss ");
	cr_expect(a == b && b != c, "%g %g %g", a, b, c);
	cr_expect(call("train --validation 500") == NN_FAILURE);
	cr_expect(strstr(err, "none is left to train on"));
	cr_expect(call("train --validation 499 --epochs 1") == NN_SUCCESS);
	cr_expect(strstr(err, "1 record and 499 for validation"), "%s", err);
}

Test(trainer, a_validation_group_of_its_own)
{
	struct nn_program program = hand_double;
	struct nn_source sources[4];

	memcpy(sources, hand_double.sources, sizeof sources);
	sources[2].group = sources[3].group = NN_VALIDATION;
	program.sources = sources;
	cr_expect(call_with(&program, "train") == NN_SUCCESS, "%s", err);
	cr_expect(strstr(err, "500 records and 100 for validation"), "%s", err);
	cr_expect(call_with(&program, "train --validation 0.2") == NN_FAILURE);
	cr_expect(strstr(err, "validation group of its own"));
}

/* -- when something goes wrong ----------------------------------------------------------------------------------------------- */

Test(trainer, a_loss_that_is_not_finite)
{
	double w[2], b[1];

	write_text("train.csv", "1,1,0\n1,0,1\n1.7e308,1.7e308,1\n0,1,0\n");
	cr_expect(call("train --validation 0 --batch_size 2 --shuffle off --optimizer.lr 100 --epochs 3 --seed 2") == NN_NOT_FINITE);
	cr_expect(strstr(err, "is not finite") && strstr(err, "record 2 of the data"), "%s", err);
	cr_expect(strstr(err, "saved in hand.safetensors"));
	read_tensor("hand.safetensors", "w", w);
	read_tensor("hand.safetensors", "b", b);
	cr_expect(isfinite(w[0]) && isfinite(w[1]) && isfinite(b[0]));
}

/* the bias grows by 0.5e308 (1 + 0.9 + ...), which is too much at the fifth step, while the loss is 0 */
Test(trainer, an_update_that_is_not_finite_is_found_by_replay)
{
	double b[1];

	write_text("train.csv", "0,0,1\n0,0,1\n0,0,1\n0,0,1\n0,0,1\n0,0,1\n0,0,1\n0,0,1\n");
	cr_expect(call("train --validation 0 --seed 2 --optimizer.lr 1e308 --batch_size 1 --epochs 3") == NN_NOT_FINITE);
	cr_expect(strstr(err, "error: step 5 (epoch 1) made numbers that are not finite in b\n"), "%s", err);
	read_tensor("hand.safetensors", "b", b);
	cr_expect(isfinite(b[0]));
	cr_expect(call("train --validation 0 --seed 2 --optimizer.lr 1e308 --batch_size 1 --steps 4 --out again.w") == NN_SUCCESS, "%s", err);
	cr_expect(same_files("hand.safetensors", "again.w"));
	cr_expect(call("train --validation 0 --seed 2 --optimizer.lr 1e308 --batch_size 1 --steps 5 --out again.w") == NN_NOT_FINITE, "%s", err);
	cr_expect(same_files("hand.safetensors", "again.w"));
}

Test(trainer, an_output_that_cannot_be_written_is_known_before_training)
{
	cr_expect(call("train --out no/such/folder") == NN_FAILURE);
	cr_expect_str_empty(out);
	cr_expect(call("train --out .") == NN_FAILURE);
	cr_expect(strstr(err, "is a folder"));
	cr_expect(call("train --data no/such/folder") == NN_FAILURE);
	cr_expect(strstr(err, "train.csv"));
}

static int
interrupt(int number)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(call("train --epochs 100000000 --quiet --out i.safetensors"));
	nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
	kill(child, number);
	waitpid(child, &status, 0);
	cr_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

Test(trainer, an_interrupt_saves_the_weights)
{
	char text[65536];

	cr_expect(interrupt(SIGINT) == NN_INTERRUPTED);
	read_text("stderr.txt", text);
	cr_expect(strstr(text, "interrupted in epoch") && strstr(text, "saved in i.safetensors"), "%s", text);
	cr_expect(call("test --weights i.safetensors") == NN_SUCCESS, "%s", err);
	cr_expect(interrupt(SIGTERM) == NN_INTERRUPTED);
}

Test(trainer, weights_of_another_model_are_named)
{
	float values[8] = {0};
	struct nn_named items[] = {
		{.path = "w", .dtype = "F32", .rank = 1, .shape = {3}, .count = 3, .values = values},
		{.path = "extra.W", .dtype = "F32", .rank = 2, .shape = {2, 2}, .count = 4, .values = values},
		{.path = "mean", .dtype = "F32", .rank = 1, .shape = {2}, .count = 2, .values = values},
	};
	struct nn_error e;

	cr_assert(nn_safetensors_write("other", items, 3, NULL, 0, &e) == 0);
	cr_expect(call("test --weights other") == NN_FAILURE);
	cr_expect(strstr(err, "w is [3] instead of [2]"), "%s", err);
	cr_expect(strstr(err, "b is missing"), "%s", err);
	cr_expect(strstr(err, "extra.W is not in the model"), "%s", err);
	cr_expect(call("test --weights none") == NN_FAILURE);
}

/* --weights in train: what is there is taken, the rest starts as usual */
Test(trainer, training_starts_from_weights)
{
	float values[4] = {0.25f, -3}, three[3] = {0};
	struct nn_named items[] = {
		{.path = "w", .dtype = "F32", .rank = 1, .shape = {2}, .count = 2, .values = values},
		{.path = "extra.W", .dtype = "F32", .rank = 2, .shape = {2, 2}, .count = 4, .values = values},
	};
	struct nn_error e;

	cr_assert(nn_safetensors_write("other", items, 2, NULL, 0, &e) == 0);
	cr_expect(call("train --weights other --steps 1 --optimizer.lr 1e-300 -o moved.w") == NN_SUCCESS, "%s", err);
	cr_expect(strstr(err, "start: 1 tensor from other; anew: b; mean"), "%s", err);
	cr_expect(tensor_value("moved.w", "w", 0) == 0.25 && tensor_value("moved.w", "w", 1) == -3);
	cr_assert(call("init -o fresh") == NN_SUCCESS);
	cr_expect(fabs(tensor_value("moved.w", "b", 0) - tensor_value("fresh", "b", 0)) < 1e-290);

	cr_assert(call("train --epochs 2 -o two.w") == NN_SUCCESS);
	cr_assert(call("train --weights two.w --steps 1 --optimizer.lr 1e-300 -o again.w") == NN_SUCCESS, "%s", err);
	cr_expect(!strstr(err, "anew") && tensor_value("again.w", "w", 1) == tensor_value("two.w", "w", 1), "%s", err);

	items[0] = (struct nn_named){.path = "w", .dtype = "F32", .rank = 1, .shape = {3}, .count = 3, .values = three};
	cr_assert(nn_safetensors_write("other", items, 2, NULL, 0, &e) == 0);
	cr_expect(call("train --weights other -o none.w") == NN_FAILURE && strstr(err, "w is [3] instead of [2]"), "%s", err);
	cr_assert(nn_safetensors_write("other", items + 1, 1, NULL, 0, &e) == 0);
	cr_expect(call("train --weights other -o none.w") == NN_FAILURE && strstr(err, "no tensor of the model Hand"), "%s", err);
	cr_expect(call("train --weights nowhere -o none.w") == NN_FAILURE);
	cr_expect(access("none", F_OK) != 0, "nothing is written");
}

/* -- the other commands ------------------------------------------------------------------------------------------------------ */

Test(trainer, predict_gives_the_same_alone_or_in_a_batch)
{
	char all[65536];
	FILE *f = fopen("test.csv", "r");
	double x, y;
	int t, rows = 0;

	cr_assert(call("train --epochs 1") == NN_SUCCESS);
	FILE *in = fopen("in.csv", "w");
	while (fscanf(f, "%lf,%lf,%d", &x, &y, &t) == 3)
		fprintf(in, "%.6f,%.6f\n", x, y);
	fclose(in);
	fclose(f);
	cr_assert(call("predict --weights hand.safetensors in.csv") == NN_SUCCESS, "%s", err);
	memcpy(all, out, sizeof all);
	cr_expect(strncmp(all, "p\n", 2) == 0);
	for (const char *at = all; *at; at++)
		rows += *at == '\n';
	cr_expect(rows == 101);
	cr_assert(call("predict --weights hand.safetensors in.csv --batch_size 1") == NN_SUCCESS);
	cr_expect_str_eq(all, out);
	cr_assert(call("predict --weights hand.safetensors in.csv --batch_size 7 -o p.csv") == NN_SUCCESS);
	read_text("p.csv", out);
	cr_expect_str_eq(all, out);
	cr_assert(call("predict --weights hand.safetensors in.csv -o p.npy") == NN_SUCCESS, "%s", err);
	f = fopen("p.npy", "rb");
	double p[101];
	cr_assert(fseek(f, -100 * (long)sizeof *p, SEEK_END) == 0 && fread(p, sizeof *p, 100, f) == 100);
	fclose(f);
	cr_expect(p[0] == strtod(all + 2, NULL), "the shortest text reads back as the same number");
}

Test(trainer, gradients_of_a_batch)
{
	double x[] = {1, 2, -1, 0.5, 0.25, 3}, w[2], dw[2], db[1], want[3] = {0, 0, 0}, loss = 0;
	int32_t t[] = {1, 0, 1};
	struct nn_error e;

	cr_assert(call("init -o w --seed 4") == NN_SUCCESS);
	read_tensor("w", "w", w);
	cr_assert(nn_npy_write("x.npy", x, 3, 1, (size_t[]){2}, 8, 0, &e) == 0, "%s", e.text);
	cr_assert(nn_npy_write("t.npy", t, 3, 0, NULL, 8, 1, &e) == 0, "%s", e.text);
	cr_assert(call("gradients --weights w --data.x x.npy --data.t t.npy -o g") == NN_SUCCESS, "%s", err);
	read_tensor("g", "w", dw);
	read_tensor("g", "b", db);
	for (size_t k = 0; k < 3; k++) {
		double z = w[0] * x[2 * k] + w[1] * x[2 * k + 1], dz = (1 / (1 + exp(-z)) - t[k]) / 3;
		want[0] += dz * x[2 * k];
		want[1] += dz * x[2 * k + 1];
		want[2] += dz;
		loss += (log1p(exp(z)) - t[k] * z) / 3;
	}
	for (size_t i = 0; i < 2; i++)
		want[i] += 0.01 * w[i];
	loss += 0.005 * (w[0] * w[0] + w[1] * w[1]);
	cr_expect(fabs(dw[0] - want[0]) < 1e-12 && fabs(dw[1] - want[1]) < 1e-12 && fabs(db[0] - want[2]) < 1e-12);
	cr_expect(fabs(number_after(out, "loss ") - loss) < 1e-12);
	cr_expect(call("gradients --weights w --data.x x.npy") == NN_FAILURE);
	cr_expect(strstr(err, "--data.t"));
}

Test(trainer, gradcheck_sees_a_wrong_gradient)
{
	cr_expect(call("gradcheck") == NN_SUCCESS, "%s%s", out, err);
	cr_expect(call("gradcheck --seed 5 --samples 17 --threads 2") == NN_SUCCESS, "%s%s", out, err);
	cr_expect(call_with(&hand_float, "gradcheck") == NN_SUCCESS, "%s%s", out, err);
	cr_expect(strstr(err, "--real=f64"));
	hand_gradient_factor = 1.00001;
	cr_expect(call("gradcheck") == NN_FAILURE);
	cr_expect(strstr(out, "WRONG"));
	hand_gradient_factor = -1;
	cr_expect(call_with(&hand_float, "gradcheck") == NN_FAILURE);
}

Test(trainer, bench_and_info)
{
	cr_expect(call("bench --steps 5 --threads 1") == NN_SUCCESS, "%s", err);
	cr_expect(strstr(out, "median") && strstr(out, "GFLOP/s"));
	cr_expect(call_with(&hand_float, "bench --steps 5 --json --optimizer Adam --batch_size 100000") == NN_SUCCESS, "%s", err);
	cr_expect(number_after(out, "\"microseconds\": ") > 0 && number_after(out, "\"bytes\": ") > 0);
	cr_expect(call("info") == NN_SUCCESS);
	cr_expect(strstr(out, "hand.nn") && strstr(out, "t: 0..1") && strstr(out, "SGD(lr=0.5, momentum=0.9) [default]"), "%s", out);
}
