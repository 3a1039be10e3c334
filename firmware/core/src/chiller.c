/*
 * The interlock of chillers. One may run only while all of this is so:
 *  - there is no stall; every pump and every fan that has a tachometer is told to turn and is measured to do so now, and there is such a fan: which one
 *    cools the hot side is not known to the settings, so all of them have to;
 *  - the water moves: a pump proved it by its tachometer, or the flow meter says so, and where there are both, both do;
 *  - the dew point is known, and both what the chiller aims at and the coldest water are more than the margin above it;
 *  - its own input is known, and the probes do not contradict each other: otherwise nobody knows how cold it gets.
 */
#include "claims.h"
#include "cool/dewpoint.h"
#include "number.h"

enum {
	FLOW_STALE_MS = COOL_STALL_MS,
	AIR_STALE_MS = 60000, /* humidity changes in minutes */
};

bool cool_flows(const cool_regulator_t *r) { return r->flow.known && r->flow.age_ms < FLOW_STALE_MS && r->flow.value >= COOL_LEAST_FLOW_LPM; }

bool cool_supervised(const cool_regulator_t *r, int i) {
	const cool_output_cfg_t *o = &r->settings.outputs[i];
	bool tacho = o->wiring.tacho_pin >= 0 && cool_moves(o);
	return tacho || (o->role == COOL_PUMP && r->board.flow);
}

/* Whether all outputs of a role that have a tachometer turn; any says whether there is one. */
static bool all_turn(const cool_regulator_t *r, cool_role_t role, bool *any) {
	*any = false;
	for (int i = 0; i < r->settings.output_count; i++) {
		const cool_output_cfg_t *o = &r->settings.outputs[i];
		if (o->role != role || o->wiring.tacho_pin < 0) continue;
		if (!(r->drives[i].duty > 0) || !r->outputs[i].stall.proven || r->outputs[i].stall.stalled) return false;
		*any = true;
	}
	return true;
}

static bool any_pump_runs(const cool_regulator_t *r) {
	for (int i = 0; i < r->settings.output_count; i++) {
		if (r->settings.outputs[i].role == COOL_PUMP && r->drives[i].duty > 0) return true;
	}
	return false;
}

static bool carried_away(const cool_regulator_t *r) {
	bool pump, fan;
	if (!all_turn(r, COOL_PUMP, &pump) || !all_turn(r, COOL_FAN, &fan) || !fan || r->dry.on) return false;
	if (r->board.flow && !cool_flows(r)) return false;
	return any_pump_runs(r) && (pump || r->board.flow);
}

/* The temperature of its input at which a chiller stops; false if it never does. */
static bool aims_at(const cool_output_cfg_t *o, double *temp) {
	if (o->law == COOL_LAW_PI) {
		*temp = o->pi.setpoint;
		return true;
	}
	const cool_point_t *p = o->curve.points;
	double rest = o->start_duty > 0 ? o->stop_duty : 0;
	if (p[0].duty > rest) return false;
	*temp = p[o->curve.count - 1].temp;
	for (int i = 1; i < o->curve.count; i++) {
		if (p[i].duty > rest) {
			*temp = p[i - 1].temp + (rest - p[i - 1].duty) / (p[i].duty - p[i - 1].duty) * (p[i].temp - p[i - 1].temp);
			break;
		}
	}
	*temp -= o->curve.hysteresis_k;
	return true;
}

static bool coldest_water(const cool_regulator_t *r, double *temp) {
	bool any = false;
	for (int i = 0; i < r->probes.count; i++) {
		const cool_probe_t *p = &r->probes.list[i];
		if (!p->water || !cool_probe_usable(p)) continue;
		*temp = any ? cool_min(*temp, p->value) : p->value;
		any = true;
	}
	return any;
}

static bool dry(const cool_regulator_t *r, const cool_output_cfg_t *o) {
	double dew, target, water = 0;
	if (!r->rh.known || r->rh.age_ms >= AIR_STALE_MS || !cool_dew_point(r->air.value, r->rh.value, &dew)) return false;
	if (!aims_at(o, &target) || !coldest_water(r, &water)) return false;
	if (o->input.minus[0] != '\0') target += cool_probes_role(&r->probes, o->input.minus)->value;
	return cool_min(target, water) > dew + r->settings.dew_margin_k;
}

bool cool_may_chill(const cool_regulator_t *r, int i) {
	double value;
	if (cool_input_state(r, i, &value) != COOL_INPUT_KNOWN || r->hazards.disagree.on) return false;
	return carried_away(r) && dry(r, &r->settings.outputs[i]);
}
