/* The reader of JSON: what is a text, how values are found in it, strings. */
#include "cool/json.h"
#include "vectors_util.h"

#include <string.h>

VECTORS(telemetry);

static cool_json_t parse(const char *text) {
	cool_json_t v = {NULL, 0};
	CHECK(cool_json_parse(text, strlen(text), &v));
	return v;
}

static bool valid(const char *text) {
	cool_json_t v;
	bool ok = cool_json_parse(text, strlen(text), &v);
	CHECK(ok == (v.at != NULL));
	return ok;
}

TEST(what_is_json) {
	static const char *const good[] = {"null", "true", "false", " 1 ", "\t\r\n[]\n", "{}", "[ ]", "{ }", "0", "-0", "-0.0", "0.5", "10", "1e5",
		"1E+5", "1e-05", "0e0", "1.25e2", "\"\"", "\"a\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\uD83D\\ude00\"", "\"\\ud800\"", "\"\x7f\"",
		"\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"", "\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\xe0\xa0\x80\"", "[1,2]", "[[],[[]],{}]",
		"{\"a\":1,\"b\":[{}],\"a\":{\"c\":null}}", " { \"a\" : [ 1 , true ] , \"b\" : { } } "};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		test_in(good[i]);
		CHECK(valid(good[i]));
	}
}

TEST(what_is_no_json) {
	static const char *const bad[] = {"", " ", "nul", "nulll", "True", "tru", "falsy", "NaN", "Infinity", "-", "+1", "01", "-01", "00", ".5", "1.",
		"1.e1", "1e", "1e+", "1e-", "0x1", "1 2", "1,", "--1", "'a'", "\"", "\"a", "\"\\", "\"\\\"", "\"\\x\"", "\"\\u12g4\"", "\"\\u123\"",
		"\"\\u\"", "\"\\u123", "\"a\tb\"", "\"a\nb\"", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "]", "}", "{", "{\"a\"",
		"{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{\"a\" 1}", "{a:1}", "{1:1}", "{\"a\":1 \"b\":2}", "{\"a\":1]", "{\"a\":1,b}",
		"{\"a\":}", "[]]", "{}{}", "\xef\xbb\xbf{}", "/**/1", "\x0c[]",
		/* not UTF-8: a lone continuation, a cut, overlong ones, surrogates, beyond the end */
		"\"\x80\"", "\"\xc3\"", "\"\xc3\x28\"", "\"\xc0\x80\"", "\"\xc1\xbf\"", "\"\xe0\x9f\xbf\"", "\"\xe2\x82\"", "\"\xe2\x28\xac\"",
		"\"\xed\xa0\x80\"", "\"\xf0\x8f\xbf\xbf\"", "\"\xf0\x9f\x98\"", "\"\xf4\x90\x80\x80\"", "\"\xf5\x80\x80\x80\"", "\"\xff\"", "{\"\xff\":1}",
		"\xff"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		test_in(bad[i]);
		CHECK(!valid(bad[i]));
	}
	test_in("a NUL within");
	cool_json_t v;
	CHECK(!cool_json_parse("1\0", 2, &v));
	CHECK(!cool_json_parse("\"\0\"", 3, &v));
	CHECK(!cool_json_parse("\"\\\0\"", 4, &v));
	CHECK(!cool_json_parse("[1]x", 4, &v));
	CHECK(cool_json_parse("[1]x", 3, &v));
}

/* Every text that is cut anywhere is none, and is not read beyond its end. */
TEST(a_cut_text_is_none) {
	static const char text[] = "{\"a\":[1.5e2,true,{\"\\u00e4\":\"\xe2\x82\xac\"}],\"b\":null}";
	cool_json_t v;
	for (size_t n = 0; n < sizeof text - 1; n++) {
		char copy[sizeof text];
		memcpy(copy, text, sizeof copy);
		memset(copy + n, ']', sizeof copy - n);
		CHECK(!cool_json_parse(copy, n, &v));
	}
	CHECK(cool_json_parse(text, sizeof text - 1, &v));
	CHECK_EQ_INT(v.len, sizeof text - 1);
}

TEST(nesting_ends_at_16) {
	char text[2 * 17 + 1];
	for (int depth = 16; depth <= 17; depth++) {
		memset(text, '[', (size_t)depth);
		memset(text + depth, ']', (size_t)depth);
		text[2 * depth] = 0;
		CHECK_EQ_INT(valid(text), depth == 16);
	}
	CHECK(valid("[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":1}]}]}]}]}]}]}]}]"));
	CHECK(!valid("[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[{\"a\":[]}]}]}]}]}]}]}]}]"));
}

TEST(kinds) {
	static const struct {
		const char *text;
		cool_json_kind_t kind;
	} cases[] = {{"null", COOL_JSON_NULL}, {"true", COOL_JSON_BOOL}, {"false", COOL_JSON_BOOL}, {"-1", COOL_JSON_NUMBER}, {"7", COOL_JSON_NUMBER},
		{"\"\"", COOL_JSON_STRING}, {"[]", COOL_JSON_ARRAY}, {"{}", COOL_JSON_OBJECT}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		test_in(cases[i].text);
		CHECK_EQ_INT(cool_json_kind(parse(cases[i].text)), cases[i].kind);
	}
	cool_json_t none = {NULL, 0};
	CHECK_EQ_INT(cool_json_kind(none), COOL_JSON_NONE);
}

TEST(members) {
	cool_json_t o = parse("{\"a\":1,\"A\":2,\"b\":{\"a\":3},\"a\":[1,\"x\\\"]}\"],\"\\u0063\":true,\"\":9}");
	int64_t n = 0;
	bool yes = false;
	CHECK_EQ_INT(cool_json_count(o), 6);
	CHECK_EQ_INT(cool_json_kind(cool_json_member(o, "a")), COOL_JSON_ARRAY); /* the last one counts */
	CHECK_EQ_INT(cool_json_count(cool_json_member(o, "a")), 2);
	CHECK(cool_json_integer(cool_json_member(o, "A"), 0, 9, &n) && n == 2);
	CHECK(cool_json_integer(cool_json_member(cool_json_member(o, "b"), "a"), 0, 9, &n) && n == 3);
	CHECK(cool_json_bool(cool_json_member(o, "c"), &yes) && yes); /* the name's escape is resolved */
	CHECK(cool_json_integer(cool_json_member(o, ""), 0, 9, &n) && n == 9);
	CHECK(cool_json_member(o, "d").at == NULL);
	CHECK(cool_json_member(o, "aa").at == NULL);
	CHECK(cool_json_member(parse("[1]"), "a").at == NULL);
	CHECK(!cool_json_bool(parse("1"), &yes));
	CHECK(cool_json_bool(parse("false"), &yes) && !yes);
}

TEST(iteration) {
	cool_json_t list = parse(" [ 1 , \"a,b\" , [ 2 , [ 3 ] ] , { \"x\" : \"}\" } , null ] "), value, name;
	static const char *const want[] = {"1", "\"a,b\"", "[ 2 , [ 3 ] ]", "{ \"x\" : \"}\" }", "null"};
	cool_json_iter_t it = {NULL, NULL};
	int n = 0;
	while (cool_json_next(list, &it, &name, &value)) {
		CHECK_EQ_INT(value.len, strlen(want[n]));
		CHECK(memcmp(value.at, want[n], value.len) == 0);
		n++;
	}
	CHECK_EQ_INT(n, 5);
	CHECK(!cool_json_next(list, &it, NULL, &value)); /* it stays at the end */

	cool_json_t o = parse("{ \"a\" : 1 , \"b\\\"\" : -2.5e3 }");
	cool_json_iter_t members = {NULL, NULL};
	CHECK(cool_json_next(o, &members, &name, &value) && cool_json_equals(name, "a") && value.len == 1);
	CHECK(cool_json_next(o, &members, &name, &value) && cool_json_equals(name, "b\"") && value.len == 6);
	CHECK(!cool_json_next(o, &members, &name, &value));

	cool_json_iter_t none = {NULL, NULL};
	CHECK(!cool_json_next(parse("1"), &none, NULL, &value));
	CHECK(!cool_json_next(parse("[]"), &none, NULL, &value));
	CHECK_EQ_INT(cool_json_count(parse("{}")), 0);
	CHECK_EQ_INT(cool_json_count(parse("\"[1]\"")), 0);
}

TEST(strings) {
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"\"\"", ""},
		{"\"plain\"", "plain"},
		{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
		{"\"\\u0041\\u00e4\\u20ac\\ud83d\\ude00\"", "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"\"\xc3\xa4\xf0\x9f\x98\x80\"", "\xc3\xa4\xf0\x9f\x98\x80"},
		{"\"\\ud83d\"", "\xef\xbf\xbd"},
		{"\"\\ud83dx\"", "\xef\xbf\xbdx"},
		{"\"\\ude00\\ud83d\"", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\"\\ud83d\\u0041\"",
			"\xef\xbf\xbd"
			"A"},
		{"\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
		{"\"\\ud83d\\n12345\"", "\xef\xbf\xbd\n12345"},
		{"\"\\uffff\\uE000\"", "\xef\xbf\xbf\xee\x80\x80"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char out[32];
		test_in(cases[i].text);
		cool_json_t v = parse(cases[i].text);
		CHECK(cool_json_string(v, out, sizeof out));
		CHECK_STR(out, cases[i].want);
		CHECK(cool_json_equals(v, cases[i].want));
		CHECK(cool_json_string(v, out, strlen(cases[i].want) + 1));
		CHECK(!cool_json_string(v, out, strlen(cases[i].want)));
	}
	char out[8] = "before";
	test_in(NULL);
	CHECK(!cool_json_string(parse("\"a\\u0000b\""), out, sizeof out));
	CHECK(!cool_json_equals(parse("\"a\\u0000b\""), "a"));
	CHECK(!cool_json_string(parse("1"), out, sizeof out));
	CHECK(!cool_json_string(parse("\"\""), out, 0));
	CHECK(!cool_json_equals(parse("\"ab\""), "a"));
	CHECK(!cool_json_equals(parse("\"a\""), "ab"));
	CHECK(!cool_json_equals(parse("\"\\u00e4\""), "\xc3"));
	CHECK(!cool_json_equals(parse("1"), "1"));
}

/* The payloads of telemetry are JSON, or not, as for the server; the rest of what they say is its business. */
TEST(telemetry_vectors) {
	vectors_t v;
	vectors_begin(&v, vectors_telemetry, vectors_telemetry_len, "cases");
	while (vectors_next(&v)) {
		size_t len;
		const char *text = vectors_payload(&v, &len);
		cool_json_t got;
		CHECK_EQ_INT(cool_json_parse(text, len, &got), !cool_json_equals(vectors_member(&v, "reject"), "not_json"));
	}
}
