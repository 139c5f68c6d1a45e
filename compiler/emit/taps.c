/* taps.c - sums that slide a window: a tile of a few rows and all taps of the window, each with 16 running sums over samples.
 *
 * Along an index of the sum at whose ends some taps are left out, the loop is a function of its own: called for each stretch of the index with the
 * taps that hold there as constants, so that the compiler unrolls every stretch without a condition in it. */
#include "emit/emit.h"

/* names around the tile: `i_from`, `i_to`, `u_first`, `u_last` of a stretch */
struct stretch_names {
	const char *from, *to, *first, *last;
};

static bool
is_stretched(const struct kernel *k, int sum)
{
	return k->slides.at[sum].stretches.n > 1;
}

static const char *
parameter_name(struct writer *w, const struct index *i, const char *what)
{
	struct arena *a = w->e->arena;
	return c_name_as(w->names, arena_print(a, "%s %s %d", what, i->name, i->id), arena_print(a, "%s_%s", i->name, what));
}

static struct stretch_names
names_of(struct writer *w, int sum)
{
	const struct kernel *k = w->kernel;
	const struct index *i = k->sum.at[sum], *tap = k->slides.at[sum].tap;
	return (struct stretch_names){parameter_name(w, i, "from"), parameter_name(w, i, "to"), parameter_name(w, tap, "first"), parameter_name(w, tap, "last")};
}

static long
tap_count(const struct kernel *k)
{
	long n = 1;
	for (int i = 0; i < k->taps.n; i++) n *= k->taps.at[i]->size;
	return n;
}

static const char *
along_name(struct writer *w, int sum)
{
	return arena_print(w->e->arena, "along_%s", loop_name(w, w->kernel->sum.at[sum]));
}

/* the rows of a tile, for the target: as many as leave room for all taps */
static const char *
tile_rows(struct writer *w)
{
	return arena_print(w->e->arena, "TILE_SUMS / %ld", tap_count(w->kernel));
}

/* where in a row of the tile the tap is: `3 * u + v` */
static const char *
tap_place(struct writer *w)
{
	struct program *p = w->plan->program;
	struct expr *at = number(p, 0);
	for (int i = 0; i < w->kernel->taps.n; i++) {
		struct index *t = w->kernel->taps.at[i];
		at = add(p, scale(p, (double)t->size, at), index_of(p, t));
	}
	return whole_text(w, at, 0);
}

/* loops over the taps: all of them, or those of the stretches around */
static void
open_tap_loops(struct writer *w, bool stretched)
{
	const struct kernel *k = w->kernel;
	for (int i = 0; i < k->taps.n; i++) {
		const struct index *t = k->taps.at[i];
		const char *name = loop_name(w, t), *first = "0", *last = arena_print(w->e->arena, "%ld", t->size);
		for (int s = 0; stretched && s < k->sum.n; s++) {
			const struct sliding *slide = &k->slides.at[s];
			if (slide->tap != t) continue;
			first = is_stretched(k, s) ? names_of(w, s).first : arena_print(w->e->arena, "%ld", slide->stretches.at[0].first);
			last = is_stretched(k, s) ? names_of(w, s).last : arena_print(w->e->arena, "%ld", slide->stretches.at[0].last);
		}
		write_line(w, "UNROLL for (int %s = %s; %s < %s; %s++) {", name, first, name, last, name);
		enter_loop(w, t);
		w->indent++;
	}
}

/* what all functions inside the tile are told: the sums, which panel, rows, samples, and the indices of the loops around */
static const char *
inner_arguments(struct writer *w, bool declare, const char *outer, const char *row, const char *sample, int sums)
{
	const struct kernel *k = w->kernel;
	struct arena *a = w->e->arena;
	struct text t = {.arena = a};
	if (declare) text_add(&t, "lanes sum[][%ld], const int rows, int panel, %sint %s, int n", tap_count(k), outer, row);
	else text_add(&t, "sum, rows, panel, %s%s, %s", outer, row, sample);
	for (int s = 0; s < sums; s++) {
		if (declare || k->sum.at[s]->size > 1) text_add(&t, ", %s%s", declare ? "int " : "", declare ? loop_name(w, k->sum.at[s]) : name_of_index(w, k->sum.at[s]));
		else text_add(&t, ", 0");
		if (declare) enter_loop(w, k->sum.at[s]);
		if (!is_stretched(k, s)) continue;
		struct stretch_names x = names_of(w, s);
		text_add(&t, declare ? ", const int %s, const int %s" : ", %s, %s", x.first, x.last);
	}
	return text_end(&t);
}

static void
write_products(struct writer *w)
{
	const struct kernel *k = w->kernel;
	bool vector;
	write_line(w, "lanes left[%s];", tile_rows(w));
	write_line(w, "UNROLL for (int r = 0; r < rows; r++) left[r] = load(&%s);", element_text(w, k->left, &vector));
	open_tap_loops(w, true);
	write_line(w, "const lanes right = load(&%s);", element_text(w, k->right, &vector));
	write_line(w, "UNROLL for (int r = 0; r < rows; r++) sum[r][%s] = vmadd(left[r], right, sum[r][%s]);", tap_place(w), tap_place(w));
	close_loops(w, k->taps.n);
}

/* the sums from this index on: plain loops, calls for stretches */
static void
write_sums(struct writer *w, int sum, const char *outer, const char *row, const char *sample)
{
	const struct kernel *k = w->kernel;
	if (sum == k->sum.n) {
		write_products(w);
		return;
	}
	const struct sliding *slide = &k->slides.at[sum];
	if (!is_stretched(k, sum)) {
		const struct stretch *all = &slide->stretches.at[0];
		int braces = 1;
		if (slide->guard) braces = open_guarded_loops(w, 1, &k->sum.at[sum], slide->guard);
		else open_range(w, k->sum.at[sum], arena_print(w->e->arena, "%ld", all->from), arena_print(w->e->arena, "%ld", all->to));
		write_sums(w, sum + 1, outer, row, sample);
		close_loops(w, braces);
		return;
	}
	const char *arguments = inner_arguments(w, false, outer, row, sample, sum);
	for (int s = 0; s < slide->stretches.n; s++) {
		const struct stretch *x = &slide->stretches.at[s];
		write_line(w, "%s, %s, %ld, %ld, %ld, %ld);", inner_call(w, along_name(w, sum)), arguments, x->from, x->to, x->first, x->last);
	}
}

/* the loop over one stretch of an index */
static void
write_stretch(struct emission *e, struct plan *plan, const struct kernel *k, struct c_names *names, int sum, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	const char *outer = outer_arguments(&w, true), *row = loop_name(&w, k->row);
	enter_loop(&w, k->row);
	const char *parameters = inner_arguments(&w, true, outer, row, "n", sum);
	struct stretch_names x = names_of(&w, sum);
	bind_index(&w, k->row, arena_print(e->arena, "%s + r", row));
	const char *name = loop_name(&w, k->sum.at[sum]);
	write_line(&w, "for (int %s = %s; %s < %s; %s++) {", name, x.from, name, x.to, name);
	enter_loop(&w, k->sum.at[sum]);
	w.indent++;
	write_sums(&w, sum + 1, outer_arguments(&w, false), row, "n");
	close_loop(&w);
	finish_function(&w, out, "INLINE void", arena_print(e->arena, "@@_%s", along_name(&w, sum)),
			arena_print(e->arena, ", %s, int %s, int %s, const int %s, const int %s", parameters, x.from, x.to, x.first, x.last));
	text_add(out, "\n");
}

/* the sums of all samples, half of the 16 at a time where a vector is shorter */
static void
write_taps_tile(struct emission *e, struct plan *plan, const struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	struct arena *a = e->arena;
	const char *outer = outer_arguments(&w, true), *row = loop_name(&w, k->row), *rows = tile_rows(&w);
	const long taps = tap_count(k);
	enter_loop(&w, k->row);
	bind_index(&w, k->row, arena_print(a, "%s + r", row));
	/* the sums over a panel are written first: only then is known which pointers they need */
	w.indent = 4;
	w.sample = "n + vec * LANES";
	write_sums(&w, 0, outer_arguments(&w, false), row, w.sample);
	const char *inner = text_end(&w.body);
	w.body = (struct text){.arena = a};
	w.indent = 1;
	write_line(&w, "real lane_sums[%s][%ld][16];", rows, taps);
	write_line(&w, "for (int vec = 0; vec < SUM_VECS; vec++) {");
	w.indent++;
	write_line(&w, "lanes sum[%s][%ld], kept[%s][%ld];", rows, taps, rows, taps);
	write_line(&w, "memset(sum, 0, sizeof sum);");
	write_line(&w, "memset(kept, 0, sizeof kept);");
	if (k->over_samples) {
		write_line(&w, "if (m->first) {");
		w.indent++;
		open_tap_loops(&w, false);
		write_line(&w, "UNROLL for (int r = 0; r < rows; r++) sum[r][%s] = load(&%s + vec * LANES);", tap_place(&w), carried_sum(&w));
		close_loops(&w, k->taps.n);
		close_brace(&w);
	}
	write_line(&w, "for (int panel = 0; panel < m->panels; panel++) {");
	w.indent++;
	write_panel_locals(&w);
	write_line(&w, "const int samples = samples_in(m, panel);");
	write_line(&w, "for (int n = 0; n < samples; n += 16) {");
	w.indent++;
	write_line(&w, "const int whole = n + 16 <= samples;");
	write_line(&w, "if (!whole) memcpy(kept, sum, sizeof sum);");
	text_add(&w.body, "%s", inner);
	write_line(&w, "if (!whole) /* lanes behind the last sample keep their sums */");
	write_line(&w, "\tUNROLL for (int r = 0; r < rows; r++)");
	write_line(&w, "\t\tUNROLL for (int tap = 0; tap < %ld; tap++)", taps);
	write_line(&w, "\t\t\tsum[r][tap] = pick(lane_index() + all_ints(n + vec * LANES) < all_ints(samples), sum[r][tap], kept[r][tap]);");
	close_brace(&w);
	close_brace(&w);
	write_line(&w, "UNROLL for (int r = 0; r < rows; r++)");
	write_line(&w, "\tUNROLL for (int tap = 0; tap < %ld; tap++) store(&lane_sums[r][tap][vec * LANES], sum[r][tap]);", taps);
	close_brace(&w);
	w.lanes = NO_LANES;
	w.sample = "n";
	if (k->over_samples) {
		write_line(&w, "if (m->more) {");
		w.indent++;
		open_tap_loops(&w, false);
		write_line(&w, "for (int r = 0; r < rows; r++) memcpy(&%s, lane_sums[r][%s], sizeof lane_sums[r][%s]);", carried_sum(&w), tap_place(&w), tap_place(&w));
		close_loops(&w, k->taps.n);
		write_line(&w, "return;");
		close_brace(&w);
	}
	write_line(&w, "for (int r = 0; r < rows; r++) {");
	w.indent++;
	for (int i = 0; i < k->taps.n; i++) open_loop(&w, k->taps.at[i]);
	write_epilogue(&w, arena_print(a, "tree16(lane_sums[r][%s])", tap_place(&w)), false);
	close_loops(&w, k->taps.n);
	close_brace(&w);
	finish_function(&w, out, "INLINE void", "@@_tile", arena_print(a, ", const int rows, %sint %s", outer, row));
}

void
write_taps(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out)
{
	for (int s = k->sum.n - 1; s >= 0; s--)
		if (is_stretched(k, s)) write_stretch(e, plan, k, names, s, out);
	write_taps_tile(e, plan, k, names, out);
	text_add(out, "\n");
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	const char *row = loop_name(&w, k->row), *rows = tile_rows(&w);
	bool split_rows = k->parts > 1 && !k->split_outer;
	long size = split_rows ? k->row->size : k->outer.n ? k->outer.at[0]->size : 1;
	if (k->parts > 1) write_bounds_of_part(&w, size);
	else write_line(&w, "(void)part;");
	open_outer_loops(&w, k->outer.n);
	const char *from = split_rows ? "from" : "0", *to = split_rows ? "to" : arena_print(e->arena, "%ld", k->row->size), *call = inner_call(&w, "tile");
	const char *outer = outer_arguments(&w, false);
	write_line(&w, "int %s = %s;", row, from);
	write_line(&w, "for (; %s + %s <= %s; %s += %s) %s, %s, %s%s);", row, rows, to, row, rows, call, rows, outer, row);
	write_line(&w, "for (; %s < %s; %s++) %s, 1, %s%s);", row, to, row, call, outer, row);
	close_loops(&w, k->outer.n);
	finish_function(&w, out, "static void", "@@", ", int part");
}
