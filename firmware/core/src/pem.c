/*
 * Whether a text is PEM certificates: base64, and in it the frame of an X.509 certificate in DER (RFC 5280, section 4.1):
 * a sequence of exactly two sequences and a bit string. It tells a certificate that was cut or that is something else; whether
 * one can be trusted is for the TLS library.
 */
#include "pem.h"

#include "json_scan.h"

#include <string.h>

/* Bytes of the base64 of a block, one after the other. */
typedef struct {
	const char *at, *end;
	uint32_t bits; /* of the digits that were read, the newest lowest */
	int have;      /* how many of them are not used yet */
	int digits;    /* in all */
} base64_t;

static int digit_value(char c) {
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c == '\0' ? NULL : strchr(digits, c);
	return at == NULL ? -1 : (int)(at - digits);
}

/* The next byte; -1 at the end, and where there is something that is no base64. */
static int next_byte(base64_t *b) {
	while (b->have < 8) {
		cool_scan_t s = {b->at, b->end};
		char c = cool_scan_next(&s);
		int v = digit_value(c);
		b->at = s.at;
		if (v < 0 || s.at == s.end) return -1;
		b->at++;
		b->digits++;
		b->bits = b->bits << 6 | (uint32_t)v;
		b->have += 6;
	}
	b->have -= 8;
	return (int)(b->bits >> b->have & 0xff);
}

/* Whether nothing but the padding that makes it a multiple of 4 is left. */
static bool at_end(base64_t *b) {
	cool_scan_t s = {b->at, b->end};
	int padding = 0;
	if (b->have >= 6) return false; /* a digit too many */
	while (cool_scan_next(&s) == '=') {
		padding++;
		s.at++;
	}
	return s.at == s.end && padding <= 2 && (b->digits + padding) % 4 == 0;
}

/* Reads a tag and its length of at most three bytes; false if the tag is another one. */
static bool read_head(base64_t *b, int tag, size_t *len, size_t *head) {
	if (next_byte(b) != tag) return false;
	int first = next_byte(b);
	*head = 2;
	if (first < 0) return false;
	if (first < 0x80) {
		*len = (size_t)first;
		return true;
	}
	if (first < 0x81 || first > 0x83) return false;
	*len = 0;
	for (int i = first & 3; i > 0; i--) {
		int v = next_byte(b);
		if (v < 0) return false;
		*len = *len << 8 | (size_t)v;
		(*head)++;
	}
	return true;
}

static bool is_certificate(base64_t *b) {
	static const int parts[] = {0x30, 0x30, 0x03}; /* what is signed, how, and the signature */
	size_t whole, len, head;
	if (!read_head(b, 0x30, &whole, &head)) return false;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (!read_head(b, parts[i], &len, &head) || len == 0 || head > whole || len > whole - head) return false;
		whole -= head + len;
		for (; len > 0; len--) {
			if (next_byte(b) < 0) return false;
		}
	}
	return whole == 0 && at_end(b);
}

/* The line that begins with start, from text on; NULL if there is none. */
static const char *find_line(const char *text, const char *start) {
	while (strncmp(text, start, strlen(start)) != 0) {
		text = strchr(text, '\n');
		if (text == NULL) return NULL;
		text++;
	}
	return text;
}

/* Whether only white space is left of the line. */
static bool line_ends(const char *text) {
	text += strspn(text, " \t\r");
	return *text == '\0' || *text == '\n';
}

const char *cool_pem_problem(const char *text) {
	static const char begin[] = "-----BEGIN ", certificate[] = "CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
	int count = 0;
	while ((text = find_line(text, begin)) != NULL) {
		text += sizeof begin - 1;
		if (strncmp(text, certificate, sizeof certificate - 1) != 0) return "certificates are expected, and nothing else in PEM";
		text += sizeof certificate - 1;
		const char *close = find_line(text, end);
		if (!line_ends(text) || close == NULL || !line_ends(close + sizeof end - 1)) return "a certificate has no end";
		base64_t b = {.at = text, .end = close};
		if (!is_certificate(&b)) return "a certificate cannot be read";
		text = close + sizeof end - 1;
		count++;
	}
	return count == 0 ? "there is no PEM certificate in it" : NULL;
}
