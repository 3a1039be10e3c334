/*
 * A million random steps against an oracle that knows the safety rules and nothing of how the regulator keeps them. It has its own idea of what
 * the senses say, and looks only at the drives, at who claims them, at the faults, and at how a demand is shared.
 */
#include <stdio.h>
#include <string.h>

#include "cool/dewpoint.h"
#include "cool/regulator.h"
#include "random_loop_util.h"
#include "test.h"

enum { STEPS = TEST_RUNS(1000000, 20000), STEPS_OF_A_RUN = 5000, PATIENCE = 5000 };

/* What the oracle knows of a probe. */
typedef struct {
	bool ever, lost, fresh_good, hot, found;
	uint32_t age, unread;
	int row;
	double value;
} seen_t;

/* And of an output. */
typedef struct {
	double before; /* duty of the step before */
	cool_by_t by;
	bool known; /* there was a step before */
	uint32_t not_turning, off;
	double rpm;
	uint32_t rpm_age;
	bool shared; /* the demand of the step before, and its part of it, are known */
	double demand, part;
} known_t;

typedef struct {
	uint64_t seed;
	cool_board_t b;
	cool_settings_t s;
	cool_regulator_t r;
	random_world_t w;
	seen_t probes[RANDOM_ROMS];
	int holder[COOL_MAX_PROBES]; /* which probe feeds a role of the settings: its own, or one that was put in for it */
	uint32_t age;
	known_t outputs[COOL_MAX_OUTPUTS];
	bool leak, wet_before;
	uint32_t wet;
	double lpm, rh, air;
	uint32_t lpm_age, rh_age;
} oracle_t;

static oracle_t o;
static struct { long leak, hot, lost, stalled, chilled, standby, override, off, transfer, disagree, replaced, shared; } reached;

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

static bool is_water(int probe) { return probe == 0 || (probe >= 2 && probe <= 4); }

static int with_role(const char *role) {
	for (int i = 0; i < o.s.probe_count; i++) {
		if (strcmp(o.s.probes[i].role, role) == 0) return i;
	}
	return -1;
}

/* The role that a probe feeds; -1: none. */
static int role_of(int probe) {
	for (int i = 0; i < o.s.probe_count; i++) {
		if (o.holder[i] == probe) return i;
	}
	return -1;
}

static void own_roles(void) {
	for (int i = 0; i < COOL_MAX_PROBES; i++)
		o.holder[i] = i;
}

/* One role whose probe was never on the bus, and one good probe without a role, 10 s after the start. */
static void fill_vacancy(void) {
	int vacant = -1, spare = -1, vacancies = 0, spares = 0;
	for (int i = 0; i < o.s.probe_count; i++) {
		if (o.holder[i] == i && !o.probes[i].found) vacant = i, vacancies++;
	}
	for (int i = o.s.probe_count; i < RANDOM_ROMS; i++) {
		if (role_of(i) < 0 && o.probes[i].ever && !o.probes[i].lost) spare = i, spares++;
	}
	if (o.age >= 10000 && vacancies == 1 && spares == 1) o.holder[vacant] = spare, reached.replaced++;
}

static uint32_t add(uint32_t a, uint32_t b) { return a + b < a ? UINT32_MAX : a + b; }

static void sense_probes(uint32_t dt) {
	o.age = add(o.age, dt);
	for (int i = 0; i < o.s.probe_count; i++) {
		if (!o.w.found[i] || o.holder[i] == i) continue;
		o.holder[i] = i;
		o.probes[i].lost = true; /* what was given up has to prove itself */
		o.probes[i].age = PATIENCE;
	}
	for (int i = 0; i < RANDOM_ROMS; i++) {
		seen_t *p = &o.probes[i];
		const random_read_t *r = &o.w.reads[i];
		p->age = add(p->age, dt);
		p->found = p->found || o.w.found[i];
		p->fresh_good = r->fresh && r->good;
		p->unread = r->fresh ? 0 : add(p->unread, dt);
		if (r->fresh) p->row = r->good ? p->row + 1 : 0;
		if (p->unread >= PATIENCE) p->row = 0; /* a run of readings that pauses for so long is none */
		if (p->fresh_good) {
			p->ever = true;
			p->age = 0;
			p->value = r->celsius + (i < o.s.probe_count ? o.s.probes[i].offset_k : 0);
			if (p->row >= 3) p->lost = false;
			if (role_of(i) >= 0 && is_water(role_of(i)) && p->value >= o.s.critical_c) p->hot = true;
			if (p->value <= o.s.critical_c - 5) p->hot = false; /* from here on it need not be */
		}
		if (p->age >= PATIENCE) p->lost = true;
	}
	fill_vacancy();
}

static void sense(uint32_t dt) {
	const cool_senses_t *in = &o.w.in;
	sense_probes(dt);
	o.wet = in->leak_wet && o.wet_before ? add(o.wet, dt) : 0;
	o.wet_before = in->leak_wet;
	if (in->leak_wet && o.wet >= 500) o.leak = true;
	o.lpm_age = add(o.lpm_age, dt);
	o.rh_age = add(o.rh_age, dt);
	if (in->flow_fresh) o.lpm = in->flow_lpm, o.lpm_age = 0;
	if (in->humidity_fresh) o.rh = in->humidity_rh, o.air = in->humidity_c, o.rh_age = 0;
	for (int i = 0; i < o.s.output_count; i++) {
		known_t *k = &o.outputs[i];
		k->rpm_age = add(k->rpm_age, dt);
		if (in->tacho_fresh) k->rpm = in->rpm[i], k->rpm_age = 0;
		bool turns = k->rpm_age < PATIENCE && k->rpm > 0 && k->rpm < 1e307 && k->rpm >= o.s.outputs[i].stall_rpm;
		k->not_turning = k->known && k->before > 0 && !turns ? add(k->not_turning, dt) : 0;
	}
}

static bool turns_now(int i) {
	const known_t *k = &o.outputs[i];
	return o.r.drives[i].duty > 0 && k->rpm_age < PATIENCE && k->rpm > 0 && k->rpm >= o.s.outputs[i].stall_rpm;
}

/* The output whose demand an output does a part of; itself where it shares with nobody. */
static int leader_of(int i) {
	if (o.s.outputs[i].law != COOL_LAW_FOLLOW) return i;
	for (int k = 0; k < o.s.output_count; k++) {
		if (strcmp(o.s.outputs[k].name, o.s.outputs[i].follow) == 0) return k;
	}
	return -1;
}

static bool lost_input(int i, bool *not_yet) {
	const cool_input_t *in = &o.s.outputs[leader_of(i)].input;
	const seen_t *a = &o.probes[o.holder[with_role(in->role)]], *b = in->minus[0] != '\0' ? &o.probes[o.holder[with_role(in->minus)]] : a;
	*not_yet = !a->ever || !b->ever;
	return a->lost || b->lost;
}

static bool hot(void) {
	for (int i = 0; i < o.s.probe_count; i++) {
		if (o.probes[o.holder[i]].hot) return true;
	}
	return false;
}

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
	case COOL_BY_STANDBY: return o.s.standby && o.w.in.host_known && o.w.in.host_w < o.s.idle_w && !o.probes[o.holder[0]].lost;
	default: return false;
	}
}

static void check_common(int i, uint32_t dt) {
	const cool_output_cfg_t *c = &o.s.outputs[i];
	const cool_drive_t *d = &o.r.drives[i];
	const known_t *k = &o.outputs[i];
	RULE(i, d->duty >= 0 && d->duty <= 100, "a duty is 0 to 100");
	RULE(i, c->kind != COOL_SWITCH || d->duty <= 0 || d->duty >= 100, "a switch is on or off");
	RULE(i, (d->by == COOL_BY_LEAK) == (o.leak && c->role != COOL_BUZZER), "a leak claims everything that moves, and only a leak does");
	for (int b = 0; b < c->skips && c->kind != COOL_SWITCH; b++) {
		RULE(i, !(d->duty > c->skip[b].from && d->duty < c->skip[b].to), "a band is skipped");
	}
	if (d->by == COOL_BY_OVERRIDE) {
		int64_t ahead = c->override.until_ms - o.w.in.unix_ms;
		RULE(i, o.w.in.clock_valid && c->override.set && ahead > 0 && ahead <= (24 * 60 + 1) * 60000LL,
			"an override holds by the clock, and at most for a day");
		RULE(i, c->role == COOL_BUZZER || !hot(), "over-temperature cancels overrides");
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
	bool not_yet, lost = lost_input(i, &not_yet), pump = c->role == COOL_PUMP;
	if (pump) {
		RULE(i, d->duty > 0 || may_be_off(i), "a pump is off only by a leak, an override or standby");
		RULE(i, d->duty <= 0 || d->duty >= c->min_duty - 1e-9, "a running pump has its least duty");
		if (d->duty <= 0) reached.off++;
	}
	if (o.leak) {
		RULE(i, pump ? d->duty <= 0 : d->duty >= 100, "a leak stops pumps and lets fans blow");
		reached.leak++;
		return;
	}
	if (hot()) {
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
	bool any = fault("no_flow");
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
	RULE(i, d->by >= COOL_BY_OVERRIDE, "nothing else claims");
	if (d->by == COOL_BY_STANDBY) reached.standby++;
}

/* Who shares a demand asks for more of it whenever it rises, and for no more than it may get. */
static void check_share(int i) {
	const cool_output_cfg_t *c = &o.s.outputs[i];
	known_t *k = &o.outputs[i];
	if (!c->range.set) return;
	cool_law_out_t demand = o.r.outputs[leader_of(i)].demand, part = o.r.outputs[i].law;
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
}

static bool proven(void) {
	bool pump_on = false, pump = false, fan = false;
	for (int i = 0; i < o.s.output_count; i++) {
		const cool_output_cfg_t *c = &o.s.outputs[i];
		if (c->role == COOL_PUMP && o.r.drives[i].duty > 0) pump_on = true;
		if ((c->role != COOL_PUMP && c->role != COOL_FAN) || c->wiring.tacho_pin < 0) continue;
		if (!turns_now(i)) return false;
		if (c->role == COOL_PUMP) pump = true;
		if (c->role == COOL_FAN) fan = true;
	}
	bool flows = o.lpm_age < PATIENCE && o.lpm > 0;
	return pump_on && fan && (pump || o.b.flow) && (!o.b.flow || flows);
}

static void check_chiller(int i, uint32_t dt) {
	const cool_output_cfg_t *c = &o.s.outputs[i];
	known_t *k = &o.outputs[i];
	bool on = o.r.drives[i].duty > 0, not_yet;
	k->off = on ? k->off : add(k->off, dt);
	if (!on) return;
	reached.chilled++;
	double dew = 0;
	RULE(i, !o.leak && proven(), "a chiller runs only with a pump and a fan that turn");
	RULE(i, !lost_input(i, &not_yet) && !not_yet, "a chiller runs only where its input is known");
	RULE(i, o.rh_age < 60000 && cool_dew_point(o.air, o.rh, &dew), "a chiller runs only where the dew point is known");
	for (int p = 0; p < o.s.probe_count; p++) {
		if (!is_water(p) || o.probes[o.holder[p]].lost || !o.probes[o.holder[p]].ever) continue;
		RULE(i, o.probes[o.holder[p]].value > dew + o.s.dew_margin_k, "a chiller runs only above the dew point");
	}
	RULE(i, c->law != COOL_LAW_PI || c->input.minus[0] != '\0' || c->pi.setpoint > dew + o.s.dew_margin_k, "a chiller aims above the dew point");
	if (c->kind == COOL_SWITCH && k->known && k->before <= 0) RULE(i, add(k->off, dt) >= c->min_off_ms, "a chiller stays off for its time");
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
		if (mover && c->wiring.tacho_pin >= 0 && o.outputs[i].not_turning >= add(PATIENCE + c->spin_up_ms, dt))
			RULE(i, stalled(i), "what does not turn is stalled");
		o.outputs[i].before = d->duty;
		o.outputs[i].by = d->by;
		o.outputs[i].known = true;
	}
	RULE(0, fault("leak") == o.leak, "a leak is a fault until it is cleared");
	RULE(0, !hot() || fault("over_temperature"), "over-temperature is a fault");
	cool_metric_t metrics[COOL_MAX_METRICS];
	int n = cool_regulator_metrics(&o.r, metrics);
	for (int i = 0; i < n; i++) {
		RULE(0,
			cool_valid_metric(metrics[i].name) &&
				(metrics[i].reading.quality != COOL_GOOD || (metrics[i].reading.value >= -55 && metrics[i].reading.value <= 30000)),
			"metrics are well formed");
	}
}

static void begin(void) {
	uint64_t seed = o.seed;
	memset(&o, 0, sizeof o);
	o.seed = seed;
	random_board(&o.seed, &o.b);
	random_settings(&o.seed, &o.s, &o.b);
	random_world_init(&o.seed, &o.w);
	own_roles();
	cool_regulator_init(&o.r, &o.s, &o.b);
	o.lpm_age = o.rh_age = UINT32_MAX;
	for (int i = 0; i < COOL_MAX_OUTPUTS; i++)
		o.outputs[i].rpm_age = UINT32_MAX;
}

/* Whether the settings say of the probes what they said before, as far as those still hold their roles: then they disturb nothing. */
static bool same_probes(const cool_probe_cfg_t *was, int count) {
	bool same = count == o.s.probe_count;
	for (int i = 0; i < o.s.probe_count && same; i++)
		same = o.holder[i] != i || (was[i].offset_k >= o.s.probes[i].offset_k && was[i].offset_k <= o.s.probes[i].offset_k);
	return same;
}

/* Other settings, of which the oracle keeps what still holds. */
static void reconfigure(void) {
	int probes = o.s.probe_count;
	cool_probe_cfg_t was[COOL_MAX_PROBES];
	memcpy(was, o.s.probes, sizeof was);
	random_settings(&o.seed, &o.s, &o.b);
	for (int i = 0; i < COOL_MAX_PROBES && !same_probes(was, probes); i++) { /* one that was replaced is waited for again */
		if (o.holder[i] != i) o.probes[i] = (seen_t){.age = 0};
		o.holder[i] = i;
	}
	cool_regulator_apply(&o.r, &o.s);
	for (int i = 0; i < COOL_MAX_OUTPUTS; i++)
		o.outputs[i] = (known_t){.rpm = o.outputs[i].rpm, .rpm_age = o.outputs[i].rpm_age, .off = o.outputs[i].off};
	for (int i = 0; i < RANDOM_ROMS; i++) {
		if (i >= probes && i < o.s.probe_count && !o.probes[i].found) o.probes[i] = (seen_t){.age = 0};
		/* The last value with its new offset; whether it is hot is said by the next reading. */
		o.probes[i].hot = false;
		if (i < o.s.probe_count && i < probes && o.probes[i].ever) o.probes[i].value = 1e9;
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
		if (test_random_int(&o.seed, 0, 5) == 0) reconfigure();
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
	default: break;
	}
}

TEST(a_million_random_steps) {
	o.seed = 20261125;
	printf("seed %llu, %d steps\n", (unsigned long long)o.seed, (int)STEPS);
	for (int step = 0; step < STEPS && test_failures() < 20; step++) {
		if (step % STEPS_OF_A_RUN == 0) begin();
		ask();
		uint32_t dt = random_world_step(&o.seed, &o.w, &o.s, o.r.drives);
		uint32_t counted = dt > 60000 ? 60000 : dt;
		cool_regulator_step(&o.r, &o.w.in, dt);
		sense(counted);
		check(counted);
	}
	printf("outputs and steps by leak %ld, over-temperature %ld, lost input %ld, contradiction %ld, stall %ld, no transfer %ld, override %ld, "
		   "standby %ld; pumps off %ld, chillers on %ld\n",
		reached.leak, reached.hot, reached.lost, reached.disagree, reached.stalled, reached.transfer, reached.override, reached.standby, reached.off,
		reached.chilled);
	printf("parts of a demand %ld\n", reached.shared);
#ifndef TEST_SMALL
	/* A property that is never put to the test is none. */
	CHECK(reached.leak > 0 && reached.hot > 0 && reached.lost > 0 && reached.stalled > 0 && reached.chilled > 0 && reached.replaced > 0);
	CHECK(reached.standby > 0 && reached.override > 0 && reached.off > 0 && reached.transfer > 0 && reached.disagree > 0 && reached.shared > 0);
#endif
}
