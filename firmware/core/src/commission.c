#include "cool/commission.h"

#include "claims.h"
#include "number.h"

enum {
	STEADY_MS = 2000, /* the tachometers' window is a second, and some motors swing */
	TWICE = 2,
};

#define STEADY_PART 0.02
#define FOLLOWS_PART 1.1 /* less than this many times the speed at 0 is no answer to full duty */

const char *cool_commissioning_check(const cool_commissioning_cfg_t *cfg) {
	if (cfg->test != COOL_TEST_SWEEP) return NULL;
	if ((cfg->tachometers >> cfg->output & 1) == 0) return "a sweep needs a tachometer; the output has none";
	if (cfg->pump && !cfg->flow_meter && !cfg->filled) return "a sweep of a pump needs a flow meter, or somebody who has seen water move (filled)";
	return NULL;
}

void cool_commissioning_begin(cool_commissioning_t *c, const cool_commissioning_cfg_t *cfg) { *c = (cool_commissioning_t){.cfg = *cfg}; }

/* Asks for another duty. What turned before says nothing about it. */
static void ask(cool_commissioning_t *c, double duty) {
	c->duty = duty;
	c->step_ms = 0;
	c->turns = c->stands = 0;
}

static void enter(cool_commissioning_t *c, cool_commissioning_phase_t phase, double duty) {
	c->phase = phase;
	c->phase_ms = 0;
	ask(c, duty);
}

static void end(cool_commissioning_t *c, cool_commissioning_state_t state, const char *reason) {
	c->state = state;
	c->reason = reason;
	c->duty = 0;
	c->phase_ms = 0;
}

static void fail(cool_commissioning_t *c, const char *reason) { end(c, COOL_COMMISSION_FAILED, reason); }

/* What a tachometer or a flow meter said; nonsense counts as nothing. */
static double said(double v) { return cool_finite(v) && v > 0 ? v : 0; }

static bool has_tachometer(const cool_commissioning_t *c, int i) { return (c->cfg.tachometers >> i & 1) != 0; }

static void look(cool_commissioning_t *c, const cool_senses_t *in) {
	if (in->flow_fresh && c->phase == COOL_PHASE_RUN) c->flow_lpm = cool_max(c->flow_lpm, said(in->flow_lpm));
	if (!in->tacho_fresh) return;
	for (int i = 0; i < COOL_MAX_OUTPUTS; i++) {
		if (!has_tachometer(c, i)) continue;
		double rpm = said(in->rpm[i]);
		if (c->phase == COOL_PHASE_RUN) c->turned[i] = cool_max(c->turned[i], rpm);
		if (rpm >= COOL_TURNS_RPM && (c->cfg.test == COOL_TEST_RUN || i == c->cfg.output)) c->still_ms = 0;
		if (i == c->cfg.output) c->rpm = rpm;
	}
	bool turns = c->rpm >= COOL_TURNS_RPM;
	c->turns = !turns ? 0 : c->turns < TWICE ? c->turns + 1 : TWICE;
	c->stands = turns ? 0 : c->stands < TWICE ? c->stands + 1 : TWICE;
}

/* Whether the pump runs dry, as far as can be known. */
static bool runs_dry(cool_commissioning_t *c, const cool_senses_t *in, uint32_t dt_ms) {
	bool judged = c->cfg.pump && c->duty > 0;
	if (c->cfg.flow_meter) {
		bool flows = in->flow_fresh && said(in->flow_lpm) >= COOL_LEAST_FLOW_LPM;
		judged = judged && !flows && (c->phase == COOL_PHASE_RUN || c->phase == COOL_PHASE_FULL);
	} else {
		judged = judged && !c->cfg.filled;
	}
	c->dry_ms = judged ? c->dry_ms + dt_ms : 0;
	if (c->dry_ms < COOL_DRY_MS) return false;
	/* Without a flow meter a run that is just through has shown what it was to show. */
	return c->cfg.flow_meter || c->phase != COOL_PHASE_RUN || c->phase_ms < c->cfg.seconds * 1000;
}

static void step_rest(cool_commissioning_t *c) {
	if (c->still_ms < COOL_REST_MIN_MS && c->phase_ms < COOL_REST_MAX_MS) return;
	if (c->cfg.test == COOL_TEST_RUN) {
		enter(c, COOL_PHASE_RUN, c->cfg.duty);
	} else if (c->turns < TWICE) {
		enter(c, COOL_PHASE_RISING, COOL_SWEEP_STEP);
	} else {
		c->rest_rpm = c->rpm;
		enter(c, COOL_PHASE_FULL, 100);
	}
}

static void step_rising(cool_commissioning_t *c) {
	if (c->turns == TWICE) {
		c->start_duty = cool_clamp(c->duty + 2 * COOL_SWEEP_STEP, 0, 100);
		enter(c, COOL_PHASE_FULL, 100);
	} else if (c->duty >= 100) {
		if (c->step_ms >= COOL_FULL_MIN_MS) fail(c, "no pulses at full duty: is the tachometer wired to this pin?");
	} else if (c->step_ms >= COOL_RISE_MS) {
		c->duty += COOL_SWEEP_STEP; /* what began to turn goes on with more, so a measurement before counts */
		c->step_ms = 0;
	}
}

/* Whether the speed has come to rest, looked at every STEADY_MS. */
static bool steady(cool_commissioning_t *c) {
	if (c->step_ms < STEADY_MS) return false;
	double by = c->rpm - c->earlier;
	c->earlier = c->rpm;
	c->step_ms = 0;
	return c->turns == TWICE && by <= c->rpm * STEADY_PART && by >= -c->rpm * STEADY_PART;
}

static void step_full(cool_commissioning_t *c) {
	c->max_rpm = cool_max(c->max_rpm, c->rpm);
	bool is_steady = steady(c);
	if (c->phase_ms < COOL_FULL_MAX_MS && (!is_steady || c->phase_ms < COOL_FULL_MIN_MS)) return;
	if (c->stands == TWICE) {
		fail(c, "it stood still at full duty, after it had turned: does it have power, and is the tachometer wired well?");
	} else if (c->rest_rpm <= 0) {
		enter(c, COOL_PHASE_FALLING, c->start_duty);
	} else if (c->max_rpm < c->rest_rpm * FOLLOWS_PART) {
		fail(c, "the speed does not follow the duty: is the PWM wire on this pin, and is this the output's own tachometer?");
	} else {
		c->min_rpm = c->rest_rpm;
		end(c, COOL_COMMISSION_DONE, NULL);
	}
}

static void fell(cool_commissioning_t *c) {
	if (c->least <= 0) {
		fail(c, "it stood still again at the duty at which it had started; try again");
		return;
	}
	c->stop_duty = c->least + COOL_SWEEP_STEP < c->start_duty ? c->least + COOL_SWEEP_STEP : c->start_duty;
	end(c, COOL_COMMISSION_DONE, NULL);
}

static void step_falling(cool_commissioning_t *c) {
	uint32_t hold = c->least > 0 ? COOL_FALL_MS : COOL_SETTLE_MS;
	bool over = c->step_ms >= hold && c->duty > 0 && c->turns == TWICE;
	if (over) {
		c->least = c->duty;
		c->min_rpm = c->rpm;
		ask(c, cool_max(c->duty - COOL_SWEEP_STEP, 0));
	} else if (c->stands == TWICE || c->step_ms >= COOL_REST_MAX_MS) {
		fell(c);
	}
}

void cool_commissioning_step(cool_commissioning_t *c, const cool_senses_t *in, uint32_t dt_ms) {
	if (!cool_commissioning_active(c)) return;
	c->phase_ms += dt_ms;
	if (c->state == COOL_COMMISSION_RESTING) {
		if (c->phase_ms >= COOL_DRY_REST_MS) c->state = COOL_COMMISSION_FAILED;
		return;
	}
	c->total_ms += dt_ms;
	c->step_ms += dt_ms;
	c->still_ms += dt_ms;
	look(c, in);
	if (runs_dry(c, in, dt_ms)) {
		end(c, COOL_COMMISSION_RESTING,
			c->cfg.flow_meter ? "dry: no flow after 5 s" : "dry: stopped after 5 s, since there is no flow meter and nobody has seen water move");
		return;
	}
	switch (c->phase) {
	case COOL_PHASE_REST: step_rest(c); break;
	case COOL_PHASE_RUN:
		if (c->phase_ms >= c->cfg.seconds * 1000) end(c, COOL_COMMISSION_DONE, NULL);
		break;
	case COOL_PHASE_RISING: step_rising(c); break;
	case COOL_PHASE_FULL: step_full(c); break;
	case COOL_PHASE_FALLING: step_falling(c); break;
	}
	if (c->state == COOL_COMMISSION_RUNNING && c->cfg.test == COOL_TEST_SWEEP && c->total_ms >= COOL_SWEEP_MAX_MS)
		fail(c, "it did not come to an end within 8 min: its tachometer says now this and now that");
}

double cool_commissioning_duty(const cool_commissioning_t *c) { return c->duty; }

bool cool_commissioning_active(const cool_commissioning_t *c) { return c->state == COOL_COMMISSION_RUNNING || c->state == COOL_COMMISSION_RESTING; }

bool cool_commissioning_alone(const cool_commissioning_t *c) { return c->state == COOL_COMMISSION_RUNNING && c->cfg.test == COOL_TEST_RUN; }

const char *cool_commissioning_phase_word(const cool_commissioning_t *c) {
	if (c->state != COOL_COMMISSION_RUNNING || c->cfg.test != COOL_TEST_SWEEP) return "";
	switch (c->phase) {
	case COOL_PHASE_RISING: return "rising";
	case COOL_PHASE_FULL: return "full";
	case COOL_PHASE_FALLING: return "falling";
	default: return "resting";
	}
}
