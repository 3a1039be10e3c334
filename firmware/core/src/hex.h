/* Hexadecimal digits. Private to the core. */
#ifndef COOL_SRC_HEX_H
#define COOL_SRC_HEX_H

#include <stdint.h>

/* The 16 lower-case digits of a number, as the contract writes boots and ROM ids. */
static inline void cool_hex16(char out[17], uint64_t v) {
	for (int i = 15; i >= 0; i--) {
		out[i] = "0123456789abcdef"[v & 15];
		v >>= 4;
	}
	out[16] = '\0';
}

#endif
