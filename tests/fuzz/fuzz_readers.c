/* fuzz_readers.c - every reader of files on hostile bytes (libFuzzer).  READER=csv|idx|npy|safetensors picks one; without it the first
 * byte of the input does.  What is accepted must be finite and within the declared range. */
#include "data.h"
#include "safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct nn_column columns[] = {{"x", 0}, {NULL, 1}};
static const struct nn_arith arith[] = {{'/', 255, 0}};
static const struct nn_input inputs[] = {
	{.name = "x", .line = 1, .rank = 1, .shape = {2}, .count = 2}, {.name = "t", .line = 2, .is_target = 1, .count = 1, .is_integer = 1, .low = -3, .high = 9}};

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

static void
read_data(const char *reader, const char *path, unsigned options)
{
	struct nn_source source = {.reader = reader, .path = path, .input = options & 1, .line = 3, .arith = arith, .arith_count = options >> 1 & 1,
		.sliced = options >> 2 & 1, .first = 1, .last = 2, .columns = columns + (options >> 3 & 1), .column_count = options >> 4 & 1 ? 2 - (options >> 3 & 1) : 0};
	struct nn_program program = {.model = "M", .file = "m.nn", .real_size = 4, .inputs = inputs, .input_count = 2, .sources = &source, .source_count = 1};
	struct nn_dataset set = {0};
	struct nn_error e;

	if (nn_data_read(&program, NN_DATA, NULL, &set, &e) && (!e.text[0] || set.inputs))
		abort();
	for (size_t r = 0; r < set.records; r++) {
		int32_t whole[1] = {0};
		float reals[2] = {0};
		nn_column_get(&program, (size_t)source.input, &set.inputs[source.input], r, source.input ? (void *)whole : reals);
		if (whole[0] < -3 || whole[0] > 9 || !isfinite(reals[0]) || !isfinite(reals[1]))
			abort();
	}
	nn_data_free(&program, &set);
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	static const char *const readers[] = {"csv", "idx", "npy", "safetensors"};
	static char path[64];
	const char *reader = getenv("READER");
	struct nn_named_list list;
	struct nn_error e;

	if (size < 2)
		return 0;
	reader = reader ? reader : readers[bytes[0] % 4];
	snprintf(path, sizeof path, "/dev/shm/fuzz_readers.%ld", (long)getpid());
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(bytes + 2, 1, size - 2, f) != size - 2 || fclose(f))
		abort();
	if (strcmp(reader, "safetensors") == 0) {
		if (nn_safetensors_read(path, &list, &e) && (!e.text[0] || list.items))
			abort();
		nn_safetensors_free(&list);
	} else {
		read_data(reader, path, bytes[1]);
	}
	remove(path);
	return 0;
}
