/* jpeg.c - JPEG by libjpeg: grey or colour to bytes of red, green and blue.  What is damaged or cut off is an error, where libjpeg itself would fill it in. */
#include "data/data.h"
#include <stdlib.h>

#ifdef NNC_HAVE_JPEG
#include <jpeglib.h>
#include <jerror.h>
#include <setjmp.h>

enum { SCANS_MOST = 200 }; /* a progressive file of a few kilobytes can ask for more work than any picture */

struct decoding {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	struct jpeg_progress_mgr progress;
	jmp_buf back;
	struct picture *picture;
	const char *path;
	struct nn_error *e;
};

static void
fail(j_common_ptr jpeg)
{
	struct decoding *d = jpeg->client_data;
	char what[JMSG_LENGTH_MAX];
	(*jpeg->err->format_message)(jpeg, what);
	nn_fail(d->e, "%s: not a whole JPEG: %s", d->path, what);
	longjmp(d->back, 1);
}

/* a warning is a damage, but for bytes that nobody needs */
static void
on_message(j_common_ptr jpeg, int level)
{
	if (level < 0 && jpeg->err->msg_code != JWRN_EXTRANEOUS_DATA) fail(jpeg);
}

static void
on_progress(j_common_ptr jpeg)
{
	struct decoding *d = jpeg->client_data;
	if (d->jpeg.input_scan_number <= SCANS_MOST) return;
	nn_fail(d->e, "%s: has more than %d scans", d->path, SCANS_MOST);
	longjmp(d->back, 1);
}

/* libjpeg comes back by a jump where a file is wrong: all that is kept lies in *d */
static int
decode(struct decoding *d, FILE *f)
{
	if (setjmp(d->back)) return -1;
	jpeg_stdio_src(&d->jpeg, f);
	jpeg_read_header(&d->jpeg, TRUE);
	if (d->jpeg.jpeg_color_space == JCS_CMYK || d->jpeg.jpeg_color_space == JCS_YCCK) {
		nn_fail(d->e, "%s: is CMYK, expected grey or RGB", d->path);
		return nn_help(d->e, "convert it: convert %s -colorspace sRGB", d->path);
	}
	if (picture_allocate(d->picture, d->path, d->jpeg.image_width, d->jpeg.image_height, d->e)) return -1;
	d->jpeg.out_color_space = JCS_RGB;
	jpeg_start_decompress(&d->jpeg);
	while (d->jpeg.output_scanline < d->jpeg.output_height) {
		JSAMPROW row = d->picture->pixels + 3 * d->picture->width * d->jpeg.output_scanline;
		jpeg_read_scanlines(&d->jpeg, &row, 1);
	}
	jpeg_finish_decompress(&d->jpeg);
	return 0;
}

int
jpeg_decode(struct picture *p, FILE *f, const char *path, struct nn_error *e)
{
	struct decoding *d = calloc(1, sizeof *d);
	if (!d) return nn_fail(e, "%s: not enough memory", path);
	d->picture = p;
	d->path = path;
	d->e = e;
	d->jpeg.err = jpeg_std_error(&d->errors);
	d->errors.error_exit = fail;
	d->errors.emit_message = on_message;
	d->progress.progress_monitor = on_progress;
	d->jpeg.client_data = d;
	int status = -1;
	if (!setjmp(d->back)) {
		jpeg_create_decompress(&d->jpeg);
		d->jpeg.progress = &d->progress;
		status = decode(d, f);
	}
	jpeg_destroy_decompress(&d->jpeg);
	free(d);
	return status;
}

#else

int
jpeg_decode(struct picture *p, FILE *f, const char *path, struct nn_error *e)
{
	(void)p, (void)f;
	nn_fail(e, "%s is a JPEG, and this nnc was built without libjpeg", path);
	return nn_help(e, "install it (./install, or libjpeg-dev) and build nnc again");
}

#endif
