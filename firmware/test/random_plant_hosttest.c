/*
 * Random plants, settings and faults against an oracle that sees what is true of them, and not what the regulator believes: the same as
 * TestClosedLoopRandomPlants of internal/sim, four times a second. regulator_property_test.c judges the same rules by what is sensed; here they
 * are judged by causes, and the water itself is.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cool/dewpoint.h"
#include "cool/regulator.h"
#include "random_plant.h"
#include "test.h"

enum { PLANTS = TEST_RUNS(300, 100), SETTLE_MS = 14000 /**< a window of counting, and a rotor that runs down */ };

/* What the oracle knows, in ms. */
typedef struct {
	uint32_t mute[RANDOM_ROMS], well[RANDOM_ROMS], truly[RANDOM_ROMS], held[COOL_MAX_OUTPUTS], tried[COOL_MAX_OUTPUTS], wet, dry, unheard;
	int row[RANDOM_ROMS]; /**< good readings since it was lost */
	bool lost[RANDOM_ROMS], latched, watching;
	double carry;
} oracle_t;

static random_plant_t w;
static oracle_t o;
static struct { long leak, hot, lost, back, stall, dry, off, override, tried, chill, below, calm; } reached;

#define RULE(i, cond, rule)                                                                                                          \
	do {                                                                                                                             \
		if (!(cond) && test_failures() < 10) {                                                                                       \
			printf("output %d (%s): duty %g by %s\n", (i), w.s.outputs[i].name, w.r.drives[i].duty, cool_by_word(w.r.drives[i].by)); \
			test_check(__FILE__, __LINE__, false, rule);                                                                             \
		}                                                                                                                            \
	} while (0)

static bool tacho(int i) { return random_plant_moves(&w, i) && w.s.outputs[i].wiring.tacho_pin >= 0; }

static bool fault(const char *name) {
	const cool_fault_t *f = cool_faults_find(&w.r.faults, name);
	return f != NULL && f->active;
}

/* A device that restarts forgets, and so does the oracle; but not the leak. */
static void restarted(void) { o = (oracle_t){.latched = o.latched}; }

static void clear(void) {
	static cool_fault_t all[COOL_MAX_FAULTS];
	char reason[COOL_REASON_SIZE];
	int n = cool_faults_list(&w.r.faults, all);
	for (int i = 0; i < n; i++)
		if (cool_regulator_clear(&w.r, all[i].name, all[i].occurrence, reason) && strcmp(all[i].name, COOL_FAULT_LEAK) == 0) {
			CHECK(o.wet == 0);
			o.latched = false;
		}
}

/* A person asks for an experiment. What can speak against it is for its own tests. */
static void try_one(void) {
	char reason[COOL_REASON_SIZE];
	cool_commissioning_cfg_t ask = {
		.test = test_random_int(&w.seed, 0, 2) == 0 ? COOL_TEST_SWEEP : COOL_TEST_RUN,
		.duty = test_random_int(&w.seed, 0, 100),
		.seconds = (uint32_t)test_random_int(&w.seed, 2, 60),
		.filled = test_random_int(&w.seed, 0, 1) == 0,
	};
	int i = test_random_int(&w.seed, 0, w.s.output_count - 1);
	if (cool_regulator_commission(&w.r, w.s.outputs[i].name, &ask, reason)) memset(o.tried, 0, sizeof o.tried);
}

static void happen(void) {
	switch (random_plant_happen(&w)) {
	case PLANT_RESTARTED: restarted(); break;
	case PLANT_RECONFIGURED:
		memset(o.truly, 0, sizeof o.truly);
		memset(o.held, 0, sizeof o.held);
		o.watching = false;
		break;
	case PLANT_CLEARED: clear(); break;
	case PLANT_TRIED: try_one(); break;
	default: break;
	}
}

static uint32_t count(uint32_t ms, bool is) { return is ? ms + PLANT_DT_MS : 0; }

/* Whether an experiment looks at an output's tachometer itself, so that it is not held against it; -1: at the flow. */
static bool looks_itself(int i) {
	const cool_experiment_report_t *e = cool_regulator_experiment(&w.r);
	bool resting = e->state == COOL_EXPERIMENT_RESTING, run = e->kind == COOL_RUN && !resting;
	if (e->kind == COOL_NO_EXPERIMENT || (!resting && e->state != COOL_EXPERIMENT_RUNNING)) return false;
	for (int k = 0; k < w.s.output_count; k++)
		if (strcmp(w.s.outputs[k].name, e->output) == 0) return run || (i < 0 ? w.s.outputs[k].role == COOL_PUMP : i == k);
	return false;
}

static void look(void) {
	bool turns = false, told = false;
	for (int i = 0; i < w.s.probe_count; i++) {
		/* One that is frozen may be so at its power-on value. */
		bool power_on = w.probes[i].pad[0] == 0x50 && w.probes[i].pad[1] == 0x05;
		bool good = w.probes[i].fault == PROBE_HEALTHY || (w.probes[i].fault == PROBE_STUCK && !power_on);
		o.mute[i] = count(o.mute[i], !good);
		o.well[i] = count(o.well[i], good);
		if (!good) o.row[i] = 0;
		if (o.mute[i] >= 6000) o.lost[i] = true;
		if (good && w.in.probes[i].fresh && ++o.row[i] > 3) o.lost[i] = false;
		double sure = random_plant_place(&w, i) - fabs(w.probes[i].offset) - fabs(w.s.probes[i].offset_k) - 0.25;
		o.truly[i] = count(o.truly[i], random_plant_in_water(i) && w.probes[i].fault == PROBE_HEALTHY && sure >= w.s.critical_c);
	}
	for (int i = 0; i < w.s.output_count; i++) {
		o.tried[i] = count(o.tried[i], w.r.drives[i].by == COOL_BY_COMMISSION);
		o.held[i] = count(o.held[i], w.motors[i].stalled && w.r.drives[i].duty > 0 && !looks_itself(i));
		if (w.s.outputs[i].role != COOL_PUMP) continue;
		turns = turns || w.motors[i].speed > 0;
		told = told || w.r.drives[i].duty > 0;
	}
	o.dry = count(o.dry, told && !turns && !looks_itself(-1));
	o.wet = count(o.wet, w.leak);
	o.latched = o.latched || o.wet >= 750;
	o.unheard = count(o.unheard, w.silent);
}

/* The probe of a role by its place in the settings. */
static int with_role(const char *role) {
	for (int i = 0; i < w.s.probe_count; i++)
		if (strcmp(w.s.probes[i].role, role) == 0) return i;
	return -1;
}

/* What an output goes by; one that follows looks at what its leader looks at. */
static const cool_input_t *input_of(int i) {
	const cool_output_cfg_t *c = &w.s.outputs[i];
	for (int k = 0; k < w.s.output_count && c->law == COOL_LAW_FOLLOW; k++)
		if (strcmp(w.s.outputs[k].name, c->follow) == 0) return &w.s.outputs[k].input;
	return &c->input;
}

/* Whether what is true of an output's input decides it; the rest of its rules need a good one. */
static bool by_input(int i) {
	const cool_output_cfg_t *c = &w.s.outputs[i];
	const cool_drive_t *d = &w.r.drives[i];
	const char *const roles[] = {input_of(i)->role, input_of(i)->minus};
	for (int k = 0; k < 2; k++) {
		int p = roles[k][0] != '\0' ? with_role(roles[k]) : -1;
		if (p < 0) continue;
		if (o.mute[p] >= 7000) {
			RULE(i, d->duty >= c->failsafe_duty - 1e-9 && (d->by == COOL_BY_FAILSAFE || d->by == COOL_BY_BOOT), "no good reading for 5 s: failsafe");
			reached.lost++;
			return true;
		}
		/* Three good readings take at least two conversions and a bit. */
		if (o.lost[p] && o.mute[p] == 0 && o.well[p] <= 1500) {
			RULE(i, d->by == COOL_BY_FAILSAFE || d->by == COOL_BY_BOOT, "three good readings before a lost input counts again");
			reached.back++;
			return true;
		}
		if (o.mute[p] > 0 || o.well[p] < 10000) return true; /* on the way there or back */
	}
	return false;
}

/* An experiment is weaker than all that is judged before it, and has its end. */
static void check_trial(int i) {
	const cool_experiment_report_t *e = cool_regulator_experiment(&w.r);
	bool rests = e->state == COOL_EXPERIMENT_RESTING, itself = strcmp(e->output, w.s.outputs[i].name) == 0;
	uint32_t most = rests ? COOL_DRY_REST_MS : e->kind == COOL_RUN ? COOL_REST_MAX_MS + 60000 : COOL_SWEEP_MAX_MS;
	RULE(i, rests || e->state == COOL_EXPERIMENT_RUNNING, "only an experiment under way claims");
	RULE(i, itself ? !rests || w.r.drives[i].duty <= 0 : e->kind == COOL_RUN && !rests && w.r.drives[i].duty <= 0,
		"what is not tried rests, or goes on");
	RULE(i, o.tried[i] <= most + COOL_SWEEP_MAX_MS * rests, "an experiment has an end");
	for (int k = 0; k < w.s.output_count; k++)
		RULE(i, e->kind == COOL_RUN || rests || k == i || !tacho(k) || o.held[k] < 5000 + w.s.outputs[k].spin_up_ms + SETTLE_MS,
			"a stall of another output ends a sweep");
	RULE(i, o.truly[0] < 40000, "nothing is tried on hot water");
	reached.tried++;
}

static void check_mover(int i) {
	const cool_output_cfg_t *c = &w.s.outputs[i];
	const cool_drive_t *d = &w.r.drives[i];
	bool pump = c->role == COOL_PUMP, hot = false;
	if (pump && d->duty <= 0) {
		RULE(i, d->by == COOL_BY_LEAK || d->by == COOL_BY_OVERRIDE || d->by == COOL_BY_STANDBY || d->by == COOL_BY_COMMISSION,
			"a pump is off only by leak, override, standby or an experiment");
		reached.off++;
	}
	RULE(i, !pump || d->duty <= 0 || d->by == COOL_BY_COMMISSION || d->duty >= c->min_duty - 1e-9, "a running pump has its least duty");
	if (o.latched) {
		RULE(i, d->by == COOL_BY_LEAK && (pump ? d->duty <= 0 : d->duty >= 100), "a leak stops pumps and lets fans blow");
		reached.leak++;
		return;
	}
	RULE(i, d->by != COOL_BY_LEAK || o.wet > 0, "only a leak is a leak");
	for (int k = 0; k < w.s.probe_count; k++)
		hot = hot || o.truly[k] > 40000;
	if (hot) {
		RULE(i, d->by == COOL_BY_OVER_TEMP && d->duty >= 100, "over-temperature of any probe is full cooling");
		reached.hot++;
	}
	if (d->by == COOL_BY_OVER_TEMP || by_input(i)) return;
	if (d->by == COOL_BY_FAILSAFE) {
		RULE(i, fault(COOL_FAULT_DISAGREE) || fault(COOL_FAULT_STUCK), "failsafe with a good input needs a contradiction");
		return;
	}
	if (d->by == COOL_BY_COMMISSION) {
		check_trial(i);
		return;
	}
	bool stalled = false, jerk = pump && d->duty >= c->min_duty - 1e-9;
	for (int k = 0; k < w.s.output_count; k++)
		stalled = stalled || (tacho(k) && o.held[k] >= 5000 + w.s.outputs[k].spin_up_ms + SETTLE_MS);
	if (stalled || (w.board.flow && o.dry >= 5000 + SETTLE_MS)) {
		RULE(i, d->by == COOL_BY_STALL && (d->duty >= 100 || jerk), "a stall or no flow drives everything at full");
		if (stalled)
			reached.stall++;
		else
			reached.dry++;
	}
}

static void check_override(int i) {
	const cool_override_t *by_hand = &w.s.outputs[i].override;
	if (w.r.drives[i].by != COOL_BY_OVERRIDE) return;
	int64_t ahead = by_hand->until_ms - w.unix_ms, most = w.s.outputs[i].role == COOL_PUMP && by_hand->duty <= 0 ? 31 : 24 * 60 + 1;
	RULE(i, by_hand->set && ahead > 0 && ahead <= most * 60000, "an override holds by the clock, and for its time at most");
	reached.override++;
}

static void check_chiller(int i) {
	double dew;
	if (w.r.drives[i].duty <= 0) return;
	bool pumping = false;
	for (int k = 0; k < w.s.output_count; k++) {
		pumping = pumping || (w.s.outputs[k].role == COOL_PUMP && w.r.drives[k].duty > 0);
		RULE(i, !tacho(k) || o.held[k] <= SETTLE_MS, "a chiller needs everything that turns");
	}
	RULE(i, !o.latched && pumping, "a chiller needs a pump");
	RULE(i, o.unheard <= 60500, "a chiller needs to know the air");
	const probe_t *p = &w.probes[0];
	/* By the chip in the probe's tube, which is as late as that is. */
	if (!w.silent && CHECK(cool_dew_point(w.room, w.rh, &dew)) && p->fault == PROBE_HEALTHY && o.well[0] >= 10000)
		RULE(i, p->core + p->offset + w.s.probes[0].offset_k > dew + w.s.dew_margin_k - 0.5, "a chiller stays above the dew point");
	reached.chill++;
}

/* Where the pumps turn, the water's probe is well and the plant can hold the heat at full cooling, the water stays below critical, but for what
 * the probe is wrong and late by, and for what the host still holds. */
static void check_water(void) {
	const plant_params_t *c = &w.plant.params;
	const probe_t *p = &w.probes[0];
	bool sound = p->fault == PROBE_HEALTHY && o.well[0] >= 10000 && !o.latched && w.drive.flow > 0 && random_plant_speed(&w, COOL_PUMP, true) > 0;
	for (int i = 0; i < w.s.output_count; i++)
		sound = sound && w.s.outputs[i].role != COOL_CHILLER && (w.s.outputs[i].role != COOL_PUMP || w.r.drives[i].duty > 0);
	plant_drive_t full = random_plant_driven(&w, random_plant_speed(&w, COOL_PUMP, true), random_plant_speed(&w, COOL_FAN, true));
	double stored = c->host_capacity * fmax(w.plant.state.host - w.plant.state.water, 0) / c->water_capacity;
	if (!sound || plant_steady(c, &full).water > w.s.critical_c - 2 || (!o.watching && w.plant.state.water + stored > w.s.critical_c - 1)) {
		o.watching = false;
		return;
	}
	o.carry = o.watching ? fmax(o.carry, stored) : stored;
	o.watching = true;
	double late = (p->lag + 5) * (w.heat + w.max_pump_heat) / c->water_capacity;
	double limit = w.s.critical_c + fabs(p->offset) + fabs(w.s.probes[0].offset_k) + 0.25 + late + o.carry;
	RULE(0, w.plant.state.water <= limit, "the water stays below critical where the pump turns and the plant allows it");
	if (w.plant.state.water > w.s.critical_c - 3) reached.below++;
}

static void run(uint32_t seconds) {
	for (uint32_t n = 0; n < seconds * 1000 / PLANT_DT_MS && test_failures() < 10; n++) {
		random_plant_act(&w);
		look();
		cool_regulator_step(&w.r, &w.in, PLANT_DT_MS);
		for (int i = 0; i < w.s.output_count; i++) {
			if (random_plant_moves(&w, i)) check_mover(i);
			if (w.s.outputs[i].role == COOL_CHILLER) check_chiller(i);
			check_override(i);
		}
		check_water();
	}
}

/* Whether each motor turns at its least duty: otherwise that is found a fault again and again. */
static bool turns_at_least(void) {
	for (int i = 0; i < w.s.output_count; i++) {
		const cool_output_cfg_t *c = &w.s.outputs[i];
		double part = 0.1 + 0.9 * c->min_duty / 100;
		if (!random_plant_moves(&w, i) || c->kind == COOL_SWITCH) continue;
		if (c->min_duty < w.motors[i].start || part * 4000 < c->stall_rpm + 60 || (c->role == COOL_PUMP && part * w.max_flow < 0.4)) return false;
	}
	return true;
}

TEST(no_rule_is_broken_on_any_plant) {
	static const uint32_t seconds[] = {1, 4, 20, 90, 400, 900};
	uint64_t seed = 20261126;
	printf("seed %llu, %d plants\n", (unsigned long long)seed, (int)PLANTS);
	for (int n = 0; n < PLANTS && test_failures() < 10; n++) {
		o = (oracle_t){0};
		random_plant_begin(&w, test_random(&seed));
		run(5);
		for (int k = test_random_int(&w.seed, 1, 10); k > 0; k--) {
			happen();
			run(seconds[test_random_int(&w.seed, 0, 5)]);
		}
		/* All is well again, and the water is exchanged, so that nobody has to wait until it has cooled. */
		random_plant_heal(&w);
		w.heat = fmin(w.heat, w.s.busy_w > 0 ? fmin(w.s.busy_w / 2, 5) : 5); /* what counts as busy at 4 W cannot be seen in the water */
		random_plant_exchange(&w);
		memset(o.well, 0, sizeof o.well); /* the probes need their time to say so */
		memset(o.lost, 0, sizeof o.lost);
		run(120);
		char reason[COOL_REASON_SIZE];
		(void)cool_regulator_abort(&w.r, reason); /* a pump that ran dry rests for longer */
		clear();
		run(400);
		for (int i = 0; i < w.s.output_count && turns_at_least(); i++) {
			RULE(i, !random_plant_moves(&w, i) || w.r.drives[i].by >= COOL_BY_OVERRIDE, "one fault does not last for ever");
			reached.calm++;
		}
	}
	printf("outputs and steps by leak %ld, over-temperature %ld, lost input %ld, one that came back %ld, stall %ld, no flow %ld, override %ld, "
		   "experiment "
		   "%ld; pumps off %ld, chillers on %ld; water near critical %ld; calm in the end %ld\n",
		reached.leak, reached.hot, reached.lost, reached.back, reached.stall, reached.dry, reached.override, reached.tried, reached.off,
		reached.chill, reached.below, reached.calm);
	CHECK(reached.leak > 0 && reached.hot > 0 && reached.lost > 0 && reached.back > 0 && reached.stall > 0 && reached.dry > 0);
	CHECK(reached.override > 0 && reached.tried > 0 && reached.off > 0 && reached.chill > 0 && reached.below > 0 && reached.calm > 0);
}
