#include "cool/curve.h"

#include "number.h"
#include "text.h"

static bool refuse_point(char *reason, int i, const char *member, double v, const char *expected) {
	char path[32];
	cool_text_t t;
	cool_text_begin(&t, path, sizeof path);
	cool_text_add(&t, "points[");
	cool_text_int(&t, i);
	cool_text_add(&t, "]");
	cool_text_add(&t, member);
	return cool_refuse(reason, path, v, expected);
}

static bool check_points(const cool_curve_cfg_t *c, char *reason) {
	if (c->count < 1 || c->count > COOL_MAX_POINTS) return cool_refuse(reason, "points", c->count, " of them; 1 to 16 are expected");
	for (int i = 0; i < c->count; i++) {
		const cool_point_t *p = &c->points[i];
		if (!cool_finite(p->temp)) return refuse_point(reason, i, "[0]", p->temp, "; a temperature is expected");
		if (!cool_within(p->duty, 0, 100)) return refuse_point(reason, i, "[1]", p->duty, " is not a duty within 0 to 100");
		if (i > 0 && p->temp <= p[-1].temp) return refuse_point(reason, i, "[0]", p->temp, " is not above the temperature before it");
		if (i > 0 && p->duty < p[-1].duty) {
			return refuse_point(reason, i, "[1]", p->duty, " is below the duty before it; less cooling for hotter water is a mistake");
		}
	}
	return true;
}

bool cool_curve_check(const cool_curve_cfg_t *c, char reason[COOL_REASON_SIZE]) {
	double max = c->max_duty == 0 ? 100 : c->max_duty;
	if (!check_points(c, reason)) return false;
	if (!cool_within(c->hysteresis_k, 0, 20)) return cool_refuse(reason, "hysteresis_k", c->hysteresis_k, " is not within 0 to 20 K");
	if (!cool_within(c->min_duty, 0, 100)) return cool_refuse(reason, "min_duty", c->min_duty, " is not within 0 to 100");
	if (!cool_within(max, c->min_duty, 100)) return cool_refuse(reason, "max_duty", max, " is not within min_duty to 100");
	if (!cool_within(c->start_duty, 0, 100)) return cool_refuse(reason, "start_duty", c->start_duty, " is not within 0 to 100");
	if (!cool_within(c->stop_duty, 0, c->start_duty)) return cool_refuse(reason, "stop_duty", c->stop_duty, " is not within 0 to start_duty");
	if (c->failsafe_duty != 0 && !cool_within(c->failsafe_duty, 50, 100)) {
		return cool_refuse(reason, "failsafe_duty", c->failsafe_duty, " is not within 50 to 100");
	}
	return true;
}

void cool_curve_init(cool_curve_t *c) { *c = (cool_curve_t){.held = 0}; }

double cool_curve_at(const cool_curve_cfg_t *cfg, double temp) {
	if (temp <= cfg->points[0].temp) return cfg->points[0].duty;
	for (int i = 1; i < cfg->count; i++) {
		const cool_point_t *a = &cfg->points[i - 1], *b = &cfg->points[i];
		/* The clamp keeps rounding from leaving the segment. */
		if (temp < b->temp) return cool_clamp(a->duty + (b->duty - a->duty) * (temp - a->temp) / (b->temp - a->temp), a->duty, b->duty);
	}
	return cfg->points[cfg->count - 1].duty;
}

/* The corners at the held temperature, with the rest and the bounds applied. */
static double duty(cool_curve_t *c, const cool_curve_cfg_t *cfg) {
	double raw = cool_curve_at(cfg, c->held);
	if (cfg->start_duty != 0) {
		if (c->stopped && raw >= cfg->start_duty) {
			c->stopped = false;
		} else if (!c->stopped && raw < cfg->stop_duty) {
			c->stopped = true;
		}
	}
	if (c->stopped) return 0;
	return cool_clamp(raw, cfg->min_duty, cfg->max_duty == 0 ? 100 : cfg->max_duty);
}

cool_law_out_t cool_curve_step(cool_curve_t *c, const cool_curve_cfg_t *cfg, cool_law_in_t in, uint32_t dt_ms) {
	if (!in.good || !cool_finite(in.value)) {
		c->lost_ms = cool_grow(c->lost_ms, dt_ms);
		if (!c->seen || c->lost_ms >= cfg->patience_ms) {
			c->seen = c->stopped = false;
			return (cool_law_out_t){.duty = cfg->failsafe_duty == 0 ? 100 : cfg->failsafe_duty, .failsafe = true};
		}
		return (cool_law_out_t){.duty = duty(c, cfg)};
	}
	c->lost_ms = 0;
	c->held = c->seen ? cool_clamp(c->held, in.value, in.value + cfg->hysteresis_k) : in.value;
	c->seen = true;
	return (cool_law_out_t){.duty = duty(c, cfg)};
}
