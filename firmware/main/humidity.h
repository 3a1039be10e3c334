/**
 * @file humidity.h
 * The SHT4x that the dew point is computed from; needed for a chiller only.
 */
#ifndef MAIN_HUMIDITY_H
#define MAIN_HUMIDITY_H

/** Starts the task if menuconfig names the pins. */
void humidity_start(void);

#endif
