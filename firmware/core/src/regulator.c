#include "cool/regulator.h"

#include <string.h>

#include "claims.h"
#include "cool/overrides.h"
#include "cool/share.h"
#include "experiments.h"
#include "number.h"

enum {
	MAX_STEP_MS = 60000,
	BLOCKED_MS = 30000, /* a pump and a fan that just started need some seconds to prove that they turn */
};

static void measure(cool_measured_t *m, bool fresh, double value, uint32_t dt_ms) {
	m->age_ms = cool_grow(m->age_ms, dt_ms);
	if (fresh) *m = (cool_measured_t){.value = value, .known = true};
}

static void set_fault(cool_regulator_t *r, const char *name, bool active, bool critical) { cool_faults_set(&r->faults, name, active, critical); }

void cool_stall_fault(char name[COOL_FAULT_SIZE], const cool_output_cfg_t *o) {
	size_t n = strlen(o->name);
	memcpy(name, o->name, n);
	memcpy(name + n, "_stall", sizeof "_stall");
}

static void set_stall(cool_regulator_t *r, const cool_output_cfg_t *o, bool active) {
	char name[COOL_FAULT_SIZE];
	cool_stall_fault(name, o);
	set_fault(r, name, active, o->role == COOL_PUMP);
}

/* Judges by what the outputs were told in the step before. Returns whether any output stands still; unproven says whether the water may. */
static bool step_stalls(cool_regulator_t *r, const cool_senses_t *in, uint32_t dt_ms, bool *unproven) {
	bool any = false, pump_on = false, pump_stalled = false;
	for (int i = 0; i < r->settings.output_count; i++) {
		const cool_output_cfg_t *o = &r->settings.outputs[i];
		bool tried = cool_experiment_tries(r, i); /* its law looks at it: it may stand */
		if (o->role == COOL_PUMP && r->drives[i].duty > 0 && !tried) pump_on = true;
		if (o->wiring.tacho_pin < 0) continue;
		cool_stall_in_t s = {
			.duty = r->started && !tried ? r->drives[i].duty : 0, /* how long before the first step it was driven is not known */
			.fresh = in->tacho_fresh,
			.rpm = in->rpm[i],
			.stall_rpm = o->stall_rpm,
			.spin_up_ms = o->spin_up_ms,
		};
		bool stalled = cool_stall_step(&r->outputs[i].stall, &s, dt_ms) && cool_moves(o);
		set_stall(r, o, stalled);
		any = any || stalled;
		pump_stalled = pump_stalled || (stalled && o->role == COOL_PUMP);
	}
	bool dry = cool_lasting_step(&r->dry, r->board.flow && pump_on && !cool_flows(r), COOL_STALL_MS, COOL_STALL_MS, dt_ms);
	set_fault(r, COOL_FAULT_NO_FLOW, dry, true);
	*unproven = pump_stalled || dry;
	return any;
}

/* The duty that an output has, before the spin-up pulse and skipped bands. */
static double in_effect(const cool_regulator_t *r, int i) {
	const cool_motor_t *m = &r->outputs[i].motor;
	return m->slew.started && r->settings.outputs[i].kind != COOL_SWITCH ? m->slew.duty : r->drives[i].duty;
}

/* From where the PI of an output starts: the duty in effect, or the least demand at which nobody who shares it asks for less than it has. */
static double take_over(const cool_regulator_t *r, int i) {
	const cool_settings_t *s = &r->settings;
	if (!s->outputs[i].range.set) return in_effect(r, i);
	double demand = 0;
	for (int k = 0; k < s->output_count; k++) {
		if (cool_share_leader(s, k) == i) demand = cool_max(demand, cool_share_demand(&s->outputs[k], in_effect(r, k)));
	}
	return demand;
}

/* Gives everyone who shares a demand its part. A lost input is everyone's own failsafe. */
static void share(cool_regulator_t *r) {
	for (int i = 0; i < r->settings.output_count; i++) {
		int leader = cool_share_leader(&r->settings, i);
		if (leader < 0) continue;
		const cool_output_cfg_t *o = &r->settings.outputs[i];
		cool_law_out_t demand = r->outputs[leader].demand;
		r->outputs[i].law = (cool_law_out_t){
			.duty = demand.failsafe ? o->failsafe_duty : cool_share_part(o, demand.duty),
			.failsafe = demand.failsafe,
		};
	}
}

/* What each automatic part asks for: first the laws, then the parts of those who share a demand. */
static void step_laws(cool_regulator_t *r, const cool_senses_t *in, uint32_t dt_ms) {
	for (int i = 0; i < r->settings.output_count; i++) {
		const cool_output_cfg_t *o = &r->settings.outputs[i];
		cool_output_t *out = &r->outputs[i];
		cool_law_in_t law = {.value = 0};
		law.good = cool_input_state(r, i, &law.value) == COOL_INPUT_KNOWN;
		if (o->law == COOL_LAW_PI && cool_experiment_pauses(r, i)) {
			/* It goes on afterwards where it was: what it saw meanwhile was not its doing. */
		} else if (o->law == COOL_LAW_PI) {
			out->law = cool_pi_step(&out->pi, &o->pi, law, in->host_known ? in->host_w : 0, take_over(r, i), dt_ms);
			out->demand = out->law;
		} else if (o->law == COOL_LAW_CURVE) {
			out->law = cool_curve_step(&out->curve, &o->curve, law, dt_ms);
		}
	}
	/* It is looked at where the output leads others. */
	if (cool_experiment_tunes(r)) r->outputs[r->experiment.output].demand = (cool_law_out_t){.duty = cool_tune_duty(&r->experiment.tune)};
	share(r);
}

static bool chiller_runs(const cool_regulator_t *r) {
	for (int i = 0; i < r->settings.output_count; i++) {
		if (r->settings.outputs[i].role == COOL_CHILLER && r->drives[i].duty > 0) return true;
	}
	return false;
}

/* Whether a role that anything goes by is lost: an output's input, and `water` in any case. */
static bool input_lost(const cool_regulator_t *r) {
	const cool_probe_t *water = cool_probes_role(&r->probes, "water");
	if (water == NULL || water->lost) return true;
	for (int i = 0; i < r->settings.output_count; i++) {
		double value;
		if (r->settings.outputs[i].law != COOL_LAW_NONE && cool_input_state(r, i, &value) == COOL_INPUT_LOST) return true;
	}
	return false;
}

static void raise_faults(cool_regulator_t *r) {
	bool stuck = false;
	for (int i = 0; i < r->probes.count; i++)
		stuck = stuck || r->probes.list[i].latest.quality == COOL_STUCK;
	set_fault(r, COOL_FAULT_LEAK, r->hazards.leak, true);
	set_fault(r, COOL_FAULT_OVER_TEMP, r->hazards.over_temp, true);
	set_fault(r, COOL_FAULT_INPUT_LOST, input_lost(r), true);
	set_fault(r, COOL_FAULT_DISAGREE, r->hazards.disagree.on, true);
	set_fault(r, COOL_FAULT_NO_TRANSFER, r->hazards.no_transfer, true);
	set_fault(r, COOL_FAULT_STUCK, stuck, false);
}

static void step_standby(cool_regulator_t *r, const cool_senses_t *in, bool stalled, uint32_t dt_ms) {
	const cool_probe_t *water = cool_probes_role(&r->probes, "water");
	cool_standby_in_t s = {
		.allowed = r->settings.standby && !stalled && !cool_faults_critical(&r->faults),
		.host_known = in->host_known,
		.host_w = in->host_w,
		.idle_w = r->settings.idle_w,
		.water_known = cool_probe_usable(water),
		.water = cool_probe_usable(water) ? water->value : 0,
	};
	(void)cool_standby_step(&r->standby, &s, dt_ms);
}

/* Claims that drive everything at full speed; the automatic part then takes over from there, not from where it would have been. */
static bool at_full(cool_by_t by) { return by == COOL_BY_OVER_TEMP || by == COOL_BY_STALL || by == COOL_BY_NO_TRANSFER; }

static void drive(cool_regulator_t *r, const cool_scene_t *scene, int i, uint32_t dt_ms) {
	cool_claim_t c = cool_claim(r, scene, i);
	cool_motor_t *m = &r->outputs[i].motor;
	if (at_full(c.by)) cool_pi_init(&r->outputs[i].pi);
	double duty = cool_motor_step(m, &r->settings.outputs[i], c.ask, dt_ms);
	r->drives[i] = (cool_drive_t){.duty = duty, .by = c.by, .supervised = cool_supervised(r, i), .cycles = m->cycles};
}

/* Whether a chiller is wanted by its automatic part; standby and overrides aside. */
static bool wanted(const cool_regulator_t *r, int i) { return r->settings.outputs[i].role == COOL_CHILLER && r->outputs[i].law.duty > 0; }

static void decide(cool_regulator_t *r, cool_scene_t *scene, uint32_t dt_ms) {
	bool blocked = false;
	for (int i = 0; i < r->settings.output_count; i++) {
		if (r->hazards.over_temp && r->settings.outputs[i].role != COOL_BUZZER) r->outputs[i].cancelled = true;
		/* One that ends too far ahead is cancelled also while something stronger decides, so that it does not begin after that. */
		(void)cool_override_holds(&r->settings.outputs[i], &r->outputs[i].cancelled, scene->in->clock_valid, scene->in->unix_ms);
		scene->chilling = scene->chilling || wanted(r, i);
	}
	/* Pumps and fans first: a chiller goes by what they are told in this step. */
	for (int i = 0; i < r->settings.output_count; i++) {
		if (cool_moves(&r->settings.outputs[i])) drive(r, scene, i, dt_ms);
	}
	for (int i = 0; i < r->settings.output_count; i++) {
		if (cool_moves(&r->settings.outputs[i])) continue;
		scene->may_chill[i] = r->settings.outputs[i].role == COOL_CHILLER && cool_may_chill(r, i);
		drive(r, scene, i, dt_ms);
		blocked = blocked || (wanted(r, i) && !scene->may_chill[i]);
	}
	set_fault(r, COOL_FAULT_INTERLOCK, cool_lasting_step(&r->blocked, blocked, BLOCKED_MS, 0, dt_ms), false);
}

void cool_regulator_step(cool_regulator_t *r, const cool_senses_t *in, uint32_t dt_ms) {
	if (dt_ms > MAX_STEP_MS) dt_ms = MAX_STEP_MS;
	cool_probes_step(&r->probes, in->probes, dt_ms);
	if (r->probes.replaced) cool_faults_event(&r->faults, COOL_FAULT_REPLACED);
	measure(&r->flow, in->flow_fresh, in->flow_lpm, dt_ms);
	measure(&r->rh, in->humidity_fresh, in->humidity_rh, dt_ms);
	measure(&r->air, in->humidity_fresh, in->humidity_c, dt_ms);

	cool_scene_t scene = {.in = in};
	bool unproven;
	bool stalled = step_stalls(r, in, dt_ms, &unproven);
	cool_hazards_in_t h = {
		.senses = in,
		.probes = &r->probes,
		.critical_c = r->settings.critical_c,
		.busy_w = r->settings.busy_w,
		.unproven = unproven,
		.chilled = chiller_runs(r),
	};
	cool_hazards_step(&r->hazards, &h, dt_ms);
	raise_faults(r);
	scene.critical = cool_faults_critical(&r->faults);
	cool_experiment_step(r, in, dt_ms);
	scene.stalled = stalled || (r->dry.on && !cool_experiment_sees_flow(r));
	step_laws(r, in, dt_ms);
	step_standby(r, in, scene.stalled, dt_ms);
	scene.resting = r->standby.resting;
	decide(r, &scene, dt_ms);
	r->started = true;
	r->clock_valid = in->clock_valid;
	r->unix_ms = in->unix_ms;
}

bool cool_regulator_clear(cool_regulator_t *r, const char *fault, uint32_t occurrence, char reason[COOL_REASON_SIZE]) {
	const cool_fault_t *f = cool_faults_find(&r->faults, fault);
	if (strcmp(fault, COOL_FAULT_LEAK) != 0) return cool_faults_clear(&r->faults, fault, occurrence, f != NULL && f->active, reason);
	if (!cool_faults_clear(&r->faults, fault, occurrence, r->hazards.wet.on || r->hazards.wet.was, reason)) return false;
	return cool_hazards_dry(&r->hazards);
}

void cool_regulator_leaked(cool_regulator_t *r) { r->hazards.leak = true; }

bool cool_regulator_leak(const cool_regulator_t *r) { return r->hazards.leak; }

uint32_t cool_regulator_cancelled(const cool_regulator_t *r) {
	uint32_t outputs = 0;
	for (int i = 0; i < r->settings.output_count; i++)
		if (r->settings.outputs[i].override.set && r->outputs[i].cancelled) outputs |= 1u << i;
	return outputs;
}

void cool_regulator_cancel(cool_regulator_t *r, uint32_t outputs) {
	for (int i = 0; i < r->settings.output_count; i++)
		if ((outputs & 1u << i) != 0) r->outputs[i].cancelled = true;
}

void cool_regulator_event(cool_regulator_t *r, const char *fault) { cool_faults_event(&r->faults, fault); }

bool cool_regulator_critical(const cool_regulator_t *r) { return cool_faults_critical(&r->faults); }

bool cool_regulator_sensed(const cool_regulator_t *r) { return r->probes.sensed; }
