/* axes.c - a pair of axes with round ticks, a title, labels, and a legend whose entries stand beside the ends of their lines. */
#include "plot/plot.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GREY "stroke=\"#e6e6e6\" stroke-width=\"1\""
#define DARK "stroke=\"#777\" stroke-width=\"1.2\""

double
scale_at(const struct scale *s, double value)
{
	double share = s->log ? (log10(value) - log10(s->low)) / (log10(s->high) - log10(s->low)) : (value - s->low) / (s->high - s->low);
	return s->from + share * (s->to - s->from);
}

/* the smallest of 1, 2, 5 times a power of ten with at most `most` steps in the span */
static double
round_step(double span, int most)
{
	static const double steps[] = {1, 2, 5, 10};
	double power = pow(10, floor(log10(span / most)));
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (span / (steps[i] * power) <= most * (1 + 1e-9)) return steps[i] * power;
	return 10 * power;
}

/* how many powers of ten lie on a logarithmic scale */
static int
decades(const struct scale *s)
{
	return (int)(floor(log10(s->high) + 1e-9) - ceil(log10(s->low) - 1e-9)) + 1;
}

void
scale_round(struct scale *s, int most)
{
	if (s->low == s->high) {
		double room = s->low == 0 ? 1 : fabs(s->low) / 2;
		s->low -= room, s->high += room;
	}
	if (s->log) {
		double room = pow(s->high / s->low, 0.04);
		s->low /= room, s->high *= room;
		return;
	}
	double step = round_step(s->high - s->low, most);
	s->low = floor(s->low / step + 1e-9) * step;
	s->high = ceil(s->high / step - 1e-9) * step;
}

/* a power of ten as 0.01 or, where that is long, 10 to the power (in signs of Unicode) */
static void
label_power(char label[32], int power)
{
	static const char *const digits[] = {"\xE2\x81\xB0", "\xC2\xB9", "\xC2\xB2", "\xC2\xB3", "\xE2\x81\xB4", "\xE2\x81\xB5", "\xE2\x81\xB6", "\xE2\x81\xB7", "\xE2\x81\xB8", "\xE2\x81\xB9"};
	char plain[16];
	if (power >= -3 && power <= 3) {
		snprintf(label, 32, "%.*f", power < 0 ? -power : 0, pow(10, power));
		return;
	}
	snprintf(plain, sizeof plain, "%d", abs(power));
	strcpy(label, power < 0 ? "10\xE2\x81\xBB" : "10");
	for (const char *s = plain; *s; s++) strcat(label, digits[*s - '0']);
}

/* all labels of an axis have the digits that its step needs, and the minus sign of a printer */
static void
label_number(char label[32], double value, double step)
{
	char plain[24];
	int digits = (int)fmax(0, ceil(-log10(step) - 1e-9));
	bool plain_form = fabs(value) < 1e6 && digits <= 6;
	if (fabs(value) < step / 2) value = 0;
	snprintf(plain, sizeof plain, plain_form ? "%.*f" : "%.*g", plain_form ? digits : 4, fabs(value));
	snprintf(label, 32, "%s%s", value < 0 ? "\xE2\x88\x92" : "", plain);
}

static void
add_tick(struct ticks *t, const struct scale *s, int factor, int power)
{
	double at = factor * pow(10, power);
	if (at < s->low * (1 - 1e-9) || at > s->high * (1 + 1e-9) || t->n == MOST_TICKS) return;
	t->at[t->n] = at;
	if (factor == 1) label_power(t->label[t->n++], power);
	else label_number(t->label[t->n++], at, pow(10, power));
}

/* powers of ten; where they are few, 2 and 5 times these, too */
static void
make_decades(struct ticks *t, const struct scale *s, int most)
{
	int low = (int)floor(log10(s->low)), high = (int)ceil(log10(s->high)), every = decades(s) / most + 1;
	for (int k = low; k <= high; k += every) {
		add_tick(t, s, 1, k);
		if (decades(s) > 2) continue;
		add_tick(t, s, 2, k);
		add_tick(t, s, 5, k);
	}
}

void
ticks_make(struct ticks *t, const struct scale *s, int most)
{
	t->n = 0;
	if (s->log && s->high / s->low > 5) {
		make_decades(t, s, most);
		return;
	}
	double step = round_step(s->high - s->low, most), first = ceil(s->low / step - 1e-9);
	for (int i = 0; i < MOST_TICKS && (first + i) * step <= s->high + 1e-9 * step; i++) {
		if (s->log && (first + i) * step <= 0) continue;
		t->at[t->n] = (first + i) * step;
		label_number(t->label[t->n++], (first + i) * step, step);
	}
}

static void
draw_ticks(struct plot *p, const struct axes *f, const struct ticks *x, const struct ticks *y)
{
	for (int i = 0; i < y->n; i++) {
		double at = scale_at(&f->y, y->at[i]);
		svg_line(p, f->left, at, f->right, at, GREY);
		svg_text(p, f->left - 10, at + 5.5, END, "", y->label[i]);
	}
	for (int i = 0; i < x->n; i++) {
		double at = scale_at(&f->x, x->at[i]);
		svg_line(p, at, f->top, at, f->bottom, GREY);
		svg_text(p, at, f->bottom + 23, MIDDLE, "", x->label[i]);
	}
}

static void
draw_labels(struct plot *p, const struct axes *f)
{
	double x = (f->left + f->right) / 2, y = (f->top + f->bottom) / 2;
	if (p->o.title) svg_text(p, f->left, 30, START, "font-size=\"19\" font-weight=\"bold\"", p->o.title);
	if (p->o.x_label) svg_text(p, x, f->bottom + 50, MIDDLE, "", p->o.x_label);
	if (p->o.y_label) svg_text(p, 22, y, MIDDLE, arena_print(&p->arena, "transform=\"rotate(-90 22 %.1f)\"", y), p->o.y_label);
}

static void
draw_marks(struct plot *p, const struct axes *f)
{
	for (int i = 0; i < p->o.mark_count; i++) {
		const struct mark *m = &p->o.marks[i];
		if (!(m->at >= f->x.low && m->at <= f->x.high)) continue;
		double at = scale_at(&f->x, m->at);
		bool left = at > (f->left + f->right) / 2;
		svg_line(p, at, f->top, at, f->bottom, "stroke=\"#555\" stroke-width=\"1.5\" stroke-dasharray=\"2 4\"");
		svg_text(p, at + (left ? -8 : 8), f->top + 18 + 22 * i, left ? END : START, "fill=\"#555\"", m->text);
	}
}

void
axes_begin(struct plot *p, struct axes *f, double margin)
{
	double width = p->o.width ? p->o.width : 720, height = p->o.height ? p->o.height : 440, widest = 0;
	struct ticks x, y;
	ticks_make(&y, &f->y, 6);
	for (int i = 0; i < y.n; i++) widest = fmax(widest, text_width(y.label[i]));
	f->left = (p->o.y_label ? 48 : 24) + widest;
	f->top = p->o.title ? 52 : 22;
	f->right = f->square > 0 ? f->left + f->square : fmax(width - margin, f->left + 60);
	f->bottom = f->square > 0 ? f->top + f->square : height - (p->o.x_label ? 66 : 40);
	f->x.from = f->left, f->x.to = f->right, f->y.from = f->bottom, f->y.to = f->top;
	ticks_make(&x, &f->x, 8);
	svg_begin(p, f->right + margin, f->bottom + (p->o.x_label ? 66 : 40));
	draw_ticks(p, f, &x, &y);
	svg_line(p, f->left, f->bottom, f->right, f->bottom, DARK);
	draw_labels(p, f);
	draw_marks(p, f);
}

double
legend_width(const struct key entries[], int n)
{
	double widest = 0;
	for (int i = 0; i < n; i++) widest = fmax(widest, text_width(entries[i].label));
	return n ? widest + 52 : 24;
}

static int
by_height(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	return (x->y > y->y) - (x->y < y->y);
}

void
legend_draw(struct plot *p, const struct axes *f, struct key entries[], int n)
{
	enum { LINE = 23 };
	double x = f->right + 12, lowest = f->bottom;
	qsort(entries, (size_t)n, sizeof *entries, by_height);
	for (int i = 0; i < n; i++) entries[i].y = fmax(fmin(fmax(entries[i].y, f->top + 6), f->bottom), i ? entries[i - 1].y + LINE : 0);
	for (int i = n - 1; i >= 0; i--, lowest -= LINE) entries[i].y = fmin(entries[i].y, lowest);
	for (int i = 0; i < n; i++) {
		struct colour c = entries[i].colour;
		const char *stroke = arena_print(&p->arena, "stroke=\"#%02x%02x%02x\" stroke-width=\"%s\"%s", c.red, c.green, c.blue, entries[i].block ? "12" : "2.6",
			entries[i].dashed ? " stroke-dasharray=\"6 4\"" : "");
		svg_line(p, x, entries[i].y, x + (entries[i].block ? 12 : 22), entries[i].y, stroke);
		svg_text(p, x + 28, entries[i].y + 5.5, START, "", entries[i].label);
	}
}
