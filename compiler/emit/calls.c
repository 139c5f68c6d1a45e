/* calls.c - a sequence of calls, rolled up where it repeats.
 *
 * Equal blocks of a network make the same calls again and again, with operands that move on by the same distance each time.  Such a stretch is
 * written as a loop over the blocks, so that the text and the code of a network do not grow with its depth.  What does not repeat is written as it is. */
#include "emit/emit.h"
#include <string.h>

enum { LONGEST_PERIOD = 400, FEWEST = 3 }; /* calls of a block; blocks */

/* from a to b each argument moves as it does from b to c; sites are looked up */
static bool
moves_alike(const struct call *a, const struct call *b, const struct call *c)
{
	for (int i = 0; i < a->n; i++)
		if (a->at[i].kind != ARGUMENT_SITE && b->at[i].value - a->at[i].value != c->at[i].value - b->at[i].value) return false;
	return true;
}

/* how many blocks of `period` calls follow each other from the call on */
static int
blocks_from(const struct call_list *l, int from, int period)
{
	int blocks = 1;
	for (; from + (blocks + 1) * period <= l->n; blocks++)
		for (int i = 0; i < period; i++) {
			const struct call *last = &l->at[from + (blocks - 1) * period + i], *next = &l->at[from + blocks * period + i];
			if (l->kind[from + (blocks - 1) * period + i] != l->kind[from + blocks * period + i]) return blocks;
			if (blocks > 1 && !moves_alike(&l->at[from + (blocks - 2) * period + i], last, next)) return blocks;
		}
	return blocks;
}

/* equal texts get equal numbers: comparing them is the inner loop; a block begins again at the next call of a kind, or at one after it */
static void
number_kinds(struct arena *a, struct call_list *l)
{
	struct map known = {0};
	int *last = NEW_ARRAY(a, l->n + 1, int); /* by kind: the next such call, seen from the end */
	l->kind = NEW_ARRAY(a, l->n + 1, int);
	l->next = NEW_ARRAY(a, l->n + 1, int);
	for (int i = 0; i < l->n; i++) {
		int *k = map_get(a, &known, l->at[i].text);
		if (!*k) *k = known.n;
		l->kind[i] = *k;
	}
	for (int i = l->n - 1; i >= 0; i--) {
		l->next[i] = last[l->kind[i]];
		last[l->kind[i]] = i;
	}
}

static void
write_argument(struct text *t, const struct call *first, const struct call *second, int i, int table)
{
	double step = second ? second->at[i].value - first->at[i].value : 0;
	bool site = first->at[i].kind == ARGUMENT_SITE, number_ = first->at[i].kind == ARGUMENT_NUMBER;
	if (site && second) text_add(t, "site_%d[b]", table);
	else if (site) text_add(t, "0x%08xu", (uint32_t)first->at[i].value);
	else if (step == 0) text_add(t, "%.0f", first->at[i].value);
	else text_add(t, "%.0f %c %.0f * %s", first->at[i].value, step < 0 ? '-' : '+', step < 0 ? -step : step, number_ ? "(int)b" : "b");
}

/* the call; with `second`, the one of the next block, as a function of the block b */
static void
write_one(struct text *t, const char *indent, const struct call *first, const struct call *second, int *tables)
{
	const char *text = !second && first->alone ? first->alone : first->text;
	int argument = 0;
	text_add(t, "%s", indent);
	for (const char *s = text; *s; s++) {
		if (*s != CALL_ARGUMENT) {
			text_bytes(t, s, 1);
			continue;
		}
		write_argument(t, first, second, argument, *tables);
		*tables += second && first->at[argument].kind == ARGUMENT_SITE;
		argument++;
	}
	if (first->makes && second) text_add(t, " /* %s, %s .. */", first->makes, second->makes);
	else if (first->makes) text_add(t, " /* %s */", first->makes);
	text_add(t, "\n");
}

static void
write_site_tables(struct text *t, const char *indent, const struct call_list *l, int from, int period, int blocks)
{
	int table = 0;
	for (int i = 0; i < period; i++)
		for (int a = 0; a < l->at[from + i].n; a++) {
			if (l->at[from + i].at[a].kind != ARGUMENT_SITE) continue;
			text_add(t, "%s\tstatic const uint32_t site_%d[] = {", indent, table++);
			for (int b = 0; b < blocks; b++) text_add(t, "%s0x%08xu", b ? ", " : "", (uint32_t)l->at[from + b * period + i].at[a].value);
			text_add(t, "};\n");
		}
}

static void
write_loop(struct text *t, const char *indent, const struct call_list *l, int from, int period, int blocks)
{
	int tables = 0;
	text_add(t, "%sfor (size_t b = 0; b < %d; b++) {\n", indent, blocks);
	write_site_tables(t, indent, l, from, period, blocks);
	for (int i = 0; i < period; i++) {
		text_add(t, "\t");
		write_one(t, indent, &l->at[from + i], &l->at[from + period + i], &tables);
	}
	text_add(t, "%s}\n", indent);
}

void
write_sequence(struct arena *a, struct call_list *l, const char *indent, struct text *t)
{
	number_kinds(a, l);
	for (int i = 0; i < l->n;) {
		int best = 0, most = 0, none = 0;
		for (int next = l->next[i]; next && next - i <= LONGEST_PERIOD && i + FEWEST * (next - i) <= l->n; next = l->next[next]) {
			const int period = next - i;
			if (best && period % best == 0) continue; /* ends where that ends */
			const int blocks = blocks_from(l, i, period);
			if (blocks < FEWEST || blocks * period <= most) continue;
			best = period;
			most = blocks * period;
		}
		if (best) {
			write_loop(t, indent, l, i, best, most / best);
			i += most;
		} else {
			write_one(t, indent, &l->at[i], NULL, &none);
			i++;
		}
	}
}
