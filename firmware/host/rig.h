/**
 * @file rig.h
 * A loop with everything that is wired to the ESP32: two motors with tachometers, a flow meter, four probes, a leak
 * sensor, and what happens around it. It is what internal/sim/rig.go is, without the firmware in it: senses come out in the
 * form in which the core takes them, and duties go in.
 *
 * It lives in simulated time, knows no clock, and does the same for the same seed and the same calls. It is not safe
 * for concurrent use.
 */
#ifndef COOL_HOST_RIG_H
#define COOL_HOST_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "chance.h"
#include "cool/regulator.h"
#include "cool/settings.h"
#include "mishap.h"
#include "motor.h"
#include "plant.h"
#include "probe.h"

/** The probes, in the order in which they answer on the bus. */
enum { RIG_WATER, RIG_INLET, RIG_OUTLET, RIG_AMBIENT, RIG_PROBES };

/** The motors, and the pins that they hang on. */
enum { RIG_PUMP, RIG_FAN, RIG_MOTORS };
enum { RIG_PUMP_PIN = 18, RIG_PUMP_TACHO = 19, RIG_FAN_PIN = 16, RIG_FAN_TACHO = 17 };

/** What happens around the loop at a Unix time in milliseconds. */
typedef struct {
	double heat;    /**< W, from the host */
	double ambient; /**< C */
} rig_weather_t;
typedef rig_weather_t (*rig_weather_fn)(void *ctx, int64_t unix_ms);

/** A loop. Members may be read; what a test changes is the faults. */
typedef struct {
	chance_t chance;
	plant_t plant;
	plant_drive_t drive; /**< what acted on the plant last */
	motor_t motors[RIG_MOTORS];
	counter_t tachos[RIG_MOTORS];
	double duties[RIG_MOTORS]; /**< percent; 100 as long as nobody drives a pin: full cooling by wiring */
	flow_meter_t flow;
	probe_t probes[RIG_PROBES];
	bool leak, dry;
	rig_weather_fn weather;
	void *ctx;
	cool_senses_t senses; /**< as of the last step; without the tachometers, which need the settings */
} rig_t;

/** The board that the loop is wired to: which pins there are, leak and flow inputs, no humidity sensor. */
cool_board_t rig_board(void);

/**
 * The board's own settings: pump and fan as they are wired, the probes by their ids. interval_ms is the time between samples.
 */
void rig_settings(const rig_t *r, uint32_t interval_ms, cool_settings_t *out);

/** Makes a loop that stands at rest at the room's temperature at a time, with power just switched on. */
void rig_init(rig_t *r, uint64_t seed, rig_weather_fn weather, void *ctx, int64_t unix_ms);

/**
 * Advances by ms (1 to 60000) up to a Unix time, with the duties as they are. Afterwards senses has what a conversion or a
 * window of counting brought meanwhile.
 */
void rig_step(rig_t *r, uint32_t ms, int64_t unix_ms);

/** What the core is to step by. settings say which output has which tachometer. Valid until the next step. */
const cool_senses_t *rig_senses(rig_t *r, const cool_settings_t *settings);

/** Drives the pins as the core wants it. A motor whose pin no output has is released: it runs at full speed. */
void rig_drive(rig_t *r, const cool_settings_t *settings, const cool_drive_t *drives);

/** Lets go of all pins, as a chip in reset does: full cooling by wiring. */
void rig_release(rig_t *r);

/** Gives the loop the faults that are planned for a time after the start. Those of the network are not its business. */
void rig_mishaps(rig_t *r, const mishaps_t *m, int64_t after_ms);

#endif
