/* Numbers of JSON: the nearest double, and integers as they are written. */
#include "cool/json.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cool_json_t parse(const char *text) {
	cool_json_t v = {NULL, 0};
	CHECK(cool_json_parse(text, strlen(text), &v));
	return v;
}

static uint64_t bits(double d) {
	uint64_t u;
	memcpy(&u, &d, sizeof u);
	return u;
}

/* Reads text and compares it to the last bit. */
static void is(const char *text, double want) {
	double got = 99;
	test_in(text);
	CHECK(cool_json_double(parse(text), &got));
	CHECK_EQ_INT(bits(got), bits(want));
}

TEST(common_numbers) {
	is("0", 0);
	is("-0", 0);
	is("-0.0e5", 0);
	is("1", 1);
	is("-1", -1);
	is("31.25", 31.25);
	is("0.1", 0.1);
	is("-55.0625", -55.0625);
	is("1e3", 1000);
	is("1E+22", 1e22);
	is("12e-1", 1.2);
	is("9007199254740992", 9007199254740992.0);
	is("1000000000000000000000", 1e21);
	is("0.000001", 1e-6);
}

/* Each of these goes wrong where digits are cut or rounded twice. */
TEST(hard_numbers) {
	is("9007199254740993", 9007199254740992.0);
	is("9007199254740993.0000000000000000000000000000000000001", 9007199254740994.0);
	is("9007199254740995", 9007199254740996.0);
	is("1e23", 1e23);
	is("8.5e22", 8.5e22);
	is("123456789012345678901234567890", 123456789012345678901234567890.0);
	is("0.30000000000000004", 0.30000000000000004);
	is("1.7976931348623157e308", 1.7976931348623157e308);
	is("179769313486231570e291", 1.7976931348623157e308);
	is("1.7976931348623158079e308", 1.7976931348623157e308);
	is("2.2250738585072011e-308", 2.2250738585072011e-308);
	is("2.2250738585072014e-308", 2.2250738585072014e-308);
	is("4.9406564584124654e-324", 4.9406564584124654e-324);
	is("2.4703282292062328e-324", 4.9406564584124654e-324);
	is("2.4703282292062327e-324", 0);
	is("1e-324", 0);
	is("-1e-400", 0);
	is("0.1e-99999999999", 0);
	is("0e99999999999", 0);
	is("6.9294956446009195e15", 6929495644600919.5);
	is("3.518437208883201171875e13", 3.518437208883201171875e13);
	is("62.5364939768271845828", 62.5364939768271845828);
	is("7.8459735791271921e65", 7.8459735791271921e65);
	is("5708990770823839207320493820740630171355185152001e-3", 5708990770823839207320493820740630171355185152001e-3);
}

TEST(too_large_for_a_double) {
	static const char *const cases[] = {"1e309", "-1e309", "1.7976931348623159e308", "1e310", "1e99999999999", "123e400"};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double v = 7;
		test_in(cases[i]);
		CHECK(!cool_json_double(parse(cases[i]), &v));
		CHECK_NEAR(v, 7, 0);
	}
	double v;
	test_in("no number");
	CHECK(!cool_json_double(parse("\"1\""), &v));
	CHECK(!cool_json_double(parse("null"), &v));
}

/* Digits beyond those that a decision needs still count as a little more, and zeros as nothing. */
TEST(very_many_digits) {
	static char text[2000];
	/* 1 + 2^-53 is halfway between 1 and the next double: 53 digits. */
	static const char half[] = "1.00000000000000011102230246251565404236316680908203125";
	size_t n = sizeof half - 1;
	is(half, 1);
	memcpy(text, half, n);
	memset(text + n, '0', 1500);
	text[n + 1500] = 0;
	is(text, 1);
	text[n + 1499] = '1';
	is(text, 1.0000000000000002220446049250313);
	text[n + 1200] = '9';
	is(text, 1.0000000000000002220446049250313);
	/* The same with the digits before the point. */
	memset(text, '0', sizeof text);
	memcpy(text, "100000000000000011102230246251565404236316680908203125", 54);
	memcpy(text + 1200, "5e-1200", 8);
	is(text, 1.0000000000000002220446049250313);
	memset(text, '0', 1000);
	text[1] = '.';
	memcpy(text + 1000, "25e999", 7);
	is(text, 2.5);
	memset(text, '0', 1000);
	text[0] = '3';
	memcpy(text + 1000, "e-999", 6);
	is(text, 3);
}

#ifndef TEST_SMALL
/* The C library of the host is exact; the one of the chip need not be. */
TEST(agrees_with_strtod) {
	uint64_t seed = 20261125;
	char text[80];
	for (int i = 0; i < 60000; i++) {
		uint64_t u = test_random(&seed);
		double v;
		switch (i % 4) {
		case 0: /* any double, with as many digits as tell it apart, or some fewer */
			memcpy(&v, &u, sizeof v);
			if (!(v - v == 0)) {
				continue;
			}
			snprintf(text, sizeof text, "%.*e", test_random_int(&seed, 0, 17), v);
			break;
		case 1: snprintf(text, sizeof text, "%.*f", test_random_int(&seed, 0, 20), test_random_double(&seed, -1000, 1000)); break;
		case 2: snprintf(text, sizeof text, "%lld%de%d", (long long)u, test_random_int(&seed, 0, 999999), test_random_int(&seed, -345, 290)); break;
		default:
			snprintf(
				text, sizeof text, "%d.%06de%d", test_random_int(&seed, 0, 99), test_random_int(&seed, 0, 999999), test_random_int(&seed, -325, 307));
			break;
		}
		double want = strtod(text, NULL), got = 0;
		want = want == 0 ? 0 : want;
		cool_json_t json;
		if (!cool_json_parse(text, strlen(text), &json) || !(cool_json_double(json, &got) ? bits(got) == bits(want) : !(want - want == 0))) {
			test_in(text);
			CHECK_NEAR(got, want, 0);
			return;
		}
	}
}
#endif

TEST(integers) {
	static const struct {
		const char *text;
		bool ok;
		int64_t want;
	} cases[] = {
		{"0", true, 0},
		{"-0", true, 0},
		{"42", true, 42},
		{"-42", true, -42},
		{"9007199254740991", true, 9007199254740991},
		{"-9007199254740991", true, -9007199254740991},
		{"9007199254740992", false, 0},
		{"999999999999999999", false, 0},
		{"1000000000000000000", false, 0},
		{"99999999999999999999999999", false, 0},
		{"1.0", false, 0},
		{"1e3", false, 0},
		{"1E3", false, 0},
		{"\"1\"", false, 0},
		{"true", false, 0},
		{"null", false, 0},
		{"[]", false, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t got = 7;
		test_in(cases[i].text);
		CHECK_EQ_INT(cool_json_integer(parse(cases[i].text), -9007199254740991, 9007199254740991, &got), cases[i].ok);
		CHECK_EQ_INT(got, cases[i].ok ? cases[i].want : 7);
	}
	int64_t got;
	test_in("bounds");
	CHECK(cool_json_integer(parse("5"), 5, 5, &got));
	CHECK(!cool_json_integer(parse("4"), 5, 5, &got));
	CHECK(!cool_json_integer(parse("6"), 5, 5, &got));
}
