/* curves.c - lines over a pair of axes: the columns of tables, such as the loss of a run over its epochs; and histograms. */
#include "plot/plot.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- series ----------------------------------------------------------------------------------------------------------------------------- */

static bool
shows(double v, bool log)
{
	return isfinite(v) && (!log || v > 0);
}

/* what of the data is to be seen, unless the options say it */
static int
find_limits(struct plot *p, const struct series_list *list, struct axes *f)
{
	struct scale *x = &f->x, *y = &f->y;
	const struct plot_options *o = &p->o;
	*x = (struct scale){DBL_MAX, -DBL_MAX, o->log_x, 0, 0};
	*y = (struct scale){DBL_MAX, -DBL_MAX, o->log_y, 0, 0};
	for (int k = 0; k < list->n; k++) {
		const struct series *s = &list->at[k];
		for (size_t i = 0; i < s->n; i++) {
			if (!shows(s->x[i], o->log_x) || !shows(s->y[i], o->log_y) || (o->from < o->to && !(s->x[i] >= o->from && s->x[i] <= o->to))) continue;
			x->low = fmin(x->low, s->x[i]), x->high = fmax(x->high, s->x[i]);
			y->low = fmin(y->low, s->y[i]), y->high = fmax(y->high, s->y[i]);
		}
	}
	if (x->low > x->high) return nn_fail(&p->error, "there is nothing to draw: no pair of %s numbers%s", o->log_x || o->log_y ? "finite, positive" : "finite", o->from < o->to ? " between --from and --to" : "");
	if (o->from < o->to) x->low = o->from, x->high = o->to;
	if (o->low < o->high) y->low = o->low, y->high = o->high;
	if ((o->log_x && x->low <= 0) || (o->log_y && y->low <= 0)) return nn_fail(&p->error, "a logarithmic axis begins above 0");
	if (!isfinite(x->high - x->low) || !isfinite(y->high - y->low)) return nn_fail(&p->error, "these numbers are too far apart to be drawn on one axis");
	if (o->low >= o->high) scale_round(y, 6);
	if (x->low == x->high) scale_round(x, 8);
	return 0;
}

/* Where many points fall on one column of pixels, first, lowest, highest and last show the same line. */
static void
draw_line(struct plot *p, const struct axes *f, const struct series *s)
{
	struct colour c = colour_of(s->colour);
	text_add(&p->out, "<path fill=\"none\" stroke=\"#%02x%02x%02x\" stroke-width=\"2.4\" stroke-linejoin=\"round\" stroke-linecap=\"round\"%s clip-path=\"url(#frame)\" d=\"", c.red,
		c.green, c.blue, s->dashed ? " stroke-dasharray=\"7 5\"" : "");
	bool pen = false;
	for (size_t i = 0, end; i < s->n; i = end) {
		end = i + 1;
		if (!shows(s->x[i], f->x.log) || !shows(s->y[i], f->y.log)) {
			pen = false;
			continue;
		}
		double x = scale_at(&f->x, s->x[i]), first = scale_at(&f->y, s->y[i]), low = first, high = first, last = first;
		for (; end < s->n && shows(s->x[end], f->x.log) && shows(s->y[end], f->y.log) && fabs(scale_at(&f->x, s->x[end]) - x) < 0.4; end++) {
			last = scale_at(&f->y, s->y[end]);
			low = fmin(low, last), high = fmax(high, last);
		}
		double at[4] = {first, low, high, last};
		for (int k = 0; k < 4; k++) {
			if (k && at[k] == at[k - 1]) continue;
			text_add(&p->out, "%s%.1f %.1f", pen ? "L" : "M", fmin(fmax(x, -1e4), 1e5), fmin(fmax(at[k], -1e4), 1e5));
			pen = true;
		}
	}
	text_add(&p->out, "\"/>\n");
}

/* the height at which a line leaves the picture */
static double
end_of(const struct axes *f, const struct series *s)
{
	for (size_t i = s->n; i-- > 0;)
		if (shows(s->x[i], f->x.log) && shows(s->y[i], f->y.log) && s->x[i] <= f->x.high * (1 + 1e-12)) return fmin(fmax(scale_at(&f->y, s->y[i]), f->y.to), f->y.from);
	return f->y.from;
}

int
draw_series(struct plot *p, struct series_list *list)
{
	struct axes f = {0};
	struct key *entries = NEW_ARRAY(&p->arena, list->n, struct key);
	if (find_limits(p, list, &f)) return -1;
	for (int k = 0; k < list->n; k++) entries[k] = (struct key){list->at[k].label, colour_of(list->at[k].colour), list->at[k].dashed, false, 0};
	axes_begin(p, &f, legend_width(entries, list->n));
	text_add(&p->out, "<clipPath id=\"frame\"><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/></clipPath>\n", f.left, f.top - 2, f.right - f.left + 2,
		f.bottom - f.top + 4);
	for (int k = list->n - 1; k >= 0; k--) {
		draw_line(p, &f, &list->at[k]);
		entries[k].y = end_of(&f, &list->at[k]);
	}
	legend_draw(p, &f, entries, list->n);
	svg_end(p);
	return 0;
}

/* ---- curves ----------------------------------------------------------------------------------------------------------------------------- */

/* the names in a list with commas */
static void
split_names(struct plot *p, const char *names, struct input_list *list)
{
	for (const char *s = names; *s; s += strcspn(s, ","), s += *s == ',') PUSH(&p->arena, list, (struct input){NULL, arena_text(&p->arena, s, strcspn(s, ","))});
}

/* without --y: all columns but that of x, and those that count rather than measure */
static void
all_names(struct plot *p, const struct table *t, const struct column *x, struct input_list *list)
{
	for (int k = 0; k < t->columns.n; k++) {
		const struct column *c = &t->columns.at[k];
		if (c != x && strcmp(c->name, "epoch") && strcmp(c->name, "step")) PUSH(&p->arena, list, (struct input){NULL, c->name});
	}
}

static int
add_table(struct plot *p, struct series_list *list, const struct input *in, int file)
{
	struct table *t = NEW(&p->arena, struct table);
	struct input_list names = {0};
	if (table_read(p, t, in->path)) return -1;
	const struct column *x = p->o.x ? table_column(p, t, p->o.x) : &t->columns.at[0];
	if (!x) return -1;
	if (p->o.y) split_names(p, p->o.y, &names);
	else all_names(p, t, x, &names);
	if (!names.n) return nn_fail(&p->error, "%s has no column besides `%s`", t->path, x->name);
	for (int k = 0; k < names.n; k++) {
		const struct column *y = table_column(p, t, names.at[k].path);
		if (!y) return -1;
		bool several = p->o.inputs.n > 1;
		const char *label = !several && !in->label ? y->name : names.n == 1 ? in->label ? in->label : in->path : arena_print(&p->arena, "%s, %s", in->label ? in->label : in->path, y->name);
		PUSH(&p->arena, list, (struct series){label, x->at, y->at, t->rows, several ? file : k, several && k % 2});
	}
	if (!p->o.x_label) p->o.x_label = x->name;
	if (!p->o.y_label && names.n == 1) p->o.y_label = names.at[0].path;
	return 0;
}

int
plot_curves(struct plot *p)
{
	struct series_list list = {0};
	for (int k = 0; k < p->o.inputs.n; k++)
		if (add_table(p, &list, &p->o.inputs.at[k], k)) return -1;
	return draw_series(p, &list);
}

/* ---- histograms ------------------------------------------------------------------------------------------------------------------------- */

struct sample { /* numbers to count */
	const char *label;
	const double *at;
	size_t n;
};

static int
read_sample(struct plot *p, struct sample *s, const struct input *in)
{
	size_t n = strlen(in->path);
	bool is_table = !strcmp(in->path, "-") || (n > 4 && !strcmp(in->path + n - 4, ".csv")) || (n > 6 && !strcmp(in->path + n - 6, ".jsonl"));
	s->label = in->label ? in->label : p->o.tensor ? p->o.tensor : in->path;
	if (is_table) {
		struct table t;
		if (table_read(p, &t, in->path)) return -1;
		const struct column *c = p->o.x ? table_column(p, &t, p->o.x) : &t.columns.at[0];
		if (!c) return -1;
		s->at = c->at, s->n = t.rows;
		if (!in->label) s->label = c->name;
		return 0;
	}
	struct array a;
	if (array_read(p, &a, in->path, p->o.tensor)) return -1;
	s->at = a.at, s->n = a.count;
	return 0;
}

/* the outline of the bins' counts, as the share of all numbers */
static void
count_bins(struct plot *p, const struct sample *s, struct series *out, const struct scale *range, int bins, int colour)
{
	double *x = NEW_ARRAY(&p->arena, 2 * bins + 2, double), *y = NEW_ARRAY(&p->arena, 2 * bins + 2, double), width = (range->high - range->low) / bins;
	double each = 1 / (double)s->n;
	for (size_t i = 0; i < s->n; i++) {
		double place = (s->at[i] - range->low) / width;
		if (!(place >= 0 && place <= bins)) continue;
		int k = place < bins ? (int)place : bins - 1;
		y[2 * k + 1] += each, y[2 * k + 2] += each;
	}
	for (int k = 0; k <= bins; k++) x[2 * k] = x[2 * k + 1] = range->low + k * width;
	*out = (struct series){s->label, x, y, (size_t)(2 * bins + 2), colour, false};
}

int
plot_histogram(struct plot *p)
{
	int n = p->o.inputs.n, bins = p->o.bins ? (int)p->o.bins : 60;
	struct sample *samples = NEW_ARRAY(&p->arena, n, struct sample);
	struct scale range = {DBL_MAX, -DBL_MAX, false, 0, 0};
	struct series_list list = {0};
	for (int k = 0; k < n; k++) {
		if (read_sample(p, &samples[k], &p->o.inputs.at[k])) return -1;
		for (size_t i = 0; i < samples[k].n; i++) {
			double v = samples[k].at[i];
			if (isfinite(v)) range.low = fmin(range.low, v), range.high = fmax(range.high, v);
		}
	}
	if (p->o.from < p->o.to) range.low = p->o.from, range.high = p->o.to;
	if (range.low > range.high) return nn_fail(&p->error, "there is no finite number to count");
	if (!isfinite(range.high - range.low)) return nn_fail(&p->error, "these numbers are too far apart to be drawn on one axis");
	scale_round(&range, 8);
	for (int k = 0; k < n; k++) {
		struct series s;
		count_bins(p, &samples[k], &s, &range, bins, k);
		PUSH(&p->arena, &list, s);
	}
	if (!p->o.y_label) p->o.y_label = "share of all";
	if (!p->o.x_label) p->o.x_label = "value";
	return draw_series(p, &list);
}
