#include "cool/ds18b20.h"

#include "cool/json.h"
#include "test.h"

VECTORS(ds18b20);

static bool hex(const char *text, uint8_t pad[9]) {
	for (int i = 0; i < 18; i++) {
		char c = text[i];
		int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
		if (v < 0) return false;
		pad[i / 2] = (uint8_t)(i % 2 == 0 ? v << 4 : pad[i / 2] | v);
	}
	return text[18] == '\0';
}

TEST(vectors) {
	cool_json_t file, one;
	if (!CHECK(cool_json_parse(vectors_ds18b20, vectors_ds18b20_len, &file))) return;
	cool_json_t cases = cool_json_member(file, "cases");
	cool_json_iter_t it = {NULL, NULL};
	int seen = 0;
	while (cool_json_next(cases, &it, NULL, &one)) {
		char name[128], text[32], quality[16];
		uint8_t pad[9];
		cool_previous_t previous = {.known = false};
		int64_t ago = 0;
		CHECK(cool_json_string(cool_json_member(one, "name"), name, sizeof name));
		test_in(name);
		CHECK(cool_json_string(cool_json_member(one, "scratchpad"), text, sizeof text) && hex(text, pad));
		CHECK(cool_json_string(cool_json_member(one, "quality"), quality, sizeof quality));
		cool_json_t before = cool_json_member(one, "previous");
		if (before.at != NULL) {
			previous.known = cool_json_double(cool_json_member(before, "celsius"), &previous.celsius) &&
				cool_json_integer(cool_json_member(before, "ago_ms"), 0, UINT32_MAX, &ago);
			CHECK(previous.known);
			previous.ago_ms = (uint32_t)ago;
		}
		cool_reading_t r = cool_ds18b20_decode(true, pad, &previous);
		CHECK_STR(cool_quality_word(r.quality), quality);
		double celsius;
		if (r.quality == COOL_GOOD && CHECK(cool_json_double(cool_json_member(one, "celsius"), &celsius))) CHECK_NEAR(r.value, celsius, 0);
		CHECK_EQ_INT(cool_ds18b20_decode(false, pad, &previous).quality, COOL_DISCONNECTED);
		seen++;
	}
	test_in(NULL);
	CHECK(seen > 20);
	CHECK_EQ_INT(seen, test_count_cases(vectors_ds18b20, vectors_ds18b20_len, "cases"));
}

TEST(roms) {
	static const struct {
		const char *name;
		uint64_t rom;
		bool valid, genuine;
	} cases[] = {
		{"a clone", 0x28ff641e82160461, true, false},
		{"as Maxim numbers them", 0x28aabbccdd000090, true, true},
		{"a wrong checksum", 0x28ff641e82160460, false, false},
		{"another family", 0x10ff641e8216043c, false, false},
		{"nothing", 0, false, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].name);
		CHECK_EQ_INT(cool_ds18b20_rom(cases[i].rom), cases[i].valid);
		CHECK_EQ_INT(cool_ds18b20_genuine(cases[i].rom), cases[i].genuine);
	}
}
