/**
 * @file shared.h
 * The one device that all tasks share, its lock and its clock.
 *
 * The lock is held for calls of cool/device.h only, never while anything waits for the network, flash or a bus. It inherits
 * priorities, so that control waits at most for one bounded call of a slower task.
 */
#ifndef MAIN_SHARED_H
#define MAIN_SHARED_H

#include <stdint.h>

#include "cool/device.h"

/** Milliseconds since the start, wrapping as the core expects it. */
uint32_t now_ms(void);

/** The same without the wrap. */
uint64_t now_long_ms(void);

/** Makes the device; before every other function here. */
void shared_init(const cool_device_cfg_t *cfg, cool_load_t load);

/** Takes the lock and returns the device; give it back soon. */
cool_device_t *device_take(void);
void device_give(void);

#endif
