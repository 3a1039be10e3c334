#include "settings_check.h"
#include "text.h"

static bool pin_in(uint64_t pins, int pin) { return pin >= 0 && pin < 64 && ((pins >> pin) & 1) != 0; }

static bool wrong_pin(char *reason, int i, const char *member, int pin, const char *why) {
	char text[96];
	cool_text_t t;
	cool_text_begin(&t, text, sizeof text);
	cool_text_add(&t, "GPIO ");
	cool_text_int(&t, pin);
	cool_text_add(&t, why);
	return cool_settings_wrong(reason, "outputs", i, member, text);
}

/* Takes a pin that has to be one of those given. */
static bool take(uint64_t *taken, uint64_t board, uint64_t pins, const char *otherwise, int i, const char *member, int pin, char *reason) {
	if (pin_in(board, pin)) return wrong_pin(reason, i, member, pin, " is used by the board itself");
	if (!pin_in(pins, pin)) return wrong_pin(reason, i, member, pin, otherwise);
	if (pin_in(*taken, pin)) return wrong_pin(reason, i, member, pin, " is used twice");
	*taken |= (uint64_t)1 << pin;
	return true;
}

static bool check_hz(const cool_output_cfg_t *o, int i, char *reason) {
	uint32_t hz = o->wiring.hz;
	switch (o->kind) {
	case COOL_PWM4:
		return (hz >= 21000 && hz <= 28000) || cool_settings_wrong(reason, "outputs", i, "wiring.hz", "21000 to 28000 is expected of pwm4");
	case COOL_DC_PWM:
		return (hz >= 100 && hz <= 40000) || cool_settings_wrong(reason, "outputs", i, "wiring.hz", "100 to 40000 is expected of dc_pwm");
	case COOL_SWITCH: break;
	}
	return hz == 0 || cool_settings_wrong(reason, "outputs", i, "wiring.hz", "a switch has none");
}

/*
 * What a pin does while the chip has no power, as far as the settings can say it: it is low then, so only a pin that is driven high may stop a pump or
 * a fan, and only one that is driven high may start a chiller. A 4-wire input that nobody drives means full speed, which is wrong for a chiller.
 */
static bool check_level(const cool_output_cfg_t *o, int i, char *reason) {
	switch (o->role) {
	case COOL_PUMP:
	case COOL_FAN:
		return o->wiring.inverted ||
			cool_settings_wrong(
				reason, "outputs", i, "wiring.inverted", "true is expected: without power the pin is low, and a pump or a fan has to run then");
	case COOL_CHILLER:
		if (o->kind == COOL_PWM4)
			return cool_settings_wrong(reason, "outputs", i, "kind", "a chiller is a switch or dc_pwm: 4-wire runs at full speed without the device");
		return !o->wiring.inverted ||
			cool_settings_wrong(
				reason, "outputs", i, "wiring.inverted", "false is expected: without power the pin is low, and a chiller has to be off then");
	case COOL_BUZZER: break;
	}
	return true;
}

static bool check_output(const cool_output_cfg_t *o, const cool_board_t *b, int i, uint64_t *taken, char *reason) {
	const cool_wiring_t *w = &o->wiring;
	if (w->pin < 0) return cool_settings_wrong(reason, "outputs", i, "wiring.pin", "it is missing, and the board has no such output");
	const char *no_output = pin_in(b->input_pins, w->pin) ? " is input only" : " cannot drive an output";
	if (!check_hz(o, i, reason) || !check_level(o, i, reason) ||
		!take(taken, b->taken_pins, b->output_pins, no_output, i, "wiring.pin", w->pin, reason))
		return false;
	if (w->tacho_pin < 0) return true;
	if (w->tacho_pulses < 1 || w->tacho_pulses > 12) {
		return cool_settings_wrong(reason, "outputs", i, "wiring.tacho_pulses", "1 to 12 of a turn are expected");
	}
	return take(taken, b->taken_pins, b->input_pins, " cannot count a tachometer", i, "wiring.tacho_pin", w->tacho_pin, reason);
}

/* Whether an output with PWM is the first one with its frequency. */
static bool new_frequency(const cool_settings_t *s, int i) {
	for (int k = 0; k < i; k++) {
		if (s->outputs[k].kind != COOL_SWITCH && s->outputs[k].wiring.hz == s->outputs[i].wiring.hz) return false;
	}
	return true;
}

bool cool_settings_check_wiring(const cool_settings_t *s, const cool_board_t *b, char *reason) {
	uint64_t taken = 0;
	int channels = 0, frequencies = 0, counters = b->flow ? 1 : 0;
	for (int i = 0; i < s->output_count; i++) {
		if (!check_output(&s->outputs[i], b, i, &taken, reason)) return false;
		if (s->outputs[i].kind != COOL_SWITCH) {
			channels++;
			frequencies += new_frequency(s, i);
		}
		if (s->outputs[i].wiring.tacho_pin >= 0) counters++;
	}
	if (channels > b->pwm_channels) return cool_refuse(reason, "outputs", channels, " with PWM are more than the board has channels for");
	if (b->pwm_timers > 0 && frequencies > b->pwm_timers) {
		return cool_refuse(reason, "outputs", frequencies, " different frequencies of PWM are more than the board has timers for");
	}
	if (counters > b->counters) return cool_refuse(reason, "outputs", counters, " tachometers and flow meters are more than the board can count");
	return true;
}
