/**
 * @file dewpoint.h
 * The dew point, below which a chilled part drips.
 */
#ifndef COOL_DEWPOINT_H
#define COOL_DEWPOINT_H

#include "cool/types.h"

/**
 * The dew point in C of air of a temperature (C) and a relative humidity (percent), by the Magnus formula with the constants 17.625 and 243.04 C
 * (Alduchov and Eskridge, 1996): within 0.4 C from -40 to 50 C. Returns false where a value is outside of what a humidity sensor can mean: 0.1 to
 * 100 percent, -40 to 125 C.
 */
bool cool_dew_point(double celsius, double rh, double *dew);

#endif
