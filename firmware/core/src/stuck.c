#include "cool/stuck.h"

#include "number.h"

/* Notes how far another probe has been to both sides, and returns whether that is far enough. */
static bool moved(cool_stuck_t *w, int i, double value) {
	if (!w->seen[i]) {
		w->seen[i] = true;
		w->low[i] = w->high[i] = value;
	}
	w->low[i] = cool_min(w->low[i], value);
	w->high[i] = cool_max(w->high[i], value);
	return w->high[i] - w->low[i] >= COOL_STUCK_MOVE_K;
}

bool cool_stuck_step(cool_stuck_t *w, double value, const cool_other_t others[COOL_STUCK_OTHERS], uint32_t dt_ms) {
	if (!w->started || cool_abs(value - w->value) >= COOL_STUCK_STEP_K) {
		*w = (cool_stuck_t){.started = true, .value = value};
		dt_ms = 0;
	}
	w->still_ms = cool_grow(w->still_ms, dt_ms);
	bool other = false;
	for (int i = 0; i < COOL_STUCK_OTHERS; i++) {
		if (others[i].good && moved(w, i, others[i].value)) other = true;
	}
	return other && w->still_ms >= COOL_STUCK_MS;
}
