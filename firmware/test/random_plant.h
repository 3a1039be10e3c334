/**
 * @file random_plant.h
 * Any loop that somebody might build, with any settings, and what may happen to it. For *_hosttest.c.
 */
#ifndef COOL_TEST_RANDOM_PLANT_H
#define COOL_TEST_RANDOM_PLANT_H

#include "cool/regulator.h"
#include "motor.h"
#include "plant.h"
#include "probe.h"
#include "random_loop_util.h"

enum { PLANT_DT_MS = 250 };

/** The loop with its regulator. Make it static. */
typedef struct {
	uint64_t seed;
	chance_t chance;
	plant_t plant;
	plant_drive_t drive;
	double heat, room, rh, max_flow, max_pump_heat, hot_side; /**< hot_side of a chiller, C */
	bool leak, told, silent;                                  /**< silent: the humidity sensor */
	motor_t motors[COOL_MAX_OUTPUTS];
	counter_t tachos[COOL_MAX_OUTPUTS];
	flow_meter_t flow;
	probe_t probes[RANDOM_ROMS];
	cool_board_t board;
	cool_settings_t s;
	cool_regulator_t r;
	cool_senses_t in;
	int64_t unix_ms;
} random_plant_t;

/** What happened. */
typedef enum { PLANT_OTHER, PLANT_RESTARTED, PLANT_RECONFIGURED, PLANT_CLEARED, PLANT_TRIED } random_plant_event_t;

/** Makes another loop at rest at its room's temperature. */
void random_plant_begin(random_plant_t *w, uint64_t seed);

/** Lets something happen to the loop or to the device. A person who is to clear faults or to try an output is up to the caller. */
random_plant_event_t random_plant_happen(random_plant_t *w);

/** Mends everything. */
void random_plant_heal(random_plant_t *w);

/** Exchanges the water, so that everything has the temperature of the room. */
void random_plant_exchange(random_plant_t *w);

/** Lets the loop follow the duties for PLANT_DT_MS, and senses: w->in. */
void random_plant_act(random_plant_t *w);

/** The true temperature of the place of a probe, and whether that is in the water. */
double random_plant_place(const random_plant_t *w, int probe);
bool random_plant_in_water(int probe);

/** Whether an output is a pump or a fan. */
bool random_plant_moves(const random_plant_t *w, int output);

/** The mean speed of the motors of a role: as they turn, or with those that are not held at full. */
double random_plant_speed(const random_plant_t *w, cool_role_t role, bool full);

/** What acts on the plant at these speeds, without a chiller. */
plant_drive_t random_plant_driven(const random_plant_t *w, double pump, double fan);

#endif
