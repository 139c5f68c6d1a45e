/* test_ranges.c - which reads are inside: programs that need an argument beyond plain intervals, and wrong ones that come close.
 *
 * Most of the first kind were refused once, and were found by the random models of tests/random. */
#include "oracle.h"

static const struct {
	const char *name, *text;
} right[] = {
	{"a guard in front of a division", "input x: [3]\n y[i in 0..8] = if i >= 2 then x[(i - 2) / 3] else 0\n loss = sum(y^2)"},
	{"guards on both sides of a division", "input x: [2]\n y[i in 0..9] = if i >= 2 and i - 2 < 6 then x[(i - 2) / 3] else 0\n loss = sum(y^2)"},
	{"a division that counts down", "input x: [4]\n y[i in 0..9] = if i <= 8 then x[3 - i / 3 + 0] else 0\n loss = sum(y^2)"},
	{"nested divisions", "input x: [2]\n y[i in 0..19] = if i >= 3 and i <= 14 then x[(i - 3) / 3 / 2] else 0\n loss = sum(y^2)"},
	{"a transposed convolution with a stride", "input x: [2, 3, 3]\n y = x -> ConvTranspose2d(1, 3, stride=2)\n loss = sum(y^2)"},
	{"and with padding, dilation, groups", "input x: [4, 3, 2]\n y = x -> ConvTranspose2d(2, 3, stride=3, padding=1, dilation=2, groups=2)\n loss = sum(y^2)"},
	{"a guard that never holds", "input x: [2]\n y[i in 0..1, k in 0..0] = if k + 2 < 2 then x[k + 2] else x[i]\n loss = sum(y^2)"},
	{"a said range that is that of one of two axes", "input x: [3, 5]\n y = sum(i in 0..2) x[i,i]\n loss = y^2"},
	{"the same, the other way round", "input x: [5, 3]\n y[i in 0..2] = x[i,i]\n loss = sum(y^2)"},
	{"a recurrence read backwards, in steps of two, by a look-up", "input x: [5, 3]\n input s: [2] of 0..4\n h[-1] = zeros(3)\n h[t] = tanh(x[t] + 0.5 * h[t-1])\n g[t in 0..4] = h[4 - t]\n"
								       " k[i] = h[2*i]\n l[i] = h[s[i]]\n loss = sum(g^2) + sum(k) + sum(l)"},
	{"a recurrence read by a layer", "input x: [1, 4, 4]\n r = reshape(x, [4, 4])\n h[-1] = zeros(4)\n h[t] = tanh(r[t] + h[t-1])\n y = reshape(h, [1, 4, 4]) -> Conv2d(1, 2)\n"
					 " z = h -> Conv1d(2, 3)\n loss = sum(y^2) + sum(z)"},
};

static const struct {
	const char *code, *text;
} wrong[] = {
	{"out-of-range", "input x: [3]\n y[i in 0..8] = if i >= 1 then x[(i - 2) / 3] else 0\n loss = sum(y^2)"},
	{"out-of-range", "input x: [2]\n y[i in 0..9] = if i >= 2 and i - 2 < 7 then x[(i - 2) / 3] else 0\n loss = sum(y^2)"},
	{"out-of-range", "input x: [3]\n y[i in 0..9] = x[2 - i / 3]\n loss = sum(y^2)"},
	{"out-of-range", "input x: [2]\n y[i in 0..1, k in 0..0] = if k + 2 < 3 then x[k + 2] else x[i]\n loss = sum(y^2)"},
	{"out-of-range", "input x: [3, 5]\n y = sum(i in 0..4) x[i,i]\n loss = y^2"},
	{"index-range", "input x: [3, 5]\n y = sum(i) x[i,i]\n loss = y^2"},
	{"out-of-range", "input x: [5]\n h[-1] = 0\n h[t] = x[t] + 0.5 * h[t-1]\n g[t in 0..4] = h[5 - t]\n loss = sum(g^2)"},
	{"recurrence-order", "input x: [5]\n h[-1] = 0\n c[-1] = 0\n c[t] = x[t] + h[t-1]\n h[t] = c[4 - t]\n loss = sum(h^2)"},
	{"recurrence-order", "input x: [5]\n h[-1] = 0\n c[-1] = 0\n c[t] = x[t] + h[t-1]\n g[i] = c[2*i]\n h[t] = c[t] + g[0]\n loss = sum(h^2)"},
};

static const char *
source_of(const char *text)
{
	static char buffer[4096];
	snprintf(buffer, sizeof buffer, "model M {\n %s\n}\n", text);
	return buffer;
}

Test(ranges, of_right_programs)
{
	for (int i = 0; i < LENGTH(right); i++) {
		struct compilation c;
		struct model *m = model_after(&c, source_of(right[i].text), "simplify");
		cr_expect(m && m->train->loss, "%s: %s\n%s", right[i].name, first_message(&c), right[i].text);
		compile_free(&c);
	}
}

Test(ranges, of_wrong_programs)
{
	for (int i = 0; i < LENGTH(wrong); i++) {
		struct compilation c;
		model_after(&c, source_of(wrong[i].text), "simplify");
		const struct diagnostics *d = &c.unit.diagnostics;
		cr_expect(d->errors == 1 && !strcmp(d->all.at[0]->code, wrong[i].code), "%d errors, the first %s: %s, expected %s\n%s", d->errors, d->all.n ? d->all.at[0]->code : "none",
			  first_message(&c), wrong[i].code, wrong[i].text);
		compile_free(&c);
	}
}
