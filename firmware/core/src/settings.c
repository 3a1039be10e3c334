#include "cool/settings.h"

#include <string.h>

enum { PATIENCE_MS = 5000 /* the design's: one bad reading is skipped, a lost probe is not */ };

void cool_settings_defaults(cool_settings_t *s) {
	memset(s, 0, sizeof *s);
	s->interval_ms = 10000;
	s->critical_c = 50;
	s->dew_margin_k = 2;
	s->idle_w = 10;
	s->busy_w = 25;
}

static const cool_point_t pump_points[] = {{22, 45}, {30, 60}, {36, 90}};
static const cool_point_t fan_points[] = {{24, 15}, {27, 25}, {30, 42}, {33, 68}, {36, 100}};
static const cool_point_t chiller_points[] = {{30, 0}, {32, 100}};

static void curve(cool_output_cfg_t *o, const cool_point_t *points, size_t count) {
	o->law = COOL_LAW_CURVE;
	(void)cool_copy(o->input.role, sizeof o->input.role, "water");
	memcpy(o->curve.points, points, count * sizeof *points);
	o->curve.count = (int)count;
	o->curve.hysteresis_k = 1;
	o->curve.patience_ms = PATIENCE_MS;
}

#define CURVE(o, points) curve(o, points, sizeof(points) / sizeof(points)[0])

static void by_role(cool_output_cfg_t *o) {
	switch (o->role) {
	case COOL_PUMP:
		o->min_duty = 40;
		o->stall_rpm = 500;
		CURVE(o, pump_points);
		break;
	case COOL_FAN:
		o->min_duty = 20;
		o->start_duty = 26;
		o->stop_duty = 20;
		o->spin_up_ms = 300;
		o->stall_rpm = 200;
		CURVE(o, fan_points);
		break;
	case COOL_CHILLER:
		o->min_on_ms = 60000;
		o->min_off_ms = 180000;
		CURVE(o, chiller_points);
		break;
	case COOL_BUZZER: break;
	}
}

/* A pin that fails, or is not driven, has to leave a pump or a fan at full speed; so what turns it off is the pin that is driven high. */
static bool inverted(cool_role_t role, cool_kind_t kind) {
	switch (kind) {
	case COOL_PWM4: return true;                                    /* through a transistor with an open collector */
	case COOL_DC_PWM:                                               /* a MOSFET whose gate is pulled up, and pulled down through a transistor */
	case COOL_SWITCH: return role == COOL_PUMP || role == COOL_FAN; /* a relay, on through its closed contact, or that MOSFET */
	}
	return false;
}

void cool_output_defaults(cool_output_cfg_t *o, const char *name, cool_role_t role, cool_kind_t kind) {
	memset(o, 0, sizeof *o);
	(void)cool_copy(o->name, sizeof o->name, name);
	o->role = role;
	o->kind = kind;
	o->wiring =
		(cool_wiring_t){.pin = -1, .hz = kind == COOL_SWITCH ? 0 : 25000, .inverted = inverted(role, kind), .tacho_pin = -1, .tacho_pulses = 2};
	o->max_duty = 100;
	o->failsafe_duty = 100;
	o->slew_up = 5;
	o->slew_down = 1;
	o->pi.patience_ms = PATIENCE_MS;
	by_role(o);
	cool_output_bind(o);
}

void cool_output_bind(cool_output_cfg_t *o) {
	o->curve.min_duty = o->min_duty;
	o->curve.max_duty = o->max_duty;
	o->curve.start_duty = o->start_duty;
	o->curve.stop_duty = o->stop_duty;
	o->curve.failsafe_duty = o->failsafe_duty;
	/* A PI that may rest has to be able to ask for less than the least duty: the motor turns that into rest. */
	o->pi.min_duty = o->start_duty > 0 || o->range.set ? 0 : o->min_duty;
	o->pi.max_duty = o->range.set ? 100 : o->max_duty; /* of a demand */
	o->pi.failsafe_duty = o->failsafe_duty;
}

const char *const cool_role_words[] = {[COOL_PUMP] = "pump", [COOL_FAN] = "fan", [COOL_CHILLER] = "chiller", [COOL_BUZZER] = "buzzer", NULL};
const char *const cool_kind_words[] = {[COOL_PWM4] = "pwm4", [COOL_DC_PWM] = "dc_pwm", [COOL_SWITCH] = "switch", "none", NULL};

int cool_settings_output(const cool_settings_t *s, const char *name) {
	for (int i = 0; i < s->output_count; i++) {
		if (strcmp(s->outputs[i].name, name) == 0) return i;
	}
	return -1;
}

bool cool_output_metric(char out[COOL_NAME_SIZE], const char *output, const char *suffix) {
	size_t n = strlen(output), m = strlen(suffix);
	if (n + m >= COOL_NAME_SIZE) {
		out[0] = '\0';
		return false;
	}
	memcpy(out, output, n);
	memcpy(out + n, suffix, m + 1);
	return true;
}
