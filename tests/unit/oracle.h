/* oracle.h - what the tests of the compiler's core share: random numbers that are the same everywhere, and models from text. */
#ifndef ORACLE_H
#define ORACLE_H

#include "core/arithmetic.h"
#include "core/interpret.h"
#include "driver/compile.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(a) ((int)(sizeof(a) / sizeof *(a)))

/* ---- random numbers: splitmix64 --------------------------------------------------------------------------------------------------------- */

struct random {
	uint64_t state;
};

static inline uint64_t
random_bits(struct random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* low .. high, both included */
static inline long
random_in(struct random *r, long low, long high)
{
	return low + (long)(random_bits(r) % (uint64_t)(high - low + 1));
}

static inline bool
random_chance(struct random *r, double p)
{
	return (double)(random_bits(r) >> 11) * 0x1p-53 < p;
}

/* between -1 and 1 */
static inline double
random_real(struct random *r)
{
	return (double)(random_bits(r) >> 11) * 0x1p-52 - 1;
}

/* a number from the environment: how long a test runs */
static inline long
setting_of(const char *name, long otherwise)
{
	const char *v = getenv(name);
	return v ? atol(v) : otherwise;
}

/* ---- models ------------------------------------------------------------------------------------------------------------------------------ */

static inline const char *
first_message(const struct compilation *c)
{
	const struct diagnostics *d = &c->unit.diagnostics;
	return d->all.n ? d->all.at[0]->title : "(no message)";
}

/* the only model of a text after the pass `last`; NULL when it has errors */
static inline struct model *
model_after(struct compilation *c, const char *text, const char *last)
{
	*c = (struct compilation){0};
	int errors = compile(c, "test.nn", text, strlen(text), last);
	return errors || !c->unit.models.n ? NULL : c->unit.models.at[0];
}

static inline struct tensor *
tensor_named(const struct program *p, const char *name)
{
	for (int i = 0; i < p->tensors.n; i++)
		if (!strcmp(p->tensors.at[i]->name, name)) return p->tensors.at[i];
	return NULL;
}

#endif
