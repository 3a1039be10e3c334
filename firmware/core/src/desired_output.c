/* An output of the desired state. */
#include "desired.h"

#include <string.h>

static bool read_role(const cool_fields_t *f, cool_role_t *out) {
	int i = (int)*out;
	bool ok = cool_field_choice(f, "role", cool_role_words, "pump, fan, chiller or buzzer is expected", &i);
	*out = (cool_role_t)i;
	return ok;
}

static bool read_kind(const cool_fields_t *f, cool_kind_t *out, bool *given_up) {
	enum { NONE = COOL_SWITCH + 1 };
	int i = (int)*out;
	bool ok = cool_field_choice(f, "kind", cool_kind_words, "pwm4, dc_pwm, switch or none is expected", &i);
	*given_up = i == NONE;
	if (i != NONE) *out = (cool_kind_t)i;
	return ok;
}

/* A pin from -1, which is none, to 63. */
static bool read_pin(const cool_fields_t *f, const char *name, int *out) {
	int64_t pin = *out;
	bool ok = cool_field_integer(f, name, -1, 63, &pin);
	*out = (int)pin;
	return ok;
}

/* The frequency that a kind of drive takes. */
static bool read_hz(const cool_fields_t *f, cool_kind_t kind, uint32_t *out) {
	switch (kind) {
	case COOL_PWM4: return cool_field_uint32(f, "hz", 21000, 28000, out);
	case COOL_DC_PWM: return cool_field_uint32(f, "hz", 100, 40000, out);
	case COOL_SWITCH: break;
	}
	return cool_field_uint32(f, "hz", 0, 0, out);
}

static bool read_wiring(const cool_fields_t *f, cool_kind_t kind, cool_wiring_t *out) {
	uint32_t pulses = out->tacho_pulses;
	if (!read_pin(f, "pin", &out->pin) || !read_hz(f, kind, &out->hz) || !cool_field_bool(f, "inverted", &out->inverted)) return false;
	if (cool_json_kind(cool_json_member(f->object, "tacho_pin")) == COOL_JSON_NULL) {
		out->tacho_pin = -1;
	} else if (!read_pin(f, "tacho_pin", &out->tacho_pin)) {
		return false;
	}
	if (!cool_field_uint32(f, "tacho_pulses", 1, 12, &pulses)) return false;
	out->tacho_pulses = (uint8_t)pulses;
	return true;
}

static bool read_bands(const cool_fields_t *f, cool_output_cfg_t *out) {
	cool_json_t list, band;
	cool_json_iter_t it = {NULL, NULL};
	if (!cool_field_list(f, "skip", COOL_MAX_BANDS, &list)) return false;
	if (list.at == NULL) return true;
	out->skips = 0;
	while (cool_json_next(list, &it, NULL, &band)) {
		double pair[2];
		if (!cool_field_pair(f, "skip", out->skips, band, pair)) return false;
		if (pair[0] < 0 || pair[0] > 100 || pair[1] < 0 || pair[1] > 100) {
			return cool_field_fail(f, COOL_OUT_OF_RANGE, "skip", "duties are within 0 to 100");
		}
		out->skip[out->skips].from = pair[0];
		out->skip[out->skips].to = pair[1];
		out->skips++;
	}
	return true;
}

static bool read_override(const cool_fields_t *f, cool_override_t *out) {
	cool_path_t path;
	cool_fields_t inner;
	memset(out, 0, sizeof *out);
	if (!cool_field_object(f, "override", &path, &inner)) return false;
	if (inner.object.at == NULL) return true;
	out->set = true;
	return cool_field_need(&inner, "duty") && cool_field_number(&inner, "duty", 0, 100, &out->duty) && cool_field_need(&inner, "until") &&
		cool_field_natural(&inner, "until", 1, COOL_MAX_INTEGER, &out->until_ms);
}

/* Whole seconds as milliseconds. */
static bool read_seconds(const cool_fields_t *f, const char *name, uint32_t *out_ms) {
	uint32_t s = *out_ms / 1000;
	if (!cool_field_has(f, name)) return true;
	bool ok = cool_field_uint32(f, name, 0, 3600, &s);
	*out_ms = s * 1000;
	return ok;
}

static bool read_drive(const cool_fields_t *f, cool_output_cfg_t *o) {
	return cool_field_number(f, "min_duty", 0, 100, &o->min_duty) && cool_field_number(f, "max_duty", 0, 100, &o->max_duty) &&
		cool_field_number(f, "failsafe_duty", 50, 100, &o->failsafe_duty) && cool_field_number(f, "start_duty", 0, 100, &o->start_duty) &&
		cool_field_number(f, "stop_duty", 0, 100, &o->stop_duty) && read_bands(f, o) && cool_field_uint32(f, "spin_up_ms", 0, 5000, &o->spin_up_ms) &&
		cool_field_number(f, "stall_rpm", 0, 10000, &o->stall_rpm) && cool_field_number(f, "slew_up", 0, 100, &o->slew_up) &&
		cool_field_number(f, "slew_down", 0, 100, &o->slew_down) && read_seconds(f, "min_on_s", &o->min_on_ms) &&
		read_seconds(f, "min_off_s", &o->min_off_ms);
}

/*
 * What an output is before the rest of it is read. One that the board has, but as something else, keeps its pins and takes
 * everything else from its new role and kind: duties of a fan say nothing about a pump.
 */
static bool read_base(const cool_fields_t *f, const cool_settings_t *defaults, cool_output_cfg_t *out, bool *given_up) {
	char name[COOL_NAME_SIZE];
	cool_role_t role = COOL_PUMP;
	cool_kind_t kind = COOL_PWM4;
	if (!cool_field_need(f, "name") || !cool_field_metric(f, "name", name)) return false;
	int own = cool_settings_output(defaults, name);
	const cool_output_cfg_t *board = own < 0 ? NULL : &defaults->outputs[own];
	if (board != NULL) {
		role = board->role;
		kind = board->kind;
	}
	if (!read_kind(f, &kind, given_up)) return false;
	if (board == NULL && !*given_up && (!cool_field_need(f, "role") || !cool_field_need(f, "kind"))) return false;
	if (!read_role(f, &role)) return false;
	if (board != NULL && role == board->role && kind == board->kind) {
		*out = *board;
		return true;
	}
	cool_output_defaults(out, name, role, kind);
	if (board != NULL) {
		out->wiring.pin = board->wiring.pin;
		out->wiring.inverted = board->wiring.inverted;
		out->wiring.tacho_pin = board->wiring.tacho_pin;
		out->wiring.tacho_pulses = board->wiring.tacho_pulses;
	}
	return true;
}

bool cool_desired_output(const cool_fields_t *f, const cool_settings_t *defaults, cool_output_cfg_t *out, bool *given_up) {
	cool_path_t path;
	cool_fields_t wiring;
	if (!read_base(f, defaults, out, given_up) || !cool_field_object(f, "wiring", &path, &wiring) || !read_wiring(&wiring, out->kind, &out->wiring) ||
		!read_drive(f, out) || !cool_desired_law(f, out) || !read_override(f, &out->override)) {
		return false;
	}
	cool_output_bind(out);
	return true;
}
