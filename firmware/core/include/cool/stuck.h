/**
 * @file stuck.h
 * Finds a probe that does not move by one step for hours while another one on the loop moves. With one probe alone a frozen
 * value cannot be told from a calm day.
 */
#ifndef COOL_STUCK_H
#define COOL_STUCK_H

#include "cool/types.h"

enum { COOL_STUCK_OTHERS = 10 /**< probes that it can be compared with */ };

/** How long it must not move, and how far another one must have moved meanwhile. */
#define COOL_STUCK_MS (2UL * 60 * 60 * 1000)
#define COOL_STUCK_STEP_K 0.0625
#define COOL_STUCK_MOVE_K 1.0

/** The watch over one probe. All zero is its start. */
typedef struct {
	bool started;
	double value;      /**< where it last moved to */
	uint32_t still_ms; /**< since then */
	bool seen[COOL_STUCK_OTHERS];
	double low[COOL_STUCK_OTHERS], high[COOL_STUCK_OTHERS]; /**< of each other one since then */
} cool_stuck_t;

/** What another probe says now. */
typedef struct {
	bool good;
	double value;
} cool_other_t;

/** Judges a good reading, dt_ms after the one before it. others keep their index; those without a good reading do not count. */
bool cool_stuck_step(cool_stuck_t *w, double value, const cool_other_t others[COOL_STUCK_OTHERS], uint32_t dt_ms);

#endif
