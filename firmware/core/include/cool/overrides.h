/**
 * @file overrides.h
 * Whether an output's override holds now.
 */
#ifndef COOL_OVERRIDES_H
#define COOL_OVERRIDES_H

#include "cool/settings.h"
#include "cool/types.h"

/** How far ahead an override of an output may end, in milliseconds. */
int64_t cool_override_limit(const cool_output_cfg_t *o);

/**
 * Whether an override can be taken over at a time: it is not set, or has ended, or ends within its limit. Otherwise the reason
 * says why; it names no output.
 */
bool cool_override_check(const cool_output_cfg_t *o, int64_t unix_ms, char reason[COOL_REASON_SIZE]);

/**
 * Whether an override holds: it is set, was not cancelled, the clock is valid and before its end. One that ends too far ahead is
 * cancelled, so that it does not begin by itself later; over-temperature cancels as well, through the same flag.
 */
bool cool_override_holds(const cool_output_cfg_t *o, bool *cancelled, bool clock_valid, int64_t unix_ms);

#endif
