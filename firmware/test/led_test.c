#include "test.h"

#include "cool/led.h"

static int flashes(cool_led_t state, uint32_t from_ms) {
	int n = 0;
	bool was = cool_led_lit(state, from_ms - 1);
	for (uint32_t t = 0; t < 2000; t++) {
		bool is = cool_led_lit(state, from_ms + t);
		n += is && !was;
		was = is;
	}
	return n;
}

static int lit_ms(cool_led_t state) {
	int n = 0;
	for (uint32_t t = 0; t < 2000; t++) {
		n += cool_led_lit(state, t);
	}
	return n;
}

TEST(each_state_has_a_pattern_of_its_own) {
	static const struct {
		const char *name;
		cool_led_t state;
		int flashes, lit_ms;
	} cases[] = {
		{"identify", COOL_LED_IDENTIFY, 20, 1000},
		{"critical", COOL_LED_CRITICAL, 5, 1000},
		{"fault", COOL_LED_FAULT, 3, 360},
		{"no broker", COOL_LED_NO_BROKER, 2, 240},
		{"no network", COOL_LED_NO_NETWORK, 1, 120},
		{"provisioning", COOL_LED_PROVISIONING, 2, 1000},
		{"ok", COOL_LED_OK, 0, 2000},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].name);
		CHECK_EQ_INT(flashes(cases[i].state, 4000), cases[i].flashes);
		CHECK_EQ_INT(lit_ms(cases[i].state), cases[i].lit_ms);
	}
}

TEST(what_is_no_state_is_dark) { CHECK(!cool_led_lit((cool_led_t)99, 0)); }

TEST(the_gravest_fact_is_shown) {
	cool_led_facts_t f = {0};
	CHECK_EQ_INT(cool_led_choose(&f), COOL_LED_NO_NETWORK);
	f.provisioning = true;
	CHECK_EQ_INT(cool_led_choose(&f), COOL_LED_PROVISIONING);
	f.provisioning = false;
	f.network = true;
	CHECK_EQ_INT(cool_led_choose(&f), COOL_LED_NO_BROKER);
	f.broker = true;
	CHECK_EQ_INT(cool_led_choose(&f), COOL_LED_OK);
	f.provisioning = true; /* the access point stays open for a moment */
	CHECK_EQ_INT(cool_led_choose(&f), COOL_LED_OK);
	f.fault = true;
	CHECK_EQ_INT(cool_led_choose(&f), COOL_LED_FAULT);
	f.critical = true;
	CHECK_EQ_INT(cool_led_choose(&f), COOL_LED_CRITICAL);
	f.identify = true;
	CHECK_EQ_INT(cool_led_choose(&f), COOL_LED_IDENTIFY);
}
