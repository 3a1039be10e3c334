/* Whether a text is JSON: one walk, without recursion, that builds nothing. */
#include "json_scan.h"

#include <string.h>

char cool_scan_next(cool_scan_t *s) {
	while (s->at < s->end) {
		char c = *s->at;
		if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
			return c;
		}
		s->at++;
	}
	return 0;
}

size_t cool_utf8(const char *at, const char *end) {
	const unsigned char *b = (const unsigned char *)at;
	size_t left = (size_t)(end - at), n;
	unsigned char low = 0x80, high = 0xbf;
	if (left == 0) {
		return 0;
	}
	if (b[0] < 0x80) {
		return 1;
	}
	if (b[0] >= 0xc2 && b[0] <= 0xdf) {
		n = 2;
	} else if (b[0] >= 0xe0 && b[0] <= 0xef) {
		n = 3;
	} else if (b[0] >= 0xf0 && b[0] <= 0xf4) {
		n = 4;
	} else {
		return 0;
	}
	/* The second byte is narrower where more would be overlong, a surrogate, or beyond U+10FFFF. */
	switch (b[0]) {
	case 0xe0: low = 0xa0; break;
	case 0xed: high = 0x9f; break;
	case 0xf0: low = 0x90; break;
	case 0xf4: high = 0x8f; break;
	default: break;
	}
	if (left < n || b[1] < low || b[1] > high) {
		return 0;
	}
	for (size_t i = 2; i < n; i++) {
		if (b[i] < 0x80 || b[i] > 0xbf) {
			return 0;
		}
	}
	return n;
}

int32_t cool_hex4(const char *at, const char *end) {
	int32_t v = 0;
	if (end - at < 4) {
		return -1;
	}
	for (int i = 0; i < 4; i++) {
		char c = at[i];
		int digit;
		if (cool_is_digit(c)) {
			digit = c - '0';
		} else if (c >= 'a' && c <= 'f') {
			digit = c - 'a' + 10;
		} else if (c >= 'A' && c <= 'F') {
			digit = c - 'A' + 10;
		} else {
			return -1;
		}
		v = v * 16 + digit;
	}
	return v;
}

/* Consumes a string; the position is at its opening quote. */
static bool scan_string(cool_scan_t *s) {
	s->at++;
	while (s->at < s->end) {
		unsigned char c = (unsigned char)*s->at;
		if (c == '"') {
			s->at++;
			return true;
		}
		if (c < ' ') {
			return false;
		}
		if (c != '\\') {
			size_t n = cool_utf8(s->at, s->end);
			if (n == 0) {
				return false;
			}
			s->at += n;
			continue;
		}
		s->at++;
		if (s->at == s->end) {
			return false;
		}
		if (*s->at == 'u') {
			if (cool_hex4(s->at + 1, s->end) < 0) {
				return false;
			}
			s->at += 5;
		} else if (*s->at != 0 && strchr("\"\\/bfnrt", *s->at)) {
			s->at++;
		} else {
			return false;
		}
	}
	return false;
}

/* Consumes one or more digits. */
static bool scan_digits(cool_scan_t *s) {
	const char *from = s->at;
	while (s->at < s->end && cool_is_digit(*s->at)) {
		s->at++;
	}
	return s->at > from;
}

/* Whether the next byte is one of two; it is consumed then. */
static bool scan_either(cool_scan_t *s, char a, char b) {
	if (s->at < s->end && (*s->at == a || *s->at == b)) {
		s->at++;
		return true;
	}
	return false;
}

static bool scan_number(cool_scan_t *s) {
	scan_either(s, '-', '-');
	if (!scan_either(s, '0', '0') && !scan_digits(s)) {
		return false;
	}
	if (scan_either(s, '.', '.') && !scan_digits(s)) {
		return false;
	}
	if (scan_either(s, 'e', 'E')) {
		scan_either(s, '+', '-');
		return scan_digits(s);
	}
	return true;
}

static bool scan_literal(cool_scan_t *s, const char *word) {
	size_t n = strlen(word);
	if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0) {
		return false;
	}
	s->at += n;
	return true;
}

/* Consumes a value that holds no others. */
static bool scan_scalar(cool_scan_t *s, char c) {
	switch (c) {
	case '"': return scan_string(s);
	case 't': return scan_literal(s, "true");
	case 'f': return scan_literal(s, "false");
	case 'n': return scan_literal(s, "null");
	default: return scan_number(s);
	}
}

/* Consumes a member's name and its colon. */
static bool scan_name(cool_scan_t *s) {
	if (cool_scan_next(s) != '"' || !scan_string(s) || cool_scan_next(s) != ':') {
		return false;
	}
	s->at++;
	return true;
}

/*
 * Consumes a value. Bit n of objects says whether the container at level n is an object.
 * Each turn consumes the beginning of a value, and then as many ends as there are.
 */
static bool scan_value(cool_scan_t *s) {
	uint32_t objects = 0;
	int depth = 0;
	for (;;) {
		char c = cool_scan_next(s);
		if (c == '{' || c == '[') {
			if (depth == COOL_JSON_DEPTH) {
				return false;
			}
			depth++;
			objects = (objects << 1) | (c == '{');
			s->at++;
			char close = c == '{' ? '}' : ']';
			if (cool_scan_next(s) != close) {
				if (c == '{' && !scan_name(s)) {
					return false;
				}
				continue;
			}
		} else if (!scan_scalar(s, c)) {
			return false;
		}
		/* Here is the end of a value, or the close of an empty container. */
		for (;;) {
			if (depth == 0) {
				return true;
			}
			c = cool_scan_next(s);
			if (c != ((objects & 1) ? '}' : ']')) {
				break;
			}
			s->at++;
			depth--;
			objects >>= 1;
		}
		if (c != ',') {
			return false;
		}
		s->at++;
		if ((objects & 1) && !scan_name(s)) {
			return false;
		}
	}
}

bool cool_json_parse(const char *text, size_t len, cool_json_t *value) {
	cool_scan_t s = {text, text + len};
	value->at = NULL;
	value->len = 0;
	cool_scan_next(&s);
	const char *from = s.at;
	if (!scan_value(&s)) {
		return false;
	}
	const char *to = s.at;
	cool_scan_next(&s);
	if (s.at != s.end) {
		return false;
	}
	value->at = from;
	value->len = (size_t)(to - from);
	return true;
}
