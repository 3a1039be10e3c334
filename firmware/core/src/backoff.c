#include "cool/backoff.h"

void cool_backoff_init(cool_backoff_t *b, uint32_t seed) {
	// A generator that is started at 0 stays there.
	*b = (cool_backoff_t){.random = seed != 0 ? seed : 0x9e3779b9u};
}

void cool_backoff_reset(cool_backoff_t *b) {
	b->delay_ms = 0;
	b->tried = false;
	b->up = false;
}

/** Marsaglia's xorshift with 32 bits: enough for jitter. */
static uint32_t next_random(cool_backoff_t *b) {
	uint32_t x = b->random;
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	b->random = x;
	return x;
}

uint32_t cool_backoff_next(cool_backoff_t *b, uint64_t now) {
	if (!b->tried) {
		b->tried = true;
		return 0;
	}
	if (b->up && now - b->since >= COOL_BACKOFF_STEADY_MS) b->delay_ms = 0;
	b->up = false;
	b->delay_ms *= 2;
	if (b->delay_ms < COOL_BACKOFF_FIRST_MS) b->delay_ms = COOL_BACKOFF_FIRST_MS;
	if (b->delay_ms > COOL_BACKOFF_LAST_MS) b->delay_ms = COOL_BACKOFF_LAST_MS;
	uint32_t half = b->delay_ms / 2;
	return half + next_random(b) % (half + 1);
}

void cool_backoff_connected(cool_backoff_t *b, uint64_t now) {
	b->up = true;
	b->since = now;
}
