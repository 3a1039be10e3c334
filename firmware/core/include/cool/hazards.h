/**
 * @file hazards.h
 * What is wrong with the loop as a whole: a leak, water that is too hot, probes that contradict each other, heat that does not
 * arrive in the water. Each is judged for itself; regulator.h has what follows from it.
 */
#ifndef COOL_HAZARDS_H
#define COOL_HAZARDS_H

#include "cool/probes.h"
#include "cool/senses.h"
#include "cool/types.h"

/** Limits of the design, with their reasons. */
enum {
	COOL_LEAK_MS = 500,   /**< a drop that runs along the sensor is no leak */
	COOL_RELEASE_K = 5,   /**< over-temperature ends so far below critical */
	COOL_DISAGREE_K = 10, /**< a loop that carries 1 kW at 1.4 L/min has 10 K between inlet and outlet (69.8 W per L/min and K) */
	COOL_DISAGREE_MS = 60000,
	COOL_AGREE_MS = 10000,
	COOL_TRANSFER_MS = 5 * 60000, /**< 25 W warm a loop of 2.4 kJ/K by 1 K in 100 s, three times as long with a good radiator */
};

/**
 * "The water stays near ambient" is within 1 K: two DS18B20 that differ by as much as good specimens do (docs/simulation.md) cannot show less, and
 * the smallest heat that counts as busy (25 W) lifts the water by 3 K over the air on a slim radiator. The owner of a very large radiator raises busy_w.
 */
#define COOL_TRANSFER_K 1.0

/** A condition that has to last to count, and to be over. */
typedef struct {
	uint32_t yes_ms, no_ms; /**< how long it is there, or not, without a break */
	bool was;               /**< there in the step before */
	bool on;
} cool_lasting_t;

/** Advances by dt_ms. Time counts from the step that first saw the condition, so that one look proves nothing. */
bool cool_lasting_step(cool_lasting_t *l, bool is, uint32_t on_ms, uint32_t off_ms, uint32_t dt_ms);

/** The state. All zero is its start. */
typedef struct {
	cool_lasting_t wet;           /**< the leak input, debounced both ways */
	bool leak;                    /**< latched until cool_hazards_dry */
	uint64_t hot[COOL_MAX_ROLES]; /**< ROM ids that were at critical and have not been seen below the release since; 0: none */
	bool over_temp;
	cool_lasting_t disagree;
	uint32_t idle_heat_ms; /**< grows while heat does not arrive, and falls otherwise */
	bool no_transfer;
} cool_hazards_t;

/** What a step goes by. */
typedef struct {
	const cool_senses_t *senses;
	const cool_probes_t *probes;
	double critical_c, busy_w;
	bool unproven; /**< water may be standing: then what a probe says is no evidence of safety */
	bool chilled;  /**< a chiller runs, so that water near ambient means nothing */
} cool_hazards_in_t;

/** Advances by dt_ms. */
void cool_hazards_step(cool_hazards_t *h, const cool_hazards_in_t *in, uint32_t dt_ms);

/** Forgets a leak, after a person cleared it. Returns false while it is wet. */
bool cool_hazards_dry(cool_hazards_t *h);

#endif
