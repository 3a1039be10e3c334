/**
 * @file ota.h
 * Updates: downloaded over TLS, held against the SHA-256 of the command, checked for the signature of the key that signed what runs, and never
 * earlier than what runs. A new image is kept only after it has read a probe and reached the broker; otherwise the old one comes back.
 */
#ifndef MAIN_OTA_H
#define MAIN_OTA_H

#include "cool/device.h"

/** Carries out COOL_DO_OTA in a task of its own. What comes of it is told to the device. */
void ota_install(const cool_ota_t *what);

/**
 * Judges the running image by the device's health: confirms it, or rolls back and restarts when its time is over. Call it whenever something
 * changed. Returns after how many milliseconds at the latest it wants to be called again.
 */
uint32_t ota_judge(const cool_health_t *health);

#endif
