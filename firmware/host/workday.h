/**
 * @file workday.h
 * The outside of a loop: what a laptop's owner does to it, and the room. It is internal/sim/workday.go in C and gives
 * the same numbers for the same seed and time.
 */
#ifndef COOL_HOST_WORKDAY_H
#define COOL_HOST_WORKDAY_H

#include <stdint.h>

/**
 * The host's heat in W at a Unix time in seconds, with the zone's offset to UTC in seconds, which says when it is morning.
 * A pure function; the time is not before 1970.
 */
double workday_heat(uint64_t seed, int64_t unix_s, int32_t zone_s);

/** The room's temperature in C, likewise. */
double workday_ambient(uint64_t seed, int64_t unix_s, int32_t zone_s);

#endif
