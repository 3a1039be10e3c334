/* The automatic part of an output: a curve or a PI, and what it looks at, or whom it follows. */
#include "desired.h"

#include "json_scan.h"
#include "number.h"

#include <string.h>

/* A role, or two with a minus between them: "water-ambient". */
static bool read_input(const cool_fields_t *f, cool_input_t *out) {
	char text[2 * COOL_NAME_SIZE];
	if (!cool_field_need(f, "input") || !cool_field_text(f, "input", false, text, sizeof text)) return false;
	char *minus = strchr(text, '-');
	if (minus != NULL) *minus++ = '\0';
	if (!cool_valid_metric(text) || !cool_is_temperature(text) || (minus != NULL && (!cool_valid_metric(minus) || !cool_is_temperature(minus)))) {
		return cool_field_fail(f, COOL_BAD_METRIC, "input", "a role, or two with a minus between them, is expected");
	}
	cool_copy(out->role, sizeof out->role, text);
	cool_copy(out->minus, sizeof out->minus, minus == NULL ? "" : minus);
	return true;
}

static bool read_points(const cool_fields_t *f, cool_curve_cfg_t *out) {
	cool_json_t list, point;
	cool_json_iter_t it = {NULL, NULL};
	if (!cool_field_need(f, "points") || !cool_field_list(f, "points", COOL_MAX_POINTS, &list)) return false;
	out->count = 0;
	while (cool_json_next(list, &it, NULL, &point)) {
		double pair[2];
		if (!cool_field_pair(f, "points", out->count, point, pair)) return false;
		if (pair[1] < 0 || pair[1] > 100) return cool_field_fail(f, COOL_OUT_OF_RANGE, "points", "duties are within 0 to 100");
		out->points[out->count].temp = pair[0];
		out->points[out->count].duty = pair[1];
		out->count++;
	}
	return out->count > 0 || cool_field_fail(f, COOL_BAD_FIELD, "points", "1 to 16 points are expected");
}

static bool read_curve(const cool_fields_t *f, cool_curve_cfg_t *out) {
	out->hysteresis_k = 0;
	return read_points(f, out) && cool_field_number(f, "hysteresis_k", 0, 20, &out->hysteresis_k);
}

/* The part of a demand; its order is for cool_share_check. */
static bool read_range(const cool_fields_t *f, cool_range_t *out) {
	double pair[2];
	*out = (cool_range_t){.set = cool_field_has(f, "range")};
	if (!out->set) return true;
	if (!cool_field_pair(f, "range", -1, cool_json_member(f->object, "range"), pair)) return false;
	if (!cool_within(pair[0], 0, 100) || !cool_within(pair[1], 0, 100)) {
		return cool_field_fail(f, COOL_OUT_OF_RANGE, "range", "demands are within 0 to 100");
	}
	out->from = pair[0];
	out->to = pair[1];
	return true;
}

static bool read_pi(const cool_fields_t *f, cool_pi_cfg_t *out) {
	/* From 60 C on over-temperature cools at full speed, whatever the law says. */
	out->deadband_k = 0;
	out->ff_duty_per_w = 0;
	if (!cool_field_need(f, "setpoint") || !cool_field_below(f, "setpoint", -20, 60, &out->setpoint)) return false;
	if (!cool_field_need(f, "kp") || !cool_field_number(f, "kp", 0, 100, &out->kp)) return false;
	if (!(out->kp > 0)) return cool_field_fail(f, COOL_OUT_OF_RANGE, "kp", "it must be above 0");
	return cool_field_need(f, "ti_s") && cool_field_number(f, "ti_s", 1, 36000, &out->ti_s) &&
		cool_field_number(f, "deadband_k", 0, 2, &out->deadband_k) && cool_field_number(f, "ff_duty_per_w", 0, 5, &out->ff_duty_per_w);
}

static bool read_follow(const cool_fields_t *f, cool_output_cfg_t *out) {
	return cool_field_need(f, "output") && cool_field_metric(f, "output", out->follow) && cool_field_need(f, "range") && read_range(f, &out->range);
}

/* What is said of the law is said whole: a member that is missing does not come from another law that the output had. */
bool cool_desired_law(const cool_fields_t *f, cool_output_cfg_t *out) {
	cool_path_t path, curve_path, pi_path, follow_path;
	cool_fields_t law, curve, pi, follow;
	if (!cool_field_object(f, "auto", &path, &law)) return false;
	if (law.object.at == NULL) return true;
	if (out->role == COOL_BUZZER) return cool_field_fail(f, COOL_BAD_FIELD, "auto", "a buzzer has none");
	if (!cool_field_object(&law, "curve", &curve_path, &curve) || !cool_field_object(&law, "pi", &pi_path, &pi) ||
		!cool_field_object(&law, "follow", &follow_path, &follow))
		return false;
	if ((curve.object.at != NULL) + (pi.object.at != NULL) + (follow.object.at != NULL) != 1)
		return cool_field_fail(f, COOL_BAD_FIELD, "auto", "exactly one of curve, pi and follow is expected");
	out->range = (cool_range_t){.set = false};
	out->follow[0] = '\0';
	if (follow.object.at != NULL) {
		if (cool_field_has(&law, "input"))
			return cool_field_fail(&law, COOL_BAD_FIELD, "input", "one that follows has none; it looks at what its leader looks at");
		out->law = COOL_LAW_FOLLOW;
		memset(&out->input, 0, sizeof out->input);
		return read_follow(&follow, out);
	}
	if (!read_input(&law, &out->input)) return false;
	if (curve.object.at != NULL) {
		out->law = COOL_LAW_CURVE;
		return read_curve(&curve, &out->curve);
	}
	out->law = COOL_LAW_PI;
	return read_pi(&pi, &out->pi) && read_range(&pi, &out->range);
}
