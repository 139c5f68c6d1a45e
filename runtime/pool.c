/* pool.c - a few worker threads that run the parts of a kernel.
 *
 * A job is one 64-bit word: its number in the upper half, the parts nobody has taken in the lower.  A thread takes a part by
 * lowering that word by one; when that succeeds, the job was still running, so part and arg, read before, were its own.  Nobody waits for
 * a worker that has taken nothing: one that wakes late finds nothing to do.  Workers look for work for some microseconds (the next
 * kernel usually follows at once), then sleep.  Parts write disjoint outputs, so results do not depend on who ran what. */
#define _POSIX_C_SOURCE 200809L
#include "pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOKS = 4000 }; /* about 50 to 100 microseconds */

struct nn_pool {
	_Alignas(64) _Atomic uint64_t job;
	_Atomic(nn_part *) part;
	_Atomic(void *) arg;
	_Atomic int parts;
	_Alignas(64) _Atomic int done;     /* parts of this job that are finished */
	_Alignas(64) _Atomic int sleepers; /* workers that need waking */
	_Atomic int waiting, stop;         /* waiting: the caller sleeps until all parts are done */
	int looks;
	pthread_mutex_t mutex;
	pthread_cond_t work, finished;
	size_t workers;
	pthread_t threads[];
};

size_t
nn_default_threads(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > 8 ? 8 : (size_t)n;
}

static inline void
breathe(void)
{
#if defined __x86_64__ || defined __i386__
	__asm__ volatile("pause");
#elif defined __aarch64__
	__asm__ volatile("yield");
#endif
}

static int
untaken(struct nn_pool *p)
{
	return (uint32_t)atomic_load(&p->job) != 0;
}

static void
wake(struct nn_pool *p, pthread_cond_t *sleepers)
{
	pthread_mutex_lock(&p->mutex);
	pthread_cond_broadcast(sleepers);
	pthread_mutex_unlock(&p->mutex);
}

/* takes and runs one part; 0 if there was none */
static int
take(struct nn_pool *p)
{
	uint64_t job = atomic_load(&p->job);

	while ((uint32_t)job != 0) {
		nn_part *part = atomic_load_explicit(&p->part, memory_order_relaxed);
		void *arg = atomic_load_explicit(&p->arg, memory_order_relaxed);
		int parts = atomic_load_explicit(&p->parts, memory_order_relaxed);
		if (!atomic_compare_exchange_weak(&p->job, &job, job - 1))
			continue;
		part(arg, parts - (int)(uint32_t)job);
		if (atomic_fetch_add(&p->done, 1) + 1 == parts && atomic_load(&p->waiting))
			wake(p, &p->finished);
		return 1;
	}
	return 0;
}

static void *
worker(void *pool)
{
	struct nn_pool *p = pool;

	while (!atomic_load(&p->stop)) {
		int looks = p->looks;
		while (!untaken(p) && !atomic_load(&p->stop) && looks-- > 0)
			breathe();
		if (take(p))
			continue;
		pthread_mutex_lock(&p->mutex);
		atomic_fetch_add(&p->sleepers, 1);
		while (!untaken(p) && !atomic_load(&p->stop))
			pthread_cond_wait(&p->work, &p->mutex);
		atomic_fetch_sub(&p->sleepers, 1);
		pthread_mutex_unlock(&p->mutex);
	}
	return NULL;
}

void
nn_pool_run(void *pool, nn_part *part, void *arg, int parts)
{
	struct nn_pool *p = pool;
	int looks = p->looks;

	if (parts <= 1 || p->workers == 0) {
		for (int k = 0; k < parts; k++)
			part(arg, k);
		return;
	}
	atomic_store_explicit(&p->part, part, memory_order_relaxed);
	atomic_store_explicit(&p->arg, arg, memory_order_relaxed);
	atomic_store_explicit(&p->parts, parts, memory_order_relaxed);
	atomic_store(&p->done, 0);
	atomic_store(&p->job, ((atomic_load(&p->job) >> 32) + 1) << 32 | (uint32_t)parts);
	if (atomic_load(&p->sleepers))
		wake(p, &p->work);
	while (take(p))
		;
	while (atomic_load(&p->done) < parts && looks-- > 0)
		breathe();
	if (atomic_load(&p->done) == parts)
		return;
	pthread_mutex_lock(&p->mutex);
	atomic_store(&p->waiting, 1);
	while (atomic_load(&p->done) < parts)
		pthread_cond_wait(&p->finished, &p->mutex);
	atomic_store(&p->waiting, 0);
	pthread_mutex_unlock(&p->mutex);
}

/* signals are for the thread that trains */
static int
start_worker(struct nn_pool *p)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int error = pthread_create(&p->threads[p->workers], NULL, worker, p);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (error == 0)
		p->workers++;
	return error;
}

struct nn_pool *
nn_pool_open(size_t threads, struct nn_error *e)
{
	size_t bytes = (sizeof(struct nn_pool) + threads * sizeof(pthread_t) + 63) / 64 * 64;
	struct nn_pool *p = aligned_alloc(64, bytes);

	if (!p) {
		nn_fail(e, "out of memory");
		return NULL;
	}
	memset(p, 0, bytes);
	pthread_mutex_init(&p->mutex, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->finished, NULL);
	p->looks = (long)threads <= sysconf(_SC_NPROCESSORS_ONLN) ? LOOKS : 0;
	while (p->workers + 1 < threads) {
		int error = start_worker(p);
		if (error == 0)
			continue;
		nn_fail(e, "could not start thread %zu of %zu: %s", p->workers + 2, threads, strerror(error));
		nn_help(e, "use fewer: --threads=%zu", p->workers + 1);
		nn_pool_close(p);
		return NULL;
	}
	return p;
}

void
nn_pool_close(struct nn_pool *p)
{
	if (!p)
		return;
	atomic_store(&p->stop, 1);
	wake(p, &p->work);
	for (size_t k = 0; k < p->workers; k++)
		pthread_join(p->threads[k], NULL);
	pthread_cond_destroy(&p->finished);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->mutex);
	free(p);
}
