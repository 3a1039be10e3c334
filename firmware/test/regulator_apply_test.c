/* Other settings while it runs, and what a sample tells. */
#include <string.h>

#include "loop_util.h"
#include "test.h"

static loop_t l;

static void settle(void) {
	loop_begin(&l);
	loop_run(&l, 120000);
}

TEST(the_same_settings_change_nothing) {
	static cool_regulator_t before;
	loop_init(&l);
	settle();
	before = l.r;
	loop_apply(&l);
	l.r.outputs[0].motor.band = before.outputs[0].motor.band; /* is found again in the next step */
	CHECK(memcmp(&before.outputs, &l.r.outputs, sizeof before.outputs) == 0);
	CHECK(memcmp(&before.drives, &l.r.drives, sizeof before.drives) == 0);
	CHECK(memcmp(&before.hazards, &l.r.hazards, sizeof before.hazards) == 0);
	CHECK(memcmp(&before.faults, &l.r.faults, sizeof before.faults) == 0);
}

TEST(a_law_starts_from_the_duty_in_effect) {
	loop_init(&l);
	settle();
	double before = loop_duty(&l, LOOP_PUMP);
	cool_output_cfg_t *o = &l.s.outputs[LOOP_PUMP];
	o->law = COOL_LAW_PI;
	o->pi = (cool_pi_cfg_t){.setpoint = 25, .kp = 20, .ti_s = 600};
	o->slew_up = o->slew_down = 0;
	loop_apply(&l);
	loop_step(&l, 250);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	CHECK_NEAR(loop_duty(&l, LOOP_PUMP), before, 1e-6);
	loop_run(&l, 60000);
	before = loop_duty(&l, LOOP_PUMP);
	o->pi.kp = 5; /* also with other parameters */
	loop_apply(&l);
	loop_step(&l, 250);
	CHECK_NEAR(loop_duty(&l, LOOP_PUMP), before, 1e-6);
	(void)strcpy(o->input.role, "outlet");
	before = loop_duty(&l, LOOP_PUMP);
	loop_apply(&l);
	loop_step(&l, 250);
	CHECK_NEAR(loop_duty(&l, LOOP_PUMP), before, 1e-6);
}

TEST(an_integral_does_not_run_away_under_a_claim) {
	loop_init(&l);
	cool_output_cfg_t *o = &l.s.outputs[LOOP_PUMP];
	o->law = COOL_LAW_PI;
	o->pi = (cool_pi_cfg_t){.setpoint = 29, .kp = 5, .ti_s = 10};
	o->slew_down = 0;
	settle();
	CHECK_NEAR(loop_duty(&l, LOOP_PUMP), 40, 1e-6);
	l.held[LOOP_FAN] = true;
	loop_run(&l, 60000);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "stall");
	l.held[LOOP_FAN] = false;
	loop_run(&l, 5250);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	CHECK(loop_duty(&l, LOOP_PUMP) > 90); /* from full it goes down by itself */
}

TEST(outputs_are_known_by_their_names) {
	loop_init(&l);
	settle();
	double pump = loop_duty(&l, LOOP_PUMP);
	cool_output_cfg_t fan = l.s.outputs[LOOP_FAN];
	l.s.outputs[LOOP_FAN] = l.s.outputs[LOOP_PUMP];
	l.s.outputs[LOOP_PUMP] = fan;
	(void)strcpy(l.s.outputs[LOOP_PUMP].name, "fan9");
	loop_apply(&l);
	CHECK_NEAR(loop_duty(&l, 1), pump, 0);
	CHECK_NEAR(loop_duty(&l, 0), 100, 0); /* a new one is at its failsafe */
	CHECK_STR(loop_by(&l, 0), "boot");
}

TEST(another_kind_goes_on_with_the_duty) {
	loop_init(&l);
	settle();
	cool_output_cfg_t *o = &l.s.outputs[LOOP_PUMP];
	o->kind = COOL_SWITCH;
	o->wiring.hz = 0;
	loop_apply(&l);
	loop_step(&l, 250);
	CHECK_NEAR(loop_duty(&l, LOOP_PUMP), 100, 0);
	CHECK_EQ_INT(l.r.drives[LOOP_PUMP].cycles, 0);
	o->role = COOL_FAN; /* another role begins anew */
	loop_apply(&l);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "boot");
}

TEST(latched_faults_stay) {
	loop_init(&l);
	settle();
	l.in.leak_wet = true;
	loop_run(&l, 1000);
	l.in.leak_wet = false;
	l.held[LOOP_FAN] = true;
	loop_run(&l, 6000);
	CHECK(loop_active(&l, "fan_stall") && loop_active(&l, "leak"));
	l.s.critical_c = 45;
	loop_apply(&l);
	loop_step(&l, 250);
	CHECK(loop_active(&l, "fan_stall"));
	CHECK_STR(loop_by(&l, LOOP_PUMP), "leak");
	l.s.outputs[LOOP_FAN].wiring.tacho_pin = -1; /* not supervised any more: it is over, and not forgotten */
	loop_apply(&l);
	loop_step(&l, 250);
	CHECK(loop_latched(&l, "fan_stall") && !loop_active(&l, "fan_stall"));
	CHECK(!l.r.drives[LOOP_FAN].supervised);
	l.s.output_count = 1;
	loop_apply(&l);
	loop_step(&l, 250);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "leak");
}

/* A probe that was hot and is not on the water side any more leaves the word to `water`. */
TEST(a_hot_probe_that_changes_its_role) {
	loop_init(&l);
	settle();
	l.celsius[2] = 52;
	l.celsius[0] = 46;
	loop_run(&l, 1000);
	(void)strcpy(l.s.probes[2].role, "case");
	loop_apply(&l);
	loop_run(&l, 1000);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "over_temperature");
	l.celsius[0] = 45;
	loop_run(&l, 1000);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
}

static const cool_metric_t *metric(const cool_metric_t *m, int n, const char *name) {
	for (int i = 0; i < n; i++) {
		if (strcmp(m[i].name, name) == 0) return &m[i];
	}
	CHECK_STR(name, "is a metric");
	return &m[0];
}

TEST(metrics) {
	cool_metric_t m[COOL_MAX_METRICS];
	loop_init(&l);
	l.b.flow = l.b.humidity = true;
	l.s.probes[0].offset_k = -0.25;
	loop_begin(&l);
	int n = cool_regulator_metrics(&l.r, m);
	CHECK_EQ_INT(n, 3 + 4 + 2 + 2);
	CHECK_EQ_INT(metric(m, n, "water")->reading.quality, COOL_DISCONNECTED);
	CHECK_EQ_INT(metric(m, n, "pump_rpm")->reading.quality, COOL_STALE);
	CHECK_EQ_INT(metric(m, n, "flow_lpm")->reading.quality, COOL_STALE);
	CHECK_EQ_INT(metric(m, n, "ambient_rh")->reading.quality, COOL_STALE);
	CHECK_NEAR(metric(m, n, "pump_duty")->reading.value, 100, 0);
	l.in.flow_fresh = l.in.humidity_fresh = true;
	l.in.flow_lpm = 1.3;
	l.in.humidity_rh = 48;
	l.broken[2] = true;
	loop_run(&l, 4000);
	n = cool_regulator_metrics(&l.r, m);
	CHECK_NEAR(metric(m, n, "water")->reading.value, 27.75, 0);
	CHECK_EQ_INT(metric(m, n, "outlet")->reading.quality, COOL_CRC);
	CHECK_EQ_INT(metric(m, n, "pump_rpm")->reading.quality, COOL_GOOD);
	CHECK_NEAR(metric(m, n, "flow_lpm")->reading.value, 1.3, 0);
	CHECK_NEAR(metric(m, n, "ambient_rh")->reading.value, 48, 0);
	l.in.flow_lpm = 101;
	l.in.humidity_rh = -1;
	l.celsius[1] = 125;
	l.s.probes[1].offset_k = 1;
	loop_apply(&l);
	loop_step(&l, 250);
	n = cool_regulator_metrics(&l.r, m);
	CHECK_EQ_INT(metric(m, n, "flow_lpm")->reading.quality, COOL_RANGE);
	CHECK_EQ_INT(metric(m, n, "ambient_rh")->reading.quality, COOL_RANGE);
	CHECK_EQ_INT(metric(m, n, "ambient")->reading.quality, COOL_RANGE);
	l.in.humidity_fresh = false;
	loop_run(&l, 60000);
	n = cool_regulator_metrics(&l.r, m);
	CHECK_EQ_INT(metric(m, n, "ambient_rh")->reading.quality, COOL_STALE);
}

TEST(more_metrics_than_there_is_room_for) {
	cool_metric_t m[COOL_MAX_METRICS];
	loop_init(&l);
	l.b.flow = l.b.humidity = true;
	l.b.counters = 8;
	for (int i = 0; i < COOL_MAX_OUTPUTS; i++) {
		const char *const names[] = {"a", "b", "c", "d", "e", "f"};
		cool_output_defaults(&l.s.outputs[i], names[i], COOL_FAN, COOL_PWM4);
		l.s.outputs[i].wiring.pin = 2 * i;
		l.s.outputs[i].wiring.tacho_pin = 2 * i + 1;
	}
	l.s.output_count = COOL_MAX_OUTPUTS;
	for (int i = 0; i < COOL_MAX_PROBES; i++)
		l.in.probes[i].rom = loop_rom(20 + i); /* none of those with names */
	settle();
	CHECK_EQ_INT(cool_regulator_metrics(&l.r, m), COOL_MAX_METRICS);
}

/* Millisecond counters wrap after 49.7 days; nothing in here knows. */
TEST(fifty_days) {
	loop_init(&l);
	settle();
	for (int i = 0; i < TEST_RUNS(75000, 3000); i++) {
		l.celsius[0] = i % 2 == 0 ? 28 : 28.0625;
		loop_step(&l, 60000);
		if (test_failures() == 0) CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
	}
	CHECK_NEAR(loop_duty(&l, LOOP_PUMP), 56.25, 0.5);
	l.broken[0] = true;
	loop_run(&l, 5000);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "input_failsafe");
	for (int i = 0; i < TEST_RUNS(75000, 3000); i++)
		loop_step(&l, 60000);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "input_failsafe");
	l.broken[0] = false;
	loop_run(&l, 1000);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "auto");
}
