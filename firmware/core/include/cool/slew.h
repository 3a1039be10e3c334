/**
 * @file slew.h
 * Limits how fast a duty changes, because a fan that jumps is heard. The same as Go's control.Slew.
 */
#ifndef COOL_SLEW_H
#define COOL_SLEW_H

#include "cool/types.h"

/** The state; all zero is its start. */
typedef struct {
	double duty; /**< percent, where it is now */
	bool started;
} cool_slew_t;

/**
 * Moves toward target for dt_ms, by at most up and down percent a second (0: unlimited), and returns where it got. The first step jumps. A step that is
 * urgent goes up at once, for safety; down it stays limited.
 */
double cool_slew_step(cool_slew_t *s, double up, double down, double target, uint32_t dt_ms, bool urgent);

#endif
