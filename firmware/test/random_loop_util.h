/**
 * @file random_loop_util.h
 * Random settings within their limits, and a random world that lasts for a while in each of its states, so that what takes seconds or minutes
 * to be noticed happens as well.
 */
#ifndef COOL_RANDOM_LOOP_UTIL_H
#define COOL_RANDOM_LOOP_UTIL_H

#include "cool/regulator.h"

enum { RANDOM_ROMS = 6 /**< probes that there may be; the first is always `water` */ };

/** Draws settings that pass cool_settings_check for the board. */
void random_settings(uint64_t *seed, cool_settings_t *s, const cool_board_t *b);

/** Draws a board that can drive six outputs. */
void random_board(uint64_t *seed, cool_board_t *b);

/** Draws another override for each output, also too long ones. */
void random_overrides(uint64_t *seed, cool_settings_t *s, int64_t unix_ms);

/** What a probe is read as. */
typedef struct {
	bool fresh, good;
	double celsius; /**< where it is good, without offset */
} random_read_t;

/** The world: what it is like at present, and what of it is sensed. */
typedef struct {
	double celsius[RANDOM_ROMS];
	int fault[RANDOM_ROMS]; /**< 0: healthy */
	int calm;               /**< the greater, the longer things stay as they are */
	bool found[RANDOM_ROMS];
	bool up[RANDOM_ROMS]; /**< the next reading is a step higher */
	bool held[COOL_MAX_OUTPUTS];
	bool tacho, flow, humidity, wet, host, clock;
	double lpm, rh, air, watt;
	int64_t unix_ms;
	random_read_t reads[RANDOM_ROMS];
	cool_senses_t in;
} random_world_t;

/** Begins a world. */
void random_world_init(uint64_t *seed, random_world_t *w);

/** Lets time pass, and senses. drives are those of the step before. Returns how long it took in ms, also much more than a step may be. */
uint32_t random_world_step(uint64_t *seed, random_world_t *w, const cool_settings_t *s, const cool_drive_t *drives);

#endif
