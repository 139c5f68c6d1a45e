/* taps.c - sums that slide a window: a tile of a few rows and all taps of the window, each with 16 running sums over samples.
 *
 * A block of rows and of places (the innermost loop around the tile) takes its turn together: for a vector of samples and a strip of the map, the
 * tiles of the block follow one another while what they read stays in the cache.  Their sums wait in memory meanwhile; their order stays.
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

enum { STRIP = 256 }; /* positions of the map that the tiles of a block read before they go on to the next */

/* how many of the outermost index of the sum make a strip, all strips about equal; 0: it cannot be cut */
static long
strip_size(const struct kernel *k)
{
	long positions = 1, size = k->sum.n ? k->sum.at[0]->size : 1;
	for (int i = 0; i < k->sum.n; i++) positions *= k->sum.at[i]->size;
	if (!k->sum.n || k->slides.at[0].guard || positions <= STRIP || size == 1) return 0;
	long strips = (positions + STRIP - 1) / STRIP;
	return strips > size ? 1 : (size + strips - 1) / strips;
}

/* the loop around the tile whose values share a block; NULL: there is none */
static const struct index *
place_index(const struct kernel *k)
{
	return k->outer.n ? k->outer.at[k->outer.n - 1] : NULL;
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

/* loops over the taps that hold in the stretches around */
static void
open_tap_loops(struct writer *w)
{
	const struct kernel *k = w->kernel;
	for (int i = 0; i < k->taps.n; i++) {
		const struct index *t = k->taps.at[i];
		const char *name = loop_name(w, t), *first = "0", *last = arena_print(w->e->arena, "%ld", t->size);
		for (int s = 0; s < k->sum.n; s++) {
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
	open_tap_loops(w);
	write_line(w, "const lanes right = load(&%s);", element_text(w, k->right, &vector));
	write_line(w, "UNROLL for (int r = 0; r < rows; r++) sum[r][%s] = vmadd(left[r], right, sum[r][%s]);", tap_place(w), tap_place(w));
	close_loops(w, k->taps.n);
}

/* a bound of the index, or that of the strip where this is narrower */
static const char *
strip_text(struct writer *w, bool strips, const char *narrower, long bound, const char *of_strip)
{
	const struct kernel *k = w->kernel;
	if (!strips) return arena_print(w->e->arena, "%ld", bound);
	if (bound == (*of_strip == 'f' ? 0 : k->sum.at[0]->size)) return of_strip;
	return arena_print(w->e->arena, "%s(%ld, %s)", narrower, bound, of_strip);
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
	const bool strips = sum == 0 && strip_size(k);
	if (!is_stretched(k, sum)) {
		const struct stretch *all = &slide->stretches.at[0];
		int braces = 1;
		if (slide->guard) braces = open_guarded_loops(w, 1, &k->sum.at[sum], slide->guard);
		else open_range(w, k->sum.at[sum], strip_text(w, strips, "larger", all->from, "from"), strip_text(w, strips, "smaller", all->to, "to"));
		write_sums(w, sum + 1, outer, row, sample);
		close_loops(w, braces);
		return;
	}
	const char *arguments = inner_arguments(w, false, outer, row, sample, sum);
	for (int s = 0; s < slide->stretches.n; s++) {
		const struct stretch *x = &slide->stretches.at[s];
		write_line(w, "%s, %s, %s, %s, %ld, %ld);", inner_call(w, along_name(w, sum)), arguments, strip_text(w, strips, "larger", x->from, "from"), strip_text(w, strips, "smaller", x->to, "to"), x->first, x->last);
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

/* a vector of samples, a strip of the map */
static void
write_taps_tile(struct emission *e, struct plan *plan, const struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	struct arena *a = e->arena;
	const char *outer = outer_arguments(&w, true), *row = loop_name(&w, k->row), *rows = tile_rows(&w);
	const long taps = tap_count(k);
	enter_loop(&w, k->row);
	bind_index(&w, k->row, arena_print(a, "%s + r", row));
	write_line(&w, "lanes sum[%s][%ld];", rows, taps);
	write_line(&w, "UNROLL for (int r = 0; r < rows; r++)");
	write_line(&w, "\tUNROLL for (int tap = 0; tap < %ld; tap++) sum[r][tap] = load(&sums[r][tap][n %% 16]);", taps);
	write_sums(&w, 0, outer_arguments(&w, false), row, "n");
	write_line(&w, "const ints inside = lane_index() + all_ints(n) < all_ints(samples_in(m, panel)); /* lanes behind the last sample keep their sums */");
	write_line(&w, "UNROLL for (int r = 0; r < rows; r++)");
	write_line(&w, "\tUNROLL for (int tap = 0; tap < %ld; tap++) store(&sums[r][tap][n %% 16], pick(inside, sum[r][tap], load(&sums[r][tap][n %% 16])));", taps);
	finish_function(&w, out, "INLINE void", "@@_tile", arena_print(a, ", const int rows, int panel, %sint %s, int n%s, real sums[][%ld][16]", outer, row, strip_size(k) ? ", int from, int to" : "", taps));
	text_add(out, "\n");
}

/* loops over the places, rows and taps of a block */
static void
open_block_loops(struct writer *w)
{
	const struct kernel *k = w->kernel;
	const struct index *place = place_index(k);
	const char *row = loop_name(w, k->row);
	if (place) {
		const char *name = loop_name(w, place);
		write_line(w, "for (int %s = first; %s < last; %s++) {", name, name, name);
		enter_loop(w, place);
		w->indent++;
	}
	write_line(w, "for (int %s = row; %s < end; %s++) {", row, row, row);
	enter_loop(w, k->row);
	w->indent++;
	for (int i = 0; i < k->taps.n; i++) open_loop(w, k->taps.at[i]);
}

/* inside of these: the 16 running sums */
static const char *
running_sums(struct writer *w)
{
	const struct index *place = place_index(w->kernel);
	return arena_print(w->e->arena, "sums[%s][%s - row][%s]", place ? arena_print(w->e->arena, "%s - first", loop_name(w, place)) : "0", loop_name(w, w->kernel->row), tap_place(w));
}

static void
close_block_loops(struct writer *w)
{
	close_loops(w, w->kernel->taps.n + 1 + (place_index(w->kernel) != NULL));
}

/* some rows and places: all samples */
static void
write_taps_block(struct emission *e, struct plan *plan, const struct kernel *k, struct c_names *names, struct text *out)
{
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	struct arena *a = e->arena;
	const struct index *place = place_index(k);
	const long taps = tap_count(k), strip = strip_size(k), places = place && place->size < TAP_PLACES ? place->size : place ? TAP_PLACES : 1;
	struct text around = {.arena = a};
	for (int i = 0; i < k->outer.n - 1; i++) {
		text_add(&around, ", int %s", loop_name(&w, k->outer.at[i]));
		enter_loop(&w, k->outer.at[i]);
	}
	const char *row = loop_name(&w, k->row), *rows = tile_rows(&w), *sums = place ? arena_print(a, "sums[%s - first]", loop_name(&w, place)) : "sums[0]";
	write_line(&w, "real sums[%ld][%d][%ld][16];", places, TAP_ROWS, taps);
	write_line(&w, "memset(sums, 0, sizeof sums);");
	if (k->over_samples) {
		write_line(&w, "if (m->first) {");
		w.indent++;
		open_block_loops(&w);
		write_line(&w, "memcpy(%s, &%s, sizeof %s);", running_sums(&w), carried_sum(&w), running_sums(&w));
		close_block_loops(&w);
		close_brace(&w);
	}
	write_line(&w, "for (int panel = 0; panel < m->panels; panel++)");
	write_line(&w, "\tfor (int n = 0; n < samples_in(m, panel); n += LANES)");
	w.indent += 2;
	const char *range = "";
	if (strip) {
		const long size = k->sum.at[0]->size;
		write_line(&w, "for (int from = 0; from < %ld; from += %ld)", size, strip);
		w.indent++;
		range = size % strip ? arena_print(a, ", from, smaller(from + %ld, %ld)", strip, size) : arena_print(a, ", from, from + %ld", strip);
	}
	if (place) {
		const char *name = loop_name(&w, place);
		write_line(&w, "for (int %s = first; %s < last; %s++) {", name, name, name);
		enter_loop(&w, place);
	} else {
		write_line(&w, "{");
	}
	w.indent++;
	const char *call = inner_call(&w, "tile"), *outer = outer_arguments(&w, false);
	write_line(&w, "int %s = row;", row);
	write_line(&w, "for (; %s + %s <= end; %s += %s) %s, %s, panel, %s%s, n%s, &%s[%s - row]);", row, rows, row, rows, call, rows, outer, row, range, sums, row);
	write_line(&w, "for (; %s < end; %s++) %s, 1, panel, %s%s, n%s, &%s[%s - row]);", row, row, call, outer, row, range, sums, row);
	if (place) close_loop(&w);
	else close_brace(&w);
	w.indent = 1;
	w.lanes = NO_LANES;
	w.sample = "n";
	if (k->over_samples) {
		write_line(&w, "if (m->more) {");
		w.indent++;
		open_block_loops(&w);
		write_line(&w, "memcpy(&%s, %s, sizeof %s);", carried_sum(&w), running_sums(&w), running_sums(&w));
		close_block_loops(&w);
		write_line(&w, "return;");
		close_brace(&w);
	}
	open_block_loops(&w);
	write_epilogue(&w, arena_print(a, "tree16(%s)", running_sums(&w)), false);
	close_block_loops(&w);
	finish_function(&w, out, "static void", "@@_block", arena_print(a, "%s%s, int row, int end", text_end(&around), place ? ", int first, int last" : ""));
	text_add(out, "\n");
}

void
write_taps(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out)
{
	for (int s = k->sum.n - 1; s >= 0; s--)
		if (is_stretched(k, s)) write_stretch(e, plan, k, names, s, out);
	write_taps_tile(e, plan, k, names, out);
	write_taps_block(e, plan, k, names, out);
	struct writer w = writer_new(e, plan, k, LANES_ARE_SAMPLES, k->operands, names);
	struct arena *a = e->arena;
	const struct index *place = place_index(k);
	const long places = place ? (place->size + TAP_PLACES - 1) / TAP_PLACES : 1;
	if (k->parts > 1) write_bounds_of_part(&w, tap_blocks(k));
	else write_line(&w, "(void)part;");
	struct text around = {.arena = a};
	for (int i = 0; i < k->outer.n - 1; i++) {
		open_loop(&w, k->outer.at[i]);
		text_add(&around, ", %s", name_of_index(&w, k->outer.at[i]));
	}
	write_line(&w, k->parts > 1 ? "for (int block = from; block < to; block++) {" : "for (int block = 0; block < %ld; block++) {", tap_blocks(k));
	w.indent++;
	write_line(&w, "const int row = %s * %d%s;", places > 1 ? arena_print(a, "block / %ld", places) : "block", TAP_ROWS, place && places > 1 ? arena_print(a, ", first = block %% %ld * %d", places, TAP_PLACES) : "");
	const char *end = k->row->size % TAP_ROWS ? arena_print(a, "smaller(row + %d, %ld)", TAP_ROWS, k->row->size) : arena_print(a, "row + %d", TAP_ROWS);
	const char *range = !place ? "" : places == 1 ? arena_print(a, ", 0, %ld", place->size) : place->size % TAP_PLACES ? arena_print(a, ", first, smaller(first + %d, %ld)", TAP_PLACES, place->size) : arena_print(a, ", first, first + %d", TAP_PLACES);
	write_line(&w, "%s%s%s, row, %s);", inner_call(&w, "block"), text_end(&around), range, end);
	close_brace(&w);
	close_loops(&w, k->outer.n - 1);
	finish_function(&w, out, "static void", "@@", ", int part");
}
