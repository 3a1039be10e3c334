/**
 * @file network.h
 * The network task: it carries out what the device asks for.
 */
#ifndef MAIN_NETWORK_H
#define MAIN_NETWORK_H

#include <stdbool.h>

/** Starts the task. */
void network_start(void);

/** Something happened that the device may want to act on. From any task. */
void network_wake(void);

/** Whether the device was asked to show itself within the last 30 s. */
bool network_identifying(void);

#endif
