#include "cool/captive.h"

#include <string.h>

enum {
	HEADER = 12,
	QUESTION_TAIL = 4, /* type and class */
	RECORD = 16,       /* pointer to the name, type, class, time to live, length, address */
	LABEL_MAX = 63,
	NAME_LIMIT = 255,
	TYPE_A = 1,
	CLASS_IN = 1,
	TTL_S = 1,            /* what is true at this access point is wrong elsewhere */
	FLAG_RESPONSE = 0x80, /* and "authoritative" beside the opcode and "recursion desired" of the query */
	FLAG_AUTHORITATIVE = 0x04,
	OPCODE_AND_RESPONSE = 0xF8,
};

static unsigned word(const uint8_t *at) { return (unsigned)at[0] << 8 | at[1]; }

static void put(uint8_t *at, unsigned v) {
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

/* Where the name behind the header ends, 0 if it is none. A query has no reason to point elsewhere. */
static size_t name_end(const uint8_t *query, size_t len) {
	for (size_t at = HEADER; at < len && at - HEADER < NAME_LIMIT; at += 1U + query[at]) {
		if (query[at] == 0) {
			return at + 1;
		}
		if (query[at] > LABEL_MAX) {
			return 0;
		}
	}
	return 0;
}

size_t cool_captive_answer(const uint8_t *query, size_t len, const uint8_t address[4], uint8_t *out, size_t size) {
	if (len < HEADER || (query[2] & OPCODE_AND_RESPONSE) != 0 || word(query + 4) != 1) {
		return 0;
	}
	size_t name = name_end(query, len);
	if (name == 0 || len - name < QUESTION_TAIL) {
		return 0;
	}
	bool known = word(query + name) == TYPE_A && word(query + name + 2) == CLASS_IN;
	size_t question = name + QUESTION_TAIL;
	size_t whole = question + (known ? RECORD : 0);
	if (whole > size) {
		return 0;
	}
	memset(out, 0, HEADER);
	memcpy(out, query, 2);
	out[2] = (uint8_t)(FLAG_RESPONSE | FLAG_AUTHORITATIVE | (query[2] & 1U));
	put(out + 4, 1);
	put(out + 6, known ? 1 : 0);
	memcpy(out + HEADER, query + HEADER, question - HEADER);
	if (known) {
		uint8_t *r = out + question;
		put(r, 0xC000U | HEADER); /* the name of the question */
		put(r + 2, TYPE_A);
		put(r + 4, CLASS_IN);
		put(r + 6, 0);
		put(r + 8, TTL_S);
		put(r + 10, 4);
		memcpy(r + 12, address, 4);
	}
	return whole;
}
