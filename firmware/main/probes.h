/**
 * @file probes.h
 * The DS18B20 on the 1-Wire bus: a task that looks for them, lets them convert and hands their scratchpads on as they are. What they mean
 * is decided by the core.
 */
#ifndef MAIN_PROBES_H
#define MAIN_PROBES_H

/** Starts the task. */
void probes_start(void);

#endif
