#include "cool/motor.h"

#include <string.h>

#include "test.h"

static cool_output_cfg_t pwm(void) {
	cool_output_cfg_t o;
	cool_output_defaults(&o, "fan", COOL_FAN, COOL_PWM4);
	o.spin_up_ms = 0;
	o.start_duty = o.stop_duty = 0;
	return o;
}

static double ask(cool_motor_t *m, const cool_output_cfg_t *o, double duty, uint32_t dt) {
	return cool_motor_step(m, o, (cool_ask_t){.duty = duty}, dt);
}

TEST(slew) {
	static const struct {
		const char *name;
		double up, down, from, target;
		uint32_t dt;
		bool urgent;
		double want;
	} cases[] = {
		{"unlimited", 0, 0, 20, 90, 1000, false, 90},
		{"up", 10, 0, 20, 90, 2000, false, 40},
		{"up arrives", 100, 0, 20, 90, 2000, false, 90},
		{"urgent up", 10, 0, 20, 90, 1000, true, 90},
		{"down", 0, 5, 90, 20, 1000, false, 85},
		{"urgent down is calm", 0, 5, 90, 20, 1000, true, 85},
		{"down arrives", 0, 5, 21, 20, 1000, false, 20},
		{"no time, no change", 10, 0, 20, 90, 0, false, 20},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].name);
		cool_slew_t s = {.started = false};
		CHECK_NEAR(cool_slew_step(&s, cases[i].up, cases[i].down, cases[i].from, 0, false), cases[i].from, 0);
		CHECK_NEAR(cool_slew_step(&s, cases[i].up, cases[i].down, cases[i].target, cases[i].dt, cases[i].urgent), cases[i].want, 1e-9);
	}
}

TEST(least_duty_and_what_is_out_of_range) {
	cool_output_cfg_t o = pwm();
	o.slew_up = o.slew_down = 0;
	cool_motor_t m;
	cool_motor_init(&m, 50);
	double zero = 0;
	CHECK_NEAR(ask(&m, &o, 5, 250), 20, 0);
	CHECK_NEAR(ask(&m, &o, 0, 250), 0, 0);
	CHECK_NEAR(ask(&m, &o, -5, 250), 0, 0);
	CHECK_NEAR(ask(&m, &o, 500, 250), 100, 0);
	CHECK_NEAR(ask(&m, &o, zero / zero, 250), 100, 0); /* not a number must not be a stop */
}

TEST(a_least_duty_that_was_raised_counts_at_once) {
	cool_output_cfg_t o = pwm();
	o.slew_up = 1;
	cool_motor_t m;
	cool_motor_init(&m, 30);
	o.min_duty = 60;
	CHECK_NEAR(ask(&m, &o, 30, 250), 60, 0);
}

TEST(spin_up_from_rest) {
	cool_output_cfg_t o = pwm();
	o.spin_up_ms = 500;
	cool_motor_t m;
	cool_motor_init(&m, 0);
	CHECK_NEAR(ask(&m, &o, 40, 250), 100, 0);
	CHECK_NEAR(ask(&m, &o, 40, 250), 100, 0);
	CHECK_NEAR(ask(&m, &o, 40, 250), 40, 0);
	CHECK_NEAR(ask(&m, &o, 0, 250), 0, 0);
	CHECK_NEAR(ask(&m, &o, 40, 250), 100, 0);
	CHECK_NEAR(ask(&m, &o, 0, 250), 0, 0); /* a stop ends the pulse */
	cool_motor_init(&m, 40);
	CHECK_NEAR(ask(&m, &o, 40, 250), 40, 0); /* what turns already needs none */
}

TEST(start_and_stop_points_are_for_the_automatic_part) {
	cool_output_cfg_t o = pwm();
	o.start_duty = 50;
	o.stop_duty = 40;
	o.slew_up = o.slew_down = 0;
	cool_motor_t m;
	cool_motor_init(&m, 60);
	static const struct {
		double duty, want;
		bool rests;
	} steps[] = {
		{45, 45, true}, {40, 40, true}, {39, 0, true}, {49, 0, true}, {50, 50, true}, {41, 41, true}, {30, 0, true}, {30, 30, false}, {45, 45, true}};
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		cool_ask_t a = {.duty = steps[i].duty, .rests = steps[i].rests};
		CHECK_NEAR(cool_motor_step(&m, &o, a, 250), steps[i].want, 0);
	}
}

TEST(bands_are_left_upward_and_without_chatter) {
	cool_output_cfg_t o = pwm();
	o.slew_up = o.slew_down = 0;
	o.skips = 2;
	o.skip[0] = (cool_band_t){31, 38};
	o.skip[1] = (cool_band_t){60, 70};
	cool_motor_t m;
	cool_motor_init(&m, 25);
	static const double steps[][2] = {
		{31, 31},
		{31.1, 38},
		{31, 38},
		{30.5, 38},
		{31, 38},
		{30, 30},
		{31, 31},
		{37.9, 38},
		{38, 38},
		{37, 38},
		{65, 70},
		{59.5, 70},
		{58, 58},
		{59.5, 59.5},
	};
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		CHECK_NEAR(ask(&m, &o, steps[i][0], 250), steps[i][1], 0);
	o.slew_down = 1; /* and slowly through one, it is never in it */
	(void)ask(&m, &o, 80, 250);
	for (int i = 0; i < 400; i++) {
		double duty = ask(&m, &o, 20, 250);
		CHECK(!(duty > 31 && duty < 38) && !(duty > 60 && duty < 70));
	}
	CHECK_NEAR(m.duty, 20, 0);
}

TEST(a_switch_keeps_its_times) {
	cool_output_cfg_t o;
	cool_output_defaults(&o, "chiller", COOL_CHILLER, COOL_SWITCH);
	cool_motor_t m;
	cool_motor_init(&m, 0);
	CHECK_NEAR(ask(&m, &o, 30, 179999), 0, 0); /* it may have been on before the restart */
	CHECK_NEAR(ask(&m, &o, 30, 1), 100, 0);
	CHECK_EQ_INT(m.cycles, 1);
	CHECK_NEAR(ask(&m, &o, 0, 59999), 100, 0);
	CHECK_NEAR(ask(&m, &o, 0, 1), 0, 0);
	CHECK_NEAR(ask(&m, &o, 1, 1000), 0, 0);
	CHECK_NEAR(cool_motor_step(&m, &o, (cool_ask_t){.duty = 100, .urgent = true}, 0), 100, 0);
	CHECK_NEAR(cool_motor_step(&m, &o, (cool_ask_t){.duty = 0, .at_once = true}, 0), 0, 0);
	CHECK_EQ_INT(m.cycles, 2);
}

TEST(a_pump_on_a_relay_is_not_held_off) {
	cool_output_cfg_t o;
	cool_output_defaults(&o, "pump", COOL_PUMP, COOL_SWITCH);
	o.min_on_ms = o.min_off_ms = 60000;
	cool_motor_t m;
	cool_motor_init(&m, 100);
	CHECK_NEAR(ask(&m, &o, 0, 1000), 0, 0);
	CHECK_NEAR(ask(&m, &o, 50, 1000), 100, 0);
	CHECK_NEAR(ask(&m, &o, 0, 1000), 100, 0);
}

TEST(at_once_is_downward_too) {
	cool_output_cfg_t o = pwm();
	cool_motor_t m;
	cool_motor_init(&m, 100);
	CHECK_NEAR(ask(&m, &o, 40, 250), 99.75, 1e-9);
	CHECK_NEAR(cool_motor_step(&m, &o, (cool_ask_t){.duty = 40, .at_once = true}, 250), 40, 0);
	CHECK_NEAR(cool_motor_step(&m, &o, (cool_ask_t){.duty = 100, .urgent = true}, 250), 100, 0);
}
