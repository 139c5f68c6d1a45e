/* picture.c - a file to pixels, and pixels to the bytes of a record. */
#include "data/data.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void
picture_free(struct picture *p)
{
	free(p->pixels);
	*p = (struct picture){0};
}

int
picture_allocate(struct picture *p, const char *path, size_t width, size_t height, struct nn_error *e)
{
	if (width == 0 || height == 0 || width > PICTURE_SIDE || height > PICTURE_SIDE || width * height > PICTURE_PIXELS)
		return nn_fail(e, "%s: %zu x %zu pixels, expected at most %d in all and %d a side", path, width, height, PICTURE_PIXELS, PICTURE_SIDE);
	*p = (struct picture){width, height, malloc(3 * width * height)};
	return p->pixels ? 0 : nn_fail(e, "%s: not enough memory for %zu x %zu pixels", path, width, height);
}

/* by its first bytes, whatever it is called */
int
picture_read(struct picture *p, const char *path, struct nn_error *e)
{
	unsigned char start[8] = {0};
	struct stat s;
	*p = (struct picture){0};
	FILE *f = fopen(path, "rb");
	if (!f) return nn_fail(e, "cannot open %s: %s", path, strerror(errno));
	size_t n = !fstat(fileno(f), &s) && S_ISREG(s.st_mode) ? fread(start, 1, sizeof start, f) : 0;
	int status = -1;
	if (n == 0) nn_fail(e, S_ISREG(s.st_mode) ? "%s: is empty" : "%s: is not a plain file", path);
	else if (fseek(f, 0, SEEK_SET)) nn_fail(e, "cannot read %s: %s", path, strerror(errno));
	else if (!memcmp(start, "\x89PNG\r\n\x1a\n", 8)) status = png_decode(p, f, path, e);
	else if (!memcmp(start, "\xFF\xD8\xFF", 3)) status = jpeg_decode(p, f, path, e);
	else nn_fail(e, "%s: is neither PNG nor JPEG", path);
	fclose(f);
	if (status) picture_free(p);
	return status;
}

/* Pixel i of `to` covers i * from .. (i + 1) * from in units of 1 / to of an old pixel, which is `to` of them wide: all shares are whole numbers. */
static uint64_t
share(size_t i, size_t k, size_t from, size_t to)
{
	uint64_t low = (uint64_t)i * from, high = low + from, first = (uint64_t)k * to, last = first + to;
	return (high < last ? high : last) - (low > first ? low : first);
}

static void
mean_of_area(const struct picture *p, size_t x, size_t y, size_t width, size_t height, unsigned char to[3])
{
	uint64_t sums[3] = {0}, area = (uint64_t)p->width * p->height;
	for (size_t r = y * p->height / height; r * height < (y + 1) * p->height; r++)
		for (size_t c = x * p->width / width; c * width < (x + 1) * p->width; c++) {
			uint64_t weight = share(y, r, p->height, height) * share(x, c, p->width, width);
			for (int k = 0; k < 3; k++) sums[k] += weight * p->pixels[3 * (r * p->width + c) + (size_t)k];
		}
	for (int k = 0; k < 3; k++) to[k] = (unsigned char)((sums[k] + area / 2) / area);
}

int
picture_resize(struct picture *p, size_t width, size_t height, struct nn_error *e)
{
	struct picture resized;
	if (width == p->width && height == p->height) return 0;
	if (picture_allocate(&resized, "a picture", width, height, e)) return -1;
	for (size_t y = 0; y < height; y++)
		for (size_t x = 0; x < width; x++) mean_of_area(p, x, y, width, height, resized.pixels + 3 * (y * width + x));
	picture_free(p);
	*p = resized;
	return 0;
}

void
picture_planes(const struct picture *p, bool grey, unsigned char *to)
{
	size_t n = p->width * p->height;
	for (size_t i = 0; i < n; i++) {
		const unsigned char *c = p->pixels + 3 * i;
		if (grey) to[i] = (unsigned char)((19595u * c[0] + 38470u * c[1] + 7471u * c[2] + 32768u) >> 16); /* 0.299, 0.587, 0.114 */
		for (size_t k = 0; !grey && k < 3; k++) to[k * n + i] = c[k];
	}
}
