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
#include "loop_util.h"
#include "motor.h"
#include "plant.h"
#include "probe.h"
#include "random_loop_util.h"
#include "test.h"

enum { PLANTS = TEST_RUNS(700, 100), DT_MS = 250, SETTLE_MS = 14000 /**< a window of counting, and a rotor that runs down */ };

typedef struct {
	uint64_t seed;
	chance_t chance;
	plant_t plant;
	plant_drive_t drive;
	double heat, room, rh, max_flow, max_pump_heat, hot_side; /**< hot_side of a chiller, C */
	bool leak, told, silent;
	motor_t motors[COOL_MAX_OUTPUTS];
	counter_t tachos[COOL_MAX_OUTPUTS];
	flow_meter_t flow;
	probe_t probes[RANDOM_ROMS];
	cool_board_t board;
	cool_settings_t s;
	cool_regulator_t r;
	cool_senses_t in;
	int64_t unix_ms;

	/* What the oracle knows, in ms. */
	uint32_t mute[RANDOM_ROMS], well[RANDOM_ROMS], truly[RANDOM_ROMS], held[COOL_MAX_OUTPUTS], wet, dry, unheard;
	int row[RANDOM_ROMS]; /**< good readings since it was lost */
	bool lost[RANDOM_ROMS], latched, watching;
	double carry;
} world_t;

static world_t w;
static struct { long leak, hot, lost, back, stall, dry, off, override, chill, below, calm; } reached;

#define RULE(i, cond, rule)                                                                                                          \
	do {                                                                                                                             \
		if (!(cond) && test_failures() < 10) {                                                                                       \
			printf("output %d (%s): duty %g by %s\n", (i), w.s.outputs[i].name, w.r.drives[i].duty, cool_by_word(w.r.drives[i].by)); \
			test_check(__FILE__, __LINE__, false, rule);                                                                             \
		}                                                                                                                            \
	} while (0)

static double real(double low, double high) { return test_random_double(&w.seed, low, high); }
static int pick(int low, int high) { return test_random_int(&w.seed, low, high); }
static bool mover(int i) { return w.s.outputs[i].role == COOL_PUMP || w.s.outputs[i].role == COOL_FAN; }
static bool tacho(int i) { return mover(i) && w.s.outputs[i].wiring.tacho_pin >= 0; }

/* The probes of random_settings: water, ambient, outlet, inlet, water2, case. */
static bool in_water(int i) { return i != 1 && i != 5; }

static double place(int i) {
	double inlet, outlet;
	plant_legs(&w.plant, &w.drive, &inlet, &outlet);
	return !in_water(i) ? w.room : i == 2 ? outlet : i == 3 ? inlet : w.plant.state.water;
}

static bool fault(const char *name) {
	const cool_fault_t *f = cool_faults_find(&w.r.faults, name);
	return f != NULL && f->active;
}

/* The mean speed of pumps or fans, of those that are free at full where full is set. */
static double speed(cool_role_t role, bool full) {
	double sum = 0;
	int n = 0;
	for (int i = 0; i < w.s.output_count; i++) {
		if (w.s.outputs[i].role != role) continue;
		sum += !full ? w.motors[i].speed : w.motors[i].stalled ? 0 : 1;
		n++;
	}
	return n > 0 ? sum / n : 0;
}

static plant_drive_t driven(double pump, double fan) {
	return (plant_drive_t){
		.heat = w.heat, .ambient = w.room, .pump_heat = w.max_pump_heat * pump * pump * pump, .flow = w.max_flow * pump, .fan = fan};
}

/* A part of the heat with which full cooling would just hold the water at critical. */
static void draw_heat(void) {
	static const double parts[] = {0.8, 0.9, 0.4, 0.1, 0, 1.3};
	plant_drive_t full = driven(1, 1);
	full.heat = 0;
	double idle = plant_steady(&w.plant.params, &full).water;
	full.heat = 100;
	double per_watt = (plant_steady(&w.plant.params, &full).water - idle) / 100;
	w.heat = fmax(parts[pick(0, 5)] * (w.s.critical_c - idle) / per_watt, 0);
}

static void restart(void) {
	uint32_t cancelled = cool_regulator_cancelled(&w.r);
	cool_regulator_init(&w.r, &w.s, &w.board);
	if (w.latched) cool_regulator_leaked(&w.r);
	cool_regulator_cancel(&w.r, cancelled);
	memset(w.mute, 0, sizeof w.mute);
	memset(w.well, 0, sizeof w.well);
	memset(w.lost, 0, sizeof w.lost);
	memset(w.held, 0, sizeof w.held);
	memset(w.truly, 0, sizeof w.truly);
	w.dry = w.unheard = w.wet = 0;
}

static void begin(uint64_t seed) {
	memset(&w, 0, sizeof w);
	w.seed = seed;
	w.chance.at = seed;
	random_board(&w.seed, &w.board);
	do
		random_settings(&w.seed, &w.s, &w.board);
	while (w.s.critical_c < 38); /* a warm room would be over-temperature */
	w.plant.params = (plant_params_t){
		real(50, 500), real(1200, 8000), real(4, 30), 0.01, real(0.3, 2), real(0.3, 2), real(10, 60), real(0.5, 3), real(3, 40), real(0.8, 2)};
	w.room = w.hot_side = real(8, 28);
	w.plant.state = (plant_state_t){w.room, w.room};
	w.max_flow = real(0.8, 4);
	w.max_pump_heat = real(0.5, 6);
	w.rh = real(20, 60);
	w.told = pick(0, 1);
	w.unix_ms = 1764000000000;
	for (int i = 0; i < w.s.output_count; i++) {
		double start = real(5, 30);
		w.motors[i] = (motor_t){.max_rpm = 4000, .idle = 0.1, .start = start, .stop = real(2, start), .lag = real(0.2, 2), .hunt = 0.005};
		w.tachos[i].window = 2;
	}
	w.flow = (flow_meter_t){.counter = {.window = 2}, .per_litre = 5880, .least = 0.3, .gain = 1};
	for (int i = 0; i < w.s.probe_count; i++) {
		probe_init(&w.probes[i], &w.chance);
		w.probes[i].rom = w.s.probes[i].rom;
		w.probes[i].lag = real(1, 8);
		probe_convert(&w.probes[i]);
	}
	draw_heat();
	cool_regulator_init(&w.r, &w.s, &w.board);
}

/* The same plant with other settings of its outputs. */
static void reconfigure(void) {
	static cool_settings_t next;
	do
		random_settings(&w.seed, &next, &w.board);
	while (next.critical_c < 38 || next.probe_count != w.s.probe_count || next.output_count != w.s.output_count);
	for (int i = 0; i < next.output_count; i++)
		if (next.outputs[i].role != w.s.outputs[i].role) return; /* that would be another loop */
	w.s = next;
	cool_regulator_apply(&w.r, &w.s);
	memset(w.truly, 0, sizeof w.truly);
	memset(w.held, 0, sizeof w.held);
	w.watching = false;
}

static void clear(void) {
	static cool_fault_t all[COOL_MAX_FAULTS];
	char reason[COOL_REASON_SIZE];
	int n = cool_faults_list(&w.r.faults, all);
	for (int i = 0; i < n; i++)
		if (cool_regulator_clear(&w.r, all[i].name, all[i].occurrence, reason) && strcmp(all[i].name, COOL_FAULT_LEAK) == 0) {
			CHECK(w.wet == 0);
			w.latched = false;
		}
}

static void heal(void) {
	for (int i = 0; i < RANDOM_ROMS; i++)
		w.probes[i].fault = PROBE_HEALTHY;
	for (int i = 0; i < COOL_MAX_OUTPUTS; i++)
		w.motors[i].stalled = false;
	w.leak = w.silent = false;
}

static void happen(void) {
	static const double air[] = {30, 60, 95};
	int i = pick(0, w.s.output_count - 1);
	switch (pick(0, 14)) {
	case 0:
	case 1: w.probes[pick(0, w.s.probe_count - 1)].fault = (probe_fault_t)pick(PROBE_LOST, PROBE_STUCK); break;
	case 2:
	case 3: w.motors[i].stalled = !w.motors[i].stalled; break;
	case 4: w.leak = !w.leak; break;
	case 5:
	case 6: heal(); break;
	case 7: clear(); break;
	case 8: draw_heat(); break;
	case 9: w.told = !w.told; break;
	case 10: w.silent = !w.silent; break;
	case 11: w.rh = air[pick(0, 2)]; break;
	case 12: restart(); break;
	case 13: reconfigure(); break;
	default:
		random_overrides(&w.seed, &w.s, w.unix_ms);
		cool_regulator_apply(&w.r, &w.s);
		break;
	}
}

/* A heat pump of 50 W and 60 W, whose hot side is cooled by all fans, and which conducts backwards. What it takes from the water, W. */
static double chilled(double fan) {
	bool there = false, on = false;
	for (int i = 0; i < w.s.output_count; i++) {
		there = there || w.s.outputs[i].role == COOL_CHILLER;
		on = on || (w.s.outputs[i].role == COOL_CHILLER && w.r.drives[i].duty > 0);
	}
	if (!there) return 0;
	double taken = (on ? 50 : 0) - 0.8 * (w.hot_side - w.plant.state.water), away = 0.5 + 9.5 * pow(fan, 0.6);
	w.hot_side += (taken + (on ? 60 : 0) - away * (w.hot_side - w.room)) * DT_MS / 1000.0 / 300;
	return taken;
}

/* Lets the loop follow, and senses. */
static void act(void) {
	memset(&w.in, 0, sizeof w.in);
	for (int i = 0; i < w.s.output_count; i++) {
		if (!mover(i)) continue;
		motor_step(&w.motors[i], w.r.drives[i].duty, DT_MS / 1000.0, &w.chance);
		if (counter_step(&w.tachos[i], motor_rpm(&w.motors[i]) / 60 * 2, DT_MS / 1000.0)) w.in.tacho_fresh = true;
		w.in.rpm[i] = w.tachos[i].rate / 2 * 60;
	}
	double fan = speed(COOL_FAN, false);
	w.drive = driven(speed(COOL_PUMP, false), fan);
	w.drive.pump_heat -= chilled(fan);
	w.in.flow_fresh = flow_meter_step(&w.flow, w.drive.flow, DT_MS / 1000.0);
	w.in.flow_lpm = flow_meter_lpm(&w.flow);
	(void)plant_step(&w.plant, &w.drive, DT_MS / 1000.0);
	for (int i = 0; i < w.s.probe_count; i++) {
		cool_probe_read_t *read = &w.in.probes[i];
		read->rom = w.probes[i].rom;
		if (w.probes[i].converting == 0) probe_convert(&w.probes[i]);
		if (!probe_step(&w.probes[i], place(i), DT_MS, &w.chance)) continue;
		read->fresh = true;
		read->present = probe_read(&w.probes[i], read->pad);
	}
	w.in.leak_wet = w.leak;
	w.in.humidity_fresh = !w.silent;
	w.in.humidity_rh = w.rh;
	w.in.humidity_c = w.room;
	w.in.host_known = w.told;
	w.in.host_w = w.heat;
	w.in.clock_valid = true;
	w.unix_ms += DT_MS;
	w.in.unix_ms = w.unix_ms;
}

static uint32_t count(uint32_t ms, bool is) { return is ? ms + DT_MS : 0; }

static void look(void) {
	bool turns = false, told = false;
	for (int i = 0; i < w.s.probe_count; i++) {
		/* One that is frozen may be so at its power-on value. */
		bool power_on = w.probes[i].pad[0] == 0x50 && w.probes[i].pad[1] == 0x05;
		bool good = w.probes[i].fault == PROBE_HEALTHY || (w.probes[i].fault == PROBE_STUCK && !power_on);
		w.mute[i] = count(w.mute[i], !good);
		w.well[i] = count(w.well[i], good);
		if (!good) w.row[i] = 0;
		if (w.mute[i] >= 6000) w.lost[i] = true;
		if (good && w.in.probes[i].fresh && ++w.row[i] > 3) w.lost[i] = false;
		double sure = place(i) - fabs(w.probes[i].offset) - fabs(w.s.probes[i].offset_k) - 0.25;
		w.truly[i] = count(w.truly[i], in_water(i) && w.probes[i].fault == PROBE_HEALTHY && sure >= w.s.critical_c);
	}
	for (int i = 0; i < w.s.output_count; i++) {
		w.held[i] = count(w.held[i], w.motors[i].stalled && w.r.drives[i].duty > 0);
		if (w.s.outputs[i].role != COOL_PUMP) continue;
		turns = turns || w.motors[i].speed > 0;
		told = told || w.r.drives[i].duty > 0;
	}
	w.dry = count(w.dry, told && !turns);
	w.wet = count(w.wet, w.leak);
	w.latched = w.latched || w.wet >= 750;
	w.unheard = count(w.unheard, w.silent);
}

/* The probe of a role by its place in the settings. */
static int with_role(const char *role) {
	for (int i = 0; i < w.s.probe_count; i++)
		if (strcmp(w.s.probes[i].role, role) == 0) return i;
	return -1;
}

/* Whether what is true of an output's input decides it; the rest of its rules need a good one. */
static bool by_input(int i) {
	const cool_output_cfg_t *c = &w.s.outputs[i];
	const cool_drive_t *d = &w.r.drives[i];
	const char *const roles[] = {c->input.role, c->input.minus};
	for (int k = 0; k < 2; k++) {
		int p = roles[k][0] != '\0' ? with_role(roles[k]) : -1;
		if (p < 0) continue;
		if (w.mute[p] >= 7000) {
			RULE(i, d->duty >= c->failsafe_duty - 1e-9 && (d->by == COOL_BY_FAILSAFE || d->by == COOL_BY_BOOT), "no good reading for 5 s: failsafe");
			reached.lost++;
			return true;
		}
		/* Three good readings take at least two conversions and a bit. */
		if (w.lost[p] && w.mute[p] == 0 && w.well[p] <= 1500) {
			RULE(i, d->by == COOL_BY_FAILSAFE || d->by == COOL_BY_BOOT, "three good readings before a lost input counts again");
			reached.back++;
			return true;
		}
		if (w.mute[p] > 0 || w.well[p] < 10000) return true; /* on the way there or back */
	}
	return false;
}

static void check_mover(int i) {
	const cool_output_cfg_t *c = &w.s.outputs[i];
	const cool_drive_t *d = &w.r.drives[i];
	bool pump = c->role == COOL_PUMP, hot = false;
	if (pump && d->duty <= 0) {
		RULE(i, d->by == COOL_BY_LEAK || d->by == COOL_BY_OVERRIDE || d->by == COOL_BY_STANDBY, "a pump is off only by leak, override or standby");
		reached.off++;
	}
	RULE(i, !pump || d->duty <= 0 || d->duty >= c->min_duty - 1e-9, "a running pump has its least duty");
	if (w.latched) {
		RULE(i, d->by == COOL_BY_LEAK && (pump ? d->duty <= 0 : d->duty >= 100), "a leak stops pumps and lets fans blow");
		reached.leak++;
		return;
	}
	RULE(i, d->by != COOL_BY_LEAK || w.wet > 0, "only a leak is a leak");
	for (int k = 0; k < w.s.probe_count; k++)
		hot = hot || w.truly[k] > 40000;
	if (hot) {
		RULE(i, d->by == COOL_BY_OVER_TEMP && d->duty >= 100, "over-temperature of any probe is full cooling");
		reached.hot++;
	}
	if (d->by == COOL_BY_OVER_TEMP || by_input(i)) return;
	if (d->by == COOL_BY_FAILSAFE) {
		RULE(i, fault(COOL_FAULT_DISAGREE) || fault(COOL_FAULT_STUCK), "failsafe with a good input needs a contradiction");
		return;
	}
	bool stalled = false, jerk = pump && d->duty >= c->min_duty - 1e-9;
	for (int k = 0; k < w.s.output_count; k++)
		stalled = stalled || (tacho(k) && w.held[k] >= 5000 + w.s.outputs[k].spin_up_ms + SETTLE_MS);
	if (stalled || (w.board.flow && w.dry >= 5000 + SETTLE_MS)) {
		RULE(i, d->by == COOL_BY_STALL && (d->duty >= 100 || jerk), "a stall or no flow drives everything at full");
		if (stalled)
			reached.stall++;
		else
			reached.dry++;
	}
}

static void check_override(int i) {
	const cool_override_t *o = &w.s.outputs[i].override;
	if (w.r.drives[i].by != COOL_BY_OVERRIDE) return;
	int64_t ahead = o->until_ms - w.unix_ms, most = w.s.outputs[i].role == COOL_PUMP && o->duty <= 0 ? 31 : 24 * 60 + 1;
	RULE(i, o->set && ahead > 0 && ahead <= most * 60000, "an override holds by the clock, and for its time at most");
	reached.override++;
}

static void check_chiller(int i) {
	double dew;
	if (w.r.drives[i].duty <= 0) return;
	bool pumping = false;
	for (int k = 0; k < w.s.output_count; k++) {
		pumping = pumping || (w.s.outputs[k].role == COOL_PUMP && w.r.drives[k].duty > 0);
		RULE(i, !tacho(k) || w.held[k] <= SETTLE_MS, "a chiller needs everything that turns");
	}
	RULE(i, !w.latched && pumping, "a chiller needs a pump");
	RULE(i, w.unheard <= 60500, "a chiller needs to know the air");
	const probe_t *p = &w.probes[0];
	/* By the chip in the probe's tube, which is as late as that is. */
	if (!w.silent && CHECK(cool_dew_point(w.room, w.rh, &dew)) && p->fault == PROBE_HEALTHY && w.well[0] >= 10000)
		RULE(i, p->core + p->offset + w.s.probes[0].offset_k > dew + w.s.dew_margin_k - 0.5, "a chiller stays above the dew point");
	reached.chill++;
}

/* Where the pumps turn, the water's probe is well and the plant can hold the heat at full cooling, the water stays below critical, but for what
 * the probe is wrong and late by, and for what the host still holds. */
static void check_water(void) {
	const plant_params_t *c = &w.plant.params;
	const probe_t *p = &w.probes[0];
	bool sound = p->fault == PROBE_HEALTHY && w.well[0] >= 10000 && !w.latched && w.drive.flow > 0 && speed(COOL_PUMP, true) > 0;
	for (int i = 0; i < w.s.output_count; i++)
		sound = sound && w.s.outputs[i].role != COOL_CHILLER && (w.s.outputs[i].role != COOL_PUMP || w.r.drives[i].duty > 0);
	plant_drive_t full = driven(speed(COOL_PUMP, true), speed(COOL_FAN, true));
	double stored = c->host_capacity * fmax(w.plant.state.host - w.plant.state.water, 0) / c->water_capacity;
	if (!sound || plant_steady(c, &full).water > w.s.critical_c - 2 || (!w.watching && w.plant.state.water + stored > w.s.critical_c - 1)) {
		w.watching = false;
		return;
	}
	w.carry = w.watching ? fmax(w.carry, stored) : stored;
	w.watching = true;
	double late = (p->lag + 5) * (w.heat + w.max_pump_heat) / c->water_capacity;
	double limit = w.s.critical_c + fabs(p->offset) + fabs(w.s.probes[0].offset_k) + 0.25 + late + w.carry;
	RULE(0, w.plant.state.water <= limit, "the water stays below critical where the pump turns and the plant allows it");
	if (w.plant.state.water > w.s.critical_c - 3) reached.below++;
}

static void run(uint32_t seconds) {
	for (uint32_t n = 0; n < seconds * 1000 / DT_MS && test_failures() < 10; n++) {
		act();
		look();
		cool_regulator_step(&w.r, &w.in, DT_MS);
		for (int i = 0; i < w.s.output_count; i++) {
			if (mover(i)) check_mover(i);
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
		if (!mover(i) || c->kind == COOL_SWITCH) continue;
		if (c->min_duty < w.motors[i].start || part * 4000 < c->stall_rpm + 60 || (c->role == COOL_PUMP && part * w.max_flow < 0.4)) return false;
	}
	return true;
}

TEST(no_rule_is_broken_on_any_plant) {
	static const uint32_t seconds[] = {1, 4, 20, 90, 400, 900};
	uint64_t seed = 20261126;
	printf("seed %llu, %d plants\n", (unsigned long long)seed, (int)PLANTS);
	for (int n = 0; n < PLANTS && test_failures() < 10; n++) {
		begin(test_random(&seed));
		run(5);
		for (int k = pick(1, 10); k > 0; k--) {
			happen();
			run(seconds[pick(0, 5)]);
		}
		/* All is well again, and the water is exchanged, so that nobody has to wait until it has cooled. */
		heal();
		w.heat = fmin(w.heat, 5);
		w.plant.state = (plant_state_t){w.room, w.room};
		w.hot_side = w.room;
		memset(w.well, 0, sizeof w.well); /* the probes need their time to say so */
		memset(w.lost, 0, sizeof w.lost);
		run(120);
		clear();
		run(400);
		for (int i = 0; i < w.s.output_count && turns_at_least(); i++) {
			RULE(i, !mover(i) || w.r.drives[i].by >= COOL_BY_OVERRIDE, "one fault does not last for ever");
			reached.calm++;
		}
	}
	printf("outputs and steps by leak %ld, over-temperature %ld, lost input %ld, one that came back %ld, stall %ld, no flow %ld, override %ld; pumps "
		   "off %ld, chillers on %ld; water near critical %ld; calm in the end %ld\n",
		reached.leak, reached.hot, reached.lost, reached.back, reached.stall, reached.dry, reached.override, reached.off, reached.chill,
		reached.below, reached.calm);
	CHECK(reached.leak > 0 && reached.hot > 0 && reached.lost > 0 && reached.back > 0 && reached.stall > 0 && reached.dry > 0);
	CHECK(reached.override > 0 && reached.off > 0 && reached.chill > 0 && reached.below > 0 && reached.calm > 0);
}
