#include "cool/pins.h"

static double bounded(double duty) {
	/* Written so that NaN is full duty too: cooling is the safe side. */
	return duty >= 0 && duty < 100 ? duty : duty < 0 ? 0 : 100;
}

uint32_t cool_pwm_counts(double duty, uint32_t full, bool inverted) {
	uint32_t counts = (uint32_t)(bounded(duty) / 100 * full + 0.5);
	return inverted ? full - counts : counts;
}

bool cool_switch_level(double duty, bool inverted) { return (bounded(duty) >= 50) != inverted; }

double cool_boot_duty(const cool_output_cfg_t *o) { return cool_moves(o) ? bounded(o->failsafe_duty) : 0; }

double cool_rpm(uint32_t pulses, uint32_t ms, uint8_t pulses_per_turn) {
	return ms == 0 || pulses_per_turn == 0 ? 0 : (double)pulses * 60000 / ms / pulses_per_turn;
}

double cool_litres_per_minute(uint32_t pulses, uint32_t ms, uint32_t pulses_per_litre) {
	return ms == 0 || pulses_per_litre == 0 ? 0 : (double)pulses * 60000 / ms / pulses_per_litre;
}
