/* Words in a column of a CSV that a model takes as whole numbers: how they are numbered, kept and looked up. */
#define _XOPEN_SOURCE 700
#include "labels.h"
#include "reading.h"

static struct nn_labels labels;
static const struct nn_column second[] = {{NULL, 1}};

static void
open_labels(void)
{
	enter();
	inputs[0] = inputs[1];
	program.input_count = 1;
	inputs[0].high = 2;
	sources[0].columns = second;
	sources[0].column_count = 1;
	cr_assert_eq(nn_labels_open(&labels, &program, &e), 0);
}

static void
close_labels(void)
{
	nn_data_free(&program, &set);
	nn_labels_close(&labels);
	leave();
}

TestSuite(labels, .init = open_labels, .fini = close_labels);

static int
read_group(enum nn_group group, const char *text)
{
	put_text("a.csv", text);
	sources[0].reader = "csv";
	sources[0].path = "a.csv";
	sources[0].group = group;
	nn_data_free(&program, &set);
	e = (struct nn_error){0};
	return nn_data_read(&program, group, "", &labels, &set, &e);
}

static void
is(enum nn_group group, const char *text, size_t records, const int expected[])
{
	cr_assert_eq(read_group(group, text), 0, "%s", e.text);
	cr_assert_eq(set.records, records);
	for (size_t k = 0; k < records; k++)
		cr_assert_eq(integer_at(0, k), expected[k], "record %zu is %d", k, (int)integer_at(0, k));
}

static void
fails(enum nn_group group, const char *text, const char *message, const char *help)
{
	cr_assert_eq(read_group(group, text), -1);
	cr_assert(strncmp(e.text, message, strlen(message)) == 0, "%s", e.text);
	cr_assert_str_eq(e.help, help);
}

static void
train_on(const char *text, size_t records, const int expected[])
{
	nn_labels_begin(&labels);
	is(NN_DATA, text, records, expected);
}

static void
text_is(const char *expected)
{
	char *text = nn_labels_text(&labels);

	cr_assert(expected ? text && strcmp(text, expected) == 0 : !text, "%s", text);
	free(text);
}

Test(labels, the_order_is_that_of_the_bytes)
{
	train_on("x,kind\n1,\"b, c\"\n2,a\n3, \"say \"\"hi\"\"\" \n4,a \n", 4, (int[]){1, 0, 2, 0});
	text_is("{\"t\": [\"a\", \"b, c\", \"say \\\"hi\\\"\"]}");
	is(NN_TEST, "x,kind\r\n1,a\r\n2,\"b, c\"\r\n", 2, (int[]){0, 1});
	inputs[0].low = -1;
	inputs[0].high = 1;
	train_on("x,kind\n1,Z\xC3\xBCrich\n2,Bern\n3,\xC3\x85rhus\n", 3, (int[]){0, -1, 1});
	text_is("{\"t\": [\"Bern\", \"Z\xC3\xBCrich\", \"\xC3\x85rhus\"]}");
}

Test(labels, without_a_header)
{
	train_on("1,b\n2,a\n", 2, (int[]){1, 0});
	train_on("x,kind\n1,b\n2,a\n", 2, (int[]){1, 0});
}

Test(labels, numbers_stay_numbers)
{
	train_on("x,kind\n1,2\n2,0\n", 2, (int[]){2, 0});
	text_is(NULL);
	nn_labels_begin(&labels);
	fails(NN_DATA, "x,kind\n1,2\n2,b\n", "a.csv:3: column 1 (\"kind\") is \"b\", which is not a number",
	    "its first record holds a number, so it is a column of numbers; labels are words from the first record on");
	train_on("x,kind\n1,b\n2,7\n", 2, (int[]){1, 0});
	text_is("{\"t\": [\"7\", \"b\"]}");
}

Test(labels, of_any_width)
{
	for (long high = 200; high <= 70000000; high *= high < 1000 ? 5 : 7000) {
		inputs[0].high = high;
		train_on("x,kind\n1,c\n2,b\n3,a\n4,c\n", 4, (int[]){2, 1, 0, 2});
	}
	char *many = malloc(1 << 20), *at = many;
	at += sprintf(at, "x,kind\n");
	for (int k = 999; k >= 0; k--)
		at += sprintf(at, "0,w%03d\n", k);
	inputs[0].high = 999;
	nn_labels_begin(&labels);
	cr_assert_eq(read_group(NN_DATA, many), 0, "%s", e.text);
	for (int k = 0; k < 1000; k++)
		cr_assert_eq(integer_at(0, (size_t)k), 999 - k);
	free(many);
}

Test(labels, missing)
{
	nn_labels_begin(&labels);
	fails(NN_DATA, "x,kind\n1,a\n2,\n", "a.csv:3: column 1 (\"kind\") is empty, expected a label", "leave the record out, or write a label there");
	nn_labels_begin(&labels);
	fails(NN_DATA, "x,kind\n1,a\n2,NA\n", "a.csv:3: column 1 (\"kind\") is \"NA\", a missing value, expected a label",
	    "leave the record out, or write a label there: in quotes, \"NA\" is one");
	train_on("x,kind\n1,a\n2,\"NA\"\n", 2, (int[]){1, 0});
	fails(NN_TEST, "x,kind\n1,a\n2,NA\n", "a.csv:3: column 1 (\"kind\") is \"NA\", a missing value, expected a label",
	    "leave the record out, or write a label there: in quotes, \"NA\" is one");
}

Test(labels, unknown_ones)
{
	train_on("x,kind\n1,setosa\n2,virginica\n", 2, (int[]){0, 1});
	fails(NN_TEST, "x,kind\n1,setosa\n2,setsoa\n", "a.csv:3: column 1 is \"setsoa\", which is no class of 't'",
	    "the nearest is \"setosa\"; the classes are \"setosa\", \"virginica\"");
	fails(NN_VALIDATION, "x,kind\n1,setosa\n2,3\n", "a.csv:3: column 1 is \"3\", which is no class of 't'",
	    "the classes are \"setosa\", \"virginica\": those of the data that it was trained on");
	nn_labels_begin(&labels);
	is(NN_DATA, "x,kind\n1,2\n", 1, (int[]){2});
	fails(NN_TEST, "x,kind\n1,setosa\n", "a.csv:2: column 1 (\"kind\") is \"setosa\", which is not a number",
	    "no labels are known here: the weights, or the training data, have numbers");
}

Test(labels, more_than_classes)
{
	nn_labels_begin(&labels);
	fails(NN_DATA, "x,kind\n1,c\n2,b\n3,a\n4,b\n5,d\n", "a.csv:6: column 1 is \"d\", label number 4, but 't' has 3 classes, 0..2 (m.nn:7)",
	    "the labels before it are \"c\", \"b\", \"a\"");
}

Test(labels, what_is_none)
{
	static const struct nn_arith minus = {'-', 1, 0};
	char longest[300];

	memset(longest, 'a', sizeof longest);
	memcpy(longest, "x,kind\n1,", 9);
	memcpy(longest + sizeof longest - 2, "\n", 2);
	nn_labels_begin(&labels);
	fails(NN_DATA, longest, "a.csv:2: column 1 is a label of 289 bytes, more than 255: \"aaaa", "");
	fails(NN_DATA, "x,kind\n1,caf\xE9\n", "a.csv:2: column 1 is \"caf\\xe9\", which is not UTF-8", "convert the file: iconv -f LATIN1 -t UTF-8");
	fails(NN_DATA, "x,kind\n1,\"a\nb\"\n", "a.csv:2: column 1 is \"a\\nb\": a label holds no control characters", "");
	sources[0].arith = &minus;
	sources[0].arith_count = 1;
	fails(NN_DATA, "x,kind\n1,a\n", "a.csv:2: column 1 is the label \"a\", with which there is no arithmetic (m.nn:20)", "labels are numbered by themselves, from 0 on");
	sources[0].arith_count = 0;
}

Test(labels, those_known_before_keep_their_numbers)
{
	train_on("x,kind\n1,a\n2,b\n3,c\n", 3, (int[]){0, 1, 2});
	train_on("x,kind\n1,c\n2,b\n", 2, (int[]){2, 1});
	text_is("{\"t\": [\"a\", \"b\", \"c\"]}");
	train_on("x,kind\n1,d\n2,b\n", 2, (int[]){1, 0});
	text_is("{\"t\": [\"b\", \"d\"]}");
}

static int
reads(const char *text)
{
	nn_labels_close(&labels);
	cr_assert_eq(nn_labels_open(&labels, &program, &e), 0);
	e = (struct nn_error){0};
	return nn_labels_read(&labels, "w", text, &e);
}

Test(labels, as_text_and_back)
{
	const char *text = "{\"s\": [\"x\"], \"t\": [\"b\", \"a \\\"q\\\"\"]}";

	cr_assert_eq(reads(text), 0, "%s", e.text);
	text_is("{\"t\": [\"b\", \"a \\\"q\\\"\"]}");
	is(NN_TEST, "x,kind\n1,\"a \"\"q\"\"\"\n2,b\n", 2, (int[]){1, 0});
	for (size_t n = 0; n < strlen(text); n++) {
		char cut[64];
		memcpy(cut, text, n);
		cut[n] = 0;
		cr_assert(reads(cut) == -1 && e.text[0], "%s", cut);
	}
	cr_assert_eq(reads("{\"t\": [\"a\", \"a\"]}"), -1);
	cr_assert_eq(reads("{\"t\": [\"a\"], \"t\": [\"b\"]}"), -1);
	cr_assert_eq(reads("{\"t\": [\"a\"]} x"), -1);
	cr_assert_eq(reads("{}"), 0);
	text_is(NULL);
	cr_assert_eq(reads("{\"t\": [\"a\", \"b\", \"c\", \"d\"]}"), 0); /* of a model with more classes */
	text_is(NULL);
}

Test(labels, cut_anywhere)
{
	const char *text = "x,kind\n1,\"b, c\"\n2,a\n3,\"\"\"q\"\"\"\n";
	char cut[64];

	for (size_t n = 0; n <= strlen(text); n++) {
		memcpy(cut, text, n);
		cut[n] = 0;
		nn_labels_begin(&labels);
		int status = read_group(NN_DATA, cut);
		cr_assert(status == 0 ? set.records <= 3 : e.text[0] && !set.inputs, "%zu bytes", n);
		for (size_t k = 0; k < set.records; k++)
			cr_assert(integer_at(0, k) >= 0 && integer_at(0, k) <= 2);
	}
}
