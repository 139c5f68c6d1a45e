/* text.c - reads a file of any content as a run of bytes, for models of characters: what UTF-8 writes as several bytes is several. */
#include "readers.h"

int
nn_text_read(struct nn_intake *in, const unsigned char *bytes, size_t size, struct nn_error *e)
{
	const struct nn_tokens t = {.element = nn_element_find('u', 1), .bytes = bytes, .n = size, .unit = "byte"};
	char takes[NN_PLACE_MAX];

	if (!nn_intake_takes_windows(in)) {
		nn_intake_takes(in, takes);
		return nn_fail(e, "%s: bytes are whole numbers, but %s", in->found, takes);
	}
	return nn_intake_windows(in, &t, e);
}

const struct nn_format nn_text = {"text", nn_text_read, 1, NULL};
