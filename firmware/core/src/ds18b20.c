#include "cool/ds18b20.h"

#include "cool/crc.h"
#include "number.h"

enum {
	POWER_ON_RAW = 0x0550, /* 85.0 C */
	POWER_ON_BYTE6 = 0x0c,
	FAMILY = 0x28,
};

static bool all(const uint8_t *pad, uint8_t byte) {
	for (int i = 0; i < COOL_SCRATCHPAD_SIZE; i++) {
		if (pad[i] != byte) return false;
	}
	return true;
}

static cool_reading_t fault(cool_quality_t q) { return (cool_reading_t){.quality = q}; }

/* Whether an 85.0 can be a temperature: it was climbed to, not jumped to. */
static bool plausible85(double celsius, const cool_previous_t *p) {
	return p->known && p->ago_ms <= COOL_CLONE_MEMORY_MS && cool_abs(celsius - p->celsius) <= COOL_CLONE_NEAR_K;
}

cool_reading_t cool_ds18b20_decode(bool present, const uint8_t pad[COOL_SCRATCHPAD_SIZE], const cool_previous_t *previous) {
	if (!present || all(pad, 0xff) || all(pad, 0x00)) return fault(COOL_DISCONNECTED);
	if (cool_crc8(pad, COOL_SCRATCHPAD_SIZE) != 0) return fault(COOL_CRC);
	int32_t raw = pad[0] | pad[1] << 8;
	if (raw >= 0x8000) raw -= 0x10000;
	double celsius = raw / 16.0;
	if (raw == POWER_ON_RAW && (pad[6] == POWER_ON_BYTE6 || !plausible85(celsius, previous))) return fault(COOL_POR85);
	/* Bits 5 and 6 of the configuration are the resolution; 9 bit leave three bits of the value undefined, 12 none. */
	int32_t undefined = 3 - ((pad[4] >> 5) & 3);
	int32_t unit = 1 << undefined;
	int32_t low = raw % unit;
	if (low < 0) low += unit;
	celsius = (raw - low) / 16.0;
	if (!cool_within(celsius, -55, 125)) return fault(COOL_RANGE);
	return (cool_reading_t){.value = celsius, .quality = COOL_GOOD};
}

static void rom_bytes(uint64_t rom, uint8_t out[8]) {
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(rom >> (8 * (7 - i)));
}

bool cool_ds18b20_rom(uint64_t rom) {
	uint8_t b[8];
	rom_bytes(rom, b);
	return b[0] == FAMILY && cool_crc8(b, sizeof b) == 0;
}

bool cool_ds18b20_genuine(uint64_t rom) {
	uint8_t b[8];
	rom_bytes(rom, b);
	return cool_ds18b20_rom(rom) && b[5] == 0 && b[6] == 0;
}
