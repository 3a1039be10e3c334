/**
 * @file oracle_util.h
 * What a random world looks like to somebody who knows the contract and nothing of how the regulator keeps it: which probes can be believed, which
 * role each of them feeds, what is wet, hot and turning. The rules that are judged by it are in regulator_property_test.c.
 */
#ifndef COOL_ORACLE_UTIL_H
#define COOL_ORACLE_UTIL_H

#include "cool/regulator.h"
#include "random_loop_util.h"

enum { ORACLE_PATIENCE = 5000 /**< ms without a good reading, or without turning, until that counts */ };

/** What the oracle knows of a probe. */
typedef struct {
	bool ever, lost, fresh_good, hot, found;
	uint32_t age, unread;
	int row;
	double value;
} oracle_probe_t;

/** And of an output. */
typedef struct {
	double before; /**< duty of the step before */
	cool_by_t by;
	bool known; /**< there was a step before */
	uint32_t not_turning, off;
	double rpm;
	uint32_t rpm_age;
	bool shared; /**< the demand of the step before, and its part of it, are known */
	double demand, part;
} oracle_output_t;

/** A regulator, the world that it is in, and what is known of both. */
typedef struct {
	uint64_t seed;
	cool_board_t b;
	cool_settings_t s;
	cool_regulator_t r;
	random_world_t w;
	oracle_probe_t probes[RANDOM_ROMS];
	int holder[COOL_MAX_PROBES]; /**< which probe feeds a role of the settings: its own, or one that was put in for it */
	bool replaced;               /**< in this step a probe was put in for another */
	uint32_t age;
	oracle_output_t outputs[COOL_MAX_OUTPUTS];
	bool leak, wet_before;
	uint32_t wet;
	double lpm, rh, air;
	uint32_t lpm_age, rh_age;
} oracle_t;

/** Begins another world with a board and settings of its own. Of o only the seed is kept. */
void oracle_begin(oracle_t *o);

/** Draws other settings and applies them; what still holds of what is known is kept. */
void oracle_reconfigure(oracle_t *o);

/** Takes note of what w.in says, dt ms after the step before, in the settings' terms. */
void oracle_sense(oracle_t *o, uint32_t dt);

/** Adds times that stay at their greatest. */
uint32_t oracle_add(uint32_t a, uint32_t b);

/** Whether a role of the settings, by its index, is water. */
bool oracle_is_water(int role);

/** What is known of the probe that feeds a role, by its index. */
const oracle_probe_t *oracle_feeds(const oracle_t *o, int role);

/** Whether an output is driven, and its tachometer says that it turns. */
bool oracle_turns(const oracle_t *o, int output);

/** The output whose demand an output does a part of; itself where it shares with nobody. */
int oracle_leader(const oracle_t *o, int output);

/** Whether the input of an output's law is lost; not_yet says whether it was never there. */
bool oracle_lost(const oracle_t *o, int output, bool *not_yet);

/** Whether any water is critical, or was and is not yet cool enough. */
bool oracle_hot(const oracle_t *o);

#endif
