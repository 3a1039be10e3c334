/* The arguments of the command `endpoint`. */
#include "field.h"
#include "pem.h"

#include "json_scan.h"

#include <string.h>

static bool read_url(const cool_fields_t *f, const char *name, char out[COOL_URL_SIZE]) {
	char text[COOL_URL_SIZE], why[COOL_REASON_SIZE];
	if (!cool_json_string(cool_json_member(f->object, name), text, sizeof text)) {
		return cool_field_fail(f, COOL_BAD_FIELD, name, "a string of at most 256 characters is expected");
	}
	return cool_secure_url(text, out, why) || cool_field_fail(f, COOL_BAD_FIELD, name, why);
}

/* Reads the certificates, if there are any. */
static bool read_ca(const cool_fields_t *f, const char *name, char ca[COOL_CA_SIZE]) {
	cool_json_t v = cool_json_member(f->object, name);
	cool_scan_t s = cool_scan_inside(v);
	char bytes[4];
	size_t len = 0, n;
	ca[0] = '\0';
	if (v.at == NULL) return true;
	while ((n = cool_scan_char(&s, bytes)) > 0)
		len += n;
	if (len >= COOL_CA_SIZE) return cool_field_fail(f, COOL_TOO_LARGE, name, "at most 16 KiB are allowed");
	if (!cool_json_string(v, ca, COOL_CA_SIZE)) return cool_field_fail(f, COOL_BAD_FIELD, name, "a string of PEM certificates is expected");
	const char *why = cool_pem_problem(ca);
	return why == NULL || cool_field_fail(f, COOL_BAD_FIELD, name, why);
}

/* A negative duration is the wrong kind of thing, as in Go; a short one is out of range. */
static bool read_trial(const cool_fields_t *f, const char *name, uint32_t *out) {
	int64_t seconds;
	return cool_field_natural(f, name, 0, COOL_MAX_INTEGER, &seconds) && cool_field_uint32(f, name, 5, 3600, out);
}

cool_reject_t cool_decode_endpoint(cool_json_t args, cool_endpoint_t *out, char ca[COOL_CA_SIZE], cool_problem_t *p) {
	cool_fields_t f;
	cool_endpoint_t e;
	memset(&e, 0, sizeof e);
	e.trial_s = 600;
	bool ok = cool_fields_args(&f, args, p) && cool_field_need(&f, "url") && read_url(&f, "url", e.url) && cool_field_need(&f, "username") &&
		cool_field_text(&f, "username", true, e.username, sizeof e.username) && cool_field_need(&f, "password") &&
		cool_field_text(&f, "password", true, e.password, sizeof e.password) && read_ca(&f, "ca", ca) &&
		cool_field_text(&f, "server_name", false, e.server_name, sizeof e.server_name) && read_trial(&f, "trial_s", &e.trial_s);
	if (!ok) return p->code;
	*out = e;
	return COOL_ACCEPTED;
}
