#include "cool/flash.h"

#include <string.h>

#include "cool/crc.h"

/* magic "CL", kind, version, 4 bytes of length, 4 of CRC-32 over the content and over kind, version and length, 4 zeros. */
enum { AT_KIND = 2, AT_VERSION = 3, AT_LEN = 4, AT_CRC = 8, AT_ZEROS = 12 };

static void put32(uint8_t *p, uint32_t v) {
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t get32(const uint8_t *p) {
	uint32_t v = 0;
	for (int i = 0; i < 4; i++)
		v |= (uint32_t)p[i] << (8 * i);
	return v;
}

/** The checksum covers the head before it, too. */
static uint32_t checksum(const uint8_t *blob, size_t len) {
	uint32_t head = cool_crc32(0, blob, AT_CRC);
	return cool_crc32(head, blob + COOL_SEAL_SIZE, len);
}

size_t cool_flash_seal(uint8_t *blob, uint8_t kind, size_t len) {
	blob[0] = 'C';
	blob[1] = 'L';
	blob[AT_KIND] = kind;
	blob[AT_VERSION] = COOL_FLASH_VERSION;
	put32(blob + AT_LEN, (uint32_t)len);
	put32(blob + AT_ZEROS, 0);
	put32(blob + AT_CRC, checksum(blob, len));
	return COOL_SEAL_SIZE + len;
}

bool cool_flash_open(const uint8_t *blob, size_t size, uint8_t kind, const uint8_t **content, size_t *len) {
	if (size < COOL_SEAL_SIZE || blob[0] != 'C' || blob[1] != 'L' || blob[AT_KIND] != kind || blob[AT_VERSION] != COOL_FLASH_VERSION) return false;
	size_t said = get32(blob + AT_LEN);
	if (said != size - COOL_SEAL_SIZE || get32(blob + AT_CRC) != checksum(blob, said)) return false;
	*content = blob + COOL_SEAL_SIZE;
	*len = said;
	return true;
}

const char *cool_flash_pem(uint8_t kind, bool sealed, char *buf, size_t used, size_t size, size_t *len) {
	const char *pem = buf;
	size_t n = used;
	if (sealed) {
		const uint8_t *content;
		if (!cool_flash_open((const uint8_t *)buf, used, kind, &content, &n)) return NULL;
		pem = (const char *)content;
	}
	if (n > 0 && pem[n - 1] == '\0') {
		*len = n;
		return n > 1 ? pem : NULL;
	}
	size_t begin = (size_t)(pem - buf);
	if (n == 0 || begin + n >= size) return NULL;
	buf[begin + n] = '\0';
	*len = n + 1;
	return pem;
}
