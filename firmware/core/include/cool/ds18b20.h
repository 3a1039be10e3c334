/**
 * @file ds18b20.h
 * What the nine bytes of a DS18B20's scratchpad mean (its datasheet; contract/ds18b20.json pins the rules), and what its
 * ROM id tells.
 */
#ifndef COOL_DS18B20_H
#define COOL_DS18B20_H

#include "cool/types.h"

enum {
	COOL_SCRATCHPAD_SIZE = 9,
	COOL_CLONE_MEMORY_MS = 600000, /**< how old a reading may be to vouch for an 85.0 */
	COOL_CLONE_NEAR_K = 10,        /**< and how far away */
};

/** The last good reading of a probe, by which an 85.0 is judged. */
typedef struct {
	bool known;
	double celsius;  /**< as measured, without offset */
	uint32_t ago_ms; /**< before the reading that is judged */
} cool_previous_t;

/**
 * Judges a scratchpad. An 85.0 with byte 6 = 0x0C is the power-on value. Some clones hold that byte constant, so an 85.0 is also
 * taken for it unless the last good reading is near in time and temperature.
 */
cool_reading_t cool_ds18b20_decode(bool present, const uint8_t pad[COOL_SCRATCHPAD_SIZE], const cool_previous_t *previous);

/** Whether a ROM id has the family code of a DS18B20 (0x28) and a checksum that fits. */
bool cool_ds18b20_rom(uint64_t rom);

/**
 * Whether a ROM id looks like one of Maxim's, 28-xx-xx-xx-xx-00-00-crc. Another one is a probable clone: information for the owner (errors
 * of up to 3 C, no parasite power), not an error.
 */
bool cool_ds18b20_genuine(uint64_t rom);

#endif
