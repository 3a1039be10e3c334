#include <string.h>

#include "cool/overrides.h"
#include "device_parts.h"
#include "text.h"

/** Whether the overrides of settings end soon enough; true also without a clock, when they do not apply yet. */
static bool check_overrides(const cool_device_t *d, const cool_settings_t *s, uint64_t now, char reason[COOL_REASON_SIZE]) {
	int64_t unix_ms;
	if (!cool_clock_wall(&d->clock, now, &unix_ms)) return true;
	for (int i = 0; i < s->output_count; i++) {
		char why[COOL_REASON_SIZE];
		if (cool_override_check(&s->outputs[i], unix_ms, why)) continue;
		cool_text_t t;
		cool_text_begin(&t, reason, COOL_REASON_SIZE);
		cool_text_add(&t, "outputs.");
		cool_text_add(&t, s->outputs[i].name);
		cool_text_add(&t, ".");
		cool_text_add(&t, why);
		return false;
	}
	return true;
}

void cool_device_review_overrides(cool_device_t *d, uint64_t now) {
	char reason[COOL_REASON_SIZE];
	// The regulator does not let such an override begin.
	if (!check_overrides(d, &d->regulator.settings, now, reason)) (void)cool_copy(d->refused, sizeof d->refused, reason);
}

/** Names the output of a reason such as "outputs[1].min_duty: ..": by the board's own, its position is another one than in the message. */
static void name_output(const cool_settings_t *s, char reason[COOL_REASON_SIZE]) {
	static const char list[] = "outputs[";
	size_t at = sizeof list - 1;
	if (strncmp(reason, list, at) != 0 || reason[at] < '0' || reason[at] >= '0' + s->output_count || reason[at + 1] != ']') return;
	const char *name = s->outputs[reason[at] - '0'].name;
	char rest[COOL_REASON_SIZE];
	(void)cool_copy(rest, sizeof rest, reason + at + 2);
	cool_text_t t;
	cool_text_begin(&t, reason, COOL_REASON_SIZE);
	cool_text_add(&t, "outputs.");
	cool_text_add(&t, name);
	cool_text_add(&t, rest);
}

/** A sample holds so many metrics; what does not fit would be lost without a word. */
static bool check_metrics(const cool_settings_t *s, const cool_board_t *b, char reason[COOL_REASON_SIZE]) {
	int metrics = (s->probe_count > 0 ? s->probe_count : 1) + b->flow + b->humidity;
	for (int i = 0; i < s->output_count; i++)
		metrics += 1 + (s->outputs[i].wiring.tacho_pin >= 0);
	return metrics <= COOL_RING_METRICS || cool_refuse(reason, "outputs", metrics, " metrics with those of the probes; a sample holds 16");
}

/** Decodes and checks a desired state into scratch. */
static bool acceptable(cool_device_t *d, uint64_t now, const char *text, size_t len, cool_desired_id_t *id, char reason[COOL_REASON_SIZE]) {
	*id = (cool_desired_id_t){.known = false};
	cool_problem_t p;
	bool decoded = cool_decode_desired(text, len, &d->cfg->defaults, &d->scratch, id, &p) == COOL_ACCEPTED;
	if (len > COOL_MAX_DESIRED)
		(void)cool_copy(reason, COOL_REASON_SIZE, "it is larger than the 12 KiB that this device keeps");
	else if (!decoded)
		(void)cool_copy(reason, COOL_REASON_SIZE, p.reason);
	else if (cool_settings_check(&d->scratch, &d->cfg->board, reason))
		return check_metrics(&d->scratch, &d->cfg->board, reason) && check_overrides(d, &d->scratch, now, reason);
	else
		name_output(&d->scratch, reason);
	return false;
}

/** Whether the glue has to set up pins again. */
static bool wired_otherwise(const cool_settings_t *a, const cool_settings_t *b) {
	if (a->output_count != b->output_count) return true;
	for (int i = 0; i < a->output_count; i++) {
		const cool_output_cfg_t *x = &a->outputs[i], *y = &b->outputs[i];
		if (strcmp(x->name, y->name) != 0 || x->kind != y->kind || x->wiring.pin != y->wiring.pin || x->wiring.hz != y->wiring.hz ||
			x->wiring.inverted != y->wiring.inverted || x->wiring.tacho_pin != y->wiring.tacho_pin ||
			x->wiring.tacho_pulses != y->wiring.tacho_pulses)
			return true;
	}
	return false;
}

void cool_device_recall_desired(cool_device_t *d, const char *text, size_t len) {
	if (acceptable(d, 0, text, len, &d->judged, d->refused)) {
		d->refused[0] = '\0';
		cool_regulator_init(&d->regulator, &d->scratch, &d->cfg->board);
	}
}

void cool_device_take_desired(cool_device_t *d, uint64_t now, const char *text, size_t len) {
	if (!cool_device_stage_free(d, COOL_BLOB_DESIRED)) return; // certificates are being written; the server publishes it again
	cool_desired_id_t id;
	char reason[COOL_REASON_SIZE];
	bool good = acceptable(d, now, text, len, &id, reason);
	bool other_wiring = good && wired_otherwise(&d->regulator.settings, &d->scratch);
	if (other_wiring && d->regulator.hazards.leak) {
		// A pin that is given up is released, which is full speed: the pump that the leak stopped would run again.
		good = false;
		(void)cool_copy(reason, COOL_REASON_SIZE, "outputs: the wiring cannot be changed while a leak is latched; clear the fault leak first");
	}
	if (id.known && d->judged.known && strcmp(id.epoch, d->judged.epoch) == 0 && id.version == d->judged.version) return;
	d->judged = id;
	if (!good) {
		(void)cool_copy(d->refused, sizeof d->refused, reason);
		return;
	}
	d->refused[0] = '\0';
	d->rewire = d->rewire || other_wiring;
	cool_regulator_apply(&d->regulator, &d->scratch);
	memcpy(d->stage, text, len);
	d->stage_len = len;
	d->staged = COOL_BLOB_DESIRED;
	cool_device_keep(d, COOL_BLOB_DESIRED);
}
