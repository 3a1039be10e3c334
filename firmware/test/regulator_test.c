/* What may be overridden, what rests, and which claim wins. */
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

static void override(int i, double duty, int64_t until_ms) {
	l.s.outputs[i].override = (cool_override_t){.set = true, .duty = duty, .until_ms = until_ms};
	loop_apply(&l);
}

enum { MINUTE = 60000, NOW = 1000000000 };

TEST(overrides) {
	static const struct {
		const char *name;
		double duty;
		int64_t until;
		bool clock;
		const char *by;
		double got;
	} cases[] = {
		{"a duty", 90, NOW + 30 * MINUTE, true, "override", 90},
		{"below the least duty", 10, NOW + MINUTE, true, "override", 40},
		{"off", 0, NOW + 30 * MINUTE, true, "override", 0},
		{"off for too long", 0, NOW + 31 * MINUTE + 1, true, "auto", 56.25},
		{"a day", 90, NOW + 24 * 60 * (int64_t)MINUTE, true, "override", 90},
		{"more than a day", 90, NOW + (24 * 60 + 1) * (int64_t)MINUTE + 1, true, "auto", 56.25},
		{"no clock", 0, NOW + MINUTE, false, "auto", 56.25},
		{"over", 0, NOW, true, "auto", 56.25},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].name);
		loop_init(&l);
		l.in.clock_valid = cases[i].clock;
		l.in.unix_ms = NOW;
		settle();
		override(LOOP_PUMP, cases[i].duty, cases[i].until);
		loop_run(&l, 20000);
		check_output(LOOP_PUMP, cases[i].by, cases[i].got);
		check_output(LOOP_FAN, "auto", 25 + 17.0 / 3);
	}
}

TEST(an_override_ends_by_the_clock) {
	loop_init(&l);
	l.in.clock_valid = true;
	l.in.unix_ms = NOW;
	settle();
	override(LOOP_PUMP, 0, NOW + MINUTE);
	loop_step(&l, 250);
	check_output(LOOP_PUMP, "override", 0);
	l.in.unix_ms = NOW + MINUTE;
	loop_step(&l, 250);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	CHECK(loop_duty(&l, LOOP_PUMP) >= 40);
	l.in.unix_ms = NOW - 31 * MINUTE; /* the clock jumps back so far that the end is too far ahead */
	loop_step(&l, 250);
	l.in.unix_ms = NOW;
	loop_step(&l, 250);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
}

TEST(an_override_that_ends_too_late_does_not_begin_after_a_stronger_claim) {
	loop_init(&l);
	l.in.clock_valid = true;
	l.in.unix_ms = NOW;
	settle();
	l.broken[0] = true;
	loop_run(&l, 6000);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "input_failsafe");
	override(LOOP_PUMP, 0, NOW + 40 * MINUTE);
	loop_run(&l, 1000);
	l.in.unix_ms = NOW + 15 * MINUTE;
	l.broken[0] = false;
	loop_run(&l, 6000);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
}

TEST(over_temperature_cancels_overrides) {
	loop_init(&l);
	l.in.clock_valid = true;
	l.in.unix_ms = NOW;
	settle();
	override(LOOP_PUMP, 0, NOW + 30 * MINUTE);
	override(LOOP_FAN, 0, NOW + 30 * MINUTE);
	loop_step(&l, 250);
	check_output(LOOP_FAN, "override", 0);
	l.celsius[0] = 50;
	loop_step(&l, 250);
	check_output(LOOP_PUMP, "over_temperature", 100);
	l.celsius[0] = 30;
	loop_step(&l, 250);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	override(LOOP_PUMP, 0, NOW + 30 * MINUTE); /* the same again changes nothing */
	loop_step(&l, 250);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	override(LOOP_PUMP, 0, NOW + 29 * MINUTE); /* another one holds */
	loop_step(&l, 250);
	check_output(LOOP_PUMP, "override", 0);
}

/* Each row has everything that its claim is weaker than, too: the strongest wins. */
TEST(the_order_of_claims) {
	static const char *const order[] = {"leak", "over_temperature", "input_failsafe", "stall", "no_heat_transfer", "override", "auto"};
	for (int strongest = 0; strongest < 7; strongest++) {
		test_in(order[strongest]);
		loop_init(&l);
		l.in.clock_valid = true;
		l.in.unix_ms = NOW;
		settle();
		if (strongest <= 5) override(LOOP_PUMP, 47, NOW + 60 * MINUTE);
		l.in.host_known = true;
		l.in.host_w = 60;
		if (strongest <= 4) {
			l.celsius[0] = l.celsius[2] = 22;
			loop_run(&l, 6 * MINUTE);
		}
		if (strongest <= 3) l.held[LOOP_FAN] = true;
		if (strongest <= 1) {
			l.celsius[2] = 55; /* outlet, so that it stays known */
			loop_run(&l, 1000);
			l.celsius[2] = 46;
			l.s.outputs[LOOP_PUMP].override.until_ms--; /* not cancelled, and still nothing */
			loop_apply(&l);
		}
		if (strongest <= 2) l.broken[0] = true;
		loop_run(&l, 10000);
		if (strongest <= 0) l.in.leak_wet = true;
		loop_run(&l, 1000);
		CHECK_STR(loop_by(&l, LOOP_PUMP), order[strongest]);
	}
}

TEST(standby_rests_and_turns_once_an_hour) {
	loop_init(&l);
	l.s.standby = true;
	settle();
	l.in.host_known = true;
	l.in.host_w = 5;
	l.celsius[0] = 24;
	loop_run(&l, 10 * MINUTE - 250);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	loop_run(&l, 1000);
	check_output(LOOP_PUMP, "standby", 0);
	check_output(LOOP_FAN, "standby", 0);
	CHECK(!loop_latched(&l, "pump_stall"));
	int turns = 0;
	for (int i = 0; i < 4 * (2 * 3600 - 10); i++) {
		loop_step(&l, 250);
		if (loop_duty(&l, LOOP_PUMP) > 0) {
			turns++;
			CHECK(loop_duty(&l, LOOP_PUMP) >= 40 && loop_duty(&l, LOOP_FAN) >= 20);
		}
	}
	CHECK_EQ_INT(turns, 40); /* once so far, for 10 s: it has been resting for less than two hours */
	loop_run(&l, MINUTE);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "standby");
	l.in.host_known = false;
	loop_step(&l, 250);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	CHECK(loop_duty(&l, LOOP_PUMP) >= 40);
}

TEST(standby_is_only_for_those_who_want_it) {
	loop_init(&l);
	settle();
	l.in.host_known = true;
	loop_run(&l, 30 * MINUTE);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
}

TEST(a_fan_rests_only_where_a_frozen_probe_would_be_noticed) {
	for (int probes = 2; probes >= 1; probes--) {
		loop_init(&l);
		test_in(probes == 2 ? "water and outlet" : "water alone");
		l.absent[1] = true;
		l.absent[2] = probes < 2;
		l.s.probe_count = probes;
		if (probes == 2) l.s.probes[1] = l.s.probes[2];
		for (int i = 0; i < l.s.output_count; i++)
			l.s.outputs[i].input.minus[0] = '\0';
		l.celsius[0] = l.celsius[2] = 21;
		settle();
		loop_run(&l, 120000);
		check_output(LOOP_FAN, "auto", probes == 2 ? 0 : 20);
	}
}

TEST(a_replaced_probe_is_told) {
	loop_init(&l);
	l.s.probes[0].rom = loop_rom(40); /* water is another one by the settings */
	loop_begin(&l);
	loop_run(&l, 5000);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "input_failsafe");
	CHECK(!loop_latched(&l, "probe_replaced"));
	loop_run(&l, 10000);
	CHECK(loop_latched(&l, "probe_replaced") && !loop_active(&l, "probe_replaced"));
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
}
