#include "cool/settings.h"

#include "loop_util.h"
#include "test.h"

TEST(defaults_of_the_contract) {
	cool_settings_t s;
	cool_board_t b = loop_board();
	char reason[COOL_REASON_SIZE];
	cool_settings_defaults(&s);
	CHECK_EQ_INT(s.interval_ms, 10000);
	CHECK_NEAR(s.critical_c, 50, 0);
	CHECK_NEAR(s.dew_margin_k, 2, 0);
	CHECK_NEAR(s.idle_w, 10, 0);
	CHECK_NEAR(s.busy_w, 25, 0);
	CHECK(!s.standby && s.probe_count == 0 && s.output_count == 0);
	CHECK(cool_settings_check(&s, &b, reason));
	static const struct {
		const char *name;
		cool_role_t role;
		cool_kind_t kind;
		double min, start, stop, stall;
		uint32_t spin, on, off, hz;
		int points;
		bool inverted;
	} cases[] = {
		{"pump", COOL_PUMP, COOL_PWM4, 40, 0, 0, 500, 0, 0, 0, 25000, 3, true},
		{"pump on a relay", COOL_PUMP, COOL_SWITCH, 40, 0, 0, 500, 0, 0, 0, 0, 3, true},
		{"pump with a MOSFET", COOL_PUMP, COOL_DC_PWM, 40, 0, 0, 500, 0, 0, 0, 25000, 3, true},
		{"fan", COOL_FAN, COOL_PWM4, 20, 26, 20, 200, 300, 0, 0, 25000, 5, true},
		{"chiller", COOL_CHILLER, COOL_SWITCH, 0, 0, 0, 0, 0, 60000, 180000, 0, 2, false},
		{"buzzer", COOL_BUZZER, COOL_SWITCH, 0, 0, 0, 0, 0, 0, 0, 0, 0, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].name);
		cool_output_cfg_t o;
		cool_output_defaults(&o, "x", cases[i].role, cases[i].kind);
		CHECK_STR(o.name, "x");
		CHECK_NEAR(o.min_duty, cases[i].min, 0);
		CHECK_NEAR(o.max_duty, 100, 0);
		CHECK_NEAR(o.failsafe_duty, 100, 0);
		CHECK_NEAR(o.start_duty, cases[i].start, 0);
		CHECK_NEAR(o.stop_duty, cases[i].stop, 0);
		CHECK_NEAR(o.stall_rpm, cases[i].stall, 0);
		CHECK_NEAR(o.slew_up, 5, 0);
		CHECK_NEAR(o.slew_down, 1, 0);
		CHECK_EQ_INT(o.spin_up_ms, cases[i].spin);
		CHECK_EQ_INT(o.min_on_ms, cases[i].on);
		CHECK_EQ_INT(o.min_off_ms, cases[i].off);
		CHECK_EQ_INT(o.wiring.hz, cases[i].hz);
		CHECK_EQ_INT(o.wiring.pin, -1);
		CHECK_EQ_INT(o.wiring.tacho_pin, -1);
		CHECK_EQ_INT(o.wiring.inverted, cases[i].inverted);
		CHECK_EQ_INT(o.curve.count, cases[i].points);
		CHECK_EQ_INT(o.law, cases[i].points > 0 ? COOL_LAW_CURVE : COOL_LAW_NONE);
		CHECK_NEAR(o.curve.min_duty, cases[i].min, 0);
		if (cases[i].points > 0) CHECK_STR(o.input.role, "water");
	}
}

TEST(metric_names_fit) {
	char name[COOL_NAME_SIZE];
	CHECK(cool_output_metric(name, "abcdefghijklmnopqrstuvwxyz0", "_duty"));
	CHECK_STR(name, "abcdefghijklmnopqrstuvwxyz0_duty");
	CHECK(!cool_output_metric(name, "abcdefghijklmnopqrstuvwxyz01", "_duty"));
	CHECK_STR(name, "");
}
