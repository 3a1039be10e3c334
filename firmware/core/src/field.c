#include "field.h"

#include "json_scan.h"
#include "text.h"

#include <string.h>

/* Writes a path; it is as deep as the decoders nest, which is 4. */
static void add_path(cool_text_t *t, const cool_path_t *path) {
	if (path == NULL) return;
	add_path(t, path->up);
	if (path->up != NULL) cool_text_add(t, ".");
	cool_text_add(t, path->name);
	if (path->index >= 0) {
		cool_text_add(t, "[");
		cool_text_int(t, path->index);
		cool_text_add(t, "]");
	}
}

/* Begins a reason with the place. */
static void begin(const cool_fields_t *f, cool_reject_t code, const char *name, cool_text_t *t) {
	f->problem->code = code;
	cool_text_begin(t, f->problem->reason, sizeof f->problem->reason);
	add_path(t, f->path);
	if (name != NULL) {
		if (f->path != NULL) cool_text_add(t, ".");
		cool_text_add(t, name);
	}
	if (t->len > 0) cool_text_add(t, ": ");
}

bool cool_field_fail(const cool_fields_t *f, cool_reject_t code, const char *name, const char *what) {
	cool_text_t t;
	begin(f, code, name, &t);
	cool_text_add(&t, what);
	return false;
}

/* "name: 4 is not within 5 to 3600" */
static bool fail_range(const cool_fields_t *f, const char *name, double v, double low, const char *to, double high) {
	cool_text_t t;
	begin(f, COOL_OUT_OF_RANGE, name, &t);
	cool_text_number(&t, v);
	cool_text_add(&t, " is not within ");
	cool_text_number(&t, low);
	cool_text_add(&t, to);
	cool_text_number(&t, high);
	return false;
}

/* "name: 3 to 8 what" */
static bool fail_count(const cool_fields_t *f, cool_reject_t code, const char *name, int64_t low, int64_t high, const char *what) {
	cool_text_t t;
	begin(f, code, name, &t);
	cool_text_int(&t, low);
	cool_text_add(&t, " to ");
	cool_text_int(&t, high);
	cool_text_add(&t, what);
	return false;
}

bool cool_fields_begin(cool_fields_t *f, const char *text, size_t len, size_t limit, cool_problem_t *p) {
	f->path = NULL;
	f->problem = p;
	f->object.at = NULL;
	p->code = COOL_ACCEPTED;
	p->reason[0] = '\0';
	if (len > limit) {
		cool_text_t t;
		begin(f, COOL_TOO_LARGE, NULL, &t);
		cool_text_int(&t, (int64_t)len);
		cool_text_add(&t, " bytes; at most ");
		cool_text_int(&t, (int64_t)limit);
		cool_text_add(&t, " are allowed");
		return false;
	}
	if (!cool_json_parse(text, len, &f->object)) {
		return cool_field_fail(f, COOL_NOT_JSON, NULL, "it is not one JSON value in UTF-8, nested at most 16 levels deep");
	}
	if (cool_json_kind(f->object) != COOL_JSON_OBJECT) return cool_field_fail(f, COOL_BAD_FIELD, NULL, "an object is expected");
	return true;
}

bool cool_fields_args(cool_fields_t *f, cool_json_t args, cool_problem_t *p) {
	static const char none[] = "{}";
	if (args.at == NULL) return cool_fields_begin(f, none, sizeof none - 1, COOL_MAX_DOCUMENT, p);
	return cool_fields_begin(f, args.at, args.len, COOL_MAX_DOCUMENT, p);
}

bool cool_field_has(const cool_fields_t *f, const char *name) { return cool_json_member(f->object, name).at != NULL; }

bool cool_field_need(const cool_fields_t *f, const char *name) {
	return cool_field_has(f, name) || cool_field_fail(f, COOL_BAD_FIELD, name, "it is missing");
}

bool cool_field_integer(const cool_fields_t *f, const char *name, int64_t low, int64_t high, int64_t *out) {
	cool_json_t v = cool_json_member(f->object, name);
	int64_t n;
	if (v.at == NULL) return true;
	if (!cool_json_integer(v, -COOL_MAX_INTEGER, COOL_MAX_INTEGER, &n)) {
		return fail_count(f, COOL_BAD_FIELD, name, low, high, ", written as an integer, is expected");
	}
	if (n < low || n > high) return fail_range(f, name, (double)n, (double)low, " to ", (double)high);
	*out = n;
	return true;
}

bool cool_field_natural(const cool_fields_t *f, const char *name, int64_t least, int64_t most, int64_t *out) {
	cool_json_t v = cool_json_member(f->object, name);
	int64_t n;
	if (v.at == NULL) return true;
	if (!cool_json_integer(v, least, COOL_MAX_INTEGER, &n)) {
		return fail_count(f, COOL_BAD_FIELD, name, least, most, ", written as an integer, is expected");
	}
	if (n > most) return fail_range(f, name, (double)n, (double)least, " to ", (double)most);
	*out = n;
	return true;
}

bool cool_field_uint32(const cool_fields_t *f, const char *name, uint32_t low, uint32_t high, uint32_t *out) {
	int64_t n = *out;
	bool ok = cool_field_integer(f, name, low, high, &n);
	*out = (uint32_t)n;
	return ok;
}

/* A number, if it is there: found says so, also where it is none and a mistake. */
static bool read_number(const cool_fields_t *f, const char *name, bool *found, double *out) {
	cool_json_t v = cool_json_member(f->object, name);
	*found = v.at != NULL;
	return !*found || cool_json_double(v, out) || cool_field_fail(f, COOL_BAD_VALUE, name, "a finite number is expected");
}

bool cool_field_number(const cool_fields_t *f, const char *name, double low, double high, double *out) {
	double n = 0;
	bool found;
	if (!read_number(f, name, &found, &n) || !found) return !found;
	if (n < low || n > high) return fail_range(f, name, n, low, " to ", high);
	*out = n;
	return true;
}

bool cool_field_below(const cool_fields_t *f, const char *name, double low, double limit, double *out) {
	double n = 0;
	bool found;
	if (!read_number(f, name, &found, &n) || !found) return !found;
	if (n < low || n >= limit) return fail_range(f, name, n, low, " to below ", limit);
	*out = n;
	return true;
}

bool cool_field_bool(const cool_fields_t *f, const char *name, bool *out) {
	cool_json_t v = cool_json_member(f->object, name);
	return v.at == NULL || cool_json_bool(v, out) || cool_field_fail(f, COOL_BAD_FIELD, name, "true or false is expected");
}

bool cool_field_text(const cool_fields_t *f, const char *name, bool blanks, char *out, size_t size) {
	cool_json_t v = cool_json_member(f->object, name);
	cool_scan_t s = cool_scan_inside(v);
	char bytes[4];
	size_t len = 0, n;
	if (v.at == NULL) return true;
	while ((n = cool_scan_char(&s, bytes)) > 0) {
		if (n > 1 || bytes[0] < (blanks ? ' ' : '!') || bytes[0] > '~' || len + 1 >= size) {
			len = 0;
			break;
		}
		len++;
	}
	if (len == 0) {
		return fail_count(f, COOL_BAD_FIELD, name, 1, (int64_t)size - 1,
			blanks ? " printable ASCII characters are expected" : " printable ASCII characters without spaces are expected");
	}
	return cool_json_string(v, out, size);
}

bool cool_is_temperature(const char *metric) {
	static const char *const units[] = {"_rpm", "_duty", "_lpm", "_w", "_rh"};
	size_t len = strlen(metric);
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		size_t n = strlen(units[i]);
		if (len >= n && strcmp(metric + len - n, units[i]) == 0) return false;
	}
	return true;
}

/* The name of a metric that must be a temperature, or need not. */
static bool read_name(const cool_fields_t *f, const char *name, bool temperature, char out[COOL_NAME_SIZE]) {
	cool_json_t v = cool_json_member(f->object, name);
	char text[COOL_NAME_SIZE];
	if (v.at == NULL) return true;
	if (cool_json_kind(v) != COOL_JSON_STRING) return cool_field_fail(f, COOL_BAD_FIELD, name, "a string is expected");
	if (!cool_json_string(v, text, sizeof text) || !cool_valid_metric(text)) {
		return cool_field_fail(f, COOL_BAD_METRIC, name, "a letter a-z followed by up to 31 of a-z, 0-9 and _ is expected");
	}
	if (temperature && !cool_is_temperature(text)) return cool_field_fail(f, COOL_BAD_METRIC, name, "the suffix of a unit makes it no temperature");
	memcpy(out, text, sizeof text);
	return true;
}

bool cool_field_metric(const cool_fields_t *f, const char *name, char out[COOL_NAME_SIZE]) { return read_name(f, name, false, out); }

bool cool_field_role(const cool_fields_t *f, const char *name, char out[COOL_NAME_SIZE]) { return read_name(f, name, true, out); }

bool cool_field_choice(const cool_fields_t *f, const char *name, const char *const *words, const char *expected, int *out) {
	cool_json_t v = cool_json_member(f->object, name);
	if (v.at == NULL) return true;
	for (int i = 0; words[i] != NULL; i++) {
		if (cool_json_equals(v, words[i])) {
			*out = i;
			return true;
		}
	}
	return cool_field_fail(f, COOL_BAD_FIELD, name, expected);
}

bool cool_field_hex(const cool_fields_t *f, const char *name, bool all, uint64_t *out) {
	cool_json_t v = cool_json_member(f->object, name);
	char text[17];
	uint64_t n = 0;
	if (v.at == NULL) return true;
	size_t len = cool_json_string(v, text, sizeof text) ? strlen(text) : 0;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (cool_is_digit(c)) {
			n = n << 4 | (uint64_t)(c - '0');
		} else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
			n = n << 4 | (uint64_t)((c | 0x20) - 'a' + 10);
		} else {
			len = 0;
		}
	}
	if (n == 0 || len == 0 || (all && len != 16)) {
		return cool_field_fail(f, COOL_BAD_FIELD, name,
			all ? "16 hexadecimal digits that are not all 0 are expected" : "1 to 16 hexadecimal digits that are not all 0 are expected");
	}
	*out = n;
	return true;
}

bool cool_field_object(const cool_fields_t *f, const char *name, cool_path_t *path, cool_fields_t *inner) {
	path->up = f->path;
	path->name = name;
	path->index = -1;
	inner->object = cool_json_member(f->object, name);
	inner->path = path;
	inner->problem = f->problem;
	if (inner->object.at == NULL || cool_json_kind(inner->object) == COOL_JSON_OBJECT) return true;
	return cool_field_fail(f, COOL_BAD_FIELD, name, "an object is expected");
}

bool cool_field_list(const cool_fields_t *f, const char *name, int limit, cool_json_t *out) {
	*out = cool_json_member(f->object, name);
	if (out->at == NULL) return true;
	if (cool_json_kind(*out) != COOL_JSON_ARRAY) return cool_field_fail(f, COOL_BAD_FIELD, name, "an array is expected");
	if (cool_json_count(*out) > limit) return fail_count(f, COOL_TOO_LARGE, name, 0, limit, " elements are expected");
	return true;
}

bool cool_field_element(const cool_fields_t *f, const char *name, int index, cool_json_t value, cool_path_t *path, cool_fields_t *inner) {
	path->up = f->path;
	path->name = name;
	path->index = index;
	inner->object = value;
	inner->path = path;
	inner->problem = f->problem;
	return cool_json_kind(value) == COOL_JSON_OBJECT || cool_field_fail(inner, COOL_BAD_FIELD, NULL, "an object is expected");
}

bool cool_field_pair(const cool_fields_t *f, const char *name, int index, cool_json_t value, double out[2]) {
	cool_path_t path = {f->path, name, index};
	cool_fields_t inner = {value, &path, f->problem};
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t number;
	if (cool_json_kind(value) != COOL_JSON_ARRAY || cool_json_count(value) != 2) {
		return cool_field_fail(&inner, COOL_BAD_FIELD, NULL, "a pair of numbers is expected");
	}
	for (int i = 0; cool_json_next(value, &it, NULL, &number); i++) {
		if (!cool_json_double(number, &out[i])) return cool_field_fail(&inner, COOL_BAD_VALUE, NULL, "a finite number is expected");
	}
	return true;
}
