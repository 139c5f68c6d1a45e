/* ahead.c - a training on files that are not in memory does not wait for the disk: while a step is computed, a helper asks the system for the pages of
 * the steps to come and gathers the records of the next one into a batch of its own, which then changes places with the batch of the training.
 *
 * It begins in an epoch in which a step had to wait.  What a batch holds does not depend on who gathered it. */
#define _POSIX_C_SOURCE 200809L
#include "training.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { STEPS = 4 }; /* whose pages are asked for */

struct nn_ahead {
	struct nn_training_run *training;
	struct nn_batch batch;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	enum { IDLE, ASKED, READY, ENDING } state; /* READY: the batch holds the records of `step` */
	uint64_t step;
	size_t asked; /* records of this epoch's order whose pages were asked for */
};

/* the records of a step of this epoch: where they begin in its order, and how many */
size_t
nn_records_of_step(const struct nn_training_run *t, uint64_t step, size_t *first)
{
	*first = (size_t)(step - 1 - t->epoch_base) * t->batch_size;
	return t->count - *first < t->batch_size ? t->count - *first : t->batch_size;
}

static void
work(struct nn_ahead *a, uint64_t step)
{
	struct nn_training_run *t = a->training;
	size_t first, n = nn_records_of_step(t, step, &first), reach = STEPS * t->batch_size, last = t->count - first < reach ? t->count : first + reach;

	if (a->asked < first || a->asked > last)
		a->asked = first;
	for (size_t k = 0; k < t->program->input_count; k++)
		nn_column_ahead(t->program, k, &t->data.inputs[k], t->order + a->asked, last - a->asked);
	a->asked = last;
	nn_batch_gather_seen(&a->batch, &t->data, t->order + first, n, t->o->seed, t->epoch);
}

static void *
help(void *arg)
{
	struct nn_ahead *a = arg;

	pthread_mutex_lock(&a->mutex);
	while (a->state != ENDING) {
		if (a->state != ASKED) {
			pthread_cond_wait(&a->changed, &a->mutex);
			continue;
		}
		pthread_mutex_unlock(&a->mutex);
		work(a, a->step);
		pthread_mutex_lock(&a->mutex);
		a->state = READY;
		pthread_cond_broadcast(&a->changed);
	}
	pthread_mutex_unlock(&a->mutex);
	return NULL;
}

/* the signals of a person are for the training; one that a read causes is for who reads */
static int
start_thread(struct nn_ahead *a)
{
	sigset_t all, before;

	sigfillset(&all);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGSEGV);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int status = pthread_create(&a->thread, NULL, help, a);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return status;
}

/* NULL: there is none, and the training waits */
static struct nn_ahead *
open_helper(struct nn_training_run *t)
{
	struct nn_ahead *a = calloc(1, sizeof *a);
	struct nn_error e;

	if (!a)
		return NULL;
	a->training = t;
	if (nn_batch_open(&a->batch, t->program, t->batch_size, &e) == 0) {
		pthread_mutex_init(&a->mutex, NULL);
		pthread_cond_init(&a->changed, NULL);
		if (start_thread(a) == 0)
			return a;
		pthread_mutex_destroy(&a->mutex);
		pthread_cond_destroy(&a->changed);
	}
	nn_batch_close(&a->batch);
	free(a);
	return NULL;
}

/* until the helper does nothing; the mutex is held then */
static void
wait_for(struct nn_ahead *a)
{
	pthread_mutex_lock(&a->mutex);
	while (a->state == ASKED)
		pthread_cond_wait(&a->changed, &a->mutex);
}

void
nn_ahead_begin(struct nn_training_run *t)
{
	nn_ahead_stop(t);
	t->waited = t->mapped ? nn_pages_waited_for() : 0;
	t->ahead = 0;
}

void
nn_ahead_stop(struct nn_training_run *t)
{
	if (!t->helper)
		return;
	wait_for(t->helper);
	t->helper->state = IDLE;
	t->helper->asked = 0;
	pthread_mutex_unlock(&t->helper->mutex);
}

int
nn_ahead_take(struct nn_training_run *t, uint64_t step)
{
	struct nn_ahead *a = t->helper;
	int taken = 0;

	if (!a)
		return 0;
	wait_for(a);
	if (a->state == READY && a->step == step) {
		struct nn_batch other = t->batch;
		t->batch = a->batch;
		a->batch = other;
		taken = 1;
	}
	a->state = IDLE;
	pthread_mutex_unlock(&a->mutex);
	return taken;
}

void
nn_ahead_ask(struct nn_training_run *t, uint64_t step)
{
	if (!t->ahead) {
		if (nn_pages_waited_for() == t->waited)
			return;
		t->ahead = 1;
		for (size_t k = 0; t->o->shuffle && k < t->program->input_count; k++)
			if (t->data.inputs[k].map)
				nn_map_order(t->data.inputs[k].map, NN_AT_RANDOM);
		t->helper = t->helper ? t->helper : open_helper(t);
	}
	if (!t->helper || step > t->epoch_base + nn_steps_of_an_epoch(t) || step > t->last_step)
		return;
	pthread_mutex_lock(&t->helper->mutex);
	t->helper->step = step;
	t->helper->state = ASKED;
	pthread_cond_broadcast(&t->helper->changed);
	pthread_mutex_unlock(&t->helper->mutex);
}

void
nn_ahead_close(struct nn_training_run *t)
{
	struct nn_ahead *a = t->helper;

	if (!a)
		return;
	wait_for(a);
	a->state = ENDING;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->mutex);
	pthread_join(a->thread, NULL);
	pthread_mutex_destroy(&a->mutex);
	pthread_cond_destroy(&a->changed);
	nn_batch_close(&a->batch);
	free(a);
	t->helper = NULL;
}
