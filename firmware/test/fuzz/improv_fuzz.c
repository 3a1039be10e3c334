/* Improv: any bytes on the serial line. */
#include <stdlib.h>
#include <string.h>

#include "cool/improv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	cool_improv_t p = {0};
	for (size_t i = 0; i < size; i++) {
		if (cool_improv_feed(&p, data[i]) != COOL_IMPROV_CALL) {
			continue;
		}
		cool_improv_call_t call;
		if (cool_improv_call(&p, &call) != COOL_IMPROV_OK) {
			continue;
		}
		/* What is said to be there can be read. */
		uint8_t copy[COOL_IMPROV_DATA];
		if (call.piece_len > 0) {
			memcpy(copy, call.piece, call.piece_len);
		}
		if (strlen(call.ssid) >= sizeof call.ssid || strlen(call.password) >= sizeof call.password) {
			abort();
		}
		const char *texts[] = {call.ssid, call.password};
		uint8_t frame[COOL_IMPROV_FRAME];
		if (cool_improv_write_result(frame, call.command, texts, 2) > sizeof frame) {
			abort();
		}
	}
	return 0;
}
