#include "cool/crc.h"

uint8_t cool_crc8(const void *data, size_t len) {
	const uint8_t *at = data;
	uint8_t crc = 0;
	for (size_t i = 0; i < len; i++) {
		crc = (uint8_t)(crc ^ at[i]);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint8_t)((crc & 1) != 0 ? (crc >> 1) ^ 0x8c : crc >> 1);
	}
	return crc;
}

uint32_t cool_crc32(uint32_t crc, const void *data, size_t len) {
	const uint8_t *at = data;
	crc = ~crc;
	for (size_t i = 0; i < len; i++) {
		crc ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xedb88320U : crc >> 1;
	}
	return ~crc;
}
