/* map.c - files that are used where they lie: mapped into memory, which the system fills when they are looked at and takes back when it needs it.
 *
 * A file that is shortened while it is mapped, or a disk that fails, shows as the signal SIGBUS: the program then says which file it is and ends. */
#define _DEFAULT_SOURCE 1 /* madvise */
#define _XOPEN_SOURCE 700
#include "map.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct nn_map *volatile maps; /* all that are open */

/* only what a handler of signals may do */
static void
say(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		_exit(NN_FAILURE);
}

static void
on_bus_error(int number, siginfo_t *info, void *context)
{
	const char *at = info->si_addr;

	(void)context;
	for (struct nn_map *m = maps; m; m = m->next)
		if ((uintptr_t)at >= (uintptr_t)m->bytes && (uintptr_t)at - (uintptr_t)m->bytes < m->size) {
			say("\nerror: ");
			say(m->name);
			say(" cannot be read any more: it was shortened, or its disk fails\n");
			_exit(NN_FAILURE);
		}
	signal(number, SIG_DFL); /* then it happens again */
}

static void
watch(struct nn_map *m)
{
	struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};

	m->next = maps;
	maps = m;
	sigemptyset(&action.sa_mask);
	if (!m->next)
		sigaction(SIGBUS, &action, NULL);
}

/* a plain file that is not compressed and not empty */
static int
can_map(int descriptor, struct stat *status)
{
	unsigned char first[2] = {0, 0};

	if (fstat(descriptor, status) != 0 || !S_ISREG(status->st_mode) || status->st_size <= 0 || (uintmax_t)status->st_size > SIZE_MAX)
		return 0;
	return pread(descriptor, first, sizeof first, 0) > 0 && !(first[0] == 0x1F && first[1] == 0x8B);
}

struct nn_map *
nn_map_open(const char *path)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	struct nn_map *m = NULL;
	struct stat status;

	if (descriptor < 0)
		return NULL;
	if (can_map(descriptor, &status)) {
		size_t size = (size_t)status.st_size;
		void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
		m = bytes == MAP_FAILED ? NULL : malloc(sizeof *m + strlen(path) + 1);
		if (m) {
			*m = (struct nn_map){.bytes = bytes, .size = size, .users = 1};
			strcpy(m->name, path);
			watch(m);
		} else if (bytes != MAP_FAILED) {
			munmap(bytes, size);
		}
	}
	close(descriptor);
	return m;
}

struct nn_map *
nn_map_share(struct nn_map *m)
{
	m->users++;
	return m;
}

void
nn_map_release(struct nn_map *m)
{
	if (!m || --m->users > 0)
		return;
	struct nn_map *volatile *at = &maps;
	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	munmap((void *)(uintptr_t)m->bytes, m->size);
	free(m);
}

/* n bytes, rounded to whole pages */
static void
advise(const void *from, size_t n, int what)
{
	static size_t page;

	if (!page)
		page = (size_t)sysconf(_SC_PAGESIZE);
	size_t before = (uintptr_t)from % page;
	madvise((void *)((uintptr_t)from - before), n + before, what); /* only advice: whether it is taken does not matter */
}

void
nn_map_ahead(const void *from, size_t n)
{
	advise(from, n, MADV_WILLNEED);
}

void
nn_map_order(const struct nn_map *m, enum nn_map_order order)
{
	advise(m->bytes, m->size, order == NN_IN_ORDER ? MADV_SEQUENTIAL : order == NN_AT_RANDOM ? MADV_RANDOM : MADV_NORMAL);
}

uint64_t
nn_pages_waited_for(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_majflt : 0;
}
