/**
 * @file sht4x.h
 * The humidity sensor SHT4x (Sensirion, datasheet version 6): six bytes of an answer to relative humidity and temperature.
 */
#ifndef COOL_SHT4X_H
#define COOL_SHT4X_H

#include "cool/types.h"

enum {
	COOL_SHT4X_ADDRESS = 0x44,
	COOL_SHT4X_MEASURE = 0xFD,  /**< the command for a measurement of high repeatability */
	COOL_SHT4X_MEASURE_MS = 10, /**< which takes 8.3 ms at most */
	COOL_SHT4X_SIZE = 6,
};

/** Decodes an answer. rh is cut to 0 to 100 percent, as the datasheet wants. False if a checksum does not fit. */
bool cool_sht4x_decode(const uint8_t answer[COOL_SHT4X_SIZE], double *rh, double *celsius);

#endif
