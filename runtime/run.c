/* run.c - the folder of a run: made, gone on with, and saved.
 *
 * A run is made under another name, with everything in it, synced, and renamed: it is there as a whole or not at all.  From then on
 * checkpoint.safetensors is the one authority.  It is replaced by a rename, after the lines of metrics.jsonl that it counts are on the disk;
 * best and last follow from it.  Who goes on with a run takes up its checkpoint, cuts metrics.jsonl to the length that it says, and writes
 * best and last anew, so a program that was killed at any moment leaves nothing behind that is not put right. */
#define _XOPEN_SOURCE 700 /* POSIX.1-2008 with realpath */
#include "training.h"
#include "events.h"
#include "json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *const weights_names[] = {"last.safetensors", "best.safetensors"};

static int
fail_file(const char *what, const char *path, int cause, struct nn_error *e)
{
	return nn_fail(e, "cannot %s %s: %s", what, path, strerror(cause));
}

/* RUN/name */
static int
inside(const struct nn_training_run *t, char out[NN_PATH_MAX], const char *name, struct nn_error *e)
{
	return nn_path_join(out, t->run.path, name, e);
}

/* -- files ----------------------------------------------------------------------------------------------------------------- */

/* gives each name in a folder to `act`, until that fails */
static int
each_file(const char *folder, int (*act)(const char *folder, const char *name, void *context, struct nn_error *e), void *context, struct nn_error *e)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	int status = 0;

	if (!d)
		return fail_file("read", folder, errno, e);
	while (status == 0 && (errno = 0, entry = readdir(d)))
		status = act(folder, entry->d_name, context, e);
	if (status == 0 && errno)
		status = fail_file("read", folder, errno, e);
	closedir(d);
	return status;
}

static int
remove_file(const char *folder, const char *name, void *context, struct nn_error *e)
{
	char path[NN_PATH_MAX];

	(void)context;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	if (nn_path_join(path, folder, name, e) != 0)
		return -1;
	return unlink(path) == 0 || errno == ENOENT ? 0 : fail_file("remove", path, errno, e);
}

/* NAME.tmp.123, left by a process that was killed */
static int
remove_temporary(const char *folder, const char *name, void *context, struct nn_error *e)
{
	const char *mark = strstr(name, ".tmp.");

	return mark && mark[5] && mark[5 + strspn(mark + 5, "0123456789")] == 0 ? remove_file(folder, name, context, e) : 0;
}

/* appends all of text, or fails with the cause */
static int
append(int descriptor, const char *path, const char *name, const char *text, size_t size, struct nn_error *e)
{
	while (size > 0) {
		ssize_t n = write(descriptor, text, size);
		if (n < 0 && errno != EINTR)
			return nn_fail(e, "cannot write %s/%s: %s", path, name, strerror(errno));
		text += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int
sync_log(const struct nn_training_run *t, int descriptor, const char *name, struct nn_error *e)
{
	return fsync(descriptor) == 0 ? 0 : nn_fail(e, "cannot write %s/%s: %s", t->run.path, name, strerror(errno));
}

/* the log of a run is locked as long as it is trained: two programs would write over each other */
static int
open_logs(struct nn_training_run *t, struct nn_error *e)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[NN_PATH_MAX];

	if (inside(t, path, "metrics.jsonl", e) != 0)
		return -1;
	t->run.metrics = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
	if (t->run.metrics < 0)
		return fail_file("open", path, errno, e);
	if (fcntl(t->run.metrics, F_SETLK, &lock) != 0 && (errno == EACCES || errno == EAGAIN))
		return nn_fail(e, "the run %s is being trained by another program", t->run.path);
	if (inside(t, path, "timing.jsonl", e) != 0)
		return -1;
	t->run.timing = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	return t->run.timing < 0 ? fail_file("open", path, errno, e) : 0;
}

void
nn_run_close(struct nn_training_run *t)
{
	struct nn_error ignored;

	if (t->run.fresh[0]) { /* it did not come about */
		each_file(t->run.fresh, remove_file, NULL, &ignored);
		rmdir(t->run.fresh);
	}
	if (t->run.metrics >= 0)
		close(t->run.metrics);
	if (t->run.timing >= 0)
		close(t->run.timing);
	if (t->run.events >= 0)
		close(t->run.events);
}

/* -- logs ------------------------------------------------------------------------------------------------------------------ */

void
nn_print_json_epoch(FILE *f, const struct nn_training_run *t, int better)
{
	const struct nn_program *p = t->program;

	fprintf(f, "{\"epoch\": %zu, \"step\": %" PRIu64 ", ", t->epoch, t->step);
	nn_print_json_figures(f, p, "", t->train_means);
	if (t->validate_on) {
		fputs(", ", f);
		nn_print_json_figures(f, p, "val_", t->validation_means);
		fprintf(f, ", \"best\": %s", better ? "true" : "false");
	}
	putc('}', f);
}

static void
print_time(FILE *f)
{
	time_t now = time(NULL);
	struct tm utc;
	char text[32];

	if (gmtime_r(&now, &utc) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc))
		fprintf(f, "\"time\": \"%s\", ", text);
}

/* what `print` prints goes to the end of a log; *size gets its length */
static int
log_line(const struct nn_training_run *t, int descriptor, const char *name, void (*print)(FILE *f, const struct nn_training_run *t, int mark), int mark,
    size_t *size, struct nn_error *e)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, size);

	if (!f)
		return nn_fail(e, "out of memory");
	print(f, t, mark);
	putc('\n', f);
	int bad = ferror(f);
	bad |= fclose(f) != 0;
	int status = bad ? nn_fail(e, "out of memory") : append(descriptor, t->run.path, name, text, *size, e);
	free(text);
	return status;
}

static void
print_timing(FILE *f, const struct nn_training_run *t, int mark)
{
	double seconds = nn_now() - t->epoch_started;

	(void)mark;
	putc('{', f);
	print_time(f);
	fprintf(f, "\"epoch\": %zu, \"step\": %" PRIu64 ", \"seconds\": %.6f, \"threads\": %zu}", t->epoch, t->step, seconds, t->o->threads);
}

static void
print_start(FILE *f, const struct nn_training_run *t, int resumed)
{
	putc('{', f);
	print_time(f);
	fprintf(f, "\"event\": \"%s\", \"step\": %" PRIu64 ", \"threads\": %zu}", resumed ? "resume" : "start", t->step, t->o->threads);
}

int
nn_run_log(struct nn_training_run *t, int better, struct nn_error *e)
{
	size_t size;

	if (!t->run.path[0])
		return 0;
	if (log_line(t, t->run.metrics, "metrics.jsonl", nn_print_json_epoch, better, &size, e) != 0)
		return -1;
	t->run.logged += size;
	if (log_line(t, t->run.timing, "timing.jsonl", print_timing, 0, &size, e) != 0)
		return -1;
	return t->o->tensorboard ? nn_events_epoch(t, e) : 0;
}

int
nn_run_log_test(struct nn_training_run *t, const double means[], struct nn_error *e)
{
	struct nn_output_file f;
	char path[NN_PATH_MAX];

	if (!t->run.path[0])
		return 0;
	if (inside(t, path, "test.json", e) != 0 || nn_file_create(&f, path, e) != 0)
		return -1;
	fprintf(f.stream, "{\"records\": %zu, \"epoch\": %zu, ", t->test.records, t->best_epoch ? t->best_epoch : t->epoch);
	nn_print_json_figures(f.stream, t->program, "", means);
	fputs("}\n", f.stream);
	return nn_file_commit(&f, e);
}

/* -- saving ---------------------------------------------------------------------------------------------------------------- */

int
nn_run_save_weights(struct nn_training_run *t, struct nn_error *e)
{
	char path[NN_PATH_MAX];

	if (inside(t, path, weights_names[0], e) != 0 || nn_weights_save(&t->model, NULL, path, e) != 0)
		return -1;
	if (t->best_epoch == t->run.saved_best)
		return 0;
	if (inside(t, path, weights_names[1], e) != 0 || nn_weights_save(&t->model, t->best_tensors, path, e) != 0)
		return -1;
	t->run.saved_best = t->best_epoch;
	return 0;
}

/* checkpoint-STEP.safetensors; 0: another name */
static uint64_t
step_of(const char *name)
{
	static const char begin[] = "checkpoint-", end[] = ".safetensors";
	const char *digits = name + sizeof begin - 1;
	size_t count = strncmp(name, begin, sizeof begin - 1) == 0 ? strspn(digits, "0123456789") : 0;

	return count && count < 20 && strcmp(digits + count, end) == 0 ? strtoull(digits, NULL, 10) : 0;
}

struct kept {
	uint64_t steps[1024]; /* the latest, in ascending order */
	size_t count, most;
};

static int
note_kept(const char *folder, const char *name, void *context, struct nn_error *e)
{
	struct kept *k = context;
	uint64_t step = step_of(name);
	size_t at = k->count;

	(void)folder;
	(void)e;
	if (!step)
		return 0;
	while (at > 0 && k->steps[at - 1] > step)
		at--;
	if (k->count == k->most && at == 0)
		return 0;
	if (k->count == k->most) {
		memmove(k->steps, k->steps + 1, (at - 1) * sizeof *k->steps);
		at--;
	} else {
		memmove(k->steps + at + 1, k->steps + at, (k->count++ - at) * sizeof *k->steps);
	}
	k->steps[at] = step;
	return 0;
}

static int
drop_older(const char *folder, const char *name, void *context, struct nn_error *e)
{
	const struct kept *k = context;
	uint64_t step = step_of(name);

	return step && k->count == k->most && step < k->steps[0] ? remove_file(folder, name, NULL, e) : 0;
}

/* the checkpoint under a name of its own, and all but the latest such files away */
static int
keep_checkpoint(struct nn_training_run *t, const char *path, struct nn_error *e)
{
	struct kept k = {.most = t->o->keep};
	char kept[NN_PATH_MAX], name[64];

	snprintf(name, sizeof name, "checkpoint-%" PRIu64 ".safetensors", t->step);
	if (inside(t, kept, name, e) != 0)
		return -1;
	if (link(path, kept) != 0 && errno != EEXIST && nn_checkpoint_write(t, kept, e) != 0) /* not every file system has links */
		return -1;
	if (each_file(t->run.path, note_kept, &k, e) != 0)
		return -1;
	return each_file(t->run.path, drop_older, &k, e);
}

int
nn_run_is_due(const struct nn_training_run *t, int epoch_ended)
{
	const struct nn_every *every = &t->o->every;

	if (!t->run.path[0])
		return 0;
	if (every->epochs)
		return epoch_ended && t->epoch % every->epochs == 0;
	if (every->steps)
		return !epoch_ended && t->step % every->steps == 0;
	return nn_now() - t->run.saved >= every->seconds;
}

int
nn_run_save(struct nn_training_run *t, int keep, struct nn_error *e)
{
	char path[NN_PATH_MAX];

	if (inside(t, path, "checkpoint.safetensors", e) != 0)
		return -1;
	if (sync_log(t, t->run.metrics, "metrics.jsonl", e) != 0 || sync_log(t, t->run.timing, "timing.jsonl", e) != 0)
		return -1;
	if (nn_checkpoint_write(t, path, e) != 0 || (keep && t->o->keep && keep_checkpoint(t, path, e) != 0) || nn_run_save_weights(t, e) != 0)
		return -1;
	t->run.saved = nn_now();
	return 0;
}

/* -- a new one ------------------------------------------------------------------------------------------------------------- */

int
nn_names_a_run(const char *out)
{
	static const char *const ends[] = {".safetensors", ".w"};
	size_t n = strlen(out);
	struct stat status;

	if (stat(out, &status) == 0 && !S_ISDIR(status.st_mode))
		return 0;
	for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
		if (n > strlen(ends[k]) && strcmp(out + n - strlen(ends[k]), ends[k]) == 0)
			return 0;
	return 1;
}

/* without the slashes at its end, except where it is nothing else */
static int
set_path(struct nn_run *run, const char *path, struct nn_error *e)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n == 0 || n >= sizeof run->path)
		return nn_fail(e, n ? "the name of the run is too long" : "a run needs a name");
	memcpy(run->path, path, n);
	run->path[n] = 0;
	return 0;
}

static int
is_entry(const char *folder, const char *name, void *context, struct nn_error *e)
{
	(void)folder;
	(void)e;
	*(int *)context |= strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
	return 0;
}

/* a folder NAME.tmp.123 whose maker was killed before the run was there; NAME is the context */
static int
remove_unfinished(const char *folder, const char *name, void *context, struct nn_error *e)
{
	const char *wanted = context, *digits;
	size_t n = strlen(wanted);
	char path[NN_PATH_MAX];
	struct nn_error ignored;

	if (strncmp(name, wanted, n) != 0 || strncmp(name + n, ".tmp.", 5) != 0)
		return 0;
	digits = name + n + 5;
	if (!*digits || digits[strspn(digits, "0123456789")] || strlen(digits) > 9 || kill((pid_t)atol(digits), 0) == 0 || errno != ESRCH)
		return 0;
	if (nn_path_join(path, folder, name, e) != 0)
		return -1;
	each_file(path, remove_file, NULL, &ignored);
	rmdir(path);
	return 0;
}

/* what others that were to become this run have left */
static int
clean_up(const struct nn_run *run, struct nn_error *e)
{
	char folder[NN_PATH_MAX], name[NN_PATH_MAX];
	const char *slash = strrchr(run->path, '/');

	snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - run->path) + (slash == run->path) : 1, slash ? run->path : ".");
	snprintf(name, sizeof name, "%s", slash ? slash + 1 : run->path);
	return access(folder, R_OK) == 0 ? each_file(folder, remove_unfinished, name, e) : 0;
}

int
nn_run_begin(struct nn_training_run *t, const char *path, struct nn_error *e)
{
	struct nn_run *run = &t->run;
	char inner[NN_PATH_MAX];
	struct stat status;
	int occupied = 0;

	if (set_path(run, path, e) != 0)
		return -1;
	if (stat(run->path, &status) == 0) {
		if (each_file(run->path, is_entry, &occupied, e) != 0)
			return -1;
		if (occupied && nn_path_join(inner, run->path, "checkpoint.safetensors", e) == 0 && access(inner, F_OK) == 0) {
			nn_fail(e, "the run %s is there already", run->path);
			return nn_help(e, "go on with it by --resume %s, or give this one another name", run->path);
		}
		if (occupied)
			return nn_fail(e, "%s is a folder with something in it, and no run: give this one another name", run->path);
	}
	if (clean_up(run, e) != 0)
		return -1;
	snprintf(run->fresh, sizeof run->fresh, "%s.tmp.%ld", run->path, (long)getpid());
	if (mkdir(run->fresh, 0777) == 0 || (errno == EEXIST && rmdir(run->fresh) == 0 && mkdir(run->fresh, 0777) == 0))
		return 0;
	run->fresh[0] = 0;
	return fail_file("create", run->path, errno, e);
}

static int
write_run_json(const struct nn_training_run *t, const char *folder, struct nn_error *e)
{
	const struct nn_program *p = t->program;
	const struct nn_options *o = t->o;
	struct nn_output_file f;
	char path[NN_PATH_MAX], here[NN_PATH_MAX];

	if (nn_path_join(path, folder, "run.json", e) != 0 || nn_file_create(&f, path, e) != 0)
		return -1;
	fputs("{", f.stream);
	print_time(f.stream);
	fputs("\"command\": [", f.stream);
	nn_json_put(f.stream, o->self);
	fputs(", \"train\"", f.stream);
	for (size_t k = 0; k < o->words.count; k++)
		if (!o->words.places[k]) {
			fputs(", ", f.stream);
			nn_json_put(f.stream, o->words.at[k]);
		}
	fputs("], \"folder\": ", f.stream);
	nn_json_put(f.stream, getcwd(here, sizeof here) ? here : "");
	fputs(", \"model\": ", f.stream);
	nn_json_put(f.stream, p->model);
	fputs(", \"file\": ", f.stream);
	nn_json_put(f.stream, p->file);
	fputs(", \"built\": ", f.stream);
	nn_json_put(f.stream, p->command);
	fprintf(f.stream, ", \"nnc\": \"%s\", \"target\": ", p->version);
	nn_json_put(f.stream, p->target);
	fprintf(f.stream, ", \"family\": \"%s\", \"real\": \"%s\", \"seed\": %" PRIu64 ", \"program\": \"%016" PRIx64 "\", \"data\": \"%016" PRIx64 "\"", p->family,
	    p->real_size == sizeof(float) ? "f32" : "f64", o->seed, p->fingerprint, t->run.data);
	fprintf(f.stream, ", \"parameters\": %zu, \"records\": %zu, \"validation\": %zu, \"test\": %zu}\n", nn_count(p, NN_PARAM) + nn_count(p, NN_FROZEN), t->count,
	    t->validate_on ? t->validation_count : 0, t->test.records);
	return nn_file_commit(&f, e);
}

/* the folder of the data as it is called from everywhere: a run may be gone on with from another folder */
static int
write_settings(const struct nn_training_run *t, const char *folder, struct nn_error *e)
{
	struct nn_options o = *t->o;
	struct nn_output_file f;
	char path[NN_PATH_MAX], *data = o.data ? realpath(o.data, NULL) : NULL;
	int status = nn_path_join(path, folder, "settings.txt", e);

	o.data = data ? data : o.data;
	if (t->method)
		o.batch_size = 0;
	if (t->validation.records) /* a group of the file, not held out */
		o.validation = 0;
	if (status == 0)
		status = nn_file_create(&f, path, e);
	if (status == 0) {
		fprintf(f.stream, "# %s of %s\n", t->program->model, t->program->file);
		status = nn_settings_write(f.stream, &o, e);
		if (status == 0)
			status = nn_file_commit(&f, e);
		else
			nn_file_abandon(&f);
	}
	free(data);
	return status;
}

static int
write_empty(const char *folder, const char *name, struct nn_error *e)
{
	struct nn_output_file f;
	char path[NN_PATH_MAX];

	return nn_path_join(path, folder, name, e) || nn_file_create(&f, path, e) || nn_file_commit(&f, e) ? -1 : 0;
}

static int
fill(struct nn_training_run *t, struct nn_error *e)
{
	const char *folder = t->run.fresh;
	char path[NN_PATH_MAX];

	if (write_run_json(t, folder, e) || write_settings(t, folder, e) || write_empty(folder, "metrics.jsonl", e) || write_empty(folder, "timing.jsonl", e))
		return -1;
	if (nn_path_join(path, folder, weights_names[0], e) != 0 || nn_weights_save(&t->model, NULL, path, e) != 0)
		return -1;
	return nn_path_join(path, folder, "checkpoint.safetensors", e) || nn_checkpoint_write(t, path, e) ? -1 : 0;
}

int
nn_run_create(struct nn_training_run *t, struct nn_error *e)
{
	size_t size;

	t->run.data = nn_data_fingerprint(t);
	if (fill(t, e) != 0)
		return -1;
	if (rename(t->run.fresh, t->run.path) != 0)
		return fail_file("create", t->run.path, errno, e);
	t->run.fresh[0] = 0;
	int cause = nn_sync_folder(t->run.path);
	if (cause)
		return nn_fail(e, "%s is made, but its folder cannot be synced: %s", t->run.path, strerror(cause));
	t->run.saved = nn_now();
	if (open_logs(t, e) != 0 || log_line(t, t->run.timing, "timing.jsonl", print_start, 0, &size, e) != 0)
		return -1;
	return t->o->tensorboard ? nn_events_open(t, e) : 0;
}

/* -- and an old one -------------------------------------------------------------------------------------------------------- */

int
nn_run_resume(struct nn_training_run *t, struct nn_error *e)
{
	char path[NN_PATH_MAX];
	struct stat status;
	size_t size;

	if (set_path(&t->run, t->o->resume, e) != 0 || open_logs(t, e) != 0)
		return -1;
	t->run.data = nn_data_fingerprint(t);
	if (inside(t, path, "checkpoint.safetensors", e) != 0 || nn_checkpoint_read(t, path, e) != 0)
		return -1;
	if (fstat(t->run.metrics, &status) != 0 || (uint64_t)status.st_size < t->run.logged)
		return nn_fail(e, "%s/metrics.jsonl is shorter than its checkpoint says: %" PRIu64 " bytes", t->run.path, t->run.logged);
	if (ftruncate(t->run.metrics, (off_t)t->run.logged) != 0)
		return nn_fail(e, "cannot write %s/metrics.jsonl: %s", t->run.path, strerror(errno));
	if (each_file(t->run.path, remove_temporary, NULL, e) != 0 || write_settings(t, t->run.path, e) != 0)
		return -1;
	int boundary = t->o->every.steps ? t->step && t->step % t->o->every.steps == 0 : t->o->every.epochs && !t->in_epoch && t->epoch % t->o->every.epochs == 0;
	if (boundary && t->step && t->o->keep && keep_checkpoint(t, path, e) != 0)
		return -1;
	if (nn_run_save_weights(t, e) != 0 || log_line(t, t->run.timing, "timing.jsonl", print_start, 1, &size, e) != 0)
		return -1;
	t->run.saved = nn_now();
	return t->o->tensorboard ? nn_events_open(t, e) : 0;
}
