/*
 * A million random steps against an oracle that knows the safety rules and nothing of how the regulator keeps them. It finds out by itself what
 * the senses say (oracle_util.h), and looks only at the drives, at who claims them, at the faults, and at how a demand is shared.
 */
#include <stdio.h>
#include <string.h>

#include "cool/dewpoint.h"
#include "cool/regulator.h"
#include "oracle_util.h"
#include "test.h"

enum { STEPS = TEST_RUNS(1000000, 20000), STEPS_OF_A_RUN = 5000 };

static oracle_t o;
static struct {
	long leak, hot, lost, stalled, chilled, standby, override, off, transfer, disagree, replaced, shared, followed, apart, tried, tuned;
} reached;

static void broken(const char *rule, int i) {
	if (test_failures() < 20) {
		const cool_drive_t *d = &o.r.drives[i];
		printf("output %d (%s, role %d, kind %d): duty %g by %s\n", i, o.s.outputs[i].name, (int)o.s.outputs[i].role, (int)o.s.outputs[i].kind,
			d->duty, cool_by_word(d->by));
		test_check(__FILE__, __LINE__, false, rule);
	}
}

#define RULE(i, cond, rule)               \
	do {                                  \
		if (!(cond)) broken((rule), (i)); \
	} while (0)

static bool fault(const char *name) {
	const cool_fault_t *f = cool_faults_find(&o.r.faults, name);
	return f != NULL && f->active;
}

static bool stalled(int i) {
	char name[COOL_FAULT_SIZE];
	(void)snprintf(name, sizeof name, "%s_stall", o.s.outputs[i].name);
	return fault(name);
}

static bool may_be_off(int i) {
	const cool_output_cfg_t *c = &o.s.outputs[i];
	int64_t ahead = c->override.until_ms - o.w.in.unix_ms;
	switch (o.r.drives[i].by) {
	case COOL_BY_LEAK: return o.leak;
	case COOL_BY_OVERRIDE: return o.w.in.clock_valid && c->override.set && c->override.duty <= 0 && ahead > 0 && ahead <= 31 * 60000;
	case COOL_BY_COMMISSION: return true; /* for how long is for its law's own test */
	case COOL_BY_STANDBY: return o.s.standby && o.w.in.host_known && o.w.in.host_w < o.s.idle_w && !oracle_feeds(&o, 0)->lost;
	default: return false;
	}
}

/* Whether an experiment looks at the flow itself. */
static bool sees_flow(void) {
	const cool_experiment_report_t *e = cool_regulator_experiment(&o.r);
	for (int i = 0; i < o.s.output_count; i++) {
		if (o.r.drives[i].by == COOL_BY_COMMISSION && (e->kind == COOL_RUN || o.s.outputs[i].role == COOL_PUMP)) return true;
	}
	return false;
}

static void check_trial(int i) {
	const cool_experiment_report_t *e = cool_regulator_experiment(&o.r);
	RULE(i, e->state == COOL_EXPERIMENT_RUNNING || e->state == COOL_EXPERIMENT_RESTING, "only an experiment under way claims");
	RULE(i, strcmp(e->output, o.s.outputs[i].name) == 0 || (e->kind == COOL_RUN && o.r.drives[i].duty <= 0), "what is not tried rests");
	RULE(i, e->state == COOL_EXPERIMENT_RUNNING || o.r.drives[i].duty <= 0, "after it ran dry it rests");
	const oracle_probe_t *water = oracle_feeds(&o, 0);
	RULE(i, water->value < o.s.critical_c - 5 || water->value > 1e8 /* not read with its new offset yet */, "nothing is tried near critical");
	reached.tried++;
}

/* What is tuned goes on turning, within the bounds that the automatic part has, and together with who shares its work. */
static void check_tune(int i) {
	const cool_experiment_report_t *e = cool_regulator_experiment(&o.r);
	const cool_output_cfg_t *c = &o.s.outputs[i];
	const oracle_probe_t *water = oracle_feeds(&o, 0);
	double duty = o.r.drives[i].duty, most = c->spin_up_ms > 0 ? 100 : c->max_duty;
	bool mine = strcmp(e->output, c->name) == 0 || (c->range.set && strcmp(e->output, o.s.outputs[oracle_leader(&o, i)].name) == 0);
	RULE(i, e->state == COOL_EXPERIMENT_RUNNING && e->kind == COOL_AUTOTUNE && mine, "only an autotune under way claims for it");
	RULE(i, duty >= c->min_duty - 1e-9 && duty <= most + 1e-9, "what is tuned turns, within its bounds");
	RULE(i, c->kind != COOL_SWITCH, "a switch is not tuned");
	RULE(i, water->value < o.s.critical_c - 5 || water->value > 1e8, "nothing is tuned near critical");
	reached.tuned++;
}

static void check_common(int i, uint32_t dt) {
	const cool_output_cfg_t *c = &o.s.outputs[i];
	const cool_drive_t *d = &o.r.drives[i];
	const oracle_output_t *k = &o.outputs[i];
	RULE(i, d->duty >= 0 && d->duty <= 100, "a duty is 0 to 100");
	RULE(i, c->kind != COOL_SWITCH || d->duty <= 0 || d->duty >= 100, "a switch is on or off");
	RULE(i, (d->by == COOL_BY_LEAK) == (o.leak && c->role != COOL_BUZZER), "a leak claims everything that moves, and only a leak does");
	for (int b = 0; b < c->skips && d->by != COOL_BY_COMMISSION && c->kind != COOL_SWITCH; b++) {
		RULE(i, !(d->duty > c->skip[b].from && d->duty < c->skip[b].to), "a band is skipped");
	}
	if (d->by == COOL_BY_OVERRIDE) {
		int64_t ahead = c->override.until_ms - o.w.in.unix_ms;
		RULE(i, o.w.in.clock_valid && c->override.set && ahead > 0 && ahead <= (24 * 60 + 1) * 60000LL,
			"an override holds by the clock, and at most for a day");
		RULE(i, c->role == COOL_BUZZER || !oracle_hot(&o), "over-temperature cancels overrides");
		reached.override++;
	}
	if (k->known && k->by == COOL_BY_AUTO && d->by == COOL_BY_AUTO && c->kind != COOL_SWITCH && c->skips == 0 && c->spin_up_ms == 0 &&
		c->role != COOL_BUZZER && k->before > 0 && d->duty > 0) {
		double seconds = dt / 1000.0;
		RULE(i, c->slew_up <= 0 || d->duty <= k->before + c->slew_up * seconds + 1e-6, "the automatic part is slew-limited upward");
		RULE(i, c->slew_down <= 0 || d->duty >= k->before - c->slew_down * seconds - 1e-6, "and downward");
	}
}

static void check_mover(int i) {
	const cool_output_cfg_t *c = &o.s.outputs[i];
	const cool_drive_t *d = &o.r.drives[i];
	bool not_yet, lost = oracle_lost(&o, i, &not_yet), pump = c->role == COOL_PUMP;
	if (pump) {
		RULE(i, d->duty > 0 || may_be_off(i), "a pump is off only by a leak, an override, standby or an experiment");
		RULE(i, d->duty <= 0 || d->by == COOL_BY_COMMISSION || d->duty >= c->min_duty - 1e-9, "a running pump has its least duty");
		if (d->duty <= 0) reached.off++;
	}
	if (o.leak) {
		RULE(i, pump ? d->duty <= 0 : d->duty >= 100, "a leak stops pumps and lets fans blow");
		reached.leak++;
		return;
	}
	if (oracle_hot(&o)) {
		RULE(i, d->duty >= 100 && d->by == COOL_BY_OVER_TEMP, "over-temperature is full cooling");
		reached.hot++;
		return;
	}
	if (d->by == COOL_BY_OVER_TEMP) {
		RULE(i, d->duty >= 100, "over-temperature is full cooling");
		return;
	}
	if (lost || not_yet) {
		RULE(i, d->duty >= c->failsafe_duty - 1e-9 && d->by == (lost ? COOL_BY_FAILSAFE : COOL_BY_BOOT),
			"a lost input fails hot, until three good readings");
		reached.lost += lost;
		return;
	}
	RULE(i, d->by != COOL_BY_BOOT, "boot is over with the first good reading");
	if (d->by == COOL_BY_FAILSAFE) {
		RULE(i, fault("probes_disagree") && d->duty >= c->failsafe_duty - 1e-9, "only a lost input or a contradiction is failsafe");
		reached.disagree++;
		return;
	}
	if (d->by == COOL_BY_COMMISSION) check_trial(i);
	if (d->by == COOL_BY_TUNE) check_tune(i);
	bool any = fault("no_flow") && !sees_flow();
	for (int k = 0; k < o.s.output_count; k++)
		any = any || stalled(k);
	if (any) {
		bool jerk = pump && stalled(i) && d->duty >= c->min_duty - 1e-9;
		RULE(i, d->by == COOL_BY_STALL && (d->duty >= 100 || jerk), "a stall drives everything at full");
		reached.stalled++;
		return;
	}
	if (fault("no_heat_transfer")) {
		RULE(i, d->by == COOL_BY_NO_TRANSFER && d->duty >= 100, "heat that does not arrive is full cooling");
		reached.transfer++;
		return;
	}
	RULE(i, d->by >= COOL_BY_TUNE, "nothing else claims");
	if (d->by == COOL_BY_STANDBY) reached.standby++;
}

/* Who shares a demand asks for more of it whenever it rises, and for no more than it may get. */
static void check_share(int i) {
	const cool_output_cfg_t *c = &o.s.outputs[i];
	oracle_output_t *k = &o.outputs[i];
	if (!c->range.set) return;
	cool_law_out_t demand = o.r.outputs[oracle_leader(&o, i)].demand, part = o.r.outputs[i].law;
	RULE(i, demand.failsafe == part.failsafe, "who shares a demand loses its input together");
	if (demand.failsafe) {
		RULE(i, part.duty >= c->failsafe_duty && part.duty <= c->failsafe_duty, "each has its own failsafe");
		k->shared = false;
		return;
	}
	RULE(i, demand.duty >= 0 && demand.duty <= 100, "a demand is 0 to 100");
	RULE(
		i, part.duty >= (c->start_duty > 0 ? 0 : c->min_duty) - 1e-9 && part.duty <= c->max_duty + 1e-9, "a part is within the bounds of its output");
	if (k->shared) {
		RULE(i, demand.duty < k->demand || part.duty >= k->part - 1e-9, "a greater demand is no less cooling");
		RULE(i, demand.duty > k->demand || part.duty <= k->part + 1e-9, "and a lesser one no more");
	}
	k->shared = true;
	k->demand = demand.duty;
	k->part = part.duty;
	reached.shared++;
	reached.followed += oracle_leader(&o, i) != i;
	/* Where nothing lies between a part and its motor, that is what is driven, whatever somebody does to the others. */
	const cool_drive_t *d = &o.r.drives[i];
	if (d->by != COOL_BY_AUTO || c->slew_up > 0 || c->slew_down > 0 || c->skips > 0 || c->spin_up_ms > 0 || c->start_duty > 0) return;
	double least = part.duty > c->min_duty ? part.duty : c->min_duty;
	RULE(i, d->duty >= least - 1e-9 && d->duty <= least + 1e-9, "what shares a demand does its part of it");
	for (int n = 0; n < o.s.output_count; n++)
		reached.apart += n != i && o.s.outputs[n].range.set && o.r.drives[n].by == COOL_BY_OVERRIDE;
}

static bool proven(void) {
	bool pump_on = false, pump = false, fan = false;
	for (int i = 0; i < o.s.output_count; i++) {
		const cool_output_cfg_t *c = &o.s.outputs[i];
		if (c->role == COOL_PUMP && o.r.drives[i].duty > 0) pump_on = true;
		if ((c->role != COOL_PUMP && c->role != COOL_FAN) || c->wiring.tacho_pin < 0) continue;
		if (!oracle_turns(&o, i)) return false;
		if (c->role == COOL_PUMP) pump = true;
		if (c->role == COOL_FAN) fan = true;
	}
	bool flows = o.lpm_age < ORACLE_PATIENCE && o.lpm > 0;
	return pump_on && fan && (pump || o.b.flow) && (!o.b.flow || flows);
}

static void check_chiller(int i, uint32_t dt) {
	const cool_output_cfg_t *c = &o.s.outputs[i];
	oracle_output_t *k = &o.outputs[i];
	bool on = o.r.drives[i].duty > 0, not_yet;
	k->off = on ? k->off : oracle_add(k->off, dt);
	if (!on) return;
	reached.chilled++;
	double dew = 0;
	RULE(i, !o.leak && proven(), "a chiller runs only with a pump and a fan that turn");
	RULE(i, !oracle_lost(&o, i, &not_yet) && !not_yet, "a chiller runs only where its input is known");
	RULE(i, o.rh_age < 60000 && cool_dew_point(o.air, o.rh, &dew), "a chiller runs only where the dew point is known");
	for (int p = 0; p < o.s.probe_count; p++) {
		if (!oracle_is_water(p) || oracle_feeds(&o, p)->lost || !oracle_feeds(&o, p)->ever) continue;
		RULE(i, oracle_feeds(&o, p)->value > dew + o.s.dew_margin_k, "a chiller runs only above the dew point");
	}
	RULE(i, c->law != COOL_LAW_PI || c->input.minus[0] != '\0' || c->pi.setpoint > dew + o.s.dew_margin_k, "a chiller aims above the dew point");
	if (c->kind == COOL_SWITCH && k->known && k->before <= 0) RULE(i, oracle_add(k->off, dt) >= c->min_off_ms, "a chiller stays off for its time");
	k->off = 0;
}

static void check(uint32_t dt) {
	for (int i = 0; i < o.s.output_count; i++) {
		const cool_output_cfg_t *c = &o.s.outputs[i];
		const cool_drive_t *d = &o.r.drives[i];
		check_common(i, dt);
		bool mover = c->role == COOL_PUMP || c->role == COOL_FAN;
		if (mover) check_mover(i);
		check_share(i);
		if (c->role == COOL_CHILLER) check_chiller(i, dt);
		if (c->role == COOL_BUZZER && d->by != COOL_BY_OVERRIDE) {
			RULE(i, (d->duty >= 100) == cool_regulator_critical(&o.r) && (d->duty <= 0 || d->duty >= 100),
				"a buzzer sounds while a critical fault is there");
		}
		/* Time within the step that ends the spin-up may count or not. */
		if (mover && c->wiring.tacho_pin >= 0 && o.outputs[i].not_turning >= oracle_add(ORACLE_PATIENCE + c->spin_up_ms, dt))
			RULE(i, stalled(i), "what does not turn is stalled");
		o.outputs[i].before = d->duty;
		o.outputs[i].by = d->by;
		o.outputs[i].known = true;
	}
	RULE(0, fault("leak") == o.leak, "a leak is a fault until it is cleared");
	RULE(0, !oracle_hot(&o) || fault("over_temperature"), "over-temperature is a fault");
	cool_metric_t metrics[COOL_MAX_METRICS];
	int n = cool_regulator_metrics(&o.r, metrics);
	for (int i = 0; i < n; i++) {
		RULE(0,
			cool_valid_metric(metrics[i].name) &&
				(metrics[i].reading.quality != COOL_GOOD || (metrics[i].reading.value >= -55 && metrics[i].reading.value <= 30000)),
			"metrics are well formed");
	}
}

static void ask(void) {
	static const char *const names[] = {"leak", "leak", "over_temperature", "input_lost", "pump_stall", "a_stall", "chiller_interlock", "nonsense"};
	char reason[COOL_REASON_SIZE];
	switch (test_random_int(&o.seed, 0, 200)) {
	case 0:
		random_overrides(&o.seed, &o.s, o.w.unix_ms);
		cool_regulator_apply(&o.r, &o.s);
		break;
	case 1:
		if (test_random_int(&o.seed, 0, 5) == 0) oracle_reconfigure(&o);
		break;
	case 2:
	case 3:
	case 4: {
		const char *name = names[test_random_int(&o.seed, 0, 7)];
		bool cleared = cool_regulator_clear(&o.r, name, (uint32_t)test_random_int(&o.seed, 0, 1), reason);
		if (cleared && strcmp(name, "leak") == 0) {
			RULE(0, o.leak && !o.wet_before, "a leak is cleared only when it is dry");
			o.leak = false;
		}
		break;
	}
	case 5:
	case 6:
	case 7: {
		cool_commissioning_cfg_t trial = {
			.test = test_random_int(&o.seed, 0, 1) == 0 ? COOL_TEST_RUN : COOL_TEST_SWEEP,
			.duty = test_random_int(&o.seed, 0, 100),
			.seconds = (uint32_t)test_random_int(&o.seed, 2, 60),
			.filled = test_random_int(&o.seed, 0, 1) == 0,
		};
		int i = test_random_int(&o.seed, 0, o.s.output_count - 1);
		if (!cool_regulator_commission(&o.r, o.s.outputs[i].name, &trial, reason)) break;
		/* What is tried, and what rests for it, is that from the next step on, which may end it. */
		for (int k = 0; k < o.s.output_count; k++)
			if (k == i || trial.test == COOL_TEST_RUN) o.outputs[k].by = COOL_BY_COMMISSION;
		break;
	}
	case 9:
	case 10:
	case 11: {
		double setpoint = test_random_int(&o.seed, 20, 40);
		int i = test_random_int(&o.seed, 0, o.s.output_count - 1);
		bool own = test_random_int(&o.seed, 0, 2) == 0;
		if (!cool_regulator_autotune(&o.r, o.s.outputs[i].name, own ? NULL : &setpoint, (uint32_t)test_random_int(&o.seed, 10, 120), reason)) break;
		for (int k = 0; k < o.s.output_count; k++)
			if (k == i || (o.s.outputs[k].range.set && oracle_leader(&o, k) == i)) o.outputs[k].by = COOL_BY_TUNE;
		break;
	}
	case 8: (void)cool_regulator_abort(&o.r, reason); break;
	default: break;
	}
}

TEST(a_million_random_steps) {
	o.seed = 20261125;
	printf("seed %llu, %d steps\n", (unsigned long long)o.seed, (int)STEPS);
	for (int step = 0; step < STEPS && test_failures() < 20; step++) {
		if (step % STEPS_OF_A_RUN == 0) oracle_begin(&o);
		ask();
		uint32_t dt = random_world_step(&o.seed, &o.w, &o.s, o.r.drives);
		uint32_t counted = dt > 60000 ? 60000 : dt;
		cool_regulator_step(&o.r, &o.w.in, dt);
		oracle_sense(&o, counted);
		reached.replaced += o.replaced;
		check(counted);
	}
	printf("outputs and steps by leak %ld, over-temperature %ld, lost input %ld, contradiction %ld, stall %ld, no transfer %ld, override %ld, "
		   "standby %ld, commission %ld, autotune %ld; pumps off %ld, chillers on %ld\n",
		reached.leak, reached.hot, reached.lost, reached.disagree, reached.stalled, reached.transfer, reached.override, reached.standby,
		reached.tried, reached.tuned, reached.off, reached.chilled);
	printf("parts of a demand %ld, of another's %ld, beside an override of who shares it %ld\n", reached.shared, reached.followed, reached.apart);
#ifndef TEST_SMALL
	/* A property that is never put to the test is none. */
	CHECK(reached.leak > 0 && reached.hot > 0 && reached.lost > 0 && reached.stalled > 0 && reached.chilled > 0 && reached.replaced > 0);
	CHECK(reached.standby > 0 && reached.override > 0 && reached.off > 0 && reached.tried > 0 && reached.transfer > 0 && reached.disagree > 0);
	CHECK(reached.shared > 0 && reached.followed > 0 && reached.apart > 0 && reached.tuned > 0);
#endif
}
