#include "cool/led.h"

enum {
	PERIOD_MS = 2000, /* of every pattern; the blinking ones divide it */
	FLASH_MS = 120,   /* a short flash, long enough to be seen in daylight */
	SPACING_MS = 320, /* from the begin of one flash to the next */
	FLICKER_MS = 50,  /* half a period of identify */
	FAST_MS = 200,    /* half a period of critical */
	SLOW_MS = 500,    /* half a period of provisioning */
};

/* A number of short flashes at the begin of each period. */
static bool flashes(uint32_t phase, uint32_t count) { return phase < count * SPACING_MS && phase % SPACING_MS < FLASH_MS; }

/* Even blinking. */
static bool blinks(uint32_t phase, uint32_t half_ms) { return phase / half_ms % 2 == 0; }

cool_led_t cool_led_choose(const cool_led_facts_t *f) {
	if (f->identify) {
		return COOL_LED_IDENTIFY;
	}
	if (f->critical) {
		return COOL_LED_CRITICAL;
	}
	if (f->fault) {
		return COOL_LED_FAULT;
	}
	if (f->broker) {
		return COOL_LED_OK;
	}
	if (f->provisioning) {
		return COOL_LED_PROVISIONING;
	}
	return f->network ? COOL_LED_NO_BROKER : COOL_LED_NO_NETWORK;
}

bool cool_led_lit(cool_led_t state, uint32_t now_ms) {
	uint32_t phase = now_ms % PERIOD_MS;
	switch (state) {
	case COOL_LED_IDENTIFY: return blinks(phase, FLICKER_MS);
	case COOL_LED_CRITICAL: return blinks(phase, FAST_MS);
	case COOL_LED_FAULT: return flashes(phase, 3);
	case COOL_LED_NO_BROKER: return flashes(phase, 2);
	case COOL_LED_NO_NETWORK: return flashes(phase, 1);
	case COOL_LED_PROVISIONING: return blinks(phase, SLOW_MS);
	case COOL_LED_OK: return true;
	}
	return false;
}
