/**
 * @file access_point.h
 * The access point for setting up: WPA2 with a password of its own for each device, a name server that sends every phone to the form, and the
 * form. Only the radio's task uses it.
 */
#ifndef MAIN_ACCESS_POINT_H
#define MAIN_ACCESS_POINT_H

#include "esp_err.h"

/** Before the radio is initialised. */
void access_point_init(void);

/**
 * Gives it its name and password before the radio is started. Otherwise it would open with those that ESP-IDF has for all devices, which is no
 * password, and get its own a moment later.
 */
esp_err_t access_point_prepare(void);

/** Opens it beside the station. Its name and password are printed on the console. */
esp_err_t access_point_open(void);

/** Closes it. */
esp_err_t access_point_close(void);

#endif
