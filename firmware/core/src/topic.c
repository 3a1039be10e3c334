/* The topics of a device, and the words of refusals. */
#include "cool/messages.h"

#include "text.h"

#include <string.h>

static const char *const kinds[COOL_NO_TOPIC] = {
	[COOL_TELEMETRY] = "telemetry",
	[COOL_COMMITTED] = "committed",
	[COOL_STATUS] = "status",
	[COOL_INFO] = "info",
	[COOL_DESIRED] = "desired",
	[COOL_REPORTED] = "reported",
	[COOL_COMMAND] = "command",
	[COOL_REPLY] = "reply",
	[COOL_INPUT] = "input",
};

bool cool_topic(char out[COOL_TOPIC_SIZE], const char *id, cool_topic_t kind) {
	cool_text_t t;
	cool_text_begin(&t, out, COOL_TOPIC_SIZE);
	if (!cool_valid_device(id) || kind >= COOL_NO_TOPIC) return false;
	cool_text_add(&t, "coolant/");
	cool_text_add(&t, id);
	cool_text_add(&t, "/");
	cool_text_add(&t, kinds[kind]);
	return true;
}

cool_topic_t cool_topic_kind(const char *topic, size_t len, const char *id) {
	char want[COOL_TOPIC_SIZE];
	for (int kind = 0; kind < COOL_NO_TOPIC; kind++) {
		if (cool_topic(want, id, (cool_topic_t)kind) && strlen(want) == len && memcmp(want, topic, len) == 0) return (cool_topic_t)kind;
	}
	return COOL_NO_TOPIC;
}

const char *cool_reject_word(cool_reject_t r) {
	switch (r) {
	case COOL_ACCEPTED: return "";
	case COOL_NOT_JSON: return "not_json";
	case COOL_BAD_METRIC: return "bad_metric";
	case COOL_BAD_VALUE: return "bad_value";
	case COOL_OUT_OF_RANGE: return "out_of_range";
	case COOL_TOO_LARGE: return "too_large";
	case COOL_BAD_FIELD: break;
	}
	return "bad_field";
}
