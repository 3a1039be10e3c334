/**
 * @file motor.h
 * What lies between a duty that is asked for and the pin: rest, least duty, slew, skipped bands, the spin-up pulse, and
 * the times of a switch.
 *
 * A PWM output that is asked for
 *  - nothing stops at once;
 *  - something gets at least its least duty, changes as fast as its slew allows, and where that leaves it within a band
 *    that is to be skipped, it gets the band's upper end: more cooling is the harmless side. It stays there until the duty has fallen to one
 *    percent below the band, so that a duty at the band's lower edge does not make it jump to and fro;
 *  - something while it rests starts with the spin-up pulse, and then gets its duty at once: what creeps up from rest hums without turning.
 *
 * What is asked for raw gets exactly that at once: who tries an output wants to see it, and not this. What comes after it is not held by the times of a switch
 * either, and starts as from rest where the motor may have stood: below its least duty, or its start point.
 *
 * Rest, by start and stop points, is for the automatic part only. A COOL_SWITCH is on where it is asked for anything above 0.
 */
#ifndef COOL_MOTOR_H
#define COOL_MOTOR_H

#include "cool/settings.h"
#include "cool/slew.h"
#include "cool/types.h"

/** What is asked of an output. */
typedef struct {
	double duty;  /**< percent; not finite counts as 100 */
	bool rests;   /**< start and stop points apply: it is the automatic part that asks */
	bool urgent;  /**< safety: up at once, and a switch goes on whatever its times say */
	bool at_once; /**< safety: down at once, and a switch goes off whatever its times say */
	bool raw;     /**< no least duty, slew, skipped bands, spin-up, nor times of a switch */
} cool_ask_t;

/** The state of an output. */
typedef struct {
	cool_slew_t slew;
	double duty;      /**< percent, as driven */
	uint32_t spin_ms; /**< left of the spin-up pulse */
	int band;         /**< that it stands at the upper end of; -1: none */
	bool resting;     /**< below its stop point and not yet at its start point again */
	bool on;          /**< of a switch */
	uint32_t held_ms; /**< of a switch: since it changed */
	uint32_t cycles;  /**< of a switch: how often it went on */
} cool_motor_t;

/**
 * Starts at a duty without a pulse: after power-up the wiring lets a pump or a fan turn already. A switch that starts off counts as just switched
 * off, since what was before the restart is not known.
 */
void cool_motor_init(cool_motor_t *m, double duty);

/** Advances by dt_ms and returns the duty to drive, percent; 0 or 100 for a switch. A pump's switch is not held off by min_off_ms: cooling is worth more than a relay. */
double cool_motor_step(cool_motor_t *m, const cool_output_cfg_t *cfg, cool_ask_t ask, uint32_t dt_ms);

#endif
