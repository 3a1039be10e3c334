/*
 * Each fault that the loop can have, from its cause to what the regulator does and how it recovers, at the times that the design gives. What is
 * written down is what a person would see in `reported`.
 */
#include <stdio.h>
#include <string.h>

#include "closedloop.h"
#include "test.h"

/** Runs until a condition of the loop holds; the seconds that it took, or -1 after limit_s. */
static double until(loop_t *l, bool (*holds)(const loop_t *l), double limit_s) {
	for (int i = 0; i * LOOP_STEP_MS <= limit_s * 1000; i++) {
		if (holds(l)) return i * LOOP_STEP_MS / 1000.0;
		loop_step(l);
	}
	return -1;
}

static bool full_cooling(const loop_t *l) { return loop_duty(l, RIG_PUMP) == 100 && loop_duty(l, RIG_FAN) == 100; }
static bool automatic(const loop_t *l) { return strcmp(loop_by(l, RIG_PUMP), "auto") == 0 && strcmp(loop_by(l, RIG_FAN), "auto") == 0; }
static bool pump_off(const loop_t *l) { return loop_duty(l, RIG_PUMP) == 0 && l->reg.drives[RIG_PUMP].by == COOL_BY_LEAK; }

/** A loop that has run for 10 minutes with 30 W, to which a fault comes at that moment and stays for two minutes. */
static void settle(loop_t *l, const char *fault) {
	char text[64];
	loop_init(l, 1, LOOP_MONDAY);
	l->heat = 30;
	snprintf(text, sizeof text, "%s@10m+2m", fault);
	loop_plan(l, text);
	loop_start(l);
	loop_run(l, 600 - 0.25);
	CHECK(automatic(l));
	CHECK(!full_cooling(l));
	CHECK_EQ_INT(l->reg.faults.count, 0);
}

TEST(a_lost_input_fails_hot_and_recovers) {
	static const struct {
		const char *fault;
		cool_quality_t quality;
	} ways[] = {{"probe-lost", COOL_DISCONNECTED}, {"por85", COOL_POR85}, {"crc", COOL_CRC}};
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		static loop_t l;
		bool active;
		test_in(ways[i].fault);
		settle(&l, ways[i].fault);
		loop_run(&l, 2.5); /* one bad reading is skipped, and so are a few */
		CHECK(automatic(&l));
		double hot = until(&l, full_cooling, 10) + 2.5;
		printf("  %-12s full cooling %.2f s after the cause\n", ways[i].fault, hot);
		/* 5 s without a good reading, and the last one is up to a conversion older than the cause. */
		CHECK(hot >= 4 && hot <= 5.25);
		CHECK_EQ_INT(loop_metric(&l, "water").quality, ways[i].quality);
		CHECK_STR(loop_by(&l, RIG_PUMP), "input_failsafe");
		CHECK(loop_fault(&l, "input_lost", &active) && active);
		CHECK_EQ_INT(loop_metric(&l, "outlet").quality, COOL_GOOD); /* the others are not concerned */
		loop_run(&l, 120);
		double again = until(&l, automatic, 60);
		CHECK(again >= 0);
		CHECK(loop_fault(&l, "input_lost", &active) && !active); /* latched until a person has seen it */
		char reason[COOL_REASON_SIZE];
		CHECK(cool_regulator_clear(&l.reg, "input_lost", 0, reason));
		CHECK(!loop_fault(&l, "input_lost", &active));
	}
}

TEST(a_single_bad_reading_is_skipped) {
	static loop_t l;
	loop_init(&l, 1, LOOP_MONDAY);
	l.heat = 30;
	loop_plan(&l, "crc@600s+750ms");
	loop_start(&l);
	loop_run(&l, 599);
	for (int i = 0; i < 80; i++) {
		loop_step(&l);
		if (!CHECK(automatic(&l))) break;
	}
	CHECK_EQ_INT(l.reg.faults.count, 0);
}

TEST(a_held_pump_is_noticed_and_cools_by_fan) {
	static loop_t l;
	bool active;
	settle(&l, "pump-stall");
	double noticed = until(&l, full_cooling, 30);
	printf("  pump-stall   full cooling %.2f s after the cause\n", noticed);
	/* The counting window is 2 s, the rotor stops within one, and the stall has to last 5 s. */
	CHECK(noticed >= 5 && noticed <= 9.5);
	CHECK_STR(loop_by(&l, RIG_PUMP), "stall");
	CHECK_STR(loop_by(&l, RIG_FAN), "stall");
	CHECK(loop_fault(&l, "pump_stall", &active) && active);
	loop_run(&l, 60);
	CHECK_NEAR(loop_metric(&l, "pump_rpm").value, 0, 0);
	CHECK_NEAR(loop_metric(&l, "flow_lpm").value, 0, 0);
	CHECK(loop_fault(&l, "no_flow", &active)); /* the flow meter saw it, too */
	loop_run(&l, 120);
	CHECK(until(&l, automatic, 60) >= 0);
	CHECK(loop_fault(&l, "pump_stall", &active) && !active);
}

TEST(a_held_fan_is_noticed_and_cools_by_pump) {
	static loop_t l;
	bool active;
	settle(&l, "fan-stall");
	l.heat = 60; /* the fan has to turn for anybody to notice that it does not */
	double noticed = until(&l, full_cooling, 600);
	printf("  fan-stall    full cooling %.2f s after the cause\n", noticed);
	CHECK(noticed >= 0);
	CHECK_STR(loop_by(&l, RIG_FAN), "stall");
	CHECK(loop_fault(&l, "fan_stall", &active) && active);
	loop_run(&l, 180);
	CHECK(until(&l, automatic, 60) >= 0);
	CHECK(loop_fault(&l, "fan_stall", &active) && !active);
}

TEST(a_leak_stops_the_pump_until_a_person_clears_it) {
	static loop_t l;
	bool active;
	char reason[COOL_REASON_SIZE];
	settle(&l, "leak");
	double stopped = until(&l, pump_off, 10);
	printf("  leak         pump off %.2f s after the cause\n", stopped);
	CHECK(stopped >= 0.5 && stopped <= 1);
	CHECK_NEAR(loop_duty(&l, RIG_FAN), 100, 0);
	CHECK(loop_fault(&l, "leak", &active) && active);
	CHECK(!cool_regulator_clear(&l.reg, "leak", 0, reason));
	loop_run(&l, 300); /* it has been dry for three minutes */
	CHECK(pump_off(&l));
	CHECK(cool_regulator_clear(&l.reg, "leak", 0, reason));
	CHECK(until(&l, automatic, 60) >= 0);
	loop_run(&l, 60);
	CHECK(loop_duty(&l, RIG_PUMP) >= 40);
}

/* A splash shorter than half a second is none. */
TEST(a_drop_is_no_leak) {
	static loop_t l;
	loop_init(&l, 1, LOOP_MONDAY);
	loop_plan(&l, "leak@60s+250ms");
	loop_start(&l);
	loop_run(&l, 120);
	CHECK_EQ_INT(l.reg.faults.count, 0);
}

TEST(a_stuck_probe_is_found_where_another_one_moves) {
	static loop_t l;
	loop_init(&l, 1, LOOP_MONDAY + 9 * 3600 * 1000LL);
	l.room = LOOP_WORKDAY_ROOM;
	loop_plan(&l, "stuck@10m");
	loop_start(&l);
	loop_run(&l, 600);
	double hours = 1 / 6.0;
	while (hours < 8 && loop_metric(&l, "water").quality == COOL_GOOD) {
		loop_run(&l, 60);
		hours += 1 / 60.0;
	}
	bool active;
	printf("  stuck        found %.2f h after the start\n", hours);
	CHECK(hours > 2 && hours < 4);
	CHECK_EQ_INT(loop_metric(&l, "water").quality, COOL_STUCK);
	CHECK(loop_fault(&l, "probe_stuck", &active) && active);
	CHECK(until(&l, full_cooling, 10) >= 0);
	CHECK(l.rig.plant.state.water < l.settings.critical_c);
}

/* The host is loaded beyond what the loop carries: full cooling at 50 C, and back to normal 5 K below. */
TEST(over_temperature_is_claimed_and_released) {
	static loop_t l;
	bool active;
	loop_init(&l, 1, LOOP_MONDAY);
	l.heat = 30;
	l.ambient = 40;
	loop_start(&l);
	loop_run(&l, 600);
	l.heat = 300;
	double highest = 0;
	while (l.unix_ms - l.started_ms < 3600 * 1000) {
		loop_run(&l, 1);
		highest = l.rig.plant.state.water;
		if (loop_fault(&l, "over_temperature", &active)) break;
	}
	CHECK(loop_fault(&l, "over_temperature", &active) && active);
	CHECK_NEAR(highest, 50, 1);
	CHECK(full_cooling(&l));
	CHECK_STR(loop_by(&l, RIG_FAN), "over_temperature");
	l.heat = 10;
	l.ambient = 25;
	loop_run(&l, 3600);
	CHECK(automatic(&l));
	CHECK(loop_fault(&l, "over_temperature", &active) && !active);
}
