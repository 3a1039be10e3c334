/**
 * @file cable.h
 * Being set up over the cable: Improv Wi-Fi on the console's UART, and on the chip's own USB where it has that. docs/provisioning.md describes it.
 */
#ifndef MAIN_CABLE_H
#define MAIN_CABLE_H

/** Starts a task for each port. */
void cable_start(void);

#endif
