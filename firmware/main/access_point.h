/**
 * @file access_point.h
 * The access point for setting up: WPA2 with a password of its own for each device, a name server that sends every phone to the form, and the
 * form. Only the radio's task uses it.
 */
#ifndef MAIN_ACCESS_POINT_H
#define MAIN_ACCESS_POINT_H

#include "esp_err.h"

/** Before the radio is started. */
void access_point_init(void);

/** Opens it beside the station. Its name and password are printed on the console. */
esp_err_t access_point_open(void);

/** Closes it. */
esp_err_t access_point_close(void);

#endif
