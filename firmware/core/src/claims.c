#include "claims.h"

#include "cool/overrides.h"
#include "experiments.h"
#include "number.h"

enum { ANTI_SEIZE_DUTY = 30 /* percent: more than what any usual motor starts at */ };

static const char *const words[] = {
	[COOL_BY_BOOT] = "boot",
	[COOL_BY_LEAK] = "leak",
	[COOL_BY_INTERLOCK] = "chiller_interlock",
	[COOL_BY_OVER_TEMP] = "over_temperature",
	[COOL_BY_FAILSAFE] = "input_failsafe",
	[COOL_BY_STALL] = "stall",
	[COOL_BY_NO_TRANSFER] = "no_heat_transfer",
	[COOL_BY_TUNE] = "autotune",
	[COOL_BY_COMMISSION] = "commissioning",
	[COOL_BY_OVERRIDE] = "override",
	[COOL_BY_STANDBY] = "standby",
	[COOL_BY_AUTO] = "auto",
};

const char *cool_by_word(cool_by_t by) {
	unsigned i = (unsigned)by;
	return words[i <= COOL_BY_AUTO ? i : COOL_BY_AUTO];
}

static cool_input_state_t state_of(const cool_probe_t *p) {
	if (p == NULL || p->lost) return COOL_INPUT_LOST;
	return p->seen ? COOL_INPUT_KNOWN : COOL_INPUT_NOT_YET;
}

cool_input_state_t cool_input_state(const cool_regulator_t *r, int i, double *value) {
	const cool_input_t *in = &r->settings.outputs[i].input;
	const cool_probe_t *role = cool_probes_role(&r->probes, in->role);
	cool_input_state_t state = state_of(role);
	double minus = 0;
	if (in->minus[0] != '\0') {
		const cool_probe_t *other = cool_probes_role(&r->probes, in->minus);
		cool_input_state_t second = state_of(other);
		if (second > state) state = second;
		if (second == COOL_INPUT_KNOWN) minus = other->value;
	}
	if (state == COOL_INPUT_KNOWN) *value = role->value - minus;
	return state;
}

static bool sees_water(const cool_input_t *in) { return cool_water_role(in->role) || (in->minus[0] != '\0' && cool_water_role(in->minus)); }

/* Whether a frozen probe would be noticed: by another one that moves. With one probe the least duties have to hold the load by themselves, so nothing rests. */
static bool watched(const cool_regulator_t *r) {
	int usable = 0;
	for (int i = 0; i < r->probes.count; i++)
		usable += r->probes.list[i].water && cool_probe_usable(&r->probes.list[i]);
	return usable >= 2;
}

static cool_claim_t safety(cool_by_t by, double duty) { return (cool_claim_t){by, {.duty = duty, .urgent = true}}; }

static cool_claim_t off_at_once(cool_by_t by) { return (cool_claim_t){by, {.duty = 0, .at_once = true}}; }

/* The override or the automatic part, which everything above has let pass. */
static cool_claim_t ordinary(cool_regulator_t *r, const cool_scene_t *scene, int i) {
	const cool_output_cfg_t *o = &r->settings.outputs[i];
	cool_output_t *out = &r->outputs[i];
	if (cool_override_holds(o, &out->cancelled, scene->in->clock_valid, scene->in->unix_ms)) {
		return (cool_claim_t){COOL_BY_OVERRIDE, {.duty = o->override.duty}};
	}
	double least = cool_max(o->min_duty, o->start_duty);
	if (scene->resting) {
		bool turn = r->standby.pulse && o->role != COOL_CHILLER;
		return (cool_claim_t){COOL_BY_STANDBY, {.duty = turn ? cool_max(least, ANTI_SEIZE_DUTY) : 0}};
	}
	if (o->role == COOL_FAN && scene->chilling) return (cool_claim_t){COOL_BY_AUTO, {.duty = cool_max(out->law.duty, least)}};
	if (o->role == COOL_FAN && !watched(r)) return (cool_claim_t){COOL_BY_AUTO, {.duty = cool_max(out->law.duty, o->min_duty)}};
	return (cool_claim_t){COOL_BY_AUTO, {.duty = out->law.duty, .rests = true}};
}

static cool_claim_t claim_buzzer(cool_regulator_t *r, const cool_scene_t *scene, int i) {
	const cool_output_cfg_t *o = &r->settings.outputs[i];
	if (cool_override_holds(o, &r->outputs[i].cancelled, scene->in->clock_valid, scene->in->unix_ms)) {
		return (cool_claim_t){COOL_BY_OVERRIDE, {.duty = o->override.duty}};
	}
	return (cool_claim_t){COOL_BY_AUTO, {.duty = scene->critical ? 100 : 0, .urgent = true, .at_once = true}};
}

static cool_claim_t claim_chiller(cool_regulator_t *r, const cool_scene_t *scene, int i) {
	if (r->hazards.leak) return off_at_once(COOL_BY_LEAK);
	if (!scene->may_chill[i]) return off_at_once(COOL_BY_INTERLOCK);
	return ordinary(r, scene, i);
}

/* A pump that stands still gets full duty, since its tachometer may be what broke, and now and then a jerk. */
static cool_claim_t stalled(const cool_regulator_t *r, int i) {
	const cool_output_cfg_t *o = &r->settings.outputs[i];
	cool_claim_t c = safety(COOL_BY_STALL, 100);
	if (o->role == COOL_PUMP && o->kind != COOL_SWITCH && cool_stall_retry(&r->outputs[i].stall)) {
		c.ask.duty = o->min_duty;
		c.ask.at_once = true;
	}
	return c;
}

static cool_claim_t claim_mover(cool_regulator_t *r, const cool_scene_t *scene, int i) {
	const cool_output_cfg_t *o = &r->settings.outputs[i];
	double value = 0;
	if (r->hazards.leak) return o->role == COOL_PUMP ? off_at_once(COOL_BY_LEAK) : safety(COOL_BY_LEAK, 100);
	if (r->hazards.over_temp) return safety(COOL_BY_OVER_TEMP, 100);
	switch (cool_input_state(r, i, &value)) {
	case COOL_INPUT_LOST: return safety(COOL_BY_FAILSAFE, o->failsafe_duty);
	case COOL_INPUT_NOT_YET: return safety(COOL_BY_BOOT, o->failsafe_duty);
	case COOL_INPUT_KNOWN: break;
	}
	/* One of the probes is right. If it is the one that the law looks at, its duty must not be less than without the contradiction. */
	if (r->hazards.disagree.on && sees_water(&o->input)) return safety(COOL_BY_FAILSAFE, cool_max(o->failsafe_duty, r->outputs[i].law.duty));
	if (scene->stalled) return stalled(r, i);
	if (r->hazards.no_transfer) return safety(COOL_BY_NO_TRANSFER, 100);
	if (cool_experiment_holds(r, i)) return cool_experiment_claim(r, i);
	return ordinary(r, scene, i);
}

cool_claim_t cool_claim(cool_regulator_t *r, const cool_scene_t *scene, int i) {
	switch (r->settings.outputs[i].role) {
	case COOL_BUZZER: return claim_buzzer(r, scene, i);
	case COOL_CHILLER: return claim_chiller(r, scene, i);
	case COOL_PUMP:
	case COOL_FAN: break;
	}
	return claim_mover(r, scene, i);
}
