/* Reading values out of a text that cool_json_parse found to be valid. */
#include "json_scan.h"

#include <string.h>

cool_json_kind_t cool_json_kind(cool_json_t v) {
	if (v.at == NULL || v.len == 0) {
		return COOL_JSON_NONE;
	}
	switch (*v.at) {
	case '{': return COOL_JSON_OBJECT;
	case '[': return COOL_JSON_ARRAY;
	case '"': return COOL_JSON_STRING;
	case 't':
	case 'f': return COOL_JSON_BOOL;
	case 'n': return COOL_JSON_NULL;
	default: return COOL_JSON_NUMBER;
	}
}

/* Consumes a string that is known to be valid. */
static void skip_string(cool_scan_t *s) {
	s->at++;
	while (s->at < s->end && *s->at != '"') {
		s->at += *s->at == '\\' && s->at + 1 < s->end ? 2 : 1;
	}
	if (s->at < s->end) {
		s->at++;
	}
}

/* Consumes a value that is known to be valid. */
static cool_json_t skip_value(cool_scan_t *s) {
	cool_json_t v = {s->at, 0};
	int depth = 0;
	while (s->at < s->end) {
		char c = *s->at;
		if (c == '"') {
			skip_string(s);
		} else if (c == '{' || c == '[') {
			depth++;
			s->at++;
		} else if (c == '}' || c == ']') {
			depth--;
			s->at++;
		} else if (depth > 0) {
			s->at++;
			continue;
		} else {
			/* A literal or a number lasts until what cannot be part of it. */
			while (s->at < s->end && !strchr(" \t\r\n,]}", *s->at)) {
				s->at++;
			}
		}
		if (depth == 0) {
			break;
		}
	}
	v.len = (size_t)(s->at - v.at);
	return v;
}

bool cool_json_next(cool_json_t container, cool_json_iter_t *it, cool_json_t *name, cool_json_t *value) {
	cool_json_kind_t kind = cool_json_kind(container);
	if (kind != COOL_JSON_ARRAY && kind != COOL_JSON_OBJECT) {
		return false;
	}
	if (it->at == NULL) {
		it->at = container.at + 1;
		it->end = container.at + container.len - 1;
	}
	cool_scan_t s = {it->at, it->end};
	if (cool_scan_next(&s) == ',') {
		s.at++;
		cool_scan_next(&s);
	}
	it->at = s.at;
	if (s.at == s.end) {
		return false;
	}
	if (kind == COOL_JSON_OBJECT) {
		const char *from = s.at;
		skip_string(&s);
		if (name) {
			name->at = from;
			name->len = (size_t)(s.at - from);
		}
		cool_scan_next(&s);
		s.at++; /* the colon */
		cool_scan_next(&s);
	}
	*value = skip_value(&s);
	it->at = s.at;
	return true;
}

cool_json_t cool_json_member(cool_json_t object, const char *name) {
	cool_json_t found = {NULL, 0}, key, value;
	cool_json_iter_t it = {NULL, NULL};
	if (cool_json_kind(object) != COOL_JSON_OBJECT) {
		return found;
	}
	while (cool_json_next(object, &it, &key, &value)) {
		if (cool_json_equals(key, name)) {
			found = value;
		}
	}
	return found;
}

int cool_json_count(cool_json_t container) {
	cool_json_iter_t it = {NULL, NULL};
	cool_json_t value;
	int n = 0;
	while (cool_json_next(container, &it, NULL, &value)) {
		n++;
	}
	return n;
}

bool cool_json_bool(cool_json_t v, bool *out) {
	if (cool_json_kind(v) != COOL_JSON_BOOL) {
		return false;
	}
	*out = *v.at == 't';
	return true;
}
