/**
 * @file share.h
 * Outputs that share the work of one PI (split-range control): the same as in Go's control, held together by contract/share.json.
 *
 * The PI of a leader, an output whose PI has a range, asks for a demand u of 0 to 100 percent. It and each of its followers does its part of it:
 *
 *     low = min_duty, or for an output that may rest min(stop_duty, max_duty)
 *     an output that may rest, and u < from or u = 0:  duty = 0
 *     else:  duty = low + (max_duty - low) clamp((u - from) / (to - from), 0, 1)
 *
 * Where the PI starts, it does so from the least demand at which none of them asks for less than the duty that it has, so that nobody slows down for it.
 * A lost input, which they lose together, is the failsafe of each.
 */
#ifndef COOL_SHARE_H
#define COOL_SHARE_H

#include "cool/settings.h"
#include "cool/types.h"

/** What an output asks for of a demand, in percent. Its range must be set. */
double cool_share_part(const cool_output_cfg_t *o, double demand);

/** The least demand at which the output asks for no less than a duty, or for the most that it asks for; both in percent. Its range must be set. */
double cool_share_demand(const cool_output_cfg_t *o, double duty);

/** The index of the output that sets the demand of output i, which may be i itself; -1 if i does not share. */
int cool_share_leader(const cool_settings_t *s, int i);

/** Lets followers look at what their leaders look at. */
void cool_share_inputs(cool_settings_t *s);

/**
 * Checks what output i has to do with a demand: pumps and fans that are no switches share one, by a range within 0 to 100 that ascends, and a
 * follower's leader is there and has a PI with a range. Returns true, or false and says in reason what is wrong.
 */
bool cool_share_check(const cool_settings_t *s, int i, char reason[COOL_REASON_SIZE]);

#endif
