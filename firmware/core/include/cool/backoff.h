/**
 * @file backoff.h
 * How long to wait before the next attempt to connect.
 */
#ifndef COOL_BACKOFF_H
#define COOL_BACKOFF_H

#include "cool/types.h"

enum {
	COOL_BACKOFF_FIRST_MS = 1000,
	COOL_BACKOFF_LAST_MS = 60000,
	COOL_BACKOFF_STEADY_MS = 10000, /**< a connection that held for so long lets it start again */
};

/**
 * It grows from one failure to the next, also when connections are accepted and dropped at once, and half of it is
 * random, so that a fleet does not come back in step.
 */
typedef struct {
	uint32_t random;   /**< state of the generator, never 0 */
	uint32_t delay_ms; /**< the whole delay of the last attempt */
	bool tried;
	bool up;        /**< connected, since .. */
	uint64_t since; /**< monotonic milliseconds */
} cool_backoff_t;

/** Begins; two devices should have different seeds. */
void cool_backoff_init(cool_backoff_t *b, uint32_t seed);

/** Forgets the failures, and keeps the generator: another broker is tried at once. */
void cool_backoff_reset(cool_backoff_t *b);

/** The milliseconds to wait before an attempt; ask once for each. The very first does not wait. */
uint32_t cool_backoff_next(cool_backoff_t *b, uint64_t now);

/** An attempt succeeded. */
void cool_backoff_connected(cool_backoff_t *b, uint64_t now);

#endif
