#include "cool/stall.h"

#include "number.h"

void cool_stall_init(cool_stall_t *s) { *s = (cool_stall_t){.rpm = -1}; }

static bool turns(const cool_stall_t *s, double stall_rpm) { return s->age_ms < COOL_STALL_MS && s->rpm > 0 && s->rpm >= stall_rpm; }

static void retry(cool_stall_t *s, uint32_t dt_ms) {
	s->retry_ms = cool_grow(s->retry_ms, dt_ms);
	if (s->retrying && s->retry_ms >= COOL_RETRY_MS) s->retrying = false;
	if (s->retry_ms >= COOL_RETRY_EVERY_MS) {
		s->retry_ms = 0;
		s->retrying = true;
	}
}

bool cool_stall_step(cool_stall_t *s, const cool_stall_in_t *in, uint32_t dt_ms) {
	s->age_ms = cool_grow(s->age_ms, dt_ms);
	if (in->fresh) {
		s->rpm = cool_finite(in->rpm) && in->rpm > 0 ? in->rpm : 0;
		s->age_ms = 0;
	}
	if (!(in->duty > 0)) {
		s->still_ms = s->turning_ms = s->retry_ms = s->commanded_ms = 0;
		s->stalled = s->proven = s->retrying = false;
		return false;
	}
	s->commanded_ms = cool_grow(s->commanded_ms, dt_ms);
	s->proven = turns(s, in->stall_rpm);
	if (s->proven) {
		s->still_ms = 0;
		s->turning_ms = cool_grow(s->turning_ms, dt_ms);
	} else {
		s->turning_ms = 0;
		/* Of the step in which the spin-up ends only what lies behind it counts. */
		uint32_t after = s->commanded_ms > in->spin_up_ms ? s->commanded_ms - in->spin_up_ms : 0;
		s->still_ms = cool_grow(s->still_ms, after < dt_ms ? after : dt_ms);
	}
	if (s->stalled) retry(s, dt_ms);
	s->stalled = s->stalled ? s->turning_ms < COOL_STALL_MS : s->still_ms >= COOL_STALL_MS;
	return s->stalled;
}

bool cool_stall_retry(const cool_stall_t *s) { return s->stalled && s->retrying && !s->proven; }
