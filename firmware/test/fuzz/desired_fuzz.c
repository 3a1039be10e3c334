/* Any bytes as a desired state: what is taken lies within the limits and reads back as the same; what is refused changes nothing. */
#include "cool/messages.h"
#include "settings_util.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MUST(cond)            \
	do {                      \
		if (!(cond)) abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static cool_settings_t defaults, got, again;
static const cool_board_t board = {.output_pins = 0xffffff, .input_pins = 0xffffffffff, .pwm_channels = 6, .counters = 4};

static void within(double v, double low, double high) { MUST(v >= low && v <= high); }

static void check_output(const cool_output_cfg_t *o) {
	MUST(cool_valid_metric(o->name));
	MUST(o->wiring.pin >= -1 && o->wiring.pin <= 63 && o->wiring.tacho_pin >= -1 && o->wiring.tacho_pin <= 63);
	MUST(o->wiring.tacho_pulses >= 1 && o->wiring.tacho_pulses <= 12);
	MUST(o->skips >= 0 && o->skips <= COOL_MAX_BANDS && o->spin_up_ms <= 5000 && o->min_on_ms <= 3600000 && o->min_off_ms <= 3600000);
	within(o->min_duty, 0, 100);
	within(o->max_duty, 0, 100);
	within(o->failsafe_duty, 50, 100);
	within(o->start_duty, 0, 100);
	within(o->stop_duty, 0, 100);
	within(o->stall_rpm, 0, 10000);
	within(o->slew_up, 0, 100);
	within(o->slew_down, 0, 100);
	MUST(o->role == COOL_BUZZER || o->law != COOL_LAW_NONE);
	if (o->law == COOL_LAW_CURVE) MUST(o->curve.count >= 1 && o->curve.count <= COOL_MAX_POINTS);
	if (o->law == COOL_LAW_PI) MUST(o->pi.kp > 0 && o->pi.ti_s >= 1 && o->pi.setpoint < 60);
	if (o->law == COOL_LAW_FOLLOW) MUST(cool_valid_metric(o->follow) && o->range.set && o->input.role[0] == '\0');
	if (o->law != COOL_LAW_FOLLOW) MUST(o->follow[0] == '\0');
	within(o->range.from, 0, 100);
	within(o->range.to, 0, 100);
	if (o->override.set) MUST(o->override.until_ms >= 1);
}

/* What four decimals cannot say is not written out as it was: such states are not compared. */
static bool rounds_out(void) {
	if (got.critical_c > 59.9999) return true;
	for (int i = 0; i < got.output_count; i++) {
		const cool_output_cfg_t *o = &got.outputs[i];
		if (o->law == COOL_LAW_PI && (o->pi.kp < 0.0001 || o->pi.setpoint > 59.9999)) return true;
		/* Only a temperature of a curve has no range, and no form beyond 2^63. */
		for (int k = 0; k < o->curve.count; k++) {
			if (!(o->curve.points[k].temp < 9e18 && o->curve.points[k].temp > -9e18)) return true;
		}
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static char first[65536], second[65536];
	cool_desired_id_t id;
	cool_problem_t p;
	char reason[COOL_REASON_SIZE] = "";
	if (defaults.output_count == 0) {
		cool_settings_defaults(&defaults);
		cool_output_defaults(&defaults.outputs[0], "pump", COOL_PUMP, COOL_PWM4);
		cool_output_defaults(&defaults.outputs[1], "fan", COOL_FAN, COOL_PWM4);
		defaults.output_count = 2;
	}
	memset(&got, 0x55, sizeof got);
	memset(&again, 0x55, sizeof again);
	cool_reject_t code = cool_decode_desired((const char *)data, size, &defaults, &got, &id, &p);
	MUST(code == p.code && memchr(p.reason, 0, sizeof p.reason) != NULL && (p.reason[0] == 0) == (code == COOL_ACCEPTED));
	if (code != COOL_ACCEPTED) {
		MUST(memcmp(&got, &again, sizeof got) == 0);
		return 0;
	}
	MUST(size <= COOL_MAX_DESIRED && id.known && got.version >= 1 && got.epoch[0] != 0);
	MUST(got.interval_ms >= 1000 && got.interval_ms <= 3600000);
	MUST(got.probe_count >= 0 && got.probe_count <= COOL_MAX_PROBES && got.output_count >= 0 && got.output_count <= COOL_MAX_OUTPUTS);
	for (int i = 0; i < got.output_count; i++)
		check_output(&got.outputs[i]);
	bool ok = cool_settings_check(&got, &board, reason);
	MUST(ok == (reason[0] == 0));
	size_t len = settings_dump(&got, false, first, sizeof first);
	MUST(len > 0);
	if (len > COOL_MAX_DESIRED || rounds_out()) return 0;
	MUST(cool_decode_desired(first, len, &defaults, &again, &id, &p) == COOL_ACCEPTED);
	settings_dump(&again, false, second, sizeof second);
	MUST(strcmp(first, second) == 0);
	return 0;
}
