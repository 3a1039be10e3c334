#include "cool/overrides.h"

#include "text.h"

int64_t cool_override_limit(const cool_output_cfg_t *o) {
	return o->role == COOL_PUMP && o->override.duty <= 0 ? COOL_PUMP_OFF_MAX_MS : COOL_OVERRIDE_MAX_MS;
}

/* Written so that no subtraction can overflow: a clock may say anything. */
static bool too_far(const cool_output_cfg_t *o, int64_t unix_ms) {
	int64_t limit = cool_override_limit(o) + COOL_OVERRIDE_SLACK_MS;
	return unix_ms < INT64_MAX - limit && o->override.until_ms > unix_ms + limit;
}

bool cool_override_check(const cool_output_cfg_t *o, int64_t unix_ms, char reason[COOL_REASON_SIZE]) {
	if (!o->override.set || !too_far(o, unix_ms)) return true;
	cool_text_t t;
	cool_text_begin(&t, reason, COOL_REASON_SIZE);
	cool_text_add(&t, "override.until: ");
	cool_text_int(&t, o->override.until_ms);
	cool_text_add(&t,
		cool_override_limit(o) == COOL_PUMP_OFF_MAX_MS ? " is more than 30 min ahead, the most for a pump that is off; the clock says "
													   : " is more than 24 h ahead; the clock says ");
	cool_text_int(&t, unix_ms);
	return false;
}

bool cool_override_holds(const cool_output_cfg_t *o, bool *cancelled, bool clock_valid, int64_t unix_ms) {
	if (!o->override.set || !clock_valid) return false;
	if (too_far(o, unix_ms)) *cancelled = true;
	return !*cancelled && unix_ms < o->override.until_ms;
}
