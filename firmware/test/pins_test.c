#include "test.h"

#include <math.h>
#include <string.h>

#include "cool/pins.h"

TEST(duty_to_counts) {
	CHECK_EQ_INT(cool_pwm_counts(0, 1024, false), 0);
	CHECK_EQ_INT(cool_pwm_counts(100, 1024, false), 1024);
	CHECK_EQ_INT(cool_pwm_counts(50, 1024, false), 512);
	CHECK_EQ_INT(cool_pwm_counts(33.3, 1024, false), 341);
	CHECK_EQ_INT(cool_pwm_counts(0, 1024, true), 1024);
	CHECK_EQ_INT(cool_pwm_counts(100, 1024, true), 0);
	CHECK_EQ_INT(cool_pwm_counts(25, 1024, true), 768);
	CHECK_EQ_INT(cool_pwm_counts(-5, 1024, false), 0);
	CHECK_EQ_INT(cool_pwm_counts(250, 1024, false), 1024);
	CHECK_EQ_INT(cool_pwm_counts((double)NAN, 1024, true), 0);
}

TEST(levels_of_switches) {
	CHECK(cool_switch_level(100, false));
	CHECK(cool_switch_level(50, false));
	CHECK(!cool_switch_level(49, false));
	CHECK(!cool_switch_level(100, true));
	CHECK(cool_switch_level(0, true));
	CHECK(cool_switch_level((double)NAN, false));
}

TEST(before_anything_is_known) {
	cool_output_cfg_t o;
	memset(&o, 0, sizeof o);
	o.failsafe_duty = 80;
	o.role = COOL_PUMP;
	CHECK_NEAR(cool_boot_duty(&o), 80, 0);
	o.role = COOL_FAN;
	CHECK_NEAR(cool_boot_duty(&o), 80, 0);
	o.role = COOL_CHILLER;
	CHECK_NEAR(cool_boot_duty(&o), 0, 0);
	o.role = COOL_BUZZER;
	CHECK_NEAR(cool_boot_duty(&o), 0, 0);
}

TEST(pulses_to_speeds) {
	CHECK_NEAR(cool_rpm(80, 1000, 2), 2400, 1e-9);
	CHECK_NEAR(cool_rpm(80, 500, 2), 4800, 1e-9);
	CHECK_NEAR(cool_rpm(0, 1000, 2), 0, 0);
	CHECK_NEAR(cool_rpm(80, 0, 2), 0, 0);
	CHECK_NEAR(cool_rpm(80, 1000, 0), 0, 0);
	CHECK_NEAR(cool_litres_per_minute(15, 1000, 450), 2, 1e-9);
	CHECK_NEAR(cool_litres_per_minute(15, 0, 450), 0, 0);
	CHECK_NEAR(cool_litres_per_minute(15, 1000, 0), 0, 0);
}
