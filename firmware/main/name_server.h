/**
 * @file name_server.h
 * Answers every name with the device's own address while the access point is open, so that phones show the form by themselves.
 */
#ifndef MAIN_NAME_SERVER_H
#define MAIN_NAME_SERVER_H

#include <stdint.h>

/** Starts it on an IPv4 address in network order. Without it the form is still found by its address. */
void name_server_start(uint32_t address);

/** Ends it within a second. */
void name_server_stop(void);

#endif
