/* The writer of JSON: punctuation, escapes, numbers, and a buffer that is too small. */
#include "cool/json.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

TEST(punctuation) {
	char buf[200];
	cool_json_writer_t w;
	cool_json_writer_init(&w, buf, sizeof buf);
	cool_json_open_object(&w);
	cool_json_key(&w, "a");
	cool_json_put_int(&w, -1);
	cool_json_key(&w, "b");
	cool_json_open_array(&w);
	cool_json_put_bool(&w, true);
	cool_json_put_bool(&w, false);
	cool_json_open_object(&w);
	cool_json_close_object(&w);
	cool_json_open_array(&w);
	cool_json_close_array(&w);
	cool_json_put_string(&w, "x");
	cool_json_close_array(&w);
	cool_json_key(&w, "c");
	cool_json_put_uint(&w, UINT64_MAX);
	cool_json_close_object(&w);
	CHECK_STR(buf, "{\"a\":-1,\"b\":[true,false,{},[],\"x\"],\"c\":18446744073709551615}");
	CHECK_EQ_INT(w.len, strlen(buf));
	CHECK(!w.full);
}

static const char *written(const char *text) {
	static char buf[100];
	cool_json_writer_t w;
	cool_json_writer_init(&w, buf, sizeof buf);
	cool_json_put_string(&w, text);
	CHECK(!w.full);
	return buf;
}

TEST(strings) {
	CHECK_STR(written(""), "\"\"");
	CHECK_STR(written("a \"b\" \\ / <\xc3\xa4>"), "\"a \\\"b\\\" \\\\ / <\xc3\xa4>\"");
	CHECK_STR(written("\b\f\n\r\t\x01\x1f\x7f"), "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
	CHECK_STR(
		written("\xff|\xc3|\xe2\x82|\xed\xa0\x80"), "\"\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

static const char *decimal(double v, int decimals) {
	static char buf[40];
	cool_json_writer_t w;
	cool_json_writer_init(&w, buf, sizeof buf);
	cool_json_put_decimal(&w, v, decimals);
	CHECK(!w.full);
	return buf;
}

TEST(decimals) {
	static const struct {
		double v;
		int decimals;
		const char *want;
	} cases[] = {
		{0, 4, "0"},
		{-0.0, 4, "0"},
		{1, 0, "1"},
		{31.25, 4, "31.25"},
		{-55.0625, 4, "-55.0625"},
		{1.3, 4, "1.3"},
		{21.5, 1, "21.5"},
		{21.5, 0, "22"},
		{-21.5, 0, "-22"},
		{0.5, 0, "1"},
		{0.49999999999999994, 0, "0"},
		{2.5, 0, "3"},
		{0.25, 1, "0.3"},
		{-0.25, 1, "-0.3"},
		{0.125, 2, "0.13"},
		{0.0625, 3, "0.063"},
		{0.03125, 4, "0.0313"},
		{0.00005, 4, "0.0001"},
		{0.00004, 4, "0"},
		{0.000049999999999999996, 4, "0"},
		{-0.00005, 4, "-0.0001"},
		{-0.00004, 4, "0"},
		{-0.5, 0, "-1"},
		{-0.4, 0, "0"},
		{99.95, 1, "100"},
		{99.94, 1, "99.9"},
		{9.99999, 4, "10"},
		{1.005, 2, "1"},
		{1.115, 2, "1.11"},
		{2.675, 2, "2.67"},
		{100.0001, 4, "100.0001"},
		{0.1, 4, "0.1"},
		{0.0101, 4, "0.0101"},
		{2410, 4, "2410"},
		{1e15, 4, "1000000000000000"},
		{9007199254740993.0, 4, "9007199254740992"},
		{9.2e18, 4, "9200000000000000000"},
		{9.3e18, 4, "null"},
		{-1e300, 4, "null"},
		{1e-300, 4, "0"},
		{5e-324, 4, "0"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		test_in(cases[i].want);
		CHECK_STR(decimal(cases[i].v, cases[i].decimals), cases[i].want);
	}
	volatile double zero = 0;
	test_in("no numbers");
	CHECK_STR(decimal(1 / zero, 1), "null");
	CHECK_STR(decimal(-1 / zero, 1), "null");
	CHECK_STR(decimal(zero / zero, 1), "null");
}

TEST(integers) {
	char buf[60];
	cool_json_writer_t w;
	cool_json_writer_init(&w, buf, sizeof buf);
	cool_json_open_array(&w);
	cool_json_put_int(&w, 0);
	cool_json_put_int(&w, INT64_MIN);
	cool_json_put_int(&w, INT64_MAX);
	cool_json_close_array(&w);
	CHECK_STR(buf, "[0,-9223372036854775808,9223372036854775807]");
}

/* What is written reads back as the number that it was rounded to. */
TEST(decimals_read_back) {
	uint64_t seed = 7;
	int runs = TEST_RUNS(200000, 5000);
	for (int i = 0; i < runs; i++) {
		int64_t n = (int64_t)test_random_int(&seed, -2000000000, 2000000000);
		double v = (double)n / 10000, got = 0;
		const char *text = decimal(v, 4);
		cool_json_t json;
		if (!cool_json_parse(text, strlen(text), &json) || !cool_json_double(json, &got) || got != v) {
			test_in(text);
			CHECK_NEAR(got, v, 0);
			return;
		}
	}
}

TEST(what_does_not_fit_is_not_written) {
	char buf[12];
	static const char whole[] = "[\"ab\\n\",12]";
	for (size_t size = 1; size <= sizeof buf; size++) {
		cool_json_writer_t w;
		memset(buf, '#', sizeof buf);
		cool_json_writer_init(&w, buf, size);
		cool_json_open_array(&w);
		cool_json_put_string(&w, "ab\n");
		cool_json_put_int(&w, 12);
		cool_json_close_array(&w);
		CHECK_EQ_INT(w.full, size < sizeof whole);
		CHECK(w.len < size);
		CHECK_EQ_INT(buf[w.len], 0);
		CHECK(memcmp(buf, whole, w.len) == 0);
		for (size_t i = size; i < sizeof buf; i++) {
			CHECK_EQ_INT(buf[i], '#');
		}
	}
}
