#include "cool/types.h"

#include <string.h>

const char *cool_quality_word(cool_quality_t q) {
	switch (q) {
	case COOL_GOOD: return "good";
	case COOL_POR85: return "por85";
	case COOL_DISCONNECTED: return "disconnected";
	case COOL_CRC: return "crc";
	case COOL_RANGE: return "range";
	case COOL_STUCK: return "stuck";
	case COOL_STALE: break;
	}
	return "stale";
}

static bool lower(char c) { return c >= 'a' && c <= 'z'; }

static bool digit(char c) { return c >= '0' && c <= '9'; }

bool cool_valid_metric(const char *name) {
	if (name == NULL || !lower(name[0])) return false;
	size_t n = 1;
	while (name[n] != '\0') {
		if (!lower(name[n]) && !digit(name[n]) && name[n] != '_') return false;
		if (++n >= COOL_NAME_SIZE) return false;
	}
	return true;
}

bool cool_valid_device(const char *id) {
	if (id == NULL || (!lower(id[0]) && !digit(id[0]))) return false;
	size_t n = 1;
	while (id[n] != '\0') {
		if (!lower(id[n]) && !digit(id[n]) && id[n] != '-') return false;
		if (++n >= COOL_DEVICE_ID_SIZE) return false;
	}
	return true;
}

bool cool_copy(char *dst, size_t size, const char *src) {
	if (size == 0) return false;
	size_t n = 0;
	while (src[n] != '\0' && n + 1 < size) {
		dst[n] = src[n];
		n++;
	}
	dst[n] = '\0';
	return src[n] == '\0';
}

/* Infinity and NaN have all bits of the exponent set (IEEE 754); written so that no option of a compiler can take the test away. */
bool cool_finite(double v) {
	uint64_t bits;
	memcpy(&bits, &v, sizeof bits);
	return (bits & 0x7ff0000000000000ULL) != 0x7ff0000000000000ULL;
}
