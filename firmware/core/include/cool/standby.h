/**
 * @file standby.h
 * Rest while host and water are idle together, if the owner wants it.
 *
 * The water is idle while it moves by at most half a kelvin and is below the temperature at which coolant deserves a warning (40 C).
 * In standby the water stands, so that only the host says when it is over: with its heat no longer known, standby ends at once, as it does with
 * the water moving by more than 1 K, or anything that is wrong.
 */
#ifndef COOL_STANDBY_H
#define COOL_STANDBY_H

#include "cool/types.h"

enum {
	COOL_STANDBY_AFTER_MS = 600000,
	COOL_ANTI_SEIZE_EVERY_MS = 3600000, /**< what never turns seizes */
	COOL_ANTI_SEIZE_MS = 10000,         /**< long enough for a stall to be seen */
};
#define COOL_STANDBY_STILL_K 0.5
#define COOL_STANDBY_LEAVE_K 1.0
#define COOL_STANDBY_BELOW_C 40.0

/** The state; all zero is its start. */
typedef struct {
	uint32_t idle_ms;  /**< so long both have been idle */
	uint32_t pulse_ms; /**< in standby: since it began, or since the last pulse did */
	double water;      /**< C, by which it is judged whether the water moves */
	bool begun;        /**< water is set */
	bool resting;
	bool pulse; /**< an anti-seize pulse is under way */
} cool_standby_t;

/** What a step goes by. */
typedef struct {
	bool allowed; /**< the owner enabled it, and nothing is wrong */
	bool host_known;
	double host_w, idle_w;
	bool water_known;
	double water; /**< C */
} cool_standby_in_t;

/** Advances by dt_ms and returns whether outputs rest. */
bool cool_standby_step(cool_standby_t *s, const cool_standby_in_t *in, uint32_t dt_ms);

#endif
