/* Several inputs out of one CSV are read in one pass over it: with the same records, labels and messages as one by one. */
#define _XOPEN_SOURCE 700
#include "labels.h"
#include "reading.h"

static struct nn_labels labels;
static uint64_t state;

TestSuite(together, .init = enter, .fini = leave);

static unsigned
below(unsigned n)
{
	state ^= state << 13, state ^= state >> 7, state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

/* a table of a few rows, most of them as they should be */
static void
write_table(char *text)
{
	static const char *const pieces[] = {"1", "2", "-1.5", "7e1", "cat", "dog", "\"a, b\"", "\"1\"", " 3 ", "NA", "", "\"", "1.5", "99"};
	unsigned rows = 1 + below(6), columns = 2 + below(3), odd = below(4) == 0;

	*text = 0;
	for (unsigned r = 0; r < rows; r++)
		for (unsigned k = 0; k < columns; k++) {
			const char *piece = r == 0 && state & 1 ? (const char *[]){"one", "two", "three", "four"}[k] : odd ? pieces[below(LENGTH(pieces))] : k == 1 ? pieces[4 + below(2)] : pieces[below(2)];
			strcat(strcat(text, piece), k + 1 < columns && !(odd && below(30) == 0) ? "," : "\n");
		}
}

static const struct nn_column columns[] = {{NULL, 0}, {NULL, 0}, {NULL, 1}, {NULL, 2}, {"two", 0}, {"one", 0}, {NULL, 0}, {NULL, 3}};

static void
choose_source(struct nn_source *s)
{
	unsigned n = below(8) ? (unsigned)inputs[s->input].count : below(3);

	s->columns = below(2) ? columns + 2 * s->input : columns + below((unsigned)LENGTH(columns) - n); /* often as the table has them */
	s->column_count = n;
	s->sliced = below(4) == 0;
	s->first = 0;
	s->last = below(3);
}

struct result {
	int status;
	char text[sizeof e.text], help[sizeof e.help], labels[400];
	size_t records;
	float x[16];
	int t[8];
};

/* `other` is another name of a.csv: under it t is read by itself */
static void
read_both(const char *other, struct result *r)
{
	char *found, *words;

	memset(r, 0, sizeof *r);
	cr_assert_eq(nn_labels_open(&labels, &program, &e), 0);
	nn_labels_begin(&labels);
	sources[1].reader = "csv";
	sources[1].path = other;
	sources[0].reader = "csv";
	sources[0].path = "a.csv";
	e = (struct nn_error){0};
	r->status = nn_data_read(&program, NN_DATA, "", &labels, &set, &e);
	strcpy(r->text, e.text);
	strcpy(r->help, e.help);
	while ((found = strstr(r->text, "./a.csv")))
		memmove(found, found + 2, strlen(found + 2) + 1);
	while ((found = strstr(r->help, "./a.csv")))
		memmove(found, found + 2, strlen(found + 2) + 1);
	if (r->status == 0) {
		r->records = set.records;
		for (size_t k = 0; k < set.records && k < 8; k++) {
			r->x[2 * k] = x_at(2 * k);
			r->x[2 * k + 1] = x_at(2 * k + 1);
			r->t[k] = integer_at(1, k);
		}
		words = nn_labels_text(&labels);
		snprintf(r->labels, sizeof r->labels, "%s", words ? words : "");
		free(words);
	}
	nn_data_free(&program, &set);
	nn_labels_close(&labels);
}

Test(together, as_one_by_one, .timeout = 120)
{
	struct result together, apart;
	char text[1024];
	int read = 0, words = 0, failed = 0;

	program.source_count = 2;
	state = 88172645463325252u;
	for (int i = 0; i < 4000; i++) {
		write_table(text);
		put_text("a.csv", text);
		inputs[1].high = 1 + (int)below(9);
		choose_source(&sources[0]);
		choose_source(&sources[1]);
		if (below(3)) {
			sources[1].sliced = sources[0].sliced;
			sources[1].last = sources[0].last;
		}
		read_both("a.csv", &together);
		read_both("./a.csv", &apart);
		cr_assert_eq(together.status, apart.status, "%s\n%s\n%s", text, together.text, apart.text);
		cr_assert_str_eq(together.text, apart.text, "%s", text);
		cr_assert_str_eq(together.help, apart.help, "%s", text);
		cr_assert_str_eq(together.labels, apart.labels, "%s", text);
		cr_assert(together.records == apart.records && memcmp(together.x, apart.x, sizeof together.x) == 0 && memcmp(together.t, apart.t, sizeof together.t) == 0, "%s", text);
		read += together.status == 0;
		words += together.labels[0] != 0;
		failed += together.status != 0;
	}
	cr_assert(read > 500 && words > 200 && failed > 1000, "%d read, %d of them with words, %d refused", read, words, failed);
}

Test(together, the_first_source_speaks_first)
{
	static const struct nn_column x[] = {{NULL, 0}, {NULL, 1}}, t[] = {{NULL, 2}};

	program.source_count = 2;
	sources[0].columns = x;
	sources[0].column_count = 2;
	sources[1] = (struct nn_source){.input = 1, .line = 21, .reader = "csv", .path = "a.csv", .columns = t, .column_count = 1};
	put_text("a.csv", "1,2,3\n4,5,bad\n6,wrong,7\n");
	refuses("csv", "a.csv", "a.csv:3: column 1 is \"wrong\", which is not a number");
	put_text("a.csv", "1,2,3\n4,5,11\n6,7,7\n");
	refuses("csv", "a.csv", "a.csv:2: column 2 is 11, but 't' is declared 0..9 (m.nn:7)");
}
