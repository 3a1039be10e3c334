/**
 * @file text.h
 * Puts reasons for people together, cut to fit. Private to the core.
 */
#ifndef COOL_SRC_TEXT_H
#define COOL_SRC_TEXT_H

#include "cool/types.h"

/** A text under way; always ended by a NUL. */
typedef struct {
	char *at;
	size_t size, len;
} cool_text_t;

void cool_text_begin(cool_text_t *t, char *buf, size_t size);
void cool_text_add(cool_text_t *t, const char *s);
void cool_text_int(cool_text_t *t, int64_t v);
/** With at most four decimals; "not a number" for what is none. */
void cool_text_number(cool_text_t *t, double v);

/** Writes "member: v expected" into reason, a buffer of COOL_REASON_SIZE; returns false, for the caller to return it. */
bool cool_refuse(char *reason, const char *member, double v, const char *expected);

#endif
