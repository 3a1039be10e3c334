/* Any bytes as committed and as input, and as a topic. */
#include "cool/messages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MUST(cond)            \
	do {                      \
		if (!(cond)) abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	const char *text = (const char *)data;
	cool_committed_t c;
	cool_input_msg_t in;
	cool_problem_t p;
	char topic[COOL_TOPIC_SIZE];
	if (cool_decode_committed(text, size, &c, &p) == COOL_ACCEPTED) {
		MUST(c.boot != 0 && c.through <= 9007199254740991);
	} else {
		MUST(p.reason[0] != 0);
	}
	if (cool_decode_input(text, size, &in, &p) == COOL_ACCEPTED) {
		MUST(cool_finite(in.host_w) && in.valid_s >= 1 && in.valid_s <= 86400);
	} else {
		MUST(p.reason[0] != 0);
	}
	cool_topic_t kind = cool_topic_kind(text, size, "loop");
	if (kind != COOL_NO_TOPIC) MUST(cool_topic(topic, "loop", kind) && strlen(topic) == size && memcmp(topic, text, size) == 0);
	return 0;
}
