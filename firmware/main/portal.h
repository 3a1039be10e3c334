/**
 * @file portal.h
 * The form of the access point, over HTTP: there is no certificate that a phone would accept, and the access point's WPA2 encrypts. Requests that do
 * not come over the access point are refused.
 */
#ifndef MAIN_PORTAL_H
#define MAIN_PORTAL_H

#include <stdint.h>

#include "esp_err.h"

/** Starts it; address is the access point's, IPv4 in network order. */
esp_err_t portal_start(uint32_t address);

/** Ends it. */
void portal_stop(void);

#endif
