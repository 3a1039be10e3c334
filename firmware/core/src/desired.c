/*
 * The desired state as settings: what it says of the whole device, and its probes. Its outputs are in desired_outputs.c.
 *
 * It is read twice: once to see whether everything in it is right, and once to keep it. So a refused one changes nothing
 * without a second copy of the settings, which would not fit on a task's stack.
 */
#include "desired.h"

#include <string.h>

/* "it is missing" in epoch or version, as in the head that every device reads. */
static bool read_id(const cool_fields_t *f, cool_desired_id_t *id) {
	char epoch[COOL_WORD_SIZE];
	int64_t version = 0;
	if (!cool_field_need(f, "epoch") || !cool_field_text(f, "epoch", false, epoch, sizeof epoch)) return false;
	memcpy(id->epoch, epoch, sizeof epoch);
	if (!cool_field_need(f, "version") || !cool_field_natural(f, "version", 1, COOL_MAX_INTEGER, &version)) return false;
	id->version = (uint64_t)version;
	id->known = true;
	return true;
}

static bool read_probe(const cool_fields_t *f, cool_probe_cfg_t *out) {
	return cool_field_need(f, "rom") && cool_field_hex(f, "rom", true, &out->rom) && cool_field_need(f, "role") &&
		cool_field_role(f, "role", out->role) && cool_field_number(f, "offset_k", -5, 5, &out->offset_k);
}

static bool read_probes(const cool_fields_t *f, cool_settings_t *out) {
	cool_json_t list, value;
	cool_json_iter_t it = {NULL, NULL};
	int n = 0;
	if (!cool_field_list(f, "probes", COOL_MAX_PROBES, &list)) return false;
	if (list.at == NULL) return true;
	for (; cool_json_next(list, &it, NULL, &value); n++) {
		cool_path_t path;
		cool_fields_t inner;
		cool_probe_cfg_t probe;
		memset(&probe, 0, sizeof probe);
		if (!cool_field_element(f, "probes", n, value, &path, &inner) || !read_probe(&inner, &probe)) return false;
		if (out != NULL) out->probes[n] = probe;
	}
	if (out != NULL) out->probe_count = n;
	return true;
}

/* What concerns the whole device. */
typedef struct {
	uint32_t interval_ms;
	double critical_c, dew_margin_k, idle_w, busy_w;
	bool standby;
} head_t;

static bool read_head(const cool_fields_t *f, head_t *h) {
	cool_path_t path;
	cool_fields_t standby;
	return cool_field_uint32(f, "interval_ms", 1000, 3600000, &h->interval_ms) && cool_field_below(f, "critical_c", 30, 60, &h->critical_c) &&
		cool_field_number(f, "dew_margin_k", 2, 20, &h->dew_margin_k) && cool_field_object(f, "standby", &path, &standby) &&
		cool_field_bool(&standby, "enabled", &h->standby) && cool_field_number(&standby, "idle_w", 0, 1000, &h->idle_w) &&
		cool_field_number(f, "busy_w", 0, 1000, &h->busy_w);
}

cool_reject_t cool_decode_desired(
	const char *text, size_t len, const cool_settings_t *defaults, cool_settings_t *out, cool_desired_id_t *id, cool_problem_t *p) {
	cool_fields_t f;
	cool_problem_t ignored;
	memset(id, 0, sizeof *id);
	if (len > COOL_MAX_DESIRED && cool_fields_begin(&f, text, len, COOL_MAX_DOCUMENT, &ignored)) {
		/* Which one is too large can be said all the same. */
		read_id(&f, id);
	}
	head_t head = {defaults->interval_ms, defaults->critical_c, defaults->dew_margin_k, defaults->idle_w, defaults->busy_w, defaults->standby};
	if (!cool_fields_begin(&f, text, len, COOL_MAX_DESIRED, p) || !read_id(&f, id) || !read_head(&f, &head) || !read_probes(&f, NULL) ||
		!cool_desired_outputs(&f, defaults, NULL)) {
		return p->code;
	}
	*out = *defaults;
	memcpy(out->epoch, id->epoch, sizeof out->epoch);
	out->version = id->version;
	out->interval_ms = head.interval_ms;
	out->critical_c = head.critical_c;
	out->dew_margin_k = head.dew_margin_k;
	out->idle_w = head.idle_w;
	out->busy_w = head.busy_w;
	out->standby = head.standby;
	read_probes(&f, out);
	cool_desired_outputs(&f, defaults, out);
	return COOL_ACCEPTED;
}
