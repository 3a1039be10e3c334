/* The command `autotune`: when it may begin, and between what its relay switches. */
#include <string.h>

#include "cool/share.h"
#include "experiments.h"
#include "number.h"

enum { MS_PER_MIN = 60000 };

/* The duty that is done where one within a skipped band is asked for. */
static double above(const cool_output_cfg_t *o, double duty) {
	for (int k = 0; k < o->skips; k++)
		if (duty > o->skip[k].from && duty < o->skip[k].to) return o->skip[k].to;
	return duty;
}

/*
 * Least and full cooling of output i. Least is where nobody rests: the step from rest to the least speed is larger than any other, and what it does to the loop is not what the PI does
 * between. Of shared work it is the demand at which the last one who may rest has begun.
 */
static void bounds(const cool_settings_t *s, int i, cool_tune_cfg_t *cfg) {
	const cool_output_cfg_t *o = &s->outputs[i];
	if (cool_share_leader(s, i) < 0) {
		cfg->least = above(o, cool_max(o->min_duty, o->stop_duty));
		cfg->full = o->max_duty;
		return;
	}
	cfg->least = 0;
	cfg->full = 100;
	for (int k = 0; k < s->output_count; k++) {
		const cool_output_cfg_t *p = &s->outputs[k];
		bool rests = cool_share_leader(s, k) == i && p->start_duty > 0;
		if (rests) cfg->least = cool_max(cfg->least, cool_max(p->range.from, 1)); /* at a demand of 0 it rests, whatever its range */
	}
}

/* Whether output i can be tuned at all. */
static bool tunable(const cool_regulator_t *r, int i, char reason[COOL_REASON_SIZE]) {
	const cool_settings_t *s = &r->settings;
	const cool_output_cfg_t *o = &s->outputs[i];
	if (o->kind == COOL_SWITCH) return cool_experiment_because(reason, "", "a switch has one speed; there is nothing to tune");
	if (o->law == COOL_LAW_FOLLOW) {
		char who[COOL_REASON_SIZE];
		(void)cool_experiment_because(who, o->name, ": it follows; tune its leader ");
		return cool_experiment_because(reason, who, o->follow);
	}
	for (int k = 0; k < s->output_count; k++) {
		if (cool_share_leader(s, k) == i && cool_experiment_overridden(r, k))
			return cool_experiment_because(reason, s->outputs[k].name, ": it is overridden; end that first");
	}
	return true;
}

/* Whether its setpoint and its bounds leave something to find. */
static bool worth(const cool_regulator_t *r, int i, const cool_tune_cfg_t *cfg, char reason[COOL_REASON_SIZE]) {
	const cool_output_cfg_t *o = &r->settings.outputs[i];
	bool water = strcmp(o->input.role, "water") == 0 && o->input.minus[0] == '\0';
	if (water && cfg->setpoint > r->settings.critical_c - COOL_TUNE_BELOW_K)
		return cool_experiment_because(reason, "", "the setpoint has to be at least 6 K below critical");
	if (cfg->full - cfg->least < COOL_TUNE_APART)
		return cool_experiment_because(reason, o->name, ": its least and its greatest duty are too near to each other");
	return true;
}

bool cool_regulator_autotune(cool_regulator_t *r, const char *output, const double *setpoint, uint32_t minutes, char reason[COOL_REASON_SIZE]) {
	int i = cool_experiment_may_try(r, output, reason);
	if (i < 0 || !tunable(r, i, reason)) return false;
	const cool_output_cfg_t *o = &r->settings.outputs[i];
	if (setpoint == NULL && o->law != COOL_LAW_PI)
		return cool_experiment_because(reason, o->name, ": its curve has no setpoint; say the one that it is to be tuned for");
	cool_tune_cfg_t cfg = {.setpoint = setpoint != NULL ? *setpoint : o->pi.setpoint, .time_ms = minutes * MS_PER_MIN};
	bounds(&r->settings, i, &cfg);
	if (!worth(r, i, &cfg, reason)) return false;
	cool_experiment_t e = {.stepped = false};
	cool_tune_begin(&e.tune, &cfg);
	return cool_experiment_begin(r, &e, COOL_AUTOTUNE, i, reason);
}
