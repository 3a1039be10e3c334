/* The interlock of chillers: everything that keeps one off, one at a time. */
#include <string.h>

#include "loop_util.h"
#include "test.h"

static loop_t l;

/* A loop in which the chiller is wanted, and may run. */
static void begin(void) {
	loop_init(&l);
	l.b.humidity = true;
	l.s.outputs[LOOP_CHILLER].min_off_ms = 0;
	l.s.outputs[LOOP_CHILLER].min_on_ms = 60000;
	l.celsius[0] = l.celsius[2] = 33;
	l.in.humidity_fresh = true;
	l.in.humidity_rh = 50;
	l.in.humidity_c = 24;
}

static void run(void) {
	loop_begin(&l);
	loop_run(&l, 20000);
}

static bool on(void) { return loop_duty(&l, LOOP_CHILLER) > 0; }

TEST(runs_where_all_is_proven) {
	begin();
	run();
	CHECK(on());
	CHECK_STR(loop_by(&l, LOOP_CHILLER), "auto");
	CHECK_EQ_INT(l.r.drives[LOOP_CHILLER].cycles, 1);
	l.celsius[0] = 29; /* a kelvin below its corner it stops, after its least time */
	loop_run(&l, 60000);
	CHECK(!on());
	CHECK_STR(loop_by(&l, LOOP_CHILLER), "auto");
	CHECK(!loop_latched(&l, "chiller_interlock"));
}

#define LOSE(what) static void what(void)
LOSE(pump) { l.held[LOOP_PUMP] = true; }
LOSE(fan) { l.held[LOOP_FAN] = true; }
LOSE(leak) { l.in.leak_wet = true; }
LOSE(damp) {
	l.in.humidity_rh = 100;
	l.in.humidity_c = 27.1;
}
LOSE(nonsense) { l.in.humidity_rh = 0; }
LOSE(silent_air) { l.in.humidity_fresh = false; }
LOSE(cold_water) { l.celsius[2] = 14.9375; } /* the dew point of 24 C at 50 % is 12.94 C */
LOSE(lost_water) { l.broken[0] = true; }
LOSE(contradiction) { l.celsius[2] = 48; }
LOSE(flow) { l.in.flow_lpm = 0; }

TEST(stops_at_once_where_something_is_lost) {
	static const struct {
		const char *name;
		void (*lose)(void);
		uint32_t within_ms;
		const char *by;
		bool flow;
	} cases[] = {
		{"the pump", pump, 250, "chiller_interlock", false},
		{"the fan", fan, 250, "chiller_interlock", false},
		{"a leak", leak, 750, "leak", false},
		{"the target is below the dew point", damp, 250, "chiller_interlock", false},
		{"the sensor says nonsense", nonsense, 250, "chiller_interlock", false},
		{"the sensor says nothing", silent_air, 60000, "chiller_interlock", false},
		{"the water is near the dew point", cold_water, 250, "chiller_interlock", false},
		{"its input", lost_water, 5000, "chiller_interlock", false},
		{"probes disagree", contradiction, 60250, "chiller_interlock", false},
		{"the flow", flow, 250, "chiller_interlock", true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].name);
		begin();
		l.b.flow = l.in.flow_fresh = cases[i].flow;
		l.in.flow_lpm = 1.3;
		run();
		CHECK(on());
		cases[i].lose();
		loop_run(&l, cases[i].within_ms);
		CHECK(!on());
		CHECK_STR(loop_by(&l, LOOP_CHILLER), cases[i].by);
	}
}

TEST(blocked_is_a_fault_after_half_a_minute) {
	begin();
	l.in.humidity_rh = 99;
	l.in.humidity_c = 30;
	loop_begin(&l);
	loop_run(&l, 30000);
	CHECK(!loop_latched(&l, "chiller_interlock"));
	loop_run(&l, 1000);
	CHECK(loop_active(&l, "chiller_interlock") && !cool_regulator_critical(&l.r));
	l.in.humidity_rh = 40;
	loop_run(&l, 1000);
	CHECK(on() && !loop_active(&l, "chiller_interlock"));
}

TEST(fans_do_not_rest_while_a_chiller_is_wanted) {
	begin();
	l.s.outputs[LOOP_CHILLER].curve.points[0].temp = 15;
	l.s.outputs[LOOP_CHILLER].curve.points[1].temp = 25;
	l.celsius[0] = l.celsius[2] = 20; /* the fan's curve would rest */
	l.in.humidity_c = 12;
	loop_begin(&l);
	loop_run(&l, 120000);
	CHECK(on());
	CHECK_NEAR(loop_duty(&l, LOOP_FAN), 26, 1e-6);
}

TEST(needs_a_fan_and_a_pump_that_can_prove_it) {
	begin();
	l.s.outputs[LOOP_FAN].wiring.tacho_pin = -1;
	run();
	CHECK(!on());
	begin();
	l.s.outputs[LOOP_PUMP].wiring.tacho_pin = -1;
	run();
	CHECK(!on());
	begin(); /* a flow meter is as good as the pump's tachometer */
	l.s.outputs[LOOP_PUMP].wiring.tacho_pin = -1;
	l.b.flow = l.in.flow_fresh = true;
	l.in.flow_lpm = 0.3;
	run();
	CHECK(on());
}

/* A pump that is told to stop takes the chiller with it in the same step. */
TEST(goes_with_its_pump) {
	begin();
	l.in.clock_valid = true;
	run();
	CHECK(on());
	l.s.outputs[LOOP_PUMP].override = (cool_override_t){.set = true, .until_ms = 60000};
	loop_apply(&l);
	loop_step(&l, 250);
	CHECK_STR(loop_by(&l, LOOP_PUMP), "override");
	CHECK(!on());
}

static cool_output_cfg_t *chiller(void) { return &l.s.outputs[LOOP_CHILLER]; }

/* The air's dew point is 12.94 C, so that it may aim at more than 14.94 C. */
TEST(what_it_aims_at) {
	static const struct {
		const char *name;
		double first, last, first_duty, hysteresis, start, stop, setpoint;
		bool may, difference;
	} cases[] = {
		{.name = "a corner above", .first = 16.0, .last = 20, .hysteresis = 1, .may = true},
		{.name = "its hysteresis reaches below", .first = 15.9, .last = 20, .hysteresis = 1},
		{.name = "it never stops", .first = 25, .last = 30, .first_duty = 5},
		{.name = "a stop point", .first = 10, .last = 20, .start = 60, .stop = 50, .may = true},
		{.name = "a stop point below", .first = 10, .last = 20, .start = 60, .stop = 49},
		{.name = "a setpoint", .setpoint = 15, .may = true},
		{.name = "a setpoint below", .setpoint = 14.9},
		{.name = "a difference", .setpoint = -6, .may = true, .difference = true},
		{.name = "a difference below", .setpoint = -7.1, .difference = true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].name);
		begin();
		chiller()->curve.points[0] = (cool_point_t){cases[i].first, cases[i].first_duty};
		chiller()->curve.points[1] = (cool_point_t){cases[i].last, 100};
		chiller()->curve.hysteresis_k = cases[i].hysteresis;
		chiller()->start_duty = cases[i].start;
		chiller()->stop_duty = cases[i].stop;
		if (cases[i].setpoint < 0 || cases[i].setpoint > 0) {
			chiller()->law = COOL_LAW_PI;
			chiller()->pi = (cool_pi_cfg_t){.setpoint = cases[i].setpoint, .kp = 10, .ti_s = 10};
		}
		if (cases[i].difference) (void)strcpy(chiller()->input.minus, "ambient");
		run();
		CHECK_EQ_INT(on(), cases[i].may);
	}
}

TEST(a_constant_that_never_asks_is_harmless) {
	begin();
	chiller()->curve.count = 1;
	run();
	CHECK(!on());
}

TEST(chilled_water_near_ambient_means_nothing) {
	begin();
	l.celsius[1] = 33;
	l.in.host_known = true;
	l.in.host_w = 60;
	run();
	CHECK(on());
	loop_run(&l, 20 * 60000);
	CHECK(!loop_latched(&l, "no_heat_transfer"));
	l.in.humidity_rh = 100; /* and with the chiller off it does */
	l.in.humidity_c = 40;
	loop_run(&l, 6 * 60000);
	CHECK(loop_active(&l, "no_heat_transfer"));
}
