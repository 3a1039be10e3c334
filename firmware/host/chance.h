/**
 * @file chance.h
 * Randomness that is the same for the same seed on every machine.
 */
#ifndef COOL_HOST_CHANCE_H
#define COOL_HOST_CHANCE_H

#include <stdint.h>

/** The finaliser of SplitMix64 (Steele, Lea, Flood 2014): it spreads every bit of x over the result. */
uint64_t chance_mix(uint64_t x);

/** A stream of random numbers: SplitMix64. */
typedef struct {
	uint64_t at;
} chance_t;

/** The next 64 bits. */
uint64_t chance_next(chance_t *c);

/** The next number in [0, 1). */
double chance_unit(chance_t *c);

/** The next standard normal deviate, within three sigma: nothing in a circuit has endless tails. */
double chance_normal(chance_t *c);

#endif
