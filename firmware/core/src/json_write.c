/* Writing JSON into a buffer, numbers included, without printf. */
#include "json_scan.h"

#include <string.h>

void cool_json_writer_init(cool_json_writer_t *w, char *buf, size_t size) {
	w->buf = buf;
	w->size = size;
	w->len = 0;
	w->full = false;
	w->comma = false;
	buf[0] = 0;
}

static void put(cool_json_writer_t *w, const char *text, size_t n) {
	if (w->full || n >= w->size - w->len) {
		w->full = true;
		return;
	}
	memcpy(w->buf + w->len, text, n);
	w->len += n;
	w->buf[w->len] = 0;
}

static void put_char(cool_json_writer_t *w, char c) { put(w, &c, 1); }

/* What stands before a value. */
static void begin(cool_json_writer_t *w) {
	if (w->comma) {
		put_char(w, ',');
	}
	w->comma = true;
}

void cool_json_open_object(cool_json_writer_t *w) {
	begin(w);
	put_char(w, '{');
	w->comma = false;
}

void cool_json_close_object(cool_json_writer_t *w) {
	put_char(w, '}');
	w->comma = true;
}

void cool_json_open_array(cool_json_writer_t *w) {
	begin(w);
	put_char(w, '[');
	w->comma = false;
}

void cool_json_close_array(cool_json_writer_t *w) {
	put_char(w, ']');
	w->comma = true;
}

void cool_json_key(cool_json_writer_t *w, const char *name) {
	cool_json_put_string(w, name);
	put_char(w, ':');
	w->comma = false;
}

/* A control character, as short as it can be written. */
static void put_control(cool_json_writer_t *w, unsigned char c) {
	static const char hex[] = "0123456789abcdef";
	char text[6] = {'\\', 0, '0', '0', 0, 0};
	switch (c) {
	case '\b': text[1] = 'b'; break;
	case '\f': text[1] = 'f'; break;
	case '\n': text[1] = 'n'; break;
	case '\r': text[1] = 'r'; break;
	case '\t': text[1] = 't'; break;
	default:
		text[1] = 'u';
		text[4] = hex[c >> 4];
		text[5] = hex[c & 15];
		put(w, text, 6);
		return;
	}
	put(w, text, 2);
}

void cool_json_put_string(cool_json_writer_t *w, const char *text) {
	const char *end = text + strlen(text);
	begin(w);
	put_char(w, '"');
	while (text < end) {
		size_t n = cool_utf8(text, end);
		if (n == 0) {
			put(w, "\xef\xbf\xbd", 3);
			n = 1;
		} else if (*text == '"' || *text == '\\') {
			put_char(w, '\\');
			put(w, text, 1);
		} else if ((unsigned char)*text < ' ') {
			put_control(w, (unsigned char)*text);
		} else {
			put(w, text, n);
		}
		text += n;
	}
	put_char(w, '"');
}

void cool_json_put_bool(cool_json_writer_t *w, bool v) {
	begin(w);
	put(w, v ? "true" : "false", v ? 4 : 5);
}

static void put_digits(cool_json_writer_t *w, bool negative, uint64_t v) {
	char text[21];
	size_t at = sizeof text;
	do {
		text[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	if (negative) {
		text[--at] = '-';
	}
	put(w, text + at, sizeof text - at);
}

void cool_json_put_int(cool_json_writer_t *w, int64_t v) {
	begin(w);
	put_digits(w, v < 0, v < 0 ? ~(uint64_t)v + 1 : (uint64_t)v);
}

void cool_json_put_uint(cool_json_writer_t *w, uint64_t v) {
	begin(w);
	put_digits(w, false, v);
}

void cool_json_put_decimal(cool_json_writer_t *w, double v, int decimals) {
	const double limit = 9223372036854775808.0; /* 2^63 */
	begin(w);
	if (!(v > -limit && v < limit)) {
		put(w, "null", 4);
		return;
	}
	bool negative = v < 0;
	double size = negative ? -v : v;
	uint64_t whole = (uint64_t)size, one = 1;
	/*
	 * The fraction in units of 2^-60, of which ten times still fits into 64 bits, and what is below in units of 2^-92: so
	 * every double that could be rounded to something is exact, whereas v * 10 might round itself.
	 */
	double scaled = (size - (double)whole) * 1152921504606846976.0; /* 2^60 */
	uint64_t rest = (uint64_t)scaled, part = 0;
	uint64_t below = (uint64_t)((scaled - (double)rest) * 4294967296.0); /* 2^32 */
	const uint64_t mask = (UINT64_C(1) << 60) - 1;
	for (int i = 0; i < decimals; i++) {
		below *= 10;
		rest = rest * 10 + (below >> 32);
		below &= 0xffffffff;
		part = part * 10 + (rest >> 60);
		rest &= mask;
		one *= 10;
	}
	if (rest >> 59) {
		part++;
	}
	if (part == one) {
		part = 0;
		whole++;
	}
	put_digits(w, negative && (whole > 0 || part > 0), whole);
	if (part == 0) return;
	char digits[20] = ".";
	for (int i = decimals; i > 0; i--) {
		digits[i] = (char)('0' + part % 10);
		part /= 10;
	}
	while (digits[decimals] == '0')
		decimals--;
	put(w, digits, (size_t)decimals + 1);
}
