/**
 * @file pulses.h
 * Counting the pulses of tachometers and of the flow meter: with the pulse counter where the chip has one, otherwise with interrupts. Only
 * the control task uses it.
 */
#ifndef MAIN_PULSES_H
#define MAIN_PULSES_H

#include <stdint.h>

/** Begins to count falling edges at a pin, pulled up inside. Returns a handle, or -1 with a line in the log. */
int pulses_open(int pin);

/** Ends it. */
void pulses_close(int handle);

/** How many pulses there were since the last call. */
uint32_t pulses_take(int handle);

#endif
