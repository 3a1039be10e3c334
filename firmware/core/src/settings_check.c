#include "cool/settings.h"

#include <string.h>

#include "cool/curve.h"
#include "cool/pi.h"
#include "cool/share.h"
#include "number.h"
#include "settings_check.h"
#include "text.h"

bool cool_settings_wrong(char *reason, const char *list, int i, const char *member, const char *why) {
	cool_text_t t;
	cool_text_begin(&t, reason, COOL_REASON_SIZE);
	cool_text_add(&t, list);
	cool_text_add(&t, "[");
	cool_text_int(&t, i);
	cool_text_add(&t, "]");
	if (member[0] != '\0') cool_text_add(&t, ".");
	cool_text_add(&t, member);
	cool_text_add(&t, ": ");
	cool_text_add(&t, why);
	return false;
}

/* The same for a number: "outputs[1].min_duty: 120 is not within 0 to 100". */
static bool wrong_number(char *reason, const char *list, int i, const char *member, double v, const char *expected) {
	char path[64];
	cool_text_t t;
	cool_text_begin(&t, path, sizeof path);
	cool_text_add(&t, list);
	cool_text_add(&t, "[");
	cool_text_int(&t, i);
	cool_text_add(&t, "].");
	cool_text_add(&t, member);
	return cool_refuse(reason, path, v, expected);
}

static bool has_unit(const char *name) {
	static const char *const suffixes[] = {"_rpm", "_duty", "_lpm", "_w", "_rh"};
	size_t n = strlen(name);
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		size_t m = strlen(suffixes[i]);
		if (n >= m && strcmp(name + n - m, suffixes[i]) == 0) return true;
	}
	return false;
}

static bool check_probes(const cool_settings_t *s, char *reason) {
	if (s->probe_count < 0 || s->probe_count > COOL_MAX_PROBES)
		return cool_refuse(reason, "probes", s->probe_count, " of them; at most 8 are expected");
	bool water = s->probe_count == 0;
	for (int i = 0; i < s->probe_count; i++) {
		const cool_probe_cfg_t *p = &s->probes[i];
		if (p->rom == 0) return cool_settings_wrong(reason, "probes", i, "rom", "it is zero; a probe's id is expected");
		if (!cool_valid_metric(p->role) || has_unit(p->role)) {
			return cool_settings_wrong(reason, "probes", i, "role", "it is not the name of a temperature, such as water");
		}
		if (!cool_within(p->offset_k, -5, 5)) return wrong_number(reason, "probes", i, "offset_k", p->offset_k, " is not within -5 to 5 K");
		for (int j = 0; j < i; j++) {
			if (s->probes[j].rom == p->rom) return cool_settings_wrong(reason, "probes", i, "rom", "another entry has the same");
			if (strcmp(s->probes[j].role, p->role) == 0) return cool_settings_wrong(reason, "probes", i, "role", "another probe has it");
		}
		if (strcmp(p->role, "water") == 0) water = true;
	}
	if (!water) {
		cool_text_t t;
		cool_text_begin(&t, reason, COOL_REASON_SIZE);
		cool_text_add(&t, "probes: none has the role water, without which nothing can be regulated");
	}
	return water;
}

/* Without probes in the settings the roles are water, temp2, temp3, .. in the order in which they are found. */
static bool has_role(const cool_settings_t *s, const char *role) {
	for (int i = 0; i < s->probe_count; i++) {
		if (strcmp(s->probes[i].role, role) == 0) return true;
	}
	if (s->probe_count > 0) return false;
	return strcmp(role, "water") == 0 || (strncmp(role, "temp", 4) == 0 && role[4] >= '2' && role[4] <= '8' && role[5] == '\0');
}

static bool check_law(const cool_settings_t *s, int i, char *reason) {
	const cool_output_cfg_t *o = &s->outputs[i];
	char why[COOL_REASON_SIZE];
	if (o->role == COOL_BUZZER) {
		return o->law == COOL_LAW_NONE ||
			cool_settings_wrong(reason, "outputs", i, "auto", "a buzzer has none; it sounds while a critical fault is present");
	}
	if (o->law == COOL_LAW_NONE)
		return cool_settings_wrong(reason, "outputs", i, "auto", "it is missing; pumps, fans and chillers have a curve or a pi, or follow an output");
	if (!cool_share_check(s, i, reason)) return false;
	if (o->law == COOL_LAW_FOLLOW) return true; /* its input is its leader's */
	if (!has_role(s, o->input.role)) return cool_settings_wrong(reason, "outputs", i, "auto.input", "no probe has that role");
	if (o->input.minus[0] != '\0' && (!has_role(s, o->input.minus) || strcmp(o->input.minus, o->input.role) == 0)) {
		return cool_settings_wrong(reason, "outputs", i, "auto.input", "a difference is of the roles of two probes");
	}
	cool_output_cfg_t bound = *o;
	cool_output_bind(&bound);
	if (o->law == COOL_LAW_CURVE) {
		return cool_curve_check(&bound.curve, why) || cool_settings_wrong(reason, "outputs", i, "auto.curve", why);
	}
	return cool_pi_check(&bound.pi, why) || cool_settings_wrong(reason, "outputs", i, "auto.pi", why);
}

static bool check_skip(const cool_output_cfg_t *o, int i, char *reason) {
	if (o->skips < 0 || o->skips > COOL_MAX_BANDS) return wrong_number(reason, "outputs", i, "skip", o->skips, " bands; at most 4 are expected");
	for (int k = 0; k < o->skips; k++) {
		const cool_band_t *b = &o->skip[k];
		if (!cool_within(b->from, 0, 100) || !cool_within(b->to, 0, 100))
			return cool_settings_wrong(reason, "outputs", i, "skip", "a band is not within 0 to 100");
		if (!(b->from < b->to)) return wrong_number(reason, "outputs", i, "skip", b->from, " is not below the end of its band");
		if (k > 0 && !(b->from > b[-1].to)) return wrong_number(reason, "outputs", i, "skip", b->from, " is not above the band before it");
		/* A band is left upward. */
		if (b->to > o->max_duty)
			return wrong_number(reason, "outputs", i, "skip", b->to, " is above max_duty, which would have to be lowered to the band's start");
	}
	return true;
}

typedef struct {
	const char *member;
	double value, low, high;
	const char *expected;
} range_t;

static bool check_ranges(const cool_output_cfg_t *o, int i, char *reason) {
	const range_t ranges[] = {
		{"min_duty", o->min_duty, 0, 100, " is not within 0 to 100"},
		{"max_duty", o->max_duty, o->min_duty, 100, " is not within min_duty to 100"},
		{"failsafe_duty", o->failsafe_duty, 50, 100, " is not within 50 to 100"},
		{"start_duty", o->start_duty, 0, 100, " is not within 0 to 100"},
		{"stop_duty", o->stop_duty, 0, o->start_duty, " is not within 0 to start_duty"},
		{"spin_up_ms", o->spin_up_ms, 0, 5000, " is not within 0 to 5000 ms"},
		{"stall_rpm", o->stall_rpm, 0, 10000, " is not within 0 to 10000"},
		{"slew_up", o->slew_up, 0, 100, " is not within 0 to 100 percent a second"},
		{"slew_down", o->slew_down, 0, 100, " is not within 0 to 100 percent a second"},
		{"min_on_s", o->min_on_ms / 1000.0, 0, 3600, " is not within 0 to 3600 s"},
		{"min_off_s", o->min_off_ms / 1000.0, 0, 3600, " is not within 0 to 3600 s"},
		{"override.duty", o->override.set ? o->override.duty : 0, 0, 100, " is not within 0 to 100"},
	};
	for (size_t k = 0; k < sizeof ranges / sizeof ranges[0]; k++) {
		const range_t *r = &ranges[k];
		if (!cool_within(r->value, r->low, r->high)) return wrong_number(reason, "outputs", i, r->member, r->value, r->expected);
	}
	if (o->max_duty <= 0) return cool_settings_wrong(reason, "outputs", i, "max_duty", "0 would forbid it to run");
	if (o->role == COOL_PUMP && o->start_duty > 0) {
		return cool_settings_wrong(reason, "outputs", i, "start_duty", "a pump does not rest; 0 is expected");
	}
	if (o->role == COOL_PUMP && o->min_duty <= 0) {
		return cool_settings_wrong(reason, "outputs", i, "min_duty", "a pump does not rest; the least duty at which it turns is expected");
	}
	return check_skip(o, i, reason);
}

static bool check_output(const cool_settings_t *s, int i, char *reason) {
	const cool_output_cfg_t *o = &s->outputs[i];
	char metric[COOL_NAME_SIZE];
	if (!cool_valid_metric(o->name) || !cool_output_metric(metric, o->name, "_duty")) {
		return cool_settings_wrong(reason, "outputs", i, "name", "a letter a-z and then up to 26 of a-z, 0-9 and _ are expected");
	}
	for (int j = 0; j < i; j++) {
		if (strcmp(s->outputs[j].name, o->name) == 0) return cool_settings_wrong(reason, "outputs", i, "name", "another output has it");
	}
	return check_ranges(o, i, reason) && check_law(s, i, reason);
}

bool cool_settings_check(const cool_settings_t *s, const cool_board_t *b, char reason[COOL_REASON_SIZE]) {
	reason[0] = '\0';
	if (s->interval_ms < 1000 || s->interval_ms > 3600000)
		return cool_refuse(reason, "interval_ms", s->interval_ms, " is not within 1000 to 3600000");
	if (!(s->critical_c >= 30 && s->critical_c < 60)) {
		return cool_refuse(reason, "critical_c", s->critical_c, " is not within 30 to below 60 C, where pumps and soft tubing fail");
	}
	if (!cool_within(s->dew_margin_k, 2, 20)) return cool_refuse(reason, "dew_margin_k", s->dew_margin_k, " is not within 2 to 20 K");
	if (!cool_within(s->busy_w, 0, 1000)) return cool_refuse(reason, "busy_w", s->busy_w, " is not within 0 to 1000 W");
	/* busy_w 0 is "not watched", and then sets no bound. */
	if (!cool_within(s->idle_w, 0, s->busy_w > 0 ? s->busy_w : 1000)) {
		return cool_refuse(reason, "standby.idle_w", s->idle_w, " is not within 0 to 1000 W, or above busy_w");
	}
	if (!check_probes(s, reason)) return false;
	if (s->output_count < 0 || s->output_count > COOL_MAX_OUTPUTS) {
		return cool_refuse(reason, "outputs", s->output_count, " of them; at most 6 are expected");
	}
	for (int i = 0; i < s->output_count; i++) {
		if (!check_output(s, i, reason)) return false;
	}
	return cool_settings_check_wiring(s, b, reason);
}
