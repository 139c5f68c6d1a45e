/* png.c - PNG by libpng: any depth and colour to bytes of red, green and blue.  Transparency is left out, gamma and profiles are not applied. */
#include "data/data.h"
#include <stdlib.h>

#ifdef NNC_HAVE_PNG
#include <png.h>

struct decoding {
	struct picture *picture;
	const char *path;
	struct nn_error *e;
	png_bytep *rows;
	int failed; /* the message is there */
};

static void
on_error(png_structp png, png_const_charp what)
{
	struct decoding *d = png_get_error_ptr(png);
	if (!d->failed) nn_fail(d->e, "%s: not a whole PNG: %s", d->path, what);
	d->failed = 1;
	png_longjmp(png, 1);
}

static void
on_warning(png_structp png, png_const_charp what)
{
	(void)png, (void)what;
}

/* libpng comes back to its caller by a jump where a file is wrong: nothing here is kept in variables of this function */
static int
decode(struct decoding *d, png_structp png, png_infop info, FILE *f)
{
	if (setjmp(png_jmpbuf(png))) return -1;
	png_init_io(png, f);
	png_set_user_limits(png, PICTURE_SIDE, PICTURE_SIDE);
	png_set_chunk_malloc_max(png, 1 << 23);
	png_set_chunk_cache_max(png, 64);
	png_read_info(png, info);
	png_set_expand(png);
	png_set_scale_16(png);
	png_set_gray_to_rgb(png);
	png_set_strip_alpha(png);
	png_set_interlace_handling(png);
	png_read_update_info(png, info);
	size_t height = png_get_image_height(png, info), width = png_get_image_width(png, info);
	if (picture_allocate(d->picture, d->path, width, height, d->e)) d->failed = 1;
	else if (png_get_rowbytes(png, info) != 3 * width) png_error(png, "its rows are not as long as its header says");
	d->rows = d->failed ? NULL : malloc(height * sizeof *d->rows);
	if (!d->rows) png_error(png, "not enough memory");
	for (size_t y = 0; y < height; y++) d->rows[y] = d->picture->pixels + 3 * width * y;
	png_read_image(png, d->rows);
	png_read_end(png, NULL);
	return 0;
}

int
png_decode(struct picture *p, FILE *f, const char *path, struct nn_error *e)
{
	struct decoding d = {.picture = p, .path = path, .e = e};
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d, on_error, on_warning);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	int status = info ? decode(&d, png, info, f) : nn_fail(e, "%s: libpng cannot start", path);
	free(d.rows);
	if (png) png_destroy_read_struct(&png, info ? &info : NULL, NULL);
	return status;
}

#else

int
png_decode(struct picture *p, FILE *f, const char *path, struct nn_error *e)
{
	(void)p, (void)f;
	nn_fail(e, "%s is a PNG, and this nnc was built without libpng", path);
	return nn_help(e, "install it (./install, or libpng-dev) and build nnc again");
}

#endif
