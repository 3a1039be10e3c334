/**
 * @file form.h
 * Forms as browsers send them (application/x-www-form-urlencoded, https://url.spec.whatwg.org/#application/x-www-form-urlencoded).
 */
#ifndef COOL_FORM_H
#define COOL_FORM_H

#include "cool/types.h"

/** What became of looking for a field. */
typedef enum {
	COOL_FORM_FOUND,
	COOL_FORM_MISSING,
	COOL_FORM_TOO_LONG, /**< it does not fit, with its NUL */
	COOL_FORM_BROKEN,   /**< a % without two hexadecimal digits, or a NUL within */
} cool_form_t;

/**
 * Looks for a field, resolves + and %XX in its value, and writes it with a NUL behind it into out (size bytes, at least 1). Names are compared
 * as they are written. The first one counts. out is "" unless the field was found; len may be NULL.
 */
cool_form_t cool_form_field(const char *body, size_t body_len, const char *name, char *out, size_t size, size_t *len);

#endif
