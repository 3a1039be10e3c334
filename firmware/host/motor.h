/**
 * @file motor.h
 * Pumps and fans with their tachometers, and the flow meter; internal/sim/motor.go in C.
 */
#ifndef COOL_HOST_MOTOR_H
#define COOL_HOST_MOTOR_H

#include <stdbool.h>

#include "chance.h"

/** A motor starts at a higher duty than it stops at, and its speed follows the duty with a lag. */
typedef struct {
	double max_rpm;
	double idle;        /**< part of max_rpm at the smallest duty that turns it */
	double start, stop; /**< percent */
	double lag;         /**< s */
	double hunt;        /**< relative noise of the speed */

	bool stalled; /**< held fast */
	bool turning;
	double speed; /**< part of max_rpm, without noise */
	double shown; /**< with noise */
} motor_t;

/** Advances by seconds at a duty in percent. */
void motor_step(motor_t *m, double duty, double seconds, chance_t *c);

/** The present speed in turns a minute. */
double motor_rpm(const motor_t *m);

/** Counts pulses over a window, as the ESP32 does; so its reading is a whole number of pulses a window. */
typedef struct {
	double window; /**< s */
	double since;
	double partial; /**< of the next pulse */
	double rate;    /**< pulses a second, over the last full window */
} counter_t;

/** Adds the pulses of a time at the given true rate. True: a window ended, and rate is new. */
bool counter_step(counter_t *c, double pulses_per_second, double seconds);

/** A turbine in the loop. */
typedef struct {
	counter_t counter;
	double per_litre; /**< pulses */
	double least;     /**< L/min below which it stands */
	double gain;      /**< its error of calibration, about 1 */
} flow_meter_t;

/** Advances the meter; true: there is a new reading. */
bool flow_meter_step(flow_meter_t *f, double lpm, double seconds);

/** The reading in L/min. */
double flow_meter_lpm(const flow_meter_t *f);

#endif
