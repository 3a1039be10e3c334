#include "cool/form.h"

#include <string.h>

static int hex(char c) {
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static cool_form_t decode(const char *at, const char *end, char *out, size_t size, size_t *len) {
	size_t n = 0;
	while (at < end) {
		char c = *at++;
		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int high = end - at >= 2 ? hex(at[0]) : -1;
			int low = end - at >= 2 ? hex(at[1]) : -1;
			if (high < 0 || low < 0) {
				return COOL_FORM_BROKEN;
			}
			c = (char)(high * 16 + low);
			at += 2;
		}
		if (c == '\0') {
			return COOL_FORM_BROKEN;
		}
		if (n + 1 >= size) {
			return COOL_FORM_TOO_LONG;
		}
		out[n++] = c;
	}
	out[n] = '\0';
	if (len != NULL) {
		*len = n;
	}
	return COOL_FORM_FOUND;
}

cool_form_t cool_form_field(const char *body, size_t body_len, const char *name, char *out, size_t size, size_t *len) {
	size_t name_len = strlen(name);
	const char *end = body + body_len;
	out[0] = '\0';
	if (len != NULL) {
		*len = 0;
	}
	for (const char *at = body; at < end;) {
		const char *amp = memchr(at, '&', (size_t)(end - at));
		const char *stop = amp != NULL ? amp : end;
		if ((size_t)(stop - at) > name_len && memcmp(at, name, name_len) == 0 && at[name_len] == '=') {
			cool_form_t r = decode(at + name_len + 1, stop, out, size, len);
			if (r != COOL_FORM_FOUND) {
				out[0] = '\0';
			}
			return r;
		}
		at = amp != NULL ? amp + 1 : end;
	}
	return COOL_FORM_MISSING;
}
