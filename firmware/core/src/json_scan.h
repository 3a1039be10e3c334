/* What the files of the JSON reader share. */
#ifndef COOL_JSON_SCAN_H
#define COOL_JSON_SCAN_H

#include "cool/json.h"

/* A position within a text that ends before end. */
typedef struct {
	const char *at, *end;
} cool_scan_t;

/* The next byte that is no white space, which the position then is at; 0 at the end. */
char cool_scan_next(cool_scan_t *s);

/* The length of the UTF-8 sequence at the position, 1 to 4; 0 if it is none (RFC 3629: no surrogates, nothing overlong). */
size_t cool_utf8(const char *at, const char *end);

/* The number of four hexadecimal digits; -1 if they are none. */
int32_t cool_hex4(const char *at, const char *end);

/*
 * One character of a string's inside, with its escape resolved: writes its bytes (at most 4) and returns how many there
 * are, and moves on. As in Go's encoding/json, half a surrogate pair is U+FFFD. The string must be valid; 0 at its end.
 */
size_t cool_scan_char(cool_scan_t *s, char out[4]);

/* The inside of a string value; at is NULL if v is no string. */
cool_scan_t cool_scan_inside(cool_json_t v);

/* The UTF-8 of a code point. */
size_t cool_utf8_put(uint32_t rune, char out[4]);

static inline bool cool_is_digit(char c) { return c >= '0' && c <= '9'; }

#endif
