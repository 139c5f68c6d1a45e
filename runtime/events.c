/* events.c - the figures of a run for TensorBoard, in the files that it reads.
 *
 * A file is a sequence of records, each the length of its data in 8 bytes, a check sum of these, the data, and a check sum of the data
 * (tensorflow, core/lib/io/record_writer.h; little-endian).  Data is an Event of core/util/event.proto, in the wire format of protocol
 * buffers: a tag, field number * 8 + type, before each value. */
#define _POSIX_C_SOURCE 200809L
#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };
enum { EVENT_TIME = 1, EVENT_STEP = 2, EVENT_VERSION = 3, EVENT_SUMMARY = 5, EVENT_SESSION = 7 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_NUMBER = 2, SESSION_STATUS = 1, SESSION_START = 1 };
enum { ROOM = 512, TAG_MOST = 200 };

struct bytes {
	unsigned char at[ROOM];
	size_t count;
};

/* what does not fit is left out: the longest event, a name of TAG_MOST and numbers, does */
static void
put(struct bytes *b, const void *from, size_t n)
{
	if (n > ROOM - b->count)
		return;
	memcpy(b->at + b->count, from, n);
	b->count += n;
}

static void
put_little_endian(struct bytes *b, uint64_t value, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		unsigned char byte = (unsigned char)(value >> 8 * k);
		put(b, &byte, 1);
	}
}

static void
put_varint(struct bytes *b, uint64_t value)
{
	for (; value > 127; value >>= 7)
		put_little_endian(b, (value & 127) | 128, 1);
	put_little_endian(b, value, 1);
}

static void
put_tag(struct bytes *b, int field, int type)
{
	put_varint(b, (uint64_t)(field << 3 | type));
}

static void
put_bytes(struct bytes *b, int field, const void *from, size_t n)
{
	put_tag(b, field, BYTES);
	put_varint(b, n);
	put(b, from, n);
}

static void
put_double(struct bytes *b, int field, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof bits);
	put_tag(b, field, FIXED64);
	put_little_endian(b, bits, 8);
}

static void
put_float(struct bytes *b, int field, float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof bits);
	put_tag(b, field, FIXED32);
	put_little_endian(b, bits, 4);
}

/* CRC-32C (Castagnoli), RFC 3720 appendix B.4, reflected; masked as the format wants it, since it may be taken of data with sums in them */
static uint32_t
check_sum(const unsigned char *at, size_t n)
{
	uint32_t crc = 0xFFFFFFFFu;

	for (size_t k = 0; k < n; k++) {
		crc ^= at[k];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
	}
	crc = ~crc;
	return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

static int
write_record(const struct nn_training_run *t, const struct bytes *event, struct nn_error *e)
{
	struct bytes record = {.count = 0};
	size_t done = 0;

	put_little_endian(&record, event->count, 8);
	put_little_endian(&record, check_sum(record.at, 8), 4);
	put(&record, event->at, event->count);
	put_little_endian(&record, check_sum(event->at, event->count), 4);
	while (done < record.count) {
		ssize_t n = write(t->run.events, record.at + done, record.count - done);
		if (n < 0 && errno != EINTR)
			return nn_fail(e, "cannot write the events of %s: %s", t->run.path, strerror(errno));
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static struct bytes
begin_event(uint64_t step)
{
	struct bytes event = {.count = 0};
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	put_double(&event, EVENT_TIME, (double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
	put_tag(&event, EVENT_STEP, VARINT);
	put_varint(&event, step);
	return event;
}

int
nn_events_open(struct nn_training_run *t, struct nn_error *e)
{
	static const char version[] = "brain.Event:2";
	char path[NN_PATH_MAX], name[96];
	struct bytes event = begin_event(0), start = begin_event(t->step + !t->in_epoch), status = {.count = 0};

	snprintf(name, sizeof name, "events.out.tfevents.%010lld.nnc.%ld", (long long)time(NULL), (long)getpid());
	if (nn_path_join(path, t->run.path, name, e) != 0)
		return -1;
	t->run.events = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (t->run.events < 0)
		return nn_fail(e, "cannot create %s: %s", path, strerror(errno));
	put_bytes(&event, EVENT_VERSION, version, sizeof version - 1);
	put_tag(&status, SESSION_STATUS, VARINT);
	put_varint(&status, SESSION_START);
	put_bytes(&start, EVENT_SESSION, status.at, status.count);
	return write_record(t, &event, e) || write_record(t, &start, e) ? -1 : 0;
}

static int
write_scalar(struct nn_training_run *t, const char *name, const char *group, double value, struct nn_error *e)
{
	struct bytes event = begin_event(t->step), scalar = {.count = 0}, summary = {.count = 0};
	char tag[TAG_MOST + 1];

	snprintf(tag, sizeof tag, "%.180s/%s", name, group);
	put_bytes(&scalar, VALUE_TAG, tag, strlen(tag));
	put_float(&scalar, VALUE_NUMBER, (float)value);
	put_bytes(&summary, SUMMARY_VALUE, scalar.at, scalar.count);
	put_bytes(&event, EVENT_SUMMARY, summary.at, summary.count);
	return write_record(t, &event, e);
}

int
nn_events_epoch(struct nn_training_run *t, struct nn_error *e)
{
	const struct nn_program *p = t->program;

	for (size_t k = 0; k < 1 + p->metric_count; k++) {
		const char *name = k ? p->metrics[k - 1].name : "loss";
		if (write_scalar(t, name, "train", t->train_means[k], e) != 0)
			return -1;
		if (t->validate_on && write_scalar(t, name, "validation", t->validation_means[k], e) != 0)
			return -1;
	}
	return 0;
}
