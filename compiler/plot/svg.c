/* svg.c - the shapes that pictures are made of, and the file around them.  A bitmap is a PNG inside it, stored without compression. */
#include "plot/plot.h"
#include <string.h>

static const struct colour colours[COLOURS] = {
	{0, 114, 178}, {213, 94, 0}, {0, 158, 115}, {204, 121, 167}, {230, 159, 0}, {86, 180, 233}, {120, 94, 60}, {60, 60, 60}, {240, 228, 66}, {160, 160, 160},
};

struct colour
colour_of(int k)
{
	return colours[k % COLOURS];
}

struct colour
paler(struct colour c, double white)
{
	c.red = (unsigned char)(c.red + (255 - c.red) * white + 0.5);
	c.green = (unsigned char)(c.green + (255 - c.green) * white + 0.5);
	c.blue = (unsigned char)(c.blue + (255 - c.blue) * white + 0.5);
	return c;
}

void
svg_begin(struct plot *p, double width, double height)
{
	p->out.arena = &p->arena;
	text_add(&p->out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\"", width, height, width, height);
	text_add(&p->out, " font-family=\"Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif\" font-size=\"%d\" fill=\"#333\">\n", FONT);
	text_add(&p->out, "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n");
}

void
svg_end(struct plot *p)
{
	text_add(&p->out, "</svg>\n");
}

/* What XML has a use for is escaped; what it forbids (control characters, bytes that are no UTF-8) becomes U+FFFD. */
void
svg_escape(struct text *t, const char *text)
{
	static const char *const escapes[256] = {['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;", ['"'] = "&quot;", ['\''] = "&#39;"};
	for (size_t left = strlen(text), n; left; text += n, left -= n) {
		unsigned char c = (unsigned char)*text;
		n = nn_utf8(text, left);
		bool noncharacter = n == 3 && !memcmp(text, "\xEF\xBF", 2) && (unsigned char)text[2] >= 0xBE;
		if (n == 0 || (c < ' ' && c != '\t') || c == 0x7F || noncharacter) {
			text_add(t, "\xEF\xBF\xBD");
			n = n ? n : 1;
		} else if (escapes[c]) text_add(t, "%s", escapes[c]);
		else text_bytes(t, text, n);
	}
}

void
svg_text(struct plot *p, double x, double y, enum anchor anchor, const char *attributes, const char *text)
{
	static const char *const words[] = {"start", "middle", "end"};
	text_add(&p->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>", x, y, words[anchor], attributes);
	svg_escape(&p->out, text);
	text_add(&p->out, "</text>\n");
}

void
svg_line(struct plot *p, double x1, double y1, double x2, double y2, const char *attributes)
{
	text_add(&p->out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2, y2, attributes);
}

double
text_width(const char *text)
{
	double width = 0;
	for (const char *s = text; *s; s++)
		if (((unsigned char)*s & 0xC0) != 0x80) width += strchr("ijlt.,:;'| ()[]", *s) ? 0.36 : strchr("mwMW", *s) ? 0.88 : 0.58;
	return width * FONT;
}

/* ---- PNG: https://www.w3.org/TR/png-3/, its data as stored blocks of RFC 1951 ---------------------------------------------------------------- */

struct bytes {
	struct arena *arena;
	unsigned char *at;
	size_t n;
};

static void
put32(unsigned char *to, uint32_t v)
{
	for (int i = 0; i < 4; i++) to[i] = (unsigned char)(v >> 8 * (3 - i));
}

static uint32_t
crc_of(const unsigned char *at, size_t n)
{
	uint32_t crc = 0xFFFFFFFFu;
	for (size_t i = 0; i < n; i++) {
		crc ^= at[i];
		for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
	}
	return ~crc;
}

static uint32_t
adler_of(const unsigned char *at, size_t n)
{
	uint32_t a = 1, b = 0;
	for (size_t i = 0; i < n; i++) a = (a + at[i]) % 65521, b = (b + a) % 65521;
	return b << 16 | a;
}

/* length, name, data, checksum; the data stands where it belongs already */
static void
close_chunk(struct bytes *png, const char *name, size_t length)
{
	unsigned char *chunk = png->at + png->n;
	put32(chunk, (uint32_t)length);
	memcpy(chunk + 4, name, 4);
	put32(chunk + 8 + length, crc_of(chunk + 4, length + 4));
	png->n += length + 12;
}

/* raw bytes as a zlib stream of stored blocks; returns its length */
static size_t
store(unsigned char *to, const unsigned char *raw, size_t n)
{
	enum { BLOCK = 65535 };
	unsigned char *start = to;
	*to++ = 0x78, *to++ = 0x01;
	for (size_t at = 0, length; at < n; at += length) {
		length = n - at < BLOCK ? n - at : BLOCK;
		*to++ = at + length == n;
		*to++ = length & 255, *to++ = (unsigned char)(length >> 8), *to++ = ~length & 255, *to++ = (unsigned char)(~length >> 8);
		memcpy(to, raw + at, length);
		to += length;
	}
	put32(to, adler_of(raw, n));
	return (size_t)(to + 4 - start);
}

static struct bytes
png_of(struct arena *a, const unsigned char *pixels, int rows, int columns, int channels)
{
	size_t row = (size_t)columns * (size_t)channels, n = (size_t)rows * (row + 1);
	unsigned char *raw = arena_alloc(a, n);
	for (int r = 0; r < rows; r++) memcpy(raw + (size_t)r * (row + 1) + 1, pixels + (size_t)r * row, row); /* each row begins with filter 0 */
	struct bytes png = {a, arena_alloc(a, n + n / 65535 * 5 + 128), 8};
	memcpy(png.at, "\x89PNG\r\n\x1A\n", 8);
	unsigned char *head = png.at + png.n + 8;
	put32(head, (uint32_t)columns);
	put32(head + 4, (uint32_t)rows);
	memcpy(head + 8, (unsigned char[]){8, channels == 3 ? 2 : 0, 0, 0, 0}, 5);
	close_chunk(&png, "IHDR", 13);
	close_chunk(&png, "IDAT", store(png.at + png.n + 8, raw, n));
	close_chunk(&png, "IEND", 0);
	return png;
}

static void
put_base64(struct text *t, const unsigned char *at, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)at[i] << 16 | (i + 1 < n ? (uint32_t)at[i + 1] << 8 : 0) | (i + 2 < n ? at[i + 2] : 0u);
		char four[4] = {digits[v >> 18], digits[v >> 12 & 63], i + 1 < n ? digits[v >> 6 & 63] : '=', i + 2 < n ? digits[v & 63] : '='};
		text_bytes(t, four, 4);
	}
}

/* a square for each pixel, or for a run of equal ones: viewers differ in how they enlarge a bitmap */
static void
draw_squares(struct plot *p, double x, double y, double scale, const unsigned char *pixels, int rows, int columns, int channels)
{
	text_add(&p->out, "<g transform=\"translate(%.1f %.1f) scale(%.4f)\" shape-rendering=\"crispEdges\">\n", x, y, scale);
	for (int r = 0; r < rows; r++)
		for (int c = 0, end; c < columns; c = end) {
			const unsigned char *at = pixels + (r * columns + c) * channels;
			for (end = c + 1; end < columns && !memcmp(at, pixels + (r * columns + end) * channels, (size_t)channels);) end++;
			text_add(&p->out, "<path fill=\"#%02x%02x%02x\" d=\"M%d %dh%dv1h%dz\"/>\n", at[0], at[channels / 2], at[channels - 1], c, r, end - c, c - end);
		}
	text_add(&p->out, "</g>\n");
}

void
svg_image(struct plot *p, double x, double y, double scale, const unsigned char *pixels, int rows, int columns, int channels)
{
	enum { FEW = 4096 };
	if (rows * columns <= FEW) {
		draw_squares(p, x, y, scale, pixels, rows, columns, channels);
		return;
	}
	struct bytes png = png_of(&p->arena, pixels, rows, columns, channels);
	text_add(&p->out, "<image x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" image-rendering=\"optimizeSpeed\" style=\"image-rendering: pixelated\"", x, y,
		columns * scale, rows * scale);
	text_add(&p->out, " href=\"data:image/png;base64,");
	put_base64(&p->out, png.at, png.n);
	text_add(&p->out, "\"/>\n");
}
