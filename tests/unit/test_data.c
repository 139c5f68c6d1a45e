/* test_data.c - numbers, CSV, sources and files: what is read, and every message for what is refused. */
#define _XOPEN_SOURCE 700
#include "number.h"
#include "reading.h"

#include <locale.h>
#include <signal.h>
#include <sys/resource.h>

TestSuite(data, .init = enter, .fini = leave);

static void
csv_is(const char *text, size_t records, const float expected[])
{
	put_text("a.csv", text);
	accepts("csv", "a.csv", records, expected);
}

static void
csv_fails(const char *text, const char *message)
{
	put_text("a.csv", text);
	refuses("csv", "a.csv", message);
}

static void
choose(const struct nn_column *columns, size_t count)
{
	sources[0].columns = columns;
	sources[0].column_count = count;
}

/* ---- numbers ---- */

static void
number_is(const char *text, double expected)
{
	double value = -1;

	cr_assert_eq(nn_number(text, &value), text + strlen(text), "%s", text);
	cr_assert(memcmp(&value, &expected, sizeof value) == 0, "%s is %.17g, expected %.17g", text, value, expected);
}

Test(data, numbers_of_every_form)
{
	static const char *const no[] = {"", "+", "-", ".", "e5", "abc", ".e1", "--1", "+-1", "_", "in", "na"};
	double value;

	number_is("0", 0);
	number_is("-0", -0.0);
	number_is("5.", 5);
	number_is(".5", 0.5);
	number_is("+1e3", 1000);
	number_is("-1.25E-2", -0.0125);
	number_is("00012.50", 12.5);
	number_is("inf", HUGE_VAL);
	number_is("-Infinity", -HUGE_VAL);
	number_is("1e400", HUGE_VAL);
	number_is("1e-400", 0);
	number_is("1e999999999999999999999", HUGE_VAL);
	number_is("0e999999999999999999999", 0);
	number_is("1e-999999999999999999999", 0);
	for (size_t i = 0; i < LENGTH(no); i++)
		cr_assert_eq(nn_number(no[i], &value), no[i], "%s", no[i]);
	cr_assert(nn_number("NaN", &value) && isnan(value));
	const char *text = "12e+";
	cr_assert_eq(nn_number(text, &value), text + 2);
	text = "0x10";
	cr_assert_eq(nn_number(text, &value), text + 1);
	text = "1,5";
	cr_assert_eq(nn_number(text, &value), text + 1);
}

Test(data, numbers_at_the_edges_of_rounding)
{
	static const char *const hard[] = {
		"9007199254740993", "9007199254740992.5", "9007199254740993.00000000000000000000000000001", "18446744073709551615", "1e23", "8.5e22",
		"9.5e21", "2.2250738585072011e-308", "2.2250738585072014e-308", "4.9e-324", "2.4703282292062327208e-324", "2.4703282292062328e-324",
		"1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "0.1", "0.3", "123456789012345678e-27",
		"1000000000000000000000000000", "9999999999999999999e27", "1e-27", "18014398509481985", "36028797018963970e-1", "0.000000000000000000000000000001",
		"1.00000000000000011102230246251565404236316680908203125", "1.00000000000000011102230246251565404236316680908203124",
		"1.00000000000000011102230246251565404236316680908203126", "7205759403792793200001e-25", "6929495644600919.5", "3.7455744005952583e15",
	};
	for (size_t i = 0; i < LENGTH(hard); i++)
		number_is(hard[i], strtod(hard[i], NULL));
}

/* doubles of all sizes as printed, and random digits with random points, against the C library */
Test(data, numbers_are_the_nearest_doubles, .timeout = 60)
{
	uint64_t state = 88172645463325252u;
	char text[64];

	for (int i = 0; i < 300000; i++) {
		double value;
		state ^= state << 13, state ^= state >> 7, state ^= state << 17;
		memcpy(&value, &state, sizeof value);
		if (!isfinite(value))
			continue;
		snprintf(text, sizeof text, "%.*g", 1 + i % 20, i % 2 ? value : ldexp(value, -(int)ilogb(value)));
		number_is(text, strtod(text, NULL));
		snprintf(text, sizeof text, "%llu", (unsigned long long)(state >> i % 64));
		size_t n = strlen(text), point = (size_t)i % (n + 1);
		memmove(text + point + 1, text + point, n - point + 1);
		text[point] = '.';
		snprintf(text + n + 1, sizeof text - n - 1, "e%d", i % 70 - 35);
		number_is(text, strtod(text, NULL));
	}
}

Test(data, numbers_do_not_depend_on_the_locale)
{
	if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
		cr_skip_test("no locale with a decimal comma is installed");
	number_is("1.5", 1.5);
	number_is("1.5000000000000000000000000000000000001e-300", 1.5e-300);
	csv_is("1.5,2.5\n", 1, (float[]){1.5f, 2.5f});
}

Test(data, numbers_of_many_digits)
{
	char text[3000];

	memset(text, '0', sizeof text);
	memcpy(text, "0.", 2);
	strcpy(text + 2000, "25e1999");
	number_is(text, 2.5);
	memset(text, '3', 1500);
	strcpy(text + 1500, "e-1500");
	number_is(text, 0.33333333333333333);
	/* the tie between 1 and its successor, broken by the 1,200th digit */
	strcpy(text, "1.00000000000000011102230246251565404236316680908203125");
	memset(text + strlen(text), '0', 1200 - strlen(text));
	strcpy(text + 1200, "1");
	number_is(text, 1.0000000000000002);
	strcpy(text + 1200, "0");
	number_is(text, 1);
}

/* ---- CSV ---- */

Test(data, csv_in_all_its_forms)
{
	static const float two[] = {1, 2, 3, 4};

	csv_is("1,2\n3,4\n", 2, two);
	csv_is("1,2\n3,4", 2, two);
	csv_is("1,2\r\n3,4\r\n", 2, two);
	csv_is("1,2\r3,4\r", 2, two);
	csv_is("x,y\n1,2\n3,4\n", 2, two);
	csv_is("\xEF\xBB\xBFx,y\n1,2\n3,4\n", 2, two);
	csv_is("\xEF\xBB\xBF" "1,2\n3,4\n", 2, two);
	csv_is("1;2\n3;4\n", 2, two);
	csv_is("1\t2\n3\t4\n", 2, two);
	csv_is(" 1 , 2 \n\t3\t,\t4\t\n", 2, two);
	csv_is("\"1\",\"2\"\n\" 3 \",\"4\"\n", 2, two);
	csv_is("\"a \"\"x\"\",\nstill a\",b\n1,2\n3,4\n", 2, two);
	csv_is("1,2\n3,4\n\n\n", 2, two);
	csv_is("1,2\n3,4\n  \n\r\n", 2, two);
	csv_is("1,2\n3.0e0,+4\n", 2, two);
}

Test(data, csv_columns_by_number_and_name)
{
	static const struct nn_column numbers[] = {{NULL, 2}, {NULL, 0}}, same[] = {{NULL, 1}, {NULL, 1}}, names[] = {{"label", 0}, {"x \"0\"", 0}};

	choose(numbers, 2);
	csv_is("x \"\"0\"\",y,label\n1,a,3\n4,\"b,\nb\",6\n", 2, (float[]){3, 1, 6, 4});
	choose(same, 2);
	csv_is("1,2\n3,4\n", 2, (float[]){2, 2, 4, 4});
	choose(names, 2);
	csv_is("\"x \"\"0\"\"\",y, label \n1,a,3\n4,b,6\n", 2, (float[]){3, 1, 6, 4});
}

Test(data, csv_names_that_are_numbers)
{
	static const struct nn_column names[] = {{"2020", 0}, {"2019", 0}};

	choose(names, 2);
	csv_is("2019,2020\n1,2\n", 1, (float[]){2, 1});
}

Test(data, csv_columns_that_are_not_there)
{
	static const struct nn_column number[] = {{NULL, 0}, {NULL, 3}}, name[] = {{"a", 0}, {"lable", 0}}, twice[] = {{"a", 0}, {"b", 0}};
	static const struct nn_column three[] = {{NULL, 0}, {NULL, 1}, {NULL, 2}}, strange[] = {{"a", 0}, {"zzzzzzzz", 0}};

	choose(number, 2);
	csv_fails("1,2,3\n", "a.csv: has columns 0..2, no column 3 (m.nn:20)");
	choose(name, 2);
	csv_fails("a,b,label\n1,2,3\n", "a.csv: no column is called \"lable\" (m.nn:20)");
	help_is("the nearest is \"label\"; the columns are \"a\", \"b\", \"label\"");
	choose(strange, 2);
	csv_fails("a,b,label\n1,2,3\n", "a.csv: no column is called \"zzzzzzzz\" (m.nn:20)");
	help_is("the columns are \"a\", \"b\", \"label\"");
	csv_fails("1,2,3\n", "a.csv: has no header, so no column is called \"a\" (m.nn:20)");
	help_is("choose by number: 0..2");
	choose(twice, 2);
	csv_fails("a,b,b\n1,2,3\n", "a.csv: columns 1 and 2 are both called \"b\" (m.nn:20)");
	choose(three, 3);
	csv_fails("1,2,3\n", "a.csv: 3 columns are chosen (m.nn:20), but 'x' takes 2 values a sample (m.nn:5)");
	choose(NULL, 0);
	csv_fails("1,2,3\n", "a.csv: 3 columns, but 'x' takes 2 values a sample (m.nn:5)");
	help_is("choose some: csv(\"a.csv\", columns=[...]), counted from 0 or by name");
	csv_fails("1 2\n3 4\n", "a.csv: 1 column, but 'x' takes 2 values a sample (m.nn:5)");
	help_is("fields are separated by commas, semicolons or tabs");
}

Test(data, csv_messages)
{
	csv_fails("", "a.csv: is empty");
	csv_fails("\n\n", "a.csv: is empty");
	csv_fails("\xEF\xBB\xBF", "a.csv: is empty");
	csv_fails("a,b\n", "a.csv: holds a header and no records");
	csv_fails("1,2\n3\n", "a.csv:2: 1 field, but line 1 has 2");
	csv_fails("a,b\n1,2\n3,4,5,6\n", "a.csv:3: 4 fields, but line 1 has 2");
	csv_fails("1,2\n\n3,4\n", "a.csv:2: is blank, but line 1 has 2 fields");
	csv_fails("1,2\n3,abc\n", "a.csv:2: column 1 is \"abc\", which is not a number");
	csv_fails("x,y\n1,2\n3,4x\n", "a.csv:3: column 1 (\"y\") is \"4x\", which is not a number");
	csv_fails("\"a\n\nb\",y\n1,2\n3,x\n", "a.csv:5: column 1 (\"y\") is \"x\", which is not a number");
	csv_fails("1,2\n3,\n", "a.csv:2: column 1 is empty, expected a number");
	help_is("leave the record out, or write a number there");
	csv_fails("1,2\n,3\n", "a.csv:2: column 0 is empty, expected a number");
	csv_fails("1,NA\n2,3\n", "a.csv:1: column 1 is \"NA\", a missing value, expected a number");
	csv_fails("1,2\n3,Null\n", "a.csv:2: column 1 is \"Null\", a missing value, expected a number");
	csv_fails("1,2\n3,nan\n", "a.csv:2: column 1 is nan, but data must be finite");
	csv_fails("1,2\n-inf,4\n", "a.csv:2: column 0 is -inf, but data must be finite");
	csv_fails("1,2\n3,1e39\n", "a.csv:2: column 1 is 1e+39, too large for a float");
	csv_fails("a;b\n1,5;2,5\n", "a.csv:2: column 0 (\"a\") is \"1,5\", which is not a number");
	help_is("numbers are written with a decimal point");
	csv_fails("1,2\n\"3,4\n", "a.csv:2: a quote is never closed");
	csv_fails("1,2\n\"3\" 5,4\n", "a.csv:2: \"5,4\\n\" after a closing quote, expected `,` or the end of the line");
	csv_fails("\xFF\xFE" "1", "a.csv: is UTF-16 text, expected UTF-8");
	help_is("convert it: iconv -f UTF-16 -t UTF-8");
	csv_fails("1,2\n3,\x1b[31m\x80\n", "a.csv:2: column 1 is \"\\x1b[31m\\x80\", which is not a number");
	put("a.csv", "1,2\n3,4\0\n", 9);
	refuses("csv", "a.csv", "a.csv:2: holds a zero byte: not a text file");
	put("a.csv", "1,2\n3\0,4\n", 9);
	refuses("csv", "a.csv", "a.csv:2: holds a zero byte: not a text file");
}

/* a first line of numbers and text, with text in the same place below: header or record? */
Test(data, csv_header_or_record)
{
	static const struct nn_column numbers[] = {{NULL, 0}, {NULL, 1}}, names[] = {{"2019", 0}, {"2020", 0}};

	choose(numbers, 2);
	csv_fails("5.1,3.5,setosa\n4.9,3.0,setosa\n", "a.csv:1: holds numbers and text, so it may be a header or a record");
	help_is("put a line with a name for each of the 3 columns on top");
	csv_is("2019,2020,id\n1,2,3\n", 1, (float[]){1, 2});
	choose(names, 2);
	csv_is("2019,2020,id\n1,2,Bob\n", 1, (float[]){1, 2});
}

Test(data, csv_cut_anywhere)
{
	put_text("a.csv", "x,\"y\"\n1.5,\"2\"\r\n-3e2,4\n5,6\n");
	truncate_all("csv", "a.csv", 1);
}

Test(data, csv_predict_rows)
{
	static const struct nn_input three[] = {
		{.name = "a", .line = 2, .count = 2}, {.name = "t", .line = 3, .is_target = 1, .count = 1}, {.name = "k", .line = 4, .count = 1, .is_integer = 1, .high = 9}};
	struct nn_program p = {.model = "M", .file = "m.nn", .real_size = sizeof(double), .inputs = three, .input_count = 3};

	put_text("in.csv", "a0,a1,k\n1.5,2,3\n4,5,6\n");
	cr_assert_eq(nn_data_read_rows(&p, "in.csv", NULL, &set, &e), 0, "%s", e.text);
	cr_assert_eq(set.records, 2);
	cr_assert_eq(((double *)set.inputs[0].values)[0], 1.5);
	cr_assert_eq(((double *)set.inputs[0].values)[3], 5);
	cr_assert_null(set.inputs[1].values);
	cr_assert_eq(*(const int32_t *)record_of(&p, 2, &set.inputs[2], 1), 6);
	nn_data_free(&p, &set);
	cr_assert(freopen("in.csv", "r", stdin));
	cr_assert_eq(nn_data_read_rows(&p, "-", NULL, &set, &e), 0, "%s", e.text);
	cr_assert_eq(set.records, 2);
	nn_data_free(&p, &set);
	put_text("in.csv", "1,2,3\n4,5,10\n");
	cr_assert_eq(nn_data_read_rows(&p, "in.csv", NULL, &set, &e), -1);
	cr_assert_str_eq(e.text, "in.csv:2: column 2 is 10, but 'k' is declared 0..9 (m.nn:4)");
	cr_assert_null(set.inputs);
	put_text("in.csv", "1,2\n");
	cr_assert_eq(nn_data_read_rows(&p, "in.csv", NULL, &set, &e), -1);
	cr_assert_str_eq(e.text, "in.csv: 2 columns, but the 2 inputs of M take 3 values a sample (m.nn:2)");
	cr_assert_eq(nn_data_read_rows(&p, "none.csv", NULL, &set, &e), -1);
	cr_assert_str_eq(e.text, "there is no file none.csv or none.csv.gz");
}

/* ---- sources: arithmetic, ranges, slices, groups ---- */

Test(data, arithmetic_in_double)
{
	static const struct nn_arith all[] = {{'+', 1, 0}, {'*', 3, 0}, {'-', 2, 0}, {'-', 10, 1}, {'/', 4, 0}, {'/', 1, 1}, {'^', 2, 0}, {'^', 2, 1}};
	static const struct nn_arith by_255[] = {{'/', 255, 0}};
	float expected[2];

	for (int i = 0; i < 2; i++)
		expected[i] = (float)pow(2, pow(1 / ((10 - ((i + 1 + 1) * 3 - 2)) / 4.0), 2));
	sources[0].arith = all;
	sources[0].arith_count = LENGTH(all);
	csv_is("1,2\n", 1, expected);
	sources[0].arith = by_255;
	sources[0].arith_count = 1;
	csv_is("51,17\n", 1, (float[]){(float)(51 / 255.0), (float)(17 / 255.0)});
	sources[0].arith = (struct nn_arith[]){{'/', 0, 0}};
	csv_fails("51,17\n", "a.csv:1: column 0 is 51, after the arithmetic inf, but data must be finite");
}

Test(data, whole_numbers_in_their_range)
{
	one_integer(0, 9);
	put_text("a.csv", "0\n9\n3e0\n");
	cr_assert_eq(read_from("csv", "a.csv"), 0, "%s", e.text);
	cr_assert(integer_at(0, 0) == 0 && integer_at(0, 1) == 9 && integer_at(0, 2) == 3);
	csv_fails("0\n12\n", "a.csv:2: column 0 is 12, but 't' is declared 0..9 (m.nn:7)");
	csv_fails("-1\n", "a.csv:1: column 0 is -1, but 't' is declared 0..9 (m.nn:7)");
	csv_fails("2.5\n", "a.csv:1: column 0 is 2.5, but 't' takes whole numbers, 0..9 (m.nn:7)");
	csv_fails("nan\n", "a.csv:1: column 0 is nan, but data must be finite");
	csv_fails("1e300\n", "a.csv:1: column 0 is 1e+300, but 't' is declared 0..9 (m.nn:7)");
	sources[0].arith = (struct nn_arith[]){{'/', 2, 0}};
	sources[0].arith_count = 1;
	csv_fails("4\n3\n", "a.csv:2: column 0 is 3, after the arithmetic 1.5, but 't' takes whole numbers, 0..9 (m.nn:7)");
	csv_fails("40\n", "a.csv:1: column 0 is 40, after the arithmetic 20, but 't' is declared 0..9 (m.nn:7)");
	sources[0].arith_count = 0;
	one_integer(-4000000000, 4000000000);
	csv_fails("3000000000\n", "a.csv:1: column 0 is 3000000000, but 't' is declared -4000000000..4000000000 (m.nn:7)");
}

Test(data, slices)
{
	slice(1, 2);
	csv_is("1,2\n3,4\n5,6\n7,bad\n", 2, (float[]){3, 4, 5, 6});
	csv_fails("1,2\n3,4\n", "a.csv: holds 2 records, 0..1, but [1..2] asks for more (m.nn:20)");
	csv_fails("1,2\n3,4\n5,6\n7\n", "a.csv:4: 1 field, but line 1 has 2");
	slice(0, 0);
	csv_is("1,2\n3,4\n", 1, (float[]){1, 2});
	put("a.idx", "\0\0\x08\x02\0\0\0\x03\0\0\0\x02" "abcdef", 18);
	slice(1, 1);
	accepts("idx", "a.idx", 1, (float[]){'c', 'd'});
	slice(1, 3);
	refuses("idx", "a.idx", "a.idx: holds 3 records, 0..2, but [1..3] asks for more (m.nn:20)");
}

Test(data, literal_lists)
{
	sources[0].literal = (double[]){0, 1, 2, 3};
	sources[0].literal_count = 4;
	accepts("literal", NULL, 2, (float[]){0, 1, 2, 3});
	sources[0].literal_count = 3;
	refuses("literal", NULL, "m.nn:20: the list has 3 numbers, but 'x' takes 2 values a sample (m.nn:5)");
	one_integer(0, 1);
	refuses("literal", NULL, "m.nn:20: record 2 is 2, but 't' is declared 0..1 (m.nn:7)");
}

Test(data, groups_must_agree)
{
	static const struct nn_column x[] = {{NULL, 0}, {NULL, 1}}, t[] = {{NULL, 2}};

	choose(x, 2);
	sources[1] = (struct nn_source){.input = 1, .line = 21, .reader = "csv", .path = "a.csv", .columns = t, .column_count = 1};
	program.source_count = 2;
	put_text("a.csv", "1,2,3\n4,5,6\n");
	cr_assert_eq(read_from("csv", "a.csv"), 0, "%s", e.text);
	cr_assert(set.records == 2 && integer_at(1, 1) == 6 && x_at(3) == 5);
	sources[1].sliced = 1;
	refuses("csv", "a.csv", "'x' has 2 records (m.nn:20), but 't' has 1 (m.nn:21), in `data`");
	sources[1].group = NN_TEST;
	cr_assert_eq(read_from("csv", "a.csv"), 0);
	cr_assert_null(set.inputs[1].values);
	nn_data_free(&program, &set);
	cr_assert_eq(nn_data_read(&program, NN_VALIDATION, "", NULL, &set, &e), 0);
	cr_assert_eq(set.records, 0);
	nn_data_free(&program, &set);
}

Test(data, files_that_are_not_there)
{
	refuses("csv", "no.csv", "there is no file no.csv or no.csv.gz (for 'x', m.nn:20)");
	help_is("--data FOLDER says where the data files are");
	refuses("csv", "/", "cannot read /: Is a directory (for 'x', m.nn:20)");
	help_is("");
	refuses("xml", "no.csv", "no reader is called 'xml' (m.nn:20)");
}

/* ---- files ---- */

static int
files_here(void)
{
	char line[16] = "";
	FILE *p = popen("ls -A | wc -l", "r");

	cr_assert(p && fgets(line, sizeof line, p));
	pclose(p);
	return atoi(line);
}

Test(data, gzip_is_read_by_content)
{
#ifdef NN_HAVE_ZLIB
	put_text("plain.csv", "1,2\n3,4\n");
	cr_assert_eq(system("gzip -n plain.csv && cp plain.csv.gz disguised && (printf '5,6\\n' | gzip -n | cat plain.csv.gz - > members)"), 0);
	accepts("csv", "plain.csv", 2, (float[]){1, 2, 3, 4});
	accepts("csv", "plain.csv.gz", 2, (float[]){1, 2, 3, 4});
	accepts("csv", "disguised", 2, (float[]){1, 2, 3, 4});
	accepts("csv", "members", 3, (float[]){1, 2, 3, 4, 5, 6});
	put_text("bad.csv", "1,2\n3,bad\n");
	cr_assert_eq(system("gzip -n bad.csv"), 0);
	refuses("csv", "bad.csv", "bad.csv.gz:2: column 1 is \"bad\", which is not a number");
	truncate_all("csv", "members", 1);
	cr_assert_eq(system("head -c 20 plain.csv.gz > cut"), 0);
	refuses("csv", "cut", "cut: the gzip stream is truncated after 20 bytes (for 'x', m.nn:20)");
	cr_assert_eq(system("(cat plain.csv.gz; echo junk) > junk"), 0);
	refuses("csv", "junk", "junk: the gzip stream is damaged near byte 30: incorrect header check (for 'x', m.nn:20)");
	cr_assert_eq(system("(head -c 20 plain.csv.gz; printf XXXXXXXX) > crc"), 0);
	refuses("csv", "crc", "crc: the gzip stream is damaged near byte 24: incorrect data check (for 'x', m.nn:20)");
#else
	put("a.csv", "\x1f\x8b\x08", 3);
	refuses("csv", "a.csv", "a.csv is compressed, but this program was built without zlib (for 'x', m.nn:20)");
	help_is("decompress it with gunzip, or install zlib and build again");
#endif
}

Test(data, an_output_appears_when_it_is_complete)
{
	struct nn_output_file f;
	size_t size;

	put_text("out", "old");
	cr_assert_eq(nn_file_create(&f, "out", &e), 0);
	fputs("new", f.stream);
	fflush(f.stream);
	char *bytes = get("out", &size);
	cr_assert_str_eq(bytes, "old");
	free(bytes);
	cr_assert_eq(nn_file_commit(&f, &e), 0, "%s", e.text);
	bytes = get("out", &size);
	cr_assert_str_eq(bytes, "new");
	free(bytes);
	cr_assert_eq(nn_file_create(&f, "out", &e), 0);
	fputs("newer", f.stream);
	nn_file_abandon(&f);
	bytes = get("out", &size);
	cr_assert_str_eq(bytes, "new");
	free(bytes);
	cr_assert_eq(files_here(), 1);
	cr_assert_eq(nn_file_create(&f, ".", &e), -1);
	cr_assert_str_eq(e.text, "cannot create .: Is a directory");
	cr_assert_eq(nn_file_create(&f, "", &e), -1);
	cr_assert_str_eq(e.text, "cannot create a file without a name");
}

Test(data, a_link_stays_and_its_target_is_replaced)
{
	struct nn_output_file f;
	struct stat status;
	size_t size;

	put_text("target", "old");
	cr_assert_eq(symlink("target", "link"), 0);
	cr_assert(nn_file_create(&f, "link", &e) == 0 && fputs("new", f.stream) >= 0 && nn_file_commit(&f, &e) == 0);
	cr_assert(lstat("link", &status) == 0 && S_ISLNK(status.st_mode));
	char *bytes = get("target", &size);
	cr_assert_str_eq(bytes, "new");
	free(bytes);
}

Test(data, a_full_disk_is_reported)
{
	struct nn_output_file f;

	cr_assert_eq(nn_file_create(&f, "/dev/full", &e), 0);
	fputs("text", f.stream);
	cr_assert_eq(nn_file_commit(&f, &e), -1);
	cr_assert_str_eq(e.text, "cannot write /dev/full: No space left on device");
	static const float values[5000];
	cr_assert_eq(nn_npy_write("/dev/full", values, 5000, 0, NULL, sizeof(float), 0, &e), -1);
	cr_assert_str_eq(e.text, "cannot write /dev/full: No space left on device");
}

/* a limit on the size of files: the write fails in the middle, at once or unnoticed until the commit */
Test(data, a_failed_write_leaves_the_old_file)
{
	struct rlimit limit = {10000, 10000};
	struct nn_output_file f;
	static const char block[4000];
	size_t size;

	put_text("out", "old");
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_assert_eq(nn_file_create(&f, "out", &e), 0);
	int status = 0;
	for (int i = 0; i < 20 && status == 0; i++)
		status = nn_file_write(&f, block, sizeof block, &e);
	cr_assert_eq(status, -1);
	cr_assert_str_eq(e.text, "cannot write out: File too large");
	nn_file_abandon(&f);
	cr_assert_eq(nn_file_create(&f, "out", &e), 0);
	for (int i = 0; i < 20; i++)
		fwrite(block, 1, sizeof block, f.stream);
	cr_assert_eq(nn_file_commit(&f, &e), -1);
	cr_assert_str_eq(e.text, "cannot write out: File too large");
	char *bytes = get("out", &size);
	cr_assert_str_eq(bytes, "old");
	free(bytes);
	cr_assert_eq(files_here(), 1);
}

Test(data, paths)
{
	char out[NN_PATH_MAX], *large = calloc(1, NN_PATH_MAX + 10);

	cr_assert(nn_path_join(out, "a", "b", &e) == 0 && strcmp(out, "a/b") == 0);
	cr_assert(nn_path_join(out, "a/", "b", &e) == 0 && strcmp(out, "a/b") == 0);
	cr_assert(nn_path_join(out, "a", "/b", &e) == 0 && strcmp(out, "/b") == 0);
	cr_assert(nn_path_join(out, NULL, "b", &e) == 0 && strcmp(out, "b") == 0);
	cr_assert(nn_path_join(out, "", "b", &e) == 0 && strcmp(out, "b") == 0);
	memset(large, 'l', NN_PATH_MAX + 5);
	cr_assert_eq(nn_path_join(out, "a", large, &e), -1);
	unsigned char *bytes;
	size_t size;
	cr_assert_eq(nn_file_read(large, out, &bytes, &size, &e), -1);
	cr_assert_str_eq(e.text, "a file name of 4101 characters is too long");
	free(large);
}

/* ---- messages ---- */

Test(data, messages_are_safe_to_print)
{
	static const char *const names[] = {"label", "width", "x"};
	char large[3000];

	cr_assert_eq(nn_fail(&e, "a%sb", "\x1b[2J\n\t\xff\xc3\xa9\xc2\x9b\xe2\x80\xae\xed\xa0\x80\x7f"), -1);
	cr_assert_str_eq(e.text, "a\\x1b[2J\\n\\t\\xff\xc3\xa9\\xc2\\x9b\\xe2\\x80\\xae\\xed\\xa0\\x80\\x7fb");
	nn_help(&e, "do %d", 5);
	cr_assert_str_eq(e.help, "do 5");
	nn_fail(&e, "(%s)", e.text);
	cr_assert(e.text[0] == '(' && e.help[0] == 0);
	memset(large, '\x01', sizeof large - 1);
	large[sizeof large - 1] = 0;
	nn_fail(&e, "%s", large);
	cr_assert(strlen(e.text) < sizeof e.text && strcmp(e.text + strlen(e.text) - 4, "1...") == 0);
	cr_assert_eq(nn_nearest("lable", names, 3), 0);
	cr_assert_eq(nn_nearest("LABEL", names, 3), 0);
	cr_assert_eq(nn_nearest("height", names, 3), 3);
}
