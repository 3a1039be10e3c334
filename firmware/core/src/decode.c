/* The small messages that a device receives: committed, command, input, and the arguments of commands. */
#include "field.h"

#include <string.h>

/* The code of a decoder that is through. */
static cool_reject_t done(bool ok, const cool_problem_t *p) { return ok ? COOL_ACCEPTED : p->code; }

cool_reject_t cool_decode_committed(const char *text, size_t len, cool_committed_t *out, cool_problem_t *p) {
	cool_fields_t f;
	cool_committed_t c = {0, 0};
	int64_t through = 0;
	bool ok = cool_fields_begin(&f, text, len, COOL_MAX_DOCUMENT, p) && cool_field_need(&f, "boot") && cool_field_hex(&f, "boot", false, &c.boot) &&
		cool_field_need(&f, "through") && cool_field_natural(&f, "through", 0, COOL_MAX_INTEGER, &through);
	if (ok) {
		c.through = (uint64_t)through;
		*out = c;
	}
	return done(ok, p);
}

cool_reject_t cool_decode_command(const char *text, size_t len, cool_command_t *out, cool_problem_t *p) {
	cool_fields_t f, args;
	cool_path_t path;
	char id[COOL_WORD_SIZE], name[COOL_WORD_SIZE];
	int64_t expires = 0;
	bool ok = cool_fields_begin(&f, text, len, COOL_MAX_DOCUMENT, p) && cool_field_need(&f, "id") &&
		cool_field_text(&f, "id", false, id, sizeof id) && cool_field_need(&f, "name") && cool_field_text(&f, "name", false, name, sizeof name) &&
		cool_field_need(&f, "expires") && cool_field_natural(&f, "expires", 1, COOL_MAX_INTEGER, &expires) &&
		cool_field_object(&f, "args", &path, &args);
	if (ok) {
		memcpy(out->id, id, sizeof id);
		memcpy(out->name, name, sizeof name);
		out->expires_ms = expires;
		out->args = args.object;
	}
	return done(ok, p);
}

cool_reject_t cool_decode_input(const char *text, size_t len, cool_input_msg_t *out, cool_problem_t *p) {
	enum { DAY_S = 24 * 60 * 60 };
	const double most = 1.7976931348623157e308; /* any finite number is heat; what control makes of it is its own */
	cool_fields_t f;
	cool_input_msg_t in = {0, 0};
	int64_t valid = 0;
	bool ok = cool_fields_begin(&f, text, len, COOL_MAX_DOCUMENT, p) && cool_field_need(&f, "host_w") &&
		cool_field_number(&f, "host_w", -most, most, &in.host_w) && cool_field_need(&f, "valid_s") &&
		cool_field_natural(&f, "valid_s", 1, DAY_S, &valid);
	if (ok) {
		in.valid_s = (uint32_t)valid;
		*out = in;
	}
	return done(ok, p);
}

cool_reject_t cool_decode_clear_fault(cool_json_t args, cool_clear_fault_t *out, cool_problem_t *p) {
	cool_fields_t f;
	cool_clear_fault_t c;
	c.occurrence = 0;
	bool ok = cool_fields_args(&f, args, p) && cool_field_need(&f, "fault") && cool_field_text(&f, "fault", false, c.fault, sizeof c.fault) &&
		cool_field_uint32(&f, "occurrence", 1, UINT32_MAX, &c.occurrence);
	if (ok) *out = c;
	return done(ok, p);
}

/* https://host/path: the image is checked by its hash and signature; what is read on the way is not for everybody either. */
static bool read_https(const cool_fields_t *f, const char *name, char out[COOL_URL_SIZE]) {
	static const char scheme[] = "https://";
	if (!cool_field_text(f, name, false, out, COOL_URL_SIZE)) return false;
	const char *host = out + sizeof scheme - 1;
	if (strncmp(out, scheme, sizeof scheme - 1) != 0)
		return cool_field_fail(f, COOL_BAD_FIELD, name, "an address such as https://host/file is expected");
	if (strchr(out, '@') != NULL || strchr(out, '#') != NULL)
		return cool_field_fail(f, COOL_BAD_FIELD, name, "an address has no user name, no password and no #");
	const char *file = host + strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:[]");
	if (*host == ':' || file == host || file[0] != '/' || file[1] == '\0')
		return cool_field_fail(f, COOL_BAD_FIELD, name, "a host and the path of a file are expected");
	return true;
}

/* 64 hexadecimal digits. */
static bool read_sha256(const cool_fields_t *f, const char *name, uint8_t out[32]) {
	char text[65];
	static const char digits[] = "0123456789abcdef";
	cool_json_t v = cool_json_member(f->object, name);
	bool ok = cool_json_string(v, text, sizeof text) && strlen(text) == 64;
	for (int i = 0; ok && i < 64; i++) {
		char c = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] | 0x20) : text[i];
		const char *at = strchr(digits, c);
		ok = at != NULL;
		if (ok) out[i / 2] = (uint8_t)(i % 2 == 0 ? (at - digits) << 4 : out[i / 2] | (at - digits));
	}
	return ok || cool_field_fail(f, COOL_BAD_FIELD, name, "64 hexadecimal digits are expected");
}

cool_reject_t cool_decode_ota(cool_json_t args, cool_ota_t *out, cool_problem_t *p) {
	cool_fields_t f;
	cool_ota_t o;
	memset(&o, 0, sizeof o);
	bool ok = cool_fields_args(&f, args, p) && cool_field_need(&f, "url") && read_https(&f, "url", o.url) && cool_field_need(&f, "version") &&
		cool_field_text(&f, "version", false, o.version, sizeof o.version) && cool_field_need(&f, "sha256") && read_sha256(&f, "sha256", o.sha256);
	if (ok) *out = o;
	return done(ok, p);
}

cool_reject_t cool_decode_zero(cool_json_t args, cool_zero_t *out, cool_problem_t *p) {
	cool_fields_t f;
	cool_zero_t z;
	cool_json_t list, role;
	cool_json_iter_t it = {NULL, NULL};
	z.count = 0;
	z.seconds = 30;
	bool ok = cool_fields_args(&f, args, p) && cool_field_need(&f, "roles") && cool_field_list(&f, "roles", COOL_MAX_PROBES, &list) &&
		cool_field_uint32(&f, "seconds", 5, 300, &z.seconds);
	while (ok && cool_json_next(list, &it, NULL, &role)) {
		char *to = z.roles[z.count];
		if (!cool_json_string(role, to, COOL_NAME_SIZE) || !cool_valid_metric(to) || !cool_is_temperature(to)) {
			ok = cool_field_fail(&f, COOL_BAD_METRIC, "roles", "names of temperatures are expected");
			break;
		}
		for (int i = 0; i < z.count; i++) {
			if (strcmp(z.roles[i], to) == 0) ok = cool_field_fail(&f, COOL_BAD_FIELD, "roles", "the same role is named twice");
		}
		z.count++;
	}
	if (ok && z.count < 2) ok = cool_field_fail(&f, COOL_BAD_FIELD, "roles", "at least two probes are needed to compare them");
	if (ok) *out = z;
	return done(ok, p);
}

cool_reject_t cool_decode_autotune(cool_json_t args, cool_autotune_t *out, cool_problem_t *p) {
	cool_fields_t f;
	cool_autotune_t a;
	memset(&a, 0, sizeof a);
	a.minutes = 60;
	bool ok = cool_fields_args(&f, args, p) && cool_field_need(&f, "output") && cool_field_metric(&f, "output", a.output) &&
		cool_field_below(&f, "setpoint", -20, 60, &a.setpoint) && cool_field_uint32(&f, "minutes", 10, 120, &a.minutes);
	if (ok) {
		a.at = cool_field_has(&f, "setpoint");
		*out = a;
	}
	return done(ok, p);
}

cool_reject_t cool_decode_commission(cool_json_t args, cool_commission_t *out, cool_problem_t *p) {
	static const char *const tests[] = {"run", "sweep", NULL};
	cool_fields_t f;
	cool_commission_t c;
	int test = 0;
	memset(&c, 0, sizeof c);
	c.duty = 60;
	c.seconds = 10;
	bool ok = cool_fields_args(&f, args, p) && cool_field_need(&f, "output") && cool_field_metric(&f, "output", c.output) &&
		cool_field_need(&f, "test") && cool_field_choice(&f, "test", tests, "run or sweep is expected", &test) &&
		cool_field_number(&f, "duty", 0, 100, &c.duty) && cool_field_uint32(&f, "seconds", 2, 60, &c.seconds) &&
		cool_field_bool(&f, "filled", &c.filled);
	if (ok) {
		c.test = test == 0 ? COOL_TEST_RUN : COOL_TEST_SWEEP;
		*out = c;
	}
	return done(ok, p);
}
