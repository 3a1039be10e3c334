/* The small parts: words and names, the dew point, overrides, standby, what lasts. */
#include <string.h>

#include "cool/dewpoint.h"
#include "cool/hazards.h"
#include "cool/json.h"
#include "cool/overrides.h"
#include "cool/standby.h"
#include "test.h"

VECTORS(words);

TEST(words_of_qualities) {
	cool_json_t file, one;
	cool_json_iter_t it = {NULL, NULL};
	CHECK(cool_json_parse(vectors_words, vectors_words_len, &file));
	int n = 0;
	for (; cool_json_next(cool_json_member(file, "qualities"), &it, NULL, &one); n++) {
		char word[16];
		int64_t number = -1;
		CHECK(cool_json_string(cool_json_member(one, "word"), word, sizeof word));
		CHECK(cool_json_integer(cool_json_member(one, "number"), 0, 100, &number));
		CHECK_STR(cool_quality_word((cool_quality_t)number), word);
	}
	CHECK_EQ_INT(n, 7);
	CHECK_STR(cool_quality_word((cool_quality_t)77), "stale");
}

TEST(names) {
	cool_json_t file, one;
	cool_json_iter_t it = {NULL, NULL};
	CHECK(cool_json_parse(vectors_words, vectors_words_len, &file));
	while (cool_json_next(cool_json_member(file, "metrics"), &it, NULL, &one)) {
		char name[64];
		bool invalid = false;
		CHECK(cool_json_string(cool_json_member(one, "metric"), name, sizeof name));
		cool_json_t flag = cool_json_member(one, "invalid");
		if (flag.at != NULL) CHECK(cool_json_bool(flag, &invalid));
		test_in(name);
		CHECK_EQ_INT(cool_valid_metric(name), !invalid);
	}
	test_in(NULL);
	CHECK(!cool_valid_metric(NULL) && !cool_valid_device(NULL));
	CHECK(cool_valid_device("9-esp32") && cool_valid_device("a") && cool_valid_device("abcdefghijklmnopqrstuvwxyz012345"));
	CHECK(!cool_valid_device("-a") && !cool_valid_device("") && !cool_valid_device("A") && !cool_valid_device("a_b"));
	CHECK(!cool_valid_device("abcdefghijklmnopqrstuvwxyz0123456"));
	char small[4];
	CHECK(cool_copy(small, sizeof small, "abc"));
	CHECK(!cool_copy(small, sizeof small, "abcd"));
	CHECK_STR(small, "abc");
	CHECK(!cool_copy(small, 0, "x"));
	double zero = 0;
	CHECK(cool_finite(-1e308) && !cool_finite(1 / zero) && !cool_finite(-1 / zero) && !cool_finite(zero / zero));
}

TEST(wrapping_time) {
	CHECK_EQ_INT(cool_since(5, UINT32_MAX - 4), 10);
	CHECK(cool_reached(5, UINT32_MAX - 4) && !cool_reached(UINT32_MAX - 4, 5));
}

TEST(dew_point) {
	static const struct {
		double celsius, rh, dew;
	} cases[] = {
		{24, 60, 15.7585}, {20, 50, 9.2611}, {30, 80, 26.1709}, {25, 100, 25}, {-10, 70, -14.4359}, {50, 1, -20.2027},
		{24, 0.1, -56.3812}, /* by libm */
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		double dew = 0;
		CHECK(cool_dew_point(cases[i].celsius, cases[i].rh, &dew));
		CHECK_NEAR(dew, cases[i].dew, 1e-4);
	}
	double dew, zero = 0;
	CHECK(!cool_dew_point(24, 0, &dew) && !cool_dew_point(24, 100.1, &dew) && !cool_dew_point(24, zero / zero, &dew));
	CHECK(!cool_dew_point(-41, 50, &dew) && !cool_dew_point(126, 50, &dew) && !cool_dew_point(1 / zero, 50, &dew));
}

TEST(override_check) {
	cool_output_cfg_t o;
	char reason[COOL_REASON_SIZE];
	cool_output_defaults(&o, "pump", COOL_PUMP, COOL_PWM4);
	CHECK(cool_override_check(&o, 0, reason));
	o.override = (cool_override_t){.set = true, .duty = 0, .until_ms = 1860001};
	CHECK(cool_override_check(&o, 1, reason));
	CHECK(!cool_override_check(&o, 0, reason));
	CHECK_STR(reason, "override.until: 1860001 is more than 30 min ahead, the most for a pump that is off; the clock says 0");
	o.override.duty = 50;
	CHECK(cool_override_check(&o, 0, reason));
	o.override.until_ms = 86460001;
	CHECK(!cool_override_check(&o, 0, reason));
	CHECK_STR(reason, "override.until: 86460001 is more than 24 h ahead; the clock says 0");
	CHECK(cool_override_check(&o, INT64_MAX, reason)); /* it has passed */
	CHECK(!cool_override_check(&o, INT64_MIN, reason));
	bool cancelled = false;
	CHECK(!cool_override_holds(&o, &cancelled, true, INT64_MAX));
	CHECK(!cancelled);
}

TEST(what_lasts) {
	cool_lasting_t l = {.on = false};
	CHECK(!cool_lasting_step(&l, true, 500, 1000, 60000)); /* one look proves nothing */
	CHECK(!cool_lasting_step(&l, true, 500, 1000, 499));
	CHECK(cool_lasting_step(&l, true, 500, 1000, 1));
	CHECK(cool_lasting_step(&l, false, 500, 1000, 60000));
	CHECK(cool_lasting_step(&l, false, 500, 1000, 999));
	CHECK(cool_lasting_step(&l, true, 500, 1000, 60000));
	CHECK(cool_lasting_step(&l, false, 500, 1000, 60000));
	CHECK(!cool_lasting_step(&l, false, 500, 1000, 1000));
}

static cool_standby_in_t idle(void) {
	return (cool_standby_in_t){.allowed = true, .host_known = true, .host_w = 5, .idle_w = 10, .water_known = true, .water = 24};
}

TEST(standby_needs_ten_idle_minutes) {
	cool_standby_t s = {.begun = false};
	cool_standby_in_t in = idle();
	CHECK(!cool_standby_step(&s, &in, 60000));
	CHECK(!cool_standby_step(&s, &in, COOL_STANDBY_AFTER_MS - 1));
	CHECK(cool_standby_step(&s, &in, 1));
	in.water = 25;
	CHECK(cool_standby_step(&s, &in, 1000)); /* standing water cools or warms to the room's temperature */
	in.water = 25.0625;
	CHECK(!cool_standby_step(&s, &in, 1000));
}

TEST(what_keeps_from_standby) {
	static const char *const names[] = {"not allowed", "host unknown", "host busy", "water unknown", "water warm", "water moves"};
	for (int k = 0; k < 6; k++) {
		test_in(names[k]);
		for (int resting = 0; resting < 2; resting++) {
			cool_standby_t s = {.begun = false};
			cool_standby_in_t in = idle();
			for (int i = 0; resting && i < 12; i++)
				(void)cool_standby_step(&s, &in, 60000);
			CHECK_EQ_INT(s.resting, resting);
			bool ever = false;
			for (int i = 0; i < 40; i++) {
				in.allowed = k != 0;
				in.host_known = k != 1;
				if (k == 2) in.host_w = 10;
				in.water_known = k != 3;
				if (k == 4) in.water = 40;
				if (k == 5) in.water = i % 2 == 0 ? 26 : 24;
				if (cool_standby_step(&s, &in, 60000)) ever = true;
			}
			CHECK(!ever);
		}
	}
}
