#include "cool/pi.h"

#include "number.h"
#include "text.h"

enum {
	MAX_STEP_MS = 60000,
	MAX_ERROR_K = 1000, /* what no probe can give must not overflow what follows */
	SMOOTH_PART = 10,   /* of ti */
	SMOOTH_MOST_S = 10,
};

bool cool_pi_check(const cool_pi_cfg_t *c, char reason[COOL_REASON_SIZE]) {
	double max = c->max_duty == 0 ? 100 : c->max_duty;
	if (!(c->setpoint >= -20 && c->setpoint < 60)) return cool_refuse(reason, "setpoint", c->setpoint, " is not within -20 to below 60");
	if (!(c->kp > 0 && c->kp <= 100)) return cool_refuse(reason, "kp", c->kp, " is not above 0 and up to 100 percent per K");
	if (!cool_within(c->ti_s, 1, 36000)) return cool_refuse(reason, "ti_s", c->ti_s, " is not within 1 to 36000 s");
	if (!cool_within(c->deadband_k, 0, 2)) return cool_refuse(reason, "deadband_k", c->deadband_k, " is not within 0 to 2 K");
	if (!cool_within(c->ff_duty_per_w, 0, 5)) return cool_refuse(reason, "ff_duty_per_w", c->ff_duty_per_w, " is not within 0 to 5 percent per W");
	if (!cool_within(c->min_duty, 0, 100)) return cool_refuse(reason, "min_duty", c->min_duty, " is not within 0 to 100");
	if (!cool_within(max, c->min_duty, 100)) return cool_refuse(reason, "max_duty", max, " is not within min_duty to 100");
	if (c->failsafe_duty != 0 && !cool_within(c->failsafe_duty, 50, 100)) {
		return cool_refuse(reason, "failsafe_duty", c->failsafe_duty, " is not within 50 to 100");
	}
	return true;
}

void cool_pi_init(cool_pi_t *p) { *p = (cool_pi_t){.integral = 0}; }

static cool_law_out_t lost(cool_pi_t *p, const cool_pi_cfg_t *cfg, uint32_t dt_ms) {
	p->lost_ms = cool_grow(p->lost_ms, dt_ms);
	if (p->seen && p->lost_ms < cfg->patience_ms) return (cool_law_out_t){.duty = p->duty};
	p->seen = false;
	return (cool_law_out_t){.duty = cfg->failsafe_duty == 0 ? 100 : cfg->failsafe_duty, .failsafe = true};
}

/* What of an error lies outside the deadband. */
static double beyond(const cool_pi_cfg_t *cfg, double e) { return e - cool_clamp(e, -cfg->deadband_k, cfg->deadband_k); }

/* At the edge of the deadband a single step of a probe would otherwise be a step of the duty, again and again at steady load. */
static double average(cool_pi_t *p, const cool_pi_cfg_t *cfg, double v, double dt_s) {
	if (!p->seen || cfg->deadband_k <= 0) return p->smooth = v;
	p->smooth += (v - p->smooth) * dt_s / (dt_s + cool_min(cfg->ti_s / SMOOTH_PART, SMOOTH_MOST_S));
	return p->smooth;
}

cool_law_out_t cool_pi_step(cool_pi_t *p, const cool_pi_cfg_t *cfg, cool_law_in_t in, double host_w, double from, uint32_t dt_ms) {
	if (!in.good || !cool_finite(in.value)) return lost(p, cfg, dt_ms);
	p->lost_ms = 0;
	double max = cfg->max_duty == 0 ? 100 : cfg->max_duty;
	double e = cool_clamp(in.value - cfg->setpoint, -MAX_ERROR_K, MAX_ERROR_K);
	double dt_s = (dt_ms > MAX_STEP_MS ? MAX_STEP_MS : dt_ms) / 1000.0;
	double prop = cfg->kp * beyond(cfg, average(p, cfg, cfg->setpoint + e, dt_s) - cfg->setpoint);
	e = beyond(cfg, e);
	double feed = cool_finite(host_w) ? cool_clamp(cfg->ff_duty_per_w * host_w, 0, 100) : 0;
	if (!p->seen) {
		p->seen = true;
		p->integral = from - prop - feed;
	} else {
		double next = p->integral + cfg->kp * e * dt_s / cfg->ti_s;
		if (e > 0) p->integral = cool_max(p->integral, cool_min(next, max - prop - feed));
		if (e < 0) p->integral = cool_min(p->integral, cool_max(next, cfg->min_duty - prop - feed));
	}
	p->integral = cool_clamp(p->integral, -100, 100);
	p->duty = cool_clamp(prop + p->integral + feed, cfg->min_duty, max);
	return (cool_law_out_t){.duty = p->duty};
}
