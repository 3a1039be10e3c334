/**
 * @file wifi.h
 * The radio: a station that joins one of the known networks, and beside it the access point for setting up. What to do when is
 * decided by cool/networks.h.
 */
#ifndef MAIN_WIFI_H
#define MAIN_WIFI_H

#include <stdbool.h>

#include "esp_err.h"

/** Starts the radio and its task. Without them the device regulates all the same. */
esp_err_t wifi_start(void);

/** The list of known networks was changed. From any task. */
void wifi_changed(void);

/** Whether a network is joined and has given an address. */
bool wifi_joined(void);

/** Whether the access point is open. */
bool wifi_provisioning(void);

#endif
