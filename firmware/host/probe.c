#include "probe.h"

#include <math.h>
#include <string.h>

/**
 * CRC-8 of 1-Wire parts. The core has its own: a checksum that the emulated probe shared with its
 * reader would prove nothing.
 */
static uint8_t crc8(const uint8_t *bytes, int n) {
	unsigned crc = 0;
	for (int i = 0; i < n; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (crc >> 1) ^ 0x8c : crc >> 1;
	}
	return (uint8_t)crc;
}

/** Fills the scratchpad for a raw temperature in steps of 1/16 C. */
static void write_pad(probe_t *p, int raw, uint8_t byte6) {
	unsigned bits = (unsigned)raw & 0xffffU;
	const uint8_t pad[8] = {(uint8_t)(bits & 0xff), (uint8_t)(bits >> 8), 0x4b, 0x46, 0x7f, 0xff, byte6, 0x10};
	memcpy(p->pad, pad, sizeof pad);
	p->pad[8] = crc8(pad, sizeof pad);
}

/** What the chip holds until its first conversion. */
static void power_on(probe_t *p) { write_pad(p, 85 * 16, 0x0c); }

/** A ROM id as genuine chips have: family 28, four bytes, two zeros, CRC. */
static uint64_t genuine_rom(chance_t *c) {
	uint64_t serial = chance_next(c);
	uint8_t rom[8] = {0x28};
	for (int i = 1; i <= 4; i++)
		rom[i] = (uint8_t)(serial >> (8 * i));
	rom[7] = crc8(rom, 7);
	uint64_t out = 0;
	for (int i = 0; i < 8; i++)
		out = out << 8 | rom[i];
	return out;
}

void probe_init(probe_t *p, chance_t *c) {
	*p = (probe_t){.rom = genuine_rom(c), .noise = 0.02, .lag = 5};
	p->offset = 0.4 * chance_unit(c) - 0.2;
	power_on(p);
}

void probe_convert(probe_t *p) { p->converting = PROBE_CONVERSION_MS; }

bool probe_step(probe_t *p, double surrounding, int ms, chance_t *c) {
	if (!p->settled) {
		p->core = surrounding;
		p->settled = true;
	}
	p->core = surrounding + (p->core - surrounding) * exp(-ms / 1000.0 / p->lag);
	if (p->converting == 0) return false;
	p->converting = p->converting > ms ? p->converting - ms : 0;
	if (p->converting > 0) return false;
	double noise = p->noise * chance_normal(c); /* drawn also for a faulty probe, so that a fault changes nothing else */
	if (p->fault == PROBE_POR) {
		power_on(p);
	} else if (p->fault != PROBE_STUCK) {
		int raw = (int)lround(fmin(fmax(p->core + p->offset + noise, -55), 125) * 16);
		/* Byte 6 counts down within a step, as the datasheet's predecessor had it documented. */
		write_pad(p, raw, (uint8_t)(0x10 - (raw & 0x0f)));
	}
	return true;
}

bool probe_read(const probe_t *p, uint8_t pad[9]) {
	if (p->fault == PROBE_LOST) {
		memset(pad, 0xff, 9); /* nobody pulls the bus low */
		return false;
	}
	memcpy(pad, p->pad, 9);
	if (p->fault == PROBE_CRC) pad[8] ^= 0x5a;
	return true;
}
