/**
 * @file control.h
 * The fast loop: four times a second it senses, steps the device and drives the outputs. The task watchdog restarts the chip if it stops, and in
 * reset the wiring means full cooling.
 */
#ifndef MAIN_CONTROL_H
#define MAIN_CONTROL_H

/** Starts the task. */
void control_start(void);

#endif
