/* Settings written out in the form of the contract, to compare them. */
#ifndef COOL_SETTINGS_UTIL_H
#define COOL_SETTINGS_UTIL_H

#include "cool/json.h"
#include "cool/settings.h"

/**
 * Writes everything that settings say as a desired state; an output without a law or an override has null
 * there if nulls is set, and otherwise lacks it, so that the result can be decoded. Returns the length, 0 if it does not fit.
 */
size_t settings_dump(const cool_settings_t *s, bool nulls, char *buf, size_t size);

#endif
