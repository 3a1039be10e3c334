#include "cool/improv.h"

#include <string.h>

static const uint8_t header[] = {'I', 'M', 'P', 'R', 'O', 'V', COOL_IMPROV_VERSION};

enum { TYPE_AT = sizeof header, LENGTH_AT, HEAD_SIZE };

static void restart(cool_improv_t *p) {
	p->head = 0;
	p->got = 0;
	p->sum = 0;
}

cool_improv_event_t cool_improv_feed(cool_improv_t *p, uint8_t byte) {
	if (p->head < sizeof header) {
		if (byte != header[p->head]) {
			/* No letter but the first begins a header, so what went before cannot be a part of one. */
			restart(p);
			if (byte != header[0]) {
				return COOL_IMPROV_NOTHING;
			}
		}
		p->head++;
		p->sum = (uint8_t)(p->sum + byte);
		return COOL_IMPROV_NOTHING;
	}
	if (p->head < HEAD_SIZE) {
		*(p->head == TYPE_AT ? &p->type : &p->len) = byte;
		p->head++;
		p->sum = (uint8_t)(p->sum + byte);
		return COOL_IMPROV_NOTHING;
	}
	if (p->got < p->len) {
		p->data[p->got++] = byte;
		p->sum = (uint8_t)(p->sum + byte);
		return COOL_IMPROV_NOTHING;
	}
	bool whole = byte == p->sum;
	uint8_t type = p->type;
	restart(p);
	if (!whole) {
		return COOL_IMPROV_BROKEN;
	}
	return type == COOL_IMPROV_COMMAND ? COOL_IMPROV_CALL : COOL_IMPROV_NOTHING;
}

/* Copies a text that has its length before it; false if it is longer than what is there, does not fit or has a NUL within. */
static bool take_text(const uint8_t **at, const uint8_t *end, char *out, size_t size) {
	if (*at == end) {
		return false;
	}
	size_t len = *(*at)++;
	if (len > (size_t)(end - *at) || len >= size || memchr(*at, 0, len) != NULL) {
		return false;
	}
	memcpy(out, *at, len);
	out[len] = '\0';
	*at += len;
	return true;
}

static cool_improv_error_t wifi(const uint8_t *at, const uint8_t *end, cool_improv_call_t *out) {
	bool ok = take_text(&at, end, out->ssid, sizeof out->ssid) && take_text(&at, end, out->password, sizeof out->password);
	return ok && at == end && out->ssid[0] != '\0' ? COOL_IMPROV_OK : COOL_IMPROV_INVALID;
}

static cool_improv_error_t put(const uint8_t *at, const uint8_t *end, cool_improv_call_t *out) {
	if (end - at < 2 || at[1] > 1) {
		return COOL_IMPROV_INVALID;
	}
	out->field = at[0];
	out->begin = at[1] == 1;
	out->piece = at + 2;
	out->piece_len = (size_t)(end - at) - 2;
	return COOL_IMPROV_OK;
}

cool_improv_error_t cool_improv_call(const cool_improv_t *p, cool_improv_call_t *out) {
	memset(out, 0, sizeof *out);
	/* A command, the length of what belongs to it, and that. */
	if (p->len < 2 || p->data[1] != p->len - 2) {
		return COOL_IMPROV_INVALID;
	}
	const uint8_t *at = p->data + 2, *end = p->data + p->len;
	out->command = (cool_improv_command_t)p->data[0];
	switch (p->data[0]) {
	case COOL_IMPROV_WIFI: return wifi(at, end, out);
	case COOL_IMPROV_PUT: return put(at, end, out);
	case COOL_IMPROV_GET_STATE:
	case COOL_IMPROV_GET_INFO:
	case COOL_IMPROV_SCAN:
	case COOL_IMPROV_APPLY:
	case COOL_IMPROV_NETWORKS: return at == end ? COOL_IMPROV_OK : COOL_IMPROV_INVALID;
	default: return COOL_IMPROV_UNKNOWN;
	}
}

/* Completes a packet whose content stands behind the head. */
static size_t finish(uint8_t *out, cool_improv_type_t type, size_t len) {
	memcpy(out, header, sizeof header);
	out[TYPE_AT] = (uint8_t)type;
	out[LENGTH_AT] = (uint8_t)len;
	uint8_t sum = 0;
	for (size_t i = 0; i < HEAD_SIZE + len; i++) {
		sum = (uint8_t)(sum + out[i]);
	}
	out[HEAD_SIZE + len] = sum;
	out[HEAD_SIZE + len + 1] = '\n';
	return HEAD_SIZE + len + 2;
}

size_t cool_improv_write_state(uint8_t out[COOL_IMPROV_FRAME], cool_improv_state_t state) {
	out[HEAD_SIZE] = (uint8_t)state;
	return finish(out, COOL_IMPROV_STATE, 1);
}

size_t cool_improv_write_error(uint8_t out[COOL_IMPROV_FRAME], cool_improv_error_t error) {
	out[HEAD_SIZE] = (uint8_t)error;
	return finish(out, COOL_IMPROV_ERROR, 1);
}

size_t cool_improv_write_result(uint8_t out[COOL_IMPROV_FRAME], cool_improv_command_t command, const char *const *texts, size_t count) {
	uint8_t *data = out + HEAD_SIZE;
	size_t n = 2;
	for (size_t i = 0; i < count && n < COOL_IMPROV_DATA; i++) {
		size_t room = COOL_IMPROV_DATA - n - 1;
		size_t len = strlen(texts[i]);
		if (len > room) {
			len = room;
		}
		data[n++] = (uint8_t)len;
		memcpy(data + n, texts[i], len);
		n += len;
	}
	data[0] = (uint8_t)command;
	data[1] = (uint8_t)(n - 2);
	return finish(out, COOL_IMPROV_RESULT, n);
}
