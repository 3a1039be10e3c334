/**
 * @file pins.h
 * What stands between a number of the regulator and a pin: duty and counts of a PWM, pulses and revolutions or litres.
 */
#ifndef COOL_PINS_H
#define COOL_PINS_H

#include "cool/settings.h"
#include "cool/types.h"

/** How many of `full` counts a pin is high for a duty at the motor (percent, cut to 0 to 100; no number is full duty). */
uint32_t cool_pwm_counts(double duty, uint32_t full, bool inverted);

/** Whether a pin is high for an output that is on or off only; it is on from half of the duty on. */
bool cool_switch_level(double duty, bool inverted);

/** What an output gets before anything is known: its failsafe, which is off for a chiller and a buzzer. */
double cool_boot_duty(const cool_output_cfg_t *o);

/** Revolutions a minute from pulses in a time; 0 without a time or pulses of a turn. */
double cool_rpm(uint32_t pulses, uint32_t ms, uint8_t pulses_per_turn);

/** Litres a minute from pulses of a flow meter in a time. */
double cool_litres_per_minute(uint32_t pulses, uint32_t ms, uint32_t pulses_per_litre);

#endif
