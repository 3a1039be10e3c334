#include "cool/sht4x.h"

/* CRC-8 with the polynomial 0x31 and all ones at the begin, highest bit first (datasheet, section 4.4); not the one of 1-Wire. */
static uint8_t checksum(const uint8_t *at, size_t len) {
	uint8_t crc = 0xFF;
	for (size_t i = 0; i < len; i++) {
		crc ^= at[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = (uint8_t)((crc & 0x80) != 0 ? (crc << 1) ^ 0x31 : crc << 1);
		}
	}
	return crc;
}

bool cool_sht4x_decode(const uint8_t answer[COOL_SHT4X_SIZE], double *rh, double *celsius) {
	if (checksum(answer, 2) != answer[2] || checksum(answer + 3, 2) != answer[5]) {
		return false;
	}
	double t = (double)(answer[0] * 256 + answer[1]) / 65535;
	double h = -6 + 125 * ((double)(answer[3] * 256 + answer[4]) / 65535);
	*celsius = -45 + 175 * t;
	*rh = h < 0 ? 0 : h > 100 ? 100 : h;
	return true;
}
