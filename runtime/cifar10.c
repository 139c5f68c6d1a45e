/* cifar10.c - reads the binary version of CIFAR-10 (https://www.cs.toronto.edu/~kriz/cifar.html): five files to train on and one to test
 * on, each of them records of a byte for the class, 0..9, and 3 x 32 x 32 bytes: the red, the green and the blue plane, row by row.  A
 * source is the images or the classes of all training or all test files. */
#include "readers.h"

#include <string.h>

enum { PLANES = 3, SIDE = 32, PIXELS = PLANES * SIDE * SIDE, RECORD = 1 + PIXELS, CLASSES = 10 };

static const char *const train[] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin", NULL};
static const char *const test[] = {"test_batch.bin", NULL};

static const struct part {
	const char *name;
	const char *const *files;
	size_t first, count; /* its bytes in a record */
	int images;
	const char *is;
} parts[] = {
	{"train_images", train, 1, PIXELS, 1, "an image of CIFAR-10 has 3072 values, 3 x 32 x 32"},
	{"train_labels", train, 0, 1, 0, "a label of CIFAR-10 is one value"},
	{"test_images", test, 1, PIXELS, 1, "an image of CIFAR-10 has 3072 values, 3 x 32 x 32"},
	{"test_labels", test, 0, 1, 0, "a label of CIFAR-10 is one value"},
};

static const struct part *
find_part(const char *name)
{
	for (size_t i = 0; name && i < sizeof parts / sizeof *parts; i++)
		if (strcmp(parts[i].name, name) == 0)
			return &parts[i];
	return NULL;
}

const char *const *
nn_cifar10_files(const char *part)
{
	const struct part *p = find_part(part);

	return p ? p->files : NULL;
}

/* whole records, whose classes are classes */
static int
check(const struct nn_intake *in, const unsigned char *bytes, size_t size, struct nn_error *e)
{
	size_t records = size / RECORD, rest = size % RECORD;

	if (size == 0)
		return nn_fail(e, "%s: is empty, expected records of %d bytes", in->found, RECORD);
	if (rest) {
		nn_fail(e, "%s: truncated: %zu bytes are %zu records of %d bytes and %zu more", in->found, size, records, RECORD, rest);
		return size % (RECORD + 1) == 0 ? nn_help(e, "records of CIFAR-100 have %d bytes, two of them classes", RECORD + 1) : -1;
	}
	for (size_t r = 0; r < records; r++)
		if (bytes[r * RECORD] >= CLASSES)
			return nn_fail(e, "%s: byte %zu, the class of record %zu, is %d, expected 0..%d", in->found, r * RECORD, r, bytes[r * RECORD],
			    CLASSES - 1);
	return 0;
}

int
nn_cifar10_read(struct nn_intake *in, const unsigned char *bytes, size_t size, struct nn_error *e)
{
	const struct part *p = find_part(in->source->part);
	const struct nn_element *byte = nn_element_find('u', 1);
	char takes[NN_PLACE_MAX];
	double values[PIXELS];

	if (p->images && nn_intake_crops(in) && nn_intake_image(in, PLANES, SIDE, SIDE, e))
		return -1;
	if (in->width != p->count) {
		nn_intake_takes(in, takes);
		return nn_fail(e, "%s, but %s", p->is, takes);
	}
	if (check(in, bytes, size, e) || nn_intake_bytes(in, e) || nn_intake_expect(in, size / RECORD, e))
		return -1;
	for (; size > 0; bytes += RECORD, size -= RECORD) {
		byte->decode(bytes + p->first, p->count, 0, values);
		if (nn_intake_record(in, values, e))
			return -1;
	}
	return 0;
}

const struct nn_format nn_cifar10 = {"cifar10", nn_cifar10_read, 1, nn_cifar10_files};
