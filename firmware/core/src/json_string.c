/* Strings of JSON: escapes on the way in. */
#include "json_scan.h"

#include <string.h>

size_t cool_utf8_put(uint32_t rune, char out[4]) {
	if (rune < 0x80) {
		out[0] = (char)rune;
		return 1;
	}
	if (rune < 0x800) {
		out[0] = (char)(0xc0 | (rune >> 6));
		out[1] = (char)(0x80 | (rune & 0x3f));
		return 2;
	}
	if (rune < 0x10000) {
		out[0] = (char)(0xe0 | (rune >> 12));
		out[1] = (char)(0x80 | ((rune >> 6) & 0x3f));
		out[2] = (char)(0x80 | (rune & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | (rune >> 18));
	out[1] = (char)(0x80 | ((rune >> 12) & 0x3f));
	out[2] = (char)(0x80 | ((rune >> 6) & 0x3f));
	out[3] = (char)(0x80 | (rune & 0x3f));
	return 4;
}

/* The code point of \uXXXX at the position after the u, and of the second half of a pair behind it. */
static uint32_t scan_rune(cool_scan_t *s) {
	uint32_t rune = (uint32_t)cool_hex4(s->at, s->end);
	s->at += 4;
	if (rune < 0xd800 || rune > 0xdfff) {
		return rune;
	}
	if (rune <= 0xdbff && s->end - s->at >= 6 && s->at[0] == '\\' && s->at[1] == 'u') {
		uint32_t low = (uint32_t)cool_hex4(s->at + 2, s->end);
		if (low >= 0xdc00 && low <= 0xdfff) {
			s->at += 6;
			return 0x10000 + ((rune - 0xd800) << 10) + (low - 0xdc00);
		}
	}
	return 0xfffd;
}

size_t cool_scan_char(cool_scan_t *s, char out[4]) {
	if (s->at >= s->end) {
		return 0;
	}
	if (*s->at != '\\') {
		out[0] = *s->at++;
		return 1;
	}
	char c = s->at[1];
	s->at += 2;
	switch (c) {
	case 'u': return cool_utf8_put(scan_rune(s), out);
	case 'b': out[0] = '\b'; break;
	case 'f': out[0] = '\f'; break;
	case 'n': out[0] = '\n'; break;
	case 'r': out[0] = '\r'; break;
	case 't': out[0] = '\t'; break;
	default: out[0] = c; break; /* the quote, the slash and the backslash */
	}
	return 1;
}

cool_scan_t cool_scan_inside(cool_json_t v) {
	cool_scan_t s = {NULL, NULL};
	if (cool_json_kind(v) == COOL_JSON_STRING) {
		s.at = v.at + 1;
		s.end = v.at + v.len - 1;
	}
	return s;
}

bool cool_json_string(cool_json_t v, char *out, size_t size) {
	cool_scan_t s = cool_scan_inside(v);
	char bytes[4];
	size_t len = 0, n;
	if (s.at == NULL || size == 0) {
		return false;
	}
	while ((n = cool_scan_char(&s, bytes)) > 0) {
		if (bytes[0] == 0 || n >= size - len) {
			out[0] = 0;
			return false;
		}
		memcpy(out + len, bytes, n);
		len += n;
	}
	out[len] = 0;
	return true;
}

bool cool_json_equals(cool_json_t v, const char *text) {
	cool_scan_t s = cool_scan_inside(v);
	char bytes[4];
	size_t n, left = strlen(text);
	if (s.at == NULL) {
		return false;
	}
	while ((n = cool_scan_char(&s, bytes)) > 0) {
		if (n > left || memcmp(text, bytes, n) != 0) {
			return false;
		}
		text += n;
		left -= n;
	}
	return left == 0;
}
