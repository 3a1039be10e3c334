/**
 * @file stall.h
 * Whether an output with a tachometer turns when it is told to.
 */
#ifndef COOL_STALL_H
#define COOL_STALL_H

#include "cool/types.h"

enum {
	COOL_STALL_MS = 5000,        /**< so long without turning is a stall; so long turning ends it; so old a measurement counts as no pulses */
	COOL_RETRY_EVERY_MS = 60000, /**< between two attempts to start a stalled pump */
	COOL_RETRY_MS = 500,         /**< how long an attempt lowers the duty, so that the step back to full gives it a jerk */
};

/** The state; cool_stall_init makes it. */
typedef struct {
	double rpm;            /**< as last measured; negative: never */
	uint32_t age_ms;       /**< of that */
	uint32_t still_ms;     /**< commanded, spun up, and not turning */
	uint32_t turning_ms;   /**< of a stalled one: turning again */
	uint32_t retry_ms;     /**< of a stalled one: since it stalled, or since the last attempt to start it began */
	bool retrying;         /**< such an attempt is under way */
	uint32_t commanded_ms; /**< since it was told to turn */
	bool stalled;
	bool proven; /**< told to turn, and measured to do so now */
} cool_stall_t;

void cool_stall_init(cool_stall_t *s);

/** What a step goes by. */
typedef struct {
	double duty;         /**< percent, as driven since the last step */
	bool fresh;          /**< rpm was measured since then */
	double rpm;          /**< not finite or negative counts as 0 */
	double stall_rpm;    /**< slower is a stall; with 0 only no pulse at all is one */
	uint32_t spin_up_ms; /**< it is not judged so long after its start */
} cool_stall_in_t;

/** Advances by dt_ms and returns whether it is stalled. An output that is told to rest is not; a stall ends when it turned for COOL_STALL_MS, or was told to rest. */
bool cool_stall_step(cool_stall_t *s, const cool_stall_in_t *in, uint32_t dt_ms);

/** Whether a stalled pump is to have its duty lowered now, for an attempt to start it. */
bool cool_stall_retry(const cool_stall_t *s);

#endif
