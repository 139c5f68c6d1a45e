/* data.h - nnc data: from folders of pictures to one file that trainers read.
 *
 *   pack.c     the command: options, the folder, what is said at the end
 *   picture.c  one file to pixels: colours, size
 *   png.c      PNG by libpng          jpeg.c  JPEG by libjpeg, where nnc was built with them
 *   archive.c  arrays to an .npz
 *
 * Functions that can fail return 0, or -1 with the message in *e. */
#ifndef NNC_DATA_H
#define NNC_DATA_H

#include "runtime/file.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* `nnc data` and what follows it.  Returns the exit status: 0, 1 for an error, 2 for wrong usage. */
int data_main(int argc, char **argv);

/* ---- pictures ---- */

/* What is larger is refused before memory is taken for it: 2^25 pixels are 100 MB. */
enum { PICTURE_SIDE = 1 << 14, PICTURE_PIXELS = 1 << 25 };

struct picture { /* red, green, blue of each pixel, row by row */
	size_t width, height;
	unsigned char *pixels; /* [height][width][3], to be freed */
};
int picture_read(struct picture *p, const char *path, struct nn_error *e);
void picture_free(struct picture *p);
/* Each pixel becomes the mean of the area that it covers in the old picture, parts of pixels by their share, rounded once. */
int picture_resize(struct picture *p, size_t width, size_t height, struct nn_error *e);
/* the bytes of a record: planes red, green, blue, or one of the luma of ITU-R BT.601 */
void picture_planes(const struct picture *p, bool grey, unsigned char *to);

/* memory for a picture of that size, which is checked; of a picture that is not read, nothing is left */
int picture_allocate(struct picture *p, const char *path, size_t width, size_t height, struct nn_error *e);
/* decode an open file from its start */
int png_decode(struct picture *p, FILE *f, const char *path, struct nn_error *e);
int jpeg_decode(struct picture *p, FILE *f, const char *path, struct nn_error *e);

/* ---- archives ---- */

enum { ARCHIVE_MEMBERS = 4 };

/* an .npz whose arrays are written one after the other, uncompressed, with sizes of 64 bits */
struct archive {
	struct nn_output_file file;
	struct archive_member {
		const char *name; /* "images.npy" */
		uint64_t place, size;
		uint32_t crc;
	} members[ARCHIVE_MEMBERS];
	int count;
	uint64_t at; /* bytes written */
};
int archive_open(struct archive *a, const char *path, struct nn_error *e);
/* begins the array NAME.npy; its bytes follow by archive_write.  type as in NumPy: "|u1", "<U8" */
int archive_begin(struct archive *a, const char *name, const char *type, int rank, const size_t shape[], struct nn_error *e);
int archive_write(struct archive *a, const void *bytes, size_t size, struct nn_error *e);
int archive_commit(struct archive *a, struct nn_error *e);
void archive_abandon(struct archive *a);

#endif
