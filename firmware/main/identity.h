/**
 * @file identity.h
 * Who the device is, and why it started.
 */
#ifndef MAIN_IDENTITY_H
#define MAIN_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "cool/types.h"

/** The id of a device that was not given one: "coolant-" and the last three bytes of its address. */
void identity_default(char id[COOL_DEVICE_ID_SIZE]);

/** Random bytes that are random before the radio runs, too. Only before it is started. */
void identity_early_random(void *out, size_t len);

/** Why the device started, in the contract's words. */
const char *identity_reset_reason(void);

/** The firmware's version. */
const char *identity_version(void);

#endif
