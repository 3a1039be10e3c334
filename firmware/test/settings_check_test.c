#include "cool/settings.h"

#include <string.h>

#include "loop_util.h"
#include "test.h"

static loop_t l;

/* Each case breaks settings that are right otherwise. */
#define BREAK(what) static void what(cool_settings_t *s, cool_board_t *b)
#define PUMP s->outputs[LOOP_PUMP]
#define FAN s->outputs[LOOP_FAN]
#define UNUSED (void)s, (void)b

BREAK(interval) {
	UNUSED;
	s->interval_ms = 999;
}
BREAK(critical) {
	UNUSED;
	s->critical_c = 60;
}
BREAK(margin) {
	UNUSED;
	s->dew_margin_k = 1.5;
}
BREAK(busy) {
	UNUSED;
	s->busy_w = 1001;
}
BREAK(idle) {
	UNUSED;
	s->idle_w = 26;
}
BREAK(idle_alone) {
	UNUSED;
	s->busy_w = 0;
	s->idle_w = 1001;
}
BREAK(probe_count) {
	UNUSED;
	s->probe_count = 9;
}
BREAK(rom) {
	UNUSED;
	s->probes[1].rom = 0;
}
BREAK(rom_twice) {
	UNUSED;
	s->probes[1].rom = s->probes[0].rom;
}
BREAK(role_twice) {
	UNUSED;
	(void)strcpy(s->probes[1].role, "water");
}
BREAK(role_unit) {
	UNUSED;
	(void)strcpy(s->probes[1].role, "air_rh");
}
BREAK(offset) {
	UNUSED;
	s->probes[2].offset_k = 5.1;
}
BREAK(no_water) {
	UNUSED;
	(void)strcpy(s->probes[0].role, "water2");
}
BREAK(output_count) {
	UNUSED;
	s->output_count = 7;
}
BREAK(name) {
	UNUSED;
	(void)strcpy(FAN.name, "Fan");
}
BREAK(long_name) {
	UNUSED;
	(void)strcpy(FAN.name, "abcdefghijklmnopqrstuvwxyz01");
}
BREAK(name_twice) {
	UNUSED;
	(void)strcpy(FAN.name, "pump");
}
BREAK(least) {
	UNUSED;
	FAN.min_duty = 120;
}
BREAK(greatest) {
	UNUSED;
	FAN.max_duty = 10;
}
BREAK(nothing) {
	UNUSED;
	FAN.min_duty = FAN.max_duty = 0;
}
BREAK(failsafe) {
	UNUSED;
	PUMP.failsafe_duty = 49;
}
BREAK(start) {
	UNUSED;
	FAN.start_duty = 101;
}
BREAK(stop) {
	UNUSED;
	FAN.stop_duty = 30;
}
BREAK(spin_up) {
	UNUSED;
	FAN.spin_up_ms = 5001;
}
BREAK(stall) {
	UNUSED;
	FAN.stall_rpm = 10001;
}
BREAK(slew) {
	UNUSED;
	FAN.slew_up = 101;
}
BREAK(slew_down) {
	UNUSED;
	FAN.slew_down = -1;
}
BREAK(on) {
	UNUSED;
	FAN.min_on_ms = 3600001;
}
BREAK(off) {
	UNUSED;
	FAN.min_off_ms = 3600001;
}
BREAK(override) {
	UNUSED;
	FAN.override = (cool_override_t){.set = true, .duty = 101};
}
BREAK(resting_pump) {
	UNUSED;
	PUMP.start_duty = 50;
}
BREAK(idle_pump) {
	UNUSED;
	PUMP.min_duty = 0;
}
BREAK(bands) {
	UNUSED;
	FAN.skips = 5;
}
BREAK(band) {
	UNUSED;
	FAN.skips = 1;
	FAN.skip[0] = (cool_band_t){-1, 20};
}
BREAK(empty_band) {
	UNUSED;
	FAN.skips = 1;
	FAN.skip[0] = (cool_band_t){20, 20};
}
BREAK(band_order) {
	UNUSED;
	FAN.skips = 2;
	FAN.skip[0] = (cool_band_t){30, 40};
	FAN.skip[1] = (cool_band_t){40, 50};
}
BREAK(band_high) {
	UNUSED;
	FAN.max_duty = 90;
	FAN.skips = 1;
	FAN.skip[0] = (cool_band_t){80, 95};
}
BREAK(no_law) {
	UNUSED;
	PUMP.law = COOL_LAW_NONE;
}
BREAK(buzzer_law) {
	UNUSED;
	s->outputs[LOOP_BUZZER].law = COOL_LAW_CURVE;
}
BREAK(no_role) {
	UNUSED;
	(void)strcpy(FAN.input.role, "inlet");
}
BREAK(no_minus) {
	UNUSED;
	(void)strcpy(FAN.input.minus, "inlet");
}
BREAK(same_minus) {
	UNUSED;
	(void)strcpy(FAN.input.minus, "water");
}
BREAK(curve) {
	UNUSED;
	PUMP.curve.hysteresis_k = 21;
}
BREAK(pi) {
	UNUSED;
	PUMP.law = COOL_LAW_PI;
}
BREAK(unwired) {
	UNUSED;
	PUMP.wiring.pin = -1;
}
BREAK(no_such_pin) {
	UNUSED;
	PUMP.wiring.pin = 40;
}
BREAK(beyond_pins) {
	UNUSED;
	PUMP.wiring.pin = 64;
}
BREAK(input_only) {
	UNUSED;
	b->output_pins &= ~1ULL;
}
BREAK(taken) {
	UNUSED;
	b->taken_pins = 1;
}
BREAK(pin_twice) {
	UNUSED;
	FAN.wiring.pin = 0;
}
BREAK(tacho_twice) {
	UNUSED;
	FAN.wiring.tacho_pin = 1;
}
BREAK(tacho_pin) {
	UNUSED;
	b->input_pins &= ~2ULL;
}
BREAK(pulses) {
	UNUSED;
	PUMP.wiring.tacho_pulses = 13;
}
BREAK(hz_pwm4) {
	UNUSED;
	PUMP.wiring.hz = 20999;
}
BREAK(hz_dc) {
	UNUSED;
	PUMP.kind = COOL_DC_PWM;
	PUMP.wiring.hz = 99;
}
BREAK(hz_switch) {
	UNUSED;
	PUMP.kind = COOL_SWITCH;
}
BREAK(channels) {
	UNUSED;
	b->pwm_channels = 1;
}
BREAK(frequencies) {
	UNUSED;
	b->pwm_timers = 1;
	FAN.wiring.hz = 24000;
}
BREAK(counters) {
	UNUSED;
	b->counters = 2;
	b->flow = true;
}

TEST(what_is_wrong_is_said_precisely) {
	static const loop_mistake_t cases[] = {
		{interval, "interval_ms: 999 is not within 1000 to 3600000"},
		{critical, "critical_c: 60 is not within 30 to below 60 C, where pumps and soft tubing fail"},
		{margin, "dew_margin_k: 1.5 is not within 2 to 20 K"},
		{busy, "busy_w: 1001 is not within 0 to 1000 W"},
		{idle, "standby.idle_w: 26 is not within 0 to 1000 W, or above busy_w"},
		{idle_alone, "standby.idle_w: 1001 is not within 0 to 1000 W, or above busy_w"},
		{probe_count, "probes: 9 of them; at most 8 are expected"},
		{rom, "probes[1].rom: it is zero; a probe's id is expected"},
		{rom_twice, "probes[1].rom: another entry has the same"},
		{role_twice, "probes[1].role: another probe has it"},
		{role_unit, "probes[1].role: it is not the name of a temperature, such as water"},
		{offset, "probes[2].offset_k: 5.1 is not within -5 to 5 K"},
		{no_water, "probes: none has the role water, without which nothing can be regulated"},
		{output_count, "outputs: 7 of them; at most 6 are expected"},
		{name, "outputs[1].name: a letter a-z and then up to 26 of a-z, 0-9 and _ are expected"},
		{long_name, "outputs[1].name: a letter a-z and then up to 26 of a-z, 0-9 and _ are expected"},
		{name_twice, "outputs[1].name: another output has it"},
		{least, "outputs[1].min_duty: 120 is not within 0 to 100"},
		{greatest, "outputs[1].max_duty: 10 is not within min_duty to 100"},
		{nothing, "outputs[1].max_duty: 0 would forbid it to run"},
		{failsafe, "outputs[0].failsafe_duty: 49 is not within 50 to 100"},
		{start, "outputs[1].start_duty: 101 is not within 0 to 100"},
		{stop, "outputs[1].stop_duty: 30 is not within 0 to start_duty"},
		{spin_up, "outputs[1].spin_up_ms: 5001 is not within 0 to 5000 ms"},
		{stall, "outputs[1].stall_rpm: 10001 is not within 0 to 10000"},
		{slew, "outputs[1].slew_up: 101 is not within 0 to 100 percent a second"},
		{slew_down, "outputs[1].slew_down: -1 is not within 0 to 100 percent a second"},
		{on, "outputs[1].min_on_s: 3600.001 is not within 0 to 3600 s"},
		{off, "outputs[1].min_off_s: 3600.001 is not within 0 to 3600 s"},
		{override, "outputs[1].override.duty: 101 is not within 0 to 100"},
		{resting_pump, "outputs[0].start_duty: a pump does not rest; 0 is expected"},
		{idle_pump, "outputs[0].min_duty: a pump does not rest; the least duty at which it turns is expected"},
		{bands, "outputs[1].skip: 5 bands; at most 4 are expected"},
		{band, "outputs[1].skip: a band is not within 0 to 100"},
		{empty_band, "outputs[1].skip: 20 is not below the end of its band"},
		{band_order, "outputs[1].skip: 40 is not above the band before it"},
		{band_high, "outputs[1].skip: 95 is above max_duty, which would have to be lowered to the band's start"},
		{no_law, "outputs[0].auto: it is missing; pumps, fans and chillers have a curve or a pi, or follow an output"},
		{buzzer_law, "outputs[3].auto: a buzzer has none; it sounds while a critical fault is present"},
		{no_role, "outputs[1].auto.input: no probe has that role"},
		{no_minus, "outputs[1].auto.input: a difference is of the roles of two probes"},
		{same_minus, "outputs[1].auto.input: a difference is of the roles of two probes"},
		{curve, "outputs[0].auto.curve: hysteresis_k: 21 is not within 0 to 20 K"},
		{pi, "outputs[0].auto.pi: kp: 0 is not above 0 and up to 100 percent per K"},
		{unwired, "outputs[0].wiring.pin: it is missing, and the board has no such output"},
		{no_such_pin, "outputs[0].wiring.pin: GPIO 40 cannot drive an output"},
		{beyond_pins, "outputs[0].wiring.pin: GPIO 64 cannot drive an output"},
		{input_only, "outputs[0].wiring.pin: GPIO 0 is input only"},
		{taken, "outputs[0].wiring.pin: GPIO 0 is used by the board itself"},
		{pin_twice, "outputs[1].wiring.pin: GPIO 0 is used twice"},
		{tacho_twice, "outputs[1].wiring.tacho_pin: GPIO 1 is used twice"},
		{tacho_pin, "outputs[0].wiring.tacho_pin: GPIO 1 cannot count a tachometer"},
		{pulses, "outputs[0].wiring.tacho_pulses: 1 to 12 of a turn are expected"},
		{hz_pwm4, "outputs[0].wiring.hz: 21000 to 28000 is expected of pwm4"},
		{hz_dc, "outputs[0].wiring.hz: 100 to 40000 is expected of dc_pwm"},
		{hz_switch, "outputs[0].wiring.hz: a switch has none"},
		{channels, "outputs: 2 with PWM are more than the board has channels for"},
		{frequencies, "outputs: 2 different frequencies of PWM are more than the board has timers for"},
		{counters, "outputs: 3 tachometers and flow meters are more than the board can count"},
	};
	loop_refused(cases, sizeof cases / sizeof cases[0]);
}

TEST(one_timer_is_enough_for_one_frequency) {
	char reason[COOL_REASON_SIZE];
	loop_init(&l);
	l.b.pwm_timers = 1;
	CHECK(cool_settings_check(&l.s, &l.b, reason));
}

TEST(roles_without_names) {
	char reason[COOL_REASON_SIZE];
	loop_init(&l);
	l.s.probe_count = 0;
	CHECK(cool_settings_check(&l.s, &l.b, reason));
	(void)strcpy(l.s.outputs[LOOP_FAN].input.minus, "temp8");
	CHECK(cool_settings_check(&l.s, &l.b, reason));
	(void)strcpy(l.s.outputs[LOOP_FAN].input.minus, "temp9");
	CHECK(!cool_settings_check(&l.s, &l.b, reason));
}
