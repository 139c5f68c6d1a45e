/* progress.c - numbers as people read them, the lines of figures, and the progress bar on a terminal. */
#define _POSIX_C_SOURCE 200809L
#include "progress.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double
nn_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

char *
nn_bytes(char out[32], double bytes)
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
	size_t u = 0;

	while (bytes >= 999.5 && u + 1 < sizeof units / sizeof *units) {
		bytes /= 1000;
		u++;
	}
	snprintf(out, 32, u && bytes < 99.95 ? "%.1f %s" : "%.0f %s", bytes, units[u]);
	return out;
}

char *
nn_thousands(char out[32], size_t n)
{
	char digits[24];
	int length = snprintf(digits, sizeof digits, "%zu", n), used = 0;

	for (int k = 0; k < length; k++) {
		if (k && (length - k) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[k];
	}
	out[used] = '\0';
	return out;
}

char *
nn_duration(char out[32], double seconds)
{
	long s = seconds < 0 ? 0 : seconds > 3.5e8 ? 350000000 : (long)(seconds + 0.5);

	if (s >= 3600)
		snprintf(out, 32, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(out, 32, "%ld:%02ld", s / 60, s % 60);
	return out;
}

char *
nn_shape(char out[128], int rank, const size_t shape[])
{
	int used = snprintf(out, 128, "[");

	for (int k = 0; k < rank && used < 100; k++)
		used += snprintf(out + used, (size_t)(128 - used), "%s%zu", k ? ", " : "", shape[k]);
	snprintf(out + used, (size_t)(128 - used), "]");
	return out;
}

const char *
nn_plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void
print_figure(FILE *f, double value)
{
	fprintf(f, value != 0 && (fabs(value) < 0.001 || fabs(value) >= 100000) ? "%.3e" : "%.4f", value);
}

void
nn_print_figures(FILE *f, const struct nn_program *program, const double means[])
{
	fprintf(f, "loss ");
	print_figure(f, means[0]);
	for (size_t k = 0; k < program->metric_count; k++) {
		fprintf(f, "  %s ", program->metrics[k].name);
		if (program->metrics[k].is_share)
			fprintf(f, "%.2f %%", 100 * means[1 + k]);
		else
			print_figure(f, means[1 + k]);
	}
}

void
nn_print_json_number(FILE *f, double value)
{
	if (isfinite(value))
		fprintf(f, "%.17g", value);
	else
		fprintf(f, "null");
}

void
nn_print_json_figures(FILE *f, const struct nn_program *program, const char *prefix, const double means[])
{
	fprintf(f, "\"%sloss\": ", prefix);
	nn_print_json_number(f, means[0]);
	for (size_t k = 0; k < program->metric_count; k++) {
		fprintf(f, ", \"%s%s\": ", prefix, program->metrics[k].name);
		nn_print_json_number(f, means[1 + k]);
	}
}

/* -- standard output ------------------------------------------------------------------------------------------------------- */

static int results_cause;

void
nn_flush_results(void)
{
	int failed = fflush(stdout) != 0 || ferror(stdout), cause = errno;

	if (failed && !results_cause)
		results_cause = cause ? cause : EIO;
}

int
nn_results_cause(void)
{
	nn_flush_results();
	return results_cause;
}

/* -- the bar --------------------------------------------------------------------------------------------------------------- */

static int
is_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

void
nn_progress_start(struct nn_progress *p, int quiet, double total, size_t epochs)
{
	*p = (struct nn_progress){.on = !quiet && is_terminal(), .started = nn_now(), .total = total, .epochs = epochs};
	p->last = p->started;
}

void
nn_progress_show(struct nn_progress *p, const struct nn_program *program, size_t epoch, double share, double done, const double sums[], size_t seen)
{
	static const char full[] = "################", empty[] = "................";
	double time = p->on ? nn_now() : 0, rate, means[8];
	char left[32], samples[32];
	int cells = (int)(share * 16);
	struct nn_program shown = *program;

	if (!p->on || time - p->last < 0.1)
		return;
	p->last = time;
	p->drawn = 1;
	rate = (done - p->done_before) / (time - p->started);
	fprintf(stderr, "\repoch %zu/%zu [%.*s%.*s] %3.0f %%  %s/s  %s left  ", epoch, p->epochs, cells, full, 16 - cells, empty, 100 * share,
	    nn_thousands(samples, (size_t)rate), nn_duration(left, (p->total - done) / rate));
	shown.metric_count = shown.metric_count < 7 ? shown.metric_count : 7;
	for (size_t k = 0; k < 1 + shown.metric_count; k++)
		means[k] = sums[k] / (double)seen;
	nn_print_figures(stderr, &shown, means);
	fputs("\033[K", stderr);
	fflush(stderr);
}

void
nn_progress_clear(struct nn_progress *p)
{
	if (!p->drawn)
		return;
	fprintf(stderr, "\r\033[K");
	fflush(stderr);
	p->drawn = 0;
}
