/**
 * @file probes.h
 * From scratchpads to roles: which probe feeds which metric, whether it can be trusted, and whether it is lost.
 *
 * A role is used for control from its first good reading on. It is lost when it had no good reading for 5 s, and comes back after
 * three good ones in a row: a loose contact that answers now and then is no input. Between two good readings
 * the last one holds, so that a single bad one is skipped.
 */
#ifndef COOL_PROBES_H
#define COOL_PROBES_H

#include "cool/ds18b20.h"
#include "cool/senses.h"
#include "cool/settings.h"
#include "cool/stuck.h"
#include "cool/types.h"

enum {
	COOL_MAX_ROLES = COOL_STUCK_OTHERS, /**< configured ones, and room for probes that were replaced */
	COOL_INPUT_PATIENCE_MS = 5000,
	COOL_RECOVERY_READINGS = 3,
	COOL_VACANT_MS = 10000, /**< a probe that did not answer once so long after the start is gone, not slow */
};

/** A role and the probe that feeds it. */
typedef struct {
	uint64_t rom;        /**< 0: none was found yet */
	uint64_t instead_of; /**< the ROM id of the settings whose role it took over; 0: its own */
	double configured_k; /**< that one's offset, K */
	char role[COOL_NAME_SIZE];
	double offset_k;
	bool water; /**< it is on the water side: cool_water_role */
	bool found; /**< it was on the bus since the start */
	int turn;   /**< the how manieth it was to be found; 0: not yet */
	bool seen;  /**< it has had a good reading since the start */
	bool lost;
	double value;          /**< the last good one with its offset, C */
	cool_reading_t latest; /**< as a sample tells it */
	uint32_t good_ms;      /**< since the last good reading, or the start */
	uint32_t fresh_ms;     /**< since the last conversion, or the start */
	int streak;            /**< good readings in a row */
	cool_previous_t raw;   /**< the last that could be decoded, without offset */
	uint32_t watched_ms;   /**< since the watch for a stuck one was last asked */
	cool_stuck_t stuck;
} cool_probe_t;

/** All roles. */
typedef struct {
	cool_probe_t list[COOL_MAX_ROLES];
	int count;
	bool named;      /**< the settings name probes */
	bool sensed;     /**< any has had a good reading since the start */
	int turns;       /**< probes that were found since the start */
	int roles;       /**< of the list, the first ones: those of the settings */
	uint32_t age_ms; /**< since the start */
	bool replaced;   /**< a probe took a vacant role over in this step */
} cool_probes_t;

/**
 * Takes the roles of the settings: those of a probe that is known already keep their state. Without any in the settings there is `water`,
 * which the first probe found feeds; further ones, and those that the settings do not name, are `temp2`, `temp3`, .. as long as
 * there is room.
 */
void cool_probes_apply(cool_probes_t *p, const cool_settings_t *s);

/**
 * Takes what was read, dt_ms after the last time. Series belong to roles, not to ROM ids: where exactly one probe of the settings was not on the bus since the start, and exactly
 * one good probe has no role, this one was put in for that one and takes its role, without its offset. It gives it back if the other one answers after all.
 */
void cool_probes_step(cool_probes_t *p, const cool_probe_read_t reads[COOL_MAX_PROBES], uint32_t dt_ms);

/** The probe that feeds a role; NULL if there is none. */
const cool_probe_t *cool_probes_role(const cool_probes_t *p, const char *role);

/** Whether a role is on the water side: water, inlet or outlet, also numbered (water2). */
bool cool_water_role(const char *role);

/** Whether a probe's value may be used for control. */
static inline bool cool_probe_usable(const cool_probe_t *p) { return p != NULL && p->seen && !p->lost; }

#endif
