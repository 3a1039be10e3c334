#include "cool/standby.h"

#include "number.h"

static bool idle(cool_standby_t *s, const cool_standby_in_t *in) {
	if (!in->allowed || !in->host_known || !(in->host_w < in->idle_w)) return false;
	return in->water_known && in->water < COOL_STANDBY_BELOW_C &&
		(!s->begun || cool_abs(in->water - s->water) <= (s->resting ? COOL_STANDBY_LEAVE_K : COOL_STANDBY_STILL_K));
}

static void rest(cool_standby_t *s, uint32_t dt_ms) {
	s->pulse_ms = cool_grow(s->pulse_ms, dt_ms);
	if (s->pulse && s->pulse_ms >= COOL_ANTI_SEIZE_MS) s->pulse = false;
	if (s->pulse_ms >= COOL_ANTI_SEIZE_EVERY_MS) {
		s->pulse_ms = 0;
		s->pulse = true;
	}
}

bool cool_standby_step(cool_standby_t *s, const cool_standby_in_t *in, uint32_t dt_ms) {
	if (!idle(s, in)) {
		*s = (cool_standby_t){.water = in->water, .begun = false};
		return false;
	}
	if (!s->begun) {
		*s = (cool_standby_t){.water = in->water, .begun = true};
		return false;
	}
	if (s->resting) {
		rest(s, dt_ms);
		return true;
	}
	s->idle_ms = cool_grow(s->idle_ms, dt_ms);
	if (s->idle_ms >= COOL_STANDBY_AFTER_MS) {
		s->resting = true;
		s->water = in->water;
	}
	return s->resting;
}
