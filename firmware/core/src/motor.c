#include "cool/motor.h"

#include "number.h"

enum { BAND_SLACK = 1 /* percent below a band before its upper end is left */ };

void cool_motor_init(cool_motor_t *m, double duty) {
	*m = (cool_motor_t){.duty = duty, .on = duty > 0, .band = -1, .held_ms = duty > 0 ? UINT32_MAX : 0};
	if (duty > 0) m->slew = (cool_slew_t){.duty = duty, .started = true};
}

/* The duty from which on a motor turns for certain. */
static double turns_from(const cool_output_cfg_t *cfg) { return cool_max(cfg->min_duty, cfg->start_duty); }

/* The ask with rest and least duty applied. */
static double wanted(cool_motor_t *m, const cool_output_cfg_t *cfg, const cool_ask_t *ask) {
	double duty = cool_finite(ask->duty) ? cool_clamp(ask->duty, 0, 100) : 100;
	if (!ask->rests || cfg->start_duty == 0) {
		m->resting = false;
	} else if (m->resting ? duty >= cfg->start_duty : duty < cfg->stop_duty) {
		m->resting = !m->resting;
	}
	if (duty <= 0 || m->resting) return 0;
	return ask->raw ? duty : cool_max(duty, cfg->min_duty);
}

static double drive_switch(cool_motor_t *m, const cool_output_cfg_t *cfg, const cool_ask_t *ask, bool on) {
	bool held = ask->raw ? false
		: on             ? m->held_ms < cfg->min_off_ms && cfg->role != COOL_PUMP && !ask->urgent
						 : m->held_ms < cfg->min_on_ms && !ask->at_once;
	if (on != m->on && !held) {
		m->on = on;
		m->held_ms = ask->raw ? UINT32_MAX : 0; /* what was tried is no reason to stay off, or on, after it */
		if (on) m->cycles++;
	}
	return m->on ? 100 : 0;
}

/* The band that a duty stands in, or has not left far enough downward yet; -1: none. */
static int band_of(const cool_motor_t *m, const cool_output_cfg_t *cfg, double duty) {
	for (int i = 0; i < cfg->skips; i++) {
		double below = m->band == i ? cool_max(0, cfg->skip[i].from - BAND_SLACK) : cfg->skip[i].from;
		if (duty > below && duty < cfg->skip[i].to) return i;
	}
	return -1;
}

static double drive_pwm(cool_motor_t *m, const cool_output_cfg_t *cfg, const cool_ask_t *ask, double duty, uint32_t dt_ms) {
	if (duty <= 0) {
		m->slew = (cool_slew_t){.started = false};
		m->spin_ms = 0;
		m->band = -1;
		return 0;
	}
	if (ask->raw) {
		m->slew = (cool_slew_t){.duty = duty, .started = duty >= turns_from(cfg)};
		m->spin_ms = 0;
		m->band = -1;
		return duty;
	}
	if (!m->slew.started) {
		m->spin_ms = cfg->spin_up_ms;
	} else {
		m->spin_ms = m->spin_ms > dt_ms ? m->spin_ms - dt_ms : 0;
	}
	if (ask->at_once) m->slew.started = false;
	duty = cool_slew_step(&m->slew, cfg->slew_up, cfg->slew_down, duty, dt_ms, ask->urgent);
	/* Where the least duty was raised meanwhile it counts at once. */
	if (duty < cfg->min_duty) m->slew.duty = duty = cfg->min_duty;
	m->band = band_of(m, cfg, duty);
	if (m->band >= 0) duty = cfg->skip[m->band].to;
	return m->spin_ms > 0 ? 100 : duty;
}

double cool_motor_step(cool_motor_t *m, const cool_output_cfg_t *cfg, cool_ask_t ask, uint32_t dt_ms) {
	double duty = wanted(m, cfg, &ask);
	m->held_ms = cool_grow(m->held_ms, dt_ms);
	m->duty = cfg->kind == COOL_SWITCH ? drive_switch(m, cfg, &ask, duty > 0) : drive_pwm(m, cfg, &ask, duty, dt_ms);
	return m->duty;
}
