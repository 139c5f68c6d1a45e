/* taps.c - sums that slide a window: dW[f,a,u,v] = sum(n,i,j) if .. then dy[n,f,i,j] * x[n,a,i+u-1,j+v-1] else 0.
 *
 * All (u, v) of a window, its taps, read nearly the same elements of x.  With all of them in one tile, an element is fetched once for the window
 * and not once for each tap.  At the edges some taps are left out.  Which ones is known here, for each stretch of i a range of u, so the loops need
 * no conditions. */
#include "plan/plan.h"
#include <stdlib.h>

enum { FEWEST_TAPS = 3, MOST_TAPS = 12, MOST_STRETCHES = 8 };

static long
common_divisor(long a, long b)
{
	while (b) {
		long rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* Is there an element that is read with one value of the tap and of an index of the sum, and again with others? */
static bool
slides_along_a_sum(const struct kernel *k, const struct affine *access, const struct index *tap)
{
	long step = labs(stride_in(access, tap));
	for (int i = 0; step && i < k->sum.n; i++) {
		long other = labs(stride_in(access, k->sum.at[i])), common = other ? common_divisor(step, other) : 0;
		if (other && other / common < tap->size && step / common < k->sum.at[i]->size) return true;
	}
	return false;
}

/* the taps of one factor, the last of the left side first, as many as a tile has room for */
static long
collect_taps(struct program *p, struct kernel *k, struct index *const list[], int n, struct expr *own, struct expr *other)
{
	const struct affine *in_own = flat_access(p, k, own), *in_other = flat_access(p, k, other);
	long count = 1;
	k->taps.n = 0;
	for (int i = n - 1; in_own && in_other && i >= 0; i--) {
		if (list[i]->size < 2 || count * list[i]->size > MOST_TAPS || in_access(in_other, list[i]) || !slides_along_a_sum(k, in_own, list[i])) continue;
		count *= list[i]->size;
		PUSH(p->arena, &k->taps, list[i]);
	}
	for (int i = 0; i < k->taps.n / 2; i++) { /* in the order of the left side */
		struct index *swap = k->taps.at[i];
		k->taps.at[i] = k->taps.at[k->taps.n - 1 - i];
		k->taps.at[k->taps.n - 1 - i] = swap;
	}
	return count;
}

/* the one of these indices that a condition mentions; NULL: none, or several */
static struct index *
only_one(const struct expr *condition, struct index *const list[], int n)
{
	struct index *found = NULL;
	for (int i = 0; i < n; i++) {
		if (!mentions(condition, list[i])) continue;
		if (found) return NULL;
		found = list[i];
	}
	return found;
}

/* finds for each condition the index of a sum that it is about, and which tap it leaves out there; false: it is of another form */
static bool
sort_conditions(struct program *p, struct kernel *k)
{
	for (int c = 0; k->guard && c < conjunct_count(k->guard); c++) {
		struct expr *x = conjunct(k->guard, c);
		struct index *tap = only_one(x, k->taps.at, k->taps.n), *along = only_one(x, k->sum.at, k->sum.n);
		int at = 0;
		if (!along || (!tap && mentions_any(x, k->taps.at, k->taps.n)) || (tap && (x->op != OP_GE0 || x->free->n != 2))) return false;
		while (k->sum.at[at] != along) at++;
		struct sliding *slide = &k->slides.at[at];
		if (!tap) {
			slide->guard = slide->guard ? both(p, slide->guard, x) : x;
			continue;
		}
		if (slide->tap && slide->tap != tap) return false;
		slide->tap = tap;
		const struct affine *f = affine_of(p, x->kid[0]);
		for (int i = 0; i < f->n; i++)
			if (f->term[i].atom->op != OP_INDEX) return false;
	}
	for (int i = 0; i < k->slides.n; i++)
		if (k->slides.at[i].tap && k->slides.at[i].guard) return false;
	return true;
}

/* the taps that hold where the index of the sum is `at` */
static struct stretch
stretch_at(struct program *p, const struct kernel *k, int sum, long at)
{
	const struct index *along = k->sum.at[sum], *tap = k->slides.at[sum].tap;
	struct stretch s = {at, at + 1, 0, tap ? tap->size : 1};
	for (int c = 0; tap && c < conjunct_count(k->guard); c++) {
		const struct expr *x = conjunct(k->guard, c);
		if (!mentions(x, tap)) continue;
		const struct affine *f = affine_of(p, x->kid[0]);
		long step = stride_in(f, tap), rest = f->constant + stride_in(f, along) * at; /* rest + step * tap >= 0 */
		while (s.first < s.last && rest + step * s.first < 0) s.first++;
		while (s.first < s.last && rest + step * (s.last - 1) < 0) s.last--;
	}
	return s;
}

static bool
set_stretches(struct program *p, struct kernel *k)
{
	for (int i = 0; i < k->sum.n; i++) {
		struct sliding *slide = &k->slides.at[i];
		for (long at = 0; at < (slide->tap ? k->sum.at[i]->size : 1); at++) {
			struct stretch s = stretch_at(p, k, i, at), *last = slide->stretches.n ? &slide->stretches.at[slide->stretches.n - 1] : NULL;
			if (s.first == s.last) continue;
			if (last && last->to == at && last->first == s.first && last->last == s.last) {
				last->to++;
				continue;
			}
			if (slide->stretches.n == MOST_STRETCHES) return false;
			PUSH(p->arena, &slide->stretches, s);
		}
		if (!slide->stretches.n) return false;
		if (!slide->tap) slide->stretches.at[0].to = k->sum.at[i]->size;
	}
	return true;
}

bool
find_taps(struct program *p, struct kernel *k, struct index *const list[], int n)
{
	struct expr *a = k->left, *b = k->right;
	long in_b = collect_taps(p, k, list, n, b, a), in_a = collect_taps(p, k, list, n, a, b);
	if (in_b >= in_a) in_b = collect_taps(p, k, list, n, b, a);
	k->slides.n = 0;
	for (int i = 0; i < k->sum.n; i++) PUSH(p->arena, &k->slides, (struct sliding){0});
	if ((in_a > in_b ? in_a : in_b) < FEWEST_TAPS || !sort_conditions(p, k) || !set_stretches(p, k)) {
		k->taps.n = k->slides.n = 0;
		return false;
	}
	k->left = in_a > in_b ? b : a;
	k->right = in_a > in_b ? a : b;
	return true;
}
