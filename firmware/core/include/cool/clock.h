/**
 * @file clock.h
 * Two times: a monotonic one of 64 bits, made from the 32-bit counter that wraps, and Unix time.
 */
#ifndef COOL_CLOCK_H
#define COOL_CLOCK_H

#include "cool/types.h"

/** The clocks of a boot. */
typedef struct {
	uint64_t mono;    /**< milliseconds since the start */
	uint32_t counter; /**< of which mono was made */
	bool set;         /**< the wall clock was set in this boot */
	int64_t stamping; /**< Unix time minus mono as it was first set; samples get their `ts` by it */
	int64_t wall;     /**< the same as it was last set; what expires goes by it */
} cool_clock_t;

/** Begins at now_ms. */
void cool_clock_init(cool_clock_t *c, uint32_t now_ms);

/**
 * The monotonic time at now_ms. Calls may be up to 24.8 days apart. Two tasks may read the counter and then
 * call in the other order: a counter that seems to have gone back counts as the latest one.
 */
uint64_t cool_clock_at(cool_clock_t *c, uint32_t now_ms);

/** The same without taking note of it. */
uint64_t cool_clock_peek(const cool_clock_t *c, uint32_t now_ms);

/** Takes the wall clock: it is unix_ms at the monotonic time mono. What stamps samples is fixed by the first call. */
void cool_clock_set(cool_clock_t *c, uint64_t mono, int64_t unix_ms);

/** Unix milliseconds now; false without a clock. */
bool cool_clock_wall(const cool_clock_t *c, uint64_t mono, int64_t *unix_ms);

#endif
