/**
 * @file control.h
 * The fast loop: four times a second it senses, steps the device and drives the outputs. The task watchdog restarts the processors if it stops. Pins
 * and PWM keep the last duty through that, for some seconds, until the start lets them float and sets the outputs to their failsafe.
 */
#ifndef MAIN_CONTROL_H
#define MAIN_CONTROL_H

/** Starts the task. */
void control_start(void);

#endif
