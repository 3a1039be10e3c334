/* Any scratchpads one after the other: a good reading is one that the part can measure, and its checksum fits. */
#include "cool/crc.h"
#include "cool/ds18b20.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MUST(cond)            \
	do {                      \
		if (!(cond)) abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	cool_previous_t previous = {false, 0, 0};
	/* One byte says whether it was there and how long ago the last one was, nine are the scratchpad. */
	for (; size >= 1 + COOL_SCRATCHPAD_SIZE; data += 1 + COOL_SCRATCHPAD_SIZE, size -= 1 + COOL_SCRATCHPAD_SIZE) {
		bool present = data[0] & 1;
		previous.ago_ms = (uint32_t)data[0] * 10000;
		uint8_t pad[COOL_SCRATCHPAD_SIZE];
		memcpy(pad, data + 1, sizeof pad);
		/* A checksum is hard to guess: half of the pads get the right one. */
		if (data[0] & 2) pad[8] = cool_crc8(pad, 8);
		cool_reading_t r = cool_ds18b20_decode(present, pad, &previous);
		MUST(r.quality >= COOL_GOOD && r.quality <= COOL_RANGE);
		if (r.quality != COOL_GOOD) continue;
		MUST(present && r.value >= -55 && r.value <= 125 && cool_crc8(pad, 8) == pad[8]);
		MUST(r.value * 16 == (double)(int)(r.value * 16));
		previous.known = true;
		previous.celsius = r.value;
	}
	return 0;
}
