#include "cool/tune.h"

#include "number.h"

enum { MAX_STEP_MS = 60000 };

void cool_tune_begin(cool_tune_t *t, const cool_tune_cfg_t *cfg) { *t = (cool_tune_t){.cfg = *cfg}; }

static void fail(cool_tune_t *t, const char *reason) {
	t->state = COOL_TUNE_FAILED;
	t->reason = reason;
}

/* Takes a value at a time since the begin of the phase; it stood for w. */
static void add(cool_flank_t *f, double value, double t, double w) {
	if (!f->seen || value < f->lowest) *f = (cool_flank_t){.seen = true, .lowest = value};
	f->turned = f->turned || value >= cool_max(f->lowest + COOL_TUNE_LEAVE_K, f->lowest / 2);
	if (!f->turned) return;
	f->w += w;
	f->st += w * t;
	f->sv += w * value;
	f->stt += w * t * t;
	f->stv += w * t * value;
}

/* Fits the line. Where there is none, the slope is 0. */
static void end(cool_flank_t *f, double length_s) {
	f->length_s = length_s;
	if (!(f->w > 0)) return;
	double spread = f->stt - f->st * f->st / f->w;
	if (!(spread > 0)) return;
	f->slope = cool_max((f->stv - f->st * f->sv / f->w) / spread, 0);
	f->before = (f->sv - f->slope * f->st) / f->w;
	f->after = f->before + f->slope * f->length_s;
}

/*
 * Makes a complete phase the first or the second half of a cycle. The lines before and after a switch meet where the value would have turned if it had turned at once: so
 * much later than the switch the loop answers.
 */
static void take(cool_tune_cycle_t *c, unsigned half, const cool_flank_t *was, const cool_flank_t *now, double by) {
	if (half == 0) *c = (cool_tune_cycle_t){.ok = true};
	c->length_s[half] = now->length_s;
	c->swing_k = -(was->lowest + now->lowest);
	c->ok = c->ok && was->slope > 0 && now->slope > 0;
	if (!c->ok) return;
	c->delay_s[half] = -(was->after + now->before) / (was->slope + now->slope);
	c->gain[half] = (was->slope + now->slope) / by;
}

/* Whether cycles repeat each other, so that nothing but the relay acts on the loop. */
static bool alike(const cool_tune_cycle_t cycles[COOL_TUNE_ALIKE]) {
	cool_tune_cycle_t low = cycles[0], high = cycles[0];
	double least = cycles[0].gain[0], most = least;
	for (int i = 0; i < COOL_TUNE_ALIKE; i++) {
		const cool_tune_cycle_t *c = &cycles[i];
		if (!c->ok) return false;
		for (int k = 0; k < 2; k++) {
			low.length_s[k] = cool_min(low.length_s[k], c->length_s[k]);
			high.length_s[k] = cool_max(high.length_s[k], c->length_s[k]);
			least = cool_min(least, c->gain[k]);
			most = cool_max(most, c->gain[k]);
		}
	}
	for (int k = 0; k < 2; k++)
		if (high.length_s[k] > low.length_s[k] * COOL_TUNE_LIKENESS + COOL_TUNE_SLACK_S) return false;
	return most <= least * COOL_TUNE_LIKENESS;
}

/* What the last cycles show. */
static void finish(cool_tune_t *t) {
	cool_tuned_t *found = &t->tuned;
	found->setpoint = t->cfg.setpoint;
	for (int i = 0; i < COOL_TUNE_ALIKE; i++) {
		const cool_tune_cycle_t *c = &t->cycles[i];
		found->gain += (c->gain[0] + c->gain[1]) / (2 * COOL_TUNE_ALIKE);
		found->delay_s += (c->delay_s[0] + c->delay_s[1]) / (2 * COOL_TUNE_ALIKE);
		found->swing_k += c->swing_k / COOL_TUNE_ALIKE;
	}
	cool_tune_gains(found, t->cfg.full - t->cfg.least);
	t->state = COOL_TUNE_DONE;
}

/* Takes a complete phase into its cycle. The first cycle is left out: the loop comes from somewhere else. */
static void count(cool_tune_t *t) {
	unsigned half = t->halves % 2;
	take(&t->cycle, half, &t->last, &t->now, t->cfg.full - t->cfg.least);
	t->halves++;
	if (half == 0) return;
	for (int i = 1; i < COOL_TUNE_ALIKE; i++)
		t->cycles[i - 1] = t->cycles[i];
	t->cycles[COOL_TUNE_ALIKE - 1] = t->cycle;
	if (cool_tune_cycles(t) > COOL_TUNE_ALIKE && alike(t->cycles)) finish(t);
}

static void enter(cool_tune_t *t) {
	t->phase = t->least ? COOL_TUNE_HEATING : COOL_TUNE_COOLING;
	t->now = (cool_flank_t){.seen = false};
	t->phase_ms = 0;
}

/* Goes by where the value is. */
static void look(cool_tune_t *t, uint32_t dt_ms) {
	double ahead = t->least ? t->value : -t->value; /* in the direction in which the phase leads, K */
	if (t->phase == COOL_TUNE_APPROACHING) {
		if (ahead < 0) return;
		enter(t);
	}
	if (cool_abs(t->value) > COOL_TUNE_STRAY_K) {
		fail(t, "the value strayed 4 K from the setpoint");
		return;
	}
	add(&t->now, ahead, t->phase_ms / 1000.0, dt_ms / 1000.0);
	if (ahead < COOL_TUNE_HYSTERESIS_K) return;
	end(&t->now, t->phase_ms / 1000.0);
	if (t->whole) count(t);
	t->last = t->now;
	t->whole = true;
	t->least = !t->least;
	enter(t);
}

/* Ends an experiment that does not get on. */
static void late(cool_tune_t *t) {
	if (t->phase_ms >= t->cfg.time_ms / 2) {
		fail(t,
			t->least ? "the setpoint was not reached with least cooling: it takes more heat, or a lower one"
					 : "the setpoint was not reached with full cooling: it takes less heat, or a higher one");
	} else if (t->total_ms >= t->cfg.time_ms) {
		fail(t,
			cool_tune_cycles(t) > COOL_TUNE_ALIKE ? "cycles did not become alike: the heat, or the air, has to be steadier"
												  : "cycles did not become alike in time: allow more of it, or change setpoint or heat");
	}
}

void cool_tune_step(cool_tune_t *t, double value, uint32_t dt_ms) {
	if (t->state != COOL_TUNE_RUNNING) return;
	if (dt_ms > MAX_STEP_MS) dt_ms = MAX_STEP_MS;
	t->total_ms += dt_ms;
	t->phase_ms += dt_ms;
	if (cool_finite(value)) {
		t->value = value - t->cfg.setpoint;
		t->least = t->least || (!t->begun && t->value < 0);
		t->begun = true;
	}
	if (t->begun) look(t, dt_ms);
	if (t->state == COOL_TUNE_RUNNING) late(t);
}

double cool_tune_duty(const cool_tune_t *t) { return t->least ? t->cfg.least : t->cfg.full; }

uint32_t cool_tune_cycles(const cool_tune_t *t) { return t->halves / 2; }

const char *cool_tune_phase_word(const cool_tune_t *t) {
	if (t->state != COOL_TUNE_RUNNING) return "";
	switch (t->phase) {
	case COOL_TUNE_HEATING: return "heating";
	case COOL_TUNE_COOLING: return "cooling";
	case COOL_TUNE_APPROACHING: break;
	}
	return "approaching";
}
