/* The claims of safety, one by one. */
#include "cool/regulator.h"

#include <string.h>

#include "loop_util.h"
#include "test.h"

static loop_t l;

static void check_output(int i, const char *by, double duty) {
	CHECK_STR(loop_by(&l, i), by);
	CHECK_NEAR(loop_duty(&l, i), duty, 1e-6);
}

/* Runs until the slew has brought the outputs to what the curves ask for. */
static void settle(void) {
	loop_begin(&l);
	loop_run(&l, 120000);
}

TEST(boot_is_failsafe_until_the_first_good_reading) {
	loop_init(&l);
	l.s.outputs[LOOP_PUMP].failsafe_duty = 80;
	loop_begin(&l);
	check_output(LOOP_PUMP, "boot", 80);
	check_output(LOOP_FAN, "boot", 100);
	check_output(LOOP_CHILLER, "chiller_interlock", 0);
	check_output(LOOP_BUZZER, "boot", 0);
	CHECK(!cool_regulator_sensed(&l.r));
	l.broken[0] = true;
	loop_run(&l, 4750);
	check_output(LOOP_PUMP, "boot", 80);
	l.broken[0] = false;
	loop_step(&l, 100);
	CHECK(cool_regulator_sensed(&l.r));
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
}

TEST(boot_without_a_reading_becomes_a_lost_input) {
	loop_init(&l);
	loop_begin(&l);
	l.broken[0] = true;
	loop_run(&l, 5000);
	check_output(LOOP_PUMP, "input_failsafe", 100);
	CHECK(loop_active(&l, "input_lost"));
}

TEST(auto_follows_the_curve_with_its_slew) {
	loop_init(&l);
	settle();
	check_output(LOOP_PUMP, "auto", 56.25);
	check_output(LOOP_FAN, "auto", 25 + 17.0 / 3);
	l.celsius[0] = 33;
	loop_step(&l, 1000);
	CHECK_NEAR(loop_duty(&l, LOOP_PUMP), 61.25, 1e-6);
	loop_run(&l, 60000);
	CHECK_NEAR(loop_duty(&l, LOOP_PUMP), 75, 1e-6);
	CHECK(!cool_regulator_critical(&l.r));
	check_output(LOOP_BUZZER, "auto", 0);
}

TEST(leak_is_debounced_latched_and_stops_pumps) {
	loop_init(&l);
	settle();
	l.in.leak_wet = true;
	loop_step(&l, 250);
	loop_step(&l, 249);
	check_output(LOOP_PUMP, "auto", 56.25);
	l.in.leak_wet = false;
	loop_step(&l, 250);
	l.in.leak_wet = true;
	loop_step(&l, 250);
	loop_step(&l, 250);
	check_output(LOOP_PUMP, "auto", 56.25);
	loop_step(&l, 250);
	check_output(LOOP_PUMP, "leak", 0);
	check_output(LOOP_FAN, "leak", 100);
	check_output(LOOP_CHILLER, "leak", 0);
	check_output(LOOP_BUZZER, "auto", 100);
	char reason[COOL_REASON_SIZE];
	CHECK(!cool_regulator_clear(&l.r, "leak", 1, reason));
	CHECK_STR(reason, "what raised leak is still there");
	l.in.leak_wet = false;
	loop_step(&l, 250);
	CHECK(!cool_regulator_clear(&l.r, "leak", 1, reason)); /* not dry for 500 ms yet */
	loop_run(&l, 3600000);
	check_output(LOOP_PUMP, "leak", 0);
	CHECK(!cool_regulator_clear(&l.r, "leak", 2, reason));
	CHECK_STR(reason, "fault leak is at its occurrence 1, not 2");
	CHECK(cool_regulator_clear(&l.r, "leak", 1, reason));
	loop_step(&l, 250);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	CHECK(loop_duty(&l, LOOP_PUMP) >= 40);
	CHECK(!cool_regulator_clear(&l.r, "leak", 1, reason));
	CHECK_STR(reason, "there is no fault leak");
}

TEST(over_temperature_of_any_water_probe) {
	loop_init(&l);
	settle();
	l.celsius[1] = 60; /* the air may be as hot as it likes */
	l.celsius[2] = 49.9375;
	l.celsius[0] = 45;
	loop_run(&l, 1000);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	l.celsius[2] = 50;
	loop_step(&l, 250);
	check_output(LOOP_PUMP, "over_temperature", 100);
	check_output(LOOP_FAN, "over_temperature", 100);
	CHECK(cool_regulator_critical(&l.r));
	l.celsius[0] = 40;
	l.celsius[2] = 45.0625;
	loop_run(&l, 10000);
	check_output(LOOP_PUMP, "over_temperature", 100);
	l.broken[2] = true; /* a lost witness does not release */
	l.celsius[2] = 30;
	loop_run(&l, 20000);
	check_output(LOOP_PUMP, "over_temperature", 100);
	l.broken[2] = false;
	loop_step(&l, 250);
	loop_step(&l, 250);
	check_output(LOOP_PUMP, "over_temperature", 100);
	loop_step(&l, 250);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	CHECK(loop_latched(&l, "over_temperature") && !loop_active(&l, "over_temperature"));
	char reason[COOL_REASON_SIZE];
	CHECK(cool_regulator_clear(&l.r, "over_temperature", 0, reason));
}

TEST(standing_water_is_no_evidence_that_it_is_cool) {
	loop_init(&l);
	settle();
	l.celsius[0] = l.celsius[2] = 51;
	loop_run(&l, 1000);
	l.held[LOOP_PUMP] = true;
	loop_run(&l, 6000);
	CHECK(loop_active(&l, "pump_stall"));
	l.celsius[0] = l.celsius[2] = 22;
	loop_run(&l, 60000);
	check_output(LOOP_PUMP, "over_temperature", 100);
	l.held[LOOP_PUMP] = false;
	loop_run(&l, 6000);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
}

TEST(lost_input_fails_hot_and_recovers_after_three_readings) {
	loop_init(&l);
	l.s.outputs[LOOP_FAN].failsafe_duty = 70;
	settle();
	l.broken[0] = true;
	loop_run(&l, 4750);
	check_output(LOOP_PUMP, "auto", 56.25);
	l.broken[0] = false; /* one bad read, or nineteen, are skipped */
	loop_step(&l, 250);
	l.broken[0] = true;
	loop_run(&l, 4750);
	check_output(LOOP_PUMP, "auto", 56.25);
	loop_step(&l, 250);
	check_output(LOOP_PUMP, "input_failsafe", 100);
	check_output(LOOP_FAN, "input_failsafe", 70);
	CHECK(loop_active(&l, "input_lost"));
	l.broken[0] = false;
	loop_step(&l, 250);
	loop_step(&l, 250);
	l.broken[0] = true;
	loop_step(&l, 250);
	l.broken[0] = false;
	loop_step(&l, 250);
	loop_step(&l, 250);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "input_failsafe");
	loop_step(&l, 250);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	CHECK(!loop_active(&l, "input_lost") && loop_latched(&l, "input_lost"));
}

TEST(only_the_outputs_of_a_lost_input_fail) {
	loop_init(&l);
	(void)strcpy(l.s.outputs[LOOP_FAN].input.minus, "ambient");
	l.s.outputs[LOOP_FAN].law = COOL_LAW_PI;
	l.s.outputs[LOOP_FAN].pi = (cool_pi_cfg_t){.setpoint = 6, .kp = 8, .ti_s = 120};
	settle();
	CHECK_STR(loop_by(&l, LOOP_FAN), "auto");
	l.absent[1] = true;
	loop_run(&l, 5000);
	check_output(LOOP_FAN, "input_failsafe", 100);
	check_output(LOOP_PUMP, "auto", 56.25);
}

TEST(probes_that_disagree_fail_after_a_minute) {
	loop_init(&l);
	l.s.outputs[LOOP_PUMP].failsafe_duty = 60;
	settle();
	l.celsius[2] = 38.0; /* 10 K are not implausible yet */
	loop_run(&l, 120000);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	l.celsius[2] = 38.0625;
	loop_run(&l, 60000);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	loop_step(&l, 250);
	check_output(LOOP_PUMP, "input_failsafe", 60);
	CHECK(loop_active(&l, "probes_disagree"));
	l.celsius[0] = 36; /* then the law asks for more than the failsafe, and one of the probes is right */
	l.celsius[2] = 49;
	loop_step(&l, 250);
	check_output(LOOP_PUMP, "input_failsafe", 90);
	l.celsius[2] = 36;
	loop_run(&l, 9750);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "input_failsafe");
	loop_run(&l, 500);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
}

TEST(a_stall_drives_everything_at_full) {
	loop_init(&l);
	settle();
	l.held[LOOP_PUMP] = true;
	loop_run(&l, 4750);
	check_output(LOOP_PUMP, "auto", 56.25);
	loop_step(&l, 250);
	check_output(LOOP_PUMP, "stall", 100);
	check_output(LOOP_FAN, "stall", 100);
	CHECK(loop_active(&l, "pump_stall") && cool_regulator_critical(&l.r));
	/* Once a minute it is given a jerk. */
	int low = 0;
	for (int i = 0; i < 4 * 150; i++) {
		loop_step(&l, 250);
		check_output(LOOP_FAN, "stall", 100);
		if (loop_duty(&l, LOOP_PUMP) < 100) {
			low++;
			CHECK_NEAR(loop_duty(&l, LOOP_PUMP), 40, 1e-6);
		}
	}
	CHECK_EQ_INT(low, 4);
	l.held[LOOP_PUMP] = false;
	loop_run(&l, 4750);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "stall");
	loop_run(&l, 500);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	CHECK(loop_latched(&l, "pump_stall"));
}

TEST(a_stalled_fan_is_not_critical) {
	loop_init(&l);
	settle();
	l.held[LOOP_FAN] = true;
	loop_run(&l, 6000);
	check_output(LOOP_PUMP, "stall", 100);
	check_output(LOOP_FAN, "stall", 100);
	CHECK(loop_active(&l, "fan_stall") && !cool_regulator_critical(&l.r));
}

TEST(a_tachometer_that_is_no_longer_measured_is_a_stall) {
	loop_init(&l);
	settle();
	l.no_tacho = true;
	loop_run(&l, 11000);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "stall");
}

TEST(no_flow_counts_as_a_stall) {
	loop_init(&l);
	l.b.flow = true;
	l.s.outputs[LOOP_PUMP].wiring.tacho_pin = -1;
	l.in.flow_fresh = true;
	l.in.flow_lpm = 1.3;
	settle();
	CHECK(l.r.drives[LOOP_PUMP].supervised);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	l.in.flow_lpm = 0;
	loop_run(&l, 5500);
	check_output(LOOP_PUMP, "stall", 100);
	check_output(LOOP_FAN, "stall", 100);
	CHECK(loop_active(&l, "no_flow") && cool_regulator_critical(&l.r));
	l.in.flow_lpm = 1.3;
	l.in.flow_fresh = false; /* and then it says nothing any more */
	loop_run(&l, 20000);
	check_output(LOOP_PUMP, "stall", 100);
	l.in.flow_fresh = true;
	loop_run(&l, 6000);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
}

TEST(heat_that_does_not_arrive_in_the_water) {
	loop_init(&l);
	settle();
	l.in.host_known = true;
	l.in.host_w = 60;
	l.celsius[0] = l.celsius[2] = 23.0;
	loop_run(&l, 5 * 60000 - 250);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	loop_step(&l, 250);
	check_output(LOOP_PUMP, "no_heat_transfer", 100);
	check_output(LOOP_FAN, "no_heat_transfer", 100);
	CHECK(loop_active(&l, "no_heat_transfer") && cool_regulator_critical(&l.r));
	l.celsius[0] = 23.5; /* in between it fades */
	loop_run(&l, 60000);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "no_heat_transfer");
	l.celsius[0] = 24;
	loop_step(&l, 250);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
}

TEST(no_heat_transfer_needs_evidence) {
	static const struct {
		const char *name;
		bool known, ambient, warm, idle, unwatched;
	} cases[] = {
		{.name = "host unknown", .ambient = true},
		{.name = "no ambient", .known = true},
		{.name = "warm water", .known = true, .ambient = true, .warm = true},
		{.name = "idle host", .known = true, .ambient = true, .idle = true},
		{.name = "not watched", .known = true, .ambient = true, .unwatched = true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].name);
		loop_init(&l);
		if (cases[i].unwatched) l.s.busy_w = 0;
		settle();
		l.in.host_known = cases[i].known;
		l.in.host_w = cases[i].idle ? 24.9 : 60;
		l.absent[1] = !cases[i].ambient;
		l.celsius[0] = l.celsius[2] = cases[i].warm ? 23.0625 : 22;
		loop_run(&l, 20 * 60000);
		CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	}
}

TEST(one_output_that_fails_does_not_block_another) {
	loop_init(&l);
	settle();
	l.held[LOOP_FAN] = true;
	loop_run(&l, 10000);
	l.held[LOOP_PUMP] = true;
	loop_run(&l, 10000);
	CHECK(loop_active(&l, "fan_stall") && loop_active(&l, "pump_stall"));
	l.celsius[0] = 51;
	loop_step(&l, 250);
	check_output(LOOP_PUMP, "over_temperature", 100);
	check_output(LOOP_FAN, "over_temperature", 100);
}

TEST(a_stuck_probe_is_a_lost_input) {
	loop_init(&l);
	settle();
	for (int minute = 0; minute < 123; minute++) {
		l.celsius[2] = 28 + minute % 3;
		loop_run(&l, 60000);
	}
	CHECK(loop_active(&l, "probe_stuck") && loop_active(&l, "input_lost"));
	check_output(LOOP_PUMP, "input_failsafe", 100);
	l.celsius[0] = 28.0625;
	loop_run(&l, 1000);
	CHECK(!loop_active(&l, "probe_stuck"));
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
}

TEST(words_of_claims) {
	CHECK_STR(cool_by_word(COOL_BY_BOOT), "boot");
	CHECK_STR(cool_by_word((cool_by_t)99), "auto");
}

TEST(a_fault_from_elsewhere) {
	loop_init(&l);
	settle();
	cool_regulator_event(&l.r, COOL_FAULT_SETTINGS_LOST);
	CHECK(loop_latched(&l, "settings_lost") && !loop_active(&l, "settings_lost") && !cool_regulator_critical(&l.r));
	char reason[COOL_REASON_SIZE];
	CHECK(cool_regulator_clear(&l.r, "settings_lost", 1, reason));
	CHECK(!loop_latched(&l, "settings_lost"));
	CHECK_STR(cool_regulator_role(&l.r, loop_rom(2)), "outlet");
	CHECK_STR(cool_regulator_role(&l.r, 1), "");
}
