/* The command `autotune` on the simulated loop: what it finds, and how the loop does with that. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "closedloop.h"
#include "test.h"

enum { HOUR = 3600 };

static loop_t l;

/* A loop whose fan has a PI with gains that fit nothing, at a steady heat. */
static void begin(uint64_t seed, double heat, double setpoint) {
	loop_init(&l, seed, LOOP_MONDAY);
	cool_output_cfg_t *fan = &l.settings.outputs[RIG_FAN];
	fan->law = COOL_LAW_PI;
	cool_copy(fan->input.role, sizeof fan->input.role, "water");
	fan->pi = (cool_pi_cfg_t){.setpoint = setpoint, .kp = 8, .ti_s = 240};
	l.heat = heat;
	loop_start(&l);
	loop_run(&l, HOUR);
}

/* Tunes until it ends, and returns after how many seconds it did. */
static int tune(void) {
	char reason[COOL_REASON_SIZE];
	int seconds = 0;
	CHECK(cool_regulator_autotune(&l.reg, "fan", NULL, 60, reason));
	for (; cool_regulator_experiment(&l.reg)->state == COOL_EXPERIMENT_RUNNING && seconds <= HOUR; seconds++)
		loop_run(&l, 1);
	CHECK_STR(cool_experiment_state_word(cool_regulator_experiment(&l.reg)->state), "done");
	return seconds;
}

/* The load times four with what was found, as in internal/sim's TestClosedLoopAutotune. */
TEST(gains_that_are_found_hold_the_loop) {
	static const double setpoints[] = {31, 31.27, 31.5};
	double longest = 0, peak = 0, settled = 0, moved = 0;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		double setpoint = setpoints[seed - 1];
		begin(seed, 60, setpoint);
		longest = fmax(longest, tune());
		cool_tuned_t found = cool_regulator_experiment(&l.reg)->tuned;
		CHECK_NEAR(found.gain, 0.000108, 0.00002);
		begin(seed, 15, setpoint);
		cool_settings_t with = l.settings;
		with.outputs[RIG_FAN].pi.kp = found.kp;
		with.outputs[RIG_FAN].pi.ti_s = found.ti_s;
		with.outputs[RIG_FAN].pi.deadband_k = found.deadband_k;
		cool_regulator_apply(&l.reg, &with);
		loop_run(&l, HOUR);
		l.heat = 60;
		double last = 0, before = 0, minute = 0;
		for (int s = 1; s <= 2 * HOUR; s++) {
			loop_run(&l, 1);
			double off = loop_metric(&l, "water").value - setpoint, duty = loop_duty(&l, RIG_FAN);
			peak = fmax(peak, off);
			if (fabs(off) > 0.25) last = s;
			if (s > HOUR) minute += fabs(duty - before);
			if (s % 60 == 0) {
				moved = fmax(moved, minute);
				minute = 0;
			}
			before = duty;
		}
		settled = fmax(settled, last);
		CHECK_EQ_INT(l.reg.faults.count, 0);
	}
	figure("autotune at 60 W: longest, s", longest, 700, 200);
	figure("15 to 60 W with what it found: overshoot, K", peak, 0.2, 0.29);
	figure("15 to 60 W with what it found: within 0.25 K after, s", settled, 250, 49);
	figure("15 to 60 W with what it found: the fan's duty moves in a minute, %", moved, 0, 1.9);
}

/* Whatever goes wrong meanwhile, the loop is kept. */
TEST(an_autotune_ends_by_what_goes_wrong) {
	static const struct {
		const char *fault, *says, *by;
	} cases[] = {
		{"probe-lost@65m", "not known", "input_failsafe"},
		{"leak@65m", "leak", "leak"},
		{"fan-stall@65m", "fan: it stands still", "stall"},
		{"pump-stall@65m", "pump: it stands still", "stall"},
	};
	char reason[COOL_REASON_SIZE];
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		test_in(cases[i].fault);
		begin(1, 60, 31);
		loop_plan(&l, cases[i].fault);
		CHECK(cool_regulator_autotune(&l.reg, "fan", NULL, 60, reason));
		loop_run(&l, 290);
		CHECK_STR(loop_by(&l, RIG_FAN), "autotune");
		loop_run(&l, 25);
		const cool_experiment_report_t *e = cool_regulator_experiment(&l.reg);
		CHECK_STR(cool_experiment_state_word(e->state), "failed");
		if (!CHECK(strstr(e->reason, cases[i].says) != NULL)) printf("  %s\n", e->reason);
		CHECK_STR(loop_by(&l, RIG_FAN), cases[i].by);
	}
	test_in(NULL);
}
